"""Reading one SELECT of a side's own tables once, streaming: bounded memory whatever its length."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import pyarrow as pa
from sqlalchemy import Connection

from puente.db.connect import Database
from puente.transforms.canonical import table_from_rows


def stream_select(db: Database, sql: str, chunk: int) -> Iterator[pa.Table]:
    """The rows of `sql` in tables of at most `chunk` rows, from one statement, so from one reading.

    Never dirty: a consistent snapshot, or on a SQL Server database that does not allow one, READ COMMITTED under
    a lock time-out.
    """
    with _consistent(db) as conn:
        yield from stream_in(conn, db, sql, chunk)


def stream_in(conn: Connection, db: Database, sql: str, chunk: int) -> Iterator[pa.Table]:
    """As `stream_select`, in the caller's transaction (`one_reading`); to be read to its end before the next."""
    driver: Any = conn.connection.driver_connection
    if db.dialect == "mysql":
        from pymysql.cursors import SSCursor

        cursor = driver.cursor(SSCursor)
    else:
        cursor = driver.cursor()
    try:
        cursor.execute(sql)
        names = [d[0] for d in cursor.description]
        if db.dialect == "mssql" and hasattr(cursor, "arrow_reader"):
            for batch in cursor.arrow_reader(chunk):
                yield pa.Table.from_batches([batch])
            return
        empty = True
        while rows := cursor.fetchmany(chunk):
            empty = False
            yield table_from_rows(rows, names)
        if empty:
            yield table_from_rows([], names)
    finally:
        cursor.close()


@contextmanager
def one_reading(db: Database) -> Iterator[Connection]:
    """A transaction whose statements all see the database as it was at one moment.

    A SQL Server database that does not allow snapshots is read under SERIALIZABLE instead: its writers wait.
    """
    match db.dialect:
        case "sqlite":
            with db.read() as conn:
                yield conn
        case "mysql":
            with _isolated(db, "REPEATABLE READ") as conn:
                yield conn
        case "mssql":
            with _isolated(db, "SNAPSHOT" if _allows_snapshots(db) else "SERIALIZABLE") as conn:
                yield conn


@contextmanager
def _consistent(db: Database) -> Iterator[Connection]:
    if not _allows_snapshots(db):
        with db.read() as conn:
            yield conn
        return
    with _isolated(db, "SNAPSHOT") as conn:
        yield conn


def _allows_snapshots(db: Database) -> bool:
    if db.dialect != "mssql":
        return False
    query = "SELECT snapshot_isolation_state FROM sys.databases WHERE database_id = DB_ID()"
    with db.read() as conn:
        return conn.exec_driver_sql(query).scalar() == 1


@contextmanager
def _isolated(db: Database, level: Literal["REPEATABLE READ", "SERIALIZABLE", "SNAPSHOT"]) -> Iterator[Connection]:
    with db.engine.connect() as conn:
        conn.connection.rollback()  # the pool's ping opened a transaction, in which the level cannot be changed
        conn.execution_options(isolation_level=level)
        with conn.begin():
            yield conn
