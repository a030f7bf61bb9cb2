"""Trees of categories: who waits for whom, who turns in a circle, and in what order parents come first. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Placement:
    """`rank` 0 for a record whose parent is already there, 1 for its children, and so on."""

    ranks: dict[str, int]
    missing: dict[str, str]  # key -> the parent (direct or further up) that is not there
    cycles: dict[str, str]  # key -> the circle as text, 'A → B → A'


def place(new: Mapping[str, str | None], known: Mapping[str, str | None]) -> Placement:
    """Place the `new` records (key → parent, None for a root) on top of the `known` active ones.

    A new record that is already known replaces it. A record above which something is missing or turns in a
    circle cannot be placed; records below a circle wait for it as for a missing parent.
    """
    ranks: dict[str, int] = {}
    missing: dict[str, str] = {}
    cycles: dict[str, str] = {}
    merged = {**known, **new}
    for key in new:
        path: list[str] = []
        node: str | None = key
        while node is not None and node not in ranks and node not in missing and node not in cycles:
            if node in path:
                circle = path[path.index(node) :]
                shown = " → ".join([*circle, circle[0]])
                cycles.update(dict.fromkeys((k for k in circle if k in new), shown))
                path = path[: path.index(node)]
                break
            if node not in merged:
                break
            path.append(node)
            node = merged[node]
        if node is None:
            rank = -1
        elif node in ranks:
            rank = ranks[node]
        elif node in missing or node in cycles or node not in merged:
            missing.update(dict.fromkeys((k for k in path if k in new), node))
            continue
        else:
            continue
        for step in reversed(path):
            rank = rank + 1 if step in new else -1
            ranks[step] = rank
    return Placement({k: r for k, r in ranks.items() if k in new}, missing, cycles)
