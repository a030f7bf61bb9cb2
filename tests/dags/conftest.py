"""One Airflow process, the demo's two sides on SQLite, and the state after a first run to start each test from."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from puente.contract import Side
from puente.db.connect import Database
from puente.demo.place import Place


class AirflowSide:
    """`ask` calls a function of `airflow_side.py` over there. AssertionError with its traceback when it raised."""

    def __init__(self, place: Place) -> None:
        self.log = place.logs / "airflow_side.log"
        self._errors = self.log.open("wb")
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("airflow_side.py"))],
            env=place.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def ask(self, what: str, *arguments: Any) -> Any:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps({"what": what, "arguments": arguments}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"Airflow's process ended:\n{self.log.read_text(errors='replace')[-3000:]}"
        answer = json.loads(line)
        if "error" in answer:
            raise AssertionError(answer["traceback"])
        return answer["result"]

    def close(self) -> None:
        with self._process as process:
            process.kill()  # it has nothing to save
        self._errors.close()


class Sides:
    """The demo's two databases below Airflow's process, between runs."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def scalar(self, side: Side, sql: str) -> Any:
        with self._open(side) as db, db.read() as conn:
            return conn.execute(text(sql)).scalar()

    def write(self, side: Side, *statements: str) -> None:
        with self._open(side) as db, db.begin() as conn:
            for statement in statements:
                conn.execute(text(statement))

    @contextmanager
    def _open(self, side: Side) -> Iterator[Database]:
        db = self.place.database(side)
        try:
            yield db
        finally:
            db.engine.dispose()


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("dags"))
    place.make()
    return place


@pytest.fixture(scope="session")
def airflow(place: Place) -> Iterator[AirflowSide]:
    side = AirflowSide(place)
    yield side
    side.close()


@pytest.fixture(scope="session")
def parsed(airflow: AirflowSide) -> dict[str, Any]:
    """All Dags, parsed before there is a metadata database."""
    described: dict[str, Any] = airflow.ask("describe")
    return described


@pytest.fixture(scope="session")
def first_run(airflow: AirflowSide, parsed: dict[str, Any], place: Place) -> dict[str, Any]:
    """Both Dags once over the demo data: what became of them. Both databases are kept as they are then."""
    airflow.ask("migrate")
    runs = {dag_id: airflow.ask("run", dag_id) for dag_id in ("capture_erp", "erp_to_platform")}
    for side in ("erp", "platform"):
        shutil.copy(place.file(side), place.folder / f"{side}.kept")  # the last connection to close emptied the WAL
    return runs


@pytest.fixture
def sides(first_run: dict[str, Any], place: Place) -> Sides:
    """Both databases as they were after the first run."""
    for side in ("erp", "platform"):
        for end in ("-wal", "-shm"):
            assert not (place.folder / f"{side}.db{end}").exists(), "a connection was left open"
        shutil.copy(place.folder / f"{side}.kept", place.file(side))
    return Sides(place)
