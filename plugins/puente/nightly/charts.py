"""Small charts as inline SVG: no script, no outside asset, readable by screen readers and in both colour schemes.

Colours are the page's own CSS variables (`--bar1`, `--bar2`, `--ink`, `--soft`, `--line`). Every chart carries a title
and a description that names its values, for those who do not see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 220, 56, 28, 12


@dataclass(frozen=True)
class Series:
    """One value per label of the chart; None where there is none."""

    name: str
    values: Sequence[float | None]


def bars(chart_id: str, title: str, labels: Sequence[str], series: Sequence[Series], unit: str = "") -> str:
    """Vertical bars, side by side where there are several series. ValueError when lengths differ."""
    top, parts = _scale(labels, series), []
    slot = (WIDTH - LEFT) / max(len(labels), 1)
    width = min(slot * 0.8 / max(len(series), 1), 48)
    for index in range(len(labels)):
        for number, one in enumerate(series):
            value = one.values[index]
            if not value:
                continue
            height = (HEIGHT - TOP - BOTTOM) * value / top
            x = LEFT + slot * index + (slot - width * len(series)) / 2 + width * number
            told = f"{labels[index]} · {one.name}: {_number(value)}{unit}"
            parts.append(
                f'<rect x="{x:.1f}" y="{HEIGHT - BOTTOM - height:.1f}" width="{width - 1:.1f}" height="{height:.1f}"'
                f' fill="var(--bar{number % 2 + 1})"><title>{escape(told)}</title></rect>'
            )
    return _frame(chart_id, title, labels, series, top, unit, "".join(parts))


def line(chart_id: str, title: str, labels: Sequence[str], series: Sequence[Series], unit: str = "") -> str:
    """Lines with a dot at each value; a missing value interrupts the line. ValueError when lengths differ."""
    top, parts = _scale(labels, series), []
    slot = (WIDTH - LEFT) / max(len(labels), 1)
    for number, one in enumerate(series):
        colour, strokes, previous = f"var(--bar{number % 2 + 1})", [], None
        for index, value in enumerate(one.values):
            if value is None:
                previous = None
                continue
            x, y = LEFT + slot * (index + 0.5), HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top
            strokes.append(f"{'L' if previous is not None else 'M'}{x:.1f} {y:.1f}")
            previous = value
            told = f"{labels[index]} · {one.name}: {_number(value)}{unit}"
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"><title>{escape(told)}</title></circle>'
            )
        if strokes:
            parts.insert(0, f'<path d="{" ".join(strokes)}" fill="none" stroke="{colour}" stroke-width="2"/>')
    return _frame(chart_id, title, labels, series, top, unit, "".join(parts))


def _scale(labels: Sequence[str], series: Sequence[Series]) -> float:
    if wrong := [one.name for one in series if len(one.values) != len(labels)]:
        raise ValueError(f"series {', '.join(wrong)} has not one value per label ({len(labels)})")
    return max((value for one in series for value in one.values if value is not None), default=0) or 1


def _frame(
    chart_id: str, title: str, labels: Sequence[str], series: Sequence[Series], top: float, unit: str, drawn: str
) -> str:
    slot = (WIDTH - LEFT) / max(len(labels), 1)
    axis = []
    for share in (0, 0.5, 1):
        y = HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share
        axis.append(
            f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="var(--line)"/>'
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_number(top * share)}</text>'
        )
    names = [
        f'<text x="{LEFT + slot * (index + 0.5):.1f}" y="{HEIGHT - 8}" text-anchor="middle">{escape(label)}</text>'
        for index, label in enumerate(labels)
    ]
    said = "; ".join(
        f"{one.name}: "
        + ", ".join(
            f"{label} {'–' if value is None else _number(value) + unit}"
            for label, value in zip(labels, one.values, strict=True)
        )
        for one in series
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="{chart_id}-t {chart_id}-d">'
        f'<title id="{chart_id}-t">{escape(title)}</title><desc id="{chart_id}-d">{escape(said)}</desc>'
        f'<g font-size="12" fill="var(--soft)">{"".join(axis)}{"".join(names)}</g>{drawn}</svg>'
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:,.1f}"
