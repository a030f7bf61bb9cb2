"""Orders into the ERP: each whole or not at all, each once (invariant I7, pitfalls P13, P16, P17).

Called in the order_lines step of the ERP's side; the order_headers step leaves its gated headers pending. Orders are
taken in chunks that are written down before the work, by their headers first and then by the lines that are left, so
that an order which kills its worker, or which the ERP's tables refuse, is found and set aside alone (I4, P7). One
chunk is one transaction: the order's own key, the ERP's tables and the verdicts on the rows.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, and_, insert, select, update
from sqlalchemy.exc import DBAPIError

from puente.db import schema
from puente.errors import PuenteError
from puente.orders import gathering, judging
from puente.orders.gathering import ORDER_ID, WAITS, Order, Row
from puente.orders.judging import Known, Verdict
from puente.orders.rules import OrderRules, erp_rules
from puente.sync import batches, claims, verdicts
from puente.sync.leases import Lease, held
from puente.sync.route import Route, Run, utc_now
from puente.sync.staging import clear_stage, stage_ids
from puente.sync.targets import refusal, refused_by_target, write_target
from puente.sync.verdicts import GOOD, Reason, portions

if TYPE_CHECKING:
    from puente.sync.apply import Applied

STEP = "orders"
ORDERS_AT_ONCE = 200
WRITTEN = "EMITIENDO AL ERP"  # what the ERP's side knows of an order until `confirm_orders` shows it


def take_orders(route: Route, lease: Lease, run: Run, done: Applied) -> None:
    """Write every order that is whole by now; `route` is that of order_lines to the ERP, `lease` its lease.

    PuenteError when the target refuses so many orders that the profile is likelier at fault than they are.
    """
    headers = route.bridge.route("erp", "order_headers")
    seconds = route.settings.lease_seconds
    with held(route.reader_db, route.link_id, headers.lease_name, run.owner, seconds) as other:
        intake = _Intake(headers, route, replace(lease, also=(other,)), run, done, erp_rules(route.profile))
        intake.take(headers)
        intake.take(route)


class _Intake:
    def __init__(self, headers: Route, lines: Route, lease: Lease, run: Run, done: Applied, rules: OrderRules) -> None:
        self.headers, self.lines, self.lease, self.run = headers, lines, lease, run
        self.done, self.rules = done, rules

    # ------------------------------------------------------------ chunks
    def take(self, route: Route) -> None:
        """Every order of which `route` has a row that passed the gate and has no verdict yet."""
        inbox = route.inbox
        with self.lease.db.read() as conn:
            gated = batches.gated(conn, route)
        candidates = select(inbox.c.inbox_id).where(_passed(route, gated)).order_by(inbox.c[ORDER_ID], inbox.c.inbox_id)
        size = min(route.settings.apply_chunk, ORDERS_AT_ONCE)

        def ties(conn: Connection, ids: list[int]) -> list[list[int]]:
            return list(_by_order(conn, route, ids).values())

        together = None if route is self.headers else ties  # an order's lines; of headers there is one
        while (chunk := claims.next_chunk(self.lease, route, STEP, candidates, size, together)) is not None:
            self._take_or_split(route, chunk, together)

    def _take_or_split(self, route: Route, chunk: int, ties: claims.Ties | None) -> None:
        done = self.done
        try:
            with self.lease.begin() as conn:
                for each in (self.headers, self.lines):
                    batches.refuse_if_paused(conn, route.link_id, each.entity.name)
                ids = [row.inbox_id for row in conn.execute(claims.rows_of(route, STEP, chunk))]
                counts = self._take_chunk(conn, list(_by_order(conn, route, ids)), f"{route.entity.name}:{chunk}")
                claims.finish(conn, route, STEP, chunk)
        except (DBAPIError, PuenteError) as error:
            if isinstance(error, PuenteError) or not refused_by_target(error):
                with suppress(DBAPIError, PuenteError):  # the database may be gone; then the next run finds the chunk
                    claims.give_back(self.lease, route, STEP, chunk)
                raise
            if not self._refuse(route, chunk, refusal(error)):
                claims.split_by_hand(self.lease, route, STEP, chunk, ties)
                return
            if route.profile.bad_rows.exceeded(done.quarantined, done.applied + done.unchanged + done.quarantined):
                raise PuenteError(
                    f"The ERP refused {done.quarantined} rows of orders, the last ones with: {refusal(error)} "
                    "This looks like the tables or apply_order_headers.sql and apply_order_lines.sql, not like the "
                    "orders. What is left waits; mend it, release the quarantined rows and run the task again."
                ) from error
            return
        done.applied += counts[0]
        done.unchanged += counts[1]
        done.quarantined += counts[2]

    def _refuse(self, route: Route, chunk: int, message: str) -> bool:
        """Quarantine the chunk's order, which the target refused; False when the chunk holds more than one."""
        with self.lease.begin() as conn:
            ids = [row.inbox_id for row in conn.execute(claims.rows_of(route, STEP, chunk))]
            numbers = list(_by_order(conn, route, ids))
            if len(numbers) > 1:
                return False
            for order in gathering.gather(conn, self.headers, self.lines, numbers):
                self._take_over(conn, [order])
                faults = [judging.Fault("target.refused", message)]
                self.done.quarantined += self._set_aside(conn, order.order_id, order.headers, order.lines, faults)
            claims.finish(conn, route, STEP, chunk)
        return True

    # ------------------------------------------------------------ one chunk, in one transaction
    def _take_chunk(self, conn: Connection, order_ids: list[str], run_id: str) -> tuple[int, int, int]:
        """Rows applied, unchanged and quarantined."""
        orders = gathering.gather(conn, self.headers, self.lines, order_ids)
        self._take_over(conn, orders)
        known = self._known(conn, orders)
        whole: list[tuple[Order, Verdict]] = []
        owners, unchanged, quarantined = dict(known.line_owners), 0, 0
        for order in orders:
            if order.written is not None:
                verdict = judging.compare(order)
            else:
                verdict = judging.judge(order, replace(known, line_owners=owners), self.rules)
                if verdict.faults:
                    some = [verdict.header] if verdict.header else []
                    quarantined += self._set_aside(conn, order.order_id, some, verdict.lines, verdict.faults)
                else:
                    whole.append((order, verdict))
                    owners |= {row.key: order.order_id for row in verdict.lines}
            self._mark(conn, verdict.superseded, "superseded", order)
            self._mark(conn, verdict.duplicates, "duplicate", order)
            self._note_conflicts(conn, order, verdict)
            unchanged += len(verdict.duplicates)
        return self._write(conn, whole, run_id), unchanged, quarantined

    def _take_over(self, conn: Connection, orders: list[Order]) -> None:
        """Rows that were set aside get a verdict once more, which counts in a batch of this run."""
        for route, rows in ((self.headers, [r for o in orders for r in o.headers]),
                            (self.lines, [r for o in orders for r in o.lines])):  # fmt: skip
            waiting = [row.inbox_id for row in rows if row.waiting]
            if not waiting:
                continue
            fresh = {"state": "pending", "waits_for": None, "waits_key": None, "waits_until": None}
            batch_id, inbox = batches.gated_batch(conn, route, self.run), route.inbox
            for some in portions(waiting):
                conn.execute(update(inbox).where(inbox.c.inbox_id.in_(some)).values(**fresh, taken_by=batch_id))
            verdicts.forget_reasons(conn, route, waiting)

    def _known(self, conn: Connection, orders: list[Order]) -> Known:
        """Only where Puente captures the ERP's records does it know which the ERP has."""
        link_id, profile = self.lines.link_id, self.lines.profile
        headers, lines = ([r.fields for o in orders for r in rows(o)] for rows in (_headers_of, _lines_of))
        named = {
            "companies": [fields["ID_Empresa"] for fields in headers],
            "contacts": [fields["ID_Contacto"] for fields in headers],
            "products": [fields["ID_Producto"] for fields in lines],
        }
        line_ids = [row.key for order in orders for row in order.lines]
        return Known(
            {
                entity: gathering.known_records(conn, link_id, entity, [key for key in keys if key])
                for entity, keys in named.items()
                if profile.capture_mode(entity) == "sql"
            },
            gathering.line_owners(conn, self.lines, line_ids),
            gathering.open_conflicts(conn, link_id, line_ids),
        )

    def _write(self, conn: Connection, whole: list[tuple[Order, Verdict]], run_id: str) -> int:
        """The orders' keys, then their rows in the ERP. Returns the number of rows."""
        if not whole:
            return 0
        now, link_id = utc_now(), self.lines.link_id
        entries = []
        for order, verdict in whole:
            assert verdict.header is not None
            snapshot = {"header": verdict.header.fields, "lines": [row.fields for row in verdict.lines]}
            payload = json.dumps(snapshot, ensure_ascii=False, sort_keys=True)
            entries.append(
                {"link_id": link_id, "order_id": order.order_id, "state": WRITTEN, "payload": payload,
                 "content_hash": hashlib.sha256(payload.encode()).hexdigest(), "at": now, "changed_at": now}
            )  # fmt: skip
        conn.execute(insert(schema.order), entries)
        headers = [verdict.header for _, verdict in whole if verdict.header is not None]
        lines = [row for _, verdict in whole for row in verdict.lines]
        for route, rows in ((self.headers, headers), (self.lines, lines)):
            clear_stage(conn, route, run_id)
            stage_ids(conn, route, run_id, [row.inbox_id for row in rows])
        for route, rows in ((self.headers, headers), (self.lines, lines)):
            write_target(conn, route.profile, route.entity, link_id, run_id, "U")
            _set_state(conn, route, rows, "applied")
        for route in (self.headers, self.lines):
            clear_stage(conn, route, run_id)
        return len(headers) + len(lines)

    # ------------------------------------------------------------ verdicts on rows
    def _set_aside(
        self, conn: Connection, order_id: str, headers: list[Row], lines: list[Row], faults: list[judging.Fault]
    ) -> int:
        """Hold or quarantine an order with every reason; returns the number of quarantined rows."""
        beyond_hope = any(fault.waits_for is None for fault in faults)
        outcome = "quarantine" if beyond_hope else "hold"
        until = verdicts.deadline(self.lines.profile.hold_days)
        waits = (WAITS, order_id)
        if not beyond_hope:
            waits = next(
                ((f.waits_for or WAITS, f.waits_key or order_id) for f in faults if f.waits_for != WAITS), waits
            )
        for route, rows in ((self.headers, headers), (self.lines, lines)):
            reasons = [
                Reason(row.inbox_id, fault.rule_id, fault.message, outcome, waits_for=waits[0], waits_key=waits[1])
                for row in rows
                for fault in faults
            ]
            verdicts.set_aside(conn, route, None, reasons, until)
            if beyond_hope:  # unless more of the same order comes
                _wait_for(conn, route, rows, *waits)
        return len(headers) + len(lines) if beyond_hope else 0

    def _mark(self, conn: Connection, rows: list[Row], state: str, order: Order) -> None:
        # By the rows: a header and a line may have one number, each in its own inbox.
        _set_state(conn, self.headers, [row for row in rows if row in order.headers], state)
        _set_state(conn, self.lines, [row for row in rows if row not in order.headers], state)

    def _note_conflicts(self, conn: Connection, order: Order, verdict: Verdict) -> None:
        """Keep what says otherwise, for a person to look at; what the ERP has stands."""
        for row, kept, why in verdict.conflicts:
            route = self.headers if row in order.headers else self.lines
            verdicts.write_reasons(conn, route, None, [Reason(row.inbox_id, "order.unchanged", why, "conflict")])
            _set_state(conn, route, [row], "conflict")
            conn.execute(
                insert(schema.conflict).values(
                    link_id=route.link_id, entity=route.entity.name, record_key=row.key, inbox_id=row.inbox_id,
                    winner="erp", why=why[:500], loser=json.dumps(row.fields, ensure_ascii=False, sort_keys=True),
                    kept=json.dumps(kept, ensure_ascii=False, sort_keys=True) if kept else None, at=utc_now(),
                )
            )  # fmt: skip


