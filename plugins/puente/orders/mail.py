"""Mail about orders: written with the transition, sent afterwards, each at most once unless a person says so.

A mail is `sending` from before the SMTP dialogue until its outcome is known. Only what the server surely did not
take is tried again. Where nobody can know, because the connection or the worker was lost in between, it becomes
`doubtful`: listed, and never sent again by itself.
"""

from __future__ import annotations

import json
import logging
import smtplib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from email.message import EmailMessage
from email.utils import localtime
from typing import Any

from sqlalchemy import Connection, and_, insert, select, update

from puente.db import schema
from puente.db.connect import Database
from puente.errors import PuenteError
from puente.order_states import canonical_state
from puente.orders.letters import Language, Letter, is_address, message_id, one_line, shorten, write_letter
from puente.sync.leases import Lease, held
from puente.sync.route import utc_now

_log = logging.getLogger(__name__)
ATTEMPTS_ALLOWED = 5
_RESTORED = "Se restauró una copia: quizá ya se envió antes de la restauración."
Send = Callable[[EmailMessage], None]


class NotTaken(PuenteError):
    """The server surely did not take the message: the dialogue did not come as far as that."""


class Unreachable(NotTaken):
    """The server could not be spoken to at all; the other mails need not be tried now."""


# ---------------------------------------------------------------- written with the transition
def put_mails(
    conn: Connection, link_id: str, order: Mapping[str, Any], state: str, settings: Mapping[str, Any] | None = None
) -> int:
    """One mail to the customer and to each internal address of the state, in the caller's transaction.

    `order` is a row of `puente_order`, `settings` the profile's `orders.mail`. Each order, state and recipient gets
    one, however often this is called. Returns the number of new mails; what is no address is kept as refused.
    """
    settings, order_id = settings or {}, str(order["order_id"])
    letter = write_letter(_language(settings), order_id, state, order["reason"])
    return put(conn, link_id, order_id, state, _recipients(order, state, settings), letter)


def put(
    conn: Connection, link_id: str, about: str, state: str, to: Iterable[str], letter: Letter,
    attachments: str | None = None,
) -> int:  # fmt: skip
    """One mail about something, in some state, to each of these who has none yet; returns how many are new.

    `attachments`: JSON, [{name, content}]. What is no address is kept as refused.
    """
    table = schema.mail
    same = and_(table.c.link_id == link_id, table.c.order_id == about, table.c.state == state)
    known = {row.recipient.casefold() for row in conn.execute(select(table.c.recipient).where(same))}
    rows = []
    for recipient in to:
        address = _kept_as(recipient)
        if address.casefold() in known:
            continue
        known.add(address.casefold())
        good = is_address(recipient)
        rows.append(
            {
                "link_id": link_id, "order_id": about, "state": state, "recipient": address,
                "message_id": message_id(link_id, about, state, address),
                "subject": letter.subject, "plain": letter.plain, "html": letter.html, "attachments": attachments,
                "status": "waiting" if good else "refused", "attempts": 0,
                "error": None if good else "No es una dirección de correo.", "at": utc_now(),
            }
        )  # fmt: skip
    if rows:
        conn.execute(insert(table), rows)
    return len(rows)


def _language(settings: Mapping[str, Any]) -> Language:
    match settings.get("language") or "es":
        case "es":
            return "es"
        case "en":
            return "en"
        case other:
            raise PuenteError(f"`orders.mail.language` of the platform's profile must be es or en, not {other!r}.")


def _recipients(order: Mapping[str, Any], state: str, settings: Mapping[str, Any]) -> Iterator[str]:
    header = (json.loads(order["payload"]) if order["payload"] else {}).get("header") or {}
    customer = (header.get("Envio_Email") or "").strip() or (header.get("Facturacion_Email") or "").strip()
    if customer:
        yield customer
    for name, addresses in _internal(settings):
        if canonical_state(name) == state:
            yield from addresses


