"""The lists behind the dashboard's numbers: conflicts, waiting orders, silences, what does not fit, mails.

Each gives up to `limit` rows as column → text, the oldest first. Without `raw` there is nothing of people's data in
them: no keys of people, no addresses, no message that could quote a value.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Select, func, select, union_all
from sqlalchemy.exc import SQLAlchemyError

from puente.contract import SIDES, Side
from puente.db import schema
from puente.errors import PuenteError
from puente.monitor.rule_words import masked
from puente.oncall import conditions, targets
from puente.oncall.alerts import Alert
from puente.oncall.targets import Targets
from puente.orders.gathering import ORDER_ID
from puente.orders.rules import platform_rules
from puente.sync.capture import UNFIT
from puente.sync.route import Bridge, stored

HIDDEN = "•••"
PEOPLE = ("companies", "contacts")  # whose keys identify people
_log = logging.getLogger(__name__)


# ---------------------------------------------------------------- what only on-call would know
@dataclass
class Beyond:
    """What on-call is told of and the dashboard's figures do not have; `unseen` names what could not be looked at."""

    who: Targets
    late: list[Alert] = field(default_factory=list)
    stuck: int = 0
    unseen: list[str] = field(default_factory=list)


def beyond(bridge: Bridge, answering: Collection[Side], language: Any, now: dt.datetime) -> Beyond:
    """At `now` (aware), of the sides that answer. What fails is named and stops no page."""
    found = Beyond(targets.read(bridge.settings))
    if "platform" in answering:
        nights = conditions.late(replace(bridge, settings=replace(bridge.settings, language=language)), now)
        found.late = nights.found
        found.unseen += [kind.removesuffix("_late") for kind in nights.unseen]
        for error in nights.unseen.values():
            _log.warning("What is late cannot be told: %s", type(error).__name__)
    for side in answering:
        try:
            query = _still(bridge, side).subquery()
            with bridge.database(side).read() as conn:
                found.stuck += conn.execute(select(func.count()).select_from(query)).scalar_one()
        except (SQLAlchemyError, PuenteError) as error:
            _log.warning("Orders that do not go on cannot be counted: %s", type(error).__name__)
            found.unseen += [] if "orders" in found.unseen else ["orders"]
    return found


# ---------------------------------------------------------------- the lists


def conflicts(bridge: Bridge, limit: int, *, raw: bool) -> list[dict[str, Any]]:
    """Open conflicts of both sides, by the name that `conflicts show` takes."""
    table, found = schema.conflict, list[dict[str, Any]]()
    query = (
        select(table.c.conflict_id, table.c.entity, table.c.record_key, table.c.winner, table.c.why, table.c.at)
        .where(table.c.link_id == bridge.link.link_id, table.c.resolved_at.is_(None))
        .order_by(table.c.conflict_id)
        .limit(limit)
    )
    for side in SIDES:
        for row in _rows(bridge, side, query):
            key = row["record_key"] if raw or row["entity"] not in PEOPLE else masked(row["record_key"])
            found.append(
                {"name": f"{side}:{row['conflict_id']}", "entity": row["entity"], "key": key,
                 "stands": row["winner"], "why": row["why"] if raw else HIDDEN, "at": row["at"]}
            )  # fmt: skip
    return sorted(found, key=lambda row: str(row["at"]))[:limit]


def waiting_orders(bridge: Bridge, limit: int, *, raw: bool) -> list[dict[str, Any]]:
    """Orders whose checks do not let them go to the ERP, and for what they wait."""
    order = schema.order
    query = (
        select(order.c.order_id, order.c.waits, order.c.at)
        .where(order.c.link_id == bridge.link.link_id, order.c.state == "VALIDANDO EXISTENCIAS")
        .where(order.c.waits.is_not(None))
        .order_by(order.c.at, order.c.order_id)
        .limit(limit)
    )
    rows = _rows(bridge, "platform", query)
    return [{"order": row["order_id"], "waits": row["waits"] if raw else HIDDEN, "at": row["at"]} for row in rows]


