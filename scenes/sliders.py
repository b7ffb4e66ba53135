"""Weights as sliders: one, or as many as fill a region."""

from __future__ import annotations

import numpy as np
from manim import LEFT, RIGHT, Dot, Line, VGroup

from lessonkit.stage import Region, theme


def slider(region: Region, share: float) -> VGroup:
    """A weight as (rail, knob) in the middle of a region; the knob stands at a share of it."""
    half = 0.38 * min(region.width, 2.6)
    centre = region.point()
    rail = Line(centre + half * LEFT, centre + half * RIGHT, stroke_color=theme.MUTED)
    knob = Dot(rail.point_from_proportion(share), radius=0.1, color=theme.INPUT)
    return VGroup(rail.set_stroke(width=theme.THIN), knob)


def sliders(region: Region, rows: int, columns: int) -> VGroup:
    """Rows of sliders, each set differently."""
    cells = [cell for row in region.split(*[1] * rows) for cell in row.columns(*[1] * columns)]
    return VGroup(*(slider(cell, 0.5 + 0.4 * np.sin(3.7 * n)) for n, cell in enumerate(cells)))
