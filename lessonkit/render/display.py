"""Display lists: what a frame is made of, in terms of cairo and pixels alone.

Equal lists are equal frames, in every process and on every machine: a list is named by its content.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Outline:
    """Cubic Béziers in subpaths: `points` (n, 2), four a curve; spans are (start, end, closed)."""

    points: npt.NDArray[np.float64]
    spans: tuple[tuple[int, int, bool], ...]


class Shape(NamedTuple):
    """One cairo path with its paint; equal shapes leave equal pixels.

    Colours are float64 RGBA bytes as Manim gives them, one row or, for a gradient along `along`
    (two points), several. Widths are in frame units, 0 for no stroke.
    """

    outline: bytes  # digest of an Outline
    view: tuple[float, ...]  # cairo's matrix, frame units to pixels
    fill: bytes
    under_width: float  # the stroke that is drawn before the fill
    under: bytes
    width: float
    stroke: bytes
    join: int
    cap: int
    along: bytes


class Overlay(NamedTuple):
    """A picture with its upper left corner at (left, top).

    It is blended over what is there (images), or its pixels take the place of those there: the
    ground that begins each list, and point clouds.
    """

    picture: bytes  # digest of a Patch
    left: int
    top: int
    blend: bool


@dataclass(frozen=True)
class Patch:
    """Pixels, packed: a slice may hold one for each of its frames."""

    height: int
    width: int
    packed: bytes

    def unpack(self) -> npt.NDArray[np.uint8]:
        """RGBA and, fifth, whether the pixel belongs to the picture; (height, width, 5)."""
        flat = np.frombuffer(zlib.decompress(self.packed), np.uint8)
        return flat.reshape(self.height, self.width, 5)


Item = Shape | Overlay
DisplayList = tuple[Item, ...]


@dataclass
class Store:
    """What display lists refer to by digest."""

    outlines: dict[bytes, Outline]
    pictures: dict[bytes, Patch]

    def add(
        self, pixels: npt.NDArray[np.uint8], put: npt.NDArray[np.bool_], *, blend: bool
    ) -> list[Overlay]:
        """The pixels of a frame that are `put`, as an overlay; none if there are none."""
        rows, columns = np.flatnonzero(put.any(axis=1)), np.flatnonzero(put.any(axis=0))
        if not len(rows):
            return []
        area = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        cut = np.dstack([pixels[area], put[area]])
        height, width, _ = cut.shape
        flat = cut.tobytes()
        name = digest(b"%d %d " % (height, width), flat)
        if name not in self.pictures:
            self.pictures[name] = Patch(height, width, zlib.compress(flat, level=1))
        return [Overlay(name, int(columns[0]), int(rows[0]), blend)]


def digest(*parts: bytes) -> bytes:
    """A name for content: equal content, equal name, in every process."""
    return hashlib.blake2b(b"".join(parts), digest_size=16).digest()
