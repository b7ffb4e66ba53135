"""From a choice of lessons to finished films: what is needed is drawn, what is there is kept."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from lessonkit.captions import Cue, chapters_webvtt, cues, srt, webvtt, words_webvtt
from lessonkit.problems import LessonError, Problem
from lessonkit.project import (
    BUILD,
    ROOT,
    SCENES,
    is_old,
    missing_fonts,
    shown,
    sweep,
    written_whole,
)
from lessonkit.render.film import Caption, Chapter, Picture, join, probe
from lessonkit.render.side_by_side import side_by_side
from lessonkit.render.soundtrack import soundtrack
from lessonkit.render.work import LARGEST_CACHE, SLICES, Part, make_slices
from lessonkit.script import (
    LANGUAGES,
    NARRATION,
    Lesson,
    check_scripts,
    load_script,
    script_path,
)
from lessonkit.source import check_source, code_of
from lessonkit.voice.takes import narration

QUALITIES = {
    "preview": Picture(854, 480, 15),
    "draft": Picture(1280, 720, 30),
    "high": Picture(1920, 1080, 60),
    "ultra": Picture(3840, 2160, 60),
}
CAPTIONS = ("burned", "soft", "none")
TRACKS = (  # beside each film, after its name and a dot
    *(f"{lang}.{kind}" for lang in LANGUAGES for kind in ("vtt", "srt")),
    "chapters.vtt",
    "words.vtt",
)
CONTAINER_LANGUAGE = {"hi": "hin", "en": "eng"}  # ISO 639-2, as MP4 writes it

# What every picture depends on beside its own scene and script.
SHARED_INPUTS = (
    "lessonkit/*.py",
    "lessonkit/render/*.py",
    "lessonkit/stage/*.py",
    "lessonkit/voice/*.py",
    "mathcore/**/*.py",
    "assets/fonts/*.ttf",
    "assets/*.toml",
    "requirements.lock",
)


@dataclass(frozen=True)
class Options:
    """How films are made."""

    quality: str = "high"
    captions: str = "burned"
    caption_lang: str = NARRATION
    jobs: int = os.cpu_count() or 1
    scheduler: str = ""

    @property
    def picture(self) -> Picture:
        """Size and rate of the quality."""
        return QUALITIES[self.quality]

    @property
    def folder(self) -> Path:
        """Where films of this quality go."""
        return BUILD / self.quality


@dataclass(frozen=True)
class Film:
    """One MP4 and its sidecars: a scene alone, or a lesson's scenes in order."""

    target: Path
    titles: Mapping[str, str]
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Made:
    """What became of a film."""

    film: Path
    seconds: float
    size: int
    reused: bool


def drawn_scenes(lesson: Lesson) -> list[str]:
    """The scenes of a lesson that have code."""
    return [s for s in lesson.scenes if (SCENES / lesson.id / f"{s}.py").is_file()]


def plan(chosen: Sequence[tuple[Lesson, Sequence[str]]], options: Options) -> list[Film]:
    """The films of the chosen lessons and scenes; a lesson's film when all its scenes are chosen.

    Raises:
        LessonError: every fault of scripts and scene code, before anything is drawn.
    """
    if missing := missing_fonts():
        raise LessonError(missing)
    problems = check_scripts()
    faulty = {problem.file for problem in problems}
    films: list[Film] = []
    for lesson, scenes in chosen:
        parts = []
        for scene in scenes:
            files = {lang: shown(script_path(lesson.id, scene, lang)) for lang in LANGUAGES}
            if files[NARRATION] not in faulty:
                source = SCENES / lesson.id / f"{scene}.py"
                problems += check_source(source, load_script(lesson.id, scene))
            if not faulty.intersection(files.values()):
                try:
                    parts.append(part_of(lesson.id, scene, options))
                except LessonError as error:
                    problems += error.problems
        for part in parts:
            target = options.folder / lesson.id / f"{part.scene}.mp4"
            films.append(Film(target, {k: s.title for k, s in part.scripts.items()}, (part,)))
        if list(scenes) == drawn_scenes(lesson):
            films.append(Film(options.folder / f"{lesson.id}.mp4", lesson.title, tuple(parts)))
    if problems:
        raise LessonError(problems)
    return films


