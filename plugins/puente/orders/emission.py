"""emit_orders: from the shop's own orders to queue rows, each order whole, once, and only with stock that the ERP has.

Everything happens under one lease, and what is decided of an order is one transaction on the platform: its state, its
reservations and its rows in the outbox. One order's trouble is noted on that order and stops no other.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from sqlalchemy import Connection, and_, insert, select, update
from sqlalchemy.exc import DBAPIError

from puente.db import schema
from puente.errors import LeaseHeld, Paused, PuenteError, StaleWorker, TransactionLost
from puente.orders import afterwards, checks
from puente.orders.mail import doubt_waiting
from puente.orders.reading import (
    CANCELLED,
    EMITTING,
    HEADER,
    LINE,
    PLATFORM,
    SHORT,
    VALIDATING,
    Known,
    ShopOrder,
    read_shop,
)
from puente.orders.rules import platform_rules
from puente.orders.stock import StockDesk, StockUnavailable, StockUnknown
from puente.orders.totals import plain
from puente.orders.transitions import Context, is_cancelled, open_order, say
from puente.orders.written import written_orders
from puente.sync import batches, outbox
from puente.sync.leases import Lease, held
from puente.sync.route import Bridge, Run, stored, utc_now
from puente.sync.verdicts import portions

_log = logging.getLogger(__name__)
_TEXT = 500  # characters of `waits` and of Motivo_Rechazo
_NOT_THE_ORDER = (StaleWorker, TransactionLost, LeaseHeld, Paused)


@dataclass(frozen=True)
class LateOrder:
    """An order that has waited longer than the profile's grace period; `since` is UTC, ISO 8601."""

    order_id: str
    since: str
    waits: str


@dataclass(frozen=True)
class _Job:
    bridge: Bridge
    lease: Lease
    desk: StockDesk
    context: Context  # the profiles' rules
    products: dict[str, str | None]  # SKU by id, of the active ones


def emit_orders(bridge: Bridge, run: Run) -> dict[str, int]:
    """Register, check and emit the shop's orders. Returns how many of each outcome.

    `seen` in the shop; `new`, `adopted` (first seen in a later state: noted, never emitted); `emitted`, `refused`,
    `waiting`, `cancelled`; `requests` (cancelled after emission), `conflicts` (edited after emission), `unfit`,
    `errors` (noted on the order, tried again). Empty where the profile shows no orders. LeaseHeld while another
    worker is at it; Paused; ContractBroken when the profile's SQL lacks something.
    """
    link_id, done = bridge.link.link_id, Counter[str]()
    bridge.require_two_databases()
    context = Context.of(bridge)
    with bridge.platform.read() as conn:
        batches.refuse_if_paused(conn, link_id, "order_headers")
    with held(bridge.platform, link_id, "orders", run.owner, bridge.settings.lease_seconds) as lease:
        reading = read_shop(bridge)
        if reading is None:
            return {}
        done["seen"] = reading.seen
        with closing(StockDesk(bridge)) as desk:
            job = _Job(bridge, lease, desk, context, _products(bridge, reading.open))
            for order in reading.open:
                done.update(_guarded(job, order, reading.unfit))
        for order in reading.edited:
            done.update(_alone(order.order_id, reading.unfit, "conflicts", partial(afterwards.flag, lease, order)))
        for number in reading.cancelled:
            ask = partial(afterwards.request, bridge, lease, context, number)
            done.update(_alone(number, reading.unfit, "requests", ask))
        done["unfit"] = len(reading.unfit)
        afterwards.note_reading(lease, reading)
    return {name: count for name, count in done.items() if count}


def take_over(bridge: Bridge, run: Run) -> list[str]:
    """After the platform was restored: the shop's open orders that the ERP has already count as emitted.

    They are not asked about stock, which reflects them, and not sent again. What the ERP has said of them comes from
    the archive. Works while the link is paused.
    """
    link_id, taken = bridge.link.link_id, list[str]()
    context = Context.of(bridge)
    with held(bridge.platform, link_id, "orders", run.owner, bridge.settings.lease_seconds) as lease:
        reading = read_shop(bridge)
        if reading is None:
            return taken
        with bridge.erp.read() as conn:
            there = written_orders(conn, link_id, [order.order_id for order in reading.open])
        with closing(StockDesk(bridge)) as desk:
            job = _Job(bridge, lease, desk, context, {})
            for order in reading.open:
                if order.order_id in there:
                    order.known = order.known or _register(job, order)
                    with lease.begin() as conn:
                        _keep(conn, job, order, waits=None)
                        if _hand_over(conn, job, order.order_id, checks.wanted(order)):
                            taken.append(order.order_id)
                        doubt_waiting(conn, link_id, order.order_id)
    return taken


