"""Native backups of SQL Server, by the statements in `include/sql/backup/mssql/`. None of this was ever run here.

The server writes the file on its own host; `PUENTE_MSSQL_BACKUP_DIR` is that folder as the server names it and
`PUENTE_MSSQL_BACKUP_MOUNT` the same folder as this machine sees it. From there it is encrypted, and deleted. A log
backup comes along where the recovery model is FULL. The sums of the tables are of a reading just before the backup:
what was written meanwhile is in the backup and not in them.
"""

from __future__ import annotations

import secrets
import time
from contextlib import suppress
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from puente.db.connect import Database, open_database
from puente.errors import PuenteError
from puente.nightly import sums, vault
from puente.nightly.parts import SEALED, Counting, File, OpenFile, Part, check, seal_file
from puente.nightly.vault import KeyRing
from puente.settings import ROOT, Settings, load_settings

STATEMENTS = ROOT / "include" / "sql" / "backup" / "mssql"
_PLAIN = "puente-"
_NOBODYS = 4 * 60 * 60  # seconds since a plain file was written: a step may last two hours


def run(db: Database, statement: str, *parameters: str) -> list[Any]:
    """Execute in autocommit and drain every result set, as BACKUP and RESTORE need; the rows of the last one."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        driver: Any = conn.connection.driver_connection
        cursor = driver.cursor()
        try:
            cursor.execute(statement, parameters)
            rows: list[Any] = []
            while True:
                if cursor.description:
                    rows = cursor.fetchall()
                if not cursor.nextset():
                    return rows
        finally:
            cursor.close()


def dump(db: Database, name: str, folder: Path, ring: KeyRing, settings: Settings) -> Part:
    """The part of one SQL Server database. PuenteError when the folder is not named or the server refuses."""
    _require_folder(settings)
    database = str(db.engine.url.database)
    try:
        tables = sums.table_sums(db)
        ((model, version),) = run(db, _statement("recovery_model"), database)
        kinds = [("full", "bak"), *([("log", "trn")] if model == "FULL" else [])]
        files = [_native(db, kind, f"{name}.{end}", folder, ring, settings) for kind, end in kinds]
    finally:
        db.engine.dispose()
    remarks = ["The sums of the tables are of a reading just before the backup."]
    counted = {table: one.as_dict() for table, one in sorted(tables.items())}
    return Part(name, "mssql", str(version), "BACKUP DATABASE", files, counted, "before", remarks)


def _native(db: Database, kind: str, file: str, folder: Path, ring: KeyRing, settings: Settings) -> File:
    there, here = _places(file, settings)
    try:
        run(db, _statement(kind), str(db.engine.url.database), there, settings.mssql_backup_certificate)
        run(db, _statement("verify"), there)
        with open(here, "rb") as content:
            return seal_file(content, folder / f"{file}{SEALED}", ring)
    finally:
        here.unlink(missing_ok=True)


def sweep(settings: Settings) -> list[str]:
    """Delete plain files that a run which was killed left in the server's folder; their names.

    Other links and a restore have theirs there too: only those go that are older than any step may last.
    """
    if not settings.mssql_backup_mount:
        return []
    before, gone = time.time() - _NOBODYS, []
    for path in sorted(Path(settings.mssql_backup_mount).glob(f"{_PLAIN}*")):
        with suppress(FileNotFoundError):  # its owner, or another link's sweep, was quicker
            if path.is_file() and path.stat().st_mtime < before:
                path.unlink()
                gone.append(path.name)
    return gone


def _places(file: str, settings: Settings) -> tuple[str, Path]:
    """A new name for a plain file: as the server has it, and as this machine has it."""
    plain = f"{_PLAIN}{secrets.token_hex(6)}-{file}"
    return str(_path(settings.mssql_backup_dir) / plain), Path(settings.mssql_backup_mount) / plain


def _require_folder(settings: Settings) -> None:
    if not settings.mssql_backup_dir or not settings.mssql_backup_mount:
        raise PuenteError(
            "SQL Server writes and reads backups on its own host. Name a folder there in PUENTE_MSSQL_BACKUP_DIR, and "
            "the same folder as this machine sees it in PUENTE_MSSQL_BACKUP_MOUNT."
        )


def load(part: Part, open_file: OpenFile, target: Database, ring: KeyRing) -> None:
    """Restore the full backup, and the log after it, over the empty database `target`."""
    settings, database = load_settings(), str(target.engine.url.database)
    _require_folder(settings)
    target.engine.dispose()
    administrator = target.engine.url.set(database="master")
    db = open_database(administrator)
    try:
        for number, file in enumerate(part.files):
            last = number == len(part.files) - 1
            there, here = _places(file.name.removesuffix(SEALED), settings)
            try:
                _unseal(file, open_file, here, ring)
                recovery = "RECOVERY" if last else "NORECOVERY"
                name, path = db.quote(database), there.replace("'", "''")
                if number:
                    run(db, f"RESTORE LOG {name} FROM DISK = N'{path}' WITH CHECKSUM, {recovery}")
                    continue
                moves = _moves(db, there, database)
                run(db, f"ALTER DATABASE {name} SET SINGLE_USER WITH ROLLBACK IMMEDIATE")
                run(db, f"RESTORE DATABASE {name} FROM DISK = N'{path}' WITH CHECKSUM, REPLACE, {recovery}{moves}")
            finally:
                here.unlink(missing_ok=True)
        run(db, f"ALTER DATABASE {db.quote(database)} SET MULTI_USER")
    finally:
        db.engine.dispose()


def _moves(db: Database, backup: str, database: str) -> str:
    """Where each file of the backup goes: beside the target's own files, under names of its own."""
    query = "SELECT type_desc, physical_name FROM sys.master_files WHERE database_id = DB_ID(?)"
    own: dict[str, str] = {row[0]: row[1] for row in reversed(run(db, query, database))}
    parts = []
    for number, row in enumerate(run(db, _statement("files"), backup)):
        logical, kind = str(row[0]), "LOG" if row[2] == "L" else "ROWS"
        beside = _path(own[kind])
        physical = beside.with_name(f"{beside.stem}_{number}{beside.suffix}")
        parts.append(", MOVE N'{}' TO N'{}'".format(logical.replace("'", "''"), str(physical).replace("'", "''")))
    return "".join(parts)


def _unseal(file: File, open_file: OpenFile, path: Path, ring: KeyRing) -> None:
    with open_file(file.name) as source, open(path, "wb") as content:
        counted = Counting(content)
        vault.decrypt(source, counted, ring)
    check(file, counted)


def _statement(name: str) -> str:
    return (STATEMENTS / f"{name}.sql").read_text(encoding="utf-8")


def _path(folder: str) -> PurePosixPath | PureWindowsPath:
    return PureWindowsPath(folder) if "\\" in folder else PurePosixPath(folder)
