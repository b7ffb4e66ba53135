"""Three dimensions over a plot's plane, projected here and drawn as flat shapes.

The scene keeps its flat camera: labels, captions and regions stay as they are. The view is
parallel, from a turntable; from straight above it is the plot itself, so that a surface flattens
into its contour map in place.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from manim import Dot, ManimColor, Mobject, ValueTracker, VGroup, VMobject

from lessonkit.stage import theme
from lessonkit.stage.layout import AnyMobject
from lessonkit.stage.plot import Plot, arrow_outline, polygon, segments

ABOVE = np.pi / 2  # the tilt that shows the plot's plane as the plot does
LIGHT = np.array([-0.5, 0.25, 0.8])  # towards the light: right, near, up
AMBIENT = 0.3  # share of the light that reaches every side
DARKEST, BRIGHTEST = 0.28, 0.85  # share of the colour in the lowest and in the highest cell
HIDES = 0.12  # frame units by which a surface must be nearer to hide a line: it lies on cells

Points = np.ndarray | Callable[[], np.ndarray]
"""Points (n, 3) in axes coordinates x, y, z, or what gives them at each frame."""


class Space:
    """The space over a plot, seen by a camera that turns about its middle.

    Args:
        plot: The plane of inputs. Give it equal units, as a turn mixes both.
        z: The heights that have room; the plane lies at the first.
        height: Frame units for all of them, seen from the side.

    `turn` and `tilt` (radians) and `rise` (0 flattens all heights, 1 shows them as they are) are
    trackers to animate; everything drawn follows. From `tilt` = `ABOVE` at `turn` = 0 the space
    is the plot.
    """

    def __init__(
        self,
        plot: Plot,
        z: tuple[float, float],
        *,
        height: float,
        turn: float = -np.pi / 6,
        tilt: float = np.pi / 5,
    ) -> None:
        self.turn, self.tilt, self.rise = ValueTracker(turn), ValueTracker(tilt), ValueTracker(1.0)
        self._low, self._unit = z[0], height / (z[1] - z[0])
        self._height = height
        self._origin = plot.at(plot.x[0], plot.y[0])
        self._far = plot.at(plot.x[1], plot.y[1])
        self._lows = np.array([plot.x[0], plot.y[0]])
        self._spans = np.array([plot.x[1], plot.y[1]]) - self._lows
        self._plot = plot
        self._surface: Surface | None = None
        self.floor = self._floor()

    @property
    def view(self) -> tuple[float, float, float]:
        """What the picture depends on besides the points."""
        return self.turn.get_value(), self.tilt.get_value(), self.rise.get_value()

    def at(self, x: float, y: float, z: float) -> np.ndarray:
        """The frame point of a point in space."""
        return self._flat(np.array([x, y, z]))

    def seen(self, points: np.ndarray) -> np.ndarray:
        """Frame x and y of points (…, 3), and how near to the viewer they are (frame units)."""
        turn, tilt, rise = self.view
        centre = (self._origin + self._far)[:2] / 2
        shares = (points[..., :2] - self._lows) / self._spans
        flat = self._origin[:2] + shares * (self._far - self._origin)[:2] - centre
        across = np.cos(turn) * flat[..., 0] - np.sin(turn) * flat[..., 1]
        away = np.sin(turn) * flat[..., 0] + np.cos(turn) * flat[..., 1]
        # Heights count from the middle, so that what stands in the plane stays in the region.
        up = rise * (points[..., 2] - self._low) * self._unit - self._height / 2
        return np.stack(
            [
                centre[0] + across,
                centre[1] + np.sin(tilt) * away + np.cos(tilt) * up,
                np.sin(tilt) * up - np.cos(tilt) * away,
            ],
            axis=-1,
        )

    def surface(self, points: Points, color: str = theme.OUTPUT) -> Surface:
        """A sheet over a grid of points (ny, nx, 3). It hides curves behind it; one per space.

        Points that move, as those of a sheet that is cut open, keep the shape of their array.
        """
        self._surface = Surface(self, points, color)
        return self._surface

    def curve(
        self,
        points: Points,
        color: str = theme.INK,
        *,
        width: float = theme.STROKE,
        over: bool = False,
    ) -> VMobject:
        """A line through points, left out where the surface hides it, unless drawn over it."""
        curve = VMobject(stroke_color=color, stroke_width=width).set_z_index(1)

        def outline(points: np.ndarray) -> np.ndarray:
            seen = self.seen(points)
            if over or self._surface is None:
                visible = np.ones(len(points), bool)
            else:
                visible = self._surface.shows(seen)
            seen[:, 2] = 0
            drawn = visible[:-1] & visible[1:]
            # As many pieces in every view, so that fades can hold on to them: a hidden piece is a
            # point, where the last one that is seen ended.
            last = np.maximum.accumulate(np.where(drawn, np.arange(1, len(drawn) + 1), 0))
            starts = np.where(drawn[:, None], seen[:-1], seen[last])
            return segments(starts, seen[last])

        return self._following(curve, points, outline)

    def sheet(self, corners: Points, color: str, *, opacity: float = 0.25) -> VMobject:
        """A plane piece of glass with these corners, in front of the surface."""
        sheet = VMobject(fill_color=color, fill_opacity=opacity, stroke_width=0).set_z_index(0.5)
        return self._following(
            sheet, corners, lambda points: polygon(self.seen(points) * [1, 1, 0])
        )

    def arrow(
        self, ends: Points, color: str = theme.GRADIENT, *, width: float = theme.BOLD
    ) -> VMobject:
        """An arrow from the first of two points to the second."""
        arrow = VMobject(fill_color=color, fill_opacity=1, stroke_width=0).set_z_index(2)

        def outline(ends: np.ndarray) -> np.ndarray:
            start, end = self._flat(ends)
            return arrow_outline(start, end, width)

        return self._following(arrow, ends, outline)

    def dot(self, point: Points, color: str = theme.INK) -> Dot:
        """A dot at one point (3,)."""
        return self.pin(Dot(radius=theme.DOT, color=color).set_z_index(3), point)

    def pin(self, mobject: AnyMobject, point: Points) -> AnyMobject:
        """Keep something flat, such as a label, at one point (3,)."""
        place = point if callable(point) else lambda: point
        mobject.add_updater(lambda m: m.move_to(self.at(*place())), call_updater=True)
        return mobject

    def _flat(self, points: np.ndarray) -> np.ndarray:
        """Frame points of points (…, 3)."""
        return np.asarray(self.seen(points) * [1.0, 1.0, 0.0])

    def _following(
        self, mobject: VMobject, points: Points, outline: Callable[[np.ndarray], np.ndarray]
    ) -> VMobject:
        """Keep a shape's outline true to the view and to points that may move."""
        drawn_view: tuple[float, ...] = ()
        drawn_points = np.zeros(0)

        def follow(shape: Mobject) -> None:
            nonlocal drawn_view, drawn_points
            view, now = self.view, np.array(points() if callable(points) else points, dtype=float)
            if drawn_view != view or not np.array_equal(drawn_points, now):
                drawn_view, drawn_points = view, now
                shape.points = outline(now)

        mobject.add_updater(follow, call_updater=True)
        return mobject

    def _floor(self) -> VGroup:
        """The plot's grid and axes, following the view; under everything."""
        plot = self._plot
        floor = VGroup()

        def straight(ends: np.ndarray) -> np.ndarray:
            return segments(*self._flat(ends)[:, None])

        for line in (*plot.grid, *plot.axes[:2]):
            ends = [self._in_axes(end) for end in (line.get_start(), line.get_end())]
            drawn = line.copy()
            floor.add(self._following(drawn, np.array(ends), straight))
        return floor.set_z_index(-1)

    def _in_axes(self, place: np.ndarray) -> np.ndarray:
        share = (place - self._origin)[:2] / (self._far - self._origin)[:2]
        return np.array([*(self._lows + share * self._spans), self._low])


