"""Rows that come late, twice or under used ids: what was read once is applied once, and older never wins."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import insert

from kit.meddling import Killed, before, between_pages, die
from kit.pitfalls import not_expressible
from kit.vendor import CATEGORIES, make_queue, vendor_put
from kit.world import World
from puente.contract import QUEUES
from puente.db import schema
from puente.db.connect import LOCK_TIMEOUT_SECONDS, Database
from puente.db.queues import update_trigger
from puente.sync import clear, ledger, receive
from puente.sync.retention import prune_inbox

pytestmark = pytest.mark.lean_gate

LATER = "9999-01-01T00:00:00.000Z"
ONE_WRITER = "SQLite has one writer: while a transaction is open nobody else commits or deletes"


@contextmanager
def open_while(world: World, entity: str, key: str, /, **fields: Any) -> Iterator[None]:
    """Row 10 is inserted in a transaction that stays open for the block, then commits."""
    with world.open_transaction() as conn:
        world.put(entity, key, row_id=10, conn=conn, **fields)
        yield
        conn.commit()


# ---------------------------------------------------------------- late commits
@not_expressible("sqlite-*", ONE_WRITER)
def test_p01_a_row_that_commits_late_arrives_once(world: World) -> None:
    with open_while(world, "categories", "LATE"):
        world.put("categories", "EARLY", row_id=11)
        started = time.monotonic()
        done = world.run()
        took = time.monotonic() - started

    assert done.errors == {}
    assert took < LOCK_TIMEOUT_SECONDS - 1, "the reader waited for the open transaction"
    assert world.shop_rows("categories").keys() == {"EARLY"}
    world.run_until_quiet()
    assert world.shop_rows("categories").keys() == {"EARLY", "LATE"}
    assert world.inbox_states("categories") == {"applied": 2}
    world.check_invariants()


def test_p01_receive_neither_sees_nor_awaits_an_open_transaction(world: World) -> None:
    world.put("categories", "EARLY", row_id=11)
    with open_while(world, "categories", "LATE"):
        started = time.monotonic()
        assert world.receive("categories").landed == 1
        assert time.monotonic() - started < LOCK_TIMEOUT_SECONDS - 1
    world.run_until_quiet()
    assert world.shop_rows("categories").keys() == {"EARLY", "LATE"}
    assert world.inbox_states("categories") == {"applied": 2}
    world.check_invariants()


def _make_the_queue_look_short(world: World) -> None:
    """A server that left a long day's statistics behind would rather scan the queue than follow the landed ids."""
    if world.erp.dialect == "mysql":
        work = {"link_id": "main", "queue": "platform:Categorias_Productos", "fecha_creacion": ""}
        with world.erp.begin() as conn:
            conn.execute(insert(schema.clearing), [{**work, "id_registro": n} for n in range(5000)])
        world.erp_sql("ANALYZE TABLE puente_clearing, Categorias_Productos")


@not_expressible("sqlite-*", ONE_WRITER)
def test_p01_a_rolled_back_row_is_never_seen(world: World) -> None:
    with world.open_transaction() as conn:
        world.put("categories", "GHOST", row_id=10, conn=conn)
        world.put("categories", "REAL", row_id=11)
        _make_the_queue_look_short(world)
        assert world.run().errors == {}
        conn.rollback()
    world.run_until_quiet()
    assert world.shop_rows("categories").keys() == {"REAL"}
    world.check_invariants()


def test_p02_rows_that_commit_between_select_and_delete_survive(world: World) -> None:
    for row_id in (9, 11, 13):
        world.put("categories", f"P{row_id}", row_id=row_id)
    world.receive("categories", "r1")
    for row_id in (10, 12, 14):
        world.put("categories", f"P{row_id}", row_id=row_id)

    assert world.clear("categories", "r1") == 3

    assert world.queue_ids("categories") == [10, 12, 14]
    world.run_until_quiet()
    assert world.shop_rows("categories").keys() == {f"P{n}" for n in range(9, 15)}
    assert world.inbox_states("categories") == {"applied": 6}
    world.check_invariants()


