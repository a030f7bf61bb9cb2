"""The dashboard's figures on a month of ledger: a run a minute, every entity moved in every run, both directions.

python dashboard.py [days] [sqlite|mariadb]

43,200 runs are 475,200 batches, as many ledger rows, and 561,600 rows in the inboxes, with 20,000 orders. Printed are
the times of the first and of twenty further looks at the figures alone (`dashboard_figures.standing`), at a ledger page
with its sums, and at whole pages: asked over HTTP by somebody who has logged in, of a real api-server with FAB, whose
own database (SQLite) has a month of runs of four Dags. The dashboard promises 300 ms. Two indexes,
`ix_puente_ledger_settled` and `ix_puente_order_state`, were shown to be needed for it (SQLite without them: 430 ms).

2026-11-26, 30 days, two cores with a load of four to five from other work, on which everything here ran as well:
                                    first    then best   median   worst
MariaDB 10.11   figures           240, 317      65        92-103    174    (two runs)
                status page       351, 490     130       222-259    724
                ledger's page     259, 377     147       272-313    551    (its sums over a week: 122 to 299)
SQLite          figures             201         40         52       117
                status page         294         69         82       124
                ledger's page       189        147        162       212
Kept: warm, by the median, with room on a machine that does nothing else. Not kept: the first look of a process on
MariaDB, which makes the application and its connections, and single looks while something else had both cores. The
queues' columns were asked for one by one until then (65 statements for the first look, now 26).
"""

from __future__ import annotations

import datetime as dt
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "plugins")]

from server import private_server  # noqa: E402

ORDERS, PRODUCTS = 20_000, 3  # orders in all; product rows per batch
NOW = dt.datetime.now(dt.UTC).replace(second=0, microsecond=0)
LOOKS = 20  # after the first
AIRFLOW = HERE.parent / "tests" / "pages" / "airflow_server.py"  # an api-server with FAB, users, the Dags and two runs


def main(days: int, engine: str) -> None:
    from puente.db.reading import open_for_reading
    from puente.monitor import dashboard_figures, ledger_figures
    from puente.settings import Link, load_settings
    from puente.sync.route import Bridge

    with tempfile.TemporaryDirectory(prefix="puente-bench-") as folder, _urls(Path(folder), engine) as urls:
        settings = replace(load_settings(), reports_dir=Path(folder) / "reports")
        started = time.monotonic()
        for side, url in urls.items():
            _fill(side, url, days)
        print(f"{engine}, {days} days: filled in {time.monotonic() - started:.0f} s", flush=True)
        erp, platform = (open_for_reading(urls[side]) for side in ("erp", "platform"))
        bridge = Bridge(Link(), erp, platform, settings)
        _time("dashboard", lambda: dashboard_figures.standing(bridge, NOW))
        week = ledger_figures.Choice("platform", first=(NOW - dt.timedelta(days=6)).date())
        _time("ledger page", lambda: ledger_figures.rows(bridge, week))
        _time("ledger sums of a week", lambda: ledger_figures.sums(bridge, week))
        found = dashboard_figures.standing(bridge, NOW)
        assert all(lane.last and lane.p95 is not None and not lane.fault for lane in found.lanes), found.lanes
        with _airflow(Path(folder) / "airflow-and-pages", urls, days) as ask:
            for name, path in (("status page", "/puente/"), ("ledger's page", "/puente/ledger")):
                _time(name, lambda path=path: ask(path))  # type: ignore[misc]
            _time("Airflow's own list of Dags", lambda: ask("/api/v2/dags"))


def _time(name: str, look: Callable[[], Any]) -> None:
    took = []
    for _ in range(1 + LOOKS):
        started = time.perf_counter()
        look()
        took.append(1000 * (time.perf_counter() - started))
    first, *later = took
    print(
        f"{name}: first {first:.0f} ms, then best {min(later):.0f}, median {statistics.median(later):.0f}, "
        f"worst {max(later):.0f} ms",
        flush=True,
    )


