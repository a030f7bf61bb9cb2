"""A small world with everything in it that makes a pass hard, at the moment before the pass that tests disturb.

One round was carried undisturbed. Then the ERP changed, and every entity has new, changed, deleted and faulty
records: children before their parents, a SKU swap, a SKU that a deleted product frees, a row that only the
shop's constraint refuses, keys many times in one queue, orphans and order states.
"""

from __future__ import annotations

from kit.own_tables import REFUSED_NAME
from kit.world import World

# Parents are looked up as real shops do: a child that is written before its parent stays without one.
_APPLY_CATEGORIES = """
UPDATE shop_category SET title = s.Nombre, active = 1
FROM puente_stage_categories s
WHERE s.link_id = :link_id AND s.run_id = :run_id AND shop_category.erp_id = s.ID_Categoria;

INSERT INTO shop_category (erp_id, title, active)
SELECT s.ID_Categoria, s.Nombre, 1 FROM puente_stage_categories s
WHERE s.link_id = :link_id AND s.run_id = :run_id
  AND NOT EXISTS (SELECT 1 FROM shop_category c WHERE c.erp_id = s.ID_Categoria);

UPDATE shop_category SET parent = (SELECT p.erp_id FROM shop_category p WHERE p.erp_id = s.ID_Categoria_Padre)
FROM puente_stage_categories s
WHERE s.link_id = :link_id AND s.run_id = :run_id AND shop_category.erp_id = s.ID_Categoria;
"""
_APPLY_CATEGORIES_MYSQL = """
UPDATE shop_category c JOIN puente_stage_categories s ON s.ID_Categoria = c.erp_id
SET c.title = s.Nombre, c.active = 1
WHERE s.link_id = :link_id AND s.run_id = :run_id;

INSERT INTO shop_category (erp_id, title, active)
SELECT s.ID_Categoria, s.Nombre, 1 FROM puente_stage_categories s
WHERE s.link_id = :link_id AND s.run_id = :run_id
  AND NOT EXISTS (SELECT 1 FROM shop_category c WHERE c.erp_id = s.ID_Categoria);

UPDATE shop_category c JOIN puente_stage_categories s ON s.ID_Categoria = c.erp_id
LEFT JOIN shop_category p ON p.erp_id = s.ID_Categoria_Padre
SET c.parent = p.erp_id
WHERE s.link_id = :link_id AND s.run_id = :run_id;
"""
LOOKED_UP_PARENTS = {
    "apply_categories.sql": _APPLY_CATEGORIES, "apply_categories.mysql.sql": _APPLY_CATEGORIES_MYSQL
}  # fmt: skip


def furnish(world: World) -> None:
    """Small chunks, so that every loop goes round more than once, and the shop's looked-up parents."""
    world.use_profile("platform", LOOKED_UP_PARENTS)
    world.set(receive_chunk=8, validate_chunk=8, apply_chunk=4, clear_chunk=8)


def first_round(world: World) -> None:
    """The ERP before the first pass."""
    for cve, padre in (("F1", None), ("F2", "F1"), ("F3", "F2"), ("F4", "F1")):
        world.own("familia", cve=cve, nombre=f"Familia {cve}", padre=padre)
    for n in range(1, 7):
        world.own("articulo", cve=f"A{n}", sku=f"S{n}", nombre=f"Llanta {n}", precio=f"{n}00.5")
        world.own("almacen", cve=f"A{n}", piezas=f"{n}")
        world.own("articulo_familia", familia="F2", articulo=f"A{n}")
    for n in range(1, 4):
        world.own("cliente", cve=f"C{n}", nombre=f"Cliente {n}", rfc="XAXX010101000")
        world.own("persona", cve=f"P{n}", nombres=f"Persona {n}", cliente=f"C{n}")


def second_round(world: World) -> None:
    """What changed since, in the ERP's own tables and, by a vendor's program, straight in the queues."""
    world.own("familia", cve="F0", nombre="Hija antes que madre", padre="F8")
    world.own("familia", cve="F7", nombre="Madre", padre="F1")
    world.own("familia", cve="F8", nombre="Madre de F0", padre="F7")
    world.own("familia", cve="F3", nombre="Familia F3", padre="F1")
    world.own_delete("familia", cve="F4")

    world.own("articulo", cve="A1", precio="99.9")
    world.own("articulo", cve="A2", sku="S3")
    world.own("articulo", cve="A3", sku="S2")
    world.own_delete("articulo", cve="A4")
    world.own("articulo", cve="A5", precio="-1")
    world.own("articulo", cve="A6", nombre=REFUSED_NAME)
    world.own("articulo", cve="A7", sku="S4", nombre="Toma el SKU de A4", precio="7")
    world.own("articulo", cve="A8", sku="S8", nombre="Nueva", precio="8")

    world.own_delete("articulo_familia", familia="F2", articulo="A4")
    world.own("articulo_familia", familia="F0", articulo="A8")
    world.own("articulo_familia", familia="F1", articulo="A99")
    world.own("articulo_familia", familia="F1", articulo="A7")

    world.own("cliente", cve="C1", telefono="55 1234 5678")
    world.own("cliente", cve="C4", nombre="Cliente 4")
    world.own("cliente", cve="C5", nombre=None)
    world.own_delete("cliente", cve="C3")

    world.own("persona", cve="P1", correo="uno@example.mx")
    world.own("persona", cve="P4", nombres="De C4", cliente="C4")
    world.own("persona", cve="P5", nombres="De C5, que no pasa", cliente="C5")
    world.own_delete("persona", cve="P3")

    for version in (1, 2):
        world.put("categories", "V1", Nombre=f"Vendedor {version}")
        world.put("companies", "V1", Nombre_Empresa=f"Vendedor {version}")
        world.put("contacts", "V1", Nombres=f"Vendedor {version}", ID_Empresa="V1")
        world.put("order_states", f"PED-{version}", Estado="RECIBIDO EN ERP")
    world.put("products", "V1", Precio_1="1")
    world.put("products", "V1", op="D")
    world.put("products", "V1", Precio_1="2")
    world.put("products", "V1", Precio_1="-3")
    world.put("product_categories", "F1", ID_Producto="V1")
    world.put("product_categories", "F1", ID_Producto="V1")
