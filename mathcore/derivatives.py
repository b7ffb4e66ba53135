"""Derivatives as the lessons meet them: quotients, limits, tangents, nudges, growing squares."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import comb
from typing import Literal, overload

import numpy as np
import sympy as sp
from jaxtyping import Float

from mathcore._check import Number, VectorLike, bad, count, interval, nonzero, number, vector
from mathcore.functions import Function, exact, one_variable, written
from mathcore.markup import typst


@dataclass(frozen=True)
class Line:
    """The line through `point` = (x, y), y = slope * x + intercept."""

    slope: float
    intercept: float
    point: tuple[float, float]

    @overload
    def __call__(self, x: Number) -> float: ...
    @overload
    def __call__(self, x: VectorLike) -> Float[np.ndarray, "*shape"]: ...
    def __call__(self, x: Number | VectorLike) -> float | Float[np.ndarray, "*shape"]:
        """Heights of the line at `x`, in its shape."""
        y = self.slope * np.asarray(x, dtype=np.float64) + self.intercept
        return y if np.ndim(y) else float(y)

    @property
    def typst(self) -> str:
        """The line's equation in Typst markup, such as `y = 4 x - 4`."""
        # Rounded: the rounding error of a quotient is no part of the line's equation.
        slope, intercept = (written(round(value, 9)) for value in (self.slope, self.intercept))
        return "y = " + typst(slope * sp.Symbol("x") + intercept)


@dataclass(frozen=True)
class Nudge:
    """A small change of the input and what it does: f(x) = y0, f(x + dx) = y1, dy = y1 - y0."""

    x: float
    dx: float
    y0: float
    y1: float
    dy: float

    @property
    def ratio(self) -> float:
        """Dy / dx: change of the output per unit of input."""
        return self.dy / self.dx


@dataclass(frozen=True)
class LimitDefinition:
    """The derivative as the limit of a quotient in `step` -> 0, each line as SymPy."""

    step: sp.Symbol
    quotient: sp.Expr
    expanded: sp.Expr
    cancelled: sp.Expr
    value: sp.Expr


@dataclass(frozen=True)
class StationaryPoint:
    """A point (x, y) with slope 0."""

    x: float
    y: float
    kind: Literal["minimum", "maximum", "inflection"]


@dataclass(frozen=True)
class LocalLinearity:
    """How far the graph strays from its tangent within `at` ± width, for each width.

    `gap` is the largest distance; `relative` compares it with the rise of the tangent over one
    width (infinite where the tangent is level).
    """

    widths: Float[np.ndarray, " n"]
    gap: Float[np.ndarray, " n"]
    relative: Float[np.ndarray, " n"]


@dataclass(frozen=True)
class GrowthPiece:
    """`count` equal pieces, each of area or volume `size`, and what one is in symbols."""

    count: int
    size: float
    expression: sp.Expr

    @property
    def total(self) -> float:
        """Area or volume of all of them."""
        return self.count * self.size


def secant_line(f: Function, at: Number, step: Number) -> Line:
    """The line through the graph's points at `at` and `at + step`.

    >>> from mathcore import function
    >>> secant_line(function("x**2"), at=2, step=1).slope
    5.0
    """
    one_variable(f)
    at, step = number("at", at), nonzero("step", step)
    y = f(at)
    slope = (f(at + step) - y) / step
    return Line(slope, y - slope * at, (at, y))


def tangent_line(f: Function, at: Number) -> Line:
    """The line that touches the graph at `at`.

    >>> from mathcore import function
    >>> tangent_line(function("x**2"), at=2).typst
    'y = 4 x - 4'
    """
    one_variable(f)
    at = number("at", at)
    y, slope = f(at), f.derivative()(at)
    return Line(slope, y - slope * at, (at, y))


def nudge(f: Function, at: Number, by: Number) -> Nudge:
    """What a change of the input by `by` does to the output.

    >>> from mathcore import function
    >>> nudge(function("x**2"), at=3, by=0.5)
    Nudge(x=3.0, dx=0.5, y0=9.0, y1=12.25, dy=3.25)
    """
    one_variable(f)
    at, by = number("at", at), nonzero("by", by)
    y0, y1 = f(at), f(at + by)
    return Nudge(at, by, y0, y1, y1 - y0)


def difference_quotients(f: Function, at: Number, steps: VectorLike) -> Float[np.ndarray, " n"]:
    """(f(at + h) - f(at)) / h for each step h, of either sign.

    >>> from mathcore import function
    >>> difference_quotients(function("x**2"), at=2, steps=[2, 1, -1])
    array([6., 5., 3.])
    """
    one_variable(f)
    at, h = number("at", at), vector("steps", steps)
    if (h == 0).any():
        raise bad("steps", steps, "without 0: the quotient there is 0/0")
    return np.asarray((f(at + h) - f(at)) / h)


