"""What the buyer decided of a request, and its way into the ERP's landing table, exactly once.

A request's proposals are decided in one transaction and never again. Each supplier's approved lines become one
`Ordenes_Compra` with its `Ordenes_Compra_Detalles`, in one transaction beside the ERP with a note of the event
(`puente_delivered`): whoever takes the rows away, they are not written twice. A copy of the proposals lies there too
(`puente_proposal`), for a platform that is restored to before it ordered (`repurchase`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, inspect, select, update

from puente.db import schema
from puente.errors import AlreadyDecided, ContractBroken, PuenteError
from puente.nightly.low_stock import LEASE
from puente.sync.batches import refuse_if_paused
from puente.sync.leases import Lease, held
from puente.sync.route import Bridge, Run, utc_now

EVENT = "purchase:"  # what a purchase order's note begins with


def open_lines(bridge: Bridge, request: str) -> list[dict[str, Any]]:
    """The proposals of a request that wait for the buyer, worst first."""
    return lines_of(bridge, request, "proposed")


def decide(
    bridge: Bridge, request: str, run: Run, *, approved: bool, quantities: Mapping[str, Any], who: str | None
) -> dict[str, int]:
    """Note what the buyer said; returns the request's lines by status.

    `quantities` by product replaces what was proposed; 0 leaves a product out. `who` None: nobody answered in time.
    What was decided before stays as it is. PuenteError for a quantity that is no number from 0 on, or of a product
    that is not in the request, AlreadyDecided where what is approved has expired, Paused while the link is; nothing
    is decided then.
    """
    table, link_id = schema.proposal, bridge.link.link_id
    with held(bridge.platform, link_id, LEASE, run.owner, bridge.settings.lease_seconds) as lease:
        lines = lines_of(bridge, request)
        if not lines:
            raise PuenteError(f"There is no purchase request {request} on link {link_id}.")
        if strange := sorted(quantities.keys() - {line["product_id"] for line in lines}):
            raise PuenteError(f"Purchase request {request} has no product {', '.join(strange)}; nothing was decided.")
        if approved and any(line["status"] == "expired" for line in lines):
            raise AlreadyDecided(
                f"Purchase request {request} has expired: nothing was ordered. What is still short is proposed again."
            )
        with lease.begin() as conn:
            refuse_if_paused(conn, link_id, LEASE)
            for line in lines:
                if line["status"] != "proposed":
                    continue
                units = _quantity(request, line, quantities) if approved else Decimal(0)
                status = "approved" if units else "expired" if who is None else "rejected"
                mine = and_(
                    table.c.link_id == link_id, table.c.day == line["day"], table.c.product_id == line["product_id"],
                    table.c.status == "proposed",
                )  # fmt: skip
                values = {"status": status, "quantity": f"{units:f}", "who": (who or "")[:100], "decided_at": utc_now()}
                conn.execute(update(table).where(mine).values(**values))
    return _by_status(lines_of(bridge, request))


def order(bridge: Bridge, request: str, run: Run) -> list[str]:
    """Write what was approved of a request for the ERP's import; the ids of its purchase orders, written now or before.

    ContractBroken when the landing tables are missing, or an order was written before with other lines; Paused while
    the link is.
    """
    link_id, lines = bridge.link.link_id, lines_of(bridge, request, "approved", "ordered")
    if not lines:
        return []
    require_tables(bridge)
    written = []
    with under_leases(bridge, run) as (lease, beside_erp):
        for db in (bridge.platform, bridge.erp):  # under the leases: a restore pauses, then waits for them
            with db.read() as conn:
                refuse_if_paused(conn, link_id, LEASE)
        for supplier, its_lines in groupby(sorted(lines, key=_by_supplier), key=lambda line: str(line["supplier"])):
            whole = list(its_lines)
            order_id = order_id_of(link_id, request, supplier)
            with beside_erp.begin() as conn:
                write_order(conn, bridge, order_id, supplier, whole)
            with lease.begin() as conn:
                table = schema.proposal
                mine = and_(
                    table.c.link_id == link_id, table.c.request == request, table.c.supplier == supplier,
                    table.c.status == "approved",
                )  # fmt: skip
                conn.execute(update(table).where(mine).values(status="ordered", ordered_at=utc_now()))
            written.append(order_id)
    return written


@contextmanager
def under_leases(bridge: Bridge, run: Run) -> Iterator[tuple[Lease, Lease]]:
    """Nobody else is at purchases: the platform's lease, and the one beside the ERP."""
    link_id, seconds = bridge.link.link_id, bridge.settings.lease_seconds
    with (
        held(bridge.platform, link_id, LEASE, run.owner, seconds) as lease,
        held(bridge.erp, link_id, LEASE, run.owner, seconds) as beside_erp,
    ):
        yield lease, beside_erp


