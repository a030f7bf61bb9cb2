"""Settings, from the environment (`PUENTE_*`) and `config/links.yaml`. No Airflow, no I/O at import."""

from __future__ import annotations

import dataclasses
import functools
import os
import zoneinfo
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml

from puente import contract
from puente.errors import PuenteError

if TYPE_CHECKING:
    from puente.nightly.vault import KeyRing

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Link:
    """One ERP and one platform joined. `erp` and `platform` are Airflow connection ids."""

    link_id: str = "main"
    erp: str = "puente_erp"
    platform: str = "puente_platform"
    erp_profile: str = "demo_erp"
    platform_profile: str = "demo_shop"
    every: str = "*/5 * * * *"  # cron, UTC: when its Dags run besides being woken
    timezone: str = "America/Mexico_City"  # IANA name: the nights' times are in it
    conflicts: dict[str, contract.Side] = field(default_factory=dict, hash=False)  # entity -> who wins; erp by default

    def wins(self, entity: str) -> contract.Side:
        """The side whose version stands when both changed one record."""
        return self.conflicts.get(entity, "erp")


@dataclass(frozen=True)
class Settings:
    """Sizes are rows, times are seconds."""

    reports_dir: Path = ROOT / ".puente" / "reports"
    language: Literal["es", "en"] = "es"
    seal_key: bytes | None = field(default=None, repr=False)
    receive_chunk: int = 20_000
    validate_chunk: int = 50_000
    apply_chunk: int = 5_000
    clear_chunk: int = 2_000  # below SQL Server's lock escalation (5,000); never raise it
    lease_seconds: int = 120
    kills_allowed: int = 3  # a row that was alone when its worker died this often is quarantined
    profiles_dir: Path = ROOT / "include" / "sql" / "profiles"
    expectations_dir: Path = ROOT / "expectations"
    keep_inbox_days: int = 90  # rows that are done; their identities stay
    keep_years: int = 6  # what an auditor may ask for: reports, mails, the ledger's detail, identities, event notes
    keep_airflow_days: int = 90  # Airflow's own runs and logs in its metadata database
    links: dict[str, Link] = field(default_factory=dict)
    archive_dir: Path = ROOT / ".puente" / "archive"
    raw_roles: frozenset[str] = frozenset({"Auditor"})  # roles that see rows' values on the pages without editing runs
    two_persons: int = 0  # decisions over so many rows or more need a second person; 0: none does
    keys: KeyRing | None = None  # without keys nothing is archived and no backup made
    backups_dir: Path = ROOT / ".puente" / "backups"
    airflow_database: str = field(default="", repr=False)  # SQLAlchemy URL of its metadata, which tasks are not told
    mssql_backup_dir: str = ""  # where SQL Server writes its backups, as its host names it
    mssql_backup_mount: str = ""  # the same folder as this machine sees it
    mssql_backup_certificate: str = ""  # of the server, for its own encryption
    oncall: str = field(default="", repr=False)  # as given: oncall/targets.py reads it, for it must stop nothing
    oncall_wrong: tuple[str, ...] = ()  # the other settings of on-call that cannot be used; their defaults hold
    remind_hours: int = 4  # an alert that lasts or comes again is told again so seldom
    runbooks: str = "docs/runbooks"  # folder or address under which on-call finds the runbooks
    quarantine_full: int = 100  # rows of one reader
    inventory_hours: int = 4  # after its hour, 18:00, an inventory must be finished
    backup_hours: int = 5  # the newest backup must be no older; one is made every four hours
    drill_days: int = 35


def load_settings() -> Settings:
    """Read the environment. A seal key is given as text in `PUENTE_SEAL_KEY`, best from a secret file."""
    base, env = Settings(), os.environ
    key, wrong = env.get("PUENTE_SEAL_KEY"), list[str]()

    def for_oncall(name: str, default: int) -> int:
        try:
            return _at_least_one(name, default)
        except PuenteError as error:  # who is told of it must not depend on it
            wrong.append(f"{error} {default} is taken.")
            return default

    return Settings(
        reports_dir=Path(env.get("PUENTE_REPORTS_DIR", base.reports_dir)),
        language="en" if env.get("PUENTE_LANGUAGE") == "en" else "es",
        seal_key=key.encode() if key else None,
        lease_seconds=int(env.get("PUENTE_LEASE_SECONDS", base.lease_seconds)),
        profiles_dir=Path(env.get("PUENTE_PROFILES_DIR", base.profiles_dir)),
        expectations_dir=Path(env.get("PUENTE_EXPECTATIONS_DIR", base.expectations_dir)),
        keys=_keys(env.get("PUENTE_KEYS", "")),
        archive_dir=Path(env.get("PUENTE_ARCHIVE_DIR", base.archive_dir)),
        backups_dir=Path(env.get("PUENTE_BACKUPS_DIR", base.backups_dir)),
        airflow_database=env.get("PUENTE_AIRFLOW_DATABASE", ""),
        mssql_backup_dir=env.get("PUENTE_MSSQL_BACKUP_DIR", ""),
        mssql_backup_mount=env.get("PUENTE_MSSQL_BACKUP_MOUNT", ""),
        mssql_backup_certificate=env.get("PUENTE_MSSQL_BACKUP_CERTIFICATE", ""),
        keep_inbox_days=_at_least_one("PUENTE_KEEP_INBOX_DAYS", base.keep_inbox_days),
        keep_years=_at_least_one("PUENTE_KEEP_YEARS", base.keep_years),
        raw_roles=_names(env.get("PUENTE_RAW_ROLES"), base.raw_roles),
        keep_airflow_days=_at_least_one("PUENTE_KEEP_AIRFLOW_DAYS", base.keep_airflow_days),
        two_persons=_rows_for_two(env.get("PUENTE_TWO_PERSONS", "")),
        oncall=env.get("PUENTE_ONCALL", "").strip(),
        remind_hours=for_oncall("PUENTE_REMIND_HOURS", base.remind_hours),
        runbooks=env.get("PUENTE_RUNBOOKS") or base.runbooks,
        quarantine_full=for_oncall("PUENTE_QUARANTINE_FULL", base.quarantine_full),
        inventory_hours=for_oncall("PUENTE_INVENTORY_HOURS", base.inventory_hours),
        backup_hours=for_oncall("PUENTE_BACKUP_HOURS", base.backup_hours),
        drill_days=for_oncall("PUENTE_DRILL_DAYS", base.drill_days),
        oncall_wrong=tuple(wrong),  # Python evaluates arguments in order: after those that fill it
        links=load_links(Path(env.get("PUENTE_LINKS", ROOT / "config" / "links.yaml"))),
    )


