"""Many small tasks on all processors, with what comes of each handed back."""

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
Call = TypeVar("Call", bound=tuple[object, ...])


def side_by_side(
    task: Callable[..., Result], calls: Sequence[Call], jobs: int, doing: str
) -> Iterator[tuple[Call, Result | LessonError]]:
    """Run `task(*call)` for each call in processes of their own; results in given order.

    The mistake of one comes back in place of its result. Progress is shown on a terminal, and
    nothing elsewhere.

    Raises:
        LessonError: a process was killed.
    """
    if not calls:
        return
    os.environ.update(SETTING)
    pool = ProcessPoolExecutor(min(jobs, len(calls)), get_context("spawn"), start_process)
    with pool, progress_bar() as bar:
        running = {pool.submit(task, *call): number for number, call in enumerate(calls)}
        shown_as = bar.add_task(doing, total=len(calls))
        results: dict[int, Result | LessonError] = {}
        try:
            for done in as_completed(running):
                try:
                    results[running[done]] = done.result()
                except LessonError as error:
                    results[running[done]] = error
                bar.advance(shown_as)
        except BrokenExecutor:
            what = f"a process was killed while {doing}"
            fix = "run again; if it recurs, use JOBS=1 (less memory)"
            raise LessonError([Problem(shown(SCENES), what, fix)]) from None
        except BaseException:  # Ctrl-C, a full disk: what has not begun need not
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    for number, call in enumerate(calls):
        yield call, results[number]


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
