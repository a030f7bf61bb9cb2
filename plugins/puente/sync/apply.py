"""apply: write what passed the gate into the reader's real tables.

Each chunk writes the real tables, the records and the inbox verdicts in one transaction. A constraint error
breaks the chunk down to the row, which is quarantined with the server's message. Upserts come with each entity,
deletes at the end of the run, children first.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    and_,
    case,
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
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.types import TypeEngine

from puente.contract import Column
from puente.db import schema
from puente.errors import PuenteError
from puente.sync import batches, claims, confirm, reconcile, verdicts
from puente.sync.forms import UNBOUND
from puente.sync.leases import Lease, held
from puente.sync.route import Route, Run, utc_now
from puente.sync.targets import write_target
from puente.sync.verdicts import GOOD, Reason, later

# CHECK violated (MySQL, MariaDB) and SIGNAL by a trigger: the drivers do not call these integrity errors.
_MYSQL_REFUSALS = (3819, 4025, 1644, 1292, 1366, 1690)


@dataclass
class Applied:
    """Inbox rows by what became of them."""

    applied: int = 0
    unchanged: int = 0
    quarantined: int = 0


def apply(route: Route, run: Run) -> Applied:
    """Apply the entity's gated upserts. Whatever an earlier run left gated is applied as well."""
    return _apply(route, run, "apply", "U")


def apply_deletions(route: Route, run: Run) -> Applied:
    """Apply the entity's gated deletes; the Dag calls this in reverse sequence, after all upserts."""
    return _apply(route, run, "delete", "D")


def _apply(route: Route, run: Run, step: str, op: str) -> Applied:
    inbox = route.inbox
    done = Applied()
    if not route.entity.master:
        return done  # orders and their states are held until the other direction knows the orders
    with held(route.reader_db, route.link_id, route.lease_name, run.owner, route.settings.lease_seconds) as lease:
        with lease.db.read() as conn:
            gated = _gated(conn, route)
        ready = and_(
            inbox.c.link_id == route.link_id, inbox.c.state == "pending", inbox.c.gate == GOOD,
            inbox.c.op == op, inbox.c.taken_by.in_(gated),
        )  # fmt: skip
        if op == "U" and route.entity.unique:
            _exchange_first(route, lease, ready, done)
        _apply_in_order(route, lease, step, op, ready, done)
    return done


def _gated(conn: Connection, route: Route) -> list[int]:
    """Batches that passed the gate. As plain numbers in a query they let its index give the order of the keys."""
    batch = schema.batch
    rows = conn.execute(
        select(batch.c.batch_id).where(
            batch.c.link_id == route.link_id, batch.c.reader == route.reader,
            batch.c.entity == route.entity.name, batch.c.status == "gated",
        )
    )  # fmt: skip
    return [int(row.batch_id) for row in rows]


def _apply_in_order(route: Route, lease: Lease, step: str, op: str, ready: ColumnElement[bool], done: Applied) -> None:
    """Chunk by chunk: by rank in a tree, else by key, each chunk searched for after the last one's keys only."""
    inbox = route.inbox
    tree = any(parent.entity == route.entity.name for parent in route.entity.parents)
    order = (inbox.c.apply_rank, inbox.c.record_key) if tree else (inbox.c.record_key,)
    candidates = select(inbox.c.inbox_id).where(ready).order_by(*order)
    last: str | None = None
    while True:
        beyond = None if last is None else inbox.c.record_key > last
        chunk = claims.next_chunk(lease, route, step, candidates, route.settings.apply_chunk, beyond=beyond)
        if chunk is None and last is None:
            return
        if chunk is None:
            last = None  # once more from the start: parts of a broken chunk may have led past others
            continue
        if not tree:
            with lease.db.read() as conn:
                highest = select(func.max(inbox.c.record_key)).where(claims.joined(route, step, chunk))
                last = conn.execute(highest).scalar()
        _apply_or_split(route, lease, step, chunk, op, done)


