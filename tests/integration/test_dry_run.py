"""A dry run tells what a run will do, and writes nothing on either side."""

from __future__ import annotations

import csv
import json
import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from faults import orders_story, story
from faults.jobs import do_steps
from kit.databases import Databases
from kit.own_tables import REFUSED_NAME
from kit.world import PROFILES, World, all_tables
from puente.contract import READ_SEQUENCE, SIDES, Side
from puente.db import schema
from puente.dryrun.report import DryRun, dry_run, verify
from puente.dryrun.scratch import scratch, sweep
from puente.errors import ContractBroken, PuenteError
from puente.sync.control import pause
from puente.sync.route import Run

pytestmark = pytest.mark.lean_gate


def rehearse(world: World, reader: Side = "platform", name: str = "dry") -> DryRun:
    return dry_run(world.bridge, reader, Run(name))


def everything(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of both sides."""
    found = {}
    for side in SIDES:
        db = world.bridge.database(side)
        with db.read() as conn:
            for table in all_tables(db.dialect, side):
                rows = [tuple(map(str, row)) for row in conn.execute(select(table))]
                found[f"{side}.{table.name}"] = sorted(rows)
    return found


def body(done: DryRun) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.report.read_text(encoding="utf-8"))["dry_run"]
    return found


def fates(done: DryRun) -> dict[tuple[str, str], str]:
    """What would become of each listed record or row, by entity and key."""
    return {(one["entity"], one["key"]): one["what"] for one in body(done)["listed"]}


def expected(done: DryRun) -> dict[str, dict[str, int]]:
    return {one.entity: one.states for one in done.outcomes if one.states}


def ended(world: World, run: str, reader: Side) -> dict[str, dict[str, int]]:
    """The states in which a real run left the rows that it had in its hands."""
    found = {}
    for entity in READ_SEQUENCE[reader]:
        mine = {b["batch_id"] for b in world.batches(entity, reader=reader) if b["run_id"] == run}
        rows = [row for row in world.inbox(entity, reader=reader) if {row["batch_id"], row["taken_by"]} & mine]
        if rows:
            found[entity] = dict(Counter(row["state"] for row in rows))
    return found


# ---------------------------------------------------------------- against what then happens
def test_it_foretells_a_run_of_the_platform_and_writes_nothing(world: World) -> None:
    story.furnish(world)
    story.first_round(world)
    for entity in READ_SEQUENCE["platform"][:-1]:
        world.capture(entity)
    world.run()
    story.second_round(world)
    for entity in READ_SEQUENCE["platform"][:-1]:
        world.capture(entity)
    before = everything(world)

    done = rehearse(world)

    assert everything(world) == before
    world.run("real")
    foretold, real = expected(done), ended(world, "real", "platform")
    # Only the shop's own constraint knows of it; the page says that it cannot be foretold.
    assert world.shop_rows("products")["A6"]["name"] != REFUSED_NAME
    foretold["products"]["applied"] -= 1
    foretold["products"]["quarantined"] += 1
    assert foretold == real
    assert {state for states in real.values() for state in states} >= {"applied", "superseded", "held", "quarantined"}

    told = fates(done)
    assert told["products", "A8"] == told["categories", "F8"] == told["companies", "C4"] == "new"
    assert told["products", "A4"] == told["categories", "F4"] == told["companies", "C3"] == "removed"
    assert told["products", "A1"] == told["companies", "C1"] == "changed"
    assert told["companies", "C5"] == told["products", "A5"] == "quarantined"
    fields = {one["key"]: one["fields"] for one in body(done)["listed"] if one["what"] == "changed"}
    assert fields["A1"] == ["Precio_1"] and fields["A2"] == fields["A3"] == ["SKU"]


def test_it_foretells_both_directions_with_customers_and_orders(world: World) -> None:
    orders_story.furnish(world)
    orders_story.first_round(world)
    site = world_site(world)
    do_steps(site, [*orders_story.first_steps("0"), *orders_story.cycle("1")], {})
    orders_story.second_round(world)
    for prefix in ("2", "3"):
        steps = orders_story.cycle(prefix)
        for reader, run in (("erp", f"{prefix}p"), ("platform", f"{prefix}r")):
            mine = [place for place, step in enumerate(steps) if step.run == run and step.kind != "mail"]
            do_steps(site, steps[: mine[0]], {})
            before = everything(world)
            done = rehearse(world, reader, f"dry {run}")
            assert everything(world) == before
            do_steps(site, steps[mine[0] : mine[-1] + 1], {})
            assert expected(done) == ended(world, run, reader), (reader, run)
            steps = steps[mine[-1] + 1 :]
            if run == "2p":
                assert fates(done)["order_headers", "P1"] == "new"
            if run == "2r":
                assert fates(done)["order_states", "P1"] == fates(done)["companies", "N1"] == "changed"


@pytest.mark.parametrize("seed", [1, 7])
def test_it_foretells_random_rounds(make_world: Callable[[str], World], databases: Databases, seed: int) -> None:
    world, rng = make_world("sqlite-sqlite"), random.Random(seed)
    world.set(expectations_dir=databases.lean_expectations())
    seen: set[str] = set()
    for number in range(7):
        for reader, fill in (("platform", erp_writes), ("erp", shop_writes)):
            fill(world, rng)
            before, run = everything(world), f"{reader} {number}"
            done = rehearse(world, reader, f"dry {run}")  # type: ignore[arg-type]
            assert everything(world) == before
            real = world.run(run, reader=reader)  # type: ignore[arg-type]
            assert expected(done) == ended(world, run, reader), run  # type: ignore[arg-type]
            assert {one.entity for one in done.outcomes if one.stopped} == set(real.errors), run
            seen |= {state for states in expected(done).values() for state in states}
    assert seen >= {"applied", "unchanged", "superseded", "held", "quarantined"}


def erp_writes(world: World, rng: random.Random) -> None:
    """Up to nine rows of a vendor's program, some of them wrong, and now and then an edit in the shop."""
    for _ in range(rng.randint(1, 9)):
        number, op = rng.randint(1, 4), "D" if rng.random() < 0.2 else "U"
        match rng.choice(["categories", "products", "product_categories", "companies", "contacts"]):
            case "categories":
                above = rng.choice([None, None, "F1", "F2", "F9"])
                world.put("categories", f"F{number}", op=op, ID_Categoria_Padre=above)
            case "products":
                price, sku = rng.choice(["1", "2", "-1"]), f"S{rng.randint(1, 4)}"
                world.put("products", f"A{number}", op=op, SKU=sku, Precio_1=price)
            case "product_categories":
                world.put("product_categories", f"F{number}", op=op, ID_Producto=f"A{rng.randint(1, 4)}")
            case "companies":
                name, tax_id = rng.choice(["x", "y", None]), rng.choice([None, "RFC1", "RFC2"])
                key = rng.choice([f"C{number}", f"c{number}"])
                world.put("companies", key, op=op, Nombre_Empresa=name, Identificacion_Fiscal=tax_id)
            case "contacts":
                world.put("contacts", f"P{number}", op=op, Nombres=rng.choice("xy"), ID_Empresa=f"C{rng.randint(1, 4)}")
    if rng.random() < 0.5:
        world.shop_own("shop_company", None, name="suya", tax_id=rng.choice([None, "RFC1"]), phone="1")
    if (ids := world.shop_ids("companies")) and rng.random() < 0.4:
        world.shop_own("shop_company", rng.choice(list(ids.values())), phone=str(rng.randint(1, 9)))


def shop_writes(world: World, rng: random.Random) -> None:
    """Orders, some of them torn, doubled or wrong, requests, and a customer."""
    for _ in range(rng.randint(0, 3)):
        order, lines = f"O{rng.randint(1, 4)}", rng.randint(1, 2)
        header = {"Estado_Pedido": "VALIDANDO EXISTENCIAS", "ID_Empresa": rng.choice(["C1", "C2", "C9"])}
        total = str(10 * lines if rng.random() < 0.8 else 7)
        said = rng.choice([lines, lines, lines + 1])
        world.put("order_headers", order, writer="platform", Total=total, Lineas=said, **header)
        for place in range(lines):
            line = {"Cantidad": "1", "Precio_Unitario": "10", "Monto_Total_Producto": "10"}
            product, key = rng.choice(["A1", "A2", "A9"]), rng.choice([f"{order}-{place}", f"L{place}"])
            world.put("order_lines", key, writer="platform", ID_Pedido_Cabecera=order, ID_Producto=product, **line)
        if rng.random() < 0.3:
            world.put("order_states", order, writer="platform", Estado=rng.choice(["CANCELADO", "ACEPTADO"]))
    if rng.random() < 0.6:
        key, number = rng.choice(["C1", "C2", None]), str(rng.randint(1, 4))
        world.put("companies", key, writer="platform", ID_Plataforma=number, Nombre_Empresa=rng.choice("xy"))


def world_site(world: World) -> Any:
    """`do_steps` asks for a place that opens worlds; this one is open."""

    class Here:
        def open(self) -> World:
            return world

    return Here()


# ---------------------------------------------------------------- what it says
def test_nothing_to_do_is_said(world: World) -> None:
    done = rehearse(world)
    assert done.verdict == "nothing" and body(done)["listed"] == []
    assert verify(done.report, world.settings.seal_key) == []


def test_a_closed_gate_is_foretold_and_stops_nothing_else(world: World) -> None:
    for number in range(60):
        world.put("products", f"A{number}", Precio_1="-1")
    world.put("categories", "F1")
    done = rehearse(world)
    by_entity = {one.entity: one for one in done.outcomes}
    assert done.verdict == "stopped"
    assert by_entity["products"].stopped == "GateClosed: 60 de 60 filas no cumplen las reglas."
    assert by_entity["products"].states == {"pending": 60}
    assert by_entity["categories"].states == {"applied": 1}
    assert len(world.queue_ids("products")) == 60 and world.inbox("products") == []
    assert not list(Path(world.settings.reports_dir, "main").glob("products/*")), "no report of a batch that is none"


def test_a_queue_that_lacks_a_column_stops_its_entity_only(world: World) -> None:
    world.remake_queue("categories", "CREATE TABLE Categorias_Productos (ID_Registro INTEGER PRIMARY KEY)")
    world.put("products", "A1", Precio_1="1")
    done = rehearse(world)
    by_entity = {one.entity: one for one in done.outcomes}
    assert "ContractBroken" in by_entity["categories"].stopped
    assert by_entity["products"].records == {"new": 1}


def test_who_paused_the_link_may_rehearse(world: World) -> None:
    world.put("products", "A1", Precio_1="1")
    pause(world.platform, world.link.link_id, "*", "ana", "cut-over")
    assert rehearse(world).verdict == "changes"


def test_held_rows_that_come_free_are_foretold(world: World) -> None:
    world.put("product_categories", "F1", ID_Producto="A1")
    world.run()
    assert world.inbox_states("product_categories") == {"held": 1}
    world.put("categories", "F1")
    world.put("products", "A1", Precio_1="1")
    assert ("product_categories", "F1|A1") not in fates(rehearse(world)), "it comes free with this run, for the next"
    world.run()
    assert fates(rehearse(world)) == {("product_categories", "F1|A1"): "written"}, "the shop does not show relations"


def test_what_was_set_aside_before_is_not_told_again(world: World) -> None:
    world.put("products", "A1", Precio_1="-1")
    world.run()
    world.put("products", "A2", Precio_1="1")
    done = rehearse(world)
    assert fates(done) == {("products", "A2"): "new"} and expected(done) == {"products": {"applied": 1}}


def test_the_list_has_values_in_the_csv_only_and_no_formulas(world: World) -> None:
    world.own("articulo", cve="A1", sku="S1", nombre="Llanta", precio="1")
    world.capture("products")
    world.run()
    world.own("articulo", cve="A1", nombre="=HYPERLINK(1)")
    world.capture("products")
    done = rehearse(world)
    with open(done.report.with_suffix(".csv"), encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["clave"], row["campo"], row["antes"], row["despues"]) for row in rows] == [
        ("A1", "Nombre", "Llanta", "'=HYPERLINK(1)")
    ]
    for file_name in (done.report, done.report.with_suffix(".html")):
        assert "HYPERLINK" not in file_name.read_text(encoding="utf-8")
    assert verify(done.report, world.settings.seal_key) == []
    done.report.with_suffix(".csv").write_text("nothing", encoding="utf-8")
    assert verify(done.report, world.settings.seal_key) == ["the CSV is not the one that was sealed"]


