"""A scene run by several processes at once, each from another frame on.

A process jumps to where its share begins, which is quick, and as good as having been there unless
something counts frames. So where a share ends, its process looks whether it would go on with what
the next one began with. If not, it goes on itself, and what the next one made is left out. In the
same way what an edit has left alone is taken from the film before it.
"""

from __future__ import annotations

import marshal
import os
import shutil
import signal
import time
from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from ctypes import c_char
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate, chain
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from lessonkit.captions import Cue
from lessonkit.preview.edits import FirstCalls
from lessonkit.preview.last_film import Inputs, LastFilm, Share
from lessonkit.preview.storyboard import PICTURE, Panel, draw_panels
from lessonkit.render.display import DisplayList, Store, digest
from lessonkit.render.draw import scene_class
from lessonkit.render.record import recorded_now
from lessonkit.render.sketch import Sketch, Watcher, sketch
from lessonkit.render.slices import Cutter, Slice
from lessonkit.render.work import SLICES
from lessonkit.script import Script
from lessonkit.stage import LessonScene
from lessonkit.timeline import Timeline

FORK = get_context("fork")
LONGEST = 3.0  # seconds of a slice, and so between the frames with which a share may begin
PATIENCE = 10.0  # seconds for the next share to begin, if this one has come so far


@dataclass(frozen=True)
class Errand:
    """What a process is to see of a scene, and what it does with it, or with what went wrong."""

    watcher: Watcher
    then: Callable[[Seen], None]

    def run(self, lesson: str, scene: str) -> None:
        """Run the scene for it."""
        try:
            seen: Seen = sketch(lesson, scene, PICTURE, self.watcher)
        except (Exception, ComesOutDifferently) as error:
            seen = error
        self.then(seen)


class ComesOutDifferently(BaseException):
    """A beat that has not changed ends in another picture than before; no mistake of its author."""


Seen = Sketch | Exception | ComesOutDifferently


Finish = Callable[[list[Share], Callable[[], list[Panel]]], None]


