"""Every kind of fault, planted in a scene of its own beat each: all are found, and nothing else."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_project import FIRST, LESSON, SmallProject, edit

PLANTED = Path(__file__).with_name("faults.py")
RULES = {
    "size-of-sentence": "size",
    "meaning-of-whole": "meaning",
    "number-in-label": "number",
    "number-in-formula": "number",
    "number-as-value": "number",
    "number-that-lives": "number",
}
"""Rules of the beats that are not called by their rule."""
LABELS = r"""
word = "क्षेत्र"
other = "त्रिज्या"
sentence = "यह वाक्य बहुत लंबा और चौड़ा लिखा है"
english = "this small sentence has many words"
good = "#slope[slope] $= slope(#value)$ और #gradient[gradient] $gradient(nabla loss(L))$"
gradient-as-loss = "$loss(\"gradient\")$"
loss-word = "Loss"
unshaped = "#text(features: (\"akhn\": 0, \"cjct\": 0))[क्षेत्र]"
typed-number = "slope $= 4.5$"
"""
SAY = "यह एक छोटा वाक्य है, जो दिखाता है कि क्या होता है।"
FOUND = re.compile(r"beat '([\w-]+)' at ([\d.]+) s.*\[([\w-]+)\]\n    fix: (.+)\n    see: (.+)")


@pytest.fixture(scope="module")
def linted(tmp_path_factory: pytest.TempPathFactory) -> tuple[SmallProject, str]:
    project = SmallProject.make(tmp_path_factory.mktemp("lint"))
    shutil.copy(PLANTED, project.scene(FIRST))
    names = re.findall(r"def fault_(\w+)\(", PLANTED.read_text(encoding="utf-8"))
    beats = "".join(
        f'[[beat]]\nid = "{name.replace("_", "-")}"\nsay = "{SAY}"\n'
        + ("pause = 6.0\n" if name == "still" else "")
        for name in names
    )
    for lang in ("hi", "en"):
        project.script(LESSON, FIRST, lang).write_text(
            f'title = "Faults"\nobjective = "x"\nreviewed_by = ""\n[labels]{LABELS}{beats}',
            encoding="utf-8",
        )
    done = project.run("lint", "--scene", FIRST)
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == 1
    return project, done.stdout


def planted() -> list[str]:
    names = re.findall(r"def fault_(\w+)\(", PLANTED.read_text(encoding="utf-8"))
    return [name.replace("_", "-") for name in names if name != "none"]


@pytest.mark.parametrize("beat", planted())
def test_a_planted_fault_is_found(linted: tuple[SmallProject, str], beat: str) -> None:
    found = [(rule, time) for name, time, rule, *_ in FOUND.findall(linted[1]) if name == beat]
    assert [rule for rule, _ in found] == [RULES.get(beat, beat)], linted[1]


def test_nothing_else_is_found(linted: tuple[SmallProject, str]) -> None:
    assert sorted({name for name, *_ in FOUND.findall(linted[1])}) == sorted(planted())


def test_every_finding_has_a_picture_with_the_fault_framed(
    linted: tuple[SmallProject, str],
) -> None:
    project, said = linted
    for *_, picture in FOUND.findall(said):
        with Image.open(project.root / picture) as image:
            pixels = np.array(image.convert("RGB"))
        assert (pixels == (255, 0, 255)).all(axis=2).any(), picture


def test_a_clean_scene_has_no_findings(linted: tuple[SmallProject, str], tmp_path: Path) -> None:
    project = linted[0].copy(tmp_path / "clean")
    done = project.run("lint", "--scene", "p2_point")
    assert done.returncode == 0, done.stdout
    assert "no findings" in done.stdout


def test_a_clean_scene_is_looked_at_again_only_when_it_changes(
    linted: tuple[SmallProject, str], tmp_path: Path
) -> None:
    project = linted[0].copy(tmp_path / "again")
    look = 'with self.beat("rest"):\n            '
    edit(project.scene("p2_point"), look, f'{look}Path("looked").touch()\n            ')
    for expected in (True, False):
        (project.root / "looked").unlink(missing_ok=True)
        assert project.run("lint", "--scene", "p2_point").returncode == 0
        assert (project.root / "looked").exists() is expected
    edit(project.scene("p2_point"), "dot = Dot()", "dot = Dot((0, -3.5, 0))")
    done = project.run("lint", "--scene", "p2_point")
    assert done.returncode == 1
    assert "[caption-band]" in done.stdout


def test_a_scene_that_fails_says_so(linted: tuple[SmallProject, str], tmp_path: Path) -> None:
    project = linted[0].copy(tmp_path / "broken")
    edit(project.scene("p2_point"), "dot = Dot()", "dot = Dot(")
    done = project.run("lint", "--scene", "p2_point")
    assert done.returncode == 1
    assert "p2_point.py:" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_scene_that_stops_midway_is_not_clean(
    linted: tuple[SmallProject, str], tmp_path: Path
) -> None:
    project = linted[0].copy(tmp_path / "stopped")
    edit(project.scene("p2_point"), "dot = Dot()", "dot = Dot(radius=1 / 0)")
    done = project.run("lint", "--scene", "p2_point")
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stdout
