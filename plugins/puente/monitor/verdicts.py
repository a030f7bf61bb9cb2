"""Validation reports: the list, each report with its rules and seal, the rows set aside, and the chain's proof."""

from __future__ import annotations

import datetime as dt
import re
import time
import zoneinfo
from threading import Lock
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Path, Query
from fastapi.responses import Response
from sqlalchemy import select

from puente import contract
from puente.contract import Side
from puente.db import schema
from puente.monitor import verdict_figures as figures
from puente.monitor.access import Reading, Visit
from puente.monitor.airflow_side import when_next
from puente.monitor.ledger_pages import DayAsked, Entity
from puente.monitor.pages import render, run_link
from puente.monitor.rule_words import columns_of, masked, words_of
from puente.monitor.verdict_texts import TEXTS
from puente.orchestration.links import dag_id
from puente.sync import quarantine
from puente.sync.decisions import Proposal, needs_two, open_proposal
from puente.sync.route import Bridge, Route, stored, utc_now

router = APIRouter()
Direction = Literal["erp_to_platform", "platform_to_erp"]
EntityPart = Annotated[Entity, Path()]
Number = Annotated[int, Path(ge=1, le=2**62)]
AGAIN_SECONDS = 10.0  # a proof is not made again so soon
_proofs: dict[str, tuple[float, str, figures.Proof]] = {}  # by link, of this process
_proving = Lock()


@router.get("/validations")
def reports(
    visit: Reading,
    direction: Annotated[Direction | Literal[""], Query()] = "",
    entity: Annotated[Entity | Literal[""], Query()] = "",
    verdict: Annotated[figures.Said | Literal[""], Query()] = "",
    first: DayAsked = "",
    last: DayAsked = "",
    before: Annotated[str, Query(pattern=r"^(platform[0-9]{1,18})?(erp[0-9]{1,18})?$")] = "",
) -> Response:
    """Batches of both sides, newest first, under what waits for a person."""
    bridge = visit.bridge()
    wanted = figures.Wanted(
        entity or None, reader_of(direction) if direction else None, verdict or None,
        _midnight(visit, first, 0), _midnight(visit, last, 1),
    )  # fmt: skip
    listed, following = figures.list_batches(bridge, wanted, _position(before))
    query = {"direction": direction, "entity": entity, "verdict": verdict, "first": first, "last": last}
    return page(
        visit, "verdicts.html", listed=listed, chosen=query, before=before, said=figures.SAID,
        older="".join(f"{side}{following[side]}" for side in ("platform", "erp") if side in following),
        undecided=None if before else figures.undecided(bridge), entities=contract.ENTITIES,
    )  # fmt: skip


@router.get("/validations/rows")
def rows(
    visit: Reading,
    direction: Annotated[Direction, Query()] = "erp_to_platform",
    entity: Annotated[Entity | Literal[""], Query()] = "",
    state: Annotated[Literal["quarantined", "held", ""], Query()] = "",
    rule: Annotated[str, Query(max_length=120)] = "",
    after: Annotated[int, Query(ge=0, le=2**62)] = 0,
) -> Response:
    """Rows set aside of one entity, in the order of their landing."""
    bridge, found = visit.bridge(), None
    waiting = figures.undecided(bridge).rows
    reader = reader_of(direction)
    if not entity:
        reader, entity = next(iter(waiting), (reader, contract.READ_SEQUENCE[reader][0]))  # type: ignore[assignment]
    if entity in contract.READ_SEQUENCE[reader]:
        found = figures.rows_apart(bridge.route(reader, entity), state=state or None, rule=rule or None, after=after)
    apart, following = found or ([], None)
    query = {"direction": direction_of(reader), "entity": entity, "state": state, "rule": rule}
    return page(
        visit, "verdict_rows.html", apart=apart, after=after, following=following, chosen=query, waiting=waiting,
        words=words_of(visit.settings, direction_of(reader), entity, visit.language),
    )  # fmt: skip


