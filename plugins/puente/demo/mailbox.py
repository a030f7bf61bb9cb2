"""The demo's mail server: a real one, on this machine only, that keeps every message as a file."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope

from puente.demo.erp import slug

_START_SECONDS = 10


class _Keeper:
    """Writes each message to `<number>-<subject>.eml` before the server says that it was taken."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._taken = len(list(folder.glob("*.eml")))

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        subject = str(message_from_bytes(content, policy=policy.default)["Subject"] or "sin asunto")
        self._taken += 1
        (self._folder / f"{self._taken:03d}-{slug(subject)[:60]}.eml").write_bytes(content)
        return "250 OK"


@contextmanager
def open_mailbox(folder: Path) -> Iterator[int]:
    """Take mail on a free port of 127.0.0.1 for the length of a block; yields the port."""
    folder.mkdir(parents=True, exist_ok=True)
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, int]] = Future()
    thread = threading.Thread(target=asyncio.run, args=(_serve(_Keeper(folder), started),), name="mailbox", daemon=True)
    thread.start()
    loop, closing, port = started.result(_START_SECONDS)
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(closing.set)
        thread.join(_START_SECONDS)


async def _serve(keeper: _Keeper, started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, int]]) -> None:
    """Serve until the event that `started` gives is set; what is still connected then is cut off."""
    loop, closing = asyncio.get_running_loop(), asyncio.Event()
    try:
        server = await loop.create_server(lambda: SMTP(keeper, loop=loop, hostname="localhost"), "127.0.0.1", 0)
    except OSError as error:
        started.set_exception(error)
        return
    started.set_result((loop, closing, int(server.sockets[0].getsockname()[1])))
    await closing.wait()
    server.close()
