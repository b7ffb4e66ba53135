"""The steps of a descent, as numbers and as lengths."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from manim import RIGHT, UP, CurvedArrow, VGroup

from lessonkit.stage import Plot, Region, Table, Typeset, theme
from mathcore import Trajectory
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
        self._lengths, self._walked = lengths, walked
        self.ground = VGroup(head.place(title), chart.axes)
        self.bars, self.values = VGroup(), VGroup()
        for nth, length in enumerate(lengths):
            self.bars.add(live_bar(chart, nth, lambda nth=nth: self.walked(nth), theme.INPUT))
            value = Typeset(f"${length:.12g}$", size=theme.SMALL, color=theme.INPUT)
            self.values.add(value.next_to(chart.at(nth, length), UP, buff=0.12))
        self.all = VGroup(self.ground, self.bars, self.values)

    def walked(self, nth: int) -> float:
        """How much of a step is walked."""
        return float(np.clip(self._walked() - nth, 1e-3, 1) * self._lengths[nth])


class StepTable:
    """Step, loss and weight of a run's first steps: the head, and a row for each step from 0 on."""

    def __init__(self, region: Region, step_name: Typeset, run: Trajectory, steps: int) -> None:
        names = [step_name, *(Typeset(f"${n}$", size=theme.BODY) for n in ("loss(L)", "input(w)"))]
        self.head = Table(names, region, steps + 1)
        self.rows = [
            self.head.row(
                [
                    Typeset(f"${step}$", size=theme.SMALL, color=theme.MUTED),
                    Typeset(f"$loss({round(loss, 4):.12g})$", size=theme.SMALL),
                    Typeset(f"$input({w:.12g})$", size=theme.SMALL),
                ]
            )
            for step, loss, w in zip(range(steps + 1), run.values, run.points[:, 0], strict=False)
        ]

    def ratios(self, factor: float) -> VGroup:
        """What each weight is multiplied with to give the next: a bow beside both rows."""
        right = self.head.head.get_right()[0]
        heights = [row[1].get_y() for row in self.rows]
        bows = VGroup()
        for above, under in pairwise(heights):
            bow = CurvedArrow(
                np.array([right, above, 0]), np.array([right, under, 0]), angle=-2.2,
                color=theme.MUTED, stroke_width=theme.THIN, tip_length=0.14,
            )  # fmt: skip
            name = Typeset(f"$times {factor:.12g}$", size=32.0)
            bows.add(VGroup(bow, name.next_to(bow, RIGHT, buff=0.08)))
        return bows
