"""The proof: the ledger's chain and the reports' seals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from puente.cli import common
from puente.cli.common import LinkOption, ReadersOption, Sides, ledger_app, report_app, sides_of
from puente.contract import Side
from puente.errors import PuenteError
from puente.settings import load_settings

if TYPE_CHECKING:
    from puente.sync.ledger import Head


@ledger_app.command("verify")
def ledger_verify(
    report: Annotated[list[Path], typer.Option("--report", help="A report that kept the ledger's head.")] = [],  # noqa: B006
    link: LinkOption = "main",
    reader: ReadersOption = Sides.both,
) -> None:
    """Prove that no row of a side's ledger was altered, removed or reordered, and that all rows are accounted for."""
    from puente.sync import ledger

    settings = load_settings()
    heads: list[tuple[Side, Head]] = [head for path in report for head in _heads_in(path, link, settings.seal_key)]
    broken = False
    with common.open_link(link) as bridge:
        for side in sides_of(reader):
            db = bridge.database(side)
            known: list[Head | None] = [None, *(head for of, head in heads if of == side)]
            problems = [problem for head in known for problem in ledger.verify(db, link, head)]
            for problem in dict.fromkeys(problems):
                typer.echo(f"{side}: {problem}", err=True)
            broken = broken or bool(problems)
            if not problems:
                with db.read() as conn:
                    now = ledger.head(conn, link, None)
                typer.echo(f"{side}: {now.count} rows, head {now.row_hash}: unbroken and balanced.")
    if broken:
        raise typer.Exit(1)


def _heads_in(path: Path, link: str, seal_key: bytes | None) -> list[tuple[Side, Head]]:
    """The sides whose ledgers the report speaks of, and how they stood: a weekly report has both."""
    from puente.nightly import weekly
    from puente.quality.report import verify_report
    from puente.sync.ledger import Head

    is_weekly = path.absolute().parent.name == "weekly"
    problems = weekly.verify(path, seal_key) if is_weekly else verify_report(path, seal_key)
    if problems:
        raise PuenteError(f"{path} proves nothing: {'; '.join(problems)}.")
    body = json.loads(path.read_bytes())["report"]
    if body["link_id"] != link:
        raise PuenteError(f"{path} is of link {body['link_id']}, not {link}.")
    if is_weekly:
        return [(side, Head(head["count"], head["head"])) for side, head in body["figures"]["ledger"].items()]
    side: Side = "erp" if body["direction"] == "platform_to_erp" else "platform"
    return [(side, Head(body["ledger_count"], body["ledger_head"]))]


@report_app.command("verify")
def report_verify(paths: Annotated[list[Path], typer.Argument(help="JSON files of reports.")]) -> None:
    """Check the seal of validation reports, and of what inventories, dry runs, backups, restores and weeks left."""
    from puente.dryrun import report as dry_run_report
    from puente.nightly import inventory_report, restore_report, weekly
    from puente.quality.report import verify_report
    from puente.quality.seal import problems_of

    key = load_settings().seal_key
    broken = False
    for path in paths:
        match path.absolute().parent.name:
            case "inventory":
                problems = inventory_report.verify(path, key)
            case dry_run_report.FOLDER:
                problems = dry_run_report.verify(path, key)
            case "backup":
                problems = problems_of(path, "backup", key, called="a backup's document")
            case "restores":
                problems = restore_report.verify(path, key)
            case "weekly":
                problems = weekly.verify(path, key)
            case _:
                problems = [*verify_report(path, key)]
        broken = broken or bool(problems)
        for problem in problems:
            typer.echo(f"{path}: {problem}", err=True)
        if not problems:
            typer.echo(f"{path}: sealed{'' if key else ' (by its hash only: PUENTE_SEAL_KEY is not set)'}")
    if broken:
        raise typer.Exit(1)