def stuck(bridge: Bridge, limit: int, *, raw: bool) -> list[dict[str, Any]]:
    """Orders that do not go on though no check has said why: `trace` shows what each waits for."""
    found = [
        {"order": row["order_id"] or "—", "side": side, "since": row["since"]}
        for side in SIDES
        for row in _rows(bridge, side, _still(bridge, side).order_by("since").limit(limit))
    ]
    return sorted(found, key=lambda row: str(row["since"]))[:limit]


def _still(bridge: Bridge, side: Side) -> Select[Any]:
    """What `torn_orders` and `late_orders` find for on-call and `doctor`, but for the database to count and to cut off:
    a page is asked for twice a minute. Those of the platform that wait for something have a list of their own."""
    minutes = platform_rules(bridge.profile("platform")).grace_minutes
    before = stored(dt.datetime.now(dt.UTC) - dt.timedelta(minutes=minutes))
    link_id, order, batch = bridge.link.link_id, schema.order, schema.batch
    if side == "platform":
        late = (order.c.state == "VALIDANDO EXISTENCIAS", order.c.at < before, order.c.waits.is_(None))
        return select(order.c.order_id, order.c.at.label("since")).where(order.c.link_id == link_id, *late)
    parts = []
    for entity in ("order_headers", "order_lines"):
        inbox = bridge.route("erp", entity).inbox
        parts.append(
            select(inbox.c[ORDER_ID].label("order_id"), batch.c.opened_at.label("since"))
            .join(batch, batch.c.batch_id == inbox.c.batch_id)
            .where(inbox.c.link_id == link_id, inbox.c.state.in_(("held", "quarantined")))
        )
    rows = union_all(*parts).subquery()
    first = func.min(rows.c.since)
    return select(rows.c.order_id, first.label("since")).group_by(rows.c.order_id).having(first < before)


def silent(bridge: Bridge, limit: int, *, raw: bool) -> list[dict[str, Any]]:
    """What has stopped coming: `erp:products`, since its last row, and when staff were told."""
    table = schema.silence
    query = (
        select(table.c.entity, table.c.since, table.c.at)
        .where(table.c.link_id == bridge.link.link_id, table.c.ended_at.is_(None))
        .order_by(table.c.since)
        .limit(limit)
    )
    found = []
    for row in _rows(bridge, "platform", query):
        side, _, entity = row["entity"].partition(":")
        found.append({"side": side, "entity": entity, "since": row["since"], "told": row["at"]})
    return found


def unsent_records(bridge: Bridge, limit: int, *, raw: bool) -> list[dict[str, Any]]:
    """Records that a capture could not put into their queue."""
    finding, found = schema.finding, list[dict[str, Any]]()
    query = (
        select(finding.c.queue, finding.c.message, finding.c.at)
        .where(finding.c.link_id == bridge.link.link_id, finding.c.rule_id == UNFIT)
        .order_by(finding.c.finding_id)
        .limit(limit)
    )
    for side in SIDES:
        for row in _rows(bridge, side, query):
            why = row["message"] if raw else HIDDEN
            found.append({"side": side, "queue": row["queue"], "why": why, "at": row["at"]})
    return found[:limit]


def troubled_mails(bridge: Bridge, limit: int, *, raw: bool) -> list[dict[str, Any]]:
    """Mails that a server refused, or that it may or may not have taken."""
    mail = schema.mail
    query = (
        select(mail.c.mail_id, mail.c.order_id, mail.c.state, mail.c.recipient, mail.c.status, mail.c.at)
        .where(mail.c.link_id == bridge.link.link_id, mail.c.status.in_(("refused", "doubtful")))
        .order_by(mail.c.mail_id)
        .limit(limit)
    )
    return [
        {"mail": row["mail_id"], "about": row["order_id"], "state": row["state"],
         "recipient": row["recipient"] if raw else HIDDEN, "status": row["status"], "at": row["at"]}
        for row in _rows(bridge, "platform", query)
    ]  # fmt: skip


def _rows(bridge: Bridge, side: Any, query: Any) -> list[dict[str, Any]]:
    with bridge.database(side).read() as conn:
        return _read(conn, query)


def _read(conn: Connection, query: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in conn.execute(query).mappings()]
