"""The tasks that watch: whether the connections answer, and whether what should come does come."""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowSkipException

from puente.orchestration.alerting import directly, hide, oncall_settings
from puente.orchestration.runs import this_run

if TYPE_CHECKING:
    from puente.settings import Settings

log = logging.getLogger(__name__)

PROBE_DOC = """Asks both databases one question each and counts the answers by the hour, for the weekly report.

**Clear it at any time**: one more question is asked and counted.
"""
WATCH_DOC = """Compares each watched entity's last row with what `traffic` of its profile allows; mails a silence once.

Paused entities, hours that are not watched and planned downtime do not count.

**Clear it at any time**: a silence that was told is not told again.
"""
ALERTS_DOC = """Tells on-call what stands still or is late, once, and again only after hours; tries again what a
chat did not take. Skipped where nobody is on call (`PUENTE_ONCALL`); fails, after telling all others, where that
setting has somebody who cannot be told.

**Clear it at any time**: what was told is not told again.
"""


@task(doc_md=PROBE_DOC, retries=0)
def probe_connections(link_id: str) -> dict[str, str]:
    """What went wrong, by side; '' where the connection answered."""
    from puente.nightly import traffic
    from puente.orchestration.connections import bridge

    with bridge(link_id) as sides:
        errors = traffic.probe(sides, dt.datetime.now(dt.UTC))
    for side, error in errors.items():
        if error:
            log.warning("The connection of the %s did not answer: %s", side, error)
    return errors


@task(doc_md=WATCH_DOC)
def watch_traffic(link_id: str) -> list[str]:
    """The entities that are silent."""
    from puente.nightly import traffic
    from puente.orchestration.connections import bridge

    with bridge(link_id) as sides:
        lasting = traffic.watch_traffic(sides, dt.datetime.now(dt.UTC))
    for silence in lasting:
        log.warning("Nothing of %s since %s: %.1f watched hours", silence.watch.name, silence.since, silence.hours)
    return [silence.watch.name for silence in lasting]


@task(trigger_rule="all_done", multiple_outputs=False, doc_md=ALERTS_DOC)
def tell_alerts(link_id: str) -> dict[str, int]:
    """Alerts that last, and messages to chats by what became of them."""
    from puente.oncall import targets

    settings, now = oncall_settings(), dt.datetime.now(dt.UTC)
    who = targets.read(settings)
    if not who.anybody and not who.wrong:
        raise AirflowSkipException("Nobody is on call: PUENTE_ONCALL is empty.")
    hide(settings)
    told = _tell(link_id, settings, now)
    targets.check(settings)
    return told


def _tell(link_id: str, settings: Settings, now: dt.datetime) -> dict[str, int]:
    from puente.contract import SIDES
    from puente.oncall import conditions, direct, folding
    from puente.orchestration.connections import bridge

    with bridge(link_id, settings) as sides:
        found = conditions.down(sides)
        silent = {alert.subject for alert in found}
        if "platform" in silent:
            for alert in found:
                directly(link_id, settings, alert, now)
            return {"lasting": len(found)}
        direct.settle(sides.link, settings, now)
        looked = conditions.lasting(sides, [side for side in SIDES if side not in silent], now)
        found += looked.found
        # What lies on a side that does not answer, or could not be looked at, has not ended for that.
        seen = ("connection_down",) if silent else set(conditions.LOOKED_AT) - set(looked.unseen)
        folding.settle(sides, found, seen, now)
        told = {"lasting": len(found), **folding.deliver(sides, this_run().owner)}
    for kind, error in looked.unseen.items():
        log.error("%s could not be looked at", kind, exc_info=error)
    for error in looked.unseen.values():
        raise error
    return told
