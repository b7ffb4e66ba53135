"""Practice: three questions, time to think, and answers that grow out of the lesson's pictures."""

from __future__ import annotations

import numpy as np
from manim import (
    DOWN,
    LEFT,
    RIGHT,
    Circle,
    Create,
    FadeIn,
    FadeOut,
    Flash,
    GrowFromCenter,
    GrowFromPoint,
    Rectangle,
    ReplacementTransform,
    TransformFromCopy,
    ValueTracker,
    VGroup,
    Write,
)

from lessonkit.stage import BeatClock, Plot, Region, theme
from mathcore import chain_rule, function, optimizer, tangent_line, trajectory
from scenes.chain import COLORS, LinkedLines
from scenes.descent import Walk, contours
from scenes.pictures import SignCard, backward_pulse, hollow, network, tick
from scenes.practice import PracticeScene

RIGHT_OF_IT, LEFT_OF_IT = 5.0, 1.0  # of the minimum
DW = 0.8
NESTED = function("(3*x + 1)**2")
AT = 1.0  # where the nested function is looked at
START, LR, STEPS = (2.0, 1.0), 0.12, 8
LEVELS = (0.08, 0.3, 0.65, 1.0, 1.6)  # shares of the height at the start


class OwnWords(PracticeScene):
    """pause → derivative: rate and sign → chain rule: links and layers → gradient: up and down."""

    def construct(self) -> None:
        self.pause_and_think()
        with self.beat("q-derivative") as beat:
            self.pose(beat, "q-derivative", 1)
        self.answer_with_the_rate()
        self.answer_with_the_sign()
        with self.beat("q-chain-rule") as beat:
            self.pose(beat, "q-chain-rule", 2)
        self.answer_with_linked_lines()
        self.answer_with_the_layers()
        with self.beat("q-gradient") as beat:
            self.pose(beat, "q-gradient", 3)
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
        self.shown = VGroup(ring, done)

    def pose(self, beat: BeatClock, question: str, number: int) -> None:
        """Ask the next question in place of the last answer."""
        self.play(FadeOut(self.shown), run_time=0.4)
        self.question = self.ask(beat, "question", question, n=number)

    def answer_with_the_rate(self) -> None:
        self.loss = loss = function("(w - 3)**2")
        left, self.side = self.regions.content.columns(0.6, 0.4, gap=0.5)
        self.w, self.dw = ValueTracker(RIGHT_OF_IT), ValueTracker(1e-3)
        w, dw = self.w.get_value, self.dw.get_value
        plot = Plot(
            (-0.4, 6.9), (-0.6, 10, 2), left,
            x_name="$input(w)$", y_name="$loss(L)$", numbers=False,
        )  # fmt: skip
        curve = plot.curve(loss, theme.LOSS)
        dot = plot.dot(lambda: (w(), loss(w())), theme.INK)
        tangent = plot.live_line(lambda: tangent_line(loss, w()))
        run = plot.live_segment(lambda: ((w(), loss(w())), (w() + dw(), loss(w()))), theme.INPUT)
        rise = plot.live_segment(
            lambda: ((w() + dw(), loss(w())), (w() + dw(), loss(w() + dw()))), theme.LOSS
        )
        corner = plot.at(RIGHT_OF_IT + DW, loss(RIGHT_OF_IT))
        run_name = self.formula("input(Delta w)", size=theme.BODY)
        run_name.next_to((plot.at(RIGHT_OF_IT, loss(RIGHT_OF_IT)) + corner) / 2, DOWN, buff=0.12)
        rise_name = self.formula("loss(Delta L)", size=theme.BODY)
        top = plot.at(RIGHT_OF_IT + DW, loss(RIGHT_OF_IT + DW))
        rise_name.next_to((corner + top) / 2, RIGHT, buff=0.15)
        rate = self.formula(
            'slope((dif L) / (dif w)) part("is", approx) part("rise", loss(Delta L)) /'
            ' part("run", input(Delta w))'
        )
        words = self.label("rate", bold=True)
        VGroup(rate, words).arrange(DOWN, buff=0.5, aligned_edge=LEFT)
        self.side.place(VGroup(rate, words), across=0.0, up=0.6)
        with self.beat("a-rate") as beat:
            self.clear(self.question, tag="answer")
            self.play(FadeIn(plot.frame), Create(curve), run_time=0.7)
            self.play(GrowFromCenter(dot), Create(tangent), run_time=0.6)
            self.add(run, rise, dot)
            self.play(
                self.dw.animate.set_value(DW),
                FadeIn(run_name, rise_name, rate.besides("rise", "run")),
                run_time=0.9,
            )
            self.play(
                TransformFromCopy(run_name, rate.part("run")),
                TransformFromCopy(rise_name, rate.part("rise")),
                run_time=0.8,
            )
            self.play(Write(words), run_time=min(0.9, beat.remaining))
        self.picture = VGroup(plot.frame, curve, tangent, dot)
        self.change = VGroup(run, rise, run_name, rise_name, rate, words)

    def answer_with_the_sign(self) -> None:
        card = SignCard()
        self.side.place(card, across=0.0, up=0.6)
        positive, negative = card.rows
        with self.beat("a-sign") as beat:
            self.play(FadeOut(self.change), run_time=0.4)
            self.play(self.w.animate.set_value(LEFT_OF_IT), run_time=1.0)
            self.play(FadeIn(negative[:2]), run_time=min(0.5, beat.to("raise")))
            beat.until("raise")
            self.play(FadeIn(negative[2]), self.w.animate.set_value(2.0), run_time=beat.to("lower"))
            self.play(self.w.animate.set_value(RIGHT_OF_IT), FadeIn(positive[:2]), run_time=0.6)
            self.play(FadeIn(positive[2]), self.w.animate.set_value(3.0), run_time=beat.remaining)
        self.shown = VGroup(self.picture, card)

    def answer_with_linked_lines(self) -> None:
        left, side = self.regions.content.columns(0.56, 0.44, gap=0.6)
        x = ValueTracker(0.5)
        chain, steps = self.linked_lines(left, x)
        nested = self.formula("output(y) = #f", f=NESTED.typst)
        rule = self.formula(
            '(dif y)/(dif x) = part("outer", slope((dif y)/(dif u))) dot'
            ' part("inner", slope((dif u)/(dif x)))'
        )
        upper, lower = side.split(0.4, 0.6)
        upper.place(nested, up=0.3)
        lower.place(rule, up=0.7)
        with self.beat("a-nested") as beat:
            self.clear(self.question, tag="answer")
            self.play(FadeIn(chain), Write(nested), run_time=0.8)
            self.play(FadeIn(steps), x.animate.set_value(1.5), run_time=beat.to("formula"))
            self.play(
                FadeIn(rule.besides("outer", "inner")),
                TransformFromCopy(steps[0], rule.part("inner")),
                TransformFromCopy(steps[1], rule.part("outer")),
                x.animate.set_value(AT),
                run_time=1.4,
            )
            self.play(x.animate.set_value(0.6), run_time=beat.remaining)
        self.lines, self.rule = VGroup(chain, steps, nested), rule

    def answer_with_the_layers(self) -> None:
        left, _ = self.regions.content.columns(0.56, 0.44, gap=0.6)
        edges, nodes = net = network((3, 4, 3, 1), width=left.width - 1.2, height=4.2)
        left.place(net)
        name = self.formula("loss(L)").next_to(nodes[-1], RIGHT, buff=0.2)
        with self.beat("a-backpropagation") as beat:
            self.play(FadeOut(self.lines), run_time=0.4)
            self.play(Create(edges), FadeIn(nodes, name), run_time=1.2)
            beat.until("pulse")
            self.play(nodes[-1].animate.set_stroke(theme.GRADIENT), run_time=0.4)
            for nth in reversed(range(len(edges))):
                self.play(
                    backward_pulse(edges[nth]),
                    nodes[nth].animate.set_stroke(theme.GRADIENT),
                    run_time=beat.remaining / (nth + 1),
                )
        self.shown = VGroup(net, name, self.rule)

    def answer_with_the_vector(self) -> None:
        self.bowl = bowl = function("w**2 + 2*b**2", variables=("w", "b"))
        left, side = self.regions.content.columns(0.58, 0.42, gap=0.5)
        self.map = plot = Plot(
            (-3, 3), (-2, 2), left, x_name="$input(w)$", y_name="$input(b)$",
            numbers=False, equal_units=True,
        )  # fmt: skip
        rings = contours(plot, bowl, tuple(bowl(START) * share for share in LEVELS))
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
        self.words = self.label("fastest", bold=True)
        VGroup(vector, self.words).arrange(DOWN, buff=0.4, aligned_edge=LEFT)
        side.place(VGroup(vector, self.words), across=0.0, up=0.75)
        with self.beat("a-vector") as beat:
            self.clear(self.question, tag="answer")
            self.play(FadeIn(plot.axes, plot.names), Create(rings), run_time=0.8)
            self.play(GrowFromCenter(dot), FadeIn(vector.besides("across", "up")), run_time=0.4)
            self.play(FadeIn(across, vector.part("across")), run_time=0.5)
            self.play(FadeIn(up, vector.part("up")), run_time=0.5)
            beat.until("direction")
            self.play(
                ReplacementTransform(VGroup(across, up), VGroup(both)),
                Write(self.words),
                run_time=1.0,
            )
            self.play(Flash(plot.at(w + dw, b + db), color=theme.GRADIENT), run_time=0.6)
        self.dot, self.uphill = dot, both

    def answer_with_the_way_down(self) -> None:
        plot, bowl = self.map, self.bowl
        run = trajectory(bowl, START, optimizer("SGD", lr=LR), steps=STEPS)
        clock = ValueTracker(0.0)
        walk = Walk(plot, run.points, clock.get_value, theme.GRADIENT)

        def height() -> float:
            steps = range(STEPS + 1)
            return bowl([np.interp(clock.get_value(), steps, axis) for axis in run.points.T])

        arrow = plot.live_arrow(lambda: (run.points[0], run.points[1])).clear_updaters()
        downhill = hollow(arrow)
        loss = self.readout(self.formula("loss(L =)"), height, color=theme.LOSS, size=theme.FORMULA)
        words = self.label("opposite", bold=True)
        loss.next_to(self.words, DOWN, buff=0.5, aligned_edge=LEFT)
        words.move_to(self.words, aligned_edge=LEFT)
        with self.beat("a-opposite") as beat:
            self.play(GrowFromPoint(downhill, plot.at(*START)), FadeOut(self.words), run_time=0.6)
            self.play(Write(words), FadeIn(loss), run_time=0.9)
            self.remove(self.dot)
            self.add(walk)
            self.play(clock.animate.set_value(1.0), run_time=beat.to("falls"))
            self.play(
                FadeOut(self.uphill, downhill),
                clock.animate.set_value(STEPS),
                run_time=beat.remaining,
            )

    # -- small pieces ------------------------------------------------------------------------

    def linked_lines(self, region: Region, x: ValueTracker) -> tuple[VGroup, VGroup]:
        """Number lines of x, u and y that drive each other, and each link's derivative."""
        windows = ((0.0, 2.0, 1.0), (0.0, 8.0, 2.0), (0.0, 50.0, 10.0))
        name_box, line_box = region.columns(0.12, 0.88)
        linked = LinkedLines(chain_rule(NESTED, at=AT), x, windows, line_box)
        rest = VGroup(linked.pointers, linked.links)
        for letter, line, color in zip("xuy", linked.lines, COLORS, strict=True):
            name = self.formula(letter, color=color)
            rest.add(name.move_to(name_box.point()).match_y(line[0]))
        steps = VGroup()
        for link, quotient in zip(
            linked.links, ("(dif u)/(dif x)", "(dif y)/(dif u)"), strict=True
        ):
            step = self.formula(f"slope({quotient})", size=theme.BODY)
            steps.add(step.next_to(region.point(1.0), RIGHT, buff=0.1).match_y(link))
        return VGroup(*linked.lines, rest), steps
