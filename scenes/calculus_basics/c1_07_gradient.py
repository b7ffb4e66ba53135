"""Slices of a bowl give partial derivatives, these an arrow, and arrows a field."""

from __future__ import annotations

import numpy as np
from manim import (
    DOWN,
    LEFT,
    PI,
    RIGHT,
    UP,
    AnimationGroup,
    Circle,
    Create,
    FadeIn,
    FadeOut,
    Flash,
    GrowFromCenter,
    GrowFromPoint,
    Indicate,
    LaggedStart,
    ReplacementTransform,
    Transform,
    TransformFromCopy,
    ValueTracker,
    VGroup,
    Write,
    linear,
)

from lessonkit.stage import LessonScene, Plot, Region, Typeset, theme
from lessonkit.stage.space import ABOVE
from mathcore import gradient_field, grid, level_curves, optimizer, trajectory
from scenes.bowl import AT, RIM, TILT, Bowl, Effect, F, Slice, X, lifted, zoom
from scenes.model_gradient import LOSS, WEIGHTS, GradientColumn, SmallNetwork
from scenes.pictures import Gauge
from scenes.sliders import slider, sliders

PARTIALS = F.gradient()(AT)
COLUMNS, ROWS = 14, 5  # sliders that stand for very many weights
ASKED = (32, 61, 18, 51)  # sliders that the question hops over
SCALE = 0.25  # axes units that the lone arrow draws for a slope of 1
FIELD = {"x": (-2.0, 2.0), "y": (-1.5, 1.5), "shape": (7, 9)}
FROM_HIGH, FROM_LOW = 0.9, 0.36  # tilts
WIGGLE = 0.2
CLOSE = (0.5, 1.75), (0.75, 1.45)  # the window of a close look at the point
LR, STEPS = 0.03, 12


