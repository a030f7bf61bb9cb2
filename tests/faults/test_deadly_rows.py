"""P7: a row that kills its worker is found, alone, and set aside; the others are applied."""

from __future__ import annotations

from typing import Any

import pytest

from faults.jobs import Batches, Site, carriage, do_steps, until_quiet
from faults.sabotage import do_steps_killed_by
from faults.zygote import Zygote
from kit.world import World
from puente.sync import quarantine

PAIRS = ("sqlite-sqlite", "mariadb-mariadb")


def _carry(world: World, zygote: Zygote, run: str, entity: str, where: str, keys: set[str]) -> int:
    """The entity's tasks, each tried again until it lives, as Airflow does; how many workers died."""
    site, deaths = Site.of(world), 0
    batches: Batches = {}
    for step in carriage(run, [entity]):
        while True:
            ended = zygote.run(do_steps_killed_by, site, [step], batches, where, keys)
            if not ended.killed:
                batches = ended.result().batches
                break
            deaths += 1
            assert deaths < 40, "nobody finds out which row it is"
    return deaths


def _rules(world: World, entity: str) -> dict[str, list[str]]:
    keys = {row["inbox_id"]: row["record_key"] for row in world.inbox(entity)}
    found: dict[str, list[str]] = {}
    for finding in world.findings(entity):
        found.setdefault(keys[finding["inbox_id"]], []).append(finding["rule_id"])
    return found


def _row(world: World, entity: str, key: str) -> dict[str, Any]:
    return next(row for row in world.inbox(entity) if row["record_key"] == key)


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize(
    ("where", "rows", "in_company"),
    [
        pytest.param("validate", 8, 1, id="in validate"),  # all 8, then alone
        pytest.param("apply", 130, 2, id="in apply"),  # all 130, then 6, then alone
    ],
)
def test_one_deadly_row_among_many(
    make_world: Any, zygote: Zygote, pair: str, where: str, rows: int, in_company: int
) -> None:
    world: World = make_world(pair)
    keys = {f"A{n:03}" for n in range(rows)}
    world.put_many("products", ({"key": key, "Precio_1": "1"} for key in sorted(keys)))

    deaths = _carry(world, zygote, "r1", "products", where, {"A005"})

    assert deaths == in_company + world.settings.kills_allowed
    assert world.inbox_states("products") == {"applied": rows - 1, "quarantined": 1}
    assert _rules(world, "products") == {"A005": ["worker.killed"]}
    assert world.shop_rows("products").keys() == keys - {"A005"}
    world.check_invariants()

    quarantine.release(world.route("products"), _row(world, "products", "A005")["inbox_id"], "Ana", "arreglado")
    zygote.run(until_quiet, Site.of(world), "after").result()
    assert world.inbox_states("products") == {"applied": rows}
    world.check_invariants()


@pytest.mark.parametrize("pair", PAIRS)
def test_two_deadly_rows(make_world: Any, zygote: Zygote, pair: str) -> None:
    world: World = make_world(pair)
    world.put_many("products", ({"key": f"A{n:03}"} for n in range(60)))

    _carry(world, zygote, "r1", "products", "apply", {"A010", "A011"})

    assert _rules(world, "products") == {"A010": ["worker.killed"], "A011": ["worker.killed"]}
    assert world.inbox_states("products") == {"applied": 58, "quarantined": 2}
    world.check_invariants()


@pytest.mark.parametrize("pair", PAIRS)
def test_the_children_of_a_deadly_category_wait_for_it(make_world: Any, zygote: Zygote, pair: str) -> None:
    """P7, P12: what depends on a row that was set aside while it was applied must not go on without it."""
    world: World = make_world(pair)
    for key, parent in (("A", "B"), ("B", "C"), ("C", None), ("D", None), ("E", "D")):
        world.put("categories", key, ID_Categoria_Padre=parent)

    _carry(world, zygote, "r1", "categories", "apply", {"B"})

    assert _rules(world, "categories") == {"B": ["worker.killed"], "A": ["categories.parents.known"]}
    assert world.shop_rows("categories").keys() == {"C", "D", "E"}
    world.check_invariants()

    quarantine.release(world.route("categories"), _row(world, "categories", "B")["inbox_id"], "Ana", "arreglado")
    zygote.run(until_quiet, Site.of(world), "after").result()
    assert {key: row["parent"] for key, row in world.shop_rows("categories").items()} == {
        "A": "B", "B": "C", "C": None, "D": None, "E": "D"
    }  # fmt: skip
    world.check_invariants()


@pytest.mark.parametrize("pair", PAIRS)
def test_a_deadly_row_of_a_sku_exchange_takes_only_its_partners_along(
    make_world: Any, zygote: Zygote, pair: str
) -> None:
    """P7, H25: two pairs of products swap their SKUs, and one row of one pair is deadly."""
    world: World = make_world(pair)
    for n in range(1, 6):
        world.put("products", f"A{n}", SKU=f"S{n}")
    zygote.run(do_steps, Site.of(world), carriage("r1", ["products"]), {}).result()
    for key, sku in (("A1", "S2"), ("A2", "S1"), ("A3", "S4"), ("A4", "S3"), ("A5", "S5-nuevo")):
        world.put("products", key, SKU=sku)

    _carry(world, zygote, "r2", "products", "apply", {"A3"})

    skus = {key: row["sku"] for key, row in world.shop_rows("products").items()}
    assert skus == {"A1": "S2", "A2": "S1", "A3": "S3", "A4": "S4", "A5": "S5-nuevo"}
    assert _rules(world, "products") == {"A3": ["worker.killed"], "A4": ["worker.killed"]}
    world.check_invariants()


@pytest.mark.parametrize("pair", PAIRS)
def test_deaths_that_were_not_the_rows_fault_are_forgotten(make_world: Any, zygote: Zygote, pair: str) -> None:
    """A row that was in the hands of dying workers, once each, but lived through the next try has a clean record."""
    world: World = make_world(pair)
    site = Site.of(world)
    for turn in range(5):
        world.put("products", "A1", Nombre=f"vez {turn}")
        batches: Batches = {}
        for step in carriage(f"r{turn}", ["products"]):
            if step.kind == "apply":
                assert zygote.run(do_steps_killed_by, site, [step], batches, "apply", {"A1"}).killed
            batches = zygote.run(do_steps, site, [step], batches).result().batches
    assert world.inbox_states("products") == {"applied": 5}
    assert world.findings("products") == []
    world.check_invariants()
