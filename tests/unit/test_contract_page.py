"""docs/data_contracts.md is what the contract, the suites and the order states say, and leaves nothing out."""

from __future__ import annotations

import re

import pytest

from puente.contract import QUEUES, READ_SEQUENCE
from puente.order_states import STATES
from puente.quality import contract_page
from puente.quality.suites import READERS, load_suite


@pytest.fixture(scope="module")
def page() -> str:
    return contract_page.render()


def section(page: str, title: str) -> str:
    """From a heading to the next of its level."""
    return re.split(r"^## ", page.split(f"\n## {title}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]


def test_the_page_is_up_to_date(page: str) -> None:
    assert contract_page.PAGE.read_text(encoding="utf-8") == page, "run `make docs`"


@pytest.mark.parametrize("queue", QUEUES)
def test_each_column_has_its_line(page: str, queue: str) -> None:
    lines = re.findall(r"^\| `(\w+)` \| [a-z]", section(page, queue), re.MULTILINE)
    assert lines == [column.name for column in QUEUES[queue].columns]


@pytest.mark.parametrize(
    ("direction", "entity"), [(way, entity) for way, reader in READERS.items() for entity in READ_SEQUENCE[reader]]
)
def test_each_rule_is_told_with_its_reason(page: str, direction: str, entity: str) -> None:
    suite = load_suite(direction, entity)
    gate = page.split(f"(../{suite.path.relative_to(contract_page.ROOT)})")[1].split("\nGate of ")[0]
    told = gate + section(page, "The gate")
    assert [rule.rule_id for rule in suite.rules if contract_page.plain(rule.notes) not in told] == []


def test_each_state_is_told(page: str) -> None:
    assert [state for state in STATES if state not in section(page, "Order states")] == []
