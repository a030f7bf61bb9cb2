"""`mail`: what was written to customers and to the house about orders."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from puente.cli import common
from puente.cli.common import LinkOption, WhoOption, WhyOption, mail_app
from puente.cli.output import show_table


@mail_app.command("list")
def mail_list(
    doubtful: Annotated[
        bool, typer.Option("--doubtful", help="Only those that may or may not have been sent.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit")] = 100,
    link: LinkOption = "main",
) -> None:
    """Mails that were not sent: waiting, refused, doubtful. In the order of writing, without their texts."""
    from puente.orders.mail import not_sent

    with common.open_link(link) as bridge:
        found = not_sent(bridge.platform, link, ("doubtful",) if doubtful else None)
    names = ("mail_id", "order_id", "state", "recipient", "status", "attempts", "tried_at", "error")
    show_table(
        ("mail", "order", "state", "recipient", "status", "tries", "tried", "error"),
        [tuple("" if row[name] is None else row[name] for name in names) for row in found[:limit]],
    )
    typer.echo(f"{len(found)} mails" + (f", {limit} shown" if len(found) > limit else ""))


@mail_app.command("resend")
def mail_resend(
    mail: Annotated[int, typer.Argument(help="The mail's number in `mail list`.")],
    why: WhyOption,
    link: LinkOption = "main",
    who: WhoOption = "",
) -> None:
    """Let a doubtful or refused mail be sent once more; a doubtful one may arrive twice."""
    from puente.orders.mail import resend

    with common.open_link(link) as bridge:
        resend(bridge.platform, link, mail, who or getpass.getuser(), why)
    typer.echo(f"Mail {mail} is sent with the next run.")
