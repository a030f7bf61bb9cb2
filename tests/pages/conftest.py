"""One api-server for all tests of the pages, over two small sides on SQLite with something of everything in them."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from kit.world import PROFILES, SEAL, Address, World, prepare
from pages.scene import fill
from puente.demo.place import Place
from puente.settings import Link

SERVER = Path(__file__).with_name("airflow_server.py")
READY_SECONDS = 120
LINKS = """
links:
  main: {erp_profile: mini_erp, platform_profile: mini_shop, erp: puente_erp, platform: puente_platform}
  norte: {erp_profile: mini_erp, platform_profile: mini_shop, erp: puente_erp, platform: puente_nowhere}
"""


class Pages:
    """The running server, and one session per role; `nobody` is logged in and has no rights, None is nobody at all."""

    def __init__(self, base: str, place: Place, world: World) -> None:
        self.base, self.place, self.world = base, place, world
        self.routes: list[tuple[str, str]] = [
            (method, path) for method, path in json.loads((place.airflow_home / "routes.json").read_text())
        ]
        self._tokens: dict[str, str] = {}

    def ask(
        self, role: str | None, path: str, *, method: str = "GET", page: bool = False, **options: Any
    ) -> httpx.Response:
        """One request below /puente, as a browser's with `page`, else as a script's of one of our own pages.

        A header that is given as None is left out.
        """
        headers = {"Accept": "text/html" if page else "application/json"}
        if method != "GET":
            headers |= {"Content-Type": "application/json", "Origin": self.base, "Sec-Fetch-Site": "same-origin"}
        headers |= options.pop("headers", {})
        headers = {name: value for name, value in headers.items() if value is not None}
        cookies = {} if role is None else {"_token": self.token(role)}
        address = f"{self.base}/puente{path}"
        with httpx.Client(cookies=cookies, timeout=30) as client:
            return client.request(method, address, headers=headers, **options)

    def token(self, role: str) -> str:
        if role not in self._tokens:
            person = {"username": role, "password": password(role)}
            answer = httpx.post(f"{self.base}/auth/token", json=person, timeout=30)
            self._tokens[role] = answer.raise_for_status().json()["access_token"]
        return self._tokens[role]


def password(name: str) -> str:
    return f"{name}-has-a-password"


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """The server starts while the sides are filled."""
    folder = tmp_path_factory.mktemp("pages")
    place = Place(folder, _free_port())
    deaf = socket.create_server(("127.0.0.1", 0))  # takes connections and never says a word
    for path in (place.airflow_home, place.reports, place.logs, place.mail):
        path.mkdir()
    links = folder / "links.yaml"
    links.write_text(LINKS, encoding="utf-8")
    fab = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
    environment = place.environment() | {
        "AIRFLOW__CORE__AUTH_MANAGER": fab,
        "PUENTE_PROFILES_DIR": str(PROFILES),
        "PUENTE_LINKS": str(links),
        "PUENTE_SEAL_KEY": SEAL.decode(),
        "AIRFLOW_CONN_PUENTE_NOWHERE": f"mysql://u:p@127.0.0.1:{deaf.getsockname()[1]}/db",
        "PUENTE_TWO_PERSONS": "100",
        "PUENTE_ONCALL": str(folder / "oncall"),
    }
    (folder / "oncall").touch(mode=0o600)
    log = place.logs / "server.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, str(SERVER)], env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        ) as process,
    ):
        try:
            world = _world(place)
            fill(world)
            _wait(process, place, log)
            yield Pages(f"http://127.0.0.1:{place.port}", place, world)
        finally:
            deaf.close()
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _world(place: Place) -> World:
    link = Link(link_id="main", erp_profile="mini_erp", platform_profile="mini_shop")
    urls = [f"sqlite:///{place.file(side)}" for side in ("erp", "platform")]
    world = World.at(Address("sqlite-sqlite", *urls, str(place.folder), link))
    prepare(world.erp, "erp")
    prepare(world.platform, "platform")
    return world


def _wait(process: subprocess.Popen[bytes], place: Place, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            httpx.get(f"http://127.0.0.1:{place.port}/api/v2/version", timeout=2).raise_for_status()
            return
        except httpx.HTTPError:
            time.sleep(0.2)
    pytest.fail(f"Airflow did not come up:\n{log.read_text(errors='replace')[-4000:]}")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
