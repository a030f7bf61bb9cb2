"""RECIBIDO EN ERP is said when the ERP itself shows the order, not when we inserted a row.

Where the profile writes into a landing table, the ERP's own import may take minutes or hours.
"""

from __future__ import annotations

from sqlalchemy import Connection, and_, bindparam, insert, select, text, update

from puente.contract import ORIGIN, QUEUES
from puente.db import schema
from puente.db.queues import QueueShape, inspect_queue, queue_table
from puente.errors import PuenteError
from puente.profiles import Profile
from puente.sync import batches, outbox
from puente.sync.control import incarnation
from puente.sync.forms import as_key, embedded
from puente.sync.leases import held
from puente.sync.route import Bridge, Run, utc_now
from puente.sync.verdicts import portions

CONFIRMED = "RECIBIDO EN ERP"
FILE = "confirm_orders"
_KEY = "ID_Pedido_Cabecera"


def confirm_orders(bridge: Bridge, run: Run) -> int:
    """Note and tell the platform which of the orders written into the ERP it has taken; returns how many are new.

    The note, the history and the queue row are one transaction. Orders that are not shown wait. PuenteError when
    there are orders to confirm and the profile has no confirm_orders.sql.
    """
    link_id, profile, confirmed = bridge.link.link_id, bridge.profile("erp"), 0
    sql = profile.text(FILE)
    with bridge.erp.read() as conn:
        batches.refuse_if_paused(conn, link_id, "order_states")
        waiting = _unconfirmed(conn, link_id)
    if sql is None:
        if not waiting:
            return 0
        raise PuenteError(
            f"Profile {profile.name} has no {FILE}.sql: {len(waiting)} orders were written into the ERP, and nothing "
            "can tell the platform whether it took them."
        )
    # Also where nothing waits: the next try of a worker that died after its last commit frees that one's lease.
    with held(bridge.erp, link_id, "confirm:orders", run.owner, bridge.settings.lease_seconds) as lease:
        if not waiting:
            return 0
        shape = inspect_queue(bridge.erp, QUEUES["Pedidos_Estados"])
        for some in portions(waiting):
            with lease.begin() as conn:
                confirmed += _confirm(conn, link_id, profile, sql, shape, some)
    return confirmed


def _unconfirmed(conn: Connection, link_id: str) -> list[str]:
    order = schema.order
    mine = and_(order.c.link_id == link_id, order.c.confirmed_at.is_(None))
    return list(conn.execute(select(order.c.order_id).where(mine).order_by(order.c.order_id)).scalars())


def _confirm(conn: Connection, link_id: str, profile: Profile, sql: str, shape: QueueShape, waiting: list[str]) -> int:
    order, now = schema.order, utc_now()
    shown = shown_orders(conn, profile, waiting)
    still = set(_unconfirmed(conn, link_id))  # within the lease: another run may have confirmed some meanwhile
    taken = [number for number in waiting if number in shown and number in still]
    if not taken:
        return 0
    mine = and_(order.c.link_id == link_id, order.c.order_id.in_(taken))
    conn.execute(update(order).where(mine).values(state=CONFIRMED, confirmed_at=now, changed_at=now))
    said = {"link_id": link_id, "state": CONFIRMED, "verdict": "applied", "origin": ORIGIN["erp"], "at": now}
    conn.execute(insert(schema.order_history), [{**said, "order_id": number} for number in taken])
    if "Origen" in shape.columns:  # a vendor's table without it is the vendor's to write, and RECIBIDO his to say
        identity = incarnation(conn)
        rows = [_queue_row(shape, identity, number) for number in taken]
        conn.execute(insert(queue_table(shape)), rows)
    return len(taken)


def shown_orders(conn: Connection, profile: Profile, numbers: list[str]) -> set[str]:
    """Those of the orders that the profile's confirm_orders.sql shows; none where it has no such file."""
    sql, found = profile.text(FILE), set[str]()
    if sql is None:
        return found
    column = conn.dialect.identifier_preparer.quote_identifier(_KEY)
    query = text(f"SELECT t.{column} FROM ({embedded(sql)}\n) t WHERE {as_key(profile.dialect, column)} IN :numbers")
    query = query.bindparams(bindparam("numbers", expanding=True))
    for some in portions(numbers):
        found |= {str(row[0]).rstrip(" ") for row in conn.execute(query, {"numbers": some})}
    return found


def _queue_row(shape: QueueShape, identity: str, number: str) -> dict[str, str]:
    values = {
        _KEY: number,
        "Estado": CONFIRMED,
        "Operacion": "U",
        "Origen": ORIGIN["erp"],
        "ID_Evento": outbox.event_id(identity, "confirmed", number, 1),
    }
    return {shape.columns[name]: value for name, value in values.items() if name in shape.columns}
