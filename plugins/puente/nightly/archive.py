"""The archive of landed batches: what a reader took out of the queues, encrypted, away from its database (I12).

`clear` deletes nothing from a queue before the batch that landed it lies here as one file: a reader that is restored
to an older time is given again what it had read since (`replay`). It is on where keys are configured (`PUENTE_KEYS`).

A file is `<folder>/<link>/<reader>/<queue>/<YYYY-MM>/<DD>-<incarnation>-<batch>-<rows>.arc`, by the day in UTC on which
the batch was opened: the same name on every run. A batch that grew in a later try is written again whole, and the
shorter file goes. Within the vault's envelope it is a sequence of pages, each eight bytes of length and an Arrow
stream of text columns as they were landed. Each file has its own data key, so one month, or one file with a person's
rows in it, can be rewritten or dropped without the others.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
from sqlalchemy import Connection, select

from puente.contract import ENVELOPE, Queue
from puente.db import schema
from puente.db.queues import read_arrow
from puente.errors import PuenteError
from puente.files import whole_file
from puente.nightly import vault
from puente.settings import Settings
from puente.sync.control import incarnation
from puente.sync.leases import Lease

if TYPE_CHECKING:
    from puente.nightly.shelf import Shelf
    from puente.sync.route import Route

SUFFIX = ".arc"
IDENTITY = ("id_registro", "fecha_creacion", "epoch", "revision", "content_hash", "batch_id")
_LENGTH = 8
_FOLDER = "archive"  # on a shelf, beside the link's backups


@dataclass(frozen=True)
class _Batch:
    batch_id: int
    rows: int
    opened_at: str


def columns_of(queue: Queue) -> list[str]:
    """The columns of an archived page, all text."""
    return [*IDENTITY, *(c.name for c in (*queue.columns, *ENVELOPE))]


def keep(route: Route, lease: Lease) -> int:
    """Archive every batch of which rows are about to be deleted from the queue; returns how many files were written.

    0 where archiving is off. PuenteError when a file cannot be written: nothing may be deleted then.
    """
    ring = route.settings.keys
    if ring is None:
        return 0
    with route.reader_db.read() as conn:
        identity, batches = incarnation(conn), _uncleared(conn, route)
    written = 0
    for batch in batches:
        path = _path(route, identity, batch)
        if path.exists():
            continue
        try:
            _write(path, _pages(route, lease, batch.batch_id), ring)
        except OSError as error:
            raise PuenteError(
                f"The archive cannot be written ({error}). Nothing was deleted from {route.queue.name}: make room in "
                f"{route.settings.archive_dir} or mend its rights, and run the task again."
            ) from error
        for shorter in path.parent.glob(f"{path.name.rpartition('-')[0]}-*{SUFFIX}"):
            if shorter != path:
                shorter.unlink(missing_ok=True)
        written += 1
    return written


def files(settings: Settings, link_id: str, reader: str, queue: str, since: str = "") -> list[Path]:
    """The files of a queue by the day of their batches, those of the day before `since` (UTC, ISO) and later."""
    folder, day = settings.archive_dir / link_id / reader / queue, _day_before(since)
    return sorted(path for path in folder.glob(f"*/*{SUFFIX}") if f"{path.parent.name}-{path.name[:2]}" >= day)


def read(path: Path, ring: vault.KeyRing, take: Callable[[pa.Table], None]) -> None:
    """Hand each page of a file to `take`, in the order of landing. VaultError when the file was altered or cut."""
    with open(path, "rb") as source:
        _parse(source, str(path), ring, take)


def read_away(away: Shelf, key: str, ring: vault.KeyRing, take: Callable[[pa.Table], None]) -> None:
    """`read`, of a file on a shelf; the error names it."""
    try:
        with away.open(key) as source:
            _parse(source, f"{away.name}/{key}", ring, take)
    except vault.VaultError as error:
        raise vault.VaultError(f"{away.name}/{key}: {error}") from error


def _parse(source: BinaryIO, name: str, ring: vault.KeyRing, take: Callable[[pa.Table], None]) -> None:
    parser = _Parser(take)
    vault.decrypt(source, parser, ring)
    parser.end(name)


def rewrite(path: Path, ring: vault.KeyRing, change: Callable[[pa.Table], pa.Table]) -> None:
    """Write a file anew, under its name and with a data key of its own, from what `change` makes of each page."""
    pages: list[bytes] = []  # compressed, as they lie in the file

    def keep_changed(page: pa.Table) -> None:
        if (changed := change(page)).num_rows:
            pages.append(_frame(changed))

    read(path, ring, keep_changed)
    with whole_file(path) as target:
        vault.encrypt(io.BytesIO(b"".join(pages)), target, ring)


def shelf_key(settings: Settings, link_id: str, path: Path) -> str:
    """Under which key a file of the archive lies on a shelf."""
    return f"{link_id}/{_FOLDER}/{path.relative_to(settings.archive_dir / link_id).as_posix()}"


def home_of(settings: Settings, link_id: str, key: str) -> Path:
    """Where the file under a shelf's key lies on this machine."""
    return settings.archive_dir / link_id / key.removeprefix(f"{link_id}/{_FOLDER}/")


def away_keys(away: Shelf, link_id: str, reader: str, queue: str) -> list[str]:
    """Under which keys a shelf has files of a queue."""
    return away.keys(f"{link_id}/{_FOLDER}/{reader}/{queue}/")


