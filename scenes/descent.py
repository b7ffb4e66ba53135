"""Descent on a contour map: what the scenes about optimizers share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from manim import Circle, Dot, VGroup, VMobject

from lessonkit.stage import Plot, theme
from mathcore import Function, level_curves

RECENT = 5.0  # steps that the bright end of a tail reaches back
MARKER = 0.05  # radius of the mark at an iterate, frame units


def contours(plot: Plot, f: Function, levels: tuple[float, ...]) -> VGroup:
    """Level curves in the plot's window, one group a level, in the order given."""
    group = VGroup()
    for level in levels:
        curves = VGroup()
        for line in level_curves(f, level, plot.x, plot.y):
            curve = VMobject(stroke_color=theme.LOSS, stroke_width=theme.THIN, stroke_opacity=0.75)
            curves.add(curve.set_points_as_corners([plot.at(*point) for point in line]))
        group.add(curves)
    return group


class Walk(VGroup):
    """A run's points (steps + 1, 2) on a map, up to the step that `clock` gives.

    Marks stand at the iterates passed; a dot with a fading tail is on its way to the next one.
    A run that leaves the window ends at its edge.
    """

    def __init__(
        self, plot: Plot, points: np.ndarray, clock: Callable[[], float], color: str
    ) -> None:
        self._clock = clock
        self._steps, self._points = _in_window(plot, points)
        self.tail = VMobject(stroke_color=color, stroke_width=theme.THIN, stroke_opacity=0.55)
        self.recent = VMobject(stroke_color=color, stroke_width=theme.STROKE)
        self.marks = VMobject(fill_color=color, fill_opacity=1, stroke_width=0)
        self.dot = Dot(self._points[0], radius=theme.DOT, color=color).set_z_index(2)
        super().__init__(self.tail, self.recent, self.marks, self.dot)
        self.add_updater(lambda walk: walk.follow(), call_updater=True)

    @property
    def last(self) -> float:
        """The step at which the run ends or leaves the window."""
        return float(self._steps[-1])

    def follow(self) -> None:
        """Bring the picture to the clock."""
        now = min(max(self._clock(), 0.0), self.last)
        self.tail.set_points_as_corners(self._between(0.0, now))
        self.recent.set_points_as_corners(self._between(max(now - RECENT, 0.0), now))
        ring = Circle(MARKER).points
        passed = self._points[self._steps <= now + 1e-6]
        self.marks.points = np.concatenate([ring + point for point in passed])
        self.dot.move_to(self._place(now))

    def _between(self, start: float, end: float) -> np.ndarray:
        inside = self._points[(self._steps > start) & (self._steps < end)]
        return np.array([self._place(start), *inside, self._place(end)])

    def _place(self, step: float) -> np.ndarray:
        """Between two iterates the dot runs straight."""
        return np.array([np.interp(step, self._steps, axis) for axis in self._points.T])


def _in_window(plot: Plot, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Steps and frame points of a run, up to where it leaves the window."""
    steps = np.arange(len(points), dtype=float)
    low, high = np.transpose([plot.x, plot.y])
    outside = np.flatnonzero(((points < low) | (points > high)).any(axis=1))
    if len(outside):
        first = outside[0]
        a, b = points[first - 1 : first + 1]
        edge = np.clip(b, low, high)
        share = np.min((edge - a)[edge != b] / (b - a)[edge != b])
        steps = np.append(steps[:first], first - 1 + share)
        points = np.append(points[:first], [a + share * (b - a)], axis=0)
    return steps, np.array([plot.at(*point) for point in points])


def live_bar(
    plot: Plot, x: float, height: Callable[[], float], color: str, width: float = 0.7
) -> VMobject:
    """A bar of a chart that follows `height`; all lengths in axes coordinates."""
    bar = VMobject(fill_color=color, fill_opacity=1, stroke_width=0)

    def follow(mobject: VMobject) -> None:
        left, right = x - width / 2, x + width / 2
        top = height()
        corners = [(left, 0), (right, 0), (right, top), (left, top), (left, 0)]
        mobject.set_points_as_corners([plot.at(*corner) for corner in corners])

    bar.add_updater(follow, call_updater=True)
    return bar
