"""Films to publish, made in seconds: the course's real words and times over a plain picture.

Everything beside them (captions, words, chapters, manifest) is written by the functions that write
it for real films. Needs no drawing, so every page of the course can be under test.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw

from lessonkit.captions import Cue, chapters_webvtt, cues, srt, webvtt, words_webvtt
from lessonkit.script import LANGUAGES, Lesson, load_script
from lessonkit.timeline import Timeline
from lessonkit.voice.takes import narration

WIDTH, HEIGHT = 320, 180
RATE = 2  # frames a second: enough to tell where in the film a picture is from


def make_films(lesson: Lesson, folder: Path) -> None:
    """A lesson's film and its scenes' films in `folder`, as `make render` lays them out."""
    start = 0.0
    scenes, tracks = [], {lang: [] for lang in LANGUAGES}
    for name in lesson.scenes:
        scripts = {lang: load_script(lesson.id, name, lang) for lang in LANGUAGES}
        timeline = narration(scripts["hi"]).timeline
        titles = {lang: script.title for lang, script in scripts.items()}
        own = {lang: cues(script, timeline, 15) for lang, script in scripts.items()}
        _write(folder / lesson.id / f"{name}.mp4", titles, [(name, 0.0, timeline, titles)], own)
        scenes.append((name, start, timeline, titles))
        for lang, track in own.items():
            tracks[lang] += [Cue(c.start + start, c.end + start, c.lines, c.beat) for c in track]
        start += timeline.duration
    _write(folder / f"{lesson.id}.mp4", lesson.title, scenes, tracks)


def _write(
    film: Path,
    title: Mapping[str, str],
    scenes: Sequence[tuple[str, float, Timeline, Mapping[str, str]]],
    tracks: Mapping[str, Sequence[Cue]],
) -> None:
    film.parent.mkdir(parents=True, exist_ok=True)
    duration = sum(timeline.duration for _, _, timeline, _ in scenes)
    _encode(film, duration)
    for lang, track in tracks.items():
        film.with_suffix(f".{lang}.vtt").write_text(webvtt(track), encoding="utf-8")
        film.with_suffix(f".{lang}.srt").write_text(srt(track), encoding="utf-8")
    words = [
        (start + word.start, start + word.end, word.text)
        for _, start, timeline, _ in scenes
        for beat in timeline.beats
        for word in beat.words
    ]
    film.with_suffix(".words.vtt").write_text(words_webvtt(words), encoding="utf-8")
    chapters = [(s, s + t.duration, titles["hi"]) for _, s, t, titles in scenes]
    film.with_suffix(".chapters.vtt").write_text(chapters_webvtt(chapters), encoding="utf-8")
    picture = Image.new("RGB", (854, 480), "#10141A")
    ImageDraw.Draw(picture).line([(60, 60), (420, 440), (800, 40)], fill="#F5A93B", width=6)
    picture.save(film.with_suffix(".poster.png"))
    told = {
        "title": dict(title),
        "duration": duration,
        "picture": {"width": WIDTH, "height": HEIGHT, "fps": RATE},
        "captions": "burned",
        "caption_lang": "hi",
        "scenes": [
            {
                "id": name,
                "start": start,
                "duration": timeline.duration,
                "title": dict(titles),
                "beats": [
                    {"id": b.id, "start": start + b.start, "end": start + b.end}
                    for b in timeline.beats
                ],
            }
            for name, start, timeline, titles in scenes
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
