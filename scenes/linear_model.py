"""The smallest trainable model, as what a training loop turns and reads."""

from __future__ import annotations

from collections.abc import Callable

from manim import DOWN, RIGHT, UP, Arrow, Circle, Line, RoundedRectangle, VGroup

from lessonkit.stage import LiveNumber, Plot, Readout, Region, Typeset, theme
from mathcore import function, tangent_line
from scenes.descent import contours
from scenes.pictures import Gauge, Knob, code_text

LOSS = function("(w + b - 2)**2", variables=("w", "b"))  # for the input 1 and the target 2
LEVELS = (0.05, 0.4, 1.1, 2.2, 3.6, 5.4)


class LinearModel(VGroup):
    """nn.Linear(1, 1) as a picture: input, two knobs, a sum, an output, and the loss's gauge.

    `w`, `b` and `loss` are followed. `boxes` hold the two gradients, `box_names` name them, the
    `optimizer` points at the knobs with `turns`; these come in when a scene adds them.
    """

    def __init__(
        self,
        region: Region,
        w: Callable[[], float],
        b: Callable[[], float],
        loss: Callable[[], float],
    ) -> None:
        x, total, y = self.nodes = VGroup(
            *(
                VGroup(
                    Circle(0.4, stroke_color=color).set_fill(theme.PANEL, 1),
                    Typeset(f"${name}$", size=theme.SMALL),
                ).move_to(region.point(across, 0.79))
                for name, color, across in (
                    ("1", theme.INK, 0.09),
                    ("+", theme.INK, 0.62),
                    ("output(y)", theme.OUTPUT, 0.9),
                )
            )
        )  # fmt: skip
        self.w_knob, self.b_knob = self.knobs = VGroup(
            Knob(lambda: 0.5 + 0.25 * w(), radius=0.42).move_to(region.point(0.36, 0.79)),
            Knob(lambda: 0.5 + 0.25 * b(), radius=0.42).move_to(region.point(0.62, 0.51)),
        )
        self.edges = VGroup(
            *(
                Line(start.get_center(), end.get_center(), color=theme.MUTED).set_z_index(-1)
                for start, end in ((x, total), (self.b_knob, total), (total, y))
            )
        )
        self.w_read, self.b_read, self.loss_read = (
            Readout(
                Typeset(f"${name} =$", size=theme.SMALL),
                LiveNumber(value, size=theme.SMALL, color=color, places=places),
            )
            for name, value, color, places in (
                ("input(w)", w, theme.INPUT, 2),
                ("input(b)", b, theme.INPUT, 2),
                ("loss(L)", loss, theme.LOSS, 4),
            )
        )
        self.gauge = Gauge(lambda: loss() / 2.5, radius=0.7, color=theme.LOSS)
        self.gauge.move_to(region.point(0.86, 0.26))
        self.w_read.next_to(self.w_knob, UP, buff=0.15)
        self.b_read.next_to(self.b_knob, DOWN, buff=0.12)
        self.loss_read.next_to(self.gauge.get_center(), DOWN, buff=0.2)
        if self.loss_read.get_right()[0] > region.right:
            self.loss_read.align_to(region.point(1, 0), RIGHT)
        self.down = Arrow(y.get_bottom(), self.gauge.get_top(), buff=0.1, color=theme.MUTED)
        self.forward = [self.edges[0], self.edges[2]]
        self.boxes = VGroup(
            *(
                RoundedRectangle(
                    width=1.25, height=0.62, corner_radius=0.08, stroke_color=theme.GRADIENT
                )
                .set_fill(theme.PANEL, 1)
                .move_to(region.point(0.14, up))
                for up in (0.48, 0.25)
            )
        )
        self.box_names = VGroup(
            *(
                code_text(f"{name}.grad", theme.GRADIENT).next_to(box, UP, buff=0.08)
                for name, box in zip("wb", self.boxes, strict=True)
            )
        )
        self.optimizer = self._optimizer(region)
        self.turns = VGroup(
            *(
                Arrow(start, end, color=theme.GRADIENT, buff=buff)
                for start, end, buff in (
                    (self.optimizer.get_top(), self.w_knob.get_bottom(), 0.12),
                    (self.optimizer.get_corner(UP + RIGHT), self.b_knob.get_left(), 0.05),
                )
            )
        )
        super().__init__(
            self.edges, self.nodes, self.knobs, self.w_read, self.b_read,
            self.down, self.gauge, self.loss_read,
        )  # fmt: skip

    def gradients(self, value: float) -> list[Typeset]:
        """What both boxes hold when the two derivatives have that value."""
        text = f"$gradient({round(value, 3):g})$"
        return [Typeset(text, size=theme.SMALL).move_to(box) for box in self.boxes]

    def _optimizer(self, region: Region) -> VGroup:
        name = code_text("optimizer", theme.GRADIENT)
        frame = RoundedRectangle(
            width=name.width + 0.4, height=0.75, corner_radius=0.1, stroke_color=theme.GRADIENT
        ).set_fill(theme.PANEL, 1)
        return VGroup(frame, name.move_to(frame)).move_to(region.point(0.22, 0.16))


class ValleyMap:
    """The plane of the weights: levels of the loss, and the floor, the line on which it is 0."""

    def __init__(self, region: Region, w: tuple[float, float], b: tuple[float, float]) -> None:
        self.plot = Plot(
            w, b, region, x_name="$input(w)$", y_name="$input(b)$",
            cross=(w[0], b[0]), equal_units=True,
        )  # fmt: skip
        self.levels = contours(self.plot, LOSS, LEVELS)
        self.floor = self.plot.line(tangent_line(function("2 - w"), at=0), width=theme.BOLD)
        self.all = VGroup(self.plot.frame, self.levels, self.floor)
