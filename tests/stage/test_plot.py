from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from manim import DOWN, LEFT, RIGHT, UP, ValueTracker, VMobject

from lessonkit.stage import Plot, Region, crossed_out
from lessonkit.stage.plot import Curve, bends
from lessonkit.stage.typeset import Typeset

REGION = Region(-6.0, 2.0, -2.5, 3.0)
PLOT = Plot((-1, 4.5), (-2, 17, 4), REGION, y_name="$f(x)$")
LOW, HIGH = PLOT.at(-1, -2), PLOT.at(4.5, 17)


@dataclass(frozen=True)
class Straight:
    slope: float
    intercept: float


def back(point: np.ndarray) -> tuple[float, float]:
    """The axes coordinates of a frame point."""
    share = (point - LOW)[:2] / (HIGH - LOW)[:2]
    return float(-1 + 5.5 * share[0]), float(-2 + 19 * share[1])


def inside(points: np.ndarray, slack: float = 1e-6) -> bool:
    return bool(np.all(points >= LOW - slack) and np.all(points <= HIGH + slack))


@given(st.floats(-1, 4.5), st.floats(-2, 17), st.floats(0, 1))
def test_places_are_linear_in_both_coordinates(x: float, y: float, share: float) -> None:
    assert inside(PLOT.at(x, y))
    between = PLOT.at(-1 + share * (x + 1), -2 + share * (y + 2))
    assert np.allclose(between, LOW + share * (PLOT.at(x, y) - LOW))


def test_the_plot_with_its_numbers_and_names_stays_in_its_region() -> None:
    for plot in (PLOT, Plot((0, 3), (0, 1, 0.25), REGION, x_name="$w$", y_name="$L(w)$")):
        frame = plot.frame
        assert frame.get_left()[0] >= REGION.left - 1e-6
        assert frame.get_right()[0] <= REGION.right + 1e-6
        assert frame.get_bottom()[1] >= REGION.bottom - 1e-6
        assert frame.get_top()[1] <= REGION.top + 1e-6
        assert frame.width > 0.85 * REGION.width
        assert frame.height > 0.85 * REGION.height


def test_a_curve_passes_through_its_points() -> None:
    curve = PLOT.curve(lambda x: x**2)
    for share in np.linspace(0, 1, 50):
        x, y = back(curve.point_from_proportion(float(share)))
        assert y == pytest.approx(x**2, abs=0.01)
    assert back(curve.get_start())[0] == pytest.approx(-1, abs=0.01)
    assert back(curve.get_end())[1] == pytest.approx(17, abs=0.1)


@pytest.mark.parametrize(
    ("function", "pieces"),
    [
        (lambda x: 40 * (x - 1), 1),
        (lambda x: 1 / (x - 1), 2),
        (lambda x: 8 + 12 * np.sin(4 * x), 8),
        (lambda x: np.where(x > 1, x, np.nan), 1),
        (lambda x: np.full_like(x, 99.0), 0),
    ],
)
def test_a_curve_leaves_the_window_cleanly(function: Curve, pieces: int) -> None:
    with np.errstate(divide="ignore"):
        curve = PLOT.curve(function)
    assert len(curve.get_subpaths()) == pieces
    assert inside(curve.points, 0.02) if pieces else len(curve.points) == 0


@pytest.mark.parametrize("steepness", [10.0, 100.0])
def test_a_steep_curve_reaches_the_edge(steepness: float) -> None:
    curve = PLOT.curve(lambda x: steepness * (x - 1))
    ends = sorted(back(end)[1] for end in (curve.get_start(), curve.get_end()))
    assert ends == pytest.approx([-2, 17], abs=0.5)


SLOPES = st.floats(-60, 60) | st.sampled_from([0.0, 1e-12, 1e6])


