"""The chain rule: a nested function as a chain of links, each with its own derivative."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import sympy as sp
from jaxtyping import Float

from mathcore._check import Number, bad, nonzero, number
from mathcore.functions import Function, one_variable

_NAMES = "uvwpqrstabc"


@dataclass(frozen=True)
class Link:
    """One link at work: `output` = function(input), and the slope there.

    `name` is what the output is called: the variable of the next link, or y at the end.
    """

    name: str
    function: Function
    input: float
    output: float
    slope: float


def compose(outer: Function, inner: Function) -> Function:
    """outer(inner(x)), left nested as it is.

    >>> from mathcore import function
    >>> compose(function("u**2"), function("3*x + 1")).typst
    '(3 x + 1)^2'
    """
    one_variable(inner)
    return Function(outer.expression.subs(one_variable(outer), inner.expression), inner.variables)


def links(f: Function) -> tuple[Function, ...]:
    """The nested expression taken apart, innermost link first.

    A new link begins wherever a power or function is applied to more than the bare variable;
    factors and summands around it stay with it. An expression that is not nested is one link.

    >>> from mathcore import function
    >>> [link.expression for link in links(function("(3*x + 1)**2"))]
    [3*x + 1, u**2]
    >>> [link.expression for link in links(function("1 - 2*sin(exp(x**2))"))]
    [x**2, exp(u), 1 - 2*sin(v)]
    """
    x = one_variable(f)
    layers = [f.expression]
    while (inner := _inner(layers[-1], x)) is not None:
        layers.append(inner)
    layers.reverse()
    names = [name for name in _NAMES if name != x.name]
    if len(layers) > len(names):
        raise bad("f", str(f.expression), f"nested at most {len(names)} deep")
    result = [Function(layers[0], (x,))]
    for (inner, outer), name in zip(pairwise(layers), names, strict=False):
        u = sp.Symbol(name, real=True)
        result.append(Function(outer.subs(inner, u), (u,)))
    return tuple(result)


def _inner(expression: sp.Expr, x: sp.Symbol) -> sp.Expr | None:
    """What the outermost power or function is applied to, if that is more than x."""
    while True:
        parts = [part for part in expression.args if part.has(x)]
        if len(parts) != 1:
            return None
        if expression.is_Pow or expression.is_Function:
            return None if parts[0] == x else parts[0]
        expression = parts[0]


def chain_rule(f: Function, at: Number) -> tuple[Link, ...]:
    """The links with their numbers at a point; the product of their slopes is f's derivative.

    >>> from mathcore import function
    >>> for link in chain_rule(function("(3*x + 1)**2"), at=1):
    ...     print(link.name, link.function.expression, link.input, link.output, link.slope)
    u 3*x + 1 1.0 4.0 3.0
    y u**2 4.0 16.0 8.0
    """
    functions = links(f)
    names = [link.variables[0].name for link in functions[1:]] + ["y"]
    result, value = [], number("at", at)
    for name, link in zip(names, functions, strict=True):
        output = link(value)
        result.append(Link(name, link, value, output, link.derivative()(value)))
        value = output
    return tuple(result)


def chain_nudge(f: Function, at: Number, by: Number) -> Float[np.ndarray, " n"]:
    """What a change `by` of x becomes link after link: dx, du, ..., dy.

    >>> from mathcore import function
    >>> chain_nudge(function("(3*x + 1)**2"), at=1, by=1)
    array([ 1.,  3., 33.])
    """
    before = after = number("at", at)
    after += nonzero("by", by)
    changes = [after - before]
    for link in links(f):
        before, after = link(before), link(after)
        changes.append(after - before)
    return np.array(changes)
