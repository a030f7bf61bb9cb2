"""One canonical text form for every value, and the hashes taken over it: the same from every driver and engine.

Pure functions over Arrow arrays, no I/O. Decimals stand at the contract's scale (`12.5` → `12.5000`), keys lose
the trailing blanks of CHAR columns, NULL is told from empty, hashes are over Unicode NFC. What cannot be parsed
as a number stays as it is, for the gate to reject with its raw value.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from puente.contract import Column

HASH_VERSION = "2"
SCALE = Decimal("0.0001")
KEY_SIZE = 200  # characters of a composite key in one text
_SEPARATOR, _NULL, _ESCAPE = "\x1f", "\x00", "\x1e"
# Inside a value these are written otherwise, the escape first, so that no two different rows hash alike.
ESCAPES = ((_ESCAPE, _ESCAPE + "e"), (_SEPARATOR, _ESCAPE + "s"), (_NULL, _ESCAPE + "n"))
_CANONICAL_DECIMAL = r"^-?(0|[1-9][0-9]*)\.[0-9]{4}$"


def canonical_text(values: pa.Array | pa.ChunkedArray, kind: str) -> pa.Array:
    """`values` of any Arrow type as an array of canonical strings (or NULL) for a contract kind."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if kind in ("decimal", "integer"):
        return _numbers(values, kind)
    texts = values if pa.types.is_string(values.type) else _as_strings(values)
    return pc.utf8_rtrim(texts, " ") if kind == "key" else texts


def _as_strings(values: pa.Array) -> pa.Array:
    if pa.types.is_null(values.type):
        return pa.nulls(len(values), pa.string())
    if pa.types.is_large_string(values.type) or pa.types.is_dictionary(values.type) or pa.types.is_integer(values.type):
        return values.cast(pa.string())
    return pa.array([_plain(v) for v in values.to_pylist()], pa.string())


def _plain(value: Any) -> str | None:
    match value:
        case None | str():
            return value
        case bool():
            return str(int(value))
        case dt.datetime():
            return value.isoformat(sep=" ", timespec="milliseconds")
        case Decimal():
            return format(value.normalize(), "f")
        case float():
            return format(Decimal(repr(value)).normalize(), "f")
        case bytes():
            return value.decode("utf-8", "backslashreplace")
    return str(value)


def _numbers(values: pa.Array, kind: str) -> pa.Array:
    if pa.types.is_null(values.type):
        return pa.nulls(len(values), pa.string())
    if pa.types.is_string(values.type) and kind == "decimal":
        regular = pc.all(pc.match_substring_regex(values, _CANONICAL_DECIMAL), min_count=0).as_py()
        if regular in (True, None) and not pc.any(pc.starts_with(values, "-0.0000"), min_count=0).as_py():
            return values
    encoded = values if pa.types.is_dictionary(values.type) else values.dictionary_encode()
    convert = canonical_decimal if kind == "decimal" else canonical_integer
    words = pa.array([None if v is None else convert(v) for v in encoded.dictionary.to_pylist()], pa.string())
    return words.take(encoded.indices)


def canonical_decimal(value: Any) -> str:
    """`value` at four decimals, half to even; as it is when it is no finite number of DECIMAL(18,4)'s range."""
    try:
        number = Decimal(repr(value) if isinstance(value, float) else str(value).strip())
        if not number.is_finite() or abs(number) >= Decimal(10) ** 14:
            return str(value)
        text = format(number.quantize(SCALE, ROUND_HALF_EVEN), "f")
    except InvalidOperation:
        return str(value)
    return "0.0000" if text == "-0.0000" else text


def canonical_integer(value: Any) -> str:
    """`value` as a whole number; as it is when it is none."""
    try:
        number = Decimal(str(value).strip())
        return str(int(number)) if number.is_finite() and number == number.to_integral_value() else str(value)
    except InvalidOperation:
        return str(value)


