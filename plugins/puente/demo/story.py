"""The demo's rounds: what people do between the runs, and the runs, by real Airflow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from puente.contract import Side
from puente.db.connect import Database
from puente.demo import night, shopping
from puente.demo.airflow import Airflow, open_airflow
from puente.demo.changes import change_round
from puente.demo.counts import RoundResult, count_round, ledger_rows
from puente.demo.expected import Round
from puente.demo.orders import shop_day
from puente.demo.place import Place
from puente.demo.texts import say

FROM_ERP = ("capture_erp", "erp_to_platform")
FROM_SHOP = ("capture_platform", "platform_to_erp")
INVENTORY, BACKUP, DRILL = "full_inventory", "backup", "restore_drill"
Tell = Callable[[str], None]


def tell_story(place: Place, tell: Tell) -> tuple[list[RoundResult], night.Night]:
    """All rounds from two sides that were just made, and a night. AirflowFailed when a run does not succeed."""
    with open_airflow(place) as airflow:
        tell(say("migrating"))
        airflow.migrate()
        story = _Story(place, airflow, tell)
        return list(story.rounds()), story.night()


@dataclass
class _Story:
    place: Place
    airflow: Airflow
    tell: Tell

    def rounds(self) -> Iterator[RoundResult]:
        yield from self._round(1, FROM_ERP)
        self.tell(say("changing"))
        with self._side("erp") as erp:
            for line in change_round(erp.engine).lines:
                print(f"           · {line}")
        yield from self._round(2, FROM_ERP)

        day = shop_day()
        self._announce("buying", 4)
        with self._side("platform") as shop, self._side("erp") as erp:
            shopping.fill_shop(shop, day)
            shopping.type_in(erp, day)
        before = ledger_rows(self.place)
        self._run(3, FROM_SHOP[:1])
        with self._side("erp") as erp:
            original = shopping.queued(erp, day.order("sent twice"))
            shopping.write_queues(erp, shopping.torn(original))
        self._run(3, (*FROM_SHOP[1:], *FROM_ERP))
        yield from count_round(self.place, 3, before)

        self._announce("morning", 3)
        with self._side("platform") as shop, self._side("erp") as erp:
            shopping.ask_to_cancel(shop, day.order("cancelled later"))
            shopping.decide(erp, day, shopping.MORNING)
            shopping.write_queues(erp, original)
        yield from self._round(4, (*FROM_SHOP, *FROM_ERP))

        self._announce("afternoon", 1)
        with self._side("erp") as erp:
            shopping.decide(erp, day, shopping.AFTERNOON)
        yield from self._round(5, FROM_ERP)

    def night(self) -> night.Night:
        self._announce("night", len(night.DAMAGE))
        with self._side("platform") as shop:
            night.plant(shop)
        self._run(6, (INVENTORY,))
        found, repairs = night.last_inventory(self.place)
        self._run(6, FROM_ERP)
        self._run(7, (INVENTORY,))
        left, _ = night.last_inventory(self.place)
        self._run(7, (BACKUP, DRILL))
        backup, drill = (
            night.newest(self.place, "backup", "*.json"),
            night.newest(self.place, "restores", "drill-*.json"),
        )
        return night.Night(found, repairs, left, backup, drill, azure=self.place.azure is not None)

    def _round(self, number: Round, dags: tuple[str, ...]) -> list[RoundResult]:
        before = ledger_rows(self.place)
        self._run(number, dags)
        return count_round(self.place, number, before)

    def _run(self, number: int, dags: tuple[str, ...]) -> None:
        for dag in dags:
            self.tell(say("running", round=number, dag=dag))
            self.airflow.run(dag, f"round_{number}_{dag}")

    def _announce(self, what: str, lines: int) -> None:
        self.tell(say(what))
        for number in range(1, lines + 1):
            print(f"           · {say(f'{what}_{number}')}")

    @contextmanager
    def _side(self, side: Side) -> Iterator[Database]:
        db = self.place.database(side)
        try:
            yield db
        finally:
            db.engine.dispose()
