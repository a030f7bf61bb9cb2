"""Erase a person: both sides' own tables, every copy that Puente has, the archive; and say what is kept, and why.

Each side is one transaction under the entity's lease, the platform's first: mails lie there, found by e-mails of which
the ERP's inbox may have the last copy. The archive follows file by file, here and away, under the lease of backups: one
that carried the archive meanwhile would put the old file back. A run which was killed is finished by the next.
What the sides show no longer is captured like any other deletion, and reaches the other side as one. A record is erased
only at rest: nothing of it on its way, no order under way.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update

from puente.contract import SIDES, Side
from puente.db import schema
from puente.db.queues import inspect_queue, queue_table
from puente.dryrun.texts import TEXTS
from puente.errors import PuenteError
from puente.files import file_stem, write_whole
from puente.nightly import archive, backup
from puente.nightly.manifest import moment_of
from puente.nightly.shelf import Shelf, complete, local_shelf
from puente.people.person import Person, find, order_route, routes_of, theirs
from puente.people.places import mails, places
from puente.quality.seal import canonical, seal
from puente.sync import quarantine
from puente.sync.forms import PLATFORM_ID
from puente.sync.leases import held
from puente.sync.route import Bridge, Route, Run, utc_now
from puente.sync.targets import run_statements

RUN = "erase"
KIND = "erase"  # the profile's file is erase_<entity>.sql
_BACKUPS_KEPT = dt.timedelta(days=372)  # twelve monthly ones


@dataclass
class Erasure:
    """What an erasure would do, or did. `rows`: place → rows; `own`: what becomes of each side's own tables."""

    person: Person
    rows: dict[str, int] = field(default_factory=dict)
    archived: dict[str, int] = field(default_factory=dict)  # file → rows of the person
    own: dict[str, str] = field(default_factory=dict)
    reports: list[str] = field(default_factory=list)  # sealed files that name the person, kept as evidence
    backups_until: str = ""  # the last day on which a backup may still have the person; '' where there is none


def preview(bridge: Bridge, entity: str, key: str) -> Erasure:
    """What an erasure would do now. Nothing is changed. PuenteError where the person is not at rest, or not known."""
    person = _person(bridge, entity, key)
    _require_rest(bridge, person, set_aside=True)
    return _plan(bridge, person)


def erase(bridge: Bridge, entity: str, key: str, who: str, why: str, away: Shelf | None = None) -> tuple[Erasure, Path]:
    """Do it; returns what was done and the sealed record of it, which has numbers and no name.

    PuenteError where the person is not at rest or not known; LeaseHeld while the entity, or a backup, is at work.
    """
    if not why.strip():
        raise PuenteError("An erasure needs a reason (--why).")
    person = _person(bridge, entity, key)
    _require_rest(bridge, person, set_aside=True)
    with ExitStack() as stack:
        if bridge.settings.keys is not None:  # else there is neither an archive nor a backup
            stack.enter_context(backup.at_work(bridge, Run(f"{RUN}:{who}", RUN), last=True))
        _discard_set_aside(bridge, person, who, why)
        leases = {
            side: stack.enter_context(
                held(bridge.database(side), bridge.link.link_id, f"{side}:{entity}", f"{who}/{RUN}",
                     bridge.settings.lease_seconds)
            )
            for side in SIDES
        }  # fmt: skip
        _require_rest(bridge, person)
        done = _plan(bridge, person)
        # First, and again at the end: what is known only by the person's name is known now.
        _write_record(bridge, done, who, why, finished=False)
        for side in reversed(SIDES):
            with leases[side].begin() as conn:
                _erase_side(conn, bridge, side, person)
        for file in done.archived:
            _drop_from(bridge, Path(file), person, away)
        if away is not None:
            _look_away(bridge, done, away)
    return done, _write_record(bridge, done, who, why, finished=True)


# ---------------------------------------------------------------- looking
def _person(bridge: Bridge, entity: str, key: str) -> Person:
    """`find`, and the orders that an earlier try blanked: their snapshots do not say any more whose they were."""
    person = find(bridge, entity, key)
    person.ended.extend(sorted(_noted_before(bridge, person, "orders_blanked") - {*person.orders}))
    return person


def _plan(bridge: Bridge, person: Person) -> Erasure:
    done = Erasure(person)
    for side in SIDES:
        with bridge.database(side).read() as conn:
            for place in places(bridge, side, person, person.ended):
                count = conn.execute(select(func.count()).select_from(place.table).where(place.where)).scalar_one()
                name = f"{side}: {place.table.name}"
                done.rows[name] = done.rows.get(name, 0) + int(count)
        done.own[side] = _own_tables(bridge, side, person)
    done.archived = {str(path): count for path, count in _archived(bridge, person)}
    root = bridge.settings.reports_dir
    done.reports = sorted(str(path.relative_to(root)) for path in naming(root / bridge.link.link_id, person))
    done.backups_until = _backups_until(bridge)
    return done


