"""Which backups are kept: 6 four-hourly, 14 daily, 8 weekly and 12 monthly ones.

Periods are those of the link's time zone, and a day begins with its backup of 02:00. Of each period its first backup
stands for it, so what was once kept for a period is not given up for a later one. Only periods in which there is a
backup are counted: where nothing was backed up for a month, nothing is deleted for its age.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Callable, Iterable, Mapping

FOUR_HOURLY, DAILY, WEEKLY, MONTHLY = 6, 14, 8, 12
_DAY_BEGINS = dt.timedelta(hours=2)

_PERIODS: tuple[tuple[int, Callable[[dt.datetime], tuple[int, ...]]], ...] = (
    (FOUR_HOURLY, lambda day: (*day.date().timetuple()[:3], day.hour // 4)),
    (DAILY, lambda day: day.date().timetuple()[:3]),
    (WEEKLY, lambda day: day.date().isocalendar()[:2]),
    (MONTHLY, lambda day: (day.year, day.month)),
)


def kept(taken: Mapping[str, dt.datetime], zone: str) -> set[str]:
    """Of backups by id, with the moments at which they were taken (aware), the ids of those that are kept.

    Always the newest among them.
    """
    if not taken:
        return set()
    oldest_first = sorted(taken, key=lambda backup_id: (taken[backup_id], backup_id))
    local = zoneinfo.ZoneInfo(zone)
    keep = {oldest_first[-1]}
    for number, period in _PERIODS:
        firsts: dict[tuple[int, ...], str] = {}
        for backup_id in oldest_first:
            moment = taken[backup_id].astimezone(local).replace(tzinfo=None) - _DAY_BEGINS
            firsts.setdefault(period(moment), backup_id)
        keep.update(list(firsts.values())[-number:])
    return keep


def outdated(taken: Mapping[str, dt.datetime], zone: str, never: Iterable[str] = ()) -> list[str]:
    """The ids that need not be kept, the oldest first; none of `never`."""
    keep = kept(taken, zone) | set(never)
    return sorted((one for one in taken if one not in keep), key=lambda one: (taken[one], one))
