"""What the inventory's report says to people, in both languages."""

from __future__ import annotations

from typing import Any

TEXTS: dict[str, dict[str, Any]] = {
    "es": {
        "title": "Inventario completo",
        "sides": "ERP y tienda, registro por registro y campo por campo",
        "entities": {
            "categories": "Categorías", "products": "Productos", "product_categories": "Categorías de productos",
            "companies": "Empresas", "contacts": "Contactos",
        },
        "verdicts": {
            "same": ("✓", "Sin diferencias", "Los dos lados muestran lo mismo."),
            "ordered": ("✓", "Reparaciones en camino",
                        "Lo que difiere se envía otra vez con la próxima captura y pasa por la cola y las reglas."),
            "dry_run": ("!", "Hay diferencias; no se reparó nada", "Fue un simulacro."),
            "ask": ("!", "Espera aprobación", "Son tantas reparaciones que una persona debe aprobarlas."),
            "rejected": ("✕", "Reparaciones no aprobadas", "Lo que se preguntó no se reparó."),
            "listed": ("!", "Hay diferencias sin reparación propia", "Las decide una persona; cada una dice por qué."),
            "closed": ("✕", "Cerrado", "Una parte no se pudo comparar con certeza; de ella no se reparó nada."),
        },
        "counts": "Registros", "entity": "Qué", "read_erp": "En el ERP", "read_platform": "En la tienda",
        "total": "Claves", "ordered": "Reparaciones", "of": "de",
        "found": {
            "same": "Iguales", "different": "Distintos", "missing": "Faltan en la tienda",
            "extra": "Sobran en la tienda", "in_flight": "En camino", "held": "En espera",
            "quarantined": "En cuarentena", "conflict": "En conflicto",
            "discarded": "Descartados", "unfit": "No caben en su cola", "doubled": "Clave repetida",
        },
        "differences": "Diferencias", "none": "Ninguna.", "key": "Clave", "what": "Qué es", "fields": "Campos",
        "repair": "Reparación", "shown": "Se muestran {shown} de {total}; todas están en el archivo CSV.",
        "repairs": {
            "send": "El ERP lo envía otra vez", "delete": "El ERP envía otra vez su baja",
            "send_to_erp": "La tienda lo envía otra vez", "delete_in_erp": "La tienda envía otra vez su baja",
        },
        "done": "ordenada", "not_done": "no ordenada",
        "whys": {
            "never_crossed": "No llegó por Puente: alguien lo dio de alta en la tienda.",
            "unknown_to_erp": "El ERP no lo conoce ni lo dio de baja: decida una persona.",
            "not_captured_erp": "El propio ERP llena la cola: pídale que lo envíe otra vez.",
            "not_captured_platform": "El perfil no captura esto en la tienda.",
            "queued": "Está en la cola.", "inbox": "Está en la bandeja de entrada.",
            "outbox": "Está en la bandeja de salida.", "changed": "Cambió durante la comparación.",
            "gone": "Desapareció durante la comparación.",
            "unbound": "El ERP lo tiene; su clave aún no ha vuelto a la tienda.",
            "uncaptured_erp": "Cambió en el ERP; se envía con la próxima captura.",
            "uncaptured_platform": "Cambió en la tienda; se envía con la próxima captura.",
            "conflict": "Los dos lados lo cambiaron: vea `conflicts list`.",
            "closed": "Su lote espera en una puerta cerrada, lote", "rule": "Regla",
            "unfit": "No cabe en la cola, campo", "doubled": "Un lado muestra esta clave más de una vez.",
        },
        "notes": "Observaciones",
        "left_out": "no se comparan, porque un lado no los muestra",
        "keyless": "registros del ERP sin clave",
        "not_compared": "no se comparó: la lectura falló; vea la tarea", "not_shown": "un perfil no los muestra",
        "origin": "Procedencia", "link": "Enlace", "run": "Ejecución", "started": "Inicio (UTC)",
        "finished": "Fin (UTC)", "decided": "Decidió", "csv": "Diferencias con valores (CSV)", "seal": "Sello",
        "sealed": "Sellado con clave (HMAC-SHA256).", "unsealed": "Sin clave: solo huella SHA-256.",
        "footer": "Esta página no contiene valores, solo claves y campos. El CSV sí: puede contener datos personales.",
        "csv_head": ("entidad", "clave", "que_es", "campo", "erp", "tienda", "reparacion", "ordenada", "motivo"),
        "yes": "sí",
        "approval_subject": "Puente: aprobar las reparaciones del inventario ({link})",
        "approval_body": "El inventario encontró tantas diferencias que repararlas sería un cambio masivo:",
        "approval_line": "- {entity}: {repairs} reparaciones ({deletions} bajas) de {total} claves",
        "approval_end": "Si se aprueba, van por la cola y las reglas de siempre. Sin respuesta no se repara nada.",
    },
    "en": {
        "title": "Full inventory",
        "sides": "ERP and shop, record by record and field by field",
        "entities": {
            "categories": "Categories", "products": "Products", "product_categories": "Product categories",
            "companies": "Companies", "contacts": "Contacts",
        },
        "verdicts": {
            "same": ("✓", "No differences", "Both sides show the same."),
            "ordered": ("✓", "Repairs on their way",
                        "What differs is sent again with the next capture, through the queue and the gate."),
            "dry_run": ("!", "There are differences; nothing was repaired", "This was a dry run."),
            "ask": ("!", "Waits for approval", "So many repairs need a person's approval."),
            "rejected": ("✕", "Repairs not approved", "What was asked about was not repaired."),
            "listed": ("!", "There are differences without a repair", "A person decides them; each says why."),
            "closed": ("✕", "Closed", "Some of it could not be compared with certainty; nothing of that was repaired."),
        },
        "counts": "Records", "entity": "What", "read_erp": "In the ERP", "read_platform": "In the shop",
        "total": "Keys", "ordered": "Repairs", "of": "of",
        "found": {
            "same": "Same", "different": "Different", "missing": "Missing in the shop", "extra": "Extra in the shop",
            "in_flight": "In flight", "held": "Held", "quarantined": "Quarantined", "conflict": "In conflict",
            "discarded": "Discarded", "unfit": "Do not fit their queue", "doubled": "Key shown twice",
        },
        "differences": "Differences", "none": "None.", "key": "Key", "what": "What it is", "fields": "Fields",
        "repair": "Repair", "shown": "{shown} of {total} are shown; all are in the CSV file.",
        "repairs": {
            "send": "The ERP sends it again", "delete": "The ERP sends its deletion again",
            "send_to_erp": "The shop sends it again", "delete_in_erp": "The shop sends its deletion again",
        },
        "done": "ordered", "not_done": "not ordered",
        "whys": {
            "never_crossed": "It never came over Puente: somebody typed it in the shop.",
            "unknown_to_erp": "The ERP neither knows nor has deleted it: a person has to decide.",
            "not_captured_erp": "The ERP's own software fills the queue: have it send the record again.",
            "not_captured_platform": "The profile does not capture this in the shop.",
            "queued": "It is in the queue.", "inbox": "It is in the inbox.", "outbox": "It is in the outbox.",
            "changed": "It changed during the comparison.", "gone": "It vanished during the comparison.",
            "unbound": "The ERP has it; its id has not come back to the shop yet.",
            "uncaptured_erp": "It changed in the ERP; the next capture sends it.",
            "uncaptured_platform": "It changed in the shop; the next capture sends it.",
            "conflict": "Both sides changed it: see `conflicts list`.",
            "closed": "Its batch waits behind a closed gate, batch", "rule": "Rule",
            "unfit": "It does not fit its queue, field", "doubled": "One side shows this key more than once.",
        },
        "notes": "Remarks",
        "left_out": "not compared, for one side does not show them",
        "keyless": "records of the ERP without a key",
        "not_compared": "not compared: the reading failed; see the task", "not_shown": "a profile does not show them",
        "origin": "Origin", "link": "Link", "run": "Run", "started": "Start (UTC)", "finished": "End (UTC)",
        "decided": "Decided by", "csv": "Differences with values (CSV)", "seal": "Seal",
        "sealed": "Sealed with a key (HMAC-SHA256).", "unsealed": "No key: SHA-256 only.",
        "footer": "This page holds no values, only keys and fields. The CSV does: it may hold personal data.",
        "csv_head": ("entity", "key", "found", "field", "erp", "shop", "repair", "ordered", "why"),
        "yes": "yes",
        "approval_subject": "Puente: approve the inventory's repairs ({link})",
        "approval_body": "The inventory found so many differences that mending them would be a mass change:",
        "approval_line": "- {entity}: {repairs} repairs ({deletions} deletions) of {total} keys",
        "approval_end": "If approved they go through the usual queue and gate. Without an answer nothing is repaired.",
    },
}  # fmt: skip


def reason(texts: dict[str, Any], why: str | None) -> str:
    """A code and its detail (`rule:products.sku.unique`) in words; what is no code is told as it is."""
    code, _, detail = (why or "").partition(":")
    known = texts["whys"].get(code)
    return (why or "") if known is None else f"{known} {detail}".strip()
