"""Closed forms on quadratics against torch's own runs and against each other."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from mathcore import (
    best_gradient_descent,
    best_momentum,
    contraction,
    gradient_descent_iterates,
    lr_bound,
    momentum_iterates,
    optimizer,
    quadratic,
    terminal_gain,
    trajectory,
    velocities,
)

CURVATURES = st.floats(0.05, 5)
NONE = np.eye(2)


@settings(max_examples=30)
@given(
    a=CURVATURES,
    b=CURVATURES,
    degrees=st.integers(0, 90),
    lr=st.floats(0.01, 0.5),
    momentum=st.sampled_from([0.0, 0.3, 0.5, 0.9, 0.99]),
)
def test_iterates_are_torch_s(a, b, degrees, lr, momentum):
    f = quadratic([a, b], degrees)
    hessian = f.hessian()([0, 0])
    assert_allclose(np.linalg.eigvalsh(hessian), sorted([a, b]), rtol=1e-12)
    run = trajectory(f, [2, -1], optimizer("SGD", lr=lr, momentum=momentum), 40)
    expected = momentum_iterates(hessian, [2, -1], lr, momentum, 40)
    assert_allclose(run.points, expected, rtol=1e-7, atol=1e-9 * (1 + np.abs(expected).max()))
    if momentum == 0:
        powers = [np.linalg.matrix_power(NONE - lr * hessian, k) @ [2, -1] for k in range(41)]
        assert_allclose(gradient_descent_iterates(hessian, [2, -1], lr, 40), powers, atol=1e-9)


@settings(max_examples=40)
@given(curvature=CURVATURES, momentum=st.sampled_from([0.0, 0.5, 0.9]))
def test_the_bound_is_where_the_contraction_passes_1(curvature, momentum):
    bound = lr_bound([[curvature]], momentum)
    assert contraction(curvature, bound, momentum) == pytest.approx(1)
    assert contraction(curvature, 0.99 * bound, momentum) < 1
    assert contraction(curvature, 1.01 * bound, momentum) > 1


@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_runs_below_the_bound_end_and_runs_above_it_leave(momentum):
    bound = lr_bound([[4]], momentum)
    ends = [
        np.abs(momentum_iterates([[4]], [1], lr, momentum, 2000)[-1, 0])
        for lr in (0.98 * bound, 1.02 * bound)
    ]
    assert ends[0] < 1e-6
    assert ends[1] > 1e6


@settings(max_examples=40)
@given(low=st.floats(0.1, 1), ratio=st.floats(1.5, 100))
def test_best_settings_beat_a_grid_of_others(low, ratio):
    hessian = np.diag([low, low * ratio])

    def worst(lr, momentum=0.0):
        return max(contraction(c, lr, momentum) for c in np.diag(hessian))

    plain, heavy = best_gradient_descent(hessian), best_momentum(hessian)
    assert worst(plain.lr) == pytest.approx(plain.rate)
    # A double eigenvalue, as the best momentum has, is found to half the digits only.
    assert worst(heavy.lr, heavy.momentum) == pytest.approx(heavy.rate, abs=1e-6)
    assert heavy.rate <= plain.rate
    for factor in (0.8, 0.9, 1.1, 1.2):
        assert worst(factor * plain.lr) > plain.rate
        assert worst(factor * heavy.lr, heavy.momentum) > heavy.rate - 1e-6
        assert worst(heavy.lr, min(factor * heavy.momentum, 0.999)) > heavy.rate - 1e-6


def test_rate_is_what_a_long_run_shows():
    best = best_gradient_descent([[1, 0], [0, 9]])
    run = gradient_descent_iterates([[1, 0], [0, 9]], [1, 1], best.lr, 50)
    assert_allclose(np.abs(run[1:] / run[:-1]), best.rate)
    assert best.rate == 0.8


def test_terminal_gain_is_the_geometric_sum():
    assert terminal_gain(0.9) == pytest.approx(sum(0.9**k for k in range(1000)))
    assert terminal_gain(0) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lr_bound([[1, 2], [3, 4]]), "symmetric"),
        (lambda: lr_bound([1, 2]), "symmetric"),
        (lambda: lr_bound([[-1]]), "curvatures > 0"),
        (lambda: best_momentum([[0]]), "positive definite"),
        (lambda: terminal_gain(1), r"momentum = 1 "),
        (lambda: momentum_iterates([[1]], [1, 2], 0.1, 0.5, 3), r"start = .*length 1"),
        (lambda: gradient_descent_iterates([[1]], [1], 0.1, -3), r"steps = -3"),
        (lambda: contraction(1, float("nan")), r"lr = nan"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.95])
def test_velocities_are_torch_s_buffer(beta):
    gradients = np.random.default_rng(0).normal(size=(12, 2))
    parameter = torch.nn.Parameter(torch.zeros(2, dtype=torch.float64))
    descent = torch.optim.SGD([parameter], lr=1.0, momentum=beta)
    points = [np.zeros(2)]
    for gradient in gradients:
        parameter.grad = torch.from_numpy(gradient)
        descent.step()
        points.append(parameter.detach().numpy().copy())
    assert_allclose(velocities(gradients, beta), -np.diff(points, axis=0), atol=1e-12)
