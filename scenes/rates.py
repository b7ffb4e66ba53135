"""What a learning rate does to a weight on a bowl: pictures of its bound."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from manim import DOWN, RIGHT, UP, Circle, Dot, Line, Mobject, ValueTracker, VGroup, VMobject

from lessonkit.stage import (
    LiveNumber,
    NumberLine,
    Plot,
    Readout,
    Region,
    Typeset,
    crossed_out,
    theme,
)
from mathcore import Function, function, lr_bound, optimizer, tangent_line, trajectory
from scenes.descent import Walk, live_bar
from scenes.pictures import tick

DIAL = (-1.3, 1.1, 1.0)  # factors that the dial has room for
SERIES, TALLEST = 8, 11.0  # weights above it, and how large: room for what diverges


def arriving(values: Sequence[float], clock: Callable[[], float], gap: float = 0.2) -> VGroup:
    """A run's values in a row with arrows between; each is seen once the run has been there."""
    row = VGroup()
    for nth, value in enumerate(values):
        text = Typeset(f"$input({round(float(value), 4):g})$", size=theme.BODY)
        piece = VGroup(Typeset("$->$", size=theme.BODY), text) if nth else VGroup(text)
        piece.arrange(RIGHT, buff=gap)
        if nth:
            piece.add_updater(
                lambda m, nth=nth: m.set_opacity(float(clock() >= nth - 1e-6)), call_updater=True
            )
        row.add(piece)
    return row.arrange(RIGHT, buff=gap)


class FactorDial:
    """What a step multiplies a weight with, as a point of a line, and the weights that follow.

    Bars over steps (`series`) show `start` multiplied again and again; a pointer on the line
    stands at the factor; both follow `rate`. The safe zone is where factors shrink.
    """

    def __init__(
        self, bars: Region, dial: Region, curvature: float, start: float, rate: ValueTracker
    ) -> None:
        self._factor = lambda rate: 1 - curvature * rate

        def factor() -> float:
            return self._factor(rate.get_value())

        def weight(step: int) -> Callable[[], float]:
            return lambda: float(np.clip(start * factor() ** step, -TALLEST, TALLEST))

        self.chart = Plot(  # bars from 1 on, and no grid line across a bar
            (0.4, SERIES + 0.6, 2 * SERIES), (-TALLEST, TALLEST, 3), bars,
            x_name="", y_name="$input(w)$", cross=(0.4, 0), numbers=False,
        )  # fmt: skip
        self.series = VGroup(
            *(live_bar(self.chart, k + 1, weight(k), theme.INPUT, width=0.6) for k in range(SERIES))
        )
        self.line = NumberLine(DIAL, DIAL, dial, ValueTracker(0.0))
        self.zone = self.line.live_bar(lambda: (-1.0, 1.0), theme.SLOPE)
        self.pointer = self.line.pointer(factor, theme.INK)

    def pin(self, rate: float) -> VGroup:
        """A rate, pinned at its factor: green in the safe zone, red beside it."""
        factor = self._factor(rate)
        color = theme.SLOPE if abs(factor) < 1 else theme.WRONG
        place = self.line.at(factor)
        stem = Line(place, place + 0.55 * UP, stroke_color=color, stroke_width=theme.STROKE)
        name = Typeset(f"${rate:g}$", size=theme.SMALL, color=color)
        return VGroup(stem, name.next_to(stem, UP, buff=0.08))


class HuggedBowl:
    """A bowl of some curvature, and the circle of the same curvature in it; both are live."""

    def __init__(self, plot: Plot, curvature: Callable[[], float]) -> None:
        self.bowl = VMobject(stroke_color=theme.LOSS, stroke_width=theme.STROKE)
        self.bowl.add_updater(
            lambda m: m.set_points(plot.curve(lambda w: curvature() / 2 * w**2).points),
            call_updater=True,
        )
        unit = plot.at(1, 0)[0] - plot.at(0, 0)[0]
        self.circle = Circle(1.0, stroke_color=theme.SLOPE, stroke_width=theme.STROKE)
        rest = self.circle.points.copy()

        def hug(circle: Mobject) -> None:
            radius = 1 / curvature()
            circle.points = rest * radius * unit + plot.at(0, radius)

        self.circle.add_updater(hug, call_updater=True)


