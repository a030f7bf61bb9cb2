"""Backups: both sides, Airflow's metadata and the reports leave as AES-256-GCM, proved, or not at all and said so."""

from __future__ import annotations

import base64
import datetime as dt
import errno
import io
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from kit.keys import RING
from kit.meddling import Killed, before, die
from kit.world import SEAL, World
from puente import cli
from puente.contract import Side
from puente.demo.azurite import Azurite, NoAzurite, started
from puente.errors import LeaseHeld, LeftBehind, Paused, PuenteError, StaleWorker
from puente.nightly import archive, backup, beside, dumps, loading, manifest, restore, shelf, sums, vault
from puente.nightly.azure import AzureShelf
from puente.nightly.shelf import FolderShelf, Spoilt
from puente.nightly.vault import KeyRing
from puente.sync import control
from puente.sync.leases import held
from puente.sync.route import Run

pytestmark = pytest.mark.lean_gate
SIDES: list[Side] = ["erp", "platform"]
LINK = "main"


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    try:
        with started(tmp_path_factory.mktemp("azurite")) as server:
            yield server
    except NoAzurite as reason:
        pytest.skip(str(reason))


@pytest.fixture
def away(azurite: Azurite) -> AzureShelf:
    return AzureShelf(azurite.container(), azurite.secret, retries=0)


def prepared(world: World) -> World:
    world.set(keys=RING, backups_dir=world.folder / "backups")
    world.shop_own("shop_company", name="Ñandú 🦤 'S.A.'", phone="1")
    world.put("products", "P1", Nombre="secreto \\ 'x'\n(1),(2);")
    reports = world.settings.reports_dir / LINK
    reports.mkdir(parents=True)
    (reports / "one.json").write_text('{"a": 1}')
    return world


@pytest.fixture
def shop(make_world: Callable[[str], World]) -> World:
    return prepared(make_world("sqlite-sqlite"))


def run(number: int = 1) -> Run:
    return Run(f"b{number}", "test")


def here(world: World) -> FolderShelf:
    return shelf.local_shelf(world.settings)


def make(world: World, number: int = 1, away: shelf.Shelf | None = None) -> str:
    return backup.run_all(world.bridge, run(number), away)[-1].backup_id


def file_of(world: World, backup_id: str, name: str) -> Path:
    return here(world).path(f"{LINK}/{backup_id}/{name}")


# ---------------------------------------------------------------- what is in it
@pytest.mark.parametrize("pair", ["sqlite-sqlite", "mariadb-mariadb"])
def test_what_comes_back_is_what_was_there(make_world: Callable[[str], World], pair: str) -> None:
    """P20, I12: rows, checksums, triggers, routines and views; a row that is missing or altered is told."""
    world = prepared(make_world(pair))
    if pair.startswith("mariadb"):
        world.platform_sql(
            "CREATE TABLE odd (id INT PRIMARY KEY, b BLOB, f DOUBLE, d DATETIME(6), n DECIMAL(18,4), bt BIT(9), t TEXT,"
            " v INT AS (id * 2) VIRTUAL)",
            "INSERT INTO odd (id, b, f, d, n, bt, t) VALUES (1, 0x00FF27, 1e300, '2026-01-01 01:02:03.000004', 12.5, 5,"
            " 'INSERT INTO `odd` VALUES (2);\\n\\'(3)\\''), (2, '', NULL, NULL, NULL, NULL, '')",
            "CREATE PROCEDURE counted() SELECT COUNT(*) FROM odd",
            "CREATE FUNCTION five() RETURNS INT DETERMINISTIC RETURN 5",
            "CREATE VIEW shown AS SELECT id, five() AS five FROM odd",
            "CREATE TRIGGER odd_before BEFORE INSERT ON odd FOR EACH ROW SET NEW.t = 'x'",
            "CREATE EVENT yearly ON SCHEDULE EVERY 1 YEAR STARTS '2035-01-01' DO DELETE FROM odd",
        )
        world.altered.add("platform")
    made = loading.open_source(world.settings, LINK, make(world))
    assert loading.eligible(world.settings, LINK) == [made.backup_id]
    for side in SIDES:
        db = world.bridge.database(side)
        live, tables = sums.table_sums(db), made.manifest.parts[side].tables
        moving = {"puente_lease"}  # the backup's own
        assert {n: t for n, t in tables.items() if n not in moving} == {
            n: t.as_dict() for n, t in live.items() if n not in moving
        }
        copy = beside.make_empty(db, "drill")
        try:
            made.load(side, copy)
            assert made.problems(side, copy) == []
            if db.dialect == "mysql" and side == "platform":
                with copy.read() as conn:
                    names = conn.execute(text(
                        "SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE() UNION "
                        "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE() UNION "
                        "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() UNION "
                        "SELECT TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE()"
                    ))  # fmt: skip
                    found = set(names.scalars())
                    assert {"counted", "five", "odd_before", "shown"} <= found
                    assert "yearly" not in found, "it would begin to run"
                assert set(made.events(side)) == {"yearly"}
                out = made.extract("platform", world.folder / "platform.sql")
                assert [path.name for path in out] == ["platform.sql", "platform.sql.events.sql"]
                assert b"CREATE TABLE `odd`" in out[0].read_bytes() and b"EVENT `yearly`" in out[1].read_bytes()
            with copy.begin() as conn:
                conn.execute(text("DELETE FROM Productos" if side == "erp" else "UPDATE shop_company SET phone = '2'"))
            told = "Productos: 0 rows, but 1 were backed up"
            other = "shop_company: the contents of its 1 rows are not what was backed up"
            assert made.problems(side, copy) == [told if side == "erp" else other]
        finally:
            copy.engine.dispose()
            beside.drop(db, "drill")


