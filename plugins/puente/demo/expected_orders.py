"""What the demo's third day must come to, worked out from the generated data and the staff's decisions.

The rules, independent of the code that they check:
- an order goes to the ERP in the first round in which its customer has an id there, its totals add up and its pieces
  are in stock; pieces that an earlier order was promised in the same round make it wait for the next one;
- what is short of stock is refused; what is cancelled in the shop before that never goes;
- the ERP has received an order in the round in which it was sent; then its staff say what becomes of it;
- a customer born in the shop comes back from the ERP with an id and nothing else new;
- every state that an order really takes gives one mail to the buyer and one to each address in the house.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import yaml

from puente import settings
from puente.contract import Side
from puente.demo.erp import money
from puente.demo.orders import TORN_LINES, TORN_ORDER, Order, ShopDay, shop_day
from puente.demo.shopping import AFTERNOON, MORNING, SHIPPED, Decisions

Counts = dict[str, dict[str, int]]
RECEIVED, SHORT, CANCELLED, INVOICED = "RECIBIDO EN ERP", "RECHAZADO POR EXISTENCIAS", "CANCELADO", "FACTURADO"
STAFF: dict[int, Decisions] = {4: MORNING, 5: AFTERNOON}


@dataclass(frozen=True)
class Outcome:
    """Customers by entity, orders by state, why some of them do not go on, mails by state.

    `messages`: what lies in the mailbox. As an expectation a reason is what the text must contain, parted by ` … `.
    """

    sent: dict[str, int]
    answered: dict[str, int]
    states: dict[str, int]
    invoiced: list[str]
    reasons: dict[str, str]
    waits: dict[str, str]
    held: dict[str, str]
    duplicates: list[str]
    mails: dict[str, int]
    unsent: int
    messages: int

    def differs(self, wanted: Outcome) -> list[str]:
        """The names of the fields that are not as wanted."""
        wrong = []
        for name, value in vars(wanted).items():
            mine = getattr(self, name)
            told = name in ("reasons", "waits", "held")
            if not (_told(mine, value) if told else mine == value):
                wrong.append(name)
        return wrong


def _told(reasons: dict[str, str], wanted: dict[str, str]) -> bool:
    return reasons.keys() == wanted.keys() and all(
        part in reasons[key] for key, parts in wanted.items() for part in parts.split(" … ")
    )


@dataclass
class _Trail:
    """One order: the round in which it was sent (None: never), and its states by round, in order."""

    order: Order
    sent: int | None = None
    states: list[tuple[int, str]] = field(default_factory=list)
    reason: str | None = None
    waits: str | None = None
    invoiced: bool = False

    @property
    def number(self) -> str:
        return str(self.order.number)


def expected_outcome(seed: int = 7, articles: int = 640) -> Outcome:
    """After the last round."""
    day, trails = shop_day(seed, articles), _trails(seed, articles)
    internal = _profile()["mail"]["internal"]
    mails = Counter(state for trail in trails for _, state in trail.states for _ in (trail, *internal.get(state, ())))
    born = {"companies": len(day.newcomers) + 1, "contacts": len(day.contacts)}
    return Outcome(
        sent={"companies": born["companies"] + 1, "contacts": born["contacts"]},  # and the edited one
        answered=born,
        states=dict(Counter(trail.states[-1][1] for trail in trails)),
        invoiced=sorted(trail.number for trail in trails if trail.invoiced),
        reasons={trail.number: trail.reason for trail in trails if trail.reason},
        waits={trail.number: trail.waits for trail in trails if trail.waits},
        held={TORN_ORDER: f"0 de {TORN_LINES} líneas"},
        duplicates=[str(day.order("sent twice").number)],
        mails=dict(mails),
        unsent=0,
        messages=sum(mails.values()),
    )


def to_erp(round: int, seed: int = 7, articles: int = 640) -> Counts:
    """What the ERP's reader must count in this round."""
    day = shop_day(seed, articles)
    sent = [trail.order for trail in _trails(seed, articles) if trail.sent == round]
    known, new = _contacts_by_round(day)
    counts = {
        "order_headers": _all_applied(len(sent)),
        "order_lines": _all_applied(sum(len(order.lines) for order in sent)),
    }
    if round == 3:
        counts["companies"] = _all_applied(len(day.newcomers) + 2)  # the one in both and the edited one
        counts["contacts"] = _all_applied(known)
        _add(counts["order_headers"], read=1, held=1)
    if round == 4:
        twice = day.order("sent twice")
        counts["contacts"] = _all_applied(new)
        counts["order_states"] = _all_applied(1)  # the shop asks for one to be cancelled
        _add(counts["order_headers"], read=1, duplicate=1)
        _add(counts["order_lines"], read=len(twice.lines), duplicate=len(twice.lines))
    return counts


