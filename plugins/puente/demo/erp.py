"""The demo ERP's content, generated from a seed: plain rows per table, and a list of the defects planted in them.

Units as in the ERP's own design: weight in grams, measures in mm, stock in whole pieces per warehouse; prices
are decimal *text* ('1234.50'), so that no engine's driver can turn them into floats on the way in.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, TypeVar

from puente.demo.words import (
    BRANDS,
    CITIES,
    DISTRICTS,
    FAMILIES,
    FIRST_NAMES,
    JOBS,
    LAST_NAMES,
    LEGAL_FORMS,
    MODELS,
    STREETS,
    TRADE_NAMES,
    TRADES,
    WAREHOUSES,
    Line,
)

Item = TypeVar("Item")
Value = str | int | None
Row = dict[str, Value]
Tables = dict[str, list[Row]]
Fate = Literal["quarantined", "held"]

# Every table with its primary key, in the order in which they are filled.
TABLES: dict[str, tuple[str, ...]] = {
    "MARCA": ("ID_MARCA",),
    "FAMILIA": ("CVE_FAM",),
    "ALMACEN": ("CVE_ALM",),
    "ART": ("CVE_ART",),
    "ART_FAMILIA": ("CVE_ART", "CVE_FAM"),
    "LISTA_PRECIO": ("CVE_ART", "LISTA"),
    "EXISTENCIA": ("CVE_ART", "CVE_ALM"),
    "CLIENTE": ("CVE_CTE",),
    "CONTACTO": ("CVE_CONT",),
}

COMPANIES, CONTACTS = 250, 400
FEWEST_ARTICLES = 200  # below this the planted defects and the change round would not find enough sound articles
GENERIC_RFC = "XAXX010101000"  # what an invoice to the general public carries: it identifies nobody
PERSON_RFC = 13  # characters; a company's has 12
LIST_PERCENT = {1: 100, 2: 91, 3: 84, 4: 78, 5: 73}  # public, workshop, wholesale, distributor, fleet
SPARE_WORDS = ("Incluye garantía contra daños de carretera", "Diseño silencioso", "Hecha para caminos de montaña",
               "Rinde más kilómetros por peso", "Tracción firme en lluvia y lodo")  # fmt: skip


@dataclass(frozen=True)
class Defect:
    """One planted flaw: the record that it spoils, by entity and contract key, and what must become of that record."""

    name: str
    entity: str
    key: tuple[str, ...]
    fate: Fate


@dataclass(frozen=True)
class DemoErp:
    """All rows of the demo ERP by table; `defects` names the records that must not reach the shop."""

    seed: int
    tables: Tables
    defects: tuple[Defect, ...] = ()

    def spoilt(self, entity: str, fate: Fate) -> set[tuple[str, ...]]:
        """Contract keys of the records of `entity` that carry a defect with this fate."""
        return {d.key for d in self.defects if d.entity == entity and d.fate == fate}


def generate(seed: int = 7, articles: int = 640) -> DemoErp:
    """The whole ERP. The same seed and size give the same rows everywhere. ValueError below 200 articles."""
    if articles < FEWEST_ARTICLES:
        raise ValueError(f"the demo ERP needs at least {FEWEST_ARTICLES} articles, not {articles}")
    families, lines = _families(_random(seed, "families"))
    tables: Tables = {
        "MARCA": [{"ID_MARCA": n * 10, "NOMBRE": brand} for n, brand in enumerate(BRANDS, 1)],
        "FAMILIA": families,
        "ALMACEN": [{"CVE_ALM": code, "NOMBRE": name, "CIUDAD": city} for code, name, city in WAREHOUSES],
    }
    tables |= _articles(_random(seed, "articles"), articles, lines)
    tables["CLIENTE"] = _companies(_random(seed, "companies"))
    tables["CONTACTO"] = _contacts(_random(seed, "contacts"), tables["CLIENTE"])
    return DemoErp(seed, tables, tuple(_plant(_random(seed, "defects"), tables)))


# --- the catalogue ---------------------------------------------------------------------------------------------------


def _families(rng: Random) -> tuple[list[Row], dict[str, Line]]:
    """FAMILIA rows in key order, and the leaves by key. Keys are shuffled: a child may sort before its parent."""
    count = sum(1 + len(middle) + sum(map(len, middle.values())) for middle in FAMILIES.values())
    keys = iter(rng.sample([f"F-{n:04d}" for n in range(1, 3 * count)], count))
    rows: list[Row] = []
    lines: dict[str, Line] = {}

    def add(name: str, parent: str | None, text: str | None) -> str:
        key = next(keys)
        rows.append({"CVE_FAM": key, "NOMBRE": name, "DESCRIPCION": text, "CVE_FAM_PADRE": parent})
        return key

    for top, middles in FAMILIES.items():
        top_key = add(top, None, f"Todo en {top.lower()}: existencias en cuatro almacenes de la República.")
        for middle, leaves in middles.items():
            middle_key = add(middle, top_key, None)
            for leaf in leaves:
                about = f"{leaf.noun}: línea «{leaf.name.lower()}» para mayoreo y menudeo."
                lines[add(leaf.name, middle_key, about)] = leaf
    return sorted(rows, key=lambda row: str(row["CVE_FAM"])), lines


def _articles(rng: Random, count: int, lines: dict[str, Line]) -> Tables:
    """ART and what hangs on it. Keys keep their leading zeros and leave gaps, as after years of use."""
    tables: Tables = {"ART": [], "ART_FAMILIA": [], "LISTA_PRECIO": [], "EXISTENCIA": []}
    families = sorted(lines)
    shares = [lines[family].share for family in families]
    width = max(6, len(str(3 * count)))
    used: dict[str, int] = {}
    number = 0
    for _ in range(count):
        number += rng.randint(1, 3)
        family = rng.choices(families, shares)[0]
        article = _article(rng, f"{number:0{width}d}", family, lines[family], used)
        tables["ART"].append(article)
        _hang_on(rng, tables, article, lines[family], families)
    return tables


def _article(rng: Random, key: str, family: str, line: Line, used: dict[str, int]) -> Row:
    """One ART row. `used` counts the SKUs given so far, so that none comes twice."""
    brand_no = rng.randrange(len(BRANDS))
    brand, letters = list(BRANDS.items())[brand_no]
    model = f"{rng.choice(MODELS)} {rng.randint(2, 9)}"
    size = rng.choice(line.sizes.split(", "))
    width, length, height = line.box or _tyre_box(size)
    sku = _sku(letters, model, size, used)
    name = f"{line.noun} {brand} {model} {size}"
    text: Value = f"{name}. {rng.choice(SPARE_WORDS)}.\nUso: {line.name.lower()}; precio por {line.unit}."
    if rng.random() < 0.02:
        text = f"🛞 {text} ¡Envío el mismo día!"  # four bytes in UTF-8: a narrow utf8 column would break on it
    return {
        "CVE_ART": key,
        "CLAVE": sku,
        "DESCRIPCION": name,
        "ID_MARCA": (brand_no + 1) * 10,
        "MODELO": model,
        "UNIDAD": line.unit,
        "RESUMEN": rng.choice((f"{line.name}, medida {size}", "", None)) if rng.random() < 0.3 else f"Medida {size}",
        "TEXTO_WEB": text if rng.random() > 0.05 else None,
        "FAM_PRAL": family,
        "PESO_G": rng.randint(*line.grams) if rng.random() > 0.02 else None,
        "ANCHO_MM": width,
        "LARGO_MM": length,
        "ALTO_MM": height,
    }


def _hang_on(rng: Random, tables: Tables, article: Row, line: Line, families: list[str]) -> None:
    """Families, prices and stock of one new article. Every article is in its main family, some in one or two more."""
    key = article["CVE_ART"]
    others = [family for family in rng.sample(families, 2) if family != article["FAM_PRAL"]]
    in_families = [article["FAM_PRAL"], *others[: rng.choice((0, 0, 0, 1, 1, 2))]]
    tables["ART_FAMILIA"] += [{"CVE_ART": key, "CVE_FAM": family} for family in in_families]

    cents = rng.randint(*line.pesos) * 100 + rng.choice((0, 0, 50, 90, 99))
    lists = (1, 2, 3, 4) if rng.random() < 0.08 else (1, 2, 3, 4, 5)  # not everything is sold to fleets
    tables["LISTA_PRECIO"] += [
        {"CVE_ART": key, "LISTA": n, "PRECIO": money(cents * LIST_PERCENT[n] // 100)} for n in lists
    ]

    held_in = rng.sample([code for code, _, _ in WAREHOUSES], rng.choice((0, 1, 2, 2, 3, 3, 4, 4)))
    tables["EXISTENCIA"] += [
        {"CVE_ART": key, "CVE_ALM": code, "CANTIDAD": max(0, rng.randint(-4, 60))} for code in sorted(held_in)
    ]


def _tyre_box(size: str) -> tuple[int, int, int]:
    """'205/55R16' -> width and twice the diameter, in whole mm."""
    width, rest = size.split("/")
    profile, rim = rest.split("R")
    tenths_of_inch = int(float(rim) * 10)
    diameter = tenths_of_inch * 254 // 100 + 2 * int(width) * int(profile) // 100
    return int(width), diameter, diameter


def _sku(letters: str, model: str, size: str, used: dict[str, int]) -> str:
    digits = "".join(c for c in size.upper() if c.isalnum())
    stem = f"{letters}-{ascii_text(model)[:3].upper()}{model[-1]}-{digits}"
    used[stem] = used.get(stem, 0) + 1
    return stem if used[stem] == 1 else f"{stem}-{used[stem]}"


def money(cents: int) -> str:
    """Whole cents as decimal text: 123450 -> '1234.50'."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def cents(price: Value) -> int:
    """The reverse of `money`, exact."""
    return int(str(price).replace(".", ""))


