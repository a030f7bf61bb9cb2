"""What the control tables and the queues say of keys that differ: is it on its way, or set aside, or damage?

Nothing here goes by a clock: a change that was not captured yet shows in the fingerprint, one that is under way lies
in a queue, an inbox or the outbox, and one that was applied meanwhile has raised the record's version.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, case, func, select, text

from puente import contract
from puente.contract import SIDES, Side
from puente.db import schema
from puente.db.queues import has_rows, inspect_queue
from puente.nightly.looks import Job
from puente.sync.forms import PLATFORM_ID, UNBOUND, as_key
from puente.sync.route import Bridge, Route
from puente.transforms.canonical import canonical_text, record_keys, split_key, table_from_rows

_ASIDE = ("held", "quarantined", "discarded")


@dataclass
class Evidence:
    """By key, of one page of keys. `set_aside`: (one of FOUND, why) of the last row that has not been applied."""

    records: dict[Side, dict[str, Row[Any]]] = field(default_factory=dict)
    on_the_way: dict[str, str] = field(default_factory=dict)  # key -> why
    set_aside: dict[str, tuple[str, str]] = field(default_factory=dict)
    in_conflict: set[str] = field(default_factory=set)
    erp_knows_number: set[str] = field(default_factory=set)  # keys `~n` of which the ERP's side has heard


def versions(conn: Connection, job: Job, keys: list[str]) -> dict[str, int]:
    return {key: int(row.version) for key, row in records(conn, job, keys).items()}


def records(conn: Connection, job: Job, keys: list[str]) -> dict[str, Row[Any]]:
    record = schema.record
    query = select(record).where(
        record.c.link_id == job.link_id, record.c.entity == job.entity.name, record.c.record_key.in_(keys)
    )
    return {row.record_key: row for row in conn.execute(query)}


def gather(job: Job, keys: list[str]) -> Evidence:
    """Everything that is known of these keys now, from both sides. A few statements, whatever the number of keys."""
    found, bridge = Evidence(), job.bridge
    for side in SIDES:
        with bridge.database(side).read() as conn:
            found.records[side] = records(conn, job, keys)
            found.in_conflict |= _open_conflicts(conn, job, keys)
    readers: list[Side] = [side for side in ("platform", "erp") if contract.writer_of(side) in job.entity.queue]
    for reader in readers:
        route = bridge.route(reader, job.entity.name)
        for key in _queued(route, keys):
            found.on_the_way.setdefault(key, "queued")
        with route.reader_db.read() as conn:
            _look_into_inbox(conn, route, keys, found, reader)
    if job.entity.two_way:
        for key in _in_outbox(bridge, job.entity.name, keys):
            found.on_the_way.setdefault(key, "outbox")
        with bridge.erp.read() as conn:
            found.erp_knows_number = _numbers_known(conn, job, keys, found)
    return found


def _open_conflicts(conn: Connection, job: Job, keys: list[str]) -> set[str]:
    table = schema.conflict
    query = select(table.c.record_key).where(
        table.c.link_id == job.link_id, table.c.entity == job.entity.name, table.c.record_key.in_(keys),
        table.c.resolved_at.is_(None),
    )  # fmt: skip
    return set(conn.execute(query).scalars())


def _queued(route: Route, keys: list[str]) -> set[str]:
    """Which of the keys lie in the queue beside the ERP, by the ERP's id or the platform's."""
    shape, db = inspect_queue(route.queue_db, route.queue), route.queue_db
    names = [name for name in (*route.entity.key, PLATFORM_ID) if name in shape.columns]
    bound = [key for key in keys if not key.startswith(UNBOUND)]
    sought = {
        route.entity.key[0]: [split_key(key, len(route.entity.key))[0] for key in bound],
        PLATFORM_ID: [key.removeprefix(UNBOUND) for key in keys if key.startswith(UNBOUND)],
    }
    hint = " WITH (READPAST)" if db.dialect == "mssql" else ""
    found: set[str] = set()
    with db.read() as conn:
        if not has_rows(conn, db, shape, route.writer):
            return found
        columns = ", ".join(f"t.{db.quote(shape.columns[name])}" for name in names)
        for name in (name for name in sought if name in names and sought[name]):
            column = as_key(db.dialect, db.quote(shape.columns[name]))
            query = text(f"SELECT {columns} FROM {db.quote(shape.table)} t{hint} WHERE {column} IN :some")
            rows = conn.execute(
                query.bindparams(bindparam("some", expanding=True)), {"some": sorted(set(sought[name]))}
            )
            page = table_from_rows([tuple(row) for row in rows], names)
            if name == PLATFORM_ID:
                found |= {f"{UNBOUND}{number}" for number in canonical_text(page.column(name), "key").to_pylist()}
            else:
                found |= set(record_keys([canonical_text(page.column(part), "key") for part in route.entity.key]))
    return found & set(keys)


def _look_into_inbox(conn: Connection, route: Route, keys: list[str], found: Evidence, reader: Side) -> None:
    """The last row of each key that is later than what was applied: under way, or set aside."""
    inbox, batch = route.inbox, schema.batch
    closed = select(batch.c.batch_id).where(
        batch.c.link_id == route.link_id, batch.c.reader == reader, batch.c.status == "closed"
    )
    behind_gate = case((inbox.c.taken_by.in_(closed), 1), else_=0)  # SQL Server selects no truth values
    query: Select[Any] = (
        select(
            inbox.c.record_key, inbox.c.inbox_id, inbox.c.state, inbox.c.waits_for, inbox.c.epoch,
            inbox.c.id_registro, inbox.c.revision, inbox.c.taken_by, behind_gate.label("closed"),
        )
        .where(inbox.c.link_id == route.link_id, inbox.c.record_key.in_(keys), inbox.c.state.in_(("pending", *_ASIDE)))
        .order_by(inbox.c.epoch, inbox.c.id_registro, inbox.c.revision)
    )  # fmt: skip
    last = {row.record_key: row for row in conn.execute(query)}
    open_rows: dict[str, Row[Any]] = {}
    for key, row in last.items():
        record = found.records[reader].get(key)
        applied = (-1, -1, -1) if record is None or record.epoch is None else _position(record)
        if _position(row) > applied:
            open_rows[key] = row
    rules = _rules(conn, route, [row.inbox_id for row in open_rows.values()])
    for key, row in open_rows.items():
        if row.state == "pending" and not row.closed:
            found.on_the_way[key] = "inbox"
        elif row.state == "pending":
            found.set_aside[key] = ("held", f"closed:{row.taken_by}")
        else:
            found.set_aside[key] = (row.state, f"rule:{rules.get(row.inbox_id) or row.waits_for or ''}")


def _position(row: Row[Any]) -> tuple[int, int, int]:
    return (row.epoch, row.id_registro, row.revision)


def _rules(conn: Connection, route: Route, ids: list[int]) -> dict[int, str]:
    """One rule's id for each row, never its message: that may hold values."""
    finding = schema.finding
    query = select(finding.c.inbox_id, func.min(finding.c.rule_id)).where(
        finding.c.link_id == route.link_id, finding.c.queue == route.queue.name, finding.c.inbox_id.in_(ids)
    )
    rows = conn.execute(query.group_by(finding.c.inbox_id)).all()
    return {int(inbox_id): str(rule) for inbox_id, rule in rows}


