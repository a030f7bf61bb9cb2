"""The reader's tasks: what has work, then per entity receive → clear → validate → apply, then deletions and ledger;
or, in a run with the parameter `dry_run`, one task that finds out what they would do.

Everything heavy is imported inside the tasks. XCom carries ids and counts, never rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Param, SkipMixin, TaskGroup, chain, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from puente.orchestration.runs import each, pull, this_run

if TYPE_CHECKING:
    from puente.contract import Side
    from puente.sync.route import Bridge

FIND_WORK, APPLY_DELETIONS, SETTLE_LEDGER = "find_work", "apply_deletions", "settle_ledger"
REHEARSE, REPORT_FAILURES = "rehearse", "report_failures"
REHEARSE_WITHIN = timedelta(hours=2)  # all entities in one task; the real runs of the direction wait meanwhile
PARAMS = {"dry_run": Param(False, type="boolean", description="Report what this run would do; write nothing.")}

FIND_WORK_DOC = """One cheap look at both sides: which entities have queue rows, or inbox rows that are not finished.

The tasks of all other entities are skipped here and now, so that a quiet run starts no process for them; in a dry run
all tasks but `rehearse` are. This is the set-up of the run: where it fails nothing else runs, and whenever another task
is cleared Airflow runs it again first, so that the task sees today's work and not that of the day of the run.

**Clear it at any time**: it writes nothing; a task that already ran keeps its state.
"""
REHEARSE_DOC = """Only in a dry run: the run's own steps on a copy of this side, and a report of what would change.

The report (page, CSV with values, sealed JSON) lies in `dry_run/` among the link's reports. Both databases are only
read; the queues keep all their rows.

**Clear it at any time**: it begins anew with what there is now, and its report replaces the one before.
"""
RECEIVE_DOC = """Lands every visible row of the queue, verbatim, in the reader's inbox. Deletes nothing.

**Clear it at any time**: rows that came since are landed as well; a row already in the inbox is not landed twice.
"""
CLEAR_DOC = """Deletes from the queue exactly the rows that were landed, then proves them absent.

**Clear it at any time**: rows already deleted stay deleted; nothing that was not landed is touched.
"""
VALIDATE_DOC = """The gate: row rules, last position per key, set rules, guards against mass changes, the report.

Rows that fail are quarantined or held with their reasons and the rest goes on. When the batch as a whole must not go
on, the task fails without a retry and the batch waits for `python -m puente batch release | discard`.

**Clear it at any time**: a batch that was already gated or settled is left as it is.
"""
APPLY_DOC = """Writes what passed the gate into the reader's own tables, chunk by chunk, each in one transaction.

**Clear it at any time**: what was applied is not applied again; what an earlier run left gated is applied too.
"""
DELETIONS_DOC = """Applies the gated deletes of all entities, children before parents, after all upserts.

One entity's failure does not stop the next. Skipped when no entity had work.

**Clear it at any time**: a delete that was applied changes nothing the second time.
"""
SETTLE_DOC = """Writes one ledger row for every batch whose rows have all left the gate, if it balances.

**Clear it at any time**: a batch is settled once.
"""


@contextmanager
def _writing(link_id: str) -> Iterator[Bridge]:
    """The link's databases, for a task that writes. In a dry run the task is skipped, whoever cleared it."""
    from puente.orchestration.connections import bridge

    if _is_dry_run():
        raise AirflowSkipException("A dry run writes nothing.")
    with bridge(link_id) as sides:
        yield sides


def _is_dry_run() -> bool:
    """AirflowFailException where what was asked for when the run was triggered did not become its parameter."""
    context: Any = get_current_context()
    asked, told = (context["dag_run"].conf or {}).get("dry_run"), bool(context["params"]["dry_run"])
    if asked is not None and bool(asked) != told:
        raise AirflowFailException("Nothing was done: Airflow ignores parameters (core.dag_run_conf_overrides_params).")
    return told


@task(task_id=FIND_WORK, doc_md=FIND_WORK_DOC)
def find_work(reader: Side, link_id: str) -> list[str]:
    """Entities with anything to do, in the reader's sequence. None in a dry run: nothing is done then."""
    from puente.orchestration.connections import bridge
    from puente.sync import peek

    work: list[str] = []
    if not _is_dry_run():
        with bridge(link_id) as sides:
            work = peek.find_work(sides, reader)
    _skip_idle(work)
    return work


