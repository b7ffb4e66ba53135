"""The slope of the loss says where to turn a weight: against its sign."""

from __future__ import annotations

from manim import (
    DOWN,
    LEFT,
    RIGHT,
    UP,
    Arrow,
    Create,
    DashedLine,
    FadeIn,
    FadeOut,
    Flash,
    GrowArrow,
    GrowFromCenter,
    GrowFromEdge,
    Indicate,
    Mobject,
    ReplacementTransform,
    TransformFromCopy,
    ValueTracker,
    VGroup,
    VMobject,
    Write,
)

from lessonkit.stage import LessonScene, Plot, crossed_out, theme
from mathcore import function, stationary_points, tangent_line, two_valleys
from scenes.pictures import Gauge, Knob, SignCard, pipe
from scenes.spotlight import Spotlight

SWEEP = (0.4, 5.6)  # how far the weight wanders before it finds the minimum
RIGHT_OF_IT, LEFT_OF_IT = 5.0, 1.0  # of the minimum
TRY = 0.7  # how far a change of the weight is tried out
STEEP, GENTLE = 6.0, 3.5
ARROWS = 0.55  # height of the arrows over the w axis, in units of loss


class LossSlope(LessonScene):
    """axes of loss → one weight → either side of the minimum → sign, size, zero → only local."""

    def construct(self) -> None:
        self.loss = function("(w - 3)**2")
        (self.lowest,) = stationary_points(self.loss)
        self.w = ValueTracker(SWEEP[0])
        self.put_loss_on_the_axes()
        self.take_one_weight()
        self.stand_right_of_the_minimum()
        self.stand_left_of_the_minimum()
        self.read_the_sign()
        self.read_the_size()
        self.reach_flat_ground()
        self.meet_other_flat_places()
        self.see_only_nearby()

    def put_loss_on_the_axes(self) -> None:
        _, below = self.regions.figure.split(0.09, 0.91)  # the axis' name stands above
        self.graph = self.plot((-0.4, 6.9), (-1.8, 10, 2), x_name="", region=below)
        parabola = function("x**2")
        self.curve = self.graph.curve(parabola, theme.OUTPUT)
        old = VGroup(
            self.formula("output(f(x))", size=theme.BODY), self.formula("input(x)", size=theme.BODY)
        )
        new = VGroup(self.label("loss"), self.label("weight"))
        for names in (old, new):
            names[0].next_to(self.graph.at(0, self.graph.y[1]), UP, buff=0.1, aligned_edge=LEFT)
            names[1].next_to(self.graph.at(self.graph.x[1], -1), DOWN, 0.1, aligned_edge=RIGHT)
        knob, gauge, way = self.draw_the_machine()
        with self.beat("loss-axes") as beat:
            self.play(
                Write(self.heading()), FadeIn(self.graph.frame, old, self.curve), run_time=0.9
            )
            self.play(
                ReplacementTransform(old[0], new[0]),
                self.curve.animate.set_stroke(theme.LOSS),
                FadeIn(gauge),
                run_time=1.0,
            )
            beat.until("weight")
            self.play(
                ReplacementTransform(old[1], new[1]), FadeIn(knob), GrowArrow(way), run_time=1.0
            )
        self.axis_names, self.machine = new, VGroup(knob, gauge, way, self.readings)

    def take_one_weight(self) -> None:
        low = self.lowest
        curve = self.graph.curve(self.loss, theme.LOSS, x=(0, self.graph.x[1]))
        name = self.formula(f"loss(L(w) = {self.loss.typst})", size=theme.BODY)
        name.move_to(self.graph.at(low.x, 0.88 * self.graph.y[1]))
        foot = DashedLine(self.graph.at(low.x, 5.5), self.graph.at(low.x, 0), color=theme.INPUT)
        foot.set_stroke(width=theme.THIN)
        place = self.formula("input(w = #v)", v=low.x, size=theme.BODY)
        place.next_to(foot, UP, buff=0.1)
        self.dot = self.graph.dot(self.here, theme.INK)
        with self.beat("one-weight") as beat:
            self.play(ReplacementTransform(self.curve, curve), run_time=1.6)
            self.play(Write(name), GrowFromCenter(self.dot), run_time=0.8)
            self.play(self.power.animate.set_value(1.0), FadeIn(self.readings), run_time=0.6)
            self.play(self.w.animate.set_value(SWEEP[1]), run_time=beat.to("lowest"))
            self.play(self.w.animate.set_value(low.x), run_time=1.2)
            self.play(FadeIn(place), Create(foot), Flash(self.dot, color=theme.LOSS), run_time=0.8)
        self.curve, self.name, self.foot = curve, name, VGroup(foot, place)

    def stand_right_of_the_minimum(self) -> None:
        top, self.card_box, self.size_box = self.regions.side.split(0.28, 0.36, 0.36, gap=0.25)
        self.slope = self.readout(
            self.formula("slope(upright(d) L\\/upright(d) w =)"),
            lambda: self.loss.derivative()(self.w.get_value()),
            color=theme.SLOPE,
            size=theme.FORMULA,
            sign=True,
        )
        weight = self.readout(
            self.formula("input(w =)"),
            self.w.get_value,
            places=1,
            color=theme.INPUT,
            size=theme.FORMULA,
        )
        self.readouts = VGroup(weight, self.slope).arrange(DOWN, buff=0.3, aligned_edge=LEFT)
        top.place(self.readouts, across=0.0)
        self.tangent = self.graph.live_line(lambda: tangent_line(self.loss, self.w.get_value()))
        self.guide = self.graph.live_segment(
            lambda: ((self.w.get_value(), 0.0), self.here()), theme.INPUT
        )
        self.card = SignCard()
        self.card_box.place(self.card, across=0.0)
        w = RIGHT_OF_IT
        with self.beat("right-of-minimum") as beat:
            self.play(FadeOut(self.foot, self.machine), run_time=0.4)
            self.add(self.guide, self.dot)
            self.play(self.w.animate.set_value(w), run_time=1.0)
            self.play(Create(self.tangent), FadeIn(self.readouts), run_time=0.8)
            self.play(FadeIn(self.card.rows[0][0]), run_time=0.5)
            beat.until("loss-rises")
            up, cross = self.try_out(w, 1, beat.to("go-left"), wrong=True)
            self.play(FadeIn(self.card.rows[0][1:]), FadeOut(up, cross), run_time=0.4)
            down, _ = self.try_out(w, -1, beat.remaining)
        self.tried = VGroup(down)

    def stand_left_of_the_minimum(self) -> None:
        w = LEFT_OF_IT
        with self.beat("left-of-minimum") as beat:
            self.play(FadeOut(self.tried), self.w.animate.set_value(w), run_time=1.6)
            self.play(FadeIn(self.card.rows[1][0]), run_time=0.5)
            beat.until("loss-falls")
            up, _ = self.try_out(w, 1, beat.to("go-right"))
            self.play(FadeIn(self.card.rows[1][1:]), run_time=0.5)
            # The way that was tried is the way to go: no second arrow, which would make it double.
            self.play(Indicate(up, color=theme.INPUT, scale_factor=1.25), run_time=0.9)
        self.tried = VGroup(up)

    def read_the_sign(self) -> None:
        signs = [row[0][-2:] for row in self.card.rows]
        moves = [row[2][-1] for row in self.card.rows]
        place, height = self.here()
        uphill = self.arrow(place, -1, height, theme.SLOPE)
        downhill = self.arrow(place, 1, height)
        uphill_name = self.formula("slope(upright(d) L\\/upright(d) w)", size=theme.SMALL)
        uphill_name.next_to(uphill, DOWN, buff=0.1, aligned_edge=LEFT)
        downhill_name = self.formula("input(w arrow.t)", size=theme.BODY)
        downhill_name.next_to(downhill, UP, buff=0.1)
        with self.beat("sign") as beat:
            self.play(
                FadeOut(self.tried),
                *(Indicate(sign, color=theme.SLOPE) for sign in signs),
                run_time=1.0,
            )
            self.play(GrowFromEdge(uphill, RIGHT), FadeIn(uphill_name), run_time=0.6)
            beat.until("opposite")
            self.play(
                GrowFromEdge(downhill, LEFT),
                FadeIn(downhill_name),
                *(Indicate(move, color=theme.INPUT) for move in moves),
                run_time=0.8,
            )
            self.play(
                self.w.animate.set_value(place + TRY),
                FadeOut(uphill, uphill_name, downhill, downhill_name),
                run_time=beat.remaining,
            )

    def read_the_size(self) -> None:
        slope = self.loss.derivative()
        rule = Plot((-4, 7.5), (0, 2), self.size_box, numbers=False, x_name="")
        bars = VGroup()
        for row, w in enumerate((STEEP, GENTLE)):
            bar = VMobject(fill_color=theme.SLOPE, fill_opacity=1, stroke_width=0)
            low, high = 1.15 - row, 1.7 - row
            corners = [(0, low), (slope(w), low), (slope(w), high), (0, high), (0, low)]
            bar.set_points_as_corners([rule.at(*corner) for corner in corners])
            number = self.formula("slope(#v)", v=slope(w), size=theme.BODY)
            where = self.formula("input(w = #w)", w=w, size=theme.BODY)
            where.move_to(bar).align_to(rule.at(rule.x[0], 0), LEFT)
            bars.add(VGroup(bar, VGroup(where, number.next_to(bar, RIGHT, buff=0.2))))
        with self.beat("size") as beat:
            self.play(self.w.animate.set_value(STEEP), run_time=beat.to("steep"))
            steep = self.show_size(bars[0], STEEP)
            self.play(self.w.animate.set_value(GENTLE), run_time=beat.to("gentle"))
            gentle = self.show_size(bars[1], GENTLE)
        self.sizes = VGroup(bars, steep, gentle)

    def show_size(self, bar: VGroup, w: float) -> VGroup:
        """Leave the tangent where it is, and turn it into a bar as long as its slope."""
        tangent = self.graph.line(tangent_line(self.loss, w), width=theme.THIN)
        tangent.set_stroke(opacity=0.6)
        self.add(tangent)
        self.play(TransformFromCopy(tangent, bar[0]), FadeIn(bar[1]), run_time=0.8)
        return VGroup(tangent)

    def reach_flat_ground(self) -> None:
        name = self.label("minimum", color=theme.LOSS, bold=True)
        name.next_to(self.graph.at(self.lowest.x, self.lowest.y), UP, buff=0.45)
        with self.beat("flat") as beat:
            self.play(FadeOut(self.sizes), run_time=0.4)
            self.play(self.w.animate.set_value(self.lowest.x), run_time=1.2)
            self.play(Flash(self.dot, color=theme.SLOPE, line_length=0.3), run_time=0.7)
            beat.until("minimum")
            self.play(Write(name), run_time=0.7)
            self.play(Flash(self.dot, color=theme.LOSS, line_length=0.3), run_time=0.8)
        self.minimum = name

    def meet_other_flat_places(self) -> None:
        columns = self.regions.content.columns(1, 1, 1, gap=0.5)
        functions = [function(text) for text in ("x**2", "-x**2", "x**3")]
        labels = ("minimum", "maximum", "flat-bend")
        pictures, trackers = [], []
        for column, f, name in zip(columns, functions, labels, strict=True):
            above, below = column.split(0.82, 0.18)
            plot = Plot((-1.5, 1.5), (-2, 2), above, numbers=False, x_name="", y_name="")
            at = ValueTracker(-1.0)
            tangent = plot.live_line(lambda f=f, at=at: tangent_line(f, at.get_value()))
            dot = plot.dot(lambda f=f, at=at: (at.get_value(), f(at.get_value())), theme.INK)
            text = self.label(name, bold=True)
            formula = self.formula(f"output({f.typst})", size=theme.BODY)
            below.place(VGroup(formula, text).arrange(RIGHT, buff=0.4))
            pictures.append((plot, plot.curve(f, theme.OUTPUT), tangent, dot, formula, text))
            trackers.append(at)
        kinds = [stationary_points(f)[0] for f in functions]
        first, *others = pictures
        trackers[0].set_value(kinds[0].x)
        old = VGroup(
            self.graph.frame, self.name, self.guide, self.readouts, self.card, self.axis_names
        )
        with self.beat("not-always-minimum") as beat:
            plot, curve, tangent, dot, formula, text = first
            self.play(
                FadeOut(old),
                ReplacementTransform(self.curve, curve),
                ReplacementTransform(self.tangent, tangent),
                ReplacementTransform(self.dot, dot),
                ReplacementTransform(self.minimum, text),
                FadeIn(plot.axes, formula),
                run_time=1.2,
            )
            self.add(curve, tangent, dot)  # over the axes that came with them
            for plot, curve, tangent, dot, formula, _ in others:
                shown = FadeIn(plot.axes, formula, tangent, dot)
                self.play(shown, Create(curve), run_time=0.25 * beat.to("maximum"))
            self.play(
                *(
                    at.animate.set_value(flat.x)
                    for at, flat in zip(trackers[1:], kinds[1:], strict=True)
                ),
                run_time=beat.to("maximum"),
            )
            self.play(FadeIn(others[0][-1], shift=0.2 * UP), run_time=0.5)
            beat.until("flat-bend")
            self.play(FadeIn(others[1][-1], shift=0.2 * UP), run_time=0.5)
            for place in (1.0, kinds[2].x):  # rising on both sides of the flat bend
                share = 0.4 if place else 0.6
                self.play(trackers[2].animate.set_value(place), run_time=share * beat.remaining)
        self.flat_places = VGroup(*(VGroup(p[0].axes, *p[1:]) for p in pictures))

    def see_only_nearby(self) -> None:
        f = two_valleys()
        plot = Plot((-2.2, 2.2), (-2.2, 2.2), self.regions.content, numbers=False, x_name="")
        at = ValueTracker(0.55)
        spot = Spotlight(plot, f, at)
        whole = plot.curve(f, theme.LOSS, width=theme.THIN)
        valleys = [p for p in stationary_points(f) if p.kind == "minimum"]
        deepest = min(valleys, key=lambda p: p.y)
        shallow = max(valleys, key=lambda p: p.y)
        name = self.label("loss").next_to(whole.get_start(), UP, buff=0.2, aligned_edge=LEFT)
        above = (deepest.x, shallow.y)
        level = DashedLine(plot.at(shallow.x, shallow.y), plot.at(*above), color=theme.MUTED)
        drop = plot.live_arrow(lambda: (above, (deepest.x, deepest.y)), theme.LOSS)
        with self.beat("local-only") as beat:
            self.play(FadeOut(self.flat_places), run_time=0.4)
            self.play(FadeIn(spot.light, spot.curve, spot.tangent, spot.dot), run_time=0.6)
            self.play(at.animate.set_value(shallow.x), run_time=beat.to("mountain"))
            self.play(Create(whole), FadeIn(name), run_time=0.6 * beat.remaining)
            self.add(spot.curve, spot.tangent, spot.dot)
            self.play(Create(level), FadeIn(drop, shift=DOWN * 0.3), run_time=0.7 * beat.remaining)

    # -- small pieces ------------------------------------------------------------------------

    def draw_the_machine(self) -> tuple[Knob, Gauge, Arrow]:
        """The weight as a knob, the loss as a gauge, at rest until there is a loss to read."""
        room = self.regions.side
        self.power = ValueTracker(0.0)
        knob = Knob(lambda: self.w.get_value() / self.graph.x[1]).move_to(room.point(0.17, 0.65))
        gauge = Gauge(
            lambda: self.power.get_value() * self.here()[1] / self.graph.y[1],
            radius=1.0,
            color=theme.LOSS,
        ).move_to(room.point(0.76, 0.65))
        w, loss = self.readings = VGroup(
            *(
                self.readout(self.formula(markup, size=theme.BODY), value, places=1, color=color)
                for markup, value, color in (
                    ("input(w =)", self.w.get_value, theme.INPUT),
                    ("loss(L =)", lambda: self.here()[1], theme.LOSS),
                )
            )
        )
        w.next_to(knob, DOWN, buff=0.3)
        loss.next_to(gauge.get_center(), DOWN, buff=0.35).match_y(w)
        return knob, gauge, pipe(knob, gauge)

    def here(self) -> tuple[float, float]:
        return self.w.get_value(), self.loss(self.w.get_value())

    def arrow(
        self, w: float, sense: int, height: float = ARROWS, color: str = theme.INPUT
    ) -> VMobject:
        """A change of the weight, drawn along its axis."""
        return self.graph.live_arrow(lambda: ((w, height), (w + 1.1 * sense, height)), color)

    def try_out(
        self, w: float, sense: int, seconds: float, wrong: bool = False
    ) -> tuple[VMobject, Mobject]:
        """Change the weight a little that way; if it was wrong, cross that out and go back."""
        arrow = self.arrow(w, sense)
        cross = crossed_out(arrow) if wrong else VGroup()
        share = 0.5 if wrong else 1.0
        self.play(
            FadeIn(arrow), self.w.animate.set_value(w + TRY * sense), run_time=share * seconds
        )
        if wrong:
            self.play(Create(cross), self.w.animate.set_value(w), run_time=(1 - share) * seconds)
        return arrow, cross
