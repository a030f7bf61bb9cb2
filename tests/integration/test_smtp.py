"""The SMTP dialogue itself: TLS, login, and which failures leave every mail untouched."""

from __future__ import annotations

import datetime as dt
import ssl
from dataclasses import replace
from email.message import EmailMessage
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kit.mailbox import open_mailbox
from puente.orders.mail import NotTaken, Unreachable
from puente.orders.smtp import sender_to


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    """A server's context with a certificate that nobody trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path = tmp_path / "server.pem"
    path.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def a_message() -> EmailMessage:
    message = EmailMessage()
    message["To"] = "ana@example.mx"
    message.set_content("hola")
    return message


def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: LoginPassword) -> AuthResult:
    return AuthResult(success=(given.login, given.password) == (b"tienda", b"clave"), handled=False)


def test_tls_from_the_first_byte(tls: ssl.SSLContext) -> None:
    with open_mailbox(ssl_context=tls) as mailbox:
        with sender_to(replace(mailbox.server, use_ssl=True, verify=False)) as send:
            send(a_message())
        assert len(mailbox.taken) == 1
        strict = replace(mailbox.server, use_ssl=True)
        with pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"), sender_to(strict):
            pass


def test_starttls_and_login(tls: ssl.SSLContext) -> None:
    with open_mailbox(tls_context=tls, require_starttls=True, authenticator=check, auth_required=True) as mailbox:
        secure = replace(mailbox.server, starttls=True, verify=False)
        with sender_to(replace(secure, login="tienda", password="clave")) as send:
            send(a_message())
        assert len(mailbox.taken) == 1
        with pytest.raises(Unreachable, match="535"), sender_to(replace(secure, login="tienda", password="otra")):
            pass


def test_a_server_without_starttls_gets_nothing_in_the_clear() -> None:
    with open_mailbox() as mailbox:
        with pytest.raises(Unreachable, match="STARTTLS"), sender_to(replace(mailbox.server, starttls=True)):
            pass
        assert mailbox.taken == []


def test_a_server_that_closes_an_idle_connection_gets_the_next_mail_on_another() -> None:
    with open_mailbox() as mailbox, sender_to(mailbox.server) as send:
        mailbox.rcpt = ["421 closing"]
        with pytest.raises(Exception, match="421"):
            send(a_message())
        mailbox.rcpt = ["drop"]
        with pytest.raises(NotTaken):
            send(a_message())
        send(a_message())
        assert len(mailbox.taken) == 1
