"""The full inventory finds what is wrong and nothing else, and has it mended by the normal way."""

from __future__ import annotations

import csv
import json
import os
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from kit import own_tables
from kit.world import World
from puente.contract import COMPARED, Side
from puente.db import schema
from puente.errors import GateClosed, Paused, PuenteError
from puente.nightly import compare as step
from puente.nightly import inventory, looks
from puente.nightly.compare import Compared, Comparison, compare
from puente.nightly.inventory_report import verify, write_report
from puente.nightly.repairs import order_repairs
from puente.sync import capture, control, outbox, quarantine
from puente.sync.bindings import by_erp_id

pytestmark = pytest.mark.lean_gate

RELATIONS = "SELECT category AS ID_Categoria, product AS ID_Producto FROM shop_product_category"
PROFILE = {"capture_product_categories.sql": RELATIONS}  # the small shop's profile does not show its relations
ONE_WAY = ("categories", "products", "product_categories")
BOTH_WAYS = ("companies", "contacts")
ROWS = int(os.environ.get("PUENTE_TEST_ROWS", "20000"))


@pytest.fixture(params=("sqlite-sqlite", "mariadb-mariadb", "mssql-mariadb"))
def shop(request: pytest.FixtureRequest, make_world: Callable[[str], World], databases: Any) -> World:
    """A world whose shop shows its relations as well."""
    return _world(make_world(request.param), databases)


@pytest.fixture
def lite(make_world: Callable[[str], World], databases: Any) -> World:
    """The same on SQLite alone, for what does not depend on the engine."""
    return _world(make_world("sqlite-sqlite"), databases)


def _world(world: World, databases: Any) -> World:
    world.set(expectations_dir=databases.lean_expectations())
    world.use_profile("platform", PROFILE)
    return world


def cycle(world: World, *entities: str) -> None:
    """What the four Dags do in five minutes; with names, only these entities from the ERP to the shop."""
    for entity in entities or (*ONE_WAY, *BOTH_WAYS):
        world.capture(entity)
    for done in world.run_until_quiet():
        assert done.errors == {}
    if not entities:
        shop_speaks(world)
        for done in world.run_until_quiet(reader="erp"):
            assert done.errors == {}


def shop_speaks(world: World) -> None:
    for entity in BOTH_WAYS:
        capture.capture(world.bridge, entity, world.next_run(), side="platform")
    outbox.deliver(world.bridge, world.next_run())


def articles(world: World, count: int = 6) -> None:
    for n in range(count):
        world.own("articulo", cve=f"A{n}", sku=f"S{n}", nombre=f"Llanta {n}", precio="100")
        world.own("almacen", cve=f"A{n}", piezas="5")


def customers(world: World) -> None:
    for n in (1, 2):
        world.own("cliente", cve=f"E{n}", nombre=f"Llantera {n}", rfc=f"TOR85010{n}AB1", telefono="55 1", activo=1)
        world.own("persona", cve=f"P{n}", nombres=f"Ana {n}", cliente=f"E{n}", correo=f"ana{n}@example.mx", activo=1)


def catalogue(world: World) -> None:
    """Two families, six articles with stock in one of them, two companies with a contact; on both sides."""
    for family in ("F1", "F2"):
        world.own("familia", cve=family, nombre=f"Familia {family}")
    articles(world)
    for n in range(6):
        world.own("articulo_familia", familia="F1", articulo=f"A{n}")
    customers(world)
    cycle(world)


def take(world: World, *entities: str, run: str | None = None) -> Comparison:
    return compare(world.bridge, world.next_run(run), entities or COMPARED)


def of(comparison: Comparison, entity: str) -> Compared:
    return next(one for one in comparison.entities if one.entity == entity)


def listed(world: World, *columns: str) -> dict[str, Any]:
    """Every key on the list of differences: what it is, and these columns."""
    rows = world.rows_of("platform", schema.difference)
    return {f"{row['entity']} {row['record_key']}": tuple(row[c] for c in ("found", *columns)) for row in rows}


