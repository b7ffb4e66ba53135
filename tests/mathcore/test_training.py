"""Training runs, gradient noise and the one-example loop."""

from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from mathcore import (
    LineData,
    function,
    gradient_noise,
    line_data,
    linear_loop,
    minibatch_gradients,
    optimizer,
    regularised,
    train,
    trajectory,
)

DATA = line_data()
SGD = optimizer("SGD", lr=0.1)
SMALL = LineData(np.array([0.0, 1.0, 2.0, 4.0]), np.array([1.0, 2.0, 2.0, 5.0]))


def test_the_data_come_from_their_seed():
    rng = np.random.default_rng(7)
    x = rng.uniform(-1, 1, 32)
    y = 2 * x + 1 + 0.3 * rng.normal(size=32)
    assert_allclose(DATA.x, x, atol=5.1e-4)
    assert_allclose(DATA.y, y, atol=5.1e-4)
    assert len(DATA) == 32


def test_best_is_where_the_gradients_cancel():
    assert_allclose(DATA.per_sample_gradients(DATA.best).mean(axis=0), 0, atol=1e-12)
    assert_allclose(DATA.best, np.polyfit(DATA.x, DATA.y, 1))
    assert DATA.loss(DATA.best) < DATA.loss(DATA.best + 0.01)


