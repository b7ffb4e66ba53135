"""Time to think, seen running out."""

from __future__ import annotations

from math import ceil

import numpy as np
from manim import (
    PI,
    TAU,
    UP,
    Animation,
    Arc,
    Circle,
    Mobject,
    UpdateFromAlphaFunc,
    ValueTracker,
    VGroup,
    VMobject,
    linear,
)

from lessonkit.stage import theme
from lessonkit.stage.numbers import LiveNumber

RADIUS = 0.75  # frame units


class Countdown(VGroup):
    """A ring that empties clockwise round the whole seconds that are left.

    `beat.count_down(ring)` runs it through the pause of a beat.

    Args:
        seconds: What it starts from, a number > 0; the ring is full then.
    """

    def __init__(self, seconds: float) -> None:
        if not seconds > 0:
            raise ValueError(f"seconds: got {seconds}, need a number > 0")
        self._seconds = seconds
        self._left = ValueTracker(seconds)
        self.track = Circle(RADIUS, stroke_color=theme.FAINT, stroke_width=2 * theme.BOLD)
        self.ring = VMobject(stroke_color=theme.INK, stroke_width=2 * theme.BOLD)
        self.number = LiveNumber(lambda: ceil(self.left - 1e-6), places=0, size=theme.HEADING)
        super().__init__(self.track, self.ring, self.number)
        self.ring.add_updater(lambda _: self._follow(), call_updater=True)
        self.number.match_y(self.track)
        self.number.add_updater(lambda number: number.match_x(self.track), call_updater=True)

    @property
    def left(self) -> float:
        """Seconds left to think."""
        return float(self._left.get_value())

    def run(self, seconds: float) -> Animation:
        """The animation that empties it, over as many seconds as there are."""
        self._seconds = seconds
        self._left.set_value(seconds)

        def follow(_: Mobject, alpha: float) -> None:
            self._left.set_value((1 - alpha) * seconds)

        return UpdateFromAlphaFunc(self._left, follow, run_time=seconds, rate_func=linear)

    def _follow(self) -> None:
        share = self.left / self._seconds
        radius, centre = self.track.width / 2, self.track.get_center()
        if share < 1e-6:
            self.ring.points = np.tile(centre + radius * UP, (4, 1))  # empty: fades count shapes
            return
        arc = Arc(radius, PI / 2 - TAU * (1 - share), -TAU * share)
        self.ring.points = arc.points + centre
