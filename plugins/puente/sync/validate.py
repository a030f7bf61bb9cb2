"""validate: the gate. Row rules on every pending row, then compaction, then set rules with the target, then guards.

Failing rows are set aside with all their reasons and the rest goes on. A batch-level failure (a check that
raised, too many bad rows, a mass change) closes the gate for this batch only: it stays whole until a person
releases or discards it, and later batches go on. Running it again starts where it was left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, Connection, FromClause, and_, func, or_, select, update

from puente.contract import ENVELOPE, ORIGIN
from puente.db import schema
from puente.db.queues import read_arrow
from puente.errors import GateClosed
from puente.quality.gate import Finding, run_stage
from puente.quality.report import Verdict as Word
from puente.quality.suites import Suite, load_suite
from puente.sync import batches, claims, ledger, matching, verdicts, waiting
from puente.sync.forms import UNBOUND
from puente.sync.leases import Lease, held
from puente.sync.reports import write_batch_report
from puente.sync.route import Route, Run, utc_now
from puente.sync.setrules import check_set
from puente.sync.verdicts import BAD, GOOD, UNCHECKED, Reason, count_rules, later
from puente.transforms.frames import gate_frame


@dataclass
class Verdict:
    """What the gate said of a batch. taken = accepted + rejected + held + superseded."""

    batch_id: int
    taken: int = 0
    accepted: int = 0
    rejected: int = 0
    held: int = 0
    superseded: int = 0
    deletions: int = 0
    closed: list[str] = field(default_factory=list)

    @property
    def word(self) -> Word:
        """The verdict in one word, as reports have it."""
        return "closed" if self.closed else "passed_with_quarantine" if self.rejected or self.held else "passed"


def validate(route: Route, run: Run, batch_id: int) -> Verdict:
    """Take every pending row of the entity through the gate, as part of `batch_id`.

    GateClosed when the batch as a whole must not go on; its rows are untouched then.
    """
    started = utc_now()
    suite = load_suite(route.direction, route.entity.name, route.settings.expectations_dir)
    with held(route.reader_db, route.link_id, route.lease_name, run.owner, route.settings.lease_seconds) as lease:
        with lease.begin() as conn:
            status = batches.status_of(conn, batch_id)
            if status == "closed":
                raise GateClosed(_closed_message(conn, route, batch_id))
            if status not in batches.UNSETTLED:
                return Verdict(batch_id)  # another run took its rows; nothing is left to do
            waiting.unblock(conn, route)
            _retake(conn, route, batch_id)
        broken = _row_stage(route, lease, batch_id, suite)
        with lease.begin() as conn:
            verdict = _decide(conn, route, batch_id, suite, broken)
        path = write_batch_report(route, run, suite, verdict, started)
        with lease.begin() as conn:
            batch = schema.batch
            conn.execute(
                update(batch)
                .where(batch.c.batch_id == batch_id)
                .values(
                    status="closed" if verdict.closed else "gated",
                    verdict=verdict.word,
                    why=" ".join(verdict.closed)[:2000],
                    report=str(path),
                )
            )
            if verdict.closed:
                ledger.settle_batch(conn, route, batch_id, "closed")
                message = _closed_message(conn, route, batch_id)
    if verdict.closed:
        raise GateClosed(message)
    return verdict


def _closed_message(conn: Connection, route: Route, batch_id: int) -> str:
    why = conn.execute(select(schema.batch.c.why).where(schema.batch.c.batch_id == batch_id)).scalar_one()
    return (
        f"Gate closed for batch {batch_id} of {route.entity.name} ({route.link_id}): {why} "
        f"Look with `python -m puente batch show {batch_id}`, then `batch release` or `batch discard`."
    )


# ---------------------------------------------------------------- what is taken
def _retake(conn: Connection, route: Route, batch_id: int) -> None:
    """Rows that an earlier run took but never finished now belong to this batch."""
    others = [b for b in batches.unsettled(conn, route) if b != batch_id]
    if others:
        inbox = route.inbox
        conn.execute(
            update(inbox)
            .where(inbox.c.link_id == route.link_id, inbox.c.state == "pending", inbox.c.taken_by.in_(others))
            .values(taken_by=batch_id)
        )


# ---------------------------------------------------------------- row rules
def _row_stage(route: Route, lease: Lease, batch_id: int, suite: Suite) -> list[str]:
    """Row rules, a chunk at a time. Returns the checks that could not be carried out (they close the gate)."""
    inbox = route.inbox
    candidates = (
        select(inbox.c.inbox_id)
        .where(
            inbox.c.link_id == route.link_id,
            inbox.c.state == "pending",
            inbox.c.gate == UNCHECKED,
            or_(inbox.c.taken_by.is_(None), inbox.c.taken_by == batch_id),
        )
        .order_by(inbox.c.inbox_id)
    )
    while (chunk := claims.next_chunk(lease, route, "validate", candidates, route.settings.validate_chunk)) is not None:
        try:
            broken = _check_chunk(route, lease, batch_id, suite, chunk)
        except Exception:
            with suppress(Exception):  # the database may be gone; then the next run finds the chunk
                claims.give_back(lease, route, "validate", chunk)
            raise
        if broken:
            return broken
    return []


def _check_chunk(route: Route, lease: Lease, batch_id: int, suite: Suite, chunk: int) -> list[str]:
    inbox, here = route.inbox, claims.joined(route, "validate", chunk)
    names = ["inbox_id", "op", "record_key", *(c.name for c in (*route.queue.columns, *ENVELOPE))]
    query = select(*(inbox.c[n] for n in names)).where(here, inbox.c.state == "pending").order_by(inbox.c.inbox_id)
    dialect = route.reader_db.engine.dialect
    rows = read_arrow(route.reader_db, str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True})))
    reasons = list(_envelope_faults(route, rows))
    upserts = rows.filter(pc.equal(rows.column("op"), "U"))
    per_rule: Counter[str] = Counter()
    if upserts.num_rows:
        result = run_stage(suite, "row", gate_frame(upserts, route.queue.columns))
        if result.broken:
            claims.give_back(lease, route, "validate", chunk)
            return result.broken
        per_rule.update(result.per_rule)
        reasons += [_reason(finding) for finding in result.findings if finding.severity == "critical"]
    with lease.begin() as conn:
        bad = verdicts.write_reasons(conn, route, batch_id, reasons)
        conn.execute(update(inbox).where(here).values(gate=GOOD, taken_by=batch_id))
        for some in verdicts.portions(bad):
            conn.execute(update(inbox).where(inbox.c.inbox_id.in_(some)).values(gate=BAD))
        count_rules(conn, batch_id, suite, "row", upserts.num_rows, per_rule)
        claims.finish(conn, route, "validate", chunk)
    return []


def _envelope_faults(route: Route, rows: pa.Table) -> Iterator[Reason]:
    """What is wrong with a row before its payload is looked at; a delete has nothing but its key."""
    names = ("inbox_id", "op", "record_key", "Origen", route.entity.key[0])
    for row, op, key, origin, own_id in zip(*(rows.column(name).to_pylist() for name in names), strict=True):
        if route.entity.two_way and (own_id or "").startswith(UNBOUND):
            yield Reason(int(row), "envelope.key", f"Una clave del ERP no empieza por {UNBOUND}.")
        if route.queue.writer == "both" and (origin or "").strip().upper() not in ("", ORIGIN[route.writer]):
            yield Reason(int(row), "envelope.origin", f"Origen «{origin}» no es {' ni '.join(ORIGIN.values())}.")
        if op == "D" and route.entity.of_orders:
            yield Reason(int(row), "envelope.operation", "De esta cola no se borra: cada fila es un hecho.")
        if op not in ("U", "D"):
            yield Reason(int(row), "envelope.operation", f"Operacion «{op}» no es U ni D.")
        elif op == "D" and not key.strip("| "):
            yield Reason(int(row), "envelope.key", "Un borrado sin clave no dice qué borrar.")


def _reason(finding: Finding) -> Reason:
    return Reason(finding.row, finding.rule_id, finding.message, finding.on_failure, finding.severity)


# ---------------------------------------------------------------- the decision
_ACCEPTED = ("pending", "applied", "unchanged", "late", "duplicate")
_REJECTED = ("quarantined", "conflict", "discarded")


def _decide(conn: Connection, route: Route, batch_id: int, suite: Suite, broken: list[str]) -> Verdict:
    inbox = route.inbox
    taken = and_(inbox.c.link_id == route.link_id, inbox.c.taken_by == batch_id)
    pending = and_(taken, inbox.c.state == "pending")
    closed = _unevaluated(broken)
    if not closed:
        unforced = and_(pending, inbox.c.forced == 0)
        rows = _count(conn, inbox, unforced)
        bad = _count(conn, inbox, and_(unforced, inbox.c.gate == BAD))
        if route.profile.bad_rows.exceeded(bad, rows):
            closed = [f"{bad} de {rows} filas no cumplen las reglas."]
    if not closed:
        until = verdicts.deadline(route.profile.hold_days)
        conn.execute(update(inbox).where(pending, inbox.c.gate == BAD).values(state="quarantined"))
        if route.entity.two_way and route.reader == "erp":
            matching.resolve_newcomers(conn, route, batch_id)
        if route.entity.master:
            _compact(conn, route, batch_id)
        closed = _unevaluated(check_set(conn, route, batch_id, suite, until))
        closed += mass_change_at_reader(conn, route, pending)
    if closed:
        _stay_whole(conn, route, batch_id)
    states = ledger.states_of(conn, route, batch_id)
    verdict = Verdict(
        batch_id,
        taken=sum(states.values()),
        accepted=sum(states.get(state, 0) for state in _ACCEPTED),  # more than pending when validate is run again
        rejected=sum(states.get(state, 0) for state in _REJECTED),
        held=states.get("held", 0),
        superseded=states.get("superseded", 0),
        deletions=_count(conn, inbox, and_(pending, inbox.c.op == "D")),
        closed=closed,
    )
    if closed:
        verdict.accepted, verdict.rejected = 0, verdict.taken
    return verdict


def _unevaluated(checks: list[str]) -> list[str]:
    return [f"La regla no se pudo evaluar: {name}." for name in checks]


def _count(conn: Connection, table: FromClause, condition: ColumnElement[bool]) -> int:
    return int(conn.execute(select(func.count()).select_from(table).where(condition)).scalar_one())


def _stay_whole(conn: Connection, route: Route, batch_id: int) -> None:
    """A closed batch has no verdict on its rows yet: they wait together."""
    inbox = route.inbox
    conn.execute(
        update(inbox)
        .where(
            inbox.c.link_id == route.link_id,
            inbox.c.taken_by == batch_id,
            inbox.c.state.in_(("quarantined", "held", "superseded")),
        )
        .values(state="pending", waits_for=None, waits_key=None, waits_until=None)
    )
    # What was taken but not reached by the row rules belongs to the closed batch as well.
    conn.execute(
        update(inbox)
        .where(
            inbox.c.link_id == route.link_id, inbox.c.batch_id == batch_id,
            inbox.c.state == "pending", inbox.c.taken_by.is_(None),
        )
        .values(taken_by=batch_id)
    )  # fmt: skip


def _compact(conn: Connection, route: Route, batch_id: int) -> None:
    """Of each master record only the last position goes on, and only when nothing later was applied."""
    inbox, record = route.inbox, schema.record
    good = and_(
        inbox.c.link_id == route.link_id, inbox.c.taken_by == batch_id,
        inbox.c.state == "pending", inbox.c.gate == GOOD,
    )  # fmt: skip
    # A window, not a self-join: right after a large landing MySQL has no statistics to find the index for one.
    newest_first = (inbox.c.epoch.desc(), inbox.c.id_registro.desc(), inbox.c.revision.desc())
    place = func.row_number().over(partition_by=inbox.c.record_key, order_by=newest_first)
    placed = select(inbox.c.inbox_id, place.label("place")).where(good).subquery()
    older = select(placed.c.inbox_id).where(placed.c.place > 1).subquery()
    conn.execute(update(inbox).where(inbox.c.inbox_id == older.c.inbox_id).values(state="superseded"))
    conn.execute(
        update(inbox)
        .where(
            good,
            record.c.link_id == route.link_id,
            record.c.entity == route.entity.name,
            record.c.record_key == inbox.c.record_key,
            later(record, inbox),
        )
        .values(state="superseded")
    )


def mass_change_at_reader(conn: Connection, route: Route, pending: ColumnElement[bool]) -> list[str]:
    """I8 at the reader: reasons to close the gate because too much would vanish or turn 0 at once."""
    inbox, record, limit = route.inbox, schema.record, route.profile.mass_change
    known = and_(record.c.link_id == route.link_id, record.c.entity == route.entity.name, record.c.active == 1)
    same = and_(known, record.c.record_key == inbox.c.record_key, pending, inbox.c.forced == 0)
    joined = inbox.join(record, same)
    gone, blank = _count(conn, joined, inbox.c.op == "D"), 0
    if route.entity.watched:
        mask = inbox.c.blank_mask.bitwise_or(record.c.blank_mask)
        blank = _count(conn, joined, and_(inbox.c.op == "U", mask != record.c.blank_mask))
    if gone <= min(1, limit.more_than) and blank <= limit.more_than:
        return []  # the ordinary run spares itself a count of every record
    total = _count(conn, record, known)
    reasons = []
    if limit.exceeded(gone, total) or (gone == total and gone > 1):
        reasons.append(f"Se borrarían {gone} de {total} registros conocidos.")
    if limit.exceeded(blank, total):
        names = ", ".join(route.entity.watched)
        reasons.append(f"En {blank} de {total} registros pasaría a 0 o vacío alguno de: {names}.")
    return reasons
