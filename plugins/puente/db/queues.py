"""Reading a queue as it really is: whoever made it, in whatever column order, letter case and types.

Every value is fetched as text that the server renders, so that one canonical form comes from every driver.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, TableClause, inspect, text, types
from sqlalchemy import column as column_clause
from sqlalchemy import table as table_clause

from puente.contract import CREATED, ENVELOPE, ORIGIN, ROW_ID, Queue, Side
from puente.db.connect import Database, Dialect
from puente.errors import ContractBroken
from puente.transforms.canonical import table_from_rows

ARROW_WORTH_IT = 5_000  # rows; below that a new connection costs more than it saves


@dataclass(frozen=True)
class QueueShape:
    """A queue's real table: its name, its columns by contract name, and whether Puente's trigger guards it."""

    queue: Queue
    table: str
    columns: dict[str, str]  # contract name -> real name
    types: dict[str, Any]  # contract name -> SQLAlchemy type
    guarded: bool  # UPDATE is refused: content cannot change under an id
    id_index: str | None = None  # the index that leads with ID_Registro, where the engine must be told to use it
    strange: tuple[str, ...] = ()  # columns that the contract does not know; they are never read

    @property
    def has_created(self) -> bool:
        return CREATED in self.columns


def inspect_queue(db: Database, queue: Queue, required: tuple[str, ...] = ()) -> QueueShape:
    """Match `queue` with its table by names without case.

    ContractBroken names the table or the columns that are missing; nothing has been read then.
    """
    with db.read() as conn:
        catalog = inspect(conn)
        names = {name.lower(): name for name in catalog.get_table_names()}
        table = names.get(queue.name.lower())
        if table is None:
            raise ContractBroken(f"Queue {queue.name} does not exist on {_where(db)}: run `python -m puente init`.")
        columns = _mssql_columns(conn, table) if db.dialect == "mssql" else catalog.get_columns(table)
        real = {c["name"].lower(): c for c in columns}
        wanted = [ROW_ID, CREATED, *(c.name for c in (*queue.columns, *ENVELOPE))]
        found = {name: real[name.lower()] for name in wanted if name.lower() in real}
        must = [ROW_ID, *(c.name for c in queue.columns if c.required), *required]
        missing = [name for name in dict.fromkeys(must) if name not in found]
        if missing:
            raise ContractBroken(
                f"Queue {queue.name} on {_where(db)} lacks {', '.join(missing)}. Nothing was read or deleted; "
                "add the columns (or have the vendor restore them) and run the task again."
            )
        return QueueShape(
            queue,
            table,
            {name: column["name"] for name, column in found.items()},
            {name: column["type"] for name, column in found.items()},
            _has_update_trigger(conn, db.dialect, table),
            _id_index(conn, db.dialect, table, found[ROW_ID]["name"]),
            tuple(column["name"] for name, column in real.items() if name not in {w.lower() for w in wanted}),
        )


def queue_table(shape: QueueShape) -> TableClause:
    """The queue's real table, for statements that insert into it."""
    return table_clause(shape.table, *(column_clause(name) for name in shape.columns.values()))


def _mssql_columns(conn: Connection, table: str) -> list[dict[str, Any]]:
    """Name and type of each column. SQLAlchemy's own question joins ten catalog views: a second each on Babelfish."""
    rows = conn.execute(
        text(
            "SELECT COLUMN_NAME, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, DATETIME_PRECISION"
            " FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = SCHEMA_NAME() AND TABLE_NAME = :t"
        ),
        {"t": table},
    )
    kinds: dict[str, Any] = conn.dialect.ischema_names  # type: ignore[attr-defined]
    return [{"name": name, "type": _mssql_type(kinds, kind, length, digits)} for name, kind, length, digits in rows]


def _mssql_type(kinds: dict[str, Any], data_type: str, length: int | None, digits: int | None) -> types.TypeEngine[Any]:
    kind = kinds.get(data_type, types.NullType)
    if data_type in ("datetime2", "datetimeoffset", "time"):
        return kind(digits)
    if issubclass(kind, types.String) and length is not None and length > 0:
        return kind(length)
    return kind()


