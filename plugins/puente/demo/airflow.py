"""Real Airflow for the demo: one process that runs Dags one after the other."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from puente.demo.place import Place, short
from puente.demo.texts import say

_LINES_SHOWN = 25


class AirflowFailed(Exception):
    """A Dag run that did not succeed: where its log is, and the log's last lines."""


class Airflow:
    """Runs Dags in an Airflow process of its own; each run's output is `logs/<name>.log`."""

    def __init__(self, place: Place, process: subprocess.Popen[str]) -> None:
        self._place, self._process = place, process

    def migrate(self) -> None:
        """Make the metadata database."""
        self._ask(None, "db_migrate")

    def run(self, dag_id: str, name: str) -> None:
        """One run to its end. AirflowFailed unless it succeeded."""
        self._ask(dag_id, name)

    def _ask(self, dag_id: str | None, name: str) -> None:
        log = self._place.logs / f"{name}.log"
        assert self._process.stdin and self._process.stdout
        try:
            self._process.stdin.write(json.dumps({"dag": dag_id, "log": str(log)}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        answer = json.loads(line) if line else {}
        if answer.get("state") != "success":
            raise AirflowFailed(_report(dag_id or "db migrate", log if log.exists() else _first_log(self._place)))


@contextmanager
def open_airflow(place: Place) -> Iterator[Airflow]:
    """An Airflow process for the length of a block."""
    with (
        _first_log(place).open("wb") as output,
        subprocess.Popen(
            [sys.executable, "-m", "puente.orchestration.rehearsal"],
            env=place.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        ) as process,
    ):
        try:
            yield Airflow(place, process)
        except BaseException:
            process.kill()  # nobody waits for what it is doing
            raise


def _first_log(place: Place) -> Path:
    return place.logs / "airflow.log"


def _report(what: str, log: Path) -> str:
    tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LINES_SHOWN:]
    return "\n".join([say("failed", what=what, log=short(log)), *(f"  {line[:300]}" for line in tail)])
