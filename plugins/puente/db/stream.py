"""Reading one SELECT of a side's own tables once, streaming: bounded memory whatever its length."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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
def _consistent(db: Database) -> Iterator[Connection]:
    with db.read() as conn:
        query = "SELECT snapshot_isolation_state FROM sys.databases WHERE database_id = DB_ID()"
        allowed = db.dialect == "mssql" and conn.exec_driver_sql(query).scalar() == 1
    if not allowed:
        with db.read() as conn:
            yield conn
        return
    with db.engine.connect() as conn:
        conn.connection.rollback()  # the pool's ping opened a transaction, in which the level cannot be changed
        conn.execution_options(isolation_level="SNAPSHOT")
        with conn.begin():
            yield conn
