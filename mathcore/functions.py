"""One SymPy expression and everything derived from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from math import isfinite
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import sympy as sp
from jaxtyping import Bool, Float
from sympy.parsing.sympy_parser import parse_expr

from mathcore._check import ArrayLike, Number, VectorLike, bad, count, number
from mathcore.markup import typst

if TYPE_CHECKING:
    import torch

_CONSTANTS = ("pi", "E")


def function(
    expression: str | sp.Expr | sp.MatrixBase | Sequence[str | sp.Expr],
    variables: Sequence[str | sp.Symbol] | None = None,
) -> Function:
    """The real function of one SymPy expression, given as text, or of several for a vector.

    Args:
        expression: SymPy syntax or SymPy itself; a sequence gives a vector-valued function.
        variables: their order is the order of a point's coordinates; without them every name in
            the expression is a variable, in sorted order.

    Raises:
        ValueError: the text is no SymPy syntax, or holds a name that is not among the variables.

    >>> f = function("x**2")
    >>> f(3.0)
    9.0
    >>> f.derivative().typst
    '2 x'
    >>> bowl = function("x**2 + 2*y**2")
    >>> bowl([[1, 1], [0, 2]])
    array([3., 8.])
    >>> bowl.gradient()([1, 1])
    array([2., 4.])
    """
    if isinstance(expression, str | sp.Expr):
        parsed: Any = _parse(expression, variables)
    else:
        parts = sp.Matrix(expression) if isinstance(expression, sp.MatrixBase) else expression
        shape = getattr(parts, "shape", (len(parts), 1))
        parsed = sp.ImmutableMatrix(*shape, [_parse(part, variables) for part in parts])
    free = {symbol.name: symbol for symbol in parsed.free_symbols}
    names = sorted(free) if variables is None else [str(name) for name in variables]
    if unknown := sorted(set(free) - set(names)):
        raise bad("expression", str(expression), f"in the variables {names}, without {unknown}")
    if not names:
        names = ["x"]
    if len(set(names)) < len(names):
        raise bad("variables", names, "different names")
    symbols = tuple(sp.Symbol(name, real=True) for name in names)
    # Real symbols throughout: |x| then has a real derivative, and equal names are equal symbols.
    return Function(parsed.subs({free[s.name]: s for s in symbols if s.name in free}), symbols)


def _parse(expression: str | sp.Expr, variables: Sequence[str | sp.Symbol] | None) -> sp.Expr:
    if not isinstance(expression, str):
        return sp.sympify(expression)
    names = set(re.findall(r"([^\W\d]\w*)(?!\w*\s*\()", expression)) - set(_CONSTANTS)
    names |= {str(name) for name in variables or ()}
    try:
        result = parse_expr(expression, local_dict={name: sp.Symbol(name) for name in names})
    except Exception as error:  # SymPy evaluates the text: whatever goes wrong is its fault
        raise bad("expression", expression, f"SymPy syntax ({error})") from error
    if not isinstance(result, sp.Expr) or result.atoms(sp.core.function.AppliedUndef):
        raise bad("expression", expression, "one expression of functions that SymPy knows")
    return result


@dataclass(frozen=True)
class Function:
    """A real function of one or several variables; build it with `function`.

    `expression` is a scalar, a column (vector result) or a matrix; results carry those axes last.
    A point of a function of one variable is a number; of several, an array `(*batch, dim)`.
    """

    expression: sp.Expr | sp.ImmutableMatrix
    variables: tuple[sp.Symbol, ...]

    @property
    def dim(self) -> int:
        """How many variables there are."""
        return len(self.variables)

    @property
    def shape(self) -> tuple[int, ...]:
        """The axes of one result: () for a scalar, (m,) for a vector, (m, n) for a matrix."""
        if not isinstance(self.expression, sp.MatrixBase):
            return ()
        rows, columns = self.expression.shape
        return (rows,) if columns == 1 else (rows, columns)

    @cached_property
    def typst(self) -> str:
        """Typst markup, without dollar signs."""
        return typst(self.expression)

    @cached_property
    def latex(self) -> str:
        """LaTeX markup, without dollar signs."""
        return str(sp.latex(self.expression))

    @overload
    def __call__(self, x: Number) -> float: ...
    @overload
    def __call__(
        self, x: VectorLike | Sequence[Sequence[Number]]
    ) -> Float[np.ndarray, "*shape"]: ...
    def __call__(self, x: ArrayLike) -> float | Float[np.ndarray, "*shape"]:
        """Values in float64, one for each point.

        Args:
            x: any shape for one variable, `(*batch, dim)` for several.

        Returns:
            `(*batch, *shape)`; a float where that has no axes.

        Raises:
            ValueError: the wrong shape, NaN, or a point where the function has no finite value.

        >>> function("x**2")([1.0, 2.0])
        array([1., 4.])
        """
        values = self._values(x)
        if values.ndim == 0:
            value = float(values)
            if not isfinite(value):
                raise self._undefined(x)
            return value
        if not np.isfinite(values).all():
            raise self._undefined(x)
        return values

    def defined(self, x: ArrayLike) -> bool | Bool[np.ndarray, "*batch"]:
        """Where the function has a finite real value; a scalar point gives one bool.

        >>> function("log(x)").defined([-1.0, 0.0, 1.0])
        array([False, False,  True])
        """
        values = np.isfinite(self._values(x))
        inside = values.all(axis=tuple(range(values.ndim - len(self.shape), values.ndim)))
        return inside if inside.ndim else bool(inside)

    def _undefined(self, x: ArrayLike) -> ValueError:
        inside = np.asarray(self.defined(x))
        points = np.asarray(x, dtype=np.float64)
        first = (
            points if inside.ndim == 0 else points[np.unravel_index(inside.argmin(), inside.shape)]
        )
        names = ", ".join(s.name for s in self.variables)
        return bad(
            "x", first.tolist(), f"where {self.expression} is real and finite ({names} real)"
        )

    def _values(self, x: ArrayLike) -> Float[np.ndarray, "*shape"]:
        points = self._points(x)
        batch = points.shape if self.dim == 1 else points.shape[:-1]
        columns = (points,) if self.dim == 1 else tuple(np.moveaxis(points, -1, 0))
        with np.errstate(all="ignore"):
            parts = self._numpy(*columns)
        if not self.shape:
            return _filled(parts[0], batch)
        result = np.stack([_filled(part, batch) for part in parts], axis=-1)
        return result.reshape(batch + self.shape)

    def _points(self, x: ArrayLike) -> Float[np.ndarray, "*shape"]:
        try:
            points = np.asarray(x, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise bad("x", x, "numbers in a rectangular array") from error
        if np.isnan(points).any():
            raise bad("x", x, "numbers without NaN")
        if self.dim > 1 and (points.ndim == 0 or points.shape[-1] != self.dim):
            names = ", ".join(s.name for s in self.variables)
            allowed = f"of shape (*batch, {self.dim}) for ({names}), not {points.shape}"
            raise bad("x", x, allowed)
        return points

    @cached_property
    def _entries(self) -> list[sp.Expr]:
        return list(self.expression) if self.shape else [self.expression]

    @cached_property
    def _numpy(self) -> Callable[..., list[Any]]:
        return sp.lambdify(self.variables, self._entries, "numpy", cse=True)  # type: ignore[no-any-return]

    @cached_property
    def _torch(self) -> Callable[..., list[Any]]:
        # torch.sqrt(2) is an error: its functions take tensors, so constants go in as numbers.
        entries = [
            entry.replace(lambda e: e.is_number and not e.is_Rational, lambda e: e.evalf(20))
            for entry in self._entries
        ]
        return sp.lambdify(self.variables, entries, "torch", cse=True)  # type: ignore[no-any-return]

    def torch(self, x: torch.Tensor) -> torch.Tensor:
        """The same values as a differentiable float64 tensor.

        Args:
            x: float64, any shape for one variable, `(*batch, dim)` for several.

        Returns:
            `(*batch, *shape)`.

        Raises:
            ValueError: another dtype, or the wrong shape.

        >>> import torch
        >>> x = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
        >>> function("x**2").torch(x).backward()
        >>> x.grad
        tensor(4., dtype=torch.float64)
        """
        import torch

        if x.dtype != torch.float64:
            raise bad("x.dtype", x.dtype, "torch.float64")
        if self.dim > 1 and (x.ndim == 0 or x.shape[-1] != self.dim):
            raise bad("x", tuple(x.shape), f"of shape (*batch, {self.dim})")
        batch = x.shape if self.dim == 1 else x.shape[:-1]
        columns = (x,) if self.dim == 1 else x.unbind(-1)
        parts = [
            # + 0 * column: a constant result keeps its place in the autograd graph.
            torch.as_tensor(part, dtype=torch.float64).expand(batch) + 0.0 * columns[0]
            if not isinstance(part, torch.Tensor)
            else part
            for part in self._torch(*columns)
        ]
        return torch.stack(parts, dim=-1).reshape(*batch, *self.shape) if self.shape else parts[0]

    def derivative(self, order: int = 1, variable: str | sp.Symbol | None = None) -> Function:
        """The derivative of any order, in `variable` where there are several (a partial one).

        >>> function("x**3").derivative(2).typst
        '6 x'
        >>> function("x**2 + 2*y**2").derivative(variable="y").typst
        '4 y'
        """
        count("order", order, least=1)
        if variable is None and self.dim > 1:
            raise bad("variable", variable, f"one of {[s.name for s in self.variables]}")
        symbol = self.variables[0] if variable is None else self._symbol(str(variable))
        return _derivative(self, int(order), symbol)

    def gradient(self) -> Function:
        """The vector of partial derivatives, in the order of the variables.

        >>> function("x**2 + 2*y**2").gradient().typst
        'vec(delim: "[", 2 x, 4 y)'
        """
        self._need_scalar()
        return _gradient(self)

    def hessian(self) -> Function:
        """The matrix of second partial derivatives.

        >>> function("x**2 + 2*y**2").hessian()([5, 6])
        array([[2., 0.],
               [0., 4.]])
        """
        self._need_scalar()
        return _hessian(self)

    def fix(self, **values: Number) -> Function:
        """The slice on which some variables are held: a function of the others.

        >>> function("x**2 + 2*y**2").fix(y=1).typst
        'x^2 + 2'
        """
        at = {self._symbol(name): exact(number(name, value)) for name, value in values.items()}
        rest = tuple(symbol for symbol in self.variables if symbol not in at)
        if not rest:
            raise bad("values", sorted(values), "fewer than all variables")
        return Function(self.expression.subs(at), rest)

    @cached_property
    def value_and_gradient(self) -> Callable[..., list[Any]]:
        """For inner loops: one coordinate per argument -> [value, *gradient], nothing checked."""
        entries = [self.expression, *self.gradient().expression]
        return sp.lambdify(self.variables, entries, "numpy", cse=True)  # type: ignore[no-any-return]

    def _symbol(self, name: str) -> sp.Symbol:
        for symbol in self.variables:
            if symbol.name == name:
                return symbol
        raise bad("variable", name, f"one of {[s.name for s in self.variables]}")

    def _need_scalar(self) -> None:
        if self.shape:
            raise bad("expression", str(self.expression), "a scalar for its gradient")


# Caches, because a scene asks for the same derivative at every frame.
@cache
def _derivative(f: Function, order: int, symbol: sp.Symbol) -> Function:
    return Function(f.expression.diff(symbol, order), f.variables)


@cache
def _gradient(f: Function) -> Function:
    return Function(sp.ImmutableMatrix([f.expression.diff(s) for s in f.variables]), f.variables)


@cache
def _hessian(f: Function) -> Function:
    return Function(sp.ImmutableMatrix(sp.hessian(f.expression, f.variables)), f.variables)


def _filled(part: Any, batch: tuple[int, ...]) -> Float[np.ndarray, "*shape"]:
    result = np.asarray(part)
    if np.iscomplexobj(result):
        result = np.where(result.imag == 0, result.real, np.nan)
    return (
        result if result.shape == batch and result.dtype == float else np.full(batch, result, float)
    )


def exact(value: float) -> sp.Rational:
    """The decimal number that was typed (0.1 is one tenth), as SymPy's exact fraction."""
    return sp.Rational(repr(float(value)))


def written(value: float) -> sp.Expr:
    """The number as a coefficient, whole where it is whole: 2 x and not 2.0 x."""
    return sp.Integer(int(value)) if value.is_integer() else sp.Float(value)


def one_variable(f: Function) -> sp.Symbol:
    """The variable of a scalar function of one variable; anything else is a ValueError."""
    if f.dim != 1 or f.shape:
        raise bad("f", str(f.expression), "a scalar function of one variable")
    return f.variables[0]