def _internal(settings: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Who in the house hears of each state."""
    for name, addresses in (settings.get("internal") or {}).items():
        yield str(name), [addresses] if isinstance(addresses, str) else [*map(str, addresses or ())]


def internal_addresses(settings: Mapping[str, Any]) -> list[str]:
    """Everybody in the house who hears of orders, as `puente_mail` has them; every other recipient is a customer."""
    return sorted({_kept_as(one) for _, addresses in _internal(settings) for one in addresses})


def _kept_as(recipient: str) -> str:
    return shorten(one_line(recipient), 254)


# ---------------------------------------------------------------- sent afterwards
def has_waiting(db: Database, link_id: str) -> bool:
    """Whether there is a mail to send, or one whose sender died."""
    table = schema.mail
    query = select(table.c.mail_id).where(table.c.link_id == link_id, table.c.status.in_(("waiting", "sending")))
    with db.read() as conn:
        return conn.execute(query.limit(1)).first() is not None


def send_mails(db: Database, link_id: str, owner: str, send: Send, lease_seconds: int) -> dict[str, int]:
    """Send what waits, in the order of writing; returns the mails by what became of them.

    `send` gets one message without `From` at a time and returns only when the server has taken it. LeaseHeld while
    another worker is at the mails. A worker that dies leaves one mail `sending`, which is doubtful from then on.
    """
    done: Counter[str] = Counter()
    with held(db, link_id, "mail", owner, lease_seconds) as lease:
        done["doubtful"] += _doubt_what_was_left(lease)
        for mail_id in _waiting(lease):
            message = _take(lease, mail_id)
            if message is None:
                continue
            outcome, error = _try(send, message)
            done[_mark(lease, mail_id, outcome, error)] += 1
            if isinstance(error, (Unreachable, ConnectionRefusedError)):
                break
    return {status: number for status, number in done.items() if number}


def _doubt_what_was_left(lease: Lease) -> int:
    table = schema.mail
    left = and_(table.c.link_id == lease.link_id, table.c.status == "sending")
    why = "El envío se interrumpió: no se sabe si el servidor lo aceptó."
    with lease.begin() as conn:
        return conn.execute(update(table).where(left).values(status="doubtful", error=why)).rowcount


def _waiting(lease: Lease) -> list[int]:
    table = schema.mail
    query = select(table.c.mail_id).where(table.c.link_id == lease.link_id, table.c.status == "waiting")
    with lease.db.read() as conn:
        return [int(row.mail_id) for row in conn.execute(query.order_by(table.c.mail_id))]


def _take(lease: Lease, mail_id: int) -> EmailMessage | None:
    """The message, once its mail is `sending`; None where it no longer waits."""
    table = schema.mail
    mine = and_(table.c.mail_id == mail_id, table.c.status == "waiting")
    with lease.begin() as conn:
        changed = conn.execute(
            update(table).where(mine).values(status="sending", attempts=table.c.attempts + 1, tried_at=utc_now())
        )
        if changed.rowcount != 1:
            return None
        row = conn.execute(select(table).where(table.c.mail_id == mail_id)).mappings().one()
        return _message(dict(row))


def _message(row: Mapping[str, Any]) -> EmailMessage:
    """One recipient a message. EmailMessage itself refuses line ends in headers."""
    message = EmailMessage()
    message["To"] = row["recipient"]
    message["Subject"] = row["subject"]
    message["Date"] = localtime()
    message["Message-ID"] = row["message_id"]
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(row["plain"])
    message.add_alternative(row["html"], subtype="html")
    for file in json.loads(row["attachments"] or "[]"):
        subtype = "csv" if file["name"].endswith(".csv") else "html" if file["name"].endswith(".html") else "plain"
        message.add_attachment(file["content"], subtype=subtype, filename=file["name"])
    return message


def _try(send: Send, message: EmailMessage) -> tuple[str, Exception | None]:
    try:
        send(message)
    except Exception as error:  # whatever it is, the mail must not be sent again without knowing
        _log.warning("Mail %s was not sent: %s", message["Message-ID"], type(error).__name__)
        return outcome_of(error), error
    return "sent", None


def outcome_of(error: Exception) -> str:
    """What an error of the SMTP dialogue says of the mail: waiting (surely not taken), refused or doubtful.

    The server's own answers say that it did not take it: 4xx for now, 5xx for good. Everything else that comes
    after the connection was made may have come after the message was accepted.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):  # one recipient a message, so there is one answer
        codes = [code for code, _ in error.recipients.values()]
        return "refused" if codes and all(code >= 500 for code in codes) else "waiting"
    if isinstance(error, smtplib.SMTPResponseException):
        if 400 <= error.smtp_code < 500:
            return "waiting"
        return "refused" if error.smtp_code >= 500 else "doubtful"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "refused"  # an address that needs SMTPUTF8, which the server lacks
    if isinstance(error, (NotTaken, ConnectionRefusedError)):
        return "waiting"
    return "doubtful"


