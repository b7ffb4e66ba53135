"""A film's sound, levelled and encoded once, under a name that says which takes are in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from lessonkit.render.display import digest
from lessonkit.render.film import write_sound
from lessonkit.render.slices import SliceFolder, programs
from lessonkit.timeline import Timeline
from lessonkit.voice.takes import Take, scene_sound


def soundtrack(
    scenes: Sequence[tuple[Timeline, Mapping[str, Take]]], folder: SliceFolder
) -> Path | None:
    """The sound of scenes that follow each other, exactly as long as they are; None for silence.

    It lies among the slices: kept as long as they are, and made anew if it is damaged.
    """
    if not any(takes for _, takes in scenes):
        return None
    parts = [_versions()]
    for timeline, takes in scenes:
        said = [(beat.start, takes[beat.id].digest) for beat in timeline.beats if beat.id in takes]
        parts.append(repr((timeline.duration, said)).encode())
    key = digest(*parts).hex()
    if folder.find(key) is None:
        with folder.written(key) as temporary:
            # One scene at a time: a lesson's need not be in memory at once.
            write_sound(temporary, (scene_sound(timeline, takes) for timeline, takes in scenes))
    return folder.path(key)


@cache
def _versions() -> bytes:
    """The programs that turn takes into bytes."""
    here = Path(__file__).parent
    sources = [here / "film.py", *(here.parent / "voice" / f"{n}.py" for n in ("sound", "takes"))]
    return programs(sources, ("av", "numpy", "pyloudnorm", "scipy"))
