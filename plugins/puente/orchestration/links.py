"""One Dag per link and kind of work, from `config/links.yaml`: a branch office is an entry there, not code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import DAG, Asset, AssetOrTimeSchedule, CronTriggerTimetable

from puente.orchestration.defaults import DEFAULT_ARGS
from puente.settings import Link, load_settings

MAIN = "main"


def links() -> Iterator[Link]:
    """Every link, in the order of the file."""
    yield from load_settings().links.values()


def link_dag(
    name: str,
    link: Link,
    *,
    doc: str | None,
    description: str,
    tags: list[str],
    woken_by: Iterable[Asset] = (),
    at: str | None = None,
    params: dict[str, Any] | None = None,
) -> DAG:
    """The Dag `name` of the main link, `name__<link>` of any other: on the link's timetable, and woken by assets.

    `at` is a cron expression in the link's own time zone, for what has its hour; else `every` of the link, in UTC.
    One run at a time, no catch-up.
    """
    timetable = CronTriggerTimetable(at or link.every, timezone=link.timezone if at else "UTC")
    assets = list(woken_by)
    schedule: Any = AssetOrTimeSchedule(timetable=timetable, assets=assets) if assets else timetable
    return DAG(
        dag_id=name if link.link_id == MAIN else f"{name}__{link.link_id}",
        description=description,
        doc_md=doc,
        schedule=schedule,
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        params=params,
        default_args=DEFAULT_ARGS,
        tags=["puente", *tags, *([] if link.link_id == MAIN else [link.link_id])],
    )
