"""A scene run by several processes at once, each from another beat on.

A process jumps to where its share begins, which is quick, and as good as having been there unless
something counts frames. So where a share ends, its process looks whether it would go on with what
the next one began with. If not, it goes on itself, and what the next one made is left out.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from ctypes import c_char
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from lessonkit.captions import Cue
from lessonkit.preview.storyboard import PICTURE, Panel, draw_panels
from lessonkit.problems import Problem
from lessonkit.project import written_whole
from lessonkit.render.display import DisplayList, Shape, Store, digest
from lessonkit.render.sketch import Play, Sketch, Watcher, sketch
from lessonkit.render.slices import Cutter, Slice
from lessonkit.render.work import SLICES
from lessonkit.script import Script
from lessonkit.stage import LessonScene
from lessonkit.timeline import Timeline

FORK = get_context("fork")
LONGEST = 6.0  # seconds of a slice: as many frames as one of a film, and fewer files to join
PATIENCE = 10.0  # seconds for the next share to begin, if this one has come so far


@dataclass(frozen=True)
class Share:
    """What one process has made; its slices are drawn."""

    stop: int  # the frame before which it ended
    slices: tuple[Slice, ...]
    plays: tuple[Play, ...]
    problems: tuple[Problem, ...]
    seconds: Mapping[str, float]  # that each beat took, and the jump to the first, under ""


def run_in_shares(
    script: Script, timeline: Timeline, captions: Sequence[Cue], folder: Path
) -> tuple[list[Share], Callable[[], list[Panel]]]:
    """Run a scene on all cores, and draw its slices.

    Returns:
        The shares that make it up, in order, the last with problems if it failed; and what draws
        its storyboard's panels into `folder`, after that.

    Raises:
        LessonError: nothing of it can be shown.
    """
    costs = folder.with_name("costs.json")
    firsts = _firsts(timeline, os.cpu_count() or 1, _read(costs))
    end = round(timeline.duration * PICTURE.fps)
    # What each share begins with: zeros if it is known that it came to nothing.
    begun = {first: FORK.RawArray(c_char, 16) for first in firsts}
    known = {first: FORK.Event() for first in firsts}

    def record(first: int) -> tuple[Sketch, Share]:
        def enough(made: Sketch, items: DisplayList) -> bool:
            if made.frames == first:
                begun[first].raw = _look(items, made.store)
                known[first].set()
            elif made.frames in begun:
                known[made.frames].wait(PATIENCE)
                return begun[made.frames].raw == _look(items, made.store)
            return False

        cutting = _Cutting(timeline, captions, first)
        lesson = script.path.parent.name
        made = sketch(lesson, script.scene, PICTURE, cutting, first=first, enough=enough)
        cutting.cutter.finish()
        slices, plays = tuple(cutting.cutter.slices), tuple(made.plays)
        return made, Share(made.frames, slices, plays, made.problems, cutting.seconds)

    def work(first: int, answers: Connection) -> None:
        try:
            made, share = record(first)
            answers.send(share)
            answers.send(draw_panels(made, folder / str(first)))
        except Exception:  # what has failed is done, and fails, in the first process
            known[first].set()

    started: dict[int, Connection] = {}
    for first in firsts[1:]:
        started[first], answers = FORK.Pipe(duplex=False)
        FORK.Process(target=work, args=(first, answers)).start()
        answers.close()
    shares: list[Share] = []
    panels: list[Callable[[], list[Panel]]] = []
    at = 0
    while at < end and not (shares and shares[-1].problems):
        try:
            shares.append(started[at].recv())
            panels.append(started[at].recv)
        except (KeyError, EOFError):
            made, share = record(at)
            shares.append(share)
            panels.append(partial(draw_panels, made, folder / str(at)))
        at = shares[-1].stop
    if not shares[-1].problems:
        spent = {beat: sum(share.seconds[beat] for share in shares) for beat in shares[0].seconds}
        spent[""] = max(share.seconds[""] for share in shares)
        with written_whole(costs) as temporary:
            temporary.write_text(json.dumps(spent), encoding="utf-8")
    return shares, lambda: [panel for drawn in panels for panel in drawn()]


def _firsts(timeline: Timeline, shares: int, costs: Mapping[str, float]) -> list[int]:
    """First frames of shares that take about equally long; each begins with a beat."""
    starts = [round(beat.start * PICTURE.fps) for beat in timeline.beats]
    jump = costs.get("", 0.0)
    if not costs.keys() >= {beat.id for beat in timeline.beats}:
        costs, jump = {beat.id: beat.end - beat.start for beat in timeline.beats}, 0.0
    before = [0.0, *accumulate(costs[beat.id] for beat in timeline.beats)]
    each = (before[-1] + jump * (shares - 1)) / shares
    ideal = [0.0, *(each + nth * (each - jump) for nth in range(shares - 1))]
    nearest = (min(range(len(starts)), key=lambda nth: abs(before[nth] - at)) for at in ideal)
    return sorted({starts[nth] for nth in nearest})


def _read(costs: Path) -> dict[str, float]:
    try:
        return dict(json.loads(costs.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _look(items: DisplayList, store: Store) -> bytes:
    """A name for what a frame looks like. What moved step by step differs in its last bits."""
    parts: list[bytes] = []
    for item in items:
        if isinstance(item, Shape):
            colours = (np.frombuffer(c) for c in (item.fill, item.under, item.stroke))
            numbers = [store.outlines[item.outline].points, *colours]
            parts += [(np.round(n, 6) + 0.0).tobytes() for n in numbers]  # no -0.0
            item = item._replace(outline=b"", fill=b"", under=b"", stroke=b"")
        parts.append(repr(item).encode())
    return digest(*parts)


class _Cutting(Watcher):
    """Cuts a scene into slices while it is run, and draws them."""

    def __init__(self, timeline: Timeline, captions: Sequence[Cue], first: int) -> None:
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
        self.seconds = dict.fromkeys(["", *(beat.id for beat in timeline.beats)], 0.0)
        self._beat = ""  # before the first
        self._since = time.process_time()

    def during(self, scene: LessonScene, made: Sketch, frame: int) -> None:
        now = time.process_time()
        self.seconds[self._beat] += now - self._since
        self._beat, self._since = scene.playing, now
        self._store.outlines, self._store.pictures = made.store.outlines, made.store.pictures
        self.cutter.take(made.list_at(frame), made.frames - frame)
