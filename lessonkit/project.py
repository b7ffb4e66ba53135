"""Where the project keeps things, and the one way files are written."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lessonkit.problems import Problem

ROOT = Path(__file__).resolve().parent.parent
FONTS = ROOT / "assets" / "fonts"
SCRIPTS = ROOT / "assets" / "script"
SCENES = ROOT / "scenes"
BUILD = ROOT / "build"
FONT_FILES = (
    "NotoSans-Regular.ttf",
    "NotoSans-Bold.ttf",
    "NotoSansDevanagari-Regular.ttf",
    "NotoSansDevanagari-Bold.ttf",
    "NotoSansMath-Regular.ttf",
    "JetBrainsMono-Regular.ttf",
    "JetBrainsMono-Bold.ttf",
)
OLD = 3600.0  # seconds after which no run can still be at work on a file


def shown(path: Path) -> str:
    """The path as a person types it: relative to the project where it lies inside."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def missing_fonts() -> list[Problem]:
    """The fonts that text needs and that are not there."""
    what = "this font is missing; Hindi would be drawn unshaped without it"
    fix = "restore it: git checkout -- assets/fonts"
    return [
        Problem(shown(FONTS / name), what, fix)
        for name in FONT_FILES
        if not (FONTS / name).is_file()
    ]


@contextmanager
def written_whole(target: Path) -> Iterator[Path]:
    """A path to write to that becomes `target` at the end, or vanishes if anything fails.

    It lies beside the target, so the final rename is atomic, and keeps its suffix, because
    container formats are chosen by it.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(
        dir=target.parent, prefix=f".{target.stem}.{_writer(os.getpid())}.", suffix=target.suffix
    )
    os.close(handle)
    temporary = Path(name)
    temporary.chmod(0o666 & ~_umask())
    try:
        yield temporary
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def folder_written_whole(target: Path) -> Iterator[Path]:
    """An empty folder to fill that becomes `target` at the end, or vanishes if anything fails.

    What stood at `target` before is then gone: there is nothing in it that was not written now.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    half = own_file(target)
    replaced = half.with_name(f"{half.name}.replaced")
    for left in (half, replaced):
        shutil.rmtree(left, ignore_errors=True)
    half.mkdir()
    try:
        yield half
        if target.exists():  # a folder cannot be renamed over another that has files
            target.rename(replaced)
        half.rename(target)
    finally:
        if replaced.exists() and not target.exists():
            replaced.rename(target)
        for left in (half, replaced):
            shutil.rmtree(left, ignore_errors=True)


def own_file(target: Path) -> Path:
    """A name beside the target that no other process uses; what is left there, `sweep` removes."""
    return target.with_name(f".{target.stem}.{_writer(os.getpid())}{target.suffix}")


def sweep(folder: Path, pids: Collection[int] = ()) -> None:
    """Remove what killed processes were writing below a folder; they could not.

    That is all that is old, since another run may be at work here, and all of the processes `pids`
    of this machine, which must have ended.
    """
    dead = [f".{_writer(pid)}." for pid in pids]
    for half in folder.rglob(f".*.{_WRITTEN_BY}*"):
        with suppress(FileNotFoundError):
            if any(name in half.name for name in dead) or is_old(half):
                if half.is_dir():
                    shutil.rmtree(half, ignore_errors=True)
                else:
                    half.unlink()


def is_old(path: Path) -> bool:
    """Whether no run can still be at work on this file."""
    return time.time() - path.stat().st_mtime > OLD


_WRITTEN_BY = "written-by-"


def _writer(pid: int) -> str:
    # With the machine's name: several may share the folder, and number their processes alike.
    return f"{_WRITTEN_BY}{platform.node()}-{pid}"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
