"""The film as it was before an edit: as far as the edit cannot be seen, it serves again."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Any

from lessonkit.preview import is_watched, watched_folders
from lessonkit.preview.edits import Edit, edit_between
from lessonkit.preview.storyboard import PICTURE, Panel
from lessonkit.problems import Problem
from lessonkit.project import SCENES, written_whole
from lessonkit.render.draw import scene_class
from lessonkit.render.sketch import Play
from lessonkit.render.slices import Slice
from lessonkit.render.work import SLICES
from lessonkit.script import Script
from lessonkit.timeline import Timeline


@dataclass(frozen=True)
class Share:
    """A run of frames that one process has made; its slices are drawn.

    Attributes:
        stop: The frame before which it ends.
        slices: Its pictures.
        plays: What is played.
        problems: What stopped it.
        jump: Seconds that it took to come to its first frame.
        seconds: How long its slices took to make, each by its first frame.
        calls: At which frame each method of the scene was first called.
        ends: What each beat's end looks like, by the frame after it.
    """

    stop: int
    slices: tuple[Slice, ...]
    plays: tuple[Play, ...]
    problems: tuple[Problem, ...]
    jump: float
    seconds: Mapping[int, float]
    calls: Mapping[str, int]
    ends: Mapping[int, bytes]


@dataclass(frozen=True)
class Inputs:
    """All that a scene's film is made from.

    Attributes:
        scene: The name of its class.
        source: Its file.
        rest: Everything else: its times, and the state of all files that may have a part in it.
    """

    scene: str
    source: str
    rest: tuple[Any, ...]

    @classmethod
    def of(cls, script: Script, timeline: Timeline) -> Inputs:
        """As they are now."""
        lesson = script.path.parent.name
        own = SCENES / lesson / f"{script.scene}.py"
        rest: list[Any] = [timeline]
        for folder in watched_folders():
            for path in sorted(folder.rglob("*.*")):
                if is_watched(path) and path != own:
                    with suppress(FileNotFoundError):  # an editor's, for a moment
                        state = path.stat()
                        rest.append((str(path), state.st_size, state.st_mtime_ns))
        name = scene_class(lesson, script.scene).__name__
        return cls(name, own.read_text(encoding="utf-8"), tuple(rest))

    def edit_to(self, now: Inputs) -> Edit | None:
        """What makes others of them; None if that is more than the bodies of methods."""
        if (now.scene, now.rest) != (self.scene, self.rest):
            return None
        return edit_between(self.source, now.source, now.scene)


@dataclass(frozen=True)
class LastFilm:
    """A scene's film, whole, and its storyboard."""

    inputs: Inputs
    share: Share
    panels: tuple[Panel, ...]

    def beginning(self, inputs: Inputs, timeline: Timeline) -> LastFilm | None:
        """The beats that are the same with other inputs, in a film of their own, if there are any.

        Its end still has to be looked at: what is shown there may come from counting frames.
        """
        edit, whole = self.inputs.edit_to(inputs), self.share
        if edit is None:
            return None
        seen = min((whole.calls.get(name, whole.stop) for name in edit.methods), default=whole.stop)
        ends = (round(beat.end * PICTURE.fps) for beat in timeline.beats)
        stop = max((end for end in ends if end <= seen), default=0)
        stops = accumulate(piece.frames for piece in whole.slices)
        slices = tuple(p for p, end in zip(whole.slices, stops, strict=True) if end <= stop)
        panels = tuple(panel for panel in self.panels if panel.frame < stop)
        if not slices or not all(
            [*(SLICES.find(piece.key) for piece in slices), *(p.picture.is_file() for p in panels)]
        ):
            return None
        share = Share(
            stop,
            slices,
            tuple(
                replace(play, line=edit.lines.get(play.line, play.line))
                for play in whole.plays
                if play.stop <= stop
            ),
            (),
            0.0,
            {frame: spent for frame, spent in whole.seconds.items() if frame < stop},
            {name: frame for name, frame in whole.calls.items() if frame < stop},
            {frame: end for frame, end in whole.ends.items() if frame <= stop},
        )
        return LastFilm(inputs, share, panels)

    def keep(self, path: Path) -> None:
        """Write it to a file."""
        with written_whole(path) as temporary:
            temporary.write_bytes(pickle.dumps(self))


def last_film(path: Path) -> LastFilm | None:
    """The film kept in a file; None if there is none that can be read."""
    with suppress(Exception):  # the machinery that wrote it may have been another
        film = pickle.loads(path.read_bytes())  # noqa: S301 # nobody else writes there
        return film if isinstance(film, LastFilm) else None
    return None
