"""Manim's own functions, quicker: the same numbers to the last bit, for less work.

A scene spends most of its recording in a few of Manim's functions that are called for each shape
of each frame. `quicker` replaces them while it lasts. It belongs to `record`, under whose versions
of Manim each was compared with what it replaces.
"""

from __future__ import annotations

import copy
import gc
import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from functools import lru_cache
from math import isfinite
from operator import attrgetter
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np
from manim import ManimColor, Mobject, VMobject
from manim.camera import camera
from manim.scene import scene
from manim.utils.iterables import remove_list_redundancies

NEW_OBJECTS = 50_000  # from one look for garbage to the next; tens of megabytes


@contextmanager
def quicker() -> Iterator[None]:
    """Manim's functions are replaced inside this block, and garbage is looked for less often.

    Mobjects come by the thousand, and each look went through all that is loaded, torch as well.
    """
    often = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *often[1:])
    theirs = [(owner, name, getattr(owner, name)) for owner, name, _ in REPLACED]
    for owner, name, ours in REPLACED:
        setattr(owner, name, ours)
    try:
        yield
    finally:
        for owner, name, function in theirs:
            setattr(owner, name, function)
        _known.cache_clear()  # it holds mobjects
        gc.set_threshold(*often)
        gc.unfreeze()


# -- families: most mobjects are leaves --------------------------------------------------------


def _get_family(self: Mobject, recurse: bool = True) -> list[Mobject]:  # noqa: ARG001 # Manim's
    family: list[Mobject] = []
    _walk(self, family, set())
    return _each_once(family)


def _walk(mobject: Mobject, family: list[Mobject], above: set[Mobject]) -> None:
    family.append(mobject)
    if mobject.submobjects:
        above.add(mobject)
        for child in mobject.submobjects:
            if not child.submobjects:
                family.append(child)
            elif child not in above:
                _walk(child, family, above)
        above.remove(mobject)


def _each_once(mobjects: list[Mobject]) -> list[Mobject]:
    return mobjects if len(set(mobjects)) == len(mobjects) else remove_list_redundancies(mobjects)


def _family_members_with_points(self: Mobject) -> list[Mobject]:
    return [m for m in self.get_family() if len(m.points) > 0]


def _extract_mobject_family_members(
    mobjects: Iterable[Mobject],
    use_z_index: bool = False,
    only_those_with_points: bool = False,
) -> list[Mobject]:
    found: list[Mobject] = []
    for mobject in mobjects:
        if mobject.submobjects:
            found += mobject.get_family()
        else:
            found.append(mobject)
    if only_those_with_points:
        found = [m for m in found if len(m.points) > 0]
    found = _each_once(found)
    return sorted(found, key=attrgetter("z_index")) if use_z_index else found


# -- updaters ----------------------------------------------------------------------------------


def _update(self: Mobject, dt: float = 0, recursive: bool = True) -> Mobject:
    if self.updating_suspended:
        return self
    for updater in self.updaters:
        if _takes_dt(updater):
            updater(self, dt)  # type: ignore[call-arg]
        else:
            updater(self)  # type: ignore[call-arg]
    if recursive:
        for child in self.submobjects:
            if child.updaters or child.submobjects or type(child).update is not _update:
                child.update(dt, recursive=recursive)
    return self


def _takes_dt(updater: Callable[..., Any]) -> bool:
    known = _known if isinstance(updater, FunctionType) else _known.__wrapped__
    return known(updater)


@lru_cache(maxsize=4096)
def _known(updater: Callable[..., Any]) -> bool:
    return "dt" in inspect.signature(updater).parameters


# -- points and colours ------------------------------------------------------------------------


def _consider_points_equals(self: VMobject, p0: Any, p1: Any) -> bool:
    """np.allclose, number by number: for three numbers that is ten times quicker."""
    if not (isinstance(p0, np.ndarray) and isinstance(p1, np.ndarray) and p0.ndim == p1.ndim == 1):
        return np.allclose(p0, p1, atol=self.tolerance_for_point_equality)
    tolerance = self.tolerance_for_point_equality
    for a, b in zip(p0.tolist(), p1.tolist(), strict=True):
        if a != b and not (abs(a - b) <= tolerance + 1e-5 * abs(b) and isfinite(b)):
            return False
    return True


