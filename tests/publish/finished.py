"""A lesson's finished films as they lie in a build folder, without drawing them."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image

from lessonkit.render.build import TRACKS
from lessonkit.script import LANGUAGES, load_lessons, load_script
from lessonkit.voice.takes import narration

CUE = {"vtt": "WEBVTT\n\n1\n00:00:01.000 --> 00:00:02.000\n{0}\n"}
CUE["srt"] = "1\n00:00:01,000 --> 00:00:02,000\n{0}\n"


def build(folder: Path, lesson: str, captions: str = "burned") -> Path:
    """Write the films of a lesson of this project into `folder`; returns the lesson's film.

    Their bytes are no film's, but the manifests tell what a render tells, timed by the takes.
    """
    entry = load_lessons()[lesson]
    listed, start = [], 0.0
    for scene in entry.scenes:
        scripts = {lang: load_script(lesson, scene, lang) for lang in LANGUAGES}
        timeline = narration(scripts["hi"]).timeline
        beats = [{"id": b.id, "start": b.start, "end": b.end} for b in timeline.beats]
        title = {lang: script.title for lang, script in scripts.items()}
        listed.append({"id": scene, "start": start, "title": title, "beats": beats})
        path = folder / lesson / f"{scene}.mp4"
        _film(path, title, [listed[-1]], timeline.duration, captions)
        start += timeline.duration
    path = folder / f"{lesson}.mp4"
    _film(path, entry.title, listed, start, captions)
    return path


def _film(
    path: Path, title: object, scenes: list[dict[str, object]], duration: float, captions: str
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(f"film {path.stem} ".encode() * 1000)
    for track in TRACKS:
        kind = track.rsplit(".", 1)[-1]
        path.with_suffix(f".{track}").write_text(CUE[kind].format(f"{path.stem} {track}"))
    Image.new("RGB", (64, 36), "#10141A").save(path.with_suffix(".poster.png"))
    told = {
        "title": title,
        "duration": duration,
        "picture": {"width": 1920, "height": 1080, "fps": 60},
        "captions": captions,
        "scenes": scenes,
        "files": {path.name: path.stat().st_size},
    }
    path.with_suffix(".json").write_text(json.dumps(told))
