"""What became of a backup, as a sealed document among the link's reports: `<reports>/<link>/backup/<id>.json`.

`{"backup": {…}, "sha256": …, "hmac": …}` in canonical form, without a value of any row. The verdict: `passed` (here,
and over there where there is an Azure), `here_only` (Azure failed), `failed`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from puente.files import write_whole
from puente.nightly.shelf import Shelf, complete, local_shelf, read_manifest
from puente.quality.seal import canonical, seal
from puente.sync.route import Bridge, utc_now


def write_report(bridge: Bridge, backup_id: str, run_id: str, away: Shelf | None, over_there: bool | None) -> Path:
    """`over_there`: whether the backup counts in Azure; None where there is none."""
    settings, link_id = bridge.settings, bridge.link.link_id
    here = local_shelf(settings)
    stands = backup_id in complete(here, link_id)
    body: dict[str, Any] = {
        "kind": "backup", "id": backup_id, "link_id": link_id, "run_id": run_id, "finished_at": utc_now(),
        "verdict": "failed" if not stands else "here_only" if over_there is False else "passed",
        "shelves": [here.name] * stands + ([away.name] if away is not None and over_there else []),
    }  # fmt: skip
    if stands:
        found = read_manifest(here, link_id, backup_id, settings)
        body |= {
            "taken_at": found.taken_at, "ledgers": found.ledgers, "remarks": found.remarks,
            "files": [file.__dict__ for file in found.files],
            "rows": {name: sum(table["rows"] for table in part.tables.values()) for name, part in found.parts.items()},
        }  # fmt: skip
    path = settings.reports_dir / link_id / "backup" / f"{backup_id}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, canonical({"backup": body, **seal(body, settings.seal_key)}))
    return path
