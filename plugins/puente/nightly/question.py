"""After one side was restored: which records the two sides can no longer take for equal, so that they cross again.

What is sent once more comes from the side that was not restored, where it knows later versions than the restored side
knows itself; versions are raised so that no number stands for two contents. What the restored side had read is not
dealt with here but replayed from the archive; what neither finds, the full inventory does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, select, update

from puente import contract
from puente.contract import Side
from puente.db import schema
from puente.db.queues import identity_value, inspect_queue
from puente.sync import bindings
from puente.sync.forms import UNBOUND, unbound_key
from puente.sync.leases import held
from puente.sync.receive import position_of
from puente.sync.route import Bridge, Route, Run
from puente.sync.verdicts import portions

PAGE = 1_000


@dataclass
class Questioned:
    """Records of one entity: how many are sent once more, and the keys that only the side that was not restored has."""

    entity: str
    again: int = 0
    only_there: list[str] = field(default_factory=list)


def question(bridge: Bridge, restored: Side, run: Run) -> list[Questioned]:
    """Mark what has to cross again after `restored` was; running it again marks the same or less.

    Customers: by the versions that each side knows of the other. What only the ERP writes, after the ERP was restored:
    what the platform has from rows later than the restored queue's last id.
    """
    done = []
    for entity in contract.ENTITIES.values():
        if entity.two_way:
            done.append(_two_way(bridge, entity, restored, run))
        elif restored == "erp" and entity.master and len(entity.queue) == 1 and "erp" in entity.queue:
            done.append(_one_way(bridge, bridge.route("platform", entity.name), run))
    return done


# ---------------------------------------------------------------- customers
def _two_way(bridge: Bridge, entity: contract.Entity, restored: Side, run: Run) -> Questioned:
    record, link_id, there = schema.record, bridge.link.link_id, contract.writer_of(restored)
    found, seconds = Questioned(entity.name), bridge.settings.lease_seconds
    mine = and_(record.c.link_id == link_id, record.c.entity == entity.name)
    with (
        held(bridge.database(there), link_id, f"{there}:{entity.name}", run.owner, seconds) as lease_there,
        held(bridge.database(restored), link_id, f"{restored}:{entity.name}", run.owner, seconds) as lease_here,
    ):
        for page in _by_key(lease_there.db, mine):
            with lease_here.begin() as conn, lease_there.db.read() as other:
                here = _records(conn, mine, _names(conn, other, link_id, entity.name, page))
                raised: list[dict[str, Any]] = []
                again: list[str] = []
                for key, row in page.items():
                    known = here.get(key)
                    if known is not None and known.version < row.base_version:
                        raised.append({"key": known.record_key, "least": row.base_version})
                    if not row.active or row.fingerprint is None:
                        continue
                    if known is None or row.sent_version > known.base_version or row.base_version > known.version:
                        again.append(key)
                    if known is None:
                        found.only_there.append(key)
                if raised:
                    this = and_(mine, record.c.record_key == bindparam("key"))
                    conn.execute(update(record).where(this).values(version=bindparam("least")), raised)
            with lease_there.begin() as conn:
                found.again += _send_again(conn, mine, again)
    return found


def _by_key(db: Any, mine: Any) -> Iterator[dict[str, Row[Any]]]:
    """Every record of an entity, a page at a time, in the order of the keys."""
    record, after = schema.record, ""
    columns = (record.c[n] for n in ("record_key", "version", "sent_version", "base_version", "active", "fingerprint"))
    query = select(*columns).where(mine).order_by(record.c.record_key).limit(PAGE)
    while True:
        with db.read() as conn:
            page = {row.record_key: row for row in conn.execute(query.where(record.c.record_key > after))}
        if page:
            yield page
            after = list(page)[-1]
        if len(page) < PAGE:
            return


def _names(
    here: Connection, there: Connection, link_id: str, entity: str, page: dict[str, Row[Any]]
) -> dict[str, list[str]]:
    """Key there → keys that the record may have here: its pair of ids may be known on one side only."""
    numbers = bindings.by_erp_id(there, link_id, entity, page)
    ids = bindings.by_platform_id(here, link_id, entity, [k.removeprefix(UNBOUND) for k in page if k[:1] == UNBOUND])
    names = {}
    for key in page:
        other = ids.get(key.removeprefix(UNBOUND)) if key.startswith(UNBOUND) else None
        names[key] = [key, *([other] if other else []), *([unbound_key(numbers[key])] if key in numbers else [])]
    return names


def _records(conn: Connection, mine: Any, names: dict[str, list[str]]) -> dict[str, Row[Any]]:
    record, back = schema.record, {here: there for there, keys in names.items() for here in keys}
    found: dict[str, Row[Any]] = {}
    for some in portions(sorted(back)):
        for row in conn.execute(select(record).where(mine, record.c.record_key.in_(some))):
            found[back[row.record_key]] = row
    return found


def _send_again(conn: Connection, mine: Any, keys: list[str]) -> int:
    record, count = schema.record, 0
    for some in portions(keys):
        sent = and_(mine, record.c.record_key.in_(some), record.c.active == 1, record.c.fingerprint.is_not(None))
        count += conn.execute(update(record).where(sent).values(must_send=1)).rowcount
    return count


# ---------------------------------------------------------------- what only the ERP writes
def _one_way(bridge: Bridge, route: Route, run: Run) -> Questioned:
    """What the platform has from queue rows that the restored ERP never inserted, or does not remember inserting."""
    record, link_id, entity = schema.record, route.link_id, route.entity
    found, seconds = Questioned(entity.name), route.settings.lease_seconds
    if bridge.profile("erp").capture_mode(entity.name) != "sql":
        return found
    shape = inspect_queue(route.queue_db, route.queue)
    with route.queue_db.read() as conn:
        last = identity_value(conn, route.queue_db.dialect, shape.table)
    mine = and_(record.c.link_id == link_id, record.c.entity == entity.name)
    with route.reader_db.read() as conn:
        epoch = position_of(conn, route).epoch
    later = and_(mine, record.c.active == 1, record.c.epoch == epoch)
    if last is not None:
        later = and_(later, record.c.id_registro > last)
    with held(bridge.erp, link_id, f"capture:{entity.name}", run.owner, seconds) as lease:
        for page in _by_key(route.reader_db, later):
            with lease.begin() as conn:
                found.again += _send_again(conn, mine, list(page))
                there = [record.c.record_key.in_(some) for some in portions(list(page))]
                known = {
                    key
                    for some in there
                    for key in conn.execute(
                        select(record.c.record_key).where(mine, some, record.c.active == 1)
                    ).scalars()
                }
            found.only_there += [key for key in page if key not in known]
    return found
