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
    Indicate,
    Line,
    ReplacementTransform,
    Square,
    ValueTracker,
    VGroup,
    VMobject,
    Write,
    linear,
)

from lessonkit.stage import LessonScene, Plot, Region, theme
from mathcore import decaying, function, optimizer, quadratic, ravine, trajectory
from scenes.descent import Walk, contours, live_bar

VALLEY = ravine(20)
START = (-5.0, -2.0)
X, Y = (-6.0, 2.0, 2.0), (-3.2, 3.2)
LEVELS = (0.1, 0.5, 1.3, 2.5, 4.5, 7.5, 11.5, 16.5)
NEAR_X, NEAR_Y = (-0.6, 0.6, 0.2), (-0.4, 0.4, 0.2)
NEAR_LEVELS = (0.004, 0.016, 0.04, 0.084, 0.15, 0.24)
ALPHA = 0.9
ONE_RATE = 0.45  # too large for the steep slope, too small for the gentle one
RATE, LARGE = 0.1, 0.4
AGES = 12
SIDE = 0.42  # frame units that a square root of s = 1 is drawn long


class RMSProp(LessonScene):
    """one rate misfits → running averages as squares → division → equal steps → own rates."""

    def construct(self) -> None:
        self.top, self.below = self.regions.side.split(0.36, 0.64, gap=0.25)
        self.map = self.plot(X, Y, y_name="$y$")
        self.lines = contours(self.map, VALLEY, LEVELS)
        self.run = trajectory(VALLEY, START, optimizer("RMSprop", lr=RATE, alpha=ALPHA), 60)
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

    def slope(self, region: Region, f: object, name: str, clock: ValueTracker) -> VGroup:
        """A parabola, and GD's steps on it with the one rate."""
        heading, room = region.split(0.14, 0.86)
        title = heading.place(self.label(name))
        plot = Plot((-2.3, 2.3), (0, 10), room, x_name="", y_name="$loss(L)$", numbers=False)
        points = trajectory(f, [-2.0], optimizer("SGD", lr=ONE_RATE), 8).points[:, 0]
        walk = Walk(plot, np.column_stack([points, f(points)]), clock.get_value, theme.GRADIENT)
        return VGroup(title, plot.axes, plot.names, plot.curve(f, theme.LOSS), walk)

    def compare_the_gradients(self) -> None:
        self.walk = Walk(self.map, self.run.points, self.clock.get_value, theme.SCALE)
        gradient = self.run.gradients[0]
        self.gradient = self.label("gradient", x=gradient[0], y=gradient[1], size=theme.FORMULA)
        self.top.place(self.gradient, up=0.6)
        self.sizes = [ValueTracker(0.0), ValueTracker(0.0)]
        self.bars = self.two_bars(self.below.split(0.85, 0.15)[0])
        downhill = self.arrow(START, np.array(START) - 0.3 * gradient, theme.GRADIENT)
        times = self.label("times", ratio=gradient[1] / gradient[0], size=theme.FORMULA)
        times.set_color(theme.GRADIENT).next_to(self.bars[1], RIGHT, buff=0.3)
        with self.beat("unequal-gradient") as beat:
            self.play(FadeOut(self.slopes), FadeIn(self.map.frame, self.lines), run_time=0.8)
            self.play(FadeIn(self.walk), run_time=0.4)
            self.play(Create(downhill), Write(self.gradient), run_time=1.4)
            self.play(FadeIn(self.bars), run_time=0.4)
            self.play(
                *(t.animate.set_value(abs(g)) for t, g in zip(self.sizes, gradient, strict=True)),
                run_time=beat.to("eight"),
            )
            times.next_to(self.chart.at(1.5, 4), RIGHT, buff=0.0)
            self.play(Write(times), Indicate(self.gradient.part("y")), run_time=0.9)
        self.downhill, self.times = downhill, times

    def two_bars(self, region: Region) -> VGroup:
        """The sizes of the two parts, side by side."""
        self.chart = Plot((-0.6, 2.4), (0, 9.5, 2), region, x_name="", numbers=False)
        bars = VGroup(
            *(
                live_bar(self.chart, nth, tracker.get_value, theme.GRADIENT)
                for nth, tracker in enumerate(self.sizes)
            )
        )
        names = VGroup(
            *(
                self.formula(f"input({name})", size=theme.BODY).next_to(
                    self.chart.at(nth, 0), DOWN, buff=0.12
                )
                for nth, name in enumerate("xy")
            )
        )
        return VGroup(self.chart.axes[0], bars, names)

    def average_the_squares(self) -> None:
        self.rule = self.label("rule-s", size=theme.BODY)
        self.top.place(self.rule, across=0.0, up=0.7)
        squares = VGroup()
        for axis, region in enumerate(self.below.columns(0.35, 0.65)):
            squares.add(self.square(region, axis))
        with self.beat("running-average") as beat:
            self.play(FadeOut(self.gradient, self.times, self.bars, self.downhill), run_time=0.5)
            self.play(FadeIn(squares), run_time=0.5)
            self.play(self.ticks(1, 0.5 * beat.to("formula")))
            self.play(self.ticks(4, beat.to("formula")))
            self.play(Write(self.rule), self.ticks(9, beat.remaining))
        self.squares = squares

    def square(self, region: Region, axis: int) -> VGroup:
        """A square whose area is the running average of one part's square."""
        averages = self.run.state["square_avg"][:, axis]
        steps = np.arange(len(averages))
        corner = region.point(0.1, 0.22)

        def now() -> float:
            return float(np.interp(self.clock.get_value(), steps, averages))

        def follow(mobject: VMobject) -> None:
            side = SIDE * np.sqrt(now()) + 1e-3
            ends = [(0, 0), (side, 0), (side, side), (0, side), (0, 0)]
            mobject.set_points_as_corners([corner + np.array([*end, 0.0]) for end in ends])

        area = Square(stroke_color=theme.SCALE, stroke_width=theme.THIN)
        area.set_fill(theme.SCALE, 0.35).add_updater(follow, call_updater=True)
        read = self.readout(
            self.formula(f"scale(s_{'xy'[axis]} =)", size=theme.SMALL),
            now,
            size=theme.SMALL,
            color=theme.SCALE,
        )
        read.next_to(corner, DOWN, buff=0.2, aligned_edge=LEFT)
        return VGroup(area, read)

    def divide(self) -> None:
        self.update = self.label("rule-w", size=theme.BODY)
        self.update.next_to(self.rule, DOWN, buff=0.3, aligned_edge=LEFT)
        with self.beat("divide") as beat:
            self.play(self.ticks(14, 0.8 * beat.to("formula-step")))
            beat.until("formula-step")
            rest = [g for g in self.update if g not in set(self.update.part("root"))]
            self.play(FadeIn(VGroup(*rest)), run_time=1.0)
            self.play(
                *(
                    ReplacementTransform(square[0].copy().clear_updaters(), root)
                    for square, root in zip(
                        self.squares, (self.update.part("root"),) * 2, strict=True
                    )
                ),
                run_time=1.2,
            )
            self.add(self.update)
            self.play(Indicate(self.update.part("ratio"), color=theme.SCALE), run_time=0.9)

    def even_out(self) -> None:
        gradient, root = np.abs(self.run.gradients[0]), np.sqrt(self.run.state["square_avg"][1])
        shares = [ValueTracker(0.0), ValueTracker(0.0)]

        def height(nth: int) -> Callable[[], float]:
            share, full = shares[nth], gradient[nth]
            return lambda: float(full / (1 + share.get_value() * (root[nth] - 1)))

        bars = VGroup(*(live_bar(self.chart, n, height(n), theme.GRADIENT) for n in (0, 1)))
        by = VGroup(*(self.divisor(nth, root[nth], height(nth)) for nth in (0, 1)))
        size = gradient[0] / root[0]
        level = DashedLine(self.chart.at(-0.6, size), self.chart.at(1.75, size), color=theme.INK)
        value = self.formula("#v", v=round(size, 2), size=theme.BODY)
        value.next_to(level, RIGHT, buff=0.15)
        with self.beat("evens-out") as beat:
            self.play(FadeOut(self.squares), FadeIn(self.bars[0], self.bars[2], bars), run_time=0.6)
            self.play(FadeIn(by[1]), run_time=0.4)
            self.play(shares[1].animate.set_value(1), run_time=beat.to("small"))
            self.play(FadeIn(by[0]), run_time=0.4)
            self.play(shares[0].animate.set_value(1), run_time=beat.to("equal"))
            self.play(Create(level), Write(value), run_time=1.0)
        self.even = VGroup(self.bars[0], self.bars[2], bars, by, level, value)

    def divisor(self, nth: int, root: float, height: Callable[[], float]) -> VMobject:
        """What a bar is divided by, on top of it."""
        text = self.formula("div scale(#r)", r=round(root, 2), size=theme.SMALL)
        return text.add_updater(
            lambda mobject: mobject.next_to(self.chart.at(nth, height()), UP, buff=0.1),
            call_updater=True,
        )

    def take_the_first_step(self) -> None:
        large = trajectory(VALLEY, START, optimizer("RMSprop", lr=LARGE, alpha=ALPHA), 1)
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
        self.clock.set_value(0.0)
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
        plain = trajectory(VALLEY, START, optimizer("SGD", lr=LARGE), 20)
        zigzag = Walk(self.map, plain.points, lambda: 20.0, theme.GRADIENT).fade(0.6)
        heading = self.label("own", color=theme.MUTED)
        steps = np.arange(len(self.run.points))
        averages = self.run.state["square_avg"]

        def rate(axis: int) -> Callable[[], float]:
            def now() -> float:
                average = np.interp(max(self.clock.get_value(), 1.0), steps, averages[:, axis])
                return float(RATE / np.sqrt(average))

            return now

        rates = VGroup(
            *(
                self.readout(
                    self.formula(rf"eta \/ scale(sqrt(s_{'xy'[axis]})) =", size=theme.BODY),
                    rate(axis),
                    places=3,
                )
                for axis in (0, 1)
            )
        )
        column = VGroup(heading, *rates).arrange(DOWN, aligned_edge=LEFT, buff=0.4)
        self.below.place(column, across=0.0, up=0.7)
        with self.beat("own-rate") as beat:
            self.play(FadeOut(self.first, self.even), FadeIn(zigzag, column), run_time=0.7)
            self.play(self.ticks(16, beat.to("adapting")))
            self.play(self.ticks(36, beat.to("stable")))
            self.play(self.ticks(60, beat.remaining))
        self.late = VGroup(zigzag, column, self.rule, self.update)

    def forget(self) -> None:
        left, right, _ = self.regions.content.columns(0.45, 0.52, 0.03, gap=0.4)
        heading, room = left.split(0.14, 0.86)
        name = heading.place(self.label("weights", size=theme.SMALL), across=0.0)
        chart = Plot((-0.6, AGES - 0.4), (0, 1.1 * (1 - ALPHA)), room, x_name="", numbers=False)
        grown = ValueTracker(0.0)

        def weight(age: int) -> Callable[[], float]:
            full = (1 - ALPHA) * ALPHA**age
            return lambda: float(np.clip(grown.get_value() - age, 0, 1) * full)

        bars = VGroup(*(live_bar(chart, age, weight(age), theme.SCALE) for age in range(AGES)))
        for age, bar in enumerate(bars):
            bar.set_fill(opacity=ALPHA ** (1.5 * age))
        steps = 40
        heading, room = right.split(0.14, 0.86)
        title = heading.place(self.label("length", size=theme.SMALL), across=0.1)
        plot = Plot(
            (0, steps, 10), (0, 3.4, 1), room, x_name=self.script.label("steps"), cross=(0, 0)
        )
        curves, names = VGroup(), VGroup()
        for kind, options, color, label in (
            ("RMSprop", {"alpha": ALPHA}, theme.SCALE, "forgetting"),
            ("Adagrad", {}, theme.GRADIENT, "remembering"),
        ):
            walk = trajectory(function("w"), [0.0], optimizer(kind, lr=1.0, **options), steps)
            lengths = -np.diff(walk.points[:, 0])
            curve = VMobject(stroke_color=color, stroke_width=theme.STROKE)
            curve.set_points_as_corners([plot.at(k + 1, y) for k, y in enumerate(lengths)])
            curves.add(curve)
            text = self.label(label, size=theme.SMALL)
            names.add(text.next_to(plot.at(28, lengths[28]), UP, buff=0.2))
        gone = (self.late, self.map.frame, self.lines, self.walk)
        with self.beat("forgets") as beat:
            self.play(FadeOut(*gone), FadeIn(chart.axes[0], name, bars), run_time=0.6)
            self.play(
                grown.animate(rate_func=linear).set_value(AGES),
                FadeIn(plot.frame, title),
                run_time=beat.to("not-shrinking"),
            )
            self.play(Create(curves[1]), FadeIn(names[1]), run_time=0.45 * beat.remaining)
            self.play(Create(curves[0]), FadeIn(names[0]), run_time=0.7 * beat.remaining)
        self.charts = VGroup(chart.axes[0], name, bars, plot.frame, title, curves, names)

    def wobble(self) -> None:
        before, steady = 200, 14
        make = decaying(optimizer("RMSprop", lr=LARGE, alpha=ALPHA), 0.9, after=before + steady)
        run = trajectory(VALLEY, START, make, before + 3 * steady)
        near = self.plot(NEAR_X, NEAR_Y, y_name="$y$")
        lines = contours(near, VALLEY, NEAR_LEVELS)
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

    def arrow(self, start: object, end: object, color: str) -> Arrow:
        return Arrow(
            self.map.at(*start), self.map.at(*end), buff=0, color=color, tip_length=0.2
        ).set_stroke(width=theme.STROKE)
