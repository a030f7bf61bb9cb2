"""The ledger: counts per batch with their balance, as a page and as CSV."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zoneinfo
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse

from puente import contract
from puente.files import no_formula
from puente.monitor import ledger_figures as figures
from puente.monitor.access import Reading, Visit
from puente.monitor.ledger_texts import TEXTS
from puente.monitor.pages import render

router = APIRouter()
Direction = Literal["erp_to_platform", "platform_to_erp"]
Entity = Literal[
    "categories", "products", "product_categories", "companies", "contacts", "order_headers", "order_lines",
    "order_states",
]  # fmt: skip
DAYS = 7  # shown where nobody chose days


def choice(
    visit: Visit, direction: Direction, entity: str | None, run: str | None, first: str | None, last: str | None
) -> figures.Choice:
    """From the address's query. Days that are none are left out, as an empty field of the form is."""
    reader: contract.Side = "erp" if direction == "platform_to_erp" else "platform"
    return figures.Choice(reader, entity or None, run or None, _day(first), _day(last))


def _day(text: str | None) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text) if text else None
    except ValueError:
        return None
    return (
        day if day and 2000 <= day.year < 3000 else None
    )  # the first and last days of all have no midnight everywhere


DirectionAsked = Annotated[Direction, Query()]
EntityAsked = Annotated[Entity | Literal[""], Query()]
RunAsked = Annotated[str, Query(max_length=250)]
DayAsked = Annotated[str, Query(max_length=10)]


@router.get("/ledger")
def ledger(
    visit: Reading,
    direction: DirectionAsked = "erp_to_platform",
    entity: EntityAsked = "",
    run: RunAsked = "",
    first: Annotated[str | None, Query(max_length=10)] = None,
    last: DayAsked = "",
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> Response:
    """A page of batches, newest first, and the sums of everything chosen."""
    if first is None and not run:
        today = dt.datetime.now(zoneinfo.ZoneInfo(visit.link.timezone)).date()
        first = (today - dt.timedelta(days=DAYS - 1)).isoformat()
    chosen, bridge = choice(visit, direction, entity, run, first, last), visit.bridge()
    found = figures.rows(bridge, chosen, before=before, limit=figures.PAGE + 1)
    rows = found[: figures.PAGE]
    query = {"direction": direction, "entity": entity, "run": run, "first": first or "", "last": last}
    return render(
        visit, "ledger.html", active="ledger", texts=TEXTS[visit.language], rows=rows, chosen=query,
        total=figures.sums(bridge, chosen), faults=figures.faults, counts=figures.STATES,
        older=rows[-1]["seq"] if len(found) > figures.PAGE else None, before=before,
        entities=contract.READ_SEQUENCE[chosen.reader],
    )  # fmt: skip


@router.get("/ledger.csv")
def export(
    visit: Reading,
    direction: DirectionAsked = "erp_to_platform",
    entity: EntityAsked = "",
    run: RunAsked = "",
    first: DayAsked = "",
    last: DayAsked = "",
) -> Response:
    """Everything chosen, with the chain's hashes: whoever has an older export can compare."""
    chosen, bridge = choice(visit, direction, entity, run, first, last), visit.bridge()
    head = figures.rows(bridge, chosen, limit=1)  # a database that does not answer is told before the first line
    name = f"puente-{visit.link.link_id}-{direction}-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}.csv"
    return StreamingResponse(
        _lines(figures.every_row(bridge, chosen) if head else iter(())), media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )  # fmt: skip


def _lines(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    """CSV with a mark at its start, for spreadsheets; no cell can be taken for a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    out.write("\ufeff")
    writer.writerow(figures.EXPORTED)
    for n, row in enumerate(rows, 1):
        writer.writerow([no_formula(row[name]) for name in figures.EXPORTED])
        if n % 500 == 0:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()
