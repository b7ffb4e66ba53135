"""Each weight's gradient is divided by its own running size, and so has its own learning rate."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from manim import (
    DOWN,
    LEFT,
    RIGHT,
    UP,
    Arrow,
    Create,
    DashedLine,
    FadeIn,
    FadeOut,
    GrowFromPoint,
    Indicate,
    Line,
    ReplacementTransform,
    TransformFromCopy,
    ValueTracker,
    VGroup,
    VMobject,
    Write,
    linear,
)

from lessonkit.stage import LessonScene, Plot, Region, theme
from mathcore import Function, decaying, optimizer, quadratic, trajectory
from scenes.averages import DividedBars, average_square, fading_weights, step_lengths
from scenes.descent import (
    SETTINGS,
    VALLEY,
    VALLEY_LEVELS,
    VALLEY_START,
    VALLEY_WINDOW,
    Walk,
    contours_below,
    valley_run,
)

NEAR_X, NEAR_Y = (-0.6, 0.6, 0.2), (-0.4, 0.4, 0.2)
NEAR_LEVELS = (0.004, 0.016, 0.04, 0.084, 0.15, 0.24)
ONE_RATE = 0.45  # too large for the steep slope, too small for the gentle one
RATE, ALPHA = SETTINGS["rmsprop"]["lr"], SETTINGS["rmsprop"]["alpha"]
LARGE = 0.4  # a rate whose steps are seen one by one
AGES = 12
SHORT = 0.12  # of the gradient's length is drawn


def rod(start: np.ndarray, end: np.ndarray) -> VMobject:
    """A straight piece along an axis as a thin filled box, so that it can swell into a bar."""
    thick = np.array([0.03, 0.03, 0.0])
    low, high = np.minimum(start, end) - thick, np.maximum(start, end) + thick
    corners = [low, [high[0], low[1], 0], high, [low[0], high[1], 0], low]
    box = VMobject(fill_color=theme.GRADIENT, fill_opacity=1, stroke_width=0)
    return box.set_points_as_corners(np.array(corners))


class RMSProp(LessonScene):
    """one rate misfits → running averages as squares → division → equal steps → own rates."""

    def construct(self) -> None:
        self.top, self.below = self.regions.side.split(0.36, 0.64, gap=0.25)
        self.map = self.plot(*VALLEY_WINDOW, y_name="$y$")
        self.lines = contours_below(self.map, VALLEY, VALLEY_LEVELS)
        self.run = valley_run("rmsprop", 60)
        self.clock = ValueTracker(0.0)
        self.one_rate_for_both()
        self.compare_the_gradients()
        self.average_the_squares()
        self.divide()
        self.even_out()
        self.take_the_first_step()
        self.walk_with_own_rates()
        self.forget()
        self.wobble()

    def one_rate_for_both(self) -> None:
        hessian = VALLEY.hessian()([0, 0])
        clock = ValueTracker(0.0)
        left, right = self.regions.content.columns(1, 1, gap=0.8)
        slopes = VGroup()
        for region, curvature, name in (
            (left, hessian[1, 1], "on-y"),
            (right, hessian[0, 0], "on-x"),
        ):
            slopes.add(self.slope(region, quadratic([curvature]), name, clock))
        eta = self.label("eta", value=ONE_RATE, size=theme.FORMULA)
        self.regions.title.place(eta, across=1.0)
        with self.beat("one-rate-misfits") as beat:
            self.play(Write(self.heading()), FadeIn(slopes), run_time=1.0)
            self.play(
                clock.animate(rate_func=linear).set_value(3),
                FadeIn(eta),
                run_time=beat.to("one-eta"),
            )
            self.play(clock.animate(rate_func=linear).set_value(8), run_time=beat.remaining)
        self.slopes = VGroup(slopes, eta)

    def slope(self, region: Region, f: Function, name: str, clock: ValueTracker) -> VGroup:
        """A parabola, and GD's steps on it with the one rate."""
        heading, room = region.split(0.14, 0.86)
        title = heading.place(self.label(name))
        plot = Plot((-2.3, 2.3), (0, 10), room, x_name="", y_name="$loss(L)$", numbers=False)
        points = trajectory(f, [-2.0], optimizer("SGD", lr=ONE_RATE), 8).points[:, 0]
        walk = Walk(plot, np.column_stack([points, f(points)]), clock.get_value, theme.GRADIENT)
        return VGroup(title, plot.axes, plot.names, plot.curve(f, theme.LOSS), walk)

    def compare_the_gradients(self) -> None:
        self.walk = Walk(self.map, self.run.points, self.clock.get_value, theme.SCALE)
        start, gradient = np.array(VALLEY_START), self.run.gradients[0]
        self.gradient = self.label("gradient", x=gradient[0], y=gradient[1], size=theme.FORMULA)
        self.top.place(self.gradient, up=0.6)
        parts, self.roots = np.abs(gradient), np.sqrt(self.run.state["square_avg"][1])
        self.bars = DividedBars(self, self.below.split(0.85, 0.15)[0], parts, self.roots)
        tip = start + SHORT * gradient
        uphill = self.arrow(start, tip, theme.GRADIENT)
        corner = np.array([tip[0], start[1]])
        ends = [(self.map.at(*a), self.map.at(*b)) for a, b in ((start, corner), (corner, tip))]
        legs = VGroup(*(rod(*pair) for pair in ends))
        times = self.label("times", ratio=gradient[1] / gradient[0], size=theme.FORMULA)
        times.set_color(theme.GRADIENT).next_to(self.bars.chart.at(1.5, 4), RIGHT, buff=0.0)
        with self.beat("unequal-gradient") as beat:
            self.play(FadeOut(self.slopes), FadeIn(self.map.frame, self.lines), run_time=0.8)
            self.play(FadeIn(self.walk), run_time=0.4)
            self.play(Create(uphill), Write(self.gradient), run_time=1.2)
            self.play(
                *(GrowFromPoint(leg, end) for leg, (end, _) in zip(legs, ends, strict=True)),
                FadeIn(self.bars.ground),
                run_time=0.7,
            )
            self.play(*map(TransformFromCopy, legs, self.bars.bars), run_time=beat.to("eight"))
            self.play(Write(times), Indicate(self.gradient.part("y")), run_time=0.9)
        self.uphill = VGroup(uphill, legs, times)

    def average_the_squares(self) -> None:
        self.rule = self.label("rule-s", size=theme.BODY)
        self.top.place(self.rule, across=0.0, up=0.7)
        self.earliest = 1e-3  # step that the squares go back to
        regions = self.below.columns(0.34, 0.66)
        squares = VGroup(*(self.square(region, axis) for axis, region in enumerate(regions)))
        old = (self.gradient, self.bars.ground, self.bars.bars, self.uphill)
        with self.beat("running-average") as beat:
            self.play(FadeOut(*old), FadeIn(squares), run_time=0.7)
            self.play(self.ticks(1, 0.6 * beat.to("formula")))
            self.play(self.ticks(3, beat.to("formula")))
            self.play(Write(self.rule), self.ticks(6, 0.6 * beat.remaining))
            self.play(Indicate(self.rule.part("square")), self.ticks(10, beat.remaining))
        self.squares = squares

    def square(self, region: Region, axis: int) -> VGroup:
        """The square of the step's gradient part, and the average that goes after its area."""
        averages = self.run.state["square_avg"][:, axis]
        steps = np.arange(len(averages))

        def step() -> float:
            return max(self.clock.get_value(), self.earliest)

        return average_square(
            self,
            region.point(0.05, 0.2),
            f"s_{'xy'[axis]}",
            average=lambda: float(np.interp(step(), steps, averages)),
            newest=lambda: float(self.run.gradients[int(np.ceil(step())) - 1, axis]) ** 2,
        )

    def divide(self) -> None:
        self.update = self.label("rule-w", size=theme.BODY)
        self.update.next_to(self.rule, DOWN, buff=0.3, aligned_edge=LEFT)
        root = self.update.part("root")
        rest = VGroup(*(glyph for glyph in self.update if glyph not in set(root)))
        with self.beat("divide") as beat:
            self.earliest = 1.0  # the walker goes back to the start, the squares to what it saw
            self.play(self.clock.animate.set_value(0), run_time=0.5 * beat.to("formula-step"))
            self.root = side = self.side_of(self.squares[1][0])
            self.play(Create(side[0]), FadeIn(side[1]), run_time=beat.to("formula-step"))
            self.play(FadeIn(rest), run_time=0.9)
            self.play(TransformFromCopy(side[1], root), run_time=1.2)
            self.add(self.update)
            self.play(Indicate(self.update.part("ratio"), color=theme.SCALE), run_time=0.9)

    def side_of(self, square: VMobject) -> VGroup:
        """The side of the average's square is its root."""
        low, high = square.get_corner(DOWN + RIGHT), square.get_corner(UP + RIGHT)
        side = Line(low, high).set_stroke(theme.SCALE, 1.4 * theme.BOLD)
        return VGroup(side, self.formula("scale(sqrt(s))", size=theme.BODY).next_to(side, RIGHT))

    def even_out(self) -> None:
        bars = self.bars
        by, chart = bars.divisors, bars.chart
        size = float(abs(self.run.gradients[0, 0]) / self.roots[0])
        level = DashedLine(chart.at(-0.6, size), chart.at(1.6, size), color=theme.INK)
        value = self.formula(
            r"gradient(g) \/ scale(sqrt(s)) approx #v", v=round(size, 2), size=theme.BODY
        ).next_to(level, RIGHT, buff=0.15)
        with self.beat("evens-out") as beat:
            self.play(
                FadeOut(self.squares, self.root), FadeIn(bars.ground, bars.bars), run_time=0.6
            )
            self.play(FadeIn(by[1]), run_time=0.4)
            self.play(bars.shares[1].animate.set_value(1), run_time=beat.to("small"))
            self.play(FadeIn(by[0]), run_time=0.4)
            self.play(bars.shares[0].animate.set_value(1), run_time=beat.to("equal"))
            self.play(Create(level), Write(value), run_time=1.0)
        self.even = VGroup(bars.ground, bars.bars, by, level, value)

    def take_the_first_step(self) -> None:
        large = trajectory(VALLEY, VALLEY_START, optimizer("RMSprop", lr=LARGE, alpha=ALPHA), 1)
        start, end = large.points
        step = self.arrow(start, end, theme.SCALE)
        corner = np.array([end[0], start[1]])
        legs = VGroup(
            Line(self.map.at(*start), self.map.at(*corner), stroke_color=theme.INPUT),
            Line(self.map.at(*corner), self.map.at(*end), stroke_color=theme.INPUT),
        ).set_stroke(width=theme.STROKE)
        size = round(float((end - start)[0]) / LARGE, 2)
        names = VGroup(*(self.label("step-size", size=theme.BODY, times=size) for _ in legs))
        names[0].next_to(legs[0], DOWN, buff=0.15).align_to(legs[0], LEFT)
        names[1].next_to(legs[1], RIGHT, buff=0.2)
        for name in names:
            name.add_background_rectangle(theme.BACKGROUND, opacity=0.85, buff=0.06)
        pull = self.run.gradients[0]
        was = self.label("gradient", x=pull[0], y=pull[1], size=theme.BODY)
        was.next_to(self.map.at(*start), UP, buff=2.2).align_to(self.map.at(-5.8, 0), LEFT)
        was.add_background_rectangle(theme.BACKGROUND, opacity=0.85, buff=0.06)
        with self.beat("first-step") as beat:
            self.play(Create(legs), run_time=1.0)
            self.play(FadeIn(names), run_time=0.5)
            self.play(Create(step), run_time=0.5 * beat.to("either"))
            beat.until("either")
            self.play(FadeIn(was), run_time=0.5)
            self.play(Indicate(was.part("x")), run_time=0.7)
            self.play(Indicate(was.part("y")), run_time=0.7)
        self.first = VGroup(legs, names, step, was)

    def walk_with_own_rates(self) -> None:
        plain = valley_run("gd", 20)
        zigzag = Walk(self.map, plain.points, lambda: 20.0, theme.GRADIENT).fade(0.6)
        whose = self.label("gd", size=theme.SMALL).next_to(self.map.at(*plain.points[1]), UP)
        whose.add_background_rectangle(theme.BACKGROUND, opacity=0.85, buff=0.06)
        heading = self.label("own", color=theme.MUTED)
        rates = (
            self.readout(
                self.formula(rf"eta \/ scale(sqrt(s_{'xy'[axis]})) =", size=theme.BODY),
                self.rate(axis),
                places=3,
            )
            for axis in (0, 1)
        )
        column = VGroup(heading, *rates).arrange(DOWN, aligned_edge=LEFT, buff=0.4)
        self.below.place(column, across=0.0, up=0.7)
        with self.beat("own-rate") as beat:
            self.play(FadeOut(self.first, self.even), FadeIn(zigzag, whose, column), run_time=0.7)
            self.play(self.ticks(16, beat.to("adapting")))
            self.play(self.ticks(36, beat.to("stable")))
            self.play(self.ticks(60, beat.remaining))
        self.late = VGroup(zigzag, whose, column, self.rule, self.update)

    def rate(self, axis: int) -> Callable[[], float]:
        """What the learning rate has become for one weight, at the walker's step."""
        averages = self.run.state["square_avg"][:, axis]
        steps = np.arange(len(averages))
        return lambda: float(
            RATE / np.sqrt(np.interp(max(self.clock.get_value(), 1.0), steps, averages))
        )

    def forget(self) -> None:
        left, right, _ = self.regions.content.columns(0.45, 0.52, 0.03, gap=0.4)
        grown = ValueTracker(0.0)
        ends = [self.label(n, size=theme.SMALL, color=theme.MUTED) for n in ("newest", "oldest")]
        heading, room = left.split(0.14, 0.86)
        title = heading.place(self.label("weights", size=theme.SMALL), across=0.0)
        weights = VGroup(title, fading_weights(room, ALPHA, AGES, grown.get_value, *ends))
        heading, room = right.split(0.14, 0.86)
        title = heading.place(self.label("length", size=theme.SMALL), across=0.1)
        plot, curves = step_lengths(room, ALPHA, self.script.label("steps"))
        names = VGroup(
            *(
                self.label(name, size=theme.SMALL).next_to(
                    curve.point_from_proportion(0.7), UP, buff=0.2
                )
                for name, curve in zip(("forgetting", "remembering"), curves, strict=True)
            )
        )
        plot = VGroup(plot, title)
        gone = (self.late, self.map.frame, self.lines, self.walk)
        with self.beat("forgets") as beat:
            self.play(FadeOut(*gone), FadeIn(weights), run_time=0.6)
            self.play(
                grown.animate(rate_func=linear).set_value(AGES),
                FadeIn(plot),
                run_time=beat.to("not-shrinking"),
            )
            self.play(Create(curves[1]), FadeIn(names[1]), run_time=0.45 * beat.remaining)
            self.play(Create(curves[0]), FadeIn(names[0]), run_time=0.7 * beat.remaining)
        self.charts = VGroup(weights, plot, curves, names)

    def wobble(self) -> None:
        before, steady = 200, 14
        make = decaying(optimizer("RMSprop", lr=LARGE, alpha=ALPHA), 0.9, after=before + steady)
        run = trajectory(VALLEY, VALLEY_START, make, before + 3 * steady)
        near = self.plot(NEAR_X, NEAR_Y, y_name="$y$")
        lines = contours_below(near, VALLEY, NEAR_LEVELS)
        clock = ValueTracker(0.0)
        walk = Walk(near, run.points[before:], clock.get_value, theme.SCALE)
        rate = self.label("constant", size=theme.FORMULA)
        falling = self.label("falling", size=theme.FORMULA)
        for text in (rate, falling):
            self.top.place(text, across=0.0, up=0.8)
        loss = self.readout(
            self.formula("loss(L =)"),
            lambda: float(
                np.interp(before + clock.get_value(), np.arange(len(run.values)), run.values)
            ),
            places=3,
            size=theme.FORMULA,
            color=theme.LOSS,
        )
        self.below.place(loss, across=0.0, up=0.9)
        with self.beat("wobble") as beat:
            self.play(FadeOut(self.charts), FadeIn(near.frame, lines), run_time=0.6)
            self.play(FadeIn(walk, rate, loss), run_time=0.4)
            beat.until("swings")
            self.play(clock.animate(rate_func=linear).set_value(steady), run_time=beat.to("decay"))
            self.play(ReplacementTransform(rate, falling), run_time=0.5)
            self.play(
                clock.animate(rate_func=linear).set_value(3 * steady), run_time=beat.remaining
            )

    # -- small pieces ------------------------------------------------------------------------

    def ticks(self, step: float, seconds: float) -> object:
        return self.clock.animate(rate_func=linear, run_time=seconds).set_value(step)

    def arrow(self, start: np.ndarray, end: np.ndarray, color: str) -> Arrow:
        return Arrow(
            self.map.at(*start), self.map.at(*end), buff=0, color=color, tip_length=0.2
        ).set_stroke(width=theme.STROKE)
