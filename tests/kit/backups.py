"""One side of a world as it is now, kept and put back: what the restore of a backup does to it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from sqlalchemy import Table, delete, insert, select, text

from kit.world import World, all_tables, prepare
from puente.contract import Side
from puente.db.connect import Database


class Copy:
    """`bring_back` leaves the side as it was, the counters of its identities too."""

    def __init__(self, world: World, side: Side, folder: Path) -> None:
        db, self._side = world.bridge.database(side), side
        self._file = folder / f"{side}-{id(self)}.db"
        self._rows: list[tuple[Table, list[dict[str, Any]], int | None]] = []
        if db.dialect == "sqlite":
            with db.engine.connect() as conn:
                conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            db.engine.dispose()
            shutil.copyfile(_path(db), self._file)
            return
        with db.read() as conn:
            for table in all_tables(db.dialect, side):
                rows = [dict(row) for row in conn.execute(select(table)).mappings()]
                self._rows.append((table, rows, _counter(db, table)))

    def bring_back(self, world: World) -> None:
        """Into `world`, which may be another on the same engines."""
        db = world.bridge.database(self._side)
        if db.dialect == "sqlite":
            db.engine.dispose()
            for suffix in ("-wal", "-shm"):
                Path(f"{_path(db)}{suffix}").unlink(missing_ok=True)
            shutil.copyfile(self._file, _path(db))
            return
        self._fill(db)

    def load(self, db: Database) -> None:
        """Into an empty database."""
        if db.dialect == "sqlite":
            shutil.copyfile(self._file, _path(db))
            return
        prepare(db, self._side)
        self._fill(db)

    def _fill(self, db: Database) -> None:
        now = {table.name: _counter(db, table) for table, _, _ in self._rows}
        with db.begin() as conn:
            for table, rows, _ in self._rows:
                conn.execute(delete(table))
                if rows:
                    conn.execute(insert(table), rows)
        with db.begin() as conn:
            for table, _, counter in self._rows:
                if counter is not None and counter != now[table.name]:
                    conn.exec_driver_sql(_count_from(db, table.name, counter))


class CopySource:
    """Backups as the restore asks for them, of the copies that it is given."""

    backup_id, kept_in, taken_at = "backup-1", "copies", "2026-01-01T02:00:00.000Z"

    def __init__(self, **copies: Copy) -> None:
        self.copies = copies
        self.wrong: list[str] = []

    def load(self, side: Side, target: Database) -> None:
        self.copies[side].load(target)

    def events(self, side: Side) -> dict[str, bytes]:
        return {}

    def problems(self, side: Side, target: Database) -> list[str]:
        return [f"{side}: {problem}" for problem in self.wrong]


def _path(db: Database) -> Path:
    assert db.engine.url.database
    return Path(db.engine.url.database)


def _counter(db: Database, table: Table) -> int | None:
    """The last number that was given out, or on MySQL the next; None where the table gives out none."""
    if table.autoincrement_column is None:
        return None
    query = {
        "mysql": "SELECT AUTO_INCREMENT FROM information_schema.TABLES"
        " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = :name",
        "mssql": "SELECT CAST(IDENT_CURRENT(:name) AS BIGINT)",
    }[db.dialect]
    with db.read() as conn:
        return conn.execute(text(query), {"name": table.name}).scalar()


def _count_from(db: Database, table: str, counter: int) -> str:
    if db.dialect == "mssql":
        return f"DBCC CHECKIDENT ('{table}', RESEED, {counter})"
    return f"ALTER TABLE {db.quote(table)} AUTO_INCREMENT = {counter}"
