"""What all pages share: rendering, the reader's language, addresses, and how moments and numbers are written."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from markupsafe import Markup

from puente.monitor.texts import REFUSALS, TEXTS
from puente.orchestration.links import dag_id
from puente.quality.pages import environment
from puente.settings import load_settings
from puente.sync.route import is_airflows, read_moment

if TYPE_CHECKING:
    from puente.monitor.access import Visit

TEMPLATES = Path(__file__).parent / "templates"
LANGUAGES = ("es", "en")
COOKIE = "puente_lang"
NAVIGATION = (("status", ""), ("validations", "validations"), ("trace", "trace"), ("ledger", "ledger"))  # name, path


# ---------------------------------------------------------------- language
def language_of(request: Request, default: str) -> str:
    """`?lang=`, else what it chose before, else the installation's, unless the browser reads only the other one."""
    for asked in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if asked in LANGUAGES:
            return str(asked)
    reads = [part.partition(";")[0].strip().lower() for part in request.headers.get("accept-language", "").split(",")]
    known = [language for part in reads for language in LANGUAGES if part.partition("-")[0] == language]
    return known[0] if known and default not in known else default


# ---------------------------------------------------------------- addresses
def airflow_root(request: Request) -> str:
    """Below what Airflow itself is reached: '' at the root of a host."""
    return str(request.scope.get("app_root_path", ""))


def pages_root(request: Request) -> str:
    """Below what the pages are reached: /puente."""
    return str(request.scope["root_path"])


def address(visit: Visit, path: str = "", **query: Any) -> str:
    """The address of one of our pages, of the same link. Values of `query` that are None or '' are left out."""
    if visit.link.link_id != next(iter(visit.settings.links)):
        query = {"link": visit.link.link_id, **query}
    asked = urlencode({name: value for name, value in query.items() if value not in (None, "")})
    return f"{pages_root(visit.request)}/{quote(path)}" + (f"?{asked}" if asked else "")


def airflow_address(visit: Visit, *parts: str) -> str:
    """The address of one of Airflow's own pages: `dags`, a Dag's id, `runs`, a run's id, …"""
    return "/".join([airflow_root(visit.request), *(quote(part, safe="") for part in parts)])


def run_link(visit: Visit, direction: str, run_id: str | None) -> tuple[str, ...] | None:
    """The parts of an Airflow run's address, None for what was no run of Airflow's."""
    if not run_id or not is_airflows(run_id):
        return None
    return "dags", dag_id(direction, visit.link.link_id), "runs", run_id


# ---------------------------------------------------------------- rendering
class Words(dict[str, Any]):
    """Texts by name for a template, where `t.clear` means the text and not what dictionaries can do."""

    def __getattribute__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            return super().__getattribute__(name)


def render(
    visit: Visit, template: str, *, active: str, texts: dict[str, Any], status: int = 200, **values: Any
) -> Response:
    """A page of `templates/` inside the common layout. `active` is its entry in the navigation.

    `texts` are the page's own words in the reader's language; the template has them, and the common ones, as `t`.
    """
    t = Words(TEXTS[visit.language] | texts)
    zone = zoneinfo.ZoneInfo(visit.link.timezone)
    now = dt.datetime.now(dt.UTC)
    html = environment(TEMPLATES).get_template(template).render(
        v=visit, t=t, active=active, navigation=NAVIGATION, now=now,
        url=lambda path="", **query: address(visit, path, **query),
        airflow=lambda *parts: airflow_address(visit, *parts),
        root=pages_root(visit.request), airflow_root=airflow_root(visit.request),
        other="en" if visit.language == "es" else "es",
        here=lambda **query: _here(visit.request, query),
        number=lambda value: number(value, visit.language),
        moment=lambda value: moment(value, zone, t),
        ago=lambda value: ago(value, now, t),
        span=span,
        run_link=lambda direction, run_id: run_link(visit, direction, run_id),
        **values,
    )  # fmt: skip
    answer = HTMLResponse(html, status)
    if visit.request.query_params.get("lang") in LANGUAGES:
        answer.set_cookie(COOKIE, visit.language, path=pages_root(visit.request) or "/", httponly=True, samesite="lax")
    return answer


def _here(request: Request, query: dict[str, Any]) -> str:
    """The same page with some of its query changed; None or '' takes a name out."""
    asked = {**request.query_params, **query}
    return "?" + urlencode({name: value for name, value in asked.items() if value not in (None, "")})


def wants_page(request: Request) -> bool:
    """A person's browser asks for a page, not a script or a program for data."""
    return request.method == "GET" and "text/html" in request.headers.get("accept", "")


def whoops(request: Request, status: int, detail: str) -> Response:
    """Why there is no page: a page for people, JSON for programs."""
    if not wants_page(request):
        return JSONResponse({"detail": detail}, status)
    language = language_of(request, load_settings().language)
    html = environment(TEMPLATES).get_template("refused.html").render(
        t=TEXTS[language], language=language, root=pages_root(request), airflow_root=airflow_root(request),
        status=status, title=REFUSALS[language].get(status, REFUSALS[language][0]),
        detail=REFUSALS[language].get(detail, detail),
    )  # fmt: skip
    return HTMLResponse(html, status)


# ---------------------------------------------------------------- numbers and moments
def number(value: float | None, language: str = "es") -> str:
    """With thin spaces between thousands, as both languages read it; a dash for nothing."""
    return "—" if value is None else f"{value:,}".replace(",", "\u202f")


def parse(value: str | dt.datetime | None) -> dt.datetime | None:
    """A moment as stored (UTC, with or without saying so), aware. None for none, and for what is no date."""
    return read_moment(str(value)) if value else None


def moment(value: str | dt.datetime | None, zone: zoneinfo.ZoneInfo, t: dict[str, Any]) -> str:
    """In the link's time zone: 24 nov 08:31:05, with the year when it is not this one; UTC in the element's value."""
    at = parse(value)
    if at is None:
        return "—"
    local = at.astimezone(zone)
    year = f" {local.year}" if local.year != dt.datetime.now(zone).year else ""
    seconds = f"{local:%H:%M:%S}" if local.second or local.microsecond else f"{local:%H:%M}"
    words = f"{local.day} {t['months'][local.month - 1]}{year} {seconds}"
    utc = at.astimezone(dt.UTC)
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(
        utc.isoformat(), f"{utc:%Y-%m-%d %H:%M:%S}", words
    )


def ago(value: str | dt.datetime | None, now: dt.datetime, t: dict[str, Any]) -> str:
    """How long ago (or in how long), in words; a dash for never."""
    at = parse(value)
    if at is None:
        return "—"
    seconds = round((now - at).total_seconds())
    return str((t["ago"] if seconds >= 0 else t["in"]).format(span(abs(seconds))))


def span(seconds: float) -> str:
    """A length of time: 45 s, 12 min, 3 h 20 min, 2 d 4 h."""
    from puente.nightly.weekly import span as of_whole_seconds

    return of_whole_seconds(round(seconds))