def _in_outbox(bridge: Bridge, entity: str, keys: list[str]) -> set[str]:
    """Which of the keys wait to be put into a queue. The outbox is emptied every few minutes."""
    table, wanted, found = schema.outbox, set(keys), set[str]()
    query = select(table.c.event_id).where(
        table.c.link_id == bridge.link.link_id, table.c.entity == entity, table.c.status == "waiting"
    )
    with bridge.platform.read() as conn:
        for event in conn.execute(query).scalars():
            _incarnation, _entity, rest = event.split(":", 2)
            found.add(rest.rpartition(":")[0])
    return found & wanted


def _numbers_known(conn: Connection, job: Job, keys: list[str], found: Evidence) -> set[str]:
    """Of the shop's customers without an ERP id: those that the ERP's side has taken or waits to see taken."""
    numbers = [key.removeprefix(UNBOUND) for key in keys if key.startswith(UNBOUND)]
    binding = schema.binding
    query = select(binding.c.platform_id).where(
        binding.c.link_id == job.link_id, binding.c.entity == job.entity.name, binding.c.platform_id.in_(numbers)
    )
    bound = {f"{UNBOUND}{number}" for number in conn.execute(query).scalars()} if numbers else set()
    waiting = {key for key, row in found.records["erp"].items() if key.startswith(UNBOUND) and row.active}
    return bound | waiting
