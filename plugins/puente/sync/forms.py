"""The form in which a side itself shows a record: its capture SELECT, canonical, with the fingerprint taken over it.

What a record is called differs between the sides and changes when a customer gets the ERP's id, so ids are no part
of the fingerprint of an entity that goes both ways. A record that has no ERP id yet is known by `~` and the
platform's id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa
from sqlalchemy import Connection, bindparam, text

from puente import contract
from puente.db import schema
from puente.db.connect import Dialect
from puente.profiles import Profile
from puente.transforms.canonical import (
    HASH_VERSION,
    contract_columns,
    record_keys,
    row_hashes,
    split_key,
    table_from_rows,
)

PLATFORM_ID = "ID_Plataforma"
UNBOUND = "~"


@dataclass(frozen=True)
class Form:
    """One record as its own side shows it now; `payload` is canonical text by contract column."""

    key: str
    platform_id: str | None
    fingerprint: str
    payload: dict[str, str | None]


def unbound_key(platform_id: str) -> str:
    return UNBOUND + platform_id


def fingerprint_version(profile: Profile) -> str:
    """What a fingerprint depends on besides the record: when it differs, the record is compared anew."""
    return f"{HASH_VERSION}/{profile.name}/{profile.version}"[:80]


def identities(entity: contract.Entity, columns: dict[str, pa.Array]) -> list[str]:
    """Record keys: the ERP's id, or for what has none yet the platform's."""
    keys = record_keys([columns[name] for name in entity.key])
    if not entity.two_way or PLATFORM_ID not in columns:
        return keys
    own = columns[PLATFORM_ID].to_pylist()
    return [key or (unbound_key(number) if number else "") for key, number in zip(keys, own, strict=True)]


def fingerprints(entity: contract.Entity, columns: dict[str, pa.Array]) -> list[str]:
    ids = {*entity.key, PLATFORM_ID} if entity.two_way else set()
    return row_hashes([values for name, values in columns.items() if name not in ids])


def from_page(entity: contract.Entity, page: pa.Table) -> Iterator[Form]:
    """The forms of one page of a capture SELECT."""
    columns = contract_columns(page, schema.stage_columns(entity))
    rows = zip(*(columns[name].to_pylist() for name in columns), strict=True)
    keys, prints = identities(entity, columns), fingerprints(entity, columns)
    for key, fingerprint, values in zip(keys, prints, rows, strict=True):
        payload = dict(zip(columns, values, strict=True))
        yield Form(key, payload.get(PLATFORM_ID), fingerprint, payload)


def read_forms(conn: Connection, profile: Profile, entity: contract.Entity, keys: Iterable[str]) -> dict[str, Form]:
    """The records with these keys, as the caller's transaction sees them; those that are not shown are left out.

    Empty where the profile has no capture SELECT for the entity.
    """
    sql = profile.sql("capture", entity.name)
    if sql is None:
        return {}
    wanted = sorted(set(keys))
    bound = [key for key in wanted if not key.startswith(UNBOUND)]
    numbers = [key.removeprefix(UNBOUND) for key in wanted if key.startswith(UNBOUND) and profile.side == "platform"]
    found: dict[str, Form] = {}
    for names, values in ((entity.key, bound), ((PLATFORM_ID,), numbers)):
        for start in range(0, len(values), 1000):
            parts = zip(*(split_key(key, len(names)) for key in values[start : start + 1000]), strict=True)
            some = {name: sorted(set(part)) for name, part in zip(names, parts, strict=True)}
            for form in _select(conn, profile.dialect, entity, sql, some):
                found[form.key] = form
    return {key: found[key] for key in wanted if key in found}


def all_forms(conn: Connection, profile: Profile, entity: contract.Entity, *, unbound: bool = False) -> Iterator[Form]:
    """Every record that the capture SELECT shows; `unbound`: those only that have no ERP id yet."""
    sql = profile.sql("capture", entity.name)
    if sql is None:
        return
    key = conn.dialect.identifier_preparer.quote_identifier(entity.key[0])
    narrowed = f"SELECT t.* FROM ({embedded(sql)}\n) t WHERE t.{key} IS NULL"
    result = conn.execute(text(narrowed if unbound else embedded(sql)))
    names = list(result.keys())
    while rows := result.fetchmany(5_000):
        yield from from_page(entity, table_from_rows([tuple(row) for row in rows], names))


def _select(
    conn: Connection, dialect: Dialect, entity: contract.Entity, sql: str, wanted: dict[str, list[str]]
) -> Iterator[Form]:
    """The records whose columns are each among the wanted; of a composite key that may be more than were wanted."""
    quote = conn.dialect.identifier_preparer.quote_identifier
    terms = " AND ".join(f"{as_key(dialect, quote(name))} IN :part{i}" for i, name in enumerate(wanted))
    values = {f"part{i}": some for i, some in enumerate(wanted.values())}
    query = text(f"SELECT t.* FROM ({embedded(sql)}\n) t WHERE {terms}")
    result = conn.execute(query.bindparams(*(bindparam(name, expanding=True) for name in values)), values)
    names = list(result.keys())
    rows = [tuple(row) for row in result]
    if rows:
        yield from from_page(entity, table_from_rows(rows, names))


def as_key(dialect: Dialect, column: str) -> str:
    """A key column (quoted) of a capture SELECT `t` as capture sees it: text, without a CHAR's trailing blanks."""
    kind = {"sqlite": "TEXT", "mysql": "CHAR", "mssql": "NVARCHAR(200)"}[dialect]
    return f"RTRIM(CAST(t.{column} AS {kind}))"


def embedded(sql: str) -> str:
    """A profile's SELECT as part of a statement: no semicolon, and a colon in it is no parameter."""
    return sql.strip().rstrip(";").replace(":", r"\:")
