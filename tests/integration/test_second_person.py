"""Two persons where the setting demands it: what one asks for happens when another confirms it, and not before."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kit.world import World
from puente.db import schema
from puente.errors import AlreadyDecided, GateClosed, PuenteError, SamePerson
from puente.settings import load_settings
from puente.sync import quarantine, second_person
from puente.sync.decisions import Proposal, list_waiting, open_proposal

WHY = "precio leído de la factura"


@pytest.fixture(params=["sqlite-sqlite"])
def world(request: pytest.FixtureRequest, make_world: Callable[[str], World]) -> World:
    world = make_world(request.param)
    world.set(two_persons=1)
    return world


def bad_product(world: World) -> int:
    world.put("products", "A1", Precio_1="-5")
    world.put("products", "GOOD", Precio_1="10")
    world.run()
    return next(row["inbox_id"] for row in world.inbox("products") if row["record_key"] == "A1")


def asked(world: World, inbox_id: int) -> Proposal | None:
    route = world.route("products")
    row = quarantine.show_row(route, inbox_id).row
    with world.platform.read() as conn:
        return open_proposal(conn, route, inbox_id=inbox_id, batch_id=row["taken_by"])


@pytest.mark.parametrize("world", ["sqlite-sqlite", "mariadb-mariadb", "mssql-mariadb"], indirect=True)
def test_an_edited_row_waits_for_a_second_person(world: World) -> None:
    inbox_id, route = bad_product(world), world.route("products")

    assert quarantine.release(route, inbox_id, "ana", WHY, {"Precio_1": "5"}) is False

    assert world.inbox_states("products") == {"quarantined": 1, "applied": 1} and world.work() == []
    found = asked(world, inbox_id)
    assert found is not None and (found.action, found.who, found.changes) == ("release", "ana", {"Precio_1": "5.0000"})
    assert [one.proposal.number for one in list_waiting(world.bridge, "platform")] == [found.number]
    with pytest.raises(SamePerson):
        second_person.confirm(route, inbox_id, found.number, " Ana ", "yo misma")
    with pytest.raises(AlreadyDecided, match="ana has asked"):
        quarantine.discard(route, inbox_id, "beto", "no sirve")
    with pytest.raises(AlreadyDecided):
        second_person.confirm(route, inbox_id, found.number + 1, "beto", "otra que no leí")

    second_person.confirm(route, inbox_id, found.number, "beto", "visto")

    world.run_until_quiet()
    assert world.shop_rows("products")["A1"]["price_1"] in ("5.0000", "5")
    assert asked(world, inbox_id) is None and list_waiting(world.bridge, "platform") == []
    told = quarantine.show_row(route, inbox_id).decisions
    assert [(d["action"], d["field"], d["original"], d["value"], d["who"]) for d in told] == [
        ("ask_edit", "Precio_1", "-5.0000", "5.0000", "ana"),
        ("ask_release", None, None, None, "ana"),
        ("edit", "Precio_1", "-5.0000", "5.0000", "beto"),
        ("release", None, None, None, "beto"),
    ]
    world.check_invariants()


@pytest.mark.parametrize("two_persons", [0, 1])
def test_a_row_that_the_gate_took_again_is_not_the_one_that_was_seen(world: World, two_persons: int) -> None:
    """It is set aside as before, by another batch: whoever had the old page before them decides on nothing."""
    world.set(two_persons=two_persons)
    inbox_id, route = bad_product(world), world.route("products")
    seen = quarantine.seen(quarantine.show_row(route, inbox_id).row)
    quarantine.release(route, inbox_id, "ana", WHY, seen=seen)
    if proposal := asked(world, inbox_id):
        second_person.confirm(route, inbox_id, proposal.number, "beto", WHY, seen=seen)
    world.run()
    assert world.inbox_states("products")["quarantined"] == 1, "its price is as bad as it was"
    told = len(quarantine.show_row(route, inbox_id).decisions)

    for decide in (
        lambda: quarantine.release(route, inbox_id, "ana", WHY, {"Precio_1": "5"}, seen=seen),
        lambda: quarantine.discard(route, inbox_id, "ana", WHY, seen=seen),
        lambda: second_person.confirm(route, inbox_id, 1, "beto", WHY, seen=seen),
        lambda: second_person.refuse(route, inbox_id, 1, "beto", WHY, seen=seen),
    ):
        with pytest.raises(AlreadyDecided, match="changed"):
            decide()
    assert len(quarantine.show_row(route, inbox_id).decisions) == told
    assert world.inbox_states("products")["quarantined"] == 1
    quarantine.discard(route, inbox_id, "ana", WHY, seen=quarantine.seen(quarantine.show_row(route, inbox_id).row))


def test_what_is_refused_can_be_asked_for_anew(world: World) -> None:
    inbox_id, route = bad_product(world), world.route("products")
    assert quarantine.discard(route, inbox_id, "ana", WHY) is None
    first = asked(world, inbox_id)
    assert first is not None and first.action == "discard"
    second_person.refuse(route, inbox_id, first.number, "ana", "me equivoqué")
    assert asked(world, inbox_id) is None and world.inbox_states("products")["quarantined"] == 1
    assert quarantine.discard(route, inbox_id, "beto", WHY) is None
    second = asked(world, inbox_id)
    assert second is not None
    second_person.confirm(route, inbox_id, second.number, "ana", "de acuerdo")
    assert world.inbox_states("products") == {"discarded": 1, "applied": 1}
    world.check_invariants()


def test_a_proposal_ends_when_the_gate_takes_the_row_again(world: World) -> None:
    """Judged anew, it may wait for something else: what was asked was asked of another state of things."""
    world.put("product_categories", "F9", ID_Producto="A9")  # neither is there
    world.run()
    (row,) = quarantine.list_rows(world.bridge, "platform")
    route = world.route("product_categories")
    quarantine.discard(route, row.inbox_id, "ana", WHY)
    (waiting,) = list_waiting(world.bridge, "platform")
    parent, key = row.waits_for.split()
    world.put(parent, key)
    world.run_until_quiet()
    (again,) = quarantine.list_rows(world.bridge, "platform")
    assert again.state == "held" and again.waits_for != row.waits_for
    assert list_waiting(world.bridge, "platform") == []
    with pytest.raises(AlreadyDecided):
        second_person.confirm(route, row.inbox_id, waiting.proposal.number, "beto", "tarde")
    assert quarantine.discard(route, row.inbox_id, "beto", WHY) is None, "it can be asked for anew"


def test_a_closed_gate_needs_two_from_so_many_rows_on(world: World) -> None:
    world.put_many("products", [{"key": f"P{n}", "Precio_1": "-1"} for n in range(200)])
    assert isinstance(world.run().errors["products"], GateClosed)
    (closed,) = quarantine.list_batches(world.bridge, "platform")
    batch_id, bridge = closed["batch_id"], world.bridge
    assert closed["verdict"] == "closed"
    world.set(two_persons=200)
    assert quarantine.release_batch(world.bridge, "platform", batch_id, "ana", WHY) is None
    (waiting,) = list_waiting(bridge, "platform")
    assert (waiting.inbox_id, waiting.batch_id) == (None, batch_id)
    with pytest.raises(SamePerson):
        second_person.confirm_batch(bridge, "platform", batch_id, waiting.proposal.number, "ANA", WHY)
    second_person.refuse_batch(bridge, "platform", batch_id, waiting.proposal.number, "beto", "son malas")
    world.set(two_persons=201)
    assert quarantine.discard_batch(world.bridge, "platform", batch_id, "beto", WHY) == 200
    actions = [(row["action"], row["who"]) for row in world.rows_of("platform", schema.decision)]
    assert actions == [("ask_release", "ana"), ("refuse", "beto"), ("discard", "beto")]
    world.check_invariants()


def test_the_setting_is_a_word_or_a_number_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    for given, rows in (("", 0), ("false", 0), ("true", 1), ("50", 50)):
        monkeypatch.setenv("PUENTE_TWO_PERSONS", given)
        assert load_settings().two_persons == rows
    monkeypatch.setenv("PUENTE_TWO_PERSONS", "two")
    with pytest.raises(PuenteError, match="PUENTE_TWO_PERSONS"):
        load_settings()