def _keys(text: str) -> KeyRing | None:
    """The keys themselves, or the path of a file that has them, which only its owner and group may read."""
    text = text.strip()
    if not text:
        return None
    from puente.nightly.vault import KeyRing, VaultError  # not for every parsing of a Dag file

    try:
        return KeyRing.parse(text if ":" in text else _secret_file("PUENTE_KEYS", text))
    except PuenteError as error:
        raise error if isinstance(error, VaultError) else VaultError(str(error)) from error


def _secret_file(name: str, path: str) -> str:
    """What a secret file holds. PuenteError when it cannot be read, or when everybody may read it."""
    try:
        if Path(path).stat().st_mode & 0o007:
            raise PuenteError(f"{name}: everybody may read {path}; nothing is done before `chmod o-rwx {path}`.")
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise PuenteError(f"{name}: {path} cannot be read ({error.strerror}).") from error


def _names(given: str | None, default: frozenset[str]) -> frozenset[str]:
    """Names with commas between them; none at all where the variable is there and empty."""
    return default if given is None else frozenset(name.strip() for name in given.split(",") if name.strip())


def _rows_for_two(given: str) -> int:
    """`true`: every decision; a number: decisions over so many rows or more; `false`, 0 or nothing: none."""
    words = {"": 0, "false": 0, "no": 0, "off": 0, "true": 1, "yes": 1, "on": 1}
    text = given.strip().lower()
    if text not in words and not text.isdecimal():
        raise PuenteError(f"PUENTE_TWO_PERSONS must be true, false or a number of rows, not {given!r}.")
    return words[text] if text in words else int(text)


def _at_least_one(name: str, default: int) -> int:
    """A whole number from 1 on: 0 would delete what is still needed."""
    given = os.environ.get(name, "").strip() or str(default)
    if not given.isdecimal() or int(given) < 1:
        raise PuenteError(f"{name} must be a whole number from 1 on, not {given!r}.")
    return int(given)


def load_links(path: Path) -> dict[str, Link]:
    """The links by id, from YAML `{links: {<id>: {erp, platform, erp_profile, platform_profile}}}`."""
    document = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else None
    entries = (document or {}).get("links") or {"main": {}}
    return {link_id: _link(path, link_id, fields or {}) for link_id, fields in entries.items()}


@functools.cache
def _zones() -> set[str]:
    """Read from the disk, which takes ten milliseconds: once per process."""
    return zoneinfo.available_timezones()


def _link(path: Path, link_id: str, fields: dict[str, Any]) -> Link:
    policies = {"erp_wins": "erp", "platform_wins": "platform"}
    conflicts = {}
    for entity, policy in (fields.get("conflicts") or {}).items():
        two_way = [name for name, each in contract.ENTITIES.items() if each.two_way]
        if entity not in two_way or policy not in policies:
            raise PuenteError(
                f"{path}: link {link_id}: conflicts: `{entity}: {policy}` is not one of {', '.join(two_way)} "
                f"with {' or '.join(policies)}."
            )
        conflicts[entity] = policies[policy]
    known = {field.name for field in dataclasses.fields(Link)} - {"link_id"}
    if unknown := sorted(fields.keys() - known):
        raise PuenteError(f"{path}: link {link_id}: unknown {', '.join(unknown)}; it has {', '.join(sorted(known))}.")
    zone = fields.get("timezone", Link.timezone)
    if zone not in _zones():
        raise PuenteError(f"{path}: link {link_id}: timezone {zone!r} is no IANA name such as {Link.timezone}.")
    return Link(link_id=link_id, **{**fields, "conflicts": conflicts})
