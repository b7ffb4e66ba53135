"""What is wrong with something a person wrote, said so that they can put it right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One mistake: where it is, what it is (with the value), and how to fix it."""

    file: str
    what: str
    fix: str
    line: int | None = None
    beat: str | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        beat = "" if self.beat is None else f" beat '{self.beat}':"
        return f"{place}:{beat} {self.what}\n    fix: {self.fix}"


class LessonError(Exception):
    """One or more problems that stop the work; `str()` is the message for the person.

    The command line prints it without a traceback and exits with status 1.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        if not problems:
            raise ValueError("problems: got none; a LessonError needs at least one")
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type[LessonError], tuple[tuple[Problem, ...]]]:
        # Exceptions pickle as cls(*args); worker processes send these home.
        return (LessonError, (self.problems,))
