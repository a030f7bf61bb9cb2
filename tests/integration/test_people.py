"""A person is given away whole, and erased everywhere: on both sides, in Puente's tables, in the archive."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import insert, inspect, select, update

from integration import test_emission as emission
from integration import test_orders as orders
from integration.test_customers import cycle, until_quiet
from kit import own_tables
from kit.keys import RING
from kit.meddling import Killed, before, die
from kit.orders import know_order, mails
from kit.world import World
from puente.db import schema
from puente.errors import LeaseHeld, PuenteError
from puente.nightly import archive, backup, manifest, vault
from puente.nightly.housekeeping import keep_house
from puente.nightly.replay import replay
from puente.nightly.shelf import FolderShelf
from puente.people import erase as erasing
from puente.people.erase import erase, preview
from puente.people.export import export
from puente.quality.seal import problems_of
from puente.sync import ledger, quarantine
from puente.sync.route import Run

pytestmark = pytest.mark.lean_gate
NAME, OLD, EMAIL = "Begoña Ibáñez", "begona.old@example.mx", "begona@example.mx"
WHO, WHY = "ana", "art. 25"


@pytest.fixture(params=["sqlite-sqlite"])
def world(request: pytest.FixtureRequest, make_world: Callable[[str], World], tmp_path: Path) -> World:
    """A contact with a history: an edit, mails, a conflict, an order that was sold and one that was refused."""
    world = make_world(request.param)
    world.set(keys=RING, archive_dir=tmp_path / "archive", backups_dir=tmp_path / "backups")
    world.own("cliente", cve="E1", nombre="Llantera Ñandú", rfc="TOR850101AB1", correo="a@example.mx")
    world.own("cliente", cve="E2", nombre="Otra", rfc="OTR850101AB1", correo="o@example.mx")
    world.own("persona", cve="C1", nombres=NAME, cliente="E1", correo=OLD)
    world.own("persona", cve="C2", nombres="Otra Persona", cliente="E1", correo="otra@example.mx")
    until_quiet(world)
    world.own("persona", cve="C1", nombres=NAME, cliente="E1", correo=EMAIL)
    until_quiet(world)
    know_order(world, "1", "FACTURADO", ID_Contacto="C1", Facturacion_Email=EMAIL, Envio_Email=EMAIL)
    know_order(world, "2", "RECHAZADO POR EXISTENCIAS", ID_Contacto="C1", Envio_Email=EMAIL)
    with world.platform.begin() as conn:
        order = schema.order
        conn.execute(update(order).where(order.c.order_id == "1").values(emitted_at="2026-10-01T00:00:00.000Z"))
        for recipient, state in ((EMAIL, "ACEPTADO"), (OLD, "ACEPTADO"), ("otra@example.mx", "ACEPTADO")):
            conn.execute(
                insert(schema.mail).values(
                    link_id="main", order_id="1", state=state, recipient=recipient, message_id=f"<{len(recipient)}@p>",
                    subject=f"Para {NAME}", plain=f"Hola {NAME}", html=f"<p>{NAME}</p>", status="sent", attempts=1,
                )
            )  # fmt: skip
        conn.execute(
            insert(schema.conflict).values(
                link_id="main", entity="contacts", record_key="C1", winner="erp", why="both",
                loser=json.dumps({"Email": OLD}), kept=json.dumps({"Email": EMAIL}),
            )
        )  # fmt: skip
    return world


def everywhere(world: World) -> dict[str, str]:
    """Every table of both databases and every file of reports and archive (decrypted), as text."""
    found = {}
    for side in ("erp", "platform"):
        db = world.bridge.database(side)  # type: ignore[arg-type]
        with db.read() as conn:
            for name in inspect(conn).get_table_names():
                rows = conn.exec_driver_sql(f"SELECT * FROM {db.quote(name)}")
                found[f"{side}.{name}"] = repr([tuple(row) for row in rows])
    for path in world.settings.reports_dir.rglob("*"):
        if path.is_file():
            found[path.name] = path.read_text(encoding="utf-8")
    for path in world.settings.archive_dir.rglob(f"*{archive.SUFFIX}"):
        pages: list[Any] = []
        archive.read(path, RING, lambda page, pages=pages: pages.extend(page.to_pylist()))  # type: ignore[misc]
        found[path.name] = repr(pages)
    return found


def naming(world: World) -> set[str]:
    return {name for name, text in everywhere(world).items() if any(word in text for word in (NAME, OLD, EMAIL))}


def own_row(world: World, side: str) -> dict[str, Any]:
    table = own_tables.persona if side == "erp" else own_tables.shop_contact
    column = table.c.cve if side == "erp" else table.c.erp_id
    with world.bridge.database(side).read() as conn:  # type: ignore[arg-type]
        return dict(conn.execute(select(table).where(column == "C1")).mappings().one())


def test_a_person_is_given_everything_and_a_preview_changes_nothing(world: World) -> None:
    before_it = everywhere(world)
    told = export(world.bridge, "contacts", "C1")
    names = {place["place"] for place in told["places"]}
    assert {"erp: its own tables, as captured", "platform: its own tables, as captured"} <= names
    assert {"platform: puente_mail", "platform: puente_conflict", "platform: puente_order"} <= names
    text = json.dumps(told, ensure_ascii=False)
    assert OLD in text and EMAIL in text and "Otra Persona" not in text
    assert any(name.startswith("archive: ") for name in names)

    planned = preview(world.bridge, "contacts", "C1")
    assert planned.own == {"erp": "erase", "platform": "erase"} and planned.archived and planned.person.kept == ["1"]
    assert everywhere(world) == before_it


@pytest.mark.parametrize("world", ["sqlite-sqlite", "mariadb-mariadb", "mssql-mariadb"], indirect=True)
def test_after_it_the_person_is_where_the_command_says_and_nowhere_else(world: World) -> None:
    key = f"~{own_row(world, 'platform')['id']}"
    away = FolderShelf(world.folder / "away")
    archive.carry(world.settings, "main", away)
    with pytest.raises(PuenteError, match="reason"):
        erase(world.bridge, "contacts", "C1", WHO, " ")
    done, record = erase(world.bridge, "contacts", key, WHO, WHY, away)  # by either side's number
    assert naming(world) == {"platform.puente_order"} and done.person.kept == ["1"]
    with world.platform.read() as conn:
        payloads = {row.order_id: row.payload for row in conn.execute(select(schema.order))}
    assert EMAIL in str(payloads["1"]) and payloads["2"] is None
    assert (own_row(world, "erp")["nombres"], own_row(world, "platform")["names"]) == ("(borrado)", "(borrado)")
    assert problems_of(record, "erasure", world.settings.seal_key) == []
    assert json.loads(record.read_bytes())["erasure"]["finished"] is True
    for path in world.settings.archive_dir.rglob(f"*{archive.SUFFIX}"):
        with away.open(archive.shelf_key(world.settings, "main", path)) as there:
            assert there.read() == path.read_bytes(), "away as here"

    until_quiet(world)  # each side tells the other of a deletion
    assert [cycle(world) for _ in range(3)] == [0, 0, 0]
    replay(world.route("contacts"), "x")
    until_quiet(world)
    assert naming(world) == {"platform.puente_order"}, "the archive does not bring them back"
    assert ledger.verify(world.platform, "main") == ledger.verify(world.erp, "main") == []
    world.check_invariants()
    assert "Otra Persona" in everywhere(world)["platform.shop_contact"]


def test_lists_of_differences_that_have_their_record_are_named(world: World) -> None:
    """A list has one field a line, so that a whole name need not stand in it."""
    folder = world.settings.reports_dir / "main" / "dry_run"
    folder.mkdir(parents=True)
    (folder / "one.csv").write_text("entidad,clave\nContactos,C1,Cambiaría,Nombres,Ana,Begoña,,\n", encoding="utf-8")
    (folder / "two.csv").write_text("entidad,clave\nContactos,C12,Cambiaría,Cargo,C1,,,\n", encoding="utf-8")
    done, _ = erase(world.bridge, "contacts", "C1", WHO, WHY)
    assert [name for name in done.reports if name.startswith("main/dry_run/")] == ["main/dry_run/one.csv"]


@pytest.mark.parametrize("where", ["_erase_side", "_drop_from"])
def test_killed_half_way_it_is_finished_by_the_next(world: World, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    calls = []

    def second(*_: Any) -> None:
        calls.append(1)
        if len(calls) == (2 if where == "_erase_side" else 1):
            die()

    with monkeypatch.context() as patch, pytest.raises(Killed):
        before(patch, erasing, where, second, times=2)
        erase(world.bridge, "contacts", "C1", WHO, WHY)
    _, record = erase(world.bridge, "contacts", "C1", WHO, WHY)
    assert naming(world) == {"platform.puente_order"}
    assert json.loads(record.read_bytes())["erasure"]["finished"] is True
    until_quiet(world)
    world.check_invariants()


def test_nobody_is_erased_who_is_not_at_rest(world: World) -> None:
    with pytest.raises(PuenteError, match="no person"):
        preview(world.bridge, "products", "P1")
    with pytest.raises(PuenteError, match="knows 'C9'"):
        preview(world.bridge, "contacts", "C9")
    world.own("persona", cve="C1", nombres=NAME, cliente="E1", correo="third@example.mx")
    world.capture("contacts")
    with pytest.raises(PuenteError, match=r"1 rows in the queue Contactos_Sube.*Nothing was erased"):
        erase(world.bridge, "contacts", "C1", WHO, WHY)
    until_quiet(world)
    know_order(world, "3", "ENVIADO", ID_Contacto="C1")
    with pytest.raises(PuenteError, match="orders under way: 3"):
        erase(world.bridge, "contacts", "C1", WHO, WHY)


def test_what_is_in_quarantine_is_discarded_and_erased(world: World) -> None:
    world.put("contacts", "C1", Nombres=NAME, Email="no e-mail at all", ID_Empresa="E1")
    world.run()
    assert [row["state"] for row in world.inbox("contacts")][-1] == "quarantined"
    assert preview(world.bridge, "contacts", "C1").rows["platform: puente_finding"] == 1
    erase(world.bridge, "contacts", "C1", WHO, WHY)
    assert naming(world) == {"platform.puente_order"}
    assert [row["state"] for row in world.inbox("contacts")][-1] == "discarded"
    world.check_invariants()


def test_a_company_that_bought_stays_in_the_erp_and_is_switched_off(world: World) -> None:
    know_order(world, "4", "FACTURADO", ID_Empresa="E1")
    with world.platform.begin() as conn:
        conn.execute(update(schema.order).values(emitted_at="2026-10-01T00:00:00.000Z"))
    done, _ = erase(world.bridge, "companies", "E1", WHO, WHY)
    assert done.own["erp"].startswith("kept: 1 orders") and done.own["platform"] == "erase"
    until_quiet(world)
    with world.erp.read() as conn:
        row = conn.execute(select(own_tables.cliente).where(own_tables.cliente.c.cve == "E1")).mappings().one()
    assert (row["nombre"], row["activo"]) == ("Llantera Ñandú", 0)


def test_an_archived_file_gets_a_data_key_of_its_own(world: World) -> None:
    (path, *_) = world.settings.archive_dir.rglob(f"*{archive.SUFFIX}")
    before_it, opening = path.read_bytes(), vault.new_opening
    archive.rewrite(path, RING, lambda page: page)
    assert path.read_bytes()[:400] != before_it[:400] and opening(io.BytesIO(before_it), RING) is None


def away_naming(world: World, away: FolderShelf) -> set[str]:
    """Files of the archive on a shelf that name the person."""
    found = set()
    for key in away.keys("main/archive/"):
        pages: list[Any] = []
        archive.read_away(away, key, RING, lambda page, pages=pages: pages.extend(page.to_pylist()))  # type: ignore[misc]
        if any(word in repr(pages) for word in (NAME, OLD, EMAIL)):
            found.add(key)
    return found


def test_a_backup_that_carries_the_archive_meanwhile_does_not_bring_the_person_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    away, refused = FolderShelf(world.folder / "away"), []
    archive.carry(world.settings, "main", away)

    def carried(*_: Any) -> None:
        try:
            backup.upload(world.bridge, away, Run("another", "backup"))
        except LeaseHeld as error:
            refused.append(error)

    before(monkeypatch, archive, "rewrite", carried)
    with suppress(PuenteError):
        erase(world.bridge, "contacts", "C1", WHO, WHY, away)
    erase(world.bridge, "contacts", "C1", WHO, WHY, away)
    assert away_naming(world, away) == set() and len(refused) == 1
    backup.upload(world.bridge, away, Run("another", "backup"))  # the lease is free again


def test_while_a_backup_is_at_work_nothing_is_erased(world: World) -> None:
    before_it = naming(world)
    with backup.at_work(world.bridge, Run("b", "backup"), last=True), pytest.raises(LeaseHeld, match="backup"):
        erase(world.bridge, "contacts", "C1", WHO, WHY)
    assert naming(world) == before_it


@pytest.mark.parametrize("lost", ["left there", "lost here"])
def test_what_only_the_other_shelf_still_has_is_found_there(world: World, lost: str) -> None:
    """Of an erasure while there was no Azure, or of a machine that lost its archive."""
    away = FolderShelf(world.folder / "away")
    archive.carry(world.settings, "main", away)
    assert away_naming(world, away)
    if lost == "left there":
        erase(world.bridge, "contacts", "C1", WHO, WHY)
        assert away_naming(world, away)
    else:
        world.set(archive_dir=world.folder / "new disk")
    done, _ = erase(world.bridge, "contacts", "C1", WHO, WHY, away)
    assert done.archived and away_naming(world, away) == set()
    assert naming(world) == {"platform.puente_order"}


def test_a_backup_that_cannot_be_opened_stops_no_erasure(world: World) -> None:
    (kept, *_) = backup.run_all(world.bridge, world.next_run(), None)
    (world.settings.backups_dir / "main" / kept.backup_id / manifest.NAME).write_bytes(b"spoilt")
    done, _ = erase(world.bridge, "contacts", "C1", WHO, WHY)
    assert done.backups_until == (manifest.moment_of(kept.backup_id) + dt.timedelta(days=372)).date().isoformat()


STREET = "Calle Secreta 7"


def ordered(world: World, number: str, **fields: Any) -> None:
    """A header with two lines, put into the ERP's queues and read there."""
    orders.known(world, "products", "A1", "A2")
    told = {"ID_Empresa": "E1", "ID_Contacto": "C1", "Envio_Email": EMAIL, "Envio_Direccion": STREET, **fields}
    orders.order(world, number, **told)
    for _ in range(3):
        world.run(reader="erp")


