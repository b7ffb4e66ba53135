"""Loss measures the error; down its hill in fog, by the slope underfoot, goes gradient descent."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from manim import (
    DOWN,
    LEFT,
    RIGHT,
    UP,
    Arrow,
    Circle,
    Create,
    DashedLine,
    Dot,
    Ellipse,
    FadeIn,
    FadeOut,
    Indicate,
    LaggedStart,
    Line,
    Mobject,
    ReplacementTransform,
    RoundedRectangle,
    ShowPassingFlash,
    ValueTracker,
    VGroup,
    VMobject,
    Write,
    linear,
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
from scenes.pictures import Gauge, Knob, descent_icon, gradient_icon, network

TARGET, PREDICTED = 0.8, 0.25  # what the model should say, and what it says at first
LEARNING = 10  # steps in which it gets there
FULL = 0.9  # share of the gauge that the first loss takes
HILL = function("4.2/(1 + exp(0.9*(x - 4))) + 0.18*sin(1.3*x)")
ON_THE_HILL, STRIDE = 2.2, 1.1  # where the walker stands, and the learning rate of the steps
SEES = (0.7, 1.5)  # how far the hill is clear in the fog, and where it is gone
SLICE = 0.2  # width of a strip of the hill, frame units: whole pixels at every quality
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
                FadeOut(self.wrong, rate_func=lambda t: max(0.0, 2 * t - 1)),
                run_time=0.7 * beat.remaining,
            )

    def name_the_technique(self) -> None:
        word = self.label("technique", size=theme.TITLE, bold=True, color=theme.GRADIENT)
        self.below.place(word, across=0.97, up=0.4)
        how = Arrow(
            self.goal.get_right(), word.get_left(), buff=0.25, color=theme.MUTED, stroke_width=6
        )
        with self.beat("technique") as beat:
            self.play(Create(how), run_time=0.6)
            self.play(Write(word), run_time=1.4)
            self.play(self.fit.animate.set_value(3.0), run_time=0.4 * beat.remaining)
            self.play(self.fit.animate.set_value(LEARNING), run_time=0.8 * beat.remaining)
        self.opening = VGroup(self.model, self.error, self.meter, self.goal, how, word)

    def stand_in_the_fog(self) -> None:
        room = self.regions.content
        self.hill = Plot((0, 10), (-0.6, 4.9), room, x_name="", numbers=False)
        run = trajectory(HILL, [ON_THE_HILL], optimizer("SGD", lr=STRIDE), 6)
        self.places = run.points[:, 0]
        self.clock, self.fog = ValueTracker(0.0), ValueTracker(0.0)
        self.slices = self.cut_the_hill()
        walker = stick_figure()
        walker.add_updater(
            lambda m: m.shift(self.hill.at(self.here(), HILL(self.here())) - m.get_bottom()),
            call_updater=True,
        )
        drift = ValueTracker(0.0)
        clouds = self.clouds(drift)
        with self.beat("fog") as beat:
            self.play(FadeOut(self.opening), run_time=0.5)
            self.play(FadeIn(self.slices, walker), run_time=0.8)
            self.play(
                self.fog.animate.set_value(1.0),
                FadeIn(clouds),
                drift.animate(rate_func=linear).set_value(0.5),
                run_time=beat.to("hidden"),
            )
            self.play(drift.animate(rate_func=linear).set_value(1.0), run_time=beat.remaining)
        self.walker, self.clouds_drawn, self.drift = walker, clouds, drift

    def here(self) -> float:
        """Where the walker is, between two iterates as the clock says."""
        return float(np.interp(self.clock.get_value(), np.arange(len(self.places)), self.places))

    def cut_the_hill(self) -> VGroup:
        """The hill in strips, each as clear as the fog leaves it."""
        left, right = self.hill.at(0, 0)[0], self.hill.at(10, 0)[0]
        edges = np.arange(np.ceil(left / SLICE), np.floor(right / SLICE) + 1) * SLICE
        foot = self.regions.content.bottom
        strips = VGroup()
        for a, b in pairwise(edges):
            xs = 10 * (np.linspace(a, b, 4) - left) / (right - left)
            top = [self.hill.at(x, HILL(x)) for x in xs]
            body = VMobject(fill_color=theme.FAINT, fill_opacity=0.6, stroke_width=0)
            body.set_points_as_corners(
                [*top, np.array([b, foot, 0]), np.array([a, foot, 0]), top[0]]
            )
            edge = VMobject(stroke_color=theme.INK, stroke_width=theme.STROKE)
            edge.set_points_as_corners(top)
            strips.add(VGroup(body, edge))
        middles = 10 * ((edges[:-1] + edges[1:]) / 2 - left) / (right - left)

        def veil(strips: Mobject) -> None:
            far = np.clip((np.abs(middles - self.here()) - SEES[0]) / (SEES[1] - SEES[0]), 0, 1)
            for (body, edge), clear in zip(strips, 1 - self.fog.get_value() * far, strict=True):
                body.set_fill(opacity=0.6 * clear)
                edge.set_stroke(opacity=clear)

        strips.add_updater(veil)
        return strips

    def clouds(self, drift: ValueTracker) -> VGroup:
        """Puffs over the hill, on their way to the right."""
        room = self.regions.content
        puffs = VGroup()
        for across, up, size in (
            (0.05, 0.95, 1.2), (0.1, 0.2, 1.5), (0.42, 0.88, 1.1), (0.52, 0.12, 1.3),
            (0.66, 0.62, 1.5), (0.8, 0.2, 1.2),
        ):  # fmt: skip
            puff = VGroup(
                *(
                    Ellipse(width=w * size, height=h * size).shift(size * np.array([x, y, 0]))
                    for w, h, x, y in (
                        (1.6, 0.5, 0, 0),
                        (0.9, 0.6, -0.2, 0.14),
                        (0.7, 0.4, 0.4, 0.1),
                    )
                )
            )
            puff.set_fill(theme.MUTED, 0.16).set_stroke(width=0)
            puffs.add(room.place(puff, across=across, up=up))
        rest = [puff.get_center() for puff in puffs]

        def move(puffs: Mobject) -> None:
            for puff, place in zip(puffs, rest, strict=True):
                puff.move_to(place + 1.1 * drift.get_value() * RIGHT)

        return puffs.add_updater(move)

    def feel_the_slope(self) -> None:
        def ends() -> tuple[tuple[float, float], tuple[float, float]]:
            x = self.here()
            line = tangent_line(HILL, at=x)
            low, high = ((x + d, line.slope * (x + d) + line.intercept) for d in (-0.75, 0.75))
            return low, high

        self.tangent = self.hill.live_segment(ends, theme.SLOPE).set_stroke(width=theme.BOLD)
        slope = self.readout(
            self.label("slope", color=theme.SLOPE),
            lambda: HILL.derivative()(self.here()),
            color=theme.SLOPE,
            sign=True,
        )
        self.regions.content.place(slope, across=0.92, up=0.93)
        self.marks = VGroup(*(self.mark(nth) for nth in range(len(self.places))))
        with self.beat("feel-the-slope") as beat:
            self.play(Create(self.tangent), run_time=0.8)
            self.play(FadeIn(slope), run_time=0.5)
            self.play(Indicate(self.tangent, color=theme.SLOPE), run_time=0.9)
            self.play(FadeIn(self.marks[0]), run_time=0.4)
            beat.until("first-step")
            self.play(self.clock.animate.set_value(1.0), run_time=beat.to("feel-again"))
            self.add(self.marks[1])
            self.play(
                Indicate(self.tangent, color=theme.SLOPE), run_time=0.9 * beat.to("second-step")
            )
            beat.until("second-step")
            self.play(self.clock.animate.set_value(2.0), run_time=beat.remaining)
            self.add(self.marks[2])
        self.slope = slope

    def mark(self, nth: int) -> Dot:
        x = float(self.places[nth])
        return Dot(self.hill.at(x, HILL(x)), radius=0.08, color=theme.GRADIENT)

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
                FadeOut(self.slope, self.clouds_drawn),
                self.fog.animate.set_value(0.0),
                run_time=0.8,
            )
            self.play(FadeIn(find, shift=0.2 * UP), self.lit(find), run_time=0.6)
            self.play(Indicate(self.tangent, color=theme.SLOPE), run_time=0.8)
            self.play(Create(ways[0]), run_time=0.8 * beat.to("opposite"))
            beat.until("opposite")
            self.play(FadeIn(step, shift=0.2 * LEFT), self.lit(step), run_time=0.6)
            self.play(self.clock.animate.set_value(3.0), run_time=0.6 * beat.to("repeat"))
            self.add(self.marks[3])
            self.play(Create(ways[1]), run_time=0.8 * beat.to("repeat"))
            beat.until("repeat")
            self.play(FadeIn(repeat), self.lit(repeat), run_time=0.4)
            self.play(
                Create(ways[2]), self.clock.animate.set_value(4.0), run_time=0.9 * beat.remaining
            )
            self.add(self.marks[4])
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
        ridge = self.hill.curve(HILL, theme.INK)
        clock = ValueTracker(0.0)
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
            self.remove(self.slices)
            self.add(ridge)
            self.play(
                FadeOut(self.circle, self.walker, self.tangent, self.marks[:5]),
                ReplacementTransform(ridge, curve),
                FadeIn(self.graph.frame, loss_name),
                run_time=1.2,
            )
            self.play(FadeIn(walk), Write(high), FadeIn(high_arrow), run_time=1.0)
            beat.until("descend")
            self.play(clock.animate(rate_func=linear).set_value(2.0), run_time=0.4 * beat.remaining)
            self.play(
                clock.animate(rate_func=linear).set_value(STEPS),
                Write(going),
                FadeIn(going_arrow),
                run_time=0.85 * beat.remaining,
            )
        self.curve, self.walk = curve, walk
        self.notes = VGroup(high, high_arrow, going, going_arrow)
        self.diagram = VGroup(self.graph.frame, loss_name, curve, walk, high, high_arrow)
        self.going = VGroup(going, going_arrow)

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

        tangents, moves, bars, values = VGroup(), VGroup(), VGroup(), VGroup()
        for nth, length in enumerate(lengths):
            line = tangent_line(self.square, at=w[nth])
            reach = 0.7 / np.hypot(1, 0.4 * line.slope)  # about as long on the frame at every dot
            ends = ((w[nth] + d, heights[nth] + line.slope * d) for d in (-reach, reach))
            tangents.add(
                Line(
                    *(self.graph.at(*end) for end in ends),
                    stroke_color=theme.SLOPE,
                    stroke_width=theme.STROKE,
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
            self.play(FadeOut(self.going), FadeIn(title, chart.axes), run_time=0.6)
            bright = self.curve.copy().set_stroke(theme.INK, 1.4 * theme.BOLD)
            self.play(ShowPassingFlash(bright, time_width=0.5), run_time=0.8 * beat.to("smaller"))
            beat.until("smaller")
            room_each = 0.92 * beat.remaining / STEPS
            for nth in range(STEPS):
                self.play(Create(tangents[nth]), run_time=0.4 * room_each)
                self.add(moves[nth], bars[nth])
                self.play(
                    walked.animate.set_value(nth + 1), FadeIn(values[nth]), run_time=0.6 * room_each
                )
        self.diagram.add(title, chart.axes, tangents, moves, bars, values)

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
        ends = VGroup(
            *(
                self.formula("input(w_1 = #w)", w=round(run.points[-1, 0], 2), size=theme.SMALL)
                for run in runs
            )
        )
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
        self.landscape = VGroup(sheet, flat.frame, levels, *walks, *paths, ends)

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
                    *(ShowPassingFlash(glow(card[0]), time_width=0.6) for card in cards),
                    lag_ratio=0.2,
                ),
                run_time=0.8 * beat.remaining,
            )


# -- small pieces ------------------------------------------------------------------------------


def stick_figure() -> VGroup:
    """A person about 0.75 frame units tall."""
    style = {"stroke_color": theme.INPUT, "stroke_width": theme.STROKE}
    neck, hip = 0.5 * UP, 0.26 * UP
    head = Circle(0.11, **style).set_fill(theme.INPUT, 1).move_to(0.62 * UP)
    limbs = [(neck, hip), (hip, 0.12 * LEFT), (hip, 0.12 * RIGHT)]
    limbs += [(0.44 * UP, hip + 0.17 * side) for side in (LEFT, RIGHT)]
    return VGroup(head, *(Line(a, b, **style) for a, b in limbs)).set_z_index(2)


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


def glow(panel: VMobject) -> VMobject:
    """The outline of a card, for a light that runs round it."""
    return panel.copy().set_fill(opacity=0).set_stroke(theme.SLOPE, theme.STROKE)


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
