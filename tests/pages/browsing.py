"""Debian's Chromium, driven by Playwright: started once, and how a page of ours is opened in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 800}


@contextmanager
def chromium() -> Iterator[Browser]:
    """Skips where there is none: `make chromium` installs it."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("There is no chromium (Debian: sudo apt-get install chromium, or `make chromium` as root).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=list(FLAGS))
        yield browser
        browser.close()


@dataclass
class Window:
    """One window; `complaints` are what the browser wrote to its console about our pages, `hosts` whom they asked."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.base}/puente{path}")
        return self.page

    def _hear(self, message: ConsoleMessage) -> None:
        where = str(message.location.get("url", ""))
        ours = "/puente" in where and "sandbox attribute" not in message.text  # that is about Airflow's own frame
        if ours and message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text} ({where})")


def window(context: BrowserContext, base: str) -> Window:
    opened = Window(context.new_page(), base)
    opened.page.on("console", opened._hear)
    opened.page.on("request", lambda request: opened.hosts.add(request.url.split("/", 3)[2]))
    return opened


def context_of(browser: Browser, base: str, token: str | None, **options: Any) -> BrowserContext:
    """A fresh profile, in Spanish, logged in when there is a token."""
    options = {"viewport": DESKTOP, "locale": "es-MX", "reduced_motion": "reduce", **options}
    context = browser.new_context(**options)
    context.set_default_timeout(15_000)
    if token:
        context.add_cookies([{"name": "_token", "value": token, "url": base}])
    return context
