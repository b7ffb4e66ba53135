"""A table whose rows are cards, filled in one by one."""

from __future__ import annotations

from manim import Animation, RoundedRectangle, ShowPassingFlash, VGroup, VMobject

from lessonkit.stage import Region, theme


class CardTable:
    """Empty cards under a row of headers; each row has a narrow and a wide column."""

    def __init__(self, region: Region, rows: int) -> None:
        head, *boxes = region.split(0.13, *[0.87 / rows] * rows, gap=0.14)
        self.cards = VGroup(*(card(box, 0.14) for box in boxes))
        self.head, *self.rows = (
            Region(row.left + 0.3, row.right - 0.2, row.bottom, row.top).columns(0.4, 0.6, gap=0.3)
            for row in (head, *boxes)
        )

    def outline(self, nth: int) -> VMobject:
        """A frame of light round a card."""
        frame = self.cards[nth].copy().set_fill(opacity=0)
        return frame.set_stroke(theme.SLOPE, theme.STROKE)

    def glow(self, nth: int) -> Animation:
        """Light that runs round a card."""
        return ShowPassingFlash(self.outline(nth), time_width=0.6)


def card(region: Region, corner_radius: float = 0.2) -> RoundedRectangle:
    """A panel that fills a region."""
    panel = RoundedRectangle(
        width=region.width, height=region.height, corner_radius=corner_radius
    ).set_fill(theme.PANEL, 1)
    return region.place(panel.set_stroke(theme.FAINT, theme.THIN))
