"""A tangent runs along a cubic, and its slope draws the derivative."""

from __future__ import annotations

from manim import (
    DOWN,
    LEFT,
    Create,
    FadeIn,
    GrowFromCenter,
    TracedPath,
    ValueTracker,
    VGroup,
    Write,
)

from lessonkit.stage import LessonScene, theme
from mathcore import Line, function, tangent_line

START, END = -2.2, 2.2


class MovingTangent(LessonScene):
    """curve → tangent → it sweeps, with live numbers."""

    def construct(self) -> None:
        f = function("x**3/3 - x")
        x = ValueTracker(START)

        def tangent() -> Line:
            return tangent_line(f, at=x.get_value())

        plot = self.plot(x=(-3, 3), y=(-2, 4), y_name="$output(f(x))$")
        curve = plot.curve(f, theme.OUTPUT)
        line = plot.live_line(tangent)
        touching = plot.dot(lambda: (x.get_value(), f(x.get_value())), theme.INK)
        foot = plot.live_segment(
            lambda: ((x.get_value(), 0.0), (x.get_value(), f(x.get_value()))), theme.INPUT
        )
        slope = plot.dot(lambda: (x.get_value(), tangent().slope), theme.SLOPE)
        trace = TracedPath(slope.get_center, stroke_color=theme.SLOPE, stroke_width=theme.THIN)
        readouts = VGroup(
            self.readout(self.formula("input(x =)", size=theme.BODY), x.get_value, sign=True),
            self.readout(
                self.formula("output(f(x) =)", size=theme.BODY),
                lambda: f(x.get_value()),
                sign=True,
            ),
            self.readout(
                self.label("slope", size=theme.BODY), lambda: tangent().slope, places=3, sign=True
            ),
        ).arrange(DOWN, aligned_edge=LEFT, buff=0.35)
        self.regions.side.place(readouts, across=0.2)
        with self.beat("curve") as beat:
            self.play(Write(self.heading()), FadeIn(plot.frame), run_time=beat.to("see"))
            self.play(Create(curve), run_time=beat.remaining)
        with self.beat("sweep") as beat:
            self.play(
                Create(line), GrowFromCenter(touching), FadeIn(foot, readouts, slope), run_time=0.8
            )
            self.add(trace)
            self.play(x.animate.set_value(0.0), run_time=beat.to("turn"))
            self.play(x.animate.set_value(END), run_time=beat.remaining)
