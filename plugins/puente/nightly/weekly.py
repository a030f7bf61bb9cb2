"""The weekly report: sealed JSON, a page with charts rendered from it, and a CSV; mailed, and kept.

`<reports>/<link>/weekly/<ISO week>.json`, `.html`, `.csv`. The JSON is `{"report": {…}, "sha256": …, "hmac": …}` in
canonical form, as every report of Puente; the CSV's own SHA-256 stands in it. It carries the head and count of both
sides' ledgers, so that a ledger which is cut or rewritten later shows against it. Each file appears whole, the JSON
last; writing a week again replaces it and mails nobody twice.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from puente.files import no_formula, write_whole
from puente.nightly.charts import Series, bars, line
from puente.nightly.figures import MOVED, figures
from puente.nightly.week import Week, week_before
from puente.nightly.weekly_texts import TEXTS
from puente.order_states import STATES
from puente.orders.notices import Notice, put_notice, recipients
from puente.quality.pages import page
from puente.quality.seal import canonical, problems_of, seal
from puente.sync.route import Bridge, utc_now

FORMAT = 1
_TEMPLATE = Path(__file__).parent / "templates" / "weekly.html"


def write_weekly(bridge: Bridge, now: dt.datetime) -> Path:
    """Write the report of the last whole week before `now` (aware) in the link's time zone; returns the JSON's path."""
    return write_week(bridge, week_before(now, bridge.link.timezone))


def write_week(bridge: Bridge, week: Week) -> Path:
    settings = bridge.settings
    path = settings.reports_dir / bridge.link.link_id / "weekly" / f"{week.label}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    found = figures(bridge, week)
    table = to_csv(found, TEXTS[settings.language]["csv_head"]).encode("utf-8-sig")  # with a mark: spreadsheets ask
    body = {
        "format": FORMAT, "language": settings.language, "link_id": bridge.link.link_id, "week": week.label,
        "timezone": bridge.link.timezone, "first_day": week.days[0].isoformat(), "last_day": week.days[-1].isoformat(),
        "start": week.start, "end": week.end, "finished_at": utc_now(), "verdict": "written", "figures": found,
        "csv": {"name": path.with_suffix(".csv").name, "sha256": hashlib.sha256(table).hexdigest()},
    }  # fmt: skip
    document = {"report": body, **seal(body, settings.seal_key)}
    write_whole(path.with_suffix(".csv"), table)
    write_whole(path.with_suffix(".html"), render_html(document).encode())
    write_whole(path, canonical(document))
    return path


def mail_weekly(bridge: Bridge, path: Path) -> int:
    """Put the report into the mail outbox, for each recipient of `notices.weekly` once; returns how many are new."""
    to = recipients(bridge.profile("platform"), "weekly")
    document = json.loads(path.read_bytes())
    report, texts = document["report"], TEXTS[bridge.settings.language]
    subject = texts["subject"].format(label=report["week"])
    plain = f"{subject}\n\n{texts['mail']}\n"
    html_page = path.with_suffix(".html")
    files = {
        html_page.name: html_page.read_text(encoding="utf-8"),
        report["csv"]["name"]: path.with_suffix(".csv").read_text("utf-8"),
    }
    html = f"<!doctype html><html><body><p>{escape(subject)}</p><p>{escape(texts['mail'])}</p></body></html>"
    with bridge.platform.begin() as conn:
        return put_notice(conn, bridge.link.link_id, report["week"], "weekly", to, Notice(subject, plain, html, files))


def verify(path: Path, seal_key: bytes | None) -> list[str]:
    """What is wrong with a written report and its CSV; empty when both are as they were sealed."""
    return problems_of(path, "report", seal_key, called="a weekly report", with_csv=True)


# ---------------------------------------------------------------- the page
def render_html(document: dict[str, Any]) -> str:
    """The page of a sealed document, in its own language, without anything from outside."""
    report = document["report"]
    found, texts = report["figures"], TEXTS[report["language"]]
    known = {**found["orders"]["now"], **found["orders"]["entered"], **found["orders"]["time_in_state"]}
    states = [state for state in STATES if state in known] + sorted(known.keys() - set(STATES))
    waiting = {
        key: f"{texts['entities'][entity]}, {texts['directions'][direction].lower()}"
        for key in found["quarantine"]["waiting"]
        for direction, _, entity in [key.partition(":")]
    }
    return page(_TEMPLATE).render(
        r=report, f=found, t=texts, moved=MOVED, states=states, charts=_charts(found, texts, states),
        waiting_names=waiting, sha256=document["sha256"], sealed="hmac" in document,
        number=lambda value: f"{value:,}", span=span,
    )  # fmt: skip


def _charts(found: dict[str, Any], texts: dict[str, Any], states: list[str]) -> dict[str, Markup]:
    """Their texts come escaped from `charts`."""
    days = texts["days"]
    moved = [Series(texts["writers"][writer], found["by_day"][writer]) for writer in ("erp", "platform")]
    orders = [
        Series(texts[name], [found["orders"][name].get(state, 0) for state in states]) for name in ("now", "entered")
    ]
    uptime = [Series(texts["connections"][one["connection"]], one["days"]) for one in found["uptime"]]
    return {
        "by_day": Markup(bars("by-day", texts["by_day"], days, moved)),
        "orders": Markup(bars("orders", texts["orders"], [_short(state) for state in states], orders)),
        "uptime": Markup(line("uptime", texts["uptime_chart"], days, uptime, " %")),
    }


def _short(state: str) -> str:
    """Its words' beginnings: twelve states stand side by side."""
    return " ".join(word[:4] for word in state.split() if len(word) > 3)[:9]


def span(seconds: int) -> str:
    """A length of time as people say it: 45 s, 12 min, 3 h 20 min, 2 d 4 h."""
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    return f"{hours} h {minutes} min" if hours < 24 else f"{hours // 24} d {hours % 24} h"


# ---------------------------------------------------------------- the table
def to_csv(found: dict[str, Any], head: tuple[str, ...]) -> str:
    """Every figure on a line of its own. Nothing in it can be taken for a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([no_formula(cell) for cell in row] for row in _lines(found))
    return out.getvalue()


def _lines(found: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    for name in ("moved", "latency"):
        for row in found[name]:
            values = {key: value for key, value in row.items() if key not in ("direction", "entity")}
            yield from ((name, f"{row['direction']}:{row['entity']}", key, value) for key, value in values.items())
    for writer, days in found["by_day"].items():
        yield from (("by_day", writer, number, value) for number, value in enumerate(days, 1))
    for name in ("now", "entered"):
        yield from (("orders", state, name, count) for state, count in found["orders"][name].items())
    for state, times in found["orders"]["time_in_state"].items():
        yield from (("orders", state, f"seconds_{key}", value) for key, value in times.items())
    for row in found["quarantine"]["rules"]:
        yield "quarantine", row["queue"], row["rule"], row["rows"]
    for name in ("decisions", "waiting"):
        yield from (("quarantine", name, key, count) for key, count in found["quarantine"][name].items())
    for name in ("conflicts", "mails", "purchases"):
        yield from ((name, key, "", count) for key, count in found[name].items())
    for kind, documents in found["nights"].items():
        yield from (("nights", kind, one["finished_at"], one["verdict"]) for one in documents)
    for one in found["uptime"]:
        yield from (
            ("uptime", one["connection"], name, one[name]) for name in ("percent", "probes", "failed", "slowest_ms")
        )
    for side, head in found["ledger"].items():
        yield from (("ledger", side, name, head[name]) for name in ("count", "head"))
