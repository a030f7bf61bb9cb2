"""Validation reports, rows set aside and traces, asked for and used as people of each role would."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser
from sqlalchemy import insert, select, update

from pages.browsing import chromium, context_of, window
from pages.conftest import Pages
from pages.scene import MAIL, MARKUP
from puente.db import schema
from puente.quality.report import verify_report
from puente.sync import quarantine

WHY = "precio leído de la factura"
BAD = "/validations/rows/platform/products/6"  # the scene's product with a negative price
SQL = ("' OR '1'='1", "1; DROP TABLE puente_batch--", "x' UNION SELECT 1--")


@pytest.fixture(scope="module")
def closed(pages: Pages) -> int:
    """A batch behind a closed gate, and one that the gate has not judged; the number of the first."""
    world = pages.world
    world.put_many("products", [{"key": f"B{n}", "Nombre": MAIL, "Precio_1": "-1"} for n in range(120)])
    world.run("closed")
    row = {"link_id": "main", "reader": "erp", "entity": "companies", "queue": "Empresas", "run_id": "now",
           "status": "open", "opened_at": "2026-11-24T00:00:00.000Z", "rows_landed": 3}  # fmt: skip
    with world.erp.begin() as conn:
        conn.execute(insert(schema.batch).values(**row))
    (found,) = quarantine.list_batches(world.bridge, "platform")
    return int(found["batch_id"])


def text(pages: Pages, role: str, path: str) -> str:
    answer = pages.ask(role, path, page=True)
    assert answer.status_code == 200, (path, answer.text)
    return answer.text


def ask(pages: Pages, role: str, path: str, **body: str) -> tuple[int, dict[str, Any]]:
    answer = pages.ask(role, path, method="POST", json=body)
    return answer.status_code, answer.json()


# ---------------------------------------------------------------- the proof
def test_who_asks_while_the_chain_is_verified_is_told_so_at_once(pages: Pages) -> None:
    """The other link's platform takes connections and never answers: its proof is at work until that is given up."""
    pages.token("viewer")
    told, took, deadline = [], 0.0, time.monotonic() + 20
    while not told and time.monotonic() < deadline:  # a side that has just not answered is not waited for again
        with ThreadPoolExecutor(1) as beside:
            slow = beside.submit(pages.ask, "viewer", "/validations/chain?link=norte")
            time.sleep(0.7)
            if not slow.done():
                started = time.monotonic()
                ask = "/validations/chain?link=norte&lang="
                told = [pages.ask("viewer", ask + language, page=True) for language in ("es", "en")]
                took = time.monotonic() - started
    assert [one.status_code for one in told] == [503, 503] and took < 2
    assert "se está verificando" in told[0].text and "is being verified" in told[1].text
    assert "sin cortes" not in told[0].text and told[0].headers["retry-after"]
    assert text(pages, "viewer", "/validations/chain").count("sin cortes y cuadrados") == 2, "and not for ever"


# ---------------------------------------------------------------- the list
def test_verdicts_are_told_apart_by_words_and_can_be_filtered(pages: Pages, closed: int) -> None:
    every = text(pages, "viewer", "/validations")
    for word in ("Aprobado", "Con filas rechazadas", "Bloqueado", "Sin ejecutar"):
        assert f"</span> {word}</span>" in every, word
    only = text(pages, "viewer", "/validations?verdict=closed&direction=erp_to_platform&entity=products")
    rows = re.findall(r'class="chip (\w+)"', only)
    assert rows == ["closed"] and f"/validations/platform/{closed}" in only
    assert re.findall(r'class="chip (\w+)"', text(pages, "viewer", "/validations?verdict=not_run")) == ["not_run"]
    assert 'class="chip' not in text(pages, "viewer", "/validations?first=2001-01-01&last=2001-01-02")
    assert "Blocked" in text(pages, "viewer", "/validations?lang=en")


@pytest.mark.parametrize("given", SQL)
def test_sql_in_a_filter_is_a_value(pages: Pages, given: str) -> None:
    for name in ("entity", "direction", "verdict", "before"):
        assert pages.ask("op", "/validations", params={name: given}).status_code == 422, name
    for path, name in (("/validations", "first"), ("/validations/rows", "rule"), ("/trace", "key")):
        answer = pages.ask("op", path, params={name: given[:10] if name == "first" else given}, page=True)
        assert answer.status_code == 200, name
    assert "Filas apartadas: Productos" in text(pages, "op", "/validations"), "everything is still there"


def test_addresses_that_name_nothing(pages: Pages) -> None:
    for path in ("/validations/platform/999", "/validations/rows/platform/products/999",
                 "/validations/rows/platform/order_lines/1", "/validations/platform/999/report.json"):  # fmt: skip
        assert pages.ask("op", path).status_code == 404, path
    for path in ("/validations/elsewhere/1", "/validations/platform/-1", f"/validations/platform/{'9' * 30}",
                 "/validations/rows/platform/../6", "/validations/platform/..%2f..%2fetc/report.json",
                 "/validations/platform/2/report.json?try=../1"):  # fmt: skip
        assert pages.ask("op", path).status_code in (404, 422), path


