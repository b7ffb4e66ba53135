"""The interactive figures of the course's pages: what they show at first, and their numbers.

Each is a mapping: `kind` says which script of the page moves it, `plots` are what it draws, and
`numbers` is what that script computes with. A plot has its window, ticks and axis names, shapes
that stay (`backdrop`) and shapes as they are at the `initial` setting, which the page also shows
where no script runs. All coordinates are of the plot's axes. Texts are the page's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import factorial, log10
from typing import Any

import numpy as np

from mathcore import (
    Function,
    difference_quotients,
    function,
    gradient_descent_iterates,
    level_curves,
    quadratic,
    secant_line,
    tangent_line,
)
from scenes.calculus_basics.c1_02_secant_tangent import FROM_RIGHT, A
from scenes.gradient_descent.c2_03_learning_rate import CURVATURE, GOOD, START, STEPS
from scenes.gradient_descent.c2_08_race import BELOW, RAVINE

Shape = dict[str, Any]
SMOOTH = 61  # samples of a curve
AFTER = 12  # steps of the race that the page shows at first


def tangent() -> dict[str, Any]:
    """A point on x² and the tangent there."""
    return _tangent(
        function("x**2"), ("x", "f(x)"), (-3, 3, 1), (-3, 9, 3), reach=2.8, step=0.05, at=1.5
    )


def loss_slope() -> dict[str, Any]:
    """A weight on the loss (w - 3)²: the sign of the slope says where to turn it."""
    return _tangent(
        function("(w - 3)**2"),
        ("w", "L(w)"),
        (-1, 7, 1),
        (-3, 12, 3),
        reach=(0, 6),
        step=0.05,
        at=5.0,
        role="loss",
    )


def _tangent(
    f: Function,
    names: tuple[str, str],
    x: tuple[float, float, float],
    y: tuple[float, float, float],
    *,
    reach: float | tuple[float, float],
    step: float,
    at: float,
    role: str = "output",
) -> dict[str, Any]:
    low, high = reach if isinstance(reach, tuple) else (-reach, reach)
    line, value = tangent_line(f, at), f(at)
    run = [(at, value), (at + 1, value), (at + 1, line(at + 1))]
    initial = [
        _line("muted dashed", run),
        _line("slope", [(edge, line(edge)) for edge in x[:2]]),
        _line("input dashed", [(at, 0), (at, value)]),
        _dots("handle", [(at, value)]),
    ]
    return {
        "kind": "tangent",
        "plots": [_plot(x, y, names, [_curve(role, f, x)], initial)],
        "numbers": {
            "polynomial": _polynomial(f, 2),
            "least": low,
            "most": high,
            "step": step,
            "at": at,
        },
    }


def secant() -> dict[str, Any]:
    """Two points on x², h apart: the secant turns, and its slope has a limit but no value at 0."""
    f, h = function("x**2"), FROM_RIGHT[0]
    line, there = secant_line(f, A, h), A + h
    x, y = (-1, 4.5, 1), (-4, 17, 4)
    low, high = -2.5, 2.5
    near, far = (A, f(A)), (there, f(there))
    quotients = [(step, difference_quotients(f, A, [step])[0]) for step in (low, high)]
    picture = _plot(
        x,
        y,
        ("x", "f(x)"),
        [_curve("output", f, x)],
        [
            _line("slope", [(edge, line(edge)) for edge in x[:2]]),
            _line("input", [near, (there, near[1])]),
            _line("output dashed", [(there, near[1]), far]),
            _dots("ink", [near]),
            _dots("handle", [far]),
        ],
    )
    graph = _plot(
        (-3, 3, 1),
        (0, 8, 2),
        ("h", "slope"),
        [_line("slope thin", quotients), _shape("hole", "slope", [(0, f.derivative()(A))])],
        [_line("input dashed", [(h, 0), (h, line.slope)]), _dots("handle", [(h, line.slope)])],
    )
    return {
        "kind": "secant",
        "plots": [picture, graph],
        "numbers": {
            "polynomial": _polynomial(f, 2),
            "at": A,
            "least": low,
            "most": high,
            "step": 0.01,
            "h": h,
        },
    }


def learning_rate() -> dict[str, Any]:
    """Gradient descent on ½λw²: its path for any learning rate and curvature."""
    w, losses = (-5, 5, 1), (0, 20, 5)
    f = quadratic([CURVATURE])
    path = gradient_descent_iterates([[CURVATURE]], [START], GOOD, STEPS)[:, 0]
    over = [(point, f(point)) for point in path]
    told = [(step, f(point)) for step, point in enumerate(path)]
    return {
        "kind": "descent",
        "plots": [
            _plot(
                w,
                losses,
                ("w", "L(w)"),
                [],
                [_curve("loss", f, w), _line("gradient", over), _dots("gradient", over)],
            ),
            _plot(
                (0, STEPS, 5),
                losses,
                ("step", "L"),
                [],
                [_line("loss", told), _dots("loss", told)],
            ),
        ],
        "numbers": {
            "start": START,
            "steps": STEPS,
            "lr": {"least": 0.01, "most": 1.5, "step": 0.01, "at": GOOD},
            "curvature": {"least": 0.5, "most": 4, "step": 0.5, "at": CURVATURE},
            "close": BELOW,  # share of the distance that a good learning rate leaves at most
        },
    }


def optimizers() -> dict[str, Any]:
    """Four optimizers in the film's ravine, as torch ran them."""
    runs = RAVINE.runs
    last = max(run.settled_at or 0 for run in runs.values()) + 2
    levels = [line for level in RAVINE.levels for line in _level(RAVINE.f, level)]
    steps = (0, last + 6, 20)  # room for the badges at the end
    paths, charts = [], []
    for name, run in runs.items():
        points = run.points[: AFTER + 1]
        heights = [(k, log10(v)) for k, v in enumerate(run.values[: AFTER + 1])]
        paths += [_line(name, points), _badge(name, points[-1])]
        charts += [_line(name, heights), _badge(name, heights[-1])]
    chart = _plot(
        steps,
        (-4, 2, 2),
        ("step", "L"),
        [_line("muted dashed", [(steps[0], log10(BELOW)), (steps[1], log10(BELOW))])],
        charts,
    )
    chart["powers"] = True  # heights are decimal logarithms
    return {
        "kind": "race",
        "plots": [_plot((-6, 2, 2), (-3, 3, 1), ("x", "y"), levels, paths), chart],
        "numbers": {
            "steps": last,
            "at": AFTER,
            "below": BELOW,
            "runs": {
                name: {
                    "points": _points(run.points[: last + 1], 3),
                    "values": [float(f"{v:.6g}") for v in run.values[: last + 1]],
                    "settled": run.settled_at,
                    "lr": RAVINE.entrants[name]["lr"],
                }
                for name, run in runs.items()
            },
        },
    }


