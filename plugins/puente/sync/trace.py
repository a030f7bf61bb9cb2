"""The whole way of one order or customer, as both sides have noted it: every hop with its time and its reasons.

Only reads, with short queries on the keys; nothing here is translated or formatted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, and_, or_, select

from puente import contract
from puente.contract import Side
from puente.db import schema
from puente.db.queues import inspect_queue, queue_table
from puente.errors import ContractBroken, PuenteError
from puente.sync import bindings
from puente.sync.disputes import list_disputes
from puente.sync.forms import UNBOUND, unbound_key
from puente.sync.route import Bridge, Route
from puente.sync.verdicts import portions

ORDER_ID = "ID_Pedido_Cabecera"
_OF_ORDERS = ("order_headers", "order_lines", "order_states")
_CUSTOMERS = {"company": "companies", "contact": "contacts"}


@dataclass(frozen=True)
class Hop:
    """One thing that happened to the subject. `at` is UTC, ISO, '' where nobody noted a time.

    `kind`: order, said, reserved, outbox, delivered, queue, inbox, record, binding, conflict, mail.
    `state` is the contract's or the table's own word; `reasons` are in Spanish, as they were written.
    """

    at: str
    side: Side
    kind: str
    name: str
    state: str
    reasons: tuple[str, ...] = ()


@dataclass
class Trace:
    """Everything that is known of a subject. `hops` are in the order of time; what has no time stands at the end."""

    subject: str  # order, company or contact
    keys: tuple[str, ...]
    state: str = ""  # on the platform
    waits: str = ""
    hops: list[Hop] = field(default_factory=list)


def trace_order(bridge: Bridge, order_id: str) -> Trace:
    """The way of one order. PuenteError when neither side has heard of it."""
    found = Trace("order", (order_id,))
    for side in ("platform", "erp"):
        _order(bridge, side, order_id, found)
    events = _outbox(bridge, found, or_(
        schema.outbox.c.unit == f"order:{order_id}",
        schema.outbox.c.event_id.contains(f":order_states:{order_id}:", autoescape=True),
    ))  # fmt: skip
    _delivered(bridge, found, events)
    for entity in _OF_ORDERS:
        _in_queues(bridge, found, entity, ORDER_ID, (order_id,))
        for reader in _readers(entity):
            route = bridge.route(reader, entity)
            _inbox(route, found, route.inbox.c[ORDER_ID] == order_id)
    _order_extras(bridge, order_id, found)
    for entity in _OF_ORDERS:
        _conflicts(bridge, found, entity, (order_id,))
    return _finished(bridge, found)


def trace_customer(bridge: Bridge, subject: str, key: str) -> Trace:
    """The way of a `company` or `contact`, by the ERP's id or the platform's. PuenteError when nobody knows it."""
    entity = _CUSTOMERS[subject]
    keys = _all_keys(bridge, entity, key)
    found = Trace(subject, keys)
    like = [schema.outbox.c.event_id.contains(f":{entity}:{one}:", autoescape=True) for one in keys]
    _delivered(bridge, found, _outbox(bridge, found, and_(schema.outbox.c.entity == entity, or_(*like))))
    _records(bridge, found, entity, keys)
    definition = contract.ENTITIES[entity]
    bare = tuple(dict.fromkeys(one.removeprefix(UNBOUND) for one in keys))
    _in_queues(bridge, found, entity, definition.key[0], bare)
    for reader in _readers(entity):
        route = bridge.route(reader, entity)
        _inbox(route, found, route.inbox.c.record_key.in_(keys))
    _conflicts(bridge, found, entity, keys)
    return _finished(bridge, found)


def _readers(entity: str) -> list[Side]:
    return [side for side in ("erp", "platform") if entity in contract.READ_SEQUENCE[side]]


def _finished(bridge: Bridge, found: Trace) -> Trace:
    if not found.hops:
        raise PuenteError(
            f"Neither side of link {bridge.link.link_id} has heard of {found.subject} {found.keys[0]!r} "
            "(keys compare exactly)."
        )
    found.hops.sort(key=lambda hop: hop.at or "~")  # stable: what happened in one moment stays in the order of reading
    return found


# ---------------------------------------------------------------- orders
def _order(bridge: Bridge, side: Side, order_id: str, found: Trace) -> None:
    table, said = schema.order, schema.order_history
    link_id = bridge.link.link_id
    with bridge.database(side).read() as conn:
        mine = and_(table.c.link_id == link_id, table.c.order_id == order_id)
        row = conn.execute(select(table).where(mine)).mappings().first()
        history = conn.execute(
            select(said).where(said.c.link_id == link_id, said.c.order_id == order_id).order_by(said.c.history_id)
        ).mappings()
        hops = [
            Hop(h["at"], side, "said", f"{h['origin'] or ''}", f"{h['state']} ({h['verdict']})", _reasons(h["reason"]))
            for h in history
        ]
    if row is not None:
        if side == "platform":
            found.state, found.waits = row["state"], row["waits"] or ""
        told = _reasons(row["waits"], row["reason"])
        found.hops.append(Hop(row["at"] or "", side, "order", order_id, row["state"], told))
        if row["confirmed_at"]:
            found.hops.append(Hop(row["confirmed_at"], side, "order", order_id, "confirmed_at"))
    found.hops += hops


def _order_extras(bridge: Bridge, order_id: str, found: Trace) -> None:
    link_id, reserved, mail = bridge.link.link_id, schema.reservation, schema.mail
    emitted = next((hop.at for hop in found.hops if hop.kind == "outbox"), "")
    with bridge.platform.read() as conn:
        mine = and_(reserved.c.link_id == link_id, reserved.c.order_id == order_id)
        for row in conn.execute(select(reserved).where(mine).order_by(reserved.c.product_id)).mappings():
            name = f"{row['product_id']} × {str(row['quantity']).rstrip('0').rstrip('.')}"
            found.hops.append(Hop(emitted, "platform", "reserved", name, "reserved"))
            if row["released_at"]:
                found.hops.append(Hop(row["released_at"], "platform", "reserved", name, "released"))
        sent = select(mail).where(mail.c.link_id == link_id, mail.c.order_id == order_id).order_by(mail.c.mail_id)
        for row in conn.execute(sent).mappings():
            name = f"{row['mail_id']}: {row['state']} → {row['recipient']}"
            at = row["tried_at"] or row["at"] or ""
            found.hops.append(Hop(at, "platform", "mail", name, row["status"], _reasons(row["error"])))


# ---------------------------------------------------------------- customers
def _all_keys(bridge: Bridge, entity: str, key: str) -> tuple[str, ...]:
    """Every key under which either side may have noted the customer: the ERP's id, and `~` before the platform's."""
    keys, link_id = {key: None, unbound_key(key.removeprefix(UNBOUND)): None}, bridge.link.link_id
    for side in ("platform", "erp"):
        with bridge.database(side).read() as conn:
            pairs = dict(bindings.by_erp_id(conn, link_id, entity, [key]))
            back = bindings.by_platform_id(conn, link_id, entity, [key.removeprefix(UNBOUND)])
        for erp_id, number in (*pairs.items(), *((erp_id, number) for number, erp_id in back.items())):
            keys |= {erp_id: None, unbound_key(number): None}
    return tuple(keys)


def _records(bridge: Bridge, found: Trace, entity: str, keys: tuple[str, ...]) -> None:
    record, binding, link_id = schema.record, schema.binding, bridge.link.link_id
    numbers = [one.removeprefix(UNBOUND) for one in keys if one.startswith(UNBOUND)]
    for side in ("platform", "erp"):
        with bridge.database(side).read() as conn:
            mine = and_(record.c.link_id == link_id, record.c.entity == entity, record.c.record_key.in_(keys))
            for row in conn.execute(select(record).where(mine)).mappings():
                name = f"{row['record_key']} (version {row['version']}, base {row['base_version']})"
                state = "active" if row["active"] else "inactive"
                found.hops.append(Hop(row["changed_at"] or "", side, "record", name, state))
            pair = and_(
                binding.c.link_id == link_id, binding.c.entity == entity,
                or_(binding.c.erp_id.in_(keys), binding.c.platform_id.in_(numbers)),
            )  # fmt: skip
            for row in conn.execute(select(binding).where(pair)).mappings():
                name = f"{row['erp_id']} ↔ {row['platform_id']}"
                found.hops.append(Hop(row["at"] or "", side, "binding", name, "bound"))


# ---------------------------------------------------------------- outbox, queues, inboxes, conflicts
def _outbox(bridge: Bridge, found: Trace, which: ColumnElement[bool]) -> list[str]:
    table = schema.outbox
    query = select(table).where(table.c.link_id == bridge.link.link_id, which).order_by(table.c.outbox_id)
    with bridge.platform.read() as conn:
        rows = list(conn.execute(query).mappings())
    for row in rows:
        name = f"{row['entity']} {row['event_id']}"
        found.hops.append(Hop(row["at"] or "", "platform", "outbox", name, row["status"]))
    return [row["event_id"] for row in rows]


def _delivered(bridge: Bridge, found: Trace, events: Iterable[str]) -> None:
    table = schema.delivered
    with bridge.erp.read() as conn:
        for some in portions(list(events)):
            mine = and_(table.c.link_id == bridge.link.link_id, table.c.event_id.in_(some))
            for row in conn.execute(select(table).where(mine).order_by(table.c.at, table.c.event_id)).mappings():
                found.hops.append(Hop(row["at"] or "", "erp", "delivered", row["event_id"], "delivered"))


def _in_queues(bridge: Bridge, found: Trace, entity: str, column: str, keys: tuple[str, ...]) -> None:
    """What still lies in the queues: nobody has read it, or what was landed is not yet cleared."""
    names = ("ID_Plataforma",) if entity in _CUSTOMERS.values() else ()
    for name in dict.fromkeys(contract.ENTITIES[entity].queue.values()):
        try:
            shape = inspect_queue(bridge.erp, contract.QUEUES[name])
        except ContractBroken:
            continue  # a queue that the vendor does not have
        table = queue_table(shape)
        columns = [shape.columns[each] for each in (column, *names) if each in shape.columns]
        if not columns:
            continue
        query = select(table).where(or_(*(table.c[each].in_(keys) for each in columns)))
        with bridge.erp.read() as conn:
            for row in conn.execute(query).mappings():
                at = str(row[shape.columns[contract.CREATED]] or "") if shape.has_created else ""
                number = row[shape.columns[contract.ROW_ID]]
                found.hops.append(Hop(_iso(at), "erp", "queue", f"{name} {number}", "waits"))


def _inbox(route: Route, found: Trace, which: ColumnElement[bool]) -> None:
    inbox, batch, finding = route.inbox, schema.batch, schema.finding
    query = (
        select(
            inbox.c.inbox_id, inbox.c.id_registro, inbox.c.state, inbox.c.cleared, inbox.c.waits_for,
            inbox.c.waits_key, batch.c.opened_at,
        )
        .outerjoin(batch, batch.c.batch_id == inbox.c.batch_id)
        .where(inbox.c.link_id == route.link_id, which)
        .order_by(inbox.c.inbox_id)
    )  # fmt: skip
    with route.reader_db.read() as conn:
        rows = list(conn.execute(query).mappings())
        why: dict[int, list[str]] = {}
        for some in portions([int(row["inbox_id"]) for row in rows]):
            told = and_(
                finding.c.link_id == route.link_id, finding.c.queue == route.queue.name, finding.c.inbox_id.in_(some)
            )
            for one in conn.execute(select(finding).where(told).order_by(finding.c.finding_id)).mappings():
                why.setdefault(int(one["inbox_id"]), []).append(f"{one['rule_id']}: {one['message']}")
    for row in rows:
        reasons = [*why.get(int(row["inbox_id"]), ())]
        if row["waits_for"]:
            reasons.append(f"espera {row['waits_for']} {row['waits_key']}")
        name = f"{route.queue.name} {row['id_registro']} ({route.entity.name} {row['inbox_id']})"
        found.hops.append(Hop(row["opened_at"] or "", route.reader, "inbox", name, row["state"], tuple(reasons)))


def _conflicts(bridge: Bridge, found: Trace, entity: str, keys: tuple[str, ...]) -> None:
    for one in list_disputes(bridge, resolved=True, entity=entity):
        if one.record_key in keys:
            state = "resolved" if one.resolved_at else "open"
            found.hops.append(Hop(one.at, one.side, "conflict", one.name, state, _reasons(one.why)))


def _reasons(*texts: str | None) -> tuple[str, ...]:
    return tuple(text for text in texts if text)


def _iso(moment: str) -> str:
    """A server's DATETIME, which is UTC, as our own moments are written."""
    return f"{moment[:23].replace(' ', 'T')}Z" if moment else ""
