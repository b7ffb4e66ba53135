"""What mathcore's recorded runs and fields cost, with plain torch beside them.

Run as `python -m benchmarks.mathcore`; the figures are the best of several runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from mathcore import (
    function,
    gradient_field,
    level_curves,
    optimizer,
    ravine,
    tangent_line,
    trajectory,
)

STEPS = 10_000
OPTIMIZERS = {
    "SGD": {"lr": 0.01},
    "SGD momentum": {"lr": 0.01, "momentum": 0.9},
    "RMSprop": {"lr": 0.001},
    "Adam": {"lr": 0.001},
    "AdamW": {"lr": 0.001},
}


def best(run: Callable[[], object], times: int = 3) -> float:
    """Seconds of the quickest of several runs."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def plain_torch(name: str, options: dict[str, float], backward: bool) -> None:
    """The same descent written by hand, recording nothing; without `backward` only its steps."""
    x = torch.nn.Parameter(torch.tensor([-5.0, -2.0], dtype=torch.float64))
    descent = getattr(torch.optim, name.split()[0])([x], **options)
    x.grad = torch.ones_like(x)
    for _ in range(STEPS):
        if backward:
            descent.zero_grad()
            (0.1 * x[0] ** 2 + 2 * x[1] ** 2).backward()
        descent.step()


def main() -> None:
    """Print the table."""
    valley = ravine(20)
    print(f"{STEPS} steps in 2-D, microseconds per step")
    print(f"{'':14}{'mathcore':>10}{'torch':>10}{'step() alone':>14}")
    for name, options in OPTIMIZERS.items():
        make = optimizer(name.split()[0], **options)
        ours = best(lambda make=make: trajectory(valley, [-5, -2], make, STEPS))
        loop, step = (
            best(lambda b=b, n=name, o=options: plain_torch(n, o, b)) for b in (True, False)
        )
        print(
            f"{name:14}"
            + "".join(f"{t / STEPS * 1e6:>{w}.1f}" for t, w in ((ours, 10), (loop, 10), (step, 14)))
        )
    f, hills = function("x**2"), function("sin(x)*cos(y) + x**2/10")
    span = {"x": (-3, 3), "y": (-3, 3)}
    print("\nmilliseconds")
    for label, run in {
        "f(2.0)": lambda: f(2.0),
        "tangent_line(f, at=2.0)": lambda: tangent_line(f, at=2.0),
        "gradient field 400x400": lambda: gradient_field(hills, **span, shape=(400, 400)),
        "one level curve, 201x201": lambda: level_curves(hills, 0.5, **span),
    }.items():
        print(f"{label:26}{best(run, 20) * 1e3:10.4f}")


if __name__ == "__main__":
    main()