def limit_definition(f: Function, at: Number | None = None) -> LimitDefinition:
    """The derivative from its definition, line by line, at a point or (without one) at x.

    Where the quotient is no ratio of polynomials there is nothing to cancel, and `cancelled` is
    only simplified.

    >>> from mathcore import function
    >>> lines = limit_definition(function("x**2"), at=2)
    >>> lines.quotient, lines.expanded, lines.cancelled, lines.value
    (((h + 2)**2 - 4)/h, (h**2 + 4*h)/h, h + 4, 4)
    >>> limit_definition(function("x**2")).cancelled
    h + 2*x
    """
    x = one_variable(f)
    h = sp.Symbol("h" if x.name != "h" else "k", real=True)
    expression = sp.nsimplify(f.expression, rational=True)
    start = x if at is None else exact(number("at", at))
    y = expression.subs(x, start)
    difference = sp.Add(expression.subs(x, start + h), -y, evaluate=False)
    quotient = sp.Mul(difference, 1 / h, evaluate=False)
    flat = sp.expand(difference)
    return LimitDefinition(
        h,
        quotient,
        sp.Mul(flat, 1 / h, evaluate=False),
        sp.cancel(flat / h) if flat.is_rational_function() else sp.simplify(flat / h),
        sp.limit(flat / h, h, 0, "+-"),
    )


def local_linearity(f: Function, at: Number, widths: VectorLike) -> LocalLinearity:
    """The tangent's error in ever smaller windows, sampled at 1001 points of each.

    >>> from mathcore import function
    >>> local_linearity(function("x**2"), at=2, widths=[1, 0.5]).relative
    array([0.25 , 0.125])
    """
    tangent = tangent_line(f, at)
    w = vector("widths", widths)
    if (w <= 0).any():
        raise bad("widths", widths, "numbers > 0")
    x = tangent.point[0] + w[:, None] * np.linspace(-1, 1, 1001)
    gap = np.abs(f(x) - tangent(x)).max(axis=1)
    with np.errstate(divide="ignore"):
        return LocalLinearity(w, gap, gap / np.abs(tangent.slope * w))


def slope_samples(f: Function, x: VectorLike) -> Float[np.ndarray, "n 2"]:
    """Points (x, slope of f at x), which trace the derivative.

    >>> from mathcore import function
    >>> slope_samples(function("x**2"), [-2, 0, 2])
    array([[-2., -4.],
           [ 0.,  0.],
           [ 2.,  4.]])
    """
    one_variable(f)
    at = vector("x", x)
    return np.stack([at, f.derivative()(at)], axis=-1)


def stationary_points(
    f: Function, within: tuple[Number, Number] | None = None
) -> list[StationaryPoint]:
    """Where the slope is 0, from left to right, told apart by the slope's sign on either side.

    Args:
        f: of one variable.
        within: only points of this closed interval; a function with infinitely many needs it.

    Raises:
        ValueError: SymPy cannot list the points (infinitely many, or no exact solution).

    >>> from mathcore import function
    >>> [(p.x, p.kind) for p in stationary_points(function("x**3 - 3*x"))]
    [(-1.0, 'maximum'), (1.0, 'minimum')]
    """
    x = one_variable(f)
    slope = sp.nsimplify(f.derivative().expression, rational=True)
    low, high = (-sp.oo, sp.oo) if within is None else map(exact, interval("within", within))
    if slope == 0:
        raise bad("f", str(f.expression), "no constant: all its points are stationary")
    if slope.is_polynomial(x):
        roots = sorted(set(sp.Poly(slope, x).real_roots()), key=float)
    else:
        found = sp.solveset(slope, x, sp.Interval(low, high))
        if not isinstance(found, sp.FiniteSet):
            raise bad("f", str(f.expression), f"a function with finitely many, not {found}")
        roots = sorted(found, key=float)
    near = min([sp.Rational(1), *(b - a for a, b in pairwise(roots))], key=float) / 1000
    kinds: dict[tuple[bool, bool], Literal["minimum", "maximum", "inflection"]] = {
        (False, True): "minimum",
        (True, False): "maximum",
    }
    return [
        StationaryPoint(
            float(root),
            f(float(root)),
            # Exact arithmetic: the slope beside a flat bend is far below float rounding.
            kinds.get(
                (slope.subs(x, root - near).n(30) > 0, slope.subs(x, root + near).n(30) > 0),
                "inflection",
            ),
        )
        for root in roots
        if low <= root <= high and f.defined(float(root))
    ]


def taylor(f: Function, at: Number, degree: int) -> Function:
    """The Taylor polynomial of the degree: the sum of f⁽ᵏ⁾(at) / k! · (x - at)ᵏ.

    >>> from mathcore import function
    >>> taylor(function("exp(x)"), at=0, degree=2).typst
    'frac(x^2, 2) + x + 1'
    """
    x = one_variable(f)
    centre = exact(number("at", at))
    count("degree", degree)
    terms = (
        f.expression.diff(x, k).subs(x, centre) / sp.factorial(k) * (x - centre) ** k
        for k in range(degree + 1)
    )
    return Function(sp.Add(*terms), f.variables)


def growth_pieces(side: Number, by: Number, dimension: int = 2) -> list[GrowthPiece]:
    """What (side + by)ⁿ is made of when a square (n = 2) or cube (n = 3) of that side grows.

    The first piece is the old square or cube; then come its strips or slabs, and so on down to
    the corner. Their totals are the terms of the binomial formula.

    >>> for piece in growth_pieces(2, 0.5):
    ...     print(piece.count, piece.expression, piece.size)
    1 x**2 4.0
    2 dx*x 1.0
    1 dx**2 0.25
    """
    side, by = number("side", side, above=0), number("by", by, above=0)
    n = count("dimension", dimension, least=1)
    x, dx = sp.symbols("x dx", real=True)
    return [
        GrowthPiece(comb(n, k), side ** (n - k) * by**k, x ** (n - k) * dx**k) for k in range(n + 1)
    ]
