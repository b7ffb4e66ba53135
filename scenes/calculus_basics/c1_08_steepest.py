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
    FadeIn,
    FadeOut,
    Flash,
    GrowFromPoint,
    Indicate,
    LaggedStart,
    Line,
    ReplacementTransform,
    ValueTracker,
    VGroup,
    VMobject,
    Write,
    linear,
    there_and_back,
)

from lessonkit.stage import LessonScene, Typeset, theme
from lessonkit.stage.space import ABOVE
from mathcore import level_curves, level_tangent, optimizer, steepest, trajectory
from scenes.bowl import AT, Bowl, F, X, Y, lifted, zoom
from scenes.directions import BEST, FIRST, LAST, PEAK, SCALE, CloseLook, SlopeChart, ahead
from scenes.pictures import hollow

GRADIENT = F.gradient()(AT)
LEVEL = F(AT)
WITNESSES = ((4.5, 150), (1.5, 215), (6.0, 320), (3.0, 265), (6.0, 112))  # level, degrees
FAINT = 0.4  # opacity of the level curves that the voice does not speak of
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
        name = self.label("direction", size=theme.SMALL, color=theme.MUTED)
        self.chart = SlopeChart(below, name, self.angle)
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
            self.play(
                FadeIn(self.dot, self.value),
                bowl.rings.animate.set_stroke(opacity=FAINT),
                run_time=0.4,
            )
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
            *(self.plot.live_arrow(lambda a=a: (AT, ahead(a))).clear_updaters()
              for a in np.arange(FIRST, LAST, 45))
        ).set_color(theme.INK)  # fmt: skip
        ask = self.formula("?", size=theme.TITLE).move_to(self.plot.at(*ahead(22, 1.5)))
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
        chart = self.chart
        self.way = self.plot.live_arrow(lambda: (AT, ahead(self.angle.get_value())), theme.INK)
        self.slope = self.readout(
            self.label("slope"), lambda: chart.slope, color=theme.SLOPE, sign=True
        )
        self.second_row.place(self.slope, across=0.0)
        with self.beat("rotate") as beat:
            self.play(FadeOut(self.candidates), FadeIn(chart.frame, self.slope), run_time=0.5)
            self.add(chart.trace, chart.pen, self.way)
            self.play(self.angle.animate.set_value(0.0), run_time=beat.to("along-x"))
            self.add(chart.mark(DOWN + RIGHT))
            self.wait(0.55 * beat.to("along-y"))  # while its slope is told
            self.play(self.angle.animate.set_value(90.0), run_time=beat.to("along-y"))
            self.add(chart.mark(UP + RIGHT))
            self.wait(0.6 * beat.remaining)
            self.play(self.angle.animate.set_value(150.0), run_time=beat.remaining)

    def find_the_peak(self) -> None:
        tip = ahead(PEAK, SCALE * BEST.slope)
        self.up = self.plot.live_arrow(lambda: (AT, tip)).clear_updaters()
        name = self.formula(
            'gradient(vec(delim: "[", #a, #b))', a=GRADIENT[0], b=GRADIENT[1], size=theme.SMALL
        )
        name.next_to(self.plot.at(*tip), RIGHT, buff=0.15)
        with self.beat("steepest-up") as beat:
            self.play(self.angle.animate.set_value(PEAK), run_time=beat.to("peak"))
            self.play(Flash(self.chart.pen, color=theme.GRADIENT), run_time=0.5)
            self.add(self.chart.mark(UP))
            self.play(
                GrowFromPoint(self.up, self.plot.at(*AT)),
                FadeOut(self.way),
                FadeIn(name),
                run_time=0.8,
            )
            self.play(Indicate(self.up, color=theme.GRADIENT), run_time=0.7)
        self.up_name = name

    def find_the_trough(self) -> None:
        tip = ahead(PEAK + 180, SCALE * BEST.slope)
        self.down = hollow(self.plot.live_arrow(lambda: (AT, tip)).clear_updaters())
        with self.beat("steepest-down") as beat:
            self.add(self.way)
            self.play(self.angle.animate.set_value(PEAK + 180), run_time=beat.to("trough"))
            self.play(Flash(self.chart.pen, color=theme.GRADIENT), run_time=0.5)
            self.add(self.chart.mark(DOWN + LEFT))
            self.play(GrowFromPoint(self.down, self.plot.at(*AT)), FadeOut(self.way), run_time=0.8)
            self.play(self.chart.reached.animate.set_value(LAST), run_time=0.6 * beat.remaining)

    def follow_the_contour(self) -> None:
        sideways = np.degrees(np.arctan2(*level_tangent(F, AT)[::-1]))
        with self.beat("along-contour") as beat:
            self.add(self.way)
            self.play(self.angle.animate.set_value(sideways), run_time=beat.to("unchanged"))
            self.add(self.chart.mark(UP + RIGHT))
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
        bowl, near = self.bowl, CloseLook(self.regions.figure, self.angle)
        law = self.label("projection", size=theme.HEADING)
        self.first_row.place(law, across=0.0)
        far = VGroup(bowl.space.floor, bowl.names, bowl.rings, self.level, self.dot)
        with self.beat("cosine") as beat:
            self.remove(*far)
            self.play(
                *zoom(self.plot, far.copy().clear_updaters(), near.plot, near.map),
                FadeOut(self.witnesses, self.value),
                run_time=0.3 * beat.to("theta"),
            )
            self.play(FadeIn(near.gradient, near.name, near.way), Write(law), run_time=0.9)
            self.play(
                FadeIn(near.shadow, near.drop),
                self.angle.animate.set_value(PEAK + 60),
                run_time=beat.to("theta"),
            )
            self.play(Create(near.arc), FadeIn(near.theta), run_time=0.6)
            self.play(self.angle.animate.set_value(PEAK + 20), run_time=0.4 * beat.remaining)
            self.play(self.angle.animate.set_value(PEAK - 50), run_time=0.8 * beat.remaining)
        self.angle_picture = VGroup(
            near.map, near.gradient, near.name, near.way,
            near.shadow, near.drop, near.arc, near.theta, law,
        )  # fmt: skip

    def climb_and_descend(self) -> None:
        bowl, space, chart = self.bowl, self.bowl.space, self.chart
        here = lifted(np.array(AT))
        climb = lifted(np.array(ahead(PEAK, ON_BOWL_UP)))
        descent = lifted(np.array(ahead(PEAK + 180, ON_BOWL_DOWN)))
        plus, minus = (self.plate(f"gradient({sign} nabla f)") for sign in "+-")
        words = self.first_row.place(self.label("ascending"), across=0.0)
        other_words = self.second_row.place(self.label("descending"), across=0.0)
        self.ball = space.dot(here)
        with self.beat("both-signs") as beat:
            bowl.rings.set_stroke(opacity=1.0)
            self.play(
                FadeOut(self.angle_picture, self.slope),
                FadeOut(chart.frame, chart.trace, chart.pen, chart.marks),
                FadeIn(space.floor, bowl.names, bowl.rings, self.ball),
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
                GrowFromPoint(up, space.at(*here)),
                FadeIn(plus, words),
                run_time=0.5 * beat.to("descent"),
            )
            beat.until("descent")
            self.play(
                GrowFromPoint(down, space.at(*here)), FadeIn(minus, other_words), run_time=1.0
            )
            self.play(Indicate(down, color=theme.GRADIENT), run_time=0.9)
        self.climbing, self.down, self.minus = VGroup(up, plus, words, other_words), down, minus

    def take_one_step(self) -> None:
        bowl, space = self.bowl, self.bowl.space
        run = trajectory(F, AT, optimizer("SGD", lr=LR), STEPS)
        step = ValueTracker(0.0)

        def walked(steps: float | np.ndarray) -> np.ndarray:
            return np.stack([np.interp(steps, range(STEPS + 1), a) for a in run.points.T], axis=-1)

        def point() -> np.ndarray:
            return walked(step.get_value())

        ball = space.dot(lambda: lifted(point()))
        trail = space.curve(
            lambda: lifted(walked(np.linspace(0, step.get_value(), 30))), theme.GRADIENT, over=True
        )
        ring = bowl.ring(lambda: F(point()), width=theme.BOLD)
        value = self.readout(self.label("loss-value"), lambda: F(point()), color=theme.OUTPUT)
        self.first_row.place(value, across=0.0)
        name = self.label("descent", size=theme.HEADING, color=theme.GRADIENT)
        self.second_row.place(name, across=0.0)
        of_loss = self.plate("gradient(- nabla L)").move_to(self.minus)
        with self.beat("seed-of-descent") as beat:
            self.remove(self.ball)
            self.add(trail, ball)
            self.play(
                FadeOut(self.climbing),
                FadeIn(ring, value),
                ReplacementTransform(self.minus, of_loss),
                run_time=0.5,
            )
            beat.until("step")
            self.play(step.animate.set_value(1.0), run_time=0.35 * beat.remaining)
            self.play(FadeOut(self.down, of_loss), Write(name), run_time=0.35 * beat.remaining)
            self.play(
                step.animate(rate_func=linear).set_value(STEPS), run_time=0.9 * beat.remaining
            )

    # -- small pieces ------------------------------------------------------------------------

    def on_level(self) -> tuple[float, float]:
        """A point of the level curve through the point where we stand."""
        shares = np.linspace(0, 1, len(self.level_points))
        x, y = (np.interp(self.along.get_value(), shares, axis) for axis in self.level_points.T)
        return float(x), float(y)

    def segment(self, start: np.ndarray, end: np.ndarray) -> Line:
        """A straight piece of the plane."""
        return Line(
            self.plot.at(*start), self.plot.at(*end), stroke_color=theme.INK,
            stroke_width=theme.STROKE,
        )  # fmt: skip

    def plate(self, markup: str) -> Typeset:
        """A formula that stands out from the bowl."""
        formula = self.formula(markup)
        formula.add_background_rectangle(theme.BACKGROUND, opacity=0.8, buff=0.1)
        return formula.set_z_index(4)
