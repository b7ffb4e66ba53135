"""Every form the lessons write comes out as expected and compiles without a warning."""

import pytest
import sympy as sp
import typst as compiler
from sympy.codegen.ast import Assignment

from mathcore import function, secant_line, tangent_line, typst

x, y, h, n, w = sp.symbols("x y h n w")
f, L = sp.Function("f"), sp.Function("L")
eta, beta1, beta2 = sp.symbols("eta beta_1 beta_2")

CASES = [
    (x**2, "x^2"),
    (4 + h, "h + 4"),
    (1 - 2 * eta, "1 - 2 eta"),
    (-(x**2), "-x^2"),
    (-2 * x + 1, "1 - 2 x"),
    ((3 * x + 1) ** 2, "(3 x + 1)^2"),
    (2 * (y - 1), "2 y - 2"),
    (x / 2, "frac(x, 2)"),
    (-x / 3, "-frac(x, 3)"),
    (sp.Rational(1, 2), "frac(1, 2)"),
    (sp.Rational(2, 3) ** n, "(frac(2, 3))^n"),
    (1 / x, "frac(1, x)"),
    (x**-2, "frac(1, x^2)"),
    ((x + 1) / (x - 1), "frac(x + 1, x - 1)"),
    (sp.sqrt(x), "sqrt(x)"),
    (sp.cbrt(x), "root(3, x)"),
    (1 / sp.sqrt(x + 1), "frac(1, sqrt(x + 1))"),
    (x ** sp.Rational(3, 2), "x^(frac(3, 2))"),
    (3 * sp.Float("0.8") ** n, "3 times 0.8^n"),
    (sp.Float("0.1") * x**2 + 2 * y**2, "0.1 x^2 + 2 y^2"),
    (0.30000000000000004, "0.3"),
    (1.5e-8, "1.5 times 10^(-8)"),
    (sp.exp(-x), "e^(-x)"),
    (sp.sin(x) ** 2, "sin^2 (x)"),
    (sp.log(x), "ln(x)"),
    (sp.tanh(x), "tanh(x)"),
    (sp.Abs(x), "abs(x)"),
    (sp.Max(0, x), "max(0, x)"),
    (sp.sign(x), 'op("sgn")(x)'),
    (sp.pi * x**2, "pi x^2"),
    (f(x), "f(x)"),
    (sp.Function("sigma")(x), "sigma(x)"),
    (sp.Function("loss")(w), '"loss"(w)'),
    (sp.Derivative(f(x), x), "f'(x)"),
    (sp.Derivative(f(x), (x, 2)), "f''(x)"),
    (sp.Derivative(f(x), (x, 4)), "f^((4))(x)"),
    (sp.Derivative(sp.Symbol("y"), x), "frac(dif y, dif x)"),
    (sp.Derivative(L(w, x), w), "frac(partial L, partial w)"),
    (sp.Derivative(L(w, x), w, x), "frac(partial^2 L, partial w partial x)"),
    (sp.Derivative(L(w, x), (w, 2)), "frac(partial^2 L, partial w^2)"),
    (sp.Derivative(x**2 + 1, x), "frac(dif, dif x) (x^2 + 1)"),
    (sp.Derivative(x**2 * y, x), "frac(partial, partial x) x^2 y"),
    (sp.Limit((f(x + h) - f(x)) / h, h, 0, "+-"), "lim_(h -> 0) frac(-f(x) + f(h + x), h)"),
    (sp.Limit(h + 4, h, 0, "-"), "lim_(h -> 0^-) (h + 4)"),
    (sp.Limit(1 / x, x, sp.oo, "-"), "lim_(x -> oo^-) frac(1, x)"),
    (sp.Sum(x**n, (n, 1, 10)), "sum_(n = 1)^10 x^n"),
    (sp.Sum(x + n, (n, 0, sp.oo)), "sum_(n = 0)^(oo) (n + x)"),
    (sp.Subs(2 * x, x, 2), "lr(2 x |)_(x = 2)"),
    (sp.Matrix([2 * x, 4 * y]), 'vec(delim: "[", 2 x, 4 y)'),
    (sp.Matrix([[1, 2], [3, 4]]), 'mat(delim: "[", 1, 2; 3, 4)'),
    (sp.Matrix([[2, 4]]), 'mat(delim: "[", 2, 4)'),
    (sp.Eq(sp.Symbol("y"), 4 * x - 4), "y = 4 x - 4"),
    (sp.Ne(x, 0), "x != 0"),
    (sp.Le(x, 1), "x <= 1"),
    (sp.Gt(x, 1), "x > 1"),
    (Assignment(w, w - 1), "w <- w - 1"),
    (sp.Symbol("m_hat"), "hat(m)"),
    (sp.Symbol("v_hat") ** 2, "hat(v)^2"),
    (sp.Symbol("w_12"), "w_12"),
    (sp.Symbol("w1"), "w_1"),
    (sp.Symbol("lambda_max"), 'lambda_"max"'),
    (sp.Symbol("f_prime"), "f'"),
    (sp.Symbol("nabla f"), "nabla f"),
    (sp.Symbol("lamda"), "lambda"),
    (sp.Symbol("loss"), '"loss"'),
    (sp.Symbol('a"b\\'), '"a\\"b\\\\"'),
    (2 * x + sp.Symbol("dx"), "dif x + 2 x"),
    (sp.Symbol("m") / (1 - beta1**n), "frac(m, 1 - beta_1^n)"),
    (sp.Piecewise((x, x > 0), (0, True)), 'cases(x &"if" x > 0, 0 &"otherwise")'),
    (sp.Tuple(x, y), "(x, y)"),
    (-sp.oo, "-oo"),
    (sp.E, "e"),
    ((x**2) ** n, "(x^2)^n"),
    (f(x) ** 2, "f(x)^2"),
    (x * (y + 1), "x (y + 1)"),
    ("(f(x + h) - f(x))/h", "frac(f(x + h) - f(x), h)"),
    ("((2 + h)**2 - 4)/h", "frac((2 + h)^2 - 4, h)"),
    ("Limit((f(x + h) - f(x))/h, h, 0, '+-')", "lim_(h -> 0) frac(f(x + h) - f(x), h)"),
    ("w - eta*Derivative(L(w, b), w)", "w - eta frac(partial L, partial w)"),
    ("w - eta*(m_hat/(sqrt(v_hat) + epsilon))", "w - frac(eta hat(m), sqrt(hat(v)) + epsilon)"),
    ("beta*v + Symbol('nabla L')", "beta v + nabla L"),
    ("alpha*s + (1 - alpha)*g**2", "alpha s + (1 - alpha) g^2"),
    (
        "Eq(Derivative(y, x), Derivative(y, u)*Derivative(u, x))",
        "frac(dif y, dif x) = frac(dif y, dif u) dot frac(dif u, dif x)",
    ),
    ("Eq(2, 3)", "2 = 3"),
    ("Le(Abs(1 - 2*eta), 1)", "abs(1 - 2 eta) <= 1"),
    ("2*(-3)", "2 (-3)"),
    ("3*8", "3 times 8"),
    ("-x**2", "-x^2"),
    ("(-2)**3", "(-2)^3"),
    ("x - (y - 1)", "x - (y - 1)"),
    ("2**-3", "frac(1, 2^3)"),
    ("1/2*x", "frac(x, 2)"),
    ("4*x - 4", "4 x - 4"),
    ("0.4*x", "0.4 x"),
]


