"""A table that grows row by row while the voice reads it."""

from __future__ import annotations

from collections.abc import Sequence

from manim import DOWN, Line, VGroup, VMobject

from lessonkit.stage import theme
from lessonkit.stage.layout import Region

TALLEST_ROW = 0.6  # frame units


class Table(VGroup):
    """Columns of equal width from the top of a region down; cells are centred in them.

    A row is placed at once and returned, so that the scene can show it when its time comes.
    The region has room for `rows` of them and the headers.
    """

    def __init__(self, headers: Sequence[VMobject], region: Region, rows: int) -> None:
        super().__init__()
        self._row_height = min(TALLEST_ROW, region.height / (rows + 1))
        self._region = region
        self._columns = region.columns(*[1.0] * len(headers))
        self._rows = 0
        rule = Line(
            region.point(0, 1), region.point(1, 1), stroke_color=theme.MUTED, stroke_width=1.5
        )
        self.head = VGroup(self._place(headers), rule.shift(DOWN * self._row_height))
        self.rows: list[VGroup] = []
        self.add(self.head)

    def row(self, cells: Sequence[VMobject]) -> VGroup:
        """Place the next row."""
        row = self._place(cells)
        self.rows.append(row)
        return row

    def _place(self, cells: Sequence[VMobject]) -> VGroup:
        top = self._region.top - self._rows * self._row_height
        self._rows += 1
        for column, cell in zip(self._columns, cells, strict=True):
            Region(column.left, column.right, top - self._row_height, top).place(cell)
        return VGroup(*cells)
