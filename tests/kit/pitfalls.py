"""Which pitfall (P…) or history (H…) of the design has which test, on which engine pairs.

A test says it by its name (`test_p01_…`, `test_h02_p28_…`), by the beginning of its docstring or its module's
(`P5, H6: …`), or by a comment on its `def` line. What an engine cannot show is marked with `not_expressible`, with
the reason. `docs/pitfalls.md` is made from that: `PYTHONPATH=tests:plugins python -m kit.pitfalls`; a test compares.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from kit import PAIRS

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs" / "pitfalls.md"
_IN_NAME = re.compile(r"^test_((?:[ph]\d+_)+)")
_IN_DOCSTRING = re.compile(r"^([PH]\d+(?:, [PH]\d+)*):")
_IN_COMMENT = re.compile(r"#\s*([PH]\d+(?:, [PH]\d+)*)\s*$")

# The design's lists, as far as both directions go, in their order.
TITLES = {
    "P1": "late commit: an older id commits after a newer one was read",
    "P2": "a row commits between our SELECT and our DELETE",
    "P3": "a row is inserted between two reads of one run",
    "P4": "ids start again after TRUNCATE, reseed or restore",
    "P5": "crash at every step",
    "P6": "two runs at once; a paused run that wakes up",
    "P7": "a stuck worker holds the lock; a row that kills its worker",
    "P8": "one poison row among 10,000",
    "P9": "echo: one change comes back again and again",
    "P10": "Pedidos_Estados is read by both sides",
    "P11": "both sides change one customer in the same cycle",
    "P12": "child before parent, four levels deep; a cycle",
    "P13": "torn order: header now, lines later",
    "P14": "one key many times in one batch",
    "P15": "state regression, repeats, unknown states",
    "P16": "an order edited after the ERP took it",
    "P17": "the same order delivered twice, in parallel",
    "P20": "type fidelity",
    "P21": "compare noise; planted damage",
    "P23": "an empty or failed read is not “all deleted”",
    "P24": "long deletes and locks",
    "P27": "the last unit, fifty buyers at once; the stock procedure is down",
    "P28": "stale stock",
    "P29": "no error, but nothing syncs",
    "P30": "a retry that nobody sees",
    "P31": "mail exactly once per order and state",
    "P32": "schema drift overnight",
    "P34": "growth: thirty days of one-minute runs",
    "H1": "a run killed half-way is cleared after a later run",
    "H2": "an older version commits after the newer one was applied",
    "H3": "truncated and filled again under the same ids between receive and clear",
    "H4": "a row changes under its id between receive and clear",
    "H5": "the queue is restored, also after the inbox was pruned",
    "H6": "crash after land before clear, and after the delete before its mark",
    "H7": "the bulk load truncates, mangles or skips with a mere warning",
    "H8": "a local edit after capture is not hidden by an apply",
    "H9": "a record changes while capture runs",
    "H10": "rows locked or moving during capture's scan",
    "H11": "mass change: all vanish, stock emptied, a queue of zeros",
    "H12": "each side edits the same customer, and both rows cross",
    "H13": "the customer edits the phone before the ERP’s answer with the new id arrives",
    "H14": "a restored platform issues an event id again with other content",
    "H15": "one side is restored to an older time",
    "H17": "first start against a system with years of data",
    "H18": "companies that share a generic RFC; branches that share an RFC",
    "H19": "stock not yet lowered for an order that the ERP has; stock lowered before it is confirmed",
    "H20": "ACEPTADO is read before RECIBIDO was said",
    "H21": "the shop edits an order before the ERP reads it; a free line is missing",
    "H22": "a SKU moves between products; two claim it",
    "H23": "two links with identical rows and ids",
    "H24": "SMTP drops the connection after the message was accepted",
    "H25": "swap of unique values in one chunk; a constraint refuses one row",
}


def not_expressible(pairs: str, reason: str) -> pytest.MarkDecorator:
    """Skip the pairs that match the pattern (`sqlite-*`), because the engine cannot show what is tested."""
    return pytest.mark.not_expressible(pairs, reason)


def reason_not_expressible(node: pytest.Item, pair: str) -> str | None:
    """Why `node` says nothing on `pair`, or None."""
    for mark in node.iter_markers("not_expressible"):
        if fnmatch(pair, mark.args[0]):
            return f"not expressible: {mark.args[1]}"
    return None


@dataclass
class Line:
    """One test of one pitfall. `pairs` maps a pair to '' or to the reason why it is left out."""

    pitfall: str
    test: str
    file: str
    pairs: dict[str, str] = field(default_factory=dict)  # empty: the test has no engine pair of its own


def collect(folder: Path = TESTS) -> list[Line]:
    """Every test that names a pitfall, by pitfall, file and place in the file."""
    lines = []
    shared = _fixtures(folder / "conftest.py")
    for path in sorted(folder.rglob("test_*.py")):
        source = path.read_text(encoding="utf-8")
        module = ast.parse(source)
        fixtures = shared | _fixtures(path.parent / "conftest.py") | _fixtures(path)
        texts = _constants(module)
        for node in module.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for pitfall in _named(node, source.splitlines(), ast.get_docstring(module)):
                    pairs = _pairs(node, fixtures, texts)
                    lines.append(Line(pitfall, node.name, str(path.relative_to(folder)), pairs))
    order = {pitfall: place for place, pitfall in enumerate(TITLES)}
    return sorted(lines, key=lambda line: (order.get(line.pitfall, 999), line.pitfall))


def _named(node: ast.FunctionDef, source: list[str], of_module: str | None) -> list[str]:
    if match := _IN_NAME.match(node.name):
        return [f"{name[0].upper()}{int(name[1:])}" for name in match[1].strip("_").split("_")]
    comment = _IN_COMMENT.search(source[node.lineno - 1])
    for match in (comment, *(_IN_DOCSTRING.match(text or "") for text in (ast.get_docstring(node), of_module))):
        if match:
            return match[1].split(", ")
    return []


Fixture = tuple[tuple[str, ...], list[str]]  # the engine pairs it runs on, and the fixtures that it asks for


def _fixtures(path: Path) -> dict[str, Fixture]:
    """The fixtures of a file by name."""
    if not path.exists():
        return {}
    module = ast.parse(path.read_text(encoding="utf-8"))
    constants = {"PAIRS": PAIRS, **_constants(module)}
    found: dict[str, Fixture] = {}
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and "fixture" in " ".join(map(ast.unparse, node.decorator_list)):
            calls = [d for d in node.decorator_list if isinstance(d, ast.Call)]
            params = [k.value for call in calls for k in call.keywords if k.arg == "params"]
            values = _value(params[0], constants) if params else ()
            pairs = tuple(pair for v in values or () for pair in (v, f"{v}-{v}") if pair in PAIRS)
            found[node.name] = (pairs, [argument.arg for argument in node.args.args])
    return found


def _constants(module: ast.Module) -> dict[str, Any]:
    """What the file's plain assignments give names to, as far as literals go."""
    assigned = [node for node in module.body if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)]
    return {ast.unparse(node.targets[0]): _value(node.value, {}) for node in assigned}


