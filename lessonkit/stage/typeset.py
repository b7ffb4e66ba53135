"""Text and mathematics by Typst, as Manim shapes: Hindi shaped, glyph by glyph, with named parts.

Markup may use the theme's colours by meaning, `$input(x)$`, and name parts that a scene wants
to move or light up, `$part("rise", Delta f) / h$`. What Typst drew is kept from run to
run; outlines of glyphs are kept in memory.
"""

from __future__ import annotations

import hashlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version

import numpy as np
import typst
import uharfbuzz as hb  # type: ignore[import-untyped]
from manim import VGroup, VMobject

from lessonkit.problems import LessonError, Problem
from lessonkit.project import FONTS, missing_fonts
from lessonkit.stage import theme
from lessonkit.stage.once import kept

EM = 100.0  # points at which Typst draws; its SVG rounds to 1/100 pt, so draw large
PIXELS_PER_UNIT = 135.0  # 1080 pixels for a frame 8 units high

_NUMBER = r"-?\d*\.?\d+(?:e-?\d+)?"
_PATH_TOKEN = re.compile(rf"[MmLlHhVvCcQqZz]|{_NUMBER}")
_PART_NAME = re.compile(r'\bpart\(\s*"([a-z0-9-]+)"')
_PROBE = "#010203"
_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}href"
_IDENTITY = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


class Typeset(VGroup):
    """Text on the frame: one shape per glyph, in reading order.

    Args:
        markup: Typst markup, Devanagari and `$mathematics$` mixed freely.
        size: Pixels of an em at 1080p.
        color: A theme colour; markup may colour pieces of itself.
        values: Typst mathematics bound to names, for `#name` in the markup.
        width: Wrap lines at this many frame units; None keeps one line unless markup breaks it.
        bold: Bold text face.
        fonts: Families, in order of preference.
        place: Where the markup comes from, for messages.

    Raises:
        LessonError: Typst rejects the markup, or warns about it.
    """

    def __init__(
        self,
        markup: str,
        *,
        size: float = theme.BODY,
        color: str = theme.INK,
        values: Mapping[str, str] | None = None,
        width: float | None = None,
        bold: bool = False,
        fonts: tuple[str, ...] = theme.TEXT_FONTS,
        place: Problem | None = None,
    ) -> None:
        super().__init__()
        scale = size / PIXELS_PER_UNIT / EM
        style = _Style(color, fonts, bold, None if width is None else width / scale)
        bindings = tuple(sorted((values or {}).items()))
        drawn = _drawn(markup, bindings, style, "", place)
        drawing = Drawing(markup, bindings, fonts, drawn)
        self.add(*(Glyph(drawing, nth, scale) for nth in range(len(drawn))))
        self._parts: dict[str, VGroup] = {}
        for name in dict.fromkeys(_PART_NAME.findall(markup)):
            probe = _drawn(markup, bindings, style, name, place)
            if len(probe) != len(drawn):
                raise _rejected(
                    markup,
                    f"part '{name}' cuts through a shaped cluster",
                    "put whole words or whole terms in a part",
                    place,
                )
            glyphs = [s for s, leaf in zip(self, probe, strict=True) if leaf.color == _PROBE]
            if not glyphs:
                raise _rejected(
                    markup,
                    f"part '{name}' draws nothing",
                    'colour inside a part with the theme\'s roles or paint("#…", …)',
                    place,
                )
            self._parts[name] = VGroup(*glyphs)
        first = drawn[0].origin_y * scale if drawn else 0.0
        self._baseline = (first - self.get_bottom()[1]) / max(self.height, 1e-9)
        self.center()

    def part(self, name: str) -> VGroup:
        """The glyphs of `part("name", …)`; moving or colouring them changes this text."""
        if name not in self._parts:
            known = ", ".join(self._parts) or "none"
            raise KeyError(f"part '{name}' is not in this text; its parts: {known}")
        return self._parts[name]

    def besides(self, *names: str) -> VGroup:
        """The glyphs outside these parts, for what joins them: bars, brackets, signs."""
        inside = {glyph for name in names for glyph in self.part(name)}
        return VGroup(*(glyph for glyph in self if glyph not in inside))

    @property
    def baseline(self) -> float:
        """Frame y of the first line's baseline."""
        return float(self.get_bottom()[1] + self._baseline * self.height)


