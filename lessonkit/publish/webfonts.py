"""The course's fonts for its pages, cut down to what these show.

A Devanagari font whole is 230 kB, and with the letters of Hindi alone still 28 kB as WOFF2, most of
it conjuncts. The words of a course need about a hundred glyphs: so its words are shaped here, as a
browser will, and what that takes is kept, 9 kB a weight.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import uharfbuzz  # type: ignore[import-untyped]
from fontTools import subset
from fontTools.ttLib import TTFont

from lessonkit.project import FONTS

SANS, MONO = "Course Sans", "Course Mono"  # the names that pages know the fonts by

_DEVANAGARI = re.compile(r"[\u0900-\u097f\u200c\u200d\u25cc\ua8e0-\ua8ff]+")
_DEVANAGARI_RANGE = "U+0900-097F,U+200C-200D,U+25CC,U+A8E0-A8FF"
_ASCII = frozenset(map(chr, range(0x20, 0x7F)))  # always: scripts write numbers and names


@dataclass(frozen=True)
class WebFont:
    """One file, and the rule of a style sheet that says when a browser uses it."""

    name: str
    data: bytes
    rule: str


logging.getLogger("fontTools").setLevel(logging.ERROR)  # tells of each table, wherever it can


def web_fonts(text: str) -> list[WebFont]:
    """Regular, bold and code fonts for pages that show this text."""
    words = set(_DEVANAGARI.findall(text))
    others = _ASCII | set(_DEVANAGARI.sub("", text))
    math = {c for c in others if c.isprintable()} - _characters("NotoSans-Regular")
    fonts = []
    for weight, style in ((400, "Regular"), (700, "Bold")):
        fonts.append(_font(f"NotoSans-{style}", SANS, weight, others))
        fonts.append(
            _font(f"NotoSansDevanagari-{style}", SANS, weight, words, unicodes=_DEVANAGARI_RANGE)
        )
    if math := math & _characters("NotoSansMath-Regular"):
        unicodes = ",".join(f"U+{ord(c):04X}" for c in sorted(math))
        fonts.append(_font("NotoSansMath-Regular", SANS, 400, math, unicodes=unicodes))
    fonts.append(_font("JetBrainsMono-Regular", MONO, 400, others))
    return fonts


def _font(
    name: str, family: str, weight: int, texts: Collection[str], unicodes: str = ""
) -> WebFont:
    only = f"unicode-range:{unicodes};" if unicodes else ""
    rule = (
        f'@font-face{{font-family:"{family}";font-weight:{weight};font-display:swap;{only}'
        f'src:url("{name}.woff2") format("woff2")}}'
    )
    return WebFont(f"{name}.woff2", _cut(FONTS / f"{name}.ttf", texts), rule)


def _cut(path: Path, texts: Collection[str]) -> bytes:
    """The font as WOFF2 with the glyphs that these texts are set in, and no others."""
    options = subset.Options()
    options.flavor = "woff2"
    options.hinting = False
    options.layout_closure = False  # its guess at the conjuncts is three times too large
    options.drop_tables += ["FFTM", "STAT"]
    cut = subset.Subsetter(options)
    with TTFont(path, recalcTimestamp=False) as font:  # equal texts make equal files
        order = font.getGlyphOrder()
        cut.populate(
            unicodes={ord(c) for text in texts for c in text},
            glyphs=[order[glyph] for glyph in _shaped(path, texts)],
        )
        cut.subset(font)
        font.flavor = "woff2"
        written = io.BytesIO()
        font.save(written)
    return written.getvalue()


def _shaped(path: Path, texts: Collection[str]) -> set[int]:
    """The glyphs that texts are set in, and those that stand for a moment on the way there."""
    glyphs: set[int] = set()

    def look(message: str) -> None:
        if "lookup" in message:  # before, a buffer holds characters
            glyphs.update(glyph.codepoint for glyph in buffer.glyph_infos)

    font = uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(path)))
    for text in texts:
        buffer = uharfbuzz.Buffer()
        buffer.add_str(text)
        buffer.guess_segment_properties()
        buffer.set_message_func(look)
        uharfbuzz.shape(font, buffer)
        glyphs.update(glyph.codepoint for glyph in buffer.glyph_infos)
    return glyphs


def _characters(name: str) -> set[str]:
    with TTFont(FONTS / f"{name}.ttf") as font:
        return set(map(chr, font.getBestCmap()))
