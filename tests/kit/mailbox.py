"""A real SMTP server that keeps what it takes, and answers as a test tells it to."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.controller import Controller

from puente.orders.smtp import MailServer

DROP = "drop"  # take the message, then close the connection without an answer


class Mailbox:
    """`taken`: the messages that the server has taken. `rcpt` and `data` are the next answers at those commands,
    one each, and then 250 again."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.envelopes: list[list[str]] = []
        self.rcpt: list[str] = []
        self.data: list[str] = []
        self.port = 0

    @property
    def server(self) -> MailServer:
        return MailServer("127.0.0.1", self.port, "tienda@example.mx", timeout=5)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        answer = self.rcpt.pop(0) if self.rcpt else "250 OK"
        if answer == DROP:
            _server.transport.abort()
        elif answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        answer = self.data.pop(0) if self.data else "250 OK"
        if answer == DROP or answer.startswith("250"):
            self.taken.append(cast(EmailMessage, message_from_bytes(envelope.content, policy=policy.default)))
            self.envelopes.append(list(envelope.rcpt_tos))
        if answer == DROP:
            server.transport.abort()
        return answer


@contextmanager
def open_mailbox(**options: Any) -> Iterator[Mailbox]:
    """A mailbox on a free port; `options` as aiosmtpd's Controller takes them."""
    mailbox = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        mailbox.port = int(probe.getsockname()[1])
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port, **options)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
