"""The full inventory of a catalogue: time and memory of comparing both sides, equal and with 1 % damaged.

python inventory.py [rows]

Starts a private MariaDB, fills an ERP's and a shop's table with the same articles, notes them as captured, compares,
spoils one price in a hundred, compares again, and orders the repairs.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "plugins")]

from measure import Measured  # noqa: E402
from sides import sides  # noqa: E402

_FILL = """
INSERT INTO platform.tienda_producto (
    erp_id, sku, nombre, marca, modelo, unidad, resumen, descripcion, imagen, categoria_principal, precio_publico,
    precio_taller, precio_mayoreo, precio_distribuidor, precio_flotilla, disponible, peso_kg, ancho_cm, largo_cm,
    alto_cm, activo)
SELECT CVE_ART, IF(RIGHT(CLAVE, 8) = CVE_ART, CLAVE, CONCAT(CLAVE, '-', CVE_ART)), DESCRIPCION, MARCA, MODELO, UNIDAD,
    RESUMEN, TEXTO_WEB, URL_IMAGEN, FAMILIA, PRECIO_1, PRECIO_2, PRECIO_3, PRECIO_4, PRECIO_5, EXISTENCIA, PESO_KG,
    ANCHO_CM, LARGO_CM, ALTO_CM, 1
FROM erp.ARTICULO
"""


def main(rows: int) -> None:
    from puente.nightly.compare import compare
    from puente.nightly.repairs import order_repairs
    from puente.sync import capture
    from puente.sync.route import Run

    measured = Measured("inventory", rows)
    with sides(rows) as bridge:
        with bridge.platform.begin() as conn:
            conn.exec_driver_sql("SET SESSION innodb_lock_wait_timeout = 600")
            conn.exec_driver_sql(_FILL)
        with bridge.erp.begin() as conn:  # the benchmark's wrong SKUs are the gate's business, not the inventory's
            conn.exec_driver_sql(
                "UPDATE ARTICULO SET CLAVE = CONCAT(CLAVE, '-', CVE_ART) WHERE RIGHT(CLAVE, 8) <> CVE_ART"
            )
        capture.capture(bridge, "products", Run("baseline"), send=False)
        with measured.step("equal", "compare", rows):
            (one,) = compare(bridge, Run("equal"), ("products",)).entities
        assert (one.keys_same, one.differences) == (rows, 0), one
        with bridge.platform.begin() as conn:
            spoilt = "UPDATE tienda_producto SET precio_publico = precio_publico + 1 WHERE id % 100 = 0"
            conn.exec_driver_sql(spoilt.replace("%", "%%"))
        with measured.step("1 % damaged", "compare", rows):
            (one,) = compare(bridge, Run("damaged"), ("products",)).entities
        assert (one.keys_different, one.repairs) == (rows // 100, rows // 100), one
        with measured.step("1 % damaged", "order repairs", one.repairs):
            assert order_repairs(bridge, Run("damaged")) == {"products": one.repairs}
    print(f"peak memory {measured.peak >> 20} MiB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
