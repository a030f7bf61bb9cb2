"""`inventory`: both sides compared in full, key by key and field by field. `dry-run`: what a reader would do now."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from puente.cli import common
from puente.cli.common import LinkOption, Reader, ReaderOption, WhoOption, app
from puente.cli.output import show_table


@app.command()
def inventory(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Compare and report; order no repair.")] = False,
    approve: Annotated[bool, typer.Option("--approve", help="Order even a mass change.")] = False,
    link: LinkOption = "main",
    who: WhoOption = "",
) -> None:
    """Compare the ERP's whole catalogue with the shop's, write the report, and have what differs sent again."""
    from puente.nightly.inventory import take_inventory
    from puente.sync.route import Run

    person = who or getpass.getuser()
    run = Run(common.run_id(), "inventory")
    with common.open_link(link) as bridge:
        taken = take_inventory(bridge, run, dry_run=dry_run, approved_by=person if approve else None)
    show_table(
        ("entity", "ERP", "shop", "same", "different", "missing", "extra", "doubled", "in flight",
         "set aside", "repairs"),
        [
            (
                one.entity, one.read_erp, one.read_platform, one.keys_same, one.keys_different, one.keys_missing,
                one.keys_extra, one.keys_doubled, one.keys_in_flight,
                one.keys_held + one.keys_quarantined + one.keys_conflict + one.keys_discarded + one.keys_unfit,
                f"{one.ordered} of {one.repairs}",
            )
            for one in taken.found.entities
        ],
    )  # fmt: skip
    for entity, why in taken.found.refusals.items():
        typer.echo(f"{entity}: refused: {why}", err=True)
    if taken.decision == "ask" and not approve:
        typer.echo("So many repairs are a mass change: look at the report, then run it again with --approve.", err=True)
    typer.echo(f"Report: {taken.report.with_suffix('.html')}")
    if taken.found.refusals or (taken.decision == "ask" and not approve):
        raise typer.Exit(1)


@app.command("dry-run")
def dry_run(reader: ReaderOption = Reader.platform, link: LinkOption = "main") -> None:
    """Report what the reader would do with its queues now, up to and through its gate. Writes neither database."""
    from puente.dryrun.report import dry_run
    from puente.sync.route import Run

    run = Run(common.run_id(), "dry_run")
    with common.open_link(link) as bridge:
        done = dry_run(bridge, reader.value, run)
    show_table(
        ("entity", "read", "new", "would end as", "records"),
        [
            (one.entity, one.read, one.landed, _counted(one.states), _counted(one.records))
            for one in done.outcomes
            if one.read or one.states or one.stopped
        ],
    )
    for one in done.outcomes:
        if one.stopped:
            typer.echo(f"{one.entity} would stop: {one.stopped}", err=True)
    typer.echo(f"Report: {done.report.with_suffix('.html')}")
    if done.verdict == "stopped":
        raise typer.Exit(1)


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())
