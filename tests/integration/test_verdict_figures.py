"""What the pages of validation reports and traces ask: both sides in one list, page by page, the seals, the hops."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from kit.world import World
from puente.contract import Side
from puente.db import schema
from puente.errors import GateClosed, PuenteError
from puente.monitor import trace_figures
from puente.monitor import verdict_figures as figures
from puente.sync import quarantine
from puente.sync.trace import trace_product


@pytest.fixture
def world(request: pytest.FixtureRequest, make_world: Callable[[str], World]) -> World:
    """Two passes to the platform, one to the ERP: a bad product, a bad order line, a held pair."""
    world = make_world(getattr(request, "param", "sqlite-sqlite"))
    world.put("products", "A1", Precio_1="-5", SKU="LL-1")
    world.put("products", "A2", Precio_1="5", SKU="LL-2")
    world.put("product_categories", "F9", ID_Producto="A2")
    world.run()
    line = {"ID_Producto": "A2", "Cantidad": "-1", "Precio_Unitario": "1", "Monto_Total_Producto": "1"}
    world.put("order_lines", "L1", writer="platform", ID_Pedido_Cabecera="P1", **line)
    world.run(entities=["order_lines"], reader="erp")
    world.put("products", "A2", Precio_1="6", SKU="LL-2")
    world.run()
    return world


def listed(world: World, wanted: figures.Wanted, limit: int) -> list[tuple[Side, int, str, int]]:
    """Every page's batches, one page after the other."""
    found, before = list[tuple[Side, int, str, int]](), dict[Side, int]()
    while True:
        page, before = figures.list_batches(world.bridge, wanted, before, limit)
        assert len(page) <= limit
        found += [(one.reader, one.batch_id, one.said, one.waits) for one in page]
        if not before:
            return found


@pytest.mark.parametrize("world", ["sqlite-sqlite", "mariadb-mariadb", "mssql-mariadb"], indirect=True)
def test_what_the_pages_read(world: World) -> None:
    """Each of them only reads, so one world does for all."""
    the_list_goes_through_both_sides_page_by_page(world)
    a_product_is_traced_by_its_sku_also_before_it_is_known(world)
    who_may_see_no_data_gets_rules_without_values(world)
    what_waits_for_a_person(world)


def test_what_was_altered_removed_or_rewritten_and_what_a_closed_gate_holds(world: World) -> None:
    rows_apart_are_filtered_and_paged(world)
    a_closed_batch_shows_what_fails_in_it(world)
    the_proof_names_what_was_altered_removed_or_rewritten(world)


def the_list_goes_through_both_sides_page_by_page(world: World) -> None:
    every = listed(world, figures.Wanted(), 100)
    assert every == [
        ("platform", 3, "passed", 0),
        ("erp", 1, "passed_with_quarantine", 1),
        ("platform", 2, "passed_with_quarantine", 1),
        ("platform", 1, "passed_with_quarantine", 1),
    ]
    assert listed(world, figures.Wanted(), 1) == listed(world, figures.Wanted(), 3) == every
    assert [one[:2] for one in listed(world, figures.Wanted(reader="erp"), 2)] == [("erp", 1)]
    assert [one[1] for one in listed(world, figures.Wanted(entity="products", said="passed"), 2)] == [3]
    assert listed(world, figures.Wanted(until="2001"), 2) == listed(world, figures.Wanted(since="9"), 2) == []
    (page, _) = figures.list_batches(world.bridge, figures.Wanted(reader="erp"), {}, 1)
    assert page[0].body is not None and page[0].body["direction"] == "platform_to_erp"


def what_waits_for_a_person(world: World) -> None:
    found = figures.undecided(world.bridge)
    assert {key: dict(states) for key, states in found.rows.items()} == {
        ("erp", "order_lines"): {"quarantined": 1},
        ("platform", "products"): {"quarantined": 1},
        ("platform", "product_categories"): {"held": 1},
    }
    world.set(two_persons=1)
    (row,), _ = figures.rows_apart(world.route("products"))
    assert (row.key, row.rules, row.batch_id) == ("A1", ("products.precio_1.not_negative",), 1) and row.since
    quarantine.discard(world.route("products"), row.inbox_id, "ana", "no sirve")
    ((side, entity, waiting),) = figures.undecided(world.bridge).proposals
    assert (side, entity, waiting.inbox_id, waiting.proposal.who) == ("platform", "products", row.inbox_id, "ana")


def rows_apart_are_filtered_and_paged(world: World) -> None:
    world.put_many("products", [{"key": f"B{n}", "Precio_1": "-1", "Peso": "-1"} for n in range(4)])
    world.run(entities=["products"])
    route = world.route("products")
    first, after = figures.rows_apart(route, limit=3)
    rest, end = figures.rows_apart(route, limit=3, after=after or 0)
    assert ([row.key for row in (*first, *rest)], end) == (["A1", "B0", "B1", "B2", "B3"], None)
    by_rule, _ = figures.rows_apart(route, rule="products.peso.plausible")
    assert [row.key for row in by_rule] == ["B0", "B1", "B2", "B3"] and len(by_rule[0].rules) == 2
    assert figures.rows_apart(route, state="held") == ([], None)
    assert [row.key for row in figures.rows_apart(route, batch_id=1)[0]] == ["A1"]


