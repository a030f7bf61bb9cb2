"""docs/pitfalls.md says what the tests are, no more and no less."""

from __future__ import annotations

from kit.pitfalls import PAGE, collect, render


def test_the_page_is_up_to_date() -> None:
    command = "PYTHONPATH=tests:plugins python -m kit.pitfalls"
    assert PAGE.read_text(encoding="utf-8") == render(), f"run `{command}`"


def test_a_reason_is_given_wherever_a_pair_is_left_out() -> None:
    reasons = {reason for line in collect() for reason in line.pairs.values() if reason}
    assert all(len(reason) > 10 for reason in reasons)
