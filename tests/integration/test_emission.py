"""From the shop's orders to the outbox: whole or not at all, once, and only with stock that the ERP has."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event, insert, update
from sqlalchemy.exc import DataError

from kit.meddling import Killed, before, between_pages, die
from kit.pitfalls import not_expressible
from kit.world import World
from puente.db import schema
from puente.errors import ContractBroken, LeaseHeld, Paused, PuenteError
from puente.orders import emission, reading
from puente.orders.emission import emit_orders, late_orders
from puente.orders.rules import erp_rules, platform_rules
from puente.orders.stock import StockDesk, StockUnavailable, StockUnknown
from puente.orders.transitions import say
from puente.sync import outbox
from puente.sync.capture import unsent
from puente.sync.control import pause

Lines = list[tuple[str, str, str]]  # product, quantity, price

ERP_YAML = "name: mini_erp\nside: erp\nversion: 1\norders:\n"
GUESTS = "  default_company: null"


# ---------------------------------------------------------------- the small world
def product(world: World, *names: str, pieces: str | None = "10", active: int = 1) -> None:
    """A product that the platform has, and the ERP's figure of it."""
    for name in names:
        with world.platform.begin() as conn:
            conn.execute(
                insert(schema.record).values(
                    link_id=world.link.link_id, entity="products", record_key=name, key_fold=name.lower(),
                    active=active, unique_value=f"SKU-{name}",
                )
            )  # fmt: skip
        stock(world, name, pieces)


def stock(world: World, name: str, pieces: str | None) -> None:
    world.own("almacen", cve=name, piezas=pieces)


def customer(world: World, erp_id: str | None = "C1") -> int:
    company = world.shop_own("shop_company", name="Llantera", erp_id=erp_id)
    return int(company)


def order(world: World, number: str, lines: Lines, company: int | None, **header: Any) -> None:
    """An order that adds up, without discount, delivery and taxes, unless `header` says otherwise."""
    amounts = [Decimal(quantity) * Decimal(price) for _, quantity, price in lines]
    total = str(sum(amounts))
    subtotals = dict.fromkeys(("subtotal", "discounted", "shipped", "total"), total)
    fields = {**subtotals, "company_id": company, "ship_email": "a@example.mx", **header}
    world.shop_own("shop_order", number, **fields)
    for position, ((name, quantity, price), amount) in enumerate(zip(lines, amounts, strict=True), start=1):
        world.shop_own(
            "shop_order_line", f"{number}-{position}", order_id=number, product=name, quantity=quantity, price=price,
            amount=str(amount),
        )  # fmt: skip


def emit(world: World) -> dict[str, int]:
    return emit_orders(world.bridge, world.next_run())


def row(world: World, number: str) -> dict[str, Any]:
    return next(r for r in world.rows_of("platform", schema.order) if r["order_id"] == number)


def state(world: World, number: str) -> str:
    return str(row(world, number)["state"])


def waits(world: World, number: str) -> str:
    return str(row(world, number)["waits"] or "")


def sent(world: World, entity: str = "order_headers") -> list[dict[str, Any]]:
    rows = world.rows_of("platform", schema.outbox)
    return [json.loads(r["payload"]) for r in rows if r["entity"] == entity]


def sent_orders(world: World) -> list[str]:
    return [payload["ID_Pedido_Cabecera"] for payload in sent(world)]


def conflicts(world: World) -> list[dict[str, Any]]:
    return world.rows_of("platform", schema.conflict)


def release(world: World, numbers: Iterable[str]) -> None:
    """What the transition does from which the ERP's figure reflects an order."""
    with world.platform.begin() as conn:
        for number in numbers:
            conn.execute(
                update(schema.reservation).where(schema.reservation.c.order_id == number).values(released_at="x")
            )


def stock_profile(world: World, sql: str, *rules: str) -> None:
    world.use_profile("erp", {"stock.sql": sql, "profile.yaml": ERP_YAML + "".join(f"  {rule}\n" for rule in rules)})


def shop_rules(world: World, old: str, new: str) -> None:
    text = (world.bridge.profile("platform").folder / "profile.yaml").read_text(encoding="utf-8")
    assert old in text
    world.use_profile("platform", {"profile.yaml": text.replace(old, new)})


