"""On-call is told once, by mail and by chat, with the runbook; again only after hours; also without a database."""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import SQLAlchemyError
from typer.testing import CliRunner

from kit.chat import Chat, open_chat
from kit.keys import RING
from kit.mailbox import open_mailbox
from kit.orders import mails
from kit.world import World
from puente import cli
from puente.cli import setup
from puente.db import schema
from puente.db.connect import open_database
from puente.errors import GateClosed, LeaseHeld, Paused, PuenteError, Unbalanced
from puente.nightly import backup, drill, inventory, loading, restore_report, traffic
from puente.oncall import conditions, direct, folding, targets
from puente.oncall.alerts import KINDS, Alert, Folded, message, runbook
from puente.orchestration.alerting import failure, to_tell
from puente.orchestration.links import of_dag
from puente.orders.smtp import MailServer, sender_to
from puente.settings import ROOT, Link, Settings, load_settings
from puente.sync import doctor
from puente.sync.leases import acquire
from puente.sync.route import Bridge, Run, stored

pytestmark = [pytest.mark.lean_gate, pytest.mark.not_expressible("sqlite-mariadb", "the other pairs show both engines")]
one_engine = pytest.mark.not_expressible("m*-mariadb", "nothing of it is the engine's")
NOW = dt.datetime(2026, 11, 24, 9, 10, tzinfo=dt.UTC)  # 03:10 in Mexico
HOUR = dt.timedelta(hours=1)
FAILED = Alert("task_failed", "low_stock.propose", "It failed.", "http://airflow/log")


@pytest.fixture
def chat() -> Iterator[Chat]:
    with open_chat() as opened:
        yield opened


def rows(world: World) -> list[dict[str, Any]]:
    return world.rows_of("platform", schema.alert)


def happens(world: World, at: dt.datetime, alert: Alert = FAILED) -> None:
    folding.record(world.bridge, alert, at)
    folding.deliver(world.bridge, "w")


def test_repeated_alerts_are_folded(world: World, chat: Chat) -> None:
    world.set(oncall=f"{chat.url} guardia@example.mx")
    for minutes in range(0, 60, 5):
        happens(world, NOW + dt.timedelta(minutes=minutes))
    assert chat.titles == ["Puente (main): Falló una tarea: low_stock.propose"]
    folding.settle(world.bridge, [], conditions.LOOKED_AT, NOW + 3 * HOUR)
    assert folding.deliver(world.bridge, "w") == {}, "it is too early"
    folding.settle(world.bridge, [], conditions.LOOKED_AT, NOW + 4 * HOUR)
    folding.settle(world.bridge, [], conditions.LOOKED_AT, NOW + 5 * HOUR)
    folding.deliver(world.bridge, "w")
    first, second = (message["message"] for message in chat.taken)
    assert "veces" not in first and "12 veces desde 2026-11-24 03:10 (America/Mexico_City)" in second
    assert all(
        "Qué hacer: docs/runbooks/dag_failed.md" in text and "http://airflow/log" in text for text in (first, second)
    )
    assert [mail["recipient"] for mail in mails(world)] == ["guardia@example.mx"] * 2, "one mail a telling"
    happens(world, NOW + 9 * HOUR)
    assert len(chat.taken) == 3 and "veces" not in chat.taken[2]["message"], "after a quiet time it begins anew"


def test_what_lasts_is_not_counted_and_ends(world: World, chat: Chat) -> None:
    world.set(oncall=chat.url, language="en")
    late = Alert("backup_late", "", "None.")

    def look(at: dt.datetime, *lasting: Alert) -> None:
        folding.settle(world.bridge, lasting, conditions.LOOKED_AT, at)
        folding.deliver(world.bridge, "w")

    for minutes in range(0, 245, 5):
        look(NOW + dt.timedelta(minutes=minutes), late)
    assert "Still so, since 2026-11-24 03:10" in chat.taken[1]["message"] and len(chat.taken) == 2
    look(NOW + 4.1 * HOUR)
    assert rows(world)[0]["ended_at"]
    look(NOW + 4.2 * HOUR, late)
    (row,) = rows(world)
    assert (row["times"], row["ended_at"], len(chat.taken)) == (2, None, 2), "flapping is folded too"


