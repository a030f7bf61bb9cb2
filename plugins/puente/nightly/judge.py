"""What a key that differs is, and how it is mended. Pure: evidence in, verdict out.

The ERP is the master of the catalogue; of companies and contacts the link's conflict policy says whose version
stands. A repair is never a write into a side's own tables: it has the winning side send the record once more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
from sqlalchemy import Row

from puente.contract import SIDES, Side
from puente.db import schema
from puente.nightly.evidence import Evidence
from puente.nightly.looks import Job, differing_fields
from puente.sync.forms import UNBOUND, Form, fingerprint_version
from puente.transforms.fitting import find_unfit

Repair = Literal["send", "delete", "send_to_erp", "delete_in_erp"]


@dataclass(frozen=True)
class Verdict:
    """`found` is one of FOUND, `why` a code with a detail behind a colon, `fields` contract columns that differ."""

    found: str
    why: str = ""
    fields: tuple[str, ...] = ()
    repair: Repair | None = None


def judge(job: Job, key: str, forms: dict[Side, Form | None], noted: dict[Side, int], evidence: Evidence) -> Verdict:
    """One key, by its second look. `noted` are the versions that its records had before that look."""
    ours, theirs = forms["erp"], forms["platform"]
    if ours is not None and theirs is not None:
        fields = tuple(differing_fields(job, ours, theirs))
        if not fields:
            return Verdict("same")
        found = "different"
    elif ours is None and theirs is None:
        return Verdict("in_flight", "gone")
    else:
        fields, found = (), "missing" if ours is not None else "extra"
    if key in evidence.in_conflict:
        return Verdict("conflict", "conflict", fields)
    if key in evidence.set_aside:
        return Verdict(*evidence.set_aside[key], fields)
    if why := _under_way(job, key, forms, noted, evidence):
        return Verdict("in_flight", why, fields)
    if ours is not None and (unfit := _unfit(job, ours, evidence.records["erp"].get(key))):
        return Verdict("unfit", f"unfit:{unfit}", fields)
    for side in SIDES:
        if _uncaptured(job, side, forms[side], evidence.records[side].get(key)):
            return Verdict("in_flight", f"uncaptured_{side}", fields)
    repair, why = _repair(job, key, found, evidence)
    return Verdict(found, why, fields, repair)


def _under_way(job: Job, key: str, forms: dict[Side, Form | None], noted: dict[Side, int], evidence: Evidence) -> str:
    if key in evidence.on_the_way:
        return evidence.on_the_way[key]
    for side in SIDES:
        record = evidence.records[side].get(key)
        if (int(record.version) if record is not None else 0) != noted[side]:
            return "changed"
    if key in evidence.erp_knows_number:
        return "unbound"  # the ERP has it, and its id has not come back to the shop
    return ""


def _unfit(job: Job, form: Form, record: Row[Any] | None) -> str:
    """Which column keeps the ERP's record from being sent at all; '' when it fits its queue."""
    if record is not None and record.fingerprint == form.fingerprint:
        return ""
    definitions = schema.stage_columns(job.entity)
    columns = {c.name: pa.array([form.payload.get(c.name)], pa.string()) for c in definitions}
    return find_unfit(columns, definitions, job.entity.key).get(0, "").partition(" ")[0]


def _uncaptured(job: Job, side: Side, form: Form | None, record: Row[Any] | None) -> bool:
    """Whether this side's next capture has something to send of the record."""
    if side not in job.entity.queue or job.profiles[side].capture_mode(job.entity.name) != "sql":
        return False
    if record is not None and record.must_send:
        return True
    captured = record is not None and record.active and record.fingerprint is not None
    if form is None or record is None or not captured:
        return (form is not None) != bool(captured)
    same_version = record.fingerprint_version == fingerprint_version(job.profiles[side])
    return record.fingerprint != form.fingerprint or not same_version


# ---------------------------------------------------------------- the repair
def _repair(job: Job, key: str, found: str, evidence: Evidence) -> tuple[Repair | None, str]:
    """How it is mended, or why it is not."""
    ours, theirs = evidence.records["erp"].get(key), evidence.records["platform"].get(key)
    erp_wins = not job.entity.two_way or job.bridge.link.wins(job.entity.name) == "erp"
    if found == "extra" and key.startswith(UNBOUND):  # a customer whom the shop has sent, and of whom nothing came
        wanted: Repair = "send_to_erp"
    elif found == "extra" and job.entity.two_way:
        if ours is None:
            if erp_wins:
                return None, "unknown_to_erp"
            wanted = "send_to_erp"
        else:
            wanted = "delete" if erp_wins else "send_to_erp"
    elif found == "extra":
        if theirs is None:
            return None, "never_crossed"
        if ours is None and job.profiles["erp"].capture_mode(job.entity.name) == "sql":
            return None, "unknown_to_erp"  # a restored ERP knows nothing of what it has sent since
        wanted = "delete"
    elif erp_wins:
        wanted = "send"
    elif found == "missing":
        wanted = "delete_in_erp" if theirs is not None else "send"
    else:
        wanted = "send_to_erp"
    writer: Side = "erp" if wanted in ("send", "delete") else "platform"
    if job.profiles[writer].capture_mode(job.entity.name) != "sql":
        return None, f"not_captured_{writer}"
    return wanted, ""