def found(world: World) -> dict[str, Any]:
    return listed(world, "fields", "repair")


def balanced(comparison: Comparison) -> bool:
    return all(
        one.keys_total == sum(getattr(one, f"keys_{name}") for name in schema.FOUND) for one in comparison.entities
    )


def lose(world: World, entity: str) -> None:
    """A vendor's TRUNCATE: what was captured never arrives."""
    world.capture(entity)
    assert world.queue_ids(entity)
    world.empty_queue(entity, restart=False)


# ---------------------------------------------------------------- P21: damage
def damage(world: World) -> None:
    """Seven kinds: what somebody spoiled in the shop, and changes that were lost on their way."""
    world.platform_sql(
        "UPDATE shop_product SET price_1 = '99' WHERE erp_id = 'A0'",
        "UPDATE shop_product SET stock = '50' WHERE erp_id = 'A1'",
        "DELETE FROM shop_product WHERE erp_id = 'A2'",
        "DELETE FROM shop_product_category WHERE product IN ('A3', 'A5')",
        "UPDATE shop_category SET title = 'Otra' WHERE erp_id = 'F2'",
    )
    world.own_delete("articulo", cve="A5")
    world.own_delete("articulo_familia", articulo="A5")
    lose(world, "products")
    lose(world, "product_categories")
    world.own("cliente", cve="E1", telefono="55 9")
    lose(world, "companies")


def test_p21_seven_kinds_of_damage_are_found_reported_and_mended_by_the_normal_way(shop: World) -> None:
    catalogue(shop)
    result = take(shop)
    assert found(shop) == {} and (result.differences, result.repairs, result.refusals) == (0, 0, {})
    assert [(one.entity, one.keys_same) for one in result.entities] == [
        ("categories", 2), ("products", 6), ("product_categories", 6), ("companies", 2), ("contacts", 2),
    ]  # fmt: skip
    damage(shop)
    taken = inventory.take_inventory(shop.bridge, shop.next_run("night"))
    assert found(shop) == {
        "products A0": ("different", "Precio_1", "send"),
        "products A1": ("different", "Existencia", "send"),
        "products A2": ("missing", None, "send"),
        "products A5": ("extra", None, "delete"),
        "product_categories F1|A3": ("missing", None, "send"),
        "companies E1": ("different", "Telefono_Fijo", "send"),
        "categories F2": ("different", "Nombre", "send"),
    }
    assert (taken.found.differences, sum(taken.ordered.values())) == (7, 7) and balanced(taken.found)
    assert [row["outcome"] for row in shop.rows_of("platform", schema.difference)] == ["ordered"] * 7
    check_report(taken.report)
    cycle(shop)
    after = take(shop)
    assert found(shop) == {} and after.differences == 0
    rows = shop.shop_rows("products")
    assert (rows["A0"]["price_1"], rows["A1"]["stock"]) == ("100.0000", "5.0000")
    assert rows.keys() == {"A0", "A1", "A2", "A3", "A4"}
    assert shop.shop_rows("companies")["E1"]["phone"] == "55 9"
    shop.check_invariants()