def test_p03_a_row_between_two_pages_of_one_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.set(receive_chunk=2)
    world.put_many("categories", [{"key": f"P{n}", "row_id": n} for n in (10, 20, 30, 40)])

    def meanwhile() -> None:
        world.put("categories", "P15", row_id=15)  # behind the page just read
        world.put("categories", "P35", row_id=35)
        world.put("categories", "P45", row_id=45)

    between_pages(monkeypatch, receive, "read_pages", {1: meanwhile})
    passes = world.run_until_quiet()
    assert sum(p.receipts["categories"].landed for p in passes) == 7
    assert world.shop_rows("categories").keys() == {"P10", "P15", "P20", "P30", "P35", "P40", "P45"}
    assert world.inbox_states("categories") == {"applied": 7}
    world.check_invariants()


def test_p03_a_row_between_two_tries_of_one_receive(world: World) -> None:
    world.put("categories", "A1")
    first = world.receive("categories", "r1")
    world.put("categories", "A2")
    second = world.receive("categories", "r1")

    assert first.batch_id == second.batch_id
    assert (second.read, second.landed, second.seen_again) == (2, 1, 1)
    world.run("r1")
    assert world.inbox_states("categories") == {"applied": 2}
    assert world.batches("categories")[0]["rows_landed"] == 2
    world.check_invariants()


@not_expressible("sqlite-*", ONE_WRITER)
def test_h02_an_older_version_that_commits_late_is_superseded(world: World) -> None:
    with open_while(world, "categories", "K", Nombre="v1"):
        world.put("categories", "K", row_id=11, Nombre="v2")
        world.run()
        assert world.shop_rows("categories")["K"]["title"] == "v2"
    world.run_until_quiet()
    assert world.shop_rows("categories")["K"]["title"] == "v2"
    assert world.state_of("categories", 10) == "superseded"
    world.check_invariants()


def test_h02_p28_an_older_row_never_overwrites_newer_stock(world: World) -> None:
    """The same on every engine: the row with the lower id becomes visible after the higher one was applied."""
    world.put("products", "K", row_id=11, Existencia="3")
    world.run()
    world.put("products", "K", row_id=10, Existencia="50")
    world.run()
    assert world.shop_rows("products")["K"]["stock"] == "3.0000"
    assert world.state_of("products", 10) == "superseded"
    world.put("products", "K", row_id=12, Existencia="2")
    world.run()
    assert world.shop_rows("products")["K"]["stock"] == "2.0000"
    world.check_invariants()


def test_p28_an_older_delete_does_not_remove_what_came_later(world: World) -> None:
    world.put("categories", "K", row_id=11)
    world.run()
    world.put("categories", "K", row_id=10, op="D")
    world.run()
    assert world.shop_rows("categories").keys() == {"K"}
    assert world.state_of("categories", 10) == "superseded"
    world.check_invariants()


def test_p28_an_older_row_does_not_bring_back_what_was_deleted_later(world: World) -> None:
    world.put("products", "K", row_id=9)
    world.run()
    world.put("products", "K", row_id=11, op="D")
    world.run()
    world.put("products", "K", row_id=10, Existencia="7")
    world.run()
    assert world.shop_rows("products") == {}
    assert world.state_of("products", 10) == "superseded"
    world.check_invariants()


# ---------------------------------------------------------------- ids that start again
@pytest.mark.parametrize("rows_before, rows_after", [(3, 1), (3, 3), (3, 5)])
def test_p04_new_content_under_a_used_id_is_applied(world: World, rows_before: int, rows_after: int) -> None:
    """Fewer, as many and more rows than before: the server's counter alone tells only the first case."""
    for n in range(rows_before):
        world.put("categories", f"P{n}", Nombre="before")
    world.run()
    world.empty_queue("categories", restart=True)
    for n in range(rows_after):
        assert world.put("categories", f"P{n}", Nombre="after") == n + 1

    world.run()

    names = {key: row["title"] for key, row in world.shop_rows("categories").items()}
    assert names == {f"P{n}": "after" if n < rows_after else "before" for n in range(max(rows_before, rows_after))}
    assert world.inbox_states("categories") == {"applied": rows_before + rows_after}
    world.check_invariants()


