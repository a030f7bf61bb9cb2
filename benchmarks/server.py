"""A private MariaDB in a folder of its own, gone with its process."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# Durability as a server has it out of the box; only what would make a catalogue of 1M rows swap is raised.
OPTIONS = (
    "--innodb-buffer-pool-size=1G",
    "--innodb-log-file-size=512M",
    "--local-infile=1",
    "--skip-log-bin",
    "--character-set-server=utf8mb4",
)


class NoServer(RuntimeError):
    """MariaDB is not installed or did not start; the message says where to look."""


@dataclass(frozen=True)
class Server:
    """`url(database)` connects as root over TCP on the loopback."""

    port: int
    version: str

    def url(self, database: str = "") -> str:
        return f"mysql+pymysql://bench:bench@127.0.0.1:{self.port}/{database}"


@contextmanager
def private_server(folder: Path, slow_log: Path | None = None) -> Iterator[Server]:
    """Start one in `folder` (created, must be empty) and stop it at the end.

    `slow_log`: statements of half a second and more are written there, to find what to mend.
    """
    install, daemon = (
        shutil.which("mariadb-install-db"),
        shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin"),
    )
    if not install or not daemon:
        raise NoServer("mariadbd was not found: apt-get install mariadb-server (its service need not run)")
    (folder / "tmp").mkdir(parents=True)
    data, log, user = folder / "data", folder / "server.log", []
    if os.geteuid() == 0:
        user = ["--user=root"]
    # A tmpdir of its own: a server that starts deletes the temporary tables of others in a shared one.
    common = ["--no-defaults", f"--datadir={data}", f"--tmpdir={folder / 'tmp'}", *user]
    subprocess.run(
        [install, *common, "--auth-root-authentication-method=normal", "--skip-test-db"],
        check=True,
        capture_output=True,
    )
    setup = folder / "init.sql"
    setup.write_text("CREATE USER bench@'127.0.0.1' IDENTIFIED BY 'bench';\nGRANT ALL ON *.* TO bench@'127.0.0.1';\n")
    port = _free_port()
    slow = [f"--slow-query-log-file={slow_log}", "--slow-query-log=1", "--long-query-time=0.5"] if slow_log else []
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [daemon, *common, *OPTIONS, *slow, f"--socket={folder / 's'}", f"--pid-file={folder / 'pid'}",
             "--bind-address=127.0.0.1", f"--port={port}", f"--init-file={setup}"],
            stdout=sink, stderr=sink,
        )  # fmt: skip
    try:
        yield Server(port, _wait(process, port, log))
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> str:
    import pymysql

    for _ in range(300):
        if process.poll() is not None:
            break
        try:
            with pymysql.connect(host="127.0.0.1", port=port, user="bench", password="bench") as conn:
                return conn.get_server_info()
        except pymysql.err.OperationalError:
            time.sleep(0.1)
    raise NoServer(f"MariaDB did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
