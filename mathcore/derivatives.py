"""Derivatives as the lessons meet them: quotients, limits, tangents, nudges, growing squares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, overload

import numpy as np
import sympy as sp
from jaxtyping import Float

from mathcore._check import Number, VectorLike, bad, nonzero, number, vector
from mathcore.function import Function, exact, one_variable
from mathcore.typst import typst


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
        return "y = " + typst(_written(self.slope) * sp.Symbol("x") + _written(self.intercept))


def _written(value: float) -> sp.Expr:
    rounded = float(f"{value:.10g}")  # the slope, not the rounding error of its quotient
    return sp.Integer(int(rounded)) if rounded.is_integer() else sp.Float(rounded)


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
class GrowthPiece:
    """`count` equal pieces, each of area or volume `size`, and what they are in symbols."""

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
