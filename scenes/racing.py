"""A race of optimizers: where it is run, with which settings, and how it is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version

import numpy as np
from manim import (
    DOWN,
    RIGHT,
    DashedLine,
    SurroundingRectangle,
    ValueTracker,
    VGroup,
    VMobject,
    linear,
)

import mathcore
from lessonkit.stage import LessonScene, Plot, Region, Typeset, kept, source_of, theme
from mathcore import (
    Function,
    best_gradient_descent,
    best_momentum,
    bowl,
    optimizer,
    quadratic,
    race,
)
from scenes.descent import (
    COLORS,
    KINDS,
    SETTINGS,
    VALLEY,
    VALLEY_LEVELS,
    VALLEY_START,
    Walk,
    contours,
    entrant,
    live_series,
    powers_of_ten,
)

BELOW = 0.01  # the loss that must be reached and kept


@dataclass(frozen=True)
class Run:
    """What is shown of an optimizer's run.

    Attributes:
        points: Where it is after each step, (rows, 2).
        values: The loss there, (rows,).
        settled_at: The step from which the loss stays below the line; None if it never does.
    """

    points: np.ndarray
    values: np.ndarray
    settled_at: int | None


@dataclass(frozen=True)
class Arena:
    """Where a race is run, and with which settings."""

    f: Function
    start: tuple[float, float]
    x: tuple[float, float, float]
    y: tuple[float, float, float]
    levels: tuple[float, ...]
    entrants: dict[str, dict[str, float]]  # torch's options by name
    steps: int  # of the chart
    limit: int  # after which nobody waits any longer

    @cached_property
    def runs(self) -> dict[str, Run]:
        """The race, by torch's optimizers; run once a machine, as 4000 steps of torch take long."""
        entrants = {name: (KINDS[name], options) for name, options in self.entrants.items()}
        what = repr((self.f, self.start, entrants, self.limit, BELOW))
        versions = (version(name) for name in ("torch", "sympy", "numpy"))
        found = kept(self._race, what, source_of(mathcore), *versions)
        return {name: Run(np.array(p), np.array(v), at) for name, (p, v, at) in found.items()}

    def _race(self) -> dict[str, tuple[list[list[float]], list[float], int | None]]:
        makers = {name: optimizer(KINDS[name], **o) for name, o in self.entrants.items()}
        runs = race(self.f, self.start, makers, steps=self.limit, below=BELOW)
        return {
            name: (run.trajectory.points.tolist(), run.trajectory.values.tolist(), run.settled_at)
            for name, run in runs.items()
        }

    @property
    def winner(self) -> str:
        """Who was below the line first, and stayed there."""
        return min(self.runs, key=lambda name: self.runs[name].settled_at or self.limit)


TURN = 45
NARROW = quadratic([100, 0.01])
TURNED = quadratic([100, 0.01], degrees=TURN)
_HESSIAN = NARROW.hessian()([0, 0])
_POLYAK = best_momentum(_HESSIAN)


ROUND = Arena(
    bowl(),
    (3.0, 3.0),
    (-3.89, 3.89, 2),  # as much wider than high as the map: the bowl is round
    (-3.6, 3.6, 2),
    (0.3, 1.2, 2.8, 5, 8, 12, 17),
    {
        "gd": {"lr": 0.5},
        "momentum": {"lr": 0.2, "momentum": 0.5},
        "rmsprop": {"lr": 0.1, "alpha": 0.9},
        "adam": {"lr": 0.1},
    },
    160,
    400,
)
RAVINE = Arena(
    VALLEY,
    VALLEY_START,
    (-6.0, 2.0, 2),
    (-3.6, 3.6, 2),
    (*VALLEY_LEVELS, 22),
    SETTINGS,
    140,
    400,
)
ILL = Arena(
    NARROW,
    (2.0, 2.0),
    (-3.45, 3.45, 2),
    (-3.2, 3.2, 2),
    (0.5, 8, 40, 110, 220, 370),
    {
        "gd": {"lr": best_gradient_descent(_HESSIAN).lr},
        "momentum": {"lr": _POLYAK.lr, "momentum": _POLYAK.momentum},
        "adam": {"lr": 0.1},
    },
    700,
    4000,
)
ARENAS = (ROUND, RAVINE, ILL)
DIAGONAL = Arena(
    TURNED,
    (0.0, 8**0.5),
    ILL.x,
    ILL.y,
    ILL.levels,
    {name: ILL.entrants[name] for name in ("momentum", "adam")},
    2500,
    4000,
)