@dataclass(frozen=True)
class Leaf:
    """One drawn piece of a Typst page: outline in points, y up, and its colour."""

    points: np.ndarray  # (4n, 3) cubic Béziers
    color: str
    stroke: float  # points; 0 fills the outline
    origin_x: float
    origin_y: float


@dataclass(frozen=True, eq=False)
class Drawing:
    """What Typst made of one text. Copies of its glyphs share it."""

    markup: str
    values: tuple[tuple[str, str], ...]
    fonts: tuple[str, ...]
    leaves: tuple[Leaf, ...]

    def __deepcopy__(self, memo: object) -> Drawing:
        return self


class Glyph(VMobject):
    """One drawn piece of a text, which remembers what it was drawn from, through every copy."""

    def __init__(self, drawing: Drawing, nth: int, scale: float) -> None:
        super().__init__()
        self.drawing, self.nth = drawing, nth
        leaf = drawing.leaves[nth]
        self.points = leaf.points * scale
        if leaf.stroke:
            self.set_fill(opacity=0)
            self.set_stroke(leaf.color, width=leaf.stroke * scale * 100)
        else:
            self.set_fill(leaf.color, opacity=1)
            self.set_stroke(leaf.color, width=0, opacity=0)


@dataclass(frozen=True)
class _Style:
    color: str
    fonts: tuple[str, ...]
    bold: bool
    width: float | None  # points


@cache
def digits(color: str) -> Mapping[str, tuple[Leaf, float]]:
    """Glyph and advance (points) of each character that a changing number is made of."""
    style = _Style(color, theme.TEXT_FONTS, False, None)
    drawn = dict(zip("0123456789", _drawn("$0123456789$", (), style, "", None), strict=True))
    # Every digit advances alike, so that a number does not tremble while it runs.
    advance = drawn["1"].origin_x - drawn["0"].origin_x
    glyphs = {digit: (leaf, advance) for digit, leaf in drawn.items()}
    for sign in ".−+":
        leaf, after = _drawn(f'$"{sign}"0$', (), style, "", None)
        glyphs[sign] = (leaf, after.origin_x - leaf.origin_x)
    return glyphs


@cache
def compiler() -> typst.Compiler:
    """The one Typst compiler of a process: project fonts only, whatever the machine has."""
    if missing := missing_fonts():
        raise LessonError(missing)
    return typst.Compiler(font_paths=[str(FONTS)], ignore_system_fonts=True)


@cache
def _characters() -> frozenset[int]:
    """What the project's fonts can draw between them."""
    faces = (hb.Face(hb.Blob.from_file_path(path)) for path in FONTS.glob("*.ttf"))
    return frozenset().union(*(face.unicodes for face in faces))


@cache
def _drawn(
    markup: str,
    values: tuple[tuple[str, str], ...],
    style: _Style,
    probe: str,
    place: Problem | None,
) -> tuple[Leaf, ...]:
    """The leaves of the markup. With a probe, only that part keeps a colour: the marker's."""
    source = _source(markup, values, style, probe)
    svg = kept(lambda: _compiled(markup, source, place), source, _typst())
    return tuple(_leaves(ET.fromstring(svg)))  # noqa: S314 # our own compiler's output


@cache
def _typst() -> str:
    """What an SVG depends on beside its source."""
    fonts = (path.read_bytes() for path in sorted(FONTS.glob("*.ttf")))
    return version("typst") + hashlib.blake2b(b"".join(fonts)).hexdigest()


