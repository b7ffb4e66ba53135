"""Adam: momentum's direction over RMSProp's scale, and both averages corrected at the start."""

from __future__ import annotations

import numpy as np
from manim import (
    DOWN,
    LEFT,
    UP,
    Arrow,
    Create,
    DashedLine,
    FadeIn,
    FadeOut,
    GrowFromEdge,
    Indicate,
    Rectangle,
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

from lessonkit.stage import BeatClock, LessonScene, Region, theme
from mathcore import bias_correction, optimizer, quadratic, trajectory
from scenes.averages import STEPS, Average
from scenes.descent import (
    COLORS,
    VALLEY,
    VALLEY_LEVELS,
    VALLEY_WINDOW,
    Walk,
    contours_below,
    entrant,
    live_series,
    valley_run,
)

PARABOLA = quadratic([2])
RATE, W = 0.1, 3.0
FAR = 100 * W  # where the gradient is a hundred times as large
NEAR = (1.9, 3.35, 0.2)  # weights round the first steps
SHORT_TOO = {"max_tip_length_to_length_ratio": 0.4, "max_stroke_width_to_length_ratio": 20}
LANES = {"gd": 5.0, "adam": 4.2, "without": 3.5}  # heights at which those steps are drawn


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
        self.map = self.plot(*VALLEY_WINDOW, y_name="$y$")
        self.lines = contours_below(self.map, VALLEY, VALLEY_LEVELS)
        clock = ValueTracker(0.0)
        walks = VGroup(
            *(
                Walk(self.map, valley_run(name, 60).points, clock.get_value, COLORS[name])
                for name in ("momentum", "rmsprop", "adam")
            )
        )
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
        left, right, _ = self.regions.content.columns(0.49, 0.49, 0.02, gap=0.5)
        g, parts, step = self.run.gradients[:, 0], self.parts, self.script.label("step")
        self.first = Average(left, g, parts.m[:, 0], parts.m_hat[:, 0], theme.VELOCITY, step)
        self.first.write(self, "g", "velocity(m)", self.label("rule-m"), self.label("m-hat"), at=9)
        self.second = Average(right, g**2, parts.v[:, 0], parts.v_hat[:, 0], theme.SCALE, step)
        self.second.write(self, "g^2", "scale(v)", self.label("rule-v"), self.label("v-hat"), at=13)
        with self.beat("first-average") as beat:
            self.play(FadeOut(self.combined), FadeIn(self.first.plot.frame), run_time=0.7)
            self.play_average(self.first, beat, "m-formula")

    def average_its_square(self) -> None:
        with self.beat("second-average") as beat:
            self.play(FadeIn(self.second.plot.frame), run_time=0.5)
            self.play_average(self.second, beat, "v-formula")

    def play_average(self, average: Average, beat: BeatClock, mark: str) -> None:
        """What is averaged, then the average, which goes after it step by step."""
        clock = ValueTracker(0.0)
        line = live_series(average.plot, average.values, clock.get_value, average.color)
        gap = average.gap(clock)
        self.play(
            Create(average.source, rate_func=linear),
            FadeIn(average.source_name),
            run_time=0.8 * beat.to(mark),
        )
        beat.until(mark)
        self.play(Write(average.rule), run_time=0.3 * beat.remaining)
        self.add(line)
        self.play(FadeIn(gap, average.name), run_time=0.3)
        for step, share in ((5, 0.5), (STEPS, 0.85)):
            self.play(
                clock.animate(rate_func=linear).set_value(step), run_time=share * beat.remaining
            )
        self.play(FadeOut(gap), run_time=beat.remaining)
        self.remove(line)
        self.add(average.line)

    def start_at_zero(self) -> None:
        one, two = self.run.options["betas"]
        self.t = ValueTracker(1.0)
        self.step = self.readout(self.label("step"), self.t.get_value, places=0)
        self.first.heading.place(self.step, across=0.9)
        betas = VGroup(
            self.first.note(self.formula("velocity(beta_1 = #b)", b=one, size=theme.BODY)),
            self.second.note(self.formula("scale(beta_2 = #b)", b=two, size=theme.BODY)),
        )
        reads = VGroup(
            self.first.note(self.at_step("velocity(m =)", self.first, 2), below=betas[0]),
            self.second.note(self.at_step("scale(v =)", self.second, 3), below=betas[1]),
        )
        gaps = VGroup(self.first.gap(self.t), self.second.gap(self.t))
        with self.beat("start-at-zero") as beat:
            self.play(Write(betas), run_time=0.7 * beat.to("lag"))
            beat.until("lag")
            self.play(FadeIn(self.step, reads, gaps), run_time=0.6)
            self.play(self.t.animate(rate_func=linear).set_value(6), run_time=0.8 * beat.remaining)
        self.lag = VGroup(betas, reads, gaps)

    def at_step(self, name: str, average: Average, places: int) -> VGroup:
        """An average at the clock's step."""
        return self.readout(
            self.formula(name, size=theme.BODY),
            lambda: float(average.values[round(self.t.get_value())]),
            places=places,
            color=average.color,
        )

    def correct_the_bias(self) -> None:
        both = (self.first, self.second)
        factors = [
            average.note(
                self.readout(
                    label,
                    lambda values=values: float(values[round(self.t.get_value())]),
                    places=places,
                    color=average.color,
                )
            )
            for average, label, values, places in (
                (self.first, self.label("factor-m"), self.parts.factor_m, 2),
                (self.second, self.label("factor-v"), self.parts.factor_v, 1),
            )
        ]
        lifts = VGroup(*(average.lift(self.t) for average in both))
        with self.beat("bias-correction") as beat:
            self.play(FadeOut(self.lag), self.t.animate.set_value(1), run_time=0.5)
            self.correct(self.first, factors[0], 0.9 * beat.to("v-hat"))
            beat.until("v-hat")
            self.correct(self.second, factors[1], 0.5 * beat.remaining)
            self.play(FadeIn(lifts), run_time=0.3)
            self.play(self.t.animate(rate_func=linear).set_value(STEPS), run_time=beat.remaining)
        self.charts = VGroup(*(average.chart for average in both), self.step, *factors, lifts)

    def correct(self, average: Average, factor: VMobject, seconds: float) -> None:
        """The rule of the correction, its factor, and the curve that it lifts."""
        swap = ReplacementTransform(average.rule, average.hat_rule)
        self.play(swap, FadeIn(factor), run_time=0.35 * seconds)
        lift = TransformFromCopy(average.line, average.hat)
        self.play(lift, FadeIn(average.hat_name), run_time=0.65 * seconds)

    def put_the_step_together(self) -> None:
        rule = self.label("rule-w", size=theme.TITLE)
        self.regions.content.place(rule, up=0.35)
        direction, scale = rule.part("direction"), rule.part("scale")
        pieces = {*direction, *scale}
        rest = VGroup(*(glyph for glyph in rule if glyph not in pieces))
        names = VGroup(
            self.label("for-direction").next_to(direction, UP, buff=0.3),
            self.label("for-scale").next_to(scale, DOWN, buff=0.35),
        )
        with self.beat("step") as beat:
            self.play(FadeOut(self.charts), FadeIn(rest), run_time=0.6 * beat.to("direction"))
            beat.until("direction")
            self.play(
                ReplacementTransform(self.first.hat_rule, direction),
                FadeIn(names[0]),
                run_time=beat.to("scale"),
            )
            self.play(
                FadeOut(self.second.hat_rule, shift=DOWN),
                FadeIn(scale, names[1], shift=0.3 * UP),
                run_time=1.0,
            )
            self.add(rule)
        self.rule, self.hands = rule, names

    def step_by_eta(self) -> None:
        _, *rows = self.regions.content.split(0.36, 0.32, 0.32, gap=0.1)
        small, large = (self.first_step(*row) for row in zip(rows, (W, FAR), strict=True))
        with self.beat("first-step-size") as beat:
            middle = self.regions.content.point(0.5, 0.85)
            self.play(
                FadeOut(self.hands), self.rule.animate.scale(0.75).move_to(middle), run_time=0.8
            )
            self.play(FadeIn(small[0]), GrowFromEdge(small[1], LEFT), run_time=0.8)
            hint = Indicate(small[0], color=None, scale_factor=1.06)  # it stands at the margin
            self.play(hint, run_time=0.5 * beat.to("about-eta"))
            beat.until("about-eta")
            self.play(Create(small[2]), FadeIn(small[3]), run_time=1.0)
            beat.until("any-size")
            self.play(FadeIn(large[0]), GrowFromEdge(large[1], LEFT), run_time=1.0)
            self.play(Create(large[2]), FadeIn(large[3]), run_time=0.9)
        self.rows = VGroup(small, large)

    def first_step(self, region: Region, start: float) -> VGroup:
        """From a start: its gradient and both averages, the gradient's length, the step's."""
        run = trajectory(PARABOLA, [start], optimizer("Adam", lr=RATE), 1)
        parts, g = bias_correction(run), float(run.gradients[0, 0])
        left, right = region.columns(0.66, 0.34, gap=0.4)
        m, r = parts.m_hat[1, 0], np.sqrt(parts.v_hat[1, 0])
        text = left.place(self.label("size", g=g, m=m, r=r), across=0.0, up=0.9)
        longest = PARABOLA.gradient()([FAR])[0]
        bar = Rectangle(width=left.width * g / longest, height=0.16, stroke_width=0)
        bar.set_fill(theme.GRADIENT, 1)
        left.place(bar, across=0.0, up=0.2)
        step = float(run.points[0, 0] - run.points[1, 0])
        begin = right.point(0.8, 0.25)
        arrow = Arrow(begin, begin + LEFT * 20 * step, buff=0, color=theme.INK)
        walked = self.label("walked", step=round(step, 6), size=theme.SMALL)
        return VGroup(text, bar, arrow, walked.next_to(arrow, UP, buff=0.12))

    def step_beside_gd(self) -> None:
        self.near = self.plot(NEAR, (3, 11, 2), x_name="$input(w)$", y_name="$loss(L = w^2)$")
        curve = self.near.curve(PARABOLA, theme.LOSS)
        start = DashedLine(self.near.at(W, 3), self.near.at(W, PARABOLA(W)), color=theme.MUTED)
        given = self.formula("input(w = #w), quad eta = #lr", w=W, lr=RATE, size=theme.BODY)
        self.top.place(given, across=0.0, up=0.8)
        gd = trajectory(PARABOLA, [W], optimizer("SGD", lr=RATE), 1)
        far, short = (float(W - run.points[1, 0]) for run in (gd, self.run))
        texts = VGroup(
            self.label("gd-step", far=round(far, 6)), self.label("adam-step", far=round(short, 6))
        ).arrange(DOWN, aligned_edge=LEFT, buff=0.35)
        texts.next_to(given, DOWN, buff=0.5, aligned_edge=LEFT)
        steps = [self.walk_down("gd", far, theme.GRADIENT), self.walk_down("adam", short)]
        with self.beat("against-gd") as beat:
            self.play(FadeOut(self.rule, self.rows), FadeIn(self.near.frame, given), run_time=0.6)
            self.play(Create(curve), run_time=0.4 * beat.to("gd"))
            self.play(FadeIn(steps[0][0], steps[1][0]), Create(start), run_time=0.5)
            for mark, (dot, arrow, clock), text in zip(("gd", "adam"), steps, texts, strict=True):
                beat.until(mark)
                self.play(clock.animate.set_value(1), Create(arrow), FadeIn(text), run_time=1.1)
                self.add(dot)
        self.scene = VGroup(self.near.frame, curve, start, given, *(VGroup(*s[:2]) for s in steps))
        self.texts, self.eta = texts, steps[1][1]

    def walk_down(
        self, lane: str, far: float, color: str = theme.INK
    ) -> tuple[VMobject, Arrow, ValueTracker]:
        """A dot that goes down the curve by a step, and the step as an arrow in its lane."""
        share = ValueTracker(0.0)

        def place() -> tuple[float, float]:
            w = W - share.get_value() * far
            return w, PARABOLA(w)

        ends = (self.near.at(w, LANES[lane]) for w in (W, W - far))
        arrow = Arrow(*ends, buff=0, color=color, **SHORT_TOO)
        return self.near.dot(place, color), arrow, share

    def leave_the_correction_out(self) -> None:
        m, v = self.parts.m[1, 0], self.parts.v[1, 0]
        ratio = float(m / np.sqrt(v))
        corrected = float(self.parts.m_hat[1, 0] / np.sqrt(self.parts.v_hat[1, 0]))
        rows = VGroup(
            *(
                self.label(name, ratio=round(times, 2), width=self.regions.side.width)
                for name, times in (("with", corrected), ("without", ratio))
            )
        ).arrange(DOWN, aligned_edge=LEFT, buff=0.5)
        rows.next_to(self.texts, UP, aligned_edge=LEFT).align_to(self.texts, UP)
        dot, arrow, clock = self.walk_down("without", RATE * ratio, theme.WRONG)
        eta = self.formula("eta", size=theme.BODY).next_to(self.eta, LEFT, buff=0.2)
        size = self.formula("#t eta", t=round(ratio, 2), size=theme.BODY, color=theme.WRONG)
        size.next_to(arrow, LEFT, buff=0.2)
        with self.beat("without-correction") as beat:
            self.play(FadeOut(self.texts), FadeIn(rows[0], eta), run_time=0.8)
            self.play(FadeIn(rows[1]), run_time=0.6)
            beat.until("too-long")
            self.play(FadeIn(dot), run_time=0.3)
            self.play(clock.animate.set_value(1), Create(arrow), run_time=1.2)
            self.play(FadeIn(size), run_time=0.4)
            self.play(Indicate(size, color=theme.WRONG), run_time=0.8)
        self.scene.add(rows, eta, dot, arrow, size)

    def warn(self) -> None:
        clock = ValueTracker(0.0)
        walk = Walk(self.map, valley_run("adam", 60).points, clock.get_value, COLORS["adam"])
        caution = self.label("caution", size=theme.FORMULA, color=theme.WRONG)
        box = SurroundingRectangle(caution, color=theme.WRONG, buff=0.3, corner_radius=0.15)
        self.top.place(VGroup(box, caution), across=0.0, up=0.8)
        teaser = self.label("next", width=self.regions.side.width)
        names = {"gd": "gd", "momentum": "momentum", "rmsprop": "rmsprop", "adam": "alone"}
        entrants = VGroup(
            *(entrant(COLORS[who], self.label(name)) for who, name in names.items())
        ).arrange_in_grid(2, buff=(0.6, 0.3), cell_alignment=LEFT)
        column = VGroup(teaser, entrants).arrange(DOWN, aligned_edge=LEFT, buff=0.3)
        self.below.place(column, across=0.0, up=0.9)
        with self.beat("popular-not-universal") as beat:
            self.play(FadeOut(self.scene), FadeIn(self.map.frame, self.lines, walk), run_time=0.7)
            self.play(clock.animate(rate_func=linear).set_value(60), run_time=beat.to("caution"))
            self.play(Create(box), FadeIn(caution), run_time=0.8)
            self.play(FadeIn(teaser), run_time=0.5)
            self.play(FadeIn(entrants), run_time=0.6)
