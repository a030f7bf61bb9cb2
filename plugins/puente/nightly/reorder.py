"""When to order a product again and how much: arithmetic, and the rules of the ERP profile's key `purchasing`. Pure.

Reorder point = demand per day x lead time + safety stock; safety stock = z(service) x sigma of a day's demand x the
square root of the lead time. What is proposed covers lead time and review time, rounded up to whole packs.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from statistics import NormalDist
from typing import Any

from puente.errors import PuenteError
from puente.profiles import Profile

_NUMBERS = ("weeks", "lead_days", "review_days", "service", "pack", "at_most")
_PER_BRAND = ("supplier", "lead_days", "pack")


@dataclass(frozen=True)
class Terms:
    """How one product is bought. Times are days; `pack` is the number of units that must be bought together."""

    supplier: str = ""
    lead_days: float = 14
    pack: Decimal = Decimal(1)


@dataclass(frozen=True)
class Rules:
    """What the profile says of purchases."""

    weeks: int = 8  # of demand that are looked at
    review_days: float = 7  # how long a purchase should last beyond its lead time
    service: float = 0.95  # share of lead times that the safety stock should see through
    at_most: int = 50  # products in one request; the others follow an hour later
    terms: Terms = field(default_factory=Terms)
    per_brand: Mapping[str, Terms] = field(default_factory=dict)

    def for_brand(self, brand: str | None) -> Terms:
        return self.per_brand.get((brand or "").strip().casefold(), self.terms)


@dataclass
class Demand:
    """Units of one product sold by day, added up: their sum and the sum of their squares."""

    units: float = 0.0
    squares: float = 0.0

    def add(self, units: float) -> None:
        self.units += units
        self.squares += units * units

    def per_day(self, days: int) -> tuple[float, float]:
        """Mean and standard deviation of a day's demand; days without any count as 0."""
        mean = self.units / days
        variance = (self.squares - days * mean * mean) / (days - 1) if days > 1 else 0.0
        return mean, math.sqrt(max(variance, 0.0))


@dataclass(frozen=True)
class Proposal:
    """What follows from the figures. `available` = stock - reserved + on order; `cover_days` is how long it lasts."""

    available: Decimal
    per_day: float
    sigma: float
    safety: Decimal
    reorder_point: Decimal
    quantity: Decimal
    cover_days: float


def propose(rules: Rules, terms: Terms, demand: Demand, days: int, available: Decimal) -> Proposal | None:
    """What to order; None where `available` is above the reorder point or nothing was asked for."""
    mean, sigma = demand.per_day(days)
    if mean <= 0:
        return None
    safety = NormalDist().inv_cdf(rules.service) * sigma * math.sqrt(terms.lead_days)
    point = mean * terms.lead_days + safety
    if available > Decimal(point):
        return None
    missing = Decimal(point + mean * rules.review_days) - available
    packs = (missing / terms.pack).to_integral_value(rounding="ROUND_CEILING")
    return Proposal(
        available, mean, sigma, _cents(safety), _cents(point), max(packs, Decimal(1)) * terms.pack,
        float(max(available, Decimal(0))) / mean,
    )  # fmt: skip


def observed_days(rules: Rules, first_order: dt.date | None, today: dt.date) -> int:
    """Days of demand that there can be: all of `weeks`, or since the first order, but a week at least."""
    known = (today - first_order).days if first_order else 0
    return max(7, min(rules.weeks * 7, known))


def _cents(value: float) -> Decimal:
    return Decimal(value).quantize(Decimal("0.01"))


# ---------------------------------------------------------------- the profile
def purchase_rules(profile: Profile) -> Rules | None:
    """The ERP profile's `purchasing`; None where it has none. PuenteError names the file and the wrong field."""
    given = profile.raw.get("purchasing")
    if given is None:
        return None
    where = f"{profile.folder / 'profile.yaml'}: `purchasing"
    if not isinstance(given, dict):
        raise PuenteError(f"{where}` must be a mapping, not {given!r}.")
    _known(where, given, (*_NUMBERS, "supplier", "per_brand"))
    terms = terms_from(where, given, Terms())
    brands = given.get("per_brand") or {}
    if not isinstance(brands, dict):
        raise PuenteError(f"{where}.per_brand` must be a mapping of brands, not {brands!r}.")
    per_brand = {}
    for brand, fields in brands.items():
        _known(f"{where}.per_brand.{brand}", fields or {}, _PER_BRAND)
        per_brand[str(brand).strip().casefold()] = terms_from(f"{where}.per_brand.{brand}", fields or {}, terms)
    numbers = {name: float(_number(where, given, name)) for name in ("review_days", "service") if name in given}
    whole = {name: int(_number(where, given, name)) for name in ("weeks", "at_most") if name in given}
    rules = Rules(terms=terms, per_brand=per_brand, **numbers, **whole)  # type: ignore[arg-type]
    if not 0.5 <= rules.service < 1:
        raise PuenteError(f"{where}.service` is a share from 0.5 to below 1, not {rules.service:g}.")
    if rules.weeks < 1 or rules.at_most < 1:
        raise PuenteError(f"{where}.weeks` and `at_most` are 1 or more.")
    return rules


def terms_from(where: str, given: Mapping[str, Any], otherwise: Terms) -> Terms:
    """`otherwise` with what `given` says (supplier, lead_days, pack; NULL says nothing)."""
    changes: dict[str, Any] = {}
    if given.get("supplier") is not None:
        changes["supplier"] = str(given["supplier"]).strip()[:64]
    if given.get("lead_days") is not None:
        changes["lead_days"] = float(_number(where, given, "lead_days"))
    if given.get("pack") is not None:
        changes["pack"] = _number(where, given, "pack")
        if not changes["pack"]:
            raise PuenteError(f"{where}.pack` must be above 0.")
    return dataclasses.replace(otherwise, **changes)


def _known(where: str, given: Any, names: Iterable[str]) -> None:
    if not isinstance(given, dict):
        raise PuenteError(f"{where}` must be a mapping, not {given!r}.")
    if unknown := sorted(set(map(str, given)) - set(names)):
        raise PuenteError(f"{where}` has unknown {', '.join(unknown)}; it may have {', '.join(names)}.")


def _number(where: str, given: Mapping[str, Any], name: str) -> Decimal:
    try:
        number = Decimal(str(given[name]))
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(given[name], bool) or not number.is_finite() or number < 0:
        raise PuenteError(f"{where}.{name}` must be a number from 0 on, not {given[name]!r}.")
    return number
