"""Gradient fields, slopes by direction and level curves, against closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from mathcore import (
    bowl,
    directional_derivative,
    function,
    gradient_field,
    grid,
    himmelblau,
    level_curves,
    level_tangent,
    nudge,
    rosenbrock,
    saddle,
    steepest,
    surface,
)

ELLIPTIC = function("x**2 + 2*y**2")
COORDINATE = st.floats(-2, 2)
SPAN = {"x": (-3, 3), "y": (-2, 2)}


def test_grid_rows_are_y():
    points = grid(x=(0, 1), y=(10, 12), shape=(3, 2))
    assert points.shape == (3, 2, 2)
    assert points[2, 0].tolist() == [0, 12]


@pytest.mark.parametrize("f", [ELLIPTIC, rosenbrock(), himmelblau()])
def test_field_is_the_gradient_of_the_surface(f):
    shape = (201, 301)
    heights = surface(f, **SPAN, shape=shape)
    field = gradient_field(f, **SPAN, shape=shape)
    assert heights.shape == (*shape, 3)
    assert field.shape == (*shape, 2)
    assert_allclose(heights[..., :2], grid(**SPAN, shape=shape))
    dy, dx = np.gradient(heights[..., 2], 4 / 200, 6 / 300)
    numeric = np.stack([dx, dy], axis=-1)[1:-1, 1:-1]
    scale = np.abs(field).max()
    assert_allclose(numeric / scale, field[1:-1, 1:-1] / scale, atol=1e-3)


@settings(max_examples=30)
@given(x=COORDINATE, y=COORDINATE, angle=st.floats(-4, 4))
def test_directional_derivative_is_a_slice_s_slope_and_cosine(x, y, angle):
    slope = directional_derivative(ELLIPTIC, [x, y], [angle])[0]
    c, s = np.cos(angle), np.sin(angle)
    along = function(f"({x} + {c}*t)**2 + 2*({y} + {s}*t)**2", variables=("t",))
    numeric = (nudge(along, 0, 1e-5).dy - nudge(along, 0, -1e-5).dy) / 2e-5
    assert slope == pytest.approx(numeric, rel=1e-6, abs=1e-6)
    gradient = np.array([2 * x, 4 * y])
    theta = angle - np.arctan2(*gradient[::-1])
    assert slope == pytest.approx(np.hypot(*gradient) * np.cos(theta), abs=1e-9)


@pytest.mark.parametrize("f", [ELLIPTIC, rosenbrock(), saddle()])
def test_steepest_beats_every_direction(f):
    best = steepest(f, [1.2, 0.7])
    angles = np.linspace(-np.pi, np.pi, 10_001)
    slopes = directional_derivative(f, [1.2, 0.7], angles)
    assert best.slope >= slopes.max()
    assert best.slope == pytest.approx(slopes.max(), rel=1e-6)
    assert_allclose(best.direction, [np.cos(best.angle), np.sin(best.angle)])
    assert directional_derivative(f, [1.2, 0.7], [best.angle + np.pi])[0] == pytest.approx(
        -best.slope
    )


@settings(max_examples=30)
@given(x=st.floats(0.1, 2), y=st.floats(0.1, 2))
def test_gradient_is_perpendicular_to_the_level(x, y):
    tangent = level_tangent(ELLIPTIC, [x, y])
    assert np.hypot(*tangent) == pytest.approx(1)
    assert tangent @ ELLIPTIC.gradient()([x, y]) == pytest.approx(0, abs=1e-12)


def test_level_curve_is_the_ellipse():
    (curve,) = level_curves(ELLIPTIC, 3, **SPAN)
    assert_allclose(ELLIPTIC(curve), 3, rtol=1e-12)
    assert_allclose(curve[0], curve[-1])
    a, b = 3**0.5, 1.5**0.5
    (x, y), (next_x, next_y) = curve[:-1].T, curve[1:].T
    area = np.abs(x * next_y - y * next_x).sum() / 2
    assert area == pytest.approx(np.pi * a * b, rel=1e-3)
    steps = np.diff(curve, axis=0)
    tangents = np.array([level_tangent(ELLIPTIC, p) for p in curve[:-1]])
    cosines = (steps * tangents).sum(axis=1) / np.hypot(*steps.T)
    assert np.abs(cosines).min() > 0.98


def test_level_curves_in_several_parts():
    # Its lowest pass, between two of the four minima, is at height 13.3.
    for level, count in ((10, 4), (20, 3)):
        pieces = level_curves(himmelblau(), level, x=(-6, 6), y=(-6, 6))
        assert len(pieces) == count
        for piece in pieces:
            assert_allclose(himmelblau()(piece), level, rtol=1e-9)
    assert level_curves(bowl(), -1, **SPAN) == []
    assert len(level_curves(saddle(), 0.5, **SPAN)) == 2


def test_level_through_a_saddle_point_stays_on_the_grid_s_curve():
    for piece in level_curves(saddle(), 0, **SPAN, shape=(40, 60)):
        assert np.isfinite(piece).all()
        assert_allclose(saddle()(piece), 0, atol=1e-3)


def test_level_curves_leave_out_what_is_undefined():
    pieces = level_curves(function("log(x) + y"), 0, **SPAN)
    assert len(pieces) == 1
    assert (pieces[0][:, 0] > 0).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gradient_field(function("x**2"), **SPAN, shape=(3, 3)), "two variables"),
        (lambda: grid(x=(1, 1), y=(0, 1), shape=(3, 3)), r"x = \(1, 1\) .*low < high"),
        (lambda: grid(x=(0, 1), y=(0, 1), shape=(1, 3)), r"shape = 1 .*>= 2"),
        (lambda: grid(x=(0, float("nan")), y=(0, 1), shape=(3, 3)), r"x = .*NaN"),
        (lambda: directional_derivative(ELLIPTIC, [1, 1, 1], [0]), r"at = .*length 2"),
        (lambda: steepest(ELLIPTIC, [0, 0]), r"at = \[0, 0\] .*gradient is not 0"),
        (lambda: level_tangent(ELLIPTIC, [0, 0]), r"gradient is not 0"),
        (lambda: level_curves(ELLIPTIC, float("inf"), **SPAN), r"level = inf"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
