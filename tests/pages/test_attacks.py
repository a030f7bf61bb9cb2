"""What other sites, texts from an ERP, addresses and filters must not be able to do."""

from __future__ import annotations

import csv
import io

import pytest

from pages.conftest import Pages
from pages.matrix import MATRIX
from pages.scene import MARKUP, NO_DATE

CHANGES = [case.path for (method, _), case in MATRIX.items() if method != "GET"]
SQL = ("' OR '1'='1", "1; DROP TABLE puente_ledger--", "main' UNION SELECT 1--", '" OR ""="')


# ---------------------------------------------------------------- other sites' requests
@pytest.mark.parametrize(
    "headers, status",
    [
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": None}, 403),  # an old browser says no more
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": None}, 403),
        ({"Origin": None, "Sec-Fetch-Site": None}, 403),
        ({"Origin": None, "Sec-Fetch-Site": None, "Authorization": "Basic b3A6b3A="}, 403),
        ({"Origin": None, "Sec-Fetch-Site": None, "Authorization": "Bearer junk"}, 403),  # beside a good cookie
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "application/json", "Origin": "", "Sec-Fetch-Site": ""}, 403),
    ],
)
def test_a_change_asked_for_by_another_site_is_refused(
    pages: Pages, headers: dict[str, str | None], status: int
) -> None:
    for path in CHANGES:
        answer = pages.ask("op", path, method="POST", headers=headers, content="{}")
        assert answer.status_code == status, path


@pytest.mark.parametrize(
    "headers, status",
    [
        ({}, 422),
        ({"Sec-Fetch-Site": None}, 422),  # a browser from before that header, or a page without TLS
        ({"Host": "api-server:8080"}, 422),  # a proxy that passes its own name on, as nginx does when told nothing
        ({"Host": "api-server:8080", "Sec-Fetch-Site": None}, 403),
    ],
)
def test_a_change_asked_for_by_our_own_page_arrives(pages: Pages, headers: dict[str, str | None], status: int) -> None:
    """It gets as far as its body, which means nothing. Also behind a proxy with TLS."""
    for path in CHANGES:
        assert pages.ask("op", path, method="POST", headers=headers, content="{}").status_code == status, path


def test_nothing_is_changed_by_get(pages: Pages) -> None:
    for path in CHANGES:
        answer = pages.ask("op", path)
        assert answer.status_code in (404, 405) or ("GET", path) in {(m, c.path) for (m, _), c in MATRIX.items()}


def test_every_answer_forbids_what_the_pages_do_not_need(pages: Pages) -> None:
    for role, path in ((None, "/"), ("nobody", "/"), ("op", "/"), ("op", "/nothing"), ("op", "/ledger.csv")):
        headers = pages.ask(role, path, page=True).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe-inline" not in policy and "frame-ancestors 'self'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


# ---------------------------------------------------------------- texts that came with the data
def test_markup_in_data_is_text(pages: Pages) -> None:
    seen = 0
    for path in ("/", "/needs/conflicts", "/needs/orders", "/needs/traffic", "/needs/mails", "/ledger"):
        text = pages.ask("op", path, page=True).text
        assert "<script>document" not in text and "<img" not in text, path
        assert "<b>Reparar" not in text
        seen += "&lt;script&gt;" in text
    assert seen >= 3  # the status page's pause, a conflict, an order


def test_a_date_that_is_none_is_a_dash(pages: Pages) -> None:
    """A vendor's text, in a queue and of a row that was applied: it takes no page away."""
    with pages.world.erp.begin() as conn:
        category = {"ID_Categoria": "C7", "Nombre": "En la cola", "Fecha_Creacion": NO_DATE}
        number = conn.execute(pages.world.queue_table("categories").insert(), category).inserted_primary_key[0]
    try:
        page = pages.ask("viewer", "/", page=True)
        assert page.status_code == 200 and 'title="La más vieja">—</span>' in page.text
        for key in ("P3", "P7"):
            answer = pages.ask("op", f"/trace?what=product&key={key}", page=True)
            assert answer.status_code == 200 and key in answer.text, key
    finally:
        pages.world.erp_sql(f"DELETE FROM Categorias_Productos WHERE ID_Registro = {number}")


def test_a_refusal_does_not_repeat_markup(pages: Pages) -> None:
    for path in (f"/{MARKUP}", f"/?link={MARKUP[:30]}", f"/ledger?entity={MARKUP}", f"/needs/{MARKUP}"):
        answer = pages.ask("op", path, page=True)
        assert answer.status_code in (404, 422)
        assert "<script>document" not in answer.text and "<img" not in answer.text, path


def test_no_cell_of_the_csv_is_a_formula(pages: Pages) -> None:
    with pages.world.platform.begin() as conn:
        conn.exec_driver_sql("UPDATE puente_ledger SET run_id = '=HYPERLINK(1)' WHERE seq = 1")
    try:
        rows = list(csv.DictReader(io.StringIO(pages.ask("op", "/ledger.csv").content.decode("utf-8-sig"))))
    finally:
        with pages.world.platform.begin() as conn:
            conn.exec_driver_sql("UPDATE puente_ledger SET run_id = 'r1' WHERE seq = 1")
    assert rows[-1]["run_id"] == "'=HYPERLINK(1)"
    assert [int(row["seq"]) for row in rows] == list(range(len(rows), 0, -1))


# ---------------------------------------------------------------- addresses and filters
@pytest.mark.parametrize(
    "name", ["../app.py", "..%2fapp.py", "%2e%2e/%2e%2e/settings.py", "style.css%00", "/etc/passwd"]
)
def test_only_the_pages_own_files_are_served(pages: Pages, name: str) -> None:
    answer = pages.ask("op", f"/assets/{name}")
    assert answer.status_code == 404
    assert b"import" not in answer.content and b"root:" not in answer.content


@pytest.mark.parametrize("text", SQL)
def test_sql_in_a_filter_is_a_value(pages: Pages, text: str) -> None:
    everything = pages.ask("op", "/ledger", page=True).text.count("<tr ")
    assert everything > 2
    for name in ("entity", "direction"):
        assert pages.ask("op", "/ledger", params={name: text}).status_code == 422
    nothing = pages.ask("op", "/ledger", params={"run": text}, page=True)
    assert nothing.status_code == 200 and nothing.text.count("<tr ") == 0
    for name in ("first", "last"):
        for day in (text[:10], "9999-12-31", "0001-01-01", "2026-02-30"):
            assert pages.ask("op", "/ledger", params={name: day}, page=True).status_code == 200
    assert pages.ask("op", "/", params={"link": text[:40]}).status_code == 404
    assert pages.ask("op", "/ledger", page=True).text.count("<tr ") == everything
