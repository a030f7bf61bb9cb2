"""What a person does with rows that were set aside and with batches behind a closed gate.

Rows go back through the gate at their old position, never past it; what is thrown away is counted in the ledger
like everything else. Every decision is kept with who and why. Each function takes the entity's lease, so that it
never meets a running pass, and works in one transaction. Where `PUENTE_TWO_PERSONS` demands it, the first person's
decision is only kept, and `sync.second_person` carries it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from sqlalchemy import ColumnElement, Connection, FromClause, and_, delete, func, insert, select, update

from puente import contract
from puente.contract import Side
from puente.db import schema
from puente.errors import AlreadyDecided, NotYetCleared, PuenteError
from puente.sync import ledger, verdicts
from puente.sync.decisions import Action, ask, decide, deciding, needs_two
from puente.sync.route import Bridge, Route, utc_now
from puente.transforms.canonical import blank_masks, canonical_text, fold, record_keys, row_hashes

SET_ASIDE = ("quarantined", "held")
_FRESH = {"state": "pending", "gate": 0, "taken_by": None, "waits_for": None, "waits_key": None, "waits_until": None}


@dataclass(frozen=True)
class SetAside:
    """One row in quarantine or waiting. `rules` are the ids of every rule that it broke."""

    entity: str
    inbox_id: int
    state: str
    record_key: str
    operation: str
    rules: tuple[str, ...]
    waits_for: str
    batch_id: int


@dataclass(frozen=True)
class RowHistory:
    """Everything known of one inbox row. `values` are the raw texts by contract column, None for NULL."""

    entity: str
    row: dict[str, Any]
    values: dict[str, str | None]
    reasons: list[dict[str, Any]]
    decisions: list[dict[str, Any]]


@dataclass(frozen=True)
class BatchHistory:
    """A batch, what each rule counted in it, and in which states the rows that it took are now."""

    batch: dict[str, Any]
    rules: list[dict[str, Any]]
    states: dict[str, int] = field(default_factory=dict)
    decisions: list[dict[str, Any]] = field(default_factory=list)


# ---------------------------------------------------------------- rows
def list_rows(
    bridge: Bridge, reader: Side, *, entity: str | None = None, state: str | None = None, rule: str | None = None
) -> list[SetAside]:
    """Quarantined and held rows in reading order, oldest position first. PuenteError for an unknown entity or state."""
    if state is not None and state not in SET_ASIDE:
        raise PuenteError(f"Unknown state {state!r}; rows are set aside as {' or '.join(SET_ASIDE)}.")
    routes = [route_of(bridge, reader, entity)] if entity else bridge.routes(reader)
    with bridge.database(reader).read() as conn:
        return [row for route in routes for row in _set_aside(conn, route, state, rule)]


def _set_aside(conn: Connection, route: Route, state: str | None, rule: str | None) -> list[SetAside]:
    inbox, finding = route.inbox, schema.finding
    reasons: dict[int, list[str]] = {}
    mine = and_(finding.c.link_id == route.link_id, finding.c.queue == route.queue.name)
    wanted = and_(inbox.c.link_id == route.link_id, inbox.c.state.in_((state,) if state else SET_ASIDE))
    for inbox_id, rule_id in conn.execute(
        select(finding.c.inbox_id, finding.c.rule_id)
        .join(inbox, and_(mine, inbox.c.inbox_id == finding.c.inbox_id))
        .where(wanted)
        .order_by(finding.c.finding_id)
    ):
        reasons.setdefault(int(inbox_id), []).append(rule_id)
    names = ("inbox_id", "state", "record_key", "op", "waits_for", "waits_key", "taken_by", "batch_id")
    query = select(*(inbox.c[name] for name in names)).where(wanted)
    rows = conn.execute(query.order_by(inbox.c.epoch, inbox.c.id_registro, inbox.c.revision)).mappings()
    return [
        SetAside(
            route.entity.name, int(row["inbox_id"]), row["state"], row["record_key"], row["op"],
            tuple(reasons.get(int(row["inbox_id"]), ())),
            f"{row['waits_for']} {row['waits_key']}" if row["waits_for"] else "",
            int(row["taken_by"] or row["batch_id"]),
        )
        for row in rows
        if rule is None or rule in reasons.get(int(row["inbox_id"]), ())
    ]  # fmt: skip


def show_row(route: Route, inbox_id: int) -> RowHistory:
    """One inbox row in whatever state, with every reason and decision. PuenteError when there is none."""
    finding, decision = schema.finding, schema.decision
    with route.reader_db.read() as conn:
        row = _row(conn, route, inbox_id)
        payload = {column.name for column in (*route.queue.columns, *contract.ENVELOPE)}
        reasons = select(finding).where(
            finding.c.link_id == route.link_id, finding.c.queue == route.queue.name, finding.c.inbox_id == inbox_id
        )
        decisions = select(decision).where(
            decision.c.link_id == route.link_id, decision.c.queue == route.queue.name, decision.c.inbox_id == inbox_id
        )
        return RowHistory(
            route.entity.name,
            {name: value for name, value in row.items() if name not in payload},
            {name: value for name, value in row.items() if name in payload},
            [dict(r) for r in conn.execute(reasons.order_by(finding.c.finding_id)).mappings()],
            [dict(r) for r in conn.execute(decisions.order_by(decision.c.decision_id)).mappings()],
        )


def seen(row: Mapping[str, Any]) -> str:
    """What of a row a person had before them: another value later, and it is not the row that they decided on."""
    return f"{row['payload_hash']}:{row['taken_by'] or ''}"


def release(
    route: Route, inbox_id: int, who: str, why: str, changes: Mapping[str, str | None] | None = None, *,
    seen: str | None = None,
) -> bool:  # fmt: skip
    """Send a set-aside row through the gate again, at its old position, with `changes` to its payload if any.

    `changes` maps contract columns to new texts, None for NULL; the originals are kept with the decision. The
    row's identity stays the landed one. False: a second person has to confirm it first. PuenteError for an unknown
    row or column, AlreadyDecided for a row that is not set aside or not the one that was `seen`.
    """
    with deciding(route, who, why) as conn:
        row = set_aside_row(conn, route, inbox_id, seen)
        edits = _texts(route, changes or {})
        if needs_two(route.settings, 1):
            ask(
                conn, route, "release", who, why, changes=edits, original=row, inbox_id=inbox_id,
                batch_id=row["taken_by"],
            )  # fmt: skip
            return False
        release_row(conn, route, row, who, why, edits)
        return True


def release_row(
    conn: Connection, route: Route, row: dict[str, Any], who: str, why: str, edits: Mapping[str, str | None]
) -> None:
    """`release`, in the caller's transaction under the lease."""
    inbox_id = int(row["inbox_id"])
    edited = _edited(route, row, edits)
    one = {"inbox_id": inbox_id, "record_key": edited.get("record_key", row["record_key"])}
    for name, value in edits.items():
        decide(conn, route, "edit", who, why, **one, field=name, original=row[name], value=value)
    values = {**_FRESH, "forced": 1, **edited}
    conn.execute(update(route.inbox).where(route.inbox.c.inbox_id == inbox_id).values(**values))
    verdicts.forget_reasons(conn, route, [inbox_id])
    decide(conn, route, "release", who, why, **one)


