"""The tasks of a capture Dag: one per entity, then the news for the reader."""

from __future__ import annotations

from typing import Any

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowSkipException

from puente.orchestration.assets import erp_captured
from puente.orchestration.runs import pull, this_run

CAPTURE_DOC = """Reads the profile's SELECT once and inserts one queue row per change since the last capture.

The queue rows and the fingerprints are one transaction. Skipped where the profile leaves the queue to the ERP's own
software or to nobody. Fails without a retry when so much vanished or turned 0 that an accident is likelier.

**Clear it at any time**: it captures what has changed since; a change that was captured is not sent twice.
"""
ANNOUNCE_DOC = """Emits the Asset that wakes the reader, when this run inserted anything; otherwise it is skipped.

**Clear it at any time**: the reader is woken once more and finds what there is, or nothing.
"""


def capture_task(entity: str, link_id: str) -> Any:
    """The capture of one entity. It starts whatever became of the entity before it."""
    return capture.override(task_id=f"capture_{entity}")(entity=entity, link_id=link_id)


@task(trigger_rule="all_done", multiple_outputs=False, doc_md=CAPTURE_DOC)
def capture(entity: str, link_id: str) -> dict[str, int]:
    """Records read, sent, deleted, unchanged and unfit for the queue."""
    from puente.orchestration.connections import bridge
    from puente.sync import capture as step

    with bridge(link_id) as sides:
        captured = step.capture(sides, entity, this_run())
    if captured is None:
        raise AirflowSkipException(f"The profile does not capture {entity}: vendor or off.")
    return {
        "read": captured.read,
        "upserts": captured.upserts,
        "deletes": captured.deletes,
        "unchanged": captured.unchanged,
        "unfit": captured.unfit,
    }


def announce_changes(entities: tuple[str, ...], link_id: str) -> Any:
    """The task that emits `erp_captured` when the captures of these entities inserted anything."""
    return announce.override(task_id="announce_changes", outlets=[erp_captured(link_id)])(entities=list(entities))


@task(trigger_rule="all_done", doc_md=ANNOUNCE_DOC)
def announce(entities: list[str]) -> int:
    """Queue rows that this run inserted."""
    counts = [pull(f"capture_{entity}") for entity in entities]
    inserted = sum(count["upserts"] + count["deletes"] for count in counts if count)
    if not inserted:
        raise AirflowSkipException("Nothing changed in the ERP.")
    return inserted
