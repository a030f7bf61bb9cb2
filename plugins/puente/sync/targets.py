"""Writing staged rows into the side's own tables: the profile's SQL file, or DML made from its YAML mapping."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    TableClause,
    and_,
    column,
    delete,
    exists,
    insert,
    inspect,
    literal,
    select,
    table,
    text,
    update,
)
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NoSuchTableError

from puente.contract import Entity
from puente.db import schema
from puente.errors import PuenteError
from puente.profiles import Profile, TableMap


def write_target(conn: Connection, profile: Profile, entity: Entity, link_id: str, run_id: str, op: str) -> None:
    """Bring the rows staged under `run_id` into the side's own tables, within the caller's transaction.

    PuenteError when the profile says nothing about the entity.
    """
    statements = profile.statements("apply" if op == "U" else "delete", entity.name)
    if statements:
        run_statements(conn, statements, link_id, run_id)
        return
    mapping = profile.tables.get(entity.name)
    if mapping is None:
        raise PuenteError(
            f"Profile {profile.name} has neither {'apply' if op == 'U' else 'delete'}_{entity.name}.sql "
            f"nor a table for {entity.name} in profile.yaml."
        )
    if op == "U":
        _upsert(conn, entity, mapping, link_id, run_id)
    else:
        _remove(conn, entity, mapping, link_id, run_id)


def run_statements(conn: Connection, statements: Iterable[str], link_id: str, run_id: str) -> None:
    """A profile's DML over the rows staged under `run_id`."""
    for statement in statements:
        conn.execute(text(statement), _binds(statement, link_id, run_id))


# CHECK violated (MySQL, MariaDB) and SIGNAL by a trigger: the drivers do not call these integrity errors.
_MYSQL_REFUSALS = (3819, 4025, 1644, 1292, 1366, 1690)


def refused_by_target(error: DBAPIError) -> bool:
    """Whether the target's constraints, types or triggers refused a row; anything else is not the row's fault."""
    if isinstance(error, (IntegrityError, DataError)):
        return True
    code = error.orig.args[0] if error.orig is not None and error.orig.args else None
    return code in _MYSQL_REFUSALS


def refusal(error: DBAPIError) -> str:
    """The server's message, for people."""
    return str(error.orig).splitlines()[0][:900]


def _binds(statement: str, link_id: str, run_id: str) -> dict[str, str]:
    values = {"link_id": link_id, "run_id": run_id}
    return {name: value for name, value in values.items() if f":{name}" in statement}


def _own_table(mapping: TableMap) -> TableClause:
    names = [*mapping.key.values(), *mapping.columns.values(), *mapping.on_upsert, *(mapping.on_delete or {})]
    return table(mapping.table, *(column(name) for name in dict.fromkeys(names)))


def _require_text_keys(conn: Connection, mapping: TableMap) -> None:
    """PuenteError when a key column is a number: '007' would overwrite 7; also when there is no such table."""
    try:
        kinds = {column["name"].lower(): column["type"] for column in inspect(conn).get_columns(mapping.table)}
    except NoSuchTableError as error:
        raise PuenteError(
            f"There is no table {mapping.table}, which profile.yaml names. Nothing was written; correct the name "
            "and run the task again."
        ) from error
    for name in mapping.key.values():
        if name.lower() in kinds and not isinstance(kinds[name.lower()], String):
            raise PuenteError(
                f"{mapping.table}.{name} is {kinds[name.lower()]}, but the ERP's ids are text ('007' is not 7). "
                "Give the table a text column for the ERP's id, with a binary collation, and name it in profile.yaml."
            )


def _upsert(conn: Connection, entity: Entity, mapping: TableMap, link_id: str, run_id: str) -> None:
    _require_text_keys(conn, mapping)
    own, stage = _own_table(mapping), schema.stages[entity.name]
    staged = and_(stage.c.link_id == link_id, stage.c.run_id == run_id)
    same = and_(*(own.c[theirs] == stage.c[ours] for ours, theirs in mapping.key.items()))
    changes: dict[str, ColumnElement[Any]] = {theirs: stage.c[ours] for ours, theirs in mapping.columns.items()}
    changes |= {name: literal(value) for name, value in mapping.on_upsert.items()}
    if changes:
        conn.execute(update(own).where(staged, same).values(changes))
    fields = {theirs: stage.c[ours] for ours, theirs in mapping.key.items()} | changes
    conn.execute(insert(own).from_select(list(fields), select(*fields.values()).where(staged, ~exists().where(same))))


def _remove(conn: Connection, entity: Entity, mapping: TableMap, link_id: str, run_id: str) -> None:
    own, stage = _own_table(mapping), schema.stages[entity.name]
    staged = and_(stage.c.link_id == link_id, stage.c.run_id == run_id)
    same = and_(*(own.c[theirs] == stage.c[ours] for ours, theirs in mapping.key.items()))
    if mapping.on_delete is None:
        conn.execute(delete(own).where(exists().where(staged, same)))
    else:
        conn.execute(update(own).where(staged, same).values(mapping.on_delete))
