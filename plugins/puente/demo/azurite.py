"""Microsoft's own emulator of Azure Blob Storage, for the demo and the tests (`make azurite` installs it)."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from azure.storage.blob import ContainerClient

from puente.demo.children import free_port, killed_with_parent
from puente.settings import ROOT

HERE = ROOT / ".venv" / "azurite" / "node_modules" / ".bin"


class NoAzurite(Exception):
    """There is no Azurite on this machine."""


class Azurite:
    """`secret` is the connection string of its one account."""

    def __init__(self, port: int, key: str) -> None:
        self.secret = (
            "DefaultEndpointsProtocol=http;AccountName=puente;"
            f"AccountKey={key};BlobEndpoint=http://127.0.0.1:{port}/puente;"
        )

    def container(self) -> str:
        """A new, empty container."""
        name = f"backups-{secrets.token_hex(4)}"
        with ContainerClient.from_connection_string(self.secret, name, retry_total=0) as made:
            made.create_container()
        return name


@contextmanager
def started(folder: Path) -> Iterator[Azurite]:
    """NoAzurite where it is not installed, or there is no Node."""
    program = shutil.which("azurite-blob", path=f"{HERE}{os.pathsep}{os.environ.get('PATH', '')}")
    if program is None or shutil.which("node") is None:
        raise NoAzurite("no Azurite here: `make azurite` installs it where there are node and npm")
    port, key, log = free_port(), base64.b64encode(secrets.token_bytes(64)).decode(), folder / "azurite.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [program, "--silent", "--disableTelemetry", "--skipApiVersionCheck", "--location", str(folder),
             "--blobHost", "127.0.0.1", "--blobPort", str(port)],
            env=os.environ | {"AZURITE_ACCOUNTS": f"puente:{key}"}, stdout=sink, stderr=sink,
            stdin=subprocess.DEVNULL, preexec_fn=killed_with_parent,
        )  # fmt: skip
    try:
        found = Azurite(port, key)
        deadline = time.monotonic() + 60
        while True:
            try:
                found.container()
                break
            except Exception as error:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise NoAzurite(f"Azurite does not answer: {log.read_text()[-500:]}") from error
                time.sleep(0.2)
        yield found
    finally:
        process.kill()  # what it has is thrown away
        process.wait()
