"""An ERP with a catalogue and an empty demo shop on a private MariaDB, for what compares or rehearses them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import catalogue
from puente.db.connect import open_database
from puente.db.ddl import create_missing
from puente.demo import create_shop
from puente.settings import Link, load_settings
from puente.sync.route import Bridge
from server import private_server

HERE = Path(__file__).resolve().parent


@contextmanager
def sides(rows: int) -> Iterator[Bridge]:
    """The link of both, with tables and queues made; gone with the block."""
    with tempfile.TemporaryDirectory(prefix="puente-bench-") as folder:
        work, settings = Path(folder), load_settings()
        profiles = work / "profiles"
        shutil.copytree(HERE / "profiles", profiles)
        shutil.copytree(settings.profiles_dir / "demo_shop", profiles / "demo_shop")
        settings = replace(settings, profiles_dir=profiles, reports_dir=work / "reports")
        with private_server(work / "server") as server:
            root = open_database(server.url())
            with root.engine.begin() as conn:
                for name in ("erp", "platform"):
                    conn.exec_driver_sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
            erp, platform = open_database(server.url("erp")), open_database(server.url("platform"))
            catalogue.make(erp.engine, rows)
            create_shop(platform.engine)
            create_missing(erp, "erp")
            create_missing(platform, "platform")
            yield Bridge(Link(erp_profile="bench_erp"), erp, platform, settings)
            for db in (root, erp, platform):
                db.engine.dispose()
