"""Assets: what one Dag says to another. An asset event is a wake-up only; no data hangs on it."""

from __future__ import annotations

from airflow.sdk import Asset


def erp_captured(link_id: str) -> Asset:
    """The ERP's queues of this link have new rows. Emitted only when capture inserted something."""
    return Asset(name=f"{link_id}_erp_captured", uri=f"puente://{link_id}/erp-captured")
