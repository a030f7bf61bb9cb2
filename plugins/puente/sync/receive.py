"""receive: land every visible row of a queue, verbatim, in the reader's inbox. Deletes nothing.

A chunk commits only when what was landed is what was read, by count and by hash. Running it again lands what is
new and marks what is already here to be cleared again.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import pyarrow as pa
from sqlalchemy import Connection, and_, func, insert, literal, select, update
from sqlalchemy.exc import DataError, IntegrityError

from puente.contract import CREATED, ENVELOPE, ROW_ID
from puente.db import schema
from puente.db.load import BulkRefused, insert_arrow
from puente.db.queues import QueueShape, identity_value, inspect_queue, read_pages
from puente.errors import ContractBroken, LandingFailed
from puente.sync import batches
from puente.sync.control import use_permit
from puente.sync.forms import identities
from puente.sync.leases import Lease, held
from puente.sync.route import Route, Run, utc_now
from puente.transforms.canonical import (
    ESCAPES,
    blank_masks,
    contract_columns,
    fold,
    row_hashes,
    table_from_rows,
)


@dataclass(frozen=True)
class Receipt:
    """What one `receive` did. read = landed + seen_again."""

    batch_id: int
    read: int
    landed: int
    seen_again: int


@dataclass
class Position:
    """How far a queue was read. It is for people and for telling that ids restarted; nothing is skipped by it."""

    epoch: int
    max_id: int
    last_created: str = ""
    columns: str = ""  # the contract's columns that the queue had, by name


def receive(route: Route, run: Run) -> Receipt:
    """Land the queue's rows in this run's batch.

    ContractBroken when the queue lacks required columns, LandingFailed when the inbox does not hold what was
    read, Paused when a person paused the entity; the queue keeps all its rows in each case.
    """
    settings = route.settings
    route.bridge.require_two_databases()
    with route.reader_db.read() as conn:
        batches.refuse_if_paused(conn, route.link_id, route.entity.name)
    key_columns = () if route.entity.two_way and route.reader == "erp" else route.entity.key
    shape = inspect_queue(route.queue_db, route.queue, required=key_columns)
    _refuse_strange(route, shape)
    with held(route.reader_db, route.link_id, route.lease_name, run.owner, settings.lease_seconds) as lease:
        with lease.begin() as conn:
            batch_id = batches.open_batch(conn, route, run)
            position = position_of(conn, route)
            _refuse_vanished(conn, route, shape, position)
        with route.queue_db.read() as queue_conn:
            given_out = identity_value(queue_conn, route.queue_db.dialect, shape.table)
        if given_out is not None and given_out < position.max_id:
            position.epoch, position.max_id = position.epoch + 1, 0  # ids restarted: truncated, reseeded or restored
        read = landed = 0
        for page in read_pages(route.queue_db, shape, route.writer, settings.receive_chunk):
            new = _land(route, lease, batch_id, page, position)
            read, landed = read + page.num_rows, landed + new
        if not read:
            with lease.begin() as conn:
                note_position(conn, route, position)
    return Receipt(batch_id, read, landed, read - landed)


def position_of(conn: Connection, route: Route) -> Position:
    table = schema.position
    row = conn.execute(
        select(table.c.epoch, table.c.max_id, table.c.last_created, table.c.columns_read).where(
            table.c.link_id == route.link_id, table.c.queue == route.queue.name
        )
    ).first()
    if row is None:
        return Position(1, 0)
    return Position(int(row.epoch), int(row.max_id), row.last_created or "", row.columns_read or "")


def _refuse_vanished(conn: Connection, route: Route, shape: QueueShape, position: Position) -> None:
    """An optional column that was there and is gone would turn its field to NULL in every record that comes."""
    gone = [name for name in position.columns.split() if name not in shape.columns]
    if gone and not use_permit(conn, route.link_id, route.entity.name):
        raise ContractBroken(
            f"Queue {route.queue.name} has lost {', '.join(gone)}. Nothing was read or deleted. Have the vendor bring "
            f"it back; or accept NULL in its place with `python -m puente guard allow {route.entity.name} --why …`."
        )
    position.columns = " ".join(shape.columns)


def _refuse_strange(route: Route, shape: QueueShape) -> None:
    """What customers confide to a shop (a card, a payment form) has no place in the tables between the systems."""
    if shape.strange and route.entity.name in ("order_headers", "order_lines"):
        raise ContractBroken(
            f"Queue {route.queue.name} has columns that the contract does not know: {', '.join(shape.strange)}. "
            "Nothing of them was read or stored, and no row was read or deleted. Take the columns out of the table "
            "and run the task again."
        )


def note_position(conn: Connection, route: Route, position: Position) -> None:
    table = schema.position
    values = {
        "epoch": position.epoch,
        "max_id": position.max_id,
        "last_created": position.last_created,
        "columns_read": position.columns,
        "read_at": utc_now(),
    }
    here = and_(table.c.link_id == route.link_id, table.c.queue == route.queue.name)
    if conn.execute(update(table).where(here).values(**values)).rowcount == 0:
        conn.execute(insert(table).values(link_id=route.link_id, queue=route.queue.name, **values))


def _land(route: Route, lease: Lease, batch_id: int, page: pa.Table, position: Position) -> int:
    """One page, one transaction. Returns how many rows were new."""
    fields = (*route.queue.columns, *ENVELOPE)
    columns = contract_columns(page, fields)
    ids = [int(value) for value in page.column(ROW_ID).to_pylist()]
    moments = page.column(CREATED).to_pylist() if CREATED in page.column_names else [None] * len(ids)
    created = [str(value or "") for value in moments]
    hashes = row_hashes(list(columns.values()))
    with lease.begin() as conn:
        known = known_identities(conn, route, ids[0], ids[-1])
        places, fresh, again, restored = _sort_out(ids, created, hashes, known, position)
        position.max_id = max(position.max_id, ids[-1])
        position.last_created = created[-1]
        if fresh or restored:
            rows = inbox_rows(route, columns, ids, created, hashes, places, batch_id, set(restored))
            taken = sorted([*fresh, *restored])
            rows = rows if len(taken) == len(ids) else rows.take(pa.array(taken))
            insert_verified(conn, route, rows, batch_id)
        if again:
            inbox = route.inbox
            for start in range(0, len(again), 500):
                some = again[start : start + 500]
                conn.execute(update(inbox).where(inbox.c.inbox_id.in_(some)).values(cleared=0))
        landed = len(fresh) + len(restored)
        batch = schema.batch
        conn.execute(
            update(batch)
            .where(batch.c.batch_id == batch_id)
            .values(
                rows_read=batch.c.rows_read + len(ids),
                rows_landed=batch.c.rows_landed + landed,
                rows_seen_again=batch.c.rows_seen_again + len(again),
            )
        )
        note_position(conn, route, position)
    return landed


@dataclass(frozen=True)
class Identity:
    """A row that was landed under an id."""

    epoch: int
    revision: int
    created: str
    content: str
    inbox_id: int | None  # None: pruned, only the identity is kept


def known_identities(conn: Connection, route: Route, low: int, high: int) -> dict[int, list[Identity]]:
    known: dict[int, list[Identity]] = defaultdict(list)
    inbox, seen = route.inbox, schema.seen
    inbox_part = select(
        inbox.c.id_registro,
        inbox.c.epoch,
        inbox.c.revision,
        inbox.c.fecha_creacion,
        inbox.c.content_hash,
        inbox.c.inbox_id,
    ).where(inbox.c.link_id == route.link_id, inbox.c.id_registro.between(low, high))
    seen_part = select(
        seen.c.id_registro, seen.c.epoch, seen.c.revision, seen.c.fecha_creacion, seen.c.content_hash, literal(None)
    ).where(seen.c.link_id == route.link_id, seen.c.queue == route.queue.name, seen.c.id_registro.between(low, high))
    for part in (inbox_part, seen_part):
        for row_id, epoch, revision, created, content, inbox_id in conn.execute(part):
            known[int(row_id)].append(Identity(int(epoch), int(revision), created, content, inbox_id))
    return known


def _sort_out(
    ids: list[int], created: list[str], hashes: list[str], known: dict[int, list[Identity]], position: Position
) -> tuple[list[tuple[int, int]], list[int], list[int], list[int]]:
    """(epoch, revision) of each row, then the indexes that are new, the inbox ids seen before, the indexes that
    only pruning kept.

    A row is the one we landed when id, creation time and content are the same. Another creation time under a landed
    id proves that ids restarted. Other content under the same creation time is a vendor's UPDATE: a revision of
    that row, which moves no other. Without creation times one changed row is all the proof there can be, for the
    whole page: what then comes twice is found unchanged, and nothing is taken for read that was not.
    """
    rows = list(zip(ids, created, hashes, strict=True))
    if any(not when and _changed_here(known.get(row_id), content, position.epoch) for row_id, when, content in rows):
        position.epoch += 1
    places: list[tuple[int, int]] = []
    fresh, again, restored = [], [], []
    for index, (row_id, when, content) in enumerate(rows):
        earlier = known.get(row_id, [])
        same = [k for k in earlier if (k.created, k.content) == (when, content) and (when or k.epoch == position.epoch)]
        if same:
            found = max(same, key=lambda k: (k.inbox_id is not None, k.epoch, k.revision))
            places.append((found.epoch, found.revision))
            if found.inbox_id is None:
                restored.append(index)
            else:
                again.append(found.inbox_id)
            continue
        here = [k for k in earlier if k.epoch == position.epoch]
        if any(k.created != when for k in here):
            position.epoch += 1
            here = []
        places.append((position.epoch, 1 + max((k.revision for k in here), default=-1)))
        fresh.append(index)
    return places, fresh, again, restored


def _changed_here(earlier: list[Identity] | None, content: str, epoch: int) -> bool:
    landed = [k.content for k in earlier or () if k.epoch == epoch and not k.created]
    return bool(landed) and content not in landed


def inbox_rows(
    route: Route,
    columns: dict[str, pa.Array],
    ids: list[int],
    created: list[str],
    hashes: list[str],
    places: list[tuple[int, int]],
    batch_id: int,
    restored: set[int],
    *,
    cleared: bool = False,
) -> pa.Table:
    """The rows as the inbox takes them: identity, hashes and key beside the payload. Grain: one queue row."""
    count = len(ids)
    payload = [columns[c.name] for c in route.queue.columns]
    keys = identities(route.entity, columns)
    operations = [_operation(op) for op in columns["Operacion"].to_pylist()]
    data = {
        "link_id": pa.array([route.link_id] * count),
        "epoch": pa.array([epoch for epoch, _ in places], pa.int64()),
        "id_registro": pa.array(ids, pa.int64()),
        "revision": pa.array([revision for _, revision in places], pa.int32()),
        "fecha_creacion": pa.array(created, pa.string()),
        "content_hash": pa.array(hashes),
        "payload_hash": pa.array(row_hashes(payload)),
        "record_key": pa.array(keys, pa.string()),
        "key_fold": pa.array([fold(key) for key in keys], pa.string()),
        "op": pa.array(operations, pa.string()),
        "blank_mask": pa.array(blank_masks([columns[n] for n in route.entity.watched]) or [0] * count, pa.int32()),
        "batch_id": pa.array([batch_id] * count, pa.int64()),
        "cleared": pa.array([int(cleared)] * count, pa.int32()),
        "state": pa.array(["duplicate" if i in restored else "pending" for i in range(count)]),
    }
    data.update({c.name: columns[c.name] for c in (*route.queue.columns, *ENVELOPE)})
    return pa.table(data)


def _operation(text: str | None) -> str:
    """U or D; '?' for anything else, which the gate quarantines: a cut-off word must not delete a record."""
    word = (text or "").strip().upper() or "U"
    return word if word in ("U", "D") else "?"


def insert_verified(conn: Connection, route: Route, rows: pa.Table, batch_id: int) -> None:
    """Land `rows`, proved by count and hash before the caller commits."""
    before = _last_inbox_id(conn, route)
    try:
        insert_arrow(conn, route.inbox, rows, lambda: _landing_problem(conn, route, rows, before))
    except (BulkRefused, DataError, IntegrityError) as problem:  # IntegrityError: one ID_Registro twice
        what = str(problem if isinstance(problem, BulkRefused) else problem.orig)
        raise LandingFailed(
            f"{route.queue.name}, batch {batch_id}: {what}. The rows stay in the queue; see ID_Registro "
            f"{rows.column('id_registro')[0]} to {rows.column('id_registro')[-1]}."
        ) from problem


def _last_inbox_id(conn: Connection, route: Route) -> int:
    return int(conn.execute(select(func.coalesce(func.max(route.inbox.c.inbox_id), 0))).scalar_one())


def _escaped_on_mysql(column: str) -> str:
    """`transforms.canonical.ESCAPES` in SQL."""
    for mark, written in ESCAPES:
        column = f"REPLACE({column}, x'{mark.encode().hex()}', x'{written.encode().hex()}')"
    return column


def _landing_problem(conn: Connection, route: Route, rows: pa.Table, before: int) -> str:
    """'' when the rows after inbox_id `before` are exactly `rows`."""
    inbox = route.inbox
    fresh = and_(inbox.c.link_id == route.link_id, inbox.c.inbox_id > before)
    count = conn.execute(select(func.count()).select_from(inbox).where(fresh)).scalar_one()
    if count != rows.num_rows:
        return f"{count} rows were landed of {rows.num_rows} read"
    fields = [c.name for c in (*route.queue.columns, *ENVELOPE)]
    if conn.dialect.name in ("mysql", "mariadb"):
        # The server hashes what it holds, as transforms.canonical does: one pass, no way back over the network.
        parts = ", ".join(f"IFNULL({_escaped_on_mysql(f'`{name}`')}, x'00')" for name in fields)
        different = conn.exec_driver_sql(
            f"SELECT COUNT(*) FROM `{inbox.name}` WHERE link_id = %s AND inbox_id > %s"
            f" AND SHA2(CONCAT_WS(x'1f', {parts}), 256) <> content_hash",
            (route.link_id, before),
        ).scalar_one()
        if not different:
            return ""
        # Text that is not in NFC hashes differently there; only reading it back can tell.
    stored = conn.execute(
        select(inbox.c.content_hash, *(inbox.c[name] for name in fields)).where(fresh).order_by(inbox.c.inbox_id)
    ).all()
    back = table_from_rows([tuple(row)[1:] for row in stored], fields)
    again = row_hashes([back.column(name).combine_chunks() for name in fields])
    wrong = [i for i, row in enumerate(stored) if row[0] != again[i]]
    return f"{len(wrong)} rows differ from what was read" if wrong else ""
