"""The vault: AES-256-GCM envelopes around files of any size, streaming.

Each file has a data key of its own, wrapped by a named key-encryption key of the ring. The content is sealed in chunks
of 1 MiB whose nonce counts them and marks the last one (the STREAM construction), with the head as associated data: a
file that was cut, altered, or whose chunks were exchanged is refused. Changing the key of a file rewraps its data key
only (`rewrap`).
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from puente.errors import PuenteError
from puente.files import whole_file

MAGIC = b"PUENTE-VAULT-1\n"
CHUNK = 1 << 20
_TAG = 16


class VaultError(PuenteError):
    """A file is no envelope, was altered or cut, or its key is not in the ring."""


@dataclass(frozen=True)
class KeyRing:
    """Key-encryption keys of 32 bytes by name, and the one that new files are encrypted with."""

    keys: dict[str, bytes]
    current: str

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self.keys)}; current {self.current})"

    @classmethod
    def parse(cls, text: str) -> KeyRing | None:
        """`name:base64` of 32 bytes, divided by blanks or commas, the current one first; None where there is none."""
        keys: dict[str, bytes] = {}
        for entry in text.replace(",", " ").split():
            name, _, value = entry.partition(":")
            try:
                key = base64.b64decode(value, validate=True)
            except binascii.Error:
                key = b""
            if not name or len(key) != 32 or name in keys:
                raise VaultError(
                    f"PUENTE_KEYS: key {name!r} is not `name:base64` of 32 bytes, or stands there twice. Make one with "
                    "`openssl rand -base64 32`."
                )
            keys[name] = key
        return cls(keys, next(iter(keys))) if keys else None


def encrypt(source: BinaryIO | Any, target: BinaryIO | Any, ring: KeyRing) -> None:
    """Read `source` to its end and write its envelope to `target`."""
    data_key, head = AESGCM.generate_key(256), _head(secrets.token_bytes(7))
    target.write(MAGIC + _framed(head) + _framed(_wrap(data_key, head, ring)))
    prefix, cipher = bytes.fromhex(json.loads(head)["prefix"]), AESGCM(data_key)
    number, chunk = 0, _filled(source, CHUNK)
    while True:
        following = _filled(source, CHUNK)
        target.write(cipher.encrypt(_nonce(prefix, number, last=not following), chunk, head))
        if not following:
            return
        number, chunk = number + 1, following


def decrypt(source: BinaryIO | Any, target: BinaryIO | Any, ring: KeyRing) -> None:
    """Read an envelope and write its content, each chunk once it was proved. VaultError where one cannot be; what was
    written before it is genuine, but not all."""
    head, wrapped = _open(source)
    cipher, prefix = AESGCM(_unwrap(wrapped, head, ring)), bytes.fromhex(json.loads(head)["prefix"])
    number, chunk = 0, _filled(source, CHUNK + _TAG)
    while True:
        following = _filled(source, CHUNK + _TAG)
        try:
            target.write(cipher.decrypt(_nonce(prefix, number, last=not following), chunk, head))
        except InvalidTag as error:
            raise VaultError(f"The file was altered or cut near byte {number * CHUNK} of its content.") from error
        if not following:
            return
        number, chunk = number + 1, following


def rewrap(path: Path, ring: KeyRing) -> bool:
    """Wrap the file's data key with the ring's current key; False where it is so already. The file appears whole."""
    with open(path, "rb") as source:
        opening = new_opening(source, ring)
        if opening is None:
            return False
        with whole_file(path) as target:
            target.write(opening)
            shutil.copyfileobj(source, target, CHUNK)
    return True


def new_opening(source: BinaryIO | Any, ring: KeyRing) -> bytes | None:
    """What an envelope begins with once its data key is wrapped by the current key; None where it is so already.

    `source` is left where the sealed chunks begin, which stay as they are.
    """
    head, wrapped = _open(source)
    if json.loads(wrapped)["key"] == ring.current:
        return None
    return MAGIC + _framed(head) + _framed(_wrap(_unwrap(wrapped, head, ring), head, ring))


def skip_opening(source: BinaryIO | Any) -> None:
    """Read up to where the sealed chunks begin. VaultError where this is no envelope."""
    _open(source)


def _filled(source: BinaryIO | Any, size: int) -> bytes:
    """`size` bytes, less only at the end: pipes and networks give what they have."""
    block = source.read(size)
    while len(block) < size and (more := source.read(size - len(block))):
        block += more
    return block


def _head(prefix: bytes) -> bytes:
    return json.dumps({"cipher": "AES-256-GCM", "chunk": CHUNK, "prefix": prefix.hex()}, sort_keys=True).encode()


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + struct.pack(">I?", number, last)


def _wrap(data_key: bytes, head: bytes, ring: KeyRing) -> bytes:
    nonce = secrets.token_bytes(12)
    sealed = AESGCM(ring.keys[ring.current]).encrypt(nonce, data_key, head)
    return json.dumps({"key": ring.current, "nonce": nonce.hex(), "sealed": sealed.hex()}, sort_keys=True).encode()


def _unwrap(wrapped: bytes, head: bytes, ring: KeyRing) -> bytes:
    fields = json.loads(wrapped)
    key = ring.keys.get(fields["key"])
    if key is None:
        raise VaultError(f"The file is encrypted with key {fields['key']!r}, which PUENTE_KEYS does not have.")
    try:
        return AESGCM(key).decrypt(bytes.fromhex(fields["nonce"]), bytes.fromhex(fields["sealed"]), head)
    except InvalidTag as error:
        raise VaultError(
            f"Key {fields['key']!r} does not open the file: another key of that name, or altered."
        ) from error


def _framed(part: bytes) -> bytes:
    return struct.pack(">I", len(part)) + part


def _open(source: BinaryIO | Any) -> tuple[bytes, bytes]:
    if source.read(len(MAGIC)) != MAGIC:
        raise VaultError("This is no file of the vault.")
    parts = []
    for _ in range(2):
        (size,) = struct.unpack(">I", source.read(4).ljust(4, b"\0"))
        parts.append(source.read(min(size, 1 << 16)))
    try:
        if json.loads(parts[0])["cipher"] != "AES-256-GCM" or "key" not in json.loads(parts[1]):
            raise ValueError
    except (ValueError, KeyError, TypeError) as error:
        raise VaultError("The head of the file was altered or cut.") from error
    return parts[0], parts[1]
