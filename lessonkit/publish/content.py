"""What the course's pages hold beside its films: tables, programs, figures, and what it is about.

It stands in `assets/site/<lesson>.toml`, where an author or reviewer edits it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pygments.lexers import get_lexer_for_filename
from pygments.util import ClassNotFound

from lessonkit.problems import LessonError, Problem
from lessonkit.project import ROOT, shown
from lessonkit.publish.figures import Figure, load_figures
from lessonkit.publish.questions import Question, load_questions
from lessonkit.script import Lesson
from lessonkit.toml_reader import TomlReader

CONTENT = ROOT / "assets" / "site"
LONGEST_RUN = 120.0  # seconds; most of a program's time is torch's to load


@dataclass(frozen=True)
class Table:
    """A table of a scene's page. The first column names its rows."""

    scene: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str


@dataclass(frozen=True)
class Program:
    """A program of a scene's page. `output` is what it really printed."""

    scene: str
    title: str
    file: Path
    source: str
    output: str


@dataclass(frozen=True)
class PlacedFigure:
    """An interactive figure of a scene's page."""

    scene: str
    figure: Figure


@dataclass(frozen=True)
class Content:
    """What stands in `assets/site/<lesson>.toml`, and the lesson's questions."""

    about: str
    objectives: tuple[str, ...]
    tables: tuple[Table, ...]
    programs: tuple[Program, ...]
    figures: tuple[PlacedFigure, ...]
    questions: tuple[Question, ...]


def load_contents(lessons: Iterable[Lesson], folder: Path = CONTENT) -> dict[str, Content]:
    """What the pages of each lesson hold beside films, by lesson; programs have been run.

    Raises:
        LessonError: naming every fault of their files, and every program that fails.
    """
    problems: list[Problem] = []
    figures: Mapping[str, Figure] = {}
    try:
        figures = load_figures(folder / "figures.toml")
    except LessonError as error:
        problems += error.problems
    contents = {}
    for lesson in lessons:
        try:
            contents[lesson.id] = _content(lesson, folder, figures)
        except LessonError as error:
            problems += error.problems
    if problems:
        raise LessonError(problems)
    return contents


def _content(lesson: Lesson, folder: Path, figures: Mapping[str, Figure]) -> Content:
    path = folder / f"{lesson.id}.toml"
    reader = TomlReader()
    questions: tuple[Question, ...] = ()
    try:
        questions = load_questions(lesson, folder)
    except LessonError as error:
        reader.problems += error.problems
    table = reader.table(path)
    if table is None:
        raise LessonError(reader.problems)
    lists = {"objectives": list, "table": list, "code": list, "figure": list}
    reader.keys(path, table, {"about": str, **lists})
    about = reader.text(path, table, "about")
    objectives = _texts(reader, path, table, "objectives")
    tables = [
        _table(reader, path, raw, line, lesson.scenes)
        for raw, line in _entries(reader, path, table, "table")
    ]
    asked = [
        _program(reader, path, raw, line, lesson.scenes)
        for raw, line in _entries(reader, path, table, "code")
    ]
    placed = [
        _figure(reader, path, raw, line, lesson.scenes, figures)
        for raw, line in _entries(reader, path, table, "figure")
    ]
    reader.finish()
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        programs = list(pool.map(_ran, asked))
    if problems := [one for one in programs if isinstance(one, Problem)]:
        raise LessonError(problems)
    ran = tuple(one for one in programs if isinstance(one, Program))
    return Content(about, objectives, tuple(tables), ran, tuple(filter(None, placed)), questions)


def _entries(
    reader: TomlReader, path: Path, table: Mapping[str, Any], name: str
) -> Iterator[tuple[Mapping[str, Any], int | None]]:
    """The tables of a [[list]], each with its line."""
    raw = table.get(name)
    for number, entry in enumerate(raw if isinstance(raw, list) else []):
        line = reader.line(path, rf"^\s*\[\[\s*{name}\s*\]\]", number)
        if isinstance(entry, dict):
            yield entry, line
        else:
            reader.add(path, f"{name} holds {entry!r}", f"begin each with [[{name}]]", line=line)


