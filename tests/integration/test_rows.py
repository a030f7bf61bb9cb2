"""What becomes of single rows: one bad row stops itself and what depends on it, never the queue."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from kit.meddling import Killed
from kit.own_tables import REFUSED_NAME
from kit.world import World
from puente.db import schema
from puente.sync import apply, clear, quarantine, receive
from puente.sync.route import Run
from puente.sync.targets import write_target

pytestmark = pytest.mark.lean_gate

WHO, WHY = "ana", "seen with the buyer"


def skus(world: World) -> dict[str, str]:
    return {key: row["sku"] for key, row in world.shop_rows("products").items()}


# ---------------------------------------------------------------- poison
def test_p08_one_poison_row_among_ten_thousand(world: World) -> None:
    rows: list[dict[str, Any]] = [{"key": f"P{n:05}", "Precio_1": "10"} for n in range(10_000)]
    rows[4_321] |= {"Precio_1": "-7.5", "Nombre": "Llanta dañada"}
    world.put_many("products", rows)

    done = world.run()

    assert done.errors == {}
    assert world.inbox_states("products") == {"applied": 9_999, "quarantined": 1}
    assert len(world.shop_rows("products")) == 9_999
    (bad,) = quarantine.list_rows(world.bridge, "platform")
    assert bad.record_key == "P04321" and len(bad.rules) == 1
    shown = quarantine.show_row(world.route("products"), bad.inbox_id)
    assert shown.values["Precio_1"] == "-7.5000" and shown.values["Nombre"] == "Llanta dañada"
    assert shown.reasons[0]["message"]
    report = world.report(bad.batch_id)
    assert (report["rows_in"], report["accepted"], report["rejected"]) == (10_000, 9_999, 1)

    quarantine.release(world.route("products"), bad.inbox_id, WHO, WHY, {"Precio_1": "7.5"})
    world.run_until_quiet()

    assert world.shop_rows("products")["P04321"]["price_1"] == "7.5000"
    assert world.inbox_states("products") == {"applied": 10_000}
    world.check_invariants()


def test_p08_all_reasons_of_a_row_are_kept(world: World) -> None:
    world.put("products", "A1", Precio_1="-1", Existencia="-2", Nombre=None)
    world.put("products", "A2")
    world.run()
    (bad,) = quarantine.list_rows(world.bridge, "platform")
    assert len(bad.rules) >= 3
    assert world.shop_rows("products").keys() == {"A2"}
    world.check_invariants()


def test_p08_a_newer_good_row_of_the_same_key_is_applied(world: World) -> None:
    world.put("products", "K", Precio_1="-1")
    world.put("products", "K", Precio_1="5")
    world.run()
    assert world.shop_rows("products")["K"]["price_1"] == "5.0000"
    assert world.inbox_states("products") == {"quarantined": 1, "applied": 1}
    world.check_invariants()


def test_p08_an_older_good_row_is_applied_where_the_newer_is_bad(world: World) -> None:
    world.put("products", "K", Precio_1="5")
    world.put("products", "K", Precio_1="-1")
    world.run()
    assert world.shop_rows("products")["K"]["price_1"] == "5.0000"
    world.check_invariants()


# ---------------------------------------------------------------- a queue that both sides read
def test_p10_each_side_consumes_only_what_is_addressed_to_it(world: World) -> None:
    from_erp = [world.put("order_states", "O1", Estado="ACEPTADO"), world.put("order_states", "O2", Estado="ACEPTADO")]
    from_platform = [world.put("order_states", "O1", Estado="CANCELADO", writer="platform")]

    world.run()

    assert world.queue_ids("order_states") == from_platform
    assert [row["id_registro"] for row in world.inbox("order_states")] == from_erp

    route, run = world.route("order_states", reader="erp"), Run("erp side", "test")
    world.put("order_states", "O3", Estado="PROCESADO")
    assert receive.receive(route, run).landed == 1
    assert clear.clear(route, run) == 1
    assert len(world.queue_ids("order_states")) == 1, "the platform's row was consumed by the ERP's side"
    world.run()
    assert world.queue_ids("order_states") == []
    assert [row["record_key"] for row in world.inbox("order_states")] == ["O1", "O2", "O3"]


def test_p10_a_state_without_origin_is_the_erps(world: World) -> None:
    world.put("order_states", "O1", Estado="ACEPTADO", Origen=None)
    world.run()
    assert world.queue_ids("order_states") == []
    assert world.inbox_states("order_states") == {"held": 1}
    route = world.route("order_states", reader="erp")
    assert receive.receive(route, Run("erp side", "test")).landed == 0


# ---------------------------------------------------------------- children before parents
@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the categories that apply writes, in the order of writing."""
    order: list[str] = []
    real = write_target

    def note(conn: Any, profile: Any, entity: Any, link_id: str, run_id: str, op: str) -> None:
        stage = schema.stages["categories"]
        order.extend(conn.execute(select(stage.c.record_key).where(stage.c.run_id == run_id)).scalars())
        real(conn, profile, entity, link_id, run_id, op)

    monkeypatch.setattr(apply, "write_target", note)
    return order


