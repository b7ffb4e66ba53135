"""A scene run by several processes at once, each from another beat on.

A process jumps to where its share begins, which is quick, and as good as having been there unless
something counts frames. So where a share ends, its process looks whether it would go on with what
the next one began with. If not, it goes on itself, and what the next one made is left out.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from ctypes import c_char
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from lessonkit.captions import cues
from lessonkit.preview.storyboard import PICTURE, Panel, draw_panels
from lessonkit.problems import Problem
from lessonkit.render.display import DisplayList, Shape, Store, digest
from lessonkit.render.sketch import Play, Sketch, Watcher, sketch
from lessonkit.render.slices import Cutter, Slice
from lessonkit.render.work import SLICES
from lessonkit.script import Script
from lessonkit.stage import LessonScene
from lessonkit.timeline import Timeline

FORK = get_context("fork")


@dataclass(frozen=True)
class Share:
    """What one process has made; its slices are drawn."""

    stop: int  # the frame before which it ended
    slices: tuple[Slice, ...]
    plays: tuple[Play, ...]
    problems: tuple[Problem, ...]


def run_in_shares(
    script: Script, timeline: Timeline, folder: Path
) -> tuple[list[Share], Callable[[], list[Panel]]]:
    """Run a scene on all cores, and draw its slices.

    Returns:
        The shares that make it up, in order, the last with problems if it failed; and what draws
        its storyboard's panels into `folder`, after that.

    Raises:
        LessonError: nothing of it can be shown.
    """
    firsts = _firsts(timeline, os.cpu_count() or 1)
    end = round(timeline.duration * PICTURE.fps)
    # What each share begins with; zeros until it is known.
    begun = {first: FORK.RawArray(c_char, 16) for first in firsts}

    def record(first: int) -> tuple[Sketch, Share]:
        def enough(made: Sketch, items: DisplayList) -> bool:
            if made.frames == first:
                begun[first].raw = _look(items, made.store)
            elif made.frames in begun:
                return begun[made.frames].raw == _look(items, made.store)
            return False

        cutting = _Cutting(script, timeline, first)
        lesson = script.path.parent.name
        made = sketch(lesson, script.scene, PICTURE, cutting, first=first, enough=enough)
        cutting.cutter.finish()
        share = Share(made.frames, tuple(cutting.cutter.slices), tuple(made.plays), made.problems)
        return made, share

    def work(first: int, answers: Connection) -> None:
        try:
            made, share = record(first)
            answers.send(share)
            answers.send(draw_panels(made, folder / str(first)))
        except Exception:  # noqa: S110 # what has failed is done, and fails, in the first process
            pass

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
    return shares, lambda: [panel for drawn in panels for panel in drawn()]


def _firsts(timeline: Timeline, shares: int) -> list[int]:
    """First frames of about equal shares; each begins with a beat."""
    starts = [round(beat.start * PICTURE.fps) for beat in timeline.beats]
    ideal = (timeline.duration * PICTURE.fps * nth / shares for nth in range(shares))
    return sorted({min(starts, key=lambda start: abs(start - at)) for at in ideal})


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

    def __init__(self, script: Script, timeline: Timeline, first: int) -> None:
        starts = [round(beat.start * PICTURE.fps) for beat in timeline.beats]
        captions = cues(script, timeline, PICTURE.fps)
        self._store = Store({}, {})  # the cutter forgets what it has used, the sketch must not
        self.cutter = Cutter(
            PICTURE, starts, captions, self._store, SLICES, lambda s: SLICES.draw(s.key), first
        )

    def during(self, _: LessonScene, made: Sketch, frame: int) -> None:
        self._store.outlines, self._store.pictures = made.store.outlines, made.store.pictures
        self.cutter.take(made.list_at(frame), made.frames - frame)
