"""A side's own identity and the switches a person sets: incarnation, pause, permit for one mass change."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import Connection, and_, delete, insert, select, update

from puente.db import schema
from puente.db.connect import Database
from puente.sync.route import utc_now

RESTORE = "restore"  # who pauses a link while a side of it is being restored
PERMIT_LASTS = dt.timedelta(hours=24)


def incarnation(conn: Connection) -> str:
    """The id of this side's control tables, renewed by `init` and by a restore."""
    side = schema.side
    return str(conn.execute(select(side.c.value).where(side.c.name == "incarnation")).scalar_one())


def renew_incarnation(conn: Connection) -> str:
    side, value = schema.side, uuid.uuid4().hex[:12]
    if conn.execute(update(side).where(side.c.name == "incarnation").values(value=value)).rowcount == 0:
        conn.execute(insert(side).values(name="incarnation", value=value))
    return value


def pause(db: Database, link_id: str, entity: str, who: str, why: str) -> None:
    """Stop an entity ('*': the whole link) before its next step; what is under way finishes its chunk.

    A restore's own pause of a link stays as it is: by it others know that a side is being exchanged.
    """
    table = schema.pause
    with db.begin() as conn:
        theirs = and_(table.c.link_id == link_id, table.c.entity == entity, table.c.who == RESTORE)
        if who != RESTORE and conn.execute(select(table.c.why).where(theirs)).first() is not None:
            return
        conn.execute(delete(table).where(table.c.link_id == link_id, table.c.entity == entity))
        conn.execute(insert(table).values(link_id=link_id, entity=entity, who=who, why=why, at=utc_now()))


def resume(db: Database, link_id: str, entity: str) -> bool:
    """Whether there was a pause to lift."""
    table = schema.pause
    with db.begin() as conn:
        return conn.execute(delete(table).where(table.c.link_id == link_id, table.c.entity == entity)).rowcount > 0


def allow_mass_change(db: Database, link_id: str, entity: str, who: str, why: str) -> None:
    """Let the next refusal of a capture guard pass, once."""
    table = schema.permit
    with db.begin() as conn:
        conn.execute(delete(table).where(table.c.link_id == link_id, table.c.entity == entity))
        conn.execute(insert(table).values(link_id=link_id, entity=entity, who=who, why=why, at=utc_now()))


def use_permit(conn: Connection, link_id: str, entity: str) -> bool:
    """Consume a permit in the caller's transaction; False when there is none, or only one that has expired."""
    table = schema.permit
    mine = and_(table.c.link_id == link_id, table.c.entity == entity)
    given = conn.execute(select(table.c.at).where(mine)).scalar()
    conn.execute(delete(table).where(mine))
    return given is not None and dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(given) < PERMIT_LASTS
