"""The recorded cycle of `orders_story` and its outcome: both sides' own tables, orders, and mails sent once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from faults import orders_story
from faults.jobs import Batches, Done, Site, Step, carriage, do_steps, mailbox, run_step
from faults.state import fingerprint, outcome_of_records
from faults.sweep import Lane, Stage
from kit import own_tables
from kit.world import World
from puente import contract
from puente.contract import SIDES, Side
from puente.db import schema
from puente.errors import PuenteError
from puente.sync import peek

CARRIED: tuple[tuple[Side, tuple[str, ...]], ...] = (
    ("erp", orders_story.SHOP_TO_ERP), ("platform", orders_story.ERP_TO_SHOP)
)  # fmt: skip
STEPS = orders_story.cycle("2")
MAIL_OUTCOME = frozenset({("puente_mail", "status"), ("puente_mail", "error"), ("puente_mail", "attempts")})


# ---------------------------------------------------------------- cycles
def whole_cycle(world: World, run: str, done: Done) -> int:
    """The Dags of both directions once, entities with work only; the number of queue rows written."""
    sent = 0
    for step in orders_story.cycle(run):
        if step.kind in ("capture", "capture_shop", "emit", "deliver", "confirm", "mail"):
            value = done.values[step] = run_step(world, step, done.batches)
            if step.kind == "capture":
                sent += value.upserts + value.deletes
            elif step.kind in ("deliver", "confirm"):
                sent += sum(value.values()) if isinstance(value, dict) else value
            continue
        if step.kind == "receive" and step.entity == "companies":
            sent += carry_work(world, step.reader, step.run, done)
    return sent


def carry_work(world: World, reader: Side, run: str, done: Done) -> int:
    """One run of a reader's Dag; the number of entities that had work."""
    failed: set[str] = set()
    work = peek.find_work(world.bridge, reader)
    for step in carriage(run, work, reader):
        if step.entity in failed and step.kind != "settle":
            continue
        try:
            done.values[step] = run_step(world, step, done.batches)
        except PuenteError as error:
            failed.add(step.entity)
            done.errors[step] = f"{type(error).__name__}: {error}"
    return len(work)


def cycles_until_quiet(site: Site, prefix: str, limit: int = 9) -> list[Done]:
    """Whole cycles until one had nothing to do. AssertionError when that takes more than `limit`."""
    world, runs = site.open(), list[Done]()
    while True:
        assert len(runs) < limit, f"rows still cross after {limit} cycles: {runs[-1].values}"
        runs.append(Done())
        if not whole_cycle(world, f"{prefix}{len(runs)}", runs[-1]):
            return runs


def finish_both(site: Site, steps: list[Step], batches: Batches, prefix: str = "quiet") -> list[Done]:
    """The rest of a cycle, then cycles until quiet."""
    return [do_steps(site, steps, batches), *cycles_until_quiet(site, prefix)]


# ---------------------------------------------------------------- what the outcome is
def outcome(world: World) -> dict[str, Any]:
    """What people see of both sides at rest."""
    found: dict[str, Any] = {}
    for reader, entities in CARRIED:
        for entity in entities:
            inbox = world.inbox(entity, reader=reader)
            found[f"{reader} reads {entity}"] = sorted(
                (row["record_key"], row["op"], row["content_hash"], row["state"], row["cleared"],
                 row["waits_key"] or "")
                for row in inbox
            )  # fmt: skip
            found[f"{entity} for {reader}: queue"] = world.queue_ids(entity, contract.writer_of(reader))
    for entity in ("companies", "contacts", "order_headers"):
        found[f"{entity}: shop"] = world.shop_rows(entity, active_only=False)
    for name in ("cliente", "persona", "pedido", "pedido_linea"):
        table = own_tables.erp.tables[name]
        with world.erp.read() as conn:
            found[f"{name}: erp"] = sorted(map(tuple, conn.execute(select(table).order_by(*table.primary_key))))
    for side in SIDES:
        found[f"{side}: records"] = outcome_of_records(world, side)
        found[f"{side}: bindings"] = _of(world, side, "binding", "entity", "erp_id", "platform_id")
        found[f"{side}: conflicts"] = _of(world, side, "conflict", "entity", "record_key", "winner", "loser")
        found[f"{side}: orders"] = _of(world, side, "order", "order_id", "state", "reason", "waits", "content_hash")
        found[f"{side}: history"] = _of(world, side, "order_history", "order_id", "state", "verdict", "origin")
    found["reserved"] = sorted(
        (r["order_id"], r["product_id"], float(r["quantity"]), r["released_at"] is not None)
        for r in world.rows_of("platform", schema.reservation)
    )
    found["outbox"] = _of(world, "platform", "outbox", "unit", "event_id", "content_hash", "status")
    found["delivered"] = _of(world, "erp", "delivered", "event_id", "content_hash")
    return found | mailed(world)


