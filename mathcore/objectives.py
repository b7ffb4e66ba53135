"""Objectives to descend on: the lessons' own and the classic test functions."""

from __future__ import annotations

import sympy as sp

from mathcore._check import Number, VectorLike, bad, number, vector
from mathcore.functions import Function, exact, function, written


def quadratic(curvatures: VectorLike, degrees: Number = 0) -> Function:
    """½ Σ λᵢ xᵢ², with the curvatures λ as eigenvalues of its Hessian.

    Args:
        curvatures: one or two numbers; for one the variable is w, for two they are x and y.
        degrees: turns the two-dimensional one counterclockwise.

    >>> quadratic([0.2, 4]).typst
    '0.1 x^2 + 2 y^2'
    >>> quadratic([2]).typst
    'w^2'
    """
    values = vector("curvatures", curvatures)
    if len(values) not in (1, 2):
        raise bad("curvatures", curvatures, "one or two numbers")
    if len(values) == 1:
        return function(written(values[0] / 2) * sp.Symbol("w") ** 2)
    a, b = (exact(value) for value in values)
    angle = sp.pi * exact(number("degrees", degrees)) / 180
    c, s = sp.cos(angle), sp.sin(angle)
    terms = {"x**2": a * c**2 + b * s**2, "x*y": 2 * (a - b) * c * s, "y**2": a * s**2 + b * c**2}
    x_y = ("x", "y")
    total = sum(written(float(k) / 2) * function(t, x_y).expression for t, k in terms.items())
    return function(total, x_y)


def bowl() -> Function:
    """x² + y², round: the same curvature 2 in all directions.

    >>> bowl()([1, 2])
    5.0
    """
    return quadratic([2, 2])


def ravine(condition: Number = 20, degrees: Number = 0) -> Function:
    """2y² + (2 / condition) x²: steep across with curvature 4, gentle along the x axis.

    >>> ravine(20).typst
    '0.1 x^2 + 2 y^2'
    """
    kappa = number("condition", condition)
    if kappa < 1:
        raise bad("condition", condition, "a number >= 1")
    return quadratic([4 / kappa, 4], degrees)


def regularised(loss: Function, strength: Number) -> Function:
    """The loss plus the penalty `strength` times the sum of its squared variables.

    >>> regularised(function("(w - 3)**2"), 0.5).derivative()(2.0)
    0.0
    """
    penalty = sum(v**2 for v in loss.variables)
    return Function(
        loss.expression + written(number("strength", strength)) * penalty, loss.variables
    )


def two_valleys() -> Function:
    """w⁴/4 - w² + 0.3w: a shallow valley at w = 1.33 and a deeper one at w = -1.48.

    >>> two_valleys()(1.33) > two_valleys()(-1.48)
    True
    """
    return function("w**4/4 - w**2 + 0.3*w")


def saddle() -> Function:
    """x² - y²: level at (0, 0), which is no minimum.

    >>> saddle().gradient()([0, 0])
    array([ 0., -0.])
    """
    return function("x**2 - y**2")


def rosenbrock() -> Function:
    """(1 - x)² + 100 (y - x²)², minimum 0 at (1, 1).

    Source: H. H. Rosenbrock, An automatic method for finding the greatest or least value of a
    function, The Computer Journal 3 (1960), 175-184.

    >>> rosenbrock()([1, 1])
    0.0
    """
    return function("(1 - x)**2 + 100*(y - x**2)**2")


def himmelblau() -> Function:
    """(x² + y - 11)² + (x + y² - 7)², minimum 0 at (3, 2) and three further points.

    Source: D. M. Himmelblau, Applied Nonlinear Programming (1972).

    >>> himmelblau()([3, 2])
    0.0
    """
    return function("(x**2 + y - 11)**2 + (x + y**2 - 7)**2")


def beale() -> Function:
    """The sum of (cᵢ - x (1 - yⁱ))² for c = 1.5, 2.25, 2.625; minimum 0 at (3, 0.5).

    Source: E. M. L. Beale, On an iterative method for finding a local minimum of a function of
    more than one variable, Princeton University Statistical Techniques Research Group (1958).

    >>> beale()([3, 0.5])
    0.0
    """
    return function("(1.5 - x*(1 - y))**2 + (2.25 - x*(1 - y**2))**2 + (2.625 - x*(1 - y**3))**2")
