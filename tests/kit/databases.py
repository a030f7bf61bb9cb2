"""The databases of a test session: made once per engine and side, emptied on every later occasion."""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack
from pathlib import Path

from kit.servers import NoServer, Server, mssql_server, mysql_server
from kit.world import World, prepare, rebuild, reset
from puente.contract import Side
from puente.db.connect import Database, open_database
from puente.settings import ROOT

_LEAN = (".required", ".numbers.valid", ".precio_1.not_negative", ".existencia.not_negative", ".nombre.max_length")


def _is_lean(rule: dict[str, str]) -> bool:
    return rule["stage"] == "set" or rule["rule_id"].endswith(_LEAN)


class Databases:
    """Databases by engine and side, made when first asked for; servers are started the same way."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self._stack, self._folder = stack, folder
        self._servers: dict[str, Server | NoServer] = {}
        self._open: dict[tuple[str, Side, str], Database] = {}
        self._templates: dict[Side, Path] = {}
        self._numbers = iter(range(1_000_000))

    def server(self, engine: str) -> Server:
        """NoServer, the same one each time, when there is none."""
        if engine not in self._servers:
            start = mysql_server if engine == "mariadb" else mssql_server
            try:
                self._servers[engine] = self._stack.enter_context(start())
            except NoServer as reason:
                self._servers[engine] = reason
        found = self._servers[engine]
        if isinstance(found, NoServer):
            raise found
        return found

    def fresh(self, engine: str, side: Side, which: str = "") -> Database:
        """An empty, prepared database of one side; `which` names a further one."""
        if engine == "sqlite":
            return self._fresh_sqlite(side)
        known = self._open.get((engine, side, which))
        if known is None:
            known = open_database(self.server(engine).create_database(side + which))
            self._open[engine, side, which] = known
            self._stack.callback(known.engine.dispose)
            prepare(known, side)
        else:
            reset(known, side)
        return known

    def _fresh_sqlite(self, side: Side) -> Database:
        if side not in self._templates:
            template = self._folder / f"template_{side}.db"
            made = open_database(f"sqlite:///{template}")
            prepare(made, side)
            with made.engine.connect() as conn:
                conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            made.engine.dispose()
            self._templates[side] = template
        path = self._folder / f"{side}_{next(self._numbers)}.db"
        shutil.copyfile(self._templates[side], path)
        return open_database(f"sqlite:///{path}")

    def world(self, pair: str, folder: Path) -> World:
        """A fresh link on a pair of engines. NoServer when this machine lacks one."""
        erp, platform = pair.split("-")
        return World(pair, self.fresh(erp, "erp"), self.fresh(platform, "platform"), folder)

    def lean_expectations(self) -> Path:
        """Copies of the project's suites with few row rules and all set rules, for tests that are not about the gate.

        Great Expectations takes most of a small pass, and half as long for them.
        """
        folder = self._folder / "lean"
        if not folder.exists():
            for path in (ROOT / "expectations").rglob("*.json"):
                suite = json.loads(path.read_text(encoding="utf-8"))
                whole = path.parent.name == "inventory"
                kept = [rule for rule in suite["expectations"] if whole or _is_lean(rule["meta"])]
                suite["meta"]["rules"], suite["expectations"] = len(kept), kept
                copy = folder / path.relative_to(ROOT / "expectations")
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text(json.dumps(suite), encoding="utf-8")
        return folder

    def leave(self, world: World) -> None:
        """Put right what a test has altered."""
        sides: list[tuple[Side, Database]] = [("erp", world.erp), ("platform", world.platform)]
        for side, db in sides:
            if db.dialect == "sqlite":
                db.engine.dispose()
            elif side in world.altered or world.altered_tables[side]:
                rebuild(db, side, None if side in world.altered else world.altered_tables[side])
