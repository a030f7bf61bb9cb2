"""`profile check`: runs a profile's SELECTs and has its DML parsed by the server. Writes nothing, on either side."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import pyarrow as pa
from sqlalchemy import Connection, TextClause, bindparam, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from puente import contract
from puente.db import schema
from puente.db.connect import Database
from puente.db.stream import stream_select
from puente.errors import PuenteError
from puente.profiles import Profile, TableMap, load_profile, split_statements
from puente.sync.findings import Finding, in_one_line
from puente.sync.forms import fingerprint_version, fingerprints, identities
from puente.sync.profilefiles import check_files
from puente.sync.route import Bridge
from puente.transforms.canonical import (
    contract_columns,
    fold,
    is_valid_number,
)

_DML = ("INSERT", "UPDATE", "DELETE", "WITH")
_NOT_PORTABLE = (
    ("MERGE", r"\bMERGE\b"), ("INSERT IGNORE", r"\bINSERT\s+IGNORE\b"), ("REPLACE INTO", r"\bREPLACE\s+INTO\b"),
    ("ON DUPLICATE KEY", r"\bON\s+DUPLICATE\s+KEY\b"), ("ON CONFLICT", r"\bON\s+CONFLICT\b"),
)  # fmt: skip
_OWN_NUMBERS = ("id_empresa_plataforma", "id_contacto_plataforma")  # of an order whose customer has no ERP id yet
_BIND = re.compile(r"(?<![:\w]):([a-zA-Z_]\w*)")
_LITERAL = re.compile(r"'(?:[^']|'')*'")


@dataclass
class CaptureCheck:
    """One entity's capture SELECT. Counts are records; `rows` are the first of those that would be sent."""

    entity: str
    mode: str
    findings: list[Finding] = field(default_factory=list)
    read: int = 0
    new: int = 0
    changed: int = 0
    vanished: int = 0
    rows: list[dict[str, str | None]] = field(default_factory=list)


@dataclass
class ProfileCheck:
    """Everything that was found in one profile."""

    profile: Profile
    captures: list[CaptureCheck] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def all_findings(self) -> list[Finding]:
        return [*self.findings, *(f for c in self.captures for f in c.findings)]


def check_profile(bridge: Bridge, name: str, sample: int = 3) -> ProfileCheck:
    """Check profile `name` against the link's database of the profile's side, whether the link uses it or not.

    PuenteError when there is no such profile, or its YAML is wrong.
    """
    folder = bridge.settings.profiles_dir / name
    if not folder.is_dir():
        known = sorted(p.parent.name for p in bridge.settings.profiles_dir.glob("*/profile.yaml"))
        raise PuenteError(
            f"There is no profile {name!r} in {bridge.settings.profiles_dir}; there are {', '.join(known)}."
        )
    side = load_profile(folder, "sqlite").side
    db = bridge.database(side)
    profile = load_profile(folder, db.dialect)
    result = ProfileCheck(profile)
    result.findings += _stray_files(profile)
    entities = [e for e in contract.ENTITIES if profile.sql("capture", e) or profile.capture_mode(e) != "off"]
    for entity in entities:
        result.captures.append(check_capture(bridge, db, profile, entity, sample))
    for entity in contract.READ_SEQUENCE[side]:
        if contract.ENTITIES[entity].master and entity != "order_headers":
            result.findings += check_target(db, profile, entity)
        elif (sql := profile.sql("apply", entity)) is not None:  # orders and their states are never deleted
            result.findings += check_script(db, f"apply_{entity}.sql", sql)
    result.findings += check_files(db, profile, check_select, check_script)
    return result


def _stray_files(profile: Profile) -> list[Finding]:
    """SQL files whose name nobody reads: a typing error in it would otherwise switch an entity off silently."""
    kinds = ("capture", "apply", "delete", "confirm", "bind", "match", "erase")
    known = {f"{kind}_{entity}" for kind in kinds for entity in contract.ENTITIES} | {"stock", "confirm_orders"}
    return [
        Finding("warn", path.name, "is read by nobody", "Name it <kind>_<entity>.sql as in the documentation.")
        for path in sorted(profile.folder.glob("*.sql"))
        if path.name.split(".")[0] not in known
    ]


