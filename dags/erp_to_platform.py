"""Carries what the ERP's queues hold into the platform's own tables, through the gate.

## Purpose
Catalogue, customers and the states of orders reach the shop: nothing lost, nothing twice, one bad row stops only
itself. Per entity `receive → clear → validate → apply`, in the contract's order, then the deletions, the ledger, and
the mails that go with a new state of an order.

## Schedule
When `capture_erp` has put something into a queue (Asset `puente://main/erp-captured`), and every five minutes all the
same: a vendor's own software may fill the queues, and held rows may come free. One run at a time, no catch-up.

## Reads and writes
Reads and empties the queues beside the ERP (connection `puente_erp`). Writes the inbox, Puente's control tables and
the shop's own tables through the link's platform profile (connection `puente_platform`), and one validation report
per batch into the folder that `PUENTE_REPORTS_DIR` names.

## Gates
No row is applied that did not pass the suite `expectations/erp_to_platform/<entity>.json`. Rows that fail are
quarantined or held with their reasons. A batch with too many bad rows, a check that could not run or a mass change
closes the gate: the task fails without a retry and the batch stays whole.

## Dry run
Triggered with the parameter `dry_run`, a run reads only: `rehearse` carries the queues' rows into a copy of this side,
through the gate, and reports what would change. Nothing is written on either side; `python -m puente dry-run
--reader platform` does the same without Airflow.

## Rerun
Any task may be cleared at any time: the state is in the databases, not in the run. The entities have an order but do
not depend on each other; the last task fails the run when any task failed. Entities without work show as skipped.

## Runbook
- *Gate closed*: `python -m puente batch list` and `batch show`, then `batch release` or `batch discard`, with who
  and why.
- *Rows in quarantine*: `python -m puente quarantine list`, then `release`, `release --set` or `discard`.
- *Conflicts*: both sides changed one customer: `python -m puente conflicts list`.
- *A doubtful mail*: the mail server may or may not have taken it; `python -m puente mail list`, then `mail resend`.
- *A lease is held*: another run is at work or died at it; the retries outlast the lease.
- *Queue without a required column*: the vendor changed the table; nothing was deleted. `python -m puente doctor`.
"""

from __future__ import annotations

from itertools import combinations

from airflow.sdk import chain

from puente.contract import READ_SEQUENCE
from puente.orchestration.assets import captured
from puente.orchestration.links import link_dag, links
from puente.orchestration.mailing import send_mails
from puente.orchestration.runs import report_failures
from puente.orchestration.sequence import PARAMS, apply_deletions, carry, find_work, rehearse, settle_ledger

READER = "platform"

for link in links():
    with link_dag(
        "erp_to_platform",
        link,
        doc=__doc__,
        description="What the ERP's queues hold goes into the platform, through the gate",
        tags=["platform", "carry"],
        params=PARAMS,
        woken_by=[captured("erp", link.link_id)],
    ):
        work, deletions = find_work(READER, link.link_id).as_setup(), apply_deletions(READER, link.link_id)
        preview, ended = rehearse(READER, link.link_id), report_failures()
        entities = [
            carry(entity, READER, link.link_id, first=not place) for place, entity in enumerate(READ_SEQUENCE[READER])
        ]
        work >> [entities[0], preview]
        # Order without dependence: after every earlier one, for those in between may be skipped from the start.
        for earlier, later in combinations([*entities, deletions], 2):
            earlier >> later
        chain(deletions, settle_ledger(READER, link.link_id), send_mails(link.link_id), ended)
        preview >> ended
