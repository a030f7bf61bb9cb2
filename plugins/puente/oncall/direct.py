"""Telling on-call without the platform's database, which is what cannot be reached just then.

How often is noted in `<reports>/<link>/oncall.json` of this machine; without that file everything is told at once.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
from contextlib import AbstractContextManager
from email.message import EmailMessage
from email.utils import localtime
from typing import Any

from puente.files import write_whole
from puente.oncall import targets
from puente.oncall.alerts import Alert, Folded, message
from puente.oncall.folding import fold
from puente.orders.mail import Send
from puente.settings import Link, Settings
from puente.sync.route import stored

_log = logging.getLogger(__name__)


def tell(link: Link, settings: Settings, alert: Alert, now: dt.datetime, post: AbstractContextManager[Send]) -> bool:
    """Tell it to everybody, unless it was told in the last hours; whether anybody was told. `post` sends mails."""
    path = settings.reports_dir / link.link_id / "oncall.json"
    noted = _read(path)
    name = f"{alert.kind} {alert.subject}"
    known = noted.get(name)
    new = fold(known, alert.kind, now, settings.remind_hours)
    told = False
    if known is None or new["told_at"] != known["told_at"]:
        title, text = message(alert, Folded(new["since"], new["times"], new["told"]), link, settings)
        taken = [targets.tell(chat, title, text) for chat in targets.chats(settings).values()]
        told = any([*taken, mail(settings, title, text, post)])
        if not told:
            return False  # the next time is the first time
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        old = stored(now - dt.timedelta(hours=settings.remind_hours))
        kept = {other: state for other, state in noted.items() if state["at"] > old}
        write_whole(path, json.dumps(kept | {name: new}).encode())
    except OSError as error:
        _log.warning("%s cannot be written (%s): alerts are told each time", path, error.strerror)
    return told


def mail(settings: Settings, title: str, text: str, post: AbstractContextManager[Send]) -> bool:
    """Whether the mail server took a mail for each address."""
    to = targets.addresses(settings)
    if not to:
        return False
    try:
        with post as send:
            for address in to:
                letter = EmailMessage()
                letter["To"], letter["Subject"], letter["Auto-Submitted"] = address, title, "auto-generated"
                letter["Date"] = localtime()
                letter.set_content(text)
                send(letter)
    except Exception as error:  # whatever the server says: the chats were told, or the next failure tells
        _log.warning("No mail to on-call: %s", type(error).__name__)
        return False
    return True


def _read(path: Any) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
        return found if isinstance(found, dict) else {}
    except (OSError, ValueError):
        return {}
