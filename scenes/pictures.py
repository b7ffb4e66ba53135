"""Pictures that more than one scene of the course shows."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import astuple
from importlib.metadata import version
from itertools import pairwise

import numpy as np
from manim import (
    DOWN,
    LEFT,
    PI,
    RIGHT,
    UP,
    AnimationGroup,
    Arc,
    Arrow,
    Circle,
    Dot,
    Ellipse,
    Line,
    Mobject,
    Polygon,
    RoundedRectangle,
    Sector,
    ShowPassingFlash,
    ValueTracker,
    VGroup,
    VMobject,
)

from lessonkit.stage import LiveNumber, Plot, Readout, Region, Typeset, kept, theme
from mathcore import Function, function, tangent_line
from mathcore.snippets import Captured, Snippet, snippet

Share = Callable[[], float]
KNOB_SWEEP = 1.5 * PI  # a knob turns three quarters of a circle


class Knob(VGroup):
    """A dial whose pointer follows a share between 0 (left stop) and 1 (right stop)."""

    def __init__(self, share: Share, *, radius: float = 0.75, color: str = theme.INPUT) -> None:
        rim = Circle(radius, stroke_color=color, stroke_width=theme.STROKE)
        rim.set_fill(theme.PANEL, opacity=1)
        self.rim = rim
        self.pointer = Line(stroke_color=color, stroke_width=theme.BOLD)
        super().__init__(rim, self.pointer)
        turn(self.pointer, rim, lambda: 1.25 * PI - KNOB_SWEEP * share())


class Gauge(VGroup):
    """A half-round meter whose needle follows a share between 0 (left) and 1 (right)."""

    def __init__(self, share: Share, *, radius: float = 1.15, color: str = theme.OUTPUT) -> None:
        self.scale_arc = Arc(radius, PI, -PI, stroke_color=color, stroke_width=theme.STROKE)
        self.ticks = VGroup(
            *(
                Line(0.86 * radius * direction, radius * direction).set_stroke(color, theme.THIN)
                for direction in map(_direction, np.linspace(0, PI, 9))
            )
        )
        hub = Circle(radius).set_stroke(opacity=0)  # what the needle turns in
        self.needle = Line(stroke_color=theme.INK, stroke_width=theme.BOLD)
        self.hub = hub
        super().__init__(
            hub, self.scale_arc, self.ticks, self.needle, Dot(radius=0.07, color=theme.INK)
        )
        turn(self.needle, hub, lambda: PI * (1 - min(max(share(), 0.0), 1.0)), reach=0.8)


class Machine(VGroup):
    """A function as a machine: a knob for its input, a gauge for its output."""

    def __init__(
        self, f: Function, x: ValueTracker, *, name: Typeset, x_span: float, y_span: float
    ):
        self.box = RoundedRectangle(
            width=2.8, height=2.0, corner_radius=0.25, stroke_color=theme.INK
        ).set_fill(theme.PANEL, opacity=1)
        self.formula = name.move_to(self.box)
        self.power = ValueTracker(1.0)  # 0 holds the needle at rest until a value comes out
        self.knob = Knob(lambda: x.get_value() / x_span)
        self.gauge = Gauge(lambda: self.power.get_value() * f(x.get_value()) / y_span)
        self.knob.next_to(self.box, LEFT, buff=1.1)
        self.gauge.next_to(self.box, RIGHT, buff=1.1)
        self.way_in = pipe(self.knob, self.box)
        self.way_out = pipe(self.box, self.gauge)
        size = theme.HEADING  # readable still when the machine shrinks
        self.x_name = Readout(
            Typeset("$input(x =)$", size=size),
            LiveNumber(x.get_value, size=size, color=theme.INPUT),
        ).next_to(self.knob, DOWN, buff=0.3)
        self.y_name = Readout(
            Typeset("$output(f(x) =)$", size=size),
            LiveNumber(lambda: f(x.get_value()), size=size, color=theme.OUTPUT),
        ).next_to(self.gauge, DOWN, buff=-0.75)
        super().__init__(
            self.way_in, self.way_out, self.box, self.formula,
            self.knob, self.gauge, self.x_name, self.y_name,
        )  # fmt: skip


def pipe(left: VGroup, right: VGroup) -> Arrow:
    """An arrow from the right side of one thing to the left side of another."""
    return Arrow(
        left.get_right(), right.get_left(), buff=0.15, stroke_color=theme.MUTED, color=theme.MUTED
    )


def turn(hand: Line, dial: Circle, angle: Share, reach: float = 0.85) -> None:
    """Let a hand turn about the centre of a dial, wherever and however large the dial is."""

    def point(mobject: Line) -> None:
        length = reach * dial.width / 2
        centre = dial.get_center()
        mobject.put_start_and_end_on(centre, centre + length * _direction(angle()))

    hand.add_updater(point, call_updater=True)


def follow(mobject: Mobject, place: Callable[[Mobject], object]) -> Mobject:
    """Keep a mobject where `place` puts it."""
    mobject.add_updater(lambda m: place(m), call_updater=True)
    return mobject


def swept(hand: Line, dial: VMobject, color: str) -> VMobject:
    """The wedge that a hand of a dial sweeps over from now on."""
    start = hand.get_angle()
    wedge = VMobject(fill_color=color, fill_opacity=0.5, stroke_width=0)

    def follow(wedge: VMobject) -> None:
        angle = (hand.get_angle() - start + PI) % (2 * PI) - PI  # the short way round
        sector = Sector(radius=dial.width / 2, start_angle=start, angle=angle)
        wedge.points = sector.points + dial.get_center()

    wedge.add_updater(follow, call_updater=True)
    return wedge


def gear(teeth: int, radius: float, color: str) -> VGroup:
    """A wheel with teeth on its pitch circle (frame units) and a spoke that shows it turn.

    At rest a tooth points to the right.
    """
    depth = 0.8 * 2 * PI * radius / teeth / 2.25  # a tooth's height, as gear makers choose it
    outline = []
    for nth in range(teeth):
        for share, out in ((-0.29, -1), (-0.14, 1), (0.14, 1), (0.29, -1)):
            outline.append((radius + out * depth / 2) * _direction(2 * PI * (nth + share) / teeth))
    wheel = Polygon(*outline, stroke_color=color, stroke_width=theme.THIN)
    spoke = Line(0.2 * radius * RIGHT, 0.75 * radius * RIGHT).set_stroke(color, theme.BOLD)
    hub = Dot(radius=min(0.08, 0.3 * radius), color=color)
    return VGroup(wheel.set_fill(theme.PANEL, opacity=1), spoke, hub)


def spin(wheel: VGroup, centre: np.ndarray, turn: ValueTracker, ratio: float, phase: float) -> None:
    """Let a wheel turn about a centre by `ratio` times a tracker (radians), from a phase."""
    at_rest = [part.points.copy() for part in wheel]

    def follow(wheel: VGroup) -> None:
        angle = phase + ratio * turn.get_value()
        rotated = np.array(
            [[np.cos(angle), np.sin(angle), 0], [-np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
        )
        for part, points in zip(wheel, at_rest, strict=True):
            part.points = points @ rotated + centre

    wheel.add_updater(follow, call_updater=True)


def network(layers: tuple[int, ...], *, width: float = 3.6, height: float = 2.6) -> VGroup:
    """A small neural network: (edges, nodes), edges grouped layer by layer."""
    columns = [
        [
            np.array([x, y, 0.0])
            for y in (
                np.linspace(-1, 1, n) * height / 2 * (n - 1) / max(layers) if n > 1 else [0.0]
            )
        ]
        for x, n in zip(np.linspace(-width / 2, width / 2, len(layers)), layers, strict=True)
    ]
    nodes = VGroup(
        *(
            VGroup(*(Circle(0.2, color=theme.INK).set_fill(theme.PANEL, 1).move_to(p) for p in c))
            for c in columns
        )
    )
    edges = VGroup(
        *(
            VGroup(*(Line(a, b, stroke_color=theme.MUTED, stroke_width=2.5) for a in c for b in d))
            for c, d in pairwise(columns)
        )
    )
    return VGroup(edges, nodes.set_z_index(1))  # edges end behind the nodes


def backward_pulse(edges: VGroup) -> AnimationGroup:
    """A gradient that runs back along the edges of one layer of a network."""
    back = (
        Line(e.get_end(), e.get_start()).set_stroke(theme.GRADIENT, theme.STROKE) for e in edges
    )
    return AnimationGroup(*(ShowPassingFlash(line, time_width=0.7) for line in back))


def hollow(arrow: VMobject) -> VMobject:
    """A gradient's arrow as an outline: the way down."""
    arrow.set_fill(theme.BACKGROUND, opacity=0.6)
    return arrow.set_stroke(theme.GRADIENT, width=theme.THIN)


