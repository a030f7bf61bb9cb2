"""H15, I12: one side is restored to an older time; what was between comes back, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from kit import own_tables
from kit.backups import Copy
from kit.keys import RING
from kit.world import World
from puente.contract import Side
from puente.db import schema
from puente.errors import Paused
from puente.nightly import purchases, restore_report
from puente.nightly.aftermath import Aftermath, follow_up
from puente.orders import confirm, emission
from puente.sync import capture, control, ledger, outbox
from puente.sync.disputes import list_disputes
from puente.sync.route import utc_now

pytestmark = pytest.mark.lean_gate
ERP_ENTITIES = ("categories", "products", "product_categories", "companies", "contacts", "order_states")
SIDES: tuple[Side, ...] = ("erp", "platform")
_begun: dict[str, tuple[Copy, Copy]] = {}


# ---------------------------------------------------------------- a small business
def begin(world: World) -> None:
    """Two products, a customer born in the shop, and an order that the ERP has received."""
    for name, price in (("A1", "100"), ("A2", "50")):
        world.own("articulo", cve=name, sku=f"S-{name}", nombre=f"Llanta {name}", precio=price)
        world.own("almacen", cve=name, piezas="20")
    world.shop_own("shop_company", name="Llantera", tax_id="LLA850101AB1", phone="55-1")
    place(world, "O1")
    cycles(world)
    assert state(world, "O1") == "RECIBIDO EN ERP"


@pytest.fixture(params=["sqlite-sqlite"])
def shop(
    request: pytest.FixtureRequest,
    make_world: Callable[[str], World],
    databases: Any,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> World:
    """A world that has begun, made once for each pair of engines."""
    world = make_world(request.param)
    world.set(keys=RING, archive_dir=tmp_path / "archive", expectations_dir=databases.lean_expectations())
    if request.param not in _begun:
        begin(world)
        folder = tmp_path_factory.mktemp("begun")
        _begun[request.param] = (Copy(world, "erp", folder), Copy(world, "platform", folder))
    for copy in _begun[request.param]:
        copy.bring_back(world)
    return world


on_servers = pytest.mark.parametrize("shop", ["mariadb-mariadb", "mssql-mariadb"], indirect=True)


def place(world: World, number: str, pieces: str = "2") -> None:
    total = str(Decimal(pieces) * 100)
    amounts = dict.fromkeys(("subtotal", "discounted", "shipped", "total"), total)
    company = min(world.shop_ids("companies").values())
    world.shop_own("shop_order", number, company_id=company, ship_email="ana@example.mx", line_count=1, **amounts)
    world.shop_own(
        "shop_order_line", f"{number}-1", order_id=number, product="A1", quantity=pieces, price="100", amount=total
    )


def cycles(world: World, times: int = 6) -> None:
    """Both directions in turn, until nothing moves any more."""
    for _ in range(times):
        if not (_erp_says(world) + _reads(world, "platform") + _shop_says(world) + _reads(world, "erp")):
            return


def _erp_says(world: World) -> int:
    moved = confirm.confirm_orders(world.bridge, world.next_run())
    for entity in ERP_ENTITIES:
        found = world.capture(entity)
        moved += found.upserts + found.deletes if found else 0
    return moved


def _shop_says(world: World) -> int:
    for entity in ("companies", "contacts"):
        capture.capture(world.bridge, entity, world.next_run(), side="platform")
    emission.emit_orders(world.bridge, world.next_run())
    return sum(outbox.deliver(world.bridge, world.next_run()).values())


def _reads(world: World, reader: Side) -> int:
    if not world.work(reader=reader):
        return 0
    done = world.run(reader=reader)
    assert done.errors == {}
    return len(done.work)


def answer(world: World, number: str, decision: str) -> None:
    with world.erp.begin() as conn:
        conn.execute(update(own_tables.pedido).where(own_tables.pedido.c.cve == number).values(estado=decision))


def state(world: World, number: str) -> str:
    return next(str(r["state"]) for r in world.rows_of("platform", schema.order) if r["order_id"] == number)


def phone_in_erp(world: World) -> list[str]:
    with world.erp.read() as conn:
        return list(conn.execute(select(own_tables.cliente.c.telefono).order_by(own_tables.cliente.c.cve)).scalars())


def phones(world: World) -> list[str]:
    return [str(row["phone"]) for _, row in sorted(world.shop_rows("companies").items())]


def in_erp(world: World) -> dict[str, int]:
    """Orders in the ERP's own tables, with the number of their lines."""
    with world.erp.read() as conn:
        lines = Counter(conn.execute(select(own_tables.pedido_linea.c.pedido)).scalars())
        return {number: lines[number] for number in conn.execute(select(own_tables.pedido.c.cve)).scalars()}


