"""One loss over two weights, drawn twice: a surface in space and the map of its levels."""

from __future__ import annotations

import numpy as np
from manim import DOWN, LEFT, Mobject, ValueTracker, VGroup

from lessonkit.stage import Plot, Region, Space, Typeset, theme
from lessonkit.stage.space import ABOVE
from mathcore import Trajectory, function, optimizer, surface, trajectory, two_valleys
from scenes.descent import Walk, contours

LANDSCAPE = function(f"{two_valleys().expression} + 0.7*u**2", ("w", "u"))
W, U = (-2.2, 2.2), (-1.0, 1.6)  # its near wall is cut away, to look inside
LEVELS = (-1.4, -1.15, -0.9, -0.65, -0.35, 0.0, 0.5, 1.2, 2.2)
HEIGHTS = (-1.9, 3.7)
RATE, STEPS = 0.1, 24
SMOOTHNESS = 60  # points of a path on the surface


class Landscape:
    """Two valleys, one deeper, as a surface on the left and as a map on the right."""

    def __init__(self, left: Region, right: Region) -> None:
        room = left.columns(0.06, 0.88, 0.06)[1]
        floor = Plot(W, U, room, equal_units=True, x_name="", numbers=False)
        self.space = Space(floor, HEIGHTS, height=2.6, turn=0.0, tilt=ABOVE)
        self.space.rise.set_value(0.0)
        self.map = Plot(
            W, U, right, equal_units=True,
            x_name="$input(w_1)$", y_name="$input(w_2)$", numbers=False,
        )  # fmt: skip
        self.ground = VGroup(
            self.space.surface(surface(LANDSCAPE, W, U, (25, 35)), theme.LOSS),
            self.map.frame,
            contours(self.map, LANDSCAPE, LEVELS),
        )


class Descent:
    """A run of gradient descent on both pictures, up to the step that `clock` gives."""

    def __init__(self, land: Landscape, start: tuple[float, float], color: str) -> None:
        self.clock = ValueTracker(0.0)
        self._space, self._run = land.space, self._from(start)
        self._points = self._run.points
        self.picture = VGroup(
            self._space.curve(self._passed, color, width=theme.STROKE),
            self._marks(color),
            self._space.dot(lambda: self._lifted(self.clock.get_value()), color),
            Walk(land.map, self._points, self.clock.get_value, color),
        )
        self.end = self._name_the_end(land.map)

    def arrive(self) -> object:
        """Let the run go to its end."""
        return self.clock.animate.set_value(STEPS)

    def _from(self, start: tuple[float, float]) -> Trajectory:
        return trajectory(LANDSCAPE, start, optimizer("SGD", lr=RATE), STEPS)

    def _lifted(self, step: float) -> np.ndarray:
        """The place on the surface at a step, or between two."""
        place = [np.interp(step, np.arange(STEPS + 1), axis) for axis in self._points.T]
        return np.array([*place, LANDSCAPE(place)])

    def _passed(self) -> np.ndarray:
        now = max(self.clock.get_value(), 1e-3)
        return np.array([self._lifted(s) for s in np.linspace(0, now, SMOOTHNESS)])

    def _marks(self, color: str) -> VGroup:
        marks = VGroup(
            *(self._space.dot(self._lifted(nth), color).scale(0.5) for nth in range(STEPS + 1))
        )

        def follow(marks: Mobject) -> None:
            for nth, mark in enumerate(marks):
                mark.set_opacity(float(self.clock.get_value() >= nth))

        return marks.add_updater(follow, call_updater=True)

    def _name_the_end(self, plot: Plot) -> VGroup:
        """Where the run ended, and how deep that is."""
        w, _ = end = self._points[-1]
        lines = (f"input(w_1 = {w:.2f})", f"loss(L = {LANDSCAPE(end):.2f})")
        name = VGroup(*(Typeset(f"${line}$", size=theme.SMALL) for line in lines))
        name.arrange(DOWN, buff=0.15, aligned_edge=LEFT)
        return name.next_to(plot.at(w, U[0]), DOWN, buff=0.15)
