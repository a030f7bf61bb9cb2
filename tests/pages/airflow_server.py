"""A real Airflow api-server with the FAB auth manager, users of every role and the Dags: python airflow_server.py

Runs with the environment of the place that it serves, and becomes the server in the end. Before that it writes the
pages' routes to `routes.json` in Airflow's home, for the test that walks them all.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"  # before Airflow is imported: where connections are looked up
HOME = Path(os.environ["AIRFLOW_HOME"])
PASSWORD = "{name}-has-a-password"
ROLES = {"nobody": "Public", "viewer": "Viewer", "auditor": "Auditor", "user": "User", "op": "Op"}


def make_users() -> None:
    """One user per role, and the auditors' role: they read, and trigger nothing."""
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    from puente.orchestration.roles import make_auditor

    with get_application_builder() as builder:
        security = builder.sm
        make_auditor(security)
        assert make_auditor(security) == ([], []), "made again, it is as it was"
        edits = security.create_permission("can_create", "DAG Runs")
        security.add_permission_to_role(security.find_role("Auditor"), edits)
        assert make_auditor(security) == ([], ["can_create on DAG Runs"]), "what somebody added is taken away"
        for name, role in ROLES.items():
            made = security.add_user(
                name, name, "Test", f"{name}@example.mx", security.find_role(role), password=PASSWORD.format(name=name)
            )
            assert made, f"no user {name}"


def note_dags() -> None:
    """Every Dag as the processor would note it."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db
    from airflow.utils.session import create_session

    links = os.environ.pop("PUENTE_LINKS")  # one link's are enough
    manager = DagBundlesManager()
    with create_session() as session:
        manager.sync_bundles_to_db(session=session)
        session.commit()
        for bundle in manager.get_all_dag_bundles():
            bundle.initialize()
            bag = BundleDagBag(bundle.path, bundle_path=bundle.path, bundle_name=bundle.name)
            assert not bag.import_errors, bag.import_errors
            sync_bag_to_db(bag, bundle.name, bundle_version=None, session=session)
    os.environ["PUENTE_LINKS"] = links


def note_runs() -> None:
    """A task that failed an hour ago, and a question that waits for its answer."""
    import datetime as dt

    from airflow.models.dag_version import DagVersion
    from airflow.models.dagrun import DagRun
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from airflow.sdk.definitions.dag import DAG  # noqa: F401  (Airflow's models need it to be imported)
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunTriggeredByType, DagRunType

    now = dt.datetime.now(dt.UTC)
    with create_session() as session:
        for dag_id, task_id, state in (
            ("erp_to_platform", "", "failed"),
            ("full_inventory", "approve", "awaiting_input"),
        ):
            version = DagVersion.get_latest_version(dag_id, session=session)
            serialized = version.serialized_dag.dag
            task = next(task for task in serialized.tasks if task_id in task.task_id)
            run = DagRun(
                dag_id=dag_id, run_id=f"manual__{state}", run_type=DagRunType.MANUAL, logical_date=now, run_after=now,
                state=DagRunState.RUNNING, triggered_by=DagRunTriggeredByType.TEST, start_date=now,
            )  # fmt: skip
            session.add(run)
            session.flush()
            instance = TaskInstance(task, run_id=run.run_id, state=state, dag_version_id=version.id)
            instance.start_date = instance.end_date = now - dt.timedelta(hours=1)
            session.add(instance)
            session.flush()
            if state == "awaiting_input":
                session.add(
                    HITLDetail(
                        ti_id=instance.id,
                        options=["Approve", "Reject"],
                        subject="¿<b>Reparar</b> 40 productos?",
                        defaults=["Reject"],
                        params={},
                    )  # fmt: skip
                )


def note_routes() -> None:
    """Method and path of every route of the pages."""
    from puente.monitor.app import create_app

    routes: list[Any] = create_app().routes
    found = sorted((method, route.path) for route in routes for method in (route.methods or ()) if method != "HEAD")
    (HOME / "routes.json").write_text(json.dumps(found), encoding="utf-8")


def main() -> None:
    from airflow.utils.db import initdb

    for step in (initdb, make_users, note_dags, note_runs, note_routes):
        started = time.monotonic()
        step()
        print(f"{step.__name__}: {time.monotonic() - started:.1f} s", flush=True)
    from airflow.__main__ import main as airflow

    sys.argv = ["airflow", "api-server"]
    airflow()


if __name__ == "__main__":
    main()
