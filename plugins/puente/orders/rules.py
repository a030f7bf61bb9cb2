"""What a profile says about orders: the key `orders` of its profile.yaml, checked field by field."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, NoReturn

from puente.errors import PuenteError
from puente.order_states import STATES, canonical_state
from puente.profiles import Profile

_ERP = (
    "stock_argument",
    "reflected_from",
    "unknown_stock",
    "stock_timeout",
    "tax_included",
    "tolerance",
    "round_lines",
)
_PLATFORM = ("default_company", "grace_minutes", "since", "mail")


@dataclass(frozen=True)
class OrderRules:
    """Money is in the base currency, times are seconds unless the name says otherwise."""

    # The ERP's.
    stock_argument: Literal["ID_Producto", "SKU"] = "ID_Producto"  # what its stock procedure takes
    reflected_from: str = "RECIBIDO EN ERP"  # from this state on its stock figure already reflects an order
    unknown_stock: Literal["wait", "refuse"] = "wait"  # what NULL, negative and no answer mean
    stock_timeout: float = 5.0
    tax_included: bool = False  # whether prices hold the taxes: then Total does not add Impuestos
    tolerance: Decimal = Decimal("0.01")  # how far a total may be off
    round_lines: bool = True  # whether each line's amount is rounded to cents, rather than their sum
    # The platform's.
    default_company: str | None = None  # the ERP's company for guests; None: their orders wait
    grace_minutes: int = 30  # an order that waits longer is reported
    since: str | None = None  # for people: the cut-over mark, which is in the WHERE of capture_order_headers.sql
    mail: dict[str, Any] = field(default_factory=dict)


def erp_rules(profile: Profile) -> OrderRules:
    """The rules that the ERP's profile sets. PuenteError names the file and the field that is wrong."""
    given = _given(profile, _ERP)
    for name, allowed in (("stock_argument", ("ID_Producto", "SKU")), ("unknown_stock", ("wait", "refuse"))):
        if name in given and given[name] not in allowed:
            _refuse(profile, name, f"must be {' or '.join(allowed)}", given[name])
    for name in ("tax_included", "round_lines"):
        if name in given and not isinstance(given[name], bool):
            _refuse(profile, name, "must be true or false", given[name])
    if "reflected_from" in given:
        state = canonical_state(str(given["reflected_from"]))
        if state is None:
            _refuse(profile, "reflected_from", f"must be one of {', '.join(STATES)}", given["reflected_from"])
        given["reflected_from"] = state
    if "stock_timeout" in given:
        given["stock_timeout"] = float(_number(profile, "stock_timeout", given["stock_timeout"], above_zero=True))
    if "tolerance" in given:
        given["tolerance"] = _number(profile, "tolerance", given["tolerance"])
    return OrderRules(**given)


def platform_rules(profile: Profile) -> OrderRules:
    """The rules that the shop's profile sets. PuenteError names the file and the field that is wrong."""
    given = _given(profile, _PLATFORM)
    for name in ("default_company", "since"):
        if name in given:
            if isinstance(given[name], (dict, list, bool)):
                _refuse(profile, name, "must be one value", given[name])
            given[name] = str(given[name]).strip()
    if "grace_minutes" in given:
        minutes = _number(profile, "grace_minutes", given["grace_minutes"])
        if minutes != minutes.to_integral_value():
            _refuse(profile, "grace_minutes", "must be a whole number of minutes", given["grace_minutes"])
        given["grace_minutes"] = int(minutes)
    if "mail" in given and not isinstance(given["mail"], dict):
        _refuse(profile, "mail", "must be a mapping", given["mail"])
    return OrderRules(**given)


def _given(profile: Profile, known: tuple[str, ...]) -> dict[str, Any]:
    """The fields that are set; one that says null is as good as absent."""
    fields = profile.raw.get("orders") or {}
    if not isinstance(fields, dict):
        raise PuenteError(f"{profile.folder / 'profile.yaml'}: `orders` must be a mapping, not {fields!r}.")
    for name in fields:
        if name not in known:
            _refuse(
                profile, str(name), f"is unknown on side {profile.side}, which has {', '.join(known)}", fields[name]
            )
    return {name: value for name, value in fields.items() if value is not None}


def _number(profile: Profile, name: str, value: Any, *, above_zero: bool = False) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite() or number < 0 or (above_zero and number == 0):
        _refuse(profile, name, "must be a number above 0" if above_zero else "must be a number from 0 on", value)
    return number


def _refuse(profile: Profile, name: str, what: str, value: Any) -> NoReturn:
    raise PuenteError(f"{profile.folder / 'profile.yaml'}: `orders.{name}` {what}: {value!r}.")
