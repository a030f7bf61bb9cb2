"""Who may ask for what: every route of the pages has an entry here, or `test_rights` fails.

An answer is 200 for "may", else the status. `OK` stands for whatever is not a refusal, for what changes something: it
is asked with a body that means nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

ROLES = (None, "nobody", "viewer", "auditor", "user", "op")
OK = 0

PEOPLE = dict(zip(ROLES, (401, 200, 200, 200, 200, 200), strict=True))
READ = dict(zip(ROLES, (401, 403, 200, 200, 200, 200), strict=True))
READ_RAW = dict(zip(ROLES, (401, 403, 403, 200, 200, 200), strict=True))
DECIDE = dict(zip(ROLES, (401, 403, 403, 403, OK, OK), strict=True))


@dataclass(frozen=True)
class Case:
    """An address to ask for, and the answer by role."""

    path: str
    answers: dict[str | None, int]


MATRIX: dict[tuple[str, str], Case] = {
    ("GET", "/assets/{name}"): Case("/assets/style.css", PEOPLE),
    ("GET", "/"): Case("/", READ),
    ("GET", "/needs/{kind}"): Case("/needs/conflicts", READ),
    ("GET", "/ledger"): Case("/ledger", READ),
    ("GET", "/ledger.csv"): Case("/ledger.csv", READ),
    ("GET", "/ledger/verify"): Case("/ledger/verify", {**READ, **dict.fromkeys(ROLES[2:], 303)}),
}