def at(minutes: float) -> dt.datetime:
    return NOW + dt.timedelta(minutes=minutes)


def look(world: World, minutes: float, *lasting: Alert) -> None:
    """A run of the Dag `monitor`."""
    folding.settle(world.bridge, lasting, conditions.LOOKED_AT, at(minutes))
    folding.deliver(world.bridge, "w")


@one_engine
def test_what_was_solved_and_comes_back_is_told_at_once(world: World, chat: Chat) -> None:
    world.set(oncall=chat.url, language="en")
    down = Alert("connection_down", "erp", "It does not answer.")
    look(world, 0, down)
    look(world, 5)
    for minutes in range(30, 60, 5):  # for good, this time
        look(world, minutes, down)
    assert [text["message"].splitlines()[1][:10] for text in chat.taken] == ["What to do"] * 2, "it begins anew"
    for minutes in range(60, 90, 10):
        look(world, minutes)
        look(world, minutes + 5, down)
    assert len(chat.taken) == 2, "flapping is folded"


@one_engine
def test_another_conflict_is_told_though_the_last_one_was_just_resolved(world: World, chat: Chat) -> None:
    world.set(oncall=chat.url)
    look(world, 0, Alert("conflict", "erp", "1", born=stored(at(-1))))
    look(world, 5, Alert("conflict", "erp", "2", born=stored(at(4))))
    assert len(chat.taken) == 1, "what lasts is not told for every one more"
    look(world, 10)
    look(world, 15, Alert("conflict", "erp", "1", born=stored(at(4))))
    assert len(chat.taken) == 1, "the same one again"
    look(world, 20)
    look(world, 25, Alert("conflict", "erp", "1", born=stored(at(24))))
    assert len(chat.taken) == 2


@one_engine
def test_every_batch_that_is_stopped_is_told(world: World, chat: Chat) -> None:
    world.set(oncall=chat.url)

    def closed(minutes: float) -> Alert:
        return Alert("gate_closed", "platform: products", "1", born=stored(at(minutes)))

    look(world, 0, closed(-1))
    look(world, 5)  # it was released
    look(world, 10, closed(8))
    assert len(chat.taken) == 2, "another batch, however soon"
    for minutes in range(15, 30, 5):
        look(world, minutes, closed(minutes - 1))
    assert len(chat.taken) == 3, "while the last one is still there, every quarter of an hour"
    look(world, 60, closed(24))
    assert len(chat.taken) == 3, "no other one"


def test_when_what_stands_began(world: World) -> None:
    with world.platform.begin() as conn:
        for number, moment in enumerate((at(0), at(1))):
            batch = {"link_id": "main", "reader": "platform", "entity": "products", "status": "closed"}
            conn.execute(insert(schema.batch).values(**batch, opened_at=stored(moment)))
            conflict = {"link_id": "main", "entity": "companies", "record_key": str(number), "winner": "erp"}
            conn.execute(insert(schema.conflict).values(**conflict, loser="{}", at=stored(moment)))
    found = {alert.kind: alert.born for alert in conditions.lasting(world.bridge, ["platform"], NOW).found}
    assert found == {"gate_closed": stored(at(1)), "conflict": stored(at(1))}


