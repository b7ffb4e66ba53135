"""Loss measures the error; down its hill in fog, by the slope underfoot, goes gradient descent."""

from __future__ import annotations

import numpy as np
from manim import (
    DOWN,
    LEFT,
    RIGHT,
    UP,
    Arrow,
    Create,
    DashedLine,
    Dot,
    FadeIn,
    FadeOut,
    Indicate,
    LaggedStart,
    Line,
    ReplacementTransform,
    RoundedRectangle,
    ShowPassingFlash,
    ValueTracker,
    VGroup,
    VMobject,
    Write,
    linear,
    there_and_back,
)

from lessonkit.stage import LessonScene, Plot, Region, Space, theme
from lessonkit.stage.space import ABOVE
from mathcore import (
    function,
    optimizer,
    quadratic,
    surface,
    tangent_line,
    trajectory,
    two_valleys,
)
from scenes.descent import Walk, contours, live_bar
from scenes.hill import FoggyHill
from scenes.pictures import Gauge, Knob, descent_icon, gradient_icon, network

TARGET, PREDICTED = 0.8, 0.25  # what the model should say, and what it says at first
LEARNING, HOPS = 10, 5  # steps in which it gets there; those that are taken one by one
FULL = 0.9  # share of the gauge that the first loss takes
START, RATE, STEPS = 3.0, 0.2, 4  # four steps on the square
HIGHEST = 11  # loss that has room in their picture
LANDSCAPE = function(f"{two_valleys().expression} + 0.7*u**2", ("w", "u"))
STARTS = ((2.0, 1.2), (-2.0, 1.2))
LANDSCAPE_RATE, LANDSCAPE_STEPS = 0.1, 24
LEVELS = (-1.4, -1.15, -0.9, -0.65, -0.35, 0.0, 0.5, 1.2, 2.2)


