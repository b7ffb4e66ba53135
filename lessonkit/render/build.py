"""From a choice of lessons to finished films: what is needed is drawn, what is there is kept."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from functools import cache
from itertools import accumulate, pairwise
from multiprocessing import get_context, parent_process
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import Any

from lessonkit.captions import Cue, chapters_webvtt, cues, srt, webvtt
from lessonkit.checks.source import check_source
from lessonkit.problems import LessonError, Problem
from lessonkit.project import BUILD, ROOT, SCENES, missing_fonts, shown, written_whole
from lessonkit.render.film import Chapter, Picture, join, probe
from lessonkit.script import (
    LANGUAGES,
    NARRATION,
    Lesson,
    Script,
    check_scripts,
    load_script,
    script_path,
)
from lessonkit.timeline import Timeline, estimate

QUALITIES = {
    "preview": Picture(854, 480, 15),
    "draft": Picture(1280, 720, 30),
    "high": Picture(1920, 1080, 60),
    "ultra": Picture(3840, 2160, 60),
}
CAPTIONS = ("burned", "soft", "none")
CONTAINER_LANGUAGE = {"hi": "hin", "en": "eng"}  # ISO 639-2, as MP4 writes it

# What every picture depends on beside its own scene and script.
SHARED_INPUTS = (
    "lessonkit/**/*.py",
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

    @property
    def picture(self) -> Picture:
        """Size and rate of the quality."""
        return QUALITIES[self.quality]

    @property
    def folder(self) -> Path:
        """Where films of this quality go."""
        return BUILD / self.quality


@dataclass(frozen=True)
class Part:
    """One scene, ready to be drawn."""

    lesson: str
    scene: str
    scripts: Mapping[str, Script]
    timeline: Timeline
    cues: Mapping[str, tuple[Cue, ...]]
    segment: Path
    burned: tuple[Cue, ...]

    @property
    def poster(self) -> Path:
        """The scene's last picture."""
        return self.segment.with_suffix(".png")


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
                    parts.append(_part(lesson.id, scene, options))
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
    if parts := to_draw(films, options):
        _draw_all(parts, options, progress)
    made = []
    for film in films:
        reused = _up_to_date(film, options)
        if not reused:
            _finish(film, options)
        manifest = json.loads(film.target.with_suffix(".json").read_text(encoding="utf-8"))
        size = film.target.stat().st_size
        made.append(Made(film.target, manifest["duration"], size, reused))
    _forget_old_segments(films)
    return made


def to_draw(films: Sequence[Film], options: Options) -> list[Part]:
    """The parts that `build` will draw, each once."""
    stale = [film for film in films if not _up_to_date(film, options)]
    parts = {part.segment: part for film in stale for part in film.parts}
    return [p for p in parts.values() if not (p.segment.is_file() and p.poster.is_file())]


# -- planning ----------------------------------------------------------------------------------


def _part(lesson: str, scene: str, options: Options) -> Part:
    scripts = {lang: load_script(lesson, scene, lang) for lang in LANGUAGES}
    timeline = estimate(scripts[NARRATION])
    tracks = {lang: cues(s, timeline, options.picture.fps) for lang, s in scripts.items()}
    burned = tracks[options.caption_lang] if options.captions == "burned" else ()
    key = hashlib.sha256(_shared_digest().encode())
    for path in (SCENES / lesson / f"{scene}.py", scripts[NARRATION].path):
        key.update(path.read_bytes())
    key.update(repr((options.picture, burned)).encode())
    segment = options.folder / "segments" / lesson / f"{scene}-{key.hexdigest()[:16]}.mp4"
    return Part(lesson, scene, scripts, timeline, tracks, segment, burned)