def _skip_idle(work: list[str]) -> None:
    """Raises Airflow's request to skip the tasks that have nothing to do."""
    context: Any = get_current_context()
    dag, ti, dry_run = context["dag"], context["ti"], _is_dry_run()
    groups = dag.task_group.get_task_group_dict()
    idle = [task for name, group in groups.items() if name and name not in work for task in group.iter_tasks()]
    if not work:
        idle += [dag.get_task(name) for name in (APPLY_DELETIONS, SETTLE_LEDGER)]
    if dry_run:
        kept = (FIND_WORK, REHEARSE, REPORT_FAILURES)
        idle = [task for task in dag.tasks if task.task_id not in kept]
    else:
        idle.append(dag.get_task(REHEARSE))
    ti.xcom_push("return_value", work)  # the request ends the task before it can return
    SkipMixin().skip(ti, idle)


@task(
    task_id=REHEARSE, multiple_outputs=False, doc_md=REHEARSE_DOC,
    execution_timeout=REHEARSE_WITHIN, retries=0, on_failure_callback=[],  # whoever triggered it is watching
)  # fmt: skip
def rehearse(reader: Side, link_id: str) -> dict[str, Any]:
    """The verdict, the report's path, and rows by entity and by the state in which they would end."""
    from puente.dryrun.report import dry_run
    from puente.orchestration.connections import bridge

    if not _is_dry_run():
        raise AirflowSkipException("This is no dry run.")
    with bridge(link_id) as sides:
        done = dry_run(sides, reader, this_run())
    return {
        "verdict": done.verdict, "report": str(done.report),
        "rows": {one.entity: one.states for one in done.outcomes if one.states},
    }  # fmt: skip


def carry(entity: str, reader: Side, link_id: str, *, first: bool) -> TaskGroup:
    """The task group of one entity. The first needs `find_work`; the others start whatever became of those before."""
    with TaskGroup(group_id=entity) as group:
        start = receive.override(trigger_rule="all_success" if first else "all_done")
        received: Any = start(entity, reader, link_id)
        cleared, gate = clear(entity, reader, link_id), validate(entity, reader, link_id, received)
        chain(received, cleared, gate, apply(entity, reader, link_id))
    return group


@task(multiple_outputs=False, doc_md=RECEIVE_DOC)
def receive(entity: str, reader: Side, link_id: str) -> dict[str, int]:
    """Ids and counts of the receipt."""
    from dataclasses import asdict

    from puente.sync import receive as step

    with _writing(link_id) as sides:
        return asdict(step.receive(sides.route(reader, entity), this_run()))


@task(doc_md=CLEAR_DOC)
def clear(entity: str, reader: Side, link_id: str) -> int:
    """Queue rows that are now proved absent."""
    from puente.sync import clear as step

    with _writing(link_id) as sides:
        return step.clear(sides.route(reader, entity), this_run())


@task(multiple_outputs=False, doc_md=VALIDATE_DOC)
def validate(entity: str, reader: Side, link_id: str, received: dict[str, int]) -> dict[str, int]:
    """The verdict's counts."""
    from dataclasses import asdict

    from puente.sync import validate as step

    with _writing(link_id) as sides:
        verdict = asdict(step.validate(sides.route(reader, entity), this_run(), received["batch_id"]))
    return {name: count for name, count in verdict.items() if name != "closed"}  # a closed gate has raised by now


@task(multiple_outputs=False, doc_md=APPLY_DOC)
def apply(entity: str, reader: Side, link_id: str) -> dict[str, int]:
    """Inbox rows by what became of them."""
    from dataclasses import asdict

    from puente.sync import apply as step

    with _writing(link_id) as sides:
        return asdict(step.apply(sides.route(reader, entity), this_run()))


@task(task_id=APPLY_DELETIONS, trigger_rule="all_done", multiple_outputs=False, doc_md=DELETIONS_DOC)
def apply_deletions(reader: Side, link_id: str) -> dict[str, dict[str, int]]:
    """Inbox rows by entity and by what became of them."""
    from dataclasses import asdict

    from puente.sync import apply as step

    run = this_run()
    with _writing(link_id) as sides:
        children_first = reversed(pull(FIND_WORK))
        return each(children_first, lambda entity: asdict(step.apply_deletions(sides.route(reader, entity), run)))


@task(task_id=SETTLE_LEDGER, trigger_rule="all_done", multiple_outputs=False, doc_md=SETTLE_DOC)
def settle_ledger(reader: Side, link_id: str) -> dict[str, dict[str, int]]:
    """The counts of the batches settled, by entity."""
    from puente.sync import ledger

    run = this_run()
    with _writing(link_id) as sides:
        return each(pull(FIND_WORK), lambda entity: ledger.settle(sides.route(reader, entity), run))
