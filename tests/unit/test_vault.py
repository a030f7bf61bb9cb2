"""AES-256-GCM envelopes: what was altered, cut, exchanged or is of another key is refused."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest

from puente.nightly import vault
from puente.nightly.vault import CHUNK, KeyRing, VaultError
from puente.settings import Settings

RING = KeyRing({"a": b"a" * 32}, "a")
HEAD = 4 + 4 + len(vault.MAGIC)


def sealed(content: bytes, ring: KeyRing = RING) -> bytes:
    target = io.BytesIO()
    vault.encrypt(io.BytesIO(content), target, ring)
    return target.getvalue()


def opened(envelope: bytes, ring: KeyRing = RING) -> bytes:
    target = io.BytesIO()
    vault.decrypt(io.BytesIO(envelope), target, ring)
    return target.getvalue()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7])
def test_any_size_comes_back(size: int) -> None:
    content = bytes(n % 251 for n in range(size))
    assert opened(sealed(content)) == content


class Trickle(io.BytesIO):
    """Gives less than it is asked for, as pipes and networks do."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or -1, 70_001))


def test_sources_that_give_less_than_asked() -> None:
    content, target, back = b"abc" * CHUNK, io.BytesIO(), io.BytesIO()
    vault.encrypt(Trickle(content), target, RING)
    vault.decrypt(Trickle(target.getvalue()), back, RING)
    assert back.getvalue() == content


def test_what_was_altered_or_cut_is_refused() -> None:
    envelope = sealed(b"x" * (2 * CHUNK + 5))
    body = len(envelope) - (2 * CHUNK + 5) - 3 * 16
    exchanged = bytearray(envelope)
    first, second = (slice(body + n * (CHUNK + 16), body + (n + 1) * (CHUNK + 16)) for n in (0, 1))
    exchanged[first], exchanged[second] = envelope[second], envelope[first]
    flipped = bytearray(envelope)
    flipped[-1] ^= 1
    for wrong in (exchanged, flipped, envelope[:-1], envelope[: body + CHUNK + 16], envelope[:body], envelope + b"x"):
        with pytest.raises(VaultError):
            opened(bytes(wrong))
    for end in (0, 5, HEAD, HEAD + 10, body - 1):
        with pytest.raises(VaultError):
            opened(envelope[:end])


def test_the_key_can_be_changed_without_reading_the_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(sealed(b"content"))
    both = KeyRing({"a": b"a" * 32, "b": b"b" * 32}, "b")
    assert vault.rewrap(path, both) and not vault.rewrap(path, both)
    assert opened(path.read_bytes(), KeyRing({"b": b"b" * 32}, "b")) == b"content"
    with pytest.raises(VaultError, match="'b'"):
        opened(path.read_bytes())
    with pytest.raises(VaultError, match="does not open"):
        opened(path.read_bytes(), KeyRing({"b": b"c" * 32}, "b"))


def test_keys_come_from_text_and_are_never_shown() -> None:
    one, two = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
    ring = KeyRing.parse(f"2026-b:{two}, 2026-a:{one}\n")
    assert ring is not None and ring.current == "2026-b" and ring.keys["2026-a"] == b"\1" * 32
    assert two not in repr(ring) and "\\x02" not in repr(ring)
    assert KeyRing.parse(" ") is None
    secrets = Settings(keys=ring, seal_key=b"sealing", airflow_database="postgresql://a:pass@db/airflow")
    assert not [word for word in ("sealing", "pass@", two) if word in repr(secrets)]
    for wrong in ("a:short", f"a:{one} a:{two}", one):
        with pytest.raises(VaultError, match="PUENTE_KEYS"):
            KeyRing.parse(wrong)
