"""A shelf of small pictures: what was told in large stays in sight."""

from __future__ import annotations

from manim import Mobject, RoundedRectangle, VGroup

from lessonkit.stage import Region, theme


class Shelf:
    """Framed pictures in two columns, filled from the top left."""

    def __init__(self, region: Region, places: int) -> None:
        rows = region.split(*[1.0] * (places // 2), gap=0.15)
        self._places = [place for row in rows for place in row.columns(1, 1, gap=0.15)]
        self.cards = VGroup()

    def take(self, picture: Mobject) -> tuple[VGroup, object]:
        """Frame a picture where it is; returns the card and its way to the next free place."""
        for mobject in picture.get_family():
            mobject.clear_updaters()
        card = VGroup(self.frame_for(picture), picture)
        way = self.into(card, self._places[len(self.cards)])
        self.cards.add(card)
        return card, way

    def into(self, card: VGroup, room: Region) -> object:
        """A card's way to a place, at its size."""
        size = min(room.width / card.width, room.height / card.height)
        return card.animate.scale(size).move_to(room.point())

    def frame_for(self, picture: Mobject) -> RoundedRectangle:
        """A card's frame, of the places' shape, round a picture."""
        shape = self._places[0]
        height = max(picture.height, picture.width * shape.height / shape.width) * 1.12
        return RoundedRectangle(
            width=height * shape.width / shape.height,
            height=height,
            corner_radius=0.06 * height,
            stroke_color=theme.FAINT,
            fill_color=theme.PANEL,
            fill_opacity=0.6,
        ).move_to(picture)
