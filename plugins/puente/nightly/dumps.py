"""One database, or one folder, into encrypted files; and the same files back into an empty database.

SQLite: the online backup API, and the checksums are taken from the copy. MySQL and MariaDB: `mysqldump.py`, and the
checksums are those of the dump's own rows. SQL Server: `mssqldump.py`. PostgreSQL (Airflow's metadata only): pg_dump,
without checksums. Apart from SQLite's copy, which is deleted once it is encrypted, nothing lies on the disk in plain.
"""

from __future__ import annotations

import io
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, text

from puente.db.connect import Database, open_database
from puente.errors import PuenteError
from puente.files import whole_file
from puente.nightly import mssqldump, mysqldump, sums, vault
from puente.nightly.parts import SEALED, Counting, File, OpenFile, Part, check, seal_file, told_plainly
from puente.nightly.vault import KeyRing
from puente.settings import Settings

EVENTS = "events"


# ---------------------------------------------------------------- out
def dump_database(url: URL, name: str, folder: Path, ring: KeyRing, settings: Settings) -> Part:
    """Write `<name>….vault` into `folder`, each whole or not at all. PuenteError says what stood in the way."""
    with told_plainly(folder):
        match url.get_backend_name():
            case "sqlite":
                return _dump_sqlite(url, name, folder, ring)
            case "mysql" | "mariadb":
                return _dump_mysql(url, name, folder, ring)
            case "postgresql":
                return _dump_postgresql(url, name, folder, ring)
            case "mssql":
                return mssqldump.dump(open_database(url), name, folder, ring, settings)
            case other:
                raise PuenteError(f"{name}: Puente cannot back up a database of type {other!r}.")


def dump_folder(source: Path, name: str, folder: Path, ring: KeyRing) -> Part:
    """A tar of every finished file below `source`; an empty one where there is no such folder."""
    with told_plainly(folder), tempfile.TemporaryFile(dir=folder) as plain:
        with tarfile.open(fileobj=plain, mode="w") as tar:
            for path in sorted(source.rglob("*")):
                if path.is_file() and not path.name.startswith("."):
                    with suppress(FileNotFoundError):  # housekeeping took it meanwhile
                        tar.add(path, arcname=str(path.relative_to(source)), recursive=False)
        plain.seek(0)
        sealed = seal_file(plain, folder / f"{name}.tar{SEALED}", ring)
    return Part(name, "files", "", "tar", [sealed])


