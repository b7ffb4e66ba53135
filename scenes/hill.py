"""A walker on a hill in fog, who sees only the ground underfoot."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from manim import (
    LEFT,
    RIGHT,
    UP,
    Circle,
    Dot,
    Ellipse,
    Line,
    Mobject,
    ValueTracker,
    VGroup,
    VMobject,
)

from lessonkit.stage import Plot, Region, theme
from mathcore import function, optimizer, tangent_line, trajectory

HILL = function("4.2/(1 + exp(0.9*(x - 4))) + 0.18*sin(1.3*x)")
START, STRIDE, STEPS = 2.2, 1.1, 6  # where the walker stands, and the learning rate of the steps
SEES = (0.7, 1.5)  # how far the hill is clear in the fog, and where it is gone
SLICE = 0.2  # width of a strip of the hill, frame units: whole pixels at every quality
REACH = 0.75  # half the tangent's width, axes units
PUFF = ((1.6, 0.5, 0, 0), (0.9, 0.6, -0.2, 0.14), (0.7, 0.4, 0.4, 0.1))  # width, height, x, y
PUFFS = (  # share across and up the region, and size
    (0.05, 0.95, 1.2), (0.1, 0.2, 1.5), (0.42, 0.88, 1.1), (0.52, 0.12, 1.3),
    (0.66, 0.62, 1.5), (0.8, 0.2, 1.2),
)  # fmt: skip


class FoggyHill:
    """The hill, the walker on it and the fog, each followed by what is drawn.

    `clock` is the step of the walk, `fog` goes from 0 (clear) to 1 (dense), `drift` moves the
    clouds. Where the walker has stood a mark stays, as visible as the ground there.
    """

    def __init__(self, region: Region) -> None:
        self.plot = Plot((0, 10), (-0.6, 4.9), region, x_name="", numbers=False)
        self.clock, self.fog, self.drift = ValueTracker(0.0), ValueTracker(0.0), ValueTracker(0.0)
        run = trajectory(HILL, [START], optimizer("SGD", lr=STRIDE), STEPS)
        self._places = run.points[:, 0]
        self.ground = self._strips(region.bottom)
        self.marks = self._marks()
        self.clouds = self._clouds(region)
        self.tangent = self.plot.live_segment(self._tangent_ends, theme.SLOPE)
        self.tangent.set_stroke(width=theme.BOLD)
        self.walker = stick_figure().add_updater(
            lambda m: m.shift(self.plot.at(self.here(), HILL(self.here())) - m.get_bottom()),
            call_updater=True,
        )

    def here(self) -> float:
        """Where the walker is, between two iterates as the clock says."""
        return float(np.interp(self.clock.get_value(), np.arange(STEPS + 1), self._places))

    def slope(self) -> float:
        """The slope underfoot."""
        return HILL.derivative()(self.here())

    def ridge(self) -> VMobject:
        """The outline of the hill, without the walker's world."""
        return self.plot.curve(HILL, theme.INK)

    def _clear(self, places: np.ndarray) -> np.ndarray:
        """How much of the hill is seen at places, 0 to 1."""
        far = np.clip((np.abs(places - self.here()) - SEES[0]) / (SEES[1] - SEES[0]), 0, 1)
        return np.asarray(1 - self.fog.get_value() * far)

    def _strips(self, foot: float) -> VGroup:
        """The hill in strips, each as clear as the fog leaves it."""
        left, right = self.plot.at(0, 0)[0], self.plot.at(10, 0)[0]
        edges = np.arange(np.ceil(left / SLICE), np.floor(right / SLICE) + 1) * SLICE
        strips = VGroup()
        for a, b in pairwise(edges):
            xs = 10 * (np.linspace(a, b, 4) - left) / (right - left)
            top = [self.plot.at(x, HILL(x)) for x in xs]
            body = VMobject(fill_color=theme.FAINT, fill_opacity=0.6, stroke_width=0)
            corners = [np.array([b, foot, 0]), np.array([a, foot, 0])]
            body.set_points_as_corners([*top, *corners, top[0]])
            edge = VMobject(stroke_color=theme.INK, stroke_width=theme.STROKE)
            strips.add(VGroup(body, edge.set_points_as_corners(top)))
        middles = 10 * ((edges[:-1] + edges[1:]) / 2 - left) / (right - left)

        def veil(strips: Mobject) -> None:
            for (body, edge), clear in zip(strips, self._clear(middles), strict=True):
                body.set_fill(opacity=0.6 * clear)
                edge.set_stroke(opacity=clear)

        return strips.add_updater(veil)

    def _marks(self) -> VGroup:
        """Where the walker has stood, seen once that is so and where the ground is."""
        marks = VGroup(
            *(
                Dot(self.plot.at(x, HILL(x)), radius=0.08, color=theme.GRADIENT)
                for x in self._places
            )
        )

        def follow(marks: Mobject) -> None:
            reached = self.clock.get_value() >= np.arange(STEPS + 1) - 1e-6
            for mark, seen in zip(marks, reached * self._clear(self._places), strict=True):
                mark.set_opacity(float(seen))

        return marks.add_updater(follow, call_updater=True)

    def _clouds(self, region: Region) -> VGroup:
        """Puffs over the hill, on their way to the right."""
        puffs = VGroup()
        for across, up, size in PUFFS:
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
            puffs.add(region.place(puff, across=across, up=up))
        rest = [puff.get_center() for puff in puffs]

        def move(puffs: Mobject) -> None:
            for puff, place in zip(puffs, rest, strict=True):
                puff.move_to(place + 1.1 * self.drift.get_value() * RIGHT)

        return puffs.add_updater(move)

    def _tangent_ends(self) -> tuple[tuple[float, float], tuple[float, float]]:
        x = self.here()
        line = tangent_line(HILL, at=x)
        low, high = ((x + d, line.slope * (x + d) + line.intercept) for d in (-REACH, REACH))
        return low, high


def stick_figure() -> VGroup:
    """A person about 0.75 frame units tall."""
    style = {"stroke_color": theme.INPUT, "stroke_width": theme.STROKE}
    neck, hip = 0.5 * UP, 0.26 * UP
    head = Circle(0.11, **style).set_fill(theme.INPUT, 1).move_to(0.62 * UP)
    limbs = [(neck, hip), (hip, 0.12 * LEFT), (hip, 0.12 * RIGHT)]
    limbs += [(0.44 * UP, hip + 0.17 * side) for side in (LEFT, RIGHT)]
    return VGroup(head, *(Line(a, b, **style) for a, b in limbs)).set_z_index(2)
