"""Mail through Airflow's SMTP connection, by the standard library's smtplib.

Not by Airflow's SmtpHook: it sends a message again after any disconnection, also after the server has accepted it,
and so may double a mail. Here the outcome of each dialogue goes to `orders.mail`, which decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowSkipException

from puente.errors import PuenteError
from puente.orchestration.runs import this_run

if TYPE_CHECKING:
    from puente.orchestration.connections import ConnectionFields
    from puente.orders.mail import Send
    from puente.orders.smtp import MailServer


@contextmanager
def smtp_sender(conn_id: str = "puente_smtp", sender: str | None = None) -> Iterator[Send]:
    """`send` for `send_mails`. `sender`: the profile's `orders.mail.sender`, else the connection's `from_email`.

    PuenteError when the connection lacks something or the server cannot be reached: no mail has been touched then.
    """
    from puente.orchestration.connections import find_connection
    from puente.orders.smtp import sender_to

    with sender_to(mail_server(find_connection(conn_id), sender)) as send:
        yield send


def mail_server(connection: ConnectionFields, sender: str | None = None) -> MailServer:
    """An Airflow connection of type smtp, with its extras named as Airflow's SMTP provider names them."""
    from puente.orders.smtp import MailServer

    extra = connection.extra_dejson
    sender = sender or extra.get("from_email")
    if not connection.host:
        raise PuenteError(f"Connection {connection.conn_id!r} names no mail server; put it in its host.")
    if not sender:
        raise PuenteError(
            f"Nobody to send mail as: set `orders.mail.sender` in the platform's profile.yaml, "
            f"or `from_email` in the extra of connection {connection.conn_id!r}."
        )
    if extra.get("auth_type", "basic") != "basic":
        raise PuenteError(f"Connection {connection.conn_id!r}: auth_type must be basic, not {extra['auth_type']!r}.")
    context = extra.get("ssl_context") or "default"
    if context not in ("default", "none"):
        raise PuenteError(f"Connection {connection.conn_id!r}: ssl_context must be default or none, not {context!r}.")
    use_ssl = not bool(extra.get("disable_ssl", False))
    return MailServer(
        host=connection.host,
        port=int(connection.port or 0),  # 0: the standard port of the protocol
        sender=sender,
        login=connection.login or None,
        password=connection.password or None,
        use_ssl=use_ssl,
        starttls=not use_ssl and not bool(extra.get("disable_tls", False)),
        verify=context == "default",
        timeout=float(extra.get("timeout", 30)),
    )


SEND_MAILS_DOC = """Sends the mails that wait: one per order, state and recipient. Skipped when none waits.

What the server surely did not take is tried again in the next run; what it may have taken is listed as doubtful.

**Clear it at any time**: a mail that the server took, or may have taken, is not sent again.
"""


@task(trigger_rule="all_done", multiple_outputs=False, doc_md=SEND_MAILS_DOC)
def send_mails(link_id: str) -> dict[str, int]:
    """Mails by what became of them."""
    from puente.orchestration.connections import bridge
    from puente.orders import mail

    with bridge(link_id) as sides:
        if not mail.has_waiting(sides.platform, link_id):
            raise AirflowSkipException("No mail waits.")
        settings = (sides.profile("platform").raw.get("orders") or {}).get("mail") or {}
        with smtp_sender(sender=settings.get("sender")) as send:
            return mail.send_mails(sides.platform, link_id, this_run().owner, send, sides.settings.lease_seconds)
