"""`python -m puente.orchestration.rehearsal`: Dag runs one after the other in one Airflow process.

Each is `dag.test()`, which is what `airflow dags test` does; one process for all saves Airflow's start, some seconds
a run. One JSON request a line comes in ({"dag": …, "log": …}), one answer a line goes out ({"state": …} or
{"error": …}); what Airflow prints goes into the request's log file.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any


def main() -> None:
    """Answer until the input ends. The first request is `{"dag": null, "log": …}`: make the metadata database."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    dags: dict[str, Any] = {}
    for line in sys.stdin:
        request = json.loads(line)
        _print_into(Path(request["log"]))
        try:
            answer = {"state": _run(dags, request["dag"]) if request["dag"] else _migrate()}
        except Exception as error:
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _migrate() -> str:
    from airflow.utils.db import initdb

    initdb()
    return "success"


def _run(dags: dict[str, Any], dag_id: str) -> str:
    from airflow.dag_processing.dagbag import DagBag

    if not dags:
        dags |= DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"]).dags
    return str(dags[dag_id].test().state.value)


def _print_into(log: Path) -> None:
    """Airflow's loggers hold on to the standard streams: these are turned, not replaced."""
    sys.stdout.flush()
    sys.stderr.flush()
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)


if __name__ == "__main__":
    main()
