"""Moments as they are stored, and as vendors write them."""

from __future__ import annotations

import datetime as dt

import pytest

from puente.sync.route import read_moment, stored


@pytest.mark.parametrize(
    "text, moment",
    [
        ("2026-11-24T08:31:05.250Z", "2026-11-24T08:31:05.250Z"),
        ("2026-11-24 08:31:05", "2026-11-24T08:31:05.000Z"),
        ("2026-11-24 08:31:05.1234567", "2026-11-24T08:31:05.123Z"),
        ("2026-11-24 02:31:05.000-06:00", "2026-11-24T08:31:05.000Z"),
        ("2026-11-24", "2026-11-24T00:00:00.000Z"),
    ],
)
def test_a_date_in_any_of_the_servers_ways(text: str, moment: str) -> None:
    found = read_moment(text)
    assert found is not None and stored(found) == moment


@pytest.mark.parametrize(
    "text", ["", "24/11/2026 08:31:05", "24 nov", "0000-00-00 00:00:00", "0001-01-01 00:00:00", "9999-12-31", "5"]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert read_moment(text) is None


def test_every_moment_that_is_read_has_a_local_time() -> None:
    for text in ("1900-01-01", "2999-12-31 23:59:59"):
        found = read_moment(text)
        assert found is not None and all(
            found.astimezone(dt.timezone(dt.timedelta(hours=hours))) == found for hours in (-12, 14)
        )
