"""Runs of the real torch.optim classes, recorded step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from jaxtyping import Float

from mathcore._check import Number, VectorLike, bad, count, number, vector
from mathcore.functions import Function

if TYPE_CHECKING:
    import torch

MakeOptimizer: TypeAlias = Callable[[list[Any]], Any]
Objective: TypeAlias = Function | Callable[[Any], Any]


@dataclass(frozen=True)
class Trajectory:
    """A run: row k holds what is true after k steps, row 0 the start.

    `state` has the optimizer's own tensors under torch's names ("momentum_buffer", "exp_avg",
    "square_avg" ...), zero before the first step; `options` are its settings.
    """

    points: Float[np.ndarray, "rows dim"]
    values: Float[np.ndarray, " rows"]
    gradients: Float[np.ndarray, "rows dim"]
    state: Mapping[str, Float[np.ndarray, "rows dim"]]
    options: Mapping[str, object]

    def diverged_at(self, above: Number = 1e6) -> int | None:
        """The first step where |value| exceeds `above` or is not a number any more, if any."""
        away = ~(np.abs(self.values) <= number("above", above, above=0))
        return int(away.argmax()) if away.any() else None

    def settled_at(self, below: Number) -> int | None:
        """The first step from which on the values stay below the bound, to the end of the run."""
        over = ~(self.values < number("below", below))
        first = len(over) - int(over[::-1].argmax()) if over.any() else 0
        return first if first < len(over) else None


@dataclass(frozen=True)
class BiasCorrection:
    """Adam's two averages before and after the correction, rows as in the trajectory.

    Row 0, before any gradient, is zero; `factor_m` = 1 / (1 - β₁ᵗ) is infinite there.
    """

    m: Float[np.ndarray, "rows dim"]
    v: Float[np.ndarray, "rows dim"]
    m_hat: Float[np.ndarray, "rows dim"]
    v_hat: Float[np.ndarray, "rows dim"]
    factor_m: Float[np.ndarray, " rows"]
    factor_v: Float[np.ndarray, " rows"]


@dataclass(frozen=True)
class Runner:
    """One optimizer's run in a race, and the step it won at (None: not within the steps)."""

    trajectory: Trajectory
    settled_at: int | None


def optimizer(name: str, **options: Any) -> MakeOptimizer:
    """A class of torch.optim with its settings, for `trajectory` to call; torch loads only then.

    Momentum is SGD(momentum=...), Nesterov is SGD(momentum=..., nesterov=True), in torch's
    convention v ← momentum·v + g, x ← x - lr·v.

    >>> run = trajectory(lambda x: (x**2).sum(), [3.0], optimizer("SGD", lr=0.25), steps=1)
    >>> run.points
    array([[3. ],
           [1.5]])
    """
    return partial(_make, name, options)


def _make(name: str, options: dict[str, Any], parameters: list[Any]) -> Any:
    import torch

    base = torch.optim.Optimizer
    kind = getattr(torch.optim, name, None)
    if not (isinstance(kind, type) and issubclass(kind, base) and kind is not base):
        raise bad("name", name, "the name of a class in torch.optim, such as SGD or Adam")
    return kind(parameters, **options)


def decaying(make_optimizer: MakeOptimizer, factor: Number, after: int = 0) -> MakeOptimizer:
    """The same optimizer, its lr multiplied by `factor` after every step but the first `after`.

    >>> from mathcore import function
    >>> halved = decaying(optimizer("SGD", lr=0.5), 0.5, after=1)
    >>> trajectory(function("w"), [0.0], halved, steps=3).points.ravel()
    array([ 0.  , -0.5 , -1.  , -1.25])
    """
    shrink, still = number("factor", factor, above=0), count("after", after)

    def make(parameters: list[Any]) -> Any:
        from torch.optim.lr_scheduler import LambdaLR

        descent = make_optimizer(parameters)
        schedule = LambdaLR(descent, lambda step: shrink ** max(0, step - still))
        descent.register_step_post_hook(lambda *_: schedule.step())
        return descent

    return make


