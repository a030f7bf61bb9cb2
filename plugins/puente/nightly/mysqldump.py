"""Dumps of MySQL and MariaDB by their own programs, and what a dump holds, counted from its own bytes.

The rows are counted and summed as they go by in the dump's INSERT statements: the manifest describes exactly what the
file has, whatever was written to the database meanwhile. Passwords reach the programs in a file of mode 0600, never on
the command line.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from sqlalchemy import URL

from puente.errors import PuenteError
from puente.nightly.sums import TableSum, _latin

CONSISTENT = ("--single-transaction", "--quick", "--hex-blob", "--skip-triggers")
ROUTINES = ("--no-data", "--no-create-info", "--skip-triggers", "--routines")
TRIGGERS = ("--no-data", "--no-create-info", "--triggers")
CONTENT = (ROUTINES, CONSISTENT, TRIGGERS)  # in the order in which they load: views come with the tables, and may call
EVENTS = ("--no-data", "--no-create-info", "--skip-triggers", "--events")

_NAME = rb"`((?:[^`]|``)+)`"
_TABLE = re.compile(rb"CREATE TABLE " + _NAME + rb" \($")
_COLUMN = re.compile(rb"  " + _NAME + rb" ")
_INSERT = re.compile(rb"INSERT INTO " + _NAME + rb" (?:\(((?:`(?:[^`]|``)+`(?:, )?)+)\) )?VALUES ?")
_EVENT = re.compile(rb"^/\*!50106 DROP EVENT IF EXISTS " + _NAME + rb" \*/;+\n", re.MULTILINE)
_STRING = rb"'[^'\\]*(?:(?:\\.|'')[^'\\]*)*'"
_ROW = re.compile(rb"\(([^'()]*(?:" + _STRING + rb"[^'()]*)*)\)", re.DOTALL)
_VALUE = re.compile(rb"(?:_binary )?(" + _STRING + rb")|0x([0-9A-Fa-f]+)|([^,']+)", re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)|''", re.DOTALL)
_MEANT = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"0": b"\0", b"Z": b"\x1a"}


class Reading:
    """The tables of a dump, from its bytes as they go by."""

    def __init__(self) -> None:
        self.tables: dict[str, TableSum] = {}
        self._rest = b""
        self._into: TableSum | None = None  # whose rows follow
        self._described: TableSum | None = None  # whose columns follow

    def feed(self, block: bytes) -> None:
        lines = (self._rest + block).split(b"\n") if b"\n" in block else [self._rest + block]
        self._rest = lines.pop()
        for line in lines:
            self._line(line)

    def _line(self, line: bytes) -> None:
        if self._into is not None:
            self._rows(line)
        elif self._described is not None:
            if column := _COLUMN.match(line):
                self._described.columns.append(_unquoted(column[1]))
            else:
                self._described = None
        elif table := _TABLE.match(line):
            self._described = self.tables[_unquoted(table[1])] = TableSum()
        elif start := _INSERT.match(line):
            self._into = self.tables[_unquoted(start[1])]
            if start[2]:
                self._into.columns = [_unquoted(name) for name in re.findall(_NAME, start[2])]
            self._rows(line[start.end() :])

    def _rows(self, line: bytes) -> None:
        assert self._into is not None
        end = 0
        for row in _ROW.finditer(line):
            self._into.add([_latin(_values(row[1]))])
            end = row.end()
        if line[end:].strip() == b";":
            self._into = None


def _values(row: bytes) -> Iterator[bytes | None]:
    for quoted, binary, bare in _VALUE.findall(row):
        if quoted:
            inner = quoted[1:-1]
            yield _ESCAPED.sub(_meant, inner) if b"\\" in inner or b"''" in inner else inner
        elif binary:
            yield bytes.fromhex(binary.decode())
        else:
            yield None if bare == b"NULL" else bare


def _meant(escaped: re.Match[bytes]) -> bytes:
    return b"'" if escaped[1] is None else _MEANT.get(escaped[1], escaped[1])


def _unquoted(name: bytes) -> str:
    return name.replace(b"``", b"`").decode()


def events_of(dump: bytes) -> dict[str, bytes]:
    """The scheduled events in a dump of them, by name: the SQL that makes each, which drops none."""
    opening, *rest = _EVENT.split(dump)
    return {_unquoted(name): opening + sql for name, sql in zip(rest[::2], rest[1::2], strict=True)}


def carry_out(url: URL, sql: bytes) -> None:
    """Have the client carry out some SQL. PuenteError says what the server refused."""
    with tempfile.TemporaryDirectory(prefix="puente-") as folder:
        client = Loader(url, Path(folder))
        try:
            client.write(sql)
        except BrokenPipeError as error:
            raise PuenteError("The client ended early.") from error
        client.close()


class Program:
    """A dump program under way, to be read like a file; `reading` sees the part with the tables go by."""

    def __init__(self, url: URL, folder: Path, parts: Iterable[tuple[str, ...]], reading: Reading | None) -> None:
        self._url, self._folder, self._parts, self._reading = url, folder, iter(parts), reading
        self._part: tuple[str, ...] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._options: Path | None = None

    def read(self, size: int) -> bytes:
        while True:
            if self._process is None and not self._start():
                return b""
            assert self._process is not None and self._process.stdout
            block = self._process.stdout.read(size)
            if block:
                if self._reading and self._part is CONSISTENT:
                    self._reading.feed(block)
                return block
            self._end()

    def _start(self) -> bool:
        self._part = next(self._parts, None)
        if self._part is None:
            return False
        program, its_own = dump_program()
        self._options = _options_file(self._url, self._folder, program)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed in _end)
        self._process = subprocess.Popen(
            [program, f"--defaults-file={self._options}", *its_own, *self._part,
             "--default-character-set=utf8mb4", "--no-tablespaces", "--skip-dump-date", "--", str(self._url.database)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._errors,
        )  # fmt: skip
        return True

    def _end(self) -> None:
        assert self._process is not None and self._errors is not None and self._options is not None
        if self._process.stdout:
            self._process.stdout.close()
        code = self._process.wait()
        self._errors.seek(0)
        told = self._errors.read().decode(errors="replace").strip()
        self._errors.close()
        self._options.unlink(missing_ok=True)
        self._process = None
        if code:
            raise PuenteError(f"The dump of {self._url.database} failed: {told[-500:] or f'status {code}'}")

    def close(self) -> None:
        """Also of one that is still at work."""
        if self._process is not None:
            self._process.kill()
            with suppress(PuenteError):  # the failure that closed it is the one to tell
                self._end()


class Loader:
    """A client that carries out the SQL which is written to it; `close` waits for its end."""

    def __init__(self, url: URL, folder: Path) -> None:
        program = _find("mariadb", "mysql")
        self._database = url.database
        self._options = _options_file(url, folder, program)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed in close and abandon)
        self._process = subprocess.Popen(
            [program, f"--defaults-file={self._options}", "--default-character-set=utf8mb4", "--binary-mode",
             "--batch", f"--database={url.database}"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=self._errors,
        )  # fmt: skip

    def write(self, block: bytes) -> None:
        assert self._process.stdin
        try:
            self._process.stdin.write(block)
        except BrokenPipeError:
            self.close()
            raise

    def close(self) -> None:
        """PuenteError when the server refused something."""
        assert self._process.stdin
        with suppress(BrokenPipeError):  # its status and its words say more
            self._process.stdin.close()
        code = self._process.wait()
        self._errors.seek(0)
        told = self._errors.read().decode(errors="replace").strip()
        self._errors.close()
        self._options.unlink(missing_ok=True)
        if code:
            raise PuenteError(f"The backup cannot be loaded into {self._database}: {told[-500:] or f'status {code}'}")

    def abandon(self) -> None:
        """Stop it before it has carried out everything."""
        self._process.kill()
        self._process.wait()
        if self._process.stdin:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        self._errors.close()
        self._options.unlink(missing_ok=True)


def dump_program() -> tuple[str, tuple[str, ...]]:
    """The program's path, and the options that only it knows."""
    program = _find("mariadb-dump", "mysqldump")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    return program, () if "MariaDB" in version else ("--set-gtid-purged=OFF", "--column-statistics=0")


