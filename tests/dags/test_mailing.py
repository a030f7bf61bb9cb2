"""Mail through Airflow's SMTP connection."""

from __future__ import annotations

import json
from email.message import EmailMessage

import pytest

from kit.mailbox import open_mailbox
from puente.errors import PuenteError
from puente.orchestration import mailing
from puente.orchestration.connections import find_connection
from puente.orders.smtp import MailServer

LOCAL = {"disable_ssl": True, "disable_tls": True, "from_email": "tienda@example.mx"}


def define(
    monkeypatch: pytest.MonkeyPatch, *, host: str = "127.0.0.1", port: int | None = None, **extra: object
) -> None:
    value = {"conn_type": "smtp", "host": host, "port": port, "login": "l", "password": "p", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_PUENTE_SMTP", json.dumps(value))


def server() -> MailServer:
    return mailing.mail_server(find_connection("puente_smtp"))


def test_a_message_goes_through_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_mailbox() as mailbox:
        value = {"conn_type": "smtp", "host": "127.0.0.1", "port": mailbox.port, "extra": LOCAL}
        monkeypatch.setenv("AIRFLOW_CONN_PUENTE_SMTP", json.dumps(value))
        for sender in (None, "otra@example.mx"):
            message = EmailMessage()
            message["To"] = "ana@example.mx"
            message.set_content("hola")
            with mailing.smtp_sender(sender=sender) as send:
                send(message)
    assert [m["From"] for m in mailbox.taken] == ["tienda@example.mx", "otra@example.mx"]


def test_the_flags_are_those_of_airflows_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    define(monkeypatch, from_email="a@x.mx")
    assert (server().use_ssl, server().starttls, server().verify, server().timeout) == (True, False, True, 30.0)
    define(monkeypatch, from_email="a@x.mx", disable_ssl=True, ssl_context="none", timeout=5)
    assert (server().use_ssl, server().starttls, server().verify, server().timeout) == (False, True, False, 5.0)
    define(monkeypatch, port=2525, **LOCAL)
    assert (server().use_ssl, server().starttls, server().port) == (False, False, 2525)
    assert "password" not in repr(server())


@pytest.mark.parametrize(
    ("extra", "complaint"),
    [
        ({}, "Nobody to send mail as"),
        ({"from_email": "a@x.mx", "auth_type": "oauth2"}, "auth_type"),
        ({"from_email": "a@x.mx", "ssl_context": "maybe"}, "ssl_context"),
    ],
)
def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, extra: dict[str, object], complaint: str) -> None:
    define(monkeypatch, **extra)
    with pytest.raises(PuenteError, match=complaint):
        server()


def test_a_connection_that_is_not_defined_is_named() -> None:
    with pytest.raises(PuenteError, match="no Airflow connection"), mailing.smtp_sender("puente_smtp_absent"):
        pass
