"""A scene run in shares is the scene run at once, whether its way can be jumped over or not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from small_project import LESSON, SECOND, SmallProject

BEATS = 4
SCENE = """\
from manim import RIGHT, Dot

from lessonkit.stage import LessonScene


class Moving(LessonScene):
    def construct(self):
        dot = Dot()
        self.add(dot, self.heading())
        {more}
        for nth in range({beats}):
            with self.beat(f"b{{nth}}") as beat:
                self.play(dot.animate.shift(RIGHT), run_time=beat.remaining)
"""
COUNTS = "dot.add_updater(lambda d: d.set_opacity(max(0.2, d.get_fill_opacity() - 0.01)))"
RUN = """\
import hashlib, json, os, sys
from pathlib import Path
import av
os.cpu_count = lambda: int(sys.argv[1])
from lessonkit.captions import cues
from lessonkit.preview.shares import run_in_shares
from lessonkit.preview.storyboard import PICTURE
from lessonkit.render.work import SLICES
from lessonkit.script import load_script
from lessonkit.voice.takes import narration

script = load_script(sys.argv[2], sys.argv[3])
timeline = narration(script).timeline
folder = Path("build") / sys.argv[1]
shares, draw_panels = run_in_shares(script, timeline, cues(script, timeline, PICTURE.fps), folder)
pixels = hashlib.sha256()
for share in shares:
    for piece in share.slices:
        with av.open(SLICES.path(piece.key)) as file:
            for frame in file.decode(video=0):
                pixels.update(frame.to_ndarray().tobytes())
print(json.dumps({
    "stops": [share.stop for share in shares],
    "end": round(timeline.duration * PICTURE.fps),
    "plays": [[p.first, p.stop, p.beat, p.line] for share in shares for p in share.plays],
    "panels": [[p.frame, p.name, p.picture.is_file()] for p in draw_panels()],
    "problems": [p.what for share in shares for p in share.problems],
    "pixels": pixels.hexdigest(),
}))
"""


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    made = SmallProject.make(tmp_path)
    for lang in ("hi", "en"):
        beats = (f'[[beat]]\nid = "b{n}"\nsay = "एक बिंदु चलता है।"\n' for n in range(BEATS))
        made.script(LESSON, SECOND, lang).write_text(
            'title = "t"\nobjective = "x"\nreviewed_by = ""\n' + "".join(beats), encoding="utf-8"
        )
    return made


def run(project: SmallProject, more: str, shares: int) -> dict[str, Any]:
    project.scene(SECOND).write_text(SCENE.format(more=more, beats=BEATS), encoding="utf-8")
    command = [sys.executable, "-c", RUN, str(shares), LESSON, SECOND]
    done = subprocess.run(command, cwd=project.root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_shares_make_up_the_scene(project: SmallProject) -> None:
    once, shared = run(project, "", 1), run(project, "", 3)
    assert once["stops"] == [once["end"]]
    assert len(shared["stops"]) == 3
    assert shared | {"stops": []} == once | {"stops": []}
    assert all(there for *_, there in shared["panels"])


def test_what_counts_frames_is_not_jumped_over(project: SmallProject) -> None:
    once, shared = run(project, COUNTS, 1), run(project, COUNTS, 3)
    assert shared == once


def test_a_mistake_in_a_later_share_is_told_with_what_came_before(project: SmallProject) -> None:
    shared = run(project, "self.last = lambda n: 1 / (3 - n)", 3)
    assert not shared["problems"]
    late = 'self.add_updater(lambda _: 1 / (self.playing != "b3"))'
    shared = run(project, late, 3)
    assert shared["problems"] == ["ZeroDivisionError: division by zero"]
    assert shared["plays"][0][0] == 0
    assert [beat for *_, beat, _ in shared["plays"]] == ["b0", "b1", "b2"]