class Shares:
    """A run of a scene on all cores.

    Args:
        script: What the scene says.
        timeline: When.
        captions: What is burned in.
        inputs: What all this is made from.
        folder: For the panels of its storyboard.
        last: The film before, if it is known.
        beginning: As much of that as is the same.
    """

    def __init__(
        self,
        script: Script,
        timeline: Timeline,
        captions: Sequence[Cue],
        inputs: Inputs,
        folder: Path,
        last: LastFilm | None = None,
        beginning: LastFilm | None = None,
    ) -> None:
        self._lesson, self._scene = script.path.parent.name, script.scene
        self._timeline, self._captions, self._inputs = timeline, captions, inputs
        self._folder = folder
        self._before = beginning
        self._begins = beginning.share.stop if beginning else 0
        self._end = round(timeline.duration * PICTURE.fps)
        self._cuts = _cuts(timeline)
        same_times = last.share if last and last.share.stop == self._end else None
        self._firsts = _firsts(self._cuts, same_times, self._begins, os.cpu_count() or 1)
        # What each share begins with: zeros if it is known that it came to nothing.
        self._begun = {first: FORK.RawArray(c_char, 16) for first in self._firsts}
        self._known = {first: FORK.Event() for first in self._firsts}
        self._drawing = _Drawing(len(self._firsts))
        self._others: dict[int, tuple[int, Connection]] = {}  # by first frame

    def errand(self, finish: Finish) -> Errand | None:
        """Start the other processes: it returns in each of them, with its own errand.

        Args:
            finish: Called in the first process, with the shares that make up the scene, in order,
                the last with problems if it failed; and what draws the storyboard's panels.

        Returns:
            None if nothing is left to run, and all is finished.

        Raises, from the errand:
            LessonError: nothing can be shown.
            ComesOutDifferently: the beginning does not fit.
        """
        if not self._firsts:
            finish(*self._all([], []))
            return None
        for first in self._firsts[1:]:
            answered, answers = FORK.Pipe(duplex=False)
            pid = os.fork()
            if not pid:
                cutting = self._cutting(first)
                return Errand(cutting, partial(self._answer, cutting, answers))
            answers.close()
            self._others[first] = pid, answered
        cutting = self._cutting(self._begins)
        return Errand(cutting, lambda seen: finish(*self._collected(cutting, seen)))

    def _cutting(self, first: int) -> _Cutting:
        before = self._before.share if self._before else None
        return _Cutting(
            first,
            self._cuts,
            {round(beat.end * PICTURE.fps) for beat in self._timeline.beats},
            self._captions,
            FirstCalls(scene_class(self._lesson, self._scene), self._inputs.source),
            before.ends[first] if before and first == self._begins else None,
            self._begun,
            self._known,
            self._drawing,
        )

    def _answer(self, cutting: _Cutting, answers: Connection, seen: Seen) -> None:
        """In another process than the first: hand over the share, and end."""
        try:
            share, panels = self._share(cutting, seen)
            answers.send(share)
            answers.send(panels())
        except Exception:  # what has failed is done, and fails, in the first process
            self._known[cutting.first].set()
        finally:
            os._exit(0)

    def _collected(
        self, cutting: _Cutting, seen: Seen
    ) -> tuple[list[Share], Callable[[], list[Panel]]]:
        """In the first process: its own share, and those of the others."""
        share, drawn = self._share(cutting, seen)
        shares, panels = [share], [drawn]
        while shares[-1].stop < self._end and not shares[-1].problems:
            at = shares[-1].stop
            try:
                _, answered = self._others[at]
                shares.append(answered.recv())
                panels.append(answered.recv)
            except (KeyError, EOFError):
                cutting = self._cutting(at)
                share, drawn = self._share(
                    cutting, sketch(self._lesson, self._scene, PICTURE, cutting)
                )
                shares.append(share)
                panels.append(drawn)
        for piece in chain.from_iterable(share.slices for share in shares):
            if SLICES.find(piece.key) is None:  # under way in a process that is not waited for
                SLICES.draw(piece.key)
        return self._all(shares, panels)

    def _share(self, cutting: _Cutting, seen: Seen) -> tuple[Share, Callable[[], list[Panel]]]:
        """What an errand has come to, its slices drawn; and what draws its panels."""
        cutting.end()
        if not isinstance(seen, Sketch):
            if cutting.expected not in (None, cutting.ends.get(cutting.first)):
                for pid, _ in self._others.values():
                    os.kill(pid, signal.SIGKILL)
                raise ComesOutDifferently from seen  # a mistake on the way there is none
            raise seen
        self._drawing.help([answered for _, answered in self._others.values()])
        folder = self._folder / str(cutting.first)
        return cutting.share(seen), partial(draw_panels, seen, folder)

    def _all(
        self, shares: list[Share], panels: list[Callable[[], list[Panel]]]
    ) -> tuple[list[Share], Callable[[], list[Panel]]]:
        before = self._before

        def draw() -> list[Panel]:
            self._folder.mkdir(parents=True, exist_ok=True)
            drawn = [
                replace(panel, picture=Path(shutil.copy(panel.picture, self._folder)))
                for panel in (before.panels if before else ())
            ]
            return [*drawn, *chain.from_iterable(each() for each in panels)]

        return [*([before.share] if before else []), *shares], draw


class _Drawing:
    """The slices to draw: a process that has recorded its share draws what comes next, of any."""

    def __init__(self, recordings: int) -> None:
        self._keys = FORK.SimpleQueue()
        self._taking = FORK.Lock()
        self._recordings = FORK.Value("i", recordings)

    def ask(self, piece: Slice) -> None:
        """Have a slice drawn, if it is not."""
        if SLICES.find(piece.key) is None:
            self._keys.put(piece.key)

    def end_recording(self) -> None:
        """Nothing more is asked by this process."""
        with self._recordings:
            self._recordings.value -= 1

    def help(self, others: Sequence[Connection]) -> None:
        """Draw, until nothing is left and nothing more will come.

        Others answer when all is drawn: one that has something to read before has been killed.
        """
        while True:
            with self._taking:
                is_all = self._recordings.value <= 0 or any(other.poll() for other in others)
                key = "" if self._keys.empty() else self._keys.get()
            if key:
                SLICES.draw(key)
            elif is_all:
                return
            else:
                time.sleep(0.01)


def joined(shares: Sequence[Share]) -> Share:
    """All in one. What an earlier share says of a call holds: a later one has jumped there."""
    calls: dict[str, int] = {}
    for share in reversed(shares):
        calls |= share.calls
    return Share(
        shares[-1].stop,
        tuple(chain.from_iterable(share.slices for share in shares)),
        tuple(chain.from_iterable(share.plays for share in shares)),
        (),
        max(share.jump for share in shares),
        {frame: spent for share in shares for frame, spent in share.seconds.items()},
        calls,
        {frame: end for share in shares for frame, end in share.ends.items()},
    )


