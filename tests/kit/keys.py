"""Keys of the tests."""

from __future__ import annotations

import base64
from pathlib import Path

from puente.nightly.vault import KeyRing

RING = KeyRing({"test": b"k" * 32}, "test")


def key_file(folder: Path) -> Path:
    """The ring as a file that `PUENTE_KEYS` may name."""
    path = folder / "keys"
    path.touch(mode=0o600)
    path.write_text(" ".join(f"{name}:{base64.b64encode(key).decode()}" for name, key in RING.keys.items()))
    return path
