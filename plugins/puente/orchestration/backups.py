"""The tasks of a backup. Everything heavy is imported inside them; XCom has ids, counts and names of shelves."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from puente.contract import Side
from puente.orchestration.runs import pull, this_run

log = logging.getLogger(__name__)

LONGEST = timedelta(hours=2)
BEGIN_DOC = """Deletes what an interrupted backup left on this machine, and names the new one.

**Clear it at any time**: it begins another backup; what was dumped for the one before is deleted.
"""
DUMP_DOC = """Dumps one side into encrypted files, with the rows and a checksum of every table.

**Clear it at any time**: it dumps anew; a backup that is finished stays as it is.
"""
AIRFLOW_DOC = """Dumps Airflow's metadata database. Skipped, and the manifest says so, where its address is not known:
Airflow hides it from tasks, so `PUENTE_AIRFLOW_DATABASE` has to give it.

**Clear it at any time**: it dumps anew; a backup that is finished stays as it is.
"""
REPORTS_DOC = """Packs the link's reports.

**Clear it at any time**: it packs them anew; a backup that is finished stays as it is.
"""
SEAL_DOC = """Writes the manifest: files, sizes, SHA-256, tables, versions, both ledgers' heads; sealed and encrypted.

**Clear it at any time**: it writes it anew; a backup that is finished stays as it is.
"""
KEEP_DOC = """Puts the files on this machine's shelf (`PUENTE_BACKUPS_DIR`), reads each back; the manifest comes last.

**Clear it at any time**: a backup that is finished stays as it is.
"""
UPLOAD_DOC = """Carries the files of every backup that Azure does not have yet; usually one. What is spoilt on this
machine is left behind, and `verify` says so.

Skipped, and said so, where there is no connection `puente_azure`: the backup then lies on this machine only.

**Clear it at any time**: what counts over there already is not touched.
"""
VERIFY_DOC = """Reads every file back from Azure, decrypts it and compares it with the manifest, which is put last.
Fails, once, where an earlier backup was left behind: the others count over there all the same.

**Clear it at any time**: what counts over there already is not touched.
"""
RETENTION_DOC = """Only after success: deletes all but 6 four-hourly, 14 daily, 8 weekly and 12 monthly backups.

**Clear it at any time**: it deletes nothing more.
"""
DOCUMENT_DOC = """Writes the sealed document of this backup among the reports, whatever became of the tasks before.

