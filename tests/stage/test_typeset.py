"""Text as shapes: against HarfBuzz, against the fonts' own measures, and against misuse."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import typst
import uharfbuzz as hb
from manim import RIGHT, UP, VMobject

from lessonkit import project
from lessonkit.problems import LessonError, Problem
from lessonkit.project import FONT_FILES, FONTS
from lessonkit.stage import Typeset, theme, typeset

DEVANAGARI = FONTS / "NotoSansDevanagari-Regular.ttf"
CONJUNCTS = "क्षेत्र त्रिज्या श्री हृदय ड़ ज़्यादा क्र र्क द्ध ट्र ह्म फ़ंक्शन".split()  # noqa: SIM905
UNIT = 135.0  # pixels of a frame unit at 1080p


def glyphs(text: str, font: Path = DEVANAGARI) -> int:
    """How many glyphs with an outline HarfBuzz sets."""
    face = hb.Face(hb.Blob.from_file_path(font))
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    made = hb.Font(face)
    hb.shape(made, buffer)
    extents = [made.get_glyph_extents(info.codepoint) for info in buffer.glyph_infos]
    return sum(1 for e in extents if e is not None and e.width and e.height)


def colours(text: Typeset) -> list[str]:
    return [str(shape.get_fill_color().to_hex()).upper() for shape in text]


def same_shapes(one: Typeset, other: Typeset) -> bool:
    return len(one) == len(other) and all(
        np.allclose(a.points, b.points, atol=1e-6) for a, b in zip(one, other, strict=True)
    )


def height_of(shape: VMobject) -> float:
    return float(shape.height)


@pytest.mark.parametrize("word", CONJUNCTS)
def test_hindi_is_shaped_as_harfbuzz_shapes_it(word: str) -> None:
    shaped = glyphs(word)
    assert len(Typeset(word)) == shaped
    assert len(Typeset(f'$"{word}" = 4$')) == shaped + len("=4")
    if word in ("क्षेत्र", "श्री", "द्ध", "त्रिज्या"):
        assert shaped < len(word)  # unshaped, each code point would be a glyph


def test_letters_have_the_size_asked_for() -> None:
    face = hb.Face(hb.Blob.from_file_path(FONTS / "NotoSans-Regular.ttf"))
    font = hb.Font(face)
    extents = font.get_glyph_extents(font.get_nominal_glyph(ord("H")))
    for size in (theme.SMALLEST, theme.TITLE):
        expected = -extents.height / face.upem * size / UNIT
        assert height_of(Typeset("H", size=size)) == pytest.approx(expected, rel=0.01)


def test_the_baseline_is_the_first_lines_and_moves_along() -> None:
    text = Typeset("xp \\ p")
    x, p, *_ = text
    assert text.baseline == pytest.approx(x.get_bottom()[1], abs=0.01)
    assert p.get_bottom()[1] < text.baseline - 0.05
    text.scale(2.5).shift(UP * 1.5 + RIGHT)
    assert text.baseline == pytest.approx(x.get_bottom()[1], abs=0.02)


def test_a_width_wraps_lines_and_none_keeps_one() -> None:
    sentence = "secant धीरे धीरे घूमकर tangent बन जाती है और slope 4 पर ठहर जाती है"
    line, wrapped = Typeset(sentence), Typeset(sentence, width=4.0)
    assert line.width > 8
    assert wrapped.width <= 4.0
    assert wrapped.height > 2 * line.height
    assert len(wrapped) == len(line)


def test_bold_is_heavier() -> None:
    assert Typeset("slope", bold=True).width > 1.03 * Typeset("slope").width


# -- parts, values, colours --------------------------------------------------------------------


def test_parts_are_the_glyphs_themselves_nested_too() -> None:
    text = Typeset('$part("all", part("rise", Delta f) / part("run", h)) = 4$')
    rise, run, everything = text.part("rise"), text.part("run"), text.part("all")
    assert len(rise) == 2
    assert len(run) == 1
    assert {*rise, *run} < {*everything} < {*text}
    (bar,) = {*everything} - {*rise, *run}
    assert bar.height < 0.1 * bar.width
    assert bar.width >= max(rise.width, run.width)
    assert run.get_top()[1] < bar.get_bottom()[1] < bar.get_top()[1] < rise.get_bottom()[1]
    text.shift(RIGHT * 2).scale(1.5)
    assert run.get_x() == pytest.approx(bar.get_x(), abs=0.02)
    rise.set_color(theme.WRONG)
    assert colours(text).count(theme.WRONG) == 2


def test_what_joins_parts_is_besides_them() -> None:
    quotient = Typeset('$part("over", a b) / part("under", c)$')
    (bar,) = quotient.besides("over", "under")
    assert {*quotient.part("over"), bar, *quotient.part("under")} == set(quotient)
    assert bar.width > 10 * bar.height
    assert len(quotient.besides()) == len(quotient)


def test_an_unknown_part_names_those_there_are() -> None:
    text = Typeset('$part("rise", Delta f)$')
    with pytest.raises(KeyError, match=r"'fall' is not in this text.*rise"):
        text.part("fall")


def test_a_part_keeps_a_shaped_word_whole() -> None:
    whole = Typeset('#part("word")[क्षेत्र] बड़ा')
    assert len(whole.part("word")) == glyphs("क्षेत्र")
    with pytest.raises(LessonError, match="part 'half' cuts through a shaped cluster"):
        Typeset('#part("half")[क्]षेत्र')


def test_values_are_mathematics() -> None:
    bound = Typeset("slope $= #value$ at #x", values={"value": "frac(h + 4, 2)", "x": "x_0"})
    assert same_shapes(bound, Typeset("slope $= frac(h + 4, 2)$ at $x_0$"))


def test_roles_colour_by_meaning_and_the_rest_is_ink() -> None:
    assert colours(Typeset("$input(x) + output(f) + slope(m) + h$")) == [
        theme.INPUT,
        theme.INK,
        theme.OUTPUT,
        theme.INK,
        theme.SLOPE,
        theme.INK,
        theme.INK,
    ]
    assert colours(Typeset("$x input(y)$", color=theme.MUTED)) == [theme.MUTED, theme.INPUT]
    assert set(colours(Typeset("$output(a / b)$"))) == {theme.OUTPUT}  # the bar too
    assert set(colours(Typeset("$slope(sqrt(x))$"))) == {theme.SLOPE}


# -- what goes wrong ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markup", "what", "fix"),
    [
        ("slope $= #vlaue$", "unknown variable: vlaue", "the scene must give this value"),
        ("slope $= 4", "unclosed delimiter", "must be closed"),
        ('#text(font: "Comic Neue")[x]', "unknown font family: comic neue", "restore the fonts"),
        ("$unknownname$", "unknown variable: unknownname", "misspelt"),
    ],
)
def test_what_typst_rejects_is_told_with_its_place(markup: str, what: str, fix: str) -> None:
    place = Problem("slope.hi.toml", "label 'slope'", "", line=7)
    with pytest.raises(LessonError) as caught:
        Typeset(markup, place=place)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == ("slope.hi.toml", 7)
    assert problem.what.startswith("label 'slope': ")
    assert what in problem.what
    assert markup in problem.what
    assert fix in problem.fix


def test_a_character_that_no_font_has_is_told() -> None:
    with pytest.raises(LessonError, match=r"no font of the project has 🙂 \(U\+1F642\)"):
        Typeset("ढाल 🙂")
    assert len(Typeset("→ ₹ ॥")) == 3


@pytest.fixture
def other_fonts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A font folder of the test's own; what was set with the real ones is forgotten, and back."""
    kept = (typeset.compiler, typeset.digits, typeset._drawn, typeset._characters)
    for module in (project, typeset):
        monkeypatch.setattr(module, "FONTS", tmp_path)
    for function in kept:
        function.cache_clear()
    yield tmp_path
    for function in kept:
        function.cache_clear()