def discard(route: Route, inbox_id: int, who: str, why: str, *, seen: str | None = None) -> int | None:
    """Give a set-aside row up for good; returns the number of the batch that accounts for it in the ledger.

    None: a second person has to confirm it first. PuenteError for an unknown row, AlreadyDecided for one that is not
    set aside or not the one that was `seen`.
    """
    with deciding(route, who, why) as conn:
        row = set_aside_row(conn, route, inbox_id, seen)
        if needs_two(route.settings, 1):
            ask(
                conn, route, "discard", who, why, changes={}, original=row, inbox_id=inbox_id,
                batch_id=row["taken_by"],
            )  # fmt: skip
            return None
        return discard_row(conn, route, row, who, why)


def discard_row(conn: Connection, route: Route, row: dict[str, Any], who: str, why: str) -> int:
    """`discard`, in the caller's transaction under the lease."""
    inbox, batch, inbox_id = route.inbox, schema.batch, int(row["inbox_id"])
    made = conn.execute(
        insert(batch).values(
            link_id=route.link_id, reader=route.reader, entity=route.entity.name, queue=route.queue.name,
            run_id=f"person:{who}", status="open", who=who, why=why, opened_at=utc_now(),
        )
    )  # fmt: skip
    assert made.inserted_primary_key is not None
    batch_id = int(made.inserted_primary_key[0])
    given_up = {**_FRESH, "state": "discarded", "taken_by": batch_id}
    conn.execute(update(inbox).where(inbox.c.inbox_id == inbox_id).values(**given_up))
    decide(
        conn, route, "discard", who, why, inbox_id=inbox_id, batch_id=batch_id, record_key=row["record_key"]
    )  # fmt: skip
    ledger.settle_batch(conn, route, batch_id, "discarded")
    return batch_id