class Track:
    """An arena on the stage: map with walks, chart of losses, and a row for each entrant."""

    def __init__(
        self,
        scene: LessonScene,
        arena: Arena,
        title: VMobject,
        rooms: tuple[Region, ...],
        step: str,
        verdict: Callable[[int | None, int], VMobject],
    ) -> None:
        map_room, chart_room, rows_room = rooms
        self.arena, self.runs = arena, arena.runs
        self.title = scene.regions.title.place(title, across=1.0)
        self.clock = ValueTracker(0.0)
        now = self.clock.get_value
        self.map = Plot(arena.x, arena.y, map_room, y_name="$y$")
        self.lines = contours(self.map, arena.f, arena.levels)
        self.walks = {
            name: Walk(self.map, run.points[: arena.steps + 1], now, COLORS[name])
            for name, run in self.runs.items()
        }
        logs = {name: np.log10(np.maximum(run.values, 1e-12)) for name, run in self.runs.items()}
        top = float(np.ceil(max(log[: arena.steps].max() for log in logs.values())))
        self.chart = Plot(
            (0, arena.steps, arena.steps),
            (-4, top, 2),
            chart_room.columns(0.09, 0.86, 0.05)[1],
            x_name=step,
            y_name="$loss(L)$",
            cross=(0, -4),
            numbers=False,
        )
        self.series = [live_series(self.chart, log, now, COLORS[n]) for n, log in logs.items()]
        goal = np.log10(BELOW)
        low, high = self.chart.at(0, goal), self.chart.at(arena.steps, goal)
        below = scene.formula("loss(#b)", b=BELOW, size=theme.SMALL).next_to(high, RIGHT, buff=0.1)
        self.bar = VGroup(DashedLine(low, high, color=theme.LOSS), below)
        ends = Typeset(f"${arena.steps}$", size=theme.SMALLEST + 4, color=theme.MUTED)
        ends.next_to(self.chart.at(arena.steps, -4), DOWN, buff=0.14)
        self.paper = VGroup(self.chart.frame, powers_of_ten(self.chart), ends)
        self.rows(scene, rows_room, verdict)
        self.winner = self.marked(self.arena.winner)

    def rows(
        self, scene: LessonScene, room: Region, verdict: Callable[[int | None, int], VMobject]
    ) -> None:
        """Name, settings and result of each entrant."""
        regions = room.split(*[1.0] * len(COLORS))
        self.names: dict[str, VGroup] = {}
        self.results: dict[str, VMobject] = {}
        self.settings = VGroup()
        for region, name in zip(regions, self.runs, strict=False):
            who, how, when = region.columns(0.3, 0.42, 0.28)
            text = scene.label(name, size=theme.SMALL)
            self.names[name] = who.place(entrant(COLORS[name], text), across=0.0)
            options = self.arena.entrants[name]
            markup = "eta = #lr" + (", beta = #b" if "momentum" in options else "")
            values = {"lr": f"{options['lr']:.2g}", "b": f"{options.get('momentum', 0):.2g}"}
            setting = scene.formula(markup, size=theme.SMALL, color=theme.MUTED, **values)
            self.settings.add(how.place(setting, across=0.0))
            result = verdict(self.runs[name].settled_at, self.arena.limit)
            self.results[name] = when.place(result, across=0.0)

    def marked(self, name: str) -> SurroundingRectangle:
        """A frame round an entrant's row."""
        row = VGroup(self.names[name], self.results[name])
        return SurroundingRectangle(row, color=COLORS[name], buff=0.09, corner_radius=0.12)

    def settled(self, name: str) -> int:
        """The step at which an entrant was under the line for good."""
        return self.runs[name].settled_at or self.arena.limit

    def run_to(self, step: float, seconds: float) -> object:
        """Let the race's clock run on."""
        return self.clock.animate(rate_func=linear, run_time=seconds).set_value(step)

    @property
    def before(self) -> VGroup:
        """All that is there when the race begins."""
        return VGroup(
            self.title, self.map.frame, self.lines, *self.walks.values(), self.paper, self.bar,
            *self.series, *self.names.values(), self.settings,
        )  # fmt: skip

    @property
    def all(self) -> VGroup:
        """All that is there when the race has ended."""
        return VGroup(*self.before, *self.results.values(), self.winner)
