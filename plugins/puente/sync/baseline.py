"""`init --baseline`: joining two sides that have lived apart for years, without sending anything old.

A preview matches the records of both sides: by the ERP's key where the shop already has it, else by a business
key (SKU, tax id, company and e-mail). A business key binds only where exactly one record has it on each side.
When a person accepts, the ERP's fingerprints are noted without sending, the ERP's keys are written into the
shop's matched rows by the profile's `bind_<entity>.sql`, and the platform's control tables know those records.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, and_, delete, insert, inspect, select, text

from puente import contract
from puente.db import schema
from puente.db.connect import Database
from puente.db.queues import has_rows, inspect_queue
from puente.db.stream import stream_select
from puente.errors import ContractBroken, PuenteError
from puente.profiles import Profile
from puente.sync import bindings
from puente.sync.business import business_key, generic_tax_ids
from puente.sync.capture import capture
from puente.sync.leases import held
from puente.sync.profilecheck import bare
from puente.sync.route import Bridge, Route, Run, utc_now
from puente.transforms.canonical import (
    blank_masks,
    canonical_text,
    contract_columns,
    fold,
    record_keys,
    table_from_rows,
)

RUN = "baseline"
_ROWS_PER_INSERT = 1_000


@dataclass(frozen=True)
class Known:
    """One record as one side has it. `key` is '' where the shop has no key of the ERP's yet."""

    key: str
    platform_id: str | None
    business: str | None  # compared exactly
    alike: str | None  # the same without case, accents and blanks: more than one of these is ambiguous
    unique: str | None
    parent: str | None
    blank_mask: int
    label: str


@dataclass(frozen=True)
class Match:
    erp: Known
    shop: Known
    by: str  # 'key' or 'business key'


@dataclass(frozen=True)
class Ambiguous:
    """Records that could be one another, but not one to one. None of them is bound."""

    what: str
    erp: tuple[str, ...]
    shop: tuple[str, ...]


@dataclass
class Preview:
    """One entity. Every record of the ERP is in exactly one of matched, only_erp, ambiguous; so is the shop's."""

    entity: str
    matched: list[Match] = field(default_factory=list)
    only_erp: list[Known] = field(default_factory=list)
    only_shop: list[Known] = field(default_factory=list)
    ambiguous: list[Ambiguous] = field(default_factory=list)
    remark: str = ""

    @property
    def to_bind(self) -> list[Match]:
        """Matches whose shop row does not have the ERP's key yet."""
        return [match for match in self.matched if match.by != "key"]


# ---------------------------------------------------------------- preview
def preview(bridge: Bridge) -> list[Preview]:
    """What a baseline would join, entity by entity in reading order. Reads both sides, writes nothing.

    ContractBroken when a SELECT lacks its key columns or the ERP's yields a key twice.
    """
    erp_profile, shop_profile = bridge.profile("erp"), bridge.profile("platform")
    generic = generic_tax_ids(bridge)
    bound: dict[str, dict[str, str]] = {}  # entity -> shop's id -> ERP's key, as this baseline would have it
    result = []
    for name in contract.READ_SEQUENCE["platform"]:
        entity = contract.ENTITIES[name]
        if not entity.master:
            continue  # states of orders: none is known before the first order has crossed
        if erp_profile.capture_mode(name) != "sql":
            remark = f"capture is `{erp_profile.capture_mode(name)}`: nothing to note"
            result.append(Preview(name, remark=remark))
            continue
        theirs = shop_profile.sql("match", name) or shop_profile.sql("capture", name)
        erp = list(_read(bridge, bridge.erp, _required(erp_profile, name), entity, {}, generic))
        shop = list(_read(bridge, bridge.platform, theirs, entity, bound, generic)) if theirs else []
        found = match(name, erp, shop)
        if theirs is None:
            found.remark = f"the shop's profile has no capture_{name}.sql: nothing there can be matched"
        bound[name] = {m.shop.platform_id: m.erp.key for m in found.matched if m.shop.platform_id}
        result.append(found)
    return result


