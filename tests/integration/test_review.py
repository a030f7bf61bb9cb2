"""Histories that a review found on paper and then in fact."""

from __future__ import annotations

import pytest

from kit.world import World
from puente.errors import ContractBroken
from puente.sync import quarantine
from puente.sync.control import allow_mass_change

WHO, WHY = "ana", "seen with the buyer"


def test_a_delete_of_what_was_never_here_outlives_an_older_upsert(world: World) -> None:
    world.put("products", "K", row_id=11, Operacion="D")
    world.run()
    world.put("products", "K", row_id=10)  # committed late
    world.run()
    assert world.shop_rows("products") == {}
    assert world.state_of("products", 10) == "superseded"
    world.check_invariants()


def test_a_released_row_does_not_bring_back_what_was_deleted_after_it(world: World) -> None:
    world.put("products", "K", Nombre=None)
    world.run()
    world.put("products", "K", Operacion="D")
    world.run()
    (bad,) = quarantine.list_rows(world.bridge, "platform")
    quarantine.release(world.route("products"), bad.inbox_id, WHO, WHY, {"Nombre": "Llanta"})
    world.run_until_quiet()
    assert world.shop_rows("products") == {}
    world.check_invariants()


def test_a_held_link_that_was_deleted_meanwhile_stays_away(world: World) -> None:
    world.put("products", "P")
    world.put("product_categories", ID_Categoria="C", ID_Producto="P")
    world.run()
    world.put("product_categories", ID_Categoria="C", ID_Producto="P", Operacion="D")
    world.run()
    world.put("categories", "C")
    world.run_until_quiet()
    assert world.shop_rows("product_categories") == {}
    world.check_invariants()


@pytest.mark.parametrize("keys", [("A|B", "A||B"), ("A\\B", "A\\\\B")])
def test_keys_with_separators_are_told_apart_when_one_is_deleted(world: World, keys: tuple[str, str]) -> None:
    for number, key in enumerate(keys):
        world.own("articulo", cve=key, sku=f"S-{number}", nombre="Llanta")
    world.capture("products")
    world.run()
    assert world.shop_rows("products").keys() == set(keys)
    world.own_delete("articulo", cve=keys[1])
    world.capture("products")
    world.run()
    assert world.shop_rows("products").keys() == {keys[0]}
    world.check_invariants()


def test_a_key_that_unfolds_to_more_than_the_column_holds(world: World) -> None:
    world.put("products", "\ufdfa" * 20)
    world.put("products", "A1")
    done = world.run()
    assert done.errors == {}
    assert "A1" in world.shop_rows("products")
    world.check_invariants()


def test_a_fact_cannot_be_deleted_and_is_shown(world: World) -> None:
    world.put("products", "K")
    world.run()
    world.put("order_states", ID_Pedido_Cabecera="W-1", Estado="ACEPTADO", Operacion="D")
    world.run()
    (bad,) = quarantine.list_rows(world.bridge, "platform")
    assert list(bad.rules) == ["envelope.operation"]
    assert world.work() == []


def test_a_misspelt_origin_is_read_and_shown(world: World) -> None:
    world.put("order_states", ID_Pedido_Cabecera="W-1", Estado="ACEPTADO", Origen="SHOP")
    world.run()
    (bad,) = quarantine.list_rows(world.bridge, "platform")
    assert list(bad.rules) == ["envelope.origin"]


def test_a_vanished_optional_column_stops_until_a_person_accepts_it(world: World) -> None:
    world.put("products", "K", Precio_1="5")
    world.run()
    world.erp_sql("ALTER TABLE Productos DROP COLUMN Precio_5")
    world.erp_sql("INSERT INTO Productos (ID_Producto, SKU, Nombre) VALUES ('K2', 'S2', 'Llanta')")
    with pytest.raises(ContractBroken, match="Precio_5"):
        world.receive("products")
    assert world.queue_ids("products")
    allow_mass_change(world.platform, "main", "products", WHO, WHY)
    world.run()
    assert "K2" in world.shop_rows("products")


def test_a_link_to_a_product_that_is_leaving_waits(world: World) -> None:
    world.put("categories", "C")
    world.put("products", "P")
    world.run()
    world.put("products", "P", Operacion="D")
    world.put("product_categories", ID_Categoria="C", ID_Producto="P")
    world.run_until_quiet()
    assert world.shop_rows("product_categories") == {}
    assert world.inbox_states("product_categories") == {"held": 1}
