"""Display lists to pixels, with cairo: the frames that Manim would have drawn, to the bit.

Successive frames share most of their shapes. What they share from the bottom up is drawn once
and kept; only what changed is drawn, and is named, so that only that is encoded anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache, reduce
from itertools import accumulate, pairwise
from math import ceil, floor
from operator import or_
from typing import NamedTuple, TypeAlias, TypeGuard

import cairo
import numpy as np
import numpy.typing as npt
from PIL import Image

from lessonkit.render.display import DisplayList, Item, Outline, Overlay, Patch, Shape, Store

Frame = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]  # (height, width, 1)
Pen: TypeAlias = "cairo.Context[cairo.ImageSurface]"
TILE = 64  # pixels, even
STEADY = 15  # frames after which what stood still is taken to go on so
MITER = 10.0  # cairo's limit: how far, in half line widths, a sharp corner may reach
BLUR = 2.0  # pixels that antialiasing may reach beyond an outline
CHUNK = 8  # curves of a line that are looked at together
LONG = 4 * CHUNK  # curves from which on a line is drawn only where the frame changes


class Rect(NamedTuple):
    """Pixels from (left, top) up to and without (right, bottom)."""

    left: int
    top: int
    right: int
    bottom: int

    def __and__(self, other: Rect) -> Rect:
        return Rect(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def __bool__(self) -> bool:
        return self.right > self.left and self.bottom > self.top

    @property
    def area(self) -> tuple[slice, slice]:
        """Indices of these pixels in a frame."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


NOTHING = Rect(0, 0, 0, 0)


