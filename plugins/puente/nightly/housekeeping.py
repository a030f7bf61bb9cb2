"""Retention: what is done leaves the tables that every run reads; what an auditor needs stays for years.

Never deleted: ledger rows (their chain would break), people's decisions, orders and their history, pairs of ids, open
rows, open conflicts, the last batch of each entity. Identities and notes of delivered events go only after
`keep_years`, which must be longer than the oldest backup that anybody would restore: they are what keeps a restored
queue or outbox from being applied twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, bindparam, delete, exists, func, select, update

from puente.contract import Side
from puente.db import schema
from puente.db.connect import Database
from puente.dryrun.scratch import sweep
from puente.nightly import archive
from puente.nightly.manifest import moment_of
from puente.nightly.shelf import Shelf, complete, local_shelf
from puente.sync.retention import prune_inbox
from puente.sync.route import Bridge, Run, stored
from puente.sync.verdicts import portions

PORTION = 2_000
SIDES: tuple[Side, ...] = ("platform", "erp")


def keep_house(bridge: Bridge, run: Run, now: dt.datetime, away: Shelf | None = None) -> dict[str, int]:
    """Delete at `now` (aware) what has been kept long enough; returns rows and files by what they were.

    `away` has copies of the archive. In portions, each its own transaction; stopping half-way is harmless. LeaseHeld
    while an entity is at work.
    """
    settings = bridge.settings
    recent = stored(now - dt.timedelta(days=settings.keep_inbox_days))
    old = stored(years_before(now, settings.keep_years))
    done: dict[str, int] = {}
    for side in SIDES:
        for route in bridge.routes(side):
            done["inbox"] = done.get("inbox", 0) + prune_inbox(route, recent, run)
        for name, table, gone in _old_rows(bridge, side, old):
            done[name] = done.get(name, 0) + _delete(bridge.database(side), table, gone)
    done["attachments"] = _drop_attachments(bridge, recent)
    done["reports"] = _old_files(settings.reports_dir / bridge.link.link_id, years_before(now, settings.keep_years))
    done["archive"] = _thin_out_archive(bridge, recent, away)
    done["dry_runs"] = sweep()
    return {name: count for name, count in done.items() if count}


def _thin_out_archive(bridge: Bridge, recent: str, away: Shelf | None) -> int:
    """Batches older than every backup that could be restored are replayed after no restore. Without a backup all stay:
    a side may be restored by other tools, to nobody knows when."""
    settings, link_id, taken = bridge.settings, bridge.link.link_id, [recent]
    for shelf in (local_shelf(settings), *([away] if away is not None else [])):
        oldest = complete(shelf, link_id)[:1] if settings.keys is not None else []
        taken += [stored(moment_of(one)) for one in oldest]
    return archive.thin_out(settings, link_id, min(taken), away) if len(taken) > 1 else 0


def years_before(now: dt.datetime, years: int) -> dt.datetime:
    try:
        return now.replace(year=now.year - years)
    except ValueError:  # 29 February
        return now.replace(year=now.year - years, day=28)


def _old_rows(bridge: Bridge, side: Side, old: str) -> Iterator[tuple[str, Table, ColumnElement[bool]]]:
    """Table and condition of what is older than the years that are kept, on one side."""
    link_id = bridge.link.link_id
    batch, result, seen, mail = schema.batch, schema.rule_result, schema.seen, schema.mail
    ended = and_(batch.c.link_id == link_id, batch.c.status == "settled", batch.c.settled_at < old)
    # Counts first: without its batch nobody knows whose they are.
    yield "rule_counts", result, result.c.batch_id.in_(select(batch.c.batch_id).where(ended))
    used = [
        exists().where(inbox.c.link_id == link_id, column == batch.c.batch_id)
        for inbox in schema.inboxes.values()
        for column in (inbox.c.batch_id, inbox.c.taken_by)
    ]
    last = select(func.max(batch.c.batch_id)).where(batch.c.link_id == link_id).group_by(batch.c.reader, batch.c.entity)
    last_ones = last.subquery()
    kept = batch.c.batch_id.in_(select(last_ones.c[0]))
    yield "batches", batch, and_(ended, ~kept, *(~each for each in used))
    yield "identities", seen, and_(seen.c.link_id == link_id, seen.c.at < old)
    outbox, delivered = schema.outbox, schema.delivered
    yield (
        "outbox",
        outbox,
        and_(outbox.c.link_id == link_id, outbox.c.status == "delivered", outbox.c.delivered_at < old),
    )
    # Never before the outbox's row is gone: the note is what stops it from going out twice.
    yield "events", delivered, and_(delivered.c.link_id == link_id, delivered.c.at < old)
    yield "mails", mail, and_(mail.c.link_id == link_id, mail.c.status == "sent", mail.c.at < old)
    conflict, proposal, silence, probe = schema.conflict, schema.proposal, schema.silence, schema.probe
    yield "conflicts", conflict, and_(conflict.c.link_id == link_id, conflict.c.resolved_at < old)
    decided = and_(proposal.c.link_id == link_id, proposal.c.status != "approved", proposal.c.decided_at < old)
    yield "proposals", proposal, decided
    yield "silences", silence, and_(silence.c.link_id == link_id, silence.c.ended_at < old)
    alert = schema.alert
    yield "alerts", alert, and_(alert.c.link_id == link_id, alert.c.at < old)
    yield "probes", probe, and_(probe.c.link_id == link_id, probe.c.hour < old[:13])


def _delete(db: Database, table: Table, gone: ColumnElement[bool]) -> int:
    """By primary key and in portions: no statement locks a table for long."""
    key = list(table.primary_key.columns)
    total = 0
    while True:
        with db.begin() as conn:
            found = [tuple(row) for row in conn.execute(select(*key).where(gone).order_by(*key).limit(PORTION))]
            if len(key) == 1:
                for some in portions([row[0] for row in found]):
                    conn.execute(delete(table).where(key[0].in_(some)))
            elif found:
                conn.execute(*_one_by_one(table, key, found))
        total += len(found)
        if len(found) < PORTION:
            return total


def _one_by_one(table: Table, key: list[Any], found: list[tuple[Any, ...]]) -> tuple[Any, list[dict[str, Any]]]:
    """A compound key has no IN list on SQL Server."""
    where = and_(*(column == bindparam(f"k{n}") for n, column in enumerate(key)))
    return delete(table).where(where), [{f"k{n}": value for n, value in enumerate(row)} for row in found]


def _drop_attachments(bridge: Bridge, recent: str) -> int:
    """Of mails that were sent: the files are in the reports folder."""
    mail = schema.mail
    sent = and_(mail.c.link_id == bridge.link.link_id, mail.c.status == "sent", mail.c.tried_at < recent)
    with bridge.platform.begin() as conn:
        return conn.execute(update(mail).where(sent, mail.c.attachments.is_not(None)).values(attachments=None)).rowcount


def _old_files(folder: Path, before: dt.datetime) -> int:
    """Reports by the time at which they were written; a copy counts from when it was copied, so it stays longer."""
    removed = 0
    for path in sorted(folder.rglob("*")) if folder.exists() else ():
        if path.is_file() and not path.is_symlink() and path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)
            removed += 1
    return removed
