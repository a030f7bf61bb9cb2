"""Every route, asked as nobody at all, nobody, viewer, auditor, user and op."""

from __future__ import annotations

import httpx
import pytest

from pages.conftest import Pages
from pages.matrix import BODY, DECIDE, DOCS, MATRIX, READ, ROLES, table
from pages.scene import COMPANY, MAIL, PERSON
from puente.monitor.needs_texts import TEXTS as NEEDS
from puente.sync import quarantine


def test_every_route_is_in_the_matrix(pages: Pages) -> None:
    assert set(pages.routes) == set(MATRIX)


def test_the_docs_show_the_matrix() -> None:
    assert table() in DOCS.read_text(encoding="utf-8")  # else: PYTHONPATH=tests:plugins python -m pages.matrix


@pytest.mark.parametrize("role", ROLES, ids=str)
def test_what_a_role_may_ask_for(pages: Pages, role: str | None) -> None:
    wrong = {}
    for (method, template), case in MATRIX.items():
        status = pages.ask(role, case.path, method=method, **({} if method == "GET" else {"json": BODY})).status_code
        if status != case.answers[role]:
            wrong[method, template] = (status, case.answers[role])
    assert not wrong
    assert quarantine.show_row(pages.world.route("products"), 6).decisions == []
    assert quarantine.show_batch(pages.world.bridge, "platform", 2).decisions == []


def test_only_those_who_decide_change_anything() -> None:
    assert all(case.answers == DECIDE for (method, _), case in MATRIX.items() if method != "GET")
    assert READ["auditor"] == 200
    assert DECIDE["auditor"] == 403


# ---------------------------------------------------------------- Airflow's own API
RUN = "/dags/full_inventory/dagRuns/manual__awaiting_input"
FIRST = {"dag_run_id": "manual__failed", "only_failed": True, "dry_run": True}
CHANGES = (  # method, address, body; none of it does anything where it is let through
    ("POST", "/dags/erp_to_platform/dagRuns", {"logical_date": "no date"}, 422),
    ("POST", "/dags/erp_to_platform/clearTaskInstances", FIRST, 200),
    ("PATCH", "/dags/erp_to_platform?update_mask=is_paused", {"is_paused": "perhaps"}, 422),
    ("GET", "/connections", None, 200),
    ("POST", "/connections", {}, 422),
    ("GET", "/variables", None, 200),
    ("POST", "/variables", {}, 422),
    ("PATCH", f"{RUN}/taskInstances/approve/-1/hitlDetails", {}, 422),
)


@pytest.mark.parametrize("method, path, body, may", CHANGES, ids=lambda value: value if isinstance(value, str) else "")
def test_an_auditor_changes_nothing_in_airflow(
    pages: Pages, method: str, path: str, body: dict[str, str] | None, may: int
) -> None:
    """The role as `python -m puente roles` makes it, and Op beside it, so that a wrong address does not pass."""
    for role, status in (("auditor", 403), ("op", may)):
        assert airflow(pages, role, path, method=method, body=body) == status, role


def test_an_auditor_reads_airflows_audit_log_and_runs(pages: Pages) -> None:
    for path in ("/eventLogs", "/dags/erp_to_platform/dagRuns", f"{RUN}/taskInstances"):
        assert airflow(pages, "auditor", path) == 200, path


def airflow(pages: Pages, role: str, path: str, *, method: str = "GET", body: dict[str, str] | None = None) -> int:
    headers = {"Authorization": f"Bearer {pages.token(role)}"}
    return httpx.request(method, f"{pages.base}/api/v2{path}", headers=headers, json=body, timeout=30).status_code


# ---------------------------------------------------------------- sessions
def test_a_forged_or_foreign_session_is_none(pages: Pages) -> None:
    for token in ("", "x", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."):
        answer = httpx.get(f"{pages.base}/puente/", cookies={"_token": token})
        assert answer.status_code in (401, 403), token
        answer = httpx.get(f"{pages.base}/puente/", cookies={"_token": token}, headers={"Accept": "text/html"})
        assert answer.status_code == 303 and "/auth/login?" in answer.headers["location"]


def test_a_person_without_a_session_is_led_to_the_login_and_back(pages: Pages) -> None:
    answer = pages.ask(None, "/ledger?direction=platform_to_erp", page=True)
    assert answer.status_code == 303
    assert answer.headers["location"] == (
        "/api/v2/auth/login?next=%2Fpuente%2Fledger%3Fdirection%3Dplatform_to_erp"
    )  # fmt: skip


@pytest.mark.parametrize("role", ["viewer", "auditor", "user"])
def test_peoples_data_is_for_those_who_may_see_it(pages: Pages, role: str) -> None:
    for kind in ("conflicts", "orders", "mails"):
        answer = pages.ask(role, f"/needs/{kind}", page=True)
        assert answer.status_code == 200
        assert (MAIL in answer.text) == (role != "viewer"), kind


def test_keys_of_people_are_for_those_who_may_see_them(pages: Pages) -> None:
    """On every page that there is, and where something of a person waits."""
    paths = [case.path for (method, _), case in MATRIX.items() if method == "GET"]
    paths += [f"/needs/{kind}" for kind in NEEDS["es"]["heading"]]
    paths += [f"/validations/rows?entity={entity}" for entity in ("companies", "contacts")]
    paths.append("/validations/rows/platform/contacts/2")  # the scene's contact of an unknown company
    shown = set()
    for path in paths:
        hidden = pages.ask("viewer", path, page=True).text
        assert not [word for word in (PERSON, COMPANY, MAIL) if word in hidden], path
        seen = pages.ask("auditor", path, page=True).text
        shown |= {path for word in (PERSON, COMPANY) if word in seen}
    assert shown == {"/needs/conflicts", "/validations/rows?entity=contacts", "/validations/rows/platform/contacts/2"}


def test_a_link_that_is_not_there(pages: Pages) -> None:
    assert pages.ask("op", "/?link=../main").status_code == 404
    assert pages.ask("nobody", "/?link=norte").status_code == 403
