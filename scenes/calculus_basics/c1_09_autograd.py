"""PyTorch runs a function, remembers it as a graph, and walks the graph backwards for its slope."""

from __future__ import annotations

from manim import (
    DOWN,
    LEFT,
    RIGHT,
    UP,
    Create,
    FadeIn,
    FadeOut,
    Flash,
    GrowArrow,
    GrowFromCenter,
    Indicate,
    LaggedStart,
    ReplacementTransform,
    Transform,
    TransformFromCopy,
    Underline,
    ValueTracker,
    VGroup,
    Write,
)

from lessonkit.stage import (
    CodeCard,
    LessonScene,
    Plot,
    Region,
    Terminal,
    Typeset,
    crossed_out,
    theme,
)
from mathcore import function, secant_line, snippet, trace
from scenes.autograd_graph import SLOPE, AutogradGraph, pulse
from scenes.card_table import card
from scenes.pictures import code_text, eraser, tick, what_it_prints

H = (0.01, 0.001)  # the secants' steps that the voice recalls
WIDEST = 1.6  # the drawn secant starts here, where its turning can be seen


class Autograd(LessonScene):
    """code, line by line, and its graph → backward → x.grad → three ways → gradients add up."""

    def construct(self) -> None:
        self.f = function("x**2")
        self.run = trace({"y": "x**2"}, {"x": 2})
        self.left, right = self.regions.content.columns(0.57, 0.43, gap=0.45)
        self.graph_box, self.output_box = right.split(0.7, 0.3, gap=0.2)
        self.graph = AutogradGraph(self.run, self.graph_box)
        self.import_torch()
        self.watch_x()
        self.build_the_graph()
        self.go_backward()
        self.store_the_gradient()
        self.print_it()
        self.compare_three_ways()
        self.apply_the_chain_rule()
        self.add_up()
        self.wipe()

    def import_torch(self) -> None:
        self.program = snippet("autograd")
        self.code = CodeCard(self.program.source, self.left)
        with self.beat("import-torch") as beat:
            self.play(Write(self.heading()), FadeIn(self.code.panel, shift=UP * 0.2), run_time=1.0)
            beat.until("line")
            self.marker = self.code.marker(self.line("import"))
            self.play(FadeIn(self.marker), self.type("import"), run_time=0.9)

    def watch_x(self) -> None:
        graph, eye = self.graph, self.graph.eye
        line = self.code.line(self.line("requires_grad"))
        words = VGroup(*line[-len("requires_grad=True)") : -1])
        asked = Underline(words, buff=0.06, color=theme.GRADIENT, stroke_width=theme.STROKE)
        with self.beat("requires-grad") as beat:
            self.play(self.type("# Variable"), run_time=0.6)
            self.play(self.mark("requires_grad"), self.type("requires_grad"), run_time=1.4)
            self.play(
                TransformFromCopy(VGroup(line[0]), graph.x_name),
                GrowFromCenter(graph.x),
                TransformFromCopy(VGroup(*line[15:18]), graph.x_value),
                run_time=1.0,
            )
            beat.until("watch")
            self.play(Create(asked), run_time=0.7)
            self.play(TransformFromCopy(asked, eye), run_time=0.9)
            self.play(eye[1].animate.shift(DOWN * 0.07), run_time=0.5)
        self.asked = asked

    def build_the_graph(self) -> None:
        graph = self.graph
        with self.beat("build-graph") as beat:
            self.play(self.type("# Function"), FadeOut(self.asked), run_time=0.5)
            self.play(self.mark("y = x"), self.type("y = x"), run_time=0.9)
            beat.until("graph")
            third = beat.remaining / 4  # the last quarter stands still
            self.play(GrowArrow(graph.into), run_time=third)
            self.play(GrowFromCenter(graph.square), FadeIn(graph.square_name), run_time=third)
            self.play(
                GrowArrow(graph.out), GrowFromCenter(graph.y), FadeIn(graph.y_name), run_time=third
            )

    def go_backward(self) -> None:
        graph = self.graph
        with self.beat("backward") as beat:
            self.pulse_forward(0.5 * beat.to("reverse"))
            self.play(FadeIn(graph.y_value, scale=0.6), run_time=0.6)
            beat.until("reverse")
            self.play(self.type("# Compute"), run_time=0.4)
            self.play(self.mark("backward"), self.type("backward"), run_time=0.8)
            self.play(Flash(graph.y, color=theme.GRADIENT, flash_radius=0.65), run_time=0.6)
            to_x = graph.way_back[:2]  # there is no box to run to yet
            pulse(self, to_x, theme.GRADIENT, min(1.4, beat.remaining))

    def store_the_gradient(self) -> None:
        graph, (edge,) = self.graph, self.run.edges
        rule = self.label("local", size=SLOPE)
        value = self.label("local-value", value=edge.local, size=SLOPE)
        slope = VGroup(rule, value).arrange(RIGHT, buff=0.12)
        slope.next_to(graph.square, UP, buff=0.2)
        self.grad = self.formula("gradient(#g)", g=self.run.nodes["x"].gradient, size=theme.BODY)
        self.grad.move_to(graph.box)
        with self.beat("into-grad") as beat:
            self.play(TransformFromCopy(graph.square_name, rule), run_time=1.2)
            self.play(Indicate(graph.x_value, color=theme.INPUT), run_time=0.8)
            self.play(FadeIn(value, shift=RIGHT * 0.2), run_time=0.6)
            beat.until("store")
            self.play(GrowArrow(graph.down), FadeIn(graph.box, graph.box_name), run_time=0.5)
            self.play(TransformFromCopy(VGroup(*value[1:]), self.grad), run_time=0.9)
            self.play(Flash(self.grad, color=theme.GRADIENT, flash_radius=0.55), run_time=0.5)
        self.slope = slope

    def print_it(self) -> None:
        output = what_it_prints(self.program).output
        screen = Terminal("python autograd.py", output, self.output_box)
        printed = screen.line(2)
        value = VGroup(*printed[-len("tensor(4.)") :])
        with self.beat("printed") as beat:
            self.play(self.mark("print"), self.type("print"), run_time=0.7)
            self.play(FadeIn(screen.panel, screen.line(1), shift=UP * 0.2), run_time=0.4)
            beat.until("stdout")
            self.play(LaggedStart(*map(FadeIn, printed), lag_ratio=0.3), run_time=1.6)
            self.play(
                Indicate(value, color=theme.GRADIENT, scale_factor=1.0),
                Indicate(self.grad, color=theme.GRADIENT, scale_factor=1.5),
                run_time=1.4,
            )
        self.screen = screen

    def compare_three_ways(self) -> None:
        (edge,) = self.run.edges
        at = self.run.nodes["x"].value
        self.cards = VGroup(
            *(
                Card(column, self.label(name, bold=True))
                for column, name in zip(
                    self.regions.content.columns(1, 1, 1, gap=0.35),
                    ("by-hand", "by-secant", "by-torch"),
                    strict=True,
                )
            )
        )
        hand, secant, torch = self.cards
        for other in (secant, torch):
            other.title.shift((hand.title.baseline - other.title.baseline) * UP)
        rule = hand.picture.place(self.label("local", size=theme.FORMULA), up=0.5)
        by_hand = hand.answer.place(
            self.formula(f"{self.f.derivative().typst} = slope(#v)", v=edge.local)
        )
        slopes = [secant_line(self.f, at, h).slope for h in H]
        by_secant = secant.answer.place(
            self.formula("slope(#a), slope(#b), dots", a=slopes[0], b=slopes[1])
        )
        by_torch = torch.answer.place(code_text("tensor(4.)", theme.GRADIENT, theme.BODY))
        self.turning(secant.picture)
        ticks = VGroup(*(tick().next_to(c.title, RIGHT, buff=0.3) for c in self.cards))
        graph = VGroup(*self.graph.shown, self.grad, self.slope)
        self.home = graph.copy()
        small = torch.picture.place(graph.copy())
        with self.beat("three-ways") as beat:
            self.remove(*graph)  # it comes again on top of its card
            self.play(
                FadeOut(self.code, self.marker, self.screen, self.graph.eye),
                FadeIn(self.cards),
                Transform(graph, small, introducer=True),
                run_time=1.0,
            )
            self.play(FadeIn(rule), run_time=0.5)
            self.play(FadeIn(by_hand, shift=0.2 * DOWN), run_time=beat.to("by-secant"))
            self.play(FadeIn(self.secant), run_time=0.6)
            self.play(self.h.animate.set_value(0.4), run_time=0.45 * beat.to("by-torch"))
            self.play(
                self.h.animate.set_value(H[0]), Write(by_secant), run_time=beat.to("by-torch")
            )
            self.pulse_backward(0.45 * beat.to("agree"))
            self.play(TransformFromCopy(self.grad, by_torch), run_time=0.5)
            beat.until("agree")
            self.play(LaggedStart(*map(Create, ticks), lag_ratio=0.4), run_time=1.2)
        self.graph_parts = graph
        self.by_hand = VGroup(hand, rule, by_hand)
        self.answers = VGroup(by_secant, by_torch)
        self.ticks = ticks

    def turning(self, region: Region) -> None:
        """A secant of the parabola that turns as h shrinks."""
        self.h = h = ValueTracker(WIDEST)
        at = self.run.nodes["x"].value
        plot = Plot((-0.6, 4.1), (-2, 14), region, x_name="", numbers=False)
        line = plot.live_line(lambda: secant_line(self.f, at, h.get_value()))
        ends = [
            plot.dot(
                lambda k=k: (at + k * h.get_value(), self.f(at + k * h.get_value())), theme.INK
            )
            for k in (0, 1)
        ]
        self.secant = VGroup(plot.axes, plot.curve(self.f, theme.OUTPUT), line, *ends)

    def apply_the_chain_rule(self) -> None:
        hand, secant, torch = self.cards
        question = self.label("how", size=theme.HEADING, bold=True, width=0.9 * hand.width)
        question.move_to(hand)
        name = self.label("chain-rule", size=theme.HEADING, color=theme.GRADIENT, bold=True)
        name.move_to(self.answers[1])
        cross = crossed_out(self.secant[1])
        mark = tick(0.6).move_to(self.ticks[2])
        with self.beat("not-by-shrinking") as beat:
            self.play(
                FadeOut(self.by_hand, self.ticks),
                FadeIn(question),
                self.h.animate.set_value(WIDEST),
                run_time=0.7,
            )
            self.play(self.h.animate.set_value(H[0]), run_time=0.6 * beat.to("chain"))
            self.play(Create(cross), run_time=beat.to("chain"))
            self.play(FadeOut(self.answers[1]), FadeIn(name), run_time=0.4)
            self.pulse_backward(0.5 * beat.remaining)
            self.play(Create(mark), run_time=0.4)
        self.verdict = VGroup(
            question, secant, torch, self.secant, self.answers[0], name, cross, mark
        )

    def add_up(self) -> None:
        program = self.program = snippet("autograd_twice")
        self.code = CodeCard(program.source, self.left)
        output = what_it_prints(program).output
        screen = Terminal("python autograd_twice.py", output, self.output_box)
        graph = self.graph_parts
        first, second = (
            [n for n, line in enumerate(program.lines, 1) if "backward" in line][k] for k in (0, 1)
        )
        marker = self.code.marker(first)
        once = self.run.nodes["x"].gradient
        added = self.formula("gradient(#g + #g)", g=once, size=theme.BODY)
        twice = self.formula("gradient(#g)", g=2 * once, size=theme.BODY)
        with self.beat("adds-up") as beat:
            self.play(
                FadeOut(self.verdict),
                Transform(graph, self.home),
                FadeIn(self.code, screen.panel, screen.line(1)),
                run_time=0.8,
            )
            added.move_to(self.grad)
            twice.move_to(self.grad)
            self.play(FadeIn(marker), FadeIn(screen.line(2)), run_time=0.5)
            self.play(Transform(marker, self.code.marker(second - 1)), run_time=0.3)
            self.pulse_forward(0.4 * beat.to("eight"))
            self.play(Transform(marker, self.code.marker(second)), run_time=0.3)
            self.pulse_backward(beat.to("eight"))
            self.play(ReplacementTransform(self.grad, added), run_time=0.5)
            self.play(
                Transform(marker, self.code.marker(second + 1)),
                ReplacementTransform(added, twice),
                FadeIn(screen.line(3)),
                run_time=0.7,
            )
            self.play(Flash(twice, color=theme.GRADIENT, flash_radius=0.55), run_time=0.6)
        self.grad, self.screen, self.marker = twice, screen, marker

    def wipe(self) -> None:
        (line,) = snippet("training_loop").excerpt("zero_grad")
        teaser = CodeCard(line, self.output_box)
        teaser.move_to(self.output_box.point())
        zero = self.formula("gradient(#g)", g=0, size=theme.BODY).move_to(self.grad)
        again = self.formula("gradient(#g)", g=self.run.nodes["x"].gradient, size=theme.BODY)
        again.move_to(zero)
        rubber = eraser().move_to(self.graph.box.get_corner(UP + RIGHT) + 0.4 * (UP + RIGHT))
        with self.beat("why-zero") as beat:
            self.play(FadeOut(self.screen, self.marker), FadeIn(teaser), run_time=0.6)
            self.play(FadeIn(rubber, shift=LEFT * 0.3), run_time=0.5)
            wide = self.graph.box.width / 2
            for nth, across in enumerate((0.6, -0.5, 0.4)):
                target = self.graph.box.get_center() + across * wide * RIGHT + 0.15 * UP
                rubbed = [FadeOut(self.grad)] if nth == 0 else []
                self.play(
                    rubber.animate.move_to(target), *rubbed, run_time=beat.to("zeroed") / (3 - nth)
                )
            self.play(
                FadeIn(zero, scale=0.6),
                rubber.animate.shift(1.3 * RIGHT + 0.5 * UP),
                Indicate(teaser.line(1), color=theme.GRADIENT, scale_factor=1.05),
                run_time=0.5,
            )
            self.pulse_backward(0.5 * beat.remaining)
            self.play(ReplacementTransform(zero, again), run_time=0.4)

    # -- small pieces ------------------------------------------------------------------------

    def line(self, part: str) -> int:
        """The number of the program's line that contains this."""
        return self.program.number(part)

    def type(self, part: str) -> LaggedStart:
        """Let a line of the program appear from left to right."""
        return LaggedStart(*map(FadeIn, self.code.line(self.line(part))), lag_ratio=0.3)

    def mark(self, part: str) -> Transform:
        return Transform(self.marker, self.code.marker(self.line(part)))

    def pulse_forward(self, seconds: float) -> None:
        pulse(self, (self.graph.into, self.graph.out), theme.OUTPUT, seconds)

    def pulse_backward(self, seconds: float) -> None:
        pulse(self, self.graph.way_back, theme.GRADIENT, seconds)


class Card(VGroup):
    """A panel with a title on top, room for a picture, and an answer at the bottom."""

    def __init__(self, region: Region, title: Typeset) -> None:
        self.panel = card(region)
        inner = Region(region.left + 0.15, region.right - 0.15, region.bottom, region.top)
        top, self.picture, self.answer = inner.split(0.2, 0.55, 0.25)
        self.title = top.place(title)
        super().__init__(self.panel, self.title)