def _own_tables(bridge: Bridge, side: Side, person: Person) -> str:
    """`erase`, or why a side's own tables are left alone."""
    profile = bridge.profile(side)
    if side == "erp" and person.entity.name == "companies" and person.kept:
        return (
            f"kept: {len(person.kept)} orders within the years of PUENTE_KEEP_YEARS were sold to it; it is switched off"
        )
    if not profile.statements(KIND, person.entity.name):
        return f"left: profile {profile.name} has no {KIND}_{person.entity.name}.sql; erase it there by hand"
    return "erase"


def _require_rest(bridge: Bridge, person: Person, *, set_aside: bool = False) -> None:
    """`set_aside`: rows in quarantine are no obstacle, for they are going to be discarded."""
    entity = person.entity.name
    waiting = list(_on_its_way(bridge, person, () if set_aside else quarantine.SET_ASIDE))
    if person.under_way:
        waiting.append(f"orders under way: {', '.join(person.under_way[:20])}")
    mail, to_send = schema.mail, set[int]()
    with bridge.platform.read() as conn:
        for place in mails(bridge, person):
            unsent = and_(place.where, mail.c.status.in_(("waiting", "sending")))
            to_send.update(conn.execute(select(mail.c.mail_id).where(unsent)).scalars())
    if to_send:
        waiting.append(f"{len(to_send)} mails to be sent")
    if waiting:
        raise PuenteError(
            f"{entity} {person.keys[0]} is not at rest: {'; '.join(waiting)}. Nothing was erased; let the Dags "
            "finish, end the orders (release or discard what is in quarantine), and run it again."
        )


def _on_its_way(bridge: Bridge, person: Person, besides: tuple[str, ...]) -> Iterator[str]:
    entity, link_id, outbox = person.entity.name, bridge.link.link_id, schema.outbox
    for route in routes_of(bridge, entity):
        inbox = route.inbox
        here = and_(inbox.c.link_id == link_id, inbox.c.record_key.in_(person.keys))
        pending = and_(here, or_(inbox.c.state.in_(("pending", *besides)), inbox.c.cleared == 0))
        with route.reader_db.read() as conn:
            if count := conn.execute(select(func.count()).where(pending)).scalar_one():
                yield f"{count} rows in the inbox of {route.queue.name}"
        shape = inspect_queue(route.queue_db, route.queue)
        queue = queue_table(shape)
        ids = ((person.entity.key[0], person.erp_ids), (PLATFORM_ID, person.platform_ids))
        theirs = [queue.c[shape.columns[name]].in_(some) for name, some in ids if name in shape.columns and some]
        with route.queue_db.read() as conn:
            if count := conn.execute(select(func.count()).select_from(queue).where(or_(*theirs))).scalar_one():
                yield f"{count} rows in the queue {route.queue.name}"
    headers = order_route(bridge)
    shape = inspect_queue(headers.queue_db, headers.queue)
    if (name := shape.columns.get(person.entity.key[0])) and person.erp_ids:
        queue = queue_table(shape)
        with headers.queue_db.read() as conn:
            theirs_there = select(func.count()).select_from(queue).where(queue.c[name].in_(person.erp_ids))
            if count := conn.execute(theirs_there).scalar_one():
                yield f"{count} rows in the queue {headers.queue.name}"
    events = or_(*(outbox.c.event_id.contains(f":{entity}:{key}:", autoescape=True) for key in person.keys))
    with bridge.platform.read() as conn:
        waiting = and_(outbox.c.link_id == link_id, outbox.c.entity == entity, outbox.c.status == "waiting", events)
        if count := conn.execute(select(func.count()).where(waiting)).scalar_one():
            yield f"{count} rows in the outbox"


def _archived(bridge: Bridge, person: Person) -> Iterator[tuple[Path, int]]:
    settings, link_id = bridge.settings, bridge.link.link_id
    if settings.keys is None:
        return
    for route in _archived_routes(bridge, person):
        for path in archive.files(settings, link_id, route.reader, route.queue.name):
            count = _Count(person)
            archive.read(path, settings.keys, count)
            if count.rows:
                yield path, count.rows


def _archived_routes(bridge: Bridge, person: Person) -> list[Route]:
    return [*routes_of(bridge, person.entity.name), order_route(bridge)]


class _Count:
    """Of archived pages: how many rows are the person's, and go."""

    def __init__(self, person: Person) -> None:
        self._person, self.rows = person, 0

    def __call__(self, page: pa.Table) -> None:
        self.rows += pc.sum(theirs(page, self._person, self._person.ended)).as_py() or 0


def naming(folder: Path, person: Person) -> Iterator[Path]:
    """Report files with the person's e-mail or name, and lists that have a line of their record, in which a name may
    stand in parts. They are sealed, and deleted after PUENTE_KEEP_YEARS."""
    words = [text.encode() for text in person.known_by if len(text) > 3]
    called = {texts["entities"][person.entity.name] for texts in TEXTS.values()}
    lines = [f"{entity},{key},".encode() for entity in sorted(called) for key in person.keys]
    for path in folder.rglob("*") if folder.exists() else ():
        wanted = words + lines if path.suffix == ".csv" else words
        if path.is_file() and any(word in path.read_bytes() for word in wanted):
            yield path