def where(world: World, text: str) -> set[str]:
    return {name for name, found in everywhere(world).items() if text in found}


def test_an_order_that_the_erp_has_is_kept_by_name_and_given_away(world: World) -> None:
    ordered(world, "P1")
    told = export(world.bridge, "contacts", "C1")
    holding = {place["place"] for place in told["places"] if STREET in json.dumps(place, default=str)}
    assert "erp: puente_inbox_pedidos_cabecera" in holding and any(name.startswith("archive: ") for name in holding)
    done, _ = erase(world.bridge, "contacts", "C1", WHO, WHY)
    assert done.person.kept == ["1", "P1"]
    assert "erp.puente_inbox_pedidos_cabecera" in where(world, STREET)


def test_an_order_whose_date_cannot_be_read_is_kept(world: World) -> None:
    ordered(world, "P1")
    world.erp_sql("UPDATE puente_inbox_pedidos_cabecera SET fecha_creacion = '01/11/2026 10:00'")
    assert preview(world.bridge, "contacts", "C1").person.kept == ["1", "P1"]


def test_an_order_beyond_the_years_loses_its_addresses_everywhere(world: World) -> None:
    ordered(world, "P1")
    world.set(keep_years=0)
    done, _ = erase(world.bridge, "contacts", "C1", WHO, WHY)
    assert "P1" in done.person.ended and any("Pedidos_Cabecera" in name for name in done.archived)
    assert where(world, STREET) - {"erp.pedido"} == set() and where(world, EMAIL) - {"erp.pedido"} == set()
    assert world.inbox_states("order_headers", reader="erp") == {"applied": 1}
    assert ledger.verify(world.erp, "main") == []


