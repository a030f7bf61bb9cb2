"""The result as markdown: one table of whole rounds, then each tool's steps."""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path

from measure import Measured, Step

_MIB = 1 << 20


def markdown(measured: list[Measured], *, started: dt.datetime, server: str, load: float, limit: int) -> str:
    parts = [f"# Benchmark of {started:%Y-%m-%d}", _circumstances(measured, started, server, load)]
    parts += ["## Whole rounds", _rounds(measured)]
    for m in measured:
        parts.append(f"## {_title(m)}")
        if m.tool == "puente":
            verdict = "within" if m.peak <= limit else "**above**"
            parts.append(f"Peak memory {m.peak // _MIB:,} MiB, {verdict} the limit of {limit // _MIB:,} MiB.")
            parts += [f"{round_.capitalize()} round: {fact}." for round_, fact in m.facts.items()]
        else:
            parts.append(f"Peak memory {m.peak // _MIB:,} MiB. Reading backend: {m.facts['backend']}.")
        parts.append(_steps(m.steps))
    return "\n\n".join(parts) + "\n"


def _title(m: Measured) -> str:
    return f"{'Puente' if m.tool == 'puente' else 'dlt'}, {m.size:,} rows"


def _circumstances(measured: list[Measured], started: dt.datetime, server: str, load: float) -> str:
    dlt = next((m.facts["version"] for m in measured if m.tool == "dlt"), "not run")
    return (
        f"Started {started:%H:%M}, load before {load:.1f}. {os.cpu_count()} cores ({_processor()}), "
        f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') >> 30} GiB, {platform.system()}; "
        f"Python {platform.python_version()}, MariaDB {server.split('-')[0]} on the same machine, "
        f"Great Expectations {version('great-expectations')}, pandas {version('pandas')}, "
        f"SQLAlchemy {version('sqlalchemy')}, dlt {dlt}."
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _rounds(measured: list[Measured]) -> str:
    lines = [
        "| rows | tool | round | seconds | source rows/s | peak MiB |",
        "| ---: | --- | --- | ---: | ---: | ---: |",
    ]
    for m in sorted(measured, key=lambda m: m.size):
        for round_, steps in _by_round(m.steps).items():
            seconds = sum(step.seconds for step in steps)
            peak = max(step.peak for step in steps) // _MIB or "–"
            lines.append(f"| {m.size:,} | {m.tool} | {round_} | {seconds:,.1f} | {m.size / seconds:,.0f} | {peak} |")
    return "\n".join(lines)


def _steps(steps: list[Step]) -> str:
    lines = ["| round | step | rows | seconds | rows/s | own CPU s | peak MiB |",
             "| --- | --- | ---: | ---: | ---: | ---: | ---: |"]  # fmt: skip
    for step in steps:
        rows, rate = (f"{step.rows:,}", f"{step.rate:,.0f}") if step.rows else ("–", "–")
        peak = step.peak // _MIB or "–"
        lines.append(
            f"| {step.round} | {step.name} | {rows} | {step.seconds:,.1f} | {rate} | {step.cpu:,.1f} | {peak} |"
        )
    return "\n".join(lines)


def _by_round(steps: list[Step]) -> dict[str, list[Step]]:
    rounds: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        if step.round != "start":
            rounds[step.round].append(step)
    return rounds
