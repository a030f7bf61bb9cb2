"""What `doctor` and `profile check` say: one finding per line, in plain words, with what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

Level = Literal["ok", "info", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """`subject` is what was looked at, `remedy` what a person should do ('' when nothing)."""

    level: Level
    subject: str
    what: str
    remedy: str = ""


def failed(findings: list[Finding]) -> bool:
    return any(finding.level == "fail" for finding in findings)


def in_one_line(error: SQLAlchemyError) -> str:
    """The server's own message, without SQLAlchemy's frame and without the statement's values."""
    message = str(error.orig) if isinstance(error, DBAPIError) and error.orig else str(error)
    return " ".join(message.split())[:300]
