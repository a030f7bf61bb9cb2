"""A restore, step by step: stop, load beside, verify, change places, follow up; and back again when it fails.

The steps keep nothing between them but the databases themselves, whose names follow from the one that is restored, so
each may be run again. The link is paused from the first step on, in the restored copy too before it is put in its
place; a person resumes it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import delete, insert, inspect, select, text

from puente.contract import QUEUES, SIDES, Side
from puente.db import schema
from puente.db.connect import Database
from puente.errors import LeaseHeld, PuenteError
from puente.nightly import beside
from puente.nightly.aftermath import WHO, Aftermath, follow_up, stop
from puente.nightly.loading import Backup
from puente.sync import control
from puente.sync.leases import NOW_MS
from puente.sync.route import Bridge, utc_now

PROMISED_SECONDS = 2 * 60 * 60
_MARK = "copy_of"  # the row of puente_side that names the restore whose copy a database is


def begin(bridge: Bridge, sides: Collection[Side], restore_id: str) -> None:
    """Pause the link; a database that is gone is made anew, empty. LeaseHeld while a worker is still at something.

    PuenteError where an earlier restore's `_before` is still kept, which nobody should lose unasked, and where the
    other side is gone as well: what follows a restore needs it.
    """
    for side in SIDES:
        db = bridge.database(side)
        if side not in sides:
            if not beside.there(db):
                raise PuenteError(f"{side}: there is no database of it either. Restore both at once: --side both.")
        elif beside.exists(db, "before"):
            raise PuenteError(
                f"{side}: the database from before an earlier restore is still there. When nobody needs it: "
                "`python -m puente restore forget`."
            )
    for side in sides:
        beside.make_own(bridge.database(side))
    stop(bridge, restore_id)
    busy = []
    for side in SIDES:
        db, links = bridge.database(side), [bridge.link.link_id]
        if side in sides:
            others = _other_links(db, bridge.link.link_id)
            _pause(db, others, f"{restore_id}: its {side} is being restored with link {bridge.link.link_id}'s")
            links += others
        busy += [f"{side}, {name}" for name in _busy(db, links)]
    if busy:
        raise LeaseHeld(f"{'; '.join(busy)} are still at work. The link is paused; they end by themselves.")


def load_beside(bridge: Bridge, side: Side, source: Backup, restore_id: str) -> None:
    """Load the backup into `<name>_restored`, prove it against the manifest, and pause the link in it.

    PuenteError names what differs; the side itself is untouched.
    """
    db = bridge.database(side)
    copy = beside.make_empty(db, "restored")
    try:
        source.load(side, copy)
        if problems := source.problems(side, copy):
            raise PuenteError(f"{side}: the restored copy is not what was backed up: {'; '.join(problems[:5])}.")
        _mark(copy, restore_id)
        told, link_id = f"{restore_id}: restored from {source.backup_id}", bridge.link.link_id
        _pause(copy, [link_id], told)
        for other in {*_other_links(db, link_id), *_other_links(copy, link_id)}:
            _pause(copy, [other], f"{told}; first: {_aftermath_of(other, side, source.taken_at, restore_id)}")
    finally:
        copy.engine.dispose()


def put_in_place(bridge: Bridge, sides: Iterable[Side]) -> None:
    """The copies take their places. PuenteError, with everything back where it was, when one cannot."""
    done: list[Side] = []
    for side in sides:
        done.append(side)
        try:
            beside.swap(bridge.database(side))
        except Exception:
            undo(bridge, done, None)
            raise


def undo(bridge: Bridge, sides: Collection[Side], restore_id: str | None) -> list[str]:
    """The databases from before come back into their places; the copies are dropped. Returns the links that are still
    paused for the restore, for a person to resume.

    With a restore id only where that restore has begun to exchange: what an earlier one put in its place stays there.
    """
    for side in sides:
        db = bridge.database(side)
        if restore_id is None or beside.exists(db, "restored") or _marked(db) == restore_id:
            beside.swap_back(db)
        beside.drop(db, "restored")
    return sorted(set[str]().union(*(_paused(bridge.database(side)) for side in sides)))


def _paused(db: Database) -> set[str]:
    """The links of this database that a restore has paused."""
    pause = schema.pause
    if not beside.there(db) or not inspect(db.engine).has_table(pause.name):
        return set()
    with db.read() as conn:
        return set(conn.execute(select(pause.c.link_id).where(pause.c.entity == "*", pause.c.who == WHO)).scalars())


def _mark(copy: Database, restore_id: str) -> None:
    side = schema.side
    with copy.begin() as conn:
        conn.execute(delete(side).where(side.c.name == _MARK))
        conn.execute(insert(side).values(name=_MARK, value=restore_id))


def _marked(db: Database) -> str | None:
    """The restore that put this database in its place."""
    side = schema.side
    if not beside.there(db) or not inspect(db.engine).has_table(side.name):
        return None
    with db.read() as conn:
        return conn.execute(select(side.c.value).where(side.c.name == _MARK)).scalar()


def complete(bridge: Bridge, sides: Iterable[Side], source: Backup, restore_id: str) -> list[Aftermath]:
    """Everything that follows once the copies are in place: code that did not move with the tables is made, numbers
    count on, and what was in between comes back."""
    done = []
    for side in sides:
        db = bridge.database(side)
        lacking = beside.make_code(db)
        beside.raise_counters(db, leave=tuple(QUEUES))  # by a queue's own is seen what is gone
        done.append(follow_up(bridge, side, restore_id, source.taken_at))
        done[-1].lacking = lacking
        along = _restored_along(db, bridge.link.link_id)
        done[-1].other_links = [_aftermath_of(other, side, source.taken_at, restore_id) for other in along]
    for one in done:  # last, for they begin to run
        one.lacking += beside.make_events(bridge.database(one.restored), source.events(one.restored))
    return done


def forget(bridge: Bridge) -> list[Side]:
    """Drop what was kept from before a restore; returns the sides that had it."""
    kept = [side for side in SIDES if beside.exists(bridge.database(side), "before")]
    for side in kept:
        beside.drop(bridge.database(side), "before")
    return kept


def restore(bridge: Bridge, sides: list[Side], source: Backup, restore_id: str) -> dict[str, Any]:
    """The whole of it; returns the body of the report. On a failure everything is back where it was, and raised."""
    started = utc_now()
    begin(bridge, sides, restore_id)
    for side in sides:
        load_beside(bridge, side, source, restore_id)
    put_in_place(bridge, sides)
    try:
        aftermath = complete(bridge, sides, source, restore_id)
    except Exception:
        undo(bridge, sides, restore_id)
        raise
    return report_body(bridge, source, restore_id, started, [one.as_dict() for one in aftermath])


def report_body(
    bridge: Bridge, source: Backup, restore_id: str, started: str, aftermath: list[dict[str, Any]]
) -> dict[str, Any]:
    """What the sealed report says of a restore; moments are UTC, ISO 8601."""
    finished = utc_now()
    seconds = seconds_between(started, finished)
    verdict = "late" if seconds > PROMISED_SECONDS else "passed"
    return {
        "kind": "restore", "verdict": verdict, "link_id": bridge.link.link_id, "id": restore_id,
        "backup_id": source.backup_id, "kept_in": source.kept_in, "taken_at": source.taken_at,
        "started_at": started, "finished_at": finished,
        "seconds": seconds, "promised_seconds": PROMISED_SECONDS, "sides": aftermath,
    }  # fmt: skip


def seconds_between(started: str, finished: str) -> float:
    return round((dt.datetime.fromisoformat(finished) - dt.datetime.fromisoformat(started)).total_seconds(), 1)


def _aftermath_of(link_id: str, side: Side, taken_at: str, restore_id: str) -> str:
    """What a person has to do for another link whose tables were in the same database."""
    return f"python -m puente restore aftermath --link {link_id} --side {side} --since {taken_at} --id {restore_id}"


def _other_links(db: Database, link_id: str) -> list[str]:
    """The other links that keep their state in this database: it is replaced under them too."""
    if not inspect(db.engine).has_table(schema.position.name):
        return []
    found: set[str] = set()
    with db.read() as conn:
        for table in (schema.position, schema.batch, schema.record):
            found.update(conn.execute(select(table.c.link_id).where(table.c.link_id != link_id).distinct()).scalars())
    return sorted(found)


def _restored_along(db: Database, link_id: str) -> list[str]:
    """The other links of what was restored, and of what it replaced."""
    found = set(_other_links(db, link_id))
    if beside.exists(db, "before"):
        before = beside.beside(db, "before")
        found.update(_other_links(before, link_id))
        before.engine.dispose()
    return sorted(found)


def _pause(db: Database, links: Iterable[str], why: str) -> None:
    for link_id in links:
        control.pause(db, link_id, "*", WHO, why[:500])


def _busy(db: Database, links: list[str]) -> list[str]:
    """The leases of these links that somebody holds now, by this database's clock."""
    lease = schema.lease
    if not inspect(db.engine).has_table(lease.name):
        return []
    with db.read() as conn:
        now = int(conn.execute(text(f"SELECT {NOW_MS[db.dialect]}")).scalar_one())
        held_now = select(lease.c.link_id, lease.c.name).where(lease.c.link_id.in_(links), lease.c.expires_ms > now)
        return sorted(f"{link_id}: {name}" for link_id, name in conn.execute(held_now))
