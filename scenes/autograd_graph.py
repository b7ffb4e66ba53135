"""What PyTorch remembers of y = x²: a graph that a gradient runs back through."""

from __future__ import annotations

from collections.abc import Sequence

from manim import (
    DOWN,
    PI,
    RIGHT,
    UP,
    Arc,
    Arrow,
    Circle,
    Dot,
    Mobject,
    MoveAlongPath,
    RoundedRectangle,
    VGroup,
    linear,
)

from lessonkit.stage import LessonScene, Region, Typeset, theme
from mathcore import Graph as Trace
from scenes.pictures import code_text

SLOPE = 42.0  # pixels of an em: the graph shrinks, and this must stay readable


class AutogradGraph:
    """x → square → y, with the box where x's gradient will lie; nothing is on the frame yet."""

    def __init__(self, run: Trace, region: Region) -> None:
        self.x, self.y = (
            Circle(0.52, stroke_color=color, stroke_width=theme.STROKE).set_fill(theme.PANEL, 1)
            for color in (theme.INPUT, theme.OUTPUT)
        )
        self.square = RoundedRectangle(
            width=1.1, height=1.0, corner_radius=0.15, stroke_color=theme.INK
        ).set_fill(theme.PANEL, 1)
        row = VGroup(self.x, self.square, self.y).arrange(RIGHT, buff=0.95)
        self.box = RoundedRectangle(
            width=1.35, height=0.85, corner_radius=0.08, stroke_color=theme.GRADIENT
        ).set_fill(theme.PANEL, 1)
        self.box.next_to(self.x, DOWN, buff=0.6)
        self.x_name = Typeset("$input(x)$").next_to(self.x, UP, buff=0.12)
        self.y_name = Typeset("$output(y)$").next_to(self.y, UP, buff=0.12)
        self.eye = eye_icon().next_to(self.x_name, UP, buff=0.18)
        region.place(VGroup(row, self.box, self.x_name, self.y_name, self.eye), up=1.0)
        self.x_value, self.y_value = (
            Typeset(f"${role}(#v)$", values={"v": f"{run.nodes[name].value:g}"})
            .move_to(circle)
            .set_z_index(2)
            for name, role, circle in (("x", "input", self.x), ("y", "output", self.y))
        )
        self.square_name = Typeset("$(dot.c)^2$").move_to(self.square)
        self.box_name = code_text("x.grad", theme.GRADIENT, SLOPE).next_to(
            self.box, RIGHT, buff=0.2
        )
        style = {"buff": 0.06, "color": theme.MUTED, "stroke_width": 5, "tip_length": 0.22}
        self.into = Arrow(self.x.get_right(), self.square.get_left(), **style)
        self.out = Arrow(self.square.get_right(), self.y.get_left(), **style)
        self.down = Arrow(self.x.get_bottom(), self.box.get_top(), **style)
        self.down.set_color(theme.GRADIENT)

    @property
    def shown(self) -> tuple[Mobject, ...]:
        """All of it but the eye."""
        return tuple(
            part for part in vars(self).values() if isinstance(part, Mobject) and part != self.eye
        )

    @property
    def way_back(self) -> tuple[Arrow, Arrow, Arrow]:
        """From y to x and on into the box, as a gradient goes."""
        out, into = (arrow.copy().reverse_points() for arrow in (self.out, self.into))
        return out, into, self.down


def pulse(scene: LessonScene, ways: Sequence[Arrow], color: str, seconds: float) -> None:
    """Play a dot that runs along arrows, one after the other."""
    dot = Dot(radius=0.13, color=color).set_z_index(4)
    for way in ways:
        scene.play(MoveAlongPath(dot, way.copy()), rate_func=linear, run_time=seconds / len(ways))
    scene.remove(dot)


def eye_icon() -> VGroup:
    """An eye, about a frame unit wide."""
    lids = VGroup(
        Arc(0.6, 0.2 * PI, 0.6 * PI).shift(0.35 * DOWN),
        Arc(0.6, 1.2 * PI, 0.6 * PI).shift(0.35 * UP),
    )
    lids.set_stroke(theme.GRADIENT, theme.STROKE)
    return VGroup(lids, Dot(radius=0.13, color=theme.GRADIENT))
