"""The command line: what a person does besides Airflow. Exit status 1, and one line on stderr, when it cannot be done.

Connections are Airflow's; Airflow is imported only when one is opened.
"""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.exc import SQLAlchemyError
from typer.core import TyperGroup

from puente import contract
from puente.contract import Side
from puente.errors import PuenteError
from puente.settings import load_settings
from puente.sync.findings import Finding, failed, in_one_line
from puente.sync.route import Bridge


class _Reader(StrEnum):
    erp = "erp"
    platform = "platform"


class _Sides(StrEnum):
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
profile_app = _typer("Check the SQL and YAML that fit Puente to an ERP or a shop.")
quarantine_app = _typer("Rows that were set aside: quarantined, or held until something arrives.")
batch_app = _typer("Batches behind a closed gate.")
guard_app = _typer("Guards against mass changes.")
ledger_app = _typer("The chain of counts.")
report_app = _typer("Validation reports.")
for _name, _sub in (
    ("profile", profile_app), ("quarantine", quarantine_app), ("batch", batch_app), ("guard", guard_app),
    ("ledger", ledger_app), ("report", report_app),
):  # fmt: skip
    app.add_typer(_sub, name=_name)

LinkOption = Annotated[str, typer.Option("--link", help="Link id, as in config/links.yaml.")]
ReaderOption = Annotated[_Reader, typer.Option("--reader", help="The side whose inbox is meant.")]
WhoOption = Annotated[str, typer.Option("--who", help="Who decides; the operating system's user if not given.")]
WhyOption = Annotated[str, typer.Option("--why", help="The reason, kept with the decision.")]
EntityArgument = Annotated[str, typer.Argument(help=f"One of {', '.join(contract.ENTITIES)}.")]
RowArgument = Annotated[int, typer.Argument(help="The row's number in `quarantine list`.")]
BatchArgument = Annotated[int, typer.Argument(help="The batch's number in `batch list`.")]


@contextmanager
def open_link(link_id: str) -> Iterator[Bridge]:
    """Both databases of a link, by Airflow's connections, for the length of a block."""
    from puente.orchestration.connections import bridge

    with bridge(link_id) as opened:
        yield opened


