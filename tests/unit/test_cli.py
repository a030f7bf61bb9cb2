"""The command line: what it prints, what it refuses, and that nobody ever sees a traceback."""

from __future__ import annotations

import getpass
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import insert, select, text
from typer.testing import CliRunner

from kit.keys import RING
from kit.orders import know_order, say
from kit.world import SEAL, World
from puente import cli
from puente.db import schema
from puente.db.connect import open_database
from puente.errors import GateClosed, MassChange, PuenteError
from puente.settings import ROOT
from puente.sync import capture, outbox
from puente.sync.route import Bridge

Run = Callable[..., Result]


@pytest.fixture
def world(make_world: Callable[[str], World], monkeypatch: pytest.MonkeyPatch) -> World:
    world = make_world("sqlite-sqlite")

    @contextmanager
    def open_link(link_id: str) -> Iterator[Bridge]:
        if link_id != world.link.link_id:
            raise PuenteError(f"There is no link {link_id!r}; config/links.yaml has main.")
        yield world.bridge

    monkeypatch.setattr(cli.common, "open_link", open_link)
    monkeypatch.setattr(cli.setup, "_mail_connection", lambda _: [])  # Airflow's, which stays out of this process
    monkeypatch.setenv("PUENTE_SEAL_KEY", SEAL.decode())
    return world


def run(*arguments: object, fails: bool = False) -> str:
    """The command's output, stdout and stderr together."""
    result = CliRunner().invoke(cli.app, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == (1 if fails else 0), result.output
    assert "Traceback" not in result.output
    return result.output


def one_bad_product(world: World) -> None:
    world.put("products", "A1", Precio_1="-5")
    world.put("products", "A2", Precio_1="5")
    world.run()


# ---------------------------------------------------------------- quarantine
def test_a_row_is_listed_shown_corrected_and_applied(world: World) -> None:
    one_bad_product(world)
    listed = run("quarantine", "list")
    assert "A1" in listed and "quarantined" in listed and listed.endswith("1 rows\n")
    row = listed.splitlines()[1].split()[1]

    shown = run("quarantine", "show", "products", row)
    assert "'-5.0000'" in shown and "critical: products." in shown and "NULL" in shown
    run(
        "quarantine",
        "release",
        "products",
        row,
        "--set",
        "Precio_1=5.5",
        "--set-null",
        "Marca",
        "--why",
        "typing error",
    )
    world.run_until_quiet()

    assert world.shop_rows("products")["A1"]["price_1"] == "5.5000"
    shown = run("quarantine", "show", "products", row)
    assert f"{getpass.getuser()}: edit Precio_1: '-5.0000' → '5.5000' (typing error)" in shown
    assert "row 1: applied" in shown


def test_a_row_is_discarded(world: World) -> None:
    one_bad_product(world)
    out = run("quarantine", "discard", "products", 1, "--why", "never existed", "--who", "ana")
    assert "the ledger counts it in batch 2" in out
    assert run("quarantine", "list", "--state", "quarantined").endswith("0 rows\n")
    assert "unbroken and balanced" in run("ledger", "verify")


def test_the_list_can_be_narrowed(world: World) -> None:
    one_bad_product(world)
    assert run("quarantine", "list", "--entity", "companies").endswith("0 rows\n")
    assert run("quarantine", "list", "--rule", "no.such.rule").endswith("0 rows\n")
    assert run("quarantine", "list", "--reader", "erp").endswith("0 rows\n")
    assert "1 rows, 0 shown" in run("quarantine", "list", "--limit", 0)
    assert "Unknown state" in run("quarantine", "list", "--state", "lost", fails=True)


def test_where_two_persons_decide_the_second_confirms_or_refuses(world: World) -> None:
    one_bad_product(world)
    world.set(two_persons=1)
    asked = run("quarantine", "release", "products", 1, "--set", "Precio_1=5", "--why", "typing error", "--who", "ana")
    assert "somebody else has to confirm it" in asked
    shown = run("quarantine", "show", "products", 1)
    assert "ana: ask_edit Precio_1: '-5.0000' → '5.0000'" in shown and "ana: ask_release (proposal 2)" in shown
    own = run("quarantine", "confirm", "products", 1, 2, "--why", "mine", "--who", "ana", fails=True)
    assert "somebody else has to confirm it" in own
    out = run("quarantine", "confirm", "products", 1, 2, "--why", "checked", "--who", "beto")
    assert "the release that ana asked for is done" in out
    world.run_until_quiet()
    assert world.shop_rows("products")["A1"]["price_1"] == "5.0000"
    world.put("products", "A3", Precio_1="-5")
    world.run()
    run("quarantine", "discard", "products", 3, "--why", "junk", "--who", "ana")
    number = run("quarantine", "show", "products", 3).rpartition("(proposal ")[2].partition(")")[0]
    assert "will not be done" in run("quarantine", "refuse", "products", 3, number, "--why", "no", "--who", "beto")
    assert "is not open any more" in run("quarantine", "confirm", "products", 3, number, "--why", "x", fails=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("quarantine", "show", "products", 99), "There is no row 99 of products"),
        (("quarantine", "release", "products", 2, "--why", "x"), "is applied, not quarantined or held"),
        (("quarantine", "release", "products", 1, "--set", "Precio_1", "--why", "x"), "--set takes field=value"),
        (("quarantine", "release", "products", 1, "--set", "Precio=1", "--why", "x"), "has no field 'Precio'"),
        (("quarantine", "release", "products", 1, "--why", ""), "--why must have"),
        (("quarantine", "discard", "nothing", 1, "--why", "x"), "reads no entity 'nothing'"),
        (("batch", "show", 99), "There is no batch 99"),
        (("batch", "release", 1, "--why", "x"), "only a batch behind a closed gate"),
        (("pause", "nothing", "--why", "x"), "Unknown entity 'nothing'"),
        (("resend", "products", "ZZ"), "no captured record 'ZZ'"),
        (("profile", "check", "nothing"), "There is no profile 'nothing'"),
        (("quarantine", "list", "--link", "sur"), "There is no link 'sur'"),
        (("init", "--accept"), "use it with --baseline"),
        (("init", "--baseline", "--side", "erp"), "leave --side out"),
    ],
)  # fmt: skip
def test_errors_are_one_plain_line(world: World, arguments: tuple[object, ...], message: str) -> None:
    one_bad_product(world)
    out = run(*arguments, fails=True)
    assert message in out and out.count("\n") == 1


