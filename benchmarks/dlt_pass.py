"""Child process, in the environment that has dlt: sql_database → sqlalchemy destination, merge, on the same rows.

    python dlt_pass.py <erp url> <target server url, no database> <rows> <work folder> <result file> <backend>

Three rounds: the initial load; the change round found by the column MODIFICADO (an index on a trustworthy column is
dlt's best case, and deletes go unseen); the change round without such a column, so everything is read and merged.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]

import catalogue  # noqa: E402
from measure import Measured  # noqa: E402

DATASET = "dlt_shop"


class WrongResult(RuntimeError):
    """The target does not hold what dlt should have brought there."""


def main(erp_url: str, target_url: str, size: int, work: Path, result: Path, backend: str) -> None:
    work.mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR", "DLT_DATA_DIR": str(work / "data"),
        "NORMALIZE__WORKERS": os.environ.get("NORMALIZE__WORKERS", "1"),
    }  # fmt: skip
    measured = Measured("dlt", size)
    with measured.step("start", "imports"):
        import dlt
        from dlt.sources.sql_database import sql_table
        from sqlalchemy import create_engine

    engine = create_engine(erp_url)
    catalogue.make(engine, size)
    with engine.begin() as conn:
        conn.exec_driver_sql(f"CREATE DATABASE {DATASET}")
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=str(work / "pipelines"),
        destination=dlt.destinations.sqlalchemy(target_url, create_primary_keys=True),
        dataset_name=DATASET,
    )

    def run(round_: str, cursor: bool) -> None:
        incremental = dlt.sources.incremental("MODIFICADO", initial_value=_moment(), primary_key=()) if cursor else None
        table = sql_table(
            engine, table="ARTICULO", backend=backend, chunk_size=20_000, incremental=incremental,
            primary_key="CVE_ART", write_disposition="merge", reflection_level="full_with_precision",
        )  # fmt: skip
        with measured.step(round_, "extract") as extract:
            pipeline.extract(table)
            packages = pipeline.last_trace.last_extract_info.metrics.values()
            tables = [table for metrics in packages for m in metrics for table in m["table_metrics"].items()]
            extract.rows = sum(counted.items_count for name, counted in tables if name.lower() == "articulo")
        with measured.step(round_, "normalize", extract.rows):
            pipeline.normalize()
        with measured.step(round_, "load", extract.rows):
            pipeline.load(raise_on_failed_jobs=True)

    run("initial", cursor=False)
    _check(engine, "initial", deletes_seen=True)
    catalogue.change(engine)
    run("change by column", cursor=True)
    _check(engine, "change by column", deletes_seen=False)
    run("change, all rows", cursor=False)
    measured.facts["version"] = dlt.__version__
    measured.facts["backend"] = backend
    measured.save(result)


def _moment():  # type: ignore[no-untyped-def]
    import datetime as dt

    return dt.datetime.fromisoformat(catalogue.BEFORE_CHANGES)


def _check(engine, round_: str, deletes_seen: bool) -> None:  # type: ignore[no-untyped-def]
    """Every source row is there; rows deleted at the source may be there too, because dlt cannot see that."""
    wanted = catalogue.expected(engine, checked=False)
    present = "1 = 1" if deletes_seen else "cve_art IN (SELECT CVE_ART COLLATE utf8mb4_bin FROM ARTICULO)"
    there = catalogue.digest(engine, f"{DATASET}.articulo", "cve_art", "precio_1", "existencia", present)
    if there != wanted:
        raise WrongResult(f"after {round_} dlt's table holds {there} (rows, checksum), not {wanted}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]), Path(sys.argv[5]), sys.argv[6])
