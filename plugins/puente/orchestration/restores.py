"""The tasks of a restore and of the drill. Everything heavy is imported inside them; XCom has ids and counts."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from puente.contract import Side
from puente.orchestration.runs import pull, this_run

log = logging.getLogger(__name__)

LONGEST = timedelta(hours=2)  # what was promised for a whole restore
STOP_DOC = """Checks the parameters, pauses the link on both sides, and waits until no worker is at anything any more.

**Clear it at any time**: the link is paused once more; nothing else changes.
"""
LOAD_DOC = """Restores one side into `<name>_restored`, beside the one in use, and proves it against the manifest.

Skipped for a side that was not asked for. The link is paused in the copy too.

**Clear it at any time**: what an earlier try left in the copy is dropped, and it is loaded anew.
"""
SWAP_DOC = """Puts the copies in their places; what they replace is kept as `<name>_before`.

**Clear it at any time**: an exchange that was interrupted is finished; one that is done is not done again.
"""
FOLLOW_DOC = """What follows: numbers count on, a new incarnation, archived batches landed again, orders emitted again.

**Clear it at any time**: nothing is renewed, landed or emitted twice under this run.
"""
BACK_DOC = """Runs only when the exchange or what follows it failed: everything comes back to where it was before.

**Clear it at any time**: what is back already stays.
"""
REPORT_DOC = """Writes the sealed report and its page: what came back, what people have to see to, how long it took.

**Clear it at any time**: it writes the same report again.
"""
CHOOSE_DOC = """Picks any of the finished backups in Azure (or here, where there is none), or the one that is named.

**Clear it at any time**: it picks again.
"""
DRILL_LOAD_DOC = """Restores one side of the backup into `<name>_drill`, with the escrowed key, and compares it. That it
cannot be opened goes into the report.

**Clear it at any time**: what an earlier try left in the scratch database is dropped, and it is loaded anew.
"""
DRILL_COMPARE_DOC = """The full inventory between the two restored sides. Nothing is repaired.

**Clear it at any time**: it compares anew.
"""
MAKE_ROOM_DOC = """Drops what an earlier drill may have left, and so makes room for the scratch databases.

**Clear it at any time**: there is nothing in them that anybody needs.
"""
DROP_DOC = """Drops the scratch databases, whatever became of the tasks before.

**Clear it at any time**: what is dropped stays dropped.
"""
DRILL_REPORT_DOC = """Writes the sealed report and its page, whatever became of the tasks before, and fails when the
backup did not pass.

**Clear it at any time**: it writes the same report again.
"""


def _asked() -> tuple[list[Side], str]:
    """The sides and the backup that the run's parameters name."""
    params: Any = get_current_context()["params"]
    every: list[Side] = ["erp", "platform"]
    return [side for side in every if params["side"] in (side, "both")], str(params["backup_id"])


def _id() -> str:
    return this_run().run_id


# ---------------------------------------------------------------- the restore
@task(doc_md=STOP_DOC)
def stop(link_id: str) -> str:
    """When the work began; UTC, ISO 8601."""
    from puente.nightly import loading, restore
    from puente.orchestration.connections import bridge
    from puente.sync.route import utc_now

    sides, backup_id = _asked()
    if get_current_context()["params"]["confirm"] != link_id:
        raise AirflowFailException(f"Nothing was done: to restore, `confirm` has to say the link's name, {link_id}.")
    with bridge(link_id) as opened:
        loading.open_source(opened.settings, link_id, backup_id)
        restore.begin(opened, sides, _id())
    return utc_now()


def load_task(side: Side, link_id: str) -> Any:
    """The restore of one side beside the one in use."""
    return load.override(task_id=f"load_{side}")(side, link_id)


@task(execution_timeout=LONGEST, doc_md=LOAD_DOC)
def load(side: Side, link_id: str) -> None:
    """Load and prove one side."""
    from puente.nightly import loading, restore
    from puente.orchestration.connections import bridge

    sides, backup_id = _asked()
    if side not in sides:
        raise AirflowSkipException(f"The {side} was not asked for.")
    with bridge(link_id) as opened:
        source = loading.open_source(opened.settings, link_id, backup_id)
        restore.load_beside(opened, side, source, _id())


@task(trigger_rule="none_failed_min_one_success", doc_md=SWAP_DOC)
def swap(link_id: str) -> None:
    """Exchange the databases."""
    from puente.nightly import restore
    from puente.orchestration.connections import bridge

    with bridge(link_id) as opened:
        restore.put_in_place(opened, _asked()[0])