def _mark(lease: Lease, mail_id: int, outcome: str, error: Exception | None) -> str:
    table = schema.mail
    with lease.begin() as conn:
        mine = and_(table.c.mail_id == mail_id, table.c.status == "sending")
        if outcome == "waiting":
            tried = conn.execute(select(table.c.attempts).where(mine)).scalar() or 0
            outcome = "refused" if tried >= ATTEMPTS_ALLOWED else "waiting"
        why = None if error is None else shorten(one_line(f"{type(error).__name__}: {_said(error)}"), 500)
        conn.execute(update(table).where(mine).values(status=outcome, error=why))
    return outcome


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{code} {_text(answer)}" for code, answer in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return str(error)


def _text(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)


def doubt_waiting(conn: Connection, link_id: str, order_id: str | None = None, state: str | None = None) -> int:
    """Mails that wait (all, or those of one order or state) may have been sent before a restore: a person decides."""
    table = schema.mail
    here = and_(table.c.link_id == link_id, table.c.status.in_(("waiting", "sending")))
    for column, value in ((table.c.order_id, order_id), (table.c.state, state)):
        here = here if value is None else and_(here, column == value)
    return conn.execute(update(table).where(here).values(status="doubtful", error=_RESTORED)).rowcount


# ---------------------------------------------------------------- for people
def doubtful(db: Database, link_id: str) -> list[dict[str, Any]]:
    """The mails of which nobody knows whether they were sent, in the order of writing; without their texts."""
    return not_sent(db, link_id, ("doubtful",))


def not_sent(db: Database, link_id: str, statuses: tuple[str, ...] | None = None) -> list[dict[str, Any]]:
    """The mails in any of the statuses (None: all but sent), in the order of writing; without their texts."""
    table = schema.mail
    columns = (c for c in table.c if c.name not in ("plain", "html", "attachments"))
    wanted = table.c.status != "sent" if statuses is None else table.c.status.in_(statuses)
    query = select(*columns).where(table.c.link_id == link_id, wanted).order_by(table.c.mail_id)
    with db.read() as conn:
        return [dict(row) for row in conn.execute(query).mappings()]


def resend(db: Database, link_id: str, mail_id: int, who: str, why: str = "") -> None:
    """Let a doubtful or refused mail be sent once more; who said so is kept. PuenteError for any other mail."""
    table = schema.mail
    with db.begin() as conn:
        mine = and_(table.c.link_id == link_id, table.c.mail_id == mail_id, table.c.status.in_(("doubtful", "refused")))
        if conn.execute(update(table).where(mine).values(status="waiting", attempts=0)).rowcount != 1:
            raise PuenteError(f"Mail {mail_id} of link {link_id} is neither doubtful nor refused; nothing was changed.")
        entry = {"link_id": link_id, "action": "resend", "field": "mail", "value": str(mail_id), "who": who}
        conn.execute(insert(schema.decision), {**entry, "why": why, "at": utc_now()})
