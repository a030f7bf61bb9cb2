"""What people decide on the pages: rows and closed batches are released or discarded, by two persons where demanded.

The functions are those of the command line. The decision keeps the name of Airflow's user.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from fastapi import APIRouter, HTTPException
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from puente.contract import Side
from puente.errors import PuenteError
from puente.monitor.access import Deciding, Visit
from puente.monitor.pages import address
from puente.monitor.verdict_texts import TEXTS
from puente.monitor.verdicts import EntityPart, Number, route_or_404, row_or_404
from puente.sync import quarantine, second_person
from puente.sync.route import Bridge

router = APIRouter()
EDIT, NULL = "set:", "null:"  # how the form's fields of a row's columns are called


class Deed(StrEnum):
    release = "release"
    discard = "discard"
    confirm = "confirm"
    refuse = "refuse"


class Asked(BaseModel):
    """A form as `pages.js` sends it: every value is text. Columns come as `set:<name>`, with `null:<name>` for NULL."""

    model_config = ConfigDict(extra="allow")
    why: str = Field(max_length=10_000)
    proposal: str = Field("0", pattern=r"^[0-9]{1,18}$")
    seen: str = Field("", max_length=200)


@router.post("/validations/rows/{reader}/{entity}/{inbox_id}/{deed}")
def decide_row(
    visit: Deciding, reader: Side, entity: EntityPart, inbox_id: Number, deed: Deed, asked: Asked
) -> Response:
    """Decide on a row set aside. 409 says why nothing was done."""
    who, why, number = visit.who, _why(visit, asked), int(asked.proposal)
    with _writing(visit) as bridge:
        route = route_or_404(bridge, reader, entity)
        found = row_or_404(route, inbox_id)
        match deed:  # what was seen is compared under the lease: no run can take the row in between
            case Deed.release:
                quarantine.release(route, inbox_id, who, why, _changes(visit, asked, found), seen=asked.seen)
            case Deed.discard:
                quarantine.discard(route, inbox_id, who, why, seen=asked.seen)
            case Deed.confirm:
                second_person.confirm(route, inbox_id, number, who, why, seen=asked.seen)
            case Deed.refuse:
                second_person.refuse(route, inbox_id, number, who, why, seen=asked.seen)
    return JSONResponse({"next": address(visit, f"validations/rows/{reader}/{entity}/{inbox_id}")})


@router.post("/validations/{reader}/{batch_id}/{deed}")
def decide_batch(visit: Deciding, reader: Side, batch_id: Number, deed: Deed, asked: Asked) -> Response:
    """Decide on a batch behind a closed gate. 409 says why nothing was done."""
    who, why, number = visit.who, _why(visit, asked), int(asked.proposal)
    with _writing(visit) as bridge:
        if not quarantine.has_batch(bridge, reader, batch_id):
            raise HTTPException(404)
        match deed:
            case Deed.release:
                quarantine.release_batch(bridge, reader, batch_id, who, why)
            case Deed.discard:
                quarantine.discard_batch(bridge, reader, batch_id, who, why)
            case Deed.confirm:
                second_person.confirm_batch(bridge, reader, batch_id, number, who, why)
            case Deed.refuse:
                second_person.refuse_batch(bridge, reader, batch_id, number, who, why)
    return JSONResponse({"next": address(visit, f"validations/{reader}/{batch_id}")})


@contextmanager
def _writing(visit: Visit) -> Iterator[Bridge]:
    """The link's databases for one decision; what the library refuses is said in the reader's language."""
    from puente.orchestration.connections import bridge

    refused = TEXTS[visit.language]["refused"]
    try:
        with bridge(visit.link.link_id, visit.settings) as sides:
            yield sides
    except PuenteError as error:
        raise HTTPException(409, refused.get(type(error).__name__, str(error))) from None


def _why(visit: Visit, asked: Asked) -> str:
    why = asked.why.strip()
    if not 1 <= len(why) <= 500:
        raise HTTPException(422, TEXTS[visit.language]["refused"]["why"])
    return why


def _changes(visit: Visit, asked: Asked, found: quarantine.RowHistory) -> dict[str, str | None]:
    """The columns whose text in the form is another than the row's. A browser writes every line end in its own way."""
    changes: dict[str, str | None] = {}
    form: dict[str, Any] = asked.model_extra or {}
    for name, given in form.items():
        if not name.startswith(EDIT):
            continue
        column = name.removeprefix(EDIT)
        if column not in found.values or not isinstance(given, str):
            raise HTTPException(422, TEXTS[visit.language]["refused"]["field"].format(column[:60]))
        value = None if given == "" and f"{NULL}{column}" in form else given
        if _plain_lines(value) != _plain_lines(found.values[column]):
            changes[column] = value
    return changes


def _plain_lines(text: str | None) -> str | None:
    return None if text is None else text.replace("\r\n", "\n").replace("\r", "\n")
