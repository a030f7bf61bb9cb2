"""Low stock: what is short is proposed once a day with its evidence, decided by a person, and ordered exactly once."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from kit.backups import Copy
from kit.orders import mails
from kit.world import PROFILES, World
from puente.contract import SIDES, Side
from puente.db import schema
from puente.errors import AlreadyDecided, ContractBroken, Paused, PuenteError
from puente.nightly import low_stock, purchases
from puente.nightly.repurchase import purchase_again
from puente.sync import control
from puente.sync.route import stored

pytestmark = [
    pytest.mark.lean_gate,
    pytest.mark.not_expressible("sqlite-mariadb", "the other pairs show both engines"),
]
NOW = dt.datetime(2026, 11, 24, 18, 30, tzinfo=dt.UTC)
ORDERS, LINES = schema.PURCHASE_ORDER, schema.PURCHASE_LINE
FORM = "https://airflow.example/runs/{request}"


@pytest.fixture
def shop(world: World) -> World:
    """28 days with two of A and one of B each; A nearly gone, B plentiful, C never sold and gone."""
    erp = (PROFILES / "mini_erp" / "profile.yaml").read_text(encoding="utf-8")
    rules = "{lead_days: 9, review_days: 7, weeks: 4, supplier: HULES, at_most: 2}"
    world.use_profile("erp", {"profile.yaml": f"{erp}\npurchasing: {rules}\n"})
    platform = (PROFILES / "mini_shop" / "profile.yaml").read_text(encoding="utf-8")
    notices = "{low_stock: compras@example.mx}"
    world.use_profile("platform", {"profile.yaml": f"{platform}\nnotices: {notices}\n"})
    for key, units in (("A", "3"), ("B", "500"), ("C", "0")):
        world.own("articulo", cve=key, sku=f"LL-{key}", nombre=f"Llanta {key}")
        world.own("almacen", cve=key, piezas=units)
    for day in range(28):
        sell(world, f"P{day}", NOW - dt.timedelta(days=28 - day), A="2", B="1")
    return world


def sell(world: World, order_id: str, at: dt.datetime, state: str = "ACEPTADO", **units: str) -> None:
    lines = [{"ID_Producto": product, "Cantidad": quantity} for product, quantity in units.items()]
    row = {"link_id": "main", "order_id": order_id, "state": state, "at": stored(at)}
    with world.platform.begin() as conn:
        conn.execute(insert(schema.order), {**row, "payload": json.dumps({"header": {}, "lines": lines})})


def propose(world: World, now: dt.datetime = NOW, run: str | None = None) -> list[str]:
    found = low_stock.propose_purchases(world.bridge, world.next_run(run), now, FORM)
    assert found is not None
    return found


def decide(
    world: World, request: str, approved: bool = True, who: str | None = "eva", **quantities: Any
) -> dict[str, int]:
    return purchases.decide(world.bridge, request, world.next_run(), approved=approved, quantities=quantities, who=who)


def proposals(world: World) -> dict[str, dict[str, Any]]:
    return {row["product_id"]: row for row in world.rows_of("platform", schema.proposal)}


def ordered(world: World) -> list[tuple[Any, ...]]:
    tables = schema.landing_tables[world.erp.dialect]
    heads = {row["ID_Orden_Compra"]: row for row in world.rows_of("erp", tables[ORDERS])}
    return [
        (heads[row["ID_Orden_Compra"]]["Proveedor"], row["ID_Producto"], float(row["Cantidad"]))
        for row in world.rows_of("erp", tables[LINES])
    ]


def test_what_is_short_is_proposed_with_its_evidence_and_told_once(shop: World) -> None:
    (request,) = propose(shop)
    assert request == "20261124-123000"
    (row,) = proposals(shop).values()
    assert (row["product_id"], row["sku"], row["supplier"], row["place"]) == ("A", "LL-A", "HULES", 1)
    evidence = json.loads(row["evidence"])
    assert (evidence["stock"], evidence["per_day"], evidence["days"]) == ("3.0000", 2.0, 28)
    assert float(row["reorder_point"]) == 18 and float(row["proposed"]) == 29  # 2 x (9 + 7) - 3
    (mail,) = mails(shop)
    assert (mail["order_id"], mail["state"], mail["recipient"]) == (request, "low_stock", "compras@example.mx")
    assert "LL-A" in mail["plain"] and "https://airflow.example/runs/20261124-123000" in mail["html"]
    for hour in range(1, 5):
        assert propose(shop, NOW + dt.timedelta(hours=hour)) == [request], "it still waits"
    assert len(mails(shop)) == len(proposals(shop)) == 1


def test_an_approved_quantity_is_ordered_exactly_once_whoever_takes_it_away(shop: World) -> None:
    (request,) = propose(shop)
    assert decide(shop, request, A=40) == {"approved": 1}
    written = purchases.order(shop.bridge, request, shop.next_run())
    assert ordered(shop) == [("HULES", "A", 40.0)]
    tables = schema.landing_tables[shop.erp.dialect]
    (head,) = shop.rows_of("erp", tables[ORDERS])
    assert (head["Autorizado_Por"], head["Renglones"], head["ID_Orden_Compra"]) == ("eva", 1, written[0])
    assert purchases.order(shop.bridge, request, shop.next_run()) == written
    assert len(ordered(shop)) == 1
    assert decide(shop, request, approved=False) == {"ordered": 1}, "what was decided stays"
    shop.erp_sql(f"DELETE FROM {LINES}", f"DELETE FROM {ORDERS}")  # the ERP's import took it
    shop.platform_sql("UPDATE puente_proposal SET status = 'approved'")  # the worker died before it marked
    assert purchases.order(shop.bridge, request, shop.next_run()) == written
    assert ordered(shop) == [] and proposals(shop)["A"]["status"] == "ordered"
    assert propose(shop, NOW + dt.timedelta(days=1)) == [], "40 are on their way"
    assert propose(shop, NOW + dt.timedelta(days=9)) == ["20261203-123000"], "they should have come, and did not"


@pytest.mark.not_expressible("m*-mariadb", "one table decides, on any engine")
def test_a_rejected_one_is_not_asked_again_today_and_an_unanswered_one_expires(shop: World) -> None:
    (request,) = propose(shop)
    assert decide(shop, request, approved=False) == {"rejected": 1}
    assert purchases.order(shop.bridge, request, shop.next_run()) == [] and ordered(shop) == []
    assert propose(shop, NOW + dt.timedelta(hours=1)) == []
    (second,) = propose(shop, NOW + dt.timedelta(days=1))
    assert second == "20261125-123000"
    (third,) = propose(shop, NOW + dt.timedelta(days=2, hours=1))
    assert third == "20261126-133000"
    by_day = {row["day"]: row["status"] for row in shop.rows_of("platform", schema.proposal)}
    assert by_day == {"2026-11-24": "rejected", "2026-11-25": "expired", "2026-11-26": "proposed"}
    with pytest.raises(AlreadyDecided, match=f"{second} .* nothing was ordered"):
        decide(shop, second)
    assert decide(shop, second, approved=False, who=None) == {"expired": 1}, "a no needs no words"
    assert decide(shop, third, approved=False, who=None) == {"expired": 1}, "nobody answered"


@pytest.mark.not_expressible("m*-mariadb", "arithmetic, on any engine")
def test_the_worst_comes_first_and_the_rest_an_hour_later(shop: World) -> None:
    for key, sold, left in (("D", "4", "0"), ("E", "1", "8")):
        shop.own("articulo", cve=key, sku=f"LL-{key}", nombre=f"Llanta {key}")
        shop.own("almacen", cve=key, piezas=left)
        for day in range(28):
            sell(shop, f"{key}{day}", NOW - dt.timedelta(days=28 - day), **{key: sold})
    propose(shop)
    assert {key: row["place"] for key, row in proposals(shop).items()} == {"D": 1, "A": 2}
    assert propose(shop, NOW + dt.timedelta(hours=1)) == ["20261124-123000", "20261124-133000"]
    assert proposals(shop)["E"]["request"] == "20261124-133000"
    assert decide(shop, "20261124-123000", A=0) == {"rejected": 1, "approved": 1}, "0 leaves a product out"
    with pytest.raises(PuenteError, match="no quantity of LL-E"):
        decide(shop, "20261124-133000", E="many")
    with pytest.raises(PuenteError, match="no product A"):
        decide(shop, "20261124-133000", A=1)
    assert proposals(shop)["E"]["status"] == "proposed", "nothing was decided"


@pytest.mark.not_expressible("m*-mariadb", "arithmetic, on any engine")
def test_reserved_units_count_and_orders_that_came_to_nothing_do_not(shop: World) -> None:
    sell(shop, "X1", NOW - dt.timedelta(days=1), "CANCELADO", B="10000")
    sell(shop, "X2", NOW - dt.timedelta(days=90), B="10000")
    assert propose(shop) == ["20261124-123000"] and set(proposals(shop)) == {"A"}
    with shop.platform.begin() as conn:
        kept = {"link_id": "main", "order_id": "R", "product_id": "B", "quantity": "495"}
        conn.execute(insert(schema.reservation), kept)
    propose(shop, NOW + dt.timedelta(hours=1))
    assert json.loads(proposals(shop)["B"]["evidence"])["available"] == "5.0000"


@pytest.mark.not_expressible("m*-mariadb", "files are the same whatever the engine")
def test_purchasing_sql_gives_a_product_its_supplier(shop: World) -> None:
    terms = "'MICH' AS Proveedor, 20 AS Dias_Entrega, 12 AS Multiplo"
    sql = f"SELECT cve AS ID_Producto, {terms} FROM articulo WHERE cve = 'A'"
    text = (shop.bridge.profile("erp").folder / "profile.yaml").read_text(encoding="utf-8")
    shop.use_profile("erp", {"profile.yaml": text, "purchasing.sql": sql})
    (request,) = propose(shop)
    assert (proposals(shop)["A"]["supplier"], float(proposals(shop)["A"]["proposed"])) == ("MICH", 60.0)
    decide(shop, request)
    purchases.order(shop.bridge, request, shop.next_run())
    assert ordered(shop) == [("MICH", "A", 60.0)]


@pytest.mark.not_expressible("m*-mariadb", "tables are looked for, on any engine")
def test_without_landing_tables_the_approval_is_kept(shop: World) -> None:
    (request,) = propose(shop)
    decide(shop, request)
    shop.altered.add("erp")
    shop.erp_sql(f"DROP TABLE {LINES}")
    with pytest.raises(ContractBroken, match="no Ordenes_Compra_Detalles"):
        purchases.order(shop.bridge, request, shop.next_run())
    assert proposals(shop)["A"]["status"] == "approved"


@pytest.mark.not_expressible("m*-mariadb", "a pause is a row, on any engine")
def test_while_the_link_is_paused_nothing_is_proposed_decided_or_ordered(shop: World) -> None:
    def refused(step: Callable[[], Any], on: Side = "platform") -> None:
        db = shop.bridge.database(on)
        control.pause(db, "main", "*", "restore", "a side is being restored")
        with pytest.raises(Paused, match="by restore"):
            step()
        control.resume(db, "main", "*")

    refused(lambda: propose(shop))
    assert proposals(shop) == {} and mails(shop) == []
    (request,) = propose(shop)
    refused(lambda: decide(shop, request))
    refused(lambda: propose(shop, NOW + dt.timedelta(days=2)))
    assert proposals(shop)["A"]["status"] == "proposed", "nor does it expire"
    decide(shop, request)
    for side in SIDES:
        refused(lambda: purchases.order(shop.bridge, request, shop.next_run()), side)
    assert ordered(shop) == [] and proposals(shop)["A"]["status"] == "approved"
    assert len(purchases.order(shop.bridge, request, shop.next_run())) == 1


@pytest.mark.not_expressible("m*-mariadb", "a transaction that fails leaves nothing, on any engine")
def test_a_cleared_task_finds_its_request_and_without_rules_nothing_is_planned(shop: World) -> None:
    assert propose(shop, run="hourly") == propose(shop, run="hourly") == ["20261124-123000"]
    shop.use_profile("erp", {"profile.yaml": "name: mini_erp\nside: erp\n"})
    assert low_stock.propose_purchases(shop.bridge, shop.next_run(), NOW) is None


# ---------------------------------------------------------------- I12
TOMORROW = NOW + dt.timedelta(days=1)


def buy(world: World) -> tuple[str, str]:
    """A request that is approved and ordered: its number, and the purchase order's."""
    propose(world)
    request = proposals(world)["A"]["request"]
    decide(world, request, A=40)
    (order_id,) = purchases.order(world.bridge, request, world.next_run())
    return request, order_id