# ---------------------------------------------------------------- setting up
@app.command()
def init(
    link: LinkOption = "main",
    side: Annotated[_Sides, typer.Option("--side", help="Where to create tables.")] = _Sides.both,
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
    if baseline and side is not _Sides.both:
        raise PuenteError("A baseline joins both sides: leave --side out.")
    every: tuple[Side, ...] = ("erp", "platform")
    sides = [name for name in every if side in (name, _Sides.both)]
    with open_link(link) as bridge:
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
    _table(("entity", "by key", "by business key", "only ERP", "only shop", "ambiguous", ""), rows)
    for p in previews:
        _list(f"{p.entity}: bound by business key", (f"{m.erp.key} = shop {m.shop.platform_id or m.shop.label}: "
              f"{m.erp.business}" for m in p.to_bind), len(p.to_bind), show)  # fmt: skip
        _list(f"{p.entity}: ambiguous, not bound", (f"{a.what}: ERP {', '.join(a.erp)}; shop {', '.join(a.shop)}"
              for a in p.ambiguous), len(p.ambiguous), show)  # fmt: skip
        _list(
            f"{p.entity}: only in the ERP, not sent", (f"{k.key} {k.label}" for k in p.only_erp), len(p.only_erp), show
        )
        _list(f"{p.entity}: only in the shop", (f"{k.platform_id or k.key} {k.label}" for k in p.only_shop),
              len(p.only_shop), show)  # fmt: skip
    if any(p.only_erp for p in previews):
        typer.echo("\nTo send a record that only the ERP has: python -m puente resend <entity> <key>")
    if accept_it:
        baseline.accept(bridge, previews, who)
        typer.echo("\nAccepted: what is there now counts as known on both sides; only changes from here on are sent.")
    else:
        typer.echo("\nNothing was written. To carry it out: python -m puente init --baseline --accept")


@app.command()
def doctor(link: LinkOption = "main") -> None:
    """Say whether connections, tables, columns, rights and server options are as needed. Writes nothing."""
    from puente.sync.doctor import examine

    with open_link(link) as bridge:
        _findings(examine(bridge))


@app.command()
def ddl(
    to: Annotated[Path | None, typer.Option("--to", help="A folder; include/sql/schema if not given.")] = None,
) -> None:
    """Write the schema files of every engine, for a DBA to read and run."""
    from puente.db.ddl import SCHEMA_DIR, write_files

    for path in write_files(to or SCHEMA_DIR):
        typer.echo(str(path))


@profile_app.command("check")
def profile_check(
    name: Annotated[str, typer.Argument(help="The profile's folder name.")],
    link: LinkOption = "main",
    rows: Annotated[int, typer.Option("--rows", help="How many records to show of each entity.")] = 3,
) -> None:
    """Run a profile's SELECTs, have its DML parsed, and preview what would be sent. Writes nothing."""
    from puente.sync.profilecheck import check_profile

    with open_link(link) as bridge:
        check = check_profile(bridge, name, rows)
    head = ("entity", "capture", "read", "new", "changed", "vanished")
    erp = check.profile.side == "erp"
    counts = [
        (c.entity, c.mode, c.read, *((c.new, c.changed, c.vanished) if erp else ("", "", ""))) for c in check.captures
    ]
    _table(head, counts)
    for capture in check.captures:
        for row in capture.rows:
            filled = (f"{column}={' '.join(value.split())}" for column, value in row.items() if value is not None)
            typer.echo(f"\n{capture.entity}: {', '.join(filled)[:1000]}")
    typer.echo("")
    _findings(check.all_findings)


# ---------------------------------------------------------------- quarantine
@quarantine_app.command("list")
def quarantine_list(
    entity: Annotated[str | None, typer.Option("--entity")] = None,
    state: Annotated[str | None, typer.Option("--state", help="quarantined or held.")] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="A rule's id.")] = None,
    limit: Annotated[int, typer.Option("--limit")] = 100,
    link: LinkOption = "main",
    reader: ReaderOption = _Reader.platform,
) -> None:
    """Rows that were set aside, in reading order, and records of the ERP that do not even fit their queue."""
    from puente.sync import quarantine
    from puente.sync.capture import unsent

    with open_link(link) as bridge:
        found = quarantine.list_rows(bridge, reader.value, entity=entity, state=state, rule=rule)
        unfit = unsent(bridge) if reader is _Reader.platform else []
    _table(
        ("entity", "row", "state", "op", "key", "rules", "waits for", "batch"),
        [
            (r.entity, r.inbox_id, r.state, r.operation, r.record_key, ", ".join(r.rules), r.waits_for, r.batch_id)
            for r in found[:limit]
        ],
    )
    typer.echo(f"{len(found)} rows" + (f", {limit} shown" if len(found) > limit else ""))
    if unfit:
        typer.echo(f"{len(unfit)} records of the ERP do not fit their queue and were not sent; mend them in the ERP:")
        for message in unfit[:limit]:
            typer.echo(f"  {message}")


@quarantine_app.command("show")
def quarantine_show(
    entity: EntityArgument, row: RowArgument, link: LinkOption = "main", reader: ReaderOption = _Reader.platform
) -> None:
    """One row: every reason, the raw values, and what people decided."""
    from puente.sync import quarantine

    with open_link(link) as bridge:
        found = quarantine.show_row(quarantine.route_of(bridge, reader.value, entity), row)
    about = found.row
    typer.echo(
        f"{entity} row {row}: {about['state']}, key {about['record_key']!r}, ID_Registro {about['id_registro']} "
        f"(epoch {about['epoch']}), created {about['fecha_creacion'] or 'unknown'}, landed by batch {about['batch_id']}"
    )
    if about["waits_for"]:
        typer.echo(f"waits for {about['waits_for']} {about['waits_key']} until {about['waits_until']}")
    for reason in found.reasons:
        typer.echo(f"  {reason['severity']}: {reason['rule_id']}: {reason['message']}")
    _table(
        ("field", "value"), [(name, "NULL" if value is None else repr(value)) for name, value in found.values.items()]
    )
    _decisions(found.decisions)


