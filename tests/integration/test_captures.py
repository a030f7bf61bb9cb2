"""capture sends each change once, sends what it fingerprints, and never takes an accident for a decision."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from kit.meddling import between_pages, on_pages
from kit.pitfalls import not_expressible
from kit.world import World
from puente.db import schema
from puente.errors import ContractBroken, GateClosed, MassChange
from puente.sync import capture, quarantine
from puente.sync.control import allow_mass_change

pytestmark = pytest.mark.lean_gate

WHO, WHY = "ana", "the season is over"


def families(world: World, count: int, **values: Any) -> None:
    for n in range(count):
        world.own("familia", cve=f"F{n:02}", nombre=f"Familia {n}", **values)


def articles(world: World, count: int, pieces: str | None = "5") -> None:
    for n in range(count):
        world.own("articulo", cve=f"A{n:02}", sku=f"S{n:02}", nombre=f"Llanta {n}", precio="100")
        if pieces is not None:
            world.own("almacen", cve=f"A{n:02}", piezas=pieces)


def captured(world: World, entity: str) -> tuple[int, int, int]:
    done = world.capture(entity)
    assert done is not None
    return done.read, done.upserts, done.deletes


def queued(world: World, entity: str) -> list[str]:
    """Operation and key of each queue row, in order."""
    key = world.route(entity).entity.key[0]
    return [f"{row['Operacion']} {row[key]}" for row in world.queue_backup(entity)]


# ---------------------------------------------------------------- each change once
def test_each_change_is_sent_once_and_deletes_go_first(world: World) -> None:
    families(world, 4)
    assert captured(world, "categories") == (4, 4, 0)
    assert captured(world, "categories") == (4, 0, 0)
    world.run()
    world.own("familia", cve="F00", nombre="Otro nombre")
    world.own("familia", cve="NEW", nombre="Nueva")
    world.own_delete("familia", cve="F03")
    assert captured(world, "categories") == (4, 2, 1)
    assert queued(world, "categories") == ["D F03", "U F00", "U NEW"]
    world.run()
    assert world.shop_rows("categories").keys() == {"F00", "F01", "F02", "NEW"}
    assert world.shop_rows("categories")["F00"]["title"] == "Otro nombre"
    world.check_invariants()


def test_ten_quiet_cycles_after_one_change_carry_one_row(world: World) -> None:
    articles(world, 3)
    world.capture("products")
    world.run()
    world.own("articulo", cve="A01", sku="S01", nombre="Llanta 1", precio="99")
    crossed = []
    for _ in range(10):
        world.capture("products")
        crossed.append(len(world.queue_ids("products")))
        world.run()
    assert crossed == [1] + [0] * 9
    assert len(world.inbox("products")) == 4
    world.check_invariants()


def test_what_comes_back_after_a_delete_is_sent_again(world: World) -> None:
    families(world, 2)
    world.capture("categories")
    world.run()
    world.own_delete("familia", cve="F01")
    world.capture("categories")
    world.run()
    world.own("familia", cve="F01", nombre="Familia 1")
    assert captured(world, "categories") == (2, 1, 0)
    world.run()
    assert world.shop_rows("categories").keys() == {"F00", "F01"}
    world.check_invariants()


def test_a_baseline_sends_nothing_and_later_changes_are_sent(world: World) -> None:
    families(world, 3)
    world.capture("categories", send=False)
    assert world.queue_ids("categories") == []
    world.own("familia", cve="F01", nombre="Otro")
    assert captured(world, "categories") == (3, 1, 0)
    assert queued(world, "categories") == ["U F01"]


def test_a_profile_of_a_new_version_compares_every_record_anew(world: World) -> None:
    families(world, 3)
    world.capture("categories")
    world.use_profile("erp", {"profile.yaml": "name: mini_erp\nside: erp\nversion: 2\n"})
    assert captured(world, "categories") == (3, 3, 0)


def test_a_key_that_comes_twice_is_refused_and_nothing_is_sent(world: World) -> None:
    families(world, 2)
    twice = "SELECT cve AS ID_Categoria, nombre AS Nombre FROM familia UNION ALL SELECT cve, 'otra' FROM familia"
    world.use_profile("erp", {"capture_categories.sql": twice})
    with pytest.raises(ContractBroken, match="twice"):
        world.capture("categories")
    assert world.queue_ids("categories") == []


# ---------------------------------------------------------------- an empty or failed read
def test_p23_an_empty_read_is_not_all_deleted(world: World) -> None:
    families(world, 2)  # fewer than any threshold: zero rows always refuse
    world.capture("categories")
    world.run()
    world.own_delete("familia")
    for _ in range(2):
        with pytest.raises(MassChange, match="no rows"):
            world.capture("categories")
        allow_mass_change(world.erp, "main", "categories", WHO, "not even with a permit")
    assert world.queue_ids("categories") == []
    families(world, 2)
    assert captured(world, "categories") == (2, 0, 0)
    assert world.shop_rows("categories").keys() == {"F00", "F01"}
    world.check_invariants()


def test_p23_a_failed_read_is_not_all_deleted(world: World) -> None:
    families(world, 3)
    world.capture("categories")
    world.run()
    good = world.link
    world.use_profile(
        "erp", {"capture_categories.sql": "SELECT cve AS ID_Categoria, nombre AS Nombre FROM no_such_table"}
    )
    with pytest.raises(Exception, match="no_such_table"):
        world.capture("categories")
    world.link = good
    assert world.queue_ids("categories") == []
    assert captured(world, "categories") == (3, 0, 0)
    world.check_invariants()


def test_p23_a_read_that_breaks_off_half_way_is_not_half_deleted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    families(world, 6)
    world.capture("categories")
    world.run()
    world.set(receive_chunk=2)

    def broken() -> None:
        raise ConnectionError("the ERP's server went away")

    with monkeypatch.context() as patch:
        between_pages(patch, capture, "stream_select", {2: broken})
        with pytest.raises(ConnectionError):
            world.capture("categories")
    assert world.queue_ids("categories") == []
    assert captured(world, "categories") == (6, 0, 0)
    world.check_invariants()


# ---------------------------------------------------------------- records that change while capture runs
@pytest.mark.parametrize("when", [1, 2, 3])
def test_h09_what_was_sent_is_what_was_fingerprinted(world: World, monkeypatch: pytest.MonkeyPatch, when: int) -> None:
    """A record changes after the n-th page was read: before its own page, just after it, and later."""
    families(world, 6)
    world.capture("categories")
    world.run()
    for n in range(6):
        world.own("familia", cve=f"F{n:02}", nombre="v2")
    world.set(receive_chunk=2)

    def edit() -> None:
        for cve in ("F00", "F02", "F03", "F05"):
            world.own("familia", cve=cve, nombre="v3")

    with monkeypatch.context() as patch:
        between_pages(patch, capture, "stream_select", {when: edit})
        world.capture("categories")
    sent = {row["ID_Categoria"]: row["Nombre"] for row in world.queue_backup("categories")}
    later = world.capture("categories")

    assert later is not None
    changed = {"F00", "F02", "F03", "F05"}
    resent = [key for key in changed if sent.get(key) != "v3"]
    assert later.upserts == len(resent), "a version was fingerprinted that was never sent"
    world.run_until_quiet()
    titles = {key: row["title"] for key, row in world.shop_rows("categories").items()}
    assert titles == {f"F{n:02}": "v3" if f"F{n:02}" in changed else "v2" for n in range(6)}
    world.check_invariants()


def test_h10_a_row_that_the_scan_passed_over_is_looked_for_by_key(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that moves while the scan runs is in no page, as on a server without a snapshot."""
    families(world, 6)
    world.capture("categories")
    world.run()
    world.own_delete("familia", cve="F05")
    with monkeypatch.context() as patch:
        on_pages(patch, capture, "stream_select", lambda page: page.slice(2))
        done = world.capture("categories")
    assert done is not None and done.deletes == 1
    assert queued(world, "categories") == ["D F05"]
    world.run()
    assert world.shop_rows("categories").keys() == {f"F{n:02}" for n in range(5)}
    world.check_invariants()


