"""Films to publish, made in seconds: the course's real words, times and posters, a plain picture.

What lies beside them is written by the functions that write it for real films. Nothing is drawn, so
every page of the course can be under test, in browsers that play the films.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from lessonkit.captions import Cue, chapters_webvtt, srt, webvtt, words_webvtt
from lessonkit.project import ROOT
from lessonkit.script import LANGUAGES, Lesson, Script, load_script
from lessonkit.timeline import Timeline
from lessonkit.voice.takes import narration

GOLDEN = ROOT / "tests" / "golden"
WIDTH, HEIGHT = 160, 90
RATE = 2  # frames a second


def make_films(lesson: Lesson, folder: Path, captions: str = "burned") -> None:
    """A lesson's film and its scenes' films in `folder`, as `make render` lays them out."""
    start = 0.0
    scenes: list[_Told] = []
    for name in lesson.scenes:
        scripts = {lang: load_script(lesson.id, name, lang) for lang in LANGUAGES}
        timeline = narration(scripts["hi"]).timeline
        told = [_Told(0.0, timeline, scripts)]
        _write(folder / lesson.id / f"{name}.mp4", told, captions)
        scenes.append(_Told(start, timeline, scripts))
        start += timeline.duration
    _write(folder / f"{lesson.id}.mp4", scenes, captions, lesson.title)


@dataclass(frozen=True)
class _Told:
    """A scene in a film that it begins at `start`."""

    start: float
    timeline: Timeline
    scripts: Mapping[str, Script]

    def cues(self, lang: str) -> list[Cue]:
        """One for each beat: where real ones break is not what pages are about."""
        return [
            Cue(span.start + self.start, span.words[-1].end + self.start, (beat.text,), beat.id)
            for span, beat in zip(self.timeline.beats, self.scripts[lang].beats, strict=True)
        ]


def _write(
    film: Path, scenes: list[_Told], captions: str, title: Mapping[str, str] | None = None
) -> None:
    film.parent.mkdir(parents=True, exist_ok=True)
    titles = [{lang: script.title for lang, script in s.scripts.items()} for s in scenes]
    duration = sum(scene.timeline.duration for scene in scenes)
    _encode(film, duration)
    for lang in LANGUAGES:
        track = [cue for scene in scenes for cue in scene.cues(lang)]
        film.with_suffix(f".{lang}.vtt").write_text(webvtt(track), encoding="utf-8")
        film.with_suffix(f".{lang}.srt").write_text(srt(track), encoding="utf-8")
    words = [
        (scene.start + word.start, scene.start + word.end, word.text)
        for scene in scenes
        for beat in scene.timeline.beats
        for word in beat.words
    ]
    film.with_suffix(".words.vtt").write_text(words_webvtt(words), encoding="utf-8")
    chapters = [
        (s.start, s.start + s.timeline.duration, name["hi"])
        for s, name in zip(scenes, titles, strict=True)
    ]
    film.with_suffix(".chapters.vtt").write_text(chapters_webvtt(chapters), encoding="utf-8")
    first = scenes[0].timeline
    shutil.copyfile(
        GOLDEN / first.scene / f"{first.beats[1].id}.png", film.with_suffix(".poster.png")
    )
    told = {
        "title": dict(title or titles[0]),
        "duration": duration,
        "picture": {"width": WIDTH, "height": HEIGHT, "fps": RATE},
        "captions": captions,
        "caption_lang": "hi",
        "scenes": [
            {
                "id": scene.timeline.scene,
                "start": scene.start,
                "duration": scene.timeline.duration,
                "title": name,
                "beats": [
                    {"id": b.id, "start": scene.start + b.start, "end": scene.start + b.end}
                    for b in scene.timeline.beats
                ],
            }
            for scene, name in zip(scenes, titles, strict=True)
        ],
    }
    film.with_suffix(".json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


def _encode(film: Path, duration: float) -> None:
    """A grey that brightens from 0 to 255 through the film."""
    frames = round(duration * RATE)
    with av.open(str(film), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, RATE)
        stream.options = {"preset": "ultrafast", "g": "4"}
        for number in range(frames):
            grey = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
            grey[:HEIGHT] = 16 + 219 * number // frames
            frame = av.VideoFrame.from_ndarray(grey, format="yuv420p")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
