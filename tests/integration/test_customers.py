"""P9, P11, H8, H12, H13, H14, H18: customers both ways. No echo, no doubles, no overwritten edit that nobody sees."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from kit import own_tables
from kit.world import World
from puente.db import schema
from puente.errors import ContractBroken, PuenteError
from puente.settings import Link
from puente.sync import capture, outbox, quarantine, reconcile
from puente.sync.control import renew_incarnation

pytestmark = pytest.mark.lean_gate
BOTH = ("companies", "contacts")
RFC = "TOR850101AB1"


# ---------------------------------------------------------------- the parts of a cycle
def shop_speaks(world: World) -> dict[str, int]:
    """capture_platform: rows that reached a queue, by entity."""
    for entity in BOTH:
        capture.capture(world.bridge, entity, world.next_run(), side="platform")
    return outbox.deliver(world.bridge, world.next_run())


def erp_speaks(world: World) -> dict[str, int]:
    """capture_erp: rows that reached a queue, by entity."""
    sent = {entity: world.capture(entity) for entity in BOTH}
    return {entity: c.upserts + c.deletes for entity, c in sent.items() if c and c.upserts + c.deletes}


def erp_reads(world: World) -> None:
    for done in world.run_until_quiet(reader="erp"):
        assert done.errors == {}


def shop_reads(world: World) -> None:
    for done in world.run_until_quiet():
        assert done.errors == {}


def cycle(world: World) -> int:
    """One whole cycle; the number of rows that crossed, in either direction."""
    crossed = sum(erp_speaks(world).values())
    shop_reads(world)
    crossed += sum(shop_speaks(world).values())
    erp_reads(world)
    return crossed


def until_quiet(world: World) -> int:
    """Cycles until nothing crosses twice in a row: what the ERP takes last it answers in the next."""
    moved = [cycle(world), cycle(world)]
    while any(moved[-2:]) and len(moved) < 10:
        moved.append(cycle(world))
    if not any(moved[-2:]):
        return sum(moved)
    raise AssertionError("it does not come to rest")


def erp_company(world: World, key: str = "E1", **fields: Any) -> None:
    values = {"nombre": "Llantera Ñandú", "rfc": RFC, "telefono": "55 1", "correo": "a@example.mx"} | fields
    world.own("cliente", cve=key, **values)


def erp_edits(world: World, key: str = "E1", **fields: Any) -> None:
    table = own_tables.cliente
    with world.erp.begin() as conn:
        conn.execute(update(table).where(table.c.cve == key).values(**fields))


def erp_rows(world: World) -> dict[str, dict[str, Any]]:
    with world.erp.read() as conn:
        return {row["cve"]: dict(row) for row in conn.execute(select(own_tables.cliente)).mappings()}


def shop_company(world: World, **fields: Any) -> int:
    values = {"name": "Llantera Ñandú", "tax_id": RFC, "phone": "55 1", "email": "a@example.mx"} | fields
    return int(world.shop_own("shop_company", **values))


def bindings_of(world: World, side: str) -> dict[str, str]:
    rows = world.rows_of(side, schema.binding)  # type: ignore[arg-type]
    return {row["erp_id"]: row["platform_id"] for row in rows if row["entity"] == "companies"}


def conflicts(world: World) -> list[dict[str, Any]]:
    return [*world.rows_of("erp", schema.conflict), *world.rows_of("platform", schema.conflict)]


def known_to_both(world: World) -> int:
    """A company of the ERP's that both sides have; its shop id."""
    erp_company(world)
    until_quiet(world)
    return world.shop_ids("companies")["E1"]


# ---------------------------------------------------------------- no echo
def test_p09_one_change_of_the_erp_crosses_once(world: World) -> None:
    erp_company(world)
    assert [cycle(world) for _ in range(10)] == [1, *[0] * 9]
    erp_edits(world, telefono="55 2")
    assert [cycle(world) for _ in range(10)] == [1, *[0] * 9]
    assert world.shop_rows("companies")["E1"]["phone"] == "55 2"
    world.check_invariants()