def test_a_reason_is_demanded(world: World) -> None:
    result = CliRunner().invoke(cli.app, ["quarantine", "discard", "products", "1"])
    assert result.exit_code == 2 and "--why" in result.output


def test_what_the_database_refuses_is_told_without_values(world: World) -> None:
    world.platform_sql("DROP TABLE puente_finding")
    out = run("quarantine", "list", fails=True)
    assert out == "The database refused: no such table: puente_finding\n"


# ---------------------------------------------------------------- batches
def test_a_closed_batch_is_listed_shown_and_released(world: World) -> None:
    world.put_many("products", ({"key": f"B{n:02}", "Precio_1": "-1" if n < 60 else "1"} for n in range(80)))
    assert isinstance(world.run().errors["products"], GateClosed)

    assert "closed" in run("batch", "list")
    shown = run("batch", "show", 1)
    assert "Batch 1 of products: closed; read 80, landed 80" in shown
    assert "rows that it took, now: 80 pending" in shown
    report = next(line for line in shown.splitlines() if line.startswith("report: ")).removeprefix("report: ")
    assert "sealed" in run("report", "verify", report)
    assert run("batch", "release", 1, "--why", "prices really are negative") == (
        "80 rows of batch 1 go through the gate with the next run.\n"
    )
    world.run_until_quiet()

    assert len(run("batch", "list").splitlines()) == 1
    assert "settled" in run("batch", "list", "--all")
    assert "unbroken" in run("ledger", "verify", "--report", report)


