"""The SMTP dialogue, so that whoever sends a mail knows whether the server may have taken it."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from puente.orders.mail import NotTaken, Send, Unreachable


@dataclass(frozen=True)
class MailServer:
    """Where mails go and whom they come from. `timeout` is seconds per answer of the server."""

    host: str
    port: int
    sender: str
    login: str | None = None
    password: str | None = field(default=None, repr=False)
    use_ssl: bool = False
    starttls: bool = False
    verify: bool = True  # the server's certificate
    timeout: float = 30.0


@contextmanager
def sender_to(server: MailServer) -> Iterator[Send]:
    """`send` for `send_mails`, over one connection that is opened at once and again where the server has closed it.

    Unreachable when there is no server to speak to: no mail has been touched then.
    """
    post = _Post(server)
    post.connect()
    try:
        yield post.send
    finally:
        post.close()


class _Post:
    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._client: _Dialogue | None = None

    def connect(self) -> _Dialogue:
        server = self._server
        options: dict[str, Any] = {"host": server.host, "port": server.port, "timeout": server.timeout}
        context = ssl.create_default_context()
        if not server.verify:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        client: _Dialogue | None = None
        try:
            client = _SecureDialogue(**options, context=context) if server.use_ssl else _Dialogue(**options)
            if server.starttls and not server.use_ssl:
                client.starttls(context=context)
            if server.login and server.password:
                client.login(server.login, server.password)
        except (OSError, smtplib.SMTPException) as error:
            if client is not None:
                client.close()
            raise Unreachable(f"{server.host}:{server.port}: {type(error).__name__}: {error}") from error
        self._client = client
        return client

    def send(self, message: EmailMessage) -> None:
        """NotTaken when the connection was lost before the text was on its way; smtplib's errors otherwise."""
        client = self._client
        if client is None or client.sock is None:
            client = self.connect()
        if "From" not in message:
            message["From"] = self._server.sender
        client.text_begun = False
        try:
            client.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            answered = isinstance(error, (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused))
            if not answered and not isinstance(error, smtplib.SMTPNotSupportedError):
                client.close()  # half a dialogue: the next mail gets a connection of its own
                if not client.text_begun:
                    raise NotTaken(f"{type(error).__name__}: {error}") from error
            raise

    def close(self) -> None:
        if self._client is not None and self._client.sock is not None:
            with suppress(OSError, smtplib.SMTPException):  # everything was said; the server may be gone
                self._client.quit()
            self._client.close()


class _Dialogue(smtplib.SMTP):
    """Notes when DATA begins: from there on a lost connection leaves open whether the server took the mail."""

    text_begun = False

    def data(self, msg: Any) -> Any:
        self.text_begun = True
        return super().data(msg)


class _SecureDialogue(_Dialogue, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""
