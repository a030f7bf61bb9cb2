"""The shop's orders as one consistent reading shows them: whole, canonical, each with the hash of its content.

The profile's two SELECTs are read in one transaction, so an order that is being edited is seen before or after, never
half. Of orders that were settled long ago only the hash is kept in memory.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, select

from puente import contract
from puente.contract import Column
from puente.db import schema
from puente.db.stream import one_reading, stream_in
from puente.errors import ContractBroken
from puente.order_states import Origin, canonical_state
from puente.profiles import Profile
from puente.sync.forms import fingerprint_version
from puente.sync.route import Bridge
from puente.sync.verdicts import portions
from puente.transforms.canonical import contract_columns, row_hashes
from puente.transforms.fitting import find_unfit

HEADER = contract.QUEUES["Pedidos_Cabecera"].columns
LINE = contract.QUEUES["Pedidos_Detalles"].columns
OWN_COMPANY, OWN_CONTACT = "ID_Empresa_Plataforma", "ID_Contacto_Plataforma"
_HEADER_READ = (*HEADER, Column(OWN_COMPANY, "key", 64), Column(OWN_CONTACT, "key", 64))
_ID, _LINE_ID, _STATE = "ID_Pedido_Cabecera", "ID_Pedido_Detalles", "Estado_Pedido"
# Said by Puente in the shop, or filled in when the ERP gives an id: no edit of the order.
_NOT_CONTENT = {_STATE, "ID_Empresa", "ID_Contacto", OWN_COMPANY, OWN_CONTACT}

VALIDATING, EMITTING = "VALIDANDO EXISTENCIAS", "EMITIENDO AL ERP"
SHORT, CANCELLED = "RECHAZADO POR EXISTENCIAS", "CANCELADO"
PLATFORM: Origin = "PLATAFORMA"

Fields = dict[str, str | None]


@dataclass(frozen=True)
class Known:
    """What `puente_order` says of an order."""

    state: str
    waits: str | None
    content_hash: str | None
    emitted: bool
    since: str


@dataclass
class ShopOrder:
    """One order of the shop: canonical text by contract column; `faults` says in Spanish what is torn or unfit."""

    order_id: str
    header: Fields
    form: str
    known: Known | None
    lines: list[Fields] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    content_hash: str = ""

    @property
    def shop_state(self) -> str | None:
        return canonical_state(self.header[_STATE] or "")

    def snapshot(self) -> str:
        """JSON of what is emitted; `form` names the profile's version, on which the hash depends."""
        content = {"form": self.form, "header": self.header, "lines": self.lines}
        return json.dumps(content, ensure_ascii=False, sort_keys=True)


@dataclass(frozen=True)
class Reading:
    """What a reading found.

    `open`: orders that are new or still wait, the longest waiting first. `edited`: emitted ones whose content is
    another now, and nobody was told of this one. `rebased`: emitted ones whose hash is another because the profile is:
    id, hash, snapshot in the new form. `cancelled`: ids of emitted ones that the shop shows as cancelled and we do
    not. `vanished`: ids that wait and are shown no more. `unfit`: what cannot even be noted as an order, and why.
    """

    open: list[ShopOrder]
    edited: list[ShopOrder]
    rebased: list[tuple[str, str, str]]
    cancelled: list[str]
    vanished: list[str]
    unfit: list[str]
    seen: int


def read_shop(bridge: Bridge) -> Reading | None:
    """Read the shop's orders; None when its profile shows none. ContractBroken when a SELECT lacks columns."""
    profile = bridge.profile("platform")
    headers, lines = (_select_of(profile, entity) for entity in ("order_headers", "order_lines"))
    if headers is None and lines is None:
        return None
    if headers is None or lines is None:
        raise ContractBroken(
            f"Profile {profile.name} needs both capture_order_headers.sql and capture_order_lines.sql."
        )
    with one_reading(bridge.platform) as conn:
        return _Reader(bridge, profile, conn, headers, lines).read()


def _select_of(profile: Profile, entity: str) -> str | None:
    sql = profile.sql("capture", entity) if profile.capture_mode(entity) == "sql" else None
    return None if sql is None else sql.strip().rstrip(";")


