"""torch's optimizers, as recorded, against recurrences written from the papers' formulas."""

from functools import partial

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from mathcore import (
    beale,
    bias_correction,
    bowl,
    function,
    himmelblau,
    optimizer,
    quadratic,
    race,
    ravine,
    rosenbrock,
    saddle,
    trajectory,
    two_valleys,
)

STEPS = 60


def descent(gradient, x, steps, lr):
    """A. Cauchy (1847)."""
    for _ in range(steps):
        x = x - lr * gradient(x)
        yield x


def heavy_ball(gradient, x, steps, lr, momentum):
    """B. T. Polyak (1964), in positions: x' = x - lr·g + momentum (x - x_before)."""
    before = x
    for _ in range(steps):
        x, before = x - lr * gradient(x) + momentum * (x - before), x
        yield x


def nesterov(gradient, x, steps, lr, momentum):
    """I. Sutskever et al. (2013), eq. 3-4; torch's parameters are his point of lookahead."""
    theta, v = x, 0 * x
    for _ in range(steps):
        v = momentum * v - lr * gradient(theta + momentum * v)
        theta = theta + v
        yield theta + momentum * v


def rmsprop(gradient, x, steps, lr, alpha, eps=1e-8):
    """T. Tieleman and G. Hinton, Coursera lecture 6.5 (2012)."""
    s = 0 * x
    for _ in range(steps):
        g = gradient(x)
        s = alpha * s + (1 - alpha) * g**2
        x = x - lr * g / (np.sqrt(s) + eps)
        yield x


def adam(gradient, x, steps, lr, betas=(0.9, 0.999), eps=1e-8, decay=0.0):
    """D. P. Kingma and J. Ba (2015), algorithm 1; I. Loshchilov and F. Hutter (2019) for decay."""
    m = v = 0 * x
    for t in range(1, steps + 1):
        g = gradient(x)
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        m_hat, v_hat = m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)
        x = x - lr * (m_hat / (np.sqrt(v_hat) + eps) + decay * x)
        yield x


def adamax(gradient, x, steps, lr, betas=(0.9, 0.999), eps=1e-8):
    """Kingma and Ba (2015), algorithm 2; torch adds eps to |g| within the maximum."""
    m = u = 0 * x
    for t in range(1, steps + 1):
        g = gradient(x)
        m = betas[0] * m + (1 - betas[0]) * g
        u = np.maximum(betas[1] * u, np.abs(g) + eps)
        x = x - lr / (1 - betas[0] ** t) * m / u
        yield x


def adagrad(gradient, x, steps, lr, eps=1e-10):
    """J. Duchi, E. Hazan, Y. Singer (2011), diagonal form."""
    total = 0 * x
    for _ in range(steps):
        g = gradient(x)
        total = total + g**2
        x = x - lr * g / (np.sqrt(total) + eps)
        yield x


def adadelta(gradient, x, steps, lr, rho=0.9, eps=1e-6):
    """M. D. Zeiler (2012), algorithm 1, times torch's lr."""
    square = moved = 0 * x
    for _ in range(steps):
        g = gradient(x)
        square = rho * square + (1 - rho) * g**2
        step = np.sqrt(moved + eps) / np.sqrt(square + eps) * g
        moved = rho * moved + (1 - rho) * step**2
        x = x - lr * step
        yield x


OPTIMIZERS = {
    "GD": (optimizer("SGD", lr=1e-3), partial(descent, lr=1e-3)),
    "Momentum": (
        optimizer("SGD", lr=1e-3, momentum=0.7),
        partial(heavy_ball, lr=1e-3, momentum=0.7),
    ),
    "Nesterov": (
        optimizer("SGD", lr=1e-3, momentum=0.7, nesterov=True),
        partial(nesterov, lr=1e-3, momentum=0.7),
    ),
    "RMSprop": (optimizer("RMSprop", lr=0.01, alpha=0.9), partial(rmsprop, lr=0.01, alpha=0.9)),
    "Adam": (optimizer("Adam", lr=0.05), partial(adam, lr=0.05)),
    "AdamW": (
        optimizer("AdamW", lr=0.05, weight_decay=0.1),
        partial(adam, lr=0.05, decay=0.1),
    ),
    "Adamax": (optimizer("Adamax", lr=0.05), partial(adamax, lr=0.05)),
    "Adagrad": (optimizer("Adagrad", lr=0.5), partial(adagrad, lr=0.5)),
    "Adadelta": (optimizer("Adadelta", lr=1.0), partial(adadelta, lr=1.0)),
}