def a_closed_batch_shows_what_fails_in_it(world: World) -> None:
    world.put_many("products", [{"key": f"C{n}", "Precio_1": "-1" if n else "1"} for n in range(120)])
    assert isinstance(world.run(entities=["products"]).errors["products"], GateClosed)
    (batch,) = figures.list_batches(world.bridge, figures.Wanted(said="closed"), {})[0]
    assert batch.waits == 120
    rows, following = figures.rows_apart(world.route("products"), batch_id=batch.batch_id, closed=True)
    assert rows[0].key == "C1" and rows[0].state == "pending" and following == rows[-1].inbox_id


def the_proof_names_what_was_altered_removed_or_rewritten(world: World) -> None:
    whole = figures.prove(world.bridge)
    assert whole.ledgers == {"erp": (1, []), "platform": (5, [])}
    assert (whole.checked, whole.reports_in_all, whole.broken, whole.keyed) == (6, 6, {}, True)
    folder = world.settings.reports_dir / "main"
    shutil.copy(folder / "products" / "00000003-try1.json", folder / "products" / "00000001-try1.json")
    (folder / "product_categories" / "00000002-try1.json").unlink()
    world.platform_sql("UPDATE puente_ledger SET rows_applied = rows_applied + 1 WHERE seq = 2")
    world.platform_sql("UPDATE puente_ledger SET row_hash = 'ff' WHERE seq = 2")
    found = figures.prove(world.bridge)
    assert found.ledgers["platform"][1] == ["Row 2 was altered."]
    assert [one.say("es") for one in found.ledgers["platform"][1]] == ["El asiento 2 fue alterado."]
    assert found.broken.keys() == {
        "main/products/00000001-try1.json", "main/product_categories/00000002-try1.json",
        "main/products/00000003-try1.json",
    }  # fmt: skip
    assert "another report's place" in found.broken["main/products/00000001-try1.json"][0]
    assert "cannot be read" in found.broken["main/product_categories/00000002-try1.json"][0]
    assert "rewritten" in found.broken["main/products/00000003-try1.json"][0]
    assert "la cadena se reescribió" in found.broken["main/products/00000003-try1.json"][0].say("es")


def a_product_is_traced_by_its_sku_also_before_it_is_known(world: World) -> None:
    hops = [hop for hop in trace_product(world.bridge, "LL-2").hops if hop.kind in ("inbox", "gate", "settled")]
    assert [(hop.kind, hop.state, hop.batch_id, hop.run_id) for hop in hops] == [
        ("inbox", "applied", 1, "r1"), ("gate", "passed_with_quarantine", 1, "r1"), ("settled", "applied", 1, "r1"),
        ("inbox", "applied", 3, "r3"), ("gate", "passed", 3, "r3"), ("settled", "applied", 3, "r3"),
    ]  # fmt: skip
    bad = trace_product(world.bridge, "LL-1", raw=True)
    assert bad.hops[0].state == "quarantined" and bad.hops[0].rules == ("products.precio_1.not_negative",)
    assert bad.hops[0].payload is not None and bad.hops[0].payload["SKU"] == "LL-1"
    with pytest.raises(PuenteError, match="has heard of product"):
        trace_product(world.bridge, "LL-3")
    assert [one.subject for one in trace_figures.find(world.bridge, "", "A2", raw=False)] == ["product"]


def who_may_see_no_data_gets_rules_without_values(world: World) -> None:
    (found,) = trace_figures.find(world.bridge, "product", "LL-1", raw=False)
    words = {("platform", "products"): {"products.precio_1.not_negative": "Precio_1 es negativo."}}
    step = trace_figures.steps(found, words, raw=False)[0]  # type: ignore[arg-type]
    assert step.reasons == ("Precio_1 es negativo. products.precio_1.not_negative",) and step.payload is None
    assert step.task == ("erp_to_platform", "r1", "products.receive")
    with world.platform.begin() as conn:
        conn.execute(schema.mail.insert().values(
            link_id="main", order_id="P1", state="ACEPTADO", recipient="ana@x.mx", message_id="1", status="sent",
            attempts=1, error="550 ana@x.mx", at="2026",
        ))  # fmt: skip
    (order,) = trace_figures.find(world.bridge, "order", "P1", raw=False)
    told = [(step.name, step.reasons) for step in trace_figures.steps(order, {}, raw=False) if step.hop.kind == "mail"]
    assert told == [("1: ACEPTADO → •••", ("•••",))]
