"""Orders that reached the ERP's side and do not go on: torn, of an unknown customer or product, or wrong (P13)."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import and_, select

from puente.db import schema
from puente.orders.emission import LateOrder
from puente.orders.gathering import ORDER_ID
from puente.orders.rules import platform_rules
from puente.sync.route import Bridge, stored


def torn_orders(bridge: Bridge) -> list[LateOrder]:
    """Orders whose rows have been set aside for longer than the platform profile's `grace_minutes`, the oldest first.

    `since` is when the first of its rows was landed, `waits` the reasons in Spanish.
    """
    minutes = platform_rules(bridge.profile("platform")).grace_minutes
    before = stored(dt.datetime.now(dt.UTC) - dt.timedelta(minutes=minutes))
    batch, finding = schema.batch, schema.finding
    since: dict[str, str] = {}
    why: dict[str, dict[str, None]] = {}
    with bridge.erp.read() as conn:
        for entity in ("order_headers", "order_lines"):
            route = bridge.route("erp", entity)
            inbox = route.inbox
            told = and_(
                finding.c.link_id == inbox.c.link_id, finding.c.queue == route.queue.name,
                finding.c.inbox_id == inbox.c.inbox_id,
            )  # fmt: skip
            rows = conn.execute(
                select(inbox.c[ORDER_ID], batch.c.opened_at, finding.c.message)
                .join(batch, batch.c.batch_id == inbox.c.batch_id)
                .outerjoin(finding, told)
                .where(inbox.c.link_id == route.link_id, inbox.c.state.in_(("held", "quarantined")))
                .order_by(finding.c.finding_id)
            )
            for order_id, landed_at, message in rows:
                number = str(order_id or "")
                since[number] = min(since.get(number, landed_at), landed_at)
                if message:
                    why.setdefault(number, {})[message] = None
    late = sorted((at, number) for number, at in since.items() if at < before)
    return [LateOrder(number, at, " ".join(why.get(number, {}))) for at, number in late]
