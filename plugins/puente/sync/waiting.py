"""Held rows: what they wait for, and what becomes of them when it comes or does not come in time."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from puente.db import schema
from puente.sync import verdicts
from puente.sync.route import Route, utc_now
from puente.sync.verdicts import UNCHECKED


def unblockable(route: Route) -> ColumnElement[bool]:
    """The condition that a set-aside row waits for nothing any more (or held too long)."""
    inbox, record = route.inbox, schema.record
    arrived = (
        select(record.c.record_key)
        .where(
            record.c.link_id == route.link_id,
            record.c.entity == inbox.c.waits_for,
            record.c.record_key == inbox.c.waits_key,
            record.c.active == 1,
        )
        .exists()
    )
    still_taken = (
        select(record.c.record_key)
        .where(
            record.c.link_id == route.link_id,
            record.c.entity == route.entity.name,
            record.c.unique_value == inbox.c.waits_key,
            record.c.active == 1,
        )
        .exists()
    )
    freed = and_(inbox.c.waits_for == f"free:{route.entity.name}", ~still_taken)
    binding = schema.binding
    bound = (
        select(binding.c.erp_id)
        .where(
            binding.c.link_id == route.link_id,
            binding.c.entity == route.entity.name,
            binding.c.platform_id == inbox.c.waits_key,
        )
        .exists()
    )
    paired = and_(inbox.c.waits_for == f"bound:{route.entity.name}", bound)
    order = schema.order
    ordered = (
        select(order.c.order_id).where(order.c.link_id == route.link_id, order.c.order_id == inbox.c.waits_key).exists()
    )
    come = or_(arrived, freed, paired, and_(inbox.c.waits_for == "order_headers", ordered))
    return and_(inbox.c.link_id == route.link_id, inbox.c.state.in_(("held", "quarantined")), come)


def overdue(route: Route) -> ColumnElement[bool]:
    inbox = route.inbox
    return and_(inbox.c.link_id == route.link_id, inbox.c.state == "held", inbox.c.waits_until < utc_now())


def unblock(conn: Connection, route: Route) -> None:
    """Rows whose parent came go through the gate again; rows held beyond their deadline are quarantined."""
    inbox = route.inbox
    freed = [int(r[0]) for r in conn.execute(select(inbox.c.inbox_id).where(unblockable(route)))]
    for some in verdicts.portions(freed):
        conn.execute(
            update(inbox)
            .where(inbox.c.inbox_id.in_(some))
            .values(state="pending", gate=UNCHECKED, taken_by=None, waits_for=None, waits_key=None, waits_until=None)
        )
    verdicts.forget_reasons(conn, route, freed)
    late = [int(r[0]) for r in conn.execute(select(inbox.c.inbox_id).where(overdue(route)))]
    for some in verdicts.portions(late):  # the reasons stay, and so does what they wait for: they still free themselves
        conn.execute(update(inbox).where(inbox.c.inbox_id.in_(some)).values(state="quarantined"))
