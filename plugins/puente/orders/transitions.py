"""The one way in which an order changes its state on the platform.

Whatever is said of an order goes into its history with a verdict. A real transition also updates the order, shows
the state in the shop's own tables, writes the mails and lets go of reserved stock, in the caller's transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, and_, delete, insert, select, text, update

from puente.contract import ENTITIES, ORIGIN
from puente.db import schema
from puente.order_states import FINAL, MAIN_LINE, Decision, Origin, canonical_state, decide, has_passed
from puente.orders.letters import shorten
from puente.orders.mail import put_mails
from puente.orders.rules import OrderRules, erp_rules, platform_rules
from puente.profiles import Profile
from puente.sync import outbox
from puente.sync.control import incarnation
from puente.sync.forms import as_key, embedded
from puente.sync.route import Bridge, utc_now
from puente.sync.targets import write_target
from puente.transforms.canonical import record_keys

FIRST, CANCELLED = "VALIDANDO EXISTENCIAS", "CANCELADO"


@dataclass(frozen=True)
class Context:
    """What the profiles say, read once for many orders."""

    link_id: str
    shop: Profile
    erp: OrderRules
    platform: OrderRules

    @classmethod
    def of(cls, bridge: Bridge) -> Context:
        """PuenteError when a profile's rules are wrong."""
        shop = bridge.profile("platform")
        return cls(bridge.link.link_id, shop, erp_rules(bridge.profile("erp")), platform_rules(shop))


def say(
    conn: Connection,
    bridge: Bridge,
    order_id: str,
    said: str,
    origin: Origin,
    reason: str | None = None,
    inbox_id: int | None = None,
    *,
    context: Context | None = None,
) -> Decision:
    """Take note of a state that was said of an order, in the caller's transaction on the platform.

    Refused, with a Spanish message, also for an order that is not known here. PuenteError when the shop's profile
    cannot show states; the database's errors are the caller's. `context` saves reading the profiles each time.
    """
    context = context or Context.of(bridge)
    order = _locked(conn, context.link_id, order_id)
    if order is not None and origin == "ERP" and order["state"] not in FINAL and is_cancelled(conn, context, order_id):
        # The shopper was quicker than our next reading; what the ERP says is about to be written over it.
        request_cancellation(conn, bridge, order_id, context)
    reason = shorten(reason.strip(), 500) if reason and reason.strip() else None
    if order is None:
        state = canonical_state(said) or said.strip()
        decision = Decision("refused", state, f"El pedido {order_id} no se conoce: no puede pasar a {state}.")
    else:
        now = order["state"] or None  # '': just inserted, its first state is being said
        decision = decide(now, said, origin, reason, reached=_reached(conn, context.link_id, order))
        if decision.verdict == "invoiced" and order["invoiced_at"] is not None:
            decision = replace(decision, verdict="unchanged")
        if decision.verdict == "refused":
            decision = replace(decision, message=f"Pedido {order_id}: {decision.message}")
    note = reason if decision.verdict != "refused" else decision.message + (f" Motivo: {reason}" if reason else "")
    _note(conn, context.link_id, order_id, decision, note, origin, inbox_id)
    if order is not None and decision.verdict == "applied":
        _become(conn, context, order, decision.state, reason)
    elif order is not None and decision.verdict == "invoiced":
        _update(conn, context.link_id, order_id, {"invoiced_at": utc_now()})
        if context.erp.reflected_from == decision.state:
            release_reservations(conn, context.link_id, order_id)
    elif (
        order is not None
        and decision.verdict in ("unchanged", "late")
        and origin == "ERP"
        and _no_longer_reserved(decision.state, context.erp.reflected_from)
    ):  # said of an order that was written again, after a restore: from here on the ERP's figure reflects it
        release_reservations(conn, context.link_id, order_id)
    return decision


def is_cancelled(conn: Connection, context: Context, order_id: str) -> bool:
    """Whether the shop shows the order as cancelled, as this transaction sees it."""
    sql = context.shop.sql("capture", "order_headers")
    if sql is None:
        return False
    quote = conn.dialect.identifier_preparer.quote_identifier
    key = as_key(context.shop.dialect, quote("ID_Pedido_Cabecera"))
    query = text(f"SELECT t.{quote('Estado_Pedido')} FROM ({embedded(sql)}\n) t WHERE {key} = :number")
    shown = conn.execute(query, {"number": order_id}).scalar()
    return canonical_state(str(shown or "")) == CANCELLED


def request_cancellation(conn: Connection, bridge: Bridge, order_id: str, context: Context) -> bool:
    """The shop cancelled what was emitted: the ERP is asked once, and answers with a state of its own.

    Its next state is an answer too: a shopper who cancels again after that is heard again.
    """
    said = schema.order_history
    about = select(said.c.history_id).where(said.c.link_id == context.link_id, said.c.order_id == order_id)
    asked = about.where(said.c.state == CANCELLED, said.c.origin == ORIGIN["platform"])
    answered = about.where(said.c.verdict == "applied", said.c.origin == ORIGIN["erp"])
    before = list(conn.execute(asked.order_by(said.c.history_id)).scalars())
    answer = conn.execute(answered.order_by(said.c.history_id.desc()).limit(1)).scalar()
    if before and (answer is None or answer < before[-1]):
        return False
    if say(conn, bridge, order_id, CANCELLED, "PLATAFORMA", context=context).verdict != "request":
        return False
    payload = {"ID_Pedido_Cabecera": order_id, "Estado": CANCELLED, "Motivo_Rechazo": None}
    version = len(before) + 1
    unit = outbox.event_id(incarnation(conn), "order_states", order_id, version)
    outbox.put(conn, context.link_id, "order_states", unit, order_id, version, payload)
    return True


