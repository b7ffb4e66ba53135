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
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from ctypes import c_char
from dataclasses import replace
from functools import partial
from itertools import accumulate, chain
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from pathlib import Path

from lessonkit.captions import Cue
from lessonkit.preview.edits import FirstCalls
from lessonkit.preview.last_film import Inputs, LastFilm, Share, last_film
from lessonkit.preview.storyboard import PICTURE, Panel, draw_panels
from lessonkit.problems import LessonError
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


def run_in_shares(
    script: Script, timeline: Timeline, captions: Sequence[Cue], folder: Path
) -> tuple[list[Share], Callable[[], list[Panel]]]:
    """Run a scene on all cores, from where its last edit may be seen, and draw its slices.

    Returns:
        The shares that make it up, in order, the last with problems if it failed; and what draws
        its storyboard's panels into `folder`, after that.

    Raises:
        LessonError: nothing of it can be shown.
    """
    path = folder.with_name("last.film")
    last, inputs = last_film(path), Inputs.of(script, timeline, captions)
    beginning = last.beginning(inputs, timeline) if last else None
    before: list[Share] = [beginning.share] if beginning else []
    run = partial(_run, script, timeline, captions, folder, inputs, last)
    try:
        shares, panels = run(before)
    except _ComesOutDifferently:
        beginning, before = None, []
        shares, panels = run([])
    shares = [*before, *shares]

    def finish() -> list[Panel]:
        folder.mkdir(parents=True, exist_ok=True)
        drawn = [
            replace(panel, picture=Path(shutil.copy(panel.picture, folder)))
            for panel in (beginning.panels if beginning else ())
        ]
        drawn += chain.from_iterable(draw() for draw in panels)
        if not shares[-1].problems and Inputs.of(script, timeline, captions) == inputs:
            LastFilm(inputs, _joined(shares), tuple(drawn)).keep(path)
        return drawn

    return shares, finish


def _run(
    script: Script,
    timeline: Timeline,
    captions: Sequence[Cue],
    folder: Path,
    inputs: Inputs,
    last: LastFilm | None,
    before: Sequence[Share],
) -> tuple[list[Share], list[Callable[[], list[Panel]]]]:
    """The shares after those that are there, and what draws their panels."""
    begins = before[-1].stop if before else 0
    cuts = _cuts(timeline)
    end = round(timeline.duration * PICTURE.fps)
    same_times = last.share if last and last.share.stop == end else None
    firsts = _firsts(cuts, same_times, begins, os.cpu_count() or 1)
    # What each share begins with: zeros if it is known that it came to nothing.
    begun = {first: FORK.RawArray(c_char, 16) for first in firsts}
    known = {first: FORK.Event() for first in firsts}
    drawing = _Drawing(len(firsts))

    def record(first: int) -> tuple[Sketch, Share]:
        def enough(made: Sketch, items: DisplayList) -> bool:
            if made.frames == first:
                begun[first].raw = _look(items)
                known[first].set()
            elif made.frames in begun:
                known[made.frames].wait(PATIENCE)
                return begun[made.frames].raw == _look(items)
            return False

        lesson = script.path.parent.name
        expected = before[-1].ends.get(first) if before and first == begins else None
        with FirstCalls(scene_class(lesson, script.scene), inputs.source) as calls:
            cutting = _Cutting(timeline, cuts, captions, first, calls, expected, drawing.ask)
            try:
                made = sketch(
                    *(lesson, script.scene, PICTURE, cutting),
                    first=first,
                    cuts=begun,
                    enough=enough,
                )
            except LessonError:
                if expected != cutting.ends.get(first):
                    raise _ComesOutDifferently from None
                raise
            finally:
                cutting.cutter.finish()
                drawing.end_recording()
        drawing.help()
        share = Share(
            made.frames,
            tuple(cutting.cutter.slices),
            tuple(made.plays),
            made.problems,
            cutting.seconds.pop(-1),
            cutting.seconds,
            calls.frames,
            cutting.ends,
        )
        return made, share

    def work(first: int, answers: Connection) -> None:
        try:
            made, share = record(first)
            answers.send(share)
            answers.send(draw_panels(made, folder / str(first)))
        except Exception:  # what has failed is done, and fails, in the first process
            known[first].set()

    started: dict[int, tuple[ForkProcess, Connection]] = {}
    for first in firsts[1:]:
        answered, answers = FORK.Pipe(duplex=False)
        process = FORK.Process(target=work, args=(first, answers))
        process.start()
        answers.close()
        started[first] = process, answered
    shares: list[Share] = []
    panels: list[Callable[[], list[Panel]]] = []
    at = begins
    while at < end and not (shares and shares[-1].problems):
        try:
            _, answered = started[at]
            shares.append(answered.recv())
            panels.append(answered.recv)
        except (KeyError, EOFError):
            try:
                made, share = record(at)
            except _ComesOutDifferently:
                for process, _ in started.values():
                    process.kill()
                raise
            shares.append(share)
            panels.append(partial(draw_panels, made, folder / str(at)))
        at = shares[-1].stop
    for piece in chain.from_iterable(share.slices for share in shares):
        if SLICES.find(piece.key) is None:  # under way in a process that is not waited for
            SLICES.draw(piece.key)
    return shares, panels


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

    def help(self) -> None:
        """Draw, until nothing is left and nothing more will come."""
        while True:
            with self._taking:
                is_all = self._recordings.value <= 0
                key = "" if self._keys.empty() else self._keys.get()
            if key:
                SLICES.draw(key)
            elif is_all:
                return
            else:
                time.sleep(0.01)


class _ComesOutDifferently(BaseException):
    """A beat that has not changed ends in another picture than before; no mistake of its author."""


def _joined(shares: Sequence[Share]) -> Share:
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
    """Cuts a scene into slices while it is run.

    Attributes:
        seconds: Spent on each slice, by its first frame, and before the first, under -1.
        ends: See `Share`.
    """

    def __init__(
        self,
        timeline: Timeline,
        cuts: Sequence[int],
        captions: Sequence[Cue],
        first: int,
        calls: FirstCalls,
        expected: bytes | None,
        tell: Callable[[Slice], None],
    ) -> None:
        self._store = Store({}, {})  # the cutter forgets what it has used, the sketch must not
        self.cutter = Cutter(
            PICTURE,
            cuts,
            captions,
            self._store,
            SLICES,
            tell,
            first,
            LONGEST,
        )
        self._cuts, self._first, self._calls, self._expected = cuts, first, calls, expected
        self._beat_ends = {round(beat.end * PICTURE.fps) for beat in timeline.beats}
        self.ends: dict[int, bytes] = {}
        self.seconds = {-1: 0.0}
        self._slice = -1
        self._since = time.process_time()

    def during(self, scene: LessonScene, made: Sketch, frame: int) -> None:  # noqa: ARG002 # others ask it
        now = time.process_time()
        self.seconds[self._slice] += now - self._since
        self._slice, self._since = self._cuts[bisect_right(self._cuts, frame) - 1], now
        self.seconds.setdefault(self._slice, 0.0)
        self._calls.now = frame
        self._store.outlines, self._store.pictures = made.store.outlines, made.store.pictures
        self.cutter.take(made.list_at(frame), made.frames - frame)

    def between(self, scene: LessonScene) -> None:
        frame = self._calls.now = scene.frame
        if frame in self._beat_ends and frame >= self._first and frame not in self.ends:
            self.ends[frame] = _look(recorded_now(scene))
            if frame == self._first and self._expected not in (None, self.ends[frame]):
                raise _ComesOutDifferently
