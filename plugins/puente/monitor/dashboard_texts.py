"""What the dashboard says, in both languages."""

from __future__ import annotations

from typing import Any

TEXTS: dict[str, dict[str, Any]] = {
    "es": {
        "heading": "Estado de integración", "updated": "Actualizado", "stale": "No se pudo actualizar",
        "every": "se actualiza solo cada {} s", "needs": "Necesita a una persona",
        "quiet": "Nada espera a una persona.", "connections": "Conexiones", "answers": "Responde",
        "silent": "No responde", "undefined": "No está definida", "ms": "{} ms", "since_up": "sin fallas desde",
        "since_down": "sin respuesta desde", "unknown_since": "sin sondeos todavía",
        "probes": "{failed} de {probes} sondeos fallaron en 24 h; el más lento, {slowest} ms",
        "lanes": "Lo que se mueve", "entity": "Entidad", "queue": "En cola", "oldest": "La más vieja",
        "last": "Última sincronización", "today": "Hoy", "rows_read": "Leídas", "rows_applied": "Aplicadas",
        "rows_held": "En espera", "rows_quarantined": "Apartadas", "latency": "Latencia p50 / p95",
        "latency_title": "Segundos de la cola a quedar aplicado, de las últimas {} filas de 24 horas",
        "more": "más de {}", "waiting_now": "{} ahora", "not_asked": "sin dato",
        "orders": "Pedidos por estado", "no_orders": "Todavía no hay pedidos.", "waiting": "{} esperan",
        "errors": "Errores en 24 horas", "no_errors": "Ninguna tarea falló.", "and_more": "y {} más",
        "failed": "{} tareas fallaron", "one_failed": "Una tarea falló",
        "next": "Próximas ejecuciones", "no_time": "cuando se pide", "paused": "Dag en pausa", "last_run": "la última",
        "no_dags": "Airflow todavía no conoce los Dags de este enlace.", "never": "nunca",
        "states": {"success": "bien", "failed": "falló", "running": "en curso", "queued": "en espera"},
        "nights": {"inventory": "full_inventory", "backup": "backup", "drill": "restore_drill"},
        "dags": {
            "capture_erp": "Captura del ERP", "erp_to_platform": "Del ERP a la plataforma",
            "capture_platform": "Captura de la plataforma", "platform_to_erp": "De la plataforma al ERP",
            "full_inventory": "Inventario completo", "backup": "Respaldo", "low_stock": "Existencia baja",
            "purchase_approval": "Aprobación de compras", "monitor": "Vigilancia", "restore": "Restauración",
            "restore_drill": "Simulacro de restauración", "housekeeping": "Limpieza",
            "weekly_report": "Informe semanal",
        },
    },
    "en": {
        "heading": "Integration status", "updated": "Updated", "stale": "Could not be updated",
        "every": "updates itself every {} s", "needs": "Needs a person",
        "quiet": "Nothing waits for a person.", "connections": "Connections", "answers": "Answers",
        "silent": "Does not answer", "undefined": "Is not defined", "ms": "{} ms", "since_up": "no failure since",
        "since_down": "no answer since", "unknown_since": "not probed yet",
        "probes": "{failed} of {probes} probes failed in 24 h; the slowest took {slowest} ms",
        "lanes": "What moves", "entity": "Entity", "queue": "In the queue", "oldest": "The oldest",
        "last": "Last sync", "today": "Today", "rows_read": "Read", "rows_applied": "Applied",
        "rows_held": "Held", "rows_quarantined": "Set aside", "latency": "Latency p50 / p95",
        "latency_title": "Seconds from the queue until applied, of the last {} rows within 24 hours",
        "more": "more than {}", "waiting_now": "{} now", "not_asked": "not known",
        "orders": "Orders by state", "no_orders": "There are no orders yet.", "waiting": "{} wait",
        "errors": "Errors in 24 hours", "no_errors": "No task failed.", "and_more": "and {} more",
        "failed": "{} tasks failed", "one_failed": "One task failed",
        "next": "Next runs", "no_time": "on demand", "paused": "Dag is paused", "last_run": "the last",
        "no_dags": "Airflow does not know this link's Dags yet.", "never": "never",
        "states": {"success": "fine", "failed": "failed", "running": "running", "queued": "queued"},
        "nights": {"inventory": "full_inventory", "backup": "backup", "drill": "restore_drill"},
        "dags": {
            "capture_erp": "Capture of the ERP", "erp_to_platform": "ERP to platform",
            "capture_platform": "Capture of the platform", "platform_to_erp": "Platform to ERP",
            "full_inventory": "Full inventory", "backup": "Backup", "low_stock": "Low stock",
            "purchase_approval": "Purchase approval", "monitor": "Monitor", "restore": "Restore",
            "restore_drill": "Restore drill", "housekeeping": "Housekeeping", "weekly_report": "Weekly report",
        },
    },
}  # fmt: skip