def open_order(conn: Connection, bridge: Bridge, order_id: str, *, context: Context | None = None) -> None:
    """The first transition, into VALIDANDO EXISTENCIAS, of an order whose row was just inserted in that state."""
    context = context or Context.of(bridge)
    order = _locked(conn, context.link_id, order_id)
    assert order is not None and order["state"] in ("", FIRST), f"order {order_id} is not new"
    decision = decide(None, FIRST, "PLATAFORMA")
    _note(conn, context.link_id, order_id, decision, None, "PLATAFORMA", None)
    _become(conn, context, order, decision.state, None)


def release_reservations(conn: Connection, link_id: str, order_id: str) -> int:
    """Let go of the stock that is kept for an order; returns the number of its products."""
    table = schema.reservation
    kept = and_(table.c.link_id == link_id, table.c.order_id == order_id, table.c.released_at.is_(None))
    return conn.execute(update(table).where(kept).values(released_at=utc_now())).rowcount


def _locked(conn: Connection, link_id: str, order_id: str) -> dict[str, Any] | None:
    """The order, which nobody else can change until this transaction ends; None when it is unknown here.

    An UPDATE takes the row's lock on every engine; SELECT … FOR UPDATE means nothing to SQL Server.
    """
    table = schema.order
    mine = and_(table.c.link_id == link_id, table.c.order_id == order_id)
    conn.execute(update(table).where(mine).values(state=table.c.state))
    found = conn.execute(select(table).where(mine)).mappings().first()
    return None if found is None else dict(found)


def _reached(conn: Connection, link_id: str, order: Mapping[str, Any]) -> str | None:
    """The furthest state of the main line that an order which has left it was in."""
    if order["state"] in MAIN_LINE or order["state"] not in FINAL:
        return None
    table = schema.order_history
    been = conn.execute(
        select(table.c.state).where(
            table.c.link_id == link_id, table.c.order_id == order["order_id"], table.c.verdict == "applied"
        )
    ).scalars()
    return max((state for state in been if state in MAIN_LINE), key=MAIN_LINE.index, default=None)


def _note(
    conn: Connection, link_id: str, order_id: str, decision: Decision, reason: str | None, origin: str,
    inbox_id: int | None,
) -> None:  # fmt: skip
    row = {
        "link_id": link_id,
        "order_id": shorten(order_id, 64),
        "state": shorten(decision.state, 50),
        "verdict": decision.verdict,
        "reason": reason and shorten(reason, 500),
        "origin": origin,
        "inbox_id": inbox_id,
        "at": utc_now(),
    }
    conn.execute(insert(schema.order_history), row)


def _become(conn: Connection, context: Context, order: Mapping[str, Any], state: str, reason: str | None) -> None:
    now, order_id = utc_now(), str(order["order_id"])
    changes: dict[str, Any] = {"state": state, "reason": reason, "waits": None, "changed_at": now}
    if has_passed(state, "EMITIENDO AL ERP") and order["confirmed_at"] is None and state in MAIN_LINE:
        changes["confirmed_at"] = now
    if state == "FACTURADO" and order["invoiced_at"] is None:
        changes["invoiced_at"] = now
    _update(conn, context.link_id, order_id, changes)
    _show_in_shop(conn, context, order_id, state, reason)
    if _no_longer_reserved(state, context.erp.reflected_from):
        release_reservations(conn, context.link_id, order_id)
    put_mails(conn, context.link_id, {**order, **changes}, state, context.platform.mail)


def _update(conn: Connection, link_id: str, order_id: str, changes: dict[str, Any]) -> None:
    table = schema.order
    conn.execute(update(table).where(table.c.link_id == link_id, table.c.order_id == order_id).values(**changes))


def _no_longer_reserved(state: str, reflected_from: str) -> bool:
    """The order has ended, or the ERP's own figure reflects it from this state on."""
    if state in FINAL or state == reflected_from:
        return True
    return has_passed(state, reflected_from)


def _show_in_shop(conn: Connection, context: Context, order_id: str, state: str, reason: str | None) -> None:
    stage, entity = schema.stages["order_states"], ENTITIES["order_states"]
    run_id = f"say:{hashlib.sha256(order_id.encode()).hexdigest()[:32]}"  # the column has 40 characters
    mine = and_(stage.c.link_id == context.link_id, stage.c.run_id == run_id)
    conn.execute(delete(stage).where(mine))
    row = {
        "link_id": context.link_id,
        "run_id": run_id,
        "row_no": 1,
        "record_key": record_keys([pa.array([order_id])])[0],
        "Operacion": "U",
        "ID_Pedido_Cabecera": order_id,
        "Estado": state,
        "Motivo_Rechazo": reason,
    }
    conn.execute(insert(stage), row)
    write_target(conn, context.shop, entity, context.link_id, run_id, "U")
    conn.execute(delete(stage).where(mine))
