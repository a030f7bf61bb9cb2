"""Batches: what one `receive` landed for one entity, and its way to the ledger."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from puente.db import schema
from puente.errors import Paused
from puente.sync.route import Route, Run, utc_now

# open → gated → settled, or open → closed → (a person decides) open | settled
UNSETTLED = ("open", "gated")


def open_batch(conn: Connection, route: Route, run: Run) -> int:
    """This run's unsettled batch for the entity, or a new one."""
    batch = schema.batch
    found = conn.execute(
        select(batch.c.batch_id)
        .where(
            batch.c.link_id == route.link_id,
            batch.c.reader == route.reader,
            batch.c.entity == route.entity.name,
            batch.c.run_id == run.run_id,
            batch.c.status.in_(UNSETTLED),
        )
        .order_by(batch.c.batch_id.desc())
    ).scalar()
    if found is not None:
        conn.execute(update(batch).where(batch.c.batch_id == found).values(status="open"))
        return int(found)
    return _new_batch(conn, route, run, "open")


def _new_batch(conn: Connection, route: Route, run: Run, status: str) -> int:
    result = conn.execute(
        insert(schema.batch).values(
            link_id=route.link_id,
            reader=route.reader,
            entity=route.entity.name,
            queue=route.queue.name,
            run_id=run.run_id,
            status=status,
            opened_at=utc_now(),
        )
    )
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def gated(conn: Connection, route: Route) -> list[int]:
    """Batches that passed the gate. As plain numbers in a query they let its index give the order of the keys."""
    batch = schema.batch
    rows = conn.execute(
        select(batch.c.batch_id).where(
            batch.c.link_id == route.link_id, batch.c.reader == route.reader,
            batch.c.entity == route.entity.name, batch.c.status == "gated",
        )
    )  # fmt: skip
    return [int(row.batch_id) for row in rows]


def gated_batch(conn: Connection, route: Route, run: Run) -> int:
    """The batch that takes over rows which passed the gate in one that is settled by now: the last, or a new one."""
    return max(gated(conn, route), default=0) or _new_batch(conn, route, run, "gated")


def status_of(conn: Connection, batch_id: int) -> str:
    return str(conn.execute(select(schema.batch.c.status).where(schema.batch.c.batch_id == batch_id)).scalar_one())


def unsettled(conn: Connection, route: Route) -> list[int]:
    """Batches of the entity that have no ledger row yet and are not behind a closed gate, oldest first."""
    batch = schema.batch
    rows = conn.execute(
        select(batch.c.batch_id)
        .where(
            batch.c.link_id == route.link_id,
            batch.c.reader == route.reader,
            batch.c.entity == route.entity.name,
            batch.c.status.in_(UNSETTLED),
        )
        .order_by(batch.c.batch_id)
    )
    return [int(row[0]) for row in rows]


def refuse_if_paused(conn: Connection, link_id: str, entity: str) -> None:
    """Paused, with who and why, when a person paused the link or the entity."""
    pause = schema.pause
    row = conn.execute(
        select(pause.c.who, pause.c.why, pause.c.at).where(
            pause.c.link_id == link_id, pause.c.entity.in_((entity, "*"))
        )
    ).first()
    if row:
        raise Paused(
            f"{entity} on link {link_id} was paused by {row.who} at {row.at}: {row.why}. "
            "`python -m puente resume` lets it go on."
        )