def _compiled(markup: str, source: str, place: Problem | None) -> str:
    compile_with_warnings = compiler().compile_with_warnings  # first: it misses whole fonts
    # Typst draws an empty box for a missing character, without a warning.
    missing = sorted({c for c in markup if not c.isspace() and ord(c) not in _characters()})
    if missing:
        names = ", ".join(f"{c} (U+{ord(c):04X})" for c in missing)
        fix = "write it with another character"
        raise _rejected(markup, f"no font of the project has {names}", fix, place)
    try:
        svg, warnings = compile_with_warnings(source.encode(), format="svg")
    except typst.TypstError as error:
        raise _rejected(markup, error.message, _fix(error.message), place) from None
    if warnings:  # it would be a fault in the film
        message = warnings[0].message
        raise _rejected(markup, message, _fix(message), place)
    return svg.decode() if isinstance(svg, bytes) else ""  # one page of automatic height


def _source(markup: str, values: tuple[tuple[str, str], ...], style: _Style, probe: str) -> str:
    families = ", ".join(f'"{f}"' for f in style.fonts) + ","
    maths = ", ".join(f'"{f}"' for f in theme.MATH_FONTS) + ","
    width = "auto" if style.width is None else f"{style.width}pt"
    roles = "\n".join(
        f"#let {name}(body) = " + ("body" if probe else f'text(fill: rgb("{colour}"), body)')
        for name, colour in theme.ROLES.items()
    )
    paint = "body" if probe else "text(fill: rgb(colour), body)"
    part = f'if name == "{probe}" {{ text(fill: rgb("{_PROBE}"), body) }} else {{ body }}'
    bound = "\n".join(f"#let {name} = ${value}$" for name, value in values)
    # Devanagari inside $…$ falls apart without the show rule: mathematics sets each letter alone.
    return f"""
#set page(width: {width}, height: auto, margin: 0pt, fill: none)
#set text(size: {EM}pt, font: ({families}), lang: "hi", fill: rgb("{style.color}"),
  weight: {700 if style.bold else 400}, features: ("tnum",), overhang: false,
  top-edge: "ascender", bottom-edge: "descender")
#set par(leading: 0.1em, spacing: 0.5em)
#show math.equation: set text(font: ({maths}), weight: 450)
#show math.equation.where(block: false): math.display
#show regex("[\\u{{0900}}-\\u{{097F}}]+"): set text(font: "Noto Sans Devanagari")
{roles}
#let paint(colour, body) = {paint}
#let part(name, body) = {part}
{bound}
{markup}
"""


def _fix(message: str) -> str:
    if "unknown variable" in message:
        return "the scene must give this value, or the name is misspelt"
    if "font" in message:
        return "restore the fonts: git checkout -- assets/fonts"
    return "correct the Typst markup; $…$ must be closed and functions spelt as in the theme"


def _rejected(markup: str, what: str, fix: str, place: Problem | None) -> LessonError:
    if place is None:
        return LessonError([Problem("text", f"{what} in: {markup}", fix)])
    return LessonError(
        [Problem(place.file, f"{place.what}: {what} in: {markup}", fix, place.line, place.beat)]
    )


def _leaves(svg: ET.Element) -> list[Leaf]:
    symbols = {
        symbol.attrib["id"]: symbol[0].attrib["d"]
        for symbol in svg.iter(f"{_SVG}symbol")
        if len(symbol)
    }
    leaves: list[Leaf] = []

    def visit(element: ET.Element, matrix: np.ndarray) -> None:
        tag = element.tag.removeprefix(_SVG)
        if tag == "defs":
            return
        matrix = _compose(matrix, _transform(element.get("transform")))
        if tag == "use":
            offset = np.array([float(element.get("x", 0)), float(element.get("y", 0))])
            outline = symbols.get(element.attrib[_XLINK].removeprefix("#"))
            if outline is not None:
                matrix = _compose(matrix, np.column_stack([np.eye(2), offset]))
                leaves.append(_leaf(_bezier(outline), matrix, element))
        elif tag == "path":
            leaves.append(_leaf(_bezier(element.attrib["d"]), matrix, element))
        elif tag not in ("svg", "g"):
            raise ValueError(f"Typst drew a <{tag}>, which the stage cannot show as shapes")
        for child in element:
            visit(child, matrix)

    visit(svg, _IDENTITY)
    return leaves


