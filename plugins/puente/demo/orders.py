"""What happens in the demo shop: new customers and orders, generated from the seed as plain data.

Money is whole cents, quantities are whole pieces. An order's `story` is what is special about it; what must become of
it is not told here but worked out in `expected_orders.py`. Orders are numbered from 1, as an empty shop numbers them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from random import Random

from puente.demo.changes import changed
from puente.demo.erp import (
    DemoErp,
    Row,
    address,
    cents,
    generate,
    invented_names,
    phone,
    slug,
    take_from,
    text,
    with_own_rfc,
)
from puente.demo.words import CITIES, FIRST_NAMES, JOBS, LAST_NAMES

DELIVERY, TAX_PERCENT = 18_900, 16
AMPLE = 12  # pieces in stock of the articles that ordinary orders take
TORN_ORDER = "9001"  # written into the queue by another program, far from the shop's own numbers
TORN_LINES = 2


@dataclass(frozen=True)
class Article:
    """What an order needs to know of an article; `stock` over all warehouses."""

    key: str
    sku: str
    price: int
    stock: int


@dataclass(frozen=True)
class Company:
    """A company of the shop. `erp_id` is None for one that was born there; its tax id tells it from the others."""

    erp_id: str | None
    rfc: str
    name: str
    email: str
    fields: Row  # address and telephones, under the names of the ERP's columns


@dataclass(frozen=True)
class Contact:
    """A contact; `erp_id` is None for one that was born in the shop."""

    erp_id: str | None
    company: Company
    first_name: str
    last_name: str
    email: str
    job: str


@dataclass(frozen=True)
class Order:
    """One order of the shop: without a company it is a guest's. `off`: by how much its total is wrong."""

    number: int
    story: str
    email: str
    lines: tuple[tuple[Article, int], ...]
    company: Company | None = None
    contact: Contact | None = None
    cancelled: bool = False
    discount: int = 0
    off: int = 0

    @property
    def goods(self) -> int:
        return sum(article.price * pieces for article, pieces in self.lines)

    @property
    def before_tax(self) -> int:
        return self.goods - self.discount + DELIVERY

    @property
    def tax(self) -> int:
        return (self.before_tax * TAX_PERCENT + 50) // 100

    @property
    def total(self) -> int:
        return self.before_tax + self.tax + self.off


@dataclass(frozen=True)
class ShopDay:
    """Everything that people do in the shop on the demo's third day."""

    newcomers: tuple[Company, ...]  # born in the shop, unknown to the ERP
    in_both: Company  # registers in the shop while the ERP's staff type it in: one tax id
    typed_in: Row  # that company, as the staff typed it in
    edited: Company  # known to both; the shop changes its telephone
    new_phone: str
    contacts: tuple[Contact, ...]  # born in the shop
    orders: tuple[Order, ...]

    def order(self, story: str) -> Order:
        """The order with this story; StopIteration when there is none."""
        return next(order for order in self.orders if order.story == story)


@cache
def shop_day(seed: int = 7, articles: int = 640) -> ShopDay:
    """The same seed and size give the same day. It builds on the ERP as `change_round` leaves it."""
    erp, _ = changed(generate(seed, articles))
    rng = Random(f"{seed}:shop")
    known = take_from(rng, _sound_contacts(erp))
    newcomers = tuple(_company(rng, erp) for _ in range(2))
    in_both, edited = _company(rng, erp), _known_company(erp, known())
    typed_in: Row = {
        "CVE_CTE": "CTE09001", "ID_WEB": None, "RAZON_SOCIAL": in_both.name.upper(), "RFC": in_both.rfc,
        **in_both.fields, "CORREO": in_both.email, "ACTIVO": 1,
    }  # fmt: skip
    colleague = _contact(rng, _known_company(erp, known()))
    contacts = (colleague, *(_contact(rng, company) for company in newcomers))
    orders = _orders(rng, erp, known, newcomers, in_both)
    return ShopDay(newcomers, in_both, typed_in, edited, phone(rng, CITIES[0]), contacts, orders)


