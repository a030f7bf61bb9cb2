"""Who is told: mail addresses, which get Puente's own mails, and Apprise's URLs (Slack, Teams, WhatsApp and others)."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from puente.errors import PuenteError
from puente.orders.letters import is_address
from puente.settings import Settings

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Chat:
    """`name` is for logs and tables: the service, and a fingerprint of the URL, which is a secret."""

    url: str = field(repr=False)

    @property
    def name(self) -> str:
        return f"{self.url.partition('://')[0].lower()[:20]}#{hashlib.sha256(self.url.encode()).hexdigest()[:8]}"


def addresses(settings: Settings) -> list[str]:
    """Mail addresses, of Puente's own mails. `mailto://…` with slashes is Apprise's, a server of its own."""
    return [one.removeprefix("mailto:") for one in settings.oncall if is_address(one.removeprefix("mailto:"))]


def chats(settings: Settings) -> dict[str, Chat]:
    """Everything else, by name."""
    found = [Chat(one) for one in settings.oncall if not is_address(one.removeprefix("mailto:"))]
    return {chat.name: chat for chat in found}


def tell(chat: Chat, title: str, text: str) -> bool:
    """Whether its service took the message. Nothing of the URL is logged, whatever the service's library logs."""
    import apprise

    with _silence():
        try:
            asset = apprise.AppriseAsset(app_id="Puente", app_desc="Puente", app_url="")
            service = apprise.Apprise.instantiate(chat.url, asset=asset)
            kind = apprise.NotifyType.WARNING
            taken = service is not None and bool(service.notify(text, title, notify_type=kind, body_format="text"))
        except Exception as error:  # of any of some hundred services: one that breaks must not stop the others
            _log.warning("%s: %s", chat.name, type(error).__name__)
            return False
    if not taken:
        _log.warning("%s did not take the alert%s", chat.name, "" if service else ": no URL that Apprise knows")
    return taken


def check(settings: Settings) -> None:
    """PuenteError names what Apprise does not know."""
    import apprise

    with _silence():
        unknown = [chat.name for chat in chats(settings).values() if not apprise.Apprise.instantiate(chat.url)]
    if unknown:
        raise PuenteError(f"PUENTE_ONCALL: Apprise knows no such URL: {', '.join(unknown)}.")


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