def _dump_sqlite(url: URL, name: str, folder: Path, ring: KeyRing) -> Part:
    assert url.database
    copy = folder / f".{name}.copy"
    _remove(copy)
    if not Path(url.database).is_file():
        raise PuenteError(f"{name}: there is no database file {url.database}.")
    os.close(os.open(copy, os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(sqlite3.connect(url.database, timeout=60)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        with closing(sqlite3.connect(copy)) as target:
            (told,) = target.execute("PRAGMA integrity_check(1)").fetchone()
        if told != "ok":
            raise PuenteError(f"{name}: SQLite finds the database damaged, and the backup would be: {told}")
        db = open_database(url.set(database=str(copy)))
        try:
            tables = sums.table_sums(db)
        finally:
            db.engine.dispose()
        with open(copy, "rb") as content:
            sealed = seal_file(content, folder / f"{name}.db{SEALED}", ring)
    except sqlite3.Error as error:
        raise PuenteError(f"{name}: {url.database} cannot be copied: {error}") from error
    finally:
        _remove(copy)
    return Part(name, "sqlite", sqlite3.sqlite_version, "online backup API", [sealed], _sums(tables), "copy")


def _dump_mysql(url: URL, name: str, folder: Path, ring: KeyRing) -> Part:
    db = open_database(url)
    try:
        with db.read() as conn:
            version = str(conn.execute(text("SELECT VERSION()")).scalar())
            engines = conn.execute(
                text(
                    "SELECT TABLE_NAME, ENGINE FROM information_schema.TABLES"
                    " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'"
                )
            ).all()
    finally:
        db.engine.dispose()
    loose, reading = mysqldump.not_transactional(tuple(row) for row in engines), mysqldump.Reading()
    with mysqldump.dumping(url, folder, mysqldump.CONTENT, reading) as program:
        content = seal_file(program, folder / f"{name}.sql{SEALED}", ring)
    with mysqldump.dumping(url, folder, [mysqldump.EVENTS], None) as program:
        events = seal_file(program, folder / f"{name}.{EVENTS}.sql{SEALED}", ring)
    missing = sorted(row[0] for row in engines if row[0] not in reading.tables)
    if missing:
        raise PuenteError(f"{name}: the dump has no {', '.join(missing)}; the login may lack the right to read them.")
    remarks = [f"Not of one moment, for their engine knows no snapshots: {', '.join(loose)}."] if loose else []
    program_version = mysqldump.program_version()
    return Part(name, "mysql", version, program_version, [content, events], _sums(reading.tables), "dump", remarks)


def _dump_postgresql(url: URL, name: str, folder: Path, ring: KeyRing) -> Part:
    program = shutil.which("pg_dump")
    if program is None:
        raise PuenteError(f"{name}: there is no pg_dump here. Install PostgreSQL's client programs.")
    handle, password = tempfile.mkstemp(prefix=".client-", dir=folder)  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            written = str(url.password or "").replace("\\", "\\\\").replace(":", "\\:")
            file.write(f"*:*:*:*:{written}\n")
        options = {"--host": url.host, "--port": url.port, "--username": url.username, "--dbname": url.database}
        command = [program, "--format=custom", "--no-password", *(f"{k}={v}" for k, v in options.items() if v)]
        with tempfile.TemporaryFile() as errors:
            environment = os.environ | {"PGPASSFILE": password}
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=environment) as process:
                assert process.stdout
                sealed = seal_file(_Ended(process, errors), folder / f"{name}.pgdump{SEALED}", ring)
        version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    finally:
        Path(password).unlink(missing_ok=True)
    return Part(name, "postgresql", "", version, [sealed])


class _Ended:
    """A program's output; its end counts only when the program ended well."""

    def __init__(self, process: subprocess.Popen[bytes], errors: Any) -> None:
        self._process, self._errors = process, errors

    def read(self, size: int) -> bytes:
        assert self._process.stdout
        block = self._process.stdout.read(size)
        if not block and self._process.wait():
            self._errors.seek(0)
            raise PuenteError(f"pg_dump failed: {self._errors.read().decode(errors='replace')[-500:]}")
        return block


def _sums(tables: dict[str, sums.TableSum]) -> dict[str, Any]:
    return {name: one.as_dict() for name, one in sorted(tables.items())}


# ---------------------------------------------------------------- back
def load_database(part: Part, open_file: OpenFile, target: Database, ring: KeyRing) -> None:
    """Put a part's tables, rows, views, triggers and routines into the empty database `target`.

    Not MySQL's scheduled events, which would begin to run at once. VaultError or PuenteError when a file was altered,
    cut or is of another key; `target` is half full then.
    """
    if part.engine != target.dialect:
        raise PuenteError(f"A backup of {part.engine} cannot be loaded into {target.dialect}.")
    match part.engine:
        case "sqlite":
            _load_sqlite(part, open_file, target, ring)
        case "mysql":
            for file in part.files:
                if f".{EVENTS}." not in file.name:
                    _load_mysql(file, open_file, target, ring)
        case "mssql":
            mssqldump.load(part, open_file, target, ring)


def read_events(part: Part, open_file: OpenFile, ring: KeyRing) -> dict[str, bytes]:
    """MySQL's scheduled events by name, each as the SQL that makes it. Errors as in `load_database`."""
    found: dict[str, bytes] = {}
    for file in part.files:
        if f".{EVENTS}." in file.name:
            content = io.BytesIO()
            counted = Counting(content)
            with open_file(file.name) as source:
                vault.decrypt(source, counted, ring)
            check(file, counted)
            found |= mysqldump.events_of(content.getvalue())
    return found


def _load_sqlite(part: Part, open_file: OpenFile, target: Database, ring: KeyRing) -> None:
    assert target.engine.url.database
    path = Path(target.engine.url.database)
    target.engine.dispose()
    _remove(path)
    with told_plainly(path.parent), open_file(part.files[0].name) as source, whole_file(path) as content:
        counted = Counting(content)
        vault.decrypt(source, counted, ring)
        check(part.files[0], counted)


def _load_mysql(file: File, open_file: OpenFile, target: Database, ring: KeyRing) -> None:
    target.engine.dispose()
    with tempfile.TemporaryDirectory(prefix="puente-") as folder:
        client = mysqldump.Loader(target.engine.url, Path(folder))
        counted = Counting(client)
        try:
            with open_file(file.name) as source:
                vault.decrypt(source, counted, ring)
            check(file, counted)
        except BrokenPipeError as error:
            raise PuenteError(f"The client that loads {file.name} ended early.") from error
        except BaseException:
            client.abandon()
            raise
        client.close()


# ---------------------------------------------------------------- files
def _remove(path: Path) -> None:
    for end in ("", "-wal", "-shm", "-journal"):
        Path(f"{path}{end}").unlink(missing_ok=True)
