"""What waits for a person on a link, counted for `doctor`: closed gates, conflicts, doubtful mails, late orders."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Table, func, inspect, select

from puente.contract import SIDES, Side
from puente.db import schema
from puente.errors import PuenteError
from puente.orders.emission import late_orders
from puente.orders.torn import torn_orders
from puente.sync.findings import Finding
from puente.sync.route import Bridge


def standing(bridge: Bridge) -> Iterator[Finding]:
    """Switches that people set, and what does not go on by itself. A side without control tables is left out."""
    for side in SIDES:
        yield from _switches(bridge, side)
        closed = _count(bridge, side, schema.batch, status="closed")
        if closed:
            yield Finding(
                "warn", f"{side}: batches", f"{closed} behind a closed gate", "`python -m puente batch list`."
            )
        open_ones = _count(bridge, side, schema.conflict, resolved_at=None)
        if open_ones:
            yield Finding("warn", f"{side}: conflicts", f"{open_ones} that nobody has resolved",
                          "`python -m puente conflicts list`.")  # fmt: skip
    if refused := _count(bridge, "platform", schema.outbox, status="conflict"):
        yield Finding(
            "warn", "platform: outbox", f"{refused} rows whose event was delivered before with other content",
            "A side was restored from a backup, or copied: compare the records, then send them again (`resend`).",
        )  # fmt: skip
    if waiting := _count(bridge, "platform", schema.outbox, status="waiting"):
        yield Finding("info", "platform: outbox", f"{waiting} rows wait for the next capture_platform")
    if doubtful := _count(bridge, "platform", schema.mail, status="doubtful"):
        yield Finding("warn", "platform: mail", f"{doubtful} doubtful: nobody knows whether they were sent",
                      "`python -m puente mail list --doubtful`, then `mail resend`.")  # fmt: skip
    if silent := _count(bridge, "platform", schema.silence, ended_at=None):
        yield Finding("warn", "traffic", f"{silent} entities from which nothing comes any more",
                      "Dag monitor's log names them: see whether their side still writes.")  # fmt: skip
    yield from _late(bridge)


def _late(bridge: Bridge) -> Iterator[Finding]:
    for side, read, needed in (("platform", late_orders, schema.order), ("erp", torn_orders, schema.finding)):
        if not inspect(bridge.database("erp" if side == "erp" else "platform").engine).has_table(needed.name):
            continue
        try:
            late = read(bridge)
        except PuenteError:
            return  # the profile's own finding says what is wrong with its rules
        if late:
            first = late[0]
            yield Finding(
                "warn", f"{side}: orders", f"{len(late)} do not go on, the first since {first.since}: "
                f"{first.order_id}: {first.waits}", f"`python -m puente trace order {first.order_id}`.",
            )  # fmt: skip


def _switches(bridge: Bridge, side: Side) -> Iterator[Finding]:
    """What a person did that keeps rows from moving, or lets too many move."""
    link_id, db = bridge.link.link_id, bridge.database(side)
    if inspect(db.engine).has_table(schema.pause.name):
        with db.read() as conn:
            for row in conn.execute(select(schema.pause).where(schema.pause.c.link_id == link_id)).mappings():
                what = "the whole link" if row["entity"] == "*" else row["entity"]
                yield Finding("info", f"{side}: pause", f"{what} since {row['at']} by {row['who']}: {row['why']}",
                              "`python -m puente resume` lets it go on.")  # fmt: skip
    if inspect(db.engine).has_table(schema.permit.name):
        with db.read() as conn:
            for row in conn.execute(select(schema.permit).where(schema.permit.c.link_id == link_id)).mappings():
                yield Finding("info", f"{side}: guard", f"the next mass change of {row['entity']} is allowed, by "
                              f"{row['who']} at {row['at']}: {row['why']}", "It lapses after 24 hours.")  # fmt: skip


def _count(bridge: Bridge, side: Side, table: Table, **values: str | None) -> int:
    db = bridge.database(side)
    if not inspect(db.engine).has_table(table.name):
        return 0
    query = select(func.count()).select_from(table).where(table.c.link_id == bridge.link.link_id)
    with db.read() as conn:
        return int(conn.execute(query.where(*(table.c[n].is_(None) if v is None else table.c[n] == v
                                              for n, v in values.items()))).scalar_one())  # fmt: skip
