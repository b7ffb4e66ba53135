"""Practice: the derivative of x³ from a growing cube, and what PyTorch prints for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from manim import (
    DOWN,
    LEFT,
    RIGHT,
    UP,
    Create,
    FadeIn,
    FadeOut,
    Flash,
    Indicate,
    LaggedStart,
    Polygon,
    ReplacementTransform,
    RoundedRectangle,
    SurroundingRectangle,
    TransformFromCopy,
    ValueTracker,
    VGroup,
    Write,
    interpolate_color,
)
from manim.utils.color import ManimColor

from lessonkit.stage import CodeCard, Countdown, LessonScene, Typeset, theme
from mathcore import function, growth_pieces, secant_line, snippet, typst
from scenes.pictures import (
    chain_icon,
    derivative_icon,
    descent_icon,
    gradient_icon,
    role_icon,
)

AT, STEP = 3.0, 0.001
FIRST = 4  # the lesson's earlier practice scene asks the questions before
SIDE, GROWN = 1.75, 0.4  # frame units of the cube's edge and of what it grows by
APART = 0.4  # frame units that new pieces stand off the cube before they close up

Corners = Callable[[], tuple[np.ndarray, np.ndarray]]


class PracticeCubic(LessonScene):
    """x³ → cube → faces → edges vanish → code → by hand → printed → secant → chapter done."""

    def construct(self) -> None:
        self.f = function("x**3")
        self.code = snippet("cube")
        self.ask_for_the_derivative()
        self.hint_at_a_cube()
        self.grow_three_faces()
        self.let_the_edges_vanish()
        self.ask_what_is_printed()
        self.hint_at_grad()
        self.work_by_hand()
        self.show_what_was_printed()
        self.check_with_a_secant()
        self.finish_the_chapter()

    def ask_for_the_derivative(self) -> None:
        left, right = self.regions.content.columns(1.6, 1)
        self.given = self.formula("output(f(x) = #f)", f=self.f.typst, size=1.2 * theme.TITLE)
        self.asked = self.formula("slope(f'(x) = thin ?)", size=1.2 * theme.TITLE)
        left.place(VGroup(self.given, self.asked).arrange(DOWN, buff=0.7, aligned_edge=LEFT))
        ring = right.place(Countdown(5.0).scale(1.3))
        self.tag, self.title = self.new_tag("question-cubic", first=FIRST), self.heading()
        with self.beat("q-cubic") as beat:
            self.play(Write(self.title), FadeIn(self.tag, shift=DOWN * 0.2), run_time=0.8)
            self.play(Write(self.given), run_time=1.0)
            self.play(Write(self.asked), FadeIn(ring), run_time=0.9)
            beat.count_down(ring)
        self.ring = ring

    def hint_at_a_cube(self) -> None:
        left, self.right = self.regions.content.columns(1, 1.15, gap=0.4)
        self.grown, self.apart = ValueTracker(0.0), ValueTracker(0.0)
        self.middle = left.point() + 0.2 * DOWN  # upwards it grows more
        self.cube = Cuboid(self.middle, lambda: (np.zeros(3), np.full(3, SIDE)), theme.OUTPUT)
        self.pieces = [self.grown_pieces(kind) for kind in (1, 2, 3)]
        edge = self.edge_name("input(x)", SIDE)
        longer = self.edge_name("input(x + dif x)", SIDE + GROWN)
        ghost = Cuboid(
            self.middle, lambda: (np.zeros(3), np.full(3, SIDE + self.grown.get_value())), theme.INK
        )
        ghost.set_fill(opacity=0).set_z_index(1)
        upper, lower = self.right.split(0.4, 0.6)
        ring = Countdown(3.0)
        lower.place(ring)
        with self.beat("hint-cube") as beat:
            self.play(
                FadeOut(self.ring),
                self.retag("hint"),
                VGroup(self.given, self.asked)
                .animate.scale(0.62)
                .arrange(RIGHT, buff=0.7)
                .move_to(upper.point(up=0.75)),
                run_time=0.9,
            )
            self.play(FadeIn(self.cube, scale=0.7), run_time=0.8)
            self.play(FadeIn(edge), run_time=0.4)
            beat.until("grow")
            self.play(FadeIn(ghost), run_time=0.3)
            self.play(
                self.grown.animate.set_value(GROWN),
                ReplacementTransform(edge, longer),
                run_time=1.2,
            )
            self.play(FadeIn(ring), run_time=0.4)
            beat.count_down(ring)
        self.ghost, self.ring = VGroup(ghost, longer), ring

    def grow_three_faces(self) -> None:
        faces = self.pieces[0]
        _, middle, lower = self.right.split(0.3, 0.3, 0.4)
        terms = growth_pieces(SIDE, GROWN, dimension=3)[1:]
        self.sum = self.formula(
            'part("dv", output(Delta f) =) part("faces", slope(#n thin #faces)) '
            'part("edges", + #m thin #edges) part("corner", + #corner)',
            **{name: x_first(t.expression) for name, t in zip(NAMES, terms, strict=True)},
            n=terms[0].count,
            m=terms[1].count,
            size=theme.HEADING,
        )
        middle.place(self.sum, across=0.2)
        slope = self.formula(
            'part("name", slope(f\'(x) =)) part("rule", slope(#rule))',
            rule=self.f.derivative().typst,
        )
        slope.scale(1.25)
        lower.place(slope, up=0.6)
        each = self.formula("#face", face=x_first(terms[0].expression), size=theme.BODY)
        names = VGroup(*(each.copy().move_to(face.label_point()) for face in faces))
        names.set_z_index(5)
        with self.beat("a-three-faces") as beat:
            self.play(FadeOut(self.ring, self.ghost), self.retag("answer"), run_time=0.5)
            self.apart.set_value(APART)
            self.play(
                LaggedStart(*(FadeIn(face, scale=0.8) for face in faces), lag_ratio=0.3),
                run_time=1.2,
            )
            for name, face in zip(names, faces, strict=True):
                name.move_to(face.label_point())
            self.play(FadeIn(names), run_time=0.5)
            self.play(
                FadeIn(self.sum.part("dv")),
                TransformFromCopy(names, self.sum.part("faces")),
                run_time=beat.to("result"),
            )
            self.play(FadeOut(names), FadeOut(self.asked), FadeIn(slope.part("name")), run_time=0.4)
            self.play(
                self.apart.animate.set_value(0.0),
                TransformFromCopy(self.sum.part("faces"), slope.part("rule")),
                run_time=1.0,
            )
            box = SurroundingRectangle(slope, color=theme.SLOPE, buff=0.2, corner_radius=0.12)
            self.play(Create(box), run_time=0.7)
        self.result = VGroup(slope, box)

    def let_the_edges_vanish(self) -> None:
        _, edges, corner = self.pieces
        terms = growth_pieces(SIDE, GROWN, dimension=3)[1:]
        per_dx = [
            x_first(term.count * term.expression / function("dx").expression) for term in terms
        ]
        quotient = self.formula(
            '(output(Delta f)) / (input(dif x)) = slope(#faces) part("edges", + #edges) '
            'part("corner", + #corner)',
            **dict(zip(NAMES, per_dx, strict=True)),
            size=theme.HEADING,
        )
        quotient.move_to(self.sum)
        gone = self.formula('part("edges", + 0) part("corner", + 0)', size=theme.HEADING)
        with self.beat("a-edges-vanish") as beat:
            self.play(FadeIn(edges, scale=0.8), FadeIn(self.sum.part("edges")), run_time=0.9)
            beat.until("corner")
            self.play(FadeIn(corner, scale=0.8), FadeIn(self.sum.part("corner")), run_time=0.8)
            self.play(Indicate(corner, scale_factor=1.3, color=theme.INK), run_time=0.7)
            beat.until("vanish")
            self.play(ReplacementTransform(self.sum, quotient), run_time=0.9)
            for name in ("edges", "corner"):
                gone.part(name).move_to(quotient.part(name))
            self.play(
                self.grown.animate.set_value(0.02),
                ReplacementTransform(quotient.part("edges"), gone.part("edges")),
                ReplacementTransform(quotient.part("corner"), gone.part("corner")),
                run_time=1.4,
            )
            self.play(FadeOut(gone), Flash(self.result, color=theme.SLOPE), run_time=0.7)
        self.sum = VGroup(
            *(g for g in quotient if g not in {*quotient.part("edges"), *quotient.part("corner")})
        )

    def ask_what_is_printed(self) -> None:
        figure, side = self.regions.content.columns(1.55, 1, gap=0.4)
        self.card = CodeCard(self.code.source, figure, size=44)
        self.card.move_to(figure.point(up=0.62))
        self.below = figure.split(0.7, 0.3)[1]
        self.side = side
        line = {part: self.find_line(part) for part in ("x =", "y =", "backward", "print")}
        marker = self.card.marker(line["x ="])
        ring = side.place(Countdown(6.0).scale(1.3))
        old = VGroup(self.cube, *self.pieces, self.sum, self.result, self.given)
        with self.beat("q-print-grad") as beat:
            self.play(
                FadeOut(old),
                self.retag("question-grad", second=FIRST + 1, third=FIRST + 2),
                run_time=0.7,
            )
            self.play(FadeIn(self.card, shift=UP * 0.3), run_time=0.9)
            beat.until("x-is")
            self.play(FadeIn(marker), run_time=0.4)
            for mark, part in (("y-is", "y ="), ("backward", "backward"), ("print", "print")):
                beat.until(mark)
                self.play(
                    marker.animate.become(self.card.marker(line[part])),
                    run_time=min(0.6, beat.remaining / 3),
                )
            self.play(FadeIn(ring), run_time=0.5)
            beat.count_down(ring)
        self.marker, self.ring = marker, ring

    def hint_at_grad(self) -> None:
        box = RoundedRectangle(width=3.6, height=1.7, corner_radius=0.15, color=theme.GRADIENT)
        box.set_fill(theme.PANEL, opacity=1).set_stroke(width=theme.STROKE)
        self.side.place(box, up=0.75)
        name = Typeset("x.grad", size=theme.BODY, color=theme.GRADIENT, fonts=theme.CODE_FONTS)
        name.next_to(box, UP, buff=0.15)
        inside = self.formula("slope((dif y) / (dif x))").move_to(box)
        ring = Countdown(2.0)
        self.side.place(ring, up=0.12)
        backward = self.card.marker(self.find_line("backward"))
        with self.beat("hint-grad") as beat:
            self.play(FadeOut(self.ring), self.retag("hint"), run_time=0.5)
            self.play(self.marker.animate.become(backward), run_time=0.5)
            beat.until("grad")
            self.play(Create(box), FadeIn(name), run_time=0.7)
            self.play(
                TransformFromCopy(self.card.line(self.find_line("backward")), inside),
                FadeIn(ring),
                run_time=1.0,
            )
            beat.count_down(ring)
        self.box, self.inside, self.grad, self.ring = box, inside, VGroup(box, name), ring

    def work_by_hand(self) -> None:
        slope = self.f.derivative()
        head = self.label("by-hand", size=theme.BODY, color=theme.MUTED)
        steps = VGroup(
            self.formula("slope(f'(x) = #rule)", rule=slope.typst),
            self.formula(
                "slope(f'(input(#at))) = #k times #square = slope(part(\"v\", #v))",
                at=AT, k=slope(1.0),
                square=AT**2, v=slope(AT),
            ),
        )  # fmt: skip
        work = VGroup(head, *steps).arrange(RIGHT, buff=0.5)
        self.below.place(work, across=0.0)
        value = self.formula("slope(#v)", v=slope(AT), size=theme.TITLE).move_to(self.box)
        with self.beat("a-by-hand") as beat:
            self.play(FadeOut(self.ring), self.retag("answer"), FadeIn(head), run_time=0.6)
            self.play(Write(steps[0]), run_time=1.2)
            beat.until("substitute")
            self.play(Write(steps[1]), run_time=1.6)
            self.play(
                TransformFromCopy(steps[1].part("v"), value), FadeOut(self.inside), run_time=1.0
            )
        self.work, self.value = work, value

    def show_what_was_printed(self) -> None:
        (printed,) = self.code.run().output
        number = f"{self.f.derivative()(AT):g}"
        terminal = CodeCard(printed, self.side.split(0.6, 0.4)[1], size=56)
        self.side.place(terminal, up=0.15)
        glyphs = terminal.line(1)
        start = printed.index(number)
        figure = VGroup(*glyphs[start : start + len(number)])
        wrapping = VGroup(*(g for g in glyphs if g not in {*figure}))
        line = self.find_line("print")
        with self.beat("a-output") as beat:
            self.play(self.marker.animate.become(self.card.marker(line)), run_time=0.6)
            self.play(
                FadeIn(terminal.panel),
                TransformFromCopy(self.card.line(line), glyphs),
                run_time=1.0,
            )
            beat.until("value")
            self.play(
                Indicate(figure, color=theme.SLOPE),
                Indicate(self.value, color=theme.SLOPE),
                run_time=1.0,
            )
            beat.until("tensor")
            self.play(Indicate(wrapping, color=theme.VELOCITY, scale_factor=1.05), run_time=1.2)
        self.terminal = terminal

    def check_with_a_secant(self) -> None:
        plot = self.plot(x=(0, 4.5), y=(0, 80, 20), y_name="$output(f(x))$")
        step = ValueTracker(1.2)
        secant = plot.live_line(lambda: secant_line(self.f, AT, step.get_value()))
        dots = VGroup(
            plot.dot(lambda: (AT, self.f(AT)), theme.INK),
            plot.dot(
                lambda: (AT + step.get_value(), self.f(AT + step.get_value())), theme.INK
            ),
        )  # fmt: skip
        curve = plot.curve(self.f, theme.OUTPUT)
        quotient = self.formula(
            "(#moved^3 - #fa) / (input(#h)) approx part(\"v\", slope(#v))",
            moved=AT + STEP, fa=self.f(AT), h=STEP,
            v=round(secant_line(self.f, AT, STEP).slope, 3), size=theme.BODY,
        )  # fmt: skip
        rows = VGroup(
            self.readout(
                self.formula("input(h =)", size=theme.BODY),
                step.get_value,
                places=3,
                color=theme.INPUT,
            ),
            self.readout(
                self.formula('slope("slope" =)', size=theme.BODY),
                lambda: secant_line(self.f, AT, step.get_value()).slope,
                places=3,
                color=theme.SLOPE,
            ),
        ).arrange(DOWN, buff=0.35, aligned_edge=LEFT)
        upper, middle, lower = self.regions.side.split(1, 1, 1)
        upper.place(rows, up=0.3)
        middle.place(quotient, up=0.4)
        close = self.formula("approx slope(#v)", v=self.f.derivative()(AT), size=theme.TITLE)
        lower.place(close)
        old = VGroup(self.card, self.marker, self.grad, self.value, self.work, self.terminal)
        with self.beat("a-check") as beat:
            self.play(FadeOut(old), self.retag("check"), run_time=0.5)
            self.play(FadeIn(plot.frame), Create(curve), run_time=1.0)
            self.play(FadeIn(dots), Create(secant), FadeIn(rows), run_time=0.8)
            self.play(step.animate.set_value(STEP), run_time=0.45 * beat.to("close"))
            self.play(Write(quotient), run_time=0.6 * beat.to("close"))
            beat.until("close")
            self.play(TransformFromCopy(quotient.part("v"), close), run_time=1.0)
            self.play(Flash(dots[0], color=theme.SLOPE), run_time=0.7)
        self.plotted = VGroup(plot.frame, curve, secant, dots, rows, quotient, close)

    def finish_the_chapter(self) -> None:
        upper, middle, lower = self.regions.content.split(1.1, 1.3, 1.3, gap=0.2)
        praise = self.label("well-done", size=theme.TITLE, bold=True, color=theme.SLOPE)
        done = self.label("chapter", size=theme.HEADING)
        upper.place(VGroup(praise, done).arrange(DOWN, buff=0.2))
        icons = VGroup(derivative_icon(), chain_icon(), gradient_icon(), role_icon())
        for icon in icons:
            icon.scale(min(1.0, 1.5 / icon.height))
        icons.arrange(RIGHT, buff=1.2)
        middle.place(icons)
        coming = self.label("next", size=theme.BODY)
        descent = descent_icon()
        descent.scale(1.5 / descent.height)
        lower.place(VGroup(descent, coming).arrange(RIGHT, buff=0.6), up=0.6)
        with self.beat("chapter-done") as beat:
            self.play(
                FadeOut(self.plotted, self.tag, self.title), FadeIn(praise, scale=0.7), run_time=0.7
            )
            self.play(
                FadeIn(done, shift=UP * 0.2),
                LaggedStart(*(FadeIn(icon, shift=UP * 0.2) for icon in icons), lag_ratio=0.25),
                run_time=1.3,
            )
            beat.until("next")
            self.play(Create(descent), FadeIn(coming, shift=RIGHT * 0.3), run_time=1.4)
            self.play(Flash(descent[1][-1], color=theme.GRADIENT), run_time=0.8)

    # -- small pieces ------------------------------------------------------------------------

    def new_tag(self, label: str, **values: float) -> VGroup:
        """What this part of the practice is: question, hint, answer."""
        text = self.label(label, size=theme.SMALL, bold=True, **values)
        pill = RoundedRectangle(width=text.width + 0.6, height=0.75, corner_radius=0.37)
        pill.set_fill(theme.PANEL, opacity=1).set_stroke(theme.INK, theme.THIN)
        return self.regions.title.place(VGroup(pill, text.move_to(pill)), across=1.0)

    def retag(self, label: str, **values: float) -> ReplacementTransform:
        old, self.tag = self.tag, self.new_tag(label, **values)
        return ReplacementTransform(old, self.tag)

    def find_line(self, part: str) -> int:
        """The number of the code's line that holds a text, counted from 1."""
        return next(nth for nth, line in enumerate(self.code.lines, 1) if part in line)

    def edge_name(self, markup: str, side: float) -> Typeset:
        """A name beside the lower left edge of a cube with this side."""
        middle = self.cube.at(np.array([side / 2, 0.0, side]))
        return self.formula(markup, size=theme.HEADING).next_to(middle, DOWN + LEFT, buff=0.1)

    def grown_pieces(self, directions: int) -> VGroup:
        """What the cube gains where it grows in this many directions at once."""
        axes = [a for a in np.ndindex(2, 2, 2) if sum(a) == directions]
        color = theme.SLOPE if directions == 1 else theme.MUTED

        def corners(axis: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
            grows = np.array(axis)
            low = grows * (SIDE + self.apart.get_value())
            return low, low + np.where(grows, self.grown.get_value(), SIDE)

        return VGroup(*(Cuboid(self.middle, lambda a=a: corners(a), color) for a in axes))


def x_first(product: Any) -> str:
    """Markup of a product of powers of x and dx, x before dx as it is spoken."""
    number, powers = product.as_coeff_Mul()
    factors = sorted(powers.as_powers_dict().items(), key=lambda item: len(str(item[0])))
    text = "*".join(f"{base}**{power}" if power != 1 else f"{base}" for base, power in factors)
    return typst(text if number == 1 else f"{number}*{text}")


NAMES = ("faces", "edges", "corner")
ACROSS = np.array([[np.sqrt(3) / 2, -0.5, 0], [0, 1, 0], [-np.sqrt(3) / 2, -0.5, 0]])
SHADES = (0.72, 1.0, 0.5)  # of the faces towards x, y (up) and z


class Cuboid(VGroup):
    """A box between two corners that may move, seen from in front of its three far faces."""

    def __init__(self, origin: np.ndarray, corners: Corners, color: str) -> None:
        self._origin, self._corners = origin, corners
        ground = ManimColor(theme.BACKGROUND)
        super().__init__(
            *(
                Polygon(UP, DOWN, LEFT, stroke_color=color, stroke_width=theme.THIN).set_fill(
                    interpolate_color(ground, ManimColor(color), 0.5 * shade), opacity=1
                )
                for shade in SHADES
            )
        )
        self.add_updater(lambda box: box.follow(), call_updater=True)

    def at(self, point: np.ndarray) -> np.ndarray:
        """The frame point of a point in space."""
        return self._origin + point @ ACROSS

    def label_point(self) -> np.ndarray:
        """The middle of its largest face that is seen."""
        return max(self, key=lambda face: face.width * face.height).get_center()

    def follow(self) -> None:
        low, high = self._corners()
        for axis, face in enumerate(self):
            b, c = (np.eye(3)[(axis + k) % 3] * (high - low) for k in (1, 2))
            start = np.where(np.eye(3)[axis], high, low)
            outline = [self.at(p) for p in (start, start + b, start + b + c, start + c, start)]
            face.set_points_as_corners(outline)