def test_a_closed_batch_is_discarded(world: World) -> None:
    world.put_many("products", ({"key": f"B{n:02}", "Precio_1": "-1"} for n in range(60)))
    world.run()
    assert run("batch", "discard", 1, "--why", "test data") == "60 rows of batch 1 are discarded.\n"


# ---------------------------------------------------------------- switches
def test_pause_and_resume(world: World) -> None:
    world.put("products", "A1")
    world.put("companies", "C1")
    run("pause", "products", "--why", "inventory", "--who", "ana")
    done = world.run()
    assert "paused by ana" in str(done.errors["products"]) and "companies" not in done.errors
    with pytest.raises(PuenteError, match="inventory"):
        world.capture("products")
    assert run("resume", "products") == "products goes on.\n"
    assert run("resume", "products") == "products was not paused.\n"
    assert run("pause", "--why", "holidays") == "Link main is paused.\n"
    assert set(world.run().errors) == {"products"}
    assert run("resume") == "Link main goes on.\n"
    world.run_until_quiet()
    assert world.shop_rows("products").keys() == {"A1"}


def test_a_mass_change_is_allowed_once(world: World) -> None:
    for n in range(40):
        world.own("articulo", cve=f"A{n}", sku=f"LL-{n}", nombre="Llanta")
    world.capture("products")
    for n in range(30):
        world.own_delete("articulo", cve=f"A{n}")
    with pytest.raises(MassChange):
        world.capture("products")
    assert "once" in run("guard", "allow", "products", "--why", "range was sold")
    captured = world.capture("products")
    assert captured is not None and captured.deletes == 30


def test_what_follows_a_restore_names_the_purchase_orders(world: World, tmp_path: Path) -> None:
    world.set(keys=RING, archive_dir=tmp_path / "archive")
    row = {
        "link_id": "main", "day": "2026-11-24", "product_id": "A1", "request": "R1", "run_id": "r", "place": 1,
        "supplier": "", "reorder_point": "9", "proposed": "8", "quantity": "8", "who": "eva", "evidence": "{}",
        "status": "ordered", "at": "2026-11-24T09:00:00.000Z", "ordered_at": "2026-11-24T10:00:00.000Z",
    }  # fmt: skip
    with world.platform.begin() as conn:
        conn.execute(insert(schema.proposal).values(row))
    said = run("restore", "aftermath", "--side", "erp", "--since", "2026-11-24T02:00Z")
    assert "purchase orders written again; their suppliers may have them already: OC-main-R1-" in said


def test_an_empty_reading_is_refused_whatever_was_allowed(world: World) -> None:
    world.own("articulo", cve="A1", sku="LL-1", nombre="Llanta")
    world.capture("products")
    world.own_delete("articulo")
    run("guard", "allow", "products", "--why", "range was sold")
    with pytest.raises(MassChange, match="never taken for a deletion"):
        world.capture("products")


def test_resend(world: World) -> None:
    world.own("articulo", cve="A1", sku="LL-1", nombre="Llanta")
    world.capture("products")
    assert run("resend", "products", "A1") == "products A1 is sent with the next capture.\n"
    captured = world.capture("products")
    assert captured is not None and captured.upserts == 1


def test_a_customer_of_the_shop_is_sent_again(world: World) -> None:
    number = world.shop_own("shop_company", name="Llantera", tax_id="TOR850101AB1")
    shop = capture.capture(world.bridge, "companies", world.next_run(), side="platform")
    assert shop is not None and shop.upserts == 1
    assert "no entity 'products'" in run("resend", "products", "A1", "--reader", "erp", fails=True)
    run("resend", "companies", f"~{number}", "--reader", "erp")
    shop = capture.capture(world.bridge, "companies", world.next_run(), side="platform")
    assert shop is not None and shop.upserts == 1
    shop = capture.capture(world.bridge, "companies", world.next_run(), side="platform")
    assert shop is not None and shop.upserts == 0


