"""Business keys: by what people know a record on both sides when its ids say nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from puente.sync.route import Bridge

GENERIC_TAX_IDS = ("XAXX010101000", "XEXX010101000")  # the public in general, foreigners: they identify nobody


def generic_tax_ids(bridge: Bridge) -> frozenset[str]:
    """Tax ids that many have: Mexico's two, and the `generic_tax_ids` of both profiles."""
    profiles = (bridge.profile("erp"), bridge.profile("platform"))
    more = (str(value) for profile in profiles for value in profile.raw.get("generic_tax_ids") or ())
    return frozenset(plain_tax_id(value) for value in (*GENERIC_TAX_IDS, *more))


def plain_tax_id(value: str) -> str:
    """A tax id as people mean it: `xaxx-010101-000` is `XAXX010101000`."""
    return "".join(c for c in value.upper() if c.isalnum() or c == "&")


def business_key(entity: str, row: Mapping[str, Any], generic: frozenset[str]) -> str | None:
    """What identifies a record to people on both sides; None where nothing does."""
    match entity:
        case "products":
            return row["SKU"] or None
        case "companies":
            tax_id = plain_tax_id(row["Identificacion_Fiscal"] or "")
            return None if not tax_id or tax_id in generic else tax_id
        case "contacts":
            email, company = (row["Email"] or "").strip().casefold(), row["ID_Empresa"]
            return f"{company} {email}" if email and company else None
    return None
