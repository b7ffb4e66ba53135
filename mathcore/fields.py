"""Functions of two variables on the plane: gradient fields, slopes by direction, level curves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from mathcore._check import Number, VectorLike, bad, count, interval, number, vector
from mathcore.functions import Function


@dataclass(frozen=True)
class Steepest:
    """The direction of fastest increase: `angle` in radians, its unit vector and the slope."""

    angle: float
    direction: Float[np.ndarray, 2]
    slope: float


def grid(
    x: tuple[Number, Number], y: tuple[Number, Number], shape: tuple[int, int]
) -> Float[np.ndarray, "ny nx 2"]:
    """The points of a rectangle's grid; `shape` is (ny, nx), the edges belong to it.

    >>> grid(x=(0, 2), y=(5, 6), shape=(2, 3))[1]
    array([[0., 6.],
           [1., 6.],
           [2., 6.]])
    """
    ny, nx = (count("shape", n, least=2) for n in shape)
    across = np.linspace(*interval("x", x), nx)
    up = np.linspace(*interval("y", y), ny)
    return np.stack(np.meshgrid(across, up), axis=-1)


def surface(
    f: Function, x: tuple[Number, Number], y: tuple[Number, Number], shape: tuple[int, int]
) -> Float[np.ndarray, "ny nx 3"]:
    """Points (x, y, f) of the graph over a grid.

    >>> from mathcore import function
    >>> surface(function("x**2 + 2*y**2"), x=(0, 1), y=(0, 1), shape=(2, 2))[1, 1]
    array([1., 1., 3.])
    """
    points = grid(x, y, shape)
    return np.concatenate([points, _plane(f)(points)[..., None]], axis=-1)


def gradient_field(
    f: Function, x: tuple[Number, Number], y: tuple[Number, Number], shape: tuple[int, int]
) -> Float[np.ndarray, "ny nx 2"]:
    """The gradient at every point of `grid` with the same arguments.

    >>> from mathcore import function
    >>> gradient_field(function("x**2 + 2*y**2"), x=(-1, 1), y=(-1, 1), shape=(3, 3))[2, 2]
    array([2., 4.])
    """
    return _plane(f).gradient()(grid(x, y, shape))


def directional_derivative(
    f: Function, at: VectorLike, angles: VectorLike
) -> Float[np.ndarray, " n"]:
    """The slope at a point for each direction, given in radians from the x axis.

    >>> from mathcore import function
    >>> directional_derivative(function("x**2 + 2*y**2"), at=[1, 1], angles=[0, np.pi / 2])
    array([2., 4.])
    """
    angles = vector("angles", angles)
    return np.asarray(np.stack([np.cos(angles), np.sin(angles)], axis=-1) @ _gradient_at(f, at))


def steepest(f: Function, at: VectorLike) -> Steepest:
    """Where f rises fastest from a point; the opposite direction is where it falls fastest.

    >>> from mathcore import function
    >>> bool(np.isclose(steepest(function("x**2 + 2*y**2"), at=[1, 1]).slope, 20**0.5))
    True
    """
    gradient = _nonzero_gradient_at(f, at)
    slope = float(np.hypot(*gradient))
    return Steepest(float(np.arctan2(gradient[1], gradient[0])), gradient / slope, slope)


def level_tangent(f: Function, at: VectorLike) -> Float[np.ndarray, 2]:
    """The unit vector along the level curve through a point, the gradient to its right.

    >>> from mathcore import function
    >>> level_tangent(function("x**2 + 2*y**2"), at=[1, 1]) * 5**0.5
    array([-2.,  1.])
    """
    gx, gy = _nonzero_gradient_at(f, at)
    return np.asarray(np.array([-gy, gx]) / np.hypot(gx, gy))


def level_curves(
    f: Function,
    level: Number,
    x: tuple[Number, Number],
    y: tuple[Number, Number],
    shape: tuple[int, int] = (201, 201),
) -> list[Float[np.ndarray, "_ 2"]]:
    """The curves f = level in a rectangle, each as its points in order.

    A closed one ends where it began.

    Marching squares (contourpy) find them on a grid of `shape`; Newton steps along the gradient
    then move every point onto the level itself. Cells where f is not defined are left out.

    >>> from mathcore import function
    >>> circle, = level_curves(function("x**2 + y**2"), 1, x=(-2, 2), y=(-2, 2))
    >>> bool(np.allclose(np.hypot(*circle.T), 1, atol=1e-12))
    True
    """
    from contourpy import contour_generator

    level = number("level", level)
    points = grid(x, y, shape)
    defined = np.asarray(_plane(f).defined(points))
    heights = np.full(defined.shape, np.nan)
    heights[defined] = f(points[defined])
    lines = contour_generator(points[..., 0], points[..., 1], np.ma.masked_invalid(heights)).lines(
        level
    )
    cell = (points[-1, -1] - points[0, 0]) / (np.array(shape[::-1]) - 1)
    return [_onto_level(f, level, np.asarray(line), cell) for line in lines]


def _onto_level(
    f: Function, level: float, line: Float[np.ndarray, "n 2"], cell: Float[np.ndarray, 2]
) -> Float[np.ndarray, "n 2"]:
    moved = line
    for _ in range(4):
        gradient = f.gradient()(moved)
        square = (gradient**2).sum(axis=-1, keepdims=True)
        step = (f(moved) - level)[:, None] * gradient / np.where(square > 0, square, np.inf)
        moved = moved - step
    # Near a saddle of the level itself a step may leap; the interpolated point is better there.
    return np.where((np.abs(moved - line) <= cell).all(axis=-1, keepdims=True), moved, line)


def _plane(f: Function) -> Function:
    if f.dim != 2 or f.shape:
        raise bad("f", str(f.expression), "a scalar function of two variables")
    return f


def _gradient_at(f: Function, at: VectorLike) -> Float[np.ndarray, 2]:
    return _plane(f).gradient()(vector("at", at, length=2))


def _nonzero_gradient_at(f: Function, at: VectorLike) -> Float[np.ndarray, 2]:
    gradient = _gradient_at(f, at)
    if not gradient.any():
        raise bad("at", at, "a point where the gradient is not 0: it has a direction only there")
    return gradient