@cache
def _shared_digest() -> str:
    digest = hashlib.sha256()
    for pattern in SHARED_INPUTS:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(f"{path.relative_to(ROOT)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _film_key(film: Film, options: Options) -> str:
    """Everything a film and its sidecars are made of."""
    parts = [(p.segment.name, p.scripts["en"].title, p.cues) for p in film.parts]
    described = repr((parts, dict(film.titles), options.captions, _shared_digest()))
    return hashlib.sha256(described.encode()).hexdigest()


def _up_to_date(film: Film, options: Options) -> bool:
    try:
        manifest = json.loads(film.target.with_suffix(".json").read_text(encoding="utf-8"))
        return manifest["key"] == _film_key(film, options) and all(
            (film.target.parent / name).stat().st_size == size
            for name, size in manifest["files"].items()
        )
    except (OSError, ValueError, KeyError, AttributeError):
        return False


# -- drawing -----------------------------------------------------------------------------------

_reports: list[SimpleQueue[tuple[int, int]]] = []  # in each worker, the way home for progress


def _start_worker(reports: SimpleQueue[tuple[int, int]]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the first process answers
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _reports.append(reports)


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    if parent := parent_process():
        parent.join()
        os._exit(1)


def _draw_part(nth: int, part: Part, picture: Picture) -> None:
    from lessonkit.render.draw import draw  # in the worker only: manim takes a second to load

    (reports,) = _reports
    draw(
        part.lesson,
        part.scene,
        picture,
        part.segment,
        part.poster,
        part.burned,
        lambda frames: reports.put((nth, frames)),
    )


def _draw_all(
    parts: Sequence[Part], options: Options, progress: Callable[[Part, int], None]
) -> None:
    """Draw scenes side by side; a fault in one lets the others finish, then is reported."""
    for part in parts:
        part.segment.parent.mkdir(parents=True, exist_ok=True)
    context = get_context("spawn")
    # No thread stands behind a SimpleQueue: a scene's reports are home before its result is.
    reports: SimpleQueue[tuple[int, int]] = context.SimpleQueue()
    problems: list[Problem] = []
    killed: list[str] = []
    # The longest first: the last to start must not be the one all wait for.
    longest_first = sorted(range(len(parts)), key=lambda n: -parts[n].timeline.duration)
    pool = ProcessPoolExecutor(min(options.jobs, len(parts)), context, _start_worker, (reports,))
    try:
        drawing = {pool.submit(_draw_part, n, parts[n], options.picture): n for n in longest_first}
        running = set(drawing)
        while running:
            done, running = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
            while not reports.empty():
                nth, frames = reports.get()
                progress(parts[nth], frames)
            for future in done:
                try:
                    future.result()
                except LessonError as error:
                    problems += error.problems
                except BrokenProcessPool:
                    killed.append(parts[drawing[future]].scene)
    except BaseException:
        for process in list(pool._processes.values()):  # the pool offers no kill
            process.terminate()
        raise
    finally:
        pool.shutdown()
        _sweep(parts)
    if killed:
        what = f"a process that draws was killed, before these were done: {', '.join(killed)}"
        fix = "run again: finished scenes are kept; if it recurs, use JOBS=1 (less memory)"
        problems.append(Problem(shown(SCENES), what, fix))
    if problems:
        raise LessonError(list(dict.fromkeys(problems)))


def _sweep(parts: Sequence[Part]) -> None:
    """Remove what processes were writing when they were killed: they could not."""
    for part in parts:
        if not part.segment.is_file():
            for half in part.segment.parent.glob(f".{part.segment.stem}.*"):
                half.unlink(missing_ok=True)


# -- finishing ---------------------------------------------------------------------------------


def _finish(film: Film, options: Options) -> None:
    """Join the segments and write everything beside the film; the manifest comes last."""
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
    manifest = target.with_suffix(".json")
    manifest.unlink(missing_ok=True)  # until the new one stands, nothing here is up to date
    join(
        [part.segment for part in film.parts],
        target,
        title=film.titles[NARRATION],
        language=CONTAINER_LANGUAGE[NARRATION],
        chapters=chapters,
    )
    files = [target]
    for lang, track in tracks.items():
        files.append(_write(target.with_suffix(f".{lang}.vtt"), webvtt(track)))
        files.append(_write(target.with_suffix(f".{lang}.srt"), srt(track)))
    listed = [(c.start, c.end, c.title) for c in chapters]
    files.append(_write(target.with_suffix(".chapters.vtt"), chapters_webvtt(listed)))
    poster = target.with_suffix(".poster.png")
    with written_whole(poster) as temporary:
        shutil.copyfile(film.parts[0].poster, temporary)
    files.append(poster)
    _write(manifest, json.dumps(_manifest(film, options, files), ensure_ascii=False, indent=2))


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


def _forget_old_segments(films: Sequence[Film]) -> None:
    """Remove segments that an edit has replaced; they would never be asked for again."""
    for part in [part for film in films for part in film.parts]:
        for path in part.segment.parent.glob(f"{part.scene}-*"):
            if path.stem != part.segment.stem:
                path.unlink(missing_ok=True)
