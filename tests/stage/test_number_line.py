"""The number line: where numbers stand, and how its window closes in."""

import numpy as np
import pytest
from manim import ValueTracker

from lessonkit.stage import NumberLine, Region, theme

REGION = Region(-4.0, 4.0, -1.0, 1.0)


def line(zoom: float) -> NumberLine:
    return NumberLine((0, 8, 2), (3.9, 4.3, 0.1), REGION, ValueTracker(zoom))


def test_both_windows_fill_the_region():
    for zoom, low, high in ((0.0, 0.0, 8.0), (1.0, 3.9, 4.3)):
        drawn = line(zoom)
        assert drawn.window == pytest.approx((low, high))
        assert drawn.at(low)[0] == pytest.approx(-4.0)
        assert drawn.at(high)[0] == pytest.approx(4.0)


def test_equal_shares_of_the_zoom_magnify_by_equal_factors():
    widths = [np.diff(line(zoom).window)[0] for zoom in (0, 0.25, 0.5, 0.75, 1)]
    assert np.divide(widths[1:], widths[:-1]) == pytest.approx([(0.4 / 8) ** 0.25] * 4)


def test_a_pointer_and_a_bar_follow_numbers_and_window():
    value, zoom = ValueTracker(4.0), ValueTracker(0.0)
    drawn = NumberLine((0, 8, 2), (3.9, 4.3, 0.1), REGION, zoom)
    pointer = drawn.pointer(value.get_value, theme.INK)
    bar = drawn.live_bar(lambda: (4.0, value.get_value()), theme.INK)
    assert pointer.get_bottom() == pytest.approx(drawn.at(4.0))
    value.set_value(4.1)
    zoom.set_value(1.0)
    for mobject in (pointer, bar):
        mobject.update()
    assert pointer.get_bottom() == pytest.approx([0.0, -0.5, 0.0])
    assert bar.width == pytest.approx(2.0)


def test_only_ticks_inside_the_window_show():
    def shown(zoom: float) -> int:
        _, *ticks = line(zoom)
        return sum(tick[0].get_stroke_opacity() > 0 for tick in ticks)

    assert (shown(0.0), shown(1.0)) == (5, 5)  # 0 2 4 6 8; 3.9 4 4.1 4.2 4.3, the 4 once


def test_ticks_stand_on_the_line():
    drawn = line(1.0)
    _, *ticks = drawn
    assert ticks[-1][0].get_center() == pytest.approx(drawn.at(4.3))


def test_a_near_window_outside_the_wide_one_is_refused():
    with pytest.raises(ValueError, match=r"near: got \(7, 9\), need a window inside \(0, 8\)"):
        NumberLine((0, 8, 2), (7, 9, 1), REGION, ValueTracker(0))
