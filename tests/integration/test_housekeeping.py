"""P34: what is done leaves the tables that every run reads; what an auditor needs stays; nothing is applied twice."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, insert, select, update

from kit.keys import RING
from kit.orders import know_order, say
from kit.world import World
from puente.db import schema
from puente.nightly import archive, backup, manifest
from puente.nightly.housekeeping import keep_house
from puente.nightly.shelf import FolderShelf
from puente.sync.route import stored

pytestmark = [
    pytest.mark.lean_gate,
    pytest.mark.not_expressible("sqlite-mariadb", "the other pairs show both engines"),
]
NOW = dt.datetime.now(dt.UTC)
RUNS = 30 * 24 * 60


def house(world: World, now: dt.datetime = NOW) -> dict[str, int]:
    return keep_house(world.bridge, world.next_run(), now)


def size(world: World, table: Any) -> int:
    with world.platform.read() as conn:
        return int(conn.execute(select(func.count()).select_from(table)).scalar_one())


@contextmanager
def work_of(world: World) -> Iterator[list[int]]:
    """Thousands of steps that SQLite's own machine takes within the block, on both sides: work, not time."""
    steps = [0]

    def count() -> int:
        steps[0] += 1
        return 0

    def listen(dbapi: Any, *_: Any) -> None:
        dbapi.set_progress_handler(count, 1000)

    for db in (world.erp, world.platform):
        db.engine.dispose()
        event.listen(db.engine, "connect", listen)
    try:
        yield steps
    finally:
        for db in (world.erp, world.platform):
            event.remove(db.engine, "connect", listen)
            db.engine.dispose()


def thirty_days_of_runs_every_minute(world: World) -> None:
    """The rows that each run of one product leaves, as they are a month later."""
    inbox, minutes = schema.inboxes["Productos"], range(RUNS)
    moments = [stored(NOW - dt.timedelta(minutes=RUNS - n)) for n in minutes]
    with world.platform.begin() as conn:
        example = dict(conn.execute(select(inbox).limit(1)).mappings().one())
        batch = dict(conn.execute(select(schema.batch).limit(1)).mappings().one())
        ledger = dict(conn.execute(select(schema.ledger).limit(1)).mappings().one())
        first = 1_000
        conn.execute(insert(schema.batch), [
            {**batch, "batch_id": first + n, "run_id": f"m{n}", "opened_at": at, "settled_at": at}
            for n, at in zip(minutes, moments, strict=True)
        ])  # fmt: skip
        conn.execute(insert(schema.ledger), [
            {**ledger, "seq": first + n, "batch_id": first + n, "settled_at": at}
            for n, at in zip(minutes, moments, strict=True)
        ])  # fmt: skip
        conn.execute(insert(schema.rule_result), [
            {"batch_id": first + n, "rule_id": "r", "severity": "critical", "stage": "row", "evaluated": 1, "failed": 0}
            for n in minutes
        ])  # fmt: skip
        conn.execute(insert(inbox), [
            {**example, "inbox_id": first + n, "id_registro": first + n, "batch_id": first + n, "taken_by": first + n,
             "fecha_creacion": moments[n].replace("T", " ").removesuffix("Z"), "record_key": f"K{n % 500}"}
            for n in minutes
        ])  # fmt: skip


@pytest.mark.not_expressible("m*-mariadb", "the work is counted by SQLite's own machine")
def test_p34_thirty_days_of_runs_every_minute_do_not_slow_a_run_down(world: World) -> None:
    world.set(keep_inbox_days=3)
    for name in ("first", "second"):
        world.put("products", name, Precio_1="10")
        world.run()
    with work_of(world) as young:
        world.put("products", "third", Precio_1="10")
        world.run()
    thirty_days_of_runs_every_minute(world)
    gone = house(world)["inbox"]
    left = size(world, schema.inboxes["Productos"])
    assert gone + left == RUNS + 3 and left <= 3 * 24 * 60 + 4, "three days are kept"
    assert size(world, schema.seen) == gone and size(world, schema.ledger) == RUNS + 3
    with work_of(world) as old:
        world.put("products", "fourth", Precio_1="10")
        done = world.run()
        quiet = world.run()
    assert done.applied["products"] and quiet.work == []
    assert old[0] <= 2 * young[0] + 60, f"{old[0]} thousand steps after a month, {young[0]} before"


