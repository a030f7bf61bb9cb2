"""`backup` and `keys`: backups made, listed, proved and fetched, and their keys changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from puente.cli import common
from puente.cli.common import LinkOption, backup_app, keys_app
from puente.cli.output import show_table
from puente.errors import PuenteError
from puente.settings import load_settings

if TYPE_CHECKING:
    from puente.nightly.shelf import Shelf
    from puente.sync.route import Run

AzureOption = Annotated[bool, typer.Option("--azure", help="In Azure, instead of on this machine.")]
BackupArgument = Annotated[str, typer.Argument(help="The backup's id, as in `backup list`; the newest if not given.")]


def _run() -> Run:
    from puente.sync.route import Run

    return Run(common.run_id(), "backup")


def _azure() -> Shelf:
    from puente.orchestration.connections import azure_shelf

    shelf = azure_shelf()
    if shelf is None:
        raise PuenteError("There is no Airflow connection puente_azure (docs/backup.md).")
    return shelf


@backup_app.command("run")
def backup_run(
    local: Annotated[bool, typer.Option("--local", help="Do not carry it to Azure.")] = False, link: LinkOption = "main"
) -> None:
    """Make a backup of both sides, Airflow's metadata and the reports, prove it, and delete what is too old."""
    from puente.nightly import backup
    from puente.orchestration.connections import airflow_database, azure_shelf

    away = None if local else azure_shelf()
    with common.open_link(link) as bridge:
        kept = backup.run_all(bridge, _run(), away, airflow_database(bridge.settings))
    for one in kept:
        if one.size:
            typer.echo(f"{one.backup_id}: in {one.shelf}, {one.size} bytes read back and found right.")
        if one.deleted:
            typer.echo(f"{one.shelf}: {len(one.deleted)} older ones deleted.")
    if away is None:
        typer.echo("It lies on this machine only.")


@backup_app.command("list")
def backup_list(azure: AzureOption = False, link: LinkOption = "main") -> None:
    """The finished backups, the newest first."""
    from puente.nightly import shelf

    settings = load_settings()
    where: Shelf = _azure() if azure else shelf.local_shelf(settings)
    rows: list[tuple[object, ...]] = []
    for backup_id in reversed(shelf.complete(where, link)):
        try:
            found = shelf.read_manifest(where, link, backup_id, settings)
        except shelf.Spoilt as error:
            rows.append((backup_id, "", "", "", str(error)))
            continue
        size = sum(file.size for file in found.files)
        rows.append((backup_id, found.taken_at, ", ".join(sorted(found.parts)), size, "; ".join(found.remarks)))
    show_table(("backup", "taken (UTC)", "of", "bytes before encryption", "remarks"), rows)


@backup_app.command("verify")
def backup_verify(backup_id: BackupArgument = "", azure: AzureOption = False, link: LinkOption = "main") -> None:
    """Read a backup back, decrypt it, and compare every file with the manifest."""
    from puente.nightly import shelf

    settings = load_settings()
    where: Shelf = _azure() if azure else shelf.local_shelf(settings)
    newest = shelf.complete(where, link)[-1:] or [""]
    found = shelf.prove(where, link, backup_id or newest[0], settings)
    tables = sum(len(part.tables) for part in found.parts.values())
    typer.echo(
        f"{found.backup_id} of {found.taken_at}: {len(found.files)} files of {tables} tables are what was backed up."
    )


@backup_app.command("fetch")
def backup_fetch(
    backup_id: Annotated[str, typer.Argument(help="The backup's id, as in `backup list --azure`.")],
    link: LinkOption = "main",
) -> None:
    """Bring a backup from Azure onto this machine, from where it can be restored; needs neither side."""
    from puente.nightly import backup

    found = backup.fetch(load_settings(), link, _azure(), backup_id)
    typer.echo(f"{found.backup_id} is here: `python -m puente restore run {found.backup_id}`.")


@backup_app.command("extract")
def backup_extract(
    backup_id: Annotated[str, typer.Argument(help="The backup's id, as in `backup list`.")],
    part: Annotated[str, typer.Argument(help="What of it: airflow, reports, erp or platform.")],
    to: Annotated[Path, typer.Option("--to", help="The file to write; it must not exist.")],
    azure: AzureOption = False,
    link: LinkOption = "main",
) -> None:
    """Decrypt one part of a backup into a file, in plain, for what no restore puts in its place."""
    from puente.nightly import loading

    source = loading.open_source(load_settings(), link, backup_id, _azure() if azure else None)
    for path in source.extract(part, to):
        typer.echo(f"{path}: {path.stat().st_size} bytes, in plain. Delete it when it is in its place.")


@keys_app.command("rotate")
def keys_rotate() -> None:
    """Wrap the data key of every backup and archived batch with the first key of PUENTE_KEYS; the contents stay."""
    from puente.nightly import archive, vault
    from puente.nightly.parts import SEALED
    from puente.nightly.shelf import local_shelf, required_ring
    from puente.orchestration.connections import azure_shelf

    settings = load_settings()
    ring, away = required_ring(settings), azure_shelf()
    # What is carried meanwhile is taken from here: so Azure comes last.
    archived = sorted(Path(settings.archive_dir).rglob(f"*{archive.SUFFIX}"))
    done = sum(vault.rewrap(path, ring) for path in archived)
    typer.echo(f"{settings.archive_dir}: {done} of {len(archived)} files re-wrapped.")
    shelves: list[Shelf] = [local_shelf(settings), *([away] if away is not None else [])]
    for shelf in shelves:
        keys = [key for key in shelf.keys("") if key.endswith((SEALED, archive.SUFFIX)) and "/.work/" not in key]
        typer.echo(f"{shelf.name}: {sum(shelf.rewrap(key, ring) for key in keys)} of {len(keys)} files re-wrapped.")
    typer.echo(f"All are of key {ring.current!r} now; older keys may leave PUENTE_KEYS, and stay in the escrow.")
