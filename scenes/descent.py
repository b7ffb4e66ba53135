"""Descent on a contour map: what the scenes about optimizers share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from manim import LEFT, RIGHT, Arrow, Circle, Dot, LineJointType, VGroup, VMobject

from lessonkit.stage import Plot, Region, Typeset, theme
from lessonkit.stage.plot import UNSEEN, bends
from mathcore import Function, Trajectory, level_curves, optimizer, ravine, trajectory

COLORS = {
    "gd": theme.GRADIENT,
    "momentum": theme.VELOCITY,
    "rmsprop": theme.SCALE,
    "adam": theme.INK,
}
KINDS = {"gd": "SGD", "momentum": "SGD", "rmsprop": "RMSprop", "adam": "Adam"}  # torch's names

# The valley that the optimizers are explained in, and with which settings they run in it.
VALLEY = ravine(20)
VALLEY_START = (-5.0, -2.0)
VALLEY_WINDOW = ((-6.0, 2.0, 2.0), (-3.2, 3.2))
VALLEY_LEVELS = (0.1, 0.5, 1.3, 2.5, 4.5, 7.5, 11.5, 16.5)
SETTINGS: dict[str, dict[str, float]] = {
    "gd": {"lr": 0.4},
    "momentum": {"lr": 0.6, "momentum": 0.5},
    "rmsprop": {"lr": 0.1, "alpha": 0.9},
    "adam": {"lr": 0.4},
}

RECENT = 5.0  # steps that the bright end of a tail reaches back
MOST_MARKS = 150  # in longer runs the marks would run into each other
LONG_TAIL = 30.0  # steps that the tail of such a run reaches back
MARKER = 0.05  # radius of the mark at an iterate, frame units
_MARK = Circle(MARKER, num_components=5).points
_DISC = Circle(theme.DOT).points
_THIRDS = np.linspace(0, 1, 4)


def contours(plot: Plot, f: Function, levels: tuple[float, ...]) -> VGroup:
    """Level curves in the plot's window, one group a level, in the order given."""
    return plot.contours(level_curves(f, level, plot.x, plot.y) for level in levels)


def clear_numbers(plot: Plot) -> None:
    """Keep contours, which lie under them, from running through a map's numbers."""
    for number in plot.axes[2:]:
        number.add_background_rectangle(theme.BACKGROUND, opacity=0.85, buff=0.04)


def contours_below(plot: Plot, f: Function, levels: tuple[float, ...]) -> VGroup:
    """Level curves under the paths and the numbers of a map, which they leave clear."""
    clear_numbers(plot)
    return contours(plot, f, levels).set_z_index(-1)


def valley_run(name: str, steps: int) -> Trajectory:
    """An optimizer's way through the valley, by torch."""
    return trajectory(VALLEY, VALLEY_START, optimizer(KINDS[name], **SETTINGS[name]), steps)


def entrant(color: str, name: Typeset) -> VGroup:
    """A walker's dot and its name, for a legend."""
    return VGroup(Dot(radius=theme.DOT, color=color), name).arrange(RIGHT, buff=0.2)


