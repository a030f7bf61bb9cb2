"""Files that appear whole or not at all, also when the machine stops, names for them, and cells of a CSV."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


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