def _orders(
    rng: Random, erp: DemoErp, known: Callable[[], Row], newcomers: tuple[Company, ...], in_both: Company
) -> tuple[Order, ...]:
    catalogue = _articles(erp)
    ample = take_from(rng, [article for article in catalogue if article.stock >= AMPLE])
    none = rng.choice([article for article in catalogue if article.stock == 0])
    few, last = rng.sample([article for article in catalogue if 2 <= article.stock < AMPLE], 2)
    orders: list[Order] = []

    def add(story: str, *lines: tuple[Article, int], company: Company | None = None, **more: object) -> None:
        email = company.email if company else f"invitado.{slug(rng.choice(LAST_NAMES))}@correo.example"
        order = Order(len(orders) + 1, story, email, lines or _lines(rng, ample), company)
        orders.append(replace(order, **more))  # type: ignore[arg-type]

    def add_known(story: str, *lines: tuple[Article, int], **more: object) -> None:
        row = known()
        company = _known_company(erp, row)
        contact = Contact(
            text(row["CVE_CONT"]), company, text(row["NOMBRES"]), text(row["AP_PATERNO"]), text(row["CORREO"]),
            text(row["PUESTO"]),
        )  # fmt: skip
        add(story, *lines, company=company, contact=contact, **{"email": contact.email, **more})

    add_known("sent twice")
    add_known("shipped", discount=10_000)
    add_known("rejected")
    add_known("invoiced early")
    add("guest")
    add("new customer", company=newcomers[0])
    add("customer in both", company=in_both)
    add_known("no stock", (few, few.stock + 5), (none, 2), (ample(), 1))
    add_known("wrong total", off=-5_000)
    add_known("cancelled at once", cancelled=True)
    add_known("last pieces", (last, last.stock))
    add_known("too late", (last, 1))
    add_known("cancelled later")
    return tuple(orders)


def _lines(rng: Random, ample: Callable[[], Article]) -> tuple[tuple[Article, int], ...]:
    return tuple((ample(), rng.randint(1, 4)) for _ in range(rng.randint(1, 3)))


def _articles(erp: DemoErp) -> list[Article]:
    """Articles that the shop sells, with nothing odd about them."""
    t = erp.tables
    spoilt = {defect.key[-1] for defect in erp.defects if defect.entity in ("products", "product_categories")}
    times = Counter(row["CLAVE"] for row in t["ART"])
    prices = {row["CVE_ART"]: cents(row["PRECIO"]) for row in t["LISTA_PRECIO"] if row["LISTA"] == 1}
    stock: dict[object, int] = defaultdict(int)
    for row in t["EXISTENCIA"]:
        stock[row["CVE_ART"]] += int(row["CANTIDAD"] or 0)
    return [
        Article(text(row["CVE_ART"]), text(row["CLAVE"]), prices[row["CVE_ART"]], stock[row["CVE_ART"]])
        for row in t["ART"]
        if text(row["CVE_ART"]) not in spoilt and times[row["CLAVE"]] == 1
    ]


def _sound_contacts(erp: DemoErp) -> list[Row]:
    """One contact each of companies that both sides know, with nothing odd about either."""
    spoilt = {defect.key[0] for defect in erp.defects if defect.entity in ("companies", "contacts")}
    good = {row["CVE_CTE"] for row in with_own_rfc(erp.tables) if row["CORREO"] and row["CVE_CTE"] not in spoilt}
    first: dict[object, Row] = {}
    for row in erp.tables["CONTACTO"]:
        if row["CVE_CTE"] in good and row["CVE_CONT"] not in spoilt and row["CORREO"]:
            first.setdefault(row["CVE_CTE"], row)
    return list(first.values())


def _known_company(erp: DemoErp, contact: Row) -> Company:
    row = next(row for row in erp.tables["CLIENTE"] if row["CVE_CTE"] == contact["CVE_CTE"])
    return Company(
        text(row["CVE_CTE"]), text(row["RFC"]), text(row["RAZON_SOCIAL"]), text(row["CORREO"]), _place_of(row)
    )


def _company(rng: Random, erp: DemoErp) -> Company:
    taken = {row[name] for row in erp.tables["CLIENTE"] for name in ("RFC", "RAZON_SOCIAL")}
    name, rfc = next(pair for pair in invented_names(rng, person=False) if taken.isdisjoint(pair))
    city = rng.choice(CITIES)
    fields = {**address(rng, city), "TEL_OFICINA": phone(rng, city), "CELULAR": None}
    return Company(None, rfc, name, f"web@{slug(name.split(',')[0])}.example", fields)


def _contact(rng: Random, company: Company) -> Contact:
    first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
    email = f"{slug(first)}.{slug(last)}@{company.email.partition('@')[2]}"
    return Contact(None, company, first, last, email, rng.choice(JOBS))


def _place_of(row: Row) -> Row:
    names = ("CALLE_NUM", "COLONIA", "MUNICIPIO", "ENTIDAD", "PAIS", "CP", "TEL_OFICINA", "CELULAR")
    return {name: row[name] for name in names}
