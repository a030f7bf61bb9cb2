"""From Airflow connections to databases."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from puente.db.connect import open_database
from puente.errors import PuenteError
from puente.orchestration.connections import database_url


@dataclass
class Fields:
    conn_type: str
    host: str | None = None
    schema: str | None = None
    login: str | None = None
    password: str | None = None
    port: int | None = None
    extra_dejson: dict[str, Any] = field(default_factory=dict)
    conn_id: str = "puente_test"


def url(*, show: bool = False, **fields: Any) -> str:
    return database_url(Fields(**fields)).render_as_string(hide_password=not show)


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"conn_type": "sqlite", "host": "/data/el erp.db"}, "sqlite:////data/el erp.db"),
        ({"conn_type": "sqlite", "schema": "/data/erp.db"}, "sqlite:////data/erp.db"),
        (
            {"conn_type": "mysql", "host": "shop", "schema": "tienda", "login": "p", "extra_dejson": {"client": "x"}},
            "mysql+pymysql://p@shop/tienda",
        ),
        (
            {"conn_type": "mysql", "host": "shop", "port": 3307, "extra_dejson": {"ssl": {"ca": "/ca.pem"}}},
            "mysql+pymysql://shop:3307?ssl_ca=%2Fca.pem",
        ),
        (
            {"conn_type": "mysql", "host": "shop", "extra_dejson": {"ssl": '{"ca": "/c"}', "ssl_mode": "verify_ca"}},
            "mysql+pymysql://shop?ssl_ca=%2Fc&ssl_check_hostname=false",
        ),
        (
            {"conn_type": "mysql", "host": "shop", "extra_dejson": {"ssl_mode": "REQUIRED"}},
            "mysql+pymysql://shop?ssl_verify_cert=none",
        ),
        (
            {
                "conn_type": "mssql", "host": "erp", "port": 1433, "schema": "ERP",
                "extra_dejson": {"Encrypt": "yes", "TrustServerCertificate": True, "driver": "ODBC Driver 18"},
            },
            "mssql+mssqlpython://erp:1433/ERP?Encrypt=yes&TrustServerCertificate=yes",
        ),
    ],
)  # fmt: skip
def test_each_type_becomes_its_url(fields: dict[str, Any], wanted: str) -> None:
    assert url(**fields) == wanted


def test_a_password_of_any_characters_arrives_and_is_never_shown() -> None:
    fields = {"conn_type": "mysql", "host": "shop", "login": "puente", "password": "p@ss/w:o%rd ñ"}
    made = database_url(Fields(**fields))
    assert made.password == "p@ss/w:o%rd ñ"
    assert "***" in str(made) and "p@ss" not in str(made) + repr(made)


def test_tls_options_reach_the_driver() -> None:
    mysql = Fields("mysql", "shop", extra_dejson={"ssl": {"ca": "/ca.pem", "check_hostname": True}})
    engine = open_database(database_url(mysql)).engine
    assert engine.dialect.create_connect_args(engine.url)[1]["ssl"] == {"ca": "/ca.pem", "check_hostname": True}
    mssql = Fields("mssql", "erp", "ERP", "sa", "x", 1433, {"Encrypt": "yes", "TrustServerCertificate": True})
    engine = open_database(database_url(mssql)).engine
    text = engine.dialect.create_connect_args(engine.url)[0][0]
    assert "Server=erp,1433" in text and "Encrypt=yes" in text and "TrustServerCertificate=yes" in text


@pytest.mark.parametrize("fields", [{"conn_type": "sqlite"}, {"conn_type": "postgres", "host": "db"}])
def test_what_cannot_be_opened_is_said_in_words(fields: dict[str, Any]) -> None:
    with pytest.raises(PuenteError, match="puente_test"):
        url(**fields)


def test_outside_tasks_the_environment_and_the_metadata_database_are_asked(airflow: Any, first_run: Any) -> None:
    assert airflow.ask("find", "puente_erp").endswith("/erp.db")
    with pytest.raises(AssertionError, match="AIRFLOW_CONN_PUENTE_NORTE"):
        airflow.ask("find", "puente_norte")
    airflow.ask("define", "puente_norte", "mysql://u:secret@shop:3306/norte")
    assert airflow.ask("find", "puente_norte") == "mysql+pymysql://u:***@shop:3306/norte"
