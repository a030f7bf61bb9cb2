"""Whether an order's amounts add up, by the ERP profile's rule."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from puente.orders.rules import OrderRules
from puente.orders.totals import faults, plain

HEADER = {
    "Subtotal_Sin_Descuento": "250.0000", "Descuento": "50.0000", "Subtotal_Con_Descuento": "200.0000",
    "Costo_Envio": "100.0000", "Subtotal_Con_Envio": "300.0000", "Impuestos": "48.0000", "Total": "348.0000",
}  # fmt: skip


def line(number: str, quantity: str | None, price: str | None, amount: str | None) -> dict[str, str | None]:
    return {
        "ID_Pedido_Detalles": number, "Cantidad": quantity, "Precio_Unitario": price, "Monto_Total_Producto": amount
    }  # fmt: skip


LINES = [line("1", "2.0000", "100.0000", "200.0000"), line("2", "1.0000", "50.0000", "50.0000")]


def wrong(header: dict[str, Any] | None = None, lines: list[Any] | None = None, **rules: Any) -> list[str]:
    return faults({**HEADER, **(header or {})}, LINES if lines is None else lines, OrderRules(**rules))


def test_an_order_that_adds_up_has_no_faults() -> None:
    assert wrong() == []


@pytest.mark.parametrize("name", HEADER)
def test_each_amount_is_checked(name: str) -> None:
    assert wrong({name: "299.0000"})


@pytest.mark.parametrize("name", ["Subtotal_Sin_Descuento", "Subtotal_Con_Descuento", "Subtotal_Con_Envio"])
def test_a_subtotal_that_the_shop_does_not_give_is_not_checked(name: str) -> None:
    assert wrong({name: None}) == []
    assert wrong({name: None, "Total": "1.0000"})


def test_a_null_discount_delivery_or_tax_is_nothing() -> None:
    bare = {"Descuento": None, "Costo_Envio": None, "Impuestos": None}
    same = {"Subtotal_Con_Descuento": "250.0000", "Subtotal_Con_Envio": "250.0000", "Total": "250.0000"}
    assert wrong({**bare, **same}) == []
    assert wrong(bare)


def test_an_order_without_a_total_is_torn() -> None:
    assert wrong({"Total": None}) == ["falta Total"]


def test_prices_that_hold_the_taxes() -> None:
    assert wrong({"Total": "300.0000"}, tax_included=True) == []
    assert wrong(tax_included=True) == ["Total es 348, pero el subtotal con envío da 300"]
    assert wrong({"Total": "300.0000"})


def test_off_by_the_tolerance_and_by_more() -> None:
    assert wrong({"Total": "348.0100"}) == []
    assert wrong({"Total": "348.0200"})
    assert wrong({"Total": "348.0200"}, tolerance=Decimal("0.05")) == []
    assert wrong({"Total": "348.0001"}, tolerance=Decimal(0))


def test_a_free_line_is_a_line_like_any_other() -> None:
    assert wrong(lines=[*LINES, line("3", "1.0000", "0.0000", "0.0000")]) == []


@pytest.mark.parametrize(
    "bad",
    [
        line("3", None, "0.0000", "0.0000"),
        line("3", "1.0000", None, "0.0000"),
        line("3", "1.0000", "0.0000", None),
        line("3", "0.0000", "10.0000", "0.0000"),
        line("3", "-1.0000", "0.0000", "0.0000"),
        line("3", "1.0000", "5.0000", "0.0000"),
        line("3", "uno", "0.0000", "0.0000"),
        line("3", "NaN", "0.0000", "0.0000"),
    ],
)
def test_a_line_that_does_not_add_up_is_named(bad: dict[str, str | None]) -> None:
    found = wrong(lines=[*LINES, bad])
    assert found and all(text.startswith("línea 3: ") for text in found)


def test_lines_rounded_to_cents_and_lines_that_are_not() -> None:
    """3 × 0.335 = 1.005: as a rounded line 1.00 or 1.01 (both are right), as an exact one 1.005."""
    exact = {"Descuento": None, "Costo_Envio": None, "Impuestos": None, "Subtotal_Con_Descuento": None,
             "Subtotal_Con_Envio": None}  # fmt: skip
    for amount in ("1.0000", "1.0100"):
        rounded = line("1", "3.0000", "0.3350", amount)
        header = {**exact, "Subtotal_Sin_Descuento": amount, "Total": amount}
        assert wrong(header, [rounded], tolerance=Decimal(0)) == []
        assert wrong(header, [rounded], tolerance=Decimal(0), round_lines=False)
    header = {**exact, "Subtotal_Sin_Descuento": "1.0100", "Total": "1.0100"}
    whole = line("1", "3.0000", "0.3350", "1.0050")
    assert wrong(header, [whole], tolerance=Decimal(0), round_lines=False) == []


def test_numbers_for_people() -> None:
    texts = ["3.0000", "2.5000", "0.1250", "1000.0000", "0.0000"]
    assert [plain(Decimal(text)) for text in texts] == ["3", "2.50", "0.125", "1000", "0"]
