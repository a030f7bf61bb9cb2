"""The one Airflow plugin of Puente: its pages, in Airflow's own web server and behind its login."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from airflow.plugins_manager import AirflowPlugin

PREFIX = "/puente"


class _Pages:
    """The pages' application, made by its first request: every Airflow process loads plugins, one serves pages."""

    @cached_property
    def _app(self) -> Any:
        from puente.monitor.app import create_app

        return create_app()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._app(scope, receive, send)


class PuentePlugin(AirflowPlugin):
    """Pages below /puente, and their entry in Airflow's navigation."""

    name = "puente"
    fastapi_apps = [{"app": _Pages(), "url_prefix": PREFIX, "name": "Puente"}]
    external_views = [
        {
            "name": "Puente",
            "href": f"{PREFIX}/",
            "destination": "nav",
            "url_route": "puente",
            "nav_top_level": True,
            "icon": f"{PREFIX}/assets/puente.svg",
            "icon_dark_mode": f"{PREFIX}/assets/puente-dark.svg",
        }
    ]
