"""Reorder arithmetic by hand, and the profile's rules."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from pathlib import Path

import pytest

from puente.errors import PuenteError
from puente.nightly.reorder import Demand, Rules, Terms, observed_days, propose, purchase_rules
from puente.profiles import Profile, load_profile

RULES, TERMS = Rules(service=0.95, review_days=7), Terms(lead_days=9)


def steady(units: float, days: int) -> Demand:
    demand = Demand()
    for _ in range(days):
        demand.add(units)
    return demand


def profile(folder: Path, purchasing: str) -> Profile:
    (folder / "profile.yaml").write_text(f"side: erp\npurchasing: {purchasing}\n", encoding="utf-8")
    return load_profile(folder, "sqlite")


def test_steady_demand_needs_no_safety_stock() -> None:
    found = propose(RULES, TERMS, steady(2, 28), 28, Decimal(18))
    assert found is not None
    assert (found.reorder_point, found.safety, found.quantity) == (Decimal("18.00"), Decimal("0.00"), Decimal(14))
    assert found.cover_days == 9
    assert propose(RULES, TERMS, steady(2, 28), 28, Decimal("18.01")) is None


def test_uneven_demand_adds_z_sigma_root_of_lead() -> None:
    demand = steady(4, 14)  # on 14 of 28 days: mean 2, sample variance 112/27
    sigma = math.sqrt(112 / 27)
    found = propose(RULES, TERMS, demand, 28, Decimal(0))
    assert found is not None
    assert found.sigma == pytest.approx(sigma)
    assert float(found.safety) == pytest.approx(1.6449 * sigma * 3, abs=0.01)
    assert float(found.reorder_point) == pytest.approx(18 + 1.6449 * sigma * 3, abs=0.01)
    assert found.quantity == math.ceil(18 + 14 + 1.6449 * sigma * 3) and found.cover_days == 0


def test_whole_packs_and_a_debt_is_made_up_for() -> None:
    found = propose(RULES, Terms(lead_days=9, pack=Decimal(12)), steady(2, 28), 28, Decimal(-5))
    assert found is not None and found.quantity == 48  # 32 + 5 missing
    assert propose(RULES, TERMS, Demand(), 28, Decimal(-5)) is None, "nobody asked for it"


def test_a_young_link_has_few_days_but_a_week_at_least() -> None:
    today = dt.date(2026, 11, 24)
    days = [observed_days(RULES, first, today) for first in (None, today, dt.date(2026, 11, 4), dt.date(2020, 1, 1))]
    assert days == [7, 7, 20, 56]


def test_a_brand_has_terms_of_its_own(tmp_path: Path) -> None:
    rules = purchase_rules(
        profile(tmp_path, "{lead_days: 10, supplier: GEN, per_brand: {Michelin: {lead_days: 30, pack: 4}}}")
    )
    assert rules is not None
    assert rules.for_brand(" MICHELIN ") == Terms("GEN", 30, Decimal(4))
    assert rules.for_brand(None) == rules.for_brand("otra") == Terms("GEN", 10, Decimal(1))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{leed_days: 3}", "leed_days"), ("{lead_days: soon}", "lead_days"), ("{service: 1}", "service"),
        ("{pack: 0}", "pack"), ("{weeks: 0}", "weeks"), ("[1]", "mapping"), ("{per_brand: {X: {weeks: 2}}}", "weeks"),
        ("{review_days: -1}", "review_days"), ("{lead_days: true}", "lead_days"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(PuenteError, match=complaint):
        purchase_rules(profile(tmp_path, text))


def test_without_rules_nothing_is_planned(tmp_path: Path) -> None:
    assert purchase_rules(profile(tmp_path, "")) is None
