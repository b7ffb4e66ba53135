"""One still picture a lesson, for a thumbnail that is a finger's width on a phone.

Each is drawn on a 16:9 frame 8 units high, bold enough for that size, and leaves the left to the
words. The bottom right corner stays free: YouTube writes the film's length there.
"""

from __future__ import annotations

from itertools import pairwise

from manim import Dot, Line, Polygon, VGroup

from lessonkit.stage import Plot, Region, theme
from mathcore import function, gradient_descent_iterates, lr_bound, nudge, quadratic

STROKE = 20.0  # width of a main line: two pixels and a half on a phone


def small_change() -> VGroup:
    """A curve; a short step across, and the long one up that follows."""
    f = function("x**2")
    moved = nudge(f, at=0.9, by=0.85)
    plot = Plot((-0.75, 2.2), (-1.1, 4.0), Region(1.75, 7.6, -4.3, 4.5), x_name="", numbers=False)
    here, beside = plot.at(moved.x, moved.y0), plot.at(moved.x + moved.dx, moved.y0)
    above = plot.at(moved.x + moved.dx, moved.y1)
    return VGroup(
        Polygon(here, beside, above).set_fill(theme.OUTPUT, 0.25).set_stroke(width=0),
        plot.curve(f, theme.OUTPUT, width=STROKE),
        Line(beside, above, stroke_color=theme.OUTPUT, stroke_width=1.5 * STROKE),
        Line(here, beside, stroke_color=theme.INPUT, stroke_width=1.5 * STROKE),
        *(Dot(point, 0.3, color=theme.INK) for point in (here, above)),
    )


def how_big_a_step() -> VGroup:
    """Steps nearly too long: from wall to wall of the bowl, and down all the same."""
    curvature, steps = 2, 5
    loss = quadratic([curvature])
    rate = 0.8 * lr_bound([[curvature]])
    run = gradient_descent_iterates([[curvature]], [-2.6], rate, steps)[:, 0]
    plot = Plot((-3.1, 3.1), (-2.3, 8.4), Region(1.25, 8.4, -4.2, 4.2), x_name="", numbers=False)
    places = [plot.at(w, loss(w)) for w in run]
    return VGroup(
        plot.curve(loss, theme.LOSS, width=STROKE),
        *(
            Line(a, b, stroke_color=theme.GRADIENT, stroke_width=0.7 * STROKE)
            for a, b in pairwise(places)
        ),
        *(Dot(p, 0.32 - 0.03 * k, color=theme.INK) for k, p in enumerate(places)),
    )


THUMBNAILS = {"calculus_basics": small_change, "gradient_descent": how_big_a_step}
