"""A piece of a plot, enlarged in a corner of it."""

from __future__ import annotations

from typing import Any

from manim import Line, Polygon, VGroup

from lessonkit.stage import Plot, Region, theme
from lessonkit.stage.plot import Range
from scenes.descent import clear_numbers


class Inset:
    """The window x, y of a plot as a plot of its own in a region above that window.

    `frame` is what shows that: the enlarged axes, the outline of the window, rays between them.
    """

    def __init__(self, plot: Plot, x: Range, y: Range, region: Region) -> None:
        self.plot = Plot(x, y, region, x_name="", cross=(x[0], y[0]))
        style: dict[str, Any] = {"stroke_color": theme.MUTED, "stroke_width": theme.THIN}
        pad = 0.03 * (x[1] - x[0]), 0.2 * (y[1] - y[0])
        left, right = x[0] - pad[0], x[1]
        corners = [plot.at(*at) for at in ((left, y[1]), (right, y[1]))]
        feet = [plot.at(*at) for at in ((right, y[0] - pad[1]), (left, y[0] - pad[1]))]
        ends = [self.plot.at(at, y[0]) for at in x[:2]]
        rays = VGroup(*(Line(*ray, **style) for ray in zip(corners, ends, strict=True)))
        clear_numbers(self.plot)  # a ray comes up where the first number stands
        self.frame = VGroup(
            Polygon(*corners, *feet, **style), rays.set_stroke(opacity=0.6), self.plot.frame
        )
