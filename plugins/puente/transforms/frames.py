"""The frame that the gate sees, from inbox text. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from puente.contract import Column
from puente.transforms.canonical import is_valid_number

LIMIT = 10.0**14  # DECIMAL(18,4)


def gate_frame(rows: pa.Table, columns: Sequence[Column]) -> pd.DataFrame:
    """Inbox rows (`inbox_id` and the payload as text) as a typed frame: grain one inbox row.

    `_row` int64; text as `str` with NA for NULL; decimals and integers as float64, NaN where NULL or not a
    number; `_invalid` names the columns whose text is not a number that fits, NA where there is none.
    """
    data: dict[str, object] = {"_row": rows.column("inbox_id").cast(pa.int64()).to_numpy()}
    invalid: dict[str, np.ndarray] = {}
    for column in columns:
        texts = rows.column(column.name).cast(pa.string()).to_pandas()
        if column.kind in ("decimal", "integer"):
            numbers = pd.to_numeric(texts, errors="coerce").astype("float64")
            fits = numbers.abs() < LIMIT
            edge = numbers.abs() == LIMIT  # as floats, the last values of DECIMAL(18,4) are no less than its limit
            if edge.any():
                fits |= edge & texts.where(edge, "").map(is_valid_number)
            if column.kind == "integer":
                fits &= (numbers == numbers.round()) | numbers.isna()
            invalid[column.name] = (texts.notna() & ~fits).to_numpy()
            data[column.name] = numbers.where(fits)
        else:
            data[column.name] = texts.astype("str")
    frame = pd.DataFrame(data)
    frame["_invalid"] = _names_of(invalid, len(frame))
    return frame


def _names_of(invalid: dict[str, np.ndarray], count: int) -> pd.Series:
    names: dict[int, list[str]] = {}
    for name, mask in invalid.items():
        for index in np.flatnonzero(mask).tolist():
            names.setdefault(index, []).append(name)
    cells = np.full(count, None, dtype=object)
    for index, found in names.items():
        cells[index] = ",".join(found)
    return pd.Series(cells, dtype="str")
