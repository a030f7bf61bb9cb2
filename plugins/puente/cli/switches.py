"""Switches a person sets: pause and resume, resend, guard."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from puente import contract
from puente.cli import common
from puente.cli.common import EntityArgument, LinkOption, Reader, ReaderOption, WhoOption, WhyOption, app, guard_app
from puente.errors import PuenteError


@app.command()
def pause(
    why: WhyOption,
    entity: Annotated[str | None, typer.Argument(help="An entity; the whole link if not given.")] = None,
    link: LinkOption = "main",
    who: WhoOption = "",
) -> None:
    """Stop the link, or one entity, before its next step, on both sides."""
    from puente.sync import control

    what = _entity_or_all(entity)
    with common.open_link(link) as bridge:
        for db in (bridge.erp, bridge.platform):
            control.pause(db, link, what, who or getpass.getuser(), why)
    typer.echo(f"{entity or 'Link ' + link} is paused.")


@app.command()
def resume(
    entity: Annotated[str | None, typer.Argument(help="An entity; the whole link if not given.")] = None,
    link: LinkOption = "main",
) -> None:
    """Lift a pause."""
    from puente.sync import control

    what = _entity_or_all(entity)
    with common.open_link(link) as bridge:
        lifted = [control.resume(db, link, what) for db in (bridge.erp, bridge.platform)]
    typer.echo(f"{entity or 'Link ' + link} goes on." if any(lifted) else f"{entity or 'Link ' + link} was not paused.")


def _entity_or_all(entity: str | None) -> str:
    if entity is not None and entity not in contract.ENTITIES:
        raise PuenteError(f"Unknown entity {entity!r}; the contract has {', '.join(contract.ENTITIES)}.")
    return entity or "*"


@app.command("resend")
def resend_record(
    entity: EntityArgument,
    key: Annotated[str, typer.Argument(help="The record's key; parts of a composite key are joined with |.")],
    link: LinkOption = "main",
    reader: ReaderOption = Reader.platform,
) -> None:
    """Send one record once more with the next capture, though it did not change: the ERP's to the platform, or a
    customer of the shop's to the ERP (`--reader erp`)."""
    from puente.sync.resend import resend

    with common.open_link(link) as bridge:
        resend(bridge, entity, key, reader.value)
    typer.echo(f"{entity} {key} is sent with the next capture.")


@guard_app.command("allow")
def guard_allow(entity: EntityArgument, why: WhyOption, link: LinkOption = "main", who: WhoOption = "") -> None:
    """Let the next mass change that the capture of an entity would refuse pass, once."""
    from puente.sync import control

    _entity_or_all(entity)
    with common.open_link(link) as bridge:
        for db in (bridge.erp, bridge.platform):  # what refuses may be the capture or the reader
            control.allow_mass_change(db, link, entity, who or getpass.getuser(), why)
    typer.echo(f"The next mass change of {entity} will be captured, once. At the reader use `batch release`.")
