"""The demo's night: what somebody damages in the shop, what the inventory makes of it, a backup, and its drill."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from puente.db.connect import Database
from puente.demo.place import Place

# What happens (a key of the texts) → the statement that does it, and what the inventory must call it.
_OF = "SELECT id FROM tienda_{} WHERE {} = 1 AND erp_id IS NOT NULL ORDER BY erp_id LIMIT 1 OFFSET {}"
DAMAGE: dict[str, tuple[str, tuple[str, str]]] = {
    "night_1": (
        f"UPDATE tienda_producto SET precio_publico = '1.00' WHERE id = ({_OF.format('producto', 'activo', 10)})",
        ("products", "different"),
    ),
    "night_2": (
        f"UPDATE tienda_producto SET disponible = '9999' WHERE id = ({_OF.format('producto', 'activo', 20)})",
        ("products", "different"),
    ),
    "night_3": (
        f"UPDATE tienda_producto SET activo = 0 WHERE id = ({_OF.format('producto', 'activo', 30)})",
        ("products", "missing"),
    ),
    "night_4": (
        f"UPDATE tienda_categoria SET titulo = 'Ofertas' WHERE id = ({_OF.format('categoria', 'activa', 5)})",
        ("categories", "different"),
    ),
    "night_5": (
        "DELETE FROM tienda_categoria_producto WHERE id = (SELECT MIN(id) FROM tienda_categoria_producto)",
        ("product_categories", "missing"),
    ),
}
DIFFERENCES = ("different", "missing", "extra", "doubled")
Found = dict[tuple[str, str], int]  # (entity, class) → keys


@dataclass(frozen=True)
class Night:
    """What the first inventory found and had sent again, what the one after the repairs found, and the documents of the
    backup and of its drill."""

    found: Found
    repairs: int
    left: Found
    backup: dict[str, Any]
    drill: dict[str, Any]
    azure: bool

    def as_demanded(self) -> bool:
        wanted = wanted_differences()
        mended = self.found == wanted and self.repairs == sum(wanted.values()) and not self.left
        return mended and self.backed_up() and self.proved()

    def backed_up(self) -> bool:
        """On this machine, and in Azure where the demo has one."""
        return self.backup["verdict"] == "passed" and len(self.backup["shelves"]) == 1 + self.azure

    def proved(self) -> bool:
        """Restored from where it would have to come after a fire, and both restored sides were in step."""
        this_one = (self.drill["backup_id"], self.drill["kept_in"]) == (self.backup["id"], self.backup["shelves"][-1])
        apart = sum(one[name] for one in self.drill["compared"] for name in ("keys_different", "keys_missing"))
        return self.drill["verdict"] == "passed" and this_one and not apart


def plant(shop: Database) -> None:
    """Damage the shop's tables. AssertionError when a statement does not hit exactly one row."""
    with shop.begin() as conn:
        for statement, _ in DAMAGE.values():
            assert conn.execute(text(statement)).rowcount == 1, statement


def wanted_differences() -> Found:
    return dict(Counter(what for _, what in DAMAGE.values()))


def last_inventory(place: Place) -> tuple[Found, int]:
    """What the newest sealed report says: differences by entity and class, and how many repairs were ordered."""
    listed = newest(place, "inventory", "*.json")["differences"]
    found = Counter((one["entity"], one["found"]) for one in listed if one["found"] in DIFFERENCES)
    return dict(found), sum(one["outcome"] == "ordered" for one in listed)


def newest(place: Place, folder: str, pattern: str) -> dict[str, Any]:
    """The body of the newest sealed document in a folder of the link's reports."""
    path = max((place.reports / "main" / folder).glob(pattern), key=lambda path: path.stat().st_mtime_ns)
    document: dict[str, Any] = json.loads(path.read_bytes())
    (body,) = (part for part in document.values() if isinstance(part, dict))
    return body
