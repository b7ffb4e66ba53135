"""What films cost with this engine, and with the plain `manim` command, scene by scene.

`python -m benchmarks.render` times both in turn on the scenes in `benchmarks/scenes`, and compares
their films; `python -m benchmarks.render lessons` times three scenes of the lessons, which rest as
often as they move. `python -m benchmarks.render simulate` measures every task of the lessons' own
films and says what more cores would make of them.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import heappop, heappush
from importlib.metadata import version
from itertools import count, islice
from pathlib import Path
from statistics import geometric_mean
from typing import TypeVar

import av
import av.filter
import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parent.parent
LESSON = "benchmark"
SCENES = {  # file: class
    "moving_tangent": "MovingTangent",
    "optimizer_paths": "OptimizerPaths",
    "training_code": "TrainingCode",
    "circle_to_sine": "CircleToSine",
}
LESSONS = {  # scene: lesson, class
    "c1_02_secant_tangent": ("calculus_basics", "TangentFromSecants"),
    "c2_08_race": ("gradient_descent", "Race"),
    "c1_09_autograd": ("calculus_basics", "Autograd"),
}
JOBS = 2
EVERY = 10  # frames: of so many, one is compared
BT601, BT709 = (0.299, 0.587, 0.114), (0.2126, 0.7152, 0.0722)
FLOORS = {"set": 5.0, "alone": 4.0, "cpu": 3.0, "size": 2.5}

Plane = npt.NDArray[np.uint8]


def main() -> None:
    """Work in a copy of the project, out of reach of other films and slices."""
    parser = argparse.ArgumentParser(prog="benchmarks.render", description=__doc__)
    parser.add_argument(
        "what", nargs="?", choices=("compare", "lessons", "simulate"), default="compare"
    )
    parser.add_argument("--rounds", type=int, default=1, help="the quickest run counts (1)")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        for part in ("lessonkit", "mathcore", "scenes", "assets"):
            shutil.copytree(ROOT / part, root / part)
        shutil.copy2(ROOT / "requirements.lock", root)
        os.chdir(root)
        sys.path.insert(0, str(root))  # lessonkit finds the project that it lies in
        versions = (f"{name} {version(name)}" for name in ("manim", "av", "numpy", "torch"))
        print(f"Python {platform.python_version()}, {', '.join(versions)}")
        say_load("at the start")
        if chosen.what == "simulate":
            simulate()
        elif chosen.what == "lessons":
            compare_lessons(root)
        else:
            without_caches = shutil.ignore_patterns("__pycache__")
            for into in (root / "scenes" / LESSON, root / "assets" / "script" / LESSON):
                shutil.copytree(ROOT / "benchmarks" / "scenes", into, ignore=without_caches)
            compare(root, chosen.rounds)
        say_load("at the end")


def say_load(when: str) -> None:
    """Timings taken beside other work mean little."""
    load = os.getloadavg()[0]
    print(f"{datetime.now():%Y-%m-%d %H:%M}, {os.cpu_count()} cores, load {when} {load:.1f}\n")


# -- beside stock manim -------------------------------------------------------------------------


@dataclass(frozen=True)
class Cost:
    """What a command took, with all the processes that it started."""

    wall: float  # seconds
    cpu: float  # seconds
    memory: float  # MB, of its largest process


@dataclass(frozen=True)
class Quality:
    """Of the film's brightness, against the frames that stock Manim drew."""

    seconds: float
    size: float  # MB
    psnr: float  # dB
    ssim: float


def compare(root: Path, rounds: int) -> None:
    """Time both on each scene and ours on all of them, then look into the films."""
    stock, alone, together = defaultdict(list), defaultdict(list), []
    films = root / "films"
    films.mkdir()
    for _ in range(rounds):
        for scene, name in SCENES.items():
            stock[scene].append(by_manim(root, LESSON, scene, name))
            shutil.move(root / "media/videos" / scene / f"1080p60/{name}.mp4", films / f"{scene}.0")
            alone[scene].append(ours(root, "--scene", scene))
            shutil.move(root / "build/high" / LESSON / f"{scene}.mp4", films / f"{scene}.1")
        together.append(ours(root, "--lesson", LESSON))
    # Only now: a command's memory counts from that of the process that starts it.
    rows = []
    for scene in SCENES:
        qualities = look(scene, films / f"{scene}.0", films / f"{scene}.1")
        rows.append((scene, best(stock[scene]), best(alone[scene]), *qualities))
    print_costs(rows, best(together))
    print_ratios(rows, best(together))