def restore(world: World, copy: Copy, side: Side, restore_id: str = "restore-1", **options: Any) -> Aftermath:
    copy.bring_back(world)
    return follow_up(world.bridge, side, restore_id, **options)


def resume(world: World) -> None:
    for db in (world.erp, world.platform):
        control.resume(db, world.link.link_id, "*")


def assert_at_rest(world: World) -> None:
    """Nothing crosses any more, everything is accounted for, nobody has to decide anything about customers."""
    before = [Counter(world.inbox_states(entity)) for entity in ERP_ENTITIES]
    cycles(world, 2)
    assert [Counter(world.inbox_states(entity)) for entity in ERP_ENTITIES] == before
    world.check_invariants()
    assert list_disputes(world.bridge) == []
    for side in SIDES:
        assert ledger.verify(world.bridge.database(side), world.link.link_id) == []


# ---------------------------------------------------------------- the platform
def work_until_ten(world: World) -> None:
    """What happens between the backup at two and the failure at ten."""
    world.own("articulo", cve="A1", nombre="Llanta A1", precio="110")
    world.own("articulo", cve="A3", sku="S-A3", nombre="Llanta nueva", precio="70")
    world.own_delete("articulo", cve="A2")
    answer(world, "O1", "ACEPTADO")
    cycles(world)
    number = min(world.shop_ids("companies").values())
    world.shop_own("shop_company", number, phone="55-2")
    cycles(world)
    place(world, "O3")
    world.own("articulo", cve="A1", nombre="Llanta A1", precio="120")
    cycles(world)


@on_servers
def test_a_restored_platform_gets_back_what_it_had_read(shop: World, tmp_path: Path) -> None:
    """H15: rows consumed after the backup are replayed, the shop's own edits come back from the ERP, no mail is
    doubled, and what only the ERP has is named."""
    place(shop, "O2")  # in the shop at two, emitted afterwards
    copy = Copy(shop, "platform", tmp_path)
    work_until_ten(shop)
    products, customers, orders = shop.shop_rows("products", active_only=False), phones(shop), in_erp(shop)
    assert customers == ["55-2"] and orders.keys() == {"O1", "O2", "O3"}

    done = restore(shop, copy, "platform")

    assert {r.entity: r.landed for r in done.replayed if r.landed}.keys() >= {"products", "order_states"}
    assert done.taken_over == ["O2"] and done.lost_orders == ["O3"]
    with pytest.raises(Paused):
        shop.receive("products")
    assert phones(shop) == ["55-1"], "nothing moves before a person resumes"
    resume(shop)
    cycles(shop)

    assert shop.shop_rows("products", active_only=False) == products
    assert phones(shop) == customers == phone_in_erp(shop)
    assert in_erp(shop) == orders
    assert (state(shop, "O1"), state(shop, "O2")) == ("ACEPTADO", "RECIBIDO EN ERP")
    held = [row for row in shop.inbox("order_states") if row["state"] == "held"]
    assert {row["ID_Pedido_Cabecera"] for row in held} <= {"O3"}
    mails = shop.rows_of("platform", schema.mail)
    assert not [m for m in mails if m["status"] == "waiting" and m["order_id"] == "O1"]
    assert [m["state"] for m in mails if m["status"] == "doubtful" and m["order_id"] == "O1"][-1:] == ["ACEPTADO"]
    verdicts = Counter(row["verdict"] for row in shop.rows_of("platform", schema.ledger))
    assert verdicts["replayed"] >= 2
    assert not [r for r in shop.rows_of("platform", schema.reservation) if r["released_at"] is None]
    assert_at_rest(shop)


