"""The same data and the same loss, looked at all at once, in small groups, or one by one."""

from __future__ import annotations

import numpy as np
from manim import (
    DOWN,
    LEFT,
    RIGHT,
    UP,
    Arrow,
    Brace,
    Circle,
    Create,
    DashedVMobject,
    Dot,
    FadeIn,
    FadeOut,
    GrowArrow,
    GrowFromCenter,
    Indicate,
    LaggedStart,
    ReplacementTransform,
    SurroundingRectangle,
    Transform,
    ValueTracker,
    VGroup,
    VMobject,
    Write,
    linear,
)

from lessonkit.stage import BeatClock, LessonScene, Plot, theme
from mathcore import Line
from scenes.batches import (
    DATA,
    RATE,
    SIZES,
    START,
    batch_rings,
    epoch_strip,
    handful,
    learn,
    loader_card,
    scattered,
    settled,
)
from scenes.descent import Walk, contours
from scenes.pictures import code_text

SMALL_RATE = 0.01
EPOCHS = 3
UPDATES = 32  # of each kind that are watched
LEVELS = (0.12, 0.3, 0.8, 1.8, 3.5, 6.0, 9.5)
W, B = (-2.4, 4.2, 1), (-2.2, 3.2, 1)
FAN_W, FAN_B = (-1.9, 0.2, 0.5), (-1.35, 0.3, 0.5)  # where one update from the start may land
FAN_LEVELS = (2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5)
NEAR_W, NEAR_B = (1.4, 2.6, 0.2), (0.6, 1.45, 0.2)
CLOUD_DOT = 0.05  # radius of an iterate's dot in a cloud, frame units
NEAR_LEVELS = (0.085, 0.1, 0.13, 0.18, 0.25)


