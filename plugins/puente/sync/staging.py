"""The stage tables: inbox rows, typed, for the profile's SQL to read within the caller's transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, case, cast, delete, func, insert, literal, null, select
from sqlalchemy.types import TypeEngine

from puente.contract import Column
from puente.db import schema
from puente.sync.forms import UNBOUND
from puente.sync.route import Route
from puente.sync.verdicts import portions


def clear_stage(conn: Connection, route: Route, run_id: str) -> None:
    stage = route.stage
    conn.execute(delete(stage).where(stage.c.link_id == route.link_id, stage.c.run_id == run_id))


def stage_rows(conn: Connection, route: Route, run_id: str, condition: ColumnElement[bool]) -> int:
    """Copy the claimed inbox rows that meet `condition`, typed, to the stage table that the profile's SQL reads.

    Returns their number.
    """
    return _stage(conn, route, run_id, route.inbox.join(schema.work, condition), condition)


def stage_ids(conn: Connection, route: Route, run_id: str, inbox_ids: list[int]) -> int:
    """As `stage_rows`, of inbox rows by their ids."""
    inbox, staged = route.inbox, 0
    for some in portions(inbox_ids):
        staged += _stage(conn, route, run_id, inbox, inbox.c.inbox_id.in_(some))
    return staged


def _stage(conn: Connection, route: Route, run_id: str, source: FromClause, condition: ColumnElement[bool]) -> int:
    inbox, stage = route.inbox, route.stage
    names = ["link_id", "run_id", "row_no", "record_key", "Operacion", *(c.name for c in route.queue.columns)]
    typed = [_staged(conn, route, c) for c in route.queue.columns]
    rows = (
        select(literal(route.link_id), literal(run_id), inbox.c.inbox_id, inbox.c.record_key, inbox.c.op, *typed)
        .select_from(source)
        .where(condition)
    )
    return conn.execute(insert(stage).from_select(names, rows)).rowcount


def _staged(conn: Connection, route: Route, definition: Column) -> ColumnElement[Any]:
    inbox = route.inbox
    if route.entity.two_way and definition.name == route.entity.key[0]:  # the id may have come to be known since
        return case((inbox.c.record_key.like(f"{UNBOUND}%"), null()), else_=inbox.c.record_key)
    return _typed(conn, inbox.c[definition.name], definition, route.stage.c[definition.name].type)


def _typed(
    conn: Connection, column: ColumnElement[str], definition: Column, kind: TypeEngine[Any]
) -> ColumnElement[Any]:
    if definition.kind in ("decimal", "integer"):
        blank_is_null = func.nullif(column, "")
        return blank_is_null if conn.dialect.name == "sqlite" else cast(blank_is_null, kind)
    return column
