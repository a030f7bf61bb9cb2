"""Tables and text for the generated pages in `docs/`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table; cells are Markdown, of any number of lines."""
    return [_row(head), _row(["---"] * len(head)), *(_row(row) for row in rows)]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", r"\|") for cell in cells) + " |"


def code(*names: str) -> str:
    """Names as they are written in code, with commas between them."""
    return ", ".join(f"`{name}`" for name in names)


def plain(text: str) -> str:
    """Text that is no Markdown: `<SKU>` would vanish as a tag, `*` would be emphasis."""
    return re.sub(r"([<>*])", r"\\\1", text)


def nested(text: str) -> str:
    """Markdown with every heading one level lower."""
    return re.sub(r"^(#+) ", r"#\1 ", text, flags=re.MULTILINE)
