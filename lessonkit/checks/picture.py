"""What a viewer cannot read or should not see on a frame: place, size, overlap, contrast, colour.

Each rule takes what stands on the stage and yields faults. Sizes are pixels of a 1080-pixel-high
frame, lengths frame units.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, combinations_with_replacement

import numpy as np
import numpy.typing as npt
from manim import Mobject

from lessonkit.checks.finding import Box
from lessonkit.checks.texts import SAME_PLACE, VISIBLE, Letter, Stage, Text, box_of, is_text, paint
from lessonkit.stage import theme
from lessonkit.stage.layout import MARGIN_SHARE, Region, Regions
from lessonkit.stage.numbers import Digit
from lessonkit.stage.typeset import PIXELS_PER_UNIT, Glyph

NEAR = 0.03  # frame units by which a glyph may reach over an edge: the overshoot of its outline
COVERED = 0.18  # of a glyph's box that another's may cover
CONTRAST, LARGE_CONTRAST = 4.5, 3.0  # WCAG 2.2, success criterion 1.4.3
LARGE = theme.HEADING  # em from which text counts as large
CROSSED = 0.22  # of the ground within a glyph's box that may have too little contrast
CROSSED_AXIS = 0.5  # … of secondary text, such as an axis' numbers, which lines pass
LEAST, LEAST_OF_AXIS = 0.75, 2.0  # seconds for which it must be hard to read
LEAST_BOX = 0.35  # em round the middle of a letter that count as its ground at least
DRAWN = 12  # levels by which a letter changes its ground, if it is to be seen
DIMMED = 0.5  # opacity below which a text is set back on purpose: WCAG leaves it out
BODY_FLOOR = 36.0  # em of a sentence
WORDS = 4  # from so many words on, a text is a sentence
PHONE_WIDTH, PHONE_FLOOR = 360.0, 5.0  # a film on a phone, and the smallest em there, in pixels
NEUTRAL = {theme.INK, theme.MUTED, theme.FAINT, theme.PANEL, theme.BACKGROUND}
PALETTE = {*NEUTRAL, *theme.ROLES.values()}
SAME_COLOUR = 14 / 255  # of each channel
ABOUT_A_BLEND = 26 / 255  # … of a blend of two colours, which a third may tint
GREY = 0.12  # range of the channels below which a colour says nothing

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Fault:
    """A finding before it is known when it began and how long it lasts."""

    rule: str
    subject: str  # equal for the same fault at another instant
    what: str
    amount: str
    fix: str
    box: Box
    least: float = 0.0  # seconds that it must last to count
    line: int = 0  # of the code, where it is known


def outside(stage: Stage, regions: Regions, frame_height: float) -> Iterator[Fault]:
    """Text that leaves the safe part of the frame."""
    margin = MARGIN_SHARE * frame_height
    safe = regions.title
    left, right, top = safe.left, safe.right, safe.top
    for text in stage.texts:
        if _moves(text, stage):
            continue
        box = text.box
        over = max(left - box.left, box.right - right, box.top - top)
        if over > NEAR:
            yield Fault(
                "safe-margin",
                text.name,
                f"{text.name} reaches into the margin",
                f"{over:.2f} units over; the margin is {margin:.2f}",
                "place it in a region: self.regions.figure.place(…)",
                box,
                0.4,
            )


def grown(mobject: Mobject, moving: AbstractSet[int]) -> Iterator[Fault]:
    """Text that sticks out of the region that it was placed in and still stands in."""
    region = getattr(mobject, "placed_in", None)
    if isinstance(region, Region):
        family = [m for m in mobject.family_members_with_points() if isinstance(m, Glyph | Digit)]
        seen = [box_of(m) for m in family if paint(m)[1] >= VISIBLE]
        if seen and moving.isdisjoint(map(id, family)):
            box = seen[0]
            for other in seen[1:]:
                box |= other
            x, y = box.middle
            inside = region.left <= x <= region.right and region.bottom <= y <= region.top
            over = max(
                region.left - box.left,
                box.right - region.right,
                region.bottom - box.bottom,
                box.top - region.top,
            )
            if inside and over > NEAR:
                name = family[0].drawing.markup
                yield Fault(
                    "region",
                    name,
                    f"'{name[:58]}' sticks out of its region",
                    f"{over:.2f} units over",
                    "let place() shrink it, give it a width, or another region",
                    box,
                    0.4,
                )
    for part in mobject.submobjects:
        yield from grown(part, moving)


def overlaps(stage: Stage) -> Iterator[Fault]:
    """Letters of one text on letters of another."""
    still = [text for text in stage.texts if not _moves(text, stage)]
    for one, other in combinations(still, 2):
        if not (one.box & other.box).area or _copies(one, other):
            continue
        worst = 0.0
        where: Box | None = None
        for a in one.letters:
            if not (a.box & other.box).area:
                continue
            for b in other.letters:
                common = a.box & b.box
                smaller = min(a.box.area, b.box.area)
                if smaller and common.area / smaller > COVERED:
                    worst = max(worst, common.area / smaller)
                    where = common if where is None else where | common
        if where is not None:
            yield Fault(
                "overlap",
                " ".join(sorted((one.name, other.name))),
                f"{one.name} lies on {other.name}",
                f"up to {worst:.0%} of a letter",
                "move one of them, or take the first away before the second comes",
                one.box | other.box,
                0.5,
            )


def contrasts(stage: Stage, picture: Pixels, ground: Pixels, height: float) -> Iterator[Fault]:
    """Text that what lies behind or before it makes hard to read.

    `picture` is the frame, `ground` the same without any text, `height` the frame's in units.
    """
    view = _View(picture, ground, height)
    for text in stage.texts:
        if _moves(text, stage) or all(letter.opacity < DIMMED for letter in text.letters):
            continue
        need = LARGE_CONTRAST if text.em >= LARGE else CONTRAST
        axis = _named(text.letters[0].rgb) == theme.MUTED
        least = LEAST_OF_AXIS if axis else LEAST
        poor: list[Letter] = []
        crossed: list[Letter] = []
        hidden: list[Letter] = []
        worst, clearest = np.inf, 1.0
        for letter, behind, drawn in view.letters(text):
            if not drawn:
                hidden.append(letter)
                continue
            ratios = _ratios(letter, behind)
            typical = float(np.median(ratios))
            share = float((ratios < need).mean())
            if typical < need:
                poor.append(letter)
                worst = min(worst, typical)
            elif share > (CROSSED_AXIS if axis else CROSSED):
                crossed.append(letter)
                clearest = min(clearest, 1 - share)
        # Points and lines pass over an axis' numbers: it matters if one cannot be made out.
        if len(poor) > (len(text.letters) / 2 if axis else 0):
            yield Fault(
                "contrast",
                text.name,
                f"{text.name} stands out too little from what is behind it",
                f"{worst:.1f}:1; {need:g}:1 is needed at {text.em:.0f} px",
                "choose another colour or place, or put a panel behind it",
                _box(poor),
                least,
            )
        if crossed:
            yield Fault(
                "crossed",
                text.name,
                f"something runs through {text.name}",
                f"only {clearest:.0%} of a letter's ground is clear",
                "move the text away from the line, or put a panel behind it",
                _box(crossed),
                least,
            )
        if 0.1 * len(text.letters) <= len(hidden) < len(text.letters) and hidden:
            yield Fault(
                "covered",
                text.name,
                f"something covers part of {text.name}",
                f"{len(hidden)} of {len(text.letters)} letters",
                "raise its z_index, or move it",
                _box(text.letters),
                least,
            )


class _View:
    """A frame with and without its texts, letter by letter."""

    def __init__(self, picture: Pixels, ground: Pixels, height: float) -> None:
        self._picture, self._ground = picture, ground
        self._unit = picture.shape[0] / height

    def letters(self, text: Text) -> Iterator[tuple[Letter, npt.NDArray[np.float32], bool]]:
        """Its letters, the light behind each, and whether it is to be seen."""
        whole = self._area(text.box)
        ground = self._ground[whole]
        if not ground.size:
            return
        if (ground == ground[0, 0]).all():  # mostly so: one look serves all letters
            drawn = self._is_drawn(whole)
            light = _luminance(ground[:1, :1])
            for letter in {(one.rgb, one.opacity): one for one in text.letters}.values():
                yield letter, light, drawn
            return
        room = LEAST_BOX * text.em / PIXELS_PER_UNIT / 2
        for letter in text.letters:
            x, y = letter.box.middle
            # A minus sign alone is as thin as a line that runs through it.
            area = self._area(letter.box | Box(x - room, y - room, x + room, y + room))
            ground = self._ground[area]
            # What is crossed out is meant to be.
            if ground.size and not _is_colour(ground, theme.WRONG).any():
                yield letter, _luminance(ground), self._is_drawn(self._area(letter.box))

    def _is_drawn(self, area: tuple[slice, slice]) -> bool:
        before, after = self._ground[area].astype(np.int16), self._picture[area]
        return bool(np.abs(after - before).max(initial=0) >= DRAWN)

    def _area(self, box: Box) -> tuple[slice, slice]:
        return _pixels(box, self._unit, self._ground.shape)


def _is_colour(pixels: Pixels, code: str) -> npt.NDArray[np.bool_]:
    away = np.abs(pixels[..., :3].astype(np.int16) - (_rgb(code) * 255).round().astype(np.int16))
    return np.asarray((away < 255 * 2 * SAME_COLOUR).all(axis=2))


def _ratios(letter: Letter, behind: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """WCAG's contrast of a letter with each pixel behind it."""
    seen = _relative(letter.rgb) * letter.opacity + behind * (1 - letter.opacity)
    ratios = (np.maximum(seen, behind) + 0.05) / (np.minimum(seen, behind) + 0.05)
    return np.asarray(ratios, np.float32)