def tick(height: float = 0.5) -> VMobject:
    """A check mark: this is right, or done."""
    corners = np.array([(0, 0.45), (0.4, 0), (1.1, 1.0)]) * height
    mark = VMobject(stroke_color=theme.SLOPE, stroke_width=1.4 * theme.BOLD)
    return mark.set_points_as_corners([np.array([x, y, 0.0]) for x, y in corners])


def eraser(width: float = 0.75) -> VGroup:
    """A rubber, its working end down to the left."""
    body, end = (
        RoundedRectangle(width=w * width, height=0.42 * width, corner_radius=0.06 * width)
        for w in (0.66, 0.34)
    )
    body.set_fill(theme.MUTED, 1).set_stroke(width=0)
    end.set_fill(theme.INK, 1).set_stroke(width=0)
    return VGroup(end, body).arrange(RIGHT, buff=0.02).rotate(PI / 5).set_z_index(5)


class SignCard(VGroup):
    """What the sign of a slope asks of a weight.

    `rows`, for a positive and a negative slope, are each (sign, arrow, what to do).
    """

    def __init__(self, size: float = theme.FORMULA) -> None:
        super().__init__()
        for sign, move in ((">", "arrow.b"), ("<", "arrow.t")):
            line = Typeset(
                f'$part("sign", slope("slope" {sign} 0)) part("so", =>)'
                f' part("move", input(w {move}))$',
                size=size,
            )
            self.add(VGroup(*(line.part(name) for name in ("sign", "so", "move"))))
        self.rows = self.submobjects
        self.arrange(DOWN, buff=0.45, aligned_edge=LEFT)