def compare_lessons(root: Path) -> None:
    """Time both on scenes of the lessons, with what a film of these costs."""
    print(f"{'':24}{'film s':>8}{'wall s':>16}{'CPU s':>16}{'film MB':>14}{'wall':>8}{'CPU':>6}")
    ratios = []
    for scene, (lesson, name) in LESSONS.items():
        stock, our = by_manim(root, lesson, scene, name), ours(root, "--scene", scene)
        films = (
            root / "media/videos" / scene / f"1080p60/{name}.mp4",
            root / "build/high" / lesson / f"{scene}.mp4",
        )
        with av.open(films[1]) as film:
            seconds = float(film.duration or 0) / av.time_base
        sizes = [path.stat().st_size / 1e6 for path in films]
        ratios.append((stock.wall / our.wall, stock.cpu / our.cpu, sizes[1] / sizes[0]))
        print(
            f"{scene:24}{seconds:8.1f}{stock.wall:8.1f}{our.wall:8.1f}{stock.cpu:8.1f}{our.cpu:8.1f}"
            f"{sizes[0]:7.2f}{sizes[1]:7.2f}{ratios[-1][0]:8.2f}{ratios[-1][1]:6.2f}",
            flush=True,
        )
    wall, cpu, size = map(geometric_mean, zip(*ratios, strict=True))
    print(f"geometric means: wall {wall:.2f}, CPU {cpu:.2f}, size ours/stock {size:.2f}\n")


def by_manim(root: Path, lesson: str, scene: str, name: str) -> Cost:
    """Stock's command line, its own defaults, with nothing to reuse."""
    shutil.rmtree(root / "media", ignore_errors=True)
    source = f"scenes/{lesson}/{scene}.py"
    return timed("manim", "render", "-qh", "--disable_caching", source, name)


Row = tuple[str, Cost, Cost, Quality, Quality]  # scene, then stock's before ours


def ours(root: Path, *which: str) -> Cost:
    """Our command line with nothing to reuse; without captions, which stock does not draw."""
    shutil.rmtree(root / "build", ignore_errors=True)
    options = ("--quality", "high", "--captions", "none", "--jobs", str(JOBS))
    return timed("lessonkit", "render", *options, *which)


