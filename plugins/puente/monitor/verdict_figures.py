"""Validation reports as the pages show them: batches with what the gate said, one report, its rows, the seals.

What the gate said is in `puente_batch`; the counts and rules are in the sealed file, whose place follows from the
batch's own row and never from a request. Moments are UTC as stored. No Airflow here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, func, or_, select

from puente import contract
from puente.contract import SIDES, Side
from puente.db import schema
from puente.problems import Problem
from puente.quality.report import report_path, verify_report
from puente.settings import Settings
from puente.sync import ledger
from puente.sync.decisions import Waiting, list_waiting
from puente.sync.quarantine import SET_ASIDE
from puente.sync.route import Bridge, Route
from puente.sync.verdicts import portions

Said = Literal["passed", "passed_with_quarantine", "closed", "not_run"]
SAID: tuple[Said, ...] = ("passed", "passed_with_quarantine", "closed", "not_run")
PAGE = 25  # batches; rows set aside
CHECKED = 500  # of a side's newest reports, when the chain is verified


@dataclass(frozen=True)
class Wanted:
    """What a person filters by. `since` and `until` are moments as stored, `until` not included."""

    entity: str | None = None
    reader: Side | None = None
    said: Said | None = None
    since: str | None = None
    until: str | None = None


@dataclass(frozen=True)
class Listed:
    """One batch in the list. `body` is its report's content, None when there is none; `waits`: rows to decide on."""

    reader: Side
    batch: Mapping[str, Any]
    said: Said
    body: Mapping[str, Any] | None
    waits: int

    @property
    def batch_id(self) -> int:
        return int(self.batch["batch_id"])


@dataclass(frozen=True)
class Sealed:
    """A report's file, what is wrong with its seal, and the other tries of the same batch that have one."""

    path: Path
    body: Mapping[str, Any]
    sha256: str
    keyed: bool  # whether the seal has a key, so that a forger shows too
    problems: list[Problem]
    tries: list[int]


@dataclass(frozen=True)
class Apart:
    """One row set aside. `rules` are the ids of those that it broke; `key` identifies people in some entities."""

    reader: Side
    entity: str
    inbox_id: int
    state: str
    key: str
    op: str
    rules: tuple[str, ...]
    waits_for: str
    waits_key: str
    batch_id: int
    since: str  # when it was set aside