def _value(node: ast.expr, constants: dict[str, Any]) -> Any:
    """A literal's value or that of a name; None for anything else."""
    try:
        return ast.literal_eval(node)
    except ValueError:
        return constants.get(ast.unparse(node))


def _pairs(node: ast.FunctionDef, fixtures: dict[str, Fixture], constants: dict[str, Any]) -> dict[str, str]:
    calls = [d for d in node.decorator_list if isinstance(d, ast.Call)]
    left_out = [
        [_value(argument, constants) for argument in call.args]
        for call in calls
        if ast.unparse(call.func) == "not_expressible"
    ]
    runs_on = _runs_on([argument.arg for argument in node.args.args], fixtures)
    return {
        pair: next((why for glob, why in left_out if fnmatch(pair, glob)), "") if pair in runs_on else "not run here"
        for pair in PAIRS
        if runs_on
    }


def _runs_on(names: list[str], fixtures: dict[str, Fixture]) -> tuple[str, ...]:
    for name in names:
        pairs, further = fixtures.get(name, ((), []))
        if pairs := pairs or _runs_on(further, fixtures):
            return pairs
    return ()


# ---------------------------------------------------------------- the page
def render(lines: list[Line] | None = None) -> str:
    """The page `docs/pitfalls.md`."""
    lines = collect() if lines is None else lines
    notes: list[str] = []
    out = [
        "# Pitfalls and histories, and the tests that guard against them",
        "",
        "Generated from the tests by `PYTHONPATH=tests:plugins python -m kit.pitfalls`; a test fails when it is out of",
        "date. The pairs are ERP → platform; mssql → mariadb runs where `PUENTE_TEST_MSSQL` names a server.",
        "`yes`: the test runs there. `–`: it is not run there. A number: the engine cannot show it, for the reason",
        "below. `any`: the test has no engine pair of its own.",
        "",
        "| | pitfall | test | " + " | ".join(pair.replace("-", " → ") for pair in PAIRS) + " |",
        "| --- | --- | --- | " + " | ".join("---" for _ in PAIRS) + " |",
    ]
    seen = ""
    for line in lines:
        first = "" if line.pitfall == seen else line.pitfall
        title = TITLES.get(line.pitfall, "") if first else ""
        seen = line.pitfall
        cells = [_cell(line.pairs.get(pair), notes) for pair in PAIRS]
        link = f"[`{line.test}`](../tests/{line.file})"
        out.append(f"| {first} | {title} | {link} | {' | '.join(cells)} |")
    out += ["", "Not expressible:", "", *(f"{number}. {note}" for number, note in enumerate(notes, start=1))]
    missing = [pitfall for pitfall in TITLES if pitfall not in {line.pitfall for line in lines}]
    if missing:
        out += ["", f"Without a test: {', '.join(missing)}."]
    return "\n".join(out) + "\n"


def _cell(reason: str | None, notes: list[str]) -> str:
    if reason is None:
        return "any"
    if reason in ("", "not run here"):
        return "–" if reason else "yes"
    if reason not in notes:
        notes.append(reason)
    return str(notes.index(reason) + 1)


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
    print(f"{PAGE} written")
