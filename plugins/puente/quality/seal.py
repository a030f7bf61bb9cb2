"""How a report is sealed: one canonical JSON form, its SHA-256, an HMAC."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any


def canonical(value: Any) -> bytes:
    """The one JSON form of a value: sorted keys, no blanks, UTF-8, finite numbers only."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def seal(body: dict[str, Any], seal_key: bytes | None) -> dict[str, str]:
    """`sha256` over the canonical form of `body`; `hmac` (HMAC-SHA256 over the same bytes) only when a key is set."""
    content = canonical(body)
    seal = {"sha256": hashlib.sha256(content).hexdigest()}
    if seal_key is not None:
        seal["hmac"] = hmac.new(seal_key, content, hashlib.sha256).hexdigest()
    return seal


def problems_of(
    path: Path, part: str, seal_key: bytes | None, *, called: str = "a document of that kind", with_csv: bool = False
) -> list[str]:
    """What is wrong with a document `{<part>: {…}, "sha256": …, "hmac": …}`; empty when it is as it was sealed.

    `with_csv`: the file that its `csv` names, with its SHA-256, lies beside it and is covered by the seal.
    """
    try:
        content = path.read_bytes()
        document = json.loads(content)
        body = document[part]
        sealed, regular = seal(body, seal_key), canonical(document)
        csv_altered = with_csv and _sha256(path.with_name(Path(body["csv"]["name"]).name)) != body["csv"]["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [f"{path.name} cannot be read as {called}: {type(error).__name__}"]
    problems = []
    if regular != content or document.get("sha256") != sealed["sha256"]:
        problems.append("the content does not match its sha256: it was altered")
    if seal_key is not None and not hmac.compare_digest(str(document.get("hmac")), sealed["hmac"]):
        problems.append("the seal (hmac) does not match: altered, or sealed with another key")
    if csv_altered:
        problems.append("the CSV is not the one that was sealed")
    return problems


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
