"""P6, P7: workers that meet, or are overtaken and wake up: one of them writes, the other changes nothing."""

from __future__ import annotations

import os
import signal
import time

import pytest

from faults.jobs import Batches, Done, Fault, Step, captures, carriage, do_steps, finish, until_quiet, whole_run
from faults.sabotage import do_steps_on_short_sessions, race, race_whole_run
from faults.state import assert_same, expire_leases, outcome
from faults.sweep import THOROUGH, Lane, Stage
from faults.zygote import Ended
from puente.settings import Settings

pytestmark = pytest.mark.parametrize("stage", ["sqlite-sqlite", "mariadb-mariadb"], indirect=True, scope="session")
STEPS = [*captures("c2"), *carriage("r2")]
OTHER_BATCHES = ("rules",)
TURNS = 6 if THOROUGH else 2
FENCED = {"LeaseHeld", "StaleWorker"}


def _index(kind: str, entity: str) -> int:
    return next(n for n, step in enumerate(STEPS) if (step.kind, step.entity) == (kind, entity))


def _lane(stage: Stage, number: int) -> Lane:
    """The lane, its world brought to the moment before the step."""
    stage.before[number].restore(stage.lanes[0].world)
    return stage.lanes[0]


def _soon() -> float:
    return time.monotonic() + 0.3


def _both(lane: Lane, first: tuple[object, ...], second: tuple[object, ...]) -> list[Done]:
    pids = [lane.zygote.start(*first), lane.zygote.start(*second)]
    return [lane.zygote.wait(pid).result() for pid in pids]


def _only_fenced(done: Done) -> None:
    wrong = {step: error for step, error in done.errors.items() if error.split(":")[0] not in FENCED | {"KeyError"}}
    assert wrong == {}


# ---------------------------------------------------------------- two at once
@pytest.mark.parametrize("turn", range(TURNS))
def test_two_runs_at_once(stage: Stage, turn: int) -> None:
    """Two runs of the Dag at the same moment (Airflow's limit of one was taken away)."""
    lane = _lane(stage, len(captures("c2")))
    at = _soon()

    done = _both(lane, (race_whole_run, lane.site, "r2", at), (race_whole_run, lane.site, "r3", at + turn * 0.02))

    for each in done:
        _only_fenced(each)
    lane.zygote.run(until_quiet, lane.site, "quiet").result()
    assert_same(lane.world, stage.expected, after=f"two runs at once, turn {turn}", ignore=OTHER_BATCHES)


@pytest.mark.parametrize("turn", range(TURNS))
def test_two_tries_of_the_same_tasks_at_once(stage: Stage, turn: int) -> None:
    """A try that was given up for dead goes on beside its successor: same run, same task, same owner."""
    lane = _lane(stage, 0)
    at = _soon()

    done = _both(lane, (race, lane.site, STEPS, {}, at), (race, lane.site, STEPS, {}, at + turn * 0.01))

    for each in done:
        _only_fenced(each)
    batches: Batches = done[0].batches | done[1].batches
    lane.zygote.run(finish, lane.site, STEPS, batches).result()
    assert_same(lane.world, stage.expected, after=f"two tries at once, turn {turn}", ignore=OTHER_BATCHES)


@pytest.mark.parametrize("turn", range(TURNS))
def test_two_captures_at_once(stage: Stage, turn: int) -> None:
    lane = _lane(stage, 0)
    at = _soon()

    done = _both(
        lane, (race, lane.site, captures("c2"), {}, at), (race, lane.site, captures("c3"), {}, at + turn * 0.01)
    )

    for each in done:
        _only_fenced(each)
    lane.zygote.run(finish, lane.site, STEPS, {}).result()
    assert_same(lane.world, stage.expected, after=f"two captures at once, turn {turn}", ignore=OTHER_BATCHES)


def test_two_entities_settle_at_once(stage: Stage) -> None:
    """Their rows are chained to one ledger: one after the other, none lost."""
    lane = _lane(stage, _index("settle", "categories"))
    batches = stage.batches[_index("settle", "categories")]
    at = _soon()
    settles = [step for step in STEPS if step.kind == "settle"]

    done = _both(lane, (race, lane.site, settles[:3], batches, at), (race, lane.site, settles[3:], batches, at))

    assert [each.errors for each in done] == [{}, {}]
    lane.zygote.run(until_quiet, lane.site, "quiet").result()
    assert_same(lane.world, stage.expected, after="two entities settled at once")


# ---------------------------------------------------------------- a stale worker wakes up
def _stop(stage: Stage, number: int, boundary: int, lane: Lane | None = None) -> tuple[Lane, int]:
    """A worker that stopped itself at the boundary, with its transactions ended; its pid."""
    lane = lane or stage.lanes[0]
    stage.before[number].restore(lane.world)
    fault = Fault("stop", boundary)
    pid = lane.zygote.start(do_steps, lane.site, [STEPS[number]], stage.batches[number], fault)
    assert lane.zygote.wait(pid, stopped=True).code is None
    return lane, pid


def _wake(lane: Lane, pid: int) -> Ended:
    os.kill(pid, signal.SIGCONT)
    return lane.zygote.wait(pid)


