"""Running averages, drawn: what they go after, how they forget, and what corrects their start."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, ValueTracker, VGroup, VMobject

from lessonkit.stage import LessonScene, Plot, Region, theme
from mathcore import function, optimizer, trajectory
from scenes.descent import live_bar

STEPS = 40  # of the charts
SIDE = 0.31  # frame units that a square of area 1 is wide


def live_square(corner: np.ndarray, area: Callable[[], float], color: str) -> VMobject:
    """A square whose lower left corner stays and whose area follows `area`."""
    square = VMobject(stroke_color=color, stroke_width=theme.THIN)

    def follow(mobject: VMobject) -> None:
        side = SIDE * np.sqrt(area())
        ends = [(0, 0), (side, 0), (side, side), (0, side), (0, 0)]
        mobject.set_points_as_corners([corner + np.array([*end, 0.0]) for end in ends])

    return square.add_updater(follow, call_updater=True)


def average_square(
    scene: LessonScene,
    corner: np.ndarray,
    name: str,
    *,
    average: Callable[[], float],
    newest: Callable[[], float],
) -> VGroup:
    """A square as large as the average, and the newest g² as the outline that it goes after."""
    read = scene.readout(
        scene.formula(f"scale({name} =)", size=theme.SMALL),
        average,
        size=theme.SMALL,
        color=theme.SCALE,
    )
    area = live_square(corner, average, theme.SCALE).set_fill(theme.SCALE, 0.35)
    arriving = live_square(corner, newest, theme.GRADIENT)
    square = VGroup(area, arriving, read.next_to(corner, DOWN, buff=0.2, aligned_edge=LEFT))
    if newest() > 1:  # there is room for its name
        whose = scene.formula("gradient(g)^2", size=theme.SMALL).add_updater(
            lambda whose: whose.next_to(square[:2], RIGHT, buff=0.12).align_to(arriving, UP),
            call_updater=True,
        )
        square.add(whose)
    return square


class DividedBars:
    """The sizes of a gradient's two parts, each divided by its root as far as its share says."""

    def __init__(
        self, scene: LessonScene, region: Region, parts: np.ndarray, roots: np.ndarray
    ) -> None:
        self._parts, self._roots = parts, roots
        self.chart = Plot((-0.6, 3.3), (0, 9.5, 2), region, x_name="", numbers=False)
        self.shares = [ValueTracker(0.0), ValueTracker(0.0)]
        names, self.bars, self.divisors = VGroup(), VGroup(), VGroup()
        for axis, name in enumerate("xy"):
            size = self.size(axis)
            self.bars.add(live_bar(self.chart, axis, size, theme.GRADIENT))
            text = scene.formula(f"input({name})", size=theme.BODY)
            names.add(text.next_to(self.chart.at(axis, 0), DOWN, buff=0.12))
            by = scene.formula("div scale(#r)", r=round(float(roots[axis]), 2), size=theme.SMALL)
            self.divisors.add(
                by.add_updater(
                    lambda by, axis=axis, size=size: by.next_to(
                        self.chart.at(axis, size()), UP, buff=0.1
                    ),
                    call_updater=True,
                )
            )
        self.ground = VGroup(self.chart.axes[0], names)

    def size(self, axis: int) -> Callable[[], float]:
        """How high a bar is just now."""
        part, root = float(self._parts[axis]), float(self._roots[axis])
        return lambda: part / (1 + self.shares[axis].get_value() * (root - 1))


def fading_weights(
    region: Region,
    alpha: float,
    ages: int,
    grown: Callable[[], float],
    newest: VMobject,
    oldest: VMobject,
) -> VGroup:
    """How much each older value still counts in an average, as many bars as have grown."""
    room, foot = region.split(0.87, 0.13)
    chart = Plot((-0.6, ages - 0.4), (0, 1.1 * (1 - alpha)), room, x_name="", numbers=False)

    def weight(age: int) -> Callable[[], float]:
        full = (1 - alpha) * alpha**age
        return lambda: float(np.clip(grown() - age, 0, 1) * full)

    bars = VGroup(*(live_bar(chart, age, weight(age), theme.SCALE) for age in range(ages)))
    for age, bar in enumerate(bars):
        bar.set_fill(opacity=alpha ** (1.5 * age))
    foot.place(newest, across=0.02)
    foot.place(oldest, across=0.98).shift((newest.baseline - oldest.baseline) * UP)
    return VGroup(chart.axes[0], bars, newest, oldest)


