"""`docs/data_contracts.md`: what stands in each queue, and what the gate asks of it, to be handed to an ERP's vendor.

Written by `python -m puente docs` from the contract, the order states and the suites; a test fails when they differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from itertools import chain, groupby
from pathlib import Path
from typing import Any, get_args

from sqlalchemy.types import TypeEngine

from puente import contract, order_states
from puente.contract import ENTITIES, ENVELOPE, ORIGIN, QUEUES, READ_SEQUENCE, Column, Entity, Kind, Queue, Side
from puente.db import schema
from puente.markdown import code, plain, table
from puente.quality.suites import READERS, Rule, Suite, load_suite
from puente.settings import ROOT

PAGE = ROOT / "docs" / "data_contracts.md"
_ENGINES = {"mssql": "SQL Server", "mysql": "MySQL", "sqlite": "SQLite"}
_NAMES: dict[Side, str] = {"erp": "the ERP", "platform": "the platform"}
_ABSENT = "where the table lacks it"
_INTRO = f"""# Data contracts

What stands in the intermediate tables (queues) between an ERP and Puente, for whoever writes or reads them: above all
the ERP's vendor. Generated from `plugins/puente/contract.py`, `plugins/puente/order_states.py` and `expectations/` by
`make docs`; a test fails when it is out of date. The tables as SQL: `include/sql/schema/<engine>/01_queues.sql`. How
rows travel: [protocol.md](protocol.md).

## What holds for every queue

- It is a plain table in the ERP's SQL database. Rows are inserted, read and deleted, never updated.
- One row per change of one record, and the row has the whole record: a column that is absent or NULL is an empty value,
  not "as before".
- The order is that of `{contract.ROW_ID}`, never of a clock. `{contract.CREATED}` is UTC, with milliseconds.
- The reader takes every committed row and then deletes exactly the rows that it has taken.
- Tables and columns are found by name, whatever the letter case and the order; wider types are fine.
- An optional column that was there and vanishes stops the reading until a person accepts it.
- Other columns are never read. In the queues of orders and their lines they stop the reading: what a customer confides
  to a shop, such as a card, has no place there.
- Prices and amounts are in one base currency, weight in kg, dimensions in cm. A SKU is one presentation of an article,
  the same on both sides. An image is `<SKU>.jpg` at a public address.
"""
_ENVELOPE = {  # what the columns that every queue has are for, and what a reader makes of a table without them
    contract.ROW_ID: ("the row's place in the order: given out by the database, always rising", "nothing is read"),
    contract.CREATED: ("when the row was inserted: set by the database", "rows are read with less certainty"),
    "Operacion": ("`U`: the record is as this row says; `D`: it was deleted, and only its key counts", ""),
    "Origen": (
        f"who wrote the row: `{ORIGIN['erp']}` or `{ORIGIN['platform']}`",
        "the queue's writer; where both may write, all rows are the ERP's, and Puente writes none",
    ),
    "ID_Evento": ("names the event, so that one which is sent twice counts once", "taken as empty"),
    "Version_Base": (
        "the other side's last version that the writer had; tells a conflict from an answer",
        "taken as empty",
    ),
}
_KINDS: dict[Kind, str] = {
    "key": "identifies a record: letters, digits, leading zeros; blanks at the end do not count, everything else does",
    "text": "Unicode, up to its size in characters",
    "long_text": "Unicode, of any length",
    "decimal": "money and measures, four decimal places; never a float",
    "integer": "a whole number",
}
_STAGES = """## The gate

Before a row is applied it must pass the rules of its queue, which stand below it.

- *Stage*: `row` rules look at each row by itself; `set` rules at the rows together with what the reader has already.
- *Then*: `quarantined`: the row is set aside with its reasons and raw values until a person decides or the record comes
  again; `held`: it waits for what it depends on, and goes on by itself; `noted`: a warning, the row goes on.
- A row that deletes (`D`) has to pass no `row` rule, but needs its key.
- A batch with too many bad rows, or in which a large share of the watched columns turns 0 or empty, waits whole until a
  person decides; the limits are the profile's ([profiles.md](profiles.md)).
"""
_SAME = "These rules are the same for every queue, and are not repeated below:"
_STATES = """## Order states

What an order's state may become, and who says so, in `Pedidos_Estados`. Case, accents, underscores and blanks do not
matter in a state's name.
"""
_MORE = """- The ERP may skip states of the main line: {line}.
- A state that the order has already passed is kept in its history as `late`; one that it has already is `unchanged`.
  Neither changes anything, and no mail is sent.
