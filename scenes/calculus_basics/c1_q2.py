"""Practice: the derivative of x³ from a growing cube, and what PyTorch prints for it."""

from __future__ import annotations

from typing import Any

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
    ReplacementTransform,
    RoundedRectangle,
    SurroundingRectangle,
    TransformFromCopy,
    ValueTracker,
    VGroup,
    Write,
)

from lessonkit.stage import CodeCard, Region, theme
from mathcore import function, growth_pieces, secant_line, snippet, typst
from scenes.cube import GrowingCube
from scenes.pictures import (
    chain_icon,
    code_text,
    derivative_icon,
    descent_icon,
    gradient_icon,
    role_icon,
    what_it_prints,
)
from scenes.practice import PracticeScene

AT, STEP = 3.0, 0.001
FIRST = 4  # the lesson's earlier practice scene asks the questions before
SIDE, GROWN = 1.75, 0.4  # frame units of the cube's edge and of what it grows by
APART = 0.4  # frame units that new pieces stand off the cube before they close up
NAMES = ("faces", "edges", "corner")


class PracticeCubic(PracticeScene):
    """x³ → cube → faces → edges vanish → code → by hand → printed → secant → chapter done."""

    def construct(self) -> None:
        self.f = function("x**3")
        self.code = snippet("cube")
        self.terms = growth_pieces(SIDE, GROWN, dimension=3)[1:]
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
        with self.beat("q-cubic") as beat:
            self.title = self.heading()
            self.play(Write(self.title), run_time=0.8)
            self.question = self.ask(beat, "question", "q-cubic", n=FIRST, f=self.f.typst)

    def hint_at_a_cube(self) -> None:
        left, self.right = self.regions.content.columns(1, 1.15, gap=0.4)
        middle = left.point() + 0.2 * DOWN  # upwards it grows more
        self.growing = growing = GrowingCube(middle, SIDE)
        edge, longer = (
            self.formula(name, size=theme.HEADING).next_to(
                growing.lower_edge(by), DOWN + LEFT, buff=0.1
            )
            for name, by in (("input(x)", 0.0), ("input(x + dif x)", GROWN))
        )
        upper, lower = self.right.split(0.3, 0.7)
        self.given = self.formula("output(f(x) = #f)", f=self.f.typst)
        self.asked = self.formula("slope(f'(x) = thin ?)")
        upper.place(VGroup(self.given, self.asked).arrange(RIGHT, buff=0.7))
        (panel, text), ring = self.question
        with self.beat("hint-cube") as beat:
            self.play(
                FadeOut(panel, text.besides("given", "asked"), ring),
                self.mark_as("hint"),
                ReplacementTransform(text.part("given"), self.given),
                ReplacementTransform(text.part("asked"), self.asked),
                run_time=0.9,
            )
            self.play(FadeIn(growing.cube, scale=0.7), run_time=0.8)
            self.play(FadeIn(edge), run_time=0.4)
            beat.until("grow")
            self.play(FadeIn(growing.outline), run_time=0.3)
            self.play(
                growing.grown.animate.set_value(GROWN),
                ReplacementTransform(edge, longer),
                run_time=1.2,
            )
            ring = self.leave_time(beat, lower)
        self.hinted = VGroup(growing.outline, longer, ring)

    def grow_three_faces(self) -> None:
        growing, faces = self.growing, self.growing.faces
        _, middle, lower = self.right.split(0.3, 0.3, 0.4)
        self.sum = self.formula(
            'part("dv", output(Delta f)) part("is", =) part("faces", slope(#n thin #faces)) '
            'part("edges", + #m thin #edges) part("corner", + #corner)',
            **{name: x_first(t.expression) for name, t in zip(NAMES, self.terms, strict=True)},
            n=self.terms[0].count,
            m=self.terms[1].count,
            size=theme.HEADING,
        )
        middle.place(self.sum, across=0.2)
        self.nearly = self.formula("approx", size=theme.HEADING).move_to(self.sum.part("is"))
        slope = self.formula(
            'part("name", slope(f\'(x) =)) part("rule", slope(#rule))',
            rule=self.f.derivative().typst,
            size=1.25 * theme.FORMULA,
        )
        lower.place(slope, up=0.6)
        each = self.formula("#face", face=x_first(self.terms[0].expression), size=theme.BODY)
        names = VGroup(*(each.copy() for _ in faces)).set_z_index(5)
        with self.beat("a-three-faces") as beat:
            self.clear(self.hinted, tag="answer")
            growing.apart.set_value(APART)
            self.play(
                LaggedStart(*(FadeIn(face, scale=0.8) for face in faces), lag_ratio=0.3),
                run_time=1.2,
            )
            for name, face in zip(names, faces, strict=True):
                name.move_to(face.label_point())
            self.play(FadeIn(names), run_time=0.5)
            self.play(
                FadeIn(self.sum.part("dv"), self.nearly),
                TransformFromCopy(names, self.sum.part("faces")),
                run_time=beat.to("result"),
            )
            self.play(FadeOut(names, self.asked), FadeIn(slope.part("name")), run_time=0.4)
            self.play(
                growing.apart.animate.set_value(0.0),
                TransformFromCopy(self.sum.part("faces"), slope.part("rule")),
                run_time=1.0,
            )
            box = SurroundingRectangle(slope, color=theme.SLOPE, buff=0.2, corner_radius=0.12)
            self.play(Create(box), run_time=0.7)
        self.result = VGroup(slope, box)

    def let_the_edges_vanish(self) -> None:
        growing, whole = self.growing, self.sum
        dx = function("dx").expression
        quotients = {
            name: x_first(term.count * term.expression / dx)
            for name, term in zip(NAMES, self.terms, strict=True)
        }
        quotient = self.formula(
            'part("left", (output(Delta f)) / (input(dif x))) = part("faces", slope(#faces))'
            ' part("edges", + #edges) part("corner", + #corner)',
            **quotients,
            size=theme.HEADING,
        ).move_to(whole)
        gone = self.formula('part("edges", + 0) part("corner", + 0)', size=theme.HEADING)
        limit = self.formula("(output(dif f)) / (input(dif x))", size=theme.HEADING)
        with self.beat("a-edges-vanish") as beat:
            self.play(FadeIn(growing.edges, scale=0.8), FadeIn(whole.part("edges")), run_time=0.9)
            beat.until("corner")
            self.play(FadeIn(growing.corner, scale=0.8), FadeIn(whole.part("corner")), run_time=0.8)
            self.play(
                Indicate(growing.corner, scale_factor=1.3, color=theme.INK),
                ReplacementTransform(self.nearly, whole.part("is")),
                run_time=0.7,
            )
            beat.until("vanish")
            self.play(ReplacementTransform(whole, quotient), run_time=0.9)
            limit.move_to(quotient.part("left"))
            for name in ("edges", "corner"):
                gone.part(name).move_to(quotient.part(name))
            self.play(
                growing.grown.animate.set_value(0.02),
                ReplacementTransform(quotient.part("edges"), gone.part("edges")),
                ReplacementTransform(quotient.part("corner"), gone.part("corner")),
                run_time=1.4,
            )
            self.play(
                FadeOut(gone),
                ReplacementTransform(quotient.part("left"), limit),
                Flash(self.result, color=theme.SLOPE),
                run_time=0.7,
            )
        kept = VGroup(limit, quotient.besides("left", "edges", "corner"))
        self.cube_picture = VGroup(
            growing.cube, growing.faces, growing.edges, growing.corner,
            kept, self.result, self.given,
        )  # fmt: skip

    def ask_what_is_printed(self) -> None:
        figure, side = self.regions.content.columns(1.55, 1, gap=0.6)
        upper, lower = figure.split(0.68, 0.32, gap=0.2)
        self.card = CodeCard(self.code.source, upper, size=46)
        (self.printed,) = what_it_prints(self.code).output
        self.screen = CodeCard(self.printed, lower, size=56)
        self.unknown = self.formula("?", size=theme.TITLE).move_to(self.screen)
        self.box_room, self.work_room = side.split(0.5, 0.5, gap=0.3)
        self.marker = self.card.marker(self.code.number("x ="))
        with self.beat("q-print-grad") as beat:
            self.play(
                FadeOut(self.cube_picture),
                self.mark_as("questions", n=FIRST + 1, m=FIRST + 2),
                run_time=0.7,
            )
            self.play(FadeIn(self.card, shift=UP * 0.3), run_time=0.9)
            beat.until("x-is")
            self.play(FadeIn(self.marker), run_time=0.4)
            for mark, part in (("y-is", "y ="), ("backward", "backward"), ("print", "print")):
                beat.until(mark)
                self.play(self.go_to(part), run_time=min(0.6, beat.remaining / 3))
            self.play(FadeIn(self.screen.panel, self.unknown), run_time=0.5)
            self.ring = self.leave_time(beat, side)

    def hint_at_grad(self) -> None:
        box = RoundedRectangle(width=3.6, height=1.7, corner_radius=0.15, color=theme.GRADIENT)
        box.set_fill(theme.PANEL, opacity=1).set_stroke(width=theme.STROKE)
        name = code_text("x.grad", theme.GRADIENT, theme.BODY)
        self.grad = self.box_room.place(VGroup(name, box).arrange(DOWN, buff=0.15), up=1.0)
        self.inside = self.formula("slope((dif y) / (dif x))").move_to(box)
        with self.beat("hint-grad") as beat:
            self.clear(self.ring, tag="hint")
            self.play(self.go_to("backward"), run_time=0.5)
            beat.until("grad")
            self.play(Create(box), FadeIn(name), run_time=0.7)
            self.play(
                TransformFromCopy(self.card.line(self.code.number("backward")), self.inside),
                run_time=1.0,
            )
            self.ring = self.leave_time(beat, self.work_room)

    def work_by_hand(self) -> None:
        slope = self.f.derivative()
        head = self.label("by-hand", size=theme.BODY, color=theme.MUTED)
        rule = self.formula("slope(f'(x) = #rule)", rule=slope.typst)
        substituted = self.formula(
            "slope(f'(input(#at))) = #k times #square = slope(part(\"v\", #v))",
            at=AT, k=slope(1.0), square=AT**2, v=slope(AT),
        )  # fmt: skip
        work = VGroup(head, rule, substituted).arrange(DOWN, buff=0.35, aligned_edge=LEFT)
        self.work_room.place(work)
        value = self.formula("slope(#v)", v=slope(AT), size=theme.TITLE).move_to(self.inside)
        with self.beat("a-by-hand") as beat:
            self.clear(self.ring, tag="answer")
            self.play(FadeIn(head), Write(rule), run_time=1.2)
            beat.until("substitute")
            self.play(Write(substituted), run_time=1.6)
            self.play(
                TransformFromCopy(substituted.part("v"), value), FadeOut(self.inside), run_time=1.0
            )
        self.work, self.value = work, value

    def show_what_was_printed(self) -> None:
        number = f"{self.f.derivative()(AT):g}"
        glyphs = self.screen.line(1)
        start = self.printed.index(number)
        figure = VGroup(*glyphs[start : start + len(number)])
        wrapping = VGroup(*(g for g in glyphs if g not in {*figure}))
        with self.beat("a-output") as beat:
            self.play(self.go_to("print"), FadeOut(self.unknown), run_time=0.6)
            self.play(
                TransformFromCopy(self.card.line(self.code.number("print")), glyphs), run_time=1.0
            )
            beat.until("value")
            self.play(
                Indicate(figure, color=theme.SLOPE),
                Indicate(self.value, color=theme.SLOPE),
                run_time=1.0,
            )
            beat.until("tensor")
            self.play(Indicate(wrapping, color=theme.VELOCITY, scale_factor=1.05), run_time=1.2)

    def check_with_a_secant(self) -> None:
        plot = self.plot(x=(0, 4.5), y=(0, 80, 20), y_name="$output(f(x))$")
        h = ValueTracker(1.2)
        secant = plot.live_line(lambda: secant_line(self.f, AT, h.get_value()))
        fixed = plot.dot(lambda: (AT, self.f(AT)), theme.INK)
        moved = plot.dot(lambda: (AT + h.get_value(), self.f(AT + h.get_value())), theme.INK)
        curve = plot.curve(self.f, theme.OUTPUT)
        step = self.readout(
            self.formula("input(h =)", size=theme.BODY), h.get_value, places=3, color=theme.INPUT
        )
        slope = self.readout(
            self.formula('slope("slope" =)', size=theme.BODY),
            lambda: secant_line(self.f, AT, h.get_value()).slope,
            places=3,
            color=theme.SLOPE,
        )
        quotient = self.formula(
            "(#moved^3 - #fa) / (input(#h)) approx part(\"v\", slope(#v))",
            moved=AT + STEP, fa=self.f(AT), h=STEP,
            v=round(secant_line(self.f, AT, STEP).slope, 3), size=theme.BODY,
        )  # fmt: skip
        close = self.formula("approx slope(#v)", v=self.f.derivative()(AT), size=theme.TITLE)
        column = VGroup(step, slope, quotient, close)
        self.regions.side.place(column.arrange(DOWN, buff=0.45, aligned_edge=LEFT), across=0.3)
        old = VGroup(
            self.card, self.marker, self.screen.panel, self.screen.line(1),
            self.grad, self.value, self.work,
        )  # fmt: skip
        with self.beat("a-check") as beat:
            self.clear(old, tag="check")
            self.play(FadeIn(plot.frame), Create(curve), run_time=1.0)
            self.play(FadeIn(fixed, moved, step, slope), Create(secant), run_time=0.8)
            self.play(h.animate.set_value(STEP), run_time=0.45 * beat.to("close"))
            self.play(Write(quotient), run_time=0.6 * beat.to("close"))
            beat.until("close")
            self.play(TransformFromCopy(quotient.part("v"), close), run_time=1.0)
            self.play(Flash(fixed, color=theme.SLOPE), run_time=0.7)
        self.plotted = VGroup(plot.frame, curve, secant, fixed, moved, column)

    def finish_the_chapter(self) -> None:
        content, title = self.regions.content, self.regions.title
        whole = Region(content.left, content.right, content.bottom, title.top)
        upper, middle, lower = whole.split(1.3, 1.5, 1.5, gap=0.4)
        praise = self.label("well-done", size=theme.TITLE, bold=True, color=theme.SLOPE)
        done = self.label("chapter", size=theme.HEADING)
        upper.place(VGroup(praise, done).arrange(DOWN, buff=0.2), up=0.0)
        icons = VGroup(derivative_icon(), chain_icon(), gradient_icon(), role_icon())
        for icon in icons:
            icon.scale(min(1.0, 1.5 / icon.height))
        middle.place(icons.arrange(RIGHT, buff=1.2))
        descent = descent_icon()
        descent.scale(1.4 / descent.height)
        coming = self.label("next", size=theme.BODY)
        lower.place(VGroup(descent, coming).arrange(RIGHT, buff=0.6), up=0.7)
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

    def go_to(self, part: str) -> Any:
        """Let the light fall on the line of the code that holds a text."""
        return self.marker.animate.become(self.card.marker(self.code.number(part)))


def x_first(product: Any) -> str:
    """Markup of a product of powers of x and dx, x before dx as it is spoken."""
    number, powers = product.as_coeff_Mul()
    factors = sorted(powers.as_powers_dict().items(), key=lambda item: len(str(item[0])))
    text = "*".join(f"{base}**{power}" if power != 1 else f"{base}" for base, power in factors)
    return typst(text if number == 1 else f"{number}*{text}")
