"""The second person: confirms or refuses what another asked to be done with a row or a closed batch.

A proposal is named by the number that the person saw, so that nobody confirms another one than they read. It is
carried out as one person's decision would be, and both names stay in `puente_decision`. A row can be named as it was
`seen` as well: AlreadyDecided when the gate has taken it since.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from puente.contract import Side
from puente.sync import quarantine
from puente.sync.decisions import Proposal, decide, deciding, proposal_of
from puente.sync.route import Bridge, Route


def confirm(route: Route, inbox_id: int, number: int, who: str, why: str, *, seen: str | None = None) -> Proposal:
    """Carry out what was asked for a row; returns it. AlreadyDecided, SamePerson, LeaseHeld or PuenteError else."""
    with deciding(route, who, why) as conn:
        row = quarantine.set_aside_row(conn, route, inbox_id, seen)
        taken_by = None if row["taken_by"] is None else int(row["taken_by"])
        asked = proposal_of(conn, route, number, who, inbox_id=inbox_id, batch_id=taken_by, confirming=True)
        if asked.action == "release":
            quarantine.release_row(conn, route, row, who, why, asked.changes)
        else:
            quarantine.discard_row(conn, route, row, who, why)
        return asked


def refuse(route: Route, inbox_id: int, number: int, who: str, why: str, *, seen: str | None = None) -> Proposal:
    """Take a proposal off the table: anybody's who may decide, one's own included. The row stays set aside."""
    with deciding(route, who, why) as conn:
        row = quarantine.set_aside_row(conn, route, inbox_id, seen)
        taken_by = None if row["taken_by"] is None else int(row["taken_by"])
        asked = proposal_of(conn, route, number, who, inbox_id=inbox_id, batch_id=taken_by, confirming=False)
        decide(conn, route, "refuse", who, why, inbox_id=inbox_id, batch_id=taken_by, record_key=row["record_key"])
        return asked


def confirm_batch(bridge: Bridge, reader: Side, batch_id: int, number: int, who: str, why: str) -> tuple[Proposal, int]:
    """Carry out what was asked for a closed batch; returns it and how many rows it was about."""
    with _on_batch(bridge, reader, batch_id, who, why) as (route, conn):
        asked = proposal_of(conn, route, number, who, inbox_id=None, batch_id=batch_id, confirming=True)
        carry_out = quarantine.let_through if asked.action == "release" else quarantine.give_up
        return asked, carry_out(conn, route, batch_id, who, why)


def refuse_batch(bridge: Bridge, reader: Side, batch_id: int, number: int, who: str, why: str) -> Proposal:
    """Take a proposal about a closed batch off the table. The batch stays closed."""
    with _on_batch(bridge, reader, batch_id, who, why) as (route, conn):
        asked = proposal_of(conn, route, number, who, inbox_id=None, batch_id=batch_id, confirming=False)
        decide(conn, route, "refuse", who, why, batch_id=batch_id)
        return asked


@contextmanager
def _on_batch(bridge: Bridge, reader: Side, batch_id: int, who: str, why: str) -> Iterator[tuple[Route, Connection]]:
    route = quarantine.route_of_batch(bridge, reader, batch_id)
    with deciding(route, who, why) as conn:
        quarantine.closed_batch(conn, bridge, reader, batch_id)
        yield route, conn
