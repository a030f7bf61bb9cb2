"""What becomes of an order when a state is said of it, on the platform."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
from sqlalchemy import insert, select

from kit.orders import know_order, mails, order_row, say
from kit.pitfalls import not_expressible
from kit.world import PROFILES, World
from puente.db import schema
from puente.errors import PuenteError
from puente.orders import transitions

pytestmark = pytest.mark.lean_gate


def history(world: World, order_id: str = "P1") -> list[tuple[str, str]]:
    table = schema.order_history
    with world.platform.read() as conn:
        query = select(table.c.state, table.c.verdict).where(table.c.order_id == order_id).order_by(table.c.history_id)
        return [(row.state, row.verdict) for row in conn.execute(query)]


def reserve(world: World, order_id: str, quantity: str = "2") -> None:
    number = quantity if world.platform.dialect == "sqlite" else Decimal(quantity)
    row = {"link_id": world.link.link_id, "order_id": order_id, "product_id": "A1", "quantity": number}
    with world.platform.begin() as conn:
        conn.execute(insert(schema.reservation), row)


def is_reserved(world: World, order_id: str) -> bool:
    rows = world.rows_of("platform", schema.reservation)
    return [r["released_at"] for r in rows if r["order_id"] == order_id] == [None]


def reflect_from(world: World, state: str) -> None:
    text = (PROFILES / "mini_erp" / "profile.yaml").read_text(encoding="utf-8")
    head = text.split("orders:")[0]
    world.use_profile("erp", {"profile.yaml": f"{head}orders: {{reflected_from: {state}}}\n"})


def test_p15_h20_states_out_of_order(world: World) -> None:
    """Accepted before it was received; repeats; a step back; an unknown state: one mail per real transition."""
    know_order(world, "P1")
    said = ["aceptado", "RECIBIDO_EN_ERP", "ACEPTADO", "ENVIADO", "PROCESADO", "PAGADO", "CANCELADO"]
    decisions = say(world, "P1", *said)
    verdicts = ["applied", "late", "unchanged", "applied", "late", "refused", "refused"]
    assert [d.verdict for d in decisions] == verdicts
    names = ["ACEPTADO", "RECIBIDO EN ERP", "ACEPTADO", "ENVIADO", "PROCESADO", "PAGADO", "CANCELADO"]
    assert history(world) == list(zip(names, verdicts, strict=True))
    assert "ENVIADO" in decisions[-1].message and "CANCELADO" in decisions[-1].message
    assert [m["state"] for m in mails(world)] == ["ACEPTADO", "ENVIADO"]
    order = order_row(world, "P1")
    assert order["state"] == "ENVIADO" and order["confirmed_at"] and order["changed_at"]
    assert world.shop_rows("order_headers")["P1"]["status"] == "ENVIADO"


def test_the_reason_reaches_the_order_the_shop_and_the_history(world: World) -> None:
    know_order(world, "P1")
    assert say(world, "P1", "RECHAZADO", reason=" ")[0].verdict == "refused"
    assert say(world, "P1", "RECHAZADO", reason=" sin crédito 😀" * 60)[0].verdict == "applied"
    reason = order_row(world, "P1")["reason"]
    assert reason.startswith("sin crédito 😀 sin") and len(reason.encode("utf-16-le")) // 2 == 500
    assert world.shop_rows("order_headers")["P1"]["reason"] == reason
    rows = world.rows_of("platform", schema.order_history)
    assert "Motivo_Rechazo" in rows[0]["reason"] and rows[1]["reason"] == reason
    assert {row["origin"] for row in rows} == {"ERP"}


def test_an_unknown_order_is_refused(world: World) -> None:
    (decision,) = say(world, "NADIE", "ACEPTADO")
    assert decision.verdict == "refused" and "NADIE" in decision.message and "ACEPTADO" in decision.message
    assert history(world, "NADIE") == [("ACEPTADO", "refused")]
    assert mails(world) == []


def test_a_new_order_is_opened_once(world: World) -> None:
    know_order(world, "P1", "VALIDANDO EXISTENCIAS")
    with world.platform.begin() as conn:
        transitions.open_order(conn, world.bridge, "P1")
    assert say(world, "P1", "VALIDANDO EXISTENCIAS", origin="PLATAFORMA")[0].verdict == "unchanged"
    assert history(world) == [("VALIDANDO EXISTENCIAS", "applied"), ("VALIDANDO EXISTENCIAS", "unchanged")]
    assert [m["state"] for m in mails(world)] == ["VALIDANDO EXISTENCIAS"]
    assert order_row(world, "P1")["confirmed_at"] is None


def test_an_early_invoice_changes_no_logistic_state(world: World) -> None:
    know_order(world, "P1", "PROCESADO")
    decisions = say(world, "P1", "FACTURADO", "FACTURADO", "ENVIADO")
    assert [d.verdict for d in decisions] == ["invoiced", "unchanged", "applied"]
    invoiced = order_row(world, "P1")["invoiced_at"]
    assert invoiced and order_row(world, "P1")["state"] == "ENVIADO"
    decisions = say(world, "P1", "ENTREGADO", "FACTURADO", "DEVUELTO")
    assert [d.verdict for d in decisions] == ["applied", "applied", "refused"]
    assert order_row(world, "P1")["state"] == "FACTURADO"
    assert order_row(world, "P1")["invoiced_at"] == invoiced
    assert [m["state"] for m in mails(world)] == ["ENVIADO", "ENTREGADO", "FACTURADO"]


def test_what_an_order_has_behind_it_is_late_after_its_end(world: World) -> None:
    know_order(world, "P1")
    decisions = say(world, "P1", "RECIBIDO EN ERP", "PROCESADO", "CANCELADO", "PROCESADO", "ACEPTADO", "ENVIADO")
    assert [d.verdict for d in decisions] == ["applied", "applied", "applied", "late", "late", "refused"]
    assert order_row(world, "P1")["state"] == "CANCELADO"


def test_a_platforms_cancellation_after_emission_is_a_request(world: World) -> None:
    know_order(world, "P1", "ACEPTADO")
    know_order(world, "P2", "VALIDANDO EXISTENCIAS")
    assert say(world, "P1", "CANCELADO", origin="PLATAFORMA")[0].verdict == "request"
    assert say(world, "P2", "CANCELADO", origin="PLATAFORMA")[0].verdict == "applied"
    assert order_row(world, "P1")["state"] == "ACEPTADO"
    assert [m["order_id"] for m in mails(world)] == ["P2"]
    assert say(world, "P1", "CANCELADO")[0].verdict == "applied"


@pytest.mark.parametrize("end", ["RECHAZADO", "CANCELADO", "RECHAZADO POR EXISTENCIAS"])
def test_an_order_that_ended_keeps_no_stock(world: World, end: str) -> None:
    reflect_from(world, "FACTURADO")
    know_order(world, "P1", "RECIBIDO EN ERP")
    reserve(world, "P1")
    say(world, "P1", end, reason="no")
    assert not is_reserved(world, "P1")


@pytest.mark.parametrize(
    ("reflected_from", "kept"),
    [
        ("RECIBIDO EN ERP", []),
        ("ACEPTADO", ["RECIBIDO EN ERP"]),
        ("ENVIADO", ["RECIBIDO EN ERP", "ACEPTADO"]),
        ("FACTURADO", ["RECIBIDO EN ERP", "ACEPTADO", "ENVIADO", "ENTREGADO"]),
    ],
)
def test_stock_is_kept_until_the_erps_figure_reflects_it(world: World, reflected_from: str, kept: list[str]) -> None:
    reflect_from(world, reflected_from)
    know_order(world, "P1")
    reserve(world, "P1")
    reserve(world, "P2")
    seen = []
    for state in ("RECIBIDO EN ERP", "ACEPTADO", "ENVIADO", "ENTREGADO", "FACTURADO"):
        say(world, "P1", state)
        if is_reserved(world, "P1"):
            seen.append(state)
    assert seen == kept
    assert is_reserved(world, "P2")


def test_an_early_invoice_lets_go_where_the_erps_figure_reflects_invoices(world: World) -> None:
    reflect_from(world, "FACTURADO")
    know_order(world, "P1", "ACEPTADO")
    reserve(world, "P1")
    assert say(world, "P1", "FACTURADO")[0].verdict == "invoiced"
    assert not is_reserved(world, "P1")


def test_a_shop_that_cannot_show_states_is_named(world: World) -> None:
    world.use_profile("platform", {"apply_order_states.sql": "-- nothing\n"})
    know_order(world, "P1")
    with pytest.raises(PuenteError, match="apply_order_states"):
        say(world, "P1", "ACEPTADO")
    assert order_row(world, "P1")["state"] == "EMITIENDO AL ERP"
    assert history(world) == []


def test_nothing_is_left_on_the_stage(world: World) -> None:
    know_order(world, "P|1\\Ñ")
    say(world, "P|1\\Ñ", "ACEPTADO", "ENVIADO")
    assert world.rows_of("platform", schema.stages["order_states"]) == []
    assert world.shop_rows("order_headers")["P|1\\Ñ"]["status"] == "ENVIADO"


def test_p15_h23_links_keep_their_orders_apart(world: World) -> None:
    other = world.with_link("branch")
    know_order(world, "P1")
    say(other, "P1", "ACEPTADO")
    assert order_row(world, "P1")["state"] == "EMITIENDO AL ERP"
    say(world, "P1", "ACEPTADO")
    assert [m["message_id"].split("@")[1] for m in mails(world)] == ["puente.main>"]
    assert mails(other) == []


@not_expressible("sqlite-sqlite", "SQLite has one writer, so that nobody decides at the same time")
def test_p15_two_who_speak_at_once_decide_one_after_the_other(world: World) -> None:
    know_order(world, "P1")
    ready, answers = threading.Event(), []

    def cancel() -> None:
        ready.set()
        answers.extend(say(world, "P1", "ENVIADO", "CANCELADO"))

    second = threading.Thread(target=cancel)
    with world.platform.begin() as conn:
        assert transitions.say(conn, world.bridge, "P1", "ENTREGADO", "ERP").verdict == "applied"
        second.start()
        assert ready.wait(30)
        second.join(0.5)
        assert answers == []  # it waits for the row
    second.join(30)
    assert [d.verdict for d in answers] == ["late", "refused"]
    assert [m["state"] for m in mails(world)] == ["ENTREGADO"]
