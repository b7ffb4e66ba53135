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
    ShowPassingFlash,
    Transform,
    ValueTracker,
    VGroup,
    Write,
    linear,
)

from lessonkit.stage import Countdown, Plot, Typeset, theme
from mathcore import gradient_noise, line_data, minibatch_gradients, optimizer, train
from mathcore.snippets import snippet
from scenes.descent import Walk, contours, live_bar
from scenes.pictures import Knob, eraser, network
from scenes.practice import PracticeScene

DATA = line_data()
START = (-1.5, -1.0)
SIZE = 8
W, B = (-2.4, 4.2, 1), (-2.2, 3.2, 1)
LEVELS = (0.3, 0.8, 1.8, 3.5, 6.0, 9.5)
FAN = 24  # gradients in the fan
STEPS = ("zero_grad", "backward", "step")


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
            self.card = self.ask(beat, "four", "mini-batch")

    def count_updates(self) -> None:
        strip, body = self.regions.content.split(0.14, 0.86, gap=0.1)
        cells = VGroup(
            *(Dot(room.point(), radius=0.08, color=theme.FAINT)
              for room in strip.columns(*[1.0] * len(DATA)))
        )  # fmt: skip
        run = train(DATA, START, optimizer("SGD", lr=0.1), batch_size=SIZE, epochs=1, seed=1)
        updates = run.updates_per_epoch
        boxes = VGroup(
            *(
                RoundedRectangle(
                    width=cells[k * SIZE : (k + 1) * SIZE].width + 0.12,
                    height=0.45,
                    corner_radius=0.1,
                    color=theme.GRADIENT,
                    stroke_width=theme.THIN,
                ).move_to(cells[k * SIZE : (k + 1) * SIZE])
                for k in range(updates)
            )
        )
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
            ends = [here + np.append(-0.16 * g, 0.0) for g in gradients]
            return VGroup(
                *(
                    Arrow(here, end, buff=0, color=theme.GRADIENT, tip_length=0.14).set_stroke(
                        width=theme.THIN
                    )
                    for end in ends
                )
            )

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
        name = right.split(0.4, 0.6)[0].place(self.label("lanes", many=SIZE, bold=True), across=0.0)
        memory = VGroup(*(Rectangle(width=0.5, height=0.32) for _ in range(len(DATA) // 2)))
        memory.arrange_in_grid(4, 4, buff=0.08).set_stroke(theme.MUTED, theme.THIN)
        right.split(0.4, 0.6)[1].place(memory, across=0.0, up=0.8)
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
            self.play(memory[: SIZE // 2].animate.set_fill(theme.INPUT, 0.8), run_time=0.8)
        self.shown = VGroup(waiting, tracks, box, dots, name, memory)

    def ask_about_three_lines(self) -> None:
        program = snippet("training_loop").lines
        wanted = [next(line.strip() for line in program if f".{word}()" in line) for word in STEPS]
        left, right = self.regions.content.columns(0.6, 0.4, gap=0.4)
        self.code = VGroup(
            *(
                Typeset(f'#raw("{line}")', size=theme.FORMULA, fonts=theme.CODE_FONTS)
                for line in wanted
            )
        ).arrange(DOWN, aligned_edge=LEFT, buff=0.6)
        panel = RoundedRectangle(
            width=self.code.width + 0.9,
            height=self.code.height + 1.0,
            corner_radius=0.15,
            color=theme.FAINT,
            fill_color=theme.PANEL,
            fill_opacity=1,
        ).move_to(self.code)
        self.panel = VGroup(panel, self.code)
        upper, lower = left.split(0.25, 0.75)
        lower.place(self.panel)
        question = upper.place(self.label("three-lines", bold=True, width=upper.width))
        with self.beat("q-three-lines") as beat:
            ring = right.place(Countdown(beat.pause).scale(1.3))
            self.play(FadeOut(self.shown), self.mark_as("five"), run_time=0.5)
            self.play(Write(question), FadeIn(panel), run_time=0.8 * beat.to("ask-zero"))
            for mark, line in zip(("ask-zero", "ask-backward", "ask-step"), self.code, strict=True):
                beat.until(mark)
                shown = [FadeIn(line, shift=0.2 * RIGHT)]
                if mark == "ask-step":
                    shown.append(FadeIn(ring))
                self.play(*shown, run_time=0.4)
            beat.count_down(ring)
        self.card = VGroup(question, ring)
        self.side = right

    def light(self, nth: int) -> list[object]:
        """One line of the code in full, the others faint."""
        return [
            line.animate.set_opacity(1.0 if k == nth else 0.3) for k, line in enumerate(self.code)
        ]

    def clear_the_gradients(self) -> None:
        heights = ValueTracker(1.0)
        chart = Plot((-0.6, 3.6), (0, 1.05), self.side.split(0.7, 0.3)[0], x_name="", numbers=False)
        share = np.abs(DATA.per_sample_gradients(START)[:4, 0])
        bars = VGroup(
            *(
                live_bar(chart, k, lambda h=h: max(heights.get_value() * h, 1e-3), theme.GRADIENT)
                for k, h in enumerate(share / share.max())
            )
        )
        note = self.side.split(0.7, 0.3)[1].place(self.label("piles-up", color=theme.MUTED))
        rubber = eraser(1.1).move_to(chart.at(-0.4, 0.9))
        with self.beat("a-zero-grad") as beat:
            self.clear(self.card, tag="answer")
            self.play(FadeIn(chart.axes[0], bars), *self.light(0), run_time=0.6)
            self.play(FadeIn(rubber), run_time=0.3)
            self.play(
                rubber.animate.move_to(chart.at(3.4, 0.3)),
                heights.animate.set_value(0.0),
                run_time=0.8 * beat.to("no-sum"),
            )
            beat.until("no-sum")
            self.play(FadeIn(note), FadeOut(rubber), run_time=0.6)
        self.shown = VGroup(chart.axes[0], bars, note)

    def compute_the_gradients(self) -> None:
        upper, lower = self.side.split(0.66, 0.34)
        net = upper.place(network((3, 4, 2), width=4.2, height=2.8))
        note = lower.place(self.label("slopes", width=lower.width))
        with self.beat("a-backward") as beat:
            self.play(FadeOut(self.shown), FadeIn(net), *self.light(1), run_time=0.6)
            room = 0.3 * beat.remaining
            for layer in reversed(net[0]):
                self.play(
                    LaggedStart(
                        *(
                            ShowPassingFlash(
                                edge.copy().reverse_points().set_stroke(theme.GRADIENT, 6),
                                time_width=0.6,
                            )
                            for edge in layer
                        ),
                        lag_ratio=0.05,
                    ),
                    run_time=room,
                )
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
        for k, (word, step, color) in enumerate(zip(words, STEPS, colors, strict=True)):
            angle = PI / 2 - k * 2 * PI / 3
            place = centre + np.array([4.0 * np.cos(angle), 1.75 * np.sin(angle) - 0.3, 0.0])
            text = VGroup(
                self.label(word, bold=True),
                Typeset(f'#raw("{step}()")', size=theme.SMALL, fonts=theme.CODE_FONTS),
            ).arrange(DOWN, buff=0.12)
            ring = RoundedRectangle(
                width=3.1, height=1.35, corner_radius=0.35, color=color, stroke_width=theme.STROKE
            ).set_fill(theme.PANEL, 1)
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
                    (0, 1, 1.65 * RIGHT, 0.8 * UP),
                    (1, 2, 1.65 * LEFT, 1.65 * RIGHT),
                    (2, 0, 0.8 * UP, 1.65 * LEFT),
                )
            )
        )
        whole = self.label("one-step", bold=True).move_to(centre + 0.25 * DOWN)
        with self.beat("a-order") as beat:
            self.play(FadeOut(self.shown, self.panel), FadeIn(nodes[0]), run_time=0.7)
            self.play(Create(arrows[0]), run_time=0.6 * beat.to("compute"))
            beat.until("compute")
            self.play(FadeIn(nodes[1]), run_time=0.4)
            self.play(Create(arrows[1]), run_time=0.6 * beat.to("move"))
            beat.until("move")
            self.play(FadeIn(nodes[2]), run_time=0.4)
            self.play(Create(arrows[2]), run_time=0.6 * beat.to("one-step"))
            beat.until("one-step")
            self.play(Write(whole), run_time=0.8)
            self.play(
                LaggedStart(*(Indicate(node, color=None) for node in nodes), lag_ratio=0.5),
                run_time=0.8 * beat.remaining,
            )
