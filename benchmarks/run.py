"""Puente and dlt on the same rows, on a private MariaDB: rows per second of each step, and peak memory.

    python benchmarks/run.py --rows 100000 --rows 1000000

Each tool and size runs in a fresh process. The result is written to `results/<date>.md`; see README.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import measure  # noqa: E402
import report  # noqa: E402
from server import Server, private_server  # noqa: E402

MEMORY_LIMIT = 1536 << 20  # what Puente may take, whatever the number of rows
DLT_PYTHON = HERE.parent / ".venv-bench" / "bin" / "python"


def main() -> int:
    options = _options()
    measured: list[measure.Measured] = []
    started = dt.datetime.now()
    load = os.getloadavg()[1]
    version = ""
    for size in options.rows:
        for tool in options.tools:
            # A new server for each: nobody finds the caches or the tables of another.
            with (
                tempfile.TemporaryDirectory(prefix="puente-bench-", dir=options.work) as folder,
                private_server(Path(folder) / "server", options.slow_log) as server,
            ):
                version = server.version
                measured.append(_child(tool, size, server, Path(folder), options))
            # After each, for a tool that fails later must not take with it what the others have shown.
            text = report.markdown(measured, started=started, server=version, load=load, limit=MEMORY_LIMIT)
            options.output.parent.mkdir(parents=True, exist_ok=True)
            options.output.write_text(text, encoding="utf-8")
    print(f"\n{text}\nWritten to {options.output}")
    too_much = [m for m in measured if m.tool == "puente" and m.peak > MEMORY_LIMIT]
    for m in too_much:
        print(f"Puente took {m.peak >> 20} MiB at {m.size:,} rows; the limit is {MEMORY_LIMIT >> 20}.", file=sys.stderr)
    return 1 if too_much else 0


def _child(tool: str, size: int, server: Server, folder: Path, options: argparse.Namespace) -> measure.Measured:
    import pymysql

    with pymysql.connect(host="127.0.0.1", port=server.port, user="bench", password="bench") as conn:
        for name in ("erp", "shop"):
            conn.cursor().execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    result = folder / "result.json"
    common = [str(size), str(folder / "work"), str(result)]
    if tool == "puente":
        command = [sys.executable, "puente_pass.py", server.url("erp"), server.url("shop"), *common]
    else:
        command = [
            str(options.dlt_python),
            "dlt_pass.py",
            server.url("erp"),
            server.url(),
            *common,
            options.dlt_backend,
        ]
    (folder / "work").mkdir()
    subprocess.run([command[0], str(HERE / command[1]), *command[2:]], check=True, cwd=folder)
    return measure.load(result)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, action="append", help="catalogue size, may be repeated (100000, 1000000)")
    parser.add_argument("--tools", nargs="+", choices=("puente", "dlt"), default=["puente", "dlt"])
    parser.add_argument("--dlt-python", type=Path, default=DLT_PYTHON, help="interpreter that has dlt")
    parser.add_argument(
        "--dlt-backend", default="pyarrow", help="how dlt reads: sqlalchemy, pyarrow, connectorx, pandas"
    )
    parser.add_argument("--output", type=Path, default=HERE / "results" / f"{dt.date.today():%Y-%m-%d}.md")
    parser.add_argument("--work", type=Path, help="where the temporary server lives (about 10 GB at 1M rows)")
    parser.add_argument("--slow-log", type=Path, help="collect the server's slow statements in this file")
    options = parser.parse_args()
    options.rows = options.rows or [100_000, 1_000_000]
    if "dlt" in options.tools and not options.dlt_python.exists():
        parser.error(f"{options.dlt_python} is missing: run `make bench`, or `--tools puente`")
    return options


if __name__ == "__main__":
    sys.exit(main())
