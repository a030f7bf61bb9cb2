"""Missing traffic: nothing fails, yet nothing comes. And whether both connections answer, hour by hour.

A profile's key `traffic` says of its own side's entities how long they may be silent, within which hours and on which
days, and when the side is down on purpose. Only watched hours count. Times in it are the link's own zone.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
import time
import zoneinfo
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, func, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from puente import contract
from puente.contract import SIDES, Side
from puente.db import schema
from puente.db.connect import Database
from puente.errors import PuenteError
from puente.orders.notices import Notice, put_notice, recipients
from puente.profiles import Profile
from puente.sync.route import Bridge, stored

_log = logging.getLogger(__name__)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LOOK_BACK = dt.timedelta(days=92)  # a silence that is longer is told by then
_BETWEEN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_SUBJECT = {"es": "Puente: no llega {what}", "en": "Puente: no {what} arrives"}
_BODY = {
    "es": "Desde {since} (UTC) no ha llegado nada de {what}: {hours:.1f} horas vigiladas, cuando el perfil permite "
    "{limit:g}. Ningún proceso falló; revise que el origen siga escribiendo.",
    "en": "Since {since} (UTC) nothing of {what} has arrived: {hours:.1f} watched hours, where the profile allows "
    "{limit:g}. No process failed; see whether the source still writes.",
}


@dataclass(frozen=True)
class Watch:
    """One entity of one side: more than `silent_hours` of watched time without a row raises an alert."""

    writer: Side
    entity: str
    silent_hours: float
    starts: int = 0  # minutes after midnight
    ends: int = 24 * 60
    days: tuple[int, ...] = tuple(range(7))  # 0 is Monday

    @property
    def name(self) -> str:
        return f"{self.writer}:{self.entity}"

    @property
    def reader(self) -> Side:
        return "platform" if self.writer == "erp" else "erp"


@dataclass(frozen=True)
class Silence:
    """`since` is the last row's moment (UTC, as stored), `hours` the watched ones since then."""

    watch: Watch
    since: str
    hours: float


# ---------------------------------------------------------------- the profile
def watches(profile: Profile) -> tuple[list[Watch], list[tuple[dt.datetime, dt.datetime]]]:
    """What the profile watches, and its planned downtime (naive, the link's own zone). PuenteError if it is wrong."""
    given, where = profile.raw.get("traffic") or {}, f"{profile.folder / 'profile.yaml'}: `traffic"
    if not isinstance(given, dict):
        raise PuenteError(f"{where}` must be a mapping of entities, not {given!r}.")
    sent = contract.READ_SEQUENCE["platform" if profile.side == "erp" else "erp"]
    found, downtime = [], []
    for name, fields in given.items():
        if name == "downtime":
            downtime = [_span(where, one) for one in fields or []]
        elif name not in sent:
            raise PuenteError(f"{where}.{name}` is nothing that the {profile.side} sends; it sends {', '.join(sent)}.")
        else:
            found.append(_watch(f"{where}.{name}", profile.side, str(name), fields))
    return found, downtime


def _watch(where: str, writer: Side, entity: str, fields: Any) -> Watch:
    known = ("silent_hours", "between", "days")
    if not isinstance(fields, dict) or set(fields) - set(known) or "silent_hours" not in fields:
        raise PuenteError(f"{where}` needs silent_hours, and may have between and days; it is {fields!r}.")
    hours = fields["silent_hours"]
    if isinstance(hours, bool) or not isinstance(hours, int | float) or hours <= 0:
        raise PuenteError(f"{where}.silent_hours` must be a number above 0, not {hours!r}.")
    match = _BETWEEN.fullmatch(str(fields.get("between", "00:00-24:00")))
    starts, ends = (int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])) if match else (0, 0)
    if not starts < ends <= 24 * 60:
        raise PuenteError(f'{where}.between` must be like "08:00-20:00", not {fields["between"]!r}.')
    return Watch(writer, entity, float(hours), starts, ends, _days(where, fields.get("days", "mon-sun")))


