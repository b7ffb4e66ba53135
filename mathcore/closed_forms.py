"""Gradient descent and momentum on quadratics, in closed form.

On L = ½ xᵀHx everything is known: the iterates, the rates and the bounds on `lr`. Momentum is in
torch's convention, v ← momentum·v + g and x ← x - lr·v; Sutskever's folds `lr` into v, which is
the same iterates while `lr` is constant.

Sources: B. T. Polyak, Some methods of speeding up the convergence of iteration methods (1964);
G. Goh, Why Momentum Really Works, Distill (2017), doi:10.23915/distill.00006.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from mathcore._check import ArrayLike, Number, VectorLike, array, bad, count, number, vector


@dataclass(frozen=True)
class Best:
    """The settings that shrink the error fastest; `rate` is its factor per step in the long run."""

    lr: float
    momentum: float
    rate: float


def gradient_descent_iterates(
    hessian: ArrayLike, start: VectorLike, lr: Number, steps: int
) -> Float[np.ndarray, "steps_and_start dim"]:
    """xₖ = (I - lr·H)ᵏ x₀ for k = 0 ... steps, by eigenvalues and not step by step.

    >>> gradient_descent_iterates([[2]], start=[3], lr=0.25, steps=2)
    array([[3.  ],
           [1.5 ],
           [0.75]])
    """
    return momentum_iterates(hessian, start, lr, 0.0, steps)


def momentum_iterates(
    hessian: ArrayLike, start: VectorLike, lr: Number, momentum: Number, steps: int
) -> Float[np.ndarray, "steps_and_start dim"]:
    """The iterates of SGD with momentum, from powers of one 2×2 matrix per eigenvalue.

    Along an eigenvector with curvature λ, (v, x) is multiplied at each step by
    [[momentum, λ], [-lr·momentum, 1 - lr·λ]].

    >>> momentum_iterates([[2]], start=[8], lr=0.125, momentum=0.5, steps=2)
    array([[8. ],
           [6. ],
           [3.5]])
    """
    curvatures, axes = np.linalg.eigh(_hessian(hessian))
    x0 = axes.T @ vector("start", start, length=len(curvatures))
    lr, beta = number("lr", lr), _momentum(momentum)
    blocks = np.array([[[beta, c], [-lr * beta, 1 - lr * c]] for c in curvatures])
    along = [
        (np.linalg.matrix_power(blocks, k) @ np.stack([0 * x0, x0], -1)[..., None])[:, 1, 0]
        for k in range(count("steps", steps) + 1)
    ]
    return np.asarray(np.stack(along) @ axes.T)


def contraction(curvature: Number, lr: Number, momentum: Number = 0.0) -> float:
    """The factor per step, in the long run, of the error along one curvature; below 1 it dies.

    Without momentum it is |1 - lr·curvature|.

    >>> contraction(curvature=2, lr=0.3)
    0.4
    """
    c, lr, beta = number("curvature", curvature), number("lr", lr), _momentum(momentum)
    if beta == 0:
        return abs(1 - lr * c)
    return float(np.abs(np.linalg.eigvals([[beta, c], [-lr * beta, 1 - lr * c]])).max())


def lr_bound(hessian: ArrayLike, momentum: Number = 0.0) -> float:
    """The `lr` from which the iterates no longer converge: 2 (1 + momentum) / largest curvature.

    >>> lr_bound([[2]]), lr_bound([[0.2, 0], [0, 4]], momentum=0.5)
    (1.0, 0.75)
    """
    return 2 * (1 + _momentum(momentum)) / _extremes(hessian)[1]


def best_gradient_descent(hessian: ArrayLike) -> Best:
    """The best constant `lr` = 2 / (λmin + λmax), with rate (κ - 1) / (κ + 1).

    >>> best_gradient_descent([[1, 0], [0, 3]])
    Best(lr=0.5, momentum=0.0, rate=0.5)
    """
    low, high = _extremes(hessian)
    return Best(2 / (low + high), 0.0, (high - low) / (high + low))


def best_momentum(hessian: ArrayLike) -> Best:
    """Polyak's best pair, with rate (√κ - 1) / (√κ + 1).

    >>> best_momentum([[1, 0], [0, 9]])
    Best(lr=0.25, momentum=0.25, rate=0.5)
    """
    low, high = np.sqrt(_extremes(hessian))
    rate = float((high - low) / (high + low))
    return Best(float((2 / (low + high)) ** 2), rate**2, rate)


def terminal_gain(momentum: Number) -> float:
    """By how much steps grow under a constant gradient: 1 / (1 - momentum).

    >>> terminal_gain(0.5)
    2.0
    """
    return 1 / (1 - _momentum(momentum))


def velocities(
    gradients: Float[np.ndarray, "steps dim"], momentum: Number
) -> Float[np.ndarray, "steps dim"]:
    """What momentum makes of given gradients: vₖ = Σⱼ momentumʲ gₖ₋ⱼ.

    >>> velocities(np.array([[1.0, 1.0], [1.0, -1.0], [1.0, 1.0]]), momentum=0.5)
    array([[ 1.  ,  1.  ],
           [ 1.5 , -0.5 ],
           [ 1.75,  0.75]])
    """
    g, beta = array("gradients", gradients), _momentum(momentum)
    ages = np.subtract.outer(np.arange(len(g)), np.arange(len(g)))
    return np.asarray(np.where(ages >= 0, beta ** np.maximum(ages, 0), 0.0) @ g)


def _momentum(value: object) -> float:
    beta = number("momentum", value)
    if not 0 <= beta < 1:
        raise bad("momentum", value, "a number with 0 <= momentum < 1")
    return beta


def _hessian(value: object) -> Float[np.ndarray, "dim dim"]:
    matrix = array("hessian", value)
    if matrix.ndim != 2 or matrix.shape != matrix.T.shape or not np.allclose(matrix, matrix.T):
        raise bad("hessian", value, "a symmetric matrix")
    return matrix


def _extremes(hessian: ArrayLike) -> tuple[float, float]:
    curvatures = np.linalg.eigvalsh(_hessian(hessian))
    if curvatures[0] <= 0:
        raise bad("hessian", hessian, "positive definite: all curvatures > 0")
    return float(curvatures[0]), float(curvatures[-1])
