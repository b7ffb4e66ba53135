"""A small move of x on linked number lines: stretched to u, stretched again to y."""

from __future__ import annotations

import numpy as np
from manim import (
    DOWN,
    LEFT,
    RIGHT,
    UP,
    Create,
    Dot,
    FadeIn,
    FadeOut,
    Flash,
    GrowArrow,
    Indicate,
    LaggedStart,
    Line,
    MoveAlongPath,
    ReplacementTransform,
    SurroundingRectangle,
    TransformFromCopy,
    ValueTracker,
    VGroup,
    Write,
)

from lessonkit.stage import LessonScene, Region, Typeset, crossed_out, theme
from mathcore import chain_nudge, chain_rule, function, nudge
from scenes.chain import ROLES, GearTrain, LinkedLines, Pipeline

AT, DX, SMALLER = 1.0, 0.01, 0.001
SWEEP = (0.55, 1.45)  # how far x wanders to show that u and y are tied to it
WIDE = ((0, 2, 0.5), (0, 8, 2), (0, 32, 8))  # the three lines before they are magnified
UPRIGHT = 0.6  # how much smaller the pipeline stands beside the lines


class ChainRule(LessonScene):
    """formula → inner and outer → three lines → dx to du to dy → product → gears → where."""

    def construct(self) -> None:
        self.f = function("(3*x + 1)**2")
        self.chain = self.inner, self.outer = chain_rule(self.f, at=AT)
        self.total = self.inner.slope * self.outer.slope
        self.x = ValueTracker(AT)
        self.find_the_inner_function()
        self.take_it_apart()
        self.link_three_lines()
        self.move_x_a_little()
        self.follow_u_to_y()
        self.multiply()
        self.check_the_product()
        self.write_the_rule()
        self.turn_the_gears()
        self.evaluate_at_u()

    def find_the_inner_function(self) -> None:
        self.whole = self.formula(
            'part("y", output(y) =) (thin part("inner", #inner) thin) part("square", ""^2)',
            inner=self.inner.function.typst,
            size=1.5 * theme.TITLE,
        )
        self.regions.content.place(self.whole)
        self.box = SurroundingRectangle(
            self.whole.part("inner"), color=theme.INK, buff=0.12, corner_radius=0.15
        ).set_stroke(width=theme.STROKE)
        with self.beat("nested") as beat:
            self.play(Write(self.heading()), run_time=1.0)
            self.play(Write(self.whole), run_time=1.6)
            beat.until("inside")
            self.play(Create(self.box), run_time=1.0)
            inside = VGroup(self.box, self.whole.part("inner"))
            self.play(Indicate(inside, color=theme.INK, scale_factor=1.08), run_time=1.0)

    def take_it_apart(self) -> None:
        row = self.regions.content.split(1, 1.2)[1]
        self.stations = row.place(Pipeline(self.chain))
        x, inner, u, outer, y = self.stations
        self.arrows = self.stations.arrows(RIGHT)
        token = Dot(x.get_center(), radius=0.14, color=theme.INK).set_z_index(-1)
        with self.beat("inner-outer") as beat:
            self.play(VGroup(self.whole, self.box).animate.shift(UP * 1.3), FadeIn(x), run_time=0.8)
            self.play(
                TransformFromCopy(self.box, inner[0]),
                TransformFromCopy(self.whole.part("inner"), inner[1]),
                GrowArrow(self.arrows[0]),
                run_time=beat.to("outer") - 0.6,
            )
            self.play(GrowArrow(self.arrows[1]), FadeIn(u, scale=0.5), run_time=0.6)
            self.play(
                FadeIn(outer[0]),
                TransformFromCopy(self.whole.part("square"), outer[1]),
                GrowArrow(self.arrows[2]),
                run_time=1.2,
            )
            self.play(GrowArrow(self.arrows[3]), FadeIn(y, scale=0.5), run_time=0.7)
            path = Line(x.get_center(), y.get_center())
            self.play(MoveAlongPath(token, path), run_time=beat.remaining)
        self.remove(token)

    def link_three_lines(self) -> None:
        names, middle, self.results = self.regions.content.columns(1.7, 7.7, 3.6, gap=0.3)
        self.lines = lines = LinkedLines(self.chain, self.x, WIDE, middle)
        upright = self.stand_beside_the_lines(names)
        # The box is gone, and with it the room for it between the parentheses.
        small = self.formula(f"output(y) = {self.f.typst}", size=0.82 * theme.TITLE)
        small.move_to(self.regions.title.point(1.0), aligned_edge=RIGHT)
        self.start_values = VGroup(
            *(
                self.formula(f"{role}({name} = #v)", v=at, size=theme.BODY).next_to(
                    line.at(at) + UP * 0.1, RIGHT + UP, buff=0.25
                )
                for role, name, at, line in zip(
                    ROLES, "xuy", lines.starts, lines.lines, strict=True
                )
            )
        )
        with self.beat("number-lines") as beat:
            self.play(
                FadeOut(self.box),
                ReplacementTransform(self.whole, small),
                *(a.animate.become(b) for a, b in zip(self.stations, upright, strict=True)),
                FadeOut(self.arrows),
                run_time=0.9,
            )
            self.arrows = self.stations.arrows(DOWN)
            self.play(
                FadeIn(self.arrows),
                LaggedStart(*(FadeIn(line) for line in lines.lines), lag_ratio=0.2),
                run_time=0.9,
            )
            self.play(FadeIn(lines.pointers), Create(lines.links), run_time=0.6)
            self.play(self.x.animate.set_value(SWEEP[1]), run_time=beat.to("values"))
            self.play(self.x.animate.set_value(SWEEP[0]), run_time=1.4)
            self.play(self.x.animate.set_value(AT), run_time=0.8)
            for value in self.start_values:
                self.play(FadeIn(value, shift=RIGHT * 0.2), run_time=0.45)

    def stand_beside_the_lines(self, region: Region) -> Pipeline:
        """The pipeline from top to bottom, each quantity level with its line."""
        heights = [
            line.at(at)[1] for line, at in zip(self.lines.lines, self.lines.starts, strict=True)
        ]
        upright = self.stations.copy().scale(UPRIGHT)
        for station, height in zip(
            upright, np.interp([0, 1, 2, 3, 4], [0, 2, 4], heights), strict=True
        ):
            station.move_to([region.point()[0], height, 0])
        return upright

    def move_x_a_little(self) -> None:
        lines, change = self.lines, chain_nudge(self.f, at=AT, by=DX)
        self.dx_bar = lines.pieces(0, self.step, 1, theme.INPUT)
        self.du_bar = lines.pieces(1, self.step, round(self.inner.slope), theme.INPUT)
        self.dx_name = self.formula("input(dif x = #v)", v=change[0], size=theme.BODY)
        self.du_name = self.formula("dif u = #v", v=change[1], size=theme.BODY)
        self.to_u, self.times_inner = lines.stretch(0, self.inner.slope, self.results.left)
        with self.beat("nudge-x") as beat:
            self.play(FadeOut(self.start_values), run_time=0.4)
            self.play(lines.zoom.animate.set_value(1.0), run_time=1.4)
            self.add(lines.ghosts, lines.fans, self.dx_bar)
            self.play(self.x.animate.set_value(AT + DX), FadeOut(lines.links), run_time=1.2)
            self.dx_name.next_to(lines.pointers[0], RIGHT, buff=0.2).shift(UP * 0.2)
            self.play(FadeIn(self.dx_name, shift=RIGHT * 0.2), run_time=0.5)
            beat.until("u-moves")
            self.fill_with_copies(self.dx_bar[0], self.du_bar, 0.5, 1.6)
            self.play(Create(self.to_u), FadeIn(self.times_inner), run_time=0.7)
            self.du_name.next_to(lines.pointers[1], RIGHT, buff=0.2).shift(UP * 0.2)
            self.play(FadeIn(self.du_name, shift=RIGHT * 0.2), run_time=0.5)

    def follow_u_to_y(self) -> None:
        lines, about = self.lines, self.total * DX
        self.dy_bar = lines.pieces(
            2, lambda: self.inner.slope * self.step(), round(self.outer.slope), theme.INK
        )
        self.dy_name = self.formula("output(dif y approx #v)", v=about, size=theme.BODY)
        self.dy_name.next_to(lines.lines[2].at(self.outer.output + about / 2), UP, buff=0.3)
        self.to_y, self.times_outer = lines.stretch(1, self.outer.slope, self.results.left)
        self.why = self.formula(
            "slope((dif y) / (dif u) = #rule = #v)",
            rule=self.outer.function.derivative().typst,
            v=self.outer.slope,
            size=theme.BODY,
        )
        self.why.next_to(self.times_outer, DOWN, buff=0.3).align_to(self.results.point(1), RIGHT)
        with self.beat("u-to-y") as beat:
            self.fill_with_copies(self.du_bar, self.dy_bar, 0.35, beat.to("why-eight") - 0.8)
            self.play(
                Create(self.to_y),
                FadeIn(self.times_outer),
                FadeIn(self.dy_name, shift=UP * 0.2),
                run_time=0.8,
            )
            self.play(Write(self.why), run_time=1.4)
            self.play(Indicate(self.times_outer, color=theme.SLOPE), run_time=0.8)

    def multiply(self) -> None:
        product = self.formula(
            'slope(part("a", #a) part("times", times) part("b", #b) part("is", = #ab))',
            a=self.inner.slope,
            b=self.outer.slope,
            ab=self.total,
            size=theme.HEADING,
        )
        self.results.place(product, up=0.9)
        with self.beat("total") as beat:
            self.play(Indicate(self.times_inner, color=theme.SLOPE), run_time=0.8)
            self.play(
                TransformFromCopy(self.times_inner, product.part("a")),
                run_time=beat.to("then-eight"),
            )
            self.play(
                TransformFromCopy(self.times_outer, product.part("b")),
                FadeIn(product.part("times")),
                run_time=beat.to("product"),
            )
            self.play(Write(product.part("is")), run_time=0.6)
            box = SurroundingRectangle(product, color=theme.SLOPE, buff=0.15, corner_radius=0.1)
            self.play(Create(box.set_stroke(width=theme.THIN)), run_time=0.8)
        self.product = VGroup(product, box)

    def check_the_product(self) -> None:
        change = chain_nudge(self.f, at=AT, by=DX)
        exact = self.formula("output(Delta y = #v)", v=change[-1], size=theme.BODY)
        exact.move_to(self.dy_name)
        self.readouts = rows = VGroup(
            self.readout(
                self.formula("output(Delta y =)", size=theme.BODY),
                lambda: self.lines.values[2]() - self.outer.output,
                places=4,
                color=theme.OUTPUT,
            ),
            self.readout(
                self.formula("input(dif x =)", size=theme.BODY),
                lambda: round(self.step(), 6),
                places=4,
                color=theme.INPUT,
            ),
            self.readout(
                self.formula("output(Delta y) slash input(dif x) =", size=theme.BODY),
                lambda: nudge(self.f, AT, self.step()).ratio,
                places=3,
                color=theme.SLOPE,
            ),
        ).arrange(DOWN, buff=0.35, aligned_edge=LEFT)
        self.results.place(rows, up=0.45)
        old = VGroup(self.to_u, self.to_y, self.times_inner, self.times_outer, self.why)
        with self.beat("check") as beat:
            self.play(FadeOut(old), Indicate(self.dy_bar, color=theme.OUTPUT), run_time=0.8)
            self.play(ReplacementTransform(self.dy_name, exact), run_time=0.7)
            self.play(TransformFromCopy(exact, rows[0]), run_time=0.8)
            beat.until("quotient")
            self.play(TransformFromCopy(self.dx_name, rows[1]), run_time=0.9)
            self.play(
                TransformFromCopy(rows[:2], rows[2].label), FadeIn(rows[2].number), run_time=1.2
            )
            self.play(Indicate(self.product, color=theme.SLOPE, scale_factor=1.08), run_time=1.0)
            beat.until("smaller-dx")
            self.play(FadeOut(self.dx_name, self.du_name, exact), run_time=0.4)
            self.play(self.x.animate.set_value(AT + SMALLER), run_time=beat.remaining - 1.0)

    def write_the_rule(self) -> None:
        lines = self.lines
        self.rule = self.chain_rule_of_size(1.3 * theme.TITLE)
        right = self.regions.content.split(0.66, 0.34)[0].columns(0.28, 0.72)[1]
        right.place(self.rule)
        changes = (DX, self.inner.slope * DX, self.total * DX)
        dx, du, dy = names = VGroup(
            *(
                self.formula(f"{role}(dif {name})").next_to(line.at(at + change), RIGHT, buff=0.4)
                for role, name, line, at, change in zip(
                    ROLES, "xuy", lines.lines, lines.starts, changes, strict=True
                )
            )
        )
        part = self.rule.part
        away = VGroup(
            self.readouts, self.product, self.stations, self.arrows, lines.fans,
            lines.pointers, lines.ghosts, *lines.lines,
        )  # fmt: skip
        with self.beat("formula") as beat:
            self.play(FadeOut(away), self.x.animate.set_value(AT + DX), run_time=0.7)
            self.play(FadeIn(names), run_time=0.5)
            self.play(
                TransformFromCopy(dy, part("dy")),
                TransformFromCopy(dx, part("dx")),
                FadeIn(self.rule.besides("dy", "dx", "is", "outer", "dot", "inner"), part("is")),
                run_time=beat.to("outer-rate"),
            )
            self.play(
                TransformFromCopy(VGroup(du, dy), part("outer")),
                run_time=min(0.8, beat.to("inner-rate")),
            )
            beat.until("inner-rate")
            self.play(
                TransformFromCopy(VGroup(dx, du), part("inner")),
                FadeIn(part("dot")),
                run_time=0.8,
            )
        self.add(self.rule)
        self.bars = VGroup(self.dx_bar, self.du_bar, self.dy_bar, names)

    def turn_the_gears(self) -> None:
        left, right = self.regions.content.columns(1.9, 1)
        turn = ValueTracker(0.0)
        gears = GearTrain(self.chain, turn, left)
        rule = right.place(self.chain_rule_of_size(theme.TITLE), across=1.0, up=0.75)
        below = rule.get_bottom()[1] - 0.6
        first, second, product, times, equals = numbers = VGroup(
            *(
                self.formula(f"slope({text})", size=1.2 * theme.HEADING).move_to(
                    [rule.part(part).get_center()[0], below, 0]
                )
                for text, part in (
                    (f"{self.inner.slope:g}", "inner"),
                    (f"{self.outer.slope:g}", "outer"),
                    (f"{self.total:g}", "dx"),
                    ("dot.op", "dot"),
                    ("=", "is"),
                )
            )
        )
        with self.beat("gears") as beat:
            self.play(
                FadeOut(self.bars),
                ReplacementTransform(self.rule, rule),
                LaggedStart(*(FadeIn(wheel, scale=0.7) for wheel in gears.wheels), lag_ratio=0.2),
                run_time=1.2,
            )
            self.play(FadeIn(gears.names), run_time=0.5)
            self.play(turn.animate.set_value(0.25), run_time=beat.to("multiply"))
            for number, mesh in zip((first, second), gears.meshes, strict=True):
                self.play(
                    turn.animate.increment_value(0.3),
                    Flash(mesh, color=theme.SLOPE, line_length=0.25),
                    FadeIn(number, target_position=mesh),
                    run_time=1.1,
                )
            self.play(
                turn.animate.increment_value(0.5),
                TransformFromCopy(VGroup(first, second), product),
                FadeIn(times, equals),
                run_time=beat.remaining,
            )
        self.gears = VGroup(gears.wheels, gears.names, numbers)
        self.rule = rule

    def evaluate_at_u(self) -> None:
        upper, middle, lower = self.regions.content.split(0.3, 0.3, 0.4)
        self.stations.scale(1 / UPRIGHT).arrange(RIGHT, buff=1.0)
        middle.place(self.stations)
        self.arrows = self.stations.arrows(RIGHT)
        values = VGroup(
            *(
                self.formula(f"{role}(#v)", v=v).next_to(station, DOWN, buff=0.15)
                for role, v, station in zip(
                    ROLES, self.lines.starts, self.stations[::2], strict=True
                )
            )
        )
        left, beside = lower.columns(1, 1, gap=0.6)
        right = left.place(self.slope_at("ink", self.inner.output, "slope"), up=0.25)
        wrong = beside.place(self.slope_at("input", AT, "wrong"), up=0.25)
        frame = SurroundingRectangle(right, color=theme.SLOPE, buff=0.18, corner_radius=0.12)
        rule = upper.place(self.chain_rule_of_size(theme.FORMULA))
        with self.beat("where-to-evaluate") as beat:
            self.play(
                FadeOut(self.gears),
                ReplacementTransform(self.rule, rule),
                FadeIn(self.stations, self.arrows),
                run_time=0.8,
            )
            self.play(
                LaggedStart(*(FadeIn(value, shift=DOWN * 0.2) for value in values), lag_ratio=0.5),
                run_time=1.0,
            )
            self.play(TransformFromCopy(rule.part("outer"), right.part("rate")), run_time=0.8)
            beat.until("put-u")
            self.play(
                FadeIn(right.part("factor")),
                TransformFromCopy(values[1], right.part("put")),
                run_time=0.8,
            )
            self.play(FadeIn(right.part("is")), Create(frame), run_time=0.6)
            beat.until("not-x")
            self.play(
                FadeIn(wrong.part("rate"), wrong.part("factor")),
                TransformFromCopy(values[0], wrong.part("put")),
                run_time=0.8,
            )
            # Beside the formula: over it, the cross reads as a sign between its numbers.
            cross = crossed_out(wrong.part("put")).next_to(wrong, RIGHT, buff=0.3)
            self.play(FadeIn(wrong.part("is")), Create(cross), run_time=0.6)

    # -- small pieces ------------------------------------------------------------------------

    def step(self) -> float:
        """The change of x now; never quite 0, so that ratios of it exist."""
        return max(self.x.get_value() - AT, 1e-9)

    def fill_with_copies(
        self, change: VGroup, pieces: VGroup, lag_ratio: float, seconds: float
    ) -> None:
        """Copies of a change fly, one after the other, to the next line."""
        flights = (TransformFromCopy(change, piece) for piece in pieces)
        self.play(LaggedStart(*flights, lag_ratio=lag_ratio), run_time=seconds)

    def chain_rule_of_size(self, size: float) -> Typeset:
        return self.formula(
            '(part("dy", output(dif y))) / (part("dx", input(dif x))) part("is", =) '
            'part("outer", (output(dif y)) / (dif u)) part("dot", dot.op) '
            'part("inner", (dif u) / (input(dif x)))',
            size=size,
        )

    def slope_at(self, role: str, at: float, result: str) -> Typeset:
        """dy/du with a number put into its rule."""
        slope = self.outer.function.derivative()
        return self.formula(
            'part("rate", (output(dif y)) / (dif u) = #rule) part("factor", = #k dot.op) '
            f'part("put", {role}(#at)) part("is", = {result}(#v))',
            rule=slope.typst,
            k=slope(1.0),
            at=at,
            v=slope(at),
        )
