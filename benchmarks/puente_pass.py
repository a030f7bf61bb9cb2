"""Child process: Puente's whole pass on one size. Initial load, then a change round, then a round without changes.

python puente_pass.py <erp url> <platform url> <rows> <work folder> <result file>
"""

from __future__ import annotations

import logging
import shutil
import sys
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "plugins")]

import catalogue  # noqa: E402
from measure import Measured  # noqa: E402


class WrongResult(RuntimeError):
    """The target does not hold what the source demands: a figure for wrong work would be worth nothing."""


def main(erp_url: str, platform_url: str, size: int, work: Path, result: Path) -> None:
    measured = Measured("puente", size)
    with measured.step("start", "imports"):
        logging.getLogger("great_expectations").setLevel(logging.WARNING)
        from puente.db.connect import open_database
        from puente.db.ddl import create_missing
        from puente.demo import create_shop
        from puente.settings import Link, load_settings
        from puente.sync import apply, capture, clear, ledger, peek, receive, route, validate  # noqa: F401

    profiles = work / "profiles"
    shutil.copytree(HERE / "profiles", profiles, dirs_exist_ok=True)
    settings = load_settings()
    shutil.copytree(settings.profiles_dir / "demo_shop", profiles / "demo_shop", dirs_exist_ok=True)
    settings = replace(settings, profiles_dir=profiles, reports_dir=work / "reports", seal_key=b"benchmark")
    erp, platform = open_database(erp_url), open_database(platform_url)
    catalogue.make(erp.engine, size)
    create_shop(platform.engine)
    create_missing(erp, "erp")
    create_missing(platform, "platform")
    bridge = route.Bridge(Link(erp_profile="bench_erp"), erp, platform, settings)
    for round_ in ("initial", "change", "quiet"):
        if round_ == "change":
            catalogue.change(erp.engine)
        _one_round(measured, bridge, round_)
    problems = ledger.verify(platform, bridge.link.link_id)
    if problems:
        raise WrongResult(f"the ledger does not balance: {problems}")
    measured.save(result)


def _one_round(measured: Measured, bridge, round_: str) -> None:  # type: ignore[no-untyped-def]
    from puente.sync import apply, capture, clear, ledger, peek, receive, validate
    from puente.sync.route import Run

    run, way = Run(round_), bridge.route("platform", "products")
    with measured.step(round_, "capture") as step:
        captured = capture.capture(bridge, "products", run)
        assert captured is not None
        step.rows = captured.read
    with measured.step(round_, "peek"):
        work = peek.find_work(bridge, "platform")
    if not work:
        return
    with measured.step(round_, "receive") as step:
        receipt = receive.receive(way, run)
        step.rows = receipt.read
    with measured.step(round_, "clear") as step:
        step.rows = clear.clear(way, run)
    with measured.step(round_, "validate") as step:
        verdict = validate.validate(way, run, receipt.batch_id)
        step.rows = verdict.taken
    with measured.step(round_, "apply") as step:
        done = apply.apply(way, run)
        gone = apply.apply_deletions(way, run)
        step.rows = done.applied + done.unchanged + gone.applied + gone.unchanged
    with measured.step(round_, "settle", receipt.read):
        counts = ledger.settle(way, run)
    measured.facts[round_] = (
        f"{captured.upserts:,} upserts and {captured.deletes:,} deletes captured of {captured.read:,} read; "
        f"{counts['rows_applied']:,} applied, {counts.get('rows_quarantined', 0):,} quarantined"
    )
    there = catalogue.digest(
        bridge.platform.engine, "tienda_producto", "erp_id", "precio_publico", "disponible", "activo = 1"
    )
    wanted = catalogue.expected(bridge.erp.engine, checked=True)
    if there != wanted:
        raise WrongResult(f"after {round_} the shop holds {there} (rows, checksum), not {wanted}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]), Path(sys.argv[5]))
