"""replay: land again what a reader had read after the time to which it was restored.

The rows come from the archive with their old positions, as rows that are no longer in the queue, and wait for the gate
like any others: `validate` and `apply` of the next run take them, and a row older than what was applied loses. Rows
that the inbox knows are left alone, so running it again lands nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import pyarrow as pa
from sqlalchemy import Connection, update

from puente.contract import ENVELOPE
from puente.db import schema
from puente.errors import PuenteError
from puente.nightly import archive
from puente.sync import batches, receive
from puente.sync.leases import Lease, held
from puente.sync.ledger import REPLAY
from puente.sync.route import Route, Run
from puente.transforms.canonical import row_hashes


@dataclass
class Replayed:
    """What the archive held of one queue: read = landed + known + contested.

    `contested` rows have a position under which the inbox has another content: each is named, none is landed.
    """

    entity: str
    files: int = 0
    read: int = 0
    landed: int = 0
    known: int = 0
    contested: list[str] | None = None


def replay(route: Route, restore_id: str, since: str = "") -> Replayed:
    """Land the archived rows that the inbox does not know; `since` (UTC, ISO) spares reading files older than that.

    A page is one transaction, all of them one batch, which the ledger calls `replayed`. Works while the link is paused.
    PuenteError where no keys are configured; vault.VaultError names a file that was altered, when those before it are
    landed.
    """
    ring = route.settings.keys
    if ring is None:
        raise PuenteError("There are no keys (PUENTE_KEYS): nothing was archived, or it cannot be read.")
    found = archive.files(route.settings, route.link_id, route.reader, route.queue.name, since)
    run = Run(f"{REPLAY}{restore_id}"[:250], "replay")
    done = Replayed(route.entity.name, len(found), contested=[])
    seconds = route.settings.lease_seconds
    with held(route.reader_db, route.link_id, route.lease_name, run.owner, seconds) as lease:
        for path in found:
            archive.read(path, ring, partial(_land, route, lease, run, done))
    return done


def _land(route: Route, lease: Lease, run: Run, done: Replayed, page: pa.Table) -> None:
    ids = [int(value) for value in page.column("id_registro").to_pylist()]
    created, hashes = page.column("fecha_creacion").to_pylist(), page.column("content_hash").to_pylist()
    places = [
        (int(epoch), int(revision))
        for epoch, revision in zip(*(page.column(n).to_pylist() for n in ("epoch", "revision")), strict=True)
    ]
    fields = [c.name for c in (*route.queue.columns, *ENVELOPE)]
    columns = {name: page.column(name).combine_chunks() for name in fields}
    if row_hashes(list(columns.values())) != hashes:
        raise PuenteError(f"The archive of {route.queue.name} holds rows whose content is not what was landed.")
    done.read += len(ids)
    with lease.begin() as conn:
        known = receive.known_identities(conn, route, min(ids), max(ids))
        fresh: list[int] = []
        taken = set[tuple[int, tuple[int, int]]]()
        for index, (row_id, when, content, place) in enumerate(zip(ids, created, hashes, places, strict=True)):
            earlier = known.get(row_id, [])
            same = [k for k in earlier if (k.created, k.content) == (when, content) and (when or k.epoch == place[0])]
            if same or (row_id, place) in taken:
                done.known += 1
            elif any((k.epoch, k.revision) == place for k in earlier):
                assert done.contested is not None
                done.contested.append(f"{route.queue.name} {row_id} ({route.entity.name}, epoch {place[0]})")
            else:
                taken.add((row_id, place))
                fresh.append(index)
        if not fresh:
            return
        batch_id = batches.open_batch(conn, route, run)
        rows = receive.inbox_rows(route, columns, ids, created, hashes, places, batch_id, set(), cleared=True)
        receive.insert_verified(conn, route, rows.take(pa.array(fresh)), batch_id)
        batch = schema.batch
        counted = {"rows_read": batch.c.rows_read + len(fresh), "rows_landed": batch.c.rows_landed + len(fresh)}
        conn.execute(update(batch).where(batch.c.batch_id == batch_id).values(**counted))
        _advance(conn, route, [(places[i][0], ids[i], created[i]) for i in fresh])
    done.landed += len(fresh)


def _advance(conn: Connection, route: Route, landed: list[tuple[int, int, str]]) -> None:
    """The queue was read as far as this, in this epoch: what comes under lower ids is known to have restarted."""
    position = receive.position_of(conn, route)
    epoch, row_id, created = max(landed)
    if (epoch, row_id) > (position.epoch, position.max_id):
        position.epoch, position.max_id, position.last_created = epoch, row_id, created
        receive.note_position(conn, route, position)
