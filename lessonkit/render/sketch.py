"""A scene run once at a low rate, every frame of it at hand: for looking at, not to keep."""

from __future__ import annotations

import traceback
from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

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
    """Told of a scene while it is sketched; the scene is alive, and shows what it says.

    Attributes:
        first: The frame to begin at: plays that come before jump to their end.
        cuts: Frames that begin a list, though the same may be shown before.
    """

    first = 0
    cuts: Collection[int] = ()

    def enough(self, made: Sketch, items: DisplayList) -> bool:  # noqa: ARG002 # for others
        """Whether to end here, without the list that comes next."""
        return False

    def during(self, scene: LessonScene, made: Sketch, frame: int) -> None:
        """A frame was recorded; at a hold, the first of its frames."""

    def after(self, made: Sketch, play: Play) -> None:
        """A play has ended, and the next has not begun."""

    def between(self, scene: LessonScene) -> Watcher | None:  # noqa: ARG002 # for others
        """The same, also of a play that was jumped over. Who is returned watches from here on."""
        return None

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


def sketch(lesson: str, scene: str, picture: Picture, watcher: Watcher | None = None) -> Sketch:
    """Run a scene; where its code fails, what it has shown until then is kept.

    Args:
        lesson: Where the scene lies.
        scene: Its name.
        picture: Size and rate.
        watcher: Told while it runs.

    Raises:
        LessonError: nothing of it can be shown: a fault in its script, no picture at all.
    """
    told = watcher or Watcher()
    made = Sketch(picture, load_script(lesson, scene), told.first)
    begun = 0  # the frame with which the play under way began

    def take(items: DisplayList, repeats: int) -> None:
        end = made.frames + repeats
        inside = (cut for cut in told.cuts if made.frames < cut < end) if repeats > 1 else ()
        for a, b in pairwise([made.frames, *sorted(inside), end]):
            if told.enough(made, items):
                raise _SeenEnough
            made.take(items, b - a)
            told.during(played, made, a)

    def after(_: Scene) -> None:
        nonlocal begun, told
        while (other := told.between(played)) is not None:
            told = other
            made.first = made.frames = told.first
        first_of_it, begun = begun, played.frame
        if begun > made.first:  # else it was jumped over
            made.plays.append(_play(played, first_of_it, begun))
            told.after(made, made.plays[-1])

    def starts() -> float:
        # In the midst of the first frame: plays that end with it are jumped over.
        return (made.first + 0.5) / picture.fps if made.first else 0.0

    try:
        with set_up(lesson, scene, picture) as found:
            played = found(renderer=recorder(made.store, take, after, starts=starts, rounded=True))
            played.render()
            told.finished(played, made)
    except _SeenEnough:
        pass
    except LessonError as error:
        made.problems = error.problems
        if made.frames == made.first:
            raise
    made.timeline = played.timeline
    return made


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
