"""Sending records once more, though nothing changed in them: the remedy for a side that lost them."""

from __future__ import annotations

from sqlalchemy import and_, select, update

from puente import contract
from puente.contract import Side
from puente.db import schema
from puente.errors import PuenteError
from puente.sync.leases import held
from puente.sync.route import Bridge
from puente.sync.verdicts import portions

OWNER = "cli/resend"


def resend(bridge: Bridge, entity: str, key: str, reader: Side = "platform") -> None:
    """Make the next capture send `key` of `entity` to `reader`, which applies it though it looks unchanged.

    `key` is the record's key as the control tables have it; parts of a composite key are joined with `|`.
    PuenteError when the entity is not captured on the other side, or that side has no such record. An order is not
    sent twice: what the ERP lacks of one waits in its inbox or in the outbox.
    """
    writer = contract.writer_of(reader)
    name = "ERP" if writer == "erp" else "platform"
    sent = [e for e in contract.READ_SEQUENCE[reader] if reader == "platform" or contract.ENTITIES[e].two_way]
    if entity not in sent:
        raise PuenteError(
            f"The {name} sends no entity {entity!r} that could be sent again; it sends {', '.join(sent)}."
        )
    profile = bridge.profile(writer)
    if profile.capture_mode(entity) != "sql":
        raise PuenteError(
            f"Profile {profile.name} does not let Puente capture {entity}: have whoever fills the queue insert the "
            "record again."
        )
    record, link_id = schema.record, bridge.link.link_id
    this = and_(record.c.link_id == link_id, record.c.entity == entity, record.c.record_key == key)
    with bridge.database(writer).read() as conn:
        captured = conn.execute(select(record.c.active).where(this, record.c.fingerprint.is_not(None))).scalar()
    if not captured:
        raise PuenteError(
            f"The {name} has no captured record {key!r} of {entity} (keys compare exactly). A new record is sent by "
            "the next capture without this; a deleted one cannot be sent."
        )
    send_again(bridge, entity, [key], reader, OWNER)


def send_again(
    bridge: Bridge, entity: str, keys: list[str], reader: Side, owner: str, *, deletion: bool = False
) -> None:
    """Make the next capture send these records to `reader`, or with `deletion` their deletion; the reader applies it
    though it looks unchanged. Set-based; repeated, it only has them sent once more.

    What the capture finds is sent: of a record that is there again no deletion, of one that has gone no upsert, and
    nothing of one that the sending side does not know.
    """
    definition, writer, link_id = contract.ENTITIES[entity], contract.writer_of(reader), bridge.link.link_id
    seconds, route, record = bridge.settings.lease_seconds, bridge.route(reader, entity), schema.record
    mine = and_(record.c.link_id == link_id, record.c.entity == entity)
    # The reader first: stopped between the two, nothing is sent and nothing was lost.
    with held(bridge.database(reader), link_id, route.lease_name, owner, seconds) as lease:
        looks_new = {"active": 1} if deletion else {"applied_hash": ""}
        for some in portions(keys):
            with lease.begin() as conn:
                conn.execute(update(record).where(mine, record.c.record_key.in_(some)).values(looks_new))
    name = f"{writer}:{entity}" if definition.two_way else f"capture:{entity}"
    with held(bridge.database(writer), link_id, name, owner, seconds) as lease:
        for some in portions(keys):
            with lease.begin() as conn:
                here = and_(mine, record.c.record_key.in_(some))
                conn.execute(update(record).where(here).values(must_send=1))
