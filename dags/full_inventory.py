"""Compares the ERP's whole catalogue and customers with the shop's, and has what differs sent again.

## Purpose
Whatever went wrong between the two sides, or in one of them behind Puente's back, is found within a day: every
category, product with its stock and five prices, relation, company and contact, key by key and field by field. Each
difference is named with its repair.

## Schedule
Daily at 18:00 in the link's time zone, one run at a time, no catch-up. One Dag per link of `config/links.yaml`.
With the parameter `dry_run` it compares and reports only.

## Reads and writes
Reads both sides' own tables through `capture_<entity>.sql` of their profiles (connections `puente_erp` and
`puente_platform`), the queues and Puente's control tables. Writes work tables and the list of differences on the
platform, marks of what is to be sent again in the control tables of both sides, and one report (page, CSV, sealed
JSON) into the folder that `PUENTE_REPORTS_DIR` names. Never a side's own tables, never a queue: the next
`capture_erp` and `capture_platform` send what was marked.

## Gates
The suite `expectations/inventory/full_inventory.json`, on the counts of each entity: an empty reading, a key shown
twice, or classes that do not add up close it, and nothing of that entity is repaired. Repairs of an entity beyond
`limits.mass_change` of the platform's profile need a person's approval; no answer in twelve hours is a no. The other
entities do not wait for it.

## Rerun
Any task may be cleared at any time: a comparison begins anew, a repair that was ordered is not ordered twice.

## Runbook
- *Approval asked*: read the report of a dry run, or the counts in the question; approve or reject in Airflow's
  required actions.
- *`repair` says that the link is paused*: nothing was ordered of what is left. When the link goes on, take the
  inventory again; after a restore the list is out of date.
- *An entity is closed*: the report names the rule; `docs/inventory.md` says what each means.
- *A difference comes back every night*: the repair is refused by the gate or by the shop; look at `python -m puente
  quarantine list`, and whether the shop keeps fewer decimals (`inventory: decimals` in its profile).
- *Differences without a repair*: a person decides; the report says why.
"""

from __future__ import annotations

from airflow.sdk import Param, chain

from puente.contract import COMPARED
from puente.orchestration.inventories import approve, compare_task, decide, gate, repair, repair_approved, report
from puente.orchestration.links import link_dag, links
from puente.orchestration.runs import report_failures

for link in links():
    with link_dag(
        "full_inventory",
        link,
        doc=__doc__,
        description="Compares both sides in full; what differs is sent again",
        tags=["nightly", "inventory"],
        at="0 18 * * *",
        params={"dry_run": Param(False, type="boolean", description="Compare and report only; order no repair.")},
    ):
        decision, little, question = decide(link.link_id), repair(link.link_id), approve()
        much, written = repair_approved(link.link_id), report(link.link_id)
        chain(*(compare_task(entity, link.link_id) for entity in COMPARED), gate(link.link_id), decision)
        decision >> [little, question, written]
        question >> much
        [little, much] >> written >> report_failures()