def test_p04_after_ids_started_again_the_new_order_counts(world: World) -> None:
    for n in range(5):
        world.put("categories", "K", Nombre=f"old {n}")
    world.run()
    world.empty_queue("categories", restart=True)
    world.put("categories", "K", Nombre="new")
    world.run()
    assert world.shop_rows("categories")["K"]["title"] == "new", "id 1 after the restart is later than id 5 before it"
    world.put("categories", "K", Nombre="newer")
    world.run()
    assert world.shop_rows("categories")["K"]["title"] == "newer"
    world.check_invariants()


def test_p04_ids_that_started_again_below_any_that_was_landed(world: World) -> None:
    """No landed id comes back: only the server's counter proves the restart."""
    world.put("categories", "K", row_id=100, Nombre="old")
    world.run()
    world.empty_queue("categories", restart=True)
    assert world.put("categories", "K", Nombre="new") == 1
    world.run()
    assert world.shop_rows("categories")["K"]["title"] == "new"
    world.check_invariants()


def test_p04_ids_that_only_skip_are_no_restart(world: World) -> None:
    """A gap, and an emptied queue whose counter goes on, leave the epoch as it is: late commits still lose."""
    world.put("categories", "K", row_id=5, Nombre="v5")
    world.run()
    world.empty_queue("categories", restart=False)
    world.put("categories", "K", row_id=100, Nombre="v100")
    world.run()
    world.put("categories", "K", row_id=50, Nombre="v50")
    world.run()
    assert world.shop_rows("categories")["K"]["title"] == "v100"
    assert {row["epoch"] for row in world.inbox("categories")} == {1}
    world.check_invariants()


def test_h03_filled_again_under_the_same_ids_between_receive_and_clear(world: World) -> None:
    world.put("categories", "OLD", created="2026-11-01 10:00:00.000")
    world.put("categories", "K", created="2026-11-01 10:00:00.000", Nombre="v1")
    world.receive("categories", "r1")
    world.empty_queue("categories", restart=True)
    world.put("categories", "NEW", created="2026-11-01 10:00:00.001")
    world.put("categories", "K", created="2026-11-01 10:00:00.001", Nombre="v2")

    world.clear("categories", "r1")

    assert world.queue_ids("categories") == [1, 2], "rows that nobody read were deleted"
    world.run("r1")
    world.run_until_quiet()
    assert world.shop_rows("categories").keys() == {"OLD", "NEW", "K"}
    assert world.shop_rows("categories")["K"]["title"] == "v2"
    assert world.queue_ids("categories") == []
    world.check_invariants()


@pytest.mark.parametrize("queue", ["vendor's", "Puente's without its trigger"])
def test_h04_a_row_that_changes_under_its_id_is_read_before_it_is_deleted(world: World, queue: str) -> None:
    if queue == "vendor's":
        make_queue(world, "categories", CATEGORIES)
    else:
        world.altered_tables["erp"].add("Categorias_Productos")
        world.erp_sql(f"DROP TRIGGER {update_trigger('Categorias_Productos')}")
    for key in ("A", "B", "C"):
        vendor_put(world, "categories", ID_Categoria=key, Nombre="v1")
    world.receive("categories", "r1")
    world.erp_sql("UPDATE Categorias_Productos SET Nombre = 'v2' WHERE ID_Categoria = 'B'")

    world.clear("categories", "r1")

    assert world.queue_ids("categories") == [2], "the unseen content was deleted, or too little was"
    world.run_until_quiet()
    titles = {key: row["title"] for key, row in world.shop_rows("categories").items()}
    assert titles == {"A": "v1", "B": "v2", "C": "v1"}
    assert world.queue_ids("categories") == []
    world.check_invariants()


