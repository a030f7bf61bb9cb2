"""What Airflow's own database knows of a link's Dags: next runs, what failed, what waits for an answer."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from airflow.api_fastapi.app import get_auth_manager
from airflow.models.dag import DagModel, DagTag
from airflow.models.dagrun import DagRun
from airflow.models.hitl import HITLDetail
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from puente.monitor.access import Visit
from puente.orchestration.links import MAIN

SHOWN = 5  # failures by name; the rest are a number


@dataclass(frozen=True)
class Planned:
    """A Dag's next run by its timetable, None where it has none, and how its last one ended."""

    dag_id: str
    name: str  # without the link
    paused: bool
    next_at: dt.datetime | None
    last_at: dt.datetime | None
    last_state: str | None
    last_run: str | None


@dataclass(frozen=True)
class TaskSeen:
    """One task that failed, or that waits for a person's answer."""

    dag_id: str
    name: str
    run_id: str
    task_id: str
    map_index: int
    at: dt.datetime | None
    subject: str = ""


@dataclass(frozen=True)
class Dags:
    """Everything at one moment, of the Dags that the visitor may read."""

    planned: list[Planned]
    failures: list[TaskSeen]  # the newest of them
    failures_in_all: int
    approvals: list[TaskSeen]


def look(visit: Visit, now: dt.datetime) -> Dags:
    """The link's Dags."""
    with create_session() as session:
        names = _names(visit, session)
        failed = (
            TaskInstance.dag_id.in_(names), TaskInstance.state == "failed",
            TaskInstance.end_date >= now - dt.timedelta(hours=24),
        )  # fmt: skip
        count = session.scalar(select(func.count()).select_from(TaskInstance).where(*failed)) or 0
        newest = select(TaskInstance).where(*failed).order_by(TaskInstance.end_date.desc()).limit(SHOWN)
        waiting = (
            select(TaskInstance, HITLDetail.subject, HITLDetail.created_at)
            .join(HITLDetail, HITLDetail.ti_id == TaskInstance.id)
            .where(TaskInstance.dag_id.in_(names), HITLDetail.responded_at.is_(None))
            .where(TaskInstance.state.in_(("awaiting_input", "deferred", "running")))
            .order_by(HITLDetail.created_at)
        )
        return Dags(
            _planned(session, names),
            [_seen(names, ti, ti.end_date) for ti in session.scalars(newest)],
            int(count),
            [_seen(names, ti, at, subject) for ti, subject, at in session.execute(waiting)],
        )


def _names(visit: Visit, session: Session) -> dict[str, str]:
    """The link's Dags that the visitor may read: id → name without the link."""
    end = "" if visit.link.link_id == MAIN else f"__{visit.link.link_id}"
    ours = session.scalars(
        select(DagModel.dag_id)
        .join(DagTag, DagTag.dag_id == DagModel.dag_id)
        .where(DagTag.name == "puente", ~DagModel.is_stale)
    )
    readable = get_auth_manager().get_authorized_dag_ids(user=visit.user, method="GET", session=session)
    of_link = [dag for dag in ours if dag in readable and (dag.endswith(end) if end else "__" not in dag)]
    return {dag: dag.removesuffix(end) for dag in sorted(of_link)}


def _planned(session: Session, names: dict[str, str]) -> list[Planned]:
    """By the next run, those without one last."""
    newest = select(DagRun.dag_id, func.max(DagRun.id).label("id")).where(DagRun.dag_id.in_(names))
    last = newest.group_by(DagRun.dag_id).subquery()
    runs = {run.dag_id: run for run in session.scalars(select(DagRun).join(last, last.c.id == DagRun.id))}
    found = []
    for dag in session.scalars(select(DagModel).where(DagModel.dag_id.in_(names))):
        run = runs.get(dag.dag_id)
        found.append(
            Planned(
                dag.dag_id,
                names[dag.dag_id],
                bool(dag.is_paused),
                dag.next_dagrun_create_after,
                run and (run.end_date or run.start_date),
                run and str(run.state),
                run and run.run_id,
            )  # fmt: skip
        )
    return sorted(found, key=lambda one: (one.next_at is None, one.next_at, one.name))


def _seen(names: dict[str, str], ti: TaskInstance, at: dt.datetime | None, subject: str = "") -> TaskSeen:
    return TaskSeen(ti.dag_id, names[ti.dag_id], ti.run_id, ti.task_id, ti.map_index, at, subject)


def when_next(dag_id: str) -> tuple[bool, dt.datetime | None]:
    """Whether a Dag is paused, and its next run by its timetable; (False, None) for one that Airflow does not know."""
    with create_session() as session:
        dag = session.get(DagModel, dag_id)
        return (bool(dag.is_paused), dag.next_dagrun_create_after) if dag else (False, None)
