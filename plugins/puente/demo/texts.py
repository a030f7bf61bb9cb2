"""What the demo says to people, in Spanish or English."""

from __future__ import annotations

import os

TEXTS: dict[str, dict[str, str]] = {
    "es": {
        "making": "Se crean el ERP de demostración y la tienda ({erp} y {platform})",
        "migrating": "Se prepara la base de datos de Airflow",
        "running": "Ronda {round}: Airflow ejecuta {dag}",
        "changing": "Un día de trabajo en el ERP:",
        "failed": "Airflow no terminó «{what}». Las últimas líneas de {log}:",
        "round_1": "Ronda 1 · carga inicial",
        "round_2": "Ronda 2 · un día de cambios, con algunos errores",
        "columns": "entidad|leídas|aplicadas|sin cambio|retenidas|cuarentena|en la tienda",
        "wanted": "se esperaba",
        "ok": "Las cuentas son las que exigen los datos de demostración.",
        "ledger_ok": "El libro mayor está íntegro: {count} filas encadenadas y balanceadas.",
        "ledger_bad": "El libro mayor NO está íntegro:",
        "queue_bad": "Quedan filas en las colas: {queues}",
        "wrong": "Las cuentas NO son las que exigen los datos de demostración (arriba, línea «{wanted}»).",
        "seconds": "Tiempo total: {seconds} s",
        "reports": "Informes de validación ({count}): {folder}",
        "next": "Qué probar ahora:",
        "next_ui": "la interfaz de Airflow, con los dos Dags en marcha (Ctrl-C la detiene)",
        "next_env": "para que los mandatos que siguen encuentren la demostración",
        "next_quarantine": "las filas apartadas y por qué",
        "next_ledger": "comprobar el libro mayor",
        "in_use": "Otra demostración o `make run` está en marcha en {folder}; deténgala antes (Ctrl-C).",
        "port": "El puerto {port} está ocupado. Elija otro: make run PORT=8081",
        "starting": "Arranca Airflow; en dos núcleos tarda cerca de medio minuto",
        "ready": "Airflow está listo:  {url}\n  usuario: {user}   contraseña: {password}",
        "unpaused": "Los dos Dags están activos y corren cada cinco minutos. Ctrl-C detiene todo.",
        "not_ready": "Airflow no responde tras {seconds} s; vea {folder}",
        "restarted": "El proceso {name} terminó (código {code}) y se arranca de nuevo; vea {log}",
        "given_up": "El proceso {name} termina una y otra vez; vea {log}",
        "stopping": "Se detiene Airflow …",
        "stopped": "Detenido; no queda ningún proceso.",
    },
    "en": {
        "making": "Making the demo ERP and the shop ({erp} and {platform})",
        "migrating": "Preparing Airflow's database",
        "running": "Round {round}: Airflow runs {dag}",
        "changing": "A working day in the ERP:",
        "failed": "Airflow did not finish “{what}”. The last lines of {log}:",
        "round_1": "Round 1 · initial load",
        "round_2": "Round 2 · a day of changes, with a few mistakes",
        "columns": "entity|read|applied|unchanged|held|quarantined|in the shop",
        "wanted": "expected",
        "ok": "The counts are what the demo data demands.",
        "ledger_ok": "The ledger is intact: {count} rows, chained and balanced.",
        "ledger_bad": "The ledger is NOT intact:",
        "queue_bad": "Rows are left in the queues: {queues}",
        "wrong": "The counts are NOT what the demo data demands (above, line “{wanted}”).",
        "seconds": "Total time: {seconds} s",
        "reports": "Validation reports ({count}): {folder}",
        "next": "What to try next:",
        "next_ui": "Airflow's user interface, with both Dags running (Ctrl-C stops it)",
        "next_env": "lets the commands below find the demo",
        "next_quarantine": "the rows set aside, and why",
        "next_ledger": "verify the ledger",
        "in_use": "Another demo or `make run` is at work in {folder}; stop it first (Ctrl-C).",
        "port": "Port {port} is taken. Choose another: make run PORT=8081",
        "starting": "Starting Airflow; on two cores this takes about half a minute",
        "ready": "Airflow is ready:  {url}\n  user: {user}   password: {password}",
        "unpaused": "Both Dags are active and run every five minutes. Ctrl-C stops everything.",
        "not_ready": "Airflow does not answer after {seconds} s; see {folder}",
        "restarted": "Process {name} ended (code {code}) and is started again; see {log}",
        "given_up": "Process {name} ends again and again; see {log}",
        "stopping": "Stopping Airflow …",
        "stopped": "Stopped; no process is left.",
    },
}


def say(text: str, /, **values: object) -> str:
    """The text in the language of `PUENTE_LANGUAGE` (es, en)."""
    language = os.environ.get("PUENTE_LANGUAGE", "es")
    return TEXTS.get(language, TEXTS["es"])[text].format(**values)
