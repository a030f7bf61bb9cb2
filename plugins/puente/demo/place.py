"""Where the demo lives, and the environment in which its Airflow runs: everything is below one folder.

erp.db, platform.db    the two sides          airflow/    Airflow's own home, with its metadata database
reports/               validation reports     logs/       what each Airflow process printed
mail/                  every mail sent        archive/    landed batches, encrypted
backups/               encrypted too          azure/      what the emulator of Azure keeps
env                    for a shell: `. .puente/env`, then `python -m puente …` finds the demo's connections
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shlex
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from puente import settings
from puente.contract import Side
from puente.db.connect import Database, open_database
from puente.db.ddl import create_missing
from puente.demo.erp import generate
from puente.demo.load import create_erp, create_shop, fill_erp

_KEPT = ("PUENTE_LANGUAGE",)  # other settings may point at a real installation


class InUseError(RuntimeError):
    """Another process works in this folder: the demo, or its user interface."""


@dataclass(frozen=True)
class Place:
    """The demo's folder; `port` is the user interface's, `mail_port` the mail server's while one runs; on 127.0.0.1.

    `azure`: the connection string and the container, while an emulator of Azure runs.
    """

    folder: Path = settings.ROOT / ".puente"
    port: int = 8080
    mail_port: int | None = None
    azure: tuple[str, str] | None = None

    @property
    def airflow_home(self) -> Path:
        return self.folder / "airflow"

    @property
    def reports(self) -> Path:
        return self.folder / "reports"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def mail(self) -> Path:
        return self.folder / "mail"

    @property
    def backups(self) -> Path:
        return self.folder / "backups"

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    @property
    def azure_data(self) -> Path:
        return self.folder / "azure"

    def file(self, side: Side) -> Path:
        return self.folder / f"{side}.db"

    def database(self, side: Side) -> Database:
        return open_database(f"sqlite:///{self.file(side)}")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other demos out of this folder for a block. InUseError when one is at work."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise InUseError(str(self.folder)) from error
            yield

    def is_made(self) -> bool:
        """Whether both sides were made completely: the file `env` is written last."""
        return self.file("erp").exists() and self.file("platform").exists() and (self.folder / "env").exists()

    def make(self) -> None:
        """Both sides afresh, the ERP filled, nothing carried yet; Airflow's home and the folders start empty."""
        self._remove()
        erp, platform = self.database("erp"), self.database("platform")
        create_erp(erp.engine)
        create_shop(platform.engine)
        create_missing(erp, "erp")
        create_missing(platform, "platform")
        fill_erp(erp.engine, generate())
        for side in (erp, platform):
            side.engine.dispose()
        for folder in self._made():
            folder.mkdir()
        exports = [f"export {name}={shlex.quote(value)}" for name, value in self.variables().items()]
        _write_private(self.folder / "env", "\n".join([*exports, ""]))

    def _made(self) -> tuple[Path, ...]:
        return self.airflow_home, self.reports, self.logs, self.mail, self.azure_data

    def _remove(self) -> None:
        """Only what `make` makes: somebody may keep other things in the folder."""
        for name in ("env", "seal_key", "backup_key"):
            (self.folder / name).unlink(missing_ok=True)
        for side in ("erp", "platform"):
            for end in ("", "-wal", "-shm", "-journal"):
                (self.folder / f"{side}.db{end}").unlink(missing_ok=True)
        for folder in (
            self.airflow_home,
            self.reports,
            self.logs,
            self.mail,
            self.backups,
            self.archive,
            self.azure_data,
        ):
            shutil.rmtree(folder, ignore_errors=True)

    def variables(self) -> dict[str, str]:
        """The variables that tell Airflow and Puente where the demo is."""
        return {
            "AIRFLOW_HOME": str(self.airflow_home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(settings.ROOT / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(settings.ROOT / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "4",  # the sequence is serial; a worker costs a process
            "AIRFLOW__CORE__AUTH_MANAGER": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager"
            ".SimpleAuthManager",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{self.port}",
            "AIRFLOW_CONN_PUENTE_ERP": f"sqlite://{quote(str(self.file('erp')), safe='')}",
            "AIRFLOW_CONN_PUENTE_PLATFORM": f"sqlite://{quote(str(self.file('platform')), safe='')}",
            "PUENTE_REPORTS_DIR": str(self.reports),
            "PUENTE_SEAL_KEY": _secret(self.folder / "seal_key"),
            "PUENTE_BACKUPS_DIR": str(self.backups),
            "PUENTE_ARCHIVE_DIR": str(self.archive),
            "PUENTE_KEYS": f"demo:{b64encode(bytes.fromhex(_secret(self.folder / 'backup_key'))).decode()}",
        }

    def environment(self) -> dict[str, str]:
        """This process's environment with the demo's variables, without anybody else's Airflow or Puente settings."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name in _KEPT or not name.startswith(("AIRFLOW_", "PUENTE_", "_AIRFLOW_"))
        }
        inherited.pop("PYTHONDONTWRITEBYTECODE", None)
        path = f"{Path(sys.executable).parent}{os.pathsep}{inherited.get('PATH', os.defpath)}"
        ours = {
            "PATH": path,
            "PUENTE_TASK_RETRIES": "1",
            "AIRFLOW__API_AUTH__JWT_SECRET": _secret(self.airflow_home / "jwt_secret"),  # among Airflow's processes
        }
        if self.mail_port:
            server = {"host": "127.0.0.1", "port": self.mail_port, "extra": {"disable_ssl": True, "disable_tls": True}}
            ours["AIRFLOW_CONN_PUENTE_SMTP"] = json.dumps({"conn_type": "smtp", **server})
        if self.azure:
            secret, container = self.azure
            away = {"conn_type": "generic", "password": secret, "extra": {"container": container, "retries": 0}}
            ours["AIRFLOW_CONN_PUENTE_AZURE"] = json.dumps(away)
        return inherited | self.variables() | ours

    def airflow(self, *arguments: str, log: str) -> None:
        """Run one Airflow command to its end. CalledProcessError when it failed; its output is in `logs/<log>.log`."""
        command = [sys.executable, "-m", "airflow", *arguments]
        with (self.logs / f"{log}.log").open("ab") as output:
            subprocess.run(command, env=self.environment(), stdout=output, stderr=subprocess.STDOUT, check=True)


def short(path: Path) -> str:
    """A path as people read it: relative to where they stand, when it is below."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _secret(path: Path) -> str:
    """The random key in this file, made when first asked for."""
    if not path.exists():
        _write_private(path, secrets.token_hex(32))
    return path.read_text(encoding="utf-8")


def _write_private(path: Path, content: str) -> None:
    """Readable by its owner only, from the first byte."""
    path.touch(mode=0o600)
    path.write_text(content, encoding="utf-8")