# Gradients by hand: nothing here passes through SymPy or torch.
OBJECTIVES = {
    "bowl": (bowl(), [3, 3], lambda p: 2 * p),
    "ravine": (ravine(20), [-5, -2], lambda p: np.array([0.2, 4]) * p),
    "turned ravine": (
        ravine(20, degrees=45),
        [-2, 3],
        lambda p: np.array([2.1 * p[0] - 1.9 * p[1], -1.9 * p[0] + 2.1 * p[1]]),
    ),
    "rosenbrock": (
        rosenbrock(),
        [-1.2, 1],
        lambda p: np.array(
            [-2 * (1 - p[0]) - 400 * p[0] * (p[1] - p[0] ** 2), 200 * (p[1] - p[0] ** 2)]
        ),
    ),
    "himmelblau": (
        himmelblau(),
        [0, 0],
        lambda p: np.array(
            [
                4 * p[0] * (p[0] ** 2 + p[1] - 11) + 2 * (p[0] + p[1] ** 2 - 7),
                2 * (p[0] ** 2 + p[1] - 11) + 4 * p[1] * (p[0] + p[1] ** 2 - 7),
            ]
        ),
    ),
    "beale": (
        beale(),
        [1, 1],
        lambda p: sum(
            2 * (c - p[0] * (1 - p[1] ** i)) * np.array([p[1] ** i - 1, i * p[0] * p[1] ** (i - 1)])
            for i, c in enumerate((1.5, 2.25, 2.625), 1)
        ),
    ),
    "saddle": (saddle(), [1, 1e-3], lambda p: np.array([2, -2]) * p),
    "two valleys": (two_valleys(), [2], lambda p: p**3 - 2 * p + 0.3),
}


