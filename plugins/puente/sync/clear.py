"""clear: delete from the queue exactly the rows that were landed, in short transactions, never a range.

The join is on (ID_Registro, Fecha_Creacion) in the column's own type. Where the queue is a vendor's, so that a
row may change under its id, the rows are locked and read again first and only those whose content is still the
landed one are deleted. What is not in the archive is not deleted, where there is one.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, insert, select, text, update

from puente.contract import CREATED, ENVELOPE, ROW_ID
from puente.db import schema
from puente.db.queues import QueueShape, as_text, inspect_queue, select_columns
from puente.errors import Unbalanced
from puente.nightly import archive
from puente.sync.leases import Lease, held
from puente.sync.route import Route, Run
from puente.transforms.canonical import contract_columns, row_hashes, table_from_rows


@dataclass(frozen=True)
class Landed:
    inbox_id: int
    id_registro: int
    created: str
    content_hash: str


def clear(route: Route, run: Run) -> int:
    """Delete every landed row that is still in the queue; returns how many are now proved absent."""
    settings = route.settings
    total = 0
    with (
        held(route.reader_db, route.link_id, route.lease_name, run.owner, settings.lease_seconds) as lease,
        held(
            route.queue_db, route.link_id, f"clear:{route.lease_name}", run.owner, settings.lease_seconds
        ) as queue_lease,
    ):
        shape = inspect_queue(route.queue_db, route.queue)
        archive.keep(route, lease)
        done = 0  # the next look starts after it: deleted index entries would be waded through again and again
        while landed := _uncleared(route, settings.clear_chunk, done):
            _delete_from_queue(route, queue_lease, shape, landed)
            with lease.begin() as conn:
                _mark_cleared(conn, route, landed)
            total += len(landed)
            done = landed[-1].inbox_id
    return total


def _uncleared(route: Route, limit: int, after: int) -> list[Landed]:
    inbox = route.inbox
    with route.reader_db.read() as conn:
        rows = conn.execute(
            select(inbox.c.inbox_id, inbox.c.id_registro, inbox.c.fecha_creacion, inbox.c.content_hash)
            .where(inbox.c.link_id == route.link_id, inbox.c.cleared == 0, inbox.c.inbox_id > after)
            .order_by(inbox.c.inbox_id)
            .limit(limit)
        )
        return [Landed(int(r[0]), int(r[1]), r[2], r[3]) for r in rows]


def _mark_cleared(conn: Connection, route: Route, landed: list[Landed]) -> None:
    """The lease keeps others from landing between, so the uncleared rows of this id range are these rows."""
    inbox = route.inbox
    conn.execute(
        update(inbox)
        .where(
            inbox.c.link_id == route.link_id,
            inbox.c.cleared == 0,
            inbox.c.inbox_id.between(landed[0].inbox_id, landed[-1].inbox_id),
        )
        .values(cleared=1)
    )


def _delete_from_queue(route: Route, lease: Lease, shape: QueueShape, landed: list[Landed]) -> None:
    table = schema.clearing
    here = {"link_id": route.link_id, "queue": f"{route.reader}:{route.queue.name}"}
    mine = [table.c[name] == value for name, value in here.items()]
    with lease.begin() as conn:
        conn.execute(delete(table).where(*mine))
        rows = [
            {**here, "id_registro": i, "fecha_creacion": c} for i, c in {(r.id_registro, r.created) for r in landed}
        ]
        conn.execute(insert(table), rows)
        if not shape.guarded:
            changed = _changed_since(conn, route, shape, here, {(r.id_registro, r.content_hash) for r in landed})
            if changed:
                conn.execute(
                    delete(table).where(*mine, table.c.id_registro == bindparam("row")), [{"row": i} for i in changed]
                )
        condition = _join_condition(route, shape)
        conn.execute(text(_delete_sql(route, shape, condition)), here)
        _prove_absent(conn, route, shape, here)
        conn.execute(delete(table).where(*mine))


def _prove_absent(conn: Connection, route: Route, shape: QueueShape, here: dict[str, str]) -> None:
    """Unbalanced when a row that was to be deleted is still there (compared as text, by another way than the join)."""
    row_id = f"q.{route.queue_db.quote(shape.columns[ROW_ID])}"
    rows = conn.execute(
        text(
            f"SELECT {select_columns(route.queue_db, shape, 'q')}, c.fecha_creacion AS landed_created"
            f" FROM {_from(route, shape)} WHERE c.link_id = :link_id AND c.queue = :queue AND {row_id} = c.id_registro"
        ),
        here,
    ).mappings()
    left = [str(row[ROW_ID]) for row in rows if (row.get(CREATED) or "") == row["landed_created"]]
    if left:
        raise Unbalanced(
            f"{len(left)} rows of {route.queue.name} could not be deleted, from ID_Registro {left[0]}; "
            "nothing was marked as cleared. Check the type of Fecha_Creacion and triggers on DELETE."
        )


def _from(route: Route, shape: QueueShape, *, lock: bool = False) -> str:
    """The landed rows first, then the queue by its id.

    Left alone, a server scans a short queue from end to end and then waits for rows that a vendor's open
    transaction has only just inserted.
    """
    db = route.queue_db
    queue, index = db.quote(shape.table), shape.id_index and db.quote(shape.id_index)
    match db.dialect:
        case "sqlite":
            return f"puente_clearing c, {queue} q"
        case "mysql":
            return f"puente_clearing c STRAIGHT_JOIN {queue} q" + (f" FORCE INDEX ({index})" if index else "")
        case "mssql":
            hints = [*(["UPDLOCK", "ROWLOCK"] if lock else []), *(["FORCESEEK"] if index else [])]
            return f"puente_clearing c, {queue} q" + (f" WITH ({', '.join(hints)})" if hints else "")


def _join_condition(route: Route, shape: QueueShape) -> str:
    db = route.queue_db
    row_id = f"q.{db.quote(shape.columns[ROW_ID])}"
    condition = f"c.link_id = :link_id AND c.queue = :queue AND {row_id} = c.id_registro"
    if shape.has_created:
        created = f"q.{db.quote(shape.columns[CREATED])}"
        match db.dialect:
            case "sqlite":
                own = "c.fecha_creacion"
            case "mysql":
                own = "CAST(NULLIF(c.fecha_creacion, '') AS DATETIME(6))"
            case "mssql":  # DATETIME, SMALLDATETIME and DATETIME2 round differently: compare in the column's type
                own = f"CAST(NULLIF(c.fecha_creacion, '') AS {shape.types[CREATED].compile(db.engine.dialect)})"
                # Babelfish keeps a DATETIME finer than it shows it: there only the text that was landed is the same.
                own += f" OR {as_text(db.dialect, created, shape.types[CREATED])} = c.fecha_creacion"
        condition += f" AND ({created} = {own} OR ({created} IS NULL AND c.fecha_creacion = ''))"
    return condition


def _delete_sql(route: Route, shape: QueueShape, condition: str) -> str:
    db = route.queue_db
    if db.dialect == "sqlite":  # has no DELETE with a join
        row_id = db.quote(shape.columns[ROW_ID])
        return (
            f"DELETE FROM {db.quote(shape.table)} WHERE {row_id} IN"
            f" (SELECT q.{row_id} FROM {_from(route, shape)} WHERE {condition})"
        )
    return f"DELETE q FROM {_from(route, shape)} WHERE {condition}"


def _changed_since(
    conn: Connection, route: Route, shape: QueueShape, here: dict[str, str], landed: set[tuple[int, str]]
) -> list[int]:
    """Lock the rows and read them again: the ids whose content is no longer the landed one."""
    db = route.queue_db
    lock = " FOR UPDATE" if db.dialect == "mysql" else ""  # SQLite: BEGIN IMMEDIATE holds the only writer's lock
    rows = conn.execute(
        text(
            f"SELECT {select_columns(db, shape, 'q')} FROM {_from(route, shape, lock=True)}"
            f" WHERE {_join_condition(route, shape)}{lock}"
        ),
        here,
    )
    names = list(rows.keys())
    page = table_from_rows([tuple(row) for row in rows], names)
    if not page.num_rows:
        return []
    hashes = row_hashes(list(contract_columns(page, (*route.queue.columns, *ENVELOPE)).values()))
    ids = [int(value) for value in page.column(ROW_ID).to_pylist()]
    return [row_id for row_id, content in zip(ids, hashes, strict=True) if (row_id, content) not in landed]
