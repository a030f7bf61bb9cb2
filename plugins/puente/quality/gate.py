"""The gate: one stage of a suite on one frame, and what it says of each row.

Great Expectations does the checking; deciding is ours, because `success` ignores severity and a check that
raised lists no rows. Every call has its own ephemeral context: one that is shared between threads reports one
frame's failures for another.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import great_expectations as gx
import numpy as np
import pandas as pd
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)

from puente.quality.suites import Rule, Stage, Suite, build

ROW = "_row"
_SHOWN = 120  # characters of a helper column's value in a message
# Positions in a plain RangeIndex are complete and cost next to nothing. Asking GX for `_row` instead
# (`unexpected_index_column_names`) looks every failing cell up by itself: four times the time at 20 % bad rows.
_RESULT_FORMAT = {
    "result_format": "COMPLETE",
    "partial_unexpected_count": 0,
    "exclude_unexpected_values": True,
    "return_unexpected_index_query": False,
}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Finding:
    """One row that fails one rule. `row` is the inbox id; `message` is Spanish and holds no payload value."""

    row: int
    rule_id: str
    severity: str  # critical, warning, info; only critical ones reject
    column: str | None
    message: str
    on_failure: str  # quarantine, hold


@dataclass
class StageResult:
    """What a stage said of a frame of `evaluated` rows.

    `per_rule` counts the failing rows of every rule of the stage (0 included, warnings too). `broken` names the
    checks that could not be carried out: if there is one, the batch must not go on, whatever the findings say.
    """

    evaluated: int
    findings: list[Finding] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    per_rule: dict[str, int] = field(default_factory=dict)


def run_stage(suite: Suite, stage: Stage, frame: pd.DataFrame) -> StageResult:
    """Run the rules of one stage on `frame`: grain one inbox row, `_row` its id, columns as `gate_frame` makes them.

    Findings come in the order of the suite, then of the frame. ValueError when `_row` is missing or has NULLs.
    """
    if ROW not in frame.columns or frame[ROW].isna().any():
        raise ValueError(f"the frame needs a column {ROW} with every row's inbox id")
    rules = suite.of_stage(stage)
    result = StageResult(evaluated=len(frame), per_rule={rule.rule_id: 0 for rule in rules})
    runnable = []
    for rule in rules:
        missing = [column for column in rule.columns if column not in frame.columns]
        if missing:
            result.broken.append(f"{rule.rule_id} (falta la columna {', '.join(missing)})")
        else:
            runnable.append(rule)
    if not runnable:
        return result
    wanted = sorted({column for rule in runnable for column in rule.columns})
    subject = frame[wanted].reset_index(drop=True)
    row_ids = frame[ROW].to_numpy()
    outcomes = _validate(suite.name, runnable, subject)
    for rule in runnable:
        positions = _failing_positions(outcomes.get(rule.rule_id), len(subject))
        if positions is None:
            result.broken.append(_describe(rule, outcomes.get(rule.rule_id)))
            continue
        result.per_rule[rule.rule_id] = len(positions)
        result.findings += _findings(rule, positions, row_ids, subject)
    return result


def _validate(name: str, rules: list[Rule], subject: pd.DataFrame) -> dict[str, ExpectationValidationResult]:
    _satisfy_gx()
    context = _own_context()
    asset = context.data_sources.add_pandas("frame").add_dataframe_asset("frame")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": subject})
    validated = batch.validate(build(name, rules), result_format=_RESULT_FORMAT)
    # GX answers in an order of its own.
    return {_config(r).meta["rule_id"]: r for r in validated.results}


def _own_context() -> EphemeralDataContext:
    """A context for one call. Not `get_context()`: that stores the context in a global, then returns the global,
    so that two threads may get the same one.
    """
    return EphemeralDataContext(project_config=_config_without_extras())


def _config_without_extras() -> DataContextConfig:
    """The defaults would plan Data Docs in a temporary folder and show progress bars."""
    return DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )


@cache
def _satisfy_gx() -> None:
    """GX asks the process's context whether it is in the cloud: give it one that never holds a frame."""
    gx.get_context(mode="ephemeral", project_config=_config_without_extras())


def _config(outcome: ExpectationValidationResult) -> Any:
    return outcome.expectation_config


def _failing_positions(outcome: ExpectationValidationResult | None, count: int) -> np.ndarray | None:
    """Positions of the failing rows; None when the check raised or its answer does not add up."""
    if outcome is None or _raised(outcome.exception_info):
        return None
    told = outcome.result
    if "unexpected_count" not in told or told.get("element_count") != count:
        return None
    # The rows decide, not `success`: GX says True where a column is NULL throughout, whatever the rule found.
    positions = np.asarray(told.get("unexpected_index_list") or [], dtype=np.int64)
    lost = len(positions) != (told["unexpected_count"] or 0)
    return None if lost or (not outcome.success and not len(positions)) else positions


def _raised(info: Any) -> bool:
    """`exception_info` is flat, or keyed by metric id when a metric raised."""
    if not isinstance(info, dict) or not info:
        return False
    if "raised_exception" in info:
        return bool(info["raised_exception"])
    return any(_raised(nested) for nested in info.values())


def _describe(rule: Rule, outcome: ExpectationValidationResult | None) -> str:
    # The exception's text may quote a cell, so it goes to the debug log only.
    if outcome is not None:
        _log.debug("%s could not be evaluated: %s", rule.rule_id, outcome.exception_info)
    return f"{rule.rule_id} (columna {', '.join(rule.columns)})"


def _findings(rule: Rule, positions: np.ndarray, row_ids: np.ndarray, subject: pd.DataFrame) -> list[Finding]:
    column, rows = rule.columns[0], row_ids[positions].tolist()
    if "{value}" not in rule.message_es:
        return [Finding(row, rule.rule_id, rule.severity, column, rule.message_es, rule.on_failure) for row in rows]
    values = subject[column].to_numpy()[positions]
    return [
        Finding(row, rule.rule_id, rule.severity, column, _fill(rule.message_es, value), rule.on_failure)
        for row, value in zip(rows, values, strict=True)
    ]


def _fill(message: str, value: object) -> str:
    shown = "".join(c if c.isprintable() else " " for c in str(value))
    return message.replace("{value}", shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…")
