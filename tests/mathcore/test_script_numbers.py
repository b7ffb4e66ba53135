"""Every number the lessons say or write, against a value worked out by hand beside it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from mathcore import (
    best_gradient_descent,
    best_momentum,
    bias_correction,
    bowl,
    chain_nudge,
    chain_rule,
    contraction,
    decaying,
    difference_quotients,
    directional_derivative,
    function,
    gradient_descent_iterates,
    gradient_noise,
    growth_pieces,
    level_tangent,
    limit_definition,
    line_data,
    linear_loop,
    local_linearity,
    lr_bound,
    momentum_iterates,
    nudge,
    optimizer,
    quadratic,
    race,
    ravine,
    regularised,
    secant_line,
    slope_samples,
    snippet,
    stationary_points,
    steepest,
    tangent_line,
    terminal_gain,
    trace,
    train,
    trajectory,
    two_valleys,
)

SQUARE = function("x**2")
CUBE = function("x**3")
BOWL = function("x**2 + 2*y**2")


def descend(objective, start, lr, steps, **options):
    return trajectory(objective, start, optimizer("SGD", lr=lr, **options), steps)


class TestCalculus:
    def test_nudge_outputs(self):
        far, flat = nudge(SQUARE, at=3, by=0.1), nudge(SQUARE, at=0, by=0.1)
        assert_allclose([far.y0, far.y1, far.dy, far.ratio], [9, 9.61, 0.61, 6.1])
        assert_allclose([flat.y0, flat.dy], [0, 0.01], atol=1e-15)

    def test_secants_of_the_square_at_2(self):
        steps = np.array([2, 1, 0.5, 0.1, 0.01, 0.001, -1, -0.1, -0.01])
        slopes = difference_quotients(SQUARE, at=2, steps=steps)
        assert_allclose(slopes, [6, 5, 4.5, 4.1, 4.01, 4.001, 3, 3.9, 3.99], atol=1e-10)
        assert secant_line(SQUARE, at=2, step=2).slope == 6

    def test_limit_and_tangent_of_the_square_at_2(self):
        lines = limit_definition(SQUARE, at=2)
        assert str(lines.cancelled) == "h + 4"
        assert lines.value == 4
        assert tangent_line(SQUARE, at=2).typst == "y = 4 x - 4"

    def test_square_and_cube_grow(self):
        old, strips, corner = growth_pieces(2, 0.1)
        assert (strips.count, corner.count) == (2, 1)
        assert_allclose([old.total, strips.total, corner.total], [4, 0.40, 0.01])
        assert_allclose(strips.total + corner.total, 0.41)
        assert [piece.count for piece in growth_pieces(2, 0.1, dimension=3)] == [1, 3, 3, 1]
        assert [str(piece.expression) for piece in growth_pieces(2, 0.1, dimension=3)] == [
            *("x**3", "dx*x**2", "dx**2*x", "dx**3"),
        ]

    def test_zoom_on_the_square(self):
        zoom = local_linearity(SQUARE, at=2, widths=[1, 0.1, 0.01])
        assert_allclose(zoom.gap, [1, 0.01, 0.0001], rtol=1e-9)
        assert_allclose(zoom.relative, [0.25, 0.025, 0.0025], rtol=1e-9)

    def test_slopes_of_the_square(self):
        assert_allclose(slope_samples(SQUARE, [-2, 0, 2]), [[-2, -4], [0, 0], [2, 4]])
        assert SQUARE.derivative().typst == "2 x"

    def test_loss_slopes(self):
        loss = function("(w - 3)**2")
        assert_allclose(loss.derivative()([5, 1, 6, 3.5, 3]), [4, -4, 6, 1, 0])
        assert [(p.x, p.y, p.kind) for p in stationary_points(loss)] == [(3, 0, "minimum")]
        kinds = [stationary_points(function(f))[0].kind for f in ("x**2", "-x**2", "x**3")]
        assert kinds == ["minimum", "maximum", "inflection"]

    def test_chain(self):
        nested = function("(3*x + 1)**2")
        inner, outer = chain_rule(nested, at=1)
        assert (inner.output, outer.output, inner.slope, outer.slope) == (4, 16, 3, 8)
        assert inner.slope * outer.slope == nested.derivative()(1) == 24
        assert_allclose(chain_nudge(nested, at=1, by=0.01), [0.01, 0.03, 0.2409])
        assert_allclose([nudge(nested, 1, h).ratio for h in (0.01, 0.001)], [24.09, 24.009])

    def test_backprop(self):
        run = trace(
            {"h": "w1*x", "y": "w2*h", "L": "(y - t)**2"}, {"x": 2, "w1": 1.5, "w2": 2, "t": 5}
        )
        values = {name: node.value for name, node in run.nodes.items()}
        gradients = {name: node.gradient for name, node in run.nodes.items()}
        assert (values["h"], values["y"], values["L"]) == (3, 6, 1)
        assert [gradients[name] for name in ("y", "w2", "h", "w1")] == [2, 6, 4, 8]
        assert [name for name in run.backward if name in "Lyh"] == ["L", "y", "h"]
        local = {(edge.source, edge.target): edge.local for edge in run.edges}
        assert local["y", "L"] == 2
        assert (local["h", "y"], local["w2", "y"], local["w1", "h"]) == (2, 3, 2)
        moved = run.nudge("w1", by=0.01)
        assert_allclose([moved.y1, moved.dy], [1.0816, 0.0816])

    def test_gradient(self):
        assert BOWL.gradient().typst == 'vec(delim: "[", 2 x, 4 y)'
        assert_allclose(BOWL.gradient()([1, 1]), [2, 4])
        assert BOWL.fix(y=1).derivative()(1.0) == 2
        assert BOWL.fix(x=1).derivative()(1.0) == 4
        assert BOWL([1, 1]) == 3

    def test_steepest(self):
        slopes = directional_derivative(BOWL, at=[1, 1], angles=np.radians([0, 90]))
        assert_allclose(slopes, [2, 4])
        best = steepest(BOWL, at=[1, 1])
        assert (round(best.slope, 2), round(np.degrees(best.angle), 1)) == (4.47, 63.4)
        against, along = directional_derivative(
            BOWL, at=[1, 1], angles=[best.angle + np.pi, best.angle + np.pi / 2]
        )
        assert round(against, 2) == -4.47
        assert_allclose(along, 0, atol=1e-12)
        assert_allclose(level_tangent(BOWL, at=[1, 1]), np.array([-2, 1]) / 5**0.5)

    def test_regularised_minimum_moves_from_3_to_2(self):
        loss = function("(w - 3)**2")
        assert [p.x for p in stationary_points(loss)] == [3]
        assert [p.x for p in stationary_points(regularised(loss, 0.5))] == [2]

    def test_cube(self):
        assert CUBE.derivative().typst == "3 x^2"
        assert CUBE.derivative()(3) == 27
        assert_allclose(secant_line(CUBE, at=3, step=0.001).slope, 27.009001)


class TestPrograms:
    def test_autograd(self):
        assert snippet("autograd").run().output == ("dy/dx at x=2: tensor(4.)",)
        assert snippet("autograd_twice").run().output == ("tensor(4.)", "tensor(8.)")
        assert snippet("cube").run().output == ("tensor(27.)",)

    def test_training_loop(self):
        losses = linear_loop(seed=0, lr=0.01, epochs=10).losses
        said = [
            *("2.1640", "1.9943", "1.8380", "1.6939", "1.5611"),
            *("1.4387", "1.3259", "1.2219", "1.1261", "1.0378"),
        ]
        assert [f"{loss:.4f}" for loss in losses] == said
        printed = [f"Epoch {k}, Loss: {loss}" for k, loss in enumerate(said, 1)]
        assert list(snippet("training_loop").run().output) == printed

    def test_training_loop_shrinks_by_0_96(self):
        run = linear_loop()
        error = run.w + run.b - 2
        assert_allclose(error[1:] / error[:-1], 0.96, rtol=1e-6)
        assert_allclose(run.losses[1:] / run.losses[:-1], 0.9216, rtol=1e-6)
        assert_allclose(run.w - run.b, run.w[0] - run.b[0], atol=1e-6)

    def test_training_loop_hessian(self):
        hessian = function("(w + b - 2)**2", variables=("w", "b")).hessian()([0, 0])
        assert_allclose(np.linalg.eigvalsh(hessian), [0, 4], atol=1e-12)

    def test_training_loop_without_zero_grad(self):
        losses = linear_loop(zero_grad=False, epochs=12).losses
        assert [f"{loss:.2f}" for loss in losses[[0, 7, 11]]] == ["2.16", "0.01", "0.98"]
        assert losses.argmin() == 7

    def test_lost_indentation(self):
        broken = snippet("training_loop").flattened().run()
        assert broken.output == ()
        assert broken.error.startswith("IndentationError")


class TestDescent:
    def test_redrawn_diagram(self):
        w = descend(quadratic([2]), [3], lr=0.2, steps=4).points[:, 0]
        assert_allclose(w, [3, 1.8, 1.08, 0.648, 0.3888])
        assert_allclose(-np.diff(w), [1.2, 0.72, 0.432, 0.2592])

    def test_two_valleys(self):
        ends = [descend(two_valleys(), [s], lr=0.1, steps=200).points[-1, 0] for s in (2, -2)]
        assert np.round(ends, 2).tolist() == [1.33, -1.48]
        found = stationary_points(two_valleys())
        assert [p.kind for p in found] == ["minimum", "maximum", "minimum"]
        assert_allclose([found[2].x, found[0].x], ends, atol=1e-9)
        assert found[0].y < found[2].y

    def test_update_rule(self):
        run = descend(quadratic([2]), [3], lr=0.1, steps=20)
        assert run.gradients[0] == 6
        assert_allclose(run.points[:5, 0], [3, 2.4, 1.92, 1.536, 1.2288])
        assert_allclose(run.values[:2], [9, 5.76])
        assert_allclose(-np.diff(run.points[:4, 0]), [0.6, 0.48, 0.384])
        assert_allclose(run.points[:, 0], 3 * 0.8 ** np.arange(21))
        assert_allclose(run.points, gradient_descent_iterates([[2]], [3], 0.1, 20))

    @pytest.mark.parametrize(
        ("lr", "factor", "first"),
        [
            (0.01, 0.98, [3, 2.94]),
            (0.3, 0.4, [3, 1.2, 0.48, 0.192]),
            (0.9, -0.8, [3, -2.4, 1.92]),
            (1.0, -1.0, [3, -3, 3]),
            (1.1, -1.2, [3, -3.6, 4.32]),
        ],
    )
    def test_learning_rates(self, lr, factor, first):
        run = descend(quadratic([2]), [3], lr=lr, steps=20)
        assert_allclose(run.points[: len(first), 0], first)
        assert_allclose(run.points[1:, 0] / run.points[:-1, 0], factor)
        assert contraction(2, lr) == pytest.approx(abs(factor))

    def test_learning_rate_extremes(self):
        assert round(descend(quadratic([2]), [3], 0.01, 20).points[-1, 0], 1) == 2.0
        assert_allclose(descend(quadratic([2]), [3], 1.0, 20).values, 9)
        away = descend(quadratic([2]), [3], 1.1, 200)
        assert 15 < abs(away.points[9, 0]) < 18 < abs(away.points[10, 0])
        assert away.diverged_at(above=18**2) == 10

    def test_learning_rate_bounds(self):
        assert [lr_bound([[c]]) for c in (2, 10)] == [1, 0.2]
        assert lr_bound([[0.1]]) == pytest.approx(20)
        narrow = descend(function("5*w**2"), [1], 0.3, 3).points[:, 0]
        wide = descend(function("0.05*w**2"), [1], 5, 3).points[:, 0]
        assert_allclose(narrow, [1, -2, 4, -8])
        assert_allclose(wide, [1, 0.5, 0.25, 0.125])

    def test_ravine(self):
        valley = ravine(20)
        assert valley.typst == "0.1 x^2 + 2 y^2"
        assert_allclose(valley.gradient()([-5, -2]), [-1, -8])
        plain = descend(valley, [-5, -2], 0.4, 20)
        assert round(plain.points[-1, 0], 2) == -0.94
        assert (np.diff(np.sign(plain.points[:, 1])) != 0).all()
        away = descend(valley, [-5, -2], 0.6, 60)
        assert np.abs(away.points[-1]).argmax() == 1
        assert away.diverged_at() is not None
        heavy = descend(valley, [-5, -2], 0.6, 20, momentum=0.5)
        assert np.round(heavy.points[-1], 3).tolist() == [0.007, 0.003]

    def test_remembered_gradients_make_the_step(self):
        run = descend(ravine(20), [-5, -2], 0.6, 3, momentum=0.5)
        g = run.gradients
        step = -0.6 * (g[2] + 0.5 * g[1] + 0.25 * g[0])
        assert_allclose(run.points[3] - run.points[2], step)

    def test_momentum_rates(self):
        hessian = ravine(20).hessian()([0, 0])
        assert round(best_momentum(hessian).rate, 2) == 0.63
        assert f"{best_gradient_descent(hessian).rate:.2f}" == "0.90"
        assert lr_bound(hessian) == 0.5
        assert lr_bound(hessian, momentum=0.5) == 0.75

    def test_momentum_gain(self):
        assert terminal_gain(0.9) == pytest.approx(10)
        run = descend(function("w"), [0], lr=1, steps=200, momentum=0.9)
        steps = -np.diff(run.points[:, 0])
        assert_allclose(steps[:2], [1, 1.9])
        assert_allclose(steps[-1], 10)

    def test_too_much_momentum_swings(self):
        x = momentum_iterates([[0.2, 0], [0, 4]], [-5, -2], 0.6, 0.95, 60)[:, 0]
        assert x.max() > 3

    def test_rmsprop(self):
        run = trajectory(ravine(20), [-5, -2], optimizer("RMSprop", lr=0.01, alpha=0.9), 1)
        assert np.round(np.abs(np.diff(run.points, axis=0)) / 0.01, 2).tolist() == [[3.16, 3.16]]
        run = trajectory(ravine(20), [-5, -2], optimizer("RMSprop", lr=0.4, alpha=0.9), 300)
        assert_allclose(run.values[-10:], 0.1 * 0.2**2 + 2 * 0.2**2, rtol=1e-4)
        assert round(0.1 * 0.2**2 + 2 * 0.2**2, 3) == 0.084

    def test_rmsprop_with_a_falling_rate_settles(self):
        make = decaying(optimizer("RMSprop", lr=0.4, alpha=0.9), 0.95)
        run = trajectory(ravine(20), [-5, -2], make, 150)
        assert run.values[-1] < 1e-6
        s, w, lr = np.zeros(2), np.array([-5.0, -2.0]), 0.4  # the paper's rule, by hand
        for k in range(20):
            g = np.array([0.2, 4.0]) * w
            s = 0.9 * s + 0.1 * g**2
            w = w - lr * g / (np.sqrt(s) + 1e-8)
            lr *= 0.95
            assert_allclose(run.points[k + 1], w)

    def test_remembering_all_gradients_shrinks_the_steps(self):
        def steps(make):
            return -np.diff(trajectory(function("w"), [0], make, 40).points[:, 0])

        forgetting = steps(optimizer("RMSprop", lr=1, alpha=0.9))
        remembering = steps(optimizer("Adagrad", lr=1))
        assert_allclose(forgetting, 1 / np.sqrt(1 - 0.9 ** np.arange(1, 41)), rtol=1e-6)
        assert_allclose(remembering, 1 / np.sqrt(np.arange(1, 41)), rtol=1e-6)

    def test_adam_first_step(self):
        run = trajectory(quadratic([2]), [3], optimizer("Adam", lr=0.1), 1)
        assert_allclose(run.points[1], 2.9, atol=1e-8)
        assert_allclose(descend(quadratic([2]), [3], 0.1, 1).points[1], 2.4)
        far = trajectory(quadratic([2]), [300], optimizer("Adam", lr=0.1), 1)
        assert (run.gradients[0, 0], far.gradients[0, 0]) == (6, 600)
        assert_allclose(far.points[1], 299.9, atol=1e-8)
        pieces = bias_correction(run)
        assert_allclose([pieces.m_hat[1, 0], pieces.v_hat[1, 0]], [6, 36])
        uncorrected = pieces.m[1, 0] / np.sqrt(pieces.v[1, 0])
        assert round(uncorrected, 2) == 3.16

    def test_race_on_the_round_bowl(self):
        entrants = {"GD": optimizer("SGD", lr=0.5), "Adam": optimizer("Adam", lr=0.1)}
        runs = race(bowl(), [3, 3], entrants, steps=400, below=0.01)
        assert {name: run.settled_at for name, run in runs.items()} == {"GD": 1, "Adam": 70}

    def test_race_in_the_ravine(self):
        entrants = {
            "GD": optimizer("SGD", lr=0.4),
            "Momentum": optimizer("SGD", lr=0.6, momentum=0.5),
            "RMSProp": optimizer("RMSprop", lr=0.1, alpha=0.9),
            "Adam": optimizer("Adam", lr=0.4),
        }
        runs = race(ravine(20), [-5, -2], entrants, steps=400, below=0.01)
        assert {name: run.settled_at for name, run in runs.items()} == {
            "GD": 34,
            "Momentum": 10,
            "RMSProp": 138,
            "Adam": 53,
        }

    def test_race_at_curvature_ratio_10000(self):
        narrow, turned = quadratic([100, 0.01]), quadratic([100, 0.01], degrees=45)
        hessian = narrow.hessian()([0, 0])
        best = best_momentum(hessian)
        entrants = {
            "GD": optimizer("SGD", lr=best_gradient_descent(hessian).lr),
            "Momentum": optimizer("SGD", lr=best.lr, momentum=best.momentum),
            "Adam": optimizer("Adam", lr=0.1),
        }
        assert narrow.typst == "50 x^2 + 0.005 y^2"
        runs = race(narrow, [2, 2], entrants, steps=4000, below=0.01)
        assert {name: run.settled_at for name, run in runs.items()} == {
            "GD": None,
            "Momentum": 602,
            "Adam": 95,
        }
        # The start turns with the valley: (2, 2) becomes (0, 2√2).
        del entrants["GD"]
        runs = race(turned, [0, 8**0.5], entrants, steps=4000, below=0.01)
        assert runs["Momentum"].settled_at == 602
        assert runs["Adam"].settled_at > 2000


START = (-1.5, -1.0)


@pytest.fixture(scope="module")
def runs():
    make = optimizer("SGD", lr=0.1)
    return {
        size: train(line_data(), START, make, batch_size=size, epochs=3, seed=1)
        for size in (32, 8, 1)
    }


class TestBatches:
    def test_losses_after_three_epochs(self, runs):
        assert f"{line_data().loss(START):.2f}" == "8.39"
        after = {size: f"{run.epoch_losses[-1]:.2f}" for size, run in runs.items()}
        assert after == {32: "3.78", 8: "0.84", 1: "0.06"}

    def test_updates_per_epoch(self, runs):
        assert {n: run.updates_per_epoch for n, run in runs.items()} == {32: 1, 8: 4, 1: 32}

    def test_single_gradients_average_to_the_batch_gradient(self):
        data, (w, b) = line_data(), START
        error = w * data.x + b - data.y
        mean = data.per_sample_gradients(START).mean(axis=0)
        assert_allclose(mean, [2 * (error * data.x).mean(), 2 * error.mean()])

    def test_noise_falls_with_the_batch(self):
        one, eight = (gradient_noise(line_data(), START, size, replacement=True) for size in (1, 8))
        assert_allclose(one.variance / eight.variance, 8)
        assert gradient_noise(line_data(), START, 32).variance == 0

    def test_noise_ball_shrinks_with_lr(self):
        data = line_data()
        radius = []
        for lr in (0.1, 0.01):
            run = train(data, data.best, optimizer("SGD", lr=lr), batch_size=1, epochs=30, seed=1)
            away = run.parameters[200:] - data.best
            radius.append(np.sqrt((away**2).sum(axis=1).mean()))
        assert radius[0] > 2 * radius[1] > 0
