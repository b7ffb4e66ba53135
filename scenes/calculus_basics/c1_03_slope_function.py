"""Why x² has the slope 2x: a square that grows, a graph under the lens, a tangent that slides."""

from __future__ import annotations

import numpy as np
from manim import (
    DOWN,
    LEFT,
    RIGHT,
    Create,
    FadeIn,
    FadeOut,
    Flash,
    GrowFromCenter,
    GrowFromEdge,
    Indicate,
    Line,
    Mobject,
    ReplacementTransform,
    SurroundingRectangle,
    TransformFromCopy,
    ValueTracker,
    VGroup,
    VMobject,
    Write,
)

from lessonkit.stage import LessonScene, LiveNumber, Plot, Table, theme
from lessonkit.stage.plot import SEE_THROUGH
from mathcore import (
    function,
    growth_pieces,
    local_linearity,
    nudge,
    slope_samples,
    tangent_line,
)
from scenes.growing_square import GrowingSquare
from scenes.lens import Lens
from scenes.pictures import follow
from scenes.slope_plot import SlopePlot

A = 2.0  # the side of the square, and where the graph is magnified
WIDE, SMALL, TINY = 0.5, 0.1, 0.004  # dx to see, dx to count with, dx as good as none
PLACES = (-2.0, 0.0, 2.0)  # where the slope is read off
SAMPLES = np.linspace(-2.4, 2.4, 13)  # where its dots are left


