"""The link's databases as a page sees them: pooled, read-only, and given up on soon when they do not answer."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import NoReturn

from sqlalchemy import URL, Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from puente.contract import Side
from puente.db.connect import Database, open_database
from puente.db.reading import open_for_reading
from puente.errors import PuenteError
from puente.orchestration.connections import database_url, find_connection
from puente.settings import Link, Settings
from puente.sync.route import Bridge, utc_now

RETRY_SECONDS = 10.0  # a page does not wait again for a database that has just not answered


class Unreachable(PuenteError):
    """A side's database does not answer. `reason` is an error's class: the driver's text may name hosts and logins."""

    def __init__(self, side: str, reason: str) -> None:
        super().__init__(f"{side}: {reason}")
        self.side, self.reason = side, reason


@dataclass
class _Health:
    reason: str = ""
    until: float = 0.0  # by the monotonic clock
    since: str | None = None


@dataclass(frozen=True)
class PageDatabase(Database):
    """`read()` raises Unreachable, at once where it did so in the last seconds. There is no writing."""

    side: Side = "platform"
    health: _Health = field(default_factory=_Health)

    @property
    def down_since(self) -> str | None:
        """When this process first had no answer, UTC as stored; None while it answers."""
        return self.health.since

    def begin(self) -> NoReturn:
        raise PuenteError("A page's own connections only read.")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        if time.monotonic() < self.health.until:
            raise Unreachable(self.side, self.health.reason)
        try:
            conn = self.engine.connect()
        except SQLAlchemyError as error:
            raise self._down(error) from None
        self.health.since = None
        with conn:
            try:
                with conn.begin():
                    yield conn
            except DBAPIError as error:
                if error.connection_invalidated:
                    raise self._down(error) from None
                raise

    def _down(self, error: Exception) -> Unreachable:
        self.health.reason, self.health.until = type(error).__name__, time.monotonic() + RETRY_SECONDS
        self.health.since = self.health.since or utc_now()
        return Unreachable(self.side, self.health.reason)


_open: dict[tuple[str, str], tuple[URL, PageDatabase]] = {}
_lock = Lock()


def reading_bridge(link: Link, settings: Settings) -> Bridge:
    """Both sides of a link. A connection that is not defined is one that does not answer, and says why."""
    return Bridge(link, _database("erp", link.erp), _database("platform", link.platform), settings)


def _database(side: Side, conn_id: str) -> PageDatabase:
    """One pool per connection for the life of the process, until the connection is defined otherwise."""
    try:
        url = database_url(find_connection(conn_id))
    except PuenteError as error:
        return PageDatabase(open_database("sqlite://").engine, side, _Health(str(error), math.inf))
    with _lock:
        known = _open.get((side, conn_id))
        if known is None or known[0] != url:
            if known is not None:
                known[1].engine.dispose()
            known = _open[side, conn_id] = (url, PageDatabase(open_for_reading(url).engine, side))
        return known[1]