def _required(profile: Profile, entity: str) -> str:
    sql = profile.sql("capture", entity)
    if sql is None:
        raise ContractBroken(f"Profile {profile.name}: capture is `sql` but there is no capture_{entity}.sql.")
    return sql


def _read(
    bridge: Bridge, db: Database, sql: str, entity: contract.Entity, bound: dict[str, dict[str, str]],
    generic: frozenset[str],
) -> Iterator[Known]:  # fmt: skip
    columns = schema.stage_columns(entity)
    for page in stream_select(db, bare(sql), bridge.settings.receive_chunk):
        present = {name.lower(): name for name in page.column_names}
        missing = [name for name in entity.key if name.lower() not in present]
        if missing:
            raise ContractBroken(f"The SELECT of {entity.name} on {db.dialect} yields no {', '.join(missing)}.")
        texts = contract_columns(page, columns)
        for parent in entity.parents:
            texts[parent.column] = _resolve(page, present, texts[parent.column], parent, bound)
        own_id = canonical_text(page.column(present["id_plataforma"]), "key") if "id_plataforma" in present else None
        masks = blank_masks([texts[name] for name in entity.watched]) or [0] * page.num_rows
        keys = record_keys([texts[name] for name in entity.key])
        whole = [all(parts) for parts in zip(*(texts[n].to_pylist() for n in entity.key), strict=True)]
        rows = zip(*(texts[c.name].to_pylist() for c in columns), strict=True)
        for index, values in enumerate(rows):
            row = dict(zip((c.name for c in columns), values, strict=True))
            business = business_key(entity.name, row, generic)
            yield Known(
                keys[index] if whole[index] else "",
                own_id[index].as_py() if own_id is not None else row.get("ID_Plataforma"),
                business,
                fold(business) if business else None,
                row[entity.unique] if entity.unique else None,
                next((row[p.column] or None for p in entity.parents if p.entity == entity.name), None),
                masks[index],
                str(row.get("SKU") or row.get("Nombre_Empresa") or row.get("Email") or row.get("Nombre") or "")[:60],
            )


def _resolve(
    page: pa.Table, present: dict[str, str], values: pa.Array, parent: contract.Parent, bound: dict[str, dict[str, str]]
) -> pa.Array:
    """The parent's ERP key where only the shop's own number of it is known: `<column>_Plataforma` of match SQL."""
    extra = present.get(f"{parent.column}_Plataforma".lower())
    if extra is None:
        return values
    numbers = canonical_text(page.column(extra), "key").to_pylist()
    known = bound.get(parent.entity, {})
    resolved = [value or known.get(number or "") for value, number in zip(values.to_pylist(), numbers, strict=True)]
    return pa.array(resolved, pa.string())


def match(entity: str, erp: Iterable[Known], shop: Iterable[Known]) -> Preview:
    """Pair the records of both sides. Pure; ContractBroken when the ERP yields a key twice."""
    result = Preview(entity)
    erp_by_key: dict[str, Known] = {}
    for one in erp:
        if not one.key:
            continue  # capture leaves it to the gate, which refuses it
        if one.key in erp_by_key:
            raise ContractBroken(f"The ERP's SELECT of {entity} yields the key {one.key!r} twice.")
        erp_by_key[one.key] = one
    shop_rows = list(shop)
    by_key: dict[str, list[Known]] = defaultdict(list)
    for one in shop_rows:
        if one.key:
            by_key[one.key].append(one)
    settled: set[str] = set()  # ERP keys that have found their place
    placed: set[int] = set()  # shop rows that have, by identity
    for key, rows in by_key.items():
        if key not in erp_by_key:
            continue
        settled.add(key)
        placed |= {id(row) for row in rows}
        if len(rows) == 1:
            result.matched.append(Match(erp_by_key[key], rows[0], "key"))
        else:
            result.ambiguous.append(Ambiguous(f"the shop has key {key!r} more than once", (key,), _names(rows)))
    _match_business(result, erp_by_key, shop_rows, settled, placed)
    _match_alike_keys(result, erp_by_key, by_key, settled, placed)
    result.only_erp = [one for key, one in erp_by_key.items() if key not in settled]
    result.only_shop = [one for one in shop_rows if id(one) not in placed]
    return result


