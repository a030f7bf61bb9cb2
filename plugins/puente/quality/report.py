"""Validation reports: sealed JSON, and a page for people rendered from it. One pair per batch and try.

The JSON is `{"report": {…}, "sha256": …, "hmac": …}` in canonical form (UTF-8, sorted keys, no blanks). `sha256`
is over the canonical form of `report`; `hmac`, there only when a key is set, is HMAC-SHA256 over the same bytes.
A report holds counts and rule names, never a row's values: whoever writes one keeps personal data out of it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import jinja2

from puente.contract import ENTITIES
from puente.files import write_whole
from puente.problems import Problem
from puente.quality.pages import PAGE, STYLE, page
from puente.quality.report_texts import TEXTS
from puente.quality.seal import canonical, seal

if TYPE_CHECKING:  # reading a report must not cost the import of Great Expectations
    from puente.quality.suites import Suite

Language = Literal["es", "en"]
Verdict = Literal["passed", "passed_with_quarantine", "closed"]

FORMAT = 1  # of the JSON; raised when a field changes meaning
_TEMPLATE = Path(__file__).parent / "templates" / "report.html"
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|\+00:00)")
_COUNTS = ("rows_in", "accepted", "rejected", "held", "superseded", "deletions", "ledger_count")


@dataclass(frozen=True)
class RuleCount:
    """How often one rule was asked and failed in the batch. `note` says why the rule exists."""

    rule_id: str
    severity: str
    stage: str
    evaluated: int
    failed: int
    note: str
    message_es: str = ""
    message_en: str = ""
    on_failure: str = "quarantine"  # or 'hold'


@dataclass
class ReportData:
    """One batch and what the gate said of it. Counts are rows; moments are UTC, ISO 8601 with milliseconds.

    rows_in = accepted + rejected + held + superseded. `deletions` says how many of them were `D` rows. In a
    closed batch nothing is accepted: its rows count as rejected until a person releases or discards them.
    """

    link_id: str
    direction: str
    entity: str
    batch_id: int
    run_id: str
    task_id: str
    try_number: int
    started_at: str
    finished_at: str
    suite: str
    suite_sha256: str
    versions: dict[str, str]  # puente, great_expectations, pandas, python
    verdict: Verdict
    rows_in: int
    accepted: int
    rejected: int
    held: int = 0
    superseded: int = 0
    deletions: int = 0
    per_rule: list[RuleCount] = field(default_factory=list)
    batch_failures: list[str] = field(default_factory=list)
    ledger_head: str = ""
    ledger_count: int = 0


def rule_counts(suite: Suite, counts: Mapping[str, tuple[int, int]]) -> list[RuleCount]:
    """Every rule of the suite with its (evaluated, failed) from `counts` by rule_id; (0, 0) where it did not run."""
    return [
        RuleCount(
            rule.rule_id, rule.severity, rule.stage, *counts.get(rule.rule_id, (0, 0)),
            note=rule.notes, message_es=rule.message_es, message_en=rule.message_en,
            on_failure=rule.on_failure,
        )
        for rule in suite.rules
    ]  # fmt: skip


def write_report(data: ReportData, root: Path, language: str, seal_key: bytes | None) -> Path:
    """Write `<root>/<link>/<entity>/<batch>-try<N>.json` and its `.html`; returns the JSON's path.

    What the ERP reads is called `<batch>-erp-try<N>`: each side numbers its own batches, and both read some entities.
    Each file appears whole or not at all, the JSON last. Writing the same batch and try again replaces both.
    ValueError when the numbers do not add up or a part of the path is not a plain name.
    """
    faults = _faults(asdict(data))
    if language not in get_args(Language):
        faults.append(f"language {language!r}")
    if faults:
        raise ValueError("not a report: " + "; ".join(faults))
    path = report_path(root, data.link_id, data.direction, data.entity, data.batch_id, data.try_number)
    body = {**asdict(data), "format": FORMAT, "language": language, "page": _page_version()}
    document = {"report": body, **seal(body, seal_key)}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path.with_suffix(".html"), render_html(document).encode())
    write_whole(path, canonical(document))
    return path


def report_path(root: Path, link_id: str, direction: str, entity: str, batch_id: int, try_number: int) -> Path:
    """Where the JSON of a batch's try lies. ValueError when a part could lead out of `root`."""
    if not _SAFE.fullmatch(link_id) or entity not in ENTITIES or not _is_count(batch_id) or not _is_count(try_number):
        raise ValueError(f"not a report's path: {link_id!r}, {entity!r}, {batch_id!r}, {try_number!r}")
    path = root / _place(
        {
            "link_id": link_id, "direction": direction, "entity": entity, "batch_id": batch_id,
            "try_number": try_number,
        }
    )  # fmt: skip
    if not path.resolve().is_relative_to(root.resolve()):
        raise ValueError(f"{path} leads out of {root}")
    return path


