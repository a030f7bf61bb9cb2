"""capture: find what changed in a side's own tables and send one queue row per change.

The profile's SELECT is read once, streaming. Every key read goes into `puente_scan` with its fingerprint, and the
payload of what differs into the stage; from that one reading come the comparison, the queue rows and the new
fingerprints, in one transaction. Deletes go before upserts. Nothing is sent when so much vanished or turned 0 at
once that an accident is likelier than a decision.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
)
from sqlalchemy.exc import IntegrityError

from puente import contract
from puente.db import schema
from puente.db.connect import Database
from puente.db.load import insert_arrow
from puente.db.queues import inspect_queue
from puente.db.stream import stream_select
from puente.errors import ContractBroken, MassChange
from puente.orders.written import only_written
from puente.profiles import Profile
from puente.sync import batches, confirm, sending
from puente.sync.control import use_permit
from puente.sync.forms import UNBOUND, as_key, embedded, fingerprint_version, fingerprints, identities, read_forms
from puente.sync.leases import Lease, held
from puente.sync.route import Bridge, Run, utc_now
from puente.sync.sending import RUN
from puente.transforms.canonical import (
    blank_masks,
    contract_columns,
    fold,
    record_keys,
    split_key,
)
from puente.transforms.fitting import find_unfit

UNFIT = "capture.unfit"


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


@dataclass(frozen=True)
class Job:
    bridge: Bridge
    side: contract.Side
    entity: contract.Entity
    queue: contract.Queue
    profile: Profile
    lease: Lease

    @property
    def db(self) -> Database:
        return self.bridge.database(self.side)

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
            record.c.must_send == 0,
        )  # fmt: skip
        return and_(self.scanned(), ~as_known)


def capture(
    bridge: Bridge, entity: str, run: Run, *, side: contract.Side = "erp", send: bool = True
) -> Captured | None:
    """Capture one entity of a side; None when the profile leaves its queue to the vendor or to nobody.

    `send=False` only notes the fingerprints (baseline). MassChange when a guard refuses, ContractBroken when the
    SELECT lacks required columns or yields a key twice; nothing has been inserted then.
    """
    profile, db = bridge.profile(side), bridge.database(side)
    if profile.capture_mode(entity) != "sql":
        return None
    sql = profile.sql("capture", entity)
    if sql is None:
        raise ContractBroken(f"Profile {profile.name}: capture is `sql` but there is no capture_{entity}.sql.")
    sql = sql.strip().rstrip(";")
    bridge.require_two_databases()
    definition = contract.ENTITIES[entity]
    queue = contract.QUEUES[definition.queue[side]]
    if queue.writer == "both" and "Origen" not in inspect_queue(bridge.erp, queue).columns:
        return None  # a vendor's own table: whose row is whose could not be told, so Puente never writes it
    with db.read() as conn:
        batches.refuse_if_paused(conn, bridge.link.link_id, entity)
    # What goes both ways is never captured and applied at once on one side: what was read must still be there.
    name = f"{side}:{entity}" if definition.two_way else f"capture:{entity}"
    with held(db, bridge.link.link_id, name, run.owner, bridge.settings.lease_seconds) as lease:
        job = Job(bridge, side, definition, queue, profile, lease)
        with lease.begin() as conn:
            _forget_scan(conn, job)
            if definition.two_way and side == "erp":
                confirm.take_ids(conn, bridge, definition)
        read, unfit = _read_once(job, sql)
        with lease.db.read() as conn:
            missing = _missing(conn, job)
            refusal = _refusal(conn, job, read, len(missing))
        still_there = _look_again(job, sql, missing)
        gone = [key for key in missing if key not in still_there]
        way = sending.way_out(job)
        with lease.begin() as conn:
            if refusal and not (read and use_permit(conn, job.lease.link_id, entity)):
                raise MassChange(_refused(entity, refusal, read))
            _list_unfit(conn, job, unfit)
            upserts = sending.write(conn, job, way, gone, send=send)
    return Captured(entity, read, upserts, len(gone), len(unfit))


def _forget_scan(conn: Connection, job: Job) -> None:
    stage = schema.stages[job.entity.name]
    conn.execute(delete(schema.scan).where(job.scanned()))
    conn.execute(delete(stage).where(stage.c.link_id == job.lease.link_id, stage.c.run_id == RUN))


def _read_once(job: Job, sql: str) -> tuple[int, dict[str, str]]:
    """Stream the SELECT into scan and stage. Returns the number of records read, and what keys do not fit and why."""
    read, unfit = 0, dict[str, str]()
    for page in stream_select(job.db, sql, job.bridge.settings.receive_chunk):
        _require_columns(job, page)
        if job.entity.name == "order_states":
            with job.db.read() as conn:
                page = only_written(conn, job.lease.link_id, page)
        if page.num_rows:
            unfit |= _note_page(job, page, read)
        read += page.num_rows
    return read, unfit


def _require_columns(job: Job, page: pa.Table) -> None:
    present = {name.lower() for name in page.column_names}
    required = dict.fromkeys([*job.entity.key, *(c.name for c in job.queue.columns if c.required)])
    missing = [name for name in required if name.lower() not in present]
    if missing:
        raise ContractBroken(
            f"capture_{job.entity.name}.sql of profile {job.profile.name} yields no {', '.join(missing)}. "
            "Nothing was sent; name the columns as the contract does."
        )


def _note_page(job: Job, page: pa.Table, before: int) -> dict[str, str]:
    columns = contract_columns(page, job.queue.columns)
    keys = identities(job.entity, columns)
    count = len(keys)
    key = () if job.side == "platform" else job.entity.key  # the ERP's ids: what is born on the platform has none
    unfit = find_unfit(columns, job.queue.columns, key) | _orphans(job, columns)
    unfit |= {
        index: "neither the ERP's id nor ID_Plataforma" for index, name in enumerate(keys) if not name.strip("| ")
    }
    if job.side == "erp" and job.entity.two_way:
        unfit |= {
            i: f"an id that begins with {UNBOUND} is kept for the platform's"
            for i, k in enumerate(keys)
            if k.startswith(UNBOUND)
        }
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
            "fingerprint": pa.array(fingerprints(job.entity, columns)),
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


def _orphans(job: Job, columns: dict[str, pa.Array]) -> dict[int, str]:
    """On the platform: records that can only be sent once what they belong to has its ERP id."""
    if job.side == "erp":
        return {}
    return {
        index: f"{parent.column}: what it belongs to has no ERP id yet"
        for parent in job.entity.parents
        if not parent.optional
        for index, value in enumerate(columns[parent.column].to_pylist())
        if not value
    }


def _changed_keys(conn: Connection, job: Job, before: int) -> set[str]:
    scan = schema.scan
    return set(conn.execute(select(scan.c.record_key).where(job.changed(), scan.c.page_no == before)).scalars())


def _stage(
    conn: Connection, job: Job, columns: dict[str, pa.Array], keys: list[str], before: int, wanted: list[int]
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
def _missing(conn: Connection, job: Job) -> list[str]:
    if not job.entity.master:
        return []  # a state that is no longer shown takes nothing back
    record, scan = schema.record, schema.scan
    read = exists().where(job.scanned(), scan.c.record_key == record.c.record_key)
    captured = and_(record.c.active == 1, record.c.fingerprint.is_not(None))
    once_more = and_(record.c.active == 0, record.c.must_send == 1)  # a deletion that the other side has lost
    return [
        row[0]
        for row in conn.execute(select(record.c.record_key).where(job.records(), or_(captured, once_more), ~read))
    ]


def _refusal(conn: Connection, job: Job, read: int, missing: int) -> str:
    """I8: why this looks like an accident, '' when it does not."""
    if not job.entity.master:
        return ""
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


def _look_again(job: Job, sql: str, missing: list[str]) -> set[str]:
    """Keys that a second look, by key, finds after all (rows that moved during the scan).

    Of a composite key each part is looked for on its own: that may find more keys than the missing ones, and an IN
    list costs the server one look at a row where as many conditions with OR cost hundreds.
    """
    found: set[str] = set()
    names, db = job.entity.key, job.db
    with db.read() as conn:
        if job.entity.two_way:
            return set(read_forms(conn, job.profile, job.entity, missing))
        for start in range(0, len(missing), 1000):
            some = missing[start : start + 1000]
            parts = zip(*(split_key(key, len(names)) for key in some), strict=True)
            wanted = {f"part{i}": sorted(set(part)) for i, part in enumerate(parts)}
            columns = ", ".join(f"t.{db.quote(name)}" for name in names)
            terms = " AND ".join(f"{as_key(db.dialect, db.quote(name))} IN :part{i}" for i, name in enumerate(names))
            query = text(f"SELECT {columns} FROM ({embedded(sql)}\n) t WHERE {terms}")
            for row in conn.execute(query.bindparams(*(bindparam(name, expanding=True) for name in wanted)), wanted):
                found.add(record_keys([pa.array([_key_text(part)]) for part in row])[0])
    return found


def _key_text(part: object) -> str:
    return "" if part is None else str(part).rstrip(" ")


# ---------------------------------------------------------------- what does not fit its queue
def unsent(bridge: Bridge, side: contract.Side = "erp") -> list[str]:
    """A side's records that the last captures could not send, and why."""
    finding = schema.finding
    here = and_(finding.c.link_id == bridge.link.link_id, finding.c.rule_id == UNFIT)
    with bridge.database(side).read() as conn:
        return list(conn.execute(select(finding.c.message).where(here).order_by(finding.c.message)).scalars())


def _list_unfit(conn: Connection, job: Job, unfit: dict[str, str]) -> None:
    """Findings without an inbox row, on the writer's side: what could not even be put into the queue, and why."""
    finding = schema.finding
    here = {"link_id": job.lease.link_id, "queue": job.queue.name, "rule_id": UNFIT}
    conn.execute(delete(finding).where(*(finding.c[name] == value for name, value in here.items())))
    if unfit:
        told = {"inbox_id": 0, "severity": "critical", "outcome": "unsent", "at": utc_now()}
        rows = [{**here, **told, "message": f"{job.entity.name} {key}: {why}"[:1000]} for key, why in unfit.items()]
        conn.execute(insert(finding), rows)
