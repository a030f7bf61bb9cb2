"""capture: find what changed in the ERP's own tables and insert one queue row per change.

The profile's SELECT is read once, streaming. Every key read goes into `puente_scan` with its fingerprint, and the
payload of what differs into the stage; from that one reading come the comparison, the queue rows and the new
fingerprints, in one transaction. Deletes go before upserts. Nothing is sent when so much vanished or turned 0 at
once that an accident is likelier than a decision.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    and_,
    bindparam,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError

from puente import contract
from puente.contract import ORIGIN
from puente.db import schema
from puente.db.connect import Database
from puente.db.load import insert_arrow
from puente.db.queues import QueueShape, inspect_queue, queue_table
from puente.db.stream import stream_select
from puente.errors import ContractBroken, MassChange
from puente.profiles import Profile
from puente.sync import batches
from puente.sync.control import incarnation, use_permit
from puente.sync.leases import Lease, held
from puente.sync.route import Bridge, Run, utc_now
from puente.transforms.canonical import (
    HASH_VERSION,
    blank_masks,
    contract_columns,
    fold,
    record_keys,
    row_hashes,
    split_key,
)
from puente.transforms.fitting import find_unfit

UNFIT = "capture.unfit"
RUN = "capture"  # the stage and scan belong to whoever holds the lease: one capture per link and entity


@dataclass(frozen=True)
class Captured:
    """Records of one entity in one capture: read = upserts + unchanged + unfit, deletes are what vanished.

    `unfit` records do not fit the queue's types; they are listed (`quarantine list`) and tried again each time.
    """

    entity: str
    read: int
    upserts: int
    deletes: int
    unfit: int = 0

    @property
    def unchanged(self) -> int:
        return self.read - self.upserts - self.unfit


def fingerprint_version(profile: Profile) -> str:
    """What a fingerprint depends on besides the record: when it differs, the record is compared anew."""
    return f"{HASH_VERSION}/{profile.name}/{profile.version}"[:80]


@dataclass(frozen=True)
class _Job:
    bridge: Bridge
    entity: contract.Entity
    queue: contract.Queue
    profile: Profile
    lease: Lease

    @property
    def version(self) -> str:
        return fingerprint_version(self.profile)

    def records(self) -> ColumnElement[bool]:
        record = schema.record
        return and_(record.c.link_id == self.lease.link_id, record.c.entity == self.entity.name)

    def scanned(self) -> ColumnElement[bool]:
        scan = schema.scan
        return and_(scan.c.link_id == self.lease.link_id, scan.c.run_id == RUN, scan.c.entity == self.entity.name)

    def changed(self) -> ColumnElement[bool]:
        """Scanned keys whose record is unknown, gone, or has another fingerprint."""
        record, scan = schema.record, schema.scan
        as_known = exists().where(
            self.records(), record.c.record_key == scan.c.record_key, record.c.active == 1,
            record.c.fingerprint == scan.c.fingerprint, record.c.fingerprint_version == self.version,
        )  # fmt: skip
        return and_(self.scanned(), ~as_known)


def capture(bridge: Bridge, entity: str, run: Run, *, send: bool = True) -> Captured | None:
    """Capture one entity of the ERP; None when the profile leaves its queue to the vendor or to nobody.

    `send=False` only notes the fingerprints (baseline). MassChange when a guard refuses, ContractBroken when the
    SELECT lacks required columns or yields a key twice; nothing has been inserted then.
    """
    profile = bridge.profile("erp")
    if profile.capture_mode(entity) != "sql":
        return None
    sql = profile.sql("capture", entity)
    if sql is None:
        raise ContractBroken(f"Profile {profile.name}: capture is `sql` but there is no capture_{entity}.sql.")
    sql = sql.strip().rstrip(";")
    bridge.require_two_databases()
    definition = contract.ENTITIES[entity]
    queue = contract.QUEUES[definition.queue["erp"]]
    with bridge.erp.read() as conn:
        batches.refuse_if_paused(conn, bridge.link.link_id, entity)
    name, seconds = f"capture:{entity}", bridge.settings.lease_seconds
    with held(bridge.erp, bridge.link.link_id, name, run.owner, seconds) as lease:
        job = _Job(bridge, definition, queue, profile, lease)
        with lease.begin() as conn:
            _forget_scan(conn, job)
        read, unfit = _read_once(job, sql)
        with lease.db.read() as conn:
            missing = _missing(conn, job)
            refusal = _refusal(conn, job, read, len(missing))
        still_there = _look_again(job, sql, missing)
        gone = [key for key in missing if key not in still_there]
        shape = inspect_queue(bridge.erp, queue)
        with lease.begin() as conn:
            if refusal and not (read and use_permit(conn, job.lease.link_id, entity)):
                raise MassChange(_refused(entity, refusal, read))
            _list_unfit(conn, job, unfit)
            upserts = _write(conn, job, shape, gone, send)
    return Captured(entity, read, upserts, len(gone), len(unfit))


def _forget_scan(conn: Connection, job: _Job) -> None:
    stage = schema.stages[job.entity.name]
    conn.execute(delete(schema.scan).where(job.scanned()))
    conn.execute(delete(stage).where(stage.c.link_id == job.lease.link_id, stage.c.run_id == RUN))


def _read_once(job: _Job, sql: str) -> tuple[int, dict[str, str]]:
    """Stream the SELECT into scan and stage. Returns the number of records read, and what keys do not fit and why."""
    read, unfit = 0, dict[str, str]()
    for page in stream_select(job.bridge.erp, sql, job.bridge.settings.receive_chunk):
        _require_columns(job, page)
        if page.num_rows:
            unfit |= _note_page(job, page, read)
        read += page.num_rows
    return read, unfit


def _require_columns(job: _Job, page: pa.Table) -> None:
    present = {name.lower() for name in page.column_names}
    required = dict.fromkeys([*job.entity.key, *(c.name for c in job.queue.columns if c.required)])
    missing = [name for name in required if name.lower() not in present]
    if missing:
        raise ContractBroken(
            f"capture_{job.entity.name}.sql of profile {job.profile.name} yields no {', '.join(missing)}. "
            "Nothing was sent; name the columns as the contract does."
        )


def _note_page(job: _Job, page: pa.Table, before: int) -> dict[str, str]:
    columns = contract_columns(page, job.queue.columns)
    keys = record_keys([columns[name] for name in job.entity.key])
    count = len(keys)
    unfit = find_unfit(columns, job.queue.columns, job.entity.key)
    unique = pa.nulls(count, pa.string())
    if job.entity.unique:
        fits = pa.array([index not in unfit for index in range(count)])
        unique = pc.if_else(fits, columns[job.entity.unique], None)
    scan = pa.table(
        {
            "link_id": pa.array([job.lease.link_id] * count),
            "run_id": pa.array([RUN] * count),
            "entity": pa.array([job.entity.name] * count),
            "record_key": pa.array(keys, pa.string()),
            "key_fold": pa.array([fold(key) for key in keys], pa.string()),
            "fingerprint": pa.array(row_hashes(list(columns.values()))),
            "blank_mask": pa.array(blank_masks([columns[n] for n in job.entity.watched]) or [0] * count, pa.int32()),
            "unique_value": unique,
            "page_no": pa.array([before] * count, pa.int64()),
        }
    )
    try:
        with job.lease.begin() as conn:
            keyed = [index for index, key in enumerate(keys) if key.strip("| ")]
            insert_arrow(conn, schema.scan, scan if len(keyed) == count else scan.take(pa.array(keyed, pa.int64())))
            changed = _changed_keys(conn, job, before)
            _stage(conn, job, columns, keys, before, [i for i, k in enumerate(keys) if k in changed and i not in unfit])
    except IntegrityError as error:
        raise ContractBroken(
            f"capture_{job.entity.name}.sql yields the same key twice near row {before}: "
            f"{str(error.orig).splitlines()[0]}. Nothing was sent; each record must be one row."
        ) from error
    return {keys[index]: why for index, why in unfit.items()}


def _changed_keys(conn: Connection, job: _Job, before: int) -> set[str]:
    scan = schema.scan
    return set(conn.execute(select(scan.c.record_key).where(job.changed(), scan.c.page_no == before)).scalars())


def _stage(
    conn: Connection, job: _Job, columns: dict[str, pa.Array], keys: list[str], before: int, wanted: list[int]
) -> None:
    """Keep the payload of this page's changed rows: it must come from the same reading as the fingerprint."""
    if not wanted:
        return
    count = len(wanted)
    taken = pa.array(wanted)
    rows = {
        "link_id": pa.array([job.lease.link_id] * count),
        "run_id": pa.array([RUN] * count),
        "row_no": pa.array([before + index for index in wanted], pa.int64()),
        "record_key": pa.array([keys[index] for index in wanted], pa.string()),
        "Operacion": pa.array(["U"] * count),
    }
    rows |= {c.name: columns[c.name].take(taken) for c in job.queue.columns}
    insert_arrow(conn, schema.stages[job.entity.name], pa.table(rows))


