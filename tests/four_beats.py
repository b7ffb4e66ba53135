"""A scene of four beats, each in a method of its own, and what its preview comes to."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from small_project import LESSON, SECOND, SmallProject

BEATS = 4
METHODS = """\
from manim import DOWN, LEFT, RIGHT, UP, Dot

from lessonkit.stage import LessonScene

FAR = 1.0


class Moving(LessonScene):
    def construct(self):
        self.dot = Dot()
        self.add(self.dot, self.heading())
        pass
        self.first()
        self.second()
        self.third()
        self.fourth()

    def first(self):
        with self.beat("b0") as beat:
            self.play(self.dot.animate.shift(RIGHT), run_time=beat.remaining)

    def second(self):
        with self.beat("b1") as beat:
            self.play(self.dot.animate.shift(self.way()), run_time=beat.remaining)

    def third(self):
        with self.beat("b2") as beat:
            self.play(self.dot.animate.shift(RIGHT), run_time=beat.remaining)

    def fourth(self):
        with self.beat("b3") as beat:
            self.play(self.dot.animate.shift(self.way()), run_time=beat.remaining)

    def way(self):
        return DOWN * FAR
"""
RUN = """\
import hashlib, json, os, sys, time
from pathlib import Path
import av
os.cpu_count = lambda: int(sys.argv[1])
os.environ["FIRST"] = str(os.getpid())
from lessonkit.captions import cues
from lessonkit.preview.last_film import Inputs, LastFilm, last_film
from lessonkit.preview.shares import ComesOutDifferently, Shares, joined
from lessonkit.preview.storyboard import PICTURE
from lessonkit.render.work import SLICES
from lessonkit.script import load_script
from lessonkit.voice.takes import narration

script = load_script(sys.argv[2], sys.argv[3])
timeline = narration(script).timeline
folder = Path("build") / sys.argv[4]
folder.mkdir(parents=True, exist_ok=True)
inputs, last = Inputs.of(script, timeline), last_film(folder / "film")
captions, panels = cues(script, timeline, PICTURE.fps), folder / str(time.time_ns())

def finish(shares, draw_panels):
    pixels = hashlib.sha256()
    for share in shares:
        for piece in share.slices:
            with av.open(SLICES.path(piece.key)) as file:
                for frame in file.decode(video=0):
                    pixels.update(frame.to_ndarray().tobytes())
    panels = draw_panels()
    if not shares[-1].problems:
        LastFilm(inputs, joined(shares), tuple(panels)).keep(folder / "film")
    print(json.dumps({
        "stops": [share.stop for share in shares],
        "end": round(timeline.duration * PICTURE.fps),
        "plays": [[p.first, p.stop, p.beat, p.line] for share in shares for p in share.plays],
        "panels": [[p.frame, p.name, p.picture.is_file()] for p in panels],
        "problems": [p.what for share in shares for p in share.problems],
        "pixels": pixels.hexdigest(),
    }))

for beginning in (last and last.beginning(inputs, timeline), None):
    errand = Shares(script, timeline, captions, inputs, panels, last, beginning).errand(finish)
    try:
        if errand:
            errand.run(*sys.argv[2:4])
        break
    except ComesOutDifferently:
        print("comes out differently", file=sys.stderr)
"""


def four_beats(root: Path) -> SmallProject:
    """A project whose second scene has the beats b0 to b3."""
    made = SmallProject.make(root)
    for lang in ("hi", "en"):
        beats = (f'[[beat]]\nid = "b{n}"\nsay = "एक बिंदु चलता है।"\n' for n in range(BEATS))
        made.script(LESSON, SECOND, lang).write_text(
            'title = "t"\nobjective = "x"\nreviewed_by = ""\n' + "".join(beats), encoding="utf-8"
        )
    return made


def rerun(project: SmallProject, source: str, shares: int, last: str) -> dict[str, Any]:
    """A scene run where there may be a film of it from before, under this name."""
    file = project.scene(SECOND)
    if not file.is_file() or file.read_text(encoding="utf-8") != source:  # else it is no save
        file.write_text(source, encoding="utf-8")
    home = hashlib.sha256(last.encode()).hexdigest()
    command = [sys.executable, "-c", RUN, str(shares), LESSON, SECOND, home]
    done = subprocess.run(command, cwd=project.root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))