# ---------------------------------------------------------------- capture
def check_capture(bridge: Bridge, db: Database, profile: Profile, entity: str, sample: int = 3) -> CaptureCheck:
    """Run one capture SELECT to its end and say what is wrong with it and what would be sent."""
    subject = f"capture_{entity}.sql"
    check = CaptureCheck(entity, profile.capture_mode(entity))
    sql = profile.sql("capture", entity)
    if sql is None:
        if check.mode == "sql":
            check.findings.append(Finding("fail", subject, "capture is `sql`, but the file is missing", "Write it."))
        else:
            check.findings.append(Finding("ok", subject, f"not needed: capture is `{check.mode}`"))
        return check
    problem = not_one_select(sql)
    if problem:
        check.findings.append(Finding("fail", subject, problem, "Leave one SELECT in the file."))
        return check
    try:
        with db.read() as conn:  # capture looks for missing keys in the SELECT as a derived table
            conn.execute(derived("COUNT(*)", sql))
        _read_capture(bridge, db, profile, check, bare(sql), sample)
    except SQLAlchemyError as error:
        check.findings.append(Finding("fail", subject, in_one_line(error), "Mend the SELECT."))
    except Exception as error:
        check.findings.append(Finding("fail", subject, " ".join(str(error).split())[:300], "Mend the SELECT."))
    return check


def bare(sql: str) -> str:
    """The one statement of a capture file without its closing `;`."""
    return sql.strip().rstrip(";").rstrip()


def derived(what: str, sql: str) -> TextClause:
    """`SELECT what` from a capture SELECT as a derived table of which no row is read."""
    return text(f"SELECT {what} FROM ({bare(sql)}\n) t WHERE 1 = 0".replace(":", r"\:"))


def yields(db: Database, sql: str) -> set[str]:
    """The columns of a capture SELECT, in small letters; no row of it is read. SQLAlchemyError when it cannot run."""
    with db.read() as conn:
        return {name.lower() for name in list(conn.execute(derived("*", sql)).keys())}


def not_one_select(sql: str) -> str:
    """Why `sql` is not one reading statement; '' when it is."""
    statements = split_statements(bare(sql))
    if len(statements) != 1:
        return f"holds {len(statements)} statements"
    plain = _LITERAL.sub("''", statements[0])
    if ";" in plain:
        return "holds more than one statement"
    words = plain.upper().split()
    if words[0] not in ("SELECT", "WITH"):
        return f"begins with {words[0]}, not with SELECT"
    writing = {"INSERT", "UPDATE", "DELETE", "MERGE", "DROP", "ALTER", "TRUNCATE", "EXEC", "CALL", "INTO"} & set(words)
    return f"does more than read: {', '.join(sorted(writing))}" if writing else ""


def check_select(db: Database, subject: str, sql: str, columns: tuple[str, ...]) -> Finding:
    """Whether `sql` is one SELECT that this server takes as a derived table and that yields `columns`."""
    problem = not_one_select(sql)
    if problem:
        return Finding("fail", subject, problem, "Leave one SELECT in the file.")
    try:
        names = yields(db, sql)
    except SQLAlchemyError as error:
        return Finding("fail", subject, in_one_line(error), "Mend the SELECT.")
    missing = [name for name in columns if name.lower() not in names]
    if missing:
        return Finding("fail", subject, f"yields no {', '.join(missing)}", "Name the columns as the contract does.")
    return Finding("ok", subject, "can be read")


def _read_capture(bridge: Bridge, db: Database, profile: Profile, check: CaptureCheck, sql: str, sample: int) -> None:
    definition, subject = contract.ENTITIES[check.entity], f"capture_{check.entity}.sql"
    columns = schema.stage_columns(definition)
    known = _known(bridge, db, check.entity) if profile.side == "erp" else {}
    version = fingerprint_version(profile)
    keys: set[str] = set()
    folds: dict[str, str] = {}
    troubles = _Troubles()
    for number, page in enumerate(stream_select(db, sql, bridge.settings.receive_chunk)):
        if number == 0:
            check.findings += _columns_of(page, definition, columns, subject)
            if any(f.level == "fail" for f in check.findings):
                return
        texts = contract_columns(page, columns)
        check.read += page.num_rows
        troubles.look(texts, columns)
        prints = fingerprints(definition, texts)
        for index, key in enumerate(identities(definition, texts)):
            if not key.strip("| "):
                troubles.without_key += 1
                continue
            if key in keys:
                troubles.doubled.append(key)
            alike = folds.setdefault(fold(key), key)
            if alike != key:
                troubles.ambiguous.append(f"{alike} / {key}")
            keys.add(key)
            if known.get(key) == (prints[index], version):
                continue
            check.new += key not in known
            check.changed += key in known
            if len(check.rows) < sample:
                check.rows.append({name: values[index].as_py() for name, values in texts.items()})
    check.vanished = len(known.keys() - keys)
    check.findings += troubles.findings(subject, profile.side)
    if not any(f.level in ("fail", "warn") for f in check.findings):
        check.findings.append(Finding("ok", subject, f"{check.read} records"))


