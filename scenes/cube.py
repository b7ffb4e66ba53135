"""A cube seen from a corner, and what it gains, piece by piece, when its edge grows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from manim import DOWN, LEFT, UP, Polygon, ValueTracker, VGroup, interpolate_color
from manim.utils.color import ManimColor

from lessonkit.stage import theme

Corners = Callable[[], tuple[np.ndarray, np.ndarray]]

ACROSS = np.array([[np.sqrt(3) / 2, -0.5, 0], [0, 1, 0], [-np.sqrt(3) / 2, -0.5, 0]])
"""The frame's share of a step along each axis: x to the right, y up, z to the left."""
SHADES = (0.72, 1.0, 0.5)  # of the faces towards x, y (up) and z


class GrowingCube:
    """A cube, and the faces, edges and corner that it gains; lengths are frame units.

    `grown` is what its edge has grown by, `apart` how far the new pieces stand off the cube
    before they close up: trackers to animate.
    """

    def __init__(self, centre: np.ndarray, side: float) -> None:
        self.grown, self.apart = ValueTracker(0.0), ValueTracker(0.0)
        self._side = side
        self._centre = centre
        self.cube = Cuboid(centre, lambda: (np.zeros(3), np.full(3, side)), theme.OUTPUT)
        self.faces, self.edges, self.corner = (self._gained(number) for number in (1, 2, 3))
        self.outline = Cuboid(
            centre, lambda: (np.zeros(3), np.full(3, side + self.grown.get_value())), theme.INK
        )
        self.outline.set_fill(opacity=0).set_z_index(1)

    def lower_edge(self, by: float = 0.0) -> np.ndarray:
        """The frame point at the middle of the lower left edge, when it has grown by so much."""
        side = self._side + by
        return self.cube.at(np.array([side / 2, 0.0, side]))

    def _gained(self, directions: int) -> VGroup:
        """What the cube gains where it grows in this many directions at once."""
        axes = [a for a in np.ndindex(2, 2, 2) if sum(a) == directions]
        color = theme.SLOPE if directions == 1 else theme.MUTED

        def corners(axis: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
            grows = np.array(axis)
            low = grows * (self._side + self.apart.get_value())
            return low, low + np.where(grows, self.grown.get_value(), self._side)

        return VGroup(*(Cuboid(self._centre, lambda a=a: corners(a), color) for a in axes))


class Cuboid(VGroup):
    """A box between two corners that may move: its three faces that are seen."""

    def __init__(self, origin: np.ndarray, corners: Corners, color: str) -> None:
        self._origin, self._corners = origin, corners
        ground = ManimColor(theme.BACKGROUND)
        super().__init__(
            *(
                Polygon(UP, DOWN, LEFT, stroke_color=color, stroke_width=theme.THIN).set_fill(
                    interpolate_color(ground, ManimColor(color), 0.5 * shade), opacity=1
                )
                for shade in SHADES
            )
        )
        self.add_updater(lambda box: box.follow(), call_updater=True)

    def at(self, point: np.ndarray) -> np.ndarray:
        """The frame point of a point in space."""
        return np.asarray(self._origin + point @ ACROSS)

    def label_point(self) -> np.ndarray:
        """The middle of its largest face that is seen."""
        return np.asarray(max(self, key=lambda face: face.width * face.height).get_center())

    def follow(self) -> None:
        """Bring the faces to the corners."""
        low, high = self._corners()
        for axis, face in enumerate(self):
            b, c = (np.eye(3)[(axis + k) % 3] * (high - low) for k in (1, 2))
            start = np.where(np.eye(3)[axis], high, low)
            outline = [self.at(p) for p in (start, start + b, start + b + c, start + c, start)]
            face.set_points_as_corners(outline)
