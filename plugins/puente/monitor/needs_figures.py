"""The lists behind the dashboard's numbers: conflicts, waiting orders, silences, what does not fit, mails.

Each gives up to `limit` rows as column → text, the oldest first. Without `raw` there is nothing of people's data in
them: no keys of people, no addresses, no message that could quote a value.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from puente.contract import SIDES
from puente.db import schema
from puente.monitor.rule_words import masked
from puente.sync.capture import UNFIT
from puente.sync.route import Bridge

HIDDEN = "•••"
PEOPLE = ("companies", "contacts")  # whose keys identify people


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
