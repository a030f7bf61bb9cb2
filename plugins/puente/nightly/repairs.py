"""Ordering repairs: the winning side sends what differs once more, through its queue and the gate like any change."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import and_, func, select, update

from puente.contract import Side
from puente.db import schema
from puente.errors import Paused, PuenteError
from puente.nightly.compare import Compared, load
from puente.sync.batches import refuse_if_paused
from puente.sync.leases import Lease, held
from puente.sync.resend import send_again
from puente.sync.route import Bridge, Run, utc_now

PAGE = 500
_WAYS: dict[str, tuple[Side, bool]] = {  # repair -> who reads it, and whether it is a deletion
    "send": ("platform", False), "delete": ("platform", True),
    "send_to_erp": ("erp", False), "delete_in_erp": ("erp", True),
}  # fmt: skip


def exceeds(bridge: Bridge, run_id: str, one: Compared) -> bool:
    """Whether mending this entity would be a mass change, by `limits.mass_change` of the platform's profile."""
    limit = bridge.profile("platform").mass_change
    if limit.exceeded(one.repairs, one.keys_total):
        return True
    return one.repairs > limit.deletes_at_most and deletions(bridge, run_id, one.entity) > limit.deletes_at_most


def deletions(bridge: Bridge, run_id: str, entity: str) -> int:
    """How many of an entity's repairs are deletions, on either side."""
    table = schema.difference
    here = and_(table.c.link_id == bridge.link.link_id, table.c.entity == entity, table.c.run_id == run_id)
    wanted = [repair for repair, (_, deletion) in _WAYS.items() if deletion]
    query = select(func.count()).select_from(table).where(here, table.c.repair.in_(wanted))
    with bridge.platform.read() as conn:
        return int(conn.execute(query).scalar_one())


def order_repairs(bridge: Bridge, run: Run, *, approved_by: str | None = None) -> dict[str, int]:
    """Have every repair that the inventory named sent with the next captures. Returns how many, by entity.

    Refused entities are left out, and without an approval those beyond their limit. Paused, noted as that, while the
    link is; PuenteError when a later inventory has replaced the list. Repeated, it orders what is left.
    """
    asked, done, left = {}, dict[str, int](), set[str]()
    for one in load(bridge, run.run_id).entities:
        too_many = exceeds(bridge, run.run_id, one)
        if one.repairs and not one.refused and (approved_by is not None or not too_many):
            asked[one.entity] = (approved_by or "") if too_many else ""
            left |= {one.entity} if one.repairs > one.ordered else set()
    for entity, who in asked.items():
        try:
            _order(bridge, run, entity)
        except Paused:
            for one_left in left - done.keys():
                _note(bridge, run.run_id, one_left, "paused", asked[one_left])
            raise
        done[entity] = _note(bridge, run.run_id, entity, "ordered", who)
    return done


def _order(bridge: Bridge, run: Run, entity: str) -> None:
    """Under the lease of the comparison, for which a restore waits: so no list changes below it, and no side."""
    name, seconds = f"compare:{entity}", bridge.settings.lease_seconds
    with held(bridge.platform, bridge.link.link_id, name, run.owner, seconds) as lease:
        with lease.db.read() as conn:
            refuse_if_paused(conn, bridge.link.link_id, "inventory")
        _order_listed(bridge, run, entity, lease)


def _order_listed(bridge: Bridge, run: Run, entity: str, lease: Lease) -> None:
    table = schema.difference
    here = and_(table.c.link_id == bridge.link.link_id, table.c.entity == entity)
    with bridge.platform.read() as conn:
        latest = conn.execute(select(table.c.run_id).where(here).limit(1)).scalar()
    if latest != run.run_id:
        raise PuenteError(
            f"The list of differences of {entity} is by now that of another inventory ({latest}). Nothing was ordered."
        )
    waiting = and_(here, table.c.run_id == run.run_id, table.c.repair.is_not(None), table.c.outcome.is_(None))
    query = select(table.c.record_key, table.c.repair).where(waiting).order_by(table.c.record_key).limit(PAGE)
    while True:
        with bridge.platform.read() as conn:
            rows = conn.execute(query).all()
        if not rows:
            return
        keys = defaultdict(list)
        for key, repair in rows:
            keys[repair].append(key)
        for repair, some in keys.items():
            reader, deletion = _WAYS[repair]
            send_again(bridge, entity, some, reader, run.owner, deletion=deletion)
            with lease.begin() as conn:  # after it: stopped between the two, they are sent twice
                conn.execute(update(table).where(waiting, table.c.record_key.in_(some)).values(outcome="ordered"))


def _note(bridge: Bridge, run_id: str, entity: str, decision: str, who: str) -> int:
    table, listed = schema.inventory, schema.difference
    ordered = and_(
        listed.c.link_id == bridge.link.link_id, listed.c.entity == entity, listed.c.run_id == run_id,
        listed.c.outcome == "ordered",
    )  # fmt: skip
    with bridge.platform.begin() as conn:
        number = int(conn.execute(select(func.count()).select_from(listed).where(ordered)).scalar_one())
        here = and_(table.c.link_id == bridge.link.link_id, table.c.run_id == run_id, table.c.entity == entity)
        conn.execute(
            update(table).where(here).values(ordered=number, decision=decision, who=who[:100], decided_at=utc_now())
        )
    return number
