"""A magnifying glass over a point of a curve, in which the curve and its tangent become one."""

from __future__ import annotations

import numpy as np
from manim import Line, Mobject, ValueTracker, VGroup, VMobject

from lessonkit.stage import Plot, Region, theme
from mathcore import Function, tangent_line
from scenes.pictures import follow

TALL = 5.2  # half the height of the glass in half widths; x² about 2 just fits at ×1


class Lens:
    """What lies under the glass on a plot, and the same seen through it at the left of a region.

    `power` is the decimal logarithm of the magnification; at 0 the glass sees one unit of x to
    either side. `inside` is the plot in the glass: x from −1 to 1, y in the same units about f(x).
    """

    def __init__(
        self, plot: Plot, f: Function, at: float, region: Region, power: ValueTracker
    ) -> None:
        self._power = power
        # A lens distorts nothing: it is as wide for its height as what it magnifies.
        across, up, _ = plot.at(1, TALL) - plot.at(0, 0)
        right = region.left + region.height * across / up
        box = Region(region.left, right, region.bottom, region.top)
        self.inside = Plot((-1, 1), (-TALL, TALL), box, numbers=False, x_name="")
        self.beside = Region(right + 0.25, region.right, region.bottom, region.top)
        self.rim = self.inside.live_box(lambda: (-1, 1, -TALL, TALL), theme.MUTED, opacity=0)
        self.seen = plot.live_box(
            lambda: tuple(
                middle + reach * self.half_width()
                for middle, reach in ((at, -1), (at, 1), (f(at), -TALL), (f(at), TALL))
            ),
            theme.MUTED,
            opacity=0,
        )
        self.rays = VGroup()
        for end in (TALL, -TALL):
            ray = Line(stroke_color=theme.FAINT, stroke_width=theme.THIN)
            follow(
                ray,
                lambda m, end=end: m.put_start_and_end_on(
                    plot.at(at + self.half_width(), f(at) + end * self.half_width()),
                    self.inside.at(-1, end),
                ),
            )
            self.rays.add(ray)
        places = np.linspace(-1, 1, 40)

        def bend(mobject: Mobject) -> None:
            heights = (f(at + self.half_width() * places) - f(at)) / self.half_width()
            mobject.set_points_smoothly(
                [self.inside.at(a, b) for a, b in zip(places, heights, strict=True)]
            )

        self.curve = VMobject(stroke_color=theme.OUTPUT, stroke_width=theme.BOLD)
        self.curve.add_updater(bend, call_updater=True)
        slope = tangent_line(f, at).slope
        self.tangent = Line(self.inside.at(-1, -slope), self.inside.at(1, slope))
        self.tangent.set_stroke(theme.SLOPE, theme.THIN)

    def half_width(self) -> float:
        """Of what the glass sees, in units of x."""
        return float(10 ** -self._power.get_value())
