"""Learning y = w·x + b from data: batch, stochastic and mini-batch runs, and torch's usual loop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sympy as sp
from jaxtyping import Float, Int

from mathcore._check import Number, VectorLike, bad, count, number, vector
from mathcore.functions import Function
from mathcore.optimizers import MakeOptimizer


@dataclass(frozen=True)
class LineData:
    """Examples (x, y) for a line; a parameter vector is (w, b), its loss the mean squared error."""

    x: Float[np.ndarray, " n"]
    y: Float[np.ndarray, " n"]

    def __len__(self) -> int:
        return len(self.x)

    @property
    def design(self) -> Float[np.ndarray, "n 2"]:
        """Rows (x, 1), so that design @ (w, b) is the prediction."""
        return np.stack([self.x, np.ones_like(self.x)], axis=-1)

    def loss(self, at: VectorLike) -> float:
        """The mean of (w·x + b - y)² over all examples."""
        return float(np.mean((self.design @ _parameters(at) - self.y) ** 2))

    def per_sample_gradients(self, at: VectorLike) -> Float[np.ndarray, "n 2"]:
        """Each example's own gradient; their mean is the batch gradient."""
        error = self.design @ _parameters(at) - self.y
        return np.asarray(2 * error[:, None] * self.design)

    @property
    def objective(self) -> Function:
        """The loss as a function of (w, b), for maps and optimizers."""
        x, y = self.x, self.y
        w, b = sp.symbols("w b")
        terms = {
            w**2: np.mean(x**2),
            w * b: 2 * np.mean(x),
            b**2: 1.0,
            w: -2 * np.mean(x * y),
            b: -2 * np.mean(y),
            sp.Integer(1): np.mean(y**2),
        }
        return Function(sum(float(k) * term for term, k in terms.items()), (w, b))

    @property
    def best(self) -> Float[np.ndarray, 2]:
        """The (w, b) of least loss."""
        return np.asarray(np.linalg.lstsq(self.design, self.y)[0])


@dataclass(frozen=True)
class Training:
    """A run: row k of `parameters` and `losses` (over all data) is after k updates.

    `batches` are the indices that each update looked at.
    """

    parameters: Float[np.ndarray, "rows 2"]
    losses: Float[np.ndarray, " rows"]
    batches: tuple[Int[np.ndarray, " _"], ...]  # the last may be smaller
    updates_per_epoch: int

    @property
    def epoch_losses(self) -> Float[np.ndarray, " epochs_and_start"]:
        """The loss before the first epoch and after each."""
        return self.losses[:: self.updates_per_epoch]


@dataclass(frozen=True)
class GradientNoise:
    """How gradients of random batches scatter around the batch gradient."""

    gradient: Float[np.ndarray, 2]
    covariance: Float[np.ndarray, "2 2"]

    @property
    def variance(self) -> float:
        """The mean squared distance from the batch gradient."""
        return float(np.trace(self.covariance))


@dataclass(frozen=True)
class Loop:
    """The training loop of one example: `w` and `b` before each epoch and at the end."""

    w: Float[np.ndarray, " epochs_and_end"]
    b: Float[np.ndarray, " epochs_and_end"]
    losses: Float[np.ndarray, " epochs"]


def line_data() -> LineData:
    """32 examples around y = 2x + 1, with normal noise of standard deviation 0.3.

    They were drawn once (numpy's default_rng(7): 32 uniform x in (-1, 1), then the noise), rounded,
    and are kept as numbers, so that no release of numpy can change the lesson.

    >>> line_data().best.round(2)
    array([1.99, 1.02])
    """
    x = [
        0.25,
        0.794,
        0.551,
        -0.55,
        -0.4,
        0.747,
        -0.989,
        0.642,
        0.594,
        -0.064,
        -0.394,
        -0.443,
        -0.49,
        -0.11,
        0.009,
        0.107,
        0.991,
        0.585,
        0.244,
        0.978,
        -0.569,
        -0.68,
        0.225,
        -0.912,
        -0.929,
        0.03,
        -0.068,
        0.834,
        0.258,
        0.028,
        -0.006,
        -0.505,
    ]
    y = [
        1.544,
        2.295,
        1.86,
        0.219,
        -0.042,
        2.484,
        -0.714,
        2.11,
        2.155,
        0.905,
        0.231,
        -0.254,
        0.042,
        1.188,
        0.554,
        1.472,
        3.018,
        1.978,
        2.089,
        3.185,
        -0.499,
        -0.337,
        1.623,
        -0.881,
        -0.652,
        1.04,
        1.065,
        3.1,
        1.314,
        1.117,
        0.849,
        0.028,
    ]
    return LineData(np.array(x), np.array(y))