def test_a_chat_that_is_down_is_told_later_and_the_other_once(world: World, chat: Chat) -> None:
    with open_chat("other") as other:
        world.set(oncall=f"{chat.url} {other.url}")
        chat.down = True
        happens(world, NOW)
        happens(world, NOW, Alert("conflict", "erp", "1"))
        assert folding.deliver(world.bridge, "w") == {"taken": 0, "failed": 2}
        assert (len(chat.taken), len(other.taken)) == (0, 2) and "t0ken" not in str(rows(world))
        chat.down = False
        assert folding.deliver(world.bridge, "w") == {"taken": 2, "failed": 0}
        assert folding.deliver(world.bridge, "w") == {}
        assert (len(chat.taken), len(other.taken)) == (2, 2)


@one_engine
def test_a_message_that_a_chat_always_refuses_holds_up_no_other(world: World, chat: Chat) -> None:
    world.set(oncall=chat.url)
    chat.refuses = "too-long"
    kinds = ["conflict", "quarantine_full", "backup_late", "mail_doubtful"]
    for n, kind in enumerate(kinds):
        folding.record(world.bridge, Alert(kind, "too-long" if n < 2 else "x", "1"), at(n))
    assert folding.deliver(world.bridge, "w") == {"taken": 2, "failed": 2}
    folding.record(world.bridge, Alert("stuck_order", "too-long", "1"), at(9))
    folding.record(world.bridge, Alert("conflict", "erp", "1"), at(8))
    assert folding.deliver(world.bridge, "w")["taken"] == 1, "a chat that refuses one is asked once more"
    chat.down, asked = True, chat.asked
    for n in range(5):
        folding.record(world.bridge, Alert("conflict", f"{n}", "1"), at(10))
    folding.deliver(world.bridge, "w")
    assert chat.asked - asked == 2, "one that is down is not waited for all along"


@one_engine
def test_what_had_ended_before_it_could_be_told_is_not_told_as_current(world: World, chat: Chat) -> None:
    world.set(oncall=chat.url, language="en")
    chat.down = True
    look(world, 0, Alert("connection_down", "erp", "It does not answer."))
    look(world, 20)
    chat.down = False
    look(world, 25)
    (told,) = chat.taken
    assert told["title"] == "Puente (main): Over: A database does not answer: erp"
    assert "It ended at 2026-11-24 03:30 (America/Mexico_City)." in told["message"]


@one_engine
def test_a_worker_that_died_loses_nothing_and_two_do_not_double(world: World, chat: Chat) -> None:
    world.set(oncall=chat.url)
    folding.record(world.bridge, FAILED, NOW)  # and dies before it tells anybody
    lease = acquire(world.platform, "main", "alerts", "another", 60)
    assert folding.deliver(world.bridge, "w") == {} == dict.fromkeys(chat.taken)
    lease.release()
    assert folding.deliver(world.bridge, "w") == {"taken": 1, "failed": 0}
    world.set(oncall="")
    folding.record(world.bridge, Alert("conflict", "erp", "1"), NOW)
    assert folding.deliver(world.bridge, "w") == {}, "nobody is on call"


def test_many_at_once_are_one_alert(world: World, chat: Chat) -> None:
    world.set(oncall=f"{chat.url} guardia@example.mx")
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: folding.record(world.bridge, FAILED, NOW), range(8)))
    assert (sum(told), rows(world)[0]["times"], len(mails(world))) == (1, 8, 1)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: folding.deliver(world.bridge, f"w{n}"), range(4)))
    assert len(chat.taken) == 1


