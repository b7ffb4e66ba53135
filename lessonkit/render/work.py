"""The work of a build, shared out: scenes are recorded, their slices drawn, side by side.

Every task is a function of small arguments that leaves a file under a name that says what is in
it. So a task may run twice, or on another machine that shares the folder, and what a stopped run
has finished counts in the next.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Self

from lessonkit.captions import Cue
from lessonkit.problems import LessonError, Problem
from lessonkit.project import BUILD, ROOT, SCENES, own_file, shown, sweep
from lessonkit.render.film import Picture
from lessonkit.render.slices import Slice, SliceFolder
from lessonkit.script import VOICE, Script
from lessonkit.timeline import Timeline
from lessonkit.voice.takes import Take

SLICES = SliceFolder(BUILD / "slices")
LARGEST_CACHE = 4_000_000_000  # bytes of slices kept for reuse
LOOK = 0.1  # seconds between two looks at what recordings under way have told
SETTING = {  # of processes that record and draw
    "PYTHONHASHSEED": "0",  # some of Manim's transforms go through sets
    # The processes share the processors out; libraries' own threads would only wait, and spin.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
PATIENCE = 300.0  # seconds without a task done after which the work is given up as stuck


@dataclass(frozen=True)
class Part:
    """One scene, ready to be made."""

    lesson: str
    scene: str
    scripts: Mapping[str, Script]
    timeline: Timeline
    cues: Mapping[str, tuple[Cue, ...]]
    picture: Picture
    recording: Path  # lists the slices; its name holds all that the scene depends on
    burned: tuple[Cue, ...]
    takes: Mapping[str, Take]  # by beat, as far as they have sound

    @property
    def poster(self) -> Path:
        """The scene's last picture."""
        return self.recording.with_suffix(".png")

    @property
    def frames(self) -> int:
        """How many the scene has."""
        return round(self.timeline.duration * self.picture.fps)

    @property
    def slices(self) -> tuple[Slice, ...]:
        """What the scene was cut into; none before it is recorded."""
        try:
            listed = json.loads(self.recording.read_text(encoding="utf-8"))
            return tuple(Slice(key, frames) for key, frames in listed)
        except (OSError, ValueError, TypeError):
            return ()

    @property
    def is_recorded(self) -> bool:
        """Whether each slice is drawn, or has a job from which it can be."""
        slices = self.slices
        return (
            bool(slices)
            and self.poster.is_file()
            and all(SLICES.find(s.key) or SLICES.can_draw(s.key) for s in slices)
        )

    @property
    def is_drawn(self) -> bool:
        """Whether each slice is."""
        slices = self.slices
        return bool(slices) and self.poster.is_file() and all(SLICES.find(s.key) for s in slices)


def make_slices(
    parts: Sequence[Part],
    jobs: int,
    scheduler: str,
    progress: Callable[[Part, int], None],
) -> None:
    """Record and draw what is missing of the parts; a fault in one lets the others finish.

    Args:
        parts: The scenes.
        jobs: Processes of this machine to share the work out to.
        scheduler: Address of a dask scheduler whose workers do it instead; empty for none. They
            see this folder under the same path, and have the project's packages.
        progress: Told of frames: each counts once recorded, and once drawn.

    Raises:
        LessonError: faults of scenes, a process that was killed, work that is stuck.
    """
    with _Cluster(scheduler) if scheduler else _Processes(jobs) as workers:
        waiting: dict[str, list[tuple[Part, int]]] = {}  # by slice: whose frames it stands for
        begun = {part.recording: 0 for part in parts}  # how many slices are seen to

        def draw_missing(part: Part, slices: Sequence[Slice]) -> None:
            coming = slices[begun[part.recording] :]
            begun[part.recording] += len(coming)
            for piece in coming:
                progress(part, piece.frames)
                if piece.key in waiting:
                    waiting[piece.key].append((part, piece.frames))
                elif SLICES.find(piece.key):
                    progress(part, piece.frames)
                else:
                    waiting[piece.key] = [(part, piece.frames)]
                    workers.submit(draw_task, piece.key, after=piece.key)

        # The longest first: the last to start must not be the one all wait for.
        for part in sorted(parts, key=lambda part: -part.timeline.duration):
            if part.is_recorded:
                draw_missing(part, part.slices)
            else:
                workers.submit(record_task, part, own_file(part.recording), after=part)
        try:
            for done in workers.results():
                if isinstance(done, Part):
                    draw_missing(done, done.slices)
                elif done is not None:
                    for part, frames in waiting.pop(done):
                        progress(part, frames)
                for part in workers.recording:
                    draw_missing(part, _told(own_file(part.recording)))
        finally:
            for part in parts:
                own_file(part.recording).unlink(missing_ok=True)


def record_task(part: Part, told: Path = Path(os.devnull)) -> None:
    """Run a scene and leave jobs for its slices; `told` lists those that can be drawn already."""
    from lessonkit.render.draw import record  # here only: Manim takes a second to load

    told.parent.mkdir(parents=True, exist_ok=True)
    with told.open("w", encoding="utf-8") as file:

        def tell(piece: Slice) -> None:
            print(json.dumps([piece.key, piece.frames]), file=file, flush=True)

        record(
            part.lesson,
            part.scene,
            part.picture,
            part.recording,
            SLICES,
            part.timeline,
            part.burned,
            tell,
        )


