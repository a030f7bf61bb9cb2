"""The pages used as a person does: with a mouse, a keyboard, a phone, in the dark, and inside Airflow's own screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from pages.browsing import PHONE, Window, chromium, context_of, window
from pages.conftest import Pages, password
from pages.matrix import MATRIX, READ, READ_RAW
from puente.sync import control

SEEN = [
    case.path
    for (method, template), case in MATRIX.items()
    if method == "GET" and case.answers in (READ, READ_RAW) and not template.endswith((".csv", ".json"))
]


@pytest.fixture(scope="module")
def browser(pages: Pages) -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def open_window(browser: Browser, pages: Pages) -> Iterator[Callable[..., Window]]:
    """Windows of a role; each must have found nothing to complain of, and nobody to ask but our server."""
    made: list[Window] = []

    def make(role: str | None = "op", **options: Any) -> Window:
        token = pages.token(role) if role else None
        made.append(window(context_of(browser, pages.base, token, **options), pages.base))
        return made[-1]

    yield make
    for opened in made:
        opened.page.context.close()
        assert opened.complaints == []
        assert opened.hosts <= {pages.base.split("//")[1]}


def test_a_person_logs_in_and_reads_what_needs_them(open_window: Callable[..., Window]) -> None:
    page = open_window(None).open("/?lang=es")
    page.fill("input[name=username]", "user")
    page.fill("input[name=password]", password("user"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Estado de integración")
    needs = page.get_by_role("region", name="Necesita a una persona").get_by_role("link")
    expect(needs.filter(has_text="Una entidad dejó de llegar")).to_be_visible()
    expect(needs.filter(has_text="¿<b>Reparar</b> 40 productos?")).to_be_visible()  # Airflow's question, as text
    assert page.title() == "Estado de integración · Puente"  # and no script of a product's name has changed it
    needs.filter(has_text="2 registros cambiaron en los dos lados").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Registros que cambiaron en los dos lados")
    page.get_by_role("link", name="Volver al estado").click()
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Integration status")
    page.get_by_role("link", name="Ledger").click()  # the language stays
    expect(page.get_by_role("heading", level=1)).to_have_text("Ledger of batches")
    assert page.get_attribute("html", "lang") == "en"


def test_the_ledger_balances_and_leads_to_its_proof(open_window: Callable[..., Window]) -> None:
    page = open_window("auditor").open("/ledger")
    batches = page.get_by_role("table").get_by_role("row")
    everything = batches.count()
    assert page.get_by_role("cell").get_by_text("✓").count() == everything - 1
    page.get_by_role("link", name="Verificar la cadena").click()
    expect(page.get_by_text("sin cortes y cuadrados")).to_have_count(2)  # of either side
    page.get_by_role("link", name="Libro", exact=True).click()
    page.get_by_label("Entidad").select_option("products")
    page.get_by_role("button", name="Filtrar").click()
    expect(batches).to_have_count(3)  # two batches of products
    with page.expect_download() as download:
        page.get_by_role("link", name="Exportar CSV").click()
    assert len(download.value.path().read_text("utf-8-sig").splitlines()) == 3


def test_by_keyboard_alone(open_window: Callable[..., Window]) -> None:
    page = open_window().open("/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Saltar al contenido")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('ul.needs') !== null")  # past the navigation
    page = open_window().open("/")
    for _ in range(5):
        page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Libro")
    page.keyboard.press("Enter")
    page.wait_for_url("**/puente/ledger")
    expect(page.locator("[aria-current=page]")).to_have_text("Libro")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone(open_window: Callable[..., Window], scheme: str) -> None:
    opened = open_window(viewport=PHONE, color_scheme=scheme, has_touch=True)
    for path in SEEN:
        page = opened.open(path)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
        light = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g)[0] > 128")
        assert light == (scheme == "light"), path


def test_for_those_who_listen(open_window: Callable[..., Window]) -> None:
    opened = open_window()
    for path in SEEN:
        page = opened.open(path)
        assert page.locator("h1").count() == 1, path
        assert page.locator("html[lang=es] main#content").count() == 1, path
        assert page.locator(".top [aria-current=page]").count() == 1, path
        assert page.locator("table:not(:has(th[scope]))").count() == 0, path
        bare = "input:not([type=hidden]), select, textarea"
        assert page.evaluate(f"[...document.querySelectorAll('{bare}')].every(one => one.labels.length)"), path
        assert "object at 0x" not in page.inner_text("body"), path
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)")
        assert len(ids) == len(set(ids)), path


def test_the_status_refreshes_itself(open_window: Callable[..., Window], pages: Pages) -> None:
    opened = open_window()
    opened.page.clock.install()
    page = opened.open("/")
    expect(page.get_by_text("En pausa: contacts")).to_have_count(0)
    control.pause(pages.world.platform, "main", "contacts", "ana", "inventario")
    try:
        page.clock.run_for(31_000)
        expect(page.get_by_text("En pausa: contacts, por ana")).to_be_visible()
    finally:
        control.resume(pages.world.platform, "main", "contacts")


def test_inside_airflows_own_screen(open_window: Callable[..., Window], pages: Pages) -> None:
    page = open_window().page
    page.goto(f"{pages.base}/plugin/puente")
    inside = page.frame_locator("iframe")
    expect(inside.get_by_role("heading", level=1)).to_have_text("Estado de integración")
    inside.get_by_role("link", name="Inventario completo").click()
    page.wait_for_url("**/dags/full_inventory**")


def test_a_database_that_hangs_is_told_and_waited_for_once(open_window: Callable[..., Window]) -> None:
    opened = open_window(viewport=PHONE)
    page = opened.open("/?link=norte")
    expect(page.get_by_role("link", name="La base de datos de la plataforma no responde")).to_be_visible()
    expect(page.get_by_role("table", name="Del ERP a la plataforma").get_by_text("sin dato").first).to_be_visible()
    assert page.evaluate("performance.timing.responseStart - performance.timing.requestStart") < 5000
    page.reload()
    assert page.evaluate("performance.timing.responseStart - performance.timing.requestStart") < 1500