def code_text(text: str, color: str, size: float = 32.0, *, width: float | None = None) -> Typeset:
    """A piece of code, or of what it prints, outside its listing."""
    return Typeset(f'#"{text}"', size=size, color=color, width=width, fonts=theme.CODE_FONTS)


def what_it_prints(program: Snippet) -> Captured:
    """What a program writes; it is run once a machine, as Python with torch starts in seconds."""
    versions = sys.version, version("torch")
    output, error = kept(lambda: astuple(program.run()), program.source, *versions)
    return Captured(tuple(output), error)


TRAINING = ("zero_grad", "backward", "step")
"""The three calls of a step of training, in their order."""


def training_lines(size: float = theme.HEADING) -> VGroup:
    """Those lines of the course's training program, one under the other."""
    program = snippet("training_loop").lines
    lines = (next(line.strip() for line in program if f".{call}()" in line) for call in TRAINING)
    code = VGroup(*(code_text(line, theme.INK, size) for line in lines))
    return code.arrange(DOWN, aligned_edge=LEFT, buff=0.55)


# -- icons of topics, each about `SIZE` across ------------------------------------------

SIZE = 2.0


def derivative_icon() -> VGroup:
    """A curve and its tangent."""
    f = function("x**2")
    half = SIZE / 2
    plot = Plot(
        (-1.6, 1.8), (-0.8, 3.2), Region(-half, half, -half, half), x_name="", numbers=False
    )
    at = 1.0
    curve = plot.curve(f, theme.OUTPUT)
    tangent = plot.line(tangent_line(f, at=at), theme.SLOPE)
    dot = Dot(plot.at(at, f(at)), radius=0.08, color=theme.INK)
    return VGroup(plot.axes, curve, tangent, dot)


def chain_icon() -> VGroup:
    """Three quantities, each driving the next."""
    x, u, y = (
        Circle(0.3, stroke_color=color, stroke_width=theme.STROKE).set_fill(theme.PANEL, 1)
        for color in (theme.INPUT, theme.INK, theme.OUTPUT)
    )
    VGroup(x, u, y).arrange(RIGHT, buff=0.4)
    names = VGroup(
        *(
            Typeset(f"${letter}$", size=theme.SMALL).move_to(circle)
            for letter, circle in zip("xuy", (x, u, y), strict=True)
        )
    )
    links = VGroup(
        *(
            Arrow(a.get_right(), b.get_left(), buff=0.04, color=theme.MUTED, stroke_width=4)
            for a, b in ((x, u), (u, y))
        )
    )
    return VGroup(links, x, u, y, names)


def gradient_icon() -> VGroup:
    """Contours and the arrow across them."""
    rings = VGroup(
        *(
            Ellipse(width=s * SIZE, height=0.7 * s * SIZE, color=theme.LOSS).set_stroke(
                width=theme.THIN, opacity=0.9
            )
            for s in (0.35, 0.68, 1.0)
        )
    )
    start = rings[1].point_at_angle(PI / 4)
    bowl = function("x**2 + (y/0.7)**2", variables=("x", "y")).gradient()
    uphill = np.append(bowl(start[:2]), 0.0)
    arrow = Arrow(
        start, start + 0.8 * uphill / np.linalg.norm(uphill), buff=0, color=theme.GRADIENT
    )
    return VGroup(rings, arrow)


def role_icon() -> VGroup:
    """A network that learns."""
    return network((3, 3, 1), width=SIZE, height=1.7)


def descent_icon() -> VGroup:
    """Points that go down a curve in ever smaller steps."""
    f = function("x**2")
    slope = f.derivative()
    half = SIZE / 2
    plot = Plot(
        (-1.9, 1.9), (-0.4, 3.4), Region(-half, half, -half, half), x_name="", numbers=False
    )
    places = [-1.7]
    for _ in range(4):
        places.append(places[-1] - 0.2 * slope(places[-1]))
    dots = VGroup(*(Dot(plot.at(x, f(x)), radius=0.08, color=theme.GRADIENT) for x in places))
    return VGroup(plot.curve(f, theme.LOSS), dots)


def backpropagation_icon() -> VGroup:
    """A network with an arrow from its output back to its input."""
    net = network((3, 3, 1), width=SIZE, height=1.4)
    back = Arrow(
        net.get_corner(DOWN + RIGHT), net.get_corner(DOWN + LEFT), buff=0, color=theme.GRADIENT
    )
    return VGroup(net, back.shift(0.25 * DOWN))


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


def _direction(angle: float) -> np.ndarray:
    return np.array([np.cos(angle), np.sin(angle), 0.0])
