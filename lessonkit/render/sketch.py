"""A scene run once at a low rate, every frame of it at hand: for looking at, not to keep."""

from __future__ import annotations

import traceback
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from manim import Scene

from lessonkit.captions import Cue, cue_at, cues
from lessonkit.problems import LessonError, Problem
from lessonkit.render.display import DisplayList, Store
from lessonkit.render.draw import set_up
from lessonkit.render.film import Picture
from lessonkit.render.raster import Frame, Raster, Rect
from lessonkit.render.record import recorder
from lessonkit.render.slices import CaptionOverlay
from lessonkit.script import Script, load_script
from lessonkit.stage import LessonScene
from lessonkit.timeline import Timeline


@dataclass(frozen=True)
class Play:
    """One `play` or wait of a scene: its frames (`stop` exclusive), and where it is asked for."""

    first: int
    stop: int
    beat: str
    line: int
    what: str


class Watcher:
    """Told of a scene while it is sketched; the scene is alive, and shows what it says."""

    def during(self, scene: LessonScene, made: Sketch, frame: int) -> None:
        """A frame was recorded; at a hold, the first of its frames."""

    def after(self, made: Sketch, play: Play) -> None:
        """A play has ended, and the next has not begun."""

    def between(self, scene: LessonScene) -> None:
        """The same, also of a play that was jumped over."""

    def finished(self, scene: LessonScene, made: Sketch) -> None:
        """The scene has ended: it stands as the last play left it."""


class Sketch:
    """What running a scene once has shown.

    Attributes:
        script: What it says.
        timeline: Its beats.
        first: The first frame that was recorded.
        frames: Where it ended; frames count from the scene's start.
        plays: What it played, as far as it came.
        problems: What stopped it; empty if it ran through.
    """

    def __init__(self, picture: Picture, script: Script, first: int = 0) -> None:
        self.picture = picture
        self.script = script
        self.timeline = Timeline(script.scene, ())
        self.plays: list[Play] = []
        self.problems: tuple[Problem, ...] = ()
        self.store = Store({}, {})
        self.first = self.frames = first
        self._lists: list[DisplayList] = []
        self._starts: list[int] = []
        self._raster = Raster(picture.width, picture.height, self.store)
        self._overlay = CaptionOverlay(picture.width, picture.height)

    @cached_property
    def cues(self) -> tuple[Cue, ...]:
        """Its captions, at this rate."""
        return cues(self.script, self.timeline, self.picture.fps)

    def list_at(self, frame: int) -> DisplayList:
        """What is drawn on a frame, without its caption; of the last one if it lies beyond."""
        return self._lists[max(0, bisect_right(self._starts, frame) - 1)]

    def lists(self) -> Iterator[tuple[int, int, DisplayList]]:
        """What is drawn, in order: first frame, end, list."""
        yield from zip(self._starts, [*self._starts[1:], self.frames], self._lists, strict=True)

    def draw(self, frame: int, *, caption: bool = True) -> Frame:
        """One frame; cheapest in rising order."""
        self._raster.draw(self.list_at(frame))
        drawn = self._raster.canvas.copy()
        if caption:
            cue = cue_at(self.cues, frame, self.picture.fps)
            self._overlay.blend(drawn, cue, Rect(0, 0, self.picture.width, self.picture.height))
        return drawn

    def take(self, items: DisplayList, repeats: int) -> None:
        """The next frame of the recorder."""
        self._lists.append(items)
        self._starts.append(self.frames)
        self.frames += repeats


def sketch(
    lesson: str,
    scene: str,
    picture: Picture,
    watcher: Watcher | None = None,
    *,
    first: int = 0,
    enough: Callable[[Sketch, DisplayList], bool] | None = None,
) -> Sketch:
    """Run a scene; where its code fails, what it has shown until then is kept.

    Args:
        lesson: Where the scene lies.
        scene: Its name.
        picture: Size and rate.
        watcher: Told while it runs.
        first: A beat's first frame, to begin at: what comes before jumps to its end.
        enough: Asked before each list whether to end here, without it.

    Raises:
        LessonError: nothing of it can be shown: a fault in its script, no picture at all.
    """
    made = Sketch(picture, load_script(lesson, scene), first)
    told = watcher or Watcher()

    def take(items: DisplayList, repeats: int) -> None:
        if enough and enough(made, items):
            raise _SeenEnough
        made.take(items, repeats)
        told.during(played, made, made.frames - repeats)

    def after(_: Scene) -> None:
        told.between(played)
        begun = made.plays[-1].stop if made.plays else first
        if begun < made.frames:  # else it was jumped over
            made.plays.append(_play(played, begun, made.frames))
            told.after(made, made.plays[-1])

    # Plays that end with this frame are jumped over, and none begins between two frames.
    starts = (lambda: (first + 0.25) / picture.fps) if first else None
    try:
        with set_up(lesson, scene, picture) as found:
            played = found(renderer=recorder(made.store, take, after, starts=starts, rounded=True))
            played.render()
            told.finished(played, made)
    except _SeenEnough:
        pass
    except LessonError as error:
        made.problems = error.problems
        if made.frames == first:
            raise
    made.timeline = played.timeline
    return made


def glimpse(
    lesson: str, scene: str, picture: Picture, moment: Callable[[Timeline], float]
) -> tuple[Frame, int]:
    """One frame of a scene, without its caption, as soon as can be; and its number.

    What comes before jumps to its end. `moment` says which frame, in seconds.

    Raises:
        LessonError: the scene does not come so far.
    """
    store = Store({}, {})
    lists: list[DisplayList] = []

    def take(items: DisplayList, _: int) -> None:
        lists.append(items)
        if played.frame > frame():
            raise _SeenEnough

    def frame() -> int:
        end = round(played.timeline.duration * picture.fps)
        return min(round(moment(played.timeline) * picture.fps), end - 1)

    try:
        with set_up(lesson, scene, picture) as found:
            played = found(renderer=recorder(store, take, starts=lambda: frame() / picture.fps))
            played.render()
    except _SeenEnough:
        pass
    raster = Raster(picture.width, picture.height, store)
    raster.draw(lists[-1])
    return raster.canvas, frame()


class _SeenEnough(BaseException):
    """Ends a scene from inside; no mistake of its author, whose code must not catch it."""


def _play(scene: LessonScene, first: int, stop: int) -> Play:
    here = str(scene.source)
    line = next((at for f, at in traceback.walk_stack(None) if f.f_code.co_filename == here), 0)
    # Manim calls what `.animate` makes _MethodAnimation.
    names = [type(animation).__name__ for animation in scene.animations or ()]
    what = ", ".join("animate" if n == "_MethodAnimation" else n for n in names)
    return Play(first, stop, scene.playing, line, what)


def instants(timeline: Timeline, fps: int) -> list[tuple[int, str, str]]:
    """The frames an author looks at, as (frame, beat, mark): each mark, and each beat's last."""
    found = []
    for beat in timeline.beats:
        found += [(round(at * fps), beat.id, mark) for mark, at in beat.marks.items()]
        found.append((round(beat.end * fps) - 1, beat.id, ""))
    return sorted(found)