# ---------------------------------------------------------------- what vanished, and the guards
def _missing(conn: Connection, job: _Job) -> list[str]:
    record, scan = schema.record, schema.scan
    read = exists().where(job.scanned(), scan.c.record_key == record.c.record_key)
    captured = and_(job.records(), record.c.active == 1, record.c.fingerprint.is_not(None))
    return [row[0] for row in conn.execute(select(record.c.record_key).where(captured, ~read))]


def _refusal(conn: Connection, job: _Job, read: int, missing: int) -> str:
    """I8: why this looks like an accident, '' when it does not."""
    record, scan, limit = schema.record, schema.scan, job.profile.mass_change
    captured = and_(job.records(), record.c.active == 1, record.c.fingerprint.is_not(None))
    known = int(conn.execute(select(func.count()).select_from(record).where(captured)).scalar_one())
    reasons = []
    if known and not read:
        reasons.append(f"capture_{job.entity.name}.sql yielded no rows, but {known} records are known")
    elif limit.exceeded(missing, known):
        reasons.append(f"{missing} of {known} known records vanished")
    if job.entity.watched:
        mask = scan.c.blank_mask.bitwise_or(record.c.blank_mask)
        blank = conn.execute(
            select(func.count())
            .select_from(scan)
            .join(record, and_(captured, record.c.record_key == scan.c.record_key))
            .where(job.scanned(), mask != record.c.blank_mask)
        ).scalar_one()
        if limit.exceeded(int(blank), known):
            reasons.append(f"in {blank} of {known} records one of {', '.join(job.entity.watched)} turned 0 or NULL")
    return "; ".join(reasons)