@contextmanager
def _airflow(folder: Path, urls: dict[str, str], days: int) -> Iterator[Callable[[str], str]]:
    """A real api-server over these databases, and how somebody who has logged in asks it for a page."""
    import httpx

    from puente.demo.place import Place

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = Place(folder, free.getsockname()[1])
    for path in (folder, place.airflow_home, place.reports, place.logs):
        path.mkdir()
    links = folder / "links.yaml"
    links.write_text("links: {main: {erp: puente_erp, platform: puente_platform}}\n", encoding="utf-8")
    environment = place.environment() | {
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        "PYTHONPATH": os.pathsep.join(sys.path[1:2]),
        "PUENTE_LINKS": str(links),
        **{f"AIRFLOW_CONN_PUENTE_{side.upper()}": _connection(url) for side, url in urls.items()},
    }
    base, log = f"http://127.0.0.1:{place.port}", place.logs / "server.log"
    with (
        log.open("wb") as output,
        subprocess.Popen([sys.executable, AIRFLOW], env=environment, stdout=output, stderr=output) as process,
    ):
        try:
            _wait(process, f"{base}/api/v2/version", log)
            _fill_airflow(place.airflow_home / "airflow.db", days)
            person = {"username": "op", "password": "op-has-a-password"}
            token = httpx.post(f"{base}/auth/token", json=person, timeout=60).raise_for_status().json()["access_token"]
            with httpx.Client(base_url=base, cookies={"_token": token}, timeout=60) as client:
                yield lambda path: client.get(path, headers={"Accept": "text/html"}).raise_for_status().text
        finally:
            process.terminate()


def _fill_airflow(database: Path, days: int) -> None:
    """A run a minute of each Dag that carries rows, as copies of a run that is there."""
    import sqlite3

    own = ("id", "dag_id", "run_id", "logical_date", "run_after", "state", "end_date")
    with sqlite3.connect(database, timeout=60) as conn:
        rest = ", ".join(row[1] for row in conn.execute("PRAGMA table_info(dag_run)") if row[1] not in own)
        for dag in ("capture_erp", "erp_to_platform", "capture_platform", "platform_to_erp"):
            conn.execute(
                f"WITH RECURSIVE minute(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM minute WHERE n < {days * 1440})"
                f" INSERT INTO dag_run (dag_id, run_id, logical_date, run_after, state, end_date, {rest})"
                f" SELECT '{dag}', 'scheduled__' || n, datetime(start_date, '-' || n || ' minutes'),"
                f" datetime(start_date, '-' || n || ' minutes'), 'success', start_date, {rest}"
                " FROM dag_run, minute WHERE run_id = 'manual__failed'"
            )
    conn.close()


def _connection(url: str) -> str:
    from sqlalchemy import make_url

    to = make_url(url)
    if to.drivername == "sqlite":
        return f"sqlite://{quote(str(to.database), safe='')}"
    names = {"host": to.host, "port": to.port, "schema": to.database, "login": to.username, "password": to.password}
    return json.dumps({"conn_type": "mysql", **names, "extra": {"client": "pymysql"}})


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    import httpx

    for _ in range(600):
        time.sleep(0.5)
        try:
            httpx.get(url, timeout=2).raise_for_status()
            return
        except httpx.HTTPError:
            if process.poll() is not None:
                break
    raise SystemExit(f"Airflow did not come up:\n{log.read_text(errors='replace')[-3000:]}")


@contextmanager
def _urls(work: Path, engine: str) -> Iterator[dict[str, str]]:
    from puente.db.connect import open_database

    if engine == "sqlite":
        yield {side: f"sqlite:///{work / side}.db" for side in ("erp", "platform")}
        return
    with private_server(work / "server") as server:
        root = open_database(server.url())
        with root.engine.begin() as conn:
            for name in ("erp", "platform"):
                conn.exec_driver_sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        yield {name: server.url(name) for name in ("erp", "platform")}