# ---------------------------------------------------------------- without the platform's database
@one_engine
def test_without_a_database_on_call_is_told_directly_and_folded_by_a_file(world: World, chat: Chat) -> None:
    world.set(oncall=f"{chat.url} guardia@example.mx")
    gone = Bridge(world.link, world.erp, open_database("sqlite:////nowhere/platform.db"), world.settings)
    (down,) = conditions.down(gone)
    assert (down.kind, down.subject) == ("connection_down", "platform")

    def tell(at: dt.datetime, port: int) -> bool:
        server = MailServer("127.0.0.1", port, "puente@example.mx")
        return direct.tell(world.link, world.settings, down, at, sender_to(server))

    chat.down = True
    assert not tell(NOW, 1), "nobody could be told"
    with open_mailbox() as mailbox:
        assert tell(NOW, mailbox.port) and not tell(NOW, mailbox.port)
        chat.down = False
        assert [tell(NOW + n * HOUR, mailbox.port) for n in (0, 1, 3, 4)] == [True, False, False, True]
        direct.settle(world.link, world.settings, NOW + 4.1 * HOUR)  # the database answers
        assert [tell(NOW + n * HOUR, mailbox.port) for n in (4.2, 4.4)] == [False, False], "flapping is folded"
        direct.settle(world.link, world.settings, NOW + 4.5 * HOUR)
        assert [tell(NOW + n * HOUR, mailbox.port) for n in (4.8, 4.9)] == [True, False], "it comes back"
    assert len(chat.taken) == len(mailbox.taken) == 3
    assert "docs/runbooks/connection_down.md" in str(mailbox.taken[0].get_content())
    world.set(reports_dir=Path("/proc/nowhere"))
    assert direct.tell(world.link, world.settings, down, NOW, sender_to(MailServer("127.0.0.1", 1, "p@x.mx")))


# ---------------------------------------------------------------- what stands, and what is late
def told(world: World, now: dt.datetime = NOW) -> dict[str, str]:
    looked = conditions.lasting(world.bridge, ["erp", "platform"], now)
    assert not looked.unseen
    return {alert.kind: alert.subject for alert in looked.found}


def test_what_stands_is_found(world: World) -> None:
    assert told(world) == {}
    world.set(quarantine_full=2)
    for number in range(2):
        world.put("products", f"A{number}", Nombre="", Precio_1="10")
    world.run()
    with world.platform.begin() as conn:
        conn.execute(insert(schema.conflict).values(link_id="main", entity="companies", record_key="7", why="x",
                                                    winner="erp", loser="{}", at=stored(NOW)))  # fmt: skip
        conn.execute(insert(schema.silence).values(link_id="main", entity="erp:products", since=stored(NOW), hours=5))
    found = told(world)
    assert found["conflict"] == "platform" and found["missing_traffic"] == "erp:products"
    assert found["quarantine_full"] == "platform" or found["gate_closed"] == "platform: products"


def test_a_check_that_fails_hides_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: Any) -> Any:
        raise KeyError("finished_at")

    traffic.probe(world.bridge, NOW - dt.timedelta(days=50))
    with world.platform.begin() as conn:
        order = {"link_id": "main", "order_id": "n-9001", "state": "VALIDANDO EXISTENCIAS"}
        conn.execute(insert(schema.order).values(**order, at="2026-01-01T00:00:00.000Z"))
    monkeypatch.setattr(conditions, "torn_orders", refuses)
    monkeypatch.setattr(conditions, "_newest", refuses)
    world.set(keys=RING, backups_dir=world.folder / "backups")
    looked = conditions.lasting(world.bridge, ["erp", "platform"], NOW)
    assert [alert.kind for alert in looked.found] == ["stuck_order", "backup_late"]
    assert "9001" not in looked.found[0].what, "chats are other companies'"
    assert set(looked.unseen) == {"stuck_order", "inventory_late", "drill_late"}


