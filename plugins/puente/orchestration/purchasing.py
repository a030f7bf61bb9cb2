"""The tasks around low stock: proposing, starting one approval per request, the buyer's form, the purchase order.

The hourly Dag never waits for a person: it starts a run of `purchase_approval` per request, named after it, once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLEntryOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Param, get_current_context, task
from airflow.sdk.definitions.param import ParamsDict
from airflow.sdk.exceptions import AirflowSkipException

from puente.orchestration.links import dag_id
from puente.orchestration.runs import pull, this_run

APPROVAL = "purchase_approval"
APPROVE, REJECT = "Approve", "Reject"

PROPOSE_DOC = """Compares the ERP's stock with the demand of the last weeks and proposes what runs short, worst first.

One alert per product and day, by mail, with the evidence. Skipped where the ERP's profile has no `purchasing`.

**Clear it at any time**: what was proposed by this run, today, or still waits is not proposed again.
"""
START_DOC = """Starts the buyer's form for every request that waits for an answer, where it has not been started.

**Clear it at any time**: a request's run exists once, by its name; then the task is skipped.
"""
APPROVE_DOC = """The buyer's form: the evidence, and one field per product with the quantity; Approve or Reject.

Nobody is waited for longer than a day from the proposal on, however late the form was opened: then nothing is
ordered, and what is still short is proposed again.

**Clear it at any time**: it asks again while the request is open; what was decided is not decided anew.
"""
DECIDE_DOC = """Notes the buyer's answer: quantities and who, in one transaction.

Fails when what is approved has expired meanwhile: nobody should believe that it was ordered.

**Clear it at any time**: what was decided before stays.
"""
ORDER_DOC = """Writes what was approved into `Ordenes_Compra` and `Ordenes_Compra_Detalles` in the ERP's database.

**Clear it at any time**: each purchase order is written once, in one transaction with a note of it.
"""


@task(multiple_outputs=False, doc_md=PROPOSE_DOC)
def propose(link_id: str) -> list[str]:
    """The requests that wait for the buyer."""
    import datetime as dt

    from airflow.sdk.configuration import conf

    from puente.nightly import low_stock
    from puente.orchestration.connections import bridge

    base = conf.get("api", "base_url", fallback="").rstrip("/")
    form = f"{base}/dags/{dag_id(APPROVAL, link_id)}/runs/{{request}}/tasks/approve/required_actions" if base else ""
    with bridge(link_id) as sides:
        found = low_stock.propose_purchases(sides, this_run(), dt.datetime.now(dt.UTC), form)
    if found is None:
        raise AirflowSkipException("The ERP's profile has no `purchasing`.")
    return found


@task(multiple_outputs=False, doc_md="""What each run of the form is to be started with.

**Clear it at any time**: it only passes on what `propose` found.
""")  # fmt: skip
def forms(requests: list[str]) -> list[dict[str, Any]]:
    return [{"trigger_run_id": request, "conf": {"request": request}} for request in requests]


def start_approvals(link_id: str, requests: Any) -> Any:
    """One run of the form per request; mapped, skipped where there is none."""
    return TriggerDagRunOperator.partial(
        task_id="start_approvals",
        trigger_dag_id=dag_id(APPROVAL, link_id),
        logical_date=None,
        skip_when_already_exists=True,
        doc_md=START_DOC,
    ).expand_kwargs(requests)


class PurchaseForm(HITLEntryOperator):
    """HITLEntryOperator whose fields are the request's products. Nobody's answer is told from a rejection."""

    def __init__(self, *, link_id: str, **kwargs: Any) -> None:
        super().__init__(
            subject="", options=[APPROVE, REJECT], defaults=[REJECT],
            response_timeout=timedelta(days=1), **kwargs,  # what is left of it, once the request is known
        )  # fmt: skip
        self.link_id = link_id

    def execute(self, context: Any) -> Any:
        import datetime as dt
        import zoneinfo

        from puente.nightly import low_stock, low_stock_texts, purchases
        from puente.orchestration.connections import bridge

        request = request_of(context)
        with bridge(self.link_id) as sides:
            lines, language = purchases.open_lines(sides, request), sides.settings.language
            timezone = zoneinfo.ZoneInfo(sides.link.timezone)
        if not lines:
            raise AirflowSkipException(f"Purchase request {request} waits for nobody.")
        until = low_stock.answer_until(lines)
        self.response_timeout = until - dt.datetime.now(dt.UTC)
        if self.response_timeout <= timedelta():
            raise AirflowSkipException(f"Purchase request {request} expired at {until}: nothing is ordered.")
        self.subject = low_stock_texts.form_subject(language, request, len(lines))
        self.body = low_stock_texts.form_body(language, lines, until.astimezone(timezone))
        fields = {
            line["product_id"]: Param(
                float(line["proposed"]), type="number", minimum=0,
                title=f"{line['sku'] or line['product_id']} {line['name'] or ''}"[:120],
            )
            for line in lines
        }  # fmt: skip
        self.params = ParamsDict(fields)
        return super().execute(context)


@task(trigger_rule="none_failed", multiple_outputs=False, doc_md=DECIDE_DOC)
def decide(link_id: str) -> dict[str, int]:
    """The request's products by what became of them."""
    from puente.nightly import purchases
    from puente.orchestration.connections import bridge

    answer = pull("approve")
    if not answer:
        raise AirflowSkipException("Nobody was asked: the request was decided before, or has expired.")
    user = answer.get("responded_by_user") or {}
    who = user.get("name") or user.get("id")
    with bridge(link_id) as sides:
        return purchases.decide(
            sides, request_of(get_current_context()), this_run(), approved=answer["chosen_options"] == [APPROVE],
            quantities=answer.get("params_input") or {}, who=who,
        )  # fmt: skip


@task(trigger_rule="none_failed", multiple_outputs=False, doc_md=ORDER_DOC)
def order(link_id: str) -> list[str]:
    """The ids of the request's purchase orders."""
    from puente.nightly import purchases
    from puente.orchestration.connections import bridge

    with bridge(link_id) as sides:
        written = purchases.order(sides, request_of(get_current_context()), this_run())
    if not written:
        raise AirflowSkipException("Nothing was approved.")
    return written


def request_of(context: Any) -> str:
    """The request that a run of the form is about. ValueError for a run that was started without one."""
    request = (context["dag_run"].conf or {}).get("request")
    if not request:
        raise ValueError('This Dag is started by low_stock; by hand it needs the conf {"request": "<number>"}.')
    return str(request)