class GradientFromSlices(LessonScene):
    """many sliders → bowl → two slices → two slopes → a vector → a field → a model's gradient."""

    def construct(self) -> None:
        self.bowl = Bowl(self.regions.figure)
        self.space = self.bowl.space
        self.x, self.y = ValueTracker(-1.5), ValueTracker(-0.9)
        self.rows = self.regions.side.split(0.2, 0.27, 0.27, 0.4, gap=0.12)
        self.one_slider_becomes_many()
        self.raise_the_bowl()
        self.slice_along_x()
        self.slice_along_y()
        self.stack_into_a_vector()
        self.write_the_gradient()
        self.grow_the_field()
        self.wiggle_both()
        self.show_a_model()
        self.update_the_weights()

    def one_slider_becomes_many(self) -> None:
        many = sliders(self.regions.content, ROWS, COLUMNS)
        one = slider(self.regions.content.columns(1, 1, 1)[1], 0.35).scale(1.4)
        name = self.formula("input(w)", size=theme.HEADING).next_to(one, LEFT, buff=0.5)
        ask = self.formula('slope("slope" = " ?")', size=theme.BODY)
        with self.beat("many-weights") as beat:
            self.play(Write(self.heading()), Create(one), FadeIn(name), run_time=0.8)
            self.play(one[1].animate.shift(1.5 * RIGHT), run_time=beat.to("millions"))
            middle = many[COLUMNS * (ROWS // 2) + COLUMNS // 2]
            self.play(FadeOut(name), ReplacementTransform(one, middle), run_time=0.35)
            self.play(
                LaggedStart(
                    *(FadeIn(s, target_position=middle) for s in many if s is not middle),
                    lag_ratio=0.01,
                ),
                run_time=0.9,
            )
            ring = Circle(0.3, color=theme.SLOPE, stroke_width=theme.STROKE)
            hop = beat.remaining / (len(ASKED) + 0.5)
            for nth in ASKED:
                ring.move_to(many[nth])
                ask.next_to(ring, UP, buff=0.08)
                self.shown = VGroup(ask.copy(), ring.copy())
                self.play(FadeIn(self.shown), run_time=0.3 * hop)
                self.wait(0.45 * hop)
                if nth != ASKED[-1]:
                    self.play(FadeOut(self.shown), run_time=0.25 * hop)
        self.sliders = many

    def raise_the_bowl(self) -> None:
        bowl, space = self.bowl, self.space
        space.rise.set_value(0)
        space.turn.set_value(0)
        formula = self.formula("output(f(x, y)) = #f", f=F.typst)
        self.rows[0].place(formula, across=0.0)
        self.here = self.space.dot(self.place)
        foot = self.space.dot(lambda: self.place() * [1, 1, 0], theme.INPUT)
        stick = self.space.curve(
            lambda: self.place() * np.array([[1, 1, 0], [1, 1, 1]]), theme.OUTPUT, over=True
        )
        left, right = self.sliders[COLUMNS + 3], self.sliders[COLUMNS + 10]
        rest = VGroup(*(s for s in self.sliders if s is not left and s is not right))
        axes = [line.copy().clear_updaters() for line in space.floor[-2:]]
        with self.beat("bowl") as beat:
            self.play(FadeOut(rest, self.shown), run_time=0.5)
            self.play(
                ReplacementTransform(left[0], axes[0]),
                ReplacementTransform(right[0], axes[1]),
                FadeOut(left[1], right[1]),
                FadeIn(bowl.names.update()),
                run_time=0.8,
            )
            self.play(
                FadeIn(space.floor.update()), FadeIn(foot.update()), Write(formula), run_time=1.0
            )
            self.remove(*axes)
            space.rise.set_value(1)
            self.play(FadeIn(stick.update(), self.here.update()), run_time=0.4)
            room = beat.to("surface") - 0.3
            self.play(self.walk(1.4, -0.6), space.tilt.animate.set_value(0.75), run_time=room / 3)
            self.play(self.walk(0.3, 0.9), run_time=room / 3)
            self.play(self.walk(*AT), run_time=room / 3)
            self.play(FadeOut(stick, foot, self.here), run_time=beat.to("surface"))
            space.rise.set_value(0.0)
            bowl.surface.opacity.set_value(0.0)
            self.add(bowl.surface)
            self.play(FadeIn(bowl.rings.update()), run_time=0.3)
            self.play(
                space.rise.animate.set_value(1.0),
                bowl.surface.opacity.animate.set_value(1.0),
                space.turn.animate.set_value(-PI / 6),
                run_time=beat.remaining,
            )
        self.formula_f = formula

    def slice_along_x(self) -> None:
        bowl, space = self.bowl, self.space
        held = ValueTracker(1.6)
        self.along_x = cut = Slice(bowl, 1, held.get_value, 0.9)
        row = self.partial_row("x", 0)
        self.point_name = self.formula("(input(#a), input(#b))", a=AT[0], b=AT[1], size=theme.SMALL)
        self.point_name.add_background_rectangle(theme.BACKGROUND, opacity=0.8, buff=0.06)
        self.point_name.set_z_index(4).add_updater(
            lambda m: m.next_to(space.at(*lifted(np.array(AT))), DOWN + RIGHT, buff=0.12),
            call_updater=True,
        )
        name = self.formula("input(y) = #v", v=AT[1], size=theme.SMALL)
        space.pin(name, np.array([-2.2, AT[1], 7.4]))
        with self.beat("hold-y") as beat:
            room = beat.to("slope-x")
            self.play(
                GrowFromCenter(self.here.update()),
                FadeIn(self.point_name.update()),
                bowl.rings.animate.set_stroke(opacity=0.45),
                run_time=0.4,
            )
            self.play(
                space.turn.animate.set_value(-0.1),
                space.tilt.animate.set_value(FROM_HIGH),
                run_time=0.25 * room,
            )
            self.play(FadeIn(cut.glass.update()), Create(cut.curve.update()), run_time=0.12 * room)
            self.play(held.animate.set_value(AT[1]), run_time=0.18 * room)
            self.play(FadeIn(name), run_time=0.3)
            self.play(self.walk(-1.5, AT[1]), run_time=0.5 * beat.to("slope-x"))
            self.play(self.walk(*AT), run_time=beat.to("slope-x"))
            self.play(Create(cut.tangent.update()), run_time=0.8)
            self.play(Write(row), run_time=1.2)
            self.play(self.walk(1.5, AT[1]), run_time=0.4 * beat.remaining)
            self.play(self.walk(*AT), run_time=0.6 * beat.remaining)
        self.held_y, self.row_x = name, row

    def slice_along_y(self) -> None:
        bowl, space = self.bowl, self.space
        reach = RIM**0.5

        def at() -> float:
            return min(bowl.cut.get_value(), reach)

        self.along_y = cut = Slice(bowl, 0, at, 0.55)
        row = self.partial_row("y", 1)
        name = self.formula("input(x) = #v", v=AT[0], size=theme.SMALL)
        with self.beat("hold-x") as beat:
            old = self.along_x
            self.play(FadeOut(old.glass, old.curve, old.tangent, self.held_y), run_time=0.3)
            self.play(
                space.turn.animate.set_value(-PI / 2 + 0.12),
                space.tilt.animate.set_value(FROM_LOW),
                run_time=0.4 * beat.to("slope-y"),
            )
            bowl.cut.set_value(reach)
            self.add(cut.glass, cut.curve)
            self.play(bowl.cut.animate.set_value(AT[0]), run_time=0.4 * beat.to("slope-y"))
            space.pin(name, np.array([AT[0], -2.1, 6.2]))
            self.play(FadeIn(name), self.walk(AT[0], 0.2), run_time=0.5 * beat.to("slope-y"))
            self.play(self.walk(*AT), run_time=beat.to("slope-y"))
            self.play(Create(cut.tangent.update()), run_time=0.8)
            self.play(Write(row), run_time=1.2)
            self.play(self.walk(AT[0], -1.0), run_time=0.4 * beat.remaining)
            self.play(self.walk(*AT), run_time=0.6 * beat.remaining)
        self.held_x, self.row_y = name, row

    def stack_into_a_vector(self) -> None:
        bowl, space = self.bowl, self.space
        name = self.label("partial", color=theme.SLOPE)
        self.rows[3].place(name, across=0.0, up=0.7)
        vector = self.formula(
            'part("vector", vec(delim: "[", part("x", slope(#a)), part("y", slope(#b))))',
            a=PARTIALS[0],
            b=PARTIALS[1],
        )
        gradient = self.label("gradient", color=theme.GRADIENT)
        self.rows[3].place(VGroup(vector, gradient).arrange(RIGHT, buff=0.5), across=0.3)
        whole = self.formula(
            'vec(delim: "[", #a, #b)', a=PARTIALS[0], b=PARTIALS[1], color=theme.GRADIENT
        )
        whole.scale(vector.height / whole.height).move_to(vector)
        with self.beat("into-a-vector") as beat:
            self.play(
                FadeOut(self.along_y.glass, self.along_y.tangent, self.held_x, self.point_name),
                run_time=0.3,
            )
            self.play(
                bowl.cut.animate.set_value(X[1]),
                space.turn.animate.set_value(-PI / 7),
                space.tilt.animate.set_value(TILT),
                Write(name),
                run_time=0.45 * beat.to("stack"),
            )
            self.play(
                Create(self.along_x.tangent.update()),
                Create(self.along_y.tangent.update()),
                Indicate(self.row_x, 1.06, theme.SLOPE),
                Indicate(self.row_y, 1.06, theme.SLOPE),
                run_time=0.8 * beat.to("stack"),
            )
            beat.until("stack")
            self.play(FadeOut(name), FadeIn(vector.besides("x", "y")), run_time=0.4)
            self.play(
                TransformFromCopy(self.row_x.part("value"), vector.part("x")),
                TransformFromCopy(self.row_y.part("value"), vector.part("y")),
                space.turn.animate.set_value(-PI / 5),
                run_time=1.4,
            )
            self.add(vector)
            self.play(
                ReplacementTransform(vector, whole),
                FadeIn(gradient, shift=0.2 * LEFT),
                run_time=0.8,
            )
            self.play(space.turn.animate.set_value(-PI / 6), run_time=beat.remaining)
        self.vector, self.gradient_name = whole, gradient

    def write_the_gradient(self) -> None:
        space = self.space
        general = self.formula(
            'part("head", gradient(nabla f) =) vec(delim: "[", gap: #0.8em,'
            ' part("dx", slope(display((partial f)/(partial x)))),'
            ' part("dy", slope(display((partial f)/(partial y)))))'
            ' part("is", =) vec(delim: "[", part("x", slope(#x)), part("y", slope(#y)))',
            x=F.derivative(variable="x").typst,
            y=F.derivative(variable="y").typst,
            size=theme.HEADING,
        )
        self.middle_rows().place(general, across=0.0)
        at_point = self.formula(
            'part("head", gradient(nabla f)(input(#a), input(#b)) =)'
            ' part("vector", gradient(vec(delim: "[", #x, #y)))',
            a=AT[0],
            b=AT[1],
            x=PARTIALS[0],
            y=PARTIALS[1],
        )
        self.rows[3].place(at_point, across=0.0)
        moved = [
            ReplacementTransform(row.part(old), general.part(new))
            for row, pair in ((self.row_x, ("dx", "x")), (self.row_y, ("dy", "y")))
            for old, new in zip(("partial", "rule"), pair, strict=True)
        ]
        with self.beat("gradient-formula") as beat:
            rest = [row.besides("partial", "rule") for row in (self.row_x, self.row_y)]
            self.play(FadeOut(*rest, self.gradient_name), run_time=0.4)
            self.play(
                *moved, space.turn.animate.set_value(-0.2), run_time=0.4 * beat.to("at-point")
            )
            self.play(FadeIn(general.besides("dx", "dy", "x", "y")), run_time=0.5)
            self.play(
                space.turn.animate.set_value(-PI / 5),
                Indicate(general.part("head"), color=theme.GRADIENT),
                run_time=beat.to("at-point"),
            )
            self.add(general)
            self.play(
                ReplacementTransform(self.vector, at_point.part("vector")),
                Flash(self.here, color=theme.GRADIENT),
                run_time=0.9,
            )
            self.play(Write(at_point.part("head")), run_time=0.8)
            self.add(at_point)
            self.play(space.turn.animate.set_value(-PI / 6), run_time=beat.remaining)
        self.general, self.at_point = general, at_point

    def grow_the_field(self) -> None:
        bowl, space, plot = self.bowl, self.space, self.bowl.plot
        tip = np.array(AT) + SCALE * PARTIALS
        lone = plot.live_arrow(lambda: (AT, tip))
        points = grid(**FIELD)
        field = plot.field(points, gradient_field(F, **FIELD))
        tails = [p for p in points.reshape(-1, 2) if F.gradient()(p).any()]
        order = np.argsort([np.linalg.norm(p - AT) for p in tails])
        name = self.middle_rows().place(self.label("field", color=theme.GRADIENT), across=0.0)
        with self.beat("gradient-field") as beat:
            self.play(
                FadeOut(
                    self.along_x.tangent,
                    self.along_y.tangent,
                    self.along_y.curve,
                    self.row_x,
                    self.row_y,
                ),
                run_time=0.3,
            )
            self.play(
                space.tilt.animate.set_value(ABOVE),
                space.turn.animate.set_value(0.0),
                bowl.surface.opacity.animate.set_value(0.0),
                run_time=0.65 * beat.to("field"),
            )
            self.remove(bowl.surface)
            self.play(
                GrowFromPoint(lone, plot.at(*AT)),
                FadeOut(self.general),
                Indicate(self.at_point.part("vector"), color=theme.GRADIENT),
                run_time=beat.to("field"),
            )
            self.play(
                LaggedStart(
                    *(GrowFromPoint(field[n], plot.at(*tails[n])) for n in order[1:]),
                    lag_ratio=0.03,
                ),
                Transform(lone.clear_updaters(), field[order[0]].copy().set_fill(opacity=1)),
                FadeIn(name),
                run_time=0.75 * beat.remaining,
            )
        self.field, self.lone, self.field_name = field, lone, name

    def wiggle_both(self) -> None:
        bowl, side = self.bowl, self.middle_rows()
        effects = [F([AT[0], AT[1] + WIGGLE]) - F(AT), F([AT[0] + WIGGLE, AT[1]]) - F(AT)]
        near = Plot(*CLOSE, self.regions.figure, x_name="", numbers=False, equal_units=True)
        levels = F(AT) + effects[1] / 2 * np.arange(-6, 20)  # the wiggles cross some of these
        lines = near.contours((level_curves(F, level, *CLOSE) for level in levels), theme.OUTPUT)
        dot = near.dot(lambda: (self.x.get_value(), self.y.get_value()), theme.INK)
        upper, lower = side.split(1, 1, gap=0.2)
        by_y, by_x = Effect(near, "y", WIGGLE, upper), Effect(near, "x", WIGGLE, lower)
        seen = VGroup(self.space.floor, bowl.names, bowl.rings, self.field, self.here)
        ratio = self.formula(
            "output(#y) = slope(#ratio) dot output(#x)",
            y=effects[0],
            ratio=effects[0] / effects[1],
            x=effects[1],
            size=theme.HEADING,
        )
        self.rows[3].place(ratio, across=0.0)
        with self.beat("sensitivity") as beat:
            self.remove(*seen, *self.field)
            self.play(
                *zoom(bowl.plot, seen.copy().clear_updaters(), near, VGroup(lines, dot)),
                FadeOut(self.lone, self.field_name, self.at_point),
                run_time=1.2,
            )
            self.add(by_y.step, by_x.step)
            self.play(FadeIn(by_y, by_y.tag), run_time=0.4)
            beat.until("wiggle-y")
            self.play(self.wiggle(self.y, by_y.change), run_time=0.6 * beat.to("wiggle-x"))
            self.play(self.y.animate.set_value(AT[1]), run_time=0.5 * beat.to("wiggle-x"))
            self.play(FadeIn(by_x, by_x.tag), run_time=beat.to("wiggle-x"))
            self.play(self.wiggle(self.x, by_x.change), run_time=0.4 * beat.remaining)
            self.play(self.x.animate.set_value(AT[0]), run_time=0.25 * beat.remaining)
            self.play(Write(ratio), run_time=0.5 * beat.remaining)
        self.close_look = VGroup(
            lines, dot, by_y, by_y.step, by_y.tag, by_x, by_x.step, by_x.tag, ratio
        )

    def show_a_model(self) -> None:
        run = trajectory(LOSS, list(WEIGHTS.values()), optimizer("SGD", lr=LR), STEPS)
        self.step = ValueTracker(0.0)
        self.column = column = GradientColumn(run.gradients, self.step.get_value, self.regions.side)
        net = SmallNetwork(column.names.copy(), self.regions.figure)
        with self.beat("in-a-model") as beat:
            self.play(FadeOut(self.close_look, self.formula_f), run_time=0.6)
            self.play(FadeIn(net), run_time=min(0.8, beat.to("weights") / 2))
            beat.until("weights")
            self.play(
                FadeIn(net.plates),
                LaggedStart(*map(FadeIn, net.on_edges), lag_ratio=0.4),
                net.edges.animate.set_color(theme.INPUT),
                run_time=0.7 * beat.to("biases"),
            )
            beat.until("biases")
            self.play(
                LaggedStart(*map(FadeIn, net.at_neurons), lag_ratio=0.4),
                net.neurons.animate.set_stroke(theme.INPUT),
                run_time=0.6 * beat.to("column"),
            )
            beat.until("column")
            self.play(
                LaggedStart(
                    *(
                        ReplacementTransform(tag, name)
                        for tag, name in zip(
                            (*net.on_edges, *net.at_neurons), column.names, strict=True
                        )
                    ),
                    lag_ratio=0.12,
                ),
                FadeOut(net.plates),
                FadeIn(column.brackets),
                run_time=0.6 * beat.remaining,
            )
            self.play(FadeIn(column.numbers), run_time=0.5 * beat.remaining)
        self.run = run

    def update_the_weights(self) -> None:
        run = self.run
        values = run.values / run.values[0]
        gauge = Gauge(
            lambda: 0.9 * float(np.interp(self.step.get_value(), range(len(values)), values)),
            color=theme.LOSS,
        )
        low = self.regions.figure.split(1, 1)[1]
        low.place(gauge, across=0.98, up=1.0)
        name = self.label("loss", color=theme.LOSS).next_to(gauge.get_center(), DOWN, buff=0.2)
        with self.beat("update") as beat:
            self.play(FadeIn(gauge, name), run_time=0.5)
            self.play(
                LaggedStart(*map(GrowFromCenter, self.column.arrows), lag_ratio=0.3),
                run_time=beat.to("falls"),
            )
            self.play(self.step.animate(rate_func=linear).set_value(STEPS), run_time=beat.remaining)

    # -- small pieces ------------------------------------------------------------------------

    def place(self) -> np.ndarray:
        """Where the dot is: a point of the surface."""
        return lifted(np.array([self.x.get_value(), self.y.get_value()]))

    def walk(self, x: float, y: float) -> AnimationGroup:
        """Move the dot on the surface."""
        return AnimationGroup(self.x.animate.set_value(x), self.y.animate.set_value(y))

    def partial_row(self, name: str, nth: int) -> Typeset:
        """A partial derivative, its rule and its value at the point."""
        row = self.formula(
            f'part("partial", slope((partial f)/(partial {name}))) part("is", =)'
            ' part("rule", slope(#rule)) part("equals", =) part("value", slope(#value))',
            rule=F.derivative(variable=name).typst,
            value=PARTIALS[nth],
        )
        return self.rows[1 + nth].place(row, across=0.0)

    def middle_rows(self) -> Region:
        """Where both partial derivatives stand."""
        upper, lower = self.rows[1:3]
        return Region(upper.left, upper.right, lower.bottom, upper.top)

    def wiggle(self, moved: ValueTracker, farthest: ValueTracker) -> AnimationGroup:
        """A small change of one input; its effect is kept."""
        return AnimationGroup(
            moved.animate.increment_value(WIGGLE), farthest.animate.set_value(WIGGLE)
        )
