"""Expectations that Great Expectations lacks. Importing this module registers them for the JSON suites.

Each is a whole-column operation on a pandas frame with `str` columns (NA for NULL) and returns plain booleans:
GX negates the result with `~`, and `~True` of an object column would be -2, which counts as true.
"""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import quote

import numpy as np
import pandas as pd
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation, MulticolumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import (
    column_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.column_map_metric_provider import (
    ColumnMapMetricProvider,
)
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_condition_partial import (
    multicolumn_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_map_metric_provider import (
    MulticolumnMapMetricProvider,
)

from puente.order_states import fold_state

IgnoreRowIf = Literal["all_values_are_missing", "any_value_is_missing", "never"]


def _filled(column: pd.Series) -> pd.Series:
    """Whether there is something in the cell besides blanks."""
    return column.astype("str").str.strip().ne("").fillna(False).astype(bool) & column.notna()


def _by_distinct_value(column: pd.Series, test: Any) -> np.ndarray:
    """`test(text)` for each cell, called once per distinct text; True where NULL."""
    codes, texts = pd.factorize(column)
    verdicts = np.array([bool(test(text)) for text in texts] + [True])  # code -1 stands for NULL: the last element
    return verdicts[codes]


class _Filled(ColumnMapMetricProvider):
    condition_metric_name = "column_values.filled"
    filter_column_isnull = False  # NULL must be seen, it is what the rule is about

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, **_: Any) -> pd.Series:
        return _filled(column)


class ExpectColumnValuesToBeFilled(ColumnMapExpectation):
    """Neither NULL nor blank: for a vendor's table both mean that nothing was entered."""

    map_metric = "column_values.filled"


class _NamedIn(ColumnMapMetricProvider):
    condition_metric_name = "column_values.named_in"
    condition_value_keys = ("names",)

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, names: list[str], **_: Any) -> pd.Series:
        known = {fold_state(name) for name in names}
        return pd.Series(_by_distinct_value(column, lambda text: fold_state(text) in known), index=column.index)


class ExpectColumnValuesToBeNamedIn(ColumnMapExpectation):
    """One of `names`, whatever its case, accents, underscores and blanks."""

    names: list[str]
    map_metric = "column_values.named_in"
    success_keys = ("mostly", "names")


class _Differ(MulticolumnMapMetricProvider):
    condition_metric_name = "column_list.differ"

    @multicolumn_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column_list: pd.DataFrame, **_: Any) -> pd.Series:
        one, other = column_list.iloc[:, 0], column_list.iloc[:, 1]
        return ~(one.eq(other).fillna(False).astype(bool))


class ExpectColumnValuesToDiffer(MulticolumnMapExpectation):
    """The two columns of `column_list` do not hold the same text. NULL differs from everything."""

    ignore_row_if: IgnoreRowIf = "never"  # anything else copies the frame
    map_metric = "column_list.differ"


class _OneFilled(MulticolumnMapMetricProvider):
    condition_metric_name = "column_list.one_filled"

    @multicolumn_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column_list: pd.DataFrame, **_: Any) -> pd.Series:
        return _filled(column_list.iloc[:, 0]) | _filled(column_list.iloc[:, 1])


class ExpectOneColumnToBeFilled(MulticolumnMapExpectation):
    """At least one of the two columns of `column_list` is neither NULL nor blank."""

    ignore_row_if: IgnoreRowIf = "never"
    map_metric = "column_list.one_filled"


class _ImageOfSku(MulticolumnMapMetricProvider):
    condition_metric_name = "column_list.image_of_sku"

    @multicolumn_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column_list: pd.DataFrame, **_: Any) -> pd.Series:
        urls, skus = (column_list.iloc[:, i] for i in (0, 1))
        known = (_filled(urls) & _filled(skus)).to_numpy()
        fits = [
            not k or f"/{url}".endswith(f"/{sku}.jpg") or f"/{url}".endswith(f"/{quote(sku, safe='')}.jpg")
            for k, url, sku in zip(known, urls, skus, strict=True)
        ]
        return pd.Series(fits, index=column_list.index, dtype=bool)


class ExpectImageUrlToNameSku(MulticolumnMapExpectation):
    """`column_list` is [URL, SKU]: the URL's file name is `<SKU>.jpg`, as it is or percent-encoded."""

    ignore_row_if: IgnoreRowIf = "never"
    map_metric = "column_list.image_of_sku"


class _RejectionExplained(MulticolumnMapMetricProvider):
    condition_metric_name = "column_list.rejection_explained"

    @multicolumn_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column_list: pd.DataFrame, **_: Any) -> pd.Series:
        states, reasons = (column_list.iloc[:, i] for i in (0, 1))
        taken = _by_distinct_value(states, lambda text: not fold_state(text).startswith("RECHAZADO"))
        return pd.Series(taken, index=column_list.index) | _filled(reasons)


class ExpectRejectionToBeExplained(MulticolumnMapExpectation):
    """`column_list` is [state, reason]: a state that begins with RECHAZADO has a reason."""

    ignore_row_if: IgnoreRowIf = "never"
    map_metric = "column_list.rejection_explained"
