"""Purchase orders after a restore of one side (I12): none is lost, and none is ordered twice.

Each side keeps what the other may forget. The platform has every proposal that it ordered; beside the ERP's note of an
order lies a copy of its proposals, whatever the ERP's import has done with `Ordenes_Compra` since.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, and_, insert, select, update

from puente.contract import Side
from puente.db import schema
from puente.errors import ContractBroken
from puente.nightly.purchases import EVENT, lines_of, order_id_of, require_tables, under_leases, write_order
from puente.sync.route import Bridge, Run, stored


@dataclass
class Repurchased:
    """Purchase orders by their ids."""

    again: list[str] = field(default_factory=list)  # the restored ERP lacked them: written once more
    taken_over: list[str] = field(default_factory=list)  # the restored platform did: they count as on their way again
    unclear: list[str] = field(default_factory=list)  # a person has to see to them in the ERP


def purchase_again(
    bridge: Bridge, restored: Side, since: str, run: Run, *, own_tables_only: bool = False
) -> Repurchased:
    """Bring together again what the two sides know of purchase orders since the backup (UTC, ISO 8601).

    Looks a day further back, as clocks differ: a note of its own keeps each order from being written or counted twice.
    With `own_tables_only` nobody can tell what the ERP's import had made of them: they are only named. Nothing moves
    but these tables, so the link may be paused.
    """
    if own_tables_only:
        return Repurchased(unclear=sorted(_ordered(bridge, since)))
    early = stored(dt.datetime.fromisoformat(since) - dt.timedelta(days=1)) if since else ""
    return _write_again(bridge, early, run) if restored == "erp" else _take_over(bridge, early, run)


def _ordered(bridge: Bridge, since: str = "") -> dict[str, tuple[str, str]]:
    """What the platform knows as ordered: the purchase order's id → request and supplier."""
    table, link_id = schema.proposal, bridge.link.link_id
    mine = and_(table.c.link_id == link_id, table.c.status == "ordered", table.c.ordered_at >= since)
    with bridge.platform.read() as conn:
        pairs = conn.execute(select(table.c.request, table.c.supplier).where(mine).distinct()).all()
    return {order_id_of(link_id, request, supplier): (request, supplier) for request, supplier in sorted(pairs)}


# ---------------------------------------------------------------- the ERP
def _write_again(bridge: Bridge, since: str, run: Run) -> Repurchased:
    done, known = Repurchased(), _ordered(bridge, since)
    if not known:
        return done
    with under_leases(bridge, run) as (_, beside_erp):
        for order_id, (request, supplier) in known.items():
            lines = [line for line in lines_of(bridge, request, "ordered") if line["supplier"] == supplier]
            try:
                require_tables(bridge)
                with beside_erp.begin() as conn:
                    if write_order(conn, bridge, order_id, supplier, lines):
                        done.again.append(order_id)
            except ContractBroken:
                done.unclear.append(order_id)
    return done


# ---------------------------------------------------------------- the platform
def _take_over(bridge: Bridge, since: str, run: Run) -> Repurchased:
    link_id, table, note = bridge.link.link_id, schema.proposal, schema.delivered
    copies = and_(table.c.link_id == link_id, table.c.status == "ordered", table.c.ordered_at >= since)
    notes = and_(note.c.link_id == link_id, note.c.event_id.like(f"{EVENT}%"), note.c.at >= since)
    taken = set[str]()
    with under_leases(bridge, run) as (lease, beside_erp):
        with beside_erp.db.read() as conn:
            rows = [dict(row) for row in conn.execute(select(table).where(copies)).mappings()]
            written = {
                str(event).removeprefix(EVENT) for event in conn.execute(select(note.c.event_id).where(notes)).scalars()
            }
        with lease.begin() as conn:
            for row in rows:
                if _know_again(conn, row):
                    taken.add(order_id_of(link_id, row["request"], row["supplier"]))
    return Repurchased(taken_over=sorted(taken), unclear=sorted(written - _ordered(bridge).keys()))


def _know_again(conn: Connection, row: dict[str, Any]) -> bool:
    """What was ordered stands, whatever the platform believes of a proposal that it did not order."""
    table = schema.proposal
    here = and_(*(column == row[column.name] for column in table.primary_key.columns))
    known = conn.execute(select(table.c.status).where(here)).scalar()
    if known is None:
        conn.execute(insert(table).values(row))
    elif known != "ordered":
        conn.execute(update(table).where(here).values(row))
    return known != "ordered"
