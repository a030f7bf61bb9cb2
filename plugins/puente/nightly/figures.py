"""What a week came to, counted by the databases from both sides' control tables. Counts and names, no row's values.

Moments are UTC as stored. "Applied" is the moment at which the batch that applied a row was settled: the step notes no
time per row, so a latency is at most that long. The queue's time is the ERP server's clock, the other Airflow's.
"""

from __future__ import annotations

import datetime as dt
import json
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, case, func, select

from puente import contract
from puente.contract import Side
from puente.db import schema
from puente.nightly.week import Week
from puente.sync import ledger
from puente.sync.route import Bridge, Route, read_moment, stored

SIDES: tuple[Side, ...] = ("platform", "erp")
MOVED = ("rows_landed", "rows_applied", "rows_unchanged", "rows_superseded", "rows_quarantined", "rows_held",
         "rows_conflict", "rows_discarded")  # fmt: skip
NIGHTS = {"inventory": "inventory/*.json", "backup": "backup/*.json", "drill": "restores/drill-*.json"}


def figures(bridge: Bridge, week: Week) -> dict[str, Any]:
    """Everything that the weekly report says, ready for JSON."""
    return {
        "moved": [row for side in SIDES for row in _moved(bridge, side, week)],
        "by_day": {contract.writer_of(side): _by_day(bridge, side, week) for side in SIDES},
        "orders": _orders(bridge, week),
        "latency": [row for side in SIDES for route in bridge.routes(side) if (row := _latency(route, week))],
        "quarantine": _quarantine(bridge, week),
        "conflicts": _conflicts(bridge, week),
        "mails": _counts(bridge, "platform", schema.mail, schema.mail.c.status, _during(schema.mail.c.at, week)),
        "purchases": _counts(
            bridge, "platform", schema.proposal, schema.proposal.c.status, _during(schema.proposal.c.at, week)
        ),
        "nights": {kind: _documents(bridge, kind, week) for kind in NIGHTS},
        "uptime": _uptime(bridge, week),
        "ledger": {side: _head(bridge, side) for side in SIDES},
    }


def _during(column: ColumnElement[Any], week: Week) -> ColumnElement[bool]:
    return and_(column >= week.start, column < week.end)


def _mine(bridge: Bridge, table: Table) -> ColumnElement[bool]:
    return table.c.link_id == bridge.link.link_id


# ---------------------------------------------------------------- what moved
def _moved(bridge: Bridge, reader: Side, week: Week) -> list[dict[str, Any]]:
    """One row per entity that came to `reader`, in the order in which they are read."""
    table = schema.ledger
    sums = [func.sum(table.c[name]).label(name) for name in MOVED]
    query = (
        select(table.c.entity, func.count().label("batches"), *sums)
        .where(_mine(bridge, table), table.c.reader == reader, _during(table.c.settled_at, week))
        .group_by(table.c.entity)
    )
    with bridge.database(reader).read() as conn:
        found = {row["entity"]: row for row in conn.execute(query).mappings()}
    return [
        {"direction": f"{contract.writer_of(reader)}_to_{reader}", "entity": entity,
         "batches": int(found[entity]["batches"]), **{name: int(found[entity][name] or 0) for name in MOVED}}
        for entity in contract.READ_SEQUENCE[reader] if entity in found
    ]  # fmt: skip


def _by_day(bridge: Bridge, reader: Side, week: Week) -> list[int]:
    """Rows landed on each day of the week, by the link's midnights."""
    table = schema.ledger
    days = [
        func.sum(case((and_(table.c.settled_at >= a, table.c.settled_at < b), table.c.rows_landed), else_=0))
        for a, b in zip(week.bounds, week.bounds[1:], strict=False)
    ]
    query = select(*days).where(_mine(bridge, table), table.c.reader == reader, _during(table.c.settled_at, week))
    with bridge.database(reader).read() as conn:
        return [int(value or 0) for value in conn.execute(query).one()]


def _latency(route: Route, week: Week) -> dict[str, Any] | None:
    """Seconds from insertion into the queue to the batch's settlement; None where nothing was applied.

    Rows are counted by the second in which they were inserted, so that a full load is a handful of groups.
    """
    inbox, batch = route.inbox, schema.batch
    part = func.substr if route.reader_db.dialect == "sqlite" else func.substring
    rows = (
        select(part(inbox.c.fecha_creacion, 1, 19).label("created"), batch.c.settled_at)
        .join_from(batch, inbox, and_(inbox.c.link_id == batch.c.link_id, inbox.c.taken_by == batch.c.batch_id))
        .where(
            _mine(route.bridge, batch), batch.c.reader == route.reader, batch.c.entity == route.entity.name,
            batch.c.status == "settled", _during(batch.c.settled_at, week),
            inbox.c.state == "applied", inbox.c.fecha_creacion != "",
        )
        .subquery()
    )  # fmt: skip
    by = (rows.c.created, rows.c.settled_at)
    query = select(*by, func.count().label("rows")).group_by(*by)
    waits: Counter[int] = Counter()
    with route.reader_db.read() as conn:
        for row in conn.execute(query.execution_options(yield_per=1000)):
            created, settled = read_moment(row.created), read_moment(row.settled_at)
            if created and settled:  # a vendor's date may be anything; 0 where the two clocks disagree
                waits[max(0, round((settled - created).total_seconds()))] += int(row.rows)
    if not waits:
        return None
    names = {"direction": route.direction, "entity": route.entity.name, "rows": waits.total()}
    return {**names, "p50": percentile(waits, 50), "p95": percentile(waits, 95), "max": max(waits)}


