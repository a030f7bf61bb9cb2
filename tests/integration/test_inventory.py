"""P21, P23: the full inventory finds what is wrong on one side and nothing else, and has it mended by the normal way."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert

from kit import own_tables
from kit.world import World
from puente.db import schema
from puente.nightly import compare as step
from puente.nightly.compare import Compared, Comparison, compare
from puente.nightly.repairs import order_repairs
from puente.sync import capture, outbox

pytestmark = pytest.mark.lean_gate

RELATIONS = "SELECT category AS ID_Categoria, product AS ID_Producto FROM shop_product_category"
ONE_WAY = ("categories", "products", "product_categories")
BOTH_WAYS = ("companies", "contacts")


@pytest.fixture
def shop(world: World) -> World:
    """A world whose shop shows its relations as well."""
    world.use_profile("platform", {"capture_product_categories.sql": RELATIONS})
    return world


def cycle(world: World) -> None:
    """What the four Dags do in five minutes."""
    for entity in (*ONE_WAY, *BOTH_WAYS):
        world.capture(entity)
    for done in world.run_until_quiet():
        assert done.errors == {}
    for entity in BOTH_WAYS:
        capture.capture(world.bridge, entity, world.next_run(), side="platform")
    outbox.deliver(world.bridge, world.next_run())
    for done in world.run_until_quiet(reader="erp"):
        assert done.errors == {}


def catalogue(world: World, products: int = 6) -> None:
    """Two families, some articles with stock in them, two companies with a contact; on both sides."""
    for family in ("F1", "F2"):
        world.own("familia", cve=family, nombre=f"Familia {family}")
    for n in range(products):
        world.own("articulo", cve=f"A{n}", sku=f"S{n}", nombre=f"Llanta {n}", precio="100")
        world.own("almacen", cve=f"A{n}", piezas="5")
        world.own("articulo_familia", familia="F1", articulo=f"A{n}")
    for n in (1, 2):
        world.own("cliente", cve=f"E{n}", nombre=f"Llantera {n}", rfc=f"TOR85010{n}AB1", telefono="55 1", activo=1)
        world.own("persona", cve=f"P{n}", nombres=f"Ana {n}", cliente=f"E{n}", correo=f"ana{n}@example.mx", activo=1)
    cycle(world)
    cycle(world)


def take(world: World, *entities: str) -> Comparison:
    return compare(world.bridge, world.next_run(), entities or step.ENTITIES)


def of(comparison: Comparison, entity: str) -> Compared:
    return next(one for one in comparison.entities if one.entity == entity)


def found(world: World) -> dict[str, tuple[str, str | None, str | None]]:
    """Every listed key: what it is, its fields, its repair."""
    rows = world.rows_of("platform", schema.difference)
    return {f"{row['entity']} {row['record_key']}": (row["found"], row["fields"], row["repair"]) for row in rows}


def whys(world: World) -> dict[str, tuple[str, str | None]]:
    rows = world.rows_of("platform", schema.difference)
    return {f"{row['entity']} {row['record_key']}": (row["found"], row["why"]) for row in rows}


def balanced(comparison: Comparison) -> bool:
    return all(
        one.keys_total == sum(getattr(one, f"keys_{name}") for name in schema.FOUND) for one in comparison.entities
    )


# ---------------------------------------------------------------- P21
def test_p21_two_sides_that_agree_have_no_differences(shop: World) -> None:
    catalogue(shop)
    result = take(shop)
    assert found(shop) == {} and result.differences == 0 and result.repairs == 0
    assert [(one.entity, one.keys_same, one.refused) for one in result.entities] == [
        ("categories", 2, ""), ("products", 6, ""), ("product_categories", 6, ""), ("companies", 2, ""),
        ("contacts", 2, ""),
    ]  # fmt: skip
    assert balanced(result)


def test_p21_seven_kinds_of_damage_are_found_and_mended_by_the_normal_way(shop: World) -> None:
    catalogue(shop)
    damage(shop)
    result = take(shop)
    assert found(shop) == {
        "products A0": ("different", "Precio_1", "send"),
        "products A1": ("different", "Existencia", "send"),
        "products A2": ("missing", None, "send"),
        "products A5": ("extra", None, "delete"),
        "product_categories F1|A3": ("missing", None, "send"),
        "companies E1": ("different", "Telefono_Fijo", "send"),
        "categories F2": ("different", "Nombre", "send"),
    }
    assert (result.differences, result.repairs) == (7, 7) and balanced(result)
    run = shop.next_run("night")
    compare(shop.bridge, run)
    assert sum(order_repairs(shop.bridge, run).values()) == 7
    cycle(shop)
    cycle(shop)
    after = take(shop)
    assert found(shop) == {} and after.differences == 0
    rows = shop.shop_rows("products")
    assert rows["A0"]["price_1"] == "100.0000" and rows["A1"]["stock"] == "5.0000" and rows.keys() == {
        "A0", "A1", "A2", "A3", "A4",
    }  # fmt: skip
    assert shop.shop_rows("companies")["E1"]["phone"] == "55 9"
    shop.check_invariants()


def damage(world: World) -> None:
    """Seven kinds: what went wrong in the shop, and rows that were lost on their way."""
    world.platform_sql(
        "UPDATE shop_product SET price_1 = '99' WHERE erp_id = 'A0'",
        "UPDATE shop_product SET stock = '50' WHERE erp_id = 'A1'",
        "DELETE FROM shop_product WHERE erp_id = 'A2'",
        "DELETE FROM shop_product_category WHERE product = 'A3'",
        "UPDATE shop_category SET title = 'Otra' WHERE erp_id = 'F2'",
    )
    world.own_delete("articulo", cve="A5")
    world.own_delete("articulo_familia", articulo="A5")
    world.platform_sql("DELETE FROM shop_product_category WHERE product = 'A5'")
    for entity in ("products", "product_categories"):
        world.capture(entity)
        world.empty_queue(entity, restart=False)  # the vendor's TRUNCATE: the deletion never arrives
    world.own("cliente", cve="E1", telefono="55 9")
    world.capture("companies")
    world.empty_queue("companies", restart=False)
