"""What is wrong with a text wherever it stands: shaping, colours by meaning, bare numbers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import uharfbuzz as hb  # type: ignore[import-untyped]
from manim import DecimalNumber, MarkupText, Mobject, SingleStringMathTex, VMobject
from manim import Text as PangoText

from lessonkit.checks.finding import Box
from lessonkit.checks.picture import Fault
from lessonkit.checks.texts import Shown, Text, box_of
from lessonkit.project import FONTS, shown
from lessonkit.script import Script
from lessonkit.stage import LessonScene, theme
from lessonkit.stage.typeset import EM

SHAPED_ALIKE = 0.03  # em by which a glyph's bounds may differ from HarfBuzz's
FACES = ("NotoSansDevanagari-Regular.ttf", "NotoSansDevanagari-Bold.ttf")
MEANINGS = {
    "input": {"input", "inputs", "weight", "weights"},
    "output": {"output", "outputs"},
    "slope": {"slope", "slopes", "tangent", "secant", "derivative"},
    "loss": {"loss"},
    "gradient": {"gradient", "gradients", "nabla"},
    "velocity": {"velocity", "momentum"},
}
"""Words that name a thing which has a colour of its own in the course."""
STRUCTURE = {"0", "1", "2"}
"""Numbers that belong to notation, as in 1/n and h → 0."""

_HINDI = re.compile("[\u0900-\u097f\u200c\u200d]+")
_WORD = re.compile(r"[A-Za-z]+")
_NUMBER = re.compile(
    r"(?<![\w.#^_])(?<![\^_]\()(?<![\^_]-)(?!10\^)\d+(?:\.\d+)?(?![\w.]*[A-Za-z%])"
)
_TYPST_CODE = re.compile(r'part\(\s*"[^"]*"|\b[a-z-]+:\s*[^,)\]]+|#?rgb\([^)]*\)|\\u\{\w+\}')


# -- shaping ---------------------------------------------------------------------------------------


def shaping(text: Text) -> Iterator[Fault]:
    """Hindi words whose glyphs are not those that HarfBuzz shapes from the same letters."""
    drawing = text.drawing
    if not drawing.leaves:
        return
    said = " ".join([drawing.markup, *(value for _, value in drawing.values)])
    drawn = [_bounds(leaf.points, leaf.origin_x, leaf.origin_y) for leaf in drawing.leaves]
    for word in dict.fromkeys(_HINDI.findall(said)):
        if not any(_contains(drawn, _shaped(word, face)) for face in FACES):
            yield Fault(
                "shaping",
                f"{text.name} {word}",
                f"'{word}' is drawn with other glyphs than its letters form",
                f"{len(_shaped(word, FACES[0]))} glyphs expected",
                "leave Hindi to the stage's fonts and features; no invisible characters inside",
                text.box,
            )


Bounds = tuple[float, float, float, float]


def _bounds(points: np.ndarray, x: float, y: float) -> Bounds:
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    return (
        float(low[0] - x) / EM,
        float(low[1] - y) / EM,
        float(high[0] - x) / EM,
        float(high[1] - y) / EM,
    )


@cache
def _font(face: str) -> hb.Font:
    return hb.Font(hb.Face(hb.Blob.from_file_path(str(FONTS / face))))


@cache
def _shaped(word: str, face: str) -> tuple[Bounds, ...]:
    """Bounds (em) of the glyphs of a word that leave a mark."""
    font = _font(face)
    buffer = hb.Buffer()
    buffer.add_str(word)
    buffer.direction, buffer.script, buffer.language = "ltr", "Deva", "hi"
    hb.shape(font, buffer)
    em = font.face.upem
    found = []
    for info in buffer.glyph_infos:
        extents = font.get_glyph_extents(info.codepoint)
        if extents is not None and extents.width:
            left, top = extents.x_bearing, extents.y_bearing
            edges = (left, top + extents.height, left + extents.width, top)
            found.append(tuple(edge / em for edge in edges))
    return tuple(found)


def _contains(drawn: Sequence[Bounds], shaped: Sequence[Bounds]) -> bool:
    """Whether these glyphs stand there one after another, at any size."""
    if not shaped:
        return True
    for at in range(len(drawn) - len(shaped) + 1):
        here = np.array(drawn[at : at + len(shaped)])
        there = np.array(shaped)
        size = np.ptp(here[0, 1::2]) / np.ptp(there[0, 1::2])
        if np.abs(here - there * size).max() < SHAPED_ALIKE * size:
            return True
    return False


def foreign(scene: LessonScene) -> Iterator[Fault]:
    """Text that Manim set itself, in whatever font the machine has."""
    for mobject in scene.get_mobject_family_members():
        if isinstance(mobject, PangoText | MarkupText | SingleStringMathTex | DecimalNumber):
            name = type(mobject).__name__
            if mobject.family_members_with_points():
                yield Fault(
                    "foreign-text",
                    name,
                    f"a {name} of Manim's own is on the stage",
                    "its font depends on the machine",
                    "use self.label, self.formula or LiveNumber",
                    _family_box(mobject),
                    0.2,
                )


def _family_box(mobject: Mobject) -> Box:
    boxes = [box_of(m) for m in mobject.family_members_with_points() if isinstance(m, VMobject)]
    whole = boxes[0]
    for box in boxes[1:]:
        whole |= box
    return whole


# -- colours ---------------------------------------------------------------------------------------


def meanings(text: Text) -> Iterator[Fault]:
    """Words that name one thing of the course, in the colour of another."""
    markup = text.drawing.markup
    if text.drawing.fonts == theme.CODE_FONTS:
        return
    coloured = list(_coloured(markup))
    if not coloured and text.drawing.leaves:
        # Nothing in the markup colours it: the whole text has one colour.
        colours = {leaf.color[:7].upper() for leaf in text.drawing.leaves}
        roles = [role for role in MEANINGS if theme.ROLES[role] in colours]
        if len(colours) == 1 and roles:
            coloured = [(roles[0], markup)]
    for role, words in coloured:
        said = {word.lower() for word in _WORD.findall(words)}
        if said & MEANINGS[role]:
            continue
        for other, names in MEANINGS.items():
            for word in sorted(said & names):
                if other != role:
                    yield Fault(
                        "meaning",
                        f"{text.name} {word}",
                        f"'{word}' in {text.name} has the colour of {role}",
                        f"{theme.ROLES[role]} in place of {theme.ROLES[other]}",
                        f"write {other}({word}), or leave it uncoloured",
                        text.box,
                    )


def _coloured(markup: str) -> Iterator[tuple[str, str]]:
    """Role and content of each piece that a role colours, without what another role colours."""
    roles = "|".join(MEANINGS)
    for call in re.finditer(rf"(?<![\w-])({roles})([(\[])", markup):
        start = call.end()
        content = markup[start : _closing(markup, start)]
        while inner := re.search(rf"(?<![\w-])({roles})[(\[]", content):
            end = _closing(content, inner.end())
            content = content[: inner.start()] + " " + content[end + 1 :]
        yield call[1], re.sub(r'part\(\s*"[^"]*"', "", content)


def _closing(text: str, start: int) -> int:
    depth = 1
    for at in range(start, len(text)):
        depth += (text[at] in "([") - (text[at] in ")]")
        if not depth:
            return at
    return len(text)


# -- numbers ---------------------------------------------------------------------------------------


def numbers(source: Path, script: Script, seen: Mapping[int, Shown]) -> Iterator[tuple[Fault, int]]:
    """Numbers that stand in a text or a call as they were typed: each with the frame it is seen at.

    A number on the frame comes from `mathcore`, bound to a name: `#value` in the markup. Exponents,
    indices and the 0, 1 and 2 of notation are part of a formula's form.
    """
    typed = [*_in_labels(script), *_in_code(source)]
    for file, line, number, parts, where in typed:
        pattern = re.compile(".*".join(map(re.escape, parts)), re.DOTALL)
        found = next((s for s in seen.values() if pattern.search(s.drawing.markup)), None)
        if found is None:
            continue  # never on the frame
        yield (
            Fault(
                "number",
                f"{where} {number}",
                f"{where} shows {number}, which nothing has computed",
                f"typed in {shown(file)}:{line}",
                "bind it to a name, as in #value, and give it from mathcore",
                found.box,
                line=line if file == source else 0,
            ),
            found.first,
        )


Typed = tuple[Path, int, str, list[str], str]
"""File, line, the number, the pieces of markup it stands between, and what to call the place."""


def _in_labels(script: Script) -> Iterator[Typed]:
    lines = script.path.read_text(encoding="utf-8").splitlines()
    for name, markup in script.labels.items():
        starts = (n for n, text in enumerate(lines, 1) if re.match(rf"\s*{name}\s*=", text))
        line = next(starts, 0)
        for number in bare_numbers(markup):
            yield script.path, line, number, [markup], f"label '{name}'"


def _in_code(source: Path) -> Iterator[Typed]:
    tree = ast.parse(source.read_text(encoding="utf-8"))
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if name in ("formula", "Typeset") and call.args:
            parts = _pieces(call.args[0])
            for number in (n for part in parts for n in bare_numbers(part)):
                yield source, call.lineno, number, parts, f"{name}()"
        if name in ("formula", "label"):
            for keyword in call.keywords:
                number = _literal(keyword.value)
                given = keyword.arg not in ("size", "width", "color", "bold", None)
                if given and number and number not in STRUCTURE:
                    yield source, call.lineno, number, [f"#{keyword.arg}"], f"{name}()"
        if name in ("LiveNumber", "readout"):
            for argument in call.args:
                body = argument.body if isinstance(argument, ast.Lambda) else None
                if body is not None and (number := _literal(body)):
                    yield source, call.lineno, number, ["live number"], f"{name}()"


def _pieces(node: ast.expr) -> list[str]:
    """The literal text of a string; what an f-string computes is left out."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        return [str(v.value) for v in node.values if isinstance(v, ast.Constant)]
    return []


def _literal(node: ast.expr) -> str:
    if isinstance(node, ast.UnaryOp):
        node = node.operand
    if isinstance(node, ast.Constant) and not isinstance(node.value, bool):
        if isinstance(node.value, int | float):
            return f"{node.value:g}"
        if isinstance(node.value, str):
            return next(iter(bare_numbers(node.value)), "")
    return ""


def bare_numbers(markup: str) -> list[str]:
    """The numbers of a markup that no name stands for, without those of notation."""
    return [n for n in _NUMBER.findall(_TYPST_CODE.sub(" ", markup)) if n not in STRUCTURE]