@dataclass
class _Troubles:
    """What the records of one SELECT suffer from."""

    without_key: int = 0
    doubled: list[str] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)
    too_long: dict[str, int] = field(default_factory=dict)
    no_number: dict[str, int] = field(default_factory=dict)

    def look(self, texts: dict[str, pa.Array], columns: Iterable[contract.Column]) -> None:
        for column in columns:
            values = [v for v in texts[column.name].to_pylist() if v is not None]
            if column.kind in ("decimal", "integer"):
                bad, where = sum(not is_valid_number(v) for v in values), self.no_number
            elif column.kind == "long_text":
                continue
            else:
                bad, where = sum(len(v) > column.size for v in values), self.too_long
            if bad:
                where[column.name] = where.get(column.name, 0) + bad

    def findings(self, subject: str, side: contract.Side) -> list[Finding]:
        found = []
        if self.doubled:
            found.append(Finding(
                "fail", subject, f"yields {len(self.doubled)} keys twice, first {self.doubled[0]!r}",
                "Each record must be one row: aggregate or narrow the joins.",
            ))  # fmt: skip
        if self.without_key and side == "erp":
            found.append(Finding(
                "fail", subject, f"{self.without_key} records have no key", "Leave them out with a WHERE.",
            ))  # fmt: skip
        if self.without_key and side == "platform":
            found.append(Finding("info", subject, f"{self.without_key} records have no key of the ERP's yet"))
        if self.ambiguous:
            pairs = f"{len(self.ambiguous)} keys differ only in case, accents or blanks"
            found.append(Finding(
                "warn", subject, f"{pairs}: {self.ambiguous[0]}",
                "They are two records for Puente; the second will be quarantined as ambiguous.",
            ))  # fmt: skip
        for name, count in self.too_long.items():
            found.append(Finding("warn", subject, f"{count} values of {name} are longer than the contract allows"))
        for name, count in self.no_number.items():
            found.append(Finding("warn", subject, f"{count} values of {name} are no numbers of DECIMAL(18,4)"))
        return found


def _columns_of(
    page: pa.Table, definition: contract.Entity, columns: tuple[contract.Column, ...], subject: str
) -> list[Finding]:
    present = {name.lower(): name for name in page.column_names}
    wanted = {c.name.lower(): c for c in columns}
    required = [*definition.key, *(c.name for c in columns if c.required)]
    missing = [name for name in dict.fromkeys(required) if name.lower() not in present]
    found = []
    if missing:
        found.append(Finding("fail", subject, f"lacks {', '.join(missing)}", "Yield the columns under these names."))
    besides = _OWN_NUMBERS if definition.name == "order_headers" else ()
    stray = [name for low, name in present.items() if low not in wanted and low not in besides]
    if stray:
        found.append(Finding(
            "warn", subject, f"yields {', '.join(stray)}, which the contract does not have",
            f"Rename or remove; the contract has {', '.join(c.name for c in columns)}.",
        ))  # fmt: skip
    absent = [c.name for low, c in wanted.items() if low not in present and c.name not in missing]
    if absent:
        found.append(Finding("info", subject, f"leaves out {', '.join(absent)}: sent as NULL"))
    return found


def _known(bridge: Bridge, db: Database, entity: str) -> dict[str, tuple[str, str]]:
    """Fingerprint and version by key, of what was captured before; nothing where Puente has no tables yet."""
    record = schema.record
    if not inspect(db.engine).has_table(record.name):
        return {}
    query = select(record.c.record_key, record.c.fingerprint, record.c.fingerprint_version).where(
        record.c.link_id == bridge.link.link_id, record.c.entity == entity,
        record.c.active == 1, record.c.fingerprint.is_not(None),
    )  # fmt: skip
    with db.read() as conn:
        return {row[0]: (row[1], row[2]) for row in conn.execute(query)}