def train(
    data: LineData,
    start: VectorLike,
    make_optimizer: MakeOptimizer,
    *,
    batch_size: int,
    epochs: int,
    seed: int,
) -> Training:
    """Shuffle the data in every epoch and update (w, b) once per batch, with a torch optimizer.

    With batch_size = len(data) this is batch gradient descent, with 1 the stochastic one. Batches
    that do not come out even end with a smaller one.

    >>> from mathcore import optimizer
    >>> run = train(
    ...     line_data(), [0, 0], optimizer("SGD", lr=0.1), batch_size=8, epochs=3, seed=0
    ... )
    >>> run.updates_per_epoch, len(run.epoch_losses)
    (4, 4)
    """
    import torch

    size = count("batch_size", batch_size, least=1)
    if size > len(data):
        raise bad("batch_size", batch_size, f"at most {len(data)}, the number of examples")
    rng = np.random.default_rng(count("seed", seed))
    design, y = torch.from_numpy(data.design), torch.from_numpy(data.y)
    theta = torch.nn.Parameter(torch.from_numpy(_parameters(start).copy()))
    descent = make_optimizer([theta])
    parameters, batches = [theta.detach().numpy().copy()], []
    for _ in range(count("epochs", epochs)):
        order = rng.permutation(len(data))
        for first in range(0, len(data), size):
            batch = order[first : first + size]
            loss = ((design[batch] @ theta - y[batch]) ** 2).mean()
            descent.zero_grad()
            loss.backward()
            descent.step()
            parameters.append(theta.detach().numpy().copy())
            batches.append(batch)
    losses = np.array([data.loss(at) for at in parameters])
    return Training(np.stack(parameters), losses, tuple(batches), -(-len(data) // size))


def gradient_noise(
    data: LineData, at: VectorLike, batch_size: int, *, replacement: bool = False
) -> GradientNoise:
    """Mean and covariance of the gradient of a random batch of that size, exactly.

    Drawn with replacement the covariance falls as 1/B; without, as shuffled epochs draw, it is
    smaller still by (n - B) / (n - 1), and 0 for the whole data.

    Source: W. G. Cochran, Sampling Techniques (1977), theorem 2.2.

    >>> one, four = (
    ...     gradient_noise(line_data(), [0, 0], size, replacement=True) for size in (1, 4)
    ... )
    >>> round(one.variance / four.variance, 9)
    4.0
    """
    n, size = len(data), count("batch_size", batch_size, least=1)
    if size > n and not replacement:
        raise bad("batch_size", batch_size, f"at most {n}, the number of examples")
    each = data.per_sample_gradients(at)
    one = np.cov(each.T, bias=True)
    shrink = 1 if replacement else (n - size) / (n - 1)
    return GradientNoise(each.mean(axis=0), one / size * shrink)


def minibatch_gradients(
    data: LineData, at: VectorLike, batch_size: int, *, draws: int, seed: int
) -> Float[np.ndarray, "draws 2"]:
    """Gradients of `draws` random batches, each drawn without replacement.

    >>> minibatch_gradients(line_data(), [0, 0], 8, draws=5, seed=0).shape
    (5, 2)
    """
    size = count("batch_size", batch_size, least=1)
    if size > len(data):
        raise bad("batch_size", batch_size, f"at most {len(data)}, the number of examples")
    rng = np.random.default_rng(count("seed", seed))
    each = data.per_sample_gradients(at)
    return np.stack(
        [
            each[rng.permutation(len(data))[:size]].mean(axis=0)
            for _ in range(count("draws", draws, least=1))
        ]
    )


def linear_loop(
    *,
    seed: int = 0,
    lr: Number = 0.01,
    epochs: int = 10,
    zero_grad: bool = True,
    weight_decay: Number = 0.0,
) -> Loop:
    """nn.Linear(1, 1) learning that 1 gives 2, in torch's float32, with its weights recorded.

    This is the program `snippet("training_loop")` with its numbers laid open; without `zero_grad`
    the gradients of all epochs pile up. The caller's random state is left as it was.

    >>> float(linear_loop().losses[0].round(4))
    2.164
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(count("seed", seed))
        model = torch.nn.Linear(1, 1)
    descent = torch.optim.SGD(
        model.parameters(), lr=number("lr", lr), weight_decay=number("weight_decay", weight_decay)
    )
    inputs, targets = torch.tensor([[1.0]]), torch.tensor([[2.0]])
    rows, losses = [(model.weight.item(), model.bias.item())], []
    for _ in range(count("epochs", epochs)):
        loss = torch.nn.functional.mse_loss(model(inputs), targets)
        if zero_grad:
            descent.zero_grad()
        loss.backward()
        descent.step()
        losses.append(loss.item())
        rows.append((model.weight.item(), model.bias.item()))
    w, b = np.array(rows).T
    return Loop(w, b, np.array(losses))


def _parameters(at: VectorLike) -> Float[np.ndarray, 2]:
    return vector("(w, b)", at, length=2)
