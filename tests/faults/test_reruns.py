"""P5, H1: whatever is run again, cleared or overtaken, and however often a worker dies, the outcome is the same."""

from __future__ import annotations

import random
import time

import pytest

from faults.jobs import (
    SEQUENCE,
    Batches,
    Done,
    Fault,
    Site,
    Step,
    captures,
    carriage,
    do_steps,
    finish,
    until_quiet,
    whole_run,
)
from faults.state import assert_same, expire_leases, outcome
from faults.sweep import THOROUGH, Lane, Stage, durable

pytestmark = pytest.mark.parametrize("stage", ["sqlite-sqlite", "mariadb-mariadb"], indirect=True, scope="session")
STEPS = [*captures("c2"), *carriage("r2")]
# The gate's counts belong to batches, and here other batches than the undisturbed ones take the rows.
OTHER_BATCHES = ("rules",)


def _lane(stage: Stage, number: int) -> Lane:
    """The lane, its world brought to the moment before the step."""
    lane = stage.lanes[0]
    stage.before[number].restore(lane.world)
    return lane


def _few(stage: Stage, count: int) -> int:
    """Half as many where a second lane is not to be had; twice as many with PUENTE_FAULTS_THOROUGH."""
    return max(1, (2 if THOROUGH else 1) * count // (3 - len(stage.lanes)))


# ---------------------------------------------------------------- nothing died
def test_every_step_twice(stage: Stage) -> None:
    lane = _lane(stage, 0)
    twice = [step for step in STEPS for _ in range(2)]

    lane.zygote.run(finish, lane.site, twice, {}).result()

    assert_same(lane.world, stage.expected, after="every step twice", ignore=OTHER_BATCHES)


def test_any_task_is_cleared_while_the_run_goes_on(stage: Stage) -> None:
    """After each task one of the earlier ones of the same run is cleared, alone."""

    def play(lane: Lane, seed: int) -> None:
        chance = random.Random(seed)
        steps = [step for n, step in enumerate(STEPS) for step in (step, chance.choice(STEPS[: n + 1]))]
        stage.before[0].restore(lane.world)
        lane.zygote.run(finish, lane.site, steps, {}).result()
        assert_same(lane.world, stage.expected, after=f"clearing tasks at random, seed {seed}", ignore=OTHER_BATCHES)

    stage.share(play, range(_few(stage, 4)))


def test_any_task_of_a_finished_run_is_cleared(stage: Stage) -> None:
    lane = _lane(stage, 0)
    batches: Batches = lane.zygote.run(finish, lane.site, STEPS, {}).result()[0].batches

    lane.zygote.run(finish, lane.site, STEPS, batches, "again").result()
    backwards = list(reversed(STEPS))
    lane.zygote.run(finish, lane.site, backwards, batches, "backwards").result()

    assert_same(lane.world, stage.expected, after="clearing all tasks of a finished run", ignore=OTHER_BATCHES)


def test_an_old_run_cleared_after_a_newer_one_lands_what_is_newest(stage: Stage) -> None:
    """H1: r2 dies half-way, r3 lands and applies version 2, then r2 is cleared and lands version 3."""
    lane = _lane(stage, len(captures("c2")))
    world, run = lane.world, lane.zygote.run
    half = [Step(kind, "companies", "r2") for kind in ("receive", "clear", "validate")]
    first: Done = run(do_steps, lane.site, half, {}).result()
    world.put("companies", "C1", Nombre_Empresa="versión 2")
    run(whole_run, lane.site, "r3").result()
    assert world.shop_rows("companies")["C1"]["name"] == "versión 2"
    world.put("companies", "C1", Nombre_Empresa="versión 3")

    kinds = ("receive", "clear", "validate", "apply", "delete", "settle")
    run(do_steps, lane.site, [Step(k, "companies", "r2") for k in kinds], first.batches).result()

    assert world.shop_rows("companies")["C1"]["name"] == "versión 3"
    run(until_quiet, lane.site, "quiet").result()
    world.check_invariants()


# ---------------------------------------------------------------- something died
def test_workers_die_again_and_again(stage: Stage) -> None:
    """Up to two tries of each task die, anywhere; the next one lives. A third would make a row that is alone in its
    chunk a row that kills its workers."""

    def play(lane: Lane, seed: int) -> None:
        chance, deaths = random.Random(seed), 0
        batches: Batches = {}
        stage.before[0].restore(lane.world)
        for number, step in enumerate(STEPS):
            for attempt in range(1, 4):
                fault = Fault()
                if attempt < 3 and stage.labels[number] and chance.random() < 0.5:
                    fault = Fault("kill", chance.randint(1, len(stage.labels[number])))
                ended = lane.zygote.run(do_steps, lane.site, [step], batches, fault, attempt)
                if not ended.killed:
                    batches = ended.result().batches
                    break
                deaths += 1
        lane.zygote.run(until_quiet, lane.site, "quiet").result()
        assert deaths >= 10
        assert_same(lane.world, stage.expected, after=f"{deaths} deaths, seed {seed}")

    stage.share(play, range(_few(stage, 8)))


@pytest.mark.parametrize("entity", SEQUENCE)
def test_another_run_comes_first_after_a_death(stage: Stage, entity: str) -> None:
    """The lease runs out, another run takes over, and later the dead task and its whole run are cleared."""

    def play(lane: Lane, task: tuple[int, int]) -> None:
        number, boundary = task
        stage.kill(lane, number, boundary)
        expire_leases(lane.world)
        others = captures("c3") if STEPS[number].kind == "capture" else []
        lane.zygote.run(do_steps, lane.site, others, {}).result()
        other: Done = lane.zygote.run(whole_run, lane.site, "r3").result()
        assert other.errors == {}
        stage.go_on(lane, number, stage.rerun(lane, number))
        what = f"another run after {stage.describe(number, boundary)}"
        assert_same(lane.world, stage.expected, after=what, ignore=OTHER_BATCHES)

    tasks = []
    for number, step in enumerate(STEPS):
        deaths = durable(stage.labels[number])
        if step.entity == entity and deaths:
            tasks += [(number, at) for at in random.Random(number).sample(deaths, min(_few(stage, 1), len(deaths)))]
    stage.share(play, tasks)


@pytest.mark.parametrize("kind", ["receive", "clear", "validate", "apply"])
def test_until_the_lease_runs_out_others_keep_away(stage: Stage, kind: str) -> None:
    """A dead worker's lease is respected, by the database's own clock, and then it is not; nothing is waited for."""
    number = next(n for n, s in enumerate(STEPS) if (s.kind, s.entity) == (kind, "products"))
    lane = stage.lanes[0]
    with _short_lease(lane, 3):
        stage.kill(lane, number, len(stage.labels[number]) // 2)
        before = outcome(lane.world)
        for early in ("receive", "clear", "apply", "delete", "settle"):
            ended = lane.zygote.run(do_steps, lane.site, [Step(early, "products", "r3")], {})
            assert ended.error == "LeaseHeld", f"{early}: {ended}"
        assert outcome(lane.world) == before

        lane.zygote.run(time.sleep, 3).result()
        late: Done = lane.zygote.run(whole_run, lane.site, "r4").result()
        assert late.errors == {}
        lane.zygote.run(until_quiet, lane.site, "quiet").result()

    assert_same(lane.world, stage.expected, after="an expired lease", ignore=OTHER_BATCHES)


class _short_lease:
    """Leases of `seconds` in the lane's world for the length of a block."""

    def __init__(self, lane: Lane, seconds: int) -> None:
        self._world, self._seconds = lane.world, seconds

    def __enter__(self) -> None:
        self._usual = self._world.settings.lease_seconds
        self._world.set(lease_seconds=self._seconds)

    def __exit__(self, *_: object) -> None:
        self._world.set(lease_seconds=self._usual)


def test_the_story_visits_every_entity(stage: Stage) -> None:
    states = {e: {row[3] for row in stage.expected[f"{e}: inbox"]} for e in SEQUENCE}
    assert all(states[e] for e in SEQUENCE)
    assert {"applied", "superseded", "quarantined"} <= states["products"]
    assert {"applied", "held"} <= states["contacts"] | states["product_categories"]
    assert isinstance(Site.of(stage.lanes[0].world), Site)
