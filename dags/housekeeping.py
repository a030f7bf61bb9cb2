"""Keeps the tables that every run reads small, and what an auditor needs for years.

## Purpose
Thirty days of runs every minute must not slow a run down. Finished rows leave the inboxes, their identities stay;
reports, mails, event notes and the ledger's detail are deleted after as many years as the settings say; Airflow's own
history is cleaned.

## Schedule
Sundays at 03:00 in the link's time zone, one run at a time, no catch-up. One Dag per link of `config/links.yaml`;
Airflow's own database is cleaned by the main link's.

## Reads and writes
Deletes from Puente's control tables on both sides, from the reports folder of the link, and, through
`airflow db clean`, from Airflow's metadata database. Never from the queues or a side's own tables.

## Gates
Never deleted: ledger rows, people's decisions, orders and their history, pairs of ids, anything open.
`PUENTE_KEEP_YEARS` must be longer than the oldest backup that would be restored.

## Rerun
Any task may be cleared at any time: it works in portions and goes on where it stopped.

## Runbook
- *LeaseHeld*: an entity was at work; the task tries again.
- *The inbox does not shrink*: its rows wait for a person (`python -m puente quarantine list`) or for a parent.
- *airflow db clean fails*: run it by hand where Airflow runs; its log names the table.
"""

from __future__ import annotations

from airflow.sdk import chain

from puente.orchestration.links import MAIN, link_dag, links
from puente.orchestration.runs import report_failures
from puente.orchestration.tidying import clean_airflow, keep_house

for link in links():
    with link_dag(
        "housekeeping",
        link,
        doc=__doc__,
        description="What is done leaves; what an auditor needs stays",
        tags=["upkeep"],
        at="0 3 * * 0",
    ):
        own = [clean_airflow()] if link.link_id == MAIN else []
        chain(keep_house(link.link_id), *own, report_failures())
