"""What the dashboard says of a link, asked of both sides' control tables and of the queues. No Airflow here.

Each side is asked a handful of statements, all lanes of a side in one by UNION ALL: a platform in the cloud is tens of
milliseconds away. Every one of them is bounded: by the day, by an index that ends at a state, or by a number of rows.
Moments are UTC as stored; "today" is the day of the link's time zone, and latencies are of the last 24 hours.
"""

from __future__ import annotations

import datetime as dt
import time
import zoneinfo
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, and_, func, literal, select, text, union_all
from sqlalchemy.exc import SQLAlchemyError

from puente import contract
from puente.contract import Side
from puente.db import schema
from puente.db.connect import Database
from puente.errors import PuenteError
from puente.monitor import queue_figures
from puente.nightly.figures import percentile
from puente.sync.route import Bridge, read_moment, stored

SIDES: tuple[Side, ...] = ("platform", "erp")  # readers, in the order in which people look at them
SAMPLE = 100  # applied rows per lane, the newest, of which latencies are taken
OPEN = ("pending", "held", "quarantined", "conflict")
TODAY = ("rows_read", "rows_applied", "rows_held", "rows_quarantined")


@dataclass
class Lane:
    """One entity's way to its reader. None: could not be asked. Latencies are seconds from queue to settlement."""

    reader: Side
    entity: str
    depth: int | None = None  # queue_figures.DEEP + 1 stands for more
    oldest: str | None = None  # when the queue's first row was inserted
    last: str | None = None  # when its last batch was settled
    today: dict[str, int] | None = None  # by TODAY
    open: dict[str, int] = field(default_factory=dict)  # rows in the inbox now, by OPEN
    p50: int | None = None
    p95: int | None = None
    sampled: int = 0
    fault: str = ""

    @property
    def direction(self) -> str:
        return f"{contract.writer_of(self.reader)}_to_{self.reader}"


@dataclass
class Connected:
    """How a connection answers now, and what the probes of the last days say. `since` and `failed_at` are hours."""

    side: Side
    error: str = ""  # '' while it answers
    took_ms: int | None = None
    noticed: str | None = None  # when this process first had no answer
    since: str | None = None  # answers, or does not, since about then; None: as far back as was probed
    probes: int = 0
    failed: int = 0  # of them, in the last 24 hours
    slowest_ms: int = 0


@dataclass
class Standing:
    """Everything that the databases say. What lies on a side that does not answer is empty or None."""

    connections: list[Connected]
    lanes: list[Lane]
    orders: dict[str, int] | None = None  # by state
    waiting: int | None = None  # orders that wait for something, of those being checked
    closed: dict[Side, int] = field(default_factory=dict)  # batches behind a closed gate
    conflicts: dict[Side, int] = field(default_factory=dict)
    unsent: dict[Side, int] = field(default_factory=dict)  # the side's records that do not fit their queue
    silences: list[tuple[str, str]] = field(default_factory=list)  # what is silent, since when
    mails: dict[str, int] = field(default_factory=dict)  # refused, doubtful
    pauses: list[dict[str, Any]] = field(default_factory=list)


def standing(bridge: Bridge, now: dt.datetime) -> Standing:
    """All figures at `now` (aware), with what could not be asked left out."""
    lanes = {(side, name): Lane(side, name) for side in SIDES for name in contract.READ_SEQUENCE[side]}
    with ThreadPoolExecutor(len(SIDES)) as together:  # two sides that hang are waited for once
        connections = list(together.map(lambda side: _answers(bridge.database(side), side), contract.SIDES))
    found = Standing(connections, list(lanes.values()))
    for (
        one
    ) in connections:  # one after the other: most of the time is spent here, in Python, and threads only add to it
        if not one.error:
            _ask(bridge, one, now, found, lanes)
    _judge_connections(bridge, found.connections, now)
    return found


def _ask(
    bridge: Bridge, connected: Connected, now: dt.datetime, found: Standing, lanes: dict[tuple[Side, str], Lane]
) -> None:
    """Everything that lies on one side. What fails there is said of its connection, by the error's class."""
    try:
        with bridge.database(connected.side).read() as conn:
            _ask_side(bridge, conn, connected.side, now, found, lanes)
        if connected.side == "erp":
            depths = queue_figures.depths(bridge, list(lanes))
            for key, lane in lanes.items():
                lane.depth, lane.oldest, lane.fault = depths[key]
    except (SQLAlchemyError, PuenteError) as error:
        connected.error = _name_of(error)


def _name_of(error: Exception) -> str:
    """An error's class: the driver's text may name hosts and logins."""
    return str(getattr(error, "reason", "")) or type(error).__name__


