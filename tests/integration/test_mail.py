"""P31: one mail per order, state and recipient; what may have been taken is never sent again by itself."""

from __future__ import annotations

import smtplib
import threading
from collections.abc import Callable, Iterator
from email.message import EmailMessage

import pytest

from kit.mailbox import DROP, Mailbox, open_mailbox
from kit.orders import know_order, mails, say
from kit.world import PROFILES, World
from puente.db import schema
from puente.errors import LeaseHeld, PuenteError, StaleWorker
from puente.orders import mail
from puente.orders.mail import ATTEMPTS_ALLOWED, Unreachable
from puente.orders.smtp import MailServer, sender_to

pytestmark = pytest.mark.lean_gate


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with open_mailbox() as opened:
        yield opened


def send(world: World, mailbox: Mailbox, owner: str = "r/mail") -> dict[str, int]:
    with sender_to(mailbox.server) as post:
        return mail.send_mails(world.platform, world.link.link_id, owner, post, 60)


def send_by(world: World, post: Callable[[EmailMessage], None], owner: str = "r/mail") -> dict[str, int]:
    return mail.send_mails(world.platform, world.link.link_id, owner, post, 60)


def use_mail_settings(world: World, settings: str) -> None:
    text = (PROFILES / "mini_shop" / "profile.yaml").read_text(encoding="utf-8")
    head = text.split("orders:")[0]
    world.use_profile("platform", {"profile.yaml": f"{head}orders:\n  mail: {settings}\n"})


def statuses(world: World) -> list[str]:
    return [row["status"] for row in mails(world)]


def test_p31_one_mail_per_state_and_recipient_however_often(world: World, mailbox: Mailbox) -> None:
    use_mail_settings(world, "{internal: {enviado: [almacen@example.mx, ANA@example.mx], ACEPTADO: ventas@example.mx}}")
    know_order(world, "P1")
    for _ in range(3):
        say(world, "P1", "RECIBIDO EN ERP", "ACEPTADO", "ACEPTADO", "RECIBIDO EN ERP", "ENVIADO")
        send(world, mailbox)
    assert [(str(m["To"]), m["Subject"]) for m in mailbox.taken] == [
        ("ana@example.mx", "Pedido P1: recibido en ERP"),
        ("ana@example.mx", "Pedido P1: aceptado"),
        ("ventas@example.mx", "Pedido P1: aceptado"),
        ("ana@example.mx", "Pedido P1: enviado"),
        ("almacen@example.mx", "Pedido P1: enviado"),
    ]
    assert mailbox.envelopes == [[m["To"]] for m in mailbox.taken]
    assert len({m["Message-ID"] for m in mailbox.taken}) == 5
    assert set(statuses(world)) == {"sent"}
    assert not mail.has_waiting(world.platform, world.link.link_id)
    assert mail.doubtful(world.platform, world.link.link_id) == []


def test_p31_a_rolled_back_transition_leaves_no_mail(world: World) -> None:
    know_order(world, "P1")
    world.use_profile("platform", {"apply_order_states.sql": "UPDATE no_such_table SET x = 1;\n"})
    with pytest.raises(Exception, match="no_such_table"):
        say(world, "P1", "ACEPTADO")
    assert mails(world) == []
    assert world.rows_of("platform", schema.order_history) == []


def test_p31_a_crash_between_sending_and_marking_leaves_one_doubtful_mail(world: World, mailbox: Mailbox) -> None:
    know_order(world, "P1")
    say(world, "P1", "ACEPTADO", "ENVIADO")
    with sender_to(mailbox.server) as post:

        def die(message: EmailMessage) -> None:
            post(message)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            send_by(world, die)
    assert statuses(world) == ["sending", "waiting"]
    assert mail.has_waiting(world.platform, world.link.link_id)
    assert send(world, mailbox) == {"doubtful": 1, "sent": 1}
    assert send(world, mailbox) == {}
    (listed,) = mail.doubtful(world.platform, world.link.link_id)
    assert (listed["order_id"], listed["state"], listed["recipient"]) == ("P1", "ACEPTADO", "ana@example.mx")
    assert len(mailbox.taken) == 2


