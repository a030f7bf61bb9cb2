"""The pictures of docs/pages.md, taken of the demo: `make demo`, `make run` and, beside it,

PYTHONPATH=tests:plugins .venv/bin/python -m pages.screenshots [--folder .puente] [--port 8080]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import httpx

from pages.browsing import DESKTOP, PHONE, chromium, context_of, window
from puente.demo.place import Place
from puente.settings import ROOT

TO = ROOT / "docs" / "images"
LOW = {"width": 1280, "height": 720}
SHOTS = (  # name, path below /puente, the link that is followed from there, window, scheme
    ("status", "/", "", DESKTOP, "light"),
    ("status-dark", "/", "", DESKTOP, "dark"),
    ("status-phone", "/", "", PHONE, "dark"),
    ("needs", "/needs/orders", "", LOW, "light"),
    ("ledger", "/ledger", "", DESKTOP, "light"),
    ("validations", "/validations", "", DESKTOP, "light"),
    ("validations-row", "/validations/rows?entity=products", "td a[href*='/validations/rows/']", DESKTOP, "light"),
    ("validations-report", "/validations/platform/2", "", DESKTOP, "light"),
    ("trace-order", "/trace?what=order&key=1", "", DESKTOP, "light"),
)


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
            opened = window(context_of(browser, base, token, viewport=size, color_scheme=scheme), base)
            page = opened.open(path)
            if followed:
                page.locator(followed).first.click()
                page.wait_for_load_state()
            page.screenshot(path=TO / f"{name}.png")
            print(f"{name}: {(TO / f'{name}.png').stat().st_size // 1024} KB")
            page.context.close()
        opened = window(context_of(browser, base, token), base)
        opened.page.goto(f"{base}/plugin/puente")
        opened.page.frame_locator("iframe").get_by_role("heading", level=1).wait_for()
        opened.page.screenshot(path=TO / "in-airflow.png")


if __name__ == "__main__":
    main()
