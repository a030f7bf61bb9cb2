"""I12: a backup is restored beside, proved, put in its place, and taken back when anything fails."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

from kit import own_tables
from kit.backups import Copy, CopySource
from kit.keys import RING
from kit.meddling import Killed, before, die
from kit.world import World
from puente.contract import Side
from puente.db import connect, schema
from puente.errors import LeaseHeld, PuenteError
from puente.nightly import aftermath, beside, drill, loading, restore, restore_report
from puente.sync import control
from puente.sync.leases import held

pytestmark = pytest.mark.lean_gate
SIDES: list[Side] = ["erp", "platform"]


@pytest.fixture(params=["sqlite-sqlite", "mariadb-mariadb"])
def shop(request: pytest.FixtureRequest, make_world: Callable[[str], World], tmp_path: Path) -> Iterator[World]:
    world = make_world(request.param)
    world.set(keys=RING, archive_dir=tmp_path / "archive")
    world.shop_own("shop_company", name="de las dos", phone="1")
    world.put("products", "P1")
    yield world
    for db in (world.erp, world.platform):
        for suffix in ("restored", "before"):
            beside.drop(db, suffix)  # type: ignore[arg-type]


@pytest.fixture
def source(shop: World, tmp_path: Path) -> CopySource:
    """The backup of two o'clock; since then both sides have changed."""
    copies = CopySource(erp=Copy(shop, "erp", tmp_path), platform=Copy(shop, "platform", tmp_path))
    shop.shop_own("shop_company", name="de las diez", phone="2")
    shop.put("products", "P2")
    return copies


def names(world: World) -> list[str]:
    with world.platform.read() as conn:
        company = own_tables.shop_company
        return list(conn.execute(select(company.c.name).order_by(company.c.id)).scalars())


def paused(world: World) -> bool:
    return all(world.rows_of(side, schema.pause) for side in SIDES)


def test_the_copy_takes_the_place_and_numbers_count_on(shop: World, source: CopySource) -> None:
    body = restore.restore(shop.bridge, SIDES, source, "r1")

    assert names(shop) == ["de las dos"] and shop.queue_ids("products") == [1]
    assert paused(shop), "until a person resumes"
    assert body["seconds"] < body["promised_seconds"] == 7200 and len(body["sides"]) == 2
    # What was given out since the backup is not given out again (I9); a queue's own ids tell what it has lost.
    assert shop.shop_own("shop_company", name="nueva") == 3
    with pytest.raises(DBAPIError, match="INSERT-only"), shop.erp.begin() as conn:
        conn.execute(text("UPDATE Productos SET Nombre = 'x'"))
    before_tables = set(inspect(beside.beside(shop.platform, "before").engine).get_table_names())
    assert {"shop_company", "puente_record"} <= before_tables
    with pytest.raises(PuenteError, match="restore forget"):
        restore.begin(shop.bridge, SIDES, "r2")
    restore.undo(shop.bridge, SIDES, "r2")  # the run fails, and takes back nothing but its own
    assert names(shop)[0] == "de las dos" and "de las diez" not in names(shop)
    assert restore.forget(shop.bridge) == SIDES and restore.forget(shop.bridge) == []


def test_numbers_of_a_table_that_was_empty_count_on_too(shop: World, tmp_path: Path) -> None:
    """I9: the engine has noted no number of such a table yet."""
    empty = CopySource(erp=Copy(shop, "erp", tmp_path), platform=Copy(shop, "platform", tmp_path))
    assert [shop.shop_own("shop_contact", names=name) for name in ("Ana", "Beto")] == [1, 2]

    restore.restore(shop.bridge, ["platform"], empty, "r1")

    assert shop.shop_own("shop_contact", names="Carla") == 3


def test_a_copy_that_is_not_what_was_backed_up_is_not_used(shop: World, source: CopySource) -> None:
    source.wrong = ["shop_company has 0 rows of 1"]
    with pytest.raises(PuenteError, match="not what was backed up: platform: shop_company has 0 rows"):
        restore.restore(shop.bridge, ["platform"], source, "r1")
    assert names(shop) == ["de las dos", "de las diez"] and paused(shop)


