"""Practice: what gradient descent is, what a rate that is too high does, what momentum rests on."""

from __future__ import annotations

import numpy as np
from manim import (
    DOWN,
    LEFT,
    PI,
    RIGHT,
    UP,
    Arc,
    Arrow,
    Circle,
    Create,
    FadeIn,
    FadeOut,
    Flash,
    Indicate,
    LaggedStart,
    LineJointType,
    ReplacementTransform,
    ValueTracker,
    VGroup,
    VMobject,
    Write,
    linear,
)

from lessonkit.stage import Plot, Region, crossed_out, theme
from mathcore import (
    contraction,
    gradient_descent_iterates,
    lr_bound,
    optimizer,
    quadratic,
    trajectory,
    velocities,
)
from scenes.descent import (
    COLORS,
    SETTINGS,
    VALLEY,
    VALLEY_LEVELS,
    VALLEY_WINDOW,
    Route,
    Walk,
    component_bars,
    contours_below,
    entrant,
    remembered,
    valley_run,
)
from scenes.pictures import Knob, network, tick
from scenes.practice import PracticeScene

LOSS = quadratic([2])
START = 1.9
CALM, SWING, WILD = 0.15, 1.0, 1.1  # learning rates
DIAL_STEPS = 6  # of the path that follows the dial
SUMMED = 10  # gradients in the bars
ADDED = 3  # of them head to tail


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
            self.card = self.ask(beat, "question", "what-is-gd", n=1)

    def step_downhill(self) -> None:
        self.plot = self.parabola(self.regions.figure)
        self.curve = self.plot.curve(LOSS, theme.LOSS)
        clock = ValueTracker(0.0)
        self.walk = self.walk_at(CALM, 10, clock)
        self.rule = self.regions.side.place(self.label("rule", size=theme.FORMULA), up=0.7)
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
                Indicate(self.rule.part("opposite"), color=theme.GRADIENT),
                run_time=0.9,
            )
            self.play(FadeOut(downhill), run_time=0.2)
            self.play(clock.animate(rate_func=linear).set_value(10), run_time=beat.remaining)

    def look_for_a_formula(self) -> None:
        upper, middle, lower = self.regions.side.split(1, 1, 1)
        solved = upper.place(self.label("one-weight"), across=0.0)
        done = tick().next_to(solved, RIGHT, buff=0.3)
        huge = self.regions.figure.place(network((6, 8, 8, 8, 4), width=7.0, height=4.4))
        unsolved = middle.place(self.label("many-weights"), across=0.0)
        cross = crossed_out(Circle(0.12).next_to(unsolved, RIGHT, buff=0.35))
        instead = lower.place(self.label("step-by-step", bold=True, width=lower.width), across=0.0)
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
            self.card = self.ask(beat, "question", "too-high", n=2)

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
                clocks[1].animate(rate_func=linear).set_value(np.floor(wild.exit)),
                run_time=0.85 * beat.remaining,
            )
        self.shown = VGroup(wild, rates[1])

    def turn_the_dial(self) -> None:
        curvature = LOSS.derivative().derivative()(0.0)
        bound = lr_bound([[curvature]])
        eta = ValueTracker(0.2)
        full = 1.5 * bound
        upper, lower = self.regions.side.split(0.6, 0.4, gap=0.3)
        knob = Knob(lambda: eta.get_value() / full, radius=1.2)
        upper.place(knob, across=0.4, up=0.2)
        limit = self.forbidden(knob, bound / full)
        name = self.label("bound", bound=bound).next_to(limit.get_start(), UP + RIGHT, buff=0.1)
        rows = VGroup(
            self.readout(
                self.formula("eta =", size=theme.FORMULA), eta.get_value, size=theme.FORMULA
            ),
            self.readout(self.label("factor"), lambda: contraction(curvature, eta.get_value())),
        ).arrange(DOWN, aligned_edge=LEFT, buff=0.5)
        lower.place(rows, across=0.0)
        path = self.path_at(eta, curvature, bound)
        with self.beat("a-limit") as beat:
            self.play(FadeOut(self.shown), FadeIn(knob, path), run_time=0.6)
            self.play(Create(limit), FadeIn(name, rows), run_time=0.6)
            self.play(eta.animate.set_value(bound), run_time=beat.to("beyond"))
            self.play(eta.animate.set_value(1.2 * bound), run_time=0.6 * beat.remaining)
            self.play(Indicate(rows[1], color=theme.WRONG), run_time=0.6)
        self.shown = VGroup(
            self.plot.axes, self.plot.names, self.curve, path, knob, limit, name, rows
        )

    def forbidden(self, knob: Knob, share: float) -> Arc:
        """What the dial's rim has beyond a share of its sweep."""
        start, rest = 1.25 * PI - 1.5 * PI * share, 1.5 * PI * (1 - share)
        arc = Arc(0.56 * knob.rim.width, start, -rest, arc_center=knob.rim.get_center())
        return arc.set_stroke(theme.WRONG, 1.4 * theme.BOLD)

    def path_at(self, eta: ValueTracker, curvature: float, bound: float) -> VMobject:
        """The first steps down the parabola, at whatever rate is set."""
        path = VMobject(stroke_width=theme.STROKE, joint_type=LineJointType.ROUND)

        def follow(path: VMobject) -> None:
            rate = eta.get_value()
            ws = gradient_descent_iterates([[curvature]], [START], rate, DIAL_STEPS)[:, 0]
            route = Route(self.plot, np.column_stack([ws, LOSS(ws)]))
            path.points = route.between(0, DIAL_STEPS)
            path.set_stroke(theme.WRONG if rate > bound else theme.GRADIENT)

        return path.add_updater(follow, call_updater=True)

    def ask_about_momentum(self) -> None:
        with self.beat("q-momentum") as beat:
            self.play(FadeOut(self.shown), run_time=0.4)
            self.card = self.ask(beat, "question", "concept", n=3)

    def add_up_velocity(self) -> None:
        self.map = Plot(*VALLEY_WINDOW, self.regions.figure, y_name="$y$")
        self.lines = contours_below(self.map, VALLEY, VALLEY_LEVELS)
        run = valley_run("momentum", 20)
        clock = ValueTracker(0.0)
        ball = Walk(self.map, run.points, clock.get_value, theme.VELOCITY)
        pulls = remembered(self.map, run, ADDED - 1, ADDED)
        velocity = Arrow(
            *(self.map.at(*point) for point in run.points[ADDED - 1 : ADDED + 1]),
            buff=0, color=theme.VELOCITY, tip_length=0.2,
        ).set_stroke(width=theme.BOLD)  # fmt: skip
        total = self.label("velocity-sum", size=theme.BODY)
        self.regions.side.place(total, across=0.0, up=0.75)
        with self.beat("a-velocity") as beat:
            self.clear(self.card, tag="answer")
            self.play(FadeIn(self.map.frame, self.lines, ball), run_time=0.6)
            self.play(clock.animate(rate_func=linear).set_value(ADDED - 1), run_time=beat.to("sum"))
            self.play(
                LaggedStart(*map(Create, pulls), lag_ratio=0.6),
                Write(total),
                run_time=0.5 * beat.remaining,
            )
            self.play(
                Create(velocity),
                Indicate(total.part("velocity"), color=theme.VELOCITY),
                run_time=0.9,
            )
            self.play(FadeOut(pulls, velocity), run_time=0.3)
            self.play(clock.animate(rate_func=linear).set_value(20), run_time=beat.remaining)
        self.shown = VGroup(ball, total)

    def cancel_and_add(self) -> None:
        rows = self.regions.side.split(0.37, 0.37, 0.13, 0.13, gap=0.12)
        clocks = [ValueTracker(0.0), ValueTracker(0.0)]
        plain, heavy = valley_run("gd", 20), valley_run("momentum", 20)
        pulls = plain.gradients[:SUMMED]
        sums = velocities(pulls, SETTINGS["momentum"]["momentum"])
        charts = [
            component_bars(
                region, self.label(name, size=theme.SMALL), pulls[:, axis], sums[:, axis],
                clock.get_value,
            )
            for region, name, axis, clock in (
                (rows[0], "on-x", 0, clocks[0]), (rows[1], "on-y", 1, clocks[1]),
            )
        ]  # fmt: skip
        way = ValueTracker(0.0)
        walks = VGroup(
            Walk(self.map, plain.points, way.get_value, COLORS["gd"]),
            Walk(self.map, heavy.points, way.get_value, COLORS["momentum"]),
        )
        legend = VGroup(
            entrant(COLORS["gd"], self.label("gd", size=theme.SMALL)),
            entrant(COLORS["momentum"], self.label("momentum", size=theme.SMALL)),
        ).arrange(RIGHT, buff=0.5)
        rows[2].place(legend, across=0.0)
        result = rows[3].place(self.label("result", size=theme.SMALL, bold=True), across=0.0)
        with self.beat("a-fast-and-smooth") as beat:
            self.play(FadeOut(self.shown), FadeIn(walks, charts[0], legend), run_time=0.5)
            self.play(
                clocks[0].animate(rate_func=linear).set_value(SUMMED),
                way.animate(rate_func=linear).set_value(SUMMED / 2),
                run_time=beat.to("cancel"),
            )
            self.play(FadeIn(charts[1]), run_time=0.3)
            self.play(
                clocks[1].animate(rate_func=linear).set_value(SUMMED),
                way.animate(rate_func=linear).set_value(SUMMED),
                run_time=beat.to("result"),
            )
            self.play(
                FadeIn(result),
                Flash(self.map.at(0, 0), color=theme.VELOCITY, line_length=0.3),
                run_time=0.6,
            )
            self.play(way.animate(rate_func=linear).set_value(20), run_time=0.8 * beat.remaining)

    # -- small pieces ------------------------------------------------------------------------

    def parabola(self, region: Region) -> Plot:
        return Plot(
            (-2.9, 2.9), (0, 8.4), region, x_name="$input(w)$", y_name="$loss(L)$", numbers=False
        )

    def walk_at(
        self, rate: float, steps: int, clock: ValueTracker, color: str = theme.GRADIENT
    ) -> Walk:
        """A run on the parabola, at a rate."""
        points = trajectory(LOSS, [START], optimizer("SGD", lr=rate), steps).points[:, 0]
        return Walk(self.plot, np.column_stack([points, LOSS(points)]), clock.get_value, color)
