"""Orders that the platform already knows, for tests of what is said and mailed of them."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import insert, select

from kit.world import World
from puente.db import schema
from puente.order_states import Decision, Origin
from puente.orders import transitions

START = "EMITIENDO AL ERP"


def know_order(world: World, order_id: str, state: str = START, **header: str | None) -> None:
    """An order in the shop that has come as far as `state`; `header` are fields of its snapshot."""
    world.shop_own("shop_order", order_id, status=state)
    payload = json.dumps({"header": {"Envio_Email": "ana@example.mx", **header}, "lines": []})
    at = "2026-01-01T00:00:00.000Z"
    row = {"link_id": world.link.link_id, "order_id": order_id, "state": state, "payload": payload, "at": at}
    with world.platform.begin() as conn:
        conn.execute(insert(schema.order), row)


def say(world: World, order_id: str, *said: str, origin: Origin = "ERP", reason: str | None = None) -> list[Decision]:
    """Each state in a transaction of its own."""
    decisions = []
    for state in said:
        with world.platform.begin() as conn:
            decisions.append(transitions.say(conn, world.bridge, order_id, state, origin, reason))
    return decisions


def order_row(world: World, order_id: str) -> dict[str, Any]:
    (row,) = [r for r in world.rows_of("platform", schema.order) if r["order_id"] == order_id]
    return row


def mails(world: World) -> list[dict[str, Any]]:
    """Every mail of the world's link, in the order of writing."""
    with world.platform.read() as conn:
        query = select(schema.mail).where(schema.mail.c.link_id == world.link.link_id).order_by(schema.mail.c.mail_id)
        return [dict(row) for row in conn.execute(query).mappings()]
