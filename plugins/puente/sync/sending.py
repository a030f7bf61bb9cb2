"""The end of a capture: queue rows and fingerprints of one reading, in one transaction.

Beside the queues a change becomes a queue row at once; on a platform in another database it goes into the outbox.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    and_,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)

from puente.contract import ORIGIN
from puente.db import schema
from puente.db.queues import QueueShape, inspect_queue, queue_table
from puente.errors import ContractBroken
from puente.sync import bindings, outbox
from puente.sync.control import incarnation
from puente.sync.forms import PLATFORM_ID, UNBOUND
from puente.sync.route import utc_now
from puente.sync.verdicts import portions
from puente.transforms.canonical import KEY_SIZE, split_key

if TYPE_CHECKING:
    from puente.sync.capture import Job

RUN = "capture"  # the stage and scan belong to whoever holds the lease: one capture per link and entity

Way = QueueShape | None  # the queue beside which the ERP's changes are written; None: by the outbox


def way_out(job: Job) -> Way:
    """Where this capture's rows go. ContractBroken when the queue is not as the contract says."""
    return inspect_queue(job.db, job.queue) if job.side == "erp" else None


def write(conn: Connection, job: Job, way: Way, gone: list[str], *, send: bool = True) -> int:
    """Rows for deletes, then for upserts, then the fingerprints; returns the number of upserts."""
    record, scan, stage = schema.record, schema.scan, schema.stages[job.entity.name]
    staged = and_(stage.c.link_id == job.lease.link_id, stage.c.run_id == RUN)
    upserts = int(conn.execute(select(func.count()).select_from(stage).where(staged)).scalar_one())
    if send and way is None:
        _put_deletes(conn, job, gone)
        _put_upserts(conn, job, staged)
    elif send and way is not None:
        if gone:
            _insert_deletes(conn, job, way, gone)
        if upserts:
            _insert_upserts(conn, job, way, staged)
    for some in portions(gone):
        here = and_(job.records(), record.c.record_key.in_(some))
        # Two statements: MySQL sets from left to right, and the second would see what the first has set.
        conn.execute(update(record).where(here).values(sent_version=record.c.version + 1))
        values = {"active": 0, "fingerprint": None, "applied_hash": None, "must_send": 0, "changed_at": utc_now()}
        conn.execute(update(record).where(here).values(**values, version=record.c.version + 1))
    if job.entity.two_way:
        bindings.unbind(conn, job.lease.link_id, job.entity.name, gone)
    if upserts:
        _note_fingerprints(conn, job)
    conn.execute(delete(scan).where(job.scanned()))
    conn.execute(delete(stage).where(staged))
    return upserts


# ---------------------------------------------------------------- by the outbox
def _put_upserts(conn: Connection, job: Job, staged: ColumnElement[bool]) -> None:
    """Customers come in tens: row by row."""
    record, stage = schema.record, schema.stages[job.entity.name]
    same = and_(job.records(), record.c.record_key == stage.c.record_key)
    query = (
        select(stage, record.c.version, record.c.base_version)
        .select_from(stage.outerjoin(record, same))
        .where(staged)
        .order_by(stage.c.row_no)
    )
    for row in conn.execute(query).mappings().all():
        payload = {c.name: None if row[c.name] is None else str(row[c.name]) for c in job.queue.columns}
        _put(conn, job, row["record_key"], payload, "U", row["version"], row["base_version"])


def _put_deletes(conn: Connection, job: Job, gone: list[str]) -> None:
    record = schema.record
    for some in portions(gone):
        query = select(record.c.record_key, record.c.version, record.c.base_version)
        for row in conn.execute(query.where(job.records(), record.c.record_key.in_(some))).all():
            names = dict.fromkeys((c.name for c in job.queue.columns), None)
            if row.record_key.startswith(UNBOUND):
                key: dict[str, str | None] = {PLATFORM_ID: row.record_key.removeprefix(UNBOUND)}
            else:
                key = dict(zip(job.entity.key, split_key(row.record_key, len(job.entity.key)), strict=True))
            _put(conn, job, row.record_key, {**names, **key}, "D", row.version, row.base_version)


def _put(
    conn: Connection, job: Job, key: str, payload: dict[str, str | None], op: str, known: int | None, base: int | None
) -> None:
    version = int(known or 0) + 1
    unit = f"{job.entity.name}:{version}:{key}"[:KEY_SIZE]
    outbox.put(conn, job.lease.link_id, job.entity.name, unit, key, version, payload, op=op, base=int(base or 0))


# ---------------------------------------------------------------- beside the queues
def _event(job: Job, identity: str, key: ColumnElement[str], version: ColumnElement[int]) -> ColumnElement[str]:
    """incarnation:entity:key:version, the same however often it is inserted."""
    return (
        literal(f"{identity}:{job.entity.name}:", String(120))
        + key
        + literal(":", String(1))
        + cast(version, String(20))
    )


