"""Lesson scripts: what is said and what is written on screen, as TOML that a reviewer can edit.

`assets/script/<lesson>/lesson.toml` names the lesson and orders its scenes;
`<scene>.hi.toml` holds a scene's narration and labels, `<scene>.en.toml` its English twin.
Everything wrong in a file, and between the twins, is reported in one pass.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from lessonkit.problems import LessonError, Problem
from lessonkit.project import SCRIPTS, shown
from lessonkit.toml_reader import TomlReader

NARRATION = "hi"
LANGUAGES = {"hi": "Hindi", "en": "English"}
ROLES = ("question", "hint", "answer")
VOICE = "VOICE"  # this variable of the environment overrides every voice that files choose
LONGEST_PAUSE = 15.0  # seconds; a longer silence is a mistake, not time to think

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MARK = re.compile(r"\[\[([^\[\]]*)\]\]")
_EXAMPLE_BEAT = '[[beat]]\n        id = "curve"\n        say = "f(x) = x² का graph देखिए।"'


@dataclass(frozen=True)
class Beat:
    """One narration unit. `marks` maps a name to the offset in `text` of the word it precedes."""

    id: str
    say: str
    text: str
    marks: Mapping[str, int] = field(default_factory=dict)
    spoken: str | None = None
    pause: float = 0.0
    role: str | None = None
    line: int = 0
    voice: str | None = None


@dataclass(frozen=True)
class Script:
    """What one scene says and writes, in one language."""

    scene: str
    lang: str
    path: Path
    title: str
    objective: str
    reviewed_by: str
    labels: Mapping[str, str]
    beats: tuple[Beat, ...]

    def label(self, name: str) -> str:
        """The markup of one label; an unknown name is the scene author's mistake."""
        if name not in self.labels:
            close = get_close_matches(name, self.labels, n=1)
            hint = f"did you mean '{close[0]}'? or " if close else ""
            raise LessonError(
                [
                    Problem(
                        shown(self.path),
                        f"the scene writes label '{name}', which is not in [labels]",
                        f'{hint}add the line  {name} = "…"  under [labels]',
                    )
                ]
            )
        return self.labels[name]


@dataclass(frozen=True)
class Lesson:
    """One film: its title in each language and its scenes in order."""

    id: str
    title: Mapping[str, str]
    scenes: tuple[str, ...]


def load_lessons(root: Path = SCRIPTS) -> dict[str, Lesson]:
    """All lessons by id, in the order of their folder names.

    Raises:
        LessonError: naming every fault in every lesson.toml.
    """
    files = sorted(root.glob("*/lesson.toml"))
    if not files:
        raise LessonError(
            [
                Problem(
                    shown(root),
                    "no lesson found",
                    "add a folder with a lesson.toml that lists the scenes",
                )
            ]
        )
    reader = TomlReader()
    lessons = {path.parent.name: _lesson(reader, path) for path in files}
    reader.finish()
    return lessons


def script_path(lesson: str, scene: str, lang: str = NARRATION, root: Path = SCRIPTS) -> Path:
    """Where the script of one scene in one language is."""
    return root / lesson / f"{scene}.{lang}.toml"


def load_script(lesson: str, scene: str, lang: str = NARRATION, root: Path = SCRIPTS) -> Script:
    """The script of one scene in one language.

    Raises:
        LessonError: with every fault of the file, each with line, beat and fix.
    """
    reader = TomlReader()
    script = _script(reader, script_path(lesson, scene, lang, root), scene, lang)
    reader.finish()
    return script


