"""Two points on a parabola run together, and the secant through them becomes the tangent."""

from __future__ import annotations

import numpy as np
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
    Indicate,
    Line,
    ReplacementTransform,
    Succession,
    SurroundingRectangle,
    TransformFromCopy,
    Underline,
    ValueTracker,
    VGroup,
    Write,
)

from lessonkit.stage import LessonScene, Plot, Region, Table, Typeset, crossed_out, theme
from mathcore import Line as MathLine
from mathcore import difference_quotients, function, limit_definition, secant_line, tangent_line

A = 2.0  # where the slope is asked for
FROM_RIGHT = (2.0, 1.0, 0.5, 0.1, 0.01)
FROM_LEFT = (-1.0, -0.1, -0.01)
CLOSE = 0.001  # as near to h = 0 as the picture needs to come


class TangentFromSecants(LessonScene):
    """curve → secant → ever smaller h, from both sides → limit → derivative."""

    def construct(self) -> None:
        self.parabola = function("x**2")
        self.h = ValueTracker(FROM_RIGHT[0])
        self.formula_box, self.table_box = self.regions.side.split(0.42, 0.58, gap=0.3)
        self.ask_for_the_slope()
        self.take_a_second_point()
        self.draw_the_secant()
        self.shrink_h()
        self.fill_the_table()
        self.do_the_algebra()
        self.leave_zero_out()
        self.come_from_the_left()
        self.settle_as_the_tangent()
        self.define()

    def ask_for_the_slope(self) -> None:
        self.graph = self.plot(x=(-1, 4.5), y=(-2, 17, 4), y_name="$output(f(x))$")
        curve = self.graph.curve(self.parabola, theme.OUTPUT)
        name = self.formula(f"output(f(x) = {self.parabola.typst})", size=theme.BODY)
        name.next_to(self.graph.at(3.9, self.parabola(3.9)), LEFT, buff=0.4)
        here = (A, self.parabola(A))
        self.fixed = self.graph.dot(lambda: here, theme.INK)
        self.at_a = self.label("point", x=A, size=theme.SMALL)
        self.at_a.next_to(self.graph.at(A, 0), DOWN, buff=0.6)
        guide = self.graph.live_segment(lambda: ((A, 0.0), here), theme.INPUT)
        ask = self.label("how-fast", size=theme.SMALL)
        ask.next_to(self.fixed, RIGHT, buff=0.3).shift(DOWN * 0.25)
        self.quotient = self.label("quotient", a=A, size=theme.FORMULA)
        self.formula_box.place(self.quotient, up=1.0)
        self.unknown = self.formula("slope(?)").next_to(self.quotient.part("equals"), RIGHT)
        with self.beat("curve") as beat:
            self.play(Write(self.heading()), FadeIn(self.graph.frame), run_time=1.5)
            self.play(Create(curve), FadeIn(name, shift=UP * 0.2), run_time=1.8)
            beat.until("at-two")
            self.play(Create(guide), FadeIn(self.at_a), run_time=0.8)
            self.play(GrowFromCenter(self.fixed), Flash(self.fixed, color=theme.INK), run_time=0.7)
            self.play(Write(ask), run_time=0.8)
            self.play(
                TransformFromCopy(ask, self.quotient.part("slope")),
                FadeIn(self.quotient.part("equals"), self.unknown),
                run_time=0.9,
            )
        self.ask = ask

    def take_a_second_point(self) -> None:
        a, f, h = A, self.parabola, self.h
        h.set_value(CLOSE)
        self.second = self.graph.dot(lambda: (a + h.get_value(), f(a + h.get_value())), theme.INK)
        self.run_line = self.graph.live_segment(
            lambda: ((a, f(a)), (a + h.get_value(), f(a))), theme.INPUT
        )
        self.rise_line = self.graph.live_segment(
            lambda: ((a + h.get_value(), f(a)), (a + h.get_value(), f(a + h.get_value()))),
            theme.OUTPUT,
        )
        self.run_name = self.formula("input(h)", size=theme.BODY)
        self.run_name.add_updater(lambda m: m.next_to(self.run_line, DOWN, buff=0.12))
        self.rise_name = self.formula("output(Delta f)", size=theme.BODY)
        self.rise_name.add_updater(lambda m: m.next_to(self.rise_line, RIGHT, buff=0.15))
        tilt = ValueTracker(0.5)
        any_line = self.graph.live_line(
            lambda: MathLine(tilt.get_value(), f(a) - tilt.get_value() * a, (a, f(a))), theme.MUTED
        )
        with self.beat("second-point") as beat:
            self.play(FadeOut(self.ask), FadeIn(any_line), run_time=0.5)
            for share, slope in ((0.6, 9.0), (0.85, 1.5)):  # through one point goes any line
                self.play(tilt.animate.set_value(slope), run_time=share * beat.to("second"))
            beat.until("second")
            self.play(FadeOut(any_line), run_time=0.3)
            self.add(self.run_line, self.rise_line, self.second, self.fixed)
            self.play(h.animate.set_value(FROM_RIGHT[0]), run_time=beat.remaining - 0.8)
            self.play(FadeIn(self.run_name), FadeIn(self.rise_name), run_time=0.8)

    def draw_the_secant(self) -> None:
        self.secant = self.graph.live_line(self.secant_now)
        part = self.quotient.part
        bar = self.quotient.besides("slope", "equals", "rise", "run")
        with self.beat("secant") as beat:
            self.play(Create(self.secant), run_time=1.6)
            beat.until("slope")
            self.play(FadeOut(self.unknown), Create(bar), run_time=0.6)
            self.play(TransformFromCopy(self.rise_name, part("rise")), run_time=1.2)
            self.play(TransformFromCopy(self.run_name, part("run")), run_time=0.9)
        self.add(self.quotient)

    def shrink_h(self) -> None:
        _, middle, _ = self.table_box.columns(1, 2, 1)
        self.table = self.new_table(middle)
        h_now = self.readout(self.formula("input(h =)", size=theme.BODY), self.h.get_value)
        slope_now = self.readout(
            self.formula('slope("slope" =)', size=theme.BODY), lambda: self.secant_now().slope
        )
        h_now.move_to(self.graph.at(0.2, 15), aligned_edge=LEFT)
        slope_now.next_to(h_now, DOWN, aligned_edge=LEFT, buff=0.22)
        self.readouts = VGroup(h_now, slope_now)
        with self.beat("shrink-h") as beat:
            self.play(FadeIn(self.readouts), run_time=0.7)
            self.play(FadeIn(self.table.head), FadeIn(self.new_row(self.table, 0)), run_time=0.9)
            beat.until("turn")
            self.play(self.h.animate.set_value(FROM_RIGHT[1]), run_time=beat.remaining)

    def fill_the_table(self) -> None:
        with self.beat("table") as beat:
            self.play(FadeIn(self.new_row(self.table, 1)), run_time=0.7)
            names = (self.run_name, self.rise_name)
            self.play(
                self.h.animate.set_value(FROM_RIGHT[2]),
                *(FadeOut(name) for name in names),
                run_time=beat.to("h-half"),
            )
            self.play(FadeIn(self.new_row(self.table, 2)), run_time=0.5)
            self.play(self.h.animate.set_value(FROM_RIGHT[3]), run_time=beat.to("h-tenth"))
            self.play(FadeIn(self.new_row(self.table, 3)), run_time=0.5)
            self.play(self.h.animate.set_value(FROM_RIGHT[4]), run_time=beat.to("h-hundredth"))
            self.play(FadeIn(self.new_row(self.table, 4)), run_time=0.5)

    def do_the_algebra(self) -> None:
        limit = limit_definition(self.parabola, A)
        fa, slope = self.parabola(A), float(limit.value)
        start = self.formula("output((#a + h)^2 - #fa) / input(h) =", a=A, fa=fa, size=theme.BODY)
        expanded = self.formula("output(#k h + h^2) / input(h)", k=slope, size=theme.BODY)
        factored = self.formula(
            'output(part("h", h) part("kept", (#k + h))) / part("under", input(h))',
            k=slope,
            size=theme.BODY,
        )
        result = self.formula(
            'part("is", =) part("kept", slope(#k + h)) '
            'part("to", limits(-->)^(input(h -> 0)) slope(#k))',
            k=slope,
            size=theme.BODY,
        )
        expanded.next_to(start, RIGHT, buff=0.15)
        factored.next_to(start, RIGHT, buff=0.15)
        result.next_to(start, DOWN, buff=0.35, aligned_edge=LEFT)
        self.formula_box.place(VGroup(start, expanded, factored, result), up=1.0)
        strikes = VGroup(
            *(
                Line(h.get_corner(DOWN + LEFT), h.get_corner(UP + RIGHT)).scale(1.4)
                for h in (factored.part("h"), factored.part("under"))
            )
        ).set_stroke(theme.INK, theme.STROKE)
        with self.beat("algebra") as beat:
            self.play(ReplacementTransform(self.quotient, start), run_time=1.2)
            self.play(Write(expanded), run_time=1.0)
            self.play(ReplacementTransform(expanded, factored), run_time=0.9)
            self.play(Create(strikes), run_time=0.5)
            self.play(
                FadeOut(strikes),
                FadeIn(result.part("is")),
                TransformFromCopy(factored.part("kept"), result.part("kept")),
                run_time=0.8,
            )
            beat.until("limit")
            self.play(Write(result.part("to")), run_time=1.4)
            self.play(Indicate(result.part("to")[-1:], color=theme.SLOPE), run_time=0.8)
        self.algebra = VGroup(start, factored, result)

    def leave_zero_out(self) -> None:
        def quotient(h: np.ndarray) -> np.ndarray:
            return difference_quotients(self.parabola, A, h)

        limit = float(limit_definition(self.parabola, A).value)
        self.small = Plot(
            (-2, 2.2),
            (1, 7, 2),
            self.formula_box,
            x_name="$input(h)$",
            y_name='$slope("slope")$',
            cross=(-2, 1),
        )
        self.line = self.small.curve(quotient, theme.SLOPE, x=(-1.9, 2.1))
        self.hole = Circle(0.11, color=theme.SLOPE, stroke_width=theme.STROKE)
        self.hole.set_fill(theme.BACKGROUND, opacity=1).set_z_index(2)
        self.hole.move_to(self.small.at(0, limit))
        attempt = self.label("put-zero", a=A, fa=self.parabola(A))
        self.formula_box.place(attempt, up=0.7)
        with self.beat("no-zero") as beat:
            self.play(FadeOut(self.algebra), run_time=0.5)
            self.play(FadeIn(attempt.part("zero"), attempt.part("put")), run_time=1.0)
            beat.until("undefined")
            self.play(FadeIn(attempt.part("equals"), attempt.part("nothing")), run_time=0.5)
            cross = crossed_out(attempt.part("nothing"))
            self.play(Create(cross), run_time=0.6)
            beat.until("hole")
            self.play(FadeOut(attempt, cross), FadeIn(self.small.frame), run_time=0.6)
            self.play(Create(self.line), GrowFromCenter(self.hole), run_time=beat.remaining)

    def come_from_the_left(self) -> None:
        left, right = self.table_box.columns(1, 1, gap=0.3)
        mirror = self.new_table(left)
        cells = [self.cells(h) for h in FROM_LEFT]
        rows = [mirror.row(pair) for pair in cells]
        limit = float(limit_definition(self.parabola, A).value)
        self.limit_name = self.formula("slope(#value)", value=limit, size=theme.BODY)
        self.limit_name.next_to(self.hole, UP + LEFT, buff=0.08)
        walker = self.small.dot(lambda: (self.h.get_value(), self.secant_now().slope), theme.INK)
        table = VGroup(self.table.head, *self.table.rows)
        moving = VGroup(self.secant, self.second, self.run_line, self.rise_line)
        with self.beat("from-left") as beat:
            aside = table.animate.shift(RIGHT * (right.right - table.get_right()[0]))
            self.play(FadeOut(moving), aside, run_time=0.6)
            self.h.set_value(FROM_LEFT[0])
            self.play(FadeIn(moving), FadeIn(walker), FadeIn(mirror.head), run_time=0.6)
            self.play(FadeIn(rows[0][0]), run_time=0.4)
            self.play(self.h.animate.set_value(FROM_LEFT[1]), FadeIn(rows[1][0]), run_time=1.4)
            self.play(
                self.h.animate.set_value(FROM_LEFT[2]),
                FadeIn(rows[2][0]),
                run_time=beat.to("left-slopes"),
            )
            self.play(Succession(*(FadeIn(row[1]) for row in rows)), run_time=1.8)
            beat.until("same-limit")
            self.play(FadeOut(walker), run_time=0.3)
            self.play(Flash(self.hole, color=theme.SLOPE), Write(self.limit_name), run_time=1.0)
        self.mirror = VGroup(mirror.head, *rows)

    def settle_as_the_tangent(self) -> None:
        line = tangent_line(self.parabola, A)
        tangent = self.graph.line(line, width=theme.BOLD)
        name = self.formula(f"slope({line.typst})", size=theme.BODY)
        name.next_to(self.graph.at(3.0, line(3.0)), DOWN + RIGHT, buff=0.15)
        slope_is = self.formula('slope("slope" = #v)', v=line.slope, size=theme.BODY)
        slope_is.move_to(self.readouts, aligned_edge=LEFT)
        with self.beat("tangent") as beat:
            self.play(FadeOut(self.readouts, self.run_line, self.rise_line), run_time=0.6)
            self.play(TransformFromCopy(self.limit_name, slope_is), run_time=1.2)
            self.play(Indicate(self.fixed, color=theme.SLOPE), run_time=0.7)
            beat.until("settles")
            self.play(
                ReplacementTransform(self.secant, tangent), FadeOut(self.second), run_time=1.2
            )
            self.play(Write(name), run_time=1.0)
            self.play(Flash(self.fixed, color=theme.SLOPE), run_time=0.8)
        self.slope_is = slope_is

    def define(self) -> None:
        definition = self.formula(
            "f'(x) = lim_(input(h) -> 0) output(f(x + h) - f(x)) / input(h)", size=theme.BODY
        )
        tangent = tangent_line(self.parabola, A)
        example = self.formula("f'(input(#a)) = slope(#v)", a=A, v=tangent.slope)
        rate = self.label("rate", size=theme.HEADING)
        amount = self.label("amount", size=theme.BODY)
        self.formula_box.place(definition, up=0.8)
        self.table_box.place(VGroup(example, rate, amount).arrange(DOWN, buff=0.45), up=0.6)
        box = SurroundingRectangle(
            definition, color=theme.SLOPE, buff=0.22, corner_radius=0.12, stroke_width=theme.THIN
        )
        step = self.one_step_up(tangent)
        old = VGroup(self.small.frame, self.line, self.hole, self.limit_name)
        tables = VGroup(self.table.head, *self.table.rows, self.mirror)
        with self.beat("definition") as beat:
            self.play(FadeOut(old), run_time=0.5)
            self.play(Write(definition), run_time=2.4)
            self.play(Create(box), run_time=0.8)
            self.play(FadeOut(tables), run_time=0.5)
            self.play(ReplacementTransform(self.slope_is, example), run_time=1.0)
            beat.until("rate")
            self.play(FadeIn(rate), Create(step, lag_ratio=0.5), run_time=1.0)
            under = Underline(rate.part("rate"), color=theme.SLOPE, stroke_width=theme.STROKE)
            self.play(Create(under), run_time=0.4)
            self.play(FadeIn(amount), run_time=0.5)
            # Slanting, as along the letters it would hide what they say.
            strike = Line(amount.get_corner(DOWN + LEFT), amount.get_corner(UP + RIGHT))
            self.play(Create(strike.set_stroke(theme.WRONG, theme.STROKE)), run_time=0.6)

    # -- small pieces ------------------------------------------------------------------------

    def secant_now(self) -> MathLine:
        return secant_line(self.parabola, A, self.h.get_value())

    def one_step_up(self, tangent: MathLine) -> VGroup:
        """What a rate is: how much the tangent rises where x grows by 1."""
        corners = ((A, tangent(A)), (A + 1, tangent(A)), (A + 1, tangent(A + 1)))
        start, corner, end = (self.graph.at(*point) for point in corners)
        run, rise = Line(start, corner), Line(corner, end)
        run.set_stroke(theme.INPUT, theme.STROKE)
        rise.set_stroke(theme.SLOPE, theme.STROKE)
        names = VGroup(
            self.formula("input(1)", size=theme.SMALL).next_to(run, DOWN, buff=0.1),
            self.formula("slope(#v)", v=tangent.slope, size=theme.SMALL)
            .next_to(rise, RIGHT, buff=0.1)
            .align_to(rise, DOWN),
        )
        return VGroup(run, names[0], rise, names[1])

    def new_table(self, region: Region) -> Table:
        heads = [self.formula(m, size=theme.BODY) for m in ("input(h)", 'slope("slope")')]
        return Table(heads, region, rows=len(FROM_RIGHT))

    def cells(self, h: float) -> list[Typeset]:
        (slope,) = difference_quotients(self.parabola, A, [h])
        return [self.formula("#v", v=v, size=theme.BODY) for v in (h, slope)]

    def new_row(self, table: Table, nth: int) -> VGroup:
        return table.row(self.cells(FROM_RIGHT[nth]))