def program_version() -> str:
    program, _ = dump_program()
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()


def not_transactional(tables: Iterable[Any]) -> list[str]:
    """Tables whose engine knows no snapshots: (name, engine) pairs in, names out."""
    return sorted(name for name, engine in tables if str(engine).lower() not in ("innodb", "none"))


@contextmanager
def dumping(url: URL, folder: Path, parts: Iterable[tuple[str, ...]], reading: Reading | None) -> Iterator[Program]:
    program = Program(url, folder, parts, reading)
    try:
        yield program
    finally:
        program.close()


def _find(*names: str) -> str:
    for name in names:
        if found := shutil.which(name):
            return found
    raise PuenteError(
        f"There is no {' or '.join(names)} here. Install the client programs of MariaDB or MySQL (Debian's package: "
        "mariadb-client)."
    )


def _options_file(url: URL, folder: Path, program: str) -> Path:
    """Mode 0600; the caller deletes it."""
    query = {name: value if isinstance(value, str) else value[0] for name, value in url.query.items()}
    options = {
        "host": url.host, "port": url.port, "user": url.username, "password": url.password,
        "socket": query.get("unix_socket"),
        **{f"ssl-{name}": query.get(f"ssl_{name}") for name in ("ca", "cert", "key", "cipher", "capath")},
    }  # fmt: skip
    lines = ["[client]", *(f"{name}={_quoted(str(value))}" for name, value in options.items() if value is not None)]
    lines += _tls(query, mysql="mariadb" not in Path(program).resolve().name)
    handle, path = tempfile.mkstemp(prefix=".client-", suffix=".cnf", dir=folder)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return Path(path)


def _tls(query: dict[str, str], *, mysql: bool) -> list[str]:
    if not any(name.startswith("ssl_") for name in query):
        return []
    checked = query.get("ssl_verify_cert") != "none" and query.get("ssl_check_hostname") != "false"
    if mysql:
        return [
            "ssl-mode=VERIFY_IDENTITY"
            if checked
            else "ssl-mode=VERIFY_CA"
            if "ssl_ca" in query
            else "ssl-mode=REQUIRED"
        ]
    return ["ssl", "ssl-verify-server-cert" if checked else "skip-ssl-verify-server-cert"]


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'
