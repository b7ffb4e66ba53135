"""The whole course in nine pictures; each one, once told, joins the others on the shelf."""

from __future__ import annotations

from manim import (
    DOWN,
    LEFT,
    PI,
    RIGHT,
    UP,
    Arrow,
    Create,
    Dot,
    FadeIn,
    FadeOut,
    Indicate,
    ReplacementTransform,
    SurroundingRectangle,
    ValueTracker,
    VGroup,
    Write,
    linear,
)

from lessonkit.stage import LessonScene, Plot, Typeset, theme
from mathcore import (
    function,
    lr_bound,
    optimizer,
    quadratic,
    secant_line,
    tangent_line,
    trajectory,
)
from scenes.batches import DATA, SIZES, learn
from scenes.descent import (
    COLORS,
    VALLEY,
    VALLEY_LEVELS,
    VALLEY_WINDOW,
    Walk,
    contours,
    live_series,
    valley_run,
)
from scenes.pictures import TRAINING, backward_pulse, chain_icon, code_text, network, training_lines
from scenes.shelf import Shelf

AT = 1.0  # where the secant becomes the tangent
RATES = {"slow": (0.03, theme.GRADIENT), "good": (0.3, theme.INK), "wild": (1.05, theme.WRONG)}


class Recap(LessonScene):
    """derivative → chain rule → gradient → descent → rate → data → optimizers → code."""

    def construct(self) -> None:
        self.stage, shelf = self.regions.content.columns(0.76, 0.24, gap=0.4)
        _, self.inner, _ = self.stage.split(0.06, 0.88, 0.06)  # room for a card's frame
        self.picture, self.words = self.inner.columns(0.6, 0.4, gap=0.4)
        self.shelf = Shelf(shelf, places=8)
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
        self.text = (definition,)

    def chain(self) -> None:
        links = self.picture.place(chain_icon().scale(2.0))
        net = self.picture.place(network((3, 3, 1), width=4.2, height=3.2))
        back = Arrow(
            net.get_corner(DOWN + RIGHT), net.get_corner(DOWN + LEFT), buff=0, color=theme.GRADIENT
        ).shift(0.4 * DOWN)
        rule = self.said("chain")
        with self.beat("chain-rule") as beat:
            self.put_away(1.0)
            self.play(FadeIn(links), run_time=0.5)
            self.play(Write(rule), run_time=0.8 * beat.to("backprop"))
            beat.until("backprop")
            self.play(FadeOut(links), FadeIn(net), run_time=0.4)
            edges, _ = net
            room = 0.4 * beat.remaining
            self.play(Create(back), backward_pulse(edges[1]), run_time=room)
            self.play(backward_pulse(edges[0]), run_time=room)
        self.now, self.text = VGroup(net, back), (rule,)

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
        self.now, self.text = VGroup(plot.axes, lines, up, down, dot), (vector, names)

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
        self.now, self.text = VGroup(plot.axes, curve, walk), (rule,)

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
        limit = self.label("limit", bound=lr_bound([[2]]))
        column = self.words.place(self.in_rows([*names, limit]), across=0.0)
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
        self.now, self.text = VGroup(plot.axes, *curves.values()), (column, plot.names)

    def choose_the_data(self) -> None:
        clock = ValueTracker(0.0)
        maps, names = VGroup(), VGroup()
        kinds = {"batch": "batch", "sgd-name": "single", "mini": "mini"}
        rooms = self.inner.columns(1, 1, 1, gap=0.3)
        for room, (name, kind) in zip(rooms, kinds.items(), strict=True):
            upper, lower = room.split(0.72, 0.28)
            size = SIZES[kind]
            plot = Plot((-2.2, 3.8), (-1.9, 3.0), upper, x_name="", numbers=False)
            lines = contours(plot, DATA.objective, (0.3, 0.8, 1.8, 3.5, 6.0, 9.5))
            points = learn(size, epochs=size).parameters[:33]
            walk = Walk(plot, points, clock.get_value, theme.GRADIENT)
            maps.add(VGroup(plot.axes, lines, walk))
            cost = self.formula("B = #b", b=size, size=theme.BODY, color=theme.MUTED)
            names.add(lower.place(VGroup(self.label(name), cost).arrange(DOWN, buff=0.2)))
        costs = VGroup(*(name[1] for name in names))
        with self.beat("data-per-step") as beat:
            self.put_away(1.0)
            self.play(FadeIn(maps, *(name[0] for name in names)), run_time=0.5)
            self.play(clock.animate(rate_func=linear).set_value(10), run_time=beat.to("trade"))
            self.play(FadeIn(costs), run_time=0.5)
            self.play(clock.animate(rate_func=linear).set_value(32), run_time=beat.remaining)
        self.now, self.text = maps[2], (maps[:2], names)

    def choose_an_optimizer(self) -> None:
        plot = Plot(*VALLEY_WINDOW, self.picture, x_name="", numbers=False)
        lines = contours(plot, VALLEY, VALLEY_LEVELS)
        who = ("momentum", "rmsprop", "adam")
        clocks = [ValueTracker(0.0) for _ in who]  # each sets out when it is named
        walks = VGroup(
            *(
                Walk(plot, valley_run(name, 50).points, clock.get_value, COLORS[name])
                for name, clock in zip(who, clocks, strict=True)
            )
        )
        names = [self.label(name) for name in ("momentum", "rmsprop-name", "adam-name")]
        self.words.place(self.in_rows(names), across=0.0)
        with self.beat("optimizers") as beat:
            self.put_away(1.0)
            self.play(FadeIn(plot.axes, lines, walks[0], names[0]), run_time=0.4)
            self.play(
                clocks[0].animate(rate_func=linear).set_value(12), run_time=beat.to("rmsprop")
            )
            self.play(FadeIn(walks[1], names[1]), run_time=0.3)
            self.play(
                *(clock.animate(rate_func=linear).set_value(50) for clock in clocks[:2]),
                run_time=beat.to("adam"),
            )
            self.play(FadeIn(walks[2], names[2]), run_time=0.3)
            self.play(clocks[2].animate(rate_func=linear).set_value(50), run_time=beat.remaining)
        self.now, self.text = VGroup(plot.axes, lines, walks), names

    def write_three_lines(self) -> None:
        code = training_lines()
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
        self.now = VGroup(panel, code)

    def send_off(self) -> None:
        last = self.label("thanks", size=theme.HEADING, bold=True)
        hint = self.label("try", color=theme.MUTED)
        above, below = self.regions.content.split(0.72, 0.28, gap=0.2)
        below.place(VGroup(hint, last).arrange(DOWN, buff=0.25))
        rows = above.split(1, 1, gap=0.2)
        places = [room for row in rows for room in row.columns(1, 1, 1, 1, gap=0.3)]
        panel, code = self.now
        words = VGroup(*(code_text(call, theme.INK, theme.SMALL) for call in TRAINING))
        words.arrange(DOWN, buff=0.15)
        small = self.shelf.frame_for(places[-1].place(words))
        small.scale(places[-1].height / small.height)
        with self.beat("small-steps") as beat:
            self.play(
                *(
                    self.shelf.into(card, room)
                    for card, room in zip(self.shelf.cards, places[:-1], strict=True)
                ),
                ReplacementTransform(panel, small),
                ReplacementTransform(code, words),
                run_time=max(1.2, 0.7 * beat.to("change-eta")),
            )
            cards = VGroup(*self.shelf.cards, VGroup(small, words))
            dots = [
                Dot(card.get_top(), radius=1.4 * theme.DOT, color=theme.GRADIENT).set_z_index(5)
                for card in (cards[0], cards[4])
            ]
            beat.until("change-eta")
            self.play(FadeIn(hint), Indicate(cards[4], color=None), run_time=0.8)
            beat.until("watch")
            self.play(Indicate(cards[3], color=None), run_time=0.8)
            beat.until("learning")
            room = 0.95 * beat.remaining / len(cards)
            self.play(Write(last), FadeIn(dots[0]), run_time=room)
            self.hop(dots[0], cards[1:4], room)
            self.play(FadeOut(dots[0]), FadeIn(dots[1]), run_time=room)
            self.hop(dots[1], cards[5:], room)

    def hop(self, dot: Dot, cards: VGroup, seconds: float) -> None:
        """From card to card, each in some seconds."""
        for card in cards:
            way = dot.animate(path_arc=-PI / 3).move_to(card.get_top())
            self.play(way, Indicate(card, color=None, scale_factor=1.05), run_time=seconds)

    # -- small pieces ------------------------------------------------------------------------

    def said(self, name: str) -> Typeset:
        """A formula beside the picture."""
        return self.words.place(self.label(name, size=theme.FORMULA), across=0.0)

    def in_rows(self, texts: list[Typeset]) -> VGroup:
        """Texts one under the other, their lines equally far apart."""
        for nth, text in enumerate(texts):
            text.align_to(texts[0], LEFT)
            text.shift((texts[0].baseline - 0.95 * nth - text.baseline) * UP)
        return VGroup(*texts)

    def put_away(self, seconds: float) -> None:
        """The picture that was told becomes small and takes its place on the shelf."""
        card, way = self.shelf.take(self.now)
        self.add(card)
        self.play(way, *map(FadeOut, self.text), run_time=seconds)
