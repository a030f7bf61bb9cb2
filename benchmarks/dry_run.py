"""A dry run of a first load: time and memory of finding out what a whole catalogue in the queue would do to the shop.

python dry_run.py [rows]

Starts a private MariaDB, captures an ERP's articles into the queue, and rehearses. Its figures are in README.md.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "plugins")]

from measure import Measured  # noqa: E402
from sides import sides  # noqa: E402


def main(rows: int) -> None:
    from puente.dryrun.report import dry_run
    from puente.sync import capture
    from puente.sync.route import Run

    measured = Measured("dry run", rows)
    with sides(rows) as bridge:
        capture.capture(bridge, "products", Run("first"))
        with measured.step("first load", "dry run", rows):
            done = dry_run(bridge, "platform", Run("dry"))
    products = next(one for one in done.outcomes if one.entity == "products")
    assert products.read == sum(products.states.values()) == rows, products
    print(products.states, products.records, products.rules)
    print(f"peak memory {measured.peak >> 20} MiB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