TREE = {"A": "B", "B": "C", "C": "D"}  # D is the root: neither the keys' order nor the queue's helps


def test_p12_four_levels_child_first_in_one_batch(world: World, written: list[str]) -> None:
    for key, parent in TREE.items():
        world.put("categories", key, ID_Categoria_Padre=parent)
    world.put("categories", "D")
    world.set(apply_chunk=1)
    world.run()
    assert written == ["D", "C", "B", "A"]
    assert {k: r["parent"] for k, r in world.shop_rows("categories").items()} == {**TREE, "D": None}
    world.check_invariants()


def test_p12_four_levels_child_first_each_in_a_batch_of_its_own(world: World, written: list[str]) -> None:
    world.set(apply_chunk=1)
    for key, parent in TREE.items():
        world.put("categories", key, ID_Categoria_Padre=parent)
        world.run()
        assert world.shop_rows("categories") == {}
        assert world.work() == [], "a held row with nothing new must not make work"
    assert world.inbox_states("categories") == {"held": 3}

    world.put("categories", "D")
    world.run_until_quiet()

    assert written == ["D", "C", "B", "A"]
    assert world.inbox_states("categories") == {"applied": 4}
    assert world.findings("categories") == []
    world.check_invariants()


def test_p12_across_entities_what_waits_goes_on_by_itself(world: World) -> None:
    world.put("product_categories", "F1", ID_Producto="A1")
    world.put("contacts", "P1", ID_Empresa="C1")
    world.run()
    assert world.inbox_states("product_categories") == {"held": 1}
    assert world.inbox_states("contacts") == {"held": 1}
    world.put("categories", "F1")
    world.run()
    assert world.inbox_states("product_categories") == {"held": 1}, "the product is still missing"
    world.put("products", "A1")
    world.put("companies", "C1")
    world.run_until_quiet()
    assert world.shop_rows("product_categories").keys() == {"F1|A1"}
    assert world.shop_rows("contacts")["P1"]["company"] == "C1"
    assert world.inbox_states("product_categories") == world.inbox_states("contacts") == {"applied": 1}
    world.check_invariants()


def test_p12_a_cycle_is_quarantined_and_not_spun_on(world: World) -> None:
    world.put("categories", "A", ID_Categoria_Padre="B")
    world.put("categories", "B", ID_Categoria_Padre="C")
    world.put("categories", "C", ID_Categoria_Padre="A")
    world.put("categories", "BELOW", ID_Categoria_Padre="A")
    world.put("categories", "SELF", ID_Categoria_Padre="SELF")
    world.put("categories", "ROOT")
    world.run()
    assert world.shop_rows("categories").keys() == {"ROOT"}
    assert world.inbox_states("categories") == {"applied": 1, "quarantined": 4, "held": 1}
    assert world.work() == []
    assert any("A → B → C → A" in f["message"] for f in world.findings("categories"))
    world.put("categories", "C", ID_Categoria_Padre="ROOT")  # the ERP mends it
    world.run_until_quiet()
    assert world.shop_rows("categories")["C"]["parent"] == "ROOT"
    world.check_invariants()


def test_p12_a_cycle_closed_over_what_was_applied_earlier(world: World) -> None:
    world.put("categories", "A")
    world.put("categories", "B", ID_Categoria_Padre="A")
    world.run()
    world.put("categories", "A", ID_Categoria_Padre="B")
    world.run()
    assert {k: r["parent"] for k, r in world.shop_rows("categories").items()} == {"A": None, "B": "A"}
    assert world.inbox_states("categories") == {"applied": 2, "quarantined": 1}
    assert world.work() == []
    world.check_invariants()


# ---------------------------------------------------------------- many rows of one key
def test_p14_the_last_row_of_a_key_wins(world: World) -> None:
    for n in range(1, 6):
        world.put("categories", "K", Nombre=f"v{n}")
    world.put("categories", "L", Nombre="only")
    done = world.run()
    assert world.shop_rows("categories")["K"]["title"] == "v5"
    assert world.inbox_states("categories") == {"superseded": 4, "applied": 2}
    assert done.verdicts["categories"].superseded == 4
    world.check_invariants()


