"""A function as a machine: a small turn of its knob, and how far its gauge moves."""

from __future__ import annotations

from manim import (
    DOWN,
    LEFT,
    RIGHT,
    UP,
    Create,
    Dot,
    FadeIn,
    FadeOut,
    Flash,
    GrowArrow,
    GrowFromEdge,
    LaggedStart,
    Line,
    Rectangle,
    RoundedRectangle,
    ShowPassingFlash,
    SurroundingRectangle,
    Transform,
    TransformFromCopy,
    ValueTracker,
    VGroup,
    Write,
)

from lessonkit.stage import LessonScene, Plot, Region, Typeset, theme, title_card
from mathcore import Nudge, function, nudge, tangent_line
from scenes.pictures import (
    Knob,
    Machine,
    backpropagation_icon,
    chain_icon,
    derivative_icon,
    descent_icon,
    gradient_icon,
    network,
    pipe,
    role_icon,
    swept,
)

DX = 0.1
STEEP, FLAT = 3.0, 0.0  # two places where the same small change has very unequal effects
BAR = 4.5  # frame units of bar for a change of 1


class SmallChange(LessonScene):
    """title → machine → nudge → unequal effects → network → two pillars → four topics."""

    def construct(self) -> None:
        self.f = function("x**2")
        self.greet()
        self.build_the_machine()
        self.turn_the_knob()
        self.compare_two_places()
        self.form_the_ratio()
        self.become_a_network()
        self.rest_on_the_principle()
        self.list_the_topics()

    def greet(self) -> None:
        lines = [
            self.label("course", size=1.3 * theme.TITLE, bold=True),
            self.label("topics", size=theme.HEADING),
            self.label("lens", size=theme.BODY, color=theme.MUTED),
        ]
        above, below = self.regions.content.split(1, 1.1)
        card = title_card(lines, below)
        place = ValueTracker(-1.6)
        curve, moving = self.sliding_tangent(place, above)
        with self.beat("greeting") as beat:
            self.play(Create(curve), run_time=0.8)
            self.play(FadeIn(moving), run_time=0.3)
            self.play(place.animate.set_value(0.0), Write(lines[0]), run_time=beat.to("topics"))
            self.play(place.animate.set_value(1.2), FadeIn(lines[1], shift=UP * 0.2), run_time=1.4)
            self.play(place.animate.set_value(1.6), FadeIn(lines[2], shift=UP * 0.2), run_time=1.2)
            self.play(place.animate.set_value(0.6), run_time=beat.remaining)
        self.card = VGroup(card, curve, moving)

    def sliding_tangent(self, place: ValueTracker, region: Region) -> tuple[VGroup, VGroup]:
        """The course's emblem: a tangent that slides along a parabola."""
        region = region.columns(1, 1.2, 1)[1]
        plot = Plot((-2.6, 2.6), (-1, 5), region, x_name="", numbers=False)
        curve = plot.curve(self.f, theme.OUTPUT)
        tangent = plot.live_line(lambda: tangent_line(self.f, at=place.get_value()))
        dot = plot.dot(lambda: (place.get_value(), self.f(place.get_value())), theme.INK)
        return VGroup(plot.axes, curve), VGroup(tangent, dot)

    def build_the_machine(self) -> None:
        self.x = ValueTracker(STEEP)
        self.machine = machine = self.new_machine(self.x)
        machine.power.set_value(0.0)
        self.regions.content.place(machine.scale(1.2))
        ball = Dot(radius=0.16, color=theme.INPUT).move_to(machine.knob)
        ball.set_z_index(-1)  # it goes into the box
        with self.beat("machine") as beat:
            self.play(FadeOut(self.card), Write(self.heading()), run_time=0.6)
            self.play(FadeIn(machine.box), Write(machine.formula), run_time=0.7)
            beat.until("goes-in")
            self.play(FadeIn(machine.knob, machine.x_name), GrowArrow(machine.way_in), run_time=0.8)
            self.play(ball.animate.move_to(machine.box), run_time=beat.to("comes-out"))
            ball.set_color(theme.OUTPUT)
            self.play(GrowArrow(machine.way_out), FadeIn(machine.gauge), run_time=0.5)
            self.play(ball.animate.move_to(machine.gauge.get_left()), run_time=0.6)
            self.play(
                FadeOut(ball),
                machine.power.animate.set_value(1.0),
                FadeIn(machine.y_name),
                run_time=1.0,
            )

    def turn_the_knob(self) -> None:
        machine, change = self.machine, nudge(self.f, at=STEEP, by=DX)
        wedges = self.wedges(machine)
        dx = self.change("input", change.dx).next_to(machine.knob, UP, buff=0.25)
        dy = self.change("output", change.dy).next_to(machine.gauge, UP, buff=0.25)
        with self.beat("turn-the-knob") as beat:
            beat.until("turn")
            self.add(wedges)
            self.play(self.x.animate.set_value(STEEP + DX), run_time=beat.to("response"))
            self.play(FadeIn(dx, shift=UP * 0.2), run_time=beat.remaining / 2)
            self.play(FadeIn(dy, shift=UP * 0.2), run_time=beat.remaining)
        self.changes = VGroup(dx, dy, wedges)

    def compare_two_places(self) -> None:
        upper, lower = self.regions.content.split(1, 1, gap=0.4)
        flat_x = ValueTracker(FLAT)
        flat = self.new_machine(flat_x)
        left_upper, self.right_upper = upper.columns(1.1, 1, gap=0.5)
        left_lower, self.right_lower = lower.columns(1.1, 1, gap=0.5)
        left_lower.place(flat)
        steep = self.machine
        with self.beat("uneven-effect") as beat:
            self.play(
                FadeOut(self.changes),
                steep.animate.scale(flat.width / steep.width).move_to(left_upper.point()),
                run_time=1.0,
            )
            self.x.set_value(STEEP)
            steep_wedges = self.wedges(steep)
            self.add(steep_wedges)
            bars = self.bars(nudge(self.f, at=STEEP, by=DX), self.right_upper)
            self.play(self.x.animate.set_value(STEEP + DX), GrowFromEdge(bars[0], LEFT))
            self.play(GrowFromEdge(bars[1], LEFT), run_time=0.9)
            beat.until("hardly")
            self.play(FadeIn(flat), run_time=0.6)
            flat_wedges = self.wedges(flat)
            self.add(flat_wedges)
            others = self.bars(nudge(self.f, at=FLAT, by=DX), self.right_lower)
            self.play(flat_x.animate.set_value(FLAT + DX), GrowFromEdge(others[0], LEFT))
            self.play(GrowFromEdge(others[1], LEFT), run_time=0.7)
        self.flat = VGroup(flat, steep_wedges, flat_wedges)
        self.all_bars = (bars, others)

    def form_the_ratio(self) -> None:
        places = ((STEEP, self.right_upper), (FLAT, self.right_lower))
        ratios = VGroup()
        for at, region in places:
            change = nudge(self.f, at=at, by=DX)
            ratio = self.formula(
                'part("over", output(#dy)) / part("under", input(#dx)) part("is", = slope(#r))',
                dy=change.dy,
                dx=change.dx,
                r=change.ratio,
                size=theme.HEADING,
            )
            ratios.add(region.place(ratio, across=1.0))
        with self.beat("what-calculus-measures") as beat:
            beat.until("ratio")
            for ratio, bars in zip(ratios, self.all_bars, strict=True):
                self.play(
                    TransformFromCopy(bars[1][1], ratio.part("over")),
                    TransformFromCopy(bars[0][1], ratio.part("under")),
                    run_time=1.1,
                )
                self.play(FadeIn(ratio.besides("over", "under")), run_time=0.5)
        self.ratios = ratios

    def become_a_network(self) -> None:
        machine, x = self.machine, self.x
        net = network((3, 4, 1), width=4.6, height=3.2)
        self.regions.content.place(net, across=0.3, up=0.7)
        edges, nodes = net
        shell = SurroundingRectangle(net, color=theme.INK, buff=0.4, corner_radius=0.25)
        shell.set_fill(theme.PANEL, opacity=1)
        picked = [edges[0][0], edges[0][6], edges[0][11], edges[1][0], edges[1][3]]
        knobs = VGroup(
            *(self.weight_knob(edge, (-1) ** nth) for nth, edge in enumerate(picked))
        ).set_z_index(2)
        weights = self.label("weights", color=theme.INPUT).next_to(shell, DOWN, buff=0.2)
        gauge = machine.gauge
        place = gauge.copy().clear_updaters().scale(2.0)
        self.regions.content.place(place, across=0.9).match_y(net)
        name = self.label("loss", size=theme.HEADING, color=theme.LOSS)
        name.next_to(place.get_center(), DOWN, buff=0.35)
        way_out = pipe(shell, place)
        machine_parts = VGroup(machine.knob, machine.x_name, machine.y_name, machine.formula)
        pipes = VGroup(machine.way_in, machine.way_out)
        with self.beat("network") as beat:
            old = VGroup(self.flat, self.ratios, *self.all_bars, machine_parts, pipes)
            self.play(FadeOut(old), run_time=0.5)
            self.play(
                Transform(machine.box, shell),
                gauge.animate.scale(2.0).move_to(place),
                run_time=beat.to("knobs") / 2,
            )
            self.play(
                LaggedStart(*(Create(e) for layer in edges for e in layer), lag_ratio=0.05),
                FadeIn(nodes),
                GrowArrow(way_out),
                run_time=beat.to("knobs"),
            )
            self.play(FadeIn(knobs, scale=0.5), FadeIn(weights), run_time=0.8)
            beat.until("gauge")
            self.play(
                gauge.scale_arc.animate.set_color(theme.LOSS),
                gauge.ticks.animate.set_color(theme.LOSS),
                Write(name),
                run_time=0.7,
            )
            flow = [e.copy().set_stroke(theme.INPUT, 4) for layer in edges for e in layer]
            self.play(
                x.animate.set_value(0.4),
                *(ShowPassingFlash(e, time_width=0.6) for e in flow),
                run_time=2.0,
            )
        self.learning = VGroup(machine.box, net, knobs, weights, way_out, gauge, name)

    def weight_knob(self, edge: Line, sense: int) -> Knob:
        """A weight on an edge, turned by the same input as the machine's knob."""
        knob = Knob(lambda: 0.5 + 0.1 * sense * (self.x.get_value() - STEEP), radius=0.24)
        return knob.move_to(edge.get_center())

    def rest_on_the_principle(self) -> None:
        content = self.regions.content
        base = RoundedRectangle(width=9.5, height=1.15, corner_radius=0.15, color=theme.SLOPE)
        base.set_fill(theme.PANEL, opacity=1)
        content.place(base, up=0.08)
        principle = self.label("principle", size=theme.HEADING).move_to(base)
        pillars = VGroup()
        names = ("gradient-descent", "backpropagation")
        icons = (descent_icon(), backpropagation_icon())
        for across, name, icon in zip((-1, 1), names, icons, strict=True):
            block = RoundedRectangle(width=4.3, height=3.2, corner_radius=0.15, color=theme.INK)
            block.set_fill(theme.PANEL, opacity=1).next_to(base, UP, buff=0.0)
            block.shift(RIGHT * across * 2.5)
            text = self.label(name, bold=True).move_to(block).align_to(block, UP)
            text.shift(UP * (block.get_top()[1] - 0.65 - text.baseline))
            icon.move_to(block).shift(DOWN * 0.35)
            pillars.add(VGroup(block, icon, text))
        with self.beat("two-pillars") as beat:
            self.play(FadeOut(self.learning), run_time=0.4)
            self.play(FadeIn(pillars[0], shift=UP * 0.4), run_time=0.8)
            beat.until("backprop")
            self.play(FadeIn(pillars[1], shift=UP * 0.4), run_time=0.8)
            beat.until("principle")
            self.play(FadeIn(base, shift=UP * 0.3), Write(principle), run_time=1.0)
            self.play(Flash(base, color=theme.SLOPE, line_length=0.3), run_time=0.7)
        self.pillars = VGroup(base, principle, pillars)

    def list_the_topics(self) -> None:
        columns = self.regions.content.columns(1, 1, 1, 1, gap=0.3)
        icons = (derivative_icon(), chain_icon(), gradient_icon(), role_icon())
        labels = (
            self.label("topic-derivative"),
            self.label("topic-chain-rule"),
            self.label("topic-gradient"),
            self.label("topic-role"),
        )
        cards = VGroup()
        for column, icon, label in zip(columns, icons, labels, strict=True):
            panel = RoundedRectangle(width=column.width, height=4.2, corner_radius=0.2)
            panel.set_fill(theme.PANEL, opacity=1).set_stroke(theme.FAINT, theme.THIN)
            column.place(panel, up=0.55)
            icon.move_to(panel).shift(UP * 0.5)
            label.move_to(panel).shift(DOWN * 1.4)
            cards.add(VGroup(panel, icon, label))
        with self.beat("four-topics") as beat:
            self.play(FadeOut(self.pillars), run_time=0.5)
            panels = [FadeIn(card[0], shift=UP * 0.3) for card in cards]
            self.play(LaggedStart(*panels, lag_ratio=0.2), run_time=beat.to("derivative"))
            for card, until in zip(cards, ("chain-rule", "gradient", "role", ""), strict=True):
                _, icon, label = card
                seconds = beat.to(until) if until else beat.remaining
                self.play(Create(icon), FadeIn(label), run_time=min(0.8, seconds))
                if until:
                    beat.until(until)

    # -- small pieces ------------------------------------------------------------------------

    def new_machine(self, x: ValueTracker) -> Machine:
        name = self.formula(self.f.typst, size=theme.TITLE)
        return Machine(self.f, x, name=name, x_span=4.0, y_span=10.0)

    def wedges(self, machine: Machine) -> VGroup:
        """What knob and gauge turn through from now on."""
        machine.update()
        knob, gauge = machine.knob, machine.gauge
        return VGroup(
            swept(knob.pointer, knob.rim, theme.INPUT),
            swept(gauge.needle, gauge.hub, theme.OUTPUT),
        )

    def change(self, role: str, amount: float) -> Typeset:
        return self.formula(f"{role}(+#amount)", amount=amount, size=theme.HEADING)

    def bars(self, change: Nudge, region: Region) -> VGroup:
        """Input change and output change as bars on one scale, each with its number."""
        rows = VGroup()
        for role, amount in (("input", change.dx), ("output", change.dy)):
            bar = Rectangle(width=amount * BAR, height=0.5, stroke_width=0)
            bar.set_fill(theme.ROLES[role], opacity=1)
            number = self.change(role, amount).scale(0.8)
            rows.add(VGroup(bar, number.next_to(bar, RIGHT, buff=0.2)))
        rows.arrange(DOWN, buff=0.35, aligned_edge=LEFT)
        return region.place(rows, across=0.0)
