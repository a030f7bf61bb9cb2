"""What the pages' tests look at: passes with good, bad and held rows, and one of everything that needs a person.

Texts that come from an ERP or a shop carry markup: shown as text they are harmless.
"""

from __future__ import annotations

import datetime as dt
import json

from sqlalchemy import insert

from kit.world import World
from puente.db import schema
from puente.nightly import traffic
from puente.sync import control

MARKUP = "<script>document.title='taken'</script><img src=x onerror=alert(1)>"
MAIL = "ana.secreta@example.mx"
PERSON, COMPANY = "CONTACTO-ANA-42", "EMPRESA-UNO-77"  # keys by which people could be looked up
AT = "2026-11-01T00:00:00.000Z"
NO_DATE = "24/11/2026 08:31:05"  # as a vendor may write Fecha_Creacion where it is text


def fill(world: World) -> None:
    """Both directions moved once; some of it stays behind."""
    world.put("categories", "C1", Nombre="Llantas")
    for n in range(4):
        created = NO_DATE if n == 3 else None
        world.put("products", f"P{n}", Nombre=f"Llanta {n}", Precio_1="10.00", Existencia="3", created=created)
    world.put("products", "P8", Nombre=MARKUP, Precio_1="10.00", Existencia="3")
    world.put("products", "P9", Nombre=f"Mala {MARKUP}", Precio_1="-5", Existencia="3")
    world.put("product_categories", "C1", ID_Producto="P0")
    world.put("product_categories", "C1", ID_Producto="MISSING")
    world.put("companies", "E1", Nombre_Empresa="Uno", Email=MAIL)
    world.put("contacts", "K1", Nombres=MARKUP, ID_Empresa="E1", Email=MAIL)
    world.put("contacts", PERSON, Nombres="Ana", ID_Empresa=COMPANY, Email=MAIL)  # held: nobody knows the company
    world.run()
    world.put("products", "P0", Nombre="Llanta 0 bis", Precio_1="11.00", Existencia="3")
    world.run()
    world.put("products", "P7", Nombre="En la cola", Precio_1="10.00", Existencia="3", created=NO_DATE)
    traffic.probe(world.bridge, dt.datetime.now(dt.UTC))
    control.pause(world.platform, "main", "categories", MARKUP, f"por {MARKUP}")
    with world.platform.begin() as conn:
        conn.execute(
            insert(schema.conflict).values(
                link_id="main", entity="companies", record_key=COMPANY, winner="erp", why="", loser="{}", at=AT,
            )
        )  # fmt: skip
        conn.execute(
            insert(schema.conflict).values(
                link_id="main", entity="contacts", record_key=f"{PERSON}{MARKUP}", winner="erp", why=f"{MAIL} {MARKUP}",
                loser=json.dumps({"Email": MAIL}), at=AT,
            )
        )  # fmt: skip
        conn.execute(
            insert(schema.order),
            [
                {"link_id": "main", "order_id": "1234", "state": "ACEPTADO", "waits": None, "at": AT},
                {"link_id": "main", "order_id": f"77{MARKUP}", "state": "VALIDANDO EXISTENCIAS",
                 "waits": f"No cuadra {MAIL} {MARKUP}", "at": AT},
            ],
        )  # fmt: skip
        conn.execute(insert(schema.silence).values(link_id="main", entity="erp:products", since=AT, hours="9", at=AT))
        conn.execute(
            insert(schema.mail).values(
                link_id="main", order_id="1234", state="ACEPTADO", recipient=MAIL, message_id="<1@x>",
                status="doubtful", attempts=1, at=AT,
            )
        )  # fmt: skip
