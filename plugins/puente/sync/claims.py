"""Rows in a worker's hands, written down before the work, so that a row which kills its worker is found.

A chunk that is left over was in the hands of a worker that died. It is split and tried again in ever smaller
parts, in the order in which its rows are wanted (parents before children); a row that was alone when its worker
died `kills_allowed` times is quarantined. Rows that can only be written together stay together, in this too.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, insert, literal, select, update

from puente.db import schema
from puente.sync import verdicts
from puente.sync.leases import Lease
from puente.sync.route import Route

SPLIT = 20

Ties = Callable[[Connection, list[int]], list[list[int]]]  # inbox ids → the groups that must stay together, in order


def next_chunk(
    lease: Lease,
    route: Route,
    step: str,
    candidates: Select[tuple[int]],
    size: int,
    ties: Ties | None = None,
    beyond: ColumnElement[bool] | None = None,
) -> int | None:
    """The number of the next chunk to work on, committed; None when nothing is left.

    `candidates` selects inbox ids in the order in which they are wanted; `beyond` narrows a new chunk to what comes
    after the rows already done, which spares the server another look at them. The caller ends the chunk with
    `finish` in the transaction that does its work.
    """
    page = (candidates if beyond is None else candidates.where(beyond)).limit(size)
    work, allowed = schema.work, route.settings.kills_allowed
    while True:
        with lease.begin() as conn:
            if _first(conn, route, step) is None:
                return _claim(conn, route, step, page)
            _refresh(conn, route, step, candidates, ties)
            leftover = _first(conn, route, step)
            if leftover is None:
                return _claim(conn, route, step, page)
            chunk, rows, attempts = leftover
            here = and_(_mine(route, step), work.c.chunk == chunk)
            if rows > 1 and attempts > 0 and _split(conn, route, step, chunk, ties, singly=False):
                continue
            if attempts >= allowed:  # alone, or a group that cannot be written one by one
                for killer in conn.execute(select(work.c.inbox_id).where(here)).scalars().all():
                    verdicts.quarantine_killer(conn, route, int(killer))
                conn.execute(delete(work).where(here))
            else:
                conn.execute(update(work).where(here).values(attempts=work.c.attempts + 1))
                return chunk


def rows_of(route: Route, step: str, chunk: int) -> Select[tuple[int]]:
    """The inbox ids of a chunk, as a subquery."""
    return select(schema.work.c.inbox_id).where(_mine(route, step), schema.work.c.chunk == chunk)


def joined(route: Route, step: str, chunk: int) -> ColumnElement[bool]:
    """The condition that joins a chunk with the inbox, for set-based statements."""
    work = schema.work
    return and_(_mine(route, step), work.c.chunk == chunk, work.c.inbox_id == route.inbox.c.inbox_id)


def finish(conn: Connection, route: Route, step: str, chunk: int) -> None:
    conn.execute(delete(schema.work).where(_mine(route, step), schema.work.c.chunk == chunk))


def give_back(lease: Lease, route: Route, step: str, chunk: int) -> None:
    """After an error that the worker survived: the rows were not to blame and keep a clean record."""
    with lease.begin() as conn:
        finish(conn, route, step, chunk)


def split_by_hand(lease: Lease, route: Route, step: str, chunk: int, ties: Ties | None = None) -> None:
    """Break a chunk that the server refused into smaller ones."""
    with lease.begin() as conn:
        _split(conn, route, step, chunk, ties, singly=True)


def _mine(route: Route, step: str) -> ColumnElement[bool]:
    work = schema.work
    return and_(work.c.link_id == route.link_id, work.c.queue == route.queue.name, work.c.step == step)


def _first(conn: Connection, route: Route, step: str) -> tuple[int, int, int] | None:
    """The lowest chunk that is left over: its number, its rows and how often it was begun."""
    work = schema.work
    row = conn.execute(
        select(work.c.chunk, func.count(), func.max(work.c.attempts))
        .where(_mine(route, step))
        .group_by(work.c.chunk)
        .order_by(work.c.chunk)
        .limit(1)
    ).first()
    return None if row is None else (int(row[0]), int(row[1]), int(row[2]))


def _refresh(conn: Connection, route: Route, step: str, candidates: Select[tuple[int]], ties: Ties | None) -> None:
    """Let go of rows that were decided otherwise since; gather those that are now tied to what is left over."""
    work, wanted = schema.work, candidates.order_by(None)
    conn.execute(delete(work).where(_mine(route, step), work.c.inbox_id.not_in(wanted)))
    if ties is None or _first(conn, route, step) is None:
        return
    claimed = select(work.c.inbox_id).where(_mine(route, step))
    if _claim(conn, route, step, wanted.where(route.inbox.c.inbox_id.not_in(claimed))) is not None:
        conn.execute(update(work).where(_mine(route, step)).values(chunk=1, attempts=1))


def _claim(conn: Connection, route: Route, step: str, candidates: Select[tuple[int]]) -> int | None:
    wanted = candidates.subquery()
    columns = ["link_id", "queue", "step", "chunk", "inbox_id", "attempts"]
    source = select(
        literal(route.link_id), literal(route.queue.name), literal(step), literal(1), list(wanted.c)[0], literal(1)
    )
    claimed = conn.execute(insert(schema.work).from_select(columns, source))
    return 1 if claimed.rowcount else None


def _split(conn: Connection, route: Route, step: str, chunk: int, ties: Ties | None, *, singly: bool) -> bool:
    """Break a chunk into parts that take its place in the order. False when it is one group, unless `singly`."""
    work, inbox = schema.work, route.inbox
    here = and_(_mine(route, step), work.c.chunk == chunk)
    wanted = (
        select(work.c.inbox_id)
        .join(inbox, inbox.c.inbox_id == work.c.inbox_id, isouter=True)
        .where(here)
        .order_by(inbox.c.apply_rank, inbox.c.record_key, work.c.inbox_id)
    )
    ids = [int(row[0]) for row in conn.execute(wanted)]
    groups = ties(conn, ids) if ties else [[row] for row in ids]
    if len(groups) == 1:
        if not singly:
            return False
        groups = [[row] for row in ids]
    parts: list[list[int]] = [[]]
    for group in groups:
        if parts[-1] and len(parts[-1]) + len(group) > max(1, len(ids) // SPLIT):
            parts.append([])
        parts[-1] += group
    conn.execute(update(work).where(_mine(route, step), work.c.chunk > chunk).values(chunk=work.c.chunk + len(parts)))
    for number, part in enumerate(parts):
        for some in verdicts.portions(part):
            moved = and_(here, work.c.inbox_id.in_(some))
            conn.execute(update(work).where(moved).values(chunk=chunk + number, attempts=0))
    return True