# ---------------------------------------------------------------- one report
def test_a_report_is_downloaded_as_it_was_sealed_wherever_its_row_points(pages: Pages) -> None:
    answer = pages.ask("auditor", "/validations/platform/2/report.json")
    path = pages.place.reports / "main" / "products" / "00000002-try1.json"
    path = path if path.exists() else next(pages.world.settings.reports_dir.rglob("products/00000002-try1.json"))
    assert answer.content == path.read_bytes() and verify_report(path, pages.world.settings.seal_key) == []
    assert answer.headers["content-disposition"] == 'attachment; filename="main-products-00000002-try1.json"'
    batch = schema.batch
    with pages.world.platform.begin() as conn:
        was = conn.execute(select(batch.c.report).where(batch.c.batch_id == 2)).scalar_one()
        conn.execute(update(batch).where(batch.c.batch_id == 2).values(report="../../../../etc/passwd-try7.json"))
    try:
        assert pages.ask("auditor", "/validations/platform/2/report.json").status_code == 404
        assert "root:" not in text(pages, "auditor", "/validations/platform/2")
    finally:
        with pages.world.platform.begin() as conn:
            conn.execute(update(batch).where(batch.c.batch_id == 2).values(report=was))


def test_a_report_that_was_altered_shows_and_so_does_the_chain(pages: Pages) -> None:
    assert "El sello es válido" in text(pages, "auditor", "/validations/platform/2")
    path = next(pages.world.settings.reports_dir.rglob("products/00000002-try1.json"))
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"accepted":5', b'"accepted":4').replace(b'"rejected":1', b'"rejected":2'))
    try:
        page = text(pages, "auditor", "/validations/platform/2?lang=es")
        assert "no está como se selló: el contenido no corresponde a su sha256" in page
        page = text(pages, "auditor", "/validations/platform/2?lang=en")
        assert "not as it was sealed: the content does not match its sha256" in page
    finally:
        path.write_bytes(whole)
    assert "sin cortes y cuadrados" in text(pages, "auditor", "/validations/chain")


def test_rules_that_did_not_run_are_not_called_passed(pages: Pages, closed: int) -> None:
    page = text(pages, "viewer", f"/validations/platform/{closed}")
    assert "Bloqueado" in page and "filas no cumplen las reglas" in page
    assert "✕ Rechaza" in page and "✓ Cumple" in page and "○ No se ejecutó" in page


# ---------------------------------------------------------------- who sees what
def test_values_and_keys_are_for_those_who_may_see_them(pages: Pages, closed: int) -> None:
    paths = ("/validations/platform/2", "/validations/rows?entity=products", BAD, f"/validations/platform/{closed}",
             "/trace?what=product&key=P9", "/trace?what=company&key=E1", "/trace?key=1234")  # fmt: skip
    for path in paths:
        hidden, shown = text(pages, "viewer", path), text(pages, "auditor", path)
        assert MAIL not in hidden and "Mala" not in hidden, path
        assert "•••" in hidden or "/trace" in path
        assert "Precio_1 es negativo" in hidden or path.endswith(("E1", "1234")), "the reason is for everybody"
        for page in (hidden, shown):
            assert "<script>document" not in page and "<img" not in page, path
    assert "&lt;script&gt;document" in text(pages, "auditor", BAD)
    assert MAIL in text(pages, "auditor", "/trace?what=company&key=E1")
    assert ">P9<" not in text(pages, "viewer", BAD) and "<b>P9</b>" in text(pages, "auditor", BAD)


def test_an_auditor_is_offered_no_decision(pages: Pages, closed: int) -> None:
    for path in (BAD, f"/validations/platform/{closed}"):
        assert "data-post" not in text(pages, "auditor", path) and "data-post" in text(pages, "user", path)
        assert "Su rol puede leer, no decidir." in text(pages, "auditor", path)


# ---------------------------------------------------------------- deciding
def seen(pages: Pages, path: str) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', text(pages, "user", path))
    assert found
    return found[1]


def test_what_cannot_be_decided_is_said_in_the_readers_language(pages: Pages) -> None:
    good = {"why": WHY, "seen": seen(pages, BAD)}
    assert ask(pages, "user", f"{BAD}/release", **good | {"why": "  "}) == (
        422, {"detail": "Escriba el motivo (1 a 500 caracteres)."}
    )  # fmt: skip
    status, said = ask(pages, "user", f"{BAD}/release?lang=en", **good | {"seen": "other:1"})
    assert (status, said["detail"].partition(":")[0]) == (409, "It does not wait for this decision any more")
    status, said = ask(pages, "user", f"{BAD}/release", **good, **{"set:state": "applied"})
    assert status == 422 and "no tiene el campo state" in said["detail"]
    assert ask(pages, "user", f"{BAD}/obliterate", **good)[0] == 422
    assert ask(pages, "user", "/validations/platform/2/discard", why=WHY)[0] == 409, "its gate is not closed"
    assert quarantine.show_row(pages.world.route("products"), 6).decisions == []