def check_report(path: Path) -> None:
    """Keys and fields in the sealed JSON and on the page, values in the CSV only."""
    document = json.loads(path.read_text(encoding="utf-8"))
    body = document["inventory"]
    assert (body["verdict"], body["differences_in_all"], body["listed_in_all"]) == ("ordered", 7, 7)
    assert {(one["record_key"], one["repair"]) for one in body["differences"]} >= {("A2", "send"), ("A5", "delete")}
    page = path.with_suffix(".html").read_text(encoding="utf-8")
    for text in (path.read_text(encoding="utf-8"), page):
        assert "55 9" not in text and "Otra" not in text and "Familia F2" not in text
    assert "Reparaciones en camino" in page and "El ERP lo envía otra vez" in page
    with path.with_suffix(".csv").open(encoding="utf-8-sig", newline="") as file:
        lines = {line["clave"]: line for line in csv.DictReader(file)}
    assert (lines["E1"]["erp"], lines["E1"]["tienda"], lines["E1"]["campo"]) == ("55 9", "55 1", "Telefono_Fijo")
    assert lines["A0"]["ordenada"] == "sí" and lines["F2"]["tienda"] == "Otra"
    assert verify(path, b"seal key of the tests") == []
    table = path.with_suffix(".csv")
    table.write_bytes(table.read_bytes().replace(b"55 9", b"55 8"))
    assert verify(path, b"seal key of the tests") == ["the CSV is not the one that was sealed"]


# ---------------------------------------------------------------- P21: noise
def test_p21_one_value_in_two_representations_is_no_difference(shop: World) -> None:
    """Rows that hold the same at another precision, in another Unicode form, with blanks, with '' for NULL."""
    lite = shop.erp.dialect == "sqlite"
    number: Callable[[str], Any] = str if lite else shop._number
    names = ("Llanta Ñandú", unicodedata.normalize("NFD", "Llanta Ñandú  "))
    ours, stock, theirs = [], [], []
    for n in range(ROWS):
        price = f"{n % 900}.{n % 10}"
        ours.append({"cve": f"A{n:06}", "sku": f"S{n}", "nombre": names[0], "descripcion": "", "precio": number(price)})
        stock.append({"cve": f"A{n:06}", "piezas": number("7" if n % 2 else "7.0")})
        theirs.append(
            {
                "erp_id": f"A{n:06}", "sku": f"S{n}", "name": names[1], "description": None,
                "price_1": number(f"{price}000"), "stock": number("7.0000"), "active": 1,
            }
        )  # fmt: skip
    with shop.erp.begin() as conn:
        conn.execute(insert(own_tables.articulo), ours)
        conn.execute(insert(own_tables.almacen), stock)
    with shop.platform.begin() as conn:
        conn.execute(insert(own_tables.shop_product), theirs)
    one = of(take(shop, "products"), "products")
    assert (one.read_erp, one.read_platform, one.keys_same, one.differences, one.keys_in_flight) == (
        ROWS, ROWS, ROWS, 0, 0,
    )  # fmt: skip
    assert found(shop) == {} and shop.rows_of("platform", schema.compare) == []
    assert "Marca" in one.left_out and "Precio_1" in one.compared
    shop.platform_sql("UPDATE shop_product SET stock = 8 WHERE erp_id = 'A000001'")
    take(shop, "products")
    assert listed(shop, "fields") == {"products A000001": ("in_flight", "Existencia")}, "and of this one only the stock"


def test_p21_a_shop_that_keeps_fewer_decimals_says_so_in_its_profile(lite: World) -> None:
    articles(lite, 3)
    cycle(lite, "products")
    lite.own("articulo", cve="A1", precio="10.1250")
    lite.own("articulo", cve="A2", precio="10.1251")
    cycle(lite, "products")
    lite.platform_sql("UPDATE shop_product SET price_1 = '10.13' WHERE erp_id = 'A1'")
    lite.platform_sql("UPDATE shop_product SET price_1 = '10.14' WHERE erp_id = 'A2'")
    take(lite, "products")
    assert found(lite).keys() == {"products A1", "products A2"}
    profile = Path(lite.settings.profiles_dir, lite.link.platform_profile, "profile.yaml").read_text(encoding="utf-8")
    lite.use_profile("platform", {"profile.yaml": f"{profile}inventory:\n  decimals: {{Precio_1: 2}}\n"})
    take(lite, "products")
    assert found(lite).keys() == {"products A2"}