def test_p31_a_crash_before_the_dialogue_is_doubtful_too(world: World, mailbox: Mailbox) -> None:
    """Nobody can tell it from a crash after it."""
    know_order(world, "P1")
    say(world, "P1", "ACEPTADO")

    def die(_message: EmailMessage) -> None:
        raise SystemExit

    with pytest.raises(SystemExit):
        send_by(world, die)
    assert send(world, mailbox) == {"doubtful": 1}
    assert mailbox.taken == []


def test_p31_h24_the_connection_drops_after_the_message_was_accepted(world: World, mailbox: Mailbox) -> None:
    know_order(world, "P1")
    say(world, "P1", "ACEPTADO", "ENVIADO")
    mailbox.data = [DROP]
    assert send(world, mailbox) == {"doubtful": 1, "sent": 1}  # the second over a connection of its own
    assert send(world, mailbox) == {}
    assert len(mailbox.taken) == 2
    (listed,) = mail.doubtful(world.platform, world.link.link_id)
    assert listed["state"] == "ACEPTADO" and listed["error"] and "plain" not in listed

    mail.resend(world.platform, world.link.link_id, listed["mail_id"], "eva", "no le llegó")
    assert send(world, mailbox) == {"sent": 1}
    assert mailbox.taken[0]["Message-ID"] == mailbox.taken[2]["Message-ID"] == listed["message_id"]
    (decision,) = world.rows_of("platform", schema.decision)
    assert (decision["action"], decision["who"], decision["value"]) == ("resend", "eva", str(listed["mail_id"]))
    with pytest.raises(PuenteError, match="neither doubtful nor refused"):
        mail.resend(world.platform, world.link.link_id, listed["mail_id"], "eva")


def test_a_connection_lost_before_the_text_is_tried_again(world: World, mailbox: Mailbox) -> None:
    know_order(world, "P1")
    say(world, "P1", "ACEPTADO")
    mailbox.rcpt = [DROP]
    assert send(world, mailbox) == {"waiting": 1}
    assert send(world, mailbox) == {"sent": 1}
    assert len(mailbox.taken) == 1


@pytest.mark.parametrize("where", ["rcpt", "data"])
def test_what_the_server_refuses_for_now_is_tried_again(world: World, mailbox: Mailbox, where: str) -> None:
    know_order(world, "P1")
    say(world, "P1", "ACEPTADO")
    setattr(mailbox, where, ["451 más tarde"])
    assert send(world, mailbox) == {"waiting": 1}
    (row,) = mails(world)
    assert row["attempts"] == 1 and "451" in row["error"]
    assert send(world, mailbox) == {"sent": 1}
    assert len(mailbox.taken) == 1


def test_a_mail_that_is_always_put_off_is_given_up(world: World, mailbox: Mailbox) -> None:
    know_order(world, "P1")
    say(world, "P1", "ACEPTADO")
    mailbox.data = ["451 later"] * 9
    outcomes = [send(world, mailbox) for _ in range(ATTEMPTS_ALLOWED + 1)]
    assert outcomes == [*[{"waiting": 1}] * (ATTEMPTS_ALLOWED - 1), {"refused": 1}, {}]
    mail.resend(world.platform, world.link.link_id, mails(world)[0]["mail_id"], "eva")
    mailbox.data = []
    assert send(world, mailbox) == {"sent": 1}


@pytest.mark.parametrize("where", ["rcpt", "data"])
def test_what_the_server_refuses_for_good_does_not_stop_the_rest(world: World, mailbox: Mailbox, where: str) -> None:
    know_order(world, "P1", Envio_Email="nadie@example.mx")
    know_order(world, "P2")
    say(world, "P1", "ACEPTADO")
    say(world, "P2", "ACEPTADO")
    setattr(mailbox, where, ["550 no such user"])
    assert send(world, mailbox) == {"refused": 1, "sent": 1}
    assert send(world, mailbox) == {}
    assert [m["To"] for m in mailbox.taken] == ["ana@example.mx"]
    assert "550 no such user" in mails(world)[0]["error"]