def late_orders(bridge: Bridge) -> list[LateOrder]:
    """Orders that wait longer than the platform profile's `grace_minutes`, the oldest first, for reports."""
    minutes = platform_rules(bridge.profile("platform")).grace_minutes
    moment = stored(dt.datetime.now(dt.UTC) - dt.timedelta(minutes=minutes))
    order = schema.order
    late = (
        select(order.c.order_id, order.c.at, order.c.waits)
        .where(order.c.link_id == bridge.link.link_id, order.c.state == VALIDATING, order.c.at < moment)
        .order_by(order.c.at, order.c.order_id)
    )
    with bridge.platform.read() as conn:
        return [LateOrder(row.order_id, row.at, row.waits or "") for row in conn.execute(late)]


# ---------------------------------------------------------------- one order
def _alone(number: str, unfit: list[str], outcome: str, step: Callable[[], bool | None]) -> list[str]:
    """One emitted order's edit or cancellation: its own trouble is listed and stops no other."""
    try:
        return [outcome] if step() is not False else []
    except (DBAPIError, PuenteError, ValueError) as error:
        if isinstance(error, _NOT_THE_ORDER) or (isinstance(error, DBAPIError) and error.connection_invalidated):
            raise
        _log.exception("Order %s could not be handled.", number)
        unfit.append(f"order_headers {number}: {error.orig if isinstance(error, DBAPIError) else error}")
        return ["errors"]


def _guarded(job: _Job, order: ShopOrder, unfit: list[str]) -> list[str]:
    """The outcomes of one order. Its own trouble becomes its `waits`, and is met again in the next run; an order that
    could not even be registered has none and goes to the `unfit`."""
    outcomes: list[str] = []
    try:
        _advance(job, order, outcomes)
    except (DBAPIError, PuenteError, ValueError, ArithmeticError, LookupError) as error:
        if isinstance(error, _NOT_THE_ORDER) or (isinstance(error, DBAPIError) and error.connection_invalidated):
            raise
        _log.exception("Order %s could not be handled.", order.order_id)
        message = str(error.orig if isinstance(error, DBAPIError) else error)
        if order.known is None:
            unfit.append(f"order_headers {order.order_id}: {message}")
        else:
            with job.lease.begin() as conn:
                _wait(conn, job, order, f"Error inesperado: {message}")
        outcomes.append("errors")
    return outcomes


def _advance(job: _Job, order: ShopOrder, outcomes: list[str]) -> None:
    if order.known is None:
        state = order.shop_state
        if state not in (None, VALIDATING, CANCELLED):
            assert state is not None
            _log.warning("Order %s is in %s when first seen: it is noted, not emitted.", order.order_id, state)
            _adopt(job, order, state)
            outcomes.append("adopted")
            return
        order.known = _register(job, order)
        outcomes.append("new")
    if order.shop_state == CANCELLED:
        with job.lease.begin() as conn:
            _keep(conn, job, order, waits=None)
            say(conn, job.bridge, order.order_id, CANCELLED, PLATFORM, context=job.context)
        outcomes.append("cancelled")
        return
    problems = checks.faults(order, job.products, job.context.erp, job.context.platform)
    outcomes.append(_hold(job, order, "; ".join(problems)) if problems else _decide(job, order))


def _register(job: _Job, order: ShopOrder) -> Known:
    now = utc_now()
    with job.lease.begin() as conn:
        conn.execute(
            insert(schema.order).values(
                link_id=job.lease.link_id, order_id=order.order_id, state=VALIDATING, content_hash=order.content_hash,
                payload=order.snapshot(), at=now, changed_at=now,
            )
        )  # fmt: skip
        open_order(conn, job.bridge, order.order_id, context=job.context)
    return Known(VALIDATING, None, order.content_hash, False, now)


def _adopt(job: _Job, order: ShopOrder, state: str) -> None:
    """An order that was far on its way when Puente first saw it is not a new one."""
    now = utc_now()
    with job.lease.begin() as conn:
        conn.execute(
            insert(schema.order).values(
                link_id=job.lease.link_id, order_id=order.order_id, state=state, content_hash=order.content_hash,
                payload=order.snapshot(), at=now, changed_at=now,
                waits=f"La tienda ya lo mostraba en {state} cuando Puente lo vio por primera vez: no se emite.",
            )
        )  # fmt: skip


def _hold(job: _Job, order: ShopOrder, why: str) -> str:
    known = order.known
    if known is None or known.waits != why[:_TEXT] or known.content_hash != order.content_hash:
        with job.lease.begin() as conn:
            _wait(conn, job, order, why)
    return "waiting"


def _wait(conn: Connection, job: _Job, order: ShopOrder, why: str) -> None:
    _keep(conn, job, order, waits=why[:_TEXT])


def _keep(conn: Connection, job: _Job, order: ShopOrder, waits: str | None) -> None:
    """Note the order as it is now; only while it waits, for what was emitted does not change."""
    table = schema.order
    here = and_(table.c.link_id == job.lease.link_id, table.c.order_id == order.order_id, table.c.state == VALIDATING)
    conn.execute(
        update(table)
        .where(here)
        .values(waits=waits, content_hash=order.content_hash, payload=order.snapshot(), changed_at=utc_now())
    )


