"""The tasks of the weekly report."""

from __future__ import annotations

from airflow.sdk import get_current_context, task

WRITE_DOC = """Counts the last whole week on both sides and writes the report: sealed JSON, page with charts, CSV.

**Clear it at any time**: the week's files are written again; the figures of what has been settled are the same.
"""
MAIL_DOC = """Puts the report into the mail outbox, for each address of `notices.weekly` of the platform's profile.

**Clear it at any time**: each address gets a week's report once.
"""


@task(doc_md=WRITE_DOC)
def write_report(link_id: str) -> str:
    """The path of the report's JSON."""
    import datetime as dt

    from puente.nightly import weekly
    from puente.orchestration.connections import bridge

    context = get_current_context()
    # A run that is cleared next month still writes its own week.
    now = context.get("logical_date") or context["dag_run"].run_after or dt.datetime.now(dt.UTC)
    with bridge(link_id) as sides:
        return str(weekly.write_weekly(sides, now))


@task(doc_md=MAIL_DOC)
def mail_report(link_id: str, path: str) -> int:
    """Mails that are new."""
    from pathlib import Path

    from puente.nightly import weekly
    from puente.orchestration.connections import bridge

    with bridge(link_id) as sides:
        return weekly.mail_weekly(sides, Path(path))
