"""A hook at every point where a worker can die between two things that it does to the outside.

The count is taken at the driver (DB-API), below SQLAlchemy, so that raw paths count as well: LOAD DATA, cursors
of the streaming reads, connectorx, and the files of a report. There is one point before each statement, and one
before and one after each COMMIT; "after a statement" is the same point as "before the next one".
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event

Act = Callable[[int, str], None]


class Counter:
    """Numbers the boundaries from 1 and calls `act` at each; `labels` says what each one is."""

    def __init__(self, act: Act | None = None) -> None:
        self.act = act
        self.labels: list[str] = []

    def reach(self, label: str) -> None:
        self.labels.append(label)
        if self.act is not None:
            self.act(len(self.labels), label)


_counter: Counter | None = None
_undo: list[Callable[[], None]] = []


def watch(counter: Counter | None) -> None:
    """From now on every boundary of this process is told to `counter`; None ends it."""
    global _counter
    install()
    _counter = counter


def install() -> None:
    """Put the hooks in place; they count nothing yet. Before the first connection of the process."""
    if not _undo:
        event.listen(Engine, "do_connect", _use_counted_sqlite)
        _undo.append(lambda: event.remove(Engine, "do_connect", _use_counted_sqlite))
        _patch_pymysql()
        _patch_connectorx()
        _patch_files()


def remove() -> None:
    """Take the hooks away again (new connections only)."""
    watch(None)
    while _undo:
        _undo.pop()()


def _patch(owner: Any, name: str, counted: Any) -> None:
    original = getattr(owner, name)
    setattr(owner, name, counted)
    _undo.append(lambda: setattr(owner, name, original))


def _reach(label: str) -> None:
    if _counter is not None:
        _counter.reach(label)


def reach(label: str) -> None:
    """A boundary that a test's own stand-in has, a mail server's say."""
    _reach(label)


def _short(statement: Any) -> str:
    text = statement.decode("utf-8", "replace") if isinstance(statement, bytes) else str(statement)
    return " ".join(text.split())[:120]


# ---------------------------------------------------------------- SQLite
class _Cursor(sqlite3.Cursor):
    def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:
        _reach(f"before {_short(sql)}")
        return super().execute(sql, *rest)

    def executemany(self, sql: str, *rest: Any) -> sqlite3.Cursor:
        _reach(f"before {_short(sql)}")
        return super().executemany(sql, *rest)


class _Connection(sqlite3.Connection):
    def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:
        # Only a power cut would show the difference, and waiting for the disk is most of a worker's time.
        return super().execute(sql.replace("synchronous=FULL", "synchronous=OFF"), *rest)

    def cursor(self, factory: type[sqlite3.Cursor] = _Cursor) -> Any:  # type: ignore[override]
        return super().cursor(factory)

    def commit(self) -> None:
        if not self.in_transaction:
            return super().commit()
        _reach("before COMMIT")
        super().commit()
        _reach("after COMMIT")


def _use_counted_sqlite(dialect: Any, _record: Any, _args: Any, params: dict[str, Any]) -> None:
    if dialect.name == "sqlite":
        params["factory"] = _Connection


# ---------------------------------------------------------------- MariaDB
def _patch_pymysql() -> None:
    import pymysql.connections
    import pymysql.cursors

    execute, commit = pymysql.cursors.Cursor.execute, pymysql.connections.Connection.commit

    def counted_execute(self: Any, query: Any, args: Any = None) -> Any:
        _reach(f"before {_short(query)}")
        return execute(self, query, args)

    def counted_commit(self: Any) -> Any:
        _reach("before COMMIT")
        result = commit(self)
        _reach("after COMMIT")
        return result

    _patch(pymysql.cursors.Cursor, "execute", counted_execute)
    _patch(pymysql.connections.Connection, "commit", counted_commit)


def _patch_connectorx() -> None:
    import connectorx

    read_sql = connectorx.read_sql

    def counted(*args: Any, **kwargs: Any) -> Any:
        _reach("before connectorx")
        result = read_sql(*args, **kwargs)
        _reach("after connectorx")
        return result

    _patch(connectorx, "read_sql", counted)


# ---------------------------------------------------------------- reports
def _patch_files() -> None:
    replace = os.replace

    def counted(source: Any, target: Any, **rest: Any) -> None:
        _reach(f"before the file {os.path.splitext(str(target))[1]}")
        replace(source, target, **rest)
        _reach(f"after the file {os.path.splitext(str(target))[1]}")

    _patch(os, "replace", counted)
