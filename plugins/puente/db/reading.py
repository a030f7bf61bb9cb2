"""Engines for people who wait in front of a screen: they only read, and time out within seconds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, event, make_url

from puente.db.connect import Database, open_database

CONNECT_SECONDS, STATEMENT_SECONDS = 3, 8


def open_for_reading(url: str | URL) -> Database:
    """A database whose sessions cannot write and whose statements the server gives up on.

    A SQLite file that is not there is not made, and has no time-out: it is the demo's. ValueError as `open_database`.
    """
    url = make_url(url)
    match url.get_backend_name():
        case "sqlite":
            if url.database and url.database != ":memory:":
                url = url.set(database=f"file:{url.database}").update_query_dict({"mode": "rw", "uri": "true"})
            return _with_session(open_database(url), ["PRAGMA query_only=ON"])
        case "mysql" | "mariadb":
            limits = {
                "connect_timeout": CONNECT_SECONDS,
                "read_timeout": CONNECT_SECONDS,
            }  # a server may not even greet
            known = {name for name in limits if name in url.query}
            url = url.update_query_dict({name: str(value) for name, value in limits.items() if name not in known})
            return _with_session(open_database(url), ["SET SESSION TRANSACTION READ ONLY"], limited=True)
        case _:
            return _with_session(open_database(url), [f"SET LOCK_TIMEOUT {CONNECT_SECONDS * 1000}"], limited=True)


def _with_session(db: Database, statements: list[str], *, limited: bool = False) -> Database:
    @event.listens_for(db.engine, "connect")
    def _session(dbapi: Any, _record: Any) -> None:
        cursor = dbapi.cursor()
        for statement in statements + (_limits(db, dbapi) if limited else []):
            cursor.execute(statement)
        cursor.close()
        if db.dialect == "mssql":
            dbapi.commit()

    return db


def _limits(db: Database, dbapi: Any) -> list[str]:
    """How long a statement may take, in the server's own words."""
    if db.dialect == "mssql":
        dbapi.timeout = STATEMENT_SECONDS
        return []
    dbapi._read_timeout = STATEMENT_SECONDS + 2.0  # the driver has no other way to change it once it is connected
    if "MariaDB" in str(dbapi.get_server_info()):
        return [f"SET SESSION max_statement_time={STATEMENT_SECONDS}"]
    return [f"SET SESSION max_execution_time={STATEMENT_SECONDS * 1000}"]
