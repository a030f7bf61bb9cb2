"""Bindings: the ERP's id and the platform's id of one record, unique both ways (invariant I9)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select

from puente.db import schema
from puente.errors import Ambiguous
from puente.sync.route import utc_now
from puente.sync.verdicts import portions


def bind(conn: Connection, link_id: str, entity: str, pairs: dict[str, str]) -> int:
    """Note pairs of ERP id and platform id; returns how many are new.

    Ambiguous when one of the two ids is bound to another already: a binding is never flipped.
    """
    table = schema.binding
    known, known_back = by_erp_id(conn, link_id, entity, pairs), by_platform_id(conn, link_id, entity, pairs.values())
    new = []
    for erp_id, platform_id in pairs.items():
        if known.get(erp_id, platform_id) != platform_id or known_back.get(platform_id, erp_id) != erp_id:
            raise Ambiguous(
                f"{entity}: ERP id {erp_id!r} is to be bound to platform id {platform_id!r}, but "
                f"{erp_id!r} is bound to {known.get(erp_id)!r} and {platform_id!r} to {known_back.get(platform_id)!r}. "
                "A binding is never changed by itself; see `python -m puente conflicts list`."
            )
        if erp_id not in known:
            new.append({"link_id": link_id, "entity": entity, "erp_id": erp_id, "platform_id": platform_id})
    now = utc_now()
    for start in range(0, len(new), 1_000):
        conn.execute(insert(table), [{**row, "at": now} for row in new[start : start + 1_000]])
    return len(new)


def bind_consistent(conn: Connection, link_id: str, entity: str, pairs: dict[str, str]) -> dict[str, str]:
    """Note the pairs that contradict nothing; returns the others."""
    known, known_back = by_erp_id(conn, link_id, entity, pairs), by_platform_id(conn, link_id, entity, pairs.values())
    good: dict[str, str] = {}
    for erp_id, platform_id in pairs.items():
        owner = known_back.setdefault(platform_id, erp_id)
        if owner == erp_id and known.get(erp_id, platform_id) == platform_id:
            good[erp_id] = platform_id
    bind(conn, link_id, entity, good)
    return {erp_id: number for erp_id, number in pairs.items() if erp_id not in good}


def unbind(conn: Connection, link_id: str, entity: str, erp_ids: Iterable[str]) -> None:
    """A deleted record's pair ends with it: what comes again under the ERP's id may have another platform id."""
    table = schema.binding
    for some in portions(sorted(set(erp_ids))):
        here = (table.c.link_id == link_id) & (table.c.entity == entity) & table.c.erp_id.in_(some)
        conn.execute(delete(table).where(here))


def by_erp_id(conn: Connection, link_id: str, entity: str, erp_ids: Iterable[str]) -> dict[str, str]:
    """ERP id → platform id, for those that are bound."""
    table = schema.binding
    found: dict[str, str] = {}
    for some in portions(sorted(set(erp_ids))):
        here = (table.c.link_id == link_id) & (table.c.entity == entity) & table.c.erp_id.in_(some)
        found |= {row.erp_id: row.platform_id for row in conn.execute(select(table).where(here))}
    return found


def by_platform_id(conn: Connection, link_id: str, entity: str, platform_ids: Iterable[str]) -> dict[str, str]:
    """Platform id → ERP id, for those that are bound."""
    table = schema.binding
    found: dict[str, str] = {}
    for some in portions(sorted(set(platform_ids))):
        here = (table.c.link_id == link_id) & (table.c.entity == entity) & table.c.platform_id.in_(some)
        found |= {row.platform_id: row.erp_id for row in conn.execute(select(table).where(here))}
    return found
