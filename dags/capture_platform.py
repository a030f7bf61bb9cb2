"""Captures the shop's customers and orders and puts them into the queues beside the ERP.

## Purpose
The ERP must learn of every new and changed company, contact and order. Customers go as their profile's SELECT shows
them. Orders are looked at one by one: whole, customer known, totals right, and enough stock by the ERP's own procedure;
then they are emitted, reserved and snapshot in one transaction, or refused, or they wait and say why.

## Schedule
Every five minutes (`every` of the link), one run at a time, no catch-up. One Dag per link of `config/links.yaml`.

## Reads and writes
Reads the shop's own tables (`capture_<entity>.sql` of the platform's profile, connection `puente_platform`) and asks
the ERP's stock procedure (`stock.sql` of the ERP's profile, connection `puente_erp`). Writes the outbox, orders,
reservations and mails on the platform, and the queues `Clientes_Baja`, `Contactos_Baja`, `Pedidos_Cabecera`,
`Pedidos_Detalles` and `Pedidos_Estados` beside the ERP. When anything was inserted it emits the Asset
`puente://main/platform-captured`.

## Gates
The same guards as at the ERP's capture: nothing is sent where no rows were read or a large share vanished at once.
No stock is ever invented: where the procedure does not answer, the order waits.

## Rerun
Any task may be cleared at any time: a change is written into the outbox once and reaches its queue once, whoever has
emptied the queue since.

## Runbook
- *Orders wait*: `python -m puente trace order <id>` says why; the stock procedure may be down, or the customer has no
  ERP id yet.
- *The outbox has a conflict*: the platform was restored and said something else under the same event; `python -m puente
  doctor` counts them.
- *A guard refused*: compare with the shop; `python -m puente guard allow` lets one such change pass.
"""

from __future__ import annotations

from airflow.sdk import chain

from puente.orchestration.captures import announce_changes, capture_task, deliver, emit_orders
from puente.orchestration.links import link_dag, links
from puente.orchestration.mailing import send_mails
from puente.orchestration.runs import report_failures

for link in links():
    with link_dag(
        "capture_platform",
        link,
        doc=__doc__,
        description="What changed in the shop goes into the ERP's queues",
        tags=["platform", "capture"],
    ):
        chain(
            capture_task("companies", "platform", link.link_id),
            capture_task("contacts", "platform", link.link_id),
            emit_orders(link.link_id),
            deliver(link.link_id),
            announce_changes("platform", link.link_id, ["deliver"]),
            send_mails(link.link_id),
            report_failures(),
        )
