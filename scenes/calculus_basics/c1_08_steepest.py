"""A direction turns while its slope is drawn beside it: the gradient is where it is largest."""

from __future__ import annotations

import numpy as np
from manim import (
    DOWN,
    LEFT,
    PI,
    RIGHT,
    UP,
    Create,
    Dot,
    FadeIn,
    FadeOut,
    Flash,
    GrowFromPoint,
    Indicate,
    LaggedStart,
    Line,
    ValueTracker,
    VGroup,
    VMobject,
    Write,
    linear,
    there_and_back,
)

from lessonkit.stage import LessonScene, Plot, theme
from lessonkit.stage.space import ABOVE
from mathcore import (
    directional_derivative,
    level_curves,
    level_tangent,
    optimizer,
    steepest,
    trajectory,
)
from scenes.bowl import AT, Bowl, F, X, Y, lifted

BEST = steepest(F, AT)
PEAK = float(np.degrees(BEST.angle))
GRADIENT = F.gradient()(AT)
SCALE = 0.3  # axes units that an arrow draws for a slope of 1
FIRST, LAST = -90.0, 270.0  # degrees that the direction turns through
LEVEL = F(AT)
WITNESSES = ((4.5, 150), (1.5, 215), (6.0, 320), (3.0, 265), (6.0, 112))  # level, degrees
ON_BOWL_UP, ON_BOWL_DOWN = 0.4, 0.65  # axes units that the two arrows on the bowl reach
FROM_HIGH = 0.9  # tilt
LR, STEPS = 0.1, 6


