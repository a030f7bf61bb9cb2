"""Files that appear whole or not at all, also when the machine stops, names for them, and what lists have in common."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO


def file_stem(identifier: str) -> str:
    """A file's name for any id, such as Airflow's run ids: readable, and different for different ids."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", identifier).strip("-")[:60]
    return f"{readable}-{hashlib.sha256(identifier.encode()).hexdigest()[:8]}"


_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a spreadsheet recognises a formula
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def no_formula(cell: object) -> str:
    """A cell as text that computes nothing in anybody's spreadsheet: a customer's name may. Numbers stay numbers."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def write_whole(path: Path, content: bytes) -> None:
    """Whole or not at all, also when the machine stops."""
    with whole_file(path) as file:
        file.write(content)


def write_csv(path: Path, rows: Iterable[Iterable[object]]) -> str:
    """A CSV of any length, whole or not at all, with a mark at its start, which spreadsheets ask for, and no formulas.

    Returns its SHA-256.
    """
    with whole_file(path) as target:
        file = io.TextIOWrapper(target, encoding="utf-8-sig", newline="")
        csv.writer(file).writerows([no_formula(cell) for cell in row] for row in rows)
        file.detach()  # which flushes it, and leaves the file open
    with open(path, "rb") as written:
        return hashlib.file_digest(written, "sha256").hexdigest()


@dataclass
class Listed:
    """The first `most` of however many things, and how many there were."""

    most: int
    first: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0

    def add(self, one: dict[str, Any]) -> None:
        self.count += 1
        if self.count <= self.most:
            self.first.append(one)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its name, and the place of what had it, when the block has ended well; no trace otherwise."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder outlive the machine's stop."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
