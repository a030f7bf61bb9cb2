"""What every Puente task starts from: retries that back off, and errors for which a retry would be noise."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

from puente.orchestration.alerting import tell_oncall

OWNER = "puente"

# A person or a vendor must act first; the message says how. LeaseHeld and StaleWorker are not here: somebody else
# is at work, and the next try finds the lease free.
NEEDS_A_PERSON = (
    "AlreadyDecided", "ContractBroken", "GateClosed", "LeftBehind", "MassChange", "OncallWrong", "Paused", "Unbalanced",
)  # fmt: skip

retry_policy = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception=[f"puente.errors.{name}" for name in NEEDS_A_PERSON],
            action=RetryAction.FAIL,
            reason="A retry cannot help: somebody has to look first.",
        )
    ]
)

# Retries span 15 + 30 + 60 + 120 s, more than a dead worker's lease. The time limit is longer than a lease:
# leases are renewed with every chunk, and a worker that is overtaken is fenced off by its token.
DEFAULT_ARGS: dict[str, Any] = {
    "owner": OWNER,
    "retries": int(os.environ.get("PUENTE_TASK_RETRIES", "4")),
    "retry_delay": timedelta(seconds=15),
    "retry_exponential_backoff": 2,
    "max_retry_delay": timedelta(minutes=2),
    "retry_policy": retry_policy,
    "execution_timeout": timedelta(minutes=30),
    "on_failure_callback": tell_oncall,  # after the last retry
}