def check_scripts(root: Path = SCRIPTS) -> list[Problem]:
    """Every fault of every lesson: each file alone, twins against each other, strays in folders."""
    reader = TomlReader()
    for path in sorted(root.glob("*/lesson.toml")):
        lesson = _lesson(reader, path)
        if not lesson.scenes:
            continue  # that is the fault; no script here is a stray
        for scene in lesson.scenes:
            twins = {
                lang: _script(reader, script_path(lesson.id, scene, lang, root), scene, lang)
                for lang in LANGUAGES
            }
            _compare_twins(reader, twins)
        expected = {f"{scene}.{lang}.toml" for scene in lesson.scenes for lang in LANGUAGES}
        for stray in sorted(p for p in path.parent.glob("*.toml") if p.name != "lesson.toml"):
            if stray.name not in expected:
                reader.add(
                    stray,
                    "no lesson plays this script",
                    f"add its scene to scenes in {shown(path)}, or remove the file",
                )
    return reader.problems


def _lesson(reader: TomlReader, path: Path) -> Lesson:
    table = reader.table(path)
    name = path.parent.name
    if table is None:
        return Lesson(name, {}, ())
    reader.keys(path, table, {"scenes": list, "title": dict, "voice": str})
    titles = table.get("title")
    titles = titles if isinstance(titles, dict) else {}
    reader.keys(path, titles, dict.fromkeys(LANGUAGES, str))
    title = {lang: reader.text(path, titles, lang) for lang in LANGUAGES}
    scenes = table.get("scenes")
    scenes = scenes if isinstance(scenes, list) else []
    line = reader.line(path, r"^\s*scenes\s*=")
    if not scenes:
        fix = 'add  scenes = ["…", …]  in playing order'
        reader.add(path, "scenes is missing or empty", fix, line=line)
    for nth, scene in enumerate(scenes):
        if not isinstance(scene, str) or not scene:
            fix = "name a scene by its file, in double quotes and without .py"
            reader.add(path, f"scenes holds {scene!r}", fix, line=line)
        elif scene in scenes[:nth]:
            reader.add(path, f"scene '{scene}' is listed twice", "keep it once", line=line)
    return Lesson(name, title, tuple(dict.fromkeys(s for s in scenes if isinstance(s, str) and s)))


def _script(reader: TomlReader, path: Path, scene: str, lang: str) -> Script:
    table = reader.table(path)
    empty = Script(scene, lang, path, "", "", "", {}, ())
    if table is None:
        return empty
    allowed = {"title": str, "objective": str, "reviewed_by": str, "labels": dict, "beat": list}
    reader.keys(path, table, allowed)
    labels = table.get("labels")
    labels = labels if isinstance(labels, dict) else {}
    reader.keys(path, labels, dict.fromkeys(labels, str))
    for name in labels:
        reader.text(path, labels, name)
    raw_beats = table.get("beat")
    raw_beats = raw_beats if isinstance(raw_beats, list) else []
    if not raw_beats:
        reader.add(path, "has no beats", f"add at least one:\n        {_EXAMPLE_BEAT}")
    beats = tuple(_beat(reader, path, raw, n) for n, raw in enumerate(raw_beats))
    _unique(reader, path, "beat id", [(b.id, b) for b in beats if b.id])
    _unique(reader, path, "mark", [(m, b) for b in beats for m in b.marks])
    return Script(
        scene=scene,
        lang=lang,
        path=path,
        title=reader.text(path, table, "title"),
        objective=reader.text(path, table, "objective"),
        reviewed_by=str(table.get("reviewed_by", "")),
        labels={name: str(text) for name, text in labels.items()},
        beats=beats,
    )