class BowlPanel:
    """A run on factor · w² in a window that all such panels share.

    `bound` is what the rate has to stay below. `clock` is the step of the run.
    """

    def __init__(
        self, region: Region, factor: float, rate: float, start: float, steps: int
    ) -> None:
        head, body = region.split(0.26, 0.74)
        name, self._facts = head.split(1, 1)
        loss = function(f"{factor} * w**2")
        run = trajectory(loss, [start], optimizer("SGD", lr=rate), steps)
        w = run.points[:, 0]
        self.bound = lr_bound([[loss.derivative(2)(0.0)]])
        self.is_fine = rate < self.bound
        self.clock = ValueTracker(0.0)
        now = self.clock.get_value
        plot = Plot(
            (-9, 9, 2), (0, 6, 2), body, x_name="$input(w)$", y_name="$loss(L)$", cross=(-9, 0)
        )
        color = theme.GRADIENT if self.is_fine else theme.WRONG
        walk = Walk(plot, np.column_stack([w, run.values]), now, color)
        feet = Walk(plot, np.column_stack([w, 0 * w]), now, theme.INPUT)
        title = name.place(Typeset(f"$loss(L) = {loss.typst}$", size=theme.BODY), across=0.05)
        row = name.place(arriving(w, now, gap=0.15), across=1.0)
        self.picture = VGroup(plot.frame, plot.curve(loss, theme.LOSS), title, walk, feet, row)

    def judge(self, fact: Typeset) -> VGroup:
        """Place what is said of the rate; return the tick or the cross that goes after it."""
        self._facts.place(fact, across=0.05)
        wrong = crossed_out(Typeset("$eta$", size=theme.HEADING))
        return (VGroup(tick()) if self.is_fine else wrong).next_to(fact, RIGHT, buff=0.4)


class RateSlider(VGroup):
    """A learning rate on a line of powers of ten, from 0.001 to 1, that follows its exponent."""

    def __init__(self, region: Region, power: ValueTracker) -> None:
        low, high = -3, 0
        start, end = region.point(0.06, 0.3), region.point(0.94, 0.3)

        def place(at: float) -> np.ndarray:
            return np.asarray(start + (end - start) * (at - low) / (high - low))

        track = Line(start, end, stroke_color=theme.MUTED, stroke_width=theme.STROKE)
        marks = VGroup()
        for at in range(low, high + 1):
            mark = Line(0.1 * DOWN, 0.1 * UP, stroke_color=theme.MUTED, stroke_width=theme.THIN)
            number = Typeset(f"${10.0**at:g}$", size=theme.SMALL, color=theme.MUTED)
            marks.add(VGroup(mark.move_to(place(at)), number.next_to(place(at), DOWN, buff=0.25)))
        knob = Dot(radius=0.17, color=theme.INK)
        knob.add_updater(lambda m: m.move_to(place(power.get_value())), call_updater=True)
        eta = LiveNumber(lambda: 10 ** power.get_value(), places=3)
        reading = Readout(Typeset("$eta =$", size=theme.BODY), eta)
        region.place(reading, across=0.0, up=0.75)
        super().__init__(track, marks, knob, reading)


class WeightOnLoss:
    """A weight `w` on the curve of its loss: dot, stem from the axis, tangent, uphill arrow.

    The arrow lies on the axis, `reach` long for a slope of 1; `turn` (radians) turns it about
    the stem's foot.
    """

    def __init__(self, graph: Plot, loss: Function, w: ValueTracker, reach: float) -> None:
        self.turn = ValueTracker(0.0)
        slope, at = loss.derivative(), w.get_value
        self.dot = graph.dot(lambda: (at(), loss(at())), theme.INK)
        self.stem = graph.live_segment(
            lambda: ((at(), 0.0), (at(), loss(at()) + 1e-4)), theme.INPUT
        ).set_stroke(width=theme.THIN)
        self.tangent = graph.live_line(lambda: tangent_line(loss, at()))
        origin, across, up = (graph.at(*point) for point in ((0, 0), (1, 0), (0, 1)))
        # A turn mixes units across with units up.
        stretch = float(np.linalg.norm(across - origin) / np.linalg.norm(up - origin))

        def ends() -> tuple[tuple[float, float], tuple[float, float]]:
            length, turn = reach * slope(at()), self.turn.get_value()
            tip = (at() + length * np.cos(turn), stretch * length * np.sin(turn))
            return (at(), 0.0), tip

        self.uphill = graph.live_arrow(ends, theme.GRADIENT)
