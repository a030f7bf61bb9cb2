"""Assets: what one Dag says to another. An asset event is a wake-up only; no data hangs on it."""

from __future__ import annotations

from airflow.sdk import Asset

from puente.contract import Side


def captured(side: Side, link_id: str) -> Asset:
    """The queues of this link have new rows of that side. Emitted only when something was inserted."""
    return Asset(name=f"{link_id}_{side}_captured", uri=f"puente://{link_id}/{side}-captured")