def _beat(reader: TomlReader, path: Path, raw: Any, nth: int) -> Beat:
    line = reader.line(path, r"^\s*\[\[\s*beat\s*\]\]", nth)
    if not isinstance(raw, dict):
        reader.add(path, f"beat {raw!r} is not a table", f"write:\n        {_EXAMPLE_BEAT}")
        return Beat("", "", "")
    name = raw.get("id") if isinstance(raw.get("id"), str) else None
    at: dict[str, Any] = {"beat": name, "line": line}
    allowed = {"id": str, "say": str, "spoken": str, "pause": float, "role": str, "voice": str}
    reader.keys(path, raw, allowed, **at)
    beat_id = reader.text(path, raw, "id", **at)
    if beat_id and not _ID.fullmatch(beat_id):
        reader.add(path, f"id '{beat_id}' is not kebab-case", 'write it like "shrink-h"', **at)
    say = reader.text(path, raw, "say", **at)
    pause = raw.get("pause", 0.0)
    pause = float(pause) if isinstance(pause, int | float) else 0.0
    if not 0.0 <= pause <= LONGEST_PAUSE:
        fix = f"use seconds between 0 and {LONGEST_PAUSE:g}"
        reader.add(path, f"pause = {pause:g}", fix, **at)
    role = raw.get("role")
    if isinstance(role, str) and role not in ROLES:
        reader.add(path, f"role = '{role}'", f"use one of {', '.join(ROLES)}, or leave it", **at)
    if "spoken" in raw:
        reader.text(path, raw, "spoken", **at)
    if "voice" in raw:
        reader.text(path, raw, "voice", **at)
    text, marks = _split_marks(reader, path, say, at)
    return Beat(
        beat_id, say, text, marks, raw.get("spoken"), pause, role, line or 0, raw.get("voice")
    )


def _split_marks(
    reader: TomlReader, path: Path, say: str, at: Mapping[str, Any]
) -> tuple[str, dict[str, int]]:
    """The shown text, and for each mark the offset of the word that follows it."""
    marks: dict[str, int] = {}
    text = ""
    rest = 0
    for mark in _MARK.finditer(say):
        text = _joined(text, say[rest : mark.start()])
        rest = mark.end()
        name = mark[1]
        if not _ID.fullmatch(name):
            fix = "write it like [[turn]], lower case with hyphens"
            reader.add(path, f"mark [[{name}]] is not kebab-case", fix, **at)
        if not say[rest:].strip() or _MARK.sub("", say[rest:]).strip() == "":
            fix = "put it before the word that starts the motion"
            reader.add(path, f"mark [[{name}]] has no word after it", fix, **at)
        if rest < len(say) and say[rest] != " ":
            fix = f"write  [[{name}]] word"
            reader.add(path, f"mark [[{name}]] touches the next word", fix, **at)
        if name in marks:
            reader.add(path, f"mark '{name}' is used twice", "rename one of the two", **at)
        marks[name] = len(text.rstrip()) + (1 if text.strip() else 0)
    text = _joined(text, say[rest:]).strip()
    if "[[" in text or "]]" in text:
        fix = "write a mark as [[name]]"
        reader.add(path, "say has a broken mark: brackets without a partner", fix, **at)
    return text, marks


def _joined(left: str, right: str) -> str:
    return left + right.lstrip() if left.endswith(" ") or not left else left + right


def _unique(reader: TomlReader, path: Path, what: str, named: list[tuple[str, Beat]]) -> None:
    first: dict[str, Beat] = {}
    for name, beat in named:
        if name in first:
            fix = f"rename one of the two; the first is in line {first[name].line}"
            reader.add(path, f"{what} '{name}' is used twice", fix, beat=beat.id, line=beat.line)
        first.setdefault(name, beat)


def _compare_twins(reader: TomlReader, twins: Mapping[str, Script]) -> None:
    """Report where a translation and the narration are not the same beats in the same order."""
    narration = twins[NARRATION]
    ids = [b.id for b in narration.beats]
    for lang, twin in twins.items():
        twin_ids = [b.id for b in twin.beats]
        if lang == NARRATION or not ids or not twin_ids or twin_ids == ids:
            continue
        for missing in [i for i in ids if i not in twin_ids]:
            fix = f"translate it from {shown(narration.path)}"
            reader.add(twin.path, "this beat of the narration is missing", fix, beat=missing)
        for beat in twin.beats:
            if beat.id not in ids:
                fix = f"remove it, or add it to {shown(narration.path)}"
                what = "the narration has no such beat"
                reader.add(twin.path, what, fix, beat=beat.id, line=beat.line)
        if sorted(twin_ids) == sorted(ids):
            fix = f"keep the order of {shown(narration.path)}"
            reader.add(twin.path, "the beats are in another order than the narration's", fix)
