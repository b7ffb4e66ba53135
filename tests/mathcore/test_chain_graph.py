"""Chains of links and recorded graphs, against SymPy, differences and published circuits."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from mathcore import chain_nudge, chain_rule, compose, function, links, nudge, trace

LAYERS = st.sampled_from(["sin({})", "exp(-({}))", "({})**2", "(3*({}) + 1)**3", "tanh(2*{} - 1)"])


@settings(max_examples=30)
@given(layers=st.lists(LAYERS, min_size=1, max_size=3), at=st.floats(-0.4, 0.4))
def test_links_compose_to_the_function_and_their_slopes_multiply(layers, at):
    text = "x"
    for layer in layers:
        text = layer.format(text)
    f = function(text)
    parts = links(f)
    whole = parts[0]
    for part in parts[1:]:
        whole = compose(part, whole)
    assert whole.variables == f.variables
    assert whole(at) == pytest.approx(f(at), rel=1e-9)
    chain = chain_rule(f, at)
    slope = f.derivative()(at)
    assert math.prod(link.slope for link in chain) == pytest.approx(slope, rel=1e-9, abs=1e-12)
    assert [a.output for a in chain[:-1]] == [b.input for b in chain[1:]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(3*x + 1)**2", ["3*x + 1", "u**2"]),
        ("sqrt(sin(x**2))", ["x**2", "sin(u)", "sqrt(v)"]),
        ("3*sin(x)", ["3*sin(x)"]),
        ("x*sin(x)", ["x*sin(x)"]),
        ("exp(x*sin(x))", ["x*sin(x)", "exp(u)"]),
        ("5 - 2*exp(-x**2)", ["-x**2", "5 - 2*exp(u)"]),
        ("x", ["x"]),
        ("(u + 1)**2", ["u + 1", "v**2"]),
    ],
)
def test_links(text, expected):
    assert [str(link.expression) for link in links(function(text))] == expected


def test_chain_nudge_ends_with_the_whole_change():
    f = function("exp(sin(x**2))")
    changes = chain_nudge(f, at=0.7, by=0.01)
    assert len(changes) == 4
    assert changes[-1] == pytest.approx(nudge(f, 0.7, 0.01).dy)


def test_cs231n_circuit():
    # A. Karpathy, CS231n notes, "Backpropagation, Intuitions": f = (x + y) z.
    run = trace({"q": "x + y", "f": "q*z"}, {"x": -2, "y": 5, "z": -4})
    assert [run.nodes[n].value for n in ("q", "f")] == [3, -12]
    assert [run.nodes[n].gradient for n in ("x", "y", "z", "q")] == [-4, -4, 3, -4]


def test_cs231n_neuron():
    # The same notes: a sigmoid neuron with w = (2, -3, -3), x = (-1, -2), to two digits.
    run = trace(
        {"s": "w0*x0 + w1*x1 + w2", "f": "1/(1 + exp(-s))"},
        {"w0": 2, "x0": -1, "w1": -3, "x1": -2, "w2": -3},
    )
    assert round(run.output.value, 2) == 0.73
    gradients = {name: round(node.gradient, 2) for name, node in run.nodes.items()}
    assert [gradients[n] for n in ("w0", "x0", "w1", "x1", "w2")] == [-0.2, 0.39, -0.39, -0.59, 0.2]


NETWORK = {"h": "w*x", "k": "sin(h)", "y": "h*k + x", "L": "(y - 1)**2 + h"}


@settings(max_examples=25)
@given(w=st.floats(-2, 2), x=st.floats(-2, 2))
def test_shared_values_gather_gradients_over_all_paths(w, x):
    run = trace(NETWORK, {"w": w, "x": x})
    whole = function("(w*x*sin(w*x) + x - 1)**2 + w*x", variables=("w", "x"))
    assert run.output.value == pytest.approx(whole([w, x]))
    gradients = [run.nodes[name].gradient for name in ("w", "x")]
    assert_allclose(gradients, whole.gradient()([w, x]), atol=1e-9)
    for name, node in run.nodes.items():
        numeric = run.numeric_gradient(name)
        assert numeric == pytest.approx(node.gradient, rel=1e-4, abs=1e-4)
        downstream = sum(e.local * run.nodes[e.target].gradient for e in run.children(name))
        expected = 1.0 if node is run.output else downstream
        assert node.gradient == pytest.approx(expected, rel=1e-9, abs=1e-9)
    for edge in run.edges:
        parents = {e.source: run.nodes[e.source].value for e in run.parents(edge.target)}
        point = [parents[s.name] for s in edge.rule.variables]
        local = edge.rule(point if len(point) > 1 else point[0])
        assert edge.local == pytest.approx(local, abs=1e-12)


def test_orders_and_operations():
    run = trace(NETWORK, {"w": 1, "x": 2})
    assert run.forward == ("w", "x", "h", "k", "y", "L")
    place = {name: k for k, name in enumerate(run.backward)}
    assert set(place) == set(run.nodes)
    assert all(place[edge.target] < place[edge.source] for edge in run.edges)
    assert run.nodes["k"].op == "SinBackward0"
    assert run.nodes["w"].op is None
    assert run.nodes["h"].rule.typst == "w x"


def test_a_value_that_leads_nowhere_has_gradient_0():
    run = trace({"a": "2*x", "L": "3*y"}, {"x": 1, "y": 1})
    assert [run.nodes[n].gradient for n in "xyaL"] == [0, 3, 0, 1]
    assert "a" not in run.backward
    assert run.nudge("a", 1).dy == 0


def test_nudging_an_inner_value_recomputes_only_what_follows():
    run = trace({"h": "w*x", "L": "h**2 + w"}, {"w": 2, "x": 3})
    assert run.nudge("h", by=1).y1 == 7**2 + 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: trace({"y": "w*x"}, {"x": 1}), r"steps\['y'\] = 'w\*x' .*not \['w'\]"),
        (lambda: trace({"y": "z", "z": "x"}, {"x": 1}), r"not \['z'\]"),
        (lambda: trace({"x": "2*x"}, {"x": 1}), r"steps = 'x'"),
        (lambda: trace({}, {"x": 1}), "at least one step"),
        (lambda: trace({"y": "2*x"}, {"x": float("nan")}), r"x = nan"),
        (lambda: trace({"y": "log(x)"}, {"x": -1}), r"y = nan"),
        (lambda: trace({"y": "2*x"}, {"x": 1}).nudge("z", 1), r"name = 'z'"),
        (lambda: trace({"y": "2*x"}, {"x": 1}).nudge("x", 0), r"by = 0"),
        (lambda: links(function("x*y")), "one variable"),
        (lambda: chain_rule(function("log(sin(x))"), 4), r"x = "),
        (lambda: chain_nudge(function("x"), 1, 0), r"by = 0"),
        (lambda: chain_rule(function("x"), np.nan), r"at = nan"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
