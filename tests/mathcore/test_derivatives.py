"""Quotients, limits, tangents, stationary points and Taylor polynomials."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from mathcore import (
    difference_quotients,
    function,
    growth_pieces,
    limit_definition,
    local_linearity,
    nudge,
    secant_line,
    slope_samples,
    stationary_points,
    tangent_line,
    taylor,
)

WHOLE = st.integers(-4, 4)
POINTS = st.floats(-3, 3)
STEPS = st.floats(1e-3, 2) | st.floats(-2, -1e-3)


@given(a=WHOLE, b=WHOLE, c=WHOLE, at=POINTS, h=STEPS)
@settings(max_examples=40)
def test_quotient_of_a_parabola(a, b, c, at, h):
    # ((a(x+h)² + b(x+h) + c) - (ax² + bx + c)) / h = a(2x + h) + b
    f = function(f"({a})*x**2 + ({b})*x + ({c})", variables=("x",))
    expected = a * (2 * at + h) + b
    quotient = difference_quotients(f, at, [h])
    assert_allclose(quotient, expected, atol=1e-8)
    line = secant_line(f, at, h)
    assert line.slope == pytest.approx(expected, abs=1e-8)
    assert_allclose(line([at, at + h]), f([at, at + h]), atol=1e-8)
    assert nudge(f, at, h).ratio == pytest.approx(expected, abs=1e-8)
    assert tangent_line(f, at).slope == pytest.approx(2 * a * at + b, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "at", "cancelled", "value"),
    [
        ("x**2", 2, "h + 4", 4),
        ("x**3", 3, "h**2 + 9*h + 27", 27),
        ("x**2", None, "h + 2*x", sp.Symbol("x", real=True) * 2),
        ("1/x", 2, "-1/(2*h + 4)", sp.Rational(-1, 4)),
        ("5*x - 3", 0.5, "5", 5),
        ("0.1*x**2", 1, "h/10 + 1/5", sp.Rational(1, 5)),
    ],
)
def test_limit_definition_cancels_h(text, at, cancelled, value):
    lines = limit_definition(function(text), at)
    names = {s.name: s for s in lines.cancelled.free_symbols}
    assert sp.simplify(lines.cancelled - sp.sympify(cancelled, locals=names)) == 0
    assert lines.value == value
    assert not sp.denom(sp.together(lines.cancelled)).subs(lines.step, 0).is_zero
    for line in (lines.quotient, lines.expanded):
        assert sp.simplify(line - lines.cancelled) == 0
        assert line.has(1 / lines.step)


def test_limit_definition_beyond_polynomials():
    assert limit_definition(function("sin(x)"), at=0).value == 1
    assert limit_definition(function("exp(x)")).value == sp.exp(sp.Symbol("x", real=True))


def test_quotients_close_in_from_both_sides():
    h = np.logspace(-1, -4, 4)
    right, left = (difference_quotients(function("exp(x)"), 0, s * h) for s in (1, -1))
    assert (np.diff(right) < 0).all()
    assert (np.diff(left) > 0).all()
    assert (left < 1).all()
    assert (right > 1).all()


def test_local_linearity_falls_with_the_square_of_the_width():
    zoom = local_linearity(function("exp(x)"), at=0, widths=[0.1, 0.01, 0.001])
    assert_allclose(zoom.gap[:-1] / zoom.gap[1:], 100, rtol=0.05)
    assert_allclose(zoom.gap, np.exp(zoom.widths) - 1 - zoom.widths, rtol=1e-6)
    level = local_linearity(function("x**2"), at=0, widths=[1])
    assert np.isinf(level.relative).all()


@pytest.mark.parametrize(
    ("text", "within", "expected"),
    [
        ("x**2", None, [(0, "minimum")]),
        ("x**4", None, [(0, "minimum")]),
        ("-x**6", None, [(0, "maximum")]),
        ("x**5", None, [(0, "inflection")]),
        ("x**3 - 3*x", None, [(-1, "maximum"), (1, "minimum")]),
        ("x**3 - 3*x", (0, 5), [(1, "minimum")]),
        ("x + 1/x", None, [(-1, "maximum"), (1, "minimum")]),
        ("x*exp(-x)", None, [(1, "maximum")]),
        ("sin(x)", (0, 6), [(np.pi / 2, "maximum"), (3 * np.pi / 2, "minimum")]),
        ("2*x + 1", None, []),
        ("x**2*log(x)", (0.1, 2), [(np.exp(-0.5), "minimum")]),
    ],
)
def test_stationary_points(text, within, expected):
    found = stationary_points(function(text), within)
    assert [point.kind for point in found] == [kind for _, kind in expected]
    assert_allclose([point.x for point in found], [x for x, _ in expected], atol=1e-12)


@given(roots=st.lists(st.integers(-6, 6), min_size=1, max_size=4, unique=True))
@settings(max_examples=25)
def test_stationary_points_are_the_roots_of_the_slope(roots):
    x = sp.Symbol("x")
    f = function(sp.integrate(sp.prod([x - r for r in roots]), x))
    found = stationary_points(f)
    assert [point.x for point in found] == sorted(roots)
    # Simple roots: minima and maxima alternate, and the last one, rising again, is a minimum.
    kinds = ["minimum", "maximum"] * len(roots)
    assert [point.kind for point in reversed(found)] == kinds[: len(roots)]


@pytest.mark.parametrize(("text", "at"), [("exp(x)", 0), ("sin(x)", 0.5), ("1/(1 - x)", 0)])
def test_taylor(text, at):
    f = function(text)
    x = f.variables[0]
    reference = sp.series(f.expression, x, sp.Rational(str(at)), 6).removeO()
    assert sp.simplify(taylor(f, at, 5).expression - reference) == 0
    near = at + 0.01
    assert taylor(f, at, 5)(near) == pytest.approx(f(near), rel=1e-10)
    assert taylor(f, at, 0)(near) == pytest.approx(f(at))


@given(side=st.floats(0.1, 10), by=st.floats(0.01, 2), n=st.integers(1, 5))
def test_growth_pieces_add_up(side, by, n):
    pieces = growth_pieces(side, by, n)
    assert sum(piece.total for piece in pieces) == pytest.approx((side + by) ** n)
    for piece in pieces:
        lengths = {s: side if s.name == "x" else by for s in piece.expression.free_symbols}
        assert float(piece.expression.subs(lengths)) == pytest.approx(piece.size)


@given(at=POINTS)
def test_slope_samples(at):
    assume(abs(at) > 1e-6)
    assert_allclose(slope_samples(function("x**3"), [at]), [[at, 3 * at**2]])


NAN = float("nan")
F = function("x**2")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: secant_line(F, 2, 0), r"step = 0 .*other than 0"),
        (lambda: secant_line(F, NAN, 1), r"at = nan"),
        (lambda: nudge(F, 3, 0), r"by = 0 "),
        (lambda: tangent_line(F, float("inf")), r"at = inf"),
        (lambda: tangent_line(function("log(x)"), -1), r"x = -1\.0 .*log\(x\)"),
        (lambda: tangent_line(function("x*y"), 1), "one variable"),
        (lambda: difference_quotients(F, 2, [1, 0]), "0/0"),
        (lambda: difference_quotients(F, 2, [1, NAN]), r"steps = .*NaN"),
        (lambda: difference_quotients(F, 2, np.ones((1, 2))), "one-dimensional"),
        (lambda: local_linearity(F, 2, [0.1, -1]), r"widths = .* > 0"),
        (lambda: stationary_points(function("5", variables=("x",))), "constant"),
        (lambda: stationary_points(function("sin(x)")), "finitely many"),
        (lambda: stationary_points(F, (2, 1)), "low < high"),
        (lambda: taylor(F, 0, -1), r"degree = -1"),
        (lambda: growth_pieces(-1, 0.1), r"side = -1 .*> 0"),
        (lambda: growth_pieces(1, 0.1, 0), r"dimension = 0"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
