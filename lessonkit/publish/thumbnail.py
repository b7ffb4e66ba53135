"""The picture by which a film is chosen from a list: few words, huge, and one picture beside them.

The picture is the lesson's own: `scenes/thumbnails.py` has a `THUMBNAILS` of functions by lesson,
each of which draws on a frame 8 units high and leaves the left to the words.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Sequence
from io import BytesIO

import numpy as np
from manim import DOWN, LEFT, Camera, VGroup, VMobject, tempconfig
from PIL import Image

from lessonkit.problems import LessonError, Problem
from lessonkit.render.record import scene_config
from lessonkit.stage import Region, Typeset, theme

WIDTH, HEIGHT = 1280, 720  # pixels, as YouTube asks for
LISTED_HEIGHT = 94  # pixels; a list on a phone shows 168 × 94
SMALLEST_EM = 14.0  # pixels in such a list: below, conjuncts close up
WORDS = Region(-6.8, 1.5, -2.5, 3.7)
SIGNATURE = Region(-6.75, 1.5, -3.6, -2.9)
HALO = 30.0  # width of the dark edge that parts the words from what they touch
MODULE = "scenes.thumbnails"


def draw_thumbnail(lesson: str, lines: Sequence[str], signature: str, place: Problem) -> bytes:
    """The thumbnail of a lesson, as a PNG.

    Args:
        lesson: Its name among `THUMBNAILS`.
        lines: The words, one Typst markup a line.
        signature: A small line below: plain text, for those who see it large.
        place: Where the lines come from, for messages.

    Raises:
        LessonError: there is no picture, or the words would be too small in a list.
    """
    with tempconfig(scene_config(WIDTH, HEIGHT, 1)):
        picture = _picture(lesson)
        words = VGroup(*(Typeset(line, size=100, bold=True, place=place) for line in lines))
        words.arrange(DOWN, buff=0, aligned_edge=LEFT)
        scale = min(WORDS.width / words.width, WORDS.height / words.height)
        em = scale * 100 * LISTED_HEIGHT / 1080  # Typeset's sizes are pixels at 1080p
        if em < SMALLEST_EM:
            what = f"{place.what} are {em:.0f} px high in a list, of at least {SMALLEST_EM:g}"
            raise LessonError([Problem(place.file, what, "use fewer or shorter words")])
        WORDS.place(words.scale(scale), across=0)
        halo = words.copy().set_stroke(theme.BACKGROUND, HALO, 1)
        below = Typeset(
            f"#{json.dumps(signature, ensure_ascii=False)}", size=64, color=theme.MUTED, place=place
        )
        SIGNATURE.place(below, across=0, up=0)
        camera = Camera(background_color=theme.BACKGROUND)
        camera.capture_mobjects([picture, halo, words, below])
        pixels = np.asarray(camera.pixel_array)
    png = BytesIO()
    Image.fromarray(pixels).convert("RGB").save(png, "PNG", optimize=True)
    return png.getvalue()


def _picture(lesson: str) -> VMobject:
    file = f"{MODULE.replace('.', '/')}.py"
    try:
        drawings = importlib.import_module(MODULE).THUMBNAILS
    except ModuleNotFoundError as error:
        if error.name != MODULE:
            raise
        drawings = {}
    if lesson not in drawings:
        fix = f'write a function that draws it, and list it: THUMBNAILS = {{"{lesson}": …}}'
        raise LessonError([Problem(file, f"has no picture for lesson {lesson}", fix)])
    picture: VMobject = drawings[lesson]()
    return picture
