"""The report of a dry run: sealed JSON, a page rendered from it, and a CSV with every change and its values.

`<reports>/<link>/dry_run/<run>.json`, `.html`, `.csv`. The JSON is `{"dry_run": {…}, "sha256": …, "hmac": …}` in
canonical form: counts, keys, rule ids and names of fields, never a value. The CSV's own SHA-256 stands in it. Each
file appears whole or not at all, the JSON last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from puente.contract import Side, writer_of
from puente.dryrun.run import SAME, SET_ASIDE, Change, Outcome, SetAside, changes, rehearse, set_aside
from puente.dryrun.scratch import Scratch, scratch
from puente.dryrun.texts import TEXTS
from puente.files import Listed, file_stem, write_csv, write_whole
from puente.quality.pages import page
from puente.quality.seal import canonical, problems_of, seal
from puente.sync.route import Bridge, Run, utc_now

FORMAT = 1
FOLDER = "dry_run"
LISTED = 10_000  # lines in the JSON; all are in the CSV
SHOWN = 200  # on the page
_TEMPLATE = Path(__file__).parent / "templates" / "dry_run.html"


@dataclass(frozen=True)
class DryRun:
    """What came of it, by entity in the reader's sequence, and where the report lies."""

    verdict: str
    outcomes: list[Outcome]
    report: Path


def dry_run(bridge: Bridge, reader: Side, run: Run) -> DryRun:
    """Find out what `reader` would do with its queues now, and write the report. Neither database is written.

    PuenteError when the copy cannot be made, as where a SELECT of the profile lacks its key.
    """
    started = utc_now()
    with scratch(bridge, reader) as place:
        outcomes = rehearse(place, run)
        path = _write(bridge, place, run, outcomes, started)
    return DryRun(verdict(outcomes), outcomes, path)


def verdict(outcomes: list[Outcome]) -> str:
    """The worst that is to be said of it: stopped, set_aside, changes, nothing."""
    if any(one.stopped for one in outcomes):
        return "stopped"
    if any(one.states.get(state) for one in outcomes for state in SET_ASIDE):
        return "set_aside"
    return "changes" if any(set(one.records) - {SAME} for one in outcomes) else "nothing"


def verify(path: Path, seal_key: bytes | None) -> list[str]:
    """What is wrong with a written report and its CSV; empty when both are as they were sealed."""
    return problems_of(path, FOLDER, seal_key, called="a dry run's report", with_csv=True)


def _write(bridge: Bridge, place: Scratch, run: Run, outcomes: list[Outcome], started: str) -> Path:
    settings = bridge.settings
    path = settings.reports_dir / bridge.link.link_id / FOLDER / f"{file_stem(run.run_id)}-{place.reader}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    listed = Listed(LISTED)
    rows = _csv_rows(place, run, outcomes, TEXTS[settings.language], listed)
    table = {"name": path.with_suffix(".csv").name, "sha256": write_csv(path.with_suffix(".csv"), rows)}
    body = {
        "format": FORMAT, "language": settings.language, "link_id": bridge.link.link_id, "run_id": run.run_id,
        "direction": f"{writer_of(place.reader)}_to_{place.reader}", "started_at": started, "finished_at": utc_now(),
        "verdict": verdict(outcomes), "entities": [asdict(one) for one in outcomes],
        "listed": listed.first, "listed_in_all": listed.count, "csv": table,
    }  # fmt: skip
    document = {FOLDER: body, **seal(body, settings.seal_key)}
    write_whole(path.with_suffix(".html"), render_html(document).encode())
    write_whole(path, canonical(document))
    return path


def _csv_rows(
    place: Scratch, run: Run, outcomes: list[Outcome], texts: dict[str, Any], listed: Listed
) -> Iterator[Iterable[str]]:
    """Every change and every row set aside; `listed` takes note of each on the way."""
    yield texts["csv_head"]
    for one in _everything(place, run, outcomes):
        listed.add(_line(one))
        yield from _rows(one, texts)


def _everything(place: Scratch, run: Run, outcomes: list[Outcome]) -> Iterator[Change | SetAside]:
    for one in outcomes:
        yield from set_aside(place, run, one.entity)
        yield from (change for change in changes(place, one.entity) if change.what != SAME)


def _line(one: Change | SetAside) -> dict[str, Any]:
    if isinstance(one, SetAside):
        rules = [rule for rule, _ in one.reasons]
        return {"entity": one.entity, "key": one.key, "what": one.state, "row": one.row_id, "rules": rules}
    return {"entity": one.entity, "key": one.key, "what": one.what, "fields": sorted(one.fields)}


def _rows(one: Change | SetAside, texts: dict[str, Any]) -> Iterator[Iterable[str]]:
    """One line per field that would change, per reason of a row set aside, or for a record as a whole."""
    head = [texts["entities"][one.entity], one.key]
    if isinstance(one, SetAside):
        for rule, message in one.reasons or (("", ""),):
            yield [*head, texts["what"][one.state], "", "", "", f"{message} ({rule})" if rule else "", str(one.row_id)]
        return
    for name, (before, after) in one.fields.items() or (("", ("", "")),):
        yield [*head, texts["what"][one.what], name, before or "", after or "", "", ""]


def render_html(document: dict[str, Any]) -> str:
    """The page of a sealed document, in its own language, without anything from outside."""
    body = document[FOLDER]
    texts = TEXTS[body["language"]]
    return page(_TEMPLATE).render(
        r=body, t=texts, shown=body["listed"][:SHOWN], sha256=document["sha256"], sealed="hmac" in document,
        states=[state for state in texts["states"] if any(one["states"].get(state) for one in body["entities"])],
        fates=[what for what in texts["what"] if any(one["records"].get(what) for one in body["entities"])],
        number=lambda value: f"{value:,}",
    )  # fmt: skip
