"""Workers that meet something at a given moment: a row that kills them, a server that gives up on them."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from sqlalchemy import Connection, Engine, event, select

from faults.jobs import Batches, Done, Fault, Site, Step, carry_all, do_steps, run_step
from puente.db import schema
from puente.errors import PuenteError
from puente.sync import apply, validate


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def do_steps_killed_by(site: Site, steps: list[Step], batches: Batches, where: str, keys: set[str]) -> Done:
    """Steps in which a row with one of `keys` kills its worker: in `validate`'s row rules or in `apply`'s writing."""
    if where == "validate":
        _kill_in_row_rules(keys)
    else:
        _kill_in_writing(keys)
    return do_steps(site, steps, batches)


def _kill_in_row_rules(keys: set[str]) -> None:
    run_stage = validate.run_stage

    def deadly(suite: Any, stage: Any, frame: Any) -> Any:
        name = {"products": "ID_Producto", "categories": "ID_Categoria"}.get(suite.name.split(".")[1])
        if name in frame.columns and keys & set(frame[name].dropna()):
            _die()
        return run_stage(suite, stage, frame)

    validate.run_stage = deadly


def _kill_in_writing(keys: set[str]) -> None:
    write_target = apply.write_target

    def deadly(conn: Connection, profile: Any, entity: Any, link_id: str, run_id: str, op: str) -> None:
        stage = schema.stages[entity.name]
        staged = select(stage.c.record_key).where(stage.c.link_id == link_id, stage.c.run_id == run_id)
        if keys & {row[0] for row in conn.execute(staged)}:
            _die()
        write_target(conn, profile, entity, link_id, run_id, op)

    apply.write_target = deadly


def do_steps_on_short_sessions(site: Site, steps: list[Step], batches: Batches, fault: Fault, seconds: int) -> Done:
    """Steps over MySQL sessions that the server ends when they are idle for `seconds`."""

    def shorten(dbapi: Any, _record: Any) -> None:
        if hasattr(dbapi, "character_set_name"):  # pymysql
            with dbapi.cursor() as cursor:
                cursor.execute(f"SET SESSION wait_timeout = {seconds}")

    event.listen(Engine, "connect", shorten)
    return do_steps(site, steps, batches, fault)


def race(site: Site, steps: list[Step], batches: Batches, at: float) -> Done:
    """The same for everybody who starts at the same moment of the monotonic clock: `steps`, errors noted by step."""
    world, done = site.open(), Done(batches=dict(batches))
    _wait_until(at)
    for step in steps:
        try:
            done.values[step] = run_step(world, step, done.batches)
        except (PuenteError, KeyError) as error:  # KeyError: its `receive` did not get that far
            done.errors[step] = f"{type(error).__name__}: {error}"
    return done


def race_whole_run(site: Site, run: str, at: float) -> Done:
    world, done = site.open(), Done()
    _wait_until(at)
    return carry_all(world, run, done)


def _wait_until(moment: float) -> None:
    while (left := moment - time.monotonic()) > 0:
        time.sleep(min(left, 0.001))