def _answers(db: Database, side: Side) -> Connected:
    started = time.monotonic()
    try:
        with db.read() as conn:
            asked = time.monotonic()  # a pooled connection has been tried by then
            conn.execute(text("SELECT 1"))
    except (SQLAlchemyError, PuenteError) as error:
        took = round((time.monotonic() - started) * 1000)
        return Connected(side, _name_of(error), took, getattr(db, "down_since", None))
    return Connected(side, "", round((time.monotonic() - asked) * 1000))


# ---------------------------------------------------------------- one side's control tables
def _ask_side(
    bridge: Bridge, conn: Connection, side: Side, now: dt.datetime, found: Standing, lanes: dict[tuple[Side, str], Lane]
) -> None:
    mine = {name: lane for (reader, name), lane in lanes.items() if reader == side}
    _ask_ledger(bridge, conn, side, now, mine)
    _ask_batches(bridge, conn, side, mine)
    _ask_inboxes(bridge, conn, side, mine)
    _ask_latency(bridge, conn, side, now, mine)
    link_id = bridge.link.link_id
    batch, conflict, finding, pause = schema.batch, schema.conflict, schema.finding, schema.pause
    found.closed[side] = _count(
        conn, select(batch.c.batch_id).where(batch.c.link_id == link_id, batch.c.reader == side)
        .where(batch.c.entity.in_(contract.READ_SEQUENCE[side]), batch.c.status == "closed")
    )  # fmt: skip
    found.conflicts[side] = _count(
        conn, select(conflict.c.conflict_id).where(conflict.c.link_id == link_id, conflict.c.resolved_at.is_(None))
    )
    queues = [contract.queue_for(name, reader).name for reader, name in lanes if reader != side]
    found.unsent[side] = _count(
        conn, select(finding.c.finding_id)
        .where(finding.c.link_id == link_id, finding.c.queue.in_(queues), finding.c.inbox_id == 0)
    )  # fmt: skip
    found.pauses += [
        {"side": side, **row}
        for row in conn.execute(select(pause).where(pause.c.link_id == link_id).order_by(pause.c.entity)).mappings()
    ]
    if side == "platform":
        _ask_orders(bridge, conn, found)
        silence, mail = schema.silence, schema.mail
        found.silences = [
            (row.entity, row.since)
            for row in conn.execute(
                select(silence.c.entity, silence.c.since)
                .where(silence.c.link_id == link_id, silence.c.ended_at.is_(None))
                .order_by(silence.c.since)
            )
        ]
        bad = and_(mail.c.link_id == link_id, mail.c.status.in_(("refused", "doubtful")))
        found.mails = _by(conn, select(mail.c.status, func.count()).where(bad).group_by(mail.c.status))


def _count(conn: Connection, query: Select[Any]) -> int:
    return int(conn.execute(select(func.count()).select_from(query.subquery())).scalar_one())


def _by(conn: Connection, query: Select[Any]) -> dict[str, int]:
    return {str(row[0]): int(row[1]) for row in conn.execute(query)}


