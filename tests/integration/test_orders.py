"""Orders into the ERP, whole and once, and their states both ways."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from kit import own_tables
from kit.meddling import Killed, before, die
from kit.world import World
from puente.db import schema
from puente.errors import ContractBroken, LeaseHeld, Paused, PuenteError, StaleWorker
from puente.orders import confirm, intake, judging, states
from puente.orders.confirm import confirm_orders
from puente.orders.emission import emit_orders
from puente.orders.torn import torn_orders
from puente.sync import leases, outbox
from puente.sync.control import pause

pytestmark = pytest.mark.lean_gate
Lines = list[tuple[str, str, str, str]]  # line id, product, quantity, price
TWO: Lines = [("1", "A1", "2", "50"), ("2", "A2", "1", "10.5")]
ENTITIES = ("order_headers", "order_lines")


# ---------------------------------------------------------------- the small world
def known(world: World, entity: str, *keys: str, active: int = 1) -> None:
    """Records of the ERP's, as its captures would have noted them."""
    with world.erp.begin() as conn:
        rows = [{"link_id": world.link.link_id, "entity": entity, "record_key": k, "key_fold": k.lower()} for k in keys]
        conn.execute(insert(schema.record), [{**row, "active": active} for row in rows])


@pytest.fixture(autouse=True)
def records(world: World) -> None:
    known(world, "products", "A1", "A2", "A3")
    known(world, "companies", "C1")
    known(world, "contacts", "K1")


def header(world: World, number: str, lines: Lines, **fields: Any) -> int:
    total = sum((Decimal(quantity) * Decimal(price) for _, _, quantity, price in lines), Decimal(0))
    values = {
        "Estado_Pedido": "VALIDANDO EXISTENCIAS", "ID_Empresa": "C1", "ID_Contacto": "K1", "Total": str(total),
        "Lineas": len(lines), **fields,
    }  # fmt: skip
    return world.put("order_headers", number, writer="platform", **values)


def line(world: World, number: str, each: tuple[str, str, str, str], **fields: Any) -> int:
    name, product, quantity, price = each
    values = {
        "ID_Pedido_Cabecera": number, "ID_Producto": product, "Cantidad": quantity, "Precio_Unitario": price,
        "Monto_Total_Producto": str(Decimal(quantity) * Decimal(price)), **fields,
    }  # fmt: skip
    return world.put("order_lines", f"{number}-{name}", writer="platform", **values)


def order(world: World, number: str, lines: Lines = TWO, **fields: Any) -> None:
    header(world, number, lines, **fields)
    for each in lines:
        line(world, number, each)


def run(world: World, name: str | None = None) -> None:
    world.run(name, reader="erp")


def until_quiet(world: World) -> None:
    world.run_until_quiet(reader="erp")


def in_erp(world: World) -> dict[str, tuple[str, list[str]]]:
    """Orders in the ERP's own tables: number → total and line ids."""
    pedido, linea = own_tables.pedido, own_tables.pedido_linea
    with world.erp.read() as conn:
        found = {row.cve: (f"{Decimal(row.total):.2f}", list[str]()) for row in conn.execute(select(pedido))}
        for row in conn.execute(select(linea).order_by(linea.c.id)):
            found[row.pedido][1].append(row.id)
    return found


def inbox_states(world: World) -> tuple[dict[str, int], dict[str, int]]:
    first, second = (world.inbox_states(entity, reader="erp") for entity in ENTITIES)
    return first, second


def messages(world: World, entity: str = "order_headers") -> list[str]:
    return [finding["message"] for finding in world.findings(entity, reader="erp")]


def rules(world: World, entity: str = "order_headers") -> set[str]:
    return {finding["rule_id"] for finding in world.findings(entity, reader="erp")}


def conflicts(world: World) -> list[str]:
    return sorted(row["record_key"] for row in world.rows_of("erp", schema.conflict))


WHOLE = ("110.50", ["P1-1", "P1-2"])


# ---------------------------------------------------------------- whole
def test_an_order_is_written_whole_and_kept_as_a_snapshot(world: World) -> None:
    order(world, "P1", Medio_Pago="Tarjeta", ID_Pago="pi_123")
    run(world)
    assert in_erp(world) == {"P1": WHOLE}
    assert inbox_states(world) == ({"applied": 1}, {"applied": 2})
    (kept,) = world.rows_of("erp", schema.order)
    assert (kept["order_id"], kept["state"], kept["confirmed_at"]) == ("P1", "EMITIENDO AL ERP", None)
    assert '"Medio_Pago": "Tarjeta"' in kept["payload"]
    assert world.work(reader="erp") == []
    world.check_invariants()


