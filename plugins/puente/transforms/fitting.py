"""Which records do not fit the contract's types. Pure.

Such a record cannot even be put into its queue: on a strict server one of them would refuse the whole INSERT.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from puente.contract import Column
from puente.transforms.canonical import is_valid_number


def find_unfit(
    columns: Mapping[str, pa.Array], definitions: Sequence[Column], key: Sequence[str] = ()
) -> dict[int, str]:
    """Row index → what does not fit, for canonical texts by contract name; a record without its `key` neither.

    Lengths are counted as SQL Server counts them, in UTF-16 units.
    """
    unfit: dict[int, str] = {}
    for name in key:
        for index in pc.indices_nonzero(pc.fill_null(pc.equal(columns[name], ""), True)).to_pylist():
            unfit.setdefault(index, f"{name} is empty")
    for column in definitions:
        texts = columns[column.name]
        if column.kind in ("key", "text"):
            # Two units a character at most: only what may be too long is looked at one by one.
            suspects = pc.indices_nonzero(pc.fill_null(pc.greater(pc.utf8_length(texts), column.size // 2), False))
            for index in suspects.to_pylist():
                length = len(texts[index].as_py().encode("utf-16-le", "surrogatepass")) // 2
                if length > column.size:
                    unfit.setdefault(index, f"{column.name} has {length} characters, the contract allows {column.size}")
        elif column.kind in ("decimal", "integer"):
            regular = pc.fill_null(pc.match_substring_regex(texts, r"^-?[0-9]{1,14}(\.[0-9]{4})?$"), True)
            for index in pc.indices_nonzero(pc.invert(regular)).to_pylist():
                if not is_valid_number(texts[index].as_py()):
                    unfit.setdefault(index, f"{column.name} is not a number that fits DECIMAL(18,4)")
    return unfit
