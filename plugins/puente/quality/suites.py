"""The JSON suites in `expectations/<direction>/<entity>.json`: read, distrusted, handed to the gate.

Great Expectations logs and drops a rule that it cannot build, and a suite without rules passes everything.
So a file is refused as a whole when one rule is not exactly as agreed here:

    {"name": "<direction>.<entity>", "meta": {"rules": <number of rules>, "notes": "..."}, "expectations": [
      {"type": "...", "kwargs": {...}, "severity": "critical|warning|info",
       "meta": {"rule_id": "<entity>....", "stage": "row|set", "notes": "<why>",
                "message_es": "...", "message_en": "...", "on_failure": "quarantine|hold"}}]}

`on_failure` may be left out (quarantine). Messages may show `{value}` of a column that Puente adds (`_invalid`,
`_cycle`, …), never of a payload column: personal data stays in the quarantine.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from great_expectations import ExpectationSuite
from great_expectations.expectations.expectation import (
    ColumnMapExpectation,
    Expectation,
    MulticolumnMapExpectation,
)
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

from puente.contract import Side, queue_for
from puente.errors import PuenteError
from puente.quality import rules as _registered  # noqa: F401  (makes our own expectations known to GX)

Stage = Literal["row", "set"]
SEVERITIES, STAGES, OUTCOMES = ("critical", "warning", "info"), ("row", "set"), ("quarantine", "hold")
ROW_HELPERS = ("_invalid",)
SET_HELPERS = ("_owner", "_missing_parent", "_cycle", "_ambiguous")
INVENTORY = ("inventory", "full_inventory")  # direction and entity of the suite on an inventory's counts
INVENTORY_COLUMNS = (  # one row per entity, see nightly/inventory.py
    "refused", "unread_erp", "unread_platform", "keyless_erp", "keys_doubled", "unaccounted", "uncounted",
    "in_flight_share", "unfit_share", "repairs_over_limit",
)  # fmt: skip
READERS: dict[str, Side] = {"erp_to_platform": "platform", "platform_to_erp": "erp"}
EXPECTATIONS = Path(__file__).resolve().parents[3] / "expectations"

_RULE_KEYS = {"type", "kwargs", "severity", "meta"}
_TEXTS = ("notes", "message_es", "message_en")
_META_KEYS = {"rule_id", "stage", "on_failure", *_TEXTS}
_RULE_ID = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")


class SuiteBroken(PuenteError):
    """A suite's file is not what the gate can rely on. Nothing is validated until it is mended."""


@dataclass(frozen=True)
class Rule:
    """One check. `notes` says why it is there; the messages say what is wrong with a row that fails it."""

    rule_id: str
    type: str
    kwargs: Mapping[str, Any]
    severity: str
    stage: str
    notes: str
    message_es: str
    message_en: str
    on_failure: str = "quarantine"

    @property
    def columns(self) -> tuple[str, ...]:
        """What the rule reads; the first is the one that it complains about."""
        return tuple(self.kwargs.get("column_list") or (self.kwargs["column"],))

    def expectation(self) -> Expectation:
        """A new GX expectation (they are never shared between calls)."""
        configuration = ExpectationConfiguration(
            type=self.type,
            kwargs=json.loads(json.dumps(self.kwargs)),
            severity=cast(Any, self.severity),
            meta={"rule_id": self.rule_id},
        )
        return configuration.to_domain_obj()


@dataclass(frozen=True)
class Suite:
    """A checked suite. `sha256` is over the file's bytes, for the reports."""

    name: str
    path: Path
    sha256: str
    rules: tuple[Rule, ...]

    def of_stage(self, stage: Stage) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.stage == stage)