def test_after_the_restore_an_edit_on_both_sides_is_still_a_conflict(shop: World, tmp_path: Path) -> None:
    """I11, H14: the restored platform counts its versions on from what the ERP knows of it."""
    copy = Copy(shop, "platform", tmp_path)
    number = min(shop.shop_ids("companies").values())
    for phone in ("55-2", "55-3", "55-4"):
        shop.shop_own("shop_company", number, phone=phone)
        cycles(shop, 1)
    assert phone_in_erp(shop) == ["55-4"]

    restore(shop, copy, "platform")
    resume(shop)
    cycles(shop)
    assert phones(shop) == ["55-4"]

    # Each side's edit is on its way before the other's is read; by the policy the shop's stands, on both sides.
    shop.link = replace(shop.link, conflicts={"companies": "platform"})
    shop.shop_own("shop_company", number, phone="55-5")
    shop.own("cliente", cve=shop.rows_of("erp", own_tables.cliente)[0]["cve"], telefono="55-6")
    _shop_says(shop)
    _erp_says(shop)
    cycles(shop)
    assert phones(shop) == phone_in_erp(shop) == ["55-5"]
    losers = [r["loser"] for side in SIDES for r in shop.rows_of(side, schema.conflict)]
    assert any("55-6" in loser for loser in losers)
    assert not [r for r in shop.rows_of("platform", schema.outbox) if r["status"] != "delivered"]


def test_restoring_twice_changes_nothing_more(shop: World, tmp_path: Path) -> None:
    copy = Copy(shop, "platform", tmp_path)
    work_until_ten(shop)
    products = shop.shop_rows("products", active_only=False)
    for restore_id in ("first", "second"):
        restore(shop, copy, "platform", restore_id)
        again = follow_up(shop.bridge, "platform", restore_id)  # the task was cleared
        assert sum(r.landed for r in again.replayed) == 0
        resume(shop)
        cycles(shop)
        assert shop.shop_rows("products", active_only=False) == products
        assert phones(shop) == ["55-2"]
    assert_at_rest(shop)


# ---------------------------------------------------------------- the ERP
@on_servers
def test_a_restored_erp_gets_its_orders_and_customers_back(shop: World, tmp_path: Path) -> None:
    """H15: the ERP is restored while the platform says RECIBIDO: the order is there again, exactly once."""
    copy = Copy(shop, "erp", tmp_path)
    work_until_ten(shop)
    assert state(shop, "O3") == "RECIBIDO EN ERP"

    done = restore(shop, copy, "erp")
    assert in_erp(shop) == {"O1": 1}
    assert done.orders is not None and done.orders.again == {}, "the archive has it"
    resume(shop)
    cycles(shop)

    assert in_erp(shop) == {"O1": 1, "O3": 1}
    assert phone_in_erp(shop) == phones(shop) == ["55-2"]
    assert state(shop, "O3") == "RECIBIDO EN ERP"
    # What only the ERP writes is as the ERP has it now; what it lost is named.
    assert {k: r["price_1"] for k, r in shop.shop_rows("products").items() if k == "A1"} == {"A1": "100.0000"}
    questioned = {q.entity: q for q in done.questioned}
    assert questioned["products"].only_there == ["A3"] and questioned["products"].again == 1
    mails = Counter((m["order_id"], m["state"], m["recipient"]) for m in shop.rows_of("platform", schema.mail))
    assert max(mails.values()) == 1
    shop.check_invariants()


