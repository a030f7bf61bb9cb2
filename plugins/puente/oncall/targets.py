"""Who is told: mail addresses, which get Puente's own mails, and Apprise's URLs (Slack, Teams, WhatsApp and others).

What is wrong with the setting never stops a Dag, a task or a page, and silences nobody else in it: `read` says what it
is, and so do `doctor`, the status page and the Dag `monitor`.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from puente.errors import OncallWrong
from puente.orders.letters import is_address
from puente.settings import Settings

_log = logging.getLogger(__name__)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True)
class Chat:
    """`name` is for logs and tables: the service, and a fingerprint of the URL, which is a secret."""

    url: str = field(repr=False)

    @property
    def name(self) -> str:
        return f"{self.url.partition('://')[0].lower()[:20]}#{hashlib.sha256(self.url.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Targets:
    """Chats by name. `wrong` are sentences that quote no entry: most of them are secrets."""

    addresses: list[str]
    chats: dict[str, Chat]
    wrong: list[str]

    @property
    def anybody(self) -> bool:
        return bool(self.addresses or self.chats)


def read(settings: Settings) -> Targets:
    """Everybody in PUENTE_ONCALL who can be told, and what is wrong with it and the other settings of on-call."""
    text, wrong = _text(settings.oncall)
    found = Targets([], {}, [*settings.oncall_wrong, *wrong])
    for number, one in enumerate(_entries(text), 1):
        address = one.removeprefix("mailto:")  # `mailto://…` with slashes is Apprise's, a server of its own
        if is_address(address):
            found.addresses.extend({address} - set(found.addresses))
        elif trouble := _trouble(one):
            found.wrong.append(f"PUENTE_ONCALL: number {number} {trouble}.")
        else:
            found.chats[Chat(one).name] = Chat(one)
    return found


def _text(given: str) -> tuple[str, list[str]]:
    """The setting, or what the secret file holds whose path it is, and what is wrong with that file."""
    if not given.startswith("/"):
        return given, []
    try:
        open_to_all = Path(given).stat().st_mode & 0o007
        text = Path(given).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        return "", [f"PUENTE_ONCALL: {given} cannot be read ({why})."]
    # Used all the same: whoever was to be kept from the tokens has them by now, and silence helps nobody.
    return text, [f"PUENTE_ONCALL: everybody may read {given}: `chmod o-rwx {given}`."] if open_to_all else []


def _entries(text: str) -> Iterator[str]:
    """Blanks and commas lie between entries, and `;` before a URL has begun: within one it may be a part of it."""
    for one in re.split(r"[\s,]+", text):
        url = _URL.search(one)
        begins = url.start() if url else len(one)
        yield from filter(None, [*one[:begins].split(";"), one[begins:]])


def _trouble(one: str) -> str:
    """Why an entry is no URL, without the entry; '' for one that may be."""
    if not _URL.match(one) or not one.partition("://")[2]:
        return "is neither a mail address nor a URL of Apprise's"
    if any(is_address(part) or _URL.match(part) for part in one.split(";")[1:]):
        return "has an entry after `;`: put a space between them, or write %3B where it is a part of the URL"
    return ""


def tell(chat: Chat, title: str, text: str) -> bool:
    """Whether its service took the message. Nothing of the URL is logged, whatever the service's library logs."""
    with _silence():
        try:
            import apprise

            asset = apprise.AppriseAsset(app_id="Puente", app_desc="Puente", app_url="")
            service = apprise.Apprise.instantiate(chat.url, asset=asset)
            kind = apprise.NotifyType.WARNING
            taken = service is not None and bool(service.notify(text, title, notify_type=kind, body_format="text"))
        except Exception as error:  # a service's, of some hundred, or the import's: all others are told
            _log.warning("%s: %s", chat.name, type(error).__name__)
            return False
    if not taken:
        _log.warning("%s did not take the alert%s", chat.name, "" if service else ": no URL that Apprise knows")
    return taken


def check(settings: Settings) -> None:
    """OncallWrong says everything that is wrong, also what Apprise does not know."""
    found = read(settings)
    unknown = _unknown(found.chats)
    if wrong := [*found.wrong, *unknown]:
        raise OncallWrong(" ".join(wrong))


def _unknown(chats: dict[str, Chat]) -> list[str]:
    if not chats:
        return []
    import apprise

    with _silence():
        names = [name for name, chat in chats.items() if not apprise.Apprise.instantiate(chat.url)]
    return [f"PUENTE_ONCALL: Apprise knows no such URL: {', '.join(names)}."] if names else []


@contextmanager
def _silence() -> Iterator[None]:
    """Tokens are parts of paths, which Apprise and urllib3 log."""
    loggers = [logging.getLogger(name) for name in ("apprise", "urllib3", "urllib3.connectionpool", "requests")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
