"""Open conflicts, on both sides: what lost when both changed one record, kept until a person has looked at it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, select, update

from puente.contract import Side
from puente.db import schema
from puente.errors import PuenteError
from puente.sync.route import Bridge, utc_now

SIDES: tuple[Side, ...] = ("platform", "erp")


@dataclass(frozen=True)
class Dispute:
    """One row of a side's puente_conflict. `loser` and `kept` are texts by contract column; `kept` may be empty."""

    side: Side  # where it was noticed, and where it is kept
    conflict_id: int
    entity: str
    record_key: str
    winner: str
    why: str
    loser: dict[str, Any]
    kept: dict[str, Any]
    at: str
    who: str | None
    remark: str | None
    resolved_at: str | None

    @property
    def name(self) -> str:
        """How people call it: each side numbers its own."""
        return f"{self.side}:{self.conflict_id}"


def list_disputes(
    bridge: Bridge, *, resolved: bool = False, entity: str | None = None, key: str | None = None
) -> list[Dispute]:
    """Open conflicts of both sides, oldest first; with `resolved` also those that a person has looked at."""
    table, found = schema.conflict, list[Dispute]()
    query = select(table).where(table.c.link_id == bridge.link.link_id)
    if not resolved:
        query = query.where(table.c.resolved_at.is_(None))
    if entity is not None:
        query = query.where(table.c.entity == entity)
    if key is not None:
        query = query.where(table.c.record_key == key)
    for side in SIDES:
        with bridge.database(side).read() as conn:
            found += [_dispute(side, dict(row)) for row in conn.execute(query).mappings()]
    return sorted(found, key=lambda one: (one.at, one.side, one.conflict_id))


def show_dispute(bridge: Bridge, name: str) -> Dispute:
    """The conflict called `platform:7` or `erp:7`. PuenteError when there is none."""
    side, number = _parts(name)
    table = schema.conflict
    mine = and_(table.c.link_id == bridge.link.link_id, table.c.conflict_id == number)
    with bridge.database(side).read() as conn:
        row = conn.execute(select(table).where(mine)).mappings().first()
    if row is None:
        raise PuenteError(f"There is no conflict {name} on link {bridge.link.link_id}; see `conflicts list --all`.")
    return _dispute(side, dict(row))


def resolve(bridge: Bridge, name: str, who: str, why: str) -> None:
    """Note that a person has looked at the conflict, and what they say of it. Nothing else is changed.

    PuenteError when there is no such open conflict, or who or why is missing or too long.
    """
    for what, value, size in (("who", who, 100), ("why", why, 500)):
        if not value.strip() or len(value) > size:
            raise PuenteError(f"A decision is kept with who and why: --{what} must have 1 to {size} characters.")
    side, number = _parts(name)
    table = schema.conflict
    mine = and_(
        table.c.link_id == bridge.link.link_id, table.c.conflict_id == number, table.c.resolved_at.is_(None)
    )  # fmt: skip
    with bridge.database(side).begin() as conn:
        done = conn.execute(update(table).where(mine).values(who=who, remark=why, resolved_at=utc_now())).rowcount
    if done != 1:
        raise PuenteError(f"There is no open conflict {name} on link {bridge.link.link_id}; nothing was changed.")


def _parts(name: str) -> tuple[Side, int]:
    side, _, number = name.partition(":")
    for known in SIDES:
        if side == known and number.isascii() and number.isdecimal():
            return known, int(number)
    raise PuenteError(f"A conflict is called by its side and number, as platform:7 or erp:7, not {name!r}.")


def _dispute(side: Side, row: dict[str, Any]) -> Dispute:
    return Dispute(
        side, int(row["conflict_id"]), row["entity"], row["record_key"], row["winner"], row["why"] or "",
        _content(row["loser"]), _content(row["kept"]), row["at"], row["who"], row["remark"], row["resolved_at"],
    )  # fmt: skip


def _content(text: str | None) -> dict[str, Any]:
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {"": found}
