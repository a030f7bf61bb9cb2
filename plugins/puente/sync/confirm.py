"""What the ERP has taken from the platform, and under which id: the pairs that `confirm_<entity>.sql` shows.

An import of the ERP's own may take minutes or hours. Until its id is known here a customer goes by the platform's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import Connection, and_, bindparam, delete, insert, select, text, update

from puente import contract
from puente.db import schema
from puente.profiles import Profile
from puente.sync import bindings
from puente.sync.forms import PLATFORM_ID, UNBOUND, as_key, embedded, unbound_key
from puente.sync.route import Bridge, utc_now
from puente.transforms.canonical import fold


def take_ids(conn: Connection, bridge: Bridge, entity: contract.Entity) -> dict[str, str]:
    """Bind every record that waits for its ERP id and has one by now, in the caller's transaction on the ERP's side.

    Returns ERP id → platform id of the new pairs. Each is marked to be sent, for the platform waits for the answer.
    A pair that contradicts a known one (the ERP gave one customer two ids) is listed as a conflict and not taken.
    """
    record, link_id = schema.record, bridge.link.link_id
    waiting = select(record.c.record_key).where(
        record.c.link_id == link_id, record.c.entity == entity.name, record.c.record_key.like(f"{UNBOUND}%")
    )
    numbers = [key.removeprefix(UNBOUND) for key in conn.execute(waiting).scalars()]
    pairs = _confirmed(conn, bridge.profile("erp"), entity, numbers)
    for erp_id, number in bindings.bind_consistent(conn, link_id, entity.name, pairs).items():
        del pairs[erp_id]
        _list_contradiction(conn, link_id, entity.name, erp_id, number)
    inbox = contract.queue_for(entity.name, "erp").name
    for erp_id, number in pairs.items():
        rename_record(conn, link_id, entity.name, inbox, unbound_key(number), erp_id)
        mine = and_(record.c.link_id == link_id, record.c.entity == entity.name, record.c.record_key == erp_id)
        conn.execute(update(record).where(mine).values(must_send=1))
    return pairs


def _list_contradiction(conn: Connection, link_id: str, entity: str, erp_id: str, number: str) -> None:
    conflict, key = schema.conflict, unbound_key(number)
    listed = and_(
        conflict.c.link_id == link_id, conflict.c.entity == entity, conflict.c.record_key == key,
        conflict.c.resolved_at.is_(None),
    )  # fmt: skip
    if conn.execute(select(conflict.c.conflict_id).where(listed)).first() is None:
        why = f"El ERP dice que {number} de la plataforma es {erp_id}, pero uno de los dos ya tiene otro par."
        pair = json.dumps({entity: erp_id, PLATFORM_ID: number})
        row = {"link_id": link_id, "entity": entity, "record_key": key, "winner": "erp", "why": why, "loser": pair}
        conn.execute(insert(conflict).values(**row, at=utc_now()))


def _confirmed(conn: Connection, profile: Profile, entity: contract.Entity, numbers: Iterable[str]) -> dict[str, str]:
    sql, found = profile.sql("confirm", entity.name), dict[str, str]()
    wanted = sorted(set(numbers))
    if sql is None or not wanted:
        return found
    key, number = (conn.dialect.identifier_preparer.quote_identifier(name) for name in (entity.key[0], PLATFORM_ID))
    query = text(
        f"SELECT t.{key}, t.{number} FROM ({embedded(sql)}\n) t"
        f" WHERE {as_key(profile.dialect, number)} IN :numbers AND t.{key} IS NOT NULL"
    ).bindparams(bindparam("numbers", expanding=True))
    for start in range(0, len(wanted), 1000):
        rows = conn.execute(query, {"numbers": wanted[start : start + 1000]})
        found |= {str(erp_id).rstrip(" "): str(platform_id).rstrip(" ") for erp_id, platform_id in rows}
    return found


def rename_record(conn: Connection, link_id: str, entity: str, queue: str, before: str, after: str) -> None:
    """A record that was known by the platform's id is known by the ERP's from now on, its inbox rows too."""
    record = schema.record
    mine = and_(record.c.link_id == link_id, record.c.entity == entity)
    old = conn.execute(select(record).where(mine, record.c.record_key == before)).mappings().first()
    if old is None:
        return
    rename_rows(conn, link_id, queue, before, after)
    if conn.execute(select(record.c.record_key).where(mine, record.c.record_key == after)).first() is None:
        new = {"record_key": after, "key_fold": fold(after)}
        conn.execute(update(record).where(mine, record.c.record_key == before).values(new))
        return
    # Captured under the ERP's id before it was confirmed: sent as a stranger, and not changed by anybody here.
    place = {name: old[name] for name in ("base_version", "epoch", "id_registro", "revision")}
    conn.execute(update(record).where(mine, record.c.record_key == after).values(**place, sent_version=0))
    conn.execute(delete(record).where(mine, record.c.record_key == before))


def rename_rows(conn: Connection, link_id: str, queue: str, before: str, after: str) -> None:
    """The inbox rows of a record that has another key from now on."""
    inbox = schema.inboxes[queue]
    mine = and_(inbox.c.link_id == link_id, inbox.c.record_key == before)
    conn.execute(update(inbox).where(mine).values(record_key=after, key_fold=fold(after)))