def sizes(stage: Stage, frame_width_px: float) -> Iterator[Fault]:
    """Text that is too small. `frame_width_px` is the width of a frame 1080 pixels high."""
    for text in stage.texts:
        if _moves(text, stage) or not text.em:
            continue
        words = [w for w in text.drawing.markup.split() if len(w) > 1 and w.isalpha()]
        sentence = len(words) >= WORDS and "#paint" not in text.drawing.markup
        floor = BODY_FLOOR if sentence else theme.SMALLEST
        on_phone = text.em * PHONE_WIDTH / frame_width_px
        if round(text.em, 1) < floor:
            yield Fault(
                "size",
                text.name,
                f"{text.name} is too small",
                f"{text.em:.0f} px at 1080p; at least {floor:.0f}",
                "give it more room: place() shrinks what does not fit; or say less",
                text.box,
                0.5,
            )
        elif on_phone < PHONE_FLOOR:
            yield Fault(
                "phone",
                text.name,
                f"{text.name} is too small on a phone",
                f"{on_phone:.1f} px at {PHONE_WIDTH:.0f} px width; at least {PHONE_FLOOR:g}",
                "set it larger",
                text.box,
                0.5,
            )


def band(picture: Pixels, regions: Regions, height: float) -> Iterator[Fault]:
    """Anything that is drawn where the captions go; `picture` has none."""
    unit = picture.shape[0] / height
    top = round((height / 2 - regions.captions.top) * unit) + 1
    rows = picture[top:, :, :3]
    if (rows == rows[-1, 0]).all():
        return
    foreign = (np.abs(rows.astype(np.int16) - rows[-1, 0]) > 16).any(axis=2)
    if foreign.any():
        ys, xs = np.flatnonzero(foreign.any(axis=1)), np.flatnonzero(foreign.any(axis=0))
        half = picture.shape[1] / 2
        box = Box(
            (xs[0] - half) / unit,
            height / 2 - (top + ys[-1]) / unit,
            (xs[-1] - half) / unit,
            height / 2 - (top + ys[0]) / unit,
        )
        yield Fault(
            "caption-band",
            "",
            "something is drawn where the captions stand",
            f"{box.right - box.left:.1f} by {box.top - box.bottom:.1f} units",
            "keep pictures in regions.content",
            box,
        )