def load_suite(direction: str, entity: str, root: Path | None = None) -> Suite:
    """The suite of one entity and direction; `root` is the folder `expectations/`. SuiteBroken lists every fault."""
    path = (root or EXPECTATIONS) / direction / f"{entity}.json"
    try:
        content = path.read_bytes()
        document = json.loads(content)
        name, stated, entries = document["name"], document["meta"]["rules"], document["expectations"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SuiteBroken(f"{path}: no suite could be read: {error!r}") from error
    faults: list[str] = []
    if name != f"{direction}.{entity}":
        faults.append(f"the name is {name!r}, not {direction}.{entity}")
    if not isinstance(entries, list) or not entries:
        raise SuiteBroken(f"{path}: a suite without rules would pass everything")
    if stated != len(entries):
        faults.append(f"meta.rules says {stated} rules, the file holds {len(entries)}")
    loaded: list[Rule] = []
    for number, entry in enumerate(entries, 1):
        wrong = _shape_faults(entry, entity)
        if not wrong:
            rule = _rule(entry)
            wrong = _rule_faults(rule, direction, entity)
            loaded.append(rule)
        faults += [f"rule {number} ({_id_of(entry)}): {text}" for text in wrong]
    faults += _repeats(loaded)
    if not faults:
        faults += _dropped(name, loaded, len(entries))
    if faults:
        raise SuiteBroken(f"{path}: " + "; ".join(faults))
    return Suite(name, path, hashlib.sha256(content).hexdigest(), tuple(loaded))


def build(name: str, rules: tuple[Rule, ...] | list[Rule]) -> ExpectationSuite:
    """The rules as a GX suite. SuiteBroken when GX dropped one."""
    suite = ExpectationSuite(name=name, expectations=[rule.expectation() for rule in rules])
    if len(suite.expectations) != len(rules):
        raise SuiteBroken(f"{name}: Great Expectations built {len(suite.expectations)} of {len(rules)} rules")
    return suite


def _id_of(entry: Any) -> str:
    meta = entry.get("meta") if isinstance(entry, dict) else None
    return str(meta.get("rule_id", "no rule_id")) if isinstance(meta, dict) else "no meta"


def _rule(entry: dict[str, Any]) -> Rule:
    return Rule(type=entry["type"], kwargs=entry["kwargs"], severity=entry["severity"], **entry["meta"])


def _shape_faults(entry: Any, entity: str) -> list[str]:
    """What is wrong with the entry as JSON."""
    if not isinstance(entry, dict) or set(entry) != _RULE_KEYS or not isinstance(entry["meta"], dict):
        return [f"needs exactly {sorted(_RULE_KEYS)}"]
    meta, kwargs, faults = entry["meta"], entry["kwargs"], []
    if unknown := set(meta) - _META_KEYS:
        faults.append(f"unknown in meta: {sorted(unknown)}")
    for text in (t for t in _TEXTS if not str(meta.get(t) or "").strip()):
        faults.append(f"meta.{text} is missing")
    rule_id = str(meta.get("rule_id"))
    if not _RULE_ID.fullmatch(rule_id) or not rule_id.startswith(f"{entity}.") or len(rule_id) > 120:
        faults.append(f"meta.rule_id must be unique and begin with {entity}.")
    for where, value, allowed in (
        ("severity", entry["severity"], SEVERITIES),
        ("meta.stage", meta.get("stage"), STAGES),
        ("meta.on_failure", meta.get("on_failure", "quarantine"), OUTCOMES),
    ):
        if value not in allowed:
            faults.append(f"{where} is {value!r}, not one of {', '.join(allowed)}")
    if not isinstance(kwargs, dict) or not ({"column", "column_list"} & set(kwargs)):
        faults.append("kwargs name no column")
    else:
        if {"mostly", "row_condition"} & set(kwargs):
            faults.append("mostly and row_condition would let rows pass unseen")
        if "$" in str(kwargs.get("regex", "")):
            faults.append("end a regex with \\Z: $ also takes a line break, and costs the fast engine")
    return faults


def _rule_faults(rule: Rule, direction: str, entity: str) -> list[str]:
    """What is wrong with the rule for GX, for the frame of its stage, and for those who read its messages."""
    faults = []
    try:
        if not isinstance(rule.expectation(), ColumnMapExpectation | MulticolumnMapExpectation):
            faults.append(f"{rule.type} names no rows; only rules that judge each row can gate")
    except Exception as error:  # GX raises half a dozen unrelated kinds
        faults.append(" ".join(f"{rule.type}: {type(error).__name__}: {error}".split()))
    if (direction, entity) == INVENTORY:
        payload = set(INVENTORY_COLUMNS)
    else:
        payload = {c.name for c in queue_for(entity, READERS[direction]).columns}
    known = payload | set(ROW_HELPERS) if rule.stage == "row" else set(SET_HELPERS)
    if strange := [c for c in rule.columns if c not in known]:
        faults.append(f"no column {', '.join(strange)} in the frame of stage {rule.stage}")
    shows_value = "{" in rule.message_es + rule.message_en
    if shows_value and (not rule.columns[0].startswith("_") or len(rule.columns) > 1):
        faults.append("a message must not show the value of a payload column")
    for message in (rule.message_es, rule.message_en):
        if re.search(r"[{}]", message.replace("{value}", "")):
            faults.append("a message may hold {value} and no other braces")
    return faults


def _repeats(rules: list[Rule]) -> list[str]:
    ids = Counter(rule.rule_id for rule in rules)
    checks = Counter((rule.type, json.dumps(rule.kwargs, sort_keys=True), rule.stage) for rule in rules)
    return [f"rule_id {i} stands {n} times" for i, n in ids.items() if n > 1] + [
        f"{kind} {kwargs} stands {n} times" for (kind, kwargs, _), n in checks.items() if n > 1
    ]


def _dropped(name: str, rules: list[Rule], stated: int) -> list[str]:
    built = len(build(name, rules).expectations)
    return [] if built == stated else [f"Great Expectations built {built} of {stated} rules"]