# ---------------------------------------------------------------- apply and delete
def check_target(db: Database, profile: Profile, entity: str) -> list[Finding]:
    """Whether the profile can write `entity`: its files parse on this server, or its YAML names real columns."""
    found = []
    mapping = profile.tables.get(entity)
    for kind in ("apply", "delete", "erase"):
        sql = profile.sql(kind, entity)
        if sql is not None:
            found += check_script(db, f"{kind}_{entity}.sql", sql)
        elif (
            kind != "erase" and mapping is None and profile.side == "platform"
        ):  # the ERP reads only what its profile gives a place to
            found.append(Finding(
                "fail", f"{kind} {entity}", "neither a file nor a table in profile.yaml",
                f"Write {kind}_{entity}.sql, or give {entity} a table, key and columns.",
            ))  # fmt: skip
    if mapping is not None:
        found += _check_mapping(db, contract.ENTITIES[entity], mapping)
    return found


def check_script(db: Database, subject: str, sql: str) -> list[Finding]:
    """The server parses every statement of an apply, delete or bind file; none is run."""
    statements = split_statements(sql)
    if not statements:
        return [Finding("fail", subject, "holds no statement")]
    found = []
    for number, statement in enumerate(statements, start=1):
        where = f"{subject}, statement {number}"
        problem = _not_allowed(statement)
        if problem:
            found.append(Finding("fail", where, problem))
            continue
        try:
            with db.engine.connect() as conn:
                _explain(conn, db, statement)
        except SQLAlchemyError as error:
            found.append(Finding("fail", where, in_one_line(error), "The statement must run on this server."))
    return found or [Finding("ok", subject, f"{len(statements)} statements")]


def _not_allowed(statement: str) -> str:
    plain = _LITERAL.sub("''", statement)
    first = plain.split(None, 1)[0].upper()
    if first not in _DML:
        return f"begins with {first}; only INSERT, UPDATE and DELETE belong here"
    for name, pattern in _NOT_PORTABLE:
        if re.search(pattern, plain, re.IGNORECASE):
            return f"uses {name}; write an UPDATE and an INSERT … WHERE NOT EXISTS"
    binds = set(_BIND.findall(plain))
    stray = binds - {"link_id", "run_id"}
    if stray:
        return f"has the binds {', '.join(sorted(stray))}; there are only :link_id and :run_id"
    if "puente_stage_" in plain.lower() and binds != {"link_id", "run_id"}:
        return "reads the stage without `link_id = :link_id AND run_id = :run_id`: it would take other runs' rows"
    return ""


def _explain(conn: Connection, db: Database, statement: str) -> None:
    """Have the server compile a statement without running it. What it raises is the finding."""
    binds = {name: "" for name in ("link_id", "run_id") if re.search(rf":{name}\b", statement)}
    if db.dialect != "mssql":
        conn.execute(text(f"EXPLAIN {statement}"), binds)
        return
    literal = text(statement).bindparams(*(bindparam(name, value) for name, value in binds.items()))
    compiled = str(literal.compile(dialect=conn.dialect, compile_kwargs={"literal_binds": True}))
    try:
        conn.exec_driver_sql("SET NOEXEC ON")
        conn.exec_driver_sql(compiled)
    finally:
        conn.invalidate()  # nobody may get a connection from the pool on which nothing is executed


def _check_mapping(db: Database, entity: contract.Entity, mapping: TableMap) -> list[Finding]:
    subject = f"profile.yaml, {entity.name}"
    ours = {c.name for c in schema.stage_columns(entity)}
    found = []
    strange = [name for name in (*mapping.key, *mapping.columns) if name not in ours]
    if strange:
        found.append(Finding("fail", subject, f"the contract has no {', '.join(strange)} here"))
    if set(mapping.key) != set(entity.key):
        found.append(Finding("fail", subject, f"its key must map {', '.join(entity.key)}"))
    try:
        catalog = inspect(db.engine)
        tables = {name.lower(): name for name in (*catalog.get_table_names(), *catalog.get_view_names())}
        real = tables.get(mapping.table.lower())
        if real is None:
            return [*found, Finding("fail", subject, f"there is no table {mapping.table}")]
        columns = {column["name"].lower() for column in catalog.get_columns(real)}
    except SQLAlchemyError as error:
        return [*found, Finding("fail", subject, in_one_line(error))]
    theirs = (*mapping.key.values(), *mapping.columns.values(), *mapping.on_upsert, *(mapping.on_delete or {}))
    missing = [name for name in dict.fromkeys(theirs) if name.lower() not in columns]
    if missing:
        found.append(Finding("fail", subject, f"{mapping.table} has no {', '.join(missing)}"))
    return found or [Finding("ok", subject, f"table {mapping.table}")]
