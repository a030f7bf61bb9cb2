"""One worker at a time per link and entity, and a stale one that cannot write (invariant I10).

A lease lives in the database that the step writes and expires by that database's clock. Its token rises with
every owner; every writing transaction renews the lease under its own token first, so a worker that was paused
and overtaken is rolled back. The same task's next try takes over at once, another run waits for the expiry.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from puente.db import schema
from puente.db.connect import Database, Dialect
from puente.errors import LeaseHeld, StaleWorker, TransactionLost

NOW_MS: dict[Dialect, str] = {
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
    "mysql": "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)",
    "mssql": "DATEDIFF_BIG(millisecond, '1970-01-01', SYSUTCDATETIME())",
}


@dataclass(frozen=True)
class Lease:
    """`begin()` opens a writing transaction that is only committed while the lease is still ours."""

    db: Database
    link_id: str
    name: str
    token: int
    seconds: int
    also: tuple[Lease, ...] = ()  # other leases in the same database that must be ours as well

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        work_id = uuid.uuid4().hex
        with self.db.begin() as conn:
            self.check(conn, work_id)
            for other in self.also:
                other.check(conn)
            yield conn
            self._still_one_transaction(conn, work_id)

    def check(self, conn: Connection, work_id: str = "") -> None:
        """Renew within the caller's transaction. StaleWorker when a newer worker holds the lease."""
        lease = schema.lease
        renewed = conn.execute(
            update(lease)
            .where(lease.c.link_id == self.link_id, lease.c.name == self.name, lease.c.token == self.token)
            .values(expires_ms=text(f"{NOW_MS[self.db.dialect]} + {self.seconds * 1000}"), work_id=work_id)
        )
        if renewed.rowcount != 1:
            raise StaleWorker(
                f"{self.name} on link {self.link_id} was taken over by a newer worker; nothing was written by this one."
            )

    def _still_one_transaction(self, conn: Connection, work_id: str) -> None:
        """A server may roll a transaction back without the driver's saying so; what follows would be a torn half."""
        lease = schema.lease
        found = conn.execute(
            select(lease.c.work_id).where(lease.c.link_id == self.link_id, lease.c.name == self.name)
        ).scalar()
        if found != work_id:
            raise TransactionLost(
                f"The {self.db.dialect} server rolled back a transaction on {self.name} (link {self.link_id}) "
                "unnoticed. Nothing was committed; run the task again."
            )

    def release(self) -> None:
        lease = schema.lease
        with self.db.begin() as conn:
            conn.execute(
                update(lease)
                .where(lease.c.link_id == self.link_id, lease.c.name == self.name, lease.c.token == self.token)
                .values(expires_ms=0)
            )


def acquire(db: Database, link_id: str, name: str, owner: str, seconds: int) -> Lease:
    """Take the lease, from nobody, from an expired owner or from this owner's dead predecessor.

    LeaseHeld when another owner's lease has not expired.
    """
    lease, now = schema.lease, text(NOW_MS[db.dialect])
    with db.begin() as conn:
        mine = (lease.c.link_id == link_id) & (lease.c.name == name)
        # The row lock comes first: two workers that both saw an expired lease must not both get it.
        locked = conn.execute(update(lease).where(mine).values(token=lease.c.token + 1))
        if locked.rowcount == 0:
            try:
                conn.execute(insert(lease).values(link_id=link_id, name=name, token=1, owner=owner, expires_ms=0))
            except IntegrityError as race:
                raise LeaseHeld(f"{name} on link {link_id} was taken by another worker just now.") from race
        row = conn.execute(select(lease.c.token, lease.c.owner, lease.c.expires_ms, now).where(mine)).one()
        if row.owner != owner and row.expires_ms > row[3]:
            wait = (row.expires_ms - row[3]) // 1000 + 1
            raise LeaseHeld(f"{name} on link {link_id} is in the hands of {row.owner} for up to {wait} s more.")
        expires = text(f"{NOW_MS[db.dialect]} + {seconds * 1000}")
        conn.execute(update(lease).where(mine).values(owner=owner, expires_ms=expires))
        return Lease(db, link_id, name, int(row.token), seconds)


@contextmanager
def held(db: Database, link_id: str, name: str, owner: str, seconds: int) -> Iterator[Lease]:
    """The lease for the length of a block; released at its end, also after an error."""
    lease = acquire(db, link_id, name, owner, seconds)
    try:
        yield lease
    finally:
        lease.release()
