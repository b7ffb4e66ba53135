"""The bowl x² + 2y² over its plane of inputs: what the scenes about gradients share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from manim import PI, ValueTracker, VGroup, VMobject

from lessonkit.stage import Plot, Region, Space, Typeset, theme
from mathcore import function, level_curves

F = function("x**2 + 2*y**2")
AT = (1.0, 1.0)
RIM = 6.0  # the level at which the bowl ends
LEVELS = (0.5, 1.5, 3.0, 4.5, 6.0)
RINGS, SECTORS = 10, 40  # cells of the drawn surface
X, Y = (-2.65, 2.65), (-1.85, 1.85)
GLASS_TOP = 7.0
SWING = 0.5  # frame units
TILT = 0.55


class Bowl:
    """Plane, surface and level curves in a region.

    `cut` is a tracker: what lies beyond this x is cut off the surface.
    """

    def __init__(self, region: Region) -> None:
        # A turn swings the plane's near corner down: the captions stay clear of it.
        region = Region(region.left, region.right, region.bottom + SWING, region.top)
        self.plot = Plot(X, Y, region, x_name="$input(x)$", y_name="$input(y)$", equal_units=True)
        self.space = Space(self.plot, (0, RIM), height=2.7, turn=-PI / 6, tilt=TILT)
        self.cut = ValueTracker(X[1])
        (rim,) = level_curves(F, RIM, X, Y)
        around = rim[np.linspace(0, len(rim) - 1, SECTORS + 1).round().astype(int)]
        self._grid = np.linspace(0, 1, RINGS + 1)[:, None] * around[:, None]
        self.surface = self.space.surface(self._cut_open)
        self.rings = VGroup(*(self.ring(lambda level=level: level) for level in LEVELS))
        self.names = VGroup(
            self.space.pin(Typeset("$input(x)$", size=theme.SMALL), np.array([X[1] + 0.25, 0, 0])),
            self._y_name(Y[1] + 0.25, lambda: self.behind),
            self._y_name(Y[0] - 0.25, lambda: 1 - self.behind),
        ).set_z_index(-1)

    @property
    def behind(self) -> float:
        """From 0, where the bowl hides the far end of the y axis, to 1, where that is seen."""
        turn, tilt, _ = self.space.view
        return float(max(np.interp(tilt, (1.1, 1.4), (0, 1)), np.interp(-turn, (0.7, 1.1), (0, 1))))

    def _y_name(self, y: float, shown: Callable[[], float]) -> Typeset:
        """The letter at one end of the y axis, as far as it is shown."""
        name = self.space.pin(Typeset("$input(y)$", size=theme.SMALL), np.array([0, y, 0]))
        return name.add_updater(lambda m: m.set_opacity(shown()), call_updater=True)

    def ring(
        self, level: Callable[[], float], color: str = theme.OUTPUT, width: float = theme.THIN
    ) -> VMobject:
        """A level curve on the surface, at a level that may change."""
        rim = level_curve(RIM)
        # f is quadratic: its level curves are scaled copies of one.
        return self.space.curve(lambda: lifted(rim * np.sqrt(level() / RIM)), color, width=width)

    def section(self, axis: int, value: float) -> np.ndarray:
        """The points (n, 3) where a plane, x or y (axis 0 or 1) at a value, meets the surface."""
        free = 1 - axis
        curvature = F([0.0, 1.0] if free else [1.0, 0.0])
        held = F([value, 0.0] if axis == 0 else [0.0, value])
        reach = np.sqrt(max(RIM - held, 0.0) / curvature)
        points = np.full((61, 2), value)
        points[:, free] = np.linspace(-reach, reach, len(points))
        return lifted(points)

    def glass(self, axis: int, value: float) -> np.ndarray:
        """Corners of that plane, from the surface up over the rim."""
        curve = self.section(axis, value)
        above = np.array([1, 1, 0]) * curve[[-1, 0]] + np.array([0, 0, GLASS_TOP])
        return np.concatenate([curve, above])

    def _cut_open(self) -> np.ndarray:
        kept = self._grid.copy()
        kept[..., 0] = np.minimum(kept[..., 0], self.cut.get_value())
        return lifted(kept)


def lifted(points: np.ndarray) -> np.ndarray:
    """Points (…, 2) of the plane, raised onto the surface (…, 3)."""
    return np.concatenate([points, np.asarray(F(points))[..., None]], axis=-1)


def level_curve(level: float) -> np.ndarray:
    """The points (n, 2) of one level curve, as many as a drawing needs."""
    (curve,) = level_curves(F, level, X, Y)
    return curve[np.linspace(0, len(curve) - 1, 73).round().astype(int)]
