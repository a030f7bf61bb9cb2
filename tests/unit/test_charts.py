"""Charts: valid SVG, nothing from outside, every value told to those who do not see it."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from puente.nightly.charts import Series, bars, line

SVG = "{http://www.w3.org/2000/svg}"


def parse(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def test_bars_are_as_high_as_their_values() -> None:
    root = parse(bars("c", "Filas <y> más", ["lun", "mar"], [Series("ERP", [100, 50]), Series("Tienda", [0, 25])]))
    heights = [float(rect.get("height", "0")) for rect in root.iter(f"{SVG}rect")]
    assert [round(h / heights[0], 2) for h in heights] == [1.0, 0.5, 0.25], "0 has no bar"
    assert root.get("role") == "img" and root.get("aria-labelledby") == "c-t c-d"
    assert root.findtext(f"{SVG}title") == "Filas <y> más"
    assert root.findtext(f"{SVG}desc") == "ERP: lun 100, mar 50; Tienda: lun 0, mar 25"


def test_a_missing_value_interrupts_the_line() -> None:
    root = parse(line("c", "t", ["a", "b", "c", "d"], [Series("ERP", [100.0, None, 50.0, 99.5])], " %"))
    (path,) = root.iter(f"{SVG}path")
    assert [step[0] for step in (path.get("d") or "").replace("L", "\nL").replace("M", "\nM").split("\n") if step] == [
        "M", "M", "L",
    ]  # fmt: skip
    assert root.findtext(f"{SVG}desc") == "ERP: a 100 %, b –, c 50 %, d 99.5 %"


@pytest.mark.parametrize("draw", [bars, line])
def test_nothing_to_show_is_a_chart_too_and_wrong_lengths_are_refused(draw: object) -> None:
    assert callable(draw)
    parse(draw("c", "t", [], []))
    parse(draw("c", "t", ["a"], [Series("x", [0])]))
    with pytest.raises(ValueError, match="one value per label"):
        draw("c", "t", ["a", "b"], [Series("x", [1])])
