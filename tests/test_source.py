"""A scene's code against its script: every fault that can be planted, and none in the shipped."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from lessonkit import source as source_module
from lessonkit.project import SCENES
from lessonkit.script import Beat, Script, load_lessons, load_script
from lessonkit.source import check_source, code_of

SCRIPT = Script(
    scene="slope",
    lang="hi",
    path=Path("slope.hi.toml"),
    title="",
    objective="",
    reviewed_by="",
    labels={"slope": "slope", "rate": "दर"},
    beats=(
        Beat("curve", "", "", {"at-two": 0}, line=5),
        Beat("shrink-h", "", "", {"turn": 0, "stop": 4}, line=9),
    ),
)
GOOD = """\
class Slope(LessonScene):
    def construct(self):
        name = self.label("slope")
        with self.beat("curve") as beat:
            beat.until("at-two")
            self.play(Write(name), run_time=beat.remaining)
        for mark in ("turn", "stop"):
            self.moves.append(mark)
        with self.beat("shrink-h") as beat:
            self.play(Write(self.label("rate", size=3)), run_time=beat.to("turn"))
"""


Fault = tuple[str, int | None, str | None, str]


def in_order(faults: list[Fault]) -> list[Fault]:
    return sorted(faults, key=lambda fault: (fault[0], fault[1] or 0))


def faults(tmp_path: Path, *changes: tuple[str, str]) -> list[Fault]:
    source = tmp_path / "slope.py"
    text = GOOD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    source.write_text(text, encoding="utf-8")
    found = check_source(source, SCRIPT)
    assert all(problem.fix for problem in found)
    return in_order([(Path(p.file).name, p.line, p.beat, p.what) for p in found])


def test_a_scene_that_keeps_to_its_script_has_no_fault(tmp_path: Path) -> None:
    assert faults(tmp_path) == []


CASES: list[tuple[tuple[str, str], list[Fault]]] = [
    (
        ('"curve"', '"curves"'),
        [
            ("slope.hi.toml", 5, "curve", "the scene does not play this beat"),
            ("slope.py", 4, "curves", "this beat is not in the script"),
        ],
    ),
    (
        ('        with self.beat("shrink-h")', '        with self.beat("curve")'),
        [
            ("slope.hi.toml", 9, "shrink-h", "the scene does not play this beat"),
            ("slope.py", 9, "curve", "this beat is played twice"),
        ],
    ),
    (
        ('until("at-two")', 'until("at-three")'),
        [
            ("slope.hi.toml", 5, None, "the scene does not use mark 'at-two'"),
            ("slope.py", 5, None, "mark 'at-three' is not in the script"),
        ],
    ),
    (
        ('to("turn")', 'to("tern")'),
        [("slope.py", 10, None, "mark 'tern' is not in the script")],
    ),
    (
        ('label("rate"', 'label("role"'),
        [
            ("slope.hi.toml", None, None, "the scene does not use label 'rate'"),
            ("slope.py", 10, None, "label 'role' is not in the script"),
        ],
    ),
    (
        ("Write(name)", 'Write(Typeset(f"{n} ढाल"))'),
        [("slope.py", 6, None, "text in the code: 'ढाल'")],
    ),
    (("name = self", "name = = self"), [("slope.py", 3, None, "syntax error: invalid syntax")]),
]


@pytest.mark.parametrize(("change", "expected"), CASES)
def test_a_planted_fault_is_named_with_its_line(
    tmp_path: Path, change: tuple[str, str], expected: list[Fault]
) -> None:
    assert faults(tmp_path, change) == expected


def test_all_faults_come_in_one_pass(tmp_path: Path) -> None:
    changes = [change for change, _ in CASES[2:6]]
    expected = [fault for _, found in CASES[2:6] for fault in found]
    assert faults(tmp_path, *changes) == in_order(expected)


def test_the_shipped_scenes_keep_to_their_scripts() -> None:
    checked = 0
    for lesson in load_lessons().values():
        for scene in lesson.scenes:
            source = SCENES / lesson.id / f"{scene}.py"
            if source.is_file():
                assert check_source(source, load_script(lesson.id, scene)) == []
                checked += 1
    assert checked >= 2


def test_the_code_of_a_scene_is_its_file_and_what_that_imports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_module, "ROOT", tmp_path)
    monkeypatch.setattr(source_module, "SCENES", tmp_path / "scenes")
    written = {
        "mathcore/snippets.py": "",  # no scene
        "scenes/__init__.py": "",
        "scenes/bowl.py": "def lift():\n    from scenes import floor",
        "scenes/floor.py": "from .wood import plank",
        "scenes/wood.py": "import scenes.bowl, mathcore.snippets",
        "scenes/unused.py": "",
        "scenes/broken.py": "from scenes import",
        "scenes/lesson/__init__.py": "",
        "scenes/lesson/tools/__init__.py": "from scenes.broken import part",
        "scenes/lesson/first.py": "import numpy\nfrom scenes.bowl import lift",
        "scenes/lesson/second.py": "from . import tools",
    }
    for name, text in written.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    def names(scene: str) -> set[str]:
        files = code_of(tmp_path / "scenes" / "lesson" / f"{scene}.py")
        return {str(file.relative_to(tmp_path / "scenes")) for file in files}

    both = {"__init__.py", "lesson/__init__.py"}
    assert names("first") == both | {"lesson/first.py", "bowl.py", "floor.py", "wood.py"}
    assert names("second") == both | {"lesson/second.py", "lesson/tools/__init__.py", "broken.py"}


def test_the_code_of_a_shipped_scene_is_all_that_running_it_loads() -> None:
    """Held against Python's own account of a fresh process."""
    scene = "scenes.calculus_basics.c1_07_gradient"
    ask = f"import sys, {scene}; print(*(m for m in sys.modules if m.split('.')[0] == 'scenes'))"
    done = subprocess.run(
        [sys.executable, "-c", ask], cwd=SCENES.parent, capture_output=True, text=True, check=True
    )
    loaded = {importlib.util.find_spec(name).origin for name in done.stdout.split()}
    found = {str(file) for file in code_of(SCENES / "calculus_basics" / "c1_07_gradient.py")}
    assert loaded == found
