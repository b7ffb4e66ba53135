"""A function's callables, derivatives and errors: SymPy vs autograd vs differences vs by hand."""

import math
import subprocess
import sys

import numpy as np
import pytest
import sympy as sp
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import TypeCheckError
from numpy.testing import assert_allclose, assert_array_equal

from mathcore import LocalLinearity, beale, bowl, function, himmelblau, rosenbrock, saddle

NUMBERS = st.floats(-2, 2).map(lambda v: round(v, 3))


@st.composite
def smooth(draw, depth=3):
    """Text of a smooth function of x on the whole line."""
    if depth == 0:
        return draw(st.sampled_from(["x", "x**2", f"({draw(NUMBERS)})", "(x + 1)"]))
    part = smooth(depth=depth - 1)
    form = draw(st.sampled_from(["sin({})", "cos({})", "tanh({})", "({} + {})", "({})*({})"]))
    return form.format(*(draw(part) for _ in range(form.count("{}"))))


def central(f, x, step=1e-5):
    return (f(x + step) - f(x - step)) / (2 * step)


@settings(max_examples=40)
@given(text=smooth(), at=NUMBERS)
def test_derivative_is_autograd_is_central_difference(text, at):
    f = function(text, variables=("x",))
    slope = f.derivative()(at)
    x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    f.torch(x).backward()
    assert x.grad.item() == pytest.approx(slope, rel=1e-10, abs=1e-10)
    assert central(f, at) == pytest.approx(slope, rel=1e-4, abs=1e-4)


@settings(max_examples=25)
@given(left=smooth(depth=2), right=smooth(depth=2), at=NUMBERS, k=NUMBERS)
def test_sum_product_and_chain_rules(left, right, at, k):
    f, g = (function(text, variables=("x",)) for text in (left, right))
    df, dg = f.derivative()(at), g.derivative()(at)
    both = {"rel": 1e-9, "abs": 1e-9}
    total = function(f"({left}) + ({k})*({right})", variables=("x",))
    assert total.derivative()(at) == pytest.approx(df + k * dg, **both)
    product = function(f"({left})*({right})", variables=("x",))
    assert product.derivative()(at) == pytest.approx(df * g(at) + f(at) * dg, **both)
    nested = function(f.expression.subs(f.variables[0], g.expression), variables=("x",))
    assert nested.derivative()(at) == pytest.approx(f.derivative()(g(at)) * dg, **both)


@settings(max_examples=30)
@given(coefficients=st.lists(st.integers(-5, 5), min_size=1, max_size=6), at=NUMBERS)
def test_polynomials_against_numpy(coefficients, at):
    text = " + ".join(f"({c})*x**{k}" for k, c in enumerate(coefficients))
    f = function(text, variables=("x",))
    reference = np.polynomial.Polynomial(coefficients)
    assert f(at) == pytest.approx(reference(at), abs=1e-9)
    for order in (1, 2, 3):
        assert f.derivative(order)(at) == pytest.approx(reference.deriv(order)(at), abs=1e-9)


@pytest.mark.parametrize("make", [bowl, saddle, rosenbrock, himmelblau, beale])
def test_gradient_and_hessian_three_ways(make):
    f = make()
    rng = np.random.default_rng(3)
    for point in rng.uniform(-2, 2, size=(5, 2)):
        x = torch.tensor(point, requires_grad=True)
        gradient = f.gradient()(point)
        assert_allclose(torch.autograd.grad(f.torch(x), x)[0], gradient, rtol=1e-11, atol=1e-11)
        numeric = [(f(point + step) - f(point - step)) / 2e-5 for step in 1e-5 * np.eye(2)]
        assert_allclose(numeric, gradient, rtol=1e-5, atol=1e-5)
        hessian = f.hessian()(point)
        assert_allclose(torch.autograd.functional.hessian(f.torch, x), hessian, atol=1e-9)
        assert_allclose(hessian, hessian.T)


# J. J. Moré, B. S. Garbow, K. E. Hillstrom, Testing Unconstrained Optimization Software, ACM TOMS 7
# (1981): problems 1 and 5 with their standard starts; D. M. Himmelblau (1972) for the third.
@pytest.mark.parametrize(
    ("make", "point", "value"),
    [
        (rosenbrock, (-1.2, 1), 24.2),
        (rosenbrock, (1, 1), 0),
        (beale, (1, 1), 14.203125),
        (beale, (3, 0.5), 0),
        (himmelblau, (0, 0), 170),
        (himmelblau, (3, 2), 0),
        (himmelblau, (-2.805118, 3.131312), 0),
        (himmelblau, (-3.779310, -3.283186), 0),
        (himmelblau, (3.584428, -1.848126), 0),
        (himmelblau, (-0.270845, -0.923039), 181.617),
    ],
)
def test_published_values(make, point, value):
    assert make()(point) == pytest.approx(value, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,), (1, 1, 4)])
@pytest.mark.parametrize("text", ["x**2 + 1", "5", "0", "pi"])
def test_one_variable_keeps_the_shape(text, shape):
    f = function(text, variables=("x",))
    x = np.full(shape, 1.5)
    values = f(x)
    assert np.shape(values) == shape
    assert f.torch(torch.from_numpy(x)).shape == shape
    assert_allclose(values, f.torch(torch.from_numpy(x)))