@pytest.mark.parametrize(("value", "expected"), CASES, ids=[text for _, text in CASES])
def test_markup(value, expected):
    assert typst(value) == expected


def test_every_markup_compiles_without_a_warning():
    lines = [text for _, text in CASES]
    bowl = function("x**2 + 2*y**2")
    lines += [g.typst for g in (bowl, bowl.gradient(), bowl.hessian(), function("x**3/3"))]
    lines += [tangent_line(function("x**2"), at=2).typst]
    source = "#set page(width: auto, height: auto)\n" + "\n".join(f"$ {line} $" for line in lines)
    picture, warnings = compiler.compile_with_warnings(source.encode(), format="svg")
    assert picture
    assert [w.message for w in warnings] == []


def test_a_wrong_name_would_not_compile():
    with pytest.raises(compiler.TypstError):
        compiler.compile(b"$ epsilonn $", format="svg")


@pytest.mark.parametrize(
    ("at", "step", "expected"),
    [
        (2, 2, "y = 6 x - 8"),
        (2, 0.1, "y = 4.1 x - 4.2"),
        (0, 1, "y = x"),
        (0.5, -1, "y = 0.25"),
        (0.1, 0.2, "y = 0.4 x - 0.03"),
    ],
)
def test_line_equation(at, step, expected):
    assert secant_line(function("x**2"), at=at, step=step).typst == expected


@pytest.mark.parametrize("value", [sp.Integral(x, x), sp.zeta(x), "1 +", "x ** ** 2", "(1 + 2"])
def test_what_has_no_form_is_named(value):
    with pytest.raises(ValueError, match=r"no Typst form|not SymPy syntax"):
        typst(value)
