"""The demo's night: what somebody damages in the shop behind Puente's back, and what the inventory makes of it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass

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
    """What the first inventory found and had sent again, and what the one after the repairs found."""

    found: Found
    repairs: int
    left: Found

    def as_demanded(self) -> bool:
        wanted = wanted_differences()
        return self.found == wanted and self.repairs == sum(wanted.values()) and not self.left


def plant(shop: Database) -> None:
    """Damage the shop's tables. AssertionError when a statement does not hit exactly one row."""
    with shop.begin() as conn:
        for statement, _ in DAMAGE.values():
            assert conn.execute(text(statement)).rowcount == 1, statement


def wanted_differences() -> Found:
    return dict(Counter(what for _, what in DAMAGE.values()))


def last_inventory(place: Place) -> tuple[Found, int]:
    """What the newest sealed report says: differences by entity and class, and how many repairs were ordered."""
    newest = max((place.reports / "main" / "inventory").glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    listed = json.loads(newest.read_text(encoding="utf-8"))["inventory"]["differences"]
    found = Counter((one["entity"], one["found"]) for one in listed if one["found"] in DIFFERENCES)
    return dict(found), sum(one["outcome"] == "ordered" for one in listed)
