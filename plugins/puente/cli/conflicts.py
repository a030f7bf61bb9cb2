"""`conflicts`: records that both sides changed, and what became of the version that lost."""

from __future__ import annotations

import getpass
import json
from typing import Annotated

import typer

from puente.cli import common
from puente.cli.common import LinkOption, WhoOption, WhyOption, conflict_app
from puente.cli.output import show_table

NameArgument = Annotated[str, typer.Argument(help="The name in `conflicts list`, as platform:7.")]


@conflict_app.command("list")
def conflicts_list(
    every: Annotated[bool, typer.Option("--all", help="Also those that somebody has resolved.")] = False,
    link: LinkOption = "main",
) -> None:
    """Conflicts of both sides, oldest first: the side where each was noticed, and whose version stands."""
    from puente.sync.disputes import list_disputes

    with common.open_link(link) as bridge:
        found = list_disputes(bridge, resolved=every)
    show_table(
        ("conflict", "entity", "key", "stands", "at", "resolved", "why"),
        [(d.name, d.entity, d.record_key, d.winner, d.at, d.resolved_at or "", d.why) for d in found],
    )
    typer.echo(f"{len(found)} conflicts")


@conflict_app.command("show")
def conflicts_show(name: NameArgument, link: LinkOption = "main") -> None:
    """One conflict: the version that stands and the one that lost, field by field; * where they differ."""
    from puente.sync.disputes import show_dispute

    with common.open_link(link) as bridge:
        found = show_dispute(bridge, name)
    typer.echo(
        f"{found.name}: {found.entity} {found.record_key}, {found.at}. The version of the {found.winner} stands."
    )
    typer.echo(found.why)
    if found.resolved_at:
        typer.echo(f"resolved {found.resolved_at} by {found.who}: {found.remark}")
    names = dict.fromkeys((*found.kept, *found.loser))
    rows = [(n, _plain(found.kept.get(n)), _plain(found.loser.get(n))) for n in names]
    show_table(
        ("", "field", "stands", "lost"), [("*" if kept != lost else "", n, kept, lost) for n, kept, lost in rows]
    )


def _plain(value: object) -> str:
    if value is None:
        return "NULL"
    return " ".join(value.split()) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@conflict_app.command("resolve")
def conflicts_resolve(name: NameArgument, why: WhyOption, link: LinkOption = "main", who: WhoOption = "") -> None:
    """Note that somebody has looked at a conflict. No record is changed by it.

    If the losing version is the right one, edit the record by hand in the ERP or in the shop (`conflicts show` has
    its values): the edit is captured like any other and reaches the other side.
    """
    from puente.sync.disputes import resolve

    with common.open_link(link) as bridge:
        resolve(bridge, name, who or getpass.getuser(), why)
    typer.echo(f"Conflict {name} is resolved.")