def test_h02_h04_a_row_changed_in_place_does_not_lift_a_late_commit(world: World) -> None:
    """An UPDATE in a vendor's queue is no restart of the ids: what commits late is still older."""
    make_queue(world, "categories", CATEGORIES)
    vendor_put(world, "categories", ID_Registro=5, ID_Categoria="X", Nombre="x1")
    vendor_put(world, "categories", ID_Registro=11, ID_Categoria="K", Nombre="v2")
    world.receive("categories", "r1")
    world.erp_sql("UPDATE Categorias_Productos SET Nombre = 'x2' WHERE ID_Registro = 5")
    world.run("r1")
    vendor_put(world, "categories", ID_Registro=10, ID_Categoria="K", Nombre="v1")
    world.run_until_quiet()
    assert {key: row["title"] for key, row in world.shop_rows("categories").items()} == {"X": "x2", "K": "v2"}
    assert world.state_of("categories", 10) == "superseded"
    world.check_invariants()


# ---------------------------------------------------------------- restored queues
@pytest.mark.parametrize("pruned", [False, True], ids=["inbox kept", "inbox pruned"])
def test_h05_a_restored_queue_is_cleared_again_and_not_applied_again(world: World, pruned: bool) -> None:
    world.put("categories", "K", Nombre="v1")
    world.put("categories", "GONE")
    backup = world.queue_backup("categories")
    world.run()
    world.put("categories", "K", Nombre="v2")
    world.put("categories", "GONE", op="D")
    world.run()
    if pruned:
        assert prune_inbox(world.route("categories"), LATER) == 4
    shop = world.shop_rows("categories", active_only=False)

    world.restore_queue("categories", backup)
    done = world.run_until_quiet()[0]

    assert done.receipts["categories"].read == 2
    assert world.queue_ids("categories") == []
    assert done.applied["categories"].applied == 0
    assert world.shop_rows("categories", active_only=False) == shop
    world.check_invariants()


@pytest.mark.parametrize("pruned", [False, True], ids=["inbox kept", "inbox pruned"])
def test_h05_rows_written_after_the_restore_are_applied(world: World, pruned: bool) -> None:
    world.put("categories", "K", Nombre="v1")
    backup = world.queue_backup("categories")
    world.put("categories", "K", Nombre="lost by the restore")
    world.run()
    if pruned:
        prune_inbox(world.route("categories"), LATER)
    world.restore_queue("categories", backup)
    assert world.put("categories", "K", Nombre="v2") == 2

    world.run_until_quiet()

    assert world.shop_rows("categories")["K"]["title"] == "v2"
    assert world.queue_ids("categories") == []
    world.check_invariants()


# ---------------------------------------------------------------- dead and late runs
def test_h01_a_killed_run_that_is_cleared_later_brings_the_newest(world: World) -> None:
    world.put("categories", "K", Nombre="v1")
    world.receive("categories", "killed")
    world.put("categories", "K", Nombre="v2")
    world.run("later")
    assert world.shop_rows("categories")["K"]["title"] == "v2"
    world.put("categories", "K", Nombre="v3")

    world.run("killed")

    assert world.shop_rows("categories")["K"]["title"] == "v3"
    world.run_until_quiet()
    assert world.inbox_states("categories") == {"superseded": 1, "applied": 2}
    world.check_invariants()


@pytest.mark.parametrize("steps", [1, 2, 3], ids=["after receive", "after clear", "after validate"])
def test_h01_an_older_run_that_goes_on_after_a_later_one_changes_nothing(world: World, steps: int) -> None:
    world.put("categories", "K", Nombre="v1")
    receipt = world.receive("categories", "old")
    if steps > 1:
        world.clear("categories", "old")
    if steps > 2:
        world.validate("categories", receipt.batch_id, "old")
    world.put("categories", "K", Nombre="v2")
    world.run("new")

    world.clear("categories", "old")
    world.validate("categories", receipt.batch_id, "old")
    world.apply("categories", "old")
    world.settle("categories", "old")

    assert world.shop_rows("categories")["K"]["title"] == "v2"
    world.run_until_quiet()
    assert world.shop_rows("categories")["K"]["title"] == "v2"
    world.check_invariants()