def _get_points_defining_boundary(self: VMobject) -> Any:
    """The anchors of a family, without an object for each of them."""
    found = []
    for member in self.get_family():
        points = member.points
        if len(points) == 1:
            found.append(points)
        elif len(points):
            found.append(np.stack((points[::4], points[3::4]), axis=1).reshape(-1, 3))
    if len(found) == 1:
        return found[0].copy()
    return np.concatenate(found) if found else np.array(())


def _get_critical_point(self: Mobject, direction: Any) -> Any:
    result = np.zeros(self.dim)
    points = self.get_points_defining_boundary()
    if len(points) == 0:
        return result
    for dim in range(self.dim):
        along, key = points[:, dim], direction[dim]
        if key < 0:
            result[dim] = _least(along)
        elif key > 0:
            result[dim] = _most(along)
        else:
            result[dim] = (_least(along) + _most(along)) / 2
    return result


_least, _most = np.minimum.reduce, np.maximum.reduce


def _update_rgbas_array(self: VMobject, name: str, color: Any = None, opacity: Any = None) -> Any:
    rgbas = self.__dict__.get(name)
    one = opacity is None or isinstance(opacity, float | int)
    if color is None and one and rgbas is not None and len(rgbas) and not self.sheen_factor:
        if opacity is not None:
            rgbas[:, 3] = opacity
        return self
    return _their_update_rgbas_array(self, name, color, opacity)


_their_update_rgbas_array: Any = VMobject.update_rgbas_array


def _interpolate_color(
    self: VMobject, mobject1: VMobject, mobject2: VMobject, alpha: float
) -> VMobject:
    for name in _STYLE:
        end = getattr(mobject2, name)
        if alpha == 1.0:  # Manim interpolates, then puts the end in its place
            value = end.copy() if isinstance(end, np.ndarray) else end
        else:
            value = (1 - alpha) * getattr(mobject1, name) + alpha * end
        setattr(self, name, value)
    return self


_STYLE = (
    "fill_rgbas",
    "stroke_rgbas",
    "background_stroke_rgbas",
    "stroke_width",
    "background_stroke_width",
    "sheen_direction",
    "sheen_factor",
)


# -- copies ------------------------------------------------------------------------------------


def _deepcopy(self: Mobject, memo: dict[int, Any]) -> Mobject:
    """Without copying what never changes, nor asking everything else how it is copied."""
    result = type(self).__new__(type(self))
    memo[id(self)] = result
    for name, value in self.__dict__.items():
        setattr(result, name, _copied(value, memo))
    result.original_id = str(id(self))
    return result


def _copied(value: Any, memo: dict[int, Any]) -> Any:
    kind = type(value)
    if kind in _UNCHANGING or isinstance(value, Enum):
        return value
    if id(value) in memo:
        return memo[id(value)]
    if isinstance(value, Mobject):
        return value.__deepcopy__(memo)
    if kind is np.ndarray and value.dtype != object:
        memo[id(value)] = array = value.copy(order="K")
        return array
    if kind is list:
        items: list[Any] = []
        memo[id(value)] = items
        items += [_copied(item, memo) for item in value]
        return items
    return copy.deepcopy(value, memo)


_UNCHANGING = {
    *(type(None), bool, int, float, str, bytes, type, ManimColor),
    *(np.float64, np.int64, np.bool_, FunctionType, BuiltinFunctionType),
}

REPLACED: tuple[tuple[Any, str, Any], ...] = (
    (Mobject, "get_family", _get_family),
    (Mobject, "family_members_with_points", _family_members_with_points),
    (camera, "extract_mobject_family_members", _extract_mobject_family_members),
    (scene, "extract_mobject_family_members", _extract_mobject_family_members),
    (Mobject, "update", _update),
    (VMobject, "consider_points_equals", _consider_points_equals),
    (VMobject, "get_points_defining_boundary", _get_points_defining_boundary),
    (Mobject, "get_critical_point", _get_critical_point),
    (VMobject, "update_rgbas_array", _update_rgbas_array),
    (VMobject, "interpolate_color", _interpolate_color),
    (Mobject, "__deepcopy__", _deepcopy),
)
