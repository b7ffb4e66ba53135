"""The bowl x² + 2y² over its plane of inputs: what the scenes about gradients share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from manim import (
    DOWN,
    LEFT,
    PI,
    RIGHT,
    Animation,
    Rectangle,
    ReplacementTransform,
    ValueTracker,
    VGroup,
    VMobject,
    smooth,
)

from lessonkit.stage import LiveNumber, Plot, Region, Space, Typeset, theme
from mathcore import function, level_curves

F = function("x**2 + 2*y**2")
AT = (1.0, 1.0)
RIM = 6.0  # the level at which the bowl ends
LEVELS = (0.5, 1.5, 3.0, 4.5, 6.0)
RINGS, SECTORS = 10, 40  # cells of the drawn surface
X, Y = (-2.65, 2.65), (-1.85, 1.85)
GLASS_TOP = 7.0
SWING = 0.5  # frame units
HEAD = 0.24  # length of an axis' head, in units of its axis
TILT = 0.55
EARLY = 0.25  # share of the way to a close look after which the view from afar is gone
BAR = 3.2  # frame units of bar for a change of the output by 1


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
        # A name at the near end of the y axis says no more than that the axis is y: the heads
        # tell which way x and y grow.
        self.names = VGroup(
            self._named("x", X[1] + 0.25, X[1] - 2 * HEAD, lambda: 1.0),
            self._named("y", Y[1] + 0.25, Y[1] - 2 * HEAD, lambda: self.behind),
            self._named("y", Y[0] - 0.25, Y[0] + 2 * HEAD, lambda: 1 - self.behind),
        )

    @property
    def behind(self) -> float:
        """From 0, where the bowl hides the far end of the y axis, to 1, where that is seen."""
        turn, _, _ = self.space.view
        return float(max(self.flat, np.interp(-turn, (0.7, 1.1), (0, 1))))

    @property
    def flat(self) -> float:
        """From 0, where the plane is seen from the side, to 1, where it is a plot."""
        return float(np.interp(self.space.view[1], (1.1, 1.4), (0, 1)))

    def _named(self, axis: str, at: float, tip: float, shown: Callable[[], float]) -> VGroup:
        """An axis' letter, and a head on the axis towards larger values, as far as shown.

        Plots have no heads: seen from above, neither has the plane.
        """
        along = np.eye(3)["xy".index(axis)]
        across = along[[1, 0, 2]]
        name = self.space.pin(Typeset(f"$input({axis})$", size=theme.SMALL), at * along)
        head = self.space.curve(
            tip * along + HEAD * np.array([across / 2 - along, 0 * along, -across / 2 - along]),
            theme.INPUT,
            over=True,
        )
        name.add_updater(lambda m: m.set_opacity(shown()), call_updater=True)
        head.add_updater(
            lambda m: m.set_stroke(opacity=shown() * (1 - self.flat)), call_updater=True
        )
        return VGroup(name, head).set_z_index(-1)

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


class Slice:
    """What a plane that holds one input (axis 0 or 1) at a value cuts out of the bowl.

    The tangent belongs to the plane through the point; `reach` is its length to both sides in
    axes units of the input that is free.
    """

    def __init__(self, bowl: Bowl, axis: int, held: Callable[[], float], reach: float) -> None:
        space, free = bowl.space, 1 - axis
        self.glass = space.sheet(lambda: bowl.glass(axis, held()), theme.INPUT)
        self.curve = space.curve(lambda: bowl.section(axis, held()), theme.OUTPUT, width=theme.BOLD)
        along = np.array([*np.eye(2)[free], F.gradient()(AT)[free]]) * reach
        ends = lifted(np.array(AT)) + np.array([[-1], [1]]) * along
        self.tangent = space.curve(ends, theme.SLOPE, width=theme.BOLD, over=True)


class Effect(VGroup):
    """How much a small change of one input, x or y, changes the output: a bar and its number.

    `change` is a tracker: how far the input has moved from the point, at most `by`. The `step`
    itself, with its `tag`, lies in a plot of the inputs.
    """

    def __init__(self, plot: Plot, name: str, by: float, region: Region) -> None:
        self.change = ValueTracker(0.0)
        axis = np.eye(2)["xy".index(name)]

        def moved() -> np.ndarray:
            return np.array(AT) + self.change.get_value() * axis

        def effect() -> float:
            return F(moved()) - F(AT)

        self.step = plot.live_arrow(lambda: (AT, moved()), theme.INPUT)
        self.tag = Typeset(f"$input(Delta {name})$", size=theme.BODY).set_z_index(3)
        self.tag.add_background_rectangle(theme.BACKGROUND, opacity=0.85, buff=0.08)
        middle = plot.at(*(np.array(AT) + by * axis / 2))
        self.tag.next_to(middle, LEFT if name == "y" else DOWN, buff=0.3)
        label = Typeset(
            f"$input(Delta {name} = #by) => output(Delta f)$",
            values={"by": f"{by:g}"},
            size=theme.FORMULA,
        )
        region.place(label, across=0.0, up=1.0)
        bar = Rectangle(height=0.4, width=1.0, fill_color=theme.OUTPUT, fill_opacity=1)
        bar.set_stroke(width=0)
        corner = label.get_corner(DOWN + LEFT) + 0.35 * DOWN

        def follow(mobject: VMobject) -> None:
            mobject.stretch_to_fit_width(max(BAR * effect(), 0.01)).next_to(corner, RIGHT, buff=0)

        bar.add_updater(follow, call_updater=True)
        number = LiveNumber(effect, color=theme.OUTPUT, size=theme.BODY)
        number.add_updater(lambda n: n.next_to(bar, RIGHT, buff=0.2), call_updater=True)
        super().__init__(label, bar, number)


def zoom(far: Plot, seen: VGroup, near: Plot, drawn: VGroup) -> list[Animation]:
    """Go up to the point, from what is seen of one plot to what is drawn in a closer one.

    What is seen grows with it, and is gone before it outgrows its place.
    """
    start, end = far.at(*AT), near.at(*AT)
    units = [plot.at(1, 0)[0] - plot.at(0, 0)[0] for plot in (near, far)]
    ratio = units[0] / units[1]
    small = drawn.copy().shift(start - end).scale(1 / ratio, about_point=start)
    return [
        seen.animate(rate_func=lambda t: min(1.0, smooth(t) / EARLY))
        .scale(1 + EARLY * (ratio - 1), about_point=start)
        .shift(EARLY * (end - start))
        .set_opacity(0),
        ReplacementTransform(small.set_opacity(0), drawn),
    ]


def lifted(points: np.ndarray) -> np.ndarray:
    """Points (…, 2) of the plane, raised onto the surface (…, 3)."""
    return np.concatenate([points, np.asarray(F(points))[..., None]], axis=-1)


def level_curve(level: float) -> np.ndarray:
    """The points (n, 2) of one level curve, as many as a drawing needs."""
    (curve,) = level_curves(F, level, X, Y)
    return curve[np.linspace(0, len(curve) - 1, 73).round().astype(int)]
