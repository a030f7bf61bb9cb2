"""What lies in the ERP side's inboxes of an order: its header and its lines, and what the ERP already knows.

Grain of `Order`: one ID_Pedido_Cabecera. Rows that were set aside because their order was not whole are gathered
again as soon as anything new of the same order has passed the gate.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from puente.db import schema
from puente.sync import batches
from puente.sync.route import Route
from puente.sync.verdicts import GOOD, portions

ORDER_ID = "ID_Pedido_Cabecera"
WAITS = "order"  # `waits_for` of rows that only more rows of their own order can free

Fields = dict[str, str | None]


@dataclass(frozen=True)
class Row:
    """One inbox row of an order; `fields` is canonical text by contract column."""

    inbox_id: int
    key: str
    order_id: str
    content: str  # hash of the fields
    place: tuple[int, int, int]
    waiting: bool  # it was held or quarantined until now
    fields: Fields


@dataclass
class Order:
    """Rows in the order of their positions. `written`: the snapshot that the ERP has of it, None when it has none."""

    order_id: str
    headers: list[Row] = field(default_factory=list)
    lines: list[Row] = field(default_factory=list)
    written: dict[str, Any] | None = None

    @property
    def rows(self) -> list[Row]:
        return [*self.headers, *self.lines]


def gather(conn: Connection, headers: Route, lines: Route, order_ids: Iterable[str]) -> list[Order]:
    """The orders with these ids and all that is open of them, in the order of their first rows."""
    orders = {order_id: Order(order_id) for order_id in order_ids}
    for row in _open_rows(conn, headers, orders):
        orders[row.order_id].headers.append(row)
    for row in _open_rows(conn, lines, orders):
        orders[row.order_id].lines.append(row)
    table = schema.order
    for some in portions(sorted(orders)):
        written = select(table.c.order_id, table.c.payload).where(
            table.c.link_id == headers.link_id, table.c.order_id.in_(some)
        )
        for order_id, payload in conn.execute(written):
            orders[order_id].written = json.loads(payload or "{}")
    return sorted(orders.values(), key=lambda order: (min((r.place for r in order.rows), default=()), order.order_id))


def _open_rows(conn: Connection, route: Route, order_ids: Iterable[str]) -> list[Row]:
    inbox, wanted = route.inbox, set(order_ids)
    names = [c.name for c in route.queue.columns]
    passed = and_(inbox.c.state == "pending", inbox.c.taken_by.in_(batches.gated(conn, route)))
    set_aside = and_(inbox.c.state.in_(("held", "quarantined")), inbox.c.waits_for.is_not(None))
    place = (inbox.c.epoch, inbox.c.id_registro, inbox.c.revision)
    found = []
    for some in portions(sorted(wanted)):
        query = (
            select(inbox.c.inbox_id, inbox.c.record_key, inbox.c.payload_hash, inbox.c.state, *place,
                   *(inbox.c[name].label(f"f_{name}") for name in names))
            .where(inbox.c.link_id == route.link_id, inbox.c.gate == GOOD, inbox.c.op == "U",
                   or_(passed, set_aside), inbox.c[ORDER_ID].in_(some))
            .order_by(*place)
        )  # fmt: skip
        for row in conn.execute(query).mappings():
            fields: Fields = {name: row[f"f_{name}"] for name in names}
            order_id = str(fields[ORDER_ID])
            if order_id not in wanted:
                continue  # a server may find other texts alike
            at = (int(row["epoch"]), int(row["id_registro"]), int(row["revision"]))
            waiting = row["state"] != "pending"
            found.append(
                Row(int(row["inbox_id"]), row["record_key"], order_id, row["payload_hash"], at, waiting, fields)
            )
    return found


def line_owners(conn: Connection, lines: Route, keys: Iterable[str]) -> dict[str, str]:
    """Line id → the order in which it was written into the ERP, as far as the inbox remembers."""
    inbox, owners = lines.inbox, dict[str, str]()
    for some in portions(sorted(set(keys))):
        applied = select(inbox.c.record_key, inbox.c[ORDER_ID]).where(
            inbox.c.link_id == lines.link_id, inbox.c.record_key.in_(some), inbox.c.state == "applied"
        )
        owners |= {key: str(order_id) for key, order_id in conn.execute(applied)}
    return owners


def known_records(conn: Connection, link_id: str, entity: str, keys: Iterable[str]) -> set[str]:
    """Those of the keys that are active records of the ERP's."""
    record, found = schema.record, set[str]()
    for some in portions(sorted(set(keys))):
        mine = and_(record.c.link_id == link_id, record.c.entity == entity, record.c.active == 1)
        found |= set(conn.execute(select(record.c.record_key).where(mine, record.c.record_key.in_(some))).scalars())
    return found


def open_conflicts(conn: Connection, link_id: str, keys: Iterable[str]) -> set[str]:
    """Those of the line ids that a person has still to decide about."""
    conflict, found = schema.conflict, set[str]()
    for some in portions(sorted(set(keys))):
        mine = and_(conflict.c.link_id == link_id, conflict.c.entity == "order_lines", conflict.c.resolved_at.is_(None))
        found |= set(conn.execute(select(conflict.c.record_key).where(mine, conflict.c.record_key.in_(some))).scalars())
    return found
