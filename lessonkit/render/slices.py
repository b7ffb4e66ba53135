"""A scene in slices: short runs of frames, each a video file named by what is in it.

Recording a scene writes one job a slice and the order of the slices; drawing a job makes its
slice. Both are idempotent, know each other only through files, and may run anywhere that shares
the folder. A slice that exists is never drawn again, whichever scene, edit or run asks for it.
"""

from __future__ import annotations

import marshal
import os
import pickle
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import numpy as np

from lessonkit.captions import Band, Cue, cue_at
from lessonkit.problems import LessonError, Problem
from lessonkit.project import FONTS, shown, written_whole
from lessonkit.render.display import DisplayList, Item, Overlay, Shape, Store, digest
from lessonkit.render.film import Picture, SegmentWriter
from lessonkit.render.raster import NOTHING, Frame, Raster, Rect

SECONDS = 1.5
"""The longest slice of a film: its start costs little, and films share out well."""


@dataclass(frozen=True)
class Slice:
    """A run of frames under one name."""

    key: str
    frames: int


@dataclass(frozen=True)
class Job:
    """All it takes to draw a slice."""

    picture: Picture
    frames: tuple[tuple[DisplayList, int, Cue | None], ...]  # what, how many times, under what
    store: Store


class Cutter:
    """Takes a scene's display lists as they are recorded, and cuts them into jobs.

    Slices begin where beats begin, so that an edit in one beat leaves the others' slices alone.

    Args:
        picture: Size and rate.
        starts: Frames at which a slice begins: at least the first of each beat.
        cues: Burned in; empty for none.
        store: Filled by the recorder; emptied of what no later slice has used.
        folder: Where slices are, and where jobs go.
        tell: Called with each slice once it can be drawn.
        first: The frame that is taken first, one of `starts`.
        seconds: The longest slice.
    """

    def __init__(
        self,
        picture: Picture,
        starts: Sequence[int],
        cues: Sequence[Cue],
        store: Store,
        folder: SliceFolder,
        tell: Callable[[Slice], None],
        first: int = 0,
        seconds: float = SECONDS,
    ) -> None:
        self._picture, self._cues, self._store = picture, cues, store
        self._folder, self._tell = folder, tell
        self._length = round(seconds * picture.fps)
        self._starts = sorted(starts)
        self._frames: list[tuple[DisplayList, int, Cue | None]] = []
        self._first = self._now = first  # where the slice under way begins, and has come to
        self.slices: list[Slice] = []

    def take(self, items: DisplayList, repeats: int) -> None:
        """The next frame, shown `repeats` times."""
        end = self._now + repeats
        while self._now < end:
            stop = min(end, self._slice_end())
            spans = cue_spans(self._cues, self._now, stop, self._picture.fps)
            self._frames += [(items, count, cue) for count, cue in spans]
            self._now = stop
            if stop == self._slice_end():
                self.finish()

    def finish(self) -> None:
        """Write the slice under way as a job, unless it is drawn already."""
        if not self._frames:
            return
        job = self._job()
        key = _key(job)
        self.slices.append(Slice(key, self._now - self._first))
        self._folder.ask(key, job)
        self._tell(self.slices[-1])
        # What follows mostly uses these; the recorder adds again what it misses.
        self._store.outlines = dict(job.store.outlines)
        self._store.pictures = dict(job.store.pictures)
        self._frames = []
        self._first = self._now

    def _slice_end(self) -> int:
        following = next((s for s in self._starts if s > self._first), None)
        end = self._first + self._length
        return end if following is None else min(end, following)

    def _job(self) -> Job:
        items = _once(self._frames).values()
        outlines = {i.outline for i in items if isinstance(i, Shape)}
        pictures = {i.picture for i in items if isinstance(i, Overlay)}
        used = Store(
            {name: self._store.outlines[name] for name in sorted(outlines)},
            {name: self._store.pictures[name] for name in sorted(pictures)},
        )
        return Job(self._picture, tuple(self._frames), used)


class SliceFolder:
    """Slices and jobs on disk. Several processes, and several machines, may share one.

    A file ends with the hash of its key and bytes, in a box that players skip: one that was cut
    off, or is something else, does not count as there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, key: str) -> Path | None:
        """The drawn slice; None if there is none that is whole."""
        path = self.path(key)
        if _sealed(path, key) is None:
            return None
        with suppress(OSError):  # a folder that can only be read serves as well
            os.utime(path)  # used now: the last to be forgotten
        return path

    def can_draw(self, key: str) -> bool:
        """Whether there is a job that is whole."""
        return _sealed(self.job(key), key) is not None

    def ask(self, key: str, job: Job) -> None:
        """Leave a job for a slice that is not there."""
        if self.find(key) is None:
            with written_whole(self.job(key)) as temporary:
                temporary.write_bytes(pickle.dumps(job, protocol=5))
                _seal(temporary, key)

    def job(self, key: str) -> Path:
        """Where the job of a slice lies."""
        return self.folder / "jobs" / f"{key}.job"

    def draw(self, key: str) -> None:
        """Do a job if it is not done: draw the slice, then remove the job."""
        # The job before the slice: another run that has drawn it removes them in this order.
        asked = _sealed(self.job(key), key)
        if self.find(key) is None:
            if asked is None:
                what, fix = "is damaged or gone", "run again: its scene will be recorded again"
                raise LessonError([Problem(shown(self.job(key)), what, fix)])
            # Only this project's own recording writes jobs into its build folder.
            job: Job = pickle.loads(asked)  # noqa: S301
            with self.written(key) as temporary:
                draw(job, temporary)
        self.job(key).unlink(missing_ok=True)

    @contextmanager
    def written(self, key: str) -> Iterator[Path]:
        """A path to write a slice to that becomes the slice at the end, or vanishes."""
        with written_whole(self.path(key)) as temporary:
            yield temporary
            _seal(temporary, key)

    def forget(self, largest: int) -> None:
        """Remove the slices and jobs used longest ago until at most this many bytes are left."""
        entries = []
        for path in self.folder.rglob("[!.]*.*"):
            with suppress(FileNotFoundError):  # another run forgets too
                status = path.stat()
                entries.append((status.st_mtime_ns, status.st_size, path))
        excess = sum(size for _, size, _ in entries) - largest
        for _, size, path in sorted(entries):
            if excess <= 0:
                return
            path.unlink(missing_ok=True)
            excess -= size

    def path(self, key: str) -> Path:
        """Where a slice lies or will lie."""
        return self.folder / f"{key}.mp4"


_SEAL = struct.Struct(">I4s16s")  # an MP4 box that may hold anything: size, "free", content


def _seal(path: Path, key: str) -> None:
    hashed = digest(key.encode(), path.read_bytes())
    with path.open("ab") as file:
        file.write(_SEAL.pack(_SEAL.size, b"free", hashed))


def _sealed(path: Path, key: str) -> bytes | None:
    """What was sealed under this key; None for anything else."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    body, seal = content[: -_SEAL.size], content[-_SEAL.size :]
    whole = seal == _SEAL.pack(_SEAL.size, b"free", digest(key.encode(), body))
    return body if whole else None


