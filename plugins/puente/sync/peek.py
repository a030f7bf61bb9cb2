"""peek: which entities have anything to do. One cheap look, so that a quiet run costs next to nothing."""

from __future__ import annotations

from sqlalchemy import and_, or_, select

from puente.contract import Side
from puente.db import schema
from puente.db.queues import has_rows, inspect_queue
from puente.errors import ContractBroken
from puente.sync import batches
from puente.sync.route import Bridge, Route
from puente.sync.waiting import overdue, unblockable

_TOGETHER = {"order_headers", "order_lines"}


def find_work(bridge: Bridge, reader: Side) -> list[str]:
    """Entities with queue rows, uncleared or pending inbox rows, unsettled batches, or rows that waited long enough.

    In the reader's sequence. A header is written together with its lines, so both have work or neither.
    """
    routes = bridge.routes(reader)
    work = {route.entity.name for route in routes if _has_work(route)}
    if work & _TOGETHER:
        work |= _TOGETHER
    return [route.entity.name for route in routes if route.entity.name in work]


def _has_work(route: Route) -> bool:
    try:
        shape = inspect_queue(route.queue_db, route.queue)
    except ContractBroken:
        return True  # for `receive` to say so: it stops this entity, and the others go on
    with route.queue_db.read() as conn:
        if has_rows(conn, route.queue_db, shape, route.writer):
            return True
    inbox, batch = route.inbox, schema.batch
    closed = select(batch.c.batch_id).where(batch.c.link_id == route.link_id, batch.c.status == "closed")
    mine = inbox.c.link_id == route.link_id
    conditions = [
        and_(mine, inbox.c.cleared == 0),
        and_(mine, inbox.c.state == "pending", or_(inbox.c.taken_by.is_(None), inbox.c.taken_by.not_in(closed))),
        unblockable(route),
        overdue(route),
    ]
    with route.reader_db.read() as conn:
        if any(conn.execute(select(inbox.c.inbox_id).where(c).limit(1)).first() for c in conditions):
            return True
        return bool(batches.unsettled(conn, route))
