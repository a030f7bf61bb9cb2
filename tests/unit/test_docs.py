"""The pages: links resolve, and the commands that they name exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from puente import cli
from puente.settings import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
_LINK = re.compile(r"\]\((?![a-z]+:)([^)#\s]*)(?:#([^)\s]+))?\)")
_COMMAND = re.compile(r"python -m puente((?: +[^\s`|;]+)*)")


def anchors(page: Path) -> set[str]:
    """The headings of a page as GitHub names them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken_links(page: Path) -> Iterator[str]:
    for target, anchor in _LINK.findall(page.read_text(encoding="utf-8")):
        path = (page.parent / target).resolve() if target else page
        if not path.exists():
            yield target
        elif anchor and anchor not in anchors(path):
            yield f"{target}#{anchor}"


@cache
def root() -> Any:
    return get_command(cli.app)


def unknown_commands(page: Path) -> Iterator[str]:
    """What is written after `python -m puente` and is no command, or has an option that the command lacks."""
    for written in _COMMAND.findall(page.read_text(encoding="utf-8")):
        words = written.split("#")[0].split()
        command = root()
        if not words or not re.fullmatch(r"[a-z]+", words[0]):
            continue  # `python -m puente …`
        while words and hasattr(command, "commands"):
            command = command.commands.get(words.pop(0))
        options = {option for one in getattr(command, "params", ()) for option in one.opts}
        given = {word for word in words if re.fullmatch(r"--[a-z-]+", word)}
        if command is None or hasattr(command, "commands") or given - options:
            yield written.strip()


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_resolve(page: Path) -> None:
    assert list(broken_links(page)) == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_commands_exist(page: Path) -> None:
    assert list(unknown_commands(page)) == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "runbooks").glob("*.md")), ids=lambda page: page.stem)
def test_a_runbook_fits_on_a_page(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 40
    assert [line for line in lines if line.startswith("## ")] == [
        "## What you see", "## What it means", "## What to do", "## When it is over", "## Whom to tell"
    ]  # fmt: skip
