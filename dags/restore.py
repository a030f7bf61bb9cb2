"""Restores one side of a link, or both, from a backup: beside the one in use first, then in its place.

## Purpose
A side is lost or spoilt. It is brought back as it was at the backup's moment, and what happened since comes back as far
as the other side and the archive know it: a restore is an event, not a return to the past. `docs/restore.md` says what
can and what cannot come back.

## Schedule
Never by itself: a person triggers it, names the backup and the side, and writes the link's name into `confirm`. One run
at a time, no catch-up. One Dag per link of `config/links.yaml`.

## Reads and writes
Reads the backup and the archive of landed batches (`PUENTE_ARCHIVE_DIR`), with the keys of `PUENTE_KEYS`. Writes a
database `<name>_restored` on the side's own server, exchanges it with the one in use, which is kept as
`<name>_before`, and Puente's control tables on both sides. The login needs the right to make and drop databases. Writes
the sealed report and its page into the folder that `PUENTE_REPORTS_DIR` names.

## Gates
The copy must have the manifest's row counts and checksums before anything is exchanged. Nobody may be at work on the
link. What lands again goes through the suites of its direction like any row.

## Rerun
Any task may be cleared at any time. When the exchange or what follows it fails for good, `take_back` puts everything
where it was.

## Runbook
- *The link is paused*: on purpose. Read the report, see to what it names, then `python -m puente resume`.
- *`LeaseHeld` in `stop`*: a worker is still finishing; the task tries again.
- *The database from before is still there*: `python -m puente restore forget` when nobody needs it any more.
- *The restore was done with other tools*: `python -m puente restore aftermath` does what follows.
"""

from __future__ import annotations

from airflow.sdk import Param, chain

from puente.orchestration.links import link_dag, links
from puente.orchestration.restores import follow_up, load_task, report, stop, swap, take_back
from puente.orchestration.runs import report_failures

for link in links():
    with link_dag(
        "restore",
        link,
        doc=__doc__,
        description="Restores a side from a backup, and what follows from that",
        tags=["restore"],
        on_demand=True,
        alone=True,
        params={
            "backup_id": Param("", type="string", description="The backup, as its report names it."),
            "side": Param("platform", type="string", enum=["platform", "erp", "both"]),
            "confirm": Param("", type="string", description="The link's name, so that nobody restores by mistake."),
        },
    ):
        begun, exchanged, followed = stop(link.link_id), swap(link.link_id), follow_up(link.link_id)
        back, written = take_back(link.link_id), report(link.link_id)
        chain(
            begun, [load_task("erp", link.link_id), load_task("platform", link.link_id)], exchanged, followed, written
        )
        [exchanged, followed] >> back
        [written, back] >> report_failures()