# ---------------------------------------------------------------- under way, set aside
def test_what_is_under_way_or_set_aside_is_reported_as_such_and_not_repaired(lite: World) -> None:
    articles(lite)
    customers(lite)
    cycle(lite)
    lite.own("articulo", cve="A0", nombre="Cambia")  # not captured yet
    lite.own("articulo", cve="A1", precio="-5")  # will be quarantined
    lite.own("articulo", cve="A2", precio="-6")  # will be discarded
    lite.own("articulo", cve="A3", sku="S" * 90)  # does not fit its queue
    lite.own("articulo_familia", familia="F9", articulo="A0")  # held: there is no such family
    lite.own("articulo", cve="A0", nombre="Llanta 0")
    lite.capture("products")
    lite.capture("product_categories")
    lite.run_until_quiet()
    (row,) = [r for r in lite.inbox("products") if r["record_key"] == "A2" and r["state"] == "quarantined"]
    quarantine.discard(lite.route("products"), row["inbox_id"], "ana", "no")
    lite.own("articulo", cve="A4", nombre="En la cola")
    lite.capture("products")
    lite.own("articulo", cve="A0", nombre="Cambia")
    lite.own("articulo", cve="A9", sku="S9", nombre="Nueva", precio="1")
    lite.shop_own("shop_company", lite.shop_ids("companies")["E1"], phone="55 2")  # the shop's own change
    lite.shop_own("shop_company", name="Nueva", tax_id="NUE850101AB1")  # and its new customer
    number = lite.shop_ids("companies").keys() - {"E1", "E2"}
    with lite.platform.begin() as conn:
        conn.execute(
            insert(schema.conflict).values(
                link_id="main", entity="contacts", record_key="P1", winner="erp", why="w", loser="{}", at="2026"
            )
        )
    lite.shop_own("shop_contact", lite.shop_ids("contacts")["P1"], names="Otra")
    result = take(lite)
    assert listed(lite, "why", "repair") == {
        "products A0": ("in_flight", "uncaptured_erp", None),
        "products A1": ("quarantined", "rule:products.precio_1.not_negative", None),
        "products A2": ("discarded", "rule:products.precio_1.not_negative", None),
        "products A3": ("unfit", "unfit:SKU", None),
        "products A4": ("in_flight", "queued", None),
        "products A9": ("in_flight", "uncaptured_erp", None),
        "product_categories F9|A0": ("held", "rule:product_categories.parents.known", None),
        "companies E1": ("in_flight", "uncaptured_platform", None),
        f"companies {number.pop()}": ("in_flight", "uncaptured_platform", None),
        "contacts P1": ("conflict", "conflict", None),
    }
    assert (result.differences, result.repairs) == (0, 0) and balanced(result)
    receipt = lite.receive("products")
    take(lite, "products")
    assert listed(lite, "why")["products A4"] == ("in_flight", "inbox")
    assert receipt.batch_id


