"""Getting many rows into a table: the server's bulk path where it is allowed, a plain executemany otherwise."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from sqlalchemy import Connection, Table, insert

_log = logging.getLogger(__name__)
BULK_WORTH_IT = 500  # rows
_NULL = "\x01"  # stands for NULL in the bulk file; data that holds it goes the slow way


class BulkRefused(Exception):
    """The bulk path is not available or warned; the slow path takes this chunk."""


def insert_arrow(conn: Connection, table: Table, rows: pa.Table, problem: Callable[[], str] = lambda: "") -> None:
    """Insert `rows` (column names as in `table`): in bulk where the server allows it, else by executemany.

    `problem` looks at what was inserted and says what is wrong with it, '' when nothing is: a bulk load with a
    problem is undone and goes the slow way. BulkRefused when the slow way has a problem as well.
    """
    if not rows.num_rows:
        return
    if conn.dialect.name in ("mysql", "mariadb") and rows.num_rows >= BULK_WORTH_IT:
        try:
            with conn.begin_nested():
                _load_data(conn, table, rows)
                if found := problem():
                    raise BulkRefused(found)
            return
        except BulkRefused as refusal:
            _log.info("Bulk load into %s refused (%s): the slow path takes this chunk.", table.name, refusal)
    conn.execute(insert(table), rows.to_pylist())
    if found := problem():
        raise BulkRefused(found)


def _load_data(conn: Connection, table: Table, rows: pa.Table) -> None:
    """LOAD DATA LOCAL INFILE. BulkRefused when the server forbids it, or warned about any value.

    MySQL turns truncation, bad UTF-8 and duplicates into warnings on this path, so one warning refuses all.
    """
    if not conn.exec_driver_sql("SELECT @@local_infile").scalar():
        raise BulkRefused("local_infile is off on the server")
    columns: list[pa.ChunkedArray] = []
    variables: list[str] = []
    assignments: list[str] = []
    for name in rows.column_names:
        column = rows.column(name)
        if pa.types.is_string(column.type):
            if pc.any(pc.match_substring(column, _NULL), min_count=0).as_py():
                raise BulkRefused(f"{name} holds a control character")
            column = pc.fill_null(column, _NULL)
        elif column.null_count:
            column = pc.fill_null(column.cast(pa.string()), _NULL)
        columns.append(column)
        variables.append(f"@v{len(variables)}")
        assignments.append(f"`{name}` = NULLIF({variables[-1]}, x'01')")
    handle, path = tempfile.mkstemp(prefix="puente-", suffix=".csv")
    try:
        with os.fdopen(handle, "wb") as sink:
            options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="all_valid")
            pyarrow.csv.write_csv(pa.table(columns, names=rows.column_names), sink, options)
        cursor: Any = conn.connection.cursor()
        try:
            cursor.execute(
                f"LOAD DATA LOCAL INFILE %s INTO TABLE `{table.name}` CHARACTER SET utf8mb4"
                " FIELDS TERMINATED BY ',' ENCLOSED BY '\"' ESCAPED BY '' LINES TERMINATED BY '\\n'"
                f" ({', '.join(variables)}) SET {', '.join(assignments)}",
                (path,),
            )
            if cursor.warning_count:
                cursor.execute("SHOW WARNINGS")
                raise BulkRefused(f"the server warned: {cursor.fetchone()}")
            if cursor.rowcount >= 0 and cursor.rowcount != rows.num_rows:
                raise BulkRefused(f"{cursor.rowcount} of {rows.num_rows} rows were loaded")
        finally:
            cursor.close()
    finally:
        os.unlink(path)
