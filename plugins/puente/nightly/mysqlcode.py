"""What RENAME TABLE cannot take along into another database of MySQL and MariaDB: views, routines, triggers, events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from puente.errors import PuenteError

MOVED = ("function", "procedure", "view")  # in the order in which they are made: a view may call a function
_NAMES = {
    "event": "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = :schema ORDER BY 1",
    "function": "SELECT ROUTINE_NAME FROM information_schema.ROUTINES"
    " WHERE ROUTINE_SCHEMA = :schema AND ROUTINE_TYPE = 'FUNCTION' ORDER BY 1",
    "procedure": "SELECT ROUTINE_NAME FROM information_schema.ROUTINES"
    " WHERE ROUTINE_SCHEMA = :schema AND ROUTINE_TYPE = 'PROCEDURE' ORDER BY 1",
    "trigger": "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS"
    " WHERE TRIGGER_SCHEMA = :schema ORDER BY ACTION_ORDER, TRIGGER_NAME",  # as they fire
    "view": "SELECT TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA = :schema ORDER BY 1",
}


@dataclass(frozen=True)
class Code:
    """One object and the statement that makes it, to be said under the SQL mode and the collation it was made with."""

    kind: str
    name: str
    definition: str = ""
    sql_mode: str = ""
    collation: str = ""


def names(conn: Connection, kind: str, schema: str) -> list[str]:
    """The names of a schema's objects of one kind."""
    return list(conn.execute(text(_NAMES[kind]), {"schema": schema}).scalars())


def described(conn: Connection, schema: str, kinds: tuple[str, ...]) -> list[Code]:
    """The schema's objects; it becomes the connection's, so that definitions name its tables without it."""
    use(conn, schema)
    found = []
    for kind in kinds:
        for name in names(conn, kind, schema):
            row: Any = conn.exec_driver_sql(f"SHOW CREATE {kind} {_quoted(name)}").mappings().one()
            definition = row["SQL Original Statement" if kind == "trigger" else f"Create {kind.title()}"]
            mode = row.get("sql_mode", conn.exec_driver_sql("SELECT @@SESSION.sql_mode").scalar())
            found.append(Code(kind, name, definition or "", mode, row["collation_connection"]))
    return found


def make(conn: Connection, one: Code) -> None:
    """Make it in the connection's schema. PuenteError where its definition was hidden from this login."""
    if not one.definition:
        raise PuenteError("the login may not read its definition")
    conn.exec_driver_sql("SET SESSION sql_mode = %s, collation_connection = %s", (one.sql_mode, one.collation))
    conn.exec_driver_sql(one.definition.replace("%", "%%"))


def drop(conn: Connection, kind: str, schema: str, name: str) -> None:
    """Drop it, if it is there."""
    conn.exec_driver_sql(f"DROP {kind} IF EXISTS {_quoted(schema)}.{_quoted(name)}".replace("%", "%%"))


def use(conn: Connection, schema: str) -> None:
    """Make it the connection's schema."""
    conn.exec_driver_sql(f"USE {_quoted(schema)}".replace("%", "%%"))


def _quoted(name: str) -> str:
    return "`{}`".format(name.replace("`", "``"))