# ---------------------------------------------------------------- both readers
def test_what_either_side_set_aside_is_listed_and_can_be_acted_on(world: World) -> None:
    one_bad_product(world)
    world.put("order_lines", "L1", writer="platform", ID_Pedido_Cabecera="P1", ID_Producto="A2", Cantidad="-1")
    world.run(reader="erp")
    listed = run("quarantine", "list")
    assert "products" in listed and "order_lines" in listed and listed.endswith("2 rows\n")
    assert "products" not in run("quarantine", "list", "--reader", "erp")
    assert "ID_Pedido_Cabecera" in run("quarantine", "show", "order_lines", 1), "only the ERP reads it"
    assert "say which one is meant" in run("quarantine", "show", "companies", 1, fails=True)
    assert "There is no row 1" in run("quarantine", "show", "companies", 1, "--reader", "erp", fails=True)
    assert "is discarded" in run("quarantine", "discard", "order_lines", 1, "--why", "test")
    assert "say which with --reader" in run("batch", "show", 1, fails=True)
    assert "of order_lines" in run("batch", "show", 2, "--reader", "erp")
    out = run("ledger", "verify")
    assert out.startswith("platform: ") and "\nerp: " in out


# ---------------------------------------------------------------- conflicts, mail, trace
def test_a_conflict_is_listed_shown_and_resolved(world: World) -> None:
    row = {
        "link_id": "main", "entity": "companies", "record_key": "C1", "winner": "erp", "why": "Se cambió aquí.",
        "loser": '{"Email": "b@x.mx", "Pais": null}', "kept": '{"Email": "a@x.mx", "Pais": null}', "at": "2026",
    }  # fmt: skip
    for db in (world.erp, world.platform):
        with db.begin() as conn:
            conn.execute(schema.conflict.insert(), row)
    listed = run("conflicts", "list")
    assert "erp:1" in listed and "platform:1" in listed and listed.endswith("2 conflicts\n")
    shown = run("conflicts", "show", "platform:1")
    assert "Se cambió aquí." in shown and "b@x.mx" in shown
    assert [line.startswith("*") for line in shown.splitlines()[-2:]] == [True, False]
    assert "is resolved" in run("conflicts", "resolve", "platform:1", "--who", "ana", "--why", "the ERP is right")
    assert run("conflicts", "list").endswith("1 conflicts\n")
    assert "by ana: the ERP is right" in run("conflicts", "show", "platform:1")
    assert "no open conflict" in run("conflicts", "resolve", "platform:1", "--why", "again", fails=True)
    assert "platform:7 or erp:7" in run("conflicts", "show", "1", fails=True)


def test_a_doubtful_mail_is_listed_and_sent_again(world: World) -> None:
    know_order(world, "P1")
    say(world, "P1", "RECIBIDO EN ERP")
    assert "waiting" in run("mail", "list") and run("mail", "list", "--doubtful").endswith("0 mails\n")
    world.platform_sql("UPDATE puente_mail SET status = 'doubtful', error = 'lost'")
    assert "ana@example.mx" in run("mail", "list", "--doubtful")
    run("mail", "resend", 1, "--why", "they did not get it", "--who", "ana")
    assert run("mail", "list", "--doubtful").endswith("0 mails\n")
    assert "nothing was changed" in run("mail", "resend", 1, "--why", "again", fails=True)


