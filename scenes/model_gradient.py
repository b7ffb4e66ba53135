"""A small model and its gradient as one long column."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from manim import DOWN, UP, BackgroundRectangle, VGroup, VMobject

from lessonkit.stage import LiveNumber, Region, Typeset, theme
from lessonkit.stage.plot import arrow_outline
from mathcore import function
from scenes.pictures import network

WEIGHTS = {
    "w_1": 0.9, "w_2": -0.7, "w_3": 0.4, "w_4": 0.8, "w_5": -0.6, "w_6": 0.9,
    "b_1": 0.3, "b_2": -0.2, "b_3": 0.1,
}  # fmt: skip
EDGE_SPOTS = (0.35, 0.25, 0.25, 0.35, 0.5, 0.5)  # along each edge, clear of crossings
# A network of two inputs (0.8, −0.6), two hidden tanh neurons and the target 1.
LOSS = function(
    "(w_5*tanh(0.8*w_1 - 0.6*w_3 + b_1) + w_6*tanh(0.8*w_2 - 0.6*w_4 + b_2) + b_3 - 1)**2",
    variables=list(WEIGHTS),
)


class SmallNetwork(VGroup):
    """The model as a network: a tag for each weight on its edge, for each bias at its neuron."""

    def __init__(self, tags: VGroup, region: Region) -> None:
        net = region.place(network((2, 2, 1), width=6.6, height=5.6), across=0.1, up=0.8)
        edges, nodes = net
        self.edges = VGroup(*edges[0], *edges[1])
        self.neurons = VGroup(*nodes[1], *nodes[2])
        self.on_edges = VGroup(*tags[: len(self.edges)]).set_z_index(3)
        self.at_neurons = VGroup(*tags[len(self.edges) :]).set_z_index(3)
        for tag, edge, share in zip(self.on_edges, self.edges, EDGE_SPOTS, strict=True):
            tag.move_to(edge.point_from_proportion(share))
        for tag, neuron, side in zip(self.at_neurons, self.neurons, (UP, DOWN, UP), strict=True):
            tag.move_to(neuron.get_center() + 0.55 * side)
        self.plates = VGroup(
            *(
                BackgroundRectangle(tag, color=theme.BACKGROUND, fill_opacity=0.85, buff=0.06)
                for tag in self.on_edges
            )
        )
        super().__init__(*net)


class GradientColumn(VGroup):
    """A model's gradient as one column: names, numbers that follow a run, and ways to move."""

    def __init__(self, gradients: np.ndarray, step: Callable[[], float], region: Region) -> None:
        self.names, self.numbers, self.arrows = VGroup(), VGroup(), VGroup()
        rows = region.split(*[1] * len(WEIGHTS))
        steps = np.arange(len(gradients))
        for nth, (name, row) in enumerate(zip(WEIGHTS, rows, strict=True)):
            left, middle, right = row.columns(1.2, 1.2, 0.6)
            tag = Typeset(f"$gradient(partial L \\/ partial {name})$", size=theme.SMALL)
            self.names.add(left.place(tag, across=0.7))
            number = LiveNumber(
                lambda nth=nth: float(np.interp(step(), steps, gradients[:, nth])),
                size=theme.SMALL,
                color=theme.GRADIENT,
                sign=True,
            )
            self.numbers.add(middle.place(number))
            way = -0.17 * np.sign(gradients[0, nth]) * UP  # against the gradient
            arrow = VMobject(fill_color=theme.INPUT, fill_opacity=1, stroke_width=0)
            arrow.points = arrow_outline(right.point() - way, right.point() + way, theme.STROKE)
            self.arrows.add(arrow)
        middles = region.columns(1.2, 1.2, 0.6)[1]
        self.brackets = VGroup(
            *(
                VMobject(stroke_color=theme.INK, stroke_width=theme.THIN).set_points_as_corners(
                    [middles.point(*corner) for corner in ((i, 1), (o, 1), (o, 0), (i, 0))]
                )
                for i, o in ((0.08, 0.0), (0.92, 1.0))
            )
        )
        super().__init__(self.names, self.numbers, self.brackets, self.arrows)
