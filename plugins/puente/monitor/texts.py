"""What all pages say to people, in both languages."""

from __future__ import annotations

from typing import Any

TEXTS: dict[str, dict[str, Any]] = {
    "es": {
        "app": "Puente", "skip": "Saltar al contenido", "menu": "Páginas de Puente", "link": "Enlace",
        "nav": {"status": "Estado", "validations": "Validaciones", "trace": "Rastreo", "ledger": "Libro"},
        "language": "English", "language_name": "en", "signed_in": "Sesión de", "to_airflow": "Ir a Airflow",
        "ago": "hace {}", "in": "en {}", "none": "Ninguno", "zone": "Horas de",
        "months": ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"),
        "entities": {
            "categories": "Categorías", "products": "Productos", "product_categories": "Categorías de productos",
            "companies": "Empresas", "contacts": "Contactos", "order_headers": "Pedidos",
            "order_lines": "Renglones de pedido", "order_states": "Estados de pedido",
        },
        "directions": {"erp_to_platform": "Del ERP a la plataforma", "platform_to_erp": "De la plataforma al ERP"},
        "sides": {"erp": "ERP", "platform": "Plataforma"},
        "filter": "Filtrar", "clear": "Quitar filtros", "all": "Todas", "from": "Desde", "to": "Hasta",
        "previous": "Anteriores", "next": "Siguientes", "page": "Página {}", "back": "Volver al estado",
        "needs_script": "Para decidir aquí hace falta JavaScript; también sirve `python -m puente`.",
    },
    "en": {
        "app": "Puente", "skip": "Skip to the content", "menu": "Pages of Puente", "link": "Link",
        "nav": {"status": "Status", "validations": "Validations", "trace": "Trace", "ledger": "Ledger"},
        "language": "Español", "language_name": "es", "signed_in": "Signed in as", "to_airflow": "Go to Airflow",
        "ago": "{} ago", "in": "in {}", "none": "None", "zone": "Times of",
        "months": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
        "entities": {
            "categories": "Categories", "products": "Products", "product_categories": "Product categories",
            "companies": "Companies", "contacts": "Contacts", "order_headers": "Orders",
            "order_lines": "Order lines", "order_states": "Order states",
        },
        "directions": {"erp_to_platform": "ERP to platform", "platform_to_erp": "Platform to ERP"},
        "sides": {"erp": "ERP", "platform": "Platform"},
        "filter": "Filter", "clear": "Clear filters", "all": "All", "from": "From", "to": "To",
        "previous": "Previous", "next": "Next", "page": "Page {}", "back": "Back to the status",
        "needs_script": "Deciding here needs JavaScript; `python -m puente` does as well.",
    },
}  # fmt: skip
# By HTTP status, and by the detail that `access` gives; 0 is any other status.
REFUSALS: dict[str, dict[int | str, str]] = {
    "es": {
        0: "No se puede mostrar", 403: "Sin permiso", 404: "No existe", 409: "No se hizo", 422: "No se entiende",
        503: "Una base de datos no responde",
        "read": "Su rol en Airflow no permite leer las ejecuciones de este enlace.",
        "raw": "Su rol no permite ver los valores de las filas: contienen datos personales.",
        "decide": "Su rol no permite decidir; pueden hacerlo quienes editan ejecuciones en Airflow (User, Op).",
        "origin": "La petición no viene de una página de Puente.", "json": "La petición debe ser JSON.",
        "link": "No hay un enlace con ese nombre en config/links.yaml.", "Not Found": "No hay nada en esta dirección.",
    },
    "en": {
        0: "This cannot be shown", 403: "Not allowed", 404: "There is no such page", 409: "It was not done",
        422: "Not understood", 503: "A database does not answer",
        "read": "Your role in Airflow does not allow reading this link's runs.",
        "raw": "Your role does not allow seeing the rows' values: they hold personal data.",
        "decide": "Your role does not allow deciding; those who edit runs in Airflow (User, Op) may.",
        "origin": "The request does not come from one of Puente's pages.", "json": "The request must be JSON.",
        "link": "There is no link of that name in config/links.yaml.", "Not Found": "There is nothing at this address.",
    },
}  # fmt: skip
