"""Practice: what gradient descent is, what a rate that is too high does, what momentum rests on."""

from __future__ import annotations

import numpy as np
from manim import (
    DOWN,
    LEFT,
    UP,
    Arrow,
    Create,
    FadeIn,
    FadeOut,
    Indicate,
    Line,
    ReplacementTransform,
    ValueTracker,
    VGroup,
    Write,
    linear,
)

from lessonkit.stage import Plot, Region, crossed_out, theme
from mathcore import contraction, lr_bound, optimizer, quadratic, ravine, trajectory, velocities
from scenes.descent import Walk, component_bars, contours
from scenes.pictures import Knob, network, tick
from scenes.practice import PracticeScene

LOSS = quadratic([2])
START = 1.9
CALM, SWING, WILD = 0.15, 1.0, 1.1  # learning rates
VALLEY = ravine(20)
ABOVE = (-5.0, -2.0)
LEVELS = (0.1, 0.5, 1.3, 2.5, 4.5, 7.5, 11.5, 16.5)
BETA = 0.5
SUMMED = 10


class PracticeDescent(PracticeScene):
    """question 1 → downhill, no formula → question 2 → overshoot, limit → question 3 → velocity."""

    def construct(self) -> None:
        self.ask_what_it_is()
        self.step_downhill()
        self.look_for_a_formula()
        self.ask_about_the_rate()
        self.overshoot()
        self.turn_the_dial()
        self.ask_about_momentum()
        self.add_up_velocity()
        self.cancel_and_add()

    def ask_what_it_is(self) -> None:
        with self.beat("q-what-is-gd") as beat:
            self.play(Write(self.heading()), run_time=0.6)
            self.card = self.ask(beat, "one", "what-is-gd")

    def step_downhill(self) -> None:
        self.plot = self.parabola(self.regions.figure)
        self.curve = self.plot.curve(LOSS, theme.LOSS)
        clock = ValueTracker(0.0)
        self.walk = self.walk_at(CALM, 10, clock)
        self.rule = self.regions.side.place(self.label("rule"), up=0.7)
        here = self.plot.at(START, LOSS(START))
        along = np.array([0.9, 0.0, 0.0])
        uphill = Arrow(here, here + along, buff=0, color=theme.GRADIENT)
        downhill = Arrow(here, here - along, buff=0, color=theme.INK)
        name = self.label("uphill", size=theme.SMALL).next_to(uphill, DOWN, buff=0.1)
        with self.beat("a-iterative") as beat:
            self.clear(self.card, tag="answer")
            self.play(
                FadeIn(self.plot.axes, self.plot.names, self.walk), Create(self.curve), run_time=0.8
            )
            self.play(FadeIn(self.rule), run_time=0.5)
            beat.until("opposite")
            self.play(
                Create(uphill),
                FadeIn(name),
                Indicate(self.rule.part("gradient"), color=theme.GRADIENT),
                run_time=0.8,
            )
            self.play(
                ReplacementTransform(uphill, downhill),
                FadeOut(name),
                Indicate(self.rule.part("opposite"), color=theme.WRONG),
                run_time=0.9,
            )
            self.play(FadeOut(downhill), run_time=0.2)
            self.play(clock.animate(rate_func=linear).set_value(10), run_time=beat.remaining)

    def look_for_a_formula(self) -> None:
        upper, lower = self.regions.side.split(1, 1)
        solved = upper.place(self.label("one-weight", width=upper.width), across=0.0)
        done = tick().next_to(solved, DOWN, buff=0.25).align_to(solved, LEFT)
        huge = self.regions.figure.place(network((6, 8, 8, 8, 4), width=7.0, height=4.4))
        unsolved = lower.place(self.label("many-weights", width=lower.width), across=0.0, up=0.9)
        instead = lower.place(
            self.label("step-by-step", width=lower.width, color=theme.MUTED), across=0.0, up=0.1
        )
        cross = crossed_out(unsolved.part("formula"))
        with self.beat("a-no-formula") as beat:
            self.play(FadeOut(self.rule), FadeIn(solved), run_time=0.5)
            self.play(Create(done), run_time=0.5)
            old = VGroup(self.plot.axes, self.plot.names, self.curve, self.walk)
            self.play(FadeOut(old), run_time=0.4)
            self.play(FadeIn(huge), run_time=0.8 * beat.to("no-formula"))
            beat.until("no-formula")
            self.play(FadeIn(unsolved), run_time=0.6)
            self.play(Create(cross), run_time=0.7)
            self.play(FadeIn(instead), run_time=0.5)
        self.shown = VGroup(solved, done, huge, unsolved, cross, instead)

    def ask_about_the_rate(self) -> None:
        with self.beat("q-rate-too-high") as beat:
            self.play(FadeOut(self.shown), run_time=0.4)
            self.card = self.ask(beat, "two", "too-high")

    def overshoot(self) -> None:
        clocks = [ValueTracker(0.0), ValueTracker(0.0)]
        swinging = self.walk_at(SWING, 6, clocks[0])
        wild = self.walk_at(WILD, 8, clocks[1], theme.WRONG)
        rates = [
            self.regions.side.place(self.label("eta", value=rate, size=theme.FORMULA), up=0.75)
            for rate in (SWING, WILD)
        ]
        rates[1].set_color(theme.WRONG)
        with self.beat("a-overshoot") as beat:
            self.clear(self.card, tag="answer")
            self.play(
                FadeIn(self.plot.axes, self.plot.names, self.curve, swinging, rates[0]),
                run_time=0.5,
            )
            self.play(clocks[0].animate(rate_func=linear).set_value(1), run_time=beat.to("swing"))
            self.play(clocks[0].animate(rate_func=linear).set_value(6), run_time=beat.to("diverge"))
            self.play(FadeOut(swinging, rates[0]), FadeIn(wild, rates[1]), run_time=0.4)
            self.play(
                clocks[1].animate(rate_func=linear).set_value(wild.exit),
                run_time=0.85 * beat.remaining,
            )
        self.shown = VGroup(self.plot.axes, self.plot.names, self.curve, wild, rates[1])

    def turn_the_dial(self) -> None:
        curvature = LOSS.derivative().derivative()(0.0)
        bound = lr_bound([[curvature]])
        eta = ValueTracker(0.2)
        full = 1.5 * bound
        knob = self.regions.figure.place(Knob(lambda: eta.get_value() / full, radius=1.6))
        limit = self.dial_mark(knob, bound / full)
        name = self.label("bound", bound=bound)
        name.next_to(limit, UP, buff=0.15)
        rows = VGroup(
            self.readout(
                self.formula("eta =", size=theme.FORMULA), eta.get_value, size=theme.FORMULA
            ),
            self.readout(
                self.label("factor"),
                lambda: contraction(curvature, eta.get_value()),
                color=theme.LOSS,
            ),
        ).arrange(DOWN, aligned_edge=LEFT, buff=0.6)
        self.regions.side.place(rows, across=0.0)
        with self.beat("a-limit") as beat:
            self.play(FadeOut(self.shown), FadeIn(knob), run_time=0.6)
            self.play(Create(limit), FadeIn(name, rows), run_time=0.6)
            self.play(eta.animate.set_value(bound), run_time=beat.to("beyond"))
            self.play(eta.animate.set_value(1.2 * bound), run_time=0.6 * beat.remaining)
            self.play(Indicate(rows[1], color=theme.WRONG), run_time=0.6)
        self.shown = VGroup(knob, limit, name, rows)

    def dial_mark(self, knob: Knob, share: float) -> Line:
        """A mark at the rim of the dial, at a share of its sweep."""
        angle = 1.25 * np.pi - 1.5 * np.pi * share
        way = np.array([np.cos(angle), np.sin(angle), 0.0]) * knob.rim.width / 2
        centre = knob.rim.get_center()
        return Line(
            centre + 0.9 * way, centre + 1.2 * way, color=theme.WRONG, stroke_width=theme.BOLD
        )

    def ask_about_momentum(self) -> None:
        with self.beat("q-momentum") as beat:
            self.play(FadeOut(self.shown), run_time=0.4)
            self.card = self.ask(beat, "three", "concept")

    def add_up_velocity(self) -> None:
        self.map = self.plot_of_valley(self.regions.figure)
        self.lines = contours(self.map, VALLEY, LEVELS)
        run = trajectory(VALLEY, ABOVE, optimizer("SGD", lr=0.6, momentum=BETA), 20)
        clock = ValueTracker(0.0)
        ball = Walk(self.map, run.points, clock.get_value, theme.VELOCITY)
        total = self.label("velocity-sum", size=theme.BODY)
        self.regions.side.place(total, across=0.0, up=0.75)
        with self.beat("a-velocity") as beat:
            self.clear(self.card, tag="answer")
            self.play(FadeIn(self.map.frame, self.lines, ball), run_time=0.6)
            self.play(clock.animate(rate_func=linear).set_value(6), run_time=beat.to("sum"))
            self.play(Write(total), clock.animate(rate_func=linear).set_value(12), run_time=1.8)
            self.play(clock.animate(rate_func=linear).set_value(20), run_time=0.9 * beat.remaining)
        self.shown = VGroup(ball, total)

    def cancel_and_add(self) -> None:
        upper, middle, lower = self.regions.side.split(0.4, 0.4, 0.2, gap=0.15)
        clocks = [ValueTracker(0.0), ValueTracker(0.0)]
        walked = trajectory(VALLEY, ABOVE, optimizer("SGD", lr=0.4), SUMMED)
        pulls = walked.gradients[:SUMMED]
        sums = velocities(pulls, BETA)
        charts = [
            component_bars(
                region, self.label(name, size=theme.SMALL), pulls[:, axis], sums[:, axis],
                clock.get_value,
            )
            for region, name, axis, clock in (
                (upper, "on-x", 0, clocks[0]), (middle, "on-y", 1, clocks[1]),
            )
        ]  # fmt: skip
        way = ValueTracker(0.0)
        zigzag = Walk(self.map, walked.points, way.get_value, theme.GRADIENT)
        result = lower.place(self.label("result", bold=True, width=lower.width), across=0.0)
        with self.beat("a-fast-and-smooth") as beat:
            self.play(FadeOut(self.shown), FadeIn(zigzag, charts[0]), run_time=0.5)
            self.play(
                *(c.animate(rate_func=linear).set_value(SUMMED) for c in (clocks[0], way)),
                run_time=beat.to("cancel"),
            )
            self.play(FadeIn(charts[1]), run_time=0.3)
            self.play(
                clocks[1].animate(rate_func=linear).set_value(SUMMED), run_time=beat.to("result")
            )
            self.play(FadeIn(result), run_time=0.6)

    # -- small pieces ------------------------------------------------------------------------

    def parabola(self, region: Region) -> Plot:
        return Plot(
            (-2.9, 2.9), (0, 8.4), region, x_name="$input(w)$", y_name="$loss(L)$", numbers=False
        )

    def plot_of_valley(self, region: Region) -> Plot:
        return Plot((-6, 2, 2), (-3.2, 3.2), region, y_name="$y$")

    def walk_at(
        self, rate: float, steps: int, clock: ValueTracker, color: str = theme.GRADIENT
    ) -> Walk:
        """A run on the parabola, at a rate."""
        points = trajectory(LOSS, [START], optimizer("SGD", lr=rate), steps).points[:, 0]
        return Walk(self.plot, np.column_stack([points, LOSS(points)]), clock.get_value, color)
