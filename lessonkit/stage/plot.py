"""A pair of axes in a region, and what scenes draw on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, Dot, Line, Mobject, VGroup, VMobject

from lessonkit.stage import theme
from lessonkit.stage.layout import Region
from lessonkit.stage.typeset import Typeset

Range = tuple[float, float] | tuple[float, float, float]
Curve = Callable[[np.ndarray], np.ndarray]
SAMPLES = 1200  # where a curve enters and leaves the window is found among these
KNOTS = 80  # points that a smooth curve is drawn through
FIELD_REACH = 0.85  # the longest arrow of a field, as a share of the distance to the next one
FIELD_FAINTEST = 0.45  # opacity of the weakest arrow of a field
SEE_THROUGH = 0.35  # opacity of what fills a box
HEAD = 0.3  # length of an arrow's head, frame units
UNSEEN = 0.003  # frame units, under half a pixel at 1080p: so much a drawn line may be off


class StraightLine(Protocol):
    """What a plot needs of a line: y = slope · x + intercept."""

    @property
    def slope(self) -> float: ...  # noqa: D102 (the class docstring says it)
    @property
    def intercept(self) -> float: ...  # noqa: D102


class Plot:
    """Axes over x and y, each `(low, high)` or `(low, high, step)`, filling a region.

    Coordinates of `at` and of everything drawn are axes coordinates. With `equal_units` a unit is
    as long across as up, so that angles are drawn as they are; the region is then not filled.
    """

    def __init__(
        self,
        x: Range,
        y: Range,
        region: Region,
        *,
        x_name: str = "$x$",
        y_name: str = "",
        cross: tuple[float, float] = (0.0, 0.0),
        numbers: bool = True,
        equal_units: bool = False,
    ) -> None:
        self.x = (x[0], x[1])
        self.y = (y[0], y[1])
        # The axes cross at `cross`, or at the edge of the window nearest to it.
        self._x0 = min(max(cross[0], self.x[0]), self.x[1])
        self._y0 = min(max(cross[1], self.y[0]), self.y[1])
        pad = 0.55 if numbers else 0.1
        name_room = 0.5 if x_name or y_name else 0.1
        self._box = Region(
            region.left + pad, region.right - name_room, region.bottom + pad, region.top - name_room
        )
        if equal_units:
            box, spans = self._box, (self.x[1] - self.x[0], self.y[1] - self.y[0])
            unit = min(box.width / spans[0], box.height / spans[1])
            (left, bottom, _), half = box.point(), np.array(spans) * unit / 2
            self._box = Region(left - half[0], left + half[0], bottom - half[1], bottom + half[1])
        steps = (x[2] if len(x) == 3 else 1.0, y[2] if len(y) == 3 else 1.0)
        self.grid = self._grid(*steps)
        self.axes = self._axes(*steps, numbers)
        self.names = self._names(x_name, y_name)
        self.frame = VGroup(self.grid, self.axes, self.names)

    def at(self, x: float, y: float) -> np.ndarray:
        """The frame point of an axes point."""
        return np.array([*self._in_frame(x, y), 0.0])

    def places(self, points: np.ndarray) -> np.ndarray:
        """The frame points (…, 3) of axes points (…, 2)."""
        x, y = self._in_frame(points[..., 0], points[..., 1])
        return np.stack([x, y, np.zeros_like(x)], axis=-1)

    def _in_frame(self, x: Any, y: Any) -> tuple[Any, Any]:
        box = self._box
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return box.left + across * box.width, box.bottom + up * box.height

    def curve(
        self,
        function: Curve,
        color: str = theme.INK,
        *,
        x: tuple[float, float] | None = None,
        width: float = theme.STROKE,
    ) -> VMobject:
        """The graph of a function of arrays, as far as it lies in the window."""
        low, high = x or self.x
        samples = np.linspace(low, high, SAMPLES)
        heights = np.asarray(function(samples), dtype=float)
        inside = np.flatnonzero((heights >= self.y[0]) & (heights <= self.y[1]))
        graph = VMobject(stroke_color=color, stroke_width=width)
        for run in np.split(inside, np.flatnonzero(np.diff(inside) > 1) + 1):
            if len(run) < 2:
                continue
            knots = np.linspace(samples[run[0]], samples[run[-1]], KNOTS)
            values = np.asarray(function(knots), dtype=float)
            places = self.places(np.column_stack([knots, values]))
            piece = VMobject().set_points_smoothly(places)
            graph.append_points(piece.points)
        return graph

    def line(
        self, line: StraightLine, color: str = theme.SLOPE, *, width: float = theme.STROKE
    ) -> Line:
        """A straight line across the window."""
        return Line(*self.ends(line), stroke_color=color, stroke_width=width)

    def live_line(self, line: Callable[[], StraightLine], color: str = theme.SLOPE) -> Line:
        """A straight line that follows `line` while the scene plays."""
        drawn = self.line(line(), color)
        drawn.add_updater(lambda mobject: mobject.set_points_as_corners(self.ends(line())))
        return drawn

    def ends(self, line: StraightLine) -> tuple[np.ndarray, np.ndarray]:
        """Where a line enters and leaves the window, left end first; equal if it misses it."""
        low, high = self.x
        if line.slope:
            crossings = sorted((edge - line.intercept) / line.slope for edge in self.y)
            low, high = max(low, crossings[0]), min(high, crossings[1])
        elif not self.y[0] <= line.intercept <= self.y[1]:
            high = -np.inf
        if low > high:
            return self.at(self.x[0], self.y[0]), self.at(self.x[0], self.y[0])
        heights = np.clip([line.slope * x + line.intercept for x in (low, high)], *self.y)
        return self.at(low, heights[0]), self.at(high, heights[1])

    def live_segment(
        self, ends: Callable[[], tuple[tuple[float, float], tuple[float, float]]], color: str
    ) -> Line:
        """A straight piece between two points (axes coordinates) that follows `ends`."""

        def frame_ends() -> tuple[np.ndarray, np.ndarray]:
            start, end = ends()
            return self.at(*start), self.at(*end)

        drawn = Line(*frame_ends(), stroke_color=color, stroke_width=theme.STROKE)
        drawn.add_updater(lambda mobject: mobject.set_points_as_corners(frame_ends()))
        return drawn

    def live_box(
        self,
        sides: Callable[[], tuple[float, ...]],
        color: str,
        *,
        opacity: float = SEE_THROUGH,
    ) -> VMobject:
        """A box that follows its sides: left, right, bottom and top in axes coordinates."""
        box = VMobject(
            fill_color=color, fill_opacity=opacity, stroke_color=color, stroke_width=theme.THIN
        )

        def place(mobject: Mobject) -> None:
            left, right, bottom, top = sides()
            corners = [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]
            mobject.set_points_as_corners([self.at(*corner) for corner in corners])

        box.add_updater(place, call_updater=True)
        return box

    def dot(self, point: Callable[[], tuple[float, float]], color: str = theme.OUTPUT) -> Dot:
        """A dot that follows `point` (axes coordinates) while the scene plays."""
        dot = Dot(self.at(*point()), radius=theme.DOT, color=color).set_z_index(1)  # over lines
        dot.add_updater(lambda mobject: mobject.move_to(self.at(*point())))
        return dot

    def contours(self, levels: Iterable[Iterable[np.ndarray]], color: str = theme.LOSS) -> VGroup:
        """Level curves, one group a level; each curve is its points (n, 2) in order."""
        return VGroup(
            *(
                VGroup(
                    *(
                        VMobject(
                            stroke_color=color, stroke_width=theme.THIN, stroke_opacity=0.75
                        ).set_points_as_corners(_thinned(self.places(line)))
                        for line in lines
                    )
                )
                for lines in levels
            )
        )

    def live_arrow(
        self,
        ends: Callable[[], tuple[Sequence[float], Sequence[float]]],
        color: str = theme.GRADIENT,
        *,
        width: float = theme.BOLD,
    ) -> VMobject:
        """An arrow between two points (axes coordinates) that follows `ends`."""
        drawn = VMobject(fill_color=color, fill_opacity=1, stroke_width=0).set_z_index(1)

        def follow(mobject: Mobject) -> None:
            start, end = ends()
            mobject.points = arrow_outline(self.at(*start), self.at(*end), width)

        drawn.add_updater(follow, call_updater=True)
        return drawn

    def field(self, points: np.ndarray, vectors: np.ndarray, color: str = theme.GRADIENT) -> VGroup:
        """Arrows of a vector field at the points (ny, nx, 2) of a grid, row by row.

        True lengths would cross or vanish: they go with the square root of the vector's, the
        longest just short of the next point. Longer vectors are also drawn more strongly.
        """
        places, tips = self.places(points), self.places(points + vectors)
        gap = min(
            float(np.linalg.norm(np.diff(places, axis=axis), axis=-1).min()) for axis in (0, 1)
        )
        drawn = (tips - places).reshape(-1, 3)
        lengths = np.linalg.norm(drawn, axis=1)
        shares = np.sqrt(lengths / max(lengths.max(), 1e-12))
        arrows = VGroup()
        for place, vector, length, share in zip(
            places.reshape(-1, 3), drawn, lengths, shares, strict=True
        ):
            if share < 1e-6:
                continue  # no direction to show
            tip = place + vector / length * share * FIELD_REACH * gap
            opacity = FIELD_FAINTEST + (1 - FIELD_FAINTEST) * share
            arrow = VMobject(fill_color=color, fill_opacity=opacity, stroke_width=0)
            arrow.points = arrow_outline(place, tip, theme.STROKE)
            arrows.add(arrow)
        return arrows

    def _grid(self, x_step: float, y_step: float) -> VGroup:
        style: dict[str, Any] = {
            "stroke_color": theme.FAINT,
            "stroke_width": 1.5,
            "stroke_opacity": 0.55,
        }
        columns = [
            Line(self.at(x, self.y[0]), self.at(x, self.y[1]), **style)
            for x in _ticks(self.x, x_step)
        ]
        rows = [
            Line(self.at(self.x[0], y), self.at(self.x[1], y), **style)
            for y in _ticks(self.y, y_step)
        ]
        return VGroup(*columns, *rows)

    def _axes(self, x_step: float, y_step: float, numbers: bool) -> VGroup:
        x0, y0 = self._x0, self._y0
        style: dict[str, Any] = {"stroke_color": theme.MUTED, "stroke_width": theme.THIN}
        axes = VGroup(
            Line(self.at(self.x[0], y0), self.at(self.x[1], y0), **style),
            Line(self.at(x0, self.y[0]), self.at(x0, self.y[1]), **style),
        )
        if numbers:
            for x in _ticks(self.x, x_step):
                if x != x0 or y0 == self.y[0]:
                    axes.add(_tick_number(x).next_to(self.at(x, y0), DOWN, buff=0.14))
            for y in _ticks(self.y, y_step):
                if y != y0 or x0 == self.x[0]:
                    axes.add(_tick_number(y).next_to(self.at(x0, y), LEFT, buff=0.14))
        return axes

    def _names(self, x_name: str, y_name: str) -> VGroup:
        x0, y0 = self._x0, self._y0
        names = VGroup()
        if x_name:
            name = Typeset(x_name, size=theme.SMALL, color=theme.MUTED)
            names.add(name.next_to(self.at(self.x[1], y0), RIGHT, buff=0.12))
        if y_name:
            name = Typeset(y_name, size=theme.SMALL, color=theme.MUTED)
            names.add(name.next_to(self.at(x0, self.y[1]), UP, buff=0.1))
        return names


def arrow_outline(start: np.ndarray, end: np.ndarray, width: float) -> np.ndarray:
    """The outline of an arrow between two frame points, as corners for `VMobject.points`.

    Seven corners at every length, so that arrows morph into each other; the head of a short one
    is smaller. `width` is the shaft's, in Manim's unit of strokes.
    """
    along = end - start
    length = float(np.linalg.norm(along))
    along = along / length if length > 1e-9 else RIGHT
    across = np.array([-along[1], along[0], 0.0])
    head = min(HEAD * max(width / theme.BOLD, 0.7), 0.5 * length)
    shaft = min(width / 200, head / 4)
    neck = end - head * along
    corners = [
        start + shaft * across, neck + shaft * across, neck + 0.42 * head * across, end,
        neck - 0.42 * head * across, neck - shaft * across, start - shaft * across,
    ]  # fmt: skip
    return polygon(np.array(corners))


def bends(places: np.ndarray, off: float = UNSEEN) -> np.ndarray:
    """Indices of the places (n, 3) that a broken line needs to pass all others within `off`.

    After Ramer (1972), and Douglas and Peucker (1973).
    """
    kept, spans = {0, len(places) - 1}, [(0, len(places) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        along, beyond = places[last] - places[first], places[first + 1 : last] - places[first]
        shares = np.clip(beyond @ along / max(along @ along, 1e-18), 0, 1)
        missed = np.linalg.norm(beyond - shares[:, None] * along, axis=1)
        if missed.max() > off:
            worst = first + 1 + int(missed.argmax())
            kept.add(worst)
            spans += [(first, worst), (worst, last)]
    return np.array(sorted(kept))


def _thinned(places: np.ndarray) -> np.ndarray:
    return np.asarray(places[bends(places)])


def polygon(corners: np.ndarray) -> np.ndarray:
    """The Bézier points (4n, 3) of the closed polygon through corners (n, 3)."""
    return segments(corners, np.roll(corners, -1, axis=0))


def segments(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """The Bézier points (4n, 3) of straight pieces (…, 3); those that share ends make one path."""
    shares = np.array([0, 1 / 3, 2 / 3, 1])[:, None]
    pieces = starts[..., None, :] + (ends - starts)[..., None, :] * shares
    return np.asarray(pieces, dtype=float).reshape(-1, 3)


def crossed_out(mobject: Mobject) -> VGroup:
    """A cross over something wrong, wide enough to be seen over a narrow formula."""
    half = max(mobject.height, min(mobject.width, 1.6 * mobject.height)) / 2 + 0.1
    centre = mobject.get_center()
    style: dict[str, Any] = {"stroke_color": theme.WRONG, "stroke_width": theme.BOLD}
    return VGroup(
        Line(centre + half * (LEFT + UP), centre + half * (RIGHT + DOWN), **style),
        Line(centre + half * (LEFT + DOWN), centre + half * (RIGHT + UP), **style),
    )


def _ticks(span: tuple[float, float], step: float) -> np.ndarray:
    first, last = np.ceil(span[0] / step - 1e-9), np.floor(span[1] / step + 1e-9)
    return np.arange(first, last + 1) * step + 0.0  # no minus zero


def _tick_number(value: float) -> Typeset:
    return Typeset(
        "$#value$", values={"value": f"{value:g}"}, size=theme.SMALLEST + 4, color=theme.MUTED
    )
