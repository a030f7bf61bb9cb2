"""What a dump holds, read from its bytes: MariaDB's and MySQL's way of writing it, cut anywhere."""

from __future__ import annotations

import pytest

from puente.nightly.mysqldump import Reading
from puente.nightly.sums import TableSum

MARIADB = rb"""/*M!999999\- enable the sandbox mode */
DROP TABLE IF EXISTS `a``b`;
CREATE TABLE `a``b` (
  `id` int(11) NOT NULL,
  `t (x)` text DEFAULT NULL COMMENT 'CREATE TABLE `x` (',
  `b` blob DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB;
LOCK TABLES `a``b` WRITE;
INSERT INTO `a``b` VALUES
(1,'it\'s (a);\n\\ \"test\"',0x00FF),
(-2,NULL,''),
(3,'NULL',NULL);
UNLOCK TABLES;
CREATE TABLE `empty` (
  `id` int(11) DEFAULT NULL
);
"""
MYSQL = rb"""CREATE TABLE `a``b` (
  `id` int NOT NULL,
  `t (x)` text,
  `b` blob,
  `made` int GENERATED ALWAYS AS ((`id` * 2)) VIRTUAL
);
INSERT INTO `a``b` (`id`, `t (x)`, `b`) VALUES (3,'NULL',NULL),(1,'it''s (a);\n\\ \"test\"',_binary '\0\xFF');
INSERT INTO `a``b` (`id`, `t (x)`, `b`) VALUES (-2,NULL,_binary '');
CREATE TABLE `empty` (
  `id` int
);
"""
ROWS: list[list[str | None]] = [
    ["1", "it's (a);\n\\ \"test\"", "\0\xff"], ["-2", None, ""], ["3", "NULL", None],
]  # fmt: skip


@pytest.mark.parametrize("dump", [MARIADB, MYSQL.replace(rb"\xFF", b"\xff")])
@pytest.mark.parametrize("size", [1, 7, 64, 1 << 20])
def test_the_rows_of_a_dump(dump: bytes, size: int) -> None:
    reading, expected = Reading(), TableSum(["id", "t (x)", "b"])
    for start in range(0, len(dump), size):
        reading.feed(dump[start : start + size])
    expected.add(ROWS)
    assert reading.tables == {"a`b": expected, "empty": TableSum(["id"])}


def test_a_checksum_knows_what_differs_and_not_the_order() -> None:
    def of(*rows: list[str | None]) -> TableSum:
        made = TableSum()
        made.add(rows)
        return made

    assert of(["a"], ["b"]) == of(["b"], ["a"])
    different = [of(["a"]), of(["a"], ["a"]), of([None]), of([""]), of(["NULL"]), of(["a", "b"]), of(["ab", ""]), of()]
    assert len({(one.rows, one.total) for one in different}) == len(different)
