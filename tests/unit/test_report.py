"""Validation reports: the numbers add up, alterations show, no path leads out, the page is self-contained."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from puente.contract import ENTITIES
from puente.quality import report
from puente.quality.report import ReportData, RuleCount, render_html, verify_report, write_report
from puente.quality.report_texts import TEXTS
from puente.quality.seal import canonical, seal
from puente.quality.suites import load_suite

KEY = b"a key from the settings"
RULES = [
    RuleCount("products.sku.required", "critical", "row", 10, 0, "why", "SKU está vacío.", "SKU is empty."),
    RuleCount("products.precio_1.not_negative", "critical", "row", 10, 2, "why", "Es negativo.", "It is negative."),
    RuleCount("products.url_imagen.names_sku", "warning", "row", 10, 3, "why", "No es <SKU>.jpg", "Not <SKU>.jpg"),
    RuleCount("products.parents.known", "critical", "set", 8, 1, "why", "Falta: {value}.", "Missing: {value}.", "hold"),
]


def data(**changes: Any) -> ReportData:
    sound: dict[str, Any] = {
        "link_id": "main", "direction": "erp_to_platform", "entity": "products", "batch_id": 42,
        "run_id": "scheduled__2026-11-20T22:00:00+00:00", "task_id": "products.validate", "try_number": 2,
        "started_at": "2026-11-20T22:00:01.123Z", "finished_at": "2026-11-20T22:00:02.456+00:00",
        "suite": "erp_to_platform.products", "suite_sha256": "ab" * 32,
        "versions": {"puente": "0.1.0", "great_expectations": "1.24.1", "pandas": "3.1.1", "python": "3.11.7"},
        "verdict": "passed_with_quarantine", "rows_in": 1010, "accepted": 1004, "rejected": 2, "held": 1,
        "superseded": 3, "deletions": 1, "per_rule": RULES, "ledger_head": "cd" * 32, "ledger_count": 17,
    }  # fmt: skip
    return ReportData(**{**sound, **changes})


def test_a_report_lies_where_it_is_looked_for_and_verifies(tmp_path: Path) -> None:
    path = write_report(data(), tmp_path, "es", KEY)
    assert path == tmp_path / "main" / "products" / "00000042-try2.json"
    assert sorted(p.name for p in path.parent.iterdir()) == ["00000042-try2.html", "00000042-try2.json"]
    assert verify_report(path, KEY) == []
    assert verify_report(path, None) == []
    body = json.loads(path.read_bytes())["report"]
    assert (body["rows_in"], body["per_rule"][1]["failed"], body["language"]) == (1010, 2, "es")


def test_batches_of_both_sides_with_one_number_have_a_report_each(tmp_path: Path) -> None:
    """Each side numbers its own batches, and companies, contacts and states of orders are read by both."""
    one = write_report(data(entity="companies"), tmp_path, "es", KEY)
    other = write_report(data(entity="companies", direction="platform_to_erp"), tmp_path, "es", KEY)
    assert one != other and other.name == "00000042-erp-try2.json"
    assert verify_report(one, KEY) == verify_report(other, KEY) == []
    other.replace(one)
    other.with_suffix(".html").replace(one.with_suffix(".html"))
    assert "another report's place" in verify_report(one, KEY)[0]


def test_the_same_report_is_the_same_bytes_and_a_rerun_replaces_it(tmp_path: Path) -> None:
    first = write_report(data(), tmp_path, "en", KEY).read_bytes()
    assert write_report(data(), tmp_path, "en", KEY).read_bytes() == first
    path = write_report(data(rejected=1, accepted=1005), tmp_path, "en", KEY)
    assert path.read_bytes() != first
    assert verify_report(path, KEY) == []


def test_without_a_key_there_is_a_hash_and_no_seal(tmp_path: Path) -> None:
    path = write_report(data(), tmp_path, "es", None)
    assert "hmac" not in json.loads(path.read_bytes())
    assert verify_report(path, None) == []
    assert verify_report(path, KEY) == ["there is no seal (hmac), though a key is set"]


# ---------------------------------------------------------------- numbers that cannot be
@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"accepted": 1003}, "rows_in 1010 is not accepted 1003"),
        ({"held": 0}, "rows_in 1010 is not"),
        ({"superseded": 4}, "rows_in 1010 is not"),
        ({"accepted": -1, "rejected": 1007}, "accepted is -1"),
        ({"rows_in": 1010.0}, "rows_in is 1010.0"),
        ({"deletions": 1011}, "more deletions than rows"),
        ({"verdict": "passed"}, "passed, yet something was rejected"),
        ({"verdict": "closed"}, "closed, yet rows were accepted"),
        ({"verdict": "closed", "accepted": 0, "rejected": 1006}, "no reason is given"),
        ({"verdict": "fine"}, "verdict 'fine'"),
        ({"started_at": "2026-11-20 22:00"}, "started_at"),
        ({"finished_at": "2026-11-20T22:00:02.456-06:00"}, "finished_at"),
        ({"per_rule": [RuleCount("x", "critical", "row", 1, 2, "why")]}, "x failed 2 of 1"),
        ({"per_rule": [RuleCount("x", "grave", "row", 1, 1, "why")]}, "severity 'grave'"),
    ],
)
def test_numbers_that_contradict_each_other_are_refused(
    changes: dict[str, Any], complaint: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=complaint):
        write_report(data(**changes), tmp_path, "es", KEY)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"link_id": ".."}, {"link_id": "a/b"}, {"link_id": ""}, {"link_id": "/etc"}, {"link_id": "a\\b"},
        {"link_id": "a\n"}, {"link_id": "a" * 65}, {"entity": "../x"}, {"entity": "unknown"},
        {"batch_id": -1}, {"batch_id": "1"}, {"batch_id": True}, {"try_number": "../1"},
    ],
)  # fmt: skip
def test_no_part_of_the_path_leads_elsewhere(changes: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="path"):
        write_report(data(**changes), tmp_path / "root", "es", KEY)
    assert list(tmp_path.iterdir()) == []


def test_a_link_s_folder_that_points_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "root" / "main").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="leads out"):
        write_report(data(), tmp_path / "root", "es", KEY)


def test_an_unknown_language_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="language 'fr'"):
        write_report(data(), tmp_path, "fr", KEY)


# ---------------------------------------------------------------- alterations
def alter(path: Path, **changes: Any) -> dict[str, Any]:
    document = json.loads(path.read_bytes())
    document["report"].update(changes)
    path.write_bytes(canonical(document))
    return document


def test_an_altered_number_shows(tmp_path: Path) -> None:
    path = write_report(data(), tmp_path, "es", KEY)
    alter(path, deletions=0)
    assert verify_report(path, None) == ["the content does not match its sha256: it was altered"]
    assert len(verify_report(path, KEY)) == 2


def test_a_forger_without_the_key_is_seen(tmp_path: Path) -> None:
    path = write_report(data(), tmp_path, "es", KEY)
    document = alter(path, deletions=0)
    document["sha256"] = seal(document["report"], None)["sha256"]
    path.write_bytes(canonical(document))
    path.with_suffix(".html").write_text(render_html(document), encoding="utf-8")
    assert verify_report(path, None) == []
    assert verify_report(path, KEY) == ["the seal (hmac) does not match: altered, or sealed with another key"]
    assert verify_report(write_report(data(), tmp_path, "es", KEY), b"another") != []


def test_numbers_that_do_not_add_up_show_even_when_sealed(tmp_path: Path) -> None:
    path = write_report(data(), tmp_path, "es", KEY)
    body = alter(path, accepted=1)["report"]
    path.write_bytes(canonical({"report": body, **seal(body, KEY)}))
    assert "the report contradicts itself: rows_in 1010" in verify_report(path, KEY)[0]


def test_another_form_of_the_same_json_shows(tmp_path: Path) -> None:
    path = write_report(data(), tmp_path, "es", KEY)
    twice = path.read_bytes().replace(b'"rejected":2', b'"rejected":9,"rejected":2', 1)  # readers differ on this
    path.write_bytes(twice)
    assert verify_report(path, KEY) == ["the file is not in canonical form: it was written by something else"]


def test_a_page_that_says_something_else_shows(tmp_path: Path) -> None:
    path = write_report(data(), tmp_path, "es", KEY)
    page = path.with_suffix(".html")
    page.write_text(page.read_text("utf-8").replace("1,010", "1,011"), encoding="utf-8")
    assert verify_report(path, KEY) == ["00000042-try2.html does not show what the JSON says"]
    page.unlink()
    assert verify_report(path, KEY) == ["00000042-try2.html is missing"]


def test_a_report_put_in_another_s_place_shows(tmp_path: Path) -> None:
    path = write_report(data(), tmp_path, "es", KEY)
    other = path.with_name("00000043-try1.json")
    path.rename(other)
    path.with_suffix(".html").rename(other.with_suffix(".html"))
    assert "another report's place" in verify_report(other, KEY)[0]


@pytest.mark.parametrize("content", [None, b"", b"[]", b"{}", b'{"report": 1}', b'{"report": {}}', b"\xff"])
def test_what_is_no_report_is_said_to_be_none(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "00000001-try1.json"
    if content is not None:
        path.write_bytes(content)
    assert "cannot be read as a report" in verify_report(path, KEY)[0]


def test_a_crash_while_writing_leaves_the_old_report_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_report(data(), tmp_path, "es", KEY)

    def stop(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", stop)
    with pytest.raises(OSError, match="no space"):
        write_report(data(deletions=5), tmp_path, "es", KEY)
    assert verify_report(path, KEY) == []
    assert len(list(path.parent.iterdir())) == 2


# ---------------------------------------------------------------- the page
class Page(HTMLParser):
    """Collects tags with their attributes and the visible text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, text: str) -> None:
        self.text += text


