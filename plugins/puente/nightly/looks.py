"""What both sides show of an entity: read once into `puente_compare`, and once more for the keys that differ.

Values are compared in one canonical form, so that two representations of one value are no difference: decimals at
the contract's scale (or at fewer places, where the platform's profile says that the shop keeps fewer), Unicode NFC,
no trailing blanks, and an empty text is the same as none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, select, update

from puente import contract
from puente.contract import SIDES, Column, Side
from puente.db import schema
from puente.db.connect import Database
from puente.db.load import insert_arrow
from puente.db.stream import stream_select
from puente.errors import ContractBroken
from puente.profiles import Profile
from puente.sync.forms import PLATFORM_ID, UNBOUND, Form, from_page, identities, read_forms
from puente.sync.leases import Lease
from puente.sync.profilecheck import yields
from puente.sync.route import Bridge
from puente.sync.verdicts import portions
from puente.transforms.canonical import contract_columns, row_hashes

LOOK_BY_KEY = 5_000  # that many differing keys are looked up by key; for more the whole SELECT is read once more
PAGE = 500


@dataclass(frozen=True)
class Job:
    """One entity of one inventory. `columns` are compared; `left_out` are contract columns that a side lacks."""

    bridge: Bridge
    entity: contract.Entity
    run_id: str
    lease: Lease
    profiles: dict[Side, Profile]
    sql: dict[Side, str]
    columns: tuple[Column, ...] = ()
    left_out: tuple[str, ...] = ()
    decimals: dict[str, int] = field(default_factory=dict)

    @property
    def link_id(self) -> str:
        return self.bridge.link.link_id

    def read(self) -> ColumnElement[bool]:
        table = schema.compare
        return and_(table.c.link_id == self.link_id, table.c.entity == self.entity.name)

    def listed(self) -> ColumnElement[bool]:
        table = schema.difference
        return and_(table.c.link_id == self.link_id, table.c.entity == self.entity.name)


def compared_columns(
    db: dict[Side, Database], entity: contract.Entity, sql: dict[Side, str]
) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """The contract's columns that both SELECTs yield, without the ids by which a record is known, and the others.

    ContractBroken when a SELECT lacks the key: then nothing can be told apart.
    """
    shown: list[set[str]] = []
    for side in SIDES:
        names = yields(db[side], sql[side])
        if missing := [name for name in entity.key if name.lower() not in names]:
            raise ContractBroken(
                f"capture_{entity.name}.sql of the {side}'s profile yields no {', '.join(missing)}. "
                "Nothing was compared; name the columns as the contract does."
            )
        shown.append(names)
    candidates = [c for c in schema.stage_columns(entity) if c.name not in (*entity.key, PLATFORM_ID)]
    both = tuple(c for c in candidates if all(c.name.lower() in names for names in shown))
    return both, tuple(c.name for c in candidates if c not in both)


# ---------------------------------------------------------------- one form for every representation
def comparable(values: pa.Array, column: Column, places: int | None) -> pa.Array:
    """Canonical texts of a column in the form in which they are compared."""
    if column.kind in ("decimal", "integer"):
        if places is None or column.kind == "integer":
            return values
        encoded = values.dictionary_encode()
        words = [None if v is None else _at_places(v, places) for v in encoded.dictionary.to_pylist()]
        return pa.array(words, pa.string()).take(encoded.indices)
    if not pc.all(pc.string_is_ascii(values), min_count=0).as_py():
        values = pc.utf8_normalize(values, form="NFC")
    values = pc.utf8_rtrim(values, " ")
    return pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)


def _at_places(text: str, places: int) -> str:
    """As databases round when they store: halves away from zero."""
    try:
        return format(Decimal(text).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP), "f")
    except InvalidOperation:
        return text


def comparable_values(job: Job, columns: dict[str, pa.Array]) -> list[pa.Array]:
    return [comparable(columns[c.name], c, job.decimals.get(c.name)) for c in job.columns]


def differing_fields(job: Job, one: Form, other: Form) -> list[str]:
    """The compared columns in which two forms of a record differ."""
    pair = {c.name: pa.array([one.payload.get(c.name), other.payload.get(c.name)], pa.string()) for c in job.columns}
    values = zip(job.columns, comparable_values(job, pair), strict=True)
    return [column.name for column, (left, right) in ((c, v.to_pylist()) for c, v in values) if left != right]


# ---------------------------------------------------------------- the first look
def read_side(job: Job, side: Side) -> tuple[int, int]:
    """Stream one side's SELECT into `puente_compare`. Returns the records read and those without a key."""
    read = keyless = 0
    for page in stream_select(job.bridge.database(side), job.sql[side], job.bridge.settings.receive_chunk):
        if not page.num_rows:
            continue
        columns = contract_columns(page, schema.stage_columns(job.entity))
        keys = _keys(job, columns, side)
        count = len(keys)
        rows = pa.table(
            {
                "link_id": pa.array([job.link_id] * count),
                "entity": pa.array([job.entity.name] * count),
                "record_key": pa.array(keys, pa.string()),
                "side": pa.array([side] * count),
                "row_no": pa.array(range(read, read + count), pa.int64()),
                "value_hash": pa.array(_hashes(job, columns, count)),
            }
        )
        known = [index for index, key in enumerate(keys) if key]
        with job.lease.begin() as conn:
            insert_arrow(conn, schema.compare, rows if len(known) == count else rows.take(pa.array(known, pa.int64())))
        read += count
        keyless += count - len(known)
    return read, keyless


