"""A backup, its drill and a restore by Airflow itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from puente.db.connect import Database
from puente.demo.place import Place
from puente.nightly import backup, restore_report
from puente.nightly.shelf import FolderShelf, complete
from puente.nightly.vault import KeyRing
from puente.settings import Link, Settings
from puente.sync.route import Bridge, Run

PRICE = "SELECT MAX(precio_publico) FROM tienda_producto"
SPOILT = "UPDATE tienda_producto SET precio_publico = '999999.0000'"


@pytest.fixture
def backup_id(sides: Any, place: Place) -> str:
    opened: tuple[Database, Database] = (place.database("erp"), place.database("platform"))
    keys = KeyRing.parse(place.environment()["PUENTE_KEYS"])
    settings = Settings(
        reports_dir=place.reports, backups_dir=place.backups, archive_dir=place.archive,
        keys=keys, seal_key=seal_key(place),
    )  # fmt: skip
    try:
        kept = backup.run_all(Bridge(Link(), *opened, settings), Run("test", "backup"), None)
    finally:
        for db in opened:
            db.engine.dispose()
    return kept[0].backup_id


def seal_key(place: Place) -> bytes:
    return place.environment()["PUENTE_SEAL_KEY"].encode()


def report(place: Place, kind: str) -> dict[str, Any]:
    newest = max(place.reports.glob(f"main/restores/{kind}-*.json"), key=lambda path: path.stat().st_mtime_ns)
    assert restore_report.verify(newest, seal_key(place)) == [] and newest.with_suffix(".html").exists()
    body: dict[str, Any] = json.loads(newest.read_text(encoding="utf-8"))["restore"]
    return body


def test_a_drill_proves_a_backup_and_leaves_nothing(airflow: Any, backup_id: str, place: Place) -> None:
    run = airflow.ask("run", "restore_drill")
    assert run["state"] == "success", run
    body = report(place, "drill")
    assert body["verdict"] == "passed" and body["kept_in"] == str(place.backups)
    assert body["backup_id"] in complete(FolderShelf(place.backups), "main"), "any of them"
    assert body["seconds"] < body["promised_seconds"] == 7200
    same = {one["entity"]: one["keys_same"] for one in body["compared"]}
    assert same["products"] > 0
    assert not list(place.folder.glob("*.drill*"))


def test_a_drill_whose_backup_cannot_be_opened_leaves_a_report(airflow: Any, backup_id: str, place: Place) -> None:
    """What it found is the worst, and the weekly report reads it there."""
    folder = place.backups / "main" / backup_id
    for spoilt, opened in ((folder / "erp.db.vault", True), (folder / "manifest.vault", False)):
        whole = spoilt.read_bytes()
        spoilt.unlink()
        spoilt.write_bytes(whole[:-1])
        try:
            run = airflow.ask("run", "restore_drill", {"backup_id": backup_id})
        finally:
            spoilt.write_bytes(whole)
        assert run["state"] == "failed" and run["tasks"]["drill_report"]["state"] == "failed"
        body = report(place, "drill")
        assert (body["verdict"], body["backup_id"], body["compared"]) == ("failed", backup_id, [])
        assert any("altered or cut" in problem for problem in body["problems"]) and bool(body["taken_at"]) is opened
    assert not list(place.folder.glob("*.drill*"))


def test_a_restore_takes_the_place_pauses_and_reports(airflow: Any, backup_id: str, sides: Any, place: Place) -> None:
    before = sides.scalar("platform", PRICE)
    sides.write("platform", SPOILT)
    try:
        wrong = airflow.ask("run", "restore", {"backup_id": backup_id, "side": "platform", "confirm": "yes"})
        assert wrong["state"] == "failed" and wrong["tasks"]["take_back"]["state"] == "success"
        assert sides.scalar("platform", PRICE) != before, "nothing was restored"

        run = airflow.ask("run", "restore", {"backup_id": backup_id, "side": "platform", "confirm": "main"})
        assert run["state"] == "success", run
        assert run["tasks"]["load_erp"]["state"] == run["tasks"]["take_back"]["state"] == "skipped"
        assert sides.scalar("platform", PRICE) == before
        assert all(sides.scalar(side, "SELECT COUNT(*) FROM puente_pause") for side in ("erp", "platform"))
        body = report(place, "restore")
        assert (body["backup_id"], [one["restored"] for one in body["sides"]]) == (backup_id, ["platform"])
    finally:
        for path in place.folder.glob("platform.db.*"):
            path.unlink()
