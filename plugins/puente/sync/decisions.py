"""How a person's decision is made and kept, and what waits for a second person.

`puente_decision` is only ever added to; erasing a person blanks the values of edits, which are found by the record's
key when the row has left the inbox. With `PUENTE_TWO_PERSONS` a decision is first kept as asked for: one
`ask_edit` per field, then `ask_release` or `ask_discard`. It stays open until a later row of the same target says
what became of it: `release` or `discard`, by whom it was confirmed, or `refuse`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select

from puente.db import schema
from puente.errors import AlreadyDecided, PuenteError, SamePerson
from puente.settings import Settings
from puente.sync.leases import held
from puente.sync.route import Bridge, Route, utc_now

Action = Literal["release", "discard"]
ASK = "ask_"


@dataclass(frozen=True)
class Proposal:
    """What one person wants done with a row or a closed batch. `number` names it; `at` is UTC."""

    number: int
    action: Action
    who: str
    why: str
    at: str
    batch_id: int | None  # a row's: the batch that had taken it then
    changes: dict[str, str | None] = field(default_factory=dict)  # contract column → text

    def asked_by(self, who: str) -> bool:
        return _same_person(self.who, who)


@dataclass(frozen=True)
class Waiting:
    """An open proposal and what it is about: a row of the reader's inbox, or (no `inbox_id`) a closed batch."""

    proposal: Proposal
    queue: str
    inbox_id: int | None
    batch_id: int | None


@contextmanager
def deciding(route: Route, who: str, why: str) -> Iterator[Connection]:
    """One transaction under the entity's lease. PuenteError when who or why is missing or too long to be kept."""
    for name, value, size in (("who", who, 100), ("why", why, 500)):
        if not value.strip() or len(value) > size:
            raise PuenteError(f"A decision is kept with who and why: --{name} must have 1 to {size} characters.")
    settings, owner = route.settings, f"person/{who}"
    with (
        held(route.reader_db, route.link_id, route.lease_name, owner, settings.lease_seconds) as lease,
        lease.begin() as conn,
    ):
        yield conn


def decide(conn: Connection, route: Route, action: str, who: str, why: str, **details: Any) -> None:
    """Keep a decision. `details` are further columns of `puente_decision`."""
    conn.execute(insert(schema.decision).values(**_decision(route, action, who, why), **details))


def _decision(route: Route, action: str, who: str, why: str) -> dict[str, Any]:
    name = route.queue.name
    return {"link_id": route.link_id, "queue": name, "action": action, "who": who, "why": why, "at": utc_now()}


# ---------------------------------------------------------------- what waits for a second person
def needs_two(settings: Settings, rows: int) -> bool:
    """Whether a decision over so many rows must be confirmed by somebody else."""
    return 0 < settings.two_persons <= rows


def ask(
    conn: Connection, route: Route, action: Action, who: str, why: str, *, changes: Mapping[str, str | None],
    original: Mapping[str, Any], inbox_id: int | None, batch_id: int | None,
) -> None:  # fmt: skip
    """Keep what somebody wants done, in the caller's transaction. AlreadyDecided where something is asked already."""
    there = open_proposal(conn, route, inbox_id=inbox_id, batch_id=batch_id)
    if there is not None:
        raise AlreadyDecided(
            f"{there.who} has asked for a {there.action} already (proposal {there.number}): confirm or refuse that."
        )
    target = {"inbox_id": inbox_id, "batch_id": batch_id, "record_key": original.get("record_key")}
    for name, value in changes.items():
        edit = {"field": name, "original": original[name], "value": value}
        decide(conn, route, f"{ASK}edit", who, why, **target, **edit)
    decide(conn, route, f"{ASK}{action}", who, why, **target)


def open_proposal(conn: Connection, route: Route, *, inbox_id: int | None, batch_id: int | None) -> Proposal | None:
    """What waits for a second person: of the row, while the batch that took it is the same, or of the batch."""
    decision, changes, found = schema.decision, dict[str, str | None](), None
    about = and_(decision.c.link_id == route.link_id, decision.c.queue == route.queue.name, _target(inbox_id, batch_id))
    for row in conn.execute(select(decision).where(about).order_by(decision.c.decision_id)).mappings():
        match row["action"]:
            case "ask_edit":
                changes[row["field"]] = row["value"]
            case "ask_release" | "ask_discard":
                found, changes = _proposal(dict(row), changes), {}
            case "release" | "discard" | "refuse":
                found, changes = None, {}
    return found if found is None or found.batch_id == batch_id else None


def proposal_of(
    conn: Connection, route: Route, number: int, who: str, *, inbox_id: int | None, batch_id: int | None,
    confirming: bool,
) -> Proposal:  # fmt: skip
    """The open proposal that a person saw. AlreadyDecided when it is not open any more, SamePerson for their own."""
    found = open_proposal(conn, route, inbox_id=inbox_id, batch_id=batch_id)
    if found is None or found.number != number:
        raise AlreadyDecided(f"Proposal {number} is not open any more: it was decided, or the gate looked anew.")
    if confirming and found.asked_by(who):
        raise SamePerson(f"{found.who} asked for it: somebody else has to confirm it.")
    return found


def list_waiting(bridge: Bridge, reader: Any) -> list[Waiting]:
    """Every open proposal of a reader's side, oldest first."""
    decision, link_id = schema.decision, bridge.link.link_id
    mine = decision.c.link_id == link_id
    with bridge.database(reader).read() as conn:
        last_of_rows = (
            select(func.max(decision.c.decision_id)).where(mine, decision.c.inbox_id.is_not(None))
            .group_by(decision.c.queue, decision.c.inbox_id)
        )  # fmt: skip
        last_of_batches = (
            select(func.max(decision.c.decision_id)).where(mine, decision.c.inbox_id.is_(None))
            .group_by(decision.c.queue, decision.c.batch_id)
        )  # fmt: skip
        asked = select(decision).where(
            mine, decision.c.action.in_(("ask_release", "ask_discard")),
            or_(decision.c.decision_id.in_(last_of_rows), decision.c.decision_id.in_(last_of_batches)),
        )  # fmt: skip
        rows = [dict(row) for row in conn.execute(asked.order_by(decision.c.decision_id)).mappings()]
        return [
            Waiting(_proposal(row, {}), row["queue"], row["inbox_id"], row["batch_id"])
            for row in rows
            if row["inbox_id"] is None or _still_there(conn, row)
        ]


def _still_there(conn: Connection, row: dict[str, Any]) -> bool:
    inbox = schema.inboxes[row["queue"]]
    same = inbox.c.taken_by.is_(None) if row["batch_id"] is None else inbox.c.taken_by == row["batch_id"]
    query = select(inbox.c.inbox_id).where(
        inbox.c.inbox_id == row["inbox_id"], inbox.c.link_id == row["link_id"], same,
        inbox.c.state.in_(("quarantined", "held")),
    )  # fmt: skip
    return conn.execute(query).first() is not None


def _target(inbox_id: int | None, batch_id: int | None) -> ColumnElement[bool]:
    decision = schema.decision
    if inbox_id is not None:
        return decision.c.inbox_id == inbox_id
    return and_(decision.c.inbox_id.is_(None), decision.c.batch_id == batch_id)


def _proposal(row: dict[str, Any], changes: dict[str, str | None]) -> Proposal:
    action: Action = "release" if row["action"] == "ask_release" else "discard"
    batch_id = None if row["batch_id"] is None else int(row["batch_id"])
    return Proposal(int(row["decision_id"]), action, row["who"], row["why"], row["at"], batch_id, changes)


def _same_person(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()
