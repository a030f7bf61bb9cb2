"""The dashboard's figures on a month of ledger: a run a minute, every entity moved in every run, both directions.

python dashboard.py [days] [sqlite|mariadb]

43,200 runs are 475,200 batches, as many ledger rows, and 561,600 rows in the inboxes, with 20,000 orders. Printed are
the times of the first and of ten further looks (`dashboard_figures.standing`), and of a ledger page with its sums. The
dashboard promises 300 ms; two indexes, `ix_puente_ledger_settled` and `ix_puente_order_state`, were shown to be needed
for it (SQLite without them: 430 ms).

2026-11-24, 30 days, two cores with a load of four to eight from other work:
MariaDB 10.11   dashboard: first 312 ms (the queues' columns are asked for), then 80 to 162 ms
                ledger page: 3 ms; its sums over a week (60,480 batches): 154 to 215 ms
SQLite          dashboard: 66 to 127 ms, of which 42 ms are this process's own
"""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "plugins")]

from server import private_server  # noqa: E402

ORDERS, PRODUCTS = 20_000, 3  # orders in all; product rows per batch
NOW = dt.datetime(2026, 11, 24, 16, 0, tzinfo=dt.UTC)


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


def _time(name: str, look: Callable[[], Any]) -> None:
    took = []
    for _ in range(11):
        started = time.perf_counter()
        look()
        took.append(1000 * (time.perf_counter() - started))
    later = sorted(took[1:])
    print(f"{name}: first {took[0]:.0f} ms, then {later[0]:.0f} to {later[-1]:.0f} ms", flush=True)


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