**Clear it at any time**: it writes the same document again.
"""


def dump_task(side: Side, link_id: str) -> Any:
    """The dump of one side."""
    return dump.override(task_id=f"dump_{side}")(side=side, link_id=link_id)


def _backup_id() -> str:
    return str(pull("begin"))


@task(doc_md=BEGIN_DOC)
def begin(link_id: str) -> str:
    """The id of the new backup."""
    from puente.nightly import backup
    from puente.orchestration.connections import bridge

    with bridge(link_id) as sides:
        return backup.begin(sides, this_run())


@task(execution_timeout=LONGEST, multiple_outputs=False, doc_md=DUMP_DOC)
def dump(side: Side, link_id: str) -> dict[str, int]:
    """Tables and rows."""
    from puente.nightly import backup
    from puente.orchestration.connections import bridge

    with bridge(link_id) as sides:
        return _counts(backup.dump_side(sides, side, _backup_id(), this_run()))


@task(execution_timeout=LONGEST, multiple_outputs=False, doc_md=AIRFLOW_DOC)
def dump_airflow(link_id: str) -> dict[str, int]:
    """Tables and rows."""
    from puente.nightly import backup
    from puente.orchestration.connections import airflow_database, bridge

    with bridge(link_id) as sides:
        url = airflow_database(sides.settings)
        if not url:
            raise AirflowSkipException(
                "Airflow's metadata is not backed up: PUENTE_AIRFLOW_DATABASE does not say where."
            )
        return _counts(backup.dump_airflow(sides, url, _backup_id(), this_run()))


@task(trigger_rule="none_failed", doc_md=REPORTS_DOC)
def dump_reports(link_id: str) -> None:
    """Pack them."""
    from puente.nightly import backup
    from puente.orchestration.connections import bridge

    with bridge(link_id) as sides:
        backup.dump_reports(sides, _backup_id(), this_run())


@task(doc_md=SEAL_DOC)
def seal(link_id: str) -> None:
    """Write the manifest."""
    from puente.nightly import backup
    from puente.orchestration.connections import bridge

    with bridge(link_id) as sides:
        sealed = backup.seal(sides, _backup_id(), this_run())
    for remark in sealed.remarks if sealed else ():
        log.warning(remark)


@task(execution_timeout=LONGEST, multiple_outputs=False, doc_md=KEEP_DOC)
def keep(link_id: str) -> dict[str, Any]:
    """The shelf, and the bytes that were read back."""
    from dataclasses import asdict

    from puente.nightly import backup
    from puente.orchestration.connections import bridge

    with bridge(link_id) as sides:
        return asdict(backup.keep(sides, _backup_id(), this_run()))


@task(execution_timeout=LONGEST, doc_md=UPLOAD_DOC)
def upload(link_id: str) -> list[str]:
    """The ids of what was carried."""
    from puente.nightly import backup
    from puente.orchestration.connections import azure_shelf, bridge

    away = azure_shelf()
    if away is None:
        raise AirflowSkipException("There is no connection puente_azure: the backup lies on this machine only.")
    with bridge(link_id) as sides:
        return backup.upload(sides, away, this_run())


@task(execution_timeout=LONGEST, multiple_outputs=False, doc_md=VERIFY_DOC)
def verify(link_id: str) -> dict[str, int]:
    """Bytes read back, by backup."""
    from puente.nightly import backup
    from puente.orchestration.connections import azure_shelf, bridge

    away = azure_shelf()
    if away is None:
        raise AirflowSkipException("There is no connection puente_azure any more.")
    with bridge(link_id) as sides:
        return {one.backup_id: one.size for one in backup.verify(sides, away, this_run())}


@task(trigger_rule="none_failed_min_one_success", multiple_outputs=False, doc_md=RETENTION_DOC)
def retention(link_id: str) -> dict[str, list[str]]:
    """What was deleted, by shelf."""
    from puente.nightly import backup
    from puente.nightly.shelf import local_shelf
    from puente.orchestration.connections import azure_shelf, bridge

    away, done = azure_shelf(), {}
    with bridge(link_id) as sides:
        if away is not None:
            done[away.name] = backup.thin_out(sides, away, _backup_id(), this_run(), last=False).deleted
        here = local_shelf(sides.settings)
        done[here.name] = backup.thin_out(sides, here, _backup_id(), this_run()).deleted
    return {name: list(deleted) for name, deleted in done.items()}


@task(trigger_rule="all_done", doc_md=DOCUMENT_DOC)
def document(link_id: str) -> str:
    """The path of the document."""
    from puente.nightly import backup_report
    from puente.orchestration.connections import azure_shelf, bridge

    ti: Any = get_current_context()["ti"]
    backup_id = pull("begin")
    if not backup_id:
        raise AirflowSkipException("No backup was begun.")
    away = azure_shelf()
    verified = ti.get_task_states(dag_id=ti.dag_id, task_ids=["verify"], run_ids=[ti.run_id])[ti.run_id].get("verify")
    with bridge(link_id) as sides:
        there = None if away is None else verified == "success" or _counts_there(away, link_id, backup_id)
        return str(backup_report.write_report(sides, backup_id, this_run().run_id, away, there))


def _counts_there(away: Any, link_id: str, backup_id: str) -> bool:
    """Whether it counts in Azure though `verify` failed: that may have been for another one."""
    from puente.errors import PuenteError
    from puente.nightly.shelf import complete

    try:
        return backup_id in complete(away, link_id)
    except PuenteError:
        return False


def _counts(part: Any) -> dict[str, int]:
    if part is None:
        return {}
    return {"tables": len(part.tables), "rows": sum(table["rows"] for table in part.tables.values())}