@task(execution_timeout=LONGEST, multiple_outputs=False, doc_md=FOLLOW_DOC)
def follow_up(link_id: str) -> list[dict[str, Any]]:
    """What was done about each side; counts, order numbers and keys."""
    from puente.nightly import loading, restore
    from puente.orchestration.connections import bridge

    sides, backup_id = _asked()
    with bridge(link_id) as opened:
        source = loading.open_source(opened.settings, link_id, backup_id)
        return [one.as_dict() for one in restore.complete(opened, sides, source, _id())]


@task(trigger_rule="one_failed", doc_md=BACK_DOC)
def take_back(link_id: str) -> None:
    """Undo the exchange."""
    from puente.nightly import restore
    from puente.orchestration.connections import bridge

    with bridge(link_id) as opened:
        if paused := restore.undo(opened, _asked()[0], _id()):
            log.error("Still paused: %s. When all is well: `python -m puente resume --link …`", ", ".join(paused))


@task(doc_md=REPORT_DOC)
def report(link_id: str) -> str:
    """The path of the report."""
    from puente.nightly import loading, restore, restore_report
    from puente.orchestration.connections import bridge

    with bridge(link_id) as opened:
        source = loading.open_source(opened.settings, link_id, _asked()[1])
        body = restore.report_body(opened, source, _id(), pull("stop"), pull("follow_up"))
        return str(restore_report.write_report(opened.settings, body))


# ---------------------------------------------------------------- the drill
@task(doc_md=MAKE_ROOM_DOC)
def make_room(link_id: str) -> None:
    """The set-up of the scratch databases."""
    from puente.nightly import drill
    from puente.orchestration.connections import bridge

    with bridge(link_id) as opened:
        drill.drop_copies(opened)


@task(doc_md=CHOOSE_DOC)
def choose(link_id: str) -> str:
    """The id of a backup."""
    from puente.nightly import drill, loading
    from puente.orchestration.connections import azure_shelf
    from puente.settings import load_settings

    params: Any = get_current_context()["params"]
    return str(params["backup_id"] or drill.choose(loading.eligible(load_settings(), link_id, azure_shelf())))


def rehearse_task(side: Side, link_id: str, backup_id: Any) -> Any:
    """The rehearsal of one side."""
    return rehearse.override(task_id=f"rehearse_{side}")(side, link_id, backup_id)


@task(execution_timeout=LONGEST, multiple_outputs=False, doc_md=DRILL_LOAD_DOC)
def rehearse(side: Side, link_id: str, backup_id: str) -> dict[str, Any]:
    """What of the manifest the copy lacks, and the seconds that loading it took."""
    from puente.nightly import drill, loading
    from puente.orchestration.connections import azure_shelf, bridge

    with bridge(link_id) as opened:
        return drill.load(opened, side, loading.named(opened.settings, link_id, backup_id, azure_shelf()))


@task(multiple_outputs=False, doc_md=DRILL_COMPARE_DOC)
def compare(link_id: str, loaded: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Counts by entity; none where a side could not be loaded."""
    from puente.nightly import drill
    from puente.orchestration.connections import bridge

    with bridge(link_id) as opened:
        return drill.compare_copies(opened, _id(), loaded)


@task(doc_md=DROP_DOC)
def drop(link_id: str) -> None:
    """The teardown of the scratch databases."""
    from puente.nightly import drill
    from puente.orchestration.connections import bridge

    with bridge(link_id) as opened:
        drill.drop_copies(opened)


@task(trigger_rule="all_done", doc_md=DRILL_REPORT_DOC)
def drill_report(
    link_id: str, backup_id: str | None, loaded: list[dict[str, Any] | None], compared: list[dict[str, Any]] | None
) -> str:
    """The path of the report. AirflowFailException when the backup did not pass, or none was chosen."""
    from puente.nightly import drill, loading, restore_report
    from puente.orchestration.connections import azure_shelf, bridge

    if backup_id is None:
        raise AirflowFailException("There was no backup to rehearse with, so there is nothing to report.")
    with bridge(link_id) as opened:
        source = loading.named(opened.settings, link_id, backup_id, azure_shelf())
        body = drill.report_body(opened, source, _id(), [one for one in loaded if one], compared)
        path = restore_report.write_report(opened.settings, body)
    if body["verdict"] == "failed":
        raise AirflowFailException(f"The backup {backup_id} did not pass: {'; '.join(body['problems'][:5])}. {path}")
    return str(path)
