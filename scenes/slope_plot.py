"""A curve over the plot of its slopes: where the tangent stands, a guide drops to its slope."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import Circle, Line, Mobject, ValueTracker, VMobject

from lessonkit.stage import Plot, Region, theme
from mathcore import Function, slope_samples, tangent_line
from scenes.pictures import follow


class SlopePlot:
    """Two plots that share x, the curve above and its slopes below.

    Args:
        f: The curve.
        at: Where the tangent touches it; followed while the scene plays.
        places: Where `trail` leaves a dot at the slope, once the tangent has passed.
        region: For both plots.
    """

    X = (-2.7, 2.7)

    def __init__(
        self, f: Function, at: ValueTracker, places: Sequence[float] | np.ndarray, region: Region
    ) -> None:
        self._f, self._at = f, at
        upper, lower = region.split(0.46, 0.54, gap=0.1)
        upper = Region(upper.left + 0.45, upper.right, upper.bottom, upper.top)
        self.top = Plot(
            self.X, (-1, 6.5, 2), upper, numbers=False, x_name="", y_name="$output(f(x))$"
        )
        # Numbers at the edges, out of the way of what is plotted.
        corner = (self.X[0], -6)
        self.low = Plot(self.X, (-6, 6, 4), lower, y_name='$slope("slope")$', cross=corner)
        self.zero = Line(self.low.at(self.X[0], 0), self.low.at(self.X[1], 0))
        self.zero.set_stroke(theme.MUTED, theme.THIN)
        self.curve = self.top.curve(f, theme.OUTPUT)
        self.tangent = self.top.live_line(lambda: tangent_line(f, at.get_value()))
        self.dot = self.top.dot(lambda: (at.get_value(), f(at.get_value())), theme.INK)
        self.below = self.low.dot(lambda: (at.get_value(), self.slope()), theme.SLOPE)
        self.guide = Line(stroke_color=theme.INPUT, stroke_width=theme.THIN)
        follow(
            self.guide,
            lambda m: m.put_start_and_end_on(
                self.top.at(at.get_value(), f(at.get_value())),
                self.low.at(at.get_value(), self.slope()),
            ),
        )
        samples = slope_samples(f, places)
        ring = Circle(0.07).points

        def leave_dots(mobject: Mobject) -> None:
            passed = [p for p in samples if p[0] <= at.get_value() + 1e-6]
            if passed:
                mobject.points = np.concatenate([ring + self.low.at(*p) for p in passed])

        self.trail = VMobject(fill_color=theme.SLOPE, fill_opacity=1, stroke_width=0)
        self.trail.add_updater(leave_dots)

    def slope(self) -> float:
        """Of the tangent now."""
        return tangent_line(self._f, self._at.get_value()).slope
