"""The same data and the same loss, looked at all at once, in small groups, or one by one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from manim import (
    DOWN,
    LEFT,
    RIGHT,
    UP,
    Arrow,
    Circle,
    Create,
    Dot,
    FadeIn,
    FadeOut,
    GrowFromCenter,
    Indicate,
    LaggedStart,
    ReplacementTransform,
    RoundedRectangle,
    Transform,
    ValueTracker,
    VGroup,
    VMobject,
    Write,
    linear,
)

from lessonkit.stage import BeatClock, LessonScene, Plot, Region, Typeset, theme
from mathcore import Line, Training, line_data, optimizer, train
from scenes.descent import Walk, contours, live_bar

DATA = line_data()
START = (-1.5, -1.0)
RATE, SMALL_RATE = 0.1, 0.01
SEED = 1
EPOCHS = 3
UPDATES = 32  # of each kind that are watched
SIZES = {"batch": 32, "mini": 8, "single": 1}
LEVELS = (0.12, 0.3, 0.8, 1.8, 3.5, 6.0, 9.5)
W, B = (-2.4, 4.2, 1), (-2.2, 3.2, 1)
NEAR_W, NEAR_B = (1.4, 2.6, 0.2), (0.6, 1.45, 0.2)
NEAR_LEVELS = (0.085, 0.1, 0.13, 0.18, 0.25)


def learn(size: int, epochs: int, start: tuple[float, float] = START, lr: float = RATE) -> Training:
    """A run on the scene's data."""
    return train(DATA, start, optimizer("SGD", lr=lr), batch_size=size, epochs=epochs, seed=SEED)


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
        self.scatter = Plot((-1.1, 1.1, 0.5), (-3.2, 4.2, 2), self.left, y_name="$output(y)$")
        self.dots = VGroup(
            *(
                Dot(self.scatter.at(x, y), radius=0.07, color=theme.INK)
                for x, y in zip(DATA.x, DATA.y, strict=True)
            )
        )
        rows = VGroup()
        for region, (name, size) in zip(self.right.split(1, 1, 1), SIZES.items(), strict=True):
            rows.add(self.portion(region, name, size))
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

    def portion(self, region: Region, name: str, size: int) -> VGroup:
        """All the examples as small dots, those of one step lit."""
        words, picture = region.columns(0.4, 0.6)
        grid = VGroup(*(Dot(radius=0.07, color=theme.FAINT) for _ in DATA.x))
        grid.arrange_in_grid(4, 8, buff=0.14)
        grid[:size].set_color(theme.GRADIENT)
        text = self.label(name)
        return VGroup(words.place(text, across=0.0), picture.place(grid, across=0.2))

    def fit_a_line(self) -> None:
        self.clock = ValueTracker(0.0)
        self.run = learn(len(DATA), UPDATES)
        self.line = self.scatter.live_line(self.line_now, theme.OUTPUT)
        self.map = Plot(W, B, self.right, x_name="$input(w)$", y_name="$input(b)$")
        self.lines = contours(self.map, DATA.objective, LEVELS)
        model = self.label("model")
        self.scatter_name = model.next_to(self.scatter.at(-1.1, 4.2), RIGHT, buff=0.6)
        self.watched = Walk(self.map, self.run.parameters, self.clock.get_value, theme.GRADIENT)
        with self.beat("the-data") as beat:
            self.play(*(Indicate(dot, color=theme.GRADIENT) for dot in self.dots), run_time=1.0)
            self.play(FadeOut(self.portions), run_time=0.5)
            beat.until("line")
            self.play(Create(self.line), FadeIn(model), run_time=0.9)
            self.play(FadeIn(self.map.frame), run_time=0.4)
            self.play(LaggedStart(*map(Create, self.lines), lag_ratio=0.1), run_time=0.9)
            self.play(FadeIn(self.watched), run_time=0.4)

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
        glow = self.glow(run, clock.get_value)
        title = self.label(name, bold=True)
        cost = self.label("per-step", count=size, color=theme.MUTED)
        note = VGroup(title, cost).arrange(RIGHT, buff=0.5)
        self.note_room.place(note)
        self.play(FadeOut(self.watched), FadeIn(path, glow, title), run_time=0.5)
        self.run, self.clock = run, clock
        self.play(FadeIn(cost), run_time=0.3 * beat.to(marks[0]))
        self.play(clock.animate(rate_func=linear).set_value(4), run_time=beat.to(marks[0]))
        if len(marks) > 1:
            self.play(clock.animate(rate_func=linear).set_value(20), run_time=beat.to(marks[1]))
            self.play(Indicate(cost if name == "batch" else path.tail), run_time=0.7)
        self.play(
            clock.animate(rate_func=linear).set_value(UPDATES), run_time=0.85 * beat.remaining
        )
        self.watched = VGroup(path, glow, note)

    def glow(self, run: Training, clock: Callable[[], float]) -> VMobject:
        """Rings round the examples that the update under way looks at."""
        rings = VMobject(stroke_color=theme.GRADIENT, stroke_width=theme.THIN)
        ring = Circle(0.13).points

        def follow(mobject: VMobject) -> None:
            batch = run.batches[min(int(clock()), len(run.batches) - 1)]
            mobject.points = np.concatenate([ring + self.dots[i].get_center() for i in batch])

        return rings.add_updater(follow, call_updater=True)

    def count_updates(self) -> None:
        rows = VGroup()
        regions = self.regions.content.split(1, 1, 1, gap=0.2)
        for region, (name, size) in zip(regions, SIZES.items(), strict=True):
            updates = learn(size, 1).updates_per_epoch
            words, strip, result = region.columns(0.18, 0.62, 0.2, gap=0.2)
            cells = VGroup()
            for room in strip.columns(*[1.0] * len(DATA)):
                cells.add(Dot(room.point(), radius=0.075, color=theme.FAINT))
            groups = VGroup(
                *(
                    RoundedRectangle(
                        width=cells[k * size : (k + 1) * size].width + 0.06,
                        height=0.42,
                        corner_radius=0.1,
                        color=theme.GRADIENT,
                        stroke_width=theme.THIN,
                    ).move_to(cells[k * size : (k + 1) * size])
                    for k in range(updates)
                )
            )
            text = words.place(self.label(name), across=0.0)
            count = result.place(self.label("updates", count=updates, bold=True), across=0.0)
            rows.add(VGroup(text, cells, groups, count))
        heading = self.label("one-epoch", color=theme.MUTED)
        self.regions.title.place(heading, across=1.0)
        gone = (
            self.scatter.frame, self.dots, self.line, self.scatter_name, self.map.frame,
            self.lines, self.watched,
        )  # fmt: skip
        with self.beat("updates-per-epoch") as beat:
            self.play(FadeOut(*gone), FadeIn(heading, *(row[:2] for row in rows)), run_time=0.8)
            for mark, row in zip(
                ("count-batch", "count-mini", "count-sgd"),
                (rows[0], rows[1], rows[2]),
                strict=True,
            ):
                beat.until(mark)
                self.play(
                    LaggedStart(*map(Create, row[2]), lag_ratio=0.3),
                    row[1].animate.set_color(theme.GRADIENT),
                    FadeIn(row[3]),
                    run_time=0.9,
                )
        self.rows = VGroup(rows, heading)

    def compare_equal_work(self) -> None:
        runs = {name: learn(size, EPOCHS) for name, size in SIZES.items()}
        clock = ValueTracker(0.0)
        top = runs["batch"].losses[0]
        chart = Plot(
            (-0.7, 2.7),
            (0, top),
            self.regions.figure.split(0.88, 0.12)[0],
            x_name="",
            y_name="$loss(L)$",
            cross=(-0.7, 0),
            numbers=False,
        )
        bars, names, finals = VGroup(), VGroup(), []
        for nth, (name, run) in enumerate(runs.items()):
            bars.add(live_bar(chart, nth, self.loss_at(run, clock), theme.LOSS, width=0.6))
            words = self.label(name, size=theme.SMALL)
            names.add(words.next_to(chart.at(nth, 0), DOWN, buff=0.15))
            final = self.formula(f"loss({run.epoch_losses[-1]:.2f})", size=theme.FORMULA)
            finals.append(final.next_to(chart.at(nth, run.epoch_losses[-1]), UP, buff=0.15))
        begin = self.formula(f"{top:.2f}", size=theme.SMALL, color=theme.MUTED)
        begin.next_to(chart.at(-0.7, top), RIGHT, buff=0.15)
        after = self.label("after", epochs=EPOCHS, width=self.regions.side.width)
        epochs = self.readout(self.label("one-epoch"), clock.get_value, places=1)
        VGroup(after, epochs).arrange(DOWN, aligned_edge=LEFT, buff=0.5)
        self.regions.side.place(VGroup(after, epochs), across=0.0, up=0.8)
        with self.beat("equal-work") as beat:
            self.play(
                FadeOut(self.rows), FadeIn(chart.axes, chart.names, names, bars), run_time=0.7
            )
            self.play(FadeIn(after, begin), run_time=0.5)
            self.play(
                clock.animate(rate_func=linear).set_value(EPOCHS), run_time=beat.to("bar-batch")
            )
            for mark, final in zip(("bar-batch", "bar-mini", "bar-sgd"), finals, strict=True):
                beat.until(mark)
                self.play(FadeIn(final, shift=0.2 * UP), run_time=0.6)
        self.chart = VGroup(chart.axes, chart.names, names, bars, after, begin, *finals)

    def loss_at(self, run: Training, clock: ValueTracker) -> Callable[[], float]:
        """The loss of a run at the clock's epoch."""
        epochs = np.arange(len(run.losses)) / run.updates_per_epoch
        return lambda: float(np.interp(clock.get_value(), epochs, run.losses))

    def average_the_fan(self) -> None:
        here = self.map.at(*START)
        scale = 0.16  # frame units for a gradient of 1

        def arrow(gradient: np.ndarray, color: str, width: float) -> Arrow:
            way = np.append(-scale * gradient, 0.0)
            return Arrow(here, here + way, buff=0, color=color, tip_length=0.14).set_stroke(
                width=width
            )

        # Without numbers at the axes, which the arrows would cross.
        ground = VGroup(self.map.grid, self.map.axes[:2], self.map.names, self.lines)
        single = DATA.per_sample_gradients(START)
        fan = VGroup(*(arrow(g, theme.MUTED, theme.THIN) for g in single))
        mean = arrow(single.mean(axis=0), theme.GRADIENT, theme.BOLD)
        texts = VGroup(
            self.label("fan", count=len(single), color=theme.MUTED), self.label("mean")
        ).arrange(DOWN, aligned_edge=LEFT, buff=0.4)
        self.left.place(texts, across=0.2, up=0.6)
        dot = Dot(here, radius=theme.DOT, color=theme.INK)
        with self.beat("unbiased") as beat:
            self.play(FadeOut(self.chart), FadeIn(ground, dot), run_time=0.7)
            self.play(
                LaggedStart(*map(Create, fan), lag_ratio=0.1),
                FadeIn(texts[0]),
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
        self.clock = ValueTracker(0.0)
        path = self.settled(1, RATE)
        walk = Walk(self.near, path[:41], self.clock.get_value, theme.GRADIENT)
        best = Dot(self.near.at(*DATA.best), radius=theme.DOT, color=theme.LOSS)
        self.cloud = self.points(path)
        self.rate = self.label("rate", rate=RATE, width=self.regions.side.width)
        noise = self.label("noise", color=theme.MUTED)
        upper, lower = self.regions.side.split(0.4, 0.6)
        upper.place(self.rate, across=0.0, up=0.8)
        lower.place(noise, across=0.0, up=1.0)
        with self.beat("noise-ball") as beat:
            self.play(FadeOut(self.fan), FadeIn(self.near.frame, ground, best), run_time=0.8)
            self.play(FadeIn(walk, self.rate), run_time=0.4)
            self.play(
                self.clock.animate(rate_func=linear).set_value(16), run_time=beat.to("wander")
            )
            self.play(
                self.clock.animate(rate_func=linear).set_value(40),
                FadeIn(self.cloud),
                FadeIn(noise),
                run_time=0.9 * beat.remaining,
            )
        self.play_area = VGroup(self.near.frame, ground, best)
        self.walk_near, self.noise = walk, noise

    def settled(self, size: int, lr: float) -> np.ndarray:
        """Where a run that begins at the minimum goes, its first epochs left out."""
        best = (float(DATA.best[0]), float(DATA.best[1]))
        run = learn(size, 6 + 6 * size, start=best, lr=lr)
        return run.parameters[6 * run.updates_per_epoch :]

    def points(self, path: np.ndarray) -> VGroup:
        """A cloud of iterates in the window."""
        inside = [
            (w, b) for w, b in path if NEAR_W[0] <= w <= NEAR_W[1] and NEAR_B[0] <= b <= NEAR_B[1]
        ]
        return VGroup(
            *(Dot(self.near.at(w, b), radius=0.05, color=theme.GRADIENT) for w, b in inside)
        )

    def shrink_the_ball(self) -> None:
        smaller = self.points(self.settled(1, SMALL_RATE))
        grouped = self.points(self.settled(SIZES["mini"], RATE))
        texts = [
            self.label("rate", rate=SMALL_RATE, width=self.regions.side.width),
            self.label("bigger", count=SIZES["mini"], rate=RATE, width=self.regions.side.width),
        ]
        for text in texts:
            text.move_to(self.rate, aligned_edge=LEFT)
        with self.beat("shrink-the-ball") as beat:
            self.play(FadeOut(self.walk_near), run_time=0.3)
            self.play(
                Transform(self.cloud, smaller),
                FadeOut(self.rate),
                FadeIn(texts[0]),
                run_time=0.75 * beat.to("bigger-batch"),
            )
            beat.until("bigger-batch")
            self.play(
                Transform(self.cloud, grouped),
                FadeOut(texts[0]),
                FadeIn(texts[1]),
                run_time=0.6 * beat.remaining,
            )
        self.last = VGroup(self.play_area, self.cloud, texts[1], self.noise)

    def name_in_torch(self) -> None:
        call = Typeset(
            '#raw("optim.SGD(parameters, lr)")', size=theme.FORMULA, fonts=theme.CODE_FONTS
        )
        upper, lower = self.regions.content.split(0.42, 0.58, gap=0.2)
        what = self.label("formula-only", color=theme.MUTED)
        VGroup(call, what).arrange(DOWN, buff=0.3)
        upper.place(VGroup(call, what))
        cards = VGroup()
        for region, (name, size) in zip(
            lower.columns(1, 1, 1, gap=0.5), SIZES.items(), strict=True
        ):
            loader = Typeset(f'#raw("batch_size={size}")', size=theme.BODY, fonts=theme.CODE_FONTS)
            panel = RoundedRectangle(
                width=region.width,
                height=1.7,
                corner_radius=0.15,
                color=theme.FAINT,
                fill_color=theme.PANEL,
                fill_opacity=1,
            )
            words = VGroup(loader, self.label(name)).arrange(DOWN, buff=0.25).move_to(panel)
            cards.add(region.place(VGroup(panel, words), up=0.9))
        decides = self.label("decides", color=theme.MUTED, size=theme.SMALL)
        lower.place(decides, up=0.2)
        with self.beat("optim-sgd") as beat:
            self.play(FadeOut(self.last), Write(call), run_time=1.2)
            self.play(FadeIn(what), run_time=0.5)
            beat.until("loaders")
            self.play(
                LaggedStart(*(FadeIn(card, shift=0.3 * UP) for card in cards), lag_ratio=0.4),
                run_time=1.6,
            )
            self.play(FadeIn(decides), run_time=0.5)
            self.play(cards[2][0].animate.set_stroke(theme.GRADIENT), run_time=0.6)
