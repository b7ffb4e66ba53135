"""A scene run by several processes at once, each from another beat on.

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
from collections.abc import Callable, Mapping, Sequence
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
from lessonkit.render.slices import Cutter
from lessonkit.render.work import SLICES
from lessonkit.script import Script
from lessonkit.stage import LessonScene
from lessonkit.timeline import Timeline

FORK = get_context("fork")
LONGEST = 6.0  # seconds of a slice: as many frames as one of a film, and fewer files to join
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
    costs = last.share.seconds if last else {}
    before: list[Share] = [beginning.share] if beginning else []
    run = partial(_run, script, timeline, captions, folder, inputs, costs)
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
    costs: Mapping[str, float],
    before: Sequence[Share],
) -> tuple[list[Share], list[Callable[[], list[Panel]]]]:
    """The shares after those that are there, and what draws their panels."""
    begins = before[-1].stop if before else 0
    firsts = _firsts(timeline, os.cpu_count() or 1, costs, begins)
    end = round(timeline.duration * PICTURE.fps)
    # What each share begins with: zeros if it is known that it came to nothing.
    begun = {first: FORK.RawArray(c_char, 16) for first in firsts}
    known = {first: FORK.Event() for first in firsts}

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
            cutting = _Cutting(timeline, captions, first, calls, expected)
            try:
                made = sketch(lesson, script.scene, PICTURE, cutting, first=first, enough=enough)
            except LessonError:
                if expected != cutting.ends.get(first):
                    raise _ComesOutDifferently from None
                raise
        cutting.cutter.finish()
        slices, plays = tuple(cutting.cutter.slices), tuple(made.plays)
        share = Share(
            made.frames, slices, plays, made.problems, cutting.seconds, calls.frames, cutting.ends
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
    return shares, panels


class _ComesOutDifferently(BaseException):
    """A beat that has not changed ends in another picture than before; no mistake of its author."""


def _joined(shares: Sequence[Share]) -> Share:
    """All in one. What an earlier share says of a call holds: a later one has jumped there."""
    calls: dict[str, int] = {}
    for share in reversed(shares):
        calls |= share.calls
    beats = dict.fromkeys(chain.from_iterable(share.seconds for share in shares))
    seconds = {beat: sum(share.seconds.get(beat, 0.0) for share in shares) for beat in beats}
    seconds[""] = max(share.seconds.get("", 0.0) for share in shares)
    return Share(
        shares[-1].stop,
        tuple(chain.from_iterable(share.slices for share in shares)),
        tuple(chain.from_iterable(share.plays for share in shares)),
        (),
        seconds,
        calls,
        {frame: end for share in shares for frame, end in share.ends.items()},
    )


def _firsts(timeline: Timeline, shares: int, costs: Mapping[str, float], begins: int) -> list[int]:
    """First frames of shares that take about equally long; each begins with a beat."""
    left = [beat for beat in timeline.beats if round(beat.start * PICTURE.fps) >= begins]
    if not left:
        return []
    jump = costs.get("", 0.0)
    if not costs.keys() >= {beat.id for beat in left}:
        costs, jump = {beat.id: beat.end - beat.start for beat in left}, 0.0
    before = [0.0, *accumulate(costs[beat.id] for beat in left)]
    own = jump if begins else 0.0  # that the first share takes, too
    each = (before[-1] + own + jump * (shares - 1)) / shares
    ideal = [0.0, *(each - own + nth * (each - jump) for nth in range(shares - 1))]
    nearest = {min(range(len(left)), key=lambda nth: abs(before[nth] - at)) for at in ideal}
    return [round(left[nth].start * PICTURE.fps) for nth in sorted(nearest)]


def _look(items: DisplayList) -> bytes:
    """A name for what a frame looks like."""
    return digest(marshal.dumps([tuple(item) for item in items], 2))


class _Cutting(Watcher):
    """Cuts a scene into slices while it is run, and draws them.

    Attributes:
        seconds: See `Share`.
        ends: See `Share`.
    """

    def __init__(
        self,
        timeline: Timeline,
        captions: Sequence[Cue],
        first: int,
        calls: FirstCalls,
        expected: bytes | None,
    ) -> None:
        starts = [round(beat.start * PICTURE.fps) for beat in timeline.beats]
        self._store = Store({}, {})  # the cutter forgets what it has used, the sketch must not
        self.cutter = Cutter(
            PICTURE,
            starts,
            captions,
            self._store,
            SLICES,
            lambda piece: SLICES.draw(piece.key),
            first,
            LONGEST,
        )
        self._first, self._calls, self._expected = first, calls, expected
        self._beat_ends = {round(beat.end * PICTURE.fps) for beat in timeline.beats}
        self.ends: dict[int, bytes] = {}
        self.seconds = dict.fromkeys(["", *(beat.id for beat in timeline.beats)], 0.0)
        self._beat = ""  # before the first
        self._since = time.process_time()

    def during(self, scene: LessonScene, made: Sketch, frame: int) -> None:
        now = time.process_time()
        self.seconds[self._beat] += now - self._since
        self._beat, self._since = scene.playing, now
        self._calls.now = frame
        self._store.outlines, self._store.pictures = made.store.outlines, made.store.pictures
        self.cutter.take(made.list_at(frame), made.frames - frame)

    def between(self, scene: LessonScene) -> None:
        frame = self._calls.now = scene.frame
        if frame in self._beat_ends and frame >= self._first and frame not in self.ends:
            self.ends[frame] = _look(recorded_now(scene))
            if frame == self._first and self._expected not in (None, self.ends[frame]):
                raise _ComesOutDifferently
