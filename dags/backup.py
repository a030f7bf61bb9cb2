"""Backs up both sides, Puente's tables, Airflow's metadata and the reports: encrypted, proved, here and in Azure.

## Purpose
Whatever happens to a server, the ERP's and the shop's data are back within two hours as they were at most four hours
ago; what happened since comes back by way of the other side and the archive (`docs/restore.md`). A backup that was not
read back and compared does not count.

## Schedule
At 02:00, 06:00, 10:00, 14:00, 18:00 and 22:00 in the link's time zone; that of 02:00 is the daily one. One run at a
time, no catch-up. One Dag per link of `config/links.yaml`.

## Reads and writes
Reads both databases (connections `puente_erp` and `puente_platform`), Airflow's metadata where
`PUENTE_AIRFLOW_DATABASE` says where it is, and the reports. Writes encrypted files into `PUENTE_BACKUPS_DIR` and into
the container of the connection `puente_azure`, the lease `backup` on the platform, and a sealed document among the
reports.
Nothing leaves the machine but as AES-256-GCM, with the keys of `PUENTE_KEYS` (`docs/backup.md`).

## Gates
A backup counts when every file was read back from where it lies, decrypted and found to be what the manifest says; its
manifest is put there last. Old ones are deleted only after that, and never the newest.

## Rerun
Any task may be cleared at any time. A backup that is finished stays as it is; one that was interrupted is swept by the
next.

## Runbook
- *Azure cannot be used*: the copy on this machine counts; once Azure answers, the next run carries what it lacks.
- *`Paused`*: a restore has the link paused; `resume` it when that is over. A person's pause stops no backup.
- *`LeftBehind`*: an earlier backup is spoilt on this machine and was not carried; the others count in Azure.
- *`LeaseHeld`*: another backup is at work, or died less than two minutes ago; the task tries again.
- *Swept by a later one*: this run waited too long between two tasks; trigger a new one.
- *Nothing counts as backed up: … No space left*: make room in `PUENTE_BACKUPS_DIR`, then clear the task.
- *SQLite finds the database damaged*: restore from the last backup before; this one would be of no use.
- *There are no keys*: `docs/backup.md`, The keys.
"""

from __future__ import annotations

from airflow.sdk import chain

from puente.orchestration.backups import (
    begin,
    document,
    dump_airflow,
    dump_reports,
    dump_task,
    keep,
    retention,
    seal,
    upload,
    verify,
)
from puente.orchestration.links import link_dag, links
from puente.orchestration.runs import report_failures

for link in links():
    with link_dag(
        "backup",
        link,
        doc=__doc__,
        description="Backs up both sides, encrypted and proved",
        tags=["nightly", "backup"],
        at="0 2,6,10,14,18,22 * * *",
    ):
        kept, checked, thinned = keep(link.link_id), verify(link.link_id), retention(link.link_id)
        sides = [dump_task("erp", link.link_id), dump_task("platform", link.link_id)]
        others = [dump_airflow(link.link_id), dump_reports(link.link_id)]
        chain(begin(link.link_id), *sides, *others, seal(link.link_id), kept, upload(link.link_id), checked, thinned)
        kept >> thinned
        chain(thinned, document(link.link_id), report_failures())
