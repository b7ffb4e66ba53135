"""A point of a curve in a spot of light, and what a derivative sees from there: no more."""

from __future__ import annotations

import numpy as np
from manim import Circle, Mobject, ValueTracker, VMobject

from lessonkit.stage import Plot, theme
from mathcore import Function, tangent_line

SPOT = 0.45  # radius of the light, in units of x
INSIDE = 0.9 * SPOT


class Spotlight:
    """The light, the piece of curve and of tangent in it, and the dot, which follows `at`."""

    def __init__(self, plot: Plot, f: Function, at: ValueTracker) -> None:
        self._f, self._at = f, at
        self.dot = plot.dot(lambda: (at.get_value(), f(at.get_value())), theme.INK)
        self.light = Circle(plot.at(SPOT, 0)[0] - plot.at(0, 0)[0], color=theme.INK, stroke_width=2)
        self.light.set_fill(theme.INK, opacity=0.1)
        self.light.add_updater(lambda m: m.move_to(self.dot), call_updater=True)

        def stay_near(mobject: Mobject) -> None:
            span = at.get_value() + np.linspace(-INSIDE, INSIDE, 24)
            mobject.set_points_smoothly([plot.at(a, b) for a, b in zip(span, f(span), strict=True)])

        self.curve = VMobject(stroke_color=theme.LOSS, stroke_width=2 * theme.BOLD)
        self.curve.add_updater(stay_near, call_updater=True)
        self.tangent = plot.live_segment(self._tangent_ends, theme.SLOPE)

    def _tangent_ends(self) -> tuple[tuple[float, float], tuple[float, float]]:
        touch = tangent_line(self._f, self._at.get_value())
        low, high = self._at.get_value() - INSIDE, self._at.get_value() + INSIDE
        return (low, touch(low)), (high, touch(high))
