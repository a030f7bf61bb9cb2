"""`roles`: who may do what in Airflow's user interface."""

from __future__ import annotations

import typer

from puente.cli.common import app


@app.command()
def roles() -> None:
    """Make the role Auditor in Airflow, or bring it back to exactly its rights."""
    from puente.orchestration.roles import AUDITOR, make_roles

    added, taken = make_roles()
    for what, pairs in (("may now", added), ("may no longer", taken)):
        for pair in pairs:
            typer.echo(f"{AUDITOR} {what}: {pair}")
    if not added and not taken:
        typer.echo(f"{AUDITOR}: everything was there")