def test_a_later_try_knows_the_orders_that_an_earlier_one_blanked(world: World) -> None:
    """Though nothing in the databases says any more whose they were."""
    ordered(world, "P1")
    know_order(world, "P1", "RECHAZADO", ID_Contacto="C1", Envio_Email=EMAIL)
    away = FolderShelf(world.folder / "away")
    archive.carry(world.settings, "main", away)
    world.set(keep_years=0)
    keep_house(world.bridge, world.next_run(), dt.datetime.now(dt.UTC) + dt.timedelta(days=100), away)
    assert world.inbox("order_headers", reader="erp") == []
    erase(world.bridge, "contacts", "C1", WHO, WHY)
    assert away_naming(world, away)
    erase(world.bridge, "contacts", "C1", WHO, WHY, away)
    assert away_naming(world, away) == set()


def test_an_order_header_in_quarantine_or_in_its_queue_is_in_the_way(world: World) -> None:
    orders.header(world, "P8", orders.TWO, ID_Empresa="E1", ID_Contacto="C1", Envio_Email=EMAIL)
    with pytest.raises(PuenteError, match="1 rows in the queue Pedidos_Cabecera"):
        preview(world.bridge, "contacts", "C1")
    world.run(reader="erp")
    with pytest.raises(PuenteError, match="orders under way: P8"):
        erase(world.bridge, "contacts", "C1", WHO, WHY)