def _told(path: Path) -> list[Slice]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    except FileNotFoundError:
        return []
    return [Slice(*json.loads(line)) for line in lines if line.endswith("\n")]


def draw_task(key: str) -> None:
    """Draw one slice."""
    SLICES.draw(key)


# -- who does it -------------------------------------------------------------------------------


class _Workers:
    """Runs tasks on an executor and gathers what comes of them."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._running: dict[Future[None], Part | str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and not issubclass(kind, LessonError):
            self.kill()
        for future in self._running:
            future.cancel()
        self._executor.shutdown()

    def submit(self, task: Callable[..., None], *arguments: object, after: Part | str) -> None:
        """Run a task; `after` is what `results` gives when it is done."""
        try:
            future = self._executor.submit(task, *arguments)
        except BrokenExecutor as broken:  # since the last result; to be told with the others
            future = Future()
            future.set_exception(broken)
        self._running[future] = after

    @property
    def recording(self) -> list[Part]:
        """The parts whose recording is not done."""
        return [what for what in self._running.values() if isinstance(what, Part)]

    def results(self) -> Iterator[Part | str | None]:
        """What was done, as it is done, and None now and then; faults are raised at the end."""
        problems: list[Problem] = []
        killed: list[Part | str] = []
        last = time.monotonic()
        while self._running:
            done, _ = wait(self._running, timeout=LOOK, return_when=FIRST_COMPLETED)
            if done:
                last = time.monotonic()
            elif time.monotonic() - last < PATIENCE:
                yield None
            else:
                running = [what for future, what in self._running.items() if future.running()]
                self.kill()
                problems.append(_stuck(running))
                break
            for future in done:
                what = self._running.pop(future)
                try:
                    future.result()
                except LessonError as error:
                    problems += error.problems
                except (BrokenExecutor, MemoryError):
                    killed.append(what)
                else:
                    yield what
        if killed:
            problems.append(_killed(killed))
        if problems:
            raise LessonError(list(dict.fromkeys(problems)))

    def kill(self) -> None:
        """Stop tasks that are running."""


class _Processes(_Workers):
    """Processes of this machine."""

    def __init__(self, jobs: int) -> None:
        os.environ.update(SETTING)
        # Spawned, not forked: the same everywhere, and safe with the threads of torch.
        self._pool = ProcessPoolExecutor(jobs, get_context("spawn"), start_process)
        super().__init__(self._pool)

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        pids = list(self._pool._processes)  # one that dies takes the others with it
        super().__exit__(kind, *rest)
        sweep(BUILD, pids)

    def kill(self) -> None:
        for process in list(self._pool._processes.values()):  # the pool offers no kill
            process.terminate()


def start_process() -> None:
    """What a process of a pool does first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the first process answers
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    if parent := parent_process():
        parent.join()
        os._exit(1)


class _Cluster(_Workers):
    """Workers of a dask cluster. They run threads, so each task gets a process of its own there."""

    def __init__(self, scheduler: str) -> None:
        from distributed import Client  # here only: it takes half a second to load

        try:
            client = Client(scheduler, timeout="10s")
        except (OSError, ValueError) as error:
            what = f"SCHEDULER={scheduler} does not answer: {error}"
            fix = "start one with  dask scheduler  and give its address, as tcp://host:8786"
            raise LessonError([Problem("command line", what, fix)]) from None
        super().__init__(client.get_executor())

    def submit(self, task: Callable[..., None], *arguments: object, after: Part | str) -> None:
        voice = os.environ.get(VOICE, "")
        self._running[self._executor.submit(_in_a_process, voice, task, arguments)] = after


def _in_a_process(voice: str, task: Callable[..., None], arguments: Sequence[object]) -> None:
    """Run a task in a fresh process; its error, if any, becomes ours."""
    done = subprocess.run(  # noqa: S603 # Python itself
        [sys.executable, "-c", _RUN_TASK],
        input=pickle.dumps((task, arguments)),
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, **SETTING, VOICE: voice},
        check=True,
    )
    error = pickle.loads(done.stdout)  # noqa: S301 # what the line below wrote
    if error is not None:
        raise error


_RUN_TASK = """\
import pickle, sys
task, arguments = pickle.load(sys.stdin.buffer)
error = None
try:
    task(*arguments)
except Exception as caught:
    error = caught
sys.stdout.buffer.write(pickle.dumps(error))
"""


def _killed(tasks: Sequence[Part | str]) -> Problem:
    what = f"a process that draws was killed{_before(tasks)}"
    fix = "run again: what is finished is kept; if it recurs, use JOBS=1 (less memory)"
    return Problem(shown(SCENES), what, fix)


def _stuck(tasks: Sequence[Part | str]) -> Problem:
    what = f"nothing was done for {PATIENCE:.0f} s, and the work given up as stuck{_before(tasks)}"
    fix = "run again: what is finished is kept; if it recurs, look for an endless loop in the scene"
    return Problem(shown(SCENES), what, fix)


def _before(tasks: Sequence[Part | str]) -> str:
    scenes = ", ".join(sorted(task.scene for task in tasks if isinstance(task, Part)))
    return f", before these were recorded: {scenes}" if scenes else ""