def colours(stage: Stage) -> Iterator[Fault]:
    """Colours that have no meaning in the course, and texts that changed theirs."""
    for text in stage.texts:
        if _moves(text, stage) or text.drawing.fonts == theme.CODE_FONTS:
            continue
        for letter in text.letters:
            now = _named(letter.rgb)
            nth = getattr(letter.shape, "nth", None)
            was = None if nth is None else text.drawing.leaves[nth].color[:7]
            if now is None:
                yield _off_palette(text.name, letter.rgb, text.box)
                break
            if was in PALETTE - NEUTRAL and now not in {*NEUTRAL, theme.WRONG, was}:
                yield Fault(
                    "colour",
                    text.name,
                    f"{text.name} has the colour of {_role(now)}; it was {_role(was)}",
                    f"{was} became {now}",
                    "keep each thing in its own colour; light it up by size or a frame instead",
                    text.box,
                    0.5,
                )
                break
    for shape in stage.shapes:
        if is_text(shape) or id(shape) in stage.moving:
            continue
        for rgba, visible in (
            (shape.get_fill_rgbas()[0], True),
            (shape.get_stroke_rgbas()[0], shape.get_stroke_width() > 0),
        ):
            if visible and rgba[3] >= VISIBLE and not _known((*map(float, rgba[:3]),)):
                yield _off_palette(f"a {type(shape).__name__}", rgba[:3], box_of(shape))