class Surface(VGroup):
    """The cells of a sheet, farthest first: brighter where higher, shaded by a light.

    `opacity` is a tracker: glass shows what is behind, and 0 leaves the plane's picture alone.
    """

    def __init__(self, space: Space, points: Points, color: str) -> None:
        self._place = points if callable(points) else lambda: points
        now = self._place()
        ny, nx, _ = now.shape
        super().__init__(
            *(VMobject(fill_opacity=1, stroke_width=0.8) for _ in range((ny - 1) * (nx - 1)))
        )
        self.opacity = ValueTracker(1.0)
        self._space, self._points = space, now
        heights = _cells(now)[..., 2].mean(axis=1)
        low, high = now[..., 2].min(), now[..., 2].max()
        shares = DARKEST + (BRIGHTEST - DARKEST) * (heights - low) / max(high - low, 1e-12)
        ground, full = (ManimColor(c).to_rgb() for c in (theme.BACKGROUND, color))
        self._colors = ground + shares[:, None] * (full - ground)
        self._drawn: tuple[float, ...] = ()
        self.set_z_index(0)
        self.add_updater(lambda surface: surface.follow(), call_updater=True)

    def follow(self) -> None:
        """Bring the cells to the view."""
        now, points = (*self._space.view, self.opacity.get_value()), self._place()
        if now == self._drawn and np.array_equal(points, self._points):
            return
        self._drawn, self._points = now, points
        corners = _cells(self._space.seen(points))  # (cells, 4, 3)
        diagonals = corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]
        normals = np.cross(*diagonals)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
        # The viewer's axes: x right, y up, z towards the viewer. A sheet is lit from both sides.
        normals *= np.where(normals[:, 2:] < 0, -1.0, 1.0)
        tilt = self._space.view[1]
        right, near, up = LIGHT / np.linalg.norm(LIGHT)
        cos, sin = np.cos(tilt), np.sin(tilt)
        light = np.array([right, cos * up - sin * near, sin * up + cos * near])
        lit = AMBIENT + (1 - AMBIENT) * np.clip(normals @ light, 0, 1)
        colors = np.clip(self._colors * lit[:, None], 0, 1)
        lines = colors + 0.16 * (ManimColor(theme.INK).to_rgb() - colors)
        order = np.argsort(corners[..., 2].mean(axis=1).round(6), kind="stable")
        flat = corners[order] * [1, 1, 0]
        outlines = segments(flat, np.roll(flat, -1, axis=1)).reshape(len(flat), -1, 3)
        opacity = np.full((len(flat), 1), self.opacity.get_value())
        fills = np.hstack([colors[order], opacity])[:, None]
        strokes = np.hstack([lines[order], opacity])[:, None]
        for cell, *look in zip(self, outlines, fills, strokes, strict=True):
            cell.points, cell.fill_rgbas, cell.stroke_rgbas = look

    def shows(self, seen: np.ndarray) -> np.ndarray:
        """Which of these points, as `Space.seen` gives them (n, 3), nothing of it hides."""
        corners = _cells(self._space.seen(self._place()))
        triangles = np.concatenate([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]])
        first, b, c = (triangles[:, nth] for nth in range(3))
        b, c = b - first, c - first
        area = b[:, 0] * c[:, 1] - b[:, 1] * c[:, 0]
        area = np.where(np.abs(area) < 1e-9, np.inf, area)  # seen edge on: hides nothing
        x, y = (seen[:, None, axis] - first[:, axis] for axis in (0, 1))
        along_b = (x * c[:, 1] - y * c[:, 0]) / area
        along_c = (y * b[:, 0] - x * b[:, 1]) / area
        inside = (along_b >= 0) & (along_c >= 0) & (along_b + along_c <= 1) & np.isfinite(area)
        near = first[:, 2] + along_b * b[:, 2] + along_c * c[:, 2]
        hidden = (inside & (near > seen[:, None, 2] + HIDES)).any(axis=1)
        return np.asarray(~hidden)


def _cells(points: np.ndarray) -> np.ndarray:
    """The corners (cells, 4, 3) of a grid's cells, in order round each."""
    around = points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]
    return np.stack(around, axis=2).reshape(-1, 4, 3)
