"""H23: a second entry in links.yaml is a second set of Dags with a timetable of its own, and no code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from puente.demo.place import Place

NAMES = (
    "backup",
    "capture_erp",
    "capture_platform",
    "erp_to_platform",
    "full_inventory",
    "housekeeping",
    "low_stock",
    "monitor",
    "platform_to_erp",
    "purchase_approval",
    "restore",
    "restore_drill",
    "weekly_report",
)
LINKS = """links:
  main: {}
  norte: {erp: erp_norte, platform: platform_norte, every: "*/15 * * * *"}
"""


def test_h23_a_second_link_has_dags_of_its_own(place: Place, tmp_path: Path) -> None:
    (tmp_path / "links.yaml").write_text(LINKS, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("airflow_side.py"))],
        env=place.environment() | {"PUENTE_LINKS": str(tmp_path / "links.yaml")},
        input=json.dumps({"what": "describe", "arguments": []}) + "\n",
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    parsed = json.loads(done.stdout.splitlines()[0])["result"]
    assert parsed["errors"] == {}
    assert set(parsed["dags"]) == {*NAMES, *(f"{name}__norte" for name in NAMES)}
    for name in NAMES:
        ours, theirs = parsed["dags"][name], parsed["dags"][f"{name}__norte"]
        once = {"clean_airflow"}  # of all links: it is in the main link's Dag
        assert ours["tasks"].keys() - once == theirs["tasks"].keys()
        assert set(theirs["tags"]) - set(ours["tags"]) == {"norte"}
    outlets = parsed["dags"]["capture_erp__norte"]["tasks"]["announce_changes"]["outlets"]
    assert outlets == ["puente://norte/erp-captured"], "it wakes its own reader only"
