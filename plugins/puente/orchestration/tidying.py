"""The tasks of housekeeping."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys

from airflow.sdk import task

from puente.settings import load_settings

HOUSE_DOC = """Moves finished rows out of the inboxes; deletes what has been kept for as many years as the settings say.

Never ledger rows, decisions, orders or anything open.

**Clear it at any time**: it works in portions and goes on where it stopped.
"""
AIRFLOW_DOC = """Runs `airflow db clean` on Airflow's own metadata database: runs, tasks and XComs older than
`PUENTE_KEEP_AIRFLOW_DAYS`, and the audit log older than `PUENTE_KEEP_YEARS`. In the main link's Dag only.

**Clear it at any time**: what is gone is gone; it deletes nothing newer.
"""
# `log` is the audit log: who triggered, cleared and approved what.
_RUNS = "dag_run,task_instance,task_instance_history,task_reschedule,xcom,job,asset_event,import_error,trigger"


@task(multiple_outputs=False, doc_md=HOUSE_DOC)
def keep_house(link_id: str) -> dict[str, int]:
    """Rows and files that were deleted, by what they were."""
    from puente.nightly import housekeeping
    from puente.orchestration.connections import azure_shelf, bridge
    from puente.orchestration.runs import this_run

    with bridge(link_id) as sides:
        return housekeeping.keep_house(sides, this_run(), dt.datetime.now(dt.UTC), azure_shelf())


@task(trigger_rule="all_done", doc_md=AIRFLOW_DOC)
def clean_airflow() -> str:
    """The moment before which Airflow's own rows were deleted."""
    settings, now = load_settings(), dt.datetime.now(dt.UTC)
    moment = _clean(_RUNS, now - dt.timedelta(days=settings.keep_airflow_days))
    _clean("log", now - dt.timedelta(days=366 * settings.keep_years))
    return moment


def _clean(tables: str, before: dt.datetime) -> str:
    """No archive: it would only be a copy beside what was cleaned. CalledProcessError when a table refused."""
    moment = before.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    command = [sys.executable, "-m", "airflow", "db", "clean", "--clean-before-timestamp", moment, "--tables", tables]
    options = ["--skip-archive", "--yes", "--error-on-cleanup-failure"]
    subprocess.run([*command, *options], check=True, timeout=600, env=_environment())
    return moment


def _environment() -> dict[str, str]:
    """For the command line, which may touch the metadata database where a task may not.

    Airflow hides the address from tasks by writing over these variables; where the address is given by one of them, and
    not by airflow.cfg, a command or a secret, `PUENTE_AIRFLOW_DATABASE` has to give it.
    """
    hidden = ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW__CORE__SQL_ALCHEMY_CONN")
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in hidden or not value.startswith("airflow-db-not-allowed")
    }
    if given := environment.get("PUENTE_AIRFLOW_DATABASE"):
        environment[hidden[0]] = given
    return environment
