"""What the preview's forks do: one frame at once; the film and its storyboard; the findings."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from PIL import Image

from lessonkit.captions import cues
from lessonkit.preview.storyboard import PICTURE, draw_panels
from lessonkit.problems import LessonError, Problem
from lessonkit.project import BUILD, ROOT, SCENES, shown, written_whole
from lessonkit.render.display import Store
from lessonkit.render.film import join
from lessonkit.render.sketch import Sketch, Watcher, glimpse, instants, sketch
from lessonkit.render.slices import Cutter, Slice, SliceFolder
from lessonkit.render.soundtrack import soundtrack
from lessonkit.render.work import SLICES
from lessonkit.script import VOICE, Script, load_script
from lessonkit.source import check_source
from lessonkit.stage import LessonScene
from lessonkit.timeline import Timeline
from lessonkit.voice.takes import NONE, Narration, narration

FOLDER = BUILD / "preview-page"
LANGUAGE = "hin"

Say = Callable[[dict[str, Any]], None]


def run(request: dict[str, Any], say: Say) -> None:
    """Do one request; answers go out as they come."""
    lesson, scene = request["lesson"], request["scene"]
    try:
        if request["kind"] == "picture":
            _picture(lesson, scene, request["beat"], request["offset"], request["run"], say)
        elif request["kind"] == "film":
            _film(lesson, scene, request["run"], say)
        else:
            os.nice(10)
            _findings(lesson, scene, request["run"], say)
    except LessonError as error:
        if request["kind"] == "film":  # the other runs meet the same
            say({"kind": "problems", "problems": [_described(p) for p in error.problems]})


def _picture(lesson: str, scene: str, beat: str, offset: float, run: int, say: Say) -> None:
    def moment(timeline: Timeline) -> float:
        span = next((b for b in timeline.beats if b.id == beat), timeline.beats[0])
        return min(span.start + offset, span.end - 1 / PICTURE.fps)

    _spoken(load_script(lesson, scene))
    frame, number = glimpse(lesson, scene, PICTURE, moment)
    path = _folder(lesson, scene) / f"{run}.png"
    with written_whole(path) as temporary:
        Image.fromarray(frame[..., :3]).save(temporary, compress_level=1)
    say({"kind": "picture", "file": _file(path), "time": number / PICTURE.fps})


def _film(lesson: str, scene: str, run: int, say: Say) -> None:
    script = load_script(lesson, scene)
    source = SCENES / lesson / f"{scene}.py"
    spoken, silent = _spoken(script)
    heard = [(spoken.timeline, spoken.takes)]
    sounding = get_context("fork").Process(target=soundtrack, args=(heard, SLICES))
    sounding.start()
    problems = [*check_source(source, script), *silent]
    with _Drawers() as drawers:
        cutting = _Cutting(drawers)
        made = sketch(lesson, scene, PICTURE, cutting)
        problems = [*made.problems, *(problems if not made.problems else [])]
        if made.problems:
            say({"kind": "problems", "problems": [_described(p) for p in problems]})
            return
        cutting.cutter.finish()
        drawers.finish()
    sounding.join()
    path = _folder(lesson, scene) / f"{run}.mp4"
    join(
        [SLICES.path(piece.key) for piece in cutting.cutter.slices],
        path,
        title=script.title,
        language=LANGUAGE,
        sound=soundtrack(heard, SLICES),
    )
    # First what is wrong: a page that shows this film no longer shows the mistakes before it.
    say({"kind": "problems", "problems": [_described(p) for p in problems]})
    say({"kind": "film", "file": _file(path), **_timeline(lesson, scene, made)})
    panels = draw_panels(made, _folder(lesson, scene) / f"{run}-panels")
    told = [
        {"file": _file(panel.picture), "name": panel.name, "time": frame / PICTURE.fps}
        for panel, (frame, *_) in zip(panels, instants(made.timeline, PICTURE.fps), strict=False)
    ]
    say({"kind": "storyboard", "panels": told})


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


def _timeline(lesson: str, scene: str, made: Sketch) -> dict[str, Any]:
    english = {beat.id: beat.text for beat in load_script(lesson, scene, "en").beats}
    hindi = {beat.id: beat.text for beat in made.script.beats}
    fps = PICTURE.fps
    return {
        "title": made.script.title,
        "duration": made.timeline.duration,
        "beats": [
            {
                "id": beat.id,
                "start": beat.start,
                "end": beat.end,
                "text": hindi[beat.id],
                "english": english.get(beat.id, ""),
                "marks": [{"name": name, "time": at} for name, at in beat.marks.items()],
            }
            for beat in made.timeline.beats
        ],
        "cues": [{"start": c.start, "end": c.end, "text": c.text} for c in made.cues],
        "plays": [
            {"start": p.first / fps, "end": p.stop / fps, "what": p.what, "line": p.line}
            for p in made.plays
        ],
    }


class _Cutting(Watcher):
    """Cuts a scene into slices while it is run, for others to draw at the same time."""

    cutter: Cutter

    def __init__(self, drawers: _Drawers) -> None:
        self._drawers = drawers
        self._store = Store({}, {})  # the cutter forgets what it has used, the sketch must not

    def during(self, scene: LessonScene, made: Sketch, frame: int) -> None:
        if not frame:
            fps = PICTURE.fps
            starts = [round(beat.start * fps) for beat in scene.timeline.beats]
            captions = cues(made.script, scene.timeline, fps)
            self.cutter = Cutter(
                PICTURE, starts, captions, self._store, self._drawers, self._drawers.draw_soon
            )
        self._store.outlines, self._store.pictures = made.store.outlines, made.store.pictures
        self.cutter.take(made.list_at(frame), made.frames - frame)


class _Drawers(SliceFolder):
    """The folder of slices, with processes that draw what is asked for while the scene runs."""

    def __init__(self) -> None:
        super().__init__(SLICES.folder)
        context = get_context("fork")
        self._keys = context.Queue()
        helpers = max(1, (os.cpu_count() or 2) - 1)
        self._helpers = [context.Process(target=self._work) for _ in range(helpers)]

    def __enter__(self) -> _Drawers:
        for helper in self._helpers:
            helper.start()
        return self

    def __exit__(self, *_: object) -> None:
        for helper in self._helpers:
            helper.kill()

    def draw_soon(self, piece: Slice) -> None:
        """Have a slice drawn, unless it is there from an earlier run."""
        if self.find(piece.key) is None:
            self._keys.put(piece.key)

    def finish(self) -> None:
        """Help, then wait until all is drawn."""
        for _ in range(len(self._helpers) + 1):
            self._keys.put("")
        self._work()
        for helper in self._helpers:
            helper.join()

    def _work(self) -> None:
        while key := self._keys.get():
            self.draw(key)


def _described(problem: Problem) -> dict[str, Any]:
    return asdict(problem)


def _folder(lesson: str, scene: str) -> Path:
    return FOLDER / lesson / scene


def _file(path: Path) -> str:
    return str(path.relative_to(ROOT / "build"))