def trajectory(
    objective: Objective, start: VectorLike, make_optimizer: MakeOptimizer, steps: int
) -> Trajectory:
    """Let an optimizer descend from a point and record everything, in float64.

    Running away is content and no error: the numbers go on to infinity (see `diverged_at`).

    Args:
        objective: a `Function`, whose exact gradient is used, or a callable from a tensor `(dim,)`
            to a scalar tensor, which autograd differentiates.
        start: `(dim,)`.
        make_optimizer: what `optimizer` returns, or anything that builds a torch optimizer from a
            list of parameters, such as `partial(torch.optim.Adam, lr=0.1)`.
        steps: how many; 0 records the start alone.

    Raises:
        ValueError: a start of the wrong shape or with NaN, negative steps, or a vector objective.

    >>> from mathcore import function
    >>> run = trajectory(function("w**2"), [3.0], optimizer("SGD", lr=0.25), steps=2)
    >>> run.points.ravel(), run.values
    (array([3.  , 1.5 , 0.75]), array([9.    , 2.25  , 0.5625]))
    """
    import torch

    rows = count("steps", steps) + 1
    dim = objective.dim if isinstance(objective, Function) else None
    point = vector("start", start, length=dim).copy()
    gradient = np.zeros_like(point)
    # The parameter and its .grad share memory with these arrays: no copy, no autograd per step.
    parameter = torch.nn.Parameter(torch.from_numpy(point))
    parameter.grad = torch.from_numpy(gradient)
    if isinstance(objective, Function):
        objective(point if objective.dim > 1 else point[0])  # raises outside the domain
    evaluate = _evaluator(objective, parameter, point, gradient)
    descent = make_optimizer([parameter])
    points, gradients = np.empty((rows, len(point))), np.empty((rows, len(point)))
    values = np.empty(rows)
    state: dict[str, np.ndarray] = {}
    row = 0
    fresh = True

    def closure() -> torch.Tensor:
        # Line searches call this several times in a step; only the first is at the iterate.
        nonlocal fresh
        value = evaluate()
        if fresh:
            points[row], values[row], gradients[row] = point, value, gradient
            fresh = False
        return torch.tensor(value, dtype=torch.float64)

    for row in range(rows):
        fresh = True
        if row == rows - 1:
            closure()
            break
        descent.step(closure)
        for key, entry in descent.state[parameter].items():
            if isinstance(entry, torch.Tensor) and entry.shape == parameter.shape:
                if key not in state:
                    state[key] = np.zeros((rows, len(point)))
                state[key][row + 1] = entry.detach().numpy()
    options = {k: v for k, v in descent.param_groups[0].items() if k != "params"}
    return Trajectory(points, values, gradients, state, options)


def race(
    objective: Objective,
    start: VectorLike,
    entrants: Mapping[str, MakeOptimizer],
    steps: int,
    below: Number,
) -> dict[str, Runner]:
    """Optimizers from one start; the winner is first to bring the value below and keep it there.

    >>> from mathcore import function
    >>> entrants = {"slow": optimizer("SGD", lr=0.1), "exact": optimizer("SGD", lr=0.5)}
    >>> runs = race(function("w**2"), [3.0], entrants, steps=50, below=0.01)
    >>> {name: run.settled_at for name, run in runs.items()}
    {'slow': 16, 'exact': 1}
    """
    runs = {name: trajectory(objective, start, make, steps) for name, make in entrants.items()}
    return {name: Runner(run, run.settled_at(below)) for name, run in runs.items()}


def bias_correction(run: Trajectory) -> BiasCorrection:
    """m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ) of a recorded Adam or AdamW.

    Source: D. P. Kingma and J. Ba, Adam: A Method for Stochastic Optimization (2015), algorithm 1.

    >>> from mathcore import function
    >>> run = trajectory(function("w**2"), [3.0], optimizer("Adam", lr=0.1), steps=1)
    >>> bias_correction(run).m_hat[1]
    array([6.])
    """
    betas = run.options.get("betas")
    if not isinstance(betas, tuple) or not {"exp_avg", "exp_avg_sq"} <= set(run.state):
        raise bad("run", sorted(run.state), "an Adam run of one step at least")
    m, v = run.state["exp_avg"], run.state["exp_avg_sq"]
    t = np.arange(len(m))
    with np.errstate(divide="ignore"):
        factor_m, factor_v = (1 / (1 - float(beta) ** t) for beta in betas)
    m_hat, v_hat = np.zeros_like(m), np.zeros_like(v)
    m_hat[1:], v_hat[1:] = m[1:] * factor_m[1:, None], v[1:] * factor_v[1:, None]
    return BiasCorrection(m, v, m_hat, v_hat, factor_m, factor_v)


def _evaluator(
    objective: Objective,
    parameter: torch.Tensor,
    point: Float[np.ndarray, " dim"],
    gradient: Float[np.ndarray, " dim"],
) -> Callable[[], float]:
    """A call that writes the gradient at `point` into `gradient` and returns the value there."""
    import torch

    if isinstance(objective, Function):
        value_and_gradient = objective.value_and_gradient

        def exact() -> float:
            with np.errstate(all="ignore"):
                value, *gradient[:] = value_and_gradient(*point)
            return float(value)

        return exact

    def recorded() -> float:
        with torch.enable_grad():
            x = parameter.detach().clone().requires_grad_()
            value = objective(x)
            if not isinstance(value, torch.Tensor) or value.ndim:
                raise bad("objective(start)", value, "a tensor without axes")
            gradient[:] = torch.autograd.grad(value, x)[0].numpy()
        return float(value.item())

    return recorded
