"""A side to rehearse on: one SQLite file that holds what the reader's side knows and what its own tables show.

The protocol's own steps run on it as they are. What a profile's SQL does to real tables is stood in for by tables in
the contract's form: `copy_<entity>`, filled from the profile's capture SELECT, and `before_<entity>`, which keeps how
each record was when it was first written. Both real databases are only read; asked to write, they refuse.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any, NoReturn

import yaml
from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    MetaData,
    SmallInteger,
    String,
    Table,
    and_,
    func,
    insert,
    literal_column,
    or_,
    select,
    table,
)

from puente import contract
from puente.contract import Entity, Side
from puente.db import schema
from puente.db.connect import Database, open_database
from puente.db.ddl import create_missing
from puente.db.queues import inspect_queue
from puente.db.stream import stream_select
from puente.errors import ContractBroken, PuenteError
from puente.profiles import Profile
from puente.sync.forms import PLATFORM_ID, identities
from puente.sync.profilecheck import bare, check_script, check_target, yields
from puente.sync.route import Bridge
from puente.transforms.canonical import contract_columns

PROFILE = "dry_run"
OPEN = ("pending", "held", "quarantined")  # inbox rows that may still be applied
_PAGE = 5_000
_FOLDER, _LOCK = "puente-dry-run-", "lock"
_NOTHING = 1 << 62  # above every id

tables = MetaData()


def _columns(entity: Entity) -> list[Column[str]]:
    return [Column(c.name, schema.payload_type(c)) for c in schema.stage_columns(entity)]


def _copy(entity: Entity) -> Table:
    name = f"copy_{entity.name}"
    return Table(name, tables, Column("record_key", String), *_columns(entity), Index(f"ix_{name}", "record_key"))


def _before(entity: Entity) -> Table:
    was_there = Column("was_there", SmallInteger, nullable=False)
    return Table(
        f"before_{entity.name}", tables, Column("record_key", String, primary_key=True), was_there, *_columns(entity)
    )


copies = {name: _copy(entity) for name, entity in contract.ENTITIES.items()}
befores = {name: _before(entity) for name, entity in contract.ENTITIES.items()}


class ReadOnly(Database):
    """A real database during a dry run."""

    def begin(self) -> NoReturn:
        raise PuenteError("A dry run writes into neither side's database; this is a defect of Puente.")


@dataclass(frozen=True)
class Scratch:
    """The link with `reader`'s side exchanged for the copy. `shown`: contract columns of each entity that the real
    side's capture SELECT yields; an entity that it does not show is not here. `faults`: why the real profile could not
    write an entity."""

    reader: Side
    bridge: Bridge
    db: Database
    shown: dict[str, tuple[contract.Column, ...]]
    faults: dict[str, str]


@contextmanager
def _folder() -> Iterator[Path]:
    """Locked while it is in use, so that what a killed dry run left behind is told from one at work."""
    sweep()
    with TemporaryDirectory(prefix=_FOLDER) as folder, open(Path(folder, _LOCK), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Path(folder)


def sweep() -> int:
    """Delete the copies that killed dry runs have left on this machine; returns how many there were."""
    swept = 0
    for folder in Path(gettempdir()).glob(f"{_FOLDER}*"):
        try:
            with open(folder / _LOCK, "r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
        except OSError:
            continue  # at work, somebody else's, or just being made
        swept += 1
    return swept


@contextmanager
def scratch(bridge: Bridge, reader: Side) -> Iterator[Scratch]:
    """The copy for the length of a block, in a folder that only this user may read; deleted at the end.

    ContractBroken when a capture SELECT of the reader's profile lacks its key.
    """
    bridge.require_two_databases()
    with _folder() as home:
        db = open_database(f"sqlite:///{home / 'copy.db'}")
        try:
            create_missing(db, "platform")  # the control tables; queues stay where they are
            tables.create_all(db.engine)
            shown, faults = _write_profiles(bridge, reader, home / "profiles")
            _copy_control(bridge, reader, db)
            for entity in shown:
                _copy_own(bridge, reader, db, contract.ENTITIES[entity])
            yield Scratch(reader, _exchanged(bridge, reader, db, home), db, shown, faults)
        finally:
            db.engine.dispose()


def _exchanged(bridge: Bridge, reader: Side, db: Database, home: Path) -> Bridge:
    settings = replace(bridge.settings, profiles_dir=home / "profiles", reports_dir=home / "reports", keys=None)
    sides: dict[Side, Database] = {side: ReadOnly(bridge.database(side).engine) for side in contract.SIDES}
    queues = sides["erp"]
    sides[reader] = db
    stands_in: dict[str, Any] = {f"{reader}_profile": PROFILE}
    return Bridge(replace(bridge.link, **stands_in), sides["erp"], sides["platform"], settings, queues=queues)


# ---------------------------------------------------------------- the profile that stands in
def _write_profiles(
    bridge: Bridge, reader: Side, home: Path
) -> tuple[dict[str, tuple[contract.Column, ...]], dict[str, str]]:
    """The other side's profile as it is, and one for the copy; what the real side shows, and what it cannot write."""
    other = bridge.link.platform_profile if reader == "erp" else bridge.link.erp_profile
    shutil.copytree(bridge.settings.profiles_dir / other, home / other)
    real, folder, db = bridge.profile(reader), home / PROFILE, bridge.database(reader)
    folder.mkdir()
    shown, faults = {}, {}
    for name in contract.READ_SEQUENCE[reader]:
        entity = contract.ENTITIES[name]
        if not entity.of_orders and (columns := _shown(db, real, entity)):
            shown[name] = columns
            (folder / f"capture_{name}.sql").write_text(_capture(entity), encoding="utf-8")
        for kind, text in (("apply", _apply(entity)), ("delete", _delete(entity)), ("bind", _bind(entity))):
            # What the real profile has no way to do, the copy's has none for either, and the step says so.
            if real.statements(kind, name) or (kind != "bind" and name in real.tables):
                (folder / f"{kind}_{name}.sql").write_text(text, encoding="utf-8")
        if fault := _fault(db, real, entity):
            faults[name] = fault
    modes = {name: {"capture": real.capture_mode(name)} for name in contract.ENTITIES}
    # The real one's name and version: fingerprints are compared only between equals.
    document = {**real.raw, "name": real.name, "version": real.version, "entities": modes}
    (folder / "profile.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return shown, faults


def _fault(db: Database, profile: Profile, entity: Entity) -> str:
    """Why what the profile has for this entity cannot be run on its side, as far as the server tells without running
    it; '' when nothing is known against it."""
    if entity.of_orders:
        sql = profile.sql("apply", entity.name)
        found = check_script(db, f"apply_{entity.name}.sql", sql) if sql is not None else []
    else:
        found = check_target(db, profile, entity.name)
    bad = [one for one in found if one.level == "fail" and not one.subject.startswith(("erase", "delete"))]
    return "; ".join(f"{one.subject}: {one.what}" for one in bad)


def _shown(db: Database, profile: Profile, entity: Entity) -> tuple[contract.Column, ...]:
    sql = profile.sql("capture", entity.name)
    if sql is None:
        return ()
    names = yields(db, sql)
    if missing := [name for name in entity.key if name.lower() not in names]:
        raise ContractBroken(
            f"capture_{entity.name}.sql of profile {profile.name} yields no {', '.join(missing)}. "
            "Nothing was rehearsed; name the columns as the contract does."
        )
    return tuple(c for c in schema.stage_columns(entity) if c.name.lower() in names)


def _names(entity: Entity, prefix: str = "") -> str:
    return ", ".join(f'{prefix}"{c.name}"' for c in schema.stage_columns(entity))


def _staged(entity: Entity) -> str:
    return f"SELECT s.record_key FROM puente_stage_{entity.name} s WHERE s.link_id = :link_id AND s.run_id = :run_id"


def _capture(entity: Entity) -> str:
    return f"SELECT {_names(entity)} FROM copy_{entity.name};\n"


def _remember(entity: Entity) -> str:
    """How a record was before the first statement that writes it."""
    name, fields = entity.name, _names(entity)
    return (
        f"INSERT INTO before_{name} (record_key, was_there, {fields})\n"
        f"SELECT k.record_key, c.record_key IS NOT NULL, {_names(entity, 'c.')}\n"
        f"FROM (SELECT DISTINCT record_key FROM ({_staged(entity)})) k\n"
        f"LEFT JOIN copy_{name} c ON c.record_key = k.record_key\n"
        f"WHERE NOT EXISTS (SELECT 1 FROM before_{name} b WHERE b.record_key = k.record_key);\n\n"
    )


def _apply(entity: Entity) -> str:
    name, fields = entity.name, [c.name for c in schema.stage_columns(entity) if c.name != PLATFORM_ID]
    changes = ", ".join(f'"{field}" = s."{field}"' for field in fields)
    return (
        _remember(entity) + f"UPDATE copy_{name} SET {changes} FROM puente_stage_{name} s\n"
        f"WHERE s.link_id = :link_id AND s.run_id = :run_id AND copy_{name}.record_key = s.record_key;\n\n"
        f"INSERT INTO copy_{name} (record_key, {_names(entity)})\n"
        f"SELECT s.record_key, {_names(entity, 's.')} FROM puente_stage_{name} s\n"
        f"WHERE s.link_id = :link_id AND s.run_id = :run_id\n"
        f"  AND NOT EXISTS (SELECT 1 FROM copy_{name} c WHERE c.record_key = s.record_key);\n"
    )


def _delete(entity: Entity) -> str:
    return _remember(entity) + f"DELETE FROM copy_{entity.name} WHERE record_key IN ({_staged(entity)});\n"


def _bind(entity: Entity) -> str:
    """The ERP's id takes the place of the platform's."""
    if not entity.two_way:
        return ""
    key = entity.key[0]
    return (
        f'UPDATE copy_{entity.name} SET record_key = s.record_key, "{key}" = s."{key}"\n'
        f"FROM puente_stage_{entity.name} s WHERE s.link_id = :link_id AND s.run_id = :run_id\n"
        f'  AND copy_{entity.name}."{PLATFORM_ID}" = s."{PLATFORM_ID}";\n'
    )


# ---------------------------------------------------------------- what the side knows
def _copy_control(bridge: Bridge, reader: Side, db: Database) -> None:
    """The link's control rows that decide what becomes of a queue row. A pause is none: who rehearses may do it."""
    link_id, source = bridge.link.link_id, bridge.database(reader)
    known = (
        schema.record, schema.binding, schema.order, schema.order_history, schema.conflict, schema.permit,
        schema.position, schema.decision,
    )  # fmt: skip
    for each in known:
        _copy_rows(source, db, each, each.c.link_id == link_id)
    batch, seen = schema.batch, schema.seen
    newest = select(func.max(batch.c.batch_id)).scalar_subquery()  # numbers are counted on from it
    unsettled = and_(batch.c.link_id == link_id, batch.c.status != "settled")
    _copy_rows(source, db, batch, or_(unsettled, batch.c.batch_id == newest))
    for name in contract.READ_SEQUENCE[reader]:
        queue = contract.queue_for(name, reader)
        lowest = _lowest_id(bridge, queue)
        inbox = schema.inboxes[queue.name]
        matters = or_(inbox.c.state.in_(OPEN), inbox.c.cleared == 0, inbox.c.id_registro >= lowest)
        if name == "order_lines":
            matters = or_(matters, inbox.c.state == "applied")  # they tell whose a line is
        _copy_rows(source, db, inbox, and_(inbox.c.link_id == link_id, matters))
        known_before = and_(seen.c.link_id == link_id, seen.c.queue == queue.name, seen.c.id_registro >= lowest)
        _copy_rows(source, db, seen, known_before)
    if reader == "platform":  # so that a new state of an order is told from the one it is in
        order, copy = schema.order, copies["order_states"]
        now = select(order.c.order_id, order.c.order_id, order.c.state).where(order.c.link_id == link_id)
        with db.begin() as conn:
            conn.execute(insert(copy).from_select(["record_key", "ID_Pedido_Cabecera", "Estado"], now))


def _lowest_id(bridge: Bridge, queue: contract.Queue) -> int:
    """The queue's lowest ID_Registro: rows landed under lower ones cannot come again in this run."""
    try:
        shape = inspect_queue(bridge.erp, queue)
    except ContractBroken:
        return _NOTHING  # for `receive` to say so: it stops this entity, and the others go on
    row_id: ColumnElement[int] = literal_column(bridge.erp.quote(shape.columns[contract.ROW_ID]))
    place = table(shape.table)
    lowest_id = select(func.min(row_id)).select_from(place).with_hint(place, "WITH (READPAST)", "mssql")
    with bridge.erp.read() as conn:
        lowest = conn.execute(lowest_id).scalar()
    return _NOTHING if lowest is None else int(lowest)


def _copy_rows(source: Database, db: Database, each: Table, which: ColumnElement[bool]) -> None:
    with source.read() as conn, db.begin() as target:
        rows = conn.execution_options(yield_per=_PAGE).execute(select(each).where(which))
        for some in rows.mappings().partitions():
            target.execute(insert(each), [dict(row) for row in some])


def _copy_own(bridge: Bridge, reader: Side, db: Database, entity: Entity) -> None:
    """The side's records in the contract's form. One without any key is nobody's to write and is left out."""
    sql, copy = bridge.profile(reader).sql("capture", entity.name), copies[entity.name]
    assert sql is not None
    known: set[str] = set()
    for page in stream_select(bridge.database(reader), bare(sql), bridge.settings.receive_chunk):
        columns = contract_columns(page, schema.stage_columns(entity))
        values = {name: array.to_pylist() for name, array in columns.items()}
        rows = []
        for number, key in enumerate(identities(entity, columns)):
            if key.strip("| ") and key not in known:
                known.add(key)
                rows.append({"record_key": key, **{name: column[number] for name, column in values.items()}})
        if rows:
            with db.begin() as conn:
                conn.execute(insert(copy), rows)
