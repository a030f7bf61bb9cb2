"""The pages' FastAPI application: routers of the page modules, authentication on every route, security headers."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from airflow.api_fastapi.core_api.security import requires_authenticated
from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from puente.errors import PuenteError
from puente.monitor import assets, dashboard, deciding, ledger_pages, needs, traces, verdicts
from puente.monitor.access import own_requests
from puente.monitor.pages import airflow_root, wants_page, whoops
from puente.monitor.sources import Unreachable
from puente.sync.findings import in_one_line

log = logging.getLogger(__name__)
ROUTERS = (
    assets.router,
    dashboard.router,
    needs.router,
    ledger_pages.router,
    verdicts.router,
    deciding.router,
    traces.router,
)
FORGED = "Invalid JWT token"  # what Airflow says of a session from before its key was changed: 403
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",  # personal data: not in a shared computer's cache
}


def create_app() -> FastAPI:
    """The application that the plugin mounts. Mounted applications inherit no authentication: it is demanded here."""
    app = FastAPI(
        title="Puente", docs_url=None, redoc_url=None, openapi_url=None,
        dependencies=[Depends(requires_authenticated()), Depends(own_requests)],
    )  # fmt: skip
    for router in ROUTERS:
        app.include_router(router)
    app.middleware("http")(_with_headers)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(PuenteError, _told)
    app.add_exception_handler(SQLAlchemyError, _unreachable)
    return app


async def _with_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


async def _refused(request: Request, error: Exception) -> Response:
    """No session: a person's browser goes to the login and comes back. The others: a page, or JSON for a program."""
    assert isinstance(error, HTTPException)
    if (error.status_code == 401 or error.detail == FORGED) and wants_page(request):
        here = quote(request.url.path + (f"?{request.url.query}" if request.url.query else ""), safe="")
        return RedirectResponse(f"{airflow_root(request)}/api/v2/auth/login?next={here}", 303)
    return whoops(request, error.status_code, str(error.detail))


async def _not_understood(request: Request, error: Exception) -> Response:
    """A filter or number in the address that is none: which one, never its value."""
    assert isinstance(error, RequestValidationError)
    return whoops(request, 422, ", ".join(str(one["loc"][-1]) for one in error.errors()))


async def _told(request: Request, error: Exception) -> Response:
    return whoops(request, 503 if isinstance(error, Unreachable) else 409, str(error))


async def _unreachable(request: Request, error: Exception) -> Response:
    assert isinstance(error, SQLAlchemyError)
    log.warning("A database refused a page: %s", in_one_line(error))
    return whoops(request, 503, type(error).__name__)  # the driver's text may name hosts and logins