def _where(db: Database) -> str:
    return f"{db.engine.url.get_backend_name()} database {db.engine.url.database!r}"


def update_trigger(table: str) -> str:
    """The name of the trigger by which Puente knows, and the server enforces, that a queue is INSERT-only."""
    return f"puente_{table.lower()}_no_update"


def _has_update_trigger(conn: Connection, dialect: Dialect, table: str) -> bool:
    query = {
        "sqlite": "SELECT COUNT(*) FROM sqlite_master WHERE type = 'trigger' AND name = :name",
        "mysql": "SELECT COUNT(*) FROM information_schema.TRIGGERS"
        " WHERE TRIGGER_SCHEMA = DATABASE() AND TRIGGER_NAME = :name",
        "mssql": "SELECT COUNT(*) FROM sys.triggers WHERE name = :name AND is_disabled = 0",
    }[dialect]
    return bool(conn.execute(text(query), {"name": update_trigger(table)}).scalar())


def _id_index(conn: Connection, dialect: Dialect, table: str, column: str) -> str | None:
    match dialect:
        case "sqlite":
            return None
        case "mysql":
            query = (
                "SELECT INDEX_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE()"
                " AND TABLE_NAME = :t AND COLUMN_NAME = :c AND SEQ_IN_INDEX = 1 ORDER BY NON_UNIQUE LIMIT 1"
            )
        case "mssql":
            query = (
                "SELECT TOP (1) i.name FROM sys.indexes i"
                " JOIN sys.index_columns k ON k.object_id = i.object_id AND k.index_id = i.index_id"
                " JOIN sys.columns c ON c.object_id = k.object_id AND c.column_id = k.column_id"
                " WHERE i.object_id = OBJECT_ID(:t) AND c.name = :c AND k.key_ordinal = 1 ORDER BY i.is_unique DESC"
            )
    return conn.execute(text(query), {"t": table, "c": column}).scalar()


def identity_value(conn: Connection, dialect: Dialect, table: str) -> int | None:
    """The last id that the server gave out in `table`; None where the engine cannot tell."""
    match dialect:
        case "sqlite":
            known = conn.execute(text("SELECT COUNT(*) FROM sqlite_master WHERE name = 'sqlite_sequence'")).scalar()
            query = "SELECT seq FROM sqlite_sequence WHERE name = :t" if known else "SELECT NULL WHERE :t = ''"
        case "mysql":
            query = (
                "SELECT AUTO_INCREMENT - 1 FROM information_schema.TABLES"
                " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = :t"
            )
        case "mssql":
            query = "SELECT CAST(IDENT_CURRENT(:t) AS BIGINT)"
    if dialect == "mysql" and not conn.dialect.is_mariadb:  # type: ignore[attr-defined]
        conn.execute(text("SET SESSION information_schema_stats_expiry = 0"))  # MySQL 8 caches the counter for a day
    value = conn.execute(text(query), {"t": table}).scalar()
    return None if value is None else int(value)


def as_text(dialect: Dialect, column: str, kind: types.TypeEngine[Any]) -> str:
    """SQL that renders `column` (quoted) as text with nothing lost."""
    is_float = isinstance(kind, types.Float)
    match dialect:
        case "sqlite":
            return f"CAST({column} AS TEXT)"
        case "mysql":
            if is_float:  # CAST(float AS CHAR) keeps six digits only
                return f"CAST(CAST({column} AS DECIMAL(38,10)) AS CHAR)"
            return column if isinstance(kind, types.String) else f"CAST({column} AS CHAR)"
        case "mssql":
            if isinstance(kind, types.String):
                return column
            if isinstance(kind, types.DateTime):
                return f"CONVERT(VARCHAR(40), {column}, 121)"
            if is_float:
                exact = f"CAST(TRY_CAST({column} AS DECIMAL(38,10)) AS VARCHAR(64))"
                return f"COALESCE({exact}, CONVERT(VARCHAR(64), {column}, 2))"
            style = ", 2" if type(kind).__name__ in ("MONEY", "SMALLMONEY") else ""
            return f"CONVERT(VARCHAR(64), {column}{style})"