class TypesOfDescent(LessonScene):
    """data → batch → single → mini-batch → equal work → the noise and how to shrink it."""

    def construct(self) -> None:
        strip, body = self.regions.content.split(0.1, 0.9)
        self.left, self.right = body.columns(1, 1, gap=0.5)
        _, self.note_room = strip.columns(1, 1, gap=0.5)
        self.how_much_data()
        self.fit_a_line()
        with self.beat("batch") as beat:
            self.walk(beat, "batch", ("batch-path", "costly"))
        with self.beat("stochastic") as beat:
            self.walk(beat, "single", ("sgd-path", "noisy"))
        with self.beat("mini-batch") as beat:
            self.walk(beat, "mini", ("mini-path",))
        self.count_updates()
        self.compare_equal_work()
        self.average_the_fan()
        self.wander_about()
        self.shrink_the_ball()
        self.name_in_torch()

    def how_much_data(self) -> None:
        self.scatter = Plot(
            (-1.1, 1.1, 0.5), (-3.2, 4.2, 2), self.left, y_name="$output(y)$", numbers=False
        )
        self.dots = scattered(self.scatter.at, DATA)
        rows = VGroup()
        for region, (name, size) in zip(self.right.split(1, 1, 1), SIZES.items(), strict=True):
            words, picture = region.columns(0.4, 0.6)
            text = words.place(self.label(name), across=0.0)
            rows.add(VGroup(text, picture.place(handful(size), across=0.2)))
        with self.beat("how-much-data") as beat:
            self.play(Write(self.heading()), FadeIn(self.scatter.frame), run_time=1.0)
            self.play(
                LaggedStart(*map(GrowFromCenter, self.dots), lag_ratio=0.1),
                run_time=beat.to("three-types"),
            )
            self.play(
                LaggedStart(*(FadeIn(row, shift=0.3 * RIGHT) for row in rows), lag_ratio=0.6),
                run_time=0.8 * beat.remaining,
            )
        self.portions = rows

    def fit_a_line(self) -> None:
        self.clock = ValueTracker(0.0)
        self.run = learn(len(DATA), UPDATES)
        self.line = self.scatter.live_line(self.line_now, theme.OUTPUT)
        self.map = Plot(W, B, self.right, x_name="$input(w)$", y_name="$input(b)$", numbers=False)
        self.ground = VGroup(self.map.frame, contours(self.map, DATA.objective, LEVELS))
        self.model = self.label("model").next_to(self.scatter.at(-1.1, 4.2), RIGHT, buff=0.6)
        path = Walk(self.map, self.run.parameters, self.clock.get_value, theme.GRADIENT)
        self.watched, self.ghosts = VGroup(path), VGroup()
        with self.beat("the-data") as beat:
            self.play(*(Indicate(dot, color=theme.GRADIENT) for dot in self.dots), run_time=1.0)
            self.play(FadeOut(self.portions), run_time=0.5)
            beat.until("line")
            self.play(Create(self.line), FadeIn(self.model), run_time=0.9)
            self.play(FadeIn(self.map.frame), run_time=0.4)
            self.play(LaggedStart(*map(Create, self.ground[1]), lag_ratio=0.1), run_time=0.9)
            self.play(FadeIn(path), run_time=0.4)

    def line_now(self) -> Line:
        """The line that the run has learnt at the clock's update."""
        steps = np.arange(len(self.run.parameters))
        w, b = (
            float(np.interp(self.clock.get_value(), steps, column))
            for column in self.run.parameters.T
        )
        return Line(w, b, (0.0, b))

    def walk(self, beat: BeatClock, name: str, marks: tuple[str, ...]) -> None:
        """Some updates of one kind: the examples that each looks at, the line, and the way."""
        size = SIZES[name]
        run = learn(size, UPDATES * size // len(DATA))
        clock = ValueTracker(0.0)
        path = Walk(self.map, run.parameters, clock.get_value, theme.GRADIENT)
        rings = batch_rings(self.dots, run, clock.get_value)
        title = self.label(name, bold=True)
        cost = self.label("per-step", count=size, color=theme.MUTED)
        note = VGroup(title, cost).arrange(RIGHT, buff=0.5)
        cost.shift((title.baseline - cost.baseline) * UP)
        self.note_room.place(note)
        old = self.watched[0].tail.copy().set_stroke(theme.MUTED, opacity=0.8)
        self.ghosts.add(old)  # the ways of the other kinds stay, to compare
        self.play(FadeOut(self.watched), FadeIn(old, path, rings, title), run_time=0.5)
        self.run, self.clock = run, clock
        self.play(FadeIn(cost), run_time=0.3 * beat.to(marks[0]))
        self.play(clock.animate(rate_func=linear).set_value(4), run_time=beat.to(marks[0]))
        if len(marks) > 1:
            self.play(clock.animate(rate_func=linear).set_value(20), run_time=beat.to(marks[1]))
            self.play(Indicate(cost if name == "batch" else path.tail), run_time=0.7)
        self.play(
            clock.animate(rate_func=linear).set_value(UPDATES), run_time=0.85 * beat.remaining
        )
        self.watched = VGroup(path, rings, note)

    def count_updates(self) -> None:
        rows = VGroup()
        regions = self.regions.content.split(0.35, 1, 1, 1, gap=0.1)[1:]
        for region, (name, size) in zip(regions, SIZES.items(), strict=True):
            words, strip, result = region.columns(0.18, 0.62, 0.2, gap=0.2)
            cells, frames = epoch_strip(strip, size)
            text = words.place(self.label(name), across=0.0)
            count = result.place(self.label("updates", count=len(frames), bold=True), across=0.0)
            rows.add(VGroup(text, cells, frames, count))
        brace = Brace(rows[0][1], UP, buff=0.3, color=theme.MUTED)
        epoch = self.label("one-epoch", color=theme.MUTED, size=theme.SMALL)
        epoch.next_to(brace, UP, buff=0.1)
        gone = (self.scatter.frame, self.dots, self.line, self.model)
        with self.beat("updates-per-epoch") as beat:
            self.play(
                FadeOut(*gone, self.ground, self.watched, self.ghosts),
                FadeIn(*(row[:2] for row in rows)),
                run_time=0.8,
            )
            self.play(GrowFromCenter(brace), FadeIn(epoch), run_time=0.6)
            for mark, row in zip(("count-batch", "count-mini", "count-sgd"), rows, strict=True):
                beat.until(mark)
                self.play(
                    LaggedStart(*map(Create, row[2]), lag_ratio=0.3),
                    row[1].animate.set_color(theme.GRADIENT),
                    FadeIn(row[3]),
                    run_time=0.9,
                )
        self.rows = VGroup(rows, brace, epoch)

    def compare_equal_work(self) -> None:
        """Three losses over the same number of examples looked at, every update a mark."""
        room, ends = self.regions.content.columns(0.72, 0.28)
        runs = {name: learn(size, EPOCHS) for name, size in SIZES.items()}
        top = runs["batch"].losses[0]
        chart = Plot((0, EPOCHS), (0, 9, 2), room, x_name="", y_name="$loss(L)$")
        time = self.label("epoch", size=theme.SMALL, color=theme.MUTED)
        time.next_to(chart.at(EPOCHS - 0.5, 0), DOWN, buff=0.15)
        begin = self.formula(f"loss({top:.2f})", size=theme.SMALL)
        begin.next_to(chart.at(0, top), UP + RIGHT, buff=0.12)
        after = self.label("after", epochs=EPOCHS, size=theme.SMALL, width=ends.width)
        ends.place(after, across=0.2, up=1.0)
        walks, finals, clocks = [], [], [ValueTracker(0.0) for _ in runs]
        for clock, (name, run) in zip(clocks, runs.items(), strict=True):
            epochs = np.arange(len(run.losses)) / run.updates_per_epoch
            walks.append(
                Walk(
                    chart,
                    np.column_stack([epochs, run.losses]),
                    lambda clock=clock, run=run: clock.get_value() * run.updates_per_epoch,
                    theme.LOSS,
                )
            )
            value = self.formula(f"loss({run.epoch_losses[-1]:.2f})", size=theme.SMALL)
            final = VGroup(value, self.label(name, size=theme.SMALL)).arrange(RIGHT, buff=0.25)
            final[1].shift((value.baseline - final[1].baseline) * UP)
            finals.append(final.next_to(chart.at(EPOCHS, run.epoch_losses[-1]), RIGHT, buff=0.35))
        finals[2].shift(0.1 * DOWN)
        with self.beat("equal-work") as beat:
            self.play(FadeOut(self.rows), FadeIn(chart.frame, time), run_time=0.7)
            self.play(FadeIn(after, begin, *walks), run_time=0.5)
            for mark, nxt, clock, final in zip(
                ("bar-batch", "bar-mini", "bar-sgd"),
                ("bar-mini", "bar-sgd", ""),
                clocks,
                finals,
                strict=True,
            ):
                beat.until(mark)
                left = beat.to(nxt) if nxt else beat.remaining
                self.play(
                    clock.animate(rate_func=linear).set_value(EPOCHS),
                    run_time=0.65 * left,
                )
                self.play(FadeIn(final, shift=0.2 * LEFT), run_time=0.2 * left)
        self.chart = VGroup(chart.frame, time, after, begin, *walks, *finals)

    def average_the_fan(self) -> None:
        """Where one example would send the first update, each for itself, and all together."""
        plot = self.plot(
            FAN_W, FAN_B, x_name="$input(w)$", y_name="$input(b)$", numbers=False,
            cross=(FAN_W[0], FAN_B[0]),
        )  # fmt: skip
        ground = VGroup(plot.frame, contours(plot, DATA.objective, FAN_LEVELS))
        single = DATA.per_sample_gradients(START)

        def arrow(gradient: np.ndarray, color: str, width: float) -> Arrow:
            tip = np.array(START) - RATE * gradient
            return Arrow(
                plot.at(*START), plot.at(*tip), buff=0, color=color, tip_length=0.2
            ).set_stroke(width=width)

        fan = VGroup(*(arrow(g, theme.MUTED, theme.THIN) for g in single))
        mean = arrow(single.mean(axis=0), theme.GRADIENT, 1.5 * theme.BOLD).set_z_index(1)
        texts = VGroup(
            self.label("fan", count=len(single), color=theme.MUTED),
            self.label("mean"),
            self.label("arrows", color=theme.MUTED, size=theme.SMALL),  # they point downhill
        ).arrange(DOWN, aligned_edge=LEFT, buff=0.4)
        self.regions.side.place(texts, across=0.0, up=0.7)
        dot = Dot(plot.at(*START), radius=theme.DOT, color=theme.INK).set_z_index(2)
        with self.beat("unbiased") as beat:
            self.play(FadeOut(self.chart), FadeIn(ground, dot), run_time=0.7)
            self.play(
                LaggedStart(*map(GrowArrow, fan), lag_ratio=0.1),
                FadeIn(texts[0], texts[2]),
                run_time=beat.to("mean"),
            )
            self.play(
                ReplacementTransform(fan.copy(), VGroup(mean)), FadeIn(texts[1]), run_time=1.2
            )
            self.play(fan.animate.set_opacity(0.4), run_time=0.6)
        self.fan = VGroup(fan, mean, texts, dot, ground)

    def wander_about(self) -> None:
        self.near = self.plot(NEAR_W, NEAR_B, x_name="$input(w)$", y_name="$input(b)$")
        ground = contours(self.near, DATA.objective, NEAR_LEVELS)
        clock = ValueTracker(0.0)
        path = settled(1, RATE)
        walk = Walk(self.near, path[:41], clock.get_value, theme.GRADIENT)
        centre = self.near.at(*DATA.best)
        best = Dot(centre, radius=0.06, color=theme.LOSS).set_z_index(3)
        self.cloud = self.points(path)
        self.ring = self.ring_round(self.cloud)
        self.rate = self.label("rate", rate=RATE, width=self.regions.side.width)
        self.noise = self.label("noise")
        side = self.regions.side
        side.place(self.rate, across=0.0, up=0.9)
        side.place(self.noise, across=0.0).match_y(self.ring)
        self.lead = self.lead_to(self.ring)
        with self.beat("noise-ball") as beat:
            self.play(FadeOut(self.fan), FadeIn(self.near.frame, ground, best), run_time=0.8)
            self.play(FadeIn(walk, self.rate), run_time=0.4)
            self.play(clock.animate(rate_func=linear).set_value(16), run_time=beat.to("wander"))
            self.play(
                clock.animate(rate_func=linear).set_value(40),
                FadeIn(self.cloud),
                run_time=0.5 * beat.remaining,
            )
            self.play(
                Create(self.ring), FadeIn(self.noise, self.lead), run_time=0.7 * beat.remaining
            )
        self.play_area = VGroup(self.near.frame, ground, best, self.ring, self.noise, self.lead)
        self.walk_near = walk

    def points(self, path: np.ndarray) -> VGroup:
        """A cloud of iterates."""
        return VGroup(
            *(Dot(self.near.at(w, b), radius=CLOUD_DOT, color=theme.GRADIENT) for w, b in path)
        )

    def ring_round(self, cloud: VGroup) -> DashedVMobject:
        """A dashed circle round the minimum that holds nearly all of a cloud's dots."""
        centre = self.near.at(*DATA.best)
        far = np.linalg.norm([dot.get_center() - centre for dot in cloud], axis=1)
        radius = float(np.quantile(far, 0.98)) + CLOUD_DOT
        ring = Circle(radius, color=theme.INK, stroke_width=theme.STROKE).move_to(centre)
        return DashedVMobject(ring, num_dashes=max(16, round(40 * radius)))

    def lead_to(self, ring: VMobject) -> Arrow:
        """From the name of the noise to its ring."""
        ends = self.noise.get_left(), ring.get_right()
        return Arrow(*ends, buff=0.15, color=theme.MUTED, stroke_width=4)

    def shrink_the_ball(self) -> None:
        """Both remedies; the ring of the first cloud stays, faint, for comparison."""
        smaller = self.points(settled(1, SMALL_RATE))
        grouped = self.points(settled(SIZES["mini"], RATE))
        width = self.regions.side.width
        texts = [
            self.label("rate", rate=SMALL_RATE, width=width),
            self.label("bigger", count=SIZES["mini"], rate=RATE, width=width),
        ]
        for text in texts:
            text.move_to(self.rate, aligned_edge=LEFT)
        before = self.ring.copy().set_stroke(theme.MUTED, opacity=0.6)
        with self.beat("shrink-the-ball") as beat:
            self.add(before)
            self.play(FadeOut(self.walk_near, self.rate), run_time=0.3)
            self.play(
                *self.becomes(smaller), FadeIn(texts[0]), run_time=0.75 * beat.to("bigger-batch")
            )
            beat.until("bigger-batch")
            self.play(FadeOut(texts[0]), run_time=0.3)
            self.play(*self.becomes(grouped), FadeIn(texts[1]), run_time=0.6 * beat.remaining)
        self.last = VGroup(self.play_area, before, self.cloud, texts[1])

    def becomes(self, cloud: VGroup) -> tuple[Transform, ...]:
        """The cloud becomes another one, and its ring goes with it."""
        ring = self.ring_round(cloud)
        return (
            Transform(self.cloud, cloud),
            Transform(self.ring, ring),
            Transform(self.lead, self.lead_to(ring)),
        )

    def name_in_torch(self) -> None:
        """One rule of update, and three loaders that feed it."""
        upper, lower = self.regions.content.split(0.38, 0.62, gap=0.2)
        call = code_text("optim.SGD(parameters, lr)", theme.INK, theme.FORMULA)
        what = self.label("formula-only", color=theme.MUTED)
        upper.place(VGroup(what, call).arrange(DOWN, buff=0.4))
        box = SurroundingRectangle(call, color=theme.MUTED, buff=0.2, corner_radius=0.15)
        cards = [
            loader_card(region, self.label(name, bold=True), size)
            for region, (name, size) in zip(
                lower.columns(1, 1, 1, gap=0.5), SIZES.items(), strict=True
            )
        ]
        decides = self.label("decides", color=theme.MUTED, size=theme.SMALL)
        lower.place(decides, up=0.0)
        with self.beat("optim-sgd") as beat:
            self.play(FadeOut(self.last), Write(call), Create(box), run_time=1.2)
            self.play(FadeIn(what), run_time=0.5)
            beat.until("loaders")
            self.play(
                LaggedStart(*(FadeIn(card, shift=0.3 * UP) for card in cards), lag_ratio=0.3),
                run_time=1.2,
            )
            for (_, _, examples), (_, size) in zip(cards, SIZES.items(), strict=True):
                self.feed(examples[:size], box)
            self.play(FadeIn(decides), cards[2][0].animate.set_stroke(theme.GRADIENT), run_time=0.6)

    def feed(self, examples: VGroup, box: VMobject) -> None:
        """A batch goes into the box above it."""
        batch = examples.copy().set_z_index(3)
        self.play(batch.animate.scale(0.4).move_to(box.get_bottom()), run_time=0.6)
        self.play(FadeOut(batch, shift=0.2 * UP), Indicate(box, color=theme.GRADIENT), run_time=0.4)
