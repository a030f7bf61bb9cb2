"""On-call hears of every task that failed for good, at once, and of what the Dag `monitor` finds.

Callbacks run where the task ran or, where its worker was killed, in the Dag processor. They must not depend on what is
broken: where the platform's database does not answer, mails and chats are told directly.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from puente.oncall.alerts import Alert
    from puente.orders.mail import Send
    from puente.settings import Link, Settings
    from puente.sync.route import Bridge

log = logging.getLogger(__name__)

_FAILED = {"backup": "backup_failed", "full_inventory": "inventory_failed", "restore_drill": "drill_failed"}
_READER = {"erp_to_platform": "platform", "platform_to_erp": "erp"}


def oncall_settings() -> Settings:
    """The settings, with Puente's own pages in this Airflow as the place of the runbooks where no other is named."""
    from airflow.configuration import conf

    from puente.settings import Settings, load_settings

    settings, base = load_settings(), conf.get("api", "base_url", fallback="").rstrip("/")
    own = settings.runbooks == Settings.runbooks and base
    return replace(settings, runbooks=f"{base}/puente/runbooks") if own else settings


def tell_oncall(context: Any) -> None:
    """`on_failure_callback` of every task: its error's class and the log's address; the log has the message."""
    from puente.oncall import targets
    from puente.orchestration.links import of_dag

    ti, error = context["ti"], context.get("exception")
    name, link_id = of_dag(ti.dag_id)
    try:
        settings = oncall_settings()
        who = targets.read(settings)
        for wrong in who.wrong:
            log.error("%s", wrong)
        if who.anybody:
            hide(settings)
            alert = failure(name, ti.task_id, error, settings.language, str(ti.log_url))
            if alert is not None:
                _tell(link_id, settings, alert, error, f"{ti.run_id}/{ti.task_id}/alert"[:400])
    except Exception as trouble:  # with its class only: a URL that cannot be read is still a secret
        log.error("On-call could not be told: %s", type(trouble).__name__)


def failure(name: str, task_id: str, error: object, language: str, place: str) -> Alert | None:
    """The alert for a failed task of the Dag `name`; None where a person paused it. Another error is another alert: a
    lease that was held must not hide that rows do not balance."""
    from puente.oncall.alerts import Alert

    if type(error).__name__ == "Paused":
        return None
    interrupted = {"es": "se interrumpió", "en": "interrupted"}[language]  # its worker was killed
    error_name = type(error).__name__ if isinstance(error, BaseException) else interrupted
    what = {"es": f"La tarea {task_id} falló: {error_name}. Lo demás está en su registro.",
            "en": f"Task {task_id} failed: {error_name}. Its log says the rest."}[language]  # fmt: skip
    if error_name == "GateClosed" and name in _READER:
        return Alert("gate_closed", f"{_READER[name]}: {task_id.split('.')[0]}", what, place)
    return Alert(_FAILED.get(name, "task_failed"), f"{name}.{task_id}: {error_name}", what, place)


def _tell(link_id: str, settings: Settings, alert: Alert, error: object, owner: str) -> None:
    from sqlalchemy.exc import SQLAlchemyError

    from puente.errors import PuenteError
    from puente.oncall import conditions, folding
    from puente.orchestration.connections import bridge
    from puente.sync.route import stored

    now = dt.datetime.now(dt.UTC)
    if alert.kind == "gate_closed":
        alert = replace(alert, born=stored(now))  # a batch of this very run
    found = [alert]
    try:
        with bridge(link_id, settings) as sides:
            found = to_tell(alert, error, lambda: conditions.down(sides))
            for one in found:
                folding.record(sides, one, now)
            folding.deliver(sides, owner)
            _post_mails(sides, owner)
    except (SQLAlchemyError, PuenteError) as trouble:
        log.warning("The platform's database does not answer (%s): on-call is told directly", type(trouble).__name__)
        for one in found:
            directly(link_id, settings, one, now)


def to_tell(alert: Alert, error: object, down: Callable[[], list[Alert]]) -> list[Alert]:
    """The alert; where the error is a database's, also the sides that are `down`. Where it is that one does not answer,
    only they: one alert, not one for each task that needs it."""
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    while isinstance(error, BaseException) and not isinstance(error, SQLAlchemyError):
        error = error.__cause__ or error.__context__
    if not isinstance(error, SQLAlchemyError):
        return [alert]
    # What the server said of a statement is no trouble of the connection, unless it was lost over it.
    of_statement = isinstance(error, DBAPIError) and error.statement is not None and not error.connection_invalidated
    gone = down()
    return [alert, *gone] if of_statement or not gone else gone


def directly(link_id: str, settings: Settings, alert: Alert, now: dt.datetime) -> None:
    """Tell it without the platform's database."""
    from puente.oncall import direct

    direct.tell(settings.links[link_id], settings, alert, now, post(settings.links[link_id], settings))


@contextmanager
def post(link: Link, settings: Settings) -> Iterator[Send]:
    """`smtp_sender` as the platform's profile names the sender."""
    from puente.orchestration.mailing import smtp_sender
    from puente.profiles import load_profile

    raw = load_profile(settings.profiles_dir / link.platform_profile, "sqlite").raw
    with smtp_sender(sender=((raw.get("orders") or {}).get("mail") or {}).get("sender")) as send:
        yield send


def _post_mails(sides: Bridge, owner: str) -> None:
    """At once where the mail server answers; else with the next run of any Dag that sends mail."""
    from puente.errors import PuenteError
    from puente.oncall import targets
    from puente.orders import mail

    if not targets.read(sides.settings).addresses or not mail.has_waiting(sides.platform, sides.link.link_id):
        return
    with suppress(PuenteError), post(sides.link, sides.settings) as send:
        mail.send_mails(sides.platform, sides.link.link_id, owner, send, sides.settings.lease_seconds)


def hide(settings: Settings) -> None:
    """Airflow's own masking, for whatever prints a URL all the same."""
    from airflow.sdk.log import mask_secret

    from puente.oncall import targets

    for chat in targets.read(settings).chats.values():
        mask_secret(chat.url)
