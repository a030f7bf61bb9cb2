"""Every rule of every suite has rows that it lets pass and rows that it must reject; a doctored file is refused."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from puente.contract import ENTITIES, PRICES, READ_SEQUENCE, Column, queue_for
from puente.order_states import ALIASES, STATES, fold_state
from puente.quality.gate import run_stage
from puente.quality.suites import EXPECTATIONS, READERS, SET_HELPERS, SuiteBroken, load_suite

DIRECTION = "erp_to_platform"
CARRIED = [(direction, entity) for direction, reader in READERS.items() for entity in READ_SEQUENCE[reader]]
Row = dict[str, Any]
Case = tuple[list[Row], list[Row]]  # changes to a sound row: those that must pass, those that this rule must reject

SOUND: dict[str, Row] = {
    "categories": {"ID_Categoria": "F-07", "Nombre": "Llantas para camión", "ID_Categoria_Padre": "F-01"},
    "products": {
        "ID_Producto": "00123", "SKU": "LL-205Ñ", "Nombre": "Llanta 205/55 R16", "Peso": 9.5, "Ancho": 20.5,
        "URL_Imagen": "https://img.example.mx/llantas/LL-205Ñ.jpg", "Precio_1": 1499.99, "Existencia": 12.0,
    },
    "product_categories": {"ID_Categoria": "F-07", "ID_Producto": "00123"},
    "companies": {
        "ID_Empresa": "C-0001", "Nombre_Empresa": "Peña y Núñez", "Email": "ventas@pena.example.mx",
        "Identificacion_Fiscal": "PÑN850312AB1",
    },
    "contacts": {
        "ID_Contacto": "K-1", "Nombres": "María", "ID_Empresa": "C-0001", "Email": "maria.nunez@pena.example.mx",
    },
    "order_headers": {
        "ID_Pedido_Cabecera": "P-1", "Estado_Pedido": "VALIDANDO EXISTENCIAS", "ID_Empresa": "C-0001", "Total": 116.0,
        "Lineas": 1.0,
    },
    "order_lines": {
        "ID_Pedido_Detalles": "P-1/1", "ID_Pedido_Cabecera": "P-1", "ID_Producto": "00123", "Cantidad": 2.0,
        "Precio_Unitario": 50.0, "Monto_Total_Producto": 100.0,
    },
    "order_states": {"ID_Pedido_Cabecera": "P-1", "Estado": "ACEPTADO"},
}  # fmt: skip
AMOUNTS = (
    "Subtotal_Sin_Descuento", "Descuento", "Subtotal_Con_Descuento", "Costo_Envio", "Subtotal_Con_Envio", "Impuestos",
    "Total",
)  # fmt: skip
BORN_HERE = {"companies": "ID_Empresa", "contacts": "ID_Contacto"}  # on the platform they have no such id yet

URL: Case = (
    [{"URL_Imagen": url} for url in (None, "", "http://a.mx", "HTTPS://a.mx:8443/ñ/205%2055.jpg?v=3")],
    [{"URL_Imagen": url} for url in ("LL-1.jpg", "ftp://a.mx/1.jpg", "https://", "https://a.mx/a b.jpg", "C:\\1.jpg")],
)
EMAIL: Case = (
    [{"Email": text} for text in (
        None, "", "  ", "a@b.mx", "josé.o'neil+sap@correo.llantasñ.com.mx", "x@1.example.museum")],
    [{"Email": text} for text in (
        "sin arroba", "a@b", "a@b.c", "@b.mx", "a@", "a@@b.mx", "a@b..mx", "a@b.mx.", "a b@c.mx", "a@b.mx\n",
        "a@b.mx; c@d.mx", "a@b.mx,c@d.mx", "Ana <a@b.mx>", "a@b.mx ", "\x00a@b.mx", "a\u00a0@b.mx",
        "a@" + "b." * 5000)],
)  # fmt: skip
ESPECIALLY: dict[str, dict[str, Case]] = {
    "categories": {
        "categories.url_imagen.shape": URL,
        "categories.id_categoria_padre.not_itself": (
            [{"ID_Categoria_Padre": None}, {"ID_Categoria_Padre": ""}], [{"ID_Categoria_Padre": "F-07"}]),
        "categories.parents.no_cycle": ([{}], [{"_cycle": "F-07 → F-01 → F-07"}]),
        "categories.parents.known": ([{}], [{"_missing_parent": "categories F-01"}]),
    },
    "products": {
        **{f"products.{p.lower()}.not_negative": ([{p: None}, {p: 0.0}, {p: 99999999999999.0}], [{p: -0.0001}])
           for p in (*PRICES, "Existencia")},
        "products.peso.plausible": ([{"Peso": v} for v in (None, 0.0, 500.0)], [{"Peso": -1.0}, {"Peso": 500.0001}]),
        **{f"products.{d.lower()}.plausible": ([{d: v} for v in (None, 0.0, 1000.0)], [{d: -1.0}, {d: 1000.0001}])
           for d in ("Ancho", "Largo", "Alto")},
        "products.url_imagen.shape": URL,
        "products.url_imagen.names_sku": (
            [{"URL_Imagen": None}, {"URL_Imagen": " "}, {"URL_Imagen": "LL-205Ñ.jpg"}, {"SKU": None},
             {"URL_Imagen": "https://a.mx/LL-205%C3%91.jpg"}, {"SKU": "a/b", "URL_Imagen": "https://a.mx/a%2Fb.jpg"}],
            [{"URL_Imagen": "https://a.mx/LL-206.jpg"}, {"URL_Imagen": "https://a.mx/LL-205Ñ.png"},
             {"SKU": "5", "URL_Imagen": "https://a.mx/15.jpg"}, {"URL_Imagen": "https://a.mx/LL-205Ñ.jpg?v=1"}]),
        "products.sku.unique": ([{}], [{"_owner": "00099"}]),
    },
    "product_categories": {"product_categories.parents.known": ([{}], [{"_missing_parent": "products 00123"}])},
    "companies": {
        "companies.email.shape": EMAIL,
        "companies.identificacion_fiscal.rfc": (
            [{"Identificacion_Fiscal": text} for text in (
                None, "", "XAXX010101000", "XEXX010101000", "Ñ&A991231XY9", "GODE561231GR8")],
            [{"Identificacion_Fiscal": text} for text in (
                "GODE561331GR8", "GODE561200GR8", "gode561231gr8", "GODE-561231-GR8", "GO561231GR8", "B-12345678",
                "GODE561231GR89")]),
    },
    "contacts": {
        "contacts.email.shape": EMAIL,
        "contacts.parents.known": ([{}], [{"_missing_parent": "companies C-0001"}]),
    },
    "order_headers": {
        "order_headers.estado_pedido.known": (
            [{"Estado_Pedido": text} for text in ("validando existencias", "EMITIENDO_AL_ERP", *STATES, *ALIASES)],
            [{"Estado_Pedido": text} for text in ("", "NUEVO", "VALIDANDO")]),
        **{f"order_headers.{c.lower()}.not_negative": ([{c: None}, {c: 0.0}], [{c: -0.0001}]) for c in AMOUNTS},
        "order_headers.lineas.positive": ([{"Lineas": None}, {"Lineas": 1.0}], [{"Lineas": 0.0}, {"Lineas": -1.0}]),
    },
    "order_lines": {
        "order_lines.cantidad.positive": ([{"Cantidad": 0.0001}], [{"Cantidad": 0.0}, {"Cantidad": -1.0}]),
        **{f"order_lines.{c.lower()}.not_negative": ([{c: 0.0}, {c: 99.0}], [{c: -0.0001}])
           for c in ("Precio_Unitario", "Monto_Total_Producto")},
    },
    "order_states": {
        "order_states.estado.known": (
            [{"Estado": text} for text in (
                *STATES, *ALIASES, "Aceptado", "RECIBIDO_EN_ERP", " emitiendo  al ERP ", "VALIDANDO EXISTENCÍAS")],
            [{"Estado": text} for text in ("", "ACEPTADA", "ACEPTADO.", "EN CAMINO", "RECIBIDOENERP")]),
        "order_states.motivo_rechazo.given": (
            [{"Motivo_Rechazo": None}, {"Estado": "RECHAZADO", "Motivo_Rechazo": "Sin crédito"}, {"Estado": None}],
            [{"Estado": "RECHAZADO", "Motivo_Rechazo": None}, {"Estado": "rechazado_por existencias"},
             {"Estado": "Rechazado", "Motivo_Rechazo": "  "}]),
        "order_states.parents.known": ([{}], [{"_missing_parent": "order_headers P-1"}]),
    },
}  # fmt: skip


def columns_of(direction: str, entity: str) -> tuple[Column, ...]:
    return queue_for(entity, READERS[direction]).columns


def required(direction: str, entity: str) -> set[str]:
    """What the contract says must be there in a direction: agreed fields, the key, parents that are not optional."""
    described = ENTITIES[entity]
    columns = {c.name for c in columns_of(direction, entity) if c.required}
    found = columns | set(described.key) | {p.column for p in described.parents if not p.optional}
    if entity == "order_headers":
        found.add("Total")
    return found - {BORN_HERE.get(entity)} if direction == "platform_to_erp" else found


def sized(direction: str, entity: str) -> dict[str, int]:
    return {c.name: c.size for c in columns_of(direction, entity) if c.kind in ("key", "text")}


def cases(direction: str, entity: str) -> dict[str, Case]:
    """A case for every rule that the suite must have: what the contract implies, and the special ones above."""
    found: dict[str, Case] = {}
    columns = columns_of(direction, entity)
    numbers = {c.name for c in columns if c.kind == "decimal"}
    for column in required(direction, entity):
        if column in numbers:
            found[f"{entity}.{column.lower()}.required"] = [{column: 1.0}], [{column: None}]
            continue
        bad = (None, "", "   ", "\t\n", "\u00a0\u3000")
        found[f"{entity}.{column.lower()}.required"] = [{column: " x "}], [{column: text} for text in bad]
    if direction == "platform_to_erp" and entity in BORN_HERE:
        key = BORN_HERE[entity]
        found[f"{entity}.identity.required"] = (
            [{key: "C-1", "ID_Plataforma": "7"}, {key: None, "ID_Plataforma": "7"}, {key: "C-1"}],
            [{key: None}, {key: " ", "ID_Plataforma": ""}],
        )
    for column, size in sized(direction, entity).items():
        good = (None, "", "x" * size, "ñ" * size, "🛞" * size)
        found[f"{entity}.{column.lower()}.max_length"] = (
            [{column: text} for text in good],
            [{column: "x" * (size + 1)}, {column: "🛞" * (size + 1)}],
        )
    for column in (c.name for c in columns if c.kind == "key"):
        bad = ("a\x00", "a\tb", "a\n", "a\x7f", "a\x85", "\ufeffa", "a\u200bb", "a\u202eb", "a\u00adb")
        found[f"{entity}.{column.lower()}.no_control"] = (
            [{column: text} for text in (None, "Ñandú-1/2 º", "日本")],
            [{column: text} for text in bad],
        )
    found[f"{entity}.numbers.valid"] = [{}], [{"_invalid": "Precio_1,Peso"}]
    found[f"{entity}.key.unambiguous"] = [{}], [{"_ambiguous": "f-07"}]
    return found | ESPECIALLY[entity]


def frame_of(direction: str, entity: str, rows: list[Row]) -> pd.DataFrame:
    """`rows` as changes to the sound row, with the dtypes that the gate is given."""
    columns = columns_of(direction, entity)
    kinds = {c.name: "float64" if c.kind in ("decimal", "integer") else "str" for c in columns}
    kinds |= dict.fromkeys(("_invalid", *SET_HELPERS), "str")
    records = [{name: {**SOUND[entity], **row}.get(name) for name in kinds} for row in rows]
    frame = pd.DataFrame(records, columns=list(kinds)).astype(kinds)
    frame.insert(0, "_row", range(1000, 1000 + len(rows)))
    return frame


@cache
def judged(direction: str, entity: str) -> tuple[dict[tuple[str, bool], list[int]], dict[int, set[str]], list[str]]:
    """All cases of an entity in one frame per stage: rows by (rule, whether good), failed rules by row, broken."""
    places: dict[tuple[str, bool], list[int]] = defaultdict(list)
    rows: list[Row] = [{}]
    for rule_id, case in cases(direction, entity).items():
        for good, changes in zip((True, False), case, strict=True):
            places[rule_id, good] += range(1000 + len(rows), 1000 + len(rows) + len(changes))
            rows += changes
    frame, suite = frame_of(direction, entity, rows), load_suite(direction, entity)
    failed: dict[int, set[str]] = defaultdict(set)
    broken: list[str] = []
    for stage in ("row", "set"):
        result = run_stage(suite, stage, frame)
        broken += result.broken
        for finding in result.findings:
            failed[finding.row].add(finding.rule_id)
    return places, failed, broken


ALL_RULES = [(*carried, rule.rule_id) for carried in CARRIED for rule in load_suite(*carried).rules]


@pytest.mark.parametrize(("direction", "entity"), CARRIED)
def test_each_rule_has_a_case_and_each_case_a_rule(direction: str, entity: str) -> None:
    assert {rule.rule_id for rule in load_suite(direction, entity).rules} == set(cases(direction, entity))
    assert all(good and bad for good, bad in cases(direction, entity).values())


@pytest.mark.parametrize(("direction", "entity"), CARRIED)
def test_a_sound_row_fails_nothing(direction: str, entity: str) -> None:
    _, failed, broken = judged(direction, entity)
    assert not broken
    assert not failed[1000]


@pytest.mark.parametrize(("direction", "entity", "rule_id"), ALL_RULES)
def test_rule_passes_the_good_and_rejects_the_bad(direction: str, entity: str, rule_id: str) -> None:
    places, failed, _ = judged(direction, entity)
    assert [row for row in places[rule_id, True] if rule_id in failed[row]] == []
    assert [row for row in places[rule_id, False] if rule_id not in failed[row]] == []


@pytest.mark.parametrize(("direction", "entity"), CARRIED)
def test_lengths_and_required_fields_are_the_contract_s(direction: str, entity: str) -> None:
    rules = load_suite(direction, entity).rules
    lengths = {r.columns[0]: r.kwargs["max_value"] for r in rules if r.type.endswith("value_lengths_to_be_between")}
    assert lengths == sized(direction, entity)
    must = ("values_to_be_filled", "to_not_be_null")
    assert {r.columns[0] for r in rules if r.type.endswith(must)} == required(direction, entity)


@pytest.mark.parametrize(("direction", "entity"), CARRIED)
def test_only_what_is_agreed_merely_warns_or_waits(direction: str, entity: str) -> None:
    rules = load_suite(direction, entity).rules
    warned = {r.rule_id.removeprefix(f"{entity}.") for r in rules if r.severity != "critical"}
    assert warned <= {"url_imagen.shape", "url_imagen.names_sku", "identificacion_fiscal.rfc"}
    assert {r.rule_id for r in rules if r.on_failure == "hold"} == {
        r.rule_id for r in rules if r.columns == ("_missing_parent",)
    }
    assert all(r.columns[0] in SET_HELPERS for r in rules if r.stage == "set")


@pytest.mark.parametrize(("direction", "entity"), [each for each in CARRIED if each[1] in BORN_HERE])
def test_messages_about_people_show_no_keys(direction: str, entity: str) -> None:
    shown = [r.columns for r in load_suite(direction, entity).rules if "{value}" in r.message_es + r.message_en]
    assert shown == [("_invalid",)]  # names of columns


@pytest.mark.parametrize("direction", READERS)
def test_every_suite_of_a_direction_is_read_by_someone(direction: str) -> None:
    there = {path.stem for path in (EXPECTATIONS / direction).glob("*.json")}
    assert there == set(READ_SEQUENCE[READERS[direction]])


def test_states_are_folded_as_people_write_them() -> None:
    assert fold_state(" Recibido_en  érp ") == "RECIBIDO EN ERP"


# ---------------------------------------------------------------- a file that cannot be relied on
def drop_last(suite: dict[str, Any]) -> None:
    suite["expectations"].pop()


def repeat_first(suite: dict[str, Any]) -> None:
    suite["expectations"].append(json.loads(json.dumps(suite["expectations"][0])))
    suite["meta"]["rules"] += 1


def repeat_check_under_another_id(suite: dict[str, Any]) -> None:
    repeat_first(suite)
    suite["expectations"][-1]["meta"]["rule_id"] = "products.other"


def in_first(change: dict[str, Any], where: str | None = None, without: str = "") -> Callable[[dict[str, Any]], None]:
    def apply(suite: dict[str, Any]) -> None:
        target = suite["expectations"][0][where] if where else suite["expectations"][0]
        target.update(change)
        target.pop(without, None)

    return apply


DOCTORED = {
    "a rule deleted": (drop_last, "meta.rules says 29 rules, the file holds 28"),
    "a rule twice": (repeat_first, "stands 2 times"),
    "a check twice": (repeat_check_under_another_id, "stands 2 times"),
    "no rules": (lambda s: s.update(expectations=[]), "would pass everything"),
    "another name": (lambda s: s.update(name="x"), "the name is"),
    "typo in type": (in_first({"type": "expect_column_values_to_be_fild"}), "to_be_fild"),
    "typo in severity": (in_first({"severity": "critcal"}), "severity is 'critcal'"),
    "no severity": (in_first({}, without="severity"), "needs exactly"),
    "a stray key": (in_first({"serverity": "critical"}), "needs exactly"),
    "typo in stage": (in_first({"stage": "rows"}, "meta"), "meta.stage is 'rows'"),
    "no rule_id": (in_first({}, "meta", "rule_id"), "meta.rule_id"),
    "another entity's rule_id": (in_first({"rule_id": "companies.x"}, "meta"), "meta.rule_id"),
    "no notes": (in_first({"notes": " "}, "meta"), "meta.notes is missing"),
    "no message": (in_first({}, "meta", "message_es"), "meta.message_es is missing"),
    "typo in on_failure's name": (in_first({"on_failur": "hold"}, "meta"), "unknown in meta"),
    "typo in on_failure": (in_first({"on_failure": "hols"}, "meta"), "meta.on_failure is 'hols'"),
    "typo in a kwarg": (in_first({"colum": "SKU"}, "kwargs"), "extra fields not permitted"),
    "unknown column": (in_first({"column": "Sku"}, "kwargs"), "no column Sku"),
    "a column of the other stage": (in_first({"column": "_owner"}, "kwargs"), "no column _owner"),
    "mostly": (in_first({"mostly": 0.9}, "kwargs"), "mostly"),
    "a regex that ends in $": (in_first({"regex": "a$"}, "kwargs"), "also takes a line break"),
    "a check of no rows": (in_first({"type": "expect_column_to_exist"}), "names no rows"),
    "a payload value in a message": (in_first({"message_es": "Vale {value}."}, "meta"), "must not show the value"),
}


@pytest.mark.parametrize("what", DOCTORED)
def test_doctored_suite_is_refused(what: str, tmp_path: Path) -> None:
    change, complaint = DOCTORED[what]
    suite = json.loads((EXPECTATIONS / DIRECTION / "products.json").read_text(encoding="utf-8"))
    change(suite)
    (tmp_path / DIRECTION).mkdir()
    (tmp_path / DIRECTION / "products.json").write_text(json.dumps(suite), encoding="utf-8")
    with pytest.raises(SuiteBroken, match=complaint):
        load_suite(DIRECTION, "products", tmp_path)


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"name": "x"'])
def test_unreadable_suite_is_refused(content: str | None, tmp_path: Path) -> None:
    (tmp_path / DIRECTION).mkdir()
    if content is not None:
        (tmp_path / DIRECTION / "products.json").write_text(content, encoding="utf-8")
    with pytest.raises(SuiteBroken, match="no suite could be read"):
        load_suite(DIRECTION, "products", tmp_path)


def test_the_hash_is_the_file_s(tmp_path: Path) -> None:
    (tmp_path / DIRECTION).mkdir()
    content = (EXPECTATIONS / DIRECTION / "products.json").read_bytes()
    (tmp_path / DIRECTION / "products.json").write_bytes(content + b"\n")
    assert load_suite(DIRECTION, "products", tmp_path).sha256 != load_suite(DIRECTION, "products").sha256
