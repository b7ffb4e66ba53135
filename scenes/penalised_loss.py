"""A loss to which a penalty is added: the sum, and where it is least."""

from __future__ import annotations

import numpy as np
from manim import Line, ValueTracker, VGroup, VMobject

from lessonkit.stage import Plot, theme
from mathcore import Function, function, regularised, stationary_points

STICKS = np.arange(0.5, 3.6, 0.5)  # weights at which the penalty's height is shown


class PenalisedLoss:
    """The loss plus a growing share of the penalty `weight · w²`, on a plot.

    `share` is a tracker from 0, the loss alone, to 1. `penalties` are the penalty's heights over
    the axis, `stacked` the same heights on top of the loss.
    """

    def __init__(self, plot: Plot, loss: Function, weight: float) -> None:
        self.share, self._plot = ValueTracker(0.0), plot
        penalty = function(f"{weight} * w**2")
        shares = np.linspace(0, 1, 26)
        least = [stationary_points(regularised(loss, weight * s))[0].x for s in shares]
        self.least = float(round(least[0], 9)), float(round(least[-1], 9))

        def total(w: np.ndarray) -> np.ndarray:
            return np.asarray(loss(w) + self.share.get_value() * penalty(w))

        def lowest() -> tuple[float, float]:
            w = float(np.interp(self.share.get_value(), shares, least))
            return w, float(total(np.array(w)))

        self.curve = VMobject(stroke_color=theme.LOSS, stroke_width=theme.BOLD)
        self.curve.add_updater(lambda m: m.set_points(plot.curve(total).points), call_updater=True)
        self.dot = plot.dot(lowest, theme.INK)
        self.drop = plot.live_segment(lambda: ((lowest()[0], 0.0), lowest()), theme.INPUT)
        self.penalties, self.stacked = VGroup(), VGroup()
        for w in STICKS:
            height, below = float(penalty(w)), float(loss(w))
            self.penalties.add(self._stick(w, 0.0, height).set_opacity(0.5))
            self.stacked.add(self._stick(w, below, below + height))

    def _stick(self, w: float, low: float, high: float) -> Line:
        start, end = self._plot.at(w, low), self._plot.at(w, high)
        return Line(start, end, color=theme.INK, stroke_width=theme.STROKE)
