"""What moved in the last week and how well, written, mailed and kept.

## Purpose
Shows the owner and an auditor what Puente did: records per entity and direction, orders by state and how long they were
in each, the time from the queue to applied, what was quarantined and released, conflicts, mails, purchase proposals,
the results of inventories, backups and drills, the uptime of each connection, and the ledger's head and count.

## Schedule
Mondays at 08:00 in the link's time zone, about the ISO week that ended at midnight; no catch-up. One Dag per link of
`config/links.yaml`.

## Reads and writes
Reads the control tables of both sides and the reports folder. Writes `<reports>/<link>/weekly/<week>.json`, `.html` and
`.csv`, and one mail per address of `notices.weekly` of the platform's profile.

## Gates
None: it changes no data. A document of a night that cannot be read is listed as unreadable.

## Rerun
Any task may be cleared at any time: the run's own week is written again, and nobody is mailed twice.

## Runbook
- *Nobody got the mail*: `notices` is missing in the platform's profile.yaml, or `python -m puente mail list` shows it.
- *The ledger is doubted*: `python -m puente ledger verify --report <week>.json` holds it against the report's head.
- *A part says "none this week"*: that Dag did not run, or wrote to another `PUENTE_REPORTS_DIR`.
"""

from __future__ import annotations

from airflow.sdk import chain

from puente.orchestration.links import link_dag, links
from puente.orchestration.mailing import send_mails
from puente.orchestration.reporting import mail_report, write_report
from puente.orchestration.runs import report_failures

for link in links():
    with link_dag(
        "weekly_report",
        link,
        doc=__doc__,
        description="What moved in the last week, and how well",
        tags=["report"],
        at="0 8 * * 1",
    ):
        written = write_report(link.link_id)
        chain(written, mail_report(link.link_id, written), send_mails(link.link_id), report_failures())
