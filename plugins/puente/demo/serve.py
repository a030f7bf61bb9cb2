"""`make run`: Airflow's processes on this machine only, until Ctrl-C, and none of them left behind.

Not `airflow standalone`: that binds its log servers to every interface. One's own machine only, all the same: for
production use Airflow's own deployment (docker-compose.yaml shows one).
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import FrameType
from urllib.error import URLError
from urllib.request import urlopen

import psutil

from puente.demo.children import adopt_orphans, end_with_parent
from puente.demo.mailbox import open_mailbox
from puente.demo.place import Place, short
from puente.demo.texts import say

COMPONENTS = {
    "api-server": [],
    "scheduler": ["--skip-serve-logs"],
    "dag-processor": [],
    "triggerer": ["--skip-serve-logs"],
}
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
READY_SECONDS, GRACE_SECONDS = 180, 10
QUICK_DEATH_SECONDS, QUICK_DEATHS_ALLOWED = 20, 3


class _StopAsked(BaseException):
    """Ctrl-C, a closed terminal or a SIGTERM."""


@dataclass
class _Component:
    name: str
    process: subprocess.Popen[bytes]
    started: float
    quick_deaths: int = 0


@dataclass
class _Airflow:
    """The running components, each in a session of its own: a Ctrl-C reaches this process alone, which stops them."""

    place: Place
    components: list[_Component] = field(default_factory=list)

    def start(self, name: str) -> _Component:
        with (self.place.logs / f"{name}.log").open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "airflow", name, *COMPONENTS[name]],
                env=self.place.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )
        component = _Component(name, process, time.monotonic())
        self.components.append(component)
        return component

    def restart_dead(self) -> bool:
        """Start again what ended by itself. False when a component ends again and again."""
        for component in list(self.components):
            code = component.process.poll()
            if code is None:
                continue
            log = self.place.logs / f"{component.name}.log"
            quick = time.monotonic() - component.started < QUICK_DEATH_SECONDS
            deaths = component.quick_deaths + 1 if quick else 0
            self.components.remove(component)
            _kill_session(component.process.pid)  # a scheduler that was killed leaves its workers
            if deaths >= QUICK_DEATHS_ALLOWED:
                print(say("given_up", name=component.name, log=log), flush=True)
                return False
            print(say("restarted", name=component.name, code=code, log=log), flush=True)
            self.start(component.name).quick_deaths = deaths
        return True

    def stop(self) -> None:
        """SIGTERM to the components, SIGKILL to whatever of the whole tree is left after the grace period."""
        everybody = set(psutil.Process().children(recursive=True))
        for component in self.components:
            component.process.terminate()
        try:
            _, left = psutil.wait_procs(everybody, timeout=GRACE_SECONDS)
        except _StopAsked:  # a second Ctrl-C: at once
            left = list(everybody)
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        for _ in range(5):  # a dying process may leave children, which are ours then
            left = list({*left, *psutil.Process().children(recursive=True)})
            for process in left:
                try:
                    process.kill()
                except psutil.NoSuchProcess:
                    continue
            _, left = psutil.wait_procs(left, timeout=2)
            if not left and not psutil.Process().children(recursive=True):
                return


def serve(place: Place) -> int:
    """Make the demo's databases if they are absent, run Airflow until asked to stop. 0 after Ctrl-C."""
    try:
        with _stop_on_signals(), place.alone():
            if _is_taken(place.port):
                print(say("port", port=place.port))
                return 1
            if not place.is_made():
                print(say("making", erp=place.file("erp"), platform=place.file("platform")), flush=True)
                place.make()
            with open_mailbox(place.mail) as mail_port:
                return _run_until_asked(replace(place, mail_port=mail_port))
    except _StopAsked:
        return 0


def _run_until_asked(place: Place) -> int:
    airflow = _Airflow(place)
    adopt_orphans()
    try:
        print(say("starting"), flush=True)
        place.airflow("db", "migrate", log="db_migrate")
        for name in COMPONENTS:
            airflow.start(name)
        return _watch(airflow)
    finally:
        print(f"\n{say('stopping')}", flush=True)
        airflow.stop()
        print(say("stopped"), flush=True)


def _kill_session(leader: int) -> None:
    """Kill what a dead component left: its session's members are our children by now."""
    strays = []
    for process in psutil.Process().children(recursive=True):
        try:
            if os.getsid(process.pid) == leader:
                process.kill()
                strays.append(process)
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    psutil.wait_procs(strays, timeout=2)


def _watch(airflow: _Airflow) -> int:
    deadline: float | None = time.monotonic() + READY_SECONDS
    while True:
        if not airflow.restart_dead():
            return 1
        if deadline and _is_healthy(airflow.place.port):
            deadline = None
            _print_ready(airflow.place)
        if deadline and time.monotonic() > deadline:
            print(say("not_ready", seconds=READY_SECONDS, folder=airflow.place.logs), flush=True)
            return 1
        time.sleep(1)


def _print_ready(place: Place) -> None:
    passwords = json.loads((place.airflow_home / "simple_auth_manager_passwords.json.generated").read_text())
    user, password = next(iter(passwords.items()))
    print(say("ready", url=f"http://127.0.0.1:{place.port}", user=user, password=password))
    print(say("mails_go", folder=short(place.mail)))
    print(say("unpaused"), flush=True)


def _is_healthy(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/api/v2/monitor/health", timeout=2) as answer:
            health = json.load(answer)
    except (URLError, OSError, ValueError):
        return False
    return all(health[part]["status"] == "healthy" for part in ("metadatabase", "scheduler", "dag_processor"))


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


@contextmanager
def _stop_on_signals() -> Iterator[None]:
    def ask(_number: int, _frame: FrameType | None) -> None:
        raise _StopAsked

    before = {number: signal.signal(number, ask) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