@pytest.mark.parametrize("known_before", [False, True])
def test_p14_an_upsert_and_then_a_delete_stays_deleted(world: World, known_before: bool) -> None:
    if known_before:
        world.put("categories", "K")
        world.run()
    world.put("categories", "K", Nombre="v2")
    world.put("categories", "K", op="D")
    world.run()
    assert world.shop_rows("categories") == {}
    assert world.run().work == []
    world.check_invariants()


def test_p14_a_delete_and_then_an_upsert_is_there(world: World) -> None:
    world.put("categories", "K", Nombre="v1")
    world.run()
    world.put("categories", "K", op="D")
    world.put("categories", "K", Nombre="v2")
    world.run()
    assert world.shop_rows("categories")["K"]["title"] == "v2"
    world.check_invariants()


def test_p14_every_order_state_is_kept(world: World) -> None:
    states = ["RECIBIDO EN ERP", "ACEPTADO", "PROCESADO", "ACEPTADO"]
    for state in states:
        world.put("order_states", "O1", Estado=state)
    world.run()
    assert world.inbox_states("order_states") == {"held": 4}
    assert [row["Estado"] for row in world.inbox("order_states")] == states
    assert world.work() == []
    world.check_invariants()


# ---------------------------------------------------------------- what a person must see
def test_p30_the_attempts_of_a_row_that_kills_its_worker_are_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put_many("products", [{"key": f"P{n:02}"} for n in range(20)] + [{"key": "KILLER"}])
    receipt = world.receive("products", "r1")
    world.clear("products", "r1")
    world.validate("products", receipt.batch_id, "r1")
    real = write_target

    def deadly(conn: Any, profile: Any, entity: Any, link_id: str, run_id: str, op: str) -> None:
        stage = schema.stages["products"]
        if "KILLER" in conn.execute(select(stage.c.record_key).where(stage.c.run_id == run_id)).scalars().all():
            raise Killed
        real(conn, profile, entity, link_id, run_id, op)

    monkeypatch.setattr(apply, "write_target", deadly)
    attempts = []
    for _ in range(20):
        try:
            world.apply("products", "r1")
            break
        except Killed:
            attempts.append([row["attempts"] for row in world.rows_of("platform", schema.work) if row["attempts"]])
    else:
        pytest.fail("the row was tried for ever")

    alone = [seen for seen in attempts if len(seen) == 1]
    assert alone == [[1], [2], [3]], "attempts are committed before the work, and counted"
    assert world.inbox_states("products") == {"applied": 20, "quarantined": 1}
    (bad,) = quarantine.list_rows(world.bridge, "platform")
    assert bad.record_key == "KILLER" and bad.rules == ("worker.killed",)
    assert "3" in world.findings("products")[0]["message"]
    world.settle("products", "r1")
    world.check_invariants()


def test_p30_the_report_says_which_try_it_was(world: World) -> None:
    from puente.sync import validate

    world.put("categories", "A1")
    world.run()
    world.put("categories", "A2")
    receipt = world.receive("categories", "r2")
    world.clear("categories", "r2")
    validate.validate(world.route("categories"), Run("r2", "categories.validate", try_number=3), receipt.batch_id)
    report = world.report(receipt.batch_id)
    assert (report["run_id"], report["task_id"], report["try_number"]) == ("r2", "categories.validate", 3)


# ---------------------------------------------------------------- never merged, never flipped
def test_h18_companies_with_one_tax_id_are_never_merged(world: World) -> None:
    generic, branch = "XAXX010101000", "LLA010203AB1"
    for key, name, rfc in (
        ("C1", "Público en general", generic), ("C2", "Mostrador Ñuñoa", generic),
        ("C3", "Llantas del Bajío, León", branch), ("C4", "Llantas del Bajío, Silao", branch),
    ):  # fmt: skip
        world.put("companies", key, Nombre_Empresa=name, Identificacion_Fiscal=rfc)
    world.put("contacts", "P1", ID_Empresa="C2")
    world.put("contacts", "P2", ID_Empresa="C4")
    world.run()
    shop = world.shop_rows("companies")
    assert [shop[k]["tax_id"] for k in ("C1", "C2", "C3", "C4")] == [generic, generic, branch, branch]
    assert len({row["name"] for row in shop.values()}) == 4
    assert {k: r["company"] for k, r in world.shop_rows("contacts").items()} == {"P1": "C2", "P2": "C4"}
    world.put("companies", "C2", Nombre_Empresa="Mostrador nuevo", Identificacion_Fiscal=generic)
    world.run()
    assert world.shop_rows("companies")["C1"]["name"] == "Público en general"
    world.check_invariants()


