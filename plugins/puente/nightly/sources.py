"""Where a restore or a drill takes a backup from.

Everything after it (beside, exchange, aftermath, drill) knows a backup by the `Source` protocol only.
"""

from __future__ import annotations

from typing import Protocol

from puente.contract import Side
from puente.db.connect import Database
from puente.nightly.loading import eligible, open_source

__all__ = ["Source", "eligible", "open_source"]


class Source(Protocol):
    """One backup of a link's sides, decrypted on the way. `taken_at` is UTC, ISO 8601."""

    @property
    def backup_id(self) -> str: ...
    @property
    def taken_at(self) -> str: ...
    @property
    def kept_in(self) -> str:
        """The name of the shelf that it is taken from."""

    def load(self, side: Side, target: Database) -> None:
        """Put a side's tables and rows into an empty database."""

    def problems(self, side: Side, target: Database) -> list[str]:
        """What of the manifest's row counts and checksums `target` does not have."""
