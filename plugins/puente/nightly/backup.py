"""A backup of a link, step by step: begin, dump each part, seal the manifest, keep it here, carry it away, thin out.

What is under way lies in `<backups>/<link>/.work/<id>/`, encrypted; nothing of it counts before its manifest is on a
shelf, and that is put there once every file was read back from it. Each step may be repeated. One backup of a link at a
time: every step renews the lease `backup` on the platform; what a dead one left is swept by the next.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import and_, inspect, make_url, select
from sqlalchemy.exc import SQLAlchemyError

from puente.contract import SIDES, Side
from puente.db import schema
from puente.db.connect import Database
from puente.errors import LeftBehind, Paused, PuenteError, StaleWorker
from puente.files import sync_folder, whole_file, write_whole
from puente.nightly import archive, dumps, generations, manifest, mssqldump, shelf
from puente.nightly.manifest import Manifest
from puente.nightly.parts import Part, told_plainly
from puente.nightly.shelf import (
    FolderShelf,
    Shelf,
    complete,
    discard,
    incomplete,
    local_shelf,
    prove,
    read_manifest,
    required_ring,
)
from puente.quality.seal import canonical
from puente.settings import Settings
from puente.sync import control, ledger
from puente.sync.leases import Lease, acquire
from puente.sync.route import Bridge, Run, utc_now

LEASE = "backup"
AIRFLOW, REPORTS = "airflow", "reports"
_WORK = ".work"
_FETCHED = ".fetch"  # where a backup arrives; not in `.work`, which the next backup sweeps
_HEAD = "head.json"


@dataclass(frozen=True)
class Kept:
    """One shelf after a backup: how many bytes were read back, and what was deleted for its age."""

    shelf: str
    backup_id: str
    size: int = 0
    deleted: tuple[str, ...] = ()


# ---------------------------------------------------------------- one at a time
@contextmanager
def at_work(bridge: Bridge, run: Run, *, last: bool = False) -> Iterator[None]:
    """Hold the link's lease on backups and renew it in the background, however long the step takes.

    LeaseHeld while another backup is at work. Not released before the `last` step of a run: its steps follow each
    other, and when one died the lease expires by itself. StaleWorker when it was lost meanwhile.
    """
    seconds = bridge.settings.lease_seconds
    lease = acquire(bridge.platform, bridge.link.link_id, LEASE, f"{run.run_id}/backup"[:400], seconds)
    done, lost = threading.Event(), threading.Event()
    renewing = threading.Thread(target=_renew, args=(lease, seconds / 4, done, lost), daemon=True)
    renewing.start()
    try:
        yield
    finally:
        done.set()
        renewing.join()
        if last and not lost.is_set():
            lease.release()
    if lost.is_set():
        raise StaleWorker("Another backup took over; nothing of this step counts.")


def _renew(lease: Lease, every: float, done: threading.Event, lost: threading.Event) -> None:
    while not done.wait(every):
        try:
            with lease.begin():
                pass
        except StaleWorker:
            lost.set()
            return
        except (SQLAlchemyError, PuenteError):
            continue  # a server that is busy or away for a moment: the lease lasts four such tries


# ---------------------------------------------------------------- the steps
def begin(bridge: Bridge, run: Run) -> str:
    """Sweep what an interrupted backup left here, and name the new one. PuenteError without keys; Paused while the link
    is paused by a restore."""
    required_ring(bridge.settings)
    link_id, here = bridge.link.link_id, local_shelf(bridge.settings)
    _refuse_in_a_restore(bridge)  # before the lease is taken, for a restore waits for it
    with at_work(bridge, run), told_plainly(here.root):
        _refuse_in_a_restore(bridge)
        swept(bridge)
        taken_at = utc_now()
        backup_id = manifest.new_id(taken_at)
        folder = _work(bridge, backup_id)
        folder.mkdir(parents=True, mode=0o700)
        lives = {side: _incarnation(bridge.database(side)) for side in SIDES}
        head = {"taken_at": taken_at, "link_id": link_id, "run": run.run_id, "incarnations": lives}
        write_whole(folder / _HEAD, canonical(head))
    return backup_id


def _refuse_in_a_restore(bridge: Bridge) -> None:
    """One side of before an exchange and one of after it would be a backup of no moment. What a person pauses is backed
    up all the same."""
    pause, link_id = schema.pause, bridge.link.link_id
    theirs = and_(pause.c.link_id == link_id, pause.c.entity == "*", pause.c.who == control.RESTORE)
    for db in (bridge.erp, bridge.platform):
        if not inspect(db.engine).has_table(pause.name):
            continue
        with db.read() as conn:
            row = conn.execute(select(pause.c.why, pause.c.at).where(theirs)).first()
        if row is not None:
            raise Paused(
                f"No backup of link {link_id} is begun: it was paused for a restore at {row.at} ({row.why}). When that "
                "is over, `python -m puente resume` lets it go on, and the next backup is made."
            )


def swept(bridge: Bridge) -> list[str]:
    """Delete what was begun and never finished, here; returns the ids. Only under the lease."""
    here, link_id = local_shelf(bridge.settings), bridge.link.link_id
    mssqldump.sweep(bridge.settings)
    work = here.root / link_id / _WORK
    left = sorted(path.name for path in work.iterdir()) if work.is_dir() else []
    if work.is_dir():
        shutil.rmtree(work)
    unfinished = incomplete(here, link_id)
    for backup_id in unfinished:
        discard(here, link_id, backup_id)
    return sorted({*left, *unfinished})


def dump_side(bridge: Bridge, side: Side, backup_id: str, run: Run) -> Part | None:
    """Dump one side; None where the backup is finished already."""
    db = bridge.database(side)
    with _step(bridge, backup_id, run) as folder:
        if folder is None:
            return None
        _refuse_in_a_restore(bridge)
        head = {"ledger": _ledger_head(bridge, db), "incarnation": _incarnation(db)}
        if head["incarnation"] != json.loads((folder / _HEAD).read_text("utf-8"))["incarnations"][side]:
            raise PuenteError(
                f"Backup {backup_id} was begun before a restore and would be of no one moment: begin a new one."
            )
        part = dumps.dump_database(db.engine.url, side, folder, required_ring(bridge.settings), bridge.settings)
        _note(folder, part, head)
        return part


def dump_airflow(bridge: Bridge, url: str, backup_id: str, run: Run) -> Part | None:
    """Dump Airflow's metadata database, by its SQLAlchemy URL."""
    with _step(bridge, backup_id, run) as folder:
        if folder is None:
            return None
        ring = required_ring(bridge.settings)
        part = dumps.dump_database(make_url(url), AIRFLOW, folder, ring, bridge.settings)
        _note(folder, part, {})
        return part