def test_p09_one_change_of_the_shop_crosses_once(world: World) -> None:
    number = known_to_both(world)
    world.shop_own("shop_company", number, email="b@example.mx")
    assert [cycle(world) for _ in range(10)] == [1, *[0] * 9]
    assert erp_rows(world)["E1"]["correo"] == "b@example.mx"
    assert conflicts(world) == []
    world.check_invariants()


def test_a_customer_born_in_the_shop_gets_the_erps_id_and_no_double(world: World) -> None:
    number = shop_company(world)
    assert until_quiet(world) == 2  # there, and the one answer that brings the id home
    (key,) = erp_rows(world)
    assert world.shop_ids("companies") == {key: number}
    assert bindings_of(world, "erp") == bindings_of(world, "platform") == {key: str(number)}
    assert [cycle(world) for _ in range(5)] == [0] * 5
    assert conflicts(world) == []
    world.check_invariants()


def test_a_contact_waits_for_its_companys_id(world: World) -> None:
    company = shop_company(world)
    contact = world.shop_own("shop_contact", names="Íñigo", company_id=company, email="i@example.mx")
    shop_speaks(world)
    assert world.queue_ids("contacts", "platform") == []
    until_quiet(world)
    with world.erp.read() as conn:
        (person,) = conn.execute(select(own_tables.persona)).mappings()
    assert (person["cliente"], person["referencia"]) == (next(iter(erp_rows(world))), str(contact))
    assert len(world.shop_rows("contacts")) == 1
    world.check_invariants()


def test_an_asynchronous_import_is_awaited(world: World) -> None:
    """The ERP's own import gives the id hours later; until then nothing is sent twice, and an edit finds its record."""
    world.use_profile("erp", {"confirm_companies.sql": "SELECT NULL AS ID_Empresa, NULL AS ID_Plataforma WHERE 1 = 0"})
    number = shop_company(world)
    shop_speaks(world)
    erp_reads(world)
    world.shop_own("shop_company", number, phone="55 9")
    shop_speaks(world)
    erp_reads(world)
    assert len(erp_rows(world)) == 1
    world.use_profile(
        "erp", {"confirm_companies.sql": "SELECT cve AS ID_Empresa, referencia AS ID_Plataforma FROM cliente"}
    )
    until_quiet(world)
    (key,) = erp_rows(world)
    assert world.shop_ids("companies") == {key: number}
    assert erp_rows(world)[key]["telefono"] == "55 9"
    assert conflicts(world) == []


# ---------------------------------------------------------------- both changed
@pytest.mark.parametrize("winner", ["erp", "platform"])
def test_p11_h12_both_edit_and_both_rows_cross(world: World, winner: str) -> None:
    number = known_to_both(world)
    world.link = Link(**{**world.link.__dict__, "conflicts": {"companies": winner}})
    erp_edits(world, telefono="ERP 7")
    world.shop_own("shop_company", number, phone="TIENDA 8")
    assert erp_speaks(world) and shop_speaks(world)
    shop_reads(world)
    erp_reads(world)
    until_quiet(world)

    kept = "ERP 7" if winner == "erp" else "TIENDA 8"
    assert erp_rows(world)["E1"]["telefono"] == world.shop_rows("companies")["E1"]["phone"] == kept
    listed = conflicts(world)
    assert listed and all(row["winner"] == winner for row in listed)
    lost = "TIENDA 8" if winner == "erp" else "ERP 7"
    assert any(lost in row["loser"] for row in listed)

    before = len(conflicts(world))
    world.shop_own("shop_company", number, phone="TIENDA 9")
    until_quiet(world)
    erp_edits(world, telefono="ERP 10")
    until_quiet(world)
    assert erp_rows(world)["E1"]["telefono"] == world.shop_rows("companies")["E1"]["phone"] == "ERP 10"
    assert len(conflicts(world)) == before, "a later genuine edit is no conflict"
    world.check_invariants()


