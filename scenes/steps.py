"""How long the steps of a descent are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from manim import UP, VGroup

from lessonkit.stage import Plot, Region, Typeset, theme
from scenes.descent import live_bar


class StepBars:
    """Lengths of steps as bars with their values under a title, grown as far as `walked` says."""

    def __init__(
        self, region: Region, title: Typeset, lengths: np.ndarray, walked: Callable[[], float]
    ) -> None:
        head, room = region.split(0.14, 0.86)
        chart = Plot(
            (-0.6, len(lengths) - 0.4), (0, 1.25 * lengths[0]), room,
            x_name="", cross=(-1, 0), numbers=False,
        )  # fmt: skip
        self._walked = walked
        self.ground = VGroup(head.place(title), chart.axes)
        self.bars, self.values = VGroup(), VGroup()
        for nth, length in enumerate(lengths):
            self.bars.add(
                live_bar(chart, nth, lambda nth=nth, x=length: self.share(nth) * x, theme.INPUT)
            )
            value = Typeset(f"${length:.12g}$", size=theme.SMALL, color=theme.INPUT)
            self.values.add(value.next_to(chart.at(nth, length), UP, buff=0.12))
        self.all = VGroup(self.ground, self.bars, self.values)

    def share(self, nth: int) -> float:
        """How much of a step is walked."""
        return float(np.clip(self._walked() - nth, 1e-3, 1))