def draw(job: Job, target: Path) -> None:
    """Draw a job's frames, captions over them, into a video segment."""
    width, height = job.picture.width, job.picture.height
    raster = Raster(width, height, job.store)
    shown = raster.canvas.copy()  # with the caption on it
    overlay = CaptionOverlay(width, height)
    last: Cue | None = None
    with SegmentWriter(target, job.picture) as writer:
        for number, (items, repeats, cue) in enumerate(job.frames):
            changed = raster.draw(items)
            if not number:
                changed = raster.tiles.all
            if cue != last:
                changed |= raster.tiles.of(overlay.area(last)) | raster.tiles.of(overlay.area(cue))
            last = cue
            rects = raster.tiles.rects(changed)
            for rect in rects:
                shown[rect.area] = raster.canvas[rect.area]
                overlay.blend(shown, cue, rect)
            writer.write(shown, repeats, [rect.area for rect in rects])


def cue_spans(cues: Sequence[Cue], first: int, stop: int, fps: int) -> list[tuple[int, Cue | None]]:
    """Frames from `first` up to `stop`, cut where the cue changes: how many, under which cue."""
    edges = {round(t * fps) for cue in cues for t in (cue.start, cue.end)}
    cuts = [first, *sorted(e for e in edges if first < e < stop), stop]
    return [(b - a, cue_at(cues, a, fps)) for a, b in pairwise(cuts)]


class CaptionOverlay:
    """Cues over frames of one size."""

    def __init__(self, width: int, height: int) -> None:
        self._band = _band(width, height)
        self._above = height - self._band.height  # rows over the band
        self._areas: dict[Cue | None, Rect] = {None: NOTHING}

    def area(self, cue: Cue | None) -> Rect:
        """The pixels of the frame that a cue covers."""
        if cue is not None and cue not in self._areas:
            ink = self._band.image(cue)[..., 3] > 0
            rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
            top, bottom = self._above + int(rows[0]), self._above + int(rows[-1]) + 1
            self._areas[cue] = Rect(int(columns[0]), top, int(columns[-1]) + 1, bottom)
        return self._areas[cue]

    def blend(self, frame: Frame, cue: Cue | None, within: Rect) -> None:
        """Draw a cue on a frame, as far as it lies in a rectangle."""
        where = self.area(cue) & within
        if cue is None or not where:
            return
        rows = slice(where.top - self._above, where.bottom - self._above)
        over = self._band.image(cue)[rows, where.left : where.right].astype(np.uint16)
        under = frame[where.area][..., :3]
        alpha = over[..., 3:]
        under[...] = (over[..., :3] * alpha + under * (255 - alpha) + 127) // 255


@cache
def _band(width: int, height: int) -> Band:
    return Band(width, height)


# -- names ----------------------------------------------------------------------------------------


def _key(job: Job) -> str:
    """A name for everything that a slice's bytes depend on."""
    names = {nth: digest(marshal.dumps(tuple(item), 2)) for nth, item in _once(job.frames).items()}
    parts = [_versions(), repr(job.picture).encode()]
    for items, repeats, cue in job.frames:
        lines = repr(cue.lines).encode() if cue else b""
        parts += [*(names[id(item)] for item in items), struct.pack("<q", repeats), lines]
    return digest(*parts).hex()


def _once(frames: Iterable[tuple[DisplayList, int, Cue | None]]) -> dict[int, Item]:
    """The items of frames, by identity: to hash and compare one takes longer than to draw some."""
    return {id(item): item for items, _, _ in frames for item in items}


@cache
def _versions() -> bytes:
    """The programs that turn a job into bytes, and the fonts of its captions."""
    here = Path(__file__).parent
    sources = [here / f"{name}.py" for name in ("display", "film", "raster", "slices")]
    files = [*sources, here.parent / "captions.py", *sorted(FONTS.glob("*"))]
    return programs(files, ("av", "pycairo", "typst", "numpy", "pillow"))


def programs(files: Iterable[Path], packages: Iterable[str]) -> bytes:
    """A name for what turns something into bytes: files of ours, and packages as installed."""
    return digest(*(f.read_bytes() for f in files), *(version(p).encode() for p in packages))
