"""The ledger: one row per batch with every count of the balance (I6), hash-chained per link and side.

`rows_landed` counts what the batch brought; `rows_taken` what it took through the gate, its own rows and those
that earlier batches left (held, released, abandoned), by the state in which it left them. A row's final state is
counted once, by the batch that gave it, so over the whole ledger what was landed equals what ended plus what is
open in the inbox.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, and_, func, insert, or_, select, update

from puente import contract
from puente.db import schema
from puente.db.connect import Database
from puente.errors import Unbalanced
from puente.problems import Problem
from puente.sync import batches
from puente.sync.leases import held
from puente.sync.route import Route, Run, utc_now

GENESIS = "0" * 64
REPLAY = "replay:"  # how the run ids begin of batches that came from the archive, after a restore
OPEN_STATES = ("pending", "held", "quarantined")
_HASHED = [c.name for c in schema.ledger.c if c.name != "row_hash"]


@dataclass(frozen=True)
class Head:
    """Where the chain stands: a cut tail shows against it. `seal` is an HMAC over both, '' without a key."""

    count: int
    row_hash: str
    seal: str = ""


def settle(route: Route, run: Run) -> dict[str, int]:
    """Write the ledger row of every batch of the entity whose rows have all left the gate; their counts, added up.

    Unbalanced when a landed row is not in exactly one state or not proved absent from the queue.
    """
    totals: dict[str, int] = {}
    with (
        held(route.reader_db, route.link_id, route.lease_name, run.owner, route.settings.lease_seconds) as lease,
        lease.begin() as conn,
    ):
        for batch_id in batches.unsettled(conn, route):
            if _unfinished(conn, route, batch_id):
                continue  # a step failed or never ran; the next run takes its rows and settles it
            row = settle_batch(conn, route, batch_id, "settled")
            for name, value in row.items():
                if name.startswith("rows_"):
                    totals[name] = totals.get(name, 0) + value
    return totals


def _unfinished(conn: Connection, route: Route, batch_id: int) -> bool:
    inbox = route.inbox
    landed_here = and_(inbox.c.link_id == route.link_id, inbox.c.batch_id == batch_id)
    pending = and_(inbox.c.link_id == route.link_id, inbox.c.state == "pending")
    conditions = (
        and_(pending, inbox.c.taken_by == batch_id),
        and_(pending, inbox.c.taken_by.is_(None), inbox.c.batch_id == batch_id),
        and_(inbox.c.link_id == route.link_id, inbox.c.cleared == 0, landed_here),
    )
    return any(conn.execute(select(inbox.c.inbox_id).where(c).limit(1)).first() for c in conditions)


def settle_batch(conn: Connection, route: Route, batch_id: int, verdict: str) -> dict[str, Any]:
    """Append one batch to the chain, in the caller's transaction, after checking that it balances."""
    batch, inbox = schema.batch, route.inbox
    head = conn.execute(select(batch).where(batch.c.batch_id == batch_id)).mappings().one()
    landed_here = and_(inbox.c.link_id == route.link_id, inbox.c.batch_id == batch_id)
    landed = _count(conn, inbox, landed_here)
    cleared = landed - _count(conn, inbox, and_(landed_here, inbox.c.cleared == 0))
    states = states_of(conn, route, batch_id)
    duplicates = _count(conn, inbox, and_(landed_here, inbox.c.state == "duplicate", inbox.c.taken_by.is_(None)))
    states["duplicate"] = states.get("duplicate", 0) + duplicates
    strange = _count(
        conn, inbox,
        and_(inbox.c.link_id == route.link_id, inbox.c.taken_by == batch_id, inbox.c.state.not_in(schema.STATES)),
    )  # fmt: skip
    taken = sum(states.values()) + strange
    problems = [
        f"{a} {x} ≠ {b} {y}"
        for a, x, b, y in (
            ("read", head["rows_read"], "landed + seen again", head["rows_landed"] + head["rows_seen_again"]),
            ("landed", head["rows_landed"], "rows in the inbox", landed),
            ("taken", taken, "sum of states", sum(states.values())),
        )
        if x != y
    ]
    if problems:
        raise Unbalanced(f"Batch {batch_id} of {route.entity.name} does not balance: {'; '.join(problems)}.")
    row = {
        "link_id": route.link_id,
        "batch_id": batch_id,
        "reader": route.reader,
        "entity": route.entity.name,
        "run_id": head["run_id"],
        "verdict": "replayed" if verdict == "settled" and str(head["run_id"]).startswith(REPLAY) else verdict,
        "rows_read": head["rows_read"],
        "rows_landed": landed,
        "rows_seen_again": head["rows_seen_again"],
        "rows_cleared": cleared,
        "rows_taken": taken,
        **{f"rows_{state}": states.get(state, 0) for state in schema.STATES},
        "settled_at": utc_now(),
    }
    append(conn, row)
    if verdict != "closed":
        conn.execute(
            update(batch).where(batch.c.batch_id == batch_id).values(status="settled", settled_at=row["settled_at"])
        )
    return row


def states_of(conn: Connection, route: Route, batch_id: int) -> dict[str, int]:
    """How many of the rows that the batch took are in each state. Naming the states lets the index do the counting."""
    inbox = route.inbox
    counted = conn.execute(
        select(inbox.c.state, func.count())
        .where(inbox.c.link_id == route.link_id, inbox.c.state.in_(schema.STATES), inbox.c.taken_by == batch_id)
        .group_by(inbox.c.state)
    )
    return {row[0]: int(row[1]) for row in counted}