def _refused(entity: str, refusal: str, read: int) -> str:
    remedy = (
        f"If this is meant, run `python -m puente guard allow {entity} --why …` and the task again."
        if read
        else "An empty reading is never taken for a deletion, allowed or not."
    )
    return f"Refused to capture {entity}: {refusal}. Nothing was sent. {remedy}"


def _look_again(job: _Job, sql: str, missing: list[str]) -> set[str]:
    """Keys that a second look, by key, finds after all (rows that moved during the scan).

    Of a composite key each part is looked for on its own: that may find more keys than the missing ones, and an IN
    list costs the server one look at a row where as many conditions with OR cost hundreds.
    """
    found: set[str] = set()
    names = job.entity.key
    db = job.bridge.erp
    with db.read() as conn:
        for some in _portions(missing):
            parts = zip(*(split_key(key, len(names)) for key in some), strict=True)
            wanted = {f"part{i}": sorted(set(part)) for i, part in enumerate(parts)}
            columns = ", ".join(f"t.{db.quote(name)}" for name in names)
            terms = " AND ".join(f"{_as_key(db, name)} IN :part{i}" for i, name in enumerate(names))
            query = text(f"SELECT {columns} FROM ({_escaped(sql)}) t WHERE {terms}")
            for row in conn.execute(query.bindparams(*(bindparam(name, expanding=True) for name in wanted)), wanted):
                found.add(record_keys([pa.array([_key_text(part)]) for part in row])[0])
    return found


def _as_key(db: Database, name: str) -> str:
    """A key column as capture sees it: text, without the trailing blanks of CHAR columns."""
    kind = {"sqlite": "TEXT", "mysql": "CHAR", "mssql": "NVARCHAR(200)"}[db.dialect]
    return f"RTRIM(CAST(t.{db.quote(name)} AS {kind}))"


def _portions(keys: list[str]) -> Iterator[list[str]]:
    """Few enough for one statement on every engine, composite keys too."""
    return (keys[start : start + 1000] for start in range(0, len(keys), 1000))


def _escaped(sql: str) -> str:
    return sql.replace(":", r"\:")


def _key_text(part: object) -> str:
    return "" if part is None else str(part).rstrip(" ")


# ---------------------------------------------------------------- writing
def unsent(bridge: Bridge) -> list[str]:
    """The ERP's records that the last captures could not send, and why."""
    finding = schema.finding
    here = and_(finding.c.link_id == bridge.link.link_id, finding.c.rule_id == UNFIT)
    with bridge.erp.read() as conn:
        return list(conn.execute(select(finding.c.message).where(here).order_by(finding.c.message)).scalars())


def _list_unfit(conn: Connection, job: _Job, unfit: dict[str, str]) -> None:
    """Findings without an inbox row, on the ERP's side: what could not even be put into the queue, and why."""
    finding = schema.finding
    here = {"link_id": job.lease.link_id, "queue": job.queue.name, "rule_id": UNFIT}
    conn.execute(delete(finding).where(*(finding.c[name] == value for name, value in here.items())))
    if unfit:
        told = {"inbox_id": 0, "severity": "critical", "outcome": "unsent", "at": utc_now()}
        rows = [{**here, **told, "message": f"{job.entity.name} {key}: {why}"[:1000]} for key, why in unfit.items()]
        conn.execute(insert(finding), rows)