def _backups_until(bridge: Bridge) -> str:
    newest = complete(local_shelf(bridge.settings), bridge.link.link_id)[-1:] if bridge.settings.keys else []
    return (moment_of(newest[0]) + _BACKUPS_KEPT).date().isoformat() if newest else ""


# ---------------------------------------------------------------- doing
def _discard_set_aside(bridge: Bridge, person: Person, who: str, why: str) -> None:
    """Rows in quarantine are given up as a person would: the ledger counts them."""
    for route in routes_of(bridge, person.entity.name):
        inbox = route.inbox
        with route.reader_db.read() as conn:
            mine = and_(inbox.c.link_id == route.link_id, inbox.c.record_key.in_(person.keys))
            query = select(inbox.c.inbox_id).where(mine, inbox.c.state.in_(quarantine.SET_ASIDE))
            ids = [int(number) for number in conn.execute(query).scalars()]
        for inbox_id in ids:
            if quarantine.discard(route, inbox_id, who, f"{RUN}: {why}") is None:
                raise PuenteError(
                    f"{route.queue.name}, row {inbox_id}: a second person has to confirm that it is discarded "
                    "(`quarantine confirm`). Nothing was erased; then run it again."
                )


def _erase_side(conn: Connection, bridge: Bridge, side: Side, person: Person) -> None:
    for place in places(bridge, side, person, person.ended):
        if place.blank is None:
            conn.execute(delete(place.table).where(place.where))
        else:
            conn.execute(update(place.table).where(place.where).values(**place.blank))
    if _own_tables(bridge, side, person) != "erase":
        return
    profile, entity, stage = bridge.profile(side), person.entity, schema.stages[person.entity.name]
    one = {"link_id": bridge.link.link_id, "run_id": RUN, "Operacion": "D"}
    known = [(key, {entity.key[0]: key}) for key in person.erp_ids]
    known += [(f"~{number}", {PLATFORM_ID: number}) for number in person.platform_ids]
    staged = and_(stage.c.link_id == bridge.link.link_id, stage.c.run_id == RUN)
    conn.execute(delete(stage).where(staged))
    for number, (key, ids) in enumerate(known, 1):
        conn.execute(insert(stage).values(**one, row_no=number, record_key=key, **ids))
    run_statements(conn, profile.statements(KIND, entity.name), bridge.link.link_id, RUN)
    conn.execute(delete(stage).where(staged))


def _drop_from(bridge: Bridge, path: Path, person: Person, away: Shelf | None) -> None:
    """Write an archived batch anew without the person's rows; its old data key goes with the old file, also away."""
    assert bridge.settings.keys is not None
    key = archive.shelf_key(bridge.settings, bridge.link.link_id, path)
    if away is not None:
        away.delete(key)  # first: killed after this, the next backup carries whichever file is here
    archive.rewrite(path, bridge.settings.keys, lambda page: page.filter(pc.invert(theirs(page, person, person.ended))))
    if away is not None:
        archive.put_away(away, key, path)


def _look_away(bridge: Bridge, done: Erasure, away: Shelf) -> None:
    """What is away and still has the person: a file that this machine lost, or one that an earlier try left there."""
    settings, link_id, person = bridge.settings, bridge.link.link_id, done.person
    if settings.keys is None:
        return
    for route in _archived_routes(bridge, person):
        for key in archive.away_keys(away, link_id, route.reader, route.queue.name):
            count = _Count(person)
            archive.read_away(away, key, settings.keys, count)
            if count.rows:
                path = archive.home_of(settings, link_id, key)
                done.archived.setdefault(str(path), count.rows)
                archive.bring(settings, link_id, away, key)
                _drop_from(bridge, path, person, away)


def _write_record(bridge: Bridge, done: Erasure, who: str, why: str, *, finished: bool) -> Path:
    """The sealed record. A later try adds the reports that an earlier one, which still knew the name, found."""
    person, path = done.person, _record_path(bridge, done.person, done.person.keys[0])
    body: dict[str, Any] = {
        "kind": RUN, "link_id": bridge.link.link_id, "entity": person.entity.name, "keys": list(person.keys),
        "at": utc_now(), "who": who, "why": why, "finished": finished, "rows": done.rows,
        "archive": {Path(name).name: count for name, count in done.archived.items()}, "own_tables": done.own,
        "orders_kept": person.kept, "orders_blanked": person.ended,
        "reports_that_name_them": sorted({*done.reports} | _noted_before(bridge, person, "reports_that_name_them")),
        "backups_until": done.backups_until,
    }  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, canonical({"erasure": body, **seal(body, bridge.settings.seal_key)}))
    return path


def _record_path(bridge: Bridge, person: Person, key: str) -> Path:
    folder = bridge.settings.reports_dir / bridge.link.link_id / "people"
    return folder / f"{person.entity.name}-{file_stem(key)}.json"


def _noted_before(bridge: Bridge, person: Person, name: str) -> set[str]:
    """What the records of earlier tries say, by whichever of the keys the person was named."""
    paths = [_record_path(bridge, person, key) for key in person.keys]
    noted = [json.loads(path.read_bytes())["erasure"][name] for path in paths if path.exists()]
    return {one for some in noted for one in some}