@router.get("/validations/chain")
def chain(visit: Reading) -> Response:
    """Walk both ledgers and check the newest reports; changes nothing. One at a time: it reads every ledger row.

    Who asks meanwhile is told so at once: the threads that would wait here are those of Airflow's own API.
    """
    known = _proofs.get(visit.link.link_id)
    if known is None or time.monotonic() - known[0] > AGAIN_SECONDS:
        if not _proving.acquire(blocking=False):
            busy = page(visit, "verdict_chain.html", status=503, proof=None, at=None)
            busy.headers["Retry-After"] = str(round(AGAIN_SECONDS))
            return busy
        try:
            known = _proofs[visit.link.link_id] = _prove(visit)
        finally:
            _proving.release()
    return page(visit, "verdict_chain.html", proof=known[2], at=known[1])


def _prove(visit: Visit) -> tuple[float, str, figures.Proof]:
    """A proof with its moment, by the monotonic clock and UTC."""
    from puente.orchestration.connections import bridge

    for side in contract.SIDES:
        with visit.bridge().database(side).read():
            pass  # a side that does not answer is told soon; the walk itself has no time-out
    with bridge(visit.link.link_id, visit.settings) as sides:
        proof = figures.prove(sides)
    return time.monotonic(), utc_now(), proof


@router.get("/validations/rows/{reader}/{entity}/{inbox_id}")
def row(visit: Reading, reader: Side, entity: EntityPart, inbox_id: Number) -> Response:
    """One row in whatever state: why it was set aside, its values for those who may see them, what was decided."""
    bridge = visit.bridge()
    route = route_or_404(bridge, reader, entity)
    found = row_or_404(route, inbox_id)
    with route.reader_db.read() as conn:
        taken_by = None if found.row["taken_by"] is None else int(found.row["taken_by"])
        proposal = open_proposal(conn, route, inbox_id=inbox_id, batch_id=taken_by)
    apart, pending = found.row["state"] in quarantine.SET_ASIDE, found.row["state"] == "pending"
    gate = figures.batch_of(bridge, reader, taken_by) if pending and taken_by is not None else None
    in_closed = taken_by if gate is not None and gate["status"] == "closed" else None
    columns = columns_of(visit.settings, route.direction, entity)
    editable = {column.name: column.kind for column in route.queue.columns}
    return page(
        visit, "verdict_row.html", found=found, reader=reader, entity=entity, apart=apart, editable=editable,
        words=words_of(visit.settings, route.direction, entity, visit.language),
        proposal=proposal if apart else None, two=needs_two(visit.settings, 1), seen=quarantine.seen(found.row),
        key=found.row["record_key"] if visit.sees_raw else masked(str(found.row["record_key"])),
        faulty={name for one in found.reasons for name in columns.get(one["rule_id"], ())},
        in_closed=in_closed, next=_next(visit, route) if pending and not in_closed else None,
    )  # fmt: skip


@router.get("/validations/{reader}/{batch_id}")
def report(
    visit: Reading,
    reader: Side,
    batch_id: Number,
    attempt: Annotated[int | None, Query(alias="try", ge=1, le=98)] = None,
    after: Annotated[int, Query(ge=0, le=2**62)] = 0,
) -> Response:
    """One batch: what the gate said and why, its rules, its rows set aside, its seal, and what people decided."""
    bridge = visit.bridge()
    batch = _batch_or_404(bridge, reader, batch_id)
    history = quarantine.show_batch(bridge, reader, batch_id)
    route = route_or_404(bridge, reader, batch["entity"])
    sealed = figures.sealed(bridge, reader, batch, attempt)
    closed, waiting = batch["status"] == "closed", history.states.get("pending", 0)
    apart, following = figures.rows_apart(route, batch_id=batch_id, after=after, closed=closed)
    proposal: Proposal | None = None
    if closed:
        with route.reader_db.read() as conn:
            proposal = open_proposal(conn, route, inbox_id=None, batch_id=batch_id)
    decisions = [one for one in history.decisions if one["inbox_id"] is None]
    released = not closed and any(one["action"] == "release" for one in decisions)
    return page(
        visit, "verdict_report.html", batch=batch, reader=reader, history=history, sealed=sealed, apart=apart,
        following=following, closed=closed, waiting=waiting, proposal=proposal, decisions=decisions,
        two=needs_two(visit.settings, waiting), said=batch["verdict"] or "not_run",
        words=words_of(visit.settings, route.direction, batch["entity"], visit.language),
        task=task_of(visit, batch, sealed),
        next=_next(visit, route) if released and batch["status"] == "open" else None,
    )  # fmt: skip


