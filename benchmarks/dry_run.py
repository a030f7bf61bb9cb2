"""A dry run of a first load: time and memory of finding out what a whole catalogue in the queue would do to the shop.

python dry_run.py [rows]

Starts a private MariaDB, captures an ERP's articles into the queue, and rehearses. Its figures are in README.md.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "plugins")]

import catalogue  # noqa: E402
from measure import Measured  # noqa: E402
from server import private_server  # noqa: E402


def main(rows: int) -> None:
    from puente.db.connect import open_database
    from puente.db.ddl import create_missing
    from puente.demo import create_shop
    from puente.dryrun.report import dry_run
    from puente.settings import Link, load_settings
    from puente.sync import capture
    from puente.sync.route import Bridge, Run

    with tempfile.TemporaryDirectory(prefix="puente-bench-") as folder:
        work = Path(folder)
        settings = load_settings()
        profiles = work / "profiles"
        shutil.copytree(HERE / "profiles", profiles)
        shutil.copytree(settings.profiles_dir / "demo_shop", profiles / "demo_shop")
        settings = replace(settings, profiles_dir=profiles, reports_dir=work / "reports")
        measured = Measured("dry run", rows)
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
            bridge = Bridge(Link(erp_profile="bench_erp"), erp, platform, settings)
            capture.capture(bridge, "products", Run("first"))
            with measured.step("first load", "dry run", rows):
                done = dry_run(bridge, "platform", Run("dry"))
            products = next(one for one in done.outcomes if one.entity == "products")
            assert products.read == sum(products.states.values()) == rows, products
            print(products.states, products.records, products.rules)
            for db in (root, erp, platform):
                db.engine.dispose()
        print(f"peak memory {measured.peak >> 20} MiB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
