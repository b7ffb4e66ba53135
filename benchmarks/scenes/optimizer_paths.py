"""Four optimizers run down the same valley on one clock."""

from __future__ import annotations

import numpy as np
from manim import (
    DOWN,
    LEFT,
    Create,
    Dot,
    FadeIn,
    LaggedStart,
    TracedPath,
    ValueTracker,
    VGroup,
    VMobject,
    Write,
    linear,
)

from lessonkit.stage import LessonScene, Plot, theme
from mathcore import Function, Trajectory, level_curves, optimizer, ravine, trajectory

START = (-5.0, -2.0)
STEPS = 60
X, Y = (-6.0, 2.0), (-3.0, 3.0)
LEVELS = (0.02, 0.1, 0.3, 0.7, 1.3, 2.2, 3.6, 5.6, 8.4, 12.0, 16.0)
ENTRANTS = {
    "gd": (theme.GRADIENT, optimizer("SGD", lr=0.4)),
    "momentum": (theme.VELOCITY, optimizer("SGD", lr=0.1, momentum=0.8)),
    "rmsprop": (theme.SLOPE, optimizer("RMSprop", lr=0.1)),
    "adam": (theme.INPUT, optimizer("Adam", lr=0.2)),
}


class OptimizerPaths(LessonScene):
    """contours → four dots → the race."""

    def construct(self) -> None:
        valley = ravine(20)
        clock = ValueTracker(0.0)
        plot = self.plot(X, Y, y_name="$y$")
        contours = self.contours(plot, valley)
        dots, tails, legend = VGroup(), VGroup(), VGroup()
        for name, (color, make) in ENTRANTS.items():
            run = trajectory(valley, START, make, STEPS)
            dot = plot.dot(lambda run=run: at(run, clock.get_value()), color)
            dots.add(dot)
            tails.add(TracedPath(dot.get_center, stroke_color=color, stroke_width=theme.STROKE))
            legend.add(self.entry(name, color, run, clock))
        step = self.readout(self.label("step"), clock.get_value, places=0)
        side = VGroup(step, *legend).arrange(DOWN, aligned_edge=LEFT, buff=0.4)
        self.regions.side.place(side, across=0.2)
        with self.beat("map") as beat:
            self.play(Write(self.heading()), FadeIn(plot.frame), run_time=beat.to("levels"))
            self.play(LaggedStart(*map(Create, contours), lag_ratio=0.1), run_time=beat.remaining)
        with self.beat("race") as beat:
            self.play(FadeIn(dots, side), run_time=beat.to("go"))
            self.add(tails, dots)
            self.play(clock.animate(rate_func=linear).set_value(STEPS), run_time=beat.remaining)

    def contours(self, plot: Plot, valley: Function) -> VGroup:
        """Level curves, the innermost first."""
        group = VGroup()
        for level in LEVELS:
            for line in level_curves(valley, level, X, Y):
                curve = VMobject(stroke_color=theme.LOSS, stroke_width=theme.THIN)
                curve.set_points_as_corners([plot.at(*point) for point in line])
                group.add(curve)
        return group

    def entry(self, name: str, color: str, run: Trajectory, clock: ValueTracker) -> VGroup:
        """A line of the legend: a dot, the name, and the loss now."""
        loss = self.readout(
            self.label(name, size=theme.SMALL),
            lambda: float(np.interp(clock.get_value(), np.arange(STEPS + 1), run.values)),
            places=3,
            size=theme.SMALL,
        )
        return VGroup(Dot(radius=theme.DOT, color=color).next_to(loss, LEFT, buff=0.2), loss)


def at(run: Trajectory, step: float) -> tuple[float, float]:
    """Between two iterates the dot runs straight."""
    x, y = (np.interp(step, np.arange(STEPS + 1), column) for column in run.points.T)
    return float(x), float(y)
