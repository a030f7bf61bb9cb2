"""How many rows lie in each queue, and since when. All queues are counted by one statement."""

from __future__ import annotations

import time
from typing import NamedTuple

from sqlalchemy import bindparam, text
from sqlalchemy.exc import SQLAlchemyError

from puente.contract import CREATED, ENVELOPE, ROW_ID, Queue, Side
from puente.db.connect import Database
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
    _learn_shapes(db, [bridge.route(reader, entity).queue for reader, entity in lanes])
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


def _learn_shapes(db: Database, queues: list[Queue]) -> None:
    """The columns of all queues by one statement, where their names are the contract's and nothing required is missing.

    Asked one by one they take some forty, for which a page's reader would wait.
    """
    wanted = {queue.name: queue for queue in queues if _known(db, queue) is None}
    if db.dialect == "sqlite" or not wanted:
        return
    schema = {"mysql": "DATABASE()", "mssql": "SCHEMA_NAME()"}[db.dialect]
    query = text(
        "SELECT TABLE_NAME, COLUMN_NAME FROM INFORMATION_SCHEMA.COLUMNS"
        f" WHERE TABLE_SCHEMA = {schema} AND TABLE_NAME IN :names"
    ).bindparams(bindparam("names", expanding=True))
    real: dict[str, dict[str, str]] = {}
    with db.read() as conn:
        for table, column in conn.execute(query, {"names": list(wanted)}):
            real.setdefault(table, {})[column.lower()] = column
    for name in real.keys() & wanted.keys():
        queue = wanted[name]
        names = (ROW_ID, CREATED, *(column.name for column in (*queue.columns, *ENVELOPE)))
        there = {one: real[name][one.lower()] for one in names if one.lower() in real[name]}
        if there.keys() >= {ROW_ID, *(column.name for column in queue.columns if column.required)}:
            _shapes[_key(db, queue)] = (time.monotonic(), QueueShape(queue, name, there, {}, guarded=False))


def _shape(route: Route) -> QueueShape:
    """A queue's table and columns; of nothing else here is anything asked. ContractBroken when they will not do."""
    db, queue = route.queue_db, route.queue
    known = _known(db, queue)
    if known is None:
        known = inspect_queue(db, queue)
        _shapes[_key(db, queue)] = (time.monotonic(), known)
    return known


def _known(db: Database, queue: Queue) -> QueueShape | None:
    at, shape = _shapes.get(_key(db, queue), (0.0, None))
    return shape if time.monotonic() - at < _SHAPES_LAST else None


def _key(db: Database, queue: Queue) -> tuple[str, str]:
    return str(db.engine.url), queue.name