@pytest.mark.parametrize("moment", ["before the second look", "around it", "after it"])
def test_a_record_that_changes_while_the_compare_runs_is_not_reported(
    lite: World, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    articles(lite)
    cycle(lite, "products")
    lite.platform_sql("UPDATE shop_product SET price_1 = '7' WHERE erp_id = 'A3'")  # real damage
    true_look = step.look_again

    def change() -> None:
        lite.own("articulo", cve="A1", precio="101")
        lite.own_delete("articulo", cve="A2")

    def look(job: looks.Job) -> None:
        if moment != "after it":
            change()
        if moment == "before the second look":
            cycle(lite, "products")
        true_look(job)
        if moment == "after it":
            change()
        if moment != "before the second look":
            cycle(lite, "products")

    lite.platform_sql("UPDATE shop_product SET price_1 = '8' WHERE erp_id IN ('A1', 'A2')")  # they differ at first
    with monkeypatch.context() as patch:
        patch.setattr(step, "look_again", look)
        result = take(lite, "products")
    assert of(result, "products").keys_different == 1 and listed(lite)["products A3"] == ("different",)
    assert {row[0] for row in listed(lite).values()} <= {"different", "in_flight"} and balanced(result)


def test_many_differences_are_looked_at_by_one_more_reading(lite: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "LOOK_BY_KEY", 1)
    monkeypatch.setattr(looks, "PAGE", 2)
    lite.own("familia", cve="F1", nombre="Familia")
    articles(lite, 5)
    for n in range(5):
        lite.own("articulo_familia", familia="F1", articulo=f"A{n}")
    cycle(lite, *ONE_WAY)
    lite.platform_sql(
        "DELETE FROM shop_product_category WHERE product > 'A1'",
        "UPDATE shop_product SET price_1 = '99' WHERE erp_id IN ('A0', 'A1', 'A4')",
    )
    result = take(lite, *ONE_WAY)
    assert found(lite) == {
        **{f"product_categories F1|A{n}": ("missing", None, "send") for n in (2, 3, 4)},
        **{f"products A{n}": ("different", "Precio_1", "send") for n in (0, 1, 4)},
    }
    assert (result.differences, result.repairs) == (6, 6) and balanced(result)


# ---------------------------------------------------------------- mass changes, dry runs, empty readings
def test_a_mass_change_is_not_repaired_unless_a_person_approves(lite: World) -> None:
    articles(lite, 40)
    cycle(lite, "products")
    lite.platform_sql("UPDATE shop_product SET price_1 = '1'")
    run = lite.next_run("night")
    taken = inventory.take_inventory(lite.bridge, run)
    assert (taken.decision, taken.ordered, of(taken.found, "products").repairs) == ("ask", {}, 40)
    assert order_repairs(lite.bridge, run) == {}
    assert not any(record["must_send"] for record in lite.records("products", "erp").values())
    inventory.refuse_repairs(lite.bridge, "night", "ana")
    assert of(step.load(lite.bridge, "night"), "products").decision == "rejected"
    assert order_repairs(lite.bridge, run, approved_by="ana") == {"products": 40}
    assert order_repairs(lite.bridge, run, approved_by="ana") == {"products": 40}  # cleared: nothing is doubled
    cycle(lite, "products")
    assert {row["price_1"] for row in lite.shop_rows("products").values()} == {"100.0000"}


def test_what_is_little_is_mended_while_a_person_is_asked_for_what_is_much(lite: World) -> None:
    lite.set(language="en")
    articles(lite, 40)
    for n in (1, 2):
        lite.own("familia", cve=f"F{n}", nombre=f"Familia {n}")
    cycle(lite, "categories", "products")
    lite.platform_sql("UPDATE shop_product SET price_1 = '1'")
    lite.platform_sql("UPDATE shop_category SET title = 'Otra' WHERE erp_id = 'F1'")
    run = lite.next_run("night")
    taken = inventory.take_inventory(lite.bridge, run)
    assert taken.decisions == {"categories": "repair", "products": "ask"}
    assert taken.ordered == {"categories": 1}
    assert [(one.entity, one.decision) for one in taken.found.entities if one.repairs] == [
        ("categories", "ordered"), ("products", "ask"),
    ]  # fmt: skip
    asked = inventory.question(lite.bridge, "night")[1]
    assert "Products: 40 repairs" in asked and "Categories" not in asked
    assert json.loads(taken.report.read_text(encoding="utf-8"))["inventory"]["verdict"] == "ask"
    inventory.refuse_repairs(lite.bridge, "night", "ana")
    decided = {one.entity: (one.decision, one.who) for one in step.load(lite.bridge, "night").entities if one.repairs}
    assert decided == {"categories": ("ordered", ""), "products": ("rejected", "ana")}
    assert order_repairs(lite.bridge, run, approved_by="eva") == {"categories": 1, "products": 40}
    decided = {one.entity: (one.decision, one.who) for one in step.load(lite.bridge, "night").entities if one.repairs}
    assert decided == {"categories": ("ordered", ""), "products": ("ordered", "eva")}


def test_many_deletions_are_asked_about_however_small_their_share(lite: World) -> None:
    lite.set(language="en")
    articles(lite, 12)
    cycle(lite, "products")
    profile = Path(lite.settings.profiles_dir, lite.link.platform_profile, "profile.yaml").read_text(encoding="utf-8")
    limits = "limits:\n  mass_change: {share: 0.9, deletes_at_most: 2}\n"
    lite.use_profile("platform", {"profile.yaml": f"{profile}{limits}"})
    for n, decision in ((1, "repair"), (2, "repair"), (3, "ask")):
        lite.own_delete("articulo", cve=f"A{n}")
        lose(lite, "products")
        lite.platform_sql(f"UPDATE shop_product SET price_1 = '1' WHERE erp_id = 'A{9 - n}'")  # no deletion
        run = lite.next_run()
        compare(lite.bridge, run, ("products",))
        assert inventory.decide(lite.bridge, run.run_id, dry_run=False) == {"products": decision}
    assert "Products: 6 repairs (3 deletions) of 12 keys" in inventory.question(lite.bridge, run.run_id)[1]
    assert order_repairs(lite.bridge, run) == {}


def test_a_dry_run_orders_nothing(lite: World) -> None:
    articles(lite)
    cycle(lite, "products")
    lite.platform_sql("UPDATE shop_product SET price_1 = '1' WHERE erp_id = 'A1'")
    before = [lite.records("products", side) for side in ("erp", "platform")]
    lite.set(language="en")
    taken = inventory.take_inventory(lite.bridge, lite.next_run(), dry_run=True)
    assert (taken.decision, taken.ordered, taken.found.repairs) == ("dry_run", {}, 1)
    assert [lite.records("products", side) for side in ("erp", "platform")] == before
    assert lite.queue_ids("products") == []
    assert json.loads(taken.report.read_text(encoding="utf-8"))["inventory"]["verdict"] == "dry_run"
    page = taken.report.with_suffix(".html").read_text(encoding="utf-8")
    assert "This was a dry run." in page and "The ERP sends it again: not ordered" in page


@pytest.mark.parametrize("side", ["erp", "platform"])
def test_p23_an_empty_reading_is_not_all_missing(lite: World, side: Side) -> None:
    articles(lite)
    for n in (1, 2):
        lite.own("familia", cve=f"F{n}", nombre=f"Familia {n}")
    cycle(lite, "categories", "products")
    table = ("UPDATE shop_product SET active = 0",) if side == "platform" else ()
    lite.platform_sql(*table, "UPDATE shop_category SET title = 'Otra' WHERE erp_id = 'F1'")
    if side == "erp":
        lite.own_delete("articulo")
    taken = inventory.take_inventory(lite.bridge, lite.next_run())
    one = of(taken.found, "products")
    assert "no rows" in one.refused and one.decision == "closed" and (one.differences, one.repairs) == (0, 0)
    assert taken.ordered == {"categories": 1}, "what could be compared is mended all the same"
    assert list(found(lite)) == ["categories F1"]
    assert json.loads(taken.report.read_text(encoding="utf-8"))["inventory"]["verdict"] == "closed"


def test_p23_a_failed_reading_is_not_all_missing(lite: World) -> None:
    articles(lite)
    cycle(lite, "products")
    lite.use_profile("platform", {"capture_products.sql": "SELECT erp_id AS ID_Producto FROM no_such_table"})
    with pytest.raises(Exception, match="no_such_table"):
        take(lite, "products")
    assert found(lite) == {}
    with pytest.raises(GateClosed, match="compared nothing"):
        inventory.gate(lite.bridge, "r9")


def test_a_key_that_a_side_shows_twice_closes_the_gate_of_its_entity(lite: World) -> None:
    articles(lite)
    cycle(lite, "products")
    twice = "SELECT erp_id AS ID_Producto, sku AS SKU FROM shop_product UNION ALL SELECT 'A1', 'S1' FROM shop_product"
    lite.use_profile("platform", {"capture_products.sql": twice})
    lite.own_delete("articulo", cve="A3")
    lose(lite, "products")
    taken = inventory.take_inventory(lite.bridge, lite.next_run())
    assert listed(lite, "repair") == {"products A1": ("doubled", None), "products A3": ("extra", "delete")}
    assert taken.ordered == {} and "keys.unique" in of(taken.found, "products").refused


def test_a_list_that_another_inventory_has_replaced_is_not_repaired(lite: World) -> None:
    articles(lite)
    cycle(lite, "products")
    lite.platform_sql("UPDATE shop_product SET price_1 = '1' WHERE erp_id = 'A1'")
    old = lite.next_run("old")
    compare(lite.bridge, old, ("products",))
    take(lite, "products", run="new")
    with pytest.raises(PuenteError, match="another inventory"):
        order_repairs(lite.bridge, old)


def test_what_was_ordered_before_a_pause_is_not_called_paused(lite: World) -> None:
    articles(lite, 40)
    lite.own("familia", cve="F1", nombre="Familia")
    cycle(lite, "categories", "products")
    lite.platform_sql("UPDATE shop_product SET price_1 = '1'", "UPDATE shop_category SET title = 'Otra'")
    run = lite.next_run("night")
    inventory.take_inventory(lite.bridge, run)
    control.pause(lite.platform, "main", "*", "ana", "stocktaking")
    with pytest.raises(Paused):
        order_repairs(lite.bridge, run, approved_by="eva")
    decided = {one.entity: one.decision for one in step.load(lite.bridge, "night").entities if one.repairs}
    assert decided == {"categories": "ordered", "products": "paused"}


def test_while_the_link_is_paused_nothing_is_repaired_and_the_report_says_so(lite: World) -> None:
    articles(lite, 40)
    cycle(lite, "products")
    lite.platform_sql("UPDATE shop_product SET price_1 = '1'")
    control.pause(lite.platform, "main", "*", "restore", "a side is being restored")
    run = lite.next_run("night")
    with pytest.raises(Paused, match="restore"):
        inventory.take_inventory(lite.bridge, run, approved_by="ana")
    assert not any(record["must_send"] for record in lite.records("products", "erp").values())
    path = lite.settings.reports_dir / "main" / "inventory"
    (report,) = [json.loads(file.read_text(encoding="utf-8"))["inventory"] for file in path.glob("*.json")]
    decided = {one["entity"]: (one["decision"], one["who"]) for one in report["entities"] if one["repairs"]}
    assert report["verdict"] == "paused" and decided == {"products": ("paused", "ana")}
    (page,) = path.glob("*.html")
    assert "en pausa" in page.read_text(encoding="utf-8")
    control.resume(lite.platform, "main", "*")
    assert order_repairs(lite.bridge, run, approved_by="ana") == {"products": 40}


def test_a_report_whose_list_is_gone_stays_as_it_was_sealed(lite: World) -> None:
    articles(lite)
    cycle(lite, "products")
    lite.platform_sql("UPDATE shop_product SET price_1 = '1' WHERE erp_id = 'A1'")
    old = inventory.take_inventory(lite.bridge, lite.next_run("old"), dry_run=True).report
    sealed = [old.with_suffix(kind).read_bytes() for kind in (".json", ".csv", ".html")]
    unwritten = lite.next_run("unwritten")
    compare(lite.bridge, unwritten)
    take(lite, run="new")
    assert write_report(lite.bridge, "old") == old
    assert [old.with_suffix(kind).read_bytes() for kind in (".json", ".csv", ".html")] == sealed
    with pytest.raises(PuenteError, match="products .* another inventory"):
        write_report(lite.bridge, "unwritten")
    assert inventory.take_inventory(lite.bridge, lite.next_run("new"), dry_run=True).found.differences == 1


# ---------------------------------------------------------------- strangers and customers
def test_what_somebody_typed_in_the_shop_is_reported_and_never_deleted(lite: World) -> None:
    articles(lite, 3)
    cycle(lite, "products")
    lite.platform_sql("INSERT INTO shop_product (erp_id, sku, name, active) VALUES ('A8', 'S8', 'A mano', 1)")
    shown = (
        "SELECT NULLIF(erp_id, 'A7') AS ID_Producto, sku AS SKU, name AS Nombre, price_1 AS Precio_1,"
        " stock AS Existencia FROM shop_product WHERE active = 1"
    )
    lite.use_profile("platform", {"capture_products.sql": shown})
    lite.platform_sql("INSERT INTO shop_product (erp_id, sku, name, active) VALUES ('A7', 'S7', 'Sin clave', 1)")
    result = inventory.take_inventory(lite.bridge, lite.next_run())
    assert listed(lite, "why", "repair") == {
        "products A8": ("extra", "never_crossed", None), "products ~S7": ("extra", "never_crossed", None),
    }  # fmt: skip
    assert (result.found.differences, result.ordered, result.decision) == (2, {}, "nothing")


def test_customers_are_mended_by_the_policy_and_never_deleted_on_a_guess(lite: World) -> None:
    customers(lite)
    cycle(lite)
    lite.own("cliente", cve="E2", activo=0)
    lite.own("persona", cve="P2", activo=0)
    lose(lite, "companies")  # the ERP has deleted both, and the shop has not heard of it
    lose(lite, "contacts")
    number = lite.shop_own("shop_company", name="Nueva", tax_id="NUE850101AB1")
    shop_speaks(lite)
    table = lite.queue_table("companies", "platform")
    with lite.erp.begin() as conn:
        assert conn.execute(table.delete()).rowcount == 1  # and the ERP not of the shop's new customer
    assert take(lite, *BOTH_WAYS).repairs == 3
    assert found(lite) == {
        "companies E2": ("extra", None, "delete"),
        "contacts P2": ("extra", None, "delete"),
        f"companies ~{number}": ("extra", None, "send_to_erp"),
    }
    inventory.take_inventory(lite.bridge, lite.next_run())
    cycle(lite)
    cycle(lite)
    assert lite.shop_rows("companies").keys() == {"E1", f"N{number}"}
    with lite.erp.begin() as conn:  # the ERP's control tables are those of an older backup
        record = schema.record
        conn.execute(record.delete().where(record.c.record_key == "E1"))
        conn.execute(own_tables.cliente.delete().where(own_tables.cliente.c.cve == "E1"))
        assert by_erp_id(conn, "main", "companies", ["E1"]) == {}
    take(lite, "companies")
    assert listed(lite, "why", "repair")["companies E1"] == ("extra", "unknown_to_erp", None)
    with lite.platform.read() as conn:
        assert conn.execute(select(schema.inventory.c.run_id)).all()


def test_what_a_restored_erp_has_never_heard_of_stays_in_the_shop(lite: World) -> None:
    """I12: the ERP's own tables and its control tables are those of an older backup."""
    articles(lite)
    cycle(lite, "products")
    lite.own_delete("articulo", cve="A4")
    with lite.erp.begin() as conn:
        conn.execute(schema.record.delete().where(schema.record.c.record_key == "A5"))
        conn.execute(own_tables.articulo.delete().where(own_tables.articulo.c.cve == "A5"))
    lose(lite, "products")
    taken = inventory.take_inventory(lite.bridge, lite.next_run())
    assert listed(lite, "why", "repair") == {
        "products A4": ("extra", None, "delete"), "products A5": ("extra", "unknown_to_erp", None),
    }  # fmt: skip
    assert taken.ordered == {"products": 1}
    cycle(lite, "products")
    assert lite.shop_rows("products").keys() == {"A0", "A1", "A2", "A3", "A5"}