# --- customers -------------------------------------------------------------------------------------------------------


def _companies(rng: Random) -> list[Row]:
    """CLIENTE rows: four of five are companies, the rest persons. Tax ids are unique except for three shared ones."""
    rows: list[Row] = []
    names: set[str] = set()
    rfcs: set[str] = set()
    for number in range(1, COMPANIES + 1):
        person = rng.random() < 0.2
        name, rfc = next(n for n in invented_names(rng, person) if n[0] not in names and n[1] not in rfcs)
        names.add(name)
        rfcs.add(rfc)
        city = rng.choice(CITIES)
        rows.append(
            {
                "CVE_CTE": f"CTE{number * 3:05d}",
                "ID_WEB": None,  # the shop's id, once it has told the ERP
                "RAZON_SOCIAL": name,
                "RFC": rfc,
                **address(rng, city),
                "TEL_OFICINA": phone(rng, city),
                "CELULAR": phone(rng, city) if rng.random() < 0.5 else None,
                "CORREO": f"compras@{slug(name.split(',')[0])}.example" if rng.random() > 0.1 else None,
                "ACTIVO": 1,
            }
        )
    first, second = rng.sample([row for row in rows if len(text(row["RFC"])) == PERSON_RFC], 2)
    main, branch = rng.sample([row for row in rows if len(text(row["RFC"])) < PERSON_RFC], 2)
    first["RFC"] = second["RFC"] = GENERIC_RFC  # two customers who never gave theirs: never to be merged
    branch["RFC"] = main["RFC"]  # two branches of one company: one tax id, two records
    branch["RAZON_SOCIAL"] = f"{main['RAZON_SOCIAL']} (Sucursal {branch['MUNICIPIO']})"
    return rows


