"""Orders that the restored ERP no longer has are emitted again, from the snapshot that was emitted (I12, H15).

An order is gone when the ERP's side shows it nowhere: not written, not shown by `confirm_orders.sql`, not in its
inbox, not in the queue, not in the outbox. It goes through the outbox under the platform's new incarnation, and the
ERP's unique key in `puente_order` lets it be written once, however often this runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, and_, delete, select, update

from puente.contract import QUEUES
from puente.db import schema
from puente.db.queues import inspect_queue, queue_table
from puente.errors import PuenteError
from puente.order_states import MAIN_LINE
from puente.orders.confirm import FILE, shown_orders
from puente.orders.reading import CANCELLED, HEADER, LINE, VALIDATING
from puente.orders.written import written_orders
from puente.sync import outbox
from puente.sync.leases import held
from puente.sync.ledger import OPEN_STATES
from puente.sync.route import Bridge, Run
from puente.sync.verdicts import portions

ORDER_ID = "ID_Pedido_Cabecera"


@dataclass
class Reemitted:
    """Orders by what became of them. `again`: number → the state that the platform had it in, for the ERP's staff."""

    looked_at: int = 0
    again: dict[str, str] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)  # whose request to cancel is made again
    torn: list[str] = field(default_factory=list)  # without a snapshot: a person has to see to them


def emit_again(bridge: Bridge, run: Run, *, own_tables_since: str = "") -> Reemitted:
    """Put every emitted order that the ERP lacks into the outbox once more.

    Orders that ended (refused, cancelled, returned) are left out: the ERP need not have them. `own_tables_since` (UTC,
    ISO) is for an ERP whose own tables were restored while Puente's beside the queues were not: what was emitted since
    then and is no longer shown is forgotten on the ERP's side, and emitted again although it was written before.
    PuenteError where the profile cannot show orders.
    """
    profile = bridge.profile("erp")
    if profile.text(FILE) is None:
        raise PuenteError(f"Profile {profile.name} has no {FILE}.sql: nobody can tell which orders the ERP lacks.")
    done, seconds = Reemitted(), bridge.settings.lease_seconds
    with held(bridge.platform, bridge.link.link_id, "orders", run.owner, seconds) as lease:
        for page in _emitted(bridge):
            done.looked_at += len(page)
            if own_tables_since:
                recent = [n for n, row in page.items() if (row["emitted_at"] or "") >= own_tables_since]
                _forget_unshown(bridge, run, recent)
            gone = set(page) - _present(bridge, page)
            asked = _requests(bridge, page)
            with lease.begin() as conn:
                for number in sorted(gone):
                    if _put(conn, bridge.link.link_id, number, page[number]["payload"]):
                        done.again[number] = page[number]["state"]
                        _reserve_again(conn, bridge.link.link_id, number)
                    else:
                        done.torn.append(number)
                for number in sorted(asked):
                    payload = {ORDER_ID: number, "Estado": CANCELLED, "Motivo_Rechazo": None}
                    outbox.put(conn, bridge.link.link_id, "order_states", f"cancel:{number}", number, 1, payload)
                    done.requests.append(number)
    return done


def _emitted(bridge: Bridge) -> Iterable[dict[str, dict[str, Any]]]:
    """Orders that the platform handed over and that have not ended, a page at a time."""
    order, after = schema.order, ""
    mine = and_(
        order.c.link_id == bridge.link.link_id, order.c.emitted_at.is_not(None), order.c.state.in_(MAIN_LINE)
    )  # fmt: skip
    query = select(order.c.order_id, order.c.state, order.c.payload, order.c.emitted_at).where(mine)
    while True:
        with bridge.platform.read() as conn:
            rows = conn.execute(query.where(order.c.order_id > after).order_by(order.c.order_id).limit(500)).mappings()
            page = {row["order_id"]: dict(row) for row in rows}
        if not page:
            return
        yield page
        after = list(page)[-1]