- FACTURADO before ENTREGADO is noted as invoiced, and becomes the order's state only after ENTREGADO.
- CANCELADO said by the platform after the order was emitted is a request that the ERP answers.
- Said by the ERP, {reason} need `Motivo_Rechazo`.
- An order ends in: {final}.
- Also understood: {aliases}.
- Anything else is quarantined, with the reason.
"""
_LANDING = """## Not queues: purchase orders

Puente writes what a buyer approved into these two tables beside the queues, for the ERP's own import, once; it never
changes or deletes their rows."""
# By the end of their ids, rules that a suite may have for all columns of these kinds, or for the row as a whole.
_GENERAL: dict[str, tuple[Kind, ...]] = {
    "no_control": ("key",), "max_length": ("key", "text"), "numbers.valid": (), "key.unambiguous": (),
}  # fmt: skip


def render() -> str:
    """The page. SuiteBroken when a suite cannot be relied on."""
    parts = [
        _INTRO, "\n".join(_every_queue()), "\n".join(_kinds()), "\n".join(_sequences()), _STAGES, "\n".join(_same()),
        *("\n".join(_queue(queue)) for queue in QUEUES.values()), _STATES, "\n".join(_states()),
        _LANDING, "\n".join(_landing()),
    ]  # fmt: skip
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


# ---------------------------------------------------------------- what holds for all of them
def _every_queue() -> Iterator[str]:
    yield from ("Besides its own columns every queue has:", "")
    always = [(contract.ROW_ID, "integer, identity", "yes"), (contract.CREATED, "date and time, UTC", "yes")]
    added = [(column.name, _sized(column), _agreed(column)) for column in ENVELOPE]
    taken = {column.name: f"taken as {code(column.assumed)}" for column in ENVELOPE if column.assumed}
    rows = (
        (code(name), kind, _ENVELOPE[name][0], taken.get(name) or _ENVELOPE[name][1], agreed)
        for name, kind, agreed in (*always, *added)
    )
    yield from table(("column", "type", "what it is for", _ABSENT, "agreed"), rows)


def _sized(column: Column) -> str:
    return f"{column.kind}, {column.size}" if column.kind in ("key", "text") else _spoken(column.kind)


def _agreed(column: Column) -> str:
    return "yes" if column.agreed else "added by Puente"


def _kinds() -> Iterator[str]:
    yield from ("## Types", "", *table(("type", "holds", *_ENGINES.values()), (_kind(kind) for kind in get_args(Kind))))
    yield from ("", "SQL Server and MySQL compare a key exactly by the collations named here.")


def _kind(kind: Kind) -> tuple[str, ...]:
    sizes = {c.size for c in _all_columns() if c.kind == kind and kind in ("key", "text")}
    size = sizes.pop() if len(sizes) == 1 else 0
    types = (_sql(schema.payload_type(Column("n", kind, size or 1)), dialect) for dialect in _ENGINES)
    return (_spoken(kind), _KINDS[kind], *(code(one if size else one.replace("(1)", "(size)")) for one in types))


def _sql(kind: TypeEngine[Any], dialect: str) -> str:
    """The type as that engine writes it."""
    return kind.compile(dialect=import_module(f"sqlalchemy.dialects.{dialect}").dialect())


def _spoken(kind: Kind) -> str:
    return kind.replace("_", " ")


def _all_columns() -> Iterable[Column]:
    return chain.from_iterable(queue.columns for queue in QUEUES.values())


def _sequences() -> Iterator[str]:
    yield from ("## Who reads what, in which order", "")
    for reader, entities in READ_SEQUENCE.items():
        queues = (contract.queue_for(entity, reader).name for entity in entities)
        links = " → ".join(f"[{name}](#{name.lower()})" for name in queues)
        dag = _direction(reader)
        yield f"- {_begin(_NAMES[reader])} reads and empties, by the Dag [{dag}](dags.md#{dag}): {links}."


def _direction(reader: Side) -> str:
    return next(direction for direction, side in READERS.items() if side == reader)


def _begin(text: str) -> str:
    return text[0].upper() + text[1:]


def _same() -> Iterator[str]:
    """The rules that are the same everywhere, with every reason that the suites give."""
    rows = []
    for ending in _everywhere():
        rules = [rule for queue in QUEUES.values() for suite in _suites(queue) for rule in _ending(suite, ending)]
        kinds = " and ".join(f"each {kind}" for kind in _GENERAL[ending])
        columns = kinds or ("each decimal and integer" if ending == "numbers.valid" else "the key")
        name = f"<entity>.<column>.{ending}" if kinds else f"<entity>.{ending}"
        wrong = "has more characters than its size" if ending == "max_length" else _wrong(rules)
        reasons = plain(" ".join(dict.fromkeys(rule.notes for rule in rules)))
        rows.append((code(name), columns, wrong, reasons, rules[0].stage, _then(rules[0])))
    yield from (_SAME, "", *table(("rule", "columns", "what is wrong", "why", "stage", "then"), rows))


def _everywhere() -> list[str]:
    """The general rules that no suite lacks for any of its columns, and that end alike: only these are told once."""
    return [
        ending
        for ending, kinds in _GENERAL.items()
        if all(_complete(_ending(suite, ending), queue, kinds) for queue in QUEUES.values() for suite in _suites(queue))
    ]


def _complete(rules: list[Rule], queue: Queue, kinds: tuple[Kind, ...]) -> bool:
    sizes = {column.name: column.size for column in queue.columns if column.kind in kinds}
    if {(rule.severity, rule.on_failure) for rule in rules} != {("critical", "quarantine")}:
        return False
    return (
        not kinds or {rule.columns[0]: rule.kwargs.get("max_value", sizes[rule.columns[0]]) for rule in rules} == sizes
    )


def _ending(suite: Suite, ending: str) -> list[Rule]:
    return [rule for rule in suite.rules if rule.rule_id.endswith(f".{ending}")]


def _suites(queue: Queue) -> list[Suite]:
    return [_suite(reader, entity.name) for _, reader, entity in _carried(queue)]


@cache  # building a suite costs more than the rest of the page, and each is asked for several times
def _suite(reader: Side, entity: str) -> Suite:
    return load_suite(_direction(reader), entity)


# ---------------------------------------------------------------- one queue
def _carried(queue: Queue) -> Iterator[tuple[Side, Side, Entity]]:
    """Who writes, who reads, and what: twice for a queue that both write."""
    for entity in ENTITIES.values():
        for writer, name in entity.queue.items():
            if name == queue.name:
                yield writer, contract.writer_of(writer), entity


def _queue(queue: Queue) -> Iterator[str]:
    carried = list(_carried(queue))
    entity = carried[0][2]
    yield from (f"## {queue.name}", "")
    for writer, reader, _ in carried:
        sequence = READ_SEQUENCE[reader]
        place = f"as number {sequence.index(entity.name) + 1} of {len(sequence)}"
        yield f"- {_begin(_NAMES[writer])} writes {code(entity.name)}, {_NAMES[reader]} reads them, {place}."
    yield from (f"- {line}" for line in _facts(entity))
    yield ""
    filled = {column for suite in _suites(queue) for column in _filled(suite)}
    head = ("column", "type", _ABSENT, "empty value", "agreed")
    # The key is needed besides, but where the shop may speak of a record that has no id of the ERP's yet.
    needed = set() if entity.two_way and carried[0][1] == "erp" else set(entity.key)
    yield from table(head, (_column(column, needed, filled) for column in queue.columns))
    for _, reader, _ in carried:
        yield from ("", *_gate(reader, entity))


def _facts(entity: Entity) -> Iterator[str]:
    """What is said of the entity besides its columns."""
    if entity.two_way:
        other = "`ID_Plataforma`, the shop's id, stands for it until the ERP has given one"
        yield f"Key: {code(*entity.key)}, which is the ERP's; {other}."
    else:
        yield f"Key: {code(*entity.key)}."
    if entity.unique:
        yield f"Unique besides: {code(entity.unique)}."
    for parent in entity.parents:
        empty = " Empty: it has none." if parent.optional else ""
        yield f"{code(parent.column)} names one of {code(parent.entity)}, which must be there first.{empty}"
    if entity.master:
        yield "Of several rows of one key the last one counts."
    else:
        yield "Every row counts; none replaces another."
    if entity.of_orders:
        yield "A row is a fact: it deletes nothing, and `D` is refused."
    elif entity.link_only:
        yield "`D` deletes the relation."
    else:
        yield "`D` takes the record out of use, as the reader's profile says."
    if entity.two_way:
        yield "Both sides change them. If both changed one, `conflicts` of the link says who wins: the ERP by default."
    if entity.watched:
        yield f"Watched, lest many turn 0 or empty at once: {code(*entity.watched)}."


def _column(column: Column, needed: set[str], filled: set[str]) -> tuple[str, ...]:
    absent = "nothing is read" if column.required or column.name in needed else "taken as empty"
    empty = "refused" if column.name in filled else "allowed"
    return (code(column.name), _sized(column), absent, empty, _agreed(column))


def _filled(suite: Suite) -> Iterator[str]:
    """The columns that must not be empty."""
    for rule in suite.rules:
        if rule.type in ("expect_column_values_to_be_filled", "expect_column_values_to_not_be_null"):
            yield rule.columns[0]


# ---------------------------------------------------------------- the gate's rules
def _gate(reader: Side, entity: Entity) -> Iterator[str]:
    suite = _suite(reader, entity.name)
    told_above = {rule.rule_id for ending in _everywhere() for rule in _ending(suite, ending)}
    own = [rule for rule in suite.rules if rule.rule_id not in told_above]
    path = suite.path.relative_to(ROOT)
    yield f"Gate of {_NAMES[reader]}: [{path}](../{path}), {len(suite.rules)} rules. {_notes(suite.path)}"
    yield ""
    head = ("rule", "columns", "what is wrong", "why", "stage", "then")
    yield from table(head, (_rule(list(alike), entity) for _, alike in groupby(own, _likeness)))


def _notes(path: Path) -> str:
    """What the suite's file says of itself."""
    return plain(json.loads(path.read_bytes())["meta"]["notes"])