def test_what_fails_after_the_exchange_is_undone(
    shop: World, source: CopySource, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise PuenteError("the archive is gone")

    before(monkeypatch, restore, "follow_up", fail)
    with pytest.raises(PuenteError, match="archive is gone"):
        restore.restore(shop.bridge, SIDES, source, "r1")

    assert names(shop) == ["de las dos", "de las diez"] and shop.queue_ids("products") == [1, 2]
    assert paused(shop)
    with pytest.raises(DBAPIError, match="INSERT-only"), shop.erp.begin() as conn:
        conn.execute(text("UPDATE Productos SET Nombre = 'x'"))
    restore.restore(shop.bridge, SIDES, source, "r1")
    assert names(shop) == ["de las dos"]


def test_rows_that_sqlite_cannot_write_back_yet_are_not_lost(
    make_world: Callable[[str], World], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody's open reading keeps committed rows in the file beside the database, which the exchange would delete."""
    monkeypatch.setattr(connect, "LOCK_TIMEOUT_SECONDS", 0.2)
    shop = make_world("sqlite-sqlite")
    shop.set(keys=RING, archive_dir=tmp_path / "archive")
    source = CopySource(platform=Copy(shop, "platform", tmp_path))
    path = str(shop.platform.engine.url.database)
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT COUNT(*) FROM shop_company").fetchone()
        shop.shop_own("shop_company", name="de las diez")
        with pytest.raises(PuenteError, match="is in use"):
            restore.restore(shop.bridge, ["platform"], source, "r1")
    assert names(shop) == ["de las diez"] and not beside.exists(shop.platform, "before")
    restore.restore(shop.bridge, ["platform"], source, "r2")
    assert names(shop) == []
    with closing(sqlite3.connect(f"{path}.before")) as kept:
        assert kept.execute("SELECT name FROM shop_company").fetchall() == [("de las diez",)]
    beside.drop(shop.platform, "before")


@pytest.mark.parametrize("back", [False, True])
def test_a_death_between_the_two_halves_of_the_exchange(
    shop: World, source: CopySource, monkeypatch: pytest.MonkeyPatch, back: bool
) -> None:
    """P5: the next try finishes it, or takes it back."""
    restore.begin(shop.bridge, ["platform"], "r1")
    restore.load_beside(shop.bridge, "platform", source, "r1")
    if shop.platform.dialect == "sqlite":
        calls = iter([lambda *_: None, die])
        before(monkeypatch, beside, "_move_file", lambda *args: next(calls)(*args), times=2)
    else:
        before(monkeypatch, beside, "_rename", die)
    with pytest.raises(Killed):
        beside.swap(shop.platform)
    if back:
        restore.undo(shop.bridge, ["platform"], "r1")
        assert names(shop) == ["de las dos", "de las diez"]
    else:
        restore.put_in_place(shop.bridge, ["platform"])
        restore.put_in_place(shop.bridge, ["platform"])
        assert names(shop) == ["de las dos"]
    assert not beside.exists(shop.platform, "restored")


def test_nobody_is_at_work_when_a_side_is_exchanged(shop: World) -> None:
    with held(shop.platform, "main", "platform:products", "somebody", 120):
        with pytest.raises(LeaseHeld, match="platform:products"):
            restore.begin(shop.bridge, ["platform"], "r1")
        assert paused(shop), "so that nobody begins anew"
    restore.begin(shop.bridge, ["platform"], "r1")
    control.resume(shop.platform, "main", "*")


# ---------------------------------------------------------------- two links in one database
def known(world: World, link_id: str) -> None:
    """Something that only a link which works in this database leaves there."""
    with world.platform.begin() as conn:
        conn.execute(insert(schema.position).values(link_id=link_id, queue="Productos", epoch=0, max_id=1))


def pauses(world: World) -> dict[str, str]:
    return {row["link_id"]: row["why"] for row in world.rows_of("platform", schema.pause)}


def test_another_link_in_the_same_database_is_paused_too_and_named(shop: World, tmp_path: Path) -> None:
    known(shop, "norte")
    source = CopySource(platform=Copy(shop, "platform", tmp_path))
    known(shop, "sur")  # since the backup
    with held(shop.platform, "norte", "platform:products", "somebody", 120):
        with pytest.raises(LeaseHeld, match="norte: platform:products"):
            restore.begin(shop.bridge, ["platform"], "r1")
        assert pauses(shop).keys() == {"main", "norte", "sur"}, "so that nobody begins anew"
    assert restore.undo(shop.bridge, ["platform"], "r1") == ["main", "norte", "sur"], "a person is told of all three"

    body = restore.restore(shop.bridge, ["platform"], source, "r1")

    todo = f"restore aftermath --link norte --side platform --since {source.taken_at} --id r1"
    assert pauses(shop).keys() == {"main", "norte", "sur"} and todo in pauses(shop)["norte"]
    assert body["sides"][0]["other_links"] == [f"python -m puente {todo}".replace("norte", x) for x in ("norte", "sur")]
    page = restore_report.write_report(shop.settings, body).with_suffix(".html").read_text(encoding="utf-8")
    assert todo in page
    aftermath.follow_up(shop.with_link("norte").bridge, "platform", "r1", source.taken_at)


# ---------------------------------------------------------------- what is lost
def lose(world: World, *sides: Side) -> None:
    """The databases themselves are gone, as with their disk."""
    for side in sides:
        db = world.bridge.database(side)
        if db.dialect == "sqlite":
            db.engine.dispose()
            for end in ("", "-wal", "-shm"):
                Path(f"{db.engine.url.database}{end}").unlink(missing_ok=True)
        else:
            with db.engine.connect() as conn:
                conn.exec_driver_sql(f"DROP DATABASE {db.quote(str(db.engine.url.database))}")
            world.altered.add(side)


@pytest.mark.parametrize("lost", [["platform"], SIDES], ids=["platform", "both"])
def test_a_side_whose_database_is_gone_is_restored(shop: World, source: CopySource, lost: list[Side]) -> None:
    lose(shop, *lost)
    body = restore.restore(shop.bridge, lost, source, "r1")
    assert names(shop) == ["de las dos"] and len(body["sides"]) == len(lost) and paused(shop)
    restore.put_in_place(shop.bridge, lost)
    assert names(shop) == ["de las dos"]


def test_what_follows_needs_the_other_side_which_is_said_before_anything_is_done(
    shop: World, source: CopySource
) -> None:
    lose(shop, *SIDES)
    with pytest.raises(PuenteError, match="erp: there is no database .* --side both"):
        restore.restore(shop.bridge, ["platform"], source, "r1")
    restore.undo(shop.bridge, ["platform"], "r1")  # the run failed, so this follows
    restore.restore(shop.bridge, SIDES, source, "r2")


# ---------------------------------------------------------------- the drill
def test_a_drill_leaves_nothing_but_its_report(shop: World, source: CopySource) -> None:
    body = drill.drill(shop.bridge, source, "d1")

    assert body["verdict"] == "passed" and body["problems"] == []
    assert [one["side"] for one in body["loaded"]] == SIDES
    assert {one["entity"] for one in body["compared"]} >= {"categories", "companies"}
    assert not any(beside.exists(db, "drill") for db in (shop.erp, shop.platform))
    assert names(shop) == ["de las dos", "de las diez"] and not paused(shop)
    path = restore_report.write_report(shop.settings, body)
    assert restore_report.verify(path, shop.settings.seal_key) == []
    page = path.with_suffix(".html").read_text(encoding="utf-8")
    assert "Simulacro de restauración" in page and "2:00:00" in page and "http:" not in page
    shop.set(language="en")
    assert "Restore drill" in restore_report.write_report(shop.settings, body).with_suffix(".html").read_text()


def test_a_drill_that_fails_says_so_and_drops_its_copies(shop: World, source: CopySource) -> None:
    source.wrong = ["shop_company has 0 rows of 1"]
    body = drill.drill(shop.bridge, source, "d1")
    assert body["verdict"] == "failed" and "platform: shop_company has 0 rows of 1" in body["problems"]
    path = restore_report.write_report(shop.settings, body)
    path.write_bytes(path.read_bytes().replace(b'"failed"', b'"passed"'))
    assert len(restore_report.verify(path, shop.settings.seal_key)) == 2

    with pytest.raises(PuenteError, match="no backup"):
        drill.choose([])


def test_a_drill_whose_backup_cannot_be_opened_has_a_report_too(
    shop: World, source: CopySource, tmp_path: Path
) -> None:
    """The worst that a drill can find must not be what nobody reads of."""

    def broken(*_args: object) -> None:
        raise PuenteError("the key is not in the ring")

    source.load = broken  # type: ignore[method-assign]
    body = drill.drill(shop.bridge, source, "d2")
    assert (body["verdict"], body["compared"]) == ("failed", []) and body["taken_at"] == source.taken_at
    assert body["problems"] == [f"{side}: the key is not in the ring" for side in SIDES]
    assert not any(beside.exists(db, "drill") for db in (shop.erp, shop.platform))

    shop.set(backups_dir=tmp_path / "backups")
    body = drill.drill(shop.bridge, loading.named(shop.settings, "main", "gone"), "d3")
    assert (body["verdict"], body["backup_id"], body["taken_at"]) == ("failed", "gone", "")
    path = restore_report.write_report(shop.settings, body)
    assert restore_report.verify(path, shop.settings.seal_key) == []
    assert "There is no finished backup" in path.with_suffix(".html").read_text(encoding="utf-8")


def test_a_drill_that_broke_off_has_not_passed(shop: World, source: CopySource) -> None:
    try:
        loaded = [drill.load(shop.bridge, side, source) for side in SIDES]
    finally:
        drill.drop_copies(shop.bridge)
    for results, compared, told in (([], None, "erp: its rehearsal"), (loaded[:1], None, "platform: its rehearsal"),
                                    (loaded, None, "The comparison of both sides broke off")):  # fmt: skip
        body = drill.report_body(shop.bridge, source, "d1", results, compared)
        assert body["verdict"] == "failed" and body["problems"][0].startswith(told)
        restore_report.write_report(shop.settings, body)
    assert drill.report_body(shop.bridge, source, "d1", loaded, [])["verdict"] == "passed"


def test_the_page_of_a_restore_names_what_people_have_to_see_to(shop: World, source: CopySource) -> None:
    body = restore.restore(shop.bridge, SIDES, source, "<b>r1</b>")
    body["sides"][0]["orders"]["again"] = {"O7": "ENVIADO"}
    body["sides"][1]["lost_orders"] = ["O9"]
    path = restore_report.write_report(shop.settings, body)
    page = path.with_suffix(".html").read_text(encoding="utf-8")
    assert "O7" in page and "ENVIADO" in page and "O9" in page and "python -m puente resume" in page
    assert "<b>" not in page and restore_report.verify(path, shop.settings.seal_key) == []