def verify_report(path: Path, seal_key: bytes | None) -> list[Problem]:
    """What is wrong with a written report; empty when it is as it was sealed.

    Without a key only the hash is checked, which shows accidents but not a forger. The page is compared with
    what the JSON renders to, where this version still has the template that it was made with.
    """
    try:
        content = path.read_bytes()
        document = json.loads(content)
        body = document["report"]
        faults = _faults(body)
        sealed = seal(body, seal_key)
        regular = canonical(document)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return [Problem("unreadable", name=path.name, error=type(error).__name__)]
    problems = [Problem("contradiction", fault=fault) for fault in faults]
    if regular != content:
        problems.append(Problem("not_canonical"))
    if document.get("sha256") != sealed["sha256"]:
        problems.append(Problem("hash"))
    if seal_key is not None:
        if "hmac" not in document:
            problems.append(Problem("no_seal"))
        elif not hmac.compare_digest(str(document["hmac"]), sealed["hmac"]):
            problems.append(Problem("seal"))
    if not problems and path.absolute().parts[-3:] != _place(body).parts[-3:]:
        problems.append(Problem("misplaced", place=_place(body)))
    return problems or _page_problems(path.with_suffix(".html"), document)


def render_html(document: dict[str, Any]) -> str:
    """The page of a sealed document, in its own language, without anything from outside."""
    report = document["report"]
    texts = TEXTS[report["language"]]
    order = {"critical": 0, "warning": 1, "info": 2}
    rules = sorted(report["per_rule"], key=lambda rule: (rule["failed"] == 0, order.get(rule["severity"], 3)))
    return page(_TEMPLATE).render(
        r=report, t=texts, rules=rules, sha256=document["sha256"], sealed="hmac" in document,
        message="message_" + report["language"], number=lambda value: f"{value:,}",
    )  # fmt: skip


def _place(report: dict[str, Any]) -> Path:
    """The JSON's path below the root: link/entity/file."""
    reader = "-erp" if report["direction"] == "platform_to_erp" else ""
    name = f"{report['batch_id']:08d}{reader}-try{report['try_number']}.json"
    return Path(report["link_id"], report["entity"], name)


def _faults(report: dict[str, Any]) -> list[str]:
    """Why these cannot be the numbers of a batch."""
    faults = [f"{name} is {report[name]!r}" for name in _COUNTS if not _is_count(report[name])]
    if faults:
        return faults
    parts = ("accepted", "rejected", "held", "superseded")
    if report["rows_in"] != sum(report[name] for name in parts):
        told = " + ".join(f"{name} {report[name]}" for name in parts)
        faults.append(f"rows_in {report['rows_in']} is not {told}")
    if report["deletions"] > report["rows_in"]:
        faults.append("more deletions than rows")
    if report["verdict"] not in get_args(Verdict):
        faults.append(f"verdict {report['verdict']!r}")
    if report["verdict"] == "passed" and (report["rejected"] or report["batch_failures"]):
        faults.append("passed, yet something was rejected")
    if report["verdict"] == "closed" and (report["accepted"] or not report["batch_failures"]):
        faults.append("closed, yet rows were accepted or no reason is given")
    for name in ("started_at", "finished_at"):
        if not _MOMENT.fullmatch(str(report[name])):
            faults.append(f"{name} {report[name]!r} is not UTC in ISO 8601 with milliseconds")
    for rule in report["per_rule"]:
        if rule["severity"] not in ("critical", "warning", "info") or rule["stage"] not in ("row", "set"):
            faults.append(f"{rule['rule_id']} has severity {rule['severity']!r}, stage {rule['stage']!r}")
        if not (_is_count(rule["evaluated"]) and _is_count(rule["failed"]) and rule["failed"] <= rule["evaluated"]):
            faults.append(f"{rule['rule_id']} failed {rule['failed']!r} of {rule['evaluated']!r}")
    return faults


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _page_problems(written: Path, document: dict[str, Any]) -> list[Problem]:
    if not written.exists():
        return [Problem("page_missing", name=written.name)]
    if document["report"].get("page") != _page_version():
        return []  # another version's template: only the JSON can be judged
    try:
        same = written.read_bytes() == render_html(document).encode()
    except (jinja2.TemplateError, KeyError, TypeError, ValueError):
        same = False  # a field that the page needs is not as we write it
    return [] if same else [Problem("page_differs", name=written.name)]


@cache
def _page_version() -> str:
    """Changes with the template, its style or its texts, so that an old page is not held against a new template."""
    source = b"".join(path.read_bytes() for path in (_TEMPLATE, PAGE, STYLE)) + canonical(TEXTS)
    return hashlib.sha256(source).hexdigest()[:12]