def _overtakable(stage: Stage, number: int) -> list[int]:
    """Boundaries between transactions where the worker holds its lease and has still to write under it."""
    labels = stage.labels[number]
    taken = next(n for n, label in enumerate(labels, 1) if label.startswith("before UPDATE puente_lease SET token"))
    last = max(n for n, label in enumerate(labels, 1) if "UPDATE puente_lease SET work_id" in label)
    return [n for n, label in enumerate(labels, 1) if label == "after COMMIT" and taken < n < last]


def _some(numbers: list[int], count: int) -> list[int]:
    """The first, the last and some between them."""
    return sorted({numbers[round(i * (len(numbers) - 1) / (count - 1))] for i in range(count)})


@pytest.mark.parametrize("kind", ["capture", "receive", "clear", "validate", "apply", "delete", "settle"])
@pytest.mark.parametrize("entity", ["products", "contacts"])
def test_a_stale_worker_cannot_write(stage: Stage, kind: str, entity: str) -> None:
    """Stopped between two of its transactions, its lease runs out, another run does everything, then it wakes up."""
    number, ends = _index(kind, entity), []

    def play(lane: Lane, boundary: int) -> None:
        _, pid = _stop(stage, number, boundary, lane)
        try:
            expire_leases(lane.world)
            others = captures("c3") if kind == "capture" else []
            lane.zygote.run(do_steps, lane.site, others, {}).result()
            other: Done = lane.zygote.run(whole_run, lane.site, "r3").result()
            assert other.errors == {}
            before = outcome(lane.world)
        finally:
            ended = _wake(lane, pid)
        assert ended.error in ("StaleWorker", ""), ended
        ends.append(ended.error)
        what = f"a stale worker of {STEPS[number]} woke up at boundary {boundary}"
        after = outcome(lane.world)
        assert after == before, f"{what}: it changed {[part for part in before if after[part] != before[part]]}"
        stage.go_on(lane, number, stage.rerun(lane, number))
        assert_same(lane.world, stage.expected, after=what, ignore=OTHER_BATCHES)

    stage.share(play, _some(_overtakable(stage, number), 6 if THOROUGH else 2))
    # These look first, and write only if the other run has left something to land or to delete; all others have to.
    assert "StaleWorker" in ends if kind in ("clear", "receive") else set(ends) == {"StaleWorker"}, ends


def test_a_real_lease_runs_out_under_a_stopped_worker(stage: Stage) -> None:
    """The same by the database's own clock."""
    number = _index("apply", "products")
    world = stage.lanes[0].world
    usual = world.settings.lease_seconds
    world.set(lease_seconds=2)
    try:
        lane, pid = _stop(stage, number, _overtakable(stage, number)[1])
        try:
            refused = lane.zygote.run(do_steps, lane.site, [Step("receive", "products", "r3")], {})
            time.sleep(2.1)
            other: Done = lane.zygote.run(whole_run, lane.site, "r4").result()
        finally:
            ended = _wake(lane, pid)
        assert refused.error == "LeaseHeld"
        assert other.errors == {}
        assert ended.error == "StaleWorker"
        stage.go_on(lane, number, stage.rerun(lane, number))
    finally:
        world.set(lease_seconds=usual)
    assert_same(world, stage.expected, after="a lease that really ran out", ignore=OTHER_BATCHES)


# ---------------------------------------------------------------- a stuck worker inside a transaction
def test_a_worker_stuck_inside_a_transaction_is_let_go_by_the_server(stage: Stage) -> None:
    """It holds the lease's row; the server ends its idle session, so the next run takes over within the lease."""
    lane = stage.lanes[0]
    if lane.world.platform.dialect != "mysql":
        pytest.skip("SQLite has one writer and no server: a stopped one must be killed, as Airflow's time-out does")
    number = _index("apply", "products")
    inside = next(n for n, label in enumerate(stage.labels[number], 1) if "INSERT INTO puente_stage" in label)
    _lane(stage, number)
    steps, fault = [STEPS[number]], Fault("stop", inside)
    pid = lane.zygote.start(do_steps_on_short_sessions, lane.site, steps, stage.batches[number], fault, 2)
    assert lane.zygote.wait(pid, stopped=True).code is None
    try:
        time.sleep(3)
        expire_leases(lane.world)
        other: Done = lane.zygote.run(whole_run, lane.site, "r3").result()
        before = outcome(lane.world)
    finally:
        ended = _wake(lane, pid)
    assert other.errors == {}
    assert ended.error == "OperationalError", ended
    assert outcome(lane.world) == before
    stage.go_on(lane, number, stage.rerun(lane, number))
    assert_same(lane.world, stage.expected, after="a worker stuck in a transaction", ignore=OTHER_BATCHES)


def test_sessions_end_within_the_lease(stage: Stage) -> None:
    lane = stage.lanes[0]
    if lane.world.platform.dialect != "mysql":
        pytest.skip("SQLite has no sessions")
    with lane.world.platform.read() as conn:
        assert int(conn.exec_driver_sql("SELECT @@session.wait_timeout").scalar_one()) <= Settings().lease_seconds
