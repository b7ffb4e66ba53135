"""Practice: three questions, time to think, and answers that grow out of the lesson's pictures."""

from __future__ import annotations

from manim import (
    DOWN,
    LEFT,
    RIGHT,
    UP,
    Circle,
    Create,
    FadeIn,
    FadeOut,
    Flash,
    GrowFromCenter,
    Line,
    Mobject,
    Rectangle,
    ReplacementTransform,
    RoundedRectangle,
    ShowPassingFlash,
    TransformFromCopy,
    ValueTracker,
    VGroup,
    VMobject,
    Write,
)

from lessonkit.stage import BeatClock, Countdown, LessonScene, NumberLine, Plot, Typeset, theme
from mathcore import (
    chain_rule,
    function,
    level_curves,
    optimizer,
    tangent_line,
    trajectory,
)
from scenes.pictures import SignCard, network, tick

RIGHT_OF_IT, LEFT_OF_IT = 5.0, 1.0  # of the minimum
DW = 0.8
AT = 1.0  # where the nested function is looked at
START, LR, STEPS = (2.0, 1.0), 0.12, 8
ASKED = 0.75  # a question's size once it is being answered


class OwnWords(LessonScene):
    """pause → derivative: rate and sign → chain rule: links and layers → gradient: up and down."""

    def construct(self) -> None:
        self.asked = 0
        self.pause_and_think()
        with self.beat("q-derivative") as beat:
            self.ask(self.label("q-derivative", size=theme.HEADING, bold=True), beat)
        self.answer_with_the_rate()
        self.answer_with_the_sign()
        with self.beat("q-chain-rule") as beat:
            self.ask(self.label("q-chain-rule", size=theme.HEADING, bold=True), beat)
        self.answer_with_linked_lines()
        self.answer_with_the_layers()
        with self.beat("q-gradient") as beat:
            self.ask(self.label("q-gradient", size=theme.HEADING, bold=True), beat)
        self.answer_with_the_vector()
        self.answer_with_the_way_down()

    def pause_and_think(self) -> None:
        ring = Circle(1.5, stroke_color=theme.INK, stroke_width=theme.BOLD)
        self.regions.content.place(ring)
        bars = VGroup(*(Rectangle(width=0.32, height=1.3) for _ in range(2)))
        bars.set_fill(theme.INK, opacity=1).set_stroke(width=0).arrange(RIGHT, buff=0.35)
        mark = self.formula('"?"', size=2.2 * theme.TITLE).move_to(ring)
        done = tick(1.1)
        with self.beat("pause-and-think") as beat:
            self.play(Write(self.heading()), run_time=0.8)
            self.play(Create(ring), FadeIn(bars.move_to(ring)), run_time=0.8)
            beat.until("think")
            self.play(FadeOut(bars), FadeIn(mark, scale=0.5), run_time=0.6)
            beat.until("look")
            self.play(FadeOut(mark), Create(done.move_to(ring)), run_time=0.7)
        self.shown: Mobject = VGroup(ring, done)

    def ask(self, question: Typeset, beat: BeatClock) -> None:
        """Read a question, and leave time to think."""
        self.asked += 1
        number = self.label("question", n=self.asked, color=theme.MUTED)
        text = VGroup(number, question).arrange(DOWN, buff=0.3)
        panel = RoundedRectangle(
            width=text.width + 0.9, height=text.height + 0.7, corner_radius=0.2
        ).set_fill(theme.PANEL, opacity=1)
        panel.set_stroke(theme.MUTED, theme.THIN)
        card = VGroup(panel, text.move_to(panel))
        above, below = self.regions.content.split(0.5, 0.5)
        above.place(card)
        ring = Countdown(beat.pause)
        below.place(ring.scale(1.2), up=0.6)
        self.play(FadeOut(self.shown), FadeIn(panel, number), run_time=0.6)
        self.play(Write(question), run_time=1.4)
        self.play(FadeIn(ring), run_time=0.4)
        beat.count_down(ring)
        self.card, self.ring = card, ring
        top, self.room = self.regions.content.split(0.13, 0.87, gap=0.15)
        self.small = question.copy().scale(ASKED).set_color(theme.MUTED)
        top.place(self.small, across=0.0)

    def make_room(self) -> None:
        """The question goes to the top, and its ring away."""
        panel, (number, text) = self.card
        self.play(
            FadeOut(panel, number, self.ring), ReplacementTransform(text, self.small), run_time=0.7
        )

    def answer_with_the_rate(self) -> None:
        self.loss = loss = function("(w - 3)**2")
        left, self.side = self.room.columns(0.6, 0.4, gap=0.5)
        self.w, self.dw = ValueTracker(RIGHT_OF_IT), ValueTracker(1e-3)
        w, dw = self.w.get_value, self.dw.get_value
        plot = Plot((-0.4, 6.9), (-0.6, 10, 2), left, x_name="$input(w)$", y_name="$loss(L)$")
        curve = plot.curve(loss, theme.LOSS)
        dot = plot.dot(lambda: (w(), loss(w())), theme.INK)
        tangent = plot.live_line(lambda: tangent_line(loss, w()))
        run = plot.live_segment(lambda: ((w(), loss(w())), (w() + dw(), loss(w()))), theme.INPUT)
        rise = plot.live_segment(
            lambda: ((w() + dw(), loss(w())), (w() + dw(), loss(w() + dw()))), theme.LOSS
        )
        rate = self.formula(
            'slope((d L) / (d w)) part("is", approx) part("rise", loss(Delta L)) /'
            ' part("run", input(Delta w))'
        )
        words = self.label("rate", bold=True)
        VGroup(rate, words).arrange(DOWN, buff=0.5, aligned_edge=LEFT)
        self.side.place(VGroup(rate, words), across=0.0, up=0.7)
        pieces = {*rate.part("rise"), *rate.part("run")}
        rest = VGroup(*(glyph for glyph in rate if glyph not in pieces))
        with self.beat("a-rate"):
            self.make_room()
            self.play(FadeIn(plot.frame), Create(curve), run_time=0.7)
            self.play(GrowFromCenter(dot), Create(tangent), run_time=0.6)
            self.add(run, rise, dot)
            self.play(self.dw.animate.set_value(DW), FadeIn(rest), run_time=0.9)
            self.play(
                TransformFromCopy(run.copy().clear_updaters(), rate.part("run")),
                TransformFromCopy(rise.copy().clear_updaters(), rate.part("rise")),
                run_time=0.8,
            )
            self.play(Write(words), run_time=0.8)
        self.tangent_picture = VGroup(plot.frame, curve, tangent, dot)
        self.change = VGroup(run, rise, rate, words)

    def answer_with_the_sign(self) -> None:
        card = SignCard()
        self.side.place(card, across=0.0, up=0.7)
        positive, negative = card.rows
        with self.beat("a-sign") as beat:
            self.play(FadeOut(self.change), run_time=0.4)
            self.play(self.w.animate.set_value(LEFT_OF_IT), run_time=1.0)
            self.play(FadeIn(negative[:2]), run_time=min(0.5, beat.to("raise")))
            beat.until("raise")
            self.play(FadeIn(negative[2]), self.w.animate.set_value(2.0), run_time=beat.to("lower"))
            self.play(self.w.animate.set_value(RIGHT_OF_IT), FadeIn(positive[:2]), run_time=0.6)
            self.play(FadeIn(positive[2]), self.w.animate.set_value(3.0), run_time=beat.remaining)
        self.shown = VGroup(self.tangent_picture, card, self.small)

    def answer_with_linked_lines(self) -> None:
        f = function("(3*x + 1)**2")
        inner, outer = chain_rule(f, at=AT)
        left, side = self.room.columns(0.56, 0.44, gap=0.6)
        x = ValueTracker(0.5)

        def u() -> float:
            return inner.function(x.get_value())

        values = (x.get_value, u, lambda: outer.function(u()))
        windows = ((0.0, 2.0, 1.0), (0.0, 8.0, 2.0), (0.0, 50.0, 10.0))
        colors = (theme.INPUT, theme.INK, theme.OUTPUT)
        lines, pointers, names = VGroup(), VGroup(), VGroup()
        still = ValueTracker(0.0)
        for row, letter, value, window, color in zip(
            left.split(1, 1, 1, gap=0.3), "xuy", values, windows, colors, strict=True
        ):
            name_box, line_box = row.columns(0.12, 0.88)
            line = NumberLine(window, window, line_box, still)
            name = self.formula(letter, color=color)
            names.add(name.move_to(name_box.point()).match_y(line[0]))
            lines.add(line)
            pointers.add(line.pointer(value, color))
        links = VGroup()
        for above, below, start, end in zip(
            lines[:2], lines[1:], values[:2], values[1:], strict=True
        ):
            link = Line(stroke_color=theme.MUTED, stroke_width=theme.THIN)
            link.add_updater(
                lambda m, a=above, b=below, s=start, e=end: m.put_start_and_end_on(
                    a.at(s()) + 0.5 * DOWN, b.at(e()) + 0.35 * UP
                ),
                call_updater=True,
            )
            links.add(link)
        rule = self.formula(
            '(d y)/(d x) = part("outer", slope((d y)/(d u))) dot part("inner", slope((d u)/(d x)))',
            size=theme.FORMULA,
        )
        side.place(rule, up=0.5)
        steps = VGroup(
            self.formula("slope((d u)/(d x))", size=theme.SMALL),
            self.formula("slope((d y)/(d u))", size=theme.SMALL),
        )
        for step, link in zip(steps, links, strict=True):
            step.next_to(left.point(1.0), RIGHT, buff=0.1).match_y(link)
        pieces = {*rule.part("outer"), *rule.part("inner")}
        rest = VGroup(*(glyph for glyph in rule if glyph not in pieces))
        with self.beat("a-nested") as beat:
            self.make_room()
            self.play(FadeIn(lines, names, pointers), FadeIn(links), run_time=0.7)
            self.play(FadeIn(steps), x.animate.set_value(1.5), run_time=beat.to("formula"))
            self.play(
                FadeIn(rest),
                TransformFromCopy(steps[0], rule.part("inner")),
                TransformFromCopy(steps[1], rule.part("outer")),
                x.animate.set_value(AT),
                run_time=1.4,
            )
            self.play(x.animate.set_value(0.6), run_time=beat.remaining)
        self.chain = VGroup(lines, names, pointers, links, steps)
        self.rule = rule

    def answer_with_the_layers(self) -> None:
        left, _ = self.room.columns(0.56, 0.44, gap=0.6)
        net = network((3, 4, 3, 1), width=left.width - 1.2, height=3.4)
        edges, nodes = net
        left.place(net)
        with self.beat("a-backpropagation") as beat:
            self.play(FadeOut(self.chain), run_time=0.4)
            self.play(Create(edges), FadeIn(nodes), run_time=1.2)
            beat.until("pulse")
            self.play(nodes[-1].animate.set_stroke(theme.GRADIENT), run_time=0.4)
            for nth in reversed(range(len(edges))):
                back = [
                    Line(e.get_end(), e.get_start()).set_stroke(theme.GRADIENT, theme.STROKE)
                    for e in edges[nth]
                ]
                self.play(
                    *(ShowPassingFlash(line, time_width=0.7) for line in back),
                    nodes[nth].animate.set_stroke(theme.GRADIENT),
                    run_time=beat.remaining / (nth + 1),
                )
        self.shown = VGroup(net, self.rule, self.small)

    def answer_with_the_vector(self) -> None:
        self.bowl = bowl = function("w**2 + 2*b**2", variables=("w", "b"))
        left, self.side = self.room.columns(0.58, 0.42, gap=0.5)
        plot = Plot(
            (-3, 3), (-2, 2), left, x_name="$input(w)$", y_name="$input(b)$",
            numbers=False, equal_units=True,
        )  # fmt: skip
        levels = [bowl(START) * share for share in (0.08, 0.3, 0.65, 1.0, 1.6)]
        rings = plot.contours(level_curves(bowl, level, plot.x, plot.y) for level in levels)
        dot = plot.dot(lambda: START, theme.INK)
        dw, db = 0.22 * bowl.gradient()(START)
        w, b = START
        across = plot.live_arrow(lambda: (START, (w + dw, b)), theme.INPUT, width=theme.STROKE)
        up = plot.live_arrow(lambda: (START, (w, b + db)), theme.INPUT, width=theme.STROKE)
        both = plot.live_arrow(lambda: (START, (w + dw, b + db)))
        vector = self.formula(
            'part("name", gradient(nabla L) =) vec(delim: "[", gap: #0.5em,'
            ' part("across", (partial L)/(partial input(w))),'
            ' part("up", (partial L)/(partial input(b))))'
        )
        words = self.label("fastest", bold=True)
        VGroup(vector, words).arrange(DOWN, buff=0.4, aligned_edge=LEFT)
        self.side.place(VGroup(vector, words), across=0.0, up=0.7)
        partials = {*vector.part("across"), *vector.part("up")}
        rest = VGroup(*(glyph for glyph in vector if glyph not in partials))
        with self.beat("a-vector") as beat:
            self.make_room()
            self.play(FadeIn(plot.axes, plot.names), Create(rings), run_time=0.8)
            self.play(GrowFromCenter(dot), FadeIn(rest), run_time=0.4)
            self.play(FadeIn(across, vector.part("across")), run_time=0.5)
            self.play(FadeIn(up, vector.part("up")), run_time=0.5)
            beat.until("direction")
            self.play(
                ReplacementTransform(VGroup(across, up), VGroup(both)), Write(words), run_time=1.0
            )
            self.play(Flash(plot.at(w + dw, b + db), color=theme.GRADIENT), run_time=0.6)
        self.map, self.start_dot, self.uphill, self.words = plot, dot, both, words

    def answer_with_the_way_down(self) -> None:
        plot, bowl = self.map, self.bowl
        run = trajectory(bowl, START, optimizer("SGD", lr=LR), steps=STEPS)
        step = ValueTracker(0.0)

        def here() -> tuple[float, float]:
            nth = min(int(step.get_value()), STEPS - 1)
            share = step.get_value() - nth
            w, b = (1 - share) * run.points[nth] + share * run.points[nth + 1]
            return float(w), float(b)

        dot = plot.dot(here, theme.INK)
        down = plot.live_arrow(lambda: (run.points[0], run.points[1]), theme.INPUT)
        trail = VMobject(stroke_color=theme.INPUT, stroke_width=theme.STROKE)

        def leave_trail(mobject: Mobject) -> None:
            passed = [*run.points[: int(step.get_value()) + 1], here()]
            mobject.set_points_as_corners([plot.at(*point) for point in passed])

        trail.add_updater(leave_trail, call_updater=True)
        loss = self.readout(
            self.formula("loss(L =)"), lambda: bowl(here()), color=theme.LOSS, size=theme.FORMULA
        )
        words = self.label("opposite", bold=True)
        loss.next_to(self.words, DOWN, buff=0.5, aligned_edge=LEFT)
        words.move_to(self.words, aligned_edge=LEFT)
        with self.beat("a-opposite") as beat:
            self.play(FadeIn(down), FadeOut(self.words), run_time=0.6)
            self.play(Write(words), FadeIn(loss), run_time=0.9)
            self.remove(self.start_dot)
            self.add(trail, dot)
            self.play(step.animate.set_value(1.0), run_time=beat.to("falls"))
            self.play(
                FadeOut(self.uphill, down), step.animate.set_value(STEPS), run_time=beat.remaining
            )
