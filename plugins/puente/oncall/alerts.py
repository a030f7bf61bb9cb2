"""What on-call is told: kinds of alerts, each with its runbook, and the message about one. Pure."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import dataclass

from puente.orders.letters import one_line, shorten
from puente.settings import Link, Settings


@dataclass(frozen=True)
class Kind:
    """`lasting`: it begins and ends, and is no more often there for being seen again. `each`: one more of it is told
    though the last one is still there."""

    runbook: str  # docs/runbooks/<runbook>.md
    es: str
    en: str
    lasting: bool = True
    each: bool = False


KINDS = {
    "gate_closed": Kind(
        "gate_closed", "Un lote está detenido en la puerta", "A batch is stopped at the gate", each=True
    ),
    "quarantine_full": Kind("quarantine_full", "Hay mucho en cuarentena", "Much lies in quarantine"),
    "stuck_order": Kind("stuck_order", "Hay pedidos que no avanzan", "Orders do not go on"),
    "conflict": Kind("conflict", "Los dos lados cambiaron un registro", "Both sides changed one record"),
    "mail_doubtful": Kind("mail_doubtful", "Hay correos rechazados o en duda", "Mails were refused or are in doubt"),
    "missing_traffic": Kind("missing_traffic", "Dejó de llegar", "Nothing arrives"),
    "connection_down": Kind("connection_down", "No responde la base de datos", "A database does not answer"),
    "backup_failed": Kind("backup_failed", "Falló el respaldo", "The backup failed", lasting=False),
    "backup_late": Kind("late_deadline", "Falta un respaldo reciente", "There is no recent backup"),
    "inventory_failed": Kind("dag_failed", "Falló el inventario", "The inventory failed", lasting=False),
    "inventory_late": Kind("late_deadline", "El inventario no ha terminado", "The inventory has not finished"),
    "drill_failed": Kind("backup_failed", "Falló el simulacro de restauración", "The drill failed", lasting=False),
    "drill_late": Kind("late_deadline", "Falta un simulacro de restauración", "A restore drill is overdue"),
    "task_failed": Kind("dag_failed", "Falló una tarea", "A task failed", lasting=False),
    "test": Kind("dag_failed", "Prueba de aviso", "Test of the alerts", lasting=False),
}

_LINES = {
    "es": {
        "times": "{n} veces desde {since}", "still": "Sigue así desde {since}", "todo": "Qué hacer", "place": "Dónde",
        "over": "Ya terminó", "ended": "Terminó: {ended}.",
    },
    "en": {
        "times": "{n} times since {since}", "still": "Still so, since {since}", "todo": "What to do", "place": "Where",
        "over": "Over", "ended": "It ended at {ended}.",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Alert:
    """One thing to tell of a link. Alerts of one kind and subject are one. `what` has no value of any row: it goes to
    chats of other companies. `place` is an address in Airflow, '' where there is none. `born` is when the newest of
    what it counts came to be, UTC as stored, '' where that is not known."""

    kind: str
    subject: str
    what: str
    place: str = ""
    born: str = ""


@dataclass(frozen=True)
class Folded:
    """How often an alert happened, and when; moments are UTC as stored. `told` counts tellings, this one included.
    `ended`: it had, before this could be told."""

    since: str
    times: int = 1
    told: int = 1
    ended: str | None = None


def runbook(kind: str, settings: Settings) -> str:
    """Where the runbook of a kind is."""
    return f"{settings.runbooks.rstrip('/')}/{KINDS[kind].runbook}.md"


def message(alert: Alert, folded: Folded, link: Link, settings: Settings) -> tuple[str, str]:
    """Subject (one line) and text of what is told."""
    kind, lines = KINDS[alert.kind], _LINES[settings.language]
    title = kind.en if settings.language == "en" else kind.es
    since = _local(folded.since, link)
    text = [alert.what]
    if folded.ended:
        title = f"{lines['over']}: {title}"
        text.append(lines["ended"].format(ended=_local(folded.ended, link)))
    if folded.times > 1:
        text.append(lines["times"].format(n=folded.times, since=since))
    elif folded.told > 1 and not folded.ended:
        text.append(lines["still"].format(since=since))
    text.append(f"{lines['todo']}: {runbook(alert.kind, settings)}")
    if alert.place:
        text.append(f"{lines['place']}: {alert.place}")
    subject = f": {alert.subject}" if alert.subject else ""
    return shorten(one_line(f"Puente ({link.link_id}): {title}{subject}"), 200), "\n".join(text)


def _local(moment: str, link: Link) -> str:
    local = dt.datetime.fromisoformat(moment).astimezone(zoneinfo.ZoneInfo(link.timezone))
    return f"{local:%Y-%m-%d %H:%M} ({link.timezone})"