@router.get("/validations/{reader}/{batch_id}/report.json")
def download(
    visit: Reading,
    reader: Side,
    batch_id: Number,
    attempt: Annotated[int | None, Query(alias="try", ge=1, le=98)] = None,
) -> Response:
    """The sealed file as it was written. Its place follows from the batch's row, not from the request."""
    bridge = visit.bridge()
    sealed = figures.sealed(bridge, reader, _batch_or_404(bridge, reader, batch_id), attempt)
    if sealed is None:
        raise HTTPException(404)
    name = re.sub(r"[^A-Za-z0-9._-]", "_", "-".join(sealed.path.parts[-3:]))
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(sealed.path.read_bytes(), media_type="application/json", headers=headers)


# ---------------------------------------------------------------- what the pages share
def page(visit: Visit, template: str, **values: Any) -> Response:
    """A page of this part of the navigation."""
    return render(
        visit, template, active="validations", texts=TEXTS[visit.language], masked=masked, direction_of=direction_of,
        **values,
    )  # fmt: skip


def reader_of(direction: str) -> Side:
    return "erp" if direction == "platform_to_erp" else "platform"


def direction_of(reader: Side) -> str:
    return f"{contract.writer_of(reader)}_to_{reader}"


def route_or_404(bridge: Bridge, reader: Side, entity: str) -> Route:
    if entity not in contract.READ_SEQUENCE[reader]:
        raise HTTPException(404)
    return bridge.route(reader, entity)


def row_or_404(route: Route, inbox_id: int) -> quarantine.RowHistory:
    with route.reader_db.read() as conn:
        mine = (route.inbox.c.link_id == route.link_id, route.inbox.c.inbox_id == inbox_id)
        if conn.execute(select(route.inbox.c.inbox_id).where(*mine)).first() is None:
            raise HTTPException(404)
    return quarantine.show_row(route, inbox_id)


def task_of(visit: Visit, batch: dict[str, Any], sealed: figures.Sealed | None) -> tuple[str, ...] | None:
    """The parts of the address of the task that judged the batch."""
    run = run_link(visit, direction_of(batch["reader"]), str(sealed.body["run_id"]) if sealed else batch["run_id"])
    task_id = str(sealed.body["task_id"]) if sealed else f"{batch['entity']}.validate"
    return (*run, "tasks", task_id) if run else None


def _batch_or_404(bridge: Bridge, reader: Side, batch_id: int) -> dict[str, Any]:
    batch = figures.batch_of(bridge, reader, batch_id)
    if batch is None:
        raise HTTPException(404)
    return batch


def _next(visit: Visit, route: Route) -> dict[str, Any]:
    """Which Dag takes a released row and when, and what keeps it from doing so."""
    pause, name = schema.pause, dag_id(route.direction, visit.link.link_id)
    with route.reader_db.read() as conn:
        stopped = conn.execute(
            select(pause.c.who, pause.c.why).where(
                pause.c.link_id == route.link_id, pause.c.entity.in_((route.entity.name, "*"))
            )
        ).first()
    paused, at = when_next(name)
    return {"dag": name, "paused": paused, "at": at, "stopped": stopped}


def _position(before: str) -> dict[Side, int]:
    return {side: int(number) for side in contract.SIDES for number in re.findall(rf"{side}(\d+)", before)}


def _midnight(visit: Visit, day: str, later: int) -> str | None:
    """The moment at which a day of the link's time zone begins, or the one after. None for no day."""
    try:
        date = dt.date.fromisoformat(day) + dt.timedelta(days=later) if day else None
    except (ValueError, OverflowError):
        return None
    if date is None:
        return None
    return stored(dt.datetime.combine(date, dt.time(), zoneinfo.ZoneInfo(visit.link.timezone)))
