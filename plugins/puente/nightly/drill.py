"""The drill: a backup is restored beside both sides, proved, compared, and dropped again; the time is taken.

Nothing that anybody uses is touched: the scratch databases are `<name>_drill`. A backup that was never restored is a
hope; the sealed report of a drill says how long a restore takes, against what was promised.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from puente.contract import SIDES, Side
from puente.errors import PuenteError
from puente.nightly import beside
from puente.nightly.compare import Comparison, compare
from puente.nightly.loading import Backup
from puente.nightly.restore import PROMISED_SECONDS, seconds_between
from puente.sync.route import Bridge, Run, utc_now


def choose(eligible: Sequence[str]) -> str:
    """Any of the backups, each as likely as the others. PuenteError where there is none."""
    if not eligible:
        raise PuenteError("There is no backup to rehearse with: run the Dag `backup` first.")
    return secrets.choice(eligible)


def scratch(bridge: Bridge) -> Bridge:
    """The same link with the scratch databases for its sides."""
    return replace(bridge, erp=beside.beside(bridge.erp, "drill"), platform=beside.beside(bridge.platform, "drill"))


def load(bridge: Bridge, side: Side, source: Backup) -> dict[str, Any]:
    """Restore one side into its scratch database; what of the manifest it lacks, and the seconds it took.

    That the backup cannot be opened or loaded is what a drill is there to find: a problem for its report.
    """
    started, taken_at, loaded = utc_now(), "", False
    copy = beside.make_empty(bridge.database(side), "drill")
    try:
        taken_at = source.taken_at
        source.load(side, copy)
        loaded = True
        problems = source.problems(side, copy)
    except PuenteError as error:
        problems = [f"{side}: {error}"]
    finally:
        copy.engine.dispose()
    return {
        "side": side, "started_at": started, "taken_at": taken_at, "loaded": loaded, "problems": problems,
        "seconds": seconds_between(started, utc_now()),
    }  # fmt: skip


def compare_copies(bridge: Bridge, drill_id: str, loaded: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The full inventory between the two restored sides: counts by entity. Nothing is repaired; none where a side could
    not be loaded."""
    if not all(one["loaded"] for one in loaded):
        return []
    copies = scratch(bridge)
    try:
        return comparison_counts(compare(copies, Run(f"drill:{drill_id}"[:250], "drill")))
    finally:
        for db in (copies.erp, copies.platform):
            db.engine.dispose()


def drop_copies(bridge: Bridge) -> None:
    """Drop both scratch databases, whether or not they are there."""
    for side in SIDES:
        beside.drop(bridge.database(side), "drill")


def drill(bridge: Bridge, source: Backup, drill_id: str) -> dict[str, Any]:
    """The whole of it; returns the body of the report. The copies are dropped whatever happens."""
    try:
        loaded = [load(bridge, side, source) for side in SIDES]
        compared = compare_copies(bridge, drill_id, loaded)
    finally:
        drop_copies(bridge)
    return report_body(bridge, source, drill_id, loaded, compared)


def comparison_counts(found: Comparison) -> list[dict[str, Any]]:
    """Counts by entity, without a value or a key."""
    return [
        {k: v for k, v in asdict(one).items() if k == "entity" or k == "refused" or k.startswith(("keys_", "read_"))}
        for one in found.entities
    ]


def report_body(
    bridge: Bridge,
    source: Backup,
    drill_id: str,
    loaded: list[dict[str, Any]],
    compared: list[dict[str, Any]] | None,
) -> dict[str, Any]:
    """What the sealed report says; a side that `loaded` lacks, or a comparison that is None, broke off.

    `seconds` is the recovery time: both sides loaded and proved, one after another.
    """
    seconds = round(sum(one["seconds"] for one in loaded), 1)
    problems = [problem for one in loaded for problem in one["problems"]]
    missing = [side for side in SIDES if side not in [one["side"] for one in loaded]]
    problems += [f"{side}: its rehearsal broke off; the log of its task says why" for side in missing]
    if compared is None and not missing:
        problems.append("The comparison of both sides broke off; the log of its task says why")
    compared = compared or []
    problems += [f"{one['entity']}: {one['refused']}" for one in compared if one["refused"]]
    verdict = "failed" if problems else "late" if seconds > PROMISED_SECONDS else "passed"
    return {
        "kind": "drill", "verdict": verdict, "link_id": bridge.link.link_id, "id": drill_id,
        "backup_id": source.backup_id, "kept_in": source.kept_in,
        "taken_at": max((one["taken_at"] for one in loaded), default=""),
        "started_at": min((one["started_at"] for one in loaded), default=utc_now()), "finished_at": utc_now(),
        "seconds": seconds, "promised_seconds": PROMISED_SECONDS, "loaded": loaded, "compared": compared,
        "problems": problems,
    }  # fmt: skip
