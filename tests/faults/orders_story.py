"""Companies, contacts and orders that are born in the small shop and changed on both sides, for both directions.

One round was carried undisturbed. Then both sides changed: an edit on each of one company, a new company with its
contact and its order, orders of one to three lines, one that is too large, a cancellation and decisions of the staff.
"""

from __future__ import annotations

from decimal import Decimal

from faults.jobs import Step, carriage
from kit.world import World

SHOP_TO_ERP = ("companies", "contacts", "order_headers", "order_lines", "order_states")
ERP_TO_SHOP = ("companies", "contacts", "order_states")
# The demo's procedure: what the ERP has less what it took orders for, so that its figure reflects RECIBIDO EN ERP.
_STOCK = """
SELECT a.piezas - COALESCE((SELECT SUM(l.cantidad) FROM pedido_linea l WHERE l.articulo = a.cve), 0)
FROM almacen a WHERE a.cve = :product
"""


def furnish(world: World) -> None:
    """Small chunks, so that every loop goes round more than once, and a stock that falls with each order."""
    world.use_profile("erp", {"stock.sql": _STOCK})
    world.set(receive_chunk=4, validate_chunk=4, apply_chunk=2, clear_chunk=3)


def first_steps(run: str) -> list[Step]:
    """What brings the ERP's products to the shop; they are no part of this story."""
    return [Step("capture", "products", run), *carriage(run, ["products"])]


def cycle(run: str) -> list[Step]:
    """One run of each of the four Dags, the shop's words first."""
    return [
        Step("capture_shop", "companies", f"{run}s"), Step("capture_shop", "contacts", f"{run}s"),
        Step("emit", "orders", f"{run}s"), Step("deliver", "outbox", f"{run}s"),
        *carriage(f"{run}p", SHOP_TO_ERP, "erp"),
        Step("capture", "companies", f"{run}e"), Step("capture", "contacts", f"{run}e"),
        Step("confirm", "orders", f"{run}e"), Step("capture", "order_states", f"{run}e"),
        *carriage(f"{run}r", ERP_TO_SHOP),
        Step("mail", "mail", f"{run}r"),
    ]  # fmt: skip


def stock(world: World, pieces: dict[str, str]) -> None:
    for name, number in pieces.items():
        world.own("articulo", cve=name, sku=f"S{name}", nombre=f"Llanta {name}", precio="10")
        world.own("almacen", cve=name, piezas=number)


def order(
    world: World,
    number: str,
    company: int | None,
    *lines: tuple[str, int],
    contact: int | None = None,
    mailed: bool = True,
) -> None:
    """An order that adds up, of (product, pieces), whole in the shop from the start; `mailed`: it has an address."""
    total = str(sum(Decimal(10) * pieces for _, pieces in lines))
    for position, (product, pieces) in enumerate(lines, 1):
        world.shop_own(
            "shop_order_line", f"{number}-{position}", order_id=number, product=product, quantity=str(pieces),
            price="10", amount=str(10 * pieces),
        )  # fmt: skip
    sums = dict.fromkeys(("subtotal", "discounted", "shipped", "total"), total)
    address = f"{number.lower()}@example.mx" if mailed else None
    world.shop_own(
        "shop_order", number, company_id=company, contact_id=contact, ship_email=address, line_count=len(lines), **sums
    )


def company(world: World, number: int | None, name: str, phone: str) -> int:
    """A company of the shop's, new without a number; its tax id is its name's."""
    return int(world.shop_own("shop_company", number, name=name, tax_id=f"RFC-{name}", phone=phone))


def first_round(world: World) -> None:
    stock(world, {"A1": "10", "A2": "10", "A3": "3"})
    world.own("cliente", cve="E1", nombre="Del ERP", rfc="RFC-E1", telefono="1")
    for name in ("Uno", "Dos"):
        number = company(world, None, name, "1")
        person = int(world.shop_own("shop_contact", names=f"De {name}", company_id=number))
        order(world, f"O-{name}", number, ("A1", 1), contact=person)


def second_round(world: World) -> None:
    ids = {row["name"]: row for row in world.shop_rows("companies").values()}
    keys = {ids[name]["name"]: ids[name]["erp_id"] for name in ids}
    numbers = {name: world.shop_ids("companies")[keys[name]] for name in ids}

    company(world, numbers["Uno"], "Uno", "tienda 2")
    world.own("cliente", cve=keys["Uno"], telefono="erp 2")
    company(world, numbers["Del ERP"], "Del ERP", "tienda 2")
    world.own("cliente", cve=keys["Dos"], correo="dos@example.mx")
    world.shop_own("shop_contact", world.shop_ids("contacts").popitem()[1], email="contacto@example.mx")

    new = company(world, None, "Tres", "1")
    person = int(world.shop_own("shop_contact", names="De Tres", company_id=new))
    order(world, "O-Tres", new, ("A2", 2), contact=person)
    order(world, "P1", numbers["Uno"], ("A1", 1), ("A2", 1), ("A3", 1), mailed=False)
    order(world, "P2", numbers["Dos"], ("A1", 2), ("A1", 1), mailed=False)
    order(world, "P3", numbers["Dos"], ("A1", 99))
    order(world, "P4", numbers["Del ERP"], ("A3", 2), mailed=False)
    order(world, "P5", numbers["Del ERP"], ("A3", 1))

    world.own("pedido", cve="O-Uno", estado="aceptado")
    world.own("pedido", cve="O-Dos", estado="RECHAZADO", motivo="sin crédito")
    world.shop_own("shop_order", "O-Uno", status="CANCELADO")
