"""The last document of each of the night's works: when it was written and what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from puente.nightly.figures import NIGHTS, read_document
from puente.settings import Settings


def last_documents(settings: Settings, link_id: str) -> dict[str, dict[str, Any]]:
    """By kind (inventory, backup, drill): file, finished_at, verdict, differences. Kinds without a document are absent.

    The newest by the file's own time: a folder of years is listed, and one document of it read.
    """
    found: dict[str, dict[str, Any]] = {}
    for kind, pattern in NIGHTS.items():
        newest = max((settings.reports_dir / link_id).glob(pattern), key=_written, default=None)
        if newest is not None:
            unreadable = {"file": newest.name, "finished_at": "", "verdict": "unreadable", "differences": None}
            found[kind] = read_document(newest) or unreadable
    return found


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # housekeeping took it meanwhile
        return 0.0
