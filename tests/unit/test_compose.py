"""`docker-compose.yaml`, its image and its secrets, as far as they can be checked where no Docker engine runs."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from puente.orchestration.connections import database_url
from puente.settings import ROOT, load_settings

DOCKER = ROOT / "docker"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
AIRFLOW = ("init", "api-server", "scheduler", "dag-processor", "triggerer", "worker")
ONCE = ("init", "folders")  # they end; others wait for their success
each_service = pytest.mark.parametrize("name", SERVICES)


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `docker/secrets.sh` makes."""
    folder = tmp_path_factory.mktemp("docker") / "secrets"
    subprocess.run([DOCKER / "secrets.sh", folder], check=True)
    return folder


def test_everything_that_was_asked_for_is_there() -> None:
    assert {*AIRFLOW, "postgres", "redis", "mssql", "mysql", "mailpit", "azurite"} <= set(SERVICES)


@each_service
def test_a_service_is_watched_restarted_bounded_and_kept_small(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]["test"] and service["healthcheck"]["interval"], "a healthcheck"
    assert service["restart"] == ("on-failure:3" if name in ONCE else "unless-stopped")
    limits = service["deploy"]["resources"]["limits"]
    assert limits["cpus"] and limits["memory"]
    assert service["user"].startswith("${RUN_AS:?") and service["user"].endswith(":0"), "never root"
    assert not service.get("privileged") and "docker.sock" not in str(service)
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:"), "open on this machine only"


@each_service
def test_an_image_is_pinned(name: str) -> None:
    repository, _, tag = SERVICES[name]["image"].rpartition(":")
    assert repository and re.search(r"\d", tag) and "latest" not in tag
    if name not in (*AIRFLOW, "folders"):
        assert re.match(r"(v?\d+\.\d+|2022-CU\d+)", tag), "to the release"


def test_the_image_is_built_from_the_lock_and_does_not_run_as_root() -> None:
    text = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"^FROM python:3\.1[1-3]\.\d+-slim-\w+$", text, re.MULTILINE)
    assert "--require-hashes -r requirements-compose.txt" in text and "--no-deps" in text
    assert re.findall(r"^USER (.*)$", text, re.MULTILINE)[-1] == "50000:0"
    for sources in re.findall(r"^COPY (.*) \S+$", text, re.MULTILINE):
        assert all((ROOT / source).exists() for source in sources.split())
    copied = " ".join(re.findall(r"^COPY (.*) \S+$", text, re.MULTILINE)).split()
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line[:1] == "!"}
    assert {source if source.startswith("docs/") else source.split("/")[0] for source in copied} == let_through
    assert "docs/runbooks" in copied, "the pages show them: alerts link them there"


def test_both_locks_agree_and_name_no_registry() -> None:
    pins = [
        dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))
        for name in ("requirements.txt", "requirements-compose.txt")
    ]
    assert pins[0].items() <= pins[1].items(), "compile requirements-compose.txt again"
    assert {"celery", "redis", "psycopg2-binary", "apache-airflow-providers-celery"} <= set(pins[1])
    assert "://" not in (ROOT / "requirements-compose.txt").read_text(encoding="utf-8")


def test_no_secret_stands_in_a_file_of_the_repository(secrets: Path) -> None:
    """Nothing that looks like one, nowhere a password as an environment variable, and what is made is not committed."""
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if re.search(r"PASS|SECRET_|_KEY|CONN|BROKER|RESULT_BACKEND", variable):
                assert "/run/secrets/" in str(value), f"{name}: {variable}"
            assert not re.search(r"\w+://[^/\s]*:[^/\s]*@", str(value)), f"{name}: {variable}"
    for entry in COMPOSE["secrets"].values():
        assert entry["file"].startswith("./docker/secrets/") and set(entry) == {"file"}
    made = {path.read_text(encoding="utf-8").strip() for path in secrets.iterdir()}
    for path in (ROOT / "docker-compose.yaml", *(path for path in DOCKER.iterdir() if path.is_file())):
        text = path.read_text(encoding="utf-8")
        assert "BEGIN PRIVATE KEY" not in text and not any(secret in text for secret in made)
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"/docker/secrets/", "/.env"} <= set(ignored)
    assert "docker/secrets" in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def test_every_secret_is_made_and_used(secrets: Path) -> None:
    declared = {Path(entry["file"]).name for entry in COMPOSE["secrets"].values()}
    used = {secret for service in SERVICES.values() for secret in service.get("secrets", [])}
    assert used == set(COMPOSE["secrets"]) and declared <= {path.name for path in secrets.iterdir()}
    for name, service in SERVICES.items():
        named = set(re.findall(r"/run/secrets/([\w.]*\w)", json.dumps(service)))
        assert named <= set(service.get("secrets", [])), f"{name} reads a secret that it is not given"


