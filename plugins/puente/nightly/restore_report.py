"""The sealed report of a restore or a drill, and a page rendered from it.

`<reports>/<link>/restores/<kind>-<id>.json` and `.html`. The JSON is `{"restore": {…}, "sha256": …, "hmac": …}` in
canonical form; it has counts, order numbers and record keys, never a value. Writing it again replaces it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from puente.files import file_stem, write_whole
from puente.nightly.restore_texts import TEXTS
from puente.quality.pages import page
from puente.quality.seal import canonical, problems_of, seal
from puente.settings import Settings

_TEMPLATE = Path(__file__).parent / "templates" / "restore.html"


def write_report(settings: Settings, body: dict[str, Any]) -> Path:
    """Write page and JSON of `drill.report_body` or `restore.report_body`; returns the JSON's path."""
    path = settings.reports_dir / body["link_id"] / "restores" / f"{body['kind']}-{file_stem(body['id'])}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = {**body, "language": settings.language}
    document = {"restore": whole, **seal(whole, settings.seal_key)}
    write_whole(path.with_suffix(".html"), render(document).encode())
    write_whole(path, canonical(document))
    return path


def verify(path: Path, seal_key: bytes | None) -> list[str]:
    """What is wrong with a written report; empty when it is as it was sealed."""
    return problems_of(path, "restore", seal_key, called="a restore's report")


def render(document: dict[str, Any]) -> str:
    """The page of a sealed document, in its own language, without anything from outside."""
    body = document["restore"]
    return page(_TEMPLATE).render(
        r=body, t=TEXTS[body["language"]], sha256=document["sha256"], sealed="hmac" in document, clock=clock
    )


def clock(seconds: float) -> str:
    """A duration as hours, minutes and seconds."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
