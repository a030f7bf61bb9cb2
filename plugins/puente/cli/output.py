"""What the commands print: findings, decisions, tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import typer

from puente.sync.findings import Finding, failed


def show_findings(findings: list[Finding]) -> None:
    for finding in findings:
        typer.echo(f"{finding.level.upper():<5} {finding.subject}: {finding.what}")
        if finding.remedy:
            typer.echo(f"      → {finding.remedy}")
    counts = ", ".join(f"{sum(f.level == level for f in findings)} {level}" for level in ("ok", "info", "warn", "fail"))
    typer.echo(counts)
    if failed(findings):
        raise typer.Exit(1)


def show_decisions(decisions: list[dict[str, Any]]) -> None:
    for d in decisions:
        change = f" {d['field']}: {d['original']!r} → {d['value']!r}" if d["field"] else ""
        asks = d["action"].startswith("ask_") and not d["field"]
        number = f" (proposal {d['decision_id']})" if asks else ""
        typer.echo(f"{d['at']} {d['who']}: {d['action']}{change}{number} ({d['why']})")


def show_some(title: str, lines: Iterable[str], total: int, show: int) -> None:
    if total and show:
        typer.echo(f"\n{title}")
        for _, line in zip(range(show), lines, strict=False):
            typer.echo(f"  {line}")
        if total > show:
            typer.echo(f"  and {total - show} more")


def show_table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    texts = [tuple(head), *(tuple(str(cell) for cell in row) for row in rows)]
    widths = [max(len(row[i]) for row in texts) for i in range(len(head))]
    for row in texts:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
