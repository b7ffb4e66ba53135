"""A scene's code without running it: held against its script, both ways, and what it imports."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from pathlib import Path

from lessonkit.problems import Problem
from lessonkit.project import ROOT, SCENES, shown
from lessonkit.script import Script

_DEVANAGARI = re.compile("[\u0900-\u097f]")


def check_source(source: Path, script: Script) -> list[Problem]:
    """Beats, marks and labels that the scene plays and the script lacks, and the reverse.

    Also text that belongs in the script: a scene holds no Devanagari.
    """
    place = shown(source)
    try:
        tree = ast.parse(source.read_text(encoding="utf-8"), str(source))
    except SyntaxError as error:
        return [Problem(place, f"syntax error: {error.msg}", "correct this line", error.lineno)]
    problems = [
        Problem(
            place,
            f"text in the code: {node.value.strip()[:60]!r}",
            f'move it to [labels] in {shown(script.path)} and write self.label("…")',
            node.lineno,
        )
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and _DEVANAGARI.search(node.value)
    ]
    problems += _beats(tree, place, script)
    # A scene may loop over names, so any string counts as a use.
    words = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)}
    marks = {mark: beat.line for beat in script.beats for mark in beat.marks}
    labels = dict.fromkeys(script.labels, 0)
    for what, methods, known, form in (
        ("mark", ("to", "until"), marks, "[[{}]] before a word"),
        ("label", ("label",), labels, '{} = "…" under [labels]'),
    ):
        used = dict(_names(tree, methods))
        for name in used.keys() - known.keys():
            fix = f"write {form.format(name)} in {shown(script.path)}, or correct the name"
            what_is = f"{what} '{name}' is not in the script"
            problems.append(Problem(place, what_is, fix, used[name]))
        for name in known.keys() - words:
            fix = f"use it in {place}, or remove it"
            what_is = f"the scene does not use {what} '{name}'"
            problems.append(Problem(shown(script.path), what_is, fix, known[name] or None))
    return sorted(problems, key=lambda p: (p.file, p.line or 0))


def code_of(source: Path) -> list[Path]:
    """The files below `scenes/` that run when a scene does: its own, and what they import."""
    found: set[Path] = set()
    unread = [source]
    while unread:
        file = unread.pop()
        if file not in found:
            found.add(file)
            unread += _imported(file)
    return sorted(found)


@cache
def _imported(file: Path) -> tuple[Path, ...]:
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except SyntaxError:
        return ()  # who runs it will be told
    package = file.relative_to(ROOT).parts[:-1]
    names = [".".join(package)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            origin = ".".join((*above, *filter(None, [node.module])))
            names += [f"{origin}.{alias.name}" for alias in node.names]  # a module, or in one
    ways = (accumulate(name.split("."), Path.joinpath, initial=ROOT) for name in names)
    places = {place for way in ways for place in way}
    files = {file for p in places for file in (p.with_suffix(".py"), p / "__init__.py")}
    return tuple(f for f in files if f.is_relative_to(SCENES) and f.is_file())


def _beats(tree: ast.AST, place: str, script: Script) -> Iterator[Problem]:
    played = list(_names(tree, ("beat",)))
    ids = {beat.id for beat in script.beats}
    seen: dict[str, int] = {}
    for name, line in played:
        if name not in ids:
            fix = f"add the beat to {shown(script.path)}, or correct the name"
            yield Problem(place, "this beat is not in the script", fix, line, name)
        elif name in seen:
            fix = f"play it once; it is also in line {seen[name]}"
            yield Problem(place, "this beat is played twice", fix, line, name)
        seen.setdefault(name, line)
    for beat in script.beats:
        if beat.id not in seen:
            fix = f'add  with self.beat("{beat.id}") as beat:  to {place}, or remove the beat'
            what = "the scene does not play this beat"
            yield Problem(shown(script.path), what, fix, beat.line, beat.id)


def _names(tree: ast.AST, methods: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    """The first argument, where it is a literal, of every call of these methods, in file order."""
    calls = [
        (node.args[0].value, node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in methods
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    ]
    yield from sorted(calls, key=lambda call: call[1])
