"""What workers do: steps of the protocol as Airflow's tasks run them, with a fault at a chosen boundary.

Great Expectations takes half a second a call and judges row by row, so a worker asks it once per distinct row; the
zygote keeps the answers for the workers that follow (parsed files as well). Everything else is real.
"""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pandas as pd

from faults import boundaries
from kit.world import Address, World
from puente import contract
from puente.contract import Side
from puente.db import load
from puente.errors import PuenteError
from puente.orders import confirm, emission, mail
from puente.quality.gate import Finding, StageResult
from puente.quality.suites import Suite
from puente.settings import ROOT, Settings
from puente.sync import apply, capture, clear, ledger, outbox, peek, receive, route, setrules, validate
from puente.sync.route import Run

CAPTURED = ("categories", "products", "product_categories", "companies", "contacts")
SEQUENCE = contract.READ_SEQUENCE["platform"]
Batches = dict[tuple[str, str], int]  # (run, entity) -> batch: what `receive` hands to `validate` through XCom


@dataclass(frozen=True)
class Step:
    """One Airflow task: what, of which entity, in which run."""

    kind: str  # capture, capture_shop, emit, deliver, confirm, mail, receive, clear, validate, apply, delete, settle
    entity: str
    run: str
    reader: Side = "platform"

    def __str__(self) -> str:
        return f"{self.run}/{self.entity}.{self.kind}"


@dataclass(frozen=True)
class Site:
    """A world as a worker finds it. `small_bulk`: LOAD DATA also for a few rows."""

    address: Address
    settings: Settings
    small_bulk: bool = True

    @classmethod
    def of(cls, world: World) -> Site:
        return cls(world.address, world.settings)

    def open(self) -> World:
        boundaries.install()
        if self.small_bulk:
            load.BULK_WORTH_IT = 1
            outbox.UNITS_AT_ONCE = 2
        world = _kept.get(self.address) or World.at(self.address)
        world.settings = self.settings
        return world


_kept: dict[Address, World] = {}


def keep(site: Site) -> None:
    """From now on this process and its children use one world for the address, with what it has compiled."""
    _kept[site.address] = site.open()


def let_go() -> None:
    """Close all connections of the kept worlds."""
    boundaries.watch(None)
    for world in _kept.values():
        for db in (world.erp, world.platform):
            db.engine.dispose()


@dataclass(frozen=True)
class Fault:
    """At boundary `at` (from 1; 0 for never): kill, stop (SIGSTOP) or raise. `only` counts labels that contain it."""

    kind: str = "none"
    at: int = 0
    only: str = ""

    def counter(self) -> boundaries.Counter:
        met = 0

        def act(_number: int, label: str) -> None:
            nonlocal met
            if self.kind == "none" or self.only not in label:
                return
            met += 1
            if met == self.at:
                if self.kind == "raise":
                    raise Crash(label)
                os.kill(os.getpid(), {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}[self.kind])

        return boundaries.Counter(act)


class Crash(BaseException):
    """Stands in for a kill inside the test's own process: nothing in the library catches it."""


@dataclass
class Done:
    """What a worker's steps yielded: batches, boundary labels per step, PuenteErrors by step."""

    batches: Batches = field(default_factory=dict)
    labels: dict[Step, list[str]] = field(default_factory=dict)
    errors: dict[Step, str] = field(default_factory=dict)
    values: dict[Step, Any] = field(default_factory=dict)


# ---------------------------------------------------------------- steps
def run_step(world: World, step: Step, batches: Batches, attempt: int = 1) -> Any:
    """One task's work. KeyError when `validate` comes before any `receive` of its run."""
    run = Run(step.run, f"{step.entity}.{step.kind}", attempt)
    match step.kind:
        case "capture":
            return capture.capture(world.bridge, step.entity, run)
        case "capture_shop":
            return capture.capture(world.bridge, step.entity, run, side="platform")
        case "emit":
            return emission.emit_orders(world.bridge, run)
        case "deliver":
            return outbox.deliver(world.bridge, run)
        case "confirm":
            return confirm.confirm_orders(world.bridge, run)
        case "mail":
            return send_into_file(world, run)
    way = world.route(step.entity, step.reader)
    match step.kind:
        case "receive":
            receipt = receive.receive(way, run)
            batches[step.run, step.entity] = receipt.batch_id
            return receipt
        case "clear":
            return clear.clear(way, run)
        case "validate":
            return validate.validate(way, run, batches[step.run, step.entity])
        case "apply":
            return apply.apply(way, run)
        case "delete":
            return apply.apply_deletions(way, run)
        case "settle":
            return ledger.settle(way, run)
    raise ValueError(step.kind)


def captures(run: str) -> list[Step]:
    """The tasks of one run of `capture_erp`."""
    return [Step("capture", entity, run) for entity in CAPTURED]


def carriage(run: str, entities: Iterable[str] = SEQUENCE, reader: Side = "platform") -> list[Step]:
    """The tasks of one run of a reader's Dag, in the only order that it allows for one worker."""
    wanted = tuple(entities)
    work = [entity for entity in contract.READ_SEQUENCE[reader] if entity in wanted]
    steps = [Step(kind, entity, run, reader) for entity in work for kind in ("receive", "clear", "validate", "apply")]
    steps += [Step("delete", entity, run, reader) for entity in reversed(work)]
    return steps + [Step("settle", entity, run, reader) for entity in work]


def mailbox(world: World) -> Path:
    """The file outside the databases in which the fake mail server notes each message that it took."""
    platform = world.platform.engine.url.render_as_string(hide_password=False)
    return world.folder / f"mails-{hashlib.sha256(platform.encode()).hexdigest()[:12]}.txt"


