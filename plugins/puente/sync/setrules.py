"""Set rules: what one row cannot tell. Violations are found by SQL on the compacted rows together with the
target, shown to the suite's set rules, and set aside; repeated until nothing more falls out, for a row that
falls may take another's ground away.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

import pandas as pd
from sqlalchemy import ColumnElement, Connection, and_, false, func, or_, select, update

from puente.contract import READ_SEQUENCE, Parent, queue_for
from puente.db import schema
from puente.quality.gate import Finding, run_stage
from puente.quality.suites import Suite
from puente.sync import verdicts
from puente.sync.route import Route
from puente.sync.verdicts import GOOD, Reason, count_rules
from puente.transforms.hierarchy import Placement, place

Clause = ColumnElement[bool]
Violations = dict[int, dict[str, str]]  # inbox id -> helper column -> what is wrong
Waits = dict[int, tuple[str, str]]  # inbox id -> what entity and key it waits for
HELPERS = ("_owner", "_missing_parent", "_cycle", "_ambiguous")


def check_set(conn: Connection, route: Route, batch_id: int, suite: Suite, until: str) -> list[str]:
    """Quarantine or hold the batch's rows that break a set rule; rank the others so that parents come first.

    Returns the checks that could not be carried out: with one of them the batch must not go on.
    """
    inbox = route.inbox
    good = and_(
        inbox.c.link_id == route.link_id, inbox.c.taken_by == batch_id, inbox.c.state == "pending",
        inbox.c.gate == GOOD, inbox.c.op == "U",
    )  # fmt: skip
    evaluated = int(conn.execute(select(func.count()).select_from(inbox).where(good)).scalar_one())
    failed: Counter[str] = Counter()
    placement: Placement | None = None
    while True:
        violations: Violations = defaultdict(dict)
        waits: Waits = {}
        _find_ambiguous(conn, route, good, violations)
        if route.entity.unique:
            _find_owned(conn, route, batch_id, good, violations, waits)
        for parent in route.entity.parents:
            if parent.entity == route.entity.name:
                placement = _find_misplaced(conn, route, good, parent, violations, waits)
            else:
                _find_orphans(conn, route, good, parent, violations, waits)
        if not violations:
            break
        frame = pd.DataFrame(
            [{"_row": row, **{h: found.get(h) for h in HELPERS}} for row, found in violations.items()]
        ).astype(dict.fromkeys(HELPERS, "str"))
        result = run_stage(suite, "set", frame)
        if result.broken:
            return result.broken
        reasons = [
            Reason(f.row, f.rule_id, f.message, _outcome(f, waits), f.severity, *waits.get(f.row, (None, None)))
            for f in result.findings
            if f.severity == "critical"
        ]
        # A violation that no rule of the suite speaks of must not pass: the suite lacks its set rules.
        unspoken = set(violations) - {r.inbox_id for r in reasons}
        reasons += [Reason(row, "set.unspoken", f"Sin regla para {sorted(violations[row])}.") for row in unspoken]
        failed.update(result.per_rule)
        verdicts.set_aside(conn, route, batch_id, reasons, until)
    count_rules(conn, batch_id, suite, "set", evaluated, failed)
    if placement:
        _rank(conn, route, good, placement.ranks)
    return []


def _outcome(finding: Finding, waits: Waits) -> str:
    """As the suite says, but a SKU whose owner is deleted in this very run is free after it: such a row waits."""
    awaited, _ = waits.get(finding.row, ("", ""))
    return "hold" if finding.column == "_owner" and awaited.startswith("free:") else finding.on_failure


def _find_ambiguous(conn: Connection, route: Route, good: Clause, violations: Violations) -> None:
    inbox, record = route.inbox, schema.record
    same_fold = and_(
        record.c.link_id == route.link_id, record.c.entity == route.entity.name,
        record.c.key_fold == inbox.c.key_fold, record.c.record_key != inbox.c.record_key, record.c.active == 1,
    )  # fmt: skip
    for row, other in conn.execute(select(inbox.c.inbox_id, record.c.record_key).join(record, same_fold).where(good)):
        violations[row]["_ambiguous"] = other
    for _, rows in _shared(conn, route, good, inbox.c.key_fold):
        for row, _, other in _after_another(rows):
            violations[row]["_ambiguous"] = other


def _shared(
    conn: Connection, route: Route, good: Clause, value: ColumnElement[str]
) -> list[tuple[str, list[tuple[int, str]]]]:
    """Each `value` that rows of several records hold, with their inbox ids and record keys in queue order.

    Windows take one pass; a self-join would compare each row with each other wherever the server has no index,
    or no fresh statistics, to tell it better.
    """
    key = route.inbox.c.record_key
    rows = select(
        route.inbox.c.inbox_id, key, route.inbox.c.epoch, route.inbox.c.id_registro, route.inbox.c.revision,
        value.label("value"),
        func.min(key).over(partition_by=value).label("lowest"), func.max(key).over(partition_by=value).label("highest"),
    ).where(good).subquery()  # fmt: skip
    holders = defaultdict(list)
    for row, holder, held in conn.execute(
        select(rows.c.inbox_id, rows.c.record_key, rows.c.value)
        .where(rows.c.lowest != rows.c.highest)
        .order_by(rows.c.epoch, rows.c.id_registro, rows.c.revision)
    ):
        holders[held].append((int(row), holder))
    return list(holders.items())


def _after_another(rows: list[tuple[int, str]]) -> Iterator[tuple[int, str, str]]:
    """The rows that come after one of another record: inbox id, record key, that other record's key."""
    first, second = rows[0][1], None
    for row, key in rows:
        if key != first:
            second = second or key
            yield row, key, first
        elif second:
            yield row, key, second


