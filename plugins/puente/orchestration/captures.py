"""The tasks of a capture Dag: one per entity, orders and the way into the queues, then the news for the reader."""

from __future__ import annotations

from typing import Any

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowSkipException

from puente.contract import Side
from puente.orchestration.assets import captured
from puente.orchestration.runs import pull, this_run

CAPTURE_DOC = """Reads the profile's SELECT once and sends one queue row per change since the last capture.

The rows and the fingerprints are one transaction: beside the queues the rows go in at once, on the platform they go
into its outbox. Skipped where the profile leaves the entity to the side's own software or to nobody. Fails without a
retry when so much vanished or turned 0 that an accident is likelier.

**Clear it at any time**: it captures what has changed since; a change that was captured is not sent twice.
"""
CONFIRM_DOC = """Looks which orders the ERP has taken by now, and says RECIBIDO EN ERP of each, once.

Does nothing where no order waits for it.

**Clear it at any time**: an order is confirmed once; the mark and the queue row are one transaction.
"""
EMIT_DOC = """Looks at the shop's new orders: whole? customer and products known? totals right? enough stock in the ERP?

What is in order is reserved, snapshot and put into the outbox in one transaction; what is short of stock is refused
with the products and quantities; everything else waits, says why, and is looked at again in the next run.

**Clear it at any time**: an order is emitted once; a decision that was committed is not taken again.
"""
DELIVER_DOC = """Inserts what waits in the platform's outbox into the queues beside the ERP, an order whole or not.

**Clear it at any time**: an event that reached its queue is noted there, and is not inserted again.
"""
ANNOUNCE_DOC = """Emits the Asset that wakes the reader, when this run inserted anything; otherwise it is skipped.

**Clear it at any time**: the reader is woken once more and finds what there is, or nothing.
"""
INSERTED = ("upserts", "deletes")


def capture_task(entity: str, side: Side, link_id: str) -> Any:
    """The capture of one entity. It starts whatever became of the entity before it."""
    return capture.override(task_id=f"capture_{entity}")(entity=entity, side=side, link_id=link_id)


@task(trigger_rule="all_done", multiple_outputs=False, doc_md=CAPTURE_DOC)
def capture(entity: str, side: Side, link_id: str) -> dict[str, int]:
    """Records read, sent, deleted, unchanged and unfit for the queue."""
    from puente.orchestration.connections import bridge
    from puente.sync import capture as step

    with bridge(link_id) as sides:
        found = step.capture(sides, entity, this_run(), side=side)
    if found is None:
        raise AirflowSkipException(f"The profile does not capture {entity}: vendor or off.")
    return {
        "read": found.read,
        "upserts": found.upserts,
        "deletes": found.deletes,
        "unchanged": found.unchanged,
        "unfit": found.unfit,
    }


@task(trigger_rule="all_done", doc_md=CONFIRM_DOC)
def confirm_orders(link_id: str) -> int:
    """Orders that the ERP was found to have taken."""
    from puente.orchestration.connections import bridge
    from puente.orders import confirm

    with bridge(link_id) as sides:
        return confirm.confirm_orders(sides, this_run())


@task(trigger_rule="all_done", multiple_outputs=False, doc_md=EMIT_DOC)
def emit_orders(link_id: str) -> dict[str, int]:
    """Orders by what was decided of them."""
    from puente.orchestration.connections import bridge
    from puente.orders import emission

    with bridge(link_id) as sides:
        return emission.emit_orders(sides, this_run())


@task(trigger_rule="all_done", multiple_outputs=False, doc_md=DELIVER_DOC)
def deliver(link_id: str) -> dict[str, int]:
    """Queue rows inserted, by entity."""
    from puente.orchestration.connections import bridge
    from puente.sync import outbox

    with bridge(link_id) as sides:
        return outbox.deliver(sides, this_run())


def announce_changes(side: Side, link_id: str, before: list[str]) -> Any:
    """The task that wakes the reader when one of the tasks `before` inserted queue rows."""
    return announce.override(task_id="announce_changes", outlets=[captured(side, link_id)])(before=before)


@task(trigger_rule="all_done", doc_md=ANNOUNCE_DOC)
def announce(before: list[str]) -> int:
    """Queue rows that this run inserted."""
    inserted = sum(_rows(pull(task_id)) for task_id in before)
    if not inserted:
        raise AirflowSkipException("Nothing was inserted into a queue.")
    return inserted


def _rows(result: Any) -> int:
    if isinstance(result, dict):  # a capture counts what it read as well
        return sum(result[name] for name in INSERTED) if "read" in result else sum(result.values())
    return int(result or 0)
