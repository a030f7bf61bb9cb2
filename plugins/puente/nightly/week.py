"""Calendar weeks of a link's own time zone, as moments that the control tables can be asked with."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import dataclass

from puente.sync.route import stored


@dataclass(frozen=True)
class Week:
    """An ISO week. `label` is `2026-W47`; `bounds` are the eight midnights from Monday to Monday, UTC, as stored."""

    label: str
    days: tuple[dt.date, ...]
    bounds: tuple[str, ...]

    @property
    def start(self) -> str:
        return self.bounds[0]

    @property
    def end(self) -> str:
        """The first moment that no longer belongs to it."""
        return self.bounds[-1]


def week_of(day: dt.date, timezone: str) -> Week:
    """The ISO week that holds `day` in `timezone` (IANA name)."""
    monday = day - dt.timedelta(days=day.weekday())
    days = tuple(monday + dt.timedelta(days=n) for n in range(7))
    zone = zoneinfo.ZoneInfo(timezone)
    midnights = (dt.datetime.combine(monday + dt.timedelta(days=n), dt.time(), zone) for n in range(8))
    year, number, _ = monday.isocalendar()
    return Week(f"{year}-W{number:02d}", days, tuple(stored(midnight) for midnight in midnights))


def week_before(now: dt.datetime, timezone: str) -> Week:
    """The last whole ISO week before `now` (aware), by the calendar of `timezone`."""
    return week_of(now.astimezone(zoneinfo.ZoneInfo(timezone)).date() - dt.timedelta(days=7), timezone)