class Route:
    """Straight ways from point to point, axes coordinates (n, 2), in a plot's window.

    The points are those of the steps 0, 1, …, n - 1, or of `steps`, n increasing whole numbers.
    """

    def __init__(self, plot: Plot, points: np.ndarray, steps: np.ndarray | None = None) -> None:
        self._points = plot.places(points)
        self._at = np.arange(len(points)) if steps is None else steps
        self.steps = int(self._at[-1])
        self._low, self._high = plot.at(plot.x[0], plot.y[0]), plot.at(plot.x[1], plot.y[1])
        self._enter, self._leave = self._window()

    @property
    def exit(self) -> float:
        """The step at which the route first leaves the window; its last one if it stays."""
        out = np.flatnonzero(self._leave < 1)
        if not len(out):
            return float(self.steps)
        before, after = self._at[out[0] : out[0] + 2]
        return float(before + self._leave[out[0]] * (after - before))

    def place(self, step: float) -> np.ndarray:
        """The frame point at a step, or between two."""
        return np.array([np.interp(step, self._at, axis) for axis in self._points.T])

    def is_inside(self, point: np.ndarray) -> bool:
        """Whether a frame point is in the window."""
        return bool(((point >= self._low - 1e-6) & (point <= self._high + 1e-6)).all())

    def passed(self, step: float) -> list[np.ndarray]:
        """The frame points in the window that were reached by then."""
        return [p for p in self._points[self._at <= step + 1e-6] if self.is_inside(p)]

    def between(self, start: float, end: float) -> np.ndarray:
        """Bézier curves (4n, 3) along the route between two steps, as far as they are inside."""
        before, lasting = self._at[:-1], np.diff(self._at)
        enter = np.clip((start - before) / lasting, self._enter, None)
        leave = np.clip((end - before) / lasting, None, self._leave)
        seen = enter < leave
        if not seen.any():
            return np.tile(self.place(end), (4, 1))
        along = (self._points[1:] - self._points[:-1])[seen, None]
        shares = enter[seen, None] + (leave - enter)[seen, None] * _THIRDS
        return np.asarray(self._points[:-1][seen, None] + shares[..., None] * along).reshape(-1, 3)

    def _window(self) -> tuple[np.ndarray, np.ndarray]:
        """For each step, the shares of its way at which it enters and leaves the window."""
        start = self._points[:-1, :2]
        along = self._points[1:, :2] - start
        with np.errstate(divide="ignore", invalid="ignore"):
            edges = np.stack([(e[:2] - start) / along for e in (self._low, self._high)])
        still = along == 0  # such a step crosses no edge
        beside = still & ((start < self._low[:2]) | (start > self._high[:2]))
        near = np.where(beside, np.inf, np.where(still, -np.inf, edges.min(axis=0)))
        far = np.where(still, np.inf, edges.max(axis=0))
        return np.clip(near.max(axis=1), 0, None), np.clip(far.min(axis=1), None, 1)


class Walk(VGroup):
    """A run's points (steps + 1, 2) on a map, up to the step that `clock` gives.

    Marks stand at the iterates passed; a dot with a fading tail is on its way to the next one.
    Outside the window nothing is drawn.
    """

    def __init__(
        self, plot: Plot, points: np.ndarray, clock: Callable[[], float], color: str
    ) -> None:
        points = np.asarray(points)
        steps = apart(plot.places(points), UNSEEN)
        self._clock, self._route = clock, Route(plot, points[steps], steps)
        # Round joints: the ends of a zig-zag would grow spikes past the places where it turned.
        round_turns = {"stroke_color": color, "joint_type": LineJointType.ROUND}
        self.tail = VMobject(stroke_width=theme.THIN, stroke_opacity=0.55, **round_turns)
        self.recent = VMobject(stroke_width=theme.STROKE, **round_turns)
        self.marks = VMobject(fill_color=color, fill_opacity=1, stroke_width=0)
        self.dot = Dot(self._route.place(0), radius=theme.DOT, color=color).set_z_index(2)
        super().__init__(self.tail, self.recent, self.marks, self.dot)
        self.add_updater(lambda walk: walk.follow(), call_updater=True)

    @property
    def exit(self) -> float:
        """The step at which the run first leaves the window; its last one if it stays."""
        return self._route.exit

    def follow(self) -> None:
        """Bring the picture to the clock."""
        route = self._route
        now = min(max(self._clock(), 0.0), route.steps)
        is_long = route.steps > MOST_MARKS
        self.tail.points = route.between(max(now - LONG_TAIL, 0.0) if is_long else 0.0, now)
        self.recent.points = route.between(max(now - RECENT, 0.0), now)
        here = route.place(now)
        disc = _DISC if route.is_inside(here) else np.zeros((4, 3))
        self.dot.points = disc + here
        if not is_long:
            self.marks.points = np.concatenate([_MARK + point for point in route.passed(now)])


