"""A scene's code held against its script, both ways, without running it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from lessonkit.problems import Problem
from lessonkit.project import shown
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
