"""Whether an order may be emitted: it is whole, its customer and products are known, its totals add up. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from puente.orders import totals
from puente.orders.reading import OWN_COMPANY, OWN_CONTACT, ShopOrder
from puente.orders.rules import OrderRules


def faults(order: ShopOrder, products: Mapping[str, str | None], erp: OrderRules, platform: OrderRules) -> list[str]:
    """Why the order has to wait, in Spanish; empty when it may go on. `products`: SKU by id of every active one."""
    found = list(order.faults)
    said = order.header["Lineas"]
    if not order.lines:
        found.append("el pedido no tiene líneas")
    elif said is not None and said != str(len(order.lines)):
        found.append(f"la tienda dice {said} líneas y hay {len(order.lines)}")
    found += _customer(order, platform)
    for line in order.lines:
        product = line["ID_Producto"]
        if not product:
            found.append(f"línea {line['ID_Pedido_Detalles']}: su producto no tiene ID_Producto del ERP")
        elif product not in products:
            found.append(f"línea {line['ID_Pedido_Detalles']}: el producto {product} no se conoce o está dado de baja")
    return found + totals.faults(order.header, order.lines, erp)


def _customer(order: ShopOrder, rules: OrderRules) -> list[str]:
    """A customer born in the shop waits for the ERP's id; a guest is nobody, and buys as the default company."""
    header, found = order.header, []
    if is_guest(order):
        if not rules.default_company:
            found.append("el pedido es de un invitado y el perfil no tiene orders.default_company")
        return found
    if not header["ID_Empresa"]:
        found.append(f"la empresa {header[OWN_COMPANY]} todavía no tiene ID_Empresa del ERP")
    if header[OWN_CONTACT] and not header["ID_Contacto"]:
        found.append(f"el contacto {header[OWN_CONTACT]} todavía no tiene ID_Contacto del ERP")
    return found


def is_guest(order: ShopOrder) -> bool:
    return not order.header[OWN_COMPANY] and not order.header["ID_Empresa"]


def wanted(order: ShopOrder) -> dict[str, Decimal]:
    """Units by product: the lines of one product added up."""
    units: dict[str, Decimal] = {}
    for line in order.lines:
        product = line["ID_Producto"] or ""
        units[product] = units.get(product, Decimal(0)) + Decimal(line["Cantidad"] or 0)
    return units
