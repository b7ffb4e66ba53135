"""How momentum remembers: sections of a valley, weights of old gradients, steps that grow."""

from __future__ import annotations

import numpy as np
from manim import DashedLine, ValueTracker, VGroup

from lessonkit.stage import Plot, Region, theme
from mathcore import Function, function, optimizer, terminal_gain, trajectory
from scenes.descent import live_bar

REACH = 2.0  # how far a section goes to both sides of the minimum
AGES = 8  # old gradients whose weights are drawn
STEPS = 40  # steps that a pull lasts which stays the same


class Section:
    """A walk of `s` through the minimum along a direction: on the map, and its height beside."""

    def __init__(
        self, f: Function, ground: Plot, region: Region, name: str, along: np.ndarray
    ) -> None:
        profile = Plot(
            (-REACH, REACH, REACH), (0, f([0, REACH]), 4), region,
            x_name=name, y_name="$loss(L)$", numbers=False,
        )  # fmt: skip
        self.s = ValueTracker(-REACH)
        self.frame = profile.frame
        self.curve = profile.curve(lambda s: f(s[:, None] * along), theme.LOSS)
        self.dots = VGroup(
            ground.dot(lambda: tuple(self.s.get_value() * along), theme.INK),
            profile.dot(lambda: (self.s.get_value(), f(self.s.get_value() * along)), theme.INK),
        )


class Memory:
    """The weight β to the power of its age that momentum gives an old gradient, as bars."""

    def __init__(self, region: Region, beta: ValueTracker) -> None:
        chart = Plot((-0.6, AGES - 0.4), (0, 1), region, x_name="", numbers=False)
        bars = VGroup(
            *(
                live_bar(chart, age, lambda age=age: beta.get_value() ** age, theme.GRADIENT)
                for age in range(AGES)
            )
        )
        for age, bar in enumerate(bars):
            bar.set_fill(opacity=1 - 0.08 * age)
        self.picture = VGroup(chart.axes, bars)
        self.title_place = chart.at(AGES / 2, 0.9)


class SteadyPull:
    """Steps under a pull that stays the same, as bars, and the gain that they grow up to."""

    def __init__(self, region: Region, momentum: float, step_name: str) -> None:
        run = trajectory(function("w"), [0.0], optimizer("SGD", lr=1.0, momentum=momentum), STEPS)
        lengths = -np.diff(run.points[:, 0])
        self.gain = terminal_gain(momentum)
        self.clock = ValueTracker(0.0)
        chart = Plot((0, STEPS, 10), (0, self.gain + 1, 2), region, x_name=step_name)
        self.frame = chart.frame
        self.bars = VGroup(
            *(
                live_bar(
                    chart, n + 0.5,
                    lambda n=n: float(np.clip(self.clock.get_value() - n, 0, 1) * lengths[n]),
                    theme.VELOCITY,
                )
                for n in range(STEPS)
            )
        )  # fmt: skip
        roof = (chart.at(0, self.gain), chart.at(STEPS, self.gain))
        self.roof = DashedLine(*roof, color=theme.INK)
