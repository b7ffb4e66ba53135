"""What moves too fast, too often or not at all, measured on the frames of a whole scene."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from lessonkit.render.sketch import Play

STILL = 6.0  # seconds that nothing may change while a beat goes on
SHORTEST_PLAY = 0.2  # seconds; shorter motions are jumps
FASTEST = 14.2  # frame units a second, the width of a frame: the mean speed of what is followed
FLASHES = 3  # a second; WCAG 2.3.1
FLASH_CHANGE = 0.1  # of relative luminance, one way and back
FLASH_DARK = 0.8  # the darker of the two is below this
FLASH_AREA = 0.028  # of the frame: a quarter of 10 degrees of sight, as WCAG reckons it
CELLS = (15, 28)  # rows and columns in which flashes are counted


def stills(
    changed: npt.NDArray[np.bool_], beats: Sequence[tuple[str, int, int]], fps: int
) -> Iterator[tuple[str, int, float]]:
    """Stretches of a beat where no frame differs from the one before: beat, first frame, seconds.

    Args:
        changed: Whether a frame differs from the one before it, shape (frames,).
        beats: Id, first frame and end of each.
        fps: Frames a second.
    """
    for beat, first, stop in beats:
        stop = min(stop, len(changed))
        cuts = [first, *(first + 1 + np.flatnonzero(changed[first + 1 : stop])), stop]
        for start, end in pairwise(cuts):
            if (end - start) / fps > STILL + 1e-9:
                yield beat, int(start), (end - start) / fps


def hasty(plays: Sequence[Play], fps: int) -> Iterator[Play]:
    """Plays too short to be seen; waits are none."""
    for play in plays:
        if play.what != "Wait" and (play.stop - play.first) / fps < SHORTEST_PLAY:
            yield play


def flashes(
    luminance: npt.NDArray[np.float32], fps: int
) -> Iterator[tuple[int, int, float, float]]:
    """Stretches in which too much of the frame flashes: first frame, end, flashes a second, share.

    Args:
        luminance: Mean relative luminance of the cells of each frame, (frames, rows, columns).
        fps: Frames a second.
    """
    frames = len(luminance)
    cells = luminance.reshape(frames, -1)
    turns = np.zeros(cells.shape, np.int16)  # opposing changes, at the frame that completes each
    for cell in np.flatnonzero(np.ptp(cells, axis=0) >= FLASH_CHANGE):
        for frame in _turns(cells[:, cell]):
            turns[frame, cell] = 1
    sums = np.vstack([np.zeros((1, cells.shape[1]), np.int16), np.cumsum(turns, axis=0)])
    within = sums[np.minimum(np.arange(frames) + fps, frames)] - sums[:frames]  # the next second
    many = within > 2 * FLASHES
    bad = np.concatenate([[False], many.mean(axis=1) >= FLASH_AREA, [False]])
    edges = np.flatnonzero(bad[1:] != bad[:-1])
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        worst = start + int(many[start:stop].sum(axis=1).argmax())
        share, rate = many[worst].mean(), within[worst][many[worst]].mean() / 2
        first = start + int(turns[start:].any(axis=1).argmax())
        yield int(first), int(min(stop - 1 + fps, frames)), float(rate), float(share)


def _turns(values: npt.NDArray[np.float32]) -> Iterator[int]:
    """Frames at which the light has gone by `FLASH_CHANGE`, against the way it went before."""
    low = high = float(values[0])
    way = 0
    for frame, value in enumerate(values.tolist()):
        low, high = min(low, value), max(high, value)
        if way <= 0 and value - low >= FLASH_CHANGE and low < FLASH_DARK:
            yield frame
            way, low, high = 1, value, value
        elif way >= 0 and high - value >= FLASH_CHANGE and value < FLASH_DARK:
            yield frame
            way, low, high = -1, value, value