def test_without_an_archive_the_orders_are_emitted_again(shop: World, tmp_path: Path) -> None:
    """H15: from the snapshot, once, however often it is asked for; its units are kept until the ERP has it."""
    copy = Copy(shop, "erp", tmp_path)
    place(shop, "O3")
    cycles(shop)
    shop.set(archive_dir=tmp_path / "empty")

    done = restore(shop, copy, "erp")
    assert done.orders is not None and done.orders.again == {"O3": "RECIBIDO EN ERP"}
    once_more = follow_up(shop.bridge, "erp", "restore-1")
    assert once_more.orders is not None and once_more.orders.again == {}
    kept = [r for r in shop.rows_of("platform", schema.reservation) if r["released_at"] is None]
    assert [r["order_id"] for r in kept] == ["O3"]
    resume(shop)
    cycles(shop)

    assert in_erp(shop) == {"O1": 1, "O3": 1}
    assert not [r for r in shop.rows_of("platform", schema.reservation) if r["released_at"] is None]
    assert_at_rest(shop)


def test_only_the_erps_own_tables_were_restored(shop: World) -> None:
    """I12: an order that `confirm_orders` cannot find is emitted again though it was written before."""
    place(shop, "O3")
    cycles(shop)
    with shop.erp.begin() as conn:
        for table, column in ((own_tables.pedido_linea, "pedido"), (own_tables.pedido, "cve")):
            conn.execute(table.delete().where(table.c[column] == "O3"))
    emitted_at = min(str(r["emitted_at"]) for r in shop.rows_of("platform", schema.order) if r["order_id"] == "O3")

    done = follow_up(shop.bridge, "erp", "restore-1", emitted_at, own_tables_only=True)
    assert done.orders is not None and done.orders.again == {"O3": "RECIBIDO EN ERP"}
    resume(shop)
    cycles(shop)
    assert in_erp(shop) == {"O1": 1, "O3": 1}
    assert_at_rest(shop)


# ---------------------------------------------------------------- what was bought
def buy(world: World) -> str:
    """A proposal that somebody has approved, ordered: the purchase order's id."""
    now = utc_now()
    row = {
        "link_id": "main", "day": now[:10], "product_id": "A1", "request": "20261124-123000", "run_id": "r", "place": 1,
        "supplier": "HULES", "sku": "S-A1", "reorder_point": "9", "proposed": "8", "quantity": "8", "who": "eva",
        "evidence": "{}", "status": "approved", "at": now, "decided_at": now,
    }  # fmt: skip
    with world.platform.begin() as conn:
        conn.execute(insert(schema.proposal).values(row))
    (order_id,) = purchases.order(world.bridge, "20261124-123000", world.next_run())
    return order_id


@pytest.mark.parametrize("side", SIDES)
def test_purchase_orders_outlive_a_restore_of_either_side(shop: World, side: Side, tmp_path: Path) -> None:
    copy = Copy(shop, side, tmp_path)
    order_id = buy(shop)
    done = restore(shop, copy, side, since=utc_now())
    assert done.purchases is not None
    assert (done.purchases.again, done.purchases.taken_over) == (
        ([order_id], []) if side == "erp" else ([], [order_id])
    )
    assert [(row["status"], row["who"]) for row in shop.rows_of("platform", schema.proposal)] == [("ordered", "eva")]
    heads = shop.rows_of("erp", schema.landing_tables[shop.erp.dialect][schema.PURCHASE_ORDER])
    assert [row["ID_Orden_Compra"] for row in heads] == [order_id]
    words = dict.fromkeys(("id", "backup_id", "kept_in", "taken_at", "started_at", "finished_at"), "1")
    numbers = {"seconds": 1, "promised_seconds": 1}
    body = {"link_id": "main", "kind": "restore", "verdict": "passed", **words, **numbers, "sides": [done.as_dict()]}
    assert order_id in restore_report.write_report(shop.settings, body).with_suffix(".html").read_text(encoding="utf-8")
