"""Captures what changed in the ERP's own tables and puts it into the queues beside the ERP.

## Purpose
The platform must learn of every new, changed and deleted category, product, relation, company and contact, and of
what became of its orders, without any trigger, CDC or web service in the ERP. One task per entity reads the profile's
SELECT and inserts one queue row per change; `confirm_orders` says RECIBIDO EN ERP of the orders that the ERP took.

## Schedule
Every five minutes (`every` of the link), one run at a time, no catch-up. One Dag per link of `config/links.yaml`.

## Reads and writes
Reads the ERP's own tables through `capture_<entity>.sql` of the link's ERP profile. Writes the queues
(`Productos`, `Clientes_Sube`, …) and Puente's fingerprints in the same database (connection `puente_erp`). When
anything was inserted it emits the Asset `puente://main/erp-captured`.

## Gates
Refused, with nothing sent: no rows read where records are known; a large share of the records gone; prices or stock
turned 0 or empty in a large share at once. `python -m puente guard allow` lets one such change pass.

## Rerun
Any task may be cleared at any time: a change is sent once, whoever captures it. The entities have an order but do
not depend on each other; the last task fails the run when any task failed.

## Runbook
- *A guard refused*: compare with the ERP. If the change is meant, allow it once; if not, repair the ERP's tables and
  clear the task.
- *A column is missing*: the profile's SELECT or the queue no longer fits the contract; `python -m puente doctor`.
- *Skipped entities*: the profile leaves their queue to the ERP's own software (`vendor`) or to nobody (`off`).
"""

from __future__ import annotations

from airflow.sdk import chain

from puente.contract import READ_SEQUENCE
from puente.orchestration.captures import announce_changes, capture_task, confirm_orders
from puente.orchestration.links import link_dag, links
from puente.orchestration.runs import report_failures

ENTITIES = READ_SEQUENCE["platform"]

for link in links():
    with link_dag(
        "capture_erp",
        link,
        doc=__doc__,
        description="What changed in the ERP goes into the queues",
        tags=["erp", "capture"],
    ):
        captures = [capture_task(entity, "erp", link.link_id) for entity in ENTITIES]
        captures.insert(-1, confirm_orders(link.link_id))  # RECIBIDO comes before what the staff decided
        news = announce_changes("erp", link.link_id, ["confirm_orders", *(f"capture_{entity}" for entity in ENTITIES)])
        chain(*captures, news, report_failures())