# ---------------------------------------------------------------- stock, and the decision
def _decide(job: _Job, order: ShopOrder) -> str:
    units = checks.wanted(order)
    # First what is promised, then the ERP's figures: an order that the ERP takes in between counts twice, not never.
    promised = _promised(job, order.order_id, list(units))
    short: list[str] = []
    waits: list[str] = []
    for product, quantity in units.items():
        name = job.products[product] or product
        try:
            figure = job.desk.quantity(product, job.products[product])
        except StockUnavailable as problem:
            return _hold(job, order, str(problem))
        except StockUnknown as problem:
            (short if job.context.erp.unknown_stock == "refuse" else waits).append(f"{name}: {problem}")
            continue
        if figure < quantity:
            short.append(f"{name}: pedidos {plain(quantity)}, hay {plain(figure)}")
        elif figure - promised.get(product, 0) < quantity:
            waits.append(
                f"{name}: pedidos {plain(quantity)}, hay {plain(figure)}, de los que "
                f"{plain(promised[product])} están apartados para otros pedidos"
            )
    if short:
        with job.lease.begin() as conn:
            _keep(conn, job, order, waits=None)
            say(conn, job.bridge, order.order_id, SHORT, PLATFORM, "; ".join(short)[:_TEXT], context=job.context)
        return "refused"
    if waits:
        return _hold(job, order, "; ".join(waits))
    return _emit(job, order, units)


def _promised(job: _Job, order_id: str, products: list[str]) -> dict[str, Decimal]:
    """Units by product that other orders have been promised and the ERP's figure does not reflect yet."""
    table, found = schema.reservation, dict[str, Decimal]()
    with job.bridge.platform.read() as conn:
        for some in portions(products):
            rows = conn.execute(
                select(table.c.product_id, table.c.quantity).where(
                    table.c.link_id == job.lease.link_id, table.c.product_id.in_(some),
                    table.c.released_at.is_(None), table.c.order_id != order_id,
                )
            )  # fmt: skip
            for product, quantity in rows:
                found[product] = found.get(product, Decimal(0)) + Decimal(str(quantity))
    return found


def _emit(job: _Job, order: ShopOrder, units: dict[str, Decimal]) -> str:
    """The state, the reservations and the queue rows, in one transaction."""
    header = order.header
    if checks.is_guest(order):
        header["ID_Empresa"] = job.context.platform.default_company
    header["Lineas"] = str(len(order.lines))
    link_id, number, unit = job.lease.link_id, order.order_id, f"order:{order.order_id}"
    with job.lease.begin() as conn:
        _keep(conn, job, order, waits=None)
        if is_cancelled(conn, job.context, number):  # while the ERP was asked for its stock
            say(conn, job.bridge, number, CANCELLED, PLATFORM, context=job.context)
            return "cancelled"
        if not _hand_over(conn, job, number, units):  # somebody else has decided it meanwhile
            return "waiting"
        queued = {column.name: header[column.name] for column in HEADER} | {"Estado_Pedido": VALIDATING}
        outbox.put(conn, link_id, "order_headers", unit, number, 1, queued)
        for line in order.lines:
            payload = {column.name: line[column.name] for column in LINE}
            outbox.put(conn, link_id, "order_lines", unit, line["ID_Pedido_Detalles"] or "", 1, payload)
    return "emitted"


def _hand_over(conn: Connection, job: _Job, number: str, units: dict[str, Decimal]) -> bool:
    """The state, and the units kept for the order until the ERP's figure reflects it; False where it cannot be so."""
    link_id = job.lease.link_id
    if say(conn, job.bridge, number, EMITTING, PLATFORM, context=job.context).verdict != "applied":
        return False
    here = and_(schema.order.c.link_id == link_id, schema.order.c.order_id == number)
    conn.execute(update(schema.order).where(here).values(emitted_at=utc_now()))
    reserved = [
        {"link_id": link_id, "order_id": number, "product_id": product, "quantity": f"{quantity:f}"}
        for product, quantity in units.items()
    ]
    if reserved:
        conn.execute(insert(schema.reservation), reserved)
    return True


def _products(bridge: Bridge, orders: list[ShopOrder]) -> dict[str, str | None]:
    """SKU by id of the active products among those that the orders name."""
    record, found = schema.record, dict[str, str | None]()
    named = {line["ID_Producto"] for order in orders for line in order.lines}
    with bridge.platform.read() as conn:
        for some in portions(sorted(name for name in named if name)):
            rows = conn.execute(
                select(record.c.record_key, record.c.unique_value).where(
                    record.c.link_id == bridge.link.link_id, record.c.entity == "products", record.c.active == 1,
                    record.c.record_key.in_(some),
                )
            )  # fmt: skip
            found |= {row.record_key: row.unique_value for row in rows}
    return found
