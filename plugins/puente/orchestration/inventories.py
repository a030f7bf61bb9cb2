"""The tasks of the full inventory: compare each entity, judge the counts, decide, ask, order repairs, report."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import get_current_context, task

from puente.orchestration.runs import this_run

GATE, DECIDE, REPAIR, APPROVE, REPORT = "gate", "decide", "repair", "approve", "report"
REPAIR_APPROVED = "repair_approved"
ANSWER = "answer"
ANSWER_WITHIN = timedelta(hours=12)

COMPARE_DOC = """Reads the ERP's and the shop's SELECT of one entity and lists every key that differs, with its repair.

What differs at first is read once more, and told from what is on its way or set aside. Skipped where a profile does
not show the entity. Writes neither side's own tables nor any queue.

**Clear it at any time**: it compares anew, and its list replaces the one before.
"""
GATE_DOC = """Judges the counts by the suite `expectations/inventory/full_inventory.json`.

An entity that fails a critical rule is not repaired, and the report says why; the others go on. Fails when nothing was
compared or a rule could not be evaluated.

**Clear it at any time**: it judges what the last comparisons of this run found.
"""
DECIDE_DOC = """By entity: nothing to repair, a dry run, repairs at once, or so many that a person has to approve them.

What is little does not wait for the answer about what is much.

**Clear it at any time**: it decides by the counts again; repairs that were ordered are not ordered twice.
"""
APPROVE_DOC = """Asks a person whether repairs beyond `limits.mass_change` may be ordered.

Twelve hours without an answer are a no.

**Clear it at any time**: it asks again.
"""
REPAIR_DOC = """Marks every record on the list to be sent once more, by the side whose version stands.

Nothing of an entity beyond `limits.mass_change`: that is for `repair_approved`, after a person's yes. The next capture
puts it into its queue, and the gate sees it like any change. Nothing is written into a side's own tables here.

**Clear it at any time**: what was ordered is not ordered again.
"""
REPAIR_APPROVED_DOC = """Marks what a person has approved, as `repair` does with what needs no approval.

**Clear it at any time**: what was ordered is not ordered again.
"""
REPORT_DOC = """Writes the sealed JSON, the page and the CSV of differences, whatever became of the tasks before.

**Clear it at any time**: it writes the same run's report again; once a later inventory has replaced the list of
differences, the report stays as it was sealed.
"""


def compare_task(entity: str, link_id: str) -> Any:
    """The comparison of one entity. It starts whatever became of the entity before it."""
    return compare.override(task_id=f"compare_{entity}")(entity=entity, link_id=link_id)


@task(trigger_rule="all_done", multiple_outputs=False, doc_md=COMPARE_DOC)
def compare(entity: str, link_id: str) -> dict[str, int]:
    """Counts of records and keys."""
    from dataclasses import asdict

    from airflow.sdk.exceptions import AirflowSkipException

    from puente.errors import ContractBroken
    from puente.nightly import compare as step
    from puente.orchestration.connections import bridge

    with bridge(link_id) as sides:
        try:
            done = step.compare_entity(sides, entity, this_run())
        except ContractBroken as error:
            step.note_refusal(sides, entity, this_run(), str(error))
            raise
    if done is None:
        raise AirflowSkipException(f"A profile does not show {entity}.")
    return {name: value for name, value in asdict(done).items() if isinstance(value, int)}


@task(task_id=GATE, trigger_rule="all_done", multiple_outputs=False, doc_md=GATE_DOC)
def gate(link_id: str) -> dict[str, Any]:
    """The rules that failed, by entity, and what a person would be asked."""
    from puente.nightly import inventory
    from puente.orchestration.connections import bridge

    run = this_run()
    with bridge(link_id) as sides:
        found = inventory.gate(sides, run.run_id)
        subject, body = inventory.question(sides, run.run_id)
    return {"closed": found.closed, "warned": found.warned, "subject": subject, "body": body}


@task.branch(task_id=DECIDE, doc_md=DECIDE_DOC)
def decide(link_id: str) -> list[str]:
    """The tasks that come next."""
    from puente.nightly import inventory
    from puente.orchestration.connections import bridge

    dry_run = bool(get_current_context()["params"]["dry_run"])
    with bridge(link_id) as sides:
        decided = inventory.decide(sides, this_run().run_id, dry_run=dry_run)
    wanted = [task_id for what, task_id in (("repair", REPAIR), ("ask", APPROVE)) if what in decided.values()]
    return wanted or [REPORT]


class Approval(ApprovalOperator):
    """Airflow's own, which after a no ends without a result: the answer is kept under a key of its own."""

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        if "error" not in event:
            user = event.get("responded_by_user") or {}
            yes = event["chosen_options"] == [self.APPROVE]
            context["ti"].xcom_push(ANSWER, {"yes": yes, "who": str(user.get("name") or user.get("id") or "")})
        return super().execute_complete(context, event)


def approve() -> Approval:
    """Repairs beyond the limit go on only after a person's yes."""
    return Approval(
        task_id=APPROVE,
        subject="{{ ti.xcom_pull(task_ids='gate')['subject'] }}",
        body="{{ ti.xcom_pull(task_ids='gate')['body'] }}",
        defaults=ApprovalOperator.REJECT,
        response_timeout=ANSWER_WITHIN,
        doc_md=APPROVE_DOC,
    )


def answer() -> dict[str, Any]:
    """`yes` and `who` of the answer, `who` '' where the time ran out; empty where nobody was asked."""
    ti: Any = get_current_context()["ti"]
    return ti.xcom_pull(task_ids=APPROVE, key=ANSWER) or {}


@task(task_id=REPAIR, multiple_outputs=False, doc_md=REPAIR_DOC)
def repair(link_id: str) -> dict[str, int]:
    """Repairs ordered without anybody's approval, by entity."""
    return _order(link_id, None)


@task(task_id=REPAIR_APPROVED, multiple_outputs=False, doc_md=REPAIR_APPROVED_DOC)
def repair_approved(link_id: str) -> dict[str, int]:
    """Repairs ordered, by entity: those that were approved, and those before them."""
    given = answer()
    return _order(link_id, given["who"] if given.get("yes") else None)


def _order(link_id: str, approved_by: str | None) -> dict[str, int]:
    from puente.nightly import repairs
    from puente.orchestration.connections import bridge

    with bridge(link_id) as sides:
        return repairs.order_repairs(sides, this_run(), approved_by=approved_by)


@task(task_id=REPORT, trigger_rule="all_done", multiple_outputs=False, doc_md=REPORT_DOC)
def report(link_id: str) -> dict[str, str]:
    """Where the report lies."""
    from puente.nightly import inventory, inventory_report
    from puente.orchestration.connections import bridge

    run = this_run()
    given = answer()
    with bridge(link_id) as sides:
        if given and not given["yes"]:
            inventory.refuse_repairs(sides, run.run_id, given["who"])
        return {"json": str(inventory_report.write_report(sides, run.run_id))}