FIGURES: Mapping[str, Callable[[], dict[str, Any]]] = {
    made.__name__: made for made in (tangent, loss_slope, secant, learning_rate, optimizers)
}


def _plot(
    x: tuple[float, float, float],
    y: tuple[float, float, float],
    names: tuple[str, str],
    backdrop: list[Shape],
    initial: list[Shape],
) -> dict[str, Any]:
    """A plot; `x` and `y` are (low, high, step of the ticks)."""
    return {
        "x": x[:2],
        "y": y[:2],
        "ticks": {"x": _ticks(*x), "y": _ticks(*y)},
        "names": names,
        "backdrop": backdrop,
        "initial": initial,
    }


def _ticks(low: float, high: float, step: float) -> list[float]:
    """The multiples of a step in an interval."""
    return [float(n * step) for n in range(-int(-low // step), int(high // step) + 1)]


def _polynomial(f: Function, degree: int) -> list[float]:
    """The coefficients of a polynomial, lowest first."""
    return [f(0.0) if not k else f.derivative(k)(0.0) / factorial(k) for k in range(degree + 1)]


def _curve(role: str, f: Function, x: tuple[float, float, float]) -> Shape:
    samples = np.linspace(x[0], x[1], SMOOTH)
    return _line(role, np.column_stack([samples, f(samples)]))


def _level(f: Function, level: float) -> list[Shape]:
    curves = level_curves(f, level, (-6, 2), (-3, 3), shape=(41, 41))
    return [_line("contour", curve) for curve in curves]


def _line(role: str, points: Iterable[Any]) -> Shape:
    return _shape("line", role, points)


def _dots(role: str, points: Iterable[Any]) -> Shape:
    return _shape("dots", role, points)


def _badge(role: str, point: Any) -> Shape:
    return _shape("badge", role, [point])


def _shape(shape: str, role: str, points: Iterable[Any]) -> Shape:
    return {"shape": shape, "role": role, "points": _points(points)}


def _points(points: Iterable[Any], digits: int = 4) -> list[list[float]]:
    return [[round(float(x), digits), round(float(y), digits)] for x, y in points]
