"""`oncall`: who is told when something needs a person, and of what."""

from __future__ import annotations

import datetime as dt

import typer

from puente.cli import common
from puente.cli.common import LinkOption, oncall_app
from puente.cli.output import show_table


@oncall_app.command("list")
def oncall_list(link: LinkOption = "main") -> None:
    """Alerts, the newest first: since when, how often, and the chats that have not taken the last message."""
    from sqlalchemy import select

    from puente.db import schema

    names = ("kind", "subject", "since", "at", "times", "ended_at", "waits", "what")
    alert = schema.alert
    query = select(*(alert.c[name] for name in names)).where(alert.c.link_id == link).order_by(alert.c.at.desc())
    with common.open_link(link) as bridge, bridge.platform.read() as conn:
        rows = [tuple("" if value is None else value for value in row) for row in conn.execute(query.limit(100))]
    show_table(("kind", "subject", "since", "last", "times", "ended", "waits for", "what"), rows)


@oncall_app.command("test")
def oncall_test(link: LinkOption = "main") -> None:
    """Send everybody in PUENTE_ONCALL a test, at once and without the databases; says who took it."""
    from puente.errors import PuenteError
    from puente.oncall import direct, targets
    from puente.oncall.alerts import Alert, Folded, message
    from puente.orchestration.alerting import oncall_settings, post
    from puente.sync.route import utc_now

    settings = oncall_settings()
    if link not in settings.links:
        raise PuenteError(f"There is no link {link!r}; config/links.yaml has {', '.join(settings.links)}.")
    who = targets.read(settings)
    if not who.anybody:
        targets.check(settings)
        raise PuenteError("Nobody is on call: PUENTE_ONCALL is empty.")
    moment = utc_now()
    alert = Alert("test", "", f"{dt.datetime.fromisoformat(moment):%Y-%m-%d %H:%M} (UTC)")
    title, text = message(alert, Folded(moment), settings.links[link], settings)
    took = {name: targets.tell(chat, title, text) for name, chat in who.chats.items()}
    if who.addresses:
        took[", ".join(who.addresses)] = direct.mail(settings, title, text, post(settings.links[link], settings))
    show_table(("who", "took it"), [(name, "yes" if taken else "no") for name, taken in took.items()])
    targets.check(settings)  # after everybody who can be told was
    if not all(took.values()):
        raise typer.Exit(1)