def page_of(tmp_path: Path, language: Any, **changes: Any) -> tuple[str, Page]:
    source = write_report(data(**changes), tmp_path, language, KEY).with_suffix(".html").read_text("utf-8")
    return source, Page(source)


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_page_needs_nothing_from_outside(language: str, tmp_path: Path) -> None:
    source, page = page_of(tmp_path, language)
    assert not {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "object", "a", "base"}
    assert not re.search(r"url\(|@import|https?://|\son\w+=|style=", source)
    assert ("meta", {"http-equiv": "Content-Security-Policy",
                     "content": "default-src 'none'; style-src 'unsafe-inline'"}) in page.tags  # fmt: skip
    assert "prefers-color-scheme: dark" in source


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_page_can_be_read_aloud_and_on_a_phone(language: str, tmp_path: Path) -> None:
    _, page = page_of(tmp_path, language)
    tags = page.tags
    assert ("html", {"lang": language}) in tags
    assert any(a.get("name") == "viewport" for t, a in tags if t == "meta")
    assert all(a.get("scope") in ("col", "row") for t, a in tags if t == "th")
    assert len([t for t, _ in tags if t == "h1"]) == 1


def test_each_verdict_is_said_in_words(tmp_path: Path) -> None:
    for language, texts in TEXTS.items():
        for verdict, (_, name, meaning) in texts["verdicts"].items():
            closed = {"accepted": 0, "rejected": 1006, "batch_failures": ["Too many <b>bad</b> rows."]}
            passed = {"accepted": 1006, "rejected": 0}
            changes = {"closed": closed, "passed": passed}.get(verdict, {})
            source, page = page_of(tmp_path, language, verdict=verdict, **changes)
            assert name in page.text
            assert meaning in page.text
            assert "<b>" not in source


