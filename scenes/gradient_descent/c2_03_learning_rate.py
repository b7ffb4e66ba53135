"""One bowl, one start, five learning rates: crawl, glide, jump, bounce, fly off, and the bound."""

from __future__ import annotations

import numpy as np
from manim import (
    LEFT,
    RIGHT,
    UP,
    Create,
    DashedLine,
    FadeIn,
    FadeOut,
    GrowFromCenter,
    Indicate,
    ReplacementTransform,
    ShowPassingFlash,
    Transform,
    ValueTracker,
    VGroup,
    VMobject,
    Write,
    linear,
)

from lessonkit.stage import LessonScene, Plot, theme
from mathcore import (
    Trajectory,
    lr_bound,
    optimizer,
    quadratic,
    stationary_points,
    trajectory,
    two_valleys,
)
from scenes.descent import Walk, live_series
from scenes.rates import DIAL, BowlPanel, FactorDial, HuggedBowl, arriving

CURVATURE, START, STEPS = 2, 3.0, 20
LOSS = quadratic([CURVATURE])
SLOW, GOOD, JUMPY, STUCK, WILD = RATES = (0.01, 0.3, 0.9, 1.0, 1.1)
NAMED_AT = {SLOW: (16, 6.2), GOOD: (2.55, 1.1), JUMPY: (4.6, 2.6), STUCK: (16, 10.2)}
NEAR_W, NEAR_L = (-4.6, 4.6, 2), (0, 20, 5)  # the window of most beats
FAR_W, FAR_L = (-22, 22, 10), (0, 400, 100)  # and the one that the diverging run needs
RUNAWAY, EDGE = 10, 18  # steps of it that are watched, and what |w| passes in them
BOWLS = ((5, 0.3, 1.0), (0.05, 5.0, 8.0))  # factor of w², learning rate, start
BOWL_STEPS = 3
TRIED = {"slow": 0.005, "good": 0.05, "bouncing": 0.55}  # on the loss with two valleys


def descend(rate: float, steps: int = STEPS) -> Trajectory:
    """The run on the scene's bowl."""
    return trajectory(LOSS, [START], optimizer("SGD", lr=rate), steps)


