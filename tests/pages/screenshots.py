"""The pictures of docs/pages.md, taken of the demo: `make demo`, `make run` and, beside it,

PYTHONPATH=tests:plugins .venv/bin/python -m pages.screenshots [--folder .puente] [--port 8080]

The demo leaves rows set aside and an order that waits, but nothing of the other kinds that need a person: an example of
each is put into its tables for the pictures of those lists, and taken out again.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser
from sqlalchemy import Table, delete, insert

from pages.browsing import DESKTOP, PHONE, chromium, context_of, window
from puente.contract import Side
from puente.db import schema
from puente.demo.place import Place
from puente.settings import ROOT
from puente.sync.capture import UNFIT
from puente.sync.route import stored

TO = ROOT / "docs" / "images"
LOW = {"width": 1280, "height": 720}
WHOLE = ("status", "validations-rows")  # the page to its end; of the others what a window shows
SHOTS = (  # name, path below /puente, the link that is followed from there, window, scheme
    ("status", "/", "", DESKTOP, "light"),
    ("status-dark", "/", "", DESKTOP, "dark"),
    ("status-phone", "/", "", PHONE, "dark"),
    ("needs", "/needs/orders", "", LOW, "light"),
    ("ledger", "/ledger", "", DESKTOP, "light"),
    ("validations", "/validations", "", DESKTOP, "light"),
    ("validations-rows", "/validations/rows?entity=products", "", LOW, "light"),
    ("validations-chain", "/validations/chain", "", LOW, "light"),
    ("validations-row", "/validations/rows?entity=products", "td a[href*='/validations/rows/']", DESKTOP, "light"),
    ("validations-report", "/validations/platform/2", "", DESKTOP, "light"),
    ("trace-order", "/trace?what=order&key=1", "", DESKTOP, "light"),
)
STRIP = {"width": 1280, "height": 420}
STAGED = ("conflicts", "traffic", "unsent", "mails")


def take(
    browser: Browser, base: str, token: str, name: str, path: str, followed: str, size: dict[str, int], scheme: str
) -> None:  # fmt: skip
    """One picture, in a window of its own."""
    page = window(context_of(browser, base, token, viewport=size, color_scheme=scheme), base).open(path)
    if followed:
        page.locator(followed).first.click()
        page.wait_for_load_state()
    page.screenshot(path=TO / f"{name}.png", full_page=name in WHOLE)
    print(f"{name}: {(TO / f'{name}.png').stat().st_size // 1024} KB")
    page.context.close()


@contextmanager
def examples(place: Place) -> Iterator[None]:
    """One of each kind that the demo has none of, while a block lasts."""
    now = dt.datetime.now(dt.UTC)
    at, since = stored(now), stored(now - dt.timedelta(hours=9.5))
    rows: tuple[tuple[Side, Table, dict[str, Any]], ...] = (
        ("platform", schema.conflict, {"entity": "companies", "record_key": "C-0031", "winner": "erp", "loser": "{}",
                                       "why": "the shop changed Telefono_Fijo after version 3"}),
        ("platform", schema.silence, {"entity": "platform:order_headers", "since": since, "hours": "9.5"}),
        ("erp", schema.finding, {"queue": "Productos", "rule_id": UNFIT, "inbox_id": 0, "severity": "critical",
                                 "outcome": "unsent",
                                 "message": "products 000123: Modelo has 190 characters, the contract allows 150"}),
        ("platform", schema.mail, {"order_id": "7", "state": "RECHAZADO", "recipient": "compras@llantera.example.mx",
                                   "message_id": "<example@puente>", "status": "refused", "attempts": 3}),
    )  # fmt: skip
    for side, table, row in rows:
        with place.database(side).begin() as conn:
            conn.execute(insert(table).values(link_id="main", at=at, **row))
    try:
        yield
    finally:
        for side, table, _ in rows:
            with place.database(side).begin() as conn:
                conn.execute(delete(table).where(table.c.link_id == "main", table.c.at == at))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Place.folder)
    parser.add_argument("--port", type=int, default=Place.port)
    options = parser.parse_args()
    base, place = f"http://127.0.0.1:{options.port}", Place(options.folder.resolve(), options.port)
    known = json.loads((place.airflow_home / "simple_auth_manager_passwords.json.generated").read_text())
    user, password = next(iter(known.items()))
    person = {"username": user, "password": password}
    token = httpx.post(f"{base}/auth/token", json=person).raise_for_status().json()["access_token"]
    TO.mkdir(exist_ok=True)
    with chromium() as browser:
        for name, path, followed, size, scheme in SHOTS:
            take(browser, base, token, name, path, followed, size, scheme)
        with examples(place):
            for kind in STAGED:
                take(browser, base, token, f"needs-{kind}", f"/needs/{kind}", "", STRIP, "light")
        opened = window(context_of(browser, base, token), base)
        opened.page.goto(f"{base}/plugin/puente")
        opened.page.frame_locator("iframe").get_by_role("heading", level=1).wait_for()
        opened.page.wait_for_load_state("networkidle")
        opened.page.wait_for_timeout(2000)  # Airflow's own screen fades in
        opened.page.screenshot(path=TO / "in-airflow.png")


if __name__ == "__main__":
    main()
