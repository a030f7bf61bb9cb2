"""How many rows lie in each queue, and since when. All queues are counted by one statement."""

from __future__ import annotations

import time
from typing import NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from puente.contract import CREATED, ROW_ID, Side
from puente.db.queues import QueueShape, addressed_to, inspect_queue
from puente.errors import PuenteError
from puente.sync.route import Bridge, Route

DEEP = 10_000  # a longer queue is said to be longer, not counted: counting a million rows takes seconds
_SHAPES_LAST = 600.0  # seconds: a queue's real columns are asked of the catalog now and then, not with every page
_shapes: dict[tuple[str, str], tuple[float, QueueShape]] = {}


class Depth(NamedTuple):
    """Rows for one reader (DEEP + 1: more; None: not known), when the first was inserted, and what was wrong."""

    rows: int | None = None
    oldest: str | None = None
    fault: str = ""


def depths(bridge: Bridge, lanes: list[tuple[Side, str]]) -> dict[tuple[Side, str], Depth]:
    """By reader and entity. SQLAlchemyError when the ERP's database does not answer."""
    found: dict[tuple[Side, str], Depth] = {}
    sources: dict[str, tuple[tuple[Side, str], str, str]] = {}
    db = bridge.erp
    for reader, entity in lanes:
        try:
            sources[f"{reader}:{entity}"] = ((reader, entity), *_source(bridge.route(reader, entity)))
        except (SQLAlchemyError, PuenteError) as error:  # it is not there, or not as the contract says
            found[reader, entity] = Depth(fault=type(error).__name__)
    top, limit = (f"TOP ({DEEP + 1}) ", "") if db.dialect == "mssql" else ("", f" LIMIT {DEEP + 1}")
    counts = [
        f"SELECT '{name}' AS lane, COUNT(*) AS many FROM (SELECT {top}1 AS one {source}{limit}) c"
        for name, (_, source, _) in sources.items()
    ]
    try:
        with db.read() as conn:
            many = {row[0]: int(row[1]) for row in conn.exec_driver_sql(" UNION ALL ".join(counts))} if counts else {}
            for name, (lane, _, first) in sources.items():
                oldest = conn.exec_driver_sql(first).scalar() if many[name] else None
                found[lane] = Depth(many[name], None if oldest is None else str(oldest))
    except SQLAlchemyError:
        _shapes.clear()  # a queue may be another than it was: the next page looks at them anew
        raise
    return found


def _source(route: Route) -> tuple[str, str]:
    """The rows that are addressed to the reader, as SQL, and the statement that asks for the first one's moment."""
    db, shape = route.queue_db, _shape(route)
    hint = " WITH (READPAST)" if db.dialect == "mssql" else ""
    one, end = ("TOP (1) ", "") if db.dialect == "mssql" else ("", " LIMIT 1")
    source = f"FROM {db.quote(shape.table)} q{hint} WHERE {addressed_to(db, shape, route.writer, 'q')}"
    created = f"q.{db.quote(shape.columns[CREATED])}" if shape.has_created else "NULL"
    return source, f"SELECT {one}{created} {source} ORDER BY q.{db.quote(shape.columns[ROW_ID])}{end}"


def _shape(route: Route) -> QueueShape:
    key = (str(route.queue_db.engine.url), route.queue.name)
    known = _shapes.get(key)
    if known is None or time.monotonic() - known[0] > _SHAPES_LAST:
        known = _shapes[key] = (time.monotonic(), inspect_queue(route.queue_db, route.queue))
    return known[1]
