"""A record that does not fit its queue's types stops itself at capture, and nothing else (I4)."""

from __future__ import annotations

from kit.world import World
from puente.sync.capture import unsent


def select_of(world: World, *rows: tuple[str, str, str, str]) -> str:
    prefix = "N" if world.bridge.erp.dialect == "mssql" else ""
    first, *others = ([f"{prefix}'{value}'" for value in row] for row in rows)
    names = ("ID_Producto", "SKU", "Nombre", "Precio_1")
    head = ", ".join(f"{value} AS {name}" for value, name in zip(first, names, strict=True))
    return " UNION ALL ".join([f"SELECT {head}", *(f"SELECT {', '.join(other)}" for other in others)])


def test_i4_records_that_do_not_fit_are_listed_and_the_rest_is_sent(world: World) -> None:
    good = ("A1", "S-1", "Llanta buena", "10.00")
    bad = [
        ("A2", "S-2", "x" * 300, "10.00"),
        ("A3", "S-3", "precio de letras", "diez"),
        ("K" * 80, "S-4", "clave larga", "1.00"),
        ("A5", "S" * 70, "SKU largo", "1.00"),
        ("A6", "S-6", "precio enorme", "99999999999999999"),
        ("A7", "S-7", "\U0001f697" * 130, "1.00"),  # 130 characters, but 260 as SQL Server counts them
    ]
    world.use_profile("erp", {"capture_products.sql": select_of(world, good, *bad)})
    captured = world.capture("products")
    assert captured is not None
    assert (captured.read, captured.upserts, captured.unfit, captured.deletes) == (7, 1, 6, 0)
    listed = unsent(world.bridge)
    assert len(listed) == 6 and any("Nombre has 300 characters" in message for message in listed)
    world.run()
    assert world.shop_rows("products").keys() == {"A1"}

    mended = [(key[:5], sku[:5], name[:100], "7.00") for key, sku, name, _ in bad]
    world.use_profile("erp", {"capture_products.sql": select_of(world, good, *mended)})
    captured = world.capture("products")
    assert captured is not None
    assert (captured.upserts, captured.unfit, captured.deletes) == (6, 0, 0)
    assert unsent(world.bridge) == []
    world.run()
    assert len(world.shop_rows("products")) == 7
    world.check_invariants()


def test_i4_a_known_record_that_no_longer_fits_is_not_taken_for_deleted(world: World) -> None:
    world.use_profile("erp", {"capture_products.sql": select_of(world, ("A1", "S-1", "Llanta", "10.00"))})
    world.capture("products")
    world.run()
    world.use_profile("erp", {"capture_products.sql": select_of(world, ("A1", "S-1", "x" * 300, "10.00"))})
    captured = world.capture("products")
    assert captured is not None and (captured.deletes, captured.unfit) == (0, 1)
    world.run()
    assert world.shop_rows("products").keys() == {"A1"}
    world.check_invariants()