class SlopeFunction(LessonScene):
    """square → strips and corner → 2x → zoom → slopes, plotted one by one → f′(x) = 2x."""

    def construct(self) -> None:
        self.f = function("x**2")
        self.side, self.dx = ValueTracker(0.6), ValueTracker(0.0)
        self.see_a_square()
        self.grow_its_side()
        self.count_the_pieces()
        self.divide_by_dx()
        self.zoom_in()
        self.name_the_straightness()
        self.slide_the_tangent()
        self.read_three_slopes()
        self.recognise_2x()

    def see_a_square(self) -> None:
        left, right = self.regions.content.columns(0.4, 0.6, gap=0.6)
        graph_box, self.bar_box = right.split(0.64, 0.36, gap=0.2)
        x = self.side.get_value
        self.block = block = GrowingSquare(x, self.dx.get_value, left)
        self.graph = Plot((-1, 3), (0, 7, 2), graph_box, y_name="$output(f(x))$")
        self.curve = self.graph.curve(self.f, theme.OUTPUT)
        self.dot = self.graph.dot(lambda: (x(), self.f(x())), theme.INK)
        self.drop = self.graph.live_segment(lambda: ((x(), 0.0), (x(), self.f(x()))), theme.INPUT)
        with self.beat("square") as beat:
            self.play(Write(self.heading()), FadeIn(self.graph.frame), run_time=0.8)
            self.play(Create(self.curve), FadeIn(block.square, block.names), run_time=0.8)
            self.play(Create(self.drop), GrowFromCenter(self.dot), run_time=0.4)
            self.play(self.side.animate.set_value(A), run_time=beat.remaining)

    def grow_its_side(self) -> None:
        dx, f, block = self.dx.get_value, self.f, self.block
        self.dx.set_value(TINY)
        # On the graph the strips are the rise of the tangent, the corner what the curve adds.
        touch = tangent_line(f, A)
        self.run_line = self.graph.live_segment(lambda: ((A, f(A)), (A + dx(), f(A))), theme.INPUT)
        self.rise = self.graph.live_segment(
            lambda: ((A + dx(), f(A)), (A + dx(), touch(A + dx()))), theme.SLOPE
        )
        self.extra = self.graph.live_segment(
            lambda: ((A + dx(), touch(A + dx())), (A + dx(), f(A + dx()))), theme.INPUT
        )
        self.far = self.graph.dot(lambda: (A + dx(), f(A + dx())), theme.OUTPUT)
        with self.beat("strips") as beat:
            self.add(block.edges, self.run_line, self.dot, self.far)
            self.play(
                self.dx.animate.set_value(WIDE),
                FadeIn(block.edge_names),
                run_time=beat.to("strips"),
            )
            right, upper = block.strips
            self.play(GrowFromEdge(right, LEFT), GrowFromEdge(upper, DOWN), run_time=0.8)
            self.play(FadeIn(block.strip_names), run_time=0.4)
            self.become((right, self.rise), run_time=0.8)
            beat.until("corner")
            self.play(FadeIn(block.corner, scale=0.3), FadeIn(block.corner_name), run_time=0.7)
            self.become((block.corner, self.extra), run_time=0.7)

    def count_the_pieces(self) -> None:
        _, strip, corner = growth_pieces(A, SMALL)
        total = nudge(self.f, at=A, by=SMALL)
        slope = self.f.derivative()(A)
        block = self.block
        self.sizes = sizes = block.sizes(strip.size, corner.size)
        self.rule = Plot((0, 5.3), (0, 1), self.bar_box, numbers=False, x_name="")
        self.bars = VGroup(
            self.rule.live_box(lambda: (0, slope, 0, 0.4), theme.SLOPE),
            self.rule.live_box(lambda: (slope, slope + self.dx.get_value(), 0, 0.4), theme.INPUT),
        )
        self.change = self.formula(f"output(Delta f = {total.dy:.2f})", size=theme.BODY)
        self.given = self.formula(
            "input(x = #x), quad input(dif x = #dx) quad =>", x=A, dx=SMALL, size=theme.BODY
        )
        self.given.move_to(self.rule.at(0, 0.8), aligned_edge=LEFT)
        self.change.next_to(self.given, RIGHT, buff=0.3)
        self.shares = VGroup(
            self.formula(f"{strip.total:.2f}", size=theme.BODY),
            self.formula(f"input({corner.total:.2f})", size=theme.BODY),
        )
        self.shares[0].move_to(self.bars[0])
        with self.beat("count-the-pieces") as beat:
            names = (block.strip_names, block.corner_name, block.edge_names)
            self.play(FadeOut(*names), run_time=0.5)
            self.play(self.dx.animate.set_value(SMALL), FadeIn(self.given), run_time=1.2)
            self.play(Write(self.change), run_time=0.8)
            self.shares[1].next_to(self.bars[1].update(), RIGHT, buff=0.2)
            beat.until("from-strips")
            self.play(FadeIn(sizes[:2]), run_time=0.4)
            self.become((block.strips, self.bars[0]), (sizes[:2], self.shares[0]), run_time=0.9)
            beat.until("from-corner")
            self.play(FadeIn(sizes[2]), run_time=0.4)
            self.become((block.corner, self.bars[1]), (sizes[2], self.shares[1]), run_time=0.9)

    def divide_by_dx(self) -> None:
        x, dx = self.side.get_value, self.dx.get_value
        slope = self.f.derivative()
        ratio = self.formula(
            'output(Delta f) / input(dif x) = part("strips", slope(#f))'
            ' part("corner", + input(dif x) =)',
            f=slope.typst,
            size=theme.BODY,
        )
        ratio.move_to(self.rule.at(0, 0.8), aligned_edge=LEFT)
        value = LiveNumber(lambda: nudge(self.f, at=x(), by=dx()).ratio, color=theme.SLOPE)
        value.next_to(ratio.part("corner")[-1], RIGHT, buff=0.2)
        parts = VGroup(
            self.formula("#f = #v", f=slope.typst, v=slope(A), size=theme.BODY).move_to(
                self.bars[0]
            ),
            follow(
                self.formula("input(dif x)", size=theme.BODY),
                lambda m: m.next_to(self.bars[1], RIGHT, buff=0.2),
            ),
        )
        left_over = self.formula('part("name", f\'(x) =) part("slope", slope(#f))', f=slope.typst)
        left_over.move_to(self.rule.at(0.15, 0.8), aligned_edge=LEFT)
        box = SurroundingRectangle(
            left_over, color=theme.SLOPE, buff=0.18, corner_radius=0.1, stroke_width=theme.THIN
        )
        with self.beat("divide-by-dx") as beat:
            self.play(
                ReplacementTransform(self.change, ratio),
                ReplacementTransform(self.shares[0], parts[0]),
                ReplacementTransform(self.shares[1], parts[1]),
                FadeOut(self.sizes, self.given),
                run_time=0.9,
            )
            self.play(FadeIn(value), self.dx.animate.set_value(WIDE), run_time=beat.to("shrink"))
            self.play(self.dx.animate.set_value(TINY), run_time=beat.to("left-over"))
            self.play(FadeOut(ratio.besides("strips"), parts[1], value), run_time=0.4)
            self.play(
                ReplacementTransform(ratio.part("strips"), left_over.part("slope")),
                FadeIn(left_over.part("name")),
                run_time=0.7,
            )
            self.play(Create(box), run_time=0.4)
        block = self.block
        self.grown = VGroup(
            block.square, block.names, block.edges, block.strips, block.corner, self.bars, parts[0]
        )
        self.result = VGroup(left_over, box)

    def zoom_in(self) -> None:
        left, right = self.regions.content.columns(0.42, 0.58, gap=0.7)
        plot = Plot((-1, 3.5), (-4, 14, 4), left, y_name="$output(f(x))$")
        curve = plot.curve(self.f, theme.OUTPUT)
        touch = tangent_line(self.f, A)
        tangent = plot.line(touch, theme.SLOPE)
        dot = plot.dot(lambda: (A, self.f(A)), theme.INK)
        power = ValueTracker(0.0)
        self.lens = lens = Lens(plot, self.f, A, right, power)
        times = self.readout(
            self.formula("times", size=theme.FORMULA),
            lambda: 1 / lens.half_width(),
            places=0,
            size=theme.FORMULA,
        )
        gap_name = self.label("gap", size=theme.SMALL, width=lens.beside.width)
        gap = LiveNumber(lambda: 100 * local_linearity(self.f, A, [lens.half_width()]).relative[0])
        self.lens_texts = VGroup(times, gap_name, gap).arrange(DOWN, aligned_edge=LEFT, buff=0.3)
        lens.beside.place(self.lens_texts, across=0.0, up=0.9)
        gone = VGroup(self.graph.frame, self.drop, self.run_line, self.rise, self.extra, self.far)
        with self.beat("zoom") as beat:
            self.play(FadeOut(self.grown, gone, self.result), run_time=0.4)
            self.play(
                ReplacementTransform(self.curve, curve),
                ReplacementTransform(self.dot, dot),
                FadeIn(plot.frame),
                run_time=0.6,
            )
            self.play(Create(tangent), FadeIn(lens.seen, lens.rays, lens.rim), run_time=0.5)
            self.play(FadeIn(lens.curve, lens.tangent, self.lens_texts), run_time=0.4)
            beat.until("ten-times")
            self.play(power.animate.set_value(1.0), run_time=0.6 * beat.to("hundred-times"))
            beat.until("hundred-times")
            self.play(power.animate.set_value(2.0), run_time=0.6 * beat.remaining)
        self.plot, self.curve, self.tangent, self.dot = plot, curve, tangent, dot

    def name_the_straightness(self) -> None:
        lens, touch, end = self.lens, tangent_line(self.f, A), 0.75
        run = Line(lens.inside.at(0, 0), lens.inside.at(end, 0), color=theme.INPUT)
        rise = Line(run.get_end(), lens.inside.at(end, touch(A + end) - touch(A)))
        for side, color in ((run, theme.INPUT), (rise, theme.OUTPUT)):
            side.set_stroke(color, theme.STROKE)
        names = VGroup(
            self.formula("input(dif x)", size=theme.SMALL).next_to(run, DOWN, buff=0.12),
            self.formula("output(dif f)", size=theme.SMALL).next_to(rise, RIGHT, buff=0.08),
        )
        slope = self.formula('slope("slope" = #v)', v=touch.slope)
        name = self.label("local-linearity", size=theme.HEADING, bold=True, width=lens.beside.width)
        lens.beside.place(VGroup(slope, name).arrange(DOWN, aligned_edge=LEFT, buff=0.6), across=0)
        with self.beat("local-linearity") as beat:
            self.play(Create(run), FadeIn(names[0]), FadeOut(self.lens_texts), run_time=0.6)
            self.play(Create(rise), FadeIn(names[1]), run_time=0.6)
            self.play(Write(slope), run_time=0.8)
            beat.until("name")
            self.play(
                Write(name), Indicate(lens.curve, color=theme.OUTPUT, scale_factor=1.05), run_time=1
            )
        self.magnified = VGroup(
            lens.rim, lens.seen, lens.rays, lens.curve, lens.tangent, run, rise, names, slope, name
        )

    def slide_the_tangent(self) -> None:
        self.at = at = ValueTracker(SAMPLES[0])
        self.pair = pair = SlopePlot(self.f, at, SAMPLES, self.regions.figure)
        self.live = self.readout(
            self.formula('slope("slope" =)', size=theme.BODY),
            pair.slope,
            color=theme.SLOPE,
            sign=True,
        )
        table_box, self.formula_box = self.regions.side.split(0.6, 0.4, gap=0.2)
        readout_box, self.table_box = table_box.split(0.2, 0.8, gap=0.3)
        readout_box.place(self.live)
        with self.beat("slide-tangent") as beat:
            self.play(FadeOut(self.magnified, self.plot.frame), run_time=0.4)
            self.play(
                ReplacementTransform(self.curve, pair.curve),
                ReplacementTransform(self.tangent, pair.tangent),
                ReplacementTransform(self.dot, pair.dot),
                FadeIn(pair.top.frame, pair.low.frame, pair.zero),
                run_time=0.9,
            )
            self.play(FadeIn(self.live), run_time=0.4)
            drop = pair.guide.copy().clear_updaters()
            self.play(Create(drop), run_time=0.5)
            self.remove(drop)
            self.add(pair.trail, pair.guide, pair.below, pair.dot)
            beat.until("plot")
            self.play(at.animate.set_value(SAMPLES[-1]), run_time=beat.remaining)
            pair.trail.clear_updaters()

    def read_three_slopes(self) -> None:
        table = Table(
            [self.formula(m, size=theme.BODY) for m in ("input(x)", 'slope("slope")')],
            self.table_box.columns(0.15, 0.7, 0.15)[1],
            rows=len(PLACES),
        )
        rows = [
            table.row([self.formula("#v", v=v, size=theme.BODY) for v in point])
            for point in slope_samples(self.f, PLACES)
        ]
        (_, first), (_, last) = slope_samples(self.f, self.pair.low.x)
        self.line = Line(
            self.pair.low.at(self.pair.low.x[0], first), self.pair.low.at(self.pair.low.x[1], last)
        )
        self.line.set_stroke(theme.SLOPE, theme.BOLD)
        with self.beat("slope-values") as beat:
            self.play(self.at.animate.set_value(PLACES[0]), FadeIn(table.head), run_time=0.8)
            self.show_slope(rows[0])
            self.play(self.at.animate.set_value(PLACES[1]), run_time=beat.to("at-zero"))
            self.show_slope(rows[1])
            self.play(self.at.animate.set_value(PLACES[2]), run_time=beat.to("at-two"))
            self.show_slope(rows[2])
            beat.until("line")
            self.play(Create(self.line), run_time=min(1.5, beat.remaining))

    def recognise_2x(self) -> None:
        name = self.formula(f"f'(x) = slope({self.f.derivative().typst})", size=theme.FORMULA)
        self.formula_box.place(name, up=0.6)
        box = SurroundingRectangle(
            name, color=theme.SLOPE, buff=0.2, corner_radius=0.12, stroke_width=theme.THIN
        )
        zero, (left, right) = PLACES[1], self.pair.low.x
        halves = []
        for end, sign, label in ((left, "-", "falling"), (right, "+", "rising")):
            corners = [(zero, 0.0), (end, 0.0), (end, self.f.derivative()(end)), (zero, 0.0)]
            area = VMobject(fill_color=theme.SLOPE, fill_opacity=SEE_THROUGH, stroke_width=0)
            area.set_points_as_corners([self.pair.low.at(*corner) for corner in corners])
            mark = self.formula(sign, size=theme.FORMULA)
            mark.move_to(self.pair.low.at(0.7 * end, self.f.derivative()(0.33 * end)))
            piece = self.pair.top.curve(
                self.f, theme.OUTPUT, x=(min(zero, end), max(zero, end)), width=1.4 * theme.BOLD
            )
            text = self.label(label, size=theme.SMALL, color=theme.OUTPUT)
            text.move_to(self.pair.top.at(0.42 * end, 5.0))  # between two lines of the grid
            halves.append((area, mark, piece, text))
        with self.beat("slope-graph") as beat:
            self.play(TransformFromCopy(self.line, name), run_time=1.0)
            self.play(Create(box), FadeOut(self.pair.trail), run_time=0.5)
            back = beat.to("falling")
            self.play(self.at.animate.set_value(SAMPLES[0]), run_time=back)
            for half, end, until in zip(halves, (zero, SAMPLES[-1]), ("rising", ""), strict=True):
                area, mark, piece, text = half
                self.play(FadeIn(area, mark, text), Create(piece), run_time=0.7)
                self.add(self.pair.tangent, self.pair.dot)
                seconds = beat.to(until) if until else beat.remaining
                self.play(self.at.animate.set_value(end), run_time=seconds)

    # -- small pieces ------------------------------------------------------------------------

    def become(self, *pairs: tuple[Mobject, Mobject], run_time: float) -> None:
        """Let a copy of the first of each pair turn into the second, which may be live."""
        stills = [tuple(m.copy().clear_updaters() for m in pair) for pair in pairs]
        self.play(*(ReplacementTransform(a, b) for a, b in stills), run_time=run_time)
        for (_, still), (_, target) in zip(stills, pairs, strict=True):
            self.remove(still)
            self.add(target)

    def show_slope(self, row: VGroup) -> None:
        self.play(FadeIn(row), Flash(self.pair.below, color=theme.SLOPE), run_time=0.5)
