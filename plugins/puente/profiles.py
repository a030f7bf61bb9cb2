"""A profile: the folder of SQL and one YAML that fit Puente to one ERP or one shop, with no Python."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from puente.contract import ENTITIES, Side
from puente.db.connect import Dialect
from puente.errors import PuenteError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where PyYAML was built with libyaml


@dataclass(frozen=True)
class Share:
    """A limit that both a share (0 to 1) and a number of rows must exceed."""

    share: float
    more_than: int

    def exceeded(self, part: int, whole: int) -> bool:
        return part > self.more_than and part > self.share * whole


@dataclass(frozen=True)
class MassLimit(Share):
    """What counts as a mass change. Of a big catalogue a share is much: `deletes_at_most` deletions need no person."""

    deletes_at_most: int = 1000


@dataclass(frozen=True)
class TableMap:
    """Where and how rows are upserted when a profile has no apply file: contract column → own column."""

    table: str
    key: dict[str, str]
    columns: dict[str, str]
    on_upsert: dict[str, Any]
    on_delete: dict[str, Any] | None  # None: the row is removed


@dataclass(frozen=True)
class Profile:
    """`sql(kind, entity)` gives the text of `<kind>_<entity>.sql`, the dialect's own variant first."""

    name: str
    side: Side
    version: str
    folder: Path
    dialect: Dialect
    capture_modes: dict[str, str]
    tables: dict[str, TableMap]
    bad_rows: Share
    mass_change: MassLimit
    hold_days: int
    raw: dict[str, Any] = field(default_factory=dict)

    def sql(self, kind: str, entity: str) -> str | None:
        return self.text(f"{kind}_{entity}")

    def text(self, stem: str) -> str | None:
        """The text of `<stem>.sql`, as of `stock.sql`, the dialect's own variant first; None when there is none."""
        for name in (f"{stem}.{self.dialect}.sql", f"{stem}.sql"):
            if (self.folder / name).exists():
                return (self.folder / name).read_text(encoding="utf-8")
        return None

    def statements(self, kind: str, entity: str) -> list[str]:
        """The statements of an apply or delete file; each ends with `;` at the end of a line."""
        return split_statements(self.sql(kind, entity) or "")

    def capture_mode(self, entity: str) -> str:
        """`sql`: Puente captures; `vendor`: the ERP's own software fills the queue; `off`: nothing is sent."""
        default = "sql" if self.sql("capture", entity) else "off"
        return self.capture_modes.get(entity, default)


def split_statements(script: str) -> list[str]:
    """SQL statements of a script, without comments-only parts. A statement ends with `;` at a line's end."""
    lines = [line for line in script.splitlines() if not line.lstrip().startswith("--")]
    return [part.strip() for part in re.split(r";[ \t]*$", "\n".join(lines), flags=re.MULTILINE) if part.strip()]


def load_profile(folder: Path, dialect: Dialect) -> Profile:
    """Read `profile.yaml`. PuenteError names the file and the field that is wrong."""
    path = folder / "profile.yaml"
    if not path.exists():
        raise PuenteError(f"Profile {folder.name} has no profile.yaml in {folder}.")
    raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER) or {}
    if raw.get("side") not in ("erp", "platform"):
        raise PuenteError(f"{path}: `side` must be erp or platform, not {raw.get('side')!r}.")
    modes, tables = {}, {}
    for entity, fields in (raw.get("entities") or {}).items():
        if entity not in ENTITIES:
            raise PuenteError(f"{path}: unknown entity {entity!r}; the contract has {', '.join(ENTITIES)}.")
        fields = fields or {}
        if "capture" in fields:
            if fields["capture"] not in ("sql", "vendor", "off"):
                raise PuenteError(f"{path}: {entity}.capture must be sql, vendor or off, not {fields['capture']!r}.")
            modes[entity] = fields["capture"]
        if "table" in fields:
            delete = fields.get("on_delete", "remove")
            tables[entity] = TableMap(
                fields["table"],
                fields["key"],
                fields.get("columns") or {},
                fields.get("on_upsert") or {},
                None if delete == "remove" else delete,
            )
    limits = raw.get("limits") or {}
    return Profile(
        name=raw.get("name", folder.name),
        side=raw["side"],
        version=str(raw.get("version", 1)),
        folder=folder,
        dialect=dialect,
        capture_modes=modes,
        tables=tables,
        bad_rows=Share(**{"share": 0.30, "more_than": 50, **(limits.get("bad_rows") or {})}),
        mass_change=MassLimit(**{"share": 0.20, "more_than": 25, **(limits.get("mass_change") or {})}),
        hold_days=int(limits.get("hold_days", 7)),
        raw=raw,
    )