class _Reader:
    def __init__(self, bridge: Bridge, profile: Profile, conn: Connection, headers: str, lines: str) -> None:
        self._db, self._conn, self._link_id = bridge.platform, conn, bridge.link.link_id
        self._profile, self._headers, self._lines = profile, headers, lines
        self._chunk, self._form = bridge.settings.receive_chunk, fingerprint_version(profile)

    def read(self) -> Reading:
        pages = list(self._pages(self._headers, _HEADER_READ, "order_headers"))
        ids = [number or "" for page in pages for number in page[_ID].to_pylist()]
        known = known_orders(self._conn, self._link_id, ids)
        whole: dict[str, ShopOrder] = {}
        hashes: dict[str, str] = {}  # of the headers
        cancelled: list[str] = []
        unfit: list[str] = []
        settled = {number for number, each in known.items() if each.state != VALIDATING}
        for page in pages:
            self._note_headers(page, known, settled, whole, hashes, cancelled, unfit)
        line_hashes = self._read_lines(whole, hashes.keys())
        contents = {number: _content(hashes[number], line_hashes.get(number, [])) for number in hashes}
        for number, order in whole.items():
            order.content_hash = contents[number]
        changed = {
            number: contents[number]
            for number in settled & hashes.keys()
            if known[number].emitted and known[number].content_hash not in (None, contents[number])
        }
        rebased = self._of_another_form(changed)
        told = self._already_told(changed)
        edited = self._whole_orders(pages, changed.keys() - told - {number for number, *_ in rebased}, known)
        for order in edited:
            order.content_hash = contents[order.order_id]
        ranks = {number: rank for rank, number in enumerate(whole)}
        waiting = sorted(whole.values(), key=lambda o: (o.known.since if o.known else "~", ranks[o.order_id]))
        return Reading(waiting, edited, rebased, cancelled, self._vanished(hashes.keys()), unfit, len(ids))

    def _pages(self, sql: str, columns: tuple[Column, ...], entity: str) -> Iterator[dict[str, pa.Array]]:
        # Without the shop's own numbers a customer who waits for the ERP's id would look like a guest.
        always = {OWN_COMPANY, OWN_CONTACT, "Total"} if entity == "order_headers" else set()
        required = [c.name for c in columns if c.name in always or (c.required and c.name != _STATE)]
        for page in stream_in(self._conn, self._db, sql, self._chunk):
            present = {name.lower() for name in page.column_names}
            missing = [name for name in required if name.lower() not in present]
            if missing:
                raise ContractBroken(
                    f"capture_{entity}.sql of profile {self._profile.name} yields no {', '.join(missing)}. "
                    "No order was emitted; name the columns as the contract does."
                )
            yield contract_columns(page, columns)

    def _note_headers(
        self,
        page: dict[str, pa.Array],
        known: Mapping[str, Known],
        settled: Collection[str],
        whole: dict[str, ShopOrder],
        hashes: dict[str, str],
        cancelled: list[str],
        unfit: list[str],
    ) -> None:
        problems, keyless = find_unfit(page, HEADER), find_unfit(page, HEADER[:1], (_ID,))
        states = page[_STATE].to_pylist()
        for index, (number, header_hash) in enumerate(zip(page[_ID].to_pylist(), _header_hashes(page), strict=True)):
            if index in keyless:
                unfit.append(f"order_headers {number or '(sin número)'}: {keyless[index]}")
                continue
            if number in hashes:
                if number in whole:
                    whole[number].faults.append("el pedido aparece más de una vez en la tienda")
                continue
            hashes[number] = header_hash
            if number in settled:
                now = known[number]
                if now.emitted and now.state != CANCELLED and canonical_state(states[index] or "") == CANCELLED:
                    cancelled.append(number)
                continue
            whole[number] = self._order(number, page, index, known.get(number))
            if index in problems:
                whole[number].faults.append(f"no cabe en el contrato: {problems[index]}")

    def _order(self, number: str, page: dict[str, pa.Array], index: int, known: Known | None) -> ShopOrder:
        return ShopOrder(number, {name: values[index].as_py() for name, values in page.items()}, self._form, known)

    def _read_lines(self, whole: Mapping[str, ShopOrder], wanted: Collection[str]) -> dict[str, list[str]]:
        """The hashes of each order's lines; the lines themselves go into the orders of `whole`."""
        hashes: dict[str, list[str]] = defaultdict(list)
        owners: dict[str, str] = {}
        for page in self._pages(self._lines, LINE, "order_lines"):
            problems = find_unfit(page, LINE, (_LINE_ID,))
            rows = zip(page[_ID].to_pylist(), page[_LINE_ID].to_pylist(), row_hashes(list(page.values())), strict=True)
            for index, (number, line_id, line_hash) in enumerate(rows):
                if number not in wanted:
                    continue
                hashes[number].append(line_hash)
                first = owners.get(line_id) if line_id else None
                if line_id and first is None:
                    owners[line_id] = number
                if number in whole:
                    order = whole[number]
                    order.lines.append({name: values[index].as_py() for name, values in page.items()})
                    if index in problems:
                        order.faults.append(f"línea {line_id or '(sin número)'} no cabe: {problems[index]}")
                if first == number and number in whole:
                    whole[number].faults.append(f"la línea {line_id} aparece más de una vez")
                elif first is not None:
                    for other in {first, number} & whole.keys():
                        whole[other].faults.append(f"la línea {line_id} está en los pedidos {first} y {number}")
        return hashes

    def _whole_orders(
        self, pages: list[dict[str, pa.Array]], numbers: Collection[str], known: Mapping[str, Known]
    ) -> list[ShopOrder]:
        """Orders of which only the hash was kept, read once more in the same transaction."""
        if not numbers:
            return []
        found: dict[str, ShopOrder] = {}
        for page in pages:
            for index, number in enumerate(page[_ID].to_pylist()):
                if number in numbers and number not in found:
                    found[number] = self._order(number, page, index, known[number])
        self._read_lines(found, numbers)
        return list(found.values())

    def _of_another_form(self, changed: Mapping[str, str]) -> list[tuple[str, str, str]]:
        order, found = schema.order, []
        for some in portions(sorted(changed)):
            mine = select(order.c.order_id, order.c.payload).where(
                order.c.link_id == self._link_id, order.c.order_id.in_(some)
            )
            for number, payload in self._conn.execute(mine):
                snapshot = json.loads(payload or "{}")
                if snapshot.get("form") != self._form:
                    again = json.dumps({**snapshot, "form": self._form}, ensure_ascii=False, sort_keys=True)
                    found.append((number, changed[number], again))
        return found

    def _already_told(self, changed: Mapping[str, str]) -> set[str]:
        """The edited orders of whose present content a conflict row speaks."""
        conflict, found = schema.conflict, set[str]()
        for some in portions(sorted(changed)):
            mine = select(conflict.c.record_key, conflict.c.loser).where(
                conflict.c.link_id == self._link_id, conflict.c.entity == "order_headers",
                conflict.c.record_key.in_(some),
            )  # fmt: skip
            rows = self._conn.execute(mine)
            found |= {number for number, loser in rows if json.loads(loser).get("content_hash") == changed[number]}
        return found

    def _vanished(self, present: Collection[str]) -> list[str]:
        order = schema.order
        mine = select(order.c.order_id).where(order.c.link_id == self._link_id, order.c.state == VALIDATING)
        return [number for number in self._conn.execute(mine).scalars() if number not in present]


def known_orders(conn: Connection, link_id: str, ids: Collection[str]) -> dict[str, Known]:
    order, found = schema.order, dict[str, Known]()
    for some in portions(sorted(set(ids))):
        rows = conn.execute(
            select(
                order.c.order_id, order.c.state, order.c.waits, order.c.content_hash, order.c.emitted_at, order.c.at
            ).where(order.c.link_id == link_id, order.c.order_id.in_(some))
        )
        for number, state, waits, content_hash, emitted_at, since in rows:
            found[number] = Known(state, waits, content_hash, emitted_at is not None, since or "")
    return found


def _header_hashes(page: dict[str, pa.Array]) -> list[str]:
    """The customer counts by the shop's own number where there is one, for the ERP's id comes later."""
    pairs = ((OWN_COMPANY, "ID_Empresa"), (OWN_CONTACT, "ID_Contacto"))
    customer = [pc.coalesce(page[own], page[erp]) for own, erp in pairs]
    return row_hashes([*(values for name, values in page.items() if name not in _NOT_CONTENT), *customer])


def _content(header_hash: str, line_hashes: list[str]) -> str:
    return hashlib.sha256("\n".join([header_hash, *sorted(line_hashes)]).encode()).hexdigest()
