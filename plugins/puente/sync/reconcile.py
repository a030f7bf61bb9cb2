"""Before a customer is overwritten: who has changed it here since the other side last looked? (I5, I11, H8, H12, H13)

The record's form here is compared with the fingerprint of its last captured or applied form, and the version that the
incoming row is based on with the versions sent from here. If neither differs the row is applied. If one does, both
sides have changed the record: the link's policy says who wins, the losing version is kept in `puente_conflict`, and
where the version here wins it is sent once more, so that both sides end equal.

The answer that brings a new customer's ERP id home is no conflict: where its content is older than what is here, it
only sets the pair of ids.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Row, and_, bindparam, delete, insert, select, update

from puente import contract
from puente.db import schema
from puente.sync import bindings, claims, confirm, matching, verdicts
from puente.sync.forms import (
    PLATFORM_ID,
    UNBOUND,
    Form,
    fingerprint_version,
    fingerprints,
    read_forms,
    unbound_key,
)
from puente.sync.outbox import version_of
from puente.sync.route import Route, utc_now
from puente.sync.targets import run_statements
from puente.sync.verdicts import Reason
from puente.transforms.canonical import contract_columns, table_from_rows


def reconcile(conn: Connection, route: Route, step: str, chunk: int) -> set[str]:
    """Decide every row of the chunk that is not simply to be applied: unchanged, conflict, quarantined, only bound.

    Returns the keys of records whose pair of ids was found here, so that the other side does not know it.
    """
    rows = _rows(conn, route, step, chunk)
    if not rows:
        return set()
    rows, answers = _bind_pairs(conn, route, rows)
    keys = {row.record_key for row in rows}
    known, here = _records(conn, route, keys), read_forms(conn, route.profile, route.entity, keys)
    said = dict(zip((row.inbox_id for row in rows), _fingerprints(route, rows), strict=True))
    for row in rows:
        record, form = known.get(row.record_key), here.get(row.record_key)
        if record is None:
            continue
        why = _why(route, record, form, row)
        if row.op == "U" and form is not None and form.fingerprint == said[row.inbox_id] == record.fingerprint:
            _end(conn, route, row, "unchanged", send=row.record_key in answers)
        elif not why:
            continue
        elif route.reader == "platform" and _is_answer(record, row):
            _end(conn, route, row, "unchanged")
        else:
            _settle(conn, route, row, record, form, why)
    return answers


def note_forms(conn: Connection, route: Route, step: str, chunk: int, answers: set[str]) -> None:
    """After the write: what this side shows now is what was applied, and no change of its own (no echo).

    `answers`, whose pair of ids the other side does not know yet, are marked to be sent, once.
    """
    if route.profile.capture_mode(route.entity.name) != "sql":
        return
    inbox, record = route.inbox, schema.record
    query = select(inbox.c.record_key, inbox.c.op, inbox.c.ID_Evento, inbox.c.Version_Base).where(
        claims.joined(route, step, chunk), inbox.c.state == "applied"
    )
    rows_applied = conn.execute(query).all()
    applied = {row.record_key: version_of(row.ID_Evento) for row in rows_applied}
    _catch_up(conn, route, {row.record_key: _number(row.Version_Base) for row in rows_applied})
    deleted = [row.record_key for row in rows_applied if row.op == "D"]
    bindings.unbind(conn, route.link_id, route.entity.name, deleted)
    forms = read_forms(conn, route.profile, route.entity, applied)
    if route.reader == "platform":  # what was born in the ERP has the shop's own number by now
        pairs = {key: form.platform_id for key, form in forms.items() if form.platform_id}
        bindings.bind_consistent(conn, route.link_id, route.entity.name, pairs)
    for some in verdicts.portions(sorted(answers)):
        first = and_(_here(route), record.c.record_key.in_(some), record.c.base_version == 0)
        conn.execute(update(record).where(first).values(must_send=1))
    current = fingerprint_version(route.profile)
    shown = {key: form.fingerprint for key, form in forms.items()}
    rows = [{"key": key, "print": shown.get(key), "base": version} for key, version in applied.items()]
    noted = {"fingerprint": bindparam("print"), "fingerprint_version": current}
    mine = update(record).where(_here(route), record.c.record_key == bindparam("key"))
    for values, some_rows in (
        ({**noted, "base_version": bindparam("base")}, [row for row in rows if row["base"] is not None]),
        (noted, [{"key": row["key"], "print": row["print"]} for row in rows if row["base"] is None]),
    ):
        if some_rows:
            conn.execute(mine.values(values), some_rows)


def _catch_up(conn: Connection, route: Route, told: dict[str, int]) -> None:
    """The other side knows a version that this one, restored from a backup, has not given out yet: it counts on from
    there, so that no number stands for two contents."""
    record = schema.record
    for some in verdicts.portions(sorted(key for key, version in told.items() if version)):
        query = select(record.c.record_key, record.c.version).where(_here(route), record.c.record_key.in_(some))
        behind = {row.record_key for row in conn.execute(query) if row.version < told[row.record_key]}
        for key in sorted(behind):
            mine = update(record).where(_here(route), record.c.record_key == key)
            conn.execute(mine.values(version=told[key]))


def _number(version: str | None) -> int:
    number = int(version) if version is not None and str(version).isdecimal() else 0
    return number if number < 1 << 53 else 0  # beyond it is no version that anybody counted


def _here(route: Route) -> Any:
    record = schema.record
    return and_(record.c.link_id == route.link_id, record.c.entity == route.entity.name)


def _rows(conn: Connection, route: Route, step: str, chunk: int) -> list[Row[Any]]:
    inbox = route.inbox
    fields = (c.name for c in (*contract.ENVELOPE, *route.queue.columns))
    names = ("inbox_id", "record_key", "op", "epoch", "id_registro", "revision", *fields)
    query = select(*(inbox.c[name] for name in names)).where(
        claims.joined(route, step, chunk), inbox.c.state == "pending"
    )
    return list(conn.execute(query.order_by(inbox.c.inbox_id)))


def _records(conn: Connection, route: Route, keys: set[str]) -> dict[str, Row[Any]]:
    found: dict[str, Row[Any]] = {}
    for some in verdicts.portions(sorted(keys)):
        query = select(schema.record).where(_here(route), schema.record.c.record_key.in_(some)).with_for_update()
        found |= {row.record_key: row for row in conn.execute(query)}
    return found


def _fingerprints(route: Route, rows: Sequence[Row[Any]]) -> list[str]:
    """What each row says, in the same form as a capture of the record would."""
    names = [c.name for c in route.queue.columns]
    page = table_from_rows([tuple(getattr(row, name) for name in names) for row in rows], names)
    columns: dict[str, pa.Array] = contract_columns(page, route.queue.columns)
    return fingerprints(route.entity, columns)


def _why(route: Route, record: Row[Any], form: Form | None, row: Row[Any]) -> str:
    """Why the row is not based on what is here; '' when it is."""
    shown = form.fingerprint if form else None
    current = fingerprint_version(route.profile)
    if record.fingerprint is not None and record.fingerprint_version == current and shown != record.fingerprint:
        return "Se cambió aquí y el cambio aún no se había enviado."
    base = row.Version_Base
    if base is None and record.sent_version and record.sent_version == record.version:
        return "Lo último que pasó aquí fue un cambio propio, y la fila no dice en qué versión se basa."
    if base is not None and str(base).isdecimal() and record.sent_version > int(base):
        return f"Aquí se había enviado la versión {record.sent_version}; el otro lado conocía la {base}."
    return ""


def _is_answer(record: Row[Any], row: Row[Any]) -> bool:
    """The first that is heard of the record from the other side: it was born here."""
    return row.op == "U" and getattr(row, PLATFORM_ID) is not None and record.base_version == 0 and record.epoch is None


def _end(conn: Connection, route: Route, row: Row[Any], state: str, *, send: bool = False) -> None:
    """The row is not applied, but counts as seen: what is sent from here on is based on it."""
    inbox, record, version = route.inbox, schema.record, version_of(row.ID_Evento)
    conn.execute(update(inbox).where(inbox.c.inbox_id == row.inbox_id).values(state=state))
    values = {"epoch": row.epoch, "id_registro": row.id_registro, "revision": row.revision}
    if send:
        values["must_send"] = 1
    if version is not None:
        values["base_version"] = version
    _catch_up(conn, route, {row.record_key: _number(row.Version_Base)})
    conn.execute(update(record).where(_here(route), record.c.record_key == row.record_key).values(values))


def _settle(conn: Connection, route: Route, row: Row[Any], record: Row[Any], form: Form | None, why: str) -> None:
    """Both sides changed the record: by the policy one version stands, the other is kept for a person."""
    winner = route.bridge.link.wins(route.entity.name)
    theirs = {c.name: getattr(row, c.name) for c in route.queue.columns} | {"Operacion": row.op}
    ours: dict[str, str | None] = form.payload if form else {"Operacion": "D"}
    kept, lost = (theirs, ours) if winner == route.writer else (ours, theirs)
    conn.execute(
        insert(schema.conflict).values(
            link_id=route.link_id, entity=route.entity.name, record_key=row.record_key, inbox_id=row.inbox_id,
            winner=winner, why=why, loser=json.dumps(lost, ensure_ascii=False),
            kept=json.dumps(kept, ensure_ascii=False), at=utc_now(),
        )
    )  # fmt: skip
    if winner == route.reader:
        _end(conn, route, row, "conflict", send=True)
    else:
        mine = and_(_here(route), schema.record.c.record_key == row.record_key)
        conn.execute(update(schema.record).where(mine).values(applied_hash=None))


# ---------------------------------------------------------------- pairs of ids
def _bind_pairs(conn: Connection, route: Route, rows: list[Row[Any]]) -> tuple[list[Row[Any]], set[str]]:
    """Note the pairs of ids that rows bring; on the platform also those found by business key.

    Returns the rows that go on, and the keys whose pair the other side has to be told. A pair that contradicts a
    known one is quarantined, never flipped.
    """
    entity, link_id = route.entity.name, route.link_id
    upserts = [row for row in rows if row.op == "U" and not row.record_key.startswith(UNBOUND)]
    pairs = {row.record_key: number for row in upserts if (number := getattr(row, PLATFORM_ID))}
    bound = bindings.by_erp_id(conn, link_id, entity, [row.record_key for row in upserts])
    reasons: list[Reason] = []
    matched: dict[str, str] = {}
    if route.reader == "platform":
        strangers = [row for row in upserts if row.record_key not in pairs and row.record_key not in bound]
        matched, reasons = matching.match_in_shop(conn, route, strangers)
        pairs |= matched
    owner = bindings.by_platform_id(conn, link_id, entity, pairs.values())
    for row in upserts:
        number = pairs.get(row.record_key)
        if number is None:
            continue
        rival = owner.setdefault(number, row.record_key)
        if rival != row.record_key or bound.get(row.record_key, number) != number:
            known = f"{rival} ↔ {number}" if rival != row.record_key else f"{row.record_key} ↔ {bound[row.record_key]}"
            message = f"El par {row.record_key} ↔ {number} contradice a {known}, que ya se conoce."
            reasons.append(Reason(row.inbox_id, "binding.unique", message))
    if reasons:
        verdicts.set_aside(conn, route, None, reasons, "")
    out = {reason.inbox_id for reason in reasons}
    going = [row for row in rows if row.inbox_id not in out]
    keys = {row.record_key for row in going if row.op == "U"}
    new = {erp_id: number for erp_id, number in pairs.items() if erp_id in keys and erp_id not in bound}
    bindings.bind(conn, link_id, entity, new)
    if new and route.reader == "platform":
        _write_ids(conn, route, new)
        for erp_id, number in new.items():
            confirm.rename_record(conn, link_id, entity, route.queue.name, unbound_key(number), erp_id)
    if route.reader == "platform":
        return going, matched.keys() & new.keys()
    return going, {row.record_key for row in going if not getattr(row, route.entity.key[0])}


def _write_ids(conn: Connection, route: Route, pairs: dict[str, str]) -> None:
    """The profile's bind file sets the ERP's ids in the shop's rows."""
    stage, run_id = route.stage, "bind"
    mine = and_(stage.c.link_id == route.link_id, stage.c.run_id == run_id)
    conn.execute(delete(stage).where(mine))
    rows = [
        {
            "link_id": route.link_id, "run_id": run_id, "row_no": row_no, "record_key": erp_id, "Operacion": "U",
            route.entity.key[0]: erp_id, PLATFORM_ID: number,
        }
        for row_no, (erp_id, number) in enumerate(pairs.items())
    ]  # fmt: skip
    conn.execute(insert(stage), rows)
    run_statements(conn, route.profile.statements("bind", route.entity.name), route.link_id, run_id)
    conn.execute(delete(stage).where(mine))
