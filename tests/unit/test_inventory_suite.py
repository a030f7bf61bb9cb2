"""The inventory's own suite: sound counts pass it, and each rule has counts that it refuses or warns of."""

from __future__ import annotations

import pandas as pd
import pytest

from puente.quality.gate import run_stage
from puente.quality.suites import INVENTORY, INVENTORY_COLUMNS, load_suite

SOUND = {"_row": 0, **dict.fromkeys(INVENTORY_COLUMNS, 0), "in_flight_share": 0.1, "unfit_share": 0.05}
WRONG = {
    "refused": 1, "unread_erp": 3, "unread_platform": 3, "keyless_erp": 1, "keys_doubled": 1, "unaccounted": 1,
    "uncounted": 1, "in_flight_share": 0.11, "unfit_share": 0.06, "repairs_over_limit": 1,
}  # fmt: skip
WARNING = {"keyless_erp", "in_flight_share", "unfit_share", "repairs_over_limit"}


@pytest.mark.parametrize("column", INVENTORY_COLUMNS)
def test_each_rule_lets_sound_counts_pass_and_points_out_its_own(column: str) -> None:
    frame = pd.DataFrame([SOUND, {**SOUND, "_row": 1, column: WRONG[column]}])
    result = run_stage(load_suite(*INVENTORY), "row", frame)
    assert result.broken == []
    (finding,) = result.findings
    assert (finding.row, finding.column) == (1, column)
    assert finding.severity == ("warning" if column in WARNING else "critical")
