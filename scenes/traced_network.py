"""A small network in a row: values above its nodes, gradients below, light along its wires."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from manim import (
    DOWN,
    RIGHT,
    UP,
    Animation,
    AnimationGroup,
    Circle,
    CurvedArrow,
    FadeIn,
    Line,
    ShowPassingFlash,
    VGroup,
    there_and_back,
)

from lessonkit.stage import LiveNumber, Region, Typeset, theme
from mathcore import Graph, typst

COLORS = {
    "x": theme.INPUT,
    "w1": theme.INPUT,
    "h": theme.INK,
    "w2": theme.INPUT,
    "y": theme.OUTPUT,
    "t": theme.MUTED,
    "L": theme.LOSS,
}
ACROSS = {"x": 0.04, "w1": 0.19, "h": 0.34, "w2": 0.49, "y": 0.64, "L": 0.94}  # shares of the row
WIRES = {"h": ("x", "w1", "h"), "y": ("h", "w2", "y"), "L": ("y", "L"), "t": ("t", "L")}
RADIUS, RADIUS_OF_WEIGHT = 0.46, 0.38


class TracedNetwork:
    """x → h → y → L with its weights on the wires and its target t over the last one.

    `nodes`, `values` and `gradients` go by the names of the graph, `wires` by where they end,
    `local` derivatives by node and the node before it.
    """

    def __init__(self, run: Graph, row: Region, level: float) -> None:
        self.local = {(edge.target, edge.source): edge.local for edge in run.edges}
        self.at = {
            name: np.array([row.point(across)[0], level, 0.0]) for name, across in ACROSS.items()
        }
        self.at["t"] = 0.65 * self.at["y"] + 0.35 * self.at["L"] + UP * 1.55
        self.nodes = {name: self._node(name) for name in self.at}
        self.wires = {end: self._wire(names) for end, names in WIRES.items()}
        self.values, self.gradients = {}, {}
        for name, node in run.nodes.items():
            value = _number(node.value, COLORS[name])
            gradient = _number(node.gradient, theme.GRADIENT)
            self.values[name] = value.next_to(*self._beside(name, UP), buff=0.18)
            self.gradients[name] = gradient.next_to(*self._beside(name, DOWN), buff=0.2)

    def pulse(self, names: tuple[str, ...], color: str) -> Animation:
        """Light that runs along the wires through these nodes."""
        light = self._wire(names).set_stroke(color, 12).set_z_index(-0.5)
        return ShowPassingFlash(light, time_width=0.6)

    def nod(self, name: str) -> Any:
        """A node swells for a moment."""
        return self.nodes[name].animate(rate_func=there_and_back).scale(1.2)

    def value_appears(self, name: str) -> Animation:
        """A value comes in over its node, which nods."""
        return AnimationGroup(FadeIn(self.values[name], shift=UP * 0.2), self.nod(name))

    def live_value(self, name: str, value: Callable[[], float], places: int) -> LiveNumber:
        """A number that changes in the place of a node's value."""
        number = LiveNumber(value, places=places, size=theme.HEADING, color=COLORS[name])
        place = self.values[name]
        return number.move_to(place).shift(UP * (place.get_bottom()[1] - number.baseline))

    def local_derivative(self, upper: str, lower: str) -> VGroup:
        """How a node answers to one before it: an arrow back and a text with a part "value"."""
        end = self.gradients[lower].get_bottom()
        start = np.array([self.at[upper][0], end[1], 0])
        arrow = CurvedArrow(
            start + np.array([-0.15, -0.1, 0]),
            end + np.array([0.15, -0.1, 0]),
            angle=-0.6,
            color=theme.SLOPE,
            tip_length=0.2,
        )
        name = Typeset(
            f"$slope((dif {typst(upper)}) / (dif {typst(lower)}) =) "
            f'part("value", slope({self.local[upper, lower]:.12g}))$'
        )
        return VGroup(arrow, name.next_to(arrow, DOWN, buff=0.08))

    def _node(self, name: str) -> VGroup:
        """A value of the network; a weight is smaller and sits on its wire."""
        radius = RADIUS_OF_WEIGHT if name in ("w1", "w2", "t") else RADIUS
        circle = Circle(radius, stroke_color=COLORS[name], stroke_width=theme.STROKE)
        circle.set_fill(theme.PANEL, opacity=1)
        text = Typeset(f"${typst(name)}$", color=COLORS[name]).move_to(circle)
        return VGroup(circle, text).move_to(self.at[name])

    def _wire(self, names: tuple[str, ...]) -> Line:
        line = Line(stroke_color=theme.MUTED, stroke_width=theme.STROKE)
        line.set_points_as_corners([self.at[name] for name in names])
        return line.set_z_index(-1)

    def _beside(self, name: str, side: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where a node's numbers begin and which way they go; level for the nodes of the row."""
        if name == "t":
            return self.at[name] + RADIUS * RIGHT, RIGHT
        return self.at[name] + RADIUS * side, side


def _number(value: float, color: str) -> Typeset:
    return Typeset(f"${value:.12g}$", size=theme.HEADING, color=color)