def _match_business(
    result: Preview, erp_by_key: dict[str, Known], shop: list[Known], settled: set[str], placed: set[int]
) -> None:
    """One candidate on each side, among all records of both (bound ones as well), and both unbound: a match."""
    ours: dict[str, list[Known]] = defaultdict(list)
    theirs: dict[str, list[Known]] = defaultdict(list)
    for one in erp_by_key.values():
        if one.alike:
            ours[one.alike].append(one)
    for one in shop:
        if one.alike:
            theirs[one.alike].append(one)
    for alike, candidates in ours.items():
        others = theirs.get(alike, [])
        free = [one for one in candidates if one.key not in settled]
        unbound = [one for one in others if id(one) not in placed and not one.key]
        if not free or not unbound:
            continue
        settled |= {one.key for one in free}
        placed |= {id(one) for one in unbound}
        if len(candidates) == len(others) == 1 and candidates[0].business == others[0].business:
            result.matched.append(Match(candidates[0], others[0], "business key"))
        else:
            what = f"{candidates[0].business!r} on {len(candidates)} records of the ERP and {len(others)} of the shop"
            result.ambiguous.append(Ambiguous(what, tuple(one.key for one in free), _names(unbound)))


def _match_alike_keys(
    result: Preview, erp_by_key: dict[str, Known], by_key: dict[str, list[Known]], settled: set[str], placed: set[int]
) -> None:
    """Keys that differ only in case, accents or blanks are neither one record nor surely two."""
    alike = {fold(key): key for key in erp_by_key if key not in settled}
    for key, rows in by_key.items():
        ours = alike.get(fold(key))
        if ours is None or key in erp_by_key:
            continue
        settled.add(ours)
        placed |= {id(row) for row in rows}
        result.ambiguous.append(Ambiguous(f"the keys {ours!r} and {key!r} look alike", (ours,), _names(rows)))


def _names(rows: list[Known]) -> tuple[str, ...]:
    return tuple(row.platform_id or row.key or row.label for row in rows)


# ---------------------------------------------------------------- accept
def accept(bridge: Bridge, previews: list[Preview], who: str) -> None:
    """Carry a preview out, entity by entity. Stopped half-way it may simply be run again.

    PuenteError when rows of the link have travelled already, or the shop's profile cannot bind what was matched;
    nothing has been written then.
    """
    for found in previews:
        _refuse_if_travelled(bridge, found.entity)
        if found.to_bind and bridge.profile("platform").sql("bind", found.entity) is None:
            raise PuenteError(
                f"{len(found.to_bind)} {found.entity} were matched by their business key, but profile "
                f"{bridge.link.platform_profile} has no bind_{found.entity}.sql to write the ERP's keys into the "
                "shop's rows. Without it each of them would be made once more at its first change."
            )
    run = Run(f"{RUN}:{who}"[:250])
    for found in previews:
        route = bridge.route("platform", found.entity)
        capture(bridge, found.entity, run, send=False)
        seconds = route.settings.lease_seconds
        with (
            held(bridge.platform, route.link_id, route.lease_name, run.owner, seconds) as lease,
            lease.begin() as conn,
        ):
            if found.to_bind:
                _bind(conn, route, found)
            _note_records(conn, route, found)
        if contract.ENTITIES[found.entity].two_way:  # after the keys are written: they are part of what is known
            capture(bridge, found.entity, run, side="platform", send=False)


def _refuse_if_travelled(bridge: Bridge, entity: str) -> None:
    """A baseline on a link that is at work would hide changes that were not sent yet."""
    route, batch = bridge.route("platform", entity), schema.batch
    if bridge.profile("erp").capture_mode(entity) != "sql":
        return
    shape = inspect_queue(bridge.erp, route.queue)
    with bridge.erp.read() as conn:
        waiting = has_rows(conn, bridge.erp, shape, route.writer)
    mine = and_(
        batch.c.link_id == route.link_id, batch.c.reader == route.reader, batch.c.entity == entity,
        batch.c.rows_landed > 0,
    )  # fmt: skip
    with bridge.platform.read() as conn:
        landed = conn.execute(select(batch.c.batch_id).where(mine).limit(1)).first()
    if waiting or landed:
        where = f"rows wait in {route.queue.name}" if waiting else f"batch {landed[0]} has landed rows"  # type: ignore[index]
        raise PuenteError(
            f"A baseline is for a link that never ran, but for {entity} {where}. Nothing was written. "
            "To send single records again use `python -m puente resend`."
        )