def invented_names(rng: Random, person: bool) -> Iterator[tuple[str, str]]:
    """Endless candidates: name and a plausible RFC (letters of the name, a date, three check characters)."""
    while True:
        year = rng.randint(60, 99) if person else rng.randint(0, 24)
        date = f"{year:02d}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"
        check = "".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZ123456789", k=2)) + rng.choice("0123456789A")
        if person:
            given, father, mother = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES), rng.choice(LAST_NAMES)
            name, letters = f"{given} {father} {mother}", plain(father)[:2] + plain(mother)[:1] + plain(given)[:1]
        else:
            trade, own, city = rng.choice(TRADES), rng.choice(TRADE_NAMES), rng.choice(CITIES)[0]
            where = f" de {city}" if rng.random() < 0.3 else ""
            name = f"{trade} {own}{where}, {rng.choice(LEGAL_FORMS)}"
            letters = plain(trade)[:1] + plain(own.split()[-1])[:2]
        yield name, (letters + date + check).upper()


def _contacts(rng: Random, companies: list[Row]) -> list[Row]:
    """CONTACTO rows: every company has one, some have more."""
    rows: list[Row] = []
    owners = companies + rng.choices(companies, k=CONTACTS - len(companies))
    for number, company in enumerate(owners, 1):
        given, father = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
        city = rng.choice(CITIES)
        rows.append(
            {
                "CVE_CONT": f"{number:04d}-{str(company['CVE_CTE'])[-2:]}K",
                "ID_WEB": None,
                "CVE_CTE": company["CVE_CTE"],
                "NOMBRES": given,
                "AP_PATERNO": father,
                "AP_MATERNO": rng.choice(LAST_NAMES) if rng.random() > 0.15 else None,
                "PUESTO": rng.choice(JOBS),
                **address(rng, city),
                "TELEFONO": phone(rng, city) if rng.random() < 0.4 else None,
                "CELULAR": phone(rng, city),
                "CORREO": f"{slug(given)}.{slug(father)}.{number}@correo.example" if rng.random() > 0.08 else None,
                "ACTIVO": 1,
            }
        )
    return rows


def address(rng: Random, city: tuple[str, str, str, str]) -> Row:
    town, state, postal, _ = city
    return {
        "CALLE_NUM": f"{rng.choice(STREETS)} {rng.randint(1, 2999)}",
        "COLONIA": rng.choice(DISTRICTS) if rng.random() > 0.1 else None,
        "MUNICIPIO": town,
        "ENTIDAD": state,
        "PAIS": "México",
        "CP": f"{postal}{rng.randint(0, 99):02d}",
    }


