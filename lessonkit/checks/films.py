"""Finished films and what lies beside them, held against the bounds that viewers and sites set."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import av

from lessonkit import captions
from lessonkit.captions import Cue
from lessonkit.problems import LessonError, Problem
from lessonkit.project import BUILD, shown
from lessonkit.render.build import TRACKS
from lessonkit.render.film import Film, probe
from lessonkit.script import LANGUAGES, NARRATION, load_script
from lessonkit.voice.sound import LOUDNESS, RATE, loudness, read, true_peak
from lessonkit.voice.takes import scene_timeline

LANGUAGE = "hin"
SOUND = ("aac", "LC", RATE, "stereo")
LOUDNESS_OFF = 0.5  # LU
HIGHEST_PEAK = -1.0  # dBTP
MILLISECOND = 0.001  # to which caption files are exact
B_FRAMES = 2  # at most, in a row
BT709 = 1  # in ITU-T H.273, for matrix, primaries and transfer alike
AGAIN = "make it again: make render"

_CLOCK = r"(\d+):(\d\d):(\d\d)[.,](\d{3})"
_CUE = re.compile(rf"{_CLOCK} --> {_CLOCK}\n(.+?)\n(?:\n|\Z)", re.DOTALL)


def finished_films(lesson: str = "", scene: str = "") -> list[Path]:
    """The films in build/ of all qualities, or of one lesson or scene."""
    films = []
    for path in sorted(BUILD.glob("*/**/*.mp4")):
        names = path.relative_to(BUILD).with_suffix("").parts[1:]  # lesson, or lesson and scene
        described = path.with_suffix(".json").is_file()
        if described and (not lesson or names[0] == lesson) and (not scene or names[-1] == scene):
            films.append(path)
    return films


def check_film(path: Path) -> list[Problem]:
    """Every bound that a finished film breaks: its container, its captions, what lies beside it."""
    try:
        manifest = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        film = probe(path)
    except ValueError as error:
        return [Problem(shown(path), f"cannot be read: {error}", AGAIN)]
    problems = [Problem(shown(path), what, AGAIN) for what in _container(film, manifest)]
    for kind in (*TRACKS, "poster.png"):
        if not path.with_suffix(f".{kind}").is_file():
            problems.append(Problem(shown(path), f"has no .{kind} beside it", AGAIN))
    if film_has_sound(path):
        problems += [Problem(shown(path), what, AGAIN) for what in _sound(path, film)]
    lesson = path.parent.name if len(manifest["scenes"]) == 1 else path.stem
    for lang in LANGUAGES:
        problems += _captions(path, lang, lesson, manifest)
    return problems


def _container(film: Film, manifest: dict[str, Any]) -> Iterator[str]:
    """What a site would refuse, or a player show otherwise than it is."""
    wanted = manifest["picture"]
    frame = 1 / film.fps if film.fps else 0.0
    for wrong, what in (
        (not film.moov_first, "moov stands after mdat: it cannot play before it is loaded whole"),
        (film.has_edit_list, "has an edit list, which players treat differently"),
        (film.profile != "High", f"H.264 profile is {film.profile}, not High"),
        (film.pix_fmt != "yuv420p", f"pixels are {film.pix_fmt}, not yuv420p"),
        (not film.closed_gops, "has an open GOP"),
        (
            film.longest_gop > film.fps / 2,
            f"a GOP has {film.longest_gop} frames; half a second has {film.fps / 2:g}",
        ),
        (film.longest_b_run > B_FRAMES, f"{film.longest_b_run} B-frames stand in a row"),
        (
            {film.matrix, film.primaries, film.transfer} != {BT709} or not film.tv_range,
            f"colours are not tagged BT.709, tv range (matrix {film.matrix}, primaries "
            f"{film.primaries}, transfer {film.transfer})",
        ),
        (not film.constant_rate, "the frame rate is not constant"),
        (
            (film.width, film.height, round(film.fps)) != (*wanted.values(),),
            f"is {film.width}×{film.height} at {film.fps:g} frames a second, not "
            "{width}×{height} at {fps}".format(**wanted),
        ),
        (film.title != manifest["title"][NARRATION], f"title is '{film.title}'"),
        (film.language != LANGUAGE, f"language is '{film.language}', not {LANGUAGE}"),
    ):
        if wrong:
            yield what
    seconds = sum(scene["duration"] for scene in manifest["scenes"])
    if abs(film.duration - seconds) > frame:
        yield f"the picture lasts {film.duration:.3f} s, its scenes {seconds:.3f} s"
    yield from _chapters(film, manifest, frame)


def film_has_sound(path: Path) -> bool:
    """Whether a film has a sound track; without a voice it has none."""
    with av.open(path) as film:
        return bool(film.streams.audio)


def _sound(path: Path, film: Film) -> Iterator[str]:
    with av.open(path) as file:
        track = file.streams.audio[0]
        codec = track.codec_context
        kind = (codec.name, codec.profile, codec.sample_rate, codec.layout.name)
        language = track.language
    if kind != SOUND:
        yield f"sound is {kind}, not {SOUND}"
    if language != LANGUAGE:
        yield f"the sound's language is '{language}', not {LANGUAGE}"
    samples = read(path)
    seconds = len(samples) / RATE
    if abs(seconds - film.duration) > 1 / film.fps:
        yield f"sound lasts {seconds:.3f} s, the picture {film.duration:.3f} s"
    if abs(loudness(samples) - LOUDNESS) > LOUDNESS_OFF:
        yield f"loudness is {loudness(samples):.1f} LUFS, not {LOUDNESS:g} ± {LOUDNESS_OFF:g}"
    if true_peak(samples) > HIGHEST_PEAK:
        yield f"true peak is {true_peak(samples):.2f} dBTP; at most {HIGHEST_PEAK:g}"


def _chapters(film: Film, manifest: dict[str, Any], frame: float) -> Iterator[str]:
    listed = [(c.start, c.title) for c in film.chapters]
    scenes = [(scene["start"], scene["title"][NARRATION]) for scene in manifest["scenes"]]
    same = len(listed) == len(scenes) and all(
        abs(start - expected) <= frame and title == name
        for (start, title), (expected, name) in zip(listed, scenes, strict=True)
    )
    if not same:
        yield f"chapters are {listed}, its scenes {scenes}"
    if any(abs(b.start - a.end) > frame for a, b in pairwise(film.chapters)):
        yield "between two chapters is a gap"


def _captions(path: Path, lang: str, lesson: str, manifest: dict[str, Any]) -> Iterator[Problem]:
    """The caption files, measured as a viewer gets them."""
    tracks = {
        kind: path.with_suffix(f".{lang}.{kind}")
        for kind in ("vtt", "srt")
        if path.with_suffix(f".{lang}.{kind}").is_file()
    }
    read = {kind: _cues(file, manifest) for kind, file in tracks.items()}
    if len(read) == 2 and [c.lines for c in read["vtt"]] != [c.lines for c in read["srt"]]:
        yield Problem(shown(tracks["srt"]), f"says other than {tracks['vtt'].name}", AGAIN)
    for kind, track in read.items():
        fps = manifest["picture"]["fps"]
        for scene in manifest["scenes"]:
            try:
                script = load_script(lesson, scene["id"], lang)
                timeline = scene_timeline(load_script(lesson, scene["id"]))
            except LessonError as error:
                yield from error.problems
                continue
            ids = {beat["id"] for beat in scene["beats"]}
            start, stop = scene["start"], scene["start"] + scene["duration"]
            own = [
                Cue(_on_frame(c.start - start, fps), _on_frame(c.end - start, fps), c.lines, c.beat)
                for c in track
                if start - MILLISECOND <= c.start < stop - MILLISECOND and c.beat in ids
            ]
            for problem in captions.check(own, script, timeline, fps):
                what = f"{scene['id']}: {problem.what}"
                yield Problem(shown(tracks[kind]), what, problem.fix, beat=problem.beat)


def _on_frame(seconds: float, fps: int) -> float:
    """Files hold milliseconds: a time that is a frame's to the millisecond is that frame's."""
    nearest = round(seconds * fps) / fps
    return nearest if abs(nearest - seconds) <= MILLISECOND else seconds


def _cues(path: Path, manifest: dict[str, Any]) -> Sequence[Cue]:
    """The cues of a WebVTT or SubRip file, each with the beat that it begins in."""
    beats = [(beat["start"], beat["id"]) for scene in manifest["scenes"] for beat in scene["beats"]]
    cues = []
    for *clock, text in _CUE.findall(path.read_text(encoding="utf-8")):
        times = [
            int(h) * 3600 + int(m) * 60 + int(s) + int(ms) / 1000
            for h, m, s, ms in (clock[:4], clock[4:])
        ]
        if path.suffix == ".vtt":
            text = html.unescape(text)
        beat = next(
            (name for start, name in reversed(beats) if start <= times[0] + MILLISECOND), ""
        )
        cues.append(Cue(times[0], times[1], tuple(text.split("\n")), beat))
    return cues
