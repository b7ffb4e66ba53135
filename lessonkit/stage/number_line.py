"""A number line that can be looked at through a magnifying glass."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from manim import DOWN, RIGHT, UP, Line, Mobject, Triangle, ValueTracker, VGroup, VMobject

from lessonkit.stage import theme
from lessonkit.stage.layout import Region
from lessonkit.stage.typeset import Typeset

NUMBER_ROOM = 0.5  # frame units under the line
TICK = 0.1  # frame units above and below the line
POINTER = 0.3  # frame units high


class NumberLine(VGroup):
    """A line across the bottom of a region, with two windows on it: a wide one and a near one.

    `zoom` goes from 0 (wide) to 1 (near); the window between them shrinks by equal factors in
    equal shares, so that the motion looks even. Several lines may follow one tracker.

    Args:
        wide, near: `(low, high, step)` of the two windows; near lies inside wide.
        region: Where the line goes; its numbers stand in the bottom of it.
        zoom: Followed while the scene plays.
    """

    def __init__(
        self,
        wide: tuple[float, float, float],
        near: tuple[float, float, float],
        region: Region,
        zoom: ValueTracker,
    ) -> None:
        if not wide[0] <= near[0] < near[1] <= wide[1]:
            raise ValueError(f"near: got {near[:2]}, need a window inside {wide[:2]}")
        self._left = np.array([region.left, region.bottom + NUMBER_ROOM, 0.0])
        self._length = region.width
        self._wide, self._near, self._zoom = wide, near, zoom
        line = Line(self._left, self._left + self._length * RIGHT)
        line.set_stroke(theme.MUTED, theme.THIN)
        values = _multiples(wide)
        between = [v for v in _multiples(near) if np.abs(values - v).min() > 1e-9]
        super().__init__(
            line,
            *(self._tick(value, 0.0) for value in values),
            *(self._tick(value, 0.5) for value in between),
        )

    @property
    def window(self) -> tuple[float, float]:
        """The numbers at the line's two ends now."""
        (low, high, _), (near_low, near_high, _) = self._wide, self._near
        zoom, wide, near = self._zoom.get_value(), high - low, near_high - near_low
        if wide == near:
            return low, high
        width = wide * (near / wide) ** zoom
        fixed = (near_low - low) / (wide - near)  # the share of the line where nothing moves
        left = low + fixed * (wide - width)
        return left, left + width

    def at(self, value: float) -> np.ndarray:
        """The frame point of a number."""
        low, high = self.window
        return np.asarray(self._left + (value - low) / (high - low) * self._length * RIGHT)

    def pointer(self, value: Callable[[], float], color: str) -> Triangle:
        """A triangle that stands with its tip on a number and follows it."""
        pointer = Triangle(color=color, fill_opacity=1, stroke_width=0).rotate(np.pi)
        pointer.stretch_to_fit_height(POINTER).stretch_to_fit_width(0.8 * POINTER).set_z_index(1)
        pointer.add_updater(
            lambda mobject: mobject.move_to(self.at(value()), aligned_edge=DOWN), call_updater=True
        )
        return pointer

    def live_bar(
        self, ends: Callable[[], tuple[float, float]], color: str, *, width: float = 14.0
    ) -> Line:
        """A thick piece of the line between two numbers that follows `ends`."""
        bar = Line(stroke_color=color, stroke_width=width).set_z_index(0.5)
        bar.add_updater(
            lambda mobject: mobject.set_points_as_corners([self.at(end) for end in ends()]),
            call_updater=True,
        )
        return bar

    def _tick(self, value: float, appear: float) -> VGroup:
        """A tick with its number, seen while the window holds it, from a zoom of `appear` on."""
        mark: VMobject = Line(DOWN * TICK, UP * TICK).set_stroke(theme.MUTED, theme.THIN)
        number = Typeset(f"${value:.10g}$", size=theme.SMALL - 4, color=theme.MUTED)
        tick = VGroup(mark, number.next_to(mark, DOWN, buff=0.1))

        def follow(tick: Mobject) -> None:
            low, high = self.window
            slack = 1e-6 * (high - low)
            inside = low - slack <= value <= high + slack
            zoom = self._zoom.get_value()
            seen = float(inside) * (min(1.0, max(0.0, zoom - appear) / 0.5) if appear else 1.0)
            # What is out of the window waits at its nearer end.
            tick.shift(self.at(min(max(value, low), high)) - mark.get_center())
            mark.set_stroke(opacity=seen)
            number.set_fill(opacity=seen)

        tick.add_updater(follow, call_updater=True)
        return tick


def _multiples(window: tuple[float, float, float]) -> np.ndarray:
    """Where a window has its ticks."""
    low, high, step = window
    first, last = np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9)
    return np.asarray(np.arange(first, last + 1) * step + 0.0)  # no minus zero
