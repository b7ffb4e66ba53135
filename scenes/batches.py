"""Examples and the batches that gradient descent takes of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from manim import DOWN, Circle, Dot, RoundedRectangle, VGroup, VMobject

from lessonkit.stage import Region, Typeset, theme
from mathcore import LineData, Training, line_data, optimizer, train
from scenes.pictures import code_text

DATA = line_data()
SIZES = {"batch": 32, "mini": 8, "single": 1}  # examples that one step of each kind looks at
START = (-1.5, -1.0)
RATE = 0.1
SEED = 1
SETTLING = 6  # epochs until a run that begins at the minimum wanders as it always will


def learn(size: int, epochs: int, start: tuple[float, float] = START, lr: float = RATE) -> Training:
    """A run in batches of that size."""
    return train(DATA, start, optimizer("SGD", lr=lr), batch_size=size, epochs=epochs, seed=SEED)


def settled(size: int, lr: float) -> np.ndarray:
    """Where a run that begins at the minimum wanders, (updates, 2): about 200 updates."""
    best = (float(DATA.best[0]), float(DATA.best[1]))
    run = learn(size, SETTLING * (1 + size), start=best, lr=lr)
    return run.parameters[SETTLING * run.updates_per_epoch :]


def scattered(plot_at: Callable[[float, float], np.ndarray], data: LineData) -> VGroup:
    """A dot for every example, at its place in a plot."""
    return VGroup(
        *(
            Dot(plot_at(x, y), radius=0.07, color=theme.INK)
            for x, y in zip(data.x, data.y, strict=True)
        )
    )


def batch_rings(dots: VGroup, run: Training, update: Callable[[], float]) -> VMobject:
    """Rings round the examples that the update under way looks at."""
    rings = VMobject(stroke_color=theme.GRADIENT, stroke_width=theme.THIN)
    ring = Circle(0.13).points

    def follow(mobject: VMobject) -> None:
        batch = run.batches[min(int(update()), len(run.batches) - 1)]
        mobject.points = np.concatenate([ring + dots[i].get_center() for i in batch])

    return rings.add_updater(follow, call_updater=True)


def handful(size: int) -> VGroup:
    """All the examples as small dots, those of one step lit."""
    grid = VGroup(*(Dot(radius=0.07, color=theme.FAINT) for _ in DATA.x))
    grid.arrange_in_grid(4, 8, buff=0.14)
    grid[:size].set_color(theme.GRADIENT)
    return grid


def epoch_strip(region: Region, size: int) -> VGroup:
    """One epoch in a row: (all the examples, a frame round those of each update)."""
    rooms = region.columns(*[1.0] * len(DATA))
    cells = VGroup(*(Dot(room.point(), radius=0.075, color=theme.FAINT) for room in rooms))
    frames = VGroup()
    for first in range(0, len(DATA), size):
        batch = cells[first : first + size]
        frame = RoundedRectangle(width=batch.width + 0.06, height=0.42, corner_radius=0.1)
        frames.add(frame.set_stroke(theme.GRADIENT, theme.THIN).move_to(batch))
    return VGroup(cells, frames)


def loader_card(region: Region, name: Typeset, size: int) -> VGroup:
    """How the data come in one kind of descent: (panel, words, examples)."""
    panel = RoundedRectangle(
        width=region.width, height=0.82 * region.height, corner_radius=0.15,
        color=theme.FAINT, fill_color=theme.PANEL, fill_opacity=1,
    )  # fmt: skip
    region.place(panel, up=1.0)
    call = code_text(f"batch_size={size}", theme.INK, theme.SMALL)
    words = VGroup(call, name).arrange(DOWN, buff=0.2)
    examples = handful(size)
    VGroup(words, examples).arrange(DOWN, buff=0.25).move_to(panel)
    return VGroup(panel, words, examples)
