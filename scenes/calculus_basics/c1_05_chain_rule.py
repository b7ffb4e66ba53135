"""A small move of x on linked number lines: stretched to u, stretched again to y."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from manim import (
    DOWN,
    LEFT,
    PI,
    RIGHT,
    UP,
    Arrow,
    Circle,
    Create,
    CurvedArrow,
    Dot,
    FadeIn,
    FadeOut,
    Flash,
    GrowArrow,
    Indicate,
    LaggedStart,
    Line,
    MoveAlongPath,
    Polygon,
    ReplacementTransform,
    RoundedRectangle,
    SurroundingRectangle,
    TransformFromCopy,
    ValueTracker,
    VGroup,
    VMobject,
    Write,
)

from lessonkit.stage import LessonScene, NumberLine, Typeset, crossed_out, theme
from lessonkit.stage.number_line import POINTER
from mathcore import Link, chain_nudge, chain_rule, function, nudge
from scenes.pictures import gear, spin

AT, DX, SMALLER = 1.0, 0.01, 0.001
SWEEP = (0.55, 1.45)  # how far x wanders to show that u and y are tied to it
NEAR = (-0.03, 0.27)  # the magnified window round x, u and y alike: one scale for all three
UPRIGHT = 0.6  # how much smaller the pipeline stands beside the lines
BELOW = 0.55  # frame units: a link begins under the numbers of its line


class ChainRule(LessonScene):
    """formula → inner and outer → three lines → dx to du to dy → product → gears → where."""

    def construct(self) -> None:
        self.f = function("(3*x + 1)**2")
        self.inner, self.outer = chain_rule(self.f, at=AT)
        self.x, self.zoom = ValueTracker(AT), ValueTracker(0.0)
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
        names = (("x", theme.INPUT), ("u", theme.INK), ("y", theme.OUTPUT))
        x, u, y = (self.node(name, color) for name, color in names)
        inner, outer = (self.machine(link) for link in (self.inner, self.outer))
        self.stations = VGroup(x, inner, u, outer, y).scale(1.4).arrange(RIGHT, buff=1.0)
        row.place(self.stations)
        self.arrows = self.arrows_along(RIGHT)
        token = Dot(x.get_center(), radius=0.14, color=theme.INK).set_z_index(-1)
        with self.beat("inner-outer") as beat:
            self.play(
                VGroup(self.whole, self.box).animate.shift(UP * 1.3),
                FadeIn(x),
                run_time=0.8,
            )
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
        names, lines, self.results = self.regions.content.columns(1.7, 7.7, 3.6, gap=0.3)
        wide = ((0, 2, 0.5), (0, 8, 2), (0, 32, 8))
        starts = (AT, self.inner.output, self.outer.output)
        self.lines = [
            NumberLine(window, (at + NEAR[0], at + NEAR[1], 0.1), row, self.zoom)
            for window, at, row in zip(wide, starts, lines.split(1, 1, 1), strict=True)
        ]
        self.values: list[Callable[[], float]] = [
            self.x.get_value,
            lambda: float(self.inner.function(self.x.get_value())),
            lambda: float(self.f(self.x.get_value())),
        ]
        colors = (theme.INPUT, theme.INK, theme.OUTPUT)
        self.pointers = VGroup(
            *(
                line.pointer(value, color)
                for line, value, color in zip(self.lines, self.values, colors, strict=True)
            )
        )
        self.links = VGroup(self.link(0, self.values), self.link(1, self.values))
        heights = [line.at(at)[1] for line, at in zip(self.lines, starts, strict=True)]
        spots = np.interp([0, 1, 2, 3, 4], [0, 2, 4], heights)
        moved = self.stations.copy().scale(UPRIGHT)
        for station, height in zip(moved, spots, strict=True):
            station.move_to([names.point()[0], height, 0])
        old_arrows = self.arrows
        self.start_values = VGroup(
            *(
                self.formula(f"{role}({name} = #v)", v=at, size=theme.BODY).next_to(
                    line.at(at) + UP * 0.1, RIGHT + UP, buff=0.25
                )
                for role, name, at, line in zip(
                    ("input", "ink", "output"), "xuy", starts, self.lines, strict=True
                )
            )
        )
        with self.beat("number-lines") as beat:
            self.play(
                FadeOut(self.box),
                self.whole.animate.scale(0.55).move_to(
                    self.regions.title.point(1.0), aligned_edge=RIGHT
                ),
                *(a.animate.become(b) for a, b in zip(self.stations, moved, strict=True)),
                FadeOut(old_arrows),
                run_time=0.9,
            )
            self.arrows = self.arrows_along(DOWN)
            self.play(
                FadeIn(self.arrows),
                LaggedStart(*(FadeIn(line) for line in self.lines), lag_ratio=0.2),
                run_time=0.9,
            )
            self.play(FadeIn(self.pointers), Create(self.links), run_time=0.6)
            self.play(self.x.animate.set_value(SWEEP[1]), run_time=beat.to("values"))
            self.play(self.x.animate.set_value(SWEEP[0]), run_time=1.4)
            self.play(self.x.animate.set_value(AT), run_time=0.8)
            for value in self.start_values:
                self.play(FadeIn(value, shift=RIGHT * 0.2), run_time=0.45)

    def move_x_a_little(self) -> None:
        top, middle, _ = self.lines
        starts = (AT, self.inner.output, self.outer.output)
        fixed: list[Callable[[], float]] = [lambda at=at: at for at in starts]
        ghosts = VGroup(
            *(
                line.pointer(value, theme.MUTED)
                for line, value in zip(self.lines, fixed, strict=True)
            )
        ).set_z_index(0.8)
        self.dx_bar = self.pieces(top, AT, self.step, 1, theme.INPUT)
        copies = round(self.inner.slope)
        self.du_bar = self.pieces(middle, starts[1], self.step, copies, theme.INPUT)
        self.fans = VGroup(self.fan(0, starts), self.fan(1, starts))
        change = chain_nudge(self.f, at=AT, by=DX)
        self.dx_name = self.formula("input(dif x = #v)", v=change[0], size=theme.BODY)
        self.du_name = self.formula("dif u = #v", v=change[1], size=theme.BODY)
        self.to_u, self.times_inner = self.stretch(top, middle, self.inner)
        with self.beat("nudge-x") as beat:
            self.play(FadeOut(self.start_values), run_time=0.4)
            self.play(self.zoom.animate.set_value(1.0), run_time=1.4)
            self.add(ghosts, self.fans, self.dx_bar)
            self.play(self.x.animate.set_value(AT + DX), FadeOut(self.links), run_time=1.2)
            self.dx_name.next_to(self.pointers[0], RIGHT, buff=0.2).shift(UP * 0.2)
            self.play(FadeIn(self.dx_name, shift=RIGHT * 0.2), run_time=0.5)
            beat.until("u-moves")
            self.play(
                LaggedStart(
                    *(TransformFromCopy(self.dx_bar[0], piece) for piece in self.du_bar),
                    lag_ratio=0.5,
                ),
                run_time=1.6,
            )
            self.play(Create(self.to_u), FadeIn(self.times_inner), run_time=0.7)
            self.du_name.next_to(self.pointers[1], RIGHT, buff=0.2).shift(UP * 0.2)
            self.play(FadeIn(self.du_name, shift=RIGHT * 0.2), run_time=0.5)
        self.ghosts = ghosts

    def follow_u_to_y(self) -> None:
        _, middle, bottom = self.lines
        start, copies = self.outer.output, round(self.outer.slope)
        self.dy_bar = self.pieces(
            bottom, start, lambda: self.inner.slope * self.step(), copies, theme.INK
        )
        about = self.inner.slope * self.outer.slope * DX
        self.dy_name = self.formula("output(dif y approx #v)", v=about, size=theme.BODY)
        self.dy_name.next_to(bottom.at(start + about / 2), UP, buff=0.3)
        self.to_y, self.times_outer = self.stretch(middle, bottom, self.outer)
        self.why = self.formula(
            "slope((dif y) / (dif u) = #rule = #v)",
            rule=self.outer.function.derivative().typst,
            v=self.outer.slope,
            size=theme.BODY,
        )
        self.why.next_to(self.times_outer, DOWN, buff=0.3).align_to(self.results.point(1), RIGHT)
        with self.beat("u-to-y") as beat:
            self.play(
                LaggedStart(
                    *(TransformFromCopy(self.du_bar, piece) for piece in self.dy_bar),
                    lag_ratio=0.35,
                ),
                run_time=beat.to("why-eight") - 0.8,
            )
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
            ab=self.inner.slope * self.outer.slope,
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
        rows = VGroup(
            self.readout(
                self.formula("output(Delta y =)", size=theme.BODY),
                lambda: self.values[2]() - self.outer.output,
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
                TransformFromCopy(VGroup(rows[0], rows[1]), rows[2].label),
                FadeIn(rows[2].number),
                run_time=1.2,
            )
            self.play(Indicate(self.product, color=theme.SLOPE, scale_factor=1.08), run_time=1.0)
            beat.until("smaller-dx")
            names = VGroup(self.dx_name, self.du_name, exact)
            self.play(FadeOut(names), run_time=0.4)
            self.play(self.x.animate.set_value(AT + SMALLER), run_time=beat.remaining - 1.0)
        self.readouts = rows

    def write_the_rule(self) -> None:
        self.rule = self.chain_rule_of_size(1.3 * theme.TITLE)
        right = self.regions.content.split(0.66, 0.34)[0].columns(0.28, 0.72)[1]
        right.place(self.rule)
        names = VGroup(
            self.formula("input(dif x)").next_to(self.lines[0].at(AT + DX), RIGHT, buff=0.4),
            self.formula("dif u").next_to(
                self.lines[1].at(self.inner.output + self.inner.slope * DX), RIGHT, buff=0.4
            ),
            self.formula("output(dif y)").next_to(
                self.lines[2].at(self.outer.output + self.inner.slope * self.outer.slope * DX),
                RIGHT,
                buff=0.4,
            ),
        )
        part = self.rule.part
        bar = self.rule.besides("dy", "dx", "is", "outer", "dot", "inner")
        away = VGroup(
            self.readouts, self.product, self.stations, self.arrows, self.fans,
            self.pointers, self.ghosts, *self.lines,
        )  # fmt: skip
        with self.beat("formula") as beat:
            self.play(FadeOut(away), self.x.animate.set_value(AT + DX), run_time=0.7)
            self.play(FadeIn(names), run_time=0.5)
            self.play(
                TransformFromCopy(names[2], part("dy")),
                TransformFromCopy(names[0], part("dx")),
                FadeIn(bar, part("is")),
                run_time=beat.to("outer-rate"),
            )
            self.play(
                TransformFromCopy(VGroup(names[1], names[2]), part("outer")),
                run_time=min(0.8, beat.to("inner-rate")),
            )
            beat.until("inner-rate")
            self.play(
                TransformFromCopy(VGroup(names[0], names[1]), part("inner")),
                FadeIn(part("dot")),
                run_time=0.8,
            )
        self.add(self.rule)
        self.bars = VGroup(self.dx_bar, self.du_bar, self.dy_bar, names)

    def turn_the_gears(self) -> None:
        left, right = self.regions.content.columns(1.9, 1)
        turn, teeth = ValueTracker(0.0), 8  # of each driven wheel
        r_in, r_out = self.inner.slope, self.outer.slope
        coarse, fine = 0.78, 0.27  # radii of the driven wheels
        x_at = left.point(0.0) + RIGHT * (coarse * r_in + 0.2)
        u_at = x_at + RIGHT * coarse * (r_in + 1)
        y_at = u_at + RIGHT * fine * (r_out + 1)
        # The two wheels of u sit on one axle; the large one runs behind the wheel of x.
        u_large = gear(round(r_out * teeth), fine * r_out, theme.INK)
        x_wheel = gear(round(r_in * teeth), coarse * r_in, theme.INPUT)
        u_small, y_wheel = gear(teeth, coarse, theme.INK), gear(teeth, fine, theme.OUTPUT)
        spin(u_large, u_at, turn, -r_in, 0.0)
        spin(x_wheel, x_at, turn, 1.0, 0.0)
        spin(u_small, u_at, turn, -r_in, PI / teeth)
        spin(y_wheel, y_at, turn, r_in * r_out, PI / teeth)
        wheels = VGroup(u_large, x_wheel, u_small, y_wheel)
        names = VGroup(
            self.formula("input(x)").next_to(x_wheel, UP, buff=0.1),
            self.formula("u").next_to(u_large, UP, buff=0.2),
            self.formula("output(y)").next_to(y_wheel, RIGHT, buff=0.2),
        )
        rule = self.chain_rule_of_size(theme.TITLE)
        right.place(rule, across=1.0, up=0.75)
        size = theme.HEADING * 1.2
        below = rule.get_bottom()[1] - 0.6
        first, second, product = (
            self.formula(f"slope({text})", v=value, size=size)
            for text, value in (("#v", r_in), ("#v", r_out), ("#v", r_in * r_out))
        )
        for number, name in ((first, "inner"), (second, "outer"), (product, "dx")):
            number.move_to([rule.part(name).get_center()[0], below, 0])
        with self.beat("gears") as beat:
            self.play(
                FadeOut(self.bars),
                ReplacementTransform(self.rule, rule),
                LaggedStart(*(FadeIn(wheel, scale=0.7) for wheel in wheels), lag_ratio=0.2),
                run_time=1.2,
            )
            self.play(FadeIn(names), run_time=0.5)
            self.play(turn.animate.set_value(0.25), run_time=beat.to("multiply"))
            for number, mesh in (
                (first, x_at + RIGHT * coarse * r_in),
                (second, u_at + RIGHT * fine * r_out),
            ):
                self.play(
                    turn.animate.increment_value(0.3),
                    Flash(mesh, color=theme.SLOPE, line_length=0.25),
                    FadeIn(number, target_position=mesh),
                    run_time=1.1,
                )
            times = self.formula("slope(dot.op)", size=size)
            equals = self.formula("slope(=)", size=size)
            times.move_to([rule.part("dot").get_center()[0], below, 0])
            equals.move_to([rule.part("is").get_center()[0], below, 0])
            self.play(
                turn.animate.increment_value(0.5),
                TransformFromCopy(VGroup(first, second), product),
                FadeIn(times, equals),
                run_time=beat.remaining,
            )
        self.gears = VGroup(wheels, names, first, second, product, times, equals)
        self.rule = rule

    def evaluate_at_u(self) -> None:
        upper, middle, lower = self.regions.content.split(0.3, 0.3, 0.4)
        self.stations.scale(1 / UPRIGHT).arrange(RIGHT, buff=1.0)
        middle.place(self.stations)
        self.arrows = self.arrows_along(RIGHT)
        x, _, u, _, y = self.stations
        values = VGroup(
            *(
                self.formula(f"{role}(#v)", v=v).next_to(station, DOWN, buff=0.15)
                for role, v, station in (
                    ("input", AT, x),
                    ("ink", self.inner.output, u),
                    ("output", self.outer.output, y),
                )
            )
        )
        slope = self.outer.function.derivative()
        right, wrong = (
            self.formula(
                'part("rate", (output(dif y)) / (dif u) = #rule) part("factor", = #k dot.op) '
                f'part("put", {role}(#at)) part("is", = {paint}(#v))',
                rule=slope.typst,
                k=slope(1.0),
                at=at,
                v=slope(at),
            )
            for role, at, paint in (("ink", self.inner.output, "slope"), ("input", AT, "wrong"))
        )
        for formula, half in zip((right, wrong), lower.columns(1, 1, gap=0.6), strict=True):
            half.place(formula, up=0.25)
        tick = SurroundingRectangle(right, color=theme.SLOPE, buff=0.18, corner_radius=0.12)
        rule = self.chain_rule_of_size(theme.FORMULA)
        upper.place(rule)
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
            self.play(FadeIn(right.part("is")), Create(tick), run_time=0.6)
            beat.until("not-x")
            self.play(
                FadeIn(wrong.part("rate"), wrong.part("factor")),
                TransformFromCopy(values[0], wrong.part("put")),
                run_time=0.8,
            )
            cross = crossed_out(VGroup(wrong.part("put"), wrong.part("is")))
            self.play(FadeIn(wrong.part("is")), Create(cross), run_time=0.6)

    # -- small pieces ------------------------------------------------------------------------

    def chain_rule_of_size(self, size: float) -> Typeset:
        return self.formula(
            '(part("dy", output(dif y))) / (part("dx", input(dif x))) part("is", =) '
            'part("outer", (output(dif y)) / (dif u)) part("dot", dot.op) '
            'part("inner", (dif u) / (input(dif x)))',
            size=size,
        )

    def step(self) -> float:
        """The change of x now; never quite 0, so that ratios of it exist."""
        return max(self.x.get_value() - AT, 1e-9)

    def node(self, name: str, color: str) -> VGroup:
        circle = Circle(0.34, stroke_color=color, stroke_width=theme.STROKE)
        circle.set_fill(theme.PANEL, opacity=1)
        return VGroup(circle, self.formula(name, color=color, size=theme.BODY).move_to(circle))

    def machine(self, link: Link) -> VGroup:
        name = self.formula(link.function.typst, size=theme.BODY)
        box = RoundedRectangle(width=name.width + 0.4, height=0.62, corner_radius=0.12)
        box.set_stroke(theme.INK, theme.THIN).set_fill(theme.PANEL, opacity=1)
        return VGroup(box, name.move_to(box).set_z_index(1))

    def arrows_along(self, direction: np.ndarray) -> VGroup:
        """Arrows from each station of the pipeline to the next."""
        return VGroup(
            *(
                Arrow(
                    a.get_edge_center(direction),
                    b.get_edge_center(-direction),
                    buff=0.05,
                    color=theme.MUTED,
                    stroke_width=theme.THIN,
                    max_tip_length_to_length_ratio=0.45,
                )
                for a, b in zip(self.stations[:-1], self.stations[1:], strict=True)
            )
        )

    def link(self, upper: int, values: list[Callable[[], float]]) -> Line:
        """What ties the pointer of a line to the pointer of the next."""

        def follow(link: VMobject) -> None:
            start, end = (self.lines[upper + k].at(values[upper + k]()) for k in (0, 1))
            end = end + UP * POINTER
            share = BELOW / (start[1] - end[1])
            link.set_points_as_corners([start + share * (end - start), end])

        link = Line(stroke_color=theme.MUTED, stroke_width=theme.THIN)
        link.add_updater(follow, call_updater=True)
        return link

    def fan(self, upper: int, starts: tuple[float, float, float]) -> Polygon:
        """The stretch between a change on one line and the change it makes on the next."""

        def follow(fan: VMobject) -> None:
            corners = [
                self.lines[upper + k].at(value)
                for k, value in (
                    (0, starts[upper]),
                    (0, self.values[upper]()),
                    (1, self.values[upper + 1]()),
                    (1, starts[upper + 1]),
                )
            ]
            fan.set_points_as_corners([*corners, corners[0]])

        fan = Polygon(UP, DOWN, LEFT, stroke_width=0, fill_color=theme.SLOPE, fill_opacity=0.16)
        fan.set_z_index(-1).add_updater(follow, call_updater=True)
        return fan

    def pieces(
        self, line: NumberLine, start: float, width: Callable[[], float], count: int, color: str
    ) -> VGroup:
        """Copies of one change, end to end on a line."""

        def ends(nth: int) -> tuple[float, float]:
            return start + (nth + 0.06) * width(), start + (nth + 0.94) * width()

        return VGroup(*(line.live_bar(lambda n=n: ends(n), color) for n in range(count)))

    def stretch(
        self, upper: NumberLine, lower: NumberLine, link: Link
    ) -> tuple[VMobject, VMobject]:
        """The arrow from one line to the next at their right, and the factor beside it."""
        left = self.results.left
        start, end = ([left, line.get_start()[1], 0.0] for line in (upper[0], lower[0]))
        arrow = CurvedArrow(
            np.array(start) + DOWN * 0.1, np.array(end) + UP * 0.1, angle=-PI / 2.5,
            color=theme.SLOPE, tip_length=0.22,
        )  # fmt: skip
        name = self.formula("slope(times #v)", v=link.slope, size=theme.HEADING)
        return arrow, name.next_to(arrow, RIGHT, buff=0.2)