def build(
    films: Sequence[Film],
    options: Options,
    progress: Callable[[Part, int], None],
) -> list[Made]:
    """Make the films that are not up to date; finished ones are kept if this stops midway.

    `progress` is told of frames drawn, part by part.
    """
    sweep(BUILD)
    if parts := to_draw(films, options):
        make_slices(parts, options.jobs, options.scheduler, progress)
    manifests = {film.target: _up_to_date(film, options) for film in films}
    reused = {target for target, manifest in manifests.items() if manifest}
    problems: list[Problem] = []
    calls = [(film, options) for film in films if film.target not in reused]
    for (film, _), made in _finish_all(calls, options.jobs):
        if isinstance(made, LessonError):
            problems += made.problems
        else:
            manifests[film.target] = made
    if problems:
        raise LessonError(problems)
    _forget_old_recordings(films)
    SLICES.forget(LARGEST_CACHE)
    return [
        Made(target, manifest["duration"], manifest["files"][target.name], target in reused)
        for target, manifest in manifests.items()
        if manifest
    ]


def to_draw(films: Sequence[Film], options: Options) -> list[Part]:
    """The parts of films that are not up to date, as far as slices are missing, each once."""
    stale = [film for film in films if not _up_to_date(film, options)]
    parts = {part.recording: part for film in stale for part in film.parts}
    return [part for part in parts.values() if not part.is_drawn]


# -- planning ----------------------------------------------------------------------------------


def part_of(lesson: str, scene: str, options: Options) -> Part:
    """A scene as it is now; the name of its recording holds all that its pictures depend on.

    Raises:
        LessonError: faults of its scripts and takes.
    """
    scripts = {lang: load_script(lesson, scene, lang) for lang in LANGUAGES}
    told = narration(scripts[NARRATION])
    timeline = told.timeline
    tracks = {lang: cues(s, timeline, options.picture.fps) for lang, s in scripts.items()}
    burned = tracks[options.caption_lang] if options.captions == "burned" else ()
    own = _digest([*code_of(SCENES / lesson / f"{scene}.py"), scripts[NARRATION].path])
    described = repr((_shared_digest(), own, options.picture, timeline, burned))
    key = hashlib.sha256(described.encode()).hexdigest()[:16]
    recording = options.folder / "recordings" / lesson / f"{scene}-{key}.json"
    return Part(
        lesson, scene, scripts, timeline, tracks, options.picture, recording, burned, told.takes
    )


@cache
def _shared_digest() -> str:
    return _digest(path for pattern in SHARED_INPUTS for path in sorted(ROOT.glob(pattern)))


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _film_key(film: Film, options: Options) -> str:
    """Everything a film and its sidecars are made of."""
    parts = [
        (p.recording.name, p.scripts["en"].title, p.cues, [t.digest for t in p.takes.values()])
        for p in film.parts
    ]
    described = repr((parts, dict(film.titles), options.captions, _shared_digest()))
    return hashlib.sha256(described.encode()).hexdigest()