def test_secrets_are_their_owners_alone_and_made_once(secrets: Path) -> None:
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets.iterdir()} == {0o600}
    before = {path.name: path.read_bytes() for path in secrets.iterdir()}
    assert not [
        name for name, value in before.items() if value.endswith(b"\n") and not name.endswith((".key", ".pem"))
    ], "Airflow does not strip what a …_CMD prints: the database would be called 'airflow' and a line end"
    values = [value for name, value in before.items() if name.endswith(("_password", "_key", ".key"))]
    assert len(values) == len(set(values)) and all(len(value) > 40 for value in values)
    subprocess.run([DOCKER / "secrets.sh", secrets], check=True)
    assert {path.name: path.read_bytes() for path in secrets.iterdir()} == before


@pytest.mark.parametrize("server", ["mssql", "mysql"])
def test_certificates_are_good_for_their_server_only(secrets: Path, server: str) -> None:
    def verify(host: str) -> int:
        command = ["openssl", "verify", "-CAfile", "ca.pem", "-purpose", "sslserver", "-verify_hostname", host]
        return subprocess.run([*command, f"{server}.pem"], cwd=secrets, capture_output=True).returncode

    assert verify(server) == verify("localhost") == 0
    assert verify("elsewhere") != 0
    key, certificate = (
        subprocess.run(["openssl", *args], cwd=secrets, capture_output=True, check=True).stdout
        for args in (("pkey", "-in", f"{server}.key", "-pubout"), ("x509", "-in", f"{server}.pem", "-noout", "-pubkey"))
    )
    assert key == certificate


def test_both_databases_are_reached_over_tls_that_checks_the_server(
    secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connections as Airflow's backend reads them from the file, and as Puente opens them; the servers insist."""
    from airflow.secrets.local_filesystem import LocalFilesystemBackend

    path = json.loads(SERVICES["worker"]["environment"]["AIRFLOW__SECRETS__BACKEND_KWARGS"])["connections_file_path"]
    assert path == "/run/secrets/connections.json"
    backend = LocalFilesystemBackend(connections_file_path=str(secrets / "connections.json"))
    erp, shop = (database_url(backend.get_connection(name)) for name in ("puente_erp", "puente_platform"))  # type: ignore[arg-type]
    assert erp.query == {
        "Encrypt": "yes", "TrustServerCertificate": "no", "ServerCertificate": "/run/secrets/mssql.pem",
    }  # fmt: skip
    assert shop.query == {"ssl_ca": "/run/secrets/ca.pem", "ssl_check_hostname": "true"}
    assert (erp.host, shop.host) == ("mssql", "mysql")
    assert "--require-secure-transport=ON" in SERVICES["mysql"]["command"]
    assert "forceencryption = 1" in (DOCKER / "mssql.conf").read_text(encoding="utf-8")


def test_settings_are_ones_that_puente_reads(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = SERVICES["worker"]["environment"]
    ours = {name: value for name, value in environment.items() if name.startswith("PUENTE_")}
    code = (ROOT / "plugins" / "puente" / "settings.py").read_text(encoding="utf-8")
    exported = re.findall(r"^ *(PUENTE_\w+)=", (DOCKER / "entrypoint.sh").read_text(encoding="utf-8"), re.MULTILINE)
    assert exported and all(f'"{name}"' in code for name in (*ours, *exported))
    for name, value in ours.items():
        monkeypatch.setenv(name, value.replace("/run/secrets", str(secrets)))
    settings = load_settings()
    assert settings.keys is not None and settings.mssql_backup_mount == "/mssql-backups"


def test_what_must_last_is_on_a_named_volume() -> None:
    mounts = {mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])}
    named = {mount for mount in mounts if not mount.startswith((".", "/"))}
    assert named == set(COMPOSE["volumes"])
    assert {"postgres_data", "mssql_data", "mysql_data", "puente_data", "airflow_logs", "mssql_backups"} <= named
    image = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
    for mount in SERVICES["worker"]["volumes"]:
        source, target = mount.split(":")[:2]
        assert (ROOT / source).exists() if source.startswith(".") else target in image, mount


def test_nothing_starts_before_what_it_needs() -> None:
    for name, service in SERVICES.items():
        for needed, how in service.get("depends_on", {}).items():
            wanted = "service_completed_successfully" if needed in ONCE else "service_healthy"
            assert how["condition"] == wanted, f"{name} waits for {needed}"
    assert {"postgres", "redis", "mssql", "mysql"} <= set(SERVICES["init"]["depends_on"])
    assert all("init" in SERVICES[name]["depends_on"] for name in AIRFLOW[1:])


@pytest.mark.parametrize("script", sorted(path.name for path in DOCKER.glob("*.sh")))
def test_scripts_are_shell_and_may_be_run(script: str) -> None:
    path = DOCKER / script
    assert path.stat().st_mode & stat.S_IXUSR and path.read_text(encoding="utf-8").startswith("#!/bin/sh\n")
    for shell in ("bash", "sh"):
        subprocess.run([shell, "-n", path], check=True)


