"""The demo: all rounds by real Airflow, then what happened beside what the demo data demands."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from puente.demo import azurite
from puente.demo.airflow import AirflowFailed
from puente.demo.counts import RoundResult, find_problems, ledger_rows, read_outcome
from puente.demo.expected import COUNTED
from puente.demo.expected_orders import Outcome, expected_outcome
from puente.demo.mailbox import open_mailbox
from puente.demo.night import Night, wanted_differences
from puente.demo.place import Place, short
from puente.demo.story import Tell, tell_story
from puente.demo.texts import say
from puente.order_states import STATES

COLUMNS = (*COUNTED, "known")


def run_demo(place: Place) -> int:
    """All rounds and the summary. 0 only when every count is what the demo data demands and both ledgers are whole."""
    started = time.monotonic()

    def tell(line: str) -> None:
        print(f"[{time.monotonic() - started:5.1f} s] {line}", flush=True)

    with place.alone():
        tell(say("making", erp=short(place.file("erp")), platform=short(place.file("platform"))))
        place.make()
        try:
            with open_mailbox(place.mail) as mail_port, _azure(place, tell) as azure:
                results, night = tell_story(replace(place, mail_port=mail_port, azure=azure), tell)
        except AirflowFailed as failure:
            print(f"\n{failure}")
            return 1
        outcome = read_outcome(place)
        problems = _problems(place, results, night, outcome)
        _print_summary(place, results, night, outcome, problems)
    print(say("seconds", seconds=round(time.monotonic() - started)))
    return 1 if problems else 0


@contextmanager
def _azure(place: Place, tell: Tell) -> Iterator[tuple[str, str] | None]:
    """Azure's emulator for the backups; where there is none, the demo says so, and they lie on this machine only."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(azurite.started(place.azure_data))
        except azurite.NoAzurite as reason:
            tell(say("no_azure", reason=reason))
            yield None
            return
        yield server.secret, server.container()


def _problems(place: Place, results: list[RoundResult], night: Night, outcome: Outcome) -> list[str]:
    rounds = all(result.as_demanded() for result in results)
    right = rounds and night.as_demanded() and not outcome.differs(expected_outcome())
    problems = [] if right else [say("wrong", wanted=say("wanted"))]
    broken, left = find_problems(place)
    if broken:
        problems += [say("ledger_bad"), *(f"  {line}" for line in broken)]
    return [*problems, say("queue_bad", queues=", ".join(left))] if left else problems


# ---------------------------------------------------------------- what is printed
def _print_summary(
    place: Place, results: list[RoundResult], night: Night, outcome: Outcome, problems: list[str]
) -> None:
    for result in results:
        print(f"\n{say(f'round_{result.round}')}{say(f'into_{result.reader}')}")
        print(table_of(result))
    print(f"\n{say('outcome')}")
    print("\n".join(lines_of(outcome)))
    print(f"  {say('mail_folder', count=outcome.messages, folder=short(place.mail))}")
    print("\n".join(["", *lines_of_night(night), ""]))
    if problems:
        print("\n".join(problems))
    else:
        rows = ledger_rows(place)
        print(say("ok"))
        print(say("ledger_ok", platform=rows["platform"], erp=rows["erp"]))
    reports = len(list(place.reports.rglob("*.html")))
    print(say("reports", count=reports, folder=short(place.reports)))
    commands = [
        ("make run", say("next_ui")),
        (f". {short(place.folder / 'env')}", say("next_env")),
        (".venv/bin/python -m puente trace order 1", say("next_trace")),
        (".venv/bin/python -m puente quarantine list", say("next_quarantine")),
        (".venv/bin/python -m puente ledger verify", say("next_ledger")),
    ]
    print(f"\n{say('next')}")
    for command, what in commands:
        print(f"  {command:<44}{what}")


def table_of(result: RoundResult) -> str:
    """One line per entity; where a count differs from what is demanded, a second line with what is.

    From the third round on, an entity of which nothing was read and nothing demanded is left out.
    """
    titles = [*say("columns").split("|"), say(f"known_{result.reader}")]
    lines = [f"  {titles[0]:<20}" + "".join(f"{title:>13}" for title in titles[1:])]
    wanted = result.wanted()
    for entity, counts in result.counts.items():
        if result.round > 2 and counts == wanted[entity] and not counts["read"]:
            continue
        lines.append(f"  {entity:<20}" + "".join(f"{counts[name]:>13}" for name in COLUMNS))
        if counts != wanted[entity]:
            expected = "".join(f"{wanted[entity][name]:>13}" for name in COLUMNS)
            lines.append(f"    {say('wanted'):<18}{expected}")
    return "\n".join(lines)


def lines_of_night(night: Night) -> Iterator[str]:
    """What the inventories found; after what is not as demanded, what is."""
    yield say("night_found")
    wanted = wanted_differences()
    for place in sorted({*night.found, *wanted}):
        entity, found = place
        note = "" if night.found.get(place) == wanted.get(place) else f"  {say('wanted')}: {wanted.get(place, 0)}"
        yield f"    {night.found.get(place, 0):>4}  {entity}, {found}{note}"
    yield f"  {say('night_repaired', repairs=night.repairs, left=sum(night.left.values()))}"
    size = sum(file["size"] for file in night.backup.get("files", ()))
    yield say("night_backup", id=night.backup["id"], size=size, shelves=", ".join(night.backup["shelves"]))
    if not night.backed_up():
        yield f"  {say('wanted')}: {say('night_backup_wanted')}"
    yield say("night_drill", seconds=night.drill["seconds"], promised=night.drill["promised_seconds"])
    if not night.proved():
        yield f"  {say('wanted')}: {say('night_drill_wanted')}: {'; '.join(night.drill['problems'])}"


def lines_of(outcome: Outcome) -> Iterator[str]:
    """Customers, orders and mails; after a line that is not as demanded, one with what is."""
    wanted = expected_outcome()
    wrong = outcome.differs(wanted)
    for name in vars(wanted):
        if name == "messages" or (name == "unsent" and name not in wrong):
            continue
        yield from _part(name, getattr(outcome, name))
        if name in wrong:
            yield from (f"    {say('wanted')}: {line.strip()}" for line in _part(name, getattr(wanted, name)))
    if "messages" in wrong:
        yield f"    {say('wanted')}: {wanted.messages}"


def _by_state(item: tuple[str, int]) -> tuple[int, str]:
    """Orders and mails in the order of their states, anything else by name."""
    name = item[0]
    return (STATES.index(name) if name in STATES else 0, name)


def _part(name: str, value: object) -> Iterator[str]:
    title = say(f"outcome_{name}")
    match value:
        case dict() if name in ("reasons", "waits", "held"):
            yield f"  {title}:"
            yield from (f"    {key:>4}  {text}" for key, text in sorted(value.items(), key=lambda item: int(item[0])))
        case dict():
            yield f"  {title}:"
            yield from (f"    {count:>4}  {key}" for key, count in sorted(value.items(), key=_by_state))
        case list():
            yield f"  {title}: {', '.join(value)}"
        case _:
            yield f"  {title}: {value}"
