"""The code that lessons show: real files, really run, and the output is what was captured."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from mathcore._check import bad


@dataclass(frozen=True)
class Captured:
    """What a program wrote; `error` is the last line of a traceback, "" where there was none."""

    output: tuple[str, ...]
    error: str


@dataclass(frozen=True)
class Snippet:
    """The source of a program, line for line as it is shown."""

    source: str

    @property
    def lines(self) -> tuple[str, ...]:
        """The source's lines."""
        return tuple(self.source.splitlines())

    def excerpt(self, *parts: str) -> tuple[str, ...]:
        """The lines that contain each of these parts, without indentation.

        >>> snippet("training_loop").excerpt("zero_grad", "backward", "step()")
        ('optimizer.zero_grad()', 'loss.backward()', 'optimizer.step()')
        """
        return tuple(self.lines[self.number(part) - 1].strip() for part in parts)

    def number(self, part: str) -> int:
        """The number, from 1, of the one line that contains this part.

        >>> snippet("training_loop").number("zero_grad")
        17
        """
        numbers = [number for number, line in enumerate(self.lines, 1) if part in line]
        if len(numbers) != 1:
            raise bad("part", part, f"in exactly one line, not in {len(numbers)}")
        return numbers[0]

    def flattened(self) -> Snippet:
        """The same lines with all indentation lost, as copying from a web page may do.

        >>> snippet("training_loop").flattened().run().error
        "IndentationError: expected an indented block after 'for' statement on line 10"
        """
        return Snippet("\n".join(line.lstrip() for line in self.lines) + "\n")

    def run(self) -> Captured:
        """Run it in a Python of its own, once per process and source, and capture what it says.

        >>> snippet("autograd").run().output
        ('dy/dx at x=2: tensor(4.)',)
        """
        return _run(self.source)


def snippet(name: str) -> Snippet:
    """One of the programs in this folder, by its file name without the ending.

    >>> snippet("cube").lines[0]
    'import torch'
    """
    folder = files(__package__)
    names = sorted(
        entry.name.removesuffix(".py")
        for entry in folder.iterdir()
        if entry.name.endswith(".py") and entry.name not in ("__init__.py", "conftest.py")
    )
    if name not in names:
        raise bad("name", name, f"one of {names}")
    return Snippet(folder.joinpath(f"{name}.py").read_text(encoding="utf-8"))


@cache
def _run(source: str) -> Captured:
    # -I: nothing of the caller's folder or environment takes part; the source is the package's own.
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-I", "-X", "utf8", "-c", source],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    error = done.stderr.strip().splitlines()[-1] if done.returncode else ""
    return Captured(tuple(done.stdout.splitlines()), error)