def _off_palette(name: str, rgb: npt.ArrayLike, box: Box) -> Fault:
    red, green, blue = (round(255 * float(c)) for c in np.asarray(rgb)[:3])
    code = f"#{red:02X}{green:02X}{blue:02X}"
    return Fault(
        "palette",
        name,
        f"{name} has a colour that means nothing in this course",
        code,
        "use a colour of the theme, by its meaning",
        box,
        0.5,
    )


def _rgb(code: str) -> npt.NDArray[np.float64]:
    return np.array([int(code[at : at + 2], 16) for at in (1, 3, 5)]) / 255


_COLOURS = {code: _rgb(code) for code in sorted(PALETTE)}
# Light and shade on a surface lead towards white and black.
_BLENDED = [*_COLOURS.values(), np.zeros(3), np.ones(3)]
_PAIRS = np.array([*combinations_with_replacement(_BLENDED, 2)])


@lru_cache(maxsize=1024)
def _named(rgb: tuple[float, float, float]) -> str | None:
    """The theme's colour that this is."""
    for code, known in _COLOURS.items():
        if np.abs(known - rgb).max() < SAME_COLOUR:
            return code
    return None


@lru_cache(maxsize=4096)
def _known(rgb: tuple[float, ...]) -> bool:
    """Whether a shape may have this colour: one of the theme, a blend of two, or nearly grey."""
    if max(rgb) - min(rgb) < GREY:
        return True
    start, way = _PAIRS[:, 0], _PAIRS[:, 1] - _PAIRS[:, 0]
    length = np.maximum((way**2).sum(axis=1), 1e-9)
    share = np.clip(((np.array(rgb) - start) * way).sum(axis=1) / length, 0, 1)
    away = np.abs(start + share[:, None] * way - rgb).max(axis=1)
    return bool(away.min() < ABOUT_A_BLEND)


def _role(code: str | None) -> str:
    return next((name for name, colour in theme.ROLES.items() if colour == code), str(code))


def _moves(text: Text, stage: Stage) -> bool:
    return any(id(letter.shape) in stage.moving for letter in text.letters)


def _copies(one: Text, other: Text) -> bool:
    """The same text twice in one place reads as one."""
    if one.drawing is not other.drawing or one.origin is None or other.origin is None:
        return False
    return bool(np.abs(one.origin - other.origin).max() < 2 * SAME_PLACE)


def _box(letters: list[Letter]) -> Box:
    box = letters[0].box
    for letter in letters[1:]:
        box |= letter.box
    return box


def _pixels(box: Box, unit: float, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """The pixels that a box touches."""
    middle_x, middle_y = shape[1] / 2, shape[0] / 2
    left, right = int(middle_x + box.left * unit), int(np.ceil(middle_x + box.right * unit))
    top, bottom = int(middle_y - box.top * unit), int(np.ceil(middle_y - box.bottom * unit))
    return slice(max(0, top), max(0, bottom)), slice(max(0, left), max(0, right))


_LINEAR = np.where(
    np.arange(256) / 255 <= 0.04045,
    np.arange(256) / 255 / 12.92,
    ((np.arange(256) / 255 + 0.055) / 1.055) ** 2.4,
).astype(np.float32)
_WEIGHTS = np.array([0.2126, 0.7152, 0.0722], np.float32)


def cell_luminance(pixels: Pixels, cells: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Mean relative luminance of a frame in cells of equal size, shape `cells`."""
    rows, columns = (size // count for size, count in zip(pixels.shape[:2], cells, strict=True))
    light = _luminance(pixels[: rows * cells[0] : 4, : columns * cells[1] : 2])
    blocks = light.reshape(cells[0], -1, cells[1], light.shape[1] // cells[1])
    return np.asarray(blocks.mean(axis=(1, 3)), np.float32)


def _luminance(pixels: Pixels) -> npt.NDArray[np.float32]:
    """WCAG's relative luminance of each pixel."""
    return _LINEAR[pixels[..., :3]] @ _WEIGHTS


@lru_cache(maxsize=1024)
def _relative(rgb: tuple[float, float, float]) -> float:
    return float(_LINEAR[np.round(np.array(rgb) * 255).astype(int)] @ _WEIGHTS)
