"""The tasks that watch: whether the connections answer, and whether what should come does come."""

from __future__ import annotations

import datetime as dt
import logging

from airflow.sdk import task

log = logging.getLogger(__name__)

PROBE_DOC = """Asks both databases one question each and counts the answers by the hour, for the weekly report.

**Clear it at any time**: one more question is asked and counted.
"""
WATCH_DOC = """Compares each watched entity's last row with what `traffic` of its profile allows; mails a silence once.

Paused entities, hours that are not watched and planned downtime do not count.

**Clear it at any time**: a silence that was told is not told again.
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