def _scene(
    reader: TomlReader, path: Path, raw: Mapping[str, Any], line: int | None, known: Sequence[str]
) -> str:
    scene = reader.text(path, raw, "scene", line=line)
    if scene and scene not in known:
        reader.add(
            path,
            f"scene = '{scene}' is not in the lesson",
            f"name one of {', '.join(known)}",
            line=line,
        )
    return scene


def _texts(
    reader: TomlReader, path: Path, table: Mapping[str, Any], key: str, **at: Any
) -> tuple[str, ...]:
    values = table.get(key)
    if not isinstance(values, list) or not values:
        reader.add(path, f"{key} is missing or empty", f'add  {key} = ["…", "…"]', **at)
        return ()
    return tuple(reader.text(path, {key: value}, key, **at) for value in values)


def _table(
    reader: TomlReader, path: Path, raw: Mapping[str, Any], line: int | None, known: Sequence[str]
) -> Table:
    allowed = {"scene": str, "caption": str, "columns": list, "rows": list, "note": str}
    reader.keys(path, raw, allowed, line=line)
    columns = _texts(reader, path, raw, "columns", line=line)
    rows = []
    for row in raw.get("rows") or [()]:
        rows.append(_texts(reader, path, {"rows": row}, "rows", line=line))
        if row and isinstance(row, list) and len(row) != len(columns):
            what = f"a row has {len(row)} cells for {len(columns)} columns: {row[0]!r}"
            reader.add(path, what, "give each column its cell", line=line)
    return Table(
        _scene(reader, path, raw, line, known),
        reader.text(path, raw, "caption", line=line),
        columns,
        tuple(rows),
        str(raw.get("note", "")),
    )


def _figure(
    reader: TomlReader,
    path: Path,
    raw: Mapping[str, Any],
    line: int | None,
    known: Sequence[str],
    figures: Mapping[str, Figure],
) -> PlacedFigure | None:
    reader.keys(path, raw, {"scene": str, "name": str}, line=line)
    name = reader.text(path, raw, "name", line=line)
    if name and name not in figures:
        fix = f"name one of {', '.join(figures)}" if figures else "mend figures.toml first"
        reader.add(path, f"name = '{name}' is no figure", fix, line=line)
    scene = _scene(reader, path, raw, line, known)
    return PlacedFigure(scene, figures[name]) if name in figures else None


@dataclass(frozen=True)
class _Asked:
    """A program to run, and where it was asked for."""

    scene: str
    title: str
    file: Path
    asked_in: str
    line: int | None


def _program(
    reader: TomlReader, path: Path, raw: Mapping[str, Any], line: int | None, known: Sequence[str]
) -> _Asked:
    allowed = {"scene": str, "title": str, "file": str}
    reader.keys(path, raw, allowed, line=line)
    name = reader.text(path, raw, "file", line=line)
    file = ROOT / name
    if name and not file.is_file():
        fix = "name a program's file from the project's folder on"
        reader.add(path, f"file = '{name}' does not exist", fix, line=line)
    elif name:
        try:
            get_lexer_for_filename(name)
        except ClassNotFound:
            reader.add(path, f"file = '{name}' is in no known language", "name a .py", line=line)
    return _Asked(
        _scene(reader, path, raw, line, known),
        reader.text(path, raw, "title", line=line),
        file,
        shown(path),
        line,
    )


def _ran(asked: _Asked) -> Program | Problem:
    source = asked.file.read_text(encoding="utf-8")
    fix = "mend the program"
    # -I: nothing of this folder or the environment takes part, as for who copies the program.
    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-I", "-X", "utf8", str(asked.file)],
            capture_output=True,
            encoding="utf-8",
            timeout=LONGEST_RUN,
            check=False,
        )
    except subprocess.TimeoutExpired:
        what = f"{shown(asked.file)} still runs after {LONGEST_RUN:g} s"
        return Problem(asked.asked_in, what, fix, asked.line)
    if done.returncode:
        what = f"{shown(asked.file)} fails: {(done.stderr.strip().splitlines() or ['?'])[-1]}"
        return Problem(asked.asked_in, what, fix, asked.line)
    return Program(asked.scene, asked.title, asked.file, source, done.stdout.rstrip("\n"))
