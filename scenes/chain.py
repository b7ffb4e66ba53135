"""A chain of functions, x → u → y, drawn three ways: a pipeline, linked number lines, gears."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from manim import (
    DOWN,
    LEFT,
    PI,
    RIGHT,
    UP,
    Arrow,
    Circle,
    CurvedArrow,
    Line,
    Polygon,
    RoundedRectangle,
    ValueTracker,
    VGroup,
    VMobject,
)

from lessonkit.stage import NumberLine, Region, Typeset, theme
from lessonkit.stage.number_line import POINTER
from mathcore import Link
from scenes.pictures import gear, spin

ROLES = ("input", "ink", "output")  # of x, u, y
COLORS = tuple(theme.ROLES[role] for role in ROLES)
NEAR = (-0.03, 0.27, 0.1)  # the magnified window about each number: one scale for all lines
BELOW = 0.55  # frame units: a link begins under the numbers of its line
TEETH = 8  # of each driven wheel
COARSE, FINE = 0.78, 0.27  # radii of the driven wheels, frame units


class Pipeline(VGroup):
    """The quantities in circles and the functions in boxes, by turns."""

    def __init__(self, chain: Sequence[Link]) -> None:
        names = ("x", *(link.name for link in chain))
        circles = [_circle(name, color) for name, color in zip(names, COLORS, strict=True)]
        boxes = [_box(link) for link in chain]
        super().__init__(circles[0])
        for box, circle in zip(boxes, circles[1:], strict=True):
            self.add(box, circle)
        self.scale(1.4).arrange(RIGHT, buff=1.0)

    def arrows(self, direction: np.ndarray) -> VGroup:
        """Arrows from each station to the next, which lies in that direction."""
        return VGroup(
            *(
                Arrow(
                    a.get_edge_center(direction),
                    b.get_edge_center(-direction),
                    buff=0.05,
                    color=theme.MUTED,
                    stroke_width=theme.THIN,
                    max_tip_length_to_length_ratio=0.45,
                )
                for a, b in pairwise(self)
            )
        )


class LinkedLines:
    """A number line for each quantity, one under the other; x drives the pointers of all.

    Args:
        chain: The links, with their numbers at the place that small moves start from.
        x: The first quantity.
        wide: The far window (low, high, step) of each line; `zoom` magnifies them all alike.
        region: Where the lines go.
    """

    def __init__(
        self,
        chain: Sequence[Link],
        x: ValueTracker,
        wide: Sequence[tuple[float, float, float]],
        region: Region,
    ) -> None:
        self.zoom = ValueTracker(0.0)
        self.starts = (chain[0].input, *(link.output for link in chain))
        self.values: list[Callable[[], float]] = [x.get_value]
        for link in chain:
            before = self.values[-1]
            self.values.append(lambda f=link.function, before=before: float(f(before())))
        low, high, step = NEAR
        self.lines = [
            NumberLine(window, (at + low, at + high, step), row, self.zoom)
            for window, at, row in zip(
                wide, self.starts, region.split(*[1] * len(wide)), strict=True
            )
        ]
        self.pointers = VGroup(
            *(
                line.pointer(value, color)
                for line, value, color in zip(self.lines, self.values, COLORS, strict=True)
            )
        )
        fixed: list[Callable[[], float]] = [lambda at=at: at for at in self.starts]
        self.ghosts = VGroup(
            *(
                line.pointer(value, theme.MUTED)
                for line, value in zip(self.lines, fixed, strict=True)
            )
        ).set_z_index(0.8)
        uppers = range(len(chain))
        self.links = VGroup(*(self._link(upper) for upper in uppers))
        self.fans = VGroup(*(self._fan(upper) for upper in uppers))

    def pieces(self, nth: int, width: Callable[[], float], count: int, color: str) -> VGroup:
        """Copies of one change, end to end on a line."""
        line, start = self.lines[nth], self.starts[nth]

        def ends(piece: int) -> tuple[float, float]:
            return start + (piece + 0.06) * width(), start + (piece + 0.94) * width()

        return VGroup(*(line.live_bar(lambda n=n: ends(n), color) for n in range(count)))

    def stretch(self, upper: int, factor: float, left: float) -> tuple[VMobject, Typeset]:
        """The arrow from one line to the next, at a frame x beside them, and the factor at it."""
        start, end = (
            np.array([left, line[0].get_start()[1], 0.0]) for line in self.lines[upper : upper + 2]
        )
        arrow = CurvedArrow(
            start + DOWN * 0.1, end + UP * 0.1, angle=-PI / 2.5, color=theme.SLOPE, tip_length=0.22
        )
        name = Typeset(f"$slope(times {factor:g})$", size=theme.HEADING)
        return arrow, name.next_to(arrow, RIGHT, buff=0.2)

    def _link(self, upper: int) -> Line:
        """What ties the pointer of a line to the pointer of the next."""

        def follow(link: VMobject) -> None:
            start, end = (self.lines[nth].at(self.values[nth]()) for nth in (upper, upper + 1))
            end = end + UP * POINTER
            share = BELOW / (start[1] - end[1])
            link.set_points_as_corners([start + share * (end - start), end])

        link = Line(stroke_color=theme.MUTED, stroke_width=theme.THIN)
        link.add_updater(follow, call_updater=True)
        return link

    def _fan(self, upper: int) -> Polygon:
        """The stretch between a change on one line and the change it makes on the next."""

        def follow(fan: VMobject) -> None:
            above, below = self.lines[upper : upper + 2]
            corners = [
                above.at(self.starts[upper]),
                above.at(self.values[upper]()),
                below.at(self.values[upper + 1]()),
                below.at(self.starts[upper + 1]),
            ]
            fan.set_points_as_corners([*corners, corners[0]])

        fan = Polygon(UP, DOWN, LEFT, stroke_width=0, fill_color=theme.SLOPE, fill_opacity=0.16)
        fan.set_z_index(-1).add_updater(follow, call_updater=True)
        return fan


class GearTrain:
    """Wheels for x, u and y from the left of a region; u's two sit on one axle.

    `turn` is how far x's wheel has turned, in radians. `meshes` are the frame points where a
    wheel drives the next.
    """

    def __init__(self, chain: Sequence[Link], turn: ValueTracker, region: Region) -> None:
        to_u, to_y = (link.slope for link in chain)
        x_at = region.point(0.0) + RIGHT * (COARSE * to_u + 0.2)
        u_at = x_at + RIGHT * COARSE * (to_u + 1)
        y_at = u_at + RIGHT * FINE * (to_y + 1)
        # The large wheel of u runs behind the wheel of x, which would hide its spoke at every turn:
        # the axle's other wheel shows how both turn.
        u_large = gear(round(to_y * TEETH), FINE * to_y, theme.INK)
        u_large.remove(u_large[1])
        x_wheel = gear(round(to_u * TEETH), COARSE * to_u, theme.INPUT)
        u_small, y_wheel = gear(TEETH, COARSE, theme.INK), gear(TEETH, FINE, theme.OUTPUT)
        spin(u_large, u_at, turn, -to_u, 0.0)
        spin(x_wheel, x_at, turn, 1.0, 0.0)
        spin(u_small, u_at, turn, -to_u, PI / TEETH)
        spin(y_wheel, y_at, turn, to_u * to_y, PI / TEETH)
        self.wheels = VGroup(u_large, x_wheel, u_small, y_wheel)
        self.names = VGroup(
            _name("x", 0).next_to(x_wheel, UP, buff=0.1),
            _name("u", 1).next_to(u_large, UP, buff=0.2),
            _name("y", 2).next_to(y_wheel, RIGHT, buff=0.2),
        )
        self.meshes = (x_at + RIGHT * COARSE * to_u, u_at + RIGHT * FINE * to_y)


def _name(letter: str, nth: int) -> Typeset:
    return Typeset(f"${ROLES[nth]}({letter})$", size=theme.FORMULA)


def _circle(name: str, color: str) -> VGroup:
    circle = Circle(0.34, stroke_color=color, stroke_width=theme.STROKE)
    circle.set_fill(theme.PANEL, opacity=1)
    return VGroup(circle, Typeset(f"${name}$", color=color).move_to(circle))


def _box(link: Link) -> VGroup:
    name = Typeset(f"${link.function.typst}$")
    box = RoundedRectangle(width=name.width + 0.4, height=0.62, corner_radius=0.12)
    box.set_stroke(theme.INK, theme.THIN).set_fill(theme.PANEL, opacity=1)
    return VGroup(box, name.move_to(box).set_z_index(1))