def test_many_orders_in_small_chunks(world: World) -> None:
    world.set(apply_chunk=3)
    for number in range(8):
        order(world, f"P{number}")
    run(world)
    assert len(in_erp(world)) == 8
    assert all(len(lines) == 2 for _, lines in in_erp(world).values())
    world.check_invariants()


def test_p13_a_torn_order_is_absent_until_it_is_whole(world: World) -> None:
    header(world, "P1", TWO)
    line(world, "P1", TWO[0])
    order(world, "P2", [("1", "A1", "1", "1")])
    run(world)
    assert in_erp(world) == {"P2": ("1.00", ["P2-1"])}
    assert inbox_states(world) == ({"held": 1, "applied": 1}, {"held": 1, "applied": 1})
    assert messages(world) == ["El pedido P1 tiene 1 de 2 líneas."]
    assert world.work(reader="erp") == []
    line(world, "P1", TWO[1])
    run(world)
    assert in_erp(world)["P1"] == WHOLE
    assert inbox_states(world) == ({"applied": 2}, {"applied": 3})
    until_quiet(world)
    world.check_invariants()


def test_p13_lines_may_come_before_their_header(world: World) -> None:
    for each in TWO:
        line(world, "P1", each)
    run(world)
    assert inbox_states(world) == ({}, {"held": 2})
    assert in_erp(world) == {}
    header(world, "P1", TWO)
    run(world)
    assert in_erp(world) == {"P1": WHOLE}
    until_quiet(world)
    world.check_invariants()


def test_p13_without_a_number_of_lines_the_totals_tell(world: World) -> None:
    header(world, "P1", TWO, Lineas=None)
    line(world, "P1", TWO[0])
    run(world)
    assert in_erp(world) == {}
    assert inbox_states(world)[0] == {"held": 1}
    line(world, "P1", TWO[1])
    run(world)
    assert in_erp(world) == {"P1": WHOLE}


def test_p13_a_torn_order_is_quarantined_after_its_deadline_and_still_heals(world: World) -> None:
    header(world, "P1", TWO)
    line(world, "P1", TWO[0])
    run(world)
    with world.erp.begin() as conn:
        for entity in ENTITIES:
            conn.execute(update(world.route(entity, "erp").inbox).values(waits_until="2020-01-01T00:00:00.000Z"))
    assert world.work(reader="erp") == ["order_headers", "order_lines"]
    run(world)
    assert inbox_states(world) == ({"quarantined": 1}, {"quarantined": 1})
    assert world.work(reader="erp") == []
    line(world, "P1", TWO[1])
    run(world)
    assert in_erp(world) == {"P1": WHOLE}
    until_quiet(world)
    world.check_invariants()


def test_p13_what_waits_beyond_the_grace_period_is_reported(world: World) -> None:
    header(world, "P1", TWO)
    order(world, "P2")
    run(world)
    assert torn_orders(world.bridge) == []
    with world.erp.begin() as conn:
        conn.execute(update(schema.batch).values(opened_at="2020-01-01T00:00:00.000Z"))
    (late,) = torn_orders(world.bridge)
    assert (late.order_id, late.waits) == ("P1", "El pedido P1 tiene 0 de 2 líneas.")


def test_h21_a_free_line_that_is_missing_is_missed(world: World) -> None:
    lines: Lines = [("1", "A1", "2", "50"), ("2", "A3", "1", "0")]
    header(world, "P1", lines)
    line(world, "P1", lines[0])
    run(world)
    assert in_erp(world) == {}
    line(world, "P1", lines[1])
    run(world)
    assert in_erp(world) == {"P1": ("100.00", ["P1-1", "P1-2"])}


def test_h21_an_edit_before_the_erp_reads_is_one_whole_version(world: World) -> None:
    order(world, "P1")
    longer: Lines = [*TWO, ("3", "A3", "1", "5")]
    header(world, "P1", longer)
    line(world, "P1", longer[2])
    run(world)
    assert in_erp(world) == {"P1": ("115.50", ["P1-1", "P1-2", "P1-3"])}
    assert inbox_states(world) == ({"superseded": 1, "applied": 1}, {"applied": 3})
    world.check_invariants()