@given(SLOPES, st.floats(-100, 100))
def test_a_line_crosses_the_window_from_edge_to_edge_or_is_not_seen(
    slope: float, intercept: float
) -> None:
    start, end = PLOT.ends(Straight(slope, intercept))
    assert inside(np.array([start, end]))
    xs = np.linspace(-1, 4.5, 20001)
    ys = slope * xs + intercept
    seen = xs[(ys >= -2) & (ys <= 17)]
    if np.array_equal(start, end):
        assert len(seen) <= 1
        return
    assert start[0] <= end[0]
    for point in (start, end):
        x, y = back(point)
        assert y == pytest.approx(slope * x + intercept, abs=1e-6 * max(1, abs(slope)))
        assert min(abs(x + 1), abs(x - 4.5), abs(y + 2) / 19, abs(y - 17) / 19) < 1e-6
    if len(seen):
        assert back(start)[0] <= seen[0] + 1e-6
        assert back(end)[0] >= seen[-1] - 1e-6


@given(st.floats(-20, 20), st.floats(-30, 30))
def test_a_live_line_follows_in_and_out_of_the_window(slope: float, intercept: float) -> None:
    assume(abs(slope) > 1e-3)
    now = ValueTracker(intercept)
    line = PLOT.live_line(lambda: Straight(slope, now.get_value()))
    for value in (intercept, 500.0, 3.0):
        now.set_value(value)
        line.update()
        expected = PLOT.ends(Straight(slope, value))
        assert np.allclose([line.get_start(), line.get_end()], expected, atol=1e-6)


def test_live_segments_and_dots_follow_through_a_point() -> None:
    h = ValueTracker(2.0)
    run = PLOT.live_segment(lambda: ((2, 4), (2 + h.get_value(), 4)), "#FFFFFF")
    dot = PLOT.dot(lambda: (2 + h.get_value(), 4))
    for value in (2.0, 0.0, -1.0):
        h.set_value(value)
        for mobject in (run, dot):
            mobject.update()
        assert np.allclose(run.get_end(), PLOT.at(2 + value, 4))
        assert np.allclose(run.get_start(), PLOT.at(2, 4))
        assert np.allclose(dot.get_center(), PLOT.at(2 + value, 4))


def test_a_live_box_follows_its_sides() -> None:
    width = ValueTracker(1.0)
    box = PLOT.live_box(lambda: (0, width.get_value(), 1, 3), "#FFFFFF")
    for now in (1.0, 2.5):
        width.set_value(now)
        box.update()
        assert back(box.get_corner(DOWN + LEFT)) == pytest.approx((0, 1))
        assert back(box.get_corner(UP + RIGHT)) == pytest.approx((now, 3))


def test_axes_cross_at_zero_or_at_the_nearest_edge() -> None:
    across, up = PLOT.axes[:2]
    assert across.get_y() == pytest.approx(PLOT.at(0, 0)[1])
    assert up.get_x() == pytest.approx(PLOT.at(0, 0)[0])
    away = Plot((2, 3), (5, 9), REGION)
    assert away.axes[0].get_y() == pytest.approx(away.at(2, 5)[1])
    assert away.axes[1].get_x() == pytest.approx(away.at(2, 5)[0])


def test_numbers_stand_under_their_ticks() -> None:
    plot = Plot((0, 1, 0.2), (0, 3), REGION)
    numbers = plot.axes[2:]
    on_x = [n for n in numbers if n.get_top()[1] < plot.at(0, 0)[1]]
    assert [n.get_x() for n in on_x] == pytest.approx(
        [plot.at(x, 0)[0] for x in (0, 0.2, 0.4, 0.6, 0.8, 1)], abs=0.02
    )
    for number, text in zip(on_x, ("0", "0.2", "0.4", "0.6", "0.8", "1"), strict=True):
        assert len(number) == len(Typeset(f"${text}$"))


def test_a_cross_covers_what_is_wrong() -> None:
    wrong = Typeset("$0 / 0$")
    cross: VMobject = crossed_out(wrong)
    assert np.allclose(cross.get_center(), wrong.get_center())
    assert cross.height >= wrong.height
    assert cross.width >= wrong.width


def test_equal_units_keep_angles_and_the_plot_in_its_region() -> None:
    plot = Plot((-2, 3), (-1, 1), REGION, equal_units=True)
    unit = plot.at(1, 0) - plot.at(0, 0)
    assert np.allclose(plot.at(0, 1) - plot.at(0, 0), [0, unit[0], 0])
    assert REGION.left <= plot.frame.get_left()[0]
    assert plot.frame.get_right()[0] <= REGION.right


