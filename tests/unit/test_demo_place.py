"""The demo's folder, its environment, and what it says."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from string import Formatter

import pytest

from puente.contract import READ_SEQUENCE
from puente.demo.counts import RoundResult
from puente.demo.expected import expected_counts, expected_known
from puente.demo.place import InUseError, Place
from puente.demo.show import table_of
from puente.demo.texts import TEXTS, say


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "demo with a blank", port=8099)


def test_making_it_again_starts_afresh_and_keeps_what_is_not_ours(place: Place) -> None:
    place.folder.mkdir()
    (place.folder / "notes.txt").write_text("mine")
    place.make()
    assert place.is_made()
    (place.reports / "old.html").write_text("old")
    place.make()
    assert place.is_made() and (place.folder / "notes.txt").read_text() == "mine"
    assert list(place.reports.iterdir()) == []
    assert stat.S_IMODE((place.folder / "env").stat().st_mode) == 0o600


def test_a_half_made_place_is_not_taken_for_a_made_one(place: Place) -> None:
    place.folder.mkdir()
    place.file("erp").touch()
    place.file("platform").touch()
    assert not place.is_made()


def test_two_demos_do_not_work_in_one_folder(place: Place) -> None:
    with place.alone(), pytest.raises(InUseError), Place(place.folder).alone():
        pass
    with place.alone():
        pass


def test_the_environment_is_the_demos_and_nobody_elses(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = {
        "AIRFLOW_HOME": "/srv/airflow", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql://prod/airflow",
        "AIRFLOW_CONN_PUENTE_ERP": "mssql://prod/erp", "PUENTE_LINKS": "/srv/links.yaml", "PUENTE_LANGUAGE": "en",
        "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    for name, value in foreign.items():
        monkeypatch.setenv(name, value)
    place.folder.mkdir()
    place.make()
    environment = place.environment()
    assert environment["PUENTE_LANGUAGE"] == "en"
    assert environment["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert not [name for name, value in environment.items() if "prod" in value or "/srv" in value]
    assert "PYTHONDONTWRITEBYTECODE" not in environment
    assert environment["HOME"] == os.environ["HOME"]
    assert "AIRFLOW_CONN_PUENTE_SMTP" not in environment
    smtp = json.loads(replace(place, mail_port=2525).environment()["AIRFLOW_CONN_PUENTE_SMTP"])
    assert (smtp["conn_type"], smtp["host"], smtp["port"]) == ("smtp", "127.0.0.1", 2525)


def test_both_languages_say_the_same() -> None:
    def fields(text: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    spanish, english = TEXTS["es"], TEXTS["en"]
    assert spanish.keys() == english.keys()
    assert {name for name in spanish if fields(spanish[name]) != fields(english[name])} == set()
    assert spanish["columns"].count("|") == english["columns"].count("|") == 6  # the last title is the reader's


def test_a_wrong_count_is_shown_beside_the_right_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUENTE_LANGUAGE", "en")
    counts = RoundResult(1, {}).wanted()
    assert counts["products"] == {
        **expected_counts(1)["products"], "duplicate": 0, "known": expected_known(1)["products"],
    }  # fmt: skip
    assert list(counts) == list(READ_SEQUENCE["platform"]) and set(counts["order_states"].values()) == {0}
    right = RoundResult(1, counts)
    assert right.as_demanded() and say("wanted") not in table_of(right)
    wrong = RoundResult(1, {**counts, "products": {**counts["products"], "applied": 1}})
    assert not wrong.as_demanded()
    lines = table_of(wrong).splitlines()
    shown = next(n for n, line in enumerate(lines) if line.strip().startswith("products"))
    assert lines[shown].split()[2] == "1" and lines[shown + 1].split()[:3] == ["expected", "640", "636"]


def test_a_quiet_entity_is_left_out_of_the_later_tables() -> None:
    wanted = RoundResult(3, {}, "erp").wanted()
    table = table_of(RoundResult(3, wanted, "erp"))
    assert "order_lines" in table and "order_states" not in table
    silent = {**wanted, "order_lines": dict.fromkeys(wanted["order_lines"], 0)}
    assert say("wanted") in table_of(RoundResult(3, silent, "erp")), "what is missing is shown"
