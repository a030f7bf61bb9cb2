"""Why rows were quarantined or held, and the change of their state, always in one transaction."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import ColumnElement, Connection, FromClause, and_, bindparam, delete, insert, or_, update

from puente.db import schema
from puente.sync.route import Route, stored, utc_now

if TYPE_CHECKING:
    from puente.quality.suites import Suite

Id = TypeVar("Id")

UNCHECKED, GOOD, BAD = 0, 1, 2  # the `gate` of an inbox row: what the row rules said of it


@dataclass(frozen=True)
class Reason:
    """One reason why one inbox row does not go on. `waits_for` and `waits_key` name what a held row waits for."""

    inbox_id: int
    rule_id: str
    message: str
    outcome: str = "quarantine"  # or 'hold'
    severity: str = "critical"
    waits_for: str | None = None
    waits_key: str | None = None


def write_reasons(conn: Connection, route: Route, batch_id: int | None, reasons: Iterable[Reason]) -> list[int]:
    """Replace the reasons of the rows concerned; returns their ids."""
    reasons = list(reasons)
    ids = sorted({reason.inbox_id for reason in reasons})
    forget_reasons(conn, route, ids)
    if reasons:
        conn.execute(
            insert(schema.finding),
            [
                {
                    "link_id": route.link_id,
                    "queue": route.queue.name,
                    "inbox_id": reason.inbox_id,
                    "batch_id": batch_id,
                    "rule_id": reason.rule_id,
                    "severity": reason.severity,
                    "outcome": reason.outcome,
                    "message": reason.message[:1000],
                    "at": utc_now(),
                }
                for reason in reasons
            ],
        )
    return ids


def forget_reasons(conn: Connection, route: Route, ids: list[int]) -> None:
    finding = schema.finding
    for some in portions(ids):
        conn.execute(
            delete(finding).where(
                finding.c.link_id == route.link_id,
                finding.c.queue == route.queue.name,
                finding.c.inbox_id.in_(some),
            )
        )


def set_aside(conn: Connection, route: Route, batch_id: int | None, reasons: list[Reason], until: str) -> None:
    """Quarantine or hold rows, with every reason. A row with any quarantining reason is quarantined."""
    write_reasons(conn, route, batch_id, reasons)
    inbox = route.inbox
    quarantined = {r.inbox_id for r in reasons if r.outcome == "quarantine"}
    held = {r.inbox_id: r for r in reasons if r.inbox_id not in quarantined}
    for some in portions(sorted(quarantined)):
        conn.execute(update(inbox).where(inbox.c.inbox_id.in_(some)).values(state="quarantined"))
    if held:
        conn.execute(
            update(inbox)
            .where(inbox.c.inbox_id == bindparam("row"))
            .values(state="held", waits_for=bindparam("for"), waits_key=bindparam("key"), waits_until=until),
            [{"row": r.inbox_id, "for": r.waits_for, "key": r.waits_key} for r in held.values()],
        )


def quarantine_killer(conn: Connection, route: Route, inbox_id: int) -> None:
    times = route.settings.kills_allowed
    reason = Reason(
        inbox_id,
        "worker.killed",
        f"Esta fila terminó con su proceso {times} veces estando sola, o con las que cambian con ella.",
    )
    set_aside(conn, route, None, [reason], "")


def deadline(days: int) -> str:
    """Until when a row is held that begins to wait now."""
    return stored(dt.datetime.now(dt.UTC) + dt.timedelta(days=days))


def portions(ids: list[Id], size: int = 500) -> Iterable[list[Id]]:
    """Slices short enough for an IN list on every engine."""
    return (ids[start : start + size] for start in range(0, len(ids), size))


def later(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    """Whether one row's position in the queue is after another's (I3)."""
    same_id = and_(one.c.id_registro == other.c.id_registro, one.c.revision > other.c.revision)
    same_epoch = and_(one.c.epoch == other.c.epoch, or_(one.c.id_registro > other.c.id_registro, same_id))
    return or_(one.c.epoch > other.c.epoch, same_epoch)


def count_rules(
    conn: Connection, batch_id: int, suite: Suite, stage: str, evaluated: int, failed: Counter[str]
) -> None:
    """Add to the batch's per-rule counts, in the transaction that writes the verdicts."""
    result = schema.rule_result
    for rule in suite.rules:
        if rule.stage != stage:
            continue
        here = and_(result.c.batch_id == batch_id, result.c.rule_id == rule.rule_id)
        added = conn.execute(
            update(result)
            .where(here)
            # A set rule looks at all rows at once each time; those that fell before are not seen again.
            .values(
                evaluated=(result.c.evaluated if stage == "row" else result.c.failed) + evaluated,
                failed=result.c.failed + failed[rule.rule_id],
            )
        )
        if added.rowcount == 0:
            conn.execute(
                insert(result).values(
                    batch_id=batch_id, rule_id=rule.rule_id, severity=rule.severity, stage=stage,
                    evaluated=evaluated, failed=failed[rule.rule_id],
                )
            )  # fmt: skip
