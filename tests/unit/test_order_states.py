"""P15: every pair of order states, said by either side, against a table that is written out here."""

from __future__ import annotations

import pytest

from puente import order_states
from puente.order_states import STATES, canonical_state, decide, has_passed

SHORT = {
    "VAL": "VALIDANDO EXISTENCIAS", "EMI": "EMITIENDO AL ERP", "REC": "RECIBIDO EN ERP", "ACE": "ACEPTADO",
    "PRO": "PROCESADO", "ENV": "ENVIADO", "ENT": "ENTREGADO", "FAC": "FACTURADO", "RCH": "RECHAZADO",
    "RPE": "RECHAZADO POR EXISTENCIAS", "CAN": "CANCELADO", "DEV": "DEVUELTO",
}  # fmt: skip
# Rows: the order's state (NEW: none yet). Columns: what is said, with a reason.
# A applied, L late, = unchanged, I invoiced, ? request, . refused
SAID_BY_ERP = """
     VAL EMI REC ACE PRO ENV ENT FAC RCH RPE CAN DEV
NEW   .   .   .   .   .   .   .   .   .   .   .   .
VAL   =   .   .   .   .   .   .   .   .   .   .   .
EMI   .   =   A   A   A   A   A   I   A   .   .   .
REC   .   L   =   A   A   A   A   I   A   A   A   .
ACE   .   L   L   =   A   A   A   I   .   .   A   .
PRO   .   L   L   L   =   A   A   I   .   .   A   .
ENV   .   L   L   L   L   =   A   I   .   .   .   A
ENT   .   L   L   L   L   L   =   A   .   .   .   A
FAC   .   L   L   L   L   L   L   =   .   .   .   .
RCH   .   L   .   .   .   .   .   .   =   .   .   .
RPE   .   .   .   .   .   .   .   .   .   =   .   .
CAN   .   .   .   .   .   .   .   .   .   .   =   .
DEV   .   L   L   L   L   L   .   .   .   .   .   =
"""
SAID_BY_PLATFORM = """
     VAL EMI REC ACE PRO ENV ENT FAC RCH RPE CAN DEV
NEW   A   .   .   .   .   .   .   .   .   .   .   .
VAL   =   A   .   .   .   .   .   .   .   A   A   .
EMI   .   =   .   .   .   .   .   .   .   .   ?   .
REC   .   L   =   .   .   .   .   .   .   .   ?   .
ACE   .   L   L   =   .   .   .   .   .   .   ?   .
PRO   .   L   L   L   =   .   .   .   .   .   ?   .
ENV   .   L   L   L   L   =   .   .   .   .   ?   .
ENT   .   L   L   L   L   L   =   .   .   .   ?   .
FAC   .   L   L   L   L   L   L   =   .   .   .   .
RCH   .   L   .   .   .   .   .   .   =   .   .   .
RPE   .   .   .   .   .   .   .   .   .   =   .   .
CAN   .   .   .   .   .   .   .   .   .   .   =   .
DEV   .   L   L   L   L   L   .   .   .   .   .   =
"""
VERDICTS = {"A": "applied", "L": "late", "=": "unchanged", "I": "invoiced", "?": "request", ".": "refused"}


def _cases() -> list[tuple[str | None, str, str, str]]:
    cases: list[tuple[str | None, str, str, str]] = []
    for origin, table in (("ERP", SAID_BY_ERP), ("PLATAFORMA", SAID_BY_PLATFORM)):
        head, *rows = (line.split() for line in table.strip().splitlines())
        for now, *cells in rows:
            for said, cell in zip(head, cells, strict=True):
                cases.append((SHORT.get(now), SHORT[said], origin, VERDICTS[cell]))
    return cases


def test_the_table_here_has_every_pair() -> None:
    assert set(SHORT.values()) == set(STATES)
    assert len({case[:3] for case in _cases()}) == 2 * 13 * 12


@pytest.mark.parametrize(("now", "said", "origin", "verdict"), _cases())
def test_p15_every_pair(now: str | None, said: str, origin: order_states.Origin, verdict: str) -> None:
    decision = decide(now, said, origin, "no hay")
    assert (decision.verdict, decision.state) == (verdict, said)
    if verdict == "refused":
        assert said in decision.message and (now or "no se conoce") in decision.message
    else:
        assert decision.message == ""


@pytest.mark.parametrize("reason", [None, "", "  "])
@pytest.mark.parametrize("said", ["RECHAZADO", "RECHAZADO POR EXISTENCIAS"])
def test_a_rejection_by_the_erp_needs_its_reason(said: str, reason: str | None) -> None:
    decision = decide("RECIBIDO EN ERP", said, "ERP", reason)
    assert decision.verdict == "refused"
    assert "Motivo_Rechazo" in decision.message and said in decision.message
    assert "RECIBIDO EN ERP" in decision.message
    assert decide("RECIBIDO EN ERP", said, "ERP", "sin crédito").verdict == "applied"
    assert decide("RECIBIDO EN ERP", "CANCELADO", "ERP", reason).verdict == "applied"


def test_p15_h20_accepted_before_it_was_received() -> None:
    assert decide("EMITIENDO AL ERP", "ACEPTADO", "ERP").verdict == "applied"
    assert decide("ACEPTADO", "RECIBIDO EN ERP", "ERP").verdict == "late"


def test_what_an_order_has_behind_it_when_it_has_left_the_main_line() -> None:
    """Only what it is known to have been in is late; the rest contradicts its end and is refused."""
    assert decide("CANCELADO", "RECIBIDO EN ERP", "ERP", reached="PROCESADO").verdict == "late"
    assert decide("CANCELADO", "PROCESADO", "ERP", reached="PROCESADO").verdict == "late"
    assert decide("CANCELADO", "ENVIADO", "ERP", reached="PROCESADO").verdict == "refused"
    assert decide("DEVUELTO", "ENTREGADO", "ERP", reached="ENTREGADO").verdict == "late"
    assert decide("DEVUELTO", "ENTREGADO", "ERP", reached="ENVIADO").verdict == "refused"
    assert decide("CANCELADO", "FACTURADO", "ERP", reached="ENVIADO").verdict == "refused"
    assert not has_passed("ACEPTADO", "CANCELADO")
    assert not has_passed(None, "EMITIENDO AL ERP")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("aceptado", "ACEPTADO"),
        ("  Recibido  en\tERP ", "RECIBIDO EN ERP"),
        ("RECIBIDO_EN_ERP", "RECIBIDO EN ERP"),
        ("Recibido en el ERP", "RECIBIDO EN ERP"),
        ("recibido", "RECIBIDO EN ERP"),
        ("Énviado", "ENVIADO"),
        ("rechazado_por_existencia", "RECHAZADO POR EXISTENCIAS"),
        ("emitiendo a erp", "EMITIENDO AL ERP"),
        ("", None),
        ("ACEPTADOS", None),
        ("PAGADO", None),
    ],
)
def test_spellings(text: str, name: str | None) -> None:
    assert canonical_state(text) == name


def test_an_unknown_state_is_refused_and_named() -> None:
    decision = decide("ACEPTADO", " PAGADO ", "ERP")
    assert (decision.verdict, decision.state) == ("refused", "PAGADO")
    assert "PAGADO" in decision.message
    assert "ACEPTADO" in decision.message


def test_aliases_are_folded_and_lead_to_states() -> None:
    assert all(order_states.fold_state(alias) == alias and alias not in STATES for alias in order_states.ALIASES)
    assert set(order_states.ALIASES.values()) <= set(STATES)