@quarantine_app.command("release")
def quarantine_release(
    entity: EntityArgument,
    row: RowArgument,
    why: WhyOption,
    values: Annotated[list[str], typer.Option("--set", help="field=value; may be given more than once.")] = [],  # noqa: B006
    nulls: Annotated[list[str], typer.Option("--set-null", help="A field to make NULL.")] = [],  # noqa: B006
    link: LinkOption = "main",
    reader: ReaderOption = _Reader.platform,
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
    with open_link(link) as bridge:
        route = quarantine.route_of(bridge, reader.value, entity)
        quarantine.release(route, row, who or getpass.getuser(), why, changes)
    typer.echo(f"{entity} row {row} goes through the gate with the next run.")


@quarantine_app.command("discard")
def quarantine_discard(
    entity: EntityArgument,
    row: RowArgument,
    why: WhyOption,
    link: LinkOption = "main",
    reader: ReaderOption = _Reader.platform,
    who: WhoOption = "",
) -> None:
    """Give a row up for good."""
    from puente.sync import quarantine

    with open_link(link) as bridge:
        route = quarantine.route_of(bridge, reader.value, entity)
        batch_id = quarantine.discard(route, row, who or getpass.getuser(), why)
    typer.echo(f"{entity} row {row} is discarded; the ledger counts it in batch {batch_id}.")


# ---------------------------------------------------------------- batches
@batch_app.command("list")
def batch_list(
    every: Annotated[bool, typer.Option("--all", help="Not only closed ones.")] = False,
    limit: Annotated[int, typer.Option("--limit")] = 50,
    link: LinkOption = "main",
    reader: ReaderOption = _Reader.platform,
) -> None:
    """Batches behind a closed gate, newest first."""
    from puente.sync import quarantine

    with open_link(link) as bridge:
        found = quarantine.list_batches(bridge, reader.value, status=None if every else "closed", limit=limit)
    _table(
        ("batch", "entity", "status", "landed", "opened", "run", "why"),
        [
            (b["batch_id"], b["entity"], b["status"], b["rows_landed"], b["opened_at"], b["run_id"], b["why"] or "")
            for b in found
        ],
    )


@batch_app.command("show")
def batch_show(batch: BatchArgument, link: LinkOption = "main", reader: ReaderOption = _Reader.platform) -> None:
    """One batch: why it is closed, what each rule counted, where its report lies."""
    from puente.sync import quarantine

    with open_link(link) as bridge:
        found = quarantine.show_batch(bridge, reader.value, batch)
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
    _table(("rule", "severity", "evaluated", "failed"), [
        (r["rule_id"], r["severity"], r["evaluated"], r["failed"]) for r in failing
    ])  # fmt: skip
    typer.echo(f"{len(found.rules) - len(failing)} more rules without a failure")
    _decisions(found.decisions)


@batch_app.command("release")
def batch_release(
    batch: BatchArgument,
    why: WhyOption,
    link: LinkOption = "main",
    reader: ReaderOption = _Reader.platform,
    who: WhoOption = "",
) -> None:
    """Let a closed batch through: its rows are exempt from what closed the gate, not from the row rules."""
    from puente.sync import quarantine

    with open_link(link) as bridge:
        rows = quarantine.release_batch(bridge, reader.value, batch, who or getpass.getuser(), why)
    typer.echo(f"{rows} rows of batch {batch} go through the gate with the next run.")


@batch_app.command("discard")
def batch_discard(
    batch: BatchArgument,
    why: WhyOption,
    link: LinkOption = "main",
    reader: ReaderOption = _Reader.platform,
    who: WhoOption = "",
) -> None:
    """Give every row of a closed batch up for good."""
    from puente.sync import quarantine

    with open_link(link) as bridge:
        rows = quarantine.discard_batch(bridge, reader.value, batch, who or getpass.getuser(), why)
    typer.echo(f"{rows} rows of batch {batch} are discarded.")


# ---------------------------------------------------------------- switches
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
    with open_link(link) as bridge:
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
    with open_link(link) as bridge:
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
) -> None:
    """Send one record of the ERP again with the next capture, though it did not change."""
    from puente.sync.resend import resend

    with open_link(link) as bridge:
        resend(bridge, entity, key)
    typer.echo(f"{entity} {key} is sent with the next capture.")


