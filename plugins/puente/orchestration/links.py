"""One Dag per link and kind of work, from `config/links.yaml`: a branch office is an entry there, not code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import DAG, Asset, AssetOrTimeSchedule, CronTriggerTimetable

from puente.orchestration.defaults import DEFAULT_ARGS
from puente.settings import Link, load_settings

MAIN = "main"
WAITING_AT_ONCE = 64  # runs that wait for a person


def links() -> Iterator[Link]:
    """Every link, in the order of the file."""
    yield from load_settings().links.values()


def dag_id(name: str, link_id: str) -> str:
    """What the Dag `name` of a link is called."""
    return name if link_id == MAIN else f"{name}__{link_id}"


def of_dag(dag: str) -> tuple[str, str]:
    """Name and link of a Dag's id: what `dag_id` joined."""
    name, _, link_id = dag.partition("__")
    return name, link_id or MAIN


def link_dag(
    name: str,
    link: Link,
    *,
    doc: str | None,
    description: str,
    tags: list[str],
    woken_by: Iterable[Asset] = (),
    at: str | None = None,
    on_demand: bool = False,
    alone: bool = False,
    params: dict[str, Any] | None = None,
) -> DAG:
    """The Dag `name` of the main link, `name__<link>` of any other: on the link's timetable, and woken by assets.

    `at` is a cron expression in the link's own time zone, for what has its hour; else `every` of the link, in UTC.
    One run at a time, no catch-up. `on_demand`: no timetable; it is triggered, and each run waits for a person of its
    own, so that several may, unless `alone`.
    """
    timetable = CronTriggerTimetable(at or link.every, timezone=link.timezone if at else "UTC")
    assets = list(woken_by)
    schedule: Any = AssetOrTimeSchedule(timetable=timetable, assets=assets) if assets else timetable
    if on_demand:
        schedule = None
    return DAG(
        dag_id=dag_id(name, link.link_id),
        description=description,
        doc_md=doc,
        schedule=schedule,
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=WAITING_AT_ONCE if on_demand and not alone else 1,
        params=params,
        default_args=DEFAULT_ARGS,
        tags=["puente", *tags, *([] if link.link_id == MAIN else [link.link_id])],
    )