def _exchange_first(route: Route, lease: Lease, ready: ColumnElement[bool], done: Applied) -> None:
    """Rows that take a unique value from each other must be in one chunk, whatever their number."""
    inbox, record = route.inbox, schema.record
    assert route.entity.unique is not None
    here = and_(record.c.link_id == route.link_id, record.c.entity == route.entity.name, record.c.active == 1)
    giver = inbox.alias("giver")
    takes = exists().where(
        here, record.c.unique_value == inbox.c[route.entity.unique], record.c.record_key != inbox.c.record_key
    )
    gives = exists().where(
        here,
        record.c.record_key == inbox.c.record_key,
        record.c.unique_value != inbox.c[route.entity.unique],
        giver.c.link_id == route.link_id,
        giver.c.state == "pending",
        giver.c.gate == GOOD,
        giver.c.op == "U",
        giver.c[route.entity.unique] == record.c.unique_value,
        giver.c.record_key != record.c.record_key,
    )
    movers = select(inbox.c.inbox_id).where(ready, or_(takes, gives)).order_by(inbox.c.record_key)
    ties = _ties(route)
    while (chunk := claims.next_chunk(lease, route, "exchange", movers, 1_000_000, ties)) is not None:
        _apply_or_split(route, lease, "exchange", chunk, "U", done, ties)


def _ties(route: Route) -> claims.Ties:
    """Groups of rows that take unique values from each other: one cannot be written without the other."""
    inbox, record, unique = route.inbox, schema.record, route.entity.unique
    assert unique is not None
    holder = and_(
        record.c.link_id == route.link_id, record.c.entity == route.entity.name, record.c.active == 1,
        record.c.record_key == inbox.c.record_key,
    )  # fmt: skip

    def ties(conn: Connection, ids: list[int]) -> list[list[int]]:
        wanted: dict[int, str | None] = {}
        held_by: dict[str, int] = {}
        for some in verdicts.portions(ids):
            query = select(inbox.c.inbox_id, inbox.c[unique], record.c.unique_value).join(record, holder, isouter=True)
            for row, value, now in conn.execute(query.where(inbox.c.inbox_id.in_(some))):
                wanted[int(row)] = value
                if now is not None:
                    held_by[now] = int(row)
        group_of = {row: [row] for row in ids}
        for row in ids:
            giver = held_by.get(wanted.get(row) or "", row)
            if group_of[giver] is not group_of[row]:
                group_of[row] += group_of[giver]
                group_of.update(dict.fromkeys(group_of[giver], group_of[row]))
        return list({id(group): group for group in group_of.values()}.values())

    return ties


def _apply_or_split(
    route: Route, lease: Lease, step: str, chunk: int, op: str, done: Applied, ties: claims.Ties | None = None
) -> None:
    try:
        with lease.begin() as conn:
            batches.refuse_if_paused(conn, route.link_id, route.entity.name)
            applied, unchanged = _apply_chunk(conn, route, step, chunk, op)
            claims.finish(conn, route, step, chunk)
        done.applied += applied
        done.unchanged += unchanged
    except (DBAPIError, PuenteError) as error:
        if isinstance(error, PuenteError) or not _refused_by_target(error):
            with suppress(DBAPIError, PuenteError):  # the database may be gone; then the next run finds the chunk
                claims.give_back(lease, route, step, chunk)
            raise
        with lease.db.read() as conn:
            ids = [row.inbox_id for row in conn.execute(claims.rows_of(route, step, chunk).limit(2))]
        if len(ids) > 1:
            claims.split_by_hand(lease, route, step, chunk, ties)
            return
        message = str(error.orig).splitlines()[0][:900]
        with lease.begin() as conn:
            verdicts.set_aside(conn, route, None, [Reason(ids[0], "target.refused", message)], "")
            claims.finish(conn, route, step, chunk)
        done.quarantined += 1
        if route.profile.bad_rows.exceeded(done.quarantined, done.applied + done.unchanged + done.quarantined):
            raise PuenteError(
                f"The target refused {done.quarantined} rows of {route.entity.name}, the last one with: {message} "
                f"This looks like the table or apply_{route.entity.name}.sql, not like the rows. What is left waits; "
                "mend it, release the quarantined rows and run the task again."
            ) from error


