"""Keeping the inbox small: rows that are done leave it, their identities stay.

An identity (link, queue, epoch, ID_Registro, creation time, content hash) outlives its row, so that a queue
restored from a backup is cleared again and not applied again.
"""

from __future__ import annotations

from sqlalchemy import and_, delete, exists, insert, literal, or_, select

from puente.db import schema
from puente.sync import verdicts
from puente.sync.leases import held
from puente.sync.ledger import OPEN_STATES
from puente.sync.route import Route, Run, utc_now

PORTION = 2_000
ENDED = tuple(state for state in schema.STATES if state not in (*OPEN_STATES, "conflict"))


def prune_inbox(route: Route, before: str, run: Run | None = None) -> int:
    """Move the identities of finished rows out of the inbox; returns how many rows left it.

    A row goes when it is cleared, in a final state, and both the batch that landed it and the one that ended it
    were settled before `before` (UTC, ISO 8601 with milliseconds): the ledger has counted it then, and its
    balance does not need the row any more. In portions, each its own transaction; stopping half-way is harmless.
    """
    inbox, batch, seen = route.inbox, schema.batch, schema.seen
    owner = (run or Run("cli", "prune")).owner
    settled = select(batch.c.batch_id).where(
        batch.c.link_id == route.link_id, batch.c.reader == route.reader, batch.c.entity == route.entity.name,
        batch.c.status == "settled", batch.c.settled_at < before,
    )  # fmt: skip
    done = and_(
        inbox.c.link_id == route.link_id, inbox.c.cleared == 1, inbox.c.state.in_(ENDED),
        inbox.c.batch_id.in_(settled), or_(inbox.c.taken_by.is_(None), inbox.c.taken_by.in_(settled)),
    )  # fmt: skip
    names = ["id_registro", "epoch", "revision", "fecha_creacion", "content_hash"]
    known = exists().where(
        seen.c.link_id == route.link_id, seen.c.queue == route.queue.name,
        seen.c.epoch == inbox.c.epoch, seen.c.id_registro == inbox.c.id_registro, seen.c.revision == inbox.c.revision,
    )  # fmt: skip
    total, now = 0, utc_now()
    with held(route.reader_db, route.link_id, route.lease_name, owner, route.settings.lease_seconds) as lease:
        while True:
            with lease.begin() as conn:
                ids = [
                    int(r[0])
                    for r in conn.execute(
                        select(inbox.c.inbox_id).where(done).order_by(inbox.c.inbox_id).limit(PORTION)
                    )
                ]
                for some in verdicts.portions(ids):
                    these = inbox.c.inbox_id.in_(some)
                    source = select(
                        literal(route.link_id), literal(route.queue.name), literal(now), *(inbox.c[n] for n in names)
                    )
                    conn.execute(
                        insert(seen).from_select(["link_id", "queue", "at", *names], source.where(these, ~known))
                    )
                    conn.execute(delete(inbox).where(these))
                verdicts.forget_reasons(conn, route, ids)
            total += len(ids)
            if len(ids) < PORTION:
                return total