@pytest.mark.parametrize("size", [1, 5, 8, 32])
def test_every_epoch_sees_every_example_once(size):
    run = train(DATA, [0, 0], SGD, batch_size=size, epochs=3, seed=4)
    per_epoch = -(-32 // size)
    assert run.updates_per_epoch == per_epoch
    assert len(run.batches) == 3 * per_epoch
    assert run.losses.shape == (3 * per_epoch + 1,)
    for epoch in range(3):
        seen = np.concatenate(run.batches[epoch * per_epoch : (epoch + 1) * per_epoch])
        assert sorted(seen) == list(range(32))


@pytest.mark.parametrize("size", [1, 8, 32])
def test_updates_follow_the_recurrence(size):
    run = train(DATA, [-1.5, -1], SGD, batch_size=size, epochs=2, seed=4)
    theta = np.array([-1.5, -1])
    for batch, after in zip(run.batches, run.parameters[1:], strict=True):
        error = theta[0] * DATA.x[batch] + theta[1] - DATA.y[batch]
        theta = theta - 0.1 * 2 * np.array([(error * DATA.x[batch]).mean(), error.mean()])
        assert_allclose(after, theta, rtol=1e-9)
        theta = after
    assert_allclose(run.losses[-1], DATA.loss(theta))


def test_runs_repeat_to_the_bit_and_share_their_start():
    torch_state = torch.get_rng_state()
    a, b, c = (
        train(DATA, [0, 0], SGD, batch_size=4, epochs=2, seed=seed).parameters for seed in (1, 1, 2)
    )
    assert_array_equal(a, b)
    assert_array_equal(a[0], c[0])
    assert not np.array_equal(a, c)
    linear_loop(seed=5)
    assert torch.equal(torch.get_rng_state(), torch_state)


def test_full_batches_do_not_depend_on_the_order():
    a, b = (
        train(DATA, [0, 0], SGD, batch_size=32, epochs=5, seed=seed).parameters for seed in (1, 2)
    )
    assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_noise_without_replacement_is_that_of_all_batches(size):
    at = [0.3, -0.2]
    each = SMALL.per_sample_gradients(at)
    batches = np.array([each[list(c)].mean(axis=0) for c in combinations(range(4), size)])
    noise = gradient_noise(SMALL, at, size)
    assert_allclose(noise.gradient, batches.mean(axis=0))
    assert_allclose(noise.covariance, np.cov(batches.T, bias=True).reshape(2, 2), atol=1e-12)
    assert noise.variance == pytest.approx(((batches - noise.gradient) ** 2).sum(1).mean())


def test_noise_with_replacement_is_that_of_all_pairs():
    each = SMALL.per_sample_gradients([1, 1])
    pairs = ((each[:, None] + each[None]) / 2).reshape(-1, 2)
    noise = gradient_noise(SMALL, [1, 1], 2, replacement=True)
    assert_allclose(noise.covariance, np.cov(pairs.T, bias=True))


def test_drawn_batches_scatter_as_computed():
    drawn = minibatch_gradients(DATA, [0, 0], 8, draws=4000, seed=0)
    noise = gradient_noise(DATA, [0, 0], 8)
    assert_allclose(drawn.mean(axis=0), noise.gradient, atol=4 * (noise.variance / 4000) ** 0.5)
    assert_allclose(np.cov(drawn.T), noise.covariance, atol=0.1 * noise.variance)


def test_weight_decay_is_the_gradient_of_a_penalty():
    loss = function("(w - 3)**2")
    decayed = trajectory(loss, [5], optimizer("SGD", lr=0.1, weight_decay=1.0), 40)
    penalised = trajectory(regularised(loss, 0.5), [5], optimizer("SGD", lr=0.1), 40)
    assert_allclose(decayed.points, penalised.points, rtol=1e-12)
    assert_allclose(decayed.points[-1], 2, atol=1e-4)
    assert_allclose(regularised(loss, 0.5).derivative()(4.0) - loss.derivative()(4.0), 2 * 0.5 * 4)


def test_loop_follows_the_recurrence_of_its_loss():
    run = linear_loop(seed=3, lr=0.05, epochs=20)
    w, b = run.w[0], run.b[0]
    for k, loss in enumerate(run.losses):
        assert loss == pytest.approx((w + b - 2) ** 2, rel=1e-5, abs=1e-9)
        slope = 2 * (w + b - 2)
        w, b = w - 0.05 * slope, b - 0.05 * slope
        assert (run.w[k + 1], run.b[k + 1]) == pytest.approx((w, b), abs=1e-5)


def test_loop_without_zero_grad_adds_its_gradients_up():
    run = linear_loop(seed=3, lr=0.05, epochs=20, zero_grad=False)
    w, b, total = run.w[0], run.b[0], 0.0
    for k in range(20):
        total += 2 * (w + b - 2)
        w, b = w - 0.05 * total, b - 0.05 * total
        assert (run.w[k + 1], run.b[k + 1]) == pytest.approx((w, b), abs=1e-5)


def test_loop_with_weight_decay_ends_short_of_the_target():
    # The minimum of (w + b - 2)² + decay/2 (w² + b²) has w = b = 4 / (4 + decay).
    run = linear_loop(lr=0.1, epochs=400, weight_decay=0.5)
    assert (run.w[-1], run.b[-1]) == pytest.approx((4 / 4.5, 4 / 4.5), abs=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: train(DATA, [0, 0], SGD, batch_size=33, epochs=1, seed=0), r"batch_size = 33"),
        (lambda: train(DATA, [0, 0], SGD, batch_size=0, epochs=1, seed=0), r"batch_size = 0"),
        (lambda: train(DATA, [0, 0], SGD, batch_size=1, epochs=-1, seed=0), r"epochs = -1"),
        (lambda: train(DATA, [0], SGD, batch_size=1, epochs=1, seed=0), r"\(w, b\) = \[0\]"),
        (lambda: gradient_noise(DATA, [0, 0], 33), r"batch_size = 33"),
        (lambda: minibatch_gradients(DATA, [0, 0], 8, draws=0, seed=0), r"draws = 0"),
        (lambda: DATA.loss([0, float("nan")]), "NaN"),
        (lambda: linear_loop(epochs=-1), r"epochs = -1"),
        (lambda: linear_loop(lr=float("nan")), r"lr = nan"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@given(w=st.floats(-5, 5), b=st.floats(-5, 5))
def test_the_objective_is_the_loss_as_a_formula(w, b):
    data = line_data()
    objective = data.objective
    assert_allclose(objective([w, b]), data.loss([w, b]), rtol=1e-9)
    assert_allclose(
        objective.gradient()([w, b]), data.per_sample_gradients([w, b]).mean(axis=0), atol=1e-9
    )