def test_an_order_is_traced_in_spanish_and_in_english(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    know_order(world, "P1")
    world.put("order_lines", "L1", writer="platform", ID_Pedido_Cabecera="P1", ID_Producto="A2", Cantidad="1")
    world.run(reader="erp")
    world.put("order_states", "P1", Estado="RECIBIDO EN ERP")
    say(world, "P1", "RECIBIDO EN ERP")
    out = run("trace", "order", "P1")
    assert out.startswith("Pedido P1: RECIBIDO EN ERP\n")
    for words in ("se dijo", "(aplicado)", "Pedidos_Detalles 1", "order_lines 1", "espera ahí", "por enviar"):
        assert words in out, words
    monkeypatch.setenv("PUENTE_LANGUAGE", "en")
    out = run("trace", "order", "P1")
    assert "was said" in out and "lies there" in out and "order_lines 1" in out
    assert "has heard of order 'P2'" in run("trace", "order", "P2", fails=True)


def test_a_company_is_traced_by_either_id(world: World) -> None:
    number = world.shop_own("shop_company", name="Llantera", tax_id="TOR850101AB1")
    capture.capture(world.bridge, "companies", world.next_run(), side="platform")
    outbox.deliver(world.bridge, world.next_run())
    out = run("trace", "company", number)
    assert out.startswith(f"Empresa {number}\n")
    for words in ("salida", "entregado", "en la cola", "espera ahí", "registro"):
        assert words in out, words
    world.run_until_quiet(reader="erp")
    world.capture("companies")
    world.run_until_quiet()
    out = run("trace", "company", number)
    assert "par de ids" in out and "aplicado" in out and "espera ahí" not in out
    with world.platform.read() as conn:
        erp_id = conn.execute(select(schema.binding.c.erp_id)).scalar_one()
    assert "has heard of product" in run("trace", "product", "nothing", fails=True)
    assert run("trace", "company", erp_id).splitlines()[1:] == out.splitlines()[1:]


# ---------------------------------------------------------------- proof
def test_an_altered_ledger_is_named(world: World) -> None:
    one_bad_product(world)
    world.platform_sql("UPDATE puente_ledger SET rows_applied = 7 WHERE seq = 1")
    out = run("ledger", "verify", fails=True)
    assert out.startswith("platform: Row 1 was altered.\nerp: 0 rows") and "unbroken" in out


def test_a_cut_tail_shows_against_a_report(world: World) -> None:
    one_bad_product(world)
    world.put("products", "A3")
    world.run()
    reports = sorted(world.settings.reports_dir.rglob("*.json"))
    assert "2 rows" in run("ledger", "verify", *(x for r in reports for x in ("--report", r)))
    with world.platform.begin() as conn:
        conn.execute(schema.ledger.delete())
    assert "a report was sealed when it had 1" in run("ledger", "verify", "--report", reports[-1], fails=True)


def test_a_report_that_was_altered_proves_nothing(world: World) -> None:
    one_bad_product(world)
    (report,) = world.settings.reports_dir.rglob("*.json")
    report.write_text(report.read_text(encoding="utf-8").replace('"accepted":1', '"accepted":2'), encoding="utf-8")
    assert "altered" in run("report", "verify", report, fails=True)
    assert "proves nothing" in run("ledger", "verify", "--report", report, fails=True)
    assert "cannot be read" in run("report", "verify", world.folder / "nothing.json", fails=True)


# ---------------------------------------------------------------- setting up
def test_init_creates_what_is_missing_and_no_more(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    world.erp = open_database(f"sqlite:///{tmp_path}/new_erp.db")
    vendors = "CREATE TABLE productos (ID_Registro INTEGER PRIMARY KEY, ID_Producto TEXT, SKU TEXT, Nombre TEXT)"
    with world.erp.begin() as conn:
        conn.execute(text(vendors))

    out = run("init", "--side", "erp")

    assert "Categorias_Productos" in out and "puente_record" in out and " Productos," not in out
    with world.erp.read() as conn:
        assert conn.execute(text("SELECT sql FROM sqlite_master WHERE name = 'productos'")).scalar() == vendors
    assert run("init") == "erp: everything was there\nplatform: everything was there\n"
    world.erp.engine.dispose()


def test_a_baseline_is_shown_before_it_is_accepted(world: World) -> None:
    for n in range(12):
        world.own("articulo", cve=f"A{n}", sku=f"LL-{n}", nombre="Llanta")
    world.platform_sql("INSERT INTO shop_product (erp_id, sku, name, active) VALUES ('A1', 'LL-1', 'Llanta', 1)")

    out = run("init", "--baseline")
    assert "products: only in the ERP, not sent" in out and "and 1 more" in out and "Nothing was written" in out
    with world.erp.read() as conn:
        assert conn.execute(text("SELECT COUNT(*) FROM puente_record")).scalar() == 0
    assert "Accepted" in run("init", "--baseline", "--accept", "--show", 0)
    captured = world.capture("products")
    assert captured is not None and captured.upserts == 0
    record = world.record("products", "A1")
    assert record is not None and record["unique_value"] == "LL-1" and record["applied_hash"] is None


def test_doctor_ends_with_1_only_when_something_fails(world: World) -> None:
    out = run("doctor")
    assert "OK    erp: connection: sqlite" in out and "0 fail" in out
    world.platform_sql("DROP TABLE puente_seen")
    out = run("doctor", fails=True)
    assert "FAIL  platform: control tables: missing: puente_seen" in out and "→ Run `python -m puente init" in out


def test_profile_check_previews_the_first_records(world: World) -> None:
    world.own("articulo", cve="A1", sku="LL-1", nombre="Llanta", precio="10")
    out = run("profile", "check", "mini_erp", "--rows", 1)
    assert "products: ID_Producto=A1, SKU=LL-1" in out and "Precio_1=10.0000" in out
    world.use_profile("erp", {"capture_products.sql": "SELECT cve AS ID_Producto FROM articulo"})
    assert "FAIL  capture_products.sql: lacks SKU, Nombre" in run(
        "profile", "check", world.link.erp_profile, fails=True
    )


def test_ddl_writes_where_it_is_told(tmp_path: Path) -> None:
    out = run("ddl", "--to", tmp_path)
    assert (tmp_path / "mysql" / "04_grants.sql").exists() and "03_control.sql" in out


# ---------------------------------------------------------------- as a process
def test_help_needs_neither_airflow_nor_a_database(tmp_path: Path) -> None:
    code = (
        "import sys, puente.cli, puente.__main__\n"
        "assert not any(m.split('.')[0] in ('airflow', 'great_expectations', 'pandas') for m in sys.modules)\n"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(ROOT / "plugins"), "HOME": str(tmp_path)}
    )


def test_python_m_puente(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "puente", "--help"], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(ROOT / "plugins"), "HOME": str(tmp_path)},
    )  # fmt: skip
    assert "quarantine" in done.stdout


# ---------------------------------------------------------------- inventory
def test_an_inventory_says_what_it_found_and_orders_repairs_unless_it_is_a_dry_run(world: World) -> None:
    world.set(reports_dir=world.folder / "reports")
    for n in range(3):
        world.own("articulo", cve=f"A{n}", sku=f"S{n}", nombre=f"Llanta {n}", precio="100")
    world.capture("products")
    world.run()
    world.platform_sql("UPDATE shop_product SET name = 'Otra' WHERE erp_id = 'A1'")
    said = run("inventory", "--dry-run")
    (line,) = [line.split() for line in said.splitlines() if line.startswith("products ")]
    assert line == ["products", "3", "3", "2", "1", "0", "0", "0", "0", "0", "0", "of", "1"]
    assert not any(row["must_send"] for row in world.records("products", "erp").values())
    report = run("inventory").rpartition("Report: ")[2].strip()
    assert world.record("products", "A1", "erp")["must_send"] == 1  # type: ignore[index]
    sealed = Path(report).with_suffix(".json")
    assert "sealed" in run("report", "verify", sealed)
    sealed.write_bytes(sealed.read_bytes().replace(b"A1", b"A2"))
    assert "altered" in run("report", "verify", sealed, fails=True)
