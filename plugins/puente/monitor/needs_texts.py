"""What the list of what needs a person says, and the pages behind it, in both languages."""

from __future__ import annotations

from typing import Any

TEXTS: dict[str, dict[str, Any]] = {
    "es": {
        "the_side": {"erp": "del ERP", "platform": "de la plataforma"},
        "whole_link": "el enlace completo",
        "night": {"inventory": "El inventario", "backup": "El respaldo", "drill": "El simulacro de restauración"},
        "night_dag": {"inventory": "full_inventory", "backup": "backup", "drill": "restore_drill"},
        "verdict": {
            "closed": "quedó cerrado: una parte no se pudo comparar", "failed": "falló",
            "rejected": "quedó en parte sin reparar: nadie lo aprobó",
            "unreadable": "dejó un documento que no se puede leer", "ask": "espera aprobación",
            "listed": "encontró diferencias que decide una persona",
            "late": "tardó más de lo prometido", "here_only": "no llegó a la nube: está solo aquí",
            "same": "sin diferencias", "ordered": "reparaciones en camino", "dry_run": "simulacro con diferencias",
            "passed": "bien", "written": "escrito", "paused": "no reparó todo: el enlace estaba en pausa",
        },
        "one": {
            "closed": "Un lote está detenido en la puerta", "traffic": "Una entidad dejó de llegar",
            "quarantine": "Una fila está apartada", "orders": "Un pedido espera antes de ir al ERP",
            "conflicts": "Un registro cambió en los dos lados", "unsent": "Un registro no cabe en su cola",
            "mails": "Un correo fue rechazado o está en duda", "stuck": "Un pedido no avanza",
        },
        "many": {
            "down": "La base de datos {side} no responde", "closed": "{n} lotes están detenidos en la puerta",
            "night": "{night} {verdict}", "traffic": "{n} entidades dejaron de llegar",
            "quarantine": "{n} filas están apartadas", "orders": "{n} pedidos esperan antes de ir al ERP",
            "conflicts": "{n} registros cambiaron en los dos lados", "approval": "Espera su respuesta: {subject}",
            "unsent": "{n} registros no caben en su cola", "mails": "{n} correos rechazados o en duda",
            "paused": "En pausa: {what}, por {who}", "stuck": "{n} pedidos no avanzan", "late": "{title}",
            "oncall": "No toda la guardia recibe avisos", "nobody": "Nadie de la guardia recibe avisos",
            "unseen": "{what}: no se pudo revisar",
        },
        "heading": {
            "conflicts": "Registros que cambiaron en los dos lados", "orders": "Pedidos que esperan",
            "traffic": "Lo que dejó de llegar", "unsent": "Registros que no caben en su cola",
            "mails": "Correos rechazados o en duda", "stuck": "Pedidos que no avanzan",
        },
        "meaning": {
            "conflicts": "La versión que perdió se conserva hasta que alguien la vea.",
            "orders": "Las comprobaciones no los dejan pasar al ERP; en cuanto se corrija la causa, siguen solos.",
            "traffic": "Ningún proceso falló, pero no llega nada desde hace más de lo que el perfil permite.",
            "unsent": "La captura no los pudo poner en su cola; se corrigen en el sistema de origen.",
            "mails": "Rechazado: el servidor no lo aceptó. En duda: se cortó la conexión cuando el servidor lo tenía.",
            "stuck": "Sus filas están apartadas del lado del ERP, o la plataforma aún no los revisa, desde hace más de "
            "lo que el perfil permite. El rastreo dice qué espera cada uno.",
        },
        "remedy": {
            "conflicts": "python -m puente conflicts show NOMBRE", "orders": "python -m puente trace order PEDIDO",
            "traffic": "python -m puente doctor", "unsent": "python -m puente quarantine list",
            "mails": "python -m puente mail list --doubtful", "stuck": "python -m puente trace order PEDIDO",
        },
        "see_doctor": "Lo explica: python -m puente doctor",
        "columns": {
            "name": "Conflicto", "entity": "Entidad", "key": "Clave", "stands": "Vale la versión de", "why": "Por qué",
            "at": "Cuándo", "order": "Pedido", "waits": "Espera", "side": "Lado", "since": "Desde", "told": "Se avisó",
            "queue": "Cola", "mail": "Correo", "about": "Sobre", "state": "Estado", "recipient": "Para",
            "status": "Qué pasó",
        },
        "statuses": {"refused": "rechazado", "doubtful": "en duda"},
        "nothing": "No hay nada que ver aquí.", "command": "Para más detalle", "first": "Se muestran los primeros {}.",
        "hidden": "Lo que lleva datos personales no se muestra a su rol.",
    },
    "en": {
        "the_side": {"erp": "The ERP's", "platform": "The platform's"},
        "whole_link": "the whole link",
        "night": {"inventory": "The inventory", "backup": "The backup", "drill": "The restore drill"},
        "night_dag": {"inventory": "full_inventory", "backup": "backup", "drill": "restore_drill"},
        "verdict": {
            "closed": "was closed: a part could not be compared", "failed": "failed",
            "rejected": "left some unrepaired: nobody approved it", "unreadable": "left a document that cannot be read",
            "ask": "waits for approval", "listed": "found differences that a person decides",
            "late": "took longer than promised", "here_only": "did not reach the cloud: it is only here",
            "same": "no differences", "ordered": "repairs on their way", "dry_run": "dry run with differences",
            "passed": "fine", "written": "written", "paused": "did not repair all: the link was paused",
        },
        "one": {
            "closed": "One batch is stopped at the gate", "traffic": "One entity has stopped coming",
            "quarantine": "One row is set aside", "orders": "One order waits before it goes to the ERP",
            "conflicts": "One record changed on both sides", "unsent": "One record does not fit its queue",
            "mails": "One mail was refused or is in doubt", "stuck": "One order does not go on",
        },
        "many": {
            "down": "{side} database does not answer", "closed": "{n} batches are stopped at the gate",
            "night": "{night} {verdict}", "traffic": "{n} entities have stopped coming",
            "quarantine": "{n} rows are set aside", "orders": "{n} orders wait before they go to the ERP",
            "conflicts": "{n} records changed on both sides", "approval": "Waits for your answer: {subject}",
            "unsent": "{n} records do not fit their queue", "mails": "{n} mails refused or in doubt",
            "paused": "Paused: {what}, by {who}", "stuck": "{n} orders do not go on", "late": "{title}",
            "oncall": "Not everybody on call is told", "nobody": "Nobody on call is told",
            "unseen": "{what}: could not be looked at",
        },
        "heading": {
            "conflicts": "Records that changed on both sides", "orders": "Orders that wait",
            "traffic": "What has stopped coming", "unsent": "Records that do not fit their queue",
            "mails": "Mails refused or in doubt", "stuck": "Orders that do not go on",
        },
        "meaning": {
            "conflicts": "The version that lost is kept until somebody has looked at it.",
            "orders": "The checks do not let them go to the ERP; once the cause is mended they go on by themselves.",
            "traffic": "No process failed, but nothing has come for longer than the profile allows.",
            "unsent": "The capture could not put them into their queue; mend them in the system they come from.",
            "mails": "Refused: the server did not take it. In doubt: the connection broke while the server had it.",
            "stuck": "Their rows are set aside on the ERP's side, or the platform has not looked at them, for longer "
            "than the profile allows. The trace says what each waits for.",
        },
        "remedy": {
            "conflicts": "python -m puente conflicts show NAME", "orders": "python -m puente trace order ORDER",
            "traffic": "python -m puente doctor", "unsent": "python -m puente quarantine list",
            "mails": "python -m puente mail list --doubtful", "stuck": "python -m puente trace order ORDER",
        },
        "see_doctor": "What it is: python -m puente doctor",
        "columns": {
            "name": "Conflict", "entity": "Entity", "key": "Key", "stands": "Whose version stands", "why": "Why",
            "at": "When", "order": "Order", "waits": "Waits for", "side": "Side", "since": "Since",
            "told": "Staff were told", "queue": "Queue", "mail": "Mail", "about": "About", "state": "State",
            "recipient": "To", "status": "What happened",
        },
        "statuses": {"refused": "refused", "doubtful": "in doubt"},
        "nothing": "There is nothing to see here.", "command": "For more", "first": "The first {} are shown.",
        "hidden": "What holds people's data is not shown to your role.",
    },
}  # fmt: skip
