"""Directions at a point of the bowl: a chart of their slopes, and a close look at one of them."""

from __future__ import annotations

import numpy as np
from manim import (
    DOWN,
    RIGHT,
    Dot,
    Line,
    ValueTracker,
    VGroup,
    VMobject,
)

from lessonkit.stage import Plot, Region, Typeset, theme
from mathcore import directional_derivative, level_curves, steepest
from scenes.bowl import AT, LEVELS, F

BEST = steepest(F, AT)
PEAK = float(np.degrees(BEST.angle))
FIRST, LAST = -90.0, 270.0  # degrees that a direction turns through
SCALE = 0.3  # axes units that an arrow draws for a slope of 1
WINDOW = (-0.3, 2.6), (0.55, 2.4)  # of the close look
BAND = 22.0  # stroke width of the shadow, wide enough to hold an arrow


def slopes(degrees: np.ndarray) -> np.ndarray:
    """The slope at the point in each direction."""
    return directional_derivative(F, AT, np.radians(degrees))


def ahead(degrees: float, distance: float = 1.0) -> tuple[float, float]:
    """The point that far away in a direction."""
    angle = np.radians(degrees)
    return AT[0] + distance * np.cos(angle), AT[1] + distance * np.sin(angle)


class SlopeChart:
    """The slope against the direction, drawn as far as the direction has turned.

    `reached` is a tracker: the degrees up to which the curve is drawn.
    """

    def __init__(self, region: Region, name: Typeset, angle: ValueTracker) -> None:
        chart_box, name_box = region.split(0.88, 0.12)
        self.angle, self.reached = angle, ValueTracker(FIRST)
        self._plot = plot = Plot(
            (FIRST, LAST, 90),
            (-6.6, 5.6, 2),
            chart_box.columns(0.95, 0.05)[0],  # half of the last number stands beside it
            x_name="",
            cross=(FIRST, -6.6),
        )
        zero = Line(plot.at(FIRST, 0), plot.at(LAST, 0))
        zero.set_stroke(theme.MUTED, theme.THIN)
        self.frame = VGroup(plot.grid, plot.axes, zero, name_box.place(name))
        whole = plot.curve(slopes, theme.SLOPE, width=theme.BOLD)
        self.trace = VMobject(stroke_color=theme.SLOPE, stroke_width=theme.BOLD)

        def follow(mobject: VMobject) -> None:
            self.reached.set_value(max(self.reached.get_value(), angle.get_value()))
            share = (self.reached.get_value() - FIRST) / (LAST - FIRST)
            mobject.pointwise_become_partial(whole, 0, max(share, 1e-3))

        self.trace.add_updater(follow, call_updater=True)
        self.pen = plot.dot(lambda: (angle.get_value(), self.slope), theme.INK)
        self.marks = VGroup()

    @property
    def slope(self) -> float:
        """In the direction that is drawn."""
        return float(slopes(np.array([self.angle.get_value()]))[0])

    def mark(self, side: np.ndarray) -> VGroup:
        """A dot with its number, to be left on the curve where the pen is."""
        place = self._plot.at(self.angle.get_value(), self.slope)
        dot = Dot(place, radius=0.09, color=theme.SLOPE)
        number = Typeset(
            "$slope(#v)$", values={"v": f"{round(self.slope, 2) + 0.0:g}"}, size=theme.SMALL
        )
        mark = VGroup(dot, number.next_to(place, side, buff=0.12))
        self.marks.add(mark)
        return mark


class CloseLook:
    """The gradient and a direction from near: the slope is the gradient's shadow on it."""

    def __init__(self, region: Region, angle: ValueTracker) -> None:
        self.plot = plot = Plot(*WINDOW, region, x_name="", numbers=False, equal_units=True)
        lines = (level_curves(F, level, plot.x, plot.y) for level in LEVELS)
        rings = plot.contours(lines, theme.OUTPUT).set_stroke(opacity=0.45)
        rings[LEVELS.index(F(AT))].set_stroke(width=theme.BOLD, opacity=1)
        self.map = VGroup(plot.grid, rings, plot.dot(lambda: AT, theme.INK).clear_updaters())
        tip = ahead(PEAK, SCALE * BEST.slope)
        self.gradient = plot.live_arrow(lambda: (AT, tip))
        name = Typeset("$gradient(abs(nabla f))$", size=theme.BODY)
        self.name = name.next_to(plot.at(*tip), RIGHT, buff=0.2).shift(0.15 * DOWN)
        self.way = plot.live_arrow(lambda: (AT, ahead(angle.get_value())), theme.INK)

        def foot() -> tuple[float, float]:
            slope = float(slopes(np.array([angle.get_value()]))[0])
            return ahead(angle.get_value(), SCALE * slope)

        self.shadow = plot.live_segment(lambda: (AT, foot()), theme.SLOPE)
        self.shadow.set_stroke(width=BAND)
        self.drop = plot.live_segment(lambda: (tip, foot()), theme.MUTED)
        self.arc = VMobject(stroke_color=theme.INK, stroke_width=theme.STROKE)

        def bend(mobject: VMobject) -> None:
            angles = np.linspace(PEAK, angle.get_value(), 24)
            mobject.set_points_as_corners([plot.at(*ahead(a, 0.4)) for a in angles])

        def stand(theta: Typeset) -> None:
            half = (angle.get_value() - PEAK) / 2
            # Between the two arrows, farther out where they are closer together.
            distance = min(max(0.56, 0.13 / max(abs(np.sin(np.radians(half))), 1e-3)), 1.5)
            theta.move_to(plot.at(*ahead(PEAK + half, distance)))

        self.arc.add_updater(bend, call_updater=True)
        self.theta = Typeset("$theta$", size=theme.HEADING).set_z_index(3)
        self.theta.add_updater(stand, call_updater=True)
