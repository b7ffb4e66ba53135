"""The whole course in nine pictures; each one, once told, joins the others on the shelf."""

from __future__ import annotations

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
    LaggedStart,
    Mobject,
    ReplacementTransform,
    RoundedRectangle,
    SurroundingRectangle,
    ValueTracker,
    VGroup,
    Write,
    linear,
)

from lessonkit.stage import LessonScene, Plot, Region, Typeset, theme
from mathcore import (
    function,
    line_data,
    lr_bound,
    optimizer,
    quadratic,
    ravine,
    secant_line,
    tangent_line,
    train,
    trajectory,
)
from mathcore.snippets import snippet
from scenes.descent import Walk, contours, live_series
from scenes.pictures import backpropagation_icon, chain_icon

AT = 1.0  # where the secant becomes the tangent
RATES = {"slow": (0.03, theme.GRADIENT), "good": (0.3, theme.INK), "wild": (1.05, theme.WRONG)}
STEPS = ("zero_grad", "backward", "step")
SLOTS = 8  # pictures on the shelf


class Recap(LessonScene):
    """derivative → chain rule → gradient → descent → rate → data → optimizers → code."""

    def construct(self) -> None:
        self.stage, shelf = self.regions.content.columns(0.76, 0.24, gap=0.4)
        _, inner, _ = self.stage.split(0.06, 0.88, 0.06)  # room for a card's frame
        self.picture, self.words = inner.columns(0.6, 0.4, gap=0.4)
        rows = shelf.split(*[1.0] * (SLOTS // 2), gap=0.15)
        self.slots = [slot for row in rows for slot in row.columns(1, 1, gap=0.15)]
        self.shelf = VGroup()
        self.parabola = function("x**2")
        self.derive()
        self.chain()
        self.point_uphill()
        self.descend()
        self.choose_a_rate()
        self.choose_the_data()
        self.choose_an_optimizer()
        self.write_three_lines()
        self.send_off()

    def derive(self) -> None:
        f, h = self.parabola, ValueTracker(1.5)
        plot = Plot((-1, 3), (-1, 7), self.picture, x_name="", numbers=False)
        curve = plot.curve(f, theme.OUTPUT)
        secant = plot.live_line(lambda: secant_line(f, AT, h.get_value()))
        fixed = plot.dot(lambda: (AT, f(AT)), theme.INK)
        moving = plot.dot(lambda: (AT + h.get_value(), f(AT + h.get_value())), theme.INK)
        definition = self.said("definition")
        with self.beat("derivative") as beat:
            self.play(Write(self.heading()), FadeIn(plot.axes), Create(curve), run_time=1.0)
            self.play(Create(secant), FadeIn(fixed, moving), run_time=0.6)
            self.play(h.animate.set_value(1e-3), run_time=beat.to("definition"))
            self.play(Write(definition), run_time=0.6 * beat.remaining)
        tangent = plot.line(tangent_line(f, at=AT))
        self.remove(secant, moving)
        self.now = VGroup(plot.axes, curve, tangent, fixed)
        self.add(self.now)
        self.text = definition

    def chain(self) -> None:
        links = self.picture.place(chain_icon().scale(2.0))
        net = self.picture.place(backpropagation_icon().scale(2.0))
        rule = self.said("chain")
        with self.beat("chain-rule") as beat:
            self.put_away(1.0)
            self.play(FadeIn(links), run_time=0.5)
            self.play(Write(rule), run_time=0.8 * beat.to("backprop"))
            beat.until("backprop")
            self.play(FadeOut(links), run_time=0.3)
            self.play(FadeIn(net[0]), run_time=0.4)
            self.play(Create(net[1]), run_time=0.9)
        self.now, self.text = net, rule

    def point_uphill(self) -> None:
        f, at = function("x**2 + 2*y**2"), (1.0, 0.7)
        plot = Plot((-2.4, 2.4), (-1.8, 1.8), self.picture, x_name="", numbers=False)
        lines = contours(plot, f, (0.3, 1.0, 2.0, 3.5, 5.5))
        gradient = 0.28 * f.gradient()(at)
        here = plot.at(*at)
        up = Arrow(here, plot.at(*(at + gradient)), buff=0, color=theme.GRADIENT)
        down = Arrow(here, plot.at(*(at - gradient)), buff=0, color=theme.INK)
        dot = Dot(here, radius=theme.DOT, color=theme.INK)
        names = VGroup(
            self.label("up").next_to(up.get_end(), UP, buff=0.1),
            self.label("down").next_to(down.get_end(), DOWN + LEFT, buff=0.05),
        )
        for name in names:
            name.add_background_rectangle(theme.BACKGROUND, opacity=0.85, buff=0.06)
        vector = self.said("gradient")
        with self.beat("gradient") as beat:
            self.put_away(1.0)
            self.play(FadeIn(plot.axes), *map(Create, lines), FadeIn(dot), run_time=0.8)
            self.play(Write(vector), run_time=0.7 * beat.to("uphill"))
            beat.until("uphill")
            self.play(Create(up), FadeIn(names[0]), run_time=0.7)
            beat.until("downhill")
            self.play(Create(down), FadeIn(names[1]), run_time=0.7)
        self.now, self.text = VGroup(plot.axes, lines, up, down, dot), vector
        self.extra = names

    def descend(self) -> None:
        loss, clock = quadratic([2]), ValueTracker(0.0)
        run = trajectory(loss, [-1.9], optimizer("SGD", lr=0.15), 10)
        plot = Plot((-2.2, 2.2), (0, 4.4), self.picture, x_name="", numbers=False)
        curve = plot.curve(loss, theme.LOSS)
        walk = self.walk_on(plot, run.points[:, 0], loss, clock)
        rule = self.said("rule")
        with self.beat("gradient-descent") as beat:
            self.put_away(1.0)
            self.play(FadeIn(plot.axes), Create(curve), FadeIn(walk), run_time=0.6)
            self.play(
                Write(rule),
                clock.animate(rate_func=linear).set_value(3),
                run_time=beat.to("again"),
            )
            self.play(clock.animate(rate_func=linear).set_value(10), run_time=beat.remaining)
        self.now, self.text = VGroup(plot.axes, curve, walk), rule

    def walk_on(self, plot: Plot, points: object, loss: object, clock: ValueTracker) -> Walk:
        """A run on the graph of its loss."""
        return Walk(plot, [(w, loss(w)) for w in points], clock.get_value, theme.GRADIENT)

    def choose_a_rate(self) -> None:
        loss, steps = quadratic([2]), 14
        plot = Plot(
            (0, steps), (0, 8), self.picture, x_name=self.script.label("step"),
            y_name="$loss(L)$", numbers=False,
        )  # fmt: skip
        clock = ValueTracker(0.0)
        curves, names = {}, VGroup()
        for name, (rate, color) in RATES.items():
            run = trajectory(loss, [2.0], optimizer("SGD", lr=rate), steps)
            curves[name] = live_series(plot, run.values, clock.get_value, color)
            names.add(self.label(name, color=color))
        names.arrange(DOWN, aligned_edge=LEFT, buff=0.35)
        limit = self.label("limit", bound=lr_bound([[2]]))
        column = VGroup(names, limit).arrange(DOWN, aligned_edge=LEFT, buff=0.6)
        self.words.place(column, across=0.0)
        with self.beat("learning-rate") as beat:
            self.put_away(1.0)
            self.play(FadeIn(plot.axes, plot.names, curves["slow"], curves["good"]), run_time=0.4)
            self.play(
                clock.animate(rate_func=linear).set_value(7),
                FadeIn(names[:2]),
                run_time=beat.to("too-large"),
            )
            self.play(FadeIn(curves["wild"], names[2]), run_time=0.4)
            self.play(clock.animate(rate_func=linear).set_value(steps), run_time=beat.to("limit"))
            self.play(Write(limit), run_time=0.8)
        self.now, self.text = VGroup(plot.axes, *curves.values()), VGroup(column, plot.names)

    def choose_the_data(self) -> None:
        data = line_data()
        plot = Plot((-2.2, 3.8), (-1.9, 3.0), self.picture, x_name="", numbers=False)
        lines = contours(plot, data.objective, (0.3, 0.8, 1.8, 3.5, 6.0, 9.5))
        clock = ValueTracker(0.0)
        walks, names = VGroup(), VGroup()
        for size, color, name in (
            (32, theme.GRADIENT, "batch"),
            (1, theme.INK, "sgd-name"),
            (8, theme.MUTED, "mini"),
        ):
            run = train(
                data, (-1.5, -1.0), optimizer("SGD", lr=0.1), batch_size=size, epochs=size, seed=1
            )
            walks.add(Walk(plot, run.parameters[:33], clock.get_value, color))
            names.add(
                VGroup(Dot(radius=theme.DOT, color=color), self.label(name)).arrange(
                    RIGHT, buff=0.2
                )
            )
        names.arrange(DOWN, aligned_edge=LEFT, buff=0.4)
        self.words.place(names, across=0.0)
        with self.beat("data-per-step") as beat:
            self.put_away(1.0)
            self.play(FadeIn(plot.axes, lines, walks, names), run_time=0.5)
            self.play(clock.animate(rate_func=linear).set_value(10), run_time=beat.to("trade"))
            self.play(clock.animate(rate_func=linear).set_value(32), run_time=beat.remaining)
        self.now, self.text = VGroup(plot.axes, lines, walks), names

    def choose_an_optimizer(self) -> None:
        valley, clock = ravine(20), ValueTracker(0.0)
        plot = Plot((-6, 2), (-3.2, 3.2), self.picture, x_name="", numbers=False)
        lines = contours(plot, valley, (0.1, 0.5, 1.3, 2.5, 4.5, 7.5, 11.5, 16.5))
        walks, names = VGroup(), VGroup()
        for make, color, name in (
            (optimizer("SGD", lr=0.6, momentum=0.5), theme.VELOCITY, "momentum"),
            (optimizer("RMSprop", lr=0.1, alpha=0.9), theme.SCALE, "rmsprop-name"),
            (optimizer("Adam", lr=0.4), theme.INK, "adam-name"),
        ):
            run = trajectory(valley, [-5, -2], make, 50)
            walks.add(Walk(plot, run.points, clock.get_value, color))
            names.add(self.label(name))
        names.arrange(DOWN, aligned_edge=LEFT, buff=0.4)
        self.words.place(names, across=0.0)
        with self.beat("optimizers") as beat:
            self.put_away(1.0)
            self.play(FadeIn(plot.axes, lines, walks, names[0]), run_time=0.4)
            for step, mark, name in ((12, "rmsprop", names[1]), (30, "adam", names[2])):
                self.play(clock.animate(rate_func=linear).set_value(step), run_time=beat.to(mark))
                self.play(FadeIn(name), run_time=0.3)
            self.play(clock.animate(rate_func=linear).set_value(50), run_time=beat.remaining)
        self.now, self.text = VGroup(plot.axes, lines, walks), names

    def write_three_lines(self) -> None:
        program = snippet("training_loop").lines
        wanted = [next(line.strip() for line in program if f".{word}()" in line) for word in STEPS]
        code = VGroup(
            *(
                Typeset(f'#raw("{line}")', size=theme.FORMULA, fonts=theme.CODE_FONTS)
                for line in wanted
            )
        ).arrange(DOWN, aligned_edge=LEFT, buff=0.5)
        self.stage.place(code)
        panel = SurroundingRectangle(
            code, color=theme.FAINT, fill_color=theme.PANEL, fill_opacity=1, buff=0.5,
            corner_radius=0.15,
        )  # fmt: skip
        with self.beat("three-lines") as beat:
            self.put_away(1.0)
            self.play(FadeIn(panel), run_time=0.4)
            for mark, line in zip(("zero-grad", "backward", "step"), code, strict=True):
                beat.until(mark)
                self.play(FadeIn(line, shift=0.2 * RIGHT), run_time=0.35)
        self.now, self.text = VGroup(panel, code), None

    def send_off(self) -> None:
        last = self.label("thanks", size=theme.HEADING, bold=True)
        hint = self.label("try", color=theme.MUTED)
        above, below = self.regions.content.split(0.72, 0.28, gap=0.2)
        below.place(VGroup(hint, last).arrange(DOWN, buff=0.25))
        rows = above.split(1, 1, gap=0.2)
        places = [room for row in rows for room in row.columns(1, 1, 1, 1, gap=0.3)]
        panel, code = self.now
        words = VGroup(
            *(
                Typeset(f'#raw("{word}")', size=theme.SMALL, fonts=theme.CODE_FONTS)
                for word in STEPS
            )
        ).arrange(DOWN, buff=0.12)
        small = self.frame_for(places[-1].place(words))
        small.scale(places[-1].height / small.height)
        with self.beat("small-steps") as beat:
            self.play(
                *(
                    self.into(card, room)
                    for card, room in zip(self.shelf, places[:-1], strict=True)
                ),
                ReplacementTransform(panel, small),
                ReplacementTransform(code, words),
                run_time=max(1.2, 0.7 * beat.to("change-eta")),
            )
            cards = VGroup(*self.shelf, VGroup(small, words))
            beat.until("change-eta")
            self.play(FadeIn(hint), Indicate(cards[4], color=None), run_time=0.8)
            beat.until("watch")
            self.play(Indicate(cards[3], color=None), run_time=0.8)
            beat.until("learning")
            self.play(
                LaggedStart(
                    *(Indicate(card, color=None, scale_factor=1.06) for card in cards),
                    lag_ratio=0.12,
                ),
                Write(last),
                run_time=0.8 * beat.remaining,
            )

    # -- small pieces ------------------------------------------------------------------------

    def said(self, name: str) -> Typeset:
        """A formula beside the picture."""
        return self.words.place(self.label(name, size=theme.FORMULA), across=0.0)

    def put_away(self, seconds: float) -> None:
        """The picture that was told becomes small and takes its place on the shelf."""
        room = self.slots[len(self.shelf)]
        for mobject in self.now.get_family():
            mobject.clear_updaters()
        card = VGroup(self.frame_for(self.now), self.now)
        gone = [m for m in (self.text, getattr(self, "extra", None)) if m is not None]
        self.extra = None
        self.add(card)
        self.play(
            self.into(card, room),
            *(FadeOut(mobject) for mobject in gone),
            run_time=seconds,
        )
        self.shelf.add(card)

    def into(self, card: VGroup, room: Region) -> object:
        """The card's way to a place, at its size."""
        size = min(room.width / card.width, room.height / card.height)
        return card.animate.scale(size).move_to(room.point())

    def frame_for(self, picture: Mobject) -> RoundedRectangle:
        """A card's frame, of the slots' shape, round a picture."""
        shape = self.slots[0]
        height = max(picture.height, picture.width * shape.height / shape.width) * 1.12
        return RoundedRectangle(
            width=height * shape.width / shape.height,
            height=height,
            corner_radius=0.06 * height,
            stroke_color=theme.FAINT,
            fill_color=theme.PANEL,
            fill_opacity=0.6,
        ).move_to(picture)