# ---------------------------------------------------------------- the straight way
def test_an_order_is_emitted_whole_and_once(world: World) -> None:
    product(world, "A1", "A2")
    company = customer(world)
    order(world, "O1", [("A1", "2", "100"), ("A2", "1", "50.5")], company, line_count=2, payment="Tarjeta")

    assert emit(world) == {"seen": 1, "new": 1, "emitted": 1}

    assert state(world, "O1") == "EMITIENDO AL ERP"
    (header,) = sent(world)
    assert header["Estado_Pedido"] == "VALIDANDO EXISTENCIAS" and header["ID_Empresa"] == "C1"
    assert (header["Lineas"], header["Total"], header["Medio_Pago"]) == ("2", "250.5000", "Tarjeta")
    assert (header["Operacion"], header["Origen"]) == ("U", "PLATAFORMA")
    assert "ID_Empresa_Plataforma" not in header
    lines = sent(world, "order_lines")
    assert [(each["ID_Producto"], each["Cantidad"]) for each in lines] == [("A1", "2.0000"), ("A2", "1.0000")]
    units = [r["unit"] for r in world.rows_of("platform", schema.outbox)]
    assert units == ["order:O1"] * 3
    held = {r["product_id"]: Decimal(str(r["quantity"])) for r in world.rows_of("platform", schema.reservation)}
    assert held == {"A1": 2, "A2": 1}
    snapshot = json.loads(row(world, "O1")["payload"])
    assert snapshot["header"]["Total"] == "250.5000" and len(snapshot["lines"]) == 2

    for _ in range(3):
        assert emit(world) == {"seen": 1}
    assert len(world.rows_of("platform", schema.outbox)) == 3
    assert conflicts(world) == []


def test_what_is_emitted_reaches_the_queues(world: World) -> None:
    product(world, "A1")
    order(world, "O1", [("A1", "2", "100")], customer(world))
    emit(world)
    outbox.deliver(world.bridge, world.next_run())
    assert len(world.queue_ids("order_headers", "platform")) == 1
    assert len(world.queue_ids("order_lines", "platform")) == 1
    assert emit(world) == {"seen": 1}


def test_a_free_line_goes_along(world: World) -> None:
    product(world, "A1", "GIFT")
    order(world, "O1", [("A1", "1", "100"), ("GIFT", "1", "0")], customer(world))
    assert emit(world)["emitted"] == 1
    assert sent(world)[0]["Lineas"] == "2"


def test_lines_of_one_product_are_added_up(world: World) -> None:
    product(world, "A1", pieces="3")
    company = customer(world)
    order(world, "O1", [("A1", "2", "100"), ("A1", "2", "90")], company)
    assert emit(world)["refused"] == 1
    assert row(world, "O1")["reason"] == "SKU-A1: pedidos 4, hay 3"
    order(world, "O2", [("A1", "2", "100"), ("A1", "1", "90")], company)
    assert emit(world)["emitted"] == 1


def test_too_little_stock_refuses_with_what_was_asked_and_what_there_is(world: World) -> None:
    product(world, "A1", pieces="1.5")
    product(world, "A2", pieces="0")
    product(world, "A3", pieces="9")
    order(world, "O1", [("A1", "2", "100"), ("A2", "1", "1"), ("A3", "1", "1")], customer(world))
    assert emit(world) == {"seen": 1, "new": 1, "refused": 1}
    assert state(world, "O1") == "RECHAZADO POR EXISTENCIAS"
    assert row(world, "O1")["reason"] == "SKU-A1: pedidos 2, hay 1.50; SKU-A2: pedidos 1, hay 0"
    assert world.shop_rows("order_headers")["O1"]["status"] == "RECHAZADO POR EXISTENCIAS"
    assert sent(world) == []
    stock(world, "A1", "99")
    stock(world, "A2", "99")
    assert emit(world) == {"seen": 1}


def test_a_profile_without_orders_emits_none(world: World) -> None:
    folder = world.bridge.profile("platform").folder
    text = (folder / "profile.yaml").read_text(encoding="utf-8")
    off = "entities:\n  order_headers: {capture: 'off'}\n  order_lines: {capture: 'off'}\n"
    world.use_profile("platform", {"profile.yaml": text.replace("entities:\n", off)})
    assert emit(world) == {}
    world.use_profile(
        "platform", {"profile.yaml": text.replace("entities:\n", off.replace("  order_lines: {capture: 'off'}\n", ""))}
    )
    with pytest.raises(ContractBroken, match="both"):
        emit(world)


def test_a_paused_link_emits_nothing(world: World) -> None:
    pause(world.platform, world.link.link_id, "order_headers", "ana", "inventory")
    with pytest.raises(Paused):
        emit(world)


def test_a_select_without_what_the_contract_requires_stops_everything(world: World) -> None:
    world.use_profile("platform", {"capture_order_lines.sql": "SELECT id AS ID_Pedido_Detalles FROM shop_order_line"})
    with pytest.raises(ContractBroken, match="ID_Pedido_Cabecera"):
        emit(world)
    folder = world.bridge.profile("platform").folder
    sql = (folder / "capture_order_headers.sql").read_text(encoding="utf-8")
    world.use_profile("platform", {"capture_order_headers.sql": sql.replace("ID_Empresa_Plataforma", "Empresa")})
    with pytest.raises(ContractBroken, match="ID_Empresa_Plataforma"):
        emit(world)