@pytest.mark.parametrize("batch", [(), (4,), (2, 3), (0,)])
def test_vector_and_matrix_results_broadcast(batch):
    points = np.random.default_rng(0).normal(size=(*batch, 2))
    field = function(["2*x", "3"], variables=("x", "y"))
    assert field.shape == (2,)
    values = field(points)
    assert values.shape == (*batch, 2)
    assert_allclose(values[..., 0], 2 * points[..., 0])
    assert_allclose(values[..., 1], 3)
    assert_allclose(field.torch(torch.from_numpy(points)), values)
    assert bowl().hessian()(points).shape == (*batch, 2, 2)
    assert bowl().hessian().torch(torch.from_numpy(points)).shape == (*batch, 2, 2)


@pytest.mark.parametrize(
    "text", ["sqrt(2)*x", "x + tanh(cos(1))", "x**pi/E", "sin(pi/7)", "x**0.5"]
)
def test_constants_in_torch(text):
    f = function(text, variables=("x",))
    x = torch.tensor([0.5, 2.0], dtype=torch.float64)
    assert_allclose(f.torch(x), f(x.numpy()), rtol=1e-15)


def test_constants_stay_in_the_autograd_graph():
    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    function("7", variables=("x", "y")).torch(x).backward()
    assert x.grad.tolist() == [0, 0]


def test_variables_are_sorted_or_as_given():
    assert [s.name for s in function("b - a").variables] == ["a", "b"]
    assert function("b - a", variables=("b", "a"))([5, 3]) == 2
    assert function("2*beta + gamma", variables=("beta", "gamma"))([1, 10]) == 12
    assert function("E + pi")(0.0) == pytest.approx(math.e + math.pi)
    # A complex symbol's |x| has no usable derivative; the variables are real whatever was given.
    assert function(sp.Abs(sp.Symbol("x"))).derivative()(-2.0) == -1


def test_equal_functions_are_equal():
    assert function("x**2 + y") == function("y + x**2")
    assert len({function("x**2 + y"), function("y + x**2")}) == 1


def test_markup():
    f = function("x**2 + y/2")
    assert f.typst == "x^2 + frac(y, 2)"
    assert f.latex == r"x^{2} + \frac{y}{2}"


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [("log(x)", 1.0, 0.0), ("sqrt(x)", 0.0, -1.0), ("1/x", -2.0, 0.0), ("sin(x)/x", 1.0, 0.0)],
)
def test_domain(text, inside, outside):
    f = function(text)
    assert f.defined(inside) is True
    assert_array_equal(f.defined([inside, outside]), [True, False])
    with pytest.raises(ValueError, match=r"x = .* not allowed: .* real and finite"):
        f(outside)
    with pytest.raises(ValueError, match=rf"x = {outside}"):
        f([inside, outside])


def test_domain_in_two_variables_names_the_first_point_outside():
    f = function("log(x) + y")
    with pytest.raises(ValueError, match=r"x = \[-1\.0, 5\.0\]"):
        f([[1, 2], [-1, 5], [-3, 4]])
    assert_array_equal(f.defined([[1, 2], [-1, 5]]), [True, False])
    assert_array_equal(f.gradient().defined([[1, 2], [0, 5]]), [True, False])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: function("x +"), "SymPy syntax"),
        (lambda: function("(x + 1"), "SymPy syntax"),
        (lambda: function("f(x)"), "SymPy knows"),
        (lambda: function("x*y", variables=("x",)), r"expression = 'x\*y' .*without \['y'\]"),
        (lambda: function("x", variables=("x", "x")), "different names"),
        (lambda: function("x**2")(float("nan")), "without NaN"),
        (lambda: function("x*y")(1.0), r"x = 1\.0 .* of shape \(\*batch, 2\)"),
        (lambda: function("x*y")([1, 2, 3]), r"not \(3,\)"),
        (lambda: function("x*y")([[1, 2], [3]]), "rectangular"),
        (lambda: function("x*y").derivative(), r"variable = None .*\['x', 'y'\]"),
        (lambda: function("x*y").derivative(variable="z"), r"variable = 'z'"),
        (lambda: function("x").derivative(0), r"order = 0"),
        (lambda: function("x*y").fix(z=1), r"variable = 'z'"),
        (lambda: function("x").fix(x=1), "fewer than all"),
        (lambda: function("x*y").gradient().gradient(), "scalar"),
        (lambda: function("x").torch(torch.tensor(1.0)), r"x\.dtype = torch\.float32"),
        (lambda: function("x*y").torch(torch.zeros(3, dtype=torch.float64)), r"x = \(3,\)"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_shapes_in_signatures_are_enforced_here():
    two, three = np.zeros(2), np.zeros(3)
    with pytest.raises(TypeCheckError):
        LocalLinearity(two, three, two)


def test_importing_mathcore_leaves_torch_alone():
    done = subprocess.run(
        [sys.executable, "-c", "import sys, mathcore; print('torch' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "False"