def is_valid_number(text: str) -> bool:
    """Whether `text`, in canonical form, fits DECIMAL(18,4) (or a whole number)."""
    try:
        return abs(Decimal(text)) < Decimal(10) ** 14
    except InvalidOperation:
        return False


def row_hashes(columns: Sequence[pa.Array]) -> list[str]:
    """SHA-256 (hex) of each row of canonical texts, in the order of `columns`."""
    parts = []
    for column in columns:
        if not pc.all(pc.string_is_ascii(column), min_count=0).as_py():
            column = pc.utf8_normalize(column, form="NFC")
        for mark, written in ESCAPES:
            if pc.any(pc.match_substring(column, mark), min_count=0).as_py():
                column = pc.replace_substring(column, mark, written)
        parts.append(column)
    joined = pc.binary_join_element_wise(*parts, _SEPARATOR, null_handling="replace", null_replacement=_NULL)
    sha = hashlib.sha256
    return [sha(row.encode("utf-8", "surrogatepass")).hexdigest() for row in joined.to_pylist()]


def record_keys(columns: Sequence[pa.Array]) -> list[str]:
    """The key of each row as one text. A single column is taken as it is; the parts of a composite key are joined
    with `|`, and a `|` or `\\` inside a part is written with a `\\` before it.

    A key too long for the control tables (the gate will refuse it) is cut and told apart by its hash.
    """
    if len(columns) == 1:
        return [_fitting(value or "") for value in columns[0].to_pylist()]
    rows = zip(*(column.to_pylist() for column in columns), strict=True)
    return [_fitting("|".join(_escaped(part or "") for part in row)) for row in rows]


def _escaped(part: str) -> str:
    return part.replace("\\", "\\\\").replace("|", "\\|")


def _fitting(key: str) -> str:
    return key if len(key) <= KEY_SIZE else f"{key[:100]}…{hashlib.sha256(key.encode()).hexdigest()}"


def fold(key: str) -> str:
    """`key` without case, accents and blanks: two keys that fold alike are ambiguous for people and databases."""
    if key.isascii():
        return _fitting("".join(key.casefold().split()))
    plain = "".join(c for c in unicodedata.normalize("NFKD", key) if not unicodedata.combining(c))
    return _fitting("".join(plain.casefold().split()))


def blank_masks(columns: Sequence[pa.Array]) -> list[int]:
    """For each row a bit per watched column that is NULL or 0 (canonical `0.0000`): guards against mass zeroing."""
    if not columns:
        return []
    total: Any = 0
    for bit, column in enumerate(columns):
        blank = pc.or_(pc.is_null(column), pc.fill_null(pc.equal(column, "0.0000"), False))
        total = pc.add(total, pc.multiply(blank.cast(pa.int32()), 1 << bit))
    masks: list[int] = total.to_pylist()
    return masks


def table_from_rows(rows: Iterable[Sequence[Any]], names: Sequence[str]) -> pa.Table:
    """Driver rows as an Arrow table of plain text (types differ between rows on SQLite)."""
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return pa.table([pa.array([_plain(v) for v in column], pa.string()) for column in columns], names=list(names))


def contract_columns(table: pa.Table, columns: Sequence[Column]) -> dict[str, pa.Array]:
    """`table` (column names without case) as canonical texts of `columns`; absent ones are NULL or as assumed."""
    present = {name.lower(): name for name in table.column_names}
    result = {}
    for column in columns:
        if column.name.lower() in present:
            values = canonical_text(table.column(present[column.name.lower()]), column.kind)
        else:
            values = pa.nulls(table.num_rows, pa.string())
        result[column.name] = values if column.assumed is None else pc.fill_null(values, column.assumed)
    return result


def split_key(key: str, parts: int) -> list[str]:
    """The `parts` columns of a key made by `record_keys`."""
    if parts == 1:
        return [key]
    return [re.sub(r"\\(.)", r"\1", part) for part in re.findall(r"((?:[^|\\]|\\.)*)(?:\||$)", key)[:parts]]