def _find_owned(
    conn: Connection, route: Route, batch_id: int, good: Clause, violations: Violations, waits: Waits
) -> None:
    """A unique value belongs to its present owner until the owner gives it up in this batch; else to the first."""
    inbox, record, unique = route.inbox, schema.record, route.entity.unique
    assert unique is not None
    value = inbox.c[unique]
    owned = and_(
        record.c.link_id == route.link_id, record.c.entity == route.entity.name,
        record.c.unique_value == value, record.c.record_key != inbox.c.record_key, record.c.active == 1,
    )  # fmt: skip
    plan = inbox.alias("plan")  # what this batch does with the present owner
    planned = and_(
        plan.c.link_id == route.link_id, plan.c.taken_by == batch_id, plan.c.state == "pending",
        plan.c.gate == GOOD, plan.c.record_key == record.c.record_key,
    )  # fmt: skip
    for row, wanted, owner, op, next_value in conn.execute(
        select(inbox.c.inbox_id, value, record.c.record_key, plan.c.op, plan.c[unique])
        .join(record, owned)
        .outerjoin(plan, planned)
        .where(good)
    ):
        if op == "U" and next_value != wanted:
            continue
        violations[row]["_owner"] = owner
        if op == "D":
            waits[row] = (f"free:{route.entity.name}", wanted)
    for wanted, rows in _shared(conn, route, good, value):
        for row, row_key, other in _after_another(rows):
            mine = conn.execute(
                select(record.c.record_key).where(
                    record.c.link_id == route.link_id, record.c.entity == route.entity.name,
                    record.c.record_key == row_key, record.c.unique_value == wanted, record.c.active == 1,
                )
            ).first()  # fmt: skip
            if mine is None:  # an owner's own row is not displaced by an earlier rival: the rival fell above
                violations[row]["_owner"] = other


def _find_orphans(
    conn: Connection, route: Route, good: Clause, parent: Parent, violations: Violations, waits: Waits
) -> None:
    inbox = route.inbox
    there = _is_known(route, parent)
    named = and_(inbox.c[parent.column].is_not(None), inbox.c[parent.column] != "")
    wanting = and_(good, named, or_(~there, _leaving(route, parent)))
    for row, key in conn.execute(select(inbox.c.inbox_id, inbox.c[parent.column]).where(wanting)):
        violations[row].setdefault("_missing_parent", f"{parent.entity} {key}")
        waits.setdefault(row, (parent.entity, key))


def _is_known(route: Route, parent: Parent) -> Clause:
    """Whether the parent is there: a record, or an order that this side has (on the ERP's: was written into it)."""
    named, record, order = route.inbox.c[parent.column], schema.record, schema.order
    if parent.entity == "order_headers":
        mine = and_(order.c.link_id == route.link_id, order.c.order_id == named)
        return select(order.c.order_id).where(mine).exists()
    mine = and_(
        record.c.link_id == route.link_id, record.c.entity == parent.entity, record.c.record_key == named,
        record.c.active == 1,
    )  # fmt: skip
    return select(record.c.record_key).where(mine).exists()


def _leaving(route: Route, parent: Parent) -> Clause:
    """Whether the parent's own delete has passed the gate and only waits for its children's turn."""
    if parent.entity not in READ_SEQUENCE[route.reader]:
        return false()
    above = schema.inboxes[queue_for(parent.entity, route.reader).name].alias("above")
    return (
        select(above.c.inbox_id)
        .where(
            above.c.link_id == route.link_id, above.c.state == "pending", above.c.gate == GOOD, above.c.op == "D",
            above.c.record_key == route.inbox.c[parent.column],
        )
        .exists()
    )  # fmt: skip


def _find_misplaced(
    conn: Connection, route: Route, good: Clause, parent: Parent, violations: Violations, waits: Waits
) -> Placement:
    """For a tree inside one entity: who waits for a parent, who turns in a circle, and each row's rank."""
    inbox, record = route.inbox, schema.record
    rows = conn.execute(select(inbox.c.inbox_id, inbox.c.record_key, inbox.c[parent.column]).where(good)).all()
    known = {
        key: above or None
        for key, above in conn.execute(
            select(record.c.record_key, record.c.parent_key).where(
                record.c.link_id == route.link_id, record.c.entity == route.entity.name, record.c.active == 1
            )
        )
    }
    placement = place({key: above or None for _, key, above in rows}, known)
    for row, key, _ in rows:
        if key in placement.cycles:
            violations[row]["_cycle"] = placement.cycles[key]
        elif key in placement.missing:
            violations[row]["_missing_parent"] = f"{parent.entity} {placement.missing[key]}"
            waits[row] = (parent.entity, placement.missing[key])
    return placement


def _rank(conn: Connection, route: Route, good: Clause, ranks: dict[str, int]) -> None:
    inbox = route.inbox
    by_rank: dict[int, list[int]] = defaultdict(list)
    for row, key in conn.execute(select(inbox.c.inbox_id, inbox.c.record_key).where(good)).all():
        by_rank[ranks.get(key, 0)].append(row)
    for rank, ids in by_rank.items():
        for some in verdicts.portions(ids):
            conn.execute(update(inbox).where(inbox.c.inbox_id.in_(some)).values(apply_rank=rank))