@pytest.mark.parametrize("moment", ["before the proposal", "before the answer", "before the order"])
def test_a_restored_platform_does_not_order_twice(shop: World, moment: str, tmp_path: Path) -> None:
    copy = Copy(shop, "platform", tmp_path)
    if moment != "before the proposal":
        (request,) = propose(shop)
        copy = Copy(shop, "platform", tmp_path)
        if moment == "before the order":
            decide(shop, request, A=40)
            copy = Copy(shop, "platform", tmp_path)
    request, order_id = buy(shop)
    shop.erp_sql(f"DELETE FROM {LINES}", f"DELETE FROM {ORDERS}")  # the ERP's import took it
    kept = proposals(shop)["A"]
    copy.bring_back(shop)
    done = purchase_again(shop.bridge, "platform", "", shop.next_run())
    assert (done.taken_over, done.again, done.unclear) == ([order_id], [], [])
    assert proposals(shop)["A"] == {**kept, "ordered_at": proposals(shop)["A"]["ordered_at"]}
    assert purchase_again(shop.bridge, "platform", "", shop.next_run()).taken_over == [], "the task was cleared"
    assert propose(shop, TOMORROW) == [], "40 are on their way"
    assert decide(shop, request) == {"ordered": 1} and ordered(shop) == []


def test_a_restored_erp_gets_its_purchase_orders_back_once(shop: World, tmp_path: Path) -> None:
    copy = Copy(shop, "erp", tmp_path)
    request, order_id = buy(shop)
    copy.bring_back(shop)
    assert ordered(shop) == []
    for again in ([order_id], []):
        done = purchase_again(shop.bridge, "erp", stored(dt.datetime.now(dt.UTC)), shop.next_run())
        assert (done.again, done.taken_over, done.unclear) == (again, [], [])
        assert ordered(shop) == [("HULES", "A", 40.0)]
    assert propose(shop, TOMORROW) == []
    later = stored(dt.datetime.now(dt.UTC) + dt.timedelta(days=2))
    copy.bring_back(shop)
    assert purchase_again(shop.bridge, "erp", later, shop.next_run()).again == [], "the backup is newer than the order"


