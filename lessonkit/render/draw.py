"""One scene, drawn by Manim frame by frame into a video segment, with its captions burned in."""

from __future__ import annotations

import importlib
import inspect
import threading
import traceback
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from manim import config, tempconfig
from manim.renderer.cairo_renderer import CairoRenderer
from manim.scene.scene_file_writer import SceneFileWriter
from PIL import Image
from tqdm import tqdm  # type: ignore[import-untyped]

from lessonkit.captions import Band, Cue, cue_at
from lessonkit.problems import LessonError, Problem
from lessonkit.project import SCENES, shown, written_whole
from lessonkit.render.film import Picture, SegmentWriter
from lessonkit.stage import LessonScene
from lessonkit.timeline import Timeline

# Manim makes progress bars even where it shows none. Their own lock is a semaphore of the system,
# which a process that is stopped leaves behind, with a warning.
tqdm.set_lock(threading.RLock())

Frame = npt.NDArray[np.uint8]
"""RGBA, shape (height, width, 4)."""


def draw(
    lesson: str,
    scene: str,
    picture: Picture,
    segment: Path,
    poster: Path,
    cues: Sequence[Cue],
    progress: Callable[[int], None],
) -> None:
    """Draw a scene into `segment`, and its last picture, without caption, into `poster`.

    Args:
        lesson: Its folder.
        scene: Its file.
        picture: Size and rate.
        segment: Written whole or not at all.
        poster: A PNG, written before the segment.
        cues: Burned in; none leaves the caption region empty.
        progress: Called with the number of frames drawn since the last call.

    Raises:
        LessonError: the scene's code fails, or does not keep to its script.
    """
    source = SCENES / lesson / f"{scene}.py"
    with SegmentWriter(segment, picture) as writer:
        band = Band(picture.width, picture.height)
        drawn = 0
        last = np.zeros((picture.height, picture.width, 4), np.uint8)

        def take(frame: Frame, repeats: int) -> None:
            nonlocal last, drawn
            last = frame
            for count, cue in _spans(cues, drawn, repeats, picture.fps):
                writer.write(frame if cue is None else _captioned(frame, band.image(cue)), count)
                progress(count)
            drawn += repeats

        try:
            timeline = run(scene_class(lesson, scene), picture, take)
        except LessonError:
            raise
        except Exception as error:
            raise _authors_mistake(error, source) from error
        expected = round(timeline.duration * picture.fps)
        if drawn != expected:
            raise RuntimeError(f"{scene}: {drawn} frames drawn, but its timeline has {expected}")
        with written_whole(poster) as temporary:
            Image.fromarray(last[..., :3]).save(temporary)


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
    with tempconfig(
        {
            "pixel_width": picture.width,
            "pixel_height": picture.height,
            "frame_rate": picture.fps,
            # Manim works in units of a frame 8 high; the width follows the picture.
            "frame_width": config.frame_height * picture.width / picture.height,
            "disable_caching": True,
            "progress_bar": "none",
            "verbosity": "ERROR",
            "seed": 0,
        }
    ):
        played = scene(renderer=_Renderer(take))
        played.render()
    return played.timeline


class _Renderer(CairoRenderer):
    """Manim's Cairo renderer with our writer in the place of its video files."""

    def __init__(self, take: Callable[[Frame, int], None]) -> None:
        super().__init__()
        self._take = take

    def init_scene(self, scene: Any, session_spec: Any, file_writer_settings: Any) -> None:  # noqa: ARG002
        self.file_writer = _FrameWriter(file_writer_settings, self._take)


class _FrameWriter(SceneFileWriter):
    """Hands frames over instead of encoding them, and touches no files."""

    def __init__(self, settings: Any, take: Callable[[Frame, int], None]) -> None:
        super().__init__(settings)
        self._take = take

    def next_section(self, name: str, type_: str, skip_animations: bool) -> None:
        if not self.sections:  # the first is Manim's own; ours are beats, which need no files
            super().next_section(name, type_, skip_animations)

    def write_frame(self, pixels: Any, *, repeat: int = 1) -> None:
        self._take(pixels, repeat)

    def begin_animation(self, *_: Any, **__: Any) -> None: ...
    def end_animation(self, *_: Any, **__: Any) -> None: ...
    def add_partial_movie_file(self, *_: Any) -> None: ...
    def finish(self) -> None: ...


def _spans(cues: Sequence[Cue], first: int, count: int, fps: int) -> list[tuple[int, Cue | None]]:
    """Frames first … first + count − 1 cut where the cue changes: how many, under which cue."""
    edges = {round(t * fps) for cue in cues for t in (cue.start, cue.end)}
    cuts = [first, *sorted(e for e in edges if first < e < first + count), first + count]
    return [(b - a, cue_at(cues, a, fps)) for a, b in pairwise(cuts)]


def _captioned(frame: Frame, band: Frame) -> Frame:
    """A copy of the frame with the band's picture over its bottom rows."""
    captioned = frame.copy()
    rows, columns = np.flatnonzero(band[..., 3].any(1)), np.flatnonzero(band[..., 3].any(0))
    inked = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    over = band[inked].astype(np.uint16)
    under = captioned[-len(band) :][inked][..., :3]
    alpha = over[..., 3:]
    under[...] = (over[..., :3] * alpha + under * (255 - alpha) + 127) // 255
    return captioned


def _authors_mistake(error: Exception, source: Path) -> Exception:
    """An exception out of a scene's code as one readable message; any other as it is."""
    frames = traceback.extract_tb(error.__traceback__)
    if any(f.filename == __file__ and f.name == "take" for f in frames):
        return error  # a frame could not be written: no mistake of the scene
    lines = [f.lineno for f in frames if f.filename == str(source)]
    if isinstance(error, SyntaxError) and error.filename == str(source):
        lines.append(error.lineno)
    if not lines:
        return error
    what = f"{type(error).__name__}: {error}"
    return LessonError([Problem(shown(source), what, "correct this line", lines[-1])])
