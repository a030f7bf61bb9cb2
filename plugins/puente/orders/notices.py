"""Notices to staff through the mail outbox: written once per matter, kind and recipient, sent with the other mails.

A notice is a row of `puente_mail` whose `order_id` is what it is about and whose `state` is its kind. Who hears of
what is the key `notices` of the platform's profile.yaml: kind → address or addresses; `default` for all the others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from puente.errors import PuenteError
from puente.orders import mail
from puente.orders.letters import Letter, one_line, shorten
from puente.profiles import Profile

KINDS = ("weekly", "low_stock", "traffic")


@dataclass(frozen=True)
class Notice:
    """What is said. `attachments` are text files by name."""

    subject: str
    plain: str
    html: str
    attachments: Mapping[str, str] | None = None


def recipients(profile: Profile, kind: str) -> list[str]:
    """Who hears of `kind`, by the platform's profile; nobody where it says nothing. PuenteError when it is wrong."""
    given = profile.raw.get("notices") or {}
    where = profile.folder / "profile.yaml"
    if not isinstance(given, dict):
        raise PuenteError(f"{where}: `notices` must be a mapping of kinds to addresses, not {given!r}.")
    if unknown := sorted(set(map(str, given)) - {*KINDS, "default"}):
        raise PuenteError(
            f"{where}: `notices` has unknown {', '.join(unknown)}; it may have {', '.join(KINDS)}, default."
        )
    addresses = given.get(kind, given.get("default")) or []
    return [addresses] if isinstance(addresses, str) else [str(address) for address in addresses]


def put_notice(conn: Connection, link_id: str, about: str, kind: str, to: Iterable[str], notice: Notice) -> int:
    """One mail per recipient, in the caller's transaction on the platform; returns how many are new.

    The same matter, kind and recipient gets one, however often this is called, also when the text is another by then.
    What is no address is kept as refused.
    """
    files = [{"name": one_line(name), "content": content} for name, content in (notice.attachments or {}).items()]
    letter = Letter(shorten(one_line(notice.subject), 255), notice.plain, notice.html)
    attached = json.dumps(files, ensure_ascii=False) if files else None
    return mail.put(conn, link_id, shorten(about, 64), shorten(kind, 50), to, letter, attached)
