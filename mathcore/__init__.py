"""The mathematics of the lessons: exact, recorded, and ready to draw.

A tour, as one would take it in a notebook:

>>> from mathcore import *
>>> f = function("x**2")
>>> f(3.0), f.derivative().typst, tangent_line(f, at=2).typst
(9.0, '2 x', 'y = 4 x - 4')
>>> difference_quotients(f, at=2, steps=[2, 1, 0.5])
array([6. , 5. , 4.5])
>>> limit_definition(f, at=2).cancelled
h + 4

Nested functions come apart into links, networks into a graph that torch ran forward and backward:

>>> [link.slope for link in chain_rule(function("(3*x + 1)**2"), at=1)]
[3.0, 8.0]
>>> run = trace(
...     {"h": "w1*x", "y": "w2*h", "L": "(y - t)**2"}, {"x": 2, "w1": 1.5, "w2": 2, "t": 5}
... )
>>> run.nodes["w1"].gradient, run.forward
(8.0, ('x', 'w1', 'w2', 't', 'h', 'y', 'L'))

Several variables have gradients, fields of them, and optimizers that follow them down:

>>> valley = ravine(20)
>>> valley.gradient()([-5, -2])
array([-1., -8.])
>>> run = trajectory(valley, [-5, -2], optimizer("SGD", lr=0.6, momentum=0.5), steps=20)
>>> run.points[-1].round(3)
array([0.007, 0.003])

Numbers are float64, angles radians; bad input is a ValueError that names the argument, its value
and what is allowed. torch is imported by the first call that needs it, not by this import.
"""

from mathcore.chain import Link, chain_nudge, chain_rule, compose, links
from mathcore.closed_forms import (
    Best,
    best_gradient_descent,
    best_momentum,
    contraction,
    gradient_descent_iterates,
    lr_bound,
    momentum_iterates,
    terminal_gain,
    velocities,
)
from mathcore.derivatives import (
    GrowthPiece,
    LimitDefinition,
    Line,
    LocalLinearity,
    Nudge,
    StationaryPoint,
    difference_quotients,
    growth_pieces,
    limit_definition,
    local_linearity,
    nudge,
    secant_line,
    slope_samples,
    stationary_points,
    tangent_line,
    taylor,
)
from mathcore.fields import (
    Steepest,
    directional_derivative,
    gradient_field,
    grid,
    level_curves,
    level_tangent,
    steepest,
    surface,
)
from mathcore.functions import Function, function
from mathcore.graph import Edge, Graph, Node, trace
from mathcore.markup import typst
from mathcore.objectives import (
    beale,
    bowl,
    himmelblau,
    quadratic,
    ravine,
    regularised,
    rosenbrock,
    saddle,
    two_valleys,
)
from mathcore.optimizers import (
    BiasCorrection,
    Runner,
    Trajectory,
    bias_correction,
    decaying,
    optimizer,
    race,
    trajectory,
)
from mathcore.snippets import Captured, Snippet, snippet
from mathcore.training import (
    GradientNoise,
    LineData,
    Loop,
    Training,
    gradient_noise,
    line_data,
    linear_loop,
    minibatch_gradients,
    train,
)

__all__ = [
    "Best",
    "BiasCorrection",
    "Captured",
    "Edge",
    "Function",
    "GradientNoise",
    "Graph",
    "GrowthPiece",
    "LimitDefinition",
    "Line",
    "LineData",
    "Link",
    "LocalLinearity",
    "Loop",
    "Node",
    "Nudge",
    "Runner",
    "Snippet",
    "StationaryPoint",
    "Steepest",
    "Training",
    "Trajectory",
    "beale",
    "best_gradient_descent",
    "best_momentum",
    "bias_correction",
    "bowl",
    "chain_nudge",
    "chain_rule",
    "compose",
    "contraction",
    "decaying",
    "difference_quotients",
    "directional_derivative",
    "function",
    "gradient_descent_iterates",
    "gradient_field",
    "gradient_noise",
    "grid",
    "growth_pieces",
    "himmelblau",
    "level_curves",
    "level_tangent",
    "limit_definition",
    "line_data",
    "linear_loop",
    "links",
    "local_linearity",
    "lr_bound",
    "minibatch_gradients",
    "momentum_iterates",
    "nudge",
    "optimizer",
    "quadratic",
    "race",
    "ravine",
    "regularised",
    "rosenbrock",
    "saddle",
    "secant_line",
    "slope_samples",
    "snippet",
    "stationary_points",
    "steepest",
    "surface",
    "tangent_line",
    "taylor",
    "terminal_gain",
    "trace",
    "train",
    "trajectory",
    "two_valleys",
    "typst",
    "velocities",
]