def _refused_by_target(error: DBAPIError) -> bool:
    """Whether the target's constraints, types or triggers refused a row; anything else is not the row's fault."""
    if isinstance(error, (IntegrityError, DataError)):
        return True
    code = error.orig.args[0] if error.orig is not None and error.orig.args else None
    return code in _MYSQL_REFUSALS


def _apply_chunk(conn: Connection, route: Route, step: str, chunk: int, op: str) -> tuple[int, int]:
    inbox, record = route.inbox, schema.record
    here = and_(claims.joined(route, step, chunk), inbox.c.state == "pending")
    same = and_(
        record.c.link_id == route.link_id, record.c.entity == route.entity.name,
        record.c.record_key == inbox.c.record_key,
    )  # fmt: skip
    if op == "U":
        nothing_new = and_(record.c.active == 1, record.c.applied_hash == inbox.c.payload_hash)
    else:
        nothing_new = record.c.active == 0
    conn.execute(update(inbox).where(here, same, later(record, inbox)).values(state="superseded"))
    if route.entity.two_way:
        reconcile.reconcile(conn, route, step, chunk)
    unchanged = conn.execute(update(inbox).where(here, same, nothing_new).values(state="unchanged")).rowcount
    if op == "D":  # nobody here ever had it; its position is kept all the same, for an older upsert may yet come
        known = record.alias("known")
        never = ~exists().where(
            known.c.link_id == route.link_id, known.c.entity == route.entity.name,
            known.c.record_key == inbox.c.record_key,
        )  # fmt: skip
        unknown = [row.inbox_id for row in conn.execute(select(inbox.c.inbox_id).where(here, never))]
        _write_records(conn, route, and_(here, never), op)
        for some in verdicts.portions(unknown):
            conn.execute(update(inbox).where(inbox.c.inbox_id.in_(some)).values(state="unchanged"))
        unchanged += len(unknown)
    unchanged_here = and_(claims.joined(route, step, chunk), inbox.c.state == "unchanged")
    place = {"epoch": inbox.c.epoch, "id_registro": inbox.c.id_registro, "revision": inbox.c.revision}
    conn.execute(update(record).where(unchanged_here, same).values(**place))
    if op == "U":
        _hold_children(conn, route, here)
        if route.entity.unique:
            _hold_claimants(conn, route, here)
    run_id = f"{step}:{chunk}"
    clear_stage(conn, route, run_id)
    staged = stage_rows(conn, route, run_id, here)
    if staged:
        if step == "exchange":
            _park_exchanged(conn, route, run_id)
        write_target(conn, route.profile, route.entity, route.link_id, run_id, op)
        _write_records(conn, route, here, op)
        conn.execute(update(inbox).where(here).values(state="applied"))
        clear_stage(conn, route, run_id)
        if route.entity.two_way:
            if route.reader == "erp":
                confirm.take_ids(conn, route.bridge, route.entity)
            reconcile.note_forms(conn, route, step, chunk)
    return staged, unchanged