def _texts(route: Route, changes: Mapping[str, str | None]) -> dict[str, str | None]:
    """The new texts by contract column, as the gate would have read them. PuenteError for an unknown column."""
    names = {column.name.lower(): column for column in route.queue.columns}
    texts: dict[str, str | None] = {}
    for name, value in changes.items():
        column = names.get(name.lower())
        if column is None:
            known = ", ".join(c.name for c in route.queue.columns)
            raise PuenteError(f"{route.queue.name} has no field {name!r} that could be set; it has {known}.")
        texts[column.name] = canonical_text(pa.array([value], pa.string()), column.kind).to_pylist()[0]
    return texts


def _edited(route: Route, row: dict[str, Any], edits: Mapping[str, str | None]) -> dict[str, Any]:
    """The columns to write for `edits`, what is derived from them included."""
    if not edits:
        return {}
    texts = {c.name: pa.array([edits.get(c.name, row[c.name])], pa.string()) for c in route.queue.columns}
    key = record_keys([texts[name] for name in route.entity.key])[0]
    return {
        **edits,
        "payload_hash": row_hashes(list(texts.values()))[0],
        "record_key": key,
        "key_fold": fold(key),
        "blank_mask": (blank_masks([texts[name] for name in route.entity.watched]) or [0])[0],
    }


def _row(conn: Connection, route: Route, inbox_id: int) -> dict[str, Any]:
    inbox = route.inbox
    mine = and_(inbox.c.link_id == route.link_id, inbox.c.inbox_id == inbox_id)
    row = conn.execute(select(inbox).where(mine)).mappings().first()
    if row is None:
        raise PuenteError(
            f"There is no row {inbox_id} of {route.entity.name} on link {route.link_id}. "
            f"`python -m puente quarantine list --entity {route.entity.name}` shows the rows set aside."
        )
    return dict(row)


def set_aside_row(conn: Connection, route: Route, inbox_id: int, before: str | None = None) -> dict[str, Any]:
    """The inbox row, still in quarantine or held. AlreadyDecided when it is not, PuenteError when there is none.

    `before` is what was `seen` of it: the gate may have taken the row again and set it aside once more since.
    """
    row = _row(conn, route, inbox_id)
    if row["state"] in SET_ASIDE:
        if before not in (None, seen(row)):
            raise AlreadyDecided(f"Row {inbox_id} of {route.entity.name} has changed since it was shown: look again.")
        return row
    message = f"Row {inbox_id} of {route.entity.name} is {row['state']}, not quarantined or held; nothing was done."
    if row["state"] == "pending" and row["taken_by"] is not None:
        message += f" It is part of batch {row['taken_by']}: see `python -m puente batch show {row['taken_by']}`."
    raise AlreadyDecided(message)


