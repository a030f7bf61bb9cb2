"""Where a restore or a drill takes a backup from.

Everything after it (beside, exchange, aftermath, drill) knows a backup by the `Source` protocol only.
"""

from __future__ import annotations

from typing import Protocol

from puente.contract import Side
from puente.db.connect import Database
from puente.errors import PuenteError
from puente.settings import Settings


class Source(Protocol):
    """One backup of a link's sides, decrypted on the way. `taken_at` is UTC, ISO 8601."""

    @property
    def backup_id(self) -> str: ...
    @property
    def taken_at(self) -> str: ...
    def load(self, side: Side, target: Database) -> None:
        """Put a side's tables and rows into an empty database."""

    def problems(self, side: Side, target: Database) -> list[str]:
        """What of the manifest's row counts and checksums `target` does not have."""


def eligible(settings: Settings, link_id: str) -> list[str]:
    """The ids of the link's finished backups, the newest first. None yet: Puente makes no backups so far."""
    return []


def open_source(settings: Settings, link_id: str, backup_id: str) -> Source:
    """The backup with this id. PuenteError where there is none."""
    known = ", ".join(eligible(settings, link_id)[:5]) or "none"
    raise PuenteError(f"There is no backup {backup_id!r} of link {link_id}; the newest are: {known}.")