def test_h22_a_sku_moves_to_another_product(world: World) -> None:
    world.put("products", "A", SKU="S1")
    world.put("products", "B", SKU="S2")
    world.run()
    world.put("products", "B", SKU="S1")
    world.put("products", "A", SKU="S3")
    world.run()
    assert skus(world) == {"A": "S3", "B": "S1"}
    assert world.inbox_states("products") == {"applied": 4}
    world.check_invariants()


def test_h22_a_sku_of_a_product_deleted_in_the_same_run_moves_after_it(world: World) -> None:
    world.put("products", "A", SKU="S1")
    world.run()
    world.put("products", "A", op="D")
    world.put("products", "B", SKU="S1")
    world.run_until_quiet()
    assert skus(world) == {"B": "S1"}
    assert world.inbox_states("products") == {"applied": 3}
    world.check_invariants()


def test_h22_a_second_claim_is_quarantined_and_never_flips(world: World) -> None:
    world.put("products", "A", SKU="S1", Nombre="a1")
    world.run()
    world.put("products", "B", SKU="S1", Nombre="b")
    world.run()
    world.put("products", "A", SKU="S1", Nombre="a2")
    world.run()
    assert skus(world) == {"A": "S1"}
    assert world.shop_rows("products")["A"]["name"] == "a2"
    assert world.inbox_states("products") == {"applied": 2, "quarantined": 1}
    assert world.work() == []
    world.put("products", "A", SKU="S2")
    world.put("products", "B", SKU="S1", Nombre="b2")
    world.run_until_quiet()
    assert skus(world) == {"A": "S2", "B": "S1"}
    world.check_invariants()


def test_h22_of_two_claims_in_one_batch_the_first_has_it(world: World) -> None:
    world.put("products", "B", SKU="S1")
    world.put("products", "A", SKU="S1")
    world.run()
    assert skus(world) == {"B": "S1"}
    assert world.inbox_states("products") == {"applied": 1, "quarantined": 1}
    world.check_invariants()


@pytest.mark.parametrize("chunk", [1, 5_000])
def test_h25_two_products_swap_their_sku(world: World, chunk: int) -> None:
    world.set(apply_chunk=chunk)
    world.put("products", "A", SKU="S1")
    world.put("products", "B", SKU="S2")
    world.run()
    world.put("products", "A", SKU="S2")
    world.put("products", "B", SKU="S1")
    world.run()
    assert skus(world) == {"A": "S2", "B": "S1"}
    assert world.inbox_states("products") == {"applied": 4}
    world.check_invariants()


@pytest.mark.parametrize("chunk", [1, 5_000])
def test_h25_a_ring_and_a_chain_of_three(world: World, chunk: int) -> None:
    world.set(apply_chunk=chunk)
    for key in "ABCXYZ":
        world.put("products", key, SKU=f"S{key}")
    world.run()
    for key, sku in (("A", "SB"), ("B", "SC"), ("C", "SA"), ("X", "SY"), ("Y", "SZ"), ("Z", "NEW")):
        world.put("products", key, SKU=sku)
    world.run()
    assert skus(world) == {"A": "SB", "B": "SC", "C": "SA", "X": "SY", "Y": "SZ", "Z": "NEW"}
    assert world.inbox_states("products") == {"applied": 12}
    world.check_invariants()


def test_h25_a_constraint_of_the_shop_refuses_one_row_only(world: World) -> None:
    rows: list[dict[str, Any]] = [{"key": f"P{n:03}"} for n in range(120)]
    rows[57] |= {"Nombre": REFUSED_NAME}
    world.put_many("products", rows)
    done = world.run()
    assert done.applied["products"].quarantined == 1
    assert world.inbox_states("products") == {"applied": 119, "quarantined": 1}
    (bad,) = quarantine.list_rows(world.bridge, "platform")
    assert bad.record_key == "P057" and bad.rules == ("target.refused",)
    assert "ck_shop_product_name" in world.findings("products")[0]["message"], "the server's own message"
    world.check_invariants()


def test_h25_one_of_two_that_swap_is_refused(world: World) -> None:
    """Then neither has the other's SKU, and nothing is left under a temporary value."""
    world.put("products", "A", SKU="S1")
    world.put("products", "B", SKU="S2")
    world.put("products", "C", SKU="S3")
    world.run()
    world.put("products", "A", SKU="S2")
    world.put("products", "B", SKU="S1", Nombre=REFUSED_NAME)
    world.put("products", "C", SKU="S3", Nombre="goes on")
    world.run_until_quiet()
    assert skus(world) == {"A": "S1", "B": "S2", "C": "S3"}
    assert world.shop_rows("products")["C"]["name"] == "goes on"
    world.check_invariants()