def test_failing_rules_come_first_and_say_what_follows(tmp_path: Path) -> None:
    _, page = page_of(tmp_path, "es")
    shown = [text for text in ("Es negativo.", "Falta.", "No es <SKU>.jpg", "SKU está vacío.") if text in page.text]
    assert len(shown) == 4
    assert sorted(shown, key=page.text.index)[-2:] == ["No es <SKU>.jpg", "SKU está vacío."]
    assert all(page.text.count(word) == 1 for word in ("✕ Rechaza", "… Espera", "! Avisa", "✓ Cumple"))


def test_both_languages_say_the_same_things() -> None:
    def shape(value: Any) -> Any:
        return {k: shape(v) for k, v in value.items()} if isinstance(value, dict) else type(value)

    assert shape(TEXTS["es"]) == shape(TEXTS["en"])
    assert set(TEXTS["es"]["entities"]) == set(ENTITIES)


def test_every_entity_and_direction_has_a_page(tmp_path: Path) -> None:
    for entity in ENTITIES:
        for direction in ("erp_to_platform", "platform_to_erp"):
            _, page = page_of(tmp_path, "es", entity=entity, direction=direction, per_rule=[])
            assert TEXTS["es"]["no_rules"] in page.text


def test_rule_counts_list_the_whole_suite() -> None:
    suite = load_suite("erp_to_platform", "contacts")
    counts = report.rule_counts(suite, {"contacts.parents.known": (7, 2)})
    assert [c.rule_id for c in counts] == [r.rule_id for r in suite.rules]
    by_id = {c.rule_id: c for c in counts}
    known = by_id["contacts.parents.known"]
    assert (known.evaluated, known.failed, known.on_failure, known.stage) == (7, 2, "hold", "set")
    assert by_id["contacts.email.shape"].evaluated == 0
    assert all(dataclasses.asdict(c)["note"] for c in counts)
