"""Interactive figures: numbers of `scenes.figures`, texts of `assets/site/figures.toml`, as SVG.

A figure comes to a page as a picture of its first setting, which stands without scripts, with the
numbers from which page/figures.js draws every other setting in the same picture.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from lessonkit.project import ROOT, SCENES
from lessonkit.toml_reader import TomlReader

TEXTS = ROOT / "assets" / "site" / "figures.toml"
KINDS: Mapping[str, tuple[str, ...]] = {
    "tangent": ("position", "value", "slope", "negative", "zero", "positive"),
    "secant": ("step", "run", "rise", "slope", "none", "near", "far"),
    "descent": (
        *("rate", "curvature", "factor", "bound", "weight", "loss"),
        *("slow", "good", "exact", "jumping", "stuck", "diverging"),
    ),
    "race": ("step", "play", "pause", "optimizer", "loss", "settled", "since", "not-yet"),
}
"""The texts that each kind of figure shows; a race has one more for each name in it."""

# Of a plot's picture, in its own pixels: as wide as a phone, so that text keeps its size there.
SIZE = WIDTH, HEIGHT = 340, 272
BOX = (36, 24, 292, 208)  # left, top, width, height of the plot's window in it
DOT, HANDLE, BADGE = 3.5, 8, 8
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Plot:
    """One picture of a figure: its window in axes coordinates, and what stands in its <svg>."""

    x: tuple[float, float]
    y: tuple[float, float]
    svg: Markup
    size: tuple[int, int] = SIZE


@dataclass(frozen=True)
class Figure:
    """A figure as a template shows it; `texts` by the names in `KINDS`, in Hindi."""

    name: str
    kind: str
    title: str
    about: str
    texts: Mapping[str, str]
    plots: tuple[Plot, ...]
    numbers: Mapping[str, Any]

    @property
    def json(self) -> Markup:
        """What the page's script computes with, safe inside a <script>."""
        told = {
            "kind": self.kind,
            "numbers": self.numbers,
            "texts": self.texts,
            "box": BOX,
            "plots": [{"x": plot.x, "y": plot.y} for plot in self.plots],
        }
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        return Markup(text.replace("<", "\\u003c"))  # noqa: S704 - no tag can begin in it


def load_figures(path: Path = TEXTS) -> dict[str, Figure]:
    """All figures of the course by name; none where the scenes have none.

    Raises:
        LessonError: every fault of the texts, each with line and figure.
    """
    if not (SCENES / "figures.py").is_file():
        return {}
    made = {
        name: make() for name, make in importlib.import_module("scenes.figures").FIGURES.items()
    }
    reader = TomlReader()
    table = reader.table(path) or {}
    reader.finish()
    reader.keys(path, table, dict.fromkeys(made, dict))
    figures = {}
    for name, data in made.items():
        given = table.get(name)
        given = given if isinstance(given, dict) else {}
        needed = (*KINDS[data["kind"]], *data["numbers"].get("runs", ()))
        at = {"line": reader.line(path, rf"^\s*\[{name}\]"), "of": f"figure '{name}'"}
        reader.keys(path, given, dict.fromkeys(("title", "about", *needed), str), **at)
        title, about, *texts = (
            reader.text(path, given, key, **at) for key in ("title", "about", *needed)
        )
        plots = tuple(map(_plot, data["plots"]))
        shown = dict(zip(needed, texts, strict=True))
        figures[name] = Figure(name, data["kind"], title, about, shown, plots, data["numbers"])
    reader.finish()
    return figures


def _plot(data: Mapping[str, Any]) -> Plot:
    x, y = tuple(data["x"]), tuple(data["y"])
    pen = _Pen(x, y)
    layers = [
        Markup('<g class="{}">{}</g>').format(layer, Markup("").join(map(pen.shape, data[layer])))
        for layer in ("backdrop", "initial")
    ]
    # An <svg> of its own, in the same pixels, cuts off what runs out of the window.
    window = Markup('<svg x="{0}" y="{1}" width="{2}" height="{3}" viewBox="{0} {1} {2} {3}">')
    inside = [window.format(*BOX), *layers, Markup("</svg>")]
    return Plot(x, y, Markup("").join([pen.grid(data), *inside, pen.names(*data["names"])]))


class _Pen:
    """Draws in a plot's picture what is given in the plot's coordinates."""

    def __init__(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        self._x, self._y = x, y

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A point of the picture."""
        left, top, width, height = BOX
        (x0, x1), (y0, y1) = self._x, self._y
        return left + (x - x0) / (x1 - x0) * width, top + (y1 - y) / (y1 - y0) * height

    def grid(self, data: Mapping[str, Any]) -> Markup:
        """The axes, and lines and numbers of the ticks."""
        left, top, width, height = BOX
        right, bottom = left + width, top + height
        lines, numbers = [], []
        for value in data["ticks"]["x"]:
            x = self.at(value, 0)[0]
            lines.append(_rule(x, top, x, bottom, bold=value == 0))
            numbers.append(_text(x, bottom + 17, _number(value), "middle"))
        for value in data["ticks"]["y"]:
            y = self.at(0, value)[1]
            lines.append(_rule(left, y, right, y, bold=value == 0 and not data.get("powers")))
            power = f"10{f'{value:g}'.translate(SUPERSCRIPT)}"
            told = power if data.get("powers") else _number(value)
            numbers.append(_text(left - 6, y + 4, told, "end"))
        return Markup('<g class="grid">{}</g>').format(Markup("").join([*lines, *numbers]))

    def names(self, x: str, y: str) -> Markup:
        """The names of the axes: one above, one below."""
        left, top, width, _ = BOX
        above = _text(left, top - 9, y, "middle", "name")
        return above + _text(left + width / 2, HEIGHT - 5, x, "middle", "name")

    def shape(self, shape: Mapping[str, Any]) -> Markup:
        """A line, dots, a hole or a badge; figures.js draws the same."""
        points = [self.at(*point) for point in shape["points"]]
        role = shape["role"]
        if shape["shape"] == "line":
            told = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            return Markup('<polyline class="{}" points="{}"/>').format(role, told)
        if shape["shape"] == "badge":
            ((x, y),) = points
            letter = _text(x, y + 4, role[0].upper(), "middle")
            return Markup('<g class="badge {}">{}{}</g>').format(role, _circle(x, y, BADGE), letter)
        kind = shape["shape"] if shape["shape"] == "hole" else "dot"
        radius = HANDLE if role == "handle" else DOT
        dots = Markup("").join(_circle(x, y, radius) for x, y in points)
        return Markup('<g class="{} {}">{}</g>').format(kind, role, dots)


def _rule(x1: float, y1: float, x2: float, y2: float, *, bold: bool) -> Markup:
    kind = Markup(' class="axis"') if bold else ""
    return Markup('<path{} d="M{:.1f} {:.1f}L{:.1f} {:.1f}"/>').format(kind, x1, y1, x2, y2)


def _circle(x: float, y: float, radius: float) -> Markup:
    return Markup('<circle cx="{:.1f}" cy="{:.1f}" r="{}"/>').format(x, y, radius)


def _text(x: float, y: float, text: str, anchor: str, kind: str = "") -> Markup:
    # A name is a symbol or a term, never Hindi.
    named = Markup(' class="{}" lang="en"').format(kind) if kind else ""
    return Markup('<text{} x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        named, x, y, anchor, text
    )


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "−")
