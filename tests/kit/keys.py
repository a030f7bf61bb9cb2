"""Keys of the tests."""

from __future__ import annotations

from puente.nightly.vault import KeyRing

RING = KeyRing({"test": b"k" * 32}, "test")