def _cuts(timeline: Timeline) -> list[int]:
    """The frames with which slices begin: those of beats, and some between them."""
    longest = round(LONGEST * PICTURE.fps)
    beats = ((round(b.start * PICTURE.fps), round(b.end * PICTURE.fps)) for b in timeline.beats)
    return [frame for start, end in beats for frame in range(start, end, longest)]


def _firsts(cuts: Sequence[int], last: Share | None, begins: int, shares: int) -> list[int]:
    """First frames of shares that take about equally long, as far as the last film can say."""
    left = [frame for frame in cuts if frame >= begins]
    if not left:
        return []
    if last is None:
        jump, spent = 0.0, [1.0] * len(left)
    else:  # what is held from before takes nothing
        jump, spent = last.jump, [last.seconds.get(frame, 0.0) for frame in left]
    before = [0.0, *accumulate(spent)]
    own = jump if begins else 0.0  # that the first share takes, too
    each = (before[-1] + own + jump * (shares - 1)) / shares
    ideal = [0.0, *(each - own + nth * (each - jump) for nth in range(shares - 1))]
    nearest = {min(range(len(left)), key=lambda nth: abs(before[nth] - at)) for at in ideal}
    return [left[nth] for nth in sorted(nearest)]


def _look(items: DisplayList) -> bytes:
    """A name for what a frame looks like."""
    return digest(marshal.dumps([tuple(item) for item in items], 2))


class _Cutting(Watcher):
    """Cuts a share of a scene into slices while it is run.

    Attributes:
        ends: See `Share`.
        expected: What the end of a beat that it begins at is known to look like, if it is.
    """

    def __init__(
        self,
        first: int,
        slice_starts: Sequence[int],
        beat_ends: Collection[int],
        captions: Sequence[Cue],
        calls: FirstCalls,
        expected: bytes | None,
        begun: Mapping[int, Any],
        known: Mapping[int, Any],
        drawing: _Drawing,
    ) -> None:
        self.first, self.cuts, self.expected = first, begun.keys(), expected
        self.ends: dict[int, bytes] = {}
        self._slice_starts, self._beat_ends, self._calls = slice_starts, beat_ends, calls
        self._begun, self._known, self._drawing = begun, known, drawing
        self._store = Store({}, {})  # the cutter forgets what it has used, the sketch must not
        self._cutter = Cutter(
            *(PICTURE, slice_starts, captions, self._store, SLICES, drawing.ask, first, LONGEST)
        )
        self._seconds = {-1: 0.0}  # spent on each slice, by its first frame; and before the first
        self._slice = -1
        self._since = time.process_time()

    def enough(self, made: Sketch, items: DisplayList) -> bool:
        at = made.frames
        if at == self.first:
            self._begun[at].raw = _look(items)
            self._known[at].set()
        elif at in self._begun:
            self._known[at].wait(PATIENCE)
            return bool(self._begun[at].raw == _look(items))
        return False

    def during(self, scene: LessonScene, made: Sketch, frame: int) -> None:  # noqa: ARG002
        now = time.process_time()
        self._seconds[self._slice] += now - self._since
        self._slice = self._slice_starts[bisect_right(self._slice_starts, frame) - 1]
        self._since = now
        self._seconds.setdefault(self._slice, 0.0)
        self._calls.now = frame
        self._store.outlines, self._store.pictures = made.store.outlines, made.store.pictures
        self._cutter.take(made.list_at(frame), made.frames - frame)

    def between(self, scene: LessonScene) -> None:
        frame = self._calls.now = scene.frame
        if frame in self._beat_ends and frame >= self.first and frame not in self.ends:
            self.ends[frame] = _look(recorded_now(scene))
            if frame == self.first and self.expected not in (None, self.ends[frame]):
                raise ComesOutDifferently

    def end(self) -> None:
        """Nothing more comes."""
        self._calls.stop()
        self._cutter.finish()
        self._drawing.end_recording()

    def share(self, made: Sketch) -> Share:
        """What it has come to."""
        return Share(
            made.frames,
            tuple(self._cutter.slices),
            tuple(made.plays),
            made.problems,
            self._seconds.pop(-1),
            self._seconds,
            self._calls.frames,
            self.ends,
        )
