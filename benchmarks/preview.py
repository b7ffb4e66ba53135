"""From a save to the changed picture and to the whole film, beside stock `manim -ql`.

    python -m benchmarks.preview [scene …]

The scene is edited in a copy of the project, as an author would: a dot is added to one beat after
another, each for as long as the beat lasts, while the page shows that beat. What is timed is what
the page is told, from the save on: the picture of the page's moment, then the film.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any
from urllib.request import Request, urlopen

from lessonkit.project import ROOT
from lessonkit.script import load_lessons

SCENES = ("c1_02_secant_tangent", "c2_05_momentum")
SAVES = 7
LOOKS = 4.0  # seconds that an author looks at a beat, at least, before saving an edit of it


def main() -> None:
    """Print one line a scene."""
    print("scene                 save → picture  save → film  stock manim -ql   (seconds, median)")
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        for name in ("lessonkit", "mathcore", "scenes", "assets"):
            shutil.copytree(ROOT / name, project / name)
        for scene in sys.argv[1:] or SCENES:
            lesson = next(x.id for x in load_lessons().values() if scene in x.scenes)
            source = project / "scenes" / lesson / f"{scene}.py"
            pictures, films = previewed(project, source)
            times = (median(pictures), median(films), stock(project, source))
            print(f"{scene:22}" + "".join(f"{seconds:16.2f}" for seconds in times), flush=True)


def previewed(project: Path, source: Path) -> tuple[list[float], list[float]]:
    """Seconds from each save to the picture of the current moment, and to the film."""
    command = [sys.executable, "-m", "lessonkit", "preview", "--scene", source.stem]
    server = subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None  # noqa: S101 # a pipe was asked for
        address = re.findall(r"http://\S+", server.stdout.readline())[0]
        with urlopen(f"{address}events") as stream:  # noqa: S310 # our own server
            told = events(stream)
            film = next(t for t in told if t["kind"] == "film")
            pictures, films = [], []
            for nth in range(SAVES):
                beat = film["beats"][(nth + 1) * len(film["beats"]) // (SAVES + 1)]["id"]
                place = json.dumps({"beat": beat, "offset": 1.0}).encode()
                urlopen(Request(f"{address}position", data=place)).close()  # noqa: S310
                time.sleep(LOOKS)
                edited = with_a_dot(source.read_text(encoding="utf-8"), beat)
                source.write_text(edited, encoding="utf-8")
                saved = time.monotonic()
                picture = 0.0
                for answer in told:
                    if answer["kind"] == "picture":
                        picture = time.monotonic() - saved
                    if answer["kind"] == "film":
                        break
                films.append(time.monotonic() - saved)
                pictures.append(picture or films[-1])
                next(t for t in told if t["kind"] == "storyboard")
            return pictures, films
    finally:
        server.terminate()
        server.wait()


def with_a_dot(source: str, beat: str) -> str:
    """A scene's source, with a dot in its middle as long as a beat lasts."""
    lines = source.splitlines()
    body = next(
        node.body
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.With)
        and isinstance(call := node.items[0].context_expr, ast.Call)
        and any(isinstance(name, ast.Constant) and name.value == beat for name in call.args)
    )
    space = " " * body[0].col_offset
    lines.insert(body[-1].end_lineno or 0, f"{space}self.remove(edit)")
    lines.insert(body[0].lineno - 1, f'{space}self.add(edit := __import__("manim").Dot())')
    return "\n".join(lines) + "\n"


def events(stream: Any) -> Iterator[dict[str, Any]]:
    """Server-sent events as they come."""
    for line in stream:
        if line.startswith(b"data: "):
            yield json.loads(line[6:])


def stock(project: Path, source: Path) -> float:
    """Seconds that the manim command takes, with a cache of its own that is empty."""
    name = re.findall(r"^class (\w+)\(LessonScene", source.read_text(), re.MULTILINE)[0]
    with tempfile.TemporaryDirectory() as media:
        command = [sys.executable, "-m", "manim", "-ql", "--media_dir", media, str(source), name]
        began = time.monotonic()
        subprocess.run(
            command,
            cwd=project,
            env={**os.environ, "PYTHONPATH": str(project)},
            check=True,
            capture_output=True,
        )
        return time.monotonic() - began


if __name__ == "__main__":
    main()
