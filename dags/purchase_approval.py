"""The buyer approves or changes a purchase request; what is approved becomes a purchase order in the ERP, once.

## Purpose
A person decides of every purchase. The form shows the evidence and one quantity per product; `Approve` takes them as
they stand, 0 leaves a product out, `Reject` orders nothing. Who answered is kept with each line.

## Schedule
None: `low_stock` starts one run per request, named after it. Several may wait at once; none waits longer than a day.

## Reads and writes
Reads and writes `puente_proposal` on the platform. Writes `Ordenes_Compra` and `Ordenes_Compra_Detalles` in the ERP's
database, one order per supplier, with a note in `puente_delivered`.

## Gates
Nothing is written without an answer. A quantity that is no number from 0 on decides nothing.

## Rerun
Any task may be cleared at any time: what was decided stays decided, and a purchase order is written once.

## Runbook
- *Nobody answered*: the request expires after a day; what is still short is proposed again.
- *The landing tables are missing*: `python -m puente init --side erp`, or the end of 01_queues.sql; then clear `order`.
- *The link is paused*: the answer is kept in this run; when the link goes on, clear `decide` or `order`, whichever
  failed. After the day is over the request has expired.
- *A quantity was wrong*: change it in the ERP; Puente does not change a purchase order that it has written.
"""

from __future__ import annotations

from airflow.sdk import chain

from puente.orchestration.links import link_dag, links
from puente.orchestration.purchasing import APPROVAL, APPROVE_DOC, PurchaseForm, decide, order
from puente.orchestration.runs import report_failures

for link in links():
    with link_dag(
        APPROVAL,
        link,
        doc=__doc__,
        description="The buyer's form for one purchase request",
        tags=["purchases"],
        on_demand=True,
    ):
        form = PurchaseForm(task_id="approve", link_id=link.link_id, doc_md=APPROVE_DOC)
        chain(form, decide(link.link_id), order(link.link_id), report_failures())