def _bind(conn: Connection, route: Route, found: Preview) -> None:
    """Stage the matched rows, run the profile's bind file, and prove that each has its key now."""
    stage = route.stage
    staged = and_(stage.c.link_id == route.link_id, stage.c.run_id == RUN)
    conn.execute(delete(stage).where(staged))
    names = {column.name for column in stage.c}
    rows = []
    for number, pair in enumerate(found.to_bind):
        row: dict[str, Any] = {
            "link_id": route.link_id, "run_id": RUN, "row_no": number, "record_key": pair.erp.key, "Operacion": "U",
            route.entity.key[0]: pair.erp.key,
        }  # fmt: skip
        if "ID_Plataforma" in names:
            row["ID_Plataforma"] = pair.shop.platform_id
        if route.entity.unique:
            row[route.entity.unique] = pair.shop.unique
        rows.append(row)
    _insert(conn, stage, rows)
    for statement in route.profile.statements("bind", found.entity):
        binds = {"link_id": route.link_id, "run_id": RUN}
        conn.execute(text(statement), {n: v for n, v in binds.items() if f":{n}" in statement})
    conn.execute(delete(stage).where(staged))
    unbound = {pair.erp.key for pair in found.to_bind} - _keys_in_shop(conn, route)
    if unbound:
        raise PuenteError(
            f"bind_{found.entity}.sql of profile {route.profile.name} left {len(unbound)} rows without the ERP's key, "
            f"for instance {min(unbound)!r}. What it wrote for {found.entity} was rolled back."
        )


def _keys_in_shop(conn: Connection, route: Route) -> set[str]:
    """The ERP's keys that the shop's capture SELECT shows within this transaction."""
    sql = route.profile.sql("capture", route.entity.name) or route.profile.sql("match", route.entity.name) or ""
    result = conn.execute(text(bare(sql).replace(":", r"\:")))
    names, found = list(result.keys()), set()
    while rows := result.fetchmany(route.settings.receive_chunk):
        columns = contract_columns(
            table_from_rows([tuple(row) for row in rows], names), schema.stage_columns(route.entity)
        )
        found |= set(record_keys([columns[name] for name in route.entity.key]))
    return found


def _note_records(conn: Connection, route: Route, found: Preview) -> None:
    """The matched records are known on the platform, as older than any row and never applied: the next real
    change is written, whatever it says, and children find their parents."""
    record = schema.record
    known = {
        row[0]
        for row in conn.execute(
            select(record.c.record_key).where(record.c.link_id == route.link_id, record.c.entity == found.entity)
        )
    }
    now = utc_now()
    rows = [
        {
            "link_id": route.link_id, "entity": found.entity, "record_key": pair.erp.key,
            "key_fold": fold(pair.erp.key), "active": 1, "unique_value": pair.shop.unique,
            "parent_key": pair.shop.parent, "blank_mask": pair.shop.blank_mask, "version": 0,
            "epoch": 0, "id_registro": 0, "revision": 0, "changed_at": now,
        }
        for pair in found.matched
        if pair.erp.key not in known
    ]  # fmt: skip
    _insert(conn, record, rows)
    bindings.bind(
        conn, route.link_id, found.entity, {m.erp.key: m.shop.platform_id for m in found.matched if m.shop.platform_id}
    )


def _insert(conn: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), _ROWS_PER_INSERT):
        conn.execute(insert(table), rows[start : start + _ROWS_PER_INSERT])


def is_initialised(db: Database) -> bool:
    """Whether the control tables are there, so that a baseline can be accepted."""
    return inspect(db.engine).has_table(schema.record.name)
