"""Watches both connections, the traffic and what the nights owe: silence is an alert though nothing fails.

## Purpose
No error and yet nothing syncs: a vendor's job that stopped, a trigger that was dropped, a queue that nobody fills. A
threshold per entity turns such a silence into a mail. The answers of both connections are counted for the weekly
report. On-call (`PUENTE_ONCALL`) is told of closed gates, full quarantines, late orders, conflicts, doubtful mails,
connections that do not answer, and of an inventory, backup or drill that is late.

## Schedule
Every five minutes, one run at a time, no catch-up. One Dag per link of `config/links.yaml`.

## Reads and writes
Reads the batches, pauses and probes of both sides, and the key `traffic` of both profiles. Writes `puente_probe`,
`puente_silence` and one mail per silence to `notices.traffic` of the platform's profile; `puente_alert`, and mails and
chat messages to on-call. Reads the reports and the list of backups for what is late.

## Gates
Hours that are not watched, planned downtime and paused entities do not count. It never stops anything.

## Rerun
Any task may be cleared at any time: a silence is told once, an alert again only after hours; a probe more is one answer
more.

## Runbook
- *A silence is mailed*: look whether the side still writes: its own jobs, the queue (`python -m puente doctor`), the
  capture Dag of that side.
- *It is no silence*: raise `silent_hours`, narrow `between` and `days`, or plan `downtime` in the profile.
- *On-call is told nothing, or too much*: `python -m puente oncall test` and `oncall list`; `PUENTE_REMIND_HOURS`.
- *A connection does not answer*: the probe's log names it; capture and carry wait and go on by themselves.
"""

from __future__ import annotations

from airflow.sdk import chain

from puente.orchestration.links import link_dag, links
from puente.orchestration.mailing import send_mails
from puente.orchestration.runs import report_failures
from puente.orchestration.watching import probe_connections, tell_alerts, watch_traffic

for link in links():
    with link_dag(
        "monitor",
        link,
        doc=__doc__,
        description="Whether both connections answer, and whether what should come does come",
        tags=["report"],
        at="*/5 * * * *",
    ):
        probed, watched = probe_connections(link.link_id), watch_traffic(link.link_id)
        chain(probed, watched, tell_alerts(link.link_id), send_mails(link.link_id), report_failures())
