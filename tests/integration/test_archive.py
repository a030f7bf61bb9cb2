"""I12: what was landed lies in the archive before it is deleted from the queue, and comes back from there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kit.keys import RING
from kit.meddling import Killed, before, die
from kit.world import World
from puente.db import schema
from puente.errors import PuenteError
from puente.nightly import archive, backup
from puente.nightly.replay import replay
from puente.nightly.shelf import FolderShelf
from puente.nightly.vault import VaultError
from puente.sync import clear
from puente.sync.route import Run

pytestmark = pytest.mark.lean_gate


@pytest.fixture(params=["sqlite-sqlite", "mariadb-mariadb", "mssql-mariadb"])
def filed(request: pytest.FixtureRequest, make_world: Callable[[str], World], tmp_path: Path) -> World:
    world = make_world(request.param)
    world.set(keys=RING, archive_dir=tmp_path / "archive")
    return world


def files(world: World) -> list[Path]:
    return archive.files(world.settings, "main", "platform", "Productos")


def forget(world: World, row_id: int) -> None:
    """What the restore of the platform does to a row that it had read since."""
    table = world.route("products").inbox
    with world.platform.begin() as conn:
        conn.execute(table.delete().where(table.c.id_registro > row_id))


def test_rows_lie_in_the_archive_before_they_are_deleted(filed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """P5: killed between the archive and the deletion; the rerun finds the file, and deletes."""
    filed.set(receive_chunk=2)
    filed.put_many(
        "products", [{"key": f"llanta-P{n}", "Nombre": "Ñandú 🦤 %s", "Descripcion_Larga": None} for n in range(5)]
    )
    filed.receive("products", "r1")
    before(monkeypatch, clear, "_delete_from_queue", die)
    with pytest.raises(Killed):
        filed.clear("products", "r1")

    assert len(filed.queue_ids("products")) == 5
    (path,) = files(filed)
    content = path.read_bytes()
    # Long enough not to stand in a cipher text by chance, as two letters do once in some fifty runs.
    assert b"llanta-P1" not in content and "Ñandú".encode() not in content
    assert filed.clear("products", "r1") == 5
    assert filed.queue_ids("products") == []
    assert files(filed) == [path] and path.read_bytes() == content, "written once"
    pages: list[int] = []
    names: list[str] = []
    archive.read(path, RING, lambda page: (pages.append(page.num_rows), names.extend(page["Nombre"].to_pylist()))[0])
    assert pages == [2, 2, 1] and set(names) == {"Ñandú 🦤 %s"}


def test_what_cannot_be_archived_is_not_deleted(filed: World, tmp_path: Path) -> None:
    (tmp_path / "archive").write_text("not a folder")
    filed.put("products", "P1")
    filed.receive("products", "r1")
    with pytest.raises(PuenteError, match="archive cannot be written"):
        filed.clear("products", "r1")
    assert len(filed.queue_ids("products")) == 1


def test_a_batch_that_grows_is_archived_whole(filed: World) -> None:
    """Rows that come between two tries of one run belong to its batch."""
    filed.put("products", "P1")
    filed.receive("products", "r1")
    filed.clear("products", "r1")
    filed.put("products", "P2")
    filed.receive("products", "r1")
    filed.clear("products", "r1")

    (path,) = files(filed)
    rows: list[str] = []
    archive.read(path, RING, lambda page: rows.extend(page["ID_Producto"].to_pylist()))
    assert rows == ["P1", "P2"]


def test_replayed_rows_keep_their_positions(filed: World) -> None:
    """H15, I3: older never overwrites newer, rows that are known are not doubled, the ledger says `replayed`."""
    for name in ("one", "two"):
        filed.put("products", "P1", Nombre=name)
        filed.run()
    filed.put("products", "P1", Nombre="three")  # not archived before it is read: it lies in the queue
    forget(filed, 1)

    done = replay(filed.route("products"), "again")
    assert (done.landed, done.known, done.contested) == (1, 1, [])
    assert replay(filed.route("products"), "again").landed == 0
    filed.run_until_quiet()

    assert filed.shop_rows("products")["P1"]["name"] == "three"
    assert filed.state_of("products", 2) == "superseded"
    assert [r["verdict"] for r in filed.rows_of("platform", schema.ledger)].count("replayed") == 1
    filed.check_invariants()


@pytest.mark.parametrize("filed", ["sqlite-sqlite"], indirect=True)
def test_the_archive_is_carried_away_with_the_backups_and_comes_home(filed: World, tmp_path: Path) -> None:
    away, run = FolderShelf(tmp_path / "away"), Run("r", "backup")
    filed.set(backups_dir=tmp_path / "backups")
    filed.put("products", "P1")
    filed.run()
    kept = backup.run_all(filed.bridge, run, away)
    assert archive.carry(filed.settings, "main", away) == 0, "carried already"
    forget(filed, 0)
    filed.set(archive_dir=tmp_path / "another disk", backups_dir=tmp_path / "another shelf")
    assert replay(filed.route("products"), "again").landed == 0
    backup.fetch(filed.settings, filed.link.link_id, away, kept[0].backup_id)
    assert archive.bring_home(filed.settings, "main", away) == 0, "here already"
    assert replay(filed.route("products"), "again").landed == 1


class Careless(FolderShelf):
    """Alters what is put there on the way."""

    def put(self, key: str, source: Path) -> None:
        altered = self.root / "altered"
        altered.write_bytes(source.read_bytes()[:-1] + b"?")
        super().put(key, altered)


@pytest.mark.parametrize("filed", ["sqlite-sqlite"], indirect=True)
def test_what_was_altered_on_the_way_does_not_stay_there(filed: World, tmp_path: Path) -> None:
    (tmp_path / "away").mkdir()
    filed.put("products", "P1")
    filed.run()
    with pytest.raises(PuenteError, match="is not what was put there"):
        archive.carry(filed.settings, "main", Careless(tmp_path / "away"))
    assert archive.carry(filed.settings, "main", FolderShelf(tmp_path / "away")) == 1


def test_an_altered_file_lands_nothing_of_what_was_altered(filed: World) -> None:
    filed.put("products", "P1")
    filed.run()
    forget(filed, 0)
    (path,) = files(filed)
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    path.write_bytes(content)
    with pytest.raises(VaultError, match="altered"):
        replay(filed.route("products"), "again")
    assert filed.inbox("products") == []


def test_without_keys_there_is_no_archive(filed: World, tmp_path: Path) -> None:
    filed.set(keys=None)
    filed.put("products", "P1")
    filed.run()
    assert not (tmp_path / "archive").exists() and filed.queue_ids("products") == []
    with pytest.raises(PuenteError, match="PUENTE_KEYS"):
        replay(filed.route("products"), "again")