def _hold_children(conn: Connection, route: Route, here: ColumnElement[bool]) -> None:
    """In a tree: a row whose parent passed the gate with it, and then was refused or killed its worker, is held."""
    parent = next((p for p in route.entity.parents if p.entity == route.entity.name), None)
    if parent is None:
        return
    inbox, record = route.inbox, schema.record
    above = inbox.c[parent.column]
    there = exists().where(
        record.c.link_id == route.link_id, record.c.entity == parent.entity, record.c.record_key == above,
        record.c.active == 1,
    )  # fmt: skip
    new = conn.execute(
        select(inbox.c.inbox_id, inbox.c.record_key, above).where(here, above.is_not(None), above != "", ~there)
    ).all()
    if not new:
        return
    coming = {row.record_key for row in conn.execute(select(inbox.c.record_key).where(here))}
    waiting: dict[int, str] = {}  # inbox id → the parent that is not there
    while fallen := [row for row in new if row[0] not in waiting and row[2] not in coming]:
        waiting |= {row[0]: row[2] for row in fallen}
        coming -= {row[1] for row in fallen}
    rule, until = f"{route.entity.name}.parents.known", verdicts.deadline(route.profile.hold_days)
    reasons = [
        Reason(row, rule, f"Falta su registro padre: {missing}.", "hold", waits_for=parent.entity, waits_key=missing)
        for row, missing in waiting.items()
    ]
    verdicts.set_aside(conn, route, None, reasons, until)


def _hold_claimants(conn: Connection, route: Route, here: ColumnElement[bool]) -> None:
    """A unique value that another active record still has, and that no row of the chunk gives up, is waited for:
    its giver passed the gate in the same batch, and then was refused or split off."""
    inbox, record, unique = route.inbox, schema.record, route.entity.unique
    assert unique is not None
    owned = and_(
        record.c.link_id == route.link_id, record.c.entity == route.entity.name, record.c.active == 1,
        record.c.unique_value == inbox.c[unique], record.c.record_key != inbox.c.record_key,
    )  # fmt: skip
    wanting = conn.execute(
        select(inbox.c.inbox_id, inbox.c.record_key, inbox.c[unique], record.c.record_key)
        .select_from(inbox.join(record, owned))
        .where(here)
    ).all()
    if not wanting:
        return
    chunk = conn.execute(select(inbox.c.record_key, inbox.c[unique].label("value")).where(here))
    coming = {row.record_key: row.value for row in chunk}
    reasons: list[Reason] = []
    rule, until = f"{route.entity.name}.{unique.lower()}.unique", verdicts.deadline(route.profile.hold_days)
    while stuck := [claim for claim in wanting if coming.get(claim[3], claim[2]) == claim[2]]:
        for row, key, value, owner in stuck:
            why = f"El valor «{value}» es todavía de {owner}."
            reasons.append(Reason(row, rule, why, "hold", waits_for=f"free:{route.entity.name}", waits_key=value))
            coming.pop(key, None)
        wanting = [claim for claim in wanting if claim not in stuck]
    if reasons:
        verdicts.set_aside(conn, route, None, reasons, until)


def clear_stage(conn: Connection, route: Route, run_id: str) -> None:
    stage = route.stage
    conn.execute(delete(stage).where(stage.c.link_id == route.link_id, stage.c.run_id == run_id))


def stage_rows(conn: Connection, route: Route, run_id: str, condition: ColumnElement[bool]) -> int:
    """Copy inbox rows, typed, to the stage table that the profile's SQL reads. Returns their number."""
    inbox, stage, work = route.inbox, route.stage, schema.work
    names = ["link_id", "run_id", "row_no", "record_key", "Operacion", *(c.name for c in route.queue.columns)]
    typed = [_staged(conn, route, c) for c in route.queue.columns]
    source = (
        select(literal(route.link_id), literal(run_id), inbox.c.inbox_id, inbox.c.record_key, inbox.c.op, *typed)
        .select_from(inbox.join(work, condition))
        .where(condition)
    )
    return conn.execute(insert(stage).from_select(names, source)).rowcount


def _staged(conn: Connection, route: Route, definition: Column) -> ColumnElement[Any]:
    inbox = route.inbox
    if route.entity.two_way and definition.name == route.entity.key[0]:  # the id may have come to be known since
        return case((inbox.c.record_key.like(f"{UNBOUND}%"), null()), else_=inbox.c.record_key)
    return _typed(conn, inbox.c[definition.name], definition, route.stage.c[definition.name].type)