def test_h10_composite_and_odd_keys_are_looked_for_as_well(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for family, article in (("A", "first"), ("F|1", "A:1"), ("F'2", "A%2"), ("Ñ", "á ´"), ("Z", "gone")):
        world.own("articulo_familia", familia=family, articulo=article)
    world.capture("product_categories")
    world.empty_queue("product_categories", restart=False)
    world.own_delete("articulo_familia", familia="Z")
    with monkeypatch.context() as patch:
        on_pages(patch, capture, "stream_select", lambda page: page.slice(0, 1))
        world.capture("product_categories")
    assert queued(world, "product_categories") == ["D Z"]


@not_expressible("sqlite-*", "SQLite has one writer: capture writes its fingerprints in the ERP's database")
def test_h10_rows_locked_by_an_open_transaction_are_not_deleted(world: World) -> None:
    families(world, 4)
    world.capture("categories")
    world.run()
    with world.open_transaction() as conn:
        conn.exec_driver_sql("DELETE FROM familia WHERE cve IN ('F01', 'F02')")
        conn.exec_driver_sql("UPDATE familia SET nombre = 'otro' WHERE cve = 'F03'")
        with suppress(Exception):  # a server without a snapshot times out on the lock, and the task is retried
            world.capture("categories")
        assert "D F01" not in queued(world, "categories")
        conn.rollback()
    assert captured(world, "categories") == (4, 0, 0)
    assert queued(world, "categories") == []
    world.check_invariants()


# ---------------------------------------------------------------- mass changes
def test_h11_all_families_vanish(world: World) -> None:
    families(world, 40)
    world.capture("categories")
    world.run()
    world.own_delete("familia")
    world.own("familia", cve="LEFT", nombre="one is left")
    with pytest.raises(MassChange, match="40 of 40"):
        world.capture("categories")
    assert world.queue_ids("categories") == []
    assert len(world.shop_rows("categories")) == 40


def test_h11_the_stock_table_is_emptied_behind_a_left_join(world: World) -> None:
    articles(world, 40)
    world.capture("products")
    world.run()
    world.own_delete("almacen")
    with pytest.raises(MassChange, match="Existencia"):
        world.capture("products")
    assert world.queue_ids("products") == []
    assert {row["stock"] for row in world.shop_rows("products").values()} == {"5.0000"}
    articles(world, 40, pieces="4")
    assert captured(world, "products") == (40, 40, 0)


def test_h11_a_vendor_fills_the_queue_with_zeros(world: World) -> None:
    world.put_many("products", [{"key": f"A{n:02}", "Precio_1": "10", "Existencia": "5"} for n in range(40)])
    world.run()
    world.put_many("products", [{"key": f"A{n:02}", "Precio_1": "10", "Existencia": "0"} for n in range(40)])

    done = world.run()

    assert isinstance(done.errors["products"], GateClosed)
    assert "Existencia" in str(done.errors["products"]) and "40" in str(done.errors["products"])
    assert {row["stock"] for row in world.shop_rows("products").values()} == {"5.0000"}
    assert world.queue_ids("products") == [], "what was landed is cleared all the same"
    assert world.work() == []
    (closed,) = quarantine.list_batches(world.bridge, "platform")
    quarantine.discard_batch(world.bridge, "platform", closed["batch_id"], WHO, "an accident")
    assert world.inbox_states("products") == {"applied": 40, "discarded": 40}
    world.check_invariants()


def test_h11_a_vendor_deletes_everything(world: World) -> None:
    world.put_many("categories", [{"key": f"F{n:02}"} for n in range(40)])
    world.run()
    world.put_many("categories", [{"key": f"F{n:02}", "op": "D"} for n in range(40)])
    assert isinstance(world.run().errors["categories"], GateClosed)
    assert len(world.shop_rows("categories")) == 40
    world.check_invariants()


def test_h11_below_the_threshold_changes_pass(world: World) -> None:
    articles(world, 40)
    world.capture("products")
    world.run()
    for n in range(20):
        world.own("almacen", cve=f"A{n:02}", piezas="0")
    world.own_delete("articulo", cve="A39")
    assert captured(world, "products") == (39, 20, 1)
    assert world.run().errors == {}
    assert len(world.shop_rows("products")) == 39
    world.check_invariants()


def test_a_mass_change_that_a_person_allows_passes_once(world: World) -> None:
    families(world, 40)
    world.capture("categories")
    world.run()
    for n in range(30):
        world.own_delete("familia", cve=f"F{n:02}")
    with pytest.raises(MassChange):
        world.capture("categories")
    allow_mass_change(world.erp, "main", "categories", WHO, WHY)
    assert captured(world, "categories") == (10, 0, 30)
    assert world.rows_of("erp", schema.permit) == [], "a permit is used up"

    done = world.run()

    assert isinstance(done.errors["categories"], GateClosed), "the reader has a guard of its own"
    (closed,) = quarantine.list_batches(world.bridge, "platform")
    assert quarantine.release_batch(world.bridge, "platform", closed["batch_id"], WHO, WHY) == 30
    assert world.run().errors == {}
    assert len(world.shop_rows("categories")) == 10
    world.own_delete("familia")
    with pytest.raises(MassChange):
        world.capture("categories")
    world.check_invariants()


def test_a_released_batch_is_applied_at_its_old_position(world: World) -> None:
    world.put_many("products", [{"key": f"A{n:02}", "Existencia": "5"} for n in range(40)])
    world.run()
    world.put_many("products", [{"key": f"A{n:02}", "Existencia": "0"} for n in range(40)])
    assert "products" in world.run().errors
    world.put("products", "A07", Existencia="9")
    assert world.run().errors == {}, "later batches go on"
    (closed,) = quarantine.list_batches(world.bridge, "platform")

    quarantine.release_batch(world.bridge, "platform", closed["batch_id"], WHO, WHY)
    world.run_until_quiet()

    stock = {key: row["stock"] for key, row in world.shop_rows("products").items()}
    assert stock.pop("A07") == "9.0000", "older overwrote newer"
    assert set(stock.values()) == {"0.0000"}
    assert world.inbox_states("products") == {"applied": 80, "superseded": 1}
    world.check_invariants()


def test_too_many_bad_rows_close_the_gate_and_a_release_applies_the_good_ones(world: World) -> None:
    world.put_many("products", [{"key": f"A{n:03}", "Precio_1": "-1" if n < 60 else "1"} for n in range(120)])
    done = world.run()
    assert isinstance(done.errors["products"], GateClosed)
    assert world.inbox_states("products") == {"pending": 120} and world.work() == []
    (closed,) = quarantine.list_batches(world.bridge, "platform")
    quarantine.release_batch(world.bridge, "platform", closed["batch_id"], WHO, WHY)
    world.run_until_quiet()
    assert world.inbox_states("products") == {"quarantined": 60, "applied": 60}
    world.check_invariants()


def test_up_to_fifty_bad_rows_never_close_the_gate(world: World) -> None:
    world.put_many("products", [{"key": f"A{n:03}", "Precio_1": "-1"} for n in range(50)])
    assert world.run().errors == {}
    assert world.inbox_states("products") == {"quarantined": 50}
    world.check_invariants()