def _likeness(rule: Rule) -> tuple[str, ...]:
    return (rule.rule_id.rpartition(".")[2], rule.type, rule.notes, rule.severity, rule.stage, rule.on_failure)


def _rule(alike: list[Rule], entity: Entity) -> tuple[str, ...]:
    """One row of the gate's table: one rule, or neighbours that ask the same of several columns."""
    first = alike[0]
    name = first.rule_id if len(alike) == 1 else f"{entity.name}.….{first.rule_id.rpartition('.')[2]}"
    columns = chain.from_iterable(_read_by(rule, entity) for rule in alike)
    return (code(name), code(*columns), _wrong(alike), plain(first.notes), first.stage, _then(first))


def _read_by(rule: Rule, entity: Entity) -> tuple[str, ...]:
    """The columns a rule is about; Puente's helper columns stand for those that they were made from."""
    parents = tuple(parent.column for parent in entity.parents)
    helpers = {
        "_owner": (entity.unique or "",),
        "_ambiguous": entity.key,
        "_missing_parent": parents,
        "_cycle": parents,
    }
    return helpers.get(rule.columns[0], rule.columns)


def _wrong(alike: list[Rule]) -> str:
    """The message, without the column, which has a place of its own, and without the row's value."""
    texts = [rule.message_en.replace(": {value}", "").rstrip(".") for rule in alike]
    if len(alike[0].columns) == 1:
        texts = [text.removeprefix(rule.columns[0]).strip() for text, rule in zip(texts, alike, strict=True)]
    return plain("; ".join(dict.fromkeys(texts)))


