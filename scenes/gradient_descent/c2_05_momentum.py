"""In a narrow valley GD zig-zags; remembered gradients cancel across it and add up along it."""

from __future__ import annotations

import numpy as np
from manim import (
    DOWN,
    LEFT,
    RIGHT,
    UP,
    AnimationGroup,
    Arrow,
    Create,
    DashedLine,
    FadeIn,
    FadeOut,
    Flash,
    Indicate,
    LaggedStart,
    ReplacementTransform,
    TransformFromCopy,
    ValueTracker,
    VGroup,
    VMobject,
    Write,
    linear,
)

from lessonkit.stage import LessonScene, Plot, Region, Typeset, theme
from mathcore import (
    Trajectory,
    best_gradient_descent,
    best_momentum,
    gradient_descent_iterates,
    momentum_iterates,
    optimizer,
    ravine,
    trajectory,
    velocities,
)
from scenes.ball import REACH, Memory, Section, SteadyPull
from scenes.ball import STEPS as PULLED
from scenes.descent import Walk, component_bars, contours_below, powers_of_ten

VALLEY = ravine(20)
START = (-5.0, -2.0)
X, Y = (-6.0, 5.0, 2.0), (-3.2, 3.2)
LEVELS = (0.1, 0.5, 1.3, 2.5, 4.5, 7.5, 11.5, 16.5)
STEPS = 20
SLOW, FAST = 0.4, 0.6  # learning rates
BETA, HEAVY, TOO_HEAVY = 0.5, 0.9, 0.95
SUMMED = 10  # steps whose gradients are added up in bars
REMEMBERED = 3  # gradients that the ball adds up


