"""`quarantine`: rows that were set aside, on either side."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from puente import contract
from puente.cli import common
from puente.cli.common import (
    SECOND_PERSON,
    EntityArgument,
    LinkOption,
    OneReader,
    ProposalArgument,
    Reader,
    ReadersOption,
    RowArgument,
    Sides,
    WhoOption,
    WhyOption,
    quarantine_app,
    sides_of,
)  # fmt: skip
from puente.cli.output import show_decisions, show_table
from puente.contract import Side
from puente.errors import PuenteError


def one_reader(entity: str, reader: Reader | None) -> Side:
    """The side that reads `entity`: the one asked for, else the only one. PuenteError where both do."""
    readers: list[Side] = [side for side in sides_of(Sides.both) if entity in contract.READ_SEQUENCE[side]]
    if reader is None and len(readers) > 1:
        raise PuenteError(f"Both sides read {entity}: say which one is meant with --reader platform or --reader erp.")
    return reader.value if reader is not None else next(iter(readers), "platform")


@quarantine_app.command("list")
def quarantine_list(
    entity: Annotated[str | None, typer.Option("--entity")] = None,
    state: Annotated[str | None, typer.Option("--state", help="quarantined or held.")] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="A rule's id.")] = None,
    limit: Annotated[int, typer.Option("--limit")] = 100,
    link: LinkOption = "main",
    reader: ReadersOption = Sides.both,
) -> None:
    """Rows that were set aside, in reading order, and records that do not even fit their queue."""
    from puente.sync import quarantine
    from puente.sync.capture import unsent

    readers = sides_of(reader)
    if entity is not None:
        readers = [side for side in readers if entity in contract.READ_SEQUENCE[side]] or readers[:1]
    with common.open_link(link) as bridge:
        found = [
            (side, row)
            for side in readers
            for row in quarantine.list_rows(bridge, side, entity=entity, state=state, rule=rule)
        ]
        unfit = {contract.writer_of(side): unsent(bridge, contract.writer_of(side)) for side in readers}
    show_table(
        ("entity", "row", "reader", "state", "op", "key", "rules", "waits for", "batch"),
        [
            (
                r.entity,
                r.inbox_id,
                side,
                r.state,
                r.operation,
                r.record_key,
                ", ".join(r.rules),
                r.waits_for,
                r.batch_id,
            )
            for side, r in found[:limit]
        ],
    )
    typer.echo(f"{len(found)} rows" + (f", {limit} shown" if len(found) > limit else ""))
    for writer, messages in unfit.items():
        if messages:
            name = "ERP" if writer == "erp" else "shop"
            typer.echo(f"{len(messages)} records of the {name} were not sent, for they do not fit; mend them there:")
            for message in messages[:limit]:
                typer.echo(f"  {message}")


@quarantine_app.command("show")
def quarantine_show(
    entity: EntityArgument, row: RowArgument, link: LinkOption = "main", reader: OneReader = None
) -> None:
    """One row: every reason, the raw values, and what people decided."""
    from puente.sync import quarantine

    with common.open_link(link) as bridge:
        found = quarantine.show_row(quarantine.route_of(bridge, one_reader(entity, reader), entity), row)
    about = found.row
    typer.echo(
        f"{entity} row {row}: {about['state']}, key {about['record_key']!r}, ID_Registro {about['id_registro']} "
        f"(epoch {about['epoch']}), created {about['fecha_creacion'] or 'unknown'}, landed by batch {about['batch_id']}"
    )
    if about["waits_for"]:
        typer.echo(f"waits for {about['waits_for']} {about['waits_key']} until {about['waits_until']}")
    for reason in found.reasons:
        typer.echo(f"  {reason['severity']}: {reason['rule_id']}: {reason['message']}")
    show_table(
        ("field", "value"), [(name, "NULL" if value is None else repr(value)) for name, value in found.values.items()]
    )
    show_decisions(found.decisions)


@quarantine_app.command("release")
def quarantine_release(
    entity: EntityArgument,
    row: RowArgument,
    why: WhyOption,
    values: Annotated[list[str], typer.Option("--set", help="field=value; may be given more than once.")] = [],  # noqa: B006
    nulls: Annotated[list[str], typer.Option("--set-null", help="A field to make NULL.")] = [],  # noqa: B006
    link: LinkOption = "main",
    reader: OneReader = None,
    who: WhoOption = "",
) -> None:
    """Send a row through the gate again, at its old position, with other values if need be."""
    from puente.sync import quarantine

    changes: dict[str, str | None] = dict.fromkeys(nulls)
    for pair in values:
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise PuenteError(f"--set takes field=value, not {pair!r}.")
        changes[name] = value
    with common.open_link(link) as bridge:
        route = quarantine.route_of(bridge, one_reader(entity, reader), entity)
        done = quarantine.release(route, row, who or getpass.getuser(), why, changes)
    typer.echo(f"{entity} row {row} goes through the gate with the next run." if done else SECOND_PERSON)


@quarantine_app.command("discard")
def quarantine_discard(
    entity: EntityArgument,
    row: RowArgument,
    why: WhyOption,
    link: LinkOption = "main",
    reader: OneReader = None,
    who: WhoOption = "",
) -> None:
    """Give a row up for good."""
    from puente.sync import quarantine

    with common.open_link(link) as bridge:
        route = quarantine.route_of(bridge, one_reader(entity, reader), entity)
        batch_id = quarantine.discard(route, row, who or getpass.getuser(), why)
    done = f"{entity} row {row} is discarded; the ledger counts it in batch {batch_id}."
    typer.echo(SECOND_PERSON if batch_id is None else done)


@quarantine_app.command("confirm")
def quarantine_confirm(
    entity: EntityArgument,
    row: RowArgument,
    proposal: ProposalArgument,
    why: WhyOption,
    link: LinkOption = "main",
    reader: OneReader = None,
    who: WhoOption = "",
) -> None:
    """As the second person: have done what another asked for."""
    from puente.sync import quarantine, second_person

    with common.open_link(link) as bridge:
        route = quarantine.route_of(bridge, one_reader(entity, reader), entity)
        asked = second_person.confirm(route, row, proposal, who or getpass.getuser(), why)
    typer.echo(f"{entity} row {row}: the {asked.action} that {asked.who} asked for is done.")


@quarantine_app.command("refuse")
def quarantine_refuse(
    entity: EntityArgument,
    row: RowArgument,
    proposal: ProposalArgument,
    why: WhyOption,
    link: LinkOption = "main",
    reader: OneReader = None,
    who: WhoOption = "",
) -> None:
    """Take back or refuse what was asked for; the row stays set aside."""
    from puente.sync import quarantine, second_person

    with common.open_link(link) as bridge:
        route = quarantine.route_of(bridge, one_reader(entity, reader), entity)
        asked = second_person.refuse(route, row, proposal, who or getpass.getuser(), why)
    typer.echo(f"{entity} row {row}: the {asked.action} that {asked.who} asked for will not be done.")
