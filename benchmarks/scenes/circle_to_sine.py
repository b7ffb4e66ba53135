"""A point on a circle unrolls into the sine: Manim's own parts, redrawn in every frame."""

from __future__ import annotations

import numpy as np
from manim import (
    TAU,
    Axes,
    Circle,
    Create,
    DashedLine,
    Dot,
    FadeIn,
    Line,
    Sector,
    ValueTracker,
    Write,
    always_redraw,
    linear,
)

from lessonkit.stage import LessonScene, theme


class CircleToSine(LessonScene):
    """circle → angle → the sine grows."""

    def construct(self) -> None:
        left, right = self.regions.content.columns(0.3, 0.7, gap=0.4)
        angle = ValueTracker(0.01)
        axes = Axes(
            x_range=(0, 2 * TAU, TAU / 4),
            y_range=(-1.2, 1.2, 0.5),
            x_length=right.width,
            y_length=right.height * 0.8,
            axis_config={"color": theme.MUTED},
        ).move_to(right.point())
        radius = axes.c2p(0, 1)[1] - axes.c2p(0, 0)[1]
        circle = Circle(radius, color=theme.INPUT).move_to(left.point())

        def tip() -> np.ndarray:
            return circle.point_at_angle(angle.get_value() % TAU)

        def end() -> np.ndarray:
            return axes.c2p(angle.get_value(), np.sin(angle.get_value()))

        parts = [
            always_redraw(
                lambda: Sector(
                    radius=0.35 * radius,
                    angle=angle.get_value() % TAU,
                    arc_center=circle.get_center(),
                    color=theme.GRADIENT,
                    fill_opacity=0.5,
                )
            ),
            always_redraw(lambda: Line(circle.get_center(), tip(), color=theme.INK)),
            always_redraw(lambda: DashedLine(tip(), end(), color=theme.MUTED)),
            always_redraw(
                lambda: axes.plot(
                    np.sin,
                    x_range=(0, angle.get_value(), 0.05),
                    color=theme.OUTPUT,
                    stroke_width=theme.STROKE,
                )
            ),
            always_redraw(lambda: Dot(tip(), color=theme.INPUT)),
            always_redraw(lambda: Dot(end(), color=theme.OUTPUT)),
        ]
        with self.beat("circle") as beat:
            self.play(Write(self.heading()), Create(circle), Create(axes), run_time=beat.remaining)
        with self.beat("unroll") as beat:
            self.play(FadeIn(*parts), run_time=0.5)
            self.play(angle.animate(rate_func=linear).set_value(2 * TAU), run_time=beat.remaining)