def _typed(
    conn: Connection, column: ColumnElement[str], definition: Column, kind: TypeEngine[Any]
) -> ColumnElement[Any]:
    if definition.kind in ("decimal", "integer"):
        blank_is_null = func.nullif(column, "")
        return blank_is_null if conn.dialect.name == "sqlite" else cast(blank_is_null, kind)
    return column


def _park_exchanged(conn: Connection, route: Route, run_id: str) -> None:
    """Where staged rows take a unique value that another staged row still has in the target, write them first
    under a value of their own: the target's unique index is checked row by row."""
    stage, record, unique = route.stage, schema.record, route.entity.unique
    assert unique is not None
    mine = and_(stage.c.link_id == route.link_id, stage.c.run_id == run_id)
    current = and_(record.c.link_id == route.link_id, record.c.entity == route.entity.name, record.c.active == 1)
    changing = and_(mine, current, record.c.record_key == stage.c.record_key, record.c.unique_value != stage.c[unique])
    taken = select(record.c.unique_value).where(current)
    wanted_rows = conn.execute(
        select(stage.c.row_no, stage.c[unique], record.c.unique_value).join(
            record, and_(current, record.c.record_key == stage.c.record_key), isouter=True
        ).where(mine, stage.c[unique].in_(taken))
    ).all()  # fmt: skip
    if not any(wanted != owned for _, wanted, owned in wanted_rows):
        return
    movers = [int(r[0]) for r in conn.execute(select(stage.c.row_no).join(record, changing))]
    parked = f"{run_id}:parked"
    conn.execute(delete(stage).where(stage.c.link_id == route.link_id, stage.c.run_id == parked))
    for some in verdicts.portions(movers):
        columns = [c for c in stage.c if c.name not in ("run_id", unique)]
        temporary = literal("~") + cast(stage.c.row_no, String(30))
        conn.execute(
            insert(stage).from_select(
                [*(c.name for c in columns), "run_id", unique],
                select(*columns, literal(parked), temporary).where(mine, stage.c.row_no.in_(some)),
            )
        )
    write_target(conn, route.profile, route.entity, route.link_id, parked, "U")
    conn.execute(delete(stage).where(stage.c.link_id == route.link_id, stage.c.run_id == parked))


def _write_records(conn: Connection, route: Route, here: ColumnElement[bool], op: str) -> None:
    """Note in `puente_record` what each key now is, and from which position it came."""
    inbox, record, work = route.inbox, schema.record, schema.work
    same = and_(
        record.c.link_id == route.link_id, record.c.entity == route.entity.name,
        record.c.record_key == inbox.c.record_key,
    )  # fmt: skip
    parent = next((p.column for p in route.entity.parents if p.entity == route.entity.name), None)
    values = {
        "epoch": inbox.c.epoch,
        "id_registro": inbox.c.id_registro,
        "revision": inbox.c.revision,
        "active": literal(1 if op == "U" else 0),
        "applied_hash": inbox.c.payload_hash if op == "U" else null(),
        "unique_value": inbox.c[route.entity.unique] if route.entity.unique and op == "U" else null(),
        "parent_key": inbox.c[parent] if parent and op == "U" else null(),
        "blank_mask": inbox.c.blank_mask if op == "U" else literal(0),
        "batch_id": inbox.c.taken_by,
        "changed_at": literal(utc_now()),
    }
    conn.execute(update(record).where(here, same).values(**values, version=record.c.version + 1))
    names = ["link_id", "entity", "record_key", "key_fold", "version", *values]
    conn.execute(
        insert(record).from_select(
            names,
            select(
                literal(route.link_id), literal(route.entity.name), inbox.c.record_key, inbox.c.key_fold, literal(1),
                *values.values(),
            ).select_from(inbox.join(work, here)).where(here, ~exists().where(same)),
        )
    )  # fmt: skip