# ---------------------------------------------------------------- whole or absent
def test_p13_a_torn_order_waits_and_is_reported_after_the_grace_period(world: World) -> None:
    product(world, "A1")
    company = customer(world)
    order(world, "O1", [], company, total="200", subtotal="200", discounted="200", shipped="200", line_count=2)
    assert emit(world) == {"seen": 1, "new": 1, "waiting": 1}
    assert "no tiene líneas" in waits(world, "O1")
    line = {"order_id": "O1", "product": "A1", "quantity": "1", "price": "100", "amount": "100"}
    world.shop_own("shop_order_line", "O1-1", **line)
    assert emit(world) == {"seen": 1, "waiting": 1}
    assert "la tienda dice 2 líneas y hay 1" in waits(world, "O1") and "Subtotal_Sin_Descuento" in waits(world, "O1")
    assert late_orders(world.bridge) == [] and sent(world) == []
    with world.platform.begin() as conn:
        conn.execute(update(schema.order).values(at="2020-01-01T00:00:00.000Z"))
    (late,) = late_orders(world.bridge)
    assert late.order_id == "O1" and "la tienda dice 2 líneas" in late.waits

    world.shop_own("shop_order_line", "O1-2", **line)
    assert emit(world) == {"seen": 1, "emitted": 1}
    assert len(sent(world, "order_lines")) == 2 and late_orders(world.bridge) == []


def test_p13_lines_before_their_header_are_nothing_yet(world: World) -> None:
    product(world, "A1")
    world.shop_own("shop_order_line", "O1-1", order_id="O1", product="A1", quantity="1", price="1", amount="1")
    assert emit(world) == {}
    order(world, "O1", [], customer(world), total="1", subtotal="1", discounted="1", shipped="1")
    assert emit(world)["emitted"] == 1


def test_totals_that_do_not_add_up_are_never_emitted(world: World) -> None:
    product(world, "A1")
    company = customer(world)
    order(world, "BAD", [("A1", "1", "100")], company, total="90")
    order(world, "NULL", [("A1", "1", "100")], company, total=None)
    order(world, "GOOD", [("A1", "1", "100")], company, discount="10", discounted="90", shipping="5", shipped="95",
          taxes="15.2", total="110.2")  # fmt: skip
    for _ in range(3):
        emit(world)
    assert sent_orders(world) == ["GOOD"]
    assert waits(world, "BAD") == "Total es 90, pero el subtotal con envío más impuestos da 100"
    assert waits(world, "NULL") == "falta Total"


def test_unknown_and_inactive_products_wait(world: World) -> None:
    product(world, "OLD", active=0)
    order(world, "O1", [("OLD", "1", "1"), ("NEW", "1", "1")], customer(world))
    assert emit(world)["waiting"] == 1
    assert "el producto OLD no se conoce" in waits(world, "O1") and "el producto NEW no se conoce" in waits(world, "O1")


def test_an_unbound_customer_waits_until_the_erp_has_given_the_id(world: World) -> None:
    product(world, "A1")
    company = customer(world, erp_id=None)
    contact = world.shop_own("shop_contact", names="Ana", company_id=company)
    order(world, "O1", [("A1", "1", "100")], company, contact_id=contact)
    assert emit(world)["waiting"] == 1
    assert "todavía no tiene ID_Empresa" in waits(world, "O1") and "ID_Contacto" in waits(world, "O1")
    world.shop_own("shop_company", company, erp_id="C9")
    assert emit(world)["waiting"] == 1
    world.shop_own("shop_contact", contact, erp_id="P9")
    assert emit(world)["emitted"] == 1
    assert (sent(world)[0]["ID_Empresa"], sent(world)[0]["ID_Contacto"]) == ("C9", "P9")


def test_guests_buy_as_the_default_company_or_wait(world: World) -> None:
    product(world, "A1")
    order(world, "O1", [("A1", "1", "100")], None)
    assert emit(world)["waiting"] == 1
    assert "invitado" in waits(world, "O1")
    shop_rules(world, GUESTS, "  default_company: C-GUEST")
    assert emit(world)["emitted"] == 1
    assert sent(world)[0]["ID_Empresa"] == "C-GUEST"
    assert emit(world) == {"seen": 1} and conflicts(world) == []


def test_one_line_id_in_two_orders_holds_both(world: World) -> None:
    product(world, "A1")
    company = customer(world)
    order(world, "O1", [("A1", "1", "100")], company)
    order(world, "O2", [("A1", "1", "100")], company)
    order(world, "O3", [("A1", "1", "100")], company)
    folder = world.bridge.profile("platform").folder
    sql = (folder / "capture_order_lines.sql").read_text(encoding="utf-8")
    same = sql.replace("SELECT id AS", "SELECT CASE WHEN id = 'O2-1' THEN 'O1-1' ELSE id END AS")
    world.use_profile("platform", {"capture_order_lines.sql": same})
    assert emit(world) == {"seen": 3, "new": 3, "waiting": 2, "emitted": 1}
    assert sent_orders(world) == ["O3"] and "está en los pedidos" in waits(world, "O1")


