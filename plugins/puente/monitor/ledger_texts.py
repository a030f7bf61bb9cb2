"""What the ledger's page says, in both languages."""

from __future__ import annotations

from typing import Any

TEXTS: dict[str, dict[str, Any]] = {
    "es": {
        "heading": "Libro de lotes",
        "about": "Un asiento por lote: cada fila que se leyó está en exactamente un estado.",
        "direction": "Dirección", "entity": "Entidad", "run": "Ejecución", "export": "Exportar CSV",
        "batches": "{} lotes", "one_batch": "1 lote", "sums": "Suma de lo elegido", "seq": "Asiento",
        "batch": "Lote", "settled": "Cerrado", "equation": "Balance", "read_equation": "leídas = nuevas + repetidas",
        "taken_equation": "tomadas = suma de sus estados", "balanced": "cuadra", "unbalanced": "NO cuadra",
        "rows_read": "Leídas", "rows_landed": "nuevas", "rows_seen_again": "repetidas", "rows_taken": "Tomadas",
        "rows_cleared": "Retiradas de la cola",
        "rows_pending": "pendientes", "rows_applied": "aplicadas", "rows_unchanged": "sin cambio",
        "rows_superseded": "reemplazadas", "rows_late": "tardías", "rows_duplicate": "duplicadas",
        "rows_held": "en espera", "rows_conflict": "en conflicto", "rows_quarantined": "apartadas",
        "rows_discarded": "descartadas", "nothing": "No hay lotes con estos filtros.",
        "chain": "La cadena", "verify": "Verificar la cadena",
        "verify_note": "Lee todos los asientos de ambos lados, comprueba cada huella, el balance con lo recibido y los "
                       "sellos de los informes más recientes; no cambia nada.",
        "older": "Más antiguos", "newest": "Los más recientes",
        "verdicts": {"settled": "cerrado", "closed": "detenido en la puerta", "discarded": "descartado",
                     "replayed": "repuesto del archivo"},
    },
    "en": {
        "heading": "Ledger of batches",
        "about": "One entry per batch: every row that was read is in exactly one state.",
        "direction": "Direction", "entity": "Entity", "run": "Run", "export": "Export CSV",
        "batches": "{} batches", "one_batch": "1 batch", "sums": "Sum of the choice", "seq": "Entry",
        "batch": "Batch", "settled": "Settled", "equation": "Balance", "read_equation": "read = new + seen again",
        "taken_equation": "taken = the sum of its states", "balanced": "balances", "unbalanced": "does NOT balance",
        "rows_read": "Read", "rows_landed": "new", "rows_seen_again": "seen again", "rows_taken": "Taken",
        "rows_cleared": "Cleared from the queue",
        "rows_pending": "pending", "rows_applied": "applied", "rows_unchanged": "unchanged",
        "rows_superseded": "superseded", "rows_late": "late", "rows_duplicate": "duplicate",
        "rows_held": "held", "rows_conflict": "in conflict", "rows_quarantined": "set aside",
        "rows_discarded": "discarded", "nothing": "There are no batches with these filters.",
        "chain": "The chain", "verify": "Verify the chain",
        "verify_note": "Reads every entry of both sides, checks each hash, the balance with what was received, and the "
                       "newest reports' seals; changes nothing.",
        "older": "Older", "newest": "The newest",
        "verdicts": {"settled": "settled", "closed": "stopped at the gate", "discarded": "discarded",
                     "replayed": "replayed from the archive"},
    },
}  # fmt: skip
