"""The mathematics of the lessons."""

from mathcore.derivatives import (
    LimitDefinition,
    Line,
    Nudge,
    difference_quotients,
    limit_definition,
    nudge,
    secant_line,
    tangent_line,
)
from mathcore.function import Function, function
from mathcore.typst import typst

__all__ = [
    "Function",
    "LimitDefinition",
    "Line",
    "Nudge",
    "difference_quotients",
    "function",
    "limit_definition",
    "nudge",
    "secant_line",
    "tangent_line",
    "typst",
]
