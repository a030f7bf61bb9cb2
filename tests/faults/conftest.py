"""The zygotes of this folder, and the recorded pass that its tests disturb."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from faults.both_ways import BothWays
from faults.sweep import Lane, Stage
from faults.zygote import Zygote
from kit.servers import NoServer
from kit.world import World

if TYPE_CHECKING:
    from kit.databases import Databases

STAGED = ("sqlite-sqlite", "mariadb-mariadb", "sqlite-mariadb")


@pytest.fixture(scope="session")
def zygotes() -> Iterator[list[Zygote]]:
    """Two: this is how many cores can be counted on."""
    with ExitStack() as stack:
        made = [Zygote(), Zygote()]
        for zygote in made:
            stack.callback(zygote.close)
        yield made


@pytest.fixture(scope="session")
def zygote(zygotes: list[Zygote]) -> Zygote:
    return zygotes[0]


@pytest.fixture(scope="session", params=STAGED)
def stage(
    request: pytest.FixtureRequest,
    databases: Databases,
    zygotes: list[Zygote],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stage]:
    """The pass of `story` on a pair, recorded undisturbed. A test begins by restoring what it needs of it.

    Other tests may use the same server's databases in between: restoring puts back every row.
    """
    pair = str(request.param)
    folder = tmp_path_factory.mktemp(pair)
    try:
        erp, platform = (databases.fresh(e, s) for e, s in zip(pair.split("-"), ("erp", "platform"), strict=True))
    except NoServer as reason:
        pytest.skip(str(reason))
    lane = Lane(World(pair, erp, platform, folder), zygotes[0])
    made = Stage.prepare(lane, folder / "stage")
    if pair == "sqlite-sqlite":
        made.add(lane.twin(zygotes[1], folder / "twin"))
    yield made
    for one in made.lanes:
        for db in (one.world.erp, one.world.platform):
            if db.dialect == "sqlite":
                db.engine.dispose()


@pytest.fixture(scope="session", params=STAGED[:2])
def both_ways(
    request: pytest.FixtureRequest,
    databases: Databases,
    zygotes: list[Zygote],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[BothWays]:
    """The cycle of `orders_story` on a pair, recorded undisturbed, in databases of its own."""
    pair = str(request.param)
    folder = tmp_path_factory.mktemp(f"orders-{pair}")
    try:
        erp, platform = (
            databases.fresh(e, s, "orders") for e, s in zip(pair.split("-"), ("erp", "platform"), strict=True)
        )
    except NoServer as reason:
        pytest.skip(str(reason))
    world = World(pair, erp, platform, folder)
    world.set(expectations_dir=databases.lean_expectations())
    lane = Lane(world, zygotes[0])
    made = BothWays.prepare(lane, folder / "stage")
    if pair == "sqlite-sqlite":
        made.add(lane.twin(zygotes[1], folder / "twin"))
    yield made
    for one in made.lanes:
        for db in (one.world.erp, one.world.platform):
            if db.dialect == "sqlite":
                db.engine.dispose()