def test_h08_an_edit_that_was_not_captured_yet_is_not_hidden(world: World) -> None:
    number = known_to_both(world)
    world.shop_own("shop_company", number, email="nuevo@example.mx")
    shop_speaks(world)
    erp_edits(world, telefono="del mostrador")  # after the ERP's capture, before the shop's row is applied
    erp_reads(world)
    assert erp_rows(world)["E1"]["telefono"] == "del mostrador"
    until_quiet(world)
    assert world.shop_rows("companies")["E1"]["phone"] == erp_rows(world)["E1"]["telefono"] == "del mostrador"
    assert any("nuevo@example.mx" in row["loser"] for row in conflicts(world))
    world.check_invariants()


@pytest.mark.parametrize("captured", [True, False])
def test_h13_an_edit_before_the_answer_survives(world: World, captured: bool) -> None:
    number = shop_company(world)
    shop_speaks(world)
    erp_reads(world)
    world.shop_own("shop_company", number, phone="corregido")
    if captured:
        shop_speaks(world)
    erp_speaks(world)
    shop_reads(world)
    assert world.shop_rows("companies")[next(iter(erp_rows(world)))]["phone"] == "corregido"
    erp_reads(world)
    until_quiet(world)
    ((key, row),) = erp_rows(world).items()
    assert row["telefono"] == world.shop_rows("companies")[key]["phone"] == "corregido"
    assert world.shop_ids("companies") == {key: number}
    assert conflicts(world) == []
    world.check_invariants()


# ---------------------------------------------------------------- recognition
def test_a_company_on_both_sides_is_recognised_by_its_tax_id(world: World) -> None:
    number = shop_company(world, phone="tienda")
    erp_company(world, "E7", telefono="erp", rfc=RFC.lower())
    erp_speaks(world)
    shop_reads(world)
    assert world.shop_ids("companies") == {"E7": number}
    until_quiet(world)
    assert list(erp_rows(world)) == ["E7"]
    assert bindings_of(world, "erp") == bindings_of(world, "platform") == {"E7": str(number)}
    world.check_invariants()


def test_the_erp_recognises_a_company_that_it_never_sent(world: World) -> None:
    number = shop_company(world)
    erp_company(world, "E7")
    shop_speaks(world)
    erp_reads(world)
    assert list(erp_rows(world)) == ["E7"]
    until_quiet(world)
    assert world.shop_ids("companies") == {"E7": number}
    world.check_invariants()


def test_rows_of_one_company_that_cross_are_paired(world: World) -> None:
    number = shop_company(world)
    erp_company(world, "E7")
    assert erp_speaks(world) and shop_speaks(world)
    erp_reads(world)
    assert world.inbox_states("companies", reader="erp") == {"held": 1}
    until_quiet(world)
    assert list(erp_rows(world)) == ["E7"]
    assert world.shop_ids("companies") == {"E7": number}
    assert "held" not in world.inbox_states("companies", reader="erp")
    world.check_invariants()


def test_h18_generic_tax_ids_match_nobody(world: World) -> None:
    for name in ("Uno", "Dos"):
        erp_company(world, name, nombre=name, rfc="XAXX010101000", correo=None)
        shop_company(world, name=f"Tienda {name}", tax_id="XAXX-010101-000", email=None)
    until_quiet(world)
    assert len(erp_rows(world)) == len(world.shop_rows("companies")) == 4
    world.check_invariants()


def test_h18_two_branches_with_one_tax_id_are_never_merged(world: World) -> None:
    number = shop_company(world)
    erp_company(world, "S1", nombre="Sucursal 1")
    erp_company(world, "S2", nombre="Sucursal 2")
    until_quiet(world)
    assert world.inbox_states("companies") == {"quarantined": 2}
    assert {f["rule_id"] for f in world.findings("companies")} == {"match.unique"}
    with world.platform.read() as conn:
        ours = conn.execute(select(own_tables.shop_company)).mappings().all()
    assert [(row["id"], row["erp_id"]) for row in ours] == [(number, None)]
    assert sorted(erp_rows(world)) == ["S1", "S2"]


