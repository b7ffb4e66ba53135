"""The named regions of the frame. Scenes place things in regions, never at coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from manim import Mobject

CAPTION_SHARE = 0.165  # of the frame's height, at the bottom
MARGIN_SHARE = 0.035  # of the frame's height: the safe margin all round
TITLE_SHARE = 0.115
SIDE_SHARE = 0.36  # of the width, when the side stands beside the figure
GUTTER_SHARE = 0.025  # of the width

AnyMobject = TypeVar("AnyMobject", bound=Mobject)


@dataclass(frozen=True)
class Region:
    """A rectangle of the frame, in frame units with the origin at the frame's centre."""

    left: float
    right: float
    bottom: float
    top: float

    @property
    def width(self) -> float:
        """Frame units."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Frame units."""
        return self.top - self.bottom

    def point(self, across: float = 0.5, up: float = 0.5) -> np.ndarray:
        """The point a share of the way across and up: (0, 0) is the bottom left corner."""
        return np.array([self.left + across * self.width, self.bottom + up * self.height, 0.0])

    def place(
        self, mobject: AnyMobject, across: float = 0.5, up: float = 0.5, fit: bool = True
    ) -> AnyMobject:
        """Move a mobject so that it stands at that share of the free room; shrink it to fit.

        `across=0` touches the left edge, `0.5` is centred, `1` touches the right edge.
        """
        if fit:
            shrink = min(
                1.0,
                self.width / max(mobject.width, 1e-9),
                self.height / max(mobject.height, 1e-9),
            )
            if shrink < 1.0:
                mobject.scale(shrink)
        free = np.array([self.width - mobject.width, self.height - mobject.height])
        corner = np.array([self.left, self.bottom]) + np.array([across, up]) * free
        size = np.array([mobject.width, mobject.height])
        mobject.move_to(np.array([*(corner + size / 2), 0.0]))
        # For the checks, which tell of what grows out of its region.
        mobject.placed_in = self  # type: ignore[attr-defined]
        return mobject

    def split(self, *shares: float, gap: float = 0.0) -> tuple[Region, ...]:
        """Cut into rows from the top down, in proportion to the shares."""
        room = self.height - gap * (len(shares) - 1)
        rows = []
        top = self.top
        for share in shares:
            bottom = top - room * share / sum(shares)
            rows.append(Region(self.left, self.right, bottom, top))
            top = bottom - gap
        return tuple(rows)

    def columns(self, *shares: float, gap: float = 0.0) -> tuple[Region, ...]:
        """Cut into columns from the left, in proportion to the shares."""
        room = self.width - gap * (len(shares) - 1)
        columns = []
        left = self.left
        for share in shares:
            right = left + room * share / sum(shares)
            columns.append(Region(left, right, self.bottom, self.top))
            left = right + gap
        return tuple(columns)


@dataclass(frozen=True)
class Regions:
    """All regions of one frame shape; `content` is figure and side together."""

    title: Region
    content: Region
    figure: Region
    side: Region
    captions: Region


def regions(frame_width: float, frame_height: float) -> Regions:
    """The regions of a frame. Upright frames stack the side under the figure."""
    margin = MARGIN_SHARE * frame_height
    left, right = -frame_width / 2 + margin, frame_width / 2 - margin
    top = frame_height / 2 - margin
    bottom = -frame_height / 2
    captions = Region(left, right, bottom, bottom + CAPTION_SHARE * frame_height)
    title = Region(left, right, top - TITLE_SHARE * frame_height, top)
    content = Region(left, right, captions.top + margin / 2, title.bottom - margin / 2)
    gutter = GUTTER_SHARE * frame_width
    if frame_width >= frame_height:
        figure, side = content.columns(1 - SIDE_SHARE, SIDE_SHARE, gap=gutter)
    else:
        figure, side = content.split(0.6, 0.4, gap=gutter)
    return Regions(title, content, figure, side, captions)