def dump_reports(bridge: Bridge, backup_id: str, run: Run) -> Part | None:
    """Pack the link's reports."""
    with _step(bridge, backup_id, run) as folder:
        if folder is None:
            return None
        reports = bridge.settings.reports_dir / bridge.link.link_id
        part = dumps.dump_folder(reports, REPORTS, folder, required_ring(bridge.settings))
        _note(folder, part, {})
        return part


def seal(bridge: Bridge, backup_id: str, run: Run) -> Manifest | None:
    """Write the manifest over the parts. PuenteError when a side's part is missing."""
    with _step(bridge, backup_id, run) as folder:
        if folder is None:
            return None
        noted = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.part.json"))}
        parts = {name.removesuffix(".part"): fields for name, fields in noted.items()}
        if missing := [name for name in (*SIDES, REPORTS) if name not in parts]:
            raise PuenteError(f"Backup {backup_id} has no {', '.join(missing)}: run that step again.")
        remarks = [f"{name}: {one}" for name, fields in parts.items() for one in fields["part"]["remarks"]]
        if AIRFLOW not in parts:
            remarks.append("Airflow's metadata database is not in this backup: its address is not known to the task.")
        head = json.loads((folder / _HEAD).read_text("utf-8"))
        sealed = Manifest(
            backup_id=backup_id, link_id=bridge.link.link_id, taken_at=head["taken_at"], finished_at=utc_now(),
            parts={name: Part.from_dict(fields["part"]) for name, fields in parts.items()},
            ledgers={side: parts[side]["head"]["ledger"] for side in SIDES},
            incarnations={side: parts[side]["head"]["incarnation"] for side in SIDES},
            versions=manifest.versions(), remarks=remarks,
        )  # fmt: skip
        manifest.write(sealed, folder / manifest.NAME, required_ring(bridge.settings), bridge.settings.seal_key)
        return sealed


def keep(bridge: Bridge, backup_id: str, run: Run) -> Kept:
    """Put the backup on this machine's shelf, read it back, and let it count."""
    here = local_shelf(bridge.settings)
    with _step(bridge, backup_id, run) as folder:
        if folder is not None:
            with open(folder / manifest.NAME, "rb") as source:
                sealed = manifest.read(source, required_ring(bridge.settings), bridge.settings.seal_key)
            _put_files(here, sealed, folder)
            _let_count(bridge, here, sealed, folder)
            shutil.rmtree(folder)
        found = read_manifest(here, bridge.link.link_id, backup_id, bridge.settings)
    return Kept(here.name, backup_id, sum(file.size for file in found.files))


