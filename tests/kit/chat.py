"""A chat's service: a real HTTP server that Apprise's JSON notifier posts to, with the answers that a test wants."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


class Chat:
    """`taken` are the messages that it took of those that it was `asked` to; while `down`, it takes none, and never one
    with `refuses` in its title. `url` has a token in it."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.asked = 0
        self.down = False
        self.refuses = ""
        self.url = ""

    @property
    def titles(self) -> list[str]:
        return [message["title"] for message in self.taken]


@contextmanager
def open_chat(token: str = "s3cret-t0ken") -> Iterator[Chat]:
    """A service on a free port of this machine."""
    chat = Chat()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            refused = chat.down or bool(chat.refuses and chat.refuses in message["title"])
            chat.asked += 1
            self.send_response(503 if refused else 200)
            self.end_headers()
            if not refused:
                chat.taken.append(message)

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        chat.url = f"json://127.0.0.1:{server.server_port}/{token}"
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield chat
        finally:
            server.shutdown()
            thread.join()