class WhyDescend(LessonScene):
    """error → loss → fog → loop → the diagram → steps that shrink → two valleys → plan."""

    def construct(self) -> None:
        self.measure_the_error()
        self.push_the_loss_down()
        self.name_the_technique()
        self.stand_in_the_fog()
        self.feel_the_slope()
        self.close_the_loop()
        self.redraw_the_diagram()
        self.compare_the_steps()
        self.see_two_valleys()
        self.plan_the_chapter()

    def measure_the_error(self) -> None:
        above, self.below = self.regions.content.split(0.74, 0.26, gap=0.2)
        model, bars, meter = above.columns(0.3, 0.36, 0.34, gap=0.4)
        loss = function(f"(p - {TARGET})**2")
        run = trajectory(loss, [PREDICTED], optimizer("SGD", lr=0.2), LEARNING).points[:, 0]
        self.fit, grown, power = ValueTracker(0.0), ValueTracker(0.0), ValueTracker(0.0)

        def predicted() -> float:
            return float(np.interp(self.fit.get_value(), np.arange(len(run)), run))

        net = model.place(network((3, 4, 3, 1), width=3.4, height=2.8))
        chart = Plot((0, 3), (0, 1), bars, x_name="", numbers=False)
        prediction = live_bar(
            chart, 0.9, lambda: grown.get_value() * predicted(), theme.OUTPUT, width=0.8
        )
        target = live_bar(chart, 2.1, lambda: TARGET, theme.INK, width=0.8)
        level = DashedLine(
            chart.at(0.3, TARGET), chart.at(1.7, TARGET), color=theme.INK, stroke_width=theme.THIN
        )
        error = chart.live_segment(
            lambda: ((0.9, predicted()), (0.9, max(TARGET, predicted() + 1e-4))), theme.LOSS
        ).set_stroke(width=theme.BOLD)
        names = VGroup(
            self.label("prediction", size=theme.SMALL, color=theme.OUTPUT).next_to(
                chart.at(0.9, 0), DOWN, buff=0.15
            ),
            self.label("target", size=theme.SMALL).next_to(chart.at(2.1, 0), DOWN, buff=0.15),
        )
        wrong = self.label("error", size=theme.SMALL, color=theme.LOSS)
        wrong.add_updater(lambda m: m.next_to(error, LEFT, buff=0.15))
        full = loss(PREDICTED)
        gauge = Gauge(
            lambda: power.get_value() * FULL * loss(predicted()) / full,
            radius=1.7,
            color=theme.LOSS,
        )
        meter.place(gauge, up=0.35)
        gauge_name = self.label("loss", bold=True, color=theme.LOSS)
        gauge_name.next_to(gauge.hub.get_center(), DOWN, buff=0.3)
        with self.beat("aim") as beat:
            self.play(Write(self.heading()), FadeIn(net), run_time=1.0)
            pulse = [
                ShowPassingFlash(line.copy().set_stroke(theme.OUTPUT, 6), time_width=0.7)
                for layer in net[0]
                for line in layer
            ]
            self.play(LaggedStart(*pulse, lag_ratio=0.03), FadeIn(chart.axes), run_time=1.0)
            self.add(prediction)
            self.play(grown.animate.set_value(1.0), FadeIn(names[0]), run_time=0.8)
            self.play(FadeIn(target, names[1]), Create(level), run_time=0.8)
            beat.until("error")
            self.play(Create(error), FadeIn(wrong, gauge, gauge_name), run_time=0.6)
            self.play(power.animate.set_value(1.0), run_time=0.7 * beat.remaining)
        self.error, self.wrong = error, wrong
        self.gauge = gauge
        self.model = VGroup(net, chart.axes, prediction, target, level, names)
        self.meter = VGroup(gauge, gauge_name)

    def push_the_loss_down(self) -> None:
        goal = self.label("goal", size=theme.HEADING)
        self.goal = self.below.place(goal, across=0.02, up=0.4)
        with self.beat("minimize") as beat:
            half = 0.5 * beat.to("push-down")
            self.play(self.fit.animate.set_value(1.4), run_time=half)
            self.play(self.fit.animate.set_value(0.0), run_time=0.9 * beat.to("push-down"))
            beat.until("push-down")
            self.play(Write(goal), run_time=0.8)
            self.play(
                self.fit.animate.set_value(LEARNING),
                FadeOut(self.wrong, rate_func=lambda t: min(1.0, 4 * t)),
                run_time=0.7 * beat.remaining,
            )

    def name_the_technique(self) -> None:
        word = self.label("technique", size=theme.TITLE, bold=True, color=theme.GRADIENT)
        self.below.place(word, across=0.97, up=0.4)
        how = Arrow(
            self.goal.get_right(), word.get_left(), buff=0.25, color=theme.MUTED, stroke_width=6
        )
        with self.beat("technique") as beat:
            self.play(Create(how), self.fit.animate.set_value(0.0), run_time=0.7)
            self.play(Write(word), run_time=1.4)
            for step in range(1, HOPS + 1):  # one step after the other, not in one go
                self.play(self.fit.animate.set_value(step), run_time=0.16 * beat.remaining)
            self.play(self.fit.animate.set_value(LEARNING), run_time=0.8 * beat.remaining)
        self.opening = VGroup(self.model, self.error, self.meter, self.goal, how, word)

    def stand_in_the_fog(self) -> None:
        self.world = world = FoggyHill(self.regions.content)
        with self.beat("fog") as beat:
            self.play(FadeOut(self.opening), run_time=0.5)
            self.play(FadeIn(world.ground, world.walker), run_time=0.8)
            self.play(
                world.fog.animate.set_value(1.0),
                FadeIn(world.clouds),
                world.drift.animate(rate_func=linear).set_value(0.5),
                run_time=beat.to("hidden"),
            )
            self.play(world.drift.animate(rate_func=linear).set_value(1.0), run_time=beat.remaining)

    def feel_the_slope(self) -> None:
        world = self.world
        self.slope = self.readout(
            self.label("slope", color=theme.SLOPE), world.slope, color=theme.SLOPE, sign=True
        )
        self.slope.add_updater(
            lambda m: m.next_to(world.walker, RIGHT, buff=0.5, aligned_edge=UP), call_updater=True
        )
        with self.beat("feel-the-slope") as beat:
            self.play(Create(world.tangent), run_time=0.8)
            self.play(FadeIn(self.slope), run_time=0.5)
            self.play(Indicate(world.tangent, color=theme.SLOPE), run_time=0.9)
            self.play(FadeIn(world.marks), run_time=0.4)
            beat.until("first-step")
            self.play(self.walk_to(1), run_time=beat.to("feel-again"))
            self.play(
                Indicate(world.tangent, color=theme.SLOPE), run_time=0.9 * beat.to("second-step")
            )
            beat.until("second-step")
            self.play(self.walk_to(2), run_time=beat.remaining)

    def walk_to(self, step: int) -> object:
        """Let the walker go on to where a step ends."""
        return self.world.clock.animate.set_value(step)

    def close_the_loop(self) -> None:
        room = self.regions.content
        box = Region(room.point(0.54)[0], room.right - 0.1, room.point(0, 0.52)[1], room.top - 0.05)
        places = ((0.5, 1.0), (1.0, 0.0), (0.0, 0.0))
        nodes = VGroup()
        for name, (across, up) in zip(("find", "step", "repeat"), places, strict=True):
            text = self.label(name, size=theme.SMALL)
            frame = RoundedRectangle(
                width=text.width + 0.5, height=text.height + 0.4, corner_radius=0.2,
                stroke_color=theme.MUTED, stroke_width=theme.THIN,
            )  # fmt: skip
            node = VGroup(frame.set_fill(theme.PANEL, 1), text.move_to(frame))
            nodes.add(box.place(node, across=across, up=up))
        find, step, repeat = nodes
        ways = VGroup(
            curved(find.get_right(), step.get_top() + 0.3 * RIGHT),
            curved(step.get_left(), repeat.get_right(), bend=0.0),
            curved(repeat.get_top() + 0.3 * LEFT, find.get_left()),
        )
        with self.beat("loop") as beat:
            self.play(
                FadeOut(self.slope, self.world.clouds),
                self.world.fog.animate.set_value(0.0),
                run_time=0.8,
            )
            self.play(FadeIn(find, shift=0.2 * UP), self.lit(find), run_time=0.6)
            self.play(Indicate(self.world.tangent, color=theme.SLOPE), run_time=0.8)
            self.play(Create(ways[0]), run_time=0.8 * beat.to("opposite"))
            beat.until("opposite")
            self.play(FadeIn(step, shift=0.2 * LEFT), self.lit(step), run_time=0.6)
            self.play(self.walk_to(3), run_time=0.6 * beat.to("repeat"))
            self.play(Create(ways[1]), run_time=0.8 * beat.to("repeat"))
            beat.until("repeat")
            self.play(FadeIn(repeat), self.lit(repeat), run_time=0.4)
            self.play(Create(ways[2]), self.walk_to(4), run_time=0.9 * beat.remaining)
        self.circle = VGroup(nodes, ways)

    def lit(self, node: VGroup) -> object:
        return node[0].animate.set_stroke(theme.GRADIENT, theme.STROKE)

    def redraw_the_diagram(self) -> None:
        self.square = quadratic([2])
        self.run = trajectory(self.square, [START], optimizer("SGD", lr=RATE), STEPS)
        w = self.run.points[:, 0]
        self.graph = self.plot(
            (-1.6, 4.6),
            (0, HIGHEST, 2),
            region=self.regions.figure.columns(0.93, 0.07)[0],
            x_name=self.script.label("weights"),
            numbers=False,
        )
        loss_name = self.label("loss", size=theme.SMALL, color=theme.LOSS)
        loss_name.next_to(self.graph.at(0, HIGHEST), UP, buff=0.05)
        curve = self.graph.curve(self.square, theme.LOSS)
        world, ridge = self.world, self.world.ridge()
        clock = ValueTracker(0.0)
        values = self.run.values
        gauge = Gauge(
            lambda: FULL * np.interp(clock.get_value(), range(STEPS + 1), values) / values[0],
            radius=1.7,
            color=theme.LOSS,
        )
        self.regions.side.place(gauge, up=0.35)
        gauge_name = self.label("loss", bold=True, color=theme.LOSS)
        gauge_name.next_to(gauge.hub.get_center(), DOWN, buff=0.3)
        walk = Walk(
            self.graph, np.column_stack([w, self.run.values]), clock.get_value, theme.GRADIENT
        )
        high = self.label("loss-high", size=theme.SMALL)
        high.next_to(self.graph.at(w[0], self.run.values[0]), RIGHT, buff=0.9)
        high_arrow = pointer(high, walk.dot)
        going = self.label("gd-steps", size=theme.SMALL, color=theme.GRADIENT)
        going.next_to(self.graph.at(w[2], self.run.values[2] + 0.5), RIGHT, buff=0.9)
        going_arrow = pointer(going, Dot(self.graph.at(w[2], self.run.values[2])))
        with self.beat("loss-falls") as beat:
            self.remove(world.ground)
            self.add(ridge)
            self.play(
                FadeOut(self.circle, world.walker, world.tangent, world.marks),
                ReplacementTransform(ridge, curve),
                FadeIn(self.graph.frame, loss_name),
                run_time=1.2,
            )
            self.play(
                FadeIn(walk, gauge, gauge_name), Write(high), FadeIn(high_arrow), run_time=1.0
            )
            beat.until("descend")
            self.play(clock.animate(rate_func=linear).set_value(2.0), run_time=0.4 * beat.remaining)
            self.play(
                clock.animate(rate_func=linear).set_value(STEPS),
                Write(going),
                FadeIn(going_arrow),
                run_time=0.85 * beat.remaining,
            )
        self.curve, self.walk = curve, walk
        self.diagram = VGroup(self.graph.frame, loss_name, curve, high, high_arrow)
        self.going = VGroup(walk, going, going_arrow, gauge, gauge_name)

    def compare_the_steps(self) -> None:
        w, heights = self.run.points[:, 0], self.run.values
        lengths = -np.diff(w)
        head, room = self.regions.side.split(0.14, 0.86)
        chart = Plot(
            (-0.6, STEPS - 0.4),
            (0, 1.25 * lengths[0]),
            room,
            x_name="",
            cross=(-1, 0),
            numbers=False,
        )
        title = head.place(self.label("step-length", size=theme.SMALL, color=theme.INPUT))
        walked = ValueTracker(0.0)

        def share(nth: int) -> float:
            """How much of a step is drawn."""
            return float(np.clip(walked.get_value() - nth, 1e-3, 1))

        dots, tangents, moves, bars, values = (VGroup() for _ in range(5))
        for place, height in zip(w, heights, strict=True):
            dots.add(Dot(self.graph.at(place, height), radius=0.08, color=theme.GRADIENT))
        for nth, length in enumerate(lengths):
            line = tangent_line(self.square, at=w[nth])
            reach = 1.1 / np.hypot(1, 0.4 * line.slope)  # about as long on the frame at every dot
            ends = (max(w[nth] - reach, -line.intercept / line.slope), w[nth] + reach)
            tangents.add(
                Line(
                    *(self.graph.at(x, line.slope * x + line.intercept) for x in ends),
                    stroke_color=theme.SLOPE,
                    stroke_width=theme.BOLD,
                )
            )
            moves.add(
                self.graph.live_segment(
                    lambda nth=nth: (
                        (w[nth], heights[nth]),
                        (w[nth] - share(nth) * lengths[nth], heights[nth]),
                    ),
                    theme.INPUT,
                )
            )
            bars.add(live_bar(chart, nth, lambda nth=nth: share(nth) * lengths[nth], theme.INPUT))
            value = self.formula("#v", v=length, size=theme.SMALL, color=theme.INPUT)
            values.add(value.next_to(chart.at(nth, length), UP, buff=0.12))
        with self.beat("steps-shrink") as beat:
            self.play(FadeOut(self.going), FadeIn(dots, title, chart.axes), run_time=0.6)
            bright = self.curve.copy().set_stroke(theme.INK, 1.4 * theme.BOLD)
            self.play(ShowPassingFlash(bright, time_width=0.5), run_time=0.8 * beat.to("smaller"))
            beat.until("smaller")
            room_each = 0.92 * beat.remaining / STEPS
            for nth in range(STEPS):
                pale = [tangents[nth - 1].animate.set_stroke(opacity=0.35)] if nth else []
                self.play(Create(tangents[nth]), *pale, run_time=0.4 * room_each)
                self.add(moves[nth], bars[nth])
                self.play(
                    walked.animate.set_value(nth + 1), FadeIn(values[nth]), run_time=0.6 * room_each
                )
        self.diagram.add(dots, title, chart.axes, tangents, moves, bars, values)

    def see_two_valleys(self) -> None:
        left, right = self.regions.content.columns(0.52, 0.48, gap=0.4)
        x, u = (-2.2, 2.2), (-1.0, 1.6)  # its near wall is cut away, to look inside
        names = {"x_name": "$input(w_1)$", "y_name": "$input(w_2)$", "numbers": False}
        ground = Plot(
            x, u, left.columns(0.06, 0.88, 0.06)[1], equal_units=True, x_name="", numbers=False
        )
        space = Space(ground, (-1.9, 3.7), height=2.6, turn=0.0, tilt=ABOVE)
        space.rise.set_value(0.0)
        sheet = space.surface(surface(LANDSCAPE, x, u, (25, 35)), theme.LOSS)
        flat = Plot(x, u, right, equal_units=True, **names)
        levels = contours(flat, LANDSCAPE, LEVELS)
        clocks = [ValueTracker(0.0), ValueTracker(0.0)]
        runs = [
            trajectory(LANDSCAPE, start, optimizer("SGD", lr=LANDSCAPE_RATE), LANDSCAPE_STEPS)
            for start in STARTS
        ]
        colors = (theme.GRADIENT, theme.INK)
        walks = [
            Walk(flat, run.points, clock.get_value, color)
            for run, clock, color in zip(runs, clocks, colors, strict=True)
        ]
        paths = [
            self.on_the_surface(space, run.points, clock, color)
            for run, clock, color in zip(runs, clocks, colors, strict=True)
        ]
        ends = [self.valley_reached(run.points[-1]) for run in runs]
        for end, run in zip(ends, runs, strict=True):
            end.next_to(flat.at(run.points[-1, 0], u[0]), DOWN, buff=0.15)
        with self.beat("two-valleys") as beat:
            self.play(FadeOut(self.diagram), run_time=0.4)
            self.play(FadeIn(sheet, flat.frame, levels), run_time=0.5)
            self.play(
                space.tilt.animate.set_value(0.8),
                space.turn.animate.set_value(-0.36),
                space.rise.animate.set_value(1.0),
                run_time=1.1,
            )
            self.play(FadeIn(paths[0], walks[0]), run_time=0.3)
            self.play(self.tick(clocks[0]), run_time=0.9 * beat.to("other-start"))
            self.play(FadeIn(ends[0]), run_time=beat.to("other-start"))
            self.play(FadeIn(paths[1], walks[1]), run_time=0.3)
            self.play(
                self.tick(clocks[1]),
                space.turn.animate.set_value(-0.2),
                run_time=0.7 * beat.remaining,
            )
            self.play(FadeIn(ends[1]), run_time=0.4)
        self.landscape = VGroup(sheet, flat.frame, levels, *walks, *paths, *ends)

    def valley_reached(self, point: np.ndarray) -> VGroup:
        """Where a run ended, and how deep that is."""
        return VGroup(
            self.formula("input(w_1 = #w)", w=round(point[0], 2), size=theme.SMALL),
            self.formula("loss(L = #l)", l=round(LANDSCAPE(point), 2), size=theme.SMALL),
        ).arrange(DOWN, buff=0.15, aligned_edge=LEFT)

    def tick(self, clock: ValueTracker) -> object:
        return clock.animate.set_value(LANDSCAPE_STEPS)

    def on_the_surface(
        self, space: Space, points: np.ndarray, clock: ValueTracker, color: str
    ) -> VGroup:
        """The same run lifted onto the surface, up to the step the clock gives."""

        def lifted(step: float) -> np.ndarray:
            place = [np.interp(step, np.arange(len(points)), axis) for axis in points.T]
            return np.array([*place, LANDSCAPE(place)])

        def passed() -> np.ndarray:
            return np.array([lifted(s) for s in np.linspace(0, max(clock.get_value(), 1e-3), 60)])

        marks = VGroup()
        for nth in range(len(points)):
            mark = space.dot(lifted(nth), color).scale(0.5)
            mark.add_updater(
                lambda m, nth=nth: m.set_opacity(float(clock.get_value() >= nth)),
                call_updater=True,
            )
            marks.add(mark)
        return VGroup(
            space.curve(passed, color, width=theme.STROKE),
            marks,
            space.dot(lambda: lifted(clock.get_value()), color),
        )

    def plan_the_chapter(self) -> None:
        columns = self.regions.content.columns(*[1] * 4, gap=0.3)
        icons = (descent_icon(), Knob(lambda: 0.55), optimizers_icon(), loop_icon())
        names = ("plan-gd", "plan-rate", "plan-optimizers", "plan-loop")
        cards = []
        for column, icon, name in zip(columns, icons, names, strict=True):
            panel = RoundedRectangle(
                width=column.width, height=0.86 * column.height, corner_radius=0.2
            ).set_fill(theme.PANEL, 1)
            panel.set_stroke(theme.FAINT, theme.THIN).move_to(column.point())
            label = self.label(name, size=theme.SMALL, bold=True)
            cards.append(
                VGroup(
                    panel,
                    icon.move_to(column.point(0.5, 0.6)),
                    label.move_to(column.point(0.5, 0.2)),
                )
            )
        for card in cards:
            card[2].shift((cards[0][2].baseline - card[2].baseline) * UP)
        with self.beat("chapter-plan") as beat:
            self.play(FadeOut(self.landscape), run_time=0.6)
            for card, mark in zip(
                cards, ("plan-lr", "plan-optimizers", "plan-loop", ""), strict=True
            ):
                self.play(FadeIn(card, shift=0.3 * UP), run_time=0.6)
                if mark:
                    beat.until(mark)
            self.play(
                LaggedStart(
                    *(
                        FadeIn(
                            card[0].copy().set_fill(opacity=0).set_stroke(theme.GRADIENT),
                            rate_func=there_and_back,
                        )
                        for card in cards
                    ),
                    lag_ratio=0.3,
                ),
                run_time=0.8 * beat.remaining,
            )