def append(conn: Connection, row: dict[str, Any]) -> None:
    """Chain `row` to the link's last one. Locking the chain's lease row makes two writers queue up."""
    table, lease = schema.ledger, schema.lease
    chain = and_(lease.c.link_id == row["link_id"], lease.c.name == "ledger")
    if conn.execute(update(lease).where(chain).values(token=lease.c.token + 1)).rowcount == 0:
        conn.execute(insert(lease).values(link_id=row["link_id"], name="ledger", token=1, expires_ms=0))
    last = conn.execute(
        select(table.c.seq, table.c.row_hash)
        .where(table.c.link_id == row["link_id"])
        .order_by(table.c.seq.desc())
        .limit(1)
    ).first()
    row["seq"], row["prev_hash"] = (int(last.seq) + 1, last.row_hash) if last else (1, GENESIS)
    row["row_hash"] = row_hash(row)
    conn.execute(insert(table).values(**row))


def row_hash(row: dict[str, Any]) -> str:
    """SHA-256 over a ledger row's canonical JSON, its predecessor's hash included."""
    body = {name: row[name] if row[name] is None or isinstance(row[name], str) else int(row[name]) for name in _HASHED}
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def head(conn: Connection, link_id: str, key: bytes | None) -> Head:
    table = schema.ledger
    last = conn.execute(
        select(table.c.seq, table.c.row_hash).where(table.c.link_id == link_id).order_by(table.c.seq.desc()).limit(1)
    ).first()
    count, value = (int(last.seq), last.row_hash) if last else (0, GENESIS)
    return Head(count, value, hmac.new(key, f"{count}:{value}".encode(), "sha256").hexdigest() if key else "")


def verify(db: Database, link_id: str, known: Head | None = None) -> list[Problem]:
    """Problems of the chain in plain words, the first altered, removed or reordered row by its number.

    `known` is a head that a report kept: a ledger that ends before it, or says otherwise there, was cut.
    The balance over all batches is checked against the inbox as well.
    """
    table = schema.ledger
    previous, expected = GENESIS, 1
    with db.read() as conn:
        chain = select(table).where(table.c.link_id == link_id).order_by(table.c.seq)
        for row in conn.execute(chain.execution_options(yield_per=1000)).mappings():  # years of them
            if row["seq"] != expected:
                return [Problem("row_removed", row=expected, found=row["seq"], last=expected - 1)]
            if row["row_hash"] != row_hash(dict(row)):
                return [Problem("row_altered", row=row["seq"])]
            if row["prev_hash"] != previous:
                return [Problem("row_moved", row=row["seq"], last=expected - 1)]
            if known and row["seq"] == known.count and row["row_hash"] != known.row_hash:
                return [Problem("row_rewritten", row=row["seq"])]
            previous, expected = row["row_hash"], expected + 1
        if known and known.count >= expected:
            return [Problem("tail_cut", last=expected - 1, known=known.count)]
        return _imbalances(conn, link_id)


def _imbalances(conn: Connection, link_id: str) -> list[Problem]:
    """Per queue: landed = ended + open, over all settled batches and the inbox."""
    table, problems = schema.ledger, list[Problem]()
    final = [state for state in schema.STATES if state not in OPEN_STATES]
    for entity in contract.ENTITIES.values():
        for reader in ("erp", "platform"):
            if entity.name not in contract.READ_SEQUENCE[reader]:
                continue
            mine = and_(table.c.link_id == link_id, table.c.entity == entity.name, table.c.reader == reader)
            counts = conn.execute(
                select(
                    func.coalesce(func.sum(table.c.rows_landed), 0),
                    *(func.coalesce(func.sum(table.c[f"rows_{state}"]), 0) for state in final),
                ).where(mine, table.c.verdict != "closed")
            ).one()
            landed, ended = int(counts[0]), sum(int(value) for value in counts[1:])
            inbox = schema.inboxes[contract.queue_for(entity.name, reader).name]
            batch = schema.batch
            settled = select(batch.c.batch_id).where(
                batch.c.link_id == link_id, batch.c.reader == reader, batch.c.entity == entity.name,
                batch.c.status == "settled",
            )  # fmt: skip
            mine = inbox.c.link_id == link_id
            by_settled, ended_now = inbox.c.batch_id.in_(settled), inbox.c.state.not_in(OPEN_STATES)
            given_by_settled = or_(inbox.c.taken_by.in_(settled), inbox.c.taken_by.is_(None))
            still_open = _count(conn, inbox, and_(mine, by_settled, ~ended_now))
            # Between a row's end and its batch's settling, one side of the equation has it and the other not.
            under_way = _count(conn, inbox, and_(mine, by_settled, ended_now, ~given_by_settled))
            landed_early = _count(conn, inbox, and_(mine, ~by_settled, ended_now, inbox.c.taken_by.in_(settled)))
            if landed + landed_early != ended + still_open + under_way:
                said = {"landed": landed, "ended": ended, "open": still_open}
                problems.append(Problem("imbalance", entity=entity.name, reader=reader, **said))
    return problems


def _count(conn: Connection, table: FromClause, condition: ColumnElement[bool]) -> int:
    return int(conn.execute(select(func.count()).select_from(table).where(condition)).scalar_one())
