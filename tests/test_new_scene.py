"""A new scene renders, passes the checks and is clean, as it was written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from small_project import LESSON, UNDRAWN, SmallProject

from lessonkit.project import ROOT

NEW = "p3_touch"


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    project = SmallProject.make(tmp_path_factory.mktemp("new-scene"))
    shutil.copytree(ROOT / "mathcore", project.root / "mathcore")
    shutil.copytree(ROOT / "assets" / "templates", project.root / "assets" / "templates")
    done = project.run("new-scene", "--lesson", LESSON, "--scene", NEW)
    assert done.returncode == 0, done.stderr
    assert f"scenes/{LESSON}/{NEW}.py" in done.stdout
    return project


def test_it_is_checked_drawn_and_clean(begun: SmallProject) -> None:
    checked = begun.run("check")
    assert checked.returncode == 0, checked.stderr
    made = begun.render("--scene", NEW)
    assert made.returncode == 0, made.stderr
    assert (begun.films / LESSON / f"{NEW}.mp4").is_file()
    linted = begun.run("lint", "--scene", NEW)
    assert linted.returncode == 0, linted.stdout


def test_it_comes_last_in_its_lesson(begun: SmallProject) -> None:
    listed = begun.script(LESSON).read_text(encoding="utf-8")
    assert listed.startswith(f'scenes = ["p1_dot", "p2_point", "{NEW}"]')


def test_the_lists_of_the_lessons_can_take_one_more(begun: SmallProject, tmp_path: Path) -> None:
    project = begun.copy(tmp_path / "listed")
    shutil.copytree(
        ROOT / "assets" / "script", project.root / "assets" / "script", dirs_exist_ok=True
    )
    done = project.run("new-scene", "--lesson", "calculus_basics", "--scene", "c1_99_more")
    assert done.returncode == 0, done.stderr
    listed = project.root / "assets" / "script" / "calculus_basics" / "lesson.toml"
    assert '"c1_q2",\n    "c1_99_more",\n]' in listed.read_text(encoding="utf-8")


def test_a_scene_with_a_script_gets_code_that_plays_it(begun: SmallProject, tmp_path: Path) -> None:
    project = begun.copy(tmp_path / "scripted")
    script = project.script(UNDRAWN, "l1_soon").read_bytes()
    done = project.run("new-scene", "--lesson", UNDRAWN, "--scene", "l1_soon")
    assert done.returncode == 0, done.stderr
    assert project.script(UNDRAWN, "l1_soon").read_bytes() == script
    made = project.render("--scene", "l1_soon")
    assert made.returncode == 0, made.stderr


@pytest.mark.parametrize(
    ("lesson", "scene", "told"),
    [
        (LESSON, NEW, "has code already"),
        (LESSON, "3-d", "cannot name a scene"),
        ("primmer", "p4", "did you mean LESSON=primer?"),
        ("", "p4", "no LESSON is given"),
    ],
)
def test_what_cannot_be_is_refused(begun: SmallProject, lesson: str, scene: str, told: str) -> None:
    before = begun.made()
    done = begun.run("new-scene", "--lesson", lesson, "--scene", scene)
    assert done.returncode == 1
    assert told in done.stderr
    assert begun.made() == before
