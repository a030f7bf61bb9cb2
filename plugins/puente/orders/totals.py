"""Whether an order's amounts add up. Pure; both sides ask it, before emission and before the ERP is written.

Amounts are canonical texts in the base currency (`12.5000`). A line that costs nothing is a line like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from puente.orders.rules import OrderRules

Fields = Mapping[str, str | None]

_HALF_CENT, _LAST_PLACE = Decimal("0.005"), Decimal("0.0001")
LINE_NUMBERS = ("Cantidad", "Precio_Unitario", "Monto_Total_Producto")


def faults(header: Fields, lines: Sequence[Fields], rules: OrderRules) -> list[str]:
    """What does not add up, in Spanish; empty when everything does.

    A NULL discount, cost of delivery or tax is 0; a NULL subtotal is not checked, but taken from what it is made of.
    """
    found: list[str] = []
    total = _amount(header, "Total", found)
    if total is None and not found:
        found.append("falta Total")
    goods = Decimal(0)
    for line in lines:
        goods += _line(line, rules, found)
    if found:
        return found
    rounding = _LAST_PLACE if rules.round_lines else _HALF_CENT + _LAST_PLACE
    gross = _check(header, "Subtotal_Sin_Descuento", goods, rules.tolerance + rounding, "la suma de las líneas", found)
    net = gross - (_amount(header, "Descuento", found) or 0)
    net = _check(header, "Subtotal_Con_Descuento", net, rules.tolerance, "el subtotal menos el descuento", found)
    sent = net + (_amount(header, "Costo_Envio", found) or 0)
    sent = _check(header, "Subtotal_Con_Envio", sent, rules.tolerance, "el subtotal más el envío", found)
    taxes = _amount(header, "Impuestos", found) or Decimal(0)
    what = "el subtotal con envío" if rules.tax_included else "el subtotal con envío más impuestos"
    _check(header, "Total", sent if rules.tax_included else sent + taxes, rules.tolerance, what, found)
    return found


def _line(line: Fields, rules: OrderRules, found: list[str]) -> Decimal:
    """The line's amount; what is wrong with the line is added to `found`."""
    name = f"línea {line.get('ID_Pedido_Detalles') or '(sin número)'}"
    problems: list[str] = []
    quantity, price, amount = (_amount(line, field, problems) for field in LINE_NUMBERS)
    if quantity is None or price is None or amount is None:
        missing = [field for field in LINE_NUMBERS if line.get(field) is None]
        found += [f"{name}: {problem}" for problem in [*problems, *(f"falta {field}" for field in missing)]]
        return Decimal(0)
    if quantity <= 0:
        found.append(f"{name}: Cantidad es {plain(quantity)}")
    off = abs(quantity * price - amount)
    if off > rules.tolerance + (_HALF_CENT if rules.round_lines else _LAST_PLACE):
        found.append(
            f"{name}: {plain(quantity)} × {plain(price)} = {plain(quantity * price)}, "
            f"pero Monto_Total_Producto es {plain(amount)}"
        )
    return amount


def _check(header: Fields, name: str, made: Decimal, allowed: Decimal, what: str, found: list[str]) -> Decimal:
    """The header's own figure, compared with what it is made of; where it has none, the latter."""
    said = _amount(header, name, found)
    if said is None:
        return made
    if abs(said - made) > allowed:
        found.append(f"{name} es {plain(said)}, pero {what} da {plain(made)}")
    return said


def _amount(fields: Fields, name: str, found: list[str]) -> Decimal | None:
    """The amount, None for NULL; what is no finite number is a fault and None."""
    text = fields.get(name)
    if text is None:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        found.append(f"{name} no es un número: {text[:40]!r}")
        return None
    return number


def plain(number: Decimal) -> str:
    """A number for people: without the zeros at its end, but an amount with cents has two places."""
    short = number.normalize()
    places = -int(short.as_tuple().exponent)
    return format(short.quantize(Decimal("0.01")) if places == 1 else short, "f")