def test_contours_are_groups_of_the_curves_given() -> None:
    angle = np.linspace(0, 2 * np.pi, 60)
    ring = np.stack([2 + np.cos(angle), 8 + 3 * np.sin(angle)], axis=1)
    levels = PLOT.contours([[ring], [], [ring + 1, ring - 1]])
    assert [len(level) for level in levels] == [1, 0, 2]
    corners = levels[2][0].get_start_anchors()
    assert np.allclose([back(corner) for corner in corners], ring[:-1] + 1)


@given(st.floats(-1, 4.5), st.floats(-2, 17), st.floats(0, 6.3))
def test_an_arrow_follows_and_its_head_is_never_longer_than_it(
    x: float, y: float, angle: float
) -> None:
    length = ValueTracker(2.0)

    def ends() -> tuple[tuple[float, float], tuple[float, float]]:
        r = length.get_value()
        return (x, y), (x + r * np.cos(angle), y + r * np.sin(angle))

    arrow = PLOT.live_arrow(ends)
    for value in (2.0, 0.05, 0.0):
        length.set_value(value)
        arrow.update()
        start, tip = (PLOT.at(*end) for end in ends())
        corners = arrow.get_start_anchors()
        assert len(corners) == 7
        assert np.allclose(corners[3], tip, atol=1e-6)
        assert np.allclose((corners[0] + corners[6]) / 2, start, atol=1e-6)
        # All of it lies between its ends, seen along it.
        along = (tip - start) @ (corners - start).T
        assert np.all(along >= -1e-6)
        assert np.all(along <= (tip - start) @ (tip - start) + 1e-6)


def test_a_field_keeps_directions_and_orders_lengths_without_crossing() -> None:
    plot = Plot((-2, 2), (-2, 2), REGION, equal_units=True)
    points = np.stack(np.meshgrid([-1.5, 0.0, 1.5], [-1.0, 0.0, 1.0]), axis=-1)
    vectors = points * [2, 4]
    arrows = plot.field(points, vectors)
    assert len(arrows) == 8  # none where the vector is 0
    places = points.reshape(-1, 2)[[0, 1, 2, 3, 5, 6, 7, 8]]
    true = vectors.reshape(-1, 2)[[0, 1, 2, 3, 5, 6, 7, 8]]
    drawn = np.array(
        [a.get_start_anchors()[3] - plot.at(*p) for a, p in zip(arrows, places, strict=True)]
    )[:, :2]
    norms, lengths = np.linalg.norm(true, axis=1), np.linalg.norm(drawn, axis=1)
    assert np.allclose(drawn / lengths[:, None], true / norms[:, None], atol=1e-6)
    assert np.allclose(lengths / lengths.max(), np.sqrt(norms / norms.max()))
    assert lengths.max() < np.linalg.norm(plot.at(0, 1) - plot.at(0, 0))
    opacities = [arrow.get_fill_opacity() for arrow in arrows]
    assert np.array_equal(np.argsort(opacities, kind="stable"), np.argsort(norms, kind="stable"))


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-3, 3)), min_size=2, max_size=40))
def test_a_thinned_line_passes_near_every_place(corners: list[tuple[float, float]]) -> None:
    places = np.array([(x, y, 0.0) for x, y in corners])
    kept = bends(places, 0.1)
    assert kept[0] == 0
    assert kept[-1] == len(places) - 1
    for a, b in pairwise(kept):
        fine = np.linspace(places[a], places[b], 4001)
        for place in places[a : b + 1]:
            assert np.linalg.norm(fine - place, axis=1).min() < 0.1 + 2e-3


def test_a_thinned_line_keeps_its_corners_and_nothing_else() -> None:
    corners = np.array([(0, 0, 0), (3, 0, 0), (3, 2, 0), (0, 0, 0)], dtype=float)
    pieces = [np.linspace(a, b, 50)[:-1] for a, b in pairwise(corners)]
    kept = bends(np.vstack([*pieces, corners[-1:]]))
    assert kept.tolist() == [0, 49, 98, 147]
