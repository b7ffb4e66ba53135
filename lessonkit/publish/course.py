"""The finished films of a course with all that lies beside them, as those who publish need them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lessonkit.problems import LessonError, Problem
from lessonkit.project import BUILD, ROOT, shown
from lessonkit.render.build import TRACKS, drawn_scenes
from lessonkit.script import LANGUAGES, Lesson, Script, load_script
from lessonkit.timeline import Timeline
from lessonkit.toml_reader import TomlReader
from lessonkit.voice.takes import narration

COURSE = ROOT / "assets" / "publish" / "course.toml"


@dataclass(frozen=True)
class Course:
    """What is said of the course as a whole. Texts are by language."""

    title: Mapping[str, str]
    description: Mapping[str, str]
    level: str  # for whom, as search engines name it


@dataclass(frozen=True)
class FinishedFilm:
    """One MP4 with what `make render` wrote beside it. Times are seconds from the film's start."""

    path: Path
    title: Mapping[str, str]  # by language
    duration: float
    width: int
    height: int
    captions_burned: bool
    manifest: Mapping[str, Any]

    @property
    def poster(self) -> Path:
        """The picture shown before the film plays, a PNG of the film's size."""
        return self.path.with_suffix(".poster.png")

    def track(self, kind: str) -> Path:
        """A file of `TRACKS`, such as "hi.vtt"."""
        return self.path.with_suffix(f".{kind}")


@dataclass(frozen=True)
class FinishedScene:
    """A scene's own film, and what is said in it. `start`: seconds into the lesson's film."""

    id: str
    start: float
    film: FinishedFilm
    scripts: Mapping[str, Script]  # by language
    timeline: Timeline


@dataclass(frozen=True)
class FinishedLesson:
    """A lesson's film and the films of its scenes, in order."""

    id: str
    film: FinishedFilm
    scenes: tuple[FinishedScene, ...]


def load_course(path: Path = COURSE) -> Course:
    """The course's own texts.

    Raises:
        LessonError: naming every fault of the file.
    """
    reader = TomlReader()
    table = reader.table(path) or {}
    if not reader.problems:
        reader.keys(path, table, {"title": dict, "description": dict, "level": str})
        texts: dict[str, dict[str, str]] = {}
        for key in ("title", "description"):
            given = table.get(key, {})
            given = given if isinstance(given, dict) else {}
            reader.keys(path, given, dict.fromkeys(LANGUAGES, str))
            texts[key] = {lang: reader.text(path, given, lang) for lang in LANGUAGES}
        level = reader.text(path, table, "level")
    reader.finish()
    return Course(texts["title"], texts["description"], level)


def finished_lessons(lessons: Iterable[Lesson], quality: str) -> list[FinishedLesson]:
    """The lessons as they lie in `build/<quality>/`.

    Raises:
        LessonError: each film that is missing, half there or older than its script, with the
            command that makes it.
    """
    problems: list[Problem] = []
    finished = []
    for lesson in lessons:
        try:
            finished.append(_lesson(lesson, BUILD / quality, f"make render QUALITY={quality}"))
        except LessonError as error:
            problems += error.problems
    if problems:
        raise LessonError(problems)
    return finished


def _lesson(lesson: Lesson, folder: Path, command: str) -> FinishedLesson:
    names = drawn_scenes(lesson)
    paths = [folder / f"{lesson.id}.mp4", *(folder / lesson.id / f"{n}.mp4" for n in names)]
    problems = [p for path in paths for p in _missing(path, command)]
    if problems:
        raise LessonError(problems)
    whole, *films = map(_film, paths)
    starts = {scene["id"]: scene["start"] for scene in whole.manifest["scenes"]}
    scenes = []
    for name, film in zip(names, films, strict=True):
        scripts = {lang: load_script(lesson.id, name, lang) for lang in LANGUAGES}
        timeline = narration(scripts["hi"]).timeline
        told = [(beat.id, round(beat.end, 3)) for beat in timeline.beats]
        drawn = [(b["id"], round(b["end"], 3)) for b in film.manifest["scenes"][0]["beats"]]
        if told != drawn or name not in starts:
            what = "is older than its script: their beats differ"
            problems.append(Problem(shown(film.path), what, f"make it again: {command}"))
            continue
        scenes.append(FinishedScene(name, starts[name], film, scripts, timeline))
    if problems:
        raise LessonError(problems)
    return FinishedLesson(lesson.id, whole, tuple(scenes))


def _missing(path: Path, command: str) -> Iterator[Problem]:
    manifest = path.with_suffix(".json")
    if not path.is_file() or not manifest.is_file():
        yield Problem(shown(path), "this film is missing", f"make it: {command}")
        return
    for kind in (*TRACKS, "poster.png"):
        beside = path.with_suffix(f".{kind}")
        if not beside.is_file():
            yield Problem(shown(beside), "is missing beside its film", f"make it: {command}")


def _film(path: Path) -> FinishedFilm:
    manifest = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return FinishedFilm(
        path,
        manifest["title"],
        manifest["duration"],
        manifest["picture"]["width"],
        manifest["picture"]["height"],
        manifest["captions"] == "burned",
        manifest,
    )
