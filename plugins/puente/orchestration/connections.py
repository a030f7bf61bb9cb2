"""From an Airflow connection id to an open `Database`, inside tasks and outside them (the command line).

Connection types: `sqlite` (host is the file's path), `mysql` (MySQL and MariaDB, always through pymysql) and
`mssql` (through mssql-python). Passwords stay in the URL object, which prints them as `***`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import URL

from puente.db.connect import Database, open_database
from puente.errors import PuenteError
from puente.settings import Settings, load_settings
from puente.sync.route import Bridge

if TYPE_CHECKING:
    from puente.nightly.azure import AzureShelf

# Read by Airflow's own hooks and screens: they say nothing about the server.
_HOOKS_ONLY = {"client", "driver", "charset", "cursor", "local_infile", "sqlalchemy_scheme", "__extra__"}
_MYSQL_OPTIONS = {"unix_socket", "connect_timeout", "read_timeout", "write_timeout"}
_MYSQL_TLS = {"ca", "cert", "key", "cipher", "capath", "check_hostname"}


class ConnectionFields(Protocol):
    """What is read of an Airflow connection, whichever backend it came from."""

    conn_id: Any
    conn_type: Any
    host: Any
    login: Any
    password: Any
    schema: Any
    port: Any

    @property
    def extra_dejson(self) -> dict[str, Any]: ...


@contextmanager
def bridge(link_id: str, settings: Settings | None = None) -> Iterator[Bridge]:
    """`open_bridge` for the length of a block; the pools are closed at its end."""
    opened = open_bridge(link_id, settings)
    try:
        yield opened
    finally:
        opened.erp.engine.dispose()
        opened.platform.engine.dispose()


def open_bridge(link_id: str, settings: Settings | None = None) -> Bridge:
    """Both databases of a link. PuenteError when the link or one of its connections is not defined."""
    settings = settings or load_settings()
    if link_id not in settings.links:
        raise PuenteError(f"There is no link {link_id!r}; config/links.yaml has {', '.join(settings.links)}.")
    link = settings.links[link_id]
    return Bridge(link, connect(link.erp), connect(link.platform), settings)


def connect(conn_id: str) -> Database:
    """The database behind an Airflow connection. PuenteError says what is missing and where to define it."""
    return open_database(database_url(find_connection(conn_id)))


def find_connection(conn_id: str) -> ConnectionFields:
    """Look a connection up as Airflow does: secrets backend, `AIRFLOW_CONN_*`, metadata database."""
    found = optional_connection(conn_id)
    if found is None:
        raise PuenteError(
            f"There is no Airflow connection {conn_id!r}. Define it in Airflow (Admin, Connections) "
            f"or in the environment as AIRFLOW_CONN_{conn_id.upper()}."
        )
    return found


def optional_connection(conn_id: str) -> ConnectionFields | None:
    """As `find_connection`; None where nobody has defined it."""
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    found: ConnectionFields
    try:
        found = BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        return None if _inside_task() else _from_metadata_database(conn_id)
    return found


def azure_shelf(conn_id: str = "puente_azure") -> AzureShelf | None:
    """The container for backups; None where there is no such connection.

    Password: a connection string, or a SAS token with the account's address as the host. Extra `container`: `puente`
    if not given; it must exist. Extra `retries`: how often a request is tried again, 3 if not given.
    """
    connection = optional_connection(conn_id)
    if connection is None:
        return None
    from puente.nightly.azure import AzureShelf

    if not connection.password:
        raise PuenteError(f"Connection {conn_id!r} has no password: a connection string or a SAS token is needed.")
    extra = connection.extra_dejson
    return AzureShelf(
        str(extra.get("container") or "puente"),
        connection.password,
        connection.host or "",
        int(extra.get("retries", 3)),
    )


def airflow_database(settings: Settings) -> str:
    """The SQLAlchemy URL of Airflow's metadata: `PUENTE_AIRFLOW_DATABASE`, or what Airflow tells this process; '' where
    it tells nothing, as it does not to tasks."""
    from airflow.configuration import conf

    told = settings.airflow_database or str(conf.get("database", "sql_alchemy_conn", fallback=""))
    return "" if told.startswith("airflow-db-not-allowed") else told


def _inside_task() -> bool:
    from airflow.sdk import get_current_context

    try:
        get_current_context()
    except RuntimeError:
        return False
    return True


def _from_metadata_database(conn_id: str) -> ConnectionFields | None:
    """Outside a task the SDK does not ask the metadata database; None also when this machine has none."""
    from airflow.secrets.metastore import MetastoreBackend
    from sqlalchemy.exc import SQLAlchemyError

    try:
        return MetastoreBackend().get_connection(conn_id)
    except SQLAlchemyError:
        return None


def database_url(connection: ConnectionFields) -> URL:
    """The SQLAlchemy URL that Puente opens for an Airflow connection. PuenteError for other types."""
    extra = {name: value for name, value in connection.extra_dejson.items() if name not in _HOOKS_ONLY}
    match connection.conn_type:
        case "sqlite":
            # `sqlite://%2Fdata%2Ferp.db` puts the path in host, `sqlite:////data/erp.db` in schema.
            path = connection.host or connection.schema
            if not path:
                raise PuenteError(f"Connection {connection.conn_id!r} names no file; put the path in its host.")
            return URL.create("sqlite", database=path)
        case "mysql":
            return _server_url("mysql+pymysql", connection, _mysql_query(extra))
        case "mssql":
            return _server_url("mssql+mssqlpython", connection, _mssql_query(extra))
        case other:
            raise PuenteError(
                f"Connection {connection.conn_id!r} is of type {other!r}; Puente speaks sqlite, mysql and mssql."
            )


def _server_url(driver: str, connection: ConnectionFields, query: Mapping[str, str]) -> URL:
    return URL.create(
        driver,
        username=connection.login or None,
        password=connection.password or None,
        host=connection.host or None,
        port=connection.port or None,
        database=connection.schema or None,
        query=query,
    )


def _mysql_query(extra: Mapping[str, Any]) -> dict[str, str]:
    """Options and TLS: extra `ssl` (a dict, or JSON text) as Airflow's own hook takes it, or `ssl_mode`."""
    query = {name: str(extra[name]) for name in _MYSQL_OPTIONS if extra.get(name) is not None}
    tls = extra.get("ssl") or {}
    if isinstance(tls, str):
        tls = json.loads(tls)
    tls = tls if isinstance(tls, dict) else {}
    tls |= {name.removeprefix("ssl_"): extra[name] for name in extra if name.removeprefix("ssl_") in _MYSQL_TLS}
    query |= {f"ssl_{name}": str(tls[name]) for name in _MYSQL_TLS if tls.get(name) is not None}
    mode = str(extra.get("ssl_mode", "")).upper()
    if mode == "VERIFY_CA":
        query.setdefault("ssl_check_hostname", "false")
    elif mode == "REQUIRED" and not tls:
        query["ssl_verify_cert"] = "none"  # pymysql's word for: encrypted, the certificate is not checked
    return query


def _mssql_query(extra: Mapping[str, Any]) -> dict[str, str]:
    """Every plain value goes into the connection string: Encrypt, TrustServerCertificate, ApplicationIntent, …"""
    words = {True: "yes", False: "no"}
    return {
        name: words[value] if isinstance(value, bool) else str(value)
        for name, value in extra.items()
        if isinstance(value, (str, int, bool))
    }
