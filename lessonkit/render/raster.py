"""Display lists to pixels, with cairo: the frames that Manim would have drawn, to the bit.

Successive frames share most of their shapes. What they share from the bottom up is drawn once
and kept; only what changed is drawn, and is named, so that only that is encoded anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from math import ceil, floor
from typing import NamedTuple, TypeAlias

import cairo
import numpy as np
import numpy.typing as npt
from PIL import Image

from lessonkit.render.display import DisplayList, Item, Outline, Overlay, Patch, Shape, Store

Frame = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]  # (height, width, 1)
Pen: TypeAlias = "cairo.Context[cairo.ImageSurface]"
MITER = 10.0  # cairo's limit: how far, in half line widths, a sharp corner may reach
SLACK = 20_000  # pixels that cost as much as one more rectangle to copy and convert
BLUR = 2.0  # pixels that antialiasing may reach beyond an outline


class Rect(NamedTuple):
    """Pixels from (left, top) up to and without (right, bottom)."""

    left: int
    top: int
    right: int
    bottom: int

    def __or__(self, other: Rect) -> Rect:
        """The smallest that holds both."""
        if not self:
            return other
        if not other:
            return self
        return Rect(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

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
    def pixels(self) -> int:
        """How many there are."""
        return (self.right - self.left) * (self.bottom - self.top) if self else 0

    @property
    def area(self) -> tuple[slice, slice]:
        """Indices of these pixels in a frame."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


NOTHING = Rect(0, 0, 0, 0)


def gathered(rects: Iterable[Rect]) -> list[Rect]:
    """A few rectangles that cover all of these: near ones become one, as each costs something."""
    few: list[Rect] = []
    for rect in filter(None, rects):
        left, top, right, bottom = rect
        size, at = (right - left) * (bottom - top), 0
        while at < len(few):
            a, b, c, d = other = few[at]
            a, b, c, d = min(a, left), min(b, top), max(c, right), max(d, bottom)
            if (c - a) * (d - b) <= size + other.pixels + SLACK:
                left, top, right, bottom = a, b, c, d
                size, at = (c - a) * (d - b), 0
                few.remove(other)
            else:
                at += 1
        few.append(Rect(left, top, right, bottom))
    return few


class Raster:
    """Draws one display list after another on the same canvas.

    Attributes:
        canvas: The frame last drawn, RGBA, shape (height, width, 4).
    """

    def __init__(self, width: int, height: int, store: Store) -> None:
        self._whole = Rect(0, 0, width, height)
        self._store = store
        self._base = np.zeros((height, width, 4), np.uint8)  # with the first `_kept` items on it
        self._base_pen = _pen(self._base)
        self._kept: DisplayList = ()
        self.canvas = self._base.copy()
        self._aside = self._base.copy()  # right only where it was drawn last
        self._pen = _pen(self._aside)
        self._last: DisplayList = ()
        self._one: dict[Item, Item] = {}  # equal items are one object here, known by its id
        self._bounds: dict[int, Rect] = {}

    def draw(self, items: DisplayList) -> list[Rect]:
        """Draw a frame; returns the rectangles in which it may differ from the one before."""
        items = tuple(map(self._one.setdefault, items, items))
        last, self._last = self._last, items
        same = _common(last, items)
        changed = gathered(self._bound(item) for item in _difference(last[same:], items[same:]))
        if changed:
            self._keep(items[:same])
            # A clip of cairo's is not exact at its edge. So whole shapes are drawn aside, those
            # that touch what changed, and only that is taken over.
            for rect in changed:
                self._aside[rect.area] = self._base[rect.area]
            self._paint(self._touching(items[same:], changed), self._aside, self._pen)
            for rect in changed:
                self.canvas[rect.area] = self._aside[rect.area]
        return changed

    def _keep(self, items: DisplayList) -> None:
        """Bring the base up to these items; from the start only if it holds others."""
        if items[: len(self._kept)] != self._kept:
            self._base[...] = 0
            self._kept = ()
        self._paint(items[len(self._kept) :], self._base, self._base_pen)
        self._kept = items

    def _paint(self, items: Iterable[Item], pixels: Frame, pen: Pen) -> None:
        for item in items:
            if isinstance(item, Overlay):
                _overlay(item, pixels, *_unpack(self._store.pictures[item.picture]))
            else:
                _trace(item, self._store.outlines[item.outline], pen)

    def _touching(self, items: DisplayList, rects: Sequence[Rect]) -> Iterator[Item]:
        for item in items:
            left, top, right, bottom = self._bound(item)
            for rect in rects:
                if left < rect[2] and rect[0] < right and top < rect[3] and rect[1] < bottom:
                    yield item
                    break

    def _bound(self, item: Item) -> Rect:
        bound = self._bounds.get(id(item))
        if bound is None:
            bound = self._bounds[id(item)] = self._whole & self._reach(item)
        return bound

    def _reach(self, item: Item) -> Rect:
        """Pixels that an item may touch."""
        if isinstance(item, Overlay):
            picture = self._store.pictures[item.picture]
            return Rect(item.left, item.top, item.left + picture.width, item.top + picture.height)
        points = self._store.outlines[item.outline].points
        xx, yx, xy, yy, x0, y0 = item.view
        (left, low), (right, high) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        corners = [(x, y) for x in (left, right) for y in (low, high)]
        across = [xx * x + xy * y + x0 for x, y in corners]
        down = [yx * x + yy * y + y0 for x, y in corners]
        reach = MITER * max(item.width, item.under_width) / 2 * max(abs(xx), abs(yy)) + BLUR
        box = min(across) - reach, min(down) - reach, max(across) + reach, max(down) + reach
        # Beyond this, cairo's coordinates wrap round; NaN is beyond as well.
        if not all(-(2**22) < edge < 2**22 for edge in box):
            return self._whole
        return Rect(floor(box[0]), floor(box[1]), ceil(box[2]), ceil(box[3]))