def to_shop(round: int, seed: int = 7, articles: int = 640) -> Counts:
    """What the shop's reader must count in this round: answers with ids, states, and stock that was booked out."""
    day, trails = shop_day(seed, articles), _trails(seed, articles)
    known, new = _contacts_by_round(day)
    received = sum(trail.sent == round for trail in trails)
    counts = {"order_states": _all_applied(received + len(STAFF.get(round, {})))}
    if round == 3:
        counts["companies"] = _answers(len(day.newcomers) + 1)
        counts["contacts"] = _answers(known)
    if round == 4:
        counts["contacts"] = _answers(new)
    shipped = [day.order(story) for story, (state, _) in STAFF.get(round, {}).items() if state == SHIPPED]
    counts["products"] = _all_applied(len({article.key for order in shipped for article, _ in order.lines}))
    return counts


def added(round: int, reader: Side, seed: int = 7, articles: int = 640) -> dict[str, int]:
    """Records by entity that the reader's side has after this round and had not before the third."""
    day = shop_day(seed, articles)
    companies = len(day.newcomers) + 1
    if reader == "platform":
        return {"companies": companies, "contacts": len(day.contacts)}
    there = [trail.order for trail in _trails(seed, articles) if trail.sent is not None and trail.sent <= round]
    known, new = _contacts_by_round(day)
    return {
        "companies": companies,
        "contacts": known + (new if round > 3 else 0),
        "order_headers": len(there),
        "order_lines": sum(len(order.lines) for order in there),
    }


# ---------------------------------------------------------------- the rules
@cache
def _trails(seed: int, articles: int) -> list[_Trail]:
    day = shop_day(seed, articles)
    trails = [_Trail(order, states=[(3, "VALIDANDO EXISTENCIAS")]) for order in day.orders]
    figures = {article.key: article.stock for order in day.orders for article, _ in order.lines}
    for round in (3, 4, 5):
        for story, (state, reason) in STAFF.get(round, {}).items():
            trail = next(trail for trail in trails if trail.order.story == story)
            if state == INVOICED:
                trail.invoiced = True
            else:
                trail.states.append((round, state))
                trail.reason = reason
        if round < 5:
            _emit(trails, round, figures)
    return trails


def _emit(trails: list[_Trail], round: int, figures: dict[str, int]) -> None:
    """One round of the shop's capture. Whoever sends first is promised the pieces; then the ERP's figures follow."""
    promised: Counter[str] = Counter()
    for trail in trails:
        order = trail.order
        if len(trail.states) > 1 or trail.sent is not None:
            continue
        if order.cancelled:
            trail.states.append((round, CANCELLED))
            continue
        if order.off:
            trail.waits = f"Total es {money(order.total)} … da {money(order.total - order.off)}"
            continue
        if order.company and order.company.erp_id is None and round == 3:
            continue  # waits for its customer's id
        short = [(a, n) for a, n in order.lines if figures[a.key] < n]
        if short:
            trail.states.append((round, SHORT))
            trail.reason = "; ".join(f"{a.sku}: pedidos {n}, hay {figures[a.key]}" for a, n in short)
        elif all(figures[a.key] - promised[a.key] >= n for a, n in order.lines):
            trail.sent = round
            trail.states += [(round, "EMITIENDO AL ERP"), (round, RECEIVED)]
            promised.update({a.key: n for a, n in order.lines})
    for key, pieces in promised.items():
        figures[key] -= pieces


def _contacts_by_round(day: ShopDay) -> tuple[int, int]:
    """Contacts that can go at once, and those whose company must get its id first."""
    at_once = sum(contact.company.erp_id is not None for contact in day.contacts)
    return at_once, len(day.contacts) - at_once


def _all_applied(rows: int) -> dict[str, int]:
    return {"read": rows, "applied": rows}


def _answers(rows: int) -> dict[str, int]:
    return {"read": rows, "unchanged": rows}


def _add(counts: dict[str, int], **more: int) -> None:
    for name, rows in more.items():
        counts[name] = counts.get(name, 0) + rows


@cache
def _profile() -> dict[str, Any]:
    path = settings.ROOT / "include" / "sql" / "profiles" / "demo_shop" / "profile.yaml"
    orders: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["orders"]
    return orders