def _seconds(start: str, end: str) -> int:
    """From one stored moment to another; 0 where the two clocks disagree."""
    return max(0, round((_moment(end) - _moment(start)).total_seconds()))


def _moment(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def percentile(counts: Counter[int], share: int) -> int:
    """The nearest-rank percentile of values that occur `counts` times. ValueError when there are none."""
    if not counts:
        raise ValueError("no values")
    rank, reached = -(-counts.total() * share // 100), 0
    for value in sorted(counts):
        reached += counts[value]
        if reached >= rank:
            return value
    raise AssertionError("the last value has the last rank")


# ---------------------------------------------------------------- orders
def _orders(bridge: Bridge, week: Week) -> dict[str, Any]:
    """Orders by the state that they are in now, transitions of the week, and how long a state lasted that was left."""
    order, history = schema.order, schema.order_history
    applied = and_(_mine(bridge, history), history.c.verdict == "applied")
    moved = select(history.c.order_id).where(applied, _during(history.c.at, week))
    following = func.lead(history.c.at).over(partition_by=history.c.order_id, order_by=history.c.history_id)
    spans = select(history.c.state, history.c.at, following.label("left_at")).where(
        applied, history.c.order_id.in_(moved)
    ).subquery()  # fmt: skip
    lasted: defaultdict[str, array[float]] = defaultdict(lambda: array("d"))
    with bridge.platform.read() as conn:
        now = _grouped(conn, order.c.state, _mine(bridge, order))
        said = _grouped(conn, history.c.state, and_(applied, _during(history.c.at, week)))
        left = select(spans).where(spans.c.left_at >= week.start, spans.c.left_at < week.end)
        for row in conn.execute(left.execution_options(yield_per=1000)):
            lasted[row.state].append(_seconds(row.at, row.left_at))
    times = {state: _spread(values) for state, values in sorted(lasted.items())}
    return {"now": now, "entered": said, "time_in_state": times}


def _spread(values: Iterable[float]) -> dict[str, int]:
    counts = Counter(round(value) for value in values)
    return {"orders": counts.total(), "p50": percentile(counts, 50), "p95": percentile(counts, 95), "max": max(counts)}


# ---------------------------------------------------------------- what was set aside
def _quarantine(bridge: Bridge, week: Week) -> dict[str, Any]:
    """Rows by the rule that they broke in the week, what people decided of rows, and what waits now.

    A released row's reasons are forgotten, the counts per batch are not; reasons that no suite gives have no counts.
    """
    finding, decision, batch, result = schema.finding, schema.decision, schema.batch, schema.rule_result
    rules: Counter[tuple[str, str]] = Counter()
    decided: Counter[str] = Counter()
    waiting: dict[str, int] = {}
    counted = (
        select(batch.c.queue, result.c.rule_id, func.sum(result.c.failed).label("rows"))
        .join_from(batch, result, result.c.batch_id == batch.c.batch_id)
        .where(_mine(bridge, batch), _during(batch.c.settled_at, week), result.c.severity == "critical")
        .where(result.c.failed > 0)
        .group_by(batch.c.queue, result.c.rule_id)
    )
    noted = (
        select(finding.c.queue, finding.c.rule_id, func.count(finding.c.inbox_id.distinct()).label("rows"))
        .where(_mine(bridge, finding), finding.c.outcome == "quarantine", _during(finding.c.at, week))
        .group_by(finding.c.queue, finding.c.rule_id)
    )
    for side in SIDES:
        with bridge.database(side).read() as conn:
            for query in (counted, noted):
                for row in conn.execute(query):
                    rules[row.queue, row.rule_id] = max(rules[row.queue, row.rule_id], int(row.rows))
            people = and_(_mine(bridge, decision), _during(decision.c.at, week))
            decided.update(_grouped(conn, decision.c.action, people))
            for entity in contract.READ_SEQUENCE[side]:
                inbox = schema.inboxes[contract.queue_for(entity, side).name]
                here = and_(_mine(bridge, inbox), inbox.c.state == "quarantined")
                count = int(conn.execute(select(func.count()).select_from(inbox).where(here)).scalar() or 0)
                if count:
                    waiting[f"{contract.writer_of(side)}_to_{side}:{entity}"] = count
    worst = sorted(rules.items(), key=lambda item: (-item[1], item[0]))
    return {
        "rules": [{"queue": queue, "rule": rule, "rows": rows} for (queue, rule), rows in worst[:20]],
        "rules_in_all": len(worst), "decisions": dict(sorted(decided.items())), "waiting": waiting,
    }  # fmt: skip


def _conflicts(bridge: Bridge, week: Week) -> dict[str, int]:
    table, found = schema.conflict, Counter[str]()
    for side in SIDES:
        with bridge.database(side).read() as conn:
            for name, where in (
                ("new", _during(table.c.at, week)), ("resolved", _during(table.c.resolved_at, week)),
                ("open", table.c.resolved_at.is_(None)),
            ):  # fmt: skip
                query = select(func.count()).select_from(table).where(_mine(bridge, table), where)
                found[name] += int(conn.execute(query).scalar() or 0)
    return dict(found)


def _counts(
    bridge: Bridge, side: Side, table: Table, by: ColumnElement[Any], where: ColumnElement[bool]
) -> dict[str, int]:
    with bridge.database(side).read() as conn:
        return _grouped(conn, by, and_(_mine(bridge, table), where))


def _grouped(conn: Connection, by: ColumnElement[Any], where: ColumnElement[bool]) -> dict[str, int]:
    rows = conn.execute(select(by, func.count()).where(where).group_by(by).order_by(by))
    return {str(row[0]): int(row[1]) for row in rows}


# ---------------------------------------------------------------- nights, connections, the chain
def _documents(bridge: Bridge, kind: str, week: Week) -> list[dict[str, Any]]:
    """The sealed documents that the inventory, the backup and the drill left in the week, the oldest first."""
    found = []
    for path in sorted((bridge.settings.reports_dir / bridge.link.link_id).glob(NIGHTS[kind])):
        entry = read_document(path)
        if entry is None:
            found.append({"file": path.name, "finished_at": "", "verdict": "unreadable", "differences": None})
        elif week.start <= entry["finished_at"] < week.end:
            found.append(entry)
    return sorted(found, key=lambda entry: (entry["finished_at"], entry["file"]))


def read_document(path: Path) -> dict[str, Any] | None:
    """Its file, verdict, moment and, of an inventory, the differences; None where it cannot be read."""
    try:
        document = json.loads(path.read_bytes())
        body = next(part for part in document.values() if isinstance(part, dict))  # beside it lies only its seal
        finished = str(body.get("finished_at") or body["written_at"])
        differences = body.get("differences_in_all")
        moment = stored(_moment(finished))
        return {"file": path.name, "finished_at": moment, "verdict": str(body["verdict"]), "differences": differences}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, StopIteration):
        return None


def _uptime(bridge: Bridge, week: Week) -> list[dict[str, Any]]:
    """Probes of each connection: how many were answered, in the whole and by day."""
    table, hours = schema.probe, [bound[:13] for bound in week.bounds]
    by_day: list[ColumnElement[Any]] = []
    for a, b in zip(hours, hours[1:], strict=False):
        during = and_(table.c.hour >= a, table.c.hour < b)
        by_day += [func.sum(case((during, table.c[name]), else_=0)) for name in ("answered", "failed")]
    query = (
        select(table.c.connection, func.max(table.c.slowest_ms), *by_day)
        .where(_mine(bridge, table), table.c.hour >= hours[0], table.c.hour < hours[-1])
        .group_by(table.c.connection)
        .order_by(table.c.connection)
    )
    totals: dict[str, list[int]] = {}
    for side in SIDES:  # beside the ERP lies what was asked while the platform did not answer
        with bridge.database(side).read() as conn:
            for connection, slowest, *counts in conn.execute(query):
                total = totals.setdefault(connection, [0] * 15)
                total[0] = max(total[0], int(slowest))
                total[1:] = [a + int(b) for a, b in zip(total[1:], counts, strict=True)]
    found = []
    if totals:
        for connection, (slowest, *counts) in sorted(totals.items()):
            answered, failed = counts[::2], counts[1::2]
            days = [_percent(a, f) for a, f in zip(answered, failed, strict=True)]
            found.append(
                {"connection": connection, "probes": sum(answered) + sum(failed), "failed": sum(failed),
                 "percent": _percent(sum(answered), sum(failed)), "slowest_ms": int(slowest), "days": days}
            )  # fmt: skip
    return found


def _percent(answered: int, failed: int) -> float | None:
    """Two decimals, and 100 only where none failed."""
    if not answered + failed:
        return None
    share = 100 * answered / (answered + failed)
    return min(round(share, 2), 99.99) if failed else 100.0


def _head(bridge: Bridge, side: Side) -> dict[str, Any]:
    with bridge.database(side).read() as conn:
        head = ledger.head(conn, bridge.link.link_id, bridge.settings.seal_key)
    return {"count": head.count, "head": head.row_hash, "seal": head.seal}
