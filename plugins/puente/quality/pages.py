"""Pages and letters from Jinja templates: one environment for all of them, and the style sheet that the pages share."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2

STYLE = Path(__file__).parent / "templates" / "style.css"  # pages of other folders include it by its name,
PAGE = STYLE.with_name("page.html")  # and what has a verdict extends this one


@cache
def environment(folder: Path, *, keep_trailing_newline: bool = False) -> jinja2.Environment:
    """HTML is escaped, plain text is not; a name that a template does not get is an error."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, STYLE.parent]), autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=keep_trailing_newline,
    )  # fmt: skip


def page(path: Path) -> jinja2.Template:
    """The template at `path`."""
    return environment(path.parent).get_template(path.name)
