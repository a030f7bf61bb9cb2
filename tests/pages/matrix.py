"""Who may ask for what: every route of the pages has an entry here, or `test_rights` fails.

An answer is 200 for "may", else the status. What changes something is asked with a body that is whole, but about what
waits for no decision (a row that was seen otherwise, a batch behind no closed gate): 409 for "may"; nothing is done.
"""

from __future__ import annotations

from dataclasses import dataclass

from puente.settings import ROOT

ROLES = (None, "nobody", "viewer", "auditor", "user", "op")
BODY = {"why": "prueba", "seen": "otherwise:1"}
NOT_WAITING = 409

PEOPLE = dict(zip(ROLES, (401, 200, 200, 200, 200, 200), strict=True))
READ = dict(zip(ROLES, (401, 403, 200, 200, 200, 200), strict=True))
READ_RAW = dict(zip(ROLES, (401, 403, 403, 200, 200, 200), strict=True))
DECIDE = dict(zip(ROLES, (401, 403, 403, 403, NOT_WAITING, NOT_WAITING), strict=True))


@dataclass(frozen=True)
class Case:
    """An address to ask for, and the answer by role."""

    path: str
    answers: dict[str | None, int]


MATRIX: dict[tuple[str, str], Case] = {
    ("GET", "/assets/{name}"): Case("/assets/style.css", PEOPLE),
    ("GET", "/"): Case("/", READ),
    ("GET", "/needs/{kind}"): Case("/needs/conflicts", READ),
    ("GET", "/runbooks/{name}"): Case("/runbooks/gate_closed.md", PEOPLE),
    ("GET", "/ledger"): Case("/ledger", READ),
    ("GET", "/ledger.csv"): Case("/ledger.csv", READ),
    ("GET", "/validations"): Case("/validations", READ),
    ("GET", "/validations/rows"): Case("/validations/rows", READ),
    ("GET", "/validations/chain"): Case("/validations/chain", READ),
    ("GET", "/validations/{reader}/{batch_id}"): Case("/validations/platform/2", READ),
    ("GET", "/validations/{reader}/{batch_id}/report.json"): Case("/validations/platform/2/report.json", READ),
    ("GET", "/validations/rows/{reader}/{entity}/{inbox_id}"): Case("/validations/rows/platform/products/6", READ),
    ("POST", "/validations/rows/{reader}/{entity}/{inbox_id}/{deed}"): Case(
        "/validations/rows/platform/products/6/release", DECIDE
    ),
    ("POST", "/validations/{reader}/{batch_id}/{deed}"): Case("/validations/platform/2/release", DECIDE),
    ("GET", "/trace"): Case("/trace?key=1234", READ),
}


DOCS = ROOT / "docs" / "pages.md"
START, END = "<!-- the matrix: PYTHONPATH=tests:plugins python -m pages.matrix -->", "<!-- end -->"
_NAMES = ("no session", "no role", "Viewer", "Auditor", "User", "Op")


def table() -> str:
    """The matrix as the docs show it."""
    lines = ["| route | " + " | ".join(_NAMES) + " |", "| --- |" + " --- |" * len(_NAMES)]
    for (method, path), case in MATRIX.items():
        signs = ["login" if status == 401 else "–" if status == 403 else "✓" for status in case.answers.values()]
        lines.append(f"| `{method} {path}` | " + " | ".join(signs) + " |")
    return "\n".join(lines)


def main() -> None:
    before, rest = DOCS.read_text(encoding="utf-8").split(START)
    after = rest.split(END)[1]
    DOCS.write_text(f"{before}{START}\n{table()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
