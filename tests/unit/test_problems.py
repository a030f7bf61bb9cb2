"""What a proof finds is said in both languages, with the same figures."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from puente import problems
from puente.problems import Problem
from puente.settings import ROOT

TEXTS = problems._TEXTS


@pytest.mark.parametrize("kind", TEXTS["en"])
def test_both_languages_say_the_same(kind: str) -> None:
    assert TEXTS["en"].keys() == TEXTS["es"].keys()
    named = [{name for _, name, _, _ in Formatter().parse(TEXTS[one][kind]) if name} for one in ("en", "es")]
    assert named[0] == named[1] and TEXTS["en"][kind] != TEXTS["es"][kind]


def test_a_problem_is_its_english_sentence() -> None:
    found = Problem("row_altered", row=7)
    assert found == "Row 7 was altered." == found.say("en")
    assert found.say("es") == "El asiento 7 fue alterado."


def test_every_kind_is_one_that_is_found() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "plugins" / "puente").rglob("*.py"))
    assert set(re.findall(r'Problem\(\s*"(\w+)"', code)) == TEXTS["en"].keys()
