"""P5, P15, P17, H6: kill -9 in every step of the shop's customers and orders, there and back, and of their mails.

Of the mails every boundary; of the steps in CLOSELY, on SQLite, every one after something became durable and a part of
the rest; of the others, and on MariaDB, a sample. With PUENTE_FAULTS_THOROUGH every boundary of every step.
"""

from __future__ import annotations

import pytest

from faults.both_ways import STEPS, BothWays, outcome
from faults.sweep import THOROUGH, durable, durable_and_some, every, sample

pytestmark = pytest.mark.timeout(900)  # the first test of a pair also records the cycle
CLOSELY = {
    ("emit", "orders", "platform"), ("deliver", "outbox", "platform"),
    ("apply", "order_lines", "erp"), ("apply", "companies", "erp"), ("apply", "order_states", "platform"),
}  # fmt: skip


@pytest.mark.parametrize("number", range(len(STEPS)), ids=[f"{s.reader}-{s.entity}-{s.kind}" for s in STEPS])
def test_a_killed_worker_leaves_no_trace(
    both_ways: BothWays, number: int, record_property: pytest.RecordProperty
) -> None:
    labels, step = both_ways.labels[number], STEPS[number]
    on_sqlite = both_ways.lanes[0].world.pair == "sqlite-sqlite"
    if THOROUGH or step.kind == "mail":
        boundaries = every(labels)
    elif (step.kind, step.entity, step.reader) in CLOSELY:
        boundaries = durable_and_some(labels, 20) if on_sqlite else sample(durable(labels), 4, number)
    else:
        boundaries = sample(durable(labels), 2 if on_sqlite else 3, number)

    tally = both_ways.sweep(number, boundaries)

    assert tally.kills == len(boundaries)
    record_property("kills", tally.kills)


def test_the_cycle_holds_what_it_is_to_disturb(both_ways: BothWays) -> None:
    """A story that became trivial would make every test above pass."""
    ends = both_ways.expected
    states = {row[0]: row[1] for row in ends["platform: orders"]}
    assert {"RECIBIDO EN ERP", "ACEPTADO", "RECHAZADO", "RECHAZADO POR EXISTENCIAS"} <= set(states.values())
    assert states["O-Tres"] == "RECIBIDO EN ERP" and states["P3"] == "RECHAZADO POR EXISTENCIAS"
    assert ends["erp: conflicts"] or ends["platform: conflicts"]
    assert ("O-Uno", "CANCELADO", "request", "PLATAFORMA") in ends["platform: history"]
    assert len(ends["mails"]) > 12 and {row[3] for row in ends["mails"]} == {"sent"}
    for kind in ("emit", "deliver", "mail", "confirm", "apply"):
        found = [labels for step, labels in zip(STEPS, both_ways.labels, strict=True) if step.kind == kind]
        assert max(map(len, found)) >= 10, kind
    assert outcome(both_ways.lanes[0].world).keys() == ends.keys()