def test_i4_what_cannot_be_noted_as_an_order_is_listed_and_stops_nobody(world: World) -> None:
    product(world, "A1")
    company = customer(world)
    order(world, "O1", [("A1", "1", "100")], company)
    folder = world.bridge.profile("platform").folder
    sql = (folder / "capture_order_headers.sql").read_text(encoding="utf-8")
    for number in ("LONG", "NONE"):
        order(world, number, [("A1", "1", "100")], company)
    renamed = f"SELECT CASE o.id WHEN 'LONG' THEN '{'x' * 65}' WHEN 'NONE' THEN '' ELSE o.id END AS"
    world.use_profile("platform", {"capture_order_headers.sql": sql.replace("SELECT o.id AS", renamed)})
    assert emit(world) == {"seen": 3, "new": 1, "emitted": 1, "unfit": 2}
    assert len(unsent(world.bridge, "platform")) == 2
    world.platform_sql("DELETE FROM shop_order WHERE id IN ('LONG', 'NONE')")
    assert emit(world) == {"seen": 1} and unsent(world.bridge, "platform") == []


def test_i4_the_trouble_of_one_order_is_noted_on_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    product(world, "A1")
    company = customer(world)
    for number in ("O1", "O2", "O3"):
        order(world, number, [("A1", "1", "100")], company)
    real = outbox.put

    def refuse(conn: Any, link_id: str, entity: str, unit: str, *args: Any, **kwargs: Any) -> str:
        if unit == "order:O2":
            raise DataError("INSERT", {}, Exception("Data too long"))
        return real(conn, link_id, entity, unit, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "put", refuse)
        assert emit(world) == {"seen": 3, "new": 3, "emitted": 2, "errors": 1}
    assert waits(world, "O2") == "Error inesperado: Data too long" and state(world, "O2") == "VALIDANDO EXISTENCIAS"
    assert emit(world) == {"seen": 3, "emitted": 1}
    assert waits(world, "O2") == ""


