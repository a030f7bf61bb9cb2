"""`docs/dags.md`: every Dag of the main link as Airflow parses it, for whoever is on call.

Written by `python -m puente docs`; a test fails when the page and the Dags differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, TaskGroup
from cron_descriptor import Options, get_description

from puente.errors import PuenteError
from puente.markdown import code, nested, table
from puente.orchestration.links import MAIN, of_dag
from puente.settings import ROOT

PAGE = ROOT / "docs" / "dags.md"
_INTRO = """# Dags

Generated from `dags/` by `make docs`; a test fails when it is out of date. What you read here is what each Dag says of
itself in Airflow's user interface. The Dags of another link are named `<name>__<link>` and have that link's timetable.
What to do when something stops: [operations.md](operations.md).
"""
_RULES = {  # what Airflow's names mean, for the rules that the Dags use
    "all_success": "when all tasks directly before it succeeded; where one was skipped, it is skipped too",
    "all_done": "when all tasks directly before it have ended, whatever became of them",
    "none_failed": "when none of the tasks directly before it failed; some may have been skipped",
    "none_failed_min_one_success": "when none of the tasks directly before it failed and at least one succeeded",
    "one_failed": "only when a task directly before it failed",
    "all_done_setup_success": "a teardown: when all tasks directly before it have ended and its set-up succeeded",
}
_CLEARED = re.compile(r"\*\*Clear it at any time\*\*: (.+)", re.DOTALL)
_OTHER_PAGE = re.compile(r"`?docs/([a-z_]+)\.md`?")


def load_dags(folder: Path = ROOT / "dags") -> dict[str, Any]:
    """The main link's Dags by id, as Airflow parses them; no database is needed. PuenteError where a file fails."""
    bag = DagBag(str(folder))
    if bag.import_errors:
        raise PuenteError("; ".join(f"{file}: {error}" for file, error in bag.import_errors.items()))
    return {dag_id: bag.dags[dag_id] for dag_id in sorted(bag.dags) if of_dag(dag_id)[1] == MAIN}


def render(dags: Mapping[str, Any]) -> str:
    """The page."""
    woken = {dag_id: list(_woken_by(dag, dags)) for dag_id, dag in dags.items()}
    rules = {str(task.trigger_rule.value) for dag in dags.values() for task in dag.tasks}
    head = ("Dag", "does", "runs", "woken by", "tags")
    out = [_INTRO, *table(head, (_summary(dag, woken[dag_id]) for dag_id, dag in dags.items()))]
    out += ["", "## When a task starts", "", "The tables below name a task's trigger rule as Airflow does:", ""]
    used = sorted(rules, key=list(_RULES).index)  # ValueError: a rule for which words have to be found
    out += table(("rule", "the task starts"), ((code(rule), _RULES[rule]) for rule in used))
    for dag_id, dag in dags.items():
        out += ["", *_section(dag, woken[dag_id])]
    return "\n".join(out) + "\n"


def _summary(dag: Any, woken: list[str]) -> tuple[str, ...]:
    return (f"[{dag.dag_id}](#{dag.dag_id})", dag.description, _timetable(dag), "; ".join(woken), _tags(dag))


def _tags(dag: Any) -> str:
    return ", ".join(sorted(dag.tags - {"puente"}))  # which all of them have


def _timetable(dag: Any) -> str:
    """When it runs by the clock: in words, as cron, and the time zone."""
    timetable = dag.timetable
    if isinstance(timetable, AssetOrTimeSchedule):
        timetable = timetable.timetable
    if not isinstance(timetable, CronTriggerTimetable):
        return "when triggered"
    # Without a locale the words would be in the language of whoever generates the page.
    words = get_description(timetable.expression, Options(locale_code="en_US", use_24hour_time_format=True))
    return f"{words} (`{timetable.expression}`, {timetable.timezone})"


def _woken_by(dag: Any, dags: Mapping[str, Any]) -> Iterator[str]:
    """The assets that wake it, each with the Dags that emit it."""
    if not isinstance(dag.timetable, AssetOrTimeSchedule):
        return
    waits_for: Any = dag.timetable.asset_condition
    for asset in waits_for.objects:
        sources = [
            f"[{other.dag_id}](#{other.dag_id})"
            for other in dags.values()
            if asset.uri in {outlet.uri for task in other.tasks for outlet in task.outlets}
        ]
        yield f"{', '.join(sources)} ({code(asset.uri)})"


def _section(dag: Any, woken: list[str]) -> Iterator[str]:
    runs = f"{_timetable(dag)}{', and when woken by ' + '; '.join(woken) if woken else ''}"
    yield from (f"## {dag.dag_id}", "", f"*Runs*: {runs}. *Tags*: {_tags(dag)}.", "")
    yield _OTHER_PAGE.sub(r"[\1](\1.md)", nested(dag.doc_md.strip()))
    if dag.params:
        yield from ("", "### Parameters", "")
        head = ("parameter", "type", "default", "")
        yield from table(head, (_parameter(name, param) for name, param in dag.params.items()))
    yield from ("", "### Tasks", "")
    nodes = list(dag.task_group.topological_sort())
    yield from table(("task", "rule", "what it does", "if it is cleared"), _tasks(nodes))
    groups = [node.node_id for node in nodes if isinstance(node, TaskGroup)]
    if groups:
        yield from ("", f"`<entity>` is each of these, in this order: {code(*groups)}.")


def _parameter(name: str, param: Any) -> tuple[str, ...]:
    choices = param.schema.get("enum")
    kind = f"{param.schema.get('type', '')}{': ' + code(*choices) if choices else ''}"
    default = param.value if isinstance(param.value, str) else json.dumps(param.value)
    return (code(name), kind, code(default) if default else "empty", param.description or "")


def _tasks(nodes: Iterable[Any]) -> Iterator[tuple[str, ...]]:
    """One row per task; one for neighbours that do the same, and one per step of entities' groups."""
    for _, alike in groupby(nodes, _likeness):
        same = list(alike)
        if isinstance(same[0], TaskGroup):
            for steps in zip(*(group.children.values() for group in same), strict=True):
                yield _task([f"<entity>.{steps[0].label}"], steps)
        else:
            yield _task([task.task_id for task in same], same)


def _likeness(node: Any) -> tuple[Any, ...]:
    if isinstance(node, TaskGroup):
        steps: Iterable[Any] = node.children.values()
        return tuple((step.label, step.doc_md) for step in steps)
    return (node.doc_md, node.trigger_rule)


def _task(names: list[str], tasks: Iterable[Any]) -> tuple[str, ...]:
    every = list(tasks)
    rules = list(dict.fromkeys(str(task.trigger_rule.value) for task in every))
    rule = code(rules[0]) if len(rules) == 1 else f"the first {code(rules[0])}, the others {code(*rules[1:])}"
    doc = every[0].doc_md.strip()
    cleared = _CLEARED.search(doc)
    kind = " (set-up)" if every[0].is_setup else " (teardown)" if every[0].is_teardown else ""
    told = cleared[1][0].upper() + cleared[1][1:] if cleared else ""
    return (code(*names) + kind, rule, doc.split("\n\n")[0], told)