class Tiles:
    """A frame in square tiles. A set of them is an int with a bit for each, row after row."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._across, self._down = -(-width // TILE), -(-height // TILE)
        self.all = (1 << self._across * self._down) - 1
        self._blocks: dict[tuple[int, ...], int] = {}

    def of(self, rect: Rect) -> int:
        """The tiles that a rectangle touches."""
        left, top, right, bottom = rect
        left, right = max(left, 0), min(right, self._width)
        top, bottom = max(top, 0), min(bottom, self._height)
        if right <= left or bottom <= top:
            return 0
        block = left // TILE, top // TILE, (right - 1) // TILE + 1, (bottom - 1) // TILE + 1
        found = self._blocks.get(block)
        if found is None:
            first, above, end, below = block
            row = (1 << end) - (1 << first)
            found = sum(row << self._across * y for y in range(above, below))
            self._blocks[block] = found
        return found

    def rows(self, tiles: int) -> int:
        """All tiles of the rows in which these are."""
        row = (1 << self._across) - 1
        bands = (row << self._across * y for y in range(self._down))
        return sum(band for band in bands if tiles & band)

    def rects(self, tiles: int) -> list[Rect]:
        """The same pixels as rectangles, each of one row of tiles."""
        rects = []
        for y in range(self._down):
            row = tiles >> y * self._across & (1 << self._across) - 1
            while row:
                first = (row & -row).bit_length() - 1
                end = first + (~(row >> first) & (row >> first) + 1).bit_length() - 1
                row = row >> end << end
                rects.append(
                    Rect(
                        first * TILE,
                        y * TILE,
                        min(end * TILE, self._width),
                        min((y + 1) * TILE, self._height),
                    )
                )
        return rects


class _Cover(NamedTuple):
    """The tiles that an item may touch: together, and chunk by chunk of its curves.

    An item that is drawn whole or not at all has no chunks.
    """

    tiles: int
    chunks: Sequence[int] = ()


class Raster:
    """Draws one display list after another on the same canvas.

    Attributes:
        canvas: The frame last drawn, RGBA, shape (height, width, 4).
        tiles: What `draw` names changes in.
    """

    def __init__(self, width: int, height: int, store: Store) -> None:
        self.tiles = Tiles(width, height)
        self._store = store
        self._base = np.zeros((height, width, 4), np.uint8)  # with the first `_kept` items on it
        self._base_pen = _pen(self._base)
        self._kept: DisplayList = ()
        self._age = STEADY  # frames since the base was begun anew
        self.canvas = self._base.copy()
        self._aside = self._base.copy()  # right only where it was drawn last
        self._pen = _pen(self._aside)
        self._last: DisplayList = ()
        self._one: dict[Item, Item] = {}  # equal items are one object here, known by its id
        self._covers: dict[int, _Cover] = {}
        self._paths: dict[tuple[bytes, tuple[float, ...]], cairo.Path] = {}

    def draw(self, items: DisplayList) -> int:
        """Draw a frame; returns the tiles in which it may differ from the one before."""
        items = tuple(map(self._one.setdefault, items, items))
        last, self._last = self._last, items
        same = _common(last, items)
        changed = self._changed(*_difference(last[same:], items[same:]))
        if changed:
            self._keep(items[:same])
            # A clip of cairo's is not exact at its edge. So what touches the changed tiles is drawn
            # aside, and only these are taken over.
            areas = [rect.area for rect in self.tiles.rects(changed)]
            for area in areas:
                self._aside[area] = self._base[area]
            self._paint(items[len(self._kept) :], self._aside, self._pen, changed)
            for area in areas:
                self.canvas[area] = self._aside[area]
        return changed

    def _changed(self, gone: list[Item], come: Sequence[Item]) -> int:
        """The tiles in which frames may differ that differ in these items."""
        changed = 0
        lines = {self._begun(item): item for item in gone if self._is_long_line(item)}
        self._cover_short([item for item in come if id(item) not in self._covers])
        for item in come:
            if lines and self._is_long_line(item) and (old := lines.get(self._begun(item))):
                shared = self._shared(old, item)
                if shared and self._cover(item, old, shared).chunks:
                    # The same line, longer or shorter: frames differ where it ends, and in the
                    # chunk before, whose end is a join or is none any more. What cairo makes of
                    # a row of pixels depends on all of the line that is in it.
                    del lines[self._begun(item)]
                    gone.remove(old)
                    covers = self._cover(old), self._cover(item)
                    ends = (tiles for cover in covers for tiles in cover.chunks[shared - 1 :])
                    changed |= self.tiles.rows(reduce(or_, ends)) & (
                        covers[0].tiles | covers[1].tiles
                    )
                    continue
            changed |= self._cover(item).tiles
        return reduce(or_, (self._cover(item).tiles for item in gone), changed)

    def _is_long_line(self, item: Item) -> TypeGuard[Shape]:
        """Whether it is drawn in chunks: one open line of many curves, not filled."""
        if isinstance(item, Overlay):
            return False
        outline = self._store.outlines[item.outline]
        if len(outline.points) < 4 * LONG or len(outline.spans) > 1:
            return False
        return not any(closed for *_, closed in outline.spans) and _is_clear(item.fill)

    def _begun(self, line: Shape) -> tuple[object, ...]:
        """What lines have in common of which one goes on where the other ends."""
        return *line[1:], self._store.outlines[line.outline].points[:4].tobytes()

    def _shared(self, a: Shape, b: Shape) -> int:
        """How many chunks two long lines share from their start; 0 as well if they have none."""
        if not self._cover(a).chunks:
            return 0
        one, other = (self._store.outlines[line.outline].points for line in (a, b))
        common = min(len(one), len(other))
        off = (one[:common] != other[:common]).any(axis=1)
        return int(off.argmax() if off.any() else common) // (4 * CHUNK)

    def _keep(self, items: DisplayList) -> None:
        """Have a base that holds the first of these items: all, unless some are new of late.

        One that blinks below others would have the base begun anew for each of its changes.
        """
        self._age += 1
        if items[: len(self._kept)] != self._kept:
            self._base[...] = 0
            self._kept = ()
            self._age = 0
        if not self._kept or self._age >= STEADY:
            self._paint(items[len(self._kept) :], self._base, self._base_pen, self.tiles.all)
            self._kept = items

    def _paint(self, items: Iterable[Item], pixels: Frame, pen: Pen, tiles: int) -> None:
        """Draw items, at least as far as they touch these tiles."""
        rows = self.tiles.rows(tiles)
        for item in items:
            cover = self._cover(item)
            if not cover.tiles & tiles:
                continue
            if isinstance(item, Overlay):
                _overlay(item, pixels, *_unpack(self._store.pictures[item.picture]))
                continue
            if cover.chunks and cover.tiles & ~rows:
                outline = self._store.outlines[item.outline]
                near = _near(outline, [bool(chunk & rows) for chunk in cover.chunks])
                _trace(near, item.view, pen)
            else:
                self._retrace(item, pen)
            _ink(item, pen)

    def _retrace(self, shape: Shape, pen: Pen) -> None:
        """Have a shape's whole outline as the path; what cairo made of it is kept, in pixels."""
        name = shape.outline, shape.view
        path = self._paths.get(name)
        if path is None:
            if len(self._paths) == _PATHS:
                self._paths.clear()
            _trace(self._store.outlines[shape.outline], shape.view, pen)
            pen.identity_matrix()
            self._paths[name] = pen.copy_path()
        else:
            pen.identity_matrix()
            pen.new_path()
            pen.append_path(path)

    def _cover(self, item: Item, like: Shape | None = None, shared: int = 0) -> _Cover:
        """What an item may touch; its first chunks may be known, from a line `like` it."""
        cover = self._covers.get(id(item))
        if cover is None:
            if isinstance(item, Overlay):
                patch = self._store.pictures[item.picture]
                right, bottom = item.left + patch.width, item.top + patch.height
                cover = _Cover(self.tiles.of(Rect(item.left, item.top, right, bottom)))
            else:
                known = self._cover(like).chunks[:shared] if like else ()
                cover = self._shape_cover(item, known)
            self._covers[id(item)] = cover
        return cover

    def _cover_short(self, items: Sequence[Item]) -> None:
        """Look at all short lines at once: numpy takes longer to be called than to look at one."""
        shapes, outlines = [], []
        for item in items:
            if isinstance(item, Shape):
                points = self._store.outlines[item.outline].points
                if 0 < len(points) < 4 * LONG:
                    shapes.append(item)
                    outlines.append(points)
        if not shapes:
            return
        starts = [0, *accumulate(map(len, outlines[:-1]))]
        points = np.concatenate(outlines)
        lows = np.minimum.reduceat(points, starts).tolist()
        highs = np.maximum.reduceat(points, starts).tolist()
        for shape, low, high in zip(shapes, lows, highs, strict=True):
            self._covers[id(shape)] = self._shape_cover(shape, (), (low, high))

    def _shape_cover(
        self,
        shape: Shape,
        known: Sequence[int],
        box: tuple[Sequence[float], Sequence[float]] | None = None,
    ) -> _Cover:
        """What it may touch. `known`: of its first chunks; `box`: around its points."""
        outline = self._store.outlines[shape.outline]
        width = max(
            0.0 if _is_clear(shape.under) else shape.under_width,
            0.0 if _is_clear(shape.stroke) else shape.width,
        )
        filled = not _is_clear(shape.fill)
        if not outline.spans or not (width or filled):
            return _Cover(0)
        xx, yx, xy, yy, x0, y0 = shape.view
        reach = MITER * width / 2 * max(abs(xx), abs(yx), abs(xy), abs(yy)) + BLUR
        points = outline.points[4 * CHUNK * len(known) :]
        if not len(points):
            return _Cover(reduce(or_, known, 0), known)
        (left, low), (right, high) = box or (
            points.min(axis=0).tolist(),
            points.max(axis=0).tolist(),
        )
        x, y = (left + right) / 2, (low + high) / 2
        x, y = xx * x + xy * y + x0, yx * x + yy * y + y0
        wide, tall = (right - left) / 2, (high - low) / 2
        wide, tall = (
            abs(xx) * wide + abs(xy) * tall + reach,
            abs(yx) * wide + abs(yy) * tall + reach,
        )
        left, top, right, bottom = x - wide, y - tall, x + wide, y + tall
        if not (-_FAR < left <= right < _FAR and -_FAR < top <= bottom < _FAR):  # nor is NaN
            return _Cover(self.tiles.all)
        whole = self.tiles.of(Rect(floor(left), floor(top), ceil(right), ceil(bottom)))
        long = self._is_long_line(shape)
        # What is filled, or small, is looked at as a whole.
        if not long and (filled or whole.bit_count() <= _FEW):
            return _Cover(whole)
        curves = _curves(points, () if known else outline.spans)
        if not long and len(curves) <= CHUNK:
            curves = (_PIECES @ curves[:, None]).reshape(-1, 4, 2)
        curves = curves @ np.array([[xx, yx], [xy, yy]]) + (x0, y0)
        starts = np.arange(0, len(curves), CHUNK if long else 1)
        lows = np.minimum.reduceat(curves.min(axis=1), starts) - reach
        highs = np.maximum.reduceat(curves.max(axis=1), starts) + reach
        if long:  # what is beside the frame is in its rows as well: it counts at the border
            lows[:, 0] = np.minimum(lows[:, 0], self._base.shape[1] - 1)
            highs[:, 0] = np.maximum(highs[:, 0], 1)
        edges = np.hstack([np.floor(lows), np.ceil(highs)]).astype(int).tolist()
        chunks = (*known, *(self.tiles.of(Rect(*edge)) for edge in edges))
        return _Cover(reduce(or_, chunks, 0), chunks if long else ())


