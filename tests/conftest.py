"""Fixtures of all tests: the server, and `world` on every engine pair that this machine offers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

import pytest

from kit import PAIRS
from kit.pitfalls import collect, reason_not_expressible
from kit.servers import NoServer, Server, fast_home

if TYPE_CHECKING:  # imported when a world is first made: it takes Great Expectations seconds
    from kit.databases import Databases
    from kit.world import World
    from puente.db.connect import Database

HERE = Path(__file__).resolve().parent

_T = TypeVar("_T")
_FOLDER_MARKERS = ("unit", "dags", "integration", "faults", "pages")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "not_expressible(pairs, reason): what an engine pair cannot show")
    config.addinivalue_line("markers", "lean_gate: not about the gate: the suites' most basic rules will do")
    for name in _FOLDER_MARKERS:
        config.addinivalue_line("markers", f"{name}: tests in tests/{name}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test is marked by the folder it lies in.

    On the pair of two engines that both have a pair of their own, only what stands for a pitfall is run, for time's
    sake; everything with PUENTE_TEST_ALL_PAIRS.
    """
    for item in items:
        for name in _FOLDER_MARKERS:
            if name in item.path.relative_to(HERE).parts:
                item.add_marker(name)
    mixed = [] if os.environ.get("PUENTE_TEST_ALL_PAIRS") else [item for item in items if _is_mixed(item)]
    of_pitfalls = {(line.file, line.test) for line in collect()} if mixed else set()
    if left_out := {item for item in mixed if _place(item) not in of_pitfalls}:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]


def _is_mixed(item: pytest.Item) -> bool:
    callspec = getattr(item, "callspec", None)
    return callspec is not None and callspec.params.get("world") == "sqlite-mariadb"


def _place(item: pytest.Item) -> tuple[str, str]:
    return str(item.path.relative_to(HERE)), getattr(item, "originalname", item.name)


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    from kit.databases import Databases

    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(prefix="puente-tests-", dir=fast_home()))
        yield Databases(stack, Path(folder))


@pytest.fixture(scope="session")
def mysql(databases: Databases) -> Server:
    """The MySQL or MariaDB server of this session; skips where there is none."""
    return _or_skip(lambda: databases.server("mariadb"))


@pytest.fixture
def make_world(databases: Databases, tmp_path: Path) -> Iterator[Callable[[str], World]]:
    """Makes a world on a named pair, for tests that choose their pair themselves."""
    made: list[World] = []

    def make(pair: str) -> World:
        made.append(_or_skip(lambda: databases.world(pair, tmp_path)))
        return made[-1]

    yield make
    for world in made:
        databases.leave(world)


@pytest.fixture(params=PAIRS)
def world(request: pytest.FixtureRequest, make_world: Callable[[str], World], databases: Databases) -> World:
    """A fresh link on each pair of engines, ERP's first."""
    reason = reason_not_expressible(request.node, request.param)
    if reason:
        pytest.skip(reason)
    world = make_world(request.param)
    if request.node.get_closest_marker("lean_gate"):
        world.set(expectations_dir=databases.lean_expectations())
    return world


@pytest.fixture
def second_erp(world: World, databases: Databases) -> Database:
    """Another ERP on the same engine as the world's, for a second link into the same platform."""
    return databases.fresh(world.pair.split("-")[0], "erp", "second")


def _or_skip(make: Callable[[], _T]) -> _T:
    try:
        return make()
    except NoServer as reason:
        pytest.skip(str(reason))