@dataclass
class Undecided:
    """What waits for a person: closed batches, proposals for a second one, and rows by reader, entity and state."""

    closed: list[tuple[Side, dict[str, Any]]] = field(default_factory=list)
    proposals: list[tuple[Side, str, Waiting]] = field(default_factory=list)  # with the entity
    rows: dict[tuple[Side, str], Counter[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Proof:
    """What a verification found: per side its ledger's length and problems, and the reports by their name."""

    ledgers: dict[Side, tuple[int, list[Problem]]]
    checked: int
    reports_in_all: int
    broken: dict[str, list[Problem]]
    keyed: bool


# ---------------------------------------------------------------- the list
def list_batches(
    bridge: Bridge, wanted: Wanted, before: Mapping[Side, int], limit: int = PAGE
) -> tuple[list[Listed], dict[Side, int]]:
    """Batches that the gate judged or is to judge, newest first, and where the next page begins ({}: nowhere).

    `before` says of each side below which batch to go on; each side numbers its own.
    """
    batch, found = schema.batch, list[tuple[Side, dict[str, Any]]]()
    newest_first = (batch.c.opened_at.desc(), batch.c.batch_id.desc())
    for reader in [wanted.reader] if wanted.reader else SIDES:
        query = _batches(bridge, reader, wanted)
        with bridge.database(reader).read() as conn:
            if reader in before:  # both bounds: the index is in the order of opening
                of_last = select(batch.c.opened_at).where(batch.c.batch_id == before[reader])
                last = conn.execute(of_last).scalar() or ""
                tie = and_(batch.c.opened_at == last, batch.c.batch_id < before[reader])
                query = query.where(batch.c.opened_at <= last, or_(batch.c.opened_at < last, tie))
            rows = conn.execute(query.order_by(*newest_first).limit(limit + 1)).mappings()
            found += [(reader, dict(row)) for row in rows]
    found.sort(key=lambda one: (str(one[1]["opened_at"]), one[1]["batch_id"]), reverse=True)
    shown = found[:limit]
    following = dict(before)
    for reader, row in shown:
        following[reader] = int(row["batch_id"])
    waits = _waits(bridge, shown)
    listed = [
        Listed(
            reader, row, row["verdict"] or "not_run", _body(bridge, reader, row),
            waits[reader, int(row["batch_id"])],
        )
        for reader, row in shown
    ]  # fmt: skip
    return listed, following if len(found) > limit else {}


def _batches(bridge: Bridge, reader: Side, wanted: Wanted) -> Any:
    batch = schema.batch
    query = select(batch).where(batch.c.link_id == bridge.link.link_id, batch.c.reader == reader)
    if wanted.said == "not_run":
        query = query.where(batch.c.verdict.is_(None), batch.c.status == "open")
    elif wanted.said:
        query = query.where(batch.c.verdict == wanted.said)
    else:  # what a person's discarding or a late row made has no verdict and never will
        query = query.where(or_(batch.c.verdict.is_not(None), batch.c.status == "open"))
    if wanted.entity:
        query = query.where(batch.c.entity == wanted.entity)
    if wanted.since:
        query = query.where(batch.c.opened_at >= wanted.since)
    if wanted.until:
        query = query.where(batch.c.opened_at < wanted.until)
    return query


def _waits(bridge: Bridge, shown: list[tuple[Side, dict[str, Any]]]) -> Counter[tuple[Side, int]]:
    """How many rows of each batch are set aside now; all of a closed one wait."""
    found: Counter[tuple[Side, int]] = Counter()
    by_entity: dict[tuple[Side, str], list[int]] = {}
    for reader, row in shown:
        by_entity.setdefault((reader, row["entity"]), []).append(int(row["batch_id"]))
    closed = {(reader, int(row["batch_id"])) for reader, row in shown if row["status"] == "closed"}
    for (reader, entity), batches in by_entity.items():
        inbox = bridge.route(reader, entity).inbox
        query = (
            select(inbox.c.taken_by, inbox.c.state, func.count())
            .where(inbox.c.link_id == bridge.link.link_id, inbox.c.state.in_((*SET_ASIDE, "pending")))
            .where(inbox.c.taken_by.in_(batches))
            .group_by(inbox.c.taken_by, inbox.c.state)
        )
        with bridge.database(reader).read() as conn:
            for number, state, count in conn.execute(query):
                if state != "pending" or (reader, int(number)) in closed:
                    found[reader, int(number)] += int(count)
    return found


# ---------------------------------------------------------------- one report
def batch_of(bridge: Bridge, reader: Side, batch_id: int) -> dict[str, Any] | None:
    """The batch's own row, None when the link has none of that number on that side."""
    batch = schema.batch
    mine = and_(batch.c.link_id == bridge.link.link_id, batch.c.reader == reader, batch.c.batch_id == batch_id)
    with bridge.database(reader).read() as conn:
        row = conn.execute(select(batch).where(mine)).mappings().first()
    return dict(row) if row else None


def sealed(bridge: Bridge, reader: Side, batch: Mapping[str, Any], try_number: int | None = None) -> Sealed | None:
    """The report of a batch, or of one of its tries, with its seal checked; None when there is no such file."""
    settings = bridge.settings
    nameless = _place(settings, bridge, reader, batch, 0)
    beside = nameless.parent.glob(f"{nameless.stem[:-1]}*.json")
    tries = sorted(int(n) for path in beside if (n := path.stem.rpartition("-try")[2]).isdecimal())
    number = try_number or _last_try(batch) or max(tries, default=0)
    path = _place(settings, bridge, reader, batch, number)
    try:
        document = json.loads(path.read_bytes())
        body, sha256 = dict(document["report"]), str(document["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Sealed(path, body, sha256, "hmac" in document, verify_report(path, settings.seal_key), tries)


def _place(settings: Settings, bridge: Bridge, reader: Side, batch: Mapping[str, Any], number: int) -> Path:
    direction, link_id = f"{contract.writer_of(reader)}_to_{reader}", bridge.link.link_id
    return report_path(settings.reports_dir, link_id, direction, batch["entity"], int(batch["batch_id"]), number)


def _last_try(batch: Mapping[str, Any]) -> int:
    """The try that the batch's row speaks of: another machine's folder may be called otherwise."""
    name = Path(str(batch["report"] or "")).stem
    number = name.rpartition("-try")[2]
    return int(number) if number.isdecimal() and len(number) < 4 else 0


def _body(bridge: Bridge, reader: Side, batch: Mapping[str, Any]) -> Mapping[str, Any] | None:
    number = _last_try(batch)
    if not number:
        return None
    try:
        document = json.loads(_place(bridge.settings, bridge, reader, batch, number).read_bytes())
        body = document["report"]
        return body if isinstance(body, dict) and "rows_in" in body else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


# ---------------------------------------------------------------- rows set aside
def rows_apart(
    route: Route, *, batch_id: int | None = None, state: str | None = None, rule: str | None = None, after: int = 0,
    limit: int = PAGE, closed: bool = False,
) -> tuple[list[Apart], int | None]:  # fmt: skip
    """Rows set aside of an entity, in the order of their landing, and after which the next page begins.

    `closed`: of a batch behind a closed gate, where no row is set aside yet, those for which a reason was found.
    """
    inbox, finding = route.inbox, schema.finding
    of_row = and_(
        finding.c.link_id == route.link_id, finding.c.queue == route.queue.name,
        finding.c.inbox_id == inbox.c.inbox_id,
    )  # fmt: skip
    states = ("pending",) if closed else (state,) if state in SET_ASIDE else SET_ASIDE
    wanted: list[ColumnElement[bool]] = [
        inbox.c.link_id == route.link_id,
        inbox.c.state.in_(states),
        inbox.c.inbox_id > after,
    ]
    if batch_id is not None:
        wanted.append(inbox.c.taken_by == batch_id)
    if rule is not None or closed:
        of_rule = [finding.c.rule_id == rule] if rule is not None else []
        wanted.append(select(finding.c.finding_id).where(of_row, *of_rule).exists())
    names = ("inbox_id", "state", "record_key", "op", "waits_for", "waits_key", "taken_by", "batch_id")
    query = select(*(inbox.c[n] for n in names)).where(*wanted).order_by(inbox.c.inbox_id).limit(limit + 1)
    with route.reader_db.read() as conn:
        rows = list(conn.execute(query).mappings())
        told: dict[int, list[Any]] = {}
        for some in portions([int(row["inbox_id"]) for row in rows]):
            mine = and_(finding.c.link_id == route.link_id, finding.c.queue == route.queue.name)
            reasons = select(finding).where(mine, finding.c.inbox_id.in_(some)).order_by(finding.c.finding_id)
            for one in conn.execute(reasons).mappings():
                told.setdefault(int(one["inbox_id"]), []).append(one)
    found = []
    for row in rows[:limit]:
        number = int(row["inbox_id"])
        reasons_of = told.get(number, [])
        found.append(
            Apart(
                route.reader, route.entity.name, number, row["state"], row["record_key"], row["op"],
                tuple(one["rule_id"] for one in reasons_of), row["waits_for"] or "", row["waits_key"] or "",
                int(row["taken_by"] or row["batch_id"]), min((one["at"] for one in reasons_of), default=""),
            )
        )  # fmt: skip
    return found, found[-1].inbox_id if len(rows) > limit else None


def undecided(bridge: Bridge, limit: int = 50) -> Undecided:
    """Everything that waits for a person on either side; at most `limit` closed batches of a side, the oldest."""
    found, batch = Undecided(), schema.batch
    for reader in SIDES:
        closed = (
            select(batch)
            .where(batch.c.link_id == bridge.link.link_id, batch.c.reader == reader, batch.c.status == "closed")
            .where(batch.c.entity.in_(contract.READ_SEQUENCE[reader]))
            .order_by(batch.c.batch_id)
            .limit(limit)
        )
        with bridge.database(reader).read() as conn:
            found.closed += [(reader, dict(row)) for row in conn.execute(closed).mappings()]
            for entity in contract.READ_SEQUENCE[reader]:
                inbox = bridge.route(reader, entity).inbox
                apart = and_(inbox.c.link_id == bridge.link.link_id, inbox.c.state.in_(SET_ASIDE))
                counted = select(inbox.c.state, func.count()).where(apart).group_by(inbox.c.state)
                if counts := {state: int(count) for state, count in conn.execute(counted)}:
                    found.rows[reader, entity] = Counter(counts)
        entities = {contract.queue_for(name, reader).name: name for name in contract.READ_SEQUENCE[reader]}
        for waiting in list_waiting(bridge, reader):
            if waiting.queue in entities:
                found.proposals.append((reader, entities[waiting.queue], waiting))
    return found


# ---------------------------------------------------------------- the proof
def prove(bridge: Bridge, limit: int = CHECKED) -> Proof:
    """Walk both ledgers, check the newest reports' seals, and hold the heads that they kept against the ledgers."""
    ledgers: dict[Side, tuple[int, list[Problem]]] = {}
    broken: dict[str, list[Problem]] = {}
    checked = in_all = 0
    batch, link_id = schema.batch, bridge.link.link_id
    for reader in SIDES:
        db = bridge.database(reader)
        problems = ledger.verify(db, link_id)
        mine = and_(batch.c.link_id == link_id, batch.c.reader == reader, batch.c.verdict.is_not(None))
        heads: dict[int, dict[str, str]] = {}
        with db.read() as conn:
            count = ledger.head(conn, link_id, None).count
            in_all += int(conn.execute(select(func.count()).select_from(batch).where(mine)).scalar_one())
            newest = select(batch).where(mine).order_by(batch.c.batch_id.desc()).limit(limit)
            rows = [dict(row) for row in conn.execute(newest).mappings()]
        for row in rows:
            path = _place(bridge.settings, bridge, reader, row, _last_try(row))
            name = "/".join(path.parts[-3:])
            checked += 1
            if wrong := verify_report(path, bridge.settings.seal_key):
                broken[name] = wrong
                continue
            body = json.loads(path.read_bytes())["report"]
            if body["ledger_count"]:
                heads.setdefault(int(body["ledger_count"]), {})[name] = body["ledger_head"]
        for name in _not_in_ledger(bridge, reader, heads):
            broken[name] = [Problem("chain_rewritten")]
        ledgers[reader] = (count, problems)
    return Proof(ledgers, checked, in_all, broken, bridge.settings.seal_key is not None)


def _not_in_ledger(bridge: Bridge, reader: Side, heads: dict[int, dict[str, str]]) -> list[str]:
    table, stands = schema.ledger, dict[int, str]()
    with bridge.database(reader).read() as conn:
        for some in portions(sorted(heads)):
            mine = and_(table.c.link_id == bridge.link.link_id, table.c.seq.in_(some))
            stands |= {
                int(seq): row_hash for seq, row_hash in conn.execute(select(table.c.seq, table.c.row_hash).where(mine))
            }
    return [name for seq, kept in heads.items() for name, head in kept.items() if stands.get(seq) != head]