def remembered(plot: Plot, run: Trajectory, step: int, count: int) -> VGroup:
    """The velocity at a step, as its newest `count` gradients head to tail, older ones fainter."""
    rate, kept = float(run.options["lr"]), float(run.options["momentum"])
    arrows, tip = VGroup(), run.points[step]
    for age in range(count):
        start, tip = tip, tip - rate * kept**age * run.gradients[step - age]
        arrow = Arrow(plot.at(*start), plot.at(*tip), buff=0, color=theme.GRADIENT, tip_length=0.16)
        arrows.add(arrow.set_stroke(width=theme.STROKE).set_opacity(1 - 0.25 * age))
    return arrows


def live_series(plot: Plot, values: np.ndarray, clock: Callable[[], float], color: str) -> VMobject:
    """Values against steps, drawn up to the step that `clock` gives."""
    points = np.column_stack([np.arange(len(values)), values])
    steps = bends(plot.places(points))
    route = Route(plot, points[steps], steps)
    # Round joints: a sharp turn at the edge of the window would grow a spike out of it.
    line = VMobject(stroke_color=color, stroke_width=theme.STROKE, joint_type=LineJointType.ROUND)

    def follow(mobject: VMobject) -> None:
        mobject.points = route.between(0.0, min(max(clock(), 1e-3), route.steps))

    return line.add_updater(follow, call_updater=True)


def apart(places: np.ndarray, least: float) -> np.ndarray:
    """Indices of the places (n, 3) that are so far from the one before them; first and last too."""
    kept = [0]
    for index in range(1, len(places) - 1):
        if np.linalg.norm(places[index] - places[kept[-1]]) >= least:
            kept.append(index)
    return np.array([*kept, len(places) - 1] if len(places) > 1 else kept)


def powers_of_ten(plot: Plot, every: int = 2) -> VGroup:
    """Numbers at the y axis of a plot whose heights are decimal logarithms."""
    low, high = (round(edge) for edge in plot.y)
    return VGroup(
        *(
            Typeset(f"$10^({power})$", size=theme.SMALLEST + 4, color=theme.MUTED).next_to(
                plot.at(plot.x[0], power), LEFT, buff=0.14
            )
            for power in range(low, high + 1, every)
        )
    )


def live_bar(
    plot: Plot, x: float, height: Callable[[], float], color: str, width: float = 0.7
) -> VMobject:
    """A bar of a chart that follows `height`; all lengths in axes coordinates."""
    bar = VMobject(fill_color=color, fill_opacity=1, stroke_width=0)

    def follow(mobject: VMobject) -> None:
        left, right = x - width / 2, x + width / 2
        top = height()
        corners = [(left, 0), (right, 0), (right, top), (left, top), (left, 0)]
        mobject.set_points_as_corners([plot.at(*corner) for corner in corners])

    bar.add_updater(follow, call_updater=True)
    return bar


def component_bars(
    region: Region,
    title: VMobject,
    pulls: np.ndarray,
    sums: np.ndarray,
    clock: Callable[[], float],
) -> VGroup:
    """One component of the gradients, step by step, beside what momentum makes of them."""
    heights = np.concatenate([pulls, sums])
    heading, room = region.split(0.2, 0.8)
    heading.place(title, across=0.0)
    span = (heights.min(), max(heights.max(), 0.1))
    chart = Plot((-0.7, len(pulls) - 0.3), span, room, x_name="", numbers=False)

    def growing(nth: int, value: float) -> Callable[[], float]:
        return lambda: float(np.clip(clock() - nth, 0, 1)) * value

    bars = VGroup(
        *(
            live_bar(chart, nth + aside, growing(nth, value), color, width=0.36)
            for aside, color, values in (
                (-0.2, theme.GRADIENT, pulls),
                (0.2, theme.VELOCITY, sums),
            )
            for nth, value in enumerate(values)
        )
    )
    return VGroup(title, chart.axes, bars)
