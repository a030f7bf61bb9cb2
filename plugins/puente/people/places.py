"""Where Puente itself has a person's data: one place per control table, with what becomes of it when it is erased.

What remains: numbers (the ERP's and the platform's ids), hashes, counts, and who decided what. They hold the ledger,
the identities and the pairs together, and name nobody without a side's own tables.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, String, Table, and_, cast, literal, or_, select

from puente.contract import Side
from puente.db import schema
from puente.orders.mail import internal_addresses
from puente.orders.rules import platform_rules
from puente.people.person import Person, order_route, routes_of
from puente.sync.forms import PLATFORM_ID
from puente.sync.route import Bridge, Route
from puente.sync.verdicts import portions

ERASED = "(erased)"


@dataclass(frozen=True)
class Place:
    """Rows of one table on one side; erased by `blank` (column → value), or deleted where that is None."""

    side: Side
    table: Table
    where: ColumnElement[bool]
    blank: dict[str, Any] | None


def places(bridge: Bridge, side: Side, person: Person, orders: list[str]) -> Iterator[Place]:
    """The places of one side. `orders`: those whose contents are meant."""
    link_id, entity = bridge.link.link_id, person.entity.name

    def mine(table: Table, *more: ColumnElement[bool]) -> ColumnElement[bool]:
        return and_(table.c.link_id == link_id, *more)

    if side == "platform":
        yield from mails(bridge, person)
        outbox = schema.outbox
        events = [outbox.c.event_id.contains(f":{entity}:{key}:", autoescape=True) for key in person.keys]
        for event in events:
            yield Place(side, outbox, mine(outbox, outbox.c.entity == entity, event), {"payload": "{}"})
        for some in portions([f"order:{order_id}" for order_id in orders]):
            yield Place(side, outbox, mine(outbox, outbox.c.unit.in_(some)), {"payload": "{}"})
        difference = schema.difference
        shown = {"erp_form": None, "platform_form": None, "fields": None}
        listed = mine(difference, difference.c.entity == entity, difference.c.record_key.in_(person.keys))
        yield Place(side, difference, listed, shown)
    for some in portions(orders):
        yield Place(side, schema.order, mine(schema.order, schema.order.c.order_id.in_(some)), {"payload": None})
    conflict = schema.conflict
    disputed = mine(conflict, conflict.c.entity == entity, conflict.c.record_key.in_(person.keys))
    yield Place(side, conflict, disputed, {"loser": "{}", "kept": None})
    if side == "erp":
        yield from _order_headers(bridge, orders, mine)
    stage = schema.stages[entity]
    yield Place(side, stage, mine(stage, stage.c.record_key.in_(person.keys)), None)
    for route in routes_of(bridge, entity):
        if route.reader == side:
            numbers = {*route.entity.key, PLATFORM_ID, *(parent.column for parent in route.entity.parents)}
            told = [c.name for c in route.queue.columns if c.name not in numbers]
            yield from _inbox(route, person.keys, told)


def mails(bridge: Bridge, person: Person) -> Iterator[Place]:
    """Of the person's orders, to whomever, for an order's address need not be one that the person's record had; and
    whatever went to an address of the person's.

    A mail keeps its place, so that it is not sent again, under a recipient that is nobody; the house keeps its own.
    """
    mail, house = schema.mail, internal_addresses(platform_rules(bridge.profile("platform")).mail)
    content: dict[str, Any] = {"subject": None, "plain": None, "html": None, "attachments": None}
    nobody = literal(f"{ERASED} ", String(20)) + cast(mail.c.mail_id, String(20))
    blank, here = content | {"recipient": nobody, "error": None}, mail.c.link_id == bridge.link.link_id
    for some in portions(person.orders):
        about = and_(here, mail.c.order_id.in_(some))
        yield Place("platform", mail, and_(about, mail.c.recipient.in_(house)), content)
        yield Place("platform", mail, and_(about, mail.c.recipient.not_in(house)), blank)
    for some in portions(sorted(person.emails)):
        yield Place(
            "platform", mail, and_(here, mail.c.recipient.in_(some), mail.c.order_id.not_in(person.orders)), blank
        )


def _order_headers(bridge: Bridge, orders: list[str], mine: Any) -> Iterator[Place]:
    """Addresses and the payment's number go; what was ordered, and for how much, stays."""
    route, stage, conflict = order_route(bridge), schema.stages["order_headers"], schema.conflict
    told = [c.name for c in route.queue.columns if c.name == "ID_Pago" or c.name.startswith(("Facturacion_", "Envio_"))]
    for some in portions(orders):
        yield from _inbox(route, some, told)
        yield Place("erp", stage, mine(stage, stage.c.record_key.in_(some)), None)
        disputed = mine(conflict, conflict.c.entity == "order_headers", conflict.c.record_key.in_(some))
        yield Place("erp", conflict, disputed, {"loser": "{}", "kept": None})


def _inbox(route: Route, keys: Collection[str], told: list[str]) -> Iterator[Place]:
    """`told`: the columns that speak of the person."""
    inbox, finding, decision = route.inbox, schema.finding, schema.decision
    here = and_(inbox.c.link_id == route.link_id, inbox.c.record_key.in_(keys))
    ids = select(inbox.c.inbox_id).where(here)
    about = and_(finding.c.link_id == route.link_id, finding.c.queue == route.queue.name, finding.c.inbox_id.in_(ids))
    yield Place(route.reader, finding, about, {"message": ERASED})
    # By the key too: what a person decided outlives the row.
    mine = or_(decision.c.inbox_id.in_(ids), decision.c.record_key.in_(keys))
    decided = and_(decision.c.link_id == route.link_id, decision.c.queue == route.queue.name, mine)
    yield Place(route.reader, decision, decided, {"original": None, "value": None})
    yield Place(route.reader, inbox, here, dict.fromkeys(told))