def step_lengths(region: Region, alpha: float, step: str) -> tuple[VGroup, VGroup]:
    """Step lengths under a gradient that never changes: of who forgets, and of who does not.

    Returns the frame and the two curves.
    """
    plot = Plot((0, STEPS, 10), (0, 3.4, 1), region, x_name=step)
    curves = VGroup()
    for make, color in (
        (optimizer("RMSprop", lr=1.0, alpha=alpha), theme.SCALE),
        (optimizer("Adagrad", lr=1.0), theme.GRADIENT),
    ):
        walk = trajectory(function("w"), [0.0], make, STEPS)
        lengths = -np.diff(walk.points[:, 0])
        curve = VMobject(stroke_color=color, stroke_width=theme.STROKE)
        curves.add(curve.set_points_as_corners([plot.at(k + 1, y) for k, y in enumerate(lengths)]))
    return plot.frame, curves


class Average:
    """What is averaged and its running average, step by step, in a chart under their rule."""

    def __init__(
        self,
        region: Region,
        source: np.ndarray,
        values: np.ndarray,
        hats: np.ndarray,
        color: str,
        step: str,
    ) -> None:
        self.heading, room = region.split(0.22, 0.78)
        high = 1.1 * float(source.max())
        ticks = 2 if high < 10 else 10
        self.plot = Plot((0, STEPS, 10), (-0.03 * high, high, ticks), room, x_name=step)
        self.raw, self.values, self.hats, self.color = source, values, hats, color
        self.source = self.drawn(source, theme.GRADIENT)
        self.line = self.drawn(values, color)
        self.hat = self.drawn(hats, color, first=1).set_stroke(width=theme.BOLD)

    def drawn(self, values: np.ndarray, color: str, first: int = 0) -> VMobject:
        """Values against steps, from step `first` on."""
        places = [self.plot.at(step, value) for step, value in enumerate(values)]
        line = VMobject(stroke_color=color, stroke_width=theme.STROKE)
        return line.set_points_as_corners(places[first:])

    def write(
        self,
        scene: LessonScene,
        source: str,
        name: str,
        rule: VMobject,
        hat_rule: VMobject,
        at: int,
    ) -> None:
        """Name the curves, the source at a step; the rules stand above, one after the other."""
        self.rule = self.heading.place(rule, across=0.0)
        self.hat_rule = self.heading.place(hat_rule, across=0.0)
        role, letter = name[:-1].split("(")
        self.source_name, self.name, self.hat_name = (
            scene.formula(markup, size=theme.BODY)
            for markup in (f"gradient({source})", name, f"{role}(hat({letter}))")
        )
        self.source_name.next_to(self.plot.at(at, self.raw[at]), DOWN + LEFT, buff=0.1)
        self.name.next_to(self.plot.at(34, self.values[34]), UP, buff=0.15)
        self.hat_name.next_to(self.plot.at(24, self.hats[24]), UP + RIGHT, buff=0.1)

    def note(self, text: VMobject, below: VMobject | None = None) -> VMobject:
        """Put a text into the chart's free corner."""
        if below is not None:
            return text.next_to(below, DOWN, buff=0.25, aligned_edge=LEFT)
        return text.next_to(self.plot.at(0.47 * STEPS, self.plot.y[1]), DOWN + RIGHT, buff=0.0)

    def gap(self, t: ValueTracker) -> VMobject:
        """How much the average lacks at a step."""
        return self.plot.live_segment(lambda: self.ends(t, self.values, self.raw), theme.INK)

    def lift(self, t: ValueTracker) -> VMobject:
        """How far its correction lifts the average at a step."""
        return self.plot.live_arrow(lambda: self.ends(t, self.values, self.hats), self.color)

    def ends(
        self, t: ValueTracker, low: np.ndarray, high: np.ndarray
    ) -> tuple[tuple[float, float], tuple[float, float]]:
        """Two curves' points at a step."""
        step, steps = t.get_value(), np.arange(len(low))
        return (step, float(np.interp(step, steps, low))), (
            step,
            float(np.interp(step, steps, high)),
        )

    @property
    def chart(self) -> VGroup:
        """All that is in the chart at the end, but the rules."""
        return VGroup(
            self.plot.frame, self.source, self.line, self.hat, self.source_name, self.name,
            self.hat_name,
        )  # fmt: skip
