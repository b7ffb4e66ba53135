"""The update rule grows out of the tangent, term by term, and is worked through by hand."""

from __future__ import annotations

import numpy as np
from manim import (
    DOWN,
    LEFT,
    PI,
    RIGHT,
    UP,
    Create,
    DashedLine,
    Dot,
    FadeIn,
    FadeOut,
    Flash,
    GrowFromCenter,
    Indicate,
    LaggedStart,
    Mobject,
    ShowPassingFlash,
    TransformFromCopy,
    Underline,
    ValueTracker,
    VGroup,
    VMobject,
    Write,
    linear,
)

from lessonkit.stage import LessonScene, Plot, Region, theme
from mathcore import contraction, function, optimizer, quadratic, trajectory
from scenes.descent import live_series
from scenes.inset import Inset
from scenes.rates import RateSlider, WeightOnLoss
from scenes.steps import StepBars, StepTable

LOSS = quadratic([2])
START, RATE = 3.0, 0.1
BY_HAND, STEPS = 4, 20  # steps that the table shows, and that the last plot shows
TAIL = 12  # step from which the end of the last plot is enlarged
RATES = (0.001, 0.01, 0.25)  # where the slider stops on its way
SHOWN = 0.25  # length of the gradient's arrow on the w axis for a slope of 1
FAR_LEFT = -1.2  # where the slope has the other sign


