"""The inventory's report: sealed JSON, a page rendered from it, and a CSV of all differences with their values.

`<reports>/<link>/inventory/<run>.json`, `.html`, `.csv`. The JSON is `{"inventory": {…}, "sha256": …, "hmac": …}` in
canonical form: counts, keys and names of fields, never a value. The CSV's own SHA-256 stands in it, so that the seal
is over both. Each file appears whole or not at all, the JSON last. Writing a run's report again replaces it, as long as
the list of differences is still that run's: later the one that was sealed stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import Row, func, select

from puente.contract import COMPARED
from puente.db import schema
from puente.errors import PuenteError
from puente.files import Listed, file_stem, write_csv, write_whole
from puente.nightly.compare import Comparison, load, shown_by_both
from puente.nightly.inventory_texts import TEXTS, reason
from puente.nightly.looks import load_form
from puente.quality.pages import page
from puente.quality.seal import canonical, problems_of, seal
from puente.sync.route import Bridge, utc_now

FORMAT = 1
LISTED = 10_000  # differences in the JSON; all are in the CSV
SHOWN = 200  # on the page
PAGE = 500
_TEMPLATE = Path(__file__).parent / "templates" / "inventory.html"


def report_path(root: Path, link_id: str, run_id: str) -> Path:
    """Where the JSON of a run's inventory lies."""
    return root / link_id / "inventory" / f"{file_stem(run_id)}.json"


def write_report(bridge: Bridge, run_id: str) -> Path:
    """Write the three files of a run and return the JSON's path.

    What is written stays as it is where a later inventory has replaced the list, or nothing is known of the run any
    more; PuenteError where nothing was written before that.
    """
    settings, link_id = bridge.settings, bridge.link.link_id
    path, texts = report_path(settings.reports_dir, link_id, run_id), TEXTS[settings.language]
    found, expected = load(bridge, run_id), shown_by_both(bridge)
    replaced = _replaced(bridge, found)
    if path.exists() and (replaced or not found.entities):
        return path
    if replaced:
        raise PuenteError(
            f"The list of differences of {', '.join(replaced)} is by now that of another inventory: no report can be "
            f"written of {run_id}."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    absent = [entity for entity in expected if entity not in {one.entity for one in found.entities}]
    listed = Listed(LISTED)
    digest = write_csv(path.with_suffix(".csv"), _csv_rows(bridge, found, texts, listed))
    body = {
        "format": FORMAT, "language": settings.language, "link_id": link_id, "run_id": run_id,
        "written_at": utc_now(), "verdict": "closed" if absent else verdict(found),
        "not_shown": [entity for entity in COMPARED if entity not in expected], "not_compared": absent,
        "entities": [asdict(one) for one in found.entities], "differences": listed.first,
        "listed_in_all": listed.count, "differences_in_all": found.differences,
        "csv": {"name": path.with_suffix(".csv").name, "sha256": digest},
    }  # fmt: skip
    document = {"inventory": body, **seal(body, settings.seal_key)}
    write_whole(path.with_suffix(".html"), render_html(document).encode())
    write_whole(path, canonical(document))
    return path


def verdict(found: Comparison) -> str:
    """The worst that is to be said of the inventory."""
    decisions = {one.decision for one in found.entities}
    for worst in ("closed", "paused", "rejected", "ask", "dry_run"):
        if worst in decisions:
            return worst
    if any(one.refused for one in found.entities):
        return "closed"
    if found.differences > sum(one.ordered for one in found.entities):
        return "listed"
    return "ordered" if found.differences else "same"


def verify(path: Path, seal_key: bytes | None) -> list[str]:
    """What is wrong with a written report and its CSV; empty when both are as they were sealed."""
    return problems_of(path, "inventory", seal_key, called="an inventory's report", with_csv=True)


# ---------------------------------------------------------------- the list of differences
def _rows(bridge: Bridge, found: Comparison) -> Iterator[Row[Any]]:
    """The inventory's differences by entity and key, a page at a time."""
    table = schema.difference
    here = (table.c.link_id == found.link_id) & (table.c.run_id == found.run_id)
    for one in found.entities:
        last = ""
        while True:
            query = select(table).where(here, table.c.entity == one.entity, table.c.record_key > last)
            with bridge.platform.read() as conn:
                rows = conn.execute(query.order_by(table.c.record_key).limit(PAGE)).all()
            yield from rows
            if len(rows) < PAGE:
                break
            last = rows[-1].record_key


def _replaced(bridge: Bridge, found: Comparison) -> list[str]:
    """Entities of which the list holds less than was counted."""
    table = schema.difference
    here = (table.c.link_id == found.link_id) & (table.c.run_id == found.run_id)
    query = select(table.c.entity, func.count()).where(here).group_by(table.c.entity)
    with bridge.platform.read() as conn:
        listed = {entity: int(count) for entity, count in conn.execute(query)}
    counted = {
        one.entity: sum(getattr(one, f"keys_{name}") for name in schema.FOUND if name != "same")
        for one in found.entities
    }
    return [entity for entity, count in counted.items() if listed.get(entity, 0) < count]


def _csv_rows(bridge: Bridge, found: Comparison, texts: dict[str, Any], listed: Listed) -> Iterator[Iterable[str]]:
    """The whole list; `listed` takes note of each difference on the way."""
    yield texts["csv_head"]
    names = ("entity", "record_key", "found", "fields", "why", "repair", "outcome")
    for row in _rows(bridge, found):
        listed.add({name: getattr(row, name) or "" for name in names})
        yield from _lines(row, texts)


def _lines(row: Row[Any], texts: dict[str, Any]) -> Iterator[Iterable[str]]:
    """One line per field that differs; one without values where a whole record is concerned."""
    ours, theirs = load_form(row.record_key, row.erp_form), load_form(row.record_key, row.platform_form)
    repair = texts["repairs"].get(row.repair, "")
    ordered = texts["yes"] if row.outcome == "ordered" else ""
    for name in (row.fields or "").split(","):
        values = [(form.payload.get(name) or "") if form and name else "" for form in (ours, theirs)]
        yield [
            texts["entities"].get(row.entity, row.entity), row.record_key, texts["found"][row.found], name,
            *values, repair, ordered, reason(texts, row.why),
        ]  # fmt: skip


# ---------------------------------------------------------------- the page
def render_html(document: dict[str, Any]) -> str:
    """The page of a sealed document, in its own language, without anything from outside."""
    body = document["inventory"]
    texts = TEXTS[body["language"]]
    return page(_TEMPLATE).render(
        r=body, t=texts, shown=body["differences"][:SHOWN], sha256=document["sha256"], sealed="hmac" in document,
        classes=schema.FOUND, number=lambda value: f"{value:,}", reason=lambda why: reason(texts, why),
    )  # fmt: skip
