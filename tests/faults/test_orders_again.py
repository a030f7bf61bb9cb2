"""P5, P6, P7: tasks of the shop's direction that are cleared again, that meet, or that are overtaken and wake up."""

from __future__ import annotations

import os
import signal
import time

import pytest

from faults.both_ways import STEPS, BothWays, assert_same_ends, cycles_until_quiet, outcome
from faults.jobs import Done, Fault, do_steps
from faults.sabotage import race
from faults.state import expire_leases

pytestmark = pytest.mark.timeout(900)  # the first test of a pair also records the cycle
FENCED = {"LeaseHeld", "StaleWorker", "KeyError"}


def test_every_task_is_cleared_again(both_ways: BothWays) -> None:
    lane = both_ways.lanes[0]
    both_ways.restore(lane, 0)
    batches = both_ways.rest(lane, *STEPS)
    assert_same_ends(lane.world, both_ways.expected, after="the cycle once more")
    before = outcome(lane.world)

    both_ways.rest(lane, *STEPS, *reversed(STEPS), batches=batches)

    assert outcome(lane.world) == before


def test_two_cycles_at_once(both_ways: BothWays) -> None:
    """Two tries of the same tasks at the same moment; each of them is done by one, and fenced off for the other."""
    lane = both_ways.lanes[0]
    both_ways.restore(lane, 0)
    at = time.monotonic() + 0.3
    pids = [lane.zygote.start(race, lane.site, STEPS, {}, at) for _ in range(2)]
    for done in [lane.zygote.wait(pid).result() for pid in pids]:
        wrong = {step: error for step, error in done.errors.items() if error.split(":")[0] not in FENCED}
        assert wrong == {}
    lane.zygote.run(cycles_until_quiet, lane.site, "rest").result()
    ends = outcome(lane.world)
    assert max(ends["taken"].values()) == 1
    for part in ("pedido: erp", "pedido_linea: erp", "cliente: erp", "companies: shop", "order_headers: shop"):
        assert ends[part] == both_ways.expected[part], part
    lane.world.check_invariants()


@pytest.mark.parametrize(("kind", "entity"), [("emit", "orders"), ("deliver", "outbox"), ("apply", "order_lines")])
def test_a_stale_worker_cannot_write(both_ways: BothWays, kind: str, entity: str) -> None:
    """Stopped between two of its transactions, its lease runs out, others do everything, then it wakes up."""
    number = next(n for n, step in enumerate(STEPS) if (step.kind, step.entity) == (kind, entity))
    lane, labels = both_ways.lanes[0], both_ways.labels[number]
    writes = [n for n, label in enumerate(labels, 1) if "UPDATE puente_lease SET work_id" in label]
    # between two transactions, the next of which writes under the lease without a look first at what is left to do
    between = [n for n in (_begins(labels, write) for write in writes) if labels[n - 2] == "after COMMIT"]
    both_ways.restore(lane, number)
    fault = Fault("stop", between[len(between) // 2])
    pid = lane.zygote.start(do_steps, lane.site, [STEPS[number]], both_ways.batches[number], fault)
    assert lane.zygote.wait(pid, stopped=True).code is None
    try:
        expire_leases(lane.world)
        others: list[Done] = lane.zygote.run(cycles_until_quiet, lane.site, "others").result()
        before = outcome(lane.world)
    finally:
        os.kill(pid, signal.SIGCONT)
        ended = lane.zygote.wait(pid)
    assert [done.errors for done in others if done.errors] == []
    assert ended.error == "StaleWorker", ended
    assert outcome(lane.world) == before


def _begins(labels: list[str], number: int) -> int:
    """The boundary before the transaction whose first statement is `number`; on MariaDB it begins with that."""
    return number - 1 if labels[number - 2].startswith("before BEGIN") else number