def _leaf(points: np.ndarray, matrix: np.ndarray, element: ET.Element) -> Leaf:
    placed = points @ matrix[:, :2].T + matrix[:, 2]
    fill, stroke = element.get("fill", "none"), element.get("stroke", "none")
    width = 0.0
    if fill == "none":
        width = float(element.get("stroke-width", 1.0))
        if len(placed) == 4:
            # A straight rule: as a filled bar it scales and recolours like a glyph.
            along = placed[3] - placed[0]
            half = np.array([-along[1], along[0]]) / np.linalg.norm(along) * width / 2
            corners = [placed[0] + half, placed[3] + half, placed[3] - half, placed[0] - half]
            placed = np.concatenate([_straight(corners[i], corners[(i + 1) % 4]) for i in range(4)])
            fill, width = stroke, 0.0
    flat = np.zeros((len(placed), 3))
    flat[:, 0], flat[:, 1] = placed[:, 0], -placed[:, 1]  # SVG's y points down
    origin = matrix[:, 2]
    colour = fill if width == 0.0 else stroke
    return Leaf(flat, colour.upper(), width, float(origin[0]), float(-origin[1]))


@cache
def _bezier(path: str) -> np.ndarray:
    """An SVG path as cubic Béziers, shape (4n, 2)."""
    tokens = iter(_PATH_TOKEN.findall(path))
    curves: list[np.ndarray] = []
    here = start = np.zeros(2)
    command = ""

    def point(relative: bool) -> np.ndarray:
        offset = np.array([float(next(tokens)), float(next(tokens))])
        return here + offset if relative else offset

    for token in tokens:
        command = token
        relative = command.islower()
        match command.upper():
            case "M":
                here = start = point(relative)
                continue
            case "Z":
                end = start
                if np.allclose(here, end):
                    here = end
                    continue
                curves.append(_straight(here, end))
            case "L":
                end = point(relative)
                curves.append(_straight(here, end))
            case "H":
                x = float(next(tokens)) + (here[0] if relative else 0.0)
                end = np.array([x, here[1]])
                curves.append(_straight(here, end))
            case "V":
                y = float(next(tokens)) + (here[1] if relative else 0.0)
                end = np.array([here[0], y])
                curves.append(_straight(here, end))
            case "C":
                first, second, end = point(relative), point(relative), point(relative)
                curves.append(np.array([here, first, second, end]))
            case "Q":
                middle, end = point(relative), point(relative)
                toward = 2 / 3 * (middle - here), 2 / 3 * (middle - end)
                curves.append(np.array([here, here + toward[0], end + toward[1], end]))
            case _:
                raise ValueError(f"path command {command!r} in {path[:60]!r} is not known")
        here = end
    return np.concatenate(curves) if curves else np.zeros((0, 2))


def _straight(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    return np.array([start + (end - start) * share for share in (0, 1 / 3, 2 / 3, 1)])


def _transform(text: str | None) -> np.ndarray:
    """An SVG transform attribute as a 2 by 3 matrix."""
    matrix = _IDENTITY
    for name, arguments in re.findall(r"(\w+)\(([^)]*)\)", text or ""):
        values = [float(v) for v in re.findall(_NUMBER, arguments)]
        match name:
            case "translate":
                step = np.column_stack([np.eye(2), [*values, 0.0][:2]])
            case "scale":
                step = np.column_stack([np.diag([values[0], values[-1]]), np.zeros(2)])
            case "matrix":
                step = np.array(values).reshape(3, 2).T
            case _:
                raise ValueError(f"Typst used the transform {name!r}, which is not known")
        matrix = _compose(matrix, step)
    return matrix


def _compose(outer: np.ndarray, inner: np.ndarray) -> np.ndarray:
    linear = outer[:, :2]
    return np.column_stack([linear @ inner[:, :2], linear @ inner[:, 2] + outer[:, 2]])
