"""docs/dags.md is what the Dags say of themselves, and leaves no task out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from puente.settings import ROOT

PAGE = ROOT / "docs" / "dags.md"


@pytest.fixture(scope="module")
def written(airflow: Any, parsed: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated pages. After `parsed`, which looks at what the first parsing loads."""
    folder = tmp_path_factory.mktemp("docs")
    airflow.ask("write_docs", str(folder))
    return folder


@pytest.fixture(scope="module")
def page(written: Path) -> str:
    return (written / PAGE.name).read_text(encoding="utf-8")


def test_the_page_is_up_to_date(page: str) -> None:
    assert PAGE.read_text(encoding="utf-8") == page, "run `make docs`"


def test_the_command_writes_both_pages(written: Path) -> None:
    assert {path.name for path in written.iterdir()} == {"dags.md", "data_contracts.md"}


def test_each_task_is_on_it(page: str, parsed: dict[str, Any]) -> None:
    """An entity's group is one row per step, and a line that names the entities."""
    sections = dict(re.findall(r"^## (\w+)$(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    assert parsed["dags"].keys() == sections.keys()
    for dag_id, dag in parsed["dags"].items():
        for task_id in dag["tasks"]:
            entity, dot, step = task_id.rpartition(".")
            names = (f"`{entity}`", f"`<entity>.{step}`") if dot else (f"`{task_id}`",)
            assert [name for name in names if name not in sections[dag_id].split("### Tasks")[1]] == [], task_id
