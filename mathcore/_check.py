"""Bad input becomes a ValueError that names the argument, its value and what is allowed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float, Shaped

Number: TypeAlias = float | int | np.integer[Any]
# What callers may pass; the checks below say precisely what is wrong with it.
VectorLike: TypeAlias = Shaped[np.ndarray, "*input"] | Sequence[Number]
ArrayLike: TypeAlias = Number | VectorLike | Sequence[Sequence[Number]]


def bad(argument: str, value: object, allowed: str) -> ValueError:
    """The error for an argument outside what is allowed."""
    return ValueError(f"{argument} = {value!r} is not allowed: it must be {allowed}")


def number(argument: str, value: object, *, above: float | int = -math.inf) -> float:
    """A finite float greater than `above`."""
    allowed = "a finite number" + (f" > {above:g}" if above > -math.inf else "")
    try:
        result = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise bad(argument, value, allowed) from error
    if not (math.isfinite(result) and result > above):
        raise bad(argument, value, allowed)
    return result


def nonzero(argument: str, value: object) -> float:
    """A finite float other than zero."""
    result = number(argument, value)
    if result == 0:
        raise bad(argument, value, "a finite number other than 0")
    return result


def count(argument: str, value: object, *, least: int = 0) -> int:
    """An integer not below `least`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise bad(argument, value, f"an integer >= {least}")
    return int(value)


def array(argument: str, value: object) -> Float[np.ndarray, "*shape"]:
    """A float64 array of any shape without NaN or infinity."""
    try:
        result = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise bad(argument, value, "numbers in a rectangular array") from error
    if not np.isfinite(result).all():
        raise bad(argument, value, "finite everywhere (no NaN, no infinity)")
    return result


def vector(argument: str, value: object, *, length: int | None = None) -> Float[np.ndarray, " n"]:
    """A one-dimensional float64 array without NaN, of the given length if there is one."""
    result = array(argument, value)
    if result.ndim != 1 or (length is not None and len(result) != length):
        size = "any length" if length is None else f"length {length}"
        raise bad(argument, value, f"a one-dimensional array of {size}, not shape {result.shape}")
    return result


def interval(argument: str, value: Sequence[Number]) -> tuple[float, float]:
    """Two finite numbers in rising order."""
    low, high = vector(argument, value, length=2)
    if not low < high:
        raise bad(argument, value, "(low, high) with low < high")
    return float(low), float(high)
