"""Database servers for the tests: a private mariadbd, or the ones that the environment names.

`PUENTE_TEST_MYSQL` and `PUENTE_TEST_MSSQL` are SQLAlchemy URLs of servers where databases may be created.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, create_engine, make_url

from puente.demo.children import free_port, killed_with_parent

_FLAGS = (
    "--bind-address=127.0.0.1", "--character-set-server=utf8mb4", "--local-infile=1", "--skip-log-bin",
    "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--innodb-buffer-pool-size=256M",
    "--innodb-flush-method=nosync", "--max-connections=200", "--performance-schema=OFF",
)  # fmt: skip


class NoServer(Exception):
    """There is neither a server to use nor one to start."""


class Server:
    """A server on which databases may be made; `root` is a URL without a database of ours."""

    def __init__(self, root: URL) -> None:
        self.root = root
        self._made: list[str] = []
        self._suffix = f"{os.getpid()}_{secrets.token_hex(3)}"

    def create_database(self, name: str) -> URL:
        """A new, empty database named after `name`, dropped by `drop_databases`."""
        full = f"puente_test_{name}_{self._suffix}"
        charset = " CHARACTER SET utf8mb4" if self.root.get_backend_name() in ("mysql", "mariadb") else ""
        self._execute(f"CREATE DATABASE {full}{charset}")
        self._made.append(full)
        return self.root.set(database=full)

    def drop_databases(self) -> None:
        while self._made:
            self._execute(f"DROP DATABASE {self._made.pop()}")

    def execute(self, statement: str) -> None:
        """One statement as the server's administrator, for instance `SET GLOBAL local_infile = 0`."""
        self._execute(statement)

    def _execute(self, statement: str) -> None:
        engine = create_engine(self.root, isolation_level="AUTOCOMMIT")
        with engine.connect() as conn:
            conn.exec_driver_sql(statement)
        engine.dispose()


@contextmanager
def mysql_server() -> Iterator[Server]:
    """The server that `PUENTE_TEST_MYSQL` names, else a private mariadbd. NoServer when there is neither."""
    named = os.environ.get("PUENTE_TEST_MYSQL")
    if named:
        url = make_url(named)
        if url.drivername in ("mysql", "mariadb"):
            url = url.set(drivername="mysql+pymysql")
        with _tidied(Server(url)) as server:
            yield server
        return
    with _private_mariadb() as url, _tidied(Server(url)) as server:
        yield server


@contextmanager
def mssql_server() -> Iterator[Server]:
    """The server that `PUENTE_TEST_MSSQL` names. NoServer when it is not set."""
    named = os.environ.get("PUENTE_TEST_MSSQL")
    if not named:
        raise NoServer("PUENTE_TEST_MSSQL names no SQL Server")
    url = make_url(named)
    with _tidied(Server(url.set(drivername="mssql+mssqlpython") if url.drivername == "mssql" else url)) as server:
        yield server


@contextmanager
def _tidied(server: Server) -> Iterator[Server]:
    try:
        yield server
    finally:
        server.drop_databases()


@contextmanager
def _private_mariadb() -> Iterator[URL]:
    daemon, installer = _find("mariadbd", "mysqld"), _find("mariadb-install-db", "mysql_install_db")
    if daemon is None or installer is None:
        raise NoServer("no mariadbd here: install MariaDB, or name a server in PUENTE_TEST_MYSQL")
    folder = Path(tempfile.mkdtemp(prefix="puente-mariadb-", dir=fast_home()))
    as_user = ["--user=root"] if os.geteuid() == 0 else []
    data, log, temporary = folder / "data", folder / "server.log", folder / "tmp"
    temporary.mkdir()  # its own: a server that starts deletes what it finds of another's in a shared one
    process = None
    try:
        with log.open("wb") as sink:
            subprocess.run(
                [installer, "--no-defaults", *as_user, f"--datadir={data}", "--auth-root-authentication-method=normal",
                 "--skip-test-db", "--innodb-flush-method=nosync"],
                check=True, stdout=sink, stderr=sink,
            )  # fmt: skip
            port = free_port()
            process = subprocess.Popen(
                [daemon, "--no-defaults", *as_user, f"--datadir={data}", f"--port={port}",
                 f"--socket={folder / 's'}", f"--pid-file={folder / 'pid'}", f"--tmpdir={temporary}", *_FLAGS],
                stdout=sink, stderr=sink, preexec_fn=killed_with_parent,
            )  # fmt: skip
            _wait_for(port, process, log)
        yield URL.create("mysql+pymysql", username="root", host="127.0.0.1", port=port)
    finally:
        if process is not None:
            process.kill()  # its data is thrown away
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def fast_home() -> str | None:
    """Memory, where there is plenty of it: every CREATE TABLE waits for the disk otherwise."""
    shm = "/dev/shm"
    roomy = os.path.isdir(shm) and os.access(shm, os.W_OK) and shutil.disk_usage(shm).free > 2 << 30
    return shm if roomy else None


def _find(*names: str) -> str | None:
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NoServer(f"mariadbd ended: {log.read_text(errors='replace')[-2000:]}")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise NoServer(f"mariadbd does not answer: {log.read_text(errors='replace')[-2000:]}")
