from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from manim import VMobject

from lessonkit.stage import Plot, Region, Space
from lessonkit.stage.space import ABOVE

RIM = 6.0
ANGLES = st.floats(-3.2, 3.2)
TILTS = st.floats(0.3, 1.3)


def height(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return x**2 + 2 * y**2


def bowl() -> np.ndarray:
    """x² + 2y² up to the rim, as a grid of points."""
    radius, angle = np.meshgrid(np.linspace(0, RIM**0.5, 15), np.linspace(0, 2 * np.pi, 49))
    x, y = radius * np.cos(angle), radius * np.sin(angle) / 2**0.5
    return np.stack([x, y, height(x, y)], axis=-1)


def space() -> Space:
    plot = Plot((-2.6, 2.6), (-2, 2), Region(-6, 2, -2.5, 3), equal_units=True)
    return Space(plot, (0, RIM), height=2.5)


OFTEN = settings(deadline=None, max_examples=60)
SEEN = space()
BOWL = SEEN.surface(bowl())


@OFTEN
@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(0, 6))
def test_from_above_the_space_is_the_plot(x: float, y: float, z: float) -> None:
    SEEN.turn.set_value(0)
    SEEN.tilt.set_value(ABOVE)
    SEEN.rise.set_value(1)
    assert np.allclose(SEEN.at(x, y, z), SEEN._plot.at(x, y))


@OFTEN
@given(ANGLES, TILTS, st.floats(0, 1))
def test_a_view_turns_the_plane_and_shortens_heights(turn: float, tilt: float, rise: float) -> None:
    unit = (SEEN._plot.at(1, 0) - SEEN._plot.at(0, 0))[0]
    SEEN.turn.set_value(turn)
    SEEN.tilt.set_value(tilt)
    SEEN.rise.set_value(rise)
    base = SEEN.seen(np.array([0.5, -1, 2]))
    # An orthonormal view keeps all lengths: one unit along x and y, and one height.
    for step, length in (([1, 0, 0], unit), ([0, 1, 0], unit), ([0, 0, 1], rise * 2.5 / RIM)):
        moved = SEEN.seen(np.array([0.5, -1, 2]) + step)
        assert np.linalg.norm(moved - base) == pytest.approx(length, abs=1e-9)
    up = SEEN.seen(np.array([0.5, -1, 3])) - base
    assert np.allclose(up[:2], [0, np.cos(tilt) * rise * 2.5 / RIM])


@OFTEN
@given(st.floats(0.2, 0.95), ANGLES, ANGLES, TILTS)
def test_the_bowl_hides_what_lies_behind_its_near_wall(
    share: float, angle: float, turn: float, tilt: float
) -> None:
    SEEN.rise.set_value(1)
    SEEN.turn.set_value(turn)
    SEEN.tilt.set_value(tilt)
    radius = share * RIM**0.5
    p = np.array([radius * np.cos(angle), radius * np.sin(angle) / 2**0.5])
    # The way to the viewer, in axes units: it crosses the paraboloid once more, or never.
    unit = (SEEN._plot.at(1, 0) - SEEN._plot.at(0, 0))[0]
    way = np.array([np.sin(turn), np.cos(turn)]) * -np.cos(tilt) / unit
    climb = np.sin(tilt) * RIM / 2.5
    again = (climb - 2 * p @ ([1, 2] * way)) / height(*way)
    meets = p + again * way
    assume(abs(again) > 0.4)  # frame units; the cells are flat and the rule has a margin
    assume(abs(height(*meets) - RIM) > 0.4)
    hidden = again > 0 and height(*meets) < RIM
    (visible,) = BOWL.shows(SEEN.seen(np.array([[*p, height(*p)]])))
    assert visible == (not hidden)


def test_from_above_nothing_of_a_graph_is_hidden() -> None:
    over = space()
    surface = over.surface(bowl())
    over.tilt.set_value(ABOVE)
    assert surface.shows(over.seen(bowl().reshape(-1, 3))).all()


def test_cells_are_drawn_farthest_first_with_as_many_shapes_in_every_view() -> None:
    seen_from = space()
    surface = seen_from.surface(bowl())
    count = len(surface.family_members_with_points())
    for turn in (-0.5, 0.0, 2.0):
        seen_from.turn.set_value(turn)
        surface.update()
        assert len(surface.family_members_with_points()) == count == 14 * 48
        # The rim is nearest and farthest: the far rim, high in the picture, comes first.
        top = max(surface, key=lambda cell: cell.get_top()[1])
        low = min(surface, key=lambda cell: cell.get_bottom()[1])
        assert list(surface).index(top) < count / 2 < list(surface).index(low)


def test_higher_is_brighter_and_glass_is_glass() -> None:
    over = space()
    surface = over.surface(bowl())
    over.tilt.set_value(ABOVE)
    over.rise.set_value(0)  # flat: the light is the same everywhere
    surface.opacity.set_value(0.3)
    surface.update()
    # Equally near, cells keep the grid's order: here one sector, from the middle out.
    sector = [float(cell.fill_rgbas[0, :3].sum()) for cell in surface[:14]]
    assert np.all(np.diff(sector) > 0)
    assert sector[0] < 0.6 * sector[-1]
    assert {cell.get_fill_opacity() for cell in surface} == {0.3}


def test_what_is_drawn_follows_the_view_and_moving_points() -> None:
    seen_from = space()
    tip = np.array([1.0, 1.0, 3.0])
    dot = seen_from.dot(lambda: tip)
    arrow = seen_from.arrow(lambda: np.array([[0, 0, 0], tip]))
    line = seen_from.curve(lambda: np.array([[0, 0, 0], [1, 0, 1], tip]))
    glass = seen_from.sheet(np.array([[0, 0, 0], [1, 0, 0], [1, 0, 4.0], [0, 0, 4]]), "#FFFFFF")
    for turn, height_now in ((0.2, 3.0), (1.0, 3.0), (1.0, 5.0)):
        seen_from.turn.set_value(turn)
        tip[2] = height_now
        for mobject in (dot, arrow, line, glass):
            mobject.update()
        there = seen_from.at(*tip)
        assert np.allclose(dot.get_center(), there)
        assert np.allclose(arrow.get_start_anchors()[3], there)
        assert np.allclose(line.get_end(), there)
        assert np.allclose(glass.get_start_anchors()[2], seen_from.at(1, 0, 4))


def test_a_curve_leaves_out_what_the_surface_hides() -> None:
    seen_from = space()
    surface = seen_from.surface(bowl())
    seen_from.turn.set_value(0)
    seen_from.tilt.set_value(0.5)
    y = np.linspace(-1.7, 1.7, 200)
    points = np.stack([0 * y, y, height(0 * y, y)], axis=-1)
    curve = seen_from.curve(points)
    visible = surface.shows(seen_from.seen(points))
    assert 0.2 < visible.mean() < 0.9
    assert drawn_pieces(curve) == (visible[1:] & visible[:-1]).sum()
    assert len(curve.points) == 4 * 199
    seen_from.tilt.set_value(ABOVE)
    curve.update()
    assert drawn_pieces(curve) == 199


def drawn_pieces(curve: VMobject) -> int:
    """How many pieces of a line are longer than a point."""
    return int(np.any(curve.points[::4] != curve.points[3::4], axis=1).sum())