def _present(bridge: Bridge, page: Iterable[str]) -> set[str]:
    """Those of the orders that the ERP has in any form, or that are on their way to it."""
    link_id, profile, numbers = bridge.link.link_id, bridge.profile("erp"), list(page)
    inbox = bridge.route("erp", "order_headers").inbox
    queue = inspect_queue(bridge.erp, QUEUES["Pedidos_Cabecera"])
    column = queue_table(queue).c[queue.columns[ORDER_ID]]
    with bridge.erp.read() as conn:
        found = written_orders(conn, link_id, numbers) | shown_orders(conn, profile, numbers)
        for some in portions(numbers):
            open_here = and_(
                inbox.c.link_id == link_id, inbox.c.record_key.in_(some), inbox.c.state.in_(OPEN_STATES)
            )  # fmt: skip
            found |= set(conn.execute(select(inbox.c.record_key).where(open_here)).scalars())
            found |= {str(each).rstrip(" ") for each in conn.execute(select(column).where(column.in_(some))).scalars()}
    waiting, table = {f"order:{number}": number for number in numbers}, schema.outbox
    with bridge.platform.read() as conn:
        for units in portions(list(waiting)):
            mine = and_(table.c.link_id == link_id, table.c.status == "waiting", table.c.unit.in_(units))
            found |= {waiting[unit] for unit in conn.execute(select(table.c.unit).where(mine)).scalars()}
    return found


def _put(conn: Connection, link_id: str, number: str, payload: str | None) -> bool:
    """The order's rows as they were emitted; False where no snapshot of it was kept."""
    snapshot = json.loads(payload or "{}")
    header, lines = snapshot.get("header"), snapshot.get("lines")
    if not header or not lines:
        return False
    unit = f"order:{number}"
    queued = {c.name: header.get(c.name) for c in HEADER} | {"Estado_Pedido": VALIDATING}
    outbox.put(conn, link_id, "order_headers", unit, number, 1, queued)
    for line in lines:
        values = {c.name: line.get(c.name) for c in LINE}
        outbox.put(conn, link_id, "order_lines", unit, line["ID_Pedido_Detalles"] or "", 1, values)
    return True


def _reserve_again(conn: Connection, link_id: str, number: str) -> None:
    """The ERP's stock figure knows nothing of the order until it is written there once more."""
    table = schema.reservation
    mine = and_(table.c.link_id == link_id, table.c.order_id == number)
    conn.execute(update(table).where(mine).values(released_at=None))


def _requests(bridge: Bridge, page: Iterable[str]) -> set[str]:
    """Orders of which the platform asked to be cancelled, and the ERP's side knows nothing of it."""
    said, link_id, asked = schema.order_history, bridge.link.link_id, set[str]()
    inbox = bridge.route("erp", "order_states").inbox
    numbers = list(page)
    with bridge.platform.read() as conn:
        for some in portions(numbers):
            mine = and_(said.c.link_id == link_id, said.c.order_id.in_(some), said.c.verdict == "request")
            asked |= set(conn.execute(select(said.c.order_id).where(mine)).scalars())
    with bridge.erp.read() as conn:
        for some in portions(sorted(asked)):
            heard = and_(said.c.link_id == link_id, said.c.order_id.in_(some), said.c.verdict == "request")
            asked -= set(conn.execute(select(said.c.order_id).where(heard)).scalars())
            on_its_way = and_(inbox.c.link_id == link_id, inbox.c.record_key.in_(some))
            asked -= set(conn.execute(select(inbox.c.record_key).where(on_its_way)).scalars())
    return asked


def _forget_unshown(bridge: Bridge, run: Run, numbers: list[str]) -> None:
    """What was written into tables of the ERP's that are older now was not written."""
    order, link_id, profile = schema.order, bridge.link.link_id, bridge.profile("erp")
    with (
        held(bridge.erp, link_id, "confirm:orders", run.owner, bridge.settings.lease_seconds) as lease,
        lease.begin() as conn,
    ):
        missing = set(numbers) - shown_orders(conn, profile, numbers)
        for some in portions(sorted(missing)):
            confirmed = and_(order.c.link_id == link_id, order.c.order_id.in_(some), order.c.confirmed_at.is_not(None))
            conn.execute(delete(order).where(confirmed))