def _days(where: str, given: Any) -> tuple[int, ...]:
    """`mon-sat`, `mon`, or a list of such."""
    found: set[int] = set()
    for part in given if isinstance(given, list) else [given]:
        first, _, last = str(part).partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            raise PuenteError(f"{where}.days` must be like mon-sat or [mon, wed], not {given!r}.")
        a, b = DAYS.index(first), DAYS.index(last or first)
        found |= {(a + n) % 7 for n in range((b - a) % 7 + 1)}
    return tuple(sorted(found))


def _span(where: str, given: Any) -> tuple[dt.datetime, dt.datetime]:
    try:
        start, end = (dt.datetime.fromisoformat(str(given[name])) for name in ("from", "to"))
    except (KeyError, TypeError, ValueError):
        start = end = dt.datetime.min
    if start >= end or start.tzinfo or end.tzinfo:
        raise PuenteError(
            f'{where}.downtime` entries need from and to in the link\'s own time, like "2026-12-24 18:00": {given!r}.'
        )
    return start, end


def watched_hours(
    watch: Watch, downtime: list[tuple[dt.datetime, dt.datetime]], since: dt.datetime, now: dt.datetime, timezone: str
) -> float:
    """Hours between two moments (aware) that count: within the watch's hours and days, outside the downtime."""
    zone, total = zoneinfo.ZoneInfo(timezone), 0.0
    pauses = sorted((start.replace(tzinfo=zone), end.replace(tzinfo=zone)) for start, end in downtime)
    since = max(since, now - LOOK_BACK)
    day = since.astimezone(zone).date()
    while day <= now.astimezone(zone).date():
        if day.weekday() in watch.days:
            midnight = dt.datetime.combine(day, dt.time())
            opens, closes = (
                (midnight + dt.timedelta(minutes=m)).replace(tzinfo=zone).astimezone(dt.UTC)
                for m in (watch.starts, watch.ends)
            )
            total += _without(max(opens, since), min(closes, now), pauses)
        day += dt.timedelta(days=1)
    return total / 3600


def _without(start: dt.datetime, end: dt.datetime, pauses: list[tuple[dt.datetime, dt.datetime]]) -> float:
    """Seconds from start to end that lie in none of the pauses, which are sorted and may overlap."""
    total = 0.0
    for a, b in pauses:
        if b > start and a < end:
            total += max(0.0, _seconds(start, a))
            start = max(start, b)
    return total + max(0.0, _seconds(start, end))


def _seconds(start: dt.datetime, end: dt.datetime) -> float:
    return (end.astimezone(dt.UTC) - start.astimezone(dt.UTC)).total_seconds()


# ---------------------------------------------------------------- the check
def silences(bridge: Bridge, now: dt.datetime) -> tuple[list[Silence], set[str]]:
    """What is silent for too long at `now` (aware), and the names of all that could be looked at.

    What comes to a side that does not answer cannot; paused entities are looked at and are not silent.
    """
    found, seen = [], set()
    for writer in SIDES:
        watched, downtime = watches(bridge.profile(writer))
        for watch in watched:
            try:
                since = None if _is_paused(bridge, watch) else _last_row(bridge, watch) or first_probe(bridge)
            except SQLAlchemyError as error:
                _log.warning("%s cannot be looked at: %s", watch.name, type(error).__name__)
                continue
            seen.add(watch.name)
            if since is None:
                continue  # paused, or nothing to count from yet: the first probe is the start
            hours = watched_hours(watch, downtime, dt.datetime.fromisoformat(since), now, bridge.link.timezone)
            if hours > watch.silent_hours:
                found.append(Silence(watch, since, hours))
    return found, seen


