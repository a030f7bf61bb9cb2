"""The platform's way into the ERP's queues: an outbox in its own transaction, and a deliverer that may be repeated.

The platform and the queues lie in two databases, so no transaction spans them. What the platform has to say is
written down where it happened; the deliverer inserts it into the queue together with a note of the event beside the
queue. An event that is noted there is not inserted again, whoever has emptied the queue since.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import Any

from sqlalchemy import Connection, and_, insert, select, update
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from puente import contract
from puente.db import schema
from puente.db.queues import QueueShape, inspect_queue, queue_table
from puente.errors import ContractBroken
from puente.sync import batches
from puente.sync.control import incarnation
from puente.sync.leases import Lease, held
from puente.sync.route import Bridge, Run, utc_now
from puente.sync.verdicts import portions

UNITS_AT_ONCE = 200


def put(
    conn: Connection,
    link_id: str,
    entity: str,
    unit: str,
    key: str,
    version: int,
    payload: dict[str, str | None],
    *,
    op: str = "U",
    base: int | None = None,
) -> str:
    """Write down one queue row in the caller's transaction on the platform; returns its event id.

    `payload` is canonical text by contract column. Rows of one `unit` reach their queues in one transaction, in the
    order in which they were put. The same event is written once; ContractBroken when it comes with other content.
    """
    table = schema.outbox
    event = event_id(incarnation(conn), entity, key, version)
    whole = {
        **payload,
        "Operacion": op,
        "Origen": contract.ORIGIN["platform"],
        "ID_Evento": event,
        "Version_Base": None if base is None else str(base),
    }
    text = json.dumps(whole, ensure_ascii=False, sort_keys=True)
    content = hashlib.sha256(text.encode()).hexdigest()
    known = conn.execute(
        select(table.c.content_hash).where(table.c.link_id == link_id, table.c.event_id == event)
    ).scalar()
    if known is None:
        conn.execute(
            insert(table).values(
                link_id=link_id, entity=entity, unit=unit, event_id=event, content_hash=content, payload=text,
                status="waiting", at=utc_now(),
            )
        )  # fmt: skip
    elif known != content:
        raise ContractBroken(f"{entity} {key}: event {event} was written down before with other content.")
    return event


def event_id(identity: str, entity: str, key: str, version: int) -> str:
    """incarnation:entity:key:version; a key too long for the column goes in by its hash."""
    whole = f"{identity}:{entity}:{key}:{version}"
    return whole if len(whole) <= 255 else f"{identity}:{entity}:{hashlib.sha256(key.encode()).hexdigest()}:{version}"


def version_of(event: str | None) -> int | None:
    """The version at the end of an event id; None where a vendor wrote none or one of another form."""
    last = (event or "").rpartition(":")[2]
    return int(last) if last.isdecimal() else None


def deliver(bridge: Bridge, run: Run) -> dict[str, int]:
    """Insert every waiting unit into its queues. Returns rows by entity; 'conflict' counts those refused.

    A unit's rows and the notes of their events are one transaction beside the queues; the outbox is marked after it.
    A worker that dies between the two finds the notes and only marks. An event that is noted with other content is
    not inserted and not forgotten: it stays in the outbox as a conflict. ContractBroken when a queue lacks columns;
    Paused when a person paused the link.
    """
    link_id, done = bridge.link.link_id, Counter[str]()
    with bridge.platform.read() as conn:
        batches.refuse_if_paused(conn, link_id, "*")
    with (
        held(bridge.platform, link_id, "outbox", run.owner, bridge.settings.lease_seconds) as lease,
        held(bridge.erp, link_id, "deliver", run.owner, bridge.settings.lease_seconds) as beside_queues,
    ):
        shapes: dict[str, QueueShape] = {}
        stuck: set[str] = set()
        while rows := _waiting(bridge, stuck):
            done.update(_insert_or_split(bridge, beside_queues, rows, shapes))
            stuck |= {row["unit"] for row in rows if row["status"] == "waiting"}
            with lease.begin() as conn:
                _mark(conn, rows)
    if stuck:
        why = _first_refusal(bridge)
        raise ContractBroken(
            f"{len(stuck)} units of the outbox could not be put into their queues, the first with: {why} "
            "They wait; all others were delivered. `python -m puente doctor` counts them."
        )
    return dict(done)


def _first_refusal(bridge: Bridge) -> str:
    """Why the oldest unit that could not be delivered waits; '' when there is none."""
    table = schema.outbox
    mine = and_(table.c.link_id == bridge.link.link_id, table.c.status == "waiting", table.c.why.is_not(None))
    with bridge.platform.read() as conn:
        return conn.execute(select(table.c.why).where(mine).order_by(table.c.outbox_id).limit(1)).scalar() or ""


def _insert_or_split(
    bridge: Bridge, lease: Lease, rows: list[dict[str, Any]], shapes: dict[str, QueueShape]
) -> Counter[str]:
    """All units at once; where one is refused, each on its own: what cannot go in waits, and stops no other."""
    try:
        return _insert(bridge, lease, rows, shapes)
    except (ContractBroken, IntegrityError, DataError) as refusal:
        units = list(dict.fromkeys(row["unit"] for row in rows))
        if len(units) == 1:
            why = str(refusal.orig if isinstance(refusal, DBAPIError) else refusal).splitlines()[0]
            for row in rows:
                row["status"], row["why"] = "waiting", why[:500]
            return Counter()
        done = Counter[str]()
        for unit in units:
            done += _insert_or_split(bridge, lease, [row for row in rows if row["unit"] == unit], shapes)
        return done


def _waiting(bridge: Bridge, stuck: set[str]) -> list[dict[str, Any]]:
    """The rows of the next units, each unit whole, without those that were refused in this run."""
    table = schema.outbox
    mine = and_(table.c.link_id == bridge.link.link_id, table.c.status == "waiting")
    with bridge.platform.read() as conn:
        waiting = conn.execute(select(table.c.unit).where(mine).order_by(table.c.outbox_id)).scalars()
        units = list(islice((unit for unit in dict.fromkeys(waiting) if unit not in stuck), UNITS_AT_ONCE))
        found: list[dict[str, Any]] = []
        for some in portions(units):
            found += [dict(row) for row in conn.execute(select(table).where(mine, table.c.unit.in_(some))).mappings()]
    return sorted(found, key=lambda row: int(row["outbox_id"]))


def _insert(bridge: Bridge, lease: Lease, rows: list[dict[str, Any]], shapes: dict[str, QueueShape]) -> Counter[str]:
    """One transaction beside the queues; sets each row's new status. A unit with one conflict goes in not at all."""
    table, link_id, done = schema.delivered, bridge.link.link_id, Counter[str]()
    for entity in {row["entity"] for row in rows} - shapes.keys():
        shapes[entity] = inspect_queue(bridge.erp, contract.queue_for(entity, "erp"))
    with lease.begin() as conn:
        known: dict[str, str] = {}
        for some in portions([row["event_id"] for row in rows]):
            noted = select(table.c.event_id, table.c.content_hash).where(
                table.c.link_id == link_id, table.c.event_id.in_(some)
            )
            known |= {row.event_id: row.content_hash for row in conn.execute(noted)}
        wrong = {r["unit"] for r in rows if known.get(r["event_id"], r["content_hash"]) != r["content_hash"]}
        new = [row for row in rows if row["unit"] not in wrong and row["event_id"] not in known]
        for row in new:
            _insert_row(conn, shapes[row["entity"]], json.loads(row["payload"]))
            done[row["entity"]] += 1
        now = utc_now()
        notes = [{"link_id": link_id, **{k: r[k] for k in ("event_id", "content_hash")}, "at": now} for r in new]
        if notes:
            conn.execute(insert(table), notes)
    for row in rows:
        row["status"] = "conflict" if row["unit"] in wrong else "delivered"
    done.update("conflict" for row in rows if row["unit"] in wrong)
    return done


