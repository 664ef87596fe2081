"""Charts: round axes, shapes inside the box, a table that says the same."""

import re
from collections.abc import Sequence

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from usage.charts import Axis, Chart, Reading, Series, Words, chart_of, scale_to

EXACT = Reading(lambda value: f"{value:g}", lambda value: "none" if value is None else f"{value:g}")


def chart(kind: str, *values: Sequence[float | None]) -> Chart:
    times = [f"t{number}" for number in range(len(values[0]))]
    series = [Series(f"s{number}", str(number + 1), each) for number, each in enumerate(values)]
    return chart_of(kind, Words("x", "A title", "Some words."), Axis(times, times), series, EXACT)  # type: ignore[arg-type]


def places(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path)]


@pytest.mark.parametrize(
    ("most", "ticks"),
    [
        (1, [0, 0.25, 0.5, 0.75, 1]),
        (7, [0, 2, 4, 6, 8]),
        (99.9, [0, 25, 50, 75, 100]),
        (1234, [0, 500, 1000, 1500]),
        (0.00031, [0, 0.0001, 0.0002, 0.0003, 0.0004]),
    ],
)
def test_an_axis_ends_on_a_round_number(most: float, ticks: list[float]) -> None:
    assert list(scale_to(most).ticks) == pytest.approx(ticks)


def test_of_what_is_counted_there_is_no_half() -> None:
    assert scale_to(1, is_whole=True).ticks == (0, 1)
    assert scale_to(5, is_whole=True).ticks == (0, 2, 4, 6)


@given(st.floats(min_value=1e-9, max_value=1e15), st.booleans())
def test_any_value_fits_its_axis(most: float, is_whole: bool) -> None:
    scale = scale_to(most, is_whole=is_whole)
    assert scale.top >= most * (1 - 1e-7)
    assert 2 <= len(scale.ticks) <= 5
    steps = {
        round((after - before) / scale.top, 6)
        for before, after in zip(scale.ticks, scale.ticks[1:], strict=False)
    }
    assert len(steps) == 1


def test_bars_stand_on_each_other() -> None:
    lower, upper = (shape.path for shape in chart("bars", [2, 0], [2, 4]).shapes)
    assert places(lower) == [(70, 200)]
    assert re.findall(r"v(-?[\d.]+)", lower) == ["-100.0", "100.0"]
    assert places(upper) == [(70, 100), (570, 200)]


def test_what_there_is_is_seen_however_small() -> None:
    assert "v-2.0" in chart("bars", [1, 1_000_000]).shapes[0].path


def test_a_line_stops_where_nothing_is_known_and_a_value_alone_is_a_dot() -> None:
    (shape,) = chart("lines", [1, 1, None, 1, None]).shapes
    assert places(shape.path) == [(100, 0), (300, 0)]
    assert places(shape.dots) == [(700, 0)]


@given(
    st.lists(st.one_of(st.none(), st.just(0.0), st.floats(1e-9, 1e12)), min_size=1, max_size=400),
    st.sampled_from(["bars", "lines"]),
)
def test_nothing_leaves_the_box(values: list[float | None], kind: str) -> None:
    drawn = chart(kind, values)
    for shape in drawn.shapes:
        for x, y in places(shape.path + shape.dots):
            assert 0 <= x <= drawn.width
            assert 0 <= y <= drawn.height + 0.1
    assert [row.cells[0] for row in drawn.rows] == [EXACT.exact(value) for value in values]
    assert len(drawn.labels) <= 6


@pytest.mark.parametrize("kind", ["bars", "lines"])
def test_it_is_drawn_and_told(kind: str) -> None:
    html = render_to_string("usage/_chart.html", {"chart": chart(kind, [1.0] * 365, [None] * 365)})
    assert 'role="img" aria-labelledby="chart-x-title chart-x-words"' in html
    assert "Some words.</desc>" in html
    assert html.count('<th scope="row">') == 365
    assert "style=" not in html
    assert "data-dense" in html


def test_names_are_escaped() -> None:
    named = chart_of(
        "bars", Words("x", "<b>", "<i>"), Axis(["<u>"], ["<u>"]), [Series("<s>", "1", [1])], EXACT
    )
    html = render_to_string("usage/_chart.html", {"chart": named})
    assert not re.search(r"<[bius]>", html)
