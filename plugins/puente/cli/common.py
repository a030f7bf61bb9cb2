"""The command line's frame: the app and its groups, the options that commands share, and opening a link."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Any

import typer
from sqlalchemy.exc import SQLAlchemyError
from typer.core import TyperGroup

from puente import contract
from puente.contract import Side
from puente.errors import PuenteError
from puente.sync.findings import in_one_line
from puente.sync.route import Bridge


class Reader(StrEnum):
    erp = "erp"
    platform = "platform"


class Sides(StrEnum):
    erp = "erp"
    platform = "platform"
    both = "both"


class _Group(TyperGroup):
    """Errors that were raised on purpose are told, not thrown."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except PuenteError as error:
            typer.echo(str(error), err=True)
        except SQLAlchemyError as error:
            typer.echo(f"The database refused: {in_one_line(error)}", err=True)
        raise typer.Exit(1)


def _typer(help_text: str) -> typer.Typer:
    return typer.Typer(
        cls=_Group, help=help_text, no_args_is_help=True, add_completion=False, rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )  # fmt: skip


app = _typer("Puente keeps an ERP and a shop in step through intermediate tables.")


def _group(name: str, help_text: str) -> typer.Typer:
    made = _typer(help_text)
    app.add_typer(made, name=name)
    return made


profile_app = _group("profile", "Check the SQL and YAML that fit Puente to an ERP or a shop.")
quarantine_app = _group("quarantine", "Rows that were set aside: quarantined, or held until something arrives.")
batch_app = _group("batch", "Batches behind a closed gate.")
conflict_app = _group("conflicts", "Records that both sides changed: the version that lost, until a person has looked.")
mail_app = _group("mail", "Mails about orders.")
oncall_app = _group("oncall", "Whom Puente tells when something needs a person, and of what.")
trace_app = _group("trace", "The whole way of one order, product or customer.")
guard_app = _group("guard", "Guards against mass changes.")
ledger_app = _group("ledger", "The chain of counts.")
backup_app = _group("backup", "Backups: made, listed, proved, fetched.")
keys_app = _group("keys", "The keys of backups and of the archive.")
restore_app = _group("restore", "Bringing a side back from a backup, and what follows from that.")
person_app = _group("person", "One person's data: given away, or erased.")
report_app = _group("report", "Validation reports.")

LinkOption = Annotated[str, typer.Option("--link", help="Link id, as in config/links.yaml.")]
ReaderOption = Annotated[Reader, typer.Option("--reader", help="The side that is to read it.")]
ReadersOption = Annotated[Sides, typer.Option("--reader", help="The side whose inboxes are meant.")]
OneReader = Annotated[
    Reader | None, typer.Option("--reader", help="The side whose inbox is meant, where it could be either.")
]
WhoOption = Annotated[str, typer.Option("--who", help="Who decides; the operating system's user if not given.")]
WhyOption = Annotated[str, typer.Option("--why", help="The reason, kept with the decision.")]
EntityArgument = Annotated[str, typer.Argument(help=f"One of {', '.join(contract.ENTITIES)}.")]
RowArgument = Annotated[int, typer.Argument(help="The row's number in `quarantine list`.")]
ProposalArgument = Annotated[int, typer.Argument(help="The proposal's number, as `show` gives it.")]
BatchArgument = Annotated[int, typer.Argument(help="The batch's number in `batch list`.")]

SECOND_PERSON = "It is asked for; somebody else has to confirm it (PUENTE_TWO_PERSONS). `show` gives its number."


def sides_of(sides: Sides) -> list[Side]:
    """The sides that an option names, the platform first."""
    every: tuple[Side, ...] = ("platform", "erp")
    return [side for side in every if sides in (side, Sides.both)]


def run_id() -> str:
    """What a piece of work at the command line is called among Airflow's runs: by its moment, UTC."""
    return f"cli__{dt.datetime.now(dt.UTC).isoformat(timespec='seconds')}"


@contextmanager
def open_link(link_id: str) -> Iterator[Bridge]:
    """Both databases of a link, by Airflow's connections, for the length of a block."""
    from puente.orchestration.connections import bridge

    with bridge(link_id) as opened:
        yield opened
