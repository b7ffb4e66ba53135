"""One small task a scene, on all processors, with what comes of each handed back."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from lessonkit.problems import LessonError, Problem
from lessonkit.project import SCENES, shown
from lessonkit.render.work import SETTING, start_process

Result = TypeVar("Result")


def for_each_scene(
    task: Callable[[str, str], Result],
    scenes: Sequence[tuple[str, str]],
    jobs: int,
    doing: str,
) -> Iterator[tuple[str, str, Result | LessonError]]:
    """Run `task(lesson, scene)` for each scene in processes of their own; results in given order.

    A scene's own mistake comes back in place of its result. Progress is shown on a terminal, and
    nothing elsewhere.

    Raises:
        LessonError: a process was killed.
    """
    os.environ.update(SETTING)
    pool = ProcessPoolExecutor(min(jobs, len(scenes) or 1), get_context("spawn"), start_process)
    with pool, progress_bar() as bar:
        running = {pool.submit(task, *scene): scene for scene in scenes}
        shown_as = bar.add_task(doing, total=len(scenes))
        results: dict[tuple[str, str], Result | LessonError] = {}
        for done in as_completed(running):
            try:
                results[running[done]] = done.result()
            except LessonError as error:
                results[running[done]] = error
            except BrokenExecutor:
                what = f"a process was killed while {doing}"
                fix = "run again; if it recurs, use JOBS=1 (less memory)"
                raise LessonError([Problem(shown(SCENES), what, fix)]) from None
            bar.advance(shown_as)
    for lesson, scene in scenes:
        yield lesson, scene, results[lesson, scene]


def progress_bar() -> Progress:
    """One line for things done one by one; quiet where nobody watches."""
    quiet = not sys.stdout.isatty() or bool(os.environ.get("CI"))
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(),
        disable=quiet,
        transient=True,
    )
