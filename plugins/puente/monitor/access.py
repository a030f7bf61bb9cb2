"""Who may do what on the pages: Airflow's own rights decide, on the Dag that carries a link's rows to the platform.

`reading`   whoever may read the Dag's runs: every role with pages in Airflow (Viewer, Auditor, User, Op, Admin)
`sees_raw`  rows as they came, with people's data: who may edit the Dag's runs (User, Op, Admin), and the roles that
            `PUENTE_RAW_ROLES` names, by default Auditor, for evidence. Not a Viewer
`deciding`  release, discard, answer: who may edit the Dag's runs. Never an auditor

The session cookie is SameSite=Lax and there is no token in forms: `own_requests` refuses every change that another
site's page could have asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from fastapi import Depends, HTTPException, Query, Request

from puente.monitor.pages import language_of
from puente.orchestration.links import dag_id
from puente.settings import Link, Settings, load_settings
from puente.sync.route import Bridge

CARRIER = "erp_to_platform"  # the Dag whose rights are the link's


@dataclass(frozen=True)
class Visit:
    """One request of one person to one link, whose runs they may read."""

    request: Request
    user: BaseUser
    settings: Settings
    link: Link
    language: str
    sees_raw: bool
    may_decide: bool

    @property
    def who(self) -> str:
        """The person's name, as decisions keep it."""
        return str(self.user.get_name())[:100]

    def bridge(self) -> Bridge:
        """Both databases for reading, with pools that outlive the request. `Unreachable` when one is first asked."""
        from puente.monitor.sources import reading_bridge

        return reading_bridge(self.link, self.settings)


def visit(
    request: Request,
    user: GetUserDep,
    link: Annotated[str | None, Query(max_length=40)] = None,
) -> Visit:
    """403 unless the link's runs may be read; 404 for a link that is not there."""
    settings = load_settings()
    if link is None:
        link = next(iter(settings.links))
    if link not in settings.links:
        raise HTTPException(404, "link")
    if not _allowed(request, user, link, "GET"):
        raise HTTPException(403, "read")
    edits = _allowed(request, user, link, "PUT")
    return Visit(
        request, user, settings, settings.links[link], language_of(request, settings.language),
        sees_raw=edits or bool(_roles(user) & settings.raw_roles), may_decide=edits,
    )  # fmt: skip


Reading = Annotated[Visit, Depends(visit)]


def _raw(visit: Reading) -> Visit:
    if not visit.sees_raw:
        raise HTTPException(403, "raw")
    return visit


def _deciding(visit: Reading) -> Visit:
    if not visit.may_decide:
        raise HTTPException(403, "decide")
    return visit


ReadingRaw = Annotated[Visit, Depends(_raw)]
Deciding = Annotated[Visit, Depends(_deciding)]


def _allowed(request: Request, user: BaseUser, link_id: str, method: Any) -> bool:
    """What Airflow says of the carrier's runs."""
    check = requires_access_dag(method, DagAccessEntity.RUN, param_dag_id=dag_id(CARRIER, link_id))
    try:
        check(request, user)
    except HTTPException:
        return False
    return True


def _roles(user: BaseUser) -> set[str]:
    """The names of a user's roles: FAB has several with names, the simple auth manager one word."""
    roles = getattr(user, "roles", None) or [getattr(user, "role", None)]
    return {str(getattr(role, "name", role)) for role in roles}


def own_requests(request: Request) -> None:
    """403 for a change that did not surely come from one of our own pages, 415 for one that is not JSON.

    `Sec-Fetch-Site` is the browser's own word, which no page can forge, and it holds behind any proxy. Where a browser
    does not say it (an old one, or without TLS), Origin must be the host that was asked. A program that carries its
    token in a header has no cookie that another site could abuse.
    """
    if request.method in ("GET", "HEAD"):
        return
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "json")
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if site is not None:
        ours = site == "same-origin"
    elif origin is not None:
        ours = urlsplit(origin).netloc == request.headers.get("host")
    else:
        ours = request.headers.get("authorization", "").lower().startswith("bearer ")
    if not ours:
        raise HTTPException(403, "origin")