# ---------------------------------------------------------------- batches
def list_batches(
    bridge: Bridge, reader: Side, *, status: str | None = "closed", limit: int = 100
) -> list[dict[str, Any]]:
    """Batches of a reader, newest first; those behind a closed gate unless another status (None: any) is asked for."""
    batch = schema.batch
    query = select(batch).where(batch.c.link_id == bridge.link.link_id, batch.c.reader == reader)
    if status is not None:
        query = query.where(batch.c.status == status)
    with bridge.database(reader).read() as conn:
        return [dict(r) for r in conn.execute(query.order_by(batch.c.batch_id.desc()).limit(limit)).mappings()]


def has_batch(bridge: Bridge, reader: Side, batch_id: int) -> bool:
    batch = schema.batch
    mine = and_(batch.c.link_id == bridge.link.link_id, batch.c.reader == reader, batch.c.batch_id == batch_id)
    with bridge.database(reader).read() as conn:
        return conn.execute(select(batch.c.batch_id).where(mine)).first() is not None


def show_batch(bridge: Bridge, reader: Side, batch_id: int) -> BatchHistory:
    """PuenteError when there is no such batch."""
    rule, decision = schema.rule_result, schema.decision
    with bridge.database(reader).read() as conn:
        row = _batch(conn, bridge, reader, batch_id)
        inbox = bridge.route(reader, row["entity"]).inbox
        taken = and_(inbox.c.link_id == bridge.link.link_id, inbox.c.taken_by == batch_id)
        states = conn.execute(select(inbox.c.state, func.count()).where(taken).group_by(inbox.c.state))
        rules = select(rule).where(rule.c.batch_id == batch_id).order_by(rule.c.failed.desc(), rule.c.rule_id)
        decided = and_(decision.c.link_id == bridge.link.link_id, decision.c.batch_id == batch_id)
        return BatchHistory(
            row,
            [dict(r) for r in conn.execute(rules).mappings()],
            {state: int(count) for state, count in states},
            [dict(r) for r in conn.execute(select(decision).where(decided)).mappings()],
        )


def release_batch(bridge: Bridge, reader: Side, batch_id: int, who: str, why: str) -> int | None:
    """Open the gate for a closed batch; returns how many of its rows the next pass takes.

    They are exempt from what closes a gate (too many bad rows, mass change), never from the row rules. None: a second
    person has to confirm it first. PuenteError when the batch is unknown, AlreadyDecided when it is not closed.
    """
    route = route_of_batch(bridge, reader, batch_id)
    with deciding(route, who, why) as conn:
        closed_batch(conn, bridge, reader, batch_id)
        if _asked_for_batch(conn, route, "release", batch_id, who, why):
            return None
        return let_through(conn, route, batch_id, who, why)


def let_through(conn: Connection, route: Route, batch_id: int, who: str, why: str) -> int:
    """`release_batch`, in the caller's transaction under the lease."""
    inbox, batch, waiting = route.inbox, schema.batch, _waiting(route, batch_id)
    ids = [int(r[0]) for r in conn.execute(select(inbox.c.inbox_id).where(waiting))]
    verdicts.forget_reasons(conn, route, ids)
    conn.execute(update(inbox).where(waiting).values(**_FRESH, forced=1))
    conn.execute(update(batch).where(batch.c.batch_id == batch_id).values(status="open", who=who))
    conn.execute(delete(schema.rule_result).where(schema.rule_result.c.batch_id == batch_id))  # counted anew
    decide(conn, route, "release", who, why, batch_id=batch_id)
    return len(ids)


