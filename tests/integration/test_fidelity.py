"""What is written on one side is what stands on the other, and nothing looks different that is not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from kit.vendor import CATEGORIES, PRODUCTS, make_queue, vendor_put
from kit.world import World
from puente.sync import quarantine

LONG = ("Descripción larga de la llanta, 8.000 caracteres… 漢字 😀 " * 200)[:8000]
TEXTS = {
    "plain": "Llanta",
    "accents": "Ñandú, pingüino, ¿qué?, Ångström",
    "four bytes": "🛞 205/55 R16 𝔏𝔩 😀",
    "not NFC": "Llanta con pestan\u0303a y bru\u0301jula",
    "trailing blanks": "termina en blancos   ",
    "leading blanks": "   empieza en blancos",
    "csv": "comillas \"dobles\", 'simples', coma, punto y coma; | tubo \\ barra \\N \\",
    "lines": "línea 1\nlínea 2\r\nlínea 3\ttabulador",
    "nobreak": "sin\u00a0corte",
    "unit separator": "a\x1fb\x1f\x1f",
    "bulk file's own sign": "a\x01b",
    "percent": "100% :nombre %s %(x)s {llave} ${env}",
    "null word": "NULL",
    "empty": "",
    "null": None,
}
DECIMALS = {
    "12.5": "12.5000", "0": "0.0000", "0.0001": "0.0001", "99999999999999.9999": "99999999999999.9999",
    "1234.5678": "1234.5678", "0.1": "0.1000", "10.10": "10.1000", None: None,
}  # fmt: skip


@pytest.mark.parametrize("filler", [0, 600], ids=["few rows", "bulk"])
def test_p20_text_through_queue_inbox_and_target(world: World, filler: int) -> None:
    rows = [{"key": name, "Nombre": f"x{name}", "Descripcion": value} for name, value in TEXTS.items()]
    rows.append({"key": "long", "Nombre": "largo", "Descripcion": LONG})
    rows += [{"key": f"filler {n}", "Descripcion": None} for n in range(filler)]
    world.put_many("categories", rows)

    done = world.run()

    assert done.errors == {} and world.inbox_states("categories") == {"applied": len(rows)}
    landed = {row["record_key"]: row["Descripcion"] for row in world.inbox("categories")}
    shop = world.shop_rows("categories")
    for name, value in {**TEXTS, "long": LONG}.items():
        assert landed[name] == value, f"{name}: not verbatim in the inbox"
        assert shop[name]["description"] == value, f"{name}: not verbatim in the shop"
    world.check_invariants()


def test_p20_decimals_through_queue_inbox_and_target(world: World) -> None:
    for number, value in enumerate(DECIMALS):
        world.put("products", f"P{number}", Precio_1=value)
    world.run()
    landed = {row["record_key"]: row["Precio_1"] for row in world.inbox("products")}
    shop = world.shop_rows("products")
    for number, canonical in enumerate(DECIMALS.values()):
        assert landed[f"P{number}"] == canonical
        assert shop[f"P{number}"]["price_1"] == canonical
    world.check_invariants()


def test_p20_capture_sends_everything_as_it_is_and_sees_no_false_difference(world: World) -> None:
    for name, value in {**TEXTS, "long": LONG}.items():
        world.own("familia", cve=name, nombre=f"x{name}", descripcion=value)
    for number, value in enumerate(DECIMALS):
        world.own("articulo", cve=f"P{number}", sku=f"S{number}", nombre="x", precio=value)
    for entity in ("categories", "products"):
        captured = world.capture(entity)
        assert captured is not None and captured.upserts == captured.read

    world.run()

    shop = world.shop_rows("categories")
    assert {name: shop[name]["description"] for name in TEXTS} == TEXTS
    assert shop["long"]["description"] == LONG
    assert [row["price_1"] for _, row in sorted(world.shop_rows("products").items())] == list(DECIMALS.values())
    for entity in ("categories", "products"):
        again = world.capture(entity)
        assert again is not None and (again.upserts, again.deletes) == (0, 0), "a false difference"
    assert world.work() == []
    world.check_invariants()


def test_p20_a_true_difference_is_seen(world: World) -> None:
    changes: list[tuple[Any, Any]] = [
        (None, ""), ("", None), ("a", "a "), ("a", "A"), ("a", "á"), ("a", "a\u200b"), ("😀", "😁"), ("1", "1.0"),
    ]  # fmt: skip
    for number, (before, _) in enumerate(changes):
        world.own("cliente", cve=f"C{number}", nombre="x", telefono=before)
    world.own("cliente", cve="same", nombre="x", telefono="a")
    world.capture("companies")
    world.run()
    for number, (_, after) in enumerate(changes):
        world.own("cliente", cve=f"C{number}", nombre="x", telefono=after)
    captured = world.capture("companies")
    assert captured is not None and captured.upserts == len(changes)
    world.run()
    shop = world.shop_rows("companies")
    assert [shop[f"C{number}"]["phone"] for number in range(len(changes))] == [after for _, after in changes]
    world.check_invariants()


def test_p20_the_same_text_in_another_unicode_form_is_no_difference(world: World) -> None:
    world.own("cliente", cve="C1", nombre="Ñandú")
    world.capture("companies")
    world.run()
    world.own("cliente", cve="C1", nombre="N\u0303andu\u0301")
    captured = world.capture("companies")
    assert captured is not None and captured.upserts == 0
    world.put("companies", "C1", Nombre_Empresa="N\u0303andu\u0301")
    world.run()
    assert world.inbox("companies")[-1]["state"] == "unchanged"
    world.check_invariants()


def test_p20_keys_compare_exactly(world: World) -> None:
    """Case and accents tell keys apart in the queue; the gate refuses two that people cannot tell apart."""
    world.put("categories", "a1", Nombre="small")
    world.run()
    world.put("categories", "A1", Nombre="capital")
    world.put("categories", "á1", Nombre="accent")
    world.run()
    assert world.shop_rows("categories").keys() == {"a1"}
    assert world.shop_rows("categories")["a1"]["title"] == "small"
    assert world.inbox_states("categories") == {"applied": 1, "quarantined": 2}
    world.put("categories", "a1  ", Nombre="padded, as from a CHAR column")
    world.run()
    assert world.shop_rows("categories")["a1"]["title"] == "padded, as from a CHAR column"
    world.check_invariants()


@pytest.mark.parametrize("kind", ["created", "micros", "coarse"])
def test_p20_creation_times_of_any_precision_are_cleared_exactly(world: World, kind: str) -> None:
    make_queue(world, "categories", {**CATEGORIES, "Fecha_Creacion": kind})
    moments = {
        "A": "2026-11-20 10:11:12.987654", "B": "2026-11-20 10:11:12.000001", "C": "2026-11-20 10:11:12",
        "D": "2026-11-20 00:00:00.005", "E": None,
    }  # fmt: skip
    for key, moment in moments.items():
        cut = moment if moment is None or kind == "micros" else moment[:23]
        vendor_put(world, "categories", ID_Categoria=key, Nombre="x", Fecha_Creacion=cut)
    world.run()
    assert world.queue_ids("categories") == []
    assert world.shop_rows("categories").keys() == set("ABCDE")
    assert world.inbox_states("categories") == {"applied": 5}
    world.check_invariants()


def test_p20_floats_do_not_flap(world: World) -> None:
    make_queue(world, "products", {**PRODUCTS, "Precio_1": "float", "Existencia": "float"})
    prices = {"A": 19.99, "B": 0.1 + 0.2, "C": 1.2000000476837158, "D": 1e-7, "E": 123456789.12}
    for key, price in prices.items():
        vendor_put(world, "products", ID_Producto=key, SKU=key, Nombre="x", Precio_1=price, Existencia=4)
    world.run()
    shop = world.shop_rows("products")
    expected = ["19.9900", "0.3000", "1.2000", "0.0000", "123456789.1200"]
    assert [shop[k]["price_1"] for k in "ABCDE"] == expected
    for key, price in prices.items():
        vendor_put(world, "products", ID_Producto=key, SKU=key, Nombre="x", Precio_1=price * (1 + 1e-14), Existencia=4)
    world.run()
    assert world.inbox_states("products") == {"applied": 5, "unchanged": 5}
    world.check_invariants()


def test_p20_single_precision_keeps_its_seven_digits(world: World) -> None:
    make_queue(world, "products", {**PRODUCTS, "Precio_1": "single"})
    for _ in range(2):
        vendor_put(world, "products", ID_Producto="A1", SKU="S1", Nombre="x", Precio_1=12345.67)
        world.run()
    assert abs(Decimal(world.shop_rows("products")["A1"]["price_1"]) - Decimal("12345.67")) < Decimal("0.001")
    assert world.inbox_states("products") == {"applied": 1, "unchanged": 1}
    world.check_invariants()


def test_p20_what_is_no_number_is_quarantined_with_its_raw_text(world: World) -> None:
    make_queue(world, "products", {**PRODUCTS, "Precio_1": "text"})
    raw = {"A": "12,50", "B": "doce", "C": "1e400", "D": "NaN", "E": "123456789012345678"}
    for key, price in raw.items():
        vendor_put(world, "products", ID_Producto=key, SKU=key, Nombre="x", Precio_1=price)
    vendor_put(world, "products", ID_Producto="GOOD", SKU="GOOD", Nombre="x", Precio_1=" 12.50 ")
    world.run()
    assert world.shop_rows("products").keys() == {"GOOD"}
    assert world.shop_rows("products")["GOOD"]["price_1"] == "12.5000"
    rows = quarantine.list_rows(world.bridge, "platform")
    route = world.route("products")
    assert {r.record_key: quarantine.show_row(route, r.inbox_id).values["Precio_1"] for r in rows} == raw
    world.check_invariants()