def _then(rule: Rule) -> str:
    if rule.severity != "critical":
        return "noted"
    return "held" if rule.on_failure == "hold" else "quarantined"


# ---------------------------------------------------------------- order states, landing tables
def _states() -> Iterator[str]:
    rows = (
        (start or "(new)", " · ".join(following), "the ERP" if who == ORIGIN["erp"] else "the platform")
        for start, who, following in order_states.MATRIX
    )
    aliases = (f"{alias} for {state}" for alias, state in order_states.ALIASES.items())
    yield from (*table(("from", "to", "who says it"), rows), "")
    yield _MORE.format(
        line=" → ".join(order_states.MAIN_LINE), reason=" and ".join(order_states.NEEDS_REASON),
        final=", ".join(order_states.FINAL), aliases=", ".join(aliases),
    )  # fmt: skip


def _landing() -> Iterator[str]:
    for name in schema.landing_tables["mssql"]:
        rows = (
            (
                code(column.name),
                *(code(_bare(column, dialect)) for dialect in _ENGINES),
                "no" if not column.nullable else "yes",
            )
            for column in schema.landing_tables["mssql"][name].columns
        )
        yield from (f"### {name}", "", *table(("column", *_ENGINES.values(), "may be empty"), rows), "")


def _bare(column: Any, dialect: str) -> str:
    """The column's type without character set and collation."""
    return re.sub(r" (CHARACTER SET|COLLATE) \S+", "", _sql(column.type, dialect))
