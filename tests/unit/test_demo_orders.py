"""The demo's day in the shop, what it must come to, and the mailbox."""

from __future__ import annotations

import smtplib
import socket
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import pytest

from puente.demo.erp import generate, with_own_rfc
from puente.demo.expected_orders import expected_outcome, to_erp, to_shop
from puente.demo.mailbox import open_mailbox
from puente.demo.orders import shop_day
from puente.demo.show import lines_of
from puente.order_states import STATES, canonical_state


def test_the_day_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    again = shop_day.__wrapped__()
    assert again == shop_day() and again is not shop_day()
    assert shop_day(8).orders != shop_day().orders


@pytest.mark.parametrize(("seed", "articles"), [(7, 640), (8, 640), (9, 200), (10, 300)])
def test_every_story_is_what_its_name_says(seed: int, articles: int) -> None:
    day = shop_day(seed, articles)
    erp = generate(seed, articles)
    assert [order.number for order in day.orders] == list(range(1, len(day.orders) + 1))
    for order in day.orders:
        wrong = [a.sku for a, pieces in order.lines if a.stock < pieces]
        assert len(wrong) == (2 if order.story == "no stock" else 0)
        assert bool(order.off) == (order.story == "wrong total")
        assert order.company is None or order.story != "guest"
    last, late = (dict(day.order(story).lines) for story in ("last pieces", "too late"))
    assert last.keys() == late.keys() and all(article.stock == pieces for article, pieces in last.items())
    taken = {row["RFC"] for row in erp.tables["CLIENTE"]}
    assert taken.isdisjoint(company.rfc for company in (*day.newcomers, day.in_both))
    assert day.typed_in["RFC"] == day.in_both.rfc
    assert day.edited.erp_id in {row["CVE_CTE"] for row in with_own_rfc(erp.tables)}
    known = [order.company.erp_id for order in day.orders if order.company and order.company.erp_id]
    assert len(known) == len(set(known)), "one order a customer: the trails stay apart"


def test_what_the_day_comes_to() -> None:
    day, outcome = shop_day(), expected_outcome()
    assert sum(outcome.states.values()) == len(day.orders)
    assert {canonical_state(state) for state in (*outcome.states, *outcome.mails)} <= set(STATES)
    assert outcome.mails["VALIDANDO EXISTENCIAS"] == len(day.orders)
    assert outcome.mails["RECIBIDO EN ERP"] == 2 * outcome.mails["EMITIENDO AL ERP"], "the house hears of it too"
    assert outcome.states["RECHAZADO POR EXISTENCIAS"] == 2 and len(outcome.waits) == len(outcome.held) == 1
    sent = sum(to_erp(round)["order_headers"]["applied"] for round in (3, 4, 5))
    assert sent == outcome.mails["EMITIENDO AL ERP"] == 9
    said = sum(to_shop(round)["order_states"]["applied"] for round in (3, 4, 5))
    assert said == 9 + 10, "received, and what the staff decided in the morning and in the afternoon"


def test_another_outcome_is_shown_beside_the_right_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUENTE_LANGUAGE", "en")
    wanted = expected_outcome()
    told = {number: reason.replace(" … ", " and not ") for number, reason in wanted.waits.items()}
    assert replace(wanted, waits=told).differs(wanted) == []
    wrong = replace(wanted, held={}, mails={**wanted.mails, "ENVIADO": 7})
    assert wrong.differs(wanted) == ["held", "mails"]
    lines = list(lines_of(wrong))
    assert "    expected: Mails by state:" in lines and "    expected: 1  ENVIADO" in lines
    assert not any("expected" in line for line in lines_of(wanted))


def test_the_mailbox_keeps_what_it_takes_and_is_gone_afterwards(tmp_path: Path) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "Pedido 5: cancelado por Núñez", "a@b.example", "c@d.example"
    message.set_content("El pedido fue cancelado.\n")
    for number in (1, 2):  # the numbers go on where an earlier server ended
        with open_mailbox(tmp_path / "mail") as port, smtplib.SMTP("127.0.0.1", port, timeout=5) as server:
            server.send_message(message)
        files = sorted(path.name for path in (tmp_path / "mail").iterdir())
        assert files[-1] == f"00{number}-pedido-5-cancelado-por-nunez.eml" and len(files) == number
    kept = message_from_bytes((tmp_path / "mail" / files[0]).read_bytes())
    assert kept["To"] == "c@d.example"
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        pass