def test_h18_branches_in_different_chunks_are_seen_together(world: World) -> None:
    world.set(apply_chunk=1, validate_chunk=1, receive_chunk=1)
    shop_company(world)
    erp_company(world, "S1", nombre="Sucursal 1")
    erp_company(world, "S2", nombre="Sucursal 2")
    erp_speaks(world)
    shop_reads(world)
    assert world.inbox_states("companies") == {"quarantined": 2}


@pytest.mark.parametrize("winner", ["erp", "platform"])
def test_a_deletion_that_was_not_captured_yet_is_not_undone_unseen(world: World, winner: str) -> None:
    erp_company(world, "E2", rfc="OTR850101AB2")
    number = known_to_both(world)
    world.link = Link(**{**world.link.__dict__, "conflicts": {"companies": winner}})
    world.shop_own("shop_company", number, active=0)
    erp_edits(world, telefono="55 7")
    erp_speaks(world)
    shop_reads(world)
    assert len(conflicts(world)) == 1
    until_quiet(world)
    assert ("E1" in world.shop_rows("companies")) == (winner == "erp")
    assert erp_rows(world)["E1"]["activo"] == (winner == "erp")


def test_a_customer_that_comes_again_under_another_number_is_paired_anew(world: World) -> None:
    erp_company(world, "E2", rfc="OTR850101AB2")
    number = known_to_both(world)
    world.shop_own("shop_company", number, active=0, erp_id=None)
    until_quiet(world)
    again = world.shop_own("shop_company", erp_id="E1", name="Otra vez", tax_id=RFC)
    until_quiet(world)
    assert bindings_of(world, "erp")["E1"] == str(again)
    assert (erp_rows(world)["E1"]["nombre"], erp_rows(world)["E1"]["activo"]) == ("Otra vez", 1)


def test_rows_without_a_base_that_cross_are_a_conflict(world: World) -> None:
    number = known_to_both(world)
    world.shop_own("shop_company", number, phone="TIENDA 8")
    shop_speaks(world)
    world.put("companies", "E1", Nombre_Empresa="Del vendedor", Telefono_Fijo="ERP 7")  # no Version_Base
    shop_reads(world)
    assert [row["winner"] for row in world.rows_of("platform", schema.conflict)] == ["erp"]


def test_an_id_that_looks_like_the_platforms_is_refused(world: World) -> None:
    erp_company(world, "~7")
    assert erp_speaks(world) == {}
    world.put("companies", "~7", Nombre_Empresa="Del vendedor")
    shop_reads(world)
    assert world.inbox_states("companies") == {"quarantined": 1}


def test_a_second_registration_with_a_known_tax_id_waits_for_a_person(world: World) -> None:
    known_to_both(world)
    shop_company(world, name="Otra vez", email="otra@example.mx")
    shop_speaks(world)
    erp_reads(world)
    assert list(erp_rows(world)) == ["E1"]
    assert world.inbox_states("companies", reader="erp").keys() <= {"quarantined", "held", "applied", "unchanged"}
    assert {f["rule_id"] for f in world.findings("companies", reader="erp")} == {"match.unique"}


def test_a_person_may_say_that_a_customer_is_new_all_the_same(world: World) -> None:
    known_to_both(world)
    shop_company(world, name="Otra vez", email="otra@example.mx")
    shop_speaks(world)
    erp_reads(world)
    (row,) = quarantine.list_rows(world.bridge, "erp")
    quarantine.release(world.route("companies", "erp"), row.inbox_id, "Ana", "es otra sucursal", {})
    until_quiet(world)
    assert len(erp_rows(world)) == len(world.shop_rows("companies")) == 2
    world.check_invariants()


def test_a_pair_that_contradicts_a_known_one_is_not_flipped(world: World) -> None:
    number = known_to_both(world)
    world.put("companies", "E2", Nombre_Empresa="Intrusa", ID_Plataforma=str(number))
    shop_reads(world)
    assert world.shop_ids("companies") == {"E1": number}
    assert {f["rule_id"] for f in world.findings("companies")} == {"binding.unique"}