# -- small pieces ------------------------------------------------------------------------------


def curved(start: np.ndarray, end: np.ndarray, bend: float = -0.7) -> Arrow:
    """An arrow of the loop."""
    return Arrow(
        start, end, buff=0.12, path_arc=bend, color=theme.MUTED, stroke_width=5, tip_length=0.22
    )


def pointer(text: VMobject, at: VMobject) -> Arrow:
    """From a text on the right to what it names."""
    return Arrow(
        text.get_left(),
        at.get_center(),
        buff=0.14,
        color=theme.MUTED,
        stroke_width=4,
        tip_length=0.2,
    )


def optimizers_icon() -> VGroup:
    """Two ways to one minimum."""
    rings = gradient_icon()[0]
    centre = rings.get_center()
    ways = VGroup()
    for color, corners in (
        (theme.GRADIENT, ((-0.9, 0.1), (-0.7, -0.3), (-0.45, 0.22), (-0.2, -0.1), (0, 0))),
        (theme.VELOCITY, ((0.85, 0.3), (0.5, 0.02), (0.2, -0.08), (0, 0))),
    ):
        way = VMobject(stroke_color=color, stroke_width=theme.STROKE)
        way.set_points_as_corners([centre + np.array([x, y, 0.0]) for x, y in corners])
        ways.add(way)
    return VGroup(rings, ways)


def loop_icon() -> VGroup:
    """Round and round."""
    return VGroup(
        *(
            Arrow(
                0.8 * side, -0.8 * side, buff=0.12, path_arc=2.6, color=theme.SLOPE, stroke_width=6
            )
            for side in (UP, DOWN)
        )
    )