def midnight(now: dt.datetime, timezone: str) -> dt.datetime:
    """When the link's day began."""
    local = now.astimezone(zoneinfo.ZoneInfo(timezone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def _ask_ledger(bridge: Bridge, conn: Connection, side: Side, now: dt.datetime, lanes: dict[str, Lane]) -> None:
    """Today's sums per lane."""
    table, today = schema.ledger, stored(midnight(now, bridge.link.timezone))
    query = (
        select(table.c.entity, *(func.sum(table.c[name]).label(name) for name in TODAY))
        .where(table.c.link_id == bridge.link.link_id, table.c.settled_at >= today, table.c.reader == side)
        .group_by(table.c.entity)
    )
    for lane in lanes.values():
        lane.today = dict.fromkeys(TODAY, 0)
    for row in conn.execute(query).mappings():
        if row["entity"] in lanes:
            lanes[row["entity"]].today = {name: int(row[name]) for name in TODAY}


def _ask_batches(bridge: Bridge, conn: Connection, side: Side, lanes: dict[str, Lane]) -> None:
    """When each lane's last batch was settled: the index of open batches ends at it."""
    batch = schema.batch
    newest = [
        select(literal(name).label("entity"), func.max(batch.c.batch_id).label("batch_id"))
        .where(batch.c.link_id == bridge.link.link_id, batch.c.reader == side)
        .where(batch.c.entity == name, batch.c.status == "settled")
        for name in lanes
    ]
    last = union_all(*newest).subquery()
    query = select(last.c.entity, batch.c.settled_at).join(batch, batch.c.batch_id == last.c.batch_id)
    for row in conn.execute(query):
        lanes[row.entity].last = row.settled_at


def _ask_inboxes(bridge: Bridge, conn: Connection, side: Side, lanes: dict[str, Lane]) -> None:
    counts = []
    for name in lanes:
        inbox = bridge.route(side, name).inbox
        counts.append(
            select(literal(name).label("entity"), inbox.c.state, func.count().label("rows"))
            .where(inbox.c.link_id == bridge.link.link_id, inbox.c.state.in_(OPEN))
            .group_by(inbox.c.state)
        )
    for row in conn.execute(union_all(*counts)):
        lanes[row.entity].open[row.state] = int(row.rows)


def _ask_latency(bridge: Bridge, conn: Connection, side: Side, now: dt.datetime, lanes: dict[str, Lane]) -> None:
    """Seconds from insertion into the queue to the batch's settlement, of the newest applied rows of 24 hours."""
    batch, samples, since = schema.batch, [], stored(now - dt.timedelta(hours=24))
    for name in lanes:
        inbox = bridge.route(side, name).inbox
        created = func.substr if conn.dialect.name == "sqlite" else func.substring
        newest = (
            # Cut here, not where it is grouped by: SQL Server takes an expression with binds for another each time.
            select(inbox.c.taken_by, created(inbox.c.fecha_creacion, 1, 19).label("created"))
            .where(inbox.c.link_id == bridge.link.link_id, inbox.c.state == "applied")
            .order_by(inbox.c.taken_by.desc())
            .limit(SAMPLE)
            .subquery()
        )
        samples.append(
            select(literal(name).label("entity"), newest.c.created, batch.c.settled_at, func.count().label("rows"))
            .join(batch, batch.c.batch_id == newest.c.taken_by)
            .where(batch.c.settled_at >= since, newest.c.created != "")
            .group_by(newest.c.created, batch.c.settled_at)
        )
    waits: dict[str, Counter[int]] = {}
    for row in conn.execute(union_all(*samples)):
        queued, settled = read_moment(row.created), read_moment(row.settled_at)
        if queued and settled:  # a vendor's date may be anything
            waited = max(0, round((settled - queued).total_seconds()))
            waits.setdefault(row.entity, Counter())[waited] += int(row.rows)
    for name, counts in waits.items():
        lane = lanes[name]
        lane.p50, lane.p95, lane.sampled = percentile(counts, 50), percentile(counts, 95), counts.total()


def _ask_orders(bridge: Bridge, conn: Connection, found: Standing) -> None:
    order, link_id = schema.order, bridge.link.link_id
    found.orders = _by(
        conn, select(order.c.state, func.count()).where(order.c.link_id == link_id).group_by(order.c.state)
    )
    held = and_(order.c.link_id == link_id, order.c.state == "VALIDANDO EXISTENCIAS", order.c.waits.is_not(None))
    found.waiting = _count(conn, select(order.c.order_id).where(held))


# ---------------------------------------------------------------- connections, as the monitor's probes saw them
def _judge_connections(bridge: Bridge, connections: list[Connected], now: dt.datetime) -> None:
    """Since when each has answered, or not: the hours of the probes, wherever they could be noted."""
    table = schema.probe
    since, day = stored(now - dt.timedelta(days=31))[:13], stored(now - dt.timedelta(hours=24))[:13]
    hours: dict[tuple[str, str], list[int]] = {}
    for connected in connections:
        if connected.error:
            continue
        query = select(table).where(table.c.link_id == bridge.link.link_id, table.c.hour >= since)
        try:
            with bridge.database(connected.side).read() as conn:
                noted = list(conn.execute(query).mappings())
        except (SQLAlchemyError, PuenteError) as error:
            connected.error = _name_of(error)
            continue
        for row in noted:
            total = hours.setdefault((row["connection"], row["hour"]), [0, 0, 0])
            total[0] += int(row["answered"])
            total[1] += int(row["failed"])
            total[2] = max(total[2], int(row["slowest_ms"]))
    for connected in connections:
        mine = sorted((hour, counts) for (side, hour), counts in hours.items() if side == connected.side)
        recent = [counts for hour, counts in mine if hour >= day]
        connected.probes = sum(answered + failed for answered, failed, _ in recent)
        connected.failed = sum(failed for _, failed, _ in recent)
        connected.slowest_ms = max((slowest for _, _, slowest in recent), default=0)
        other = 0 if connected.error else 1  # the last hour in which it was otherwise, and the first one after it
        turned = max((n for n, (_, counts) in enumerate(mine) if counts[other]), default=None)
        if turned is not None:
            connected.since = f"{mine[turned][0]}:00:00.000Z"
        elif mine:
            connected.since = f"{mine[0][0]}:00:00.000Z"
