"""Practice: what mini-batches are good for, and what the three lines of training do."""

from __future__ import annotations

import numpy as np
from manim import (
    DOWN,
    LEFT,
    PI,
    RIGHT,
    UP,
    Arrow,
    Circle,
    Create,
    CurvedArrow,
    Dot,
    FadeIn,
    FadeOut,
    Indicate,
    LaggedStart,
    Line,
    Rectangle,
    RoundedRectangle,
    Transform,
    ValueTracker,
    VGroup,
    Write,
    linear,
)

from lessonkit.stage import Plot, crossed_out, theme
from mathcore import gradient_noise, minibatch_gradients
from scenes.batches import DATA, SIZES, START, epoch_strip, learn
from scenes.descent import Walk, contours, live_bar
from scenes.pictures import (
    TRAINING,
    Knob,
    backward_pulse,
    code_text,
    eraser,
    network,
    training_lines,
)
from scenes.practice import PracticeScene

SIZE = SIZES["mini"]
W, B = (-2.4, 4.2, 1), (-2.2, 3.2, 1)
LEVELS = (0.3, 0.8, 1.8, 3.5, 6.0, 9.5)
FAN = 14  # gradients in the fan


class PracticeTraining(PracticeScene):
    """question 4 → updates, noise, lanes → question 5 → clear, compute, move → the order."""

    def construct(self) -> None:
        self.ask_about_mini_batches()
        self.count_updates()
        self.narrow_the_fan()
        self.run_in_parallel()
        self.ask_about_three_lines()
        self.clear_the_gradients()
        self.compute_the_gradients()
        self.move_the_weights()
        self.close_the_loop()

    def ask_about_mini_batches(self) -> None:
        with self.beat("q-mini-batch") as beat:
            self.play(Write(self.heading()), run_time=0.6)
            self.card = self.ask(beat, "question", "mini-batch", n=4)

    def count_updates(self) -> None:
        strip, body = self.regions.content.split(0.14, 0.86, gap=0.1)
        cells, boxes = epoch_strip(strip, SIZE)
        run = learn(SIZE, epochs=1)
        updates = run.updates_per_epoch
        left, right = body.columns(0.62, 0.38, gap=0.4)
        self.map = Plot(W, B, left, x_name="$input(w)$", y_name="$input(b)$")
        self.lines = contours(self.map, DATA.objective, LEVELS)
        clock = ValueTracker(0.0)
        walk = Walk(self.map, run.parameters, clock.get_value, theme.GRADIENT)
        count = right.place(self.label("updates", count=updates, size=theme.FORMULA), across=0.0)
        with self.beat("a-many-updates") as beat:
            self.clear(self.card, tag="answer")
            self.play(FadeIn(cells, self.map.frame, self.lines, walk), run_time=0.6)
            room = 0.9 * beat.to("count") / updates
            for k, box in enumerate(boxes):
                self.play(
                    Create(box),
                    cells[k * SIZE : (k + 1) * SIZE].animate.set_color(theme.GRADIENT),
                    clock.animate(rate_func=linear).set_value(k + 1),
                    run_time=room,
                )
            beat.until("count")
            self.play(Write(count), run_time=0.8)
            self.play(LaggedStart(*map(Indicate, boxes), lag_ratio=0.4), run_time=1.2)
        self.shown = VGroup(cells, boxes, walk, count)
        self.side = right

    def narrow_the_fan(self) -> None:
        here = self.map.at(*START)

        def fan(size: int) -> VGroup:
            gradients = minibatch_gradients(DATA, START, size, draws=FAN, seed=2)
            ends = [here + np.append(-0.2 * g, 0.0) for g in gradients]
            arrows = (
                Arrow(here, end, buff=0, color=theme.GRADIENT, tip_length=0.14) for end in ends
            )
            return VGroup(*arrows).set_stroke(width=theme.THIN).set_opacity(0.7)

        noise = [gradient_noise(DATA, START, size, replacement=True) for size in (1, SIZE)]
        share = round(noise[0].variance / noise[1].variance)
        wide, narrow = fan(1), fan(SIZE)
        sizes = [self.label("size", many=size, bold=True) for size in (1, SIZE)]
        variance = self.label("variance", share=f"1\\/{share}")
        self.side.place(
            VGroup(sizes[1], variance).arrange(DOWN, buff=0.5, aligned_edge=LEFT), across=0.0
        )
        sizes[0].move_to(sizes[1], aligned_edge=LEFT)
        ground = VGroup(self.map.grid, self.map.axes[:2], self.map.names, self.lines)
        with self.beat("a-less-noise") as beat:
            self.play(FadeOut(self.shown, self.map.axes[2:]), FadeIn(sizes[0]), run_time=0.5)
            self.play(
                LaggedStart(*map(Create, wide), lag_ratio=0.1), run_time=0.8 * beat.to("narrow")
            )
            beat.until("narrow")
            self.play(Transform(wide, narrow), FadeOut(sizes[0]), FadeIn(sizes[1]), run_time=1.6)
            self.play(Write(variance), run_time=1.0)
        self.shown = VGroup(ground, wide, sizes[1], variance)

    def run_in_parallel(self) -> None:
        left, right = self.regions.content.columns(0.66, 0.34, gap=0.4)
        lanes = left.split(*[1.0] * SIZE)
        box = RoundedRectangle(
            width=1.9, height=left.height * 0.94, corner_radius=0.2, color=theme.INK
        ).set_fill(theme.PANEL, 1)
        box = VGroup(box, self.label("gpu", bold=True)).set_z_index(3)  # the dots vanish in it
        box.move_to(left.point(0.55))
        dots = VGroup(*(Dot(lane.point(0.08), radius=0.12, color=theme.INPUT) for lane in lanes))
        out = left.point(0.95)
        tracks = VGroup(
            *(
                Line(*ends, stroke_color=theme.FAINT, stroke_width=theme.THIN)
                for lane in lanes
                for ends in ((lane.point(0.08), lane.point(0.55)), (lane.point(0.55), out))
            )
        ).set_z_index(-1)
        waiting = dots.copy()
        upper, middle, lower = right.split(0.4, 0.14, 0.46)
        name = upper.place(self.label("lanes", many=SIZE, bold=True), across=0.0)
        memory = VGroup(*(Rectangle(width=0.5, height=0.32) for _ in range(len(DATA) // 2)))
        memory.arrange_in_grid(4, 4, buff=0.08).set_stroke(theme.MUTED, theme.THIN)
        lower.place(memory, across=0.0, up=0.95)
        memory = VGroup(middle.place(self.label("memory"), across=0.0), memory)
        with self.beat("a-parallel") as beat:
            self.play(FadeOut(self.shown), FadeIn(tracks, box, waiting, dots), run_time=0.5)
            self.play(FadeIn(name), run_time=0.4)
            dots.set_z_index(2)
            self.play(
                *(
                    dot.animate.move_to(lane.point(0.55))
                    for dot, lane in zip(dots, lanes, strict=True)
                ),
                run_time=0.5 * beat.to("memory"),
            )
            self.play(
                *(dot.animate.move_to(out).set_color(theme.GRADIENT) for dot in dots),
                run_time=0.8 * beat.to("memory"),
            )
            beat.until("memory")
            self.play(FadeIn(memory), run_time=0.5)
            self.play(memory[1][: SIZE // 2].animate.set_fill(theme.INPUT, 0.8), run_time=0.8)
        self.shown = VGroup(waiting, tracks, box, dots, name, memory)

    def ask_about_three_lines(self) -> None:
        above, below = self.regions.content.split(0.3, 0.7, gap=0.3)
        left, self.side = below.columns(0.6, 0.4, gap=0.4)
        self.code = training_lines()
        panel = RoundedRectangle(
            width=self.code.width + 0.9,
            height=self.code.height + 0.9,
            corner_radius=0.15,
            color=theme.FAINT,
            fill_color=theme.PANEL,
            fill_opacity=1,
        ).move_to(self.code)
        self.panel = left.place(VGroup(panel, self.code))
        self.card = above.place(self.card_of("three-lines"))
        with self.beat("q-three-lines") as beat:
            self.play(FadeOut(self.shown), self.mark_as("question", n=5), run_time=0.5)
            self.play(FadeIn(self.card, panel), run_time=0.8 * beat.to("ask-zero"))
            for mark, line in zip(("ask-zero", "ask-backward", "ask-step"), self.code, strict=True):
                beat.until(mark)
                self.play(FadeIn(line, shift=0.2 * RIGHT), run_time=0.4)
            self.card = VGroup(self.card, self.leave_time(beat, self.side))
        _, self.side = self.regions.content.columns(0.6, 0.4, gap=0.4)

    def light(self, nth: int) -> list[object]:
        """One line of the code in full, the others faint."""
        return [
            line.animate.set_opacity(1.0 if k == nth else 0.3) for k, line in enumerate(self.code)
        ]

    def clear_the_gradients(self) -> None:
        upper, lower = self.side.split(0.7, 0.3)
        heights = ValueTracker(1.0)
        chart = Plot((-0.6, 3.6), (0, 2.1), upper, x_name="", numbers=False)
        sizes = np.abs(DATA.per_sample_gradients(START)[:4, 0])
        sizes /= sizes.max()
        bars = VGroup(
            *(
                live_bar(chart, k, lambda h=h: max(heights.get_value() * h, 1e-3), theme.GRADIENT)
                for k, h in enumerate(sizes)
            )
        )
        note = lower.place(self.label("piles-up"))
        rubber = eraser(1.1).move_to(chart.at(-0.4, 1.2))
        old, new = (
            VGroup(*(self.block(chart, k, n * h, h) for k, h in enumerate(sizes))) for n in (0, 1)
        )
        cross = crossed_out(Circle(0.5).move_to(chart.at(1.5, 1.1)))
        with self.beat("a-zero-grad") as beat:
            self.clear(self.card, tag="answer")
            self.play(FadeIn(chart.axes[0], bars), *self.light(0), run_time=0.6)
            self.play(FadeIn(rubber), run_time=0.3)
            self.play(
                rubber.animate.move_to(chart.at(3.4, 0.4)),
                heights.animate.set_value(0.0),
                run_time=0.8 * beat.to("no-sum"),
            )
            beat.until("no-sum")
            self.play(FadeIn(old), FadeOut(rubber), run_time=0.3)
            self.play(FadeIn(new, shift=0.3 * DOWN), FadeIn(note), run_time=0.5)
            self.play(Create(cross), run_time=0.5)
        self.shown = VGroup(chart.axes[0], bars, old, new, cross, note)

    def block(self, chart: Plot, k: int, bottom: float, height: float) -> Rectangle:
        """A gradient that was kept, in the chart of the bars."""
        low, high = chart.at(k - 0.35, bottom), chart.at(k + 0.35, bottom + height)
        block = Rectangle(width=high[0] - low[0], height=high[1] - low[1])
        block.set_stroke(theme.GRADIENT, theme.THIN).set_fill(theme.GRADIENT, 0.25)
        return block.move_to((low + high) / 2)

    def compute_the_gradients(self) -> None:
        upper, lower = self.side.split(0.66, 0.34)
        net = upper.place(network((3, 4, 2), width=4.2, height=2.8))
        note = lower.place(self.label("slopes", width=lower.width))
        with self.beat("a-backward") as beat:
            self.play(FadeOut(self.shown), FadeIn(net), *self.light(1), run_time=0.6)
            room = 0.3 * beat.remaining
            for layer in reversed(net[0]):
                self.play(backward_pulse(layer), run_time=room)
                layer.set_stroke(theme.GRADIENT)
            self.play(FadeIn(note), run_time=0.5)
        self.shown = VGroup(net, note)

    def move_the_weights(self) -> None:
        upper, lower = self.side.split(0.6, 0.4)
        turned = ValueTracker(0.0)
        knobs = VGroup(
            *(
                Knob(lambda a=a, b=b: a + (b - a) * turned.get_value(), radius=0.62)
                for a, b in ((0.2, 0.45), (0.8, 0.6), (0.35, 0.5))
            )
        ).arrange(RIGHT, buff=0.35)
        upper.place(knobs)
        rule = lower.place(self.label("rule", size=theme.BODY), up=0.8)
        with self.beat("a-step") as beat:
            self.play(FadeOut(self.shown), FadeIn(knobs), *self.light(2), run_time=0.6)
            self.play(turned.animate.set_value(1.0), run_time=0.8 * beat.to("rule"))
            beat.until("rule")
            self.play(Write(rule), run_time=1.4)
        self.shown = VGroup(knobs, rule)

    def close_the_loop(self) -> None:
        centre = self.regions.content.point(0.5, 0.5)
        words = ("clear-away", "compute-it", "move-on")
        colors = (theme.INK, theme.GRADIENT, theme.INPUT)
        nodes = VGroup()
        for k, (word, step, color) in enumerate(zip(words, TRAINING, colors, strict=True)):
            angle = PI / 2 - k * 2 * PI / 3
            place = centre + np.array([4.0 * np.cos(angle), 1.75 * np.sin(angle) - 0.3, 0.0])
            call = code_text(f"{step}()", theme.INK, theme.SMALL)
            text = VGroup(self.label(word, bold=True), call).arrange(DOWN, buff=0.15)
            ring = RoundedRectangle(
                width=3.4, height=1.5, corner_radius=0.35, color=color, stroke_width=theme.STROKE
            ).set_fill(theme.PANEL, 1)
            text.move_to(ring)
            nodes.add(VGroup(ring, text).move_to(place))
        arrows = VGroup(
            *(
                CurvedArrow(
                    nodes[a].get_center() + start,
                    nodes[b].get_center() + end,
                    angle=-PI / 5,
                    color=theme.MUTED,
                    tip_length=0.22,
                )
                for a, b, start, end in (
                    (0, 1, 1.8 * RIGHT, 0.9 * UP),
                    (1, 2, 1.8 * LEFT, 1.8 * RIGHT),
                    (2, 0, 0.9 * UP, 1.8 * LEFT),
                )
            )
        )
        whole = self.label("one-step", bold=True).move_to(centre + 0.2 * UP)
        with self.beat("a-order") as beat:
            self.play(FadeOut(self.shown, self.panel), FadeIn(nodes[0]), run_time=0.7)
            self.play(Create(arrows[0]), run_time=0.6 * beat.to("compute"))
            beat.until("compute")
            self.play(FadeIn(nodes[1]), Create(arrows[1]), run_time=0.9 * beat.to("move"))
            beat.until("move")
            self.play(FadeIn(nodes[2]), Create(arrows[2]), run_time=0.9 * beat.to("one-step"))
            beat.until("one-step")
            self.play(Write(whole), run_time=0.8)
            self.play(
                LaggedStart(*(Indicate(node, color=None) for node in nodes), lag_ratio=0.5),
                run_time=0.8 * beat.remaining,
            )
