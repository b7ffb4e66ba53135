"""How far into a scene an edit of its file cannot be seen.

A method that has not been called yet has no part in what was shown until then. So the picture up
to a method's first call is the same whatever is written inside it, as long as the rest of the file
says the same. Nothing is guessed: calls are noted while the scene runs, and methods compared as
Python reads them.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType, FunctionType


@dataclass(frozen=True)
class Edit:
    """What differs between two versions of a scene's file, where only methods do.

    Attributes:
        methods: Those whose bodies differ.
        lines: Where the lines of the other methods are now, by where they were.
    """

    methods: frozenset[str]
    lines: Mapping[int, int]


def edit_between(old: str, new: str, scene: str) -> Edit | None:
    """The edit that makes one source of another; None if it changes more than methods' bodies.

    Args:
        old: What the file said.
        new: What it says.
        scene: The class whose methods are compared.
    """
    try:
        (before, old_rest), (after, new_rest) = _parted(old, scene), _parted(new, scene)
    except SyntaxError:
        return None
    if old_rest != new_rest:
        return None
    same = [name for name in before if ast.dump(before[name]) == ast.dump(after[name])]
    lines = {
        a.lineno: b.lineno
        for name in same
        for a, b in zip(ast.walk(before[name]), ast.walk(after[name]), strict=True)
        if isinstance(a, ast.stmt | ast.expr) and isinstance(b, ast.stmt | ast.expr)
    }
    return Edit(frozenset(before.keys() - same), lines)


class FirstCalls:
    """Notes at which frame each method of a scene is first called, until it is stopped.

    Attributes:
        now: The frame that the scene has come to. Whoever watches it says so.
        frames: By method, as far as they have been called.
    """

    def __init__(self, scene: type, source: str) -> None:
        self.now = 0
        self.frames: dict[str, int] = {}
        self._waiting: dict[str, tuple[FunctionType, CodeType]] = {}
        vars(sys.modules[scene.__module__])[_NOTE] = self._note
        for name in _parted(source, scene.__name__)[0]:
            method = vars(scene)[name]
            if not (isinstance(method, FunctionType) and method.__name__ == name):
                self.frames[name] = 0  # replaced by something else, which calls it who knows when
                continue
            # It stays the same object, whoever holds it; with the first call it is as it was.
            self._waiting[name] = method, method.__code__
            method.__signature__ = inspect.signature(method)  # type: ignore[attr-defined]
            method.__code__ = _stub(name, method.__code__)

    def stop(self) -> None:
        """Leave the methods as they were."""
        for name in list(self._waiting):
            self._restored(name)

    def _note(self, name: str) -> FunctionType:
        self.frames[name] = self.now
        return self._restored(name)

    def _restored(self, name: str) -> FunctionType:
        method, method_code = self._waiting.pop(name)
        method.__code__ = method_code
        del method.__signature__  # type: ignore[attr-defined]
        return method


def adopt(scene: type, source: str) -> None:
    """Give a scene's methods the bodies of another source, an edit of methods alone.

    Raises:
        ValueError: a method uses `super` or such now, and did not before, or the reverse.
    """
    (body,) = _codes(compile(source, inspect.getfile(scene), "exec"), {scene.__name__})
    for code in _codes(body, _parted(source, scene.__name__)[0].keys()):
        method = vars(scene)[code.co_name]
        if isinstance(method, FunctionType) and method.__name__ == code.co_name:
            method.__code__ = code


def _codes(code: CodeType, names: Collection[str]) -> list[CodeType]:
    found = (const for const in code.co_consts if isinstance(const, CodeType))
    return [const for const in found if const.co_name in names]


_NOTE = "__first_call__"


def _stub(name: str, code: CodeType) -> CodeType:
    """Code that notes a call, then makes it. It names the variables that the code shares."""
    shared = ", ".join(code.co_freevars)
    source = (
        f"def around({shared}):\n"
        "  def stub(*args, **named):\n"
        f"    {shared}\n"
        f"    return {_NOTE}({name!r})(*args, **named)\n"
    )
    (around,) = _codes(compile(source, "<first call>", "exec"), {"around"})
    return _codes(around, {"stub"})[0]


@lru_cache(maxsize=4)
def _parted(source: str, scene: str) -> tuple[dict[str, ast.Module], str]:
    """The bodies of a class's methods, by name, and all the rest of the file."""
    tree = ast.parse(source)
    bodies: dict[str, ast.Module] = {}
    for part in tree.body:
        if isinstance(part, ast.ClassDef) and part.name == scene:
            for method in part.body:
                # What is decorated may be called by another name, or when the class is made.
                if isinstance(method, ast.FunctionDef) and not method.decorator_list:
                    bodies[method.name] = ast.Module(method.body, [])
                    method.body = []
    return bodies, ast.dump(tree)
