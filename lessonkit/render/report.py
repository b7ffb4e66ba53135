"""What a person sees while films are made, and afterwards."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter, defaultdict
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
    """One line a lesson on a terminal; one line a finished scene elsewhere and under CI."""

    def __init__(self, parts: Sequence[Part]) -> None:
        # Each frame counts twice: recorded, and drawn.
        self._left = {part.recording: 2 * part.frames for part in parts}
        self._started = time.monotonic()
        self._seconds = defaultdict[str, float](float)  # of film done, by lesson
        self._bars = None
        if parts and sys.stdout.isatty() and not os.environ.get("CI"):
            self._bars = Bars(
                TextColumn("{task.description} {task.fields[scene]}"),
                BarColumn(),
                TextColumn("{task.percentage:3.0f} %  {task.fields[speed]}"),
                TimeRemainingColumn(),
            )
            totals = Counter[str]()
            for part in parts:
                totals[part.lesson] += 2 * part.frames
            self._tasks = {
                lesson: self._bars.add_task(lesson, total=total, scene="", speed="")
                for lesson, total in totals.items()
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
        """Count frames that were recorded or drawn of a part."""
        self._left[part.recording] -= frames
        self._seconds[part.lesson] += frames / 2 / part.picture.fps
        if self._bars is not None:
            speed = self._seconds[part.lesson] / (time.monotonic() - self._started + 1e-9)
            self._bars.update(
                self._tasks[part.lesson],
                advance=frames,
                scene=part.scene,
                speed=f"{speed:.1f} s of film a second",
            )
        elif not self._left[part.recording]:
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
