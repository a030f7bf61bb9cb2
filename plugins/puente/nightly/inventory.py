"""One full inventory from the comparison to its decision: the gate on its counts, and what becomes of the repairs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from sqlalchemy import update

from puente.db import schema
from puente.errors import GateClosed
from puente.nightly.compare import Compared, Comparison, compare, load
from puente.nightly.inventory_texts import TEXTS
from puente.nightly.repairs import deletions, exceeds, order_repairs
from puente.sync.route import Bridge, Run, utc_now

if TYPE_CHECKING:
    import pandas as pd

Decision = Literal["nothing", "dry_run", "repair", "ask"]  # the later ones weigh more


@dataclass(frozen=True)
class Gated:
    """Rule ids by entity: of the critical rules that it failed (it is not repaired), and of those that only warn."""

    closed: dict[str, list[str]] = field(default_factory=dict)
    warned: dict[str, list[str]] = field(default_factory=dict)


def gate(bridge: Bridge, run_id: str) -> Gated:
    """Judge an inventory's counts by its suite; entities that fail a critical rule are refused from here on.

    GateClosed, with nothing repaired, when there is nothing to judge or a rule could not be evaluated.
    """
    from puente.quality.gate import run_stage
    from puente.quality.suites import INVENTORY, load_suite

    found = load(bridge, run_id)
    if not found.entities:
        raise GateClosed(f"Inventory {run_id} compared nothing: there is nothing that could be repaired by it.")
    suite = load_suite(*INVENTORY, bridge.settings.expectations_dir)
    result = run_stage(suite, "row", frame(bridge, found))
    if result.broken:
        raise GateClosed(f"The inventory cannot be judged: {'; '.join(result.broken)}. Nothing was repaired.")
    gated = Gated()
    for finding in result.findings:
        kind = gated.closed if finding.severity == "critical" else gated.warned
        kind.setdefault(found.entities[finding.row].entity, []).append(finding.rule_id)
    for entity, rules in gated.closed.items():
        known = next(one.refused for one in found.entities if one.entity == entity)
        _note(bridge, run_id, [entity], refused=known or f"rule:{','.join(rules)}"[:500], decision="closed")
    return gated


def frame(bridge: Bridge, found: Comparison) -> pd.DataFrame:
    """What the suite judges: one row per entity, `_row` its place in the comparison; counts, and shares from 0 to 1."""
    import pandas as pd

    return pd.DataFrame([{"_row": n, **_numbers(bridge, found.run_id, one)} for n, one in enumerate(found.entities)])


def _numbers(bridge: Bridge, run_id: str, one: Compared) -> dict[str, float]:
    classes = sum(getattr(one, f"keys_{name}") for name in schema.FOUND)
    keys = max(one.keys_total, 1)
    return {
        "refused": int(bool(one.refused)),
        "unread_erp": 0 if one.read_erp else max(one.known_erp, one.known_platform),
        "unread_platform": 0 if one.read_platform else one.known_platform,
        "keyless_erp": one.keyless_erp,
        "keys_doubled": one.keys_doubled,
        "unaccounted": abs(one.keys_total - classes),
        "uncounted": max(0, one.keys_total - one.read_erp - one.read_platform),
        "in_flight_share": one.keys_in_flight / keys,
        "unfit_share": one.keys_unfit / keys,
        "repairs_over_limit": int(exceeds(bridge, run_id, one)),
    }


def decide(bridge: Bridge, run_id: str, *, dry_run: bool) -> dict[str, Decision]:
    """What becomes of the repairs of each entity that passed the gate and has any left; noted for the report.

    One entity's mass change does not keep the others waiting for a person.
    """
    decided: dict[str, Decision] = {}
    for one in _open(bridge, run_id):
        decided[one.entity] = "dry_run" if dry_run else "ask" if exceeds(bridge, run_id, one) else "repair"
    for decision in ("dry_run", "ask"):
        _note(bridge, run_id, [name for name, what in decided.items() if what == decision], decision=decision)
    return decided


def _open(bridge: Bridge, run_id: str) -> list[Compared]:
    return [one for one in load(bridge, run_id).entities if one.repairs > one.ordered and not one.refused]


def question(bridge: Bridge, run_id: str) -> tuple[str, str]:
    """What a person is asked where the repairs are a mass change: subject and body, counts only."""
    texts = TEXTS[bridge.settings.language]
    lines = [
        texts["approval_line"].format(
            entity=texts["entities"][one.entity],
            repairs=one.repairs,
            total=one.keys_total,
            deletions=deletions(bridge, run_id, one.entity),
        )  # fmt: skip
        for one in _open(bridge, run_id)
        if exceeds(bridge, run_id, one)
    ]
    body = "\n".join([texts["approval_body"], "", *lines, "", texts["approval_end"]])
    return texts["approval_subject"].format(link=bridge.link.link_id), body


def refuse_repairs(bridge: Bridge, run_id: str, who: str) -> None:
    """Nobody approved: note it, so that the report says so."""
    asked = [one.entity for one in load(bridge, run_id).entities if one.decision == "ask"]
    _note(bridge, run_id, asked, decision="rejected", who=who[:100])


def _note(bridge: Bridge, run_id: str, entities: list[str], **values: Any) -> None:
    table = schema.inventory
    here = (table.c.link_id == bridge.link.link_id) & (table.c.run_id == run_id) & table.c.entity.in_(entities)
    with bridge.platform.begin() as conn:
        conn.execute(update(table).where(here).values(**values, decided_at=utc_now()))


@dataclass(frozen=True)
class Taken:
    """One whole inventory: what was found, what was decided, how many repairs were ordered, where the report lies."""

    found: Comparison
    decisions: dict[str, Decision]
    ordered: dict[str, int]
    report: Path

    @property
    def decision(self) -> Decision:
        """The weightiest of them."""
        return max(self.decisions.values(), key=get_args(Decision).index, default="nothing")


def take_inventory(bridge: Bridge, run: Run, *, dry_run: bool = False, approved_by: str | None = None) -> Taken:
    """Compare, judge, decide, order and report, as the Dag does it; without an approval nothing that needs one."""
    from puente.nightly.inventory_report import write_report

    compare(bridge, run)
    gate(bridge, run.run_id)
    decisions = decide(bridge, run.run_id, dry_run=dry_run)
    ordered: dict[str, int] = {}
    try:
        if not dry_run:
            ordered = order_repairs(bridge, run, approved_by=approved_by)
    finally:
        path = write_report(bridge, run.run_id)
    return Taken(load(bridge, run.run_id), decisions, ordered, path)
