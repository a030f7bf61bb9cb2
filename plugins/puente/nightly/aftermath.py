"""What follows a restore of one side, however it was done: a restore is an event, not a return to the past (I12).

The link is paused and both sides get a new incarnation, so no event id stands for two contents. Then what was between
the backup and the failure comes back: what the restored side had read, from the archive; what the other side knows of
it, by crossing again; orders that the ERP no longer shows, from their snapshots. Every step may be repeated: under the
same restore id nothing is renewed, landed or emitted twice. Rows move when a person resumes the link.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import and_, insert, inspect, select, update

from puente.contract import Side
from puente.db import schema
from puente.nightly.question import Questioned, question
from puente.nightly.reemit import Reemitted, emit_again
from puente.nightly.replay import Replayed, replay
from puente.nightly.repurchase import Repurchased, purchase_again
from puente.orders.emission import take_over
from puente.orders.mail import doubt_waiting
from puente.sync import control
from puente.sync.route import Bridge, Run
from puente.sync.verdicts import portions

WHO = control.RESTORE
_MARK = "restored"  # the row of puente_side that names the restore under which the incarnation was renewed


@dataclass
class Aftermath:
    """What was done about one restored side, and what a person has to look at."""

    restored: Side
    since: str
    replayed: list[Replayed] = field(default_factory=list)
    questioned: list[Questioned] = field(default_factory=list)
    orders: Reemitted | None = None  # after the ERP was restored
    purchases: Repurchased | None = None
    taken_over: list[str] = field(default_factory=list)  # after the platform was: orders that the ERP has already
    lost_orders: list[str] = field(default_factory=list)  # that only the ERP has now: the shop has to be told
    doubtful_mails: int = 0
    lacking: list[str] = field(default_factory=list)  # views, routines and events that could not be made again
    other_links: list[str] = field(default_factory=list)  # what is to be done for those of the same database, too

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def stop(bridge: Bridge, restore_id: str) -> None:
    """Pause the link on both sides, until a person resumes it. A side of which nothing is left moves no rows anyway."""
    for db in (bridge.erp, bridge.platform):
        if not inspect(db.engine).has_table(schema.pause.name):
            continue
        control.pause(db, bridge.link.link_id, "*", WHO, f"{restore_id}: a side is being restored")


def renew(bridge: Bridge, restore_id: str) -> None:
    """A new incarnation on both sides, once for each restore."""
    side = schema.side
    for db in (bridge.erp, bridge.platform):
        with db.begin() as conn:
            known = conn.execute(select(side.c.value).where(side.c.name == _MARK)).scalar()
            if known == restore_id:
                continue
            control.renew_incarnation(conn)
            if conn.execute(update(side).where(side.c.name == _MARK).values(value=restore_id)).rowcount == 0:
                conn.execute(insert(side).values(name=_MARK, value=restore_id))


def follow_up(
    bridge: Bridge, restored: Side, restore_id: str, since: str = "", *, own_tables_only: bool = False
) -> Aftermath:
    """Everything between the backup and the failure, as far as it can come back by itself. The link stays paused.

    `since` is the backup's moment (UTC, ISO 8601): archives older than the day before it are not read. With
    `own_tables_only` the ERP's own tables were restored, but not Puente's beside the queues. PuenteError without keys.
    """
    run = Run(f"restore:{restore_id}"[:250], "restore")
    stop(bridge, restore_id)
    renew(bridge, restore_id)
    done = Aftermath(restored, since)
    if not own_tables_only:
        done.replayed = [replay(route, restore_id, since) for route in bridge.routes(restored)]
        done.questioned = question(bridge, restored, run)
    if restored == "erp":
        done.orders = emit_again(bridge, run, own_tables_since=since if own_tables_only else "")
    else:
        with bridge.platform.begin() as conn:
            done.doubtful_mails = doubt_waiting(conn, bridge.link.link_id)
        done.taken_over = take_over(bridge, run)
        _hear_again(bridge, done.taken_over)
        done.lost_orders = _only_in_erp(bridge)
    done.purchases = purchase_again(bridge, restored, since, run, own_tables_only=own_tables_only)
    return done


def _hear_again(bridge: Bridge, numbers: list[str]) -> None:
    """What the ERP says of these orders is said once more, where the archive should lack it."""
    order, record, link_id = schema.order, schema.record, bridge.link.link_id
    with bridge.erp.begin() as conn:
        for some in portions(numbers):
            mine = and_(order.c.link_id == link_id, order.c.order_id.in_(some))
            conn.execute(update(order).where(mine).values(confirmed_at=None))
            said = and_(record.c.link_id == link_id, record.c.entity == "order_states", record.c.record_key.in_(some))
            conn.execute(update(record).where(said, record.c.fingerprint.is_not(None)).values(must_send=1))


def _only_in_erp(bridge: Bridge) -> list[str]:
    """Orders of this link that the ERP has and the restored platform has never heard of."""
    order, link_id, lost, after = schema.order, bridge.link.link_id, list[str](), ""
    query = select(order.c.order_id).where(order.c.link_id == link_id).order_by(order.c.order_id).limit(500)
    while True:
        with bridge.erp.read() as conn:
            page = list(conn.execute(query.where(order.c.order_id > after)).scalars())
        if not page:
            return lost
        with bridge.platform.read() as conn:
            here = and_(order.c.link_id == link_id, order.c.order_id.in_(page))
            known = set(conn.execute(select(order.c.order_id).where(here)).scalars())
        lost += [number for number in page if number not in known]
        after = page[-1]