def test_what_is_kept_for_years_goes_then_and_what_is_open_never(world: World) -> None:
    for key in ("A", "B"):
        world.put("products", key, Precio_1="10")
        world.run()
    world.put("products", "BAD", Precio_1="-1")
    world.run()
    know_order(world, "P1")
    say(world, "P1", "ACEPTADO")
    with world.platform.begin() as conn:  # as old as an ERP's wrong clock makes it: that is not what counts
        conn.execute(update(schema.inboxes["Productos"]).values(fecha_creacion="1970-01-01 00:00:00.000"))
        conn.execute(update(schema.mail).values(status="sent", attachments="[]", tried_at=stored(NOW)))
        probe = {"link_id": "main", "connection": "erp", "hour": stored(NOW)[:13], "answered": 1, "failed": 0}
        conn.execute(insert(schema.probe).values(**probe, slowest_ms=1))
    reports = world.settings.reports_dir / "main"
    written = [path for path in reports.rglob("*") if path.is_file()]
    assert written and house(world) == {}, "nothing is old yet"

    soon = NOW + dt.timedelta(days=100)
    assert house(world, soon) == {"inbox": 2, "attachments": 1}
    assert house(world, soon) == {}, "again there is nothing to do"
    later = NOW + dt.timedelta(days=366 * 7)
    for path in written:
        os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    done = house(world, later)
    assert {name: done[name] for name in ("identities", "mails", "probes", "reports")} == {
        "identities": 2, "mails": 1, "probes": 1, "reports": len(written),
    }  # fmt: skip
    assert done["batches"] == 2, "the quarantined row's batch, which is the last one too, stays"
    assert size(world, schema.ledger) == 3 and size(world, schema.order) == size(world, schema.order_history) == 1
    assert [row["record_key"] for row in world.inbox("products") if row["state"] == "quarantined"] == ["BAD"]
    world.check_invariants()


def test_a_queue_restored_after_housekeeping_is_cleared_and_not_applied_again(world: World) -> None:
    world.put("products", "A", Precio_1="10")
    copy = world.queue_backup("products")
    world.run()
    world.put("products", "A", Precio_1="20")
    world.run()
    house(world, NOW + dt.timedelta(days=365))
    world.restore_queue("products", copy)
    world.run_until_quiet()
    assert world.shop_rows("products")["A"]["price_1"] == "20.0000"
    assert world.queue_ids("products") == []


@pytest.mark.not_expressible("mariadb-mariadb", "files only: no engine has a part in it")
@pytest.mark.not_expressible("mssql-mariadb", "files only: no engine has a part in it")
def test_archived_batches_go_when_no_backup_could_need_them(world: World, tmp_path: Path) -> None:
    world.set(keys=RING, archive_dir=tmp_path / "archive", backups_dir=tmp_path / "backups")
    world.put("products", "A", Precio_1="10")
    world.run()
    (path,) = archive.files(world.settings, "main", "platform", "Productos")
    away = FolderShelf(tmp_path / "away")
    archive.carry(world.settings, "main", away)
    later = NOW + dt.timedelta(days=200)
    assert "archive" not in keep_house(world.bridge, world.next_run(), later, away), "nobody knows to when one restores"

    old = path.with_name("01" + path.name[2:])
    (old.parent.parent / "2020-01").mkdir()
    copy = path.rename(old.parent.parent / "2020-01" / old.name)
    archive.carry(world.settings, "main", away)
    path.hardlink_to(copy)
    backup.run_all(world.bridge, world.next_run(), None)
    assert keep_house(world.bridge, world.next_run(), later, away)["archive"] == 2, "here and there"
    assert path.exists() and not copy.exists(), "the backup of today would need it"
    assert [key.split("/")[-2] for key in away.keys("main/archive/")] == [path.parent.name]


@pytest.mark.not_expressible("mariadb-mariadb", "files only: no engine has a part in it")
@pytest.mark.not_expressible("mssql-mariadb", "files only: no engine has a part in it")
def test_a_backup_that_cannot_be_opened_stops_no_housekeeping(world: World, tmp_path: Path) -> None:
    """Its id says of when it is; the archive is thinned up to there, for its key may come back from the escrow."""
    world.set(keys=RING, archive_dir=tmp_path / "archive", backups_dir=tmp_path / "backups")
    world.put("products", "A", Precio_1="10")
    world.run()
    (path,) = archive.files(world.settings, "main", "platform", "Productos")
    old = path.parent.parent / "2020-01" / path.name
    old.parent.mkdir()
    old.hardlink_to(path)
    kept = backup.run_all(world.bridge, world.next_run(), None)
    spoilt = world.settings.backups_dir / "main" / kept[0].backup_id / manifest.NAME
    spoilt.write_bytes(b"spoilt")
    assert keep_house(world.bridge, world.next_run(), NOW + dt.timedelta(days=200))["archive"] == 1
    assert path.exists() and not old.exists()
