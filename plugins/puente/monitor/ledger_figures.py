"""A side's ledger as the page and the CSV show it: one row per batch, newest first, and the sums of a choice.

Every row carries two equations (I6): what was read is new or was seen before, and what was taken through the gate is in
exactly one state. Moments are UTC as stored; the choice's days are the link's own.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from puente.contract import Side
from puente.db import schema
from puente.sync.route import Bridge, stored

PAGE, PORTION = 50, 2_000
STATES = tuple(f"rows_{state}" for state in schema.STATES)
COUNTS = ("rows_read", "rows_landed", "rows_seen_again", "rows_cleared", "rows_taken", *STATES)
EXPORTED = ("seq", "batch_id", "reader", "entity", "run_id", "verdict", "settled_at", *COUNTS, "prev_hash", "row_hash")


@dataclass(frozen=True)
class Choice:
    """Which rows: of one reader's ledger, optionally of one entity, one run, and days (both included)."""

    reader: Side
    entity: str | None = None
    run: str | None = None
    first: dt.date | None = None
    last: dt.date | None = None


def rows(bridge: Bridge, choice: Choice, *, before: int | None = None, limit: int = PAGE) -> list[dict[str, Any]]:
    """Up to `limit` rows with a lower number than `before`, newest first."""
    table = schema.ledger
    query = select(*(table.c[name] for name in EXPORTED)).where(_where(bridge, choice))
    if before is not None:
        query = query.where(table.c.seq < before)
    with bridge.database(choice.reader).read() as conn:
        return [dict(row) for row in conn.execute(query.order_by(table.c.seq.desc()).limit(limit)).mappings()]


def every_row(bridge: Bridge, choice: Choice) -> Iterator[dict[str, Any]]:
    """All of them, newest first, a portion per statement: no statement is long, and memory does not grow."""
    before: int | None = None
    while True:
        portion = rows(bridge, choice, before=before, limit=PORTION)
        yield from portion
        if len(portion) < PORTION:
            return
        before = int(portion[-1]["seq"])


def sums(bridge: Bridge, choice: Choice) -> dict[str, int]:
    """How many batches the choice has, and each count added up."""
    table = schema.ledger
    query = select(func.count().label("batches"), *(func.sum(table.c[name]).label(name) for name in COUNTS))
    with bridge.database(choice.reader).read() as conn:
        found = conn.execute(query.where(_where(bridge, choice))).mappings().one()
    return {name: int(value or 0) for name, value in found.items()}


def faults(row: dict[str, Any]) -> list[str]:
    """Which of a row's (or a sum's) equations do not hold: read, taken."""
    found = []
    if row["rows_read"] != row["rows_landed"] + row["rows_seen_again"]:
        found.append("read")
    if row["rows_taken"] != sum(row[name] for name in STATES):
        found.append("taken")
    return found


def _where(bridge: Bridge, choice: Choice) -> ColumnElement[bool]:
    table, zone = schema.ledger, zoneinfo.ZoneInfo(bridge.link.timezone)
    parts = [table.c.link_id == bridge.link.link_id, table.c.reader == choice.reader]
    if choice.entity:
        parts.append(table.c.entity == choice.entity)
    if choice.run:
        parts.append(table.c.run_id == choice.run)
    if choice.first:
        parts.append(table.c.settled_at >= stored(dt.datetime.combine(choice.first, dt.time(), zone)))
    if choice.last:
        after = dt.datetime.combine(choice.last + dt.timedelta(days=1), dt.time(), zone)
        parts.append(table.c.settled_at < stored(after))
    return and_(*parts)
