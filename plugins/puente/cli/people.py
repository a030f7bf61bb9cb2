"""`person`: what there is of a company or a contact is given away, or erased."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from puente.cli import common
from puente.cli.common import LinkOption, WhoOption, person_app
from puente.cli.output import show_table

if TYPE_CHECKING:
    from puente.people.erase import Erasure

PersonArgument = Annotated[str, typer.Argument(help="companies or contacts.")]
KeyArgument = Annotated[str, typer.Argument(help="The ERP's id; where it has none, ~ and the platform's, as ~17.")]


@person_app.command("export")
def person_export(
    entity: PersonArgument,
    key: KeyArgument,
    to: Annotated[Path | None, typer.Option("--to", help="A new file, readable by its owner only.")] = None,
    link: LinkOption = "main",
) -> None:
    """Everything that both sides, Puente's tables, the archive and the mails have of a person, as JSON."""
    from puente.people.export import export

    with common.open_link(link) as bridge:
        text = json.dumps(export(bridge, entity, key), ensure_ascii=False, indent=2, default=str)
    if to is None:
        typer.echo(text)
        return
    to.touch(mode=0o600, exist_ok=False)
    to.write_text(text + "\n", encoding="utf-8")
    typer.echo(f"{to} has it all. It is not encrypted.")


@person_app.command("erase")
def person_erase(
    entity: PersonArgument,
    key: KeyArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without it nothing is changed.")] = False,
    why: Annotated[str, typer.Option("--why", help="The reason, kept with the record; without a name.")] = "",
    who: WhoOption = "",
    link: LinkOption = "main",
) -> None:
    """Erase a person on both sides and in every copy that Puente has, and say what is kept. A preview without --yes."""
    from puente.orchestration.connections import azure_shelf
    from puente.people.erase import erase, preview

    with common.open_link(link) as bridge:
        if not yes:
            _tell(preview(bridge, entity, key))
            typer.echo("\nNothing was changed. With --yes and --why it is done; it cannot be undone.")
            return
        done, record = erase(bridge, entity, key, who or getpass.getuser(), why, azure_shelf())
    _tell(done)
    typer.echo(f"\nDone: {record}. After a restore of an older backup erase the person again (docs/personal_data.md).")


def _tell(done: Erasure) -> None:
    rows: list[tuple[object, ...]] = [(f"{side}: its own tables", "", what) for side, what in done.own.items()]
    rows += [(name, count, "erase") for name, count in done.rows.items() if count]
    rows += [(f"archive: {Path(name).name}", count, "erase") for name, count in done.archived.items()]
    show_table(("place", "rows", "what becomes of it"), rows)
    person = done.person
    if person.kept:
        typer.echo(f"Kept with their snapshots, as the law demands of sales: orders {', '.join(person.kept)}.")
    if done.reports:
        typer.echo(f"Kept until PUENTE_KEEP_YEARS, sealed evidence that names the person: {', '.join(done.reports)}.")
    if done.backups_until:
        typer.echo(f"Backups may have the person until {done.backups_until}; they are encrypted, and end by their age.")
    typer.echo("The shop's and the ERP's own orders and invoices are theirs: Puente does not touch them.")