@one_engine
def test_without_apprise_mails_are_sent(world: World, chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    world.set(oncall=f"{chat.url} guardia@example.mx")
    monkeypatch.setitem(sys.modules, "apprise", None)
    with open_mailbox() as mailbox:
        server = MailServer("127.0.0.1", mailbox.port, "puente@example.mx")
        assert direct.tell(world.link, world.settings, FAILED, NOW, sender_to(server))
        assert len(mailbox.taken) == 1


@one_engine
def test_what_the_nights_owe(world: World) -> None:
    world.set(keys=RING, backups_dir=world.folder / "backups")
    day, now = dt.timedelta(days=1), dt.datetime.now(dt.UTC)
    assert told(world, now) == {}, "nothing has begun"
    traffic.probe(world.bridge, now)
    assert told(world, now) == {}, "a young link owes nothing yet"
    assert set(told(world, now + 36 * day)) == {"backup_late", "inventory_late", "drill_late"}

    world.put("products", "P1", Precio_1="10")
    world.run()
    run = Run("nightly")
    kept = backup.run_all(world.bridge, run, None)
    assert inventory.take_inventory(world.bridge, run).report.exists()
    source = loading.open_source(world.settings, "main", kept[0].backup_id)
    restore_report.write_report(world.settings, drill.drill(world.bridge, source, "d1"))
    with world.platform.begin() as conn:
        conn.execute(update(schema.probe).values(hour=stored(now - 99 * day)[:13]))
    assert told(world, now) == {}, "all three were made just now"
    assert set(told(world, now + 6 * HOUR)) - {"inventory_late"} == {"backup_late"}
    assert set(told(world, now + 2 * day)) == {"backup_late", "inventory_late"}
    assert set(told(world, now + 36 * day)) == {"backup_late", "inventory_late", "drill_late"}
    world.set(keys=None)
    assert set(told(world, now + 2 * day)) == {"inventory_late"}, "without keys the Dag `backup` fails, and says so"


@pytest.mark.parametrize(
    ("now", "hour"),
    [("2026-11-24T23:59", "2026-11-24T00:00"), ("2026-11-25T00:00", "2026-11-25T00:00")],  # 17:59 and 18:00 in Mexico
)
def test_the_inventorys_hour_is_the_links(now: str, hour: str) -> None:
    assert f'at="0 {conditions.INVENTORY_AT.hour} * * *"' in (ROOT / "dags" / "full_inventory.py").read_text()
    moment, due = (dt.datetime.fromisoformat(f"{text}+00:00") for text in (now, hour))
    assert conditions.hour_before(moment, "America/Mexico_City") == due


def test_every_kind_has_its_runbook_and_fits_a_phone() -> None:
    for kind in KINDS:
        assert (ROOT / runbook(kind, Settings())).is_file(), kind
        subject, text = message(
            Alert(kind, "x", "y"), Folded(stored(NOW)), Link(), Settings(runbooks="https://wiki/p/")
        )
        assert subject.startswith("Puente (main): ") and f"https://wiki/p/{KINDS[kind].runbook}.md" in text
    assert set(conditions.LOOKED_AT) == {name for name, kind in KINDS.items() if kind.lasting}


# ---------------------------------------------------------------- the setting
def test_the_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given = "guardia@example.mx,mailto:jefe@example.mx slack://A/B/C\nmailtos://u:p@example.mx?to=x@example.mx"
    file = tmp_path / "oncall"
    file.write_text(given)
    file.chmod(0o600)
    for value in (given, str(file)):
        monkeypatch.setenv("PUENTE_ONCALL", value)
        found = targets.read(load_settings())
        assert found.addresses == ["guardia@example.mx", "jefe@example.mx"] and not found.wrong
        assert [name.partition("#")[0] for name in found.chats] == ["slack", "mailtos"]
        assert "slack" not in repr(load_settings()) and "A/B/C" not in repr(found)


def read(given: str) -> tuple[list[str], list[str], int]:
    """Addresses, the services of chats, and how many things are wrong; none of it quotes an entry."""
    found = targets.read(Settings(oncall=given))
    assert not any(secret in str(found) for secret in ("xoxb", "s3cret"))
    return found.addresses, [name.partition("#")[0] for name in found.chats], len(found.wrong)


@pytest.mark.parametrize(
    ("given", "addresses", "chats", "wrong"),
    [
        ("a@x.mx;b@x.mx; c@x.mx", ["a@x.mx", "b@x.mx", "c@x.mx"], [], 0),
        ("a@x.mx;slack://A/B/s3cret", ["a@x.mx"], ["slack"], 0),
        ("guardia@example.mx; jefe", ["guardia@example.mx"], [], 1),
        ("ana@example.mx xoxb-a-bare-token", ["ana@example.mx"], [], 1),
        ("user:s3cret@chat.example", [], [], 1),
        ("slack://", [], [], 1),
        ("json://host/s3cret;v=1?a=b;c", [], ["json"], 0),  # within a URL it may be a part of it
        ("slack://A/B/s3cret;a@x.mx", [], [], 1),  # or not: nobody guesses
        ("slack://A/B/s3cret;json://host/s3cret", [], [], 1),
        ("/nowhere/oncall", [], [], 1),
        (" ", [], [], 0),
    ],
)
def test_what_is_neither_an_address_nor_a_url_is_said_and_the_others_are_told(
    given: str, addresses: list[str], chats: list[str], wrong: int
) -> None:
    assert read(given) == (addresses, chats, wrong)


def test_no_on_call_setting_stops_anything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A Dag file, a task and a page read the settings: a wrong one must neither stop them nor silence the others."""
    file = tmp_path / "oncall"
    file.write_bytes(b"guardia@example.mx")
    file.chmod(0o644)
    monkeypatch.setenv("PUENTE_ONCALL", str(file))
    monkeypatch.setenv("PUENTE_REMIND_HOURS", "four")
    found = targets.read(load_settings())
    assert found.addresses == ["guardia@example.mx"], "whoever could read it has; silence would not help"
    assert len(found.wrong) == 2 and "PUENTE_REMIND_HOURS" in found.wrong[0] and "everybody may read" in found.wrong[1]
    assert load_settings().remind_hours == 4
    file.write_bytes(b"\xff\xfe")
    file.chmod(0o600)
    assert "cannot be read" in targets.read(load_settings()).wrong[1]
    with pytest.raises(PuenteError, match="cannot be read"):
        targets.check(load_settings())
    with pytest.raises(PuenteError, match="knows no such URL: nosuch#") as refused:
        targets.check(Settings(oncall="nosuch://s3cret"))
    assert "s3cret" not in str(refused.value)


@one_engine
def test_doctor_says_who_cannot_be_told(world: World) -> None:
    def said() -> list[tuple[str, str]]:
        return [(one.level, one.what) for one in doctor.examine(world.bridge) if one.subject == "on-call"]

    assert said() == [("warn", "nobody is told when something needs a person")]
    world.set(oncall="guardia@example.mx")
    assert said() == [("ok", "1 mail addresses, 0 chats")]
    world.set(oncall="guardia@example.mx nosuch://s3cret jefe")
    ((level, what),) = said()
    assert level == "fail" and "number 3" in what and "nosuch#" in what and "s3cret" not in what


@pytest.mark.parametrize(
    ("address", "runbooks", "finding"),
    [
        ("https://airflow.example.mx", "", None),
        ("", "https://wiki.example.mx/p", None),
        ("http://localhost:8080", "", "http://localhost:8080/puente/runbooks"),
        ("", "", "docs/runbooks"),
    ],
)
def test_doctor_says_when_no_phone_can_open_a_runbook(
    monkeypatch: pytest.MonkeyPatch, address: str, runbooks: str, finding: str | None
) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", address)
    monkeypatch.setenv("PUENTE_RUNBOOKS", runbooks)
    monkeypatch.setenv("PUENTE_ONCALL", "guardia@example.mx")
    assert [finding in one.what for one in setup.runbooks_here()] == ([] if finding is None else [True])
    monkeypatch.setenv("PUENTE_ONCALL", "")
    assert setup.runbooks_here() == []


@one_engine
def test_the_commands(world: World, monkeypatch: pytest.MonkeyPatch, chat: Chat) -> None:
    for side, name in (("erp", "PUENTE_ERP"), ("platform", "PUENTE_PLATFORM")):
        path = world.bridge.database(side).engine.url.database  # type: ignore[arg-type]
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}", json.dumps({"conn_type": "sqlite", "host": path}))
    monkeypatch.setenv("PUENTE_ONCALL", chat.url)
    tested = CliRunner().invoke(cli.app, ["oncall", "test"])
    assert tested.exit_code == 0 and chat.titles == ["Puente (main): Prueba de aviso"], tested.output
    chat.down = True
    failed = CliRunner().invoke(cli.app, ["oncall", "test"])
    assert failed.exit_code == 1 and "json#" in failed.output and "t0ken" not in failed.output
    folding.record(world.bridge, FAILED, NOW)
    listed = CliRunner().invoke(cli.app, ["oncall", "list"])
    assert listed.exit_code == 0 and "low_stock.propose" in listed.output


def test_no_log_has_a_token(caplog: pytest.LogCaptureFixture, chat: Chat) -> None:
    with caplog.at_level(logging.DEBUG):
        one = targets.Chat(chat.url)
        assert targets.tell(one, "t", "x")
        chat.down = True
        assert not targets.tell(one, "t", "x")
        assert not targets.tell(targets.Chat("json://127.0.0.1:9/s3cret-t0ken"), "t", "x")
        assert not targets.tell(targets.Chat("nosuch://s3cret-t0ken"), "t", "x")
    assert "did not take the alert" in caplog.text and "s3cret" not in caplog.text


def test_an_error_of_its_own_is_told_beside_a_side_that_is_down(world: World) -> None:
    nowhere = "sqlite:////nowhere/x.db" if world.platform.dialect == "sqlite" else "mysql+pymysql://u@127.0.0.1:9/x"

    def error_of(url: Any, sql: str) -> BaseException:
        with pytest.raises(SQLAlchemyError) as raised, open_database(url).read() as conn:
            conn.exec_driver_sql(sql)
        wrapped = PuenteError("x")
        wrapped.__cause__ = raised.value
        return wrapped

    down = [Alert("connection_down", "erp", "x")]
    gone, wrong = error_of(nowhere, "SELECT 1"), error_of(world.platform.engine.url, "SELECT * FROM no_such_table")
    assert to_tell(FAILED, gone, lambda: down) == down, "one alert, not one for each task that needs it"
    assert to_tell(FAILED, wrong, lambda: down) == [FAILED, *down], "the other side's error has nothing to do with it"
    assert to_tell(FAILED, gone, list) == to_tell(FAILED, wrong, list) == [FAILED]
    assert to_tell(FAILED, ValueError("x"), lambda: down) == [FAILED]


def test_which_alert_a_failed_task_is() -> None:
    def alert(dag: str, task: str, error: object = ValueError("with a customer's name")) -> tuple[str, str]:
        made = failure(dag, task, error, "en", "")
        assert made is not None and "name" not in made.what
        return made.kind, made.subject

    assert alert("backup", "upload") == ("backup_failed", "backup.upload: ValueError")
    assert alert("full_inventory", "gate", GateClosed("x")) == ("inventory_failed", "full_inventory.gate: GateClosed")
    assert alert("restore_drill", "drill_report") == ("drill_failed", "restore_drill.drill_report: ValueError")
    assert alert("erp_to_platform", "products.validate", GateClosed("x")) == ("gate_closed", "platform: products")
    for error in (LeaseHeld("x"), Unbalanced("x")):  # the second is no repetition of the first
        assert alert("low_stock", "propose", error) == ("task_failed", f"low_stock.propose: {type(error).__name__}")
    killed = failure("low_stock", "propose", None, "en", "")
    assert killed is not None and "interrupted" in killed.what
    assert failure("erp_to_platform", "products.receive", Paused("x"), "en", "") is None, "a person did it"
    assert of_dag("capture_erp__norte") == ("capture_erp", "norte") and of_dag("backup") == ("backup", "main")
