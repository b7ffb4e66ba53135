"""From SymPy to Typst markup, for everything that the lessons write."""

# ruff: noqa: N802
from __future__ import annotations

import re
from functools import partial
from itertools import pairwise
from typing import Any, ClassVar, Literal, NoReturn, TypeAlias

import sympy as sp
from sympy.codegen.ast import Assignment
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.parsing.sympy_parser import parse_expr
from sympy.printing.printer import Printer

Order: TypeAlias = Literal["degree", "written"]

_GREEK = {
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"),
    *("lambda", "mu", "nu", "xi", "omicron", "pi", "rho", "sigma", "tau", "upsilon", "phi"),
    *("chi", "psi", "omega"),
}
_WORDS = _GREEK | {name.capitalize() for name in _GREEK} | {"nabla", "partial", "ell"}
_ACCENTS = {"hat", "bar", "tilde", "dot", "arrow"}
_FUNCTIONS = {
    "log": "ln",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "sign": 'op("sgn")',
    "Max": "max",
    "Min": "min",
    **{name: name for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
}
_COMPARISONS = ("Eq", "Ne", "Lt", "Le", "Gt", "Ge")
_RELATIONS = {"==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
# What needs brackets beside another factor or under a power.
_LOOSE = (sp.Add, sp.Limit, sp.Sum, sp.Piecewise, Relational)


def typst(value: Any, *, order: Order = "degree") -> str:
    """Typst markup (without the dollar signs) of a SymPy expression, number or text.

    Text is read as SymPy syntax, left unevaluated and written in the order it is given in. Names
    carry their marks after an underscore: `w_1`, `m_hat`, `lambda_max`; `dx` is a differential and
    names of several letters are set upright.

    Args:
        value: a SymPy expression, matrix or relation, a number, or text in SymPy's syntax; or
            anything with an `expression` of that kind, such as a `Function`.
        order: "degree" sorts the terms of sums as SymPy does, "written" keeps them as they stand
            in an unevaluated expression.

    Raises:
        ValueError: the expression holds something that has no Typst form here.

    >>> import sympy as sp
    >>> x, h = sp.symbols("x h")
    >>> typst(3 * x**2 - x / 2 + 1)
    '3 x^2 - frac(x, 2) + 1'
    >>> typst(sp.Limit((sp.Function("f")(x + h) - sp.Function("f")(x)) / h, h, 0, "+-"))
    'lim_(h -> 0) frac(-f(x) + f(h + x), h)'
    >>> typst("Limit((f(x + h) - f(x))/h, h, 0, '+-')")
    'lim_(h -> 0) frac(f(x + h) - f(x), h)'
    >>> typst("w - eta*Derivative(L(w, b), w)")
    'w - eta frac(partial L, partial w)'
    """
    if isinstance(value, str):
        return typst(_read(value), order="written")
    return str(_TypstPrinter(order).doprint(sp.sympify(getattr(value, "expression", value))))


def _read(text: str) -> Any:
    names: dict[str, Any] = {}
    for name, call in re.findall(r"([^\W\d]\w*)\s*(\()?", text):
        if not call:
            names.setdefault(name, sp.Symbol(name, real=True))
        elif name in _COMPARISONS:  # SymPy would decide them: dy/dx = 0 for two plain symbols
            names[name] = partial(getattr(sp, name), evaluate=False)
        elif not hasattr(sp, name):
            names[name] = sp.Function(name)
    for constant in ("pi", "oo", "E"):
        names.pop(constant, None)
    try:
        return parse_expr(text, local_dict=names, evaluate=False)
    except Exception as error:  # SymPy evaluates the text: whatever goes wrong is its fault
        raise ValueError(f"text = {text!r} is not SymPy syntax: {error}") from error


def _name(name: str) -> str:
    if " " in name:
        return " ".join(map(_name, name.split()))
    head, *marks = re.sub(r"(?<=[^\W\d_])(\d+)$", r"_\1", name).split("_")
    result, subscripts = _word(head), []
    for mark in marks:
        if mark in _ACCENTS:
            result = f"{mark}({result})"
        elif mark == "prime":
            result += "'"
        else:
            subscripts.append(_word(mark))
    return result + (_script("_", " ".join(subscripts)) if subscripts else "")


def _word(word: str) -> str:
    word = "lambda" if word == "lamda" else word
    if len(word) == 1 or word in _WORDS or word.isdigit():
        return word
    if re.fullmatch("d[a-zA-Z]", word):
        return f"dif {word[1]}"
    return '"' + word.replace("\\", r"\\").replace('"', r"\"") + '"'


def _script(mark: str, content: str) -> str:
    plain = re.fullmatch(r'\w|\d+|"[^"]*"|' + "|".join(_WORDS), content)
    return f"{mark}{content}" if plain else f"{mark}({content})"


class _TypstPrinter(Printer):  # type: ignore[misc]  # SymPy has no types
    # The method names are SymPy's dispatch: _print_<class of the expression>.

    _default_settings: ClassVar = {"order": None}

    def __init__(self, order: Order) -> None:
        super().__init__({"order": "none" if order == "written" else None})

    def emptyPrinter(self, expr: Any) -> NoReturn:
        raise ValueError(f"{type(expr).__name__} has no Typst form here: {expr}")

    def _bracket(self, expr: Any, when: bool) -> str:
        text = str(self._print(expr))
        return f"({text})" if when else text

    def _list(self, items: Any) -> str:
        return ", ".join(map(self._print, items))

    def _print_Symbol(self, expr: Any) -> str:
        return _name(expr.name)

    def _print_Number(self, expr: Any) -> str:
        digits, _, power = format(float(expr), ".12g").partition("e")
        if not power:
            return digits
        ten = f"10^({int(power)})"
        return {"1": ten, "-1": f"-{ten}"}.get(digits, f"{digits} times {ten}")

    def _print_Integer(self, expr: Any) -> str:
        return str(expr.p)

    def _print_Rational(self, expr: Any) -> str:
        return "-" * bool(expr < 0) + f"frac({abs(expr.p)}, {expr.q})"

    def _print_Pi(self, _: Any) -> str:
        return "pi"

    def _print_Exp1(self, _: Any) -> str:
        return "e"

    def _print_Infinity(self, _: Any) -> str:
        return "oo"

    def _print_NegativeInfinity(self, _: Any) -> str:
        return "-oo"

    def _print_Add(self, expr: Any) -> str:
        result = ""
        for term in self._as_ordered_terms(expr):
            text = self._bracket(term, isinstance(term, sp.Add | sp.Piecewise | Relational))
            if not result:
                result = text
            elif text.startswith("-"):
                result += f" - {text[1:]}"
            else:
                result += f" + {text}"
        return result

    def _print_Mul(self, expr: Any) -> str:
        above: list[Any] = []
        below: list[Any] = []
        negative = False
        written = self.order == "none"
        for factor in expr.args if written else expr.as_ordered_factors():
            if factor.is_Number and factor < 0 and not (written and above):
                negative = not negative
                factor = -factor
            base, exponent = factor.as_base_exp() if factor.is_Pow else (factor, sp.S.One)
            if exponent.is_Number and exponent < 0:
                below.append(sp.Pow(base, -exponent, evaluate=False) if exponent != -1 else base)
            elif factor.is_Rational:
                above += [sp.Integer(factor.p)] * (factor.p != 1)
                below += [sp.Integer(factor.q)] * (factor.q != 1)
            else:
                above.append(factor)
        top = self._product(above, alone=bool(below) or not negative)
        result = f"frac({top}, {self._product(below)})" if below else top
        return "-" * negative + result

    def _product(self, factors: list[Any], *, alone: bool = True) -> str:
        if len(factors) < 2 and alone:
            return str(self._print(factors[0])) if factors else "1"
        texts = [self._bracket(factor, isinstance(factor, _LOOSE)) for factor in factors] or ["1"]
        result = texts[0]
        for before, text in pairwise(texts):
            fractions = before.startswith("frac(") and text.startswith("frac(")
            sign = " times " if text[0].isdigit() else " dot " if fractions else " "
            result += sign + (f"({text})" if text.startswith("-") else text)
        return result

    def _print_Pow(self, expr: Any) -> str:
        base, exponent = expr.as_base_exp() if expr.base != sp.E else (sp.E, expr.exp)
        if exponent.is_Number and exponent < 0:
            rest = base if exponent == -1 else sp.Pow(base, -exponent, evaluate=False)
            return f"frac(1, {self._print(rest)})"
        if exponent.is_Rational and exponent.p == 1:
            root = "sqrt(" if exponent.q == 2 else f"root({exponent.q}, "
            return root + f"{self._print(base)})" if exponent.q > 1 else str(self._print(base))
        if isinstance(base, sp.Function) and base.func.__name__ in _FUNCTIONS:
            name = _FUNCTIONS[base.func.__name__]
            return name + _script("^", self._print(exponent)) + f" ({self._list(base.args)})"
        loose = isinstance(base, (*_LOOSE, sp.Mul, sp.Pow, sp.Derivative, sp.Subs)) or (
            base.is_Number and not (base >= 0 and (base.is_Integer or base.is_Float))
        )
        return self._bracket(base, loose) + _script("^", self._print(exponent))

    def _print_exp(self, expr: Any) -> str:
        return "e" + _script("^", self._print(expr.args[0]))

    def _print_Abs(self, expr: Any) -> str:
        return f"abs({self._print(expr.args[0])})"

    def _print_Function(self, expr: Any) -> str:
        name = expr.func.__name__
        if name in _FUNCTIONS:
            name = _FUNCTIONS[name]
        elif isinstance(expr, AppliedUndef):
            name = _name(name)
        else:
            self.emptyPrinter(expr)
        return f"{name}({self._list(expr.args)})"

    def _print_Max(self, expr: Any) -> str:
        return self._print_Function(expr)

    def _print_Min(self, expr: Any) -> str:
        return self._print_Function(expr)

    def _print_Derivative(self, expr: Any) -> str:
        inner, counts = expr.expr, expr.variable_count
        order = sum(count for _, count in counts)
        applied = isinstance(inner, AppliedUndef)
        if applied and len(inner.args) == 1 and len(counts) == 1:
            primes = "'" * order if order < 4 else f"^(({order}))"
            return f"{_name(inner.func.__name__)}{primes}({self._list(inner.args)})"
        several = len(inner.args if applied else inner.free_symbols) > 1
        d = "partial" if several else "dif"
        power = _script("^", self._print(order)) if order != 1 else ""
        below = " ".join(
            f"{d} {self._print(x)}" + (_script("^", self._print(n)) if n != 1 else "")
            for x, n in counts
        )
        if applied or inner.is_Symbol:
            what = _name(inner.func.__name__) if applied else self._print(inner)
            return f"frac({d}{power} {what}, {below})"
        return f"frac({d}{power}, {below}) " + self._bracket(inner, isinstance(inner, _LOOSE))

    def _print_Subs(self, expr: Any) -> str:
        at = ", ".join(
            f"{self._print(x)} = {self._print(value)}"
            for x, value in zip(expr.variables, expr.point, strict=True)
        )
        return f"lr({self._print(expr.expr)} |)_({at})"

    def _print_Limit(self, expr: Any) -> str:
        inner, variable, target, direction = expr.args
        side = {"+": "^+", "-": "^-"}.get(str(direction), "")
        under = f"{self._print(variable)} -> {self._print(target)}{side}"
        return f"lim_({under}) " + self._bracket(inner, isinstance(inner, sp.Add))

    def _print_Sum(self, expr: Any) -> str:
        variable, low, high = expr.limits[0]
        if len(expr.limits) > 1:
            self.emptyPrinter(expr)
        span = f"sum_({self._print(variable)} = {self._print(low)})"
        inner = self._bracket(expr.function, isinstance(expr.function, sp.Add))
        return span + _script("^", self._print(high)) + f" {inner}"

    def _print_Piecewise(self, expr: Any) -> str:
        rows = [
            f"{self._print(value)} &"
            + ('"otherwise"' if condition == sp.true else f'"if" {self._print(condition)}')
            for value, condition in expr.args
        ]
        return f"cases({', '.join(rows)})"

    def _print_Relational(self, expr: Any) -> str:
        return f"{self._print(expr.lhs)} {_RELATIONS[expr.rel_op]} {self._print(expr.rhs)}"

    def _print_Assignment(self, expr: Assignment) -> str:
        return f"{self._print(expr.lhs)} <- {self._print(expr.rhs)}"

    def _print_Tuple(self, expr: Any) -> str:
        return f"({self._list(expr)})"

    def _print_MatrixBase(self, expr: Any) -> str:
        if expr.cols == 1:
            return f'vec(delim: "[", {self._list(expr)})'
        rows = "; ".join(self._list(expr.row(i)) for i in range(expr.rows))
        return f'mat(delim: "[", {rows})'
