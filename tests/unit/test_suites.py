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

from puente.contract import ENTITIES, PRICES, READ_SEQUENCE, queue_for
from puente.quality.gate import run_stage
from puente.quality.rules import fold_state
from puente.quality.suites import EXPECTATIONS, SET_HELPERS, SuiteBroken, load_suite

DIRECTION = "erp_to_platform"
CARRIED = READ_SEQUENCE["platform"]
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
    "order_states": {"ID_Pedido_Cabecera": "P-1", "Estado": "ACEPTADO"},
}  # fmt: skip

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
    "order_states": {
        "order_states.estado.known": (
            [{"Estado": text} for text in (
                "Aceptado", "RECIBIDO_EN_ERP", " emitiendo  al ERP ", "Devuelto", "VALIDANDO EXISTENCÍAS")],
            [{"Estado": text} for text in ("", "ACEPTADA", "ACEPTADO.", "EN CAMINO", "RECIBIDOENERP")]),
        "order_states.motivo_rechazo.given": (
            [{"Motivo_Rechazo": None}, {"Estado": "RECHAZADO", "Motivo_Rechazo": "Sin crédito"}, {"Estado": None}],
            [{"Estado": "RECHAZADO", "Motivo_Rechazo": None}, {"Estado": "rechazado_por existencias"},
             {"Estado": "Rechazado", "Motivo_Rechazo": "  "}]),
        "order_states.parents.known": ([{}], [{"_missing_parent": "order_headers P-1"}]),
    },
}  # fmt: skip


def required(entity: str) -> set[str]:
    """What the contract says must be there in this direction: agreed fields, the key, parents that are not optional."""
    described = ENTITIES[entity]
    columns = {c.name for c in queue_for(entity, "platform").columns if c.required}
    return columns | set(described.key) | {p.column for p in described.parents if not p.optional}


def sized(entity: str) -> dict[str, int]:
    return {c.name: c.size for c in queue_for(entity, "platform").columns if c.kind in ("key", "text")}


def cases(entity: str) -> dict[str, Case]:
    """A case for every rule that the suite must have: what the contract implies, and the special ones above."""
    found: dict[str, Case] = {}
    for column in required(entity):
        bad = (None, "", "   ", "\t\n", "\u00a0\u3000")
        found[f"{entity}.{column.lower()}.required"] = [{column: " x "}], [{column: text} for text in bad]
    for column, size in sized(entity).items():
        good = (None, "", "x" * size, "ñ" * size, "🛞" * size)
        found[f"{entity}.{column.lower()}.max_length"] = (
            [{column: text} for text in good],
            [{column: "x" * (size + 1)}, {column: "🛞" * (size + 1)}],
        )
    for column in (c.name for c in queue_for(entity, "platform").columns if c.kind == "key"):
        bad = ("a\x00", "a\tb", "a\n", "a\x7f", "a\x85", "\ufeffa", "a\u200bb", "a\u202eb", "a\u00adb")
        found[f"{entity}.{column.lower()}.no_control"] = (
            [{column: text} for text in (None, "Ñandú-1/2 º", "日本")],
            [{column: text} for text in bad],
        )
    found[f"{entity}.numbers.valid"] = [{}], [{"_invalid": "Precio_1,Peso"}]
    found[f"{entity}.key.unambiguous"] = [{}], [{"_ambiguous": "f-07"}]
    return found | ESPECIALLY[entity]


def frame_of(entity: str, rows: list[Row]) -> pd.DataFrame:
    """`rows` as changes to the sound row, with the dtypes that the gate is given."""
    columns = queue_for(entity, "platform").columns
    kinds = {c.name: "float64" if c.kind in ("decimal", "integer") else "str" for c in columns}
    kinds |= dict.fromkeys(("_invalid", *SET_HELPERS), "str")
    records = [{name: {**SOUND[entity], **row}.get(name) for name in kinds} for row in rows]
    frame = pd.DataFrame(records, columns=list(kinds)).astype(kinds)
    frame.insert(0, "_row", range(1000, 1000 + len(rows)))
    return frame


@cache
def judged(entity: str) -> tuple[dict[tuple[str, bool], list[int]], dict[int, set[str]], list[str]]:
    """All cases of an entity in one frame per stage: rows by (rule, whether good), failed rules by row, broken."""
    places: dict[tuple[str, bool], list[int]] = defaultdict(list)
    rows: list[Row] = [{}]
    for rule_id, case in cases(entity).items():
        for good, changes in zip((True, False), case, strict=True):
            places[rule_id, good] += range(1000 + len(rows), 1000 + len(rows) + len(changes))
            rows += changes
    frame, suite = frame_of(entity, rows), load_suite(DIRECTION, entity)
    failed: dict[int, set[str]] = defaultdict(set)
    broken: list[str] = []
    for stage in ("row", "set"):
        result = run_stage(suite, stage, frame)
        broken += result.broken
        for finding in result.findings:
            failed[finding.row].add(finding.rule_id)
    return places, failed, broken


ALL_RULES = [(entity, rule.rule_id) for entity in CARRIED for rule in load_suite(DIRECTION, entity).rules]


@pytest.mark.parametrize("entity", CARRIED)
def test_each_rule_has_a_case_and_each_case_a_rule(entity: str) -> None:
    assert {rule.rule_id for rule in load_suite(DIRECTION, entity).rules} == set(cases(entity))
    assert all(good and bad for good, bad in cases(entity).values())


@pytest.mark.parametrize("entity", CARRIED)
def test_a_sound_row_fails_nothing(entity: str) -> None:
    _, failed, broken = judged(entity)
    assert not broken
    assert not failed[1000]


@pytest.mark.parametrize(("entity", "rule_id"), ALL_RULES)
def test_rule_passes_the_good_and_rejects_the_bad(entity: str, rule_id: str) -> None:
    places, failed, _ = judged(entity)
    assert [row for row in places[rule_id, True] if rule_id in failed[row]] == []
    assert [row for row in places[rule_id, False] if rule_id not in failed[row]] == []


@pytest.mark.parametrize("entity", CARRIED)
def test_lengths_and_required_fields_are_the_contract_s(entity: str) -> None:
    rules = load_suite(DIRECTION, entity).rules
    lengths = {r.columns[0]: r.kwargs["max_value"] for r in rules if r.type.endswith("value_lengths_to_be_between")}
    assert lengths == sized(entity)
    assert {r.columns[0] for r in rules if r.type.endswith("to_be_filled")} == required(entity)


@pytest.mark.parametrize("entity", CARRIED)
def test_only_what_is_agreed_merely_warns_or_waits(entity: str) -> None:
    rules = load_suite(DIRECTION, entity).rules
    warned = {r.rule_id.removeprefix(f"{entity}.") for r in rules if r.severity != "critical"}
    assert warned <= {"url_imagen.shape", "url_imagen.names_sku", "identificacion_fiscal.rfc"}
    assert {r.rule_id for r in rules if r.on_failure == "hold"} == {
        r.rule_id for r in rules if r.columns == ("_missing_parent",)
    }
    assert all(r.columns[0] in SET_HELPERS for r in rules if r.stage == "set")


@pytest.mark.parametrize("entity", ["companies", "contacts"])
def test_messages_about_people_show_no_keys(entity: str) -> None:
    shown = [r.columns for r in load_suite(DIRECTION, entity).rules if "{value}" in r.message_es + r.message_en]
    assert shown == [("_invalid",)]  # names of columns


def test_every_suite_of_the_direction_is_read_by_someone() -> None:
    assert {path.stem for path in (EXPECTATIONS / DIRECTION).glob("*.json")} == set(CARRIED)


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
