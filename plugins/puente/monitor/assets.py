"""The files that pages need: one style sheet, one script, the icon. Served by the application itself."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

from puente.quality.pages import STYLE

FOLDER = Path(__file__).parent / "assets"
FILES = {
    "style.css": ("text/css; charset=utf-8", (STYLE, FOLDER / "pages.css", FOLDER / "verdicts.css")),
    "pages.js": ("text/javascript; charset=utf-8", (FOLDER / "pages.js",)),
    "puente.svg": ("image/svg+xml", (FOLDER / "puente.svg",)),
    "puente-dark.svg": ("image/svg+xml", (FOLDER / "puente-dark.svg",)),
}
router = APIRouter()


@router.get("/assets/{name}")
def asset(name: str) -> Response:
    """One of `FILES`; nothing else can be named."""
    if name not in FILES:
        raise HTTPException(404)
    kind, paths = FILES[name]
    content = b"\n".join(path.read_bytes() for path in paths)
    return Response(content, media_type=kind, headers={"Cache-Control": "private, max-age=300"})