class UpdateRule(LessonScene):
    """tangent → the rule, term by term → the minus sign → four steps by hand → 3 · 0.8ᵏ."""

    def construct(self) -> None:
        self.run = trajectory(LOSS, [START], optimizer("SGD", lr=RATE), STEPS)
        self.ws = self.run.points[:, 0]
        self.slope = LOSS.derivative()
        self.w = ValueTracker(START)
        self.top, self.middle, self.below = self.regions.side.split(0.24, 0.16, 0.6, gap=0.15)
        self.ask_for_the_new_weight()
        self.write_the_rule()
        self.look_at_the_gradient()
        self.slide_the_rate()
        self.turn_the_arrow()
        self.give_numbers()
        self.step_once()
        self.step_on()
        self.measure_the_steps()
        self.see_the_closed_form()

    def ask_for_the_new_weight(self) -> None:
        self.graph = self.plot((-2, 4.6), (0, 12, 2), x_name="$input(w)$", y_name="$loss(L)$")
        self.curve = self.graph.curve(LOSS, theme.LOSS)
        weight = WeightOnLoss(self.graph, LOSS, self.w, SHOWN)
        self.dot, self.guide, self.tangent = weight.dot, weight.stem, weight.tangent
        self.uphill, self.turn = weight.uphill, weight.turn
        self.name = self.formula("input(w)", size=theme.BODY)
        self.name.add_updater(
            lambda m: m.next_to(self.graph.at(self.w.get_value(), 0), UP, buff=0.5).shift(
                0.35 * RIGHT
            ),
            call_updater=True,
        )
        self.partial = self.formula("gradient((partial L)/(partial w))", size=theme.BODY)
        self.partial.next_to(self.dot, RIGHT, buff=0.45).shift(0.2 * DOWN)
        ways = VGroup(
            *(
                self.graph.live_arrow(
                    lambda side=side: ((START, 1.0), (START + side, 1.0)), theme.MUTED
                )
                for side in (-0.8, 0.8)
            )
        )
        ask = self.formula('"?"', size=theme.HEADING).next_to(
            self.graph.at(START - 0.8, 1.0), LEFT, buff=0.15
        )
        ask = VGroup(ask, ask.copy().next_to(self.graph.at(START + 0.8, 1.0), RIGHT, buff=0.15))
        rooms = self.regions.side.split(1, 1, 1)
        facts = [
            self.formula("input(w)"),
            self.formula("gradient((partial L)/(partial w))"),
            self.label("what-next", size=theme.FORMULA),
        ]
        for room, fact in zip(rooms, facts, strict=True):
            room.place(fact, across=0.1)
        with self.beat("new-weight") as beat:
            self.play(Write(self.heading()), FadeIn(self.graph.frame), run_time=1.2)
            self.play(Create(self.curve), run_time=1.2)
            self.play(
                GrowFromCenter(self.dot), Create(self.guide), FadeIn(self.name),
                come(facts[0], self.name), run_time=0.8,
            )  # fmt: skip
            self.play(Create(self.tangent), run_time=0.6 * beat.to("what-next"))
            self.play(
                FadeIn(self.partial, shift=0.2 * RIGHT), come(facts[1], self.partial), run_time=0.7
            )
            beat.until("what-next")
            self.play(FadeOut(self.name), FadeIn(ways, ask, facts[2]), run_time=0.6)
            self.play(Indicate(ask, color=theme.INK), run_time=0.8)
        self.question, self.facts = VGroup(ways, ask), facts

    def write_the_rule(self) -> None:
        rule = self.label("rule", size=theme.FORMULA)
        self.rule = self.top.place(rule, across=0.0, up=0.6)
        part = rule.part
        known = {*part("new"), *part("old"), *part("minus"), *part("eta"), *part("gradient")}
        arrow, times = [VGroup(g) for g in rule if g not in known]
        with self.beat("rule") as beat:
            self.play(FadeOut(self.question, *self.facts), FadeIn(self.name), run_time=0.5)
            self.play(come(part("new"), self.facts[2]), FadeIn(arrow), run_time=0.9)
            self.play(come(part("old"), self.name), run_time=0.7)
            self.play(FadeIn(part("minus"), scale=1.5), run_time=0.4)
            beat.until("eta")
            self.play(FadeIn(part("eta"), times, shift=0.3 * DOWN), run_time=0.6)
            beat.until("gradient")
            # Round below the words under the formula.
            self.play(
                TransformFromCopy(self.partial, part("gradient"), path_arc=-1.6), run_time=0.9
            )
            self.add(rule)

    def look_at_the_gradient(self) -> None:
        line = Underline(self.rule.part("gradient"), color=theme.GRADIENT, stroke_width=theme.BOLD)
        value = self.readout(
            self.formula("gradient(partial L slash partial w =)", size=theme.BODY),
            lambda: self.slope(self.w.get_value()),
            color=theme.GRADIENT,
            sign=True,
        )
        self.below.place(value, across=0.0, up=0.9)
        with self.beat("gradient-part") as beat:
            self.play(Create(line), run_time=0.6)
            self.play(Indicate(self.tangent, color=theme.SLOPE, scale_factor=1.05), run_time=0.9)
            self.play(FadeOut(self.partial), come(value[0], self.partial), run_time=0.8)
            self.play(FadeIn(value[1]), run_time=0.4)
            beat.until("direction")
            self.play(FadeOut(self.name), FadeIn(self.uphill), run_time=0.4)
            self.play(self.w.animate.set_value(FAR_LEFT), run_time=beat.to("steepness"))
            self.play(self.w.animate.set_value(START), run_time=0.9 * beat.remaining)
        self.underline, self.value = line, value

    def slide_the_rate(self) -> None:
        power = ValueTracker(np.log10(RATES[0]))
        upper, lower = self.below.split(0.62, 0.38)
        slider = RateSlider(upper, power)

        def length() -> float:
            return 10 ** power.get_value() * self.slope(START)

        step = self.graph.live_arrow(lambda: ((START, 1.0), (START - length(), 1.0)), theme.INPUT)
        name = self.label("step", size=theme.SMALL, color=theme.INPUT)
        name.next_to(self.graph.at(START, 1.0), RIGHT, buff=0.2)
        size = self.readout(
            self.label("step-is", color=theme.INPUT), length, places=3, color=theme.INPUT
        )
        lower.place(size, across=0.0, up=0.4)
        line = Underline(self.rule.part("eta"), color=theme.INK, stroke_width=theme.BOLD)
        stops = [float(np.log10(rate)) for rate in RATES]
        with self.beat("learning-rate-part") as beat:
            self.play(FadeOut(self.underline, self.value), Create(line), run_time=0.7)
            self.play(FadeIn(slider), run_time=0.8)
            self.play(FadeIn(step, name, size), run_time=0.5)
            self.play(power.animate.set_value(stops[1]), run_time=0.8 * beat.to("scale"))
            beat.until("scale")
            self.play(power.animate.set_value(stops[2]), run_time=0.5 * beat.remaining)
            self.play(power.animate.set_value(np.log10(RATE)), run_time=0.9 * beat.remaining)
        self.underline = line
        self.slider = VGroup(slider, size)
        self.step_shown = VGroup(step, name)

    def turn_the_arrow(self) -> None:
        length = SHOWN * self.slope(START)
        minus = self.rule.part("minus")
        up = self.label("uphill", size=theme.SMALL, color=theme.GRADIENT)
        up.next_to(self.graph.at(START + length / 2, 0), UP, buff=0.3)
        down = self.label("downhill", size=theme.SMALL, color=theme.GRADIENT)
        down.next_to(self.graph.at(START - length / 2, 0), UP, buff=0.3)
        with self.beat("minus-sign") as beat:
            self.play(FadeOut(self.underline, self.slider, self.step_shown), run_time=0.6)
            self.play(Indicate(minus, color=theme.GRADIENT, scale_factor=1.25), run_time=0.9)
            self.play(FadeIn(up, shift=0.3 * RIGHT), run_time=0.6)
            beat.until("flip")
            self.play(
                self.turn.animate.set_value(PI),
                Indicate(minus, color=theme.GRADIENT, scale_factor=1.25),
                FadeOut(up, rate_func=fast),
                run_time=0.6 * beat.remaining,
            )
            self.play(FadeIn(down, shift=0.3 * LEFT), run_time=0.4)
        self.old = VGroup(self.uphill, down)

    def give_numbers(self) -> None:
        rows = self.below.split(*[1] * 4, gap=0.05)
        givens = [
            self.formula("loss(L) = #f", f=LOSS.typst, size=theme.BODY),
            self.formula("input(w = #w)", w=START, size=theme.BODY),
            self.formula("eta = #rate", rate=RATE, size=theme.BODY),
            self.formula(
                "gradient((partial L)/(partial w) = #f = #value)",
                f=self.slope.typst,
                value=self.slope(START),
                size=theme.BODY,
            ),
        ]
        for row, given in zip(rows, givens, strict=True):
            row.place(given, across=0.0)
        bright = self.curve.copy().set_stroke(theme.INK, 1.4 * theme.BOLD)
        with self.beat("example") as beat:
            self.play(FadeOut(self.old), run_time=0.5)
            self.play(ShowPassingFlash(bright, time_width=0.5), FadeIn(givens[0]), run_time=1.2)
            third = 0.3 * beat.to("slope")
            self.play(Indicate(self.guide, color=theme.INPUT), run_time=0.8 * third)
            self.play(come(givens[1], self.guide), run_time=third)
            self.play(
                Indicate(self.rule.part("eta"), color=theme.INK),
                FadeIn(givens[2], shift=0.3 * RIGHT),
                run_time=0.8 * third,
            )
            beat.until("slope")
            self.play(Indicate(self.tangent, color=theme.SLOPE, scale_factor=1.05), run_time=0.9)
            self.play(come(givens[3], self.dot), run_time=0.5 * beat.remaining)
        self.givens = VGroup(*givens)

    def step_once(self) -> None:
        equation = self.formula(
            'input(w) = input(part("w", #w)) - part("eta", #rate) times'
            ' gradient(part("g", #g)) = input(part("new", #new))',
            w=START, rate=RATE, g=self.slope(START), new=self.ws[1], size=theme.BODY,
        )  # fmt: skip
        self.middle.place(equation, across=0.0)
        part = equation.part
        rest = VGroup(
            *(g for g in equation if g not in {*part("w"), *part("eta"), *part("g"), *part("new")})
        )
        drop = VGroup(*(self.level(nth) for nth in (0, 1)))
        self.table = StepTable(
            Region(self.below.left, self.below.right - 1.0, self.below.bottom, self.below.top),
            self.label("step", size=theme.SMALL, color=theme.MUTED),
            self.run,
            BY_HAND,
        )
        rows = self.table.rows
        moved = self.move(0)
        with self.beat("first-step") as beat:
            self.play(
                come(part("w"), self.givens[1]),
                come(part("eta"), self.givens[2]),
                come(part("g"), self.givens[3]),
                FadeIn(rest),
                run_time=1.6,
            )
            self.play(FadeIn(part("new"), scale=1.4), run_time=0.6)
            self.play(Create(moved), run_time=0.7)
            self.play(self.w.animate.set_value(self.ws[1]), run_time=0.7 * beat.to("loss"))
            beat.until("loss")
            self.play(Create(drop), FadeOut(self.givens), run_time=0.8)
            self.play(FadeIn(self.table.head, rows[0]), run_time=0.5)
            self.play(FadeIn(rows[1], shift=0.2 * DOWN), Flash(self.dot), run_time=0.7)
        self.equation, self.drop = equation, drop
        self.moves = VGroup(moved)

    def level(self, nth: int) -> VMobject:
        """The loss of an iterate, carried over to the axis."""
        height = self.run.values[nth]
        return DashedLine(
            self.graph.at(self.ws[nth], height),
            self.graph.at(0, height),
            color=theme.LOSS,
            stroke_width=theme.THIN,
        )

    def move(self, nth: int) -> VMobject:
        """A step along the w axis."""
        start, end = (float(w) for w in self.ws[nth : nth + 2])
        arrow = self.graph.live_arrow(lambda: ((start, 0.0), (end, 0.0)), theme.INPUT)
        arrow.clear_updaters()
        return arrow

    def step_on(self) -> None:
        rows, times = self.table.rows, self.table.ratios(contraction(2, RATE))
        with self.beat("next-steps") as beat:
            for nth, until in zip(range(1, BY_HAND), ("third", "fourth", "factor"), strict=True):
                share = beat.to(until)
                moved = self.move(nth)
                self.moves.add(moved)
                fade = [FadeOut(self.drop, self.equation)] if nth == 1 else []
                self.play(Create(moved), *fade, run_time=0.3 * share)
                self.play(self.w.animate.set_value(self.ws[nth + 1]), run_time=0.4 * share)
                self.play(FadeIn(rows[nth + 1], shift=0.2 * DOWN), run_time=0.25 * share)
                beat.until(until)
            self.play(
                LaggedStart(*(FadeIn(bow, shift=0.1 * DOWN) for bow in times), lag_ratio=0.5),
                run_time=0.6 * beat.remaining,
            )
            self.play(
                LaggedStart(*(Indicate(t[1], color=theme.INK) for t in times), lag_ratio=0.3),
                run_time=0.8 * beat.remaining,
            )
        self.table_shown = VGroup(self.table.head, *rows, times)

    def measure_the_steps(self) -> None:
        walked = ValueTracker(0.0)
        side = self.regions.side
        steps = StepBars(
            Region(side.left, side.right, self.below.bottom, self.middle.top),
            self.label("step-length", size=theme.SMALL, color=theme.INPUT),
            -np.diff(self.ws[:BY_HAND]),
            walked.get_value,
        )
        with self.beat("shrinking-steps") as beat:
            self.play(FadeOut(self.table_shown), FadeIn(steps.ground), run_time=0.6)
            for nth, until in enumerate(("second-bar", "third-bar", "why")):
                self.add(steps.bars[nth])
                self.play(
                    Indicate(self.moves[nth], color=theme.INPUT, scale_factor=1.3),
                    walked.animate.set_value(nth + 1),
                    FadeIn(steps.values[nth]),
                    run_time=0.8 * beat.to(until),
                )
                beat.until(until)
            self.play(self.w.animate.set_value(START), run_time=0.4 * beat.remaining)
            self.play(self.w.animate.set_value(self.ws[BY_HAND - 1]), run_time=beat.remaining)
        self.chart = steps.all

    def see_the_closed_form(self) -> None:
        factor = contraction(2, RATE)
        closed = function(f"{START:g} * {factor:.12g}**k")
        plot = self.plot(
            (0, STEPS + 0.8, 5), (0, START + 0.4, 1),
            x_name=self.script.label("steps"), y_name="$input(w)$",
        )  # fmt: skip
        clock = ValueTracker(0.0)
        dots = self.visited(plot, 0, clock)
        curve = plot.curve(closed, theme.MUTED, width=theme.THIN)
        trail = live_series(plot, self.ws, clock.get_value, theme.INPUT)
        trail.set_stroke(opacity=0.35)
        formula = self.formula("input(w) = #w dot #f^k", w=START, f=factor, size=theme.FORMULA)
        self.middle.place(formula, across=0.0)
        counts = VGroup(
            self.readout(
                self.formula("k =", size=theme.BODY), lambda: np.floor(clock.get_value() + 1e-6),
                places=0,
            ),
            self.readout(
                self.formula("input(w =)", size=theme.BODY),
                lambda: self.ws[int(clock.get_value() + 1e-6)],
                places=4,
                color=theme.INPUT,
            ),
        ).arrange(DOWN, aligned_edge=LEFT, buff=0.35)  # fmt: skip
        self.below.place(counts, across=0.0, up=0.9)
        lower, upper = plot.at(0.42 * STEPS, 0.33 * START), plot.at(STEPS, 0.86 * START)
        room = Region(lower[0], upper[0], lower[1], upper[1])
        inset = Inset(plot, (TAIL, STEPS + 0.5, 4), (0, 1.25 * self.ws[TAIL], 0.1), room)
        tail = inset.plot
        close = VGroup(inset.frame, tail.curve(closed, theme.MUTED, width=theme.THIN))
        small = self.visited(tail, TAIL, clock)
        never = self.label("never", size=theme.SMALL)
        never.next_to(tail.at(STEPS, tail.y[1]), UP, buff=0.3, aligned_edge=RIGHT)
        picture = (self.graph.frame, self.curve, self.tangent, self.guide, self.dot, self.moves)
        with self.beat("closed-form") as beat:
            self.play(FadeOut(*picture, self.chart), FadeIn(plot.frame), run_time=0.8)
            self.play(FadeIn(dots, trail, counts), run_time=0.4)
            self.play(
                clock.animate(rate_func=linear).set_value(BY_HAND),
                run_time=0.45 * beat.to("approach"),
            )
            self.play(Write(formula), Create(curve), run_time=0.85 * beat.to("approach"))
            beat.until("approach")
            self.play(
                clock.animate(rate_func=linear).set_value(TAIL), run_time=0.25 * beat.remaining
            )
            self.play(FadeIn(close, small), run_time=0.5)
            self.play(
                clock.animate(rate_func=linear).set_value(STEPS), run_time=0.65 * beat.remaining
            )
            self.play(Write(never), run_time=0.8)

    def visited(self, plot: Plot, first: int, clock: ValueTracker) -> VGroup:
        """The weights from a step on, each seen once the clock has reached it."""
        dots = VGroup()
        for k in range(first, STEPS + 1):
            dot = Dot(plot.at(k, self.ws[k]), radius=0.08, color=theme.INPUT)
            dot.add_updater(
                lambda m, k=k: m.set_opacity(float(clock.get_value() >= k)), call_updater=True
            )
            dots.add(dot)
        return dots


def come(text: VMobject, source: Mobject) -> FadeIn:
    """Let a text come from what it is read off."""
    return FadeIn(text, target_position=source, scale=0.6)


def fast(share: float) -> float:
    """Done at half time."""
    return min(1.0, 2 * share)
