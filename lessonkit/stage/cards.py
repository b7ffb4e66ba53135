"""Cards: what opens a lesson, code as it stands in its file, and what it printed."""

from __future__ import annotations

from collections.abc import Sequence

from manim import DOWN, LEFT, RIGHT, RoundedRectangle, VGroup
from pygments import lex
from pygments.lexers import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, String, _TokenType

from lessonkit.stage import theme
from lessonkit.stage.layout import Region
from lessonkit.stage.typeset import Typeset

CODE_SIZE = 40.0  # pixels of an em at 1080p
CODE_COLORS: dict[_TokenType, str] = {
    Comment: theme.MUTED,
    Keyword: theme.VELOCITY,
    Name.Builtin: theme.INPUT,
    Number: theme.OUTPUT,
    String: theme.SLOPE,
}


def title_card(lines: Sequence[Typeset], region: Region, picture: VGroup | None = None) -> VGroup:
    """Lines of a title, the first one largest, in the middle of a region under a picture."""
    card = VGroup(*([picture] if picture else []), *lines).arrange(DOWN, buff=0.42)
    return region.place(card)


class Listing(VGroup):
    """Lines of a fixed-width font on a panel; each line is Typst markup, "" for a blank one."""

    def __init__(self, lines: Sequence[str], region: Region, *, size: float) -> None:
        super().__init__()
        # One text per card keeps lines and columns on one grid; parts give the lines back.
        # Without the font's ligatures: learners see the characters they have to type.
        text = Typeset(
            "#set text(features: (calt: 0))\n"
            + " \\\n".join(
                f'#part("line-{nth}")[{line}]' if line else "~" for nth, line in enumerate(lines, 1)
            ),
            size=size,
            fonts=theme.CODE_FONTS,
        )
        panel = RoundedRectangle(
            width=text.width + 0.7,
            height=text.height + 0.6,
            corner_radius=0.15,
            fill_color=theme.PANEL,
            fill_opacity=1,
            stroke_color=theme.FAINT,
            stroke_width=theme.THIN,
        ).move_to(text)
        self.panel, self._text = panel, text.set_z_index(1)  # a marker comes between the two
        self.add(panel, text)
        region.place(self, across=0.0, up=1.0)

    def line(self, number: int) -> VGroup:
        """The glyphs of a line, counted from 1; a blank line has none."""
        return self._text.part(f"line-{number}")

    def marker(self, number: int) -> RoundedRectangle:
        """A bar of light behind a line, for the line that runs."""
        line = self.line(number)
        bar = RoundedRectangle(
            width=self.panel.width - 0.2,
            height=line.height + 0.2,
            corner_radius=0.08,
            fill_color=theme.GRADIENT,
            fill_opacity=0.16,
            stroke_width=0,
        )
        return bar.move_to(line).align_to(self.panel, LEFT).shift(0.1 * RIGHT)


class CodeCard(Listing):
    """Python code on a panel, line by line. Comments may be Hindi.

    Args:
        code: The text of a file that runs.
        region: Where the card goes, from its top left corner; it shrinks to fit.
        size: Pixels of an em at 1080p.
    """

    def __init__(self, code: str, region: Region, *, size: float = CODE_SIZE) -> None:
        lines = code.rstrip("\n").split("\n")
        markup = [_highlighted(line) if line.strip() else "" for line in lines]
        super().__init__(markup, region, size=size)


class Terminal(Listing):
    """A command on a panel and, under it, the lines that it printed: line 1 is the command.

    Args:
        command: What was typed, without a prompt.
        output: The captured lines.
        region: Where the card goes, from its top left corner; it shrinks to fit.
        size: Pixels of an em at 1080p.
    """

    def __init__(
        self, command: str, output: Sequence[str], region: Region, *, size: float = CODE_SIZE
    ) -> None:
        printed = [_painted(theme.INK, line) if line.strip() else "" for line in output]
        super().__init__([_painted(theme.MUTED, f"$ {command}"), *printed], region, size=size)


def _highlighted(line: str) -> str:
    """One line of Python as Typst markup; every token is data, nothing in it is markup."""
    spans = []
    for kind, text in lex(line, PythonLexer(stripnl=False, ensurenl=False)):
        # The stubs take a token type for a plain tuple; `in` asks for a kind of it.
        color = next(
            (c for k, c in CODE_COLORS.items() if kind in k),  # type: ignore[comparison-overlap]
            theme.INK,
        )
        spans.append(_painted(color, text))
    return "".join(spans)


def _painted(color: str, text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace(" ", "\u00a0")
    return f'#paint("{color}", "{quoted}")'
