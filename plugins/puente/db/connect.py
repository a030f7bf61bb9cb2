"""One database of one side: its engine, its dialect and the session options that every connection gets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, cast

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url

Dialect = Literal["sqlite", "mysql", "mssql"]

LOCK_TIMEOUT_SECONDS = 10
IDLE_SECONDS = 120  # as long as a lease: a worker that got stuck inside a transaction is let go by the server (MySQL)
_HIDDEN = True  # task logs are open to every viewer: an error must not quote rows of people's data


@dataclass(frozen=True)
class Database:
    """`begin()` is a writing transaction, `read()` a reading one; both end with the block."""

    engine: Engine

    @property
    def dialect(self) -> Dialect:
        name = self.engine.dialect.name
        return cast(Dialect, "mysql" if name == "mariadb" else name)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with self.engine.connect().execution_options(puente_writes=True) as conn, conn.begin():
            yield conn

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self.engine.connect() as conn, conn.begin():
            yield conn

    def quote(self, name: str) -> str:
        return self.engine.dialect.identifier_preparer.quote_identifier(name)

    def same_database_as(self, other: Database) -> bool:
        return self.engine.url == other.engine.url


def open_database(url: str | URL) -> Database:
    """An engine with the sessions that the protocol needs (strict, READ COMMITTED, UTC, lock time-outs).

    ValueError for an engine that is none of SQLite, MySQL/MariaDB, SQL Server.
    """
    url = make_url(url)
    match url.get_backend_name():
        case "sqlite":
            return _sqlite(url)
        case "mysql" | "mariadb":
            return _mysql(url)
        case "mssql":
            return _mssql(url)
        case other:
            raise ValueError(f"Puente speaks SQLite, MySQL/MariaDB and SQL Server, not {other!r}")


def _sqlite(url: URL) -> Database:
    engine = create_engine(
        url,
        hide_parameters=_HIDDEN,
        connect_args={"timeout": LOCK_TIMEOUT_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _session(dbapi: Any, _record: Any) -> None:
        dbapi.isolation_level = None  # the driver's own BEGIN is deferred: two writers would fail half-way
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            dbapi.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        writes = conn.get_execution_options().get("puente_writes")
        conn.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return Database(engine)


def _mysql(url: URL) -> Database:
    if url.drivername in ("mysql", "mariadb"):
        url = url.set(drivername="mysql+pymysql")
    url = url.update_query_dict({"charset": "utf8mb4"})
    init = (
        "SET SESSION time_zone='+00:00', "
        "sql_mode='STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', "
        f"innodb_lock_wait_timeout={LOCK_TIMEOUT_SECONDS}, wait_timeout={IDLE_SECONDS}"
    )
    engine = create_engine(
        url,
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        hide_parameters=_HIDDEN,
        connect_args={"local_infile": True, "init_command": init},
    )
    return Database(engine)


def _mssql(url: URL) -> Database:
    if url.drivername == "mssql":
        url = url.set(drivername="mssql+mssqlpython")
    # The driver's own executemany binds arrays; SQLAlchemy's long VALUES lists come near 2,100 parameters.
    engine = create_engine(url, pool_pre_ping=True, use_insertmanyvalues=False, hide_parameters=_HIDDEN)

    @event.listens_for(engine, "connect")
    def _session(dbapi: Any, _record: Any) -> None:
        cursor = dbapi.cursor()
        cursor.execute(f"SET XACT_ABORT ON; SET LOCK_TIMEOUT {LOCK_TIMEOUT_SECONDS * 1000}")
        cursor.close()
        dbapi.commit()

    event.listen(engine, "before_cursor_execute", _write_nulls_out, retval=True)
    event.listen(engine, "do_executemany", _one_by_one_where_sizes_lie)
    return Database(engine)


def _write_nulls_out(
    _conn: Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, executemany: bool
) -> tuple[str, Any]:
    """Say NULL in the statement instead of binding it.

    The driver asks the server for the type of a bound NULL. Where the server cannot tell, that question fails
    unseen, and under XACT_ABORT it takes the transaction with it.
    """
    rows = parameters if executemany else [parameters]
    if not rows or not isinstance(rows[0], dict):
        return statement, parameters
    unknown = [name for name in rows[0] if all(row[name] is None for row in rows)]
    for name in unknown:
        statement = statement.replace(f"%({name})s", "NULL")
    known = [{name: value for name, value in row.items() if name not in unknown} for row in rows]
    return statement, known if executemany else known[0]


def _one_by_one_where_sizes_lie(cursor: Any, statement: str, parameters: Any, _context: Any) -> bool:
    """The driver's executemany sizes text by characters and then refuses it by UTF-16 units, two for an emoji."""
    values = (value for row in parameters for value in (row.values() if isinstance(row, dict) else row))
    if not any(isinstance(v, str) and not v.isascii() and max(v) > "\uffff" for v in values):
        return False
    for row in parameters:
        cursor.execute(statement, row)
    return True