def test_missing_fonts_are_named_each_with_its_fix(other_fonts: Path) -> None:
    shutil.copy(FONTS / "NotoSans-Regular.ttf", other_fonts)
    with pytest.raises(LessonError) as caught:
        Typeset("ढाल")
    files = {Path(p.file).name for p in caught.value.problems}
    assert files == set(FONT_FILES) - {"NotoSans-Regular.ttf"}
    assert "NotoSansDevanagari-Regular.ttf" in files
    assert all("git checkout -- assets/fonts" in p.fix for p in caught.value.problems)


def test_fonts_of_the_machine_are_not_used(
    other_fonts: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    lonely = "NotoSansMath-Regular.ttf"  # the machine has it, the project does not
    monkeypatch.setattr(project, "FONT_FILES", [name for name in FONT_FILES if name != lonely])
    for name in project.FONT_FILES:
        shutil.copy(FONTS / name, other_fonts)
    home = tmp_path_factory.mktemp("home")
    for folder in (home / ".fonts", home / ".local" / "share" / "fonts", home / "Library/Fonts"):
        folder.mkdir(parents=True)
        shutil.copy(FONTS / lonely, folder)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    markup = '#text(font: "Noto Sans Math")[x]'
    _, warnings = typst.Compiler().compile_with_warnings(markup.encode(), format="svg")
    assert not warnings, f"this machine reads no font in {os.environ['HOME']}; the test is blind"
    with pytest.raises(LessonError, match="unknown font family: noto sans math"):
        Typeset(markup)
