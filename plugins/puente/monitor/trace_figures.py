"""One trace as the page shows it: what it may show to whom, and which task each hop belongs to. No Airflow here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from puente.contract import Side, writer_of
from puente.errors import PuenteError
from puente.sync.route import Bridge, is_airflows
from puente.sync.trace import Hop, Trace, trace

SUBJECTS = ("order", "product", "company", "contact")
_STEPS = {"inbox": "receive", "gate": "validate", "settled": ""}
HIDDEN = "•••"


@dataclass(frozen=True)
class Step:
    """One hop, ready to be shown. `task` is a direction, a run id and a task id, where Airflow did it."""

    hop: Hop
    name: str
    reasons: tuple[str, ...]
    task: tuple[str, str, str] | None
    payload: Mapping[str, Any] | None


def find(bridge: Bridge, what: str, key: str, *, raw: bool) -> list[Trace]:
    """The traces of a key: of one subject, or where `what` is '' of every one that knows it. Payloads with `raw`."""
    found = []
    for subject in (what,) if what else SUBJECTS:
        try:
            found.append(trace(bridge, subject, key, raw=raw))
        except PuenteError as error:
            if type(error) is not PuenteError:  # nobody has heard of it: the others may have
                raise
    return found


def steps(found: Trace, words: Mapping[tuple[Side, str], Mapping[str, str]], *, raw: bool) -> list[Step]:
    """The hops in the order of time. Without `raw` no value of a row, no address and no message that could quote one.

    `words` are the rules' own texts by reader and entity.
    """
    return [_step(hop, words.get((hop.side, hop.entity), {}), raw) for hop in found.hops]


def _step(hop: Hop, words: Mapping[str, str], raw: bool) -> Step:
    task = None
    if hop.kind in _STEPS and is_airflows(hop.run_id):
        name = f"{hop.entity}.{_STEPS[hop.kind]}" if _STEPS[hop.kind] else "settle_ledger"
        task = (f"{writer_of(hop.side)}_to_{hop.side}", hop.run_id, name)
    reasons: Iterable[str] = hop.reasons
    name = hop.name
    if not raw:
        reasons = [f"{words.get(rule, '')} {rule}".strip() for rule in hop.rules] or ([HIDDEN] if hop.reasons else [])
        if hop.kind == "mail":
            name = f"{name.partition(' → ')[0]} → {HIDDEN}"
        elif hop.kind in ("record", "binding", "outbox", "delivered") and not hop.entity.startswith("order_"):
            name = f"{hop.entity} {HIDDEN}".strip()
    return Step(hop, name, tuple(reasons), task, hop.payload if raw else None)