def _hashes(job: Job, columns: dict[str, pa.Array], count: int) -> list[str]:
    values = comparable_values(job, columns)
    return row_hashes(values) if values else [""] * count  # a relation has nothing but its key


def _keys(job: Job, columns: dict[str, pa.Array], side: Side) -> list[str]:
    """Record keys. What the shop shows without the ERP's id is known by `~` and its SKU, or what there is of a key;
    a record of the ERP's without a key is ''."""
    keys = identities(job.entity, columns)
    if job.entity.two_way:
        return keys if side == "platform" else ["" if key.startswith(UNBOUND) else key for key in keys]
    whole = zip(*(columns[name].to_pylist() for name in job.entity.key), strict=True)
    names = columns[job.entity.unique].to_pylist() if job.entity.unique else keys
    return [
        key if all(parts) else f"{UNBOUND}{name or ''}"[: len(UNBOUND) + 190] if side == "platform" else ""
        for key, parts, name in zip(keys, whole, names, strict=True)
    ]


# ---------------------------------------------------------------- the second look
def is_stranger(entity: contract.Entity, key: str) -> bool:
    """A record of the shop's own that has no id of the ERP's and, going one way only, will get none."""
    return not entity.two_way and key.startswith(UNBOUND)


def look_again(job: Job) -> None:
    """Note how each side shows the keys that differ now, later than the first look: the ERP first, then the shop."""
    keys = [key for page in pages(job) for key in page] if _few(job) else None
    for side in SIDES:
        if keys is None:
            for page in stream_select(job.bridge.database(side), job.sql[side], job.bridge.settings.receive_chunk):
                _note_forms(job, side, _wanted(job, page, side))
            continue
        for some in portions(keys, 1_000):
            with job.bridge.database(side).read() as conn:
                forms = read_forms(conn, job.profiles[side], job.entity, some)
            _note_forms(job, side, list(forms.values()))


def _few(job: Job) -> bool:
    table = schema.difference
    query = select(table.c.record_key).where(job.listed()).limit(LOOK_BY_KEY + 1)
    with job.lease.db.read() as conn:
        return len(conn.execute(query).all()) <= LOOK_BY_KEY


def pages(job: Job) -> Iterator[list[str]]:
    """The keys on the list that can be looked up, in order, a page at a time."""
    table, last = schema.difference, ""
    while True:
        query = select(table.c.record_key).where(job.listed(), table.c.record_key > last)
        with job.lease.db.read() as conn:
            keys = list(conn.execute(query.order_by(table.c.record_key).limit(PAGE)).scalars())
        if not keys:
            return
        if wanted := [key for key in keys if not is_stranger(job.entity, key)]:
            yield wanted
        last = keys[-1]


def _wanted(job: Job, page: pa.Table, side: Side) -> list[Form]:
    if not page.num_rows:
        return []
    keys = _keys(job, contract_columns(page, schema.stage_columns(job.entity)), side)
    table, listed = schema.difference, set[str]()
    with job.lease.db.read() as conn:
        for some in portions(keys, 1_000):
            query = select(table.c.record_key).where(job.listed(), table.c.record_key.in_(some))
            listed |= set(conn.execute(query).scalars())
    indexes = [n for n, key in enumerate(keys) if key in listed and not is_stranger(job.entity, key)]
    return list(from_page(job.entity, page.take(pa.array(indexes, pa.int64())))) if indexes else []


def _note_forms(job: Job, side: Side, forms: Sequence[Form]) -> None:
    table = schema.difference
    here = update(table).where(job.listed(), table.c.record_key == bindparam("key"))
    rows = [
        {"key": form.key, "form": json.dumps([form.fingerprint, form.payload], ensure_ascii=False)} for form in forms
    ]
    with job.lease.begin() as conn:  # also of a page without any: the lease is renewed
        for some in portions(rows, PAGE):
            conn.execute(here.values({f"{side}_form": bindparam("form")}), some)


def load_form(key: str, text: str | None) -> Form | None:
    if text is None:
        return None
    fingerprint, payload = json.loads(text)
    return Form(key, payload.get(PLATFORM_ID), fingerprint, payload)


def count_known(conn: Connection, link_id: str, entity: str) -> int:
    """Records of an entity that a side's control tables know as being there."""
    record = schema.record
    here = and_(record.c.link_id == link_id, record.c.entity == entity, record.c.active == 1)
    return int(conn.execute(select(func.count()).select_from(record).where(here)).scalar_one())
