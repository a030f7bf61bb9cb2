"""Order states on their way in: what the ERP says on the platform's side, what the platform asks on the ERP's.

Each row of the queue is a fact: they are applied one by one in the queue's order and never compacted. Whose order is
not known yet was held by the gate (rule order_states.parents.known).
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, and_, insert, select, update
from sqlalchemy.exc import DBAPIError

from puente.contract import ORIGIN
from puente.db import schema
from puente.errors import PuenteError
from puente.order_states import canonical_state
from puente.orders import transitions
from puente.orders.mail import doubt_waiting
from puente.sync import batches, claims, verdicts
from puente.sync.leases import Lease
from puente.sync.ledger import REPLAY
from puente.sync.route import Route, utc_now
from puente.sync.staging import clear_stage, stage_ids
from puente.sync.targets import refusal, refused_by_target, write_target
from puente.sync.verdicts import GOOD, Reason

if TYPE_CHECKING:
    from puente.sync.apply import Applied

STEP = "states"
REQUEST = "CANCELADO"  # all that the platform may ask of an order which the ERP has
_STATE_OF = {
    "applied": "applied",
    "invoiced": "applied",
    "request": "applied",
    "unchanged": "unchanged",
    "late": "late",
}


def apply_states(route: Route, lease: Lease, done: Applied) -> None:
    """Apply every order state that passed the gate, each in its own transaction.

    PuenteError when the reader's profile has no way to take a state; nothing of that row is written then.
    """
    inbox = route.inbox
    context = transitions.Context.of(route.bridge) if route.reader == "platform" else None
    with lease.db.read() as conn:
        gated = batches.gated(conn, route)
    passed = and_(
        inbox.c.link_id == route.link_id, inbox.c.state == "pending", inbox.c.gate == GOOD, inbox.c.op == "U",
        inbox.c.taken_by.in_(gated),
    )  # fmt: skip
    in_order = (inbox.c.epoch, inbox.c.id_registro, inbox.c.revision)
    candidates = select(inbox.c.inbox_id).where(passed).order_by(*in_order)
    while (chunk := claims.next_chunk(lease, route, STEP, candidates, 1)) is not None:
        _apply_one(route, lease, chunk, context, done)


def _apply_one(route: Route, lease: Lease, chunk: int, context: transitions.Context | None, done: Applied) -> None:
    try:
        with lease.begin() as conn:
            batches.refuse_if_paused(conn, route.link_id, route.entity.name)
            verdict = _say(conn, route, chunk, context)
            claims.finish(conn, route, STEP, chunk)
    except (DBAPIError, PuenteError) as error:
        if isinstance(error, PuenteError) or not refused_by_target(error):
            with suppress(DBAPIError, PuenteError):  # the database may be gone; then the next run finds the row
                claims.give_back(lease, route, STEP, chunk)
            raise
        with lease.begin() as conn:
            for row in conn.execute(claims.rows_of(route, STEP, chunk)).all():
                reason = Reason(row.inbox_id, "target.refused", refusal(error))
                verdicts.set_aside(conn, route, None, [reason], "")
            claims.finish(conn, route, STEP, chunk)
        verdict = "refused"
    done.applied += _STATE_OF.get(verdict) == "applied"
    done.unchanged += _STATE_OF.get(verdict) in ("unchanged", "late")
    done.quarantined += verdict == "refused"


def _say(conn: Connection, route: Route, chunk: int, context: transitions.Context | None) -> str:
    """The verdict on the chunk's one row, which takes its state from it."""
    inbox = route.inbox
    here = and_(claims.joined(route, STEP, chunk), inbox.c.state == "pending")
    row = conn.execute(select(inbox).join(schema.work, here)).mappings().one()
    verdict, message = _heard_from_erp(conn, route, row, context) if context else _asked(conn, route, row)
    if context and verdict == "applied" and _was_replayed(conn, row):
        doubt_waiting(conn, route.link_id, row["record_key"], canonical_state(row["Estado"]))
    if verdict == "refused":
        reason = Reason(int(row["inbox_id"]), "order_states.transition", message)
        verdicts.set_aside(conn, route, None, [reason], "")
    else:
        mine = inbox.c.inbox_id == row["inbox_id"]
        conn.execute(update(inbox).where(mine).values(state=_STATE_OF[verdict]))
    return verdict


def _was_replayed(conn: Connection, row: Any) -> bool:
    """Whether the row came from the archive: what is mailed of it was most likely mailed before the restore."""
    run_id = conn.execute(select(schema.batch.c.run_id).where(schema.batch.c.batch_id == row["batch_id"])).scalar()
    return str(run_id or "").startswith(REPLAY)


def _heard_from_erp(conn: Connection, route: Route, row: Any, context: transitions.Context) -> tuple[str, str]:
    """On the platform: the matrix decides, and the shop's own table, history, mail and reservations follow."""
    decision = transitions.say(
        conn,
        route.bridge,
        row["record_key"],
        row["Estado"],
        "ERP",
        row["Motivo_Rechazo"],
        int(row["inbox_id"]),
        context=context,
    )
    return decision.verdict, decision.message or ""


def _asked(conn: Connection, route: Route, row: Any) -> tuple[str, str]:
    """On the ERP's side: a request to cancel goes to the ERP's own tables; its staff decide.

    Each of Puente's events is a request of its own. Of what another program writes, without events, a repeat is none.
    """
    history, order_id = schema.order_history, row["record_key"]
    state = canonical_state(row["Estado"])
    mine = and_(history.c.link_id == route.link_id, history.c.order_id == order_id)
    asked = and_(mine, history.c.verdict == "request", history.c.state == state)
    message = ""
    if state != REQUEST:
        verdict = "refused"
        message = f"La plataforma no puede decir {row['Estado']} de un pedido que ya está en el ERP."
    elif not row["ID_Evento"] and conn.execute(select(history.c.history_id).where(asked).limit(1)).first():
        verdict = "unchanged"
    else:
        verdict, run_id = "request", f"{STEP}:{row['inbox_id']}"
        clear_stage(conn, route, run_id)
        stage_ids(conn, route, run_id, [int(row["inbox_id"])])
        staged = and_(route.stage.c.link_id == route.link_id, route.stage.c.run_id == run_id)
        conn.execute(update(route.stage).where(staged).values(Estado=state))  # as the matrix spells it
        write_target(conn, route.profile, route.entity, route.link_id, run_id, "U")
        clear_stage(conn, route, run_id)
    conn.execute(
        insert(history).values(
            link_id=route.link_id, order_id=order_id, state=state or row["Estado"][:50], verdict=verdict,
            reason=row["Motivo_Rechazo"], origin=ORIGIN["platform"], inbox_id=int(row["inbox_id"]), at=utc_now(),
        )
    )  # fmt: skip
    return verdict, message
