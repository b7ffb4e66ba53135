"""Loss measures the error; down its hill in fog, by the slope underfoot, goes gradient descent."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from manim import (
    DOWN,
    LEFT,
    RIGHT,
    UP,
    Arrow,
    Create,
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

from lessonkit.stage import LessonScene, Region, theme
from mathcore import optimizer, quadratic, tangent_line, trajectory
from scenes.descent import Walk
from scenes.hill import FoggyHill
from scenes.landscape import Descent, Landscape
from scenes.pictures import Gauge, Knob, descent_icon, loop_icon, network, optimizers_icon
from scenes.prediction import LEARNING, Prediction
from scenes.steps import StepBars

FULL = 0.9  # share of the gauge that the first loss takes
HOPS = 5  # steps of the training that are taken one by one
START, RATE, STEPS = 3.0, 0.2, 4  # four steps on the square
HIGHEST = 11  # loss that has room in their picture
STARTS = (((2.0, 1.2), theme.GRADIENT), ((-2.0, 1.2), theme.INK))  # in the two valleys


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
        net = model.place(network((3, 4, 3, 1), width=3.4, height=2.8))
        self.guess = guess = Prediction(
            bars,
            self.label("prediction", size=theme.SMALL, color=theme.OUTPUT),
            self.label("target", size=theme.SMALL),
            self.label("error", size=theme.SMALL, color=theme.LOSS),
        )
        power = ValueTracker(0.0)
        gauge = self.loss_gauge(meter, lambda: power.get_value() * guess.loss_share())
        pulse = [
            ShowPassingFlash(line.copy().set_stroke(theme.OUTPUT, 6), time_width=0.7)
            for layer in net[0]
            for line in layer
        ]
        with self.beat("aim") as beat:
            self.play(Write(self.heading()), FadeIn(net), run_time=1.0)
            self.play(LaggedStart(*pulse, lag_ratio=0.03), FadeIn(guess.axes), run_time=1.0)
            self.add(guess.bar)
            self.play(guess.grown.animate.set_value(1.0), FadeIn(guess.name), run_time=0.8)
            self.play(FadeIn(guess.target, guess.target_name), Create(guess.level), run_time=0.8)
            beat.until("error")
            self.play(Create(guess.error), FadeIn(guess.error_name, gauge), run_time=0.6)
            self.play(power.animate.set_value(1.0), run_time=0.7 * beat.remaining)
        self.opening = VGroup(net, guess.all, gauge)

    def loss_gauge(self, region: Region, share: Callable[[], float]) -> VGroup:
        """A gauge for a share of the first loss, with its name."""
        gauge = Gauge(lambda: FULL * share(), radius=1.7, color=theme.LOSS)
        region.place(gauge, up=0.35)
        name = self.label("loss", bold=True, color=theme.LOSS)
        return VGroup(gauge, name.next_to(gauge.hub.get_center(), DOWN, buff=0.3))

    def push_the_loss_down(self) -> None:
        fit = self.guess.fit
        self.goal = self.label("goal", size=theme.HEADING)
        self.below.place(self.goal, across=0.02, up=0.4)
        with self.beat("minimize") as beat:
            half = 0.5 * beat.to("push-down")
            self.play(fit.animate.set_value(1.4), run_time=half)
            self.play(fit.animate.set_value(0.0), run_time=0.9 * beat.to("push-down"))
            beat.until("push-down")
            self.play(Write(self.goal), run_time=0.8)
            self.play(
                fit.animate.set_value(LEARNING),
                FadeOut(self.guess.error_name, rate_func=lambda t: min(1.0, 4 * t)),
                run_time=0.7 * beat.remaining,
            )

    def name_the_technique(self) -> None:
        fit = self.guess.fit
        word = self.label("technique", size=theme.TITLE, bold=True, color=theme.GRADIENT)
        self.below.place(word, across=0.97, up=0.4)
        how = Arrow(
            self.goal.get_right(), word.get_left(), buff=0.25, color=theme.MUTED, stroke_width=6
        )
        with self.beat("technique") as beat:
            self.play(Create(how), fit.animate.set_value(0.0), run_time=0.7)
            self.play(Write(word), run_time=1.4)
            for step in range(1, HOPS + 1):  # one step after the other, not in one go
                self.play(fit.animate.set_value(step), run_time=0.16 * beat.remaining)
            self.play(fit.animate.set_value(LEARNING), run_time=0.8 * beat.remaining)
        self.opening.add(self.goal, how, word)

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
        clock, values = ValueTracker(0.0), self.run.values
        walk = Walk(self.graph, np.column_stack([w, values]), clock.get_value, theme.GRADIENT)
        gauge = self.loss_gauge(
            self.regions.side,
            lambda: float(np.interp(clock.get_value(), range(STEPS + 1), values)) / values[0],
        )
        high = self.label("loss-high", size=theme.SMALL)
        high.next_to(self.graph.at(w[0], values[0]), RIGHT, buff=0.9)
        high_arrow = pointer(high, walk.dot)
        going = self.label("gd-steps", size=theme.SMALL, color=theme.GRADIENT)
        going.next_to(self.graph.at(w[2], values[2] + 0.5), RIGHT, buff=0.9)
        going_arrow = pointer(going, Dot(self.graph.at(w[2], values[2])))
        with self.beat("loss-falls") as beat:
            self.remove(world.ground)
            self.add(ridge)
            self.play(
                FadeOut(self.circle, world.walker, world.tangent, world.marks),
                ReplacementTransform(ridge, curve),
                FadeIn(self.graph.frame, loss_name),
                run_time=1.2,
            )
            self.play(FadeIn(walk, gauge), Write(high), FadeIn(high_arrow), run_time=1.0)
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
        self.going = VGroup(walk, going, going_arrow, gauge)

    def compare_the_steps(self) -> None:
        w, heights = self.run.points[:, 0], self.run.values
        walked = ValueTracker(0.0)
        steps = StepBars(
            self.regions.side,
            self.label("step-length", size=theme.SMALL, color=theme.INPUT),
            -np.diff(w),
            walked.get_value,
        )
        places = zip(w, heights, strict=True)
        dots = VGroup(
            *(Dot(self.graph.at(*at), radius=0.08, color=theme.GRADIENT) for at in places)
        )
        tangents = [self.tangent(at) for at in w]
        moves = [
            self.graph.live_segment(
                lambda n=n: ((w[n], heights[n]), (w[n] - steps.walked(n), heights[n])), theme.INPUT
            )
            for n in range(STEPS)
        ]
        bright = self.curve.copy().set_stroke(theme.INK, 1.4 * theme.BOLD)
        with self.beat("steps-shrink") as beat:
            self.play(FadeOut(self.going), FadeIn(dots, steps.ground), run_time=0.6)
            self.play(ShowPassingFlash(bright, time_width=0.5), run_time=0.8 * beat.to("smaller"))
            beat.until("smaller")
            room_each = 0.92 * beat.remaining / STEPS
            for nth in range(STEPS):
                pale = [tangents[nth - 1].animate.set_stroke(opacity=0.4)] if nth else []
                self.play(Create(tangents[nth]), *pale, run_time=0.4 * room_each)
                self.add(moves[nth], steps.bars[nth])
                self.play(
                    walked.animate.set_value(nth + 1),
                    FadeIn(steps.values[nth]),
                    run_time=0.6 * room_each,
                )
        self.diagram.add(dots, steps.all, *tangents, *moves)

    def tangent(self, at: float) -> Line:
        """A piece of the square's tangent, about as long on the frame at every place."""
        line = tangent_line(self.square, at=at)
        reach = 1.1 / np.hypot(1, 0.4 * line.slope)
        ends = (max(at - reach, -line.intercept / line.slope), at + reach)  # down to the axis
        drawn = Line(*(self.graph.at(x, line.slope * x + line.intercept) for x in ends))
        return drawn.set_stroke(theme.SLOPE, theme.BOLD).set_z_index(-1)  # under the curve

    def see_two_valleys(self) -> None:
        land = Landscape(*self.regions.content.columns(0.52, 0.48, gap=0.4))
        space = land.space
        runs = [Descent(land, start, color) for start, color in STARTS]
        with self.beat("two-valleys") as beat:
            self.play(FadeOut(self.diagram), run_time=0.4)
            self.play(FadeIn(land.ground), run_time=0.5)
            self.play(
                space.tilt.animate.set_value(0.8),
                space.turn.animate.set_value(-0.36),
                space.rise.animate.set_value(1.0),
                run_time=1.1,
            )
            self.play(FadeIn(runs[0].picture), run_time=0.3)
            self.play(runs[0].arrive(), run_time=0.9 * beat.to("other-start"))
            self.play(FadeIn(runs[0].end), run_time=beat.to("other-start"))
            self.play(FadeIn(runs[1].picture), run_time=0.3)
            self.play(
                runs[1].arrive(),
                space.turn.animate.set_value(-0.2),
                run_time=0.7 * beat.remaining,
            )
            self.play(FadeIn(runs[1].end), run_time=0.4)
        self.landscape = VGroup(land.ground, *(VGroup(run.picture, run.end) for run in runs))

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
