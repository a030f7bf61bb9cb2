"""The command line: what a person does besides Airflow. Exit status 1, and one line on stderr, when it cannot be done.

Connections are Airflow's; Airflow is imported only when one is opened. Each module adds its group of commands.
"""

from puente.cli import (
    backups,
    batches,
    common,
    conflicts,
    inventories,
    mails,
    oncall,
    people,
    proof,
    quarantined,
    restores,
    roles,
    setup,
    switches,
    traces,
)
from puente.cli.common import app

__all__ = [
    "app", "backups", "batches", "common", "conflicts", "inventories", "mails", "oncall", "people", "proof",
    "quarantined", "restores", "roles", "setup", "switches", "traces",
]  # fmt: skip
