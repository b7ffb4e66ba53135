"""What all pages are made of, wherever they go: templates, looks, and a film with its tracks."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_for_filename

from lessonkit.publish import embed
from lessonkit.publish.content import CONTENT, Program
from lessonkit.publish.course import FinishedFilm
from lessonkit.publish.hindi import marked
from lessonkit.publish.webfonts import web_fonts
from lessonkit.script import LANGUAGES

PAGE = Path(__file__).parent / "page"
POSTER_WIDTH = 960  # pixels; the column that shows it is at most 840 wide


def templates(**known: Any) -> Environment:
    """The templates of `page/`; all of them see what is `known`, and fail at what is not."""
    environment = Environment(
        loader=FileSystemLoader(PAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"marked": marked, "clock": clock, "highlighted": highlighted}
    environment.globals |= known
    environment.globals |= {
        "native": embed.NATIVE,
        "emblem": Markup((CONTENT / "emblem.svg").read_text(encoding="utf-8")),  # noqa: S704
    }
    return environment


def clock(seconds: float) -> str:
    """Seconds as a player shows them: "1:05"."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def highlighted(program: Program) -> Markup:
    """A program as HTML, its words in classes that the style sheet colours."""
    lexer = get_lexer_for_filename(program.file.name)
    return Markup(highlight(program.source, lexer, HtmlFormatter(nowrap=True)))  # noqa: S704


def copy_film(film: FinishedFilm, beside: Path) -> None:
    """The film, its tracks and its poster, under the stem `beside`."""
    kinds = (*(f"{lang}.vtt" for lang in LANGUAGES), "chapters.vtt", "words.vtt")
    for kind in kinds:
        shutil.copyfile(film.track(kind), beside.with_suffix(f".{kind}"))
    try:
        os.link(film.path, beside.with_suffix(".mp4"))  # half a gigabyte need not lie there twice
    except OSError:
        shutil.copyfile(film.path, beside.with_suffix(".mp4"))
    shutil.copyfile(film.poster, beside.with_suffix(".png"))
    with Image.open(film.poster) as poster:
        height = round(POSTER_WIDTH * poster.height / poster.width)
        small = poster.convert("RGB").resize((POSTER_WIDTH, height), Image.Resampling.LANCZOS)
        small.save(beside.with_suffix(".webp"), quality=75, method=6)


def write_looks(folder: Path, pages: str) -> None:
    """The style sheets, scripts and fonts that all pages share."""
    folder.mkdir()
    for path in (*PAGE.glob("*.css"), *PAGE.glob("*.js")):
        (folder / path.name).write_text(
            _lighter(path.read_text(encoding="utf-8")), encoding="utf-8"
        )
    scripts = (path.read_text(encoding="utf-8") for path in PAGE.glob("*.js"))
    fonts = web_fonts(" ".join((re.sub(r"<[^>]*>", " ", pages), *scripts)))
    for font in fonts:
        (folder / font.name).write_bytes(font.data)
    shutil.copyfile(CONTENT / "emblem.svg", folder / "icon.svg")
    look = (PAGE / "page.css").read_text(encoding="utf-8")
    rules = "\n".join(font.rule for font in fonts)
    (folder / "page.css").write_text(f"{rules}\n{_lighter(look)}", encoding="utf-8")


def _lighter(source: str) -> str:
    """A style sheet or script without comments on lines of their own, and indentation."""
    source = re.sub(r"^[ \t]*/\*.*?\*/[ \t]*$", "", source, flags=re.DOTALL | re.MULTILINE)
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"
