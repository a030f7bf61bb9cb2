"""The role Auditor, and one person per role of docs/docker.md. Who is there already keeps password and role."""

from __future__ import annotations

from pathlib import Path

from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

from puente.orchestration.roles import AUDITOR, make_auditor

SECRETS = Path("/run/secrets")
PEOPLE = {"admin": "Admin", "engineer": "Op", "oncall": "User", "auditor": AUDITOR}


def main(secrets: Path = SECRETS) -> None:
    with get_application_builder() as builder:
        security = builder.sm
        make_auditor(security)
        for name, role in PEOPLE.items():
            if security.find_user(name):
                continue
            password = (secrets / f"{name}_password").read_text(encoding="utf-8").strip()
            email = f"{name}@example.invalid"  # FAB wants one; change it in Security, List Users
            if not security.add_user(name, name, "Puente", email, security.find_role(role), password=password):
                raise SystemExit(f"User {name} could not be made.")
            print(f"user {name}: {role}")


if __name__ == "__main__":
    main()