class Momentum(LessonScene):
    """ravine → zig-zag → remembered gradients → the rule → the same rate arrives."""

    def construct(self) -> None:
        self.top, self.below = self.regions.side.split(0.3, 0.7, gap=0.25)
        self.map = self.plot(X, Y, y_name="$y$")
        self.lines = contours_below(self.map, VALLEY, LEVELS)
        self.look_at_the_ravine()
        self.zig_zag()
        self.too_slow_or_too_wild()
        self.remember_gradients()
        self.write_the_rule()
        self.cancel_and_add()
        self.arrive_at_the_same_rate()
        self.grow_tenfold()
        self.compare_the_best()
        self.overshoot()

    def look_at_the_ravine(self) -> None:
        self.loss = self.formula("loss(L) = #l", l=VALLEY.typst)
        self.top.place(self.loss, across=0.0, up=0.9)
        left, right = self.below.columns(1, 1, gap=0.3)
        with self.beat("ravine") as beat:
            self.play(Write(self.heading()), FadeIn(self.map.frame), run_time=1.2)
            self.play(
                LaggedStart(*map(Create, self.lines), lag_ratio=0.12),
                Write(self.loss),
                run_time=beat.to("steep"),
            )
            self.sections = VGroup(
                self.cut("$input(y)$", left, np.array([0, 1]), beat.to("gentle")),
                self.cut("$input(x)$", right, np.array([1, 0]), beat.remaining),
            )

    def cut(self, name: str, region: Region, along: np.ndarray, seconds: float) -> VGroup:
        """Walk through the minimum in one direction; beside the map, the height on the way."""
        section = Section(VALLEY, self.map, region, name, along)
        self.play(FadeIn(section.frame, *section.dots), run_time=0.35)
        self.play(
            section.s.animate.set_value(REACH),
            Create(section.curve),
            run_time=seconds - 0.35 - 0.2,
        )
        self.play(FadeOut(*section.dots), run_time=0.2)
        return VGroup(section.frame, section.curve)

    def zig_zag(self) -> None:
        self.clock = ValueTracker(0.0)
        self.gd = trajectory(VALLEY, START, optimizer("SGD", lr=SLOW), STEPS)
        self.walk = Walk(self.map, self.gd.points, self.clock.get_value, theme.GRADIENT)
        self.eta = self.place_eta(self.label("eta", value=SLOW))
        self.readouts = self.read(self.gd, places=2)
        with self.beat("zig-zag") as beat:
            self.play(FadeOut(self.sections), FadeIn(self.walk), run_time=0.6)
            self.play(FadeIn(self.eta, self.readouts), run_time=0.6)
            self.play(self.ticks(2, beat.to("walls")))
            self.play(self.ticks(7, beat.to("slow")))
            self.play(self.ticks(STEPS, 0.9 * beat.remaining))

    def too_slow_or_too_wild(self) -> None:
        wild_run = trajectory(VALLEY, START, optimizer("SGD", lr=FAST), STEPS)
        wild_clock = ValueTracker(0.0)
        wild = Walk(self.map, wild_run.points, wild_clock.get_value, theme.WRONG)
        end = self.gd.points[-1]
        missing = DashedLine(
            self.map.at(*end), self.map.at(0, 0), color=theme.INK, stroke_width=theme.STROKE
        )
        rest = self.formula("input(#x)", x=round(end[0], 2), size=theme.BODY)
        rest.next_to(missing, UP, buff=0.2)
        rest.add_background_rectangle(theme.BACKGROUND, opacity=0.85, buff=0.08)
        faster = self.place_eta(self.label("eta", value=FAST, color=theme.WRONG))
        with self.beat("too-slow-or-diverges") as beat:
            self.play(Indicate(self.readouts[1], color=theme.INPUT), run_time=0.8)
            self.play(Create(missing), Write(rest), run_time=1.0)
            beat.until("diverges")
            self.play(
                FadeOut(missing, rest, self.readouts),
                self.walk.animate.fade(0.7),
                ReplacementTransform(self.eta, faster),
                FadeIn(wild),
                run_time=0.6,
            )
            self.play(
                wild_clock.animate(rate_func=linear).set_value(wild.exit),
                run_time=0.7 * beat.remaining,
            )
        self.old = VGroup(wild, self.walk)
        self.eta = faster

    def remember_gradients(self) -> None:
        run = trajectory(VALLEY, START, optimizer("SGD", lr=FAST, momentum=BETA), STEPS)
        self.heavy = run
        self.clock = ValueTracker(0.0)
        self.ball = Walk(self.map, run.points, self.clock.get_value, theme.VELOCITY)
        places = self.map.places(run.points)
        pulls = VGroup(*(self.pull(nth, shrink=0.3) for nth in range(REMEMBERED)))
        chain, tip = VGroup(), run.points[REMEMBERED - 1]
        for age in range(REMEMBERED):
            nth = REMEMBERED - 1 - age
            pull = -FAST * BETA**age * run.gradients[nth]
            chain.add(self.arrow(tip, tip + pull, theme.GRADIENT, 1 - 0.25 * age))
            tip = tip + pull
        step = self.arrow(*run.points[REMEMBERED - 1 : REMEMBERED + 1], theme.VELOCITY, 1.0)
        both = self.place_eta(self.label("eta-beta", rate=FAST, keep=BETA))
        total = self.formula(
            'part("0", gradient(g_2)) part("1", + velocity(beta) gradient(g_1))'
            ' part("2", + velocity(beta^2) gradient(g_0))'
        )
        self.below.place(total, across=0.0, up=0.9)
        terms = [total.part(str(age)) for age in range(REMEMBERED)]
        with self.beat("remember") as beat:
            self.play(FadeOut(self.old), FadeIn(self.ball), run_time=0.5)
            self.play(ReplacementTransform(self.eta, both), FadeIn(pulls[0]), run_time=0.5)
            room = beat.to("speed")
            for nth in range(1, REMEMBERED):
                self.play(self.ticks(nth, 0.3 * room))
                self.play(FadeIn(pulls[nth]), run_time=0.15 * room)
            beat.until("speed")
            added = [
                AnimationGroup(TransformFromCopy(pull, link), FadeIn(term, shift=0.2 * UP))
                for pull, link, term in zip(reversed(pulls), chain, terms, strict=True)
            ]
            self.play(
                LaggedStart(*added, lag_ratio=0.5),
                pulls.animate.set_opacity(0.35),
                run_time=0.5 * beat.remaining,
            )
            self.play(Create(step), run_time=0.5 * beat.remaining)
            self.play(self.ticks(REMEMBERED, beat.remaining))
        self.eta = both
        self.arrows, self.sum = VGroup(pulls, chain, step), VGroup(*terms)
        self.places = places

    def write_the_rule(self) -> None:
        rows = self.below.split(0.2, 0.2, 0.48, 0.12, gap=0.12)
        add = rows[0].place(self.label("rule-v", size=theme.FORMULA), across=0.0)
        move = rows[1].place(self.label("rule-w", size=theme.FORMULA), across=0.0)
        beta = ValueTracker(BETA)
        memory = Memory(rows[2], beta)
        keeps = self.readout(self.label("keeps"), beta.get_value, color=theme.VELOCITY)
        keeps.move_to(memory.title_place)
        ages = self.label("age", size=theme.SMALL, color=theme.MUTED)
        rows[3].place(ages)
        with self.beat("rule") as beat:
            self.play(FadeOut(self.sum), run_time=0.3)
            self.play(
                FadeIn(add.part("old"), shift=0.2 * UP),
                FadeIn(VGroup(*(g for g in add if g not in {*add.part("old"), *add.part("new")}))),
                run_time=0.8,
            )
            self.play(TransformFromCopy(self.arrows[1], add.part("new")), run_time=0.9)
            beat.until("then-w")
            self.play(FadeIn(move, shift=0.2 * UP), run_time=0.8)
            self.play(Indicate(self.arrows[2], color=theme.VELOCITY), run_time=0.8)
            beat.until("beta")
            self.add(add)
            self.play(FadeIn(memory.picture, ages, keeps), run_time=0.5)
            self.play(beta.animate.set_value(HEAVY), run_time=0.5 * beat.remaining)
            self.play(beta.animate.set_value(BETA), run_time=beat.remaining)
        self.rules = VGroup(add, move)
        self.weights = VGroup(memory.picture, ages, keeps)

    def cancel_and_add(self) -> None:
        top, middle, bottom = self.regions.side.split(1, 1, 0.5, gap=0.2)
        walked, across, along = (ValueTracker(0.0) for _ in range(3))
        again = Walk(self.map, self.gd.points, walked.get_value, theme.GRADIENT)
        pulls = self.gd.gradients[:SUMMED]
        sums = velocities(pulls, BETA)
        charts = [
            component_bars(
                region,
                self.label(name, size=theme.SMALL),
                pulls[:, axis],
                sums[:, axis],
                clock.get_value,
            )
            for region, name, axis, clock in (
                (top, "on-y", 1, across),
                (middle, "on-x", 0, along),
            )
        ]
        legend = VGroup(self.label("gradient"), self.label("velocity")).arrange(
            DOWN, aligned_edge=LEFT, buff=0.15
        )
        bottom.place(legend, across=0.0, up=1.0)
        old = (self.loss, self.eta, self.rules, self.weights, self.arrows, self.ball)
        with self.beat("cancel-and-add") as beat:
            self.play(FadeOut(*old), FadeIn(charts[0], again, legend), run_time=0.7)
            for step, mark in ((4, "cancel"), (SUMMED, "add")):
                self.play(
                    *(
                        tracker.animate(rate_func=linear).set_value(step)
                        for tracker in (across, walked)
                    ),
                    run_time=beat.to(mark),
                )
            self.play(FadeIn(charts[1]), run_time=0.3)
            self.play(
                along.animate(rate_func=linear).set_value(SUMMED), run_time=0.85 * beat.remaining
            )
        self.charts = VGroup(*charts, again, legend)

    def arrive_at_the_same_rate(self) -> None:
        self.clock = ValueTracker(0.0)
        self.ball = Walk(self.map, self.heavy.points, self.clock.get_value, theme.VELOCITY)
        readouts = self.read(self.heavy, places=3)
        with self.beat("same-rate") as beat:
            self.play(FadeOut(self.charts), FadeIn(self.loss, self.eta), run_time=0.6)
            self.play(FadeIn(self.ball, readouts), run_time=0.6)
            self.play(self.ticks(3, beat.to("twenty-steps")))
            self.play(self.ticks(STEPS, 0.75 * beat.to("arrived")))
            self.play(*(Indicate(row, color=theme.INPUT) for row in readouts[1:]), run_time=0.8)
            beat.until("arrived")
            self.play(Flash(self.map.at(0, 0), color=theme.VELOCITY, line_length=0.3))
        self.readouts = readouts

    def grow_tenfold(self) -> None:
        pull = SteadyPull(self.regions.figure, HEAVY, self.script.label("step"))
        keeps = self.place_eta(self.formula("velocity(beta = #b)", b=HEAVY, size=theme.BODY))
        what = self.label("grows", width=self.regions.side.width)
        self.top.place(what, across=0.0, up=0.9)
        total = self.label("limit", gain=pull.gain, size=theme.BODY)
        self.below.place(total, across=0.0, up=0.7)
        stage = VGroup(self.map.frame, self.lines, self.ball, self.readouts, self.loss)
        with self.beat("ten-times") as beat:
            self.play(FadeOut(stage), ReplacementTransform(self.eta, keeps), run_time=0.6)
            self.play(FadeIn(pull.frame, what, pull.bars), run_time=0.5)
            self.play(
                pull.clock.animate(rate_func=linear).set_value(PULLED), run_time=beat.to("sum")
            )
            self.play(Create(pull.roof), Write(total), run_time=1.4)
        self.chart = VGroup(pull.frame, pull.bars, pull.roof, what, total, keeps)

    def compare_the_best(self) -> None:
        steps = 40
        hessian = VALLEY.hessian()([0, 0])
        gentle, steep = np.linalg.eigvalsh(hessian)
        heavy, plain = best_momentum(hessian), best_gradient_descent(hessian)
        runs = (
            (
                heavy.rate,
                momentum_iterates(hessian, START, heavy.lr, heavy.momentum, steps),
                theme.VELOCITY,
                "rate-momentum",
            ),
            (
                plain.rate,
                gradient_descent_iterates(hessian, START, plain.lr, steps),
                theme.GRADIENT,
                "rate-gd",
            ),
        )
        chart = Plot(
            (0, steps, 10),
            (-8, 1, 2),
            self.regions.figure.columns(0.08, 0.92)[1].split(0.92, 0.08)[0],
            x_name=self.script.label("step"),
            cross=(0, -8),
            numbers=False,
        )
        ticks = VGroup(
            *(
                Typeset(f"${k}$", size=theme.SMALLEST + 4, color=theme.MUTED).next_to(
                    chart.at(k, -8), DOWN, buff=0.14
                )
                for k in range(0, steps + 1, 10)
            )
        )
        powers = VGroup(powers_of_ten(chart), ticks)
        distance = self.label("distance", size=theme.SMALL, color=theme.MUTED)
        distance.next_to(chart.at(0, 1), UP, buff=0.1, aligned_edge=LEFT)
        curves, rates = [], []
        for rate, points, color, which in runs:
            heights = np.log10(np.linalg.norm(points, axis=1))
            curve = VMobject(stroke_color=color, stroke_width=theme.STROKE)
            curve.set_points_as_corners([chart.at(k, y) for k, y in enumerate(heights)])
            curves.append(curve)
            name = self.label(which, rate=f"{rate:.2f}")
            name.next_to(chart.at(steps, heights[-1]), RIGHT, buff=0.2)
            rates.append(name.align_to(self.regions.side.point(0), LEFT))
        ratio = self.label("ratio", steep=steep, gentle=gentle, ratio=steep / gentle)
        self.top.place(ratio, across=0.0, up=0.9)
        with self.beat("best-rates") as beat:
            self.play(FadeOut(self.chart), FadeIn(chart.frame, powers, distance), run_time=0.6)
            self.play(Write(ratio), run_time=1.2)
            beat.until("momentum-rate")
            self.play(FadeIn(rates[0]), run_time=0.5)
            self.play(Create(curves[0], rate_func=linear), run_time=0.8 * beat.to("gd-rate"))
            beat.until("gd-rate")
            self.play(FadeIn(rates[1]), run_time=0.4)
            self.play(Create(curves[1], rate_func=linear), run_time=0.9 * beat.remaining)
        self.chart = VGroup(chart.frame, powers, distance, *curves, ratio, *rates)

    def overshoot(self) -> None:
        run = trajectory(VALLEY, START, optimizer("SGD", lr=FAST, momentum=TOO_HEAVY), 28)
        self.clock = ValueTracker(0.0)
        ball = Walk(self.map, run.points, self.clock.get_value, theme.VELOCITY)
        both = self.place_eta(self.label("eta-beta", rate=FAST, keep=TOO_HEAVY))
        with self.beat("overshoot") as beat:
            self.play(
                FadeOut(self.chart), FadeIn(self.map.frame, self.lines, self.loss), run_time=0.6
            )
            self.play(FadeIn(both, ball), run_time=0.4)
            self.play(self.ticks(9, beat.to("swing")))
            self.play(self.ticks(len(run.points) - 1, beat.remaining))

    # -- small pieces ------------------------------------------------------------------------

    def read(self, run: Trajectory, places: int) -> VGroup:
        """Step, x and y of a run, one under the other: those of the newest iterate reached."""

        def step() -> int:
            return int(self.clock.get_value() + 1e-6)

        rows = VGroup(
            self.readout(self.label("step"), step, places=0),
            *(
                self.readout(
                    self.formula(f"input({name} =)", size=theme.BODY),
                    lambda axis=axis: float(run.points[step(), axis]),
                    places=places,
                    sign=True,
                    color=theme.INPUT,
                )
                for axis, name in enumerate("xy")
            ),
        ).arrange(DOWN, aligned_edge=LEFT, buff=0.35)
        return self.below.place(rows, across=0.0, up=0.9)

    def place_eta(self, label: VMobject) -> VMobject:
        return label.next_to(self.loss, DOWN, buff=0.4).align_to(self.regions.side.point(0), LEFT)

    def ticks(self, step: float, seconds: float) -> object:
        return self.clock.animate(rate_func=linear, run_time=seconds).set_value(step)

    def pull(self, nth: int, shrink: float) -> Arrow:
        """The downhill pull at an iterate, at where it is."""
        start = self.heavy.points[nth]
        return self.arrow(start, start - shrink * FAST * self.heavy.gradients[nth], theme.GRADIENT)

    def arrow(self, start: np.ndarray, end: np.ndarray, color: str, opacity: float = 1.0) -> Arrow:
        return Arrow(
            self.map.at(*start),
            self.map.at(*end),
            buff=0,
            color=color,
            stroke_width=theme.THIN,
            tip_length=0.16,
        ).set_opacity(opacity)