@pytest.mark.parametrize(
    ("yaml", "told"),
    [
        ("table: shop_categori\n    key: {ID_Categoria: erp_id}", "shop_categori"),
        ("capture: sql", "neither"),
    ],
)
def test_a_profile_that_cannot_write_is_found_out(world: World, yaml: str, told: str) -> None:
    profile = (PROFILES / "mini_shop" / "profile.yaml").read_text(encoding="utf-8")
    before, _, after = profile.partition("  categories:\n")
    rest = after[after.index("  products:") :]
    world.use_profile("platform", {"profile.yaml": f"{before}  categories:\n    {yaml}\n{rest}"})
    world.put("categories", "F1")
    world.put("products", "A1", Precio_1="1")
    done = rehearse(world)
    by_entity = {one.entity: one for one in done.outcomes}
    assert done.verdict == "stopped" and told in by_entity["categories"].stopped
    assert by_entity["products"].states == {"applied": 1}
    assert "categories" in world.run().errors, "and so it is"


def test_a_line_that_belongs_to_another_order_is_foretold(world: World) -> None:
    with world.erp.begin() as conn:
        for entity, key in (("companies", "C1"), ("products", "A1")):
            row = {"link_id": "main", "entity": entity, "record_key": key, "key_fold": key.lower(), "active": 1}
            conn.execute(insert(schema.record), row)
    for number in ("P1", "P2"):
        header = {"Estado_Pedido": "VALIDANDO EXISTENCIAS", "ID_Empresa": "C1", "Total": "10", "Lineas": 1}
        line = {"ID_Producto": "A1", "Cantidad": "1", "Precio_Unitario": "10", "Monto_Total_Producto": "10"}
        world.put("order_headers", number, writer="platform", **header)
        world.put("order_lines", "L1", ID_Pedido_Cabecera=number, writer="platform", **line)
        done = rehearse(world, "erp")
        world.run(f"real {number}", reader="erp")
        assert expected(done) == ended(world, f"real {number}", "erp"), number
    assert "applied" not in expected(done)["order_lines"]