def _write(conn: Connection, job: _Job, shape: QueueShape, gone: list[str], send: bool) -> int:
    """Queue rows and fingerprints; returns the number of upserts."""
    record, scan, stage = schema.record, schema.scan, schema.stages[job.entity.name]
    if send and gone:
        _insert_deletes(conn, job, shape, gone)
    for some in _portions(gone):
        conn.execute(
            update(record)
            .where(job.records(), record.c.record_key.in_(some))
            .values(active=0, fingerprint=None, version=record.c.version + 1, changed_at=utc_now())
        )
    staged = and_(stage.c.link_id == job.lease.link_id, stage.c.run_id == RUN)
    upserts = int(conn.execute(select(func.count()).select_from(stage).where(staged)).scalar_one())
    if upserts:
        if send:
            _insert_upserts(conn, job, shape, staged)
        _note_fingerprints(conn, job)
    conn.execute(delete(scan).where(job.scanned()))
    conn.execute(delete(stage).where(staged))
    return upserts


def _event(job: _Job, identity: str, key: ColumnElement[str], version: ColumnElement[int]) -> ColumnElement[str]:
    """incarnation:entity:key:version, the same however often it is inserted."""
    return (
        literal(f"{identity}:{job.entity.name}:", String(120))
        + key
        + literal(":", String(1))
        + cast(version, String(20))
    )


def _insert_upserts(conn: Connection, job: _Job, shape: QueueShape, staged: ColumnElement[bool]) -> None:
    record, stage = schema.record, schema.stages[job.entity.name]
    payload = [c.name for c in job.queue.columns if c.name in shape.columns]
    source: dict[str, ColumnElement[Any]] = {name: stage.c[name] for name in payload}
    envelope = {
        "Operacion": literal("U", String(1)),
        "Origen": literal(ORIGIN["erp"], String(10)),
        "ID_Evento": _event(job, incarnation(conn), stage.c.record_key, func.coalesce(record.c.version, 0) + 1),
    }
    source |= {name: value for name, value in envelope.items() if name in shape.columns}
    same = and_(job.records(), record.c.record_key == stage.c.record_key)
    query = select(*source.values()).select_from(stage.outerjoin(record, same)).where(staged).order_by(stage.c.row_no)
    conn.execute(insert(queue_table(shape)).from_select([shape.columns[name] for name in source], query))


def _insert_deletes(conn: Connection, job: _Job, shape: QueueShape, gone: list[str]) -> None:
    if "Operacion" not in shape.columns:
        raise ContractBroken(
            f"{len(gone)} records of {job.entity.name} were deleted, but queue {shape.table} has no column Operacion "
            "to say so. Nothing was sent; add the column, or set capture to vendor in the profile."
        )
    record, identity = schema.record, incarnation(conn)
    versions: dict[str, int] = {}
    for some in _portions(gone):
        known = select(record.c.record_key, record.c.version).where(job.records(), record.c.record_key.in_(some))
        versions |= {row.record_key: int(row.version) for row in conn.execute(known)}
    rows = []
    for key in gone:
        event = f"{identity}:{job.entity.name}:{key}:{versions[key] + 1}"
        values = dict(zip(job.entity.key, split_key(key, len(job.entity.key)), strict=True))
        values |= {"Operacion": "D", "Origen": ORIGIN["erp"], "ID_Evento": event}
        rows.append({shape.columns[name]: value for name, value in values.items() if name in shape.columns})
    conn.execute(insert(queue_table(shape)), rows)


def _note_fingerprints(conn: Connection, job: _Job) -> None:
    """The staged keys' records take the fingerprint of the same reading."""
    record, scan, stage = schema.record, schema.scan, schema.stages[job.entity.name]
    changed = and_(
        job.scanned(), stage.c.link_id == job.lease.link_id, stage.c.run_id == RUN,
        stage.c.record_key == scan.c.record_key,
    )  # fmt: skip
    values = {
        "active": literal(1),
        "fingerprint": scan.c.fingerprint,
        "fingerprint_version": literal(job.version),
        "blank_mask": scan.c.blank_mask,
        "unique_value": scan.c.unique_value,
        "changed_at": literal(utc_now()),
    }
    same = and_(job.records(), record.c.record_key == scan.c.record_key)
    conn.execute(update(record).where(changed, same).values(**values, version=record.c.version + 1))
    names = ["link_id", "entity", "record_key", "key_fold", "version", *values]
    conn.execute(
        insert(record).from_select(
            names,
            select(
                literal(job.lease.link_id), literal(job.entity.name), scan.c.record_key, scan.c.key_fold, literal(1),
                *values.values(),
            ).select_from(scan.join(stage, changed)).where(~exists().where(same)),
        )
    )  # fmt: skip
