"""A scene on one sheet: each beat's last frame and each mark, with what is said there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import typst
from PIL import Image

from lessonkit.captions import FONT_FILES
from lessonkit.problems import LessonError, Problem
from lessonkit.project import BUILD, FONTS, written_whole
from lessonkit.render.film import Picture
from lessonkit.render.sketch import Sketch, instants, sketch

PICTURE = Picture(854, 480, 15)
WIDTH = 640  # of a frame on the sheet
COLUMNS = 3  # frames side by side on a scene's sheet
LESSON_COLUMNS, LESSON_WIDTH = 6, 320  # on a lesson's, where one row of it is what fits a screen


@dataclass(frozen=True)
class Panel:
    """One frame of a sheet: its number, its picture, what it is, and what is said."""

    frame: int
    picture: Path
    name: str
    text: str


@dataclass(frozen=True)
class SceneBoard:
    """A scene's sheet, its panels' pictures, and what kept it from being complete."""

    scene: str
    title: str
    sheet: Path
    panels: tuple[Panel, ...]
    problems: tuple[Problem, ...]


def scene_board(lesson: str, scene: str) -> SceneBoard:
    """Run a scene and write `build/storyboard/<lesson>/<scene>.png`, its frames beside it.

    A scene that fails midway gets a sheet of what it has shown until then.

    Raises:
        LessonError: there is nothing to show.
    """
    made = sketch(lesson, scene, PICTURE)
    folder = BUILD / "storyboard" / lesson
    shutil.rmtree(folder / scene, ignore_errors=True)  # of an earlier text
    panels = tuple(draw_panels(made, folder / scene))
    title = f"{scene} · {made.script.title}"
    sheet = folder / f"{scene}.png"
    _write_sheet(sheet, title, [("", panels)], COLUMNS, WIDTH)
    return SceneBoard(scene, made.script.title, sheet, panels, made.problems)


def lesson_board(lesson: str, title: str, boards: Sequence[SceneBoard]) -> Path:
    """Write `build/storyboard/<lesson>.png`: the ends of all beats of its scenes."""
    sheet = BUILD / "storyboard" / f"{lesson}.png"
    rows = [
        (f"{board.scene} · {board.title}", tuple(p for p in board.panels if "[[" not in p.name))
        for board in boards
    ]
    _write_sheet(sheet, title, rows, LESSON_COLUMNS, LESSON_WIDTH)
    return sheet


def draw_panels(made: Sketch, folder: Path) -> list[Panel]:
    """The frames of a storyboard, as far as the scene came, each written as a PNG of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {beat.id: beat.text for beat in made.script.beats}
    panels = []
    for frame, beat, mark in instants(made.timeline, made.picture.fps):
        if not made.first <= frame < made.frames:
            continue
        path = folder / f"{frame:05d}-{mark or beat}.png"
        with written_whole(path) as temporary:
            Image.fromarray(made.draw(frame)[..., :3]).save(temporary, compress_level=1)
        name = f"{beat} [[{mark}]]" if mark else beat
        name += f" · {frame / made.picture.fps:.1f} s"
        panels.append(Panel(frame, path, name, "" if mark else texts[beat]))
    return panels


def _write_sheet(
    target: Path,
    title: str,
    rows: Sequence[tuple[str, Sequence[Panel]]],
    columns: int,
    width: int,
) -> None:
    """Typst sets the sheet: it shapes Hindi, and breaks the lines."""
    with TemporaryDirectory(dir=target.parent.parent) as name:
        root = Path(name)
        listed = []
        for row, (heading, panels) in enumerate(rows):
            cells = []
            for nth, panel in enumerate(panels):
                picture = f"{row}-{nth}.png"
                with Image.open(panel.picture) as image:
                    image.thumbnail((width, width))
                    image.save(root / picture, compress_level=1)
                cells.append({"picture": picture, "name": panel.name, "text": panel.text})
            listed.append({"heading": heading, "cells": cells})
        data = {
            "title": title,
            "rows": listed,
            "columns": columns,
            "width": width,
            "fonts": list(FONT_FILES),
        }
        compiler = typst.Compiler(root=str(root), font_paths=[str(FONTS)], ignore_system_fonts=True)
        try:
            png = compiler.compile(
                _SHEET.encode(), format="png", ppi=72, sys_inputs={"data": json.dumps(data)}
            )
        except typst.TypstError as error:
            raise LessonError([Problem(title, error.message, "report this")]) from error
    with written_whole(target) as temporary:
        temporary.write_bytes(png if isinstance(png, bytes) else b"")


_SHEET = r"""
#let data = json(bytes(sys.inputs.data))
#let gap = 14pt
#set page(
  width: data.columns * (data.width * 1pt + gap) + gap, height: auto, margin: gap,
  fill: rgb("#2A2F37"),
)
#set text(font: data.fonts, size: 15pt, fill: rgb("#E8E8E4"), lang: "hi")
#show regex("[\u{0900}-\u{097F}\u{200C}\u{200D}]+"): set text(font: "Noto Sans Devanagari")
#text(size: 24pt, weight: "bold", data.title)
#for row in data.rows {
  if row.heading != "" { block(above: 1.4em, text(size: 19pt, weight: "bold", row.heading)) }
  grid(
    columns: (data.width * 1pt,) * data.columns, gutter: gap,
    ..row.cells.map(cell => {
      text(weight: "bold", fill: rgb("#F5C26B"), cell.name)
      v(-0.6em)
      image(cell.picture, width: 100%)
      if cell.text != "" { v(-0.7em); text(cell.text) }
    }),
  )
}
"""
