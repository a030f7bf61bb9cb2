"""What the shop does with orders that it has handed over: edits, cancellations, orders that it shows no more."""

from __future__ import annotations

import json

from sqlalchemy import and_, delete, exists, insert, select, update

from puente import contract
from puente.db import schema
from puente.orders.reading import VALIDATING, Reading, ShopOrder
from puente.orders.transitions import Context, request_cancellation
from puente.sync.capture import UNFIT
from puente.sync.leases import Lease
from puente.sync.route import Bridge, utc_now
from puente.sync.verdicts import portions

_QUEUE = contract.ENTITIES["order_headers"].queue["platform"]


def flag(lease: Lease, order: ShopOrder) -> None:
    """The shop changed what was emitted: what the ERP has stands, and a person is shown the difference (P16)."""
    conflict, table = schema.conflict, schema.order
    loser = json.dumps({**json.loads(order.snapshot()), "content_hash": order.content_hash}, ensure_ascii=False)
    with lease.begin() as conn:
        kept = conn.execute(
            select(table.c.payload).where(table.c.link_id == lease.link_id, table.c.order_id == order.order_id)
        ).scalar()
        conn.execute(
            insert(conflict).values(
                link_id=lease.link_id, entity="order_headers", record_key=order.order_id, winner="erp",
                why="La tienda cambió el pedido después de su emisión; no se vuelve a enviar.",
                loser=loser, kept=kept, at=utc_now(),
            )
        )  # fmt: skip


def request(bridge: Bridge, lease: Lease, context: Context, order_id: str) -> bool:
    """The shop cancelled what was emitted: the ERP is asked, once; whether it is asked now."""
    with lease.begin() as conn:
        return request_cancellation(conn, bridge, order_id, context)


def note_reading(lease: Lease, reading: Reading) -> None:
    """Orders that vanished while they waited, emitted ones whose hash is of an older profile, and what is unfit."""
    table, finding = schema.order, schema.finding
    here = {"link_id": lease.link_id, "queue": _QUEUE, "rule_id": UNFIT}
    listed = exists().where(*(finding.c[name] == value for name, value in here.items()))
    with lease.db.read() as conn:
        told = bool(conn.execute(select(listed)).scalar())
    if not (reading.vanished or reading.rebased or reading.unfit or told):
        return
    with lease.begin() as conn:
        for some in portions(reading.vanished):
            gone = and_(table.c.link_id == lease.link_id, table.c.order_id.in_(some), table.c.state == VALIDATING)
            conn.execute(update(table).where(gone).values(waits="La tienda ya no muestra el pedido."))
        for number, content_hash, payload in reading.rebased:
            mine = and_(table.c.link_id == lease.link_id, table.c.order_id == number)
            conn.execute(update(table).where(mine).values(content_hash=content_hash, payload=payload))
        conn.execute(delete(finding).where(*(finding.c[name] == value for name, value in here.items())))
        if reading.unfit:
            about = {**here, "inbox_id": 0, "severity": "critical", "outcome": "unsent", "at": utc_now()}
            conn.execute(insert(finding), [{**about, "message": why[:1000]} for why in reading.unfit])
