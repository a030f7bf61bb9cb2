"""Every table that Puente makes, built from the contract: queues, inboxes, stages and control tables.

`include/sql/schema/` is this file rendered for a DBA to read and run (`python -m puente ddl`). Text that
identifies something is compared exactly: binary collations, never the server's default.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects import mssql, mysql, sqlite
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

from puente import contract
from puente.transforms.canonical import KEY_SIZE

STATES = (
    "pending", "applied", "unchanged", "superseded", "late", "duplicate", "held", "conflict", "quarantined",
    "discarded",
)  # fmt: skip


def exact(size: int) -> TypeEngine[str]:
    """Text that is compared exactly, on any engine."""
    return (
        String(size)
        .with_variant(mysql.VARCHAR(size, charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb")
        .with_variant(mssql.NVARCHAR(size, collation="Latin1_General_100_BIN2"), "mssql")
    )


def prose(size: int | None = None) -> TypeEngine[str]:
    """Text for people; without a size, as long as anybody writes."""
    if size is None:
        return (
            Text()
            .with_variant(mysql.MEDIUMTEXT(charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb")
            .with_variant(mssql.NVARCHAR(None), "mssql")
        )
    return (
        String(size)
        .with_variant(mysql.VARCHAR(size, charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb")
        .with_variant(mssql.NVARCHAR(size), "mssql")
    )


def raw() -> TypeEngine[str]:
    """Text as a queue held it, of any length, compared exactly: keys are looked up in it."""
    return (
        Text()
        .with_variant(mysql.MEDIUMTEXT(charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb")
        .with_variant(mssql.NVARCHAR(None, collation="Latin1_General_100_BIN2"), "mssql")
    )


def decimal() -> TypeEngine[Any]:
    """DECIMAL(18,4); TEXT on SQLite, where NUMERIC would become a float."""
    return Numeric(18, 4).with_variant(sqlite.TEXT(), "sqlite")


def payload_type(column: contract.Column) -> TypeEngine[Any]:
    match column.kind:
        case "key":
            return exact(column.size)
        case "text":
            return prose(column.size)
        case "long_text":
            return prose()
        case "decimal":
            return decimal()
        case "integer":
            return BigInteger()


_CREATED = (
    mssql.DATETIME2(3).with_variant(mysql.DATETIME(fsp=3), "mysql", "mariadb").with_variant(sqlite.TEXT(), "sqlite")
)
CREATED_DEFAULT = {
    "mssql": "(SYSUTCDATETIME())",
    "mysql": "(UTC_TIMESTAMP(3))",
    "sqlite": "(strftime('%Y-%m-%d %H:%M:%f', 'now'))",
}

queue_metadata = {dialect: MetaData() for dialect in CREATED_DEFAULT}


def _queue(queue: contract.Queue, dialect: str) -> Table:
    row_id = BigInteger().with_variant(Integer(), "sqlite")
    envelope = []
    for column in contract.ENVELOPE:
        default = column.assumed
        if column.name == "Origen" and queue.writer != "both":
            default = contract.ORIGIN[queue.writer]
        envelope.append(
            Column(column.name, payload_type(column), server_default=text(f"'{default}'") if default else None)
        )
    return Table(
        queue.name,
        queue_metadata[dialect],
        Column(contract.ROW_ID, row_id, primary_key=True, autoincrement=True),
        Column(contract.CREATED, _CREATED, nullable=False, server_default=text(CREATED_DEFAULT[dialect])),
        *(Column(c.name, payload_type(c)) for c in queue.columns),
        *envelope,
        sqlite_autoincrement=True,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
    )


queue_tables = {dialect: {q.name: _queue(q, dialect) for q in contract.QUEUES.values()} for dialect in CREATED_DEFAULT}


# ---------------------------------------------------------------- beside the ERP: what its own import may take over
landing_metadata = {dialect: MetaData() for dialect in CREATED_DEFAULT}
PURCHASE_ORDER, PURCHASE_LINE = "Ordenes_Compra", "Ordenes_Compra_Detalles"


def _landing(dialect: str) -> dict[str, Table]:
    """A purchase-order request and its lines, written once and never changed by Puente."""
    order_id = Column("ID_Orden_Compra", exact(64), primary_key=True)
    tables = (
        Table(
            PURCHASE_ORDER, landing_metadata[dialect], order_id,
            Column(contract.CREATED, _CREATED, nullable=False, server_default=text(CREATED_DEFAULT[dialect])),
            Column("Proveedor", exact(64)), Column("Autorizado_Por", prose(100)),
            Column("Renglones", Integer, nullable=False),
            mysql_engine="InnoDB", mysql_charset="utf8mb4",
        ),
        Table(
            PURCHASE_LINE, landing_metadata[dialect],
            Column("ID_Orden_Compra", exact(64), primary_key=True),
            Column("Renglon", Integer, primary_key=True, autoincrement=False),
            Column("ID_Producto", exact(64), nullable=False), Column("SKU", exact(64)),
            Column("Cantidad", decimal(), nullable=False), Column("Cantidad_Propuesta", decimal(), nullable=False),
            mysql_engine="InnoDB", mysql_charset="utf8mb4",
        ),
    )  # fmt: skip
    return {table.name: table for table in tables}


landing_tables = {dialect: _landing(dialect) for dialect in CREATED_DEFAULT}

# ---------------------------------------------------------------- control tables, the same on every side
control = MetaData()


def _table(name: str, *items: SchemaItem, numbered: bool = False) -> Table:
    """A control table; `numbered` ids are given out by the database and never reused.

    Not persistent statistics: MySQL and MariaDB take those up to ten seconds after a table filled, and until then
    join thousands of new rows by scanning all of them for each. Transient ones follow at once.
    """
    return Table(
        name, control, *items, sqlite_autoincrement=numbered,
        mysql_engine="InnoDB", mysql_charset="utf8mb4", mysql_stats_persistent="0",
    )  # fmt: skip


def _link() -> Column[str]:
    return Column("link_id", exact(40), primary_key=True)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True)


def _at(name: str) -> Column[str]:
    return Column(name, exact(24))  # UTC, ISO 8601 with milliseconds


side = _table(
    "puente_side",
    Column("name", exact(40), primary_key=True), Column("value", prose(400)),
)  # fmt: skip
lease = _table(
    "puente_lease",
    _link(), Column("name", exact(80), primary_key=True),
    Column("token", BigInteger, nullable=False), Column("owner", exact(400)),
    Column("work_id", exact(32)),  # the writing transaction that last renewed it
    Column("expires_ms", BigInteger, nullable=False),  # by this database's clock, milliseconds since 1970
)  # fmt: skip
pause = _table(
    "puente_pause",
    _link(), Column("entity", exact(40), primary_key=True),  # '*': the whole link
    Column("who", prose(100)), Column("why", prose(500)), _at("at"),
)  # fmt: skip
permit = _table(  # one mass change that a person allowed, used up by the next guard that would refuse
    "puente_permit",
    _link(), Column("entity", exact(40), primary_key=True),
    Column("who", prose(100)), Column("why", prose(500)), _at("at"),
)  # fmt: skip
position = _table(
    "puente_position",
    _link(), Column("queue", exact(60), primary_key=True),
    Column("epoch", BigInteger, nullable=False), Column("max_id", BigInteger, nullable=False),
    Column("last_created", exact(40)), Column("columns_read", prose(4000)), _at("read_at"),
)  # fmt: skip
record = _table(  # one record of an entity as this side last captured and last applied it
    "puente_record",
    _link(), Column("entity", exact(40), primary_key=True), Column("record_key", exact(KEY_SIZE), primary_key=True),
    Column("key_fold", exact(KEY_SIZE), nullable=False), Column("active", SmallInteger, nullable=False),
    Column("unique_value", exact(64)), Column("parent_key", exact(64)),
    Column("blank_mask", Integer, nullable=False, server_default=text("0")),
    Column("fingerprint", exact(64)), Column("fingerprint_version", exact(80)),
    Column("version", BigInteger, nullable=False, server_default=text("0")),
    Column("sent_version", BigInteger, nullable=False, server_default=text("0")),  # that of the last change made here
    Column("base_version", BigInteger, nullable=False, server_default=text("0")),  # the other side's last one applied
    Column("must_send", SmallInteger, nullable=False, server_default=text("0")),  # once more, though nothing changed
    Column("epoch", BigInteger), Column("id_registro", BigInteger), Column("revision", Integer),
    Column("applied_hash", exact(64)),
    Column("batch_id", BigInteger), _at("changed_at"),
    Index("ix_puente_record_unique", "link_id", "entity", "unique_value"),
    Index("ix_puente_record_fold", "link_id", "entity", "key_fold"),
)  # fmt: skip
batch = _table(
    "puente_batch",
    _number("batch_id"),
    Column("link_id", exact(40), nullable=False), Column("reader", exact(10), nullable=False),
    Column("entity", exact(40), nullable=False), Column("queue", exact(60)), Column("run_id", exact(250)),
    Column("status", exact(20), nullable=False),  # open, gated, closed, settled
    Column("verdict", exact(30)),  # as its last report has it; NULL: the gate has not judged it
    Column("rows_read", BigInteger, nullable=False, server_default=text("0")),
    Column("rows_landed", BigInteger, nullable=False, server_default=text("0")),
    Column("rows_seen_again", BigInteger, nullable=False, server_default=text("0")),
    Column("why", prose(2000)), Column("who", prose(100)), Column("report", prose(500)),
    _at("opened_at"), _at("settled_at"),
    Index("ix_puente_batch_open", "link_id", "reader", "entity", "status"),
    Index("ix_puente_batch_opened", "link_id", "reader", "opened_at"),
    Index("ix_puente_batch_verdict", "link_id", "reader", "verdict", "opened_at"),
    numbered=True,
)  # fmt: skip
ledger = _table(
    "puente_ledger",
    _link(), Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("batch_id", BigInteger, nullable=False), Column("reader", exact(10), nullable=False),
    Column("entity", exact(40), nullable=False), Column("run_id", exact(250)), Column("verdict", exact(30)),
    *(Column(n, BigInteger, nullable=False) for n in ("rows_read", "rows_landed", "rows_seen_again", "rows_cleared")),
    Column("rows_taken", BigInteger, nullable=False),
    *(Column(f"rows_{state}", BigInteger, nullable=False) for state in STATES),
    _at("settled_at"), Column("prev_hash", exact(64), nullable=False), Column("row_hash", exact(64), nullable=False),
    Index("ix_puente_ledger_settled", "link_id", "settled_at"),
)  # fmt: skip
finding = _table(  # why a row was quarantined, held or merely warned about
    "puente_finding",
    _number("finding_id"),
    Column("link_id", exact(40), nullable=False), Column("queue", exact(60), nullable=False),
    Column("inbox_id", BigInteger, nullable=False), Column("batch_id", BigInteger), Column("rule_id", exact(120)),
    Column("severity", exact(10)), Column("outcome", exact(12)), Column("message", prose(1000)), _at("at"),
    Index("ix_puente_finding_row", "link_id", "queue", "inbox_id"),
    Index("ix_puente_finding_batch", "batch_id"),
    numbered=True,
)  # fmt: skip
decision = _table(  # what a person did with a row or a batch: release, edit, discard, refuse, ask_…; only added to
    "puente_decision",
    _number("decision_id"),
    Column("link_id", exact(40), nullable=False), Column("queue", exact(60)), Column("inbox_id", BigInteger),
    Column("batch_id", BigInteger), Column("action", exact(20), nullable=False), Column("field", exact(60)),
    Column("record_key", exact(KEY_SIZE)),  # the row's, which outlives it: by this the person's edits are found
    Column("original", prose()), Column("value", prose()),
    Column("who", prose(100), nullable=False), Column("why", prose(500), nullable=False), _at("at"),
    numbered=True,
)  # fmt: skip
seen = _table(  # identities that outlive the inbox, so that a restored queue is cleared again and not applied again
    "puente_seen",
    _link(), Column("queue", exact(60), primary_key=True), Column("id_registro", BigInteger, primary_key=True),
    Column("epoch", BigInteger, primary_key=True),  # last: a page is looked up by its ids in every epoch
    Column("revision", Integer, primary_key=True),
    Column("fecha_creacion", exact(40), nullable=False), Column("content_hash", exact(64), nullable=False),
    _at("at"),  # when its row left the inbox
)  # fmt: skip
work = _table(  # the rows in a worker's hands, committed before the work: what is left over killed its worker
    "puente_work",
    _link(), Column("queue", exact(60), primary_key=True), Column("step", exact(10), primary_key=True),
    Column("chunk", BigInteger, primary_key=True, autoincrement=False),
    Column("inbox_id", BigInteger, primary_key=True), Column("attempts", Integer, nullable=False),
)  # fmt: skip
rule_result = _table(  # how often a batch's rows failed each rule
    "puente_rule_result",
    Column("batch_id", BigInteger, primary_key=True, autoincrement=False),
    Column("rule_id", exact(120), primary_key=True), Column("severity", exact(10)), Column("stage", exact(5)),
    Column("evaluated", BigInteger, nullable=False), Column("failed", BigInteger, nullable=False),
)  # fmt: skip
clearing = _table(  # queue rows about to be deleted, beside the queue
    "puente_clearing",
    _link(), Column("queue", exact(60), primary_key=True), Column("id_registro", BigInteger, primary_key=True),
    Column("fecha_creacion", exact(40), primary_key=True),
)  # fmt: skip
scan = _table(  # every key that a running capture has read, with its fingerprint
    "puente_scan",
    _link(), Column("run_id", exact(40), primary_key=True), Column("entity", exact(40), primary_key=True),
    Column("record_key", exact(KEY_SIZE), primary_key=True), Column("key_fold", exact(KEY_SIZE), nullable=False),
    Column("fingerprint", exact(64), nullable=False), Column("blank_mask", Integer, nullable=False),
    Column("unique_value", exact(64)), Column("page_no", BigInteger, nullable=False),
    Index("ix_puente_scan_page", "link_id", "run_id", "entity", "page_no"),
)  # fmt: skip


# ---------------------------------------------------------------- the full inventory
FOUND = (  # what a full inventory says of a key; each key is in exactly one
    "same", "different", "missing", "extra", "in_flight", "held", "quarantined", "conflict", "discarded", "unfit",
    "doubled",
)  # fmt: skip
compare = _table(  # what a running inventory has read: one row per record and side; gone when its entity is finished
    "puente_compare",
    _link(), Column("entity", exact(40), primary_key=True), Column("record_key", exact(KEY_SIZE), primary_key=True),
    Column("side", exact(10), primary_key=True),
    Column("row_no", BigInteger, primary_key=True, autoincrement=False),  # a key that a side shows twice is found
    Column("value_hash", exact(64), nullable=False),
)  # fmt: skip
difference = _table(  # one key of the last inventory that was not the same on both sides
    "puente_difference",
    _link(), Column("entity", exact(40), primary_key=True), Column("record_key", exact(KEY_SIZE), primary_key=True),
    Column("run_id", exact(250), nullable=False), Column("found", exact(12), nullable=False),  # one of FOUND
    Column("fields", prose(1000)), Column("why", prose(300)),  # why: a code of nightly/inventory_texts.py and a detail
    Column("repair", exact(20)), Column("outcome", exact(12)),  # outcome: ordered
    Column("erp_version", BigInteger), Column("platform_version", BigInteger),  # of the records, before the second look
    Column("erp_form", prose()), Column("platform_form", prose()),  # JSON: as each side shows it; NULL: it does not
)  # fmt: skip
inventory = _table(  # one entity in one inventory: its counts, and what was decided
    "puente_inventory",
    _link(), Column("run_id", exact(250), primary_key=True), Column("entity", exact(40), primary_key=True),
    _at("started_at"), _at("finished_at"),
    *(Column(n, BigInteger, nullable=False) for n in ("read_erp", "read_platform", "known_erp", "known_platform")),
    Column("keyless_erp", BigInteger, nullable=False), Column("keys_total", BigInteger, nullable=False),
    *(Column(f"keys_{found}", BigInteger, nullable=False) for found in FOUND),
    Column("repairs", BigInteger, nullable=False), Column("ordered", BigInteger, nullable=False),
    Column("compared", prose(1000)), Column("left_out", prose(1000)),  # contract columns that both sides show, or not
    Column("refused", prose(500)),  # why nothing of it is repaired
    Column("decision", exact(20)), Column("who", prose(100)), _at("decided_at"),
)  # fmt: skip


# ---------------------------------------------------------------- both directions: customers, orders, mail
binding = _table(  # the two ids of one record, unique both ways
    "puente_binding",
    _link(), Column("entity", exact(40), primary_key=True), Column("erp_id", exact(64), primary_key=True),
    Column("platform_id", exact(64), nullable=False), _at("at"),
    UniqueConstraint("link_id", "entity", "platform_id", name="uq_puente_binding"),
)  # fmt: skip
conflict = _table(  # both sides changed one record: the version that lost, kept until a person has looked
    "puente_conflict",
    _number("conflict_id"),
    Column("link_id", exact(40), nullable=False), Column("entity", exact(40), nullable=False),
    Column("record_key", exact(KEY_SIZE), nullable=False), Column("inbox_id", BigInteger),
    Column("winner", exact(10), nullable=False), Column("why", prose(500)),
    Column("loser", prose(), nullable=False), Column("kept", prose()),  # JSON: contract column → text
    _at("at"), Column("who", prose(100)), Column("remark", prose(500)), _at("resolved_at"),
    Index("ix_puente_conflict_record", "link_id", "entity", "record_key"),
    numbered=True,
)  # fmt: skip
outbox = _table(  # what a platform that lies in another database has to put into the ERP's queues
    "puente_outbox",
    _number("outbox_id"),
    Column("link_id", exact(40), nullable=False), Column("entity", exact(40), nullable=False),
    Column("unit", exact(KEY_SIZE), nullable=False),  # rows of one unit reach their queues in one transaction
    Column("event_id", exact(255), nullable=False), Column("content_hash", exact(64), nullable=False),
    Column("payload", prose(), nullable=False),  # JSON: contract column → text, the envelope's included
    Column("status", exact(12), nullable=False),  # waiting, delivered, conflict
    Column("why", prose(500)), _at("at"), _at("delivered_at"),
    UniqueConstraint("link_id", "event_id", name="uq_puente_outbox"),
    Index("ix_puente_outbox_status", "link_id", "status", "outbox_id"),
    numbered=True,
)  # fmt: skip
delivered = _table(  # beside the queues: the events that were put into them, whoever has emptied them since
    "puente_delivered",
    _link(), Column("event_id", exact(255), primary_key=True), Column("content_hash", exact(64), nullable=False),
    _at("at"),
)  # fmt: skip
order = _table(  # one order as this side knows it; on the ERP's side the key lets it be written only once
    "puente_order",
    _link(), Column("order_id", exact(64), primary_key=True),
    Column("state", exact(50), nullable=False), Column("reason", prose(500)), Column("waits", prose(500)),
    Column("content_hash", exact(64)),  # of the snapshot: header and lines
    Column("payload", prose()),  # JSON: the snapshot, {"header": {…}, "lines": [{…}]}
    _at("emitted_at"), _at("confirmed_at"), _at("invoiced_at"), _at("at"), _at("changed_at"),
    Index("ix_puente_order_state", "link_id", "state"),  # orders are counted by state: their payloads are long
)  # fmt: skip
order_history = _table(  # every state that was said of an order, and what became of it
    "puente_order_history",
    _number("history_id"),
    Column("link_id", exact(40), nullable=False), Column("order_id", exact(64), nullable=False),
    Column("state", exact(50), nullable=False), Column("verdict", exact(12), nullable=False),
    Column("reason", prose(500)), Column("origin", exact(10)), Column("inbox_id", BigInteger), _at("at"),
    Index("ix_puente_order_history", "link_id", "order_id"),
    numbered=True,
)  # fmt: skip
reservation = _table(  # units promised to orders that the ERP's own figure does not reflect yet
    "puente_reservation",
    _link(), Column("order_id", exact(64), primary_key=True), Column("product_id", exact(64), primary_key=True),
    Column("quantity", decimal(), nullable=False), _at("released_at"),
    Index("ix_puente_reservation_product", "link_id", "product_id"),
)  # fmt: skip
mail = _table(  # one mail per order, state and recipient, written with the transition
    "puente_mail",
    _number("mail_id"),
    Column("link_id", exact(40), nullable=False), Column("order_id", exact(64), nullable=False),
    Column("state", exact(50), nullable=False), Column("recipient", exact(254), nullable=False),
    Column("message_id", exact(255), nullable=False), Column("subject", prose(255)),
    Column("plain", prose()), Column("html", prose()),
    Column("attachments", prose()),  # JSON: [{"name", "content"}], text files in UTF-8
    Column("status", exact(12), nullable=False),  # waiting, sending, sent, refused, doubtful
    Column("attempts", Integer, nullable=False), Column("error", prose(500)), _at("at"), _at("tried_at"),
    UniqueConstraint("link_id", "order_id", "state", "recipient", name="uq_puente_mail"),
    numbered=True,
)  # fmt: skip


# ---------------------------------------------------------------- nights, purchases, watching
probe = _table(  # whether a connection answered, by hour
    "puente_probe",
    _link(), Column("connection", exact(10), primary_key=True),  # erp, platform
    Column("hour", exact(13), primary_key=True),  # UTC: 2026-11-24T08
    Column("answered", Integer, nullable=False), Column("failed", Integer, nullable=False),
    Column("slowest_ms", Integer, nullable=False), Column("error", prose(300)),  # the last failure's
)  # fmt: skip
silence = _table(  # an entity that stopped coming, and when somebody was told of it
    "puente_silence",
    _link(), Column("entity", exact(40), primary_key=True), Column("since", exact(40), primary_key=True),
    Column("hours", decimal(), nullable=False), _at("at"), _at("ended_at"),
)  # fmt: skip
alert = _table(  # what on-call is told of: one row per kind and subject, however often it happens
    "puente_alert",
    _link(), Column("kind", exact(30), primary_key=True), Column("subject", exact(200), primary_key=True),
    Column("what", prose(500), nullable=False), Column("place", prose(1000)),  # place: an address in Airflow
    Column("times", Integer, nullable=False),  # since `since`
    Column("told", Integer, nullable=False), Column("told_times", Integer, nullable=False),  # tellings; `times` then
    Column("waits", prose(1000)),  # names of the chats that have not taken the last telling; '' once all have
    _at("since"), _at("at"), _at("told_at"), _at("ended_at"),  # at: the last time
)  # fmt: skip
proposal = _table(  # one product that runs short, once a day, and what the buyer decided
    "puente_proposal",
    _link(), Column("day", exact(10), primary_key=True), Column("product_id", exact(64), primary_key=True),
    Column("request", exact(40), nullable=False), Column("run_id", exact(250), nullable=False),
    Column("supplier", exact(64), nullable=False),  # '' where the profile names none
    Column("sku", exact(64)), Column("name", prose(255)), Column("place", Integer, nullable=False),  # 1 is the worst
    Column("reorder_point", decimal(), nullable=False), Column("proposed", decimal(), nullable=False),
    Column("evidence", prose(), nullable=False),  # JSON: the figures that it follows from
    Column("status", exact(12), nullable=False),  # proposed, approved, rejected, expired, ordered
    Column("quantity", decimal()), Column("who", prose(100)), _at("at"), _at("decided_at"), _at("ordered_at"),
    Index("ix_puente_proposal_request", "link_id", "request"),
    Index("ix_puente_proposal_status", "link_id", "status", "product_id"),
)  # fmt: skip


def _inbox(queue: contract.Queue) -> Table:
    name = f"puente_inbox_{queue.name.lower()}"
    return _table(
        name,
        _number("inbox_id"), Column("link_id", exact(40), nullable=False),
        Column("epoch", BigInteger, nullable=False), Column("id_registro", BigInteger, nullable=False),
        Column("revision", Integer, nullable=False),  # above 0: a vendor changed the row under its id
        Column("fecha_creacion", exact(40), nullable=False),  # '' where the queue had NULL
        Column("content_hash", exact(64), nullable=False), Column("payload_hash", exact(64), nullable=False),
        Column("record_key", exact(KEY_SIZE), nullable=False), Column("key_fold", exact(KEY_SIZE), nullable=False),
        Column("op", exact(1), nullable=False), Column("blank_mask", Integer, nullable=False),
        Column("batch_id", BigInteger, nullable=False),  # the batch that landed it
        Column("taken_by", BigInteger),  # the batch that last took it through the gate
        Column("cleared", SmallInteger, nullable=False), Column("state", exact(12), nullable=False),
        Column("gate", SmallInteger, nullable=False, server_default=text("0")),  # 0 unchecked, 1 good, 2 bad
        Column("forced", SmallInteger, nullable=False, server_default=text("0")),  # released by a person
        Column("apply_rank", Integer, nullable=False, server_default=text("0")),  # parents before children
        Column("waits_for", exact(40)), Column("waits_key", exact(KEY_SIZE)), _at("waits_until"),
        *(Column(c.name, raw()) for c in (*queue.columns, *contract.ENVELOPE)),
        UniqueConstraint("link_id", "id_registro", "epoch", "revision", name=f"uq_{name}"),
        Index(f"ix_{name}_state", "link_id", "state", "taken_by", "record_key"),  # also gives apply its order
        Index(f"ix_{name}_key", "link_id", "record_key"),
        Index(f"ix_{name}_cleared", "link_id", "cleared"),
        Index(f"ix_{name}_batch", "link_id", "batch_id"),
        numbered=True,
    )  # fmt: skip


def stage_columns(entity: contract.Entity) -> tuple[contract.Column, ...]:
    """The payload of an entity, whichever of its queues brought it."""
    return next(iter(contract.QUEUES[q] for q in entity.queue.values())).columns


def _stage(entity: contract.Entity) -> Table:
    return _table(
        f"puente_stage_{entity.name}",
        _link(), Column("run_id", exact(40), primary_key=True),
        Column("row_no", BigInteger, primary_key=True, autoincrement=False),
        Column("record_key", exact(KEY_SIZE), nullable=False), Column("Operacion", exact(1), nullable=False),
        *(Column(c.name, payload_type(c)) for c in stage_columns(entity)),
        Index(f"ix_puente_stage_{entity.name}_key", "link_id", "run_id", "record_key"),
        )  # fmt: skip


inboxes = {q.name: _inbox(q) for q in contract.QUEUES.values()}
stages = {e.name: _stage(e) for e in contract.ENTITIES.values()}