def test_what_a_killed_dry_run_left_is_swept(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path / "temporary")], env={"PYTHONPATH": "plugins"})
    assert killed.returncode == -signal.SIGKILL and list((tmp_path / "temporary").glob("puente-dry-run-*/people"))
    with scratch(world.bridge, "platform"):
        (at_work,) = (tmp_path / "temporary").glob("puente-dry-run-*")
        assert sweep() == 0 and at_work.exists(), "one that is at work is left alone"
    assert not list((tmp_path / "temporary").iterdir())


_KILLED = """
import os, signal, sys, tempfile
tempfile.tempdir = sys.argv[1]
from puente.dryrun import scratch
with scratch._folder() as home:
    (home / "people").write_text("everybody")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_select_without_its_key_is_refused(world: World) -> None:
    world.use_profile("platform", {"capture_products.sql": "SELECT name AS Nombre FROM shop_product;"})
    with pytest.raises(ContractBroken, match="yields no ID_Producto"):
        rehearse(world)


def test_the_real_databases_refuse_to_be_written(world: World) -> None:
    for reader in SIDES:
        with scratch(world.bridge, reader) as place:
            real = [db for db in (place.bridge.erp, place.bridge.platform, place.bridge.queues) if db is not place.db]
            assert len(real) == 2
            for db in real:
                assert db is not None
                with pytest.raises(PuenteError, match="neither side"):
                    db.begin()
