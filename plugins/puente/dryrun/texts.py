"""What the report of a dry run says to people, in both languages."""

from __future__ import annotations

from typing import Any

TEXTS: dict[str, dict[str, Any]] = {
    "es": {
        "title": "Ensayo", "nothing_written": "No se escribió nada en ninguno de los dos lados.",
        "directions": {"erp_to_platform": "Del ERP a la tienda", "platform_to_erp": "De la tienda al ERP"},
        "entities": {
            "categories": "Categorías", "products": "Productos", "product_categories": "Categorías de productos",
            "companies": "Empresas", "contacts": "Contactos", "order_headers": "Pedidos",
            "order_lines": "Renglones de pedido", "order_states": "Estados de pedido",
        },
        "verdicts": {
            "nothing": ("✓", "Nada cambiaría", "En las colas no hay nada que cambie algo."),
            "changes": ("✓", "Todo pasaría", "Lo que cambiaría está en la lista."),
            "set_aside": ("!", "Parte no pasaría", "Hay filas que quedarían apartadas; la lista dice por qué."),
            "stopped": ("✕", "Algo se detendría", "Una parte no llegaría a aplicarse; abajo dice cuál y por qué."),
        },
        "counts": "Qué pasaría", "entity": "Qué", "read": "Filas leídas", "landed": "Nuevas",
        "states": {
            "applied": "Se aplicarían", "unchanged": "Sin cambio", "superseded": "Reemplazadas por otra fila",
            "late": "Tardías", "duplicate": "Repetidas", "held": "En espera", "quarantined": "En cuarentena",
            "conflict": "En conflicto", "discarded": "Descartadas", "pending": "Detenidas",
        },
        "what": {
            "new": "Nuevo", "changed": "Cambiaría", "removed": "Se daría de baja", "written": "Se escribiría",
            "same": "Igual", "quarantined": "En cuarentena", "held": "En espera", "conflict": "En conflicto",
        },
        "records": "Registros", "stops": "Se detendría", "rules": "Reglas que no se cumplen", "rule": "Regla",
        "failed": "Filas", "list": "Lista", "key": "Clave", "fate": "Qué pasaría", "fields": "Campos o reglas",
        "none": "Ninguno.", "shown": "Se muestran {shown} de {total}; todos están en el archivo CSV.",
        "left_out": "no se ven cambios en", "origin": "Procedencia", "link": "Enlace", "run": "Ejecución",
        "started": "Inicio (UTC)", "finished": "Fin (UTC)", "csv": "Lista con valores (CSV)", "seal": "Sello",
        "sealed": "Sellado con clave (HMAC-SHA256).", "unsealed": "Sin clave: solo huella SHA-256.",
        "footer": "Esta página no contiene valores, solo claves, campos y reglas. El CSV sí: puede contener datos "
                  "personales. Lo que las propias tablas rechazarían no se sabe hasta escribir en ellas.",
        "csv_head": ("entidad", "clave", "que_pasaria", "campo", "antes", "despues", "motivo", "id_registro"),
    },
    "en": {
        "title": "Dry run", "nothing_written": "Nothing was written on either side.",
        "directions": {"erp_to_platform": "From the ERP to the shop", "platform_to_erp": "From the shop to the ERP"},
        "entities": {
            "categories": "Categories", "products": "Products", "product_categories": "Product categories",
            "companies": "Companies", "contacts": "Contacts", "order_headers": "Orders",
            "order_lines": "Order lines", "order_states": "Order states",
        },
        "verdicts": {
            "nothing": ("✓", "Nothing would change", "Nothing in the queues changes anything."),
            "changes": ("✓", "All of it would pass", "What would change is on the list."),
            "set_aside": ("!", "Some would not pass", "There are rows that would be set aside; the list says why."),
            "stopped": ("✕", "Something would stop", "Some would not come to be applied; below is which, and why."),
        },
        "counts": "What would happen", "entity": "What", "read": "Rows read", "landed": "New",
        "states": {
            "applied": "Would be applied", "unchanged": "Unchanged", "superseded": "Superseded", "late": "Late",
            "duplicate": "Repeated", "held": "Held", "quarantined": "Quarantined", "conflict": "In conflict",
            "discarded": "Discarded", "pending": "Stopped",
        },
        "what": {
            "new": "New", "changed": "Would change", "removed": "Would be deactivated", "written": "Would be written",
            "same": "Same", "quarantined": "Quarantined", "held": "Held", "conflict": "In conflict",
        },
        "records": "Records", "stops": "Would stop", "rules": "Rules that are not met", "rule": "Rule",
        "failed": "Rows", "list": "List", "key": "Key", "fate": "What would happen", "fields": "Fields or rules",
        "none": "None.", "shown": "{shown} of {total} are shown; all are in the CSV file.",
        "left_out": "no change is seen in", "origin": "Origin", "link": "Link", "run": "Run",
        "started": "Start (UTC)", "finished": "End (UTC)", "csv": "List with values (CSV)", "seal": "Seal",
        "sealed": "Sealed with a key (HMAC-SHA256).", "unsealed": "No key: SHA-256 only.",
        "footer": "This page holds no values, only keys, fields and rules. The CSV does: it may hold personal data. "
                  "What the side's own tables would refuse is not known before they are written.",
        "csv_head": ("entity", "key", "fate", "field", "before", "after", "why", "row_id"),
    },
}  # fmt: skip
