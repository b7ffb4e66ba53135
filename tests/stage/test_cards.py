from __future__ import annotations

import pytest
from manim import Square

from lessonkit.stage import CodeCard, Region, Terminal, Typeset, theme, title_card

REGION = Region(-6.0, 3.0, -2.0, 3.5)
CODE = """\
import torch

x = torch.tensor(2.0)
if x != 0 and "a" <= "b":
    print(f"$#{x}* \\\\n")
"""


def colours(glyphs: object) -> list[str]:
    return [str(glyph.get_fill_color().to_hex()).upper() for glyph in glyphs]  # type: ignore[attr-defined]


def test_every_character_of_the_code_is_on_the_card() -> None:
    card = CodeCard(CODE, REGION)
    for number, line in enumerate(CODE.splitlines(), 1):
        if line:
            assert len(card.line(number)) == len(line.replace(" ", "")), line


def test_operators_keep_their_own_characters() -> None:
    whole = CodeCard("a != b <= c ** d -> e", REGION).line(1)
    apart = CodeCard("a ! = b < = c * * d - > e", REGION).line(1)
    widths = [glyph.width for glyph in whole]
    assert widths == pytest.approx([glyph.width for glyph in apart])


def test_comments_may_be_hindi() -> None:
    line = CodeCard("y = 2  # क्षेत्र पर नज़र", REGION).line(1)
    hindi = [len(Typeset(word)) for word in ("क्षेत्र", "पर", "नज़र")]
    assert len(line) == len("y=2#") + sum(hindi)
    assert set(colours(line)[4:]) == {theme.MUTED}


def test_columns_stand_under_each_other() -> None:
    card = CodeCard("abc = 1\n    d = 2\nxyzwv", REGION)
    first, second, third = card.line(1), card.line(2), card.line(3)
    step = third[1].get_x() - third[0].get_x()
    assert third[4].get_x() - third[0].get_x() == pytest.approx(4 * step, rel=0.1)
    assert second[0].get_x() == pytest.approx(third[4].get_x(), abs=0.25 * step)
    assert second[1].get_x() == pytest.approx(first[4].get_x(), abs=0.25 * step)
    assert first[0].get_y() > second[0].get_y() > third[0].get_y()


def test_kinds_of_words_have_their_colours() -> None:
    card = CodeCard('for x in range(3):  # बस\n    y = "a"', REGION)
    first, second = colours(card.line(1)), colours(card.line(2))
    assert first[:3] == [theme.VELOCITY] * 3
    assert first[3] == theme.INK
    assert first[-1] == theme.MUTED
    assert first[6:11] == [theme.INPUT] * len("range")
    assert theme.OUTPUT in first
    assert second[-3:] == [theme.SLOPE] * 3


def test_a_card_fits_its_region_from_the_top_left() -> None:
    card = CodeCard(CODE, REGION)
    assert card.get_left()[0] == pytest.approx(REGION.left)
    assert card.get_top()[1] == pytest.approx(REGION.top)
    long = CodeCard("x = " + "1 + " * 60 + "1\n" * 3, REGION)
    assert long.width <= REGION.width + 1e-6


def test_a_marker_lies_behind_its_line_alone() -> None:
    card = CodeCard(CODE, REGION)
    bar, line, next_line = card.marker(3), card.line(3), card.line(4)
    assert bar.get_bottom()[1] < line.get_bottom()[1] < line.get_top()[1] < bar.get_top()[1]
    assert bar.get_bottom()[1] > next_line.get_center()[1]
    assert card.panel.get_left()[0] < bar.get_left()[0] < line.get_left()[0]
    assert line.get_right()[0] < bar.get_right()[0] < card.panel.get_right()[0]


def test_a_title_card_stands_in_its_region_in_order() -> None:
    lines = [Typeset("Deep Learning", size=theme.TITLE), Typeset("कैलकुलस")]
    icon = Square(1.0)
    card = title_card(lines, REGION, icon)
    assert card.get_center() == pytest.approx(REGION.point())
    assert icon.get_bottom()[1] > lines[0].get_top()[1]
    assert lines[0].get_bottom()[1] > lines[1].get_top()[1]
    wide = title_card([Typeset("बहुत लंबा शीर्षक " * 6, size=theme.TITLE)], REGION)
    assert wide.width <= REGION.width + 1e-6


def test_a_terminal_shows_what_was_printed_under_its_command() -> None:
    output = ('dy/dx "at" $x$: tensor(4.)', "", "#[8] \\\\ क्षेत्र")
    card = Terminal("python a.py", output, REGION)
    assert len(card.line(1)) == len("$pythona.py")
    assert set(colours(card.line(1))) == {theme.MUTED}
    assert len(card.line(2)) == len(output[0].replace(" ", ""))
    assert len(card.line(4)) == len("#[8]\\\\") + len(Typeset("क्षेत्र"))
    assert set(colours(card.line(2))) == {theme.INK}
    assert card.line(1).get_y() > card.line(2).get_y() > card.line(4).get_y()
