"""A copy of the machinery with a lesson of two short scenes, run through the real command line."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

from lessonkit.project import ROOT

SCENE = '''\
"""A dot that moves, and a moment's rest."""

import os
import time
from pathlib import Path

from manim import RIGHT, Dot

from lessonkit.project import BUILD, written_whole
from lessonkit.stage import LessonScene

HERE = Path(__file__)


class Moving(LessonScene):
    def construct(self):
        dot = Dot()
        self.add(dot, self.heading())
        with self.beat("move") as beat:
            self.play(dot.animate.shift(RIGHT), run_time=beat.remaining)
        if HERE.with_suffix(".hold").exists():
            with written_whole(BUILD / "slices" / "half.mp4"):  # as if it were drawing
                HERE.with_suffix(".pid").write_text(str(os.getpid()))
                while HERE.with_suffix(".hold").exists():
                    time.sleep(0.02)
        with self.beat("rest"):
            pass
'''
SAY = {
    "hi": ("एक बिंदु दाईं ओर चलता है।", "अब वह रुक जाता है।"),
    "en": ("A dot moves to the right.", "Now it rests."),
}
LESSON, FIRST, SECOND = "primer", "p1_dot", "p2_point"
UNDRAWN = "later"


class SmallProject:
    """`primer` has two scenes with code, `later` has one script and no code yet."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def make(cls, root: Path) -> SmallProject:
        made = cls(root)
        shutil.copytree(ROOT / "lessonkit", root / "lessonkit")
        shutil.copytree(ROOT / "assets" / "fonts", root / "assets" / "fonts")
        for name in ("glossary.toml", "formulas.toml"):
            shutil.copy2(ROOT / "assets" / name, root / "assets")
        for lesson, scenes in ((LESSON, (FIRST, SECOND)), (UNDRAWN, ("l1_soon",))):
            made.script(lesson).parent.mkdir(parents=True)
            listed = ", ".join(f'"{scene}"' for scene in scenes)
            made.script(lesson).write_text(
                f'scenes = [{listed}]\n[title]\nhi = "पाठ"\nen = "Lesson"\n', encoding="utf-8"
            )
            for scene in scenes:
                for lang, (move, rest) in SAY.items():
                    made.script(lesson, scene, lang).write_text(
                        f'title = "{scene} {lang}"\nobjective = "x"\nreviewed_by = "{lang}"\n'
                        f'[[beat]]\nid = "move"\nsay = "{move}"\n'
                        f'[[beat]]\nid = "rest"\nsay = "{rest}"\n',
                        encoding="utf-8",
                    )
        # A real package: the project's own `scenes` may be on the path too, and must not win.
        made.scene(FIRST).parent.mkdir(parents=True)
        (root / "scenes" / "__init__.py").touch()
        for scene in (FIRST, SECOND):
            made.scene(scene).write_text(SCENE, encoding="utf-8")
        return made

    def copy(self, root: Path) -> SmallProject:
        shutil.copytree(self.root, root, dirs_exist_ok=True)
        return SmallProject(root)

    def script(self, lesson: str, scene: str = "", lang: str = "hi") -> Path:
        name = f"{scene}.{lang}.toml" if scene else "lesson.toml"
        return self.root / "assets" / "script" / lesson / name

    def scene(self, scene: str) -> Path:
        return self.root / "scenes" / LESSON / f"{scene}.py"

    @property
    def films(self) -> Path:
        return self.root / "build" / "preview"

    @property
    def slices(self) -> Path:
        return self.root / "build" / "slices"

    def recordings(self, scene: str = "") -> list[Path]:
        return sorted((self.films / "recordings" / LESSON).glob(f"{scene}*.json"))

    def recorded(self, scene: str) -> list[tuple[Path, int]]:
        """The slices of a scene, recorded once: file and frames."""
        (recording,) = self.recordings(scene)
        listed = json.loads(recording.read_text(encoding="utf-8"))
        return [(self.slices / f"{key}.mp4", frames) for key, frames in listed]

    def made(self) -> dict[str, bytes]:
        """The films and all beside them."""
        return {
            str(path.relative_to(self.films)): path.read_bytes()
            for path in self.films.rglob("*")
            if path.is_file() and "recordings" not in path.parts
        }

    def halves(self) -> list[Path]:
        """What is left of files that were being written."""
        return [path for path in (self.root / "build").rglob(".*") if path.is_file()]

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "lessonkit", *arguments]

    @property
    def setting(self) -> dict[str, Any]:
        env = {k: v for k, v in os.environ.items() if k not in ("CI", "PYTHONPATH")}
        return {"cwd": self.root, "env": env, "text": True, "encoding": "utf-8"}

    def run(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            capture_output=True,
            check=False,
            timeout=120,
            **{**self.setting, **options},
        )

    def render(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return self.run("render", "--quality", "preview", *arguments, **options)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A render in a process group of its own, as a terminal starts it."""
        return subprocess.Popen(
            self.command("render", "--quality", "preview", *arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            # What runs the tests in the background ignores Ctrl-C, and what it starts would too.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
            **self.setting,
        )


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