def watch_traffic(bridge: Bridge, now: dt.datetime) -> list[Silence]:
    """Tell staff of each new silence, once, and note which have ended; returns those that last."""
    table, link_id, language = schema.silence, bridge.link.link_id, bridge.settings.language
    (lasting, seen), to = silences(bridge, now), recipients(bridge.profile("platform"), "traffic")
    with bridge.platform.begin() as conn:
        mine = and_(table.c.link_id == link_id, table.c.ended_at.is_(None))
        known = {(row.entity, row.since) for row in conn.execute(select(table.c.entity, table.c.since).where(mine))}
        for silence in lasting:
            name = silence.watch.name
            if (name, silence.since) in known:
                continue
            facts = {"what": name, "since": silence.since, "hours": silence.hours, "limit": silence.watch.silent_hours}
            row = {"link_id": link_id, "entity": name, "since": silence.since}
            told = select(table.c.at).where(*(table.c[column] == value for column, value in row.items()))
            if conn.execute(told).first() is None:
                conn.execute(insert(table).values(**row, hours=f"{silence.hours:.4f}", at=stored(now)))
            plain = _BODY[language].format(**facts)
            notice = Notice(
                _SUBJECT[language].format(**facts),
                plain + "\n",
                f"<!doctype html><html><body><p>{plain}</p></body></html>",
            )
            put_notice(conn, link_id, f"{name}:{silence.since}", "traffic", to, notice)
        still = {(silence.watch.name, silence.since) for silence in lasting}
        for entity, since in sorted(known - still):
            if entity not in seen:
                continue
            one = and_(mine, table.c.entity == entity, table.c.since == since)
            conn.execute(update(table).where(one).values(ended_at=stored(now)))
    return lasting


def _last_row(bridge: Bridge, watch: Watch) -> str | None:
    """When the last batch with a new row was opened."""
    batch, reader = schema.batch, watch.reader
    query = (
        select(batch.c.opened_at)
        .where(
            batch.c.link_id == bridge.link.link_id, batch.c.reader == reader, batch.c.entity == watch.entity,
            batch.c.rows_landed > 0,
        )
        .order_by(batch.c.batch_id.desc())
        .limit(1)
    )  # fmt: skip
    with bridge.database(reader).read() as conn:
        return conn.execute(query).scalar()


def first_probe(bridge: Bridge) -> str | None:
    table = schema.probe
    with bridge.platform.read() as conn:
        hour = conn.execute(select(func.min(table.c.hour)).where(table.c.link_id == bridge.link.link_id)).scalar()
    return f"{hour}:00:00.000Z" if hour else None


def _is_paused(bridge: Bridge, watch: Watch) -> bool:
    """A person stopped it, on the side that reads it or on the platform."""
    pause = schema.pause
    here = and_(pause.c.link_id == bridge.link.link_id, pause.c.entity.in_((watch.entity, "*")))
    for side in {"platform", watch.reader}:
        with bridge.database(side).read() as conn:
            if conn.execute(select(pause.c.entity).where(here)).first():
                return True
    return False


# ---------------------------------------------------------------- whether the connections answer
def probe(bridge: Bridge, now: dt.datetime) -> dict[str, str]:
    """Ask each connection one question and count the answer for its hour; '' or the error by side.

    Noted on the platform, or beside the ERP while the platform does not answer; nowhere when neither does.
    """
    errors: dict[str, str] = {}
    took: dict[str, int] = {}
    for side in SIDES:
        errors[side], took[side] = ask(bridge.database(side))
    home = next((side for side in reversed(SIDES) if not errors[side]), None)
    if home is not None:
        for side in SIDES:
            _count(bridge.database(home), bridge.link.link_id, side, stored(now)[:13], errors[side], took[side])
    return errors


def ask(db: Database) -> tuple[str, int]:
    started = time.monotonic()
    try:
        with db.read() as conn:
            conn.execute(text("SELECT 1"))
        error = ""
    except SQLAlchemyError as refusal:
        error = type(refusal).__name__  # the driver's text may name hosts and logins
    return error, round((time.monotonic() - started) * 1000)


def _count(db: Database, link_id: str, side: Side, hour: str, error: str, took_ms: int) -> None:
    table, key = schema.probe, {"link_id": link_id, "connection": side, "hour": hour}
    here = and_(*(table.c[name] == value for name, value in key.items()))
    counts = {"answered": int(not error), "failed": int(bool(error))}
    with db.begin() as conn:
        known = conn.execute(
            update(table).where(here).values(
                answered=table.c.answered + counts["answered"], failed=table.c.failed + counts["failed"],
                slowest_ms=case((table.c.slowest_ms < took_ms, took_ms), else_=table.c.slowest_ms),
                **({"error": error} if error else {}),
            )
        )  # fmt: skip
        if known.rowcount == 0:
            conn.execute(insert(table).values(**key, **counts, slowest_ms=took_ms, error=error or None))
