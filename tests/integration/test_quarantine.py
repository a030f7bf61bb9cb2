"""What a person does with rows set aside and with closed batches: nothing is lost, everything is accounted for."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from kit.world import World
from puente.db import schema
from puente.errors import GateClosed, LeaseHeld, PuenteError
from puente.sync import ledger, quarantine
from puente.sync.leases import held
from puente.sync.resend import resend
from puente.sync.retention import prune_inbox

WHO, WHY = "ana", "reviewed with the buyer"
LATER = "9999-01-01T00:00:00.000Z"


def one_bad_product(world: World, key: str = "A1") -> int:
    """A pass that quarantines one product (negative price) and applies another; the inbox id of the first."""
    world.put("products", key, Precio_1="-5", Nombre="Llanta ñandú")
    world.put("products", "GOOD", Precio_1="10")
    world.run()
    (row,) = quarantine.list_rows(world.bridge, "platform", entity="products")
    return row.inbox_id


# ---------------------------------------------------------------- rows
def test_the_list_says_which_rules_a_row_broke(world: World) -> None:
    inbox_id = one_bad_product(world)
    world.put("product_categories", "F9", ID_Producto="GOOD")
    world.run()

    rows = quarantine.list_rows(world.bridge, "platform")

    assert [(r.entity, r.state, r.record_key) for r in rows] == [
        ("products", "quarantined", "A1"),
        ("product_categories", "held", "F9|GOOD"),
    ]
    assert len(rows[0].rules) == 1 and rows[0].rules[0].startswith("products.")
    assert rows[1].waits_for == "categories F9"
    assert [r.record_key for r in quarantine.list_rows(world.bridge, "platform", state="held")] == ["F9|GOOD"]
    assert [r.inbox_id for r in quarantine.list_rows(world.bridge, "platform", rule=rows[0].rules[0])] == [inbox_id]
    assert quarantine.list_rows(world.bridge, "platform", entity="companies") == []


def test_a_row_is_shown_with_raw_values_and_reasons(world: World) -> None:
    shown = quarantine.show_row(world.route("products"), one_bad_product(world))

    assert shown.values["Precio_1"] == "-5.0000"
    assert shown.values["Nombre"] == "Llanta ñandú"
    assert shown.values["Marca"] is None
    assert [r["severity"] for r in shown.reasons] == ["critical"]
    assert shown.decisions == []


def test_a_row_released_with_a_new_value_is_applied_and_its_original_kept(world: World) -> None:
    inbox_id = one_bad_product(world)
    before = quarantine.show_row(world.route("products"), inbox_id)

    quarantine.release(world.route("products"), inbox_id, WHO, WHY, {"precio_1": "5", "Modelo": None})

    assert world.work() == ["products"]
    world.run_until_quiet()
    assert world.shop_rows("products")["A1"]["price_1"] == "5.0000"
    after = quarantine.show_row(world.route("products"), inbox_id)
    assert after.row["state"] == "applied" and after.row["forced"] == 1 and after.reasons == []
    assert after.row["content_hash"] == before.row["content_hash"], "the identity is the landed one"
    assert after.row["payload_hash"] != before.row["payload_hash"]
    assert [(d["action"], d["field"], d["original"], d["value"], d["who"], d["why"]) for d in after.decisions] == [
        ("edit", "Precio_1", "-5.0000", "5.0000", WHO, WHY),
        ("edit", "Modelo", None, None, WHO, WHY),
        ("release", None, None, None, WHO, WHY),
    ]
    world.check_invariants()


def test_an_edited_row_that_comes_again_unedited_is_a_change(world: World) -> None:
    inbox_id = one_bad_product(world)
    quarantine.release(world.route("products"), inbox_id, WHO, WHY, {"Precio_1": "5"})
    world.run_until_quiet()
    world.put("products", "A1", Precio_1="5", Nombre="Llanta ñandú")
    world.run_until_quiet()
    assert world.inbox("products")[-1]["state"] == "unchanged", "payload hashes agree with what receive computes"


def test_a_released_row_goes_through_the_gate_again(world: World) -> None:
    inbox_id = one_bad_product(world)
    quarantine.release(world.route("products"), inbox_id, WHO, WHY)
    world.run_until_quiet()
    assert world.inbox_states("products") == {"quarantined": 1, "applied": 1}
    assert len(world.findings("products")) == 1
    world.check_invariants()


def test_a_released_row_keeps_its_position(world: World) -> None:
    inbox_id = one_bad_product(world)
    world.put("products", "A1", Precio_1="7")
    world.run()
    quarantine.release(world.route("products"), inbox_id, WHO, WHY, {"Precio_1": "5"})
    world.run_until_quiet()
    assert world.shop_rows("products")["A1"]["price_1"] == "7.0000", "older never overwrites newer"
    assert quarantine.show_row(world.route("products"), inbox_id).row["state"] == "superseded"
    world.check_invariants()


def test_a_new_key_moves_the_row_to_another_record(world: World) -> None:
    inbox_id = one_bad_product(world)
    quarantine.release(world.route("products"), inbox_id, WHO, WHY, {"ID_Producto": " Á2  ", "Precio_1": "1.23456"})
    world.run_until_quiet()
    row = quarantine.show_row(world.route("products"), inbox_id).row
    assert (row["record_key"], row["key_fold"]) == (" Á2", "a2")
    assert world.shop_rows("products")[" Á2"]["price_1"] == "1.2346"


def test_a_held_row_can_be_pointed_at_another_parent(world: World) -> None:
    world.put("categories", "F1")
    world.put("products", "A1")
    world.put("product_categories", "F9", ID_Producto="A1")
    world.run()
    (row,) = quarantine.list_rows(world.bridge, "platform")
    quarantine.release(world.route("product_categories"), row.inbox_id, WHO, WHY, {"ID_Categoria": "F1"})
    world.run_until_quiet()
    assert world.shop_rows("product_categories").keys() == {"F1|A1"}
    world.check_invariants()


def test_a_discarded_row_is_counted_in_the_ledger(world: World) -> None:
    inbox_id = one_bad_product(world)
    batch_id = quarantine.discard(world.route("products"), inbox_id, WHO, WHY)
    assert world.work() == []
    assert world.inbox_states("products") == {"discarded": 1, "applied": 1}
    last = world.rows_of("platform", schema.ledger)[-1]
    assert (last["batch_id"], last["verdict"], last["rows_discarded"], last["rows_taken"]) == (
        batch_id,
        "discarded",
        1,
        1,
    )
    assert last["run_id"] == f"person:{WHO}"
    assert [d["action"] for d in quarantine.show_row(world.route("products"), inbox_id).decisions] == ["discard"]
    assert ledger.verify(world.platform, "main") == []
    world.check_invariants()


def test_a_row_may_be_discarded_before_its_batch_is_settled(world: World) -> None:
    world.put("products", "A1", Precio_1="-5")
    receipt = world.receive("products", "r1")
    world.clear("products", "r1")
    world.validate("products", receipt.batch_id, "r1")
    (row,) = quarantine.list_rows(world.bridge, "platform")
    quarantine.discard(world.route("products"), row.inbox_id, WHO, WHY)
    assert ledger.verify(world.platform, "main") == []
    world.apply("products", "r1")
    world.settle("products", "r1")
    world.check_invariants()


def test_a_released_row_that_waits_for_the_next_pass_balances(world: World) -> None:
    inbox_id = one_bad_product(world)
    quarantine.release(world.route("products"), inbox_id, WHO, WHY)
    assert ledger.verify(world.platform, "main") == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Precio_9": "1"}, "no field 'Precio_9'"),
        ({"Operacion": "D"}, "no field 'Operacion'"),
        ({"state": "x"}, "no field"),
    ],
)
def test_only_fields_of_the_contract_can_be_set(make_world, changes: dict[str, str], message: str) -> None:
    world = make_world("sqlite-sqlite")
    inbox_id = one_bad_product(world)
    with pytest.raises(PuenteError, match=message):
        quarantine.release(world.route("products"), inbox_id, WHO, WHY, {"Precio_1": "5", **changes})
    row = quarantine.show_row(world.route("products"), inbox_id)
    assert row.row["state"] == "quarantined" and row.decisions == [], "all or nothing"


def test_what_cannot_be_done_says_why(make_world) -> None:
    world = make_world("sqlite-sqlite")
    inbox_id = one_bad_product(world)
    products = world.route("products")
    with pytest.raises(PuenteError, match=r"no row 999 of products.*quarantine list"):
        quarantine.release(products, 999, WHO, WHY)
    applied = next(r["inbox_id"] for r in world.inbox("products") if r["state"] == "applied")
    with pytest.raises(PuenteError, match="is applied, not quarantined or held"):
        quarantine.discard(products, applied, WHO, WHY)
    with pytest.raises(PuenteError, match="--why must have"):
        quarantine.release(products, inbox_id, WHO, "  ")
    with pytest.raises(PuenteError, match="reads no entity 'producs'"):
        quarantine.list_rows(world.bridge, "platform", entity="producs")
    with pytest.raises(PuenteError, match="Unknown state"):
        quarantine.list_rows(world.bridge, "platform", state="broken")


def test_a_running_pass_is_not_disturbed(make_world) -> None:
    world = make_world("sqlite-sqlite")
    inbox_id = one_bad_product(world)
    lease = held(world.platform, "main", "platform:products", "r9/validate", 60)
    with lease, pytest.raises(LeaseHeld, match="r9/validate"):
        quarantine.release(world.route("products"), inbox_id, WHO, WHY)


def test_links_are_kept_apart(world: World) -> None:
    inbox_id = one_bad_product(world)
    other = world.with_link("norte")
    assert quarantine.list_rows(other.bridge, "platform") == []
    with pytest.raises(PuenteError, match="on link norte"):
        quarantine.show_row(other.route("products"), inbox_id)


# ---------------------------------------------------------------- batches
def closed_batch(world: World) -> int:
    """60 bad rows and 20 good ones: more than 50 and more than 30 % bad."""
    world.put_many("products", ({"key": f"B{n:02}", "Precio_1": "-1" if n < 60 else "1"} for n in range(80)))
    done = world.run()
    assert isinstance(done.errors["products"], GateClosed)
    (batch,) = quarantine.list_batches(world.bridge, "platform")
    return int(batch["batch_id"])


def test_a_closed_batch_is_listed_with_its_reasons(world: World) -> None:
    batch_id = closed_batch(world)
    shown = quarantine.show_batch(world.bridge, "platform", batch_id)
    assert "60" in shown.batch["why"] and shown.batch["report"].endswith(".json")
    assert shown.states == {"pending": 80}
    assert shown.rules[0]["failed"] == 60 and shown.rules[0]["evaluated"] == 80
    assert world.work() == [], "a closed batch is not work"
    assert ledger.verify(world.platform, "main") == []


def test_a_released_batch_passes_the_gate_but_not_the_row_rules(world: World) -> None:
    batch_id = closed_batch(world)
    assert quarantine.release_batch(world.bridge, "platform", batch_id, WHO, WHY) == 80
    assert world.findings("products") == []
    world.run_until_quiet()
    assert world.inbox_states("products") == {"applied": 20, "quarantined": 60}
    shown = quarantine.show_batch(world.bridge, "platform", batch_id)
    assert shown.batch["status"] == "settled"
    assert [(d["action"], d["who"], d["why"]) for d in shown.decisions] == [("release", WHO, WHY)]
    world.check_invariants()


def test_a_mass_change_can_be_released(world: World) -> None:
    world.put_many("products", ({"key": f"P{n:02}", "Precio_1": "1"} for n in range(60)))
    world.run()
    world.put_many("products", ({"key": f"P{n:02}", "op": "D"} for n in range(60)))
    assert isinstance(world.run().errors["products"], GateClosed)
    (batch,) = quarantine.list_batches(world.bridge, "platform")
    quarantine.release_batch(world.bridge, "platform", batch["batch_id"], WHO, WHY)
    world.run_until_quiet()
    assert world.shop_rows("products") == {}
    world.check_invariants()


def test_a_discarded_batch_is_gone_for_good(world: World) -> None:
    batch_id = closed_batch(world)
    assert quarantine.discard_batch(world.bridge, "platform", batch_id, WHO, WHY) == 80
    assert world.inbox_states("products") == {"discarded": 80}
    assert world.work() == [] and quarantine.list_batches(world.bridge, "platform") == []
    assert [r["verdict"] for r in world.rows_of("platform", schema.ledger)] == ["closed", "discarded"]
    with pytest.raises(PuenteError, match="is settled; only a batch behind a closed gate"):
        quarantine.release_batch(world.bridge, "platform", batch_id, WHO, WHY)
    world.check_invariants()


def test_a_batch_that_is_not_closed_cannot_be_decided_on(make_world) -> None:
    world = make_world("sqlite-sqlite")
    one_bad_product(world)
    for act in (quarantine.release_batch, quarantine.discard_batch):
        with pytest.raises(PuenteError, match="only a batch behind a closed gate"):
            act(world.bridge, "platform", 1, WHO, WHY)
        with pytest.raises(PuenteError, match="no batch 77"):
            act(world.bridge, "platform", 77, WHO, WHY)


def test_later_batches_pass_a_closed_one(world: World) -> None:
    batch_id = closed_batch(world)
    world.put("products", "B70", Precio_1="9")
    world.run()
    quarantine.release_batch(world.bridge, "platform", batch_id, WHO, WHY)
    world.run_until_quiet()
    assert world.shop_rows("products")["B70"]["price_1"] == "9.0000", "the released row is older"
    world.check_invariants()


# ---------------------------------------------------------------- retention and resend
def test_pruned_rows_keep_their_identities(world: World) -> None:
    inbox_id = one_bad_product(world)
    assert prune_inbox(world.route("products"), "2000-01-01T00:00:00.000Z") == 0
    assert prune_inbox(world.route("products"), LATER) == 1
    assert [r["inbox_id"] for r in world.inbox("products")] == [inbox_id], "open rows stay"
    assert len(world.findings("products")) == 1
    assert ledger.verify(world.platform, "main") == []
    quarantine.discard(world.route("products"), inbox_id, WHO, WHY)
    assert prune_inbox(world.route("products"), LATER) == 1
    assert world.inbox("products") == []
    with world.platform.read() as conn:
        seen = conn.execute(select(schema.seen.c.id_registro).order_by(schema.seen.c.id_registro)).all()
    assert [int(r[0]) for r in seen] == [1, 2]
    assert ledger.verify(world.platform, "main") == []


def test_a_restored_row_is_cleared_again_and_pruned_again(world: World) -> None:
    when = "2026-11-01 10:00:00.123"
    world.put("products", "A1", Precio_1="1", row_id=7, created=when)
    world.run()
    prune_inbox(world.route("products"), LATER)
    world.put("products", "A1", Precio_1="2")
    world.run()
    world.put("products", "A1", Precio_1="1", row_id=7, created=when)  # the queue came back from a backup (H5)
    world.run_until_quiet()
    assert world.shop_rows("products")["A1"]["price_1"] == "2.0000"
    assert world.queue_ids("products") == []
    assert world.inbox_states("products") == {"applied": 1, "duplicate": 1}
    assert prune_inbox(world.route("products"), LATER) == 2
    assert ledger.verify(world.platform, "main") == []


def test_rows_whose_end_is_not_in_the_ledger_stay(world: World) -> None:
    inbox_id = one_bad_product(world)
    quarantine.release(world.route("products"), inbox_id, WHO, WHY, {"Precio_1": "5"})
    receipt = world.receive("products", "r2")
    world.clear("products", "r2")
    world.validate("products", receipt.batch_id, "r2")
    world.apply("products", "r2")
    assert prune_inbox(world.route("products"), LATER) == 1, "the other product; this one's batch is not settled"
    world.settle("products", "r2")
    assert ledger.verify(world.platform, "main") == []
    assert prune_inbox(world.route("products"), LATER) == 1


def test_pruning_works_in_portions(make_world, monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world("sqlite-sqlite")
    monkeypatch.setattr("puente.sync.retention.PORTION", 3)
    world.put_many("products", ({"key": f"P{n}"} for n in range(8)))
    world.run()
    assert prune_inbox(world.route("products"), LATER) == 8
    assert world.inbox("products") == [] and len(world.rows_of("platform", schema.seen)) == 8


def test_resend_carries_a_record_that_did_not_change(world: World) -> None:
    world.own("articulo", cve="A1", sku="LL-1", nombre="Llanta", precio="10")
    world.own("articulo", cve="A2", sku="LL-2", nombre="Cámara", precio="10")
    world.capture("products")
    world.run()
    world.platform_sql("UPDATE shop_product SET price_1 = '0.0000' WHERE erp_id = 'A1'")

    resend(world.bridge, "products", "A1")
    captured = world.capture("products")
    world.run()

    assert captured is not None and captured.upserts == 1
    assert world.shop_rows("products")["A1"]["price_1"] == "10.0000"
    assert world.capture("products").upserts == 0  # type: ignore[union-attr]
    world.check_invariants()


def test_only_known_records_can_be_resent(make_world) -> None:
    world = make_world("sqlite-sqlite")
    world.own("articulo", cve="A1", sku="LL-1", nombre="Llanta")
    with pytest.raises(PuenteError, match="no captured record 'A1'"):
        resend(world.bridge, "products", "A1")
    world.capture("products")
    with pytest.raises(PuenteError, match="keys compare exactly"):
        resend(world.bridge, "products", "a1")
    with pytest.raises(PuenteError, match="sends no entity 'order_lines'"):
        resend(world.bridge, "order_lines", "1")
    world.own("articulo", cve="A2", sku="LL-2", nombre="Otra")
    world.capture("products")
    world.own_delete("articulo", cve="A2")
    world.capture("products")
    with pytest.raises(PuenteError, match="a deleted one cannot be sent"):
        resend(world.bridge, "products", "A2")
