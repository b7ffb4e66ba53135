"""Adam: momentum's direction over RMSProp's scale, and both averages corrected at the start."""

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
    Dot,
    FadeIn,
    FadeOut,
    Indicate,
    Line,
    ReplacementTransform,
    Succession,
    SurroundingRectangle,
    TransformFromCopy,
    ValueTracker,
    VGroup,
    VMobject,
    Write,
    linear,
)

from lessonkit.stage import LessonScene, Plot, theme
from mathcore import (
    bias_correction,
    optimizer,
    quadratic,
    ravine,
    trajectory,
)
from scenes.descent import Walk, contours

VALLEY = ravine(20)
START = (-5.0, -2.0)
X, Y = (-6.0, 2.0, 2.0), (-3.2, 3.2)
LEVELS = (0.1, 0.5, 1.3, 2.5, 4.5, 7.5, 11.5, 16.5)
PARABOLA = quadratic([2])
RATE, W = 0.1, 3.0
FAR = 100 * W  # where the gradient is a hundred times as large
STEPS = 40


class Adam(LessonScene):
    """momentum + RMSProp → two averages → both start too small → corrected → a step of η."""

    def construct(self) -> None:
        self.top, self.below = self.regions.side.split(0.45, 0.55, gap=0.25)
        self.run = trajectory(PARABOLA, [W], optimizer("Adam", lr=RATE), STEPS)
        self.parts = bias_correction(self.run)
        self.combine()
        self.average_the_gradient()
        self.average_its_square()
        self.start_at_zero()
        self.correct_the_bias()
        self.put_the_step_together()
        self.step_by_eta()
        self.step_beside_gd()
        self.leave_the_correction_out()
        self.warn()

    def combine(self) -> None:
        self.map = self.plot(X, Y, y_name="$y$")
        self.lines = contours(self.map, VALLEY, LEVELS)
        clock = ValueTracker(0.0)
        walks = VGroup()
        for make, color in (
            (optimizer("SGD", lr=0.6, momentum=0.5), theme.VELOCITY),
            (optimizer("RMSprop", lr=0.1, alpha=0.9), theme.SCALE),
            (optimizer("Adam", lr=0.4), theme.INK),
        ):
            run = trajectory(VALLEY, START, make, 60)
            walks.add(Walk(self.map, run.points, clock.get_value, color))
        name = self.label("adam", size=theme.SMALL)
        self.top.place(name, across=0.0, up=0.9)
        correction = self.label("correction", size=theme.SMALL)
        correction.next_to(name, DOWN, buff=0.35, aligned_edge=LEFT)
        whole = set(name.part("momentum")) | set(name.part("rmsprop"))
        rest = VGroup(*(glyph for glyph in name if glyph not in whole))
        with self.beat("combination") as beat:
            self.play(
                Write(self.heading()), FadeIn(self.map.frame, self.lines, walks[:2]), run_time=0.8
            )
            self.play(
                clock.animate(rate_func=linear).set_value(20),
                Succession(
                    FadeIn(rest), FadeIn(name.part("momentum")), FadeIn(name.part("rmsprop"))
                ),
                run_time=beat.to("correction"),
            )
            clock.set_value(0.0)
            self.play(FadeIn(correction, walks[2]), walks[:2].animate.fade(0.6), run_time=0.5)
            self.play(clock.animate(rate_func=linear).set_value(40), run_time=beat.remaining)
        self.combined = VGroup(self.map.frame, self.lines, walks, name, correction)

    def average_the_gradient(self) -> None:
        upper, lower = self.regions.figure.split(1, 1, gap=0.15)
        step = self.script.label("step")
        low, high = (-1.5, 6.5)
        self.upper = Plot((0, STEPS, 10), (low, high, 2), upper, x_name=step)
        self.lower = Plot((0, STEPS, 10), (0, 40, 10), lower, x_name=step)
        g = self.run.gradients[:, 0]
        self.g = self.series(self.upper, g, theme.GRADIENT)
        self.m = self.series(self.upper, self.parts.m[:, 0], theme.VELOCITY)
        self.g_name = self.formula("gradient(g)", size=theme.BODY)
        self.g_name.next_to(self.upper.at(17, g[17]), DOWN + LEFT, buff=0.1)
        self.m_name = self.formula("velocity(m)", size=theme.BODY)
        self.m_name.next_to(self.upper.at(4, self.parts.m[4, 0]), DOWN + RIGHT, buff=0.1)
        self.rules = VGroup(
            self.label("rule-m", size=theme.BODY), self.label("rule-v", size=theme.BODY)
        ).arrange(DOWN, aligned_edge=LEFT, buff=0.3)
        self.top.place(self.rules, across=0.0, up=1.0)
        with self.beat("first-average") as beat:
            self.play(FadeOut(self.combined), FadeIn(self.upper.frame), run_time=0.7)
            self.play(
                Create(self.g, rate_func=linear),
                FadeIn(self.g_name),
                run_time=0.8 * beat.to("m-formula"),
            )
            beat.until("m-formula")
            self.play(Write(self.rules[0]), run_time=0.35 * beat.remaining)
            self.play(
                Create(self.m, rate_func=linear), FadeIn(self.m_name), run_time=beat.remaining
            )

    def average_its_square(self) -> None:
        squares = self.run.gradients[:, 0] ** 2
        self.g2 = self.series(self.lower, squares, theme.GRADIENT)
        self.v = self.series(self.lower, self.parts.v[:, 0], theme.SCALE)
        self.g2_name = self.formula("gradient(g)^2", size=theme.BODY)
        self.g2_name.next_to(self.lower.at(11, squares[11]), DOWN + LEFT, buff=0.1)
        self.v_name = self.formula("scale(v)", size=theme.BODY)
        self.v_name.next_to(self.lower.at(33, 0), UP, buff=0.15)
        with self.beat("second-average") as beat:
            self.play(FadeIn(self.lower.frame), run_time=0.5)
            self.play(
                Create(self.g2, rate_func=linear),
                FadeIn(self.g2_name),
                run_time=0.8 * beat.to("v-formula"),
            )
            beat.until("v-formula")
            self.play(Write(self.rules[1]), run_time=0.35 * beat.remaining)
            self.play(
                Create(self.v, rate_func=linear), FadeIn(self.v_name), run_time=beat.remaining
            )

    def start_at_zero(self) -> None:
        one, two = self.run.options["betas"]
        betas = self.label("betas", one=one, two=two)
        self.t = ValueTracker(0.0)
        rows = VGroup(
            self.readout(self.label("step"), self.t.get_value, places=0),
            self.reading("velocity(m =)", self.parts.m, theme.VELOCITY, 2),
            self.reading("scale(v =)", self.parts.v, theme.SCALE, 3),
        ).arrange(DOWN, aligned_edge=LEFT, buff=0.25)
        column = VGroup(betas, rows).arrange(DOWN, aligned_edge=LEFT, buff=0.35)
        self.below.place(column, across=0.0, up=0.9)
        self.gaps = VGroup(
            self.gap(self.upper, self.run.gradients[:, 0], self.parts.m[:, 0]),
            self.gap(self.lower, self.run.gradients[:, 0] ** 2, self.parts.v[:, 0]),
        )
        with self.beat("start-at-zero") as beat:
            self.play(Write(betas), run_time=0.7 * beat.to("lag"))
            beat.until("lag")
            self.play(FadeIn(rows, self.gaps), run_time=0.6)
            self.play(self.t.animate(rate_func=linear).set_value(6), run_time=0.8 * beat.remaining)
        self.column = column

    def correct_the_bias(self) -> None:
        hats = VGroup(
            self.series(self.upper, self.parts.m_hat[:, 0], theme.VELOCITY, first=1),
            self.series(self.lower, self.parts.v_hat[:, 0], theme.SCALE, first=1),
        ).set_stroke(width=theme.BOLD)
        names = VGroup(
            self.formula("velocity(hat(m))", size=theme.BODY).next_to(
                self.upper.at(30, self.parts.m_hat[30, 0]), UP + RIGHT, buff=0.1
            ),
            self.formula("scale(hat(v))", size=theme.BODY).next_to(
                self.lower.at(24, self.parts.v_hat[24, 0]), UP + RIGHT, buff=0.1
            ),
        )
        self.hats = VGroup(self.label("m-hat"), self.label("v-hat")).arrange(
            DOWN, aligned_edge=LEFT, buff=0.25
        )
        self.top.place(self.hats, across=0.0, up=1.0)
        self.t.set_value(1.0)
        factors = VGroup(
            self.readout(self.label("step"), self.t.get_value, places=0),
            self.factor("factor-m", self.parts.factor_m, theme.VELOCITY, 2),
            self.factor("factor-v", self.parts.factor_v, theme.SCALE, 1),
        ).arrange(DOWN, aligned_edge=LEFT, buff=0.35)
        self.below.place(factors, across=0.0, up=0.8)
        with self.beat("bias-correction") as beat:
            self.play(
                FadeOut(self.column, self.gaps),
                FadeIn(factors, names[0]),
                ReplacementTransform(self.rules[0], self.hats[0]),
                FadeOut(self.rules[1]),
                run_time=0.8,
            )
            self.play(TransformFromCopy(self.m, hats[0]), run_time=0.5 * beat.to("v-hat"))
            beat.until("v-hat")
            self.play(FadeIn(self.hats[1], names[1]), run_time=0.5)
            self.play(TransformFromCopy(self.v, hats[1]), run_time=0.4 * beat.remaining)
            self.play(self.t.animate(rate_func=linear).set_value(STEPS), run_time=beat.remaining)
        self.charts = VGroup(
            self.upper.frame, self.lower.frame, self.g, self.m, self.g2, self.v, hats, names,
            self.g_name, self.m_name, self.g2_name, self.v_name, factors,
        )  # fmt: skip

    def put_the_step_together(self) -> None:
        rule = self.label("rule-w", size=theme.TITLE)
        self.regions.content.place(rule, across=0.15, up=0.8)
        direction, scale = rule.part("direction"), rule.part("scale")
        pieces = {*direction, *scale}
        rest = VGroup(*(glyph for glyph in rule if glyph not in pieces))
        with self.beat("step") as beat:
            self.play(FadeOut(self.charts), FadeIn(rest), run_time=0.6 * beat.to("direction"))
            beat.until("direction")
            self.play(ReplacementTransform(self.hats[0], direction), run_time=beat.to("scale"))
            self.play(ReplacementTransform(self.hats[1], scale), run_time=1.0)
            self.add(rule)
        self.rule = rule

    def step_by_eta(self) -> None:
        _, *rows = self.regions.content.split(0.44, 0.28, 0.28, gap=0.1)
        groups = []
        for region, start in zip(rows, (W, FAR), strict=True):
            run = trajectory(PARABOLA, [start], optimizer("Adam", lr=RATE), 1)
            parts = bias_correction(run)
            left, right = region.columns(0.55, 0.45, gap=0.4)
            text = self.label(
                "size",
                g=run.gradients[0, 0],
                m=parts.m_hat[1, 0],
                r=np.sqrt(parts.v_hat[1, 0]),
                size=theme.BODY,
            )
            left.place(text, across=0.0)
            step = abs(float(np.diff(run.points[:, 0])[0]))
            arrow = Arrow(
                right.point(0.7, 0.35),
                right.point(0.7, 0.35) + LEFT * 25 * step,
                buff=0,
                color=theme.INK,
            )
            walked = self.label("walked", step=round(step, 6), size=theme.SMALL)
            walked.next_to(arrow, UP, buff=0.12)
            groups.append(VGroup(text, arrow, walked))
        with self.beat("first-step-size") as beat:
            middle = self.regions.content.point(0.5, 0.8)
            self.play(
                self.rule.animate.scale(0.75).move_to(middle),
                FadeIn(groups[0][0]),
                run_time=1.0,
            )
            self.play(Indicate(groups[0][0]), run_time=0.6 * beat.to("about-eta"))
            beat.until("about-eta")
            self.play(Create(groups[0][1]), FadeIn(groups[0][2]), run_time=1.0)
            beat.until("any-size")
            self.play(FadeIn(groups[1][0]), run_time=0.6)
            self.play(Create(groups[1][1]), FadeIn(groups[1][2]), run_time=1.0)
            self.play(*(Indicate(group[1], color=theme.INK) for group in groups), run_time=0.8)
        self.rows = VGroup(*groups)

    def step_beside_gd(self) -> None:
        plot = self.plot(x=(-0.5, 3.6), y=(0, 11, 2), x_name="$input(w)$", y_name="$loss(L)$")
        curve = plot.curve(PARABOLA, theme.LOSS)
        gd = trajectory(PARABOLA, [W], optimizer("SGD", lr=RATE), 1)
        clocks = [ValueTracker(0.0), ValueTracker(0.0)]
        balls, texts = VGroup(), VGroup()
        for run, clock, color, name in (
            (gd, clocks[0], theme.GRADIENT, "gd-step"),
            (self.run, clocks[1], theme.INK, "adam-step"),
        ):
            balls.add(plot.dot(self.on_its_way(run.points[:2, 0], clock), color))
            texts.add(self.label(name, far=abs(round(run.points[1, 0] - W, 6)), size=theme.FORMULA))
        texts.arrange(DOWN, aligned_edge=LEFT, buff=0.5)
        self.below.place(texts, across=0.0, up=1.0)
        given = self.formula("input(w = #w), quad eta = #lr", w=W, lr=RATE, size=theme.BODY)
        self.top.place(given, across=0.0, up=0.6)
        with self.beat("against-gd") as beat:
            self.play(FadeOut(self.rule, self.rows), FadeIn(plot.frame), run_time=0.6)
            self.play(Create(curve), FadeIn(given), run_time=0.5 * beat.to("gd"))
            self.play(FadeIn(balls), run_time=0.4)
            beat.until("gd")
            self.play(clocks[0].animate.set_value(1), FadeIn(texts[0]), run_time=1.2)
            beat.until("adam")
            self.play(clocks[1].animate.set_value(1), FadeIn(texts[1]), run_time=1.2)
        self.race = VGroup(plot.frame, curve, balls, texts, given)

    def on_its_way(
        self, ends: np.ndarray, share: ValueTracker
    ) -> Callable[[], tuple[float, float]]:
        """A place on the parabola between two iterates."""

        def place() -> tuple[float, float]:
            w = float(np.interp(share.get_value(), (0, 1), ends))
            return w, PARABOLA(w)

        return place

    def leave_the_correction_out(self) -> None:
        m, v = self.parts.m[1, 0], self.parts.v[1, 0]
        ratio = m / np.sqrt(v)
        corrected = self.parts.m_hat[1, 0] / np.sqrt(self.parts.v_hat[1, 0])
        upper, lower = self.regions.content.split(1, 1, gap=0.2)
        rows = VGroup()
        for region, name, times, color in (
            (upper, "with", corrected, theme.INK),
            (lower, "without", ratio, theme.WRONG),
        ):
            heading, room = region.split(0.35, 0.65)
            text = heading.place(self.label(name, ratio=round(times, 2)), across=0.0)
            start = room.point(0.95, 0.6)
            arrow = Arrow(start, start + LEFT * 3.6 * times, buff=0, color=color)
            many = "eta" if np.isclose(times, 1, atol=0.005) else "#t eta"
            size = self.formula(many, t=round(times, 2), size=theme.BODY, color=color)
            size.next_to(arrow, DOWN, buff=0.2)
            rows.add(VGroup(text, arrow, size))
        with self.beat("without-correction") as beat:
            self.play(FadeOut(self.race), FadeIn(rows[0][0]), run_time=0.6)
            self.play(Create(rows[0][1]), FadeIn(rows[0][2]), run_time=0.8)
            self.play(FadeIn(rows[1][0]), run_time=0.6)
            beat.until("too-long")
            self.play(Create(rows[1][1]), run_time=1.4)
            self.play(FadeIn(rows[1][2]), run_time=0.5)
            self.play(Indicate(rows[1][2], color=theme.WRONG), run_time=0.8)
        self.ghosts = rows

    def warn(self) -> None:
        clock = ValueTracker(0.0)
        run = trajectory(VALLEY, START, optimizer("Adam", lr=0.4), 60)
        walk = Walk(self.map, run.points, clock.get_value, theme.INK)
        caution = self.label("caution", size=theme.FORMULA, color=theme.WRONG)
        box = SurroundingRectangle(caution, color=theme.WRONG, buff=0.3, corner_radius=0.15)
        self.top.place(VGroup(box, caution), across=0.0, up=0.8)
        teaser = self.label("next", width=self.regions.side.width)
        entrants = VGroup(
            *(
                VGroup(Dot(radius=theme.DOT, color=color), self.label(name)).arrange(
                    RIGHT, buff=0.2
                )
                for name, color in (
                    ("gd", theme.GRADIENT),
                    ("momentum", theme.VELOCITY),
                    ("rmsprop", theme.SCALE),
                    ("alone", theme.INK),
                )
            )
        ).arrange_in_grid(2, buff=(0.6, 0.3), cell_alignment=LEFT)
        column = VGroup(teaser, entrants).arrange(DOWN, aligned_edge=LEFT, buff=0.3)
        self.below.place(column, across=0.0, up=0.9)
        with self.beat("popular-not-universal") as beat:
            self.play(FadeOut(self.ghosts), FadeIn(self.map.frame, self.lines, walk), run_time=0.7)
            self.play(clock.animate(rate_func=linear).set_value(60), run_time=beat.to("caution"))
            self.play(Create(box), FadeIn(caution), run_time=0.8)
            self.play(FadeIn(teaser), run_time=0.5)
            self.play(FadeIn(entrants), run_time=0.6)

    # -- small pieces ------------------------------------------------------------------------

    def series(self, plot: Plot, values: np.ndarray, color: str, first: int = 0) -> VMobject:
        """Values step by step, from step `first` on."""
        line = VMobject(stroke_color=color, stroke_width=theme.STROKE)
        points = [plot.at(k, value) for k, value in enumerate(values)]
        return line.set_points_as_corners(points[first:])

    def gap(self, plot: Plot, above: np.ndarray, below: np.ndarray) -> Line:
        """What an average lacks at the step of the clock."""
        steps = np.arange(len(above))

        def ends() -> tuple[tuple[float, float], tuple[float, float]]:
            t = max(self.t.get_value(), 1.0)
            return (t, float(np.interp(t, steps, below))), (t, float(np.interp(t, steps, above)))

        return plot.live_segment(ends, theme.INK)

    def reading(self, markup: str, values: np.ndarray, color: str, places: int) -> VGroup:
        """A label with the value of a column at the clock's step."""
        return self.follow(self.formula(markup, size=theme.BODY), values[:, 0], color, places)

    def factor(self, name: str, values: np.ndarray, color: str, places: int) -> VGroup:
        return self.follow(self.label(name), values, color, places)

    def follow(self, label: VMobject, values: np.ndarray, color: str, places: int) -> VGroup:
        return self.readout(
            label, lambda: float(values[round(self.t.get_value())]), places=places, color=color
        )