def waiting(bridge: Bridge, away: Shelf) -> list[str]:
    """The ids of backups of this machine that are newer than the newest one over there: usually one, more after an
    outage; the oldest first."""
    link_id = bridge.link.link_id
    there = complete(away, link_id)
    return [one for one in complete(local_shelf(bridge.settings), link_id) if not there or one > there[-1]]


def upload(bridge: Bridge, away: Shelf, run: Run) -> list[str]:
    """Carry the files of every backup that waits, and what is new in the archive of landed batches; what was begun
    there and is not going to be finished is deleted. One that is spoilt here is left behind, and told by `verify`."""
    here, link_id, carried = local_shelf(bridge.settings), bridge.link.link_id, []
    with at_work(bridge, run):
        ids = waiting(bridge, away)
        for abandoned in incomplete(away, link_id):
            if abandoned not in ids:
                discard(away, link_id, abandoned)
        for backup_id in ids:
            try:
                sealed = read_manifest(here, link_id, backup_id, bridge.settings)
                _put_files(away, sealed, here.path(f"{link_id}/{backup_id}"))
            except (PuenteError, OSError):
                if not _spoilt_here(bridge, backup_id):
                    raise
            else:
                carried.append(backup_id)
        archive.carry(bridge.settings, link_id, away)
    return carried


def verify(bridge: Bridge, away: Shelf, run: Run) -> list[Kept]:
    """Read back what was carried, and let it count over there.

    LeftBehind, once the others count: they are newer, so what is spoilt here does not wait, and is not told, again.
    """
    here, link_id = local_shelf(bridge.settings), bridge.link.link_id
    done, spoilt = [], []
    with at_work(bridge, run):
        for backup_id in waiting(bridge, away):
            try:
                sealed = read_manifest(here, link_id, backup_id, bridge.settings)
                size = _let_count(bridge, away, sealed, here.path(f"{link_id}/{backup_id}"))
            except (PuenteError, OSError):
                told = _spoilt_here(bridge, backup_id)
                if not told:
                    raise  # it is Azure, or the way there: the next run carries it once more
                spoilt.append(told)
                discard(away, link_id, backup_id)
            else:
                done.append(Kept(away.name, backup_id, size))
    if spoilt:
        raise LeftBehind(
            f"Not carried to {away.name}, for they are spoilt on this machine: {'; '.join(spoilt)}. "
            f"Carried and found right: {', '.join(one.backup_id for one in done) or 'nothing'}."
        )
    return done


def _spoilt_here(bridge: Bridge, backup_id: str) -> str:
    """What is wrong with this machine's copy; '' where nothing is."""
    try:
        prove(local_shelf(bridge.settings), bridge.link.link_id, backup_id, bridge.settings)
    except (PuenteError, OSError) as error:
        return f"{backup_id} ({error})"
    return ""


def thin_out(bridge: Bridge, on: Shelf, backup_id: str, run: Run, *, last: bool = True) -> Kept:
    """Delete what need not be kept. Only after `backup_id`, which was just made and proved, stands on the shelf; a
    backup whose manifest cannot be opened neither counts nor is deleted."""
    link_id, taken = bridge.link.link_id, {}
    with at_work(bridge, run, last=last):
        read_manifest(on, link_id, backup_id, bridge.settings)
        for one in complete(on, link_id):
            try:
                taken[one] = dt.datetime.fromisoformat(read_manifest(on, link_id, one, bridge.settings).taken_at)
            except shelf.Spoilt:
                continue
        gone = generations.outdated(taken, bridge.link.timezone, never=[backup_id])
        for one in gone:
            discard(on, link_id, one)
    return Kept(on.name, backup_id, deleted=tuple(gone))