def timed(module: str, *arguments: str) -> Cost:
    """Run a module's command to its end."""
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        running = subprocess.Popen(
            [sys.executable, "-m", module, *arguments], stdout=output, stderr=output
        )
        _, status, usage = os.wait4(running.pid, 0)
        wall = time.perf_counter() - start
        running.returncode = os.waitstatus_to_exitcode(status)
        if running.returncode:
            output.seek(0)
            sys.exit(f"{module} {' '.join(arguments)} failed:\n{output.read().decode()}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 1e6)


def best(costs: Sequence[Cost]) -> Cost:
    """The least of each: what other work on the machine adds is not the command's."""
    return Cost(*(min(getattr(c, name) for c in costs) for name in ("wall", "cpu", "memory")))


def print_costs(rows: Sequence[Row], together: Cost) -> None:
    """Everything measured."""
    print(f"{'':34}{'wall s':>8}{'CPU s':>8}{'MB used':>9}{'film MB':>9}{'PSNR-Y':>8}{'SSIM-Y':>9}")
    for scene, stock, our, *films in rows:
        for who, cost, film in zip(("stock", "ours"), (stock, our), films, strict=True):
            print(
                f"{scene:16}{film.seconds:5.1f} s film {who:6}"
                f"{cost.wall:7.1f}{cost.cpu:8.1f}{cost.memory:9.0f}"
                f"{film.size:9.2f}{film.psnr:8.2f}{film.ssim:9.5f}"
            )
    whole = sum(row[3].seconds for row in rows)
    print(f"{'all of them':16}{whole:5.1f} s film ours  ", end="")
    print(f"{together.wall:7.1f}{together.cpu:8.1f}{together.memory:9.0f}")
    print(f"{'':34}{together.wall / whole:.2f} s of wall time for a second of film\n")


def print_ratios(rows: Sequence[Row], together: Cost) -> None:
    """Stock over ours, beside what is asked for."""
    alone = [stock.wall / our.wall for _, stock, our, *_ in rows]
    cpu = [stock.cpu / our.cpu for _, stock, our, *_ in rows]
    size = [our.size / stock.size for *_, stock, our in rows]
    print(f"{'stock / ours':18}{'wall alone':>12}{'CPU':>8}{'ours / stock: size':>20}")
    for row, *ratios in zip(rows, alone, cpu, size, strict=True):
        print(f"{row[0]:18}{ratios[0]:12.2f}{ratios[1]:8.2f}{ratios[2]:20.2f}")
    means = map(geometric_mean, (alone, cpu, size))
    print("{:18}{:12.2f}{:8.2f}{:20.2f}".format("geometric mean", *means))
    print(f"{'floor':18}{FLOORS['alone']:12.2f}{FLOORS['cpu']:8.2f}{FLOORS['size']:20.2f}")
    wall = sum(row[1].wall for row in rows) / together.wall
    cpu_set = sum(row[1].cpu for row in rows) / together.cpu
    print(
        f"as a set: wall {wall:.2f} (floor {FLOORS['set']:.2f}), "
        f"CPU {cpu_set:.2f} (floor {FLOORS['cpu']:.2f})\n"
    )


# -- quality ------------------------------------------------------------------------------------


def look(scene: str, stock: Path, our: Path) -> tuple[Quality, Quality]:
    """Both films of a scene against its raw frames, drawn by stock Manim once more."""
    from lessonkit.render.build import QUALITIES
    from lessonkit.render.draw import run, scene_class

    picture = QUALITIES["high"]
    # Stock's film has no colour tags, and the matrix of small pictures.
    sides = [
        (decoded(path), matrix, Likeness(picture.width, picture.height))
        for path, matrix in ((stock, BT601), (our, BT709))
    ]
    drawn = 0

    def take(frame: npt.NDArray[np.uint8], repeats: int) -> None:
        nonlocal drawn
        for _ in range(-(-drawn // EVERY) * EVERY, drawn + repeats, EVERY):
            for film, matrix, likeness in sides:
                likeness.add(luma(frame, matrix), next(film))
        drawn += repeats

    run(scene_class(LESSON, scene), picture, take)
    if any(next(film, None) is not None for film, *_ in sides):
        sys.exit(f"{scene}: a film is longer than what was drawn")
    seconds = drawn / picture.fps
    return tuple(  # type: ignore[return-value] # of two
        Quality(seconds, path.stat().st_size / 1e6, likeness.psnr, likeness.ssim)
        for path, (*_, likeness) in zip((stock, our), sides, strict=True)
    )


def decoded(film: Path) -> Iterator[Plane]:
    """The Y of every so many frames, as the film has it."""
    with av.open(film, format="mp4") as file:
        for frame in islice(file.decode(video=0), 0, None, EVERY):
            y = frame.planes[0]
            # Without the padding of its lines.
            yield np.frombuffer(memoryview(y), np.uint8).reshape(-1, y.line_size)[:, : y.width]


def luma(frame: npt.NDArray[np.uint8], matrix: tuple[float, float, float]) -> Plane:
    """RGBA to Y in the limited range, rounded once."""
    weights = np.array([*matrix, 0.0], np.float32) * 219 / 255
    return np.rint(frame @ weights + 16).astype(np.uint8)


class Likeness:
    """How like frames are to what they should be: PSNR of all, mean SSIM (FFmpeg's)."""

    def __init__(self, width: int, height: int) -> None:
        self._errors: list[float] = []
        self._ssims: list[float] = []
        self._graph = av.filter.Graph()
        shape = f"video_size={width}x{height}:pix_fmt=gray:time_base=1/60:pixel_aspect=1/1"
        self._pair = [self._graph.add("buffer", shape) for _ in range(2)]
        meter, self._sink = self._graph.add("ssim"), self._graph.add("buffersink")
        for nth, source in enumerate(self._pair):
            source.link_to(meter, 0, nth)
        meter.link_to(self._sink)
        self._graph.configure()

    def add(self, wanted: Plane, got: Plane) -> None:
        """Compare two frames."""
        self._errors.append(float(np.mean((wanted.astype(np.float32) - got) ** 2)))
        for source, pixels in zip(self._pair, (wanted, got), strict=True):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "gray")
            frame.pts = len(self._errors)
            source.push(frame)
        self._ssims.append(float(self._sink.pull().metadata["lavfi.ssim.Y"]))

    @property
    def psnr(self) -> float:
        """Of the mean square error of all frames; dB."""
        return float(10 * np.log10(255**2 / np.mean(self._errors)))

    @property
    def ssim(self) -> float:
        """1 where frames are equal."""
        return float(np.mean(self._ssims))


# -- more cores ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tasks:
    """A scene's tasks, in CPU seconds: its recording, then the drawing of each slice."""

    scene: str
    film: float  # seconds
    record: float
    draw: tuple[float, ...]


def simulate() -> None:
    """Do every task of the lessons' films by itself, then share the tasks out on paper."""
    from lessonkit.render import build, work
    from lessonkit.script import load_lessons, load_script
    from lessonkit.timeline import estimate

    start = timed("lessonkit", "check").cpu  # loads what a render loads
    lessons = load_lessons().values()
    films = build.plan([(one, build.drawn_scenes(one)) for one in lessons], build.Options())
    measured = []
    for part in build.to_draw(films, build.Options()):
        recording = seconds_of(work.record_task, part)
        slices = tuple(seconds_of(work.draw_task, piece.key) for piece in part.slices)
        measured.append(Tasks(part.scene, part.timeline.duration, recording, slices))
        print(
            f"{part.scene:24}{part.timeline.duration:6.1f} s of film, CPU s: "
            f"recording {recording:5.1f}, {len(slices)} slices of {np.mean(slices):.2f}",
            flush=True,
        )
    film = sum(t.film for t in measured)
    record = sum(t.record for t in measured) / film  # of a second of film, as is the next
    draw = sum(sum(t.draw) for t in measured) / film
    print(f"CPU s for a second of film: recording {record:.2f}, drawing {draw:.2f}\n")
    done = {t.scene for t in measured}
    course = list(measured)
    for lesson in lessons:
        for scene in set(lesson.scenes) - done:
            seconds = estimate(load_script(lesson.id, scene)).duration
            pieces = round(seconds * sum(len(t.draw) for t in measured) / film)
            each = draw * seconds / pieces
            course.append(Tasks(scene, seconds, record * seconds, (each,) * pieces))
    longest = max(measured, key=lambda t: t.record)
    print_scaling(f"longest recording: {longest.scene}", [longest], start)
    print_scaling(f"all {len(measured)} scenes with code", measured, start)
    print_scaling("the course, mean costs where there is no code yet", course, start)


Argument = TypeVar("Argument")


def seconds_of(task: Callable[[Argument], None], argument: Argument) -> float:
    """CPU seconds of a task in this process."""
    start = time.process_time()
    task(argument)
    return time.process_time() - start


def print_scaling(what: str, scenes: Sequence[Tasks], start: float) -> None:
    """A line for each number of cores."""
    film = sum(t.film for t in scenes)
    one = makespan(scenes, 1, start)
    print(f"{what}: {film:.0f} s of film\n{'cores':>8}{'wall s':>9}{'speed-up':>10}{'s / s':>8}")
    for cores in (1, 2, 4, 8, 16, 32, 64):
        wall = makespan(scenes, cores, start)
        print(f"{cores:8}{wall:9.1f}{one / wall:10.1f}{wall / film:8.2f}")
    print(flush=True)


def makespan(scenes: Sequence[Tasks], cores: int, start: float) -> float:
    """Seconds until all is drawn, in the order in which `work.make_slices` hands out tasks.

    The command and each of its processes need `start` seconds before their first task.
    """
    longest_first = sorted(scenes, key=lambda t: -t.film)
    queue: deque[tuple[float, Tasks | None]] = deque((t.record, t) for t in longest_first)
    running: list[tuple[float, int, Tasks | None]] = []
    now, processes, order = start, 0, count()
    while queue or running:
        while queue and len(running) < cores:
            seconds, then = queue.popleft()
            if len(running) == processes:  # none is idle: one more
                processes += 1
                seconds += start
            heappush(running, (now + seconds, next(order), then))
        now, _, recorded = heappop(running)
        if recorded:
            queue.extend((seconds, None) for seconds in recorded.draw)
    return now


if __name__ == "__main__":
    main()