def _insert_row(conn: Connection, shape: QueueShape, payload: dict[str, str | None]) -> None:
    """One by one: the queue's ids must rise in the outbox's order, and customers and orders come in tens."""
    missing = [name for name, value in payload.items() if value is not None and name not in shape.columns]
    vital = [name for name in missing if name not in ("ID_Evento", "Version_Base", "Lineas")]
    if "Operacion" in vital and payload["Operacion"] == "U":
        vital.remove("Operacion")
    if "Origen" in vital and shape.queue.writer != "both":
        vital.remove("Origen")
    if vital:
        raise ContractBroken(
            f"Queue {shape.table} lacks {', '.join(vital)}, which the platform has to say. Nothing was inserted; "
            "have the vendor add the columns. The rows wait in the outbox."
        )
    values = {shape.columns[name]: value for name, value in payload.items() if name in shape.columns}
    conn.execute(insert(queue_table(shape)).values(values))


def _mark(conn: Connection, rows: Iterable[dict[str, Any]]) -> None:
    table, now = schema.outbox, utc_now()
    for row in rows:
        if row["status"] == "waiting":
            conn.execute(update(table).where(table.c.outbox_id == row["outbox_id"]).values(why=row["why"]))
    for status in ("delivered", "conflict"):
        ids = [int(row["outbox_id"]) for row in rows if row["status"] == status]
        for some in portions(ids):
            here = and_(table.c.outbox_id.in_(some), table.c.status == "waiting")
            conn.execute(update(table).where(here).values(status=status, delivered_at=now))
