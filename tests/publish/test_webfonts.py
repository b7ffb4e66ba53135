"""Cut fonts draw every word of the course as the whole fonts do, in a few kB."""

from __future__ import annotations

import io
import re
from functools import cache
from pathlib import Path

import pytest
import uharfbuzz
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont

from lessonkit.project import FONTS, SCRIPTS
from lessonkit.publish.webfonts import WebFont, web_fonts

TEXT = " ".join(path.read_text(encoding="utf-8") for path in sorted(SCRIPTS.glob("*/*.toml")))


@pytest.fixture(scope="module")
def fonts() -> list[WebFont]:
    return web_fonts(TEXT)


class Drawn:
    """Words as a font sets them: outlines and places."""

    def __init__(self, data: bytes) -> None:
        opened = TTFont(io.BytesIO(data))
        opened.flavor = None
        plain = io.BytesIO()
        opened.save(plain)
        self._font = uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob(plain.getvalue())))
        self._glyphs = opened.getGlyphSet()
        self._order = opened.getGlyphOrder()
        self._outline = cache(self._outline_of)

    def _outline_of(self, glyph: int) -> object:
        pen = DecomposingRecordingPen(self._glyphs)
        self._glyphs[self._order[glyph]].draw(pen)
        return pen.value

    def word(self, text: str) -> list[object]:
        buffer = uharfbuzz.Buffer()
        buffer.add_str(text)
        buffer.guess_segment_properties()
        uharfbuzz.shape(self._font, buffer)
        return [
            (self._outline(glyph.codepoint), at.x_advance, at.x_offset, at.y_offset)
            for glyph, at in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True)
        ]


@pytest.mark.parametrize("style", ["Regular", "Bold"])
def test_each_word_is_drawn_as_by_the_whole_font(fonts: list[WebFont], style: str) -> None:
    name = f"NotoSansDevanagari-{style}"
    whole = Drawn((FONTS / f"{name}.ttf").read_bytes())
    cut = Drawn(next(font.data for font in fonts if Path(font.name).stem == name))
    words = sorted(set(re.findall(r"[\u0900-\u097f]+", TEXT)))
    assert len(words) > 500
    assert [word for word in words if cut.word(word) != whole.word(word)] == []


def test_all_of_them_weigh_less_than_one_picture(fonts: list[WebFont]) -> None:
    assert sum(len(font.data) for font in fonts) < 50_000