@pytest.mark.not_expressible("m*-mariadb", "what is listed is the same on any engine")
def test_after_a_restore_a_person_is_shown_what_nobody_can_know(shop: World, tmp_path: Path) -> None:
    copies = {side: Copy(shop, side, tmp_path) for side in SIDES}
    _, order_id = buy(shop)
    done = purchase_again(shop.bridge, "erp", "", shop.next_run(), own_tables_only=True)
    assert (done.again, done.unclear) == ([], [order_id]), "nobody sees what the ERP's import has made of it"
    with shop.erp.begin() as conn:
        conn.execute(schema.proposal.delete())  # as an earlier version of Puente wrote it
    copies["platform"].bring_back(shop)
    done = purchase_again(shop.bridge, "platform", "", shop.next_run())
    assert (done.taken_over, done.unclear) == ([], [order_id])

    copies["platform"].bring_back(shop)
    copies["erp"].bring_back(shop)
    _, order_id = buy(shop)
    copies["erp"].bring_back(shop)
    shop.altered.add("erp")
    shop.erp_sql(f"DROP TABLE {LINES}")  # restored to before `init` made it
    done = purchase_again(shop.bridge, "erp", "", shop.next_run())
    assert (done.again, done.unclear) == ([], [order_id])


@pytest.mark.not_expressible("m*-mariadb", "a number is a number on any engine")
def test_a_request_number_is_never_given_out_twice(shop: World, tmp_path: Path) -> None:
    copy = Copy(shop, "platform", tmp_path)
    (first,) = propose(shop)
    copy.bring_back(shop)
    (second,) = propose(shop, NOW + dt.timedelta(hours=1))
    shop.platform_sql("UPDATE puente_proposal SET product_id = 'Z', status = 'rejected'")
    (third,) = propose(shop, NOW + dt.timedelta(hours=1))
    assert (first, second, third) == ("20261124-123000", "20261124-133000", "20261124-133001")
