"""The whole way of one order, product or customer, as both sides have noted it: every hop, its time, its reasons.

Only reads, with short queries on the keys; nothing here is translated or formatted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from puente import contract
from puente.contract import Side
from puente.db import schema
from puente.db.queues import inspect_queue, queue_table
from puente.errors import ContractBroken, PuenteError
from puente.sync import bindings
from puente.sync.disputes import list_disputes
from puente.sync.forms import UNBOUND, unbound_key
from puente.sync.route import Bridge, Route, read_moment, stored
from puente.sync.verdicts import portions

ORDER_ID = "ID_Pedido_Cabecera"
_OF_ORDERS = ("order_headers", "order_lines", "order_states")
_CUSTOMERS = {"company": "companies", "contact": "contacts"}
_MOST_ORDERS = 50  # reservations of one product that are listed, the newest


@dataclass(frozen=True)
class Hop:
    """One thing that happened to the subject. `at` is UTC, ISO, '' where nobody noted a time.

    `kind`: order, said, reserved, outbox, delivered, queue, inbox, gate, settled, record, binding, conflict, mail.
    `state` is the contract's or the table's own word; `reasons` are in Spanish, as they were written. `batch_id` and
    `run_id` (Airflow's) say who did it, of `inbox` (landing), `gate` and `settled`; `rules` say why it was set
    aside. `payload` is the raw content, and there only when it was asked for.
    """

    at: str
    side: Side
    kind: str
    name: str
    state: str
    reasons: tuple[str, ...] = ()
    entity: str = ""
    row: int | None = None  # inbox_id, mail_id
    batch_id: int | None = None
    run_id: str = ""
    rules: tuple[str, ...] = ()
    payload: Mapping[str, Any] | None = None


@dataclass
class Trace:
    """Everything that is known of a subject. `hops` are in the order of time; what has no time stands at the end."""

    subject: str  # order, product, company or contact
    keys: tuple[str, ...]
    raw: bool = False  # whether the hops have payloads
    state: str = ""  # on the platform
    waits: str = ""
    hops: list[Hop] = field(default_factory=list)


def trace(bridge: Bridge, subject: str, key: str, *, raw: bool = False) -> Trace:
    """The way of an `order`, `product`, `company` or `contact`. PuenteError when neither side has heard of it."""
    if subject == "order":
        return trace_order(bridge, key, raw=raw)
    return (
        trace_product(bridge, key, raw=raw) if subject == "product" else trace_customer(bridge, subject, key, raw=raw)
    )


def trace_order(bridge: Bridge, order_id: str, *, raw: bool = False) -> Trace:
    """The way of one order. PuenteError when neither side has heard of it."""
    found = Trace("order", (order_id,), raw)
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


def trace_product(bridge: Bridge, key: str, *, raw: bool = False) -> Trace:
    """The way of a product, by its SKU, the ERP's id or the platform's. PuenteError when nobody knows it."""
    entity = "products"
    keys = _all_keys(bridge, entity, key)
    found = Trace("product", keys, raw)
    _records(bridge, found, entity, keys)
    _in_queues(bridge, found, entity, contract.ENTITIES[entity].key[0], keys)
    for reader in _readers(entity):
        route = bridge.route(reader, entity)
        inbox = route.inbox
        _inbox(route, found, inbox.c.record_key.in_(keys))
        # No index is on the SKU: only of the few rows that were set aside is it looked at.
        apart, sku = inbox.c.state.in_(("quarantined", "held")), inbox.c["SKU"]
        _inbox(route, found, and_(apart, sku == key, inbox.c.record_key.not_in(keys)))
    _promised(bridge, found, keys)
    _conflicts(bridge, found, entity, keys)
    return _finished(bridge, found)


def trace_customer(bridge: Bridge, subject: str, key: str, *, raw: bool = False) -> Trace:
    """The way of a `company` or `contact`, by the ERP's id or the platform's. PuenteError when nobody knows it."""
    entity = _CUSTOMERS[subject]
    keys = _all_keys(bridge, entity, key)
    found = Trace(subject, keys, raw)
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
        told, payload = _reasons(row["waits"], row["reason"]), _json(found, row["payload"])
        found.hops.append(Hop(row["at"] or "", side, "order", order_id, row["state"], told, payload=payload))
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
            at, letter = row["tried_at"] or row["at"] or "", {n: row[n] for n in ("recipient", "subject", "plain")}
            found.hops.append(
                Hop(
                    at, "platform", "mail", name, row["status"], _reasons(row["error"]), row=int(row["mail_id"]),
                    payload=letter if found.raw else None,
                )
            )  # fmt: skip


# ---------------------------------------------------------------- products and customers
def _promised(bridge: Bridge, found: Trace, keys: tuple[str, ...]) -> None:
    """Orders that hold units of the product, the newest."""
    reserved, order = schema.reservation, schema.order
    mine = and_(reserved.c.link_id == bridge.link.link_id, reserved.c.product_id.in_(keys))
    query = (
        select(reserved, order.c.emitted_at)
        .outerjoin(order, and_(order.c.link_id == reserved.c.link_id, order.c.order_id == reserved.c.order_id))
        .where(mine)
        .order_by(order.c.emitted_at.desc(), reserved.c.order_id)
        .limit(_MOST_ORDERS)
    )
    with bridge.platform.read() as conn:
        for row in conn.execute(query).mappings():
            name = f"{row['order_id']}: {str(row['quantity']).rstrip('0').rstrip('.')}"
            state = "released" if row["released_at"] else "reserved"
            found.hops.append(Hop(row["released_at"] or row["emitted_at"] or "", "platform", "reserved", name, state))


def _all_keys(bridge: Bridge, entity: str, key: str) -> tuple[str, ...]:
    """Every key under which either side may have noted the record: the ERP's id, and `~` before the platform's."""
    keys, link_id, record = {key: None}, bridge.link.link_id, schema.record
    if entity in _CUSTOMERS.values():
        keys[unbound_key(key.removeprefix(UNBOUND))] = None
    unique = and_(record.c.link_id == link_id, record.c.entity == entity, record.c.unique_value == key)
    for side in ("platform", "erp"):
        with bridge.database(side).read() as conn:
            keys |= dict.fromkeys(str(row[0]) for row in conn.execute(select(record.c.record_key).where(unique)))
            pairs = dict(bindings.by_erp_id(conn, link_id, entity, [key]))
            back = bindings.by_platform_id(conn, link_id, entity, [key.removeprefix(UNBOUND)])
        for erp_id, number in (*pairs.items(), *((erp_id, number) for number, erp_id in back.items())):
            keys |= {erp_id: None, **({unbound_key(number): None} if entity in _CUSTOMERS.values() else {})}
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
            known = or_(binding.c.erp_id.in_(keys), binding.c.platform_id.in_(numbers))
            pair = and_(binding.c.link_id == link_id, binding.c.entity == entity, known)
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
        payload = _json(found, row["payload"])
        found.hops.append(
            Hop(
                row["at"] or "", "platform", "outbox", name, row["status"], _reasons(row["why"]),
                entity=row["entity"], payload=payload,
            )
        )  # fmt: skip
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
    inbox, finding = route.inbox, schema.finding
    landing, gate = schema.batch.alias("landing"), schema.batch.alias("gate")
    raw = [inbox.c[column.name] for column in (*route.queue.columns, *contract.ENVELOPE)] if found.raw else []
    query = (
        select(
            inbox.c.inbox_id, inbox.c.id_registro, inbox.c.state, inbox.c.waits_for, inbox.c.waits_key,
            inbox.c.batch_id, inbox.c.taken_by, landing.c.opened_at, landing.c.run_id,
            gate.c.opened_at.label("gate_at"), gate.c.run_id.label("gate_run"), gate.c.verdict, gate.c.settled_at, *raw,
        )
        .outerjoin(landing, landing.c.batch_id == inbox.c.batch_id)
        .outerjoin(gate, gate.c.batch_id == inbox.c.taken_by)
        .where(inbox.c.link_id == route.link_id, which)
        .order_by(inbox.c.inbox_id)
    )  # fmt: skip
    with route.reader_db.read() as conn:
        rows = list(conn.execute(query).mappings())
        why: dict[int, list[Any]] = {}
        for some in portions([int(row["inbox_id"]) for row in rows]):
            these = and_(
                finding.c.link_id == route.link_id, finding.c.queue == route.queue.name, finding.c.inbox_id.in_(some)
            )
            for one in conn.execute(select(finding).where(these).order_by(finding.c.finding_id)).mappings():
                why.setdefault(int(one["inbox_id"]), []).append(one)
    told_of: set[tuple[int, str]] = set()  # rows of one batch went through the gate together
    for row in rows:
        number, reader, entity = int(row["inbox_id"]), route.reader, route.entity.name
        told = why.get(number, [])
        reasons = [f"{one['rule_id']}: {one['message']}" for one in told]
        if row["waits_for"]:
            reasons.append(f"espera {row['waits_for']} {row['waits_key']}")
        name = f"{route.queue.name} {row['id_registro']} ({entity} {number})"
        payload = {column.name: row[column.name] for column in raw} if found.raw else None
        found.hops.append(
            Hop(
                row["opened_at"] or "", reader, "inbox", name, row["state"], tuple(reasons), entity, number,
                int(row["batch_id"]), row["run_id"] or "", tuple(one["rule_id"] for one in told), payload,
            )
        )  # fmt: skip
        if row["taken_by"] is not None and row["verdict"] and (row["taken_by"], row["state"]) not in told_of:
            told_of.add((row["taken_by"], row["state"]))
            of_batch = (entity, None, int(row["taken_by"]), row["gate_run"] or "")
            name = f"{entity} {row['taken_by']}"
            found.hops.append(Hop(row["gate_at"] or "", reader, "gate", name, row["verdict"], (), *of_batch))
            if row["settled_at"]:
                found.hops.append(Hop(row["settled_at"], reader, "settled", name, row["state"], (), *of_batch))


def _conflicts(bridge: Bridge, found: Trace, entity: str, keys: tuple[str, ...]) -> None:
    for one in list_disputes(bridge, resolved=True, entity=entity):
        if one.record_key in keys:
            state = "resolved" if one.resolved_at else "open"
            found.hops.append(Hop(one.at, one.side, "conflict", one.name, state, _reasons(one.why)))


def _reasons(*texts: str | None) -> tuple[str, ...]:
    return tuple(text for text in texts if text)


def _json(found: Trace, text: str | None) -> Mapping[str, Any] | None:
    return json.loads(text) if found.raw and text else None


def _iso(moment: str) -> str:
    """A server's DATETIME, which is UTC, as our own moments are written; '' where a vendor wrote something else."""
    found = read_moment(moment)
    return stored(found) if found else ""
