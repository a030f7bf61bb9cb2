"""What a mail about an order says: Jinja templates in Spanish and English. Pure, but for reading the templates."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from puente.quality.pages import environment

Language = Literal["es", "en"]

_TEMPLATES = Path(__file__).parent / "templates"
_BREAKS = ("Cc", "Cs", "Zl", "Zp")
_ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"]+@[^\s@<>()\[\]\\,;:\"]+")


@dataclass(frozen=True)
class Letter:
    """One mail's contents. The subject is one line of at most 255 characters."""

    subject: str
    plain: str
    html: str


def write_letter(language: Language, order_id: str, state: str, reason: str | None) -> Letter:
    """Tell anybody involved that an order is now in `state`."""
    facts = {"order": one_line(order_id), "state": state, "reason": one_line(reason or "")}
    names = ("subject.txt", "body.txt", "body.html")
    letters = environment(_TEMPLATES, keep_trailing_newline=True)
    subject, plain, html = (letters.get_template(f"{language}/{name}").render(facts) for name in names)
    return Letter(shorten(one_line(subject), 255), plain, html)


def message_id(link_id: str, order_id: str, state: str, recipient: str) -> str:
    """The same for the same mail, whoever sends it and how often: a mailbox may then drop the second copy."""
    digest = hashlib.sha256("\x1f".join((link_id, order_id, state, recipient)).encode()).hexdigest()[:40]
    return f"<{digest}@puente.{re.sub('[^A-Za-z0-9-]', '-', link_id)}>"


def is_address(text: str) -> bool:
    """Whether it looks like one bare e-mail address that fits its column."""
    return len(text) <= 254 and text.isprintable() and _ADDRESS.fullmatch(text) is not None


def one_line(text: str) -> str:
    """Without control characters and line ends: what people typed must not become a header of its own."""
    return " ".join("".join(" " if unicodedata.category(c) in _BREAKS else c for c in text).split())


def shorten(text: str, size: int) -> str:
    """At most `size` UTF-16 units, as SQL Server counts characters."""
    return text.encode("utf-16-le", "replace")[: 2 * size].decode("utf-16-le", "ignore")
