"""What the trace pages say, in both languages."""

from __future__ import annotations

from typing import Any

TEXTS: dict[str, dict[str, Any]] = {
    "es": {
        "heading": "Rastreo",
        "about": "Dónde está un pedido, un producto o un cliente, y por qué: todo lo que ambos lados anotaron.",
        "what": "Qué", "key": "Número, SKU o clave", "find": "Rastrear", "anything": "Lo que sea",
        "subjects": {"order": "Pedido", "product": "Producto", "company": "Empresa", "contact": "Contacto"},
        "unknown": "Ningún lado conoce «{}». Las claves se comparan tal cual, con mayúsculas y minúsculas.",
        "where": "Dónde está", "waits": "Espera", "keys": "También conocido como",
        "time": "Hora", "side": "Lado", "step": "Paso", "detail": "Qué", "state": "Estado",
        "payload": "Datos en bruto", "task": "Tarea", "report": "Veredicto del lote {}", "row": "Ver la fila",
        "no_time": "sin hora", "hops": "{} pasos", "batch": "lote", "last": "Último paso",
        "hidden": "Su rol no permite ver los datos en bruto; los motivos se muestran sin valores.",
        "kinds": {
            "order": "Pedido", "said": "Se dijo", "reserved": "Reserva", "outbox": "Salida", "delivered": "Entrega",
            "queue": "Cola", "inbox": "Entrada", "gate": "Validación", "settled": "Asiento", "record": "Registro",
            "binding": "Par de ids", "conflict": "Conflicto", "mail": "Correo",
        },
        "stuck": {
            "queue": "Está en la cola: nadie la ha leído todavía.", "held": "Una fila espera a que llegue otra.",
            "quarantined": "Una fila está en cuarentena: una persona debe decidir.",
            "closed": "Su lote está detrás de una compuerta cerrada: una persona debe decidir.",
            "pending": "Una fila espera a la próxima ejecución.", "waiting": "Espera salir hacia el ERP.",
            "conflict": "Los dos lados lo cambiaron: hay un conflicto.",
            "mail": "Un correo no salió o se duda de que saliera.", "done": "Nada lo detiene.",
        },
    },
    "en": {
        "heading": "Trace",
        "about": "Where an order, a product or a customer is, and why: everything that both sides have noted.",
        "what": "What", "key": "Number, SKU or key", "find": "Trace", "anything": "Anything",
        "subjects": {"order": "Order", "product": "Product", "company": "Company", "contact": "Contact"},
        "unknown": "Neither side has heard of “{}”. Keys compare exactly, capitals included.",
        "where": "Where it is", "waits": "Waits", "keys": "Also known as",
        "time": "Time", "side": "Side", "step": "Step", "detail": "What", "state": "State",
        "payload": "Raw payload", "task": "Task", "report": "Verdict of batch {}", "row": "See the row",
        "no_time": "no time", "hops": "{} hops", "batch": "batch", "last": "Last step",
        "hidden": "Your role does not allow seeing the raw payload; reasons are shown without values.",
        "kinds": {
            "order": "Order", "said": "Was said", "reserved": "Reservation", "outbox": "Outbox",
            "delivered": "Delivery", "queue": "Queue", "inbox": "Inbox", "gate": "Validation", "settled": "Settlement",
            "record": "Record", "binding": "Pair of ids", "conflict": "Conflict", "mail": "Mail",
        },
        "stuck": {
            "queue": "It lies in the queue: nobody has read it yet.", "held": "A row waits for another to come.",
            "quarantined": "A row is in quarantine: a person has to decide.",
            "closed": "Its batch is behind a closed gate: a person has to decide.",
            "pending": "A row waits for the next run.", "waiting": "It waits to leave for the ERP.",
            "conflict": "Both sides changed it: there is a conflict.",
            "mail": "A mail did not go out, or may not have.", "done": "Nothing holds it up.",
        },
    },
}  # fmt: skip
