"""One scene, run by Manim: recorded as slices to draw, or drawn as it is, by stock Manim."""

from __future__ import annotations

import importlib
import inspect
import json
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import manim
import numpy as np
import numpy.typing as npt
from manim import tempconfig
from PIL import Image
from tqdm import tqdm  # type: ignore[import-untyped]

from lessonkit.captions import Cue
from lessonkit.problems import LessonError, Problem
from lessonkit.project import SCENES, shown, written_whole
from lessonkit.render.display import DisplayList, Store
from lessonkit.render.film import Picture, SegmentWriter
from lessonkit.render.quicker import quicker
from lessonkit.render.raster import Raster, Rect
from lessonkit.render.record import (
    CHECKED,
    is_checked,
    plain_renderer,
    recorder,
    scene_config,
)
from lessonkit.render.slices import CaptionOverlay, Cutter, Slice, SliceFolder, cue_spans
from lessonkit.stage import LessonScene
from lessonkit.timeline import Timeline

# Manim makes progress bars even where it shows none. Their own lock is a semaphore of the system,
# which a process that is stopped leaves behind, with a warning.
tqdm.set_lock(threading.RLock())

Frame = npt.NDArray[np.uint8]
"""RGBA, shape (height, width, 4)."""


def record(
    lesson: str,
    scene: str,
    picture: Picture,
    recording: Path,
    slices: SliceFolder,
    timeline: Timeline,
    cues: Sequence[Cue],
    tell: Callable[[Slice], None],
) -> None:
    """Run a scene and leave a job for each of its slices that is not drawn yet.

    Args:
        lesson: Its folder.
        scene: Its file.
        picture: Size and rate.
        recording: A JSON file, written last: the slices in order. Beside it, as a PNG, the
            scene's last picture without caption.
        slices: Where slices and jobs lie.
        timeline: Its beats; slices begin where they begin.
        cues: Burned in; none leaves the caption region empty.
        tell: Called with each slice as soon as it can be drawn.

    Raises:
        LessonError: the scene's code fails, or does not keep to its script.
    """
    poster = recording.with_suffix(".png")
    if not is_checked():
        warnings.warn(
            f"manim {manim.__version__} is not among the versions checked ({', '.join(CHECKED)}): "
            "drawing exactly, but several times more slowly",
            stacklevel=2,
        )
        key = recording.stem
        with slices.written(key) as segment:
            frames = draw(lesson, scene, picture, segment, poster, cues)
        _write_recording(recording, [Slice(key, frames)])
        return
    store = Store({}, {})
    last: DisplayList = ()

    def take(items: DisplayList, repeats: int) -> None:
        nonlocal last
        last = items
        cutter.take(items, repeats)

    starts = [round(beat.start * picture.fps) for beat in timeline.beats]
    cutter = Cutter(picture, starts, cues, store, slices, tell)
    with set_up(lesson, scene, picture) as found:
        played = found(renderer=recorder(store, take))
        played.render()
    cutter.finish()
    _check_length(scene, played.timeline, picture, sum(s.frames for s in cutter.slices))
    raster = Raster(picture.width, picture.height, store)
    raster.draw(last)
    _write_poster(poster, raster.canvas)
    _write_recording(recording, cutter.slices)


def _write_recording(recording: Path, slices: Sequence[Slice]) -> None:
    with written_whole(recording) as temporary:
        temporary.write_text(json.dumps([[s.key, s.frames] for s in slices]), encoding="utf-8")


def draw(
    lesson: str,
    scene: str,
    picture: Picture,
    segment: Path,
    poster: Path,
    cues: Sequence[Cue],
) -> int:
    """Draw a scene by stock Manim into `segment`, and its last picture into `poster`.

    The slow way, for a Manim whose inside is not known here. Arguments and errors are those of
    `record`; returns the number of frames.
    """
    with SegmentWriter(segment, picture) as writer:
        overlay = CaptionOverlay(picture.width, picture.height)
        whole = Rect(0, 0, picture.width, picture.height)
        drawn = 0
        last = np.zeros((picture.height, picture.width, 4), np.uint8)

        def take(frame: Frame, repeats: int) -> None:
            nonlocal last, drawn
            last = frame
            for count, cue in cue_spans(cues, drawn, drawn + repeats, picture.fps):
                captioned = frame.copy()  # the poster has no caption
                overlay.blend(captioned, cue, whole)
                writer.write(captioned, count)
            drawn += repeats

        with authors_mistakes(lesson, scene):
            timeline = run(scene_class(lesson, scene), picture, take)
        _check_length(scene, timeline, picture, drawn)
        _write_poster(poster, last)
    return drawn


def _check_length(scene: str, timeline: Timeline, picture: Picture, frames: int) -> None:
    expected = round(timeline.duration * picture.fps)
    if frames != expected:
        raise RuntimeError(f"{scene}: {frames} frames drawn, but its timeline has {expected}")


def _write_poster(poster: Path, frame: Frame) -> None:
    with written_whole(poster) as temporary:
        Image.fromarray(frame[..., :3]).save(temporary)


def scene_class(lesson: str, scene: str) -> type[LessonScene]:
    """The one LessonScene that a scene's file defines."""
    module = importlib.import_module(f"scenes.{lesson}.{scene}")
    found = [
        value
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, LessonScene)
        and value.__module__ == module.__name__
    ]
    if len(found) != 1:
        names = ", ".join(c.__name__ for c in found) or "none"
        place = shown(SCENES / lesson / f"{scene}.py")
        what = f"defines {len(found)} scenes ({names})"
        raise LessonError([Problem(place, what, "define one LessonScene in a scene's file")])
    return found[0]


def run(scene: type[LessonScene], picture: Picture, take: Callable[[Frame, int], None]) -> Timeline:
    """Run a scene under stock Manim, handing over its raw frames; returns its timeline."""
    with tempconfig(scene_config(picture.width, picture.height, picture.fps)):
        played = scene(renderer=plain_renderer(take))
        played.render()
    return played.timeline


@contextmanager
def set_up(lesson: str, scene: str, picture: Picture) -> Iterator[type[LessonScene]]:
    """A scene's class, and Manim as it must be while the scene is recorded.

    Raises:
        LessonError: in place of what the scene's code raises inside.
    """
    configuration = scene_config(picture.width, picture.height, picture.fps)
    with authors_mistakes(lesson, scene), quicker(), tempconfig(configuration):
        yield scene_class(lesson, scene)


@contextmanager
def authors_mistakes(lesson: str, scene: str) -> Iterator[None]:
    """Turns an exception out of a scene's code into one readable message."""
    source = SCENES / lesson / f"{scene}.py"
    try:
        yield
    except LessonError:
        raise
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [f.lineno for f in frames if f.filename == str(source)]
        if isinstance(error, SyntaxError) and error.filename == str(source):
            lines.append(error.lineno)
        # A frame that could not be written is no mistake of the scene.
        if not lines or any(f.filename == __file__ and f.name == "take" for f in frames):
            raise
        what = f"{type(error).__name__}: {error}"
        problem = Problem(shown(source), what, "correct this line", lines[-1])
        raise LessonError([problem]) from error
