"""Where rows travel: a link's two databases, and the way of one entity from its queue to its reader."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Table

from puente import contract
from puente.db import schema
from puente.db.connect import Database
from puente.errors import PuenteError
from puente.profiles import Profile, load_profile
from puente.settings import Link, Settings

# How run ids begin that Airflow has no run for: decisions, the archive, restores, the command line.
_NOT_AIRFLOWS = ("person:", "replay:", "restore:", "drill:", "baseline:", "cli__")


@dataclass(frozen=True)
class Run:
    """Who does the work: an Airflow run and task, or a person at the command line."""

    run_id: str
    task_id: str = "cli"
    try_number: int = 1

    @property
    def owner(self) -> str:
        """The same for every try of one task: a new try takes over from its dead predecessor at once."""
        return f"{self.run_id}/{self.task_id}"[:400]


def is_airflows(run_id: str | None) -> bool:
    """Whether a batch's run id is that of a run in Airflow, which has a page there."""
    return bool(run_id) and not str(run_id).startswith(_NOT_AIRFLOWS)


@dataclass(frozen=True)
class Bridge:
    """A link with both databases open. `queues`: where the queues are, if not in `erp`, as in a dry run of its side."""

    link: Link
    erp: Database
    platform: Database
    settings: Settings
    queues: Database | None = None

    def database(self, side: contract.Side) -> Database:
        return self.erp if side == "erp" else self.platform

    def require_two_databases(self) -> None:
        """PuenteError when both sides are one database: their control tables would mix."""
        if self.erp.same_database_as(self.platform):
            raise PuenteError(
                f"Link {self.link.link_id} names one database for both sides ({self.erp.engine.url.database}). "
                "Each side keeps its own control tables: give the platform a database of its own."
            )

    def profile(self, side: contract.Side) -> Profile:
        name = self.link.erp_profile if side == "erp" else self.link.platform_profile
        return load_profile(self.settings.profiles_dir / name, self.database(side).dialect)

    def route(self, reader: contract.Side, entity: str) -> Route:
        return Route(self, reader, contract.ENTITIES[entity])

    def routes(self, reader: contract.Side) -> list[Route]:
        """One route per entity, in the order in which `reader` must read them."""
        return [self.route(reader, entity) for entity in contract.READ_SEQUENCE[reader]]


@dataclass(frozen=True)
class Route:
    """One entity's way from the queue beside the ERP to the reader's own tables."""

    bridge: Bridge
    reader: contract.Side
    entity: contract.Entity

    @property
    def link_id(self) -> str:
        return self.bridge.link.link_id

    @property
    def settings(self) -> Settings:
        return self.bridge.settings

    @property
    def writer(self) -> contract.Side:
        return contract.writer_of(self.reader)

    @property
    def queue(self) -> contract.Queue:
        return contract.queue_for(self.entity.name, self.reader)

    @property
    def queue_db(self) -> Database:
        return self.bridge.queues or self.bridge.erp  # queues stand beside the ERP, whoever fills them

    @property
    def reader_db(self) -> Database:
        return self.bridge.database(self.reader)

    @cached_property
    def profile(self) -> Profile:
        return self.bridge.profile(self.reader)

    @property
    def inbox(self) -> Table:
        return schema.inboxes[self.queue.name]

    @property
    def stage(self) -> Table:
        return schema.stages[self.entity.name]

    @property
    def lease_name(self) -> str:
        return f"{self.reader}:{self.entity.name}"

    @property
    def direction(self) -> str:
        return f"{self.writer}_to_{self.reader}"


def utc_now() -> str:
    """For people and reports only: nothing is ordered by it."""
    return stored(dt.datetime.now(dt.UTC))


def stored(moment: dt.datetime) -> str:
    """A moment (aware) as the control tables hold it: UTC, ISO 8601 with milliseconds and Z."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_moment(text: str) -> dt.datetime | None:
    """A moment as stored, or as a vendor's queue has it, aware: UTC where it names no zone. None for what is none.

    A vendor's dates may be text. Year 1, many programs' word for "no date", has no midnight in every time zone.
    """
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    if not 1900 <= found.year < 3000:
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