def test_h06_a_crash_after_landing_balances_on_the_rerun(world: World) -> None:
    world.put_many("categories", [{"key": f"P{n}"} for n in range(5)])
    first = world.receive("categories", "r1")
    again = world.receive("categories", "r1")
    assert (first.landed, again.landed, again.seen_again) == (5, 0, 5)

    world.run("r1")

    (batch,) = world.batches("categories")
    assert batch["status"] == "settled"
    assert (batch["rows_landed"], batch["rows_read"] - batch["rows_seen_again"]) == (5, 5)
    assert world.inbox_states("categories") == {"applied": 5}
    world.check_invariants()


def test_h06_a_crash_after_the_delete_before_its_mark_balances_on_the_rerun(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.set(clear_chunk=2)
    world.put_many("categories", [{"key": f"P{n}"} for n in range(5)])
    world.receive("categories", "r1")
    with monkeypatch.context() as patch:
        before(patch, clear, "_mark_cleared", die)
        with pytest.raises(Killed):
            world.clear("categories", "r1")
    assert len(world.queue_ids("categories")) == 3
    assert {row["cleared"] for row in world.inbox("categories")} == {0}

    assert world.clear("categories", "r1") == 5

    world.run("r1")
    assert world.inbox_states("categories") == {"applied": 5}
    assert ledger.verify(world.platform, "main") == []
    world.check_invariants()


# ---------------------------------------------------------------- two links
def test_h23_two_links_with_identical_rows_and_ids_are_kept_apart(world: World, second_erp: Database) -> None:
    mapping = (world.settings.profiles_dir / "mini_shop" / "profile.yaml").read_text(encoding="utf-8")
    north = world.with_link("north", second_erp)
    north.use_profile("platform", {"profile.yaml": mapping.replace("table: shop_", "table: north_")})
    world.altered_tables["platform"] |= {"north_category", "north_product"}
    world.platform_sql(*(f"CREATE TABLE north_{t} AS SELECT * FROM shop_{t}" for t in ("category", "product")))
    moment = "2026-11-01 10:00:00.000"
    for link in (world, north):
        link.put("categories", "F1", created=moment, Nombre="same")
        link.put("products", "K", created=moment, Nombre="same")
        link.put("products", "BAD", created=moment, Precio_1="-1")
    assert world.inbox("products") == []

    world.run()

    assert world.inbox_states("products") == {"applied": 1, "quarantined": 1}
    assert north.inbox("products") == [] and north.queue_ids("products") == [1, 2]
    assert north.work() == ["categories", "products"]
    north.put("products", "K", Nombre="north's own")
    north.run()
    assert world.shop_rows("products")["K"]["name"] == "same"
    with world.platform.read() as conn:
        names = conn.exec_driver_sql("SELECT name FROM north_product WHERE erp_id = 'K'").scalars().all()
    assert names == ["north's own"]
    assert north.inbox_states("products") == {"applied": 1, "superseded": 1, "quarantined": 1}
    assert world.inbox_states("products") == {"applied": 1, "quarantined": 1}
    north.put("products", "K", Nombre="north's latest")  # id 4 there; main's next is 3
    north.run()
    world.put("products", "K", Nombre="main's latest")
    world.run()
    assert world.shop_rows("products")["K"]["name"] == "main's latest"
    assert world.inbox_states("products") == {"applied": 2, "quarantined": 1}
    assert prune_inbox(north.route("products"), LATER) == 3
    assert world.inbox_states("products") == {"applied": 2, "quarantined": 1}
    for link in (world, north):
        assert link.work() == []
        link.check_invariants()


def test_every_queue_of_the_contract_has_its_trigger_in_the_test_world(world: World) -> None:
    """The kit's queues are the ones that `init` makes: otherwise the guarded way would go untested."""
    from puente.db.queues import inspect_queue

    assert all(inspect_queue(world.erp, queue).guarded for queue in QUEUES.values())
