"""What a run over the demo ERP must yield, worked out from the generated rows and the defects planted in them.

The rules, independent of the code that they check:
- a record with a quarantining defect is quarantined; of two articles with one SKU the first by key is applied;
- a record whose parent is not in the shop (quarantined, or in no table at all) is held;
- everything else is applied, deletes included; nothing is sent twice, so nothing is unchanged.
The rules for the shop's customers and orders, rounds 3 to 5, are in `expected_orders.py`.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import Literal

from puente.contract import ENTITIES, Side
from puente.demo.changes import changed
from puente.demo.erp import DemoErp, Row, generate, text
from puente.demo.expected_orders import added, to_erp, to_shop

Round = Literal[1, 2, 3, 4, 5]
Key = tuple[str, ...]
Records = dict[str, dict[Key, Row]]  # entity -> contract key -> everything that the record's capture looks at
Counts = dict[str, dict[str, int]]

COUNTED = ("read", "applied", "unchanged", "held", "duplicate", "quarantined")
CARRIED = ("categories", "products", "product_categories", "companies", "contacts")


def expected_counts(round: Round, seed: int = 7, articles: int = 640, *, reader: Side = "platform") -> Counts:
    """Entity -> read, applied, unchanged, held, duplicate, quarantined; 0 where a name is left out.

    Only the queue rows that this round's run reads count: what round 1 left held or quarantined is not counted
    again in round 2. Round 1 is the initial load, round 2 the run after `change_round`, 3 to 5 the shop's day.
    """
    if round > 2:
        return (to_erp if reader == "erp" else to_shop)(round, seed, articles)
    counts, _ = _rounds(seed, articles)[round - 1]
    return {entity: dict(of_entity) for entity, of_entity in counts.items()}


def expected_known(round: Round, seed: int = 7, articles: int = 640, *, reader: Side = "platform") -> dict[str, int]:
    """Entity -> records that the reader's side shows (active ones) after this round."""
    if round < 3:
        _, known = _rounds(seed, articles)[round - 1]
        return {entity: len(keys) for entity, keys in known.items()}
    more = added(round, reader, seed, articles)
    if reader == "platform":
        before = expected_known(2, seed, articles)
    else:
        erp, _ = changed(generate(seed, articles))
        before = {"companies": len(erp.tables["CLIENTE"]), "contacts": len(erp.tables["CONTACTO"])}
    return {entity: before.get(entity, 0) + more.get(entity, 0) for entity in {**before, **more}}


@cache
def _rounds(seed: int, articles: int) -> list[tuple[Counts, dict[str, set[Key]]]]:
    first = generate(seed, articles)
    second, _ = changed(first)
    nothing: Records = {entity: {} for entity in CARRIED}
    counts_1, known_1 = _run(nothing, records(first), first, {entity: set() for entity in CARRIED})
    counts_2, known_2 = _run(records(first), records(second), second, known_1)
    return [(counts_1, known_1), (counts_2, known_2)]


def _run(
    before: Records, after: Records, erp: DemoErp, known: dict[str, set[Key]]
) -> tuple[Counts, dict[str, set[Key]]]:
    """One capture and one pass: the counts, and what the shop knows afterwards."""
    counts: Counts = {}
    known = {entity: set(keys) for entity, keys in known.items()}
    for entity in CARRIED:
        old, new = before[entity], after[entity]
        deleted = old.keys() - new.keys()
        sent = {key for key, record in new.items() if old.get(key) != record}
        quarantined = sent & erp.spoilt(entity, "quarantined")
        good = sent - quarantined
        # A parent of the same entity may come in the same batch, so `good` counts as known for its own sake.
        held = {key for key in good if not _parents_known(entity, new[key], known, good)}
        known[entity] = (known[entity] | (good - held)) - deleted
        counts[entity] = {
            "read": len(sent) + len(deleted),
            "applied": len(good - held) + len(deleted),
            "unchanged": 0,
            "held": len(held),
            "quarantined": len(quarantined),
        }
    return counts, known


def _parents_known(entity: str, record: Row, known: dict[str, set[Key]], good: set[Key]) -> bool:
    for parent in ENTITIES[entity].parents:
        value = record[parent.column]
        if value is None and parent.optional:
            continue
        there = known[parent.entity] | (good if parent.entity == entity else set())
        if (text(value),) not in there:
            return False
    return True


def records(erp: DemoErp) -> Records:
    """The ERP's records under their contract keys. Two states of a record are equal exactly if their captures are."""
    t = erp.tables
    prices: dict[object, Row] = defaultdict(dict)
    for row in t["LISTA_PRECIO"]:
        prices[row["CVE_ART"]][f"price {row['LISTA']}"] = row["PRECIO"]
    stock: dict[object, int] = defaultdict(int)
    for row in t["EXISTENCIA"]:
        stock[row["CVE_ART"]] += int(row["CANTIDAD"] or 0)
    families = {row["CVE_FAM"]: row["NOMBRE"] for row in t["FAMILIA"]}
    brands = {row["ID_MARCA"]: row["NOMBRE"] for row in t["MARCA"]}
    return {
        "categories": {
            (text(row["CVE_FAM"]),): {**row, "ID_Categoria_Padre": row["CVE_FAM_PADRE"]} for row in t["FAMILIA"]
        },
        "products": {
            (text(row["CVE_ART"]),): {
                **row,
                **prices[row["CVE_ART"]],
                "stock": stock[row["CVE_ART"]],
                "brand": brands.get(row["ID_MARCA"]),
                "family": families.get(row["FAM_PRAL"]),
            }
            for row in t["ART"]
        },
        "product_categories": {
            (text(row["CVE_FAM"]), text(row["CVE_ART"])): {
                "ID_Categoria": row["CVE_FAM"],
                "ID_Producto": row["CVE_ART"],
            }
            for row in t["ART_FAMILIA"]
        },
        "companies": {(text(row["CVE_CTE"]),): row for row in t["CLIENTE"]},
        "contacts": {(text(row["CVE_CONT"]),): {**row, "ID_Empresa": row["CVE_CTE"]} for row in t["CONTACTO"]},
    }
