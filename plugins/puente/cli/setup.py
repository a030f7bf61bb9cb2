"""Setting up: tables, baseline, doctor, schema files, generated pages, profile check."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from puente.cli import common
from puente.cli.common import LinkOption, Sides, WhoOption, app, profile_app
from puente.cli.output import show_findings, show_some, show_table
from puente.contract import Side
from puente.errors import PuenteError
from puente.sync.findings import Finding
from puente.sync.route import Bridge


@app.command()
def init(
    link: LinkOption = "main",
    side: Annotated[Sides, typer.Option("--side", help="Where to create tables.")] = Sides.both,
    baseline: Annotated[
        bool, typer.Option("--baseline", help="Match what is there instead of sending it all.")
    ] = False,
    accept: Annotated[bool, typer.Option("--accept", help="Carry the baseline out.")] = False,
    show: Annotated[int, typer.Option("--show", help="How many records of each kind to list.")] = 10,
    who: WhoOption = "",
) -> None:
    """Create the tables that are missing; what a vendor made is never altered."""
    from puente.db.ddl import create_missing

    if accept and not baseline:
        raise PuenteError("--accept carries out a baseline: use it with --baseline.")
    if baseline and side is not Sides.both:
        raise PuenteError("A baseline joins both sides: leave --side out.")
    every: tuple[Side, ...] = ("erp", "platform")
    sides = [name for name in every if side in (name, Sides.both)]
    with common.open_link(link) as bridge:
        if not baseline or accept:
            for name in sides:
                made = create_missing(bridge.database(name), name)
                typer.echo(f"{name}: {', '.join(made) if made else 'everything was there'}")
        if baseline:
            _baseline(bridge, accept, show, who or getpass.getuser())


def _baseline(bridge: Bridge, accept_it: bool, show: int, who: str) -> None:
    from puente.sync import baseline

    previews = baseline.preview(bridge)
    rows = [
        (
            p.entity, len(p.matched) - len(p.to_bind), len(p.to_bind), len(p.only_erp), len(p.only_shop),
            len(p.ambiguous), p.remark,
        )
        for p in previews
    ]  # fmt: skip
    show_table(("entity", "by key", "by business key", "only ERP", "only shop", "ambiguous", ""), rows)
    for p in previews:
        show_some(f"{p.entity}: bound by business key", (f"{m.erp.key} = shop {m.shop.platform_id or m.shop.label}: "
              f"{m.erp.business}" for m in p.to_bind), len(p.to_bind), show)  # fmt: skip
        show_some(f"{p.entity}: ambiguous, not bound", (f"{a.what}: ERP {', '.join(a.erp)}; shop {', '.join(a.shop)}"
              for a in p.ambiguous), len(p.ambiguous), show)  # fmt: skip
        show_some(
            f"{p.entity}: only in the ERP, not sent", (f"{k.key} {k.label}" for k in p.only_erp), len(p.only_erp), show
        )
        show_some(f"{p.entity}: only in the shop", (f"{k.platform_id or k.key} {k.label}" for k in p.only_shop),
              len(p.only_shop), show)  # fmt: skip
    if any(p.only_erp for p in previews):
        typer.echo("\nTo send a record that only the ERP has: python -m puente resend <entity> <key>")
    if any(p.only_shop for p in previews if p.entity in ("companies", "contacts")):
        typer.echo(
            "\nTo send a customer that only the shop has: python -m puente resend <entity> '~<number>' --reader erp"
        )
    if accept_it:
        baseline.accept(bridge, previews, who)
        typer.echo("\nAccepted: what is there now counts as known on both sides; only changes from here on are sent.")
    else:
        typer.echo("\nNothing was written. To carry it out: python -m puente init --baseline --accept")


@app.command()
def doctor(link: LinkOption = "main") -> None:
    """Say whether connections, tables, columns, rights and server options are as needed. Writes nothing."""
    from puente.sync.doctor import examine

    with common.open_link(link) as bridge:
        where = _where if len(bridge.settings.links) > 1 else str
        show_findings([*examine(bridge, where), *_mail_connection(bridge), *runbooks_here()])


def _where(conn_id: str) -> str:
    """The database behind a connection, without user and password; the id itself where it is not defined."""
    from puente.orchestration.connections import database_url, find_connection

    try:
        url = database_url(find_connection(conn_id))
    except PuenteError:
        return conn_id
    return f"{url.get_backend_name()}://{url.host or ''}:{url.port or ''}/{url.database or ''}".lower()


def runbooks_here() -> list[Finding]:
    """Who is called at night has a phone: it must open what an alert links."""
    from puente.oncall import targets
    from puente.orchestration.alerting import oncall_settings

    settings = oncall_settings()
    address = urlsplit(settings.runbooks)
    opens = address.scheme in ("http", "https") and address.hostname not in ("localhost", "127.0.0.1", "0.0.0.0", None)
    if opens or not targets.read(settings).anybody:
        return []
    return [
        Finding(
            "warn", "on-call", f"alerts link runbooks below {settings.runbooks}, which no phone opens",
            "Set AIRFLOW__API__BASE_URL to the address at which people reach Airflow, or PUENTE_RUNBOOKS.",
        )
    ]  # fmt: skip


def _mail_connection(bridge: Bridge) -> list[Finding]:
    """Mails are written with every transition; without a mail server they wait."""
    from puente.orchestration.connections import find_connection

    if not (bridge.profile("platform").raw.get("orders") or {}).get("mail"):
        return []
    try:
        find_connection("puente_smtp")
    except PuenteError as error:
        return [Finding("warn", "settings", str(error), "Until then the mails about orders wait.")]
    return [Finding("ok", "settings", "connection puente_smtp")]


@app.command()
def ddl(
    to: Annotated[Path | None, typer.Option("--to", help="A folder; include/sql/schema if not given.")] = None,
) -> None:
    """Write the schema files of every engine, for a DBA to read and run."""
    from puente.db.ddl import SCHEMA_DIR, write_files

    for path in write_files(to or SCHEMA_DIR):
        typer.echo(str(path))


@app.command()
def docs(
    to: Annotated[Path | None, typer.Option("--to", help="A folder; docs if not given.")] = None,
) -> None:
    """Write the pages that say what the queues hold and what each Dag does, from the contract and the Dags."""
    from puente.orchestration import dag_page
    from puente.quality import contract_page

    pages = {contract_page.PAGE: contract_page.render(), dag_page.PAGE: dag_page.render(dag_page.load_dags())}
    for page, content in pages.items():
        path = to / page.name if to else page
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        typer.echo(str(path))


@profile_app.command("check")
def profile_check(
    name: Annotated[str, typer.Argument(help="The profile's folder name.")],
    link: LinkOption = "main",
    rows: Annotated[int, typer.Option("--rows", help="How many records to show of each entity.")] = 3,
) -> None:
    """Run a profile's SELECTs, have its DML parsed, and preview what would be sent. Writes nothing."""
    from puente.sync.profilecheck import check_profile

    with common.open_link(link) as bridge:
        check = check_profile(bridge, name, rows)
    head = ("entity", "capture", "read", "new", "changed", "vanished")
    erp = check.profile.side == "erp"
    counts = [
        (c.entity, c.mode, c.read, *((c.new, c.changed, c.vanished) if erp else ("", "", ""))) for c in check.captures
    ]
    show_table(head, counts)
    for capture in check.captures:
        for row in capture.rows:
            filled = (f"{column}={' '.join(value.split())}" for column, value in row.items() if value is not None)
            typer.echo(f"\n{capture.entity}: {', '.join(filled)[:1000]}")
    typer.echo("")
    show_findings(check.all_findings)