def select_columns(db: Database, shape: QueueShape, alias: str) -> str:
    """The select list that renders every known column of the queue as text, under its contract name."""
    parts = [f"{alias}.{db.quote(shape.columns[ROW_ID])} AS {db.quote(ROW_ID)}"]
    for name, column in shape.columns.items():
        if name != ROW_ID:
            rendered = as_text(db.dialect, f"{alias}.{db.quote(column)}", shape.types[name])
            parts.append(f"{rendered} AS {db.quote(name)}")
    return ", ".join(parts)


def addressed_to(db: Database, shape: QueueShape, writer: Side, alias: str) -> str:
    """The condition that leaves a shared queue's rows to their addressee (`Pedidos_Estados` is read by both sides)."""
    if shape.queue.writer != "both":
        return "1 = 1"
    if "Origen" not in shape.columns:  # a vendor's table that Puente never writes: all in it is the ERP's
        return "1 = 0" if writer == "platform" else "1 = 1"
    column = f"{alias}.{db.quote(shape.columns['Origen'])}"
    ours = f"UPPER(LTRIM(RTRIM({column}))) = '{ORIGIN['platform']}'"
    # A vendor that fills the queue without Origen is the ERP. Nor may a misspelt origin lie there unread: the
    # platform reads it, and its gate quarantines it.
    return ours if writer == "platform" else f"({column} IS NULL OR NOT {ours})"


def read_pages(db: Database, shape: QueueShape, writer: Side, page: int) -> Iterator[pa.Table]:
    """Every committed row of the queue in id order, `page` rows at a time, as Arrow tables of text.

    The grain is one queue row. Rows locked by an open transaction are passed over, never waited for.
    """
    after: int | None = None
    row_id = f"q.{db.quote(shape.columns[ROW_ID])}"
    hint = " WITH (READPAST)" if db.dialect == "mssql" else ""
    while True:
        top, limit = (f"TOP ({page}) ", "") if db.dialect == "mssql" else ("", f" LIMIT {page}")
        sql = (
            f"SELECT {top}{select_columns(db, shape, 'q')} FROM {db.quote(shape.table)} q{hint}"
            f" WHERE {addressed_to(db, shape, writer, 'q')}"
            + (f" AND {row_id} > {int(after)}" if after is not None else "")
            + f" ORDER BY {row_id}{limit}"
        )
        table = read_arrow(db, sql, worth_it=after is not None and _zone_free(shape))
        if table.num_rows:
            yield table
            after = int(table.column(ROW_ID)[-1].as_py())
        if table.num_rows < page:
            return


def _zone_free(shape: QueueShape) -> bool:
    """MySQL renders TIMESTAMP in the session's zone, and a second driver has a second session."""
    return not any(type(kind).__name__ == "TIMESTAMP" for kind in shape.types.values())


def has_rows(conn: Connection, db: Database, shape: QueueShape, writer: Side) -> bool:
    condition = addressed_to(db, shape, writer, "q")
    top, limit = ("TOP (1) ", "") if db.dialect == "mssql" else ("", " LIMIT 1")
    hint = " WITH (READPAST)" if db.dialect == "mssql" else ""
    sql = f"SELECT {top}1 FROM {db.quote(shape.table)} q{hint} WHERE {condition}{limit}"
    return conn.exec_driver_sql(sql.replace("%", "%%")).first() is not None


def read_arrow(db: Database, sql: str, *, worth_it: bool = True) -> pa.Table:
    """The result of `sql` as an Arrow table, by the fastest way that the driver has."""
    if db.dialect == "mysql" and worth_it:
        import connectorx

        url = db.engine.url.set(drivername="mysql", query={})
        if url.query == db.engine.url.query or set(db.engine.url.query) <= {"charset"}:
            return connectorx.read_sql(
                url.render_as_string(hide_password=False), sql, return_type="arrow", protocol="text"
            )
    with db.read() as conn:
        cursor = conn.connection.cursor()
        try:
            cursor.execute(sql)
            if db.dialect == "mssql" and hasattr(cursor, "arrow"):
                return cursor.arrow()
            return table_from_rows(cursor.fetchall(), [d[0] for d in cursor.description])
        finally:
            cursor.close()
