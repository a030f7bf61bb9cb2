"""A finished backup as a restore and a drill take it from a shelf, decrypted on the way.

A restore takes it from this machine's; what only lies in Azure is fetched first (`python -m puente backup fetch`). A
drill reads it straight from Azure where there is one, as after a fire.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import select

from puente.contract import Side
from puente.db import schema
from puente.db.connect import Database
from puente.errors import PuenteError
from puente.files import whole_file
from puente.nightly import dumps, sums, vault
from puente.nightly.manifest import Manifest
from puente.nightly.parts import SEALED, Counting, check
from puente.nightly.shelf import Shelf, complete, local_shelf, read_manifest, required_ring
from puente.settings import Settings


@dataclass(frozen=True)
class Backup:
    """One backup of a link's sides; its manifest is opened when it is first asked for anything in it.

    `taken_at` is the moment before its first dump began; UTC, ISO 8601.
    """

    link_id: str
    backup_id: str
    shelf: Shelf
    settings: Settings

    @cached_property
    def manifest(self) -> Manifest:
        """PuenteError where there is no such backup, or its manifest cannot be opened."""
        return read_manifest(self.shelf, self.link_id, self.backup_id, self.settings)

    @property
    def taken_at(self) -> str:
        return self.manifest.taken_at

    @property
    def kept_in(self) -> str:
        return self.shelf.name

    def load(self, side: Side, target: Database) -> None:
        """Put a side's tables, views, triggers and routines into an empty database.

        PuenteError when a file was altered or cut, or is of another key.
        """
        dumps.load_database(self.manifest.parts[side], self._open, target, required_ring(self.settings))

    def events(self, side: Side) -> dict[str, bytes]:
        """MySQL's scheduled events by name, each as the SQL that makes it. They begin to run at once, so never beside
        the database in use."""
        return dumps.read_events(self.manifest.parts[side], self._open, required_ring(self.settings))

    def extract(self, name: str, path: Path) -> list[Path]:
        """Decrypt one part into `path`, readable by its owner only; what it has further files of lies beside it.

        Nothing appears before all was proved. PuenteError where there is no such part, or a file is there already.
        """
        part = self.manifest.parts.get(name)
        if part is None:
            raise PuenteError(f"The backup has no part {name!r}; it has {', '.join(sorted(self.manifest.parts))}.")
        more = [Path(f"{path}{file.name.removeprefix(name).removesuffix(SEALED)}") for file in part.files[1:]]
        paths = [path, *more]
        if taken := next((one for one in paths if one.exists()), None):
            raise PuenteError(f"{taken} is there already and is not overwritten.")
        try:
            with ExitStack() as stack:
                for file, one in zip(part.files, paths, strict=True):
                    target = stack.enter_context(whole_file(one))
                    os.fchmod(target.fileno(), 0o600)
                    counted = Counting(target)
                    with self._open(file.name) as source:
                        vault.decrypt(source, counted, required_ring(self.settings))
                    check(file, counted)
        except OSError as error:
            raise PuenteError(f"{path} was not written: {error.strerror or error}.") from error
        return paths

    def problems(self, side: Side, target: Database) -> list[str]:
        """What of the manifest's row counts, checksums and ledger `target` does not have, in plain words."""
        part = self.manifest.parts[side]
        if part.counted in ("copy", "dump"):
            found = sums.differences(part.tables, target)
        else:  # counted before the backup, which has what was written meanwhile
            there = sums.tables_of(target)
            found = [f"{name}: the table is missing" for name in sorted(part.tables.keys() - set(there))]
        return found or self._ledger_problems(side, target)

    def _ledger_problems(self, side: Side, target: Database) -> list[str]:
        head, table = self.manifest.ledgers[side], schema.ledger
        if not head["count"]:
            return []
        mine = (table.c.link_id == self.link_id) & (table.c.seq == head["count"])
        with target.read() as conn:
            row_hash = conn.execute(select(table.c.row_hash).where(mine)).scalar()
        return [] if row_hash == head["row_hash"] else [f"the ledger's row {head['count']} is not the one backed up"]

    def _open(self, name: str) -> BinaryIO:
        return self.shelf.open(f"{self.link_id}/{self.backup_id}/{name}")


def eligible(settings: Settings, link_id: str, on: Shelf | None = None) -> list[str]:
    """The ids of the link's finished backups on a shelf, this machine's by default; the newest first."""
    return complete(on or local_shelf(settings), link_id)[::-1]


def named(settings: Settings, link_id: str, backup_id: str, on: Shelf | None = None) -> Backup:
    """The backup with this id, on this machine's shelf by default, whether or not it can be opened."""
    return Backup(link_id, backup_id, on or local_shelf(settings), settings)


def open_source(settings: Settings, link_id: str, backup_id: str, on: Shelf | None = None) -> Backup:
    """The same, opened. PuenteError where there is none, or its manifest cannot be opened."""
    found = named(settings, link_id, backup_id, on)
    _ = found.manifest
    return found
