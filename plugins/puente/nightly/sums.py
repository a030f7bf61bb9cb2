"""What a table holds, in a number of rows and a checksum that no order of rows changes.

Each row is one JSON array of its columns' values as the engine gives them as text, bytes or numbers; its SHA-256 is
read as a whole number, and the checksum is the sum of them modulo 2**256. So two readings may be compared however the
rows came, a row that is there twice counts twice, and memory does not grow with the table. On MySQL and MariaDB a value
is the server's own text for it, which is also what a dump consists of. Numbers of one engine are compared with numbers
of the same engine only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import SQLAlchemyError

from puente.db.connect import Database
from puente.db.stream import one_reading

_PAGE = 5_000
_MODULUS = 1 << 256


def _other(value: Any) -> Any:
    return {"hex": value.hex()} if isinstance(value, bytes) else str(value)


_encode = json.JSONEncoder(separators=(",", ":"), default=_other).encode  # ASCII: the same in every version of Python


@dataclass
class TableSum:
    """`columns` in the order in which a row's values are taken."""

    columns: list[str] = field(default_factory=list)
    rows: int = 0
    total: int = 0

    def add(self, rows: Iterable[Iterable[Any]]) -> None:
        for row in rows:
            self.rows += 1
            self.total += int.from_bytes(sha256(_encode(list(row)).encode()).digest(), "big")
        self.total %= _MODULUS

    def as_dict(self) -> dict[str, Any]:
        return {"rows": self.rows, "checksum": f"{self.total:064x}", "columns": self.columns}


def table_sums(db: Database, columns: dict[str, list[str]] | None = None) -> dict[str, TableSum]:
    """Every table of a database as it is at one moment; `columns` by table, where not all of them are meant."""
    with one_reading(db) as conn, _raw(conn, db):
        found = {}
        for name in tables_of(db):
            taken = (columns or {}).get(name) or [c["name"] for c in inspect(db.engine).get_columns(name)]
            found[name] = TableSum(taken)
            for page in _pages(conn, db, name, taken):
                found[name].add(page)
        return found


def tables_of(db: Database) -> list[str]:
    """The names of the tables, without views and without what the engine keeps for itself."""
    return sorted(inspect(db.engine).get_table_names())


def differences(expected: dict[str, Any], db: Database) -> list[str]:
    """What of a manifest's tables `db` does not have, in plain words; tables that it has besides are named too."""
    known = {name: one["columns"] for name, one in expected.items()}
    try:
        found = table_sums(db, known)
    except SQLAlchemyError as error:
        missing = sorted(known.keys() - set(tables_of(db)))
        told = f"tables {', '.join(missing)} are missing" if missing else str(error.__cause__ or error)
        return [f"the tables cannot be read as they were: {told}"]
    problems = []
    for name, one in sorted(expected.items()):
        if name not in found:
            problems.append(f"{name}: the table is missing")
        elif found[name].rows != one["rows"]:
            problems.append(f"{name}: {found[name].rows} rows, but {one['rows']} were backed up")
        elif found[name].as_dict()["checksum"] != one["checksum"]:
            problems.append(f"{name}: the contents of its {one['rows']} rows are not what was backed up")
    return problems + [f"{name}: a table that was not backed up" for name in sorted(found.keys() - expected.keys())]


def _pages(conn: Connection, db: Database, table: str, columns: list[str]) -> Iterator[list[Any]]:
    driver: Any = conn.connection.driver_connection
    if db.dialect == "mysql":
        from pymysql.cursors import SSCursor

        cursor = driver.cursor(SSCursor)
    else:
        cursor = driver.cursor()
    try:
        names = ", ".join(db.quote(name) for name in columns)
        cursor.execute(f"SELECT {names} FROM {db.quote(table)}")
        while rows := cursor.fetchmany(_PAGE):
            yield [_latin(row) for row in rows] if db.dialect == "mysql" else rows
    finally:
        cursor.close()


def _latin(row: Iterable[bytes | None]) -> list[str | None]:
    return [None if value is None else value.decode("latin-1") for value in row]


@contextmanager
def _raw(conn: Connection, db: Database) -> Iterator[None]:
    """The server's own bytes (MySQL); text that is no UTF-8 as it lies in the file (SQLite)."""
    driver: Any = conn.connection.driver_connection
    match db.dialect:
        case "mysql":
            kept = driver.use_unicode, driver.decoders
            driver.use_unicode, driver.decoders = False, {}
            try:
                yield
            finally:
                driver.use_unicode, driver.decoders = kept
        case "sqlite":
            driver.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
            try:
                yield
            finally:
                driver.text_factory = str
        case _:
            yield
