"""The gate on one frame: what is found, what blocks the batch, and that calls do not see each other."""

from __future__ import annotations

import dataclasses
import json
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from great_expectations.data_context.data_context.context_factory import project_manager

from puente.contract import queue_for
from puente.quality import gate
from puente.quality.gate import Finding, run_stage
from puente.quality.suites import EXPECTATIONS, SET_HELPERS, Suite, load_suite
from puente.transforms.frames import gate_frame

DIRECTION = "erp_to_platform"
SOUND: dict[str, Any] = {"ID_Empresa": "C-1", "Nombre_Empresa": "Peña y Núñez", "Email": "a@b.mx"}


def companies() -> Suite:
    return load_suite(DIRECTION, "companies")


def frame_of(*changes: dict[str, Any], entity: str = "companies", sound: dict[str, Any] | None = None) -> pd.DataFrame:
    """Rows 100, 101, … as the inbox gives them to the gate: texts, through `gate_frame`."""
    columns = queue_for(entity, "platform").columns
    rows = [{**(SOUND if sound is None else sound), **change} for change in changes]
    texts = {c.name: pa.array([row.get(c.name) for row in rows], pa.string()) for c in columns}
    ids = pa.array(range(100, 100 + len(rows)), pa.int64())
    return gate_frame(pa.table({"inbox_id": ids, **texts}), columns)


def test_a_finding_says_row_rule_column_and_why_but_no_value() -> None:
    result = run_stage(companies(), "row", frame_of({}, {"Email": "juan sin arroba"}, {}))
    assert result.findings == [
        Finding(101, "companies.email.shape", "critical", "Email",
                "Email no tiene forma de dirección de correo.", "quarantine"),
    ]  # fmt: skip
    assert (result.evaluated, result.broken) == (3, [])
    assert result.per_rule["companies.email.shape"] == 1
    assert sum(result.per_rule.values()) == 1
    assert set(result.per_rule) == {rule.rule_id for rule in companies().of_stage("row")}


def test_a_row_keeps_every_reason() -> None:
    result = run_stage(companies(), "row", frame_of({"Email": "x", "Nombre_Empresa": " ", "ID_Empresa": "\x00"}))
    assert {f.rule_id for f in result.findings} == {
        "companies.email.shape", "companies.nombre_empresa.required", "companies.id_empresa.no_control",
    }  # fmt: skip


def test_a_warning_is_told_apart_from_what_rejects() -> None:
    result = run_stage(companies(), "row", frame_of({"Identificacion_Fiscal": "sin RFC"}))
    assert [f.severity for f in result.findings] == ["warning"]
    assert result.per_rule["companies.identificacion_fiscal.rfc"] == 1
    assert not result.broken


def test_numbers_that_are_none_are_named_by_column() -> None:
    sound = {"ID_Producto": "1", "SKU": "S", "Nombre": "N"}
    bad = {"Precio_1": "doce", "Peso": "1e30", "Existencia": "nan"}
    frame = frame_of({}, bad, {"Precio_1": "-0.0100"}, entity="products", sound=sound)
    result = run_stage(load_suite(DIRECTION, "products"), "row", frame)
    assert [(f.row, f.rule_id, f.message) for f in result.findings] == [
        (101, "products.numbers.valid", "No son números válidos: Precio_1,Existencia,Peso."),
        (102, "products.precio_1.not_negative", "Precio_1 es negativo."),
    ]


def test_set_rules_hold_or_quarantine_and_show_the_key() -> None:
    helpers = {helper: [None, None, None] for helper in SET_HELPERS}
    helpers["_missing_parent"] = ["categories F-01", None, None]  # type: ignore[list-item]
    helpers["_cycle"] = [None, "A → B\n → A" + "x" * 200, None]  # type: ignore[list-item]
    frame = pd.DataFrame({"_row": [7, 8, 9], **helpers}).astype(dict.fromkeys(SET_HELPERS, "str"))
    found = run_stage(load_suite(DIRECTION, "categories"), "set", frame).findings
    assert {f.row: (f.rule_id, f.on_failure) for f in found} == {
        7: ("categories.parents.known", "hold"),
        8: ("categories.parents.no_cycle", "quarantine"),
    }
    messages = {f.row: f.message for f in found}
    assert messages[7] == "Falta la categoría padre: categories F-01."
    assert "A → B  → Ax" in messages[8]
    assert len(messages[8]) < 200


def test_rows_are_named_by_id_whatever_the_frame_s_index() -> None:
    frame = frame_of({"Email": "x"}, {}, {"Email": "y"}, {})
    frame.index = pd.Index([5, 5, 0, -1], name="Email")
    result = run_stage(companies(), "row", frame[::-1])
    assert [f.row for f in result.findings] == [102, 100]


@pytest.mark.parametrize("entity", ["categories", "products", "contacts", "order_states"])
def test_an_empty_frame_passes_without_a_broken_check(entity: str) -> None:
    suite = load_suite(DIRECTION, entity)
    empty = frame_of(entity=entity).assign(**dict.fromkeys(SET_HELPERS, pd.Series(dtype="str")))
    for stage in ("row", "set"):
        result = run_stage(suite, stage, empty)
        assert (result.evaluated, result.findings, result.broken) == (0, [], [])
        assert set(result.per_rule) == {rule.rule_id for rule in suite.of_stage(stage)}


