"""Practice questions: `assets/site/<lesson>.questions.toml`, checked, for pages and packages."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lessonkit.project import ROOT, shown
from lessonkit.script import Lesson, load_script
from lessonkit.toml_reader import TomlReader

SITE = ROOT / "assets" / "site"
FEWEST, MOST = 3, 4  # choices of a question: fewer is a guess, more is not read on a phone

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_QUESTION, _CHOICE = (rf"^\s*\[\[\s*{what}\s*\]\]" for what in ("question", r"question\.choice"))
_KEYS = {
    "id": str,
    "scene": str,
    "beat": str,
    "ask": str,
    "code": str,
    "lines": list,
    "choice": list,
}


@dataclass(frozen=True)
class Choice:
    """One answer that may be chosen, and why it is right or not."""

    text: str
    why: str
    right: bool


@dataclass(frozen=True)
class Question:
    """A question with one right choice; `beat` of `scene` is where the film answers it.

    `id` is the lesson's own and `number` counts from 1 through it. `code` is the program that the
    question is about, or "".
    """

    lesson: str
    id: str
    number: int
    scene: str
    beat: str
    ask: str
    code: str
    choices: tuple[Choice, ...]

    @property
    def right(self) -> Choice:
        """The answer."""
        return next(choice for choice in self.choices if choice.right)


def load_questions(lesson: Lesson, folder: Path = SITE) -> tuple[Question, ...]:
    """The questions of a lesson in order; none if it has no file of them.

    Raises:
        LessonError: every fault of the file, each with line, question, value and fix.
    """
    path = folder / f"{lesson.id}.questions.toml"
    if not path.is_file():
        return ()
    reader = TomlReader()
    table = reader.table(path)
    questions = _Questions(reader, path, lesson).read(table) if table is not None else ()
    reader.finish()
    return questions


class _Questions:
    """One file of questions while it is read."""

    def __init__(self, reader: TomlReader, path: Path, lesson: Lesson) -> None:
        self._reader, self._path, self._lesson = reader, path, lesson
        self._choices = 0  # seen so far: their places in the file are found by counting

    def read(self, table: Mapping[str, Any]) -> tuple[Question, ...]:
        """All of them; what is wrong goes to the reader."""
        self._reader.keys(self._path, table, {"question": list})
        raw = _tables(table, "question")
        if not raw:
            self._reader.add(self._path, "has no questions", "add a [[question]], or remove it")
        questions = tuple(self._question(entry, nth) for nth, entry in enumerate(raw))
        for name, times in Counter(q.id for q in questions if q.id).items():
            if times > 1:
                what = f"id '{name}' is used by {times} questions"
                self._reader.add(self._path, what, "rename all but one")
        return questions

    def _question(self, raw: Mapping[str, Any], nth: int) -> Question:
        name = raw.get("id") if isinstance(raw.get("id"), str) else nth + 1
        line = self._reader.line(self._path, _QUESTION, nth)
        entry = _Entry(self._reader, self._path, f"question '{name}'", line)
        entry.keys(raw, _KEYS)
        identifier = entry.text(raw, "id")
        if identifier and not _ID.fullmatch(identifier):
            entry.fault(f"id '{identifier}' is not kebab-case", 'write it like "chain-rule"')
        scene, beat = entry.text(raw, "scene"), entry.text(raw, "beat")
        if scene and beat:
            self._check_place(entry, scene, beat)
        ask, code = entry.text(raw, "ask"), _code(entry, raw)
        choices = self._listed(entry, raw)
        return Question(self._lesson.id, identifier, nth + 1, scene, beat, ask, code, choices)

    def _check_place(self, entry: _Entry, scene: str, beat: str) -> None:
        if scene not in self._lesson.scenes:
            known = ", ".join(self._lesson.scenes)
            entry.fault(f"scene '{scene}' is not in the lesson", f"name one of {known}")
            return
        beats = [b.id for b in load_script(self._lesson.id, scene).beats]
        if beat not in beats:
            fix = f"name one of {', '.join(beats)}"
            entry.fault(f"beat '{beat}' is not in scene '{scene}'", fix)

    def _listed(self, entry: _Entry, raw: Mapping[str, Any]) -> tuple[Choice, ...]:
        choices = []
        for nth, one in enumerate(_tables(raw, "choice"), 1):
            line = self._reader.line(self._path, _CHOICE, self._choices)
            self._choices += 1
            of = _Entry(self._reader, self._path, f"{entry.name}, choice {nth}", line)
            of.keys(one, {"text": str, "why": str, "right": bool})
            text, why = of.text(one, "text"), of.text(one, "why")
            choices.append(Choice(text, why, one.get("right") is True))
        if not FEWEST <= len(choices) <= MOST:
            fix = f"give it {FEWEST} to {MOST} [[question.choice]]"
            entry.fault(f"has {len(choices)} choices", fix)
        rights = sum(choice.right for choice in choices)
        if rights != 1:
            fix = "write  right = true  in exactly one [[question.choice]]"
            entry.fault(f"{rights} of its choices are right", fix)
        for text, times in Counter(choice.text for choice in choices if choice.text).items():
            if times > 1:
                entry.fault(f"choice '{text}' stands there {times} times", "keep it once")
        return tuple(choices)


@dataclass(frozen=True)
class _Entry:
    """Where faults of one question are noted."""

    reader: TomlReader
    path: Path
    name: str
    line: int | None

    def fault(self, what: str, fix: str) -> None:
        """Note a mistake of this question."""
        self.reader.add(self.path, what, fix, of=self.name, line=self.line)

    def keys(self, table: Mapping[str, Any], allowed: Mapping[str, type]) -> None:
        """Note unknown keys and values of the wrong type."""
        self.reader.keys(self.path, table, allowed, of=self.name, line=self.line)

    def text(self, table: Mapping[str, Any], key: str) -> str:
        """A required line of text."""
        return self.reader.text(self.path, table, key, of=self.name, line=self.line)


def _code(entry: _Entry, raw: Mapping[str, Any]) -> str:
    """The program that the question is about, or the part of it that `lines` shows."""
    name, lines = raw.get("code"), raw.get("lines")
    if not isinstance(name, str):
        if lines is not None:
            entry.fault(f"lines = {lines!r} without a code", 'add  code = "…", the program\'s file')
        return ""
    path = (ROOT / name).resolve()
    if not path.is_relative_to(ROOT) or not path.is_file():
        entry.fault(f"code '{name}' is no file", "write its path from the project's folder")
        return ""
    source = path.read_text(encoding="utf-8").splitlines()
    if lines is None:
        return "\n".join(source)
    whole = isinstance(lines, list) and len(lines) == 2 and all(type(n) is int for n in lines)
    if not whole or not 1 <= lines[0] <= lines[1] <= len(source):
        fix = f"write  lines = [first, last], from 1 to {len(source)} as in {shown(path)}"
        entry.fault(f"lines = {lines!r}", fix)
        return ""
    return textwrap.dedent("\n".join(source[lines[0] - 1 : lines[1]]))


def _tables(table: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = table.get(key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
