"""Where backups lie: a folder of this machine, or a container in Azure (`azure.py`), behind one interface.

A backup is `<link>/<id>/<file>…`, all of it encrypted, and counts only with its manifest, which is put last and
deleted first. Nothing is ever overwritten, apart from the wrapped key at the head of a file when keys are changed.
"""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import BinaryIO, Protocol

from puente.errors import PuenteError
from puente.files import sync_folder, whole_file
from puente.nightly import manifest, vault
from puente.nightly.manifest import Manifest
from puente.nightly.parts import Counting, check, told_plainly
from puente.nightly.vault import KeyRing
from puente.settings import Settings


class Spoilt(PuenteError):
    """A file of a backup is missing, was altered or cut, or cannot be opened with the keys at hand."""


class Shelf(Protocol):
    """Keys are `<link>/<id>/<file>`. PuenteError when the place cannot be reached."""

    @property
    def name(self) -> str: ...
    def keys(self, prefix: str) -> list[str]: ...
    def put(self, key: str, source: Path) -> None:
        """Whole or not at all. PuenteError when there is something under that key already."""

    def open(self, key: str) -> BinaryIO: ...
    def delete(self, key: str) -> None: ...
    def rewrap(self, key: str, ring: KeyRing) -> bool:
        """Wrap the file's data key with the current key; False where it is so already."""


class FolderShelf:
    """A folder, best on another disk than the databases."""

    def __init__(self, root: Path) -> None:
        self.root, self.name = root, str(root)

    def keys(self, prefix: str) -> list[str]:
        """Without what is hidden: files and folders of work that is not finished."""
        found = (path.relative_to(self.root) for path in (self.root / prefix).rglob("*") if path.is_file())
        return sorted(str(path) for path in found if not any(part.startswith(".") for part in path.parts))

    def put(self, key: str, source: Path) -> None:
        path = self.root / key
        with told_plainly(self.root):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(source, path)
            except FileExistsError as error:
                raise PuenteError(f"{path} is there already and is not overwritten.") from error
            except OSError as error:
                if error.errno not in (errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK):
                    raise
                self._copy(source, path)
            sync_folder(path.parent)
            sync_folder(path.parent.parent)

    def open(self, key: str) -> BinaryIO:
        return open(self.root / key, "rb")

    def path(self, key: str) -> Path:
        return self.root / key

    def delete(self, key: str) -> None:
        path = self.root / key
        path.unlink(missing_ok=True)
        if path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()
        sync_folder(path.parent if path.parent.is_dir() else path.parent.parent)

    def rewrap(self, key: str, ring: KeyRing) -> bool:
        return vault.rewrap(self.root / key, ring)

    def _copy(self, source: Path, path: Path) -> None:
        """Where the work folder lies on another file system, or this one knows no links."""
        with open(source, "rb") as content, whole_file(path) as target:
            shutil.copyfileobj(content, target, 1 << 20)
            if path.exists():
                raise PuenteError(f"{path} is there already and is not overwritten.")


def local_shelf(settings: Settings) -> FolderShelf:
    return FolderShelf(settings.backups_dir)


def required_ring(settings: Settings) -> KeyRing:
    """PuenteError without keys: nothing leaves the machine in plain."""
    if settings.keys is None:
        raise PuenteError(
            "There are no keys, so there are no backups: name a file of keys in PUENTE_KEYS (docs/backup.md)."
        )
    return settings.keys


# ---------------------------------------------------------------- backups on a shelf
def complete(shelf: Shelf, link_id: str) -> list[str]:
    """The ids of a link's backups that have their manifest, the oldest first."""
    return sorted(key.split("/")[1] for key in shelf.keys(f"{link_id}/") if _is_manifest(key))


def incomplete(shelf: Shelf, link_id: str) -> list[str]:
    """The ids of what was begun and never finished."""
    begun = {key.split("/")[1] for key in shelf.keys(f"{link_id}/") if manifest.is_id(key.split("/")[1])}
    return sorted(begun - set(complete(shelf, link_id)))


def read_manifest(shelf: Shelf, link_id: str, backup_id: str, settings: Settings) -> Manifest:
    """Spoilt when it cannot be opened; PuenteError when there is no such backup."""
    key = f"{link_id}/{backup_id}/{manifest.NAME}"
    if key not in shelf.keys(f"{link_id}/{backup_id}/"):
        known = complete(shelf, link_id)
        raise PuenteError(
            f"There is no finished backup {backup_id!r} of link {link_id} in {shelf.name}; "
            f"{'the newest are ' + ', '.join(known[-5:]) if known else 'there is none'}."
        )
    try:
        with shelf.open(key) as source:
            found = manifest.read(source, required_ring(settings), settings.seal_key)
    except (PuenteError, ValueError, KeyError, TypeError) as error:
        raise Spoilt(f"{shelf.name}/{key}: {error}") from error
    if (found.backup_id, found.link_id) != (backup_id, link_id):
        raise Spoilt(f"{shelf.name}/{key} is the manifest of {found.link_id}/{found.backup_id}.")
    return found


def prove_files(shelf: Shelf, found: Manifest, settings: Settings) -> int:
    """Read every file back, decrypt it and compare it with the manifest; returns bytes. Spoilt names the first that
    is not what was backed up."""
    ring, size = required_ring(settings), 0
    there = set(shelf.keys(f"{found.link_id}/{found.backup_id}/"))
    for file in found.files:
        key = f"{found.link_id}/{found.backup_id}/{file.name}"
        if key not in there:
            raise Spoilt(f"{shelf.name}/{key} is missing.")
        counted = Counting()
        try:
            with shelf.open(key) as source:
                vault.decrypt(source, counted, ring)
            check(file, counted)
        except PuenteError as error:
            raise Spoilt(f"{shelf.name}/{key}: {error}") from error
        size += counted.size
    return size


def prove(shelf: Shelf, link_id: str, backup_id: str, settings: Settings) -> Manifest:
    """The manifest, once the whole backup was read back and found to be what it says."""
    found = read_manifest(shelf, link_id, backup_id, settings)
    prove_files(shelf, found, settings)
    return found


def discard(shelf: Shelf, link_id: str, backup_id: str) -> None:
    """Delete a backup, its manifest first: one that is half deleted counts as none."""
    keys = shelf.keys(f"{link_id}/{backup_id}/")
    for key in sorted(keys, key=lambda key: not _is_manifest(key)):
        shelf.delete(key)


def _is_manifest(key: str) -> bool:
    parts = key.split("/")
    return len(parts) == 3 and parts[2] == manifest.NAME and manifest.is_id(parts[1])