# ---------------------------------------------------------------- the outbox
def test_the_deliverer_repeats_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It dies after the queue's transaction and before its own mark; the ERP has emptied the queue meanwhile."""
    shop_company(world)
    for entity in BOTH:
        capture.capture(world.bridge, entity, world.next_run(), side="platform")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "_mark", die)
        with pytest.raises(KeyboardInterrupt):
            outbox.deliver(world.bridge, world.next_run("d1"))
    erp_reads(world)
    assert outbox.deliver(world.bridge, world.next_run("d1")) == {}
    assert [row["status"] for row in world.rows_of("platform", schema.outbox)] == ["delivered"]
    assert world.queue_ids("companies", "platform") == []
    assert len(world.inbox("companies", reader="erp")) == 1


def test_what_cannot_be_delivered_waits_and_stops_nothing_else(world: World) -> None:
    """The queue of one entity is not as it should be; the other's rows go."""
    number = known_to_both(world)
    world.shop_own("shop_contact", names="Íñigo", company_id=number, email="i@example.mx")
    world.shop_own("shop_company", number, email="nuevo@example.mx")
    for entity in BOTH:
        capture.capture(world.bridge, entity, world.next_run(), side="platform")
    table = schema.outbox
    with world.platform.begin() as conn:
        row = conn.execute(select(table).where(table.c.entity == "companies", table.c.status == "waiting")).one()
        broken = row.payload.replace('"Email"', '"Correo"')
        conn.execute(update(table).where(table.c.outbox_id == row.outbox_id).values(payload=broken))
    with pytest.raises(ContractBroken, match="Correo"):
        outbox.deliver(world.bridge, world.next_run())
    assert len(world.queue_ids("contacts", "platform")) == 1
    assert {(r["entity"], r["status"]) for r in world.rows_of("platform", table)} == {
        ("companies", "waiting"), ("contacts", "delivered"),
    }  # fmt: skip


def test_h14_an_event_that_comes_again_with_other_content_is_listed(world: World) -> None:
    shop_company(world)
    shop_speaks(world)
    table = schema.outbox
    with world.platform.begin() as conn:  # the platform was restored, and says something else under the same event
        conn.execute(update(table).values(status="waiting", content_hash="0" * 64))
    assert outbox.deliver(world.bridge, world.next_run()) == {"conflict": 1}
    assert [row["status"] for row in world.rows_of("platform", table)] == ["conflict"]
    assert len(world.queue_ids("companies", "platform")) == 1


def test_a_new_incarnation_says_it_under_new_events(world: World) -> None:
    number = known_to_both(world)
    world.shop_own("shop_company", number, email="uno@example.mx")
    shop_speaks(world)
    with world.platform.begin() as conn:
        renew_incarnation(conn)
    world.shop_own("shop_company", number, email="dos@example.mx")
    assert shop_speaks(world) == {"companies": 1}
    erp_reads(world)
    assert erp_rows(world)["E1"]["correo"] == "dos@example.mx"


def test_deletes_cross_and_deactivate(world: World) -> None:
    erp_company(world, "E2", rfc="OTR850101AB2")
    number = known_to_both(world)
    world.shop_own("shop_company", number, active=0)
    assert [cycle(world) for _ in range(5)] == [1, 0, 0, 0, 0]
    assert erp_rows(world)["E1"]["activo"] == 0


@pytest.mark.parametrize("step", ["_bind_pairs", "note_forms"])
def test_a_crash_while_customers_are_applied(world: World, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    number = shop_company(world)
    shop_speaks(world)
    with monkeypatch.context() as patch:
        patch.setattr(reconcile, step, _failing)
        assert "companies" in world.run(reader="erp").errors
    erp_reads(world)
    until_quiet(world)
    (key,) = erp_rows(world)
    assert world.shop_ids("companies") == {key: number}
    world.check_invariants()


def _failing(*_: object, **__: object) -> None:
    raise PuenteError("killed here")
