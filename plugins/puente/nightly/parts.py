"""What a backup has of one database or folder: its encrypted files, and what the manifest says of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from puente.errors import PuenteError
from puente.files import whole_file
from puente.nightly import vault
from puente.nightly.vault import KeyRing

SEALED = ".vault"
OpenFile = Callable[[str], BinaryIO]


@dataclass(frozen=True)
class File:
    """One encrypted file; `size` (bytes) and `sha256` are of its content, so a change of keys alters neither."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Part:
    """What a backup has of one database or folder. `counted` says where the tables' sums come from: `copy`, `dump`
    (both exactly what the files hold), `before` (a reading just before, which may differ from them) or ``."""

    name: str
    engine: str
    server: str
    program: str
    files: list[File]
    tables: dict[str, Any] = field(default_factory=dict)
    counted: str = ""
    remarks: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Part:
        return cls(**{**fields, "files": [File(**one) for one in fields["files"]]})


class Counting:
    """A source, or a target, whose bytes are counted and hashed on the way."""

    def __init__(self, inner: BinaryIO | Any = None) -> None:
        self._inner, self._hash, self.size = inner, hashlib.sha256(), 0

    def read(self, size: int) -> bytes:
        return self._seen(self._inner.read(size))

    def write(self, block: bytes) -> None:
        self._seen(block)
        if self._inner is not None:
            self._inner.write(block)

    def file(self, name: str) -> File:
        return File(name, self.size, self._hash.hexdigest())

    def _seen(self, block: bytes) -> bytes:
        self._hash.update(block)
        self.size += len(block)
        return block


def seal_file(source: BinaryIO | Any, path: Path, ring: KeyRing) -> File:
    """Encrypt `source` into `path`, which appears whole, synced."""
    counted = Counting(source)
    with whole_file(path) as target:
        vault.encrypt(counted, target, ring)
    return counted.file(path.name)


def check(file: File, counted: Counting) -> None:
    """PuenteError unless what was read is what the manifest says of `file`."""
    found = counted.file(file.name)
    if found != file:
        raise PuenteError(
            f"{file.name} is not what was backed up: {found.size} bytes with SHA-256 {found.sha256[:12]}…, "
            f"the manifest says {file.size} with {file.sha256[:12]}…"
        )


@contextmanager
def told_plainly(folder: Path) -> Iterator[None]:
    """A full disk and missing rights, in words that say where."""
    try:
        yield
    except OSError as error:
        raise PuenteError(
            f"Nothing counts as backed up: {folder} cannot be written ({error.strerror or error}). Make room or mend "
            "its rights, and run the backup again."
        ) from error
