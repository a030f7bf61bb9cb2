"""Restores any of the backups into scratch databases, proves and compares it, drops it, and says how long it took.

## Purpose
A backup that was never restored is a hope. Each month one is taken at random and restored with the escrowed key, as it
would have to be after a fire; the sealed report has the measured recovery time against the two hours promised.

## Schedule
On the first of each month at 04:00 in the link's time zone, and whenever a person triggers it; the parameter
`backup_id` names a certain backup. One run at a time, no catch-up. One Dag per link of `config/links.yaml`.

## Reads and writes
Reads the backup from Azure (connection `puente_azure`; from `PUENTE_BACKUPS_DIR` where there is none) with the keys of
`PUENTE_KEYS`. Writes and drops a database `<name>_drill` on each side's own server:
the login needs the right to make and drop databases. Nothing that anybody uses is touched. Writes the sealed report and
its page into the folder that `PUENTE_REPORTS_DIR` names.

## Gates
Row counts and checksums of every table must be those of the manifest, and the full inventory between the two restored
sides must be possible. Otherwise the run fails, and its report says why, also where the backup cannot even be opened.

## Rerun
Any task may be cleared at any time; clearing one that needs the scratch databases clears their set-up as well.

## Runbook
- *A table differs from the manifest*: that backup cannot be relied on. Run the drill with another one, and make a new
  backup today.
- *`VaultError`*: the key in `PUENTE_KEYS` is not the one that the backup was made with; fetch it from the escrow.
- *Longer than promised*: see which side took the time; a server nearer to the backups, or smaller tables.
"""

from __future__ import annotations

from airflow.sdk import Param, chain

from puente.orchestration.links import link_dag, links
from puente.orchestration.restores import choose, compare, drill_report, drop, make_room, rehearse_task
from puente.orchestration.runs import report_failures

for link in links():
    with link_dag(
        "restore_drill",
        link,
        doc=__doc__,
        description="Rehearses the restore of a backup and measures it",
        tags=["nightly", "restore"],
        at="0 4 1 * *",
        params={"backup_id": Param("", type="string", description="A certain backup; any if empty.")},
    ):
        room, backup = make_room(link.link_id).as_setup(), choose(link.link_id)
        erp = rehearse_task("erp", link.link_id, backup)
        platform = rehearse_task("platform", link.link_id, backup)
        compared = compare(link.link_id, [erp, platform])
        dropped = drop(link.link_id).as_teardown(setups=room)
        written = drill_report(link.link_id, backup, [erp, platform], compared)
        chain(room, erp, platform, compared, dropped)
        [written, dropped] >> report_failures()
