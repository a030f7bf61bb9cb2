"""`restore`: a side is brought back from a backup, or was; and what follows from that."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from puente.cli import common
from puente.cli.common import LinkOption, Reader, Sides, restore_app, sides_of
from puente.cli.output import show_table
from puente.errors import PuenteError
from puente.sync.route import stored

YesOption = Annotated[bool, typer.Option("--yes", help="Do it; without it nothing is changed.")]


@restore_app.command("run")
def restore_run(
    backup_id: Annotated[str, typer.Argument(help="The backup, as its report names it.")],
    side: Annotated[Sides, typer.Option("--side", help="What is restored.")] = Sides.platform,
    yes: YesOption = False,
    link: LinkOption = "main",
) -> None:
    """Restore a side beside the one in use, prove it, exchange the two, and do what follows. The link stays paused."""
    from puente.nightly import loading, restore, restore_report

    with common.open_link(link) as bridge:
        source = loading.open_source(bridge.settings, link, backup_id)
        if not yes:
            raise PuenteError(f"This replaces {side} by {backup_id} of {source.taken_at}. With --yes it is done.")
        body = restore.restore(bridge, sides_of(side), source, common.run_id())
        path = restore_report.write_report(bridge.settings, body)
    typer.echo(f"Restored. The link is paused: read {path.with_suffix('.html')}, then `python -m puente resume`.")


@restore_app.command("aftermath")
def restore_aftermath(
    side: Annotated[Reader, typer.Option("--side", help="The side that was restored.")],
    since: Annotated[str, typer.Option("--since", help="To when it was restored: UTC, as 2026-11-24T02:00Z.")],
    own_tables: Annotated[
        bool, typer.Option("--own-tables", help="Only the ERP's own tables were restored, not Puente's beside them.")
    ] = False,
    restore_id: Annotated[str, typer.Option("--id", help="Of an earlier try that is to be finished.")] = "",
    link: LinkOption = "main",
) -> None:
    """Do what follows a restore that was done with other tools. The link stays paused."""
    from puente.nightly.aftermath import follow_up
    from puente.nightly.repurchase import Repurchased

    if own_tables and side is not Reader.erp:
        raise PuenteError("--own-tables is for the ERP: the shop's tables and Puente's are restored together.")
    try:
        moment = dt.datetime.fromisoformat(since)
    except ValueError as error:
        raise PuenteError(f"--since {since!r} is no moment such as 2026-11-24T02:00Z.") from error
    told = stored(moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC))
    name = restore_id or common.run_id()
    with common.open_link(link) as bridge:
        done = follow_up(bridge, side.value, name, told, own_tables_only=own_tables)
    show_table(
        ("entity", "archived", "landed again", "known"), [(r.entity, r.read, r.landed, r.known) for r in done.replayed]
    )
    show_table(("entity", "sent once more"), [(q.entity, q.again) for q in done.questioned if q.again])
    orders, purchases = done.orders, done.purchases or Repurchased()
    for title, items in (
        ("orders emitted again (with their state on the platform)",
         [f"{n} {state}" for n, state in orders.again.items()] if orders else []),
        ("cancellations asked for again", orders.requests if orders else []),
        ("orders without a snapshot, to be seen to by hand", orders.torn if orders else []),
        ("purchase orders written again; their suppliers may have them already", purchases.again),
        ("purchase orders that the ERP had already, on their way again", purchases.taken_over),
        ("purchase orders to be looked up in the ERP", purchases.unclear),
        ("orders that the ERP had already", done.taken_over),
        ("orders that only the ERP has: the shop lost them", done.lost_orders),
        ("archived rows whose place another row has", [one for r in done.replayed for one in r.contested or ()]),
    ):  # fmt: skip
        if items:
            typer.echo(f"\n{title}: {', '.join(items)}")
    if done.doubtful_mails:
        typer.echo(f"\n{done.doubtful_mails} mails may have been sent before: `python -m puente mail list --doubtful`.")
    typer.echo(
        f"\nThe link is paused; `python -m puente resume` lets it go on. (--id {name} finishes an interrupted try.)"
    )


@restore_app.command("undo")
def restore_undo(
    side: Annotated[Sides, typer.Option("--side", help="What is put back.")], yes: YesOption = False,
    link: LinkOption = "main",
) -> None:  # fmt: skip
    """Put the database from before a restore back into its place. What was written since the restore is lost."""
    from puente.nightly import restore

    if not yes:
        raise PuenteError(
            "This drops what was restored, with all that was written into it since. With --yes it is done."
        )
    with common.open_link(link) as bridge:
        paused = restore.undo(bridge, sides_of(side), None)
    typer.echo("Back as it was before the restore.")
    for link_id in paused:
        typer.echo(f"Link {link_id} is still paused: `python -m puente resume --link {link_id}` when all is well.")


@restore_app.command("forget")
def restore_forget(link: LinkOption = "main") -> None:
    """Drop the databases from before a restore, which nobody needs any more."""
    from puente.nightly import restore

    with common.open_link(link) as bridge:
        dropped = restore.forget(bridge)
    typer.echo(f"Dropped: {', '.join(dropped)}." if dropped else "Nothing is kept from before a restore.")
