"""A process with everything heavy loaded, which forks for each run of an author's code.

It imports nothing of the project: each fork reads scenes, theme, mathcore and machinery from their
files, as they are now, and a mistake in them ends with the fork. Requests come as lines of JSON on
its standard input, answers as lines on its standard output. A fork that stands by has read the
scene, and forks in the same way.
"""

from __future__ import annotations

import fcntl
import importlib
import json
import os
import select
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

HEAVY = (
    *("manim", "torch", "sympy", "sympy.codegen.ast", "av", "cairo", "contourpy", "jaxtyping"),
    *("pygments.lexers.python", "regex", "rich.progress", "typst", "uharfbuzz", "tomllib"),
    *("multiprocessing.queues", "concurrent.futures.process"),
)
TICK = 0.2  # seconds between looks at which forks have ended
Say = Callable[[dict[str, Any]], None]


def main() -> None:
    """Load, then fork on request until the input ends."""
    _load()
    with tempfile.NamedTemporaryFile() as file:
        lock = Path(file.name)
        out = os.dup(1)
        os.dup2(2, 1)  # an author's print() goes to the terminal, not among the answers
        _say(out, lock, 0, {"kind": "ready"})
        request, say = serve(0, out, lock)
        _run(request, say, partial(serve, out=out, lock=lock))


def serve(requests: int, out: int, lock: Path) -> tuple[dict[str, Any], Say]:
    """Fork for each request that comes from a file; return in the forks alone, with theirs.

    One of the forks may stand by: it serves what is asked of it in the same way, out of a pipe.
    """
    running: dict[int, dict[str, Any]] = {}
    standing: tuple[int, int] | None = None  # the process that stands by, and a pipe to it
    for request in _requests(requests):
        for pid in [pid for pid in running if os.waitpid(pid, os.WNOHANG) != (0, 0)]:
            ended = running.pop(pid)
            with suppress(ProcessLookupError):  # helpers of one that was cut short
                os.killpg(pid, signal.SIGKILL)
            if standing and pid == standing[0]:
                os.close(standing[1])
                standing = None
            told = {"of": ended["kind"], "from_there": ended.get("from_there", False)}
            _say(out, lock, ended["run"], {"kind": "ended", **told})
        if request is None:
            continue
        kind = request["kind"]
        from_there = requests == 0 and request.get("from_there")
        if kind == "stop" or from_there:
            try:
                if standing:
                    os.write(standing[1], json.dumps(request).encode() + b"\n")
                elif from_there:
                    _say(out, lock, request["run"], {"kind": "cannot"})
            except BrokenPipeError:
                pass  # it has ended, which will be told
            if kind == "stop":
                _kill(running, but=standing[0] if standing else 0)
            continue
        if kind == "stand by":
            if standing:
                _kill({standing[0]: running.pop(standing[0], {})})
                os.close(standing[1])
            request["requests"], pipe = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.setpgid(0, 0)  # its helpers end with it
            return request, partial(_say, out, lock, request["run"])
        with suppress(OSError):  # the fork does it too
            os.setpgid(pid, pid)
        running[pid] = request
        if kind == "stand by":
            os.close(request["requests"])
            standing = pid, pipe
    _kill(running)
    os._exit(0)


def _requests(file: int) -> Iterator[dict[str, Any] | None]:
    """Requests as they come, and None every now and then."""
    read = b""
    while True:
        ready, _, _ = select.select([file], [], [], TICK)
        if not ready:
            yield None
            continue
        piece = os.read(file, 65536)
        if not piece:
            return
        *lines, read = (read + piece).split(b"\n")
        yield from map(json.loads, lines)


def _kill(running: dict[int, dict[str, Any]], but: int = 0) -> None:
    """End forks and their helpers."""
    for pid in [pid for pid in running if pid != but]:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        del running[pid]


def _load() -> None:
    """What takes seconds to load, and no author edits."""
    for name in HEAVY:
        importlib.import_module(name)
    import sympy
    import torch

    # Threads would not survive a fork. An optimizer's first step loads a second's worth of torch.
    torch.set_num_threads(1)
    weight = torch.nn.Parameter(torch.zeros(1))
    weight.sum().backward()
    torch.optim.SGD([weight]).step()
    symbol = sympy.Symbol("x")
    sympy.lambdify(symbol, sympy.diff(symbol**2))(1.0)


def _run(request: dict[str, Any], say: Say, serve: Callable[[int], Any]) -> None:
    """In the fork: do what is asked, then end without unwinding the zygote's stack."""
    status = 1
    try:
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        sys.dont_write_bytecode = True  # two saves in a second would share one
        from lessonkit.preview.runs import run

        run(request, say, serve)
        status = 0
    except BaseException as error:  # whatever an edit has broken, in the machinery too
        import traceback

        trace = traceback.extract_tb(error.__traceback__)
        at = next((f for f in reversed(trace) if "site-packages" not in f.filename), trace[-1])
        file, line = at.filename, at.lineno
        if isinstance(error, SyntaxError):
            file, line = error.filename or file, error.lineno
        what = f"{type(error).__name__}: {error}"
        problem = {"file": file, "line": line, "beat": None, "what": what, "fix": ""}
        with suppress(OSError):
            say({"kind": "problems", "problems": [problem]})
    finally:
        os._exit(status)


def _say(out: int, lock: Path, run: int, answer: dict[str, Any]) -> None:
    """Write one line, whole: forks share the pipe. One that is killed leaves no lock behind."""
    line = json.dumps(answer | {"run": run}).encode() + b"\n"
    with lock.open() as own:  # opened anew: an inherited file would be locked for all forks at once
        fcntl.flock(own, fcntl.LOCK_EX)
        while line:
            line = line[os.write(out, line) :]


if __name__ == "__main__":
    main()
