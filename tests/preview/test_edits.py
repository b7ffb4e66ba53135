"""An edit's reach: which methods it changes, and when those are first called."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any

import pytest

from lessonkit.preview.edits import Edit, FirstCalls, adopt, edit_between

SOURCE = '''\
"""A scene."""

WIDTH = 2


def helper(x):
    return x + WIDTH


class Base:
    def greet(self):
        return "base"


class Scene(Base):
    size = 1

    def construct(self):
        self.early()
        return self.late(3)

    def early(self):
        self.seen = ["early"]  # a remark

    def late(self, number, *, more=1):
        return helper(number) + more

    def greet(self):
        return super().greet() + "!"

    def steps(self):
        yield 1
        yield 2

    def turn(self, mobject, dt):
        return mobject, dt

    @property
    def decorated(self):
        return 1

    def swapped(self):
        return 1

    plain, swapped = swapped, lambda self: 2
    table = (early, late)
'''


@pytest.mark.parametrize(
    ("old", "new", "methods"),
    [
        ("# a remark", "# another", set()),
        ('["early"]', '["never"]', {"early"}),
        ("return helper(number) + more", "return number", {"late"}),
        ("        yield 2\n", "        yield 2\n        yield 3\n", {"steps"}),
        ("more=1", "more=2", None),
        ("WIDTH = 2", "WIDTH = 3", None),
        ("return x + WIDTH", "return x", None),
        ('"base"', '"other"', None),
        ("size = 1", "size = 2", None),
        ("@property\n    def decorated(self):\n        return 1", "decorated = 1", None),
        ("    @property\n    def decorated(self):\n        return 1", "", None),
        ("def turn", "def twist", None),
        ("def turn(", "def turn(self:", None),
    ],
)
def test_an_edit_is_of_methods_or_of_more(old: str, new: str, methods: set[str] | None) -> None:
    assert old in SOURCE
    found = edit_between(SOURCE, SOURCE.replace(old, new, 1), "Scene")
    assert (None if found is None else found.methods) == methods


def test_a_decorated_method_counts_as_the_rest_of_the_file() -> None:
    edited = SOURCE.replace(
        "decorated(self):\n        return 1", "decorated(self):\n        return 2"
    )
    assert edited != SOURCE
    assert edit_between(SOURCE, edited, "Scene") is None


def test_lines_are_followed() -> None:
    edited = SOURCE.replace("        self.seen", "        # why\n\n        self.seen")
    found = edit_between(SOURCE, edited.replace("size = 1\n", "size = 1\n\n"), "Scene")
    assert isinstance(found, Edit)
    assert not found.methods
    before, after = SOURCE.splitlines(), edited.replace("size = 1\n", "size = 1\n\n").splitlines()
    assert len(found.lines) > 8
    for old, new in found.lines.items():
        assert before[old - 1] == after[new - 1]


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "a_scene_to_note.py").write_text(SOURCE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "a_scene_to_note", raising=False)
    return __import__("a_scene_to_note").Scene


def test_first_calls_are_noted_and_change_nothing(scene: Any) -> None:
    methods = {name: vars(scene)[name] for name in ("early", "late", "greet", "steps", "turn")}
    signatures = {name: inspect.signature(method) for name, method in methods.items()}
    codes = {name: method.__code__ for name, method in methods.items()}
    calls = FirstCalls(scene, SOURCE)
    assert {name: inspect.signature(method) for name, method in methods.items()} == signatures
    played = scene()
    assert calls.frames == {"swapped": 0}, "nobody can tell who calls it by its other name"
    calls.now = 4
    assert played.construct() == 6
    calls.now = 9
    assert played.late(1, more=2) == 5
    assert played.greet() == "base!"
    assert list(played.steps()) == [1, 2]
    calls.stop()
    assert calls.frames == {
        "swapped": 0, "construct": 4, "early": 4, "late": 4, "greet": 9, "steps": 9
    }  # fmt: skip
    assert {name: inspect.signature(method) for name, method in methods.items()} == signatures
    assert {name: vars(scene)[name].__code__ for name in methods} == codes
    assert all(vars(scene)[name] is method for name, method in methods.items())


def test_a_call_through_a_reference_from_before_is_noted(scene: Any) -> None:
    calls = FirstCalls(scene, SOURCE)
    calls.now = 7
    assert scene.table[1](scene(), 1) == 4
    assert calls.frames["late"] == 7


def test_methods_can_take_on_the_bodies_of_an_edit(scene: Any) -> None:
    played, steps = scene(), scene.steps
    edited = SOURCE.replace("yield 2\n", "yield 3\n").replace('"!"', '"?"')
    adopt(scene, edited)
    assert played.greet() == "base?"
    assert list(steps(played)) == [1, 3]
    assert played.decorated == 1
    assert played.swapped() == 2
    with pytest.raises(ValueError, match="free vars"):
        adopt(scene, SOURCE.replace("return mobject, dt", "return super()"))
