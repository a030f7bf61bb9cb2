"""Which backups are kept: the calendar of the link, and what holds for any history of backups."""

from __future__ import annotations

import datetime as dt
import zoneinfo

from hypothesis import given
from hypothesis import strategies as st

from puente.nightly.generations import DAILY, FOUR_HOURLY, MONTHLY, WEEKLY, kept, outdated

ZONE = "America/Mexico_City"
HERE = zoneinfo.ZoneInfo(ZONE)
MOST = FOUR_HOURLY + DAILY + WEEKLY + MONTHLY + 1

moments = st.datetimes(dt.datetime(2024, 1, 1), dt.datetime(2027, 1, 1), timezones=st.just(dt.UTC))
histories = st.lists(moments, unique=True, max_size=60).map(lambda found: {str(n): at for n, at in enumerate(found)})
zones = st.sampled_from([ZONE, "UTC", "America/Tijuana", "Asia/Kathmandu", "Pacific/Apia"])


def two_years(hours: int = 4) -> dict[str, dt.datetime]:
    """By the clock on the wall: 02:00, 06:00, …, 22:00; the last one is of 14:00 on Thursday, the 31st of December."""
    first = dt.datetime(2025, 1, 1, 2)
    walls = (first + dt.timedelta(hours=hours * n) for n in range(10_000))
    return {f"{wall:%Y-%m-%d %H}": wall.replace(tzinfo=HERE) for wall in walls if wall <= dt.datetime(2026, 12, 31, 14)}


def test_two_years_of_backups_every_four_hours() -> None:
    keep = sorted(kept(two_years(), ZONE), reverse=True)
    assert keep[:4] == ["2026-12-31 14", "2026-12-31 10", "2026-12-31 06", "2026-12-31 02"]
    assert keep[4:6] == ["2026-12-30 22", "2026-12-30 18"], "six of four hours"
    days = [f"2026-12-{day:02d} 02" for day in range(31, 17, -1)]
    assert set(days) <= set(keep) and "2026-12-17 02" not in keep, "fourteen days, each by its backup of 02:00"
    mondays = ["12-28", "12-21", "12-14", "12-07", "11-30", "11-23", "11-16", "11-09"]
    assert {f"2026-{day} 02" for day in mondays} <= set(keep) and "2026-11-02 02" not in keep
    assert {f"2026-{month:02d}-01 02" for month in range(1, 13)} <= set(keep) and "2025-12-01 02" not in keep
    assert len(keep) == 6 - 1 + 14 + 8 - 2 + 12


def test_thinned_out_after_each_backup_the_same_remains() -> None:
    """What is kept for its month was not deleted for its day before."""
    history = two_years()
    there: dict[str, dt.datetime] = {}
    for name, at in sorted(history.items(), key=lambda one: one[1]):
        there[name] = at
        for gone in outdated(there, ZONE):
            del there[gone]
    assert set(there) == kept(history, ZONE)


def test_where_nothing_was_backed_up_nothing_grows_old() -> None:
    alone = {"a": dt.datetime(2020, 1, 1, tzinfo=dt.UTC), "b": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}
    assert kept(alone, ZONE) == {"a", "b"} and kept({}, ZONE) == set()


@given(histories, zones)
def test_the_newest_stays_and_there_are_never_too_many(history: dict[str, dt.datetime], zone: str) -> None:
    keep = kept(history, zone)
    assert keep <= history.keys() and len(keep) <= MOST
    if history:
        assert max(history, key=lambda name: history[name]) in keep
    assert keep | set(outdated(history, zone)) == history.keys()


@given(histories, zones)
def test_thinning_out_twice_deletes_nothing_more(history: dict[str, dt.datetime], zone: str) -> None:
    keep = kept(history, zone)
    assert kept({name: history[name] for name in keep}, zone) == keep


@given(histories, zones, st.data())
def test_what_is_never_to_go_stays(history: dict[str, dt.datetime], zone: str, data: st.DataObject) -> None:
    never = data.draw(st.sets(st.sampled_from(sorted(history)))) if history else set()
    assert not never & set(outdated(history, zone, never))
