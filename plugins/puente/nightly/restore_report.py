"""The sealed report of a restore or a drill, and a page rendered from it.

`<reports>/<link>/restores/<kind>-<id>.json` and `.html`. The JSON is `{"restore": {…}, "sha256": …, "hmac": …}` in
canonical form; it has counts, order numbers and record keys, never a value. Writing it again replaces it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from puente.nightly.restore_texts import TEXTS
from puente.quality.seal import canonical, seal, write_whole
from puente.settings import Settings


def write_report(settings: Settings, body: dict[str, Any]) -> Path:
    """Write page and JSON of `drill.report_body` or `restore.report_body`; returns the JSON's path."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", body["id"]).strip("-")[:60]
    short = hashlib.sha256(body["id"].encode()).hexdigest()[:8]
    path = settings.reports_dir / body["link_id"] / "restores" / f"{body['kind']}-{readable}-{short}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = {**body, "language": settings.language}
    document = {"restore": whole, **seal(whole, settings.seal_key)}
    write_whole(path.with_suffix(".html"), render(document).encode())
    write_whole(path, canonical(document))
    return path


def verify(path: Path, seal_key: bytes | None) -> list[str]:
    """What is wrong with a written report; empty when it is as it was sealed."""
    try:
        content = path.read_bytes()
        document = json.loads(content)
        sealed = seal(document["restore"], seal_key)
        regular = canonical(document)
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [f"{path.name} cannot be read as a restore's report: {type(error).__name__}"]
    problems = []
    if regular != content or document.get("sha256") != sealed["sha256"]:
        problems.append("the content does not match its sha256: it was altered")
    if seal_key is not None and not hmac.compare_digest(str(document.get("hmac")), sealed["hmac"]):
        problems.append("the seal (hmac) does not match: altered, or sealed with another key")
    return problems


def render(document: dict[str, Any]) -> str:
    """The page of a sealed document, in its own language, without anything from outside."""
    body = document["restore"]
    return _template().render(
        r=body, t=TEXTS[body["language"]], sha256=document["sha256"], sealed="hmac" in document, clock=clock
    )


def clock(seconds: float) -> str:
    """A duration as hours, minutes and seconds."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True,
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("restore.html")
