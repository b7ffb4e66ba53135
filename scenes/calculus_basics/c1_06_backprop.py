"""A small network as torch ran it: values forwards, then gradients backwards, node by node."""

from __future__ import annotations

from collections.abc import Callable

from manim import (
    DOWN,
    LEFT,
    RIGHT,
    UP,
    Arrow,
    Create,
    FadeIn,
    FadeOut,
    GrowArrow,
    Indicate,
    LaggedStart,
    Line,
    ReplacementTransform,
    RoundedRectangle,
    ShowPassingFlash,
    TransformFromCopy,
    ValueTracker,
    VGroup,
    Write,
)

from lessonkit.stage import LessonScene, Region, Typeset, theme
from mathcore import trace, typst
from scenes.pictures import Knob, network
from scenes.traced_network import COLORS, TracedNetwork

STEPS = {"h": "w1*x", "y": "w2*h", "L": "(y - t)**2"}
INPUTS = {"x": 2.0, "w1": 1.5, "w2": 2.0, "t": 5.0}
BY = 0.01  # how far w1 is moved to check its gradient


class Backpropagation(LessonScene):
    """network → forward → backward, gradient by gradient → local → check → deep → optimizer."""

    def construct(self) -> None:
        self.run = trace(STEPS, INPUTS)
        figure, self.work = self.regions.content.split(0.68, 0.32)
        legend, self.row = figure.columns(1, 8, gap=0.3)
        self.net = TracedNetwork(self.run, self.row, level=figure.point(up=0.48)[1])
        self.legend_at = legend.left
        self.build_the_network()
        self.run_forward()
        self.begin_at_the_loss()
        self.reach_the_second_weight()
        self.go_back_to_h()
        self.reach_the_first_weight()
        self.see_local_derivatives()
        self.check_by_a_nudge()
        self.sweep_a_deep_network()
        self.leave_the_rest_to_the_optimizer()

    def build_the_network(self) -> None:
        self.rules = {
            name: self.formula(f"{name} = #rule", rule=typst(rule), size=theme.BODY)
            for name, rule in STEPS.items()
        }
        upper = self.work.top - 0.35
        for name, across in (("h", 0.3), ("y", 0.6), ("L", 0.9)):
            self.rules[name].move_to([self.row.point(across)[0], upper, 0])
        node, wire = self.net.nodes, self.net.wires
        with self.beat("small-network") as beat:
            self.play(Write(self.heading()), FadeIn(node["x"], scale=0.5), run_time=0.7)
            self.play(Create(wire["h"]), FadeIn(node["w1"], scale=0.5), run_time=0.8)
            self.play(FadeIn(node["h"], scale=0.5), Write(self.rules["h"]), run_time=0.9)
            beat.until("second-layer")
            self.play(Create(wire["y"]), FadeIn(node["w2"], scale=0.5), run_time=0.7)
            self.play(FadeIn(node["y"], scale=0.5), Write(self.rules["y"]), run_time=0.8)
            beat.until("loss")
            self.play(Create(wire["L"]), FadeIn(node["L"], scale=0.5), run_time=0.8)
            self.play(Create(wire["t"]), FadeIn(node["t"], scale=0.5), run_time=0.7)
            self.play(Write(self.rules["L"]), run_time=0.9)

    def run_forward(self) -> None:
        nodes = self.run.nodes
        legend = self.label("values", size=theme.SMALL, color=theme.MUTED)
        legend.move_to([self.legend_at, self.net.values["x"].get_y(), 0], aligned_edge=LEFT)
        self.way = self.label("forward", size=theme.BODY, color=theme.INK)
        self.regions.title.place(self.way, across=1.0)
        numbers = {
            "h": ("w1", "x", '= #a dot.op #b = part("result", #v)'),
            "y": ("w2", "h", '= #a dot.op #b = part("result", #v)'),
            "L": ("y", "t", '= (#a - #b)^2 = part("result", #v)'),
        }
        worked = {
            name: self.formula(
                markup, a=nodes[a].value, b=nodes[b].value, v=nodes[name].value, size=theme.BODY
            ).next_to(self.rules[name], DOWN, buff=0.25)
            for name, (a, b, markup) in numbers.items()
        }
        with self.beat("forward") as beat:
            self.play(FadeIn(self.way, shift=RIGHT * 0.3), FadeIn(legend), run_time=0.6)
            self.play(self.net.value_appears("x"), self.net.value_appears("w1"), run_time=0.8)
            self.compute(worked["h"], "h", ("x", "w1", "h"), beat.to("to-y"))
            beat.until("to-y")
            self.play(self.net.value_appears("w2"), run_time=0.6)
            self.compute(worked["y"], "y", ("h", "w2", "y"), beat.to("to-loss"))
            beat.until("to-loss")
            self.play(self.net.value_appears("t"), run_time=0.6)
            self.compute(worked["L"], "L", ("y", "L"), beat.remaining)
        self.forward_work = VGroup(*self.rules.values(), *worked.values())
        self.legend = VGroup(legend)

    def compute(self, work: Typeset, name: str, path: tuple[str, ...], room: float) -> None:
        """The values run along the wires into a node, which then shows its own."""
        self.play(self.net.pulse(path, theme.INK), run_time=min(0.9, 0.3 * room))
        self.play(FadeIn(work, shift=DOWN * 0.15), run_time=min(0.7, 0.2 * room))
        result = work.part("result")
        self.play(TransformFromCopy(result, self.net.values[name]), run_time=min(0.8, 0.25 * room))

    def begin_at_the_loss(self) -> None:
        legend = self.label("gradients", size=theme.SMALL, color=theme.GRADIENT)
        way = self.label("backward", size=theme.BODY, color=theme.GRADIENT)
        self.regions.title.place(way, across=1.0)
        legend.move_to([self.legend_at, self.net.gradients["x"].get_y(), 0], aligned_edge=LEFT)
        self.legend.add(legend)
        work = self.formula(
            'part("rule", gradient((dif L) / (dif y)) = 2 (y - t)) '
            'part("numbers", = 2 (#y - #t)) part("is", =) part("result", gradient(#v))',
            y=self.run.nodes["y"].value,
            t=self.run.nodes["t"].value,
            v=self.run.nodes["y"].gradient,
        )
        self.work.place(work)
        with self.beat("output-gradient") as beat:
            self.play(
                FadeOut(self.forward_work),
                ReplacementTransform(self.way, way),
                FadeIn(legend),
                run_time=0.8,
            )
            beat.until("at-y")
            self.play(self.net.pulse(("L", "y"), theme.GRADIENT), run_time=0.9)
            self.play(Write(work.part("rule")), run_time=1.0)
            self.play(FadeIn(work.part("numbers")), run_time=0.5)
            self.gradient_lands(work, "y")
        self.step, self.way = work, way

    def reach_the_second_weight(self) -> None:
        with self.beat("second-weight") as beat:
            work = self.product("w2", "y")
            self.play(FadeOut(self.step), self.net.pulse(("y", "w2"), theme.GRADIENT), run_time=0.8)
            self.play(Write(work.part("rule")), run_time=0.5 * beat.to("factors"))
            self.point_at_factors("y", "h", 0.8 * beat.to("factors"))
            beat.until("factors")
            self.factors_meet(work, "y", "h")
            self.gradient_lands(work, "w2")
        self.step = work

    def go_back_to_h(self) -> None:
        with self.beat("hidden-gradient") as beat:
            work = self.product("h", "y")
            self.play(FadeOut(self.step), Indicate(self.net.gradients["y"]), run_time=0.8)
            beat.until("to-h")
            self.play(self.net.pulse(("y", "w2", "h"), theme.GRADIENT), run_time=1.1)
            self.play(Write(work.part("rule")), run_time=0.3 * beat.remaining)
            self.point_at_factors("y", "w2", 0.3 * beat.remaining)
            self.factors_meet(work, "y", "w2")
            self.gradient_lands(work, "h")
        self.step = work

    def reach_the_first_weight(self) -> None:
        with self.beat("first-weight") as beat:
            work = self.product("w1", "h")
            self.play(FadeOut(self.step), self.net.pulse(("h", "w1"), theme.GRADIENT), run_time=0.9)
            self.play(Write(work.part("rule")), run_time=0.3 * beat.remaining)
            self.point_at_factors("h", "x", 0.3 * beat.remaining)
            self.factors_meet(work, "h", "x")
            self.gradient_lands(work, "w1")
        self.step = work

    def see_local_derivatives(self) -> None:
        chain = (("L", "y"), ("y", "h"), ("h", "w1"))
        links = VGroup(*(self.net.local_derivative(*pair) for pair in chain))
        names = VGroup(*(name for _, name in links))
        product = self.formula(
            'part("chain", gradient(upright(d) L\\/upright(d) w_1) = slope('
            "upright(d) L\\/upright(d) y dot.op upright(d) y\\/upright(d) h "
            'dot.op upright(d) h\\/upright(d) w_1)) = part("a", slope(#a)) '
            'dot.op part("b", slope(#b)) dot.op part("c", slope(#c)) = gradient(#v)',
            **{part: self.net.local[pair] for part, pair in zip("abc", chain, strict=True)},
            v=self.run.nodes["w1"].gradient,
            size=theme.BODY,
        )
        names.match_y(names[0])
        self.work.place(product, up=0.1)
        with self.beat("local-derivatives") as beat:
            self.play(FadeOut(self.step), run_time=0.4)
            for arrow, name in links:
                self.play(Create(arrow), FadeIn(name, shift=DOWN * 0.1), run_time=0.75)
            beat.until("product")
            self.play(FadeIn(product.part("chain")), run_time=0.5)
            self.play(
                *(
                    TransformFromCopy(name.part("value"), product.part(k))
                    for name, k in zip(names, "abc", strict=True)
                ),
                FadeIn(product.besides("chain", "a", "b", "c")),
                run_time=1.2,
            )
            self.play(Indicate(self.net.gradients["w1"]), run_time=0.8)
        self.local = VGroup(links, product)

    def check_by_a_nudge(self) -> None:
        by = ValueTracker(0.0)
        moved = self.run.nudge("w1", BY)
        live = VGroup(
            self.net.live_value("w1", lambda: INPUTS["w1"] + by.get_value(), 2),
            *(
                self.net.live_value(name, self.moved_value(name, by), places)
                for name, places in (("h", 2), ("y", 2), ("L", 4))
            ),
        )
        old = VGroup(
            *(self.net.values[name] for name in ("w1", "h", "y", "L")),
            *(self.net.gradients[name] for name in ("y", "w2", "h")),  # only w1's is checked
        )
        work = self.formula(
            'part("change", loss(Delta L = #after - #before = #v)) '
            'part("about", approx) part("product", gradient(#g) times input(#by))',
            after=moved.y1,
            before=moved.y0,
            v=moved.dy,
            g=self.run.nodes["w1"].gradient,
            by=BY,
        )
        self.work.place(work)
        with self.beat("check") as beat:
            self.play(FadeOut(self.local), FadeOut(old), FadeIn(live), run_time=0.8)
            self.play(self.net.nod("w1"), run_time=0.7)
            self.play(
                by.animate.set_value(BY),
                self.net.pulse(("w1", "h", "w2", "y", "L"), theme.INK),
                run_time=beat.to("change") - 0.5,
            )
            beat.until("change")
            self.play(FadeIn(work.part("change"), target_position=live[-1]), run_time=1.2)
            self.play(FadeIn(work.part("about")), run_time=0.4)
            self.play(
                TransformFromCopy(self.net.gradients["w1"], work.part("product")), run_time=1.0
            )
            self.play(Indicate(work.part("product"), color=theme.GRADIENT), run_time=1.0)
        self.nudged = VGroup(work, live)

    def sweep_a_deep_network(self) -> None:
        deep = network((3, 4, 4, 4, 2), width=9.0, height=4.0)
        self.regions.content.place(deep, across=0.3)
        layers, nodes = deep
        loss = self.net.nodes["L"]
        end = self.regions.content.point(0.94)
        last = VGroup(
            *(
                Line(node.get_center(), end, stroke_color=theme.MUTED, stroke_width=2.5)
                for node in nodes[-1]
            )
        ).set_z_index(-1)
        gone = VGroup(
            self.nudged, self.legend, *self.net.wires.values(), self.net.gradients["w1"],
            *(node for name, node in self.net.nodes.items() if name != "L"),
            self.net.values["x"], self.net.values["w2"], self.net.values["t"],
        )  # fmt: skip
        with self.beat("whole-idea") as beat:
            self.play(FadeOut(gone), loss.animate.move_to(end), run_time=0.8)
            self.play(
                LaggedStart(*(Create(layer) for layer in layers), Create(last), lag_ratio=0.25),
                FadeIn(nodes),
                run_time=1.3,
            )
            beat.until("wave")
            self.play(self.net.nod("L"), run_time=0.5)
            for edges, column in zip((last, *reversed(layers)), reversed(nodes), strict=True):
                back = (Line(e.get_end(), e.get_start(), z_index=-0.5) for e in edges)
                self.play(
                    *(
                        ShowPassingFlash(e.set_stroke(theme.GRADIENT, 6), time_width=0.7)
                        for e in back
                    ),
                    column.animate.set_stroke(theme.GRADIENT),
                    run_time=min(0.6, beat.remaining / 2),
                )
        self.deep = VGroup(layers, last, nodes, loss)

    def leave_the_rest_to_the_optimizer(self) -> None:
        left, right = self.regions.content.columns(1, 1, gap=1.6)
        cards = VGroup(self.card(left), self.card(right))
        picture, below = left.split(0.6, 0.4)
        finder = VGroup(
            self.label("backpropagation", size=theme.HEADING, bold=True), self.label("finds")
        ).arrange(DOWN, buff=0.3)
        changer = VGroup(
            self.label("optimizer", size=theme.HEADING, bold=True), self.label("changes")
        ).arrange(DOWN, buff=0.3)
        below.place(finder, up=0.6)
        right.split(0.6, 0.4)[1].place(changer, up=0.6)
        share = ValueTracker(0.3)
        knobs = VGroup(
            *(
                Knob(lambda s=sense: 0.5 + s * (share.get_value() - 0.5), radius=0.7)
                for sense in (1, -1, 0.6)
            )
        ).arrange(RIGHT, buff=0.4)
        right.split(0.6, 0.4)[0].place(knobs, up=0.4)
        handed = Arrow(
            left.point(1.0), right.point(0.0), buff=0.1, color=theme.GRADIENT, stroke_width=8
        )
        name = self.formula("gradient(nabla L)").next_to(handed, UP, buff=0.15)
        small = self.deep.copy()
        small[-1][1].set_opacity(0)  # too small to read
        small.scale(0.46).move_to(picture.point(up=0.4))
        with self.beat("not-the-optimizer") as beat:
            self.play(
                FadeIn(cards[0], finder),
                self.deep.animate.become(small),
                FadeOut(self.way),
                run_time=1.0,
            )
            self.play(GrowArrow(handed), Write(name), run_time=0.8)
            beat.until("optimizer")
            self.play(FadeIn(cards[1], changer, knobs), run_time=0.7)
            self.play(share.animate.set_value(0.8), run_time=beat.remaining - 0.3)

    # -- small pieces ------------------------------------------------------------------------

    def product(self, name: str, later: str) -> Typeset:
        """The chain rule for one node: the gradient that comes in times the local derivative."""
        nodes = self.run.nodes
        local = next(edge for edge in self.run.edges if (edge.source, edge.target) == (name, later))
        work = self.formula(
            'part("rule", gradient((dif L) / (dif #name)) = gradient((dif L) / (dif #later)) '
            'dot.op #local =) part("a", gradient(#a)) part("times", times) part("b", #b) '
            'part("is", =) part("result", gradient(#v))',
            name=typst(name),
            later=typst(later),
            local=local.rule.typst,
            a=nodes[later].gradient,
            b=local.local,
            v=nodes[name].gradient,
        )
        return self.work.place(work)

    def point_at_factors(self, later: str, other: str, seconds: float) -> None:
        """Light up the gradient that comes in and then the value that it is multiplied by."""
        for number, color in (
            (self.net.gradients[later], theme.GRADIENT),
            (self.net.values[other], COLORS[other]),
        ):
            self.play(Indicate(number, color=color, scale_factor=1.5), run_time=seconds / 2)

    def factors_meet(self, work: Typeset, later: str, other: str) -> None:
        self.play(
            TransformFromCopy(self.net.gradients[later], work.part("a")),
            TransformFromCopy(self.net.values[other], work.part("b")),
            FadeIn(work.part("times")),
            run_time=0.8,
        )

    def gradient_lands(self, work: Typeset, name: str) -> None:
        self.play(FadeIn(work.part("is"), work.part("result")), run_time=0.4)
        self.play(TransformFromCopy(work.part("result"), self.net.gradients[name]), run_time=0.8)

    def moved_value(self, name: str, by: ValueTracker) -> Callable[[], float]:
        """The value of a node after w1 has been moved by a tracker."""
        names = list(STEPS)
        part = {step: STEPS[step] for step in names[: names.index(name) + 1]}
        run = trace(part, INPUTS)
        return lambda: run.nudge("w1", max(by.get_value(), 1e-9)).y1

    def card(self, region: Region) -> RoundedRectangle:
        card = RoundedRectangle(width=region.width, height=region.height, corner_radius=0.25)
        card.set_fill(theme.PANEL, opacity=1).set_stroke(theme.FAINT, theme.THIN)
        return card.move_to(region.point()).set_z_index(-2)