class LearningRate(LessonScene):
    """five rates on one bowl → the factor 1 - 2η → the curvature's bound → other bowls → advice."""

    def construct(self) -> None:
        strip, body = self.regions.content.split(0.12, 0.88, gap=0.1)
        self.left, self.right, _ = body.columns(1, 1, 0.03, gap=0.4)
        self.strip, self.right_strip = strip.columns(1, 1, gap=0.6)
        self.past, self.last = VGroup(), None
        self.share_a_start()
        with self.beat("too-small") as beat:
            self.try_rate(SLOW, values=3)
            self.go(3, beat.to("twenty-steps"))
            self.go(STEPS, 0.95 * beat.to("slow"))
            beat.until("slow")
            self.play(Indicate(self.readouts[1], color=theme.INPUT), run_time=0.8)
            self.flash(self.series, beat.remaining)
        with self.beat("balanced") as beat:
            self.try_rate(GOOD, values=4)
            room = beat.to("smooth")
            for step in range(1, 4):
                self.go(step, 0.28 * room)
            beat.until("smooth")
            self.go(STEPS, 0.55 * beat.remaining)
            self.flash(self.series, beat.remaining)
        with self.beat("jumps-but-closes-in") as beat:
            self.try_rate(JUMPY, values=3)
            room = beat.to("closer")
            for step in (1, 2, 4):
                self.go(step, 0.3 * room)
            beat.until("closer")
            self.go(STEPS, 0.95 * beat.remaining)
        with self.beat("bounces") as beat:
            self.try_rate(STUCK, values=3, color=theme.WRONG)
            self.go(6, beat.to("stuck"))
            self.go(STEPS, beat.remaining)
        self.fly_off()
        self.find_the_factor()
        self.hug_the_bowl()
        self.try_other_bowls()
        self.choose_from_the_graph()

    def share_a_start(self) -> None:
        self.graph = Plot(
            NEAR_W, NEAR_L, self.left, x_name="$input(w)$", y_name="$loss(L)$", cross=(NEAR_W[0], 0)
        )
        self.history = Plot(
            (0, STEPS, 5), NEAR_L, self.right, x_name=self.script.label("step"), y_name="$loss(L)$"
        )
        self.curve = self.graph.curve(LOSS, theme.LOSS)
        rate = ValueTracker(0.05)
        dot = self.graph.dot(lambda: (START, LOSS(START)), theme.INK)
        slope = LOSS.derivative()(START)
        step = self.graph.live_arrow(
            lambda: ((START, 0.0), (START - rate.get_value() * slope, 0.0)), theme.INPUT
        )
        guide = self.graph.live_segment(
            lambda: ((START, 0.0), (START, LOSS(START))), theme.INPUT
        ).set_stroke(width=theme.THIN)
        eta = self.readout(self.formula("eta =", size=theme.BODY), rate.get_value)
        self.strip.place(eta, across=0.1)
        same = self.formula(
            "loss(L) = #f, quad input(w = #w)", f=LOSS.typst, w=START, size=theme.BODY
        )
        self.strip.place(same, across=0.9)
        with self.beat("same-start") as beat:
            self.play(Write(self.heading()), FadeIn(self.graph.frame), run_time=1.0)
            self.play(Create(self.curve), FadeIn(dot, guide, step, eta), run_time=0.7)
            self.play(rate.animate.set_value(0.5), run_time=0.5 * beat.to("same"))
            self.play(rate.animate.set_value(0.1), run_time=beat.to("same"))
            self.play(FadeIn(same, shift=0.2 * UP), FadeOut(step), run_time=0.6)
            self.play(Indicate(dot, color=theme.INK, scale_factor=2), run_time=0.8)
            self.play(FadeIn(self.history.frame, shift=0.3 * LEFT), run_time=0.9)
        self.now = VGroup(dot, guide, eta, same)

    def try_rate(self, rate: float, values: int, color: str = theme.GRADIENT) -> None:
        """Put the last run away, and stand at the start with another rate."""
        run = descend(rate)
        self.clock = ValueTracker(0.0)
        old = self.now
        walk = Walk(
            self.graph,
            np.column_stack([run.points[:, 0], run.values]),
            self.clock.get_value,
            color,
        )
        self.series = live_series(self.history, run.values, self.clock.get_value, color)
        eta = self.formula("eta = #rate", rate=rate, size=theme.BODY)
        w = self.readout(
            self.formula("input(w =)", size=theme.BODY),
            lambda: float(run.points[int(self.clock.get_value() + 1e-6), 0]),
            places=3,
            sign=True,
            color=theme.INPUT,
        )
        self.strip.place(eta, across=0.1)
        self.strip.place(w, across=0.85)
        self.readouts = VGroup(eta, w)
        chain = arriving(run.points[:values, 0], self.clock.get_value)
        self.right_strip.place(chain, across=0.15)
        quiet = [FadeIn(self.keep(*self.last))] if self.last else []
        self.play(FadeOut(old), *quiet, run_time=0.4)
        self.play(FadeIn(walk, self.series, eta, w, chain), run_time=0.4)
        self.now = VGroup(walk, self.series, self.readouts, chain)
        self.last = (rate, run.values)

    def keep(self, rate: float, values: np.ndarray) -> VGroup:
        """The loss curve of a run that is over, quiet, and its name."""
        quiet = VMobject(stroke_color=theme.MUTED, stroke_width=theme.THIN)
        quiet.set_points_as_corners([self.history.at(k, v) for k, v in enumerate(values)])
        name = self.formula("#rate", rate=rate, size=34.0, color=theme.MUTED)
        self.past.add(VGroup(quiet, name.move_to(self.history.at(*NAMED_AT[rate]))))
        return self.past[-1]

    def go(self, step: float, seconds: float) -> None:
        self.play(
            self.clock.animate(rate_func=linear if step > 4 else smooth_step).set_value(step),
            run_time=seconds,
        )

    def flash(self, curve: VMobject, seconds: float) -> None:
        """Let a light run along a curve."""
        bright = curve.copy().clear_updaters().set_stroke(theme.INK, 1.3 * theme.BOLD)
        self.play(ShowPassingFlash(bright, time_width=0.4), run_time=0.9 * seconds)

    def fly_off(self) -> None:
        run = descend(WILD, RUNAWAY)
        points = np.column_stack([run.points[:, 0], run.values])
        far = Plot(
            FAR_W, FAR_L, self.left, x_name="$input(w)$", y_name="$loss(L)$", cross=(FAR_W[0], 0)
        )
        far_history = Plot(
            (0, STEPS, 5), FAR_L, self.right, x_name=self.script.label("step"), y_name="$loss(L)$"
        )
        far_curve = far.curve(LOSS, theme.LOSS)
        edge = DashedLine(far.at(EDGE, 0), far.at(EDGE, FAR_L[1]), color=theme.INPUT)
        name = self.formula("input(#w)", w=EDGE, size=theme.SMALL).next_to(edge, UP, buff=0.1)
        gone = self.label("diverge", size=theme.HEADING, color=theme.WRONG, bold=True)
        gone.move_to(far_history.at(13.5, 0.75 * FAR_L[1]))
        with self.beat("diverges") as beat:
            self.try_rate(WILD, values=3, color=theme.WRONG)
            walk = self.now[0]
            self.go(walk.exit, 0.4 * beat.to("past-the-edge"))
            clock = self.clock
            far_walk = Walk(far, points, clock.get_value, theme.WRONG)
            far_series = live_series(far_history, run.values, clock.get_value, theme.WRONG)
            flat = VGroup(*(self.pulled_back(far_history, past[0]) for past in self.past))
            self.play(
                ReplacementTransform(self.graph.frame, far.frame),
                ReplacementTransform(self.history.frame, far_history.frame),
                ReplacementTransform(self.curve, far_curve),
                *(
                    ReplacementTransform(past[0], new)
                    for past, new in zip(self.past, flat, strict=True)
                ),
                FadeOut(walk, self.series, self.now[3], *(past[1] for past in self.past)),
                FadeIn(far_walk, far_series),
                run_time=0.5 * beat.to("past-the-edge"),
            )
            self.go(6, 0.9 * beat.to("past-the-edge"))
            beat.until("past-the-edge")
            self.play(Create(edge), FadeIn(name), run_time=0.5)
            self.go(RUNAWAY, 0.8 * beat.to("diverging"))
            beat.until("diverging")
            self.play(Write(gone), run_time=0.8)
            self.play(Indicate(self.readouts[1], color=theme.WRONG), run_time=0.8)
        self.stage = VGroup(
            far.frame, far_history.frame, far_curve, flat, far_walk, far_series, edge, name,
            gone, self.readouts,
        )  # fmt: skip

    def pulled_back(self, plot: Plot, line: VMobject) -> VMobject:
        """A loss curve of the near window as the far window shows it."""
        flat = line.copy()
        foot, new_foot = self.history.at(0, 0)[1], plot.at(0, 0)[1]
        flat.points = flat.points.copy()
        flat.points[:, 1] = new_foot + (flat.points[:, 1] - foot) * NEAR_L[1] / FAR_L[1]
        return flat

    def find_the_factor(self) -> None:
        upper, lower = self.regions.content.split(0.66, 0.34, gap=0.1)
        words, bars = upper.columns(0.48, 0.52, gap=0.4)
        rule, condition, safe = (
            row.place(self.label(name, size=theme.FORMULA, **values), across=0.0)
            for row, (name, values) in zip(
                words.split(1, 1, 1),
                (
                    ("step-factor", {"two": CURVATURE}),
                    ("condition", {"two": CURVATURE}),
                    ("safe", {"bound": lr_bound([[CURVATURE]])}),
                ),
                strict=True,
            )
        )
        rate = ValueTracker(SLOW)
        dial = FactorDial(bars, lower.columns(0.04, 0.83, 0.13)[1], CURVATURE, START, rate)
        eta = self.readout(self.formula("eta =", size=theme.BODY), rate.get_value)
        bars.place(eta, across=0.9, up=1.0)
        pins = [dial.pin(value) for value in RATES]
        names = VGroup(
            self.formula("1 - #two eta", two=CURVATURE, size=theme.SMALL, color=theme.MUTED),
            self.formula("eta", size=theme.SMALL, color=theme.MUTED),
        )
        names[0].next_to(dial.line.at(DIAL[1]), RIGHT, buff=0.2)
        names[1].align_to(names[0], LEFT).match_y(pins[0][1])

        def slide(nth: int, seconds: float) -> None:
            """Move the rate on to the next of the five, and pin it there."""
            self.play(
                rate.animate.set_value(RATES[nth]),
                FadeIn(pins[nth], rate_func=lambda t: t**4),
                run_time=seconds,
            )

        with self.beat("factor") as beat:
            self.play(FadeOut(self.stage), FadeIn(rule.part("rule")), run_time=0.7)
            self.play(Write(rule.part("factor")), FadeIn(dial.chart.frame, eta), run_time=0.9)
            self.add(rule)
            self.play(
                Create(dial.line),
                FadeIn(names, dial.series, dial.pointer, pins[0]),
                run_time=0.35 * beat.to("condition"),
            )
            slide(1, 0.9 * beat.to("condition"))
            beat.until("condition")
            self.play(Write(condition), GrowFromCenter(dial.zone), run_time=0.7)
            for nth, share in ((2, 0.4), (3, 0.4), (4, 0.9)):
                slide(nth, share * beat.to("safe-range"))
            beat.until("safe-range")
            self.play(Write(safe), run_time=0.7)
            self.play(rate.animate.set_value(GOOD), run_time=0.6 * beat.remaining)
            self.play(Indicate(dial.zone, color=theme.SLOPE, scale_factor=1.03), run_time=0.6)
        self.stage = VGroup(
            rule, condition, dial.line, names, dial.zone, dial.pointer, dial.chart.frame,
            dial.series, eta, *pins,
        )  # fmt: skip
        self.safe = safe

    def hug_the_bowl(self) -> None:
        plot = self.plot(
            (-2.6, 2.6), (0, 3.2), x_name="$input(w)$", y_name="$loss(L)$", equal_units=True
        )
        power = ValueTracker(np.log(CURVATURE))

        def curvature() -> float:
            return float(np.exp(power.get_value()))

        hugged = HuggedBowl(plot, curvature)
        bowl, circle = hugged.bowl, hugged.circle
        top, *rows = self.regions.side.split(0.22, 0.22, 0.22, 0.34, gap=0.1)
        bent = self.readout(self.label("curvature"), curvature, color=theme.SLOPE)
        most = self.readout(self.label("limit-now"), lambda: lr_bound([[curvature()]]))
        rows[0].place(bent, across=0.0)
        rows[1].place(most, across=0.0)
        limit = self.label("limit", size=theme.FORMULA)
        top.place(limit, across=0.0, up=1.0)
        aside = self.safe.copy()
        top.place(aside, across=0.0, up=1.0)
        why = self.label("largest", size=theme.SMALL, width=self.regions.side.width)
        rows[2].place(why, across=0.0, up=0.6)
        with self.beat("curvature") as beat:
            self.play(FadeOut(self.stage), Transform(self.safe, aside), run_time=1.3)
            self.play(FadeIn(plot.frame, bowl), run_time=0.5)
            self.play(Indicate(self.safe, color=theme.INK), run_time=0.7 * beat.to("curvature"))
            beat.until("curvature")
            self.play(Create(circle), FadeIn(bent), run_time=0.8 * beat.to("limit"))
            beat.until("limit")
            self.play(FadeOut(self.safe), FadeIn(limit, most), run_time=0.7)
            room = beat.remaining
            self.play(power.animate.set_value(np.log(10.0)), run_time=0.35 * room)
            self.play(power.animate.set_value(np.log(0.5)), FadeIn(why), run_time=0.35 * room)
            self.play(power.animate.set_value(np.log(CURVATURE)), run_time=0.9 * beat.remaining)
        self.stage = VGroup(plot.frame, bowl, circle, bent, most, limit, why)

    def try_other_bowls(self) -> None:
        panels = [
            BowlPanel(region, *bowl, BOWL_STEPS)
            for region, bowl in zip(self.regions.content.columns(1, 1, gap=0.6), BOWLS, strict=True)
        ]
        with self.beat("other-bowls") as beat:
            self.play(FadeOut(self.stage), run_time=0.4)
            self.stage = VGroup()
            for panel, (_, rate, _), mark in zip(panels, BOWLS, ("wide", ""), strict=True):
                values = {"rate": rate, "bound": panel.bound}
                fact = self.label("allowed" if panel.is_fine else "too-large", **values)
                verdict = panel.judge(fact)
                self.play(FadeIn(panel.picture), run_time=0.6)
                self.play(FadeIn(fact), run_time=0.6)
                room = beat.to(mark) if mark else beat.remaining
                for step in range(1, BOWL_STEPS + 1):
                    self.play(panel.clock.animate.set_value(step), run_time=0.23 * room)
                self.play(Create(verdict), run_time=0.15 * room)
                if mark:
                    beat.until(mark)
                self.stage.add(panel.picture, fact, verdict)

    def choose_from_the_graph(self) -> None:
        loss = two_valleys()
        deepest = min(point.y for point in stationary_points(loss))
        plot = Plot(
            (0, STEPS, 5), (0, 1.6, 0.5), self.regions.content.columns(0.95, 0.05)[0],
            x_name=self.script.label("step"), y_name="$loss(L)$", numbers=False,
        )  # fmt: skip
        with self.beat("choose-from-graph") as beat:
            self.play(FadeOut(self.stage), FadeIn(plot.frame), run_time=0.7)
            for name, advice, color, at, until in (
                ("good", "advice-good", theme.INK, (1.45, 0.42), "slow-curve"),
                ("slow", "advice-slow", theme.GRADIENT, (11.5, 0.6), "bouncing-curve"),
                ("bouncing", "advice-bouncing", theme.WRONG, (3.4, 1.3), ""),
            ):
                run = trajectory(loss, [-2.0], optimizer("SGD", lr=TRIED[name]), STEPS)
                clock = ValueTracker(0.0)
                line = live_series(plot, run.values - deepest, clock.get_value, color)
                note = self.label(advice, color=color)
                note.next_to(plot.at(*at), RIGHT, buff=0.0)
                room = beat.to(until) if until else beat.remaining
                self.add(line)
                self.play(clock.animate(rate_func=linear).set_value(STEPS), run_time=0.6 * room)
                self.play(FadeIn(note, shift=0.2 * RIGHT), run_time=0.3 * room)
                if until:
                    beat.until(until)


def smooth_step(share: float) -> float:
    """Slow at both ends, so that single steps are seen one by one."""
    return share * share * (3 - 2 * share)
