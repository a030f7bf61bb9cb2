"""The states of an order: which may follow which, and who may say so. Data, and one pure function over it.

State names are Spanish, as the agreement with the ERP vendor has them. What stands in no line of the matrix is
refused, with the three exceptions that `decide` names: skipping forward, states already passed, early invoices.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

Origin = Literal["ERP", "PLATAFORMA"]
Verdict = Literal["applied", "late", "unchanged", "invoiced", "request", "refused"]

# from (None: a new order), who says it, to
MATRIX: tuple[tuple[str | None, Origin, tuple[str, ...]], ...] = (
    (None, "PLATAFORMA", ("VALIDANDO EXISTENCIAS",)),
    ("VALIDANDO EXISTENCIAS", "PLATAFORMA", ("EMITIENDO AL ERP", "RECHAZADO POR EXISTENCIAS", "CANCELADO")),
    ("EMITIENDO AL ERP", "ERP", ("RECIBIDO EN ERP", "RECHAZADO")),
    ("RECIBIDO EN ERP", "ERP", ("ACEPTADO", "RECHAZADO", "RECHAZADO POR EXISTENCIAS", "CANCELADO")),
    ("ACEPTADO", "ERP", ("PROCESADO", "CANCELADO")),
    ("PROCESADO", "ERP", ("ENVIADO", "CANCELADO")),
    ("ENVIADO", "ERP", ("ENTREGADO", "DEVUELTO")),
    ("ENTREGADO", "ERP", ("FACTURADO", "DEVUELTO")),
)
MAIN_LINE = (
    "EMITIENDO AL ERP", "RECIBIDO EN ERP", "ACEPTADO", "PROCESADO", "ENVIADO", "ENTREGADO", "FACTURADO",
)  # fmt: skip
# Where an order ends, and the last state of the main line that it has certainly passed when it got there.
FINAL: dict[str, str | None] = {
    "RECHAZADO": "EMITIENDO AL ERP",
    "RECHAZADO POR EXISTENCIAS": None,
    "CANCELADO": None,
    "DEVUELTO": "ENVIADO",
    "FACTURADO": "FACTURADO",
}
NEEDS_REASON = ("RECHAZADO", "RECHAZADO POR EXISTENCIAS")  # when the ERP says it
STATES = tuple(dict.fromkeys(state for _, _, following in MATRIX for state in following))

# Folded spellings that are more than a matter of case, accents, underscores and blanks.
ALIASES = {
    "VALIDANDO EXISTENCIA": "VALIDANDO EXISTENCIAS",
    "EMITIENDO A ERP": "EMITIENDO AL ERP",
    "RECIBIDO": "RECIBIDO EN ERP",
    "RECIBIDO EN EL ERP": "RECIBIDO EN ERP",
    "RECHAZADO POR EXISTENCIA": "RECHAZADO POR EXISTENCIAS",
    "RECHAZADO POR FALTA DE EXISTENCIAS": "RECHAZADO POR EXISTENCIAS",
}


@dataclass(frozen=True)
class Decision:
    """What becomes of a state that was said: `state` is its name (as it came where it is unknown), `message` says
    in Spanish why it was refused and is empty otherwise."""

    verdict: Verdict
    state: str
    message: str = ""


def fold_state(text: str) -> str:
    """A state without the differences that people and ERPs make: case, accents, underscores, blanks."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(plain.replace("_", " ").upper().split())


def canonical_state(text: str) -> str | None:
    """The one name of a state, however it is spelled; None for what is no state."""
    folded = fold_state(text)
    name = ALIASES.get(folded, folded)
    return name if name in STATES else None


def has_passed(now: str | None, state: str, reached: str | None = None) -> bool:
    """Whether an order in `now` has `state`, of the main line, behind it. `reached`: the furthest state of the main
    line that it is known to have been in, for an order that has left the line."""
    furthest = max(_place(now), _place(FINAL.get(now or "")), _place(reached))
    return 0 <= _place(state) <= furthest and state != now


def _place(state: str | None) -> int:
    return MAIN_LINE.index(state) if state in MAIN_LINE else -1


def decide(
    now: str | None, said: str, origin: Origin, reason: str | None = None, *, reached: str | None = None
) -> Decision:
    """What becomes of `said` for an order in state `now` (None: a new order).

    `reason` is Motivo_Rechazo; for `reached` see `has_passed`.
    """
    state = canonical_state(said)
    if state is None:
        return Decision("refused", said.strip(), _unknown(now, said.strip()[:50]))
    if state == now:
        return Decision("unchanged", state)
    if has_passed(now, state, reached):
        return Decision("late", state)
    following = next((to for start, who, to in MATRIX if start == now and who == origin), ())
    if now in MAIN_LINE and now not in FINAL:
        if origin == "PLATAFORMA" and state == "CANCELADO":
            return Decision("request", state)
        if origin == "ERP" and state == "FACTURADO" and now != "ENTREGADO":
            return Decision("invoiced", state)
        if origin == "ERP" and _place(state) > _place(now):
            return Decision("applied", state)
    if state not in following:
        return Decision("refused", state, _why_not(now, state, origin))
    if origin == "ERP" and state in NEEDS_REASON and not (reason or "").strip():
        return Decision("refused", state, f"El pedido está en {now}: {state} necesita Motivo_Rechazo.")
    return Decision("applied", state)


def _why_not(now: str | None, state: str, origin: Origin) -> str:
    who = "el ERP" if origin == "ERP" else "la plataforma"
    if now is None:
        return f"El pedido no se conoce: {who} no puede decir {state} de él."
    ended = ", que es un estado final," if now in FINAL else ""
    return f"El pedido está en {now}{ended} y {who} no puede pasarlo a {state}."


def _unknown(now: str | None, said: str) -> str:
    order = "El pedido no se conoce" if now is None else f"El pedido está en {now}"
    return f"{order} y «{said}» no es un estado de pedido."
