"""`batch`: batches behind a closed gate, on either side."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from puente.cli import common
from puente.cli.common import (
    SECOND_PERSON,
    BatchArgument,
    LinkOption,
    OneReader,
    ProposalArgument,
    Reader,
    ReadersOption,
    Sides,
    WhoOption,
    WhyOption,
    batch_app,
    sides_of,
)  # fmt: skip
from puente.cli.output import show_decisions, show_table
from puente.contract import Side
from puente.errors import PuenteError
from puente.sync.route import Bridge


def _reader_of(bridge: Bridge, batch: int, reader: Reader | None) -> Side:
    """The side that has the batch: the one asked for, else the only one with that number."""
    from puente.sync import quarantine

    if reader is not None:
        return reader.value
    having: list[Side] = [side for side in sides_of(Sides.both) if quarantine.has_batch(bridge, side, batch)]
    if len(having) > 1:
        raise PuenteError(f"Both sides have a batch {batch}: say which with --reader platform or --reader erp.")
    return having[0] if having else "platform"


@batch_app.command("list")
def batch_list(
    every: Annotated[bool, typer.Option("--all", help="Not only closed ones.")] = False,
    limit: Annotated[int, typer.Option("--limit")] = 50,
    link: LinkOption = "main",
    reader: ReadersOption = Sides.both,
) -> None:
    """Batches behind a closed gate, newest first."""
    from puente.sync import quarantine

    status = None if every else "closed"
    with common.open_link(link) as bridge:
        found = [
            row
            for side in sides_of(reader)
            for row in quarantine.list_batches(bridge, side, status=status, limit=limit)
        ]
    names = ("batch_id", "reader", "entity", "status", "rows_landed", "opened_at", "run_id", "why")
    show_table(
        ("batch", "reader", "entity", "status", "landed", "opened", "run", "why"),
        [tuple("" if b[name] is None else b[name] for name in names) for b in found],
    )


@batch_app.command("show")
def batch_show(batch: BatchArgument, link: LinkOption = "main", reader: OneReader = None) -> None:
    """One batch: why it is closed, what each rule counted, where its report lies."""
    from puente.sync import quarantine

    with common.open_link(link) as bridge:
        found = quarantine.show_batch(bridge, _reader_of(bridge, batch, reader), batch)
    about = found.batch
    typer.echo(
        f"Batch {batch} of {about['entity']}: {about['status']}; read {about['rows_read']}, landed "
        f"{about['rows_landed']}, seen again {about['rows_seen_again']}; run {about['run_id']}"
    )
    if about["why"]:
        typer.echo(f"why: {about['why']}")
    if about["report"]:
        typer.echo(f"report: {about['report']}")
    states = ", ".join(f"{count} {state}" for state, count in sorted(found.states.items()))
    typer.echo(f"rows that it took, now: {states or 'none'}")
    failing = [r for r in found.rules if r["failed"]]
    show_table(("rule", "severity", "evaluated", "failed"), [
        (r["rule_id"], r["severity"], r["evaluated"], r["failed"]) for r in failing
    ])  # fmt: skip
    typer.echo(f"{len(found.rules) - len(failing)} more rules without a failure")
    show_decisions(found.decisions)


@batch_app.command("release")
def batch_release(
    batch: BatchArgument,
    why: WhyOption,
    link: LinkOption = "main",
    reader: OneReader = None,
    who: WhoOption = "",
) -> None:
    """Let a closed batch through: its rows are exempt from what closed the gate, not from the row rules."""
    from puente.sync import quarantine

    with common.open_link(link) as bridge:
        rows = quarantine.release_batch(bridge, _reader_of(bridge, batch, reader), batch, who or getpass.getuser(), why)
    done = f"{rows} rows of batch {batch} go through the gate with the next run."
    typer.echo(SECOND_PERSON if rows is None else done)


@batch_app.command("discard")
def batch_discard(
    batch: BatchArgument,
    why: WhyOption,
    link: LinkOption = "main",
    reader: OneReader = None,
    who: WhoOption = "",
) -> None:
    """Give every row of a closed batch up for good."""
    from puente.sync import quarantine

    with common.open_link(link) as bridge:
        rows = quarantine.discard_batch(bridge, _reader_of(bridge, batch, reader), batch, who or getpass.getuser(), why)
    typer.echo(SECOND_PERSON if rows is None else f"{rows} rows of batch {batch} are discarded.")


@batch_app.command("confirm")
def batch_confirm(
    batch: BatchArgument,
    proposal: ProposalArgument,
    why: WhyOption,
    link: LinkOption = "main",
    reader: OneReader = None,
    who: WhoOption = "",
) -> None:
    """As the second person: have done what another asked for."""
    from puente.sync import second_person

    with common.open_link(link) as bridge:
        side = _reader_of(bridge, batch, reader)
        asked, rows = second_person.confirm_batch(bridge, side, batch, proposal, who or getpass.getuser(), why)
    typer.echo(f"The {asked.action} of batch {batch} that {asked.who} asked for is done: {rows} rows.")


@batch_app.command("refuse")
def batch_refuse(
    batch: BatchArgument,
    proposal: ProposalArgument,
    why: WhyOption,
    link: LinkOption = "main",
    reader: OneReader = None,
    who: WhoOption = "",
) -> None:
    """Take back or refuse what was asked for; the batch stays closed."""
    from puente.sync import second_person

    with common.open_link(link) as bridge:
        side = _reader_of(bridge, batch, reader)
        asked = second_person.refuse_batch(bridge, side, batch, proposal, who or getpass.getuser(), why)
    typer.echo(f"The {asked.action} of batch {batch} that {asked.who} asked for will not be done.")
