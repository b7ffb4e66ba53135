"""What the preview's forks do: a frame at once, film and storyboard after it; the findings."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from lessonkit.captions import Cue, cues
from lessonkit.preview.edits import FirstCalls, adopt
from lessonkit.preview.last_film import Inputs, LastFilm, Share, last_film
from lessonkit.preview.shares import FORK, ComesOutDifferently, Errand, Seen, Shares, joined
from lessonkit.preview.storyboard import PICTURE, Panel
from lessonkit.problems import LessonError, Problem
from lessonkit.project import BUILD, ROOT, SCENES, shown, written_whole
from lessonkit.render.display import DisplayList
from lessonkit.render.draw import authors_mistakes, scene_class
from lessonkit.render.film import join
from lessonkit.render.sketch import Play, Sketch, Watcher
from lessonkit.render.soundtrack import soundtrack
from lessonkit.render.work import SLICES
from lessonkit.script import VOICE, Script, load_script
from lessonkit.source import check_source
from lessonkit.stage import LessonScene
from lessonkit.timeline import BeatSpan, Timeline
from lessonkit.voice.takes import NONE, Narration, narration

FOLDER = BUILD / "preview-page"
LANGUAGE = "hin"
LAST = "last.film"
ASKED_VOICE = os.environ.get(VOICE)

Say = Callable[[dict[str, Any]], None]
Serve = Callable[[int], tuple[dict[str, Any], Say]]
"""Forks for each request that comes out of a pipe; returns in the forks alone, with theirs."""


def run(request: dict[str, Any], say: Say, serve: Serve) -> None:
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
        if request["kind"] == "stand by":
            _stand_by(script, spoken.timeline, request, say, serve)
            return
        errand = _picture(request, spoken.timeline, say)
        if errand:
            errand.run(lesson, scene)
        captions = cues(script, spoken.timeline, PICTURE.fps)
        inputs = Inputs.of(script, spoken.timeline)
        material = _Material(script, spoken, silent, captions, inputs)
        for afresh in (False, True):
            with suppress(ComesOutDifferently):
                errand = _film(material, request["run"], say, afresh=afresh)
                if errand:
                    errand.run(lesson, scene)
                return
    except LessonError as error:
        say({"kind": "problems", "problems": [_described(p) for p in error.problems]})
    finally:
        _wait_for_forks()


def _asked_beat(request: dict[str, Any], timeline: Timeline) -> BeatSpan:
    """The beat in which the page is; the first, if it is in none of these."""
    return next((b for b in timeline.beats if b.id == request["beat"]), timeline.beats[0])


def _wait_for_forks() -> None:
    with suppress(ChildProcessError):
        while True:
            os.wait()


def _picture(request: dict[str, Any], timeline: Timeline, say: Say) -> Errand | None:
    """In a fork, and there alone, the errand of drawing the moment at which the page is."""
    if os.fork():
        os.nice(5)  # the picture comes first
        return None
    beat = _asked_beat(request, timeline)
    asked = round((beat.start + float(request["offset"])) * PICTURE.fps)
    frame = max(0, min(asked, round(beat.end * PICTURE.fps) - 1))

    def then(seen: Seen) -> None:
        if isinstance(seen, Sketch):  # else the film meets the same
            path = _folder(request["lesson"], request["scene"]) / f"{request['run']}.png"
            with written_whole(path) as temporary:
                picture = Image.fromarray(seen.draw(frame, caption=False)[..., :3])
                picture.save(temporary, compress_level=1)
            say({"kind": "picture", "file": _file(path), "time": frame / PICTURE.fps})
        os._exit(0)

    return Errand(_Glimpse(frame), then)


class _Glimpse(Watcher):
    """Sees one frame."""

    def __init__(self, frame: int) -> None:
        self.first = frame

    def enough(self, made: Sketch, items: DisplayList) -> bool:  # noqa: ARG002 # whatever is next
        return made.frames > self.first


@dataclass(frozen=True)
class _Material:
    """What a film is made of, before its pictures."""

    script: Script
    spoken: Narration
    silent: tuple[Problem, ...]  # why something is not heard
    captions: tuple[Cue, ...]
    inputs: Inputs


def _film(
    material: _Material, run: int, say: Say, *, afresh: bool = False, stands_at: int = 0
) -> Errand | None:
    """Begin with the film: in each process that takes part, its errand, if anything is to run.

    Args:
        material: What it is made of.
        run: The number of this run.
        say: For answers.
        afresh: Run all of it.
        stands_at: The frame that the scene has come to.

    Raises:
        ComesOutDifferently: the film before does not serve up to there.
    """
    script, timeline, captions = material.script, material.spoken.timeline, material.captions
    lesson, scene = script.path.parent.name, script.scene
    heard = [(timeline, material.spoken.takes)]
    sounding = FORK.Process(target=soundtrack, args=(heard, SLICES))
    sounding.start()
    folder = _folder(lesson, scene)
    last = None if afresh else last_film(folder / LAST)
    beginning = last.beginning(material.inputs, timeline) if last else None
    if stands_at > (beginning.share.stop if beginning else 0):
        raise ComesOutDifferently
    panels = folder / f"{run}-panels"

    def finish(made: list[Share], draw_panels: Callable[[], list[Panel]]) -> None:
        if made[-1].problems:
            raise LessonError(made[-1].problems)
        faults = [*check_source(SCENES / lesson / f"{scene}.py", script), *material.silent]
        sounding.join()
        # First what is wrong: a page that shows this film no longer shows the mistakes before it.
        say({"kind": "problems", "problems": [_described(p) for p in faults]})
        path = folder / f"{run}.mp4"
        whole = joined(made)
        join(
            [SLICES.path(piece.key) for piece in whole.slices],
            path,
            title=script.title,
            language=LANGUAGE,
            sound=soundtrack(heard, SLICES),
        )
        told = _told(script, timeline, captions, whole.plays)
        say({"kind": "film", "file": _file(path), **told})
        drawn = draw_panels()
        listed = [
            {"file": _file(p.picture), "name": p.name, "time": p.frame / PICTURE.fps} for p in drawn
        ]
        say({"kind": "storyboard", "panels": listed})
        if Inputs.of(script, timeline) == material.inputs:  # else nobody knows of which this is
            LastFilm(material.inputs, whole, tuple(drawn)).keep(folder / LAST)

    shares = Shares(script, timeline, captions, material.inputs, panels, last, beginning)
    return shares.errand(finish)


def _stand_by(
    script: Script, timeline: Timeline, request: dict[str, Any], say: Say, serve: Serve
) -> None:
    """Run the scene up to a beat, and wait there: an edit of what comes after goes on from there.

    Each request is done by a fork, so that the next finds the scene as it stands.
    """
    lesson, scene = script.path.parent.name, script.scene
    beat = _asked_beat(request, timeline)
    frame = round(beat.start * PICTURE.fps)
    if not frame:
        return  # a run from the start stands there as soon
    inputs, kind = Inputs.of(script, timeline), scene_class(lesson, scene)
    captions = cues(script, timeline, PICTURE.fps)
    calls = FirstCalls(kind, inputs.source)

    def go_on() -> Errand:
        nonlocal say
        say({"kind": "standing by", "beat": beat.id})
        asked, say = serve(request["requests"])
        calls.stop()
        try:
            script = load_script(lesson, scene)
            spoken, silent = _spoken(script)
            now = Inputs.of(script, spoken.timeline)
            edit = inputs.edit_to(now)
            if edit and not edit.methods & calls.frames.keys():
                adopt(kind, now.source)
                material = _Material(script, spoken, silent, captions, now)
                errand = _picture(asked, spoken.timeline, say) or _film(
                    material, asked["run"], say, stands_at=frame
                )
                if errand:
                    return errand
            else:
                say({"kind": "cannot"})
        except (LessonError, ValueError, ComesOutDifferently):
            say({"kind": "cannot"})
        _wait_for_forks()
        os._exit(0)

    standing = _Standing(frame, go_on)

    def then(seen: Seen) -> None:
        try:
            if standing.errand:  # else it failed on the way, and who runs it afresh is told
                standing.errand.then(seen)
        except (Exception, ComesOutDifferently):  # run afresh, it is told with the right lines
            say({"kind": "failed"})

    Errand(standing, then).run(lesson, scene)


class _Standing(Watcher):
    """Waits at a frame, and goes on as whoever is sent on an errand from there."""

    def __init__(self, frame: int, go_on: Callable[[], Errand]) -> None:
        self.first, self._go_on = frame, go_on
        self.errand: Errand | None = None

    def between(self, scene: LessonScene) -> Watcher | None:
        if scene.frame < self.first:
            return None
        self.errand = self._go_on()
        return self.errand.watcher


def _spoken(script: Script) -> tuple[Narration, tuple[Problem, ...]]:
    """What is heard; a script edited since its takes is silent until they are made anew."""
    os.environ.pop(VOICE, None)
    if ASKED_VOICE is not None:
        os.environ[VOICE] = ASKED_VOICE
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
