"""The square x² and what a longer side adds to it: two strips and a corner."""

from __future__ import annotations

from manim import DOWN, LEFT, RIGHT, UP, VGroup

from lessonkit.stage import Plot, Region, Typeset, theme
from scenes.pictures import Share, follow


class GrowingSquare:
    """A square whose side x and whose growth dx are followed while the scene plays."""

    def __init__(self, x: Share, dx: Share, region: Region) -> None:
        paper = Plot((-0.3, 2.65), (-0.3, 2.65), region, numbers=False, x_name="", equal_units=True)
        self.square = square = paper.live_box(lambda: (0, x(), 0, x()), theme.OUTPUT)
        self.names = VGroup(
            follow(_name("input(x)"), lambda m: m.next_to(square, DOWN, buff=0.12)),
            follow(_name("input(x)"), lambda m: m.next_to(square, LEFT, buff=0.15)),
            follow(_name("output(x^2)"), lambda m: m.move_to(square)),
        )
        self.edges = edges = VGroup(
            paper.live_segment(lambda: ((x(), 0.0), (x() + dx(), 0.0)), theme.INPUT),
            paper.live_segment(lambda: ((0.0, x()), (0.0, x() + dx())), theme.INPUT),
        )
        self.edge_names = VGroup(
            follow(_small("input(dif x)"), lambda m: m.next_to(edges[0], DOWN, buff=0.12)),
            follow(_small("input(dif x)"), lambda m: m.next_to(edges[1], LEFT, buff=0.12)),
        )
        self.strips = VGroup(
            paper.live_box(lambda: (x(), x() + dx(), 0, x()), theme.SLOPE),
            paper.live_box(lambda: (0, x(), x(), x() + dx()), theme.SLOPE),
        )
        self.corner = paper.live_box(lambda: (x(), x() + dx(), x(), x() + dx()), theme.INPUT)
        self.strip_names = VGroup(
            *(
                follow(_small("x dot dif x"), lambda m, strip=strip: m.move_to(strip))
                for strip in self.strips
            )
        )
        self.corner_name = follow(_small("dif x^2"), lambda m: m.move_to(self.corner))

    def sizes(self, strip: float, corner: float) -> VGroup:
        """The areas of the strips and of the corner, each beside its piece."""
        first, second = self.strips
        return VGroup(
            follow(_small(f"slope({strip:.2f})"), lambda m: m.next_to(first, RIGHT, buff=0.12)),
            follow(_small(f"slope({strip:.2f})"), lambda m: m.next_to(second, UP, buff=0.12)),
            follow(
                _small(f"input({corner:.2f})"),
                lambda m: m.next_to(self.corner, UP + RIGHT, buff=0.06),
            ),
        )


def _name(markup: str) -> Typeset:
    return Typeset(f"${markup}$", size=theme.FORMULA)


def _small(markup: str) -> Typeset:
    return Typeset(f"${markup}$", size=theme.SMALL)
