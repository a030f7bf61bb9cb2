"""Customers that exist on both sides and do not know of each other: recognised by tax id, contacts by company and
e-mail, and only where exactly one unbound record on each side has it (invariant I9). Generic tax ids match nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, select

from puente.db import schema
from puente.sync import bindings, verdicts
from puente.sync.business import business_key, generic_tax_ids
from puente.sync.confirm import rename_rows
from puente.sync.forms import UNBOUND, all_forms, unbound_key
from puente.sync.route import Route
from puente.sync.verdicts import GOOD, Reason

RULE = "match.unique"


def match_in_shop(conn: Connection, route: Route, rows: Sequence[Row[Any]]) -> tuple[dict[str, str], list[Reason]]:
    """ERP rows without a platform id against the shop's records without an ERP id: pairs, and what is ambiguous."""
    wanted = _by_business_key(route, [(row.record_key, row.inbox_id, row._mapping) for row in rows])
    if not wanted:
        return {}, []
    candidates: dict[str, list[str]] = defaultdict(list)
    generic = generic_tax_ids(route.bridge)
    for form in all_forms(conn, route.profile, route.entity, unbound=True):
        key = business_key(route.entity.name, form.payload, generic)
        if key in wanted and form.platform_id:
            candidates[key].append(form.platform_id)
    pairs: dict[str, str] = {}
    reasons: list[Reason] = []
    coming = _coming(conn, route, generic) if candidates else {}
    for key, numbers in candidates.items():
        claims = wanted[key]
        claimants = {record_key for record_key, _ in claims} | coming.get(key, set())
        if len(numbers) == 1 and len(claimants) == 1:
            pairs[claims[0][0]] = numbers[0]
            continue
        what = f"{len(claimants)} registros del ERP y {len(numbers)} de la plataforma tienen «{key}»."
        reasons += [Reason(inbox_id, RULE, f"No se sabe cuál es cuál: {what}") for _, inbox_id in claims]
    return pairs, reasons


def _coming(conn: Connection, route: Route, generic: frozenset[str]) -> dict[str, set[str]]:
    """Business key → record keys of rows that wait in the inbox, whichever chunk or batch they are in."""
    inbox, found = route.inbox, defaultdict[str, set[str]](set)
    open_rows = and_(
        inbox.c.link_id == route.link_id, inbox.c.state.in_(("pending", "held", "quarantined")), inbox.c.op == "U"
    )
    for row in conn.execute(select(inbox).where(open_rows)).mappings():
        key = business_key(route.entity.name, dict(row), generic)
        if key:
            found[key].add(row["record_key"])
    return found


def resolve_newcomers(conn: Connection, route: Route, batch_id: int) -> None:
    """On the ERP's side, before compaction: platform rows without an ERP id get it, where it is known or matched.

    A row whose tax id is that of a company which the platform already has from us waits until the platform has said
    which of its records that is; where it cannot be told who is who, the row is quarantined.
    """
    inbox = route.inbox
    mine = and_(
        inbox.c.link_id == route.link_id, inbox.c.taken_by == batch_id, inbox.c.state == "pending",
        inbox.c.gate == GOOD, inbox.c.record_key.like(f"{UNBOUND}%"),
    )  # fmt: skip
    rows = conn.execute(select(inbox).where(mine)).all()
    known = bindings.by_platform_id(
        conn, route.link_id, route.entity.name, {row.record_key.removeprefix(UNBOUND) for row in rows}
    )
    for number, erp_id in known.items():
        rename_rows(conn, route.link_id, route.queue.name, unbound_key(number), erp_id)
    strangers = [row for row in rows if row.record_key.removeprefix(UNBOUND) not in known]
    as_new = _released(conn, route, [row.inbox_id for row in strangers])
    wanted = _by_business_key(
        route, [(row.record_key, row.inbox_id, row._mapping) for row in strangers if row.inbox_id not in as_new]
    )
    if not wanted:
        return
    candidates: dict[str, list[str]] = defaultdict(list)
    generic = generic_tax_ids(route.bridge)
    for form in all_forms(conn, route.profile, route.entity):
        key = business_key(route.entity.name, form.payload, generic)
        if key in wanted and form.key:
            candidates[key].append(form.key)
    reasons: list[Reason] = []
    for key, erp_ids in candidates.items():
        newcomers = sorted({record_key for record_key, _ in wanted[key]})
        own = bindings.by_erp_id(conn, route.link_id, route.entity.name, erp_ids)
        if len(erp_ids) > 1 or len(newcomers) > 1:
            why = f"No se sabe cuál es cuál: «{key}» es de {', '.join(erp_ids)} en el ERP y de {len(newcomers)} nuevos."
            reasons += [Reason(inbox_id, RULE, why) for _, inbox_id in wanted[key]]
        elif erp_ids[0] in own:
            why = f"«{key}» es {erp_ids[0]} en el ERP, que en la plataforma ya es {own[erp_ids[0]]}."
            reasons += [Reason(inbox_id, RULE, why) for _, inbox_id in wanted[key]]
        elif _was_sent(conn, route, erp_ids[0]):
            why = f"«{key}» es {erp_ids[0]} en el ERP; se espera a que la plataforma diga cuál de los suyos es."
            reasons += [
                Reason(inbox_id, RULE, why, "hold", waits_for=f"bound:{route.entity.name}",
                       waits_key=newcomers[0].removeprefix(UNBOUND))
                for _, inbox_id in wanted[key]
            ]  # fmt: skip
        else:
            bindings.bind(conn, route.link_id, route.entity.name, {erp_ids[0]: newcomers[0].removeprefix(UNBOUND)})
            rename_rows(conn, route.link_id, route.queue.name, newcomers[0], erp_ids[0])
    if reasons:
        verdicts.set_aside(conn, route, batch_id, reasons, verdicts.deadline(route.profile.hold_days))


def _by_business_key(route: Route, rows: list[tuple[str, int, Any]]) -> dict[str, list[tuple[str, int]]]:
    generic, found = generic_tax_ids(route.bridge), defaultdict[str, list[tuple[str, int]]](list)
    for record_key, inbox_id, row in rows:
        if row["op"] == "U" and (key := business_key(route.entity.name, row, generic)):
            found[key].append((record_key, inbox_id))
    return found


def _released(conn: Connection, route: Route, ids: list[int]) -> set[int]:
    """Rows of which a person has said, one by one, that they go on: they are new, whoever has the same tax id."""
    decision, found = schema.decision, set[int]()
    for some in verdicts.portions(ids):
        query = select(decision.c.inbox_id).where(
            decision.c.link_id == route.link_id, decision.c.queue == route.queue.name,
            decision.c.action == "release", decision.c.inbox_id.in_(some),
        )  # fmt: skip
        found |= set(conn.execute(query).scalars())
    return found


def _was_sent(conn: Connection, route: Route, erp_id: str) -> bool:
    record = schema.record
    sent = select(record.c.sent_version).where(
        record.c.link_id == route.link_id, record.c.entity == route.entity.name, record.c.record_key == erp_id
    )
    return bool(conn.execute(sent).scalar())
