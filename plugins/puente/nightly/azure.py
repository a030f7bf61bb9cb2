"""The shelf in a container of Azure Blob Storage.

A file is put as blocks, its opening (the wrapped key) as a block of its own, and appears when the list of blocks is
committed, on the condition that nothing is there yet. So an interrupted upload leaves nothing to be seen, and a change
of keys replaces the first block only.
"""

from __future__ import annotations

import base64
import io
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from azure.core import MatchConditions
from azure.core.exceptions import AzureError, ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import BlobBlock, BlobServiceClient, ContainerClient, ExponentialRetry

from puente.errors import PuenteError
from puente.nightly import vault
from puente.nightly.vault import KeyRing

_BLOCK = 8 << 20  # 50,000 of them are 390 GiB
_LONGEST_OPENING = 1 << 16
_CONNECTION_STRING = ("AccountName=", "BlobEndpoint=", "UseDevelopmentStorage=")


class AzureShelf:
    """`secret` is a connection string, or a SAS token for the account at `account_url`. Each request is tried
    `retries` times more, over some 20 seconds by default; longer outages are for the task's own retries."""

    def __init__(self, container: str, secret: str, account_url: str = "", retries: int = 3) -> None:
        patience = ExponentialRetry(initial_backoff=2, increment_base=2, retry_total=retries)
        calm: dict[str, Any] = {"retry_policy": patience, "connection_timeout": 20, "read_timeout": 120}
        if any(mark in secret for mark in _CONNECTION_STRING):
            service = BlobServiceClient.from_connection_string(secret, **calm)
        elif account_url:
            service = BlobServiceClient(account_url, credential=secret.removeprefix("?"), **calm)
        else:
            raise PuenteError(
                "The connection to Azure needs a connection string as its password, or a SAS token together with the "
                "account's address (https://….blob.core.windows.net) as its host."
            )
        self._container: ContainerClient = service.get_container_client(container)
        self.name = f"azure:{container}"

    def keys(self, prefix: str) -> list[str]:
        with self._told():
            return sorted(self._container.list_blob_names(name_starts_with=prefix))

    def put(self, key: str, source: Path) -> None:
        blob = self._container.get_blob_client(key)
        blocks: list[BlobBlock] = []
        with self._told(), open(source, "rb") as content:
            vault.skip_opening(content)
            opening = content.tell()
            content.seek(0)
            while block := content.read(_BLOCK if blocks else opening):
                blocks.append(BlobBlock(block_id=_block_id(len(blocks))))
                blob.stage_block(blocks[-1].id, block, validate_content=True)
            try:
                blob.commit_block_list(blocks, match_condition=MatchConditions.IfMissing)
            except (ResourceExistsError, ResourceModifiedError) as error:
                raise PuenteError(f"{self.name}/{key} is there already and is not overwritten.") from error

    def open(self, key: str) -> BinaryIO:
        with self._told():
            return cast(BinaryIO, _Download(self, self._container.get_blob_client(key).download_blob()))

    def delete(self, key: str) -> None:
        with self._told():
            try:
                self._container.delete_blob(key)
            except ResourceNotFoundError:
                return  # an earlier try came so far

    def rewrap(self, key: str, ring: KeyRing) -> bool:
        blob = self._container.get_blob_client(key)
        with self._told():
            start = blob.download_blob(offset=0, length=_LONGEST_OPENING)
            opening = vault.new_opening(io.BytesIO(start.readall()), ring)
            if opening is None:
                return False
            committed, _ = blob.get_block_list("committed")
            first = _block_id(0)
            blob.stage_block(first, opening, validate_content=True)
            blocks = [BlobBlock(block_id=first), *(BlobBlock(block_id=block.id) for block in committed[1:])]
            etag = start.properties.etag
            blob.commit_block_list(blocks, etag=etag, match_condition=MatchConditions.IfNotModified)
        return True

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except AzureError as error:
            said = str(error.message).splitlines()[0][:300] if error.message else type(error).__name__
            raise PuenteError(f"{self.name} cannot be used: {said}") from error


class _Download:
    """A blob as it comes, to be read like a file."""

    def __init__(self, shelf: AzureShelf, stream: Any) -> None:
        self._shelf, self._stream = shelf, stream

    def read(self, size: int) -> bytes:
        with self._shelf._told():
            return bytes(self._stream.read(size))

    def __enter__(self) -> _Download:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream = None


def _block_id(number: int) -> str:
    """All ids within a blob have to be of one length; that of the opening is another each time."""
    name = f"c{number:08d}" if number else f"o{secrets.token_hex(4)}"
    return base64.b64encode(name.encode()).decode()