def test_two_persons_let_a_closed_batch_through(pages: Pages, closed: int) -> None:
    path = f"/validations/platform/{closed}"
    assert ask(pages, "user", f"{path}/discard", why=WHY) == (200, {"next": f"/puente{path}"})
    page = text(pages, "op", path)
    assert "Falta una segunda persona" in page and WHY in page
    assert "Falta una segunda persona" in text(pages, "viewer", "/validations")
    number = re.search(r'name="proposal" value="(\d+)"', page)
    assert number
    assert "Usted hizo esta propuesta" in text(pages, "user", path)
    assert "Su lote está detrás de una compuerta cerrada" in text(pages, "user", "/trace?what=product&key=B3")
    status, said = ask(pages, "user", f"{path}/confirm", why=WHY, proposal=number[1])
    assert (status, said["detail"].partition(":")[0]) == (409, "Quien hizo la propuesta no puede confirmarla")
    assert ask(pages, "op", f"{path}/confirm", why="de acuerdo", proposal=number[1])[0] == 200
    assert ask(pages, "op", f"{path}/confirm", why="otra vez", proposal=number[1])[0] == 409
    found = quarantine.show_batch(pages.world.bridge, "platform", closed)
    assert found.states.keys() == {"discarded"} and found.states["discarded"] >= 120
    assert [(d["action"], d["who"]) for d in found.decisions] == [("ask_discard", "user"), ("discard", "op")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def test_a_person_mends_a_value_and_the_next_run_applies_it(pages: Pages, browser: Browser) -> None:
    opened = window(context_of(browser, pages.base, pages.token("user")), pages.base)
    page = opened.open("/validations")
    page.get_by_role("link", name="Filas apartadas: Productos").first.click()
    page.get_by_role("link", name="6", exact=True).click()
    assert page.title() == "Productos, fila 6 · Puente", "markup in its name did not run"
    page.get_by_role("textbox", name="Precio_1").fill("5")
    page.get_by_role("textbox", name="Motivo").fill(WHY)
    page.get_by_role("button", name="Liberar").click()
    page.get_by_role("heading", name="Qué sigue").wait_for()
    assert "la próxima ejecución de erp_to_platform" in page.inner_text("main")
    assert f"Liberada por user: «{WHY}»" in page.inner_text("main")

    pages.world.run()

    assert pages.world.shop_rows("products")["P9"]["price_1"] in ("5", "5.0000")
    page.reload()
    assert page.locator(".verdict strong").inner_text() == "Aplicada"
    assert opened.complaints == []
    page.context.close()
    told = quarantine.show_row(pages.world.route("products"), 6).decisions
    assert [(d["action"], d["field"], d["original"], d["value"], d["who"], d["why"]) for d in told] == [
        ("edit", "Precio_1", "-5.0000", "5.0000", "user", WHY),
        ("release", None, None, None, "user", WHY),
    ], "and nothing else was changed"


# ---------------------------------------------------------------- runs
@pytest.mark.parametrize("run_id", ["person:ana", "replay:20261124", "restore:7", "baseline:ana", "cli__2026-11-24"])
def test_a_run_that_is_none_of_airflows_leads_to_no_page_of_airflows(pages: Pages, run_id: str) -> None:
    paths = ("/ledger?first=", "/validations/platform/2", "/trace?what=product&key=P9")

    def links() -> list[int]:
        return [text(pages, "viewer", path).count(f"/runs/{quote(run_id, safe='')}") for path in paths]

    for table in (schema.ledger, schema.batch):
        with pages.world.platform.begin() as conn:
            conn.execute(update(table).where(table.c.batch_id == 2).values(run_id=run_id))
    try:
        assert links() == [0, 0, 0]
    finally:
        for table in (schema.ledger, schema.batch):
            with pages.world.platform.begin() as conn:
                conn.execute(update(table).where(table.c.batch_id == 2).values(run_id="r1"))
    assert text(pages, "viewer", "/ledger?first=").count("/runs/r1") > 1


# ---------------------------------------------------------------- traces
def test_a_trace_tells_every_hop_with_its_task_and_payload(pages: Pages) -> None:
    page = text(pages, "user", "/trace?what=product&key=SKU-P0")
    for words in ("Entrada", "Validación", "Asiento", "UTC", "Nada lo detiene", "Datos en bruto", "Llanta 0 bis"):
        assert words in page, words
    assert "/dags/erp_to_platform/runs/r1/tasks/products.validate" in page
    assert "Llanta 0" not in text(pages, "viewer", "/trace?what=product&key=SKU-P0")
    order = text(pages, "user", "/trace?key=1234&lang=en")
    assert "Order 1234: ACEPTADO" in order and "A mail did not go out" in order and MAIL in order
    stopped = text(pages, "user", "/trace?what=product&key=B3")  # one person's proposal was carried out: discarded
    assert "descartado" in stopped and "compuerta cerrada" not in stopped
    unknown = pages.ask("user", "/trace", params={"key": MARKUP}, page=True).text
    assert "Ningún lado conoce" in unknown and "<script>document" not in unknown
