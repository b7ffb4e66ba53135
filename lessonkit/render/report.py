"""What a person sees while films are made, and afterwards."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.table import Table

from lessonkit.project import shown
from lessonkit.render.build import Made, Options
from lessonkit.render.work import Part


class Progress:
    """One bar a scene on a terminal, one line a finished scene elsewhere and under CI."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._frames = {p.recording: 2 * p.frames for p in parts}
        self._done = dict.fromkeys(self._frames, 0)
        self._bars = None
        if parts and sys.stdout.isatty() and not os.environ.get("CI"):
            self._bars = Bars(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.percentage:3.0f} %"),
                TimeRemainingColumn(),
            )
            self._tasks = {
                p.recording: self._bars.add_task(p.scene, total=self._frames[p.recording])
                for p in parts
            }
        elif parts:
            seconds = sum(p.timeline.duration for p in parts)
            print(f"drawing {_counted(parts, 'scene')}, {seconds:.0f} s of film", flush=True)

    def __enter__(self) -> Progress:
        if self._bars is not None:
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, part: Part, frames: int) -> None:
        """Count frames that were drawn of a part."""
        self._done[part.recording] += frames
        if self._bars is not None:
            self._bars.update(self._tasks[part.recording], completed=self._done[part.recording])
        elif self._done[part.recording] == self._frames[part.recording]:
            print(f"  {part.scene}: drawn, {part.timeline.duration:.0f} s of film", flush=True)


def print_films(made: Sequence[Made], options: Options) -> None:
    """A table of the films; a single line when all were up to date."""
    if made and all(film.reused for film in made):
        print(f"nothing to do: {_counted(made, 'film')} up to date in {shown(options.folder)}")
        return
    table = Table("film", "length", "size", "", box=None, pad_edge=False)
    for film in made:
        minutes, seconds = divmod(round(film.seconds), 60)
        state = "up to date" if film.reused else "made"
        size = f"{film.size / 1e6:.1f} MB"
        table.add_row(shown(film.film), f"{minutes}:{seconds:02d}", size, state)
    Console().print(table)


def _counted(things: Sequence[object], name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"
