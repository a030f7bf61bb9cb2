"""P29: nothing fails, yet nothing comes: an alert, in watched hours only, once; and whether the connections answer."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import update

from kit.orders import mails
from kit.world import PROFILES, World
from puente.db import schema
from puente.db.connect import open_database
from puente.errors import PuenteError
from puente.nightly import traffic
from puente.sync.control import pause, resume
from puente.sync.route import Bridge, stored
from puente.sync.standing import standing

pytestmark = [
    pytest.mark.lean_gate,
    pytest.mark.not_expressible("sqlite-mariadb", "the other pairs show both engines"),
]
ZONE = "America/Mexico_City"  # six hours behind UTC


def at(text: str) -> dt.datetime:
    """A moment in the link's own time, of the week of Tuesday, 24 November 2026."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.timezone(dt.timedelta(hours=-6)))


def watch(world: World, rules: str) -> None:
    erp = (PROFILES / "mini_erp" / "profile.yaml").read_text(encoding="utf-8")
    world.use_profile("erp", {"profile.yaml": f"{erp}\ntraffic: {rules}\n"})
    shop = (PROFILES / "mini_shop" / "profile.yaml").read_text(encoding="utf-8")
    world.use_profile("platform", {"profile.yaml": f"{shop}\nnotices: {{traffic: it@example.mx}}\n"})


def carry(world: World, moment: dt.datetime) -> None:
    """A product comes at `moment`."""
    with world.platform.read() as conn:
        known = conn.execute(schema.batch.select()).fetchall()
    world.put("products", f"A{len(known)}", Precio_1="10")
    world.run()
    newest = max(batch["batch_id"] for batch in world.batches("products"))
    with world.platform.begin() as conn:
        conn.execute(update(schema.batch).where(schema.batch.c.batch_id == newest).values(opened_at=stored(moment)))


def silent(world: World, now: dt.datetime) -> list[str]:
    return [silence.watch.name for silence in traffic.watch_traffic(world.bridge, now)]


def test_p29_silence_is_told_once_and_ends_with_the_next_row(world: World) -> None:
    watch(world, '{products: {silent_hours: 4, between: "08:00-20:00", days: mon-sat}}')
    carry(world, at("2026-11-24 18:00"))
    assert silent(world, at("2026-11-25 09:30")) == [], "two hours in the evening, an hour and a half in the morning"
    for minutes in (1, 6, 11):
        assert silent(world, at("2026-11-25 10:00") + dt.timedelta(minutes=minutes)) == ["erp:products"]
    (mail,) = mails(world)
    assert (mail["state"], mail["recipient"]) == ("traffic", "it@example.mx") and "erp:products" in mail["subject"]
    assert any(f.subject == "traffic" and "1 entities" in f.what for f in standing(world.bridge))
    carry(world, at("2026-11-25 11:00"))
    assert silent(world, at("2026-11-25 11:05")) == []
    assert not any(f.subject == "traffic" for f in standing(world.bridge))
    assert silent(world, at("2026-11-26 12:00")) == ["erp:products"]
    assert len(mails(world)) == len(world.rows_of("platform", schema.silence)) == 2, "another silence, another mail"


@pytest.mark.not_expressible("m*-mariadb", "arithmetic, on any engine")
def test_p29_planned_downtime_and_a_pause_are_no_alarm(world: World) -> None:
    rules = 'products: {silent_hours: 4}, downtime: [{from: "2026-11-24 19:00", to: "2026-11-25 09:00", why: upgrade}]'
    watch(world, f"{{{rules}}}")
    carry(world, at("2026-11-24 18:00"))
    assert silent(world, at("2026-11-25 12:00")) == []
    pause(world.platform, "main", "products", "eva", "inventory")
    assert silent(world, at("2026-11-25 13:00")) == []
    resume(world.platform, "main", "products")
    assert silent(world, at("2026-11-25 13:00")) == ["erp:products"]


@pytest.mark.not_expressible("m*-mariadb", "arithmetic, on any engine")
def test_p29_what_never_came_is_counted_from_the_first_probe(world: World) -> None:
    watch(world, "{products: {silent_hours: 2}}")
    assert silent(world, at("2026-11-25 12:00")) == []
    assert traffic.probe(world.bridge, at("2026-11-25 12:00")) == {"erp": "", "platform": ""}
    assert silent(world, at("2026-11-25 13:59")) == []
    assert silent(world, at("2026-11-25 14:01")) == ["erp:products"]


def test_a_connection_that_does_not_answer_is_counted_where_one_does(world: World, tmp_path: Path) -> None:
    now = at("2026-11-25 12:00")
    gone = open_database(f"sqlite:///{tmp_path}/no/such/folder.db")
    traffic.probe(world.bridge, now)
    assert traffic.probe(Bridge(world.link, gone, world.platform, world.settings), now)["erp"] == "OperationalError"
    assert traffic.probe(Bridge(world.link, world.erp, gone, world.settings), now)["platform"] == "OperationalError"
    counts = [
        (side, row["connection"], row["hour"], row["answered"], row["failed"])
        for side in ("platform", "erp")
        for row in world.rows_of(side, schema.probe)  # type: ignore[arg-type]
    ]
    assert sorted(counts) == [
        ("erp", "erp", "2026-11-25T18", 1, 0), ("erp", "platform", "2026-11-25T18", 0, 1),
        ("platform", "erp", "2026-11-25T18", 1, 1), ("platform", "platform", "2026-11-25T18", 2, 0),
    ]  # fmt: skip


@pytest.mark.not_expressible("m*-mariadb", "it is about a file")
@pytest.mark.parametrize(
    ("rules", "complaint"),
    [
        ("{order_lines: {silent_hours: 1}}", "nothing that the erp sends"), ("{products: {}}", "needs silent_hours"),
        ("{products: {silent_hours: 0}}", "above 0"), ('{products: {silent_hours: 1, between: "8-20"}}', "between"),
        ("{products: {silent_hours: 1, days: lun}}", "days"), ("{downtime: [{from: 1, to: 2}]}", "downtime"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_profile_is_named(world: World, rules: str, complaint: str) -> None:
    watch(world, rules)
    with pytest.raises(PuenteError, match=complaint):
        silent(world, at("2026-11-25 12:00"))


def test_watched_hours_follow_the_zones_own_clock() -> None:
    """In New York the clocks are set back on 1 November 2026: that day has 25 hours."""
    whole = traffic.Watch("erp", "products", 1)
    start, end = (dt.datetime(2026, 11, day, 12, tzinfo=dt.UTC) for day in (1, 2))
    assert traffic.watched_hours(whole, [], start, end, "America/New_York") == 24
    night = traffic.Watch("erp", "products", 1, 0, 6 * 60)
    midnight = dt.datetime(2026, 11, 1, 4, tzinfo=dt.UTC)
    assert traffic.watched_hours(night, [], midnight, midnight + dt.timedelta(hours=25), "America/New_York") == 7
    pauses = [(dt.datetime(2026, 11, 24, 1), dt.datetime(2026, 11, 24, 3))] * 2  # the same twice counts once
    day = dt.datetime(2026, 11, 24, 6, tzinfo=dt.UTC)
    assert traffic.watched_hours(night, pauses, day, day + dt.timedelta(days=1), ZONE) == 4
