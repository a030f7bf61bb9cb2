"""Every Dag: it parses quickly with no connections, says what a person must know, and has the shape of the protocol."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import combinations
from typing import Any

import pytest

from puente.contract import READ_SEQUENCE
from puente.settings import ROOT

CAPTURES, READERS = {"capture_erp", "capture_platform"}, {"erp_to_platform": "platform", "platform_to_erp": "erp"}
TIMED = {"backup", "full_inventory", "housekeeping", "low_stock", "monitor", "restore_drill", "weekly_report"}
ON_DEMAND, ALONE = {"purchase_approval", "restore"}, {"restore"}
DAG_IDS = CAPTURES | READERS.keys() | TIMED | ON_DEMAND
LONG = {
    "rehearse",
    "load_erp",
    "load_platform",
    "follow_up",
    "rehearse_erp",
    "rehearse_platform",
    "dump_erp",
    "dump_platform",
    "dump_airflow",
    "keep",
    "upload",
    "verify",
}  # whole databases
HEADINGS = ["Purpose", "Schedule", "Reads and writes", "Gates", "Rerun", "Runbook"]
CARRIES_HEADINGS = [*HEADINGS[:4], "Dry run", *HEADINGS[4:]]
IMPORT_BUDGET_SECONDS = 1.5  # of one Dag file, once Airflow itself is imported; about 0.1 s on an idle machine

Parsed = dict[str, Any]


@pytest.fixture(params=READERS)
def reader_dag(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def tasks(parsed: Parsed, reader_dag: str) -> dict[str, Any]:
    found: dict[str, Any] = parsed["dags"][reader_dag]["tasks"]
    return found


@pytest.fixture
def sequence(reader_dag: str) -> tuple[str, ...]:
    return READ_SEQUENCE[READERS[reader_dag]]  # type: ignore[index]


def test_these_dags_and_no_others(parsed: Parsed) -> None:
    """A new Dag belongs into DAG_IDS, into docs/dags.md (`make docs`), and needs the six headings."""
    assert parsed["errors"] == {}
    assert set(parsed["dags"]) == DAG_IDS
    assert {path.stem for path in (ROOT / "dags").glob("*.py")} == DAG_IDS
    assert all(dag["file"] == f"{dag_id}.py" for dag_id, dag in parsed["dags"].items())


def test_parsing_is_cheap_and_touches_no_database(parsed: Parsed) -> None:
    assert parsed["loaded"] == []
    assert len(parsed["seconds"]) == len(DAG_IDS)
    assert {name: s for name, s in parsed["seconds"].items() if s > IMPORT_BUDGET_SECONDS} == {}


def test_each_dag_reads_as_a_manual(parsed: Parsed) -> None:
    assert set(parsed["dags"]) == DAG_IDS
    for dag_id, dag in parsed["dags"].items():
        headings = CARRIES_HEADINGS if dag_id in READERS else HEADINGS
        assert re.findall(r"^## (.+)$", dag["doc"], flags=re.MULTILINE) == headings, dag_id
        assert all(len(part.strip()) > 40 for part in re.split(r"^## .+$", dag["doc"], flags=re.MULTILINE)), dag_id
        assert "puente" in dag["tags"], dag_id


def test_each_task_says_what_clearing_it_does(parsed: Parsed) -> None:
    assert set(parsed["dags"]) == DAG_IDS
    for dag_id, dag in parsed["dags"].items():
        for task_id, task in dag["tasks"].items():
            assert "**Clear it at any time**: " in task["doc"], f"{dag_id}.{task_id}"


def test_one_run_at_a_time_without_catch_up(parsed: Parsed) -> None:
    for dag_id, dag in parsed["dags"].items():
        assert (dag["max_active_runs"] == 1, dag["catchup"]) == (dag_id not in ON_DEMAND - ALONE, False)
    timetables = {dag_id: dag["timetable"] for dag_id, dag in parsed["dags"].items()}
    assert timetables == {
        **dict.fromkeys(ON_DEMAND, "NullTimetable"), **dict.fromkeys(CAPTURES | TIMED, "CronTriggerTimetable"),
        **dict.fromkeys(READERS, "AssetOrTimeSchedule")
    }  # fmt: skip


def test_retries_back_off_and_outlast_a_dead_workers_lease(parsed: Parsed) -> None:
    from puente.settings import Settings

    for dag in parsed["dags"].values():
        for task_id, task in dag["tasks"].items():
            longest = 7200 if task_id in LONG else 1800
            assert (task["owner"], task["timeout"], task["policy"]) == ("puente", longest, True), task_id
            assert task["backoff"] == 2, task_id
            if task_id not in ("report_failures", "probe_connections", "rehearse"):
                assert task["retries"] == 1, "the environment of demo and tests says one"
    usual = 4  # what defaults.py has where the environment says nothing
    delay = parsed["dags"]["capture_erp"]["tasks"]["capture_products"]["delay"]
    assert sum(delay * 2**n for n in range(usual)) > Settings().lease_seconds


def test_every_error_was_thought_of(airflow: Any) -> None:
    """Errors that a person must resolve are not retried, the others are."""
    decisions = airflow.ask("decide")
    assert {name for name, action in decisions.items() if action == "fail"} == {
        "AlreadyDecided", "GateClosed", "ContractBroken", "LeftBehind", "MassChange", "OncallWrong", "Paused",
        "Unbalanced",
    }  # fmt: skip
    assert {name for name, action in decisions.items() if action == "default"} == {
        "PuenteError", "Ambiguous", "LandingFailed", "TransactionLost", "LeaseHeld", "StaleWorker",
        *("SamePerson", "NotYetCleared"),  # told to people, not to tasks
    }  # fmt: skip


# ---------------------------------------------------------------- the shape of the reader's Dag
def test_each_entity_has_the_four_steps_in_order(
    tasks: dict[str, Any], sequence: tuple[str, ...], reader_dag: str
) -> None:
    steps = ("receive", "clear", "validate", "apply")
    others = {"find_work", "rehearse", "apply_deletions", "settle_ledger", "report_failures"}
    others |= {"send_mails"} if reader_dag == "erp_to_platform" else set()
    assert set(tasks) == {f"{entity}.{step}" for entity in sequence for step in steps} | others
    for entity in sequence:
        for before, after in zip(steps, steps[1:], strict=False):
            assert f"{entity}.{before}" in tasks[f"{entity}.{after}"]["upstream"]
            assert tasks[f"{entity}.{after}"]["rule"] == "all_success"


def test_no_apply_without_a_gate_upstream(tasks: dict[str, Any], sequence: tuple[str, ...]) -> None:
    applies = [task_id for task_id in tasks if "apply" in task_id]
    assert len(applies) == len(sequence) + 1
    for task_id in applies:
        entity = task_id.partition(".")[0]
        gates = [f"{entity}.validate"] if entity in sequence else [f"{each}.validate" for each in sequence]
        assert set(gates) <= set(tasks[task_id]["before"]), task_id


def test_entities_have_an_order_but_do_not_depend_on_each_other(
    tasks: dict[str, Any], sequence: tuple[str, ...]
) -> None:
    for earlier, later in combinations(sequence, 2):
        # Directly, not by way of the entities between: those may be skipped before the earlier one has begun.
        assert f"{earlier}.apply" in tasks[f"{later}.receive"]["upstream"]
        assert tasks[f"{later}.receive"]["rule"] == "all_done"
    assert {f"{entity}.apply" for entity in sequence} == set(tasks["apply_deletions"]["upstream"])
    assert tasks["apply_deletions"]["rule"] == tasks["settle_ledger"]["rule"] == "all_done"


def test_the_peek_comes_first_and_nothing_runs_where_it_failed(
    tasks: dict[str, Any], sequence: tuple[str, ...]
) -> None:
    assert [task_id for task_id, task in tasks.items() if not task["upstream"]] == ["find_work"]
    assert tasks["find_work"]["setup"]
    assert tasks[f"{sequence[0]}.receive"]["rule"] == "all_success"


def test_one_leaf_says_how_the_run_ended(parsed: Parsed) -> None:
    assert set(parsed["dags"]) == DAG_IDS
    for dag_id, dag in parsed["dags"].items():
        leaves = [task_id for task_id, task in dag["tasks"].items() if not task["downstream"]]
        assert leaves == ["report_failures"], dag_id
        leaf = dag["tasks"]["report_failures"]
        assert (leaf["rule"], leaf["retries"]) == ("all_done", 0)
        assert set(leaf["before"]) == set(dag["tasks"]) - {"report_failures"}, dag_id


def test_capture_goes_through_the_entities_in_order_and_announces(parsed: Parsed) -> None:
    tasks = parsed["dags"]["capture_erp"]["tasks"]
    captures = [f"capture_{entity}" for entity in READ_SEQUENCE["platform"]]
    captures.insert(-1, "confirm_orders")
    assert set(tasks) == {*captures, "announce_changes", "report_failures"}
    for before, after in zip([*captures, "announce_changes"], [*captures[1:], "announce_changes"], strict=False):
        if before != after:
            assert tasks[after]["upstream"] == [before]
            assert tasks[after]["rule"] == "all_done"
    assert [t for t, task in tasks.items() if task["outlets"]] == ["announce_changes"]
    assert tasks["announce_changes"]["outlets"] == ["puente://main/erp-captured"]


def test_the_platforms_capture_decides_of_orders_before_it_delivers(parsed: Parsed) -> None:
    tasks = parsed["dags"]["capture_platform"]["tasks"]
    order = ["capture_companies", "capture_contacts", "emit_orders", "deliver", "announce_changes", "send_mails"]
    assert set(tasks) == {*order, "report_failures"}
    for before, after in zip(order, order[1:], strict=False):
        assert tasks[after]["upstream"] == [before]
        assert tasks[after]["rule"] == "all_done"
    assert tasks["announce_changes"]["outlets"] == ["puente://main/platform-captured"]


@pytest.mark.parametrize("step", ["receive", "clear", "ledger", "capture", "peek", "apply"])
def test_only_the_gate_pays_for_great_expectations(step: str) -> None:
    """Each task is a process: what a quiet run imports, it pays every five minutes (some 4 s and 200 MB)."""
    code = f"import sys, puente.sync.{step}; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT / "plugins")}).returncode == 0


@pytest.mark.parametrize("task_id", ["products.receive", "contacts.apply", "settle_ledger"])
def test_clearing_a_task_looks_for_work_anew(airflow: Any, task_id: str) -> None:
    assert airflow.ask("cleared_with", "erp_to_platform", task_id) == sorted(["find_work", task_id])
