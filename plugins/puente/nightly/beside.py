"""A database beside another: where a backup is restored before anybody relies on it, and how the two change places.

SQLite: another file in the same folder, exchanged by renaming. MySQL and MariaDB: another schema on the same server,
whose tables are exchanged by RENAME TABLE; views, routines and events stay as they are now, and those that are lacking
are made. SQL Server: another database, exchanged by ALTER DATABASE … MODIFY NAME; that was never run here. The one that
made room is kept as `<name>_before` until a person drops it. Each step may be repeated after a death in the middle.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, Engine, create_engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from puente.db.connect import Database, open_database
from puente.db.queues import identity_value
from puente.errors import PuenteError
from puente.files import sync_folder
from puente.nightly import mysqlcode, mysqldump
from puente.nightly.mysqlcode import Code
from puente.sync.findings import in_one_line

Suffix = Literal["restored", "drill", "before"]
_NOTES = "puente_swap"  # in `<name>_before`: what was in either before the exchange began, and what was made (MySQL)


def beside(db: Database, suffix: Suffix) -> Database:
    """The database `<name>_<suffix>` on the same server; it need not exist."""
    name = _name(db, suffix)
    return open_database(db.engine.url.set(database=name))


def make_empty(db: Database, suffix: Suffix) -> Database:
    """The same, empty: what was left in it by an earlier try is dropped."""
    drop(db, suffix)
    if db.dialect != "sqlite":
        _create(db, _name(db, suffix))
    return beside(db, suffix)


def make_own(db: Database) -> None:
    """The database itself, empty, where it was lost with its server or its disk."""
    if there(db):
        return
    db.engine.dispose()
    if db.dialect == "sqlite":
        Path(_own_name(db)).touch()
    else:
        _create(db, _own_name(db))


def drop(db: Database, suffix: Suffix) -> None:
    """Drop the database beside, if it is there."""
    if db.dialect == "sqlite":
        for end in ("", "-wal", "-shm"):
            Path(f"{_name(db, suffix)}{end}").unlink(missing_ok=True)
        return
    with _administrator(db) as conn:
        conn.exec_driver_sql(f"DROP DATABASE IF EXISTS {db.quote(_name(db, suffix))}")


def exists(db: Database, suffix: Suffix) -> bool:
    return _exists(db, _name(db, suffix))


def there(db: Database) -> bool:
    """Whether the database itself exists; SQLite would make a file that does not."""
    return _exists(db, _own_name(db))


def _exists(db: Database, name: str) -> bool:
    if db.dialect == "sqlite":
        return Path(name).exists()
    query = {
        "mysql": "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = :name",
        "mssql": "SELECT COUNT(*) FROM sys.databases WHERE name = :name",
    }[db.dialect]
    with _administrator(db) as conn:
        return bool(conn.execute(text(query), {"name": name}).scalar())


def _create(db: Database, name: str) -> None:
    charset = " CHARACTER SET utf8mb4" if db.dialect == "mysql" else ""
    with _administrator(db) as conn:
        conn.exec_driver_sql(f"CREATE DATABASE {db.quote(name)}{charset}")


def swap(db: Database) -> None:
    """`<name>_restored` takes the place of `<name>`, which is kept as `<name>_before`. PuenteError without a copy."""
    if not exists(db, "restored"):
        if exists(db, "before"):
            return  # done by an earlier try
        raise PuenteError(f"There is no {_name(db, 'restored')} to put in the place of {db.engine.url.database}.")
    match db.dialect:
        case "sqlite":
            _move_file(db, _own_name(db), _name(db, "before"))
            _move_file(db, _name(db, "restored"), _own_name(db))
        case "mysql":
            _exchange_tables(db, forward=True)
        case "mssql":
            _rename_databases(db, [(_own_name(db), _name(db, "before")), (_name(db, "restored"), _own_name(db))])


def swap_back(db: Database) -> None:
    """What made room comes back into its place, and what was restored is beside it once more; nothing unswapped."""
    if not exists(db, "before"):
        return
    match db.dialect:
        case "sqlite":
            if not exists(db, "restored"):
                _move_file(db, _own_name(db), _name(db, "restored"))
            _move_file(db, _name(db, "before"), _own_name(db))
        case "mysql":
            _exchange_tables(db, forward=False)
        case "mssql":
            _rename_databases(db, [(_own_name(db), _name(db, "restored")), (_name(db, "before"), _own_name(db))])


def raise_counters(db: Database, leave: tuple[str, ...] = ()) -> list[str]:
    """Numbers that were given out since the backup are not given out again: the restored tables count on from where
    those of `<name>_before` stand. Returns the tables that were raised; `leave` are not touched."""
    raised: list[str] = []
    if not exists(db, "before"):
        return raised
    before = beside(db, "before")
    try:
        names = set(inspect(before.engine).get_table_names()) & set(inspect(db.engine).get_table_names()) - set(leave)
        with before.read() as old, db.begin() as new:
            for name in sorted(names):
                reached, now = (_given_out(conn, db, name) for conn in (old, new))
                if reached is not None and reached > (now or 0):
                    _set_counter(new, db, name, reached, first=now is None)
                    raised.append(name)
    finally:
        before.engine.dispose()
    return raised


def _given_out(conn: Connection, db: Database, table: str) -> int | None:
    """The last number that the table gave out; None where there was none yet, or the table gives out none."""
    if db.dialect != "mssql":
        return identity_value(conn, db.dialect, table)
    # IDENT_CURRENT says 1 of a table that never gave out a number, as of one that gave out 1.
    query = "SELECT CAST(last_value AS BIGINT) FROM sys.identity_columns WHERE object_id = OBJECT_ID(:t)"
    return conn.execute(text(query), {"t": table}).scalar()


def _set_counter(conn: Connection, db: Database, table: str, reached: int, *, first: bool) -> None:
    """`first`: the table has never given out a number."""
    match db.dialect:
        case "sqlite":
            noted = "INSERT INTO sqlite_sequence (seq, name) VALUES (:n, :t)"
            raised = "UPDATE sqlite_sequence SET seq = :n WHERE name = :t"
            conn.execute(text(noted if first else raised), {"n": reached, "t": table})
        case "mysql":
            conn.exec_driver_sql(f"ALTER TABLE {db.quote(table)} AUTO_INCREMENT = {reached + 1}")
        case "mssql":  # where there was none yet, the next one is the very number that it is set to
            conn.execute(text("DBCC CHECKIDENT (:t, RESEED, :n)"), {"t": table, "n": reached + first})


# ---------------------------------------------------------------- names
def _own_name(db: Database) -> str:
    name = db.engine.url.database
    if not name or name == ":memory:":
        raise PuenteError("A database without a name cannot be restored.")
    return name


def _name(db: Database, suffix: Suffix) -> str:
    own = _own_name(db)
    return f"{own}.{suffix}" if db.dialect == "sqlite" else f"{own}_{suffix}"


@contextmanager
def _administrator(db: Database) -> Iterator[Connection]:
    """A connection to no database of ours, without a transaction: databases are made and renamed from there."""
    url = db.engine.url._replace(database="master" if db.dialect == "mssql" else None)  # `set` takes None for: as it is
    engine: Engine = create_engine(url, isolation_level="AUTOCOMMIT", hide_parameters=True)
    try:
        with engine.connect() as conn:
            yield conn
    finally:
        engine.dispose()


# ---------------------------------------------------------------- SQLite
def _move_file(db: Database, before: str, after: str) -> None:
    """Rename a database file with everything in it; nothing where that is done already.

    PuenteError while somebody uses it: what is committed and still lies in the file beside it would be lost.
    """
    if not Path(before).exists() or Path(after).exists():
        return
    db.engine.dispose()
    whole = open_database(db.engine.url.set(database=before))
    with whole.engine.connect() as conn:
        busy = conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
    whole.engine.dispose()
    log = Path(f"{before}-wal")
    if busy or (log.exists() and log.stat().st_size):  # the second: written since
        raise PuenteError(f"{before} is in use and stays where it is. Stop whatever has it open, and try again.")
    for end in ("-wal", "-shm"):
        Path(f"{before}{end}").unlink(missing_ok=True)
    os.rename(before, after)
    sync_folder(Path(after).parent)


# ---------------------------------------------------------------- SQL Server
def _rename_databases(db: Database, renames: list[tuple[str, str]]) -> None:
    db.engine.dispose()
    with _administrator(db) as conn:
        for before, after in renames:
            there = conn.execute(text("SELECT COUNT(*) FROM sys.databases WHERE name = :n"), {"n": before}).scalar()
            taken = conn.execute(text("SELECT COUNT(*) FROM sys.databases WHERE name = :n"), {"n": after}).scalar()
            if not there or taken:
                continue
            conn.exec_driver_sql(f"ALTER DATABASE {db.quote(before)} SET SINGLE_USER WITH ROLLBACK IMMEDIATE")
            conn.exec_driver_sql(f"ALTER DATABASE {db.quote(before)} MODIFY NAME = {db.quote(after)}")
            conn.exec_driver_sql(f"ALTER DATABASE {db.quote(after)} SET MULTI_USER")


# ---------------------------------------------------------------- MySQL, MariaDB
def _exchange_tables(db: Database, *, forward: bool) -> None:
    """Every table of the one schema for every table of the other.

    A table with triggers cannot leave its schema: they are noted, dropped, and made again where their table has gone.
    What stood where is noted before the first move, so that a death in between is finished by the next try.
    """
    own, restored, before = _own_name(db), _name(db, "restored"), _name(db, "before")
    db.engine.dispose()
    with _administrator(db) as conn:
        for schema in (before, restored):
            conn.exec_driver_sql(f"CREATE DATABASE IF NOT EXISTS {db.quote(schema)} CHARACTER SET utf8mb4")
        _note_all(conn, db)
        noted = _noted(conn, db)
        tables = {home: [n.name for h, n in noted if h == home and n.kind == "table"] for home in ("old", "new")}
        if forward:
            moves = [(own, before, tables["old"]), (restored, own, tables["new"])]
        else:
            moves = [(own, restored, tables["new"]), (before, own, tables["old"])]
        for schema in (own, restored, before):
            for name in mysqlcode.names(conn, "trigger", schema):
                mysqlcode.drop(conn, "trigger", schema, name)
        _rename(conn, db, moves)
        mysqlcode.use(conn, own)
        for home, note in noted:
            if note.kind == "trigger" and home == ("new" if forward else "old"):
                mysqlcode.make(conn, note)
            elif home == "made" and not forward:
                mysqlcode.drop(conn, note.kind, own, note.name)
        conn.exec_driver_sql(f"DROP DATABASE IF EXISTS {db.quote(restored if forward else before)}")


def make_code(db: Database) -> list[str]:
    """Views and routines of the backup, which do not move with the tables, are made where the database lacks them.

    What is there stays as it is. Returns what could not be made, and why.
    """
    if db.dialect != "mysql" or not exists(db, "before"):
        return []
    failed: dict[Code, str] = {}
    with _administrator(db) as conn:
        there = {kind: _folded(kind, mysqlcode.names(conn, kind, _own_name(db))) for kind in mysqlcode.MOVED}
        waiting = [n for h, n in _noted(conn, db) if h == "new" and n.kind in there]
        waiting = [n for n in waiting if not _folded(n.kind, [n.name]) & there[n.kind]]
        _note(conn, db, [("made", one) for one in waiting])
        mysqlcode.use(conn, _own_name(db))
        while waiting:
            failed = {}
            for one in waiting:
                try:
                    mysqlcode.make(conn, one)
                except PuenteError as error:
                    failed[one] = str(error)
                except SQLAlchemyError as error:  # it may need one that comes later
                    failed[one] = in_one_line(error)
            if len(failed) == len(waiting):
                break
            waiting = list(failed)
    return [f"{one.kind} {one.name}: {why}" for one, why in failed.items()]


def make_events(db: Database, events: Mapping[str, bytes]) -> list[str]:
    """The same for scheduled events, which begin to run at once; `events` has the SQL that makes each."""
    if not events or not exists(db, "before"):
        return []
    with _administrator(db) as conn:
        there = _folded("event", mysqlcode.names(conn, "event", _own_name(db)))
        lacking = [name for name in events if not _folded("event", [name]) & there]
        _note(conn, db, [("made", Code("event", name)) for name in lacking])
    failed = {}
    for name in lacking:
        try:
            mysqldump.carry_out(db.engine.url, events[name])
        except PuenteError as error:
            failed[name] = str(error)
    with _administrator(db) as conn:
        there = _folded("event", mysqlcode.names(conn, "event", _own_name(db)))
    gone = {name: "the server dropped it at once: its time has passed" for name in lacking if name.lower() not in there}
    return [f"event {name}: {why}" for name, why in (gone | failed).items()]


def _folded(kind: str, names: Iterable[str]) -> set[str]:
    """Routines and events are the same in any letter case; views are files, as tables are."""
    return {name if kind == "view" else name.lower() for name in names}


def _rename(conn: Connection, db: Database, moves: list[tuple[str, str, list[str]]]) -> None:
    """All in one statement, which the server undoes as a whole when a part fails; what has moved already is left."""
    parts, taken = [], {schema: set(_tables(conn, schema)) for move in moves for schema in move[:2]}
    for source, target, names in moves:
        for name in names:
            if name in taken[source] and name not in taken[target]:
                parts.append(f"{db.quote(source)}.{db.quote(name)} TO {db.quote(target)}.{db.quote(name)}")
                taken[source].discard(name)
                taken[target].add(name)
    if parts:
        conn.exec_driver_sql(f"RENAME TABLE {', '.join(parts)}")


def _note_all(conn: Connection, db: Database) -> None:
    """What the old and the new schema have, before anything is moved; noted once, all of it or nothing."""
    before = _name(db, "before")
    if _NOTES in _tables(conn, before):
        return
    rows = []
    for home, schema, kinds in (
        ("old", _own_name(db), ("trigger",)),
        ("new", _name(db, "restored"), ("trigger", *mysqlcode.MOVED)),
    ):
        rows += [(home, Code("table", name)) for name in _tables(conn, schema)]
        rows += [(home, one) for one in mysqlcode.described(conn, schema, kinds)]
    notes = f"{db.quote(before)}.{_NOTES}"
    conn.exec_driver_sql(f"DROP TABLE IF EXISTS {notes}_new")
    conn.exec_driver_sql(
        f"CREATE TABLE {notes}_new (home VARCHAR(4), kind VARCHAR(9), name VARCHAR(64), definition LONGTEXT,"
        " sql_mode VARCHAR(1000), collation_name VARCHAR(64)) CHARACTER SET utf8mb4"
    )
    _note(conn, db, rows, f"{_NOTES}_new")
    conn.exec_driver_sql(f"RENAME TABLE {notes}_new TO {notes}")


def _note(conn: Connection, db: Database, rows: list[tuple[str, Code]], table: str = _NOTES) -> None:
    if rows:
        into = f"INSERT INTO {db.quote(_name(db, 'before'))}.{table} VALUES (%s, %s, %s, %s, %s, %s)"
        conn.exec_driver_sql(into, [(home, *astuple(one)) for home, one in rows])


def _noted(conn: Connection, db: Database) -> list[tuple[str, Code]]:
    notes = f"{db.quote(_name(db, 'before'))}.{_NOTES}"
    return [(row[0], Code(*row[1:])) for row in conn.exec_driver_sql(f"SELECT * FROM {notes}")]


def _tables(conn: Connection, schema: str) -> list[str]:
    query = (
        "SELECT TABLE_NAME AS name FROM information_schema.TABLES"
        " WHERE TABLE_SCHEMA = :schema AND TABLE_TYPE NOT LIKE '%VIEW' ORDER BY TABLE_NAME"
    )
    return list(conn.execute(text(query), {"schema": schema}).scalars())
