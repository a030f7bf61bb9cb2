"""Airflow in a process of its own, with the demo's settings: one JSON request a line in, one JSON answer a line out.

Apart from the tests' process, because Airflow configures logging, warnings and a database at import; and one for all
tests, because it takes seconds to start.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

DAGS = Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
HEAVY = ("pandas", "great_expectations", "pyarrow", "numpy", "pymysql", "puente.db", "puente.quality", "puente.sync")


def describe() -> dict[str, Any]:
    """Every Dag as it was parsed, without a metadata database and without connections."""
    from airflow.dag_processing.dagbag import DagBag

    before = set(sys.modules)
    bag = DagBag(str(DAGS))
    loaded = {name for name in set(sys.modules) - before if name.startswith(HEAVY)}
    return {
        "errors": bag.import_errors,
        "loaded": sorted(loaded),
        "seconds": {Path(stat.file).name: stat.duration.total_seconds() for stat in bag.dagbag_stats},
        "dags": {dag_id: _dag(dag) for dag_id, dag in bag.dags.items()},
    }


def _dag(dag: Any) -> dict[str, Any]:
    return {
        "doc": dag.doc_md or "",
        "tags": sorted(dag.tags),
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "timetable": type(dag.timetable).__name__,
        "file": Path(dag.fileloc).name,
        "tasks": {task.task_id: _task(task) for task in dag.tasks},
    }


def _task(task: Any) -> dict[str, Any]:
    return {
        "doc": task.doc_md or "",
        "owner": task.owner,
        "upstream": sorted(task.upstream_task_ids),
        "downstream": sorted(task.downstream_task_ids),
        "before": sorted(t.task_id for t in task.get_flat_relatives(upstream=True)),
        "rule": str(task.trigger_rule.value),
        "setup": task.is_setup,
        "retries": task.retries,
        "delay": task.retry_delay.total_seconds(),
        "backoff": task.retry_exponential_backoff,
        "timeout": task.execution_timeout.total_seconds() if task.execution_timeout else None,
        "policy": bool(task.retry_policy),
        "outlets": [outlet.uri for outlet in task.outlets],
    }


def write_docs(folder: str) -> None:
    """What `python -m puente docs --to` does."""
    from puente.cli.setup import docs

    docs(Path(folder))


def decide() -> dict[str, str]:
    """What the retry policy says of each of Puente's errors."""
    from puente import errors
    from puente.orchestration.defaults import retry_policy

    named = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type)}
    return {name: retry_policy.evaluate(kind("why"), 1, 3).action.value for name, kind in named.items()}


def migrate() -> None:
    """Make the metadata database."""
    from airflow.utils.db import initdb

    initdb()


def run(dag_id: str, conf: dict[str, Any] | None = None) -> dict[str, Any]:
    """One run by `dag.test()`: its state, and of every task the state and how many tries it took."""
    from airflow.dag_processing.dagbag import DagBag

    dag = DagBag(str(DAGS / f"{dag_id}.py")).dags[dag_id]
    for task in dag.tasks:
        task.retry_delay = timedelta(0)
    finished = dag.test(run_conf=conf)
    return {
        "state": str(finished.state.value),
        "run_id": finished.run_id,
        "tasks": {
            ti.task_id: {"state": ti.state and str(ti.state), "tries": ti.try_number}
            for ti in finished.get_task_instances()
        },
        "started": {
            ti.task_id: ti.start_date.timestamp() for ti in finished.get_task_instances() if ti.state == "success"
        },
    }


def answer(dag_id: str, conf: str, option: str, quantities: str = "{}") -> dict[str, Any]:
    """One run of a Dag that waits for a person, who answers as Airflow's own screen does: what became of it."""
    asked: dict[str, Any] = {}
    person = Thread(target=_answer, args=(dag_id, option, json.loads(quantities), asked))
    person.start()
    try:
        return {**run(dag_id, json.loads(conf)), "asked": asked}
    finally:
        person.join()


def _answer(dag_id: str, option: str, quantities: dict[str, Any], asked: dict[str, Any]) -> None:
    """What the API does for `PATCH …/hitlDetails`, once the question has been asked."""
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from airflow.api_fastapi.core_api.datamodels.hitl import UpdateHITLDetailPayload
    from airflow.api_fastapi.core_api.routes.public.hitl import update_hitl_detail
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    waits = select(TaskInstance).where(TaskInstance.dag_id == dag_id, TaskInstance.state == "awaiting_input")
    for _ in range(600):
        time.sleep(0.2)
        with create_session() as session:
            ti = session.scalars(waits).first()
            if ti is None:
                continue
            detail = session.get_one(HITLDetail, ti.id)
            until = ti.trigger_timeout and ti.trigger_timeout.isoformat()
            asked |= {"subject": detail.subject, "body": detail.body, "params": detail.params, "until": until}
            payload = UpdateHITLDetailPayload(chosen_options=[option], params_input=quantities)
            person = SimpleAuthManagerUser(username="ana", role="admin")
            update_hitl_detail(dag_id, ti.run_id, ti.task_id, payload, person, session)
            return


def dag_runs(dag_id: str) -> dict[str, Any]:
    """The conf of every run of a Dag, by its name."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        runs = session.scalars(select(DagRun).where(DagRun.dag_id == dag_id))
        return {run.run_id: run.conf for run in runs}


def xcoms(run_id: str) -> list[str]:
    """Everything that the run's tasks left for each other, as text."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        return [json.dumps(value) for value in session.scalars(select(XComModel.value).filter_by(run_id=run_id))]


def cleared_with(dag_id: str, task_id: str) -> list[str]:
    """The tasks that Airflow clears when a person clears this one alone."""
    from airflow.dag_processing.dagbag import DagBag
    from airflow.serialization.serialized_objects import DagSerialization

    dag = DagBag(str(DAGS / f"{dag_id}.py")).dags[dag_id]
    scheduler_dag = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
    return sorted(scheduler_dag.partial_subset([task_id], include_downstream=False, include_upstream=False).task_ids)


def find(conn_id: str) -> str:
    """Puente's URL of a connection, outside any task, with the password hidden."""
    from puente.orchestration.connections import database_url, find_connection

    return str(database_url(find_connection(conn_id)))


def define(conn_id: str, uri: str) -> None:
    """Put a connection into the metadata database, as Airflow's own screen does."""
    from airflow.models.connection import Connection
    from airflow.utils.session import create_session

    with create_session() as session:
        session.add(Connection(conn_id=conn_id, uri=uri))


def undefine(conn_id: str) -> None:
    """Take it out again."""
    from airflow.models.connection import Connection
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    with create_session() as session:
        session.execute(delete(Connection).where(Connection.conn_id == conn_id))


def setting(name: str, value: str) -> None:
    """What an environment variable of Airflow's is from now on."""
    os.environ[name] = value


_FUNCTIONS = (
    describe, write_docs, decide, migrate, run, answer, dag_runs, xcoms, cleared_with, find, define, undefine, setting,
)  # fmt: skip
ASKED: dict[str, Callable[..., Any]] = {f.__name__: f for f in _FUNCTIONS}


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # Airflow prints to stdout
    for line in sys.stdin:
        request = json.loads(line)
        started = time.monotonic()
        try:
            answer = {"result": ASKED[request["what"]](*request["arguments"])}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}", "traceback": traceback.format_exc()}
        print(f"{request['what']} {request['arguments']}: {time.monotonic() - started:.1f} s", file=sys.stderr)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
