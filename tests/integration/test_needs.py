"""What on-call is told and the dashboard's own figures do not have: orders that stand still, what the nights owe."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import insert, update

from kit.keys import RING
from kit.world import PROFILES, World
from puente.db import schema
from puente.monitor import needs_figures
from puente.nightly import traffic
from puente.oncall import conditions
from puente.orders.torn import torn_orders
from puente.sync.route import stored

pytestmark = pytest.mark.lean_gate
LONG_AGO = "2026-01-01T00:00:00.000Z"


def test_orders_that_stand_still_are_the_ones_that_on_call_is_told_of(world: World) -> None:
    now = dt.datetime.now(dt.UTC)
    for order, line in (("7", "1"), ("7", "2"), ("8", "3")):  # lines without their header
        prices = {"Cantidad": "1", "Precio_Unitario": "5", "Monto_Total_Producto": "5"}
        world.put("order_lines", line, writer="platform", ID_Pedido_Cabecera=order, ID_Producto="P1", **prices)
    world.run(reader="erp")
    assert needs_figures.stuck(world.bridge, 10, raw=False) == [], "they may still come"
    with world.erp.begin() as conn:
        conn.execute(update(schema.batch).values(opened_at=LONG_AGO))
    with world.platform.begin() as conn:
        for number, waits, at in (("9", None, LONG_AGO), ("10", "su cliente", LONG_AGO), ("11", None, stored(now))):
            order = {"link_id": "main", "order_id": number, "state": "VALIDANDO EXISTENCIAS", "waits": waits, "at": at}
            conn.execute(insert(schema.order).values(**order))
    found = [(row["side"], row["order"], row["since"]) for row in needs_figures.stuck(world.bridge, 10, raw=False)]
    assert sorted(found) == [("erp", "7", LONG_AGO), ("erp", "8", LONG_AGO), ("platform", "9", LONG_AGO)], (
        "the tenth waits for what its line of the list says"
    )
    assert [late.order_id for late in torn_orders(world.bridge)] == ["7", "8"]
    assert len(needs_figures.stuck(world.bridge, 1, raw=False)) == 1
    beyond = needs_figures.beyond(world.bridge, ["erp", "platform"], "en", now)
    assert (beyond.stuck, beyond.late, beyond.unseen) == (3, [], [])


def test_what_the_nights_owe_is_said_in_the_visitors_language(world: World) -> None:
    now = dt.datetime.now(dt.UTC)
    world.set(keys=RING, backups_dir=world.folder / "backups")
    traffic.probe(world.bridge, now - dt.timedelta(days=50))
    beyond = needs_figures.beyond(world.bridge, ["erp", "platform"], "en", now)
    told = conditions.late(world.bridge, now).found
    assert [alert.kind for alert in beyond.late] == [alert.kind for alert in told] == [
        "inventory_late", "backup_late", "drill_late",
    ]  # fmt: skip
    assert "never" in beyond.late[1].what and "nunca" in told[1].what
    assert needs_figures.beyond(world.bridge, ["erp"], "en", now).late == [], "nobody asks a side that does not answer"


def test_what_cannot_be_looked_at_is_said_and_stops_no_page(world: World) -> None:
    profile = (PROFILES / "mini_shop" / "profile.yaml").read_text(encoding="utf-8")
    world.use_profile("platform", {"profile.yaml": profile.replace("grace_minutes: 30", "grace_minutes: soon")})
    world.set(oncall="guardia@example.mx; jefe")
    beyond = needs_figures.beyond(world.bridge, ["erp", "platform"], "en", dt.datetime.now(dt.UTC))
    assert beyond.unseen == ["orders"] and len(beyond.who.wrong) == 1
