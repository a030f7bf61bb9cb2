"""Carries what the platform has put into its queues into the ERP's own or landing tables, through the gate.

## Purpose
Customers, orders and requests of the shop reach the ERP: an order whole or not at all, and once. Per entity
`receive → clear → validate → apply`, in the contract's order companies → contacts → order headers → order lines →
order states. Headers are only staged in their step; the step of the lines writes whole orders.

## Schedule
When `capture_platform` has put something into a queue (Asset `puente://main/platform-captured`), and every five minutes
all the same (`every` of the link): torn orders may have become whole. One run at a time, no catch-up. One Dag per link
of `config/links.yaml`.

## Reads and writes
Reads and empties the platform's queues beside the ERP, and writes the inbox, Puente's control tables and the ERP's own
or landing tables through `apply_<entity>.sql` of the link's ERP profile (all on connection `puente_erp`). Writes one
validation report per batch into the folder that `PUENTE_REPORTS_DIR` names.

## Gates
No row is applied that did not pass the suite `expectations/platform_to_erp/<entity>.json`. Columns that the contract
does not know in the order queues (a payment form, say) close the gate and are never stored. Orders that are torn, whose
totals do not add up, or whose customer or products the ERP does not know are held or quarantined with their reasons.

## Dry run
Triggered with the parameter `dry_run`, a run reads only: `rehearse` carries the queues' rows into a copy of this side,
through the gate, and reports what would change. Nothing is written on either side; `python -m puente dry-run
--reader erp` does the same without Airflow.

## Rerun
Any task may be cleared at any time: the state is in the databases, not in the run, and an order is written into the
ERP once, by a unique key in the same transaction.

## Runbook
- *Held orders*: `python -m puente trace order <id>` says what an order waits for; a torn one is reported after the
  grace period.
- *Conflicts*: both sides changed one customer, or an order came again with other content:
  `python -m puente conflicts list`.
- *Gate closed*: `python -m puente batch list` and `batch show`, then `batch release` or `batch discard`.
- *Rows in quarantine*: `python -m puente quarantine list`, then `release`, `release --set` or `discard`.
"""

from __future__ import annotations

from itertools import combinations

from airflow.sdk import chain

from puente.contract import READ_SEQUENCE
from puente.orchestration.assets import captured
from puente.orchestration.links import link_dag, links
from puente.orchestration.runs import report_failures
from puente.orchestration.sequence import PARAMS, apply_deletions, carry, find_work, rehearse, settle_ledger

READER = "erp"

for link in links():
    with link_dag(
        "platform_to_erp",
        link,
        doc=__doc__,
        description="What the platform sends goes into the ERP, through the gate",
        tags=["erp", "carry"],
        params=PARAMS,
        woken_by=[captured("platform", link.link_id)],
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
        chain(deletions, settle_ledger(READER, link.link_id), ended)
        preview >> ended
