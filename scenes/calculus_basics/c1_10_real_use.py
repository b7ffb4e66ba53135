"""Where deep learning uses this calculus: one table, and each row's picture at work."""

from __future__ import annotations

from manim import (
    DOWN,
    LEFT,
    RIGHT,
    UP,
    Animation,
    AnimationGroup,
    Arrow,
    Create,
    Dot,
    FadeIn,
    FadeOut,
    Flash,
    GrowArrow,
    Indicate,
    LaggedStart,
    Transform,
    TransformFromCopy,
    ValueTracker,
    VGroup,
    VMobject,
    Write,
)

from lessonkit.stage import LessonScene, Plot, Region, theme
from mathcore import (
    function,
    optimizer,
    regularised,
    tangent_line,
    trajectory,
)
from scenes.card_table import CardTable, card
from scenes.penalised_loss import PenalisedLoss
from scenes.pictures import (
    backward_pulse,
    chain_icon,
    derivative_icon,
    gradient_icon,
    network,
    role_icon,
    tick,
)

TARGET, PENALTY = 3, 0.5  # the loss (w - 3)² and the weight of its penalty
STEEP, RATE = 0.4, 0.15  # where descent begins, and its learning rate
TOUCH = 0.6  # how far the last tangent reaches to both sides of its weight
PULLED = (1.0, 2.0, 3.0, 3.6)  # weights that the penalty pulls at
PULL = 0.6  # share of its derivative that the arrows show
ROWS = (
    ("loss-function", "loss-use"),
    ("optimizers", "step-use"),
    ("backpropagation", "chain-use"),
    ("regularization", "penalty-use"),
)


