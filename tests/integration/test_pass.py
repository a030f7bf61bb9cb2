"""The whole way, once: the kit itself, and what every later test builds on."""

from kit.world import World


def test_a_product_travels_from_the_erp_to_the_shop(world: World) -> None:
    world.own("familia", cve="F1", nombre="Llantas")
    world.own("articulo", cve="A1", sku="LL-1", nombre="Llanta 205/55 R16", precio="1234.5")
    world.own("almacen", cve="A1", piezas="8")
    world.own("articulo_familia", familia="F1", articulo="A1")
    world.own("cliente", cve="C1", nombre="Muelles Ñandú", rfc="XAXX010101000")
    world.own("persona", cve="P1", nombres="Íñigo", cliente="C1", correo="inigo@example.mx")
    for entity in ("categories", "products", "product_categories", "companies", "contacts"):
        captured = world.capture(entity)
        assert captured is not None and (captured.read, captured.upserts, captured.deletes) == (1, 1, 0)

    done = world.run()

    assert done.errors == {}
    assert world.shop_rows("products")["A1"]["price_1"] == "1234.5000"
    assert world.shop_rows("products")["A1"]["stock"] == "8.0000"
    assert world.shop_rows("product_categories").keys() == {"F1|A1"}
    assert world.shop_rows("contacts")["P1"]["company"] == "C1"
    assert world.work() == []
    world.check_invariants()


def test_a_deleted_product_is_deactivated_and_its_relation_removed(world: World) -> None:
    world.put("categories", "F1")
    world.put("products", "A1", Precio_1="10")
    world.put("product_categories", "F1", ID_Producto="A1")
    world.run()
    world.put("product_categories", "F1", ID_Producto="A1", op="D")
    world.put("products", "A1", op="D")

    world.run()

    assert world.shop_rows("products") == {}
    assert world.shop_rows("products", active_only=False).keys() == {"A1"}
    assert world.shop_rows("product_categories", active_only=False) == {}
    world.check_invariants()