def discard_batch(bridge: Bridge, reader: Side, batch_id: int, who: str, why: str) -> int | None:
    """Give up every row of a closed batch; returns their number. The ledger counts them as discarded.

    None: a second person has to confirm it first. PuenteError when the batch is unknown, AlreadyDecided when it is not
    closed, NotYetCleared while a row of it is not proved absent from its queue.
    """
    route = route_of_batch(bridge, reader, batch_id)
    with deciding(route, who, why) as conn:
        closed_batch(conn, bridge, reader, batch_id)
        if _asked_for_batch(conn, route, "discard", batch_id, who, why):
            return None
        return give_up(conn, route, batch_id, who, why)


def give_up(conn: Connection, route: Route, batch_id: int, who: str, why: str) -> int:
    """`discard_batch`, in the caller's transaction under the lease."""
    inbox, batch = route.inbox, schema.batch
    uncleared = _count(
        conn, inbox, and_(inbox.c.link_id == route.link_id, inbox.c.batch_id == batch_id, inbox.c.cleared == 0)
    )
    if uncleared:
        raise NotYetCleared(
            f"{uncleared} rows of batch {batch_id} are not yet proved absent from {route.queue.name}. "
            "Let the next pass clear them, then discard the batch."
        )
    given_up = {**_FRESH, "state": "discarded", "taken_by": batch_id}
    number = conn.execute(update(inbox).where(_waiting(route, batch_id)).values(**given_up)).rowcount
    conn.execute(update(batch).where(batch.c.batch_id == batch_id).values(who=who))
    decide(conn, route, "discard", who, why, batch_id=batch_id)
    ledger.settle_batch(conn, route, batch_id, "discarded")
    return number


def _asked_for_batch(conn: Connection, route: Route, action: Action, batch_id: int, who: str, why: str) -> bool:
    if not needs_two(route.settings, _count(conn, route.inbox, _waiting(route, batch_id))):
        return False
    ask(conn, route, action, who, why, changes={}, original={}, inbox_id=None, batch_id=batch_id)
    return True


def _waiting(route: Route, batch_id: int) -> ColumnElement[bool]:
    """The rows of a closed batch."""
    inbox = route.inbox
    return and_(inbox.c.link_id == route.link_id, inbox.c.state == "pending", inbox.c.taken_by == batch_id)


def _count(conn: Connection, table: FromClause, condition: ColumnElement[bool]) -> int:
    return int(conn.execute(select(func.count()).select_from(table).where(condition)).scalar_one())


def _batch(conn: Connection, bridge: Bridge, reader: Side, batch_id: int) -> dict[str, Any]:
    batch = schema.batch
    row = conn.execute(
        select(batch).where(
            batch.c.batch_id == batch_id, batch.c.link_id == bridge.link.link_id, batch.c.reader == reader
        )
    ).mappings().first()  # fmt: skip
    if row is None:
        raise PuenteError(
            f"There is no batch {batch_id} on link {bridge.link.link_id}, reader {reader}. "
            "`python -m puente batch list --all` shows the latest ones."
        )
    return dict(row)


def route_of_batch(bridge: Bridge, reader: Side, batch_id: int) -> Route:
    """The route of the batch's entity. PuenteError when there is no such batch."""
    with bridge.database(reader).read() as conn:
        return bridge.route(reader, _batch(conn, bridge, reader, batch_id)["entity"])


def closed_batch(conn: Connection, bridge: Bridge, reader: Side, batch_id: int) -> None:
    """AlreadyDecided unless the batch is behind a closed gate."""
    status = _batch(conn, bridge, reader, batch_id)["status"]
    if status != "closed":
        raise AlreadyDecided(
            f"Batch {batch_id} is {status}; only a batch behind a closed gate can be released or discarded. "
            "For single rows use `python -m puente quarantine`."
        )


# ---------------------------------------------------------------- both
def route_of(bridge: Bridge, reader: Side, entity: str) -> Route:
    """The route of `entity` to `reader`. PuenteError names the entities that there are."""
    known = contract.READ_SEQUENCE[reader]
    if entity not in known:
        raise PuenteError(f"The {reader} reads no entity {entity!r}; it reads {', '.join(known)}.")
    return bridge.route(reader, entity)