def test_nothing_lies_there_in_plain(shop: World) -> None:
    """The ledgers' heads are in the manifest, the content of rows in nothing."""
    made = loading.open_source(shop.settings, LINK, make(shop))
    files = [path for path in shop.settings.backups_dir.rglob("*") if path.is_file()]
    assert {path.name for path in files} == {"erp.db.vault", "platform.db.vault", "reports.tar.vault", manifest.NAME}
    for path in files:
        content = path.read_bytes()
        assert not [word for word in (b"secreto", b"SQLite format", b"shop_company", b"row_hash") if word in content]
    for side in SIDES:
        assert set(made.manifest.ledgers[side]) == {"count", "row_hash", "seal"} and made.manifest.incarnations[side]
    assert {"python", "cryptography"} <= made.manifest.versions.keys()
    assert "Airflow" in made.manifest.remarks[0], "it was not given, and that is said"


def test_airflows_metadata_comes_along(shop: World, tmp_path: Path) -> None:
    database = tmp_path / "airflow.db"
    with sqlite3.connect(database) as conn:
        conn.execute("CREATE TABLE dag_run (id INTEGER PRIMARY KEY)")
    kept = backup.run_all(shop.bridge, run(), None, f"sqlite:///{database}")
    found = shelf.prove(here(shop), LINK, kept[0].backup_id, shop.settings)
    assert found.parts["airflow"].tables["dag_run"]["rows"] == 0 and not found.remarks


