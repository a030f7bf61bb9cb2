"""Killing a worker at every boundary of every step and looking at what became of it.

What a killed worker leaves behind is a durable state; what follows depends on nothing else. So each boundary is
killed at for real, but the sequence is taken up again once per distinct state, and carried to its end once per
distinct state after the step's rerun. With PUENTE_FAULTS_THOROUGH every single kill is carried to its end.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from faults import story
from faults.jobs import (
    Batches,
    Done,
    Fault,
    Site,
    Step,
    captures,
    carriage,
    do_steps,
    finish,
    keep,
    known,
    learn,
    until_quiet,
)
from faults.state import Snapshot, assert_same, fingerprint, outcome
from faults.zygote import Zygote
from kit.world import World
from puente.db.connect import open_database

THOROUGH = bool(os.environ.get("PUENTE_FAULTS_THOROUGH"))
KILLED = Fault("kill")


def every(labels: list[str]) -> list[int]:
    """All boundaries of a step, from 1."""
    return list(range(1, len(labels) + 1))


_WRITES = ("before INSERT", "before UPDATE", "before DELETE", "before LOAD DATA")


def durable(labels: list[str]) -> list[int]:
    """The boundaries after something became durable: a transaction that wrote, or a file."""
    found, wrote = [], False
    for number, label in enumerate(labels, 1):
        wrote = wrote or label.startswith(_WRITES)
        if label.startswith("after the file") or (label == "after COMMIT" and wrote):
            found.append(number)
            wrote = False
    return found


def durable_and_some(labels: list[str], every_nth: int) -> list[int]:
    """Those, and each `every_nth` of all boundaries."""
    return sorted({*durable(labels), *range(every_nth, len(labels) + 1, every_nth)})


def sample(numbers: list[int], share: int, offset: int) -> list[int]:
    """Every `share`-th of the numbers, and never fewer than two of them."""
    chosen = numbers[offset % share :: share]
    return chosen if len(chosen) > 1 else sorted({*chosen, *numbers[:1], *numbers[-1:]})


@dataclass
class Tally:
    """How many workers were killed, how many distinct states they left, how many were carried to the end."""

    kills: int = 0
    states: int = 0
    endings: int = 0


@dataclass(frozen=True)
class Lane:
    """A world of its own with a zygote of its own; several lanes sweep one stage at a time."""

    world: World
    zygote: Zygote

    @property
    def site(self) -> Site:
        return Site.of(self.world)

    def do(self, function: Any, *args: Any) -> Any:
        """The value of an undisturbed job; on SQLite in the zygote itself, which learns from it."""
        if self.world.pair == "sqlite-sqlite":
            self.zygote.here(keep, self.site)
            return self.zygote.here(function, *args)
        return self.zygote.run(function, *args).result()

    def twin(self, zygote: Zygote, folder: Path) -> Lane:
        """Another lane whose databases are files elsewhere (SQLite only)."""
        folder.mkdir(parents=True)
        databases = [open_database(f"sqlite:///{folder / side}.db") for side in ("erp", "platform")]
        world = World(self.world.pair, *databases, self.world.folder, self.world.link)
        world.settings = self.world.settings
        return Lane(world, zygote)


@dataclass
class Stage:
    """An undisturbed pass: a snapshot before each step, the batches known by then, each step's boundaries."""

    lanes: list[Lane]
    steps: list[Step]
    before: list[Snapshot] = field(default_factory=list)
    after: list[str] = field(default_factory=list)  # fingerprints
    batches: list[Batches] = field(default_factory=list)
    labels: list[list[str]] = field(default_factory=list)
    expected: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def prepare(cls, lane: Lane, folder: Path) -> Stage:
        """Play `story` up to the second pass and record that pass."""
        world = lane.world
        story.furnish(world)
        story.first_round(world)
        lane.do(do_steps, lane.site, [*captures("c1"), *carriage("r1")], {})
        world.check_invariants()
        story.second_round(world)
        stage = cls([lane], [*captures("c2"), *carriage("r2")])
        stage.record(folder)
        lane.do(until_quiet, lane.site, "quiet")
        world.check_invariants()
        stage.expected = outcome(world)
        return stage

    def record(self, folder: Path) -> None:
        """Do the steps, undisturbed, and keep what there was before each."""
        lane = self.lanes[0]
        known: Batches = {}
        for number, step in enumerate(self.steps):
            self.before.append(Snapshot(lane.world, folder / str(number)))
            self.batches.append(dict(known))
            done: Done = lane.do(do_steps, lane.site, [step], known)
            known = done.batches
            self.labels.append(done.labels[step])
            self.after.append(self.reached(lane, number))

    def add(self, lane: Lane) -> None:
        """Another lane, which learns what the first one knows by playing the pass as well."""
        lane.zygote.here(learn, self.lanes[0].zygote.here(known))
        self.before[0].restore(lane.world)
        lane.do(do_steps, lane.site, self.steps, {})
        self.lanes.append(lane)

    def share(self, work: Callable[[Lane, Any], None], tasks: Iterable[Any]) -> None:
        """Each task on whichever lane is free. The first failure ends it."""
        waiting = list(reversed(list(tasks)))

        def drain(lane: Lane) -> None:
            while waiting:
                task = waiting.pop()
                try:
                    work(lane, task)
                except BaseException:
                    waiting.clear()
                    raise

        with ThreadPoolExecutor(len(self.lanes)) as pool:
            for _ in pool.map(drain, self.lanes):
                pass

    def restore(self, lane: Lane, number: int) -> None:
        """The lane's world as it was before the step."""
        self.before[number].restore(lane.world)

    def kill(self, lane: Lane, number: int, boundary: int) -> None:
        """The world as the step's worker leaves it that dies at the boundary. AssertionError if it survives."""
        self.restore(lane, number)
        fault = replace(KILLED, at=boundary)
        ended = lane.zygote.run(do_steps, lane.site, [self.steps[number]], self.batches[number], fault)
        assert ended.killed, f"{self.steps[number]} at {boundary} was not killed: {ended}"

    def rerun(self, lane: Lane, number: int) -> Batches:
        """The step's next try, as Airflow starts it."""
        step = [self.steps[number]]
        done: Done = lane.zygote.run(do_steps, lane.site, step, self.batches[number], Fault(), 2).result()
        return done.batches

    def left(self, lane: Lane) -> str:
        """All that a dead worker has left behind."""
        return fingerprint(lane.world)

    def reached(self, lane: Lane, number: int) -> str:
        """What the rest of the sequence depends on, after the step's rerun."""
        return fingerprint(lane.world)

    def go_on(self, lane: Lane, number: int, batches: Batches) -> None:
        """All steps after `number`, then runs until there is nothing to do."""
        lane.zygote.run(finish, lane.site, self.steps[number + 1 :], batches).result()

    def compare(self, lane: Lane, number: int, *, after: str) -> None:
        """AssertionError when the lane's world did not end as the undisturbed one, although the step was killed."""
        assert_same(lane.world, self.expected, after=after)

    def describe(self, number: int, boundary: int) -> str:
        return f"a kill at boundary {boundary} of {self.steps[number]} ({self.labels[number][boundary - 1]})"

    def sweep(self, number: int, boundaries: Iterable[int]) -> Tally:
        """Kill the step at each boundary; every time its rerun must lead to the undisturbed outcome."""
        tally, seen, proven = Tally(), set[str](), {self.after[number]}

        def work(lane: Lane, boundary: int) -> None:
            self.kill(lane, number, boundary)
            tally.kills += 1
            left = self.left(lane)
            if left in seen and not THOROUGH:
                return
            seen.add(left)
            tally.states += 1
            try:
                self._take_up(lane, number, boundary, proven, tally)
            except AssertionError as error:
                raise AssertionError(f"{self.describe(number, boundary)}: {error}") from error

        self.share(work, boundaries)
        return tally

    def _take_up(self, lane: Lane, number: int, boundary: int, proven: set[str], tally: Tally) -> None:
        batches = self.rerun(lane, number)
        reached = self.reached(lane, number)
        if reached in proven and not THOROUGH:
            return
        self.go_on(lane, number, batches)
        self.compare(lane, number, after=self.describe(number, boundary))
        proven.add(reached)
        tally.endings += 1
