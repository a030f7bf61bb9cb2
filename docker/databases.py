"""The databases of docker-compose.yaml, as their administrator: what an own ERP and shop bring with them.

SQL Server: database `erp` and the login that `connections.json` names, as its owner. MySQL's image made database and
user by itself. Both get the demo's tables, so that there is something to carry; Azurite gets its container. What is
there is left alone. An own ERP: its DBA gives rights by include/sql/schema/mssql/04_grants.sql instead.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import ContainerClient
from sqlalchemy import URL, create_engine, inspect, text

from puente.demo.load import create_erp, create_shop
from puente.orchestration.connections import connect

SECRETS = Path("/run/secrets")


def main() -> None:
    connections: dict[str, dict[str, Any]] = json.loads((SECRETS / "connections.json").read_text(encoding="utf-8"))
    make_erp(connections["puente_erp"], (SECRETS / "mssql_sa_password").read_text(encoding="utf-8").strip())
    for conn_id, create in (("puente_erp", create_erp), ("puente_platform", create_shop)):
        db = connect(conn_id)
        if not inspect(db.engine).get_table_names():
            create(db.engine)
            print(f"{conn_id}: the demo's tables")
        db.engine.dispose()
    make_container(connections["puente_azure"])


def make_erp(connection: dict[str, Any], password: str) -> None:
    """Database, login and owner. The names and the password are secrets.sh's own: letters, digits, `_`."""
    database, login = connection["schema"], connection["login"]
    url = URL.create(
        "mssql+mssqlpython", "sa", password, connection["host"], connection["port"], "master", connection["extra"]
    )
    engine = create_engine(url, isolation_level="AUTOCOMMIT", hide_parameters=True)
    with engine.connect() as conn:
        if conn.execute(text("SELECT DB_ID(:name)"), {"name": database}).scalar() is None:
            conn.exec_driver_sql(f"CREATE DATABASE [{database}]")
            print(f"database {database}")
        if conn.execute(text("SELECT SUSER_ID(:name)"), {"name": login}).scalar() is None:
            # Bound values are not allowed here.
            conn.exec_driver_sql(f"CREATE LOGIN [{login}] WITH PASSWORD = N'{connection['password']}'")
            print(f"login {login}")
        conn.exec_driver_sql(f"ALTER AUTHORIZATION ON DATABASE::[{database}] TO [{login}]")
    engine.dispose()


def make_container(connection: dict[str, Any]) -> None:
    client = ContainerClient.from_connection_string(connection["password"], connection["extra"]["container"])
    with client:
        try:
            client.create_container()
            print("container for backups")
        except ResourceExistsError:
            pass


if __name__ == "__main__":
    main()
