"""One dry run: the reader's steps on the copy, entity by entity, and what they would have changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from sqlalchemy import ColumnElement, Row, and_, func, or_, select

from puente import contract
from puente.db import schema
from puente.dryrun.scratch import Scratch, befores, copies
from puente.errors import GateClosed, PuenteError
from puente.nightly.looks import comparable
from puente.sync.apply import apply, apply_deletions
from puente.sync.forms import PLATFORM_ID
from puente.sync.peek import find_work
from puente.sync.receive import receive
from puente.sync.route import Route, Run
from puente.sync.validate import validate

SET_ASIDE = ("quarantined", "held", "conflict")
NEW, CHANGED, REMOVED, SAME, WRITTEN = "new", "changed", "removed", "same", "written"
_PAGE = 1_000


@dataclass
class Outcome:
    """One entity. `states`: queue and inbox rows by the state they would end in (`pending`: behind a closed gate);
    `records`: records by what would become of them; `rules`: failing rows by rule. `stopped`: why the entity stopped.
    """

    entity: str
    read: int = 0
    landed: int = 0
    states: dict[str, int] = field(default_factory=dict)
    records: dict[str, int] = field(default_factory=dict)
    rules: dict[str, int] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()  # contract columns in which a change cannot be seen: the side does not show them
    stopped: str = ""


@dataclass(frozen=True)
class Change:
    """One record. `what`: new, changed, removed, same (written, and nothing that shows is another), or written (the
    side does not show such records). `fields`: contract column → value before and after, of those that change."""

    entity: str
    key: str
    what: str
    fields: dict[str, tuple[str | None, str | None]]


@dataclass(frozen=True)
class SetAside:
    """One row that would not be applied, with every reason: (rule id, Spanish message)."""

    entity: str
    row_id: int
    key: str
    state: str
    reasons: tuple[tuple[str, str], ...]


def rehearse(place: Scratch, run: Run) -> list[Outcome]:
    """receive → validate → apply of every entity with work, then deletions, on the copy; the queue keeps all its rows.

    An entity that stops, for a closed gate or anything else that Puente raises on purpose, does not stop the next.
    """
    outcomes = {route.entity.name: Outcome(route.entity.name) for route in place.bridge.routes(place.reader)}
    work = set(find_work(place.bridge, place.reader))  # what comes free on the way is the next run's, as ever
    for name, outcome in outcomes.items():
        if name not in work:
            continue
        route = place.bridge.route(place.reader, name)
        try:
            receipt = receive(route, run)
            outcome.read, outcome.landed = receipt.read, receipt.landed
            verdict = validate(route, run, receipt.batch_id)
            if verdict.accepted and name in place.faults:
                raise PuenteError(place.faults[name])
            apply(route, run)
        except GateClosed:  # its message speaks of a batch that nobody can look at
            outcome.stopped = f"GateClosed: {_why_closed(place, receipt.batch_id)}"
        except PuenteError as error:
            outcome.stopped = f"{type(error).__name__}: {error}"
    for name, outcome in reversed(outcomes.items()):
        if name in work and not outcome.stopped:
            try:
                apply_deletions(place.bridge.route(place.reader, name), run)
            except PuenteError as error:
                outcome.stopped = f"{type(error).__name__}: {error}"
    for name, outcome in outcomes.items():
        _count(place, place.bridge.route(place.reader, name), run, outcome)
    return list(outcomes.values())


def _why_closed(place: Scratch, batch_id: int) -> str:
    with place.db.read() as conn:
        return str(conn.execute(select(schema.batch.c.why).where(schema.batch.c.batch_id == batch_id)).scalar_one())


def _taken(route: Route, run: Run) -> ColumnElement[bool]:
    """The rows that this run had in its hands."""
    inbox, batch = route.inbox, schema.batch
    mine = select(batch.c.batch_id).where(batch.c.run_id == run.run_id, batch.c.entity == route.entity.name)
    return and_(inbox.c.link_id == route.link_id, or_(inbox.c.taken_by.in_(mine), inbox.c.batch_id.in_(mine)))


def _count(place: Scratch, route: Route, run: Run, outcome: Outcome) -> None:
    inbox, batch, result = route.inbox, schema.batch, schema.rule_result
    by_state = select(inbox.c.state, func.count()).where(_taken(route, run)).group_by(inbox.c.state)
    failed = (
        select(result.c.rule_id, func.sum(result.c.failed))
        .join(batch, batch.c.batch_id == result.c.batch_id)
        .where(batch.c.run_id == run.run_id, batch.c.entity == route.entity.name, result.c.failed > 0)
        .group_by(result.c.rule_id)
    )
    with place.db.read() as conn:
        outcome.states = {state: int(count) for state, count in conn.execute(by_state)}
        outcome.rules = {rule: int(count) for rule, count in conn.execute(failed)}
    for change in changes(place, outcome.entity):
        outcome.records[change.what] = outcome.records.get(change.what, 0) + 1
    if shown := place.shown.get(outcome.entity):
        names = {column.name for column in shown}
        outcome.left_out = tuple(c.name for c in schema.stage_columns(route.entity) if c.name not in names)


def changes(place: Scratch, entity: str) -> Iterator[Change]:
    """Every record that would be written, by key: how it was, and how it would be."""
    before, after = befores[entity], copies[entity]
    columns = _compared(place, contract.ENTITIES[entity])
    decimals = (place.bridge.profile("platform").raw.get("inventory") or {}).get("decimals") or {}
    query = (
        select(
            before.c.record_key, before.c.was_there, after.c.record_key.label("is_there"),
            *(before.c[c.name].label(f"b_{c.name}") for c in columns),
            *(after.c[c.name].label(f"a_{c.name}") for c in columns),
        )
        .select_from(before.outerjoin(after, after.c.record_key == before.c.record_key))
        .order_by(before.c.record_key)
    )  # fmt: skip
    with place.db.read() as conn:
        for rows in conn.execution_options(yield_per=_PAGE).execute(query).partitions():
            sides = [
                {c.name: comparable(_texts(rows, f"{side}_{c.name}"), c, decimals.get(c.name)) for c in columns}
                for side in "ba"
            ]
            for number, row in enumerate(rows):
                yield _change(place, entity, row, sides, number)


def _compared(place: Scratch, entity: contract.Entity) -> list[contract.Column]:
    """The columns in which a change shows: not the ids by which a record is known."""
    if entity.name == "order_states":
        return [c for c in schema.stage_columns(entity) if c.name == "Estado"]
    ids = {*entity.key, PLATFORM_ID}
    return [c for c in place.shown.get(entity.name, ()) if c.name not in ids]


def _texts(rows: Sequence[Row[Any]], name: str) -> pa.Array:
    return pa.array([getattr(row, name) for row in rows], pa.string())


def _change(place: Scratch, entity: str, row: Row[Any], sides: list[dict[str, pa.Array]], number: int) -> Change:
    key, is_there = str(row.record_key), row.is_there is not None
    if not row.was_there:
        known = entity in place.shown or contract.ENTITIES[entity].of_orders
        return Change(entity, key, (NEW if known else WRITTEN) if is_there else SAME, {})
    if not is_there:
        return Change(entity, key, REMOVED, {})
    before, after = ({name: texts[number].as_py() for name, texts in side.items()} for side in sides)
    fields = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
    return Change(entity, key, CHANGED if fields else SAME, fields)


def set_aside(place: Scratch, run: Run, entity: str) -> Iterator[SetAside]:
    """The rows that would not be applied and why, in the queue's order."""
    route, finding = place.bridge.route(place.reader, entity), schema.finding
    inbox = route.inbox
    query = (
        select(inbox.c.inbox_id, inbox.c.id_registro, inbox.c.record_key, inbox.c.state)
        .where(_taken(route, run), inbox.c.state.in_(SET_ASIDE))
        .order_by(inbox.c.epoch, inbox.c.id_registro, inbox.c.revision)
    )
    with place.db.read() as conn:
        for rows in conn.execution_options(yield_per=500).execute(query).partitions():
            reasons: dict[int, list[tuple[str, str]]] = {}
            ids = [row.inbox_id for row in rows]
            why = (
                select(finding.c.inbox_id, finding.c.rule_id, finding.c.message)
                .where(finding.c.queue == route.queue.name, finding.c.inbox_id.in_(ids))
                .order_by(finding.c.finding_id)
            )
            with place.db.read() as other:
                for inbox_id, rule_id, message in other.execute(why):
                    reasons.setdefault(int(inbox_id), []).append((rule_id, message or ""))
            for row in rows:
                told = tuple(reasons.get(int(row.inbox_id), ()))
                yield SetAside(entity, int(row.id_registro), row.record_key, row.state, told)