def _headers_of(order: Order) -> list[Row]:
    return order.headers


def _lines_of(order: Order) -> list[Row]:
    return order.lines


def _passed(route: Route, gated: list[int]) -> ColumnElement[bool]:
    inbox = route.inbox
    return and_(
        inbox.c.link_id == route.link_id, inbox.c.state == "pending", inbox.c.gate == GOOD, inbox.c.op == "U",
        inbox.c.taken_by.in_(gated),
    )  # fmt: skip


def _by_order(conn: Connection, route: Route, ids: list[int]) -> dict[str, list[int]]:
    """Inbox ids by the order that they belong to, in the order given."""
    inbox, numbers = route.inbox, dict[int, str]()
    for some in portions(ids):
        rows = conn.execute(select(inbox.c.inbox_id, inbox.c[ORDER_ID]).where(inbox.c.inbox_id.in_(some)))
        numbers |= {int(row[0]): str(row[1]) for row in rows}
    groups: dict[str, list[int]] = {}
    for each in ids:
        groups.setdefault(numbers[each], []).append(each)
    return groups


def _set_state(conn: Connection, route: Route, rows: list[Row], state: str) -> None:
    inbox = route.inbox
    for some in portions([row.inbox_id for row in rows]):
        conn.execute(update(inbox).where(inbox.c.inbox_id.in_(some)).values(state=state))


def _wait_for(conn: Connection, route: Route, rows: list[Row], what: str, key: str) -> None:
    inbox = route.inbox
    for some in portions([row.inbox_id for row in rows]):
        conn.execute(update(inbox).where(inbox.c.inbox_id.in_(some)).values(waits_for=what, waits_key=key))
