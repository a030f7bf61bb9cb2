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
from pathlib import Path
from typing import Any

from puente.files import write_whole
from puente.oncall import targets
from puente.oncall.alerts import Alert, Folded, message
from puente.oncall.folding import fold
from puente.orders.mail import Send
from puente.settings import Link, Settings
from puente.sync.route import stored

_MAIL = "mail"  # in the place of a chat's name
_log = logging.getLogger(__name__)


def tell(link: Link, settings: Settings, alert: Alert, now: dt.datetime, post: AbstractContextManager[Send]) -> bool:
    """Tell it to everybody, unless it was told in the last hours, and then to those who did not take it; whether
    anybody took it now. `post` sends mails."""
    path = _path(link, settings)
    noted, name = _read(path), f"{alert.kind} {alert.subject}"
    known, who = noted.get(name), targets.read(settings)
    new = fold(known, alert, now, settings.remind_hours)
    everybody = [*who.chats, *([_MAIL] if who.addresses else [])]
    again = known is not None and new["told_at"] == known["told_at"]
    waits = [one for one in everybody if one in known["waits"]] if known is not None and again else everybody
    title, text = message(alert, Folded(new["since"], new["times"], new["told"]), link, settings)
    left = [
        one
        for one in waits
        if not (mail(settings, title, text, post) if one == _MAIL else targets.tell(who.chats[one], title, text))
    ]
    old = stored(now - dt.timedelta(hours=settings.remind_hours))
    kept = {other: state for other, state in noted.items() if state["at"] > old}
    _write(path, kept | {name: new | {"waits": left}})
    return len(left) < len(waits)


def settle(link: Link, settings: Settings, now: dt.datetime) -> None:
    """The platform's database answers: what was told without it has ended, or is told with it from here on."""
    noted = _read(_path(link, settings))
    if going := [state for state in noted.values() if not state["ended_at"]]:
        for state in going:
            state["ended_at"] = stored(now)
        _write(_path(link, settings), noted)


def mail(settings: Settings, title: str, text: str, post: AbstractContextManager[Send]) -> bool:
    """Whether the mail server took a mail for each address."""
    to = targets.read(settings).addresses
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


def _path(link: Link, settings: Settings) -> Path:
    return settings.reports_dir / link.link_id / "oncall.json"


def _write(path: Path, noted: dict[str, Any]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(noted).encode())
    except OSError as error:
        _log.warning("%s cannot be written (%s): alerts are told each time", path, error.strerror)


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
        return {name: state for name, state in found.items() if state["at"] and {"waits", "ended_at"} <= set(state)}
    except (OSError, ValueError, AttributeError, KeyError, TypeError):  # no such file, or none of ours
        return {}