class RealUse(LessonScene):
    """table → tangent → step → backward pulse → penalty → shifted minimum → what you know."""

    def construct(self) -> None:
        self.loss = function(f"(w - {TARGET})**2")
        table, self.room = self.regions.content.columns(0.56, 0.44, gap=0.5)
        self.draw_the_table(table)
        self.ask_for_the_slope()
        self.take_steps()
        self.send_the_gradient_back()
        self.add_a_penalty()
        self.pull_towards_zero()
        self.shift_the_minimum()
        self.see_one_idea()
        self.tick_the_objectives()

    def draw_the_table(self, region: Region) -> None:
        self.table = table = CardTable(region, len(ROWS))
        self.heads = VGroup(
            *(
                column.place(self.label(name, size=theme.SMALL, color=theme.MUTED), across=0.0)
                for column, name in zip(table.head, ("concept", "use"), strict=True)
            )
        )
        self.heads[1].shift((self.heads[0].baseline - self.heads[1].baseline) * UP)
        self.rows = []
        for (left, right), (concept, use) in zip(table.rows, ROWS, strict=True):
            name = left.place(self.label(concept, size=40, bold=True), across=0.0)
            text = self.label(use, size=theme.SMALL, width=right.width)
            self.rows.append(VGroup(name, right.place(text, across=0.0)))
        learnt = VGroup(derivative_icon(), chain_icon(), gradient_icon()).arrange(RIGHT, buff=1.2)
        self.regions.content.place(learnt.scale(1.3))
        with self.beat("four-places") as beat:
            self.play(Write(self.heading()), run_time=1.0)
            self.play(
                LaggedStart(*(FadeIn(icon, shift=UP * 0.2) for icon in learnt), lag_ratio=0.5),
                run_time=0.6 * beat.to("table"),
            )
            beat.until("table")
            self.play(
                FadeOut(learnt, scale=0.4, target_position=table.cards),
                LaggedStart(*(FadeIn(c, shift=UP * 0.2) for c in table.cards), lag_ratio=0.3),
                FadeIn(self.heads),
                run_time=0.6 * beat.remaining,
            )

    def ask_for_the_slope(self) -> None:
        self.w = ValueTracker(STEEP)
        self.graph = Plot(
            (-1, 6), (-2, 10, 2), self.room, x_name="$input(w)$", y_name="$loss(L)$", numbers=False
        )
        self.curve = self.graph.curve(self.loss, theme.LOSS)
        self.tangent = self.graph.live_line(lambda: tangent_line(self.loss, self.w.get_value()))
        self.dot = self.graph.dot(
            lambda: (self.w.get_value(), self.loss(self.w.get_value())), theme.INK
        )
        slope = self.readout(
            self.formula('slope("slope" =)', size=theme.BODY),
            lambda: self.loss.derivative()(self.w.get_value()),
            color=theme.SLOPE,
            sign=True,
        )
        self.slope = slope.move_to(self.graph.at(2.4, 8.9))
        with self.beat("loss-function") as beat:
            self.play(self.open(0), FadeIn(self.graph.frame), run_time=0.7)
            self.play(Create(self.curve), run_time=beat.to("slope"))
            self.play(FadeIn(self.tangent, self.dot, self.slope), run_time=0.5)
            self.play(self.w.animate.set_value(5.4), run_time=0.6 * beat.remaining)
            self.play(self.w.animate.set_value(STEEP), run_time=0.8 * beat.remaining)

    def take_steps(self) -> None:
        self.path = trajectory(self.loss, [STEEP], optimizer("SGD", lr=RATE), 3).points[:, 0]
        self.trail = VGroup()
        with self.beat("optimizers") as beat:
            self.play(self.open(1), FadeOut(self.slope), run_time=0.7)
            beat.until("step")
            share = 0.8 * beat.remaining / 3
            for start, end in zip(self.path[:-1], self.path[1:], strict=True):
                self.step(float(start), float(end), share)

    def step(self, start: float, end: float, seconds: float) -> None:
        """Leave a mark, show the step along the axis, and go."""
        mark = Dot(self.graph.at(start, self.loss(start)), radius=0.07, color=theme.GRADIENT)
        move = self.graph.live_arrow(lambda: ((start, -1.1), (end, -1.1)), theme.GRADIENT)
        self.trail.add(mark, move)
        self.play(FadeIn(mark), FadeIn(move), run_time=0.3 * seconds)
        self.play(self.w.animate.set_value(end), run_time=0.7 * seconds)

    def send_the_gradient_back(self) -> None:
        net = network((3, 4, 3, 1), width=0.7 * self.room.width, height=3.4)
        self.room.place(net)
        name = self.formula("loss(L)").next_to(net[1][-1], RIGHT, buff=0.2)
        picture = (self.graph.frame, self.curve, self.tangent, self.dot, self.trail)
        with self.beat("backpropagation") as beat:
            self.play(self.open(2), FadeOut(*picture), run_time=0.6)
            self.play(FadeIn(net, name), run_time=0.6)
            beat.until("pulse")
            self.play(Flash(net[1][-1], color=theme.GRADIENT), run_time=0.5)
            share = 0.85 * beat.remaining / len(net[0])
            for edges, nodes in zip(reversed(net[0]), reversed(net[1][:-1]), strict=True):
                self.play(
                    backward_pulse(edges),
                    nodes.animate(rate_func=lambda t: max(0.0, 2 * t - 1)).set_stroke(
                        theme.GRADIENT
                    ),
                    run_time=share,
                )
        self.net = VGroup(net, name)

    def add_a_penalty(self) -> None:
        graph = self.graph
        parabola = function(f"{PENALTY} * w**2")
        self.penalty = graph.curve(parabola, theme.INK)
        data = self.label("data-loss", target=TARGET)
        data.next_to(graph.at(0.35, self.loss(0.35)), RIGHT, buff=0.25)
        name = self.label("penalty").next_to(graph.at(3.7, parabola(3.7)), RIGHT, buff=0.15)
        with self.beat("regularization") as beat:
            self.play(self.open(3), FadeOut(self.net), run_time=0.6)
            self.play(FadeIn(graph.frame, self.curve, data), run_time=0.6)
            beat.until("penalty")
            self.play(Create(self.penalty), run_time=1.4)
            self.play(FadeIn(name, scale=0.7), run_time=0.6)
            self.play(Indicate(name, color=theme.INK), run_time=0.7)
        self.data_name, self.penalty_name = data, name

    def pull_towards_zero(self) -> None:
        graph, parabola = self.graph, function(f"{PENALTY} * w**2")
        rule = self.label("pull", size=theme.BODY).move_to(graph.at(2.2, 8.9))
        falls = parabola.derivative()
        pulling = ValueTracker(0.0)
        arrows = VGroup(*(self.pull(w, parabola(w), falls(w), pulling) for w in PULLED))
        zero = self.formula("input(0)", size=theme.SMALL)
        zero.next_to(graph.at(0, 0), DOWN + LEFT, buff=0.12)
        with self.beat("penalty-pull") as beat:
            self.play(
                self.curve.animate.set_stroke(opacity=0.25),
                self.data_name.animate.set_opacity(0.0),
                Write(rule),
                run_time=1.2,
            )
            beat.until("pull")
            self.add(arrows)
            self.play(FadeIn(zero), run_time=0.3)
            self.play(pulling.animate.set_value(1.0), run_time=0.6 * beat.remaining)
            self.play(Flash(graph.at(0, 0), color=theme.GRADIENT, line_length=0.3), run_time=0.8)
        self.pulls = VGroup(rule, arrows, zero)

    def pull(self, w: float, height: float, slope: float, share: ValueTracker) -> VMobject:
        """An arrow from a weight towards 0, as long as the penalty's slope says."""
        return self.graph.live_arrow(
            lambda: ((w, height), (w - PULL * share.get_value() * slope, height)), theme.GRADIENT
        )

    def shift_the_minimum(self) -> None:
        graph, whole = self.graph, PenalisedLoss(self.graph, self.loss, PENALTY)
        places = VGroup(*(self.formula("input(w = #w)", w=w, size=theme.BODY) for w in whole.least))
        for place, w, side in zip(places, whole.least, (RIGHT, LEFT), strict=True):
            place.next_to(graph.at(w, 0), DOWN, buff=0.25).shift(0.55 * side)
        half = self.label("half-square", weight=PENALTY).move_to(self.penalty_name, LEFT)
        with self.beat("shifted-minimum") as beat:
            self.play(
                FadeOut(self.pulls),
                self.curve.animate.set_stroke(opacity=1.0),
                self.data_name.animate.set_opacity(1.0),
                Transform(self.penalty_name, half),
                run_time=0.8,
            )
            self.play(FadeIn(whole.dot, whole.drop, places[0]), run_time=0.7)
            self.play(LaggedStart(*map(Create, whole.penalties), lag_ratio=0.1), run_time=1.2)
            self.play(
                TransformFromCopy(whole.penalties, whole.stacked), run_time=0.6 * beat.to("slide")
            )
            beat.until("slide")
            self.add(whole.curve, whole.dot)
            self.play(
                self.curve.animate.set_stroke(opacity=0.35),
                self.penalty.animate.set_stroke(opacity=0.35),
                FadeOut(whole.penalties, whole.stacked, self.data_name, self.penalty_name),
                whole.share.animate.set_value(1.0),
                run_time=0.6 * beat.remaining,
            )
            self.play(
                FadeIn(places[1], shift=UP * 0.2), Flash(whole.dot, color=theme.INK), run_time=0.7
            )
        self.added = VGroup(whole.drop, places, self.curve, self.penalty)
        self.total, self.low_dot = whole.curve, whole.dot

    def see_one_idea(self) -> None:
        whole = regularised(self.loss, PENALTY)
        start, end = trajectory(whole, [STEEP], optimizer("SGD", lr=RATE), 1).points[:, 0]
        self.w.set_value(STEEP)

        def reach() -> tuple[tuple[float, float], tuple[float, float]]:
            line, w = tangent_line(whole, self.w.get_value()), self.w.get_value()
            low, high = w - TOUCH, w + TOUCH
            return (low, line(low)), (high, line(high))

        tangent = self.graph.live_segment(reach, theme.SLOPE)
        dot = self.graph.dot(lambda: (self.w.get_value(), whole(self.w.get_value())), theme.INK)
        slope = self.label("slope", size=theme.HEADING, color=theme.SLOPE, bold=True)
        slope.next_to(self.graph.at(STEEP, whole(STEEP)), RIGHT, buff=0.3)
        move = self.graph.live_arrow(lambda: ((start, -1.1), (end, -1.1)), theme.GRADIENT)
        step = self.label("small-step", color=theme.GRADIENT, bold=True)
        step.next_to(self.graph.at(end, -1.1), RIGHT, buff=0.2)
        self.outlines = VGroup(*(self.table.outline(nth) for nth in range(len(ROWS))))
        with self.beat("one-idea") as beat:
            self.play(
                FadeOut(self.added, self.low_dot),
                FadeIn(self.outlines),
                FadeOut(self.marker),
                run_time=0.7,
            )
            self.play(FadeIn(tangent, dot), Write(slope), run_time=0.9)
            beat.until("small-step")
            self.play(FadeIn(move, step), run_time=0.6)
            self.play(self.w.animate.set_value(end), run_time=0.8)
            self.play(
                LaggedStart(*map(self.table.glow, range(len(ROWS))), lag_ratio=0.0), run_time=0.7
            )
        self.idea = VGroup(self.graph.frame, self.total, tangent, dot, slope, move, step)

    def tick_the_objectives(self) -> None:
        upper, lower = self.regions.content.split(0.8, 0.2, gap=0.2)
        icons = (derivative_icon(), chain_icon(), gradient_icon(), role_icon())
        labels = (
            self.label("derivative"), self.label("chain-rule"), self.label("gradient"),
            self.label("role"),
        )  # fmt: skip
        panels, inside, ticks = VGroup(), VGroup(), VGroup()
        for column, icon, label in zip(
            upper.columns(*[1] * 4, gap=0.3), icons, labels, strict=True
        ):
            panels.add(card(column))
            icon.move_to(column.point(0.5, 0.56))
            inside.add(VGroup(icon, label.move_to(column.point(0.5, 0.17))))
            ticks.add(tick().move_to(column.point(0.86, 0.92)))
        practice = self.label("practice", size=theme.HEADING, bold=True)
        lower.place(practice, across=0.45)
        on = Arrow(LEFT, RIGHT, color=theme.INK).next_to(practice, RIGHT, buff=0.3)
        table = VGroup(self.heads, self.table.cards, *self.rows, *self.outlines)
        with self.beat("what-you-know") as beat:
            self.play(
                FadeOut(self.idea, table, scale=0.6, target_position=panels[3]),
                FadeIn(panels, inside),
                run_time=0.5 * beat.to("know-chain-rule"),
            )
            for mark, until in zip(ticks, ("know-chain-rule", "know-gradient", ""), strict=False):
                self.play(Create(mark), run_time=beat.to(until) if until else 0.5)
            self.play(Create(ticks[3]), run_time=0.4)
            beat.until("practice")
            self.play(Write(practice), run_time=0.7)
            self.play(GrowArrow(on), run_time=0.5)

    # -- small pieces ------------------------------------------------------------------------

    def open(self, nth: int) -> AnimationGroup:
        """Write a row of the table, and let the frame come to it."""
        if nth == 0:
            self.marker = self.table.outline(0)
            frame: Animation = Create(self.marker)
        else:
            frame = Transform(self.marker, self.table.outline(nth))
        return AnimationGroup(FadeIn(self.rows[nth], shift=0.3 * RIGHT), frame)
