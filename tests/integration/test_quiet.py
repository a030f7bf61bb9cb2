"""A run with nothing to do costs next to nothing, and a run with something to do does not block anybody."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import column, insert, table

from kit.pitfalls import not_expressible
from kit.vendor import make_queue
from kit.world import World
from puente import contract
from puente.errors import Paused
from puente.sync.control import pause, resume

pytestmark = pytest.mark.lean_gate

ENTITIES = contract.READ_SEQUENCE["platform"]


def fill(world: World) -> None:
    """Rows in every state that does not make work."""
    world.put("categories", "F1")
    world.put("categories", "F2", ID_Categoria_Padre="MISSING")
    world.put("products", "A1")
    world.put("products", "A2", Precio_1="-1")
    world.put("product_categories", "F1", ID_Producto="A1")
    world.put("companies", "C1")
    world.put("contacts", "P1", ID_Empresa="NOBODY")
    world.put("order_states", "O1", Estado="ACEPTADO")
    world.run()


def test_nothing_to_do_is_found_with_a_few_reads(world: World) -> None:
    fill(world)
    assert world.work() == []
    with world.count_statements() as statements:
        assert world.work() == []
    writes = [s for s in statements if s.split()[0].upper() in ("INSERT", "UPDATE", "DELETE")]
    assert writes == []
    looks = [s for s in statements if "puente_" in s or any(f"{q}" in s for q in contract.QUEUES)]
    assert len(looks) <= 10 * len(ENTITIES), "\n".join(statements)
    assert len(statements) <= 20 * len(ENTITIES), "\n".join(statements)


def test_the_peek_names_exactly_the_entities_with_work_in_sequence(world: World) -> None:
    fill(world)
    world.put("contacts", "P2", ID_Empresa="C1")
    world.put("categories", "F3")
    assert world.work() == ["categories", "contacts"]
    world.run()
    world.put("companies", "NOBODY")  # frees a contact that is held
    world.run()
    assert world.work() == ["contacts"]
    world.run()
    assert world.shop_rows("contacts").keys() == {"P1", "P2"}
    assert world.work() == []


@pytest.mark.parametrize("steps", [1, 2, 3, 4])
def test_work_left_by_a_dead_run_is_found(world: World, steps: int) -> None:
    world.put("categories", "A1")
    receipt = world.receive("categories", "dead")
    if steps > 1:
        world.clear("categories", "dead")
    if steps > 2:
        world.validate("categories", receipt.batch_id, "dead")
    if steps > 3:
        world.apply("categories", "dead")
    assert world.work() == ["categories"]
    world.run()
    assert world.work() == []
    assert world.shop_rows("categories").keys() == {"A1"}
    world.check_invariants()


def test_a_paused_entity_waits_and_the_others_go_on(world: World) -> None:
    world.put("categories", "F1")
    world.put("companies", "C1")
    pause(world.platform, "main", "categories", "ana", "the menu is being rebuilt")
    done = world.run()
    assert isinstance(done.errors["categories"], Paused) and "ana" in str(done.errors["categories"])
    assert world.queue_ids("categories") == [1]
    assert world.shop_rows("companies").keys() == {"C1"}
    assert resume(world.platform, "main", "categories")
    world.run_until_quiet()
    assert world.shop_rows("categories").keys() == {"F1"}
    world.check_invariants()


RELATIONS = {"ID_Registro": "id", "Fecha_Creacion": "created", "ID_Categoria": "text", "ID_Producto": "text"}
QUEUE = table("Relacion_Categorias_Productos", column("ID_Categoria"), column("ID_Producto"))


class Inserter(threading.Thread):
    """A vendor's program that inserts one row after another; `slowest` is its longest wait in seconds."""

    def __init__(self, world: World) -> None:
        super().__init__(daemon=True)
        self.world, self.stop, self.inserted = world, threading.Event(), 0
        self.slowest, self.error = 0.0, ""

    def run(self) -> None:
        while not self.stop.is_set():
            row = {"ID_Categoria": "NEW", "ID_Producto": f"N{self.inserted}"}
            started = time.monotonic()
            try:
                with self.world.erp.begin() as conn:
                    conn.execute(insert(QUEUE).values(row))
            except Exception as error:
                self.error = str(error)
                return
            self.slowest = max(self.slowest, time.monotonic() - started)
            self.inserted += 1
            time.sleep(0.005)


@not_expressible("sqlite-*", "SQLite has one writer, who waits in a queue without order")
@pytest.mark.parametrize("queue", ["Puente's", "vendor's"])
def test_p24_draining_fifty_thousand_rows_blocks_no_inserter_for_a_second(world: World, queue: str) -> None:
    rows = 50_000
    if queue == "vendor's":  # its rows are locked and read again before they are deleted
        make_queue(world, "product_categories", RELATIONS)
    pairs = [{"ID_Categoria": f"F{n % 100}", "ID_Producto": f"P{n}"} for n in range(rows)]
    with world.erp.begin() as conn:
        conn.execute(insert(QUEUE), pairs)
    inserter = Inserter(world)
    inserter.start()

    receipt = world.receive("product_categories", "r1")
    cleared = world.clear("product_categories", "r1")

    inserter.stop.set()
    inserter.join(30)
    assert inserter.error == ""
    assert cleared == receipt.landed >= rows
    assert inserter.inserted > 20, "the inserter hardly ran: nothing was measured"
    assert inserter.slowest < 1.0
    assert len(world.queue_ids("product_categories")) == rows + inserter.inserted - cleared


def test_p24_the_queue_is_drained_in_short_transactions(world: World) -> None:
    """What makes it so, on every engine: no statement deletes more than the chunk."""
    world.set(clear_chunk=10)
    world.put_many("products", [{"key": f"P{n}"} for n in range(35)])
    world.receive("products", "r1")
    with world.count_statements() as statements:
        assert world.clear("products", "r1") == 35
    deletes = [s for s in statements if s.startswith("DELETE") and "Productos" in s]
    assert len(deletes) == 4
    assert world.queue_ids("products") == []
