"""The auditors' role in Airflow's FAB auth manager: they read runs, logs and the audit log, and trigger nothing.

Airflow brings the other roles with it: `Op` for data engineers, `User` for on-call staff, `Viewer`, `Admin`.
"""

from __future__ import annotations

from typing import Any

AUDITOR = "Auditor"


def permissions() -> set[tuple[str, str]]:
    """(action, resource) as FAB names them: all that an auditor may do."""
    from airflow.providers.fab.www.security import permissions as p

    reads = (
        p.RESOURCE_AUDIT_LOG, p.RESOURCE_DAG, p.RESOURCE_DAG_RUN, p.RESOURCE_TASK_INSTANCE, p.RESOURCE_TASK_LOG,
        p.RESOURCE_WEBSITE, p.RESOURCE_ASSET,
    )  # fmt: skip
    menus = (p.RESOURCE_BROWSE_MENU, p.RESOURCE_AUDIT_LOG, p.RESOURCE_DAG, p.RESOURCE_DAG_RUN)
    return {(p.ACTION_CAN_READ, one) for one in reads} | {(p.ACTION_CAN_ACCESS_MENU, one) for one in menus}


def make_auditor(security: Any) -> tuple[list[str], list[str]]:
    """Make the role, or bring it back to exactly its rights; what was added and what was taken away.

    `security` is FAB's security manager. Rights that somebody added by hand go: an auditor who can trigger is none.
    """
    role = security.find_role(AUDITOR) or security.add_role(AUDITOR)
    wanted = permissions()
    has = {(held.action.name, held.resource.name): held for held in role.permissions}
    added, taken = sorted(wanted - has.keys()), sorted(has.keys() - wanted)
    for action, resource in added:
        security.add_permission_to_role(role, security.create_permission(action, resource))
    for pair in taken:
        security.remove_permission_from_role(role, has[pair])
    return [_named(pair) for pair in added], [_named(pair) for pair in taken]


def _named(pair: tuple[str, str]) -> str:
    return f"{pair[0]} on {pair[1]}"


def make_roles() -> tuple[list[str], list[str]]:
    """`make_auditor` in the metadata database of this Airflow. PuenteError where its auth manager is not FAB's."""
    from airflow.configuration import conf

    from puente.errors import PuenteError

    manager = conf.get("core", "auth_manager")
    if not manager.endswith(".FabAuthManager"):
        raise PuenteError(
            f"This Airflow's auth manager is {manager}, which has no roles of its own to make. "
            "Set AIRFLOW__CORE__AUTH_MANAGER=airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager."
        )
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    with get_application_builder() as builder:
        return make_auditor(builder.sm)