def _common(a: DisplayList, b: DisplayList) -> int:
    """How many items two lists share from the start."""
    count = 0
    for one, other in zip(a, b, strict=False):
        if one is not other:
            break
        count += 1
    return count


def _difference(a: DisplayList, b: DisplayList) -> list[Item]:
    """Items that one list has and the other has not; all if what both have changed its order."""
    in_a, in_b = set(map(id, a)), set(map(id, b))
    if [id(i) for i in a if id(i) in in_b] != [id(i) for i in b if id(i) in in_a]:
        return [*a, *b]
    return [i for i in a if id(i) not in in_b] + [i for i in b if id(i) not in in_a]


def _pen(pixels: Frame) -> Pen:
    height, width, _ = pixels.shape
    surface = cairo.ImageSurface.create_for_data(pixels.data, cairo.FORMAT_ARGB32, width, height)
    return cairo.Context(surface)


def _trace(shape: Shape, outline: Outline, pen: Pen) -> None:
    """One shape as Camera.display_vectorized draws it: stroke under, fill, stroke over."""
    pen.set_matrix(cairo.Matrix(*shape.view))
    pen.new_path()
    flat = outline.points.ravel().tolist()
    curve_to = pen.curve_to
    for start, end, closed in outline.spans:
        pen.new_sub_path()
        pen.move_to(flat[2 * start], flat[2 * start + 1])
        for at in range(2 * start + 2, 2 * end - 5, 8):
            curve_to(*flat[at : at + 6])
        if closed:
            pen.close_path()
    if shape.under_width:
        _stroke(shape, shape.under, shape.under_width, pen)
    _dip(shape, shape.fill, pen)
    pen.fill_preserve()
    if shape.width:
        _stroke(shape, shape.stroke, shape.width, pen)


def _stroke(shape: Shape, colours: bytes, width: float, pen: Pen) -> None:
    _dip(shape, colours, pen)
    pen.set_line_width(width)
    pen.set_line_join(cairo.LineJoin(shape.join))
    pen.set_line_cap(cairo.LineCap(shape.cap))
    pen.stroke_preserve()


def _dip(shape: Shape, colours: bytes, pen: Pen) -> None:
    """Set the paint. Manim's frames are RGBA where cairo's are BGRA: red and blue change places."""
    rows = np.frombuffer(colours).reshape(-1, 4)[:, [2, 1, 0, 3]].tolist()
    if len(rows) == 1:
        pen.set_source_rgba(*rows[0])
        return
    paint = cairo.LinearGradient(*np.frombuffer(shape.along).tolist())
    for offset, row in zip(np.linspace(0, 1, len(rows)).tolist(), rows, strict=True):
        paint.add_color_stop_rgba(offset, *row)
    pen.set_source(paint)


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