def phone(rng: Random, city: tuple[str, str, str, str]) -> str:
    area = city[3]
    local = "".join(rng.choices("0123456789", k=10 - len(area)))
    return f"+52 {area} {local[:-4]} {local[-4:]}"


# --- defects ---------------------------------------------------------------------------------------------------------


def _plant(rng: Random, tables: Tables) -> Iterator[Defect]:
    """Spoil a few records, each in one way, and say what must become of each.

    What hangs on a spoilt record (its relations, its contacts) is held as a consequence; that is not listed here.
    """
    article = take_from(rng, tables["ART"])
    company = take_from(rng, with_own_rfc(tables))
    sku_pair = sorted((article(), article()), key=lambda row: str(row["CVE_ART"]))

    # Duplicate SKU: one SKU belongs to one article. The first by key keeps it, the second is turned away.
    sku_pair[1]["CLAVE"] = sku_pair[0]["CLAVE"]
    yield Defect("duplicate SKU", "products", (text(sku_pair[1]["CVE_ART"]),), "quarantined")

    # Negative price: a clerk's minus sign, in list 3 only.
    row = article()
    price = next(p for p in tables["LISTA_PRECIO"] if p["CVE_ART"] == row["CVE_ART"] and p["LISTA"] == 3)
    price["PRECIO"] = money(-cents(price["PRECIO"]))
    yield Defect("negative price", "products", (text(row["CVE_ART"]),), "quarantined")

    # Missing name: an article that was begun and never finished.
    row = article()
    row["DESCRIPCION"] = None
    yield Defect("missing name", "products", (text(row["CVE_ART"]),), "quarantined")

    # Impossible weight: milligrams typed for grams makes a tyre of several tonnes.
    row = article()
    row["PESO_G"] = 8_950_000
    yield Defect("impossible weight", "products", (text(row["CVE_ART"]),), "quarantined")

    # Orphan relation: the family was deleted long ago, the ERP has no foreign keys. It waits for a family to come.
    row = article()
    tables["ART_FAMILIA"].append({"CVE_ART": row["CVE_ART"], "CVE_FAM": "F-9999"})
    yield Defect("orphan relation", "product_categories", ("F-9999", text(row["CVE_ART"])), "held")

    # Broken e-mail of a company: quarantined, so that its contacts wait.
    row = company()
    row["CORREO"] = "no tiene, llamar"
    yield Defect("broken e-mail", "companies", (text(row["CVE_CTE"]),), "quarantined")

    # Broken e-mail of two contacts, in other ways; their companies are sound.
    contact = take_from(rng, [c for c in tables["CONTACTO"] if c["CVE_CTE"] != row["CVE_CTE"]])
    for broken in ("compras arroba correo.example", "begoña@"):
        row = contact()
        row["CORREO"] = broken
        yield Defect("broken e-mail", "contacts", (text(row["CVE_CONT"]),), "quarantined")

    # Orphan contact: its company is not in the ERP any more.
    row = contact()
    row["CVE_CTE"] = "CTE99999"
    yield Defect("orphan contact", "contacts", (text(row["CVE_CONT"]),), "held")


def with_own_rfc(tables: Tables) -> list[Row]:
    """Companies whose tax id is theirs alone."""
    times = Counter(row["RFC"] for row in tables["CLIENTE"])
    return [row for row in tables["CLIENTE"] if times[row["RFC"]] == 1]


def take_from(rng: Random, rows: Sequence[Item]) -> Callable[[], Item]:
    """A function that hands out a different one of `rows` at each call."""
    order = iter(rng.sample(rows, len(rows)))
    return lambda: next(order)


# --- text ------------------------------------------------------------------------------------------------------------


def text(value: Value) -> str:
    """A key as text. ValueError for NULL: no demo table has a NULL key."""
    if value is None:
        raise ValueError("a key is NULL")
    return str(value)


def ascii_text(value: str) -> str:
    """'Ñandú' -> 'Nandu'."""
    return unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode()


def plain(value: str) -> str:
    """Accents off but ñ kept, as in an RFC: 'Núñez' -> 'Nuñez'."""
    return "".join(c if c in "ñÑ" else ascii_text(c) for c in value)


def slug(value: str) -> str:
    """Lower-case letters, digits and single hyphens, for the part of an address after or before the @."""
    return "-".join("".join(c if c.isalnum() else " " for c in ascii_text(value).lower()).split())


def _random(seed: int, part: str) -> Random:
    """One generator per part, so that a change in one does not shift the others."""
    return Random(f"{seed}:{part}")