def _insert_upserts(conn: Connection, job: Job, shape: QueueShape, staged: ColumnElement[bool]) -> None:
    record, stage = schema.record, schema.stages[job.entity.name]
    payload = [c.name for c in job.queue.columns if c.name in shape.columns]
    source: dict[str, ColumnElement[Any]] = {name: stage.c[name] for name in payload}
    envelope = {
        "Operacion": literal("U", String(1)),
        "Origen": literal(ORIGIN[job.side], String(10)),
        "ID_Evento": _event(job, incarnation(conn), stage.c.record_key, func.coalesce(record.c.version, 0) + 1),
    }
    source |= {name: value for name, value in envelope.items() if name in shape.columns}
    tables = stage.outerjoin(record, and_(job.records(), record.c.record_key == stage.c.record_key))
    if job.entity.two_way:
        binding = schema.binding
        bound = and_(
            binding.c.link_id == job.lease.link_id, binding.c.entity == job.entity.name,
            binding.c.erp_id == stage.c.record_key,
        )  # fmt: skip
        tables = tables.outerjoin(binding, bound)
        answers = {
            PLATFORM_ID: func.coalesce(binding.c.platform_id, stage.c[PLATFORM_ID]),
            "Version_Base": func.coalesce(record.c.base_version, 0),
        }
        source |= {name: value for name, value in answers.items() if name in shape.columns}
    query = select(*source.values()).select_from(tables).where(staged).order_by(stage.c.row_no)
    conn.execute(insert(queue_table(shape)).from_select([shape.columns[name] for name in source], query))


def _insert_deletes(conn: Connection, job: Job, shape: QueueShape, gone: list[str]) -> None:
    if "Operacion" not in shape.columns:
        raise ContractBroken(
            f"{len(gone)} records of {job.entity.name} were deleted, but queue {shape.table} has no column Operacion "
            "to say so. Nothing was sent; add the column, or set capture to vendor in the profile."
        )
    record, identity = schema.record, incarnation(conn)
    versions: dict[str, int] = {}
    for some in portions(gone):
        known = select(record.c.record_key, record.c.version).where(job.records(), record.c.record_key.in_(some))
        versions |= {row.record_key: int(row.version) for row in conn.execute(known)}
    rows = []
    for key in gone:
        event = outbox.event_id(identity, job.entity.name, key, versions[key] + 1)
        values = dict(zip(job.entity.key, split_key(key, len(job.entity.key)), strict=True))
        values |= {"Operacion": "D", "Origen": ORIGIN[job.side], "ID_Evento": event}
        rows.append({shape.columns[name]: value for name, value in values.items() if name in shape.columns})
    conn.execute(insert(queue_table(shape)), rows)


def _note_fingerprints(conn: Connection, job: Job) -> None:
    """The staged keys' records take the fingerprint of the same reading."""
    record, scan, stage = schema.record, schema.scan, schema.stages[job.entity.name]
    changed = and_(
        job.scanned(), stage.c.link_id == job.lease.link_id, stage.c.run_id == RUN,
        stage.c.record_key == scan.c.record_key,
    )  # fmt: skip
    same = and_(job.records(), record.c.record_key == scan.c.record_key)
    values: dict[str, ColumnElement[Any]] = {
        "active": literal(1),
        "fingerprint": scan.c.fingerprint,
        "fingerprint_version": literal(job.version),
        "blank_mask": scan.c.blank_mask,
        "unique_value": scan.c.unique_value,
        "changed_at": literal(utc_now()),
    }
    if job.entity.two_way:
        # First, and alone: what is sent once more without a change (`must_send`) is no version that could conflict.
        differs = or_(
            record.c.fingerprint.is_(None), record.c.fingerprint != scan.c.fingerprint,
            record.c.fingerprint_version != job.version, record.c.active == 0,
        )  # fmt: skip
        conn.execute(update(record).where(changed, same, differs).values(sent_version=record.c.version + 1))
        values["applied_hash"] = null()  # what was applied is no longer what is here: the same again is no repeat
    conn.execute(update(record).where(changed, same).values(**values, must_send=0, version=record.c.version + 1))
    names = ["link_id", "entity", "record_key", "key_fold", "version", "sent_version", *values]
    conn.execute(
        insert(record).from_select(
            names,
            select(
                literal(job.lease.link_id), literal(job.entity.name), scan.c.record_key, scan.c.key_fold,
                literal(1), literal(1), *values.values(),
            ).select_from(scan.join(stage, changed)).where(~exists().where(same)),
        )
    )  # fmt: skip