def _fill(side: str, url: str, days: int) -> None:
    from puente import contract
    from puente.db import schema
    from puente.db.connect import open_database
    from puente.db.ddl import create_missing

    db = open_database(url)
    create_missing(db, side)
    entities = contract.READ_SEQUENCE[side]
    with db.begin() as conn:
        for table, rows in (
            (schema.batch, _batches(side, entities, days)), (schema.ledger, _ledger(side, entities, days)),
            *((schema.inboxes[contract.queue_for(name, side).name], _inbox(n, name, entities, days))
              for n, name in enumerate(entities)),
            *(((schema.order, _orders()),) if side == "platform" else ()),
        ):  # fmt: skip
            for portion in _portions(rows):
                conn.execute(table.insert(), portion)
    db.engine.dispose()


def _runs(days: int) -> Iterator[tuple[int, str]]:
    """Each minute's run: its number, and when it was settled."""
    from puente.sync.route import stored

    first = NOW - dt.timedelta(days=days)
    for n in range(days * 1440):
        yield n, stored(first + dt.timedelta(minutes=n, seconds=20))


def _batches(side: str, entities: tuple[str, ...], days: int) -> Iterator[dict[str, Any]]:
    for n, at in _runs(days):
        for place, name in enumerate(entities):
            yield {
                "batch_id": n * len(entities) + place + 1, "link_id": "main", "reader": side, "entity": name,
                "run_id": f"scheduled__{at}", "status": "settled", "rows_read": 3, "rows_landed": 3,
                "opened_at": at, "settled_at": at,
            }  # fmt: skip


def _ledger(side: str, entities: tuple[str, ...], days: int) -> Iterator[dict[str, Any]]:
    from puente.db import schema

    counts = dict.fromkeys((f"rows_{state}" for state in schema.STATES), 0)
    for batch in _batches(side, entities, days):
        yield {
            "link_id": "main", "seq": batch["batch_id"], "batch_id": batch["batch_id"], "reader": side,
            "entity": batch["entity"], "run_id": batch["run_id"], "verdict": "settled", "rows_read": 3,
            "rows_landed": 3, "rows_seen_again": 0, "rows_cleared": 3, "rows_taken": 3, **counts, "rows_applied": 3,
            "settled_at": batch["settled_at"], "prev_hash": "0" * 64, "row_hash": "0" * 64,
        }  # fmt: skip


def _inbox(place: int, entity: str, entities: tuple[str, ...], days: int) -> Iterator[dict[str, Any]]:
    many = PRODUCTS if entity == "products" else 1
    for n, at in _runs(days):
        batch_id = n * len(entities) + place + 1
        for which in range(many):
            number = n * many + which + 1
            yield {
                "inbox_id": number, "link_id": "main", "epoch": 1, "id_registro": number, "revision": 0,
                "fecha_creacion": at[:17] + "05.000", "content_hash": "0" * 64, "payload_hash": "0" * 64,
                "record_key": f"K{number}", "key_fold": f"k{number}", "op": "U", "blank_mask": 0,
                "batch_id": batch_id, "taken_by": batch_id, "cleared": 1, "gate": 1,
                "state": "quarantined" if number % 1000 == 0 else "applied",
            }  # fmt: skip


def _orders() -> Iterator[dict[str, Any]]:
    from puente.order_states import STATES

    for n in range(ORDERS):
        at = "2026-11-01T00:00:00.000Z"
        yield {
            "link_id": "main",
            "order_id": f"P{n}",
            "state": STATES[n % len(STATES)],
            "payload": "x" * 2000,
            "at": at,
        }


def _portions(rows: Iterator[dict[str, Any]], size: int = 5000) -> Iterator[list[dict[str, Any]]]:
    portion = []
    for row in rows:
        portion.append(row)
        if len(portion) == size:
            yield portion
            portion = []
    if portion:
        yield portion


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30, sys.argv[2] if len(sys.argv) > 2 else "mariadb")