# ---------------------------------------------------------------- what no restore puts in its place
def test_a_part_is_taken_out_proved_or_not_at_all(shop: World, tmp_path: Path) -> None:
    """Airflow's metadata and the reports lie in no side: a person puts them where they belong."""
    database, out = tmp_path / "airflow.db", tmp_path / "out"
    with sqlite3.connect(database) as conn:
        conn.execute("CREATE TABLE dag_run (id INTEGER PRIMARY KEY)")
        conn.execute("INSERT INTO dag_run VALUES (7)")
    made = loading.open_source(
        shop.settings, LINK, backup.run_all(shop.bridge, run(), None, f"sqlite:///{database}")[0].backup_id
    )
    out.mkdir()

    assert made.extract("airflow", out / "airflow.db") == [out / "airflow.db"]
    assert (out / "airflow.db").stat().st_mode & 0o777 == 0o600, "rows in plain"
    with closing(sqlite3.connect(out / "airflow.db")) as conn:
        assert conn.execute("SELECT id FROM dag_run").fetchall() == [(7,)]
    made.extract("reports", out / "reports.tar")
    with tarfile.open(out / "reports.tar") as tar:
        assert tar.extractfile("one.json").read() == b'{"a": 1}'  # type: ignore[union-attr]

    with pytest.raises(PuenteError, match="is there already"):
        made.extract("reports", out / "airflow.db")
    with pytest.raises(PuenteError, match="no part 'mail'; it has airflow, erp, platform, reports"):
        made.extract("mail", out / "mail")
    with pytest.raises(PuenteError, match="No such file or directory"):
        made.extract("reports", out / "nowhere" / "reports.tar")
    path = file_of(shop, made.backup_id, "airflow.db.vault")
    path.write_bytes(file_of(shop, made.backup_id, "erp.db.vault").read_bytes())
    with pytest.raises(PuenteError, match="not what was backed up"):
        made.extract("airflow", out / "again.db")
    assert sorted(path.name for path in out.iterdir()) == ["airflow.db", "reports.tar"]