def _up_to_date(film: Film, options: Options) -> dict[str, Any] | None:
    """The manifest of a film that needs no making; None for another."""
    try:
        manifest = json.loads(film.target.with_suffix(".json").read_text(encoding="utf-8"))
        same = manifest["key"] == _film_key(film, options) and all(
            (film.target.parent / name).stat().st_size == size
            for name, size in manifest["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return manifest if same else None


# -- finishing ---------------------------------------------------------------------------------


def _finish_all(
    calls: Sequence[tuple[Film, Options]], jobs: int
) -> Iterator[tuple[tuple[Film, Options], dict[str, Any] | LessonError]]:
    if len(calls) == 1:  # not worth a process
        yield calls[0], _finish(*calls[0])
    else:
        yield from side_by_side(_finish, calls, jobs, "joining films")


def _finish(film: Film, options: Options) -> dict[str, Any]:
    """Join the slices and write everything beside the film; the manifest comes last."""
    target = film.target
    starts = [0.0, *accumulate(p.timeline.duration for p in film.parts)]
    chapters = [
        Chapter(start, end, part.scripts[NARRATION].title)
        for part, (start, end) in zip(film.parts, pairwise(starts), strict=True)
    ]
    tracks = {
        lang: [
            Cue(c.start + start, c.end + start, c.lines, c.beat)
            for part, start in zip(film.parts, starts, strict=False)
            for c in part.cues[lang]
        ]
        for lang in LANGUAGES
    }
    described = target.with_suffix(".json")
    described.unlink(missing_ok=True)  # until the new one stands, nothing here is up to date
    join(
        [SLICES.path(piece.key) for part in film.parts for piece in part.slices],
        target,
        title=film.titles[NARRATION],
        language=CONTAINER_LANGUAGE[NARRATION],
        chapters=chapters,
        captions=_inside(tracks) if options.captions == "soft" else None,
        sound=soundtrack([(part.timeline, part.takes) for part in film.parts], SLICES),
    )
    files = [target]
    for lang, track in tracks.items():
        files.append(_write(target.with_suffix(f".{lang}.vtt"), webvtt(track)))
        files.append(_write(target.with_suffix(f".{lang}.srt"), srt(track)))
    spoken = [
        (start + word.start, start + word.end, word.text)
        for part, start in zip(film.parts, starts, strict=False)
        for beat in part.timeline.beats
        for word in beat.words
    ]
    files.append(_write(target.with_suffix(".words.vtt"), words_webvtt(spoken)))
    listed = [(c.start, c.end, c.title) for c in chapters]
    files.append(_write(target.with_suffix(".chapters.vtt"), chapters_webvtt(listed)))
    poster = target.with_suffix(".poster.png")
    with written_whole(poster) as temporary:
        shutil.copyfile(film.parts[0].poster, temporary)
    files.append(poster)
    manifest = _manifest(film, options, files)
    _write(described, json.dumps(manifest, ensure_ascii=False, indent=2))
    return manifest


def _inside(tracks: Mapping[str, Sequence[Cue]]) -> dict[str, list[Caption]]:
    """Cues as tracks of the container."""
    return {
        CONTAINER_LANGUAGE[lang]: [Caption(c.start, c.end, "\n".join(c.lines)) for c in track]
        for lang, track in tracks.items()
    }


def _manifest(film: Film, options: Options, files: Sequence[Path]) -> dict[str, Any]:
    inside = probe(film.target)
    starts = [0.0, *accumulate(p.timeline.duration for p in film.parts)]
    return {
        "title": dict(film.titles),
        "duration": inside.duration,
        "quality": options.quality,
        "picture": asdict(options.picture),
        "frames": inside.frames,
        "captions": options.captions,
        "caption_lang": options.caption_lang,
        "scenes": [
            {
                "id": part.scene,
                "start": start,
                "duration": part.timeline.duration,
                "title": {lang: s.title for lang, s in part.scripts.items()},
                "reviewed_by": {lang: s.reviewed_by for lang, s in part.scripts.items()},
                "beats": [
                    {"id": b.id, "start": start + b.start, "end": start + b.end}
                    for b in part.timeline.beats
                ],
            }
            for part, start in zip(film.parts, starts, strict=False)
        ],
        "files": {path.name: path.stat().st_size for path in files},
        "key": _film_key(film, options),
    }


def _write(target: Path, text: str) -> Path:
    with written_whole(target) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return target


def _forget_old_recordings(films: Sequence[Film]) -> None:
    """Remove recordings that an edit has replaced; a young one may be of a run beside this one."""
    for part in [part for film in films for part in film.parts]:
        for path in part.recording.parent.glob(f"{part.scene}-*"):
            with suppress(FileNotFoundError):  # another run removes them too
                if path.stem != part.recording.stem and is_old(path):
                    path.unlink()
