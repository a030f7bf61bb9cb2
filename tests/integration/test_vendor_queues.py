"""Queues that a vendor made and fills: only the agreed fields, in its own order, letter case and types."""

from __future__ import annotations

import pytest

from kit.vendor import CATEGORIES, PRODUCTS, make_queue, vendor_put
from kit.world import World

pytestmark = pytest.mark.lean_gate

BARE = {  # no Fecha_Creacion, none of Puente's own columns
    "EXISTENCIA": "int", "precio_1": "float", "sku": "char", "nombre": "wide", "Id_Producto": "int",
    "id_registro": "int id",
}  # fmt: skip


def test_only_the_agreed_columns_with_int_ids_and_float_prices(world: World) -> None:
    make_queue(world, "products", BARE)
    for key in (7, 8, 9):
        row = {"Id_Producto": key, "sku": f"S{key}", "nombre": f"Llanta {key}", "precio_1": 19.99, "EXISTENCIA": 4}
        vendor_put(world, "products", **row)

    done = world.run()

    assert done.errors == {} and done.cleared["products"] == 3
    row = world.shop_rows("products")["7"]
    assert (row["sku"], row["name"], row["price_1"], row["stock"]) == ("S7", "Llanta 7", "19.9900", "4.0000")
    assert world.work() == []
    world.check_invariants()


def test_later_versions_of_a_bare_queue_win(world: World) -> None:
    make_queue(world, "products", BARE)
    for stock in (4, 3, 2):
        vendor_put(world, "products", Id_Producto=7, sku="S7", nombre="Llanta", EXISTENCIA=stock)
    world.run()
    vendor_put(world, "products", Id_Producto=7, sku="S7", nombre="Llanta", EXISTENCIA=1)
    world.run()
    assert world.shop_rows("products")["7"]["stock"] == "1.0000"
    assert world.inbox_states("products") == {"superseded": 2, "applied": 2}
    world.check_invariants()


def test_an_identical_row_under_a_new_id_is_a_row_of_its_own(world: World) -> None:
    make_queue(world, "products", BARE)
    for name in ("v1", "v2", "v1"):
        vendor_put(world, "products", Id_Producto=7, sku="S7", nombre=name)
        world.run()
    assert world.shop_rows("products")["7"]["name"] == "v1"
    assert world.inbox_states("products") == {"applied": 3}
    world.check_invariants()


@pytest.mark.parametrize("filled_again", [1, 3, 5])
def test_p04_a_bare_queue_emptied_and_filled_again_from_id_1(world: World, filled_again: int) -> None:
    make_queue(world, "products", BARE)
    for key in range(3):
        vendor_put(world, "products", Id_Producto=key, sku=f"S{key}", nombre="before")
    world.run()
    world.empty_queue("products", restart=True)
    for key in range(filled_again):
        vendor_put(world, "products", Id_Producto=key, sku=f"S{key}", nombre="after")
    world.run()
    names = [row["name"] for _, row in sorted(world.shop_rows("products").items())]
    assert names == ["after" if n < filled_again else "before" for n in range(max(3, filled_again))]
    assert world.queue_ids("products") == []
    world.check_invariants()


def test_h03_a_bare_queue_filled_again_between_receive_and_clear(world: World) -> None:
    """Without a creation time only the content tells the rows apart."""
    make_queue(world, "products", BARE)
    for key in range(3):
        vendor_put(world, "products", Id_Producto=key, sku=f"S{key}", nombre="before")
    world.receive("products", "r1")
    world.empty_queue("products", restart=True)
    vendor_put(world, "products", Id_Producto=0, sku="S0", nombre="before")  # says the same under the same id
    vendor_put(world, "products", Id_Producto=1, sku="S1", nombre="after")
    world.clear("products", "r1")
    assert world.queue_ids("products") == [2]
    world.run("r1")
    world.run_until_quiet()
    names = [row["name"] for _, row in sorted(world.shop_rows("products").items())]
    assert names == ["before", "after", "before"]
    world.check_invariants()


def test_a_table_name_in_another_letter_case(world: World) -> None:
    world.altered_tables["erp"].add("CATEGORIAS_PRODUCTOS")
    make_queue(world, "categories", CATEGORIES, table="CATEGORIAS_PRODUCTOS")
    vendor_put(world, "categories", table="CATEGORIAS_PRODUCTOS", ID_Categoria="F1", Nombre="Llantas")
    world.run()
    assert world.shop_rows("categories").keys() == {"F1"}
    with world.erp.read() as conn:
        assert conn.exec_driver_sql("SELECT COUNT(*) FROM CATEGORIAS_PRODUCTOS").scalar() == 0


def test_null_creation_times_are_cleared(world: World) -> None:
    make_queue(world, "categories", CATEGORIES)
    vendor_put(world, "categories", ID_Categoria="F1", Nombre="x", Fecha_Creacion=None)
    vendor_put(world, "categories", ID_Categoria="F2", Nombre="x")
    world.run()
    assert world.queue_ids("categories") == []
    assert world.inbox_states("categories") == {"applied": 2}
    world.check_invariants()


def test_h05_rows_of_a_bare_queue_restored_after_they_were_cleared(world: World) -> None:
    make_queue(world, "products", BARE)
    vendor_put(world, "products", Id_Producto=7, sku="S7", nombre="v1")
    vendor_put(world, "products", Id_Producto=7, sku="S7", nombre="v2")
    world.run()
    shop = world.shop_rows("products")
    # The backup's rows with their ids; its counter stands at 2 as well, so nothing says that ids restarted.
    for row_id, name in ((1, "v1"), (2, "v2")):
        vendor_put(world, "products", id_registro=row_id, Id_Producto=7, sku="S7", nombre=name)
    done = world.run()
    assert done.applied["products"].applied == 0
    assert world.shop_rows("products") == shop
    assert world.queue_ids("products") == []
    world.check_invariants()


def test_operations_and_optional_columns_of_a_vendor_are_understood(world: World) -> None:
    make_queue(world, "categories", {**CATEGORIES, "operacion": "char", "descripcion": "wide"})
    vendor_put(world, "categories", ID_Categoria="F1", Nombre="x", operacion=None, descripcion="d")
    vendor_put(world, "categories", ID_Categoria="F2", Nombre="x", operacion="u")
    vendor_put(world, "categories", ID_Categoria="F3", Nombre="x", operacion="?")
    world.run()
    assert world.shop_rows("categories").keys() == {"F1", "F2"}
    assert world.shop_rows("categories")["F1"]["description"] == "d"
    assert world.findings("categories")[0]["rule_id"] == "envelope.operation"
    vendor_put(world, "categories", ID_Categoria="F1", operacion="d")
    world.run()
    assert world.shop_rows("categories").keys() == {"F2"}
    world.check_invariants()


def test_prices_absent_from_the_queue_are_unknown_not_zero(world: World) -> None:
    make_queue(world, "products", {name: word for name, word in PRODUCTS.items() if name != "Precio_1"})
    vendor_put(world, "products", ID_Producto="A1", SKU="S1", Nombre="x", Existencia="4")
    world.run()
    assert world.shop_rows("products")["A1"]["price_1"] is None
    world.check_invariants()
