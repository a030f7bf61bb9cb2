"""Finds what runs short, tells the buyer once per product and day, and starts the buyer's form.

## Purpose
From the ERP's stock, the demand of accepted orders in the last weeks and the supplier's lead time follow a reorder
point and a quantity per product, worst first. The buyer gets the evidence by mail with a link to a form in Airflow
(`purchase_approval`), where each quantity can be approved or changed.

## Schedule
Hourly, in the link's time zone, one run at a time, no catch-up. One Dag per link of `config/links.yaml`. It never
waits for a person: each request has a run of `purchase_approval` of its own.

## Reads and writes
Reads `capture_products.sql` and, where there is one, `purchasing.sql` of the ERP's profile, and the accepted orders,
reservations and earlier purchases on the platform. Writes `puente_proposal` and one mail per request to
`notices.low_stock` of the platform's profile.

## Gates
A product whose stock the ERP does not tell is left out; nothing is ordered without a person's approval.

## Rerun
Any task may be cleared at any time: a product is proposed once a day, and a request's form is started once.

## Runbook
- *Everything is skipped*: the ERP's profile has no `purchasing`; docs/nights.md shows it.
- *The quantities look odd*: the mail and the form carry the figures they follow from; mend lead times or `pack`.
- *The form was not started*: `start_approvals` tries again with the next run; `purchase_approval` must not be paused.
"""

from __future__ import annotations

from airflow.sdk import chain

from puente.orchestration.links import link_dag, links
from puente.orchestration.mailing import send_mails
from puente.orchestration.purchasing import forms, propose, start_approvals
from puente.orchestration.runs import report_failures

for link in links():
    with link_dag(
        "low_stock",
        link,
        doc=__doc__,
        description="What runs short, and the buyer's form for it",
        tags=["purchases"],
        at="10 * * * *",
    ):
        requests = forms(propose(link.link_id))
        chain(requests, start_approvals(link.link_id, requests), send_mails(link.link_id), report_failures())