def test_no_server_touches_no_mail(world: World, mailbox: Mailbox) -> None:
    know_order(world, "P1")
    say(world, "P1", "ACEPTADO")
    nobody = MailServer("127.0.0.1", 1, "tienda@example.mx", timeout=5)
    with pytest.raises(Unreachable), sender_to(nobody):
        pass
    assert (statuses(world), mails(world)[0]["attempts"]) == (["waiting"], 0)
    assert send(world, mailbox) == {"sent": 1}


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ConnectionRefusedError(), "waiting"),
        (smtplib.SMTPSenderRefused(421, b"busy", "x"), "waiting"),
        (smtplib.SMTPSenderRefused(553, b"who?", "x"), "refused"),
        (smtplib.SMTPServerDisconnected("gone"), "doubtful"),
        (TimeoutError(), "doubtful"),
        (ConnectionResetError(), "doubtful"),
        (ValueError("a bug"), "doubtful"),
    ],
)
def test_what_an_error_says_of_the_mail(error: Exception, outcome: str) -> None:
    assert mail.outcome_of(error) == outcome


def test_utf8_and_what_people_typed(world: World, mailbox: Mailbox) -> None:
    know_order(world, "Ñ-1")
    say(world, "Ñ-1", "RECHAZADO", reason="Crédito <agotado> 😀\r\nBcc: todos@example.mx & más")
    assert send(world, mailbox) == {"sent": 1}
    (message,) = mailbox.taken
    assert message["Subject"] == "Pedido Ñ-1: rechazado"
    assert message["From"] == "tienda@example.mx"
    assert message["Bcc"] is None and mailbox.envelopes == [["ana@example.mx"]]
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None and html is not None
    assert "Motivo: Crédito <agotado> 😀 Bcc: todos@example.mx & más" in plain.get_content()
    assert "El pedido fue rechazado." in plain.get_content()
    assert "Motivo: Crédito &lt;agotado&gt; 😀 Bcc: todos@example.mx &amp; más" in html.get_content()


def test_english_on_request(world: World, mailbox: Mailbox) -> None:
    use_mail_settings(world, "{language: en}")
    know_order(world, "P1")
    say(world, "P1", "RECHAZADO", reason="no credit")
    assert send(world, mailbox) == {"sent": 1}
    (message,) = mailbox.taken
    body = message.get_body(("plain",))
    assert message["Subject"] == "Order P1: rejected"
    assert body is not None and "Reason: no credit" in body.get_content()


def test_what_is_no_address_is_kept_as_refused(world: World, mailbox: Mailbox) -> None:
    know_order(world, "P1", Envio_Email="ana@example.mx\r\nBcc: todos@example.mx")
    know_order(world, "P2", Envio_Email=" ", Facturacion_Email="pagos@example.mx")
    know_order(world, "P3", Envio_Email=None)
    for order in ("P1", "P2", "P3"):
        assert say(world, order, "ACEPTADO")[0].verdict == "applied"
    assert statuses(world) == ["refused", "waiting"]
    assert send(world, mailbox) == {"sent": 1}
    assert mailbox.envelopes == [["pagos@example.mx"]]


def test_p31_two_senders_at_once_send_once(world: World, mailbox: Mailbox) -> None:
    know_order(world, "P1")
    say(world, "P1", "RECIBIDO EN ERP", "ACEPTADO", "ENVIADO")
    inside, go_on = threading.Event(), threading.Event()
    with sender_to(mailbox.server) as post:

        def slowly(message: EmailMessage) -> None:
            inside.set()
            assert go_on.wait(30)
            post(message)

        first = threading.Thread(target=send_by, args=(world, slowly, "r1/mail"))
        first.start()
        assert inside.wait(30)
        with pytest.raises(LeaseHeld):
            send(world, mailbox, "r2/mail")
        go_on.set()
        first.join(30)
    assert len(mailbox.taken) == 3
    assert set(statuses(world)) == {"sent"}


def test_p31_a_sender_that_was_overtaken_stops(world: World, mailbox: Mailbox) -> None:
    """Its mail in flight is doubtful, the rest is its successor's."""
    know_order(world, "P1")
    say(world, "P1", "ACEPTADO", "ENVIADO")
    outcomes: list[dict[str, int]] = []
    with sender_to(mailbox.server) as post:

        def overtaken(message: EmailMessage) -> None:
            post(message)
            outcomes.append(send(world, mailbox))  # the same task's next try

        with pytest.raises(StaleWorker):
            send_by(world, overtaken)
    assert outcomes == [{"doubtful": 1, "sent": 1}]
    assert statuses(world) == ["doubtful", "sent"]
    assert len(mailbox.taken) == 2