def _of(world: World, side: Side, table: str, *columns: str) -> list[tuple[str, ...]]:
    rows = world.rows_of(side, getattr(schema, table))
    return sorted(tuple(str(row[name] or "") for name in columns) for row in rows)


def taken(world: World) -> Counter[str]:
    """Message ids that the fake mail server took, with how often."""
    box = mailbox(world)
    return Counter(box.read_text(encoding="utf-8").split("\n")[:-1] if box.exists() else ())


def assert_same_ends(world: World, expected: dict[str, Any], *, after: str, doubts: int = 0) -> None:
    """The outcome is `expected` but for so many doubtful mails at most, which are listed; nothing was mailed twice."""
    actual = outcome(world)
    for part, value in expected.items():
        if part not in ("mails", "taken"):
            assert actual[part] == value, f"after {after}: {part} differs"
    assert_mailed_once(actual, expected, after=after, doubts=doubts)
    world.check_invariants()


def assert_mailed_once(actual: dict[str, Any], expected: dict[str, Any], *, after: str, doubts: int) -> None:
    """Every expected mail was taken once and is `sent`; a doubtful one may have been taken, or not."""
    doubtful = {mail[0] for mail in actual["mails"] if mail[3] == "doubtful"}
    assert len(doubtful) <= doubts, f"after {after}: {len(doubtful)} doubtful mails"
    settled = [(*mail[:3], "sent" if mail[0] in doubtful else mail[3]) for mail in actual["mails"]]
    assert settled == expected["mails"], f"after {after}: mails differ"
    assert max(actual["taken"].values(), default=0) <= 1, f"after {after}: mailed twice"
    assert {*actual["taken"]} | doubtful == {*expected["taken"]}, f"after {after}: mails were not sent"


def mailed(world: World) -> dict[str, Any]:
    """The mails as the platform and the fake server have them."""
    return {
        "mails": _of(world, "platform", "mail", "message_id", "order_id", "state", "status"),
        "taken": taken(world),
    }


# ---------------------------------------------------------------- the recorded cycle
@dataclass
class BothWays(Stage):
    """A `Stage` of one cycle of all four Dags; what the mail server took is put back with the databases."""

    boxes: list[Counter[str]] = field(default_factory=list)
    mailed: dict[str, Any] = field(default_factory=dict)  # after the last step

    @classmethod
    def prepare(cls, lane: Lane, folder: Path) -> BothWays:
        """Play `orders_story` up to the second cycle and record that cycle."""
        world = lane.world
        orders_story.furnish(world)
        orders_story.first_round(world)
        lane.do(do_steps, lane.site, orders_story.first_steps("0"), {})
        lane.do(cycles_until_quiet, lane.site, "1-")
        world.check_invariants()
        orders_story.second_round(world)
        stage = cls([lane], list(STEPS))
        mails = taken(world)
        stage.record(folder)
        stage.boxes = [mails] * len(STEPS)  # only the last step sends any
        stage.mailed = mailed(world)
        lane.do(cycles_until_quiet, lane.site, "quiet")
        world.check_invariants()
        stage.expected = outcome(world)
        return stage

    def restore(self, lane: Lane, number: int) -> None:
        """The lane's world and mailbox as they were before the step."""
        super().restore(lane, number)
        mailbox(lane.world).write_text("".join(f"{one}\n" for one in self.boxes[number]), encoding="utf-8")

    def left(self, lane: Lane) -> str:
        """Also outside the databases: whether the mail was taken before or after the worker died."""
        return f"{super().left(lane)} {sorted(taken(lane.world).items())}"

    def reached(self, lane: Lane, number: int) -> str:
        """Of mails every one is looked at here; nothing that follows depends on which of them is the doubtful one."""
        if self.steps[number].kind != "mail":
            return super().reached(lane, number)
        if self.mailed:
            assert_mailed_once(mailed(lane.world), self.mailed, after="the rerun", doubts=1)
        return fingerprint(lane.world, MAIL_OUTCOME)

    def go_on(self, lane: Lane, number: int, batches: Batches) -> None:
        lane.zygote.run(finish_both, lane.site, self.steps[number + 1 :], batches).result()

    def compare(self, lane: Lane, number: int, *, after: str) -> None:
        doubts = 1 if self.steps[number].kind == "mail" else 0
        assert_same_ends(lane.world, self.expected, after=after, doubts=doubts)

    def rest(self, lane: Lane, *steps: Step, batches: Batches | None = None) -> Batches:
        """Some steps, then cycles until quiet; what the steps landed."""
        done: list[Done] = lane.zygote.run(finish_both, lane.site, list(steps), batches or {}, "rest").result()
        return done[0].batches
