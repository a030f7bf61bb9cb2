"""The full compare of a link's two databases: key by key and field by field, by set-based SQL, in bounded memory.

Both capture SELECTs are read once, streaming, into `puente_compare` on the platform; one pass of SQL over it lists the
keys that differ in `puente_difference`; those are read again, later, and judged by what the control tables, queues and
inboxes say of them. Neither side's own tables nor any queue is written, and repairs are only named here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, delete, func, insert, literal, select, update

from puente import contract
from puente.contract import COMPARED, SIDES, Side
from puente.db import schema
from puente.errors import ContractBroken
from puente.nightly.evidence import gather, versions
from puente.nightly.judge import judge
from puente.nightly.looks import (
    Job,
    compared_columns,
    count_known,
    load_form,
    look_again,
    pages,
    read_side,
)
from puente.sync.forms import UNBOUND
from puente.sync.leases import held
from puente.sync.profilecheck import bare
from puente.sync.route import Bridge, Run, utc_now


@dataclass(frozen=True)
class Compared:
    """One entity: counts of records read and known, of keys, and of keys by what was found of them.

    keys_total is the union of both sides' keys = the sum of the other keys_… `refused`: why nothing was told apart,
    '' when it was. Moments are UTC, ISO 8601.
    """

    entity: str
    started_at: str
    finished_at: str = ""
    read_erp: int = 0
    read_platform: int = 0
    known_erp: int = 0
    known_platform: int = 0
    keyless_erp: int = 0
    keys_total: int = 0
    keys_same: int = 0
    keys_different: int = 0
    keys_missing: int = 0
    keys_extra: int = 0
    keys_in_flight: int = 0
    keys_held: int = 0
    keys_quarantined: int = 0
    keys_conflict: int = 0
    keys_discarded: int = 0
    keys_unfit: int = 0
    keys_doubled: int = 0
    repairs: int = 0
    ordered: int = 0
    compared: str = ""
    left_out: str = ""
    refused: str = ""
    decision: str = ""
    who: str = ""
    decided_at: str = ""

    @property
    def differences(self) -> int:
        """Keys that a person should know of: wrong on one side, without being on their way."""
        return self.keys_different + self.keys_missing + self.keys_extra + self.keys_doubled


@dataclass(frozen=True)
class Comparison:
    """What one inventory found, by entity in the order of the contract. Entities that a side shows nothing of are
    left out."""

    link_id: str
    run_id: str
    entities: tuple[Compared, ...]

    @property
    def differences(self) -> int:
        return sum(one.differences for one in self.entities)

    @property
    def repairs(self) -> int:
        return sum(one.repairs for one in self.entities)

    @property
    def refusals(self) -> dict[str, str]:
        return {one.entity: one.refused for one in self.entities if one.refused}


def compare(bridge: Bridge, run: Run, entities: Iterable[str] = COMPARED) -> Comparison:
    """Compare these entities; one that cannot be told apart is refused and does not stop the next.

    Any other error is raised: a failed reading says nothing of what is missing.
    """
    for entity in entities:
        try:
            compare_entity(bridge, entity, run)
        except ContractBroken as error:
            note_refusal(bridge, entity, run, str(error))
    return load(bridge, run.run_id)


def load(bridge: Bridge, run_id: str) -> Comparison:
    """What is noted of an inventory."""
    table, names = schema.inventory, [field.name for field in fields(Compared)]
    query = select(*(table.c[name] for name in names)).where(
        table.c.link_id == bridge.link.link_id, table.c.run_id == run_id
    )
    with bridge.platform.read() as conn:
        rows = {row["entity"]: row for row in conn.execute(query).mappings()}
    told: list[dict[str, Any]] = [
        {k: ("" if v is None else v) for k, v in rows[name].items()} for name in COMPARED if name in rows
    ]
    return Comparison(bridge.link.link_id, run_id, tuple(Compared(**one) for one in told))


def shown_by_both(bridge: Bridge) -> list[str]:
    """The entities of which both profiles have a SELECT: what an inventory is expected to compare."""
    profiles = [bridge.profile(side) for side in SIDES]
    return [entity for entity in COMPARED if all(profile.sql("capture", entity) for profile in profiles)]


def compare_entity(bridge: Bridge, entity: str, run: Run) -> Compared | None:
    """Compare one entity and list what differs; None where one of the profiles has no SELECT for it.

    Run again it begins anew: the list of an entity is always that of its last compare. ContractBroken when a SELECT
    yields no key.
    """
    bridge.require_two_databases()
    definition = contract.ENTITIES[entity]
    profiles = {side: bridge.profile(side) for side in SIDES}
    texts = {side: profiles[side].sql("capture", entity) for side in SIDES}
    sql: dict[Side, str] = {side: bare(text) for side, text in texts.items() if text is not None}
    if len(sql) < len(SIDES):
        return None
    started = utc_now()
    databases = {side: bridge.database(side) for side in SIDES}
    columns, left_out = compared_columns(databases, definition, sql)
    places = (profiles["platform"].raw.get("inventory") or {}).get("decimals") or {}
    with held(
        bridge.platform, bridge.link.link_id, f"compare:{entity}", run.owner, bridge.settings.lease_seconds
    ) as lease:
        job = Job(bridge, definition, run.run_id, lease, profiles, sql, columns, left_out, places)
        _begin_anew(job)
        read, keyless = {}, {}
        for side in SIDES:
            read[side], keyless[side] = read_side(job, side)
        known = {}
        for side in SIDES:
            with bridge.database(side).read() as conn:
                known[side] = count_known(conn, job.link_id, entity)
        counts: dict[str, int] = {
            **{f"read_{side}": read[side] for side in SIDES},
            **{f"known_{side}": known[side] for side in SIDES},
            "keyless_erp": keyless["erp"],
        }
        refused = _empty_reading(read, known)
        if not refused:
            counts |= _tell_apart(job)
        return _finish(job, started, counts, refused)


def _begin_anew(job: Job) -> None:
    with job.lease.begin() as conn:
        conn.execute(delete(schema.compare).where(job.read()))
        conn.execute(delete(schema.difference).where(job.listed()))
        conn.execute(delete(schema.inventory).where(*_row(job.link_id, job.run_id, job.entity.name)))


def _empty_reading(read: dict[Side, int], known: dict[Side, int]) -> str:
    """P23: an empty reading is never taken for a deletion."""
    if not read["erp"] and (known["erp"] or known["platform"]):
        return f"The ERP's SELECT yielded no rows, but {max(known.values())} records are known."
    if not read["platform"] and known["platform"]:
        return f"The platform's SELECT yielded no rows, but {known['platform']} records are known."
    return ""


def _tell_apart(job: Job) -> dict[str, int]:
    """Every key into its class. Returns the counts by class."""
    total, same = _list_differences(job)
    _note_versions(job)
    look_again(job)
    _judge_all(job)
    table = schema.difference
    with job.lease.begin() as conn:  # what was the same at the second look is no difference
        alike = conn.execute(delete(table).where(job.listed(), table.c.found == "same")).rowcount
        by_class = conn.execute(select(table.c.found, func.count()).where(job.listed()).group_by(table.c.found)).all()
        repairs = select(func.count()).select_from(table).where(job.listed(), table.c.repair.is_not(None))
        mended = int(conn.execute(repairs).scalar_one())
    counts = {f"keys_{found}": int(number) for found, number in by_class}
    return {**counts, "keys_same": same + int(alike), "keys_total": total, "repairs": mended}


def _list_differences(job: Job) -> tuple[int, int]:
    """The keys that are not one on each side with one value, into the list. Returns all keys, and those alike."""
    table, listed = schema.compare, schema.difference
    sides = {side: func.sum(case((table.c.side == side, 1), else_=0)) for side in SIDES}
    by_key = (
        select(
            table.c.record_key, sides["erp"].label("erp"), sides["platform"].label("platform"),
            func.min(table.c.value_hash).label("low"), func.max(table.c.value_hash).label("high"),
        )
        .where(job.read())
        .group_by(table.c.record_key)
        .subquery()
    )  # fmt: skip
    alike = (by_key.c.erp == 1) & (by_key.c.platform == 1) & (by_key.c.low == by_key.c.high)
    one_way = 0 if job.entity.two_way else 1
    nameless = and_(by_key.c.erp == 0, by_key.c.record_key.like(f"{UNBOUND}%"), literal(one_way) == 1)
    found = case(
        (nameless, "extra"),
        ((by_key.c.erp > 1) | (by_key.c.platform > 1), "doubled"),
        (by_key.c.platform == 0, "missing"),
        (by_key.c.erp == 0, "extra"),
        else_="different",
    )
    source = select(
        literal(job.link_id), literal(job.entity.name), by_key.c.record_key, literal(job.run_id), found
    ).where(~alike)
    with job.lease.begin() as conn:
        names = ["link_id", "entity", "record_key", "run_id", "found"]
        conn.execute(insert(listed).from_select(names, source))
        distinct = select(func.count(func.distinct(table.c.record_key))).where(job.read())
        total = int(conn.execute(distinct).scalar_one())
        same = int(conn.execute(select(func.count()).select_from(by_key).where(alike)).scalar_one())
        if not job.entity.two_way:
            strangers = listed.c.record_key.like(f"{UNBOUND}%")
            conn.execute(update(listed).where(job.listed(), strangers).values(why="never_crossed"))
        conn.execute(update(listed).where(job.listed(), listed.c.found == "doubled").values(why="doubled"))
        conn.execute(delete(table).where(job.read()))
    return total, same


def _note_versions(job: Job) -> None:
    """The records' versions before the second look: what has risen by its end was applied or captured meanwhile."""
    table = schema.difference
    for keys in pages(job):
        before = {}
        for side in SIDES:
            with job.bridge.database(side).read() as conn:
                before[side] = versions(conn, job, keys)
        rows = [{"key": k, "erp": before["erp"].get(k, 0), "shop": before["platform"].get(k, 0)} for k in keys]
        here = update(table).where(job.listed(), table.c.record_key == bindparam("key"))
        with job.lease.begin() as conn:
            conn.execute(here.values(erp_version=bindparam("erp"), platform_version=bindparam("shop")), rows)