def send_into_file(world: World, run: Run) -> dict[str, int]:
    def send(message: EmailMessage) -> None:
        boundaries.reach("before the mail")
        with mailbox(world).open("a", encoding="utf-8") as taken:
            taken.write(f"{message['Message-ID']}\n")
        boundaries.reach("after the mail")

    seconds = world.settings.lease_seconds
    return mail.send_mails(world.platform, world.link.link_id, run.owner, send, seconds)


def do_steps(site: Site, steps: list[Step], batches: Batches, fault: Fault = Fault(), attempt: int = 1) -> Done:
    """Run `steps` one after the other; the fault counts boundaries over all of them. Errors end the worker."""
    world, done = site.open(), Done(batches=dict(batches))
    counter = fault.counter()
    boundaries.watch(counter)
    for step in steps:
        before = len(counter.labels)
        done.values[step] = run_step(world, step, done.batches, attempt)
        done.labels[step] = counter.labels[before:]
    return done


def whole_run(site: Site, run: str, fault: Fault = Fault()) -> Done:
    """One run of `erp_to_platform`: entities with work only; one that fails on purpose does not stop the next."""
    world, done = site.open(), Done()
    boundaries.watch(fault.counter())
    return carry_all(world, run, done)


def carry_all(world: World, run: str, done: Done) -> Done:
    failed: set[str] = set()
    for step in carriage(run, peek.find_work(world.bridge, "platform")):
        if step.entity in failed and step.kind != "settle":
            continue
        try:
            done.values[step] = run_step(world, step, done.batches)
        except PuenteError as error:
            failed.add(step.entity)
            done.errors[step] = f"{type(error).__name__}: {error}"
    return done


def until_quiet(site: Site, prefix: str, limit: int = 8) -> list[Done]:
    """Whole runs until none has work. AssertionError when that takes more than `limit`."""
    runs: list[Done] = []
    while peek.find_work(site.open().bridge, "platform"):
        assert len(runs) < limit, f"still work after {limit} runs"
        runs.append(whole_run(site, f"{prefix}{len(runs) + 1}"))
    return runs


def finish(site: Site, steps: list[Step], batches: Batches, prefix: str = "quiet") -> list[Done]:
    """The rest of a sequence, then runs until quiet."""
    return [do_steps(site, steps, batches), *until_quiet(site, prefix)]


# ---------------------------------------------------------------- the gate's answers, once per row
_answers: dict[Any, Any] = {}
_new: dict[Any, Any] = {}


def learned() -> dict[Any, Any]:
    return _new


def learn(answers: dict[Any, Any]) -> None:
    _answers.update(answers)


def known() -> dict[Any, Any]:
    return _answers


def remember_answers() -> None:
    """Let `run_stage`, `load_suite` and `load_profile` answer from memory what they were asked before."""
    if hasattr(validate.run_stage, "asks"):
        return
    ask_suite, ask_profile = validate.load_suite, route.load_profile
    validate.run_stage = setrules.run_stage = Remembering(validate.run_stage)  # type: ignore[assignment]
    validate.load_suite = lambda way, entity, root: _once((way, entity, root), lambda: ask_suite(way, entity, root))
    route.load_profile = lambda folder, kind: _once((folder, kind), lambda: ask_profile(folder, kind))


@contextmanager
def remembering() -> Iterator[None]:
    """The same in the test's own process, for the length of a block."""
    kept = validate.run_stage, validate.load_suite, route.load_profile
    remember_answers()
    try:
        yield
    finally:
        validate.run_stage, validate.load_suite, route.load_profile = kept
        setrules.run_stage = kept[0]


def _once(key: Any, ask: Callable[[], Any]) -> Any:
    if key not in _answers:
        _answers[key] = _new[key] = ask()
    return _answers[key]


class Remembering:
    """`run_stage` that has each distinct row judged once: every rule of the suites looks at one row at a time."""

    def __init__(self, asks: Callable[[Any, Any, Any], StageResult]) -> None:
        self.asks = asks

    def __call__(self, suite: Suite, stage: Any, frame: pd.DataFrame) -> StageResult:
        told = frame.drop(columns="_row")
        names = tuple(told.columns)
        keys = [(suite.sha256, stage, names, repr(row)) for row in told.itertuples(index=False, name=None)]
        strange = [n for n, key in enumerate(keys) if key not in _answers]
        if strange:
            asked = self.asks(suite, stage, frame.iloc[strange])
            if asked.broken:
                return self.asks(suite, stage, frame)
            by_row: dict[int, dict[str, Finding]] = {}
            for finding in asked.findings:
                by_row.setdefault(finding.row, {})[finding.rule_id] = finding
            for n in strange:
                _answers[keys[n]] = _new[keys[n]] = by_row.get(int(frame["_row"].iloc[n]), {})
        result = StageResult(evaluated=len(frame))
        rows = [int(row) for row in frame["_row"]]
        for rule in suite.of_stage(stage):
            found = [
                replace(_answers[key][rule.rule_id], row=row)
                for row, key in zip(rows, keys, strict=True)
                if rule.rule_id in _answers[key]
            ]
            result.findings += found
            result.per_rule[rule.rule_id] = len(found)
        return result


def warm_up() -> None:
    """Import all that a worker needs and let Great Expectations build what it caches."""
    import connectorx  # noqa: F401
    import pymysql  # noqa: F401

    remember_answers()
    for entity in SEQUENCE:
        suite = validate.load_suite("erp_to_platform", entity, ROOT / "expectations")
        validate.run_stage.asks(suite, "set", pd.DataFrame({"_row": [1], "_ambiguous": ["x"]}))  # type: ignore[attr-defined]
    _new.clear()