def test_mails_to_an_address_that_only_the_erps_inbox_remembers_go_though_it_is_killed_between_the_sides(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, number = own_tables.shop_contact, own_row(world, "platform")["id"]
    for address in ("shop.one@example.mx", "shop.two@example.mx"):
        with world.platform.begin() as conn:
            conn.execute(update(table).where(table.c.id == number).values(email=address))
        until_quiet(world)
    with world.platform.begin() as conn:
        mail = {"link_id": "main", "order_id": "z", "state": "ACEPTADO", "message_id": "<q@p>", "status": "sent"}
        conn.execute(insert(schema.mail).values(**mail, recipient="shop.one@example.mx", plain="Hola", attempts=1))
    calls = []

    def second(*_: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            die()

    with monkeypatch.context() as patch, pytest.raises(Killed):
        before(patch, erasing, "_erase_side", second, times=2)
        erase(world.bridge, "contacts", "C1", WHO, WHY)
    erase(world.bridge, "contacts", "C1", WHO, WHY)
    assert where(world, "shop.one@example.mx") == set()


ORDERED, HOUSE = "compras@other.example", "ventas@mini.example"


def mailed(world: World, order: str, recipient: str, status: str = "sent") -> None:
    mail = {"link_id": "main", "order_id": order, "state": "ACEPTADO", "message_id": f"<{order}-{len(recipient)}>"}
    text = {"subject": f"Pedido {order}", "plain": f"Hola {ORDERED}"}
    with world.platform.begin() as conn:
        conn.execute(insert(schema.mail).values(**mail, **text, recipient=recipient, status=status, attempts=1))


def with_a_house(world: World) -> None:
    path = world.bridge.profile("platform").folder / "profile.yaml"
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    raw.setdefault("orders", {}).setdefault("mail", {})["internal"] = {"ACEPTADO": [HOUSE]}
    world.use_profile("platform", {"profile.yaml": yaml.safe_dump(raw, allow_unicode=True)})


@pytest.mark.parametrize("field", ["Envio_Email", "Facturacion_Email"])
def test_mails_to_the_address_that_an_order_gave_go_though_the_contact_had_another(world: World, field: str) -> None:
    """Of an order that is kept, and of one that is not; other people's mails to that address stay."""
    with_a_house(world)
    know_order(world, "5", "FACTURADO", **{"ID_Contacto": "C1", "Envio_Email": None, field: ORDERED})
    know_order(world, "6", "RECHAZADO", **{"ID_Contacto": "C1", "Envio_Email": None, field: ORDERED})
    know_order(world, "7", "FACTURADO", ID_Contacto="C2", Envio_Email=ORDERED)
    with world.platform.begin() as conn:
        order = schema.order
        conn.execute(update(order).where(order.c.order_id == "5").values(emitted_at="2026-10-01T00:00:00.000Z"))
    for number in "567":
        mailed(world, number, ORDERED)
        mailed(world, number, HOUSE)
    done, _ = erase(world.bridge, "contacts", "C1", WHO, WHY)
    assert {"5"} <= {*done.person.kept} and "6" in done.person.ended
    left = {(row["order_id"], row["recipient"], row["plain"] is None) for row in orders_mails(world)}
    nobody = {(number, "(erased)", True) for number in "56"}
    assert left >= nobody | {("5", HOUSE, True), ("6", HOUSE, True), ("7", ORDERED, False), ("7", HOUSE, False)}
    assert not [one for one in left if one[0] in "56" and one[1] == ORDERED]


def orders_mails(world: World) -> list[dict[str, Any]]:
    return [row | {"recipient": row["recipient"].removesuffix(f" {row['mail_id']}")} for row in mails(world)]


@pytest.mark.parametrize("recipient", [ORDERED, HOUSE])
def test_a_mail_about_an_order_that_waits_is_in_the_way_whoever_gets_it(world: World, recipient: str) -> None:
    with_a_house(world)
    know_order(world, "6", "RECHAZADO", ID_Contacto="C1", Envio_Email=ORDERED)
    mailed(world, "6", recipient, "waiting")
    with pytest.raises(PuenteError, match="1 mails to be sent"):
        erase(world.bridge, "contacts", "C1", WHO, WHY)


def pruned(world: World) -> None:
    """What is done leaves the inboxes, as it does after 90 days."""
    done = keep_house(world.bridge, world.next_run(), dt.datetime.now(dt.UTC) + dt.timedelta(days=100))
    assert done["inbox"]


@pytest.mark.parametrize("kept_by", ["its order", "the archive"])
def test_mails_to_an_old_address_go_after_the_inbox_has_forgotten_it(world: World, kept_by: str) -> None:
    if kept_by == "the archive":  # the world has the other
        mailed(world, "z", OLD)
    if kept_by == "its order":
        world.set(keys=None)
    with world.platform.begin() as conn:
        conn.execute(schema.conflict.delete())
    pruned(world)
    erase(world.bridge, "contacts", "C1", WHO, WHY)
    assert "platform.puente_mail" not in where(world, OLD)


def test_what_a_person_edited_goes_after_its_row_has_left_the_inbox(world: World) -> None:
    """Who edited which field, and why, stays."""
    for key, address in (("C1", EMAIL), ("C2", "otra@example.mx")):
        world.put("contacts", key, Nombres=NAME, Email="wrong", ID_Empresa="E1")
        world.run()
        row = world.inbox("contacts")[-1]
        assert row["state"] == "quarantined"
        quarantine.release(world.route("contacts"), row["inbox_id"], WHO, "typing error", {"Email": address})
        world.run_until_quiet()
    pruned(world)
    told = {place["place"] for place in export(world.bridge, "contacts", "C1")["places"]}
    assert "platform: puente_decision" in told
    assert preview(world.bridge, "contacts", "C1").rows["platform: puente_decision"] == 2
    erase(world.bridge, "contacts", "C1", WHO, WHY)
    edits = [
        (row["record_key"], row["who"], row["field"], row["value"])
        for row in world.rows_of("platform", schema.decision)
        if row["action"] == "edit"
    ]
    assert edits == [("C1", WHO, "Email", None), ("C2", WHO, "Email", "otra@example.mx")]


def test_an_order_of_a_customer_whom_the_erp_does_not_know_yet_is_under_way(world: World) -> None:
    company = own_row(world, "platform")["company_id"]
    number = world.shop_own(
        "shop_contact", names="Nueva Persona", email="n@example.mx", company_id=company, erp_id=None
    )
    emission.product(world, "A1")
    emission.order(world, "77", [("A1", "1", "10")], company, contact_id=number, ship_email="n@example.mx")
    emission.emit(world)
    with pytest.raises(PuenteError, match="orders under way: 77"):
        erase(world.bridge, "contacts", f"~{number}", WHO, WHY)