def _judge_all(job: Job) -> None:
    table = schema.difference
    for keys in pages(job):
        query = select(table).where(job.listed(), table.c.record_key.in_(keys), table.c.found != "doubled")
        with job.lease.db.read() as conn:
            rows = conn.execute(query).all()
        evidence, verdicts = gather(job, keys), []
        for row in rows:
            key = row.record_key
            forms = {side: load_form(key, getattr(row, f"{side}_form")) for side in SIDES}
            noted = {side: int(getattr(row, f"{side}_version") or 0) for side in SIDES}
            verdict = judge(job, key, forms, noted, evidence)
            verdicts.append(
                {
                    "key": key, "is": verdict.found, "because": verdict.why[:300] or None, "by": verdict.repair,
                    "what": ",".join(verdict.fields)[:1000] or None,
                }
            )  # fmt: skip
        if not verdicts:
            continue
        values: dict[str, Any] = {
            "found": bindparam("is"), "why": bindparam("because"), "repair": bindparam("by"),
            "fields": bindparam("what"),
        }  # fmt: skip
        with job.lease.begin() as conn:
            conn.execute(
                update(table).where(job.listed(), table.c.record_key == bindparam("key")).values(values), verdicts
            )


def _finish(job: Job, started: str, counts: dict[str, int], refused: str) -> Compared:
    told: dict[str, Any] = {**counts, "compared": ",".join(c.name for c in job.columns)}
    done = Compared(job.entity.name, started, utc_now(), **told, left_out=",".join(job.left_out), refused=refused)
    table = schema.inventory
    with job.lease.begin() as conn:
        conn.execute(delete(table).where(*_row(job.link_id, job.run_id, job.entity.name)))
        conn.execute(insert(table).values(link_id=job.link_id, run_id=job.run_id, **_columns(done)))
    return done


def note_refusal(bridge: Bridge, entity: str, run: Run, why: str) -> None:
    """An entity that could not be compared at all, so that the report says so."""
    table, now, link_id = schema.inventory, utc_now(), bridge.link.link_id
    done = Compared(entity, now, now, refused=why[:500])
    with bridge.platform.begin() as conn:
        conn.execute(delete(table).where(*_row(link_id, run.run_id, entity)))
        conn.execute(insert(table).values(link_id=link_id, run_id=run.run_id, **_columns(done)))


def _row(link_id: str, run_id: str, entity: str) -> list[ColumnElement[bool]]:
    table = schema.inventory
    return [table.c.link_id == link_id, table.c.run_id == run_id, table.c.entity == entity]


def _columns(done: Compared) -> dict[str, object]:
    return {field.name: getattr(done, field.name) for field in fields(done)}
