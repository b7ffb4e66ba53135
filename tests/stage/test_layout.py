from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manim import Rectangle

from lessonkit.captions import BAND_HEIGHT
from lessonkit.stage.layout import Region, regions

SHARE = st.floats(0, 1)
SIZE = st.floats(0.1, 20)


def overlap(one: Region, other: Region) -> bool:
    return (
        min(one.right, other.right) - max(one.left, other.left) > 1e-9
        and min(one.top, other.top) - max(one.bottom, other.bottom) > 1e-9
    )


@pytest.mark.parametrize(("width", "height"), [(16, 9), (9, 16), (1, 1), (4, 3)])
def test_regions_fill_the_frame_and_do_not_overlap(width: float, height: float) -> None:
    frame_width = 8 * width / height
    made = regions(frame_width, 8)
    named = [made.title, made.figure, made.side, made.captions]
    for one, other in combinations(named, 2):
        assert not overlap(one, other)
    for region in named:
        assert region.width > 0.25 * frame_width
        assert region.height > 0.05 * 8
        assert -frame_width / 2 < region.left < region.right < frame_width / 2
        assert -4 <= region.bottom < region.top < 4
    for inner in (made.figure, made.side):
        assert inner.left >= made.content.left - 1e-9
        assert inner.right <= made.content.right + 1e-9
    assert sum(r.width * r.height for r in named) > 0.8 * 8 * frame_width
    # Captions are drawn over the frame by another module: both must mean the same band.
    assert made.captions.bottom == -4
    assert made.captions.height == pytest.approx(BAND_HEIGHT * 8)


@given(SIZE, SIZE, SHARE, SHARE)
def test_what_is_placed_lies_inside_and_never_grows(
    width: float, height: float, across: float, up: float
) -> None:
    region = Region(-3, 5, -1, 3)
    box = region.place(Rectangle(width=width, height=height), across, up)
    assert region.left - 1e-6 <= box.get_left()[0] <= box.get_right()[0] <= region.right + 1e-6
    assert region.bottom - 1e-6 <= box.get_bottom()[1] <= box.get_top()[1] <= region.top + 1e-6
    scale = box.width / width
    assert scale == pytest.approx(min(1, 8 / width, 4 / height))
    assert box.height / height == pytest.approx(scale)
    free = 8 - box.width
    assert box.get_left()[0] - region.left == pytest.approx(across * free, abs=1e-6)
    assert box.get_bottom()[1] - region.bottom == pytest.approx(up * (4 - box.height), abs=1e-6)


@given(st.lists(st.floats(0.1, 5), min_size=1, max_size=5), st.floats(0, 0.3))
def test_rows_and_columns_share_the_room(shares: list[float], gap: float) -> None:
    region = Region(-3, 5, -1, 3)
    rows, columns = region.split(*shares, gap=gap), region.columns(*shares, gap=gap)
    for made, sizes, room in (
        (rows, [r.height for r in rows], 4),
        (columns, [c.width for c in columns], 8),
    ):
        used = room - gap * (len(shares) - 1)
        assert sizes == pytest.approx([used * s / sum(shares) for s in shares])
        assert len(made) == len(shares)
    assert rows[0].top == region.top
    assert rows[-1].bottom == pytest.approx(region.bottom)
    assert columns[0].left == region.left
    assert columns[-1].right == pytest.approx(region.right)
    for upper, lower in pairwise(rows):
        assert upper.bottom - lower.top == pytest.approx(gap)
    for left, right in pairwise(columns):
        assert right.left - left.right == pytest.approx(gap)
