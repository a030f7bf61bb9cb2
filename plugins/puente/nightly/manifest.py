"""The manifest of a backup: what it consists of, in one sealed and encrypted file that is written last.

A backup without it is none. The JSON is `{"backup": {…}, "sha256": …, "hmac": …}` in canonical form, the HMAC where a
seal key is set; it has names of tables, counts and checksums, and no row. Moments are UTC, ISO 8601.
"""

from __future__ import annotations

import datetime as dt
import hmac
import io
import json
import platform
import re
import secrets
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

from puente.errors import PuenteError
from puente.nightly import vault
from puente.nightly.parts import SEALED, File, Part, seal_file
from puente.nightly.vault import KeyRing
from puente.quality.seal import canonical, seal

FORMAT = 1
NAME = f"manifest{SEALED}"
_ID = re.compile(r"\d{8}T\d{9}Z-[0-9a-f]{4}")


@dataclass(frozen=True)
class Manifest:
    """`ledgers` and `incarnations` by side, read just before the side's dump began: each dump has at least that much
    of the ledger."""

    backup_id: str
    link_id: str
    taken_at: str
    finished_at: str
    parts: dict[str, Part]
    ledgers: dict[str, dict[str, Any]]
    incarnations: dict[str, str]
    versions: dict[str, str]
    remarks: list[str]

    @property
    def files(self) -> list[File]:
        return [file for name in sorted(self.parts) for file in self.parts[name].files]

    def body(self) -> dict[str, Any]:
        parts = {name: part.as_dict() for name, part in self.parts.items()}
        return {"format": FORMAT, **self.__dict__, "parts": parts}


def new_id(taken_at: str) -> str:
    """`20261124T080000123Z-3f9a`: by the moment (UTC, milliseconds), so that ids sort as their backups were taken."""
    moment = dt.datetime.fromisoformat(taken_at).astimezone(dt.UTC)
    return f"{moment:%Y%m%dT%H%M%S}{moment.microsecond // 1000:03d}Z-{secrets.token_hex(2)}"


def is_id(name: str) -> bool:
    return _ID.fullmatch(name) is not None


def moment_of(backup_id: str) -> dt.datetime:
    """When a backup was taken (UTC), by its id: also of one whose manifest cannot be opened."""
    return dt.datetime.strptime(f"{backup_id.partition('Z')[0]}000", "%Y%m%dT%H%M%S%f").replace(tzinfo=dt.UTC)


def versions() -> dict[str, str]:
    named = ("apache-airflow", "sqlalchemy", "cryptography", "azure-storage-blob")
    return {"python": platform.python_version(), **{name: version(name) for name in named}}


def write(manifest: Manifest, path: Path, ring: KeyRing, seal_key: bytes | None) -> None:
    """The file appears whole, synced."""
    body = manifest.body()
    seal_file(io.BytesIO(canonical({"backup": body, **seal(body, seal_key)})), path, ring)


def read(source: BinaryIO | Any, ring: KeyRing, seal_key: bytes | None) -> Manifest:
    """PuenteError when it was altered, is of another key, or lacks the seal that this machine asks for."""
    content = io.BytesIO()
    vault.decrypt(source, content, ring)
    document = json.loads(content.getvalue())
    body = document["backup"]
    for name, value in seal(body, seal_key).items():
        if not hmac.compare_digest(str(document.get(name, "")), value):
            raise PuenteError(
                f"The manifest of {body.get('backup_id')} does not bear this seal ({name}): it was altered, or "
                "PUENTE_SEAL_KEY is not the one it was made with."
            )
    if body.pop("format") != FORMAT:
        raise PuenteError(f"The manifest of {body['backup_id']} is of a format that this version does not read.")
    parts = {name: Part.from_dict(fields) for name, fields in body.pop("parts").items()}
    return Manifest(parts=parts, **body)
