"""Sending one record once more, though nothing changed in it: the remedy for a platform that lost it."""

from __future__ import annotations

from sqlalchemy import and_, select, update

from puente import contract
from puente.db import schema
from puente.errors import PuenteError
from puente.sync.leases import held
from puente.sync.route import Bridge

OWNER = "cli/resend"


def resend(bridge: Bridge, entity: str, key: str) -> None:
    """Make the next capture send `key` of `entity`, and the platform apply it though it looks unchanged.

    `key` is the record's key as the control tables have it; parts of a composite key are joined with `|`.
    PuenteError when the entity is not captured here, or the ERP has no such record.
    """
    if entity not in contract.READ_SEQUENCE["platform"]:
        known = ", ".join(contract.READ_SEQUENCE["platform"])
        raise PuenteError(f"The ERP sends no entity {entity!r}; it sends {known}.")
    profile = bridge.profile("erp")
    if profile.capture_mode(entity) != "sql":
        raise PuenteError(
            f"Profile {profile.name} does not let Puente capture {entity}: have whoever fills the queue insert the "
            "record again."
        )
    record, link_id = schema.record, bridge.link.link_id
    this = and_(record.c.link_id == link_id, record.c.entity == entity, record.c.record_key == key)
    with bridge.erp.read() as conn:
        captured = conn.execute(select(record.c.active).where(this, record.c.fingerprint.is_not(None))).scalar()
    if not captured:
        raise PuenteError(
            f"The ERP has no captured record {key!r} of {entity} (keys compare exactly). A new record is sent by the "
            "next capture without this; a deleted one cannot be sent."
        )
    seconds, route = bridge.settings.lease_seconds, bridge.route("platform", entity)
    # The platform first: stopped between the two, nothing is sent and nothing was lost.
    with held(bridge.platform, link_id, route.lease_name, OWNER, seconds) as lease, lease.begin() as conn:
        conn.execute(update(record).where(this).values(applied_hash=""))
    with held(bridge.erp, link_id, f"capture:{entity}", OWNER, seconds) as lease, lease.begin() as conn:
        conn.execute(update(record).where(this).values(fingerprint_version=""))
