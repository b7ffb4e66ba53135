"""A prediction that learns to meet its target."""

from __future__ import annotations

import numpy as np
from manim import DOWN, LEFT, DashedLine, ValueTracker, VGroup

from lessonkit.stage import Plot, Region, Typeset, theme
from mathcore import function, optimizer, trajectory
from scenes.descent import live_bar

TARGET, PREDICTED = 0.8, 0.25  # what the model should say, and what it says at first
LEARNING = 10  # steps in which it gets there
LOSS = function(f"(p - {TARGET})**2")


class Prediction:
    """Two bars, prediction and target, and the error between them.

    `fit` is the step of the training that the prediction is at, `grown` lets its bar come up.
    """

    def __init__(
        self, region: Region, prediction: Typeset, target: Typeset, error: Typeset
    ) -> None:
        self.fit, self.grown = ValueTracker(0.0), ValueTracker(0.0)
        run = trajectory(LOSS, [PREDICTED], optimizer("SGD", lr=0.2), LEARNING)
        self._run = run.points[:, 0]
        chart = Plot((0, 3), (0, 1), region, x_name="", numbers=False)
        self.axes = chart.axes
        self.bar = live_bar(
            chart, 0.9, lambda: self.grown.get_value() * self.value(), theme.OUTPUT, width=0.8
        )
        self.target = live_bar(chart, 2.1, lambda: TARGET, theme.INK, width=0.8)
        self.level = DashedLine(
            chart.at(0.3, TARGET), chart.at(1.7, TARGET), color=theme.INK, stroke_width=theme.THIN
        )
        self.error = chart.live_segment(
            lambda: ((0.9, self.value()), (0.9, max(TARGET, self.value() + 1e-4))), theme.LOSS
        ).set_stroke(width=theme.BOLD)
        self.name = prediction.next_to(chart.at(0.9, 0), DOWN, buff=0.15)
        self.target_name = target.next_to(chart.at(2.1, 0), DOWN, buff=0.15)
        self.error_name = error.add_updater(
            lambda m: m.next_to(self.error, LEFT, buff=0.15), call_updater=True
        )
        self.all = VGroup(
            self.axes, self.bar, self.target, self.level, self.error, self.name, self.target_name
        )

    def value(self) -> float:
        """What the model says now."""
        steps = np.arange(len(self._run))
        return float(np.interp(self.fit.get_value(), steps, self._run))

    def loss_share(self) -> float:
        """The loss now, as a share of the first."""
        return LOSS(self.value()) / LOSS(PREDICTED)
