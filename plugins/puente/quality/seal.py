"""How a report is sealed and written: one canonical JSON form, its SHA-256, an HMAC, and files that appear whole."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path
from typing import Any


def canonical(value: Any) -> bytes:
    """The one JSON form of a value: sorted keys, no blanks, UTF-8, finite numbers only."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def seal(body: dict[str, Any], seal_key: bytes | None) -> dict[str, str]:
    """`sha256` over the canonical form of `body`; `hmac` (HMAC-SHA256 over the same bytes) only when a key is set."""
    content = canonical(body)
    seal = {"sha256": hashlib.sha256(content).hexdigest()}
    if seal_key is not None:
        seal["hmac"] = hmac.new(seal_key, content, hashlib.sha256).hexdigest()
    return seal


def write_whole(path: Path, content: bytes) -> None:
    """Whole or not at all, also when the machine stops."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
