"""P5, H6: kill -9 at every boundary of every step of every entity; the task's next try and the rest follow.

On SQLite every boundary after something became durable, and a part of the others: the database itself undoes a
transaction whose client died, wherever in it that was. On the other pairs a part of the durable ones. With
PUENTE_FAULTS_THOROUGH every boundary.
"""

from __future__ import annotations

import pytest

from faults.jobs import captures, carriage
from faults.sweep import THOROUGH, Stage, durable, durable_and_some, every, sample

STEPS = [*captures("c2"), *carriage("r2")]


@pytest.mark.parametrize("number", range(len(STEPS)), ids=[f"{s.entity}-{s.kind}" for s in STEPS])
def test_a_killed_worker_leaves_no_trace(stage: Stage, number: int, record_property: pytest.RecordProperty) -> None:
    labels = stage.labels[number]
    if not labels:
        assert (STEPS[number].entity, STEPS[number].kind) in {("order_states", "apply"), ("order_states", "delete")}
        return  # nothing happens there yet, so there is nowhere to die
    match stage.lanes[0].world.pair:
        case _ if THOROUGH:
            boundaries = every(labels)
        case "sqlite-sqlite":
            boundaries = durable_and_some(labels, 15)
        case pair:
            boundaries = sample(durable(labels), 3 if pair == "mariadb-mariadb" else 8, number)

    tally = stage.sweep(number, boundaries)

    assert tally.kills == len(boundaries)
    record_property("kills", tally.kills)


def test_the_sweep_is_as_wide_as_it_says(stage: Stage) -> None:
    """A hook that no longer counts would make every test above pass."""
    by_kind: dict[str, int] = {}
    for step, labels in zip(stage.steps, stage.labels, strict=True):
        by_kind[step.kind] = by_kind.get(step.kind, 0) + len(labels)
    least = {"capture": 300, "receive": 300, "clear": 300, "validate": 500, "apply": 250, "delete": 150, "settle": 100}
    assert all(by_kind[kind] >= count for kind, count in least.items()), by_kind
    labels = [label for each in stage.labels for label in each]
    assert any(label.startswith("before the file") for label in labels)
    if stage.lanes[0].world.platform.dialect == "mysql":
        assert any("LOAD DATA" in label for label in labels)
        assert "before connectorx" in labels
