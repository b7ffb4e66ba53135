"""What the preview's forks do: a frame at once, film and storyboard after it; the findings."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PIL import Image

from lessonkit.captions import Cue, cues
from lessonkit.preview.shares import FORK, run_in_shares
from lessonkit.preview.storyboard import PICTURE
from lessonkit.problems import LessonError, Problem
from lessonkit.project import BUILD, ROOT, SCENES, shown, written_whole
from lessonkit.render.draw import authors_mistakes, scene_class
from lessonkit.render.film import join
from lessonkit.render.sketch import Play, sketch
from lessonkit.render.soundtrack import soundtrack
from lessonkit.render.work import SLICES
from lessonkit.script import VOICE, Script, load_script
from lessonkit.source import check_source
from lessonkit.timeline import Timeline
from lessonkit.voice.takes import NONE, Narration, narration

FOLDER = BUILD / "preview-page"
LANGUAGE = "hin"

Say = Callable[[dict[str, Any]], None]


def run(request: dict[str, Any], say: Say) -> None:
    """Do one request; answers go out as they come."""
    lesson, scene = request["lesson"], request["scene"]
    if request["kind"] == "findings":
        os.nice(10)
        _findings(lesson, scene, request["run"], say)
        return
    try:
        script = load_script(lesson, scene)
        spoken, silent = _spoken(script)
        with authors_mistakes(lesson, scene):
            scene_class(lesson, scene)  # loaded once, for all forks of this one
        picturing = FORK.Process(target=_picture, args=(request, spoken.timeline, say))
        picturing.start()
        try:
            os.nice(5)  # the picture comes first
            _film(script, spoken, silent, request["run"], say)
        finally:
            picturing.join()
    except LessonError as error:
        say({"kind": "problems", "problems": [_described(p) for p in error.problems]})


def _picture(request: dict[str, Any], timeline: Timeline, say: Say) -> None:
    lesson, scene = request["lesson"], request["scene"]
    beat = next((b for b in timeline.beats if b.id == request["beat"]), timeline.beats[0])
    frame = round((beat.start + float(request["offset"])) * PICTURE.fps)
    frame = max(0, min(frame, round(beat.end * PICTURE.fps) - 1))
    with suppress(LessonError):  # the film meets the same
        made = sketch(
            lesson, scene, PICTURE, first=frame, enough=lambda made, _: made.frames > frame
        )
        path = _folder(lesson, scene) / f"{request['run']}.png"
        with written_whole(path) as temporary:
            picture = Image.fromarray(made.draw(frame, caption=False)[..., :3])
            picture.save(temporary, compress_level=1)
        say({"kind": "picture", "file": _file(path), "time": frame / PICTURE.fps})


def _film(script: Script, spoken: Narration, silent: Sequence[Problem], run: int, say: Say) -> None:
    lesson, scene = script.path.parent.name, script.scene
    source = SCENES / lesson / f"{scene}.py"
    heard = [(spoken.timeline, spoken.takes)]
    sounding = FORK.Process(target=soundtrack, args=(heard, SLICES))
    sounding.start()
    faults = [*check_source(source, script), *silent]
    folder = _folder(lesson, scene)
    captions = cues(script, spoken.timeline, PICTURE.fps)
    shares, draw_panels = run_in_shares(script, spoken.timeline, captions, folder / f"{run}-panels")
    sounding.join()
    problems = [*shares[-1].problems] or faults
    # First what is wrong: a page that shows this film no longer shows the mistakes before it.
    say({"kind": "problems", "problems": [_described(p) for p in problems]})
    if shares[-1].problems:
        return
    path = folder / f"{run}.mp4"
    join(
        [SLICES.path(piece.key) for share in shares for piece in share.slices],
        path,
        title=script.title,
        language=LANGUAGE,
        sound=soundtrack(heard, SLICES),
    )
    plays = [play for share in shares for play in share.plays]
    say({"kind": "film", "file": _file(path), **_told(script, spoken.timeline, captions, plays)})
    panels = [
        {"file": _file(p.picture), "name": p.name, "time": p.frame / PICTURE.fps}
        for p in draw_panels()
    ]
    say({"kind": "storyboard", "panels": panels})


def _spoken(script: Script) -> tuple[Narration, tuple[Problem, ...]]:
    """What is heard; a script edited since its takes is silent until they are made anew."""
    try:
        return narration(script), ()
    except LessonError as error:
        os.environ[VOICE] = NONE  # of this fork: the scene will ask for its timeline too
        return narration(script), error.problems


def _findings(lesson: str, scene: str, run: int, say: Say) -> None:
    from lessonkit.checks.lint import lint_scene  # here only: the picture need not wait for it

    _spoken(load_script(lesson, scene))
    try:
        seen = lint_scene(lesson, scene)
    except LessonError:
        return  # the page shows why the scene stopped
    found = [
        {
            "rule": finding.rule,
            "beat": finding.beat,
            "time": finding.time,
            "what": f"{finding.what} ({finding.amount})",
            "fix": finding.fix,
            "place": shown(finding.file) + (f":{finding.line}" if finding.line else ""),
            "file": f"{_file(finding.crop)}?{run}" if finding.crop else "",
        }
        for finding in seen
    ]
    say({"kind": "findings", "findings": found})


def _told(
    script: Script, timeline: Timeline, captions: Sequence[Cue], plays: Sequence[Play]
) -> dict[str, Any]:
    """What the page shows beside the film."""
    lesson = script.path.parent.name
    english = {beat.id: beat.text for beat in load_script(lesson, script.scene, "en").beats}
    hindi = {beat.id: beat.text for beat in script.beats}
    fps = PICTURE.fps
    return {
        "title": script.title,
        "duration": timeline.duration,
        "beats": [
            {
                "id": beat.id,
                "start": beat.start,
                "end": beat.end,
                "text": hindi[beat.id],
                "english": english.get(beat.id, ""),
                "marks": [{"name": name, "time": at} for name, at in beat.marks.items()],
            }
            for beat in timeline.beats
        ],
        "cues": [{"start": c.start, "end": c.end, "text": c.text} for c in captions],
        "plays": [
            {"start": p.first / fps, "end": p.stop / fps, "what": p.what, "line": p.line}
            for p in plays
        ],
    }


def _described(problem: Problem) -> dict[str, Any]:
    return asdict(problem)


def _folder(lesson: str, scene: str) -> Path:
    return FOLDER / lesson / scene


def _file(path: Path) -> str:
    return str(path.relative_to(ROOT / "build"))
