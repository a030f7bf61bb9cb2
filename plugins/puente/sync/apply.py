"""apply: write what passed the gate into the reader's real tables.

Each chunk writes the real tables, the records and the inbox verdicts in one transaction. A constraint error
breaks the chunk down to the row, which is quarantined with the server's message. Upserts come with each entity,
deletes at the end of the run, children first.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

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
from sqlalchemy.exc import DBAPIError

from puente.db import schema
from puente.errors import PuenteError
from puente.orders.intake import take_orders
from puente.orders.states import apply_states
from puente.sync import batches, claims, confirm, reconcile, verdicts
from puente.sync.leases import Lease, held
from puente.sync.route import Route, Run, utc_now
from puente.sync.staging import clear_stage, stage_rows
from puente.sync.targets import refusal, refused_by_target, write_target
from puente.sync.verdicts import GOOD, Reason, later


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
    if route.entity.of_orders and op == "D":
        return done  # of orders nothing is ever deleted
    if route.entity.name == "order_headers":
        return done  # they are written together with their lines, in the step of those
    with held(route.reader_db, route.link_id, route.lease_name, run.owner, route.settings.lease_seconds) as lease:
        if route.entity.name == "order_lines":
            take_orders(route, lease, run, done)
            return done
        if route.entity.name == "order_states":
            apply_states(route, lease, done)
            return done
        with lease.db.read() as conn:
            gated = batches.gated(conn, route)
        ready = and_(
            inbox.c.link_id == route.link_id, inbox.c.state == "pending", inbox.c.gate == GOOD,
            inbox.c.op == op, inbox.c.taken_by.in_(gated),
        )  # fmt: skip
        if op == "U" and route.entity.unique:
            _exchange_first(route, lease, ready, done)
        _apply_in_order(route, lease, step, op, ready, done)
    return done


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
        if isinstance(error, PuenteError) or not refused_by_target(error):
            with suppress(DBAPIError, PuenteError):  # the database may be gone; then the next run finds the chunk
                claims.give_back(lease, route, step, chunk)
            raise
        with lease.db.read() as conn:
            ids = [row.inbox_id for row in conn.execute(claims.rows_of(route, step, chunk).limit(2))]
        if len(ids) > 1:
            claims.split_by_hand(lease, route, step, chunk, ties)
            return
        message = refusal(error)
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
        answers = reconcile.reconcile(conn, route, step, chunk)
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
            reconcile.note_forms(conn, route, step, chunk, answers)
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
