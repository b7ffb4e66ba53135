"""The training loop, run line by line: what each line turns, what it prints, what is forgotten."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from manim import (
    DOWN,
    LEFT,
    RIGHT,
    UP,
    Create,
    Dot,
    FadeIn,
    FadeOut,
    Flash,
    GrowArrow,
    GrowFromCenter,
    Indicate,
    LaggedStart,
    Line,
    MoveAlongPath,
    Rectangle,
    ReplacementTransform,
    Transform,
    ValueTracker,
    VGroup,
    Write,
    linear,
)

from lessonkit.stage import (
    CodeCard,
    LessonScene,
    LiveNumber,
    Plot,
    Readout,
    Terminal,
    crossed_out,
    theme,
)
from mathcore import linear_loop, snippet
from scenes.descent import Walk, live_bar
from scenes.linear_model import LOSS, LinearModel, ValleyMap
from scenes.pictures import code_text, eraser, tick, what_it_prints

LR = 0.01
SHOWN = 1  # the epoch, counted from 0, that the lines are explained with
MANY = 140  # epochs until the loss cannot be told from 0
LONG = 12  # epochs in which the loss without zero_grad falls and rises again
CODE, LIST = 36.0, 34.0


class TrainingLoop(LessonScene):
    """model → loss → forward, zero, backward, step → printed losses → a line of minima."""

    def construct(self) -> None:
        self.program = snippet("training_loop")
        self.run = linear_loop(lr=LR, epochs=LONG)
        self.error = self.run.w + self.run.b - 2
        self.left, self.right = self.regions.content.columns(0.63, 0.37, gap=0.4)
        self.epoch = ValueTracker(0.0)
        self.model = LinearModel(self.right, self.at("w"), self.at("b"), self.at("losses"))
        self.set_up_the_model()
        self.measure_and_turn()
        self.write_the_loss()
        self.go_forward()
        self.wipe_the_gradients()
        self.go_backward_and_step()
        self.print_the_losses()
        self.compare_neighbours()
        self.count()
        self.reach_the_line()
        self.indent()
        self.forget_to_wipe()

    def set_up_the_model(self) -> None:
        lines, model = self.program.lines, self.model
        self.first = self.program.number("for epoch") - 1
        self.code = CodeCard("\n".join(lines[: self.first - 1]), self.left, size=CODE)
        seed = self.program.number("manual_seed")
        with self.beat("model") as beat:
            self.play(Write(self.heading()), FadeIn(self.code.panel), run_time=0.5)
            above = [self.code.line(n) for n in range(1, seed + 1) if lines[n - 1]]
            self.play(LaggedStart(*map(FadeIn, above), lag_ratio=0.3), run_time=0.6)
            beat.until("layer")
            self.marker = self.code.marker(self.program.number("nn.Linear"))
            self.play(FadeIn(self.marker), self.type("nn.Linear"), run_time=0.8)
            self.play(
                LaggedStart(*map(GrowFromCenter, model.nodes), lag_ratio=0.3),
                LaggedStart(*map(Create, model.edges), lag_ratio=0.3),
                run_time=0.5 * beat.to("parameters"),
            )
            beat.until("parameters")
            self.play(FadeIn(model.w_knob, scale=0.5), FadeIn(model.w_read), run_time=0.8)
            self.play(FadeIn(model.b_knob, scale=0.5), FadeIn(model.b_read), run_time=0.8)

    def measure_and_turn(self) -> None:
        model = self.model
        with self.beat("loss-and-optimizer") as beat:
            self.play(self.mark("criterion = "), self.type("criterion = "), run_time=0.5)
            self.play(FadeIn(model.gauge, model.loss_read), GrowArrow(model.down), run_time=0.5)
            beat.until("optimizer")
            self.play(self.mark("optimizer = "), self.type("optimizer = "), run_time=1.0)
            self.play(FadeIn(model.optimizer, shift=UP * 0.2), run_time=0.6)
            self.play(*map(GrowArrow, model.turns), run_time=0.7)
            self.play(
                *(Flash(k, color=theme.INPUT, flash_radius=0.6) for k in model.knobs), run_time=0.6
            )

    def write_the_loss(self) -> None:
        model = self.model
        self.loop = CodeCard("\n".join(self.program.lines[self.first :]), self.left, size=CODE)
        top, below = self.right.split(0.2, 0.8, gap=0.1)
        output, loss = self.label("output", size=theme.BODY), self.label("loss", size=theme.BODY)
        VGroup(output, loss).arrange(DOWN, buff=0.22)
        top.place(VGroup(output, loss))
        land = ValleyMap(below, (-0.5, 2.5), (-0.5, 2.5))
        start = land.plot.dot(lambda: (self.run.w[0], self.run.b[0]), theme.INK)
        with self.beat("loss-formula") as beat:
            self.play(
                FadeOut(self.code, self.marker, shift=UP),
                FadeIn(self.loop, shift=UP),
                FadeOut(model.optimizer, model.turns),
                run_time=0.8,
            )
            self.code = self.loop
            self.marker = self.code.marker(self.program.number("inputs = ") - self.first)
            self.play(FadeIn(self.marker), run_time=0.4)
            self.play(self.mark("targets = "), run_time=beat.to("output"))
            self.play(FadeOut(model), run_time=0.4)
            self.play(Write(output), run_time=1.2)
            beat.until("valley")
            self.play(Write(loss), FadeIn(land.plot.frame), run_time=0.8)
            self.play(LaggedStart(*map(Create, land.levels), lag_ratio=0.2), run_time=0.9)
            self.play(Create(land.floor), FadeIn(start), run_time=0.6)
        self.aside = VGroup(output, loss, land.all, start)

    def go_forward(self) -> None:
        model = self.model
        first, self.which = (code_text(f"epoch = {n}", theme.MUTED) for n in (0, SHOWN))
        for counter in (first, self.which):
            counter.next_to(self.code.line(1), RIGHT, buff=0.8)
        with self.beat("forward") as beat:
            self.play(FadeOut(self.aside), FadeIn(model, first), run_time=0.5)
            # Once through at speed: the lines are explained when old gradients are there.
            self.play(self.mark("print("), self.epoch.animate.set_value(SHOWN), run_time=0.8)
            self.play(
                self.mark("outputs = "), ReplacementTransform(first, self.which), run_time=0.5
            )
            self.pulse(model.forward, theme.OUTPUT, 0.7 * beat.to("loss"))
            beat.until("loss")
            self.play(self.mark("loss = "), run_time=0.5)
            self.pulse([model.down], theme.LOSS, 0.8)
            self.play(Indicate(model.loss_read, color=theme.LOSS), run_time=0.8)

    def wipe_the_gradients(self) -> None:
        model = self.model
        old, new = (self.slope(k) for k in (SHOWN - 1, SHOWN))
        values, zeros = model.gradients(old), model.gradients(0.0)
        pile = self.formula(
            '#a + (#b) = part("sum", gradient(#c))',
            a=round(old, 3), b=round(new, 3), c=round(old + new, 3), size=theme.SMALL,
        )  # fmt: skip
        pile.move_to(self.right.point()).align_to(self.right.point(0, 0.03), DOWN + LEFT)
        rubber = eraser().move_to(model.boxes[0].get_right() + 0.5 * RIGHT)
        with self.beat("zero-grad") as beat:
            self.play(
                self.mark("zero_grad"), FadeIn(model.boxes, model.box_names, *values), run_time=0.7
            )
            self.play(FadeIn(rubber), run_time=0.3)
            share = 0.8 * beat.to("pile-up") / 2
            for box, value, zero in zip(model.boxes, values, zeros, strict=True):
                self.play(
                    rubber.animate.move_to(box), ReplacementTransform(value, zero), run_time=share
                )
            beat.until("pile-up")
            self.play(FadeOut(rubber, shift=RIGHT), FadeIn(pile), run_time=0.6)
            cross = crossed_out(model.box_names[0]).next_to(pile, RIGHT, buff=0.25)
            self.play(Create(cross), run_time=0.6)
        self.zeros, self.pile = zeros, VGroup(pile, cross)

    def go_backward_and_step(self) -> None:
        model = self.model
        values = model.gradients(self.slope(SHOWN))
        with self.beat("backward-and-step") as beat:
            self.play(self.mark("backward"), FadeOut(self.pile), run_time=0.5)
            self.pulse([model.down, *reversed(model.forward[1:])], theme.GRADIENT,
                       0.6 * beat.to("step"), back=True)  # fmt: skip
            self.play(
                *(ReplacementTransform(z, v) for z, v in zip(self.zeros, values, strict=True)),
                run_time=min(0.6, beat.to("step")),
            )
            beat.until("step")
            self.play(self.mark("step()"), run_time=0.5)
            news = [Dot(box.get_right(), radius=0.12, color=theme.GRADIENT) for box in model.boxes]
            self.play(
                *(dot.animate.move_to(k) for dot, k in zip(news, model.knobs, strict=True)),
                run_time=0.6,
            )
            self.remove(*news)
            self.play(self.epoch.animate.set_value(SHOWN + 1), run_time=0.6 * beat.remaining)
        self.grads = VGroup(model.boxes, model.box_names, *values)

    def print_the_losses(self) -> None:
        left, right, _ = self.regions.content.columns(0.46, 0.49, 0.04, gap=0.3)
        output = what_it_prints(self.program).output
        self.screen = screen = Terminal("python training_loop.py", output, left, size=LIST)
        self.chart = Plot((0, LONG + 1, 2), (0, 2.5, 0.5), right, x_name="epoch",
                          y_name="$loss(L)$")  # fmt: skip
        self.printed = len(output)
        self.clock = ValueTracker(0.0)
        curve = self.series(self.run.losses[: self.printed], theme.LOSS)

        def show(nth: int) -> FadeIn:
            return FadeIn(screen.line(nth + 2), shift=0.15 * UP)

        with self.beat("printed-losses") as beat:
            self.play(
                FadeOut(self.code, self.marker, self.model, self.grads, self.which),
                FadeIn(screen.panel, screen.line(1)),
                run_time=0.7,
            )
            self.play(FadeIn(self.chart.frame), run_time=0.4)
            beat.until("epoch-one")
            self.play(show(0), FadeIn(curve), run_time=0.6)
            self.play(Indicate(screen.line(2), color=theme.LOSS, scale_factor=1.05), run_time=0.8)
            beat.until("epoch-two")
            self.play(show(1), self.tick(1), run_time=0.8)
            share = beat.to("epoch-ten") / (self.printed - 2)
            for nth in range(2, self.printed):
                self.play(show(nth), self.tick(nth), run_time=share)
            last = screen.line(self.printed + 1)
            self.play(Indicate(last, color=theme.LOSS, scale_factor=1.05), run_time=0.8)
            self.play(Flash(curve.dot, color=theme.LOSS), run_time=0.6)
        self.curve = curve

    def compare_neighbours(self) -> None:
        screen, losses = self.screen, self.run.losses
        shrink = round(float(self.error[1] / self.error[0]), 4)
        rule = self.label("error", value=shrink, size=theme.BODY)
        squared = self.label(
            "error-squared", root=shrink, value=round(float(losses[1] / losses[0]), 4),
            size=theme.BODY,
        )  # fmt: skip
        now = self.readout(
            self.formula("w + b - 2 =", size=theme.BODY),
            lambda: float(np.interp(self.clock.get_value(), range(LONG + 1), self.error)),
            places=4,
        )
        column = VGroup(rule, now).arrange(DOWN, buff=0.25, aligned_edge=LEFT)
        column.move_to(self.chart.at(8.4, 2.15))
        squared.move_to(self.chart.at(5.5, 0.5))
        for words in (column, squared):
            words.add_background_rectangle(theme.BACKGROUND, opacity=0.85, buff=0.1)
        ratios = VGroup()
        for nth in range(1, self.printed):
            ratio = self.label(
                "ratio", value=round(float(losses[nth] / losses[nth - 1]), 4),
                size=LIST, color=theme.LOSS,
            )  # fmt: skip
            lines = VGroup(screen.line(nth + 1), screen.line(nth + 2))
            ratios.add(ratio.next_to(screen.panel, RIGHT, buff=0.15).match_y(lines))
        with self.beat("shrinking-error") as beat:
            self.play(Write(rule), run_time=1.2)
            self.play(FadeIn(now), self.tick(0), run_time=0.6)
            self.play(self.tick(self.printed - 1), run_time=0.9 * beat.to("squared"))
            beat.until("squared")
            self.play(Write(squared), run_time=1.4)
            self.play(LaggedStart(*map(FadeIn, ratios), lag_ratio=0.4), run_time=2.0)
        self.rules = VGroup(column, squared, ratios)

    def count(self) -> None:
        example = self.label("example", x=1, y=2)
        counters = VGroup(
            *(
                Readout(
                    code_text(name, theme.MUTED),
                    LiveNumber(lambda: np.floor(self.clock.get_value() + 1e-6) + 1, places=0),
                )
                for name in ("epoch", "step")
            )
        ).arrange(RIGHT, buff=0.8)
        same = self.label("one-step", bold=True)
        VGroup(example, counters, same).arrange(DOWN, buff=0.3).move_to(self.chart.at(9.3, 2.05))
        with self.beat("one-example") as beat:
            self.play(FadeOut(self.rules), FadeIn(example), self.tick(0), run_time=0.6)
            self.play(FadeIn(counters), run_time=0.4)
            self.play(self.tick(3), run_time=0.8 * beat.to("one-step"))
            beat.until("one-step")
            self.play(FadeIn(same), run_time=0.5)
            self.play(self.tick(self.printed - 1), run_time=0.7 * beat.remaining)
        self.counting = VGroup(example, counters, same)

    def reach_the_line(self) -> None:
        run = linear_loop(lr=LR, epochs=MANY)
        figure, side = self.regions.content.columns(0.62, 0.38, gap=0.3)
        land = ValleyMap(figure, (-1.5, 3.5), (-0.4, 2.6))
        plot = land.plot
        clock = ValueTracker(0.0)
        points = np.column_stack([run.w, run.b])
        walk = Walk(plot, points, clock.get_value, theme.GRADIENT)

        def now(values: np.ndarray) -> Callable[[], float]:
            return lambda: float(np.interp(clock.get_value(), range(len(values)), values))

        reads = VGroup(
            *(
                self.readout(
                    self.formula(f"{name} ="), now(values), size=theme.FORMULA, color=color
                )
                for name, values, color in (
                    ("input(w + b)", run.w + run.b, theme.INPUT),
                    ("input(w - b)", run.w - run.b, theme.INPUT),
                    ("loss(L)", LOSS(points), theme.LOSS),
                )
            )
        ).arrange(DOWN, buff=0.5, aligned_edge=LEFT)
        side.place(reads, across=0.3)
        spots = VGroup(*(Dot(plot.at(w, 2 - w), color=theme.SLOPE) for w in (-0.4, 0.3, 1.7, 2.2)))
        zeros = VGroup(
            *(
                self.formula("loss(L = 0)", size=theme.SMALL).next_to(spot, UP + RIGHT, buff=0.08)
                for spot in (spots[1], spots[2])
            )
        )
        for zero in zeros:
            zero.add_background_rectangle(theme.BACKGROUND, opacity=0.85, buff=0.06)
        with self.beat("line-of-minima") as beat:
            old = (self.screen, self.chart.frame, self.curve, self.counting)
            self.play(FadeOut(*old), FadeIn(plot.frame, land.levels), run_time=0.7)
            self.play(FadeIn(walk, reads), run_time=0.5)
            self.play(
                clock.animate(rate_func=linear).set_value(MANY), run_time=0.9 * beat.to("line")
            )
            beat.until("line")
            self.play(Create(land.floor), run_time=0.9)
            self.play(LaggedStart(*map(GrowFromCenter, spots), lag_ratio=0.3), run_time=0.6)
            self.play(FadeIn(zeros), run_time=0.4)
        self.valley = VGroup(land.all, walk, reads, spots, zeros)

    def indent(self) -> None:
        lines = [line for line in self.program.lines[self.first :] if line]
        # As many as can be read in the time.
        lines = [line for line in lines if "print" not in line and "targets = " not in line]
        place, side = self.regions.content.columns(0.63, 0.37, gap=0.4)
        code = CodeCard("\n".join(lines), place)
        broken = what_it_prints(self.program.flattened()).error
        error = code_text(broken, theme.WRONG, 36.0, width=side.width)
        side.place(error, across=0.0, up=0.8)
        inside = VGroup(*(code.line(nth) for nth in range(2, len(lines) + 1)))
        loss = code.line(next(n for n, line in enumerate(lines, 1) if "loss = " in line))
        letter = loss[3].get_x() - loss[2].get_x()  # its two s stand side by side
        spaces = len(lines[1]) - len(lines[1].lstrip())
        shift = spaces * letter * RIGHT
        band = Rectangle(width=spaces * letter, height=inside.height + 0.1, stroke_width=0)
        band.set_fill(theme.SLOPE, 0.25).move_to(inside).align_to(code.line(1), LEFT)
        name = self.label("spaces", count=spaces, color=theme.SLOPE, bold=True)
        done = VGroup(tick(), name).arrange(RIGHT, buff=0.3)
        side.place(done, across=0.0, up=0.8)
        inside.shift(-shift)
        with self.beat("indentation") as beat:
            self.play(FadeOut(self.valley), FadeIn(code), run_time=0.7)
            self.play(FadeIn(error, shift=UP * 0.2), run_time=0.6)
            cross = crossed_out(VGroup(*code.line(2)[: len("inputs")]))
            cross.next_to(code.line(2), RIGHT, buff=0.4)
            self.play(Create(cross), run_time=0.5)
            beat.until("indent")
            self.play(inside.animate.shift(shift), FadeOut(error, cross), run_time=1.0)
            self.play(FadeIn(band), Write(name), Create(done[0]), run_time=0.8)
            self.play(Indicate(band, color=theme.SLOPE, scale_factor=1.05), run_time=0.7)
        self.indented = VGroup(code, band, done)

    def forget_to_wipe(self) -> None:
        left, _ = self.regions.content.columns(0.44, 0.56, gap=0.3)
        upper, lower = left.split(0.4, 0.6, gap=0.2)
        lines = self.program.excerpt("zero_grad", "backward", "step()")
        code = CodeCard("\n".join(lines), upper)
        wiped = code.line(1)
        strike = Line(wiped.get_left(), wiped.get_right(), color=theme.WRONG).set_stroke(width=6)
        piling = linear_loop(lr=LR, epochs=LONG, zero_grad=False)
        held = (piling.w[:-1] - piling.w[1:]) / LR  # what w.grad holds at each step
        self.clock.set_value(0.0)
        reach = 1.15 * float(np.abs(held).max())
        bars = Plot((-1, 1), (-reach, reach), lower.columns(0.5, 0.5)[0], x_name="", numbers=False)

        def now() -> float:
            return float(np.interp(self.clock.get_value(), range(LONG), held))

        pile = live_bar(bars, 0.0, now, theme.GRADIENT)
        holds = Readout(
            code_text("w.grad =", theme.GRADIENT, CODE),
            LiveNumber(now, size=theme.BODY, color=theme.GRADIENT),
        )
        holds.next_to(bars.at(0.5, 0), RIGHT, buff=0.3).shift(0.6 * DOWN)
        straight = self.series(self.run.losses, theme.MUTED)
        bouncing = self.series(piling.losses, theme.LOSS)
        fine = self.label("with-zero", size=theme.SMALL, color=theme.MUTED)
        fine.move_to(self.chart.at(9.6, 1.7))
        wrong = self.label("without-zero", size=theme.SMALL, color=theme.LOSS)
        low = int(piling.losses.argmin())
        wrong.move_to(self.chart.at(2.85, 0.25))
        with self.beat("without-zero-grad") as beat:
            self.play(FadeOut(self.indented), FadeIn(code, self.chart.frame), run_time=0.5)
            self.play(Create(strike), run_time=0.5)
            self.play(
                FadeIn(straight, bouncing, bars.axes[0], pile, holds, fine, wrong), run_time=0.4
            )
            self.play(self.tick(2), run_time=0.7 * beat.to("falls"))
            beat.until("falls")
            self.play(self.tick(low), run_time=beat.to("rises"))
            self.play(self.tick(LONG - 1), run_time=0.8 * beat.remaining)

    # -- small pieces ------------------------------------------------------------------------

    def at(self, name: str) -> Callable[[], float]:
        """A value of the recorded run at the epoch shown."""
        values = getattr(self.run, name)
        return lambda: float(np.interp(self.epoch.get_value(), range(len(values)), values))

    def slope(self, epoch: int) -> float:
        """The loss's derivative in that epoch: the same for w and b."""
        return float(LOSS.gradient()([self.run.w[epoch], self.run.b[epoch]])[0])

    def type(self, part: str) -> LaggedStart:
        glyphs = self.code.line(self.program.number(part))
        return LaggedStart(*map(FadeIn, glyphs), lag_ratio=0.3)

    def mark(self, part: str) -> Transform:
        above = self.first if self.code is getattr(self, "loop", None) else 0
        return Transform(self.marker, self.code.marker(self.program.number(part) - above))

    def tick(self, step: int) -> object:
        return self.clock.animate(rate_func=linear).set_value(step)

    def series(self, losses: np.ndarray, color: str) -> Walk:
        """Losses over epochs, from epoch 1, up to the clock."""
        points = np.column_stack([np.arange(len(losses)) + 1, losses])
        return Walk(self.chart, points, self.clock.get_value, color)

    def pulse(
        self, ways: Sequence[Line], color: str, seconds: float, *, back: bool = False
    ) -> None:
        """A dot that runs along lines, one after the other."""
        dot = Dot(radius=0.12, color=color).set_z_index(4)
        for way in ways:
            path = Line(*(way.get_end(), way.get_start())[:: 1 if back else -1])
            self.play(MoveAlongPath(dot, path), rate_func=linear, run_time=seconds / len(ways))
        self.remove(dot)