# ---------------------------------------------------------------- what is refused
@pytest.mark.parametrize("name", ["erp.db.vault", "platform.db.vault", "reports.tar.vault", manifest.NAME])
def test_a_flipped_byte_and_a_truncated_file_are_refused(shop: World, name: str) -> None:
    backup_id = make(shop)
    path = file_of(shop, backup_id, name)
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    for wrong in (bytes(flipped), whole[:-1], whole[: len(whole) // 2], b"", whole + b"x"):
        path.write_bytes(wrong)
        with pytest.raises(Spoilt, match=name):
            shelf.prove(here(shop), LINK, backup_id, shop.settings)
        if name == "platform.db.vault":
            with pytest.raises(PuenteError):
                loading.open_source(shop.settings, LINK, backup_id).load(
                    "platform", beside.beside(shop.platform, "drill")
                )
            assert not beside.exists(shop.platform, "drill")
    path.unlink()
    with pytest.raises(PuenteError, match="no finished backup" if name == manifest.NAME else "missing"):
        shelf.prove(here(shop), LINK, backup_id, shop.settings)


def test_a_file_of_another_backup_is_refused(shop: World) -> None:
    """Genuine, of the same key, and not of this backup."""
    first = make(shop)
    shop.shop_own("shop_company", name="nueva")
    second = make(shop, 2)
    file_of(shop, second, "platform.db.vault").write_bytes(file_of(shop, first, "platform.db.vault").read_bytes())
    with pytest.raises(Spoilt, match="not what was backed up"):
        shelf.prove(here(shop), LINK, second, shop.settings)
    file_of(shop, second, manifest.NAME).write_bytes(file_of(shop, first, manifest.NAME).read_bytes())
    with pytest.raises(Spoilt, match="is the manifest of"):
        shelf.prove(here(shop), LINK, second, shop.settings)


def test_a_wrong_key_and_a_wrong_seal_are_refused(shop: World) -> None:
    backup_id = make(shop)
    for ring, told in ((KeyRing({"test": b"x" * 32}, "test"), "does not open"),
                       (KeyRing({"other": b"x" * 32}, "other"), "which PUENTE_KEYS does not have")):  # fmt: skip
        with pytest.raises(Spoilt, match=told):
            shelf.prove(here(shop), LINK, backup_id, replace(shop.settings, keys=ring))
    with pytest.raises(Spoilt, match="seal"):
        shelf.prove(here(shop), LINK, backup_id, replace(shop.settings, seal_key=b"another"))
    with pytest.raises(PuenteError, match="PUENTE_KEYS"):
        backup.begin(replace(shop.bridge, settings=replace(shop.settings, keys=None)), run())


def test_a_full_disk_is_said_and_leaves_nothing(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = make(shop)

    def full(handle: int) -> None:  # delayed allocation tells it at the sync; no file system here can be filled
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch, pytest.raises(PuenteError, match="Nothing counts as backed up.*No space left"):
        before(patch, dumps, "dump_folder", lambda *_: patch.setattr("puente.files.os.fsync", full))
        make(shop, 2)
    assert shelf.complete(here(shop), LINK) == [kept]
    second = make(shop, 3)
    assert shelf.complete(here(shop), LINK) == [kept, second] and left_over(shop) == []


def left_over(world: World) -> list[Path]:
    return list((world.settings.backups_dir / LINK / ".work").glob("*"))


def test_a_damaged_database_is_not_backed_up(shop: World) -> None:
    path = Path(str(shop.platform.engine.url.database))
    with shop.platform.engine.connect() as conn:
        conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    shop.platform.engine.dispose()
    with sqlite3.connect(path) as conn:
        (page,) = conn.execute("SELECT rootpage FROM sqlite_master WHERE name = 'shop_company'").fetchone()
        (size,) = conn.execute("PRAGMA page_size").fetchone()
    with open(path, "r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * 64)
    with pytest.raises(PuenteError, match="damaged|malformed"):
        make(shop)
    assert shelf.complete(here(shop), LINK) == []


# ---------------------------------------------------------------- deaths, and two at once
KILLED = """
import sys, time
from pathlib import Path
from kit.keys import RING
from puente.db.connect import open_database
from puente.nightly import backup, dumps, shelf
from puente.settings import Link, Settings
from puente.sync.route import Bridge, Run

def hang(*_args, **_kwargs):
    print("there", flush=True)
    time.sleep(60)

{module}.{name} = hang
erp, platform, folder = sys.argv[1:]
settings = Settings(keys=RING, backups_dir=Path(folder) / "backups", reports_dir=Path(folder), lease_seconds=1)
bridge = Bridge(Link(), open_database(erp), open_database(platform), settings)
backup.run_all(bridge, Run("killed", "test"), None)
"""


@pytest.mark.parametrize(("module", "name"), [("dumps", "dump_folder"), ("shelf", "prove_files")])
def test_killed_in_the_middle(shop: World, module: str, name: str) -> None:
    """P5: nothing of it counts; the next one waits for the lease, says so, and sweeps what the dead one left."""
    kept = make(shop)
    shop.set(lease_seconds=1)
    urls = [db.engine.url.render_as_string(hide_password=False) for db in (shop.erp, shop.platform)]
    with subprocess.Popen(
        [sys.executable, "-c", KILLED.format(module=module, name=name), *urls, str(shop.folder)],
        stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}, text=True,
    ) as process:  # fmt: skip
        assert process.stdout and process.stdout.readline() == "there\n"
        with pytest.raises(LeaseHeld, match="backup on link main is in the hands of killed/backup"):
            backup.begin(shop.bridge, run(2))
        time.sleep(1.3)  # longer than the lease: it is renewed while the step is at work
        with pytest.raises(LeaseHeld):
            backup.begin(shop.bridge, run(2))
        process.send_signal(signal.SIGKILL)
    assert shelf.complete(here(shop), LINK) == [kept] and left_over(shop)
    deadline = time.monotonic() + 10
    while True:
        try:
            second = make(shop, 2)
            break
        except LeaseHeld:
            assert time.monotonic() < deadline
            time.sleep(0.2)
    assert shelf.complete(here(shop), LINK) == [kept, second] and shelf.incomplete(here(shop), LINK) == []
    assert left_over(shop) == []


def test_the_second_of_two_at_once_is_refused_and_one_overtaken_stops(shop: World) -> None:
    """P6: the lease is the backup's own, not a step's."""
    backup_id = backup.begin(shop.bridge, run(1))
    with pytest.raises(LeaseHeld, match="b1/backup"):
        backup.begin(shop.bridge, run(2))
    backup.dump_side(shop.bridge, "erp", backup_id, run(1))
    shop.set(lease_seconds=1)
    with (
        pytest.raises(StaleWorker),
        backup.at_work(shop.bridge, run(1)),
        held(shop.platform, LINK, backup.LEASE, "b1/backup", 60),
    ):
        time.sleep(0.6)
    second = make(shop, 2)
    with pytest.raises(PuenteError, match="swept by a later one"):
        backup.dump_side(shop.bridge, "platform", backup_id, run(3))
    assert shelf.complete(here(shop), LINK) == [second]


def test_none_is_begun_while_a_restore_has_the_link_paused(shop: World) -> None:
    """It could have one side of before the exchange and one of after it. A person's pause stops none."""
    restore.begin(shop.bridge, SIDES, "r1")
    with pytest.raises(Paused, match="paused for a restore at .*r1"):
        make(shop)
    with held(shop.platform, LINK, backup.LEASE, "somebody else", 60):
        pass  # it is free: the restore waits for it
    for db in (shop.erp, shop.platform):
        control.resume(db, LINK, "*")
        control.pause(db, LINK, "*", "ana", "stocktaking")
    second = make(shop, 2)
    assert shelf.complete(here(shop), LINK) == [second]


def test_a_persons_pause_does_not_hide_a_restore(shop: World) -> None:
    restore.begin(shop.bridge, SIDES, "r1")
    for db in (shop.erp, shop.platform):
        control.pause(db, LINK, "*", "ana", "what is going on?")
    with pytest.raises(Paused, match="paused for a restore at .*r1"):
        make(shop)


def test_one_that_was_begun_before_a_restore_is_not_finished_after_it(shop: World) -> None:
    """It would have one side of before the exchange and the other of after it."""
    backup_id = backup.begin(shop.bridge, run(1))
    backup.dump_side(shop.bridge, "erp", backup_id, run(1))
    shop.platform_sql("UPDATE puente_lease SET expires_ms = 0")  # its worker has died
    restore.begin(shop.bridge, ["platform"], "r1")
    with pytest.raises(Paused, match="paused for a restore"):
        backup.dump_side(shop.bridge, "platform", backup_id, run(1))
    for db in (shop.erp, shop.platform):
        control.resume(db, LINK, "*")
    with shop.platform.begin() as conn:
        control.renew_incarnation(conn)
    with pytest.raises(PuenteError, match="begun before a restore"):
        backup.dump_side(shop.bridge, "platform", backup_id, run(1))
    assert shelf.complete(here(shop), LINK) == []


def test_plain_files_that_a_kill_left_on_sql_servers_share_are_swept(shop: World) -> None:
    """Not those that another link or a restore may be at."""
    share = shop.folder / "share"
    share.mkdir()
    shop.set(mssql_backup_dir="D:\\backups", mssql_backup_mount=str(share))
    names = ("puente-0123456789ab-erp.bak", "puente-0123456789ab-erp.trn", "the DBA's.bak", "puente-cd-erp.bak")
    for name in names:
        (share / name).write_bytes(b"plain")
        hours = 0 if name == names[3] else 5
        os.utime(share / name, (time.time() - hours * 3600,) * 2)
    make(shop)
    assert {path.name for path in share.iterdir()} == set(names[2:])


def test_every_step_may_be_repeated(shop: World, away: AzureShelf) -> None:
    backup_id = backup.begin(shop.bridge, run())
    with pytest.raises(PuenteError, match="has no erp, platform, reports"):
        backup.seal(shop.bridge, backup_id, run())
    for _ in range(2):
        for side in SIDES:
            backup.dump_side(shop.bridge, side, backup_id, run())
        backup.dump_reports(shop.bridge, backup_id, run())
        backup.seal(shop.bridge, backup_id, run())
    for _ in range(2):
        backup.keep(shop.bridge, backup_id, run())
        backup.dump_side(shop.bridge, "erp", backup_id, run())
    assert backup.upload(shop.bridge, away, run()) == backup.upload(shop.bridge, away, run()) == [backup_id]
    assert [one.backup_id for one in backup.verify(shop.bridge, away, run())] == [backup_id]
    assert backup.verify(shop.bridge, away, run()) == backup.upload(shop.bridge, away, run()) == []
    for on in (away, here(shop)):
        for _ in range(2):
            assert backup.thin_out(shop.bridge, on, backup_id, run()).deleted == ()
        shelf.prove(on, LINK, backup_id, shop.settings)


# ---------------------------------------------------------------- after a fire
def burn(world: World) -> None:
    """Everything that was in the building."""
    for db in (world.erp, world.platform):
        db.engine.dispose()
        for end in ("", "-wal", "-shm"):
            Path(f"{db.engine.url.database}{end}").unlink(missing_ok=True)
    shutil.rmtree(world.settings.backups_dir)


def test_a_backup_is_fetched_though_no_database_is_left(shop: World, tmp_path: Path) -> None:
    far = FolderShelf(tmp_path / "far")
    backup_id = make(shop, away=far)
    burn(shop)
    killed = shop.settings.backups_dir / LINK / ".fetch" / LINK / backup_id / "erp.db.vault"
    half = file_of(shop, backup_id, "erp.db.vault")
    for left in (killed, half):
        left.parent.mkdir(parents=True)
        left.write_bytes(b"half")

    assert backup.fetch(shop.settings, LINK, far, backup_id).backup_id == backup_id

    assert not Path(str(shop.platform.engine.url.database)).exists()
    shelf.prove(here(shop), LINK, backup_id, shop.settings)
    assert here(shop).keys("") == far.keys("")
    assert backup.fetch(shop.settings, LINK, far, backup_id).backup_id == backup_id
    assert not killed.exists()


def test_the_commands_of_the_day_after_need_no_connection_to_a_side(
    shop: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = FolderShelf(tmp_path / "far")
    backup_id = make(shop, away=far)
    burn(shop)
    monkeypatch.setattr(cli.backups, "_azure", lambda: far)
    monkeypatch.setattr(cli.common, "open_link", None)
    monkeypatch.setenv("PUENTE_BACKUPS_DIR", str(shop.settings.backups_dir))
    monkeypatch.setenv("PUENTE_ARCHIVE_DIR", str(tmp_path / "archive"))
    monkeypatch.setenv("PUENTE_KEYS", f"test:{base64.b64encode(RING.keys['test']).decode()}")
    monkeypatch.setenv("PUENTE_SEAL_KEY", SEAL.decode())
    for words in (["list", "--azure"], ["fetch", backup_id], ["list"], ["verify"],
                  ["extract", backup_id, "reports", "--to", str(tmp_path / "reports.tar")]):  # fmt: skip
        result = CliRunner().invoke(cli.app, ["backup", *words])
        assert result.exit_code == 0 and (backup_id in result.output or "in plain" in result.output), result.output
    assert tarfile.is_tarfile(tmp_path / "reports.tar")


def test_a_fetch_is_whole_or_nothing_and_alone(shop: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    far = FolderShelf(tmp_path / "far")
    backup_id = make(shop, away=far)
    shutil.rmtree(shop.settings.backups_dir)

    def second(*_args: object) -> None:
        with pytest.raises(PuenteError, match="Another fetch of link main is at work"):
            backup.fetch(shop.settings, LINK, far, backup_id)
        assert make(shop, 2), "a backup goes on beside it"

    before(monkeypatch, shelf, "prove_files", second)
    backup.fetch(shop.settings, LINK, far, backup_id)
    assert len(shelf.complete(here(shop), LINK)) == 2

    shutil.rmtree(shop.settings.backups_dir)
    path = far.path(f"{LINK}/{backup_id}/erp.db.vault")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Spoilt, match="erp.db.vault"):
        backup.fetch(shop.settings, LINK, far, backup_id)
    assert here(shop).keys("") == []


# ---------------------------------------------------------------- Azure
def test_azure_has_the_same_and_gives_it_back(shop: World, away: AzureShelf) -> None:
    backup_id = make(shop, away=away)
    keys = away.keys(f"{LINK}/")
    assert keys == here(shop).keys(f"{LINK}/") and len(keys) == 4
    for key in keys:
        with away.open(key) as source:
            assert source.read(1 << 20) == file_of(shop, backup_id, key.split("/")[2]).read_bytes()
    for on in (away, here(shop)):
        with pytest.raises(PuenteError, match="is there already and is not overwritten"):
            on.put(keys[0], file_of(shop, backup_id, "platform.db.vault"))
    live = sums.table_sums(shop.platform)["shop_company"].as_dict()
    shelf.discard(here(shop), LINK, backup_id)
    assert loading.eligible(shop.settings, LINK) == []
    backup.fetch(shop.settings, LINK, away, backup_id)
    assert loading.open_source(shop.settings, LINK, backup_id).manifest.parts["platform"].tables["shop_company"] == live
    assert left_over(shop) == []


def test_an_unreachable_azure_leaves_the_copy_here_and_is_made_up_for(shop: World, away: AzureShelf) -> None:
    nobody = AzureShelf("x", "AccountName=x;AccountKey=eA==;BlobEndpoint=http://127.0.0.1:9/x;", retries=0)
    first = make(shop, 1)
    with pytest.raises(PuenteError, match="azure:x cannot be used"):
        make(shop, 2, nobody)
    here_now = shelf.complete(here(shop), LINK)
    assert len(here_now) == 2 and here_now[0] == first
    third = make(shop, 3, away)
    assert shelf.complete(away, LINK) == shelf.complete(here(shop), LINK) == [first, third]  # of one period: the first


@pytest.mark.parametrize("name", ["platform.db.vault", manifest.NAME, "missing"])
def test_one_that_is_spoilt_here_is_left_behind_and_told_once(shop: World, away: AzureShelf, name: str) -> None:
    """The others are carried, and count."""
    spoilt, good = make(shop, 1), make(shop, 2)
    path = file_of(shop, spoilt, "erp.db.vault" if name == "missing" else name)
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    path.unlink() if name == "missing" else path.write_bytes(content)
    with pytest.raises(LeftBehind, match=rf"{spoilt} \(.*{path.name}.*found right: {good}, "):
        make(shop, 3, away)
    third = shelf.complete(here(shop), LINK)[-1]
    assert shelf.complete(away, LINK) == [good, third] and shelf.incomplete(away, LINK) == []
    fourth = make(shop, 4, away)
    assert fourth in shelf.complete(here(shop), LINK) and shelf.complete(away, LINK)[-1] == fourth


def test_an_upload_that_died_does_not_count_and_is_swept(
    shop: World, away: AzureShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = iter([lambda *_: None, die])
    before(monkeypatch, away, "put", lambda *args: next(calls)(*args), times=2)
    with pytest.raises(Killed):
        make(shop, 1, away)
    (died,) = shelf.incomplete(away, LINK)
    shelf.discard(here(shop), LINK, died)  # so it will never be finished
    shop.set(lease_seconds=0)  # its lease has run out
    backup.begin(shop.bridge, run(1))
    shop.set(lease_seconds=60)
    second = make(shop, 1, away)
    assert shelf.complete(away, LINK) == [second] and shelf.incomplete(away, LINK) == []


def test_what_was_altered_on_the_way_does_not_count(
    shop: World, away: AzureShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read back decides."""

    def alter(*_args: object) -> None:
        (backup_id,) = shelf.incomplete(away, LINK)
        key, path = f"{LINK}/{backup_id}/erp.db.vault", shop.folder / "altered"
        content = bytearray(file_of(shop, backup_id, "erp.db.vault").read_bytes())
        content[-20] ^= 1
        path.write_bytes(content)
        away.delete(key)
        away.put(key, path)

    before(monkeypatch, backup, "verify", alter)
    with pytest.raises(Spoilt, match=f"{away.name}/main/.*/erp.db.vault: The file was altered or cut"):
        make(shop, 1, away)
    assert shelf.complete(away, LINK) == []


def test_keys_are_changed_on_both_shelves(shop: World, away: AzureShelf) -> None:
    """Only what wraps the data key is written anew; the old key is not needed any more."""
    backup_id = make(shop, away=away)
    both, new = KeyRing({"new": b"n" * 32, **RING.keys}, "new"), KeyRing({"new": b"n" * 32}, "new")
    for on in (away, here(shop)):
        keys = on.keys(f"{LINK}/")
        assert [on.rewrap(key, both) for key in keys] == [True] * 4
        assert [on.rewrap(key, both) for key in keys] == [False] * 4
        shelf.prove(on, LINK, backup_id, replace(shop.settings, keys=new))
        with pytest.raises(Spoilt, match="'new'"):
            shelf.prove(on, LINK, backup_id, shop.settings)
        assert [on.rewrap(key, KeyRing(both.keys, "test")) for key in keys] == [True] * 4
        shelf.prove(on, LINK, backup_id, shop.settings)


@pytest.mark.parametrize("where", ["folder", "azure"])
def test_the_command_leaves_nothing_under_the_old_key(
    request: pytest.FixtureRequest, shop: World, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Backups and archived batches, here and away: afterwards the new key alone opens them all."""
    on: shelf.Shelf = FolderShelf(shop.folder / "away") if where == "folder" else request.getfixturevalue("away")
    shop.set(archive_dir=shop.folder / "archive")
    shop.run()
    backup_id = make(shop, away=on)
    archived = [key for key in on.keys(f"{LINK}/archive/") if key.endswith(archive.SUFFIX)]
    assert archived
    both = KeyRing({"new": b"n" * 32, **RING.keys}, "new")
    told = " ".join(f"{name}:{base64.b64encode(key).decode()}" for name, key in both.keys.items())
    monkeypatch.setenv("PUENTE_KEYS", told)
    monkeypatch.setenv("PUENTE_BACKUPS_DIR", str(shop.settings.backups_dir))
    monkeypatch.setenv("PUENTE_ARCHIVE_DIR", str(shop.settings.archive_dir))
    monkeypatch.setattr("puente.orchestration.connections.azure_shelf", lambda: on)

    def rotate() -> str:
        result = CliRunner().invoke(cli.app, ["keys", "rotate"], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    files = 4 + len(archived)
    assert f"{on.name}: {files} of {files} files re-wrapped." in rotate()
    new = KeyRing({"new": b"n" * 32}, "new")
    for each in (on, here(shop)):
        shelf.prove(each, LINK, backup_id, replace(shop.settings, keys=new))
    for key in archived:
        with on.open(key) as source:
            vault.decrypt(source, io.BytesIO(), new)
    for path in shop.settings.archive_dir.rglob(f"*{archive.SUFFIX}"):
        archive.read(path, new, lambda page: None)
    assert f"{on.name}: 0 of {files} files re-wrapped." in rotate(), "again there is nothing to do"


# ---------------------------------------------------------------- how long they are kept
@pytest.mark.parametrize("where", ["here", "azure"])
def test_old_ones_go_last_and_never_the_newest_valid(request: pytest.FixtureRequest, shop: World, where: str) -> None:
    on: shelf.Shelf = here(shop) if where == "here" else request.getfixturevalue("away")
    backup_id = make(shop, away=None if where == "here" else on)
    newest = shelf.read_manifest(on, LINK, backup_id, shop.settings)
    made = dt.datetime.fromisoformat(newest.taken_at)
    for days in range(1, 25):
        taken = made - dt.timedelta(days=days)
        old = replace(newest, taken_at=taken.isoformat(), backup_id=manifest.new_id(taken.isoformat()), parts={})
        path = shop.folder / old.backup_id
        manifest.write(old, path, RING, shop.settings.seal_key)
        on.put(f"{LINK}/{old.backup_id}/{manifest.NAME}", path)
    strange = f"{LINK}/{manifest.new_id('2001-01-01T00:00:00Z')}/{manifest.NAME}"
    on.put(strange, file_of(shop, backup_id, "erp.db.vault"))

    done = backup.thin_out(shop.bridge, on, backup_id, run(2))

    left = shelf.complete(on, LINK)
    assert 3 <= len(done.deleted) <= 11 and not set(done.deleted) & set(left)
    assert len(left) == 26 - len(done.deleted) and left[-1] == backup_id
    assert strange.split("/")[1] in left, "what cannot be opened neither counts nor is deleted"
    assert backup.thin_out(shop.bridge, on, backup_id, run(2)).deleted == ()
    with pytest.raises(PuenteError, match="no finished backup"):
        backup.thin_out(shop.bridge, on, "20260101T000000000Z-0000", run(2))