def carry(settings: Settings, link_id: str, away: Shelf) -> int:
    """Put every file of the link's archive that a shelf does not have there, under `<link>/archive/…`; how many."""
    there, count = set(away.keys(f"{link_id}/{_FOLDER}/")), 0
    home = settings.archive_dir / link_id
    for path in sorted(home.rglob(f"*{SUFFIX}")):
        key = shelf_key(settings, link_id, path)
        if key not in there and not path.name.startswith("."):
            put_away(away, key, path)
            count += 1
    return count


def put_away(away: Shelf, key: str, path: Path) -> None:
    """Put one file on a shelf and read it back. PuenteError, and nothing lies there, where it is another one then."""
    with open(path, "rb") as here:
        away.put(key, path)
        with away.open(key) as there:
            same = _sha256(here) == _sha256(there)
    if not same:
        away.delete(key)
        raise PuenteError(f"{away.name}/{key} is not what was put there; the next backup carries {path} again.")


def _sha256(source: BinaryIO) -> bytes:
    digest = hashlib.sha256()
    while block := source.read(1 << 20):
        digest.update(block)
    return digest.digest()


def bring_home(settings: Settings, link_id: str, away: Shelf) -> int:
    """The other way, where this machine's archive was lost: the files that it does not have; how many."""
    return sum(bring(settings, link_id, away, key) for key in away.keys(f"{link_id}/{_FOLDER}/"))


def bring(settings: Settings, link_id: str, away: Shelf, key: str) -> bool:
    """One file from a shelf; False where it is here already."""
    path = home_of(settings, link_id, key)
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    with away.open(key) as source, whole_file(path) as target:
        shutil.copyfileobj(source, target, 1 << 20)
    return True


def thin_out(settings: Settings, link_id: str, before: str, away: Shelf | None = None) -> int:
    """Delete files of batches that were opened on days before `before` (UTC, ISO), a day of grace apart, here and on a
    shelf; how many."""
    day, home, count = _day_before(before), settings.archive_dir / link_id, 0
    for path in sorted(home.rglob(f"*{SUFFIX}")):
        if f"{path.parent.name}-{path.name[:2]}" < day:
            path.unlink(missing_ok=True)
            count += 1
    if away is not None:
        for key in away.keys(f"{link_id}/{_FOLDER}/"):
            *_, month, name = key.split("/")
            if f"{month}-{name[:2]}" < day:
                away.delete(key)
                count += 1
    return count


def _day_before(moment: str) -> str:
    """A day of grace: batches are dated by one machine's clock and backups by another's."""
    return (dt.date.fromisoformat(moment[:10]) - dt.timedelta(days=1)).isoformat() if moment else ""


def _uncleared(conn: Connection, route: Route) -> list[_Batch]:
    inbox, batch = route.inbox, schema.batch
    waiting = select(inbox.c.batch_id).where(inbox.c.link_id == route.link_id, inbox.c.cleared == 0).distinct()
    query = select(batch.c.batch_id, batch.c.rows_landed, batch.c.opened_at).where(batch.c.batch_id.in_(waiting))
    return [_Batch(int(r[0]), int(r[1]), r[2]) for r in conn.execute(query.order_by(batch.c.batch_id))]


def _path(route: Route, identity: str, batch: _Batch) -> Path:
    month, day = batch.opened_at[:7], batch.opened_at[8:10]
    folder = route.settings.archive_dir / route.link_id / route.reader / route.queue.name / month
    return folder / f"{day}-{identity}-{batch.batch_id}-{batch.rows}{SUFFIX}"


def _pages(route: Route, lease: Lease, batch_id: int) -> Iterator[pa.Table]:
    """The batch's rows as they lie in the inbox; the lease is renewed with every page."""
    inbox, size, after = route.inbox, route.settings.receive_chunk, 0
    dialect, names = route.reader_db.engine.dialect, columns_of(route.queue)
    while True:
        query = (
            select(inbox.c.inbox_id, *(inbox.c[name] for name in names))
            .where(inbox.c.link_id == route.link_id, inbox.c.batch_id == batch_id, inbox.c.inbox_id > after)
            .order_by(inbox.c.inbox_id)
            .limit(size)
        )
        sql = str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
        page = read_arrow(route.reader_db, sql)
        if page.num_rows:
            after = int(page.column("inbox_id")[-1].as_py())
            yield pa.table({name: page.column(name).combine_chunks().cast(pa.string()) for name in names})
        if page.num_rows < size:
            return
        with lease.begin():
            pass


def _write(path: Path, pages: Iterator[pa.Table], ring: vault.KeyRing) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as target:
        vault.encrypt(io.BufferedReader(_Framed(pages), 1 << 20), target, ring)


class _Framed(io.RawIOBase):
    """Pages as a readable stream, one in memory at a time."""

    def __init__(self, pages: Iterator[pa.Table]) -> None:
        self._pages, self._rest = pages, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            page = next(self._pages, None)
            if page is None:
                return 0
            self._rest = memoryview(_frame(page))
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def _frame(page: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, page.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(page)
    body = sink.getvalue().to_pybytes()
    return len(body).to_bytes(_LENGTH, "big") + body


class _Parser(io.RawIOBase):
    """The other way: what is written to it comes out in pages."""

    def __init__(self, take: Callable[[pa.Table], None]) -> None:
        self._take, self._rest = take, bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._rest += data
        while len(self._rest) >= _LENGTH:
            end = _LENGTH + int.from_bytes(self._rest[:_LENGTH], "big")
            if len(self._rest) < end:
                break
            with pa.ipc.open_stream(bytes(self._rest[_LENGTH:end])) as reader:
                self._take(reader.read_all())
            del self._rest[:end]
        return len(data)

    def end(self, name: str) -> None:
        """PuenteError when the last page is not whole."""
        if self._rest:
            raise PuenteError(f"{name} ends in the middle of a page; its later rows cannot be replayed.")
