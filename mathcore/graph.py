"""Backpropagation as it really ran: a computation graph recorded from torch's autograd."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sympy as sp

from mathcore._check import Number, bad, nonzero, number
from mathcore.derivatives import Nudge
from mathcore.functions import Function, function

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Node:
    """A named value of the forward pass, and the output's derivative with respect to it.

    `rule` computes it from its parents, `op` is what autograd calls its last operation
    ("MulBackward0"); an input has neither.
    """

    name: str
    value: float
    gradient: float
    rule: Function | None
    op: str | None


@dataclass(frozen=True)
class Edge:
    """From a value to one computed from it; `local` is the derivative between just these two."""

    source: str
    target: str
    local: float
    rule: Function


@dataclass(frozen=True)
class Graph:
    """A recorded run: nodes by name, the inputs first and the output last."""

    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    forward: tuple[str, ...]
    backward: tuple[str, ...]

    @property
    def output(self) -> Node:
        """The node whose gradients these are."""
        return self.nodes[self.forward[-1]]

    def parents(self, name: str) -> tuple[Edge, ...]:
        """The edges into a node."""
        return tuple(edge for edge in self.edges if edge.target == name)

    def children(self, name: str) -> tuple[Edge, ...]:
        """The edges out of a node."""
        return tuple(edge for edge in self.edges if edge.source == name)

    def nudge(self, name: str, by: Number) -> Nudge:
        """What the output does when one value is changed and everything after it recomputed.

        >>> run = trace({"y": "w*x", "L": "(y - 5)**2"}, {"w": 2, "x": 3})
        >>> run.nudge("w", by=0.5).dy
        5.25
        """
        if name not in self.nodes:
            raise bad("name", name, f"one of {list(self.nodes)}")
        start = self.nodes[name].value
        by = nonzero("by", by)
        values = {name: start + by}
        for node in self.nodes.values():
            if node.name == name:
                continue
            values[node.name] = node.value if node.rule is None else _value(node.rule, values)
        y0, y1 = self.output.value, values[self.output.name]
        return Nudge(start, by, y0, y1, y1 - y0)

    def numeric_gradient(self, name: str, by: Number = 1e-6) -> float:
        """The node's gradient measured by nudging it both ways (a central difference)."""
        return (self.nudge(name, by).y1 - self.nudge(name, -by).y1) / (2 * by)


def trace(steps: Mapping[str, str | sp.Expr], inputs: Mapping[str, Number]) -> Graph:
    """Run named steps forward and backward in torch (float64) and record both passes.

    Args:
        steps: name of each value -> its expression in the inputs and the steps before it; the
            last one is the output that is differentiated.
        inputs: name -> value; each gets a gradient.

    Raises:
        ValueError: a step uses an unknown name, takes a name a second time, or is not finite.

    >>> run = trace({"y": "w*x", "L": "(y - 5)**2"}, {"w": 2, "x": 3})
    >>> run.output.value, run.nodes["y"].gradient, run.nodes["w"].gradient
    (1.0, 2.0, 6.0)
    >>> [(edge.source, edge.target, edge.local) for edge in run.edges]
    [('w', 'y', 3.0), ('x', 'y', 2.0), ('y', 'L', 2.0)]
    >>> run.backward
    ('L', 'y', 'w', 'x')
    """
    import torch

    if not steps:
        raise bad("steps", dict(steps), "at least one step")
    tensors = {
        name: torch.tensor(number(name, value), dtype=torch.float64, requires_grad=True)
        for name, value in inputs.items()
    }
    rules: dict[str, Function] = {}
    edges: list[Edge] = []
    for name, expression in steps.items():
        if name in tensors:
            raise bad("steps", name, "a name that no input or earlier step has")
        rule = rules[name] = function(expression)
        names = [symbol.name for symbol in rule.variables]
        if unknown := [parent for parent in names if parent not in tensors]:
            raise bad(f"steps[{name!r}]", str(expression), f"in {list(tensors)}, not {unknown}")
        tensors[name] = _torch_value(rule, [tensors[parent] for parent in names])
        number(name, tensors[name].item())
        # Cut loose from the rest, so that each derivative is this step's own.
        apart = [tensors[parent].detach().requires_grad_() for parent in names]
        local = torch.autograd.grad(_torch_value(rule, apart), apart)
        edges += [
            Edge(parent, name, slope.item(), rule.derivative(variable=parent))
            for parent, slope in zip(names, local, strict=True)
        ]
    backward: list[str] = []
    for name, tensor in tensors.items():
        tensor.retain_grad()
        tensor.register_hook(lambda _, name=name: backward.append(name))
    tensors[name].backward()
    nodes = {
        name: Node(
            name,
            tensor.item(),
            0.0 if tensor.grad is None else tensor.grad.item(),
            rules.get(name),
            tensor.grad_fn.name() if tensor.grad_fn else None,
        )
        for name, tensor in tensors.items()
    }
    return Graph(nodes, tuple(edges), tuple(nodes), tuple(dict.fromkeys(backward)))


def _value(rule: Function, values: Mapping[str, float]) -> float:
    point = [values[symbol.name] for symbol in rule.variables]
    return float(rule(point if rule.dim > 1 else point[0]))


def _torch_value(rule: Function, parents: list[torch.Tensor]) -> torch.Tensor:
    import torch

    return rule.torch(torch.stack(parents) if rule.dim > 1 else parents[0])
