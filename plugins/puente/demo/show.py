"""The demo: both rounds by real Airflow, then what the ledger says beside what the demo data demands."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select, text

from puente import contract, settings
from puente.db import schema
from puente.demo.changes import change_round
from puente.demo.expected import Round, expected_counts, expected_known
from puente.demo.place import Place
from puente.demo.texts import say
from puente.profiles import load_profile
from puente.sync import ledger

LINK, READER = "main", contract.READ_SEQUENCE["platform"]
COUNTED = ("read", "applied", "unchanged", "held", "quarantined")
DAGS = ("capture_erp", "erp_to_platform")


@dataclass(frozen=True)
class RoundResult:
    """Per entity the ledger's counts of one round, and the records that the shop shows after it (`known`)."""

    round: Round
    counts: dict[str, dict[str, int]]

    def wanted(self) -> dict[str, dict[str, int]]:
        known, counts = expected_known(self.round), expected_counts(self.round)
        nothing = dict.fromkeys(COUNTED, 0)
        return {entity: {**counts.get(entity, nothing), "known": known.get(entity, 0)} for entity in READER}

    def as_demanded(self) -> bool:
        return self.counts == self.wanted()


def run_demo(place: Place) -> int:
    """Both rounds and the summary. 0 only when every count is what the demo data demands and the ledger is whole."""
    started = time.monotonic()
    with place.alone():
        _step(started, say("making", erp=_short(place.file("erp")), platform=_short(place.file("platform"))))
        place.make()
        try:
            results = _both_rounds(place, started)
        except _AirflowFailed as failure:
            print(f"\n{failure}")
            return 1
        problems = _problems(place, results)
    _print_summary(place, results, problems)
    print(say("seconds", seconds=round(time.monotonic() - started)))
    return 1 if problems else 0


class _AirflowFailed(Exception):
    pass


def _both_rounds(place: Place, started: float) -> list[RoundResult]:
    _step(started, say("migrating"))
    _airflow(place, "db", "migrate", log="db_migrate")
    results = []
    rounds: tuple[Round, ...] = (1, 2)
    for round_no in rounds:
        if round_no == 2:
            _step(started, say("changing"))
            erp = place.database("erp")
            for line in change_round(erp.engine).lines:
                print(f"           · {line}")
            erp.engine.dispose()
        before = _ledger_rows(place)
        for dag in DAGS:
            _step(started, say("running", round=round_no, dag=dag))
            _airflow(place, "dags", "test", dag, log=f"round_{round_no}_{dag}")
        results.append(RoundResult(round_no, _counts(place, before)))
    return results


def _airflow(place: Place, *arguments: str, log: str) -> None:
    try:
        place.airflow(*arguments, log=log)
    except subprocess.CalledProcessError as error:
        path = place.logs / f"{log}.log"
        tail = path.read_text(encoding="utf-8", errors="replace").splitlines()[-25:]
        heading = say("failed", what=" ".join(arguments), log=_short(path))
        raise _AirflowFailed("\n".join([heading, *(f"  {line[:300]}" for line in tail)])) from error


# ---------------------------------------------------------------- what happened
def _ledger_rows(place: Place) -> int:
    db = place.database("platform")
    with db.read() as conn:
        return ledger.head(conn, LINK, None).count


def _counts(place: Place, after: int) -> dict[str, dict[str, int]]:
    """Entity -> counts of the ledger rows after row `after`, and the records that the shop's own tables show."""
    table, db = schema.ledger, place.database("platform")
    profile = load_profile(settings.ROOT / "include" / "sql" / "profiles" / "demo_shop", db.dialect)
    found = {entity: dict.fromkeys((*COUNTED, "known"), 0) for entity in READER}
    with db.read() as conn:
        sums = [func.sum(table.c[f"rows_{name}"]) for name in COUNTED]
        query = select(table.c.entity, *sums).where(table.c.link_id == LINK, table.c.seq > after)
        for entity, *values in conn.execute(query.group_by(table.c.entity)):
            found[entity] |= {name: int(value) for name, value in zip(COUNTED, values, strict=True)}
        for entity in READER:
            capture = profile.sql("capture", entity)
            if capture:
                rows = conn.execute(text(f"SELECT COUNT(*) FROM ({capture.strip().rstrip(';')}) shown"))
                found[entity]["known"] = int(rows.scalar_one())
    return found


def _problems(place: Place, results: list[RoundResult]) -> list[str]:
    problems = [] if all(result.as_demanded() for result in results) else [say("wrong", wanted=say("wanted"))]
    broken = ledger.verify(place.database("platform"), LINK)
    if broken:
        problems += [say("ledger_bad"), *(f"  {line}" for line in broken)]
    left = []
    erp = place.database("erp")
    with erp.read() as conn:
        for entity in READER:
            queue = contract.queue_for(entity, "platform").name
            rows = conn.execute(text(f"SELECT COUNT(*) FROM {erp.quote(queue)}")).scalar_one()
            left += [f"{queue} ({rows})"] if rows else []
    return [*problems, say("queue_bad", queues=", ".join(left))] if left else problems


# ---------------------------------------------------------------- what is printed
def _step(started: float, line: str) -> None:
    print(f"[{time.monotonic() - started:5.1f} s] {line}", flush=True)


def _short(path: Path) -> str:
    """Relative to where the person stands, when it is below."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _print_summary(place: Place, results: list[RoundResult], problems: list[str]) -> None:
    for result in results:
        print(f"\n{say(f'round_{result.round}')}")
        print(table_of(result))
    print()
    reports = len(list(place.reports.rglob("*.html")))
    if problems:
        print("\n".join(problems))
    else:
        print(say("ok"))
        print(say("ledger_ok", count=_ledger_rows(place)))
    print(say("reports", count=reports, folder=_short(place.reports)))
    commands = [
        ("make run", say("next_ui")),
        (f". {_short(place.folder / 'env')}", say("next_env")),
        (".venv/bin/python -m puente quarantine list", say("next_quarantine")),
        (".venv/bin/python -m puente ledger verify", say("next_ledger")),
    ]
    print(f"\n{say('next')}")
    for command, what in commands:
        print(f"  {command:<44}{what}")


def table_of(result: RoundResult) -> str:
    """One line per entity; where a count differs from what is demanded, a second line with what is."""
    titles = say("columns").split("|")
    lines = [f"  {titles[0]:<20}" + "".join(f"{title:>13}" for title in titles[1:])]
    wanted = result.wanted()
    for entity, counts in result.counts.items():
        lines.append(f"  {entity:<20}" + "".join(f"{counts[name]:>13}" for name in (*COUNTED, "known")))
        if counts != wanted[entity]:
            expected = "".join(f"{wanted[entity][name]:>13}" for name in (*COUNTED, "known"))
            lines.append(f"    {say('wanted'):<18}{expected}")
    return "\n".join(lines)
