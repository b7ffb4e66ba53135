"""Numbers that change from frame to frame, composed of glyphs that Typst drew once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from manim import ORIGIN, RIGHT, VGroup, VMobject

from lessonkit.stage import theme
from lessonkit.stage.typeset import EM, PIXELS_PER_UNIT, Drawing, Typeset, digits

MOST_GLYPHS = 10
BLANK = " "  # as wide as a sign
ANCHOR = 0.01  # frame units
READOUT_GAP = 0.18  # frame units between a label and its number


class Digit(VMobject):
    """A place of a live number, for what glyph it shows."""

    def __init__(self, drawing: Drawing, **style: Any) -> None:
        super().__init__(fill_opacity=1, stroke_width=0, **style)
        self.drawing = drawing


class LiveNumber(VGroup):
    """A number that follows `value` while the scene plays. It grows to the right.

    Args:
        value: Called once a frame; a number that fits in `MOST_GLYPHS`.
        places: Decimals shown.
        size: Pixels of an em at 1080p.
        color: A theme colour.
        sign: Show a plus sign too. Zero has none, but its room is kept: digits do not move.
    """

    def __init__(
        self,
        value: Callable[[], float],
        *,
        places: int = 2,
        size: float = theme.BODY,
        color: str = theme.INK,
        sign: bool = False,
    ) -> None:
        super().__init__()
        self._value, self._places, self._sign = value, places, sign
        self._scale = size / PIXELS_PER_UNIT / EM
        self._glyphs = digits(color)
        self._drawing = Drawing("live number", (), theme.TEXT_FONTS, ())
        self._text = ""
        # Manim moves and scales points, not attributes: this invisible stroke remembers where the
        # baseline starts and how large the number has become.
        self._anchor = VMobject(stroke_width=0).set_points_as_corners([ORIGIN, RIGHT * ANCHOR])
        # Manim lists the shapes to draw when a play begins: the number of glyphs is fixed,
        # what they show is not.
        self._slots = VGroup(*(Digit(self._drawing, fill_color=color) for _ in range(MOST_GLYPHS)))
        self.add(self._anchor, self._slots)
        self._follow()
        self.add_updater(lambda number: number._follow())

    @property
    def baseline(self) -> float:
        """Frame y of the baseline."""
        return float(self._anchor.get_start()[1])

    @property
    def left(self) -> float:
        """Frame x where the number begins."""
        return float(self._anchor.get_start()[0])

    def _follow(self) -> None:
        value = self._value()
        text = f"{value:{'+' if self._sign else ''}.{self._places}f}".replace("-", "−")
        if not np.isfinite(value) or len(text) > MOST_GLYPHS:
            raise ValueError(f"value: got {value}, need a number of {MOST_GLYPHS} glyphs at most")
        if float(text.replace("−", "-")) == 0.0:
            # No minus zero on screen, and no plus zero.
            text = (BLANK if self._sign else "") + text.lstrip("+−")
        if text == self._text:
            return
        pen, tip = self._anchor.get_start(), self._anchor.get_end()
        scale = self._scale * np.linalg.norm(tip - pen) / ANCHOR
        for nth, slot in enumerate(self._slots):
            if nth < len(text) and text[nth] == BLANK:
                slot.points = np.tile(pen, (4, 1))
                pen = pen + RIGHT * self._glyphs["+"][1] * scale
            elif nth < len(text):
                leaf, advance = self._glyphs[text[nth]]
                origin = np.array([leaf.origin_x, leaf.origin_y, 0.0])
                slot.points = (leaf.points - origin) * scale + pen
                pen = pen + RIGHT * advance * scale
            else:
                slot.points = np.tile(pen, (4, 1))  # empty, yet there: fades count shapes
        self._text = text


class Readout(VGroup):
    """A label and the live number it names, on one baseline."""

    def __init__(self, label: Typeset, number: LiveNumber) -> None:
        super().__init__(label, number)
        number.shift(
            RIGHT * (label.get_right()[0] + READOUT_GAP - number.left)
            + [0.0, label.baseline - number.baseline, 0.0]
        )
        self.label, self.number = label, number