def test_h21_a_newer_header_replaces_one_that_waited(world: World) -> None:
    header(world, "P1", [*TWO, ("3", "A3", "1", "5")])
    for each in TWO:
        line(world, "P1", each)
    run(world)
    assert in_erp(world) == {}
    header(world, "P1", TWO)
    run(world)
    assert in_erp(world) == {"P1": WHOLE}
    assert inbox_states(world) == ({"superseded": 1, "applied": 1}, {"applied": 2})
    until_quiet(world)
    world.check_invariants()


# ---------------------------------------------------------------- once
def test_p17_the_same_order_twice_is_one_order(world: World) -> None:
    order(world, "P1")
    order(world, "P1")  # in one batch
    run(world)
    order(world, "P1")  # and again later
    run(world)
    assert in_erp(world) == {"P1": WHOLE}
    assert inbox_states(world) == ({"superseded": 1, "applied": 1, "duplicate": 1}, {"applied": 2, "duplicate": 4})
    assert conflicts(world) == []
    world.check_invariants()


@pytest.mark.not_expressible("sqlite-*", "SQLite has one writer")
def test_p17_the_same_order_in_two_runs_at_once(world: World) -> None:
    order(world, "P1")
    order(world, "P2")
    failures: list[BaseException] = []

    def go(name: str) -> None:
        other = World.at(world.address)
        other.settings = world.settings
        try:
            for _ in range(3):
                with suppress(LeaseHeld, StaleWorker):
                    other.run(name, reader="erp")
        except BaseException as error:
            failures.append(error)
        finally:
            other.erp.engine.dispose()
            other.platform.engine.dispose()

    threads = [threading.Thread(target=go, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    order(world, "P1")
    for thread in threads:
        thread.join()
    assert failures == []
    until_quiet(world)
    assert {number: lines for number, (_, lines) in in_erp(world).items()} == {
        "P1": ["P1-1", "P1-2"], "P2": ["P2-1", "P2-2"],
    }  # fmt: skip
    assert len(world.rows_of("erp", schema.order)) == 2
    world.check_invariants()


def test_p16_an_edit_after_the_erp_took_the_order_is_a_conflict(world: World) -> None:
    order(world, "P1")
    run(world)
    header(world, "P1", TWO, Envio_Ciudad="Puebla")
    line(world, "P1", ("1", "A1", "3", "50"))
    line(world, "P1", TWO[1])
    line(world, "P1", ("3", "A3", "1", "5"))
    run(world)
    assert in_erp(world) == {"P1": WHOLE}
    assert inbox_states(world) == ({"applied": 1, "conflict": 1}, {"applied": 2, "conflict": 2, "duplicate": 1})
    assert conflicts(world) == ["P1", "P1-1", "P1-3"]
    by_key = {row["record_key"]: row for row in world.rows_of("erp", schema.conflict)}
    assert '"Envio_Ciudad": "Puebla"' in by_key["P1"]["loser"]
    assert '"Cantidad": "2.0000"' in by_key["P1-1"]["kept"]
    assert by_key["P1-3"]["kept"] is None
    until_quiet(world)
    world.check_invariants()


def test_p16_one_line_id_with_two_contents_stops_its_order(world: World) -> None:
    order(world, "P1")
    line(world, "P1", ("1", "A1", "3", "50"))
    order(world, "P2", [("1", "A1", "1", "1")])
    run(world)
    assert list(in_erp(world)) == ["P2"]
    assert inbox_states(world) == ({"quarantined": 1, "applied": 1}, {"quarantined": 2, "conflict": 1, "applied": 1})
    assert conflicts(world) == ["P1-1"]
    header(world, "P1", TWO)  # comes again: a person has still to look
    run(world)
    assert list(in_erp(world)) == ["P2"]
    with world.erp.begin() as conn:
        conn.execute(update(schema.conflict).values(resolved_at="2026-01-01T00:00:00.000Z", who="Ana"))
    header(world, "P1", TWO)
    run(world)
    assert in_erp(world)["P1"] == WHOLE
    until_quiet(world)
    world.check_invariants()


def test_a_line_belongs_to_one_order(world: World) -> None:
    order(world, "P1")
    run(world)
    for number in ("P2", "P3"):
        header(world, number, TWO)
    for number in ("P2", "P3"):
        line(world, number, TWO[0], ID_Pedido_Detalles="X-1")
        line(world, number, TWO[1], ID_Pedido_Detalles="P1-2" if number == "P2" else "X-2")
    run(world)
    assert in_erp(world)["P1"] == WHOLE
    assert in_erp(world)["P3"] == ("110.50", ["X-1", "X-2"])
    assert "P2" not in in_erp(world)
    assert conflicts(world) == ["P1-2"]
    world.check_invariants()


def test_a_header_and_a_line_of_one_number_are_told_apart(world: World) -> None:
    """Each inbox counts its own rows: here both of P2's are the second."""
    order(world, "P1", TWO[:1])
    run(world)
    order(world, "P2", TWO[:1])
    with world.erp.begin() as conn:
        queue = world.queue_table("order_lines", "platform")
        conn.execute(delete(queue))
    line(world, "P2", TWO[0], ID_Pedido_Detalles="P1-1")
    run(world)
    assert inbox_states(world) == ({"applied": 1, "quarantined": 1}, {"applied": 1, "conflict": 1})
    assert conflicts(world) == ["P1-1"]
    world.check_invariants()


# ---------------------------------------------------------------- what does not fit
def test_wrong_totals_are_quarantined_with_every_reason_and_heal(world: World) -> None:
    header(world, "P1", TWO, Total="99", Descuento="5")
    for each in TWO:
        line(world, "P1", each)
    order(world, "P2")
    run(world)
    assert list(in_erp(world)) == ["P2"]
    assert inbox_states(world) == ({"quarantined": 1, "applied": 1}, {"quarantined": 2, "applied": 2})
    assert rules(world) == {"order.totals"}
    header(world, "P1", TWO)
    run(world)
    assert in_erp(world)["P1"] == WHOLE
    until_quiet(world)
    world.check_invariants()


def test_an_unknown_product_is_waited_for(world: World) -> None:
    order(world, "P1", [("1", "A1", "1", "1"), ("2", "NEW", "1", "1"), ("3", "NEWER", "1", "1")])
    run(world)
    assert in_erp(world) == {}
    assert inbox_states(world) == ({"held": 1}, {"held": 3})
    assert "El ERP no tiene ID_Producto NEW." in messages(world)
    assert world.work(reader="erp") == []
    known(world, "products", "NEW")
    run(world)
    assert inbox_states(world) == ({"held": 1}, {"held": 3})
    known(world, "products", "NEWER")
    run(world)
    assert in_erp(world) == {"P1": ("3.00", ["P1-1", "P1-2", "P1-3"])}
    until_quiet(world)
    world.check_invariants()


@pytest.mark.parametrize(("entity", "column"), [("companies", "ID_Empresa"), ("contacts", "ID_Contacto")])
def test_an_unknown_customer_is_waited_for(world: World, entity: str, column: str) -> None:
    order(world, "P1", **{column: "NEW"})
    run(world)
    assert in_erp(world) == {}
    assert rules(world) == {"order.customer"}
    known(world, entity, "NEW")
    until_quiet(world)
    assert in_erp(world) == {"P1": WHOLE}
    world.check_invariants()


def test_an_order_without_a_company_is_refused(world: World) -> None:
    order(world, "P1", ID_Empresa=None, ID_Contacto=None)
    order(world, "P2", ID_Contacto=None)
    run(world)
    assert list(in_erp(world)) == ["P2"]
    assert inbox_states(world)[0] == {"quarantined": 1, "applied": 1}
    assert messages(world) == ["El pedido P1 no dice de qué empresa es."]


def test_a_bad_line_stops_its_order_only(world: World) -> None:
    order(world, "P1")
    line(world, "P1", ("3", "A1", "1", "1"), ID_Producto=None)
    header(world, "P1", [*TWO, ("3", "A1", "1", "1")])
    order(world, "P2")
    run(world)
    assert list(in_erp(world)) == ["P2"]
    assert inbox_states(world) == (
        {"superseded": 1, "held": 1, "applied": 1},
        {"held": 2, "quarantined": 1, "applied": 2},
    )
    world.check_invariants()


def test_an_order_is_never_deleted_by_a_row(world: World) -> None:
    order(world, "P1")
    run(world)
    world.put("order_headers", "P1", writer="platform", op="D")
    run(world)
    assert in_erp(world) == {"P1": WHOLE}
    assert inbox_states(world)[0] == {"applied": 1, "quarantined": 1}


def test_extra_columns_are_refused_and_never_stored(world: World) -> None:
    name = "Pedidos_Cabecera"
    world.altered_tables["erp"].add(name)
    kind = "NVARCHAR(200)" if world.erp.dialect == "mssql" else "VARCHAR(200)"
    world.erp_sql(f"ALTER TABLE {world.erp.quote(name)} ADD {world.erp.quote('Tarjeta')} {kind}")
    order(world, "P1")
    done = world.run(reader="erp")
    assert isinstance(done.errors["order_headers"], ContractBroken)
    assert "Tarjeta" in str(done.errors["order_headers"])
    assert world.inbox("order_headers", reader="erp") == []
    assert len(world.queue_ids("order_headers", "platform")) == 1
    assert in_erp(world) == {}


# ---------------------------------------------------------------- refusals and deaths
KEEPS_NOTHING = """INSERT INTO pedido_linea (id, pedido, articulo, cantidad, precio, importe)
SELECT s.ID_Pedido_Detalles, s.ID_Pedido_Cabecera, s.ID_Producto, s.Cantidad, s.Precio_Unitario,
       s.Monto_Total_Producto
FROM puente_stage_order_lines s WHERE s.link_id = :link_id AND s.run_id = :run_id;
"""


def test_an_order_that_the_erp_refuses_is_quarantined_alone(world: World) -> None:
    world.use_profile("erp", {"apply_order_lines.sql": KEEPS_NOTHING})
    world.own("pedido_linea", id="P3-2", pedido="OTHER", articulo="A1", cantidad="1", precio="1", importe="1")
    for number in range(1, 7):
        order(world, f"P{number}")
    run(world)
    with world.erp.read() as conn:
        there = set(conn.execute(select(own_tables.pedido.c.cve)).scalars())
    assert there == {"P1", "P2", "P4", "P5", "P6"}, "the header of the refused order was left behind"
    assert inbox_states(world) == ({"applied": 5, "quarantined": 1}, {"applied": 10, "quarantined": 2})
    assert rules(world) == {"target.refused"}
    assert len(world.rows_of("erp", schema.order)) == 5
    until_quiet(world)
    world.check_invariants()


@pytest.mark.parametrize("call", [1, 2])
def test_a_worker_that_dies_leaves_the_order_absent_or_whole(
    world: World, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    order(world, "P1")
    calls = iter(range(1, 100))
    with monkeypatch.context() as patched:
        before(patched, intake, "write_target", lambda *_: die() if next(calls) == call else None, times=call)
        with pytest.raises(Killed):
            run(world)
    assert in_erp(world) == {}
    assert world.rows_of("erp", schema.order) == []
    until_quiet(world)
    assert in_erp(world) == {"P1": WHOLE}
    world.check_invariants()


def test_a_step_run_again_after_a_death_changes_nothing_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    order(world, "P1")
    order(world, "P2")
    with monkeypatch.context() as patched:
        before(patched, world_ledger(), "settle", die)
        with pytest.raises(Killed):
            run(world, "same")
    for entity in ENTITIES:
        world.apply(entity, "same", reader="erp")
    until_quiet(world)
    assert sorted(in_erp(world)) == ["P1", "P2"]
    assert inbox_states(world) == ({"applied": 2}, {"applied": 4})
    world.check_invariants()


def world_ledger() -> Any:
    from puente.sync import ledger

    return ledger


def test_an_order_that_kills_its_worker_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 6):
        order(world, f"P{number}")
    real = judging.judge

    def deadly(each: Any, *rest: Any) -> Any:
        if each.order_id == "P3" and each.headers:
            die()
        return real(each, *rest)

    monkeypatch.setattr(judging, "judge", deadly)
    for _ in range(12):
        with suppress(Killed):
            run(world)
    assert sorted(in_erp(world)) == ["P1", "P2", "P4", "P5"]
    assert rules(world) == {"worker.killed"}
    assert inbox_states(world) == ({"applied": 4, "quarantined": 1}, {"applied": 8, "held": 2})
    world.check_invariants()


def test_a_paused_link_takes_no_orders(world: World) -> None:
    order(world, "P1")
    for entity in ENTITIES:
        receipt = world.receive(entity, "r", reader="erp")
        world.clear(entity, "r", reader="erp")
        world.validate(entity, receipt.batch_id, "r", reader="erp")
    pause(world.erp, world.link.link_id, "order_headers", "Ana", "inventory")
    with pytest.raises(Paused):
        world.apply("order_lines", "r", reader="erp")
    assert in_erp(world) == {}


# ---------------------------------------------------------------- what the platform asks
def asked(world: World) -> dict[str, int]:
    with world.erp.read() as conn:
        return {row.cve: row.cancelacion_pedida for row in conn.execute(select(own_tables.pedido))}


def state_inbox(world: World, reader: Any) -> dict[str, int]:
    return world.inbox_states("order_states", reader=reader)


def test_p10_a_request_to_cancel_reaches_the_erp_only(world: World) -> None:
    order(world, "P1")
    order(world, "P2")
    run(world)
    world.put("order_states", "P1", Estado="cancelado", Motivo_Rechazo="Ya no", writer="platform")
    world.put("order_states", "P1", Estado="CANCELADO", writer="platform")
    world.put("order_states", "P1", Estado="ENVIADO", writer="platform")
    mine = world.put("order_states", "P1", Estado="ACEPTADO")
    run(world)
    assert asked(world) == {"P1": 1, "P2": 0}
    assert state_inbox(world, "erp") == {"applied": 1, "unchanged": 1, "quarantined": 1}
    assert world.queue_ids("order_states") == [mine]
    history = [(row["state"], row["verdict"]) for row in world.rows_of("erp", schema.order_history)]
    assert history == [("CANCELADO", "request"), ("CANCELADO", "unchanged"), ("ENVIADO", "refused")]
    world.check_invariants()


def test_each_event_of_ours_is_a_request_of_its_own(world: World) -> None:
    order(world, "P1")
    run(world)
    world.put("order_states", "P1", Estado="CANCELADO", writer="platform", ID_Evento="a:order_states:P1:1")
    run(world)
    with world.erp.begin() as conn:  # declined: the flag is taken down
        conn.execute(update(own_tables.pedido).values(cancelacion_pedida=0))
    world.put("order_states", "P1", Estado="CANCELADO", writer="platform", ID_Evento="a:order_states:P1:2")
    run(world)
    assert asked(world) == {"P1": 1}
    world.check_invariants()


def test_a_request_waits_for_its_order(world: World) -> None:
    world.put("order_states", "P1", Estado="CANCELADO", writer="platform")
    run(world)
    assert state_inbox(world, "erp") == {"held": 1}
    order(world, "P1")
    until_quiet(world)
    assert asked(world) == {"P1": 1}
    assert state_inbox(world, "erp") == {"applied": 1}
    world.check_invariants()


# ---------------------------------------------------------------- what the ERP says
def in_shop(world: World, *numbers: str, state: str = "EMITIENDO AL ERP") -> None:
    """Orders that the platform has emitted."""
    for number in numbers:
        world.shop_own("shop_order", number, status=state, total="1")
        with world.platform.begin() as conn:
            conn.execute(insert(schema.order).values(link_id=world.link.link_id, order_id=number, state=state))


def shop_state(world: World, number: str) -> str:
    return str(world.shop_rows("order_headers")[number]["status"])


def said(world: World, number: str, texts: Iterable[str], **fields: Any) -> None:
    for each in texts:
        world.put("order_states", number, Estado=each, **fields)


def history_of(world: World, number: str) -> list[tuple[str, str]]:
    rows = [row for row in world.rows_of("platform", schema.order_history) if row["order_id"] == number]
    return [(row["state"], row["verdict"]) for row in sorted(rows, key=lambda row: row["history_id"])]


def test_p15_the_matrix_decides_in_the_queue_s_order(world: World) -> None:
    in_shop(world, "P1")
    said(world, "P1", ["Recibido_en_ERP", "ACEPTADO", "RECIBIDO EN ERP", "aceptado", "PROCESADO", "DEVUELTO"])
    world.run()
    assert shop_state(world, "P1") == "PROCESADO"
    assert state_inbox(world, "platform") == {"applied": 3, "late": 1, "unchanged": 1, "quarantined": 1}
    assert history_of(world, "P1") == [
        ("RECIBIDO EN ERP", "applied"), ("ACEPTADO", "applied"), ("RECIBIDO EN ERP", "late"), ("ACEPTADO", "unchanged"),
        ("PROCESADO", "applied"), ("DEVUELTO", "refused"),
    ]  # fmt: skip
    world.run_until_quiet()
    world.check_invariants()


def test_h20_accepted_before_received_was_said(world: World) -> None:
    in_shop(world, "P1")
    said(world, "P1", ["ACEPTADO", "RECIBIDO EN ERP"])
    world.run()
    assert shop_state(world, "P1") == "ACEPTADO"
    assert state_inbox(world, "platform") == {"applied": 1, "late": 1}
    world.check_invariants()


def test_a_state_waits_until_its_order_is_known(world: World) -> None:
    said(world, "P1", ["RECIBIDO EN ERP", "ACEPTADO"])
    world.run()
    assert state_inbox(world, "platform") == {"held": 2}
    in_shop(world, "P1")
    world.run()
    assert shop_state(world, "P1") == "ACEPTADO"
    assert state_inbox(world, "platform") == {"applied": 2}
    world.run_until_quiet()
    world.check_invariants()


def test_states_after_a_death_are_said_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    in_shop(world, "P1")
    said(world, "P1", ["RECIBIDO EN ERP", "ACEPTADO", "PROCESADO"])
    with monkeypatch.context() as patched:
        calls = iter(range(10))
        before(patched, states.claims, "finish", lambda *_: die() if next(calls) == 2 else None, times=3)
        with pytest.raises(Killed):
            world.run()
    world.run_until_quiet()
    assert shop_state(world, "P1") == "PROCESADO"
    assert [verdict for _, verdict in history_of(world, "P1")] == ["applied"] * 3
    world.check_invariants()


# ---------------------------------------------------------------- received, and what the staff decide
def queued_states(world: World) -> list[tuple[str, str, str]]:
    table = schema.queue_tables[world.erp.dialect]["Pedidos_Estados"]
    with world.erp.read() as conn:
        rows = conn.execute(select(table).order_by(table.c.ID_Registro)).mappings().all()
    return [(row["ID_Pedido_Cabecera"], row["Estado"], row["Origen"]) for row in rows]


def confirmed(world: World) -> int:
    return confirm_orders(world.bridge, world.next_run())


def test_received_is_said_when_the_erp_shows_the_order(world: World) -> None:
    order(world, "P1")
    order(world, "P2")
    run(world)
    world.own("pedido", cve="P2", importado=0)
    assert confirmed(world) == 1
    assert queued_states(world) == [("P1", "RECIBIDO EN ERP", "ERP")]
    assert confirmed(world) == 0
    world.own("pedido", cve="P2", importado=1)
    assert confirmed(world) == 1
    assert {row["state"] for row in world.rows_of("erp", schema.order)} == {"RECIBIDO EN ERP"}
    events = [
        row["ID_Evento"] for row in world.rows_of("erp", schema.queue_tables[world.erp.dialect]["Pedidos_Estados"])
    ]
    assert len(set(events)) == 2
    in_shop(world, "P1", "P2")
    world.run()
    assert (shop_state(world, "P1"), shop_state(world, "P2")) == ("RECIBIDO EN ERP", "RECIBIDO EN ERP")
    world.check_invariants()


def test_a_worker_that_dies_while_confirming_says_it_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    order(world, "P1")
    run(world)
    with monkeypatch.context() as patched:
        before(patched, confirm, "queue_table", die)
        with pytest.raises(Killed):
            confirmed(world)
    assert queued_states(world) == []
    assert confirmed(world) == 1
    assert queued_states(world) == [("P1", "RECIBIDO EN ERP", "ERP")]


def test_a_worker_that_dies_at_its_very_end_while_confirming_stops_no_later_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P5: its next try finds nothing left to confirm, and frees the lease all the same."""
    order(world, "P1")
    run(world)
    dying = world.next_run()
    with monkeypatch.context() as patched:
        before(patched, leases.Lease, "release", die)
        with pytest.raises(Killed):
            confirm_orders(world.bridge, dying)

    assert confirm_orders(world.bridge, dying) == 0

    order(world, "P2")
    run(world)
    assert confirmed(world) == 1
    assert queued_states(world) == [("P1", "RECIBIDO EN ERP", "ERP"), ("P2", "RECIBIDO EN ERP", "ERP")]


def test_without_a_confirm_file_it_is_said_that_nothing_can_confirm(world: World) -> None:
    order(world, "P1")
    world.use_profile("erp", {})
    run(world)
    (world.settings.profiles_dir / world.link.erp_profile / "confirm_orders.sql").unlink()
    with pytest.raises(PuenteError, match=r"confirm_orders\.sql"):
        confirmed(world)


def test_what_the_staff_decide_is_sent_once_and_only_of_our_orders(world: World) -> None:
    order(world, "P1")
    order(world, "P2")
    run(world)
    world.own("pedido", cve="OWN", estado="ACEPTADO")
    world.own("pedido", cve="P1", estado="ACEPTADO")
    done = world.capture("order_states")
    assert done is not None
    assert (done.read, done.upserts, done.deletes) == (1, 1, 0)
    done = world.capture("order_states")
    assert done is not None
    assert done.upserts == 0
    world.own("pedido", cve="P1", estado="RECHAZADO", motivo="Sin crédito")
    world.capture("order_states")
    assert queued_states(world) == [("P1", "ACEPTADO", "ERP"), ("P1", "RECHAZADO", "ERP")]
    for number in ("P1", "P2"):
        world.own("pedido", cve=number, estado=None)
    done = world.capture("order_states")
    assert done is not None
    assert (done.read, done.deletes) == (0, 0)
    assert len(queued_states(world)) == 2
    world.check_invariants()


def test_a_vendor_s_states_without_origin_are_read_and_never_written(world: World) -> None:
    order(world, "P1")
    run(world)
    name = world.erp.quote("Pedidos_Estados")
    kind = {"sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT", "mysql": "BIGINT AUTO_INCREMENT PRIMARY KEY",
            "mssql": "BIGINT IDENTITY(1,1) PRIMARY KEY"}[world.erp.dialect]  # fmt: skip
    fields = "ID_Pedido_Cabecera VARCHAR(64), Estado VARCHAR(50), Motivo_Rechazo VARCHAR(500)"
    world.remake_queue("order_states", f"CREATE TABLE {name} (ID_Registro {kind}, {fields})")
    world.erp_sql(f"INSERT INTO {name} (ID_Pedido_Cabecera, Estado) VALUES ('P1', 'CANCELADO')")
    assert "order_states" not in world.work(reader="erp")
    assert confirmed(world) == 1
    world.own("pedido", cve="P1", estado="ACEPTADO")
    assert world.capture("order_states") is None
    assert len(world.queue_ids("order_states")) == 1
    in_shop(world, "P1")
    world.run()
    assert world.queue_ids("order_states") == []
    assert len(world.inbox("order_states")) == 1


# ---------------------------------------------------------------- there and back
def test_an_order_s_way_from_the_shop_to_the_erp_and_back(world: World) -> None:
    with world.platform.begin() as conn:
        for name in ("A1", "A2"):
            conn.execute(
                insert(schema.record).values(
                    link_id=world.link.link_id, entity="products", record_key=name, key_fold=name.lower(), active=1,
                    unique_value=f"SKU-{name}",
                )
            )  # fmt: skip
    for name in ("A1", "A2"):
        world.own("almacen", cve=name, piezas="10")
    company = world.shop_own("shop_company", name="Llantera", erp_id="C1")
    world.shop_own("shop_order", "P1", subtotal="110.50", total="110.50", company_id=company, ship_email="a@example.mx")
    for name, product, quantity, price in TWO:
        amount = str(Decimal(quantity) * Decimal(price))
        values = {"product": product, "quantity": quantity, "price": price, "amount": amount}
        world.shop_own("shop_order_line", f"P1-{name}", order_id="P1", **values)

    for _ in range(2):  # all of it once more: nothing happens twice
        emit_orders(world.bridge, world.next_run())
        outbox.deliver(world.bridge, world.next_run())
        until_quiet(world)
        confirmed(world)
        world.own("pedido", cve="P1", estado="ACEPTADO")
        world.capture("order_states")
        world.run_until_quiet()

    assert in_erp(world) == {"P1": WHOLE}
    assert shop_state(world, "P1") == "ACEPTADO"
    assert history_of(world, "P1") == [
        ("VALIDANDO EXISTENCIAS", "applied"), ("EMITIENDO AL ERP", "applied"), ("RECIBIDO EN ERP", "applied"),
        ("ACEPTADO", "applied"),
    ]  # fmt: skip
    assert conflicts(world) == []
    world.check_invariants()