@guard_app.command("allow")
def guard_allow(entity: EntityArgument, why: WhyOption, link: LinkOption = "main", who: WhoOption = "") -> None:
    """Let the next mass change that the capture of an entity would refuse pass, once."""
    from puente.sync import control

    _entity_or_all(entity)
    with open_link(link) as bridge:
        for db in (bridge.erp, bridge.platform):  # what refuses may be the capture or the reader
            control.allow_mass_change(db, link, entity, who or getpass.getuser(), why)
    typer.echo(f"The next mass change of {entity} will be captured, once. At the reader use `batch release`.")


# ---------------------------------------------------------------- proof
@ledger_app.command("verify")
def ledger_verify(
    report: Annotated[list[Path], typer.Option("--report", help="A report that kept the ledger's head.")] = [],  # noqa: B006
    link: LinkOption = "main",
    reader: ReaderOption = _Reader.platform,
) -> None:
    """Prove that no row of the ledger was altered, removed or reordered, and that all rows are accounted for."""
    from puente.sync import ledger

    settings = load_settings()
    heads = [None, *(_head_in(path, link, settings.seal_key) for path in report)]
    with open_link(link) as bridge:
        db = bridge.database(reader.value)
        problems = [problem for known in heads for problem in ledger.verify(db, link, known)]
        with db.read() as conn:
            now = ledger.head(conn, link, None)
    for problem in dict.fromkeys(problems):
        typer.echo(problem, err=True)
    if problems:
        raise typer.Exit(1)
    typer.echo(f"{now.count} rows, head {now.row_hash}: unbroken and balanced.")


def _head_in(path: Path, link: str, seal_key: bytes | None) -> Any:
    from puente.quality.report import verify_report
    from puente.sync.ledger import Head

    problems = verify_report(path, seal_key)
    if problems:
        raise PuenteError(f"{path} proves nothing: {'; '.join(problems)}.")
    body = json.loads(path.read_bytes())["report"]
    if body["link_id"] != link:
        raise PuenteError(f"{path} is of link {body['link_id']}, not {link}.")
    return Head(body["ledger_count"], body["ledger_head"])


@report_app.command("verify")
def report_verify(paths: Annotated[list[Path], typer.Argument(help="JSON files of reports.")]) -> None:
    """Check the seal of validation reports."""
    from puente.quality.report import verify_report

    key = load_settings().seal_key
    broken = False
    for path in paths:
        problems = verify_report(path, key)
        broken = broken or bool(problems)
        for problem in problems:
            typer.echo(f"{path}: {problem}", err=True)
        if not problems:
            typer.echo(f"{path}: sealed{'' if key else ' (by its hash only: PUENTE_SEAL_KEY is not set)'}")
    if broken:
        raise typer.Exit(1)


# ---------------------------------------------------------------- output
def _findings(findings: list[Finding]) -> None:
    for finding in findings:
        typer.echo(f"{finding.level.upper():<5} {finding.subject}: {finding.what}")
        if finding.remedy:
            typer.echo(f"      → {finding.remedy}")
    counts = ", ".join(f"{sum(f.level == level for f in findings)} {level}" for level in ("ok", "info", "warn", "fail"))
    typer.echo(counts)
    if failed(findings):
        raise typer.Exit(1)


def _decisions(decisions: list[dict[str, Any]]) -> None:
    for d in decisions:
        change = f" {d['field']}: {d['original']!r} → {d['value']!r}" if d["field"] else ""
        typer.echo(f"{d['at']} {d['who']}: {d['action']}{change} ({d['why']})")


def _list(title: str, lines: Iterable[str], total: int, show: int) -> None:
    if total and show:
        typer.echo(f"\n{title}")
        for _, line in zip(range(show), lines, strict=False):
            typer.echo(f"  {line}")
        if total > show:
            typer.echo(f"  and {total - show} more")


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    texts = [tuple(head), *(tuple(str(cell) for cell in row) for row in rows)]
    widths = [max(len(row[i]) for row in texts) for i in range(len(head))]
    for row in texts:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