def test_i4_an_order_that_cannot_be_registered_is_listed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    product(world, "A1")
    company = customer(world)
    for number in ("O1", "O2"):
        order(world, number, [("A1", "1", "100")], company)
    real = emission.open_order

    def refuse(conn: Any, bridge: Any, order_id: str, **kwargs: Any) -> None:
        if order_id == "O1":
            raise DataError("UPDATE", {}, Exception("a trigger of the shop"))
        real(conn, bridge, order_id, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(emission, "open_order", refuse)
        assert emit(world) == {"seen": 2, "new": 1, "emitted": 1, "errors": 1, "unfit": 1}
    assert unsent(world.bridge, "platform") == ["order_headers O1: a trigger of the shop"]
    assert emit(world) == {"seen": 2, "new": 1, "emitted": 1} and unsent(world.bridge, "platform") == []


# ---------------------------------------------------------------- edits
def test_h21_an_edit_while_it_waits_is_simply_the_order(world: World) -> None:
    product(world, "A1", pieces=None)
    company = customer(world)
    order(world, "O1", [("A1", "1", "100")], company)
    assert emit(world)["waiting"] == 1
    world.shop_own("shop_order_line", "O1-1", quantity="3", amount="300")
    world.shop_own("shop_order", "O1", **dict.fromkeys(("subtotal", "discounted", "shipped", "total"), "300"))
    stock(world, "A1", "10")
    assert emit(world)["emitted"] == 1
    assert sent(world)[0]["Total"] == "300.0000" and sent(world, "order_lines")[0]["Cantidad"] == "3.0000"
    assert emit(world) == {"seen": 1} and conflicts(world) == []


def test_h21_an_edit_between_header_and_lines_gives_one_whole_version(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H21: a free line comes to an order after its header was read: both totals add up, with the line and without."""
    product(world, "A1", "GIFT")
    order(world, "O1", [("A1", "1", "100")], customer(world))

    def edit() -> None:
        world.shop_own("shop_order", "O1", payment="Otra")
        world.shop_own("shop_order_line", "O1-2", order_id="O1", product="GIFT", quantity="1", price="0", amount="0")

    with monkeypatch.context() as patch:
        between_pages(patch, reading, "stream_in", {1: edit})
        assert emit(world)["emitted"] == 1
    assert (sent(world)[0]["Lineas"], len(sent(world, "order_lines"))) == ("1", 1)
    assert sent(world)[0]["Medio_Pago"] is None
    assert emit(world) == {"seen": 1, "conflicts": 1}


def test_p16_an_edit_after_emission_is_a_flagged_conflict_once(world: World) -> None:
    product(world, "A1")
    order(world, "O1", [("A1", "1", "100")], customer(world))
    emit(world)
    emitted = row(world, "O1")
    world.shop_own("shop_order", "O1", payment="Otra")
    assert emit(world) == {"seen": 1, "conflicts": 1}
    assert emit(world) == {"seen": 1}
    (conflict,) = conflicts(world)
    assert (conflict["entity"], conflict["record_key"], conflict["winner"]) == ("order_headers", "O1", "erp")
    assert json.loads(conflict["loser"])["header"]["Medio_Pago"] == "Otra"
    assert json.loads(conflict["kept"])["header"]["Medio_Pago"] is None
    world.shop_own("shop_order_line", "O1-1", quantity="2", amount="200")
    assert emit(world) == {"seen": 1, "conflicts": 1} and emit(world) == {"seen": 1}
    world.shop_own("shop_order_line", "O1-1", quantity="1", amount="100")
    world.shop_own("shop_order", "O1", payment=None)
    assert emit(world) == {"seen": 1}
    assert len(conflicts(world)) == 2 and len(sent(world)) == 1
    assert row(world, "O1")["payload"] == emitted["payload"]


def test_a_new_version_of_the_profile_is_no_edit(world: World) -> None:
    product(world, "A1")
    order(world, "O1", [("A1", "1", "100")], customer(world), reason="por la tarde")
    emit(world)
    folder = world.bridge.profile("platform").folder
    sql = (folder / "capture_order_headers.sql").read_text(encoding="utf-8")
    text = (folder / "profile.yaml").read_text(encoding="utf-8")
    files = {
        "capture_order_headers.sql": sql.replace("SELECT o.id", "SELECT o.ship_email AS ID_Pago, o.id"),
        "profile.yaml": text.replace("version: 1", "version: 2"),
    }
    world.use_profile("platform", files)
    assert emit(world) == {"seen": 1} and conflicts(world) == []
    world.shop_own("shop_order", "O1", payment="Otra")
    assert emit(world) == {"seen": 1, "conflicts": 1}


# ---------------------------------------------------------------- cancellations
def test_an_order_cancelled_before_emission_is_never_emitted(world: World) -> None:
    product(world, "A1", pieces=None)
    company = customer(world)
    order(world, "O1", [("A1", "1", "100")], company)
    order(world, "O2", [("A1", "1", "100")], company, status="cancelado")
    assert emit(world) == {"seen": 2, "new": 2, "waiting": 1, "cancelled": 1}
    world.shop_own("shop_order", "O1", status="CANCELADO")
    assert emit(world) == {"seen": 2, "cancelled": 1}
    stock(world, "A1", "10")
    assert emit(world) == {"seen": 2}
    assert (state(world, "O1"), state(world, "O2")) == ("CANCELADO", "CANCELADO")
    assert world.rows_of("platform", schema.outbox) == []


def test_p10_an_order_cancelled_after_emission_is_one_request_to_the_erp(world: World) -> None:
    product(world, "A1")
    order(world, "O1", [("A1", "1", "100")], customer(world))
    emit(world)
    world.shop_own("shop_order", "O1", status="CANCELADO")
    assert emit(world) == {"seen": 1, "requests": 1}
    assert emit(world) == {"seen": 1}
    (request,) = sent(world, "order_states")
    assert (request["ID_Pedido_Cabecera"], request["Estado"], request["Origen"]) == ("O1", "CANCELADO", "PLATAFORMA")
    assert state(world, "O1") == "EMITIENDO AL ERP" and len(sent(world)) == 1
    assert conflicts(world) == []


def test_h17_what_is_older_than_the_cut_over_is_not_emitted(world: World) -> None:
    product(world, "A1")
    company = customer(world)
    for number in ("0001", "0002", "0100"):
        order(world, number, [("A1", "1", "100")], company)
    folder = world.bridge.profile("platform").folder
    sql = (folder / "capture_order_headers.sql").read_text(encoding="utf-8")
    world.use_profile("platform", {"capture_order_headers.sql": f"{sql}\nWHERE o.id >= '0100'"})
    assert emit(world) == {"seen": 1, "new": 1, "emitted": 1}
    assert sent_orders(world) == ["0100"] and len(world.rows_of("platform", schema.order)) == 1


def test_h17_an_order_first_seen_far_on_its_way_is_noted_and_not_emitted(world: World) -> None:
    product(world, "A1")
    order(world, "O1", [("A1", "1", "100")], customer(world), status="Entregado")
    assert emit(world) == {"seen": 1, "adopted": 1}
    assert emit(world) == {"seen": 1}
    assert state(world, "O1") == "ENTREGADO" and sent(world) == []
    assert world.shop_rows("order_headers")["O1"]["status"] == "Entregado"


def test_an_order_that_the_shop_shows_no_more_says_so(world: World) -> None:
    product(world, "A1", pieces=None)
    order(world, "O1", [("A1", "1", "100")], customer(world))
    emit(world)
    world.platform_sql("DELETE FROM shop_order WHERE id = 'O1'")
    emit(world)
    assert waits(world, "O1") == "La tienda ya no muestra el pedido."


# ---------------------------------------------------------------- the last unit
def test_p27_fifty_buyers_of_the_last_unit_give_one_order(world: World) -> None:
    product(world, "A1", pieces="1")
    company = customer(world)
    for number in range(50):
        order(world, f"O{number:02}", [("A1", "1", "100")], company)
    assert emit(world) == {"seen": 50, "new": 50, "emitted": 1, "waiting": 49}
    assert emit(world) == {"seen": 50, "waiting": 49}
    assert sent_orders(world) == ["O00"]
    assert waits(world, "O01") == "SKU-A1: pedidos 1, hay 1, de los que 1 están apartados para otros pedidos"
    stock(world, "A1", "0")  # the ERP has taken the first
    release(world, ["O00"])
    assert emit(world) == {"seen": 50, "refused": 49}


def test_p27_two_emitters_at_once_promise_no_unit_twice(world: World) -> None:
    product(world, "A1", pieces="3")
    company = customer(world)
    for number in range(12):
        order(world, f"O{number:02}", [("A1", "1", "100")], company)
    others = [World.at(world.address) for _ in range(2)]
    errors: list[BaseException] = []

    def work(other: World, name: str) -> None:
        for _ in range(20):
            try:
                emit_orders(other.bridge, other.next_run(name))
                return
            except LeaseHeld:
                time.sleep(0.1)
            except BaseException as error:
                errors.append(error)
                return

    threads = [threading.Thread(target=work, args=(other, f"run{n}")) for n, other in enumerate(others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(sent(world)) == len(set(sent_orders(world))) == 3


def test_p27_two_tries_of_one_task_promise_no_unit_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """P27: the second try takes the first one's lease over in the middle of its work; the first cannot write then."""
    product(world, "A1", pieces="1")
    company = customer(world)
    for number in ("O1", "O2"):
        order(world, number, [("A1", "1", "100")], company)
    run = world.next_run("same")

    def second_try(*_args: Any, **_kwargs: Any) -> None:
        emit_orders(world.bridge, run)

    before(monkeypatch, StockDesk, "quantity", second_try)
    with pytest.raises(PuenteError, match="taken over"):
        emit_orders(world.bridge, run)
    assert len(sent(world)) == 1
    assert emit(world) == {"seen": 2, "waiting": 1}


def test_h19_stock_not_yet_lowered_by_the_erp_is_not_sold_twice(world: World) -> None:
    product(world, "A1", pieces="1")
    company = customer(world)
    order(world, "O1", [("A1", "1", "100")], company)
    emit(world)
    order(world, "O2", [("A1", "1", "100")], company)
    assert emit(world) == {"seen": 2, "new": 1, "waiting": 1}  # O1 lies in the landing table: still 1 by the ERP
    stock(world, "A1", "0")
    release(world, ["O1"])
    assert emit(world) == {"seen": 2, "refused": 1}


def test_h19_stock_lowered_before_the_reservation_ends_refuses_nobody(world: World) -> None:
    product(world, "A1", pieces="2")
    company = customer(world)
    order(world, "O1", [("A1", "1", "100")], company)
    emit(world)
    order(world, "O2", [("A1", "1", "100")], company)
    stock(world, "A1", "1")  # the ERP lowered it as soon as it had O1, which nobody has confirmed yet
    assert emit(world) == {"seen": 2, "new": 1, "waiting": 1}
    release(world, ["O1"])
    assert emit(world) == {"seen": 2, "emitted": 1}


def test_h19_an_order_confirmed_between_the_two_looks_is_not_sold_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H19: the ERP's figure is read before the ERP takes O1, and O1's reservation ends right after."""
    product(world, "A1", pieces="1")
    company = customer(world)
    order(world, "O1", [("A1", "1", "100")], company)
    emit(world)
    order(world, "O2", [("A1", "1", "100")], company)
    real = StockDesk.quantity

    def slow(desk: StockDesk, *args: Any) -> Decimal:
        figure = real(desk, *args)
        stock(world, "A1", "0")
        release(world, ["O1"])
        return figure

    with monkeypatch.context() as patch:
        patch.setattr(StockDesk, "quantity", slow)
        assert emit(world) == {"seen": 2, "new": 1, "waiting": 1}
    assert emit(world) == {"seen": 2, "refused": 1}


# ---------------------------------------------------------------- the stock procedure
def test_p27_a_procedure_that_is_down_makes_orders_wait(world: World) -> None:
    product(world, "A1")
    company = customer(world)
    for number in range(5):
        order(world, f"O{number}", [("A1", "1", "100")], company)
    good = world.link
    world.use_profile("erp", {"stock.sql": "SELECT piezas FROM no_such_table WHERE cve = :product"})
    assert emit(world) == {"seen": 5, "new": 5, "waiting": 5}
    assert waits(world, "O0").startswith("El ERP no contesta: la consulta de existencia falló (")
    assert waits(world, "O4") == "El ERP no contesta: 3 consultas de existencia fallaron seguidas."
    world.link = good
    assert emit(world) == {"seen": 5, "emitted": 5}


def test_the_circuit_breaker_stops_asking_for_this_run_only(world: World) -> None:
    product(world, "A1")
    world.use_profile("erp", {"stock.sql": "SELECT piezas FROM no_such_table WHERE cve = :product"})
    desk = StockDesk(world.bridge)
    with world.count_statements() as asked:
        for _ in range(6):
            with pytest.raises(StockUnavailable):
                desk.quantity("A1", None)
    assert sum("no_such_table" in statement for statement in asked) == 3
    desk.close()
    with pytest.raises(StockUnavailable, match="falló"):
        StockDesk(world.bridge).quantity("A1", None)


def test_an_answer_closes_the_circuit(world: World) -> None:
    product(world, "A1", pieces="7")
    desk = StockDesk(world.bridge)
    good = desk._question
    for _ in range(4):
        for _ in range(2):
            desk._question = type(good)("SELECT piezas FROM no_such_table WHERE cve = :product")
            with pytest.raises(StockUnavailable):
                desk.quantity("A1", None)
        desk._question = good
        assert desk.quantity("A1", None) == 7
    desk.close()


def test_a_slow_procedure_is_not_waited_for(world: World) -> None:
    product(world, "A1")
    order(world, "O1", [("A1", "1", "100")], customer(world))
    if world.erp.dialect == "sqlite":
        event.listen(
            world.erp.engine, "connect", lambda dbapi, _: dbapi.create_function("SLEEP", 1, lambda s: time.sleep(s))
        )
        world.erp.engine.dispose()
    slow = {
        "sqlite": "SELECT SLEEP(3), :product",
        "mysql": "SELECT SLEEP(8) + 5, :product",
        "mssql": "WAITFOR DELAY '00:00:08'; SELECT 5 AS n WHERE :product IS NOT NULL",
    }
    stock_profile(world, slow[world.erp.dialect], "stock_timeout: 0.2")
    began = time.monotonic()
    assert emit(world) == {"seen": 1, "new": 1, "waiting": 1}
    assert time.monotonic() - began < 2.5
    assert waits(world, "O1").startswith("El ERP no contesta: ")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("SELECT NULL AS n FROM almacen WHERE cve = :product", "NULL"),
        ("SELECT piezas FROM almacen WHERE cve = :product AND 1 = 0", "no conoce"),
        ("SELECT -1 AS n FROM almacen WHERE cve = :product", "menos que nada"),
        ("SELECT 'muchas' AS n FROM almacen WHERE cve = :product", "no es un número"),
        ("SELECT 1 AS n FROM almacen WHERE cve = :product UNION ALL SELECT 2", "más de una"),
    ],
)
def test_an_answer_that_is_no_stock_waits_or_refuses_as_the_profile_says(world: World, answer: str, words: str) -> None:
    product(world, "A1")
    company = customer(world)
    order(world, "O1", [("A1", "1", "100")], company)
    stock_profile(world, answer)
    assert emit(world) == {"seen": 1, "new": 1, "waiting": 1}
    assert words in waits(world, "O1")
    stock_profile(world, answer, "unknown_stock: refuse")
    assert emit(world) == {"seen": 1, "refused": 1}
    assert words in row(world, "O1")["reason"] and sent(world) == []


def test_a_procedure_may_take_the_sku(world: World) -> None:
    product(world, "A1", pieces="0")
    stock(world, "SKU-A1", "4")
    stock_profile(world, "SELECT piezas FROM almacen WHERE cve = :product", "stock_argument: SKU")
    desk = StockDesk(world.bridge)
    assert desk.quantity("A1", "SKU-A1") == 4
    with pytest.raises(StockUnknown, match="SKU"):
        desk.quantity("A1", None)
    desk.close()


@not_expressible("sqlite-*", "SQLite has no procedures")
def test_a_real_procedure_is_called(world: World) -> None:
    product(world, "A1", pieces="6.5")
    drop, make, call = "DROP PROCEDURE IF EXISTS sp_prueba", "", ""
    if world.erp.dialect == "mysql":
        make = (
            "CREATE PROCEDURE sp_prueba(IN p VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)"
            " SELECT piezas FROM almacen WHERE cve = p"
        )
        call = "CALL sp_prueba(:product)"
    else:
        make = "CREATE PROCEDURE sp_prueba @p NVARCHAR(64) AS SELECT piezas FROM almacen WHERE cve = @p"
        call = "EXEC sp_prueba :product"
    world.erp_sql(drop, make)
    stock_profile(world, call)
    desk = StockDesk(world.bridge)
    try:
        assert [desk.quantity("A1", None) for _ in range(3)] == [Decimal("6.5")] * 3
        stock(world, "A1", "2")
        assert desk.quantity("A1", None) == 2
        with pytest.raises(StockUnknown):
            desk.quantity("B1", None)
    finally:
        desk.close()
        world.erp_sql(drop)


def test_no_order_is_emitted_without_a_stock_question(world: World) -> None:
    product(world, "A1")
    order(world, "O1", [("A1", "1", "100")], customer(world))
    world.use_profile("erp", {"stock.sql": "-- :product\nSELECT 5"})
    with pytest.raises(ContractBroken, match="stock.sql"):
        emit(world)
    assert sent(world) == []


# ---------------------------------------------------------------- crashes and reruns
@pytest.mark.parametrize("step", range(1, 4))
def test_i1_a_worker_that_dies_at_the_outbox_leaves_nothing_half(
    world: World, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    product(world, "A1", pieces="2")
    order(world, "O1", [("A1", "1", "100"), ("A1", "1", "90")], customer(world))
    real, calls = outbox.put, iter(range(1, 10))

    def dying(*args: Any, **kwargs: Any) -> str:
        if next(calls) == step:
            raise Killed
        return real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "put", dying)
        with pytest.raises(Killed):
            emit(world)
    assert state(world, "O1") == "VALIDANDO EXISTENCIAS"
    assert world.rows_of("platform", schema.outbox) == world.rows_of("platform", schema.reservation) == []
    assert emit(world) == {"seen": 1, "emitted": 1}
    assert len(world.rows_of("platform", schema.outbox)) == 3
    assert emit(world) == {"seen": 1}


@pytest.mark.parametrize("name", ["read_shop", "_register", "_decide", "_emit", "say"])
def test_i1_a_worker_that_dies_before_any_step_is_made_good_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    product(world, "A1", pieces="2")
    company = customer(world)
    for number in ("O1", "O2", "O3"):
        order(world, number, [("A1", "1", "100")], company)
    with monkeypatch.context() as patch:
        before(patch, emission, name, die)
        with suppress(Killed):
            emit(world)
    for _ in range(2):
        emit(world)
    assert sent_orders(world) == ["O1", "O2"]
    assert [state(world, number) for number in ("O1", "O2", "O3")] == ["EMITIENDO AL ERP"] * 2 + [
        "VALIDANDO EXISTENCIAS"
    ]
    said = [(r["order_id"], r["state"]) for r in world.rows_of("platform", schema.order_history)]
    assert len(said) == len(set(said)) == 5


# ---------------------------------------------------------------- the profile's rules
@pytest.mark.parametrize(
    ("side", "field", "value"),
    [
        ("erp", "stock_argument", "EAN"), ("erp", "unknown_stock", "guess"), ("erp", "tax_included", "si"),
        ("erp", "stock_timeout", "0"), ("erp", "tolerance", "-1"), ("erp", "tolerance", "much"),
        ("erp", "reflected_from", "NADA"), ("erp", "grace_minutes", "3"), ("platform", "grace_minutes", "1.5"),
        ("platform", "mail", "yes"), ("platform", "default_company", "[1]"), ("platform", "tolerance", "1"),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_named_with_its_file(make_world: Any, side: Any, field: str, value: str) -> None:
    world = make_world("sqlite-sqlite")
    text = f"name: x\nside: {side}\nversion: 1\norders:\n  {field}: {value}\n"
    world.use_profile(side, {"profile.yaml": text})
    rules = erp_rules if side == "erp" else platform_rules
    with pytest.raises(PuenteError, match=rf"profile\.yaml: `orders\.{field}`"):
        rules(world.bridge.profile(side))


def test_rules_are_read_and_have_defaults(make_world: Any) -> None:
    world = make_world("sqlite-sqlite")
    stock_profile(world, "SELECT :product", "stock_timeout: 2.5", "reflected_from: aceptado", "tolerance: 0.05")
    rules = erp_rules(world.bridge.profile("erp"))
    assert (rules.stock_timeout, rules.reflected_from, rules.tolerance) == (2.5, "ACEPTADO", Decimal("0.05"))
    assert platform_rules(world.bridge.profile("platform")).grace_minutes == 30


# ---------------------------------------------------------------- cancelled between two looks
def test_an_order_cancelled_while_the_stock_was_asked_is_not_emitted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    product(world, "A1")
    order(world, "O1", [("A1", "1", "100")], customer(world))

    def slowly(*_: object) -> Decimal:
        world.shop_own("shop_order", "O1", status="CANCELADO")
        return Decimal(10)

    monkeypatch.setattr(StockDesk, "quantity", slowly)
    assert emit(world) == {"seen": 1, "new": 1, "cancelled": 1}
    assert (state(world, "O1"), sent(world)) == ("CANCELADO", [])


def test_a_cancellation_that_a_state_of_the_erp_would_hide_is_asked_for(world: World) -> None:
    product(world, "A1")
    order(world, "O1", [("A1", "1", "100")], customer(world))
    emit(world)
    world.shop_own("shop_order", "O1", status="CANCELADO")
    with world.platform.begin() as conn:
        assert say(conn, world.bridge, "O1", "ACEPTADO", "ERP").verdict == "applied"
        assert say(conn, world.bridge, "O1", "PROCESADO", "ERP").verdict == "applied"
    assert [payload["Estado"] for payload in sent(world, "order_states")] == ["CANCELADO"]
    assert world.shop_rows("order_headers")["O1"]["status"] == "PROCESADO"


def test_a_second_cancellation_after_the_erps_answer_is_asked_for_too(world: World) -> None:
    product(world, "A1")
    order(world, "O1", [("A1", "1", "100")], customer(world))
    emit(world)
    world.shop_own("shop_order", "O1", status="CANCELADO")
    assert emit(world)["requests"] == 1
    with world.platform.begin() as conn:  # the staff decline: they go on with it
        assert say(conn, world.bridge, "O1", "ACEPTADO", "ERP").verdict == "applied"
    assert emit(world) == {"seen": 1}
    world.shop_own("shop_order", "O1", status="CANCELADO")
    assert emit(world) == {"seen": 1, "requests": 1}
    assert emit(world) == {"seen": 1}
    events = [r["event_id"] for r in world.rows_of("platform", schema.outbox) if r["entity"] == "order_states"]
    assert len(events) == len(set(events)) == 2