@pytest.mark.parametrize("place", OBJECTIVES)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_recorded_run_is_the_papers_recurrence(name, place):
    (make, recurrence), (objective, start, gradient) = OPTIMIZERS[name], OBJECTIVES[place]
    run = trajectory(objective, start, make, STEPS)
    x = np.array(start, dtype=float)
    expected = np.stack([x, *recurrence(gradient, x, STEPS)])
    assert_allclose(run.points, expected, rtol=1e-8, atol=1e-10)
    assert_allclose(run.gradients, [gradient(p) for p in expected], rtol=1e-6, atol=1e-7)
    values = [objective(p if objective.dim > 1 else p[0]) for p in expected]
    assert_allclose(run.values, values, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", ["SGD", "Adam", "NAdam", "RAdam", "Rprop", "ASGD", "LBFGS"])
def test_exact_gradient_and_autograd_give_one_run(name):
    make = optimizer(name, lr=0.01)
    exact = trajectory(rosenbrock(), [-1.2, 1], make, 30)
    recorded = trajectory(
        lambda x: (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2, [-1.2, 1], make, 30
    )
    assert_allclose(recorded.points, exact.points, rtol=1e-7)
    assert_allclose(recorded.gradients, exact.gradients, rtol=1e-6, atol=1e-7)
    assert_allclose(recorded.values, exact.values, rtol=1e-6)


def test_lbfgs_records_iterates_and_not_its_inner_points():
    make = optimizer("LBFGS", lr=1, max_iter=4, line_search_fn="strong_wolfe")
    run = trajectory(rosenbrock(), [-1.2, 1], make, 12)
    assert run.values[0] == pytest.approx(24.2)
    assert_allclose(run.values, rosenbrock()(run.points))
    assert run.values[-1] < 1e-8


def test_state_is_recorded_from_zero():
    run = trajectory(ravine(20), [-5, -2], optimizer("SGD", lr=0.1, momentum=0.9), 20)
    v = run.state["momentum_buffer"]
    expected = [np.zeros(2)]
    for g in run.gradients[:-1]:
        expected.append(0.9 * expected[-1] + g)
    assert_allclose(v, expected)
    assert_allclose(np.diff(run.points, axis=0), -0.1 * v[1:])
    assert run.options["momentum"] == 0.9
    s = trajectory(ravine(20), [-5, -2], optimizer("RMSprop", lr=0.1), 1).state["square_avg"]
    assert_allclose(s, [[0, 0], [0.01, 0.64]])


def test_bias_correction_recovers_a_constant_gradient():
    run = trajectory(function("3*w"), [0], optimizer("Adam", lr=0.1, betas=(0.8, 0.99)), 50)
    pieces = bias_correction(run)
    assert_allclose(pieces.m_hat[1:], 3)
    assert_allclose(pieces.v_hat[1:], 9)
    assert_allclose(pieces.m[1:, 0], 3 * (1 - 0.8 ** np.arange(1, 51)))
    assert pieces.factor_m[1] == pytest.approx(5)
    assert np.isinf(pieces.factor_v[0])
    assert (pieces.m_hat[0], pieces.v_hat[0]) == (0, 0)


def test_diverging_is_recorded_to_the_end():
    run = trajectory(function("w**4"), [3], optimizer("SGD", lr=1), 30)
    assert run.points.shape == (31, 1)
    assert not np.isfinite(run.values[-1])
    first = run.diverged_at()
    assert first is not None
    assert (np.abs(run.values[:first]) <= 1e6).all()
    assert not abs(run.values[first]) <= 1e6
    assert trajectory(bowl(), [3, 3], optimizer("SGD", lr=0.1), 30).diverged_at() is None


def test_settled_at_means_staying():
    run = trajectory(quadratic([2]), [3], optimizer("SGD", lr=0.5), 3)
    assert run.settled_at(below=0.01) == 1
    assert run.settled_at(below=100) == 0
    swinging = trajectory(quadratic([2]), [1], optimizer("SGD", lr=0.1, momentum=0.9), 400)
    touched = int((swinging.values < 0.01).argmax())
    settled = swinging.settled_at(below=0.01)
    assert touched < settled
    assert (swinging.values[settled:] < 0.01).all()
    assert swinging.values[settled - 1] >= 0.01
    assert swinging.settled_at(below=0) is None


def test_race_reports_every_entrant():
    entrants = {"a": optimizer("SGD", lr=0.5), "b": optimizer("SGD", lr=1e-6)}
    runs = race(bowl(), [1, 1], entrants, steps=5, below=0.01)
    assert [runs[k].settled_at for k in "ab"] == [1, None]
    assert runs["b"].trajectory.points.shape == (6, 2)


def test_any_factory_will_do():
    run = trajectory(bowl(), [1, 1], partial(torch.optim.Adam, lr=0.1), 2)
    assert_array_equal(run.points, trajectory(bowl(), [1, 1], optimizer("Adam", lr=0.1), 2).points)


def test_runs_repeat_to_the_bit_and_leave_global_state_alone():
    dtype, state, numpy_state = (
        torch.get_default_dtype(),
        torch.get_rng_state(),
        np.random.get_state()[1].copy(),  # noqa: NPY002
    )
    start = np.array([-1.2, 1.0])
    a, b = (trajectory(rosenbrock(), start, optimizer("Adam", lr=0.1), 200) for _ in range(2))
    assert_array_equal(a.points, b.points)
    assert start.tolist() == [-1.2, 1.0]
    assert torch.get_default_dtype() == dtype
    assert torch.equal(torch.get_rng_state(), state)
    assert_array_equal(np.random.get_state()[1], numpy_state)  # noqa: NPY002


ADAM = optimizer("Adam")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: trajectory(bowl(), [1, 1, 1], ADAM, 1), r"start = \[1, 1, 1\] .*length 2"),
        (lambda: trajectory(bowl(), [1, float("nan")], ADAM, 1), r"start = .*NaN"),
        (lambda: trajectory(bowl(), [1, 1], ADAM, -1), r"steps = -1 .*>= 0"),
        (lambda: trajectory(function("log(w)"), [-1], ADAM, 1), r"x = -1\.0 .*log\(w\)"),
        (lambda: trajectory(bowl().gradient(), [1, 1], ADAM, 1), "scalar"),
        (lambda: trajectory(lambda x: x, [1, 1], ADAM, 1), r"objective\(start\)"),
        (lambda: trajectory(bowl(), [1, 1], optimizer("Adamm"), 1), r"name = 'Adamm'"),
        (lambda: trajectory(bowl(), [1, 1], optimizer("Optimizer"), 1), r"name = 'Optimizer'"),
        (lambda: trajectory(bowl(), [1, 1], optimizer("SGD", lr=-1), 1), "learning rate"),
        (lambda: bias_correction(trajectory(bowl(), [1, 1], ADAM, 0)), "one step"),
        (lambda: trajectory(bowl(), [1, 1], ADAM, 1).diverged_at(above=-1), r"above = -1"),
        (lambda: ravine(0.5), r"condition = 0\.5 .*>= 1"),
        (lambda: quadratic([1, 2, 3]), r"curvatures = .*one or two"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
