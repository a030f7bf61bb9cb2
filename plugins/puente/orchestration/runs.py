"""The Airflow run as the library sees it, and the task that ends every Dag."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from puente.orchestration.defaults import NEEDS_A_PERSON

if TYPE_CHECKING:
    from puente.sync.route import Run

log = logging.getLogger(__name__)


def this_run() -> Run:
    """Who does the work: the run and task that Airflow is executing."""
    from puente.sync.route import Run

    ti = get_current_context()["ti"]
    return Run(ti.run_id, ti.task_id, ti.try_number)


def pull(task_id: str) -> Any:
    """What a task of this run returned, None when it failed or was skipped."""
    ti: Any = get_current_context()["ti"]
    return ti.xcom_pull(task_ids=task_id)


def each(entities: Iterable[str], step: Callable[[str], Any]) -> dict[str, Any]:
    """Do `step` for every entity: one entity's failure does not stop the next. Results by entity.

    With failures the first is raised at the end, one that a retry may cure before one that it cannot.
    """
    results: dict[str, Any] = {}
    failures: list[Exception] = []
    for entity in entities:
        try:
            results[entity] = step(entity)
        except Exception as failure:
            log.exception("%s failed; the other entities go on", entity)
            failures.append(failure)
    if failures:
        raise min(failures, key=lambda failure: type(failure).__name__ in NEEDS_A_PERSON)
    return results


REPORT_FAILURES_DOC = """Fails the run when any task of it failed, and only then; the log names them.

**Clear it at any time**: it looks at the states of the other tasks and writes nothing.
"""


@task(trigger_rule="all_done", retries=0, on_failure_callback=[], doc_md=REPORT_FAILURES_DOC)
def report_failures() -> None:
    """The sequence is order without dependence, so the last task says how the run ended."""
    ti: Any = get_current_context()["ti"]
    states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id])[ti.run_id]
    failed = sorted(task_id for task_id, state in states.items() if state == "failed")
    blocked = sorted(task_id for task_id, state in states.items() if state == "upstream_failed")
    if failed or blocked:
        after = f"; not reached because of that: {', '.join(blocked)}" if blocked else ""
        raise AirflowFailException(f"Failed: {', '.join(failed) or 'none'}{after}.")