def run_init(folder: Path, fails: str = "") -> tuple[int, list[str]]:
    """`init.sh` with commands that only note how they were called; the one that `fails` ends with 1."""
    noted = folder / "noted"
    for name in ("airflow", "python"):
        command = folder / name
        command.write_text(
            f'#!/bin/sh\necho "{name} $*" >>"{noted}"\ncase "{name} $*" in "{fails or "nothing"}"*) exit 1;; esac\n'
        )
        command.chmod(0o755)
    path = f"{folder}:{os.environ['PATH']}"
    done = subprocess.run([DOCKER / "init.sh"], env={"PATH": path}, capture_output=True, cwd=ROOT)
    return done.returncode, noted.read_text(encoding="utf-8").splitlines()


def test_init_makes_schemas_roles_people_pool_and_tables_in_this_order(tmp_path: Path) -> None:
    at_once = SERVICES["worker"]["environment"]["AIRFLOW__CORE__PARALLELISM"]
    assert run_init(tmp_path) == (0, [
        "airflow db migrate", "airflow fab-db migrate", "airflow sync-perm",
        "python docker/people.py",
        f"airflow pools set default_pool {at_once} Whatever names no pool",
        "python docker/databases.py",
        "python -m puente init", "python -m puente doctor",
    ])  # fmt: skip


def test_init_stops_where_a_step_fails(tmp_path: Path) -> None:
    status, called = run_init(tmp_path, fails="python docker/databases.py")
    assert status != 0 and called[-1] == "python docker/databases.py", "it is tried again, and nothing starts before"


def test_people_have_airflows_roles_and_the_auditors_own() -> None:
    """As docs/docker.md lists them; each has a password of their own among the secrets that `init` is given."""
    code = (DOCKER / "people.py").read_text(encoding="utf-8")
    (line,) = re.findall(r"^PEOPLE = \{(.*)\}$", code, re.MULTILINE)
    roles = {name: role.capitalize() for name, role in re.findall(r'"(\w+)": "?(\w+)', line)}
    docs = (ROOT / "docs" / "docker.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", docs, re.MULTILINE)) == roles
    assert "Auditor" in roles.values() and "make_auditor(security)" in code
    assert {f"{name}_password" for name in roles} <= set(SERVICES["init"]["secrets"])


def test_no_dag_names_a_pool_that_init_does_not_make() -> None:
    """A task in a pool that is not there never runs, and only compose has an init."""
    code = [*(ROOT / "dags").glob("*.py"), *(ROOT / "plugins" / "puente" / "orchestration").rglob("*.py")]
    assert code and not [
        path for path in code if re.search(r"\bpool(_slots)?\s*[=:]", path.read_text(encoding="utf-8"))
    ]


def test_the_entrypoint_hands_its_secrets_to_the_command_alone(tmp_path: Path) -> None:
    text = (DOCKER / "entrypoint.sh").read_text(encoding="utf-8").replace("/run/secrets", str(tmp_path))
    (tmp_path / "seal_key").write_text("s3al\n", encoding="utf-8")
    command = ["sh", "-c", text, "entrypoint", "sh", "-c", 'echo "$PUENTE_SEAL_KEY ${PUENTE_AIRFLOW_DATABASE-none}"']
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "s3al none\n"


def test_the_chart_is_given_what_compose_is_given() -> None:
    """The Helm chart's values: the same paths and settings, and secrets among those that secrets.sh makes."""
    text = (DOCKER / "helm-values.yaml").read_text(encoding="utf-8")
    values = yaml.safe_load(text)
    environment = SERVICES["worker"]["environment"]
    for entry in values["env"]:
        assert environment[entry["name"]] == entry["value"], entry["name"]
    left_out = {name for name in environment if name.startswith("PUENTE_")} - {e["name"] for e in values["env"]}
    assert left_out == {"PUENTE_MSSQL_BACKUP_DIR", "PUENTE_MSSQL_BACKUP_MOUNT"}
    assert {mount["mountPath"] for mount in values["volumeMounts"]} == {"/run/secrets", "/var/lib/puente"}
    assert values["volumes"][0]["secret"]["defaultMode"] == 0o440
    made = {entry["file"].rsplit("/", 1)[1] for entry in COMPOSE["secrets"].values()}
    assert set(re.findall(r"--from-file=(?:[\w-]+=)?([\w.]+)", text)) <= made
    assert set(re.findall(r"/run/secrets/([\w.]*\w)", json.dumps(values))) <= made
    pinned = re.search(r"^apache-airflow==(\S+)", (ROOT / "requirements-compose.txt").read_text("utf-8"), re.MULTILINE)
    assert pinned and values["airflowVersion"] == pinned[1]
