"""H23: two links whose rows and ids are the same are kept apart: leases, ledger, orders, pairs of ids, outbox."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from kit.databases import Databases
from kit.orders import know_order, mails, order_row, say
from kit.world import World
from puente.db import schema
from puente.errors import LeaseHeld
from puente.orders.emission import emit_orders
from puente.sync import bindings, capture, ledger, outbox
from puente.sync.leases import held

pytestmark = pytest.mark.lean_gate


@pytest.fixture
def north(world: World, databases: Databases, second_erp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A branch: an ERP and a platform of its own, with the same profiles as the world's."""
    platform = databases.fresh(world.pair.split("-")[1], "platform", "second")
    link = replace(world.link, link_id="north", erp="north_erp", platform="north_platform")
    folder: Path = tmp_path_factory.mktemp("north")
    yield World(world.pair, second_erp, platform, folder, link)


def fill(world: World) -> None:
    """One product, one customer of the shop's, one order of theirs: the same on every link."""
    world.own("articulo", cve="A1", sku="LL-1", nombre="Llanta", precio="10")
    world.own("almacen", cve="A1", piezas="5")
    company = world.shop_own("shop_company", name="Llantera", tax_id="TOR850101AB1")
    total = dict.fromkeys(("subtotal", "discounted", "shipped", "total"), "20")
    world.shop_own("shop_order", "P1", company_id=company, ship_email="a@example.mx", **total)
    world.shop_own("shop_order_line", "P1-1", order_id="P1", product="A1", quantity="2", price="10", amount="20")


def cycle(world: World) -> None:
    for entity in ("products", "companies"):
        world.capture(entity)
    world.run_until_quiet()
    capture.capture(world.bridge, "companies", world.next_run(), side="platform")
    emit_orders(world.bridge, world.next_run())
    outbox.deliver(world.bridge, world.next_run())
    world.run_until_quiet(reader="erp")


def test_h23_two_links_at_once_with_identical_rows_and_ids(world: World, north: World) -> None:
    for each in (world, north):
        fill(each)
    with ThreadPoolExecutor(2) as both:
        for _ in range(3):  # the customer goes over, comes back with the ERP's id, then the order goes
            list(both.map(cycle, (world, north)))

    assert world.shop_rows("products").keys() == north.shop_rows("products").keys() == {"A1"}
    for each in (world, north):
        name = each.link.link_id
        assert order_row(each, "P1")["state"] == "EMITIENDO AL ERP"
        for side, db in (("erp", each.erp), ("platform", each.platform)):
            assert ledger.verify(db, name) == []
            with db.read() as conn:
                for table in (schema.record, schema.binding, schema.ledger, schema.batch):
                    links = set(conn.execute(select(table.c.link_id)).scalars())
                    assert links == {name}, f"{table.name} of {side}"
        with each.erp.read() as conn:
            written = conn.execute(select(schema.order.c.link_id, schema.order.c.order_id)).all()
        assert [tuple(row) for row in written] == [(name, "P1")]
        each.check_invariants()

    say(north, "P1", "RECIBIDO EN ERP", "ACEPTADO")
    assert order_row(world, "P1")["state"] == "EMITIENDO AL ERP"
    assert [m["state"] for m in mails(world)] == [m for m in [m["state"] for m in mails(world)] if m != "ACEPTADO"]


def test_h23_two_links_in_one_database_share_no_bookkeeping(world: World) -> None:
    """The control tables of one platform, were two links with different shop tables to use it."""
    other = world.with_link("north")
    order = {"order_id": "P1", "state": "EMITIENDO AL ERP", "at": "2026-01-01T00:00:00.000Z"}
    know_order(world, "P1")
    with world.platform.begin() as conn:
        conn.execute(insert(schema.order), {**order, "link_id": "north"})
        events = [outbox.put(conn, name, "companies", "u", "C1", 1, {"ID_Empresa": name}) for name in ("main", "north")]
        for name, number in (("main", "7"), ("north", "8")):
            bindings.bind(conn, name, "companies", {"C1": number})
        for name, quantity in (("main", 2), ("north", 3)):
            kept = {"link_id": name, "order_id": "P1", "product_id": "A1", "quantity": str(quantity)}
            conn.execute(insert(schema.reservation), kept)
        assert bindings.by_erp_id(conn, "north", "companies", ["C1"]) == {"C1": "8"}
        assert bindings.by_platform_id(conn, "north", "companies", ["7"]) == {}
    assert events[0] == events[1], "one name, two links"

    say(world, "P1", "RECIBIDO EN ERP")

    kept = {row["link_id"]: row["released_at"] is None for row in world.rows_of("platform", schema.reservation)}
    states = {row["link_id"]: row["state"] for row in world.rows_of("platform", schema.order)}
    assert states == {"main": "RECIBIDO EN ERP", "north": "EMITIENDO AL ERP"}
    assert kept == {"main": False, "north": True}
    with held(world.platform, "main", "outbox", "someone", 60):
        with pytest.raises(LeaseHeld):
            outbox.deliver(world.bridge, world.next_run())
        assert outbox.deliver(other.bridge, other.next_run()) == {"companies": 1}
    assert {row["link_id"]: row["status"] for row in world.rows_of("platform", schema.outbox)} == {
        "main": "waiting", "north": "delivered",
    }  # fmt: skip