def write_order(conn: Connection, bridge: Bridge, order_id: str, supplier: str, lines: list[dict[str, Any]]) -> bool:
    """Write a purchase order beside the ERP, unless a note says that it was: whether it was written now.

    ContractBroken when it was written with other lines.
    """
    link_id, table, tables = bridge.link.link_id, schema.delivered, schema.landing_tables[bridge.erp.dialect]
    content = [[line["product_id"], f"{Decimal(str(line['quantity'])).normalize():f}"] for line in lines]
    digest = hashlib.sha256(json.dumps([supplier, content]).encode()).hexdigest()
    event = f"{EVENT}{order_id}"
    known = conn.execute(
        select(table.c.content_hash).where(table.c.link_id == link_id, table.c.event_id == event)
    ).scalar()
    if known is not None:
        if known != digest:
            raise ContractBroken(f"Purchase order {order_id} was written before with other lines; nothing was changed.")
        return False
    conn.execute(insert(table).values(link_id=link_id, event_id=event, content_hash=digest, at=utc_now()))
    conn.execute(
        insert(tables[schema.PURCHASE_ORDER]).values(
            ID_Orden_Compra=order_id, Proveedor=supplier or None, Autorizado_Por=lines[0]["who"], Renglones=len(lines)
        )
    )
    conn.execute(
        insert(tables[schema.PURCHASE_LINE]),
        [
            {
                "ID_Orden_Compra": order_id, "Renglon": number, "ID_Producto": line["product_id"], "SKU": line["sku"],
                "Cantidad": _number(line["quantity"]), "Cantidad_Propuesta": _number(line["proposed"]),
            }
            for number, line in enumerate(lines, 1)
        ],
    )  # fmt: skip
    _keep_copy(conn, lines)
    return True


def _keep_copy(conn: Connection, lines: list[dict[str, Any]]) -> None:
    table = schema.proposal
    for line in lines:
        conn.execute(delete(table).where(*(column == line[column.name] for column in table.primary_key.columns)))
    conn.execute(insert(table), [{**line, "status": "ordered", "ordered_at": utc_now()} for line in lines])


def _number(value: Any) -> str:
    return f"{Decimal(str(value)):f}"


def order_id_of(link_id: str, request: str, supplier: str) -> str:
    """The same for the same supplier and request, whoever asks and however often."""
    short = hashlib.sha256(supplier.encode()).hexdigest()[:6]
    return f"OC-{link_id}-{request}-{short}"[-64:]


def require_tables(bridge: Bridge) -> None:
    """ContractBroken when the ERP's database has no landing tables."""
    present = {name.lower() for name in inspect(bridge.erp.engine).get_table_names()}
    if missing := [name for name in (schema.PURCHASE_ORDER, schema.PURCHASE_LINE) if name.lower() not in present]:
        raise ContractBroken(
            f"The ERP's database has no {' and no '.join(missing)}: run `python -m puente init --side erp`, or have a "
            f"DBA run the end of include/sql/schema/{bridge.erp.dialect}/01_queues.sql. The approval is kept."
        )


def _quantity(request: str, line: Mapping[str, Any], quantities: Mapping[str, Any]) -> Decimal:
    value = quantities.get(line["product_id"], line["proposed"])
    try:
        units = Decimal(str(value))
    except InvalidOperation:
        units = Decimal("NaN")
    if isinstance(value, bool) or not units.is_finite() or units < 0 or units >= Decimal(10) ** 14:
        raise PuenteError(
            f"Purchase request {request}: {value!r} is no quantity of {line['sku'] or line['product_id']}; nothing was "
            "decided. Give a number from 0 on."
        )
    return units.quantize(Decimal("0.0001"))


def _by_supplier(line: Mapping[str, Any]) -> tuple[str, int]:
    return str(line["supplier"]), int(line["place"])


def lines_of(bridge: Bridge, request: str, *status: str) -> list[dict[str, Any]]:
    """The proposals of a request, worst first; all of them, or those of a status."""
    table = schema.proposal
    mine = and_(table.c.link_id == bridge.link.link_id, table.c.request == request)
    if status:
        mine = and_(mine, table.c.status.in_(status))
    with bridge.platform.read() as conn:
        rows = conn.execute(select(table).where(mine).order_by(table.c.place)).mappings()
        return [dict(row) for row in rows]


def _by_status(lines: list[dict[str, Any]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in lines:
        found[line["status"]] = found.get(line["status"], 0) + 1
    return found
