"""What a rule points out, in words that quote no value: for those who may not see people's data."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from puente.settings import Settings

_OTHERS = {  # rules that no suite holds
    "es": {
        "envelope.key": "La clave de la fila no sirve.", "envelope.origin": "El origen de la fila no es de esta cola.",
        "envelope.operation": "La operación no es U ni D, o no se permite aquí.",
        "worker.killed": "La fila terminó varias veces con el proceso que la trabajaba.",
    },
    "en": {
        "envelope.key": "The row's key will not do.", "envelope.origin": "The row's origin is none of this queue's.",
        "envelope.operation": "The operation is neither U nor D, or not allowed here.",
        "worker.killed": "The row ended the process that worked on it several times.",
    },
}  # fmt: skip


def words_of(settings: Settings, direction: str, entity: str, language: str) -> dict[str, str]:
    """By rule id, from the suite as it is now. A rule of an older suite is not in it: its id must do."""
    rules = [entry["meta"] for entry in _rules(settings, direction, entity)]
    return _OTHERS[language] | {rule["rule_id"]: without_value(rule[f"message_{language}"]) for rule in rules}


def columns_of(settings: Settings, direction: str, entity: str) -> dict[str, tuple[str, ...]]:
    """Which columns each rule reads, by rule id."""
    return {
        entry["meta"]["rule_id"]: tuple(entry["kwargs"].get("column_list") or (entry["kwargs"]["column"],))
        for entry in _rules(settings, direction, entity)
    }


def _rules(settings: Settings, direction: str, entity: str) -> list[dict[str, Any]]:
    path = settings.expectations_dir / direction / f"{entity}.json"
    return _read(path, path.stat().st_mtime_ns) if path.exists() else []


@cache
def _read(path: Path, _stamp: int) -> list[dict[str, Any]]:
    """Read as plain JSON: loading it as a suite costs the import of Great Expectations."""
    return list(json.loads(path.read_bytes())["expectations"])


def without_value(message: str) -> str:
    """The message without the place that quotes the row."""
    return message.replace(": {value}", "").replace("{value}", "…")


def masked(key: str) -> str:
    """A key that may identify a person: enough of it to compare, not enough to look somebody up."""
    return f"•••{key[-2:]}" if len(key) > 4 else "•••"
