"""The backup by Airflow itself: on this machine, and in Azure where there is a connection."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from puente.demo.azurite import NoAzurite, started
from puente.nightly import shelf
from puente.nightly.azure import AzureShelf
from puente.nightly.vault import KeyRing
from puente.quality.seal import problems_of
from puente.settings import Settings

CARRIED = ("upload", "verify")


def settings_of(place: Any) -> Settings:
    keys, seal_key = KeyRing.parse(place.variables()["PUENTE_KEYS"]), place.variables()["PUENTE_SEAL_KEY"].encode()
    return Settings(keys=keys, seal_key=seal_key, backups_dir=place.backups)


def document_of(place: Any, backup_id: str, seal_key: bytes | None) -> dict[str, Any]:
    path = Path(place.reports, "main", "backup", f"{backup_id}.json")
    assert problems_of(path, "backup", seal_key) == []
    body: dict[str, Any] = json.loads(path.read_bytes())["backup"]
    return body


def drilled(place: Any) -> dict[str, Any]:
    newest = max(place.reports.glob("main/restores/drill-*.json"), key=lambda path: path.stat().st_mtime_ns)
    body: dict[str, Any] = json.loads(newest.read_bytes())["restore"]
    assert (body["verdict"], body["problems"]) == ("passed", [])
    return body


def test_here_and_in_azure(sides: Any, airflow: Any, place: Any, tmp_path: Path) -> None:
    settings, here = settings_of(place), shelf.local_shelf(settings_of(place))
    run = airflow.ask("run", "backup")
    states = {name: task["state"] for name, task in run["tasks"].items()}
    assert run["state"] == "success" and {n for n, state in states.items() if state == "skipped"} == set(CARRIED)
    (first,) = shelf.complete(here, "main")
    found = shelf.prove(here, "main", first, settings)
    assert found.parts.keys() == {"erp", "platform", "airflow", "reports"} and not found.remarks
    assert found.ledgers["platform"]["count"] == sides.scalar("platform", "SELECT COUNT(*) FROM puente_ledger") > 0
    assert found.parts["airflow"].tables["dag_run"]["rows"] > 0
    body = document_of(place, first, settings.seal_key)
    assert body["verdict"] == "passed" and len(body["shelves"]) == 1 and body["rows"]["erp"] > 100
    assert sides.scalar("platform", "SELECT expires_ms FROM puente_lease WHERE name = 'backup'") == 0

    try:
        with started(tmp_path) as azurite:
            container = azurite.container()
            secret, extra = quote(azurite.secret, safe=""), quote(json.dumps({"container": container, "retries": 0}))
            airflow.ask("define", "puente_azure", f"generic://:{secret}@/?__extra__={extra}")
            run = airflow.ask("run", "backup")
            assert {task["state"] for task in run["tasks"].values()} == {"success"}
            away = AzureShelf(container, azurite.secret)
            both = shelf.complete(here, "main")
            assert len(both) == 2 and shelf.complete(away, "main") == both, "what Azure lacked came along"
            shelf.prove(away, "main", both[1], settings)
            assert document_of(place, both[1], settings.seal_key)["shelves"] == [str(here.root), f"azure:{container}"]
            assert airflow.ask("run", "restore_drill", {"backup_id": both[0]})["state"] == "success"
            assert drilled(place)["kept_in"] == f"azure:{container}"
        run = airflow.ask("run", "backup")  # Azure does not answer any more
    except NoAzurite as reason:
        pytest.skip(str(reason))
    finally:
        airflow.ask("undefine", "puente_azure")
    states = {name: task["state"] for name, task in run["tasks"].items()}
    assert run["state"] == "failed" and states["keep"] == states["document"] == "success"
    assert (states["upload"], states["retention"]) == ("failed", "upstream_failed")
    newest = shelf.complete(here, "main")[-1]
    assert newest not in both and document_of(place, newest, settings.seal_key)["verdict"] == "here_only"
    left = json.dumps(airflow.ask("xcoms", run["run_id"]))
    assert base64.b64encode(settings.keys.keys["demo"]).decode() not in left  # type: ignore[union-attr]