_FEW = 4  # tiles
_FAR = 2.0**22  # pixels, beyond which cairo's coordinates wrap round
_PATHS = 4096  # that are kept


@lru_cache(maxsize=4096)
def _is_clear(rgbas: bytes) -> bool:
    """Whether paint leaves no trace."""
    return not np.frombuffer(rgbas)[3::4].any()


def _curves(points: Points, spans: Sequence[tuple[int, int, bool]]) -> Points:
    """Curves (n, 4, 2), with the lines that close subpaths."""
    whole = points[: len(points) // 4 * 4].reshape(-1, 4, 2)
    lines = [points[[end - 1, end - 1, start, start]] for start, end, closed in spans if closed]
    return np.concatenate([whole, lines]) if lines else whole


def _near(outline: Outline, wanted: Sequence[bool]) -> Outline:
    """The parts of a long line that lie in the wanted chunks, with what joins them.

    A part goes on, on both sides, to the end of a chunk that is not wanted: the cap there is out of
    sight. And so far that something moves in that chunk: a line of no length has no direction.
    """
    moves = _moving(outline.points)
    spans: list[tuple[int, int, bool]] = []
    for chunk, inside in enumerate(wanted):
        if not inside or (spans and 4 * CHUNK * chunk < spans[-1][1]):
            continue  # or in the part before, to whose end it would go on as well
        first, end = chunk, chunk + 1
        while first > 0:
            first -= 1
            if moves[first] and not wanted[first]:
                break
        while end < len(wanted):
            end += 1
            if moves[end - 1] and not wanted[end - 1]:
                break
        start, stop = 4 * CHUNK * first, min(4 * CHUNK * end, len(outline.points))
        if spans and start <= spans[-1][1]:
            spans[-1] = spans[-1][0], stop, False
        else:
            spans.append((start, stop, False))
    return Outline(outline.points, tuple(spans))


def _moving(points: Points) -> list[bool]:
    """For each chunk of curves, whether it has a length."""
    steps = np.abs(np.diff(points, axis=0, append=points[-1:])).max(axis=1)
    moves: list[bool] = (
        np.maximum.reduceat(steps, range(0, len(points), 4 * CHUNK)) > _STILL
    ).tolist()
    return moves


_STILL = 1e-2  # frame units: cairo's smallest step is far below


def _pieces(count: int) -> Points:
    """Matrices (count, 4, 4) that take a cubic's points to those of its parts."""
    made = []
    for a, b in pairwise(np.linspace(0, 1, count + 1)):
        # Blossoms: the value of the polar form at (a, a, a), (a, a, b), (a, b, b), (b, b, b).
        rows = []
        for s, t, u in ((a, a, a), (a, a, b), (a, b, b), (b, b, b)):
            weights = np.array([1.0])
            for x in (s, t, u):
                weights = np.convolve(weights, [1 - x, x])
            rows.append(weights)
        made.append(rows)
    return np.array(made)


_PIECES = _pieces(8)


def _common(a: DisplayList, b: DisplayList) -> int:
    """How many items two lists share from the start."""
    count = 0
    for one, other in zip(a, b, strict=False):
        if one is not other:
            break
        count += 1
    return count


def _difference(a: DisplayList, b: DisplayList) -> tuple[list[Item], list[Item]]:
    """Items that one list has and the other has not; all if what both have changed its order."""
    same = _common(a[::-1], b[::-1])
    a, b = a[: len(a) - same], b[: len(b) - same]
    in_a, in_b = set(map(id, a)), set(map(id, b))
    if [id(i) for i in a if id(i) in in_b] != [id(i) for i in b if id(i) in in_a]:
        return [*a], [*b]
    return [i for i in a if id(i) not in in_b], [i for i in b if id(i) not in in_a]


def _pen(pixels: Frame) -> Pen:
    height, width, _ = pixels.shape
    surface = cairo.ImageSurface.create_for_data(pixels.data, cairo.FORMAT_ARGB32, width, height)
    return cairo.Context(surface)


def _trace(outline: Outline, view: tuple[float, ...], pen: Pen) -> None:
    """Have an outline as the path."""
    pen.set_matrix(cairo.Matrix(*view))
    pen.new_path()
    curve_to = pen.curve_to
    for start, end, closed in outline.spans:
        whole = end - (end - start) % 4  # what is left of a curve begun is not drawn
        curves = outline.points[start:whole].reshape(-1, 8).tolist()
        pen.new_sub_path()
        pen.move_to(*curves[0][:2])
        for curve in curves:
            curve_to(*curve[2:])
        if closed:
            pen.close_path()


def _ink(shape: Shape, pen: Pen) -> None:
    """Paint the path as Camera.display_vectorized does: stroke under, fill, stroke over."""
    pen.set_matrix(cairo.Matrix(*shape.view))
    if shape.under_width:
        _stroke(shape, shape.under, shape.under_width, pen)
    if not _is_clear(shape.fill):
        pen.set_source(_source(shape.fill, shape.along))
        pen.fill_preserve()
    if shape.width:
        _stroke(shape, shape.stroke, shape.width, pen)


def _stroke(shape: Shape, colours: bytes, width: float, pen: Pen) -> None:
    pen.set_source(_source(colours, shape.along))
    pen.set_line_width(width)
    pen.set_line_join(cairo.LineJoin(shape.join))
    pen.set_line_cap(cairo.LineCap(shape.cap))
    pen.stroke_preserve()


@lru_cache(maxsize=4096)
def _source(colours: bytes, along: bytes) -> cairo.Pattern:
    """Manim's frames are RGBA where cairo's are BGRA: red and blue change places."""
    rows = np.frombuffer(colours).reshape(-1, 4)[:, [2, 1, 0, 3]].tolist()
    if len(rows) == 1:
        return cairo.SolidPattern(*rows[0])
    paint = cairo.LinearGradient(*np.frombuffer(along).tolist())
    for offset, row in zip(np.linspace(0, 1, len(rows)).tolist(), rows, strict=True):
        paint.add_color_stop_rgba(offset, *row)
    return paint


def _overlay(item: Overlay, pixels: Frame, over: Frame, put: Mask | None) -> None:
    height, width, _ = over.shape
    under = pixels[item.top : item.top + height, item.left : item.left + width]
    if item.blend:
        images = (Image.fromarray(np.ascontiguousarray(layer)) for layer in (under, over))
        under[...] = np.asarray(Image.alpha_composite(*images))
    elif put is None:
        under[...] = over
    else:
        np.copyto(under, over, where=put)


@lru_cache(maxsize=4)
def _unpack(picture: Patch) -> tuple[Frame, Mask | None]:
    """A patch's RGBA, and which of its pixels count; None for all, as in the ground."""
    cut = picture.unpack()
    put = cut[..., 4:].astype(bool)
    return np.ascontiguousarray(cut[..., :4]), None if put.all() else put
