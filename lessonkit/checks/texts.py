"""The texts that a viewer sees at one instant, with their real outlines, sizes and colours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt
from manim import Mobject, VMobject
from manim.utils.family import extract_mobject_family_members

from lessonkit.checks.finding import Box
from lessonkit.stage import LessonScene, theme
from lessonkit.stage.numbers import Digit
from lessonkit.stage.typeset import EM, PIXELS_PER_UNIT, Drawing, Glyph, digits

VISIBLE = 0.3  # opacity below which something is fading, or set back on purpose
SPECK = 0.01  # frame units: what is smaller is the place of a digit that is not there
SAME_PLACE = 0.15  # frame units between copies of one text that count as one


@dataclass(frozen=True)
class Letter:
    """A glyph as it stands on the frame."""

    shape: VMobject
    box: Box
    rgb: tuple[float, float, float]
    opacity: float


@dataclass
class Text:
    """Glyphs that were drawn as one text and stand together."""

    drawing: Drawing
    letters: list[Letter] = field(default_factory=list)
    em: float = 0.0  # pixels at 1080p
    origin: npt.NDArray[np.float64] | None = None

    @cached_property
    def box(self) -> Box:
        """All its letters."""
        box = self.letters[0].box
        for letter in self.letters[1:]:
            box |= letter.box
        return box

    @property
    def name(self) -> str:
        """How a message calls it."""
        said = " ".join(self.drawing.markup.split())
        return f"'{said[:57]}…'" if len(said) > 58 else f"'{said}'"


@dataclass
class Shown:
    """A text over the time that it is seen."""

    drawing: Drawing
    name: str
    letters: int
    box: Box
    first: int  # frame of the look that found it first
    last: int = 0  # of the look that found it last
    gone: int = 0  # of the first look that did not any more


@dataclass(frozen=True)
class Stage:
    """What stands on the frame at one instant."""

    shapes: Sequence[VMobject]  # all with points, from the bottom up
    texts: Sequence[Text]
    moving: frozenset[int]  # ids of shapes that the play under way animates


def stage_now(scene: LessonScene) -> Stage:
    """Look at a scene that is alive."""
    family = extract_mobject_family_members(
        [*scene.mobjects, *scene.foreground_mobjects],
        use_z_index=True,
        only_those_with_points=True,
    )
    shapes = [shape for shape in family if isinstance(shape, VMobject)]
    return Stage(shapes, _texts(shapes), frozenset(map(id, _animated(scene))))


def is_text(shape: Mobject) -> bool:
    """Whether the stage set it as text."""
    return isinstance(shape, Glyph | Digit)


def paint(shape: VMobject) -> tuple[tuple[float, float, float], float]:
    """Colour (0 to 1) and opacity of what is seen of a shape: its fill, or its stroke."""
    fill = shape.get_fill_rgbas()[0]
    if fill[3] == 0 and shape.get_stroke_width() > 0:
        fill = shape.get_stroke_rgbas()[0]
    return (float(fill[0]), float(fill[1]), float(fill[2])), float(fill[3])


def box_of(shape: VMobject) -> Box:
    """Its outline's bounds."""
    (left, bottom), (right, top) = shape.points[:, :2].min(axis=0), shape.points[:, :2].max(axis=0)
    return Box(float(left), float(bottom), float(right), float(top))


def _texts(shapes: Iterable[VMobject]) -> list[Text]:
    found: dict[int, list[Text]] = defaultdict(list)
    for shape in shapes:
        if not isinstance(shape, Glyph | Digit):
            continue
        rgb, opacity = paint(shape)
        if opacity < VISIBLE:
            continue
        letter = Letter(shape, box_of(shape), rgb, opacity)
        if max(letter.box.right - letter.box.left, letter.box.top - letter.box.bottom) < SPECK:
            continue
        em, origin = _placing(shape, letter.box)
        standing = found[id(shape.drawing)]
        for text in standing:
            if origin is None or text.origin is None or _near(text.origin, origin):
                break
        else:
            text = Text(shape.drawing, origin=origin)
            standing.append(text)
        text.letters.append(letter)
        text.em = max(text.em, em)
    return [text for standing in found.values() for text in standing]


def _near(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> bool:
    return bool(np.abs(a - b).max() < SAME_PLACE)


def _placing(shape: Glyph | Digit, box: Box) -> tuple[float, npt.NDArray[np.float64] | None]:
    """Its em in pixels at 1080p, and where the text's own origin lies on the frame."""
    if isinstance(shape, Digit):
        return (box.top - box.bottom) / _digit_height() * PIXELS_PER_UNIT, None
    leaf = shape.drawing.leaves[shape.nth]
    if len(leaf.points) != len(shape.points):  # changing into something else
        return 0.0, None
    middle, own = shape.points.mean(axis=0), leaf.points.mean(axis=0)
    # Turning does not change how far points lie from their middle.
    scale = float(np.linalg.norm(shape.points - middle) / np.linalg.norm(leaf.points - own))
    return scale * EM * PIXELS_PER_UNIT, middle - scale * own


@cache
def _digit_height() -> float:
    """Of a digit, in em."""
    points = digits(theme.INK)["0"][0].points
    return float(np.ptp(points[:, 1])) / EM


def _animated(scene: LessonScene) -> Iterable[Mobject]:
    waiting = list(scene.animations or ())
    while waiting:
        animation = waiting.pop()
        waiting += getattr(animation, "animations", ())
        if isinstance(animation.mobject, Mobject):
            yield from animation.mobject.get_family()