class SteepestDirection(LessonScene):
    """contours → turning direction → peak, trough, zero → right angles → cosine → one step."""

    def construct(self) -> None:
        self.bowl = Bowl(self.regions.figure)
        self.plot = self.bowl.plot
        self.angle = ValueTracker(FIRST)
        self.along = ValueTracker(0.0)  # of the level curve through the point
        top, below = self.regions.side.split(0.3, 0.7, gap=0.2)
        self.first_row, self.second_row = top.split(1, 1)
        self.chart_box, name_box = below.split(0.88, 0.12)
        self.chart = Plot(
            (FIRST, LAST, 90),
            (-6.6, 5.6, 2),
            self.chart_box.columns(0.95, 0.05)[0],  # half of the last number stands beside it
            x_name="",
            cross=(FIRST, -6.6),
        )
        self.zero = Line(
            self.chart.at(FIRST, 0), self.chart.at(LAST, 0),
            stroke_color=theme.MUTED, stroke_width=theme.THIN,
        )  # fmt: skip
        self.chart_name = self.label("direction", size=theme.SMALL, color=theme.MUTED)
        name_box.place(self.chart_name)
        self.look_from_above()
        self.wonder_which_way()
        self.turn_the_direction()
        self.find_the_peak()
        self.find_the_trough()
        self.follow_the_contour()
        self.stand_at_right_angles()
        self.measure_the_angle()
        self.climb_and_descend()
        self.take_one_step()

    def look_from_above(self) -> None:
        bowl, space = self.bowl, self.bowl.space
        (curve,) = level_curves(F, LEVEL, X, Y)
        turned = np.roll(curve[:-1], -int(np.argmin(np.hypot(*(curve[:-1] - AT).T))), axis=0)
        self.level_points = np.concatenate([[AT], turned[1:], [AT]])
        (self.level,) = self.plot.contours([[self.level_points]], theme.OUTPUT)
        self.level.set_stroke(width=theme.BOLD, opacity=1)
        self.dot = self.plot.dot(self.on_level, theme.INK)
        self.value = self.readout(
            self.label("value"), lambda: F(self.on_level()), color=theme.OUTPUT
        )
        self.first_row.place(self.value, across=0.0)
        with self.beat("contours") as beat:
            self.play(
                Write(self.heading()),
                FadeIn(space.floor, bowl.names, bowl.surface, bowl.rings),
                run_time=0.25 * beat.to("level"),
            )
            self.play(
                space.tilt.animate.set_value(ABOVE),
                space.turn.animate.set_value(0.0),
                bowl.surface.opacity.animate.set_value(0.0),
                run_time=beat.to("level"),
            )
            self.remove(bowl.surface)
            self.play(FadeIn(self.dot, self.value), run_time=0.4)
            self.play(
                self.along.animate.set_value(1.0),
                Create(self.level),
                rate_func=linear,
                run_time=beat.remaining,
            )

    def wonder_which_way(self) -> None:
        self.along.set_value(0.0)
        start = self.plot.at(*AT)
        arrows = VGroup(
            *(self.plot.live_arrow(lambda a=a: (AT, self.ahead(a))).clear_updaters()
              for a in np.arange(FIRST, LAST, 45))
        ).set_color(theme.INK)  # fmt: skip
        ask = self.formula("?", size=theme.TITLE).move_to(self.plot.at(*self.ahead(22, 1.5)))
        with self.beat("which-way") as beat:
            self.play(Flash(self.dot, color=theme.INK), run_time=0.8)
            beat.until("candidates")
            self.play(
                LaggedStart(*(GrowFromPoint(a, start) for a in arrows), lag_ratio=0.15),
                run_time=0.4 * beat.remaining,
            )
            self.play(
                LaggedStart(*(Indicate(a, color=theme.SLOPE) for a in arrows), lag_ratio=0.3),
                FadeIn(ask),
                run_time=beat.remaining,
            )
        self.candidates = VGroup(arrows, ask)

    def turn_the_direction(self) -> None:
        self.way = self.plot.live_arrow(lambda: (AT, self.ahead(self.angle.get_value())), theme.INK)
        whole = self.chart.curve(slopes, theme.SLOPE, width=theme.BOLD)
        self.reached = ValueTracker(FIRST)
        self.trace = VMobject(stroke_color=theme.SLOPE, stroke_width=theme.BOLD)

        def follow(mobject: VMobject) -> None:
            self.reached.set_value(max(self.reached.get_value(), self.angle.get_value()))
            share = (self.reached.get_value() - FIRST) / (LAST - FIRST)
            mobject.pointwise_become_partial(whole, 0, max(share, 1e-3))

        self.trace.add_updater(follow, call_updater=True)
        self.pen = self.chart.dot(lambda: (self.angle.get_value(), self.slope_now()), theme.INK)
        self.slope = self.readout(
            self.label("slope"), lambda: self.slope_now(), color=theme.SLOPE, sign=True
        )
        self.second_row.place(self.slope, across=0.0)
        self.marks = VGroup()
        with self.beat("rotate") as beat:
            self.play(
                FadeOut(self.candidates),
                FadeIn(self.chart.grid, self.chart.axes, self.zero, self.chart_name, self.slope),
                run_time=0.5,
            )
            self.add(self.trace, self.pen, self.way)
            self.play(self.angle.animate.set_value(0.0), run_time=beat.to("along-x"))
            self.mark(0.0, DOWN + RIGHT)
            self.play(self.angle.animate.set_value(90.0), run_time=beat.to("along-y"))
            self.mark(90.0, UP + RIGHT)
            self.play(self.angle.animate.set_value(150.0), run_time=0.9 * beat.remaining)

    def find_the_peak(self) -> None:
        tip = self.ahead(PEAK, SCALE * BEST.slope)
        self.up = self.plot.live_arrow(lambda: (AT, tip)).clear_updaters()
        name = self.formula(
            'gradient(vec(delim: "[", #a, #b))', a=GRADIENT[0], b=GRADIENT[1], size=theme.SMALL
        )
        name.next_to(self.plot.at(*tip), RIGHT, buff=0.15)
        with self.beat("steepest-up") as beat:
            self.play(self.angle.animate.set_value(PEAK), run_time=beat.to("peak"))
            self.play(Flash(self.pen, color=theme.GRADIENT), run_time=0.5)
            self.mark(PEAK, UP)
            self.play(
                GrowFromPoint(self.up, self.plot.at(*AT)),
                FadeOut(self.way),
                FadeIn(name),
                run_time=0.8,
            )
            self.play(Indicate(self.up, color=theme.GRADIENT), run_time=0.7)
        self.up_name = name

    def find_the_trough(self) -> None:
        tip = self.ahead(PEAK + 180, SCALE * BEST.slope)
        self.down = hollow(self.plot.live_arrow(lambda: (AT, tip)).clear_updaters())
        with self.beat("steepest-down") as beat:
            self.add(self.way)
            self.play(self.angle.animate.set_value(PEAK + 180), run_time=beat.to("trough"))
            self.play(Flash(self.pen, color=theme.GRADIENT), run_time=0.5)
            self.mark(PEAK + 180, DOWN)
            self.play(GrowFromPoint(self.down, self.plot.at(*AT)), run_time=0.8)
            self.play(self.angle.animate.set_value(LAST), run_time=0.8 * beat.remaining)

    def follow_the_contour(self) -> None:
        sideways = np.degrees(np.arctan2(*level_tangent(F, AT)[::-1]))
        with self.beat("along-contour") as beat:
            self.play(self.angle.animate.set_value(sideways), run_time=beat.to("unchanged"))
            self.mark(sideways, UP + RIGHT)
            self.play(
                self.along.animate(rate_func=there_and_back).set_value(0.12),
                Indicate(self.value, color=theme.OUTPUT, scale_factor=1.1),
                run_time=beat.remaining,
            )

    def stand_at_right_angles(self) -> None:
        places = [np.array(AT)]
        for level, degrees in WITNESSES:
            (curve,) = level_curves(F, level, X, Y)
            towards = [np.cos(np.radians(degrees)), np.sin(np.radians(degrees))]
            places.append(curve[np.argmax(curve @ towards / np.hypot(*curve.T))])
        arrows, tangents, corners = VGroup(), VGroup(), VGroup()
        for place in places:
            uphill, along = steepest(F, place).direction, level_tangent(F, place)
            arrows.add(
                self.plot.live_arrow(lambda p=place, u=uphill: (p, p + 0.7 * u)).clear_updaters()
            )
            tangents.add(self.segment(place - 0.55 * along, place + 0.55 * along))
            corner = [place + 0.2 * uphill, place + 0.2 * (uphill + along), place + 0.2 * along]
            corners.add(
                VMobject(stroke_color=theme.INK, stroke_width=theme.STROKE).set_points_as_corners(
                    [self.plot.at(*point) for point in corner]
                )
            )
        with self.beat("perpendicular") as beat:
            self.play(FadeOut(self.way, self.up, self.up_name, self.down), run_time=0.4)
            self.play(
                LaggedStart(
                    *(GrowFromPoint(a, self.plot.at(*p))
                      for a, p in zip(arrows, places, strict=True)),
                    lag_ratio=0.15,
                ),
                run_time=0.55 * beat.to("right-angle"),
            )  # fmt: skip
            self.play(LaggedStart(*map(Create, tangents)), run_time=beat.to("right-angle"))
            self.play(
                LaggedStart(*map(Create, corners), lag_ratio=0.25), run_time=0.8 * beat.remaining
            )
        self.witnesses = VGroup(arrows, tangents, corners)

    def measure_the_angle(self) -> None:
        law = self.label("projection", size=theme.HEADING)
        self.first_row.place(law, across=0.0)
        tip = np.array(AT) + SCALE * GRADIENT
        radius = 0.4

        def foot() -> np.ndarray:
            return self.ahead(self.angle.get_value(), SCALE * self.slope_now())

        shadow = self.plot.live_segment(lambda: (AT, foot()), theme.SLOPE)
        shadow.set_stroke(width=12).set_z_index(2)
        drop = self.plot.live_segment(lambda: (tip, foot()), theme.MUTED)
        arc = VMobject(stroke_color=theme.INK, stroke_width=theme.STROKE)

        def bend(mobject: VMobject) -> None:
            angles = np.linspace(PEAK, self.angle.get_value(), 24)
            mobject.set_points_as_corners([self.plot.at(*self.ahead(a, radius)) for a in angles])

        arc.add_updater(bend, call_updater=True)
        theta = self.formula("theta", size=theme.BODY)
        theta.add_background_rectangle(theme.BACKGROUND, opacity=0.85, buff=0.05).set_z_index(3)
        theta.add_updater(
            lambda m: m.move_to(
                self.plot.at(*self.ahead((PEAK + self.angle.get_value()) / 2, radius + 0.34))
            ),
            call_updater=True,
        )
        with self.beat("cosine") as beat:
            self.play(FadeOut(self.witnesses, self.value), run_time=0.4)
            self.play(FadeIn(self.up, self.way), Write(law), run_time=0.4 * beat.to("theta"))
            self.play(self.angle.animate.set_value(PEAK + 60), run_time=0.6 * beat.to("theta"))
            self.play(Create(drop), Create(shadow), run_time=beat.to("theta"))
            self.play(Create(arc), FadeIn(theta), run_time=0.6)
            self.play(self.angle.animate.set_value(PEAK + 15), run_time=0.4 * beat.remaining)
            self.play(self.angle.animate.set_value(PEAK - 50), run_time=0.85 * beat.remaining)
        self.angle_picture = VGroup(shadow, drop, arc, theta, law)

    def climb_and_descend(self) -> None:
        bowl, space = self.bowl, self.bowl.space
        here = lifted(np.array(AT))
        climb = lifted(np.array(self.ahead(PEAK, ON_BOWL_UP)))
        descent = lifted(np.array(self.ahead(PEAK + 180, ON_BOWL_DOWN)))
        plus, minus = (
            self.formula(f"gradient({sign} nabla f)")
            .add_background_rectangle(theme.BACKGROUND, opacity=0.8, buff=0.1)
            .set_z_index(4)
            for sign in "+-"
        )
        self.ball = space.dot(here)
        chart = VGroup(
            self.chart.grid, self.chart.axes, self.zero, self.chart_name,
            self.trace, self.pen, self.marks,
        )  # fmt: skip
        with self.beat("both-signs") as beat:
            self.play(
                FadeOut(self.angle_picture, self.up, self.way, self.level, self.dot),
                FadeOut(chart, self.slope),
                FadeIn(self.ball),
                run_time=0.5,
            )
            self.add(bowl.surface)
            self.play(
                space.tilt.animate.set_value(FROM_HIGH),
                space.turn.animate.set_value(-PI / 15),
                bowl.surface.opacity.animate.set_value(1.0),
                run_time=0.6 * beat.to("descent"),
            )
            up = space.arrow(np.array([here, climb]))
            down = hollow(space.arrow(np.array([here, descent])))
            plus.next_to(space.at(*climb), UP + RIGHT, buff=0.15)
            minus.next_to(space.at(*descent), LEFT, buff=0.2)
            self.play(
                GrowFromPoint(up, space.at(*here)), FadeIn(plus), run_time=0.5 * beat.to("descent")
            )
            beat.until("descent")
            self.play(GrowFromPoint(down, space.at(*here)), FadeIn(minus), run_time=1.0)
            self.play(Indicate(down, color=theme.GRADIENT), run_time=0.9)
        self.climbing, self.descending = VGroup(up, plus), VGroup(down, minus)

    def take_one_step(self) -> None:
        bowl, space = self.bowl, self.bowl.space
        run = trajectory(F, AT, optimizer("SGD", lr=LR), STEPS)
        step = ValueTracker(0.0)

        def point() -> np.ndarray:
            now = step.get_value()
            return np.array([np.interp(now, range(STEPS + 1), axis) for axis in run.points.T])

        def path() -> np.ndarray:
            walked = np.linspace(0, step.get_value(), 30)
            points = [np.interp(walked, range(STEPS + 1), axis) for axis in run.points.T]
            return lifted(np.stack(points, axis=-1))

        ball = space.dot(lambda: lifted(point()))
        trail = space.curve(path, theme.GRADIENT, over=True)
        ring = bowl.ring(lambda: F(point()), width=theme.BOLD)
        value = self.readout(self.label("value"), lambda: F(point()), color=theme.OUTPUT)
        self.first_row.place(value, across=0.0)
        name = self.label("descent", size=theme.HEADING, color=theme.GRADIENT)
        self.second_row.place(name, across=0.0)
        with self.beat("seed-of-descent") as beat:
            self.remove(self.ball)
            self.add(trail, ball)
            self.play(FadeOut(self.climbing), FadeIn(ring, value), run_time=0.5)
            beat.until("step")
            self.play(step.animate.set_value(1.0), run_time=0.35 * beat.remaining)
            self.play(FadeOut(self.descending), Write(name), run_time=0.35 * beat.remaining)
            self.play(
                step.animate(rate_func=linear).set_value(STEPS), run_time=0.9 * beat.remaining
            )

    # -- small pieces ------------------------------------------------------------------------

    def on_level(self) -> tuple[float, float]:
        """A point of the level curve through the point where we stand."""
        shares = np.linspace(0, 1, len(self.level_points))
        x, y = (np.interp(self.along.get_value(), shares, axis) for axis in self.level_points.T)
        return float(x), float(y)

    def ahead(self, degrees: float, distance: float = 1.0) -> tuple[float, float]:
        """The point that far away in a direction."""
        angle = np.radians(degrees)
        return AT[0] + distance * np.cos(angle), AT[1] + distance * np.sin(angle)

    def slope_now(self) -> float:
        """The slope in the direction that is drawn."""
        return float(slopes(np.array([self.angle.get_value()]))[0])

    def segment(self, start: np.ndarray, end: np.ndarray) -> Line:
        """A straight piece of the plane."""
        return Line(
            self.plot.at(*start), self.plot.at(*end), stroke_color=theme.INK,
            stroke_width=theme.STROKE,
        )  # fmt: skip

    def mark(self, degrees: float, side: np.ndarray) -> None:
        """Leave a dot with its number on the chart."""
        slope = float(slopes(np.array([degrees]))[0])
        place = self.chart.at(degrees, slope)
        dot = Dot(place, radius=0.09, color=theme.SLOPE)
        number = self.formula("slope(#v)", v=round(slope, 2) + 0.0, size=theme.SMALL)
        number.next_to(place, side, buff=0.12)
        self.marks.add(dot, number)
        self.add(dot, number)


def slopes(degrees: np.ndarray) -> np.ndarray:
    """The slope at the point in each direction."""
    return directional_derivative(F, AT, np.radians(degrees))


def hollow(arrow: VMobject) -> VMobject:
    """The same arrow as an outline: the way down."""
    arrow.set_fill(theme.BACKGROUND, opacity=0.6)
    return arrow.set_stroke(theme.GRADIENT, width=theme.THIN)
