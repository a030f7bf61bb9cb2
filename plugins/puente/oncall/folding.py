"""Each alert is told once, and again only after hours, with how often it happened: the table `puente_alert`.

A telling is written before anybody is told: the mails into the mail outbox, the names of the chats into `waits`, in
one transaction. A chat's name is taken off after its service took the message, so a worker that dies in between has
it told twice and never not at all. `deliver` tries what waits again, in every run of the Dag `monitor`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, insert, select, update
from sqlalchemy.exc import IntegrityError

from puente.db import schema
from puente.errors import LeaseHeld, StaleWorker
from puente.oncall import targets
from puente.oncall.alerts import KINDS, Alert, Folded, message
from puente.orders.letters import one_line, shorten
from puente.orders.notices import Notice, put_notice
from puente.sync.leases import held
from puente.sync.route import Bridge, stored

_table = schema.alert
FLAPPING = dt.timedelta(minutes=15)  # what was over for less has not been solved: it comes and goes


def fold(known: Mapping[Any, Any] | None, alert: Alert, now: dt.datetime, hours: int) -> dict[str, Any]:
    """What becomes of an alert that happens at `now` (aware), from what is known of it; `told` rises where it is to be
    told now. It begins anew where it was quiet for as long as it is not told again, where it was solved and comes back,
    and where it is another one."""
    moment, quiet = stored(now), stored(now - dt.timedelta(hours=hours))
    fresh = {"since": moment, "at": moment, "told_at": moment, "ended_at": None, "times": 1, "told": 1, "told_times": 1}
    if known is None or known["at"] <= quiet or _is_another(known, alert, stored(now - FLAPPING)):
        return fresh
    times = known["times"] + (not KINDS[alert.kind].lasting or known["ended_at"] is not None)
    same = {name: known[name] for name in fresh} | {"at": moment, "ended_at": None, "times": times}
    if known["told_at"] <= quiet:
        same |= {"told_at": moment, "told": known["told"] + 1, "told_times": times}
    return same


def _is_another(known: Mapping[Any, Any], alert: Alert, before: str) -> bool:
    """It had ended before the moment `before`, or what is there now came to be after it had. What never ended is
    another one only where each is told, and no more often than what comes and goes: a source may be bad all day."""
    if known["ended_at"]:
        return bool(known["ended_at"] <= before or alert.born > known["ended_at"])
    return bool(KINDS[alert.kind].each and alert.born > known["told_at"] and known["told_at"] <= before)


# ---------------------------------------------------------------- what happens
def record(bridge: Bridge, alert: Alert, now: dt.datetime) -> bool:
    """Note that an alert happens at `now` (aware), and what is to be told of it; whether anything is."""
    try:
        with bridge.platform.begin() as conn:
            return _record(conn, bridge, alert, now)
    except IntegrityError:  # another worker was the first to note it, just now
        with bridge.platform.begin() as conn:
            return _record(conn, bridge, alert, now)


def _record(conn: Connection, bridge: Bridge, alert: Alert, now: dt.datetime) -> bool:
    key = _key(bridge, alert.kind, shorten(alert.subject, 200))
    locked = conn.execute(update(_table).where(key).values(kind=_table.c.kind)).rowcount
    known = conn.execute(select(_table).where(key)).mappings().one() if locked else None
    new = fold(known, alert, now, bridge.settings.remind_hours)
    before = known["place"] if known is not None and known["since"] == new["since"] else None
    new |= {"what": shorten(one_line(alert.what), 500), "place": shorten(alert.place, 1000) or before}
    telling = known is None or new["told_at"] != known["told_at"]
    if telling:
        new["waits"] = _tell(conn, bridge, alert, new)
    if known is None:
        head = {"link_id": bridge.link.link_id, "kind": alert.kind, "subject": shorten(alert.subject, 200)}
        conn.execute(insert(_table).values(**head, **new))
    else:
        conn.execute(update(_table).where(key).values(**new))
    return telling


def settle(bridge: Bridge, lasting: Sequence[Alert], looked_at: Iterable[str], now: dt.datetime) -> None:
    """Note what lasts at `now` (aware), which of the kinds that were looked at have ended, and tell again what happened
    more often since it was told."""
    for alert in lasting:
        record(bridge, alert, now)
    still = {(alert.kind, shorten(alert.subject, 200)) for alert in lasting}
    mine = _table.c.link_id == bridge.link.link_id
    quiet = stored(now - dt.timedelta(hours=bridge.settings.remind_hours))
    more = and_(mine, _table.c.times > _table.c.told_times, _table.c.told_at <= quiet)
    with bridge.platform.begin() as conn:
        going = and_(mine, _table.c.ended_at.is_(None), _table.c.kind.in_(sorted(looked_at)))
        for row in conn.execute(select(_table.c.kind, _table.c.subject).where(going)).all():
            if (row.kind, row.subject) not in still:
                conn.execute(update(_table).where(_key(bridge, *row)).values(ended_at=stored(now)))
        for known in conn.execute(select(_table).where(more)).mappings().all():
            alert = Alert(known["kind"], known["subject"], known["what"], known["place"] or "")
            new = {"told_at": stored(now), "told": known["told"] + 1, "told_times": known["times"]}
            new["waits"] = _tell(conn, bridge, alert, {**known, **new})
            conn.execute(update(_table).where(_key(bridge, alert.kind, alert.subject)).values(**new))


def _key(bridge: Bridge, kind: str, subject: str) -> ColumnElement[bool]:
    return and_(_table.c.link_id == bridge.link.link_id, _table.c.kind == kind, _table.c.subject == subject)


def _tell(conn: Connection, bridge: Bridge, alert: Alert, state: Mapping[str, Any]) -> str:
    """Write the mails; returns the names of the chats."""
    title, text = message(alert, _folded(state), bridge.link, bridge.settings)
    notice = Notice(title, text + "\n", f"<!doctype html><html><body><pre>{escape(text)}</pre></body></html>")
    about = hashlib.sha256(f"{alert.kind}\x1f{alert.subject}".encode()).hexdigest()[:12]
    who = targets.read(bridge.settings)
    put_notice(conn, bridge.link.link_id, f"{about}:{state['told_at']}", "alert", who.addresses, notice)
    return " ".join(who.chats)


def _folded(state: Mapping[str, Any]) -> Folded:
    return Folded(state["since"], state["times"], state["told"], state["ended_at"])


# ---------------------------------------------------------------- what waits to be told
def deliver(bridge: Bridge, owner: str) -> dict[str, int]:
    """Tell the chats what waits for them, the newest first; `taken` and `failed` messages. Nothing where another worker
    is at it. A chat that refused two and took none is down, and not waited for again in this run; one that refuses a
    certain message for ever hears all others."""
    if not _waiting(bridge):
        return {}
    done = {"taken": 0, "failed": 0}
    try:
        with held(bridge.platform, bridge.link.link_id, "alerts", owner, bridge.settings.lease_seconds) as lease:
            chats, refused, took = targets.read(bridge.settings).chats, Counter[str](), set[str]()
            for row in _waiting(bridge):
                alert = Alert(row["kind"], row["subject"], row["what"], row["place"] or "")
                title, text = message(alert, _folded(row), bridge.link, bridge.settings)
                waits = [name for name in row["waits"].split() if name in chats]  # the setting has them still
                for name in list(waits):
                    is_down = refused[name] > 1 and name not in took
                    if not is_down and targets.tell(chats[name], title, text):
                        took.add(name)
                        waits.remove(name)
                        done["taken"] += 1
                        with lease.begin() as conn:
                            _note(conn, bridge, row, waits)
                    else:
                        refused[name] += 1
                        done["failed"] += 1
                if not waits:
                    with lease.begin() as conn:
                        _note(conn, bridge, row, waits)
    except (LeaseHeld, StaleWorker):  # the other one tells what is left
        return {}
    return done


def _waiting(bridge: Bridge) -> list[Mapping[str, Any]]:
    mine = and_(_table.c.link_id == bridge.link.link_id, _table.c.waits != "")
    query = select(_table).where(mine).order_by(_table.c.told_at.desc())
    with bridge.platform.read() as conn:
        return [dict(row) for row in conn.execute(query).mappings()]


def _note(conn: Connection, bridge: Bridge, row: Mapping[str, Any], waits: list[str]) -> None:
    """A telling that came meanwhile keeps its own."""
    same = and_(_key(bridge, row["kind"], row["subject"]), _table.c.told_at == row["told_at"])
    conn.execute(update(_table).where(same).values(waits=" ".join(waits)))