def fetch(settings: Settings, link_id: str, away: Shelf, backup_id: str) -> Manifest:
    """Bring a backup from over there onto this machine's shelf, from where it can be restored, and what this machine's
    archive of landed batches lacks.

    It needs no database: they may be what was lost. The backup appears whole and proved. PuenteError while another
    fetch of the link is at work; a backup may be.
    """
    here = local_shelf(settings)
    home = here.root / link_id
    with told_plainly(here.root), _alone(home / ".fetch.lock", f"Another fetch of link {link_id} is at work."):
        shutil.rmtree(home / _FETCHED, ignore_errors=True)  # of one that was killed
        archive.bring_home(settings, link_id, away)
        if backup_id in complete(here, link_id):
            return prove(here, link_id, backup_id, settings)
        found, arriving = read_manifest(away, link_id, backup_id, settings), FolderShelf(home / _FETCHED)
        folder = arriving.path(f"{link_id}/{backup_id}")
        folder.mkdir(parents=True)
        try:
            for name in [*(file.name for file in found.files), manifest.NAME]:
                with away.open(f"{link_id}/{backup_id}/{name}") as source, whole_file(folder / name) as target:
                    shutil.copyfileobj(source, target, 1 << 20)
            prove(arriving, link_id, backup_id, settings)
            discard(here, link_id, backup_id)  # what an earlier version may have left half done
            os.rename(folder, here.path(f"{link_id}/{backup_id}"))
            sync_folder(home)
        finally:
            shutil.rmtree(home / _FETCHED, ignore_errors=True)
    return found


@contextmanager
def _alone(lock: Path, told: str) -> Iterator[None]:
    """Hold a lock that ends with the process. PuenteError with `told` while another has it."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with open(lock, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PuenteError(told) from error
        yield


def run_all(bridge: Bridge, run: Run, away: Shelf | None, airflow_url: str = "") -> list[Kept]:
    """Every step in one process; what was kept where. A failure over there is raised after the copy here counts."""
    try:
        return _all_steps(bridge, run, away, airflow_url)
    except Exception:
        with suppress(PuenteError, SQLAlchemyError), at_work(bridge, run, last=True):
            pass  # nobody comes back to this run: the next one need not wait for its lease
        raise


def _all_steps(bridge: Bridge, run: Run, away: Shelf | None, airflow_url: str) -> list[Kept]:
    backup_id = begin(bridge, run)
    for side in SIDES:
        dump_side(bridge, side, backup_id, run)
    if airflow_url:
        dump_airflow(bridge, airflow_url, backup_id, run)
    dump_reports(bridge, backup_id, run)
    seal(bridge, backup_id, run)
    kept = [keep(bridge, backup_id, run)]
    if away is not None:
        upload(bridge, away, run)
        kept += verify(bridge, away, run)
        kept.append(thin_out(bridge, away, backup_id, run, last=False))
    return [*kept, thin_out(bridge, local_shelf(bridge.settings), backup_id, run)]


# ---------------------------------------------------------------- inside
@contextmanager
def _step(bridge: Bridge, backup_id: str, run: Run) -> Iterator[Path | None]:
    """The work folder under the lease; None where the backup is finished and stays as it is."""
    with at_work(bridge, run):
        if backup_id in complete(local_shelf(bridge.settings), bridge.link.link_id):
            yield None
            return
        folder = _work(bridge, backup_id)
        if not (folder / _HEAD).is_file():
            raise PuenteError(f"Backup {backup_id} was swept by a later one: begin a new one.")
        with told_plainly(folder):
            yield folder


def _work(bridge: Bridge, backup_id: str) -> Path:
    return bridge.settings.backups_dir / bridge.link.link_id / _WORK / backup_id


def _note(folder: Path, part: Part, head: Mapping[str, object]) -> None:
    write_whole(folder / f"{part.name}.part.json", canonical({"part": part.as_dict(), "head": dict(head)}))


def _put_files(on: Shelf, sealed: Manifest, folder: Path) -> None:
    """Files of an earlier try under the same id are not those of this manifest, and go."""
    prefix = f"{sealed.link_id}/{sealed.backup_id}/"
    for key in on.keys(prefix):
        on.delete(key)
    for file in sealed.files:
        on.put(f"{prefix}{file.name}", folder / file.name)


def _let_count(bridge: Bridge, on: Shelf, sealed: Manifest, folder: Path) -> int:
    """Read every file back from the shelf, then put the manifest, and read that back too."""
    size = shelf.prove_files(on, sealed, bridge.settings)
    on.put(f"{sealed.link_id}/{sealed.backup_id}/{manifest.NAME}", folder / manifest.NAME)
    read_manifest(on, sealed.link_id, sealed.backup_id, bridge.settings)
    return size


def _ledger_head(bridge: Bridge, db: Database) -> dict[str, object]:
    with db.read() as conn:
        head = ledger.head(conn, bridge.link.link_id, bridge.settings.seal_key)
    return {"count": head.count, "row_hash": head.row_hash, "seal": head.seal}


def _incarnation(db: Database) -> str:
    with db.read() as conn:
        if conn.execute(select(schema.side.c.value).where(schema.side.c.name == "incarnation")).first() is None:
            return ""
        return control.incarnation(conn)