def test_a_column_without_a_single_value_is_checked_like_others() -> None:
    """Great Expectations calls this a success, though it lists both rows."""
    frame = frame_of({"Nombre_Empresa": None, "Email": None}, {"Nombre_Empresa": None, "Email": None})
    result = run_stage(companies(), "row", frame)
    assert not result.broken
    assert {f.rule_id for f in result.findings} == {"companies.nombre_empresa.required"}


# ---------------------------------------------------------------- checks that could not be carried out
def test_a_missing_column_blocks_the_batch_and_is_named() -> None:
    result = run_stage(companies(), "row", frame_of({"Nombre_Empresa": ""}).drop(columns="Email"))
    assert result.broken == [
        "companies.email.max_length (falta la columna Email)", "companies.email.shape (falta la columna Email)",
    ]  # fmt: skip
    assert [f.rule_id for f in result.findings] == ["companies.nombre_empresa.required"]


def test_a_check_that_raised_blocks_the_batch_and_quotes_no_cell() -> None:
    frame = frame_of({"ID_Producto": "1", "SKU": "S", "Nombre": "N"}, entity="products", sound={})
    frame["Precio_1"] = pd.Series(["secreto"], dtype="str")
    result = run_stage(load_suite(DIRECTION, "products"), "row", frame)
    assert result.broken == ["products.precio_1.not_negative (columna Precio_1)"]
    assert "secreto" not in str(result)


def test_a_check_of_our_own_that_raised_blocks_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: str) -> str:
        raise RuntimeError("no")

    monkeypatch.setattr("puente.quality.rules.fold_state", fails)
    frame = frame_of({"ID_Pedido_Cabecera": "1", "Estado": "ACEPTADO"}, entity="order_states", sound={})
    broken = run_stage(load_suite(DIRECTION, "order_states"), "row", frame).broken
    assert [text.split()[0] for text in broken] == ["order_states.estado.known", "order_states.motivo_rechazo.given"]


def test_an_answer_that_was_lost_blocks_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = gate._validate
    monkeypatch.setattr(
        gate, "_validate", lambda *args: {k: v for k, v in whole(*args).items() if k != "companies.email.shape"}
    )
    result = run_stage(companies(), "row", frame_of({}))
    assert result.broken == ["companies.email.shape (columna Email)"]


def test_a_rule_that_gx_drops_is_an_error_not_a_pass() -> None:
    suite = companies()
    typo = dataclasses.replace(suite.rules[0], type="expect_column_values_to_be_fild")
    with pytest.raises(Exception, match="fild"):
        run_stage(dataclasses.replace(suite, rules=(typo, *suite.rules[1:])), "row", frame_of({}))


@pytest.mark.parametrize("damage", [lambda f: f.drop(columns="_row"), lambda f: f.assign(_row=None)])
def test_rows_without_an_id_are_refused(damage: Any) -> None:
    with pytest.raises(ValueError, match="_row"):
        run_stage(companies(), "row", damage(frame_of({})))


# ---------------------------------------------------------------- isolation, noise, speed
def test_threads_never_see_each_other_s_rows() -> None:
    suite = companies()

    def one(seed: int) -> tuple[set[int], set[int]]:
        size, bad = 30 + seed, {seed, seed + 7}
        frame = frame_of(*({"Email": "broken"} if i in bad else {} for i in range(size)))
        frame["_row"] += seed * 10_000
        result = run_stage(suite, "row", frame)
        assert (result.evaluated, result.broken) == (size, [])
        return {f.row for f in result.findings}, {100 + i + seed * 10_000 for i in bad}

    with ThreadPoolExecutor(4) as pool:
        for found, expected in pool.map(one, range(12)):
            assert found == expected


def test_no_frame_is_in_a_context_that_others_can_reach() -> None:
    run_stage(companies(), "row", frame_of({}))
    assert dict(project_manager.get_current_project().data_sources.all()) == {}


def test_the_gate_writes_no_noise(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        run_stage(companies(), "row", frame_of({"Email": "juan@secreto"}))
    assert capfd.readouterr() == ("", "")
    assert not [record for record in caplog.records if record.name.startswith("great_expectations")]


def test_the_frame_is_left_as_it_was() -> None:
    frame = frame_of({"Email": "x"}, {})
    before = frame.copy(deep=True)
    run_stage(companies(), "row", frame)
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(("share_bad", "seconds"), [(0, 3), (5, 8)])  # generous: measured 0.4 s and 0.9 s
def test_fifty_thousand_rows_take_about_a_second(share_bad: int, seconds: float) -> None:
    suite, bad = companies(), {"Email": "broken", "Nombre_Empresa": "x" * 300, "ID_Empresa": "\x01" * 80}
    frame = pd.concat([frame_of(*({} if i % 10 >= share_bad else bad for i in range(100)))] * 500, ignore_index=True)
    frame["_row"] = range(len(frame))
    started = time.perf_counter()
    result = run_stage(suite, "row", frame)
    assert time.perf_counter() - started < seconds
    assert len(result.findings) == 4 * len(frame) * share_bad // 10


def test_suites_are_files_that_people_can_diff() -> None:
    for path in EXPECTATIONS.rglob("*.json"):
        text = path.read_text(encoding="utf-8")
        assert all(c.isprintable() or c == "\n" for c in text), path
        assert json.loads(text)["name"] == f"{path.parent.name}.{Path(path).stem}"
