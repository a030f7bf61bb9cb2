"""The validation report of a batch: gathers the counts and hands them to quality.report."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from puente import __version__
from puente.db import schema
from puente.quality.report import ReportData, rule_counts, write_report
from puente.quality.suites import Suite
from puente.sync import ledger
from puente.sync.route import Route, Run, utc_now

if TYPE_CHECKING:
    from puente.sync.validate import Verdict


def write_batch_report(route: Route, run: Run, suite: Suite, verdict: Verdict, started: str) -> Path:
    """Write JSON and HTML; returns the JSON's path. No personal data: rule ids and counts only."""
    result = schema.rule_result
    with route.reader_db.read() as conn:
        head = ledger.head(conn, route.link_id, route.settings.seal_key)
        counts = {
            row.rule_id: (int(row.evaluated), int(row.failed))
            for row in conn.execute(select(result).where(result.c.batch_id == verdict.batch_id))
        }
    data = ReportData(
        link_id=route.link_id,
        direction=route.direction,
        entity=route.entity.name,
        batch_id=verdict.batch_id,
        run_id=run.run_id,
        task_id=run.task_id,
        try_number=run.try_number,
        started_at=started,
        finished_at=utc_now(),
        suite=suite.name,
        suite_sha256=suite.sha256,
        versions={
            "puente": __version__,
            "great_expectations": version("great-expectations"),
            "pandas": version("pandas"),
            "python": platform.python_version(),
        },
        verdict=verdict.word,
        rows_in=verdict.taken,
        accepted=verdict.accepted,
        rejected=verdict.rejected,
        held=verdict.held,
        superseded=verdict.superseded,
        deletions=verdict.deletions,
        per_rule=rule_counts(suite, counts),
        batch_failures=verdict.closed,
        ledger_head=head.row_hash,
        ledger_count=head.count,
    )
    return write_report(data, route.settings.reports_dir, route.settings.language, route.settings.seal_key)
